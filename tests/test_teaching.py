"""The glossary is whole and plain, the worked example is the real trace, the exercise is fair."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest
import textstat

from builders import ROOT
from evidence_tools.assessment import assess
from evidence_tools.base import read_base
from evidence_tools.errors import InputError
from evidence_tools.labels import ADVICE, CERTAINTY, NOT_APPRAISED, SUPPORT
from evidence_tools.teaching.exercise import choices, draw_exercise, drawable, read_key
from evidence_tools.teaching.glossary import (
    GROUPS,
    KINDS,
    STRENGTHS,
    format_glossary,
    glossary,
)
from evidence_tools.teaching.worked import STAGES, choose_claim, format_example, work
from evidence_tools.teaching.writing import exercise_files
from evidence_tools.vocab import (
    Advice,
    ClaimKind,
    Direction,
    Directness,
    Domain,
    FitCheck,
    Strength,
)


def test_every_value_of_the_closed_lists_has_its_entry():
    """A level or check that is added later may not stand on a page unexplained."""
    words = {group: [t.word for t in glossary() if t.group == group] for group in GROUPS}
    assert words["level"] == [*map(str, SUPPORT), NOT_APPRAISED.word]
    assert words["advice"] == [*map(str, Advice)]
    assert words["certainty"] == [*map(str, CERTAINTY)]
    assert words["direction"] == [*map(str, Direction)]
    assert words["directness"] == [*map(str, Directness)]
    assert words["reason"] == [str(domain).replace("-", " ") for domain in Domain]
    assert words["check"] == [*map(str, FitCheck)]
    assert words["strength"] == [*map(str, Strength)]
    assert words["word"] == sorted(words["word"])
    assert set(STRENGTHS) == set(Strength)
    assert set(KINDS) == set(ClaimKind)


def test_entries_have_names_of_their_own():
    """A link into the glossary leads to one place."""
    slugs = [term.slug for term in glossary()]
    assert len(set(slugs)) == len(slugs)


def test_signs_and_short_meanings_come_from_the_labels():
    """One source: what a badge says is what the glossary says."""
    text = format_glossary()
    for label in [*SUPPORT.values(), *ADVICE.values()]:
        assert f"**{label.symbol} {label.word}**: {label.meaning}" in text


def test_the_glossary_can_be_read_after_eight_years_of_school():
    """Flesch-Kincaid grade of at most 9 for each entry."""
    hard = {
        term.word: grade
        for term in glossary()
        if (grade := textstat.flesch_kincaid_grade(term.meaning)) > 9
    }
    assert hard == {}


def test_the_example_shows_every_stage_with_the_verdict_of_the_register(assessment):
    """The default leans on questions of several levels, and each stage has something to show."""
    example = work(assessment)
    verdict = assessment.verdicts[example.claim]
    assert example.claim == choose_claim(assessment)
    assert [stage.name for stage in example.stages] == list(STAGES)
    assert all(stage.rows for stage in example.stages)
    assert len({row[1] for row in example.stage("weakest").rows}) > 1
    assert f"“{verdict.advice}”" in example.stage("advice").text
    results = [row[1] for row in example.stage("fit").rows]
    assert results == ["✓ fits" if r.fits else "✗ does not fit" for r in verdict.fit]


def test_the_trace_of_a_claim_stands_in_its_example_word_for_word(assessment):
    """No step is made up: every sentence of the trace is a step of verdict or rating."""
    for key in list(assessment.base.claims)[::7]:
        example = work(assessment, key)
        said = [step.text for step in assessment.verdicts[key].steps]
        said += [step.text for step in assessment.ratings[example.limiting].steps]
        shown = [text for stage in example.stages for text in stage.trace]
        assert set(shown) <= set(said)
        assert {"weakest-question", "fit", "advice-table"} == {
            step.rule for step in assessment.verdicts[key].steps if step.text in shown
        }


def test_the_steps_counted_lead_to_the_certainty(assessment):
    """Whoever adds up the table by hand gets the same."""
    for key in list(assessment.base.claims)[::7]:
        example = work(assessment, key)
        rating = assessment.ratings[example.limiting]
        if rating.start is None:
            continue
        down = sum(int(row[1].replace("−", "-")) for row in example.stage("reasons").rows)
        up = assessment.appraisals[example.limiting].rate_up or 0
        assert max(0, min(3, rating.start.steps + down + up)) == rating.certainty.steps


def test_what_the_example_says_is_plain(assessment):
    """Our own sentences of every stage, for claims of every level."""
    hard = {
        (key, stage.name): stage.text
        for key in [choose_claim(assessment), *list(assessment.base.claims)[::31]]
        for stage in work(assessment, key).stages
        if textstat.flesch_kincaid_grade(stage.text) > 9
    }
    assert hard == {}


def test_before_the_first_appraisal_the_example_stops_where_nothing_is_known():
    """No level is made up for a day on which nobody had judged anything."""
    early = assess(read_base(ROOT / "evidence"), dt.date(2020, 1, 1))
    example = work(early)
    assert example.stage("sentence").rows
    assert example.stage("advice").text.startswith("Nobody has judged the studies")
    with pytest.raises(InputError, match=r"no sentence to draw.*verdict by 2020-01-01"):
        draw_exercise(early)


def test_an_unknown_claim_is_told_with_those_like_it(assessment):
    """One line that helps."""
    with pytest.raises(InputError, match=r"no claim 'd001-999'; expected an id such as d00"):
        work(assessment, "d001-999")


def test_markup_in_a_sentence_stays_text(assessment):
    """The Markdown of an example holds no tag."""
    assert "<" not in format_example(work(assessment)).replace("&lt;", "")


def test_the_draw_is_even_over_advice_and_levels(assessment):
    """Each advice as often as there are sentences for it, within it each level in turn."""
    key = draw_exercise(assessment, 18, seed=4).key
    stock = Counter(assessment.verdicts[claim.id].advice for claim in drawable(assessment))
    drawn = Counter(item.advice for item in key.items)
    rest = 18 - min(stock[Advice.KEEP], 6)
    assert drawn[Advice.KEEP] == min(stock[Advice.KEEP], 6)
    assert abs(drawn[Advice.REWORD] - drawn[Advice.REMOVE]) <= 1
    assert drawn[Advice.REWORD] + drawn[Advice.REMOVE] == rest
    levels = Counter(item.support for item in key.items if item.advice is Advice.REMOVE)
    assert max(levels.values()) - min(levels.values()) <= 1


def test_a_seed_draws_the_same_and_another_seed_draws_others(assessment):
    """A teacher can make the same sheet again, and a new one for the next class."""
    one, two, other = (draw_exercise(assessment, 12, seed) for seed in (1, 1, 2))
    assert one == two
    assert one.key.exercise != other.key.exercise
    assert {i.claim for i in one.key.items} != {i.claim for i in other.key.items}


def test_the_key_is_the_register_and_says_from_when(assessment):
    """Every answer is the verdict of that day under those rules."""
    key = draw_exercise(assessment, 30, ask="support").key
    for item in key.items:
        verdict = assessment.verdicts[item.claim]
        assert (item.support, item.advice) == (verdict.support, verdict.advice)
        assert item.sentence == assessment.base.claims[item.claim].proposition
        assert key.answer(item) == verdict.support
    assert key.as_of == assessment.as_of
    assert key.rules == assessment.base.rules.version
    assert key.evidence == assessment.base.digest


def test_no_sentence_is_asked_twice_and_the_example_not_at_all(assessment):
    """Two claims in the same words are one sentence; the example's answer is known."""
    example = choose_claim(assessment)
    claims = drawable(assessment, frozenset({example}))
    sentences = [claim.proposition.casefold() for claim in claims]
    assert len(set(sentences)) == len(sentences)
    assert example not in {claim.id for claim in claims}


