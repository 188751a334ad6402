"""What people see of a strategy: its remarks, and how a report describes it (PRISMA-S)."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evidence_tools.literature.query import (
    Dates,
    LintMessage,
    Query,
    Term,
    find_error,
    limits,
    lint_query,
    parse_query,
    to_string,
    walk,
)
from evidence_tools.literature.strategy import (
    Filter,
    Strategy,
    compile_line,
    compile_query,
    strategy_digest,
    unused_lines,
)

if TYPE_CHECKING:
    from evidence_tools.literature.mesh import MeshTree

__all__ = ["Description", "Remark", "describe_strategy", "lint_filter", "lint_strategy"]


@dataclass(frozen=True)
class Remark:
    """A message of the linter, and the line of the strategy or the filter that it is about."""

    where: str
    message: LintMessage

    @property
    def is_error(self) -> bool:
        """Whether PubMed could not read it, or would read something else."""
        return self.message.level == "error"

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


@dataclass(frozen=True)
class Description:
    """A strategy for people: its lines, the query as sent, limits, and the PRISMA-S items."""

    strategy: Strategy
    lines: tuple[tuple[str, str], ...]
    query: str
    digest: str
    undecided: tuple[str, ...]
    prisma_s: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        one = self.strategy
        parts = [f"{one.id}: {one.title}", f"for {', '.join(one.questions)}", ""]
        parts += [f"#{name}  {text}" for name, text in self.lines]
        parts += ["", f"combined  {one.combine}", "", "As PubMed receives it:", self.query, ""]
        parts += ["What cannot be decided without PubMed:"]
        parts += [f"- {text}" for text in self.undecided] or ["- nothing"]
        parts += ["", "PRISMA-S:"]
        width = max(len(name) for name, _ in self.prisma_s)
        parts += [f"  {name:<{width}}  {text}" for name, text in self.prisma_s]
        return "\n".join(parts)


def lint_filter(one: Filter, tree: MeshTree | None = None) -> list[Remark]:
    """Remarks on a filter."""
    return [Remark(f"filter {one.id}", found) for found in lint_query(one.query, tree)]


def lint_strategy(
    strategy: Strategy, filters: Mapping[str, Filter], tree: MeshTree | None = None
) -> list[Remark]:
    """Remarks on a strategy: each line alone, then how they are joined; not on its filters."""
    found: list[Remark] = []
    for line in strategy.lines:
        where = f"{strategy.id}, line {line.name}"
        if line.query is not None:
            found += [Remark(where, message) for message in lint_query(line.query, tree)]
        elif line.filter not in filters:
            found.append(_error(where, "filter", f"unknown filter {line.filter!r}"))
    for name in unused_lines(strategy):
        where = f"{strategy.id}, line {name}"
        found.append(_error(where, "unused", "not used in combine; put it in, or delete it"))
    if any(one.is_error for one in found) or any(
        find_error(filters[line.filter].query) for line in strategy.lines if line.filter is not None
    ):
        return found
    # The lines have had their own remarks: what is left to say is about the joints.
    where = f"{strategy.id}, combine"
    broken = find_error(compile_query(strategy, filters))
    if broken is not None:
        return [*found, Remark(where, broken)]
    # The joints are read with a word in the place of each line, so their places mean nothing here.
    return found + [
        Remark(where, dataclasses.replace(message, position=(0, 0)))
        for message in lint_query(_skeleton(strategy))
        if message.code == "implicit-precedence"
    ]


def _error(where: str, code: str, text: str) -> Remark:
    return Remark(where, LintMessage((0, 0), "error", code, text))


def _skeleton(strategy: Strategy) -> str:
    """``combine`` with one word in the place of each line."""
    return re.sub(r"#([a-z0-9-]+)", r'"\1"[tiab]', strategy.combine)


def describe_strategy(
    strategy: Strategy, filters: Mapping[str, Filter], tree: MeshTree | None = None
) -> Description:
    """Describe a strategy for a reader, and for the methods section of a review.

    Raises
    ------
    EvidenceError
        When it names an unknown filter, or its query cannot be read.
    """
    query = compile_query(strategy, filters)
    parsed = parse_query(query, f"searches/{strategy.id}")
    lines = [
        (f"{line.name} (filter {line.filter})" if line.filter else line.name,
         compile_line(line, filters))
        for line in strategy.lines
    ]  # fmt: skip
    digest = strategy_digest(strategy, filters)
    return Description(
        strategy, tuple(lines), query, digest, limits(parsed, tree),
        tuple(_prisma_s(strategy, filters, parsed, digest)),
    )  # fmt: skip


def _prisma_s(
    strategy: Strategy, filters: Mapping[str, Filter], parsed: Query, digest: str
) -> Iterator[tuple[str, str]]:
    """Yield the items of PRISMA-S that a strategy itself answers, in its numbering."""
    yield "1 database", "PubMed (National Library of Medicine), all records"
    yield "8 full strategy", f"as above, sent as it stands; SHA-256 {digest}"
    restrictions = [
        to_string(node)
        for node in walk(parsed.root)
        if isinstance(node, Dates) or (isinstance(node, Term) and node.field == "la")
    ]
    yield "9 limits", ", ".join(dict.fromkeys(restrictions)) or "none of date or language"
    used = [filters[line.filter] for line in strategy.lines if line.filter is not None]
    for one in used:
        changed = f" Changed: {one.modified}" if one.modified else ""
        yield "10 filter", f"{one.title} ({one.id}). {one.source}{changed}"
    if not used:
        yield "10 filter", "none"
    yield "12 updates", "monthly by date of entry, with an overlap; MeSH added later is swept"
    yield (
        "13 dates",
        f"written {strategy.created}, changed {strategy.changed}; each run's day is in its file",
    )
    yield "14 peer review", "none recorded"
    yield (
        "known items",
        f"{len(strategy.must_find)} must be found, {len(strategy.must_not_find)} must not",
    )
