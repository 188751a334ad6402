"""Faults on order: what NCBI and the way to it do at their worst, where and when one likes."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from evidence_tools.errors import InputError
from evidence_tools.literature.citations import Citation
from evidence_tools.testing import formats
from evidence_tools.testing.formats import Response

__all__ = ["Fault", "FaultKind", "Schedule", "parse_fault", "replace_answer", "spoil_body"]

_PAGE = (
    b"<!DOCTYPE html>\n<html><head><title>Sign in to the guest network</title></head>"
    b"<body><p>Please accept the terms.</p></body></html>\n"
)
_DIAGNOSTIC = (
    b"<html><head><title>NCBI/eutils - WWW Error 500 Diagnostic</title></head>"
    b"<body><h1>Server Error</h1></body></html>\n"
)


class FaultKind(StrEnum):
    """What goes wrong."""

    RATE_LIMIT = "rate-limit"  # status 429, with Retry-After where one is given
    SERVER_ERROR = "server-error"  # 500 with NCBI's page
    BAD_GATEWAY = "bad-gateway"  # 502
    UNAVAILABLE = "unavailable"  # 503, with Retry-After where one is given
    REDIRECT = "redirect"  # 302 to a login page
    SLOW = "slow"  # the answer drips
    SILENT = "silent"  # the connection is taken, and nothing comes
    STALL = "stall"  # the answer stops in the middle, the connection stays open
    CUT = "cut"  # the connection is closed before the announced end
    CUT_UNANNOUNCED = "cut-unannounced"  # the same, and no length was announced
    EMPTY = "empty"  # status 200 and nothing
    HTML = "html"  # a web page with status 200
    ERROR_INSIDE = "error-inside"  # an ERROR element with status 200
    ERROR_JSON = "error-json"  # an error object with status 200
    WRONG_COUNT = "wrong-count"  # ESearch counts more than it lists
    DAMAGED = "damaged"  # a record that is not well-formed
    LEFT_OUT = "left-out"  # records that exist are not in the answer
    DOUBLED = "doubled"  # each record comes twice
    REMOVED = "removed"  # records are removed for good just now
    MERGED = "merged"  # a record is merged into another just now
    CHANGED = "changed"  # a record changes just now
    RESET = "reset"  # the connection breaks off


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong.

    Parameters
    ----------
    kind : FaultKind
        What.
    where : str
        The E-utility, such as ``efetch``; ``*`` for each.
    call : int
        At which call of it, 1 for the first.
    times : int
        At how many calls, one after the other.
    retry_after : str
        The header of that name, for ``RATE_LIMIT``, ``UNAVAILABLE`` and ``SERVER_ERROR``.
    seconds : float
        Pause between pieces of a slow answer, or the longest that one stalls or is silent.
    text : str
        What an error inside an answer says.
    pmids : tuple of str
        Which records; for ``MERGED`` the one that goes and the one that stays.
    citation : Citation, optional
        What a record changes into.
    """

    kind: FaultKind
    where: str = "*"
    call: int = 1
    times: int = 1
    retry_after: str | None = None
    seconds: float = 0.05
    text: str = "Error: External viewer error: Empty Response. Bytes read: 0 Status: Timeout"
    pmids: tuple[str, ...] = ()
    citation: Citation | None = None


class Schedule:
    """Which fault a call meets; the first of those due, each as often as it was ordered."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self._faults = list(faults)
        self._left = [fault.times for fault in self._faults]
        self._calls: Counter[str] = Counter()
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Order another fault; its ``call`` counts from now."""
        with self._lock:
            self._faults.append(replace(fault, call=fault.call + self._calls[fault.where]))
            self._left.append(fault.times)

    def next(self, utility: str) -> Fault | None:
        """Count a call, and say what goes wrong with it."""
        with self._lock:
            self._calls.update((utility, "*"))
            for place, fault in enumerate(self._faults):
                meant = fault.where in ("*", utility)
                if meant and self._left[place] and self._calls[fault.where] >= fault.call:
                    self._left[place] -= 1
                    return fault
        return None


def parse_fault(text: str) -> Fault:
    """Read a fault from the command line.

    Parameters
    ----------
    text : str
        ``WHERE:KIND[@CALL][xTIMES]``.

    Raises
    ------
    InputError
        When it is not of that form.

    Examples
    --------
    >>> fault = parse_fault("efetch:unavailable@2x3")
    >>> fault.where, fault.kind.value, fault.call, fault.times
    ('efetch', 'unavailable', 2, 3)
    """
    found = re.fullmatch(r"(\*|[a-z]+):([a-z-]+)(?:@(\d+))?(?:x(\d+))?", text)
    if found is None or found[2] not in set(FaultKind):
        raise InputError(
            f"{text!r} is not a fault",
            expected="UTILITY:KIND[@CALL][xTIMES], KIND one of " + ", ".join(FaultKind),
        )
    return Fault(
        FaultKind(found[2]), where=found[1], call=int(found[3] or 1), times=int(found[4] or 1)
    )


def replace_answer(utility: str, fault: Fault) -> Response | None:
    """What comes in place of an answer."""
    after = {"Retry-After": fault.retry_after} if fault.retry_after is not None else {}
    match fault.kind:
        case FaultKind.RATE_LIMIT:
            said = {"error": "API rate limit exceeded", "api-key": "127.0.0.1"}
            body = json.dumps({**said, "count": "4", "limit": "3"}).encode()
            return Response(429, "application/json", body, after)
        case FaultKind.SERVER_ERROR:
            return Response(500, "text/html", _DIAGNOSTIC, after)
        case FaultKind.BAD_GATEWAY:
            return Response(
                502, "text/html", b"<html><title>502 Bad Gateway</title></html>\n", after
            )
        case FaultKind.UNAVAILABLE:
            return Response(503, "text/html", b"<html><title>Maintenance</title></html>\n", after)
        case FaultKind.REDIRECT:
            return Response(302, "text/html", b"", {"Location": "http://127.0.0.1:9/login"})
        case FaultKind.EMPTY:
            return Response(200, "text/xml", b"")
        case FaultKind.HTML:
            return Response(200, "text/html", _PAGE)
        case FaultKind.ERROR_INSIDE:
            return formats.error_xml(utility, fault.text)
        case FaultKind.ERROR_JSON:
            return formats.json_response({"error": fault.text})
        case _:
            return None


def spoil_body(body: bytes, fault: Fault) -> bytes:
    """What happens to the bytes of an answer."""
    match fault.kind:
        case FaultKind.WRONG_COUNT:
            return re.sub(
                rb"<Count>(\d+)</Count>", lambda m: b"<Count>%d</Count>" % (int(m[1]) + 7), body
            )
        case FaultKind.DAMAGED:
            for pmid in fault.pmids:
                mark = f'<PMID Version="1">{pmid}</PMID>'.encode()
                body = body.replace(mark, mark + b"<Title>neck & back \x00</Tilte>")
            return body
        case FaultKind.DOUBLED:
            record = re.compile(rb"<PubmedArticle>.*?</PubmedArticle>\n", re.S)
            body = record.sub(lambda m: m[0] * 2, body)
            return re.sub(rb"<Id>\d+</Id>\n", lambda m: m[0] * 2, body)
        case _:
            return body
