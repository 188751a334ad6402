"""Runs of searches: what was asked, what was answered, which PMIDs are still to be fetched.

A run is opened by :meth:`RunLog.start`, gets the answers of its searches
(:meth:`RunLog.add_answer`) and is finished when nothing that it wants is pending. A run that is
killed stays open; starting the same plan again goes on with it. A page that one run fetches settles
its PMIDs for every open run.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from evidence_tools.identifiers import parse_pmid
from evidence_tools.literature.store.database import Database, StoreError

__all__ = ["Answer", "Clock", "Run", "RunLog", "RunPlan", "RunState", "Sighting", "stamp"]

#: Gives the present moment, with its time zone.
Clock = Callable[[], dt.datetime]


def stamp(moment: dt.datetime) -> str:
    """A moment as the store writes it: UTC, to the second."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class RunState(StrEnum):
    """Where a run stands."""

    OPEN = "open"
    FINISHED = "finished"
    ABANDONED = "abandoned"


@dataclass(frozen=True)
class RunPlan:
    """What a run is going to ask; two runs with one plan are one run.

    ``strategy`` is the id of a search file, or empty for a list of sources that is fetched again.
    ``since`` and ``until`` are the window of Entrez dates, None where it is open.
    """

    endpoint: str
    strategy: str = ""
    query: str = ""
    since: dt.date | None = None
    until: dt.date | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of the query."""
        return hashlib.sha256(self.query.encode()).hexdigest()


@dataclass(frozen=True)
class Run:
    """A run as the store knows it."""

    id: int
    plan: RunPlan
    started: dt.datetime
    state: RunState = RunState.OPEN
    finished: dt.datetime | None = None
    summary: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What one search of a run was answered.

    ``kind`` tells the searches of a run apart (new, sweep …); ``query`` is as sent, its window too;
    ``total`` is the count that PubMed gave; ``pmids`` are fewer when only the count was asked.
    """

    kind: str
    query: str
    total: int
    pmids: tuple[str, ...] = ()
    translation: str | None = None
    warnings: tuple[str, ...] = ()
    requests: int = 1
    at: dt.datetime | None = None


@dataclass(frozen=True)
class Sighting:
    """A search that found a PMID."""

    run: int
    strategy: str
    kind: str
    at: dt.datetime


_RUN = (
    "SELECT id, strategy, query, since, until, endpoint, started, finished, state, summary FROM run"
)


def _run(row: tuple[Any, ...]) -> Run:
    number, strategy, query, since, until, endpoint, started, finished, state, summary = row
    plan = RunPlan(
        endpoint=endpoint,
        strategy=strategy,
        query=query,
        since=dt.date.fromisoformat(since) if since else None,
        until=dt.date.fromisoformat(until) if until else None,
    )
    return Run(
        id=number,
        plan=plan,
        started=dt.datetime.fromisoformat(started),
        state=RunState(state),
        finished=dt.datetime.fromisoformat(finished) if finished else None,
        summary=json.loads(summary),
    )


def _numbers(pmids: Iterable[str]) -> list[int]:
    """PMIDs as numbers, each once, in order of size."""
    return sorted({int(parse_pmid(pmid)) for pmid in pmids})


