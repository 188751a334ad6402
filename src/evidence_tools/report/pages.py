"""Render the pages of the site: data in, HTML out; every text is escaped by the templates.

Those of the sources are in :mod:`~evidence_tools.report.source_pages`.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from markupsafe import Markup

from evidence_tools.agreement import compare_passes, measure_agreement
from evidence_tools.assessment import Assessment
from evidence_tools.base import EvidenceBase
from evidence_tools.exports.citable import WHOLE
from evidence_tools.identifiers import cochrane_number
from evidence_tools.labels import (
    ADVICE,
    SAFETY,
    SUPPORT,
    support_label,
)
from evidence_tools.literature.screening import waiting_by_question, waiting_words
from evidence_tools.matrix import finding_rows
from evidence_tools.models import Claim, Document
from evidence_tools.pages.documents import compare_with_review, document_audit
from evidence_tools.pages.renditions import audit_as_data
from evidence_tools.pages.renditions.html import audit_style, format_body
from evidence_tools.questions import Question
from evidence_tools.rating import Rating
from evidence_tools.register import claim_rows, question_rows, source_links
from evidence_tools.report.feed import format_feed
from evidence_tools.report.site import Site, citing_questions, show_number
from evidence_tools.retirement import follow_successors
from evidence_tools.stated import AIM, measure_grid, read_grid
from evidence_tools.teaching.glossary import find_terms, glossary
from evidence_tools.texts import quote
from evidence_tools.vocab import Certainty, ClaimKind, Direction, Domain, RetiredKind

__all__ = ["write_pages"]


def write_pages(
    assessment: Assessment,
    texts: Mapping[str, str],
    descriptions: Mapping[str, str],
    notebooks: Mapping[str, str],
    folder: Path,
    published: str = "",
) -> None:
    """Write all pages of the site but those of the sources into a folder.

    Parameters
    ----------
    assessment : Assessment
        The evidence base as judged on a day.
    texts : mapping
        Documents' texts that are at hand, by id.
    descriptions : mapping
        Alternative text of each figure, by name.
    notebooks : mapping
        HTML bodies of the executed notebooks, by name.
    folder : Path
        Where the site goes.
    published : str
        Address under which it is published; without it, citations lead from its top.
    """
    base = assessment.base
    site = Site(assessment, folder, published)
    questions, claims = question_rows(assessment), claim_rows(assessment)
    by_id = {row["id"]: row for row in questions}
    for row in claims:
        claim = base.claims[row["id"]]
        text = texts.get(row["document"])
        row["quote"] = quote(claim, text) if text is not None else None
        row["anchor"] = _anchor(claim)
        limiting = row["trace"]["limiting_question"]
        row["refusal"] = by_id[limiting]["refusal"] if limiting else None
    counts = _counts(questions, claims)
    common = {"questions": questions, "claims": claims, "counts": counts, "alt": descriptions}
    (folder / "feed.xml").write_bytes(format_feed(assessment))
    queue = waiting_by_question(base, assessment.as_of)
    site.write(
        "index.html.j2", "index.html", **common,
        waiting=len({candidate.pmid for found in queue.values() for candidate in found}),
        retracted=[r for _, r in sorted(base.records.items()) if r.retraction == "retracted"],
    )  # fmt: skip
    gone = _retired(base, RetiredKind.QUESTION)
    site.write("matrix.html.j2", "matrix.html", **common, retired=gone,
               whole=site.citer.box(WHOLE))  # fmt: skip
    terms = find_terms(*_told(claims))
    site.write("claims.html.j2", "claims.html", **common, terms=terms)
    site.write("register.html.j2", "register.html", **common, retired=gone, terms=terms)
    site.write("method.html.j2", "method.html", certainties=list(Certainty),
               directions=list(Direction))  # fmt: skip
    _write_trust(site)
    for document in base.documents.values():
        rows = [row for row in claims if row["document"] == document.id]
        site.write(
            "document.html.j2",
            f"documents/{document.id}.html",
            document=document,
            rows=rows,
            counts=_counts(questions, rows),
            has_text=document.id in texts,
            citations=[(c, base.records[c.record]) for c in document.citations],
            by_id=by_id,
            terms=find_terms(*_told(rows)),
            cited=citing_questions(assessment),
            links=source_links,
            cochrane=cochrane_number,
            boxes={row["id"]: site.citer.box(row["id"]) for row in rows},
            retired=_retired(base, RetiredKind.CLAIM, document.id),
        )
        if document.id in texts:
            _write_audit(site, document, texts[document.id])
    _write_questions(site, by_id, claims, descriptions)
    _write_retired(site)
    for name, body in notebooks.items():
        site.write("notebook.html.j2", f"notebooks/{name}.html", name=name, body=Markup(body))  # noqa: S704 -- made by nbconvert here
    static = resources.files("evidence_tools.report") / "static"
    (folder / "static").mkdir()
    for item in sorted(static.iterdir(), key=lambda item: item.name):
        with resources.as_file(item) as path:
            shutil.copyfile(path, folder / "static" / item.name)
    (folder / "static" / "audit.css").write_text(audit_style(), encoding="utf-8")


def _told(claims: list[dict[str, Any]]) -> list[str]:
    """Texts that claims are told with: what may be said, or why nothing may."""
    told = [text for row in claims for text in (row["wording"], row["refusal"])]
    told += [item["wording"] for row in claims for item in row["instead"][:1]]
    return [text for text in told if text]


def _retired(
    base: EvidenceBase, kind: RetiredKind, document: str | None = None
) -> list[dict[str, Any]]:
    """Ids of a kind that are no longer in use, with the addresses of what stands in their place."""

    def address(key: str) -> str:
        if kind is RetiredKind.CLAIM:
            return f"documents/{base.document_of[key]}.html#{key}"
        return f"{'questions' if kind is RetiredKind.QUESTION else 'sources'}/{key}.html"

    return [
        {
            **one.model_dump(),
            "successors": [(k, address(k)) for k in follow_successors(base.retired, key)],
        }
        for key, one in sorted(base.retired.items())
        if one.kind is kind and one.document == document
    ]


def _write_retired(site: Site) -> None:
    """Write a page for each question and source that is no longer in use; its address stays."""
    base = site.assessment.base
    for kind, folder in ((RetiredKind.QUESTION, "questions"), (RetiredKind.SOURCE, "sources")):
        for one in _retired(base, kind):
            site.write("retired.html.j2", f"{folder}/{one['id']}.html", one=one)


def _write_audit(site: Site, document: Document, text: str) -> None:
    """Write what the page audit says of a document whose text is at hand."""
    audit = document_audit(site.assessment, document.id, text)
    site.write(
        "audit.html.j2",
        f"documents/{document.id}-audit.html",
        document=document,
        compared=compare_with_review(audit, document.id),
        body=format_body(audit_as_data(audit), "../questions/"),
    )


def _anchor(claim: Claim) -> str:
    first, last = claim.anchor.first, claim.anchor.last
    return f"{first} … {last}" if last else first


def _counts(questions: list[dict[str, Any]], claims: list[dict[str, Any]]) -> dict[str, Any]:
    support = [row["support"] for row in claims]
    advice = [row["advice"] for row in claims]
    return {
        "claims": len(claims),
        "questions": len(questions),
        "appraised": sum(row["support"] is not None for row in questions),
        "support": {str(level): support.count(str(level)) for level in reversed(SUPPORT)},
        "advice": {str(level): advice.count(str(level)) for level in ADVICE},
        "waiting": advice.count(None),
    }


def _write_questions(
    site: Site,
    by_id: Mapping[str, dict[str, Any]],
    claims: list[dict[str, Any]],
    descriptions: Mapping[str, str],
) -> None:
    assessment = site.assessment
    queue = waiting_by_question(assessment.base, assessment.as_of)
    leaning: dict[str, list[dict[str, Any]]] = {}
    for row in claims:
        for key in row["questions"]:
            leaning.setdefault(key, []).append(row)
    meanings = {t.word: t.meaning for t in glossary() if t.group in ("certainty", "direction")}
    for key, question in sorted(assessment.base.questions.items()):
        waiting = queue.get(key, ())
        findings = finding_rows(assessment, question)
        rating = assessment.ratings[key]
        site.write(
            "question.html.j2",
            f"questions/{key}.html",
            question=question,
            row=by_id[key],
            rating=rating,
            appraisal=assessment.appraisals[key],
            tiles=_tiles(rating),
            meaning=_meaning(question, rating),
            findings=findings,
            rows=leaning.get(key, []),
            effects=descriptions.get(f"effects-{key}"),
            runs=assessment.base.runs,
            links=source_links,
            records=assessment.base.records,
            unplaced=_unplaced(findings),
            box=site.citer.box(key),
            meanings=meanings,
            terms=find_terms(*_read_first(assessment, key)),
            waiting=waiting,
            waiting_words=waiting_words(waiting).capitalize(),
        )


def _read_first(assessment: Assessment, question: str) -> list[str]:
    """Texts of a question that everybody reads: the bottom line, and what may be said."""
    appraisal = assessment.appraisals[question]
    if appraisal is None:
        return []
    offered = appraisal.wording.text if appraisal.wording else appraisal.no_wording_reason or ""
    return [appraisal.bottom_line, offered]


def _unplaced(findings: list[dict[Any, Any]]) -> list[str]:
    """List cited findings whose number cannot be drawn: nobody says which side it favours."""
    return [
        row["address"]
        for row in findings
        if row["side"] and show_number(row["estimate"]) and not row["side_known"]
    ]


def _meaning(question: Question, rating: Rating) -> str:
    """Say what a level means for this kind of question."""
    if question.kind is ClaimKind.SAFETY and rating.support in SAFETY:
        return SAFETY[rating.support]
    return support_label(rating.support).meaning


def _tiles(rating: Rating) -> list[dict[str, Any]]:
    """Judgement tiles of the five domains, in GRADE's order."""
    names = {
        Domain.RISK_OF_BIAS: "Risk of bias",
        Domain.INCONSISTENCY: "Inconsistency",
        Domain.INDIRECTNESS: "Indirectness",
        Domain.IMPRECISION: "Imprecision",
        Domain.PUBLICATION_BIAS: "Publication bias",
    }
    words = {0: "no reason to rate down", -1: "one level down", -2: "two levels down"}
    return [
        {"name": names[result.domain], "word": words[result.counted], "result": result}
        for result in rating.domains
    ]


def _write_trust(site: Site) -> None:
    """Write the page on agreement: between two passes, and with what sources state."""
    base = site.assessment.base
    pairs = compare_passes(base, site.assessment.as_of)
    grid = read_grid(base)
    site.write(
        "trust.html.j2",
        "trust.html",
        pairs=pairs,
        agreement=measure_agreement(pairs),
        grid=grid,
        grid_kappa=measure_grid(grid),
        aim=AIM,
    )
