"""The store as tables for other programs: Parquet with nested parts, CSV with them as JSON.

One row a citation, in its fields; beside it the versions, runs, hits, removals and problems. A file
is written aside and moved when it is whole.
"""

from __future__ import annotations

import csv
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from evidence_tools.errors import InputError
from evidence_tools.literature.citations import Citation
from evidence_tools.literature.store.database import FullError

if TYPE_CHECKING:
    from evidence_tools.literature.store.holdings import Store

__all__ = ["KINDS", "citation_schema", "export_store", "plain_values"]

#: Kinds of files that can be written.
KINDS: Final = ("parquet", "csv")
#: Rows written at once: memory stays flat.
_CHUNK = 2_000
_NUMBERS = frozenset({"run", "answer", "total", "page"})
#: Tables without nested parts: name of the file, and the query that names and fills its columns.
_PLAIN: Final[Mapping[str, str]] = {
    "versions": """
        SELECT CAST(content.pmid AS TEXT) AS pmid, lower(hex(content.digest)) AS digest,
          min(at) AS first_seen, max(at) AS last_seen,
          iif(citation.content = content.id, 'yes', 'no') AS in_force
        FROM content JOIN seen ON seen.content = content.id JOIN page ON page.id = seen.page
        JOIN citation ON citation.pmid = content.pmid
        GROUP BY content.id ORDER BY content.pmid, content.id""",
    "runs": """
        SELECT id AS run, strategy, query, nullif(since, '') AS since, nullif(until, '') AS until,
          endpoint, started, finished, state, summary
        FROM run ORDER BY id""",
    "answers": """
        SELECT id AS answer, run, kind, query, total, translation, warnings, at
        FROM answer ORDER BY id""",
    "hits": """
        SELECT answer, CAST(pmid AS TEXT) AS pmid FROM hit ORDER BY answer, hit.pmid""",
    "removals": """
        SELECT CAST(pmid AS TEXT) AS pmid, CAST(target AS TEXT) AS "into", reason, at
        FROM removal JOIN page ON page.id = removal.page ORDER BY removal.id""",
    "problems": """
        SELECT page, place, pmid, what FROM problem ORDER BY id""",
}


def export_store(
    store: Store,
    folder: Path,
    kinds: Iterable[str] = KINDS,
    on_progress: Callable[[int], None] = lambda count: None,
) -> Mapping[str, int]:
    """Write the tables of a store into a folder.

    Parameters
    ----------
    store : Store
        An open store.
    folder : Path
        Where the files go; it is made when it is not there.
    kinds : iterable of str
        Of :data:`KINDS`.
    on_progress : callable
        Is told how many citations were written since it was told last.

    Returns
    -------
    mapping of str to int
        Rows of each file by its name.

    Raises
    ------
    InputError
        An unknown kind, or the folder is a file.
    FullError
        When the disk is full or the folder cannot be written; older files are untouched.
    """
    chosen = list(dict.fromkeys(kinds))
    for kind in chosen:
        if kind not in KINDS:
            raise InputError(f"unknown kind {kind!r}", expected=f"one of {', '.join(KINDS)}")
    if folder.exists() and not folder.is_dir():
        raise InputError("is a file", expected="a folder", where=str(folder))
    rows: dict[str, int] = {}
    # All tables are of one moment.
    with store.database.snapshot():
        for kind in chosen:
            name = f"citations.{kind}"
            chunks = _citation_chunks(store, on_progress)
            schema = citation_schema().append(pa.field("removed", pa.bool_()))
            rows[name] = _write(folder / name, schema, chunks)
            for table, query in _PLAIN.items():
                cursor = store.database.connection.execute(query)
                columns = [column[0] for column in cursor.description]
                schema = pa.schema(
                    [(c, pa.int64() if c in _NUMBERS else pa.string()) for c in columns]
                )
                name = f"{table}.{kind}"
                rows[name] = _write(folder / name, schema, _plain_chunks(cursor, columns))
    return rows


