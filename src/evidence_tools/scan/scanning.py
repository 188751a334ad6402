"""A scan from beginning to end: what is to be read, reading it, what stands, and what it says."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import msgspec
import pyarrow as pa  # type: ignore[import-untyped]
from filelock import FileLock, Timeout

from evidence_tools import __version__
from evidence_tools.errors import DataError, InputError
from evidence_tools.files import format_json, write_atomic
from evidence_tools.literature.citations import Citation
from evidence_tools.literature.pubmed_xml import parse_articles
from evidence_tools.literature.query import Answer, compile_matchers, parse_query
from evidence_tools.scan.conditions import asks_names, condition_of, words_of
from evidence_tools.scan.engines import Result
from evidence_tools.scan.parts import Fact, Part, Parts, write_table
from evidence_tools.scan.prefilter import make_plan, word_shares
from evidence_tools.scan.reader import Job, read_sample
from evidence_tools.scan.sources import Source, missing_between
from evidence_tools.scan.standing import Standing, settle

if TYPE_CHECKING:
    from evidence_tools.literature.mesh import MeshTree

__all__ = ["Order", "Outcome", "Sample", "make_job", "open_order", "read_order", "run_scan",
           "take_sample"]  # fmt: skip

Engine: TypeAlias = Callable[[Job, Sequence[Source]], Generator[Result, None, None]]

#: Raised when the same file and strategies would bring another result than before.
_FORM = "1"
#: Files and records of each that a sample is taken from.
_FILES, _RECORDS = 3, 500


class Order(msgspec.Struct, frozen=True):
    """What a folder holds the scan of: strategies with their queries, paths, and NLM's tree.

    ``key`` is the same for the same strategies, tree and version of this package: only then do
    parts belong together.
    """

    key: str
    queries: dict[str, str]
    paths: tuple[str, ...]
    mesh: str = ""


@dataclass(frozen=True)
class Sample:
    """A few records, and what they tell of the whole."""

    share: float
    records: int
    citations: int
    size: int

    @property
    def is_large(self) -> bool:
        """Whether so much matches that the disk may be filled by what nobody wants."""
        return self.share > 0.1 and self.citations > 50_000


@dataclass
class Outcome:
    """What a scan came to.

    ``facts`` are of every file in order; ``same`` says of which earlier file another is a copy,
    ``missing`` which files PubMed's numbering has beside these.
    """

    facts: list[Fact]
    standing: Standing
    same: Mapping[str, str]
    missing: tuple[str, ...]
    read: int = 0
    parsed: int = 0

    @property
    def broken(self) -> tuple[Fact, ...]:
        """Files of which nothing counts."""
        return tuple(fact for fact in self.facts if fact.error)

    @property
    def records(self) -> int:
        """Records in all files that count."""
        return sum(f.records for f in self.facts if f.name not in self.same)


def open_order(
    folder: Path, queries: Mapping[str, str], paths: Sequence[str], tree: MeshTree | None, mesh: str
) -> Order:
    """Take up the order of a folder, or write it.

    Parameters
    ----------
    folder : Path
        Folder of the scan.
    queries : mapping of str to str
        Strategies' queries by id.
    paths : sequence of str
        Where the files are; none: where they were the last time.
    tree : MeshTree, optional
        NLM's tree.
    mesh : str
        Name of the tree's file.

    Raises
    ------
    InputError
        When the folder holds the scan of other strategies, or there is nothing to go on with.
    """
    told = [_FORM, __version__, sorted(queries.items()), _tree_digest(tree)]
    key = hashlib.sha256(json.dumps(told).encode()).hexdigest()
    path = folder / "scan.json"
    held = read_order(folder)
    if held is not None and held.key != key and any((folder / "facts").glob("*.json")):
        changed = sorted(
            name
            for name in {*held.queries, *queries}
            if held.queries.get(name) != queries.get(name)
        )
        what = f"other strategies ({', '.join(changed[:3])}{' …' if len(changed) > 3 else ''})"
        if not changed:
            tree_of = f"with the headings of {held.mesh}" if held.mesh else "without --mesh"
            what = f"another version of this program, or {tree_of}"
        raise InputError(
            f"the folder holds a scan of {what}", where=str(folder),
            fix="ask as then, name another folder with --out, or delete this one",
        )  # fmt: skip
    if not paths and held is None:
        raise InputError(
            "there is no scan to go on with", expected="a folder that a scan was begun in",
            where=str(folder), fix="name the files or folders to scan",
        )  # fmt: skip
    where = tuple(map(_whole, paths)) or (held.paths if held else ())
    order = Order(key, dict(sorted(queries.items())), where, mesh)
    write_atomic(path, format_json(msgspec.to_builtins(order)))
    return order


def read_order(folder: Path) -> Order | None:
    """The order of a folder; None where no scan was begun.

    Raises
    ------
    DataError
        When it cannot be read.
    """
    path = folder / "scan.json"
    if not path.is_file():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=Order)
    except (OSError, msgspec.MsgspecError) as error:
        raise DataError(
            f"cannot be read: {error}", where=str(path), fix="name another folder with --out"
        ) from error


def _whole(path: str) -> str:
    """A path that is the same wherever the scan is taken up again."""
    return path if "://" in path or "::" in path else str(Path(path).absolute())


def _tree_digest(tree: MeshTree | None) -> str:
    if tree is None:
        return ""
    descriptors = [tree.descriptors[ui] for ui in sorted(tree.descriptors)]
    return hashlib.sha256(msgspec.msgpack.encode(descriptors)).hexdigest()


def take_sample(
    sources: Sequence[Source], queries: Mapping[str, str], tree: MeshTree | None
) -> tuple[list[bytes], Sample]:
    """Read a few records of a few files, and estimate what all would bring."""
    step = max(1, len(sources) // _FILES)
    taken: list[bytes] = []
    sizes = 0
    for source in sources[::step][:_FILES]:
        try:
            some = read_sample(source, _RECORDS)
        except (DataError, OSError, EOFError):
            continue  # told when the file is read
        taken += some
        sizes += sum(map(len, some))
    match = compile_matchers({key: parse_query(text) for key, text in queries.items()}, tree)
    hits = sum(Answer.YES in match(one).values() for one in _parse(taken))
    share = hits / len(taken) if taken else 0.0
    # Packed, PubMed's files have a tenth of their size.
    records = (
        int(10 * sum(source.size for source in sources) / (sizes / len(taken))) if taken else 0
    )
    citations = int(share * records)
    return taken, Sample(share, records, citations, citations * 1_500)


def _parse(records: Iterable[bytes]) -> Iterator[Citation]:
    body = b"<PubmedArticleSet>" + b"".join(records) + b"</PubmedArticleSet>"
    return (one for one in parse_articles(body) if isinstance(one, Citation))


def make_job(order: Order, tree: MeshTree | None, sample: Sequence[bytes]) -> Job:
    """Make ready what workers need."""
    queries = {key: parse_query(text) for key, text in order.queries.items()}
    conditions = {key: condition_of(query, tree) for key, query in queries.items()}
    words = frozenset().union(*map(words_of, conditions.values()))
    names = any(map(asks_names, queries.values()))
    plan = make_plan(conditions, word_shares(sample, words), names=names)
    return Job(order.key, order.queries, plan, tree)


def run_scan(
    folder: Path,
    job: Job,
    sources: Sequence[Source],
    engine: Engine,
    *,
    on_file: Callable[[Source, Part], None] = lambda source, part: None,
) -> Outcome:
    """Read the files that were not read yet, and say what stands.

    Parameters
    ----------
    folder : Path
        Where the parts are.
    job : Job
        What to look for.
    sources : sequence of Source
        The files, in PubMed's order.
    engine : callable
        Reads files.
    on_file : callable
        Is told each file that was read.

    Raises
    ------
    DataError
        When the disk is full; what was done is kept.
    InputError
        When another scan writes to the folder.
    """
    with _alone_in(folder):
        return _run(folder, job, sources, engine, on_file)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Two scans that write to one folder would each undo what the other has."""
    try:
        lock = FileLock(folder / ".lock").acquire(timeout=0)
    except Timeout as error:
        raise InputError(
            "another scan writes to this folder", where=str(folder),
            fix="wait for it, or name another folder with --out",
        ) from error  # fmt: skip
    except OSError as error:
        raise DataError(
            f"cannot be written: {error.strerror}", where=str(folder),
            fix="mend the permissions, or name another folder with --out",
        ) from error  # fmt: skip
    with lock:
        yield


