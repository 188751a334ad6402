"""What PubMed says is compared field by field; only what is safe goes into a patch."""

from __future__ import annotations

import datetime as dt
import subprocess
from pathlib import Path

import pytest

from evidence_tools.bibliography import format_bibtex
from evidence_tools.errors import DataError
from evidence_tools.files import write_model
from evidence_tools.literature.citations import Author, Citation, Journal, Link, LinkKind
from evidence_tools.literature.drafts import TO_COMPLETE, draft_key, draft_record
from evidence_tools.literature.notices import read_notices, read_retraction
from evidence_tools.literature.verification import (
    Cited,
    cited_in_bibtex,
    cited_record,
    compare,
    compare_all,
    format_patch,
    patched,
)
from evidence_tools.vocab import Design, Retraction

DAY = dt.date(2026, 11, 21)
PUBMED = Citation(
    "123", title="Massage for neck pain: a randomised trial.", doi="10.1000/a", pmcid="PMC99999",
    published="2021-01", published_electronic="2020-12-30",
    journal=Journal(title="The Journal of Pain and Touch", medline_ta="J Pain Touch"),
)  # fmt: skip
OURS = Cited("evidence/records/x.json", "x", pmid="123", doi="10.1000/A", pmcid="PMC99999",
             title="Massage for Neck Pain: A Randomised Trial", year=2020,
             journal="J. Pain Touch", retraction=Retraction.NOT_RETRACTED)  # fmt: skip


def changed(**values) -> Cited:
    """Our side with other values."""
    return Cited(**{**OURS.__dict__, **values})


def test_writing_the_same_thing_another_way_is_no_difference():
    """Case of a DOI, full stop, print or online year, abbreviation of the journal."""
    assert list(compare(OURS, PUBMED)) == []
    assert list(compare(changed(journal="Journal of Pain & Touch"), PUBMED)) == []
    assert list(compare(changed(year=2021), PUBMED)) == []


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"doi": None}, "doi", "PubMed knows it"),
        ({"doi": "10.1000/b"}, "doi", "another article"),
        ({"pmcid": "PMC11111"}, "pmcid", "another article"),
        ({"title": "Bees in winter"}, "title", "very likely another article"),
        ({"title": "Massage for neck pain"}, "title", "another article"),
        ({"title": "Massage for neck pain: randomised trials"}, "title", "% alike"),
        ({"year": 2019}, "year", "neither in print nor online"),
        ({"journal": "Spine"}, "journal", "another journal"),
        ({"retraction": Retraction.NOT_CHECKED}, "retraction", "checked"),
    ],
)
def test_each_field_that_differs_is_named_with_both_values(values, field, words):
    """One difference, its field, and what it means."""
    (found,) = compare(changed(**values), PUBMED)
    assert found.field == field
    assert words in found.note


def test_a_pmid_that_pubmed_does_not_give_is_a_difference_with_its_reason():
    """Deleted, merged: in NCBI's words."""
    (found,) = compare_all([OURS], {}, {"123": "deleted"})
    assert (found.field, found.note) == ("pmid", "deleted")


def test_a_record_without_pmid_is_found_by_its_doi():
    """And its PMID is offered."""
    found = compare_all([changed(pmid=None)], {"123": PUBMED}, {})
    assert [(d.field, d.pubmed) for d in found] == [("pmid", "123")]


def test_every_entry_of_the_real_bibliography_can_be_compared(base):
    """Reading references.bib gives the key, identifiers, title and year of each record."""
    records = base.verified_records
    found = {c.key: c for c in cited_in_bibtex(format_bibtex(records))}
    assert found.keys() == {r.key for r in records}
    for record in records:
        if record.title and not record.memory_fields:
            entry = found[record.key]
            assert (entry.title, entry.year) == (record.title, record.year)


def test_a_broken_bibliography_is_named_with_its_line():
    """No half of it is compared."""
    with pytest.raises(DataError, match=r"references.bib:\d+: an entry cannot be parsed"):
        cited_in_bibtex("@article{a, title = {x}\n\n@article{b, year = {2020}}\n")


