"""Integrity of retired ids: none is in use, each leads somewhere, and none was simply dropped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from evidence_tools.assessment import Assessment
from evidence_tools.problems import Problem, check
from evidence_tools.retirement import Retirement
from evidence_tools.vocab import RetiredKind

__all__: list[str] = []


@check("retired")
def _retired(assessment: Assessment) -> Iterator[Problem]:
    """A retired id is not in use, its successors are of its kind, and its day has come."""
    base = assessment.base
    in_use: dict[RetiredKind, set[str]] = {
        RetiredKind.QUESTION: {*base.questions},
        RetiredKind.CLAIM: {*base.claims},
        RetiredKind.SOURCE: {*base.records},
    }
    for key, one in sorted(base.retired.items()):
        where = f"retired.toml:{key}"
        used = [kind for kind, ids in in_use.items() if key in ids]
        if used:
            yield Problem(
                "retired", "error", where, f"is in use, as the id of a {used[0]}",
                "give the new one another id, or delete the entry",
            )  # fmt: skip
        for other in one.successors:
            succeeding = base.retired.get(other)
            known = other in in_use[one.kind] or (
                succeeding is not None and succeeding.kind is one.kind
            )
            if not known:
                yield Problem(
                    "retired", "error", where, f"its successor {other!r} is no {one.kind}",
                    "correct the id",
                )  # fmt: skip
        if _comes_back(base.retired, key):
            yield Problem(
                "retired", "error", where, "its successors lead back to it",
                "name the one that is in use",
            )  # fmt: skip
        if one.document is not None and one.document not in base.documents:
            yield Problem(
                "retired", "error", where, f"stood in the unknown document {one.document!r}",
                "correct the id",
            )  # fmt: skip
        if one.date > assessment.as_of:
            yield Problem(
                "future-date", "error", where, f"{one.date} lies after {assessment.as_of}",
                "correct the date",
            )  # fmt: skip


def _comes_back(retired: Mapping[str, Retirement], key: str) -> bool:
    """Whether the successors of an id lead round to it."""
    ahead, seen = [*retired[key].successors], set[str]()
    while ahead:
        here = ahead.pop()
        if here == key:
            return True
        if here in retired and here not in seen:
            seen.add(here)
            ahead += retired[here].successors
    return False


@check("vanished")
def _vanished(assessment: Assessment) -> Iterator[Problem]:
    """An id that a release handed out is in use, or retired with what became of it."""
    base = assessment.base
    issued = base.releases.until(assessment.as_of).issued
    kept = {*base.questions, *base.claims, *base.records, *base.retired}
    for key, version in sorted(issued.items()):
        if key not in kept:
            yield Problem(
                "vanished", "error", key, f"was in release {version} and is gone",
                "take it back from git, or say in evidence/retired.toml what became of it",
            )  # fmt: skip
