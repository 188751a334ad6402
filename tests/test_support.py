"""A claim is no better than its weakest question; its wording stays inside what was shown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import DAY, RULES, appraisal, domains, question, record, wording
from evidence_tools.questions import Shown
from evidence_tools.rating import Rating, rate
from evidence_tools.support import Answer, Sentence, judge, judge_wording
from evidence_tools.vocab import (
    Advice,
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
)

ENUMS = {"strength": Strength, "duration": Duration, "magnitude": Magnitude}


def sentence(**changes: Any) -> Sentence:
    """A hedged sentence on massage that promises nothing in particular."""
    values = {
        "kind": ClaimKind.EFFICACY,
        "strength": Strength.HEDGED,
        "technique": Technique.MASSAGE,
    }
    return Sentence(**{**values, **changes})


def answer(support: str | None = "supported", **changes: Any) -> Answer:
    """An answer with that support; ``changes`` are to what was shown."""
    directness = changes.pop("directness", "direct")
    kind = changes.pop("kind", "efficacy")
    key = changes.pop("id", "low-back-pain")
    types = changes.pop("types", frozenset({MassageType.NEUROMUSCULAR}))
    shown = Shown(**{**appraisal().shown.model_dump(), **changes})
    level = Support(support) if support else None
    rating = Rating(key, level, None, None, Directness(directness))
    return Answer(question(id=key, kind=kind), appraisal(shown=shown), rating, types)


def verdict(sent: Sentence, *answers: Answer) -> Any:
    """Judge with the strict profile."""
    return judge(sent, answers or (answer(),), RULES)


def fit(result: Any, check: FitCheck) -> bool:
    """Whether one check of a verdict passed."""
    return next(r.fits for r in result.fit if r.check is check)


STRENGTH = {
    "absolute": set(),
    "strong": {"supported"},
    "moderate": {"supported", "limited"},
    "hedged": {"supported", "limited", "conflicting"},
}


@pytest.mark.parametrize("strength", STRENGTH)
@pytest.mark.parametrize("support", [level.value for level in Support])
def test_a_wording_is_as_strong_as_its_support_allows(strength, support):
    """Absolute never; strong needs supported; moderate limited; hedged conflicting."""
    result = verdict(sentence(strength=Strength(strength)), answer(support))
    assert fit(result, FitCheck.STRENGTH) == (support in STRENGTH[strength])


ADVICE = {
    "supported": ("keep", "reword"), "limited": ("keep", "reword"),
    "conflicting": ("reword", "reword"), "insufficient": ("remove", "remove"),
    "none-found": ("remove", "remove"), "not-supported": ("remove", "remove"),
    "contradicted": ("remove", "remove"),
}  # fmt: skip


@pytest.mark.parametrize(("support", "advice"), ADVICE.items())
def test_support_and_fit_give_the_advice_of_the_table(support, advice):
    """The table of the design, row by row; limited is kept only with its limits said."""
    fits = verdict(sentence(), answer(support))
    does_not = verdict(sentence(strength=Strength.ABSOLUTE), answer(support))
    assert (fits.advice, does_not.advice) == advice
    assert bool(fits.condition) == (support == "limited")


def test_a_claim_takes_its_weakest_question_and_names_it():
    """Contradicted is weakest, supported strongest, in the order of the vocabulary."""
    result = verdict(sentence(), answer("supported"), answer("insufficient", id="sleep-quality"))
    assert result.support == Support.INSUFFICIENT
    assert result.limiting == "sleep-quality"
    assert [key for key, _ in result.instead] == ["low-back-pain"]


def test_a_claim_with_a_question_not_yet_appraised_has_no_level():
    """Not yet appraised is shown as such, whatever the other questions say."""
    result = verdict(sentence(), answer("contradicted"), answer(None, id="sleep-quality"))
    assert result.support is None
    assert result.advice is None
    assert result.fit == ()


@pytest.mark.parametrize(
    ("promised", "shown", "fits"),
    [
        (None, "not shown", True),
        ("temporary", "not shown", False),
        ("temporary", "immediate", True),
        ("short", "immediate", True),
        ("short", "short", True),
        ("long", "short", False),
        ("long", "intermediate", False),
        ("long", "long", True),
        ("long", "not applicable", True),
    ],
)
def test_a_promised_time_span_must_have_been_shown(promised, shown, fits):
    """Lasting relief promised, only short-term effects shown: does not fit."""
    span = Duration(promised) if promised else None
    result = verdict(sentence(duration=span), answer(duration=ShownDuration(shown)))
    assert fit(result, FitCheck.DURATION) is fits


@pytest.mark.parametrize(
    ("promised", "shown", "fits"),
    [
        (None, "small", True),
        (None, "trivial", False),
        (None, "not shown", True),
        ("reduction", "small", True),
        ("reduction", "trivial", False),
        ("reduction", "not shown", False),
        ("complete", "important", False),
        ("complete", "complete", True),
        ("complete", "not applicable", True),
    ],
)
def test_a_promised_size_must_have_been_shown(promised, shown, fits):
    """Complete relief promised, reduction shown; statistically visible, clinically trivial."""
    size = Magnitude(promised) if promised else None
    result = verdict(sentence(magnitude=size), answer(magnitude=ShownMagnitude(shown)))
    assert fit(result, FitCheck.MAGNITUDE) is fits


@pytest.mark.parametrize(
    ("technique", "directness", "fits"),
    [
        ("neuromuscular massage", "direct", True),
        ("neuromuscular massage", "partial", False),
        ("neuromuscular massage", "indirect", False),
        ("neuromuscular massage", "not applicable", True),
        ("trigger point release", "indirect", False),
        ("massage therapy", "indirect", True),
        ("stretching", "direct", False),
        ("none", "indirect", True),
    ],
)
def test_general_massage_is_not_neuromuscular_massage(technique, directness, fits):
    """Evidence on massage in general does not carry a claim for neuromuscular massage."""
    result = verdict(sentence(technique=Technique(technique)), answer(directness=directness))
    assert fit(result, FitCheck.INTERVENTION) is fits


def test_a_named_technique_needs_studies_of_that_technique():
    """A claim for myofascial release needs studies of myofascial release."""
    sent = sentence(technique=Technique.MYOFASCIAL_RELEASE)
    with_it = answer(types=frozenset({MassageType.MYOFASCIAL_RELEASE}))
    assert fit(verdict(sent, with_it), FitCheck.INTERVENTION)
    assert not fit(verdict(sent, answer()), FitCheck.INTERVENTION)


def test_people_who_were_not_studied_are_not_covered():
    """Shown in one condition, claimed for another or for everybody: does not fit."""
    assert not fit(verdict(sentence(), answer(covers_population=False)), FitCheck.POPULATION)
    assert not fit(verdict(sentence(population_shown=False)), FitCheck.POPULATION)
    assert fit(verdict(sentence()), FitCheck.POPULATION)


@pytest.mark.parametrize("head_to_head", [True, False])
def test_better_than_needs_a_head_to_head(head_to_head):
    """A comparison without a head-to-head does not fit; other sentences compare nothing."""
    sent = sentence(kind=ClaimKind.COMPARISON)
    result = verdict(sent, answer(kind="comparison", head_to_head=head_to_head))
    assert fit(result, FitCheck.COMPARISON) is head_to_head
    assert fit(verdict(sentence(), answer(head_to_head=head_to_head)), FitCheck.COMPARISON)


@pytest.mark.parametrize(
    ("status", "fits"),
    [("current", True), ("renamed", False), ("dissolved", False), ("document not found", False)],
)
def test_a_body_that_is_gone_recognises_nothing(status, fits):
    """Body renamed, dissolved, or its document not found: does not fit."""
    sent = sentence(kind=ClaimKind.AUTHORITY)
    result = verdict(sent, answer(kind="authority", authority=status))
    assert fit(result, FitCheck.AUTHORITY) is fits


def test_one_failing_question_fails_the_check_and_is_named():
    """A claim on two questions must fit both."""
    result = verdict(
        sentence(duration=Duration.LONG),
        answer(duration="long"),
        answer(id="sleep-quality", duration="short"),
    )
    failed = next(r for r in result.fit if r.check is FitCheck.DURATION)
    assert (failed.fits, failed.question) == (False, "sleep-quality")


ranks = st.sampled_from(list(Support))


@given(st.lists(ranks, min_size=1, max_size=5), st.randoms())
def test_the_order_of_questions_never_changes_support(levels, random):
    """Support is the minimum, whichever question is named first."""
    answers = [answer(level, id=f"question-{n}") for n, level in enumerate(levels)]
    shuffled = list(answers)
    random.shuffle(shuffled)
    expected = min(levels, key=lambda level: level.rank)
    assert verdict(sentence(), *answers).support == expected
    assert verdict(sentence(), *shuffled).support == expected


@given(ranks, ranks)
def test_a_further_question_never_makes_a_claim_better(one, two):
    """Leaning on one more question can only keep or lower support."""
    alone = verdict(sentence(), answer(one)).support
    both = verdict(sentence(), answer(one), answer(two, id="sleep-quality")).support
    assert both.rank <= alone.rank


def _rated(**changes: Any) -> Answer:
    judged = appraisal(**changes)
    asked = question(appraisal=judged)
    rating = rate(asked, judged, {"smith2020": record()}, RULES, as_of=DAY)
    return Answer(asked, judged, rating, frozenset({MassageType.NEUROMUSCULAR}))


def test_the_registers_own_wording_is_judged_like_a_clinics():
    """A hedged wording on a limited question is kept; an absolute one never."""
    limited = _rated(domains=domains(risk_of_bias=-2))
    assert judge_wording(wording(), limited, RULES).advice == "keep"
    strong = wording(strength="strong")
    assert judge_wording(strong, limited, RULES).advice == "reword"


def test_a_wording_on_the_state_of_the_evidence_is_kept_only_while_it_is_true():
    """It states a level, and is kept exactly while that is the level."""
    honest = wording(kind="state of the evidence", states="limited")
    assert judge_wording(honest, _rated(domains=domains(risk_of_bias=-2)), RULES).advice == "keep"
    assert judge_wording(honest, _rated(), RULES).advice == "remove"


def test_the_trace_of_a_claim_says_which_rules_fired():
    """Weakest question, fit, advice: each with what it made of what."""
    rules = [step.rule for step in verdict(sentence()).steps]
    assert rules == ["weakest-question", "fit", "advice-table"]


@pytest.mark.parametrize(
    ("profile", "key", "support", "changes", "advice"),
    [
        ("strict", "stress-reduction", "insufficient", {}, "remove"),
        ("uk-cap", "stress-reduction", "insufficient", {}, "keep"),
        ("uk-cap", "stress-reduction", "insufficient", {"strength": "absolute"}, "remove"),
        ("uk-cap", "stress-reduction", "insufficient", {"duration": "long"}, "remove"),
        ("uk-cap", "stress-reduction", "insufficient", {"magnitude": "complete"}, "remove"),
        ("uk-cap", "stress-reduction", "not-supported", {}, "remove"),
        ("uk-cap", "migraine", "supported", {}, "reword"),
        ("strict", "migraine", "supported", {}, "keep"),
        ("uk-cap", "migraine", "insufficient", {}, "remove"),
        ("ahpra", "low-back-pain", "limited", {}, "reword"),
        ("ahpra", "low-back-pain", "conflicting", {}, "remove"),
    ],
)
def test_a_profile_is_stricter_or_softer_for_named_topics(profile, key, support, changes, advice):
    """Softer only for mild wording that no study refutes; stricter for named conditions."""
    sent = sentence(strength="moderate", duration=None, magnitude=None)
    sent = replace(sent, **{k: ENUMS[k](v) for k, v in changes.items()})
    assert judge(sent, [answer(support, id=key)], RULES, profile).advice == advice


def test_a_soft_topic_does_not_soften_what_else_a_sentence_says():
    """“Relaxes and heals”: the second question is not on the list."""
    mild = sentence(strength="moderate")
    both = [answer("insufficient", id="stress-reduction"), answer("insufficient", id="neck-pain")]
    found = judge(mild, both, RULES, "uk-cap")
    assert found.advice is Advice.REMOVE


def test_the_trace_names_the_rule_that_moved_the_advice():
    """Advice that is not the table's says whose it is."""
    steps = judge(
        sentence(strength="moderate"), [answer("limited", id="stress-reduction")], RULES, "uk-cap"
    ).steps
    assert any(step.rule == "topic-rule" and "keep" in step.text for step in steps)
