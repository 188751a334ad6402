"""Is this an answer, and what does it say? Bytes in, values out, or the reason why not.

NCBI reports trouble in five ways: by status, by JSON where XML was asked for, by an ERROR element
in an answer with status 200, by an HTML page of a server in front of it, and by silence: a body
that ends early, a list shorter than its count. Each becomes an :class:`UnusableError` that says
whether asking again may help.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import responses
from typing import Any

from lxml import etree

from evidence_tools.literature.entrez.errors import (
    AnswerError,
    EntrezError,
    RefusedError,
    scrub,
)
from evidence_tools.literature.entrez.limiter import parse_retry_after
from evidence_tools.literature.entrez.transport import Reply

__all__ = [
    "EMPTY_SET",
    "UnusableError",
    "check_reply",
    "parse_json",
    "parse_xml",
]

#: What EFetch answers when none of the records asked for exists.
EMPTY_SET = b'<?xml version="1.0" ?>\n<PubmedArticleSet></PubmedArticleSet>\n'
#: A longer pause than this is not waited for: the user is told instead.
LONGEST_PAUSE = 600.0

_HTML = re.compile(
    rb"(?:<\?xml[^>]*>)?\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)
# What no second attempt changes; "Search Backend failed" stands before some of these as well as
# before passing troubles, so that this list goes first and everything else is asked again.
_FINAL = re.compile(
    r"cannot be larger than|invalid db name|empty term|invalid (?:id|uid)|id list is empty"
    r"|api key invalid|unknown (?:field|db|linkname)|missing .*parameter|not supported",
    re.I,
)
_PASSING = re.compile(
    r"external viewer error|status: ?timeout|empty response|proxy_stream|backend failed"
    r"|rate limit|too many requests|temporarily|try again",
    re.I,
)


class UnusableError(Exception):
    """An answer that cannot be used; never leaves this package.

    Parameters
    ----------
    what : str
        What is wrong, fit to be shown.
    again : bool
        Whether the same request may be answered the next time.
    asked : float, optional
        Seconds that NCBI wants us to wait.
    error : type
        What to raise in the end.
    damaged : bool
        Whether the body itself is bad: a smaller batch may come through.
    fix : str
        What a user can do.
    """

    def __init__(
        self,
        what: str,
        *,
        again: bool = True,
        asked: float | None = None,
        error: type[EntrezError] = AnswerError,
        damaged: bool = False,
        fix: str = "run the command again later; nothing that came is lost",
    ) -> None:
        super().__init__(what)
        self.what = what
        self.again = again
        self.asked = asked
        self.error = error
        self.damaged = damaged
        self.fix = fix


def check_reply(reply: Reply, utility: str, key: str | None) -> bytes:
    """Return the body of a usable answer.

    Raises
    ------
    UnusableError
        When status, header or the first bytes say that it is none.
    """
    if reply.status != HTTPStatus.OK:
        return _check_status(reply, utility, key)
    if reply.cut is not None:
        raise UnusableError(reply.cut, again=not reply.too_large, damaged=True)
    body = reply.body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not body:
        raise UnusableError("the answer is empty", damaged=True)
    if _HTML.match(body):
        raise UnusableError(
            f"a web page came instead of data: {scrub(_title(body), key)}",
            fix="look whether a login page or proxy stands between this computer and NCBI",
        )
    if body.startswith(b"{"):
        _check_json_error(body, key)
    return reply.body


def _check_status(reply: Reply, utility: str, key: str | None) -> bytes:
    status = reply.status
    text = reply.body.decode("utf-8", "replace")
    name = f"{status} {responses.get(status, '')}".strip()
    asked = parse_retry_after(
        reply.fields.get("Retry-After"), reply.fields.get("Date"), datetime.now(UTC)
    )
    if asked is not None and asked > LONGEST_PAUSE:
        raise UnusableError(
            f"NCBI answered {name} and asks for a pause of {asked:.0f} s",
            again=False,
            error=RefusedError,
            fix="run the command again after that time",
        )
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise UnusableError(
            f"NCBI answered {name}",
            asked=asked,
            error=RefusedError,
            fix="see whether something else on this network asks NCBI; a key in NCBI_API_KEY helps",
        )
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        raise UnusableError(f"NCBI answered {name}", asked=asked)
    if 300 <= status < 400:
        raise UnusableError(
            f"the request was led elsewhere ({name})",
            again=False,
            fix="look whether a login page or proxy stands between this computer and NCBI",
        )
    if utility == "efetch" and "ID list is empty" in text:
        return EMPTY_SET
    if "api key" in text.lower():
        raise _bad_key()
    if _PASSING.search(text) and not _FINAL.search(text):
        raise UnusableError(f"NCBI answered {name}: {scrub(text, key)}", asked=asked)
    raise UnusableError(
        f"NCBI refused the request ({name}): {scrub(text, key)}",
        again=False,
        error=RefusedError,
        fix="see what NCBI says; write to eutilities@ncbi.nlm.nih.gov if it blocks this address",
    )


def _bad_key() -> UnusableError:
    return UnusableError(
        "NCBI does not know the API key",
        again=False,
        error=RefusedError,
        fix="correct or unset NCBI_API_KEY (the key is in your NCBI account settings)",
    )


def _title(body: bytes) -> str:
    found = re.search(rb"<title[^>]*>(.*?)</title>", body, re.I | re.S)
    return found[1].decode("utf-8", "replace") if found else "it has no title"


def _check_json_error(body: bytes, key: str | None) -> None:
    """Find an error object, which comes whatever format was asked for."""
    try:
        data = json.loads(body)
    except ValueError as error:
        what = f"the answer is not whole JSON ({error})"
    else:
        error_text = data.get("error") if isinstance(data, dict) else None
        if error_text is None:
            return
        raise _from_text(str(error_text), key)
    raise UnusableError(what, damaged=True)


def _from_text(text: str, key: str | None) -> UnusableError:
    """What NCBI's own words mean."""
    shown = scrub(text, key)
    if "api key" in text.lower():
        return _bad_key()
    if _FINAL.search(text):
        return UnusableError(
            f"NCBI refused the request: {shown}",
            again=False,
            error=RefusedError,
            fix="correct the search as NCBI's words say",
        )
    return UnusableError(f"NCBI reports an error in its answer: {shown}")


