"""Tidy frames: claims × questions × documents, and the findings behind them."""

from __future__ import annotations

import csv
import difflib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from evidence_tools.assessment import Assessment
from evidence_tools.effects import Placed, place_effect
from evidence_tools.errors import InputError
from evidence_tools.files import format_json, write_atomic
from evidence_tools.identifiers import parse_finding_ref
from evidence_tools.questions import Question
from evidence_tools.rating import why_unusable
from evidence_tools.register import cited_keys, claim_rows, question_rows
from evidence_tools.retirement import check_in_use
from evidence_tools.vocab import FitCheck

__all__ = [
    "claim_frame",
    "confirm_frame",
    "count_by",
    "count_directness",
    "count_failed_fits",
    "domain_frame",
    "find_question",
    "finding_frame",
    "finding_rows",
    "format_frame",
    "map_frame",
    "neutralise",
    "placed_effects",
    "question_frame",
    "run_frame",
    "source_frame",
    "step_frame",
    "write_tables",
]


def question_frame(assessment: Assessment) -> pd.DataFrame:
    """Return the evidence matrix: one row a question, most-claimed first.

    Columns ``claims_000`` and so on count the claims of each document.
    """
    rows: list[dict[str, Any]] = []
    for row in question_rows(assessment):
        counts = row.pop("documents")
        conditions = row.pop("conditions")
        row["conditions"] = (
            "; ".join(f"{slot}: {text}" for slot, text in conditions.items())
            if conditions
            else None
        )
        documents = {f"claims_{d}": counts.get(d, 0) for d in sorted(assessment.base.documents)}
        rows.append({**row, "sources": " ".join(row["sources"]), **documents})
    return pd.DataFrame(rows)


def claim_frame(assessment: Assessment, document: str | None = None) -> pd.DataFrame:
    """Return one row a claim, without its trace; failed checks of fit are named."""
    rows = []
    for row in claim_rows(assessment, document):
        failed = [f"{f['check']}: {f['why']}" for f in row["fit"] if not f["fits"]]
        kept = {k: v for k, v in row.items() if k not in ("fit", "trace", "instead", "questions")}
        rows.append(
            {**kept, "questions": " ".join(row["questions"]), "does_not_fit": "; ".join(failed)}
        )
    return pd.DataFrame(rows)


def map_frame(assessment: Assessment) -> pd.DataFrame:
    """Return the cells of the evidence map: certainty and direction, with what stands in each.

    ``people`` adds up the participants of the whole sources under the ratings of a cell, each
    source once: an upper bound, because reviews share trials and hold other comparisons too.
    """
    cells: dict[tuple[str | None, str | None], dict[str, Any]] = {}
    for key, rating in sorted(assessment.ratings.items()):
        place = (
            rating.certainty and str(rating.certainty),
            rating.direction and str(rating.direction),
        )
        cell = cells.setdefault(place, {"questions": 0, "claims": 0, "sources": set()})
        cell["questions"] += 1
        cell["claims"] += len(assessment.base.claims_by_question[key])
        cell["sources"] |= set(assessment.best_sources(key))
    records = assessment.base.records
    rows = [
        {
            "certainty": certainty,
            "direction": direction,
            "questions": cell["questions"],
            "claims": cell["claims"],
            "people": sum(records[key].n_participants or 0 for key in cell["sources"])
            if certainty
            else 0,
        }
        for (certainty, direction), cell in cells.items()
    ]
    return pd.DataFrame(rows)