def _citation_chunks(
    store: Store, on_progress: Callable[[int], None]
) -> Iterator[list[dict[str, Any]]]:
    removed = frozenset(store.pmids(removed=True)) - frozenset(store.pmids())
    citations = store.current(removed=True)
    while batch := list(islice(citations, _CHUNK)):
        yield [
            {name: getattr(citation, name) for name in citation.__struct_fields__}
            | {"removed": citation.pmid in removed}
            for citation in batch
        ]
        on_progress(len(batch))


def _plain_chunks(cursor: sqlite3.Cursor, columns: list[str]) -> Iterator[list[dict[str, Any]]]:
    while rows := cursor.fetchmany(_CHUNK):
        yield [dict(zip(columns, row, strict=True)) for row in rows]


def plain_values(value: Any) -> Any:
    """Give a citation, or a part of one, as plain values."""
    if isinstance(value, msgspec.Struct):
        return {field: plain_values(getattr(value, field)) for field in value.__struct_fields__}
    if isinstance(value, tuple):
        return [plain_values(item) for item in value]
    return value.value if isinstance(value, Enum) else value


def citation_schema() -> pa.Schema:
    """Columns of a table of citations, read from the type itself: a new field is a new column."""
    struct = msgspec.inspect.type_info(Citation)
    assert isinstance(struct, msgspec.inspect.StructType)  # noqa: S101 -- it is one
    return pa.schema([pa.field(field.name, _arrow_type(field.type)) for field in struct.fields])


def _arrow_type(kind: msgspec.inspect.Type) -> pa.DataType:
    match kind:
        case msgspec.inspect.UnionType(types=types):
            return _arrow_type(
                next(t for t in types if not isinstance(t, msgspec.inspect.NoneType))
            )
        case msgspec.inspect.VarTupleType(item_type=item):
            return pa.list_(_arrow_type(item))
        case msgspec.inspect.StructType(fields=fields):
            return pa.struct([pa.field(field.name, _arrow_type(field.type)) for field in fields])
        case msgspec.inspect.BoolType():
            return pa.bool_()
        case msgspec.inspect.IntType():
            return pa.int64()
        case _:
            return pa.string()


def _write(path: Path, schema: pa.Schema, chunks: Iterable[list[dict[str, Any]]]) -> int:
    write = _write_parquet if path.suffix == ".parquet" else _write_csv
    with _replacing(path) as aside:
        return write(aside, schema, chunks)


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A file aside, which takes the place of another when it is whole."""
    aside: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        os.close(handle)
        aside = Path(name)
        yield aside
        aside.chmod(0o644)
        aside.replace(path)
    except OSError as error:
        raise FullError(
            f"cannot be written: {error}",
            where=str(path),
            fix="free space or mend the permissions, then run the command again",
        ) from error
    finally:
        if aside is not None:
            aside.unlink(missing_ok=True)


def _write_parquet(path: Path, schema: pa.Schema, chunks: Iterable[list[dict[str, Any]]]) -> int:
    count = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for chunk in chunks:
            rows = [{name: plain_values(value) for name, value in row.items()} for row in chunk]
            writer.write_table(pa.Table.from_pylist(rows, schema=schema))
            count += len(chunk)
    return count


def _write_csv(path: Path, schema: pa.Schema, chunks: Iterable[list[dict[str, Any]]]) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
        writer.writerow(schema.names)
        for chunk in chunks:
            writer.writerows([_cell(row[name]) for name in schema.names] for row in chunk)
            count += len(chunk)
    return count


def _cell(value: Any) -> Any:
    """A value as a spreadsheet may read it: nothing becomes a formula, nested parts are JSON."""
    if isinstance(value, tuple | msgspec.Struct):
        value = msgspec.json.encode(value).decode() if value else ""
    elif isinstance(value, bool):
        value = "yes" if value else "no"
    if not isinstance(value, str):
        return value
    plain = value.replace("\0", "�")
    return f"'{plain}" if plain.startswith(tuple("=+-@\t\r")) else plain
