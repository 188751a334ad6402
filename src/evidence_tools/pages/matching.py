"""What a stretch of text resembles: questions of the register, and topics outside it.

A question is known by its synonyms, whose words weigh what their rarity among the register's own
phrases makes them weigh, and by its likeness to example phrasings and labelled pages. Which of the
questions a sentence is meant for, or whether none is, :mod:`.candidates` weighs.
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

from evidence_tools.pages.labelled import LabelledPage
from evidence_tools.pages.likeness import NO_CLAIM, Likeness, Shares, read_likeness
from evidence_tools.pages.words import read_lexicon, split_words, stems
from evidence_tools.phrasings import Phrasings
from evidence_tools.questions import Question
from evidence_tools.vocab import ClaimKind

__all__ = ["EMPTY", "Look", "Matcher", "examples_of", "read_phrases"]

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
#: Likeness from which a topic outside is named.
_NAMED = 0.3


#: What is taken from the evidence for questions on causes where an effect is claimed, and the
#: other way round: 1 makes a question about a third as likely.
_WRONG_MODE = 2.0
#: Coverage where nothing says what a stretch is about.
_NO_SUBJECT = 0.5


@dataclass(frozen=True)
class Look:
    """What a stretch resembles.

    ``shares`` is its likeness to the examples of each question, ``synonyms`` how much of a synonym
    of each it holds (0 to 1), both in the matcher's order; ``outside`` the highest share of a topic
    outside the register; ``subjects`` the words that say what it is about.
    """

    shares: Shares
    synonyms: Shares
    outside: float
    subjects: frozenset[str]


@cache
def read_phrases() -> Mapping[str, tuple[str, ...]]:
    """Further phrasings of each question that the package brings."""
    place = resources.files("evidence_tools.pages").joinpath("phrases.toml")
    held = tomllib.loads(place.read_text("utf-8"))
    return {key: tuple(part.strip() for part in str(text).split(",")) for key, text in held.items()}


def examples_of(
    questions: Mapping[str, Question], phrasings: Phrasings, pages: Iterable[LabelledPage] = ()
) -> list[tuple[str, str]]:
    """Texts with their label: a question's id, a topic outside, or no claim.

    Parameters
    ----------
    questions : mapping of str to Question
        By id.
    phrasings : Phrasings
        Example phrasings.
    pages : iterable of LabelledPage
        Their sentences, and the words in them that make each claim, are examples too. A sentence
        may have several labels.
    """
    found = [(key, text) for key, some in phrasings.questions.items() for text in some]
    for key, question in questions.items():
        texts = (question.question, *question.synonyms, *read_phrases().get(key, ()))
        found += [(key, text) for text in texts]
    for key, topic in phrasings.outside.items():
        found += [(_OUTSIDE + key, text) for text in topic.phrasings]
    found += [(NO_CLAIM, text) for some in phrasings.no_claims.values() for text in some]
    for page in pages:
        for label in page.sentences:
            for key, words in zip(label.questions, label.words, strict=False):
                found += [(key, words), (key, label.text)]
            if label.topic:
                found.append((_OUTSIDE + label.topic, label.words[-1]))
                if not label.questions:
                    found.append((_OUTSIDE + label.topic, label.text))
            if not label.is_claim:
                found.append((NO_CLAIM, label.text))
    return sorted({*found})


class Matcher:
    """Finds the questions that a stretch of text leans on.

    Parameters
    ----------
    questions : mapping of str to Question
        The register's questions by id.
    phrasings : Phrasings
        Examples by question, and by topic outside the register.
    likeness : Likeness
        Learned from them; by default the one that the package brings.
    """

    def __init__(
        self,
        questions: Mapping[str, Question],
        phrasings: Phrasings | None = None,
        likeness: Likeness | None = None,
    ) -> None:
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
        # A sentence comes again as the line before, and its parts as its stretches.
        self._look = lru_cache(maxsize=4096)(self._find_look)
        self.vocabulary: dict[str, set[str]] = {}
        for key, texts in wordings.items():
            held = (*texts, *questions[key].synonyms, *read_phrases().get(key, ()))
            self.vocabulary[key] = {*_content(stems(" ".join(held)))}
        given = phrasings or Phrasings(questions={})
        self._likeness = likeness or read_likeness()
        self._number = {label: number for number, label in enumerate(self._likeness.labels)}
        #: Questions in the order of all that is told of each.
        self.questions = tuple(self.kinds)
        self._places = {key: place for place, key in enumerate(self.questions)}
        #: Number and name of the labels that are questions, and of those that are topics outside.
        self._asked = [(self._number[key], key) for key in self.kinds if key in self._number]
        self._outside = [
            (self._number[_OUTSIDE + key], topic.name)
            for key, topic in given.outside.items()
            if _OUTSIDE + key in self._number
        ]
        self._asked_numbers = np.array([number for number, _ in self._asked], int)
        self._asked_places = np.array([self._places[key] for _, key in self._asked], int)
        self._owners = np.array([self._places[phrases[number][0]] for number in self._starts], int)
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
                handicap[number] = _WRONG_MODE
        return handicap

    def _weight(self, word: str) -> float:
        return self._idf.get(word, self._rare)

    def _mass(self, words: Iterable[str]) -> float:
        return sum(self._weight(word) for word in words)

    def look(self, text: str, *, background: bool | None = None) -> Look:
        """See what a text resembles.

        Parameters
        ----------
        text : str
            A stretch, a sentence, or a sentence in context.
        background : bool, optional
            Whether what it stands in says what causes a complaint, and not what a treatment does;
            left out, both kinds of question are told alike.
        """
        return self._look(text, background)

    def _find_look(self, text: str, background: bool | None) -> Look:
        labels = self._labels(text, background)
        shares = np.zeros(len(self.questions), np.float32)
        shares[self._asked_places] = labels[self._asked_numbers]
        outside = max((float(labels[number]) for number, _ in self._outside), default=0.0)
        words = _content(stems(text))
        return Look(shares, self._synonyms(words), outside, self._subjects(text))

    def claiming(self, text: str) -> float:
        """Say on which side of what claims and what does not a text lies: above 0 it claims."""
        return self._likeness.claiming(text)

    def _labels(self, text: str, background: bool | None) -> Shares:
        handicap = self._unknown if background is None else self._handicap[background]
        known = self._likeness.shares(text, handicap)
        return self._unknown if known is None else known

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
            As in :meth:`look`.
        """
        shares = self._labels(text, background)
        found: set[str | None] = {key for number, key in self._asked if shares[number] >= share}
        if any(shares[number] >= share for number, _ in self._outside):
            found.add(None)
        return frozenset(found)

    def topic(self, text: str) -> str:
        """Name the topic outside the register that a stretch resembles, or says; empty if none."""
        shares = self._labels(text, background=False)
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

    def coverage(self, look: Look, question: str) -> float:
        """Share of the subjects of a text that a question's own words hold, by their rarity."""
        if not look.subjects:
            return _NO_SUBJECT
        return self._mass(look.subjects & self.vocabulary[question]) / self._mass(look.subjects)

    def _synonyms(self, words: tuple[str, ...]) -> Shares:
        """Give each question what the best of its synonyms shares with the words."""
        shared = np.zeros(len(self._phrase_weight))
        for word in {*words}:
            if word in self._phrases_with:
                shared[self._phrases_with[word]] += self._weight(word)
        share = shared / self._phrase_weight
        size = np.minimum(1.0, shared / (1.6 * self._rare))
        found = np.zeros(len(self.questions), np.float32)
        found[self._owners] = np.maximum.reduceat(share * share * (0.5 + 0.5 * size), self._starts)
        return found


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
