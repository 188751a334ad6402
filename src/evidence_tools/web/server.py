"""The server on a port: bound by us, run by uvicorn, silent about what it is asked."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from evidence_tools.errors import InputError
from evidence_tools.web.app import make_app
from evidence_tools.web.settings import Settings

__all__ = ["address_of", "bind_port", "run_server"]

_MOST_CONNECTIONS = 64


def bind_port(host: str, port: int) -> socket.socket:
    """Listen on an address, before anything slow is done.

    Parameters
    ----------
    host : str
        Name or address.
    port : int
        0 for any that is free.

    Raises
    ------
    InputError
        When it is in use, not this machine's, or not allowed.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.create_server(address[:2], family=family, backlog=128)
        # Inherited by each connection; asyncio sets it only where the protocol is named.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except (OSError, OverflowError, UnicodeError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise InputError(
            f"cannot listen there ({reason})",
            where=f"{host}:{port}",
            fix="take another port, such as --port 0 for any that is free",
        ) from error


def address_of(listener: socket.socket, host: str) -> str:
    """Address for a browser; where the server listens on all addresses, this machine's own."""
    port = listener.getsockname()[1]
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 -- not bound here
    return f"http://[{shown}]:{port}/" if ":" in shown else f"http://{shown}:{port}/"


class _Patient(H11Protocol):
    """uvicorn's protocol, but it does not wait for ever for the rest of a request's head."""

    head_seconds = 15.0
    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._waiting = self.loop.call_later(self.head_seconds, self._give_up)

    def handle_events(self) -> None:
        super().handle_events()
        if self.cycle is not None and self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
        super().connection_lost(exc)

    def _give_up(self) -> None:
        self.transport.close()


class _Server(uvicorn.Server):
    """Tells when it answers."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._started()


def run_server(settings: Settings, listener: socket.socket, started: Callable[[], None]) -> None:
    """Serve until interrupted.

    Parameters
    ----------
    settings : Settings
        What is served.
    listener : socket.socket
        Of :func:`bind_port`.
    started : callable
        Is called once requests are answered.
    """
    options: dict[str, Any] = {
        "http": type("Protocol", (_Patient,), {"head_seconds": settings.head_seconds}),
        "ws": "none",
        "loop": "asyncio",
        # Neither addresses nor queries of what was asked are written anywhere.
        "access_log": False,
        "log_config": None,
        "server_header": False,
        "proxy_headers": False,
        "limit_concurrency": _MOST_CONNECTIONS,
        "timeout_keep_alive": max(1, round(settings.head_seconds)),
        "timeout_graceful_shutdown": 3,
    }
    with listener:
        _Server(uvicorn.Config(make_app(settings), **options), started).run(sockets=[listener])
