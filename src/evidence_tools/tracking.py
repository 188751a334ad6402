"""Frames about searching and screening: runs, what waits, what changed; as of a date."""

from __future__ import annotations

import pandas as pd

from evidence_tools.assessment import Assessment
from evidence_tools.changes import Changes
from evidence_tools.literature.notices import WORDS
from evidence_tools.literature.screening import Flow, count_flow, waiting_by_question, waiting_words

__all__ = [
    "count_prisma",
    "live_frame",
    "move_frame",
    "notice_frame",
    "search_frame",
    "source_changes_frame",
    "waiting_frame",
]


def search_frame(assessment: Assessment) -> pd.DataFrame:
    """Strategies, one row each: what they serve and when they were last run (PRISMA-S)."""
    base = assessment.base
    rows = []
    for name, strategy in sorted(base.searches.items()):
        runs = [run for run in base.runs.values() if run.search == name]
        last = max(runs, key=lambda run: (run.date, run.id), default=None)
        rows.append(
            {
                "search": name,
                "title": strategy.title,
                "questions": len(strategy.questions),
                "known items": len(strategy.must_find),
                "last run": last.date.isoformat() if last else "never",
                "matches": str(last.total) if last and last.total is not None else "",
                "missed": ", ".join(last.missed) if last else "",
            }
        )
    return pd.DataFrame(rows)


def live_frame(assessment: Assessment) -> pd.DataFrame:
    """Runs of the update, newest first: exactly what was asked, and what was answered."""
    runs = [run for run in assessment.base.runs.values() if run.search is not None]
    rows = [
        {
            "date": run.date.isoformat(),
            "search": run.search,
            "from": run.since.isoformat() if run.since else "the beginning",
            "to": run.until.isoformat() if run.until else "",
            "matches in all": run.total,
            "in the window": run.found,
            "queued": len(run.queued),
            "why the count moved": run.drift or "",
            "asked": run.endpoint,
        }
        for run in sorted(runs, key=lambda run: (run.date, run.id), reverse=True)
    ]
    columns = ["date", "search", "from", "to", "matches in all", "in the window", "queued",
               "why the count moved", "asked"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def waiting_frame(assessment: Assessment) -> pd.DataFrame:
    """What waits for a person, one row a question."""
    waiting = waiting_by_question(assessment.base, assessment.as_of)
    rows = [
        {
            "question": question,
            "waiting": waiting_words(found).removeprefix("new evidence waiting: "),
            "first in the queue": found[0].title,
            "pmid": found[0].pmid,
        }
        for question, found in waiting.items()
    ]
    return pd.DataFrame(rows, columns=["question", "waiting", "first in the queue", "pmid"])


def notice_frame(assessment: Assessment) -> pd.DataFrame:
    """What happened to included sources: retraction, concern, newer version, erratum."""
    words = {str(kind): word for kind, word in WORDS.items()}
    seen: dict[tuple[str, str, str], dict[str, str]] = {}
    for run in sorted(assessment.base.runs.values(), key=lambda run: (run.date, run.id)):
        for notice in run.notices:
            key = (notice.record, notice.kind, notice.other or notice.source or "")
            seen.setdefault(
                key,
                {
                    "source": notice.record,
                    "what": words.get(notice.kind, notice.kind),
                    "where": f"PMID {notice.other}" if notice.other else notice.source or "",
                    "noticed": run.date.isoformat(),
                },
            )
    return pd.DataFrame(list(seen.values()), columns=["source", "what", "where", "noticed"])


def count_prisma(assessment: Assessment) -> Flow:
    """Numbers of the PRISMA 2020 flow on the day."""
    return count_flow(assessment.base, assessment.as_of)


def move_frame(changes: Changes, subject: str) -> pd.DataFrame:
    """Moves of questions or of claims: old, new, and because of what."""
    rows = [
        {
            subject: move.id,
            "what": move.field,
            "was": move.old or "nothing",
            "is": move.new or "nothing",
            "because": move.because,
        }
        for move in changes.moved(subject)
    ]
    return pd.DataFrame(rows, columns=[subject, "what", "was", "is", "because"])


def source_changes_frame(changes: Changes) -> pd.DataFrame:
    """Sources that are new, retracted or superseded, and ids that were retired."""
    rows = [
        {"source": record.key, "what": what, "title": record.title or ""}
        for what, records in (
            ("new", changes.new_sources),
            ("retracted", changes.retracted),
            ("superseded", changes.superseded),
        )
        for record in records
    ]
    rows += [{"source": key, "what": "retired", "title": line} for key, line in changes.retirements]
    return pd.DataFrame(rows, columns=["source", "what", "title"])