def finding_rows(assessment: Assessment, question: Question) -> list[dict[str, Any]]:
    """Return all findings on a question: those cited first, then others on its topics.

    ``role`` is basis for/against, for, against, or "read, not used" (with ``unusable`` saying why
    where a finding may not be used).
    """
    base = assessment.base
    appraisal = assessment.appraisals[question.id]
    pro = set(appraisal.findings_for) if appraisal else set()
    contra = set(appraisal.findings_against) if appraisal else set()
    ground = set(appraisal.findings_basis) if appraisal else set()
    if appraisal and appraisal.none_found:
        ground |= set(appraisal.none_found.findings)
    on_topic = {a for t in question.topics for a in base.findings_by_topic.get(t, ())}
    rows = []
    for address in sorted(pro | contra | ground | on_topic):
        record, finding = assessment.resolve(address)
        ref = parse_finding_ref(address)
        side = "for" if address in pro else "against" if address in contra else ""
        rows.append(
            {
                "address": address,
                "record": record.key,
                "year": record.year,
                "design": str(record.design),
                "technique": str(record.massage_type),
                "side": side,
                "basis": address in ground,
                "outcome": finding.outcome,
                "comparison": finding.comparison,
                "timepoint": finding.timepoint,
                "direction": str(finding.direction),
                "measure": finding.measure,
                "estimate": finding.estimate,
                "ci_low": finding.ci_low,
                "ci_high": finding.ci_high,
                "p": finding.p,
                "i2": finding.i2,
                "n": finding.n_participants
                if finding.n_participants is not None
                else record.n_participants,
                "stated_certainty": finding.certainty and str(finding.certainty),
                "note": finding.note,
                "side_known": place_effect(finding) is not None,
                "unusable": why_unusable(
                    record, ref.finding, verified=ref.record not in base.unverified
                ),
            }
        )
    rank = {"for": 0, "against": 1, "": 2}
    return sorted(
        rows,
        key=lambda row: (
            rank[row["side"]], not row["basis"], -(row["year"] or 0), row["address"]
        ),
    )  # fmt: skip


def finding_frame(assessment: Assessment, question: Question) -> pd.DataFrame:
    """Return the rows of :func:`finding_rows` as a frame."""
    return pd.DataFrame(finding_rows(assessment, question))


def source_frame(assessment: Assessment) -> pd.DataFrame:
    """Return one row a source; ``left_out`` says why a source may not feed any rating."""
    base = assessment.base
    cited = cited_keys(assessment)
    rows = []
    for key, record in sorted(base.records.items()):
        reasons = {
            why_unusable(record, finding.id, verified=key not in base.unverified)
            for finding in record.findings
        }
        left_out = sorted(str(reason) for reason in reasons) if None not in reasons else []
        rows.append(
            {
                "key": key,
                "title": record.title,
                "year": record.year,
                "journal": record.journal,
                "design": str(record.design),
                "technique": str(record.massage_type),
                "participants": record.n_participants,
                "findings": len(record.findings),
                "cited": key in cited,
                "verified": key not in base.unverified,
                "left_out": "; ".join(left_out),
            }
        )
    frame = pd.DataFrame(rows)
    return frame.astype({"year": "Int64", "participants": "Int64"})


def confirm_frame(assessment: Assessment) -> pd.DataFrame:
    """Return the facts that nobody saw at the source, one row a record."""
    rows = [
        {
            "key": key,
            "from_memory": "; ".join(record.from_memory),
            "title": record.title,
            "verified": key not in assessment.base.unverified,
        }
        for key, record in sorted(assessment.base.records.items())
        if record.from_memory or key in assessment.base.unverified
    ]
    return pd.DataFrame(rows, columns=["key", "from_memory", "title", "verified"])


def run_frame(assessment: Assessment) -> pd.DataFrame:
    """Return the searches that people recorded by hand, one row each."""
    rows = [
        {
            "id": run.id,
            "date": run.date.isoformat(),
            "sought": run.sought,
            "query": run.query or "not recorded",
            "place": run.place,
            "found": run.found,
            "live": run.live,
        }
        for run in sorted(assessment.base.runs.values(), key=lambda run: run.id)
        if run.endpoint is None
    ]
    return pd.DataFrame(rows)


def count_by(claims: pd.DataFrame, column: str) -> pd.DataFrame:
    """Count claims by a column and their advice."""
    advice = claims["advice"].fillna("not yet appraised")
    values = claims[column].fillna("not yet appraised")
    return pd.crosstab(values, advice).reset_index().rename_axis(columns=None)


def count_failed_fits(assessment: Assessment) -> pd.DataFrame:
    """Count, for each check of fit, the claims whose wording fails it."""
    failed: dict[str, int] = {str(check): 0 for check in FitCheck}
    for verdict in assessment.verdicts.values():
        for result in verdict.fit:
            failed[str(result.check)] += not result.fits
    return pd.DataFrame({"check": list(failed), "claims that fail": list(failed.values())})


