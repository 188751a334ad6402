"""references.bib is sorted, stable, and read back without loss by bibtexparser."""

from __future__ import annotations

import bibtexparser
from bibtexparser.middlewares import LatexDecodingMiddleware
from hypothesis import given
from hypothesis import strategies as st

from builders import ROOT, record
from evidence_tools.bibliography import format_bibtex

titles = st.text(
    alphabet=st.sampled_from(list("abcXYZ 09{}%&$#_~^\\\"'-:,<i>αβéüñ=@")), min_size=3
).filter(lambda text: text.strip() == text and "  " not in text)


@given(titles)
def test_odd_titles_make_one_sound_entry(title):
    """Braces, percent signs, markup, Greek and accents never break the file."""
    library = bibtexparser.parse_string(format_bibtex([record(title=title)]))
    assert not library.failed_blocks
    assert [entry.key for entry in library.entries] == ["smith2020"]


def test_a_title_comes_back_as_it_was():
    """What was escaped for TeX is decoded to the same text."""
    title = "Massage & 50% less pain: CD8_T cells, α-test, #1 {braces}"
    library = bibtexparser.parse_string(
        format_bibtex([record(title=title)]), append_middleware=[LatexDecodingMiddleware()]
    )
    assert library.entries[0].fields_dict["title"].value == title


def test_entries_are_sorted_and_do_not_depend_on_the_order_given():
    """Two orders, one text."""
    one, two = record("zeta2020"), record("alpha2020")
    assert format_bibtex([one, two]) == format_bibtex([two, one])
    assert format_bibtex([one, two]).index("alpha2020") < format_bibtex([one, two]).index("zeta")


def test_what_is_from_memory_is_not_cited():
    """A PMID that nobody saw is left out."""
    text = format_bibtex([record(pmid="123", from_memory=("pmid", "year"))])
    assert "pmid" not in text
    assert "year" not in text


def test_names_and_bodies_are_told_apart():
    """Initials get points; a collective author is braced as one."""
    text = format_bibtex([record(authors=("van der Berg AB", "World Health Organization"))])
    assert "van der Berg, A. B. and {World Health Organization}" in text


def test_the_committed_file_holds_the_four_sources_that_document_001_cites():
    """With DOI and the Cochrane number, and PMID where it was seen."""
    library = bibtexparser.parse_file(str(ROOT / "references.bib"))
    wanted = {
        "bervoets2015": ("10.1016/j.jphys.2015.05.018", "26093806", None),
        "field2016": ("10.1016/j.ctcp.2016.04.005", None, None),
        "furlan2015": ("10.1002/14651858.CD001929.pub3", "26329399", "CD001929.pub3"),
        "qaseem2017": ("10.7326/M16-2367", "28192789", None),
    }
    for key, (doi, pmid, number) in wanted.items():
        fields = {f.key: f.value for f in library.entries_dict[key].fields}
        assert (fields["doi"], fields.get("pmid"), fields.get("cochrane")) == (doi, pmid, number)
