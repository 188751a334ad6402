"""Time the literature store at growing sizes and print the table of BENCHMARKS.md.

Each size is filled by its own process, so that its memory is its own. The exponent says how a
figure grows from the smallest size to the largest: 1 is in proportion, 0 is not at all. Citations
are invented; real ones are two to three times as long, and the file is larger in proportion.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from evidence_tools.literature.citations import encode_citation
from evidence_tools.literature.store import Page, RunPlan, Store, open_store
from evidence_tools.literature.store.tables import export_store
from evidence_tools.testing.pubmed import make_citations

SIZES = (1_000, 10_000, 100_000)
PAGE = 200
FIRST = 10_000_000


def seconds(act: Callable[[], object], runs: int = 5) -> float:
    """Median seconds of some runs after one that is not counted."""
    measured = []
    for number in range(runs + 1):
        start = time.perf_counter()
        act()
        if number:
            measured.append(time.perf_counter() - start)
    return statistics.median(measured)


def peak_mb() -> float:
    """Peak memory of this process so far, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def fill(store: Store, size: int) -> dict[str, float]:
    """Write citations a page at a time; time the writing alone, whole and in its last tenth."""
    run = store.runs.start(RunPlan("benchmark", "all", "q"))
    made = make_citations(size, start=FIRST)
    spent, json_size = [], 0
    while page := list(islice(made, PAGE)):
        json_size += sum(len(encode_citation(citation)) for citation in page)
        start = time.perf_counter()
        store.pages.add(Page(citations=page), run=run.id)
        spent.append(time.perf_counter() - start)
    last = spent[-max(1, len(spent) // 10) :]
    return {
        "add, all": sum(spent),
        "add a page of 200, at the end": statistics.median(last),
        "add a page of 200, slowest": max(spent),
        "JSON, bytes a citation": json_size / size,
    }


def measure(path: Path, size: int) -> dict[str, float]:
    """Every figure of one size."""
    with open_store(path) as store:
        figures = fill(store, size)
        figures["memory after filling, MB"] = peak_mb()
        same = list(make_citations(PAGE, start=FIRST + size // 2))
        run = store.runs.start(RunPlan("benchmark", "all", "q"))
        number = iter(range(1, 100))
        figures["add 200 that are there"] = seconds(
            lambda: store.pages.add(Page((str(next(number)),), same), run=run.id)
        )
        asked = [str(FIRST + size // 2 + i) for i in range(1_000)]
        figures["known() of 1,000"] = seconds(lambda: store.known(asked))
        figures["citations() of 1,000"] = seconds(lambda: store.citations(asked))
        figures["current(), all"] = seconds(lambda: sum(1 for _ in store.current()), 3)
        for name, words in [
            ("rare words", "reflexology fibromyalgia"),
            ("common words", "massage pain"),
            ("a word of most", "humans"),
        ]:
            figures[f"find 20, {name}"] = seconds(lambda words=words: store.find(words))  # type: ignore[misc]
            figures[f"matches, {name}"] = store.count_matches(words)
        figures["counts()"] = seconds(store.counts)
        figures["check()"] = seconds(store.check, 1)
        figures["backup()"] = seconds(lambda: store.backup(path.with_name("backup.sqlite")), 1)
        figures["memory after reading, MB"] = peak_mb()
        folder = path.with_name("export")
        figures["export to Parquet"] = seconds(lambda: export_store(store, folder, ["parquet"]), 1)
        figures["export to CSV"] = seconds(lambda: export_store(store, folder, ["csv"]), 1)
        figures["memory after export, MB"] = peak_mb()
    figures["opening"] = seconds(lambda: open_store(path).close())
    figures["file, MB"] = path.stat().st_size / 1e6
    return figures


def exponent(sizes: tuple[int, ...], values: list[float]) -> str:
    """Slope of the logarithms, from the first size to the last."""
    if min(values) <= 0 or len(values) < 2:
        return ""
    return f"{math.log(values[-1] / values[0]) / math.log(sizes[-1] / sizes[0]):.2f}"


def main() -> None:
    """Measure each size in a process of its own, and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--one", type=int, help="measure one size and print it as JSON")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    chosen = parser.parse_args()
    if chosen.one:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(measure(Path(folder) / "s.sqlite", chosen.one)))
        return
    sizes = tuple(chosen.sizes)
    columns = []
    for size in sizes:
        command = [sys.executable, "-m", "benchmarks.store", "--one", str(size)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        columns.append(json.loads(done.stdout))
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print(f"| what | {' | '.join(f'{size:,}' for size in sizes)} | exponent |")
    print("|---|" + "---|" * (len(sizes) + 1))
    for name in columns[0]:
        values = [column[name] for column in columns]
        whole = name.startswith(("matches", "JSON"))
        timed = not whole and "MB" not in name
        shown = [f"{v:,.0f}" if whole else f"{v:.4f} s" if timed else f"{v:.1f}" for v in values]
        print(f"| {name} | {' | '.join(shown)} | {exponent(sizes, values)} |")


if __name__ == "__main__":
    main()
