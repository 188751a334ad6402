"""The client: what the tracker asks of PubMed, and gets whole or not at all."""

from __future__ import annotations

import random as _random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from evidence_tools.errors import InputError
from evidence_tools.identifiers import parse_pmid
from evidence_tools.literature.entrez import reading
from evidence_tools.literature.entrez.caller import Caller, OnWait
from evidence_tools.literature.entrez.errors import IncompleteError
from evidence_tools.literature.entrez.fetching import Page, fetch_pages
from evidence_tools.literature.entrez.limiter import Limiter
from evidence_tools.literature.entrez.settings import Settings
from evidence_tools.literature.entrez.slices import (
    FIRST_DAY,
    LAST_DAY,
    LIMIT,
    Found,
    Slice,
    both,
    collect,
    date_range,
)
from evidence_tools.literature.entrez.transport import Opener

__all__ = ["DATE_TYPES", "CountAnswer", "Entrez", "SearchAnswer"]

#: Dates of a record that a search can be restricted by, as PubMed tags them.
DATE_TYPES = ("edat", "crdt", "mhda", "lr", "dp")
#: Records of one EFetch; NCBI asks that longer lists be sent by POST, as ours all are.
BATCH = 200
_ROUNDS = 3
_FEW = 100


@dataclass(frozen=True)
class CountAnswer:
    """How many records a query finds, and how PubMed read it."""

    count: int
    translation: str | None
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class SearchAnswer:
    """Everything that a query finds.

    Parameters
    ----------
    query : str
        The query exactly as sent, with its restrictions.
    count : int
        Number of matches, equal to the number of PMIDs.
    pmids : tuple of str
        In ascending order, each once.
    translation : str or None
        What PubMed made of the query.
    warnings : tuple of str
        What PubMed says of it: phrases not found, words ignored.
    requests : int
        Requests that this search took.
    slices : tuple of Slice
        The parts in which a large set was fetched; empty where it came in one.
    """

    query: str
    count: int
    pmids: tuple[str, ...]
    translation: str | None
    warnings: tuple[str, ...]
    requests: int
    slices: tuple[Slice, ...] = ()