def test_more_sentences_than_there_are_is_an_error(assessment):
    """The line says how many there are."""
    there = len(drawable(assessment))
    with pytest.raises(InputError, match=f"{there + 1} sentences.*at most {there}"):
        draw_exercise(assessment, there + 1)


@pytest.mark.parametrize("ask", ["advice", "support"])
def test_nothing_that_a_student_gets_gives_the_verdict_away(assessment, ask):
    """Sheets hold sentence, traits and facts; no claim id, and no level beside the choices."""
    drawn = draw_exercise(assessment, 12, ask=ask)
    files = exercise_files(assessment, drawn)
    for name in ("exercise.csv", "exercise.md", "exercise.html"):
        text = files[name]
        assert all(item.claim not in text for item in drawn.key.items)
        assert all(item.sentence in text.replace("&#39;", "'") for item in drawn.key.items)
        for word in {"advice": ("insufficient", "not-supported"), "support": ("reword",)}[ask]:
            assert word not in text
    shown = [value for item in drawn.items for _, value in item.traits]
    assert not set(shown) & set(choices(ask))


def test_a_key_reads_back_as_it_was_written(assessment, tmp_path):
    """And a damaged one is told in one line."""
    drawn = draw_exercise(assessment, 5)
    path = tmp_path / "key.json"
    path.write_text(exercise_files(assessment, drawn)["key.json"], encoding="utf-8")
    assert read_key(path) == drawn.key
    path.write_text(path.read_text().replace('"keep"', '"hold"').replace('"reword"', '"say"'))
    with pytest.raises(InputError, match="not an answer key that can be used") as caught:
        read_key(path)
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match=r"expected the file key\.json"):
        read_key(tmp_path / "key.html")
    with pytest.raises(InputError, match="no such file"):
        read_key(tmp_path / "other.json")
