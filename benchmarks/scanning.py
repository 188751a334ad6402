"""Time a scan of baseline-like files beside what a reader would use instead, in one run.

Files are made by ``evidence_tools.testing.baseline``: invented records in the mix of PubMed's own.
Within a round everything runs once, one after the other, and each ratio is of two figures of the
same round. Seconds are on the wall; where it says "one core", both are tied to one.
"""

from __future__ import annotations

import multiprocessing
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pubmed_parser
from Bio import Entrez

from evidence_tools.base import read_base
from evidence_tools.literature.query import parse_query
from evidence_tools.literature.strategy import compile_query
from evidence_tools.scan.conditions import condition_of, cover
from evidence_tools.scan.engines import Result, read_on_dask, read_on_this_machine, read_part
from evidence_tools.scan.reader import Job, reader_of
from evidence_tools.scan.scanning import Order, make_job, take_sample
from evidence_tools.scan.sources import Source, find_sources
from evidence_tools.testing.baseline import baseline_records, write_baseline, write_set

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 5
RECORDS = 30_000
FILES = 4
#: One strategy that xtract can be asked, too: words of titles, abstracts and keywords.
SIMPLE = "massag*[tiab] OR myofascial[tiab] OR acupressure[tiab]"
MEMORY = """
import re, sys
from pathlib import Path
from evidence_tools.scan.engines import read_part
import pickle
job, source = pickle.loads(Path(sys.argv[1]).read_bytes())
read_part(job, source)
print(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1])
"""


def strategies() -> dict[str, str]:
    """Queries of all strategies of this project."""
    base = read_base(ROOT / "evidence")
    return {one.id: compile_query(one, base.filters) for one in base.searches.values()}


def job_for(queries: Mapping[str, str], sources: tuple[Source, ...], key: str) -> Job:
    """A job as ``evidence scan`` makes it."""
    taken, _ = take_sample(sources, queries, None)
    return make_job(Order(key, dict(queries), ()), None, taken)


