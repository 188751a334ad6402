"""Tables made flat: one cell a column, for formats that know no lists."""

from __future__ import annotations

import datetime as dt
import types
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Union, get_args, get_origin

from evidence_tools.exports.rows import Row, Tables

__all__ = ["SHEETS", "Cell", "Column", "Kind", "Sheet", "flatten"]

Cell = str | int | float | bool | dt.date | None

#: The tables, in the order of the sheets.
SHEETS = ("matrix", "claims", "questions", "sources", "findings")


class Kind(StrEnum):
    """What the cells of a column hold."""

    TEXT = "text"
    WHOLE = "whole number"
    NUMBER = "number"
    YES_NO = "yes or no"
    DAY = "day"


_KINDS: dict[type, Kind] = {bool: Kind.YES_NO, int: Kind.WHOLE, float: Kind.NUMBER,
                            dt.date: Kind.DAY}  # fmt: skip


@dataclass(frozen=True)
class Column:
    """A column: its name, what its cells hold and mean."""

    name: str
    kind: Kind
    description: str


@dataclass(frozen=True)
class Sheet:
    """A flat table."""

    name: str
    description: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


def flatten(tables: Tables) -> tuple[Sheet, ...]:
    """Return the tables as sheets: lists in one cell with ``; `` between, one column a document."""
    return tuple(_sheet(name, getattr(tables, name), _row_type(name)) for name in SHEETS)


def _row_type(table: str) -> type[Row]:
    kind: type[Row] = get_args(Tables.model_fields[table].annotation)[0]
    return kind


def _sheet(name: str, rows: Sequence[Row], kind: type[Row]) -> Sheet:
    documents = sorted({key for row in rows for key in getattr(row, "documents", {})})
    columns: list[Column] = []
    for field, info in kind.model_fields.items():
        description = info.description or ""
        if field == "documents":
            columns += [
                Column(f"claims_{one}", Kind.WHOLE, f"Claims of document {one}.")
                for one in documents
            ]
        else:
            columns.append(Column(field, _kind(info.annotation), description))
    return Sheet(
        name,
        " ".join((kind.__doc__ or "").split()),
        tuple(columns),
        tuple(tuple(_cells(row, kind, documents)) for row in rows),
    )


def _kind(annotation: Any) -> Kind:
    """Kind of a field; lists and words of closed lists are text."""
    if get_origin(annotation) in (Union, types.UnionType):
        annotation = next(one for one in get_args(annotation) if one is not type(None))
    return _KINDS.get(annotation, Kind.TEXT)


def _cells(row: Row, kind: type[Row], documents: Iterable[str]) -> Iterable[Cell]:
    for field in kind.model_fields:
        value = getattr(row, field)
        if field == "documents":
            yield from (value.get(one, 0) for one in documents)
        elif isinstance(value, tuple):
            yield "; ".join(map(str, value)) or None
        elif isinstance(value, StrEnum):
            yield str(value)
        else:
            yield value
