"""A tag orders the queue and says why; the strongest sign decides."""

from __future__ import annotations

import pytest

from evidence_tools.literature.citations import AbstractSection, Citation, Journal
from evidence_tools.literature.designs import StudyTag, tag_design


@pytest.mark.parametrize(
    ("citation", "tag", "words"),
    [
        (
            Citation("1", title="Massage", publication_types=("Practice Guideline", "Review")),
            StudyTag.GUIDELINE,
            "publication type Practice Guideline",
        ),
        (
            Citation(
                "1",
                title="Massage",
                doi="10.1002/14651858.CD001929.pub3",
                publication_types=("Systematic Review",),
            ),
            StudyTag.COCHRANE_REVIEW,
            "CD001929.pub3",
        ),
        (
            Citation(
                "1", title="Massage", journal=Journal(medline_ta="Cochrane Database Syst Rev")
            ),
            StudyTag.COCHRANE_REVIEW,
            "Cochrane Database",
        ),
        (
            Citation(
                "1",
                title="Massage for pain: a meta-analysis",
                publication_types=("Journal Article",),
            ),
            StudyTag.SYSTEMATIC_REVIEW,
            "meta-analy",
        ),
        (
            Citation(
                "1", title="Massage for pain", publication_types=("Randomized Controlled Trial",)
            ),
            StudyTag.TRIAL,
            "publication type",
        ),
        (
            Citation(
                "1",
                title="Massage: protocol for a systematic review",
                publication_types=("Systematic Review",),
            ),
            StudyTag.PROTOCOL,
            "protocol",
        ),
        (
            Citation(
                "1",
                title="Massage for pain",
                abstract=(AbstractSection("Sixty adults were randomly assigned to massage."),),
            ),
            StudyTag.TRIAL,
            "the abstract says",
        ),
        (
            Citation("1", title="A nation-wide survey of therapists"),
            StudyTag.OTHER,
            "no publication type",
        ),
        (
            Citation("1", title="A treatment protocol for scars"),
            StudyTag.OTHER,
            "no publication type",
        ),
    ],
)
def test_the_first_sign_in_the_order_of_the_rules_decides(citation, tag, words):
    """Protocol, Cochrane, guideline, review, trial by type; then title; then abstract."""
    found = tag_design(citation)
    assert found.tag is tag
    assert words in found.reason


def test_the_queue_shows_guidelines_first_and_the_rest_last():
    """The order of the tags is the order of screening."""
    assert [tag.value for tag in sorted(StudyTag, key=lambda tag: tag.rank)] == [
        "guideline",
        "cochrane-review",
        "systematic-review",
        "trial",
        "protocol",
        "other",
    ]
