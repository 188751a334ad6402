"""What files brought, kept on disk: a part for each, and a manifest of all.

A part is three files: the citations that match and the numbers of all records as Parquet, and a
page of facts as JSON, which is written last: a part without it does not exist. All of it depends on
the file and the job alone, byte by byte, whoever read it; times are kept apart from it.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from numpy.typing import NDArray

from evidence_tools.errors import DataError
from evidence_tools.files import write_atomic
from evidence_tools.literature.citations import Citation
from evidence_tools.literature.store.tables import citation_schema, plain_values
from evidence_tools.scan.reader import Found, Match
from evidence_tools.scan.sources import Source

__all__ = ["Fact", "Part", "Parts", "make_part", "write_table"]


class Fact(msgspec.Struct, frozen=True):
    """What is known of a file that was read; ``error`` is why nothing of it counts."""

    name: str
    size: int
    sha256: str
    md5: str
    records: int
    matched: int
    deletions: tuple[int, ...] = ()
    problems: tuple[tuple[str, str], ...] = ()
    error: str = ""


class Part(msgspec.Struct, frozen=True):
    """What a worker sends back: facts, and the tables in bytes.

    ``parsed`` and ``seconds`` tell how the work went and are no part of the result.
    """

    fact: Fact
    matches: bytes
    seen: bytes
    parsed: int
    seconds: float


_CHUNK = 2_000
_STRATEGIES = pa.field("strategies", pa.list_(pa.string()))
_SEEN = pa.schema([("pmid", pa.int64()), ("version", pa.int32())])


def make_part(found: Found) -> Part:
    """Bring what was found in a file into the form in which it is kept."""
    numbers = np.sort(np.frombuffer(found.seen, np.int64)) if found.seen else np.zeros(0, np.int64)
    seen = pa.table([numbers >> 16, (numbers & 0xFFFF).astype(np.int32)], schema=_SEEN)
    fact = Fact(
        name=found.name,
        size=found.size,
        sha256=found.sha256,
        md5=found.md5,
        records=len(numbers),
        matched=len(found.matches),
        deletions=tuple(sorted({*found.deletions})),
        problems=tuple(found.problems),
        error=found.error,
    )
    return Part(fact, _matches_bytes(found.matches), _table_bytes([seen], _SEEN), found.parsed,
                found.seconds)  # fmt: skip


def _matches_bytes(matches: list[Match]) -> bytes:
    schema = citation_schema().append(_STRATEGIES)
    rows = ({**plain_values(one.citation), "strategies": list(one.strategies)} for one in matches)
    several: list[pa.Table] = []
    while some := [row for row, _ in zip(rows, range(_CHUNK), strict=False)]:
        several.append(pa.Table.from_pylist(some, schema=schema))
    return _table_bytes(several, schema)


def _table_bytes(tables: list[pa.Table], schema: pa.Schema) -> bytes:
    room = io.BytesIO()
    with pq.ParquetWriter(room, schema, compression="zstd") as writer:
        for table in tables:
            writer.write_table(table)
    return room.getvalue()


def write_table(path: Path, table: pa.Table) -> None:
    """Write a table aside and move it into place.

    Raises
    ------
    DataError
        When the disk is full or cannot be written.
    """
    write_atomic(path, _table_bytes([table], table.schema))


class Parts:
    """The parts of a scan in a folder.

    Parameters
    ----------
    folder : Path
        Folder of the scan; parts lie in ``citations``, ``numbers`` and ``facts`` in it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def drop_asides(self) -> None:
        """Take away what killed scans had begun to write; it was never moved into place."""
        for pattern in (".*.*", "*/.*.*"):
            for aside in self.folder.glob(pattern):
                # Where it cannot be taken away, it does no harm.
                with suppress(OSError):
                    aside.unlink()

    def _paths(self, source: Source) -> tuple[Path, Path, Path]:
        return (
            self.folder / "citations" / f"{source.stem}.parquet",
            self.folder / "numbers" / f"{source.stem}.parquet",
            self.folder / "facts" / f"{source.stem}.json",
        )

    def add(self, source: Source, part: Part) -> None:
        """Keep a part; where it cannot be kept whole, it is not there.

        Raises
        ------
        DataError
            When the disk is full or cannot be written.
        """
        matches, seen, fact = self._paths(source)
        # The old facts go first: they would vouch for tables that are not theirs.
        try:
            fact.unlink(missing_ok=True)
        except OSError as error:
            raise DataError(
                f"cannot be replaced: {error.strerror}", where=str(fact),
                fix="mend the permissions, then run the command again",
            ) from error  # fmt: skip
        write_atomic(matches, part.matches)
        write_atomic(seen, part.seen)
        held = _Held(source.stamp, (len(part.matches), len(part.seen)), part.fact)
        write_atomic(fact, msgspec.json.format(msgspec.json.encode(held), indent=1) + b"\n")

    def has(self, source: Source) -> bool:
        """Whether the part of this very file is there, whole, and good."""
        matches, seen, _ = self._paths(source)
        try:
            held = self._held(source)
            sizes = (matches.stat().st_size, seen.stat().st_size)
        except (OSError, msgspec.MsgspecError):
            return False
        return held.stamp == source.stamp and held.sizes == sizes and not held.fact.error

    def _held(self, source: Source) -> _Held:
        return msgspec.json.decode(self._paths(source)[2].read_bytes(), type=_Held)

    def fact(self, source: Source) -> Fact:
        """What is known of a file.

        Raises
        ------
        DataError
            When the part is damaged.
        """
        try:
            return self._held(source).fact
        except (OSError, msgspec.MsgspecError) as error:
            raise _damaged(self._paths(source)[2], error) from error

    def numbers(self, source: Source) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """PMIDs and versions of all records of a file, ascending."""
        table = self._table(self._paths(source)[1], ["pmid", "version"])
        return (
            table["pmid"].to_numpy().astype(np.int64),
            table["version"].to_numpy().astype(np.int64),
        )

    def matched(self, source: Source) -> pa.Table:
        """PMID, version and strategies of what matched in a file."""
        return self._table(self._paths(source)[0], ["pmid", "version", "strategies"])

    def citations(self, source: Source) -> Iterator[Citation]:
        """Yield the citations that matched in a file, by PMID."""
        path = self._paths(source)[0]
        try:
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(_CHUNK):
                    for row in batch.to_pylist():
                        row.pop("strategies")
                        yield msgspec.convert(row, Citation)
        except (OSError, pa.ArrowException, msgspec.ValidationError) as error:
            raise _damaged(path, error) from error

    def _table(self, path: Path, columns: list[str] | None = None) -> pa.Table:
        try:
            return pq.read_table(path, columns=columns)
        except (OSError, pa.ArrowException) as error:
            raise _damaged(path, error) from error


class _Held(msgspec.Struct):
    """Facts as they lie on the disk, with the stamp of the file and the sizes of the tables."""

    stamp: str
    sizes: tuple[int, int]
    fact: Fact


def _damaged(path: Path, error: Exception) -> DataError:
    return DataError(
        f"cannot be read: {error}", expected="what a scan wrote", where=str(path),
        fix="delete this file and run the scan again: it reads the file that it came from anew",
    )  # fmt: skip
