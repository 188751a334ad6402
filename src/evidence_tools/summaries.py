"""Sentences that say what a table or figure means, their numbers taken from the data."""

from __future__ import annotations

import pandas as pd

from evidence_tools.assessment import Assessment
from evidence_tools.questions import Question
from evidence_tools.vocab import Certainty

__all__ = [
    "sum_up_claims",
    "sum_up_loud_claims",
    "sum_up_question",
    "sum_up_questions",
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
