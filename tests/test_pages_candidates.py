"""Which questions a sentence may be meant for: measured, weighed, put in order."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence_tools.base import EvidenceBase, read_base
from evidence_tools.pages.candidates import (
    FEATURES,
    Ranker,
    Stretch,
    find_candidates,
    measure,
    read_ranker,
    stretches_of,
)
from evidence_tools.pages.matching import Matcher
from evidence_tools.pages.page import BlockKind, page_from_blocks
from evidence_tools.pages.sentences import cut_page
from evidence_tools.pages.signs import Reading, read_passage

ROOT = Path(__file__).parents[1]
P, H = BlockKind.PARAGRAPH, BlockKind.HEADING


@pytest.fixture(scope="module")
def base() -> EvidenceBase:
    """Return the register of the repository."""
    return read_base(ROOT / "evidence")


@pytest.fixture(scope="module")
def matcher(base: EvidenceBase) -> Matcher:
    """Return a matcher over it."""
    return Matcher(base.questions, base.phrasings)


def reading(*blocks: tuple[BlockKind, str]) -> Reading:
    """Read the last passage of a page."""
    return read_passage(cut_page(page_from_blocks(list(blocks)))[-1])


def said(r: Reading) -> list[str]:
    """What the stretches say that speak."""
    return [one.said for one in stretches_of(r) if one.speaks]


def test_stretches_are_parts_and_what_stands_beside_an_effect() -> None:
    """Each part, then words on standing and on the number of sessions."""
    assert said(reading((P, "It eases neck pain and lowers stress."))) == [
        "It eases neck pain", "lowers stress",
    ]  # fmt: skip
    found = said(reading((P, "This proven massage eases neck pain in just three sessions.")))
    assert "proven" in found
    assert any("three sessions" in one and "neck" not in one for one in found)


def test_it_is_the_complaint_before() -> None:
    """What happens to "it" is read with the complaint that the sentence before names."""
    r = reading((P, "Sciatica is common. Massage relieves it."))
    assert any("sciatica" in one.casefold() for one in said(r))


def test_on_a_page_on_cancer_each_sentence_is_about_cancer() -> None:
    """Only where the sentence does not say so itself."""
    about = (H, "Massage for cancer patients")
    assert any("people with cancer" in one for one in said(reading(about, (P, "It eases pain."))))
    own = said(reading(about, (P, "It eases pain in cancer.")))
    assert not any("people with cancer" in one for one in own)


def test_what_denies_is_no_stretch_unless_it_stands_first() -> None:
    """What a treatment does not do is not held against questions; something always is."""
    found = said(reading((P, "Massage relieves neck pain, but it does not cure arthritis.")))
    assert any("neck pain" in one for one in found)
    assert not any("arthritis" in one for one in found)
    assert said(reading((P, "Massage does not cure arthritis.")))


def test_another_treatment_is_measured_where_it_stands(matcher: Matcher) -> None:
    """One column a place; massage in the sentence or above it leaves them all empty."""
    places = ["does it", "beside it", "near", "above"]

    def measured(*blocks: tuple[BlockKind, str]) -> list[str]:
        r = reading(*blocks)
        *_, rows = measure(r, stretches_of(r), matcher, {}, background=False)
        columns = {name: rows[:, place] for place, name in enumerate(FEATURES)}
        return [name for name in places if columns[f"another treatment {name}"].any()]

    above = (H, "Cupping")
    assert measured((P, "Cupping relieves neck pain.")) == ["does it"]
    assert measured((P, "Massage and cupping relieve neck pain.")) == ["beside it"]
    assert measured((P, "Cupping is old. It relieves neck pain.")) == ["near"]
    assert measured(above, (P, "We open at nine. It relieves neck pain.")) == ["above"]
    assert measured(above, (P, "Massage relieves neck pain.")) == []


def test_a_page_without_a_part_is_one_stretch() -> None:
    """Signs alone are read as they stand."""
    assert stretches_of(reading((P, "!!!"))) == [Stretch(0, 3, "!!!", True)]


def test_what_is_measured_says_what_it_says(matcher: Matcher) -> None:
    """Columns have the order of their names; those of the whole sentence are the same for all."""
    r = reading((P, "Massage relieves lower back pain."))
    stretches = stretches_of(r)
    priors = {"low-back-pain": -3.0}
    numbers, nearest, shares, rows = measure(r, stretches, matcher, priors, background=False)
    column = {name: rows[:, place] for place, name in enumerate(FEATURES)}
    place = [matcher.questions[number] for number in numbers].index("low-back-pain")
    assert rows.shape == (len(numbers), len(FEATURES))
    assert column["how often pages claim it"][place] == -3.0
    assert set(column["how often pages claim it"]) == {-3.0, -8.0}
    assert column["rank in a stretch"][place] == 0
    assert column["likeness of a stretch"][place] == column["likeness of a stretch"].max()
    assert column["synonyms in the sentence"][place] == pytest.approx(1.0, abs=0.5)
    for name, value in {
        "names massage": 1, "names an effect": 1, "another treatment near": 0, "is an item": 0,
        "sentence on causes": 0, "number of words": 5, "number of stretches": len(stretches),
    }.items():  # fmt: skip
        assert set(column[name]) == {value}, name
    assert shares[place] == pytest.approx(math.exp(column["likeness of a stretch"][place]), abs=0.1)
    assert set(nearest) <= set(range(len(stretches)))


_WORDS = ["massage", "eases", "neck", "pain", "stress", "and", ",", "lasting", "safe", "poor",
          "posture", "causes", "xyzzy", "sleep", "3", "sessions", "cures", "-"]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(_WORDS), min_size=1, max_size=12), st.booleans())
def test_candidates_are_in_order_and_stand_in_the_sentence(
    words: list[str], background: bool
) -> None:
    """Chances lie between 0 and 1, likeliest first, each question once; the first three are in."""
    matcher = _MATCHER
    r = reading((P, " ".join(words)))
    stretches = stretches_of(r)
    found = find_candidates(r, stretches, matcher, read_ranker(), background=background)
    chances = [one.chance for one in found]
    assert all(0 < chance < 1 for chance in chances)
    assert chances == sorted(chances, reverse=True)
    assert len({one.question for one in found}) == len(found) >= 3
    for one in found:
        stretch = stretches[one.stretch]
        assert 0 <= stretch.start <= stretch.end <= len(r.passage.text)
        assert 0 <= one.share <= 1


_BASE = read_base(ROOT / "evidence")
_MATCHER = Matcher(_BASE.questions, _BASE.phrasings)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_register_of_hardly_any_question_is_no_error(base: EvidenceBase, number: int) -> None:
    """Without others there is no margin; without questions there are no candidates."""
    questions = {key: base.questions[key] for key in list(base.questions)[:number]}
    matcher = Matcher(questions)
    r = reading((P, "Massage relieves lower back pain and calms you."))
    found = find_candidates(r, stretches_of(r), matcher, read_ranker(), background=False)
    assert {one.question for one in found} == set(questions)


def test_a_weight_moves_the_chance_its_way() -> None:
    """A logistic model: with weight 1 on one feature the odds grow by e a unit."""
    weights = [0.0] * len(FEATURES)
    weights[2] = 1.0
    ranker = Ranker(-1.0, tuple(weights), {})
    rows = np.zeros((2, len(FEATURES)))
    rows[1, 2] = 1.0
    first, second = ranker.chances(rows)
    assert first == pytest.approx(1 / (1 + math.e))
    assert second == pytest.approx(0.5)


def test_weights_that_do_not_fit_the_features_are_refused() -> None:
    """One weight a feature, or nothing."""
    with pytest.raises(ValueError, match=f"2 weights for {len(FEATURES)} features"):
        Ranker(0.0, (1.0, 2.0), {})


def test_the_stored_weights_are_those_of_the_features(base: EvidenceBase) -> None:
    """Each feature has its weight by name; priors are of questions that there are."""
    place = ROOT / "src" / "evidence_tools" / "pages" / "ranking.json"
    held = json.loads(place.read_text("utf-8"))
    assert set(held["weights"]) == set(FEATURES)
    assert set(held["priors"]) <= set(base.questions)
    assert read_ranker().weights[0] == held["weights"][FEATURES[0]]
