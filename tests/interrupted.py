"""What a terminal's Ctrl-C would tell beside the command itself, as Linux tells it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

where_groups_are_seen = pytest.mark.skipif(
    not Path("/proc/self/status").is_file(), reason="needs Linux's /proc"
)


def helpers(pid: int) -> list[int]:
    """Processes in the group of a process, without itself: Ctrl-C is told to all of them."""
    return [other for other in _processes() if other != pid and _group(other) == pid]


def hearing(pid: int) -> list[str]:
    """Those of them that would answer it, by their command lines."""
    found = []
    for other in helpers(pid):
        with contextlib.suppress(OSError):  # it may end while it is looked at
            status = Path(f"/proc/{other}/status").read_text()
            command = Path(f"/proc/{other}/cmdline").read_text().replace("\0", " ")
            masks = (int(status.split(f"{name}:")[1].split()[0], 16) for name in _MASKS)
            if not any(mask & 1 << signal.SIGINT - 1 for mask in masks):
                found.append(command)
    return found


_MASKS = ("SigBlk", "SigIgn")


def _processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").glob("[0-9]*")]


def _group(pid: int) -> int | None:
    with contextlib.suppress(OSError):
        return os.getpgid(pid)
    return None


def interrupt(command: list[str], folder: Path) -> tuple[str, list[str]]:
    """Tell all processes of a command Ctrl-C as soon as it has helpers.

    Returns
    -------
    tuple of (str, list of str)
        What the command says on standard error, and who else would have answered.
    """
    with subprocess.Popen(
        command, cwd=folder, start_new_session=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        while len(helpers(process.pid)) < 3 and process.poll() is None:
            time.sleep(0.01)
        heard = hearing(process.pid)
        os.killpg(process.pid, signal.SIGINT)
        return process.communicate(timeout=120)[1], heard
