"""The register's verdicts as schema.org ClaimReview, in JSON-LD.

The register issues every review, never the body whose page is under review. A rating carries a
number only where the evidence says something for or against the sentence as it is worded: what
nobody studied, and what is too weak to tell, has none, for on a scale it would look like "false";
nor has a sentence that goes further than the evidence behind it, for it would look like "true".

``claim_reviews.schema.json`` beside this module describes the shape.
"""

from __future__ import annotations

from importlib import resources
from typing import Any

from evidence_tools.assessment import Assessment
from evidence_tools.errors import DataError
from evidence_tools.exports.citable import AUTHORS, PUBLISHER, TITLE, WHOLE, find_reference
from evidence_tools.exports.tables import LICENSE
from evidence_tools.files import format_json
from evidence_tools.labels import OVERSTEPS, SAFETY, advice_label, support_label
from evidence_tools.models import Document
from evidence_tools.vocab import ClaimKind, Support

__all__ = ["RATINGS", "format_reviews", "make_reviews", "read_shape"]

#: Number of each level on a scale from 1 (against) to 5 (for); the other levels have none.
RATINGS = {
    Support.CONTRADICTED: 1,
    Support.NOT_SUPPORTED: 2,
    Support.CONFLICTING: 3,
    Support.LIMITED: 4,
    Support.SUPPORTED: 5,
}
#: Levels that hold against a sentence however it is worded.
_AGAINST = frozenset({Support.CONTRADICTED, Support.NOT_SUPPORTED})
_REGISTER = "#register"


def read_shape() -> str:
    """Return the JSON Schema of the file."""
    path = resources.files("evidence_tools.exports") / "claim_reviews.schema.json"
    return path.read_text(encoding="utf-8")


def format_reviews(assessment: Assessment, site: str = "") -> str:
    """Return the reviews as the text of a JSON-LD file."""
    return format_json(make_reviews(assessment, site))


def make_reviews(assessment: Assessment, site: str = "") -> dict[str, Any]:
    """Return a review of each claim that has a level, with the register that issues them.

    Parameters
    ----------
    assessment : Assessment
        The evidence base as judged on a day.
    site : str
        Address under which the site is published; without it, addresses lead from its top.

    Raises
    ------
    DataError
        When a document under review is the register's own.
    """
    base = assessment.base
    whole = find_reference(assessment, WHOLE, site)
    reviews = [
        _review(assessment, claim, site)
        for document in sorted(base.documents)
        for claim in (claim.id for claim in base.claims_of(document))
        if assessment.verdicts[claim].support is not None
    ]
    return {
        "@context": "https://schema.org",
        "@graph": [
            {"@type": "Organization", "@id": _REGISTER, "name": AUTHORS},
            {
                "@type": "Dataset",
                "@id": "#dataset",
                "name": TITLE,
                "description": "Claims on massage and pain, each held against the evidence.",
                "url": whole.url,
                "version": assessment.version,
                "dateModified": assessment.as_of.isoformat(),
                "license": LICENSE,
                "creator": {"@id": _REGISTER},
            },
            *reviews,
        ],
    }


def _review(assessment: Assessment, claim_id: str, site: str) -> dict[str, Any]:
    base = assessment.base
    claim = base.claims[claim_id]
    document = base.documents[base.document_of[claim_id]]
    days = [a.date for key in claim.questions if (a := assessment.appraisals[key]) is not None]
    return {
        "@type": "ClaimReview",
        "@id": f"#{claim_id}",
        "url": find_reference(assessment, claim_id, site).url,
        "claimReviewed": claim.proposition,
        "datePublished": max(days).isoformat(),
        "inLanguage": "en",
        "license": LICENSE,
        "isPartOf": {"@id": "#dataset"},
        "author": {"@type": "Organization", "@id": _REGISTER, "name": AUTHORS},
        "itemReviewed": {
            "@type": "Claim",
            "identifier": claim_id,
            "name": claim.proposition,
            "appearance": _appearance(document),
        },
        "reviewRating": _rating(assessment, claim_id),
    }


def _appearance(document: Document) -> dict[str, Any]:
    """Describe the page on which a claim appears: facts about it, none of its text."""
    if (document.publisher or "").casefold() in {AUTHORS.casefold(), PUBLISHER.casefold()}:
        raise DataError(
            "the register cannot review a page of its own",
            expected="a document of somebody else",
            where=f"documents/{document.id}.publisher",
            fix="take the document out of the evidence base",
        )
    page: dict[str, Any] = {
        "@type": "WebPage",
        "identifier": document.id,
        "name": document.title or f"Document {document.id}",
    }
    if document.publisher:
        page["publisher"] = {"@type": "Organization", "name": document.publisher}
    if document.published:
        page["datePublished"] = document.published.isoformat()
    return page


def _rating(assessment: Assessment, claim_id: str) -> dict[str, Any]:
    verdict = assessment.verdicts[claim_id]
    level = verdict.support
    assert level is not None  # noqa: S101 -- the caller asks only then
    label = support_label(level)
    kind = assessment.base.questions[verdict.limiting].kind if verdict.limiting else None
    meaning = SAFETY.get(level, label.meaning) if kind is ClaimKind.SAFETY else label.meaning
    beyond = [OVERSTEPS[result.check] for result in verdict.fit if not result.fits]
    name = label.word
    if level is Support.NONE_FOUND:
        name = f"{name}: no study either way"
    elif beyond and level not in _AGAINST:
        name = f"{name}; worded beyond the evidence"
    told = [meaning]
    if beyond:
        told.append(f"As worded, it goes further: {'; '.join(beyond)}.")
    if verdict.advice is not None:
        told.append(f"Advice: {advice_label(verdict.advice).word}.")
    rating: dict[str, Any] = {
        "@type": "Rating",
        "alternateName": name,
        "ratingExplanation": " ".join(told),
    }
    fits = level in _AGAINST or not beyond
    if level in RATINGS and fits:
        rating |= {"ratingValue": RATINGS[level], "bestRating": 5, "worstRating": 1}
    return rating
