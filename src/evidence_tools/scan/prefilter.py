"""Which records of a piece of a file may match: told from their bytes, before any is parsed.

First, words that the strategies cannot do without are sought in everything at once (Hyperscan).
Where a record holds one, all words of the strategies that are not common are sought in it, and the
conditions of the strategies are held against what was found, with common words taken for granted;
what is left is parsed. A record with an oddly spelled word that is sought
(:mod:`~evidence_tools.scan.spellings`) is parsed in any case, and so is a whole piece with comments
or the like in it: doubt leaves no record out.
"""

from __future__ import annotations

import itertools
import math
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import hyperscan
import numpy as np

from evidence_tools.literature.pubmed_xml import hides_anything
from evidence_tools.scan.conditions import AllOf, AnyOf, Condition, Word, cover, grant, words_of
from evidence_tools.scan.spellings import (
    BEFORE,
    INLINE,
    Spellings,
    find_odd_signs,
)

__all__ = ["Choice", "Plan", "Prefilter", "make_plan", "word_shares"]

_END = re.compile(rb"</Pubmed(?:Book)?Article\s*>")
_NUMBER = re.compile(
    rb"<Pubmed(?:Book)?Article>\s*<(?:MedlineCitation|BookDocument)[^<>]*>\s*"
    rb'<PMID(?: Version="(\d{1,4})")?[^<>]*>\s*(\d{1,8})\s*</PMID>'
)
#: A record starts so, and with the bracket right behind.
_STARTS = (b"<PubmedArticle", b"<PubmedBookArticle")
_ENDS = (b"</PubmedArticle>", b"</PubmedBookArticle>")
#: What nearly always stands before a record.
_SEAM = b"</PubmedArticle>\n"
#: Bytes before a record in which the last one's end is looked for; more of blanks is taken for odd.
_GAP = 64
_BYTES = hyperscan.HS_FLAG_DOTALL
_WORDS = _BYTES | hyperscan.HS_FLAG_CASELESS
_ONCE = hyperscan.HS_FLAG_SINGLEMATCH
_BIT = (1).__lshift__
#: Share of records from which a word is common: looking for it would cost more than it spares.
_COMMON = 0.12
#: A word as short as that makes the first look take twice the time, as if so many records held it.
_SHORT, _SHORT_SHARE = 2, 0.05


@dataclass(frozen=True)
class Plan:
    """What to look for; small, so that it can be sent to any worker.

    ``words`` are all that the strategies name. ``conditions`` are theirs by id, with common words
    granted; ``covers`` the words of which a record must hold one for each to match, None where
    nothing can be told. ``names`` says whether words are sought in names and addresses of people.
    """

    words: frozenset[Word]
    conditions: Mapping[str, Condition]
    covers: Mapping[str, frozenset[Word] | None]
    names: bool = True

    @property
    def unbound(self) -> tuple[str, ...]:
        """Strategies that ask for no word at all: every record is parsed for their sake."""
        return tuple(sorted(key for key, words in self.covers.items() if words is None))


def make_plan(
    conditions: Mapping[str, Condition], share: Mapping[Word, float], *, names: bool = True
) -> Plan:
    """Choose the words of the first look.

    Parameters
    ----------
    conditions : mapping of str to Condition
        One a strategy.
    share : mapping of Word to float
        Share of records that hold a word, from a sample of the files; nothing hangs on it but
        speed.
    names : bool
        Whether words are sought in names and addresses of people.
    """
    words = frozenset[Word]().union(*map(words_of, conditions.values()))
    common = {word for word in words if share.get(word, 0.0) >= _COMMON}

    cost = {
        word: share.get(word, 0.0) + _SHORT_SHARE * (len(word.text) <= _SHORT) for word in words
    }

    def price(words: frozenset[Word] | None) -> float:
        return math.inf if words is None else sum(cost[word] for word in words)

    def rarest_first(condition: Condition) -> Condition:
        # What is shared and fails soonest is asked first.
        if not isinstance(condition, AllOf):
            return condition
        return AllOf(tuple(sorted(condition.parts, key=lambda part: price(cover(part, cost)))))

    rare = {key: rarest_first(grant(one, common)) for key, one in conditions.items()}
    alone = {key: price(cover(condition, cost)) for key, condition in rare.items()}
    covers: dict[str, frozenset[Word] | None] = {}
    # Those that need common words go first: what they need is free for the others. The second time
    # each sees what all others need.
    for key in sorted(rare, key=lambda key: (-alone[key], key)) * 2:
        others = (words for other, words in covers.items() if words and other != key)
        covers[key] = cover(rare[key], cost, frozenset[Word]().union(*others))
    return Plan(words, rare, covers, names)


@dataclass(frozen=True)
class Choice:
    """What was seen of a piece.

    ``chosen`` are the bytes to be parsed; ``keys`` says by PMID which strategies a record in them
    may match, and is None where that is not known. ``numbers`` are PMID and version of all records
    of the piece, in order; ``left_out`` of them are not in ``chosen``.
    """

    chosen: bytes
    keys: Mapping[int, frozenset[str]] | None
    numbers: list[tuple[int, int]]
    left_out: int


