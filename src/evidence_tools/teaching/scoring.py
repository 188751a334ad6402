"""Students' answers against the register: per cent agreement, kappa, and what was missed most.

Cohen's kappa (Educ Psychol Meas 1960;20:37) and linearly weighted kappa (Psychol Bull 1968;70:213),
both from scikit-learn. Items left blank count neither for nor against a student; they are named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from evidence_tools.agreement import kappa
from evidence_tools.teaching.answers import Answer, Answers
from evidence_tools.teaching.exercise import Key, choices, explain, source_of

__all__ = ["Missed", "Score", "Scores", "format_scores", "score", "scores_as_data"]

#: Name of the row that takes all answers together.
ALL = "all students"
_KAPPA = (
    "Kappa: 1 is full agreement, 0 is no better than chance. The weighted one counts a near miss "
    "less than a bad one."
)


@dataclass(frozen=True)
class Score:
    """How far answers agree with the register; kappas are None where they are not defined."""

    student: str
    answered: int
    asked: int
    equal: int
    kappa: float | None
    weighted: float | None

    @property
    def share(self) -> float | None:
        """Share of answers that agree, in per cent."""
        return 100 * self.equal / self.answered if self.answered else None


@dataclass(frozen=True)
class Missed:
    """How one item was answered."""

    item: str
    claim: str
    sentence: str
    right: str
    why: str
    answered: int
    wrong: int
    given: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Scores:
    """Scores by student and for all together; items most often missed first."""

    students: tuple[Score, ...]
    overall: Score
    missed: tuple[Missed, ...]
    answers: Answers


def score(answers: Answers, key: Key) -> Scores:
    """Score answers against a key, by student, in all and by item."""
    right = {item.item: key.answer(item) for item in key.items}
    by_student: dict[str, list[Answer]] = {student: [] for student, _ in answers.blank}
    by_item: dict[str, Counter[str]] = {name: Counter() for name in right}
    for answer in answers.answers:
        by_student.setdefault(answer.student, []).append(answer)
        by_item[answer.item][answer.answer] += 1
    order = choices(key.ask)
    students = tuple(
        _score(name, found, right, order, len(right)) for name, found in sorted(by_student.items())
    )
    overall = _score(ALL, answers.answers, right, order, len(right) * len(students))
    missed = [
        Missed(
            item.item,
            item.claim,
            item.sentence,
            right[item.item],
            explain(item),
            given.total(),
            given.total() - given[right[item.item]],
            tuple(sorted(given.items(), key=lambda pair: (-pair[1], pair[0]))),
        )
        for item in key.items
        for given in [by_item[item.item]]
    ]
    missed.sort(key=lambda m: (-m.wrong, -m.wrong / max(1, m.answered), m.item))
    return Scores(students, overall, tuple(missed), answers)


def _score(
    name: str,
    found: Sequence[Answer],
    right: dict[str, str],
    order: Sequence[str],
    asked: int,
) -> Score:
    given = [answer.answer for answer in found]
    true = [right[answer.item] for answer in found]
    equal = sum(one == other for one, other in zip(given, true, strict=True))
    plain = weighted = None
    if given:
        plain, weighted = _plain_kappa(given, true), kappa(given, true, order)
    return Score(name, len(given), asked, equal, plain, weighted)


def _plain_kappa(first: Sequence[str], second: Sequence[str]) -> float | None:
    """Cohen's kappa; None where both used one and the same value throughout."""
    from sklearn.metrics import cohen_kappa_score

    if len(set(first) | set(second)) < 2:
        return None
    return float(cohen_kappa_score(first, second))


def scores_as_data(scores: Scores, key: Key) -> dict[str, Any]:
    """Turn scores into plain data, with where the key comes from; nothing that came in is lost."""
    return {
        "exercise": key.exercise,
        "as_of": key.as_of.isoformat(),
        "rules": key.rules,
        "evidence": key.evidence,
        "ask": key.ask,
        "overall": _row(scores.overall),
        "students": [_row(found) for found in scores.students],
        "items": [{**asdict(m), "given": dict(m.given)} for m in scores.missed],
        "answers": [asdict(answer) for answer in scores.answers.answers],
        "left_blank": [{"student": s, "item": i} for s, i in scores.answers.blank],
        "not_counted": [asdict(trouble) for trouble in scores.answers.troubles],
    }


def _row(found: Score) -> dict[str, Any]:
    return {**asdict(found), "per_cent": found.share}


def format_scores(scores: Scores, key: Key, most: int = 5) -> str:
    """Write scores as Markdown: by student, in all, and the items most often missed."""
    lines = [
        f"# Answers to exercise {key.exercise}, held against the register",
        "",
        f"{source_of(key)}.",
        "",
        _KAPPA,
        "",
        "| student | answered | right | per cent | kappa | weighted kappa |",
        "|---|---|---|---|---|---|",
    ]
    for found in [*scores.students, scores.overall]:
        share = "" if found.share is None else f"{found.share:.0f}"
        lines.append(
            f"| {_cell(found.student)} | {found.answered} of {found.asked} | {found.equal} | "
            f"{share} | {_number(found.kappa)} | {_number(found.weighted)} |"
        )
    lines += ["", "## Missed most often", ""]
    wrong = [missed for missed in scores.missed if missed.wrong][:most]
    lines += [] if wrong else ["None."]
    for missed in wrong:
        given = ", ".join(f"{count} × {answer}" for answer, count in missed.given)
        said = _cell(missed.sentence)
        lines += [
            f"- {missed.item}, missed by {missed.wrong} of {missed.answered}: " + said,
            f"  Right: {missed.right} ({missed.why}). Given: {given}.",
        ]
    if scores.answers.blank:
        listed = "; ".join(f"{_cell(student)}: {item}" for student, item in scores.answers.blank)
        lines += ["", f"Left blank, not counted: {listed}."]
    return "\n".join(lines) + "\n"


def _number(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.2f}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
