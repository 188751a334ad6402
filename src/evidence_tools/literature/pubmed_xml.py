"""Parse PubMed XML: bytes in, citations out, and every problem listed.

The stream is cut behind articles into pieces of about a hundred kilobytes, each of which libxml2
parses as a small document. Three things follow: memory does not grow with the file; it is faster
than an event for each element; and XML that is broken inside one article breaks that article only,
where one parse of the whole would end. Nothing is ever expanded or fetched: the document type is
not loaded, and a document that declares things of its own (entities among them) is refused.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, TypeAlias

from lxml import etree

from evidence_tools.literature.citations import Citation
from evidence_tools.literature.pubmed_elements import (
    DamagedRecord,
    Element,
    Notes,
    read_text,
    write_out_entities,
)
from evidence_tools.literature.pubmed_prolog import (
    PROLOG_SIZE,
    BodyError,
    CutOffError,
    hide_secrets,
    read_prolog,
)
from evidence_tools.literature.pubmed_records import read_article, read_book

__all__ = [
    "LARGEST_ARTICLE",
    "BodyError",
    "Choose",
    "CutOffError",
    "Deletion",
    "Parsed",
    "Problem",
    "hides_anything",
    "iter_articles",
    "parse_articles",
]

#: Bytes of one article beyond which it is left out: the largest real ones, with thousands of
#: authors and their affiliations, have some five million.
LARGEST_ARTICLE = 32 << 20
_PIECE = 1 << 17
#: A prefilter works best on what fits into a core's own cache with its copies: with more, two
#: processes get in each other's way.
_LONG_PIECE = 1 << 18

# A document type, so that names of characters are no error; and MathML's prefix, which PubMed's
# document type would declare.
_START = b"<!DOCTYPE s SYSTEM 's'><s xmlns:mml='http://www.w3.org/1998/Math/MathML'>"
_END = b"</s>"
_ARTICLE_END = re.compile(rb"</Pubmed(?:Book)?Article\s*>")
_NAMES = rb"PubmedArticleSet|PubmedBookArticleSet|PubmedArticle|PubmedBookArticle"
_TOKEN = re.compile(rb"<(?P<end>/?)(?P<tag>" + _NAMES + rb")(?=[\s/>])[^<>]*>")
_HIDDEN = rb"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)|<\?.*?(?:\?>|\Z)"
_CAREFUL_TOKEN = re.compile(_HIDDEN + rb"|" + _TOKEN.pattern, re.DOTALL)
_HIDDEN_ENDS = (b"-->", b"]]>", b"?>")
_PMID = re.compile(rb"<PMID[^<>]*>\s*(\d{1,8})\s*</PMID>")
_ODD_ENTITY = re.compile(rb"&(?!#|amp;|lt;|gt;|quot;|apos;)")


@dataclass(frozen=True)
class Problem:
    """Something wrong with one record; ``kept`` says whether its citation was given all the same.

    ``where`` names the file and the article's place in it, ``pmid`` the record if it can be told.
    """

    where: str
    pmid: str | None
    what: str
    kept: bool = False


@dataclass(frozen=True)
class Deletion:
    """A record that PubMed has taken out."""

    pmid: str


Parsed: TypeAlias = Citation | Problem | Deletion
Choose: TypeAlias = Callable[[bytes], Iterable[tuple[bytes, int]]]

_READERS: dict[str, Callable[[Element, Notes], Citation]] = {
    "PubmedArticle": read_article,
    "PubmedBookArticle": read_book,
}


def parse_articles(data: bytes) -> Iterator[Parsed]:
    """Parse the body of an EFetch answer; see :func:`iter_articles`."""
    return iter_articles(io.BytesIO(data))


def iter_articles(
    stream: BinaryIO, name: str = "", choose: Choose | None = None
) -> Iterator[Parsed]:
    """Parse a stream of PubMed XML of any length in little memory.

    Parameters
    ----------
    stream : binary file
        One PubmedArticleSet or PubmedBookArticleSet, several one after the other (as EDirect
        writes them), or bare articles; UTF-8.
    name : str, optional
        What to call the stream where a problem is told.
    choose : callable, optional
        Is given each piece of whole articles, and what stands between them; gives the bytes that
        are to be parsed, of this piece and of earlier ones that it held back, and how many articles
        it left out of them. An empty piece asks for all that is held back. The pieces are then
        longer.

    Yields
    ------
    Citation, Problem or Deletion
        In the order of the stream. A citation that something is wrong with is followed by the
        problems that say so.

    Raises
    ------
    CutOffError
        When the stream ends too early, after everything that was whole has been given.
    BodyError
        When it is no PubMed XML, declares entities, or holds an error of NCBI.
    """
    body = _Body(stream, name, choose)
    while body.open_set():
        yield from body.articles()


class _Body:
    """A stream, what was read of it and not yet parsed, and how many articles there were."""

    def __init__(self, stream: BinaryIO, name: str, choose: Choose | None) -> None:
        self._stream = stream
        self._name = name
        self._choose = choose
        self._piece = _LONG_PIECE if choose else _PIECE
        self._buffer = b""
        self._ended = False
        self._number = 0
        self._sets = 0
        self._set: str | None = ""
        self._parser = etree.XMLParser(
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )

    def _more(self, size: int) -> None:
        try:
            data = self._stream.read(size)
        except EOFError:  # a compressed file that was cut off
            data = b""
        except (OSError, zlib.error) as error:
            raise BodyError(f"cannot be read further: {error}", where=self._name) from error
        self._buffer += data
        self._ended = not data

    def open_set(self) -> bool:
        """Go behind the start tag of the next set; False when nothing follows."""
        while not self._ended and len(self._buffer) < PROLOG_SIZE:
            self._more(PROLOG_SIZE)
        if self._sets and not self._buffer.strip():
            return False
        self._set, end = read_prolog(self._buffer, self._name)
        self._buffer = self._buffer[end:]
        self._sets += 1
        return True

    def articles(self) -> Iterator[Parsed]:
        """Everything up to the end tag of the set, or to the end of bare articles."""
        if self._set is None:
            return
        while True:
            cut, rest = _find_cut(self._buffer, self._set, self._ended)
            if rest is not None:
                yield from self._parse(self._buffer[:cut])
                yield from self._parse_held()
                self._buffer = self._buffer[rest:]
                return
            if self._ended:
                yield from self._parse(self._buffer[:cut])
                yield from self._parse_held()
                self._buffer = self._buffer[cut:]
                if self._set or self._buffer.strip():
                    raise self._cut_off()
                return
            if cut:
                yield from self._parse(self._buffer[:cut])
                self._buffer = self._buffer[cut:]
            elif len(self._buffer) > LARGEST_ARTICLE:
                yield from self._parse_held()
                yield self._skip_article()
            # Doubling keeps the work linear where one article is long.
            room = LARGEST_ARTICLE + 1 - len(self._buffer)
            self._more(min(max(self._piece, len(self._buffer)), max(room, self._piece)))

    def _cut_off(self) -> CutOffError:
        pmid = _PMID.search(self._buffer)
        inside = f" in the middle of PMID {pmid[1].decode()}" if pmid else ""
        return CutOffError(
            f"the body ends{inside} after {self._number} whole articles",
            expected=f"</{self._set}>" if self._set else "the end of the article",
            where=self._name,
            fix="fetch it again",
        )

    def _skip_article(self) -> Problem:
        """Read on to the end of an article that is too large, keeping nothing of it."""
        pmid = _PMID.search(self._buffer, 0, 1 << 16)
        size = 0
        while not (end := _ARTICLE_END.search(self._buffer)):
            if self._ended:
                raise self._cut_off()
            size += max(0, len(self._buffer) - 64)
            self._buffer = self._buffer[-64:]
            self._more(_PIECE)
        size += end.end()
        self._buffer = self._buffer[end.end() :]
        self._number += 1
        limit = LARGEST_ARTICLE >> 20
        return Problem(
            self._where(),
            pmid[1].decode() if pmid else None,
            f"the article has {size >> 20} MB and was left out; at most {limit} MB are read",
        )

    def _where(self, relation: str = "") -> str:
        place = f"{relation}article {self._number}"
        return f"{self._name}: {place}" if self._name else place

    def _tree(self, piece: bytes) -> Element:
        return etree.fromstring(_START + piece + _END, self._parser)

    def _parse(self, piece: bytes) -> Iterator[Parsed]:
        """Parse what is chosen of whole articles."""
        if self._choose is None:
            yield from self._parse_all(piece)
        elif piece:
            yield from self._parse_chosen(self._choose(piece))

    def _parse_held(self) -> Iterator[Parsed]:
        if self._choose is not None:
            yield from self._parse_chosen(self._choose(b""))

    def _parse_chosen(self, given: Iterable[tuple[bytes, int]]) -> Iterator[Parsed]:
        for chosen, left_out in given:
            self._number += left_out
            yield from self._parse_all(chosen)

    def _parse_all(self, piece: bytes) -> Iterator[Parsed]:
        """Parse whole articles; where XML is broken, each of them alone."""
        if not piece.strip():
            return
        try:
            root = self._tree(piece)
        except etree.XMLSyntaxError:
            for part in _split(piece):
                yield from self._parse_part(part)
            return
        yield from self._read(root, odd=_ODD_ENTITY.search(piece) is not None)

    def _parse_part(self, part: bytes) -> Iterator[Parsed]:
        try:
            root = self._tree(part)
        except etree.XMLSyntaxError as error:
            self._number += 1
            pmid = _PMID.search(part)
            if b"\0" in part:
                why = "holds a NUL byte"
            elif not _ARTICLE_END.search(part):
                why = "has no end"
            else:
                why = re.sub(r", line \d.*", "", str(error))
            yield Problem(self._where(), pmid[1].decode() if pmid else None, f"broken XML: {why}")
        else:
            yield from self._read(root, odd=_ODD_ENTITY.search(part) is not None)

    def _read(self, root: Element, *, odd: bool) -> Iterator[Parsed]:
        if root.text and root.text.strip():
            yield self._stray(root.text)
        for element in root:
            reader = _READERS.get(element.tag)
            if reader is not None:
                yield from self._read_one(reader, element, odd=odd)
            else:
                yield from self._read_other(element)
            if element.tail and element.tail.strip():
                yield self._stray(element.tail)

    def _read_one(
        self, reader: Callable[[Element, Notes], Citation], element: Element, *, odd: bool
    ) -> Iterator[Parsed]:
        self._number += 1
        notes: Notes = []
        if odd:
            write_out_entities(element, notes)
        try:
            citation = reader(element, notes)
        except DamagedRecord as error:
            yield Problem(self._where(), element.findtext("*/PMID") or None, str(error))
            return
        yield citation
        for note in notes:
            yield Problem(self._where(), citation.pmid, note, kept=True)

    def _read_other(self, element: Element) -> Iterator[Parsed]:
        tag = str(element.tag)
        if tag == "DeleteCitation":
            yield from (Deletion(pmid) for child in element if (pmid := read_text(child)))
        elif tag.lower() == "error":
            text = hide_secrets(read_text(element) or "no text")
            raise BodyError(f"the answer holds an error: {text}", where=self._name)
        else:
            yield Problem(self._where("after "), None, f"unknown element {tag[:60]!r}")

    def _stray(self, text: str) -> Problem:
        found = hide_secrets(" ".join(text.split()))[:60]
        return Problem(self._where("after "), None, f"text that is in no article: {found!r}")


def _find_cut(buffer: bytes, close: str, ended: bool) -> tuple[int, int | None]:
    """Where the last whole article ends, or the set; and where the set's end tag ends."""
    if hides_anything(buffer):
        return _find_cut_carefully(buffer, close, ended)
    start = buffer.find(f"</{close}".encode()) if close else -1
    end = buffer.find(b">", start) if start >= 0 else -1
    if end >= 0:
        return start, end + 1
    start = buffer.rfind(b"</Pubmed")
    while start >= 0:
        last = _ARTICLE_END.match(buffer, start)
        if last:
            return last.end(), None
        start = buffer.rfind(b"</Pubmed", 0, start)
    return 0, None


