"""The audit of a page: every sentence is there, nothing unknown is fine, the register decides."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import product

import pytest
import textstat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders import DAY, ROOT, appraisal, domains, question, record, wording
from evidence_tools.assessment import Assessment, assess
from evidence_tools.base import EvidenceBase, read_base
from evidence_tools.pages.advice import OUTSIDE, PageAdvice, Ruling, rule_on, strictest
from evidence_tools.pages.audit import Audit, AuditedSentence, Auditor, audit_page, open_auditor
from evidence_tools.pages.claims import SURE_CHANCE, FoundClaim, Match
from evidence_tools.pages.documents import compare_with_review, document_audit
from evidence_tools.pages.limits import is_limit, says_limit
from evidence_tools.pages.oversteps import Slot, oversteps_of
from evidence_tools.pages.page import BlockKind, Page, page_from_blocks, page_from_text
from evidence_tools.pages.rewording import Phrasebook, Subject, neutral_text, session_minutes
from evidence_tools.pages.traits import Trait
from evidence_tools.support import Sentence, judge
from evidence_tools.texts import read_texts
from evidence_tools.vocab import (
    ClaimKind,
    Duration,
    Magnitude,
    Strength,
    Support,
    Technique,
)

BASE = read_base(ROOT / "evidence")
PROFILES = ("strict", "uk-cap", "ahpra")
AUDITORS = {profile: open_auditor(assess(BASE, DAY, profile)) for profile in PROFILES}
ORDER = [None, *PageAdvice]


def audit(text: str, profile: str = "strict") -> Audit:
    """Audit a page of plain text in English."""
    return audit_page(page_from_text(text, None, "en"), AUDITORS[profile])


def only(text: str, profile: str = "strict") -> AuditedSentence:
    """Audit a page of one paragraph, which must be one sentence."""
    page = page_from_blocks([(BlockKind.PARAGRAPH, text)], None, "en")
    sentences = audit_page(page, AUDITORS[profile]).sentences
    assert len(sentences) == 1
    return sentences[0]


PIECES = (
    "Our massage relieves neck pain.",
    "Flushes out toxins",
    "- Better sleep",
    "We open at nine.",
    "Massage may ease stress; the studies are weak.",
    "“My back pain is gone!” says Jo.",
    "Ultraschall hilft.",
    "<b>Cures cancer</b>",
    "Benefits include:",
    "60 min £55",
    "",
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(PIECES), max_size=8), st.sampled_from([" ", "\n", "\n\n"]))
def test_every_sentence_stands_there_once_and_in_order(parts: list[str], gap: str) -> None:
    """Entries follow each other, are what stands in the page, and leave out bullets and blanks."""
    found = audit(gap.join(parts))
    position = 0
    for sentence in found.sentences:
        assert position <= sentence.start < sentence.end
        assert sentence.text == found.page.text[sentence.start : sentence.end]
        assert not found.page.text[position : sentence.start].strip(" \n-")
        for claim in sentence.claims:
            assert claim.text == found.page.text[claim.start : claim.end]
            assert sentence.start <= claim.start < claim.end <= sentence.end
        position = sentence.end
    assert not found.page.text[position:].strip(" \n-")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(PIECES), max_size=8), st.sampled_from(PROFILES))
def test_the_advice_on_a_sentence_is_the_strictest_of_its_claims(
    parts: list[str], profile: str
) -> None:
    """A claim without advice does not exist, and what is no claim gets none."""
    found = audit("\n\n".join(parts), profile)
    for sentence in found.sentences:
        assert sentence.advice is strictest(claim.advice for claim in sentence.claims)
        assert bool(sentence.claims) == sentence.is_claim == (sentence.advice is not None)
    counted = found.counts
    assert counted["sentences"] == len(found.sentences)
    assert counted["claims"] == sum(counted[advice] for advice in PageAdvice)


SENTENCES = st.builds(
    Sentence,
    st.sampled_from(ClaimKind),
    st.sampled_from(Strength),
    st.sampled_from(Technique),
    st.none() | st.sampled_from(Duration),
    st.none() | st.sampled_from(Magnitude),
    st.booleans(),
)
QUESTIONS = st.sampled_from(sorted(BASE.questions))


def found_claim(
    sentence: Sentence, *matches: tuple[str, float], alternatives: Iterable[str | None] = ()
) -> FoundClaim:
    """A claim as the finder gives it."""
    nearest = tuple(Match(*match) for match in matches)
    return FoundClaim("text", 0, 4, nearest, sentence, "", frozenset(alternatives))


def rule(claim: FoundClaim, profile: str = "strict", *traits: Trait) -> Ruling:
    """Advise under a profile."""
    return rule_on(claim, traits, AUDITORS[profile].assessment)


@given(SENTENCES, st.sampled_from(PROFILES), st.sets(st.sampled_from(Trait)))
def test_a_claim_that_is_not_in_the_register_is_never_kept(
    sentence: Sentence, profile: str, traits: set[Trait]
) -> None:
    """It is not assessed, or barred as the words of a client."""
    advice = rule(found_claim(sentence), profile, *traits).advice
    barred = profile == "ahpra" and Trait.TESTIMONIAL in traits
    assert advice is (PageAdvice.REMOVE if barred else PageAdvice.NOT_ASSESSED)


@given(SENTENCES, QUESTIONS, st.sampled_from(PROFILES))
def test_a_match_that_is_not_near_enough_never_reassures(
    sentence: Sentence, key: str, profile: str
) -> None:
    """Below the score that is sure, the advice warns or is "not assessed"."""
    low = rule(found_claim(sentence, (key, SURE_CHANCE - 0.01)), profile).advice
    sure = rule(found_claim(sentence, (key, SURE_CHANCE)), profile).advice
    assert low is not PageAdvice.KEEP
    assert low is (PageAdvice.NOT_ASSESSED if sure is PageAdvice.KEEP else sure)


@given(SENTENCES, QUESTIONS, st.none() | QUESTIONS, st.sampled_from(PROFILES))
def test_what_its_sentence_may_mean_besides_bars_a_keep_and_nothing_else(
    sentence: Sentence, first: str, other: str | None, profile: str
) -> None:
    """No keep where that would have to be removed or is not asked; other advice stays as it is."""
    alone = rule(found_claim(sentence, (first, SURE_CHANCE)), profile).advice
    beside = rule(found_claim(sentence, (first, SURE_CHANCE), alternatives=[other]), profile).advice
    barred = other is None or (
        rule(found_claim(sentence, (other, SURE_CHANCE)), profile).advice is PageAdvice.REMOVE
    )
    kept = alone is PageAdvice.KEEP
    assert beside is (PageAdvice.NOT_ASSESSED if kept and barred else alone)


@given(SENTENCES, QUESTIONS, QUESTIONS, st.sampled_from(PROFILES))
def test_a_claim_is_kept_only_if_every_near_question_keeps_it(
    sentence: Sentence, first: str, second: str, profile: str
) -> None:
    """A second question that is as near can only make the advice stricter."""
    alone = {
        key: rule(found_claim(sentence, (key, 0.9)), profile).advice for key in (first, second)
    }
    both = rule(found_claim(sentence, (first, 0.9), (second, 0.8)), profile).advice
    kept = all(advice is PageAdvice.KEEP for advice in alone.values())
    assert (both is PageAdvice.KEEP) == kept
    assert ORDER.index(both) >= ORDER.index(alone[first])


@given(SENTENCES, QUESTIONS, st.floats(0.3, 1.2), st.sampled_from(PROFILES))
def test_a_stronger_wording_never_gets_milder_advice(
    sentence: Sentence, key: str, score: float, profile: str
) -> None:
    """Neither stronger words, nor a longer nor a larger promise, nor people nobody studied."""

    def given_to(**changes: object) -> int:
        changed = replace(sentence, **changes)
        return ORDER.index(rule(found_claim(changed, (key, score)), profile).advice)

    for chain in (
        [{"strength": s} for s in reversed(Strength)],
        [{"duration": d} for d in (None, Duration.TEMPORARY, Duration.LONG)],
        [{"magnitude": m} for m in (None, *Magnitude)],
        [{"population_shown": shown} for shown in (True, False)],
    ):
        ranks = [given_to(**changes) for changes in chain]
        assert ranks == sorted(ranks)


def test_a_promise_of_cure_is_never_judged_more_mildly_than_a_careful_sentence() -> None:
    """On the page, for each name of each complaint that the register asks about."""
    for key, asked in BASE.questions.items():
        if asked.kind is not ClaimKind.EFFICACY:
            continue
        for name in asked.synonyms:
            careful = only(f"Massage may help with {name}.").advice
            cure = only(f"Massage always cures {name} completely and for good.").advice
            assert ORDER.index(cure) >= ORDER.index(careful), (key, name)
            assert cure not in (PageAdvice.KEEP, None), (key, name)


@pytest.mark.parametrize(
    ("text", "profile", "advice"),
    [
        ("Massage may ease stress.", "strict", PageAdvice.KEEP),
        ("Massage may ease stress.", "uk-cap", PageAdvice.KEEP),
        ("Massage may ease stress.", "ahpra", PageAdvice.REWORD),
        ("Massage relieves neck pain.", "strict", PageAdvice.REWORD),
        ("Massage relieves neck pain.", "ahpra", PageAdvice.REMOVE),
        ("Massage flushes out toxins.", "strict", PageAdvice.REMOVE),
        ("Our massage boosts your immune system.", "strict", PageAdvice.NOT_ASSESSED),
        ("Our massage boosts your immune system.", "ahpra", PageAdvice.NOT_ASSESSED),
        ("We are open from nine to five.", "strict", None),
        ("A session lasts 60 minutes and costs £55.", "strict", None),
    ],
)
def test_known_sentences_get_the_advice_that_a_person_would_look_up(
    text: str, profile: str, advice: PageAdvice | None
) -> None:
    """Levels as they stand in the register, tables as they stand in the rules."""
    assert only(text, profile).advice is advice


def test_words_of_clients_are_barred_where_a_profile_bars_them() -> None:
    """Whatever they say, and the reason says so; elsewhere they are judged as the clinic's."""
    text = "“My neck pain is so much better after two visits!” says Jo."
    for profile in PROFILES:
        found = audit(text, profile).sentences[0]
        assert Trait.TESTIMONIAL in found.traits
        barred = BASE.rules.profiles[profile].bars_testimonials
        assert barred == (profile == "ahpra")
        assert ("words of clients" in found.reason) == barred
        if barred:
            assert found.advice is PageAdvice.REMOVE


