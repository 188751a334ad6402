"""The literature store: every version of every citation ever seen, and the runs that brought them.

One SQLite file, ``store/literature.sqlite`` in the project's folder, or what ``EVIDENCE_STORE``
names. It is kept for ever, so it never lies in ``build/``. A store is used by one thread; any
number of processes may read it while one writes.

>>> from evidence_tools.literature.citations import Citation
>>> import tempfile
>>> folder = tempfile.TemporaryDirectory()
>>> with open_store(Path(folder.name) / "literature.sqlite") as store:
...     run = store.runs.start(RunPlan(endpoint="https://example.org/"))
...     store.runs.want(run.id, ["26329399"], "included source")
...     page = Page(citations=[Citation("26329399", title="Massage")])
...     receipt = store.pages.add(page, run=run.id)
...     store.runs.pending([run.id]), store.citation("26329399").title
((), 'Massage')
>>> folder.cleanup()
"""

from __future__ import annotations

import datetime as dt
import json
import lzma
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec

from evidence_tools.identifiers import parse_pmid
from evidence_tools.literature.citations import Citation
from evidence_tools.literature.store.database import Database, connect, damaged
from evidence_tools.literature.store.fulltext import (
    MARKS,
    Found,
    citation_part,
    count_matches,
    find_matches,
)
from evidence_tools.literature.store.pagelog import PageLog
from evidence_tools.literature.store.pages import Page, Receipt, Removal
from evidence_tools.literature.store.payloads import unpack
from evidence_tools.literature.store.runs import Answer, Clock, Run, RunLog, RunPlan, RunState

__all__ = [
    "Answer",
    "Change",
    "Counts",
    "Page",
    "Receipt",
    "Removal",
    "Run",
    "RunPlan",
    "RunState",
    "Store",
    "Version",
    "open_store",
    "store_path",
]

#: Citations read at once by an iteration: memory stays flat and no lock is held between.
_CHUNK = 500


def _now() -> dt.datetime:
    return dt.datetime.now(tz=dt.UTC)


@dataclass(frozen=True)
class Version:
    """A content that a citation was seen with; ``sources`` are runs and files that showed it."""

    citation: Citation
    digest: str
    first_seen: dt.datetime
    last_seen: dt.datetime
    sources: tuple[str, ...]
    in_force: bool


@dataclass(frozen=True)
class Change:
    """A field that became another when a content came into force."""

    at: dt.datetime
    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Counts:
    """How much the store holds."""

    citations: int
    versions: int
    removed: int
    runs: int
    open_runs: int
    pages: int
    files: int
    problems: int
    size: int


def store_path(project: Path) -> Path:
    """Where a project's store lies: as EVIDENCE_STORE names it, or in the project's folder."""
    named = os.environ.get("EVIDENCE_STORE")
    return Path(named).expanduser() if named else project / "store" / "literature.sqlite"


def _json_numbers(pmids: Iterable[str]) -> str:
    """PMIDs as one parameter of a query, however many there are."""
    return json.dumps([int(parse_pmid(pmid)) for pmid in pmids])


def open_store(
    path: Path, *, create: bool = True, wait: float = 30.0, clock: Clock = _now
) -> Store:
    """Open the store in a file.

    Parameters
    ----------
    path : Path
        The file.
    create : bool
        Whether to make a store when there is none.
    wait : float
        Seconds to wait for another process that writes.
    clock : callable
        Gives the present moment.

    Raises
    ------
    StoreError
        When there is none, or it is locked, damaged, newer than this package or another program's.
    """
    functions = {"citation_part": (2, citation_part(path))}
    return Store(connect(path, create=create, wait=wait, functions=functions), clock)


