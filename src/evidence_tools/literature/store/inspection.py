"""Is the store sound, and its backup.

SQLite checks its own file; what only we know is checked here: each content against its digest, each
citation against its history, the full-text index against the texts.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from evidence_tools.errors import InputError
from evidence_tools.literature.store.database import (
    APPLICATION_ID,
    Database,
    FullError,
    LockedError,
    StoreError,
)
from evidence_tools.literature.store.payloads import digest_of, unpack

__all__ = ["back_up", "inspect_store"]

_CHUNK = 500
#: Rules that one query checks: what is wrong, and a query for the PMIDs or pages that break it.
_RULES: Mapping[str, str] = {
    "the content in force of PMID {} is not the last of its history": """
        SELECT pmid FROM citation WHERE content IS NOT (SELECT content FROM history
        WHERE history.pmid = citation.pmid ORDER BY id DESC LIMIT 1)""",
    "the history of PMID {} has a content of another": """
        SELECT history.pmid FROM history JOIN content ON content.id = history.content
        WHERE content.pmid <> history.pmid""",
    "PMID {} has a content but is not listed": """
        SELECT DISTINCT pmid FROM content WHERE pmid NOT IN (SELECT pmid FROM citation)""",
    "a content of PMID {} came with no page": """
        SELECT pmid FROM content WHERE id NOT IN (SELECT content FROM seen)""",
    "page {} does not hold as many citations as it should": """
        SELECT id FROM page WHERE new + changed + kept + same <> (SELECT count(DISTINCT pmid)
        FROM seen JOIN content ON content.id = seen.content WHERE seen.page = page.id)""",
    "page {} has no time at which it came": """
        SELECT id FROM page WHERE datetime(at) IS NULL""",
    "PMID {} is not in the full-text index": """
        SELECT pmid FROM citation WHERE pmid NOT IN (SELECT id FROM fulltext_docsize)""",
    "PMID {} is in the full-text index only": """
        SELECT id FROM fulltext_docsize WHERE id NOT IN (SELECT pmid FROM citation)""",
}
#: As many of each are named; more would hide the other problems.
_NAMED = 10


def inspect_store(database: Database, on_progress: Callable[[int], None]) -> list[str]:
    """Everything that is wrong with a store, one line each; empty when it is sound.

    Parameters
    ----------
    database : Database
        An open store.
    on_progress : callable
        Is told how many contents were looked at since it was told last.
    """
    found: list[str] = []
    for part in (_check_file, _check_rules, partial(_check_contents, on_progress)):
        try:
            with database.snapshot():
                found += part(database)
        except (LockedError, FullError):
            raise
        except StoreError as error:
            found.append(error.what)
        if part is _check_file and found:
            # A tree of pages that leads back into itself has no end: nothing of it is read further.
            return list(dict.fromkeys(found))
    found += _check_index(database)
    return list(dict.fromkeys(found))


def _check_file(database: Database) -> Iterator[str]:
    for (line,) in database.rows(f"PRAGMA integrity_check({_NAMED})"):
        if line != "ok":
            yield f"SQLite: {line}"
    for table, row, parent, _ in database.rows("PRAGMA foreign_key_check")[:_NAMED]:
        yield f"row {row} of {table} points to a row of {parent} that is not there"


def _check_rules(database: Database) -> Iterator[str]:
    for text, query in _RULES.items():
        wrong = database.rows(query)
        yield from (text.format(key) for (key,) in wrong[:_NAMED])
        if len(wrong) > _NAMED:
            yield f"and {len(wrong) - _NAMED} more, where {text.format('…')}"


def _check_contents(on_progress: Callable[[int], None], database: Database) -> Iterator[str]:
    last = 0
    while True:
        rows = database.rows(
            "SELECT id, pmid, digest, payload FROM content WHERE id > ? ORDER BY id LIMIT ?",
            (last, _CHUNK),
        )
        if not rows:
            return
        for number, pmid, digest, payload in rows:
            if number <= last:
                yield f"content {number} stands behind content {last}: the table is damaged"
                return
            last = number
            if digest_of(payload) != digest:
                yield f"content {number} of PMID {pmid} is not what was stored"
            elif unpack(payload, database.path).pmid != str(pmid):
                yield f"content {number} is of another PMID than {pmid}"
        on_progress(len(rows))


def _check_index(database: Database) -> Iterator[str]:
    try:
        # Rank 1: newer versions of SQLite compare index and texts only then, older ones always.
        database.rows("INSERT INTO fulltext (fulltext, rank) VALUES ('integrity-check', 1)")
    except (LockedError, FullError):
        raise
    except StoreError:
        yield "the full-text index is out of step; to mend it: evidence literature check --rebuild"


def back_up(database: Database, target: Path) -> None:
    """Copy a store into one file; an older backup there is replaced in one step.

    Raises
    ------
    InputError
        When there is another file in that place.
    StoreError
        When the disk is full or the store damaged; an older backup is then untouched.
    """
    _check_target(database, target)
    aside: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        os.close(handle)
        aside = Path(name)
        copy = sqlite3.connect(aside)
        try:
            # In one step: a copy in several begins anew whenever somebody writes.
            database.connection.backup(copy)
            # One file, without a log beside it.
            copy.execute("PRAGMA journal_mode = DELETE")
            state = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
        finally:
            copy.close()
        if state != "ok":
            raise StoreError(f"the copy is not sound: {state}", where=str(database.path),
                             fix="evidence literature check")  # fmt: skip
        with aside.open("rb+") as file:
            os.fsync(file.fileno())
        aside.chmod(0o644)
        aside.replace(target)
    except (OSError, sqlite3.Error) as error:
        raise FullError(
            f"the backup cannot be written: {error}",
            where=str(target),
            fix="free space or mend the permissions, then run the command again",
        ) from error
    finally:
        if aside is not None:
            for leftover in (aside, Path(f"{aside}-wal"), Path(f"{aside}-shm")):
                leftover.unlink(missing_ok=True)


def _check_target(database: Database, target: Path) -> None:
    """Refuse to write a backup over anything but an older backup."""
    if not target.exists():
        return
    if target.is_dir():
        raise InputError("is a folder", expected="a file for the backup", where=str(target))
    if target.samefile(database.path):
        raise InputError("is the store itself", expected="another file", where=str(target))
    with target.open("rb") as file:
        header = file.read(100)
    if header and header[68:72] != APPLICATION_ID.to_bytes(4, "big"):
        raise InputError(
            "is a file that is no backup of a store", where=str(target), fix="name another file"
        )
