"""Signs by which a sentence is known as a claim, or as something else: yes-or-no questions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

from evidence_tools.pages.likeness import Likeness, read_likeness
from evidence_tools.pages.page import BlockKind
from evidence_tools.pages.sentences import Passage
from evidence_tools.pages.words import Lexicon, Token, read_lexicon, stems, tokens

__all__ = [
    "DOSE",
    "REFERENT",
    "TARGETS",
    "Reading",
    "negated_effect",
    "read_passage",
    "signs_of",
    "tags_in",
]

TARGETS = ("condition", "outcome", "physiology")
_CLAUSE = re.compile(r"[,;:–—()]| - | but | so that | because | which | while | when | although ")
_PRONOUN = re.compile(r"(?:it|this|these|they|that|its|such|the|then)\b", re.IGNORECASE)
#: Words that stand for a complaint which was named before.
REFERENT = re.compile(
    r"\b(?:it|them|they|these|this|those|symptoms?|problems?|issues?|conditions?|complaints?)\b",
    re.IGNORECASE,
)
_IMPERATIVE = re.compile(
    r"\W*(?:ask|avoid|book|bring|buy|call|choose|click|come|contact|discover|do|drink|experience"
    r"|fill|find|follow|get|give|join|keep|know|learn|leave|let|make|meet|note|pay|please|put|read"
    r"|reserve|ring|schedule|see|send|share|speak|stand|stay|step|stop|take|talk|tell|try|undress"
    r"|use|visit|wear|write|consult|remember|imagine|enter|email|text)\b",
    re.IGNORECASE,
)
_MONEY = re.compile(r"[£$€]\s?\d|\b\d+\s?(?:min|mins|minutes|minute|hours?|hr)\b|:\s*\d+$")
_PROMISE = re.compile(r"\b(?:you(?:'|’)ll|you will|expect to|will be|will feel)\b", re.IGNORECASE)
_FIRST = re.compile(r"\b(?:i|my|me|i(?:'|’)(?:ve|m|d))\b", re.IGNORECASE)
DOSE = re.compile(
    r"\b(?:need|needs|take|takes|require|requires|recommend|after|within|every|in)\b[^.]{0,40}"
    r"\b(?:sessions?|visits?|treatments?|weeks?)\b",
    re.IGNORECASE,
)
_NEGATED_EFFECT = re.compile(
    r"\b(?:not|n['’]t|cannot|no|never|nor|neither)\b(?! only)((?:\s+[\w-]+){1,5})", re.IGNORECASE
)
_FEEL = re.compile(
    r"\b(?:feel|feels|felt|feeling|leave|leaves|leaving|walk|look|looks|sleep|sleeps|wake)\b", re.I
)
#: Degrees of likeness to what claims something, each of which is a sign.
_CLAIMING = (-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0)
_OPEN_QUOTE = ('"', "“", "'", "‘")


@dataclass(frozen=True)
class Reading:
    """A passage with its words and the places of the lexicon's tags."""

    passage: Passage
    words: tuple[Token, ...]
    stems: tuple[str, ...]
    places: dict[str, list[tuple[int, int]]]

    def has(self, *tags: str) -> bool:
        """Whether any of the tags stands in the sentence."""
        return any(self.places.get(tag) for tag in tags)

    def count(self, *tags: str) -> int:
        """How many stretches carry one of the tags."""
        return len({place for tag in tags for place in self.places.get(tag, ())})

    def first(self, *tags: str) -> int:
        """Index of the first word with one of the tags; past the end if there is none."""
        starts = [place[0] for tag in tags for place in self.places.get(tag, ())]
        return min(starts, default=len(self.stems))

    def spans(self, tag: str) -> list[tuple[int, int]]:
        """Where in the text stretches with a tag begin and end; none where words do not line up."""
        text = self.passage.text
        parts = [
            (token.start + place.start(), token.start + place.end())
            for token in self.words
            for place in re.finditer(r"[^-]+", text[token.start : token.end])
        ]
        if len(parts) != len(self.stems):
            return []
        return [(parts[a][0], parts[b - 1][1]) for a, b in self.places.get(tag, ())]

    def near(self, ahead: Sequence[str], behind: Sequence[str], span: int) -> bool:
        """Whether a word of ``behind`` follows one of ``ahead`` within so many words."""
        ends = [place for tag in ahead for place in self.places.get(tag, ())]
        starts = [place for tag in behind for place in self.places.get(tag, ())]
        return any(0 <= b[0] - a[1] < span and a != b for a in ends for b in starts)

    @cached_property
    def is_question(self) -> bool:
        """Whether it ends with a question mark."""
        return self.passage.text.rstrip("\"'”’) ").endswith("?")

    @cached_property
    def is_item(self) -> bool:
        """Whether it is an item of a list or menu."""
        return self.passage.kind in (BlockKind.ITEM, BlockKind.MENU)

    @cached_property
    def is_heading(self) -> bool:
        """Whether it is a heading or title."""
        return self.passage.kind in (BlockKind.HEADING, BlockKind.TITLE)


