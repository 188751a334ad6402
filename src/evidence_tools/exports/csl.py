"""References ⇄ CSL-JSON, the form that citation processors, Zotero and pandoc read."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from typing import Any

from evidence_tools.errors import DataError
from evidence_tools.files import format_json
from evidence_tools.names import Name, parse_given
from evidence_tools.references import Kind, Reference

__all__ = ["format_csl", "parse_csl", "reference_from_csl", "to_csl"]

_TYPES = {
    Kind.ARTICLE: "article-journal",
    Kind.REPORT: "report",
    Kind.DOCUMENT: "document",
    Kind.DATASET: "dataset",
    Kind.ENTRY: "entry",
}
#: Variable that names the container of each kind.
_CONTAINERS = {
    Kind.ARTICLE: "container-title",
    Kind.REPORT: "publisher",
    Kind.DOCUMENT: "publisher",
    Kind.DATASET: "publisher",
    Kind.ENTRY: "container-title",
}
_KINDS = {
    **{name: kind for kind, name in _TYPES.items()},
    "article-magazine": Kind.ARTICLE,
    "article-newspaper": Kind.ARTICLE,
    "entry-encyclopedia": Kind.ENTRY,
}
_RETRACTED = "Retracted publication"


def to_csl(reference: Reference) -> dict[str, Any]:
    """Return a reference as a CSL-JSON item; what is not known is left out."""
    day = reference.date
    issued: list[int] | None = None
    if day is not None:
        issued = [day.year, day.month, day.day]
    elif reference.year:
        issued = [reference.year]
    item = {
        "id": reference.key,
        "type": _TYPES[reference.kind],
        "title": reference.title,
        "author": [_to_csl_name(name) for name in reference.authors],
        _CONTAINERS[reference.kind]: reference.container,
        "issued": {"date-parts": [issued]} if issued else None,
        # What stood on a day is cited as of that day.
        "accessed": {"date-parts": [issued]} if day is not None else None,
        "volume": reference.volume,
        "issue": reference.issue,
        "page": reference.pages,
        "DOI": reference.doi,
        "PMID": reference.pmid,
        "PMCID": reference.pmcid,
        "ISBN": reference.isbn,
        "URL": reference.link,
        "version": reference.version,
        "keyword": ", ".join(reference.keywords),
        "note": _RETRACTED if reference.retracted else None,
    }
    return {name: value for name, value in item.items() if value}


def _to_csl_name(name: Name) -> dict[str, str]:
    if name.collective:
        return {"literal": name.family}
    parts = {"family": name.family, "given": name.given, "suffix": name.suffix}
    return {part: value for part, value in parts.items() if value}


def format_csl(references: Iterable[Reference]) -> str:
    """Return references as a CSL-JSON list, sorted by key."""
    return format_json([to_csl(one) for one in sorted(references, key=lambda r: r.key)])


def parse_csl(text: str, where: str = "CSL-JSON") -> tuple[Reference, ...]:
    """Read references from a CSL-JSON list.

    Raises
    ------
    DataError
        When it is no list of items with an id.
    """
    try:
        items = json.loads(text)
    except json.JSONDecodeError as error:
        raise DataError(f"broken JSON: {error.msg}", where=f"{where}:{error.lineno}") from error
    if not isinstance(items, list):
        raise DataError("is no list of items", expected="a CSL-JSON list", where=where)
    return tuple(reference_from_csl(item, f"{where}[{number}]")
                 for number, item in enumerate(items))  # fmt: skip


def reference_from_csl(item: Mapping[str, Any], where: str = "CSL-JSON") -> Reference:
    """Read one reference from a CSL-JSON item.

    Raises
    ------
    DataError
        When the item has no id, or a field of the wrong shape.
    """
    if not isinstance(item, Mapping) or "id" not in item:
        raise DataError("an item has no id", expected="a CSL-JSON item", where=where)
    kind = _KINDS.get(str(item.get("type")), Kind.DOCUMENT)
    try:
        parts = [int(part) for part in (item.get("issued") or {}).get("date-parts", [[]])[0]]
        date = dt.date(*parts[:3]) if len(parts) >= 3 else None
        authors = tuple(_from_csl_name(name) for name in item.get("author", ()))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"item {item['id']!r}: a date or a name has the wrong shape",
            expected='"date-parts" of numbers, names with "family" or "literal"',
            where=where,
        ) from error

    def text(name: str) -> str | None:
        value = item.get(name)
        return str(value) if value not in (None, "") else None

    words = (text("keyword") or "").split(",")
    reference = Reference(
        key=str(item["id"]),
        kind=kind,
        title=text("title"),
        authors=authors,
        container=text(_CONTAINERS[kind]) or text("container-title"),
        year=parts[0] if parts else None,
        date=date,
        volume=text("volume"),
        issue=text("issue"),
        pages=(text("page") or "").replace("\N{EN DASH}", "-") or None,
        doi=text("DOI"),
        pmid=text("PMID"),
        pmcid=text("PMCID"),
        isbn=text("ISBN"),
        version=text("version"),
        keywords=tuple(word.strip() for word in words if word.strip()),
        retracted=item.get("note") == _RETRACTED,
    )
    return reference.with_url(text("URL"))


def _from_csl_name(name: Mapping[str, str]) -> Name:
    if "literal" in name:
        return Name(name["literal"], collective=True)
    particles = [name.get("dropping-particle"), name.get("non-dropping-particle"), name["family"]]
    given, suffix = parse_given(name.get("given", ""))
    return Name(" ".join(p for p in particles if p), given, name.get("suffix", suffix))