@pytest.mark.parametrize("profile", PROFILES)
def test_whatever_is_offered_passes_the_audit_itself(profile: str) -> None:
    """Each wording, in every tone: whole, it is recognised and never has to be removed."""
    auditor = AUDITORS[profile]
    offered = 0
    for key, subject, technique in product(BASE.questions, Subject, Technique):
        offer = auditor.offer(key, subject_text(subject), technique)
        if offer is None:
            continue
        offered += 1
        page = page_from_blocks([(BlockKind.PARAGRAPH, offer.text)], None, "en")
        for sentence in audit_page(page, auditor).sentences:
            assert sentence.advice is PageAdvice(offer.advice)
            assert sentence.advice is not PageAdvice.REMOVE
            assert {claim.question for claim in sentence.claims} == {key}
    assert offered >= 100


def subject_text(subject: Subject) -> str:
    """A clinic's sentence with a subject."""
    return {
        Subject.MASSAGE: "Massage relieves it.",
        Subject.OUR_MASSAGE: "Our massage relieves it.",
        Subject.WE: "We relieve it.",
    }[subject]


@pytest.mark.parametrize("profile", PROFILES)
def test_a_wording_is_offered_exactly_where_the_register_has_one_that_holds(profile: str) -> None:
    """A question without a wording has no offer in any tone."""
    auditor = AUDITORS[profile]
    for key, judged in auditor.assessment.appraisals.items():
        offer = auditor.offer(key, "Our massage relieves it.", Technique.NEUROMUSCULAR)
        assert (offer is not None) == (judged is not None and judged.wording is not None), key