class RunLog:
    """The runs of a store."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock

    def start(self, plan: RunPlan) -> Run:
        """Open a run, or go on with the open run of the same plan."""
        key = (
            plan.strategy,
            plan.digest,
            plan.since.isoformat() if plan.since else "",
            plan.until.isoformat() if plan.until else "",
            plan.endpoint,
        )
        with self._db.transaction():
            number = self._db.value(
                "SELECT id FROM run WHERE state = 'open' AND strategy = ? AND digest = ? "
                "AND since = ? AND until = ? AND endpoint = ?",
                key,
            )
            if number is None:
                number = self._db.execute(
                    "INSERT INTO run (strategy, digest, since, until, endpoint, query, started, "
                    "state) VALUES (?, ?, ?, ?, ?, ?, ?, 'open')",
                    (*key, plan.query, stamp(self._clock())),
                )
        return self.get(number)

    def get(self, run: int) -> Run:
        """One run by its number.

        Raises
        ------
        StoreError
            When there is none.
        """
        row = self._db.row(f"{_RUN} WHERE id = ?", (run,))
        if row is None:
            raise StoreError(f"no run {run}", where=str(self._db.path))
        return _run(row)

    def open(self) -> tuple[Run, ...]:
        """Runs that were started and neither finished nor abandoned, oldest first."""
        return tuple(map(_run, self._db.rows(f"{_RUN} WHERE state = 'open' ORDER BY id")))

    def recent(self, limit: int = 10) -> tuple[Run, ...]:
        """Runs last started, newest first."""
        return tuple(map(_run, self._db.rows(f"{_RUN} ORDER BY id DESC LIMIT ?", (limit,))))

    def latest(self, strategy: str) -> Run | None:
        """Last finished run of a strategy: where the next one's window starts."""
        row = self._db.row(
            f"{_RUN} WHERE strategy = ? AND state = 'finished' ORDER BY id DESC LIMIT 1",
            (strategy,),
        )
        return _run(row) if row else None

    def add_answer(
        self, run: int, answer: Answer, *, want: Iterable[str] = (), why: str = ""
    ) -> None:
        """Record what a search was answered, and which PMIDs must be fetched because of it.

        The same answer again adds nothing. Another answer of the same kind (a search repeated after
        an interruption) is kept beside the first, and counts from then on.

        Parameters
        ----------
        run : int
            An open run.
        answer : Answer
            The answer; ``at`` is set here when it is None.
        want : iterable of str
            PMIDs to fetch; those wanted already stay as they are.
        why : str
            Reason for fetching them; by default the answer's kind.
        """
        pmids = _numbers(answer.pmids)
        told = [answer.query, answer.total, answer.translation, list(answer.warnings), pmids]
        digest = hashlib.sha256(json.dumps(told).encode()).hexdigest()
        with self._db.transaction():
            self._check_open(run)
            last = self._db.row(
                "SELECT digest FROM answer WHERE run = ? AND kind = ? ORDER BY id DESC LIMIT 1",
                (run, answer.kind),
            )
            if last != (digest,):
                number = self._db.execute(
                    "INSERT INTO answer (run, kind, query, total, translation, warnings, requests, "
                    "at, digest) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        run, answer.kind, answer.query, answer.total, answer.translation,
                        json.dumps(answer.warnings, ensure_ascii=False), answer.requests,
                        stamp(answer.at or self._clock()), digest,
                    ),
                )  # fmt: skip
                self._db.execute_many(
                    "INSERT INTO hit (answer, pmid) VALUES (?, ?)", [(number, n) for n in pmids]
                )
            self._want(run, want, why or answer.kind)

    def want(self, run: int, pmids: Iterable[str], why: str) -> None:
        """Put PMIDs on a run's list to fetch; those on it already stay as they are."""
        with self._db.transaction():
            self._check_open(run)
            self._want(run, pmids, why)

    def _want(self, run: int, pmids: Iterable[str], why: str) -> None:
        self._db.execute_many(
            "INSERT OR IGNORE INTO wanted (run, pmid, why) VALUES (?, ?, ?)",
            [(run, number, why) for number in _numbers(pmids)],
        )

    def pending(self, runs: Collection[int] | None = None) -> tuple[str, ...]:
        """PMIDs that runs still wait for, each once.

        Parameters
        ----------
        runs : collection of int, optional
            Numbers of runs; by default every open run.
        """
        chosen = [run.id for run in self.open()] if runs is None else list(runs)
        rows = self._db.rows(
            "SELECT DISTINCT pmid FROM wanted WHERE page IS NULL "
            "AND run IN (SELECT value FROM json_each(?)) ORDER BY pmid",
            (json.dumps(chosen),),
        )
        return tuple(str(pmid) for (pmid,) in rows)

    def answers(self, run: int) -> Mapping[str, Answer]:
        """What counts of a run's searches: the last answer of each kind."""
        rows = self._db.rows(
            "SELECT max(id), kind, query, total, translation, warnings, requests, at FROM answer "
            "WHERE run = ? GROUP BY kind ORDER BY kind",
            (run,),
        )
        found = {}
        for number, kind, query, total, translation, warnings, requests, at in rows:
            hits = self._db.rows("SELECT pmid FROM hit WHERE answer = ? ORDER BY pmid", (number,))
            found[kind] = Answer(
                kind=kind,
                query=query,
                total=total,
                pmids=tuple(str(pmid) for (pmid,) in hits),
                translation=translation,
                warnings=tuple(json.loads(warnings)),
                requests=requests,
                at=dt.datetime.fromisoformat(at),
            )
        return found

    def wanted(self, run: int) -> Mapping[str, tuple[str, str | None]]:
        """PMIDs on a run's list: why, and what became of each (None while pending)."""
        rows = self._db.rows(
            "SELECT pmid, why, outcome FROM wanted WHERE run = ? ORDER BY pmid", (run,)
        )
        return {str(pmid): (why, outcome) for pmid, why, outcome in rows}

    def outcomes(self, run: int) -> Mapping[str, int]:
        """How many of a run's PMIDs came out how: new, changed, same, missing, damaged, pending."""
        rows = self._db.rows(
            "SELECT coalesce(outcome, 'pending'), count(*) FROM wanted WHERE run = ? GROUP BY 1",
            (run,),
        )
        return dict(rows)

    def found_by(self, pmid: str) -> tuple[Sighting, ...]:
        """Searches that found a PMID, oldest first."""
        rows = self._db.rows(
            "SELECT run.id, strategy, kind, at FROM hit JOIN answer ON answer.id = hit.answer "
            "JOIN run ON run.id = answer.run WHERE pmid = ? ORDER BY answer.id",
            (int(parse_pmid(pmid)),),
        )
        return tuple(
            Sighting(run, strategy, kind, dt.datetime.fromisoformat(at))
            for run, strategy, kind, at in rows
        )

    def finish(self, run: int, summary: Mapping[str, Any] | None = None) -> Run:
        """Close a run that has everything it wanted; again, it changes nothing.

        Raises
        ------
        StoreError
            When PMIDs are still pending.
        """
        with self._db.transaction():
            if self.get(run).state is RunState.FINISHED:
                return self.get(run)
            self._check_open(run)
            left = len(self.pending([run]))
            if left:
                raise StoreError(
                    f"run {run} still waits for {left} citations",
                    fix="run the same command again: it goes on where it stopped",
                )
            self._close(run, RunState.FINISHED, summary or {})
        return self.get(run)

    def abandon(self, run: int, reason: str) -> Run:
        """Close a run that will not be gone on with; what it brought stays."""
        with self._db.transaction():
            self._check_open(run)
            self._close(run, RunState.ABANDONED, {"abandoned": reason})
        return self.get(run)

    def _close(self, run: int, state: RunState, summary: Mapping[str, Any]) -> None:
        self._db.execute(
            "UPDATE run SET state = ?, finished = ?, summary = ? WHERE id = ?",
            (state, stamp(self._clock()), json.dumps(summary, ensure_ascii=False), run),
        )

    def _check_open(self, run: int) -> None:
        state = self.get(run).state
        if state is not RunState.OPEN:
            raise StoreError(f"run {run} is {state}", expected="an open run", fix="start a new run")
