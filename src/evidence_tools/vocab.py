"""The closed lists: the words of the project are defined here and nowhere else.

Certainty and the five domains follow GRADE (Guyatt and others, BMJ 2008;336:924); the level of
support, the fit checks and the advice are this project's own and are described in
``docs/levels-of-support.md``.
"""

from __future__ import annotations

from enum import StrEnum

__all__ = [
    "Advice",
    "AuthorityStatus",
    "Certainty",
    "ClaimKind",
    "Design",
    "Direction",
    "Directness",
    "Domain",
    "Duration",
    "Effect",
    "FitCheck",
    "Magnitude",
    "MassageType",
    "RetiredKind",
    "Retraction",
    "ShownDuration",
    "ShownMagnitude",
    "Strength",
    "Support",
    "Technique",
    "WordingKind",
]


class Design(StrEnum):
    """Design of a source, strongest kinds of synthesis first."""

    COCHRANE_REVIEW = "cochrane-review"
    META_ANALYSIS = "meta-analysis"
    SYSTEMATIC_REVIEW = "systematic-review"
    UMBRELLA_REVIEW = "umbrella-review"
    EVIDENCE_MAP = "evidence-map"
    GUIDELINE = "guideline"
    RCT = "rct"
    CROSSOVER_RCT = "crossover-rct"
    NONRANDOMISED = "nonrandomised"
    OBSERVATIONAL = "observational"
    LABORATORY = "laboratory"
    NARRATIVE_REVIEW = "narrative-review"
    REPORT = "report"  # news, history, a page of a body: a dated secondary source


class MassageType(StrEnum):
    """Technique that a source studied."""

    NEUROMUSCULAR = "neuromuscular-or-trigger-point"
    GENERAL = "massage-general"
    MYOFASCIAL_RELEASE = "myofascial-release"
    SPORTS = "sports-massage"
    SELF = "self-massage"
    OTHER = "other"


class Effect(StrEnum):
    """Which way one finding points, as its source reports it."""

    FAVOURS_MASSAGE = "favours-massage"
    NO_DIFFERENCE = "no-difference"
    FAVOURS_COMPARATOR = "favours-comparator"
    HARM = "harm"
    MIXED = "mixed"
    UNCLEAR = "unclear"


class Direction(StrEnum):
    """Which way the body of evidence of one question points.

    For physiology *benefit* reads "true" and *none* reads "false"; for safety *benefit* means that
    the reassuring answer holds.
    """

    BENEFIT = "benefit"
    NONE = "none"
    HARM = "harm"
    MIXED = "mixed"
    UNCLEAR = "unclear"


class Certainty(StrEnum):
    """Certainty by our rules, in GRADE's four words."""

    HIGH = "high"
    MODERATE = "moderate"
    LOW = "low"
    VERY_LOW = "very low"

    @property
    def steps(self) -> int:
        """Rank from 0 (very low) to 3 (high)."""
        return 3 - list(Certainty).index(self)

    @classmethod
    def from_steps(cls, steps: int) -> Certainty:
        """Certainty of a rank, held between very low (0) and high (3)."""
        return list(cls)[3 - max(0, min(3, steps))]


class Support(StrEnum):
    """Level of support, weakest first: the order in which a claim takes its weakest question."""

    CONTRADICTED = "contradicted"
    NOT_SUPPORTED = "not-supported"
    NONE_FOUND = "none-found"
    INSUFFICIENT = "insufficient"
    CONFLICTING = "conflicting"
    LIMITED = "limited"
    SUPPORTED = "supported"

    @property
    def rank(self) -> int:
        """Position from 0 (contradicted) to 6 (supported)."""
        return list(Support).index(self)


class Advice(StrEnum):
    """What a clinic should do with a sentence."""

    KEEP = "keep"
    REWORD = "reword"
    REMOVE = "remove"


class FitCheck(StrEnum):
    """The ways in which a wording can step outside what was shown."""

    STRENGTH = "strength"
    DURATION = "duration"
    MAGNITUDE = "magnitude"
    POPULATION = "population"
    INTERVENTION = "intervention"
    COMPARISON = "comparison"
    AUTHORITY = "authority"


class Domain(StrEnum):
    """GRADE's five reasons to rate down."""

    RISK_OF_BIAS = "risk-of-bias"
    INCONSISTENCY = "inconsistency"
    INDIRECTNESS = "indirectness"
    IMPRECISION = "imprecision"
    PUBLICATION_BIAS = "publication-bias"


class ClaimKind(StrEnum):
    """What a claim, and the question that answers it, is about."""

    EFFICACY = "efficacy"
    MECHANISM = "mechanism"
    BACKGROUND = "background"
    PERFORMANCE = "performance"
    PREVENTION = "prevention"
    SAFETY = "safety"
    DURABILITY = "durability"
    COMPARISON = "comparison"
    DIAGNOSIS = "diagnosis"
    AUTHORITY = "authority"


class Strength(StrEnum):
    """How strongly a sentence is worded."""

    ABSOLUTE = "absolute"
    STRONG = "strong"
    MODERATE = "moderate"
    HEDGED = "hedged"


class Duration(StrEnum):
    """Time span that a sentence promises."""

    TEMPORARY = "temporary"
    SHORT = "short"
    LONG = "long"


class Magnitude(StrEnum):
    """Size of effect that a sentence promises."""

    REDUCTION = "reduction"
    COMPLETE = "complete"


class ShownDuration(StrEnum):
    """Longest time after treatment at which the effect was shown."""

    NOT_APPLICABLE = "not applicable"
    NOT_SHOWN = "not shown"
    IMMEDIATE = "immediate"  # up to one day
    SHORT = "short"  # up to three months
    INTERMEDIATE = "intermediate"  # three to twelve months
    LONG = "long"  # a year or more


class ShownMagnitude(StrEnum):
    """Size of the effect that was shown."""

    NOT_APPLICABLE = "not applicable"
    NOT_SHOWN = "not shown"
    TRIVIAL = "trivial"  # below the smallest effect that matters
    SMALL = "small"
    IMPORTANT = "important"
    COMPLETE = "complete"


class Directness(StrEnum):
    """How directly the evidence is about neuromuscular (trigger-point) massage."""

    DIRECT = "direct"
    PARTIAL = "partial"
    INDIRECT = "indirect"
    NOT_APPLICABLE = "not applicable"


class AuthorityStatus(StrEnum):
    """What became of the body that is said to recognise a treatment, or of its document."""

    NOT_APPLICABLE = "not applicable"
    CURRENT = "current"
    RENAMED = "renamed"
    DISSOLVED = "dissolved"
    NOT_FOUND = "document not found"


class RetiredKind(StrEnum):
    """What an id stood for that is no longer in use."""

    QUESTION = "question"
    CLAIM = "claim"
    SOURCE = "source"


class Retraction(StrEnum):
    """What is known of a source's retraction."""

    NOT_CHECKED = "not checked"
    NOT_RETRACTED = "not retracted"
    CONCERN = "expression of concern"
    RETRACTED = "retracted"


class Technique(StrEnum):
    """Treatment that a sentence speaks of."""

    NEUROMUSCULAR = "neuromuscular massage"
    TRIGGER_POINT = "trigger point release"
    MASSAGE = "massage therapy"
    MYOFASCIAL_RELEASE = "myofascial release"
    DEEP_TISSUE = "deep tissue massage"
    STRETCHING = "stretching"
    NONE = "none"  # the sentence speaks of the body, not of a treatment


class WordingKind(StrEnum):
    """Whether a wording asserts an effect or reports the state of the evidence."""

    EFFECT = "effect"
    EVIDENCE = "state of the evidence"
