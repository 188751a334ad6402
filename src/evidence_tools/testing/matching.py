"""Run a query over built records, as the loopback server needs it."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from evidence_tools.literature.citations import Citation
from evidence_tools.literature.query import And, Dates, Node, Not, Or, Term, parse_query

__all__ = ["compile_search"]

_RANGE = re.compile(r"(\d+)\s*:\s*(\d+)\s*\[\s*(?:uid|pmid)\s*\]", re.I)


def compile_search(term: str) -> Callable[[Citation], bool]:
    """Make a function that says whether a record is found.

    Ranges of PMIDs, which large searches are cut by, are no part of a strategy's syntax. Each is
    put as a keyword, which a record has when its PMID lies in the range.
    """
    ranges: dict[str, tuple[int, int]] = {}

    def keyword(found: re.Match[str]) -> str:
        word = f"pmids from {found[1]} to {found[2]}"
        ranges[word] = int(found[1]), int(found[2])
        return f'"{word}"[ot]'

    matches = _compile(_RANGE.sub(keyword, term))
    if not ranges:
        return matches

    def matches_with_ranges(citation: Citation) -> bool:
        number = int(citation.pmid)
        words = (word for word, (low, high) in ranges.items() if low <= number <= high)
        return matches(msgspec.structs.replace(citation, keywords=(*citation.keywords, *words)))

    return matches_with_ranges


def _compile(term: str) -> Callable[[Citation], bool]:
    root = parse_query(term).root
    return lambda citation: _matches(root, citation)


def _matches(node: Node, citation: Citation) -> bool:
    match node:
        case And(parts):
            return all(_matches(part, citation) for part in parts)
        case Or(parts):
            return any(_matches(part, citation) for part in parts)
        case Not(keep, drop):
            return _matches(keep, citation) and not _matches(drop, citation)
        case Dates():
            return _dated(node, citation)
        case Term():
            return _term(node, citation)


def _dated(node: Dates, citation: Citation) -> bool:
    day = {"dp": citation.published, "mhda": citation.mesh_date, "lr": citation.revised}.get(
        node.field, citation.entrez_date
    )
    low, high = node.low.replace("/", "-"), (node.high or node.low).replace("/", "-")
    return day is not None and low <= day and day[: len(high)] <= high


def _term(node: Term, citation: Citation) -> bool:
    if node.field == "pmid":
        return citation.pmid == node.text
    texts: dict[str, tuple[str, ...]] = {
        "ti": (citation.title,),
        "mh": tuple(heading.name for heading in citation.mesh),
        "pt": citation.publication_types,
        "la": citation.languages,
        "ot": citation.keywords,
    }
    text = texts.get(node.field, (citation.title, citation.abstract_text))
    wanted = re.escape(node.text.rstrip("*")) + (r"\w*" if node.truncated else r"\b")
    return any(re.search(rf"\b{wanted}", part, re.I) for part in text)
