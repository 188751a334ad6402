"""An exercise: claims with the verdict hidden, drawn by seed over all advice and levels; its key.

The draw orders claims by a hash of seed and id, so that it is the same on every machine and with
every version of Python, and a claim that is added or dropped moves no other claim's place.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from evidence_tools import __version__
from evidence_tools.assessment import Assessment
from evidence_tools.errors import DataError, InputError
from evidence_tools.files import parse_model, read_text
from evidence_tools.labels import OVERSTEPS
from evidence_tools.models import Claim, Model
from evidence_tools.teaching.glossary import KINDS
from evidence_tools.vocab import Advice, FitCheck, Support

__all__ = [
    "Ask",
    "Exercise",
    "Item",
    "Key",
    "KeyItem",
    "choices",
    "draw_exercise",
    "drawable",
    "explain",
    "read_key",
    "source_of",
]

#: What a student is asked for.
Ask = Literal["advice", "support"]
#: What is asked on one question: name and value.
Fact = tuple[str, str]
_FORMAT = "evidence exercise key 1"


class KeyItem(Model):
    """One item of a key: the sentence, and what the register says of it."""

    item: Annotated[str, Field(pattern=r"^[0-9a-f]{4}-\d{2,3}$")]
    claim: str
    sentence: str
    support: Support
    does_not_fit: tuple[FitCheck, ...]
    advice: Advice
    wording: str | None = None


class Key(Model):
    """The answers to an exercise, with the day, the rules and the evidence they come from."""

    format: Literal["evidence exercise key 1"]
    exercise: Annotated[str, Field(pattern=r"^[0-9a-f]{4}$")]
    made_with: str
    as_of: dt.date
    rules: str
    rules_date: dt.date
    evidence: str
    profile: str
    ask: Ask
    seed: int
    items: Annotated[tuple[KeyItem, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _items_are_its_own(self) -> Self:
        names = [item.item for item in self.items]
        if len(set(names)) < len(names):
            raise ValueError("an item stands twice")
        if any(not name.startswith(f"{self.exercise}-") for name in names):
            raise ValueError("an item is of another exercise")
        return self

    def answer(self, item: KeyItem) -> str:
        """Right answer to an item."""
        return str(item.advice if self.ask == "advice" else item.support)


@dataclass(frozen=True)
class Item:
    """One item as a student sees it: the sentence, how it is worded, and what was found."""

    item: str
    sentence: str
    traits: tuple[Fact, ...]
    facts: tuple[tuple[str, tuple[Fact, ...]], ...]


@dataclass(frozen=True)
class Exercise:
    """The items of an exercise and its key."""

    items: tuple[Item, ...]
    key: Key


def choices(ask: Ask) -> tuple[str, ...]:
    """Answers that a student can give, in the order in which near and far are told."""
    order: tuple[Advice, ...] | tuple[Support, ...] = (
        tuple(Advice) if ask == "advice" else tuple(Support)
    )
    return tuple(str(value) for value in order)


def draw_exercise(
    assessment: Assessment,
    count: int = 12,
    seed: int = 1,
    *,
    ask: Ask = "advice",
    bare: bool = False,
    without: frozenset[str] = frozenset(),
) -> Exercise:
    """Draw sentences for an exercise, evenly over the advice and, within it, over the levels.

    Parameters
    ----------
    assessment : Assessment
        The evidence base as judged on a day.
    count : int
        How many sentences.
    seed : int
        Another seed draws other sentences.
    ask : {"advice", "support"}
        Whether students answer with the advice or with the level.
    bare : bool
        Leave out what was found, so that students answer by feeling.

    without : frozenset of str
        Claims that are not drawn, such as the one of the worked example.

    Raises
    ------
    InputError
        When fewer sentences than asked for have a verdict on that day.
    """
    drawn = _draw(assessment, count, seed, without)
    parts = [assessment.base.digest, assessment.as_of, assessment.profile, ask, seed]
    code = _hash(*parts, *(claim.id for claim in drawn))[:4]
    width = max(2, len(str(count)))
    items, answers = [], []
    for number, claim in enumerate(drawn, start=1):
        name = f"{code}-{number:0{width}}"
        verdict = assessment.verdicts[claim.id]
        assert verdict.support is not None and verdict.advice is not None  # noqa: S101 -- drawn so
        facts = () if bare else _facts(assessment, claim)
        items.append(Item(name, claim.proposition, _traits(claim), facts))
        answers.append(
            KeyItem(
                item=name,
                claim=claim.id,
                sentence=claim.proposition,
                support=verdict.support,
                does_not_fit=tuple(r.check for r in verdict.fit if not r.fits),
                advice=verdict.advice,
                wording=verdict.wording.text if verdict.wording else None,
            )
        )
    key = Key(
        format=_FORMAT,
        exercise=code,
        made_with=__version__,
        as_of=assessment.as_of,
        rules=assessment.base.rules.version,
        rules_date=assessment.base.rules.date,
        evidence=assessment.base.digest,
        profile=assessment.profile,
        ask=ask,
        seed=seed,
        items=tuple(answers),
    )
    return Exercise(tuple(items), key)


def read_key(path: Path) -> Key:
    """Read an answer key.

    Raises
    ------
    InputError
        When the file is not a key.
    """
    if path.suffix != ".json":
        raise InputError("not an answer key", expected="the file key.json", where=str(path))
    try:
        return parse_model(Key, read_text(path), str(path))
    except DataError as error:
        raise InputError(
            f"not an answer key that can be used: {error.what}",
            expected=error.expected,
            where=error.where,
            fix="make it anew with: evidence teach exercise",
        ) from error


def _hash(*parts: object) -> str:
    return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()


def drawable(assessment: Assessment, without: frozenset[str] = frozenset()) -> list[Claim]:
    """Claims with a verdict, in the order of their ids, no sentence twice."""
    found: dict[str, Claim] = {}
    for key, claim in sorted(assessment.base.claims.items()):
        if assessment.verdicts[key].advice is not None and key not in without:
            found.setdefault(" ".join(claim.proposition.casefold().split()), claim)
    return list(found.values())


def _draw(assessment: Assessment, count: int, seed: int, without: frozenset[str]) -> list[Claim]:
    """Claims of an exercise in the order in which they are asked."""
    claims = drawable(assessment, without)
    if not claims:
        raise InputError(
            "there is no sentence to draw: no claim beside the worked example has a verdict by "
            f"{assessment.as_of}"
        )
    if count > len(claims):
        raise InputError(
            f"{count} sentences cannot be drawn",
            expected=f"at most {len(claims)}: so many differ and have a verdict by "
            f"{assessment.as_of}",
        )
    heaps: dict[tuple[Advice | None, Support | None], list[Claim]] = defaultdict(list)
    for claim in sorted(claims, key=lambda claim: _hash(seed, claim.id)):
        verdict = assessment.verdicts[claim.id]
        heaps[verdict.advice, verdict.support].append(claim)
    turns = [_in_turn([heaps[advice, level] for level in Support]) for advice in Advice]
    drawn = _in_turn(turns)[:count]
    # In the order of the draw the answers would go keep, reword, remove, keep, …
    return sorted(drawn, key=lambda claim: _hash(seed, "order", claim.id))


def _in_turn(heaps: list[list[Claim]]) -> list[Claim]:
    """Take one from each heap in turn until all are empty."""
    longest = max(map(len, heaps), default=0)
    return [heap[place] for place in range(longest) for heap in heaps if place < len(heap)]


def _traits(claim: Claim) -> tuple[Fact, ...]:
    """How the sentence is worded, in words of the glossary."""
    return (
        ("it claims", KINDS[claim.kind]),
        ("wording", str(claim.strength)),
        ("treatment", str(claim.technique)),
        ("time promised", str(claim.duration or "none")),
        ("size promised", str(claim.magnitude or "none")),
        ("people named were studied", "yes" if claim.population_shown else "no"),
    )


def _facts(assessment: Assessment, claim: Claim) -> tuple[tuple[str, tuple[Fact, ...]], ...]:
    """What was found on each question of a claim, without any level."""
    found: list[tuple[str, tuple[Fact, ...]]] = []
    for key in claim.questions:
        rating, appraisal = assessment.ratings[key], assessment.appraisals[key]
        text = assessment.base.questions[key].question
        if appraisal is None or rating.certainty is None:
            found.append((text, (("studies", "a search found none"),)))
            continue
        shown = appraisal.shown
        studied = sorted({str(kind) for kind in assessment.answers[key].massage_types})
        facts = [
            ("certainty", str(rating.certainty)),
            ("direction", str(rating.direction)),
            ("neuromuscular massage tested", str(rating.directness)),
            ("kinds of massage tested", ", ".join(studied).replace("-", " ") or "none"),
            ("people studied", shown.population),
            ("are they the people asked about", "yes" if shown.covers_population else "no"),
            ("time shown", str(shown.duration)),
            ("size shown", str(shown.magnitude)),
            ("compared side by side", "yes" if shown.head_to_head else "no"),
            ("official body or paper", str(shown.authority)),
        ]
        found.append((text, tuple(fact for fact in facts if fact[1] != "not applicable")))
    return tuple(found)


def explain(item: KeyItem) -> str:
    """Say in one line why an item has its answer."""
    if not item.does_not_fit:
        return f"{item.support}; the wording fits"
    return f"{item.support}; {'; '.join(OVERSTEPS[check] for check in item.does_not_fit)}"


def source_of(key: Key) -> str:
    """Say where a key's answers come from: day, rules, evidence and profile."""
    return (
        f"Key of exercise {key.exercise}, as judged by {key.as_of}, rules {key.rules} of "
        f"{key.rules_date}, evidence {key.evidence[:16]}, profile {key.profile}, seed {key.seed}"
    )
