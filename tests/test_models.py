"""Models take what is whole and refuse what is not, naming the field."""

from __future__ import annotations

import datetime as dt

import pytest
from pydantic import ValidationError

from builders import appraisal, domains, finding, question, record, wording
from evidence_tools.models import Anchor
from evidence_tools.questions import NoneFound
from evidence_tools.vocab import Domain


@pytest.mark.parametrize(
    ("build", "changes", "message"),
    [
        (finding, {"estimate": -0.9}, "outside its interval"),
        (finding, {"ci_low": 0.1, "ci_high": -0.1}, "lies above"),
        (finding, {"ci_low": None}, "both ci_low and ci_high"),
        (finding, {"i2": 101}, "less than or equal to 100"),
        (finding, {"id": "1"}, "String should match"),
        (record, {"findings": (finding(), finding())}, "share a number"),
        (record, {"superseded_by": "smith2020"}, "supersede itself"),
        (record, {"pimd": "1"}, "Extra inputs"),
        (record, {"pmid": "abc"}, "is not a PMID"),
        (appraisal, {"direction": None}, "either direction or none_found"),
        (appraisal, {"domains": {}}, "no judgement for"),
        (appraisal, {"findings_basis": ()}, "findings_basis is empty"),
        (appraisal, {"findings_basis": ("jones2021:f1",)}, "neither for nor against"),
        (appraisal, {"findings_against": ("smith2020:f1",)}, "both for and against"),
        (appraisal, {"start": "low"}, "go together"),
        (appraisal, {"rate_up": 1}, "go together"),
        (appraisal, {"wording": None}, "either wording or no_wording_reason"),
        (appraisal, {"avoid": ()}, "at least one wording to avoid"),
        (appraisal, {"domains": {**domains(), Domain.IMPRECISION: 1}}, "valid dictionary"),
        (wording, {"states": "limited"}, "needs states"),
        (question, {"id": "Low Back"}, "String should match"),
    ],
)
def test_what_is_not_whole_is_refused(build, changes, message):
    """Each rule of a model fails on exactly what breaks it."""
    with pytest.raises(ValidationError, match=message):
        build(**changes)


def test_none_found_rests_on_a_search():
    """Nobody can say "none found" without naming a search or a source that searched."""
    with pytest.raises(ValidationError, match="recorded search"):
        NoneFound()


def test_an_anchor_has_at_most_four_words_at_each_end():
    """An anchor is no quotation."""
    with pytest.raises(ValidationError, match="more than four words"):
        Anchor(start=0, end=9, sha256="0" * 64, first="one two three four five")


@pytest.mark.parametrize(
    ("memory", "fields"),
    [
        (("all fields",), {"*"}),
        (("pages: last page", "year (from the DOI)"), {"pages", "year"}),
        (("findings[0].ci_low",), {"one finding"}),
        (("authors other than the first not printed",), {"authors"}),
        (("design", "population"), {"design", "population"}),
    ],
)
def test_entries_from_memory_name_the_field_they_speak_of(memory, fields):
    """What is from memory is told by field, however the pack phrases it."""
    assert record(from_memory=memory).memory_fields == fields


def test_the_appraisal_in_force_is_the_latest_by_that_day():
    """As of a day, only what had been judged by then counts."""
    days = [dt.date(2026, 1, 1), dt.date(2026, 6, 1), dt.date(2026, 11, 21)]
    first, second, third = (appraisal(date=day) for day in days)
    asked = question(appraisal=third, history=(first, second))
    assert asked.as_of(dt.date(2025, 12, 31)) is None
    assert asked.as_of(dt.date(2026, 1, 1)) == first
    assert asked.as_of(dt.date(2026, 8, 1)) == second
    assert asked.as_of(dt.date(2026, 12, 1)) == third


def test_of_one_days_appraisals_the_settled_one_is_in_force():
    """Two passes and their settlement on one day: the settlement counts."""
    passes = (appraisal(by="first pass"), appraisal(by="second pass"))
    asked = question(appraisal=appraisal(by="settled"), history=passes)
    in_force = asked.as_of(dt.date(2026, 11, 21))
    assert in_force is not None
    assert in_force.by == "settled"
