"""What to do with a claim that was found on a page, and why: by the rules of the register.

A found claim may be meant for one of several questions, and finding it may be wrong. So there is a
fourth word beside those of :class:`~evidence_tools.vocab.Advice`: what nobody can vouch for is *not
assessed*, never kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from evidence_tools.assessment import Assessment
from evidence_tools.pages.claims import FoundClaim
from evidence_tools.pages.oversteps import Overstep, oversteps_of
from evidence_tools.pages.traits import Trait
from evidence_tools.support import Verdict, judge
from evidence_tools.vocab import Advice, FitCheck, Support

__all__ = ["PageAdvice", "Ruling", "rule_on", "strictest"]


class PageAdvice(StrEnum):
    """What to do with a sentence of a page, mildest first."""

    KEEP = "keep"
    NOT_ASSESSED = "not assessed"
    REWORD = "reword"
    REMOVE = "remove"


def strictest(given: Iterable[PageAdvice]) -> PageAdvice | None:
    """Strictest of several pieces of advice; None where there is none.

    "Not assessed" is stricter than "keep": what was not looked at is not fine.
    """
    return max(given, key=list(PageAdvice).index, default=None)


@dataclass(frozen=True)
class Ruling:
    """Advice on one claim: the reason in one plain sentence, and the verdict that it rests on.

    ``condition`` is what the yardstick asks of a sentence that may stay; ``refusal`` is the
    question's own reason for which no wording is offered.
    """

    advice: PageAdvice
    reason: str
    verdict: Verdict | None = None
    oversteps: tuple[Overstep, ...] = ()
    condition: str = ""
    refusal: str | None = None


UNKNOWN = "It makes a health claim that is not in our register, so nobody here has checked it."
OUTSIDE = (
    "It makes a health claim about {}, which our register does not ask, so nobody has checked it."
)
WAITING = "Nobody has judged the studies on this yet."
UNSURE = "It may match a claim that we have checked, but not closely enough to say it is fine."
TWOFOLD = "It can be read in more than one way, and not every way is fine."
TESTIMONIAL = "This yardstick bars the words of clients, whatever they say."

#: What the evidence amounts to, as the first half of a sentence.
_LEVEL = {
    Support.SUPPORTED: "Good evidence backs the point",
    Support.LIMITED: "The evidence is weak",
    Support.CONFLICTING: "The studies disagree",
    Support.INSUFFICIENT: "The studies are too weak to tell",
    Support.NONE_FOUND: "No study of this was found",
    Support.NOT_SUPPORTED: "Weak evidence says no",
    Support.CONTRADICTED: "Good evidence says no",
}
#: How the words go too far, as the second half.
_TOO_FAR = {
    FitCheck.STRENGTH: "the words are too strong for it",
    FitCheck.DURATION: "it promises a longer effect than was shown",
    FitCheck.MAGNITUDE: "it promises a larger effect than was shown",
    FitCheck.POPULATION: "it speaks of people who were not studied",
    FitCheck.INTERVENTION: "the studies were not of this technique",
    FitCheck.COMPARISON: "no study set the two side by side",
    FitCheck.AUTHORITY: "the body is gone or its paper was not found",
}
_TO_REWORD = frozenset({Support.CONFLICTING, Support.LIMITED, Support.SUPPORTED})


def rule_on(claim: FoundClaim, traits: Iterable[Trait], assessment: Assessment) -> Ruling:
    """Advise on one claim of a page.

    It is kept only if its nearest question is near enough, every question that it may as well be
    meant for lets it be kept, and none that its sentence in context may be meant for asks for
    removal.

    Parameters
    ----------
    claim : FoundClaim
        With its nearest questions and what the rules read in it.
    traits : iterable of Trait
        How its sentence stands to it.
    assessment : Assessment
        Ratings of a day, and the yardstick.
    """
    verdicts = {key: _verdict(claim, key, assessment) for key in claim.contenders}
    ruling = _by_rules(claim, verdicts, assessment)
    bars = assessment.base.rules.profiles[assessment.profile].bars_testimonials
    if bars and Trait.TESTIMONIAL in traits:
        return Ruling(PageAdvice.REMOVE, TESTIMONIAL, ruling.verdict, ruling.oversteps)
    return ruling


def _verdict(claim: FoundClaim, question: str, assessment: Assessment) -> Verdict:
    return judge(
        claim.sentence, [assessment.answers[question]], assessment.base.rules, assessment.profile
    )


def _by_rules(claim: FoundClaim, verdicts: dict[str, Verdict], assessment: Assessment) -> Ruling:
    key = claim.question
    if key is None:
        outside = OUTSIDE.format(claim.topic) if claim.topic else UNKNOWN
        return Ruling(PageAdvice.NOT_ASSESSED, outside)
    verdict = verdicts[key]
    if verdict.advice is None or verdict.support is None:
        return Ruling(PageAdvice.NOT_ASSESSED, WAITING, verdict)
    if verdict.advice is Advice.KEEP:
        if not claim.is_sure:
            return Ruling(PageAdvice.NOT_ASSESSED, UNSURE, verdict)
        if any(other.advice is not Advice.KEEP for other in verdicts.values()):
            return Ruling(PageAdvice.NOT_ASSESSED, TWOFOLD, verdict)
        if None in claim.alternatives or any(
            _verdict(claim, other, assessment).advice is Advice.REMOVE
            for other in claim.alternatives
            if other is not None
        ):
            return Ruling(PageAdvice.NOT_ASSESSED, TWOFOLD, verdict)
    appraisal = assessment.appraisals[key]
    return Ruling(
        PageAdvice(verdict.advice),
        _reason(verdict, verdict.support),
        verdict,
        oversteps_of(claim.sentence, verdict, assessment.answers[key]),
        verdict.condition,
        appraisal.no_wording_reason if appraisal and verdict.advice is Advice.REMOVE else None,
    )


def _reason(verdict: Verdict, support: Support) -> str:
    """Say in one plain sentence why."""
    # What a profile's own rule for named topics decided, it explains itself.
    topics = [step.text for step in verdict.steps if step.rule == "topic-rule"]
    if topics:
        told = topics[-1].partition(": ")[2]
        return f"This yardstick says: {told}"
    level = _LEVEL[support]
    if verdict.advice is Advice.REMOVE:
        if support in _TO_REWORD:
            return f"{level}, and this yardstick asks for more."
        return f"{level}."
    if verdict.advice is Advice.KEEP:
        if verdict.condition:
            return f"{level}, but the words stay within it: {verdict.condition}."
        return f"{level}, and the words stay within it."
    failed = [_TOO_FAR[result.check] for result in verdict.fit if not result.fits]
    if failed:
        return f"{level}, and {failed[0]}."
    if verdict.condition:
        return f"{level}, so the words need care: {verdict.condition}."
    return f"{level}, so say just that."