def test_the_tone_is_kept_as_far_as_the_rules_carry_it() -> None:
    """Subject and technique are the clinic's where studies carry them, else the register's."""
    auditor = AUDITORS["strict"]

    def say(text: str, technique: Technique, key: str = "low-back-pain") -> str:
        offer = auditor.offer(key, text, technique)
        assert offer is not None
        return offer.text

    assert say("Our massage heals.", Technique.MASSAGE).startswith("Our massage may ease lasting")
    assert say("We heal backs.", Technique.MASSAGE).startswith("We offer massage, which may ease")
    assert say("Backs heal.", Technique.DEEP_TISSUE).startswith("Deep tissue massage may ease")
    # The studies of back pain are not directly of neuromuscular massage.
    assert say("It heals.", Technique.NEUROMUSCULAR).startswith("Massage may ease lasting low")
    # What reports studies has no place for a clinic.
    assert say("Our massage heals.", Technique.MASSAGE, "neck-pain").startswith(
        "Studies of massage"
    )


def small_world(base: EvidenceBase, **changes: object) -> Assessment:
    """A register of one question, of which weak evidence says yes, with another wording."""
    judged = appraisal(domains=domains(risk_of_bias=-2), wording=wording(**changes))
    asked = question(appraisal=judged)
    world = replace(
        base,
        questions={asked.id: asked},
        records={"smith2020": record()},
        claims={},
        document_of={},
        unverified=frozenset(),
    )
    return assess(world, DAY)


