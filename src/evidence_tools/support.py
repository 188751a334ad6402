"""Claim and ratings of its questions → support, fit, advice and trace of the claim.

Pure, as :mod:`evidence_tools.rating` is. A claim is no better supported than the weakest of the
questions it answers to, and its wording must stay inside what was shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evidence_tools.questions import Appraisal, Question, Wording
from evidence_tools.rating import Rating, Step
from evidence_tools.rules import Rules, TopicRule
from evidence_tools.vocab import (
    Advice,
    AuthorityStatus,
    ClaimKind,
    Directness,
    Duration,
    FitCheck,
    Magnitude,
    MassageType,
    ShownDuration,
    ShownMagnitude,
    Strength,
    Support,
    Technique,
    WordingKind,
)

__all__ = ["Answer", "FitResult", "Sentence", "Verdict", "check_fit", "judge", "judge_wording"]


@dataclass(frozen=True)
class Sentence:
    """What the rules read in a sentence, whether a page or the register wrote it."""

    kind: ClaimKind
    strength: Strength
    technique: Technique
    duration: Duration | None = None
    magnitude: Magnitude | None = None
    population_shown: bool = True


@dataclass(frozen=True)
class Answer:
    """One question a sentence answers to, with its appraisal, rating and techniques studied."""

    question: Question
    appraisal: Appraisal | None
    rating: Rating
    massage_types: frozenset[MassageType] = frozenset()


@dataclass(frozen=True)
class FitResult:
    """Whether a sentence stays inside what was shown, in one respect, and why."""

    check: FitCheck
    fits: bool
    why: str
    question: str | None = None


@dataclass(frozen=True)
class Verdict:
    """Support, fit and advice of a sentence; support and advice are None if not yet appraised.

    ``limiting`` is the question that set the support; ``instead`` are wordings that the other
    questions of the sentence carry.
    """

    support: Support | None
    fit: tuple[FitResult, ...]
    advice: Advice | None
    condition: str
    wording: Wording | None
    limiting: str | None
    instead: tuple[tuple[str, Wording], ...]
    steps: tuple[Step, ...]
    profile: str


def judge(
    sentence: Sentence, answers: Sequence[Answer], rules: Rules, profile: str = "strict"
) -> Verdict:
    """Judge one sentence against the questions it answers to.

    Parameters
    ----------
    sentence : Sentence
        Its kind, strength, technique, duration and magnitude.
    answers : sequence of Answer
        The questions, main one first; at least one.
    rules : Rules
        Tables of fit and advice.
    profile : str
        Yardstick, a key of ``rules.profiles``.
    """
    waiting = [answer for answer in answers if answer.rating.support is None]
    if waiting:
        listed = ", ".join(answer.question.id for answer in waiting)
        step = Step("not-yet-appraised", f"Not yet appraised: {listed}. No level is given.")
        return Verdict(None, (), None, "", None, None, (), (step,), profile)
    limiting = min(answers, key=lambda answer: _rank(answer.rating))
    support = limiting.rating.support
    assert support is not None  # noqa: S101 -- the waiting ones were sent back above
    listed = ", ".join(f"{answer.question.id} {answer.rating.support}" for answer in answers)
    steps = [Step("weakest-question", f"{listed}: the claim takes {support}.")]
    fit = tuple(check_fit(sentence, answers, support, rules))
    fits = all(result.fits for result in fit)
    failed = ", ".join(result.check for result in fit if not result.fits)
    steps.append(Step("fit", "Fits in every respect." if fits else f"Does not fit: {failed}."))
    row = rules.profiles[profile].advice[support]
    advice = row.fits if fits else row.does_not_fit
    steps.append(
        Step(
            "advice-table",
            f"{support} and {'fits' if fits else 'does not fit'} give {advice} "
            f"(profile {profile}, rules {rules.version}).",
        )
    )
    for rule in rules.profiles[profile].topics:
        moved = _apply_topic(rule, sentence, answers, advice)
        if moved is not advice:
            steps.append(Step("topic-rule", f"{advice} becomes {moved}: {rule.reason}."))
            advice = moved
    wording = limiting.appraisal.wording if limiting.appraisal else None
    instead = tuple(
        (answer.question.id, answer.appraisal.wording)
        for answer in answers
        if answer is not limiting and answer.appraisal and answer.appraisal.wording
    )
    return Verdict(
        support,
        fit,
        advice,
        row.condition if fits else "",
        wording,
        limiting.question.id,
        instead,
        tuple(steps),
        profile,
    )


def _apply_topic(
    rule: TopicRule, sentence: Sentence, answers: Sequence[Answer], advice: Advice
) -> Advice:
    """Advice after a profile's rule for named questions."""
    order = list(Advice)
    asked = {answer.question.id for answer in answers}
    if rule.at_best is not None:
        named = bool(asked & set(rule.questions))
        return max(advice, rule.at_best, key=order.index) if named else advice
    refuted = {Support.CONTRADICTED, Support.NOT_SUPPORTED}
    mild = (
        asked <= set(rule.questions)
        and not refuted & {answer.rating.support for answer in answers}
        and sentence.strength in (Strength.MODERATE, Strength.HEDGED)
        and sentence.duration is not Duration.LONG
        and sentence.magnitude is not Magnitude.COMPLETE
    )
    if not mild or rule.at_least is None:
        return advice
    return min(advice, rule.at_least, key=order.index)


