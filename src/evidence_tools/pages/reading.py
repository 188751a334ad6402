"""From the bytes of a file to a page: which reader, within which limits, and what to say of it."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from evidence_tools.errors import InputError
from evidence_tools.pages.decoding import clean_text, decode_text, show_name
from evidence_tools.pages.language import find_language
from evidence_tools.pages.page import BlockKind, Page, page_from_blocks, page_from_text
from evidence_tools.pages.readers.draft import Draft
from evidence_tools.pages.readers.text import unwrap_lines

__all__ = [
    "Limits",
    "Source",
    "SourceKind",
    "page_from_path",
    "read_page",
    "read_source",
    "source_from_path",
    "source_from_stream",
]


class SourceKind(StrEnum):
    """What a page was read from."""

    HTML = "html"
    MARKDOWN = "markdown"
    TEXT = "text"
    DOCX = "docx"
    PDF = "pdf"


@dataclass(frozen=True)
class Limits:
    """How large a page may be; the defaults are some fifty times a long page of a website.

    ``text_bytes`` bounds HTML, Markdown and plain text, ``file_bytes`` DOCX and PDF, which hold
    pictures; ``characters`` bounds the text that is read out of any of them.
    """

    text_bytes: int = 2_000_000
    file_bytes: int = 20_000_000
    characters: int = 1_000_000


@dataclass(frozen=True)
class Source:
    """A page, what it was read from, and what a person must know of the reading."""

    page: Page
    kind: SourceKind
    encoding: str | None
    notes: tuple[str, ...]


_DEFAULT = Limits()
_SUFFIXES = {
    "html": SourceKind.HTML, "htm": SourceKind.HTML, "xhtml": SourceKind.HTML,
    "md": SourceKind.MARKDOWN, "markdown": SourceKind.MARKDOWN, "mdown": SourceKind.MARKDOWN,
    "txt": SourceKind.TEXT, "text": SourceKind.TEXT,
    "docx": SourceKind.DOCX, "pdf": SourceKind.PDF,
}  # fmt: skip
_URL = re.compile(r"\s*(?:(?:https?|ftp|file):/{1,2}|www\.)\S+\s*", re.IGNORECASE)
_PICTURES = (
    b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\x00", b"MM\x00*", b"\x00\x00\x01\x00",
)  # fmt: skip
_MARKUP = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*|<!--.{0,5000}?-->\s*)*<(?:!doctype\s+html|html|head|body|title|meta|"
    rb"div|p|h[1-6]|ul|ol|table|section|article|main|header|nav|span|a|img|script|style|link)\b",
    re.IGNORECASE | re.DOTALL,
)
_MARKDOWN = re.compile(r"^#{1,6} \S|\[[^\]\n]{1,200}\]\([^)\s]{1,500}\)", re.MULTILINE)
_READS = "HTML, Markdown, plain text, DOCX or PDF"


def read_page(data: bytes, name: str = "-", *, limits: Limits = _DEFAULT) -> Page:
    """Read a page; see :func:`read_source`, which also tells what to say of the reading."""
    return read_source(data, name, limits=limits).page


def read_source(data: bytes, name: str = "-", *, limits: Limits = _DEFAULT) -> Source:
    """Read a page from the bytes of a file.

    Parameters
    ----------
    data : bytes
        All of the file.
    name : str
        Its name, whose ending tells HTML, Markdown and text apart; ``-`` for standard input and
        pasted text, whose kind is told from what is in it.
    limits : Limits
        How large it may be.

    Raises
    ------
    InputError
        When it is empty, too large, locked, broken, or nothing that can be read.
    """
    where = "standard input" if name == "-" else show_name(name)
    _check_size(len(data), limits.file_bytes, where)
    kind = _kind_of(data, name, where)
    if kind in (SourceKind.DOCX, SourceKind.PDF):
        encoding = None
        draft = _read_file(data, kind, where, limits)
    else:
        _check_size(len(data), limits.text_bytes, where)
        decoded = decode_text(data, where, markup=kind is SourceKind.HTML)
        encoding = decoded.encoding
        if _URL.fullmatch(decoded.text[:3000]):
            raise _is_address(decoded.text.strip()[:200])
        if kind is SourceKind.TEXT:
            page = page_from_text(unwrap_lines(clean_text(decoded.text)))
            return _finish(page, None, kind, encoding, decoded.notes, where, limits)
        draft = _read_markup(decoded.text, kind, where)
        draft.notes[:0] = decoded.notes
    page = page_from_blocks(draft.parts, draft.title)
    return _finish(page, draft.language, kind, encoding, tuple(draft.notes), where, limits)


def page_from_path(path: Path | str, *, limits: Limits = _DEFAULT) -> Page:
    """Read a page from a file, or from standard input for ``-``."""
    return source_from_path(path, limits=limits).page


def source_from_path(path: Path | str, *, limits: Limits = _DEFAULT) -> Source:
    """Read a page, with notes, from a file, or from standard input for ``-``.

    Raises
    ------
    InputError
        As :func:`read_source` does, and when there is no such file or it cannot be opened.
    """
    name = str(path)
    if name == "-":
        return source_from_stream(sys.stdin.buffer, limits=limits)
    if _URL.fullmatch(name):
        raise _is_address(name)
    where = show_name(name)
    try:
        place = Path(name)
        if place.is_dir():
            raise InputError("this is a folder", expected="a file", where=where)
        if place.is_file():
            _check_size(place.stat().st_size, limits.file_bytes, where)
        with place.open("rb") as stream:
            data = stream.read(limits.file_bytes + 1)
    except FileNotFoundError as error:
        raise InputError(
            "there is no such file",
            expected=f"a file with {_READS}",
            where=where,
            fix="check the name, and put it in quotation marks if it holds blanks",
        ) from error
    except (OSError, ValueError) as error:
        # ValueError: a name with a zero byte.
        reason = getattr(error, "strerror", None) or "no file can have this name"
        raise InputError(f"it cannot be read ({reason.lower()})", where=where) from error
    return read_source(data, place.name, limits=limits)


def source_from_stream(stream: BinaryIO, name: str = "-", *, limits: Limits = _DEFAULT) -> Source:
    """Read a page from an open stream, such as standard input or an upload, within limits."""
    return read_source(stream.read(limits.file_bytes + 1), name, limits=limits)


def _finish(
    page: Page,
    stated: str | None,
    kind: SourceKind,
    encoding: str | None,
    notes: tuple[str, ...],
    where: str,
    limits: Limits,
) -> Source:
    if not page.blocks:
        raise InputError(
            "the page holds no text",
            expected="a page with text",
            where=where,
            fix="check that the right file was saved, and that it is not empty",
        )
    if len(page.text) > limits.characters:
        raise _too_long(len(page.text), limits, where)
    told = [block.text for block in page.blocks if block.kind is not BlockKind.ALT]
    language = find_language(told or [page.text], stated)
    page = replace(page, language=language.code)
    return Source(page, kind, encoding, (*notes, *language.notes))


def _kind_of(data: bytes, name: str, where: str) -> SourceKind:
    """Tell the kind from the first bytes where these decide, else from the name, else by a look."""
    head = data[:1024]
    named = _SUFFIXES.get(Path(name).suffix.lower().removeprefix(".")) if name != "-" else None
    if head.lstrip().startswith(b"%PDF") or (named is SourceKind.PDF and b"%PDF-" in head):
        return SourceKind.PDF
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
        return SourceKind.DOCX
    _check_known(head, where)
    if not data.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        raise InputError(
            "the file is empty" if not data else "the page holds no text",
            expected="a page with text",
            where=where,
            fix="check that the right file was saved",
        )
    if named in (SourceKind.DOCX, SourceKind.PDF):
        raise InputError(
            f"it is named .{named}, but is not one inside",
            expected=f"a {named.upper()} file",
            where=where,
            fix="save it anew, or give it the ending of what it is",
        )
    if named is not None:
        return named
    if _MARKUP.match(data[:8192].removeprefix(b"\xef\xbb\xbf").replace(b"\0", b"")):
        return SourceKind.HTML
    if _MARKDOWN.search(data[:100_000].decode("utf-8", "replace")):
        return SourceKind.MARKDOWN
    return SourceKind.TEXT


def _check_known(head: bytes, where: str) -> None:
    """Refuse kinds of files that people take for pages, each with its way out."""
    found = None
    if head.startswith(_PICTURES) or head[8:12] == b"WEBP" or head[4:8] == b"ftyp":
        found = ("this is a picture or a film", "type its text out, or run text recognition (OCR)")
    elif head.startswith(b"{\\rtf"):
        found = ("this is Rich Text (.rtf)", "open it in Word or LibreOffice and save it as .docx")
    elif head.startswith((b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"bplist")):
        found = ("this is a packed file", "unpack it, or save the page as HTML")
    elif re.match(rb"(?:From: <Saved by|MIME-Version: 1)", head):
        found = ("this is a web archive (.mhtml)", "save the page as HTML instead")
    if found is not None:
        raise InputError(found[0], expected=_READS, where=where, fix=found[1])


def _read_file(data: bytes, kind: SourceKind, where: str, limits: Limits) -> Draft:
    # Imported here, as below: each brings a library that only it needs.
    if kind is SourceKind.PDF:
        from evidence_tools.pages.readers.pdf import read_pdf

        return read_pdf(data, where, characters=limits.characters)
    from evidence_tools.pages.readers.docx import read_docx

    return read_docx(data, where)


def _read_markup(text: str, kind: SourceKind, where: str) -> Draft:
    if kind is SourceKind.MARKDOWN:
        from evidence_tools.pages.readers.markdown import read_markdown

        return read_markdown(text, where)
    from evidence_tools.pages.readers.html import read_html

    return read_html(text, where)


def _check_size(size: int, most: int, where: str) -> None:
    if size > most:
        raise InputError(
            f"it is too large ({size:,} bytes)" if size != most + 1 else "it is too large",
            expected=f"at most {most:,} bytes",
            where=where,
            fix="audit the page in parts, without its pictures",
        )


def _too_long(length: int, limits: Limits, where: str) -> InputError:
    return InputError(
        f"it holds {length:,} characters of text",
        expected=f"at most {limits.characters:,}",
        where=where,
        fix="audit it in parts",
    )


def _is_address(text: str) -> InputError:
    return InputError(
        "this is the address of a page, and nothing is fetched from the web",
        expected="a file",
        where=show_name(text.strip()),
        fix="open the page in a browser, save it as a file (HTML), and give that file",
    )
