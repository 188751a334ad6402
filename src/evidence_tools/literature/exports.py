"""Read the files that people export by hand: PubMed XML, NBIB and RIS.

The content decides which it is, not the ending, since browsers and programs name files as they
like. What cannot be read is listed with its line, and what could be is given.
"""

from __future__ import annotations

import codecs
import gzip
import re
import zlib
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from evidence_tools.errors import DataError
from evidence_tools.literature.medline import parse_nbib
from evidence_tools.literature.pubmed_xml import Parsed, Problem, iter_articles
from evidence_tools.literature.ris import parse_ris

__all__ = ["ExportFormat", "decode_text", "read_export", "tell_format"]

_HEAD = 1 << 16
#: Bytes of a text file that is read whole; 20,000 records have about 100 MB.
LARGEST_TEXT = 512 << 20


class ExportFormat(StrEnum):
    """Formats that can be read."""

    XML = "xml"
    NBIB = "nbib"
    RIS = "ris"


def tell_format(head: bytes) -> ExportFormat | None:
    r"""Tell the format by the first bytes of a file; None where it is none of ours.

    >>> tell_format(b"\nPMID- 26329399\n").value
    'nbib'
    """
    wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = head.decode("utf-16" if wide else "latin-1", "replace").removeprefix("\xef\xbb\xbf")
    if text.lstrip().startswith("<"):
        return ExportFormat.XML
    if re.search(r"^TY  -", text, re.MULTILINE):
        return ExportFormat.RIS
    if re.search(r"^(?:PMID|TI  |FAU |OWN )- ", text, re.MULTILINE):
        return ExportFormat.NBIB
    return None


def decode_text(data: bytes) -> tuple[str, str | None]:
    """Decode a text file, and say which encoding had to be guessed.

    Returns
    -------
    text : str
        The text without byte order mark.
    guessed : str or None
        None where the bytes leave no doubt.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace"), None
    try:
        return data.decode("utf-8-sig"), None
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("cp1252"), "Windows-1252"
    except UnicodeDecodeError:
        return data.decode("latin-1"), "Latin-1"


def read_export(path: Path) -> Iterator[Parsed]:
    """Read an exported file, gzip-compressed or not.

    Parameters
    ----------
    path : Path
        PubMed XML (of any length), NBIB or RIS.

    Yields
    ------
    Citation, Problem or Deletion
        In the order of the file.

    Raises
    ------
    DataError
        When the file cannot be read, is none of these formats, or is cut off; what was whole has
        been given before.
    """
    name = path.name
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            stream: BinaryIO = gzip.GzipFile(fileobj=raw) if packed else raw  # type: ignore[assignment]
            head = stream.read(_HEAD)
            stream.seek(0)
            yield from _parse(stream, head, name)
    except (OSError, EOFError, zlib.error) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise DataError(f"cannot be read: {why}", where=str(path)) from error


def _parse(stream: BinaryIO, head: bytes, name: str) -> Iterator[Parsed]:
    if not head.strip():
        raise DataError("the file is empty", expected="PubMed XML, NBIB or RIS", where=name)
    kind = tell_format(head)
    if kind is ExportFormat.XML:
        yield from iter_articles(stream, name)
        return
    if kind is None:
        raise DataError(
            "the file is neither PubMed XML nor NBIB nor RIS",
            where=name,
            fix="export again: on PubMed, Send to > Citation manager makes an NBIB file",
        )
    data = stream.read(LARGEST_TEXT + 1)
    if len(data) > LARGEST_TEXT:
        limit = LARGEST_TEXT >> 20
        raise DataError(f"the file is larger than {limit} MB", where=name, fix="export in parts")
    text, guessed = decode_text(data)
    if guessed:
        yield Problem(name, None, f"not UTF-8: read as {guessed}; look at the accents", kept=True)
    if "\0" in text:
        yield Problem(name, None, "NUL characters were left out", kept=True)
        text = text.replace("\0", "")
    yield from (parse_nbib if kind is ExportFormat.NBIB else parse_ris)(text, name)