class Prefilter:
    """A plan made ready; one a process.

    Parameters
    ----------
    plan : Plan
        What to look for.
    everything : bool
        Whether all records are chosen: to hold the one against the other.
    """

    def __init__(self, plan: Plan, *, everything: bool = False) -> None:
        self._all = everything or bool(plan.unbound)
        self._keys = frozenset(plan.conditions)
        words = sorted(frozenset[Word]().union(*map(words_of, plan.conditions.values())))
        covers = {key: words or frozenset() for key, words in plan.covers.items()}
        covering = sorted(frozenset[Word]().union(*covers.values()))
        numbers = {word: number for number, word in enumerate(words)}
        compiler = _Compiler(numbers)
        self._checks = [
            (key, compiler.mask(covers[key]), compiler.compile(condition).ask)
            for key, condition in plan.conditions.items()
        ]
        # A bit that no word has: what never fails by its words has it in its mask.
        self._always = _BIT(len(words))
        self._spellings = Spellings(plan.words, names=plan.names)
        # Numbers behind the words are starts of records, then letters.
        self._start = len(covering)
        self._odd = self._start + len(_STARTS)
        self._back = np.array([0] * self._odd + [len(tag) + 1 for tag in INLINE])
        self._words = _database([(_pattern(word), _WORDS | _ONCE) for word in words])
        self._database = _database(
            [(_pattern(word), _WORDS) for word in covering]
            + [(pattern, _BYTES) for pattern in _STARTS]
            + [(BEFORE + tag, _BYTES) for tag in INLINE]
        )

    def choose(self, piece: bytes) -> Choice:
        """Take from a piece what may match, and whatever is no record.

        Parameters
        ----------
        piece : bytes
            Whole records, one after the other, and what stands between them.
        """
        hits: list[int] = []
        add = hits.extend
        self._database.scan(
            piece, match_event_handler=lambda number, _, end, *__: add((number, end))
        )
        found = np.array(hits, np.int64).reshape(-1, 2)
        kinds, ends = found[:, 0], found[:, 1]
        is_start = (kinds >= self._start) & (kinds < self._odd)
        named = ends[is_start]
        lengths = np.array([len(tag) for tag in _STARTS])
        starts: list[int] = (named - lengths[kinds[is_start] - self._start]).tolist()
        numbers = [
            (int(seen[2]), int(seen[1] or 1))
            for seen in (_NUMBER.match(piece, start) for start in starts)
            if seen
        ]
        # With a blank before its bracket it is a start to whoever parses it, and none in _NUMBER;
        # the start of another set is none at all.
        odd_start = any(not piece.startswith(b">", end) for end in named.tolist())
        # One version twice: of the two the later counts, whether it matches or not.
        twice = len({*numbers}) < len(numbers)
        # What stands between records (deletions, an error of NCBI, damage) would be left out, too.
        stray = any(
            piece[start - len(_SEAM) : start] != _SEAM
            and not piece[max(0, start - _GAP) : start].rstrip().endswith(_ENDS)
            for start in starts[1:]
        )
        if (
            self._all
            or odd_start
            or twice
            or stray
            or len(numbers) < len(starts)
            or hides_anything(piece)
        ):
            return Choice(piece, None, numbers, 0)
        letters = kinds >= self._odd
        # Of markup the place of the sign before it.
        odd = find_odd_signs(piece) + (ends - self._back[kinds])[letters].tolist()
        borders = [*starts[1:], len(piece)]
        held = np.unique(np.searchsorted(starts, ends[kinds < self._start] - 1, side="right") - 1)
        chosen = {}
        for place in held[held >= 0].tolist():
            keys = self._open(piece[starts[place] : borders[place]])
            if keys:
                chosen[place] = keys
        chosen |= dict.fromkeys(self._by_spelling(piece, starts, odd), self._keys)
        places = sorted(chosen)
        parts = [piece[: starts[0]] if starts else piece]
        parts += [piece[starts[place] : borders[place]] for place in places]
        if starts and len(starts) - 1 not in chosen:
            last = _END.search(piece, starts[-1])
            parts.append(piece[last.end() :] if last else piece[starts[-1] :])
        open_: dict[int, frozenset[str]] = {}
        for place in places:
            # One PMID may stand in a file in several versions.
            pmid = numbers[place][0]
            open_[pmid] = open_.get(pmid, frozenset()) | chosen[place]
        return Choice(b"".join(parts), open_, numbers, len(starts) - len(places))

    def _open(self, record: bytes) -> frozenset[str]:
        """Strategies whose conditions hold for a record."""
        numbers: list[int] = []
        add = numbers.append
        self._words.scan(record, match_event_handler=lambda number, *_: add(number))
        found = sum(map(_BIT, numbers), self._always)
        memo: dict[int, bool] = {}
        return frozenset(
            key for key, mask, holds in self._checks if found & mask and holds(found, memo)
        )

    def _by_spelling(self, piece: bytes, starts: list[int], odd: list[int]) -> set[int]:
        """Records with an oddly spelled word that is sought."""
        found: set[int] = set()
        done = 0
        for sign in sorted(odd):
            if sign >= done:
                sought, done = self._spellings.judge(piece, sign)
                if sought:
                    found.add(max(0, bisect_right(starts, sign) - 1))
        return found if starts else set()


