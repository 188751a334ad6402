"""Read what stands before the first article, and say what a body is that is no PubMed XML."""

from __future__ import annotations

import re

from evidence_tools.errors import DataError

__all__ = ["PROLOG_SIZE", "BodyError", "CutOffError", "hide_secrets", "read_prolog"]

_SETS = frozenset({"PubmedArticleSet", "PubmedBookArticleSet"})
_ARTICLES = frozenset({"PubmedArticle", "PubmedBookArticle"})
_BEFORE_ROOT = re.compile(rb"\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[<>]*>", re.DOTALL)
_ROOT = re.compile(rb"<([A-Za-z_][\w.:-]*)([^<>]*?)(/?)>")
_ENCODING = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([^\"']*)")
_ERROR = re.compile(r"<(?:ERROR|ErrorList|error)\b[^>]*>(.*?)</", re.DOTALL)
_JSON_ERROR = re.compile(r'"error"\s*:\s*"([^"]*)"')
_HTML_TITLE = re.compile(r"<title[^>]*>([^<]*)", re.IGNORECASE)
# NCBI repeats the key in the text of some errors; it must reach no log.
_SECRET = re.compile(r"[0-9a-fA-F]{20,}")
#: More than any real prolog; the start of a body is searched no further.
PROLOG_SIZE = 1 << 16


class BodyError(DataError):
    """A body as a whole is no PubMed XML that can be read."""


class CutOffError(BodyError):
    """A body ends too early; what was whole has been given."""


def hide_secrets(text: str) -> str:
    """Text without anything that could be an API key.

    >>> hide_secrets("key 0123456789abcdef0123456789abcdef0123 is unknown")
    'key … is unknown'
    """
    return _SECRET.sub("…", text)


def read_prolog(data: bytes, name: str) -> tuple[str | None, int]:
    """Find where the articles begin.

    Parameters
    ----------
    data : bytes
        The start of a body, or all of it.
    name : str
        What the body is called where an error is told.

    Returns
    -------
    close : str or None
        The tag that closes the set; empty for articles without a set, None for an empty set that
        is closed already.
    end : int
        Where the articles begin.

    Raises
    ------
    CutOffError
        When nothing follows the prolog.
    BodyError
        When this is no PubMed XML.
    """
    head = data[:PROLOG_SIZE]
    if not head.strip():
        raise CutOffError("the body is empty", expected="PubMed XML", where=name)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or head[:4].count(0) >= 2:
        raise _refuse("it is UTF-16 or UTF-32", name, expected="UTF-8", fix="save it as UTF-8")
    position = 3 if head.startswith(b"\xef\xbb\xbf") else 0
    while found := _BEFORE_ROOT.match(head, position):
        position = found.end()
    encoding = _ENCODING.search(head, 0, position)
    if encoding and encoding[1].lower() not in (b"utf-8", b"utf8", b"us-ascii", b"ascii"):
        said = encoding[1][:30].decode("ascii", "replace")
        raise _refuse(f"it is in {said}", name, expected="UTF-8", fix="save it as UTF-8")
    if re.match(rb"<!DOCTYPE[^<>]*\[", head[position:]):
        raise _refuse("its document type declares things of its own, which could be entities", name)
    root = _ROOT.match(head, position)
    if root is None:
        raise _no_root(head, position, name)
    tag = root[1].decode("ascii", "replace")
    if tag in _SETS:
        return (None if root[3] else tag), root.end()
    if tag in _ARTICLES:
        return "", position
    raise _other_root(tag, head, name)


def _refuse(
    what: str, name: str, expected: str = "PubMed XML as NCBI sends it", fix: str = "fetch it again"
) -> BodyError:
    return BodyError(f"the body is not read: {what}", expected=expected, where=name, fix=fix)


def _no_root(head: bytes, position: int, name: str) -> BodyError:
    unfinished = head.startswith(b"<", position) and b">" not in head[position:]
    if (
        unfinished
        or position == len(head)
        or head.startswith((b"<!DOCTYPE", b"<?", b"<!--"), position)
    ):
        return CutOffError(
            "the body ends before its first element",
            expected="<PubmedArticleSet>",
            where=name,
            fix="fetch it again",
        )
    text = head.decode("utf-8", "replace")
    error = _JSON_ERROR.search(text)
    if error:
        return _refuse(f"it is an error of NCBI: {hide_secrets(error[1])[:200]}", name)
    if b"\0" in head[position : position + 100]:
        return _refuse("it begins with NUL bytes", name)
    start = hide_secrets(" ".join(text[position : position + 100].split()))[:60]
    return _refuse(f"it is no XML, and begins with {start!r}", name)


def _other_root(tag: str, head: bytes, name: str) -> BodyError:
    text = head.decode("utf-8", "replace")
    error = _ERROR.search(text)
    if tag.lower() == "html":
        title = _HTML_TITLE.search(text)
        called = f" called {' '.join(title[1].split())[:100]!r}" if title else ""
        return _refuse(f"it is an HTML page{called}", name)
    if error:
        said = hide_secrets(" ".join(error[1].split()))[:200]
        return _refuse(f"it is an error of NCBI: {said}", name)
    return _refuse(f"its first element is <{tag[:60]}>", name, expected="<PubmedArticleSet>")
