"""Cut a search that finds more than PubMed hands out into parts that fit.

PubMed gives the first 9,999 matches of a search and no more. A larger search is cut by Entrez date,
halving the range down to a day, and a day that still does not fit by PMID: the median of those it
did give parts the rest so that either side is smaller. What has no Entrez date is a part of its
own. Each cut is ``A AND x`` beside ``A AND not-x``, so that every match is in one part and in one
only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median_low

from evidence_tools.literature.entrez.errors import OverflowedError

__all__ = ["FIRST_DAY", "LAST_DAY", "LIMIT", "Found", "Slice", "both", "collect", "date_range"]

#: Most matches of one search that PubMed hands out.
LIMIT = 9_999
#: PubMed's own range: nothing in it is older than the first, and the last is never reached.
FIRST_DAY = date(1700, 1, 1)
LAST_DAY = date(3000, 12, 31)
_HIGHEST_PMID = 99_999_999
# Before this day PubMed has few records a year, so that halving centuries would waste requests.
_MODERN = date(1966, 1, 1)


@dataclass(frozen=True)
class Found:
    """What one ESearch gave: the count of all matches, and the first of them."""

    count: int
    pmids: tuple[str, ...]
    translation: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Slice:
    """One part of a search: the restriction that made it, and how many matches it holds."""

    restriction: str
    count: int


Ask = Callable[[str], Found]
Part = tuple[Slice, tuple[str, ...]]


def date_range(field: str, since: date, until: date) -> str:
    """A range of days in PubMed's words.

    >>> date_range("edat", date(2026, 10, 1), date(2026, 10, 31))
    '("2026/10/01"[edat] : "2026/10/31"[edat])'
    """
    return f'("{since:%Y/%m/%d}"[{field}] : "{until:%Y/%m/%d}"[{field}])'


def both(query: str, restriction: str) -> str:
    """A query, restricted.

    >>> both("massage OR shiatsu", "english[la]")
    '(massage OR shiatsu) AND english[la]'
    """
    return f"({query}) AND {restriction}"


def collect(
    ask: Ask,
    query: str,
    whole: Found,
    *,
    since: date,
    until: date,
    today: date,
    limit: int = LIMIT,
) -> Iterator[Part]:
    """Cut a search and get every part.

    Parameters
    ----------
    ask : callable
        Runs one search; its answer holds at most ``limit`` PMIDs.
    query : str
        The search.
    whole : Found
        Its answer, which did not fit.
    since, until : date
        Range of Entrez dates outside of which it is known to find nothing dated.
    today : date
        Beyond it little is dated.
    limit : int
        Most matches that one search hands out.

    Yields
    ------
    tuple of Slice and tuple of str
        A part that holds something, and its PMIDs.

    Raises
    ------
    OverflowedError
        When a part does not get smaller by cutting.
    """
    reached = 0
    for part in _by_date(ask, query, list(_ranges(since, until, today)), limit):
        reached += part[0].count
        yield part
    if reached < whole.count:
        undated = f"({query}) NOT {date_range('edat', since, until)}"
        found = ask(undated)
        yield from _fit(ask, undated, "no Entrez date", found, limit)


def _ranges(since: date, until: date, today: date) -> Iterator[tuple[date, date]]:
    """The past, the decades in which PubMed has grown, and what is dated ahead."""
    edges = [day for day in (_MODERN, today + timedelta(days=1)) if since < day <= until]
    starts = [since, *edges]
    ends = [*(day - timedelta(days=1) for day in edges), until]
    return zip(starts, ends, strict=True)


def _by_date(ask: Ask, query: str, ranges: list[tuple[date, date]], limit: int) -> Iterator[Part]:
    waiting = ranges[::-1]
    while waiting:
        first, last = waiting.pop()
        restriction = date_range("edat", first, last)
        found = ask(both(query, restriction))
        if found.count <= limit or first == last:
            yield from _fit(ask, both(query, restriction), restriction, found, limit)
            continue
        middle = first + (last - first) // 2
        waiting += [(middle + timedelta(days=1), last), (first, middle)]


def _fit(ask: Ask, query: str, restriction: str, found: Found, limit: int) -> Iterator[Part]:
    """A part as it is, or cut by PMID until each piece fits."""
    waiting = [(restriction, found, 1, _HIGHEST_PMID)]
    while waiting:
        name, part, low, high = waiting.pop()
        if part.count <= limit:
            if part.count:
                yield Slice(name, part.count), part.pmids
            continue
        numbers = [n for n in map(int, part.pmids) if low <= n <= high]
        middle = median_low(numbers) if numbers else (low + high) // 2
        if middle >= high:
            raise _overflow(name, part.count, limit)
        for bottom, top in ((low, middle), (middle + 1, high)):
            words = f"{bottom}:{top}[uid]"
            piece = ask(both(query, words))
            if piece.count >= part.count:
                raise _overflow(f"{restriction} AND {words}", piece.count, limit)
            waiting.append((f"{restriction} AND {words}", piece, bottom, top))


def _overflow(restriction: str, count: int, limit: int) -> OverflowedError:
    return OverflowedError(
        f"the search finds {count} records within {restriction}, and no cut makes it smaller",
        expected=f"at most {limit}, which is all that PubMed hands out",
        fix="make the search narrower",
    )
