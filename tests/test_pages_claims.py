from __future__ import annotations

import dataclasses
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_tools.base import EvidenceBase, read_base
from evidence_tools.pages.claims import (
    SURE_CHANCE,
    Found,
    FoundClaim,
    Match,
    Register,
    find_claims,
    open_register,
)
from evidence_tools.pages.page import BlockKind, page_from_blocks, page_from_text
from evidence_tools.pages.sentences import cut_page, cut_sentences
from evidence_tools.pages.traits import Trait, Trouble
from evidence_tools.pages.words import stem
from evidence_tools.vocab import Duration, Magnitude, Strength, Technique

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def base() -> EvidenceBase:
    """Return the register of the repository."""
    return read_base(ROOT / "evidence")


@pytest.fixture(scope="module")
def register(base: EvidenceBase) -> Register:
    """Return a register made ready once."""
    return open_register(base)


def only(text: str, register: Register) -> Found:
    """Read a page of one paragraph with one sentence."""
    found = find_claims(page_from_blocks([(BlockKind.PARAGRAPH, text)]), register)
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("It helps. You sleep!", ["It helps.", "You sleep!"]),
        ("Dr. Moe treats pain. So do we.", ["Dr. Moe treats pain.", "So do we."]),
        ("Ease pain, e.g. in the neck, today.", ["Ease pain, e.g. in the neck, today."]),
        ("“My pain is gone.” She smiled.", ["“My pain is gone.”", "She smiled."]),
        ("1. Relaxed muscles", ["1. Relaxed muscles"]),
        ("No end mark", ["No end mark"]),
        ("", []),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, parts: list[str]) -> None:
    """A mark ends a sentence before a capital; abbreviations, initials and numbers end none."""
    assert [text[start:end] for start, end in cut_sentences(text)] == parts


@pytest.mark.parametrize("text", ["word " * 2000, "x" * 10_000])
def test_text_without_end_marks_is_cut_all_the_same(text: str) -> None:
    """No sentence is longer than 1,500 characters, and none of the text is lost."""
    spans = list(cut_sentences(text))
    assert all(end - start <= 1500 for start, end in spans)
    assert sum(len(text[start:end].replace(" ", "")) for start, end in spans) == len(
        text.replace(" ", "")
    )


@given(st.text(alphabet="Aab .!?\n“”1:", max_size=80))
def test_every_word_lies_in_exactly_one_sentence(text: str) -> None:
    """Sentences are in order, do not overlap, and leave nothing out but blanks."""
    position = 0
    for start, end in cut_sentences(text):
        assert position <= start < end
        assert not text[position:start].strip()
        position = end
    assert not text[position:].strip()


@given(st.text(alphabet="Aa•:. \n?-1", max_size=80))
def test_blocks_of_plain_text_stand_where_they_say(text: str) -> None:
    """The text of a block, and of a passage, is the stretch of the page that it names."""
    page = page_from_text(text)
    for block in page.blocks:
        assert page.text[block.start : block.end] == block.text
    for passage in cut_page(page):
        assert page.text[passage.start : passage.end] == passage.text


def test_plain_text_shows_headings_and_lists_without_marks() -> None:
    """Short lines are headings; short lines in a row, or after a colon, are items."""
    text = "Neck Care\n\nWe look after necks.\n\nBenefits include:\n• Less pain\nOpening\nHours\n"
    kinds = [str(block.kind) for block in page_from_text(text).blocks]
    assert kinds == ["heading", "paragraph", "paragraph", "item", "item", "item"]


def test_items_know_the_line_that_opens_their_list() -> None:
    """An item carries the line with the colon above it; a paragraph carries none."""
    parts = [
        (BlockKind.HEADING, "Massage"),
        (BlockKind.PARAGRAPH, "Welcome. Benefits include:"),
        (BlockKind.ITEM, "Better sleep"),
        (BlockKind.PARAGRAPH, "Come in."),
    ]
    passages = cut_page(page_from_blocks(parts))
    assert [passage.lead for passage in passages] == [
        "",
        "",
        "",
        "Benefits include:",
        "",
    ]
    assert passages[3].heading == "Massage"


