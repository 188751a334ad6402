"""What must stand in a record's text for a query to find it: a condition that can be told fast.

A condition is weaker than its query, never stronger: where it fails, the full query cannot say yes.
It knows words only, anywhere in the record, whatever the field and the order.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from evidence_tools.literature.folding import fold
from evidence_tools.literature.query.fields import HEADINGS, NOT_HELD
from evidence_tools.literature.query.headings import PUBLICATION_TYPES
from evidence_tools.literature.query.indexed import TEXTS
from evidence_tools.literature.query.parse import parse_query
from evidence_tools.literature.query.subsets import STATUS, subset_query
from evidence_tools.literature.query.tree import And, Dates, Node, Not, Or, Query, Term, walk

if TYPE_CHECKING:
    from evidence_tools.literature.mesh import MeshTree

__all__ = [
    "AllOf",
    "AnyOf",
    "Condition",
    "Word",
    "asks_names",
    "condition_of",
    "cover",
    "grant",
    "words_of",
]


@dataclass(frozen=True, order=True)
class Word:
    """A folded word that stands in the record; ``open`` where any ending may follow."""

    text: str
    open: bool = False


@dataclass(frozen=True)
class AllOf:
    """Every part holds; without parts it always does."""

    parts: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class AnyOf:
    """One part holds; without parts it never does."""

    parts: tuple[Condition, ...] = ()


Condition: TypeAlias = Word | AllOf | AnyOf

#: Parts of the fields of words that hold names and addresses.
_NAMES = frozenset({"ad", "rest"})
_ALWAYS = AllOf()
_NEVER = AnyOf()
#: Words that nearly every record holds: asking for them costs time and spares nothing.
_EMPTY = frozenset(
    (
        *("a", "after", "and", "as", "at", "by", "for", "from", "in", "into", "no", "non", "not"),
        *("of", "on", "or", "the", "to", "up", "via", "with"),
    )
)


def condition_of(query: Query | Node, tree: MeshTree | None = None) -> Condition:
    """Weaken a query to what can be seen in the bytes of a record.

    Parameters
    ----------
    query : Query or Node
        The query.
    tree : MeshTree, optional
        The one that the query is run with: with it, headings beneath others count.
    """
    node = query.root if isinstance(query, Query) else query
    if isinstance(node, And):
        return AllOf(tuple(condition_of(part, tree) for part in node.parts))
    if isinstance(node, Or):
        return AnyOf(tuple(condition_of(part, tree) for part in node.parts))
    if isinstance(node, Not):
        return condition_of(node.keep, tree)
    if isinstance(node, Dates):
        return _NEVER if node.field in NOT_HELD else _ALWAYS
    return _term(node, tree)


def _term(term: Term, tree: MeshTree | None) -> Condition:
    name, folded = term.field, fold(term.text)
    if name in NOT_HELD:
        return _NEVER
    if name == "sb" or (name in ("all", "tw") and folded == "hasabstract"):
        text = subset_query(term.text)
        # What PubMed alone knows is never sure; a status is an attribute.
        return (
            condition_of(parse_query(text), tree)
            if text is not None
            else (_ALWAYS if folded in STATUS else _NEVER)
        )
    if name in HEADINGS:
        return _heading(term, tree)
    if name == "pt":
        return _type(term, tree)
    if name in TEXTS:
        return _words(folded, open_=term.truncated, dated=name == "all")
    # Identifiers, names and numbers: brought into one form by whoever reads the record.
    return _ALWAYS


def _words(folded: str, *, open_: bool = False, dated: bool = False) -> Condition:
    """All words of a phrase that tell anything, and that stand in a record as they are sought.

    Parameters
    ----------
    folded : str
        The phrase.
    open_ : bool
        Whether any ending of its last word is sought.
    dated : bool
        Whether a date may be sought: its month is a number to us, and a name in PubMed's files.
    """
    words = [Word(text) for text in folded.split()]
    if words and open_:
        words[-1] = Word(words[-1].text, open=True)
    told = (
        word
        for word in words
        if word.text.isascii()
        and word.text not in _EMPTY
        and not (dated and any(sign.isdigit() for sign in word.text))
    )
    return AllOf(tuple(dict.fromkeys(told)))


def _heading(term: Term, tree: MeshTree | None) -> Condition:
    name = term.text.rpartition("/")[0] if "/" in term.text else term.text
    if term.truncated:
        return _words(fold(term.text), open_=True)
    found = tree.find(name) if tree else None
    if tree is None or found is None:
        return _words(fold(name))
    keys = tree.exact(found) if term.exact else tree.explode(found)
    return _one_of(keys)


def _type(term: Term, tree: MeshTree | None) -> Condition:
    wanted = fold(term.text)
    if term.truncated:
        return _words(wanted, open_=True)
    names = {wanted}
    narrower = PUBLICATION_TYPES.get(wanted)
    if narrower is not None and not term.exact:
        names |= narrower.surely
    found = tree.find(term.text) if tree else None
    if tree is not None and found is not None:
        names |= tree.exact(found) if term.exact else tree.explode(found)
    return _one_of(names)


def _one_of(names: Iterable[str]) -> Condition:
    return AnyOf(tuple(_words(fold(one)) for one in sorted(names)))


def asks_names(query: Query | Node) -> bool:
    """Whether words of a query are sought in names and addresses of people, among other places."""
    for term in walk(query.root if isinstance(query, Query) else query):
        if isinstance(term, Term):
            subset = subset_query(term.text) if term.field == "sb" else None
            if not _NAMES.isdisjoint(TEXTS.get(term.field, ())) or (
                subset is not None and asks_names(parse_query(subset))
            ):
                return True
    return False


def words_of(condition: Condition) -> frozenset[Word]:
    """All words that a condition names."""
    if isinstance(condition, Word):
        return frozenset((condition,))
    return frozenset[Word]().union(*map(words_of, condition.parts))


def grant(condition: Condition, granted: Collection[Word]) -> Condition:
    """Weaken a condition: some words are taken to stand in every record.

    What then always holds is an :class:`AllOf` without parts, what never does an :class:`AnyOf`.
    """
    if isinstance(condition, Word):
        return _ALWAYS if condition in granted else condition
    parts = dict.fromkeys(grant(part, granted) for part in condition.parts)
    ends, skips = (_NEVER, _ALWAYS) if isinstance(condition, AllOf) else (_ALWAYS, _NEVER)
    if ends in parts:
        return ends
    parts.pop(skips, None)
    # One part alone is that part; parts of the same kind are taken up.
    if len(parts) == 1:
        return next(iter(parts))
    kind = type(condition)
    several = (part.parts if isinstance(part, kind) else (part,) for part in parts)
    return kind(tuple(dict.fromkeys(itertools.chain(*several))))


def cover(
    condition: Condition, share: Mapping[Word, float], free: frozenset[Word] = frozenset()
) -> frozenset[Word] | None:
    """Words of which a record has at least one if the condition holds for it.

    Of the choices that an AND leaves, the one that fewest records hold is taken.

    Parameters
    ----------
    condition : Condition
        Of one query.
    share : mapping of Word to float
        Share of records that hold a word.
    free : frozenset of Word
        Words that are looked for in any case.

    Returns
    -------
    frozenset of Word, or None
        None when the condition says nothing, so that every record must be read.
    """
    if isinstance(condition, Word):
        return frozenset((condition,))
    covers = [cover(part, share, free) for part in condition.parts]
    known = [words for words in covers if words is not None]
    if isinstance(condition, AnyOf):
        return frozenset[Word]().union(*known) if len(known) == len(covers) else None

    def price(words: frozenset[Word]) -> tuple[float, list[Word]]:
        return sum(share.get(word, 0.0) for word in words - free), sorted(words)

    return min(known, key=price, default=None)
