"""Integrity across records (ring 3): one small function a rule, with code, level, text and fix.

Ring 1 (shape) is the models', ring 2 (canonical form) :func:`check_canonical`'s, ring 4 (the
outside world) needs the network and is not here.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from evidence_tools import phrasing_checks as phrasing_checks  # registers its checks
from evidence_tools import retirement_checks as retirement_checks  # registers its checks
from evidence_tools import search_checks as search_checks  # registers its checks
from evidence_tools.assessment import Assessment, assess
from evidence_tools.base import EvidenceBase, canonical_text, data_files, read_base
from evidence_tools.bibliography import format_bibtex
from evidence_tools.errors import DataError
from evidence_tools.files import read_text
from evidence_tools.identifiers import parse_finding_ref
from evidence_tools.judgement import cited_findings
from evidence_tools.models import Model
from evidence_tools.problems import CHECKS, Problem, check
from evidence_tools.rating import why_unusable
from evidence_tools.register import source_links
from evidence_tools.retirement import say_retired
from evidence_tools.schemas import make_schemas
from evidence_tools.support import judge_wording
from evidence_tools.texts import check_anchor
from evidence_tools.vocab import Advice, Support

__all__ = ["CHECKS", "Problem", "check_base", "check_canonical"]


@check("claim-question")
def _claim_question(assessment: Assessment) -> Iterator[Problem]:
    """Every claim leans on questions that exist."""
    base = assessment.base
    for claim in base.claims.values():
        for question in claim.questions:
            if question not in base.questions:
                gone = question in base.retired
                yield Problem(
                    "claim-question", "error", claim.id,
                    say_retired(base.retired, question) if gone
                    else f"unknown question {question!r}",
                    "correct the id in evidence/claims, or write the question",
                )  # fmt: skip


@check("claim-document")
def _claim_document(assessment: Assessment) -> Iterator[Problem]:
    """Every claim belongs to a document that exists and repeats only claims that exist."""
    base = assessment.base
    for claim in base.claims.values():
        document = base.document_of[claim.id]
        if document not in base.documents:
            yield Problem(
                "claim-document", "error", claim.id, f"unknown document {document!r}",
                "describe the document in evidence/documents",
            )  # fmt: skip
        elif claim.anchor.end > base.documents[document].characters:
            yield Problem(
                "claim-document", "error", claim.id, "anchor ends after the last character",
                "correct start and end",
            )  # fmt: skip
        if claim.repeats is not None and claim.repeats not in base.claims:
            yield Problem(
                "claim-document", "error", claim.id, f"repeats the unknown claim {claim.repeats!r}",
                "correct the id",
            )  # fmt: skip


@check("duplicate-source")
def _duplicate_source(assessment: Assessment) -> Iterator[Problem]:
    """A PMID, DOI or PMCID stands in one record only."""
    for name in ("pmid", "doi", "pmcid"):
        first: dict[str, str] = {}
        for key, record in sorted(assessment.base.records.items()):
            value = getattr(record, name)
            if value is None:
                continue
            known = first.setdefault(value.casefold(), key)
            if known != key:
                yield Problem(
                    "duplicate-source", "error", key, f"{name} {value} also stands in {known}",
                    "merge the two records, or correct the identifier",
                )  # fmt: skip


@check("duplicate-title")
def _duplicate_title(assessment: Assessment) -> Iterator[Problem]:
    """Two records share a title only where one supersedes the other."""
    records = assessment.base.records
    first: dict[str, str] = {}
    for key, record in sorted(records.items()):
        if record.title is None:
            continue
        known = first.setdefault("".join(filter(str.isalnum, record.title.casefold())), key)
        linked = record.superseded_by == known or records[known].superseded_by == key
        if known != key and not linked:
            yield Problem(
                "duplicate-title", "error", key, f"same title as {known}",
                "merge them, or set superseded_by",
            )  # fmt: skip


@check("superseded")
def _superseded(assessment: Assessment) -> Iterator[Problem]:
    """Supersession leads to a record that exists, and never round in a circle."""
    records = assessment.base.records
    for key, record in sorted(records.items()):
        seen, here = [key], record.superseded_by
        while here is not None:
            if here not in records:
                yield Problem(
                    "superseded", "error", key, f"superseded by the unknown record {here!r}",
                    "correct superseded_by",
                )  # fmt: skip
                break
            if here in seen:
                loop = " → ".join([*seen, here])
                yield Problem(
                    "superseded", "error", key, f"superseded in a loop: {loop}",
                    "clear superseded_by in the newest of them",
                )  # fmt: skip
                break
            seen.append(here)
            here = records[here].superseded_by


@check("trace")
def _trace(assessment: Assessment) -> Iterator[Problem]:
    """Every source that feeds a rating can be followed to PubMed, a DOI or a page."""
    base = assessment.base
    for question in sorted(base.questions):
        for key in assessment.best_sources(question):
            if key in base.records and not source_links(base.records[key]):
                yield Problem(
                    "trace", "error", key, f"feeds {question} but leads to no page",
                    "add a PMID, a DOI or the page on which it was seen",
                )  # fmt: skip


@check("unusable-finding")
def _unusable_finding(assessment: Assessment) -> Iterator[Problem]:
    """No appraisal in force cites a finding that may not feed a rating."""
    base = assessment.base
    for question, appraisal in sorted(assessment.appraisals.items()):
        if appraisal is None:
            continue
        for address in sorted(cited_findings(appraisal)):
            ref = parse_finding_ref(address)
            reason = why_unusable(
                base.records.get(ref.record),
                ref.finding,
                verified=ref.record not in base.unverified,
            )
            if reason is not None:
                yield Problem(
                    "unusable-finding", "error", question, f"cites {address}: {reason}",
                    "appraise the question anew without it",
                )  # fmt: skip


@check("counted-twice")
def _counted_twice(assessment: Assessment) -> Iterator[Problem]:
    """No rating rests on one result under two numbers."""
    for question, appraisal in sorted(assessment.appraisals.items()):
        basis = set(appraisal.findings_basis) if appraisal else set()
        for address in sorted(basis):
            ref = parse_finding_ref(address)
            record = assessment.base.records.get(ref.record)
            finding = record.finding(ref.finding) if record else None
            if finding and finding.same_as and f"{ref.record}:{finding.same_as}" in basis:
                yield Problem(
                    "counted-twice", "error", question,
                    f"rests on {address} and on {finding.same_as}, which are one result",
                    "name only one of them in findings_basis",
                )  # fmt: skip


@check("run")
def _run(assessment: Assessment) -> Iterator[Problem]:
    """An answer "none found" names recorded search runs that found nothing and came before it."""
    base = assessment.base
    for question, appraisal in sorted(assessment.appraisals.items()):
        if appraisal is None or appraisal.none_found is None:
            continue
        for name in appraisal.none_found.runs:
            run = base.runs.get(name)
            text = (
                "is not recorded under evidence/runs" if run is None
                else f"found {run.found}" if run.found
                else f"is of {run.date}, after the appraisal" if run.date > appraisal.date
                else None
            )  # fmt: skip
            if text:
                yield Problem(
                    "run", "error", question, f"search run {name} {text}",
                    "name a recorded run that found nothing, or appraise what it found",
                )  # fmt: skip


@check("wording")
def _wording(assessment: Assessment) -> Iterator[Problem]:
    """A wording offered passes its own audit, and a wording to avoid does not."""
    rules = assessment.base.rules
    for question, answer in sorted(assessment.answers.items()):
        appraisal = answer.appraisal
        if appraisal is None or answer.rating.support is None:
            continue
        if appraisal.wording is not None:
            verdict = judge_wording(appraisal.wording, answer, rules, assessment.profile)
            if verdict.advice is not Advice.KEEP:
                why = "; ".join(r.why for r in verdict.fit if not r.fits) or str(verdict.support)
                yield Problem(
                    "wording", "error", question, f"the wording offered comes out as "
                    f"{verdict.advice}: {why}", "weaken the wording, or withdraw it",
                )  # fmt: skip
        elif answer.rating.support in (Support.LIMITED, Support.SUPPORTED):
            yield Problem(
                "wording", "error", question, f"is {answer.rating.support} but offers no wording",
                "write the wording that the evidence carries",
            )  # fmt: skip
        for wording in appraisal.avoid:
            if judge_wording(wording, answer, rules, assessment.profile).advice is Advice.KEEP:
                yield Problem(
                    "wording", "error", question, f"to avoid, yet is kept: {wording.text}",
                    "name a wording that the evidence does not carry",
                )  # fmt: skip


@check("future-date")
def _future_date(assessment: Assessment) -> Iterator[Problem]:
    """No appraisal, run, strategy or publication is dated after the day of the check."""
    base, day = assessment.base, assessment.as_of
    dated: list[tuple[str, dt.date]] = [(run.id, run.date) for run in base.runs.values()]
    for key, question in base.questions.items():
        appraisals = [*question.history, *([question.appraisal] if question.appraisal else [])]
        dated += [(key, appraisal.date) for appraisal in appraisals]
    dated += [(d.id, d.published) for d in base.documents.values() if d.published]
    dated += [(strategy.id, strategy.changed) for strategy in base.searches.values()]
    for name, date in sorted(dated):
        if date > day:
            yield Problem(
                "future-date", "error", name, f"{date} lies after {day}", "correct the date",
            )  # fmt: skip


@check("citation")
def _citation(assessment: Assessment) -> Iterator[Problem]:
    """A source that a document cites is in the evidence base, with the findings named."""
    base = assessment.base
    for document in base.documents.values():
        for citation in document.citations:
            record = base.records.get(citation.record)
            wrong = [
                address for address in citation.findings
                if record is None or record.finding(parse_finding_ref(address).finding) is None
                or parse_finding_ref(address).record != citation.record
            ]  # fmt: skip
            if record is None or wrong:
                yield Problem(
                    "citation", "error", document.id,
                    f"cites {citation.record}: {', '.join(wrong) or 'no such record'}",
                    "add the record, or correct the finding",
                )  # fmt: skip


@check("references")
def _references(assessment: Assessment) -> Iterator[Problem]:
    """``references.bib`` is what the records make of it."""
    path = assessment.base.root.parent / "references.bib"
    wanted = format_bibtex(assessment.base.verified_records)
    if not path.is_file() or read_text(path) != wanted:
        yield Problem(
            "references", "error", "references.bib", "differs from the records",
            "run: evidence bib --write",
        )  # fmt: skip


@check("schema")
def _schema(assessment: Assessment) -> Iterator[Problem]:
    """The schemas are what the models make of them."""
    for name, wanted in make_schemas().items():
        path = assessment.base.root / "schema" / f"{name}.schema.json"
        if not path.is_file() or read_text(path) != wanted:
            yield Problem(
                "schema", "error", f"schema/{path.name}", "differs from the models",
                "run: evidence schema --write",
            )  # fmt: skip


@check("not-appraised")
def _not_appraised(assessment: Assessment) -> Iterator[Problem]:
    """Questions without an appraisal are named."""
    for question, rating in sorted(assessment.ratings.items()):
        if rating.support is None:
            yield Problem(
                "not-appraised", "note", question, "not yet appraised",
                "appraise it: CONTRIBUTING.md, 'To add a judgement'",
            )  # fmt: skip


@check("stale")
def _stale(assessment: Assessment) -> Iterator[Problem]:
    """Verdicts past their review-by date are named."""
    for question, rating in sorted(assessment.ratings.items()):
        if rating.stale:
            yield Problem(
                "stale", "note", question, f"was to be reviewed by {rating.review_by}",
                "appraise it anew",
            )  # fmt: skip


def check_canonical(root: Path, parsed: Mapping[Path, Model] | None = None) -> Iterator[Problem]:
    """Ring 2: every file equals its own re-serialisation; what was parsed is not parsed anew."""
    for path in data_files(root):
        name = path.relative_to(root).as_posix()
        try:
            wanted = canonical_text(root, path, parsed)
        except DataError as error:
            where = error.where.removeprefix(f"{root}{os.sep}") or name
            yield Problem("shape", "error", where, error.what, error.fix or "mend the file")
            continue
        if wanted != read_text(path):
            yield Problem("form", "error", name, "not in canonical form", "run: evidence format")


def check_base(
    root: Path, as_of: dt.date, texts: Callable[[EvidenceBase], Mapping[str, str]] | None = None
) -> list[Problem]:
    """Run all checks, waivers applied.

    Parameters
    ----------
    root : Path
        The ``evidence`` folder.
    as_of : datetime.date
        Day for which the base is judged.
    texts : callable, optional
        Gives the documents' texts that are at hand; their anchors are then checked too.

    Returns
    -------
    list of Problem
        Errors first; a waiver that silences nothing is itself a problem.
    """
    unread: list[DataError] = []
    parsed: dict[Path, Model] = {}
    base = read_base(root, unread, parsed)
    problems = list(check_canonical(root, parsed))
    shaped = {problem.record for problem in problems if problem.code == "shape"}
    problems += [
        Problem("file", "error", error.where, error.what, error.fix)
        for error in unread
        if not any(name in error.where for name in shaped)
    ]
    assessment = assess(base, as_of)
    broken = False
    for code, function in CHECKS.items():
        # The later checks judge claims, which needs the earlier ones' references to hold.
        if broken and code not in ("references",):
            continue
        found = list(function(assessment))
        problems += found
        broken = broken or (code == "claim-question" and bool(found))
    problems += _check_anchors(base, texts(base) if texts else {})
    return _apply_waivers(problems, base)


def _check_anchors(base: EvidenceBase, texts: Mapping[str, str]) -> Iterator[Problem]:
    for claim in base.claims.values():
        text = texts.get(base.document_of[claim.id])
        wrong = check_anchor(claim, text) if text is not None else None
        if wrong is not None:
            yield Problem("anchor", "error", claim.id, wrong, "correct the anchor")


def _apply_waivers(problems: list[Problem], base: EvidenceBase) -> list[Problem]:
    waived = {(waiver.check, waiver.record) for waiver in base.waivers}
    kept = [problem for problem in problems if (problem.code, problem.record) not in waived]
    used = {(problem.code, problem.record) for problem in problems}
    kept += [
        Problem(
            "waiver", "error", record, f"waives {code}, which finds nothing", "delete the waiver"
        )
        for code, record in sorted(waived - used)
    ]
    return sorted(kept, key=lambda p: (p.level != "error", p.code, p.record, p.text))
