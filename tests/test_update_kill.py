"""Killed at any moment, an update goes on: every record once, every decision kept.

A driver process imports everything once and forks one child an attempt; the child makes a screening
decision, says so, and runs the update. It is killed with SIGKILL after a random pause. The next
attempt goes on from there, and so do those after it, until one ends by itself.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from evidence_tools.base import read_base
from evidence_tools.literature.store import open_store
from evidence_tools.testing.eutils import EutilsServer
from monthly import (
    NOVEMBER,
    OCTOBER,
    SOURCE,
    add_searches,
    article,
    run_files,
    source_article,
    update,
)

DRIVER = Path(__file__).parent / "kill_driver.py"
KILLS = 200
#: In so many parts, so that several processes share the work.
PARTS = 8


def articles(count: int):
    """Articles about massage, half of October and half of November."""
    for number in range(count):
        entered = "2026-10-01" if number % 2 else "2026-11-10"
        yield article(str(2000 + number), f"Massage for back pain, part {number}", entered)


@pytest.mark.parametrize("part", range(PARTS))
def test_killed_at_random_moments_nothing_is_lost_or_doubled(project, tmp_path, part):
    """Run files equal those of a smooth run; each PMID once; the store is sound; decisions stay."""
    import shutil

    add_searches(project)
    smooth = tmp_path / "smooth"
    shutil.copytree(project, smooth)
    with EutilsServer([source_article(), *articles(450)]) as server:
        update(smooth, server.url, OCTOBER)
        update(smooth, server.url, NOVEMBER)
        told = subprocess.run(
            [sys.executable, str(DRIVER), str(project), server.url, str(part), str(KILLS // PARTS)],
            capture_output=True, text=True, check=False, timeout=400,
        )  # fmt: skip
    assert told.returncode == 0, told.stderr
    result = json.loads(told.stdout)
    assert result["kills"] >= KILLS // PARTS
    wanted = {"11111111", *(str(2000 + number) for number in range(450))}
    for root in result["roots"]:
        with open_store(Path(root) / "store" / "literature.sqlite") as store:
            assert store.check() == []
            assert set(store.pmids()) == wanted
            assert store.runs.open() == ()
        assert run_files(Path(root)) == run_files(smooth)
        decided = {d.pmid for d in read_base(Path(root) / "evidence").screening}
        assert decided == set(result["decided"][root])
        assert SOURCE in wanted
