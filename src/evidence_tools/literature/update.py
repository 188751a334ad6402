"""The monthly run: ask, fetch, keep; then say what it means. Killed anywhere, it goes on.

Three stages, each safe to repeat. *Ask*: one search a strategy, its answer kept before the next is
asked. *Fetch*: every citation wanted, a batch a transaction. *Conclude*: run files and the state of
retractions, worked out from the store, so that a second try writes the same bytes; only then is a
run closed in the store. Nothing here changes a level of support, but that a retracted source is
taken out of the ratings.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from evidence_tools.base import EvidenceBase
from evidence_tools.files import write_model
from evidence_tools.literature.citations import Citation
from evidence_tools.literature.conclusions import (
    Affected,
    Answered,
    affected_by,
    conclude_search,
    conclude_sources,
    with_retraction,
)
from evidence_tools.literature.entrez import NCBI, Entrez, IncompleteError, Settings
from evidence_tools.literature.plans import SOURCES, Task, window_query
from evidence_tools.literature.pubmed_xml import Deletion, Problem, parse_articles
from evidence_tools.literature.store import Store
from evidence_tools.literature.store.pages import Page, Removal
from evidence_tools.literature.store.runs import Answer, Run, RunPlan
from evidence_tools.models import SearchRun

__all__ = ["Outcome", "Progress", "fetch_citations", "ignore_progress", "run_update"]


#: DOIs asked for in one search.
_DOIS = 50

#: Called with a stage, how much of it is done, and how much there is.
Progress = Callable[[str, int, int], None]


@dataclass
class Outcome:
    """What an update did and found.

    ``incomplete`` maps PMIDs that NCBI neither gave nor explained to what was said of them.
    """

    runs: list[SearchRun] = field(default_factory=list)
    requests: int = 0
    new: int = 0
    changed: int = 0
    same: int = 0
    resumed: int = 0
    problems: list[str] = field(default_factory=list)
    incomplete: dict[str, str] = field(default_factory=dict)
    retracted: list[Affected] = field(default_factory=list)
    written: list[str] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether everything that was asked for came, or NCBI said why not."""
        return not self.incomplete


def ignore_progress(stage: str, done: int, count: int) -> None:
    """Show no progress."""


@dataclass
class _Session:
    """One update in progress."""

    base: EvidenceBase
    store: Store
    client: Entrez
    today: dt.date
    progress: Progress
    outcome: Outcome
    settings: Settings
    runs: dict[int, tuple[Run, Task | None]] = field(default_factory=dict)

    @property
    def endpoint(self) -> str:
        """Address that is asked."""
        return self.settings.base

    @property
    def live(self) -> bool:
        """Whether it is NCBI itself; a mirror or a trial server is not."""
        return self.settings.base == NCBI


def run_update(
    base: EvidenceBase,
    store: Store,
    settings: Settings,
    tasks: Sequence[Task],
    today: dt.date,
    *,
    client: Entrez | None = None,
    sources: bool = True,
    progress: Progress = ignore_progress,
    on_wait: Callable[[float, str], None] | None = None,
) -> Outcome:
    """Run an update, or go on with one that was interrupted.

    Parameters
    ----------
    base : EvidenceBase
        What was judged; its run files and records are written to.
    store : Store
        Keeps everything that comes.
    settings : Settings
        Who asks, and where.
    tasks : sequence of Task
        From :func:`~evidence_tools.literature.plans.make_plan`.
    today : datetime.date
        The day of the run.
    client : Entrez, optional
        In place of one made from the settings.
    sources : bool
        Whether the sources of the evidence base are fetched again.
    progress : callable
        Called with stage, done, count.
    on_wait : callable, optional
        Told the seconds and the reason of each wait for NCBI.

    Raises
    ------
    EntrezError
        When NCBI cannot be asked. What came is kept, and the next call goes on from there.
    """
    asking = client or Entrez(settings, on_wait=on_wait)
    session = _Session(base, store, asking, today, progress, Outcome(), settings)
    _close_concluded(session)
    _ask_all(session, tasks)
    if sources:
        _want_sources(session)
    _fetch_all(session)
    _conclude_all(session)
    session.outcome.requests = asking.requests
    return session.outcome


