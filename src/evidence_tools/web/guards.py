"""What stands before the pages: whom the server answers, and how much of a request it takes."""

from __future__ import annotations

import ipaddress
import logging
import socket
import traceback
from urllib.parse import urlsplit

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from evidence_tools.web.policies import COMMON_HEADERS, page_policy
from evidence_tools.web.settings import Settings

__all__ = [
    "BodyGuard",
    "Calm",
    "Finisher",
    "HostGuard",
    "OriginGuard",
    "SafeHeaders",
    "is_loopback",
    "log_failure",
]

_log = logging.getLogger(__name__)
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
#: So much of a body that is too large is read and thrown away, because a browser shows the answer
#: only when it could send all of it.
_DISCARD_FACTOR = 5
#: Refused for who asks, or for being slow: these are not listened to any longer.
_UNHEARD = frozenset({403, 408, 421})


def is_loopback(host: str) -> bool:
    """Whether an address is this machine's own, and seen by no other.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, False)
    """
    if host.lower() == "localhost":
        return True
    address = _address(host)
    return address is not None and address.is_loopback


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None


def _host_of(netloc: str) -> str | None:
    """Host of ``host:port``, in lower case; None where it is none."""
    if "@" in netloc or "/" in netloc:
        return None
    try:
        parts = urlsplit(f"//{netloc}")
        _ = parts.port  # not a number: ValueError
    except ValueError:
        return None
    return parts.hostname


class HostGuard:
    """Answers only to its own names.

    A page elsewhere can make its own name point at this machine (DNS rebinding) and would then pass
    for us. It always has a name, so addresses in figures are let in as far as the server listens
    on more than the loopback.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self._own = {"localhost", settings.host.lower()}
        self._open = not is_loopback(settings.host)
        if self._open:
            name = socket.gethostname().lower()
            self._own |= {name, f"{name}.local", name.partition(".")[0]}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse with 400 or 421."""
        if scope["type"] == "http":
            given = Headers(scope=scope).getlist("host")
            host = _host_of(given[0]) if len(given) == 1 else None
            if host is None:
                raise HTTPException(400)
            if not self._knows(host):
                raise HTTPException(421)
        await self.app(scope, receive, send)

    def _knows(self, host: str) -> bool:
        if host in self._own or is_loopback(host):
            return True
        return self._open and _address(host) is not None


class OriginGuard:
    """Refuses what a page of another site makes a browser send.

    Every browser sends ``Origin`` with a post. A request with neither that nor
    ``Sec-Fetch-Site`` comes from a program, which no other site steers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse with 403."""
        if scope["type"] == "http" and scope["method"] not in _SAFE_METHODS:
            headers = Headers(scope=scope)
            site = headers.get("sec-fetch-site", "same-origin")
            origins = headers.getlist("origin")
            own = {f"{scheme}://{headers.get('host', '')}".lower() for scheme in ("http", "https")}
            if site not in ("same-origin", "none") or any(o.lower() not in own for o in origins):
                raise HTTPException(403)
        await self.app(scope, receive, send)


class BodyGuard:
    """Bounds the size of a body while it comes in, and the time it takes."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; 413 when the body is too large, 408 when it comes too slowly."""
        if scope["type"] != "http" or not _has_body(scope):
            await self.app(scope, receive, send)
            return
        limit = self._settings.request_bytes
        if _announced(scope) > limit:
            raise HTTPException(413)
        taken = 0
        whole = False
        end = anyio.current_time() + self._settings.upload_seconds

        async def guarded() -> Message:
            nonlocal taken, whole
            if whole:
                # What may come now is only that the client has gone.
                return await receive()
            patience = min(self._settings.stall_seconds, end - anyio.current_time())
            try:
                with anyio.fail_after(patience):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408) from None
            taken += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if taken > limit:
                raise HTTPException(413)
            return message

        await self.app(scope, guarded, send)


def _has_body(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


def _announced(scope: Scope) -> int:
    """Length of a body as its head tells it; 0 where it does not."""
    told = Headers(scope=scope).get("content-length", "0")
    return int(told) if told.isdecimal() else 0


class Finisher:
    """Sees to the rest of a body when the answer comes before its end.

    A browser shows an answer only once it has sent everything, so a bounded rest is read and thrown
    away. After that the connection is closed, because uvicorn would wait without end.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, after the body or a bounded part of it."""
        if scope["type"] != "http" or not _has_body(scope):
            await self.app(scope, receive, send)
            return
        whole = False
        taken = 0

        async def take() -> Message:
            nonlocal whole, taken
            message = await receive()
            whole = whole or not message.get("more_body", False)
            taken += len(message.get("body", b""))
            return message

        most = self._settings.request_bytes * _DISCARD_FACTOR
        # Who asks first whether to send, sends nothing when refused.
        asks = "expect" in Headers(scope=scope)

        async def finish(message: Message) -> None:
            if message["type"] == "http.response.start" and not whole:
                wanted = message["status"] not in _UNHEARD and not asks
                if wanted and _announced(scope) <= most:
                    with anyio.move_on_after(self._settings.stall_seconds):
                        while not whole and taken <= most:
                            await take()
                if not whole:
                    MutableHeaders(scope=message)["connection"] = "close"
            await send(message)

        await self.app(scope, take, finish)


class SafeHeaders:
    """Adds to every answer what keeps a browser from trusting it with too much."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with more headers."""

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in COMMON_HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("content-security-policy", page_policy())
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self.app(scope, receive, add)


class Calm:
    """Keeps an error of ours from ending more than its own answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and log what fails."""
        try:
            await self.app(scope, receive, send)
        except Exception as error:
            if scope["type"] != "http":
                raise
            log_failure(error)


def log_failure(error: BaseException) -> None:
    """Log the kind and place of an error; its message could hold what somebody pasted."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "nowhere"
    _log.error("an answer failed: %s at %s", type(error).__name__, place)
