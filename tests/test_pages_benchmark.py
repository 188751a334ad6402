from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from evidence_tools.assessment import assess
from evidence_tools.base import EvidenceBase, read_base
from evidence_tools.errors import DataError, InputError
from evidence_tools.pages.benchmark import benchmark_rows, run_benchmark, wilson
from evidence_tools.pages.gold import gold_pages
from evidence_tools.pages.labelled import (
    Label,
    LabelledPage,
    Split,
    place_labels,
    read_labelled_pages,
)
from evidence_tools.pages.matching import read_phrases
from evidence_tools.pages.page import BlockKind
from evidence_tools.pages.signs import read_passage, signs_of

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def base() -> EvidenceBase:
    """Return the register of the repository."""
    return read_base(ROOT / "evidence")


@pytest.fixture(scope="module")
def rows(base: EvidenceBase) -> dict[tuple[str, str, str], dict[str, object]]:
    """Rows of a run without the documents' texts."""
    run = run_benchmark(base, {}, as_of=dt.date(2026, 11, 21))
    return {(str(r["by"]), str(r["name"]), str(r["measure"])): r for r in benchmark_rows(run)}


def test_labels_name_questions_that_exist(base: EvidenceBase) -> None:
    """No label and no phrasing points at a question that the register does not hold."""
    named = {
        question
        for page in read_labelled_pages(base.root)
        for label in page.sentences
        for question in label.questions
    }
    assert named <= set(base.questions)
    assert set(read_phrases()) <= set(base.questions)


def test_the_benchmark_is_as_large_and_mixed_as_promised(base: EvidenceBase) -> None:
    """At least fifteen kinds of page, all splits; both passes on every sentence that is scored."""
    pages = read_labelled_pages(base.root)
    assert {page.split for page in pages} == set(Split)
    scored = [page for page in pages if page.split is not Split.TRAIN]
    assert len({page.kind for page in scored}) >= 15
    assert all(label.second is not None for page in scored for label in page.sentences)


def test_pages_to_learn_from_say_which_words_make_each_claim(base: EvidenceBase) -> None:
    """There are many of them, and every claim of theirs has its words."""
    pages = [page for page in read_labelled_pages(base.root) if page.split is Split.TRAIN]
    assert len(pages) >= 300
    for page in pages:
        for label in page.sentences:
            assert len(label.words) == len(label.questions) + label.unregistered


def test_no_page_that_is_scored_is_learned_from(base: EvidenceBase) -> None:
    """No sentence of five words or more stands in both; runs of eight words are idioms, and few."""

    def runs(text: str) -> set[str]:
        words = text.casefold().split()
        return {" ".join(words[first : first + 8]) for first in range(len(words) - 7)}

    pages = read_labelled_pages(base.root)
    learned = {s.text.casefold() for p in pages if p.split is Split.TRAIN for s in p.sentences}
    scored = {s.text.casefold() for p in pages if p.split is not Split.TRAIN for s in p.sentences}
    assert not {text for text in learned & scored if len(text.split()) >= 5}
    known = {run for text in learned for run in runs(text)}
    assert sum(bool(runs(text) & known) for text in scored) <= 2


def test_labelled_sentences_are_cut_as_they_were_labelled(base: EvidenceBase) -> None:
    """The tool's own cutting gives each labelled sentence back, but for a few short ones."""
    for page in read_labelled_pages(base.root):
        made, placed = place_labels(page)
        assert [made.text[p.start : p.end] for p in placed] == [s.text for s in page.sentences]
    scored = [page for page in read_labelled_pages(base.root) if page.split is not Split.TRAIN]
    texts = gold_pages(assess(base, dt.date(2026, 11, 21)), scored)
    cut = sum(len(text.passages) for text in texts)
    assert abs(cut - sum(len(page.sentences) for page in scored)) <= 4


def test_claim_sentences_of_unseen_pages_are_found(
    rows: dict[tuple[str, str, str], dict[str, object]],
) -> None:
    """On the pages of the test split F1 is at least 0.85, and trouble is found at 0.90."""
    assert rows["split", "test", "F1"]["value"] >= 0.85  # type: ignore[operator]
    assert rows["split", "test", "recall of trouble"]["value"] >= 0.90  # type: ignore[operator]


