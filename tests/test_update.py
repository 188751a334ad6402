"""A month after a month: nothing lost, nothing twice, and each change explained."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import msgspec
import pytest

from evidence_tools.assessment import assess
from evidence_tools.base import read_base
from evidence_tools.errors import InputError
from evidence_tools.identifiers import NCBI
from evidence_tools.literature.citations import Link, LinkKind, MeshHeading
from evidence_tools.literature.entrez import Entrez, EntrezError, Limiter, Settings
from evidence_tools.literature.offline import run_offline
from evidence_tools.literature.plans import make_plan, window_query
from evidence_tools.literature.screening import waiting_by_question, waiting_words
from evidence_tools.literature.store import open_store
from evidence_tools.literature.update import run_update
from evidence_tools.testing.eutils import EutilsServer
from evidence_tools.testing.faults import Fault, FaultKind, Schedule
from evidence_tools.testing.world import new_citations, source_citations
from evidence_tools.vocab import Retraction
from monthly import (
    NOVEMBER,
    OCTOBER,
    SOURCE,
    add_searches,
    article,
    run_files,
    source_article,
    unhurried,
    update,
)

TRIAL = article("101", "A randomised trial of massage", publication_types=("Journal Article",))
REVIEW = article("102", "Massage for back pain: a systematic review")
OTHER = article("103", "Knees of runners")


@pytest.fixture
def pubmed():
    """A loopback PubMed with the source and three articles of October."""
    with EutilsServer([source_article(), TRIAL, REVIEW, OTHER]) as server:
        yield server


@pytest.fixture
def small(project: Path) -> Path:
    """The small project with two strategies: back, massage."""
    add_searches(project)
    return project


def run(root: Path, day: dt.date, search: str):
    """The run file of a search on a day."""
    return read_base(root / "evidence").runs[f"{day.isoformat()}-{search}"]


def test_the_first_run_finds_everything_and_queues_what_is_not_held(small, pubmed):
    """All of PubMed; the source is known, the rest waits, each with its design and reason."""
    outcome = update(small, pubmed.url, OCTOBER)
    found = run(small, OCTOBER, "massage")
    assert (found.since, found.until, found.total) == (None, OCTOBER, 3)
    assert found.query == "(massage[tiab])"
    assert found.translation
    assert [(q.pmid, q.design) for q in found.queued] == [
        ("101", "trial"), ("102", "systematic-review"),
    ]  # fmt: skip
    assert found.missed == ()
    assert found.live is False
    assert outcome.is_complete
    waiting = waiting_by_question(read_base(small / "evidence"), OCTOBER)["low-back-pain"]
    assert waiting_words(waiting) == "new evidence waiting: 1 review, 1 trial"


def test_the_same_day_again_asks_nothing_and_adds_nothing(small, pubmed):
    """A repeated run is a run that was made."""
    update(small, pubmed.url, OCTOBER)
    before = run_files(small)
    again = update(small, pubmed.url, OCTOBER)
    assert (again.requests, again.runs) == (0, [])
    assert run_files(small) == before


def test_the_next_month_is_new_reindexed_and_gone_with_its_reasons(small, pubmed):
    """Three matches before; one new, one that matches by new indexing, one removed by PubMed."""
    update(small, pubmed.url, OCTOBER)
    pubmed.holdings.put(article("104", "More massage", "2026-11-10"))
    late = msgspec.structs.replace(
        OTHER,
        abstract=article("0", "massage").abstract, mesh_date="2026-11-05",
        mesh=(*OTHER.mesh, MeshHeading("Massage")),
    )  # fmt: skip
    pubmed.holdings.put(late)
    pubmed.holdings.remove("101")
    outcome = update(small, pubmed.url, NOVEMBER)
    found = run(small, NOVEMBER, "massage")
    assert found.since == OCTOBER - dt.timedelta(days=14)
    assert set(found.pmids) == {"103", "104", SOURCE}
    assert found.drift == (
        "3 → 4 since 2026-10-21: 1 new, 1 match only now, newly indexed, "
        "1 no longer match (removed, merged or indexed anew)"
    )
    assert [q.pmid for q in found.queued] == ["103", "104"]
    assert outcome.is_complete


def test_a_strategy_that_misses_a_known_item_is_stamped(small, pubmed):
    """The source is no longer found by its words."""
    pubmed.holdings.put(source_article(title="Something else", abstract=()))
    update(small, pubmed.url, OCTOBER)
    assert run(small, OCTOBER, "massage").missed == (SOURCE,)


def test_a_retracted_source_leaves_the_ratings_at_once(small, pubmed):
    """The record says so with its reason; questions and claims are named; the level is gone."""
    update(small, pubmed.url, OCTOBER)
    base = read_base(small / "evidence")
    assert base.records["smith2020"].retraction is Retraction.NOT_RETRACTED
    before = assess(base, NOVEMBER).ratings["low-back-pain"]
    retracted = source_article(links=(Link(LinkKind.RETRACTION_IN, "J Tests. 2026", "900"),))
    pubmed.holdings.put(retracted)
    outcome = update(small, pubmed.url, NOVEMBER)
    (affected,) = outcome.retracted
    assert (affected.record, affected.questions, affected.claims) == (
        "smith2020", ("low-back-pain",), ("d900-001",),
    )  # fmt: skip
    after = read_base(small / "evidence")
    record = after.records["smith2020"]
    assert record.retraction is Retraction.RETRACTED
    assert "PMID 900" in record.corrections[-1].reason
    rating = assess(after, NOVEMBER).ratings["low-back-pain"]
    assert dict(rating.dropped) == {"smith2020:f1": "its source was retracted"}
    assert rating.support != before.support


def test_a_pmid_that_names_another_article_is_not_ours_to_retract(small, pubmed):
    """The record keeps its state, since whose retraction it is is not known."""
    links = (Link(LinkKind.RETRACTION_IN, "J", "900"),)
    pubmed.holdings.put(article(SOURCE, "Bees in winter", links=links))
    update(small, pubmed.url, OCTOBER)
    record = read_base(small / "evidence").records["smith2020"]
    assert record.retraction is Retraction.NOT_CHECKED


def test_a_newer_version_is_a_notice_and_moves_nothing(small, pubmed):
    """Nothing that is fetched changes a level by itself."""
    update(small, pubmed.url, OCTOBER)
    before = assess(read_base(small / "evidence"), NOVEMBER).ratings
    pubmed.holdings.put(source_article(links=(Link(LinkKind.UPDATE_IN, "J", "901"),)))
    pubmed.holdings.put(article("105", "Massage and back pain in a new trial", "2026-11-10"))
    update(small, pubmed.url, NOVEMBER)
    after = read_base(small / "evidence")
    kinds = [n.kind for n in after.runs["2026-11-21-sources"].notices]
    assert kinds == ["UpdateIn"]
    assert assess(after, NOVEMBER).ratings == before


def test_merged_and_deleted_pmids_are_explained(small, pubmed):
    """Absent, with NCBI's reason; the run is complete."""
    update(small, pubmed.url, OCTOBER)
    pubmed.holdings.merge("101", "102")
    (small / "store" / "literature.sqlite").unlink()
    outcome = update(small, pubmed.url, NOVEMBER)
    assert outcome.is_complete
    with open_store(small / "store" / "literature.sqlite") as store:
        assert store.removal("101") is not None