def test_a_wording_falls_with_its_level() -> None:
    """One that states another level than the question has is not offered."""
    true = small_world(BASE, text="Weak studies back it.", kind="state of the evidence",
                       states="limited")  # fmt: skip
    assert true.ratings["low-back-pain"].support is Support.LIMITED
    assert [*Phrasebook(true).offers("low-back-pain", Subject.MASSAGE, Technique.MASSAGE)]
    false = small_world(BASE, text="Studies disagree.", kind="state of the evidence",
                        states="conflicting")  # fmt: skip
    assert not [*Phrasebook(false).offers("low-back-pain", Subject.MASSAGE, Technique.MASSAGE)]


def test_a_part_of_an_offered_text_is_not_the_offered_text() -> None:
    """A wording of two sentences holds its limits in the second: the first alone is read anew."""
    whole = "A course of massage may lift low mood for a short time, more than other care or none."
    limits = " The studies are weak, it has not been shown to treat depression, and it does not"
    both = audit(whole + limits + " replace medical care.").sentences
    assert [sentence.reason for sentence in both] == [both[0].reason] * 2
    assert "own words" in both[0].reason
    assert "own words" not in audit(whole).sentences[0].reason


@pytest.mark.parametrize("technique", Technique)
@pytest.mark.parametrize("kind", [BlockKind.PARAGRAPH, BlockKind.ITEM, BlockKind.HEADING])
def test_the_neutral_description_claims_nothing(technique: Technique, kind: BlockKind) -> None:
    """It names a technique and how long a session takes, and no effect."""
    for minutes in ((), (60,), (30, 60, 90)):
        text = neutral_text(technique, minutes, kind)
        page = page_from_blocks([(kind, text)], None, "en")
        assert [one.advice for one in audit_page(page, AUDITORS["strict"]).sentences] == [None]
        assert all(str(length) in text for length in minutes if kind is not BlockKind.HEADING)