def parse_json(body: bytes, member: str, key: str | None) -> dict[str, Any]:
    """Read one member of a JSON answer.

    Raises
    ------
    UnusableError
        When it is not JSON, or reports an error.
    """
    what = ""
    try:
        data = json.loads(body)
    except ValueError as error:
        what = f"the answer is not JSON ({error})"
    if what:
        raise UnusableError(what, damaged=True)
    found = data.get(member) if isinstance(data, dict) else None
    if not isinstance(found, dict):
        raise UnusableError(f"the answer has no {member}: {scrub(str(data), key)}", damaged=True)
    if "ERROR" in found:
        raise _from_text(str(found["ERROR"]), key)
    return found


def parse_xml(body: bytes, root: str, key: str | None) -> etree._Element:
    """Read an XML answer with nothing expanded and nothing fetched.

    Raises
    ------
    UnusableError
        When it is not well-formed, is another document, or reports an error.
    """
    what = ""
    if b"<!ENTITY" in body:
        what = "the answer declares entities, which no answer of NCBI does"
    else:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        try:
            tree = etree.fromstring(body, parser)
        except etree.XMLSyntaxError as error:
            what = f"the answer is not well-formed XML ({scrub(str(error), key)})"
    if what:
        raise UnusableError(what, damaged=True)
    name = etree.QName(tree).localname
    for element in tree.iter("ERROR"):
        if element.text and element.text.strip():
            raise _from_text(element.text, key)
    if name != root:
        raise UnusableError(f"the answer is {name}, expected {root}", damaged=True)
    return tree
