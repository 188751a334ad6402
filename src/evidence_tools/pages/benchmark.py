"""How well claims are found, matched and advised on, in texts that the tool did not learn from.

Weights are learned from phrasings and from the labelled pages of the split ``train``; the documents
under review, what people filed of them, and the pages marked ``dev`` and ``test`` feed none. Pages
marked ``test`` feed no rules either.
"""

from __future__ import annotations

import datetime as dt
import math
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from evidence_tools.assessment import Assessment, assess
from evidence_tools.base import EvidenceBase
from evidence_tools.pages.advice import PageAdvice, strictest
from evidence_tools.pages.audit import AuditedSentence, Auditor, audit_page, open_auditor
from evidence_tools.pages.claims import Found, Register, find_claims
from evidence_tools.pages.gold import Gold, GoldClaim, Text, gold_pages, gold_texts
from evidence_tools.pages.labelled import LabelledPage, Split, read_labelled_pages
from evidence_tools.pages.matching import Matcher
from evidence_tools.pages.training import FOLDS, fold_of, learn
from evidence_tools.pages.traits import Trouble
from evidence_tools.vocab import Advice, ClaimKind

__all__ = [
    "Benchmark",
    "Outcome",
    "Score",
    "benchmark_rows",
    "read_gold",
    "run_benchmark",
    "run_held_out",
    "wilson",
]

SEED = 20261121
_SAMPLES = 1000


@dataclass(frozen=True)
class Outcome:
    """One passage: what people said, what the claim finder said, what the audit shows."""

    text: str
    kind: str
    split: str
    gold: Gold
    found: Found
    shown: AuditedSentence

    @property
    def kept(self) -> bool:
        """Whether the audit shows a sentence that it took for a claim as one that may stay."""
        return self.found.is_claim and self.shown.advice in (None, PageAdvice.KEEP)

    @property
    def gold_advice(self) -> PageAdvice | None:
        """Strictest of what people's filing leads to; not in the register is not assessed."""
        return strictest(map(_gold_advice, self.gold.claims))


def _gold_advice(claim: GoldClaim) -> PageAdvice:
    return PageAdvice(claim.advice) if claim.advice else PageAdvice.NOT_ASSESSED


@dataclass(frozen=True)
class Score:
    """A share with its interval (95 %) and its count."""

    value: float
    low: float
    high: float
    count: int


@dataclass(frozen=True)
class Benchmark:
    """All outcomes of a run."""

    outcomes: tuple[Outcome, ...]
    notes: tuple[str, ...] = field(default=())


def run_benchmark(
    base: EvidenceBase,
    texts: Mapping[str, str],
    *,
    as_of: dt.date,
    splits: frozenset[str] = frozenset({"document", Split.DEV, Split.TEST}),
) -> Benchmark:
    """Read every text that the tool did not learn from.

    Parameters
    ----------
    base : EvidenceBase
        Register and labelled pages.
    texts : mapping of str to str
        The documents' texts that are at hand; may be empty.
    as_of : date
        Day of the ratings that advice rests on.
    splits : frozenset of str
        Which texts to score.
    """
    assessment = assess(base, as_of)
    pages = [page for page in read_labelled_pages(base.root) if page.split in splits]
    documents = texts if "document" in splits else {}
    gold = (*gold_texts(assessment, documents), *gold_pages(assessment, pages))
    outcomes = read_gold(gold, open_auditor(assessment))
    missing = sorted(set(base.documents) - set(texts))
    notes = (f"documents without a text, not scored: {', '.join(missing)}",) if missing else ()
    return Benchmark(tuple(outcomes), notes)


def read_gold(texts: Iterable[Text], auditor: Auditor) -> Iterator[Outcome]:
    """Read texts, and set beside each passage what people said of it."""
    for text in texts:
        for found, shown, gold in zip(
            find_claims(text.page, auditor.register),
            audit_page(text.page, auditor).sentences,
            text.gold,
            strict=True,
        ):
            yield Outcome(text.id, text.kind, text.split, gold, found, shown)


