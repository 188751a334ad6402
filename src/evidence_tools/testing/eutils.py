"""A PubMed of one's own on this machine: the E-utilities over built records.

It listens on the loopback address only, and speaks as NCBI does: to our client, to NCBI's own
EDirect (``esearch -base URL``), to a browser. Faults come on order. From the command line::

    python -m evidence_tools.testing.eutils --records 1000 --port 0

prints its address, and serves until it is interrupted.
"""

from __future__ import annotations

import argparse
import re
import signal
import socket
import struct
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from evidence_tools.errors import EvidenceError
from evidence_tools.literature.citations import Citation, decode_citation
from evidence_tools.testing import formats
from evidence_tools.testing.faults import (
    Fault,
    FaultKind,
    Schedule,
    parse_fault,
    replace_answer,
    spoil_body,
)
from evidence_tools.testing.formats import Response
from evidence_tools.testing.holdings import Holdings
from evidence_tools.testing.pubmed import make_citations
from evidence_tools.testing.services import Parameters, Services

__all__ = ["EutilsServer", "Request", "main"]

_PATH = "/entrez/eutils/"


@dataclass(frozen=True)
class Request:
    """A request as it came: its first line, its utility and parameters, and the status it got."""

    line: str
    utility: str
    parameters: Parameters
    status: int
    fault: FaultKind | None = None


