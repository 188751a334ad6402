"""What is learned from labelled pages, and that no page is judged by what it taught itself."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from pathlib import Path

import numpy as np
import pytest

from evidence_tools.assessment import Assessment, assess
from evidence_tools.base import read_base
from evidence_tools.pages import benchmark, training
from evidence_tools.pages.candidates import FEATURES
from evidence_tools.pages.gold import gold_pages
from evidence_tools.pages.labelled import LabelledPage, Split, read_labelled_pages
from evidence_tools.pages.likeness import digest_of
from evidence_tools.pages.matching import Matcher, examples_of
from evidence_tools.pages.training import (
    FOLDS,
    Measured,
    fold_of,
    learn,
    priors_of,
    train_detector,
    train_likeness,
    train_ranker,
)
from evidence_tools.phrasings import Phrasings

ROOT = Path(__file__).parents[1] / "evidence"


@pytest.fixture(scope="module")
def small() -> Assessment:
    """The register without its thousands of phrasings, so that learning is quick."""
    base = dataclasses.replace(read_base(ROOT), phrasings=Phrasings(questions={}))
    return assess(base, dt.date(2026, 11, 21))


@pytest.fixture(scope="module")
def pages() -> list[LabelledPage]:
    """Some pages to learn from, of each fold."""
    every = [page for page in read_labelled_pages(ROOT) if page.split is Split.TRAIN]
    return [page for fold in range(FOLDS) for page in every if fold_of(page.id) == fold][::12]


def test_a_sign_that_only_claims_show_gets_the_larger_weight() -> None:
    """The same on every run."""
    signs = [frozenset({"a", "b"}), frozenset({"b"})] * 10
    labels = [True, False] * 10
    first = train_detector(signs, labels)
    assert first.weights["a"] > 0 > first.intercept
    assert first == train_detector(signs, labels)


def test_a_feature_that_tells_gets_the_weight() -> None:
    """What goes with being claimed is weighed up, what never changes not at all."""
    rows = np.zeros((40, len(FEATURES)))
    rows[::2, 3] = 5.0
    rows[:, 7] = 2.0
    claimed = rows[:, 3] > 0
    ranker = train_ranker(
        [Measured(rows[:20], claimed[:20]), Measured(rows[20:], claimed[20:])], {}
    )
    assert ranker.weights[3] > 0
    assert {weight for place, weight in enumerate(ranker.weights) if place != 3} == {0.0}
    yes, no = ranker.chances(rows[:2])
    assert yes > 0.8 > 0.2 > no


def test_priors_are_shares_of_what_pages_claim(pages: list[LabelledPage]) -> None:
    """Their shares make one; the question that is named twice as often has twice the share."""
    priors = priors_of(pages)
    assert math.fsum(map(math.exp, priors.values())) == pytest.approx(1, abs=0.01)
    named = [q for page in pages for label in page.sentences for q in label.questions]
    first = max(priors, key=lambda key: (priors[key], key))
    assert named.count(first) == max(named.count(key) for key in priors)


def test_no_page_is_measured_by_what_it_taught(
    small: Assessment, pages: list[LabelledPage], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each page is measured once, with likeness that learned from all other folds and not its."""
    taught: list[str] = []
    measured: list[str] = []
    train, measure = training.train_likeness, training.measure_texts

    def watched_train(examples, empty=frozenset()):
        model = train(examples, empty)
        taught.append(model.digest)
        return model

    def watched_measure(texts, matcher, priors):
        measured.extend(text.id for text in texts)
        return measure(texts, matcher, priors)

    monkeypatch.setattr(training, "train_likeness", watched_train)
    monkeypatch.setattr(training, "measure_texts", watched_measure)
    learned = learn(small, pages)
    assert sorted(measured) == sorted(page.id for page in pages)

    def digest(chosen: list[LabelledPage]) -> str:
        return digest_of(examples_of(small.base.questions, small.base.phrasings, chosen))

    assert taught == [
        *(digest([page for page in pages if fold_of(page.id) != fold]) for fold in range(FOLDS)),
        digest(pages),
    ]
    assert learned.likeness.digest == digest(pages)
    assert any(learned.ranker.weights)
    assert learned.detector.weights["effect and target"] > 0


def test_what_is_held_out_is_read_by_weights_that_did_not_learn_from_it(
    small: Assessment, pages: list[LabelledPage], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each page once; neither its likeness nor the signs, which rest on that, know the page."""
    pages = pages[::4]
    read: dict[str, tuple[str, str | None]] = {}
    told: list[str] = []
    read_gold = benchmark.read_gold

    def watched(texts, auditor):
        register = auditor.register
        for text in texts:
            digest = register.detector.likeness.digest if register.detector.likeness else None
            read[text.id] = (register.matcher._likeness.digest, digest)
            yield from read_gold([text], auditor)

    monkeypatch.setattr(benchmark, "read_gold", watched)
    run = benchmark.run_held_out(small, pages, told.append)
    assert sorted(read) == sorted(page.id for page in pages)
    assert len(run.outcomes) == sum(len(one.passages) for one in gold_pages(small, pages))
    for page in pages:
        others = [one for one in pages if fold_of(one.id) != fold_of(page.id)]
        known = digest_of(examples_of(small.base.questions, small.base.phrasings, others))
        assert read[page.id] == (known, known)
    assert [line[:11] for line in told] == [
        "part 1 of 4",
        "part 2 of 4",
        "part 3 of 4",
        "part 4 of 4",
    ]


def test_claims_for_another_treatment_teach_no_ranking(small: Assessment) -> None:
    """As in use, where they are never held against questions."""
    page = LabelledPage.model_validate_json(
        """{"id": "x", "kind": "k", "split": "train", "title": "Clinic", "sentences": [
        {"text": "Cupping relieves neck pain.", "block": "paragraph", "is_claim": true,
         "unregistered": true, "strength": "strong"},
        {"text": "Massage relieves neck pain.", "block": "paragraph", "is_claim": true,
         "questions": ["neck-pain"], "strength": "strong"}]}"""
    )
    examples = [("neck-pain", "neck pain"), ("low-back-pain", "low back pain")]
    matcher = Matcher(small.base.questions, small.base.phrasings, train_likeness(examples))
    measured = training.measure_texts(gold_pages(small, [page]), matcher, {})
    assert len(measured) == 1
    assert measured[0].claimed.sum() == 1


def test_folds_are_fixed_by_name_and_alike_in_size() -> None:
    """A page keeps its fold when others come; no fold is more than half as large again."""
    names = [page.id for page in read_labelled_pages(ROOT) if page.split is Split.TRAIN]
    sizes = [sum(fold_of(name) == fold for name in names) for fold in range(FOLDS)]
    assert fold_of("a-medical-conditions-list") == 3
    assert max(sizes) <= 1.5 * min(sizes)
