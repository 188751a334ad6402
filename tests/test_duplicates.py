"""Two citations are one publication by identifier or by careful agreement; likeness only names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_tools.literature.citations import Author, Citation
from evidence_tools.literature.duplicates import Match, find_duplicates, fold_title

LEE = (Author(last="Lee"),)


def citation(pmid: str, title: str, **more) -> Citation:
    """A citation of 2020 by Lee, but for what is given."""
    return Citation(pmid, title=title, **{"authors": LEE, "published": "2020", **more})


@pytest.mark.parametrize(
    ("one", "two", "match"),
    [
        (citation("1", "A", doi="10.1000/x"), citation("2", "B", doi="10.1000/X"), Match.DOI),
        (citation("1", "Massage for pain."), citation("2", "Massage for Pain"), Match.TITLE),
        (
            citation("1", "Massage for pain", doi="10.1000/a"),
            citation("2", "Massage for pain", doi="10.1000/b"),
            None,
        ),
        (
            citation("1", "Massage for pain"),
            citation("2", "Massage for pain", authors=(Author(last="Kim"),)),
            None,
        ),
        (
            citation("1", "Massage for pain"),
            citation("2", "Massage for pain", published="2023"),
            None,
        ),
        (
            citation("1", "Massage for pain"),
            citation("2", "Massage for pain", published="2021"),
            Match.ALIKE,
        ),
        (
            citation("1", "Massage for pain in the neck of adults"),
            citation("2", "Massage for pains in the neck of adults"),
            Match.ALIKE,
        ),
        (
            citation("1", "Massage for pain"),
            citation("2", "Massage for pain", publication_types=("Clinical Trial Protocol",)),
            Match.ALIKE,
        ),
        (citation("1", "Reply"), citation("2", "Reply"), None),
        (
            citation("1", "Massage for pain", authors=()),
            citation("2", "Massage for pain", authors=()),
            None,
        ),
        (
            citation("1", "Massage for pain", published=None),
            citation("2", "Massage for pain"),
            Match.ALIKE,
        ),
    ],
)
def test_what_makes_two_citations_one(one, two, match):
    """DOI, or title with first author and year; protocols, replies and years apart do not."""
    found = find_duplicates([two, one])
    assert [(d.pmid, d.other, d.match) for d in found] == ([("1", "2", match)] if match else [])


@given(
    st.permutations([citation(str(n), f"Massage number {n % 4} for pain") for n in range(1, 13)])
)
def test_the_order_of_the_citations_does_not_matter(citations):
    """The same set gives the same pairs."""
    found = find_duplicates(citations)
    assert found == find_duplicates(sorted(citations, key=lambda c: c.pmid))
    titles = {(d.pmid, d.other) for d in found if d.match is Match.TITLE}
    assert titles == {
        (str(a), str(b)) for a in range(1, 13) for b in range(a + 1, 13) if a % 4 == b % 4
    }


@given(st.text(max_size=60))
def test_folding_is_idempotent(text):
    """Folding a folded title changes nothing."""
    assert fold_title(fold_title(text)) == fold_title(text)
