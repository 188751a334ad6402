"""Fork scans and kill each with SIGKILL at a moment of its own; print how many were killed.

A moment is the n-th time that a scan opens, moves, makes or removes a file: so the whole way of a
scan is covered, and each run of the test kills at the same moments.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from scans import run

EVENTS = frozenset({"open", "os.rename", "os.remove", "os.mkdir"})


def attempt(out: Path, files: Path, moment: int) -> int:
    """Scan in a child that dies at a moment; 0: it came to its end before."""
    child = os.fork()
    if child == 0:
        count = 0

        def watch(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal count
            if event in EVENTS and str(arguments[0]).startswith(str(out.parent)):
                count += 1
                if count == moment:
                    os.kill(os.getpid(), signal.SIGKILL)

        if moment:
            sys.addaudithook(watch)
        run(out, files)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return os.WTERMSIG(status)
    if status:
        raise SystemExit(f"a scan failed: {status}")
    return 0


def main() -> None:
    """Kill at every so many moments, and go on with each scan: smoothly, or killed once more."""
    files, room, step = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    moment, kills = 1, 0
    while True:
        out = room / f"killed-{moment:04}"
        if not attempt(out, files, moment):
            break
        kills += 1
        # Every other one is killed again on its way on.
        if kills % 2 and attempt(out, files, moment + 7):
            kills += 1
        if attempt(out, files, 0):
            raise SystemExit("a scan that nobody killed did not finish")
        moment += step
    print(kills)


if __name__ == "__main__":
    main()
