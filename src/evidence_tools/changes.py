"""What changed between two days: levels, wording and advice, and because of what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from evidence_tools.assessment import Assessment, assess
from evidence_tools.base import EvidenceBase
from evidence_tools.errors import InputError
from evidence_tools.identifiers import parse_finding_ref
from evidence_tools.judgement import cited_findings
from evidence_tools.literature.screening import (
    Candidate,
    waiting_by_question,
    waiting_words,
)
from evidence_tools.models import Notice, Record, SearchRun
from evidence_tools.questions import Wording
from evidence_tools.retirement import say_retired
from evidence_tools.vocab import Retraction

__all__ = ["Changes", "Move", "changes_as_data", "compare_days", "format_changes"]

#: What of a question may move, in the order in which it is told.
QUESTION_FIELDS = ("support", "certainty", "direction", "wording")


@dataclass(frozen=True)
class Move:
    """One field of a question or claim that was one thing and is another."""

    subject: str
    id: str
    field: str
    old: str | None
    new: str | None
    because: str


@dataclass(frozen=True)
class Changes:
    """Everything that changed after ``since``, up to the end of ``until``."""

    since: dt.date
    until: dt.date
    profile: str
    moves: tuple[Move, ...]
    new_sources: tuple[Record, ...]
    retracted: tuple[Record, ...]
    superseded: tuple[Record, ...]
    runs: tuple[SearchRun, ...]
    notices: tuple[Notice, ...]
    decisions: int
    waiting: dict[str, tuple[Candidate, ...]]
    #: Ids that were retired, each with what became of it.
    retirements: tuple[tuple[str, str], ...] = ()

    def moved(self, subject: str) -> tuple[Move, ...]:
        """Moves of questions, or of claims."""
        return tuple(move for move in self.moves if move.subject == subject)


def compare_days(
    base: EvidenceBase, since: dt.date, until: dt.date, profile: str = "strict"
) -> Changes:
    """Compare the evidence base as it stood at the end of two days.

    Raises
    ------
    InputError
        When the first day is after the second.
    """
    if since > until:
        raise InputError(f"--from {since} is after --to {until}", expected="from before to")
    before, after = assess(base, since, profile), assess(base, until, profile)
    dated = [
        (record, correction)
        for record in after.base.records.values()
        for correction in record.corrections
        if since < correction.date <= until
    ]
    runs = sorted(
        (r for r in after.base.runs.values() if since < r.date and r.endpoint is not None),
        key=lambda run: (run.date, run.id),
    )
    return Changes(
        since=since,
        until=until,
        profile=profile,
        moves=(*_question_moves(before, after), *_claim_moves(before, after)),
        new_sources=tuple(
            record for key, record in sorted(after.base.records.items())
            if record.added is not None and record.added > since
        ),
        retracted=tuple(
            record for record, correction in dated
            if correction.field == "retraction" and correction.new == str(Retraction.RETRACTED)
        ),
        superseded=tuple(
            record for record, correction in dated if correction.field == "superseded_by"
        ),
        runs=tuple(runs),
        notices=tuple(notice for run in runs for notice in run.notices),
        decisions=len(after.base.screening) - len(before.base.screening),
        waiting=waiting_by_question(after.base, until),
        retirements=tuple(
            (key, say_retired(base.retired, key)) for key, one in sorted(base.retired.items())
            if since < one.date <= until
        ),
    )  # fmt: skip


def _question_values(assessment: Assessment, key: str) -> dict[str, str | None]:
    rating, appraisal = assessment.ratings[key], assessment.appraisals[key]
    wording = appraisal.wording.text if appraisal and appraisal.wording else None
    return {
        "support": str(rating.support) if rating.support else None,
        "certainty": str(rating.certainty) if rating.certainty else None,
        "direction": str(rating.direction) if rating.direction else None,
        "wording": wording,
    }


def _question_moves(before: Assessment, after: Assessment) -> Iterator[Move]:
    for key in sorted(after.base.questions):
        old, new = _question_values(before, key), _question_values(after, key)
        if old != new:
            because = _because(before, after, key)
            for field in QUESTION_FIELDS:
                if old[field] != new[field]:
                    yield Move("question", key, field, old[field], new[field], because)


def _claim_moves(before: Assessment, after: Assessment) -> Iterator[Move]:
    for key in sorted(after.base.claims):
        old, new = before.verdicts[key], after.verdicts[key]
        question = new.limiting or (after.base.claims[key].questions[0])
        for field in ("support", "advice", "wording"):
            was, now = getattr(old, field), getattr(new, field)
            if was != now:
                because = f"{question}: {_because(before, after, question)}"
                yield Move("claim", key, field, _said(was), _said(now), because)


def _said(value: object) -> str | None:
    if value is None:
        return None
    return value.text if isinstance(value, Wording) else str(value)


def _because(before: Assessment, after: Assessment, key: str) -> str:
    """The reason of a question's move: a retraction, a new appraisal, and by what it was moved."""
    old, new = before.appraisals[key], after.appraisals[key]
    parts = []
    if new is not None:
        sources = {parse_finding_ref(address).record for address in cited_findings(new)}
        if old is not None:
            gone = [
                name
                for name in sorted(sources & before.base.records.keys())
                if after.base.records[name].retraction is Retraction.RETRACTED
                and before.base.records[name].retraction is not Retraction.RETRACTED
            ]
            parts += [f"{name} was retracted" for name in gone]
        if old != new:
            parts.append(
                f"{'appraised anew' if old else 'first appraised'} on {new.date} ({new.by})"
            )
            if old is not None:
                earlier = {parse_finding_ref(address).record for address in cited_findings(old)}
                if sources - earlier:
                    parts.append(f"with {', '.join(sorted(sources - earlier))}")
                if earlier - sources:
                    parts.append(f"without {', '.join(sorted(earlier - sources))}")
    return "; ".join(parts) or "a date passed or a rule changed"


