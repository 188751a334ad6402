"""References ⇄ RIS, written and read by rispy.

Tags follow what Zotero, JabRef and EndNote share: the key in ``ID``, the journal in ``T2``, the
PMID in ``AN`` with ``DB  - PubMed``, the PMCID in ``C2``, an article number in ``SP`` without
``EP``. A body's name that holds a comma or is one word ends with a
comma, as EndNote wants it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import rispy

from evidence_tools.errors import DataError
from evidence_tools.names import OTHERS, Name, parse_given
from evidence_tools.references import Kind, Reference, parse_day_of

__all__ = ["format_ris", "parse_ris"]

_TYPES = {
    Kind.ARTICLE: "JOUR",
    Kind.REPORT: "RPRT",
    Kind.DOCUMENT: "GEN",
    Kind.DATASET: "DATA",
    Kind.ENTRY: "ENCYC",
}
#: Field (in rispy's words) that names the container of each kind.
_CONTAINERS = {
    Kind.ARTICLE: "secondary_title",
    Kind.REPORT: "publisher",
    Kind.DOCUMENT: "publisher",
    Kind.DATASET: "publisher",
    Kind.ENTRY: "secondary_title",
}
_KINDS = {**{name: kind for kind, name in _TYPES.items()}, "EJOUR": Kind.ARTICLE,
          "DBASE": Kind.DATASET, "DICT": Kind.ENTRY}  # fmt: skip
_RETRACTED = "Retracted publication"
_PUBMED = "PubMed"


class _Writer(rispy.RisWriter):  # type: ignore[misc]
    """Writes no number above a record, which not every reader skips."""

    def set_header(self, count: int) -> str:
        return ""


def format_ris(references: Iterable[Reference]) -> str:
    """Return references as RIS, sorted by key."""
    entries = [_entry(one) for one in sorted(references, key=lambda r: r.key)]
    # An address may hold a semicolon, at which rispy would part it.
    return str(rispy.dumps(entries, implementation=_Writer, delimiter_tags_mapping={}))


def _entry(reference: Reference) -> dict[str, Any]:
    first, last = reference.part_pages()
    entry = {
        "type_of_reference": _TYPES[reference.kind],
        "id": reference.key,
        "authors": [_format_name(name) for name in reference.authors],
        "title": reference.title,
        _CONTAINERS[reference.kind]: reference.container,
        "year": str(reference.year) if reference.year else None,
        "date": f"{reference.date:%Y/%m/%d}/" if reference.date else None,
        "volume": reference.volume,
        "number": reference.issue,
        "start_page": first,
        "end_page": last,
        "doi": reference.doi,
        "accession_number": reference.pmid,
        "name_of_database": _PUBMED if reference.pmid else None,
        "custom2": reference.pmcid,
        "issn": reference.isbn,
        "edition": reference.version,
        "urls": [reference.link] if reference.link else None,
        "keywords": list(reference.keywords),
        "notes": [_RETRACTED] if reference.retracted else None,
    }
    return {name: value for name, value in entry.items() if value}


def _format_name(name: Name) -> str:
    if name.collective:
        whole = name == OTHERS or (" " in name.family and "," not in name.family)
        return name.family if whole else f"{name.family},"
    return ", ".join(part for part in (name.family, name.given, name.suffix) if part)


def parse_ris(text: str, where: str = "RIS") -> tuple[Reference, ...]:
    """Read references from RIS, ours or another program's.

    Raises
    ------
    DataError
        When no reference stands in it, or one is not ended.
    """
    lines = text.replace("\r\n", "\n").removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
    entries = rispy.loads(lines, delimiter_tags_mapping={})
    started = sum(line.startswith("TY  -") for line in lines.split("\n"))
    if (lines.strip() and len(entries) != started) or (lines.strip() and not entries):
        raise DataError(
            f"{started} references begin and {len(entries)} end",
            expected="RIS: from TY to ER",
            where=where,
            fix="export the file again",
        )
    return tuple(_read(entry, number) for number, entry in enumerate(entries, start=1))


def _read(entry: Mapping[str, Any], number: int) -> Reference:
    kind = _KINDS.get(entry["type_of_reference"], Kind.DOCUMENT)

    def first_of(*names: str) -> str | None:
        return next((str(entry[name]) for name in names if entry.get(name)), None)

    date = parse_day_of(first_of("date") or "")
    year = first_of("year", "publication_year", "date") or ""
    first, last = first_of("start_page"), first_of("end_page")
    in_pubmed = entry.get("name_of_database") == _PUBMED
    urls = entry.get("urls") or [None]
    reference = Reference(
        key=first_of("id", "label") or f"ris{number}",
        kind=kind,
        title=first_of("title", "primary_title"),
        authors=tuple(
            _read_name(name)
            for name in [*entry.get("first_authors", ()), *entry.get("authors", ())]
        ),
        container=first_of(
            _CONTAINERS[kind], "alternate_title3", "journal_name", "secondary_title", "publisher"
        ),
        year=int(year[:4]) if year[:4].isdigit() else None,
        date=date,
        volume=first_of("volume"),
        issue=first_of("number"),
        pages=f"{first}-{last}" if first and last and first != last else first,
        doi=first_of("doi"),
        pmid=first_of("accession_number") if in_pubmed else None,
        pmcid=first_of("custom2"),
        isbn=first_of("issn") if kind is not Kind.ARTICLE else None,
        version=first_of("edition"),
        keywords=tuple(entry.get("keywords", ())),
        retracted=_RETRACTED in entry.get("notes", ()),
    )
    return reference.with_url(urls[0])


def _read_name(text: str) -> Name:
    if text == OTHERS.family:
        return OTHERS
    if text.endswith(","):
        return Name(text[:-1], collective=True)
    family, comma, rest = text.partition(", ")
    if not comma:
        return Name(text, collective=" " in text)
    given, last, suffix = rest.rpartition(", ")
    if not last:
        given, suffix = parse_given(rest)
    return Name(family, parse_given(given)[0], suffix)
