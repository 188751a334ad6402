"""One question, claim, source or document in plain text and as data, by its id."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Any

from evidence_tools.assessment import Assessment
from evidence_tools.errors import InputError
from evidence_tools.labels import advice_label, support_label
from evidence_tools.register import claim_rows, question_rows, source_links, steps_as_rows
from evidence_tools.retirement import check_in_use

__all__ = ["Dossier", "describe"]


@dataclass(frozen=True)
class Dossier:
    """What there is to say about one id."""

    text: str
    data: dict[str, Any]


def describe(assessment: Assessment, identifier: str) -> Dossier:
    """Describe whatever carries the id.

    Raises
    ------
    InputError
        When nothing does, with the ids that look most like it; or when it is retired, with what
        became of it.
    """
    base = assessment.base
    if identifier in base.questions:
        return _question(assessment, identifier)
    if identifier in base.claims:
        return _claim(assessment, identifier)
    if identifier in base.records:
        return _record(assessment, identifier)
    if identifier in base.documents:
        return _document(assessment, identifier)
    check_in_use(base.retired, identifier)
    known = [*base.questions, *base.claims, *base.records, *base.documents]
    near = difflib.get_close_matches(identifier, known, n=3, cutoff=0.5)
    raise InputError(
        f"nothing has the id {identifier!r}",
        expected=f"an id such as {', '.join(near)}"
        if near
        else "a question, claim, source or document",
        fix="list them with: evidence matrix, evidence claims",
    )


def _no_wording(row: dict[str, Any]) -> str:
    return "no wording is defensible" if row["support"] else "nothing has been judged yet"


def _question(assessment: Assessment, key: str) -> Dossier:
    row = next(row for row in question_rows(assessment) if row["id"] == key)
    rating, appraisal = assessment.ratings[key], assessment.appraisals[key]
    label = support_label(row["support"])
    lines = [
        assessment.base.questions[key].question,
        "",
        f"{label.symbol} {label.word}: {label.meaning}",
        f"certainty {row['certainty'] or '–'}, direction {row['direction'] or '–'}",
        f"directness {row['directness'] or '–'}; {row['claims']} claims lean on it",
    ]
    if appraisal is not None:
        stale = ", past its date" if rating.stale else ""
        lines += ["", appraisal.bottom_line, ""]
        lines.append(f"You may say: {row['wording'] or _no_wording(row)}")
        lines += [f"Avoid: {wording.text}" for wording in appraisal.avoid]
        lines += ["", f"appraised {appraisal.date}, review by {rating.review_by}{stale}", ""]
    lines += [f"- {step.rule}: {step.text}" for step in rating.steps]
    if row["sources"]:
        lines += ["", "Sources:"]
        for source in row["sources"]:
            links = " ".join(url for _, url in source_links(assessment.base.records[source]))
            lines.append(f"- {source}: {assessment.base.records[source].title} {links}")
    return Dossier("\n".join(lines), {**row, "trace": steps_as_rows(rating.steps)})


def _claim(assessment: Assessment, key: str) -> Dossier:
    row = next(row for row in claim_rows(assessment) if row["id"] == key)
    advice, support = advice_label(row["advice"]), support_label(row["support"])
    lines = [
        row["proposition"],
        "",
        f"{advice.symbol} {advice.word}; support: {support.word}",
        *(f"- does not fit, {f['check']}: {f['why']}" for f in row["fit"] if not f["fits"]),
        f"You may say: {row['wording'] or _no_wording(row)}",
        *(f"Or, on {item['question']}: {item['wording']}" for item in row["instead"]),
        "",
        *(f"- {step['rule']}: {step['text']}" for step in row["trace"]["steps"]),
    ]
    return Dossier("\n".join(lines), row)


def _record(assessment: Assessment, key: str) -> Dossier:
    record = assessment.base.records[key]
    links = " ".join(url for _, url in source_links(record))
    lines = [
        f"{record.title} ({record.journal}, {record.year}) {links}".strip(),
        f"{record.design}, {record.massage_type}",
        record.summary,
        *(f"- {f.id} {f.outcome}; {f.comparison}: {f.direction}" for f in record.findings),
    ]
    if record.from_memory:
        lines.append(f"From memory, to confirm: {'; '.join(record.from_memory)}")
    return Dossier("\n".join(lines), record.model_dump(mode="json", exclude_none=True))


def _document(assessment: Assessment, key: str) -> Dossier:
    document = assessment.base.documents[key]
    rows = claim_rows(assessment, key)
    lines = [
        f"{document.title or 'untitled'} ({document.publisher or 'publisher not known'})",
        f"{len(rows)} claims",
        *(f"{row['id']} {advice_label(row['advice']).word}: {row['proposition']}" for row in rows),
    ]
    data = {**document.model_dump(mode="json", exclude_none=True), "claims": rows}
    return Dossier("\n".join(lines), data)
