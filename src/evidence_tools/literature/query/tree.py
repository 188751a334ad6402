"""The tree that a PubMed query stands for, and its text."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from evidence_tools.errors import EvidenceError

__all__ = [
    "And",
    "Dates",
    "Node",
    "Not",
    "Or",
    "Query",
    "QueryError",
    "Span",
    "Term",
    "to_string",
    "walk",
]

#: Start and end of a stretch of the query's text, in characters from 0.
Span: TypeAlias = tuple[int, int]


class QueryError(EvidenceError):
    """A query that cannot be read; ``position`` is where in its text."""

    def __init__(
        self,
        what: str,
        *,
        position: Span = (0, 0),
        expected: str = "",
        where: str = "",
        fix: str = "",
    ) -> None:
        self.position = position
        place = f"character {position[0] + 1}"
        super().__init__(
            what, expected=expected, where=f"{where}, {place}" if where else place, fix=fix
        )


@dataclass(frozen=True, slots=True)
class Term:
    """Words sought in one field.

    ``text`` is as typed, without quotes. ``exact`` is ``:noexp``, ``distance`` the N of ``:~N``.
    """

    text: str
    field: str
    quoted: bool = False
    exact: bool = False
    distance: int | None = None
    position: Span = dataclasses.field(default=(0, 0), compare=False)

    @property
    def truncated(self) -> bool:
        """Whether any ending is asked for."""
        return self.text.endswith("*")


@dataclass(frozen=True, slots=True)
class Dates:
    """A day, month or year (``high`` is None), or everything between two; ``2020/01`` or less."""

    field: str
    low: str
    high: str | None = None
    position: Span = dataclasses.field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class And:
    """All parts."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one part."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """What is in ``keep`` and not in ``drop``."""

    keep: Node
    drop: Node


Node: TypeAlias = And | Or | Not | Term | Dates


@dataclass(frozen=True, slots=True)
class Query:
    """A query and the tree that its text stands for."""

    root: Node
    text: str = dataclasses.field(default="", compare=False)


def to_string(query: Query | Node) -> str:
    """Text of a query from its tree; reading it again gives the same tree."""
    node = query.root if isinstance(query, Query) else query
    if isinstance(node, And | Or):
        return (" AND " if isinstance(node, And) else " OR ").join(map(_inner, node.parts))
    if isinstance(node, Not):
        return f"{_inner(node.keep)} NOT {_inner(node.drop)}"
    if isinstance(node, Dates):
        return f"{node.low}:{node.high}[{node.field}]" if node.high else f"{node.low}[{node.field}]"
    near = "" if node.distance is None else f":~{node.distance}"
    text = f'"{node.text}"' if node.quoted else node.text
    return f"{text}[{node.field}{':noexp' if node.exact else near}]"


def _inner(node: Node) -> str:
    return to_string(node) if isinstance(node, Term | Dates) else f"({to_string(node)})"


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and everything beneath it."""
    yield node
    if isinstance(node, And | Or):
        for part in node.parts:
            yield from walk(part)
    elif isinstance(node, Not):
        yield from walk(node.keep)
        yield from walk(node.drop)
