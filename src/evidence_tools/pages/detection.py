"""Is a sentence a claim? Signs weighed by a logistic model, and rules where the rule is plain.

The weights are in ``weights.json``; :mod:`evidence_tools.pages.training` makes them from labelled
sentences. What each sign means stands in :mod:`evidence_tools.pages.signs`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from evidence_tools.pages.likeness import Likeness
from evidence_tools.pages.signs import REFERENT, TARGETS, Reading, signs_of, tags_in
from evidence_tools.pages.words import stems

__all__ = ["THRESHOLD", "Detector", "Judged", "read_detector"]

#: From this probability on a sentence counts as a claim.
THRESHOLD = 0.4
#: The same where the words bring trouble: missing such a claim costs more than a second look.
TROUBLE_THRESHOLD = 0.25
_TROUBLE = ("toxins", "cancer", "pregnancy", "guarantee", "cure", "disease")
_REFERENCE = re.compile(r"\bdoi[:.]|\bet al\b|\b\d{4};\d+", re.IGNORECASE)
_TELLING_QUESTION = re.compile(
    r"^\W*(?:did you know|are you ready|ready to|want to|why not|looking (?:to|for))\b",
    re.IGNORECASE,
)
_FIRST = re.compile(r"\b(?:i|my|me|i(?:'|’)(?:ve|m|d))\b", re.IGNORECASE)
_TOLD = re.compile(
    r"\b(?:clients?|patients?|customers?|people|athletes)\b[^.]{0,40}"
    r"\b(?:say|says|tell|told|report|notice|feel|leave|find)\b",
    re.IGNORECASE,
)
_TURN = re.compile(r"\b(?:but|though|although|however|yet)\b", re.IGNORECASE)
_QUOTED = re.compile(r"^\W*[\"“]|[\"”]\W*$|[“\"][^”\"]{15,}[”\"]")
#: "It has not been proven", "too little research", "studies do not show".
_NO_EVIDENCE = re.compile(
    r"\b(?:not|n['’]t)\s+(?:yet\s+)?(?:been\s+)?(?:\w+ly\s+)?"
    r"(?:proven|proved|shown|established|demonstrated)\b"
    r"|\b(?:too|very)\s+little\s+(?:\w+\s+){0,2}(?:evidence|research|data|proof)\b"
    r"|\b(?:insufficient|not enough|n['’]t enough|no|no good|no strong|no clear)\s+"
    r"(?:scientific\s+)?(?:evidence|research|data|proof|studies|trials)\b"
    r"|\b(?:evidence|data|research|studies|trials)\s+(?:(?:is|are|was|were|do|does|did|have|has)\s*"
    r"(?:not|n['’]t|too\s+\w+|insufficient|lacking|inconclusive))\b",
    re.IGNORECASE,
)
_HARM = re.compile(r"\b(?:side[- ]effects?|harm\w*|risks?|adverse|dangers?)\b", re.IGNORECASE)
#: Words of an offer that stand around the name of a treatment.
_OFFERING = frozenset(stems("we offer provide in sessions of and or neuromuscular"))
#: What a sentence can be about instead of an effect.
_NO_EFFECT = ("procedure", "booking", "biography", "price", "safety_advice", "disclaimer")
_RESULT = ("effect_verb", "effect_noun", "cure", "state", "comparative", "diagnosis")


@dataclass(frozen=True)
class Judged:
    """Verdict on one sentence: how likely it is a claim, the rule that settled it, its signs."""

    is_claim: bool
    confidence: float
    signs: frozenset[str]
    rule: str = ""


@dataclass(frozen=True)
class Detector:
    """Weights of the signs; ``likeness`` is what some signs rest on, the package's own if None."""

    intercept: float
    weights: Mapping[str, float]
    likeness: Likeness | None = None

    def probability(self, signs: frozenset[str]) -> float:
        """Probability by the signs alone, before any rule."""
        total = self.intercept + sum(self.weights.get(sign, 0.0) for sign in signs)
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))

    def judge(self, reading: Reading) -> Judged:
        """Judge a sentence."""
        signs = signs_of(reading, self.likeness)
        chance = self.probability(signs)
        rule, settled = _rule(reading, signs)
        if rule in ("testimonial", "told by others"):
            signs |= {"testimonial"}
        if settled is True:
            return Judged(True, max(chance, 0.7), signs, rule)
        if settled is False:
            return Judged(False, min(chance, 0.2), signs, rule)
        bar = TROUBLE_THRESHOLD if reading.has(*_TROUBLE) else THRESHOLD
        return Judged(chance >= bar, chance, signs)


def _rule(r: Reading, signs: frozenset[str]) -> tuple[str, bool | None]:
    """Rules that hold whatever the weights; the first that fits."""
    text = r.passage.text
    result_and_target = r.has(*_RESULT) and r.has(*TARGETS)
    if len(_REFERENCE.findall(text)) >= 1 and re.search(r"\d{4}", text):
        return "citation", False
    if r.is_question:
        telling = _TELLING_QUESTION.match(text) is not None and result_and_target
        return ("telling question", True) if telling else ("question", False)
    if _names_treatment(r) and "item under benefits" not in signs:
        return "name of a treatment", False
    negated = "negated" in signs
    if r.has("disclaimer") and negated and not _TURN.search(text):
        return "disclaimer", False
    told_no = r.has("not_shown") and negated and r.has("evidence_words")
    if (told_no or _NO_EVIDENCE.search(text)) and not _TURN.search(text):
        # "No evidence of harm" claims that it is safe.
        return ("no evidence of harm", True) if _HARM.search(text) else ("evidence says no", False)
    if _FIRST.search(text) and result_and_target and not r.has("safety_advice"):
        return "testimonial", True
    if _QUOTED.search(text) and r.has("cure", "state") and r.has(*TARGETS):
        return "testimonial", True
    if _TOLD.search(text) and (r.has("state") or result_and_target):
        return "told by others", True
    if _treats_what_was_named(r) and not negated:
        return "of the complaint before", True
    if "promise with target" in signs and r.has(*_RESULT) and "imperative" not in signs:
        return "promise", True
    if r.has("guarantee") and r.has("condition") and r.has(*_RESULT) and not negated:
        return "guarantee", True
    if re.search(r"\b(?:safe|no risks?|risk[- ]free|side[- ]effects?)\b", text, re.I) and not r.has(
        "safety_advice"
    ):
        return "safety", True
    return "", None


def _treats_what_was_named(r: Reading) -> bool:
    """Whether a treatment does something to "it", and the sentence before names a complaint."""
    return (
        REFERENT.search(r.passage.text) is not None
        and r.has("treatment")
        and r.has(*_RESULT)
        and not r.has(*TARGETS, *_NO_EFFECT)
        and "condition" in tags_in(r.passage.before)
    )


def _names_treatment(r: Reading) -> bool:
    """Whether a line names a treatment, perhaps with its length, as offered, and nothing else."""
    named = {
        index
        for tag in ("treatment", "massage", "other_treatment", "price")
        for first, last in r.places.get(tag, ())
        for index in range(first, last)
    }
    rest = [word for index, word in enumerate(r.stems) if index not in named]
    return bool(named) and all(not word.isalpha() or word in _OFFERING for word in rest)


@cache
def read_detector() -> Detector:
    """Read the weights that the package brings."""
    place = resources.files("evidence_tools.pages").joinpath("weights.json")
    held = json.loads(place.read_text("utf-8"))
    return Detector(
        float(held["intercept"]), {str(k): float(v) for k, v in held["weights"].items()}
    )
