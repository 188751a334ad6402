"""An audit as plain data, such as JSON holds: the same for the same page, register and day."""

from __future__ import annotations

import hashlib
from typing import Any

from evidence_tools import __version__
from evidence_tools.assessment import Assessment
from evidence_tools.models import Record
from evidence_tools.pages.audit import Audit, AuditedClaim, AuditedSentence
from evidence_tools.register import source_links

__all__ = ["audit_as_data"]

_MOST_AUTHORS = 3


def audit_as_data(audit: Audit) -> dict[str, Any]:
    """Turn an audit into plain data; no clock and no path of the machine goes into it.

    Keys are ``page`` (name, kind, encoding, language, notes, digest of the text), ``profile``,
    ``rules``, ``as_of``, ``evidence`` and ``version`` (what it was held against), ``counts``,
    ``sentences`` (all of them, in order) and ``questions`` (those that the page leans on, with
    their sources).
    """
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
            "sha256": hashlib.sha256(audit.page.text.encode("utf-8", "replace")).hexdigest(),
        },
        "profile": assessment.profile,
        "yardstick": assessment.base.rules.profiles[assessment.profile].title,
        "rules": assessment.base.rules.version,
        "as_of": assessment.as_of.isoformat(),
        "evidence": assessment.base.digest[:12],
        "version": __version__,
        "counts": dict(audit.counts),
        "sentences": [
            {"number": number, **_sentence_row(sentence)}
            for number, sentence in enumerate(audit.sentences, start=1)
        ],
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
        "sure": claim.sure,
    }


def _question_row(assessment: Assessment, key: str) -> dict[str, Any]:
    question, rating = assessment.base.questions[key], assessment.ratings[key]
    appraisal = assessment.appraisals[key]
    records = [assessment.base.records[source] for source in assessment.best_sources(key)]
    searches = appraisal.none_found.runs if appraisal and appraisal.none_found else ()
    return {
        "question": question.question,
        "support": rating.support and str(rating.support),
        "certainty": rating.certainty and str(rating.certainty),
        "bottom_line": appraisal.bottom_line if appraisal else None,
        "appraised": appraisal.date.isoformat() if appraisal else None,
        "sources": [
            {
                "key": record.key,
                "citation": _citation(record),
                "links": [{"name": name, "url": url} for name, url in source_links(record)],
            }
            for record in records
        ],
        "searches": [
            {"id": run, "date": assessment.base.runs[run].date.isoformat()}
            for run in searches
            if run in assessment.base.runs
        ],
    }


def _citation(record: Record) -> str:
    """Reference in short: first authors, title, journal, year."""
    authors = ", ".join(record.authors[:_MOST_AUTHORS])
    if len(record.authors) > _MOST_AUTHORS:
        authors += ", et al"
    year = str(record.year) if record.year else "year not known"
    parts = [authors, record.title or "Title not known", record.journal or "", year]
    return ". ".join(part.rstrip(".") for part in parts if part) + "."
