"""The queue is ordered by design, match and past decisions, and holds everybody."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from evidence_tools.literature.designs import StudyTag
from evidence_tools.literature.ranking import LEAST_OF_EACH, rank_candidates
from evidence_tools.literature.screening import Candidate

QUESTIONS = {"neck-pain": "Does massage help neck pain? neckache cervical"}


def candidate(pmid: str, title: str, design: StudyTag = StudyTag.TRIAL) -> Candidate:
    """A candidate for neck pain."""
    return Candidate(pmid, title, 2026, None, design, "r", None, dt.date(2026, 1, 1), ("neck",),
                     ("neck-pain",))  # fmt: skip


def test_a_guideline_on_anything_stands_before_a_trial_on_the_question():
    """Design first."""
    found = rank_candidates(
        [candidate("2", "Massage for neck pain"), candidate("1", "Bees", StudyTag.GUIDELINE)],
        {}, QUESTIONS,
    )  # fmt: skip
    assert [c.pmid for c in found] == ["1", "2"]


def test_within_a_design_the_better_match_stands_first():
    """More words of the question, higher up."""
    found = rank_candidates(
        [candidate("9", "Growth of bees in winter"), candidate("1", "Massage for neck pain")],
        {"9": "Growth of bees in winter", "1": "Massage for neck pain"}, QUESTIONS,
    )  # fmt: skip
    assert [c.pmid for c in found] == ["1", "9"]


def test_past_decisions_move_what_is_like_what_was_taken_in():
    """With ten in and ten out, the likeness to both counts; with nine it does not."""
    texts = {str(100 + i): f"ischaemic compression trapezius {i}" for i in range(10)}
    texts |= {str(200 + i): f"acupuncture rats spinal cord {i}" for i in range(10)}
    new = [candidate("1", "Compression of the trapezius"), candidate("2", "Acupuncture in rats")]
    decided = {pmid: pmid.startswith("1") for pmid in texts}
    found = rank_candidates(
        new, {**texts, "1": new[0].title, "2": new[1].title}, QUESTIONS, decided
    )
    assert [c.pmid for c in found] == ["1", "2"]
    fewer = {p: taken for p, taken in decided.items() if p not in ("109", "209")}
    assert len(fewer) == 2 * (LEAST_OF_EACH - 1)
    found = rank_candidates(new, {**texts, "1": new[0].title, "2": new[1].title}, QUESTIONS, fewer)
    assert [c.pmid for c in found] == ["2", "1"]  # no match with the question: the newest first


@given(st.lists(st.tuples(st.integers(1, 999), st.text(max_size=30)), unique_by=lambda p: p[0]))
def test_nobody_is_lost_whatever_the_titles(pairs):
    """The queue is a permutation of what went in, and the same for any order of it."""
    items = [candidate(str(pmid), title) for pmid, title in pairs]
    texts = {c.pmid: c.title for c in items}
    found = rank_candidates(items, texts, QUESTIONS)
    assert sorted(c.pmid for c in found) == sorted(c.pmid for c in items)
    assert found == rank_candidates(list(reversed(items)), texts, QUESTIONS)
