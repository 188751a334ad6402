"""Identifiers are normalised to one form, and what is no identifier is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_tools import identifiers
from evidence_tools.errors import DataError


@pytest.mark.parametrize(
    ("parse", "text", "normal"),
    [
        (identifiers.parse_pmid, " PMID:26329399 ", "26329399"),
        (identifiers.parse_pmcid, "PMC8734598", "PMC8734598"),
        (identifiers.parse_pmcid, "8734598", "PMC8734598"),
        (identifiers.parse_doi, "https://doi.org/10.7326/M16-2367", "10.7326/M16-2367"),
        (identifiers.parse_doi, "doi: 10.1000/A<b>(1)", "10.1000/A<b>(1)"),
        (identifiers.parse_key, "furlan2015", "furlan2015"),
    ],
)
def test_forms_that_people_paste_come_out_in_one_form(parse, text, normal):
    """A pasted identifier is understood whatever its dress."""
    assert parse(text) == normal


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (identifiers.parse_pmid, "0123"),
        (identifiers.parse_pmid, "123456789"),
        (identifiers.parse_pmid, "12x"),
        (identifiers.parse_pmcid, "PMC"),
        (identifiers.parse_doi, "11.1000/a"),
        (identifiers.parse_doi, "10.1000/with blank"),
        (identifiers.parse_key, "../etc/passwd"),
        (identifiers.parse_key, "Furlan2015"),
        (identifiers.parse_finding_ref, "furlan2015"),
        (identifiers.parse_finding_ref, "furlan2015:f0"),
    ],
)
def test_what_is_no_identifier_is_refused_with_the_form_expected(parse, text):
    """A wrong identifier is an error that says what would be right."""
    with pytest.raises(DataError, match="expected"):
        parse(text)


@given(st.integers(min_value=1, max_value=99_999_999))
def test_every_pmid_survives_parsing(number):
    """Parsing a PMID gives the same number back."""
    assert identifiers.parse_pmid(str(number)) == str(number)


@pytest.mark.parametrize(
    ("doi", "number"),
    [
        ("10.1002/14651858.CD001929.pub3", "CD001929.pub3"),
        ("10.1002/14651858.CD012224", "CD012224"),
        ("10.7326/M16-2367", None),
        (None, None),
    ],
)
def test_the_cochrane_number_is_read_from_the_doi(doi, number):
    """A Cochrane review is known by its number and version."""
    assert identifiers.cochrane_number(doi) == number


def test_a_doi_with_odd_characters_makes_a_working_address():
    """Characters that end or break a URL are encoded."""
    assert identifiers.doi_url("10.1000/a<b>#1") == "https://doi.org/10.1000/a%3Cb%3E%231"
