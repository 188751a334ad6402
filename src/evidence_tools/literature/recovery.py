"""Save what can be read of a damaged store into a new one.

Only contents and removals exist nowhere else: runs lie in git as run files. Each content proves
itself by its digest, so that nothing wrong is carried over; the new store is written by the same
code as any other and is sound. What was lost is fetched again by the next update.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from evidence_tools.errors import InputError
from evidence_tools.literature.citations import Citation
from evidence_tools.literature.database import damaged
from evidence_tools.literature.pages import Page, Removal
from evidence_tools.literature.payloads import digest_of, unpack
from evidence_tools.literature.store import open_store

__all__ = ["Recovered", "recover_store"]

#: Rows looked for one by one beyond the last that could be read, where the end of a table is lost.
_BEYOND = 100_000
_CHUNK = 200
#: SQLite, the decoding of its texts, and our own reading of a row, each fail in their own way.
_UNREADABLE = (sqlite3.Error, UnicodeDecodeError, TypeError, ValueError, OverflowError)


@dataclass(frozen=True)
class Recovered:
    """What could be saved; at least ``lost`` rows could not be read, or were not as stored."""

    contents: int
    removals: int
    lost: int


@dataclass
class _Source:
    """The damaged file."""

    path: Path
    connection: sqlite3.Connection
    lost: int = 0


def recover_store(
    path: Path, target: Path, on_progress: Callable[[int], None] = lambda count: None
) -> Recovered:
    """Read every content and removal of a damaged store that can be read into a new store.

    Parameters
    ----------
    path : Path
        The damaged store; it is only read.
    target : Path
        The new store, which must not be there yet.
    on_progress : callable
        Is told how many contents were saved since it was told last.

    Raises
    ------
    InputError
        When there is no such store, or the target is there.
    DamagedError
        When nothing can be read at all.
    """
    if not path.is_file():
        raise InputError("no such file", expected="a damaged store", where=str(path))
    if target.exists():
        raise InputError("is there already", expected="a new file", where=str(target))
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        source = _Source(path, connection)
        _allow_damage(source)
        moment = [dt.datetime.now(tz=dt.UTC)]
        contents = removals = 0
        try:
            with open_store(target, clock=lambda: moment[0]) as store:
                name = f"recovered from {path.name}"
                file = store.pages.start_file(name, f"recovered {moment[0]}", 0, "xml")
                for at, page in _pages(source):
                    moment[0] = at or moment[0]
                    store.pages.add(page, file=file)
                    contents += len(page.citations)
                    removals += len(page.removals)
                    on_progress(len(page.citations))
                store.pages.finish_file(file)
                if not contents:
                    raise damaged(path, "none of its citations can be read")
        except BaseException:
            for ending in ("", "-wal", "-shm"):
                Path(f"{target}{ending}").unlink(missing_ok=True)
            raise
    return Recovered(contents, removals, source.lost)


def _allow_damage(source: _Source) -> None:
    """Let SQLite pass over a table that it cannot understand."""
    try:
        source.connection.execute("PRAGMA writable_schema = ON")
        source.connection.execute("SELECT count(*) FROM content LIMIT 0").fetchall()
    except _UNREADABLE as error:
        raise damaged(source.path, f"nothing in it can be read ({error})") from error


def _pages(source: _Source) -> Iterator[tuple[dt.datetime | None, Page]]:
    """What can be read, in the order in which it came, by the moment at which it came."""
    readable = _readable(source, "content", "pmid, digest, payload")
    for at, rows in groupby(readable, key=lambda row: _first_seen(source, row[0])):
        while chunk := list(islice(rows, _CHUNK)):
            yield at, Page(citations=list(_sound(source, chunk)))
    removals = []
    for _, pmid, target, reason in _readable(source, "removal", "pmid, target, reason"):
        removals.append(Removal(str(pmid), str(reason), str(target) if target else None))
    yield None, Page(removals=removals)


def _sound(source: _Source, rows: list[tuple[Any, ...]]) -> Iterator[Citation]:
    """Citations that are what was stored."""
    for _, pmid, digest, payload in rows:
        if digest_of(payload) == digest:
            citation = unpack(payload, source.path)
            if citation.pmid == str(pmid):
                yield citation
                continue
        source.lost += 1


def _first_seen(source: _Source, content: int) -> dt.datetime | None:
    """When a content came, where that can be read."""
    try:
        row = source.connection.execute(
            "SELECT min(at) FROM seen JOIN page ON page.id = seen.page WHERE content = ?",
            (content,),
        ).fetchone()
        return dt.datetime.fromisoformat(row[0])
    except _UNREADABLE:
        return None


def _readable(source: _Source, table: str, columns: str) -> Iterator[tuple[Any, ...]]:
    """Rows of a table that can be read, by id; ids are without gaps, so that a gap is a loss."""
    last = 0
    for row in _scan(source, f"SELECT id, {columns} FROM {table}"):  # noqa: S608 -- names of ours
        source.lost += row[0] - last - 1
        last = row[0]
        yield row


def _scan(source: _Source, query: str) -> Iterator[tuple[Any, ...]]:
    """Rows from the start as far as can be read, one by one in the middle, then from the end."""
    execute = source.connection.execute
    first = 0
    try:
        for row in execute(f"{query} ORDER BY id"):
            yield row
            first = row[0]
    except _UNREADABLE:
        pass
    else:
        return
    tail: list[tuple[Any, ...]] = []
    with suppress(*_UNREADABLE):
        for row in execute(f"{query} WHERE id > ? ORDER BY id DESC", (first,)):
            tail.append(row)  # noqa: PERF402 -- what came before an error counts
    end = tail[-1][0] if tail else first + _BEYOND
    for number in range(first + 1, end):
        with suppress(*_UNREADABLE):
            row = execute(f"{query} WHERE id = ?", (number,)).fetchone()
            if row is not None:
                yield row
    yield from reversed(tail)
