"""A source, or a part of this review, as one cites it: the fields that every format carries.

Each format (BibTeX, RIS, MEDLINE, CSL-JSON) writes a :class:`Reference` and reads one back, so that
a round trip can be checked by comparing two of them.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass, fields, replace
from enum import StrEnum

from evidence_tools.errors import DataError
from evidence_tools.identifiers import cochrane_number, doi_url, pmcid_url, pubmed_url
from evidence_tools.models import Record
from evidence_tools.names import Name, parse_name
from evidence_tools.vocab import Design, Retraction

__all__ = [
    "Kind",
    "Reference",
    "format_medline_day",
    "parse_day_of",
    "reference_of",
]


class Kind(StrEnum):
    """What is cited; ``container`` of a reference means something else for each."""

    ARTICLE = "article"  # container: the journal
    REPORT = "report"  # container: the body that issued it
    DOCUMENT = "document"  # container: where it stands, if known
    DATASET = "dataset"  # container: who publishes it
    ENTRY = "entry"  # container: the whole that it is a part of


#: What no format can carry on one line: line ends of any kind, controls, and what is no character.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def format_medline_day(day: dt.date) -> str:
    """Write a day as MEDLINE does, whatever the language of the machine.

    >>> format_medline_day(dt.date(2026, 11, 21))
    '2026 Nov 21'
    """
    return f"{day.year} {_MONTHS[day.month - 1]} {day.day}"


def parse_day_of(text: str) -> dt.date | None:
    """Read a day written as 2026-11-21, 2026/11/21/ or 2026 Nov 21; None where it is no whole day.

    >>> parse_day_of("2026/11/21/"), parse_day_of("2026 Nov 21"), parse_day_of("2026")
    (datetime.date(2026, 11, 21), datetime.date(2026, 11, 21), None)
    """
    found = re.fullmatch(r"(\d{4})[-/ ](\d{1,2}|[A-Z][a-z]{2})[-/ ](\d{1,2})/?", text.strip())
    if not found:
        return None
    month = _MONTHS.index(found[2]) + 1 if found[2] in _MONTHS else found[2]
    try:
        return dt.date(int(found[1]), int(month), int(found[3]))
    except ValueError:
        return None


@dataclass(frozen=True)
class Reference:
    """What one needs to cite a thing.

    ``pages`` holds a range with a hyphen (``106-116``) or an article number (``CD001929``).
    ``url`` is given only where no identifier leads to the thing; :attr:`link` always tells the way.

    Raises
    ------
    DataError
        When a text holds a line end or another character that a line cannot carry.
    """

    key: str
    kind: Kind = Kind.ARTICLE
    title: str | None = None
    authors: tuple[Name, ...] = ()
    container: str | None = None
    year: int | None = None
    date: dt.date | None = None
    volume: str | None = None
    issue: str | None = None
    pages: str | None = None
    doi: str | None = None
    pmid: str | None = None
    pmcid: str | None = None
    isbn: str | None = None
    url: str | None = None
    version: str | None = None
    keywords: tuple[str, ...] = ()
    retracted: bool = False

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            texts = value if isinstance(value, tuple) else (value,)
            for text in texts:
                found = _UNPRINTABLE.search(str(text)) if text is not None else None
                if found:
                    shown = unicodedata.name(found[0], f"U+{ord(found[0]):04X}")
                    raise DataError(
                        f"holds a character that cannot stand in a reference: {shown}",
                        expected="text on one line",
                        where=f"{self.key}.{field.name}",
                        fix="take it out of the record",
                    )

    @property
    def link(self) -> str | None:
        """Address at which a reader finds it."""
        if self.doi:
            return doi_url(self.doi)
        if self.pmid:
            return pubmed_url(self.pmid)
        return pmcid_url(self.pmcid) if self.pmcid else self.url

    def with_url(self, url: str | None) -> Reference:
        """Return the same with an address, unless its identifiers lead there already."""
        return self if url is None or url == self.link else replace(self, url=url)

    @property
    def cochrane(self) -> str | None:
        """Number of a Cochrane review with its version."""
        return cochrane_number(self.doi)

    def part_pages(self) -> tuple[str | None, str | None]:
        """First and last page; an article number has no last."""
        if self.pages is None:
            return None, None
        first, dash, last = self.pages.partition("-")
        if not dash or "-" in last or not first or not last:
            return self.pages, None
        return first, last


def reference_of(record: Record) -> Reference:
    """Return what one may cite of a record: fields that are from memory are left out.

    Raises
    ------
    DataError
        When a field cannot stand on one line.
    """
    memory = record.memory_fields
    all_hidden = "*" in memory

    def seen(name: str) -> str | None:
        value = getattr(record, name)
        if value is None or all_hidden or name in memory:
            return None
        # A line end is refused by the reference; any other white space is one blank.
        return re.sub(r"[^\S\n\r\v\f\x1c-\x1f\x85\u2028\u2029]+", " ", str(value)).strip() or None

    pages = (seen("pages") or "").replace("\N{EN DASH}", "-").rstrip("-") or None
    isbn = re.fullmatch(r"ISBN:? ?([\dX-]+)", pages or "")
    year = None if all_hidden or "year" in memory else record.year
    hide_authors = all_hidden or "authors" in memory
    return Reference(
        key=record.key,
        kind=_kind(record),
        title=seen("title"),
        authors=() if hide_authors else tuple(parse_name(name) for name in record.authors),
        container=seen("journal"),
        year=year,
        volume=seen("volume"),
        issue=seen("issue"),
        pages=None if isbn else pages,
        doi=seen("doi"),
        pmid=seen("pmid"),
        pmcid=seen("pmcid"),
        isbn=isbn[1] if isbn else None,
        keywords=() if all_hidden or "design" in memory else (str(record.design),),
        retracted=record.retraction is Retraction.RETRACTED,
    )


def _kind(record: Record) -> Kind:
    """Kind of a source: what bears no mark of a journal was issued by a body, or stands alone."""
    if record.design is Design.REPORT:
        return Kind.DOCUMENT
    if record.doi or record.pmid or record.pmcid or record.volume:
        return Kind.ARTICLE
    if not record.journal:
        return Kind.DOCUMENT
    of_a_body = any(parse_name(author).collective for author in record.authors)
    return Kind.REPORT if record.design is Design.GUIDELINE and of_a_body else Kind.ARTICLE
