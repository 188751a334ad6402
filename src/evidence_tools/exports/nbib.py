"""References ⇄ MEDLINE (``.nbib``), as PubMed exports it; read back by ``Bio.Medline``.

Tags are those of NLM's list of MEDLINE elements. What MEDLINE has no tag for stands where it does
no harm: our key in ``OID``, the version in ``GN``, the address in ``URLF``. References with a PMID
come first, because readers know the format by a first line with ``PMID``.
"""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

from Bio import Medline

from evidence_tools.errors import DataError
from evidence_tools.names import OTHERS, Name, parse_given, parse_name
from evidence_tools.references import Kind, Reference, format_medline_day, parse_day_of

__all__ = ["format_nbib", "parse_nbib"]

_TYPES = {
    Kind.ARTICLE: "Journal Article",
    Kind.REPORT: "Technical Report",
    Kind.DOCUMENT: "Document",
    Kind.DATASET: "Dataset",
    Kind.ENTRY: "Dataset Entry",
}
_KINDS = {name: kind for kind, name in _TYPES.items()}
_RETRACTED = "Retracted Publication"
#: Our keys, told apart from other bodies' identification numbers.
_OWN = "EVIDENCE: "
#: Tags that Bio.Medline joins again when they are wrapped.
_WRAPPED = frozenset({"TI", "JT", "TA"})


def format_nbib(references: Iterable[Reference]) -> str:
    """Return references as MEDLINE, those with a PMID first, then by key."""
    ordered = sorted(references, key=lambda r: (r.pmid is None, r.key))
    return "\n".join("".join(_lines(one)) for one in ordered)


def _lines(reference: Reference) -> Iterator[str]:
    for tag, value in _tags(reference):
        if value is None:
            continue
        if tag in _WRAPPED:
            wrapped = textwrap.wrap(value, 82, break_long_words=False, break_on_hyphens=False)
        else:
            wrapped = [value]
        yield f"{tag:<4}- {wrapped[0]}\n"
        yield from (f"      {line}\n" for line in wrapped[1:])


def _tags(reference: Reference) -> Iterator[tuple[str, str | None]]:
    day = format_medline_day(reference.date) if reference.date else None
    yield "PMID", reference.pmid
    yield "VI", reference.volume
    yield "IP", reference.issue
    yield "DP", day or (str(reference.year) if reference.year else None)
    yield "TI", reference.title
    yield "PG", reference.pages
    yield "LID", f"{reference.doi} [doi]" if reference.doi else None
    for name in reference.authors:
        if name == OTHERS:
            yield "AU", "et al"
        elif name.collective:
            yield "CN", name.family
        else:
            yield "FAU", _full_name(name)
            yield "AU", str(name)
    yield "PT", _TYPES[reference.kind]
    if reference.retracted:
        yield "PT", _RETRACTED
    if reference.kind in (Kind.ARTICLE, Kind.ENTRY):
        yield "TA", reference.container
        yield "JT", reference.container
    else:
        yield "PB", reference.container
    yield "ISBN", reference.isbn
    yield "GN", f"Version {reference.version}" if reference.version else None
    yield "OID", f"{_OWN}{reference.key}"
    for word in reference.keywords:
        yield "OT", word
    yield "PMC", reference.pmcid
    yield "AID", f"{reference.doi} [doi]" if reference.doi else None
    yield "URLF", reference.url


def _full_name(name: Name) -> str:
    given = name.given.replace(". ", " ").replace(".-", "-").rstrip(".")
    rest = " ".join(part for part in (given, name.suffix) if part)
    return f"{name.family}, {rest}" if rest else name.family


def parse_nbib(text: str, where: str = "nbib") -> tuple[Reference, ...]:
    """Read references from MEDLINE, ours or PubMed's.

    Raises
    ------
    DataError
        When no reference stands in it.
    """
    lines = text.replace("\r\n", "\n").strip("\n")
    blocks = [block for block in re.split(r"\n{2,}", lines) if block]
    records = Medline.parse(io.StringIO("\n\n".join(blocks), newline="\n"))  # type: ignore[no-untyped-call]
    found = tuple(
        _read(record, _names_in(block)) for record, block in zip(records, blocks, strict=True)
    )
    if lines and not any(re.search(r"^[A-Z]{2,4} *- ", block, re.MULTILINE) for block in blocks):
        raise DataError("no reference stands in it", expected="MEDLINE (.nbib)", where=where)
    return found


def _names_in(block: str) -> tuple[Name, ...]:
    """Authors in the order in which they stand: Bio.Medline parts persons from bodies."""
    pairs = re.findall(r"^(FAU|AU|CN) *- (.*)$", block, re.MULTILINE)
    names: list[Name] = []
    full: Name | None = None
    for tag, text in pairs:
        if tag == "CN":
            names.append(Name(text, collective=True))
        elif tag == "FAU":
            full = _read_full_name(text)
            names.append(full)
        elif full is None:
            names.append(parse_name(text))
        else:
            full = None
    return tuple(names)


def _read_full_name(text: str) -> Name:
    family, _, rest = text.partition(", ")
    given, suffix = parse_given(rest)
    return Name(family, given, suffix)


def _read(record: dict[str, Any], authors: tuple[Name, ...]) -> Reference:
    types = record.get("PT", [])
    kind = next((_KINDS[one] for one in types if one in _KINDS), Kind.ARTICLE)
    dois = [
        *re.findall(r"(\S+) \[doi\]", " ".join([record.get("LID", ""), *record.get("AID", ())]))
    ]
    day = record.get("DP", "")
    own = [one.removeprefix(_OWN) for one in record.get("OID", ()) if one.startswith(_OWN)]
    version = next(
        (n.removeprefix("Version ") for n in record.get("GN", ()) if n.startswith("Version ")), None
    )
    pmid = record.get("PMID") or None
    reference = Reference(
        key=own[0] if own else f"pmid{pmid}",
        kind=kind,
        title=record.get("TI"),
        authors=authors,
        container=record.get("TA") or record.get("JT") or next(iter(record.get("PB", ())), None),
        year=int(day[:4]) if day[:4].isdigit() else None,
        date=parse_day_of(day),
        volume=record.get("VI"),
        issue=record.get("IP"),
        pages=record.get("PG"),
        doi=dois[0] if dois else None,
        pmid=pmid,
        pmcid=record.get("PMC"),
        isbn=next(iter(record.get("ISBN", ())), None),
        version=version,
        keywords=tuple(record.get("OT", ())),
        retracted=_RETRACTED in types,
    )
    return reference.with_url(next(iter(record.get("URLF", ())), None))