@pytest.mark.parametrize(
    ("first", "second"),
    [("oedema", "edema"), ("relaxation", "relax"), ("tumours", "tumor"), ("ischaemic", "ischemic")],
)
def test_spellings_of_one_word_share_a_stem(first: str, second: str) -> None:
    """British and American spellings, and forms of a word, are one."""
    assert stem(first) == stem(second)


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Massage relieves lower back pain.", "low-back-pain"),
        ("Our massage eases migraines.", "migraine"),
        ("Massage lowers cortisol.", "cortisol-reduction"),
        ("Deep tissue massage flushes out toxins.", "toxin-release"),
        ("Regular massage improves your sleep.", "sleep-quality"),
        ("Massage helps with carpal tunnel syndrome.", "carpal-tunnel-syndrome"),
        ("Poor posture causes neck pain.", "posture-pain-link"),
    ],
)
def test_plain_claims_find_their_question(text: str, question: str, register: Register) -> None:
    """A claim in the trade's common words is found, and its question comes first."""
    found = only(text, register)
    assert found.is_claim
    assert found.claims[0].question == question
    assert found.triggers


@pytest.mark.parametrize(
    "text",
    [
        "Call us today to book your appointment.",
        "A 60 minute session costs £55.",
        "Anna graduated in 2009 and is a member of the association.",
        "You lie face down on a padded table under a towel.",
        "The femur is the longest bone of the body.",
        "Do you suffer from back pain?",
        "There is no evidence that massage cures cancer.",
        "Massage is not a substitute for medical care.",
        "Please tell us if you are pregnant or have a heart condition.",
        "Furlan A et al. Massage for low-back pain. 2015. doi:10.1002/14651858.CD001929",
    ],
)
def test_what_looks_like_a_claim_and_is_none(text: str, register: Register) -> None:
    """Booking, prices, lives, procedure, anatomy, questions and denials claim nothing."""
    found = only(text, register)
    assert not found.is_claim
    assert found.claims == ()


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("Massage cures cancer.", Trouble.CANCER),
        ("Our detox massage draws out toxins.", Trouble.TOXINS),
        ("Massage in pregnancy prevents premature birth.", Trouble.PREGNANCY),
        ("We guarantee that your back pain will disappear.", Trouble.GUARANTEE),
        ("Massage lowers blood pressure and treats diabetes.", Trouble.DISEASE),
        ("“Massage cured my arthritis!”", Trouble.CURE),
    ],
)
def test_trouble_is_named(text: str, trouble: Trouble, register: Register) -> None:
    """Claims that regulators go after are found and carry the kind of trouble."""
    found = only(text, register)
    assert found.is_claim
    assert trouble in found.trouble


@pytest.mark.parametrize(
    "text",
    [
        "Massage cures asthma.",
        "Massage reverses infertility.",
        "Our massage treats multiple sclerosis.",
        "Cupping relieves neck pain.",
    ],
)
def test_what_the_register_does_not_ask_is_matched_to_nothing(
    text: str, register: Register
) -> None:
    """A claim on an unknown disease or another treatment has no question: it is not passed."""
    found = only(text, register)
    assert found.is_claim
    assert found.claims
    assert all(claim.question is None for claim in found.claims)


def test_an_item_is_a_claim_through_the_line_above_it(register: Register) -> None:
    """A bare complaint under "massage can treat" is a claim; under "bring" it is none."""
    parts = [(BlockKind.PARAGRAPH, "Massage can treat:"), (BlockKind.ITEM, "Sciatica")]
    found = find_claims(page_from_blocks(parts), register)[1]
    assert found.is_claim
    assert Trait.CONTEXT in found.traits
    assert found.claims[0].question == "sciatica"
    assert found.claims[0].sentence.strength is Strength.HEDGED
    parts = [(BlockKind.PARAGRAPH, "Please bring:"), (BlockKind.ITEM, "Your insurance card")]
    assert not find_claims(page_from_blocks(parts), register)[1].is_claim


def test_a_sentence_can_make_several_claims(register: Register) -> None:
    """Each claim stands where it stands in the page, in order."""
    text = "Massage relieves migraines, lowers cortisol and improves sleep."
    found = only(text, register)
    assert [claim.question for claim in found.claims] == [
        "migraine",
        "cortisol-reduction",
        "sleep-quality",
    ]
    assert [text[claim.start : claim.end] for claim in found.claims] == [
        claim.text for claim in found.claims
    ]