def test_a_lost_store_is_filled_again_from_the_run_files(small, pubmed):
    """What committed runs name and the store lacks is fetched once more."""
    update(small, pubmed.url, OCTOBER)
    (small / "store" / "literature.sqlite").unlink()
    update(small, pubmed.url, NOVEMBER)
    with open_store(small / "store" / "literature.sqlite") as store:
        assert {"101", "102", SOURCE} <= set(store.pmids())


@pytest.mark.parametrize(("utility", "call"), [("esearch", 2), ("efetch", 1)])
def test_a_broken_update_goes_on_to_the_same_end(small, pubmed, tmp_path, utility, call):
    """Interrupted for good while asking or fetching: the files are those of a smooth run."""
    smooth = tmp_path / "smooth"
    add_searches(Path(shutil.copytree(small, smooth)))
    update(smooth, pubmed.url, OCTOBER)
    pubmed.faults.add(Fault(FaultKind.SERVER_ERROR, utility, call, times=50))
    with pytest.raises(EntrezError):
        update(small, pubmed.url, OCTOBER)
    assert run_files(small) == {}
    pubmed.faults = Schedule(())
    outcome = update(small, pubmed.url, OCTOBER)
    assert outcome.is_complete
    assert run_files(small) == run_files(smooth)


def test_what_ncbi_neither_gives_nor_explains_is_missing_and_comes_later(small, pubmed):
    """Exit status 1 now, the PMID named in the run; the next update heals it."""
    pubmed.faults.add(Fault(FaultKind.LEFT_OUT, "efetch", pmids=("101",), times=1000))
    outcome = update(small, pubmed.url, OCTOBER)
    assert set(outcome.incomplete) == {"101"}
    assert [a.pmid for a in run(small, OCTOBER, "massage").absent] == ["101"]
    pubmed.faults = Schedule(())
    healed = update(small, pubmed.url, NOVEMBER)
    assert healed.is_complete
    with open_store(small / "store" / "literature.sqlite") as store:
        assert store.citation("101") is not None


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ({"chosen": ["nek"]}, "no search 'nek'"),
        ({"since": dt.date(2026, 11, 2), "until": dt.date(2026, 11, 1)}, "is after --until"),
        ({"until": dt.date(2027, 1, 1)}, "lies in the future"),
    ],
)
def test_a_wrong_window_or_search_is_one_line(small, plan, words):
    """Before anything is asked."""
    base = read_base(small / "evidence")
    with pytest.raises(InputError, match=words):
        make_plan(base, "x", NOVEMBER, **plan)


