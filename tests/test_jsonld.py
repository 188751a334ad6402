"""Claim reviews: the register's verdicts, never a clinic's, and never "false" for "not known"."""

from __future__ import annotations

import copy
import json

import jsonschema
import pytest

from builders import DAY, appraisal, claim, finding, question, record, wording
from evidence_tools.assessment import Assessment, assess
from evidence_tools.base import read_base
from evidence_tools.errors import DataError
from evidence_tools.exports.citable import AUTHORS, PUBLISHER
from evidence_tools.exports.jsonld import RATINGS, format_reviews, make_reviews, read_shape
from evidence_tools.files import read_model, write_model
from evidence_tools.models import ClaimsFile, Document
from evidence_tools.questions import NoneFound
from evidence_tools.vocab import Support

SHAPE = json.loads(read_shape())
VALIDATOR = jsonschema.Draft202012Validator(SHAPE)


@pytest.fixture(scope="module")
def reviews(assessment) -> dict:
    """The reviews of the real base."""
    return make_reviews(assessment)


def judged(project, *, asked=None, said=None, **document) -> Assessment:
    """The small base with another appraisal, claim or document."""
    evidence = project / "evidence"
    base = read_base(evidence)
    anchor = base.claims["d900-001"].anchor
    if asked is not None:
        write_model(asked, evidence / "questions" / "low-back-pain.toml")
    if said is not None:
        write_model(
            ClaimsFile(document="900", claims=(claim(anchor=anchor, **said),)),
            evidence / "claims" / "900.json",
        )
    if document:
        old = read_model(Document, evidence / "documents" / "900.toml")
        write_model(old.model_copy(update=document), evidence / "documents" / "900.toml")
    return assess(read_base(evidence), DAY)


def only_review(assessment: Assessment) -> dict:
    """The one review of a small base."""
    (review,) = make_reviews(assessment)["@graph"][2:]
    return review


def test_the_reviews_keep_to_the_shape_of_schema_org(reviews):
    """Validated offline; the shape itself is a sound schema."""
    jsonschema.Draft202012Validator.check_schema(SHAPE)
    assert list(VALIDATOR.iter_errors(reviews)) == []


def test_every_claim_with_a_level_has_one_review(assessment, reviews):
    """And no other has."""
    wanted = [key for key, verdict in assessment.verdicts.items() if verdict.support is not None]
    found = [one["itemReviewed"]["identifier"] for one in reviews["@graph"][2:]]
    assert sorted(found) == sorted(wanted)
    assert len(found) > 300


def test_the_register_issues_every_review(reviews):
    """Its name on each; the page's publisher only as publisher of the page."""
    for one in reviews["@graph"][2:]:
        assert one["author"] == {"@type": "Organization", "@id": "#register", "name": AUTHORS}
        publisher = one["itemReviewed"]["appearance"].get("publisher", {})
        assert publisher.get("name") not in {AUTHORS, PUBLISHER}


@pytest.mark.parametrize("name", [AUTHORS, AUTHORS.upper(), PUBLISHER])
def test_nobody_reviews_a_page_of_its_own(project, name):
    """A document that the register published cannot be under its review."""
    with pytest.raises(DataError, match=r"documents/900.publisher: the register cannot review"):
        make_reviews(judged(project, publisher=name))


def test_what_nobody_studied_never_looks_false(project, reviews):
    """None-found has no number, no end of a scale, and says that there is no study either way."""
    asked = question(
        appraisal=appraisal(
            direction=None, none_found=NoneFound(findings=("smith2020:f1",)), findings_basis=(),
            findings_for=(), domains={}, wording=None, no_wording_reason="nobody looked",
        )
    )  # fmt: skip
    rating = only_review(judged(project, asked=asked))["reviewRating"]
    assert rating["alternateName"] == "none-found: no study either way"
    assert set(rating) == {"@type", "alternateName", "ratingExplanation"}
    unknown = [
        one["reviewRating"] for one in reviews["@graph"][2:]
        if one["reviewRating"]["alternateName"].startswith(("none-found", "insufficient"))
    ]  # fmt: skip
    assert len(unknown) > 100
    assert not any("ratingValue" in one for one in unknown)


def test_a_sentence_that_goes_too_far_never_looks_true(project, reviews):
    """An absolute wording on weak evidence keeps its level's name but has no number."""
    rating = only_review(judged(project, said={"strength": "absolute"}))["reviewRating"]
    assert rating["alternateName"] == "supported; worded beyond the evidence"
    assert "ratingValue" not in rating
    assert (
        "As worded, it goes further: the evidence does not back words this strong"
        in (rating["ratingExplanation"])
    )
    for one in reviews["@graph"][2:]:
        if "worded beyond" in one["reviewRating"]["alternateName"]:
            assert "ratingValue" not in one["reviewRating"]


