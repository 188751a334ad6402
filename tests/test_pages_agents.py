"""Another treatment than massage: what it is called, and whether a claim is plainly made for it."""

from __future__ import annotations

import pytest

from evidence_tools.pages.agents import Place, find_other_treatment, is_of_other_treatment
from evidence_tools.pages.page import Block, BlockKind, Page
from evidence_tools.pages.sentences import cut_page
from evidence_tools.pages.signs import Reading, read_passage


def last(*texts: str) -> Reading:
    """The last sentence of a page: a heading if there are two texts, and a paragraph."""
    kinds = [BlockKind.HEADING] * (len(texts) - 1) + [BlockKind.PARAGRAPH]
    blocks, start = [], 0
    for kind, text in zip(kinds, texts, strict=True):
        blocks.append(Block(kind, text, start, start + len(text)))
        start += len(text) + 2
    page = Page("\n\n".join(texts), tuple(blocks), None, "en")
    return read_passage(cut_page(page)[-1])


@pytest.mark.parametrize(
    ("texts", "name", "place", "plainly"),
    [
        (["Cupping relieves neck pain."], "cupping", Place.SUBJECT, True),
        (["Massage and cupping relieve neck pain."], "cupping", Place.BESIDE, False),
        (["Cupping is old. It relieves neck pain."], "cupping", Place.NEAR, False),
        (["Cupping", "We open at nine. It relieves pain."], "cupping", Place.ABOVE, True),
        (["Cupping", "We open at nine. The session relieves pain."], "cupping", Place.ABOVE, False),
        (["Unlike cupping, acupuncture relieves pain."], "acupuncture", Place.SUBJECT, True),
    ],
)
def test_another_treatment_is_found_where_it_stands(
    texts: list[str], name: str, place: Place, plainly: bool
) -> None:
    """Only what does it, or a heading over a sentence that names no treatment, settles it."""
    r = last(*texts)
    found = find_other_treatment(r)
    assert found is not None
    assert (found.name, found.place, is_of_other_treatment(r)) == (name, place, plainly)


@pytest.mark.parametrize(
    "texts",
    [
        ["Massage relieves neck pain."],
        ["Unlike cupping, it relieves neck pain."],
        ["Cupping", "Massage is old. It relieves neck pain."],
    ],
)
def test_what_is_compared_or_farther_than_massage_is_none(texts: list[str]) -> None:
    """The nearest counts, and what a treatment is set against does nothing."""
    assert find_other_treatment(last(*texts)) is None
    assert not is_of_other_treatment(last(*texts))