def run_held_out(
    assessment: Assessment,
    pages: Sequence[LabelledPage],
    report: Callable[[str], None] = lambda line: None,
) -> Benchmark:
    """Read pages to learn from, each by a tool that has not learned from it; takes minutes.

    Parameters
    ----------
    assessment : Assessment
        Register, phrasings and ratings.
    pages : sequence of LabelledPage
        Those to learn from; cut into the parts of :func:`~.training.fold_of`.
    report : callable, optional
        Is told how far it has come.
    """
    base = assessment.base
    outcomes: list[Outcome] = []
    for fold in range(FOLDS):
        report(f"part {fold + 1} of {FOLDS}: learning from the other parts, then reading it")
        learned = learn(assessment, [page for page in pages if fold_of(page.id) != fold])
        matcher = Matcher(base.questions, base.phrasings, learned.likeness)
        auditor = Auditor(assessment, Register(matcher, learned.detector, learned.ranker))
        held = [page for page in pages if fold_of(page.id) == fold]
        outcomes += read_gold(gold_pages(assessment, held), auditor)
    return Benchmark(tuple(outcomes))


def wilson(hits: int, count: int) -> Score:
    """Share with Wilson's interval at 95 %.

    >>> score = wilson(9, 10)
    >>> round(score.value, 2), round(score.low, 2), round(score.high, 2)
    (0.9, 0.6, 0.98)
    """
    if count == 0:
        return Score(math.nan, math.nan, math.nan, 0)
    z = 1.959964
    share = hits / count
    centre = share + z * z / (2 * count)
    spread = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    base = 1 + z * z / count
    return Score(
        share, max(0.0, (centre - spread) / base), min(1.0, (centre + spread) / base), count
    )


def _f1(outcomes: Sequence[Outcome]) -> float:
    right = sum(o.gold.is_claim and o.found.is_claim for o in outcomes)
    wrong = sum(o.gold.is_claim != o.found.is_claim for o in outcomes)
    return 2 * right / (2 * right + wrong) if right or wrong else math.nan


def _f1_score(outcomes: Sequence[Outcome]) -> Score:
    """F1 of claim sentences, with a bootstrap interval over sentences, seed fixed."""
    chance = random.Random(SEED)  # noqa: S311 -- resampling, no secret
    drawn = sorted(_f1(chance.choices(outcomes, k=len(outcomes))) for _ in range(_SAMPLES))
    low, high = drawn[int(0.025 * _SAMPLES)], drawn[int(0.975 * _SAMPLES) - 1]
    return Score(_f1(outcomes), low, high, len(outcomes))


def _claims_found(outcomes: Iterable[Outcome]) -> list[tuple[GoldClaim, tuple[str, ...], bool]]:
    """Gold claims of sentences that were found, with first answers and all answers there."""
    rows: list[tuple[GoldClaim, tuple[str, ...], bool]] = []
    for outcome in outcomes:
        if not outcome.found.is_claim:
            continue
        for gold in outcome.gold.claims:
            here = [
                c for c in outcome.found.claims if c.start < gold.end and gold.start < c.end
            ] or list(outcome.found.claims)
            if not gold.questions:
                rows.append((gold, (), any(c.question is None for c in here)))
                continue
            first = {c.question for c in here}
            listed = {m.question for c in here for m in c.matches}
            at_one = bool(first & {*gold.questions})
            at_three = bool(listed & {*gold.questions})
            rows.append((gold, ("1",) * at_one + ("3",) * at_three, False))
    return rows


def _advised(outcome: Outcome) -> Iterator[tuple[GoldClaim, PageAdvice | None]]:
    """Gold claims of a sentence, each with the advice that the audit gives in its place."""
    for gold in outcome.gold.claims:
        near = [c for c in outcome.shown.claims if c.start < gold.end and gold.start < c.end]
        same = [c for c in outcome.shown.claims if c.question in gold.questions]
        yield gold, strictest(c.advice for c in same or near or outcome.shown.claims)