def _close_concluded(session: _Session) -> None:
    """Close what was killed between the writing of its file and its closing in the store."""
    concluded = {
        (run.search, run.strategy, run.since, run.until)
        for run in session.base.runs.values()
        if run.endpoint == session.endpoint
    }
    for run in session.store.runs.open():
        plan = run.plan
        if plan.endpoint != session.endpoint:
            continue
        if plan.strategy == SOURCES:
            done = session.base.runs.get(f"{run.started.date().isoformat()}-{SOURCES}")
            has_file = done is not None and done.endpoint == session.endpoint
        else:
            has_file = (plan.strategy, plan.digest, plan.since, plan.until) in concluded
        if has_file:
            _close(session.store, run)


def _close(store: Store, run: Run) -> None:
    left = store.runs.pending([run.id])
    if left:
        store.runs.abandon(run.id, f"{len(left)} citations were neither given nor explained")
    else:
        store.runs.finish(run.id)


def _ask_all(session: _Session, tasks: Sequence[Task]) -> None:
    """Ask each strategy's window and its whole count, unless an interrupted run has the answer."""
    open_runs = {
        (run.plan.strategy, run.plan.digest): run
        for run in session.store.runs.open()
        if run.plan.endpoint == session.endpoint and run.plan.strategy != SOURCES
    }
    for number, task in enumerate(tasks):
        session.progress("asking", number, len(tasks))
        begun = open_runs.get((task.strategy.id, task.digest))
        if begun is not None:
            # Its window, not ours: the answer that is kept belongs to it.
            since, until = begun.plan.since, begun.plan.until or session.today
            sent = window_query(task.query, since, until, task.strategy.must_find)
            task = Task(task.strategy, task.query, task.digest, sent, since, until)
            session.outcome.resumed += 1
        plan = RunPlan(session.endpoint, task.strategy.id, task.query, task.since, task.until)
        run = session.store.runs.start(plan)
        session.runs[run.id] = (run, task)
        kept = session.store.runs.answers(run.id)
        if "window" not in kept:
            answer = session.client.search(task.sent)
            session.store.runs.add_answer(
                run.id,
                Answer(
                    kind="window",
                    query=task.sent,
                    total=answer.count,
                    pmids=answer.pmids,
                    translation=answer.translation,
                    warnings=answer.warnings,
                ),
                want=answer.pmids,
            )
        if "total" not in kept and task.sent != task.query:
            count = session.client.count(task.query)
            told = Answer(kind="total", query=task.query, total=count.count)
            session.store.runs.add_answer(run.id, told)
    session.progress("asking", len(tasks), len(tasks))


def _want_sources(session: _Session) -> None:
    """Put the sources held, and whatever a run file names and the store lacks, on the list."""
    held = {
        r.pmid for r in session.base.records.values() if r.pmid and "pmid" not in r.memory_fields
    }
    named = {
        pmid
        for run in session.base.runs.values()
        if run.search is not None and run.endpoint == session.endpoint
        for pmid in (*run.pmids, *(item.pmid for item in run.absent))
    }
    missing = named - session.store.known(named)
    if not held | missing:
        return
    done = session.base.runs.get(f"{session.today.isoformat()}-{SOURCES}")
    if done is not None and done.endpoint == session.endpoint and not missing:
        return
    listed = hashlib.sha256(" ".join(sorted(held)).encode()).hexdigest()
    plan = RunPlan(session.endpoint, SOURCES, f"{SOURCES} {listed}", None, session.today)
    run = session.store.runs.start(plan)
    session.runs[run.id] = (run, None)
    session.store.runs.want(run.id, sorted(held | missing, key=int), SOURCES)


def _fetch_all(session: _Session) -> None:
    """Fetch what is pending, a batch a transaction."""
    pending = session.store.runs.pending(list(session.runs))
    if not pending:
        return
    done = 0
    session.progress("fetching", 0, len(pending))
    carrier = next(iter(session.runs))
    try:
        for page in session.client.fetch(pending):
            citations: list[Citation] = []
            problems: list[Problem] = []
            removals = [Removal(m.pmid, m.reason, m.into) for m in page.missing]
            for item in parse_articles(page.data):
                if isinstance(item, Citation):
                    citations.append(item)
                elif isinstance(item, Problem):
                    problems.append(item)
                elif isinstance(item, Deletion):
                    removals.append(Removal(item.pmid, "deleted from PubMed"))
            receipt = session.store.pages.add(
                Page(page.asked, citations, problems, removals, page.data), run=carrier
            )
            session.outcome.new += receipt.new
            session.outcome.changed += receipt.changed
            session.outcome.same += receipt.same
            session.outcome.problems.extend(
                f"PMID {problem.pmid or 'unknown'}: {problem.what}" for problem in problems
            )
            done += len(page.asked)
            session.progress("fetching", done, len(pending))
    except IncompleteError as error:
        session.outcome.incomplete = dict.fromkeys(error.pmids, error.what)