def test_where_nothing_is_defensible_it_says_so_and_offers_the_service() -> None:
    """The refusal is the question's own; lengths of sessions are those of the page."""
    found = audit("Massage flushes out toxins.\n\n60 minutes £55, 90 minutes £75.")
    claim = found.sentences[0].claims[0]
    assert claim.wording is None
    assert claim.refusal == BASE.questions["toxin-release"].appraisal.no_wording_reason
    assert claim.neutral == "We offer massage therapy in sessions of 60 or 90 minutes."


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("45-minute massage", (45,)),
        ("60 min, 90mins, 30 minutes", (30, 60, 90)),
        ("Arrive 5 minutes early", ()),
        ("Founded in 2011", ()),
    ],
)
def test_lengths_of_sessions_are_read_from_the_page(text: str, minutes: tuple[int, ...]) -> None:
    """Between ten minutes and three hours; what is shorter or longer is no session."""
    assert session_minutes(page_from_text(text)) == minutes


def slots(sentence: Sentence, key: str) -> dict[Slot, str]:
    """What a sentence oversteps on one question."""
    answer = AUDITORS["strict"].assessment.answers[key]
    verdict = judge(sentence, [answer], BASE.rules)
    return {over.slot: over.text for over in oversteps_of(sentence, verdict, answer)}


CAREFUL = Sentence(ClaimKind.EFFICACY, Strength.HEDGED, Technique.MASSAGE)


@pytest.mark.parametrize(
    ("changes", "key", "found"),
    [
        ({}, "low-back-pain", set()),
        ({"strength": Strength.STRONG}, "low-back-pain", {Slot.STRENGTH}),
        ({"population_shown": False}, "low-back-pain", {Slot.POPULATION}),
        ({"technique": Technique.NEUROMUSCULAR}, "low-back-pain", {Slot.TECHNIQUE}),
        ({"kind": ClaimKind.COMPARISON}, "low-back-pain", {Slot.COMPARATOR}),
        ({"duration": Duration.LONG}, "low-back-pain", {Slot.TIME}),
        ({"magnitude": Magnitude.COMPLETE}, "low-back-pain", {Slot.MAGNITUDE}),
        ({}, "calf-cramps", {Slot.OUTCOME}),
        ({"kind": ClaimKind.AUTHORITY}, "academy-recognition", {Slot.OUTCOME, Slot.STANDING}),
    ],
)
def test_each_condition_that_is_overstepped_is_named(
    changes: dict[str, object], key: str, found: set[Slot]
) -> None:
    """Slot by slot, each in one plain sentence."""
    told = slots(replace(CAREFUL, **changes), key)
    assert set(told) == found
    assert all(re.fullmatch(r"[A-Z][^.!?]*\.", text) for text in told.values())


def every_reason(profile: str) -> set[str]:
    """All reasons that the register can lead to under a profile."""
    slots = product(Strength, (Technique.NEUROMUSCULAR, Technique.MASSAGE), (None, Duration.LONG))
    sentences = [
        Sentence(ClaimKind.EFFICACY, strength, technique, duration, None, shown)
        for (strength, technique, duration), shown in product(slots, (True, False))
    ]
    return {
        rule(found_claim(sentence, (key, 0.9)), profile).reason
        for key in BASE.questions
        for sentence in sentences
    } | {rule(found_claim(CAREFUL), profile).reason}


@pytest.mark.parametrize("profile", ["strict", "ahpra"])
def test_a_reason_is_one_plain_sentence(profile: str) -> None:
    """Flesch-Kincaid grade of at most 9, as bottom lines have."""
    reasons = every_reason(profile)
    assert len(reasons) > 8
    for reason in reasons:
        assert re.fullmatch(r"[A-Z][^.!?]*\.", reason), reason
        assert textstat.flesch_kincaid_grade(reason) <= 9, reason