def _scores(outcomes: Sequence[Outcome]) -> dict[str, Score]:
    said = [o for o in outcomes if o.found.is_claim]
    are = [o for o in outcomes if o.gold.is_claim]
    both = [o for o in said if o.gold.is_claim]
    matched = _claims_found(outcomes)
    asked = [row for row in matched if row[0].questions]
    unasked = [row for row in matched if not row[0].questions]
    named = [
        (c.question, {q for g in o.gold.claims for q in g.questions})
        for o in both
        for c in o.found.claims
        if c.question is not None
    ]
    trouble = [o for o in outcomes if o.gold.trouble]
    remove = [o for o in both if any(g.advice is Advice.REMOVE for g in o.gold.claims)]
    keep = [
        o for o in both if o.gold.claims and all(g.advice is Advice.KEEP for g in o.gold.claims)
    ]
    unknown = [o for o in both if any(not g.questions for g in o.gold.claims)]
    lost = [o for o in are if PageAdvice.REMOVE is o.gold_advice]
    agrees = sum(o.shown.advice is o.gold_advice for o in both)
    return {
        "precision": wilson(len(both), len(said)),
        "recall": wilson(len(both), len(are)),
        "F1": _f1_score(outcomes) if outcomes else wilson(0, 0),
        "recall of trouble": wilson(sum(o.found.is_claim for o in trouble), len(trouble)),
        "question at 1": wilson(sum("1" in row[1] for row in asked), len(asked)),
        "question at 3": wilson(sum("3" in row[1] for row in asked), len(asked)),
        "questions named that are right": wilson(
            sum(question in gold for question, gold in named), len(named)
        ),
        "not in the register, said so": wilson(sum(row[2] for row in unasked), len(unasked)),
        "remove shown as keep": wilson(sum(o.kept for o in remove), len(remove)),
        "advice agrees": wilson(agrees, len(both)),
        "advice agrees, missed ones counted": wilson(agrees, len(are)),
        "remove shown as no claim": wilson(sum(not o.found.is_claim for o in lost), len(lost)),
        "keep shown as keep": wilson(sum(o.kept for o in keep), len(keep)),
        "not in the register shown as keep": wilson(sum(o.kept for o in unknown), len(unknown)),
    }


def benchmark_rows(benchmark: Benchmark) -> list[dict[str, object]]:
    """Rows of the table: one a group and measure, with interval and count.

    Groups are all, the splits, each kind of page, each kind of trouble and each kind of claim.
    """
    outcomes = benchmark.outcomes
    groups: list[tuple[str, str, Callable[[Outcome], bool]]] = [("all", "all", lambda _: True)]
    groups += [
        ("split", split, lambda o, s=split: o.split == s)  # type: ignore[misc]
        for split in dict.fromkeys(o.split for o in outcomes)
    ]
    groups += [
        ("text", name, lambda o, n=name: o.text == n)  # type: ignore[misc]
        for name in dict.fromkeys(o.text for o in outcomes)
    ]
    rows: list[dict[str, object]] = []
    for by, name, holds in groups:
        chosen = [o for o in outcomes if holds(o)]
        rows += [_row(by, name, measure, score) for measure, score in _scores(chosen).items()]
    for kind in Trouble:
        chosen = [o for o in outcomes if kind in o.gold.trouble]
        hits = sum(o.found.is_claim for o in chosen)
        rows.append(_row("trouble", kind, "recall", wilson(hits, len(chosen))))
    matched = _claims_found(outcomes)
    advised = [pair for o in outcomes if o.found.is_claim for pair in _advised(o)]
    for claim_kind in ClaimKind:
        same = [claim for claim in advised if claim[0].kind is claim_kind]
        agreeing = sum(shown is _gold_advice(gold) for gold, shown in same)
        rows.append(_row("kind of claim", claim_kind, "advice agrees", wilson(agreeing, len(same))))
        asked = [row for row in matched if row[0].kind is claim_kind]
        for place in ("1", "3"):
            hits = sum(place in row[1] for row in asked)
            rows.append(
                _row("kind of claim", claim_kind, f"question at {place}", wilson(hits, len(asked)))
            )
    return rows


def _row(by: str, name: str, measure: str, score: Score) -> dict[str, object]:
    shown = {
        key: None if math.isnan(value) else round(value, 3)
        for key, value in (("value", score.value), ("low", score.low), ("high", score.high))
    }
    return {"by": by, "name": str(name), "measure": measure, **shown, "count": score.count}
