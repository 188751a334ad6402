"""Frames are tidy, and what they are written to takes no text for a command."""

from __future__ import annotations

import csv
import io
import itertools

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_tools import canvas, figures, matrix, summaries
from evidence_tools.errors import InputError
from evidence_tools.lettering import mark_scale


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1", "-x", "@SUM(A1)", "\tx", "\rx"])
def test_no_spreadsheet_takes_a_text_for_a_formula(text):
    """A leading = + - @, tab or return gets an apostrophe."""
    written = matrix.format_frame(pd.DataFrame({"a": [text]}), "csv")
    cell = list(csv.reader(io.StringIO(written, newline="")))[1][0]
    assert cell == "'" + text


def test_numbers_stay_numbers():
    """A negative number is not text."""
    written = matrix.format_frame(pd.DataFrame({"a": [-0.5]}), "csv")
    assert written == '"a"\n-0.5\n'


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00")))
def test_any_text_comes_back_from_csv(text):
    """Quotes, commas and line ends survive."""
    written = matrix.format_frame(pd.DataFrame({"a": [text], "b": ["x"]}), "csv")
    cell = list(csv.reader(io.StringIO(written, newline="")))[1][0]
    assert cell in (text, "'" + text)


def test_markdown_cells_hold_no_markup_and_no_bars():
    """A bar or a tag in a text does not break the table."""
    written = matrix.format_frame(pd.DataFrame({"a": ["x|y <script>"]}), "md")
    assert "x\\|y &lt;script>" in written


def test_the_matrix_counts_every_link_between_claims_and_questions(assessment):
    """The sum over questions is the sum over claims of their questions, by document too."""
    frame = matrix.question_frame(assessment)
    links = sum(len(claim.questions) for claim in assessment.base.claims.values())
    assert int(frame["claims"].sum()) == links
    per_document = [name for name in frame.columns if name.startswith("claims_")]
    assert int(frame[per_document].to_numpy().sum()) == links
    assert list(frame["claims"]) == sorted(frame["claims"], reverse=True)


def test_the_map_holds_every_question_once(assessment):
    """Cells add up to all questions and all links."""
    cells = matrix.map_frame(assessment)
    assert int(cells["questions"].sum()) == len(assessment.base.questions)
    assert int(cells["claims"].sum()) == sum(
        len(claim.questions) for claim in assessment.base.claims.values()
    )


def test_findings_of_a_question_show_both_sides_and_what_was_left_out(assessment):
    """Low back pain has findings for and against, and names the superseded review as left out."""
    frame = matrix.finding_frame(assessment, assessment.base.questions["low-back-pain"])
    assert {"for", "against"} <= set(frame["side"])
    left_out = frame[frame["record"] == "furlan2008"]
    assert left_out["unusable"].str.contains("superseded by furlan2015").all()
    assert not left_out["basis"].any()


def test_a_question_that_does_not_exist_is_told_with_its_neighbours(assessment):
    """A slip of the finger gets a hint."""
    with pytest.raises(InputError, match="low-back-pain"):
        matrix.find_question(assessment, "lowback-pain")


def test_figures_are_the_same_bytes_for_the_same_data(assessment):
    """Twice drawn, twice the same SVG and PNG."""
    cells = matrix.map_frame(assessment)
    for write in (canvas.to_svg, canvas.to_png):
        assert write(figures.draw_map(cells)) == write(figures.draw_map(cells))


@given(st.floats(1e-3, 1e5), st.floats(1e-3, 1e5))
def test_numbers_of_a_scale_are_round_within_it_and_told_apart(below, above):
    """Two to ten, nought among them, evenly apart; what is written is the number itself."""
    marks = mark_scale(-below, above)
    ticks = [tick for tick, _ in marks]
    assert 0.0 in ticks
    assert -below <= ticks[0] < ticks[-1] <= above
    assert 2 <= len(marks) <= 10
    assert len({number for _, number in marks}) == len(marks)
    assert [float(number.replace("−", "-")) for _, number in marks] == pytest.approx(ticks)
    steps = [after - before for before, after in itertools.pairwise(ticks)]
    assert steps == pytest.approx([steps[0]] * len(steps))


def test_every_figure_has_an_alternative_text_with_its_numbers(assessment):
    """Texts are made from the data, not written by hand."""
    questions, claims = matrix.question_frame(assessment), matrix.claim_frame(assessment)
    effects = matrix.placed_effects(assessment, assessment.base.questions["low-back-pain"])
    assert f"{len(questions)} questions" in figures.describe_matrix(questions)
    assert "claims" in figures.describe_map(matrix.map_frame(assessment))
    assert "document 001" in figures.describe_advice(claims)
    assert f"{len(effects)} reported effects" in figures.describe_effects(effects)


def test_sentences_take_their_numbers_from_the_data(assessment):
    """372 claims in five documents."""
    claims = matrix.claim_frame(assessment)
    assert summaries.sum_up_claims(claims).startswith("5 documents make 372 claims.")
    listed = sum(
        int(part.split()[0])
        for part in summaries.sum_up_claims(claims).split(": ")[1].strip(".").split(", ")
    )
    assert listed == 372


def test_failed_fits_are_counted_for_all_seven_checks(assessment):
    """Every check of fit has a row, and no count exceeds the claims."""
    frame = matrix.count_failed_fits(assessment)
    assert len(frame) == 7
    assert frame["claims that fail"].between(0, 372).all()
