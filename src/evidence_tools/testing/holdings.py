"""What a loopback PubMed holds: records that can be searched, changed, merged and removed."""

from __future__ import annotations

import re
import secrets
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from evidence_tools.literature.citations import Citation
from evidence_tools.literature.query import QueryError
from evidence_tools.testing.matching import compile_search

__all__ = ["Holdings", "Matches"]

_DATE_FIELDS: Mapping[str, str] = {
    "edat": "entrez_date",
    "crdt": "entrez_date",
    "mhda": "mesh_date",
    "mdat": "revised",
    "pdat": "published",
}
_REMEMBERED = 64


@dataclass(frozen=True)
class Matches:
    """PMIDs that a search finds, newest first, and what is to be said about it."""

    pmids: tuple[str, ...]
    error: str = ""
    unknown_field: str = ""


class Holdings:
    """Records by PMID, and the history of searches.

    Parameters
    ----------
    citations : iterable of Citation
        The records.
    today : date, optional
        Records that enter PubMed after this day are not there yet. By default all are.
    """

    def __init__(self, citations: Iterable[Citation], today: date | None = None) -> None:
        self.today = today
        self._citations = {citation.pmid: citation for citation in citations}
        self._removed: set[str] = set()
        self._merged: dict[str, str] = {}
        self._history: dict[str, list[tuple[str, ...]]] = {}
        self._searched: dict[str, Matches] = {}
        self._lock = threading.RLock()

    def put(self, citation: Citation) -> None:
        """Add a record, or change it."""
        with self._lock:
            self._citations[citation.pmid] = citation
            self._searched.clear()

    def remove(self, pmid: str) -> None:
        """Take a record out for good."""
        with self._lock:
            self._removed.add(pmid)
            self._searched.clear()

    def merge(self, pmid: str, into: str) -> None:
        """Take a record out; who asks for it gets the other."""
        with self._lock:
            self._removed.add(pmid)
            self._merged[pmid] = into
            self._searched.clear()

    def get(self, pmid: str) -> Citation | None:
        """A record that is there."""
        citation = self._citations.get(pmid)
        hidden = citation is None or pmid in self._removed or not self._has_entered(citation)
        return None if hidden else citation

    def follow(self, pmid: str) -> Citation | None:
        """A record, or the one that it was merged into."""
        return self.get(self._merged.get(pmid, pmid))

    def _has_entered(self, citation: Citation) -> bool:
        return self.today is None or (citation.entrez_date or "") <= self.today.isoformat()

    def search(self, term: str) -> Matches:
        """Find records; what cannot be decided over a record is not found."""
        with self._lock:
            known = self._searched.get(term)
            if known is None:
                known = self._search(term)
                if len(self._searched) >= _REMEMBERED:
                    self._searched.clear()
                self._searched[term] = known
        return known

    def _search(self, term: str) -> Matches:
        try:
            matches = compile_search(term)
        except QueryError as error:
            unknown = re.search(r"\[[^\[\]]*\]", error.what) if "field" in error.what else None
            if unknown:
                return Matches((), unknown_field=unknown[0])
            return Matches((), error=f"Unable to parse the query: {error.what}")
        found = [pmid for pmid, one in self._citations.items() if self.get(pmid) and matches(one)]
        return Matches(tuple(sorted(found, key=int, reverse=True)))

    def within(self, pmids: Sequence[str], kind: str, low: str, high: str) -> tuple[str, ...]:
        """Those whose date lies in a range given by year, month or day, both ends included."""
        field = _DATE_FIELDS.get(kind.lower(), "entrez_date")
        first, last = _iso(low), _iso(high)
        return tuple(p for p in pmids if _lies(getattr(self._citations[p], field), first, last))

    def days_back(self, days: int) -> tuple[str, str]:
        """The range of the last so many days."""
        today = self.today or date.today()
        return (today - timedelta(days=days)).isoformat(), today.isoformat()

    def remember(self, pmids: Sequence[str], web_env: str | None) -> tuple[str, int]:
        """Keep a set in the history; return where."""
        with self._lock:
            place = web_env if web_env in self._history else None
            place = place or f"MCID_{secrets.token_hex(12)}"
            sets = self._history.setdefault(place, [])
            sets.append(tuple(pmids))
            return place, len(sets)

    def recall(self, web_env: str, query_key: str) -> tuple[str, ...] | None:
        """A set of the history."""
        sets = self._history.get(web_env, [])
        number = int(query_key) if query_key.isdigit() else 0
        return sets[number - 1] if 1 <= number <= len(sets) else None

    def words(self) -> frozenset[str]:
        """Words of all titles, for spelling."""
        titles = " ".join(citation.title for citation in self._citations.values())
        return frozenset(re.findall(r"[a-z]{4,}", titles.lower()))


def _iso(text: str) -> str:
    return "-".join(part.zfill(2) for part in re.split(r"[/-]", text.strip()) if part)


def _lies(day: str | None, first: str, last: str) -> bool:
    # Days are compared as far as the end of the range is known: 2015 holds all of 2015.
    return day is not None and first <= day and day[: len(last)] <= last
