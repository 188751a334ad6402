"""Read RIS files, which reference managers and other databases write, through rispy.

RIS has no field for a PMID. It is looked for where programs are known to put it: the address of the
article on PubMed, the accession number when the database is PubMed, and a note "PMID: …". An entry
without one is told as a problem with its title and DOI, because a citation is known by its PMID.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import rispy

from evidence_tools.literature.citations import AbstractSection, Author, Citation, Journal
from evidence_tools.literature.pubmed_elements import iso_day
from evidence_tools.literature.pubmed_xml import Problem

__all__ = ["parse_ris"]

_ADDRESS = re.compile(r"(?:pubmed\.ncbi\.nlm\.nih\.gov|ncbi\.nlm\.nih\.gov/pubmed)/(\d{1,8})\b")
_NOTE = re.compile(r"(?:^|[\n;|])\s*PMID\s*:?\s*(\d{1,8})\b", re.IGNORECASE)
_ACCESSION = re.compile(r"(?:^|[,;\s])PUBMED\s+(\d{1,8})\b", re.IGNORECASE)
_PUBMED = re.compile(r"pubmed|medline|\bnlm\b|national library of medicine", re.IGNORECASE)
_START = re.compile(r"TY  - ?")
_END = re.compile(r"ER  -")
_LINE_END = re.compile(r"\r\n|\r|\n")
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_PMCID = re.compile(r"\bPMC\d{3,9}\b")
_BOOKS = frozenset({"BOOK", "CHAP", "EBOOK", "ECHAP", "EDBOOK"})


def parse_ris(text: str, name: str = "") -> Iterator[Citation | Problem]:
    """Parse the text of a RIS file.

    Parameters
    ----------
    text : str
        Entries from TY to ER.
    name : str, optional
        What to call the file where a problem is told.

    Yields
    ------
    Citation or Problem
        An entry without PMID, or with two, is a problem that says its title and DOI.
    """
    for line, lines in _entries(text):
        where = f"{name}:{line}" if name else f"line {line}"
        if not _START.match(lines[0]):
            found = lines[0].strip()[:60]
            yield Problem(where, None, f"lines outside an entry were left out: {found!r}")
            continue
        whole = bool(_END.match(lines[-1]))
        # rispy drops an entry that is not closed, and says nothing.
        entry = rispy.loads("\n".join([*lines, *([] if whole else ["ER  - "])]))[0]
        pmids = _pmids(entry)
        if len(pmids) == 1:
            pmid = pmids.pop()
            yield _citation(pmid, entry)
            if not whole:
                yield Problem(
                    where, pmid, "the entry has no ER line; is the file whole?", kept=True
                )
            continue
        title = _first(entry, "title", "primary_title") or "no title"
        doi = _doi(entry) or "no DOI"
        found = f"names the PMIDs {', '.join(sorted(pmids))}" if pmids else "has no PMID"
        yield Problem(where, None, f"{found}; look it up by hand: {title[:200]} ({doi})")


def _entries(text: str) -> Iterator[tuple[int, list[str]]]:
    """Lines of each entry with the number of the first; a new TY ends an entry without ER."""
    lines: list[str] = []
    start = 0
    for number, line in enumerate(_LINE_END.split(text), start=1):
        if lines and _START.match(line):
            yield start, lines
            lines = []
        if not lines:
            if not line.strip():
                continue
            start = number
        lines.append(line)
        if _END.match(line):
            yield start, lines
            lines = []
    while lines and not lines[-1].strip():
        lines.pop()
    if lines:
        yield start, lines


def _texts(entry: dict[str, Any], *names: str) -> list[str]:
    """All texts of some fields; what rispy does not know comes in lists by tag."""
    texts: list[str] = []
    for name in names:
        value = entry.get(name, [])
        texts += value if isinstance(value, list) else [value]
    return [text for text in texts if text]


def _first(entry: dict[str, Any], *names: str) -> str | None:
    return next(iter(_texts(entry, *names)), None)


def _pmids(entry: dict[str, Any]) -> set[str]:
    """Every PMID that the entry gives as its own."""
    unknown = {tag: " ".join(texts) for tag, texts in entry.get("unknown_tag", {}).items()}
    addresses = _texts(entry, "urls", "file_attachments1", "file_attachments2")
    found = {
        pmid for text in (*addresses, unknown.get("LK", "")) for pmid in _ADDRESS.findall(text)
    }
    notes = _texts(entry, "notes", "note", "custom1", "custom2", "custom3", "research_notes")
    # A note of several lines is the first value and its followers, so each may begin with PMID.
    found |= {pmid for text in notes for pmid in _NOTE.findall(text)}
    accession = _first(entry, "accession_number") or ""
    found |= set(_ACCESSION.findall(accession))
    database = " ".join(_texts(entry, "name_of_database", "database_provider"))
    if re.fullmatch(r"\d{1,8}", accession) and _PUBMED.search(database):
        found.add(accession)
    if re.fullmatch(r"\d{1,8}", unknown.get("PM", "")):
        found.add(unknown["PM"])
    return {pmid.lstrip("0") for pmid in found} - {""}


def _doi(entry: dict[str, Any]) -> str | None:
    found = _DOI.search(" ".join(_texts(entry, "doi", "urls")))
    return found[0] if found else None


def _author(text: str) -> Author:
    """A name as "Family, Given, Suffix"; without a comma it is a group."""
    last, comma, given = text.partition(",")
    if not comma:
        return Author(collective=text.strip())
    fore, _, suffix = (part.strip() for part in given.partition(","))
    initials = "".join(word[0] for word in re.findall(r"\w+", fore))
    return Author(last.strip(), fore or None, initials or None, suffix or None)


def _published(entry: dict[str, Any]) -> str | None:
    """As much of "2015/09/03/" as is given; the year may stand alone."""
    texts = _texts(entry, "date", "year", "publication_year")
    days = []
    for text in texts:
        parts = [part.strip() for part in text.split("/" if "/" in text else "-")]
        year, month, day = (*parts, "", "", "")[:3]
        days.append(iso_day(year, month or None, day or None)[0])
    return max((day for day in days if day), key=len, default=None)


def _citation(pmid: str, entry: dict[str, Any]) -> Citation:
    start, end = _first(entry, "start_page"), _first(entry, "end_page")
    kind = _first(entry, "type_of_reference") or ""
    title = _first(entry, "title", "primary_title") or ""
    container = _first(entry, "secondary_title", "alternate_title3", "journal_name")
    is_book = kind in _BOOKS
    abstract = _first(entry, "abstract", "notes_abstract")
    pmcid = _PMCID.search(" ".join(_texts(entry, "custom2", "custom6", "notes", "custom7")))
    language = (_first(entry, "language") or "").lower()
    return Citation(
        pmid=pmid,
        title=title,
        abstract=(AbstractSection(abstract),) if abstract else (),
        authors=tuple(_author(name) for name in _texts(entry, "authors", "first_authors")),
        journal=Journal()
        if is_book
        else Journal(
            title=container,
            iso=_first(entry, "alternate_title1", "alternate_title2"),
            issn=_first(entry, "issn"),
        ),
        volume=_first(entry, "volume"),
        issue=_first(entry, "number"),
        pages=f"{start}-{end}" if start and end and start != end else start,
        published=_published(entry),
        languages=(language,) if re.fullmatch(r"[a-z]{3}", language) else (),
        keywords=tuple(_texts(entry, "keywords")),
        doi=_doi(entry),
        pmcid=pmcid[0] if pmcid else None,
        book_title=(container or title) if is_book else None,
        publisher=_first(entry, "publisher") if is_book else None,
    )
