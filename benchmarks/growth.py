"""Measure how the commands grow with the evidence: at 1, 3, 10 and 100 times its size.

Each command runs as a whole process on enlarged copies of the real evidence base, the sizes in
turn, so that other work on the machine falls on all of them. Time is the median of several runs
with minimum and maximum by the clock, then in processor seconds of all its processes; memory is
the largest process of a run. Exponent (the slope of time over size on logarithmic scales: 1 is in
proportion) and ratio are of processor seconds, which other work disturbs less.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
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
#: A process of its own, because a child's memory counts from that of the process that forked it.
#: What outlives the command, such as a server of forks, counts to it (PR_SET_CHILD_SUBREAPER).
_GATHER = """
import ctypes, os, resource, subprocess, sys, time
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
start = time.perf_counter()
status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
seconds = time.perf_counter() - start
try:
    while True:
        os.wait()
except ChildProcessError:
    pass
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
sys.exit(status not in (0, 1))
"""


@dataclass(frozen=True)
class Run:
    """One run of a command: clock, processor seconds, and the largest process in megabytes."""

    seconds: float
    processor: float
    megabytes: float


def run(command: Sequence[str], folder: Path) -> Run:
    """Run a command under a small process that gathers what it leaves behind."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _GATHER, *command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode or "Traceback" in done.stderr:
        raise SystemExit(f"{' '.join(command)} failed in {folder}: {done.stderr}")
    return Run(*map(float, done.stdout.split()))


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


def measure(
    projects: Mapping[int, Path],
    given: Sequence[str],
    runs: int,
    prepare: Callable[[Path], None] | None = None,
) -> dict[int, list[Run]]:
    """Run a command on each size in turn, several times, after ``prepare`` each."""
    command = [sys.executable, "-m", "evidence_tools.cli", *given]
    found: dict[int, list[Run]] = {size: [] for size in projects}
    for _ in range(runs):
        for size, folder in projects.items():
            if prepare:
                prepare(folder)
            found[size].append(run(command, folder))
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1, 3, 10, 100])
    parser.add_argument("--runs", type=int, default=5, help="of each command")
    parser.add_argument("--reports", type=int, default=3, help="of each report")
    parser.add_argument("--largest-report", type=int, default=10, help="times the base")
    given = parser.parse_args()
    found: dict[str, dict[int, list[Run]]] = {}
    with tempfile.TemporaryDirectory() as aside:
        projects = {size: Path(aside) / str(size) for size in given.sizes}
        for size, project in projects.items():
            enlarge(ROOT / "evidence", project, size)
            (project / "page.md").write_text(PAGE, encoding="utf-8")
        for name, command in COMMANDS.items():
            found[name] = measure(projects, command, given.runs)
        bearable = {size: p for size, p in projects.items() if size <= given.largest_report}
        report = ("report", "--as-of", DAY)
        found["report, cold"] = measure(
            bearable,
            report,
            given.reports,
            lambda p: shutil.rmtree(p / "build", ignore_errors=True),
        )
        found["report, nothing changed"] = measure(bearable, report, given.runs)
        found["report, one question changed"] = measure(bearable, report, given.reports, _change)
    _print(given.sizes, found)


def _print(sizes: Sequence[int], found: Mapping[str, Mapping[int, Sequence[Run]]]) -> None:
    load = os.getloadavg()[1]
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"{time.strftime('%Y-%m-%d')}, load at the end {load:.1f}\n"
    )
    heads = " | ".join(f"{size} × s / processor s (MB)" for size in sizes)
    print(f"| command | {heads} | exponent | 10 × ÷ 1 × |")
    print("|---|" + "---|" * (len(sizes) + 2))
    for name, by_size in found.items():
        cells, used = [], {}
        for size in sizes:
            runs = by_size.get(size)
            if not runs:
                cells.append("")
                continue
            seconds = [one.seconds for one in runs]
            used[size] = statistics.median(one.processor for one in runs)
            cells.append(
                f"{statistics.median(seconds):.2f} [{min(seconds):.2f}–{max(seconds):.2f}] / "
                f"{used[size]:.2f} ({max(one.megabytes for one in runs):.0f})"
            )
        exponent = f"{slope(list(used), list(used.values())):.2f}" if len(used) > 1 else ""
        ratio = f"{used[10] / used[1]:.1f}" if {1, 10} <= used.keys() else ""
        print(f"| `evidence {name}` | {' | '.join(cells)} | {exponent} | {ratio} |")


if __name__ == "__main__":
    main()
