"""Where a sentence leaves what studies have shown, slot by slot, in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from evidence_tools.support import Answer, Sentence, Verdict
from evidence_tools.vocab import (
    ClaimKind,
    Directness,
    Duration,
    FitCheck,
    Magnitude,
    MassageType,
    ShownDuration,
    ShownMagnitude,
    Strength,
    Support,
    Technique,
)

__all__ = ["Overstep", "Slot", "oversteps_of"]


class Slot(StrEnum):
    """The conditions of use within which a sentence must stay."""

    STRENGTH = "strength"
    POPULATION = "population"
    TECHNIQUE = "technique"
    COMPARATOR = "comparator"
    OUTCOME = "outcome"
    TIME = "time"
    MAGNITUDE = "magnitude"
    STANDING = "standing"  # of a body that is said to recognise a treatment


@dataclass(frozen=True)
class Overstep:
    """One condition that a sentence oversteps: a plain sentence, and what was seen instead."""

    slot: Slot
    text: str
    shown: str = ""


_SPANS = {
    ShownDuration.NOT_APPLICABLE: "no time span",
    ShownDuration.NOT_SHOWN: "no time span",
    ShownDuration.IMMEDIATE: "up to one day",
    ShownDuration.SHORT: "up to three months",
    ShownDuration.INTERMEDIATE: "three to twelve months",
    ShownDuration.LONG: "a year or more",
}
_SIZES = {
    ShownMagnitude.NOT_APPLICABLE: "no size of effect",
    ShownMagnitude.NOT_SHOWN: "no size of effect",
    ShownMagnitude.TRIVIAL: "an effect too small to matter",
    ShownMagnitude.SMALL: "a small effect",
    ShownMagnitude.IMPORTANT: "an effect that people notice, but not all of it",
    ShownMagnitude.COMPLETE: "a complete effect",
}
_TYPES = {
    MassageType.NEUROMUSCULAR: "trigger-point massage",
    MassageType.GENERAL: "massage in general",
    MassageType.MYOFASCIAL_RELEASE: "myofascial release",
    MassageType.SPORTS: "sports massage",
    MassageType.SELF: "self-massage",
    MassageType.OTHER: "other techniques",
}
#: Techniques of which the rating says how directly the studies are about them.
_DIRECT = (Technique.NEUROMUSCULAR, Technique.TRIGGER_POINT)
_PROMISED = {
    Duration.LONG: "It promises an effect that lasts.",
    Duration.SHORT: "It promises an effect for days or weeks.",
    Duration.TEMPORARY: "It promises an effect for a while.",
}
_NOT_SHOWN = {
    Support.INSUFFICIENT: "for which the studies are too weak",
    Support.NONE_FOUND: "that no study has looked at",
    Support.NOT_SUPPORTED: "that studies did not find",
    Support.CONTRADICTED: "that studies did not find",
}


def oversteps_of(sentence: Sentence, verdict: Verdict, answer: Answer) -> tuple[Overstep, ...]:
    """List the conditions that a sentence oversteps, in the order of :class:`Slot`."""
    found = {overstep.slot: overstep for overstep in _found(sentence, verdict, answer)}
    return tuple(found[slot] for slot in Slot if slot in found)


def _found(sentence: Sentence, verdict: Verdict, answer: Answer) -> Iterator[Overstep]:
    failed = {result.check for result in verdict.fit if not result.fits}
    shown = answer.appraisal.shown if answer.appraisal else None
    absolute = sentence.strength is Strength.ABSOLUTE
    # Where nothing was shown, no words are mild enough, and their strength is beside the point.
    if FitCheck.STRENGTH in failed and (absolute or verdict.support not in _NOT_SHOWN):
        text = "It makes a promise." if absolute else "Its words are too strong."
        yield Overstep(Slot.STRENGTH, text)
    if FitCheck.POPULATION in failed and verdict.support is not Support.NONE_FOUND:
        people = "" if shown is None else f"Studied: {shown.population}."
        yield Overstep(Slot.POPULATION, "It speaks of people who were not studied.", people)
    if FitCheck.INTERVENTION in failed:
        partly = answer.rating.directness is Directness.PARTIAL and sentence.technique in _DIRECT
        which = "only some of the studies were" if partly else "the studies were not"
        text = f"It speaks of {sentence.technique}, but {which} of that."
        yield Overstep(Slot.TECHNIQUE, text, _studied(answer))
    if FitCheck.COMPARISON in failed:
        compared = "" if shown is None else f"Compared with: {shown.comparator}."
        yield Overstep(Slot.COMPARATOR, "It compares, and no study set the two side by side.",
                       compared)  # fmt: skip
    if verdict.support in _NOT_SHOWN:
        background = sentence.kind in (ClaimKind.BACKGROUND, ClaimKind.MECHANISM)
        what = "states something" if background else "promises an outcome"
        text = f"It {what} {_NOT_SHOWN[verdict.support]}."
        yield Overstep(Slot.OUTCOME, text, f"Asked about: {answer.question.outcome}.")
    if FitCheck.DURATION in failed and sentence.duration is not None:
        span = _SPANS[shown.duration if shown else ShownDuration.NOT_SHOWN]
        yield Overstep(Slot.TIME, _PROMISED[sentence.duration], f"Shown: {span}.")
    if FitCheck.MAGNITUDE in failed:
        complete = sentence.magnitude is Magnitude.COMPLETE
        text = "It promises that all of it goes." if complete else "It promises a real change."
        size = _SIZES[shown.magnitude if shown else ShownMagnitude.NOT_SHOWN]
        yield Overstep(Slot.MAGNITUDE, text, f"Shown: {size}.")
    if FitCheck.AUTHORITY in failed:
        status = "" if shown is None else f"Its state: {shown.authority}."
        text = "It names a body that is gone or whose paper was not found."
        yield Overstep(Slot.STANDING, text, status)


def _studied(answer: Answer) -> str:
    """Name the techniques that the studies in favour looked at."""
    listed = ", ".join(_TYPES[kind] for kind in MassageType if kind in answer.massage_types)
    return f"Studied: {listed}." if listed else ""