def _run(
    folder: Path,
    job: Job,
    sources: Sequence[Source],
    engine: Engine,
    on_file: Callable[[Source, Part], None],
) -> Outcome:
    parts = Parts(folder)
    parts.drop_asides()
    todo = [source for source in sources if not parts.has(source)]
    outcome = Outcome([], settle(parts, ()), {}, missing_between(sources))
    with closing(engine(job, todo)) as results:
        for source, part in results:
            parts.add(source, part)
            _note_time(folder, part)
            outcome.read += 1
            outcome.parsed += part.parsed
            on_file(source, part)
    outcome.facts = [parts.fact(source) for source in sources]
    outcome.same = _copies(outcome.facts)
    good = [
        source
        for source, fact in zip(sources, outcome.facts, strict=True)
        if not fact.error and fact.name not in outcome.same
    ]
    outcome.standing = settle(parts, good)
    write_table(folder / "selected.parquet", outcome.standing.table)
    write_table(folder / "manifest.parquet", _manifest(outcome))
    return outcome


def _copies(facts: Iterable[Fact]) -> dict[str, str]:
    """Files that are the same as an earlier one, byte for byte."""
    first: dict[str, str] = {}
    same: dict[str, str] = {}
    for fact in facts:
        if not fact.error:
            other = first.setdefault(fact.sha256, fact.name)
            if other != fact.name:
                same[fact.name] = other
    return same