@pytest.mark.parametrize(
    ("kinds", "types", "status"),
    [
        ([LinkKind.RETRACTION_IN], (), Retraction.RETRACTED),
        ([], ("Retracted Publication",), Retraction.RETRACTED),
        ([LinkKind.CONCERN_IN], (), Retraction.CONCERN),
        ([LinkKind.RETRACTION_OF, LinkKind.ERRATUM_IN], (), Retraction.NOT_RETRACTED),
        ([LinkKind.CONCERN_IN, LinkKind.RETRACTED_AND_REPUBLISHED_IN], (), Retraction.RETRACTED),
    ],
)
def test_retraction_is_read_from_link_or_type(kinds, types, status):
    """A notice about another article (RetractionOf) is not one about this."""
    links = tuple(Link(kind, "J. 2026", "456") for kind in kinds)
    assert read_retraction(Citation("1", links=links, publication_types=types)) is status


def test_notices_come_gravest_first_and_comments_are_none():
    """Retraction, concern, newer version, erratum; a comment is not news."""
    links = tuple(Link(kind, "J", "9") for kind in (
        LinkKind.COMMENT_IN, LinkKind.ERRATUM_IN, LinkKind.UPDATE_IN, LinkKind.RETRACTION_IN,
    ))  # fmt: skip
    found = read_notices("lee2020", Citation("1", links=links))
    assert [notice.kind for notice in found] == ["RetractionIn", "UpdateIn", "ErratumIn"]


def test_the_patch_applies_and_every_change_is_a_correction(base, tmp_path: Path):
    """Git takes the patch; the file then says what was changed, from what, and why."""
    record = next(r for r in base.verified_records if r.pmid and r.doi and r.year)
    theirs = Citation(record.pmid, title=record.title or "", doi=record.doi, pmcid=record.pmcid,
                      published=str(record.year + 3))  # fmt: skip
    differences = compare_all([cited_record(record)], {record.pmid: theirs}, {})
    assert {d.field for d in differences} == {"year", "retraction"}
    patch = format_patch([record], differences, DAY)
    path = tmp_path / "evidence" / "records" / f"{record.key}.json"
    write_model(record, path)
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=patch, text=True, check=True)
    after = type(record).model_validate_json(path.read_text())
    assert (after.year, after.retraction) == (record.year + 3, Retraction.NOT_RETRACTED)
    assert [(c.field, c.old) for c in after.corrections[len(record.corrections):]] == [
        ("year", str(record.year)), ("retraction", "not checked"),
    ]  # fmt: skip
    assert patched(after, [], DAY) is after


def test_a_pmid_of_another_article_changes_nothing(base):
    """Its year and DOI are not ours to take."""
    record = next(r for r in base.verified_records if r.pmid and r.title)
    theirs = Citation(record.pmid, title="Bees in winter", doi="10.1000/bees", published="1999")
    differences = compare_all([cited_record(record)], {record.pmid: theirs}, {})
    assert any("another article" in d.note for d in differences)
    assert patched(record, differences, DAY) is record


def test_a_draft_has_pubmeds_facts_and_nobodys_guess():
    """Population, summary and findings are left for a person."""
    citation = Citation(
        "123", title="Massage: a systematic review and meta-analysis.", published="2026-02",
        authors=(Author(last="Núñez-Lee", initials="AB"), Author(collective="The Touch Group")),
        publication_types=("Systematic Review", "Meta-Analysis"), doi="10.1000/a",
    )  # fmt: skip
    draft = draft_record(citation, {"nunezlee2026"}, DAY)
    assert draft.key == "nunezlee2026b"
    assert draft.authors == ("Núñez-Lee AB", "The Touch Group")
    assert draft.design is Design.META_ANALYSIS
    assert (draft.population, draft.summary, draft.findings) == (TO_COMPLETE, TO_COMPLETE, ())


def test_keys_do_not_run_out():
    """Beyond z the PMID makes the key unique; without author or year there is still one."""
    citation = Citation("77", authors=(Author(last="Li"),), published="2026")
    taken = {"li2026", *(f"li2026{letter}" for letter in "bcdefghijklmnopqrstuvwxyz")}
    assert draft_key(citation, taken) == "li2026_77"
    assert draft_key(Citation("77"), {}) == "anonymousnd"
