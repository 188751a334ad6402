"""Read one file of PubMed XML: what matches, what it deletes, and which records it has."""

from __future__ import annotations

import hashlib
import time
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, cast

import fsspec  # type: ignore[import-untyped]
from isal import igzip_threaded

from evidence_tools.errors import DataError
from evidence_tools.literature.citations import Citation
from evidence_tools.literature.pubmed_xml import Deletion, iter_articles
from evidence_tools.literature.query import Answer, compile_matchers, parse_query
from evidence_tools.scan.prefilter import Choice, Plan, Prefilter
from evidence_tools.scan.sources import Source, read_expected_md5

if TYPE_CHECKING:
    from evidence_tools.literature.mesh import MeshTree

__all__ = ["Found", "Job", "Match", "Reader", "pack_number", "read_sample", "reader_of"]

_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Job:
    """What a worker needs to read files: queries by strategy, where to look, NLM's tree.

    ``key`` names it: workers that have made themselves ready for a job keep that.
    """

    key: str
    queries: Mapping[str, str]
    plan: Plan
    tree: MeshTree | None = None


@dataclass(frozen=True)
class Match:
    """A citation that strategies match."""

    citation: Citation
    strategies: tuple[str, ...]


@dataclass
class Found:
    """What a file held; ``error`` is why it could not be used, or not to its end.

    ``seen`` are PMID and version of all its records, packed; ``md5`` is ``right``, ``wrong``, or
    ``none`` where nothing said what it should be.
    """

    name: str
    size: int = 0
    sha256: str = ""
    md5: str = "none"
    seen: array[int] = field(default_factory=lambda: array("q"))
    parsed: int = 0
    matches: list[Match] = field(default_factory=list)
    deletions: list[int] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)
    error: str = ""
    seconds: float = 0.0


def pack_number(pmid: int, version: int) -> int:
    """PMID and version in one number, which sorts like the two."""
    return pmid << 16 | min(version, 0xFFFF)


class _Counted:
    """A stream whose bytes are counted and hashed as they are read."""

    def __init__(self, stream: BinaryIO, *, md5: bool) -> None:
        self._stream = stream
        self.size = 0
        self.sha256 = hashlib.sha256()
        self.md5 = hashlib.md5(usedforsecurity=False) if md5 else None

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._take(data)
        return data

    def readinto(self, room: bytearray | memoryview) -> int:
        data = self._stream.read(len(room))
        room[: len(data)] = data
        self._take(data)
        return len(data)

    def _take(self, data: bytes) -> None:
        self.size += len(data)
        self.sha256.update(data)
        if self.md5 is not None:
            self.md5.update(data)


class Reader:
    """Reads files for a job.

    Parameters
    ----------
    job : Job
        What to look for.
    filtered : bool
        Whether records that cannot match are left out unread; without it everything is parsed and
        evaluated, with the same matches.
    """

    def __init__(self, job: Job, *, filtered: bool = True) -> None:
        queries = {key: parse_query(text, key) for key, text in job.queries.items()}
        self._match = compile_matchers(queries, job.tree)
        self._prefilter = Prefilter(job.plan, everything=not filtered)

    def read(self, source: Source) -> Found:
        """Read a file; what is wrong with it is told in the answer."""
        found = Found(source.name)
        start = time.perf_counter()
        try:
            expected = read_expected_md5(source)
            with fsspec.open(source.url, "rb") as raw:
                counted = _Counted(raw, md5=expected is not None)
                try:
                    self._read(counted, found)
                finally:
                    # What follows the end of the packed data belongs to the checksum, too.
                    while counted.read(1 << 20):
                        pass
                    found.size = counted.size
                    found.sha256 = counted.sha256.hexdigest()
            if counted.md5 is not None:
                found.md5 = "right" if counted.md5.hexdigest() == expected else "wrong"
                if found.md5 == "wrong" and not found.error:
                    found.error = "its MD5 is not the one beside it; fetch the file again"
        except DataError as error:
            found.error = error.what
        except (OSError, EOFError, ImportError) as error:
            found.error = f"cannot be read: {error}"
        if found.error:
            # Half a file would bring half of what supersedes and deletes.
            found.matches, found.deletions, found.seen = [], [], array("q")
        found.seconds = time.perf_counter() - start
        return found

    def _read(self, stream: _Counted, found: Found) -> None:
        open_keys: dict[int, frozenset[str]] = {}
        unknown = False

        def choose(piece: bytes) -> tuple[bytes, int]:
            nonlocal unknown
            choice: Choice = self._prefilter.choose(piece)
            found.seen.extend(pack_number(pmid, version) for pmid, version in choice.numbers)
            open_keys.clear()
            if choice.keys is None:
                unknown = True
            else:
                open_keys.update(choice.keys)
            return choice.chosen, choice.left_out

        unpacked = _unpacked(stream)
        try:
            for item in iter_articles(unpacked, found.name, choose):
                if isinstance(item, Citation):
                    found.parsed += 1
                    keys = None if unknown else open_keys.get(int(item.pmid))
                    answers = self._match(item, keys)
                    yes = tuple(sorted(key for key, told in answers.items() if told is Answer.YES))
                    if yes:
                        found.matches.append(Match(item, yes))
                elif isinstance(item, Deletion):
                    found.deletions.append(int(item.pmid))
                else:
                    found.problems.append((item.pmid or "", item.what))
        finally:
            unpacked.close()
        found.matches.sort(key=lambda one: (int(one.citation.pmid), one.citation.version))


def _unpacked(stream: _Counted) -> BinaryIO:
    """The text of a file, packed or not; a thread of its own reads and unpacks ahead."""
    head = stream.read(2)
    joined = _Joined(head, stream)
    if head == _GZIP:
        unpacked = igzip_threaded.open(joined, "rb")  # type: ignore[no-untyped-call]
        return cast("BinaryIO", unpacked)
    return cast("BinaryIO", joined)


class _Joined:
    """Bytes that were read ahead, and the stream that they came from."""

    def __init__(self, head: bytes, stream: _Counted) -> None:
        self._head = head
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        if self._head:
            head, self._head = self._head, b""
            return head
        return self._stream.read(size)

    def readinto(self, room: memoryview) -> int:
        data = self.read(len(room))
        room[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """The stream is closed by whoever opened it."""


class _EnoughError(Exception):
    """A sample is full."""


def read_sample(source: Source, records: int) -> list[bytes]:
    """Take the first records of a file as they stand in it.

    Raises
    ------
    DataError, OSError, EOFError
        When it cannot be read so far.
    """
    taken: list[bytes] = []

    def choose(piece: bytes) -> tuple[bytes, int]:
        parts = piece.split(b"<PubmedArticle>")[1:]
        taken.extend(b"<PubmedArticle>" + part for part in parts)
        if len(taken) >= records:
            raise _EnoughError
        return b"", len(parts)

    with fsspec.open(source.url, "rb") as raw:
        unpacked = _unpacked(_Counted(raw, md5=False))
        try:
            for _ in iter_articles(unpacked, source.name, choose):
                pass
        except _EnoughError:
            pass
        finally:
            unpacked.close()
    return taken[:records]


_READERS: dict[str, Reader] = {}


def reader_of(job: Job) -> Reader:
    """The reader of a job in this process, made once."""
    if job.key not in _READERS:
        _READERS.clear()
        _READERS[job.key] = Reader(job)
    return _READERS[job.key]