@contextmanager
def tied(cores: Iterable[int]) -> Iterator[None]:
    """Tie this process and those that it starts to some cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, set(cores))
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def shell(command: str) -> None:
    """Run a pipeline; what it prints is thrown away."""
    subprocess.run(["bash", "-c", f"set -o pipefail; {command} >/dev/null 2>&1"], check=True)  # noqa: S607


def xtract(words: Iterable[str], path: Path) -> str:
    """A pipeline that selects records by words of title, abstract and keywords."""
    clauses, joint = [], "-if"
    for word in words:
        for field in ("ArticleTitle", "AbstractText", "Keyword"):
            clauses.append(f"{joint} {field} -contains {word}")
            joint = "-or"
    return (
        f"gunzip -c {path} | xtract -pattern PubmedArticle {' '.join(clauses)} "
        "-element MedlineCitation/PMID"
    )


def spread(values: Iterable[float]) -> str:
    """Minimum, median and maximum in one cell."""
    known = sorted(values)
    return f"{known[0]:.2f} / {statistics.median(known):.2f} / {known[-1]:.2f}"


def wait_for_children() -> None:
    """Wait for what is still ending: its time is not that of what comes next."""
    started = psutil.Process().children(recursive=True)
    # The tracker of shared things stays as long as this process.
    ending = [one for one in started if "resource_tracker" not in " ".join(one.cmdline())]
    psutil.wait_procs(ending, timeout=10)


def race(
    runners: Mapping[str, Callable[[], object]], rounds: int = ROUNDS, *, alone: bool = False
) -> dict[str, list[float]]:
    """Seconds of each in every round after one that is not counted; ``alone``: one at a time."""
    seconds: dict[str, list[float]] = {name: [] for name in runners}
    for number in range(rounds + 1):
        for name, run in runners.items():
            if alone:
                wait_for_children()
            start = time.perf_counter()
            run()
            if number:
                seconds[name].append(time.perf_counter() - start)
    return seconds


def table(
    title: str, seconds: Mapping[str, list[float]], ours: str, aims: Mapping[str, str]
) -> None:
    """Print seconds, and our share of each."""
    print(f"\n{title}\n\n| what | seconds (min / median / max) | {ours} ÷ this | aim |")
    print("|---|---|---|---|")
    for name, values in seconds.items():
        ratios = [mine / other for mine, other in zip(seconds[ours], values, strict=True)]
        print(f"| {name} | {spread(values)} | {spread(ratios)} | {aims.get(name, '')} |")


def parse_with_pubmed_parser(path: str, words: tuple[str, ...] = ()) -> int:
    """Parse a file with pubmed_parser; gives how many records hold one of some words, if any."""
    count = 0
    for record in pubmed_parser.parse_medline_xml(path):
        text = " ".join((record["title"], record["abstract"], record["keywords"])).lower()
        count += not words or any(word in text for word in words)
    return count


def one_file(folder: Path, sources: tuple[Source, ...]) -> None:
    """One file of 30,000 records on one core, beside the limits and the tools."""
    path = folder / sources[0].name
    everything = job_for(strategies(), sources, "all")
    simple = job_for({"simple": SIMPLE}, sources, "simple")
    block = strategies()["massage-pain-broad"]
    words = sorted(word.text for word in cover(condition_of(parse_query(block)), {}) or ())
    scan, count = "scan, 43 strategies", RECORDS
    assert len(everything.queries) == 43, "say the number of strategies anew"  # noqa: S101
    context = multiprocessing.get_context("spawn")
    # Each in a process of its own that is ready, so that none works in what another left behind.
    with tied({0}), context.Pool(1) as ours, context.Pool(1) as theirs:
        seconds = race(
            {
                scan: partial(ours.apply, read_part, (everything, sources[0])),
                "gunzip": partial(shell, f"gunzip -c {path}"),
                "zcat and grep -c": partial(shell, f"zcat {path} | grep -c massage"),
                "pubmed_parser": partial(theirs.apply, parse_with_pubmed_parser, (str(path),)),
                f"pubmed_parser, and a look for {len(words)} words": partial(
                    theirs.apply, parse_with_pubmed_parser, (str(path), tuple(words))
                ),
            }
        )
        aims = {name: "≤ 0.1" for name in seconds if "pubmed_parser" in name}
        aims["gunzip"] = "≤ 1.5"
        table(f"One file of {count:,} records, one core", seconds, scan, aims)
    seconds = race(
        {
            scan: partial(read_part, everything, sources[0]),
            f"xtract, {len(words)} words of one strategy's block": partial(
                shell, xtract(words, path)
            ),
        }
    )
    table(
        "The same file, all cores free to both",
        seconds,
        scan,
        dict.fromkeys(list(seconds)[1:], "≤ 0.33"),
    )
    # Each job is made ready once a process; two in turn would be made ready each time.
    one = "scan, 1 strategy"
    plain = ["massag", "myofascial", "acupressure"]
    seconds = race(
        {
            one: partial(read_part, simple, sources[0]),
            "xtract, its 3 words": partial(shell, xtract(plain, path)),
        }
    )
    table("The same file and one simple strategy", seconds, one, {"xtract, its 3 words": "≤ 0.33"})


def parsers(folder: Path) -> None:
    """Small files, for what is slow."""
    path = write_set(folder / "pubmed26n9001.xml.gz", (
        one for one in baseline_records(5_000, 70_000_001) if not one.is_book))  # fmt: skip
    sources = find_sources([str(path)])
    job = job_for(strategies(), sources, "small")
    scan = "scan, 43 strategies"
    # Without one of these words no strategy matches: a first cut, and far less than they ask.
    words = sorted({word.text for some in job.plan.covers.values() for word in some or ()})
    name = f"xtract, the {len(words)} words without one of which none matches"
    seconds = race(
        {
            scan: partial(read_part, job, sources[0]),
            name: partial(shell, xtract(words, path)),
        }
    )
    table("5,000 records, all cores free to both", seconds, scan, {name: "≤ 0.33"})
    tiny = write_set(folder / "pubmed26n9002.xml.gz", (
        one for one in baseline_records(500, 71_000_001) if not one.is_book))  # fmt: skip
    sources = find_sources([str(tiny)])
    job = job_for(strategies(), sources, "tiny")

    def biopython() -> None:
        import gzip

        with gzip.open(tiny) as stream:
            Entrez.read(stream)

    with tied({0}):
        seconds = race({scan: partial(read_part, job, sources[0]), "Bio.Entrez.read": biopython})
    table("500 records, one core", seconds, scan, {})


def unpacking(path: Path) -> None:
    """What unpacks the files: the library chosen, and Python's own."""
    import gzip

    from isal import igzip

    def read(opener: Callable[..., Any]) -> None:
        with opener(path, "rb") as stream:
            while stream.read(1 << 20):
                pass

    with tied({0}):
        seconds = race({"isal": lambda: read(igzip.open), "gzip": lambda: read(gzip.open)})
    table("Unpacking one file, one core", seconds, "isal", {})