def read_passage(passage: Passage, lexicon: Lexicon | None = None) -> Reading:
    """Find the words of a passage and their tags."""
    found = stems(passage.text)
    return Reading(passage, tokens(passage.text), found, (lexicon or read_lexicon()).tag(found))


@lru_cache(maxsize=4096)
def tags_in(text: str) -> frozenset[str]:
    """Tags of the lexicon that a text holds."""
    return frozenset(tag for tag, places in read_lexicon().tag(stems(text)).items() if places)


def signs_of(reading: Reading, likeness: Likeness | None = None) -> frozenset[str]:
    """Names of the signs that a passage shows.

    Parameters
    ----------
    reading : Reading
        The passage.
    likeness : Likeness, optional
        Tells what resembles a claim; by default the one that the package brings.
    """
    return frozenset(_signs(reading, likeness or read_likeness()))


def _signs(r: Reading, likeness: Likeness) -> Iterator[str]:
    text = r.passage.text
    count = len(r.stems)
    first_word = r.words[0].word if r.words else ""
    effect = r.has("effect_verb", "effect_noun", "comparative", "state")
    target = r.has(*TARGETS)
    lead = tags_in(r.passage.lead)
    title = tags_in(r.passage.title)
    before = tags_in(r.passage.before)
    fragment = r.is_item or r.is_heading

    alike = likeness.claiming(text)
    for bar in _CLAIMING:
        if alike >= bar:
            yield f"like a claim, {bar:+}"

    for tag in [
        "safety",
        "authority",
        "superiority",
        "durability",
        "diagnosis",
        "hedge",
        "softened",
        "burden",
        "definition",
        "procedure",
        "booking",
        "biography",
        "price",
        "safety_advice",
        "disclaimer",
        "not_shown",
        "evidence_words",
        "people",
        "other_treatment",
        "guarantee",
        "toxins",
        "cancer",
        "pregnancy",
        "disease",
    ]:
        if r.has(tag):
            yield tag
    for tag in ("condition", "outcome", "physiology", "body"):
        if r.has(tag):
            yield f"has {tag}"
    if not target:
        yield "no target"
        if not r.has("body"):
            yield "no target, no body"
    if r.count(*TARGETS) >= 2:
        yield "two targets"
    if r.count(*TARGETS) >= 4:
        yield "four targets"
    if effect and target:
        yield "effect and target"
        if not fragment:
            yield "effect and target in running text"
        if r.count("effect_verb", "effect_noun") >= 3:
            yield "many effects"
    if r.near(("effect_verb", "effect_noun"), TARGETS, 4):
        yield "effect then target"
        if r.has("treatment"):
            yield "treatment, effect then target"
        if r.first("treatment") < r.first("effect_verb", "effect_noun"):
            yield "treatment before effect"
        if not r.has("procedure", "booking", "biography", "price", "safety_advice", "burden"):
            yield "effect then target, nothing else"
    if r.near(("effect_verb", "effect_noun"), ("body",), 3):
        yield "effect then body"
    if r.near(TARGETS, ("effect_verb", "effect_noun", "state"), 3):
        yield "target then effect"
    if r.near(("comparative",), TARGETS, 2):
        yield "comparative then target"
    if r.has("state") and r.has("people", "effect_verb"):
        yield "state of people"
    if r.has("cause_verb") and target:
        yield "cause and target"
        if r.near(("cause_verb",), ("condition", "physiology"), 4):
            yield "cause then complaint"
            if not r.has("burden"):
                yield "cause then complaint, no burden"
        if r.has("physiology", "body") and r.has("condition"):
            yield "cause, body and complaint"
    if r.has("massage") and target and r.first("massage") <= 4:
        yield "massage first, then target"
    if r.has("massage"):
        yield "massage"
    if not r.has("treatment") and not r.has("other_treatment"):
        yield "no treatment"
        if _PRONOUN.match(text) and before & {"treatment", "other_treatment"}:
            yield "pronoun after treatment"
            if effect and target:
                yield "pronoun after treatment, effect and target"
    if r.has("other_treatment") and effect and target:
        yield "other treatment, effect and target"
    if r.has("treatment", "other_treatment") and target and r.has("authority"):
        yield "treatment, authority and target"
    if r.has("authority") and r.has("treatment"):
        yield "authority and treatment"
    if r.has("superiority") and r.has("treatment"):
        yield "superiority and treatment"
    if r.has("durability") and (effect or target):
        yield "durability and effect"
    if r.has("safety") and (r.has("treatment") or _PRONOUN.match(text)):
        yield "safety of treatment"
    if first_word.endswith("ing") and r.count("effect_verb") >= 2:
        yield "by doing"

    if r.is_item:
        yield "item"
        if "benefit_lead" in lead and not lead & {"not_benefit_lead"}:
            yield "item under benefits"
            if target or effect:
                yield "item under benefits with target or effect"
            if target and count <= 6:
                yield "short item under benefits with target"
        elif "not_benefit_lead" in lead:
            yield "item under something else"
        if target and r.has("price") and effect:
            yield "named effect in a price list"
    if r.is_heading:
        yield "heading"
        if r.has("effect_noun", "comparative", "effect_verb") and target:
            yield "heading with effect and target"
            if r.near(("effect_noun", "effect_verb", "comparative"), TARGETS, 3):
                yield "heading, effect then target"
            if r.near(TARGETS, ("effect_noun",), 1):
                yield "heading, target then effect"
        if r.has("condition") and re.search(r"\bfor\b|\bto\b", text) and r.has("treatment"):
            yield "heading treatment for condition"
        if count <= 3:
            yield "short heading"
    if r.passage.kind is BlockKind.TITLE:
        yield "title"
    if r.is_question:
        yield "question"
    if _IMPERATIVE.match(text):
        yield "imperative"
        if not (effect and target):
            yield "imperative without effect"
    if _PROMISE.search(text):
        yield "promise"
        if target or r.has("state"):
            yield "promise with target"
    if _MONEY.search(text):
        yield "money or minutes"
    if text.startswith(_OPEN_QUOTE) or "“" in text or text.count('"') >= 2:
        yield "quoted"
    if _FIRST.search(text):
        yield "first person"
        if (effect or r.has("cure", "state")) and target:
            yield "first person with effect"
    if r.has("cure") and target:
        yield "cure words"
    if count <= 3:
        yield "very short"
    if count >= 18:
        yield "long"
    if count >= 28:
        yield "very long"
    if r.has("definition") and r.has("physiology") and not effect:
        yield "definition of a part"
    if r.has("condition") and r.has("definition") and not r.has("treatment"):
        yield "definition of a condition"
    if first_word in {"we", "our", "your", "each", "every"} and not target:
        yield "about the service"
    if first_word in {"no", "not", "never"}:
        yield "begins with no"
    if re.search(r"\b(?:not|n['’]t|no|none|never|cannot|without)\b", text):
        yield "negated"
    if "massage" in title or "treatment" in title:
        yield "page about treatment"
    if DOSE.search(text):
        yield "dose"
    if negated_effect(r):
        yield "effect negated"
    if r.has("not_shown") and r.has("evidence_words", "authority"):
        yield "evidence says no"
    if _FEEL.search(text) and r.has("state", "comparative"):
        yield "feel better"
    if _clauses_with_effect(r) >= 2:
        yield "two clauses with effect"


def negated_effect(r: Reading) -> bool:
    """Whether a "not" stands right before an effect."""
    return any(
        tags_in(found[1]) & {"effect_verb", "effect_noun", "cure"}
        for found in _NEGATED_EFFECT.finditer(r.passage.text)
    )


def _clauses_with_effect(r: Reading) -> int:
    """How many clauses hold both an effect and a target."""
    marks = [found.start() for found in _CLAUSE.finditer(r.passage.text)]
    if not marks:
        return int(r.has("effect_verb", "effect_noun") and r.has(*TARGETS))
    starts = [0, *marks, len(r.passage.text)]
    found = 0
    for begin, end in pairwise(starts):
        tags = tags_in(r.passage.text[begin:end])
        found += bool(tags & {"effect_verb", "effect_noun"}) and bool(tags & set(TARGETS))
    return found
