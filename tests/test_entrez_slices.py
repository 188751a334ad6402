"""Searches beyond what PubMed hands out: cut so that every match comes exactly once."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from evidence_tools.literature.citations import Citation
from evidence_tools.literature.entrez import (
    Entrez,
    IncompleteError,
    OverflowedError,
    Settings,
    Slice,
)
from evidence_tools.literature.entrez.slices import FIRST_DAY, LAST_DAY, Found, collect
from evidence_tools.testing.eutils import EutilsServer
from evidence_tools.testing.faults import Fault, FaultKind
from evidence_tools.testing.holdings import Matches

TODAY = date(2026, 11, 30)
DAY = date(2020, 5, 4)


class Simulated:
    """A PubMed of nothing but numbers and days, which understands the cuts and no words."""

    def __init__(self, days: dict[int, date | None], limit: int, deaf: str = "") -> None:
        self.days = days
        self.limit = limit
        self.deaf = deaf
        self.requests = 0

    def __call__(self, query: str) -> Found:
        """Answer a search, newest first, no more than the limit."""
        self.requests += 1
        found = sorted(self._find(query), reverse=True)
        return Found(len(found), tuple(map(str, found[: self.limit])))

    def _find(self, query: str) -> set[int]:
        if query == "all":
            return set(self.days)
        inner, operator, words = re.fullmatch(r"\((.*)\) (AND|NOT) (.*?)", query).groups()
        found = self._find(inner)
        matching = {number for number in found if self._holds(number, words)}
        return matching if operator == "AND" else found - matching

    def _holds(self, number: int, words: str) -> bool:
        if self.deaf and words.endswith(self.deaf):
            return True
        span = re.fullmatch(r'\("([\d/]+)"\[edat\] : "([\d/]+)"\[edat\]\)', words)
        if span is not None:
            day = self.days[number]
            low, high = (date(*map(int, text.split("/"))) for text in span.groups())
            return day is not None and low <= day <= high
        low, high = re.fullmatch(r"(\d+):(\d+)\[uid\]", words).groups()
        return int(low) <= number <= int(high)


def cut(pubmed: Simulated) -> list[tuple[Slice, tuple[str, ...]]]:
    """Every part of a search for everything."""
    return list(
        collect(
            pubmed,
            "all",
            pubmed("all"),
            since=FIRST_DAY,
            until=LAST_DAY,
            today=TODAY,
            limit=pubmed.limit,
        )
    )


_DAYS = st.one_of(
    st.none(),
    st.dates(date(1780, 1, 1), date(2027, 3, 1)),
    st.sampled_from([DAY, DAY, DAY + timedelta(days=1), TODAY, TODAY + timedelta(days=1)]),
)
_PMIDS = st.one_of(st.integers(1, 99_999_999), st.integers(39_000_000, 39_000_200))


@given(st.dictionaries(_PMIDS, _DAYS, max_size=120), st.integers(2, 20))
@example(dict.fromkeys(range(1, 60), DAY), 2)
@example(dict.fromkeys([1, 2, 99_999_999], DAY), 2)
@example(dict.fromkeys(range(1, 30)), 3)
@example({1: FIRST_DAY, 2: LAST_DAY, 3: TODAY, 4: date(1966, 1, 1), 5: date(1965, 12, 31)}, 2)
def test_any_distribution_of_days_comes_once_and_whole(
    days: dict[int, date | None], limit: int
) -> None:
    """Whatever days the records carry, or none: the parts fit, are disjoint, and make the whole."""
    parts = cut(Simulated(days, limit))
    came = Counter(pmid for _, pmids in parts for pmid in pmids)
    assert came == Counter(map(str, days))
    assert all(part.count == len(pmids) <= limit for part, pmids in parts)
    assert len({part.restriction for part, _ in parts}) == len(parts)


@settings(deadline=None)  # counted in requests, not in time
@given(st.integers(30, 200), st.integers(5, 20))
def test_a_crowded_day_takes_few_requests(count: int, limit: int) -> None:
    """Each cut by PMID leaves at least half of what fits on either side."""
    pubmed = Simulated(dict.fromkeys(range(1, count + 1), DAY), limit)
    cut(pubmed)
    halving = 2 * 20  # from a thousand years down to the day
    assert pubmed.requests <= halving + 2 * (2 * count // (limit - 1) + 2)


def test_parts_are_named_by_what_made_them() -> None:
    """A run file tells how a search was cut: days, then PMIDs, then what has no day."""
    days = dict.fromkeys(range(1, 5), DAY) | {10: date(1901, 1, 1), 11: None}
    parts = [part for part, _ in cut(Simulated(days, 2))]
    assert parts[0] == Slice('("1700/01/01"[edat] : "1965/12/31"[edat])', 1)
    day = '("2020/05/04"[edat] : "2020/05/04"[edat])'
    assert parts[1:] == [
        Slice(f"{day} AND 4:99999999[uid]", 1),
        Slice(f"{day} AND 3:3[uid]", 1),
        Slice(f"{day} AND 1:2[uid]", 2),
        Slice("no Entrez date", 1),
    ]


def test_a_server_that_does_not_cut_is_an_honest_error() -> None:
    """When a range of PMIDs changes nothing, the search is named as too large; no endless loop."""
    pubmed = Simulated(dict.fromkeys(range(1, 30), DAY), 5, deaf="[uid]")
    with pytest.raises(OverflowedError, match="finds 29 records within") as error:
        cut(pubmed)
    assert "2020/05/04" in str(error.value)
    assert "make the search narrower" in str(error.value)


def _client(server: EutilsServer) -> Entrez:
    return Entrez(
        Settings("analyst@example.org", base=server.url),
        clock=lambda: 0.0,
        sleep=lambda seconds: None,
        random=lambda: 0.5,
        today=lambda: TODAY,
    )


@pytest.fixture(scope="module")
def crowd() -> list[Citation]:
    """Records beyond the limit: half on one day, the rest over the years, one without a day."""
    crowded = [Citation(str(n), title="a", entrez_date="2020-05-04") for n in range(1, 10_501)]
    first = date(1990, 1, 1)
    years = [(n, first + timedelta(days=n % 9000)) for n in range(20_001, 24_000)]
    rest = [Citation(str(n), title="a", entrez_date=day.isoformat()) for n, day in years]
    return [*crowded, *rest, Citation("70000", title="a")]


def test_a_search_beyond_the_limit_comes_whole(crowd: list[Citation]) -> None:
    """Over HTTP, with NCBI's limit: 14,500 records, 10,500 of them on a single day."""
    with EutilsServer(crowd) as server:
        answer = _client(server).search("1:99999999[uid]")
    assert answer.pmids == tuple(citation.pmid for citation in crowd)
    assert answer.count == 14_500
    assert sum(part.count for part in answer.slices) == 14_500
    assert max(part.count for part in answer.slices) <= 9_999
    assert answer.requests < 60


def test_the_parts_are_asked_again_when_they_do_not_add_up(crowd: list[Citation]) -> None:
    """A record that leaves between whole and parts makes a second round, not a wrong number."""
    fault = Fault(FaultKind.REMOVED, "esearch", call=3, pmids=("1", "2"))
    with EutilsServer(crowd, faults=[fault]) as server:
        answer = _client(server).search("1:99999999[uid]")
    assert answer.pmids == tuple(c.pmid for c in crowd if c.pmid not in {"1", "2"})


def test_a_count_that_never_adds_up_is_an_error(
    crowd: list[Citation], monkeypatch: pytest.MonkeyPatch
) -> None:
    """When parts and whole never agree, there is no answer rather than a wrong one."""
    with EutilsServer(crowd) as server:
        search = server.holdings.search

        def forget(term: str) -> Matches:
            return Matches(()) if " NOT " in term else search(term)

        monkeypatch.setattr(server.holdings, "search", forget)
        with pytest.raises(IncompleteError, match="hold 14499 records, the whole 14500"):
            _client(server).search("1:99999999[uid]")
