"""Time the parser of PubMed XML against other parsers on the same files, side by side in one run.

All read the same gzip-compressed files of invented citations, one after the other within a round,
and each ratio is of two figures of the same round, because machines differ and are noisy. Times are
processor time of this process, but for the two cores, where it is time on the wall.
"""

from __future__ import annotations

import gzip
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pubmed_parser
from Bio import Entrez
from lxml import etree

from evidence_tools.literature.citations import Citation, encode_citation
from evidence_tools.literature.pubmed_xml import iter_articles
from evidence_tools.testing.pubmed import SET_END, SET_START, article_xml, make_citations

ROUNDS = 7
# The high-water mark of the process itself: getrusage would count the parent's before exec.
MEMORY = """
import gzip, re, sys
from pathlib import Path
from evidence_tools.literature.pubmed_xml import iter_articles
def peak():
    return re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1]
before = peak()
with gzip.open(sys.argv[1]) as stream:
    count = sum(1 for _ in iter_articles(stream))
print(count, before, peak())
"""


def write_file(path: Path, count: int, *, references: int = 0, seed: int = 0) -> Path:
    """Write articles (no books, which pubmed_parser passes over) into a compressed set."""
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(SET_START)
        for citation in make_citations(count, seed):
            if not citation.is_book:
                file.write(article_xml(citation, references=references))
        file.write(SET_END)
    return path


def bare(path: Path) -> int:
    """Walk over all elements with lxml and do nothing with them."""
    count = 0
    with gzip.open(path) as stream:
        for _, element in etree.iterparse(stream):
            count += element.tag == "PubmedArticle"
            element.clear()
    return count


def ours(path: Path) -> int:
    """Make a citation of every article, all fields."""
    with gzip.open(path) as stream:
        return sum(isinstance(item, Citation) for item in iter_articles(stream))


def theirs(path: Path) -> int:
    """What pubmed_parser reads by default."""
    return sum(1 for _ in pubmed_parser.parse_medline_xml(str(path)))


def biopython(path: Path) -> int:
    """Bio.Entrez.read, which knows the document type and makes dictionaries of everything."""
    with gzip.open(path) as stream:
        return len(Entrez.read(stream)["PubmedArticle"])


def encoded(path: Path) -> tuple[int, float]:
    """Parse a file and make the bytes that the store keeps, as a worker would; size and seconds."""
    start = time.process_time()
    with gzip.open(path) as stream:
        citations = (item for item in iter_articles(stream) if isinstance(item, Citation))
        size = sum(len(encode_citation(citation)) for citation in citations)
    return size, time.process_time() - start


def spread(values: Iterable[float]) -> str:
    """Minimum, median and maximum in one cell."""
    known = sorted(values)
    return f"{known[0]:.2f} / {statistics.median(known):.2f} / {known[-1]:.2f}"


def race(path: Path, runners: dict[str, Callable[[Path], int]], rounds: int) -> None:
    """Let all read one file in every round; print seconds and ratios."""
    seconds: dict[str, list[float]] = {name: [] for name in runners}
    counts = set()
    for number in range(rounds + 1):
        for name, run in runners.items():
            start = time.process_time()
            counts.add(run(path))
            if number:
                seconds[name].append(time.process_time() - start)
    assert len(counts) == 1, counts  # noqa: S101 -- all must have read the same articles
    (count,) = counts
    size = len(gzip.decompress(path.read_bytes())) / 1e6
    print(f"\n{count:,} articles, {size:.0f} MB of XML, {rounds} rounds\n")
    print("| parser | seconds (min / median / max) | articles a second | our speed ÷ its speed |")
    print("|---|---|---|---|")
    for name, values in seconds.items():
        ratios = [its / our for its, our in zip(values, seconds["ours"], strict=True)]
        rate = count / statistics.median(values)
        print(f"| {name} | {spread(values)} | {rate:,.0f} | {spread(ratios)} |")


def weigh(folder: Path) -> None:
    """Print peak memory of a process that parses files of growing length."""
    print("\n| articles | after import, MB | peak, MB |")
    print("|---|---|---|")
    for count in (1_000, 10_000, 100_000):
        path = write_file(folder / "memory.xml.gz", count)
        command = [sys.executable, "-c", MEMORY, str(path)]
        answer = subprocess.run(command, check=True, capture_output=True, text=True)
        articles, before, peak = map(int, answer.stdout.split())
        print(f"| {articles:,} | {before / 1024:.0f} | {peak / 1024:.0f} |")


def divide(folder: Path, rounds: int) -> None:
    """Print how much faster two processes are than one with several files.

    The wall shows it only where both cores are free; the processor time shows in any case what
    working side by side costs, and so what two free cores can give.
    """
    paths = [write_file(folder / f"part{i}.xml.gz", 5_000, seed=i) for i in range(6)]
    walls, costs = [], []
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(encoded, paths[:2]))
        for _ in range(rounds):
            start = time.perf_counter()
            alone = [encoded(path) for path in paths]
            middle = time.perf_counter()
            together = list(pool.map(encoded, paths))
            walls.append((middle - start) / (time.perf_counter() - middle))
            costs.append(sum(cpu for _, cpu in together) / sum(cpu for _, cpu in alone))
            assert [size for size, _ in alone] == [size for size, _ in together]  # noqa: S101
    load = f"load of the machine {os.getloadavg()[0]:.1f}"
    print(f"\nTwo processes over {len(paths)} files, {rounds} rounds (min / median / max):")
    print(f"speed on the wall ÷ one process: {spread(walls)}, {load}")
    print(f"processor time ÷ one process: {spread(costs)}")


def main() -> None:
    """Measure and print."""
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}", end=""
    )
    print(f", lxml {etree.__version__}, pubmed_parser {pubmed_parser.__version__}")
    runners = {"ours": ours, "bare lxml iterparse": bare, "pubmed_parser": theirs}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        race(write_file(folder / "plain.xml.gz", 10_000), runners, ROUNDS)
        race(write_file(folder / "cited.xml.gz", 5_000, references=20), runners, ROUNDS)
        small = write_file(folder / "small.xml.gz", 1_000)
        race(small, {"ours": ours, "Bio.Entrez.read": biopython}, ROUNDS)
        weigh(folder)
        divide(folder, ROUNDS)


if __name__ == "__main__":
    main()
