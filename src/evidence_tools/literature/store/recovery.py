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

from evidence_tools.errors import InputError
from evidence_tools.literature.store.database import damaged
from evidence_tools.literature.store.holdings import open_store
from evidence_tools.literature.store.pages import Page, Removal
from evidence_tools.literature.store.payloads import unpack
from evidence_tools.literature.store.salvage import Row, read_contents

__all__ = ["Recovered", "recover_store"]

_CHUNK = 200
#: SQLite, the decoding of its texts, and our own reading of a row, each fail in their own way.
_UNREADABLE = (sqlite3.Error, UnicodeDecodeError, TypeError, ValueError, OverflowError)


@dataclass(frozen=True)
class Recovered:
    """What could be saved; at least ``lost`` contents could not be read, or were not as stored."""

    contents: int
    removals: int
    lost: int


def recover_store(
    path: Path, target: Path, on_progress: Callable[[int], None] = lambda count: None
) -> Recovered:
    """Save every content and removal of a damaged store that can be read into a new store.

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
    moment = [dt.datetime.now(tz=dt.UTC)]
    contents = last = 0
    address = f"{path.absolute().as_uri()}?mode=ro"
    try:
        with (
            closing(sqlite3.connect(address, uri=True)) as damaged_file,
            open_store(target, clock=lambda: moment[0]) as store,
        ):
            name = f"recovered from {path.name}"
            file = store.pages.start_file(name, f"recovered {moment[0]}", 0, "xml")
            rows = read_contents(path)
            for at, group in groupby(rows, key=lambda row: _first_seen(damaged_file, row)):
                moment[0] = at or moment[0]
                while chunk := list(islice(group, _CHUNK)):
                    page = Page(citations=[unpack(row.payload, path) for row in chunk])
                    store.pages.add(page, file=file)
                    contents, last = contents + len(chunk), chunk[-1].id
                    on_progress(len(chunk))
            removals = list(_removals(damaged_file))
            store.pages.add(Page(removals=removals), file=file)
            store.pages.finish_file(file)
            if not contents:
                raise damaged(path, "none of its citations can be read")
    except BaseException:
        for ending in ("", "-wal", "-shm"):
            Path(f"{target}{ending}").unlink(missing_ok=True)
        raise
    # Contents are numbered without gaps: a gap is a loss.
    return Recovered(contents, len(removals), last - contents)


def _first_seen(connection: sqlite3.Connection, row: Row) -> dt.datetime | None:
    """When a content came, where that can be read."""
    try:
        found = connection.execute(
            "SELECT min(at) FROM seen JOIN page ON page.id = seen.page WHERE content = ?", (row.id,)
        ).fetchone()
        return dt.datetime.fromisoformat(found[0])
    except _UNREADABLE:
        return None


def _removals(connection: sqlite3.Connection) -> Iterator[Removal]:
    """Removals, as far as they can be read."""
    with suppress(*_UNREADABLE):
        query = "SELECT pmid, reason, target FROM removal ORDER BY id"
        for pmid, reason, target in connection.execute(query):
            yield Removal(str(pmid), str(reason), str(target) if target else None)
