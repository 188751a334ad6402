"""A sentence is cut where its claims part, and each part says what it means."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_tools.pages.parts import cut_parts


@pytest.mark.parametrize(
    ("text", "said"),
    [
        # A place takes the complaint of its neighbour, before or after it.
        ("Pain in the hips, knees and ankles.", ["Pain in the hips", "knees Pain", "ankles Pain"]),
        ("Eases neck, hip and knee pain", ["Eases neck", "hip pain", "knee pain"]),
        # A complaint without a place takes the place that was named.
        ("Eases joint pain and stiffness", ["Eases joint pain", "joint stiffness"]),
        ("Neck pain, headaches", ["Neck pain", "headaches"]),
        # Tissues that are only named stay together.
        ("Muscles and joints feel suppler", ["Muscles and joints feel suppler"]),
        ("Warms muscles, tendons and skin", ["Warms muscles, tendons and skin"]),
        # What one preposition governs stays together.
        ("Relief without drugs or needles", ["Relief without drugs or needles"]),
        ("We help with back and neck pain.", ["We help with back pain", "neck pain"]),
        ("We work on the back and ease neck pain.", ["We work on the back", "ease neck pain"]),
        ("Sleep better, worry less!", ["Sleep better", "worry less"]),
    ],
)
def test_each_part_says_what_it_means(text: str, said: list[str]) -> None:
    """Cut at commas and joins; what a part leaves out comes from the same list."""
    assert [part.said for part in cut_parts(text)] == said


@given(st.text(alphabet="neck pain, and/or joints (sleep) better.; ", max_size=80))
def test_parts_lie_in_order_and_hold_what_stands_there(text: str) -> None:
    """Every part is a stretch of the sentence, after the one before it."""
    parts = cut_parts(text)
    assert all(text[part.start : part.end] == part.text for part in parts)
    assert all(a.end <= b.start for a, b in pairwise(parts))
    assert all(part.text in part.said for part in parts)
