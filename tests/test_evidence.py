"""The evidence itself: everything judged twice, every number seen, every wording tested."""

from __future__ import annotations

import re

import pytest
import textstat

from builders import DAY, ROOT
from evidence_tools.agreement import compare_passes, format_agreement, kappa, measure_agreement
from evidence_tools.errors import DataError
from evidence_tools.identifiers import parse_doi, parse_finding_ref, parse_pmcid, parse_pmid
from evidence_tools.register import source_links
from evidence_tools.stated import (
    BlindJudgements,
    compare_stated,
    format_stated,
    read_judgements,
    stated_findings,
)
from evidence_tools.vocab import ClaimKind

FOLDER = ROOT / "validation" / "stated_certainty"


def test_every_claim_carries_a_level(assessment):
    """100 % of claims, no question left."""
    assert all(verdict.support for verdict in assessment.verdicts.values())
    assert all(rating.support for rating in assessment.ratings.values())


def test_every_question_was_appraised_twice_and_settled(base):
    """Three appraisals in each history, by the name of the pass."""
    for question in base.questions.values():
        passes = [appraisal.by for appraisal in question.history]
        assert passes[:2] == ["first pass", "second pass"], question.id
        assert question.appraisal.by == "settled", question.id


def test_wherever_the_passes_differ_the_settlement_says_why(base):
    """Direction, support and each domain: a difference is listed with its reason."""
    for pair in compare_passes(base, DAY):
        told = {field for field, *_ in pair.differences}
        for field in pair.first:
            one, two = pair.first[field], pair.second[field]
            if one != two and field not in ("certainty",) and None not in (one, two):
                assert field in told, (pair.question, field)


def test_the_agreement_on_record_is_what_the_command_computes(base):
    """evidence/AGREEMENT.md is current."""
    wanted = format_agreement(compare_passes(base, DAY))
    assert (ROOT / "evidence" / "AGREEMENT.md").read_text(encoding="utf-8") == wanted


def test_agreement_covers_direction_domains_certainty_and_support(base):
    """Eight fields, each over at least a hundred pairs, kappa within its range."""
    results = measure_agreement(compare_passes(base, DAY))
    assert [result.field for result in results] == [
        "direction", "risk-of-bias", "inconsistency", "indirectness", "imprecision",
        "publication-bias", "certainty", "support",
    ]  # fmt: skip
    for result in results:
        assert result.pairs >= 100
        assert -1 <= result.kappa <= 1
        assert 0 <= result.share <= 100


@pytest.mark.parametrize(
    ("first", "second", "value"),
    [
        ("abab", "abab", 1.0),
        ("aabb", "bbaa", -1.0),
        # By hand, weights |i - j| / 2: observed disagreement 1/12, expected 15/36, so 1 - 3/15.
        ("aabbcc", "aabbcb", 0.8),
        ("aaaa", "aaaa", None),
    ],
)
def test_kappa_by_hand(first, second, value):
    """Weighted kappa of small tables; undefined where nothing varies."""
    result = kappa(list(first), list(second), "abc")
    assert result == (None if value is None else pytest.approx(value, abs=0.01))


@pytest.mark.parametrize(
    "kind",
    [ClaimKind.AUTHORITY, ClaimKind.COMPARISON, ClaimKind.DIAGNOSIS, ClaimKind.DURABILITY,
     ClaimKind.BACKGROUND],
)  # fmt: skip
def test_nothing_is_waved_through_as_general_knowledge(assessment, kind):
    """A source, or a dated search that is on record."""
    base = assessment.base
    asked = [question for question in base.questions.values() if question.kind is kind]
    assert asked
    for question in asked:
        judged = assessment.appraisals[question.id]
        runs = judged.none_found.runs if judged.none_found else ()
        assert judged.findings_basis or runs or judged.none_found.findings, question.id
        assert all(base.runs[run].found == 0 for run in runs), question.id