def drain(results: Iterable[Result]) -> None:
    """Read everything, keep nothing."""
    for _ in results:
        pass


def engines(sources: tuple[Source, ...]) -> None:
    """Whole engines over several files, their processes' start included."""
    job = job_for(strategies(), sources, "engines")
    several = sources * 4
    named = [
        Source(one.url, f"{number}-{one.name}", one.year, number, one.size, one.stamp, one.md5)
        for number, one in enumerate(several)
    ]
    pool = "pool, 2 processes"
    cores = os.cpu_count() or 1
    runners: dict[str, Callable[[], object]] = {
        pool: lambda: drain(read_on_this_machine(job, named, 2)),
        "one process": lambda: drain(read_on_this_machine(job, named, 1)),
        "Dask, 1 worker": lambda: drain(read_on_dask(job, named, 1, None)),
        "Dask, 2 workers": lambda: drain(read_on_dask(job, named, 2, None)),
    }
    if cores >= 4:
        runners["Dask, 4 workers"] = lambda: drain(read_on_dask(job, named, 4, None))
    seconds = race(runners, alone=True)
    # One process unpacks ahead on the other core, so it is no measure of one core.
    aims = {"Dask, 2 workers": "≥ 0.8 (1.25 times)"}
    table(f"{len(named)} files of {RECORDS:,} records, start included", seconds, pool, aims)


def _tie_and_prepare(job: Job, cores: Any) -> None:
    """Give a worker a core of its own, and make it ready."""
    os.sched_setaffinity(0, {cores.get()})
    reader_of(job)


def two_at_once(sources: tuple[Source, ...]) -> None:
    """Two files on two cores beside one on one, in workers that are ready."""
    job = job_for(strategies(), sources, "two")
    context = multiprocessing.get_context("spawn")
    cores = context.Queue()
    for core in (0, 1):
        cores.put(core)
    with context.Pool(2, _tie_and_prepare, (job, cores)) as pool:
        read = partial(read_part, job)
        one, two = "one file on one core", "two files on two cores"
        seconds = race(
            {
                one: partial(pool.map, read, sources[:1], 1),
                two: partial(pool.map, read, sources[:2], 1),
            },
            rounds=2 * ROUNDS,
        )
    gains = [2 * a / b for a, b in zip(seconds[one], seconds[two], strict=True)]
    print(f"\nTwo files at once: {spread(gains)} times the files in the same time (aim: ≥ 1.8)")


def memory(folder: Path, sources: tuple[Source, ...]) -> None:
    """Peak memory of a process that reads one file."""
    import pickle

    job = job_for(strategies(), sources, "memory")
    order = folder / "order.pickle"
    order.write_bytes(pickle.dumps((job, sources[0])))
    answer = subprocess.run(
        [sys.executable, "-c", MEMORY, str(order)], check=True, capture_output=True, text=True
    )
    print(f"\nPeak memory of a worker: {int(answer.stdout) / 1024:.0f} MB (aim: under 400)")


def main() -> None:
    """Make the files, measure and print."""
    for tool in ("gunzip", "xtract"):
        if shutil.which(tool) is None:
            sys.exit(f"{tool} is missing; on Debian: apt-get install ncbi-entrez-direct")
    version = subprocess.run(["xtract", "-version"], capture_output=True, text=True, check=True)  # noqa: S607
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"xtract {re.sub(r'[^0-9.]', '', version.stdout)}, pubmed_parser "
        f"{pubmed_parser.__version__}, load {os.getloadavg()[0]:.1f}"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_baseline(folder / "files", FILES, RECORDS)
        sources = find_sources([str(folder / "files")])
        size = sum(source.size for source in sources) / len(sources) / 1e6
        print(f"{FILES} files of {RECORDS:,} records, {size:.0f} MB each, packed")
        one_file(folder / "files", sources)
        unpacking(folder / "files" / sources[0].name)
        parsers(folder)
        two_at_once(sources)
        engines(sources)
        memory(folder, sources)


if __name__ == "__main__":
    main()
