"""Our certainty beside the certainty that sources themselves state.

The grid holds every finding for which its source states a certainty. Ours is made for that finding
alone by the rules of :mod:`evidence_tools.rating`: a start and five judgements, written down by a
reviewer who could not see what the source states (``judgements.toml``). Retracted, superseded and
unverified sources stay in the grid, because what is tested is the rating and not the source.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from evidence_tools.agreement import kappa
from evidence_tools.base import EvidenceBase
from evidence_tools.errors import DataError
from evidence_tools.files import explain_validation, read_text
from evidence_tools.models import FindingAddress, Model, Text
from evidence_tools.vocab import Certainty, Domain

__all__ = [
    "AIM",
    "Comparison",
    "compare_stated",
    "format_stated",
    "measure_grid",
    "read_grid",
    "read_judgements",
    "stated_findings",
]

Step = Annotated[int, Field(ge=-2, le=0)]
#: Aim set before the comparison was made.
AIM = 0.7
_ORDER = tuple(str(Certainty.from_steps(step)) for step in range(4))


class BlindJudgement(Model):
    """A reviewer's start and domains for one finding, made without seeing the stated certainty."""

    finding: FindingAddress
    start: Certainty
    reason: Text
    risk_of_bias: Annotated[Step, Field(alias="risk-of-bias")]
    inconsistency: Step
    indirectness: Step
    imprecision: Step
    publication_bias: Annotated[Step, Field(alias="publication-bias")]

    @property
    def certainty(self) -> Certainty:
        """Certainty by our rules: start and judgements added up, never below very low."""
        down = sum(getattr(self, domain.value.replace("-", "_")) for domain in Domain)
        return Certainty.from_steps(self.start.steps + down)


class Cause(Model):
    """Why ours and the source's certainty of one finding differ, told after unblinding."""

    finding: FindingAddress
    cause: Text


class BlindJudgements(Model):
    """All judgements, and the causes of disagreements."""

    judgements: tuple[BlindJudgement, ...]
    causes: tuple[Cause, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """One cell of the grid."""

    finding: str
    outcome: str
    people: int | None
    ours: Certainty
    stated: Certainty
    reason: str
    cause: str

    @property
    def steps(self) -> int:
        """Ours minus stated, in levels; positive where ours is higher."""
        return self.ours.steps - self.stated.steps


def stated_findings(base: EvidenceBase) -> Mapping[str, tuple[str, int | None, Certainty]]:
    """Outcome, people and stated certainty of every finding whose source states one."""
    return {
        f"{record.key}:{finding.id}": (
            finding.outcome,
            finding.n_participants,
            finding.certainty,
        )
        for record in sorted(base.records.values(), key=lambda r: r.key)
        for finding in record.findings
        if finding.certainty is not None
    }


def read_judgements(path: Path) -> BlindJudgements:
    """Read the blind judgements.

    Raises
    ------
    DataError
        When the file is broken or a finding is judged twice.
    """
    try:
        judgements = BlindJudgements.model_validate(tomllib.loads(read_text(path)))
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"broken TOML: {error}", where=str(path)) from error
    except ValidationError as error:
        raise DataError(explain_validation(error), where=str(path)) from error
    addresses = [judgement.finding for judgement in judgements.judgements]
    twice = sorted({address for address in addresses if addresses.count(address) > 1})
    if twice:
        raise DataError(f"judged twice: {', '.join(twice)}", where=str(path))
    return judgements