def test_what_lies_outside_the_register_is_named_in_the_reason() -> None:
    """The reason says which topic nobody has checked."""
    sentence = audit("Massage relieves asthma.").sentences[0]
    assert sentence.advice is PageAdvice.NOT_ASSESSED
    assert sentence.reason == OUTSIDE.format("asthma and breathing")


def test_a_page_in_another_language_is_not_judged_and_no_pass() -> None:
    """Every sentence says so; none is called a claim or free of one."""
    page = page_from_text("Massage heilt Rückenschmerzen. Rufen Sie an.", None, "de")
    found = audit_page(page, AUDITORS["strict"])
    assert not found.judged
    assert [sentence.advice for sentence in found.sentences] == [PageAdvice.NOT_ASSESSED] * 2
    assert "German" in found.sentences[0].reason


def test_a_text_too_short_to_tell_its_language_says_how_it_was_read() -> None:
    """It is read as English, which the notes say."""
    found = audit_page(page_from_text("Cures colds."), AUDITORS["strict"])
    assert found.judged
    assert any("read as English" in note for note in found.notes)


@pytest.mark.parametrize("page", [Page("", ()), page_from_text("\n \n")])
def test_an_empty_page_has_no_sentences(page: Page) -> None:
    """The readers refuse it; a page without blocks is no error here."""
    found = audit_page(replace(page, language="en"), AUDITORS["strict"])
    assert (found.sentences, found.must_change, found.questions) == ((), False, ())


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("the studies are weak", True),
        ("weak evidence", True),
        ("faster healing has not been shown", True),
        ("it does not replace medical care", True),
        ("most of the gain fades within a year", True),
        ("whether it lasts is unclear", True),
        ("massage eases pain", False),
        ("studies show strong results", False),
        ("no side effects", False),
        ("nothing works better", False),
        ("never feel pain again", False),
        ("weak muscles get strong", False),
    ],
)
def test_limits_are_told_from_claims(text: str, limit: bool) -> None:
    """What takes a promise back is no claim, and no claim passes for it."""
    assert is_limit(text) is limit


def test_a_limit_with_an_effect_in_it_is_still_a_claim() -> None:
    """An aside on the studies does not take an effect out of sight."""
    text = "studies are few but it cures migraine"
    assert says_limit(text)
    assert not is_limit(text)


def test_an_audit_is_the_same_whatever_was_audited_before() -> None:
    """Neither order nor repetition changes a word."""
    texts = ["Our massage eases stress.", "We relieve neck pain.", "It flushes out toxins."]
    auditor = open_auditor(AUDITORS["strict"].assessment)

    def run(order: list[str]) -> dict[str, tuple[AuditedSentence, ...]]:
        return {
            text: audit_page(page_from_text(text, None, "en"), auditor).sentences for text in order
        }

    first = run(texts)
    assert run(texts[::-1]) == first
    assert {text: audit(text).sentences for text in texts} == first


def test_a_document_is_audited_as_if_its_claims_were_unknown(documents, assessment) -> None:
    """Every document at hand: most filed sentences are found, and get the advice filed."""
    for name, text in read_texts(assessment.base, documents).items():
        found = document_audit(assessment, name, text)
        compared = compare_with_review(found, name)
        assert 0 <= compared.same <= compared.found <= compared.filed <= len(found.sentences)
        assert compared.found >= 0.7 * compared.filed
        assert compared.same >= 0.6 * compared.filed


def test_an_auditor_serves_every_question_of_the_register() -> None:
    """Sources and levels of every question can be told, appraised or not."""
    assert isinstance(AUDITORS["strict"], Auditor)
    for key in BASE.questions:
        claim = rule(found_claim(CAREFUL, (key, 0.9)))
        assert claim.verdict is not None
        assert claim.reason
