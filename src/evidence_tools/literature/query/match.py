"""A query run over stored citations: yes, no, or not to be told from what we hold.

Compiled once, asked many times. Terms of one OR that look into the same field are asked together,
and parts that several strategies share (the block of massage words, a trial filter) are answered
once a citation.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Protocol, TypeVar

from evidence_tools.literature.citations import Citation
from evidence_tools.literature.folding import fold
from evidence_tools.literature.query.fields import HEADINGS, NOT_HELD
from evidence_tools.literature.query.headings import (
    PUBLICATION_TYPES,
)
from evidence_tools.literature.query.indexed import (
    NO,
    TEXTS,
    UNKNOWN,
    VALUES,
    YES,
    Indexed,
)
from evidence_tools.literature.query.parse import parse_query
from evidence_tools.literature.query.subsets import STATUS, subset_query
from evidence_tools.literature.query.terms import (
    OTHERS,
    Ask,
    ask_dates,
    ask_heading_prefix,
    ask_mapped,
    ask_near,
    ask_pair,
    ask_value,
    ask_words,
    subheadings_of,
)
from evidence_tools.literature.query.tree import And, Dates, Node, Not, Or, Query, Term, walk

if TYPE_CHECKING:
    from evidence_tools.literature.mesh import MeshTree

__all__ = ["Answer", "Matchers", "compile_matcher", "compile_matchers", "evaluate"]

K = TypeVar("K", bound=Hashable)


class Answer(Enum):
    """Whether PubMed would find a citation: three-valued, as Kleene's logic has it."""

    NO = NO
    UNKNOWN = UNKNOWN
    YES = YES


_ANSWERS = (Answer.NO, Answer.UNKNOWN, Answer.YES)


def evaluate(query: Query, citation: Citation, tree: MeshTree | None = None) -> Answer:
    """Run a query over one citation; for many, compile it once."""
    return compile_matcher(query, tree)(citation)


def compile_matcher(query: Query, tree: MeshTree | None = None) -> Callable[[Citation], Answer]:
    """Make a query into a function of a citation.

    Parameters
    ----------
    query : Query
        From :func:`~evidence_tools.literature.query.parse_query`.
    tree : MeshTree, optional
        NLM's tree; without it, what lies beneath a heading is not known.
    """
    ask = _Compiler((query,), tree).compile(query.root)
    return lambda citation: _ANSWERS[ask(Indexed(citation))]


class Matchers(Protocol[K]):
    """Answers of many queries to a citation; of some of them where their keys are given."""

    def __call__(self, citation: Citation, keys: Collection[K] | None = None) -> dict[K, Answer]:
        """Answer."""


def compile_matchers(queries: Mapping[K, Query], tree: MeshTree | None = None) -> Matchers[K]:
    """Make many queries into one function, which answers what they share once."""
    compiler = _Compiler(queries.values(), tree)
    asks = {key: compiler.compile(query.root) for key, query in queries.items()}

    def ask_all(citation: Citation, keys: Collection[K] | None = None) -> dict[K, Answer]:
        indexed = Indexed(citation)
        wanted = asks if keys is None else {key: asks[key] for key in asks if key in keys}
        return {key: _ANSWERS[ask(indexed)] for key, ask in wanted.items()}

    return ask_all