def test_my_pain_is_gone_is_a_claim_by_the_clinic(register: Register) -> None:
    """A client's story of a result is a claim, and is marked as told by a client."""
    found = only("“My headaches are gone.”", register)
    assert found.is_claim
    assert Trait.TESTIMONIAL in found.traits
    assert found.claims[0].sentence.magnitude is Magnitude.COMPLETE


@pytest.mark.parametrize(
    ("text", "strength"),
    [
        ("Massage eliminates headaches.", Strength.ABSOLUTE),
        ("Massage relieves headaches.", Strength.STRONG),
        ("Massage helps relieve headaches.", Strength.MODERATE),
        ("Massage may relieve headaches.", Strength.HEDGED),
    ],
)
def test_strength_is_read_from_the_wording(
    text: str, strength: Strength, register: Register
) -> None:
    """Absolute, strong, moderate and hedged wordings are told apart."""
    assert only(text, register).claims[0].sentence.strength is strength


def test_other_slots_are_read(register: Register) -> None:
    """Technique, time and people are read from the sentence."""
    first = only("Neuromuscular massage gives long-lasting relief from neck pain.", register)
    assert first.claims[0].sentence.technique is Technique.NEUROMUSCULAR
    assert first.claims[0].sentence.duration is Duration.LONG
    assert first.claims[0].sentence.population_shown
    second = only("Massage relieves back pain in pregnant women.", register)
    assert not second.claims[0].sentence.population_shown


def test_near_answers_stay_in_contention(register: Register) -> None:
    """The first and those with 0.5 % of likeness contend, if the sentence itself may mean them."""
    found = only("Massage relieves lower back pain.", register).claims[0]
    first = FoundClaim(
        "x",
        0,
        1,
        (Match("neck-pain", 1.0), Match("whiplash", 0.2, 0.005), Match("migraine", 0.9, 0.004)),
        found.sentence,
    )
    assert first.contenders == ("neck-pain", "whiplash")
    assert first.is_sure
    meant = replace(first, alternatives=frozenset({"neck-pain", "migraine"}))
    assert meant.contenders == ("neck-pain",)
    weak = FoundClaim("x", 0, 1, (Match("neck-pain", SURE_CHANCE - 0.01),), found.sentence)
    assert not weak.is_sure
    none = FoundClaim("x", 0, 1, (), found.sentence)
    assert none.question is None and none.contenders == () and not none.is_sure


def test_every_passage_has_one_entry_in_order(register: Register) -> None:
    """Nothing is left out: claims, headings and prices all come back, once, in order."""
    text = "Back Pain Relief\n\nMassage eases back pain. Book now.\n\n• 30 minutes: £30\n"
    page = page_from_text(text)
    found = find_claims(page, register)
    assert [one.passage for one in found] == list(cut_page(page))


def test_a_page_without_words_is_no_error(register: Register) -> None:
    """An empty page, and one of signs only, give no claims."""
    assert find_claims(page_from_text(""), register) == ()
    assert all(not one.is_claim for one in find_claims(page_from_text("*** !!! 123"), register))


def test_no_filed_claim_feeds_the_matcher(base: EvidenceBase) -> None:
    """A base without claims matches as one with claims: the scored documents teach it nothing."""
    text = "Massage lowers stress, flushes out lactic acid and may ease whiplash."
    bare = open_register(dataclasses.replace(base, claims={}, document_of={}))
    assert only(text, bare) == only(text, open_register(base))


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("Massage lowers blood pressure.", "blood pressure"),
        ("Massage reduces cellulite.", "cellulite"),
        ("Massage relieves asthma.", "asthma and breathing"),
        # A complaint that no example holds is named by its own words, another treatment by its own.
        ("Massage eases morning sickness.", "morning sickness"),
        ("Acupuncture relieves neck pain.", "acupuncture"),
    ],
)
def test_what_the_register_does_not_ask_is_named(text: str, topic: str, register: Register) -> None:
    """A claim about a known topic outside the register matches nothing and names the topic."""
    claim = only(text, register).claims[0]
    assert claim.question is None
    assert claim.topic == topic


