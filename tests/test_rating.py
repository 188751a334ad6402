"""Findings and judgements become a level by rules that can be worked by hand."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import DAY, RULES, appraisal, domains, finding, question, record
from evidence_tools.models import Finding, Record
from evidence_tools.proposals import count_participants, propose
from evidence_tools.questions import NoneFound
from evidence_tools.rating import add_months, rate
from evidence_tools.vocab import Certainty, Direction, Domain, Support

LEVELS = ["very low", "low", "moderate", "high"]


def rated(judged: Any = None, records: list[Record] | None = None, **changes: Any) -> Any:
    """Rate the default question with changes to its appraisal."""
    held = {r.key: r for r in (records if records is not None else [record()])}
    judged = judged if judged is not None else appraisal(**changes)
    return rate(question(), judged, held, RULES, as_of=DAY)


# --- each domain alone, and in pairs -------------------------------------------------------------

NAMES = [domain.value.replace("-", "_") for domain in Domain]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("judgement", "certainty"), [(0, "high"), (-1, "moderate"), (-2, "low")])
def test_one_domain_rates_down_by_its_judgement(name, judgement, certainty):
    """From high, -1 is moderate and -2 is low, whichever the domain."""
    assert rated(domains=domains(**{name: judgement})).certainty == certainty


@pytest.mark.parametrize(("one", "two"), list(itertools.combinations(NAMES, 2)))
@pytest.mark.parametrize(
    ("first", "second", "certainty"),
    [(-1, -1, "low"), (-1, -2, "very low"), (-2, -2, "very low")],
)
def test_two_domains_add_up_and_never_fall_below_very_low(one, two, first, second, certainty):
    """Judgements add up; the floor is very low."""
    assert rated(domains=domains(**{one: first, two: second})).certainty == certainty


# --- the table of support, by hand ---------------------------------------------------------------

TABLE = {
    ("high", "benefit"): "supported", ("moderate", "benefit"): "supported",
    ("low", "benefit"): "limited", ("very low", "benefit"): "insufficient",
    ("high", "mixed"): "conflicting", ("moderate", "mixed"): "conflicting",
    ("low", "mixed"): "conflicting", ("very low", "mixed"): "insufficient",
    ("high", "none"): "contradicted", ("moderate", "none"): "contradicted",
    ("low", "none"): "not-supported", ("very low", "none"): "insufficient",
    ("high", "harm"): "contradicted", ("moderate", "harm"): "contradicted",
    ("low", "harm"): "not-supported", ("very low", "harm"): "insufficient",
    ("high", "unclear"): "insufficient", ("moderate", "unclear"): "insufficient",
    ("low", "unclear"): "insufficient", ("very low", "unclear"): "insufficient",
}  # fmt: skip


@pytest.mark.parametrize(("cell", "support"), TABLE.items(), ids=str)
def test_certainty_and_direction_give_the_level_of_the_table(cell, support):
    """The table of the design, cell by cell."""
    certainty, direction = cell
    down = 3 - LEVELS.index(certainty)
    both = [record(findings=(finding(), finding(id="f2", direction="no-difference")))]
    result = rated(
        records=both,
        direction=direction,
        findings_for=("smith2020:f1",),
        findings_against=("smith2020:f2",),
        findings_basis=("smith2020:f1", "smith2020:f2"),
        domains=domains(risk_of_bias=-min(2, down), imprecision=-max(0, down - 2)),
    )
    assert (result.certainty, result.support) == (certainty, support)


# --- where certainty starts ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "design", "start"),
    [
        ("efficacy", "rct", "high"),
        ("efficacy", "cochrane-review", "high"),
        ("safety", "observational", "low"),
        ("comparison", "narrative-review", "very low"),
        ("performance", "laboratory", "very low"),
        ("mechanism", "laboratory", "low"),
        ("mechanism", "crossover-rct", "high"),
        ("background", "narrative-review", "very low"),
        ("diagnosis", "observational", "high"),
        ("authority", "guideline", "high"),
        ("authority", "report", "low"),
    ],
)
def test_certainty_starts_where_the_design_of_the_best_body_says(kind, design, start):
    """Start by kind of question and design."""
    result = rate(
        question(kind=kind),
        appraisal(),
        {"smith2020": record(design=design)},
        RULES,
        as_of=DAY,
    )
    assert result.start == start


def test_a_reviewer_may_raise_the_start_only_as_far_as_the_design_allows():
    """A guideline may start high with a reason; a narrative review of an effect may not."""
    settled = {"start": "high", "start_reason": "it rests on its own review of trials"}
    assert rated(records=[record(design="guideline")], **settled).start == "high"
    assert rated(records=[record(design="narrative-review")], **settled).start == "very low"


def test_rating_up_needs_a_low_start_with_nothing_rated_down():
    """Large effects raise observational evidence only, and only when it is otherwise sound."""
    up = {"rate_up": 1, "rate_up_reason": "large effect"}
    cohort = [record(design="observational")]
    assert rated(records=cohort, **up).certainty == "moderate"
    assert rated(records=cohort, domains=domains(imprecision=-1), **up).certainty == "very low"
    assert rated(domains=domains(imprecision=-1), **up).certainty == "moderate"


# --- states that are no level, and none-found ----------------------------------------------------


def test_without_an_appraisal_there_is_no_level():
    """Not yet appraised is a state, never a level."""
    result = rate(question(), None, {}, RULES, as_of=DAY)
    assert result.support is None
    assert result.certainty is None


def _none_found(**changes: Any) -> Any:
    return appraisal(
        direction=None, findings_basis=(), findings_for=(), domains={},
        none_found=NoneFound(**changes), wording=None, no_wording_reason="nothing found",
    )  # fmt: skip


def test_no_finding_is_none_found_only_on_a_dated_search():
    """With a recorded search the level is none-found; it has no certainty."""
    result = rated(_none_found(runs=("2026-11-20-pack-toxins",)))
    assert result.support == Support.NONE_FOUND
    assert result.certainty is None


def test_none_found_falls_when_the_source_that_searched_falls():
    """A retracted source that searched leaves the question not yet appraised, not none-found."""
    judged = _none_found(findings=("smith2020:f1",))
    assert rated(judged).support == Support.NONE_FOUND
    gone = [record(retraction="retracted")]
    assert rated(judged, records=gone).support is None


UNUSABLE: dict[str, dict[str, Any]] = {
    "retracted": {"retraction": "retracted"},
    "superseded": {"superseded_by": "smith2024"},
    "never seen": {"seen": ()},
    "all from memory": {"from_memory": ("all fields",)},
    "design from memory": {"from_memory": ("design",)},
    "finding from memory": {"findings": (finding(from_memory=("*",)),)},
}


@pytest.mark.parametrize("changes", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_an_unusable_finding_carries_nothing(changes):
    """With its only source unusable, a question is not yet appraised: never low."""
    result = rated(records=[record(**changes)])
    assert result.support is None
    assert result.certainty is None
    assert result.dropped


@pytest.mark.parametrize("changes", UNUSABLE.values(), ids=UNUSABLE.keys())
@pytest.mark.parametrize("side", ["findings_for", "findings_against"])
def test_an_unusable_finding_beside_a_usable_one_never_raises_a_level(changes, side):
    """Adding it to either side leaves certainty and support at most where they were."""
    weak = record(design="observational")
    strong = record(key="jones2021", **changes)
    before = rated(records=[weak])
    extra = {side: (*getattr(appraisal(), side), "jones2021:f1")}
    after = rated(records=[weak, strong], findings_basis=("smith2020:f1", "jones2021:f1"), **extra)
    assert after.certainty.steps <= before.certainty.steps
    assert after.support.rank <= before.support.rank


def test_a_benefit_whose_findings_dropped_out_is_unclear():
    """When only findings against are left, a judged benefit cannot stand."""
    records = [
        record(retraction="retracted"),
        record(key="jones2021", findings=(finding(direction="no-difference"),)),
    ]
    result = rated(
        records=records,
        findings_for=("smith2020:f1",),
        findings_against=("jones2021:f1",),
        findings_basis=("smith2020:f1", "jones2021:f1"),
    )
    assert result.direction == Direction.UNCLEAR
    assert result.support == Support.INSUFFICIENT


def test_once_a_finding_dropped_out_the_rules_own_proposal_binds():
    """A person's 0 for imprecision was given with more people at hand than are left."""
    small = record(key="jones2021", findings=(finding(n_participants=60),))
    both = {
        "findings_for": ("smith2020:f1", "jones2021:f1"),
        "findings_basis": ("smith2020:f1", "jones2021:f1"),
    }
    assert rated(records=[record(), small], **both).certainty == "high"
    left = rated(records=[record(retraction="retracted"), small], **both)
    assert left.certainty == "low"


