"""What a monthly run is going to ask: which strategies, over which window, in which words.

A window is one query, so that a strategy costs one request and not four: what came new (by the day
it entered PubMed and by the day its record was made, which differ for old articles that are added
late), what matches only now because MeSH terms were added, and the known items of the gate.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evidence_tools.base import EvidenceBase
from evidence_tools.errors import InputError
from evidence_tools.literature.strategy import Strategy, compile_query, strategy_digest
from evidence_tools.models import SearchRun

__all__ = [
    "LOCAL",
    "OVERLAP",
    "SOURCES",
    "Task",
    "last_run",
    "make_plan",
    "parse_since",
    "window_query",
]

#: Days that a window reaches back behind the last one: NCBI loads some records late.
OVERLAP = dt.timedelta(days=14)
#: In the place of a strategy's id: the re-fetch of the sources that the evidence base holds.
SOURCES = "sources"
#: In the place of an address: searches run over the store by the local evaluator.
LOCAL = "local store"


@dataclass(frozen=True)
class Task:
    """One strategy to be asked.

    ``query`` is the strategy as compiled, ``sent`` what PubMed receives for the window; ``since``
    is None where all of PubMed is asked.
    """

    strategy: Strategy
    query: str
    digest: str
    sent: str
    since: dt.date | None
    until: dt.date


def parse_since(text: str | None) -> dt.date | None:
    """Read ``last`` (None) or a day.

    Raises
    ------
    InputError
        When it is neither.
    """
    if text is None or text == "last":
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise InputError(
            f"--since {text!r} is no day", expected="last, or a day as in 2026-11-01"
        ) from error


def window_query(query: str, since: dt.date | None, until: dt.date, known: Sequence[str]) -> str:
    """Limit a query to what is new or newly indexed, and to its known items.

    >>> window_query("massage[tiab]", None, dt.date(2026, 11, 21), ["1"])
    'massage[tiab]'
    """
    if since is None:
        return query
    days = f'"{since:%Y/%m/%d}"[{{0}}] : "{until:%Y/%m/%d}"[{{0}}]'
    parts = [f"({days.format(field)})" for field in ("edat", "crdt", "mhda")]
    parts += [f"{pmid}[uid]" for pmid in sorted(known, key=int)]
    return f"({query}) AND ({' OR '.join(parts)})"


def last_run(runs: Iterable[SearchRun], search: str, endpoint: str) -> SearchRun | None:
    """Latest run of a search against an endpoint, or None."""
    found = (
        run
        for run in runs
        if run.search == search and run.endpoint == endpoint and run.until is not None
    )
    return max(found, key=lambda run: (run.until or dt.date.min, run.date, run.id), default=None)


def make_plan(
    base: EvidenceBase,
    endpoint: str,
    today: dt.date,
    chosen: Iterable[str] = (),
    since: dt.date | None = None,
    until: dt.date | None = None,
    *,
    again: bool = False,
) -> list[Task]:
    """Plan the searches of an update; what was asked up to the same day already is left out.

    Parameters
    ----------
    base : EvidenceBase
        With its strategies and earlier runs.
    endpoint : str
        Address that will be asked: windows follow each other per endpoint.
    today : datetime.date
        The day of the run.
    chosen : iterable of str
        Ids of strategies; empty: all.
    since, until : datetime.date, optional
        The window. By default from the last run, less an overlap, to today; a strategy that was
        never run, or whose words changed, is asked of all of PubMed.
    again : bool
        Ask everything, whatever was asked before.

    Raises
    ------
    InputError
        Unknown strategy, a window that ends before it begins, a day in the future.
    """
    end = until or today
    if end > today:
        raise InputError(f"--until {end} lies in the future", expected=f"at most {today}")
    if since is not None and since > end:
        raise InputError(f"--since {since} is after --until {end}", expected="since before until")
    names = list(dict.fromkeys(chosen)) or sorted(base.searches)
    unknown = [name for name in names if name not in base.searches]
    if unknown:
        raise InputError(f"no search {unknown[0]!r}", fix="list them with: evidence searches lint")
    tasks = []
    for name in names:
        strategy = base.searches[name]
        query = compile_query(strategy, base.filters)
        digest = strategy_digest(strategy, base.filters)
        before = last_run(base.runs.values(), name, endpoint)
        begin = since
        if since is None and before is not None and before.strategy == digest:
            if not again and before.until is not None and before.until >= end:
                continue
            begin = None if again else (before.until or end) - OVERLAP
        sent = window_query(query, begin, end, strategy.must_find)
        tasks.append(Task(strategy, query, digest, sent, begin, end))
    return tasks
