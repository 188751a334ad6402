"""The evidence base as judged by one day: a rating for each question, a verdict for each claim."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from evidence_tools import __version__
from evidence_tools.base import EvidenceBase
from evidence_tools.errors import DataError, InputError
from evidence_tools.history import base_on
from evidence_tools.identifiers import parse_finding_ref
from evidence_tools.models import Claim, Finding, Record
from evidence_tools.questions import Appraisal, Question
from evidence_tools.rating import Rating, rate
from evidence_tools.support import Answer, Sentence, Verdict, judge
from evidence_tools.vocab import MassageType

__all__ = ["Assessment", "assess", "parse_day", "today"]


def today() -> dt.date:
    """Today in UTC, so that two machines agree on it."""
    return dt.datetime.now(tz=dt.UTC).date()


def parse_day(text: str | None) -> dt.date:
    """Parse a day written as YYYY-MM-DD; None is today.

    Raises
    ------
    InputError
        When it is no date or lies in the future.
    """
    if text is None:
        return today()
    try:
        day = dt.date.fromisoformat(text)
    except ValueError as error:
        raise InputError(
            f"{text!r} is not a date", expected="YYYY-MM-DD, such as 2026-11-21"
        ) from error
    if day > today():
        raise InputError(f"{day} lies in the future", expected=f"a day up to {today()}")
    return day


@dataclass(frozen=True)
class Assessment:
    """What the evidence base amounted to on a day, under one profile of advice."""

    base: EvidenceBase
    as_of: dt.date
    profile: str

    @cached_property
    def appraisals(self) -> Mapping[str, Appraisal | None]:
        """Appraisal of each question in force on the day."""
        return {key: question.as_of(self.as_of) for key, question in self.base.questions.items()}

    @cached_property
    def version(self) -> str:
        """Version under which this is cited: of the release that it is, else of the tools."""
        same = [
            release.version
            for release in self.base.releases.releases
            if release.date == self.as_of and release.evidence == self.base.digest
        ]
        return same[-1] if same else __version__

    @cached_property
    def ratings(self) -> Mapping[str, Rating]:
        """Rating of each question on the day."""
        base = self.base
        return {
            key: rate(
                question,
                self.appraisals[key],
                base.records,
                base.rules,
                as_of=self.as_of,
                unverified=base.unverified,
            )
            for key, question in base.questions.items()
        }

    @cached_property
    def answers(self) -> Mapping[str, Answer]:
        """What each question answers to a sentence that leans on it."""
        return {key: self._answer(question) for key, question in self.base.questions.items()}

    @cached_property
    def verdicts(self) -> Mapping[str, Verdict]:
        """Verdict on each claim on the day."""
        return {key: self.judge(claim) for key, claim in self.base.claims.items()}

    def judge(self, claim: Claim) -> Verdict:
        """Judge one claim."""
        sentence = Sentence(
            claim.kind,
            claim.strength,
            claim.technique,
            claim.duration,
            claim.magnitude,
            claim.population_shown,
        )
        for question in claim.questions:
            if question not in self.answers:
                raise DataError(
                    f"claim {claim.id} names the unknown question {question!r}",
                    expected="the name of a file under evidence/questions",
                    where=str(self.base.sources.get(f"claims/{self.base.document_of[claim.id]}")),
                    fix="correct the id, or write the question",
                )
        answers = [self.answers[question] for question in claim.questions]
        return judge(sentence, answers, self.base.rules, self.profile)

    def resolve(self, address: str) -> tuple[Record, Finding]:
        """Record and finding of an address that is known to exist."""
        ref = parse_finding_ref(address)
        record = self.base.records[ref.record]
        finding = record.finding(ref.finding)
        if finding is None:
            raise InputError(f"record {ref.record} has no finding {ref.finding}")
        return record, finding

    def best_sources(self, question: str) -> list[str]:
        """Keys of the usable records under a question's rating, in the order of its basis."""
        appraisal = self.appraisals[question]
        if appraisal is None:
            return []
        dropped = dict(self.ratings[question].dropped)
        cited = [
            *appraisal.findings_basis,
            *(appraisal.none_found.findings if appraisal.none_found else ()),
        ]
        keys = [parse_finding_ref(a).record for a in cited if a not in dropped]
        return list(dict.fromkeys(keys))

    def _answer(self, question: Question) -> Answer:
        appraisal = self.appraisals[question.id]
        rating = self.ratings[question.id]
        types: set[MassageType] = set()
        if appraisal is not None:
            dropped = dict(rating.dropped)
            pro = set(appraisal.findings_for) & set(appraisal.findings_basis)
            types = {self.resolve(a)[0].massage_type for a in sorted(pro) if a not in dropped}
        return Answer(question, appraisal, rating, frozenset(types))


def assess(base: EvidenceBase, as_of: dt.date, profile: str = "strict") -> Assessment:
    """Judge an evidence base as of a day.

    Raises
    ------
    InputError
        When the rules have no such profile.
    """
    if profile not in base.rules.profiles:
        known = ", ".join(sorted(base.rules.profiles))
        raise InputError(f"unknown profile {profile!r}", expected=f"one of {known}")
    return Assessment(base_on(base, as_of), as_of, profile)
