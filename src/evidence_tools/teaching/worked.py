"""A worked example: from one sentence to its verdict, stage by stage, out of the real trace."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from evidence_tools.assessment import Assessment
from evidence_tools.errors import InputError
from evidence_tools.identifiers import parse_finding_ref
from evidence_tools.labels import (
    CERTAINTY,
    OVERSTEPS,
    SAFETY,
    advice_label,
    support_label,
)
from evidence_tools.models import Claim
from evidence_tools.questions import Question
from evidence_tools.rating import Rating, Step
from evidence_tools.retirement import check_in_use
from evidence_tools.support import Verdict, judge_wording
from evidence_tools.teaching.glossary import KINDS, STRENGTHS
from evidence_tools.vocab import Advice, ClaimKind, Effect, WordingKind

__all__ = ["STAGES", "Example", "Stage", "choose_claim", "format_example", "stage_frame", "work"]

#: The stages of every example, in their order, with their headings.
STAGES: dict[str, str] = {
    "sentence": "Read the sentence",
    "questions": "Ask what would have to be true",
    "findings": "See which way the studies point",
    "start": "Take the kind of study as the start",
    "reasons": "Count the reasons to be less sure",
    "level": "Read the level off the table",
    "weakest": "Take the weakest of all questions",
    "fit": "Check the wording, seven times",
    "advice": "Read the advice off the table",
    "instead": "Find what could be said",
}
#: Results that a reader can take in at once.
_FEW = 6
_NOTHING = "Nobody has judged the studies on this yet. So the example stops here."


@dataclass(frozen=True)
class Stage:
    """One stage: what is done, with its table, and the trace's own words for it."""

    name: str
    text: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    trace: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Heading of the stage."""
        return STAGES[self.name]


@dataclass(frozen=True)
class Example:
    """A claim with all stages on its way to the verdict."""

    claim: str
    sentence: str
    limiting: str | None
    verdict: Verdict
    stages: tuple[Stage, ...]

    def stage(self, name: str) -> Stage:
        """Return the stage of that name."""
        return next(stage for stage in self.stages if stage.name == name)


def choose_claim(assessment: Assessment) -> str:
    """Return the claim that shows most: the default of the worked example.

    It promises an effect, leans on questions of different levels, has reasons to rate down, fails
    some checks while it passes others, and something can be said instead; among equals the
    shortest sentence.

    Raises
    ------
    InputError
        When the evidence base holds no claim.
    """
    if not assessment.base.claims:
        raise InputError("the evidence base holds no claim, so there is none to show")

    def worth(claim: Claim) -> tuple[int, int, str]:
        verdict = assessment.verdicts[claim.id]
        if verdict.limiting is None:
            return (0, -len(claim.proposition), claim.id)
        rating = assessment.ratings[verdict.limiting]
        appraisal = assessment.appraisals[verdict.limiting]
        failed = sum(not result.fits for result in verdict.fit)
        shown = (
            True,
            claim.kind is ClaimKind.EFFICACY,
            verdict.wording is not None and verdict.wording.kind is WordingKind.EFFECT,
            any(result.counted for result in rating.domains),
            0 < failed <= len(verdict.fit) // 2,
            verdict.advice is Advice.REWORD,
            appraisal is not None and 2 <= len(appraisal.findings_basis) <= _FEW,
        )
        # Without several levels the stage of the weakest question has nothing to show.
        levels = len({assessment.ratings[key].support for key in claim.questions})
        return (sum(shown) + 3 * (levels > 1), -len(claim.proposition), claim.id)

    return max(assessment.base.claims.values(), key=worth).id


def work(assessment: Assessment, claim: str | None = None) -> Example:
    """Work one claim through, from its sentence to its verdict.

    Parameters
    ----------
    assessment : Assessment
        The evidence base as judged on a day.
    claim : str, optional
        Id of the claim; by default the one of :func:`choose_claim`.

    Returns
    -------
    Example
        With every stage of :data:`STAGES`; a stage that the rules skip for this claim says why.

    Raises
    ------
    InputError
        When there is no such claim, with the ids that look most like it.
    """
    key = claim or choose_claim(assessment)
    found = assessment.base.claims.get(key)
    if found is None:
        check_in_use(assessment.base.retired, key)
        near = difflib.get_close_matches(key, assessment.base.claims, n=3, cutoff=0.5)
        raise InputError(
            f"no claim {key!r}",
            expected=f"an id such as {', '.join(near)}" if near else "the id of a claim",
            fix="list them with: evidence claims",
        )
    verdict = assessment.verdicts[key]
    asked = [assessment.base.questions[name] for name in found.questions]
    limiting = verdict.limiting
    makers: dict[str, Callable[[], Stage]] = {
        "sentence": lambda: _sentence(found),
        "questions": lambda: _questions(asked),
    }
    if limiting is not None:
        rating = assessment.ratings[limiting]
        makers |= {
            "findings": lambda: _findings(assessment, limiting),
            "start": lambda: _start(assessment, rating),
            "reasons": lambda: _reasons(rating),
            "level": lambda: _level(assessment, rating),
            "weakest": lambda: _weakest(assessment, asked, verdict),
            "fit": lambda: _fit(verdict),
            "advice": lambda: _advice(assessment, verdict),
            "instead": lambda: _instead(assessment, verdict),
        }
    stages = tuple(makers.get(name, lambda n=name: Stage(n, _NOTHING))() for name in STAGES)
    return Example(key, found.proposition, limiting, verdict, stages)


def stage_frame(stage: Stage) -> pd.DataFrame:
    """Return the table of a stage, empty where it has none."""
    return pd.DataFrame(list(stage.rows), columns=list(stage.columns))


def format_example(example: Example) -> str:
    """Write an example as Markdown."""
    lines = [f"# From a sentence to its verdict: {example.claim}", "", f"> {example.sentence}", ""]
    for number, stage in enumerate(example.stages, start=1):
        lines += [f"## {number}. {stage.title}", "", stage.text, ""]
        if stage.rows:
            lines += [_row(stage.columns), "|" + " --- |" * len(stage.columns)]
            lines += [*(_row(row) for row in stage.rows), ""]
        lines += [f"Trace: {text}" for text in stage.trace]
        lines += [""] if stage.trace else []
    return "\n".join(lines).replace("<", "&lt;")


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"


def _said(steps: Sequence[Step], *rules: str) -> tuple[str, ...]:
    return tuple(step.text for step in steps if step.rule in rules)


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _sentence(claim: Claim) -> Stage:
    rows = [
        ("What it claims", KINDS[claim.kind]),
        ("How strongly it is worded", f"{claim.strength}: {STRENGTHS[claim.strength]}"),
        ("Treatment that it names", str(claim.technique)),
        ("Time that it promises", str(claim.duration or "none")),
        ("Size of effect that it promises", str(claim.magnitude or "none")),
        ("Were the people that it names studied?", "yes" if claim.population_shown else "no"),
    ]
    text = (
        "This is the claim in our own words. We first write down what it says and what it does not."
    )
    return Stage("sentence", text, ("what we read", "in this sentence"), tuple(rows))


def _questions(asked: Sequence[Question]) -> Stage:
    rows = tuple((question.id, question.question) for question in asked)
    text = (
        "For this claim to hold, one thing must be true."
        if len(rows) == 1
        else f"For this claim to hold, {len(rows)} things must be true, all of them."
    )
    return Stage("questions", text, ("question", "what we ask"), rows)


_WAYS: dict[Effect, str] = {
    Effect.FAVOURS_MASSAGE: "for massage",
    Effect.NO_DIFFERENCE: "no difference",
    Effect.FAVOURS_COMPARATOR: "for the other care",
    Effect.HARM: "harm",
    Effect.MIXED: "mixed",
    Effect.UNCLEAR: "unclear",
}


def _findings(assessment: Assessment, key: str) -> Stage:
    rating, appraisal = assessment.ratings[key], assessment.appraisals[key]
    trace = _said(rating.steps, "unusable-findings", "direction", "direction-without-finding")
    if appraisal is None or not appraisal.findings_basis:
        text = (
            "A search looked for studies and found none. So there is no way that they could point."
        )
        return Stage("findings", text, trace=_said(rating.steps, "none-found"))
    dropped = dict(rating.dropped)
    pro = set(appraisal.findings_for)
    rows = []
    for address in appraisal.findings_basis:
        if address in dropped:
            continue
        record, finding = assessment.resolve(address)
        side = (
            "for" if address in pro else "against" if address in appraisal.findings_against else ""
        )
        rows.append(
            (address, str(record.year or ""), str(record.design), finding.outcome,
             _WAYS[finding.direction], side)
        )  # fmt: skip
    sources = len({parse_finding_ref(row[0]).record for row in rows})
    text = (
        f"We look at “{key}” first, for it sets the level in the end. A person chose the best "
        f"results there are: {_count(len(rows), 'result')} from {_count(sources, 'source')}. "
        f"Read as a whole, they point to: {rating.direction}."
    )
    columns = ("result", "year", "kind of study", "what was measured", "points to", "side")
    return Stage("findings", text, columns, tuple(rows), trace)


def _start(assessment: Assessment, rating: Rating) -> Stage:
    question = assessment.base.questions[rating.question]
    appraisal = assessment.appraisals[rating.question]
    if rating.start is None or appraisal is None:
        return Stage("start", "With no study there is no start. We skip this step.")
    text = (
        f"Some kinds of study can be trusted more than others. The best kind here lets us start at "
        f"“{rating.start}” {CERTAINTY[rating.start]}."
    )
    rules = assessment.base.rules
    table = rules.start[rules.families[question.kind]]
    dropped = dict(rating.dropped)
    basis = [address for address in appraisal.findings_basis if address not in dropped]
    designs = sorted({assessment.resolve(address)[0].design for address in basis})
    rows = tuple(
        (str(design), str(table[design].proposed), str(table[design].at_most)) for design in designs
    )
    columns = ("kind of study", "starts at", "a person may go up to")
    return Stage("start", text, columns, rows, _said(rating.steps, "start"))


def _reasons(rating: Rating) -> Stage:
    if not rating.domains or rating.start is None or rating.certainty is None:
        return Stage("reasons", "With no study there is nothing to count. We skip this step.")
    rows = tuple(
        (str(result.domain).replace("-", " "), str(result.counted).replace("-", "−"), result.reason)
        for result in rating.domains
    )
    down = -sum(result.counted for result in rating.domains)
    text = (
        f"There are five reasons to be less sure. Each can take off one step or two. We start at "
        f"“{rating.start}” and go down by {_count(down, 'step')}, but never lower than “very low”. "
        f"That leaves “{rating.certainty}” {CERTAINTY[rating.certainty]}."
    )
    said = _said(rating.steps, "no-rating-up", "certainty")
    return Stage("reasons", text, ("reason", "steps", "why"), rows, said)


def _level(assessment: Assessment, rating: Rating) -> Stage:
    label = support_label(rating.support)
    kind = assessment.base.questions[rating.question].kind
    meaning = label.meaning
    if kind is ClaimKind.SAFETY and rating.support is not None:
        meaning = SAFETY.get(rating.support, meaning)
    if rating.certainty is None or rating.direction is None:
        text = f"No study was found, so the level is “{label.word}” {label.symbol}."
        return Stage("level", text, trace=_said(rating.steps, "none-found"))
    ways = list(assessment.base.rules.support[rating.certainty].items())
    rows = tuple(
        (f"{way}{' ◀' if way is rating.direction else ''}", support_label(level).word)
        for way, level in ways
    )
    text = (
        f"How sure we are: “{rating.certainty}”. Which way the studies point: "
        f"“{rating.direction}”. The table turns the two into “{label.word}” {label.symbol}: "
        f"{meaning}"
    )
    columns = (f"if the certainty is {rating.certainty} and the direction is", "the level is")
    return Stage("level", text, columns, rows, _said(rating.steps, "support-table"))


def _weakest(assessment: Assessment, asked: Sequence[Question], verdict: Verdict) -> Stage:
    rows = []
    for question in asked:
        label = support_label(assessment.ratings[question.id].support)
        mark = " ◀" if question.id == verdict.limiting else ""
        rows.append((f"{question.id}{mark}", f"{label.symbol} {label.word}"))
    label = support_label(verdict.support)
    text = f"The claim leans on one question only, so it takes its level: “{label.word}”."
    if len(rows) > 1:
        text = (
            f"A chain is as strong as its weakest link. So the claim takes the weakest level of "
            f"its {len(rows)} questions: “{label.word}” {label.symbol}."
        )
    said = _said(verdict.steps, "weakest-question")
    return Stage("weakest", text, ("question", "level"), tuple(rows), said)


def _fit(verdict: Verdict) -> Stage:
    rows = tuple(
        (str(result.check), "✓ fits" if result.fits else "✗ does not fit", result.why)
        for result in verdict.fit
    )
    failed = [OVERSTEPS[result.check] for result in verdict.fit if not result.fits]
    text = "Does the sentence stay inside what was shown? " + (
        f"No. {_count(len(failed), 'check')} of {len(rows)} failed: {'; '.join(failed)}."
        if failed
        else f"Yes, in all {len(rows)} checks."
    )
    said = _said(verdict.steps, "fit")
    return Stage("fit", text, ("check", "result", "why"), rows, said)


def _advice(assessment: Assessment, verdict: Verdict) -> Stage:
    table = assessment.base.rules.profiles[verdict.profile].advice
    rows = []
    for level, row in reversed(table.items()):
        mark = " ◀" if level is verdict.support else ""
        rows.append((f"{support_label(level).word}{mark}", str(row.fits), str(row.does_not_fit)))
    label = advice_label(verdict.advice)
    condition = f" One condition: {verdict.condition}." if verdict.condition else ""
    text = f"The verdict is “{label.word}” {label.symbol}: {label.meaning}{condition}"
    columns = ("level", "if the wording fits", "if it does not fit")
    said = _said(verdict.steps, "advice-table", "topic-rule")
    return Stage("advice", text, columns, tuple(rows), said)


def _instead(assessment: Assessment, verdict: Verdict) -> Stage:
    offered = [] if verdict.wording is None else [(verdict.limiting or "", verdict.wording)]
    rows = []
    for key, wording in [*offered, *verdict.instead]:
        judged = judge_wording(
            wording, assessment.answers[key], assessment.base.rules, verdict.profile
        )
        if judged.advice is Advice.KEEP:
            rows.append((key, wording.text))
    text = (
        "What we offer went through the same checks, and may be said."
        if rows
        else "There is no sentence on this that the studies would bear out."
    )
    return Stage("instead", text, ("question", "what may be said"), tuple(rows))
