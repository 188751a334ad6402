"""A stretch of a claim matched to the questions of the register, or to none of them.

A question is found by its synonyms, whose words weigh what their rarity among the register's own
phrases makes them weigh, and by its likeness to example phrasings. Where what the stretch is about
is no word of the question, or where it resembles the examples of a topic outside the register more,
nothing is matched: the answer is then "not in the register", never a near miss.
"""

from __future__ import annotations

import math
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

import numpy as np

from evidence_tools.pages.likeness import NO_CLAIM, Likeness, Shares, read_likeness
from evidence_tools.pages.words import read_lexicon, split_words, stems
from evidence_tools.phrasings import Phrasings
from evidence_tools.questions import Question
from evidence_tools.vocab import ClaimKind

__all__ = ["EMPTY", "Match", "Matcher", "Weights", "examples_of", "read_phrases"]

#: Words that stand in every page of the trade, or carry no subject.
EMPTY = frozenset(
    stem
    for stem in stems(
        "massage massages therapy therapist treatment neuromuscular technique the a an of"
        " to and or in on for with by from is are be been being was were it its this that these"
        " those"
        " your you our we they their them his her as at can may might could will would should help"
        " helps also such including include than into not no if so more most many some any all each"
        " very just which who while when after before during whether through have has had do does"
        " get gets give gives make makes made use used using people individuals adults clients"
        " patients client patient what how work works one up out about there then other both even"
        " manual well good great effect effects caused i my me"
    )
)
#: Tags that say what a stretch is about; the second group speaks only where the first is silent.
_SUBJECTS = (
    ("condition", "outcome", "physiology", "body", "state"),
    ("safety", "authority", "durability", "superiority"),
)
#: Goes before the label of a topic outside; no question's id holds it.
_OUTSIDE = "outside:"
#: A smaller part of likeness brings no question in that nothing else speaks for.
_FAINT = 0.02
#: Smaller shares of likeness are as good as none.
_TRACE = 0.0001
#: Likeness from which a topic outside is named.
_NAMED = 0.3


@dataclass(frozen=True)
class Weights:
    """How much each source of likeness counts, and where matching gives up.

    Chosen by examples held back, by the documents left out in turn, and by the ``dev`` pages.
    """

    phrase: float = 0.65
    whole: float = 0.25
    mode: float = 0.12
    example: float = 2.0
    faint: float = 0.15
    context: float = 0.4
    wrong_mode: float = 2.0
    outside: float = 0.5
    threshold: float = 0.3
    coverage: float = 0.25


@dataclass(frozen=True)
class Match:
    """A question of the register, how alike it is (0 to about 3), and its share of likeness."""

    question: str
    score: float
    share: float = 1.0


@cache
def read_phrases() -> Mapping[str, tuple[str, ...]]:
    """Further phrasings of each question that the package brings."""
    place = resources.files("evidence_tools.pages").joinpath("phrases.toml")
    held = tomllib.loads(place.read_text("utf-8"))
    return {key: tuple(part.strip() for part in str(text).split(",")) for key, text in held.items()}


def examples_of(questions: Mapping[str, Question], phrasings: Phrasings) -> list[tuple[str, str]]:
    """Texts with their label: a question's id, a topic outside, or no claim."""
    found = [(key, text) for key, some in phrasings.questions.items() for text in some]
    for key, question in questions.items():
        texts = (question.question, *question.synonyms, *read_phrases().get(key, ()))
        found += [(key, text) for text in texts]
    for key, topic in phrasings.outside.items():
        found += [(_OUTSIDE + key, text) for text in topic.phrasings]
    found += [(NO_CLAIM, text) for some in phrasings.no_claims.values() for text in some]
    return found


