"""Evidence questions (PICO) and their appraisals: what people judge."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Self

from pydantic import Field, model_validator

from evidence_tools.models import FindingAddress, Model, Slug, Text
from evidence_tools.vocab import (
    AuthorityStatus,
    Certainty,
    ClaimKind,
    Direction,
    Directness,
    Domain,
    Duration,
    Magnitude,
    ShownDuration,
    ShownMagnitude,
    Strength,
    Support,
    Technique,
    WordingKind,
)

__all__ = [
    "Appraisal",
    "Difference",
    "DomainJudgement",
    "NoneFound",
    "Question",
    "Shown",
    "Wording",
]


class DomainJudgement(Model):
    """How far one domain rates the body of evidence down, and why."""

    judgement: Annotated[int, Field(ge=-2, le=0)]
    reason: Text
    findings: tuple[FindingAddress, ...] = ()


class NoneFound(Model):
    """What an answer "none found" rests on: recorded searches, or sources that searched."""

    runs: tuple[Text, ...] = ()
    findings: tuple[FindingAddress, ...] = ()

    @model_validator(mode="after")
    def _rests_on_something(self) -> Self:
        if not self.runs and not self.findings:
            raise ValueError("none-found needs a recorded search run or a source that searched")
        return self


class Shown(Model):
    """What the evidence showed, slot by slot: the conditions within which a wording must stay."""

    population: Text
    covers_population: bool
    comparator: Text
    duration: ShownDuration
    magnitude: ShownMagnitude
    head_to_head: bool = False
    authority: AuthorityStatus = AuthorityStatus.NOT_APPLICABLE


class Wording(Model):
    """A sentence that a clinic could write, with the slots in which the rules read it."""

    text: Text
    kind: WordingKind = WordingKind.EFFECT
    strength: Strength = Strength.HEDGED
    duration: Duration | None = None
    magnitude: Magnitude | None = None
    technique: Technique = Technique.MASSAGE
    states: Support | None = None

    @model_validator(mode="after")
    def _evidence_wording_states_a_level(self) -> Self:
        if (self.kind is WordingKind.EVIDENCE) != (self.states is not None):
            raise ValueError("a wording on the state of the evidence, and only such, needs states")
        return self


class Difference(Model):
    """How a difference between two independent appraisals was settled."""

    field: Text
    first: Text
    second: Text
    settled: Text
    reason: Text


class Appraisal(Model):
    """What a reviewer made of the evidence on one question on one day.

    ``findings_basis`` is the best relevant body: the findings on which direction and certainty
    rest. ``findings_for`` and ``findings_against`` list both sides whatever the direction.
    """

    by: Text
    date: dt.date
    direction: Direction | None = None
    direction_reason: Text
    none_found: NoneFound | None = None
    start: Certainty | None = None
    start_reason: Text | None = None
    rate_up: Annotated[int, Field(ge=0, le=2)] = 0
    rate_up_reason: Text | None = None
    directness: Directness
    directness_reason: Text
    findings_basis: tuple[FindingAddress, ...] = ()
    findings_for: tuple[FindingAddress, ...] = ()
    findings_against: tuple[FindingAddress, ...] = ()
    trials_under_way: Text | None = None
    bottom_line: Text
    no_wording_reason: Text | None = None
    would_move: Text
    domains: dict[Domain, DomainJudgement] = Field(default_factory=dict)
    shown: Shown
    wording: Wording | None = None
    avoid: tuple[Wording, ...]
    differences: tuple[Difference, ...] = ()

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.direction is None) == (self.none_found is None):
            raise ValueError("give either direction or none_found")
        if self.none_found is None:
            missing = [domain.value for domain in Domain if domain not in self.domains]
            if missing:
                raise ValueError(f"no judgement for {', '.join(missing)}")
            if not self.findings_basis:
                raise ValueError("findings_basis is empty: name the findings the rating rests on")
            loose = set(self.findings_basis) - set(self.findings_for) - set(self.findings_against)
            if self.direction is not Direction.UNCLEAR and loose:
                raise ValueError(
                    f"{', '.join(sorted(loose))}: in findings_basis but neither for nor against"
                )
        both = set(self.findings_for) & set(self.findings_against)
        if both:
            raise ValueError(f"{', '.join(sorted(both))}: listed both for and against")
        if (self.start is None) != (self.start_reason is None):
            raise ValueError("start and start_reason go together")
        if (self.rate_up > 0) != (self.rate_up_reason is not None):
            raise ValueError("rate_up and rate_up_reason go together")
        if (self.wording is None) != (self.no_wording_reason is not None):
            raise ValueError("give either wording or no_wording_reason")
        if not self.avoid:
            raise ValueError("name at least one wording to avoid")
        return self


class Question(Model):
    """An evidence question (PICO) with its appraisals; ``history`` holds the earlier ones."""

    id: Slug
    kind: ClaimKind
    question: Text
    population: Text
    intervention: Text
    comparator: Text
    outcome: Text
    synonyms: tuple[Text, ...]
    mesh: tuple[Text, ...]
    tiab: tuple[Text, ...]
    topics: tuple[Slug, ...]
    search: Slug | None = None
    note: Text | None = None
    appraisal: Appraisal | None = None
    history: tuple[Appraisal, ...] = ()

    def as_of(self, day: dt.date) -> Appraisal | None:
        """Return the appraisal in force on a day; of one day's, the current one, then the last."""
        known = [*self.history, *([self.appraisal] if self.appraisal else [])]
        dated = [appraisal for appraisal in known if appraisal.date <= day]
        return max(enumerate(dated), key=lambda pair: (pair[1].date, pair[0]))[1] if dated else None