def count_directness(questions: pd.DataFrame) -> pd.DataFrame:
    """Count questions and their claims by directness."""
    named = questions.assign(directness=questions["directness"].fillna("not yet appraised"))
    return named.groupby("directness", as_index=False).agg(
        questions=("id", "size"), claims=("claims", "sum")
    )


def find_question(assessment: Assessment, question: str) -> Question:
    """Return the question of that id.

    Raises
    ------
    InputError
        When there is none, with the ids that look most like it.
    """
    found = assessment.base.questions.get(question)
    if found is None:
        check_in_use(assessment.base.retired, question)
        near = difflib.get_close_matches(question, assessment.base.questions, n=3, cutoff=0.4)
        raise InputError(
            f"no question {question!r}",
            expected=f"an id such as {', '.join(near)}" if near else "an id of evidence/questions",
        )
    return found


def placed_effects(assessment: Assessment, question: Question) -> list[tuple[str, Placed]]:
    """Effects on a question whose side is known, labelled, those for the claim first."""
    effects = []
    cited = [row["address"] for row in finding_rows(assessment, question) if row["side"]]
    for address in cited:
        record, finding = assessment.resolve(address)
        placed = place_effect(finding)
        if placed is not None:
            label = f"{record.key} {finding.id}: {finding.comparison}; {finding.outcome}"
            # Mean differences of two sources have two units: a panel each.
            scale = f"raw {record.key}" if placed.scale == "raw" else placed.scale
            effects.append((label, replace(placed, scale=scale)))
    return effects


def domain_frame(assessment: Assessment, question: Question) -> pd.DataFrame:
    """Return the five domains of a question: proposed, settled, counted, with reasons."""
    columns = ["domain", "proposed", "settled", "counted", "reason", "rule"]
    rows = [
        {
            "domain": str(result.domain),
            "proposed": result.proposal.judgement,
            "settled": result.settled,
            "counted": result.counted,
            "reason": result.reason,
            "rule": result.proposal.reason,
        }
        for result in assessment.ratings[question.id].domains
    ]
    return pd.DataFrame(rows, columns=columns).astype({"proposed": "Int64"})


def step_frame(assessment: Assessment, question: Question) -> pd.DataFrame:
    """Return the trace of a question's rating, one row a step."""
    rows = [
        {"rule": step.rule, "what it made of it": step.text, "findings": " ".join(step.findings)}
        for step in assessment.ratings[question.id].steps
    ]
    return pd.DataFrame(rows)


def neutralise(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose texts no spreadsheet takes for a formula.

    A text that begins with ``= + - @``, a tab or a line end gets an apostrophe in front (OWASP, CSV
    injection); numbers stay numbers.
    """
    return frame.map(lambda v: f"'{v}" if isinstance(v, str) and v[:1] in tuple("=+-@\t\r") else v)


def format_frame(frame: pd.DataFrame, kind: str) -> str:
    """Write a frame as ``csv`` or ``md``."""
    if kind == "csv":
        # Every text is quoted: a lone return would otherwise end the row for some readers.
        return neutralise(frame).to_csv(
            index=False, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC
        )
    cells = frame.map(lambda v: "" if v is None or v != v else str(v).replace("|", "\\|"))
    lines = ["| " + " | ".join(map(str, cells.columns)) + " |"]
    lines.append("|" + " --- |" * len(cells.columns))
    lines += ["| " + " | ".join(row) + " |" for row in cells.to_numpy().tolist()]
    return "\n".join(lines).replace("<", "&lt;") + "\n"


def write_tables(assessment: Assessment, folder: Path) -> None:
    """Write the matrix and the claims as CSV and JSON into a folder."""
    questions, claims = question_rows(assessment), claim_rows(assessment)
    write_atomic(folder / "matrix.json", format_json({"questions": questions}))
    write_atomic(folder / "claims.json", format_json({"claims": claims}))
    write_atomic(folder / "matrix.csv", format_frame(question_frame(assessment), "csv"))
    write_atomic(folder / "claims.csv", format_frame(claim_frame(assessment), "csv"))