def hides_anything(data: bytes) -> bool:
    """Whether comments or the like may stand in some XML, and hide what looks like its tags."""
    return _follows(data, b"!") or _follows(data, b"?")


def _follows(buffer: bytes, sign: bytes) -> bool:
    """Whether a sign stands behind a ``<``; one byte is found many times faster than two."""
    place = buffer.find(sign)
    while place >= 0:
        if place and buffer[place - 1] == 0x3C:
            return True
        place = buffer.find(sign, place + 1)
    return False


def _find_cut_carefully(buffer: bytes, close: str, ended: bool) -> tuple[int, int | None]:
    cut = 0
    for token in _tokens(buffer, ended):
        if token["end"]:
            tag = token["tag"].decode()
            if tag == close:
                return token.start(), token.end()
            if tag in _READERS:
                cut = token.end()
    return cut, None


def _tokens(data: bytes, ended: bool) -> list[re.Match[bytes]]:
    """Start and end tags of sets and articles, but for those in comments and the like.

    A comment that is never closed is damage, and hides nothing once all is read.
    """
    tokens = []
    for token in _CAREFUL_TOKEN.finditer(data):
        if token["tag"] is not None:
            tokens.append(token)
        elif not token[0].endswith(_HIDDEN_ENDS):
            return list(_TOKEN.finditer(data)) if ended else tokens
    return tokens


def _split(piece: bytes) -> Iterator[bytes]:
    """Articles of a piece one by one, and what stands between them."""
    done = 0
    for token in _tokens(piece, ended=True):
        cut = token.end() if token["end"] else token.start()
        if piece[done:cut].strip():
            yield piece[done:cut]
        done = cut
    if piece[done:].strip():
        yield piece[done:]