def test_the_window_is_in_the_query_as_sent():
    """New by entry or creation, newly indexed, and the known items."""
    sent = window_query("a[ti]", OCTOBER, NOVEMBER, ["20", "3"])
    days = '"2026/10/21"[{0}] : "2026/11/21"[{0}]'
    fields = " OR ".join(f"({days.format(field)})" for field in ("edat", "crdt", "mhda"))
    assert sent == f"(a[ti]) AND ({fields} OR 3[uid] OR 20[uid])"


def test_a_strategy_whose_words_changed_is_asked_of_all_of_pubmed(small, pubmed):
    """An old window would hide what the new words find."""
    update(small, pubmed.url, OCTOBER)
    add_searches(small, ("massage", "massage[tiab] OR knees"))
    update(small, pubmed.url, NOVEMBER)
    found = run(small, NOVEMBER, "massage")
    assert found.since is None
    assert "103" in found.pmids
    assert found.drift == "3 → 4 since 2026-10-21: the strategy's words changed"


def test_offline_runs_the_strategies_over_the_store(small, pubmed):
    """What was imported by hand is queued by the same strategies."""
    update(small, pubmed.url, OCTOBER)
    base = read_base(small / "evidence")
    with open_store(small / "store" / "literature.sqlite") as store:
        tasks = make_plan(base, "local store", NOVEMBER, again=True)
        outcome = run_offline(base, store, tasks, NOVEMBER)
    found = {r.search: set(r.pmids) for r in outcome.runs}
    assert found == {"back": {"102", SOURCE}, "massage": {"101", "102", SOURCE}}
    assert all(not r.live and r.endpoint == "local store" for r in outcome.runs)


def test_a_month_of_a_thousand_new_records_keeps_ncbis_pace(base, tmp_path):
    """Over all strategies: at most 120 requests, and at most 1.2 times their number over the rate.

    Time is that of the client's own clock, which only its waits move: what the loopback server
    takes to answer is not NCBI's.
    """
    shutil.copytree(base.root, tmp_path / "evidence", ignore=shutil.ignore_patterns("text"))
    moment = [0.0]

    def sleep(seconds: float) -> None:
        moment[0] += seconds

    days = [NOVEMBER - dt.timedelta(days=n) for n in range(1, 25)]
    # Only what the strategies can find: the server reads every record for every query.
    new = [c for c in new_citations(4800, days) if "assage" in c.title + c.abstract_text]
    with EutilsServer([*source_citations(base), *new]) as server:
        settings = Settings(email="a@example.org", base=server.url)
        limiter = Limiter(settings.rate, clock=lambda: moment[0], sleep=sleep)
        client = Entrez(settings, clock=lambda: moment[0], sleep=sleep, limiter=limiter)
        copy = read_base(tmp_path / "evidence")
        tasks = make_plan(copy, server.url, NOVEMBER, since=NOVEMBER - dt.timedelta(days=30))
        with open_store(tmp_path / "store.sqlite") as store:
            outcome = run_update(copy, store, settings, tasks, NOVEMBER, client=client)
    assert len(tasks) >= 40
    assert outcome.new >= 1000
    assert outcome.requests <= 120
    assert moment[0] <= 1.2 * outcome.requests / settings.rate


@pytest.mark.parametrize(
    ("asked", "live"), [(NCBI, True), ("https://mirror.example.org/eutils/", False)]
)
def test_only_a_run_that_asked_ncbi_is_live(small, pubmed, asked, live):
    """A mirror is not PubMed, wherever it stands."""
    _, client = unhurried(pubmed.url)
    base = read_base(small / "evidence")
    settings = Settings(email="a@example.org", base=asked)
    tasks = make_plan(base, asked, OCTOBER)
    with open_store(small / "store" / "literature.sqlite") as store:
        outcome = run_update(base, store, settings, tasks, OCTOBER, client=client)
    assert {run.live for run in outcome.runs} == {live}


def test_unhurried_clients_are_for_loopback_only():
    """The helper of these tests never talks to NCBI."""
    settings, _ = unhurried("http://127.0.0.1:9/")
    assert settings.is_loopback
