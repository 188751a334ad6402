"""The closed lists of the page audit: what a sentence is, and the kinds of trouble it can bring."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Trait", "Trouble"]


class Trouble(StrEnum):
    """Claims for which regulators go after clinics first."""

    CURE = "cure"
    DISEASE = "disease"
    TOXINS = "toxins"
    PREGNANCY = "pregnancy"
    CANCER = "cancer"
    GUARANTEE = "guarantee"


class Trait(StrEnum):
    """How a sentence stands to what it says."""

    TREATMENT = "treatment"  # names a treatment, or speaks for one that the text before named
    CAUSE = "cause"  # says what brings on a complaint, whatever the treatment
    QUESTION = "question"
    NEGATION = "negation"
    TESTIMONIAL = "testimonial"
    HEDGE = "hedge"
    DISCLAIMER = "disclaimer"
    EVIDENCE = "evidence"  # leans on studies
    COMPARISON = "comparison"
    CONTEXT = "context"  # a claim only through its heading or the line above its list
    OTHER_TREATMENT = "other treatment"  # cupping, adjustment, needles: not massage
    PRICE = "price"
    BOOKING = "booking"
    BIOGRAPHY = "biography"
    PROCEDURE = "procedure"
    DEFINITION = "definition"
    SAFETY_ADVICE = "safety advice"
    CITATION = "citation"