def test_every_share_lies_in_its_interval(
    rows: dict[tuple[str, str, str], dict[str, object]],
) -> None:
    """Each measure with cases has an interval around it, within 0 and 1."""
    for row in rows.values():
        if row["count"] and row["value"] is not None:
            low, value, high = row["low"], row["value"], row["high"]
            assert isinstance(low, float) and isinstance(high, float)
            assert isinstance(value, float)
            assert 0 <= low <= value <= high <= 1


def test_missing_texts_are_said(base: EvidenceBase) -> None:
    """A run without the documents' texts says which it could not score."""
    run = run_benchmark(base, {}, as_of=dt.date(2026, 11, 21), splits=frozenset({"dev"}))
    assert run.notes == ("documents without a text, not scored: 000, 001, 002, 003, 004",)
    assert {outcome.split for outcome in run.outcomes} == {"dev"}


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    [(0, 10, 0.0, 0.278), (10, 10, 0.722, 1.0), (5, 10, 0.237, 0.763)],
)
def test_wilson_gives_the_textbook_interval(hits: int, count: int, low: float, high: float) -> None:
    """The interval is Wilson's, without continuity correction."""
    score = wilson(hits, count)
    assert (round(score.low, 3), round(score.high, 3)) == (low, high)


@pytest.mark.parametrize(
    "change",
    [
        {"is_claim": True},
        {"is_claim": True, "unregistered": True},
        {"is_claim": False},
        {"is_claim": False, "reason": "price", "questions": ("neck-pain",)},
        {"is_claim": True, "unregistered": True, "strength": "strong", "reason": "price"},
    ],
)
def test_half_labels_are_refused(change: dict[str, object]) -> None:
    """A claim needs a question and a strength; what is none needs a reason and nothing else."""
    with pytest.raises(ValueError, match=r"claim|reason|strength"):
        Label.model_validate({"text": "x", "block": "paragraph", **change})


def test_a_page_under_a_wrong_name_is_refused(tmp_path: Path) -> None:
    """The id of a labelled page is the name of its file; an empty folder is said to be empty."""
    with pytest.raises(InputError, match="no labelled pages"):
        read_labelled_pages(tmp_path)
    source = (ROOT / "evidence" / "benchmark" / "cupping.toml").read_text("utf-8")
    (tmp_path / "benchmark").mkdir()
    (tmp_path / "benchmark" / "other.toml").write_text(source, "utf-8")
    with pytest.raises(DataError, match="calls itself cupping"):
        read_labelled_pages(tmp_path)


def test_signs_are_the_same_whatever_was_read_before(base: EvidenceBase) -> None:
    """Reading pages in another order changes no sign."""
    pages = read_labelled_pages(base.root)[:40]
    texts = gold_pages(assess(base, dt.date(2026, 11, 21)), pages)
    forward = [[signs_of(read_passage(p)) for p in text.passages] for text in texts]
    backward = [[signs_of(read_passage(p)) for p in text.passages] for text in reversed(texts)]
    assert forward == list(reversed(backward))


def test_blocks_of_a_labelled_page_keep_their_kind() -> None:
    """Sentences of one paragraph are one block; items and headings stand alone."""
    label = {"is_claim": False, "reason": "heading"}
    page = LabelledPage.model_validate(
        {
            "id": "x",
            "kind": "x",
            "split": "dev",
            "title": "x",
            "sentences": [
                {"text": "Head", "block": "heading", "opens": True, **label},
                {"text": "One.", "block": "paragraph", "opens": True, **label},
                {"text": "Two.", "block": "paragraph", **label},
                {"text": "Item", "block": "item", "opens": True, **label},
            ],
        }
    )
    made, _ = place_labels(page)
    assert [(block.kind, block.text) for block in made.blocks] == [
        (BlockKind.HEADING, "Head"),
        (BlockKind.PARAGRAPH, "One. Two."),
        (BlockKind.ITEM, "Item"),
    ]
