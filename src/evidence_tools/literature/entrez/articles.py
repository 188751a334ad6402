"""The records of an EFetch answer, cut apart and joined again in the bytes in which they came."""

from __future__ import annotations

from dataclasses import dataclass
from xml.parsers import expat

from evidence_tools.literature.entrez.answers import EMPTY_SET, UnusableError, parse_xml

__all__ = ["Article", "join_articles", "split_articles"]


@dataclass(frozen=True)
class Article:
    """One record of an EFetch answer: its number, its version, and its bytes as they came."""

    pmid: str
    version: str
    data: bytes


_PATHS = {
    ("PubmedArticle", "MedlineCitation", "PMID"),
    ("PubmedBookArticle", "BookDocument", "PMID"),
}


def split_articles(body: bytes, key: str | None) -> list[Article]:
    """Cut an EFetch answer into its records, without reading more of them than their numbers.

    Records without a PMID are left out: nobody asked for them.

    Raises
    ------
    UnusableError
        When the body is not well-formed to its end, or reports an error.

    Notes
    -----
    Expat gives positions in the bytes, which lxml does not: a record is handed on as it came.
    """
    path: list[str] = []
    articles: list[Article] = []
    start = 0
    pmid: list[str] = []
    version = "1"
    reading = False
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal start, pmid, version, reading
        path.append(name)
        if len(path) == 2:
            start, pmid, version = parser.CurrentByteIndex, [], "1"
        elif len(path) == 4 and not pmid and tuple(path[1:]) in _PATHS:
            reading, version = True, attributes.get("Version", "1")

    def end(name: str) -> None:
        nonlocal reading
        reading = False
        if len(path) == 2 and pmid and name in ("PubmedArticle", "PubmedBookArticle"):
            stop = body.index(b">", parser.CurrentByteIndex) + 1
            articles.append(Article("".join(pmid).strip(), version, body[start:stop]))
        path.pop()

    def characters(text: str) -> None:
        if reading:
            pmid.append(text)

    def entity(*_: object) -> None:
        raise UnusableError("the answer declares entities, which no answer of NCBI does")

    def declaration(_version: str, encoding: str | None, _standalone: int) -> None:
        # Records are joined under a new head, which says UTF-8.
        if (encoding or "utf-8").lower() not in ("utf-8", "us-ascii"):
            raise UnusableError(f"the answer is in {encoding}, expected UTF-8", damaged=True)

    parser.XmlDeclHandler = declaration
    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parser.EntityDeclHandler = entity
    what = ""
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        what = f"the answer is not well-formed XML ({error})"
    if what:
        raise UnusableError(what, damaged=True)
    if not articles:
        root = parse_xml(body, "PubmedArticleSet", key)
        if len(root.findall("PubmedArticle")) + len(root.findall("PubmedBookArticle")):
            raise UnusableError("the answer's records have no PMID", damaged=True)
    return articles


def join_articles(articles: list[Article]) -> bytes:
    """One document of records, each in the bytes in which it came."""
    head, tail = EMPTY_SET.split(b"</", 1)
    return b"".join([head, b"\n", *(one.data + b"\n" for one in articles), b"</", tail])
