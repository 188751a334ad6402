"""The store's SQLite file: open, create, bring up to date, and say in one line what is wrong.

Write-ahead log and ``synchronous=FULL``: after a kill, a crash or a power cut every transaction
that was reported as done is there, and no half of another. (``NORMAL`` would be enough against a
kill; after a power cut it may forget the last transactions. One flush a page of 200 citations costs
less than a hundredth of the wait for the next request, so there is nothing to save.) The log needs
a local disk: on a network folder SQLite cannot lock reliably.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any, Final

from evidence_tools.errors import EvidenceError

__all__ = [
    "APPLICATION_ID",
    "SCHEMA_VERSION",
    "DamagedError",
    "Database",
    "FullError",
    "LockedError",
    "StoreError",
    "connect",
    "damaged",
]

#: "EvLt" in the file's header: tells our file from other SQLite files.
APPLICATION_ID: Final = 0x45764C74
#: Scripts of this package: the n-th brings a file of version n to version n + 1. A new field of
#: Citation needs one too, be it empty: an older package must refuse the file, not call it damaged.
_STEPS: tuple[str, ...] = ("schema.sql",)
#: Version of a file that this package writes.
SCHEMA_VERSION: Final = len(_STEPS)
#: STRICT tables came with 3.37, JSON in every build with 3.38.
_OLDEST_SQLITE = (3, 38)
#: 16 KB: a page holds several citations, so a tenth less is wasted than with 4 KB.
_PAGE_SIZE = 16_384

Parameters = Sequence[Any]


class StoreError(EvidenceError):
    """The literature store cannot be used."""


class LockedError(StoreError):
    """Another program holds the store."""


class FullError(StoreError):
    """The disk is full or refuses to write; the store is as it was before."""


class DamagedError(StoreError):
    """The file is not what was written to it."""


def damaged(path: Path, what: str) -> DamagedError:
    """Make the error of a damaged store, with the ways back."""
    return DamagedError(
        f"the store is damaged: {what}",
        where=str(path),
        fix=(
            "put the last backup in its place, or save what can be read: "
            "evidence literature recover NEW.sqlite"
        ),
    )


def _explain(error: sqlite3.Error, path: Path) -> StoreError:
    """Say in our words what SQLite reports."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    where = str(path)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return LockedError(
            "another program is writing to the store",
            where=where,
            fix="wait until it is done, or end it, then run the command again: nothing was lost",
        )
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return FullError(
            f"cannot be written or read: {error}",
            where=where,
            fix="free space on the disk and run the command again: "
            "what was stored before is whole, the rest is fetched then",
        )
    # A function of ours raises only when the payload it was given is broken.
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) or "user-defined" in str(error):
        return damaged(path, str(error))
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return StoreError(
            f"cannot be opened for writing: {error}",
            expected="a file in a folder that you may write to",
            where=where,
            fix="mend the permissions, or name another file in EVIDENCE_STORE",
        )
    return StoreError(f"SQLite says: {error}", where=where)