def _conclude_all(session: _Session) -> None:
    """Write run files and retractions, then close the runs in the store."""
    base, store, outcome = session.base, session.store, session.outcome
    held = [r.pmid for r in base.records.values() if r.pmid]
    queued = {item.pmid for run in base.runs.values() for item in run.queued}
    others = store.citations({*held, *queued})
    absent = {**_removals(store, held), **outcome.incomplete}
    for number, (run, task) in enumerate(session.runs.values()):
        session.progress("concluding", number, len(session.runs))
        day = run.started.date()
        if task is None:
            concluded = conclude_sources(base, session.endpoint, session.live, day, others, absent)
            _write_retractions(session, others, day)
            outcome.retracted = affected_by(
                base, [n for n in concluded.notices if n.kind.startswith("Retract")]
            )
        else:
            answers = store.runs.answers(run.id)
            window = answers["window"]
            answered = Answered(
                strategy=task.strategy,
                digest=task.digest,
                endpoint=session.endpoint,
                live=session.live,
                sent=window.query,
                since=task.since,
                until=task.until,
                total=answers.get("total", window).total,
                pmids=window.pmids,
                translation=window.translation,
                warnings=window.warnings,
            )
            citations = store.citations(window.pmids)
            asked = {*window.pmids, *task.strategy.must_find}
            absent = {**absent, **_removals(store, asked)}
            concluded = conclude_search(base, answered, day, citations, others, absent)
            others = {**others, **citations}
        if write_model(concluded, base.root / "runs" / f"{concluded.id}.json"):
            outcome.written.append(concluded.id)
        outcome.runs.append(concluded)
    for run, _ in session.runs.values():
        _close(store, run)
    session.progress("concluding", len(session.runs), len(session.runs))


def _removals(store: Store, pmids: Iterable[str]) -> dict[str, str]:
    """PMIDs that PubMed took away, with its reason."""
    return {
        pmid: f"{removal.reason}, into {removal.into}" if removal.into else removal.reason
        for pmid, removal in store.removals(pmids).items()
    }


def _write_retractions(session: _Session, citations: Mapping[str, Citation], day: dt.date) -> None:
    """Write what PubMed says of each source's retraction into its record."""
    for key in sorted(session.base.records):
        record = session.base.records[key]
        if record.pmid is None or record.pmid not in citations:
            continue
        changed = with_retraction(record, citations[record.pmid], day)
        if changed is not record:
            folder = "unverified" if key in session.base.unverified else "records"
            write_model(changed, session.base.root / folder / f"{key}.json")
            session.outcome.written.append(key)


def fetch_citations(
    settings: Settings,
    pmids: Sequence[str],
    dois: Sequence[str] = (),
    *,
    client: Entrez | None = None,
) -> tuple[dict[str, Citation], dict[str, str]]:
    """Fetch citations by PMID, and by DOI where no PMID is known; nothing is kept.

    Returns
    -------
    dict
        PMID → citation.
    dict
        PMID → why PubMed does not give it.
    """
    asking = client or Entrez(settings)
    wanted = list(pmids)
    for start in range(0, len(dois), _DOIS):
        terms = " OR ".join(f'"{doi}"[aid]' for doi in dois[start : start + _DOIS])
        wanted += [pmid for pmid in asking.search(terms).pmids if pmid not in wanted]
    found: dict[str, Citation] = {}
    absent: dict[str, str] = {}
    try:
        for page in asking.fetch(wanted):
            absent |= {m.pmid: m.reason for m in page.missing}
            for item in parse_articles(page.data):
                if isinstance(item, Citation):
                    found[item.pmid] = item
    except IncompleteError as error:
        absent |= dict.fromkeys(error.pmids, "not given, and NCBI gave no reason")
    return found, absent