def judge_wording(
    wording: Wording, answer: Answer, rules: Rules, profile: str = "strict"
) -> Verdict:
    """Judge a wording of the register by the same rules as a clinic's sentence.

    A wording that reports the state of the evidence asserts no effect: it is kept exactly while the
    level it states is the level that the question has.
    """
    if wording.kind is WordingKind.EFFECT:
        sentence = Sentence(
            answer.question.kind,
            wording.strength,
            wording.technique,
            wording.duration,
            wording.magnitude,
        )
        return judge(sentence, [answer], rules, profile)
    true = wording.states is answer.rating.support
    text = f"States {wording.states}; the question has {answer.rating.support}."
    result = FitResult(FitCheck.STRENGTH, true, text, answer.question.id)
    advice = Advice.KEEP if true else Advice.REMOVE
    return Verdict(
        answer.rating.support,
        (result,),
        advice,
        "",
        wording,
        answer.question.id,
        (),
        (Step("states-the-evidence", text),),
        profile,
    )


def _rank(rating: Rating) -> int:
    return rating.support.rank if rating.support is not None else -1


def check_fit(
    sentence: Sentence, answers: Sequence[Answer], support: Support, rules: Rules
) -> list[FitResult]:
    """Check a sentence in all seven respects; the first question that fails is named."""
    return [
        _fit_strength(sentence, support, rules),
        *(
            _worst([check(sentence, answer, rules) for answer in answers])
            for check in (
                _fit_duration,
                _fit_magnitude,
                _fit_population,
                _fit_intervention,
                _fit_comparison,
                _fit_authority,
            )
        ),
    ]


def _worst(results: list[FitResult]) -> FitResult:
    return next((result for result in results if not result.fits), results[0])


def _fit_strength(sentence: Sentence, support: Support, rules: Rules) -> FitResult:
    needs = rules.strength_needs.get(sentence.strength)
    if needs is None:
        why = "absolute wording never fits an average effect"
        return FitResult(FitCheck.STRENGTH, False, why)
    fits = support.rank >= needs.rank
    verb = "carries" if fits else "does not carry"
    why = f"{support} {verb} {sentence.strength} wording, which needs at least {needs}"
    return FitResult(FitCheck.STRENGTH, fits, why)


