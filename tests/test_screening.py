"""Queue, conflicts and PRISMA numbers come from runs, decisions and records alone."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_tools.literature.decisions import Decision
from evidence_tools.literature.screening import (
    candidates,
    conflicts,
    count_flow,
    waiting_by_question,
    waiting_words,
)
from evidence_tools.literature.strategy import Strategy, StrategyLine
from evidence_tools.models import Queued, SearchRun

DAY = dt.date(2026, 12, 1)


def strategy(name: str, *questions: str) -> Strategy:
    """A strategy that serves the questions."""
    return Strategy(
        id=name, title=name, questions=questions, combine="#topic", must_find=("1",),
        lines=(StrategyLine(name="topic", query="massage[tiab]"),),
        created=dt.date(2026, 1, 1), changed=dt.date(2026, 1, 1),
    )  # fmt: skip


def run(search: str, date: str, *pmids: str, queued: tuple[str, ...] | None = None, **more):
    """A run of a search that found PMIDs and queued them (or only some)."""
    items = tuple(
        Queued(pmid=p, title=f"T{p}", year=2026, design=more.get("design", "trial"), reason="r",
               duplicate_of=more.get("duplicate_of"))
        for p in (pmids if queued is None else queued)
    )  # fmt: skip
    return SearchRun(
        id=f"{date}-{search}", date=dt.date.fromisoformat(date), place="PubMed", sought=search,
        search=search, found=len(pmids), pmids=pmids, queued=items,
    )  # fmt: skip


def made(base, runs=(), screening=()):
    """The real base with the runs and decisions, and two strategies, in place of its own."""
    return replace(
        base,
        searches={"neck": strategy("neck", "neck-pain", "whiplash"),
                  "back": strategy("back", "low-back-pain")},
        runs={r.id: r for r in runs},
        screening=tuple(screening),
    )  # fmt: skip


def said(pmid: str, verdict: str, by="ann", question="*", date="2026-11-20") -> Decision:
    """A decision."""
    reason = None if verdict in ("seek", "include") else "wrong-design"
    return Decision(pmid=pmid, search="neck", question=question, decision=verdict, reason=reason,
                    by=by, date=date)  # fmt: skip


def test_a_new_citation_waits_for_every_question_of_its_searches(base):
    """Found by two searches: one candidate, all their questions."""
    changed = made(base, [run("neck", "2026-11-01", "991"), run("back", "2026-11-02", "991")])
    assert candidates(changed, DAY)["991"].searches == ("back", "neck")
    assert set(waiting_by_question(changed, DAY)) == {"low-back-pain", "neck-pain", "whiplash"}


def test_what_was_excluded_waits_no_more_and_what_was_included_waits_for_its_record(base):
    """Out for all questions; or for one only; included ones wait until somebody appraises them."""
    runs = [run("neck", "2026-11-01", "991", "992", "993")]
    changed = made(base, runs, [
        said("991", "exclude"), said("992", "exclude", question="whiplash"), said("993", "include"),
    ])  # fmt: skip
    found = waiting_by_question(changed, DAY)
    assert [c.pmid for c in found["neck-pain"]] == ["993", "992"]
    assert [c.pmid for c in found["whiplash"]] == ["993"]


def test_sources_of_the_evidence_base_and_duplicates_do_not_wait(base):
    """A PMID that is a record, or reports what another does, needs no screening."""
    held = next(r.pmid for r in base.verified_records if r.pmid)
    runs = [run("neck", "2026-11-01", held), run("back", "2026-11-01", "992", duplicate_of="991")]
    assert waiting_by_question(made(base, runs), DAY) == {}


def test_a_past_day_knows_nothing_of_later_runs_and_decisions(base):
    """As of each day on which something changed."""
    changed = made(base, [run("neck", "2026-11-10", "991")], [said("991", "exclude")])
    waits = [bool(waiting_by_question(changed, dt.date(2026, 11, day))) for day in (9, 10, 19, 20)]
    assert waits == [False, True, True, False]


@pytest.mark.parametrize(
    ("decisions", "conflict", "waits"),
    [
        ([said("991", "exclude", "ann")], False, True),
        ([said("991", "exclude", "ann"), said("991", "exclude", "ben")], False, False),
        ([said("991", "exclude", "ann"), said("991", "include", "ben")], True, True),
        ([said("991", "exclude", "ann"), said("991", "include", "ben"),
          said("991", "exclude", "consensus", date="2026-11-21")], False, False),
        ([said("991", "exclude", "ann"),
          said("991", "include", "ben", question="neck-pain")], True, True),
        ([said("991", "include", "ann"), said("991", "exclude", "ann", date="2026-11-21"),
          said("991", "exclude", "ben")], False, False),
    ],
)  # fmt: skip
def test_two_reviewers_agree_or_stand_in_the_conflict_list(base, decisions, conflict, waits):
    """One voice of two is not enough; a settled pair is; the later word of each counts."""
    changed = made(base, [run("neck", "2026-11-01", "991")], decisions)
    assert bool(conflicts(decisions, DAY)) is conflict
    assert ("neck-pain" in waiting_by_question(changed, DAY, reviewers=2)) is waits


def test_the_flow_has_the_expected_numbers(base):
    """Three runs, a repeat, a held source, each verdict once."""
    held = next(r.pmid for r in base.verified_records if r.pmid)
    runs = [
        run("neck", "2026-11-01", "991", "992", "993", "994", "995", "996"),
        run("back", "2026-11-02", "991", held, queued=("991",)),
    ]
    verdicts = [said("991", "include"), said("992", "exclude"), said("993", "ineligible"),
                said("994", "not-retrieved"), said("995", "seek")]  # fmt: skip
    flow = count_flow(made(base, runs, verdicts), DAY)
    assert (flow.identified, flow.duplicates, flow.held) == (8, 1, 1)
    assert (flow.screened, flow.unscreened, flow.excluded) == (5, 1, 1)
    assert (flow.sought, flow.not_retrieved, flow.awaiting, flow.assessed) == (4, 1, 1, 2)
    assert (flow.ineligible, flow.included) == ({"wrong-design": 1}, 1)
    assert flow.previous == len(base.verified_records)
    assert flow.total == flow.previous + 1


PMIDS = st.sampled_from([str(n) for n in range(901, 912)])
VERDICT = st.sampled_from(["exclude", "seek", "not-retrieved", "ineligible", "include"])


@given(
    hits=st.lists(st.lists(PMIDS, unique=True, max_size=6), max_size=4),
    verdicts=st.dictionaries(PMIDS, VERDICT),
)
def test_no_citation_is_lost_or_counted_twice_in_the_flow(base, hits, verdicts):
    """Identified = duplicates + held + screened + unscreened; sought splits up without rest."""
    runs = [run("neck", f"2026-11-{day:02d}", *pmids) for day, pmids in enumerate(hits, start=1)]
    flow = count_flow(made(base, runs, [said(p, v) for p, v in verdicts.items()]), DAY)
    assert flow.identified == flow.duplicates + flow.held + flow.screened + flow.unscreened
    assert flow.screened == flow.excluded + flow.sought
    assert flow.sought == flow.not_retrieved + flow.awaiting + flow.assessed
    assert flow.assessed == sum(flow.ineligible.values()) + flow.included


def test_words_count_by_kind(base):
    """“2 trials, 1 review” in the order of the queue."""
    runs = [run("back", "2026-11-01", "991", "992"),
            run("back", "2026-11-02", "993", design="systematic-review")]  # fmt: skip
    waiting = waiting_by_question(made(base, runs), DAY)["low-back-pain"]
    assert waiting_words(waiting) == "new evidence waiting: 1 review, 2 trials"