class Database:
    """A connection whose errors are ours. Used by one thread."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self.connection = connection

    def execute(self, sql: str, parameters: Parameters = ()) -> int:
        """Run one statement; return the row id it inserted last."""
        with self._explained():
            return self.connection.execute(sql, parameters).lastrowid or 0

    def execute_many(self, sql: str, rows: Iterator[Parameters] | Sequence[Parameters]) -> int:
        """Run one statement for each row of parameters; return how many rows were touched."""
        with self._explained():
            return self.connection.executemany(sql, rows).rowcount

    def rows(self, sql: str, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
        """Every row of an answer."""
        with self._explained():
            return self.connection.execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Parameters = ()) -> tuple[Any, ...] | None:
        """First row of an answer."""
        with self._explained():
            row: tuple[Any, ...] | None = self.connection.execute(sql, parameters).fetchone()
            return row

    def value(self, sql: str, parameters: Parameters = ()) -> Any:
        """First value of the first row; None without one."""
        row = self.row(sql, parameters)
        return row[0] if row else None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Everything within is written, or nothing is."""
        # IMMEDIATE takes the lock at once: a reader that turns writer midway can only be refused.
        with self._within("BEGIN IMMEDIATE", "COMMIT"):
            yield

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything read within is of one moment, whoever writes meanwhile."""
        with self._within("BEGIN", "ROLLBACK"):
            yield

    @contextmanager
    def _within(self, begin: str, end: str) -> Iterator[None]:
        self.execute(begin)
        try:
            yield
            self.execute(end)
        except BaseException:
            # After some errors (a full disk) SQLite has rolled back by itself.
            if self.connection.in_transaction:
                self.connection.rollback()
            raise

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.ProgrammingError:
            raise
        except sqlite3.Error as error:
            raise _explain(error, self.path) from error
        except UnicodeDecodeError as error:
            # SQLite's message quotes the damaged bytes.
            raise damaged(self.path, "its tables cannot be read") from error

    def close(self) -> None:
        """Fold the log into the file and let go of it."""
        self.connection.close()


def connect(
    path: Path,
    *,
    create: bool,
    wait: float,
    functions: dict[str, tuple[int, Callable[..., Any]]],
) -> Database:
    """Open a store's file, make it if there is none, and bring an older one up to date.

    Parameters
    ----------
    path : Path
        The file.
    create : bool
        Whether to make it when there is none.
    wait : float
        Seconds to wait for another writer.
    functions : dict
        Functions that the schema uses: name to number of arguments and callable.

    Raises
    ------
    StoreError
        When there is none, when it is another program's or a newer package's, locked or damaged.
    """
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise StoreError(
            f"this Python brings SQLite {sqlite3.sqlite_version}",
            expected="SQLite 3.38 or newer",
            fix="use a newer Python, such as the one of environment.yml",
        )
    if not create and not path.is_file():
        raise StoreError(
            "there is no literature store yet",
            where=str(path),
            fix="fill one with evidence update or evidence literature import",
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=wait, isolation_level=None)
    except OSError as error:
        raise StoreError(f"cannot be made: {error.strerror}", where=str(path)) from error
    except sqlite3.Error as error:
        raise _explain(error, path) from error
    database = Database(path, connection)
    try:
        for name, (count, function) in functions.items():
            connection.create_function(name, count, function, deterministic=True)
        _check_owner(database)
        _settle(database, wait)
        _migrate(database)
    except BaseException:
        connection.close()
        raise
    return database


def _check_owner(database: Database) -> None:
    """Refuse a file that another program, or a newer version of this one, has written."""
    tables = database.value("SELECT count(*) FROM sqlite_schema")
    # In this order: another process may be making the store, tables and owner in one transaction.
    if tables and database.value("PRAGMA application_id") != APPLICATION_ID:
        raise StoreError(
            "this SQLite file is not a literature store",
            where=str(database.path),
            fix="name another file in EVIDENCE_STORE",
        )
    version = database.value("PRAGMA user_version")
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"the store has version {version}, written by a newer evidence-tools",
            expected=f"version {SCHEMA_VERSION} or older",
            where=str(database.path),
            fix="update evidence-tools",
        )


def _settle(database: Database, wait: float) -> None:
    """Set what belongs to a connection, and the log, which belongs to the file."""
    database.execute(f"PRAGMA page_size = {_PAGE_SIZE}")  # counts for a new file only
    if database.value("PRAGMA journal_mode") != "wal":
        _use_log(database, wait)
    database.execute("PRAGMA synchronous = FULL")
    database.execute("PRAGMA fullfsync = ON")  # macOS: a plain flush stops at the disk's cache
    database.execute("PRAGMA foreign_keys = ON")
    database.execute("PRAGMA cache_size = -32768")  # 32 MB, in KB
    database.execute("PRAGMA journal_size_limit = 67108864")
    # The view calls a function of ours, which some builds forbid unless told otherwise.
    database.execute("PRAGMA trusted_schema = ON")


def _use_log(database: Database, wait: float) -> None:
    """Turn the write-ahead log on, which SQLite refuses at once while another does the same."""
    end = time.monotonic() + wait
    while True:
        try:
            database.execute("PRAGMA journal_mode = WAL")
        except LockedError:
            if time.monotonic() >= end:
                raise
            time.sleep(0.01)
        else:
            return


def _migrate(database: Database) -> None:
    """Bring the file up to this package's version, in one transaction."""
    if database.value("PRAGMA user_version") == SCHEMA_VERSION:
        return
    with database.transaction():
        # Read again: another process may have been quicker.
        for version in range(database.value("PRAGMA user_version"), SCHEMA_VERSION):
            for statement in _statements(_STEPS[version]):
                database.execute(statement)
        database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _statements(script: str) -> Iterator[str]:
    """Cut a script into statements: executescript would commit between them."""
    text = resources.files(__package__).joinpath(script).read_text(encoding="utf-8")
    pending = ""
    for line in text.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
