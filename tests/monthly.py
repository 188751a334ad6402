"""A small project with searches, and a loopback PubMed, for tests of the monthly update."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from builders import record
from evidence_tools.base import read_base
from evidence_tools.files import write_model
from evidence_tools.literature.citations import (
    AbstractSection,
    Author,
    Citation,
    Journal,
    MeshHeading,
)
from evidence_tools.literature.entrez import Entrez, Limiter, Settings
from evidence_tools.literature.plans import make_plan
from evidence_tools.literature.store import open_store
from evidence_tools.literature.strategy import Strategy, StrategyLine
from evidence_tools.literature.update import Outcome, run_update

OCTOBER, NOVEMBER = dt.date(2026, 10, 21), dt.date(2026, 11, 21)
#: PMID of the one source of the small project, which both strategies must find.
SOURCE = "11111111"


def article(pmid: str, title: str, entered: str = "2026-10-01", **more) -> Citation:
    """An article in people, as PubMed would index it."""
    values = {
        "title": title,
        "abstract": (AbstractSection(f"{title}. Forty adults took part."),),
        "authors": (Author(last=f"Lee{pmid}", initials="A"),),
        "journal": Journal(title="Journal of Tests", medline_ta="J Tests"),
        "published": entered[:7],
        "entrez_date": entered,
        "languages": ("eng",),
        "publication_types": ("Journal Article",),
        "mesh": (MeshHeading("Humans"),),
    }
    return Citation(pmid, **{**values, **more})


def source_article(
    title: str = "Massage <script>alert(1)</script> & {{ 7*7 }}: back pain", **more
) -> Citation:
    """What PubMed has of the small project's source."""
    values = {"doi": "10.1000/smith2020", "publication_types": ("Meta-Analysis",)}
    return article(SOURCE, title, "2020-03-01", **{**values, **more})


def add_searches(root: Path, *words: tuple[str, str]) -> None:
    """Give the small project strategies (id, word), and its source a PMID."""
    evidence = root / "evidence"
    one = record(title=source_article().title, pmid=SOURCE)
    write_model(one, evidence / "records" / "smith2020.json")
    for name, word in words or (("back", "back"), ("massage", "massage")):
        strategy = Strategy(
            id=name,
            title=f"About {word}",
            questions=("low-back-pain",),
            combine="#word",
            must_find=(SOURCE,),
            lines=(StrategyLine(name="word", query=f"{word}[tiab]"),),
            created=dt.date(2026, 1, 1),
            changed=dt.date(2026, 1, 1),
        )
        write_model(strategy, evidence / "searches" / f"{name}.toml")


def unhurried(url: str) -> tuple[Settings, Entrez]:
    """A client of the loopback server that need not wait for anybody."""
    settings = Settings(email="a@example.org", base=url)
    limiter = Limiter(1e6, sleep=lambda seconds: None)
    return settings, Entrez(settings, limiter=limiter, sleep=lambda seconds: None)


def update(root: Path, url: str, day: dt.date, client: Entrez | None = None, **plan) -> Outcome:
    """Run one update of the small project on a day."""
    settings, made = unhurried(url)
    base = read_base(root / "evidence")
    tasks = make_plan(base, settings.base, day, **plan)
    noon = dt.datetime.combine(day, dt.time(12), dt.UTC)
    with open_store(root / "store" / "literature.sqlite", clock=lambda: noon) as store:
        return run_update(base, store, settings, tasks, day, client=client or made)


def run_files(root: Path) -> dict[str, bytes]:
    """Run files by name."""
    return {p.name: p.read_bytes() for p in sorted((root / "evidence" / "runs").glob("*.json"))}
