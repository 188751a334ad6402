"""Read one file of PubMed XML: what matches, what it deletes, and which records it has."""

from __future__ import annotations

import hashlib
import os
import re
import time
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, cast

import fsspec  # type: ignore[import-untyped]
from isal import igzip_threaded

from evidence_tools.errors import DataError
from evidence_tools.literature.citations import Citation
from evidence_tools.literature.pubmed_xml import CutOffError, Deletion, iter_articles
from evidence_tools.literature.query import Answer, compile_matchers, parse_query
from evidence_tools.scan.prefilter import Plan, Prefilter
from evidence_tools.scan.sources import Source, read_expected_md5

if TYPE_CHECKING:
    from evidence_tools.literature.mesh import MeshTree

__all__ = ["Found", "Job", "Match", "Reader", "pack_number", "read_sample", "reader_of"]

_GZIP = b"\x1f\x8b"
_PMID = re.compile(r"[0-9]{1,8}")
_ARTICLE = re.compile(rb"<PubmedArticle>.*?</PubmedArticle>", re.DOTALL)
#: Bytes from which on what was chosen is parsed.
_ENOUGH = 1 << 18


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


class _Chooser:
    """Chooses what of a file is parsed, and gives it out many pieces at a time.

    To parse after every piece would find nothing in the cache of the core, as a search of all its
    bytes has just been through there: that took twice the time.

    ``keys`` says of what was given out last which strategies a record may match, and is None where
    all of it is to be asked; then ``versions`` are those that its bytes tell. Of a version that
    comes again the later one counts: what ``matches`` holds of it is dropped, read or not.
    """

    def __init__(self, prefilter: Prefilter, seen: array[int], matches: dict[int, Match]) -> None:
        self._prefilter = prefilter
        self._seen = seen
        self._matches = matches
        self._parts: list[bytes] = []
        self._held: dict[int, frozenset[str]] = {}
        self._left_out = 0
        self.keys: Mapping[int, frozenset[str]] | None = None
        self.versions: Mapping[int, int] = {}

    def __call__(self, piece: bytes) -> Iterator[tuple[bytes, int]]:
        """Give what is to be parsed of pieces so far; see :func:`iter_articles`."""
        if not piece:
            yield from self._release()
            return
        choice = self._prefilter.choose(piece)
        if choice.keys is None:
            yield from self._release()
            # All of it is parsed, which tells better than its bytes what is a record.
            self.keys, self.versions = None, dict(choice.numbers)
            yield choice.chosen, choice.left_out
            return
        if any(pmid in self._held for pmid, _ in choice.numbers):
            yield from self._release()
        packed = [pack_number(pmid, version) for pmid, version in choice.numbers]
        self._seen.extend(packed)
        for number in self._matches.keys() & {*packed}:
            del self._matches[number]
        self._parts.append(choice.chosen)
        self._held.update(choice.keys)
        self._left_out += choice.left_out
        if sum(map(len, self._parts)) >= _ENOUGH:
            yield from self._release()

    def _release(self) -> Iterator[tuple[bytes, int]]:
        chosen, left_out = b"".join(self._parts), self._left_out
        self.keys, self._parts, self._held, self._left_out = self._held, [], {}, 0
        yield chosen, left_out


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
        queries = {key: parse_query(text) for key, text in job.queries.items()}
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
                except Exception as error:
                    # Whatever it is: one file's trouble is not that of the others.
                    found.error = _say(error)
                # What follows the end of the packed data belongs to the checksum, too.
                while counted.read(1 << 20):
                    pass
            found.size = counted.size
            found.sha256 = counted.sha256.hexdigest()
            if counted.md5 is not None:
                found.md5 = "right" if counted.md5.hexdigest() == expected else "wrong"
            if found.md5 == "wrong":
                # Named before whatever it led to.
                found.error = (
                    "its MD5 is not the one beside it; fetch the file again"
                    if expected
                    else "the .md5 beside it holds no MD5; fetch both again"
                )
        except Exception as error:
            found.error = _say(error)
        if found.error:
            # Half a file would bring half of what supersedes and deletes.
            found.matches, found.deletions, found.seen = [], [], array("q")
        found.seconds = time.perf_counter() - start
        return found

    def _read(self, stream: _Counted, found: Found) -> None:
        matches: dict[int, Match] = {}
        choose = _Chooser(self._prefilter, found.seen, matches)
        unpacked = _unpacked(stream)
        try:
            for item in iter_articles(unpacked, found.name, choose):
                if isinstance(item, Citation):
                    found.parsed += 1
                    pmid = int(item.pmid)
                    number = pack_number(pmid, item.version)
                    if choose.keys is None:
                        found.seen.append(number)
                        matches.pop(number, None)
                    asked = None if choose.keys is None else choose.keys.get(pmid)
                    answers = self._match(item, asked)
                    yes = tuple(sorted(key for key, told in answers.items() if told is Answer.YES))
                    if yes:
                        matches[number] = Match(item, yes)
                elif isinstance(item, Deletion):
                    if _PMID.fullmatch(item.pmid):
                        found.deletions.append(int(item.pmid))
                    else:
                        found.problems.append(("", f"deletes {item.pmid[:60]!r}, which is no PMID"))
                else:
                    found.problems.append((item.pmid or "", item.what))
                    if choose.keys is None and not item.kept and _PMID.fullmatch(item.pmid or ""):
                        # Damaged as it is, it takes the place of what stood before.
                        pmid = int(item.pmid or "")
                        number = pack_number(pmid, choose.versions.get(pmid, 1))
                        found.seen.append(number)
                        matches.pop(number, None)
            # The checksum stands at the very end.
            _drain(unpacked)
        except CutOffError:
            # Where the packing itself ends too early, this tells it better.
            _drain(unpacked)
            raise
        finally:
            unpacked.close()
        found.matches = [matches[number] for number in sorted(matches)]


def _say(error: Exception) -> str:
    """Why a file cannot be used, in one line."""
    if isinstance(error, DataError):
        return error.what
    text = " ".join(str(error).split())
    known = text and isinstance(error, OSError)
    return f"cannot be read: {text if known else f'{type(error).__name__}: {text}'}"


def _drain(unpacked: BinaryIO) -> None:
    try:
        while unpacked.read(1 << 20):
            pass
    except EOFError as error:
        raise DataError("the packed data end too early; fetch the file again") from error


def _unpacked(stream: _Counted) -> BinaryIO:
    """The text of a file, packed or not; where cores allow, a thread reads and unpacks ahead."""
    head = stream.read(2)
    if len(head) == 1:  # a place far away may give less than it was asked for
        head += stream.read(1)
    joined = _Joined(head, stream)
    if head == _GZIP:
        threads = int(_cores() > 1)
        unpacked = igzip_threaded.open(joined, "rb", threads=threads)  # type: ignore[no-untyped-call]
        return cast("BinaryIO", unpacked)
    return cast("BinaryIO", joined)


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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

    def choose(piece: bytes) -> list[tuple[bytes, int]]:
        found = _ARTICLE.findall(piece)
        taken.extend(found)
        if len(taken) >= records:
            raise _EnoughError
        return [(b"", len(found))]

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
