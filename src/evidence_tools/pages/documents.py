"""The audit of the documents under review, beside what people filed in them."""

from __future__ import annotations

from dataclasses import dataclass

from evidence_tools.assessment import Assessment
from evidence_tools.pages.advice import PageAdvice, strictest
from evidence_tools.pages.audit import Audit, audit_page, open_auditor
from evidence_tools.pages.page import page_from_text

__all__ = ["Comparison", "compare_with_review", "document_audit"]


@dataclass(frozen=True)
class Comparison:
    """Sentences in which people filed a claim: how many there are, were found, got their advice."""

    filed: int
    found: int
    same: int


def document_audit(assessment: Assessment, document: str, text: str) -> Audit:
    """Audit a document under review; what people filed of it is not used.

    Parameters
    ----------
    assessment : Assessment
        Register and ratings of a day.
    document : str
        Its id.
    text : str
        Its text, which stands outside the repository.
    """
    about = assessment.base.documents[document]
    auditor = open_auditor(assessment)
    return audit_page(page_from_text(text, about.title, "en"), auditor, name=about.file)


def compare_with_review(audit: Audit, document: str) -> Comparison:
    """Compare an audit with the advice on the claims that people filed, sentence by sentence."""
    assessment = audit.assessment
    claims = assessment.base.claims_of(document)
    filed = found = same = 0
    for sentence in audit.sentences:
        given = [
            assessment.verdicts[claim.id].advice
            for claim in claims
            if claim.anchor.start < sentence.end and sentence.start < claim.anchor.end
        ]
        if not given:
            continue
        filed += 1
        found += sentence.is_claim
        ours = strictest(PageAdvice(one) if one else PageAdvice.NOT_ASSESSED for one in given)
        same += sentence.is_claim and sentence.advice is ours
    return Comparison(filed, found, same)
