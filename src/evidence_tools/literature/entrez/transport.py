"""One request over HTTP, within limits of time and size; the only place that opens a socket.

Every request is a POST whose parameters, the API key among them, travel in the body: addresses are
what proxies, servers and error texts keep. A status of 400 or 500 and a redirect are answers like
any other here; what they mean is decided in :mod:`~evidence_tools.literature.entrez.answers`.
"""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from typing import Any, Protocol
from urllib.parse import urlencode

from evidence_tools import __version__
from evidence_tools.literature.entrez.errors import NetworkError, scrub
from evidence_tools.literature.entrez.settings import Settings

__all__ = ["Opener", "Reply", "Transport", "make_opener"]

_PIECE = 64 * 1024


class Opener(Protocol):
    """What :class:`urllib.request.OpenerDirector` does; a test may put another in its place."""

    def open(self, fullurl: urllib.request.Request, data: None, timeout: float) -> Any:
        """Send a request, return an answer that can be read piece by piece."""


@dataclass(frozen=True)
class Reply:
    """An answer as it came.

    Parameters
    ----------
    status : int
        HTTP status.
    fields : email.message.Message
        Header fields.
    body : bytes
        What came of the body.
    cut : str or None
        Why the body is not whole, where it is known not to be.
    too_large : bool
        Whether it was cut by us, because it passed the limit of size.
    """

    status: int
    fields: Message
    body: bytes = field(repr=False)
    cut: str | None = None
    too_large: bool = False

    @property
    def headers(self) -> Message:
        """What Bio.Entrez looks at; never plain text, which it would wrap in a text reader."""
        shown = Message()
        shown["Content-Type"] = "application/octet-stream"
        return shown


class _AnyStatus(urllib.request.HTTPErrorProcessor):
    """Lets every status through, instead of following redirects and raising errors.

    A redirect leads to a login page or a proxy, never to NCBI, and urllib would follow it with a
    GET; its errors hold the open answer, in whose body NCBI repeats a key that it refuses.
    """

    def http_response(self, request: urllib.request.Request, response: Any) -> Any:
        return response

    https_response = http_response


def make_opener(settings: Settings) -> urllib.request.OpenerDirector:
    """The opener for an address; a server on this machine is never asked through a proxy."""
    handlers: list[urllib.request.BaseHandler] = [_AnyStatus()]
    if settings.is_loopback:
        handlers.append(urllib.request.ProxyHandler({}))
    return urllib.request.build_opener(*handlers)


class Transport:
    """Sends what Bio.Entrez has built.

    Parameters
    ----------
    settings : Settings
        Address, key and limits.
    clock : callable
        Monotonic seconds.
    opener : Opener, optional
        In place of urllib's.
    """

    def __init__(
        self, settings: Settings, *, clock: Callable[[], float], opener: Opener | None = None
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._opener = opener or make_opener(settings)

    def open(self, request: urllib.request.Request) -> Reply:
        """Send a request of Bio.Entrez to our address, its parameters and the key in the body.

        Raises
        ------
        NetworkError
            When no answer came, or it took too long.
        """
        address, _, query = request.full_url.partition("?")
        utility = address.rpartition("/")[2]
        body = request.data if isinstance(request.data, bytes) else query.encode("ascii")
        if self._settings.api_key:
            body += b"&" + urlencode({"api_key": self._settings.api_key}).encode("ascii")
        ours = urllib.request.Request(  # noqa: S310  the settings let https through, or loopback
            self._settings.base.rstrip("/") + "/" + utility,
            data=body,
            headers={"User-Agent": f"{self._settings.tool}/{__version__}"},
            method="POST",
        )
        failure = ""
        try:
            with self._opener.open(ours, None, self._settings.timeout) as answer:
                return self._read(answer)
        except _TooSlowError as error:
            failure = str(error)
        except TimeoutError:
            failure = self._silence()
        except urllib.error.URLError as error:
            late = isinstance(error.reason, TimeoutError)
            failure = self._silence() if late else f"no connection: {error.reason}"
        except (http.client.HTTPException, OSError) as error:
            failure = f"the connection broke off: {error or type(error).__name__}"
        # Raised here and not above, so that no exception below hangs on this one.
        raise NetworkError(
            scrub(failure, self._settings.api_key),
            where=utility,
            fix="look whether this computer is online, then run the command again",
        )

    def _silence(self) -> str:
        return f"no sign of life for {self._settings.timeout:g} s"

    def _read(self, answer: Any) -> Reply:
        """Read an answer to its end, its announced length, or a limit."""
        started = self._clock()
        pieces: list[bytes] = []
        size = 0
        cut: str | None = None
        too_large = False
        while True:
            try:
                piece = answer.read1(_PIECE)
            except http.client.IncompleteRead as error:
                piece, cut = error.partial, "the connection ended in the middle of the answer"
            if not piece:
                break
            pieces.append(piece)
            size += len(piece)
            if cut:
                break
            if size > self._settings.largest_answer:
                cut = f"the answer is larger than {self._settings.largest_answer} bytes"
                too_large = True
                break
            if self._clock() - started > self._settings.answer_limit:
                raise _TooSlowError(
                    f"the answer was not complete after {self._settings.answer_limit:g} s"
                )
        announced = answer.headers.get("Content-Length", "")
        if cut is None and announced.isdigit() and size < int(announced):
            cut = f"{size} of {announced} bytes came"
        return Reply(answer.status, answer.headers, b"".join(pieces), cut, too_large)


class _TooSlowError(Exception):
    """The answer drips."""
