"""The register as plain rows: what ``claims`` and ``matrix`` print as JSON.

Needs no pandas, so that the everyday commands start at once.
"""

from __future__ import annotations

from typing import Any

from evidence_tools.assessment import Assessment
from evidence_tools.identifiers import doi_url, parse_finding_ref, pmcid_url, pubmed_url
from evidence_tools.models import Record
from evidence_tools.questions import Appraisal
from evidence_tools.rating import Step
from evidence_tools.vocab import WordingKind

__all__ = ["cited_keys", "claim_rows", "question_rows", "source_links", "steps_as_rows"]


def source_links(record: Record) -> list[tuple[str, str]]:
    """Names and addresses at which a reader finds a source; identifiers from memory are left out.

    Where no identifier was seen, the page on which the facts were seen stands in.
    """
    memory = record.memory_fields
    links = []
    if record.pmid and "pmid" not in memory:
        links.append((f"PubMed {record.pmid}", pubmed_url(record.pmid)))
    if record.doi and "doi" not in memory:
        links.append((f"doi:{record.doi}", doi_url(record.doi)))
    if record.pmcid and "pmcid" not in memory:
        links.append((record.pmcid, pmcid_url(record.pmcid)))
    if not links and record.seen and record.seen[0].url.startswith(("https://", "http://")):
        links.append(("page where it was seen", record.seen[0].url))
    return links


def steps_as_rows(steps: tuple[Step, ...]) -> list[dict[str, Any]]:
    """Turn the steps of a trace into plain rows."""
    return [{"rule": s.rule, "text": s.text, "findings": list(s.findings)} for s in steps]


def claim_rows(assessment: Assessment, document: str | None = None) -> list[dict[str, Any]]:
    """One row for each claim, in the order of the documents.

    Parameters
    ----------
    assessment : Assessment
        The evidence base as judged on a day.
    document : str, optional
        Only the claims of this document.
    """
    base = assessment.base
    traced: dict[str, dict[str, Any]] = {}
    rows = []
    for name in sorted({*base.document_of.values()}):
        if document is not None and name != document:
            continue
        for claim in base.claims_of(name):
            verdict = assessment.verdicts[claim.id]
            for key in claim.questions:
                if key not in traced:  # many claims lean on the same question
                    traced[key] = _question_trace(assessment, key)
            rows.append(
                {
                    "id": claim.id,
                    "document": name,
                    "proposition": claim.proposition,
                    "kind": str(claim.kind),
                    "strength": str(claim.strength),
                    "technique": str(claim.technique),
                    "questions": list(claim.questions),
                    "support": verdict.support and str(verdict.support),
                    "fit": [
                        {
                            "check": str(r.check),
                            "fits": r.fits,
                            "why": r.why,
                            "question": r.question,
                        }
                        for r in verdict.fit
                    ],
                    "advice": verdict.advice and str(verdict.advice),
                    "condition": verdict.condition,
                    "stale": any(assessment.ratings[key].stale for key in claim.questions),
                    "wording": verdict.wording.text if verdict.wording else None,
                    "instead": [
                        {"question": key, "wording": wording.text}
                        for key, wording in verdict.instead
                    ],
                    "trace": {
                        "as_of": assessment.as_of.isoformat(),
                        "rules": base.rules.version,
                        "profile": verdict.profile,
                        "limiting_question": verdict.limiting,
                        "steps": steps_as_rows(verdict.steps),
                        "questions": {key: traced[key] for key in claim.questions},
                    },
                }
            )
    return rows


def _question_trace(assessment: Assessment, question: str) -> dict[str, Any]:
    rating = assessment.ratings[question]
    appraisal = assessment.appraisals[question]
    dropped = dict(rating.dropped)
    addresses = [] if appraisal is None else [*appraisal.findings_basis]
    if appraisal is not None and appraisal.none_found is not None:
        addresses += appraisal.none_found.findings
    return {
        "support": rating.support and str(rating.support),
        "certainty": rating.certainty and str(rating.certainty),
        "direction": rating.direction and str(rating.direction),
        "appraised": appraisal.date.isoformat() if appraisal else None,
        "steps": steps_as_rows(rating.steps),
        "findings": {
            address: [url for _, url in source_links(assessment.resolve(address)[0])]
            for address in addresses
            if address not in dropped
        },
        "searches": list(appraisal.none_found.runs) if appraisal and appraisal.none_found else [],
    }


def question_rows(assessment: Assessment) -> list[dict[str, Any]]:
    """One row for each question: the evidence matrix, most-claimed first."""
    base = assessment.base
    rows = []
    for key, question in base.questions.items():
        rating = assessment.ratings[key]
        appraisal = assessment.appraisals[key]
        claims = base.claims_by_question[key]
        by_document: dict[str, int] = {}
        for claim in claims:
            name = base.document_of[claim.id]
            by_document[name] = by_document.get(name, 0) + 1
        rows.append(
            {
                "id": key,
                "question": question.question,
                "kind": str(question.kind),
                "support": rating.support and str(rating.support),
                "certainty": rating.certainty and str(rating.certainty),
                "direction": rating.direction and str(rating.direction),
                "directness": rating.directness and str(rating.directness),
                "participants": rating.participants,
                "claims": len(claims),
                "documents": dict(sorted(by_document.items())),
                "sources": assessment.best_sources(key),
                "appraised": appraisal.date.isoformat() if appraisal else None,
                "review_by": rating.review_by.isoformat() if rating.review_by else None,
                "stale": rating.stale,
                "status": _status(appraisal),
                "conditions": _conditions(appraisal),
                "refusal": appraisal.no_wording_reason if appraisal else None,
                "bottom_line": appraisal.bottom_line if appraisal else None,
                "wording": appraisal.wording.text if appraisal and appraisal.wording else None,
            }
        )
    return sorted(rows, key=lambda row: (-row["claims"], row["id"]))


def _status(appraisal: Appraisal | None) -> str:
    """Say whether anything may be said on a question, and of what kind."""
    if appraisal is None:
        return "not yet appraised"
    if appraisal.wording is None:
        return "no wording accepted"
    if appraisal.wording.kind is WordingKind.EVIDENCE:
        return "report of the evidence only"
    return "wording accepted with conditions"


def _conditions(appraisal: Appraisal | None) -> dict[str, str] | None:
    """Conditions within which the wording may be used, slot by slot; None where there is none."""
    if appraisal is None or appraisal.wording is None:
        return None
    shown = appraisal.shown
    return {
        "population": shown.population,
        "technique": str(appraisal.wording.technique),
        "comparator": shown.comparator,
        "time": str(shown.duration),
        "magnitude": str(shown.magnitude),
    }


def cited_keys(assessment: Assessment) -> set[str]:
    """Keys of all records that some appraisal in force cites."""
    keys = set()
    for appraisal in assessment.appraisals.values():
        if appraisal is not None:
            cited = [*appraisal.findings_for, *appraisal.findings_against]
            keys |= {parse_finding_ref(address).record for address in cited}
    return keys