# --- laws ----------------------------------------------------------------------------------------

judgements = st.integers(min_value=-2, max_value=0)
five = st.fixed_dictionaries(dict.fromkeys(NAMES, judgements))
directions = st.sampled_from(list(Direction))


def _with(direction: Direction, judged: dict[str, int]) -> Any:
    both = [record(findings=(finding(), finding(id="f2", direction="no-difference")))]
    return rated(
        records=both, direction=direction, domains=domains(**judged),
        findings_for=("smith2020:f1",), findings_against=("smith2020:f2",),
        findings_basis=("smith2020:f1", "smith2020:f2"),
    )  # fmt: skip


@given(five, st.sampled_from(NAMES), directions)
def test_worse_input_in_a_domain_never_raises_a_level(judged, name, direction):
    """One step down in one domain never raises certainty, nor support into what may be kept.

    For a body that speaks against a claim, weaker evidence moves from contradicted towards
    insufficient, which is "remove" all the same.
    """
    if judged[name] == -2:
        return
    better, worse = _with(direction, judged), _with(direction, {**judged, name: judged[name] - 1})
    assert worse.certainty.steps <= better.certainty.steps
    if direction in (Direction.BENEFIT, Direction.MIXED):
        assert worse.support.rank <= better.support.rank
    else:
        assert worse.support.rank <= Support.INSUFFICIENT.rank