def test_every_topic_outside_is_named(register: Register) -> None:
    """Two complaints that the register does not ask about are two claims."""
    found = only("Massage helps with restless legs and lupus.", register)
    assert [(c.question, c.topic) for c in found.claims] == [
        (None, "restless legs"),
        (None, "lupus"),
    ]


@pytest.mark.parametrize(
    ("before", "text", "question"),
    [
        ("Do you have a stiff neck?", "Massage can ease it.", "neck-pain"),
        ("Tension headaches ruin your day.", "Our massage makes them go away.",
         "tension-type-headache"),
    ],
)  # fmt: skip
def test_it_means_the_complaint_that_was_named_before(
    before: str, text: str, question: str, register: Register
) -> None:
    """A treatment that does something to "it" makes a claim on the complaint before."""
    found = find_claims(page_from_text(f"{before} {text}"), register)[-1]
    assert found.passage.text == text
    assert found.is_claim
    assert found.claims[0].question == question


def test_it_means_nothing_where_no_complaint_was_named(register: Register) -> None:
    """After a sentence on opening hours, "it" is no complaint."""
    found = find_claims(page_from_text("We open at nine. Massage can ease it."), register)[-1]
    assert found.rule != "of the complaint before"


def test_a_treatment_compared_with_is_not_the_one_spoken_of(register: Register) -> None:
    """What "as acupuncture does" opens is a claim on massage."""
    found = find_claims(
        page_from_text("As acupuncture does, it eases neck pain.", "Massage"), register
    )[0]
    assert found.claims[0].question == "neck-pain"


@pytest.mark.parametrize(
    "text",
    [
        "It has not been proven that massage makes muscles stronger.",
        "There is too little good research on massage for sleep.",
        "The data do not show that massage lowers anxiety.",
    ],
)
def test_what_says_that_evidence_is_missing_is_no_claim(text: str, register: Register) -> None:
    """A sentence that denies the evidence claims nothing."""
    assert not only(text, register).is_claim


def test_no_evidence_of_harm_is_a_claim(register: Register) -> None:
    """That nothing shows side effects says that it is safe."""
    assert only("There is no evidence that massage has side effects.", register).is_claim


@pytest.mark.parametrize("kind", [BlockKind.ITEM, BlockKind.HEADING])
def test_the_name_of_a_treatment_is_no_claim(kind: BlockKind, register: Register) -> None:
    """It names what is sold, and for how long."""
    page = page_from_blocks([(kind, "Trigger point release, 60 minutes")])
    assert not find_claims(page, register)[0].is_claim


def test_a_list_knows_the_line_above_it_without_a_colon(register: Register) -> None:
    """Items under a line that breaks off are claims through it, as after a colon."""
    page = page_from_blocks(
        [
            (BlockKind.HEADING, "Lymph work"),
            (BlockKind.PARAGRAPH, "Gentle. It is used to treat"),
            (BlockKind.ITEM, "whiplash"),
        ]
    )
    item = find_claims(page, register)[-1]
    assert item.passage.lead == "It is used to treat"
    assert item.is_claim


def test_a_part_that_resembles_two_questions_asks_both(register: Register) -> None:
    """A faster recovery from an injury is recovery, and help with the injury."""
    found = only("Massage helps you recover from sports injuries faster.", register)
    assert {c.question for c in found.claims} == {"recovery-speed", "soft-tissue-injury"}


def test_a_page_on_cancer_claims_for_people_with_cancer(register: Register) -> None:
    """What its sentences leave out, its title says."""
    text = "Massage lifts the mood and eases fear."
    asked = {c.question for c in find_claims(page_from_text(text, "Spa"), register)[0].claims}
    page = page_from_text(text, "Oncology massage")
    about = {c.question for c in find_claims(page, register)[0].claims}
    assert about - asked == {"palliative-wellbeing"}


def test_a_matched_claim_names_no_topic(register: Register) -> None:
    """What the register asks is not said to lie outside it."""
    assert only("Massage relieves lower back pain.", register).claims[0].topic == ""
