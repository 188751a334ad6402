"""Time the everyday commands as whole processes and print the tables of BENCHMARKS.md.

Each figure is the median of several runs with minimum and maximum; where possible it is also given
as a ratio to a bare kernel start measured in the same run, because machines differ and are noisy.
"""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from evidence_tools.files import read_model, write_model
from evidence_tools.questions import Question

ROOT = Path(__file__).resolve().parents[1]
DAY = "2026-11-21"
KERNEL = """
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel(kernel_name="python3")
client.execute_interactive("1 + 1")
client.stop_channels()
manager.shutdown_kernel(now=True)
"""


def run(*command: str, cwd: Path) -> None:
    """Run a command quietly; a failure ends the benchmark."""
    subprocess.run(command, cwd=cwd, check=True, capture_output=True)


def measure(
    act: Callable[[], None], runs: int, prepare: Callable[[], None] | None = None
) -> list[float]:
    """Seconds of each run after one that is not counted."""
    seconds = []
    for number in range(runs + 1):
        if prepare:
            prepare()
        start = time.perf_counter()
        act()
        if number:
            seconds.append(time.perf_counter() - start)
    return seconds


def main() -> None:
    """Measure and print."""
    evidence = [sys.executable, "-m", "evidence_tools.cli"]
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        for name in ("evidence", "notebooks"):
            shutil.copytree(ROOT / name, project / name)
        shutil.copyfile(ROOT / "references.bib", project / "references.bib")
        question = project / "evidence" / "questions" / "neck-pain.toml"

        def change() -> None:
            old = read_model(Question, question)
            assert old.appraisal is not None  # noqa: S101 -- the real base has it
            line = f"{old.appraisal.bottom_line} It is so."
            new = old.appraisal.model_copy(update={"bottom_line": line})
            write_model(old.model_copy(update={"appraisal": new}), question)

        def report() -> None:
            run(*evidence, "report", "--as-of", DAY, cwd=project)

        def command(*arguments: str) -> Callable[[], None]:
            return lambda: run(*evidence, *arguments, cwd=project)

        def forget() -> None:
            shutil.rmtree(project / "build", ignore_errors=True)

        rows: list[tuple[str, str, list[float]]] = []
        kernel = measure(lambda: run(sys.executable, "-c", KERNEL, cwd=project), 5)
        rows.append(("bare kernel start", "", kernel))
        rows.append(("`evidence --help`", "0.3 s", measure(command("--help"), 7)))
        claims = measure(command("claims", "--format", "json"), 7)
        rows.append(("`evidence claims --format json`", "1.5 s", claims))
        rows.append(("`evidence check`", "", measure(command("check"), 5)))
        rows.append(("`evidence report`, cold", "60 s", measure(report, 3, forget)))
        rows.append(("`evidence report`, nothing changed", "3 s", measure(report, 5)))
        changed = measure(report, 3, change)
        rows.append(("`evidence report`, one question changed", "15 s", changed))
    bare = statistics.median(rows[0][2])
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print("| what | limit | median s | min–max s | runs | ÷ bare kernel start |")
    print("|---|---|---|---|---|---|")
    for name, limit, seconds in rows:
        middle = statistics.median(seconds)
        print(
            f"| {name} | {limit} | {middle:.2f} | {min(seconds):.2f}–{max(seconds):.2f} "
            f"| {len(seconds)} | {middle / bare:.2f} |"
        )


if __name__ == "__main__":
    main()
