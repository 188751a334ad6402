"""Model of ``evidence/rules.toml``: thresholds and tables of the rating and of the advice."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Self

from pydantic import Field, model_validator

from evidence_tools.models import Model, Slug, Text
from evidence_tools.vocab import (
    Advice,
    Certainty,
    ClaimKind,
    Design,
    Direction,
    Directness,
    MassageType,
    Strength,
    Support,
    Technique,
)

__all__ = ["AdviceRow", "Profile", "Rules", "Start", "Thresholds", "TopicRule"]


class Thresholds(Model):
    """Numbers at which the rules propose to rate down.

    ``participants`` are people, ``i2`` per cent, ``smallest_effect`` the half-width of the zone
    around no effect on each measure's own scale (ratios: the ratio itself).
    """

    participants_serious: int
    participants_very_serious: int
    i2_serious: float
    i2_very_serious: float
    smallest_effect: dict[str, float]
    ratio_measures: tuple[str, ...]
    source: dict[str, Text]


class Start(Model):
    """Certainty at which a body of evidence of one design starts, and the highest a person may set.

    ``proposed`` is used unless a reviewer gives a reason; ``at_most`` binds.
    """

    proposed: Certainty
    at_most: Certainty

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.proposed.steps > self.at_most.steps:
            raise ValueError("proposed lies above at_most")
        return self


class AdviceRow(Model):
    """Advice at one level of support."""

    fits: Advice
    does_not_fit: Advice
    condition: str = ""


class TopicRule(Model):
    """Where a profile is stricter or softer than its table, for named questions.

    ``at_best`` is the mildest advice that a sentence on one of the questions can get. ``at_least``
    is the strictest that a sentence on nothing but these questions gets, as long as it is worded
    no more strongly than ``moderate``, promises neither a lasting nor a complete effect, and is
    not contradicted or unsupported by studies.
    """

    questions: Annotated[tuple[Slug, ...], Field(min_length=1)]
    at_best: Advice | None = None
    at_least: Advice | None = None
    reason: Text
    source: Text

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.at_best is None) == (self.at_least is None):
            raise ValueError("give either at_best (stricter) or at_least (softer)")
        return self


class Profile(Model):
    """A yardstick: who it stands for and what each level of support leads to."""

    title: Text
    source: Text
    advice: dict[Support, AdviceRow]
    topics: tuple[TopicRule, ...] = ()
    #: Whether words of clients are barred whatever they say.
    bars_testimonials: bool = False

    @model_validator(mode="after")
    def _every_level(self) -> Self:
        missing = [level.value for level in Support if level not in self.advice]
        if missing:
            raise ValueError(f"no advice for {', '.join(missing)}")
        return self


class Rules(Model):
    """All rules, with version, date and the source of each."""

    version: Annotated[str, Field(pattern=r"^\d+\.\d+$")]
    date: dt.date
    note: Text
    review_months: int
    review_months_trials_under_way: int
    thresholds: Thresholds
    families: dict[ClaimKind, str]
    start: dict[str, dict[Design, Start]]
    support: dict[Certainty, dict[Direction, Support]]
    strength_needs: dict[Strength, Support]
    directness_for: dict[Technique, tuple[Directness, ...]]
    massage_type_for: dict[Technique, tuple[MassageType, ...]]
    direct_massage_types: tuple[MassageType, ...]
    profiles: dict[str, Profile]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for kind in ClaimKind:
            family = self.families.get(kind)
            if family is None or family not in self.start:
                raise ValueError(f"families: no table of starts for {kind.value}")
        for family, table in self.start.items():
            missing = [design.value for design in Design if design not in table]
            if missing:
                raise ValueError(f"start.{family}: no row for {', '.join(missing)}")
        for certainty in Certainty:
            row = self.support.get(certainty, {})
            missing = [way.value for way in Direction if way not in row]
            if missing:
                raise ValueError(f"support.{certainty.value}: no column for {', '.join(missing)}")
        return self
