"""Questions that a sentence may be meant for, each with its chance of being right.

A sentence is read as a whole and in stretches. What each resembles (:mod:`.matching`), how its
words stand, and how often pages speak of a question at all, are weighed by a logistic model. Its
weights are learned from labelled pages by :mod:`.training`; they stand in ``ranking.json``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evidence_tools.pages.agents import Place, find_other_treatment
from evidence_tools.pages.matching import Matcher
from evidence_tools.pages.parts import cut_parts, words_tagged
from evidence_tools.pages.sentences import Passage
from evidence_tools.pages.signs import DOSE, REFERENT, Reading, tags_in
from evidence_tools.pages.words import split_words
from evidence_tools.vocab import ClaimKind

__all__ = [
    "FEATURES",
    "Candidate",
    "Ranker",
    "Stretch",
    "find_candidates",
    "measure",
    "read_ranker",
    "stretches_of",
]

#: What is measured of a question and a sentence, in the order of the columns.
FEATURES = (
    "likeness of a stretch",
    "likeness of a speaking stretch",
    "likeness of the sentence",
    "likeness with the line above",
    "likeness of heading and title",
    "likeness of the sentence before",
    "synonyms in a stretch",
    "synonyms in a speaking stretch",
    "synonyms in the sentence",
    "rank in a stretch",
    "subjects of the stretch known",
    "subjects of the sentence known",
    "margin in the stretch",
    "how often pages claim it",
    "of the other kind",
    "of causes",
    "sentence on causes",
    "of safety, standing, lasting or rank",
    "number of stretches",
    "number of words",
    "is an item",
    "is a heading",
    "likeness of the sentence to topics outside",
    "likeness of the stretch to topics outside",
    "another treatment does it",
    "another treatment beside it",
    "another treatment near",
    "another treatment above",
    "names a treatment",
    "claims at all",
    "names massage",
    "names an effect",
)
#: A share of likeness below this is as good as this.
_TRACE = 1e-5
#: A question is a candidate from these on: likeness of a stretch or the sentence, with the line
#: above, likeness to a synonym; and the first few of each stretch always are.
_LIKE, _AROUND, _SYNONYM, _FIRST = 0.01, 0.02, 0.35, 3
#: How likeness of a stretch and of its sentence are mixed, and how much synonyms count beside it,
#: where the questions of one stretch are put in order.
_MIX, _EXAMPLES = 0.4, 2.0
#: Ranks behind this are all the same.
_LAST_RANK = 9
#: Logarithm of how often a question is claimed that no labelled page claims.
_RAREST = -8.0

#: What a sentence can say beside its effect, and the kinds of question that ask about it.
_FACETS = ("safety", "authority", "durability", "superiority")
_FACET_KINDS = frozenset(
    {ClaimKind.SAFETY, ClaimKind.AUTHORITY, ClaimKind.DURABILITY, ClaimKind.COMPARISON}
)

_DENIED = re.compile(
    r"\b(?:will|does|do|did|can|is|are)(?: not|n['’]t)\b|\bcannot\b(?! only)", re.I
)

_Numbers = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Stretch:
    """Words of a sentence that can make a claim: their place in it, and what they say in full."""

    start: int
    end: int
    said: str
    speaks: bool


@dataclass(frozen=True)
class Candidate:
    """A question, its chance of being claimed, its likeness, and the stretch that is nearest."""

    question: str
    chance: float
    share: float
    stretch: int


@dataclass(frozen=True)
class Ranker:
    """Weights of :data:`FEATURES`, and the logarithm of how often labelled pages claim a question.

    Raises
    ------
    ValueError
        When there is not one weight a feature.
    """

    intercept: float
    weights: tuple[float, ...]
    priors: Mapping[str, float]

    def __post_init__(self) -> None:
        """Hold the weights against the features."""
        if len(self.weights) != len(FEATURES):
            raise ValueError(f"{len(self.weights)} weights for {len(FEATURES)} features")

    def chances(self, measured: _Numbers) -> _Numbers:
        """Chance of each row of :func:`measure` to be claimed."""
        sums = self.intercept + measured @ np.array(self.weights)
        return np.asarray(1 / (1 + np.exp(-sums)))


def stretches_of(r: Reading) -> list[Stretch]:
    """Parts of a sentence, words on safety, lasting and the like, and what goes without saying.

    A part that denies something is left out, unless it is the first.
    """
    passage = r.passage
    found: list[Stretch] = []
    for part in cut_parts(passage.text):
        said = part.said if part.speaks else _resolved(part.text, passage)
        found.append(Stretch(part.start, part.end, said or part.text, bool(said)))
    known = {(one.start, one.end) for one in found}
    facets = [(start, end) for start, end in _facet_spans(r) if (start, end) not in known]
    found += [Stretch(first, last, passage.text[first:last], True) for first, last in facets]
    about = tags_in(passage.title) | tags_in(passage.heading)
    if "cancer" in about and not r.has("cancer"):
        # On a page on cancer, each sentence is about cancer.
        said = f"{passage.text} (people with cancer)"
        found.append(Stretch(0, len(passage.text), said, True))
    found = found or [Stretch(0, len(passage.text), passage.text, True)]
    return [one for place, one in enumerate(found) if place == 0 or not _DENIED.search(one.said)]


def _resolved(text: str, passage: Passage) -> str:
    """A part that says what happens to "it", with the complaint that "it" is; else empty."""
    if not tags_in(text) & {"effect_verb", "effect_noun", "cure", "state"}:
        return ""
    if REFERENT.search(text) is None:
        return ""
    for context in (passage.before, passage.heading):
        if "condition" in tags_in(context):
            return " ".join((text, *words_tagged(split_words(context), "body", "condition")))
    return ""


def _facet_spans(r: Reading) -> list[tuple[int, int]]:
    """Where a sentence speaks of safety, of standing, of lasting, of number of sessions."""
    spans = [(found.start(), found.end()) for found in DOSE.finditer(r.passage.text)]
    spans += [place for tag in _FACETS for place in r.spans(tag)]
    return sorted({*spans})


def find_candidates(
    r: Reading,
    stretches: Sequence[Stretch],
    matcher: Matcher,
    ranker: Ranker,
    *,
    background: bool,
) -> list[Candidate]:
    """Put the questions that a sentence may be meant for in order, likeliest first.

    Parameters
    ----------
    r : Reading
        The sentence.
    stretches : sequence of Stretch
        At least one.
    matcher : Matcher
        Says what a text resembles.
    ranker : Ranker
        Weighs it.
    background : bool
        Whether the sentence says what causes a complaint, and not what a treatment does.
    """
    numbers, nearest, shares, measured = measure(
        r, stretches, matcher, ranker.priors, background=background
    )
    found = [
        Candidate(matcher.questions[number], float(chance), float(share), int(place))
        for number, chance, share, place in zip(
            numbers, ranker.chances(measured), shares, nearest, strict=True
        )
    ]
    return sorted(found, key=lambda one: (-one.chance, one.question))


def measure(
    r: Reading,
    stretches: Sequence[Stretch],
    matcher: Matcher,
    priors: Mapping[str, float],
    *,
    background: bool,
) -> tuple[NDArray[np.intp], NDArray[np.intp], _Numbers, _Numbers]:
    """Measure :data:`FEATURES` of the questions that come into question.

    Returns
    -------
    numbers : array of int
        Of the questions, as the matcher numbers them.
    nearest : array of int
        The stretch that is nearest to each.
    shares : array of float
        Likeness of that stretch in its sentence.
    measured : array of float
        A row a question, a column a feature.
    """
    passage = r.passage
    around = " ".join(filter(None, (passage.lead or "", passage.text)))
    if r.is_item and passage.lead == passage.title:
        around = passage.text
    looks = [matcher.look(one.said, background=background) for one in stretches]
    sentence = matcher.look(passage.text, background=background)
    above = matcher.look(around, background=background)
    headings = matcher.look(f"{passage.heading} {passage.title}")
    before = matcher.look(passage.before)
    like = np.array([look.shares for look in looks])
    same = np.array([look.synonyms for look in looks])
    speaks = np.array([one.speaks for one in stretches])[:, None]
    mixed = (1 - _MIX) * like + _MIX * above.shares
    order = same + _EXAMPLES * mixed
    rank = (-order).argsort(axis=1).argsort(axis=1).min(axis=0)
    best, named = like.max(axis=0), same.max(axis=0)
    numbers = np.flatnonzero(
        (best >= _LIKE)
        | (sentence.shares >= _LIKE)
        | (above.shares >= _AROUND)
        | (named >= _SYNONYM)
        | (rank < _FIRST)
    )
    nearest = order.argmax(axis=0)[numbers]
    own = like[nearest, numbers]
    keys = [matcher.questions[number] for number in numbers]
    other = find_other_treatment(r)
    of_causes = np.array([matcher.kinds[key] is ClaimKind.BACKGROUND for key in keys])
    columns = (
        _log(best[numbers]),
        _log((like * speaks).max(axis=0)[numbers]),
        _log(sentence.shares[numbers]),
        _log(above.shares[numbers]),
        _log(headings.shares[numbers]),
        _log(before.shares[numbers]),
        named[numbers],
        (same * speaks).max(axis=0)[numbers],
        sentence.synonyms[numbers],
        np.minimum(rank[numbers], _LAST_RANK),
        [matcher.coverage(looks[at], key) for at, key in zip(nearest, keys, strict=True)],
        [matcher.coverage(sentence, key) for key in keys],
        _log(own) - _log(_best_other(like)[nearest, numbers]),
        [priors.get(key, _RAREST) for key in keys],
        of_causes != background,
        of_causes,
        background,
        [matcher.kinds[key] in _FACET_KINDS for key in keys],
        len(stretches),
        len(r.words),
        r.is_item,
        r.is_heading,
        _log(sentence.outside),
        _log(np.array([look.outside for look in looks])[nearest]),
        *(other is not None and other.place is place for place in Place),
        r.has("treatment"),
        matcher.claiming(passage.text),
        r.has("massage"),
        r.has("effect_verb", "effect_noun"),
    )
    measured = np.empty((len(numbers), len(FEATURES)))
    for place, column in enumerate(columns):
        measured[:, place] = column
    return numbers, nearest, mixed[nearest, numbers], measured


def _log(share: _Numbers | float) -> _Numbers:
    return np.log(np.maximum(share, _TRACE))


def _best_other(like: _Numbers) -> _Numbers:
    """For each question of each row the highest share of the others."""
    if like.shape[1] < 2:
        return np.zeros_like(like)
    top = np.sort(like, axis=1)[:, -2:]
    is_first = like == top[:, 1:]
    return np.where(is_first, top[:, :1], top[:, 1:])


@cache
def read_ranker() -> Ranker:
    """Read the weights that the package brings."""
    place = resources.files("evidence_tools.pages").joinpath("ranking.json")
    held = json.loads(place.read_text("utf-8"))
    return Ranker(
        float(held["intercept"]),
        tuple(float(held["weights"][name]) for name in FEATURES),
        {str(key): float(value) for key, value in held["priors"].items()},
    )