def test_a_sentence_within_the_evidence_has_the_number_of_its_level(project):
    """From 1, against, to 5, for."""
    said = {"strength": "hedged", "proposition": "Massage may ease back pain."}
    rating = only_review(judged(project, said=said))["reviewRating"]
    assert rating == {
        "@type": "Rating", "alternateName": "supported",
        "ratingExplanation": "Good evidence says yes. Advice: keep.",
        "ratingValue": 5, "bestRating": 5, "worstRating": 1,
    }  # fmt: skip
    assert RATINGS == {
        Support.CONTRADICTED: 1, Support.NOT_SUPPORTED: 2, Support.CONFLICTING: 3,
        Support.LIMITED: 4, Support.SUPPORTED: 5,
    }  # fmt: skip


def test_what_good_evidence_denies_is_rated_lowest_however_it_is_worded(project):
    """Contradicted stays 1."""
    against = record(findings=(finding(direction="no-difference"),))
    write_model(against, project / "evidence" / "records" / "smith2020.json")
    asked = question(
        appraisal=appraisal(
            direction="none", findings_for=(), findings_against=("smith2020:f1",),
            wording=None, no_wording_reason="nothing to say",
        )
    )  # fmt: skip
    rating = only_review(judged(project, asked=asked))["reviewRating"]
    assert (rating["alternateName"], rating["ratingValue"]) == ("contradicted", 1)


def test_a_claim_not_yet_appraised_has_no_review(project):
    """No verdict, no review."""
    assert make_reviews(judged(project, asked=question()))["@graph"][2:] == []


def test_the_page_is_described_and_none_of_its_text_is_in_it(project):
    """Title and publisher as text; the claim in our words."""
    review = only_review(judged(project, publisher='A & "B" <i>Clinic</i>'))
    assert review["itemReviewed"]["appearance"] == {
        "@type": "WebPage", "identifier": "900", "name": "Back <b>pain</b> & us",
        "publisher": {"@type": "Organization", "name": 'A & "B" <i>Clinic</i>'},
    }  # fmt: skip
    assert review["claimReviewed"] == "Neuromuscular massage relieves back pain."


def test_the_file_is_the_same_each_time_and_leads_to_the_site(assessment):
    """Bytes and addresses."""
    assert format_reviews(assessment) == format_reviews(assessment)
    whole = make_reviews(assessment, "https://example.org")
    assert list(VALIDATOR.iter_errors(whole)) == []
    assert whole["@graph"][2]["url"] == "https://example.org/documents/000.html#d000-001"


BREAKS = [
    ("author", {"@type": "Organization", "@id": "#clinic", "name": "A clinic"}),
    ("reviewRating", {"@type": "Rating", "alternateName": "none-found: no study either way",
                      "ratingExplanation": "x", "ratingValue": 1, "bestRating": 5,
                      "worstRating": 1}),
    ("reviewRating", {"@type": "Rating", "alternateName": "false", "ratingExplanation": "x"}),
    ("reviewRating", {"@type": "Rating", "alternateName": "limited", "ratingExplanation": "x",
                      "ratingValue": 5, "bestRating": 5, "worstRating": 1}),
    ("reviewRating", {"@type": "Rating", "alternateName": "contradicted",
                      "ratingExplanation": "x"}),
    ("reviewRating", {"@type": "Rating", "alternateName": "supported; worded beyond the evidence",
                      "ratingExplanation": "x", "ratingValue": 5, "bestRating": 5,
                      "worstRating": 1}),
    ("itemReviewed", {"@type": "Claim", "name": "x"}),
    ("datePublished", "yesterday"),
    ("url", "javascript:alert(1)"),
    ("surprise", "x"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), BREAKS, ids=lambda v: str(v)[:40])
def test_the_shape_refuses_what_must_not_be(reviews, field, value):
    """Another issuer, a number for what is not known, a level of another name."""
    wrong = copy.deepcopy({**reviews, "@graph": reviews["@graph"][:3]})
    assert VALIDATOR.is_valid(wrong)
    wrong["@graph"][2][field] = value
    assert not VALIDATOR.is_valid(wrong)
    del wrong["@graph"][2][field]
    assert VALIDATOR.is_valid(wrong) is (field == "surprise")


def test_wordings_of_ours_are_within_the_evidence(project):
    """The wording that an appraisal accepts, said as a claim, is rated as its level."""
    said = {"proposition": wording().text, "strength": "hedged", "technique": "massage therapy"}
    assert only_review(judged(project, said=said))["reviewRating"]["ratingValue"] == 5
