"""A substantiation file: everything that stands behind a claim or a question, in one dated folder.

Advertising rules ask for evidence that is held before the claim is made. The folder holds the
wording, the verdict, its conditions, the sources with their identifiers, the searches behind it,
the appraisal's trace, and checksums, so that somebody who wants to prove it wrong can start.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from evidence_tools.assessment import Assessment
from evidence_tools.bibliography import format_bibtex
from evidence_tools.dossier import describe
from evidence_tools.errors import InputError
from evidence_tools.files import format_json, write_atomic
from evidence_tools.judgement import cited_findings
from evidence_tools.labels import advice_label, support_label
from evidence_tools.literature.strategies import describe_strategy
from evidence_tools.register import claim_rows, question_rows, source_links

__all__ = ["substantiate"]


_FILES = (
    "Files: `verdict.json` (fit and trace), `appraisals.json`, `searches.md`, `references.bib`, "
    "`sources/` (each finding as recorded), `SHA256SUMS`."
)


def substantiate(assessment: Assessment, identifier: str, folder: Path) -> list[Path]:
    """Write the substantiation file of a claim or question.

    Parameters
    ----------
    assessment : Assessment
        The base as judged by a day.
    identifier : str
        Id of a claim or a question.
    folder : Path
        Where its folder ``<id>-<day>`` goes.

    Returns
    -------
    list of Path
        The files, ``README.md`` first.

    Raises
    ------
    InputError
        When there is no claim or question of that id.
    """
    base, day = assessment.base, assessment.as_of
    if identifier in base.claims:
        questions = list(base.claims[identifier].questions)
        row = next(r for r in claim_rows(assessment) if r["id"] == identifier)
    elif identifier in base.questions:
        questions = [identifier]
        row = next(r for r in question_rows(assessment) if r["id"] == identifier)
    else:
        describe(assessment, identifier)  # says what is like it, where nothing carries the id
        raise InputError(
            f"{identifier!r} is neither a claim nor a question",
            expected="the id of one, such as neck-pain or d001-016",
        )
    keys = sorted(
        {address.partition(":")[0] for name in questions for address in _cited(assessment, name)}
    )
    records = [base.records[key] for key in keys]
    files = {
        "README.md": _read_me(assessment, identifier, row, questions, keys),
        "verdict.json": format_json(row),
        "appraisals.json": format_json({name: _appraisal(assessment, name) for name in questions}),
        "searches.md": _searches(assessment, questions),
        "references.bib": format_bibtex(records),
        **{f"sources/{r.key}.json": format_json(_source(assessment, r.key)) for r in records},
    }
    sums = [f"{hashlib.sha256(text.encode()).hexdigest()}  {name}" for name, text in files.items()]
    files["SHA256SUMS"] = "\n".join(sorted(sums)) + "\n"
    target = folder / f"{identifier}-{day}"
    for name, text in files.items():
        write_atomic(target / name, text)
    return [target / name for name in files]


def _cited(assessment: Assessment, question: str) -> set[str]:
    appraisal = assessment.appraisals[question]
    return cited_findings(appraisal) if appraisal is not None else set()


def _appraisal(assessment: Assessment, question: str) -> dict[str, Any]:
    appraisal, rating = assessment.appraisals[question], assessment.ratings[question]
    return {
        "appraisal": appraisal.model_dump(mode="json", exclude_none=True) if appraisal else None,
        "support": rating.support and str(rating.support),
        "review_by": rating.review_by and rating.review_by.isoformat(),
        "stale": rating.stale,
        "trace": [{"rule": s.rule, "text": s.text} for s in rating.steps],
    }


def _source(assessment: Assessment, key: str) -> dict[str, Any]:
    return assessment.base.records[key].model_dump(mode="json", exclude_none=True)


def _searches(assessment: Assessment, questions: list[str]) -> str:
    base = assessment.base
    serving = [s for s in base.searches.values() if set(s.questions) & set(questions)]
    lines = ["# Searches behind it", ""]
    for strategy in sorted(serving, key=lambda s: s.id):
        lines += [str(describe_strategy(strategy, base.filters)), ""]
    runs = [
        run
        for _, run in sorted(base.runs.items())
        if run.search in {s.id for s in serving}
        or any(run.id in _none_found(assessment, name) for name in questions)
    ]
    lines += ["## Runs", ""]
    lines += [
        f"- {run.id}: {run.place}, {run.date}, found {run.found}"
        + ("" if run.live else "; not a live search of PubMed")
        for run in runs
    ] or ["- PubMed has not been asked yet."]
    return "\n".join(lines) + "\n"


def _none_found(assessment: Assessment, question: str) -> tuple[str, ...]:
    appraisal = assessment.appraisals[question]
    return appraisal.none_found.runs if appraisal and appraisal.none_found else ()


def _no_wording(row: dict[str, Any]) -> str:
    return "no wording is defensible" if row["support"] else "nothing has been judged yet"


def _read_me(
    assessment: Assessment,
    identifier: str,
    row: dict[str, Any],
    questions: list[str],
    keys: list[str],
) -> str:
    base, day = assessment.base, assessment.as_of
    support = support_label(row["support"])
    lines = [
        f"# Substantiation of {identifier}",
        "",
        (
            f"As judged by {day}, rules {base.rules.version}, yardstick {assessment.profile}, "
            f"evidence {base.digest[:16]}. This is not legal advice and not medical advice."
        ),
        "",
        f"- statement: {row.get('proposition') or row.get('question')}",
        f"- support: {support.word}: {support.meaning}",
    ]
    if "advice" in row:
        lines.append(f"- advice: {advice_label(row['advice']).word}")
        lines += [f"- oversteps ({f['check']}): {f['why']}" for f in row["fit"] if not f["fits"]]
    lines.append(f"- may be said: {row['wording'] or _no_wording(row)}")
    for name in questions:
        appraisal = assessment.appraisals[name]
        lines += ["", f"## {base.questions[name].question}", ""]
        if appraisal is None:
            lines.append("Not yet appraised.")
            continue
        shown = appraisal.shown
        lines += [
            appraisal.bottom_line,
            "",
            f"- shown in: {shown.population}, against {shown.comparator}",
            f"- time: {shown.duration}; size: {shown.magnitude}",
            f"- judged on {appraisal.date} ({appraisal.by})",
            f"- to be reviewed by {assessment.ratings[name].review_by}",
            f"- for: {', '.join(appraisal.findings_for) or 'no finding'}",
            f"- against: {', '.join(appraisal.findings_against) or 'no finding'}",
            f"- what would move it: {appraisal.would_move}",
        ]
    lines += ["", "## Sources", ""]
    for key in keys:
        record = base.records[key]
        links = " ".join(url for _, url in source_links(record))
        title, year = record.title or "title not seen", record.year or "no year"
        lines.append(f"- {key}: {title} ({year}) {links}")
    lines += [
        "",
        _FILES,
        "",
        f"Held by: {'_' * 24}   Date: {'_' * 14}   Signature: {'_' * 24}",
    ]
    return "\n".join(lines) + "\n"