class Entrez:
    """PubMed through the E-utilities.

    Parameters
    ----------
    settings : Settings
        Who asks, and where.
    clock, sleep : callable
        Monotonic seconds, and the pause.
    random : callable
        Numbers from 0 to 1, for jitter.
    today : callable
        The day, for cutting large searches where their matches are.
    opener : Opener, optional
        In place of urllib's.
    limiter : Limiter, optional
        In place of the one that all clients in this process share.
    on_wait : callable, optional
        Told the seconds and the reason before each wait for NCBI.

    Notes
    -----
    May be used by several threads at once.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] = _random.random,
        today: Callable[[], date] = date.today,
        opener: Opener | None = None,
        limiter: Limiter | None = None,
        on_wait: OnWait | None = None,
    ) -> None:
        self.settings = settings
        self._caller = Caller(
            settings,
            clock=clock,
            sleep=sleep,
            random=random,
            opener=opener,
            limiter=limiter,
            on_wait=on_wait,
        )
        self._today = today

    @property
    def _key(self) -> str | None:
        return self.settings.api_key

    @property
    def requests(self) -> int:
        """Requests made so far, repeated ones counted each time."""
        return self._caller.requests

    @property
    def on_wait(self) -> OnWait | None:
        """Who is told of waits."""
        return self._caller.on_wait

    @on_wait.setter
    def on_wait(self, tell: OnWait | None) -> None:
        self._caller.on_wait = tell

    def count(self, query: str) -> CountAnswer:
        """How many records a query finds."""
        found = self._esearch(_not_empty(query), retmax=0)
        return CountAnswer(found.count, found.translation, found.warnings)

    def search(
        self,
        query: str,
        *,
        date_type: str | None = None,
        since: date | None = None,
        until: date | None = None,
        extra: tuple[str, ...] = (),
    ) -> SearchAnswer:
        """All records that a query finds.

        Parameters
        ----------
        query : str
            In PubMed's syntax; sent as it is where nothing restricts it.
        date_type : str, optional
            One of :data:`DATE_TYPES` for ``since`` and ``until``; by default ``edat``.
        since, until : date, optional
            First and last day, both included.
        extra : tuple of str
            Further restrictions in PubMed's syntax, all of which must hold.

        Raises
        ------
        InputError
            When the query is empty, or since lies after until.
        OverflowedError
            When the matches cannot be cut into parts that PubMed hands out.
        IncompleteError
            When the parts do not add up to the whole.
        """
        field = date_type or "edat"
        if field not in DATE_TYPES:
            raise InputError(f"{field!r} is no date of PubMed", expected=" or ".join(DATE_TYPES))
        first, last = since or FIRST_DAY, until or LAST_DAY
        if first > last:
            raise InputError(
                f"since ({first}) lies after until ({last})", fix="give the earlier day first"
            )
        term = _not_empty(query)
        if since is not None or until is not None:
            term = both(term, date_range(field, first, last))
        for restriction in extra:
            term = both(term, f"({restriction})")
        before = self._caller.requests
        if field != "edat":
            first, last = FIRST_DAY, LAST_DAY
        whole, pmids, slices = self._whole(term, first, last)
        return SearchAnswer(
            query=term,
            count=len(pmids),
            pmids=pmids,
            translation=whole.translation,
            warnings=whole.warnings,
            requests=self._caller.requests - before,
            slices=slices,
        )

    def among(self, pmids: Iterable[str], query: str) -> tuple[str, ...]:
        """Which of these records a query finds, in ascending order.

        A few are named in the query, which takes one request; many are posted to NCBI's history
        first, which takes two, however many they are.
        """
        wanted = _unique(pmids)
        if not wanted:
            return ()
        term = _not_empty(query)
        if len(wanted) <= _FEW:
            found = self._esearch(both(term, "(" + " OR ".join(f"{p}[uid]" for p in wanted) + ")"))
        elif len(wanted) > LIMIT:
            raise InputError(f"{len(wanted)} PMIDs at once", expected=f"at most {LIMIT}")
        else:
            posted = self._caller.ask(
                "epost",
                {"db": "pubmed", "id": ",".join(wanted)},
                lambda body: reading.read_posted(body, self._key),
            )
            found = self._esearch(term, WebEnv=posted.web_env, query_key=posted.query_key)
        return tuple(sorted(set(found.pmids) & set(wanted), key=int))

    def fetch(self, pmids: Iterable[str]) -> Iterator[Page]:
        """Records as XML, page by page.

        Parameters
        ----------
        pmids : iterable of str
            Each is asked for once.

        Yields
        ------
        Page
            As soon as it has come. Each PMID of ``asked`` is in ``data`` once, or in ``missing``
            with the reason that NCBI gave, or else is named by the error at the end.

        Raises
        ------
        IncompleteError
            After the last page, when records are missing without a reason.
        """
        wanted = _unique(pmids)
        lost: dict[str, str] = {}
        for start in range(0, len(wanted), BATCH):
            page, unexplained = fetch_pages(self._caller, wanted[start : start + BATCH])
            lost.update(unexplained)
            yield page
        if lost:
            shown = ", ".join(list(lost)[:5]) + (" …" if len(lost) > 5 else "")
            raise IncompleteError(
                f"{len(lost)} of {len(wanted)} records did not come: {shown} "
                f"({next(iter(lost.values()))})",
                expected="each record, or NCBI's reason why there is none",
                where="efetch",
                fix="run the command again later; what came is kept",
                pmids=tuple(lost),
            )

    def summaries(self, pmids: Iterable[str]) -> dict[str, Mapping[str, Any]]:
        """Short descriptions by PMID, in the members that ESummary gives.

        One that NCBI does not have holds ``error`` instead.
        """
        wanted = _unique(pmids)
        found: dict[str, Mapping[str, Any]] = {}
        for start in range(0, len(wanted), BATCH):
            found.update(reading.ask_summaries(self._caller, wanted[start : start + BATCH]))
        return found

    def links(self, pmids: Iterable[str], linkname: str) -> dict[str, tuple[str, ...]]:
        """PMIDs to which records are linked.

        Parameters
        ----------
        pmids : iterable of str
            From where.
        linkname : str
            Such as ``pubmed_pubmed`` or ``pubmed_pubmed_refs``; :meth:`fields` does not list them,
            NCBI's table of links does.

        Returns
        -------
        dict
            One entry a PMID, empty where it has no such link.
        """
        wanted = _unique(pmids)
        found: dict[str, tuple[str, ...]] = {}
        for start in range(0, len(wanted), BATCH):
            found.update(self._links(wanted[start : start + BATCH], linkname))
        return found

    def fields(self) -> tuple[reading.Field, ...]:
        """Fields that PubMed can be searched by."""
        return self._caller.ask(
            "einfo", {"db": "pubmed"}, lambda body: reading.read_fields(body, self._key)
        )

    def spelling(self, term: str) -> str | None:
        """How PubMed would spell a term; None where it has nothing better."""
        return self._caller.ask(
            "espell",
            {"db": "pubmed", "term": _not_empty(term)},
            lambda body: reading.read_spelling(body, self._key),
        )

    def _links(self, batch: tuple[str, ...], linkname: str) -> dict[str, tuple[str, ...]]:
        # A list and not a text with commas: each PMID then has an answer of its own.
        parameters = {"dbfrom": "pubmed", "db": "pubmed", "cmd": "neighbor", "linkname": linkname}
        return self._caller.ask(
            "elink",
            {**parameters, "id": list(batch)},
            lambda body: reading.read_links(body, batch, linkname, self._key),
        )

    def _esearch(self, term: str, retmax: int = LIMIT, **more: str) -> Found:
        return self._caller.ask(
            "esearch",
            {"db": "pubmed", "term": term, "retmax": retmax, "retmode": "xml", **more},
            lambda body: reading.read_search(body, retmax, self._key),
        )

    def _whole(
        self, term: str, first: date, last: date
    ) -> tuple[Found, tuple[str, ...], tuple[Slice, ...]]:
        """All matches; cut where there are many, until the parts add up."""
        whole = self._esearch(term)
        if whole.count <= LIMIT:
            return whole, _ascending(whole.pmids), ()
        for _ in range(_ROUNDS):
            parts = list(
                collect(self._esearch, term, whole, since=first, until=last, today=self._today())
            )
            pmids = {pmid for _, part in parts for pmid in part}
            added = sum(part.count for part, _ in parts)
            # Asked again, because PubMed changes while it is read: the parts may add up to the
            # number of before or of now. Otherwise the cut went wrong, or a record moved across it.
            now = self._esearch(term, retmax=0)
            if len(pmids) == added and added in (whole.count, now.count):
                return whole, _ascending(pmids), tuple(part for part, _ in parts)
            whole = Found(now.count, whole.pmids, now.translation, now.warnings)
        raise IncompleteError(
            f"the parts of a large search hold {len(pmids)} records, the whole {now.count}",
            expected="the same number",
            where="esearch",
            fix="run the command again later",
        )


def _not_empty(query: str) -> str:
    text = query.strip()
    if not text:
        raise InputError("the query is empty", expected="a query in PubMed's syntax")
    return text


def _ascending(pmids: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(pmids, key=int))


def _unique(pmids: Iterable[str]) -> tuple[str, ...]:
    """PMIDs in the order given, each once, each of the form that a PMID has."""
    return tuple(dict.fromkeys(parse_pmid(pmid) for pmid in pmids))
