"""What the rules propose from the numbers of a body of findings; a person may settle otherwise.

Pure. Thresholds come from ``evidence/rules.toml``; ``docs/levels-of-support.md`` describes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evidence_tools.models import Finding, Record
from evidence_tools.questions import Question
from evidence_tools.rules import Rules
from evidence_tools.vocab import ClaimKind, Design, Directness, Domain, Effect, MassageType

__all__ = ["Body", "Proposal", "count_participants", "propose", "propose_directness"]

#: Usable findings by address, each with its record.
Body = Mapping[str, tuple[Record, Finding]]

#: Kinds of question that speak of the body, of finding or of bodies, so that no technique matters.
_NO_TREATMENT = frozenset({ClaimKind.BACKGROUND, ClaimKind.DIAGNOSIS, ClaimKind.AUTHORITY})
_SYNTHESES = frozenset(
    {
        Design.COCHRANE_REVIEW,
        Design.META_ANALYSIS,
        Design.SYSTEMATIC_REVIEW,
        Design.UMBRELLA_REVIEW,
        Design.EVIDENCE_MAP,
    }
)


@dataclass(frozen=True)
class Proposal:
    """What the rules propose for one domain; ``judgement`` None where data allow no proposal."""

    judgement: int | None
    reason: str


def propose(question: Question, findings: Body, rules: Rules) -> dict[Domain, Proposal]:
    """Propose a judgement for each domain from the numbers of the findings.

    Parameters
    ----------
    question : Question
        The question that the findings answer.
    findings : mapping of str to (Record, Finding)
        The usable findings of the body, by address.
    rules : Rules
        Thresholds.

    Returns
    -------
    dict of Domain to Proposal
        ``judgement`` None where the numbers at hand allow no proposal.
    """
    return {
        Domain.RISK_OF_BIAS: Proposal(
            None, "no rule: taken from what the reviews say of their trials"
        ),
        Domain.INCONSISTENCY: _propose_inconsistency(findings, rules),
        Domain.INDIRECTNESS: _propose_indirectness(question, findings, rules),
        Domain.IMPRECISION: _propose_imprecision(findings, rules),
        Domain.PUBLICATION_BIAS: Proposal(
            None, "no rule: no funnel or registry data in the records"
        ),
    }


def _propose_inconsistency(findings: Body, rules: Rules) -> Proposal:
    limits = rules.thresholds
    ways = {
        finding.direction for _, finding in findings.values() if finding.direction != Effect.UNCLEAR
    }
    differ = len(ways) > 1
    i2 = max((f.i2 for _, f in findings.values() if f.i2 is not None), default=None)
    if i2 is not None and i2 > limits.i2_very_serious and differ:
        return Proposal(-2, f"I² {i2:g} % and findings point different ways")
    if i2 is not None and i2 > limits.i2_serious:
        return Proposal(-1, f"I² {i2:g} %")
    if differ:
        listed = ", ".join(sorted(way.value for way in ways))
        return Proposal(-1, f"findings point different ways: {listed}")
    if i2 is None and len(findings) < 2:
        return Proposal(None, "one finding: nothing to compare")
    return Proposal(0, "findings agree" + (f", I² at most {i2:g} %" if i2 is not None else ""))


def _propose_indirectness(question: Question, findings: Body, rules: Rules) -> Proposal:
    if question.kind in _NO_TREATMENT:
        return Proposal(None, "no rule: the question is not about a treatment")
    types = {record.massage_type for record, _ in findings.values()}
    hands_on = {MassageType.NEUROMUSCULAR, MassageType.GENERAL, MassageType.MYOFASCIAL_RELEASE}
    hands_on.add(MassageType.SPORTS)
    if types & hands_on:
        return Proposal(0, "hands-on massage was studied")
    listed = ", ".join(sorted(kind.value for kind in types))
    return Proposal(-1, f"only {listed} was studied, not massage by a therapist")


def _propose_imprecision(findings: Body, rules: Rules) -> Proposal:
    limits = rules.thresholds
    total = count_participants(findings)
    wide = sorted(address for address, (_, f) in findings.items() if _spans_both(f, rules))
    if total is not None and total < limits.participants_very_serious:
        return Proposal(
            -2, f"{total} participants in all, fewer than {limits.participants_very_serious}"
        )
    if total is not None and total < limits.participants_serious:
        return Proposal(
            -1, f"{total} participants in all, fewer than {limits.participants_serious}"
        )
    if wide:
        held = ", ".join(wide)
        return Proposal(-1, f"interval holds no effect and the smallest that matters: {held}")
    if total is None:
        return Proposal(None, "no number of participants in the records")
    return Proposal(0, f"{total} participants in all")


def count_participants(findings: Body) -> int | None:
    """Participants behind a body of findings, never counted twice.

    Reviews overlap, so the largest synthesis counts once; trials are added up, each study once; the
    larger of the two stands.
    """
    syntheses: list[int] = []
    trials: dict[str, int] = {}
    for record, finding in findings.values():
        number = finding.n_participants
        if number is None:
            number = record.n_participants
        if number is None:
            continue
        if record.design in _SYNTHESES or record.design is Design.GUIDELINE:
            syntheses.append(number)
        else:
            study = record.same_study_as or record.key
            trials[study] = max(trials.get(study, 0), number)
    totals = [*syntheses, *([sum(trials.values())] if trials else [])]
    return max(totals, default=None)


def _spans_both(finding: Finding, rules: Rules) -> bool:
    """Whether an interval includes both no effect and the smallest effect that matters."""
    low, high, measure = finding.ci_low, finding.ci_high, finding.measure
    smallest = rules.thresholds.smallest_effect.get(measure or "")
    if low is None or high is None or smallest is None:
        return False
    if measure in rules.thresholds.ratio_measures:
        return low <= 1 <= high and (low <= 1 / smallest or high >= smallest)
    return low <= 0 <= high and (low <= -smallest or high >= smallest)


def propose_directness(question: Question, findings: Body, rules: Rules) -> Directness:
    """Propose how directly a body is about neuromuscular massage, from the techniques studied."""
    if question.kind in _NO_TREATMENT:
        return Directness.NOT_APPLICABLE
    direct = [record.massage_type in rules.direct_massage_types for record, _ in findings.values()]
    if direct and all(direct):
        return Directness.DIRECT
    return Directness.PARTIAL if any(direct) else Directness.INDIRECT