@given(st.permutations(["smith2020:f1", "jones2021:f1", "brown2022:f1"]), five)
def test_the_order_of_findings_never_matters(order, judged):
    """The same findings in another order give the same rating."""
    records = [
        record(),
        record(key="jones2021", design="rct", findings=(finding(n_participants=80),)),
        record(key="brown2022", findings=(finding(i2=60, estimate=None, ci_low=None,
                                                  ci_high=None, measure=None),)),
    ]  # fmt: skip
    results = [
        rated(records=listed, findings_for=tuple(addresses), findings_basis=tuple(addresses),
              domains=domains(**judged))
        for listed, addresses in ((records, order), (records[::-1], sorted(order)))
    ]  # fmt: skip
    assert results[0].certainty == results[1].certainty
    assert results[0].support == results[1].support
    assert results[0].participants == results[1].participants
    assert [d.proposal for d in results[0].domains] == [d.proposal for d in results[1].domains]


@given(five, directions, st.sampled_from(sorted(UNUSABLE)))
def test_unusable_findings_never_raise_a_level(judged, direction, how):
    """For any judgements, an unusable source added to the body changes nothing for the better."""
    both = [record(findings=(finding(), finding(id="f2", direction="no-difference")))]
    extra = record(key="jones2021", **UNUSABLE[how])
    plain = {"direction": direction, "domains": domains(**judged),
             "findings_against": ("smith2020:f2",)}  # fmt: skip
    before = rated(records=both, findings_for=("smith2020:f1",),
                   findings_basis=("smith2020:f1", "smith2020:f2"), **plain)  # fmt: skip
    after = rated(
        records=[*both, extra],
        findings_for=("smith2020:f1", "jones2021:f1"),
        findings_basis=("smith2020:f1", "smith2020:f2", "jones2021:f1"),
        **plain,
    )
    assert after.certainty.steps <= before.certainty.steps


# --- what the rules propose ----------------------------------------------------------------------


def _proposed(domain: Domain, *records: Record) -> int | None:
    body: dict[str, tuple[Record, Finding]] = {
        f"{r.key}:{f.id}": (r, f) for r in records for f in r.findings
    }
    return propose(question(), body, RULES)[domain].judgement


@pytest.mark.parametrize(
    ("changes", "judgement"),
    [
        ({"n_participants": 400}, 0),
        ({"n_participants": 399}, -1),
        ({"n_participants": 100}, -1),
        ({"n_participants": 99}, -2),
        ({"n_participants": 500, "estimate": -0.1, "ci_low": -0.3, "ci_high": 0.1}, -1),
        ({"n_participants": 500, "estimate": 0.0, "ci_low": -0.1, "ci_high": 0.1}, 0),
        ({"n_participants": 500, "measure": "RR", "estimate": 1.1, "ci_low": 0.9,
          "ci_high": 1.3}, -1),
        ({"n_participants": 500, "measure": "RR", "estimate": 1.0, "ci_low": 0.9,
          "ci_high": 1.2}, 0),
        ({"n_participants": None}, None),
    ],
)  # fmt: skip
def test_imprecision_is_proposed_from_people_and_interval(changes, judgement):
    """Fewer than 400 people, or no effect and one that matters in one interval: -1."""
    one = record(findings=(finding(**changes),))
    assert _proposed(Domain.IMPRECISION, one) == judgement