def test_every_source_that_feeds_a_rating_was_seen(assessment):
    """Identifier of the right form, title known, a page where it was seen, nothing recalled."""
    base = assessment.base
    fed = {key for question in base.questions for key in assessment.best_sources(question)}
    assert len(fed) > 100
    library = (ROOT / "references.bib").read_text(encoding="utf-8")
    for key in sorted(fed):
        source = base.records[key]
        assert key not in base.unverified
        assert source.seen
        assert source_links(source)
        for parse, value in (
            (parse_pmid, source.pmid), (parse_doi, source.doi), (parse_pmcid, source.pmcid),
        ):  # fmt: skip
            assert value is None or parse(value) == value
        assert f"{{{key}," in library


def test_no_finding_that_feeds_a_rating_is_from_memory(assessment):
    """Of the finding itself or of what it stands on."""
    for appraisal in assessment.appraisals.values():
        for address in appraisal.findings_basis:
            record, finding = assessment.resolve(address)
            assert finding.from_memory == ()
            assert not record.memory_fields & {"*", "design", "population", "findings"}
            assert parse_finding_ref(address).record == record.key


def test_every_decimal_number_in_a_judgement_stands_in_a_record(base, assessment):
    """What a reason prints (an effect, an interval, a kappa) is in the records, to its digits."""
    number = re.compile(r"(?<![\w.,])\d+\.\d+(?![\w])")
    recorded = {
        float(found)
        for record in base.records.values()
        for found in number.findall(record.model_dump_json())
    }
    loose = []
    for key, judged in assessment.appraisals.items():
        texts = [judged.direction_reason, judged.directness_reason, judged.bottom_line]
        texts += [judgement.reason for judgement in judged.domains.values()]
        for text in texts:
            for found in number.findall(text):
                digits = len(found.partition(".")[2])
                if not any(round(value, digits) == float(found) for value in recorded):
                    loose.append((key, found))
    assert loose == []


def test_bottom_lines_can_be_read_after_eight_years_of_school(assessment):
    """Flesch-Kincaid grade of at most 9."""
    hard = {
        key: grade
        for key, appraisal in assessment.appraisals.items()
        if (grade := textstat.flesch_kincaid_grade(appraisal.bottom_line)) > 9
    }
    assert hard == {}


def test_every_defensible_wording_says_its_limits(assessment):
    """A wording on a limited question names a limit in the same sentence."""
    limits = re.compile(
        r"weak|small|few|limited|uncertain|not (?:sure|certain|clear|shown|been|last|known)|mixed|"
        r"not agree|not settled|"
        r"disagree|unclear|low|early|fade|short|more (?:research|studies)|indirect|no clear|never"
    )
    for key, appraisal in assessment.appraisals.items():
        if appraisal.wording is not None:
            assert limits.search(appraisal.wording.text.casefold()), (key, appraisal.wording.text)


def test_the_grid_of_stated_certainty_is_complete_and_on_record(base):
    """Every finding whose source states a certainty has ours beside it; the page is current."""
    judgements = read_judgements(FOLDER / "judgements.toml")
    grid = compare_stated(base, judgements)
    assert {cell.finding for cell in grid} == set(stated_findings(base))
    assert (FOLDER / "README.md").read_text(encoding="utf-8") == format_stated(grid)


def test_every_disagreement_with_a_source_has_a_written_cause(base):
    """All of them, those of two levels above all."""
    grid = compare_stated(base, read_judgements(FOLDER / "judgements.toml"))
    assert [cell.finding for cell in grid if cell.steps and not cell.cause] == []


def test_a_hole_in_the_grid_is_an_error(base):
    """A finding that is not judged, or judged twice, is named."""
    judgements = read_judgements(FOLDER / "judgements.toml")
    with pytest.raises(DataError, match="no judgement for"):
        compare_stated(base, BlindJudgements(judgements=judgements.judgements[1:]))


def test_the_changelog_lists_every_question_with_its_level(assessment):
    """The Evidence part of the current version."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    for key, rating in assessment.ratings.items():
        assert f"`{key}` {rating.support}" in text, key
