"""The strategies run over the store, without a network: for what people imported or scanned."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from evidence_tools.base import EvidenceBase
from evidence_tools.files import write_model
from evidence_tools.literature.conclusions import Answered, conclude_search
from evidence_tools.literature.plans import LOCAL, Task
from evidence_tools.literature.query import Answer, compile_matchers, parse_query
from evidence_tools.literature.store import Store
from evidence_tools.literature.update import Outcome, Progress, ignore_progress

__all__ = ["run_offline"]


def run_offline(
    base: EvidenceBase,
    store: Store,
    tasks: Sequence[Task],
    today: dt.date,
    *,
    progress: Progress = ignore_progress,
) -> Outcome:
    """Run the strategies over the store, for citations that were imported by hand or scanned.

    What the evaluator cannot decide (a MeSH term above the one indexed, say) does not match; how
    often that was so stands in the run's note.
    """
    outcome = Outcome()
    match = compile_matchers({task.strategy.id: parse_query(task.query) for task in tasks})
    found: dict[str, list[str]] = {task.strategy.id: [] for task in tasks}
    open_: dict[str, int] = dict.fromkeys(found, 0)
    held = {r.pmid for r in base.records.values() if r.pmid}
    queued = {item.pmid for run in base.runs.values() for item in run.queued}
    count = store.counts().citations
    for number, citation in enumerate(store.current()):
        if number % 500 == 0:
            progress("matching", number, count)
        for name, told in match(citation).items():
            if told is Answer.YES:
                found[name].append(citation.pmid)
            elif told is Answer.UNKNOWN:
                open_[name] += 1
    progress("matching", count, count)
    others = store.citations({*held, *queued})
    for task in tasks:
        pmids = tuple(found[task.strategy.id])
        answered = Answered(
            strategy=task.strategy,
            digest=task.digest,
            endpoint=LOCAL,
            live=False,
            sent=task.query,
            since=None,
            until=task.until,
            total=len(pmids),
            pmids=pmids,
            place="The literature store, by the local evaluator",
            note=f"{open_[task.strategy.id]} citations could not be decided and were left out",
        )
        present = store.known(task.strategy.must_find)
        absent = {
            pmid: "not in the store" for pmid in task.strategy.must_find if pmid not in present
        }
        citations = store.citations(pmids)
        concluded = conclude_search(base, answered, today, citations, others, absent)
        others = {**others, **citations}
        if write_model(concluded, base.root / "runs" / f"{concluded.id}.json"):
            outcome.written.append(concluded.id)
        outcome.runs.append(concluded)
    return outcome
