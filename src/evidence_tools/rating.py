"""Findings and a reviewer's judgements → certainty, direction and support of one question.

Pure: no files, no clock. Every result carries the steps that led to it. The method is described in
``docs/levels-of-support.md``; thresholds and tables come from ``evidence/rules.toml``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from evidence_tools.identifiers import parse_finding_ref
from evidence_tools.models import SUBSTANCE, Finding, Record
from evidence_tools.proposals import (
    Proposal,
    count_participants,
    propose,
    propose_directness,
)
from evidence_tools.questions import Appraisal, Question
from evidence_tools.rules import Rules
from evidence_tools.vocab import (
    Certainty,
    Direction,
    Directness,
    Domain,
    Retraction,
    Support,
)

__all__ = [
    "DomainResult",
    "Rating",
    "Step",
    "add_months",
    "rate",
    "why_unusable",
]


@dataclass(frozen=True)
class Step:
    """One step of a trace: the rule that fired, and what it made of which input."""

    rule: str
    text: str
    findings: tuple[str, ...] = ()


@dataclass(frozen=True)
class DomainResult:
    """One domain as settled by a reviewer, as proposed by the rules, and as counted."""

    domain: Domain
    counted: int
    settled: int
    reason: str
    proposal: Proposal
    findings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rating:
    """What the body of evidence of one question amounts to on a day.

    ``support`` is None when the question is not yet appraised.
    """

    question: str
    support: Support | None
    certainty: Certainty | None
    direction: Direction | None
    directness: Directness | None
    directness_proposed: Directness | None = None
    start: Certainty | None = None
    domains: tuple[DomainResult, ...] = ()
    participants: int | None = None
    dropped: tuple[tuple[str, str], ...] = ()
    review_by: dt.date | None = None
    stale: bool = False
    rules_version: str = ""
    steps: tuple[Step, ...] = field(default=())


def why_unusable(record: Record | None, number: str, *, verified: bool = True) -> str | None:
    """Say why a finding may not feed a rating, or None where it may.

    Parameters
    ----------
    record : Record or None
        The finding's record, None where no such record is in the evidence base.
    number : str
        The finding's number in the record.
    verified : bool
        Whether the record lies among the verified ones.
    """
    if record is None:
        return "no such record in the evidence base"
    finding = record.finding(number)
    if finding is None:
        return "no such finding in the record"
    if record.retraction is Retraction.RETRACTED:
        return "its source was retracted"
    if record.superseded_by is not None:
        return f"its source was superseded by {record.superseded_by}"
    if not verified or not record.is_verified:
        return "its source was not seen (unverified)"
    if finding.from_memory:
        return f"from memory: {', '.join(finding.from_memory)}"
    substance = sorted(record.memory_fields & SUBSTANCE)
    if substance:
        return f"its source's {', '.join(substance)} is from memory"
    return None


def rate(
    question: Question,
    appraisal: Appraisal | None,
    records: Mapping[str, Record],
    rules: Rules,
    *,
    as_of: dt.date,
    unverified: Iterable[str] = (),
) -> Rating:
    """Rate one question.

    Parameters
    ----------
    question : Question
        The evidence question.
    appraisal : Appraisal or None
        The reviewer's appraisal in force on ``as_of``; None gives "not yet appraised".
    records : mapping of str to Record
        All records by key.
    rules : Rules
        Thresholds and tables.
    as_of : datetime.date
        Day for which staleness is told.
    unverified : iterable of str
        Keys of records that lie among the unverified ones.

    Returns
    -------
    Rating
        With ``support`` None when there is no appraisal.
    """
    if appraisal is None:
        step = Step("not-yet-appraised", "No reviewer has appraised this question by this day.")
        return Rating(
            question.id, None, None, None, None, rules_version=rules.version, steps=(step,)
        )
    body = _Body(question, appraisal, records, rules, frozenset(unverified))
    months = (
        rules.review_months_trials_under_way if appraisal.trials_under_way else rules.review_months
    )
    review_by = add_months(appraisal.date, months)
    result = body.rate_none_found() if appraisal.none_found else body.rate_direction()
    return Rating(
        question=question.id,
        support=result.support,
        certainty=result.certainty,
        direction=result.direction,
        directness=appraisal.directness,
        directness_proposed=result.directness_proposed,
        start=result.start,
        domains=result.domains,
        participants=count_participants(body.basis),
        dropped=tuple(sorted(body.dropped.items())),
        review_by=review_by,
        stale=as_of > review_by,
        rules_version=rules.version,
        steps=tuple(body.steps),
    )


def add_months(day: dt.date, months: int) -> dt.date:
    """Return the same day some months later, or the last of a shorter month."""
    index = day.month - 1 + months
    year, month = day.year + index // 12, index % 12 + 1
    for last in (day.day, 30, 29, 28):
        try:
            return dt.date(year, month, last)
        except ValueError:
            continue
    raise AssertionError("every month has a 28th")


@dataclass(frozen=True)
class _Result:
    support: Support | None
    certainty: Certainty | None
    direction: Direction | None
    start: Certainty | None = None
    domains: tuple[DomainResult, ...] = ()
    directness_proposed: Directness | None = None


class _Body:
    """The body of evidence of one question while it is being rated."""

    def __init__(
        self,
        question: Question,
        appraisal: Appraisal,
        records: Mapping[str, Record],
        rules: Rules,
        unverified: frozenset[str],
    ) -> None:
        self.question = question
        self.appraisal = appraisal
        self.rules = rules
        self.steps: list[Step] = []
        self.dropped: dict[str, str] = {}
        self.usable: dict[str, tuple[Record, Finding]] = {}
        searched = appraisal.none_found.findings if appraisal.none_found else ()
        cited = [
            *appraisal.findings_for,
            *appraisal.findings_against,
            *appraisal.findings_basis,
            *searched,
        ]
        for address in sorted(set(cited)):
            ref = parse_finding_ref(address)
            record = records.get(ref.record)
            reason = why_unusable(record, ref.finding, verified=ref.record not in unverified)
            finding = record.finding(ref.finding) if record else None
            if reason is None and record is not None and finding is not None:
                self.usable[address] = (record, finding)
            else:
                self.dropped[address] = reason or "no such finding"
        self.basis = {a: self.usable[a] for a in appraisal.findings_basis if a in self.usable}
        if self.dropped:
            listed = "; ".join(f"{a}: {why}" for a, why in sorted(self.dropped.items()))
            self._step("unusable-findings", f"Left out: {listed}.", tuple(sorted(self.dropped)))

    def _step(self, rule: str, text: str, findings: tuple[str, ...] = ()) -> None:
        self.steps.append(Step(rule, text, findings))

    def rate_none_found(self) -> _Result:
        """Rate a question for which a dated search found no relevant study."""
        none_found = self.appraisal.none_found
        assert none_found is not None  # noqa: S101 -- the caller asks only then
        sources = tuple(a for a in none_found.findings if a in self.usable)
        if not none_found.runs and not sources:
            self._step("not-yet-appraised", "Every source that searched has dropped out.")
            return _Result(None, None, None)
        where = ", ".join([*none_found.runs, *sources])
        self._step("none-found", f"No relevant study found; the search stands in {where}.", sources)
        return _Result(Support.NONE_FOUND, None, None)

    def rate_direction(self) -> _Result:
        """Rate a question for which studies exist."""
        if not self.basis:
            self._step(
                "not-yet-appraised", "No usable finding is left under the appraisal: appraise anew."
            )
            return _Result(None, None, None)
        direction = self._direction()
        start = self._start()
        domains = self._domains()
        certainty = self._certainty(start, domains)
        support = self.rules.support[certainty][direction]
        self._step(
            "support-table",
            f"Certainty {certainty} and direction {direction} give {support} "
            f"(rules {self.rules.version}).",
        )
        proposed = propose_directness(self.question, self.basis, self.rules)
        self._step(
            "directness",
            f"{self.appraisal.directness} (proposed {proposed}): "
            f"{self.appraisal.directness_reason}",
        )
        return _Result(support, certainty, direction, start, domains, proposed)

    def _direction(self) -> Direction:
        """Direction as judged, unless the findings that it stands on have dropped out."""
        judged = self.appraisal.direction
        assert judged is not None  # noqa: S101 -- the model gives either this or none_found
        pro = tuple(a for a in self.appraisal.findings_for if a in self.basis)
        contra = tuple(a for a in self.appraisal.findings_against if a in self.basis)
        held = {
            Direction.BENEFIT: bool(pro),
            Direction.NONE: bool(contra),
            Direction.HARM: bool(contra),
            Direction.MIXED: bool(pro) and bool(contra),
            Direction.UNCLEAR: True,
        }[judged]
        if not held:
            self._step(
                "direction-without-finding",
                f"Judged {judged}, but no usable finding of the body says so: unclear.",
            )
            return Direction.UNCLEAR
        self._step("direction", f"Judged {judged}: {self.appraisal.direction_reason}", pro + contra)
        return judged

    def _start(self) -> Certainty:
        table = self.rules.start[self.rules.families[self.question.kind]]
        designs = sorted({record.design for record, _ in self.basis.values()})
        at_most = max((table[design].at_most for design in designs), key=lambda c: c.steps)
        proposed = max((table[design].proposed for design in designs), key=lambda c: c.steps)
        listed = ", ".join(designs)
        if self.appraisal.start is None:
            self._step("start", f"Best body: {listed}; start {proposed}.", tuple(self.basis))
            return proposed
        start = min(self.appraisal.start, at_most, key=lambda c: c.steps)
        self._step(
            "start",
            f"Best body: {listed}; proposed {proposed}, at most {at_most}, settled {start}: "
            f"{self.appraisal.start_reason}",
            tuple(self.basis),
        )
        return start

    def _domains(self) -> tuple[DomainResult, ...]:
        proposals = propose(self.question, self.basis, self.rules)
        results = []
        for domain in Domain:
            settled = self.appraisal.domains[domain]
            proposal = proposals[domain]
            counted = settled.judgement
            # A person judged with all findings at hand; once one has dropped out, that judgement
            # holds only as far as the rules' own proposal on what is left does.
            if self.dropped and proposal.judgement is not None:
                counted = min(counted, proposal.judgement)
            results.append(
                DomainResult(
                    domain,
                    counted,
                    settled.judgement,
                    settled.reason,
                    proposal,
                    settled.findings,
                )
            )
            said = "no proposal" if proposal.judgement is None else f"proposed {proposal.judgement}"
            self._step(
                f"domain-{domain}",
                f"{counted} ({said}: {proposal.reason}). {settled.reason}",
                settled.findings,
            )
        return tuple(results)

    def _certainty(self, start: Certainty, domains: tuple[DomainResult, ...]) -> Certainty:
        down = sum(result.counted for result in domains)
        up = self.appraisal.rate_up
        if up and (start is not Certainty.LOW or down):
            self._step(
                "no-rating-up", "Rating up needs a low start and nothing rated down: ignored."
            )
            up = 0
        certainty = Certainty.from_steps(start.steps + down + up)
        raised = f", {up} up: {self.appraisal.rate_up_reason}" if up else ""
        self._step("certainty", f"Start {start}, {-down} down{raised}: {certainty}.")
        return certainty