def _fit_duration(sentence: Sentence, answer: Answer, rules: Rules) -> FitResult:
    shown = answer.appraisal.shown.duration if answer.appraisal else ShownDuration.NOT_SHOWN
    span = sentence.duration
    if span is None or shown is ShownDuration.NOT_APPLICABLE:
        return FitResult(FitCheck.DURATION, True, "no time span is promised")
    spans = list(ShownDuration)
    needed = ShownDuration.LONG if span is Duration.LONG else ShownDuration.IMMEDIATE
    fits = spans.index(shown) >= spans.index(needed)
    why = f"a {span} effect is promised; effects were shown: {shown}"
    return FitResult(FitCheck.DURATION, fits, why, answer.question.id)


def _fit_magnitude(sentence: Sentence, answer: Answer, rules: Rules) -> FitResult:
    shown = answer.appraisal.shown.magnitude if answer.appraisal else ShownMagnitude.NOT_SHOWN
    promised = sentence.magnitude
    if shown is ShownMagnitude.NOT_APPLICABLE:
        return FitResult(FitCheck.MAGNITUDE, True, "size of effect does not apply")
    if promised is Magnitude.COMPLETE:
        fits = shown is ShownMagnitude.COMPLETE
        why = f"a complete effect is promised; size shown: {shown}"
    elif shown is ShownMagnitude.TRIVIAL:
        fits, why = False, "the effect shown is too small to matter"
    elif promised is Magnitude.REDUCTION:
        fits = shown is not ShownMagnitude.NOT_SHOWN
        why = f"a reduction is promised; size shown: {shown}"
    else:
        fits, why = True, "no size of effect is promised"
    return FitResult(FitCheck.MAGNITUDE, fits, why, answer.question.id)


def _fit_population(sentence: Sentence, answer: Answer, rules: Rules) -> FitResult:
    if not sentence.population_shown:
        why = "the sentence speaks of people whom no study of the question looked at"
        return FitResult(FitCheck.POPULATION, False, why, answer.question.id)
    fits = answer.appraisal is not None and answer.appraisal.shown.covers_population
    shown = answer.appraisal.shown.population if answer.appraisal else "nobody"
    return FitResult(
        FitCheck.POPULATION,
        fits,
        f"shown in {shown}; asked of {answer.question.population}",
        answer.question.id,
    )


def _fit_intervention(sentence: Sentence, answer: Answer, rules: Rules) -> FitResult:
    directness = answer.rating.directness or Directness.INDIRECT
    technique = sentence.technique
    wanted = rules.massage_type_for.get(technique, ())
    fits = directness in rules.directness_for[technique]
    why = f"evidence for neuromuscular massage itself: {directness}; the sentence says {technique}"
    if wanted and directness is not Directness.NOT_APPLICABLE:
        fits = bool(answer.massage_types & set(wanted))
        seen = ", ".join(sorted(answer.massage_types)) or "none"
        why = f"techniques studied: {seen}; the sentence says {technique}"
    return FitResult(FitCheck.INTERVENTION, fits, why, answer.question.id)


def _fit_comparison(sentence: Sentence, answer: Answer, rules: Rules) -> FitResult:
    if ClaimKind.COMPARISON not in (sentence.kind, answer.question.kind):
        return FitResult(FitCheck.COMPARISON, True, "nothing is compared")
    fits = answer.appraisal is not None and answer.appraisal.shown.head_to_head
    why = "a head-to-head comparison " + ("bears it out" if fits else "does not bear it out")
    return FitResult(FitCheck.COMPARISON, fits, why, answer.question.id)


def _fit_authority(sentence: Sentence, answer: Answer, rules: Rules) -> FitResult:
    if ClaimKind.AUTHORITY not in (sentence.kind, answer.question.kind):
        return FitResult(FitCheck.AUTHORITY, True, "no authority is named")
    status = answer.appraisal.shown.authority if answer.appraisal else AuthorityStatus.NOT_FOUND
    fits = status in (AuthorityStatus.CURRENT, AuthorityStatus.NOT_APPLICABLE)
    return FitResult(
        FitCheck.AUTHORITY, fits, f"the body or its document: {status}", answer.question.id
    )
