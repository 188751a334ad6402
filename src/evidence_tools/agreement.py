"""How far two independent appraisals of the same questions agree.

Weighted kappa (Cohen, Psychol Bull 1968;70:213) with linear weights, from scikit-learn. The passes
stand in each question's history; ``by`` names the pass.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evidence_tools.base import EvidenceBase
from evidence_tools.questions import Appraisal, Question
from evidence_tools.rating import Rating, rate
from evidence_tools.vocab import Certainty, Direction, Domain, Support

__all__ = [
    "Agreement",
    "Pair",
    "compare_passes",
    "format_agreement",
    "kappa",
    "measure_agreement",
]

FIRST, SECOND, SETTLED = "first pass", "second pass", "settled"

#: Order in which each field is weighted: a step is the distance between neighbours.
_ORDERS: dict[str, tuple[str, ...]] = {
    "direction": tuple(
        str(way)
        for way in (
            Direction.HARM, Direction.NONE, Direction.UNCLEAR, Direction.MIXED, Direction.BENEFIT,
        )
    ),
    **{str(domain): ("-2", "-1", "0") for domain in Domain},
    "certainty": tuple(str(Certainty.from_steps(step)) for step in range(4)),
    "support": tuple(str(level) for level in Support),
}  # fmt: skip


@dataclass(frozen=True)
class Pair:
    """The two passes and the settlement of one question, with the level each leads to."""

    question: str
    first: dict[str, str | None]
    second: dict[str, str | None]
    settled: dict[str, str | None]
    differences: tuple[tuple[str, str, str, str, str], ...]

    def steps(self, field: str) -> int | None:
        """How many steps apart the passes are; None where one of them has no value."""
        one, two = self.first[field], self.second[field]
        if one is None or two is None:
            return None
        order = _ORDERS[field]
        return abs(order.index(one) - order.index(two))


@dataclass(frozen=True)
class Agreement:
    """Agreement on one field over all pairs in which both passes have a value."""

    field: str
    pairs: int
    equal: int
    kappa: float | None

    @property
    def share(self) -> float | None:
        """Share of pairs that are equal, in per cent."""
        return 100 * self.equal / self.pairs if self.pairs else None


def kappa(first: Sequence[str], second: Sequence[str], order: Sequence[str]) -> float | None:
    """Linearly weighted kappa; None where both raters used one and the same value throughout."""
    from sklearn.metrics import cohen_kappa_score

    if len(set(first) | set(second)) < 2:
        return None
    ranks = [[order.index(value) for value in values] for values in (first, second)]
    return float(cohen_kappa_score(*ranks, weights="linear", labels=list(range(len(order)))))


def _values(appraisal: Appraisal, rating: Rating) -> dict[str, str | None]:
    judged = {str(d): str(j.judgement) for d, j in appraisal.domains.items()}
    return {
        "direction": appraisal.direction and str(appraisal.direction),
        **{str(domain): judged.get(str(domain)) for domain in Domain},
        "certainty": rating.certainty and str(rating.certainty),
        "support": rating.support and str(rating.support),
    }


def compare_passes(base: EvidenceBase, as_of: dt.date) -> list[Pair]:
    """Pair the two passes of every question that has both, with the settlement in force."""
    pairs = []
    for key, question in sorted(base.questions.items()):
        passes = {a.by: a for a in question.history if a.date <= as_of}
        settled = question.as_of(as_of)
        if FIRST not in passes or SECOND not in passes or settled is None:
            continue
        pairs.append(
            Pair(
                key,
                _rated(base, question, passes[FIRST], as_of),
                _rated(base, question, passes[SECOND], as_of),
                _rated(base, question, settled, as_of),
                tuple(
                    (d.field, d.first, d.second, d.settled, d.reason) for d in settled.differences
                ),
            )
        )
    return pairs


def _rated(
    base: EvidenceBase, question: Question, appraisal: Appraisal, as_of: dt.date
) -> dict[str, str | None]:
    rating = rate(
        question, appraisal, base.records, base.rules, as_of=as_of, unverified=base.unverified
    )
    return _values(appraisal, rating)


def measure_agreement(pairs: Sequence[Pair]) -> list[Agreement]:
    """Per cent agreement and weighted kappa for each field."""
    results = []
    for field, order in _ORDERS.items():
        both = [
            (one, two)
            for pair in pairs
            if (one := pair.first[field]) is not None and (two := pair.second[field]) is not None
        ]
        first, second = [one for one, _ in both], [two for _, two in both]
        equal = sum(one == two for one, two in both)
        value = kappa(first, second, order) if both else None
        results.append(Agreement(field, len(both), equal, value))
    return results


_HEAD = """\
# Agreement of two independent appraisals

Made by `evidence agreement --write`; a test keeps it current. Both passes worked from the same
records; the second did not see the first, with one exception: the first appraisal of
*ongoing-sessions* came to the second appraiser's eyes before it was judged. Records that were
corrected or added later bear on the settlement only; both passes are rated here with today's
records.

Both appraisers and the settlers are passes of a language model, which may share habits: the figures
bound reproducibility from above and say nothing about validity.

{count} questions. Kappa has linear weights over the order harm < none < unclear < mixed < benefit
(direction), -2 < -1 < 0 (domains), very low < … < high (certainty), contradicted < … < supported
(support).

| field | pairs | equal | per cent | weighted kappa |
|---|---|---|---|---|"""


def format_agreement(pairs: Sequence[Pair]) -> str:
    """Write the agreement as Markdown: table, far differences, and every settlement."""
    lines = [_HEAD.format(count=len(pairs))]
    for result in measure_agreement(pairs):
        value = "not defined" if result.kappa is None else f"{result.kappa:.2f}"
        share = "" if result.share is None else f"{result.share:.1f}"
        lines.append(f"| {result.field} | {result.pairs} | {result.equal} | {share} | {value} |")
    lines += ["", "## Questions that differed by more than one step", ""]
    far = [pair for pair in pairs if any((pair.steps(field) or 0) > 1 for field in _ORDERS)]
    lines += ["None." if not far else "| question | field | first | second | settled |"]
    lines += ["|---|---|---|---|---|"] if far else []
    for pair in far:
        for field in _ORDERS:
            if (pair.steps(field) or 0) > 1:
                cells = (pair.first[field], pair.second[field], pair.settled[field])
                lines.append(
                    f"| {pair.question} | {field} | " + " | ".join(map(_cell, cells)) + " |"
                )
    lines += ["", "## How the differences were settled", ""]
    for pair in pairs:
        for field, first, second, settled, reason in pair.differences:
            text = f"**{pair.question}**, {field}: {first} / {second} → {settled}. {reason}"
            lines.append(f"- {_cell(text)}")
    return "\n".join(lines) + "\n"


def _cell(value: Any) -> str:
    return "–" if value is None else str(value).replace("|", "\\|").replace("<", "&lt;")
