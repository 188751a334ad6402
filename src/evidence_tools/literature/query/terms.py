"""How one term of a query is asked of a citation: a function for each kind of field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from evidence_tools.literature.folding import fold
from evidence_tools.literature.query.fields import NOT_HELD
from evidence_tools.literature.query.headings import (
    SUBHEADINGS,
    find_subheading,
    language_code,
)
from evidence_tools.literature.query.indexed import (
    NO,
    UNKNOWN,
    YES,
    Indexed,
    first_day,
    last_day,
)
from evidence_tools.literature.query.tree import Dates, Term

__all__ = [
    "OTHERS",
    "Ask",
    "ask_dates",
    "ask_heading_prefix",
    "ask_mapped",
    "ask_near",
    "ask_pair",
    "ask_value",
    "ask_words",
    "subheadings_of",
]

#: A question to a citation; the answer is NO, UNKNOWN or YES.
Ask: TypeAlias = Callable[[Indexed], int]


def ask_words(name: str, terms: Iterable[Term]) -> Ask:
    """Whether one of the terms stands in a field of words."""
    singles: set[str] = set()
    prefixes: set[str] = set()
    phrases: dict[str, list[str]] = {}
    for term in terms:
        folded = fold(term.text)
        first, _, rest = folded.partition(" ")
        if rest:
            phrases.setdefault(first, []).append(f" {folded}{'' if term.truncated else ' '}")
        elif term.truncated:
            prefixes.add(f" {folded}")
        else:
            singles.add(folded)
    firsts, wanted = frozenset(phrases), frozenset(singles)

    def ask(indexed: Indexed) -> int:
        words = indexed.words(name)
        if not wanted.isdisjoint(words):
            return YES
        text = indexed.text(name)
        for prefix in prefixes:
            if prefix in text:
                return YES
        for first in firsts & words:
            for phrase in phrases[first]:
                if phrase in text:
                    return YES
        return indexed.miss(name)

    return ask


def ask_near(term: Term) -> Ask:
    """Whether all words stand near each other, in any order and in one part of the field."""
    need = Counter(fold(term.text).split())
    reach = (term.distance or 0) + 1
    name = term.field

    def ask(indexed: Indexed) -> int:
        if need.keys() <= indexed.words(name):
            for part in indexed.text(name).split("\x1f"):
                if _close(part.split(), need, reach):
                    return YES
        return indexed.miss(name)

    return ask


def _close(words: list[str], need: Counter[str], reach: int) -> bool:
    """Whether some choice of places holds every word, with each step at most ``reach`` long."""
    total = need.total()
    #: Words still wanted after a choice that ends at a place.
    ends: list[tuple[int, list[Counter[str]]]] = []
    for place, word in enumerate(words):
        if word not in need:
            continue
        ends = [(at, left) for at, left in ends if place - at <= reach]
        left = need.copy()
        left[word] -= 1
        here = [left]
        for _, wanted in ends:
            here += [one - Counter((word,)) for one in wanted if one[word] > 0]
        if total == 1 or any(one.total() == 0 for one in here):
            return True
        unique = {tuple(sorted((+one).items())): +one for one in here}
        ends.append((place, list(unique.values())))
    return False


def ask_mapped(term: Term) -> Ask:
    """Words without a field: PubMed maps them, so that only finding them as typed is sure."""
    found = ask_words("all", [term])
    return lambda indexed: max(found(indexed), UNKNOWN)


def ask_value(term: Term) -> Ask:
    """A field that is compared as a whole, such as a volume or a journal's name."""
    wanted, name = fold(term.text), term.field
    if term.truncated:
        return lambda indexed: (
            YES if any(one.startswith(wanted) for one in indexed.values(name))
            else indexed.miss(name)
        )  # fmt: skip
    return lambda indexed: YES if wanted in indexed.values(name) else indexed.miss(name)


def _author(term: Term) -> Ask:
    """PubMed adds initials to a name that is not quoted."""
    wanted, name = fold(term.text), term.field
    words = wanted.split()
    initials = len(words) > 1 and len(words[-1]) <= 2

    def fits(one: str) -> bool:
        if one == wanted or term.truncated:
            return one.startswith(wanted)
        return not term.quoted and one.startswith(wanted if initials else f"{wanted} ")

    return lambda indexed: YES if any(map(fits, indexed.authors(name))) else indexed.miss(name)


def _language(term: Term) -> Ask:
    code = language_code(term.text)
    return lambda indexed: (
        YES if any(language_code(one) == code for one in indexed.citation.languages)
        else indexed.miss("la")
    )  # fmt: skip


def _pmid(term: Term) -> Ask:
    return lambda indexed: YES if indexed.citation.pmid == term.text else NO


def _subheadings(term: Term) -> Ask:
    wanted, complete = subheadings_of(term.text, exact=term.exact)

    def ask(indexed: Indexed) -> int:
        held = indexed.headings()
        if not wanted.isdisjoint(held.subheadings):
            return YES
        if indexed.thin:
            return UNKNOWN
        return NO if complete or not held.subheadings else UNKNOWN

    return ask


OTHERS: Mapping[str, Callable[[Term], Ask]] = {
    "1au": _author,
    "au": _author,
    "fau": _author,
    "la": _language,
    "lastau": _author,
    "pmid": _pmid,
    "sh": _subheadings,
}


def subheadings_of(text: str, *, exact: bool) -> tuple[frozenset[str], bool]:
    """Subheadings that a name finds, and whether these are all."""
    name = find_subheading(text)
    beneath = SUBHEADINGS.get(name)
    if exact or beneath is None:
        return frozenset((name,)), exact
    return beneath.surely | {name}, beneath.complete


def ask_pair(
    keys: frozenset[str], open_: bool, below: tuple[frozenset[str], bool], *, major: bool
) -> Ask:
    """A heading with a subheading attached."""
    wanted, complete = below

    def ask(indexed: Indexed) -> int:
        held = indexed.headings()
        pairs = held.major_pairs if major else held.pairs
        attached = [name for key, name in pairs if key in keys]
        if not wanted.isdisjoint(attached):
            return YES
        if indexed.thin:
            return UNKNOWN
        return UNKNOWN if (open_ and pairs) or (attached and not complete) else NO

    return ask


def ask_heading_prefix(name: str, wanted: str) -> Ask:
    """Truncation turns explosion off."""

    def ask(indexed: Indexed) -> int:
        held = indexed.headings()
        keys = held.major if name == "majr" else held.all
        if any(key.startswith(wanted) for key in keys):
            return YES
        return UNKNOWN if indexed.thin else NO

    return ask


def ask_dates(node: Dates) -> Ask:
    """A day, month or year, or a range; open where what we hold may lie on either side."""
    if node.field in NOT_HELD:
        return lambda indexed: UNKNOWN
    low = first_day(node.low.replace("/", "-"))
    high = last_day((node.high or node.low).replace("/", "-"))
    ranged = node.high is not None

    def ask(indexed: Indexed) -> int:
        spans = indexed.spans(node.field, ranged=ranged)
        if any(low <= start and end <= high for start, end in spans):
            return YES
        if not spans or any(start <= high and low <= end for start, end in spans):
            return UNKNOWN
        # A record of ours has one of two dates, print or electronic; the other may be a year off.
        near = indexed.thin and any(
            _year(start) - 1 <= _year(high) and _year(low) <= _year(end) + 1 for start, end in spans
        )
        return UNKNOWN if near else NO

    return ask


def _year(day: str) -> int:
    return int(day[:4])
