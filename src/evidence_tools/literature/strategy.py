"""Search strategies as files: concepts by line, reusable filters, and the query PubMed receives.

A strategy is ``evidence/searches/<id>.toml``; the published filters that strategies share stand in
``evidence/filters.toml``. Each line holds one concept, either as a query of its own or as the name
of a filter, and ``combine`` joins the lines::

    id = "neck-pain"
    title = "Massage for neck pain"
    questions = ["neck-pain"]
    combine = "#massage AND #condition AND #design"
    must_find = ["26863466"]
    must_not_find = []
    created = 2026-11-21
    changed = 2026-11-21

    [[lines]]
    name = "massage"
    filter = "massage"

    [[lines]]
    name = "condition"
    query = '''
    "neck pain"[mh] OR "neck pain"[tiab] OR
    neckache*[tiab]'''

Only text is put together here; whether it is a sound query is
:mod:`evidence_tools.literature.query`'s to say. The compiled text is what PubMed gets, what the
local evaluator reads, and what the digest of a run names: there is no second form.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, model_validator

from evidence_tools.errors import DataError
from evidence_tools.models import Model, Pmid, Slug, Text

__all__ = [
    "Filter",
    "Filters",
    "Strategy",
    "StrategyLine",
    "compile_line",
    "compile_query",
    "strategy_digest",
    "unused_lines",
]

#: What ``combine`` is made of: references to lines, the three operators, brackets.
_TOKEN = re.compile(r"#(?P<name>[a-z0-9]+(?:-[a-z0-9]+)*)|(?:AND|OR|NOT)\b|[()]")


class Filter(Model):
    """A block that many strategies share, such as a published search filter.

    ``source`` says who published it and where; ``modified`` what was changed since, because a
    changed filter must not go under the name of the published one (PRISMA-S, item 10).
    """

    id: Slug
    title: Text
    query: Text
    source: Text
    modified: Text | None = None


class Filters(Model):
    """All filters, each id once."""

    filters: tuple[Filter, ...] = ()

    @model_validator(mode="after")
    def _ids_differ(self) -> Self:
        ids = [one.id for one in self.filters]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise ValueError(f"filter {', '.join(twice)} stands twice")
        return self

    def by_id(self) -> dict[str, Filter]:
        """Filters by their id."""
        return {one.id: one for one in self.filters}


class StrategyLine(Model):
    """One concept: a query of its own, or the name of a filter."""

    name: Slug
    query: Text | None = None
    filter: Slug | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.query is None) == (self.filter is None):
            raise ValueError(f"line {self.name}: give either query or filter")
        return self


class Strategy(Model):
    """One PubMed search: its lines, how they combine, and the articles that it must find.

    ``questions`` names the evidence questions it serves. ``must_find`` holds the PMIDs by which
    the strategy is tested (known items); ``must_not_find`` those whose finding shows that it has
    become too wide.
    """

    id: Slug
    title: Text
    questions: Annotated[tuple[Slug, ...], Field(min_length=1)]
    combine: Text
    must_find: tuple[Pmid, ...]
    must_not_find: tuple[Pmid, ...] = ()
    created: dt.date
    changed: dt.date
    note: Text | None = None
    lines: Annotated[tuple[StrategyLine, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [line.name for line in self.lines]
        for what, values in (
            ("line", names),
            ("question", self.questions),
            ("must_find", self.must_find),
            ("must_not_find", self.must_not_find),
        ):
            twice = sorted({value for value in values if values.count(value) > 1})
            if twice:
                raise ValueError(f"{what} {', '.join(twice)} stands twice")
        both = sorted({*self.must_find} & {*self.must_not_find})
        if both:
            raise ValueError(f"{', '.join(both)}: both in must_find and in must_not_find")
        if self.changed < self.created:
            raise ValueError(f"changed {self.changed} lies before created {self.created}")
        _check_combine(self.combine, names)
        return self


def _check_combine(combine: str, names: list[str]) -> None:
    """Raise ValueError where ``combine`` is more than lines, operators and balanced brackets."""
    position = depth = 0
    while position < len(combine):
        if combine[position].isspace():
            position += 1
            continue
        found = _TOKEN.match(combine, position)
        if found is None:
            raise ValueError(
                f"combine: {combine[position:].split()[0]!r} at character {position + 1}; "
                "it takes #line, AND, OR, NOT and brackets"
            )
        if found["name"] is not None and found["name"] not in names:
            raise ValueError(f"combine: no line {found['name']!r}; there are {', '.join(names)}")
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if depth < 0:
            raise ValueError(f"combine: bracket closed at character {position + 1}, never opened")
        position = found.end()
    if depth:
        raise ValueError("combine: a bracket is not closed")


def unused_lines(strategy: Strategy) -> tuple[str, ...]:
    """Names of the lines that ``combine`` leaves out, in their order."""
    used = {found["name"] for found in _TOKEN.finditer(strategy.combine)}
    return tuple(line.name for line in strategy.lines if line.name not in used)


def compile_line(line: StrategyLine, filters: Mapping[str, Filter]) -> str:
    """Query of one line on one line of text, its filter put in.

    Raises
    ------
    DataError
        When the line names a filter that is not there.
    """
    if line.query is not None:
        return " ".join(line.query.split())
    found = filters.get(line.filter or "")
    if found is None:
        raise DataError(
            f"line {line.name} names the unknown filter {line.filter!r}",
            expected=f"one of {', '.join(sorted(filters)) or 'none, for filters.toml is empty'}",
            fix="correct the name, or describe the filter in evidence/filters.toml",
        )
    return " ".join(found.query.split())


def compile_query(strategy: Strategy, filters: Mapping[str, Filter] | Filters) -> str:
    """Build the text that PubMed receives: every line in brackets, put where ``combine`` says.

    Parameters
    ----------
    strategy : Strategy
        The strategy.
    filters : mapping of str to Filter, or Filters
        The filters it may name.

    Raises
    ------
    DataError
        When a line names a filter that is not there; the error names the strategy.
    """
    known = filters.by_id() if isinstance(filters, Filters) else filters
    lines: dict[str, str] = {}
    for line in strategy.lines:
        try:
            lines[line.name] = f"({compile_line(line, known)})"
        except DataError as error:
            raise DataError(
                error.what, expected=error.expected, where=f"searches/{strategy.id}", fix=error.fix
            ) from error
    put = _TOKEN.sub(lambda m: lines[m["name"]] if m["name"] else m[0], strategy.combine)
    return " ".join(put.split())


def strategy_digest(strategy: Strategy, filters: Mapping[str, Filter] | Filters) -> str:
    """SHA-256 of the compiled query: equal digests sent PubMed the same words."""
    return hashlib.sha256(compile_query(strategy, filters).encode("utf-8")).hexdigest()