class Store:
    """An open store; made by :func:`open_store`.

    ``runs`` holds what was asked and answered, ``pages`` writes citations; the methods here read.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self.runs = RunLog(database, clock)
        self.pages = PageLog(database, clock)

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self.database.close()

    @property
    def path(self) -> Path:
        """The store's file."""
        return self.database.path

    def citation(self, pmid: str, as_of: dt.date | None = None) -> Citation | None:
        """The content of a citation in force now, or at the end of a day (UTC).

        A citation that PubMed deleted is still here; :meth:`removal` tells.
        """
        if as_of is None:
            query = "SELECT payload FROM citation JOIN content ON content.id = citation.content "
            row = self.database.row(f"{query} WHERE citation.pmid = ?", (int(parse_pmid(pmid)),))
        else:
            row = self.database.row(
                "SELECT payload FROM history JOIN content ON content.id = history.content "
                "JOIN page ON page.id = history.page "
                "WHERE history.pmid = ? AND page.at < ? ORDER BY history.id DESC LIMIT 1",
                (int(parse_pmid(pmid)), (as_of + dt.timedelta(days=1)).isoformat()),
            )
        return self._unpack(row[0]) if row else None

    def citations(self, pmids: Iterable[str]) -> dict[str, Citation]:
        """The contents in force of those PMIDs that are here, by PMID."""
        rows = self.database.rows(
            "SELECT citation.pmid, payload FROM citation "
            "JOIN content ON content.id = citation.content "
            "WHERE citation.pmid IN (SELECT value FROM json_each(?)) ORDER BY citation.pmid",
            (_json_numbers(pmids),),
        )
        return {str(pmid): self._unpack(payload) for pmid, payload in rows}

    def versions(self, pmid: str) -> tuple[Version, ...]:
        """Every content that a citation was seen with, in the order of first sight."""
        rows = self.database.rows(
            "SELECT content.id, payload, content.digest, min(page.at), max(page.at), "
            "json_group_array(coalesce('run ' || page.run, 'file ' || file.name)), "
            "content.id = (SELECT content FROM citation WHERE pmid = content.pmid) "
            "FROM content JOIN seen ON seen.content = content.id JOIN page ON page.id = seen.page "
            "LEFT JOIN file ON file.id = page.file "
            "WHERE content.pmid = ? GROUP BY content.id ORDER BY content.id",
            (int(parse_pmid(pmid)),),
        )
        return tuple(
            Version(
                citation=self._unpack(payload),
                digest=digest.hex(),
                first_seen=dt.datetime.fromisoformat(first),
                last_seen=dt.datetime.fromisoformat(last),
                sources=tuple(dict.fromkeys(json.loads(sources))),
                in_force=bool(in_force),
            )
            for _, payload, digest, first, last, sources, in_force in rows
        )

    def changes(self, pmid: str) -> tuple[Change, ...]:
        """Fields that became others each time that another content came into force."""
        rows = self.database.rows(
            "SELECT payload, page.at FROM history JOIN content ON content.id = history.content "
            "JOIN page ON page.id = history.page WHERE history.pmid = ? ORDER BY history.id",
            (int(parse_pmid(pmid)),),
        )
        contents = [(self._unpack(payload), dt.datetime.fromisoformat(at)) for payload, at in rows]
        return tuple(
            Change(at, field.name, getattr(before, field.name), getattr(after, field.name))
            for (before, _), (after, at) in pairwise(contents)
            for field in msgspec.structs.fields(Citation)
            if getattr(before, field.name) != getattr(after, field.name)
        )

    def removal(self, pmid: str) -> Removal | None:
        """Deletion or merger of a PMID that stands; None when it is there, or was never seen."""
        return next(iter(self.removals([pmid]).values()), None)

    def removals(self, pmids: Iterable[str] | None = None) -> dict[str, Removal]:
        """Deletions and mergers that stand, of some PMIDs or of all, by PMID."""
        rows = self.database.rows(
            "SELECT removal.pmid, reason, target FROM removal "
            "LEFT JOIN citation ON citation.pmid = removal.pmid WHERE iif(citation.pmid IS NULL, "
            "removal.id = (SELECT max(id) FROM removal AS other WHERE other.pmid = removal.pmid), "
            "removal.id = citation.removal) "
            "AND (?1 IS NULL OR removal.pmid IN (SELECT value FROM json_each(?1))) "
            "ORDER BY removal.pmid",
            (None if pmids is None else _json_numbers(pmids),),
        )
        return {
            str(pmid): Removal(str(pmid), reason, str(target) if target else None)
            for pmid, reason, target in rows
        }

    def known(self, pmids: Iterable[str]) -> frozenset[str]:
        """Those of the PMIDs whose citation is here."""
        rows = self.database.rows(
            "SELECT pmid FROM citation WHERE pmid IN (SELECT value FROM json_each(?))",
            (_json_numbers(pmids),),
        )
        return frozenset(str(pmid) for (pmid,) in rows)

    def pmids(self, *, removed: bool = False) -> tuple[str, ...]:
        """Every PMID whose citation is here; with ``removed`` those gone from PubMed too."""
        rows = self.database.rows(
            "SELECT pmid FROM citation WHERE removal IS NULL OR ? ORDER BY pmid", (removed,)
        )
        return tuple(str(pmid) for (pmid,) in rows)

    def current(self, *, removed: bool = False) -> Iterator[Citation]:
        """Every citation as in force, by PMID; memory stays flat.

        What is written meanwhile may or may not show; within ``database.snapshot()`` it does not.
        """
        last = 0
        while True:
            rows = self.database.rows(
                "SELECT citation.pmid, payload FROM citation "
                "JOIN content ON content.id = citation.content "
                "WHERE citation.pmid > ? AND (removal IS NULL OR ?) "
                "ORDER BY citation.pmid LIMIT ?",
                (last, removed, _CHUNK),
            )
            if not rows:
                return
            if rows[-1][0] <= last:
                # A damaged tree of pages may lead back into itself, for ever.
                raise damaged(self.path, "its citations do not come in order")
            yield from (self._unpack(payload) for _, payload in rows)
            last = rows[-1][0]

    def find(
        self, text: str, limit: int = 20, *, marks: tuple[str, str] = MARKS
    ) -> tuple[Found, ...]:
        """Citations that hold all words, the best match first.

        Parameters
        ----------
        text : str
            Words, "phrases in quotes", beginnings of words with a star. Endings, case and accents
            do not matter.
        limit : int
            Most citations returned.
        marks : tuple of str
            What stands before and after each word found in the snippet.

        Raises
        ------
        InputError
            When there is no word in the text.
        """
        return find_matches(self.database, text, limit, marks)

    def count_matches(self, text: str) -> int:
        """How many citations hold all words of a text."""
        return count_matches(self.database, text)

    def body(self, page: int) -> bytes:
        """An answer as it was received; empty when none was kept."""
        data = self.database.value("SELECT data FROM body WHERE page = ?", (page,))
        try:
            return lzma.decompress(data) if data else b""
        except lzma.LZMAError as error:
            raise damaged(self.path, f"page {page} cannot be read: {error}") from error

    def page_pmids(self, page: int) -> frozenset[str]:
        """PMIDs of the citations that a page brought."""
        rows = self.database.rows(
            "SELECT pmid FROM seen JOIN content ON content.id = seen.content WHERE page = ?",
            (page,),
        )
        return frozenset(str(pmid) for (pmid,) in rows)

    def counts(self) -> Counts:
        """How much there is."""
        row = self.database.row(
            "SELECT (SELECT count(*) FROM citation), (SELECT count(*) FROM content), "
            "(SELECT count(*) FROM citation WHERE removal IS NOT NULL), "
            "(SELECT count(*) FROM run), (SELECT count(*) FROM run WHERE state = 'open'), "
            "(SELECT count(*) FROM page), (SELECT count(*) FROM file), "
            "(SELECT count(*) FROM problem), "
            "(SELECT page_count * page_size FROM pragma_page_count, pragma_page_size)"
        )
        assert row is not None  # noqa: S101 -- counts are always one row
        return Counts(*row)

    def check(self, on_progress: Callable[[int], None] = lambda count: None) -> list[str]:
        """Everything that is wrong with the store; an empty list when it is sound."""
        from evidence_tools.literature.store.inspection import inspect_store

        return inspect_store(self.database, on_progress)

    def rebuild_index(self) -> None:
        """Make the full-text index anew from the citations."""
        with self.database.transaction():
            self.database.execute("INSERT INTO fulltext (fulltext) VALUES ('rebuild')")

    def backup(self, target: Path) -> None:
        """Copy the store as it is at this moment into one file, whoever writes meanwhile."""
        from evidence_tools.literature.store.inspection import back_up

        back_up(self.database, target)

    def _unpack(self, payload: bytes) -> Citation:
        return unpack(payload, self.path)