class Matcher:
    """Finds the questions that a stretch of text leans on.

    Parameters
    ----------
    questions : mapping of str to Question
        The register's questions by id.
    weights : Weights
        See there.
    phrasings : Phrasings
        Examples by question, and by topic outside the register.
    likeness : Likeness
        Learned from them; by default the one that the package brings.
    """

    def __init__(
        self,
        questions: Mapping[str, Question],
        weights: Weights | None = None,
        phrasings: Phrasings | None = None,
        likeness: Likeness | None = None,
    ) -> None:
        self.weights = weights or Weights()
        self.kinds = {key: question.kind for key, question in questions.items()}
        phrases: list[tuple[str, tuple[str, ...]]] = []
        wordings: dict[str, list[str]] = {}
        for key, question in questions.items():
            for phrase in (*question.synonyms, *read_phrases().get(key, ())):
                found = _content(stems(phrase))
                if found:
                    phrases.append((key, found))
            wordings[key] = [question.question, question.outcome, question.population]
        self._idf = _rarity(
            [
                *({*phrase} for _, phrase in phrases),
                *({*_content(stems(" ".join(texts)))} for texts in wordings.values()),
            ]
        )
        #: Weight of a word that the register does not hold.
        self._rare = max(self._idf.values(), default=1.0)
        self._phrases_with = _index({*phrase} for _, phrase in phrases)
        self._phrase_weight = np.array([self._mass({*phrase}) for _, phrase in phrases])
        #: Where the phrases of each question begin, and whose they are.
        self._starts = np.array(
            [n for n, (key, _) in enumerate(phrases) if n == 0 or phrases[n - 1][0] != key], int
        )
        self._owners = [phrases[number][0] for number in self._starts]
        # A sentence comes again with each of its parts.
        self._scores = lru_cache(maxsize=4096)(self._find_scores)
        self.vocabulary: dict[str, set[str]] = {}
        for key, texts in wordings.items():
            held = (*texts, *questions[key].synonyms, *read_phrases().get(key, ()))
            self.vocabulary[key] = {*_content(stems(" ".join(held)))}
        given = phrasings or Phrasings(questions={})
        self._likeness = likeness or read_likeness()
        self._number = {label: number for number, label in enumerate(self._likeness.labels)}
        #: Number and name of the labels that are questions, and of those that are topics outside.
        self._asked = [(self._number[key], key) for key in self.kinds if key in self._number]
        self._outside = [
            (self._number[_OUTSIDE + key], topic.name)
            for key, topic in given.outside.items()
            if _OUTSIDE + key in self._number
        ]
        self._unknown = np.zeros(len(self._number), np.float32)
        self._handicap = {mode: self._handicap_of(mode) for mode in (False, True)}
        for key, text in examples_of(questions, given):
            if key in self.vocabulary:
                self.vocabulary[key].update(_content(stems(text)))
        #: Runs of up to four words that some question or synonym holds.
        self._runs = {
            text[first : first + length]
            for text in (
                stems(phrase)
                for key, question in questions.items()
                for phrase in (
                    *question.synonyms,
                    *read_phrases().get(key, ()),
                    question.question,
                    question.population,
                )
            )
            for length in range(1, 5)
            for first in range(len(text) - length + 1)
        }

    def _handicap_of(self, background: bool) -> Shares:
        """What to take from the questions of the wrong kind: on causes, or on effects."""
        handicap = self._unknown.copy()
        for number, key in self._asked:
            if (self.kinds[key] is ClaimKind.BACKGROUND) is not background:
                handicap[number] = self.weights.wrong_mode
        return handicap

    def _weight(self, word: str) -> float:
        return self._idf.get(word, self._rare)

    def _mass(self, words: Iterable[str]) -> float:
        return sum(self._weight(word) for word in words)

    def rank(
        self, text: str, whole: str = "", *, background: bool = False, top: int = 3
    ) -> tuple[Match, ...]:
        """Rank the questions for a stretch; empty when none is near enough.

        Parameters
        ----------
        text : str
            The stretch that makes one claim.
        whole : str
            Its sentence with context, which helps to tell near questions apart.
        background : bool
            Whether the sentence says what causes a complaint, and not what a treatment does.
        top : int
            How many to give at most.
        """
        words = _content(stems(text))
        if not words or self.foreign(text):
            return ()
        scores = {**self._scores(words)}
        if whole and whole != text:
            for key, value in self._scores(_content(stems(whole))).items():
                if key in scores:
                    scores[key] += self.weights.whole * value
        shares = self._shares(text, whole, background)
        for number, key in self._asked:
            share = self.weights.example * float(shares[number])
            if share >= _FAINT or key in scores:
                scores[key] = scores.get(key, 0.0) + share
        subjects = self._subjects(text)
        first: list[Match] = []
        others: list[Match] = []
        for key, value in scores.items():
            is_background = self.kinds[key] is ClaimKind.BACKGROUND
            bonus = self.weights.mode if is_background is background else -self.weights.mode
            covered = self._coverage(subjects, key)
            score = (value + bonus) * (0.6 + 0.4 * covered)
            match = Match(key, score, self._share(shares, key))
            (first if covered >= self.weights.coverage else others).append(match)
        first.sort(key=lambda match: (-match.score, match.question))
        if not first or first[0].score < self.weights.threshold:
            return ()
        beside = max((shares[number] for number, _ in self._outside), default=0.0)
        if beside > max(self.weights.outside, first[0].share):
            return ()
        rest = sorted((*first[1:], *others), key=lambda m: (-self._next(m), m.question))
        return (first[0], *rest[: top - 1])

    def _next(self, match: Match) -> float:
        """Say how much a question deserves to be listed behind the first: faint shares count."""
        return match.score + self.weights.faint * math.log(match.share + _TRACE)

    def _shares(self, text: str, whole: str, background: bool) -> Shares:
        """Likeness to the examples of each label, of the stretch and of its sentence."""
        handicap = self._handicap[background]
        own = self._likeness.shares(text, handicap)
        around = self._likeness.shares(whole, handicap) if whole and whole != text else None
        if own is None or around is None:
            known = own if around is None else around
            return self._unknown if known is None else known
        share = np.float32(self.weights.context)
        return (1 - share) * own + share * around

    def _share(self, shares: Shares, key: str) -> float:
        return float(shares[self._number[key]]) if key in self._number else 0.0

    def alternatives(
        self, text: str, share: float, *, background: bool = False
    ) -> frozenset[str | None]:
        """Name all questions that have a share of likeness; None stands for topics outside.

        Parameters
        ----------
        text : str
            A stretch, its sentence, or that in context.
        share : float
            What to count as a share.
        background : bool
            As in :meth:`rank`.
        """
        shares = self._shares(text, "", background)
        found: set[str | None] = {key for number, key in self._asked if shares[number] >= share}
        if any(shares[number] >= share for number, _ in self._outside):
            found.add(None)
        return frozenset(found)

    def resemblance(self, text: str, *, background: bool = False) -> float:
        """Say how clearly a stretch resembles the examples of one question: its share."""
        shares = self._shares(text, "", background)
        return max((float(shares[number]) for number, _ in self._asked), default=0.0)

    def topic(self, text: str, whole: str = "") -> str:
        """Name the topic outside the register that a stretch resembles, or says; empty if none."""
        shares = self._shares(text, whole, background=False)
        best = max(self._outside, key=lambda topic: shares[topic[0]], default=(0, ""))
        said = self.foreign(text)
        is_alike = shares[best[0]] >= max(_NAMED, shares.max())
        return best[1] if is_alike and (not said or {*stems(best[1])} & {*stems(said)}) else said

    def _subjects(self, text: str) -> frozenset[str]:
        """Words that say what the stretch is about."""
        found = stems(text)
        places = read_lexicon().tag(found)
        for tags in _SUBJECTS:
            spans = [place for tag in tags for place in places.get(tag, ())]
            words = (word for first, last in spans for word in found[first:last])
            subjects = frozenset(_content([*words]))
            if subjects:
                return subjects
        return frozenset()

    def foreign(self, text: str) -> str:
        """Name a complaint of a stretch, if the register knows none that it names by a phrase."""
        found, words = stems(text), split_words(text)
        places = read_lexicon().tag(found)
        named = sorted(
            (first, last)
            for tag in ("condition", "disease")
            for first, last in places.get(tag, ())
            if last - first > 1 or tag == "disease"
        )
        if not named or any(found[first:last] in self._runs for first, last in named):
            return ""
        first, last = named[0]
        return " ".join(words[first:last]).casefold()

    def _coverage(self, subjects: frozenset[str], key: str) -> float:
        if not subjects:
            return 0.5
        return self._mass(subjects & self.vocabulary[key]) / self._mass(subjects)

    def _find_scores(self, words: tuple[str, ...]) -> Mapping[str, float]:
        """Give each question what the best of its synonyms shares with the words."""
        shared = np.zeros(len(self._phrase_weight))
        for word in {*words}:
            if word in self._phrases_with:
                shared[self._phrases_with[word]] += self._weight(word)
        share = shared / self._phrase_weight
        size = np.minimum(1.0, shared / (1.6 * self._rare))
        best = np.maximum.reduceat(share * share * (0.5 + 0.5 * size), self._starts)
        return {
            self._owners[number]: self.weights.phrase * float(best[number])
            for number in np.flatnonzero(best)
        }


def _content(words: Sequence[str]) -> tuple[str, ...]:
    """Words that carry a subject."""
    return tuple(word for word in words if word not in EMPTY)


def _rarity(texts: Sequence[set[str]]) -> dict[str, float]:
    counts = Counter(word for text in texts for word in text)
    return {word: math.log(1 + len(texts) / count) for word, count in counts.items()}


def _index(texts: Iterable[set[str]]) -> dict[str, list[int]]:
    """Say for each word in which texts it stands."""
    found: dict[str, list[int]] = {}
    for number, words in enumerate(texts):
        for word in words:
            found.setdefault(word, []).append(number)
    return found
