"""The words of the method in plain language: one entry for each value of the closed lists.

Symbols and the short meanings come from :mod:`evidence_tools.labels`; what stands here are the
longer explanations, held to a reading grade of 9 by a test.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

import pandas as pd

from evidence_tools.labels import (
    ADVICE,
    CERTAINTY,
    NOT_APPRAISED,
    OVERSTEPS,
    SUPPORT,
)
from evidence_tools.vocab import (
    Advice,
    Certainty,
    ClaimKind,
    Direction,
    Directness,
    Domain,
    FitCheck,
    Strength,
    Support,
)

W = TypeVar("W", bound=str)

__all__ = [
    "GROUPS",
    "KINDS",
    "STRENGTHS",
    "Term",
    "find_terms",
    "format_glossary",
    "glossary",
    "glossary_frame",
]


@dataclass(frozen=True)
class Term:
    """One word with its sign and what it means."""

    group: str
    word: str
    symbol: str
    meaning: str

    @property
    def slug(self) -> str:
        """Name of the entry within a page."""
        return f"{self.group}-{self.word}".lower().replace(" ", "-")


#: Headings of the glossary, in its order.
GROUPS: dict[str, str] = {
    "level": "Levels: what do the studies say?",
    "advice": "Advice: what should a clinic do with the sentence?",
    "certainty": "Certainty: how sure can we be?",
    "direction": "Direction: which way do the studies point?",
    "directness": "How close are the studies to the treatment?",
    "reason": "Five reasons to be less sure",
    "check": "Seven checks of the wording",
    "strength": "How strongly is a sentence worded?",
    "word": "Other words",
}

_LEVELS: dict[Support, str] = {
    Support.SUPPORTED: "The studies show it, and we are fairly sure of it.",
    Support.LIMITED: "The studies point to yes, but they are small or weak, so it may still "
    "turn out wrong.",
    Support.CONFLICTING: "Some studies say yes and some say no. Nobody can tell yet who is right.",
    Support.INSUFFICIENT: "There are studies, but they are so few or so weak that no answer can "
    "rest on them.",
    Support.NONE_FOUND: "That is not proof that it fails. It means that nobody has tested it, as "
    "far as we could find.",
    Support.NOT_SUPPORTED: "The studies point to no, but they are small or weak.",
    Support.CONTRADICTED: "The studies show that it is not so, and we are fairly sure of it.",
}
_ADVICES: dict[Advice, str] = {
    Advice.KEEP: "The studies bear the sentence out as it stands.",
    Advice.REWORD: "There is something true in it, but the sentence says more than was shown.",
    Advice.REMOVE: "The studies do not bear it out, or they say the opposite.",
}
_CERTAINTIES: dict[Certainty, str] = {
    Certainty.HIGH: "New studies will hardly change the answer.",
    Certainty.MODERATE: "The answer is likely right, but new studies may change it.",
    Certainty.LOW: "The answer may well change with the next good study.",
    Certainty.VERY_LOW: "We can hardly say anything.",
}
_DIRECTIONS: dict[Direction, str] = {
    Direction.BENEFIT: "The studies say yes: it helps. If we ask how the body works: it is true. "
    "If we ask about safety: it was safe.",
    Direction.NONE: "The studies say no: people did no better with it. If we ask how the body "
    "works: it is false.",
    Direction.HARM: "People did worse with it.",
    Direction.MIXED: "Good studies point both ways.",
    Direction.UNCLEAR: "The studies do not show which way it goes.",
}
_DIRECTNESS: dict[Directness, str] = {
    Directness.DIRECT: "The studies tested this very kind: neuromuscular massage. It means firm "
    "pressure on sore spots in a muscle.",
    Directness.PARTIAL: "Some of the studies tested this very kind, and the rest tested another.",
    Directness.INDIRECT: "The studies tested massage of another kind. They can not carry a "
    "sentence that names neuromuscular massage.",
    Directness.NOT_APPLICABLE: "The question is not about a kind of massage.",
}
_REASONS: dict[Domain, str] = {
    Domain.RISK_OF_BIAS: "The way a study was run can tilt its result. One example is that people "
    "knew which care they got.",
    Domain.INCONSISTENCY: "The studies do not agree with each other.",
    Domain.INDIRECTNESS: "The studies looked at other people, other care or another result than "
    "we asked about.",
    Domain.IMPRECISION: "Too few people took part, so chance alone could explain the result.",
    Domain.PUBLICATION_BIAS: "Studies with a dull result may lie in a drawer, so the ones that we "
    "can read look too good.",
}
_CHECKS: dict[FitCheck, str] = {
    FitCheck.STRENGTH: "Words such as “always” or “cures” need more than a weak study.",
    FitCheck.DURATION: "If the sentence says “for good”, the studies must have looked that long.",
    FitCheck.MAGNITUDE: "If the sentence says “gone”, then “a bit less” is not enough.",
    FitCheck.POPULATION: "What helps one group of people may not help the next.",
    FitCheck.INTERVENTION: "If the sentence names one kind of massage, that kind must have been "
    "tested.",
    FitCheck.COMPARISON: "If the sentence says “better than”, both must have been tried side by "
    "side.",
    FitCheck.AUTHORITY: "If the sentence leans on a group of experts, that group and its paper "
    "must exist.",
}
#: How strongly a sentence is worded, with an example.
STRENGTHS: dict[Strength, str] = {
    Strength.ABSOLUTE: "It leaves no way out: “always”, “cures”, “for everyone”.",
    Strength.STRONG: "It states a plain fact: “massage eases pain”.",
    Strength.MODERATE: "It holds back a little: “can help”, “is used for”.",
    Strength.HEDGED: "It says that it may or might be so, or that studies hint at it.",
}
#: What a claim is about, in words for a class.
KINDS: dict[ClaimKind, str] = {
    ClaimKind.EFFICACY: "that it helps",
    ClaimKind.MECHANISM: "how it works in the body",
    ClaimKind.BACKGROUND: "how the body works",
    ClaimKind.PERFORMANCE: "that one can do more",
    ClaimKind.PREVENTION: "that it wards something off",
    ClaimKind.SAFETY: "that it is safe",
    ClaimKind.DURABILITY: "that it lasts",
    ClaimKind.COMPARISON: "that it beats other care",
    ClaimKind.DIAGNOSIS: "that it can be found out",
    ClaimKind.AUTHORITY: "who stands behind it",
}
_WORDS: dict[str, str] = {
    "agreement": "How often two people give the same answer. If they agree on 9 of 10, that is "
    "90 per cent.",
    "answer key": "The list of right answers, with the day and the version of the rules.",
    "appraisal": "What a person found after reading the studies on a question, with the reasons.",
    "claim": "One thing that a page says is so. We write it down in our own words.",
    "fascia": "The thin, tough tissue that wraps the muscles.",
    "fibromyalgia": "An illness with pain in many parts of the body, poor sleep and tiredness.",
    "fingerprint": "A short code made from all the data. If one letter of the data changes, so "
    "does the code.",
    "guideline": "A paper in which a group of experts says which care it backs.",
    "head-to-head": "Two kinds of care tried in the same study, so that they can be compared.",
    "kappa": "How much better two people agree than by pure chance: 1 is full, 0 is no better "
    "than chance. If it is weighted, a near miss counts less than a bad one.",
    "neuromuscular massage": "Massage with firm pressure on sore spots in a muscle. It is also "
    "called trigger point massage.",
    "pooled": "Counted together, as if several small studies were one large study.",
    "profile": "The yardstick for the advice. Some countries are stricter than others.",
    "question": "What has to be true for a claim to hold. One claim can lean on more than one "
    "question.",
    "retracted": "Taken back by the journal that had printed it. We no longer count it.",
    "review": "A study of studies: it looks for all of them and sums up what they found.",
    "sham": "Care that looks real but does nothing, so that hope alone can not explain the result.",
    "source": "A paper that was printed in a journal, or the page of an official body.",
    "trial": "A study where chance decides who gets which care. Chance makes the groups alike.",
    "trigger point": "A sore spot in a muscle, often felt as a knot. Experts still argue about "
    "what it is.",
    "usual care": "The care that people get in any case, such as advice, exercise or pain pills.",
    "verdict": "The level of a claim, whether its wording fits, and the advice.",
}
#: Of these, the words of studies: what a reader may meet in a bottom line or a wording.
_MET = (
    "fascia", "fibromyalgia", "guideline", "head-to-head", "neuromuscular massage", "pooled",
    "retracted", "review", "sham", "trial", "trigger point", "usual care",
)  # fmt: skip


def glossary() -> tuple[Term, ...]:
    """All terms, group by group in the order of :data:`GROUPS`, strongest level first."""
    levels = [
        Term("level", label.word, label.symbol, f"{label.meaning} {_LEVELS[level]}")
        for level, label in SUPPORT.items()
    ]
    waiting = Term("level", NOT_APPRAISED.word, NOT_APPRAISED.symbol, NOT_APPRAISED.meaning)
    advice = [
        Term("advice", label.word, label.symbol, f"{label.meaning} {_ADVICES[key]}")
        for key, label in ADVICE.items()
    ]
    certainty = [
        Term("certainty", str(key), dots, _CERTAINTIES[key]) for key, dots in CERTAINTY.items()
    ]
    checks = [
        Term("check", str(key), "", f"It fails if {text}. {_CHECKS[key]}")
        for key, text in OVERSTEPS.items()
    ]
    return (
        *levels,
        waiting,
        *advice,
        *certainty,
        *_terms("direction", _DIRECTIONS),
        *_terms("directness", _DIRECTNESS),
        *_terms("reason", _REASONS),
        *checks,
        *_terms("strength", STRENGTHS),
        *_terms("word", _WORDS),
    )


def _terms(group: str, meanings: Mapping[W, str]) -> list[Term]:
    return [
        Term(group, str(word).replace("-", " ") if group == "reason" else str(word), "", text)
        for word, text in meanings.items()
    ]


def find_terms(*texts: str) -> tuple[Term, ...]:
    """Words of studies that stand in some texts, to be explained beside them.

    >>> [term.word for term in find_terms("Two trials against a SHAM.", "A shambles.")]
    ['sham', 'trial']
    """
    told = " ".join(texts)
    return tuple(
        term
        for term in glossary()
        if term.group == "word"
        and term.word in _MET
        and re.search(rf"\b{re.escape(term.word)}s?\b", told, re.IGNORECASE)
    )


def glossary_frame(group: str) -> pd.DataFrame:
    """Return the terms of one group as a frame for a slide."""
    rows = [
        {"word": f"{term.symbol} {term.word}".strip(), "what it means": term.meaning}
        for term in glossary()
        if term.group == group
    ]
    return pd.DataFrame(rows)


def format_glossary() -> str:
    """Write the glossary as Markdown."""
    lines = ["# The words we use", ""]
    for group, title in GROUPS.items():
        lines += [f"## {title}", ""]
        lines += [
            f"- **{f'{term.symbol} {term.word}'.strip()}**: {term.meaning}"
            for term in glossary()
            if term.group == group
        ]
        lines.append("")
    return "\n".join(lines)