def compare_stated(base: EvidenceBase, judgements: BlindJudgements) -> list[Comparison]:
    """Put ours beside theirs for the whole grid.

    Raises
    ------
    DataError
        When a finding of the grid has no judgement, or a judgement no finding.
    """
    stated = stated_findings(base)
    judged = {judgement.finding: judgement for judgement in judgements.judgements}
    missing, extra = sorted(stated.keys() - judged.keys()), sorted(judged.keys() - stated.keys())
    if missing or extra:
        raise DataError(
            f"the grid is not complete: no judgement for {', '.join(missing) or 'none'}, "
            f"no stated certainty for {', '.join(extra) or 'none'}",
            fix="judge the finding in validation/stated_certainty/judgements.toml",
        )
    causes = {cause.finding: cause.cause for cause in judgements.causes}
    return [
        Comparison(
            address, outcome, people, judged[address].certainty, certainty,
            judged[address].reason, causes.get(address, ""),
        )
        for address, (outcome, people, certainty) in stated.items()
    ]  # fmt: skip


_HEAD = """\
# Our certainty beside what the sources state

Made by `evidence validate --write`; a test keeps it current and the grid complete. Ours was judged
finding by finding with the words on certainty masked in the record (but for smith2018labour:f3,
whose old note had been seen). Findings of one source share its trials and raters, so they are not
independent of each other.
"""


def _part(grid: list[Comparison], *, known: bool) -> str:
    cells = [cell for cell in grid if (cell.people is not None) is known]
    value = measure_grid(cells)
    return f"{len(cells)} findings, kappa {'not defined' if value is None else f'{value:.2f}'}"


def read_grid(base: EvidenceBase) -> list[Comparison]:
    """Read the judgements beside an evidence base and compare; empty where there are none."""
    path = base.root.parent / "validation" / "stated_certainty" / "judgements.toml"
    return compare_stated(base, read_judgements(path)) if path.is_file() else []


def measure_grid(grid: list[Comparison]) -> float | None:
    """Linearly weighted kappa of ours and what the sources state."""
    return kappa([str(c.ours) for c in grid], [str(c.stated) for c in grid], _ORDER)


def format_stated(grid: list[Comparison]) -> str:
    """Write the comparison as Markdown: figures, cross table, disagreements, the whole grid."""
    ours = [str(cell.ours) for cell in grid]
    theirs = [str(cell.stated) for cell in grid]
    equal = sum(cell.steps == 0 for cell in grid)
    value = measure_grid(grid)
    # Findings of one source share its trials and its raters: one source, one voice.
    sources = len({cell.finding.partition(":")[0] for cell in grid})
    lines = [
        _HEAD,
        f"- findings: {len(grid)}, from {sources} sources",
        f"- equal: {equal} ({100 * equal / max(1, len(grid)):.0f} %)",
        f"- linearly weighted kappa: {'not defined' if value is None else f'{value:.2f}'}",
        f"- ours higher: {sum(c.steps > 0 for c in grid)}, lower: {sum(c.steps < 0 for c in grid)}",
        f"- two levels or more apart: {sum(abs(c.steps) > 1 for c in grid)}",
        f"- where the record holds the people of the very comparison: {_part(grid, known=True)}",
        f"- where it does not, so that imprecision is guessed: {_part(grid, known=False)}",
        "",
        f"The aim is a kappa of {AIM}: it is {'met' if (value or 0) >= AIM else 'missed'}.",
        "",
        "| ours \\ stated | " + " | ".join(_ORDER) + " |",
        "|---" * 5 + "|",
    ]
    for level in _ORDER:
        row = [sum(o == level and t == other for o, t in zip(ours, theirs, strict=True))
               for other in _ORDER]  # fmt: skip
        lines.append(f"| {level} | " + " | ".join(map(str, row)) + " |")
    lines += ["", "## Disagreements", ""]
    for cell in sorted((c for c in grid if c.steps), key=lambda c: (-abs(c.steps), c.finding)):
        lines.append(
            f"- **{cell.finding}** ({cell.outcome}): ours {cell.ours}, stated {cell.stated}. "
            f"Ours: {cell.reason} Cause: {cell.cause or 'not told'}"
        )
    lines += ["", "## The grid", "", "| finding | ours | stated |", "|---|---|---|"]
    lines += [f"| {cell.finding} | {cell.ours} | {cell.stated} |" for cell in grid]
    return "\n".join(lines) + "\n"
