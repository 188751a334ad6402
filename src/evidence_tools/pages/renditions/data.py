"""An audit as plain data, such as JSON holds: the same for the same page, register and day."""

from __future__ import annotations

from typing import Any

from evidence_tools import __version__
from evidence_tools.assessment import Assessment
from evidence_tools.pages.audit import Audit, AuditedClaim, AuditedSentence
from evidence_tools.register import source_links

__all__ = ["audit_as_data"]


def audit_as_data(audit: Audit) -> dict[str, Any]:
    """Turn an audit into plain data; no clock and no path of the machine goes into it."""
    assessment = audit.assessment
    return {
        "page": {
            "name": audit.name,
            "title": audit.page.title,
            "kind": audit.kind,
            "encoding": audit.encoding,
            "language": audit.page.language,
            "judged": audit.judged,
            "notes": list(audit.notes),
        },
        "profile": assessment.profile,
        "rules": assessment.base.rules.version,
        "as_of": assessment.as_of.isoformat(),
        "evidence": assessment.base.digest[:12],
        "version": __version__,
        "counts": dict(audit.counts),
        "sentences": [_sentence_row(sentence) for sentence in audit.sentences],
        "questions": {key: _question_row(assessment, key) for key in audit.questions},
    }


def _sentence_row(sentence: AuditedSentence) -> dict[str, Any]:
    return {
        "start": sentence.start,
        "end": sentence.end,
        "text": sentence.text,
        "block": str(sentence.kind),
        "is_claim": sentence.is_claim,
        "confidence": sentence.confidence,
        "advice": sentence.advice and str(sentence.advice),
        "reason": sentence.reason,
        "traits": [str(trait) for trait in sentence.traits],
        "trouble": [str(kind) for kind in sentence.trouble],
        "claims": [_claim_row(claim) for claim in sentence.claims],
    }


def _claim_row(claim: AuditedClaim) -> dict[str, Any]:
    return {
        "text": claim.text,
        "start": claim.start,
        "end": claim.end,
        "question": claim.question,
        "near": list(claim.near),
        "support": claim.support and str(claim.support),
        "fit": [
            {"check": str(r.check), "fits": r.fits, "why": r.why, "question": r.question}
            for r in claim.fit
        ],
        "oversteps": [
            {"slot": str(o.slot), "text": o.text, "shown": o.shown} for o in claim.oversteps
        ],
        "advice": str(claim.advice),
        "reason": claim.reason,
        "condition": claim.condition,
        "refusal": claim.refusal,
        "wording": claim.wording,
        "instead": [{"question": key, "wording": text} for key, text in claim.instead],
        "neutral": claim.neutral,
        "triggers": list(claim.triggers),
        "confidence": claim.confidence,
    }


def _question_row(assessment: Assessment, key: str) -> dict[str, Any]:
    question, rating = assessment.base.questions[key], assessment.ratings[key]
    appraisal = assessment.appraisals[key]
    records = [assessment.base.records[source] for source in assessment.best_sources(key)]
    return {
        "question": question.question,
        "support": rating.support and str(rating.support),
        "certainty": rating.certainty and str(rating.certainty),
        "bottom_line": appraisal.bottom_line if appraisal else None,
        "appraised": appraisal.date.isoformat() if appraisal else None,
        "sources": [
            {
                "key": record.key,
                "title": record.title,
                "journal": record.journal,
                "year": record.year,
                "links": [{"name": name, "url": url} for name, url in source_links(record)],
            }
            for record in records
        ],
    }
