"""No socket is opened by anything but update, verify --online and their module.

import-linter holds which modules may; here the interpreter itself watches what commands do.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from builders import ROOT

WATCH = """
import sys
def watch(event, args):
    if event in ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto"):
        print("SOCKET", event, args[1:], file=sys.stderr)
        raise RuntimeError("a socket was opened: " + event)
sys.addaudithook(watch)
from evidence_tools.cli import main
main(sys.argv[1:])
"""


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command with the interpreter watching."""
    return subprocess.run(
        [sys.executable, "-c", WATCH, *arguments], cwd=ROOT, capture_output=True, text=True,
        check=False, timeout=300, env={"PATH": "/usr/bin:/bin", **environment},
    )  # fmt: skip


@pytest.mark.parametrize(
    "arguments",
    [
        ("claims", "--format", "json"),
        ("matrix",),
        ("show", "low-back-pain"),
        ("check",),
        ("changes", "--from", "2026-11-20"),
        ("bib",),
        ("schema",),
        ("searches", "lint"),
        ("searches", "show", "low-back-pain"),
        ("update", "--dry-run"),
        ("screen", "--list"),
        ("screen", "--flow"),
        ("verify", "furlan2015"),
    ],
    ids=" ".join,
)
def test_no_command_but_the_named_ones_opens_a_socket(arguments, tmp_path):
    """Whatever its outcome, nothing was connected, bound or looked up."""
    done = run(*arguments, EVIDENCE_STORE=str(tmp_path / "none.sqlite"))
    assert "SOCKET" not in done.stderr
    assert "Traceback" not in done.stderr


def test_the_watch_sees_a_socket(tmp_path):
    """``update`` does open one, so the watch is awake."""
    done = run(
        "update", "--trial", "--search", "low-back-pain", "--no-report",
        EVIDENCE_STORE=str(tmp_path / "none.sqlite"),
        NCBI_EMAIL="a@example.org",
        EVIDENCE_EUTILS_BASE="http://127.0.0.1:9/",
    )  # fmt: skip
    assert "SOCKET socket.getaddrinfo" in done.stderr
