"""Integrity of the example phrasings: each belongs to a question, and each question has some."""

from __future__ import annotations

from collections.abc import Iterator

from evidence_tools.assessment import Assessment
from evidence_tools.problems import Problem, check

__all__: list[str] = []

PLACE = "phrasings.json"


@check("phrasing-question")
def _phrasing_question(assessment: Assessment) -> Iterator[Problem]:
    """Every phrasing stands under a question that exists; no topic outside is a question."""
    base = assessment.base
    for key in sorted(base.phrasings.questions.keys() - base.questions.keys()):
        yield Problem(
            "phrasing-question", "error", PLACE, f"names the unknown question {key!r}",
            "correct the name, or move the phrasings to the question that they ask",
        )  # fmt: skip
    for key in sorted(base.phrasings.outside.keys() & base.questions.keys()):
        yield Problem(
            "phrasing-question", "error", PLACE, f"has the question {key!r} under outside",
            "move its phrasings to questions",
        )  # fmt: skip


@check("phrasing-missing")
def _phrasing_missing(assessment: Assessment) -> Iterator[Problem]:
    """Where there are phrasings at all, every question has some, or pages will miss it."""
    base = assessment.base
    if not base.phrasings.questions:
        return
    for key in sorted(base.questions.keys() - base.phrasings.questions.keys()):
        yield Problem(
            "phrasing-missing", "error", key, "has no example phrasings",
            f"write some into evidence/{PLACE}, blind to every text that is scored",
        )  # fmt: skip
