"""Parts of a sentence that can each make a claim, and what each says in full.

"Pain in the shoulders, neck and back is eased" speaks of three complaints and names pain once: a
part that names only a place takes the complaint of its neighbour.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from evidence_tools.pages.signs import TARGETS, tags_in
from evidence_tools.pages.words import read_lexicon, split_words, stem

__all__ = ["Part", "cut_parts", "words_tagged"]

_CUT = re.compile(
    r"[,;:–—()/]|\b(?:and|or|but|so that|which|because|while|as well as|thus|by|so|plus|due to)\b"
    r"|\bincluding\b|\bsuch as\b|\bthen\b"
)
#: "Without drugs or surgery" is one thing.
_WITHOUT = re.compile(
    r"\b(?:without|no)\s+[\w-]+(?:,\s+[\w-]+)*,?\s+(?:or|and|no)\s+[\w-]+", re.IGNORECASE
)
_JOINT = re.compile(r"\s*(?:,|/|\band\b|\bor\b)[\s,]*(?:and\b|or\b)?\s*", re.IGNORECASE)
#: Tags by which a part makes a claim.
_SPEAKING = (*TARGETS, "state", "safety", "authority", "superiority", "durability", "diagnosis")
#: Tags of what a part says about a tissue or a place, beyond naming it.
_SAYING = ("condition", "outcome", "state", "effect_verb", "effect_noun", "comparative",
           "cause_verb", "safety", "authority", "superiority", "durability", "diagnosis",
           "toxins")  # fmt: skip
#: A part with more words than this says more than a name.
_NAME_WORDS = 3


@dataclass(frozen=True)
class Part:
    """A stretch of a sentence; ``said`` is what it says with what it leaves out."""

    text: str
    start: int
    end: int
    said: str

    @property
    def speaks(self) -> bool:
        """Whether it names anything that a claim can be about."""
        return bool(tags_in(self.said) & {*_SPEAKING})


def cut_parts(text: str) -> tuple[Part, ...]:
    """Cut a sentence at its commas, joins and brackets; marks around a part are left out.

    >>> [part.said for part in cut_parts("Pain in the neck and hips.")]
    ['Pain in the neck', 'hips Pain']
    >>> [part.said for part in cut_parts("We help with back and neck pain.")]
    ['We help with back pain', 'neck pain']
    """
    return _cut(text)


@lru_cache(maxsize=4096)
def _cut(text: str) -> tuple[Part, ...]:
    spans = _joined(text, _spans(text))
    texts = [text[start:end] for start, end in spans]
    linked = [
        _JOINT.fullmatch(text, first[1], second[0]) is not None for first, second in pairwise(spans)
    ]
    return tuple(
        Part(own, start, end, _in_full(number, texts, linked))
        for number, (own, (start, end)) in enumerate(zip(texts, spans, strict=True))
    )


def _spans(text: str) -> list[tuple[int, int]]:
    kept_whole = [(found.start(), found.end()) for found in _WITHOUT.finditer(text)]
    cuts = [
        (found.start(), found.end())
        for found in _CUT.finditer(text)
        if not any(first <= found.start() < last for first, last in kept_whole)
    ]
    spans: list[tuple[int, int]] = []
    for before, after in pairwise([(0, 0), *cuts, (len(text), len(text))]):
        body = text[before[1] : after[0]]
        trimmed = body.strip(" .!?\"'“”’")
        if trimmed:
            first = before[1] + body.index(trimmed)
            spans.append((first, first + len(trimmed)))
    return spans


def _joined(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join a tissue that is only named to its neighbour: "muscles and joints" are one thing."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined:
            first, last = joined[-1]
            names = _names_tissue(text[start:end]) or _names_tissue(text[first:last])
            if names and _JOINT.fullmatch(text, last, start):
                joined[-1] = (first, end)
                continue
        joined.append((start, end))
    return joined


def _names_tissue(text: str) -> bool:
    words = split_words(text)
    return 0 < len(words) <= _NAME_WORDS and words_tagged(words, "tissue") == words


def _in_full(number: int, texts: list[str], linked: list[bool]) -> str:
    """Give a part what it leaves out, because a neighbour of the same list says it."""
    own = texts[number]
    words = split_words(own)
    tags = tags_in(own)
    if len(words) > _NAME_WORDS:
        # "We help with back and neck pain": the verb before is no complaint.
        bare = not tags & {"condition", "outcome", "state"} and words_tagged(words[-1:], "body")
        after = [n for n in _neighbours(number, linked, 1) if _begins_with_place(texts[n])]
        return _with_complaint(own, after if bare else (), texts)
    if "body" in tags and not tags & {*_SAYING}:
        around = (*_neighbours(number, linked, -1), *_neighbours(number, linked, 1))
        said = _with_complaint(own, around, texts)
        if said != own:
            return said
    if words_tagged(words, "bare_complaint") == words:
        for other in _neighbours(number, linked, -1):
            before = split_words(texts[other])
            if place := words_tagged(before, "body") or words_tagged(before, "tissue"):
                return " ".join((*place, own))
    return own


def _begins_with_place(text: str) -> bool:
    return bool(words_tagged(split_words(text)[:1], "body"))


def _with_complaint(own: str, around: Iterable[int], texts: list[str]) -> str:
    """Add the complaint of the nearest part that names a place with it."""
    for other in around:
        complaint = words_tagged(split_words(texts[other]), "bare_complaint")
        if complaint and "body" in tags_in(texts[other]):
            return f"{own} {complaint[0]}"
    return own


def words_tagged(words: tuple[str, ...], *tags: str) -> tuple[str, ...]:
    """Words that carry one of the tags, in order."""
    places = read_lexicon().tag([stem(word) for word in words])
    held = {i for tag in tags for first, last in places.get(tag, ()) for i in range(first, last)}
    return tuple(words[index] for index in sorted(held))


def _neighbours(number: int, linked: list[bool], step: int) -> Iterator[int]:
    """Numbers of the parts of the same list, nearest first."""
    at = number
    while 0 <= at + step <= len(linked) and linked[min(at, at + step)]:
        at += step
        yield at
