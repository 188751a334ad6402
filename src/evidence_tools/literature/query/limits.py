"""What of a query cannot be told from stored citations, said in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from evidence_tools.literature.folding import fold
from evidence_tools.literature.query.fields import NOT_HELD
from evidence_tools.literature.query.headings import (
    PUBLICATION_TYPES,
    SUBHEADINGS,
    find_subheading,
)
from evidence_tools.literature.query.indexed import TEXTS
from evidence_tools.literature.query.subsets import STATUS, subset_query
from evidence_tools.literature.query.tree import Dates, Query, Term, to_string, walk

if TYPE_CHECKING:
    from evidence_tools.literature.mesh import MeshTree

__all__ = ["limits"]

_SHOWN = 4


def limits(query: Query, tree: MeshTree | None = None) -> tuple[str, ...]:
    """Say what PubMed does with a query that we cannot do, one sentence a kind.

    Parameters
    ----------
    query : Query
        The query.
    tree : MeshTree, optional
        With it, headings and publication types are decided.
    """
    kinds: dict[str, list[str]] = {}
    for node in walk(query.root):
        if isinstance(node, Term | Dates):
            for kind in _kinds(node, tree):
                kinds.setdefault(kind, []).append(to_string(node))
    return tuple(
        f"{_SENTENCES[kind]}: {_list(kinds[kind])}" for kind in _SENTENCES if kind in kinds
    )


_SENTENCES = {
    "untagged": "terms without a field are mapped by PubMed (automatic term mapping); here only "
    "the words as typed are sure, and a miss stays open",
    "explosion": "headings that lie beneath these are not known without NLM's descriptor file; "
    "an indexed citation without the heading itself stays open",
    "unknown heading": "no heading of this name is in the descriptor file; PubMed may map it",
    "subheading": "which subheadings lie beneath these is not known in full",
    "type": "narrower publication types are not known in full without NLM's descriptor file",
    "subset": "filters that a citation does not show",
    "field": "fields that stored citations do not hold",
    "phrase": "phrases are matched word by word; PubMed looks them up in its phrase index, and "
    "takes one that is not in it apart",
}


def _kinds(node: Term | Dates, tree: MeshTree | None) -> Iterable[str]:
    if node.field in NOT_HELD:
        yield "field"
    if isinstance(node, Dates):
        return
    mapped = node.field == "all" and not node.quoted and not node.truncated
    if mapped:
        yield "untagged"
    if node.field in ("mh", "majr") and not node.truncated:
        name, _, below = node.text.rpartition("/") if "/" in node.text else (node.text, "", "")
        if tree is None and not node.exact:
            yield "explosion"
        if tree is not None and tree.find(name) is None:
            yield "unknown heading"
        if below and not node.exact and not _complete(below):
            yield "subheading"
    if node.field == "sh" and not node.exact and not _complete(node.text):
        yield "subheading"
    if node.field == "pt" and not node.exact and not node.truncated:
        narrower = PUBLICATION_TYPES.get(fold(node.text))
        settled = tree is not None and tree.find(node.text) is not None
        if not settled and (narrower is None or narrower.perhaps):
            yield "type"
    if node.field == "sb" and subset_query(node.text) is None and fold(node.text) not in STATUS:
        yield "subset"
    words = node.field in TEXTS and node.distance is None and not mapped
    if words and " " in fold(node.text):
        yield "phrase"


def _complete(subheading: str) -> bool:
    found = SUBHEADINGS.get(find_subheading(subheading))
    return found is not None and found.complete


def _list(texts: list[str]) -> str:
    unique = list(dict.fromkeys(texts))
    more = f" and {len(unique) - _SHOWN} more" if len(unique) > _SHOWN else ""
    return ", ".join(unique[:_SHOWN]) + more
