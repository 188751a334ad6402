"""Run a query over built records as PubMed would, which always knows: a record is found or not."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from evidence_tools.literature.citations import Citation
from evidence_tools.literature.query import (
    And,
    Answer,
    Dates,
    Node,
    Not,
    Or,
    Query,
    Term,
    compile_matcher,
    parse_query,
    walk,
)

__all__ = ["compile_search"]

_RANGE = re.compile(r"(\d+)\s*:\s*(\d+)\s*\[\s*(?:uid|pmid)\s*\]", re.I)
Decide = Callable[[Citation], bool]


def compile_search(term: str) -> Decide:
    """Make a function that says whether a record is found.

    Ranges of PMIDs, which large searches are cut by, are no part of a strategy's syntax. Each is
    read as a keyword that no record has, and decided here.

    Raises
    ------
    QueryError
        When the query is not one of PubMed's.
    """
    ranges: dict[str, tuple[int, int]] = {}

    def keyword(found: re.Match[str]) -> str:
        word = f"pmids from {found[1]} to {found[2]}"
        ranges[word] = int(found[1]), int(found[2])
        return f'"{word}"[ot]'

    return _decide(parse_query(_RANGE.sub(keyword, term)).root, ranges)


def _decide(node: Node, ranges: Mapping[str, tuple[int, int]]) -> Decide:
    """Take what cannot be told for a no in each part: ``A AND x`` and ``A NOT x`` make A."""
    if isinstance(node, Term) and node.text in ranges:
        low, high = ranges[node.text]
        return lambda citation: low <= int(citation.pmid) <= high
    if isinstance(node, Not):
        keep, drop = _decide(node.keep, ranges), _decide(node.drop, ranges)
        return lambda citation: keep(citation) and not drop(citation)
    if isinstance(node, And | Or) and any(_is_apart(inner, ranges) for inner in walk(node)):
        # Dates and numbers first: they cost next to nothing, and leave few records for the words.
        ordered = sorted(node.parts, key=lambda part: not _is_cheap(part, ranges))
        parts = [_decide(part, ranges) for part in ordered]
        combine = all if isinstance(node, And) else any
        return lambda citation: combine(part(citation) for part in parts)
    if isinstance(node, And):
        node = And(tuple(sorted(node.parts, key=lambda part: not _is_cheap(part, ranges))))
    # Without a NOT, a no in a part and a no in the end come to the same.
    matcher = compile_matcher(Query(node))
    return lambda citation: matcher(citation) is Answer.YES


def _is_range(node: Node, ranges: Mapping[str, tuple[int, int]]) -> bool:
    return isinstance(node, Term) and node.text in ranges


def _is_apart(node: Node, ranges: Mapping[str, tuple[int, int]]) -> bool:
    return isinstance(node, Not) or _is_range(node, ranges)


def _is_cheap(node: Node, ranges: Mapping[str, tuple[int, int]]) -> bool:
    return isinstance(node, Dates) or _is_range(node, ranges)
