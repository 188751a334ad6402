"""One citation in plain text and as data: every field, its versions, who found it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import msgspec

from evidence_tools.errors import InputError
from evidence_tools.identifiers import parse_pmid
from evidence_tools.literature.citations import AbstractSection, Citation

if TYPE_CHECKING:
    from evidence_tools.literature.store.holdings import Store

__all__ = ["Sheet", "describe_citation"]

#: Fields that say the same as others do, for programs.
_DOUBLES = frozenset({"title_markup", "markup"})


@dataclass(frozen=True)
class Sheet:
    """What there is to say about one citation."""

    text: str
    data: dict[str, Any]


def describe_citation(store: Store, pmid: str, as_of: dt.date | None = None) -> Sheet:
    """Describe a citation.

    Parameters
    ----------
    store : Store
        An open store.
    pmid : str
        Its PMID.
    as_of : datetime.date, optional
        As it was known at the end of that day.

    Raises
    ------
    InputError
        When the store does not have it.
    """
    number = parse_pmid(pmid)
    citation = store.citation(number, as_of)
    removal = store.removal(number)
    if citation is None:
        gone = f", which says: {removal.reason}" if removal else ""
        raise InputError(
            f"PMID {number} is not in the store" + (f" as of {as_of}" if as_of else gone),
            expected="a PMID that was fetched or imported",
            fix="look for it with: evidence literature find WORDS",
        )
    versions, changes = store.versions(number), store.changes(number)
    sightings = store.runs.found_by(number)
    data = {
        "citation": msgspec.to_builtins(citation),
        "removal": {"reason": removal.reason, "into": removal.into} if removal else None,
        "versions": [
            {
                "digest": version.digest,
                "first_seen": version.first_seen.isoformat(),
                "last_seen": version.last_seen.isoformat(),
                "sources": list(version.sources),
                "in_force": version.in_force,
            }
            for version in versions
        ],
        "changes": [
            {
                "at": change.at.isoformat(),
                "field": change.field,
                "before": msgspec.to_builtins(change.before),
                "after": msgspec.to_builtins(change.after),
            }
            for change in changes
        ],
        "found_by": [
            {"run": s.run, "strategy": s.strategy, "kind": s.kind, "at": s.at.isoformat()}
            for s in sightings
        ],
    }
    lines = [f"PMID {number}"]
    if removal is not None:
        into = f", into PMID {removal.into}" if removal.into else ""
        lines.append(f"! no longer in PubMed: {removal.reason}{into}")
    lines += _fields(citation)
    lines.append("")
    for version in versions:
        mark = "in force" if version.in_force else "earlier"
        span = f"{version.first_seen:%Y-%m-%d} to {version.last_seen:%Y-%m-%d}"
        lines.append(f"{mark:<8}  seen {span}, {', '.join(version.sources)}")
    for at, group in groupby(changes, key=lambda change: change.at):
        lines.append(f"changed   {at:%Y-%m-%d}, {', '.join(change.field for change in group)}")
    names = dict.fromkeys(s.strategy or "sources" for s in sightings)
    if names:
        lines.append(f"found by  {', '.join(names)}")
    return Sheet("\n".join(lines), data)


def _fields(citation: Citation) -> Iterator[str]:
    """Every field that says something, one or more lines each."""
    for name in citation.__struct_fields__:
        value = getattr(citation, name)
        if name in _DOUBLES | {"pmid"} or value in (None, "", ()) or value is True:
            continue
        label = name.replace("_", " ")
        if isinstance(value, tuple) and not isinstance(value[0], str):
            yield f"{label}:"
            yield from (f"  {_inline(item)}" for item in value)
        elif said := _inline(value):
            yield f"{label}: {said}"


def _inline(value: Any) -> str:
    """A value in one line."""
    if isinstance(value, AbstractSection) and value.label:
        return f"{value.label}: {value.text}"
    if isinstance(value, msgspec.Struct):
        given = {
            name: getattr(value, name) for name in value.__struct_fields__ if name not in _DOUBLES
        }
        return " · ".join(_said(given.items()))
    if isinstance(value, tuple):
        return "; ".join(_inline(item) for item in value)
    return "no" if value is False else str(value)


def _said(fields: Iterable[tuple[str, Any]]) -> Iterator[str]:
    """Parts of a structure that say something; a flag says its name."""
    for name, value in fields:
        if value is True:
            yield name
        elif value not in (None, "", (), False):
            yield _inline(value)
