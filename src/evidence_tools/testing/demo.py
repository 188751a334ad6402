"""Two months of the tracker on a laptop without internet: ``make demo-update``.

Works on a copy of the project under ``build/demo`` against a loopback PubMed, so that nothing of
what is invented here gets into the evidence base. Every command is printed, with its output.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec

from evidence_tools.assessment import assess, today
from evidence_tools.base import EvidenceBase, find_root, read_base
from evidence_tools.files import read_model, write_atomic, write_model
from evidence_tools.literature.citations import Link, LinkKind
from evidence_tools.literature.decisions import ANY, Decision, append_decisions
from evidence_tools.literature.plans import SOURCES
from evidence_tools.literature.screening import waiting_by_question
from evidence_tools.models import SearchRun
from evidence_tools.testing.eutils import EutilsServer
from evidence_tools.testing.faults import Fault, FaultKind
from evidence_tools.testing.world import new_citations, source_citation, source_citations

__all__ = ["main"]

_COPIED = ("evidence", "notebooks", "validation")


class Demo:
    """The copy of the project, the server, and the commands run on them."""

    def __init__(self, folder: Path, server: EutilsServer) -> None:
        self.folder = folder
        self.server = server

    def say(self, text: str) -> None:
        """Print a heading."""
        print(f"\n== {text}", flush=True)

    def run(self, *arguments: str, expect: tuple[int, ...] = (0,), lines: int = 30) -> None:
        """Run ``evidence`` and show the command and the end of what it says."""
        print(f"$ evidence {' '.join(arguments)}", flush=True)
        environment = {
            **os.environ,
            "NCBI_EMAIL": "you@example.org",
            "EVIDENCE_EUTILS_BASE": self.server.url,
            "EVIDENCE_STORE": str(self.folder / "store" / "literature.sqlite"),
        }
        environment.pop("NCBI_API_KEY", None)
        done = subprocess.run(  # noqa: S603 -- our own command
            [sys.executable, "-m", "evidence_tools.cli", *arguments],
            cwd=self.folder,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        told = done.stdout.replace("\r", "\n").splitlines()
        shown = [line for line in told if line.strip()]
        if len(shown) > lines:
            print(f"   … {len(shown) - lines} lines before these")
        for line in shown[-lines:]:
            print(f"   {line[:160]}")
        if done.returncode not in expect:
            raise SystemExit(f"demo: evidence {arguments[0]} ended with {done.returncode}")


def _first_cited(base: EvidenceBase) -> str:
    """A source with a PMID on which a rating rests: the one that the demo retracts."""
    found = assess(base, today())
    for name in sorted(base.questions):
        for key in found.best_sources(name):
            if base.records[key].pmid and base.records[key].title:
                return key
    raise SystemExit("demo: no question rests on a source that has a PMID")


def main(arguments: list[str] | None = None) -> int:
    """Run the demo in the project one stands in."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--new", type=int, default=400, help="invented articles (400)")
    parser.add_argument("--no-report", action="store_true", help="leave out the report")
    given = parser.parse_args(arguments)
    root = find_root()
    folder = root.parent / "build" / "demo"
    shutil.rmtree(folder, ignore_errors=True)
    for name in _COPIED:
        shutil.copytree(root.parent / name, folder / name)
    write_atomic(folder / "references.bib", (root.parent / "references.bib").read_bytes())
    base = read_base(folder / "evidence")
    day = today()
    month_ago = day - dt.timedelta(days=31)
    older = list(new_citations(given.new, [month_ago - dt.timedelta(days=n) for n in range(60)]))
    with EutilsServer([*source_citations(base), *older]) as server:
        demo = Demo(folder, server)
        _tell(demo, base, month_ago, given.new, report=not given.no_report)
    print(f"\nThe copy with everything that was made: {folder.relative_to(root.parent)}")
    return 0


def _tell(demo: Demo, base: EvidenceBase, month_ago: dt.date, new: int, *, report: bool) -> None:
    day = today()
    update = ("update", "--trial", "--no-report")
    demo.say("What will be asked")
    demo.run("update", "--trial", "--dry-run", lines=4)
    demo.say(f"A first run, up to {month_ago}; NCBI breaks off in the middle")
    broken = Fault(FaultKind.SERVER_ERROR, "efetch", call=2, times=6)
    demo.server.faults.add(broken)
    demo.run(*update, "--until", month_ago.isoformat(), expect=(1,), lines=3)
    demo.say("The same command again goes on where it stopped")
    demo.run(*update, "--until", month_ago.isoformat(), lines=4)
    _date_back(demo.folder / "evidence" / "runs", month_ago)
    demo.say("A month later: new articles, one source retracted")
    retracted = _first_cited(base)
    demo.server.holdings.put(
        msgspec.structs.replace(
            source_citation(base.records[retracted]),
            links=(Link(LinkKind.RETRACTION_IN, "J Invented. 2026", "69999999"),),
        )
    )
    days = [day - dt.timedelta(days=n) for n in range(20)]
    for citation in new_citations(new // 2, days, seed=7):
        pmid = str(int(citation.pmid) + 1_000_000)
        demo.server.holdings.put(msgspec.structs.replace(citation, pmid=pmid, doi=None))
    demo.run(*update, lines=24)
    demo.say("The queue, the best first")
    demo.run("screen", "--list", "--limit", "8")
    demo.say("A person decides (here: on the first three)")
    _decide(demo, day)
    demo.run("screen", "--flow")
    demo.say("Are our records what PubMed has?")
    demo.run(
        "verify", "--online", "--trial", "--patch", "corrections.patch", expect=(0, 1), lines=4
    )
    demo.say("What changed, and why")
    demo.run("changes", "--from", (day - dt.timedelta(days=1)).isoformat(), expect=(0,), lines=12)
    demo.say("Is the store sound?")
    demo.run("literature", "status", lines=8)
    demo.run("literature", "check", lines=4)
    if report:
        demo.say("The report of the month")
        demo.run("report", lines=2)


def _date_back(runs: Path, day: dt.date) -> None:
    """Date the files of the first run a month back: the demo plays two months on one day."""
    for path in sorted(runs.glob(f"{today().isoformat()}-*.json")):
        run = read_model(SearchRun, path)
        if run.endpoint is None:
            continue
        name = f"{day.isoformat()}-{run.search or SOURCES}"
        write_model(run.model_copy(update={"id": name, "date": day}), runs / f"{name}.json")
        path.unlink()


def _decide(demo: Demo, day: dt.date) -> None:
    base = read_base(demo.folder / "evidence")
    waiting = {c.pmid: c for found in waiting_by_question(base, day).values() for c in found}
    verdicts = (("exclude", "wrong-population"), ("seek", None), ("exclude", "no-results"))
    rows = [
        Decision.model_validate(
            {
                "pmid": pmid,
                "search": waiting[pmid].searches[0],
                "question": ANY,
                "decision": verdict,
                "reason": reason,
                "by": "demo",
                "date": day.isoformat(),
            }
        )
        for pmid, (verdict, reason) in zip(sorted(waiting), verdicts, strict=False)
    ]
    append_decisions(demo.folder / "evidence" / "screening.tsv", rows)


if __name__ == "__main__":
    sys.exit(main())
