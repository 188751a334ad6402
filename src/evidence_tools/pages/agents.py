"""Which treatment other than massage a sentence may be speaking of, and where that is named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from evidence_tools.pages.signs import Reading, tags_in
from evidence_tools.pages.words import read_lexicon, split_words, stems

__all__ = ["OtherTreatment", "Place", "find_other_treatment", "is_of_other_treatment"]


class Place(StrEnum):
    """Where another treatment is named: what it does there, and how near that is."""

    SUBJECT = "subject"  # of the sentence: "cupping relieves ..."
    BESIDE = "beside"  # in the sentence, beside massage or behind the effect
    NEAR = "near"  # above the list, or in the sentence before
    ABOVE = "above"  # in the heading or the title


@dataclass(frozen=True)
class OtherTreatment:
    """A treatment that the register does not ask about, in the words of the page."""

    name: str
    place: Place


#: Where another treatment only stands beside the one that is spoken of.
_COMPARED = re.compile(
    r"\b(?:(?:just |much )?as|like|unlike|than|(?:similar|compared|next) to|alongside|instead of)\b"
    r"[^,.;:]*",
    re.IGNORECASE,
)


def find_other_treatment(r: Reading) -> OtherTreatment | None:
    """Find the nearest treatment that is no massage; None where massage is named as near or nearer.

    Parameters
    ----------
    r : Reading
        The sentence; where it names no treatment of either kind, what stands around it is read.
    """
    text = r.passage.text
    told = _COMPARED.sub("", text)
    if r.has("other_treatment") and "other_treatment" in tags_in(told):
        is_subject = r.first("other_treatment") < r.first("effect_verb", "state", "cure")
        place = Place.SUBJECT if is_subject and not r.has("massage") else Place.BESIDE
        return OtherTreatment(_first_named(told), place)
    if r.has("massage"):
        return None
    for context, place in _contexts(r):
        told = _COMPARED.sub("", context)
        tags = tags_in(told)
        if "massage" in tags:
            return None
        if "other_treatment" in tags:
            return OtherTreatment(_first_named(told), place)
    return None


def is_of_other_treatment(r: Reading) -> bool:
    """Whether a claim is plainly made for a treatment that the register does not ask about.

    Anything less plain is weighed with all else that is known of the sentence.
    """
    other = find_other_treatment(r)
    if other is None:
        return False
    is_above = other.place is Place.ABOVE and not r.has("treatment")
    return other.place is Place.SUBJECT or is_above


def _contexts(r: Reading) -> Iterator[tuple[str, Place]]:
    yield r.passage.lead or r.passage.before, Place.NEAR
    yield r.passage.heading, Place.ABOVE
    yield r.passage.title, Place.ABOVE


def _first_named(text: str) -> str:
    """Name the first other treatment of a text."""
    words = split_words(text)
    first, last = read_lexicon().tag(stems(text))["other_treatment"][0]
    return " ".join(words[first:last]).casefold()