class _Compiler:
    """Makes nodes into functions; the same node becomes the same function."""

    def __init__(self, queries: Iterable[Query], tree: MeshTree | None) -> None:
        self.tree = tree
        self.known: dict[Node, Ask] = {}
        self.uses = Counter(node for query in queries for node in walk(query.root))
        self.slots = itertools.count()

    def compile(self, node: Node) -> Ask:
        if node not in self.known:
            self.known[node] = self._make(node)
        return self.known[node]

    def _make(self, node: Node) -> Ask:
        if isinstance(node, Term):
            return self._term(node)
        if isinstance(node, Dates):
            return ask_dates(node)
        if isinstance(node, Not):
            return self._once(node, _without(self.compile(node.keep), self.compile(node.drop)))
        parts = list(_flatten(node))
        if isinstance(node, And):
            return self._once(node, _all(tuple(map(self.compile, parts))))
        asks = (*_groups(parts), *map(self.compile, filter(_alone, parts)))
        return self._once(node, _any(asks))

    def _once(self, node: Node, ask: Ask) -> Ask:
        """Keep the answer where the same part stands in several places."""
        if self.uses[node] == 1:
            return ask
        slot = next(self.slots)

        def asked(indexed: Indexed) -> int:
            answer = indexed.memo.get(slot)
            if answer is None:
                answer = indexed.memo[slot] = ask(indexed)
            return answer

        return asked

    def _term(self, term: Term) -> Ask:
        name = term.field
        if name in NOT_HELD:
            return lambda indexed: UNKNOWN
        if name == "sb" or (name in ("all", "tw") and fold(term.text) in ("hasabstract",)):
            return self._subset(term)
        if name in HEADINGS:
            return self._heading(term)
        if name == "pt":
            return self._type(term)
        if term.distance is not None:
            return ask_near(term)
        if name == "all" and not term.quoted and not term.truncated:
            return ask_mapped(term)
        if name in TEXTS:
            return ask_words(name, [term])
        if name in VALUES:
            return ask_value(term)
        return OTHERS[name](term)

    def _subset(self, term: Term) -> Ask:
        text = subset_query(term.text)
        if text is not None:
            return self.compile(parse_query(text).root)
        shows = STATUS.get(fold(term.text))
        if shows is None:
            return lambda indexed: UNKNOWN
        return lambda indexed: YES if shows(indexed.citation) else UNKNOWN if indexed.thin else NO

    def _heading(self, term: Term) -> Ask:
        name, _, below = term.text.rpartition("/") if "/" in term.text else (term.text, "", "")
        if term.truncated:
            return ask_heading_prefix(term.field, fold(term.text))
        keys, open_ = self._beneath(name, exact=term.exact)
        major = term.field == "majr"
        if below:
            return ask_pair(keys, open_, subheadings_of(below, exact=term.exact), major=major)

        def ask(indexed: Indexed) -> int:
            headings = indexed.headings()
            if not keys.isdisjoint(headings.major if major else headings.all):
                return YES
            if indexed.thin:
                return UNKNOWN
            return UNKNOWN if open_ and headings.all else NO

        return ask

    def _beneath(self, name: str, *, exact: bool) -> tuple[frozenset[str], bool]:
        """Headings that a name finds, and whether there may be others that we do not know."""
        found = self.tree.find(name) if self.tree else None
        if self.tree is None or found is None:
            return frozenset((fold(name),)), not exact
        return self.tree.exact(found) if exact else self.tree.explode(found), False

    def _type(self, term: Term) -> Ask:
        wanted = fold(term.text)
        if term.truncated:
            return lambda indexed: (
                YES if any(one.startswith(wanted) for one in indexed.types()) else
                UNKNOWN if indexed.thin else NO
            )  # fmt: skip
        narrower = PUBLICATION_TYPES.get(wanted)
        surely: frozenset[str] = frozenset((wanted,))
        perhaps: frozenset[str] = frozenset()
        open_ = narrower is None and not term.exact
        found = self.tree.find(term.text) if self.tree else None
        if self.tree is not None and found is not None:
            open_ = False
            surely |= self.tree.exact(found) if term.exact else self.tree.explode(found)
        elif narrower is not None and not term.exact:
            surely |= narrower.surely
            perhaps = narrower.perhaps

        def ask(indexed: Indexed) -> int:
            types = indexed.types()
            if not surely.isdisjoint(types):
                return YES
            return UNKNOWN if indexed.thin or open_ or not perhaps.isdisjoint(types) else NO

        return ask


def _flatten(node: And | Or) -> Iterable[Node]:
    for part in node.parts:
        if type(part) is type(node):
            yield from _flatten(part)
        else:
            yield part


def _all(asks: tuple[Ask, ...]) -> Ask:
    def ask(indexed: Indexed) -> int:
        least = YES
        for part in asks:
            answer = part(indexed)
            if answer < least:
                if answer == NO:
                    return NO
                least = answer
        return least

    return ask


def _any(asks: tuple[Ask, ...]) -> Ask:
    def ask(indexed: Indexed) -> int:
        most = NO
        for part in asks:
            answer = part(indexed)
            if answer > most:
                if answer == YES:
                    return YES
                most = answer
        return most

    return ask


def _without(keep: Ask, drop: Ask) -> Ask:
    def ask(indexed: Indexed) -> int:
        kept = keep(indexed)
        return kept if kept == NO else min(kept, YES - drop(indexed))

    return ask


def _alone(node: Node) -> bool:
    """Whether a part of an OR cannot be asked together with others."""
    return not (
        isinstance(node, Term)
        and node.field in TEXTS
        and node.distance is None
        and (node.field != "all" or node.quoted or node.truncated)
        and fold(node.text) != "hasabstract"
    )


def _groups(parts: Iterable[Node]) -> Iterable[Ask]:
    fields: dict[str, list[Term]] = {}
    for part in parts:
        if isinstance(part, Term) and not _alone(part):
            fields.setdefault(part.field, []).append(part)
    return [ask_words(name, terms) for name, terms in fields.items()]