class EutilsServer:
    """Serves E-utilities on a loopback port from entering to leaving a ``with`` block.

    Parameters
    ----------
    citations : iterable of Citation
        What PubMed holds.
    faults : iterable of Fault
        What goes wrong, and when.
    rate : float, optional
        Requests a second without a key; with one it is ten. By default any number.
    keys : collection of str, optional
        API keys that are known. By default every key is.
    today : datetime.date, optional
        Records of later Entrez dates are not there yet.
    port : int
        0 for any that is free.
    clock : callable
        Monotonic seconds, for the rate.

    Attributes
    ----------
    holdings : Holdings
        What is held; may be changed while serving.
    requests : list of Request
        Each request in the order in which it was answered.
    """

    def __init__(
        self,
        citations: Iterable[Citation],
        *,
        faults: Iterable[Fault] = (),
        rate: float | None = None,
        keys: Collection[str] | None = None,
        today: date | None = None,
        port: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.holdings = Holdings(citations, today)
        self.faults = Schedule(faults)
        self.requests: list[Request] = []
        self._services = Services(self.holdings)
        self._rate = rate
        self._keys = keys
        self._clock = clock
        self._recent: dict[str, deque[float]] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._server = _Server(("127.0.0.1", port), self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        """Address of the E-utilities here, for ``EVIDENCE_EUTILS_BASE`` or EDirect's ``-base``."""
        return f"http://127.0.0.1:{self._server.server_address[1]}{_PATH}"

    def __enter__(self) -> EutilsServer:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def respond(
        self, path: str, body: str, client: str, line: str
    ) -> tuple[Response, Fault | None]:
        """Answer a request; the fault, if there is one, is still to be done to what is sent."""
        address = urlsplit(path)
        found = re.fullmatch(r".*/(\w+)\.fcgi", address.path)
        utility = found[1] if found else ""
        parameters = parse_qs(
            "&".join(part for part in (address.query, body) if part), keep_blank_values=True
        )
        fault = None
        if utility not in self._services.names:
            response = Response(404, "text/html", b"<html><title>Not Found</title></html>\n")
        else:
            refused = self._refuse(parameters, client)
            fault = None if refused else self.faults.next(utility)
            response = refused or self._answer(utility, parameters, fault)
        with self._lock:
            done = fault.kind if fault else None
            self.requests.append(Request(line, utility, parameters, response.status, done))
        return response, fault

    def wait(self, seconds: float) -> bool:
        """Pause, but not beyond the end of serving; whether serving ended."""
        return self._stopping.wait(seconds)

    def _refuse(self, parameters: Parameters, client: str) -> Response | None:
        """Refuse an unknown key, and what comes too fast; NCBI repeats the key in either case."""
        key = next(iter(parameters.get("api_key", ())), None)
        if key is not None and (not key or (self._keys is not None and key not in self._keys)):
            said = {"error": "API key invalid", "api-key": key}
            return formats.json_response({**said, "type": "invalid", "status": "unknown"}, 400)
        if self._rate is None:
            return None
        limit = 10.0 if key else self._rate
        who = key or client
        with self._lock:
            now = self._clock()
            recent = self._recent.setdefault(who, deque())
            while recent and recent[0] <= now - 1.0:
                recent.popleft()
            recent.append(now)
            count = len(recent)
        if count <= limit:
            return None
        said = {"error": "API rate limit exceeded", "api-key": who}
        return formats.json_response({**said, "count": str(count), "limit": f"{limit:g}"}, 429)

    def _answer(self, utility: str, parameters: Parameters, fault: Fault | None) -> Response:
        if fault is None:
            return self._services.answer(utility, parameters)
        replaced = replace_answer(utility, fault)
        if replaced is not None:
            return replaced
        self._change(fault)
        hidden = fault.pmids if fault.kind is FaultKind.LEFT_OUT else ()
        if hidden:
            parameters = {**parameters, "id": [_without(parameters, hidden)]}
        response = self._services.answer(utility, parameters)
        return response.with_body(spoil_body(response.body, fault))

    def _change(self, fault: Fault) -> None:
        if fault.kind is FaultKind.REMOVED:
            for pmid in fault.pmids:
                self.holdings.remove(pmid)
        elif fault.kind is FaultKind.MERGED:
            self.holdings.merge(fault.pmids[0], fault.pmids[1])
        elif fault.kind is FaultKind.CHANGED and fault.citation is not None:
            self.holdings.put(fault.citation)


def _without(parameters: Parameters, hidden: Sequence[str]) -> str:
    asked = ",".join(parameters.get("id", ())).split(",")
    # A number that no record has, so that a list of nothing but hidden ones is no empty list.
    return ",".join([pmid for pmid in asked if pmid not in hidden] or ["99999999"])


class _Server(ThreadingHTTPServer):
    # Threads are waited for when the server closes, so that no socket is left open.
    daemon_threads = False
    block_on_close = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], eutils: EutilsServer) -> None:
        self.eutils = eutils
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Pass over clients that went away; what else goes wrong is shown."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version = "eutils"
    sys_version = ""
    # A client that says nothing does not hold its thread for ever.
    timeout = 30

    def do_GET(self) -> None:
        self._serve("")

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        self._serve(self.rfile.read(length).decode("utf-8", "replace"))

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet: requests are recorded, and parameters may hold a key."""

    def _serve(self, body: str) -> None:
        response, fault = self.server.eutils.respond(
            self.path, body, self.client_address[0], self.requestline
        )
        kind = fault.kind if fault else None
        if kind is FaultKind.RESET:
            # Closing with a linger time of nothing sends a reset instead of an orderly end.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        if kind is FaultKind.SILENT and fault is not None:
            self.server.eutils.wait(fault.seconds)
            return
        self.send_response(response.status)
        self.send_header("Content-Type", response.kind)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if kind is not FaultKind.CUT_UNANNOUNCED:
            self.send_header("Content-Length", str(len(response.body)))
        self.send_header("Connection", "close")
        self.end_headers()
        half = response.body[: len(response.body) // 2]
        if kind is FaultKind.SLOW and fault is not None:
            self._drip(response.body, fault.seconds)
        elif kind is FaultKind.STALL and fault is not None:
            self.wfile.write(half)
            self.wfile.flush()
            self.server.eutils.wait(fault.seconds)
        elif kind in (FaultKind.CUT, FaultKind.CUT_UNANNOUNCED):
            self.wfile.write(half)
        else:
            self.wfile.write(response.body)

    def _drip(self, body: bytes, seconds: float) -> None:
        size = max(1, len(body) // 20)
        for start in range(0, len(body), size):
            self.wfile.write(body[start : start + size])
            self.wfile.flush()
            if self.server.eutils.wait(seconds):
                return


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve from the command line until interrupted."""
    parser = argparse.ArgumentParser(
        prog="python -m evidence_tools.testing.eutils",
        description="A loopback PubMed over built records; prints its address and serves.",
    )
    parser.add_argument("--records", type=int, default=1000, help="how many to build (1000)")
    parser.add_argument("--seed", type=int, default=0, help="which ones to build (0)")
    parser.add_argument("--file", type=Path, help="citations instead, one JSON object a line")
    parser.add_argument("--port", type=int, default=0, help="0 for any that is free")
    parser.add_argument("--rate", type=float, help="requests a second; any number by default")
    parser.add_argument("--key", action="append", help="an API key that is known; more than once")
    parser.add_argument("--today", type=date.fromisoformat, help="the day that it plays")
    parser.add_argument(
        "--fault", action="append", default=[], help="UTILITY:KIND[@CALL][xTIMES]; more than once"
    )
    given = parser.parse_args(arguments)
    try:
        faults = [parse_fault(text) for text in given.fault]
        citations = (
            [decode_citation(line) for line in given.file.read_bytes().splitlines() if line.strip()]
            if given.file
            else list(make_citations(given.records, seed=given.seed))
        )
    except (EvidenceError, OSError, ValueError) as error:
        print(f"eutils: {error}", file=sys.stderr)
        return 2
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    server = EutilsServer(
        citations,
        faults=faults,
        rate=given.rate,
        keys=given.key,
        today=given.today,
        port=given.port,
    )
    with server:
        print(server.url, flush=True)
        stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
