"""Effects are put on one side, or not drawn."""

from __future__ import annotations

import math

import pytest

from builders import finding
from evidence_tools.effects import place_effect


@pytest.mark.parametrize(
    ("changes", "estimate"),
    [
        ({}, 0.5),
        ({"note": None}, 0.5),
        ({"estimate": 0.5, "ci_low": 0.2, "ci_high": 0.8, "note": "positive favours massage"}, 0.5),
        ({"direction": "favours-comparator", "note": None}, -0.5),
        ({"direction": "no-difference", "note": "negative value favours massage"}, 0.5),
        ({"direction": "no-difference", "note": "negative would favour treatment"}, 0.5),
        ({"measure": "RR", "estimate": 2.0, "ci_low": 1.2, "ci_high": 3.0,
          "note": "above 1 favours massage"}, math.log(2)),
    ],
)  # fmt: skip
def test_in_favour_of_massage_is_positive(changes, estimate):
    """Whatever sign the source uses, its record says which side it favours."""
    placed = place_effect(finding(**changes))
    assert placed.estimate == pytest.approx(estimate)
    assert placed.low <= placed.estimate <= placed.high


@pytest.mark.parametrize(
    "changes",
    [
        {"direction": "no-difference", "note": None},
        {"direction": "unclear", "note": "no side is told"},
        {"direction": "no-difference", "note": "positive favours dry needling"},
        {"estimate": None, "ci_low": None, "ci_high": None},
        {"estimate": 0.0, "ci_low": -0.1, "ci_high": 0.1, "note": None},
    ],
)
def test_an_effect_whose_side_nobody_told_is_not_drawn(changes):
    """A guess would put it on the wrong side half of the time."""
    assert place_effect(finding(**changes)) is None


def test_the_real_furlan_result_lies_on_the_side_of_massage(base):
    """SMD -0.75 (-0.90 to -0.60), negative favours massage: drawn at +0.75."""
    placed = place_effect(base.records["furlan2015"].finding("f3"))
    assert (placed.low, placed.estimate, placed.high) == (0.6, 0.75, 0.9)