@pytest.mark.parametrize(
    ("i2", "other", "judgement"),
    [
        (50, None, 0),
        (51, None, -1),
        (80, None, -1),
        (80, "no-difference", -2),
        (20, "no-difference", -1),
        (None, None, None),
        (None, "unclear", 0),
    ],
)
def test_inconsistency_is_proposed_from_i2_and_directions(i2, other, judgement):
    """Above 50 %: -1; above 75 % where directions differ: -2; differing directions alone: -1."""
    listed = [finding(i2=i2)]
    if other:
        listed.append(finding(id="f2", direction=other))
    assert _proposed(Domain.INCONSISTENCY, record(findings=tuple(listed))) == judgement


@pytest.mark.parametrize(
    ("technique", "judgement"),
    [("massage-general", 0), ("neuromuscular-or-trigger-point", 0), ("self-massage", -1),
     ("other", -1)],
)  # fmt: skip
def test_indirectness_is_proposed_where_no_therapists_hand_was_studied(technique, judgement):
    """Foam rolling or needling alone does not carry a claim for massage."""
    assert _proposed(Domain.INDIRECTNESS, record(massage_type=technique)) == judgement


def test_people_are_counted_once():
    """Reviews overlap, so the largest counts; trials add up, and one study counts once."""

    def body(*records: Record) -> dict[str, tuple[Record, Finding]]:
        return {f"{r.key}:{f.id}": (r, f) for r in records for f in r.findings}

    review = record(findings=(finding(n_participants=300), finding(id="f2", n_participants=250)))
    one = record(key="trial1", design="rct", findings=(finding(n_participants=200),))
    two = record(key="trial2", design="rct", findings=(finding(n_participants=150),))
    again = record(key="again1", design="rct", same_study_as="trial1",
                   findings=(finding(n_participants=190),))  # fmt: skip
    assert count_participants(body(review)) == 300
    assert count_participants(body(review, one)) == 300
    assert count_participants(body(review, one, two)) == 350
    assert count_participants(body(one, again)) == 200
    assert count_participants({}) is None


# --- dates and trace -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [((2026, 11, 21), 12, (2027, 11, 21)), ((2026, 8, 31), 6, (2027, 2, 28)),
     ((2027, 8, 31), 6, (2028, 2, 29)), ((2026, 12, 31), 1, (2027, 1, 31))],
)  # fmt: skip
def test_months_are_added_by_the_calendar(day, months, later):
    """The last of a long month becomes the last of a shorter one."""
    assert add_months(dt.date(*day), months) == dt.date(*later)


def test_a_verdict_past_its_date_is_stale_and_earlier_where_trials_are_under_way():
    """Twelve months, six where new trials are known to be under way."""
    plain, waiting = appraisal(), appraisal(trials_under_way="one registered trial")
    held = {"smith2020": record()}
    for judged, last in ((plain, dt.date(2027, 11, 21)), (waiting, dt.date(2027, 5, 21))):
        on_time = rate(question(), judged, held, RULES, as_of=last)
        late = rate(question(), judged, held, RULES, as_of=last + dt.timedelta(days=1))
        assert (on_time.review_by, on_time.stale, late.stale) == (last, False, True)


def test_the_trace_names_every_step_with_rule_version():
    """Direction, start, five domains, certainty and table, in that order."""
    steps = rated(domains=domains(imprecision=-1)).steps
    assert [step.rule for step in steps] == [
        "direction", "start", "domain-risk-of-bias", "domain-inconsistency",
        "domain-indirectness", "domain-imprecision", "domain-publication-bias", "certainty",
        "support-table", "directness",
    ]  # fmt: skip
    assert steps[-2].text == (
        f"Certainty moderate and direction benefit give supported (rules {RULES.version})."
    )


def test_certainty_steps_are_held_in_range():
    """No sum of judgements leaves the four levels."""
    assert Certainty.from_steps(-7) is Certainty.VERY_LOW
    assert Certainty.from_steps(9) is Certainty.HIGH


@pytest.mark.parametrize(
    ("techniques", "proposed"),
    [
        (["neuromuscular-or-trigger-point"], "direct"),
        (["neuromuscular-or-trigger-point", "massage-general"], "partial"),
        (["massage-general", "self-massage"], "indirect"),
    ],
)
def test_directness_is_proposed_from_the_techniques_of_the_basis(techniques, proposed):
    """All, some or none of the basis is about neuromuscular massage; the proposal is shown."""
    records = [record(key=f"trial{n}", massage_type=t) for n, t in enumerate(techniques)]
    addresses = tuple(f"{r.key}:f1" for r in records)
    result = rated(records=records, findings_for=addresses, findings_basis=addresses)
    assert result.directness_proposed == proposed
    assert result.directness == "direct"
    assert result.steps[-1].text.startswith(f"direct (proposed {proposed}): ")
