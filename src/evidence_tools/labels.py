"""How levels, advice and certainty are shown: symbol, word and meaning, never colour alone."""

from __future__ import annotations

from dataclasses import dataclass

from evidence_tools.vocab import Advice, Certainty, FitCheck, Support

__all__ = [
    "ADVICE",
    "CERTAINTY",
    "NOT_APPRAISED",
    "OVERSTEPS",
    "SAFETY",
    "SUPPORT",
    "Label",
    "advice_label",
    "support_label",
]


@dataclass(frozen=True)
class Label:
    """A sign for one value: ``colour`` is a fill, ``ink`` the text on it (contrast over 4.5)."""

    word: str
    symbol: str
    meaning: str
    colour: str
    ink: str

    @property
    def slug(self) -> str:
        """Name for a style sheet."""
        return self.word.replace(" ", "-")


#: Colours run from blue (carried) over grey (open) to orange-brown (against): told apart by people
#: with the common colour-vision deficiencies; each keeps its own symbol in black and white.
SUPPORT: dict[Support, Label] = {
    Support.SUPPORTED: Label("supported", "✓", "Good evidence says yes.", "#0b4f8a", "#ffffff"),
    Support.LIMITED: Label("limited", "◐", "Weak evidence says yes.", "#8fbfe6", "#10202e"),
    Support.CONFLICTING: Label("conflicting", "⇄", "The evidence disagrees.", "#e9e2b8", "#2b2710"),
    Support.INSUFFICIENT: Label(
        "insufficient", "?", "The evidence is too weak to tell.", "#dddddd", "#1d1d1d"
    ),
    Support.NONE_FOUND: Label(
        "none-found",
        "∅",
        "A dated search found no study; to be confirmed live.",
        "#f4f4f4",
        "#1d1d1d",
    ),
    Support.NOT_SUPPORTED: Label(
        "not-supported", "✗", "Weak evidence says no.", "#f0b48a", "#2e1505"
    ),
    Support.CONTRADICTED: Label(
        "contradicted", "⊗", "Good evidence says no.", "#9a3f0b", "#ffffff"
    ),
}
NOT_APPRAISED = Label(
    "not yet appraised", "…", "Nobody has judged the studies yet.", "#ffffff", "#1d1d1d"
)
ADVICE: dict[Advice, Label] = {
    Advice.KEEP: Label(
        "keep", "✓", "You may say this if the same sentence gives its limits.", "#0b4f8a", "#ffffff"
    ),
    Advice.REWORD: Label("reword", "✎", "Say it in a weaker way.", "#8fbfe6", "#10202e"),
    Advice.REMOVE: Label("remove", "✗", "Take this off the page.", "#9a3f0b", "#ffffff"),
}
#: How a wording that fails a check of fit oversteps, in plain words.
OVERSTEPS: dict[FitCheck, str] = {
    FitCheck.STRENGTH: "the evidence does not back words this strong",
    FitCheck.DURATION: "it promises a longer effect than was shown",
    FitCheck.MAGNITUDE: "it promises a larger effect than was shown",
    FitCheck.POPULATION: "it speaks of people who were not studied",
    FitCheck.INTERVENTION: "the studies were not of this technique itself",
    FitCheck.COMPARISON: "no head-to-head study bears the comparison out",
    FitCheck.AUTHORITY: "the body is gone, or its document was not found",
}
CERTAINTY: dict[Certainty, str] = {
    Certainty.HIGH: "●●●●",
    Certainty.MODERATE: "●●●○",
    Certainty.LOW: "●●○○",
    Certainty.VERY_LOW: "●○○○",
}


#: For questions of safety, yes and no would be misread.
SAFETY: dict[Support, str] = {
    Support.SUPPORTED: "Good evidence is reassuring.",
    Support.LIMITED: "Weak evidence is reassuring.",
    Support.NOT_SUPPORTED: "Weak evidence points to harm.",
    Support.CONTRADICTED: "Good evidence points to harm.",
}


def support_label(value: str | None) -> Label:
    """Label of a level of support; None is "not yet appraised"."""
    return SUPPORT[Support(value)] if value else NOT_APPRAISED


def advice_label(value: str | None) -> Label:
    """Label of an advice; None is "not yet appraised"."""
    return ADVICE[Advice(value)] if value else NOT_APPRAISED
