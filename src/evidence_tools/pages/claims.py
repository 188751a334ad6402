"""The claims of a page: which sentences claim something, what, how strongly, on what question."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from evidence_tools.base import EvidenceBase
from evidence_tools.pages.agents import Place, find_other_treatment, is_of_other_treatment
from evidence_tools.pages.candidates import (
    Candidate,
    Ranker,
    Stretch,
    find_candidates,
    read_ranker,
    stretches_of,
)
from evidence_tools.pages.detection import Detector, Judged, read_detector
from evidence_tools.pages.matching import Matcher
from evidence_tools.pages.page import Page
from evidence_tools.pages.sentences import Passage, cut_page
from evidence_tools.pages.signs import TARGETS, Reading, read_passage
from evidence_tools.pages.slots import (
    duration_of,
    kind_of,
    magnitude_of,
    population_shown,
    strength_of,
    technique_of,
    traits_of,
    trouble_of,
)
from evidence_tools.pages.traits import Trait, Trouble
from evidence_tools.support import Sentence
from evidence_tools.vocab import ClaimKind

__all__ = [
    "CONTENDER_SHARE",
    "SURE_CHANCE",
    "Found",
    "FoundClaim",
    "Match",
    "Register",
    "find_claims",
    "is_background",
    "open_register",
]

#: A question with this share of likeness may as well be the right one. On labelled pages held out,
#: of 2,184 sentences that must be removed 10 pass as "keep".
CONTENDER_SHARE = 0.005
#: The same for a sentence with the one before, which may speak of something else.
_AROUND_SHARE = 0.02
#: Below this chance a match is good enough to warn, not to reassure.
SURE_CHANCE = 0.3
#: From this chance on a question is claimed beside a likelier one.
_FURTHER = 0.15
#: Where fewer questions than this are to be expected, all chances together, none is meant: the
#: claim is not in the register. This and the chance above were chosen on pages to learn from, each
#: read by a tool that had not learned from it.
_EXPECTED = 0.3
#: How many questions a claim may be meant for are listed with it.
_LISTED = 3


@dataclass(frozen=True)
class Match:
    """A question of the register, the chance that it is meant, and its share of likeness."""

    question: str
    chance: float
    share: float = 1.0


@dataclass(frozen=True)
class FoundClaim:
    """One claim within a sentence.

    ``matches`` are the nearest questions, best first, at most three; empty means that the claim
    is not in the register, which is never a pass. ``sentence`` is what the rules of fit read.
    ``topic`` names, where there is no match, what the claim is about, be it a complaint or another
    treatment: "about ..., which the register does not ask"; empty if unknown. ``alternatives`` are
    all questions that the stretch, its sentence or that in context may be meant for: none of them
    may ask for removal where the claim is to be kept; None stands for what lies outside.
    """

    text: str
    start: int
    end: int
    matches: tuple[Match, ...]
    sentence: Sentence
    topic: str = ""
    alternatives: frozenset[str | None] = frozenset()

    @property
    def question(self) -> str | None:
        """Nearest question, or None if the claim is not in the register."""
        return self.matches[0].question if self.matches else None

    @property
    def contenders(self) -> tuple[str, ...]:
        """Questions too near each other to choose: only if all say "keep" may a claim be kept."""
        if not self.matches:
            return ()
        first, *others = self.matches
        near = [m.question for m in others if m.share >= CONTENDER_SHARE]
        # What only the line above a list resembles is not what its item may be meant for.
        meant = [question for question in near if question in self.alternatives]
        return (first.question, *(meant if self.alternatives else near))

    @property
    def is_sure(self) -> bool:
        """Whether the nearest question is near enough to rest a "keep" on it."""
        return bool(self.matches) and self.matches[0].chance >= SURE_CHANCE


@dataclass(frozen=True)
class Found:
    """One sentence, item or heading of a page, and what it claims.

    ``triggers`` are the words that led to the verdict, as they stand in the sentence; ``rule``
    names the plain rule that settled it, if one did.
    """

    passage: Passage
    is_claim: bool
    confidence: float
    claims: tuple[FoundClaim, ...]
    traits: tuple[Trait, ...]
    trouble: tuple[Trouble, ...]
    triggers: tuple[str, ...]
    rule: str = ""


@dataclass(frozen=True)
class Register:
    """What :func:`find_claims` needs: a matcher over the register, detector, and ranker."""

    matcher: Matcher
    detector: Detector
    ranker: Ranker


def open_register(base: EvidenceBase) -> Register:
    """Make ready to find claims.

    Parameters
    ----------
    base : EvidenceBase
        Its questions and example phrasings are matched against.
    """
    matcher = Matcher(base.questions, base.phrasings)
    return Register(matcher, read_detector(), read_ranker())


def find_claims(page: Page, register: Register) -> tuple[Found, ...]:
    """Find the claims of a page: one entry for every sentence, item and heading, in order."""
    return tuple(_find(passage, register) for passage in cut_page(page))


def _find(passage: Passage, register: Register) -> Found:
    reading = read_passage(passage)
    judged = register.detector.judge(reading)
    background = is_background(reading)
    claims = tuple(_claims(reading, register, background)) if judged.is_claim else ()
    return Found(
        passage,
        judged.is_claim,
        round(judged.confidence, 3),
        claims,
        traits_of(reading, judged.signs, background=background),
        trouble_of(reading) if judged.is_claim else (),
        _triggers(reading, judged),
        judged.rule,
    )


def is_background(r: Reading) -> bool:
    """Whether a sentence says what causes a complaint, and not what a treatment does."""
    if r.has("massage", "other_treatment") or r.is_heading:
        return False
    if r.is_item:
        return bool(re.search(r"\bcaused? by\b|\bcauses\b", r.passage.lead, re.IGNORECASE))
    if not r.has("condition", "physiology", "body", "outcome"):
        return False
    effect = r.first("effect_verb", "effect_noun")
    if r.has("cause_verb") and effect > 2 and r.first("cause_verb") <= effect + 3:
        # What starts with an effect ("frees stuck fascia") has the treatment as its subject.
        return True
    if r.has("treatment", "people", "state"):
        return False
    # The body is the subject, and nothing is made better.
    return r.first("condition", "physiology", "body") <= 3 and (
        not r.has("effect_verb", "effect_noun") or r.has("cause_verb", "definition")
    )


def _claims(r: Reading, register: Register, background: bool) -> list[FoundClaim]:
    if is_of_other_treatment(r):
        whole = Stretch(0, len(r.passage.text), r.passage.text, True)
        return [_claim(r, register, whole, (), background)]
    stretches = stretches_of(r)
    ranked = find_candidates(r, stretches, register.matcher, register.ranker, background=background)
    meant = [one for one in ranked if one.chance >= _FURTHER] or ranked[:1]
    if sum(one.chance for one in ranked) < _EXPECTED:
        meant = []
    left = ranked[len(meant) :]
    found = []
    for one in meant:
        # What may be meant in its place: what is likeliest of the same stretch, then of all others;
        # each is listed once.
        beside = [other for other in left if other.stretch == one.stretch][:1]
        beside += [other for other in left if other not in beside][: _LISTED - 1 - len(beside)]
        left = [other for other in left if other not in beside]
        matches = tuple(Match(c.question, c.chance, c.share) for c in (one, *beside))
        found.append(_claim(r, register, stretches[one.stretch], matches, background))
    found += _unknown_claims(r, register, stretches, ranked, found, background)
    return sorted(found, key=lambda claim: claim.start)


def _unknown_claims(
    r: Reading,
    register: Register,
    stretches: Sequence[Stretch],
    ranked: Sequence[Candidate],
    found: Sequence[FoundClaim],
    background: bool,
) -> list[FoundClaim]:
    """Claims of stretches that no question of the register is likely for, one a topic."""
    known = {one.stretch for one in ranked if one.chance >= _FURTHER}
    added: list[FoundClaim] = []
    for number, stretch in enumerate(stretches):
        if not stretch.speaks or number in known:
            continue
        claim = _claim(r, register, stretch, (), background)
        topics = {other.topic for other in added}
        if claim.topic in topics or (not claim.topic and (found or added)):
            continue
        added.append(claim)
    if not found and not added:
        text = r.passage.text
        added.append(_claim(r, register, Stretch(0, len(text), text, True), (), background))
    return added


def _claim(
    r: Reading,
    register: Register,
    stretch: Stretch,
    matches: tuple[Match, ...],
    background: bool,
) -> FoundClaim:
    text = r.passage.text[stretch.start : stretch.end]
    kind: ClaimKind | None = register.matcher.kinds[matches[0].question] if matches else None
    passage = r.passage
    alternatives = _alternatives(passage, register, text, background) if matches else frozenset()
    return FoundClaim(
        text,
        passage.start + stretch.start,
        passage.start + stretch.end,
        matches,
        Sentence(
            kind_of(r, kind, background=background),
            strength_of(r),
            technique_of(
                text,
                " ".join(
                    (passage.text, passage.lead, passage.before, passage.heading, passage.title)
                ),
                background=background or kind is ClaimKind.BACKGROUND,
            ),
            duration_of(r),
            magnitude_of(r),
            population_shown(passage.text),
        ),
        "" if matches else _topic(r, register, text),
        alternatives,
    )


def _topic(r: Reading, register: Register, text: str) -> str:
    """Name what a claim outside the register is about, be it a treatment; empty if unknown."""
    other = find_other_treatment(r)
    if other is not None and is_of_other_treatment(r):
        return other.name
    is_near = other is not None and other.place is Place.NEAR and not r.has("treatment")
    return register.matcher.topic(text) or (other.name if other and is_near else "")


def _alternatives(
    passage: Passage, register: Register, text: str, background: bool
) -> frozenset[str | None]:
    found: set[str | None] = set()
    for stretch in {text, passage.text}:
        found |= register.matcher.alternatives(stretch, CONTENDER_SHARE, background=background)
    if passage.before and not passage.lead:
        found |= register.matcher.alternatives(
            f"{passage.before} {passage.text}", _AROUND_SHARE, background=background
        )
    return frozenset(found)


_TRIGGER_TAGS = (
    "effect_verb",
    "effect_noun",
    "comparative",
    "state",
    "cause_verb",
    "safety",
    "authority",
    "superiority",
    "durability",
    "diagnosis",
    "guarantee",
    *TARGETS,
)


def _triggers(r: Reading, judged: Judged) -> tuple[str, ...]:
    """Words of the sentence that speak for a claim, in order, each once."""
    if not judged.is_claim:
        return ()
    places = sorted({place for tag in _TRIGGER_TAGS for place in r.places.get(tag, ())})
    whole = [token.word for token in r.words]
    parts: list[str] = [part for word in whole for part in word.split("-")]
    if len(parts) != len(r.stems):
        return ()
    return tuple(dict.fromkeys(" ".join(parts[first:last]) for first, last in places))
