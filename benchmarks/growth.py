"""Measure how the commands grow with the evidence: at 1, 3, 10 and 100 times its size.

Each command runs as a whole process on an enlarged copy of the real evidence base. Time is the
median of several runs with minimum and maximum, memory the largest process of a run. The exponent
is the slope of time over size on logarithmic scales: 1 is in proportion.
"""

from __future__ import annotations

import argparse
import ctypes
import math
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from evidence_tools.files import read_model, write_model
from evidence_tools.questions import Question
from evidence_tools.testing.enlarged import enlarge

ROOT = Path(__file__).resolve().parents[1]
DAY = "2026-11-21"
PAGE = """# Neuromuscular massage
Massage eases neck pain for good. It flushes toxins out of the muscles. Our therapists are trained.
Trigger point therapy stops headaches. Deep tissue massage heals scars and lowers cortisol.
"""
#: Commands by their names in the table.
COMMANDS: dict[str, Sequence[str]] = {
    "claims --format json": ("claims", "--format", "json", "--as-of", DAY),
    "matrix --format json": ("matrix", "--format", "json", "--as-of", DAY),
    "matrix --format csv": ("matrix", "--format", "csv", "--as-of", DAY),
    "show neck-pain": ("show", "neck-pain", "--as-of", DAY),
    "check": ("check", "--as-of", DAY),
    "changes": ("changes", "--from", "2026-11-19", "--to", DAY),
    "audit of a short page": ("audit", "page.md", "--as-of", DAY),
    "update --dry-run": ("update", "--dry-run", "--email", "me@example.org"),
}


@dataclass(frozen=True)
class Run:
    """One run of a command: seconds of the clock, and the largest process in megabytes."""

    seconds: float
    megabytes: float


def run(command: Sequence[str], folder: Path) -> Run:
    """Run a command in a process of its own that gathers what it leaves behind."""
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        status = 1
        try:
            os.close(read)
            # Processes that outlive the command, such as a server of forks, count to it.
            ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
            start = time.perf_counter()
            done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
            seconds = time.perf_counter() - start
            while True:
                try:
                    os.wait()
                except ChildProcessError:
                    break
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            if done.returncode in (0, 1) and b"Traceback" not in done.stderr:
                os.write(write, f"{seconds} {peak}".encode())
                status = 0
            else:
                os.write(2, done.stderr)
        finally:
            os._exit(status)
    os.close(write)
    with os.fdopen(read) as pipe:
        told = pipe.read()
    _, status = os.waitpid(pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed in {folder}")
    seconds, megabytes = map(float, told.split())
    return Run(seconds, megabytes)


def measure(
    command: Sequence[str], folder: Path, runs: int, prepare: Callable[[], None] | None = None
) -> list[Run]:
    """Run a command several times, after ``prepare`` each."""
    found = []
    for _ in range(runs):
        if prepare:
            prepare()
        found.append(run(command, folder))
    return found


def slope(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """Exponent of time over size: the slope of a straight line on logarithmic scales."""
    xs, ys = [math.log(size) for size in sizes], [math.log(second) for second in seconds]
    return statistics.linear_regression(xs, ys).slope


def _change(folder: Path) -> None:
    path = folder / "evidence" / "questions" / "neck-pain.toml"
    old = read_model(Question, path)
    assert old.appraisal is not None  # noqa: S101 -- the real base has it
    line = f"{old.appraisal.bottom_line} It is so."
    new = old.appraisal.model_copy(update={"bottom_line": line})
    write_model(old.model_copy(update={"appraisal": new}), path)


def measure_size(folder: Path, runs: int, reports: int) -> dict[str, list[Run]]:
    """Measure all commands on one base; without ``reports`` runs no report is built."""
    evidence = [sys.executable, "-m", "evidence_tools.cli"]
    (folder / "page.md").write_text(PAGE, encoding="utf-8")
    found = {name: measure([*evidence, *given], folder, runs) for name, given in COMMANDS.items()}
    if reports:
        report = [*evidence, "report", "--as-of", DAY]
        found["report, cold"] = measure(
            report, folder, reports, lambda: shutil.rmtree(folder / "build", ignore_errors=True)
        )
        found["report, nothing changed"] = measure(report, folder, runs)
        found["report, one question changed"] = measure(
            report, folder, reports, lambda: _change(folder)
        )
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1, 3, 10, 100])
    parser.add_argument("--runs", type=int, default=5, help="of each command")
    parser.add_argument("--reports", type=int, default=3, help="of each report")
    parser.add_argument("--largest-report", type=int, default=10, help="times the base")
    given = parser.parse_args()
    found: dict[int, dict[str, list[Run]]] = {}
    with tempfile.TemporaryDirectory() as aside:
        for size in given.sizes:
            project = Path(aside) / str(size)
            enlarge(ROOT / "evidence", project, size)
            reports = given.reports if size <= given.largest_report else 0
            found[size] = measure_size(project, given.runs, reports)
            shutil.rmtree(project)
    _print(given.sizes, found)


def _print(sizes: Sequence[int], found: dict[int, dict[str, list[Run]]]) -> None:
    load = os.getloadavg()[1]
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"{time.strftime('%Y-%m-%d')}, load at the end {load:.1f}\n"
    )
    heads = " | ".join(f"{size} × s (MB)" for size in sizes)
    print(f"| command | {heads} | exponent | 10 × ÷ 1 × |")
    print("|---|" + "---|" * (len(sizes) + 2))
    for name in found[sizes[0]]:
        cells, known, medians = [], [], {}
        for size in sizes:
            runs = found[size].get(name)
            if not runs:
                cells.append("")
                continue
            seconds = [one.seconds for one in runs]
            medians[size] = statistics.median(seconds)
            known.append(size)
            cells.append(
                f"{medians[size]:.2f} [{min(seconds):.2f}–{max(seconds):.2f}] "
                f"({max(one.megabytes for one in runs):.0f})"
            )
        exponent = f"{slope(known, [medians[s] for s in known]):.2f}" if len(known) > 1 else ""
        ratio = f"{medians[10] / medians[1]:.1f}" if {1, 10} <= medians.keys() else ""
        print(f"| `evidence {name}` | {' | '.join(cells)} | {exponent} | {ratio} |")


if __name__ == "__main__":
    main()
