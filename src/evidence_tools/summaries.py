"""Sentences that say what a table or figure means, their numbers taken from the data."""

from __future__ import annotations

import pandas as pd

from evidence_tools.assessment import Assessment
from evidence_tools.changes import Changes
from evidence_tools.questions import Question
from evidence_tools.vocab import Certainty

__all__ = [
    "sum_up_changes",
    "sum_up_claims",
    "sum_up_loud_claims",
    "sum_up_question",
    "sum_up_questions",
    "sum_up_searches",
    "sum_up_sources",
]


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole}" + (f" ({100 * part / whole:.0f} %)" if whole else "")


def sum_up_claims(claims: pd.DataFrame) -> str:
    """Say how many claims there are, and what the advice on them is."""
    advice = claims["advice"].fillna("not yet appraised").value_counts()
    listed = ", ".join(f"{count} {name}" for name, count in advice.items())
    documents = claims["document"].nunique()
    return f"{documents} documents make {len(claims)} claims. The advice on them: {listed}."


def sum_up_questions(questions: pd.DataFrame) -> str:
    """Say how many questions there are and how many carry an appraisal and which levels."""
    done = int(questions["appraised"].notna().sum())
    levels = questions["support"].dropna().value_counts()
    listed = ", ".join(f"{count} {name}" for name, count in levels.items())
    return (
        f"{_share(done, len(questions))} questions are appraised: {listed or 'none'}. "
        f"{len(questions) - done} are not yet appraised."
    )


def sum_up_loud_claims(questions: pd.DataFrame) -> str:
    """Say how many claims lean on questions whose evidence is very uncertain or absent."""
    thin = questions["certainty"].isna() | (questions["certainty"] == Certainty.VERY_LOW)
    part, whole = int(questions.loc[thin, "claims"].sum()), int(questions["claims"].sum())
    return (
        f"A claim that leans on several questions counts once for each: "
        f"{_share(part, whole)} such links lead to questions with very low certainty, no study "
        f"found, or no appraisal yet."
    )


def sum_up_sources(sources: pd.DataFrame) -> str:
    """Say how many sources there are, how many were seen, and how many feed a rating."""
    unverified = int((~sources["verified"]).sum())
    return (
        f"{len(sources)} sources with {int(sources['findings'].sum())} findings; "
        f"{_share(int(sources['cited'].sum()), len(sources))} are cited by an appraisal in force; "
        f"{unverified} were not seen and support nothing."
    )


def sum_up_searches(assessment: Assessment) -> str:
    """Say whether PubMed was ever asked, when last, and whether the searches found what they must.

    A trial against a server that is not NCBI does not count.
    """
    searches = [r for r in assessment.base.runs.values() if r.search is not None]
    runs = [run for run in searches if run.live]
    if searches and not runs:
        return (
            "These are trial runs against a server that is not PubMed: what they found is not "
            "evidence, and nothing here may be cited. PubMed itself has not been asked yet."
        )
    if not runs:
        return (
            "PubMed has not been asked yet: no live run has been made. The searches listed here "
            "are those of the literature pack and of stored pages, and weaker than a systematic "
            "search. Until the first run, nobody knows what new evidence waits."
        )
    last = max(run.date for run in runs)
    missed = sorted({pmid for run in runs if run.date == last for pmid in run.missed})
    gate = (
        f"The last searches missed {len(missed)} articles that they must find: "
        f"{', '.join(missed)}; do not rely on them before that is mended."
        if missed
        else "The last searches found every article that they must find."
    )
    return f"PubMed was last asked on {last} ({len(runs)} runs in all). {gate}"


def sum_up_changes(changes: Changes) -> str:
    """Say how much changed between two days."""
    questions = {move.id for move in changes.moved("question")}
    advice = [move for move in changes.moved("claim") if move.field == "advice"]
    if not questions and not advice:
        return f"Nothing that a page may say changed from {changes.since} to {changes.until}."
    return (
        f"From {changes.since} to {changes.until}, {len(questions)} questions moved and the advice "
        f"on {len(advice)} claims changed; {len(changes.new_sources)} sources are new, "
        f"{len(changes.retracted)} were retracted."
    )


def sum_up_question(assessment: Assessment, question: Question) -> str:
    """Say in a sentence or two what the evidence on one question amounts to."""
    rating = assessment.ratings[question.id]
    appraisal = assessment.appraisals[question.id]
    if appraisal is None or rating.support is None:
        return "Not yet appraised."
    way = (
        f"; certainty {rating.certainty}, direction {rating.direction}" if rating.certainty else ""
    )
    return f"Support: {rating.support}{way}. {appraisal.bottom_line}"