def format_changes(changes: Changes) -> str:
    """Changes as Markdown, in the form of the CHANGELOG's part on evidence."""
    lines = [f"## From {changes.since} to {changes.until}", ""]
    moves = changes.moved("question")
    lines.append("### Questions")
    lines += [f"- `{m.id}` {m.field}: {_arrow(m)} ({m.because})" for m in moves] or ["- none moved"]
    claims = [m for m in changes.moved("claim") if m.field == "advice"]
    lines += ["", "### Advice on claims"]
    lines += [f"- `{m.id}`: {_arrow(m)} ({m.because})" for m in claims] or ["- none moved"]
    lines += ["", "### Sources"]
    told = [f"- new: `{r.key}` {r.title or ''}".rstrip() for r in changes.new_sources]
    told += [f"- retracted: `{r.key}` {r.title or ''}".rstrip() for r in changes.retracted]
    told += [f"- superseded: `{r.key}` by `{r.superseded_by}`" for r in changes.superseded]
    lines += told or ["- none new, retracted or superseded"]
    if changes.retirements:
        lines += ["", "### Retired ids", *(f"- {line}" for _, line in changes.retirements)]
    lines += ["", "### Searches and screening"]
    searches = [run for run in changes.runs if run.search]
    lines.append(f"- {len(searches)} searches run, {changes.decisions} decisions made")
    lines += [
        f"- `{run.search}` misses what it must find: {', '.join(run.missed)}"
        for run in searches
        if run.missed
    ]
    waiting = [f"- `{key}`: {waiting_words(found)}" for key, found in changes.waiting.items()]
    lines += waiting or ["- nothing waits for a person"]
    return "\n".join(lines) + "\n"


def changes_as_data(changes: Changes) -> dict[str, Any]:
    """Changes as plain values, for JSON."""
    return {
        "from": changes.since.isoformat(),
        "to": changes.until.isoformat(),
        "profile": changes.profile,
        "moves": [asdict(move) for move in changes.moves],
        "new_sources": [record.key for record in changes.new_sources],
        "retracted": [record.key for record in changes.retracted],
        "superseded": {record.key: record.superseded_by for record in changes.superseded},
        "retired": dict(changes.retirements),
        "runs": [run.id for run in changes.runs],
        "notices": [notice.model_dump(mode="json") for notice in changes.notices],
        "decisions": changes.decisions,
        "waiting": {key: [c.pmid for c in found] for key, found in changes.waiting.items()},
    }


def _arrow(move: Move) -> str:
    return f"{move.old or 'nothing'} → {move.new or 'nothing'}"
