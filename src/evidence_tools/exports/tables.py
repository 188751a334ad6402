"""The register as tables: rows of every kind, made from an assessment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evidence_tools.assessment import Assessment
from evidence_tools.exports.citable import (
    PUBLISHER,
    TITLE,
    WHOLE,
    address_in,
    address_of,
    find_reference,
)
from evidence_tools.exports.rows import (
    ClaimRow,
    FindingRow,
    MatrixRow,
    QuestionRow,
    SourceRow,
    Tables,
)
from evidence_tools.models import Finding, Record
from evidence_tools.rating import why_unusable
from evidence_tools.references import reference_of
from evidence_tools.register import cited_keys, claim_rows, question_rows

__all__ = ["LICENSE", "make_tables"]

LICENSE = "https://creativecommons.org/licenses/by/4.0/"


def make_tables(assessment: Assessment, site: str = "") -> Tables:
    """Return the whole register as data.

    Parameters
    ----------
    assessment : Assessment
        The evidence base as judged on a day.
    site : str
        Address under which the site is published; without it, addresses lead from its top.
    """
    base = assessment.base
    whole = find_reference(assessment, WHOLE, site)
    authors = ", ".join(str(name) for name in whole.authors)
    return Tables(
        title=TITLE,
        version=assessment.version,
        as_of=assessment.as_of,
        rules=base.rules.version,
        profile=assessment.profile,
        evidence=base.digest,
        license=LICENSE,
        cite=f"{authors}. {whole.title}. Version {assessment.version}, as of {assessment.as_of}. "
        f"{PUBLISHER}; {assessment.as_of.year}. {whole.url}",
        matrix=tuple(_matrix(assessment, site)),
        claims=tuple(_claims(assessment, site)),
        questions=tuple(_questions(assessment)),
        sources=tuple(_sources(assessment, site)),
        findings=tuple(_findings(assessment)),
    )


def _address(assessment: Assessment, identifier: str, site: str) -> str:
    return address_in(site, address_of(assessment, identifier) or "")


def _matrix(assessment: Assessment, site: str) -> Iterator[MatrixRow]:
    for row in question_rows(assessment):
        conditions = row.pop("conditions") or {}
        yield MatrixRow(
            **{
                **row,
                "conditions": tuple(f"{slot}: {text}" for slot, text in conditions.items()),
                "address": _address(assessment, row["id"], site),
            }
        )


def _claims(assessment: Assessment, site: str) -> Iterator[ClaimRow]:
    for row in claim_rows(assessment):
        trace = row.pop("trace")
        failed = [f"{check['check']}: {check['why']}" for check in row.pop("fit")
                  if not check["fits"]]  # fmt: skip
        row.pop("instead")
        yield ClaimRow(
            **row,
            does_not_fit=tuple(failed),
            limiting_question=trace["limiting_question"],
            address=_address(assessment, row["id"], site),
        )


def _questions(assessment: Assessment) -> Iterator[QuestionRow]:
    for key, question in sorted(assessment.base.questions.items()):
        appraisal = assessment.appraisals[key]
        shown = appraisal.shown if appraisal else None
        yield QuestionRow(
            id=key,
            question=question.question,
            kind=question.kind,
            population=question.population,
            intervention=question.intervention,
            comparator=question.comparator,
            outcome=question.outcome,
            topics=question.topics,
            synonyms=question.synonyms,
            search=question.search,
            appraised=appraisal.date if appraisal else None,
            appraised_by=appraisal.by if appraisal else None,
            direction_reason=appraisal.direction_reason if appraisal else None,
            directness_reason=appraisal.directness_reason if appraisal else None,
            findings_for=appraisal.findings_for if appraisal else (),
            findings_against=appraisal.findings_against if appraisal else (),
            shown_population=shown.population if shown else None,
            shown_comparator=shown.comparator if shown else None,
            shown_duration=shown.duration if shown else None,
            shown_magnitude=shown.magnitude if shown else None,
            shown_authority=shown.authority if shown else None,
            wording=appraisal.wording.text if appraisal and appraisal.wording else None,
            avoid=tuple(wording.text for wording in appraisal.avoid) if appraisal else (),
            trials_under_way=appraisal.trials_under_way if appraisal else None,
            would_move=appraisal.would_move if appraisal else None,
        )


def _sources(assessment: Assessment, site: str) -> Iterator[SourceRow]:
    base = assessment.base
    cited = cited_keys(assessment)
    for key, record in sorted(base.records.items()):
        reference = reference_of(record)
        reasons = {
            why_unusable(record, finding.id, verified=key not in base.unverified)
            for finding in record.findings
        }
        yield SourceRow(
            key=key,
            title=reference.title,
            authors=tuple(str(name) for name in reference.authors),
            journal=reference.container,
            year=reference.year,
            volume=reference.volume,
            issue=reference.issue,
            pages=reference.pages,
            doi=reference.doi,
            pmid=reference.pmid,
            pmcid=reference.pmcid,
            link=reference.link,
            technique=record.massage_type,
            findings=len(record.findings),
            cited=key in cited,
            verified=key not in base.unverified,
            left_out=() if None in reasons else tuple(sorted(str(reason) for reason in reasons)),
            retraction=record.retraction,
            superseded_by=record.superseded_by,
            from_memory=record.from_memory,
            address=_address(assessment, key, site),
            **_seen(record, record.memory_fields, _SUBSTANCE),
        )


#: Fields of a record, and of a finding, that are handed out only where somebody saw them.
_SUBSTANCE = ("design", "population", "intervention", "comparator", "n_studies", "n_participants",
              "risk_of_bias")  # fmt: skip
_RESULT = ("outcome", "timepoint", "comparison", "direction", "measure", "estimate", "ci_low",
           "ci_high", "p", "i2", "n_studies", "n_participants", "certainty", "note")  # fmt: skip


def _seen(
    thing: Record | Finding, memory: frozenset[str], names: tuple[str, ...]
) -> dict[str, Any]:
    """Fields of a record or finding, those from memory empty."""
    hidden = frozenset(names) if "*" in memory else memory
    return {name: None if name in hidden else getattr(thing, name) for name in names}


def _findings(assessment: Assessment) -> Iterator[FindingRow]:
    base = assessment.base
    for key, record in sorted(base.records.items()):
        for finding in record.findings:
            memory = frozenset(finding.from_memory)
            if record.memory_fields & {"*", "findings"}:
                memory |= {"*"}
            values = _seen(finding, memory, _RESULT)
            p = values["p"]
            yield FindingRow(
                address=f"{key}:{finding.id}",
                record=key,
                topic=finding.topic,
                same_as=finding.same_as,
                unusable=why_unusable(record, finding.id, verified=key not in base.unverified),
                from_memory=tuple(sorted(memory)),
                **{**values, "p": None if p is None else f"{p:g}" if isinstance(p, float) else p},
            )
