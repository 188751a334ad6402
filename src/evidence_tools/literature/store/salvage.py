"""Find the stored contents in the bytes of a damaged SQLite file, whatever else of it is broken.

Tables hang on their root page: with that gone SQLite reads nothing, though nearly every page is
whole. So each page is looked at by itself, in the format that SQLite promises to keep
(sqlite.org/fileformat2.html): a leaf of a table (type 13) with rows that have the shape of ours. A
row proves itself by its digest.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple

from evidence_tools.literature.store.payloads import digest_of

__all__ = ["Row", "read_contents"]

#: Type of a page that is a leaf of a table.
_LEAF = 13
_PAGE_SIZES = frozenset(2**power for power in range(9, 17))
_OUR_PAGE_SIZE = 16_384
#: Serial types: NULL (the id, which is the row's number), and a BLOB of 32 bytes (the digest).
_NULL, _DIGEST = 0, 12 + 2 * 32
#: Bytes of an integer by its serial type; 8 and 9 stand for 0 and 1.
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
_WAL_HEAD, _FRAME_HEAD = 32, 24


class Row(NamedTuple):
    """A stored content that is what its digest says."""

    id: int
    digest: bytes
    payload: bytes


class _Pages:
    """Pages of a file, and those that its log holds in their place."""

    def __init__(self, data: bytes | mmap.mmap, log: bytes | mmap.mmap) -> None:
        self._data, self._log = data, log
        size = int.from_bytes(data[16:18], "big")
        size = 65_536 if size == 1 else size
        self.size = size if size in _PAGE_SIZES else _OUR_PAGE_SIZE
        self.count = len(data) // self.size
        self._logged: dict[int, list[int]] = {}
        frame = _FRAME_HEAD + self.size
        for start in range(_WAL_HEAD, len(log) - frame + 1, frame):
            number = int.from_bytes(log[start : start + 4], "big")
            self._logged.setdefault(number, []).append(start + _FRAME_HEAD)

    def images(self, number: int) -> Iterator[bytes]:
        """Every state of a page that is there, the latest first."""
        for start in reversed(self._logged.get(number, [])):
            yield self._log[start : start + self.size]
        if number <= self.count:
            yield self._data[(number - 1) * self.size : number * self.size]

    def numbers(self) -> list[int]:
        """Numbers of all pages."""
        return sorted({*range(1, self.count + 1), *self._logged})


def read_contents(path: Path) -> Iterator[Row]:
    """Contents in a damaged store that are what was stored, in the order in which they came.

    Parameters
    ----------
    path : Path
        The store's file; its log (``-wal``) is read too.
    """
    with ExitStack() as stack:
        pages = _Pages(_mapped(path, stack), _mapped(Path(f"{path}-wal"), stack))
        # Only where each row stands is remembered: memory stays flat.
        places: dict[bytes, tuple[int, int, int, int]] = {}
        for number in pages.numbers():
            for state, image in enumerate(pages.images(number)):
                for cell in _cells(image, 100 if number == 1 else 0):
                    row = _row(pages, image, cell)
                    if row is not None:
                        places.setdefault(row.digest, (row.id, number, state, cell))
        for _, number, state, cell in sorted(places.values()):
            image = list(pages.images(number))[state]
            row = _row(pages, image, cell)
            if row is not None:
                yield row


def _mapped(path: Path, stack: ExitStack) -> bytes | mmap.mmap:
    """Bytes of a file without reading all of it; none where there is no file."""
    if not path.is_file() or not path.stat().st_size:
        return b""
    file = stack.enter_context(path.open("rb"))
    return stack.enter_context(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _cells(image: bytes, start: int) -> Iterator[int]:
    """Where the cells of a leaf begin; nothing for another kind of page."""
    if len(image) < start + 8 or image[start] != _LEAF:
        return
    count = int.from_bytes(image[start + 3 : start + 5], "big")
    for place in range(start + 8, min(start + 8 + 2 * count, len(image) - 1), 2):
        yield int.from_bytes(image[place : place + 2], "big")


def _row(pages: _Pages, image: bytes, cell: int) -> Row | None:
    """The row in a cell, if it has the shape of a content and its digest is right."""
    with suppress(IndexError, ValueError):
        length, place = _varint(image, cell)
        number, place = _varint(image, place)
        record = _record(pages, image, place, length)
        head, place = _varint(record, 0)
        types = []
        while place < head:
            kind, place = _varint(record, place)
            types.append(kind)
        if len(types) != 4 or types[0] != _NULL or types[2] != _DIGEST or types[3] < 12:
            return None
        start = head + _INTEGERS.get(types[1], 0) + 32
        digest = record[start - 32 : start]
        payload = record[start : start + (types[3] - 12) // 2]
        if digest_of(payload) == digest:
            return Row(number, digest, payload)
    return None


def _varint(data: bytes, place: int) -> tuple[int, int]:
    """A number of one to nine bytes, and where it ends."""
    value = 0
    for step in range(8):
        byte = data[place + step]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, place + step + 1
    return value << 8 | data[place + 8], place + 9


def _record(pages: _Pages, image: bytes, place: int, length: int) -> bytes:
    """Bytes of a row, with what did not fit into its page."""
    most = pages.size - 35
    if length <= most:
        return image[place : place + length]
    least = (pages.size - 12) * 32 // 255 - 23
    local = least + (length - least) % (pages.size - 4)
    local = local if local <= most else least
    parts = [image[place : place + local]]
    following = int.from_bytes(image[place + local : place + local + 4], "big")
    left = length - local
    while left > 0 and following:
        page = next(pages.images(following), b"")
        if not page:
            break
        parts.append(page[4 : 4 + left])
        left -= len(parts[-1])
        following = int.from_bytes(page[:4], "big")
    return b"".join(parts)
