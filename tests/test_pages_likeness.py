from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_tools.base import read_base
from evidence_tools.pages.labelled import Split, read_labelled_pages
from evidence_tools.pages.likeness import (
    NO_CLAIM,
    Likeness,
    digest_of,
    features,
    load_likeness,
    pairs_too,
    read_likeness,
)
from evidence_tools.pages.matching import EMPTY, examples_of
from evidence_tools.pages.training import train_likeness

ROOT = Path(__file__).parents[1]
EXAMPLES = [
    ("neck", "sore neck"),
    ("neck", "stiff neck and shoulders"),
    ("back", "sore back"),
    ("back", "low back pain"),
    ("sleep", "sleep better"),
    ("sleep", "sound sleep at night"),
]


@pytest.fixture(scope="module")
def model() -> Likeness:
    """Return a model of three labels."""
    return train_likeness(EXAMPLES)


@pytest.mark.parametrize(
    ("text", "label"),
    [("neck", "neck"), ("low back", "back"), ("a stiff nekc", "neck"), ("sleeping", "sleep")],
)
def test_the_label_whose_examples_are_nearest_has_the_largest_share(
    text: str, label: str, model: Likeness
) -> None:
    """Words, pairs, and letters of misspelt words speak for the label that holds them."""
    shares = model.shares(text)
    assert shares is not None
    assert model.labels[shares.argmax()] == label


@given(st.lists(st.sampled_from(["sore", "neck", "back", "sleep", "xyz", "1"]), max_size=8))
def test_shares_make_one_or_nothing(words: list[str]) -> None:
    """Shares lie in 0 to 1 and make 1 together; without a known feature there is none."""
    shares = _SMALL.shares(" ".join(words))
    if {*words} <= {"xyz", "1"}:
        assert shares is None
    else:
        assert shares is not None
        assert shares.shape == (len(_SMALL.labels),)
        assert all(0 <= share <= 1 for share in shares)
        assert math.isclose(math.fsum(shares), 1, rel_tol=1e-6)


_SMALL = train_likeness(EXAMPLES)


def test_a_handicap_takes_share_away(model: Likeness) -> None:
    """A label with a handicap of 1 loses a factor e against the others."""
    neck, back = model.labels.index("neck"), model.labels.index("back")
    handicap = np.zeros(len(model.labels), np.float32)
    handicap[neck] = 1
    plain, held = model.shares("sore"), model.shares("sore", handicap)
    assert plain is not None
    assert held is not None
    assert math.isclose(held[neck] / held[back], plain[neck] / plain[back] / math.e, rel_tol=1e-3)


def test_what_claims_nothing_is_told_from_what_claims() -> None:
    """Examples of no claim are no label; a text like them lies below 0, one like claims above."""
    plain = [(NO_CLAIM, text) for text in ("book a table", "book online", "open on Mondays")]
    model = train_likeness([*EXAMPLES, *plain])
    assert model.labels == ("back", "neck", "sleep")
    assert model.claiming("book on Monday") < 0 < model.claiming("sore neck")


def test_without_examples_of_no_claim_everything_claims(model: Likeness) -> None:
    """Where nobody said what claims nothing, no text is taken for it."""
    assert model.claiming("book a table") > 0


def test_learning_does_not_depend_on_the_order(model: Likeness) -> None:
    """Examples in another order give the same model, byte by byte."""
    assert train_likeness(reversed(EXAMPLES)).dump() == model.dump()


def test_a_stored_model_comes_back_whole(model: Likeness) -> None:
    """What is read is what was written: same shares, same digest."""
    again = load_likeness(model.dump())
    np.testing.assert_array_equal(again.shares("stiff back"), model.shares("stiff back"))
    assert again.digest == model.digest == digest_of(EXAMPLES)
    assert again.dump() == model.dump()


def test_a_text_with_two_labels_speaks_for_both() -> None:
    """A sentence that claims two things is an example of each, and against neither."""
    both = [("neck", "sore neck and bad nights"), ("sleep", "sore neck and bad nights")]
    model = train_likeness([*EXAMPLES, *both])
    shares = model.shares("bad nights")
    assert shares is not None
    neck, back, sleep = (shares[model.labels.index(key)] for key in ("neck", "back", "sleep"))
    assert neck > back and sleep > back


def test_the_stored_weights_belong_to_phrasings_and_pages() -> None:
    """Where phrasings, questions, synonyms or ``train`` pages change, weights are learned anew.

    To do so: python -m evidence_tools.pages.training evidence
    """
    base = read_base(ROOT / "evidence")
    stored = read_likeness()
    pages = [page for page in read_labelled_pages(base.root) if page.split is Split.TRAIN]
    assert stored.digest == digest_of(examples_of(base.questions, base.phrasings, pages))
    for name in ("weights.json", "ranking.json"):
        place = ROOT / "src" / "evidence_tools" / "pages" / name
        assert json.loads(place.read_text("utf-8"))["learned_with"] == stored.digest
    assert stored.empty == EMPTY
    assert {label for label in stored.labels if ":" not in label} == set(base.questions)


def test_features_are_words_pairs_and_letters() -> None:
    """Words are compared by stem; letters of empty words are left out."""
    words, runs = features("The necks", frozenset({"the"}))
    assert words == Counter({"the": 1, "neck": 1, "the neck": 1})
    assert "#<nec" in runs and "#eck>" in runs
    assert "#the" not in runs and "#<th" not in runs
    assert pairs_too(["a"]) == ["a"]
