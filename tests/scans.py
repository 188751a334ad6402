"""Small files like PubMed's, and scans of them, for the tests of ``evidence scan``."""

from __future__ import annotations

import gzip
import hashlib
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from evidence_tools.literature.citations import AbstractSection, Citation
from evidence_tools.scan.conditions import asks_names, condition_of
from evidence_tools.scan.engines import read_on_this_machine
from evidence_tools.scan.prefilter import make_plan
from evidence_tools.scan.reader import Found, Job, Reader
from evidence_tools.scan.scanning import Outcome, make_job, open_order, run_scan, take_sample
from evidence_tools.scan.sources import find_sources
from evidence_tools.testing.baseline import baseline_name
from evidence_tools.testing.pubmed import SET_END, SET_START, article_xml, deletions_xml
from monthly import article

QUERIES = {"back": "back[tiab]", "massage": "massage[tiab]"}
#: What a scan leaves behind but for the times, which differ from run to run.
TIMES = "times.csv"


def record(pmid: int, title: str = "Massage at work", version: int = 1, **more) -> Citation:
    """A citation whose title is all that a strategy could match."""
    values = {"abstract": (AbstractSection("Forty adults took part."),), "version": version}
    return article(str(pmid), title, **{**values, **more})


def other(pmid: int, version: int = 1) -> Citation:
    """A citation that no strategy matches."""
    return record(pmid, "Growth of barley", version)


def set_xml(*parts: Citation | bytes, deleted: Iterable[int] = ()) -> bytes:
    """A whole file of XML: citations, and bytes as they are."""
    body = b"".join(part if isinstance(part, bytes) else article_xml(part) for part in parts)
    gone = [str(pmid) for pmid in deleted]
    return SET_START + body + (deletions_xml(gone) if gone else b"") + SET_END


def pack(data: bytes) -> bytes:
    """Gzip without a time in it."""
    return gzip.compress(data, 6, mtime=0)


def put(
    folder: Path, number: int, *parts: Citation | bytes, deleted: Iterable[int] = (), year: int = 26
) -> Path:
    """Write one file under PubMed's name for its number, with its MD5 beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / baseline_name(number, year)
    path.write_bytes(pack(set_xml(*parts, deleted=deleted)))
    return with_md5(path)


def with_md5(path: Path) -> Path:
    """Write the MD5 of a file beside it, as NLM does."""
    digest = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    path.with_name(f"{path.name}.md5").write_text(f"MD5({path.name})= {digest}\n")
    return path


def some_files(folder: Path, count: int, records: int = 6) -> Path:
    """Files in which every third record matches, each deleting one of the file before it."""
    for number in range(1, count + 1):
        start = 1_000 * number
        made = [record(start + n) if n % 3 == 0 else other(start + n) for n in range(records)]
        put(folder, number, *made, deleted=[start - 1_000] if number % 2 == 0 else [])
    return folder


def make_reader(queries: dict[str, str] | None = None, *, filtered: bool = True) -> Reader:
    """A reader of some strategies."""
    from evidence_tools.literature.query import parse_query

    chosen = queries or QUERIES
    parsed = {key: parse_query(text) for key, text in chosen.items()}
    conditions = {key: condition_of(query) for key, query in parsed.items()}
    plan = make_plan(conditions, {}, names=any(map(asks_names, parsed.values())))
    return Reader(Job("test", chosen, plan), filtered=filtered)


def read(path: Path, *, filtered: bool = True) -> Found:
    """Read one file."""
    (source,) = find_sources([str(path)])
    return make_reader(filtered=filtered).read(source)


def run(
    out: Path, *paths: Path | str, queries: dict[str, str] | None = None, jobs: int = 1, engine=None
) -> Outcome:
    """Scan files as the command does."""
    order = open_order(out, queries or QUERIES, [str(path) for path in paths], None, "")
    sources = find_sources(order.paths)
    taken, _ = take_sample(sources, order.queries, None)
    return run_scan(
        out, make_job(order, None, taken), sources,
        engine or (lambda job, todo: read_on_this_machine(job, todo, jobs)),
    )  # fmt: skip


def rows(outcome: Outcome) -> list[tuple[int, int, str, str]]:
    """PMID, version, file and status of all that matched."""
    return [
        (row["pmid"], row["version"], row["file"], row["status"])
        for row in outcome.standing.table.to_pylist()
    ]


def contents(folder: Path) -> dict[str, bytes]:
    """Bytes of all that a scan left, by path; times and the list of paths apart."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in (TIMES, "scan.json")
    }


def marks(folder: Path) -> dict[str, int]:
    """When each file of a scan was written, but for the one that is only held."""
    return {
        str(path.relative_to(folder)): path.stat().st_mtime_ns
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def matched(found: Found) -> list[tuple[int, int]]:
    """PMID and version of what matched in a file."""
    return [(int(one.citation.pmid), one.citation.version) for one in found.matches]


def seen(found: Found) -> list[tuple[int, int]]:
    """PMID and version of all records of a file, in order."""
    return sorted((number >> 16, number & 0xFFFF) for number in found.seen)


def set_title(citation: Citation, title: str) -> Citation:
    """The same citation under another title."""
    return msgspec.structs.replace(citation, title=title)


def fresh(folder: Path) -> Path:
    """A folder that is not there."""
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def names(found: Sequence) -> list[str]:
    """Names of files, in order."""
    return [one.name for one in found]
