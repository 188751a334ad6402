"""What changed between two days is told with its cause, and nothing moves without one."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from lxml import etree

from evidence_tools.assessment import assess
from evidence_tools.changes import changes_as_data, compare_days, format_changes
from evidence_tools.errors import InputError
from evidence_tools.history import base_on
from evidence_tools.models import Correction, Notice, SearchRun
from evidence_tools.report.feed import format_feed
from evidence_tools.vocab import Direction, Retraction, Support

D1, D2, D3, D4 = (dt.date(2026, month, 1) for month in (12, 11, 10, 9))
TODAY = dt.date(2026, 12, 31)
KEY = "low-back-pain"


@pytest.fixture
def story(base):
    """Appraised on D4, anew on D3; a source retracted on D2; a new source on D1."""
    question = base.questions[KEY]
    assert question.appraisal is not None
    first = question.appraisal.model_copy(
        update={"date": D4, "by": "first", "direction": Direction.UNCLEAR}
    )
    second = question.appraisal.model_copy(update={"date": D3, "by": "second"})
    cited = question.appraisal.findings_basis[0].partition(":")[0]
    retracted = base.records[cited].model_copy(
        update={
            "retraction": Retraction.RETRACTED,
            "corrections": (
                Correction(field="retraction", old="not checked", new="retracted",
                           reason="PubMed: retracted, see PMID 9", date=D2),
            ),
        }
    )  # fmt: skip
    new = next(r for r in base.verified_records if r.key != cited).model_copy(
        update={"added": D1, "key": "new2026"}
    )
    run = SearchRun(
        id="2026-11-01-sources", date=D2, place="PubMed", sought="s", found=1, endpoint="x",
        notices=(Notice(record=cited, pmid="1", kind="RetractionIn", other="9"),),
    )  # fmt: skip
    changed = question.model_copy(update={"history": (first,), "appraisal": second})
    return cited, replace(
        base,
        questions={**base.questions, KEY: changed},
        records={**base.records, cited: retracted, "new2026": new},
        runs={run.id: run},
        screening=(),
    )


@pytest.mark.parametrize(
    ("day", "by", "retracted", "held", "runs"),
    [
        (D4 - dt.timedelta(days=1), None, False, False, 0),
        (D4, "first", False, False, 0),
        (D3, "second", False, False, 0),
        (D2 - dt.timedelta(days=1), "second", False, False, 0),
        (D2, "second", True, False, 1),
        (D1 - dt.timedelta(days=1), "second", True, False, 1),
        (D1, "second", True, True, 1),
    ],
)
def test_each_day_shows_what_was_known_and_judged_by_then(story, day, by, retracted, held, runs):
    """Appraisal, retraction, record and run come into sight on their own day, not before."""
    cited, base = story
    found = assess(base, day)
    appraisal = found.appraisals[KEY]
    assert (appraisal.by if appraisal else None) == by
    assert (found.base.records[cited].retraction is Retraction.RETRACTED) is retracted
    assert ("new2026" in found.base.records) is held
    assert len(found.base.runs) == runs


def test_a_question_that_was_not_judged_has_no_level(story):
    """Before the first appraisal there is none, and no advice either."""
    _, base = story
    found = assess(base, D4 - dt.timedelta(days=1))
    assert found.ratings[KEY].support is None
    claims = found.base.claims_by_question[KEY]
    assert all(found.verdicts[c.id].advice is None for c in claims if c.questions == (KEY,))


def test_moves_name_old_new_and_cause(story):
    """A new appraisal and a retraction are told as such."""
    cited, base = story
    found = compare_days(base, D4, D3)
    moved = {m.field: m for m in found.moved("question") if m.id == KEY}
    assert moved["direction"].old == "unclear"
    assert moved["direction"].because.startswith("appraised anew on 2026-10-01 (second)")
    later = compare_days(base, D3, D2)
    assert [r.key for r in later.retracted] == [cited]
    moves = [m for m in later.moved("question") if m.id == KEY]
    assert all(f"{cited} was retracted" in m.because for m in moves)
    assert [n.record for n in later.notices] == [cited]


def test_new_sources_and_first_levels_are_told(story):
    """A record that came; a question that got its first level."""
    _, base = story
    found = compare_days(base, D2, D1)
    assert [record.key for record in found.new_sources] == ["new2026"]
    first = compare_days(base, D4 - dt.timedelta(days=1), D4)
    support = next(m for m in first.moved("question") if m.field == "support" and m.id == KEY)
    assert support.old is None
    assert support.new in {str(level) for level in Support}
    assert "first appraised" in support.because


def test_nothing_changed_says_nothing_moved(base):
    """The same day twice."""
    text = format_changes(compare_days(base, TODAY, TODAY))
    assert text.count("- none moved") == 2
    assert changes_as_data(compare_days(base, TODAY, TODAY))["moves"] == []


def test_what_was_published_is_not_what_was_judged(base):
    """A day long ago takes no source away for its year: records are what we hold."""
    old = base_on(base, dt.date(2010, 12, 31))
    assert old.records.keys() == base.records.keys()
    assert not any(assess(base, dt.date(2010, 12, 31)).appraisals.values())


def test_from_after_to_is_refused(base):
    """One line."""
    with pytest.raises(InputError, match=r"--from 2026-12-01 is after --to 2026-11-01"):
        compare_days(base, D1, D2)


def test_the_feed_tells_each_day_on_which_something_moved(story):
    """Valid Atom: ids that stay, dates, one entry a day, text that is text."""
    _, base = story
    feed = etree.fromstring(format_feed(assess(base, D1)))
    space = {"a": "http://www.w3.org/2005/Atom"}
    days = feed.xpath("a:entry/a:updated/text()", namespaces=space)
    assert days == sorted(days, reverse=True)
    assert {d[:10] for d in days} >= {D1.isoformat(), D2.isoformat(), D3.isoformat()}
    ids = feed.xpath("//a:id/text()", namespaces=space)
    assert len(set(ids)) == len(ids)
    assert feed.xpath("a:author/a:name", namespaces=space)
    told = " ".join(feed.xpath("a:entry/a:content/text()", namespaces=space))
    assert "retracted" in told
    earlier = format_feed(assess(base, D3))
    assert D2.isoformat().encode() not in earlier