_MANIFEST = pa.schema(
    [
        ("file", pa.string()),
        ("size", pa.int64()),
        ("sha256", pa.string()),
        ("md5", pa.string()),
        ("records", pa.int64()),
        ("matched", pa.int64()),
        ("deletions", pa.int64()),
        ("problems", pa.int64()),
        ("status", pa.string()),
        ("error", pa.string()),
    ]
)


def _manifest(outcome: Outcome) -> pa.Table:
    rows = [
        {
            "file": fact.name,
            "size": fact.size,
            "sha256": fact.sha256,
            "md5": fact.md5,
            "records": fact.records,
            "matched": fact.matched,
            "deletions": len(fact.deletions),
            "problems": len(fact.problems),
            "status": "broken"
            if fact.error
            else f"same as {outcome.same[fact.name]}"
            if fact.name in outcome.same
            else "read",
            "error": fact.error or None,
        }
        for fact in outcome.facts
    ]
    return pa.Table.from_pylist(rows, schema=_MANIFEST)


def _note_time(folder: Path, part: Part) -> None:
    """Times differ from run to run, so they have a file of their own."""
    path = folder / "times.csv"
    new = not path.exists()
    room = io.StringIO()
    writer = csv.writer(room, lineterminator="\n")
    if new:
        writer.writerow(["file", "records", "parsed", "seconds"])
    writer.writerow([part.fact.name, part.fact.records, part.parsed, f"{part.seconds:.3f}"])
    try:
        with path.open("a", encoding="utf-8", newline="") as file:
            file.write(room.getvalue())
    except OSError as error:
        raise DataError(
            f"cannot be written: {error.strerror}", where=str(path),
            fix="free space or mend the permissions, then run the command again",
        ) from error  # fmt: skip
