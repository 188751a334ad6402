"""The traps that a careful reader tests first: each named, each held against the real base."""

from __future__ import annotations

import pytest

BENEFIT = {"limited", "supported"}


def level(assessment, key: str) -> str | None:
    """Level of a question."""
    return assessment.ratings[key].support and str(assessment.ratings[key].support)


def claims_on(assessment, key: str) -> list[str]:
    """Claims that lean on a question."""
    return [c.id for c in assessment.base.claims_by_question[key]]


def test_trap_acp_2017_does_not_list_massage_for_chronic_low_back_pain(assessment):
    """The guideline's chronic list has no massage; nobody lists it for the claim there."""
    base = assessment.base
    chronic = base.records["qaseem2017"].finding("f2")
    assert "chronic" in chronic.outcome
    assert "not" in chronic.comparison
    for key in ("chronic-pain", "low-back-pain"):
        assert "qaseem2017:f2" not in assessment.appraisals[key].findings_for
    cited = {c.record: c for c in base.documents["001"].citations}["qaseem2017"]
    assert "chronic" in cited.does_not_support
    assert "acute or subacute" in cited.supports


def test_trap_massage_treats_low_back_pain_is_stronger_than_cochrane_2015(assessment):
    """Short term against inactive controls, low to very low: limited; "treats" is not kept."""
    assert level(assessment, "low-back-pain") == "limited"
    shown = assessment.appraisals["low-back-pain"].shown
    assert shown.duration == "short"
    against = assessment.appraisals["low-back-pain"].findings_against
    assert "furlan2015:f4" in against
    for claim in claims_on(assessment, "low-back-pain"):
        if assessment.base.claims[claim].strength in ("strong", "absolute"):
            assert assessment.verdicts[claim].advice != "keep"


def test_trap_bervoets_2015_is_short_term_against_no_treatment(assessment):
    """Against active treatments no clear benefit: listed against where it counts."""
    cited = {c.record: c for c in assessment.base.documents["001"].citations}["bervoets2015"]
    assert "no treatment" in cited.supports
    assert "other treatments" in cited.does_not_support
    assert "bervoets2015:f2" in assessment.appraisals["low-back-pain"].findings_against
    assert "bervoets2015:f3" in assessment.appraisals["neck-pain"].findings_against


@pytest.mark.parametrize(
    "key", ["lactic-acid-soreness", "hypoxia-lactate", "metabolic-waste-clearance"]
)
def test_trap_lactic_acid(assessment, key):
    """It does not cause soreness, massage does not clear it: every claim is removed."""
    assert level(assessment, key) not in BENEFIT | {"conflicting"}
    for claim in claims_on(assessment, key):
        assert assessment.verdicts[claim].advice == "remove"


@pytest.mark.parametrize("key", ["toxin-release", "toxin-build-up"])
def test_trap_toxins_are_never_named(assessment, key):
    """A dated, recorded search found nothing: none-found, on a run that is on record."""
    assert level(assessment, key) == "none-found"
    runs = assessment.appraisals[key].none_found.runs
    assert runs
    for run in runs:
        assert assessment.base.runs[run].found == 0


def test_trap_cortisol_effects_are_tiny(assessment):
    """The 2011 quantitative review found effects mostly not distinguishable from zero."""
    assert level(assessment, "cortisol-reduction") not in BENEFIT | {"conflicting"}
    appraisal = assessment.appraisals["cortisol-reduction"]
    assert any(address.startswith("moyer2011:") for address in appraisal.findings_against)


def test_trap_the_academy_of_pain_management_is_gone(assessment):
    """Renamed, and closed on 31 January 2019: a statement in the present tense cannot stand."""
    appraisal = assessment.appraisals["academy-recognition"]
    assert appraisal.shown.authority == "dissolved"
    assert "31 January 2019" in appraisal.bottom_line
    verdict = assessment.verdicts["d001-016"]
    assert verdict.advice == "remove"
    assert not next(r for r in verdict.fit if r.check == "authority").fits


def test_trap_benefit_against_no_treatment_is_not_benefit_against_sham(assessment):
    """Neck pain: Cochrane 2024 found probably nothing against dummy massage, and it is listed."""
    appraisal = assessment.appraisals["neck-pain"]
    assert any(address.startswith("gross2024:") for address in appraisal.findings_against)
    assert level(assessment, "neck-pain") not in BENEFIT


def test_trap_effects_can_be_real_without_the_theory_of_trigger_points(assessment):
    """Their existence and palpation are disputed, while pressing sore spots may ease tenderness."""
    assert level(assessment, "trigger-point-existence") not in BENEFIT
    assert level(assessment, "hands-on-diagnosis") not in BENEFIT
    assert level(assessment, "pain-sensitivity-threshold") in BENEFIT


def test_trap_general_massage_is_not_neuromuscular_massage(assessment):
    """A claim for neuromuscular massage is kept only on evidence about that very technique."""
    for claim in assessment.base.claims.values():
        if claim.technique != "neuromuscular massage":
            continue
        if assessment.verdicts[claim.id].advice == "keep":
            for key in claim.questions:
                assert assessment.ratings[key].directness in ("direct", "not applicable")
