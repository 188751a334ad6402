"""Which version of a record is in force, once all files are read.

A later version of a record replaces an earlier one, and of one version that in the later file; a
deletion removes what stands in its own file and before. Whether the latest version matches decides:
a record whose earlier version matched and whose latest does not is not selected any more. Nothing
is thrown away: every version that matched is listed with what became of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
from numpy.typing import NDArray

from evidence_tools.scan.parts import Parts
from evidence_tools.scan.sources import Source

__all__ = ["Standing", "Status", "settle"]


class Status(StrEnum):
    """What became of a version that matched."""

    IN_FORCE = "in force"
    EARLIER = "earlier version"
    NO_LONGER = "later version does not match"
    DELETED = "deleted"


_SCHEMA = pa.schema(
    [
        ("pmid", pa.int64()),
        ("version", pa.int32()),
        ("file", pa.string()),
        ("strategies", pa.list_(pa.string())),
        ("status", pa.string()),
    ]
)


@dataclass(frozen=True)
class Standing:
    """Every version that matched, by PMID and then in the order of the files."""

    table: pa.Table

    def count(self, status: Status) -> int:
        """How many versions have a status."""
        return int((self._statuses == status.value).sum())

    def pmids(self, status: Status) -> frozenset[int]:
        """PMIDs of which a version has a status."""
        chosen = self._statuses == status.value
        return frozenset(self.table["pmid"].to_numpy()[chosen].tolist())

    def by_strategy(self) -> dict[str, int]:
        """How many records in force each strategy matches."""
        counts: dict[str, int] = {}
        chosen = self.table.filter(pa.array(self._statuses == Status.IN_FORCE.value))
        for keys in chosen["strategies"].to_pylist():
            for key in keys:
                counts[key] = counts.get(key, 0) + 1
        return dict(sorted(counts.items()))

    @property
    def _statuses(self) -> NDArray[np.str_]:
        return np.array(self.table["status"].to_pylist(), str)


def settle(parts: Parts, sources: Sequence[Source]) -> Standing:
    """Say what is in force.

    Parameters
    ----------
    parts : Parts
        Of all files.
    sources : sequence of Source
        The files that count, in PubMed's order.
    """
    matched = [parts.matched(source) for source in sources]
    orders = np.concatenate(
        [np.full(len(table), order, np.int64) for order, table in enumerate(matched)]
        or [np.zeros(0, np.int64)]
    )
    rows = pa.concat_tables(matched) if matched else None
    if rows is None or not len(rows):
        return Standing(_SCHEMA.empty_table())
    pmids = rows["pmid"].cast(pa.int64()).to_numpy()
    versions = rows["version"].to_numpy().astype(np.int64)
    wanted = np.unique(pmids)
    deleted = np.full(len(wanted), -1, np.int64)
    for order, source in enumerate(sources):
        gone, _ = _places(wanted, np.array(parts.fact(source).deletions, np.int64))
        deleted[gone] = order
    # Version and file of the latest appearance of each wanted PMID, in one number. What stood
    # before a deletion does not count: a record that came back begins anew.
    latest = np.full(len(wanted), -1, np.int64)
    for order, source in enumerate(sources):
        numbers, editions = parts.numbers(source)
        places, known = _places(wanted, numbers)
        back = deleted[places] < order
        np.maximum.at(latest, places[back], (editions[known][back] << 32) + order)
    places = np.searchsorted(wanted, pmids)
    last = latest[places]
    status = np.full(len(pmids), Status.EARLIER.value, object)
    status[(versions << 32) + orders == last] = Status.IN_FORCE.value
    held = np.isin(wanted, pmids[status == Status.IN_FORCE.value])
    status[~held[places]] = Status.NO_LONGER.value
    status[last < 0] = Status.DELETED.value
    names = np.array([source.name for source in sources], object)
    table = pa.table(
        [pmids, versions.astype(np.int32), names[orders], rows["strategies"], status],
        schema=_SCHEMA,
    )
    return Standing(table.take(np.lexsort((orders, pmids))))


def _places(
    wanted: NDArray[np.int64], numbers: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Where wanted numbers stand among those given: their places in ``wanted``, and which."""
    places = np.minimum(np.searchsorted(wanted, numbers), len(wanted) - 1)
    known = wanted[places] == numbers
    return places[known], known
