from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_tools.pages.likeness import Likeness, pairs_too

EXAMPLES = [
    ("neck", ["sore", "neck"]),
    ("neck", ["stiff", "neck"]),
    ("back", ["sore", "back"]),
    ("back", ["low", "back", "pain"]),
    ("sleep", ["sleep", "better"]),
]


@pytest.mark.parametrize(
    ("words", "label"),
    [(["neck"], "neck"), (["low", "back"], "back"), (["sore", "back"], "back")],
)
def test_the_label_that_holds_the_words_has_the_largest_share(words: list[str], label: str) -> None:
    """Words, and pairs of neighbours, speak for the label whose examples hold them."""
    shares = Likeness(EXAMPLES).shares(words)
    assert max(shares, key=shares.__getitem__) == label


@given(st.lists(st.sampled_from(["sore", "neck", "back", "sleep", "tea"]), max_size=8))
def test_shares_make_one_or_nothing(words: list[str]) -> None:
    """Shares lie in 0 to 1 and make 1 together; without a known word there is none."""
    shares = Likeness(EXAMPLES).shares(words)
    if {*words} <= {"tea"}:
        assert shares == {}
    else:
        assert set(shares) == {"neck", "back", "sleep"}
        assert all(0 <= share <= 1 for share in shares.values())
        assert math.isclose(math.fsum(shares.values()), 1)


@given(st.permutations(EXAMPLES))
def test_the_order_of_examples_does_not_matter(examples: list[tuple[str, list[str]]]) -> None:
    """Examples in another order give the same shares, but for the last digits."""
    first = Likeness(EXAMPLES).shares(["sore", "neck"])
    second = Likeness(examples).shares(["sore", "neck"])
    assert all(math.isclose(first[label], second[label]) for label in first)


def test_a_handicap_takes_share_away() -> None:
    """A label with a handicap of 1 loses a factor e against the others."""
    model = Likeness(EXAMPLES)
    plain = model.shares(["sore"])
    held = model.shares(["sore"], lambda label: float(label == "neck"))
    assert math.isclose(
        held["neck"] / held["back"], plain["neck"] / plain["back"] / math.e, rel_tol=1e-9
    )


def test_emphasis_lets_a_word_decide() -> None:
    """With emphasis on the body, "sore" counts for less against it."""
    body = Likeness(EXAMPLES, lambda run: 3.0 if run == "neck" else 1.0)
    words = ["better", "neck"]
    assert body.shares(words)["neck"] > Likeness(EXAMPLES).shares(words)["neck"]


def test_without_examples_nothing_is_like_anything() -> None:
    """An empty model gives no shares, and examples without words are left out."""
    assert Likeness([]).shares(["neck"]) == {}
    assert Likeness([("a", [])]).shares(["neck"]) == {}


def test_pairs_are_neighbours() -> None:
    """One word has no pair; three have two."""
    assert pairs_too(["a"]) == ["a"]
    assert pairs_too(["a", "b", "c"]) == ["a", "b", "c", "a b", "b c"]