def word_shares(records: Iterable[bytes], words: Iterable[Word]) -> dict[Word, float]:
    """Share of some records that hold each word; half a record is added, so that none has none.

    Parameters
    ----------
    records : iterable of bytes
        A sample.
    words : iterable of Word
        The words.
    """
    listed = sorted(words)
    counts = [0] * len(listed)
    number = 0
    database = _database([(_pattern(word), _WORDS | _ONCE) for word in listed])

    def count(word: int, *_: object) -> None:
        counts[word] += 1

    for record in records:
        number += 1
        database.scan(record, match_event_handler=count)
    return {word: (count + 0.5) / (number + 1) for word, count in zip(listed, counts, strict=True)}


def _pattern(word: Word) -> bytes:
    """Bytes of a word between signs that are part of no word."""
    return b"[^0-9A-Za-z]" + word.text.encode() + (b"" if word.open else b"[^0-9A-Za-z]")


def _database(patterns: list[tuple[bytes, int]]) -> hyperscan.Database:
    # Hyperscan wants one at least; these bytes stand in no UTF-8.
    patterns = patterns or [(rb"\xff\xff", _BYTES)]
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[pattern for pattern, _ in patterns],
        ids=list(range(len(patterns))),
        flags=[flags for _, flags in patterns],
    )
    return database


#: Asks the words found, a bit each, with what parts have answered to them already.
_Ask: TypeAlias = Callable[[int, dict[int, bool]], bool]


class _Check(NamedTuple):
    """A condition made ready; without one of the words in ``mask`` it cannot hold."""

    mask: int
    ask: _Ask


class _Compiler:
    """Makes conditions into checks; the same part, in many strategies, into the same."""

    def __init__(self, numbers: Mapping[Word, int]) -> None:
        self._numbers = numbers
        # The fewer words a cover has, the sooner it fails.
        self._even = dict.fromkeys(numbers, 1.0)
        self._known: dict[Condition, _Check] = {}
        self._slots = itertools.count()

    def compile(self, condition: Condition) -> _Check:
        """Make a check; a condition that always holds has no mask to fail by."""
        if condition not in self._known:
            words = cover(condition, self._even)
            ask = (
                self._all(condition.parts)
                if isinstance(condition, AllOf)
                else self._any(condition.parts if isinstance(condition, AnyOf) else (condition,))
            )
            self._known[condition] = _Check(-1 if words is None else self.mask(words), ask)
        return self._known[condition]

    def mask(self, words: Iterable[Condition]) -> int:
        """Bits of some words."""
        return sum({_BIT(self._numbers[word]) for word in words if isinstance(word, Word)})

    def _all(self, parts: tuple[Condition, ...]) -> _Ask:
        checks = [self.compile(part) for part in parts]

        def ask(found: int, memo: dict[int, bool]) -> bool:
            # Loops, not all(): this is asked some hundred thousand times a file.
            for mask, _ in checks:
                if not found & mask:
                    return False
            for _, holds in checks:  # noqa: SIM110
                if not holds(found, memo):
                    return False
            return True

        return ask if checks else (lambda found, memo: True)

    def _any(self, parts: tuple[Condition, ...]) -> _Ask:
        words = [part for part in parts if isinstance(part, Word)]
        phrases = [part for part in parts if isinstance(part, AllOf) and _is_phrase(part)]
        single = self.mask(words)
        several = list(dict.fromkeys(self.mask(part.parts) for part in phrases))
        # The longest word of each phrase: where none stands, no phrase does.
        gate = self.mask(max(one.parts, key=_length) for one in phrases if one.parts)
        others = [
            self.compile(part)
            for part in parts
            if not isinstance(part, Word) and part not in phrases
        ]
        always = 0 in several
        slot = next(self._slots)

        def tell(found: int, memo: dict[int, bool]) -> bool:
            if found & single or always:
                return True
            if found & gate:
                for mask in several:
                    if found & mask == mask:
                        return True
            for mask, holds in others:  # noqa: SIM110
                if found & mask and holds(found, memo):
                    return True
            return False

        def ask(found: int, memo: dict[int, bool]) -> bool:
            answer = memo.get(slot)
            if answer is None:
                answer = memo[slot] = tell(found, memo)
            return answer

        return ask


def _length(word: Condition) -> int:
    return len(word.text) if isinstance(word, Word) else 0


def _is_phrase(condition: AllOf) -> bool:
    return all(isinstance(part, Word) for part in condition.parts)
