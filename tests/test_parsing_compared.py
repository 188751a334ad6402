"""What other parsers make of the same records, difference by difference."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from other_parsers import ENTREZ, MEDLINE, PUBMED_PARSER
from parsing_compared import KNOWN, PAGE, compare, page

Result = dict[str, tuple[int, "Counter[str]", list[str]]]


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    """One comparison of all libraries."""
    folder: Path = tmp_path_factory.mktemp("compared")
    return compare(folder)


@pytest.mark.parametrize("library", sorted(KNOWN))
def test_every_difference_is_known_and_every_known_one_is_there(
    result: Result, library: str
) -> None:
    """A new difference must be looked at; one that is gone must leave the list."""
    _, differing, _ = result[library]
    assert set(differing) == set(KNOWN[library])


def test_enough_is_compared(result: Result) -> None:
    """Some 800 records, and all that each library can give."""
    assert {name: (count > 790, len(fields)) for name, (count, _, fields) in result.items()} == {
        "pubmed_parser": (True, len(PUBMED_PARSER)),
        "Bio.Entrez.read": (True, len(ENTREZ)),
        "Bio.Medline": (True, len(MEDLINE)),
    }


def test_the_page_of_differences_is_current(result: Result) -> None:
    """docs/parsing-compared.md says what this comparison found."""
    assert PAGE.read_text(encoding="utf-8") == page(result), "run: python tests/parsing_compared.py"
