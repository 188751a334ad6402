"""What a sentence promises, slot by slot: strength, time, size, technique, trouble."""

from __future__ import annotations

import re

from evidence_tools.pages.signs import Reading, tags_in
from evidence_tools.pages.traits import Trait, Trouble
from evidence_tools.vocab import ClaimKind, Duration, Magnitude, Strength, Technique

__all__ = [
    "duration_of",
    "kind_of",
    "magnitude_of",
    "population_shown",
    "strength_of",
    "technique_of",
    "traits_of",
    "trouble_of",
]

#: First pattern that is found names the technique.
_TECHNIQUES = (
    (Technique.NEUROMUSCULAR, re.compile(r"neuromuscular", re.IGNORECASE)),
    (Technique.MYOFASCIAL_RELEASE, re.compile(r"myo-?fascial release", re.IGNORECASE)),
    (
        Technique.TRIGGER_POINT,
        re.compile(r"trigger[- ]point (?:release|therap|massage|work|treat)", re.I),
    ),
    (Technique.DEEP_TISSUE, re.compile(r"deep[- ]tissue", re.IGNORECASE)),
    (Technique.STRETCHING, re.compile(r"\bstretch", re.IGNORECASE)),
)
#: People whom the studies of the register's questions as a rule leave out.
_OTHER_PEOPLE = re.compile(
    r"\b(?:pregnan\w+|prenatal|antenatal|postnatal|expectant|trimester|labou?r|bab(?:y|ies)|infants?"
    r"|newborns?|toddlers?|child(?:ren)?|kids|unborn|breastfeeding)\b",
    re.IGNORECASE,
)
_LOWER_SIDES = ("condition", "physiology")


def strength_of(reading: Reading) -> Strength:
    """How strongly a sentence, with the line above its list, is worded."""
    text = reading.passage.text
    lead = tags_in(reading.passage.lead)
    fragment = reading.is_item or reading.is_heading
    if reading.has("absolute") or re.search(r"\byou(?:['’]ll| will)\b", text, re.IGNORECASE):
        return Strength.ABSOLUTE
    if reading.has("hedge") or (fragment and "hedge" in lead):
        return Strength.HEDGED
    if reading.has("softened") or (fragment and "softened" in lead):
        return Strength.MODERATE
    if fragment and not reading.has("effect_verb", "effect_noun", "comparative", "state"):
        return Strength.MODERATE
    return Strength.STRONG


def duration_of(reading: Reading) -> Duration | None:
    """Time span that is promised, the longest first; None where there is none."""
    if reading.has("long_time"):
        return Duration.LONG
    if reading.has("temporary"):
        return Duration.TEMPORARY
    if reading.has("short_time"):
        return Duration.SHORT
    return None


def magnitude_of(reading: Reading) -> Magnitude | None:
    """Size of effect that is promised; None where there is none."""
    if not reading.has("condition", "physiology", "outcome"):
        return None
    if reading.has("complete_words"):
        return Magnitude.COMPLETE
    near = reading.near(("reduction_words",), _LOWER_SIDES, 4)
    return Magnitude.REDUCTION if near or reading.has("reduction_words") else None


def technique_of(text: str, whole: str, *, background: bool) -> Technique:
    """Treatment that a claim speaks of; a page on massage means massage where none is named."""
    if background:
        return Technique.NONE
    for stretch in (text, whole):
        for technique, pattern in _TECHNIQUES:
            if pattern.search(stretch):
                return technique
    return Technique.MASSAGE


def population_shown(text: str) -> bool:
    """Whether the sentence stays with people whom the register's questions ask about."""
    return _OTHER_PEOPLE.search(text) is None


def trouble_of(reading: Reading) -> tuple[Trouble, ...]:
    """Kinds of trouble that a claim would bring, in the order of their list."""
    found = {kind for kind in Trouble if reading.has(kind.value)}
    if Trouble.CURE in found and not reading.has("condition"):
        found.discard(Trouble.CURE)
    return tuple(kind for kind in Trouble if kind in found)


_SIGN_OF = {
    Trait.QUESTION: "question",
    Trait.EVIDENCE: "evidence_words",
    Trait.COMPARISON: "superiority and treatment",
    Trait.OTHER_TREATMENT: "other treatment, effect and target",
    Trait.PRICE: "money or minutes",
    Trait.BOOKING: "booking",
    Trait.BIOGRAPHY: "biography",
    Trait.PROCEDURE: "procedure",
    Trait.DEFINITION: "definition",
    Trait.SAFETY_ADVICE: "safety_advice",
    Trait.DISCLAIMER: "disclaimer",
    Trait.HEDGE: "hedge",
    Trait.CONTEXT: "item under benefits",
    Trait.TESTIMONIAL: "testimonial",
    Trait.NEGATION: "effect negated",
}


def traits_of(reading: Reading, signs: frozenset[str], *, background: bool) -> tuple[Trait, ...]:
    """How the sentence stands to what it says, in the order of the closed list."""
    found = {trait for trait, sign in _SIGN_OF.items() if sign in signs}
    if reading.has("treatment"):
        found.add(Trait.TREATMENT)
    if background:
        found.add(Trait.CAUSE)
    return tuple(trait for trait in Trait if trait in found)


def kind_of(reading: Reading, matched: ClaimKind | None, *, background: bool) -> ClaimKind:
    """Kind of a claim: that of its question, else by its words."""
    if matched is not None:
        return matched
    if background:
        return ClaimKind.BACKGROUND
    if reading.has("safety"):
        return ClaimKind.SAFETY
    if reading.has("superiority"):
        return ClaimKind.COMPARISON
    return ClaimKind.EFFICACY
