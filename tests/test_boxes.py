"""Every row, question, claim and source of the site says how to cite it, in every style."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from dataclasses import replace

import pytest
import rispy
from lxml import html as markup

from builders import DAY
from evidence_tools.assessment import assess
from evidence_tools.bibliography import parse_bibtex
from evidence_tools.errors import InputError
from evidence_tools.exports.citable import find_reference
from evidence_tools.exports.csl import parse_csl
from evidence_tools.exports.formats import WRITERS
from evidence_tools.exports.nbib import parse_nbib
from evidence_tools.exports.styles import load_style
from evidence_tools.report.build import build_report
from evidence_tools.report.citing import STYLES, Citer
from evidence_tools.report.pages import write_pages
from evidence_tools.report.source_pages import write_source_pages

SITE = "https://example.org/a&b"


@pytest.fixture(scope="module")
def site(tmp_path_factory, assessment):
    """The pages of the whole site, without figures and notebooks."""
    folder = tmp_path_factory.mktemp("site")
    write_pages(assessment, {}, defaultdict(lambda: "a figure"), {}, folder)
    write_source_pages(assessment, folder)
    return folder


def box_of(path, within: str = "//main"):
    """The last box to cite by within a part of a page."""
    tree = markup.fromstring(path.read_text(encoding="utf-8"))
    return tree.xpath(f"({within}//div[@class='cite'])[last()]")[0]


@pytest.mark.parametrize("published", ["", SITE])
def test_a_box_says_what_the_command_says(assessment, published):
    """The same words in every style for every question and claim, a cell and the whole."""
    citer = Citer(assessment, published)
    ids = [*assessment.base.questions, *assessment.base.claims, "neck-pain/001", "all"]
    assert len(ids) > 400
    for key in ids:
        reference, box = find_reference(assessment, key, published), citer.box(key)
        for style, name in STYLES.items():
            assert [box.styles[name]] == load_style(style).render([reference], html=True), key


def test_a_title_that_is_markup_stays_text(assessment):
    """Signs of markup, braces and the marks of the filling itself."""
    question = assessment.base.questions["neck-pain"]
    hostile = question.model_copy(update={"question": "Is <b>5 & 6</b> {{ 7*7 }} \\1 x. y.?"})
    base = replace(assessment.base, questions={**assessment.base.questions, "neck-pain": hostile})
    box = Citer(assess(base, DAY), SITE).box("neck-pain")
    for text in box.styles.values():
        assert "Is &lt;b&gt;5 &amp; 6&lt;/b&gt; {{ 7*7 }} \\1 x. y.?" in text
        assert "a&amp;b/questions/neck-pain.html" in text


def test_the_forms_of_a_box_are_read_back_by_their_readers(assessment):
    """BibTeX, CSL-JSON, RIS and NBIB of a claim give the reference that the command gives."""
    key = "d001-016"
    reference, forms = find_reference(assessment, key, SITE), Citer(assessment, SITE).box(key)
    assert list(forms.formats) == ["BibTeX", "CSL-JSON", "RIS", "NBIB (PubMed)"]
    assert parse_bibtex(forms.formats["BibTeX"]) == parse_bibtex(WRITERS["bibtex"]([reference]))
    assert list(parse_csl(forms.formats["CSL-JSON"])) == [reference]
    assert '"date-parts": [[2026, 11, 21]]' in forms.formats["CSL-JSON"]
    [entry] = rispy.loads(forms.formats["RIS"] + "\n")
    assert entry["title"] == reference.title
    [back] = parse_nbib(forms.formats["NBIB (PubMed)"] + "\n")
    assert (back.title, back.url) == (reference.title, reference.url)


def test_every_question_and_every_claim_has_its_box(site, assessment):
    """Reference in the open or behind one click; each style and form by name; text that selects."""
    for key in assessment.base.questions:
        box = box_of(site / "questions" / f"{key}.html")
        assert f"questions/{key}.html" in box.xpath("string(p[1])")
    for key, document in assessment.base.document_of.items():
        box = box_of(site / "documents" / f"{document}.html", f"//article[@id='{key}']")
        assert f"documents/{document}.html#{key}" in box.xpath("string(p[1])"), key
        assert box.xpath("details//dt/text()") == [
            "APA", "AMA", "BibTeX", "CSL-JSON", "RIS", "NBIB (PubMed)"
        ]  # fmt: skip
        assert json.loads(box.xpath("string((.//pre)[2])"))[0]["id"] == f"evidence-{key}"


def test_every_row_of_the_matrix_leads_to_its_box_and_every_source_has_one(site, assessment):
    """By a link that names the row; sources with the forms that managers read."""
    tree = markup.fromstring((site / "matrix.html").read_text(encoding="utf-8"))
    for key in assessment.base.questions:
        [link] = tree.xpath(f"//tr[@id='{key}']//a[@class='cite-link']")
        assert (link.get("href"), link.get("aria-label")) == (
            f"questions/{key}.html#cite", f"Cite {key}"
        )  # fmt: skip
    assert "115 questions, 372 claims." in box_of(site / "matrix.html").text_content()
    for key in assessment.base.records:
        box = box_of(site / "sources" / f"{key}.html")
        assert f"{{{key}," in box.xpath("string((.//pre)[1])")


def test_an_address_that_is_none_stops_the_report_before_it_begins(project):
    """One line, and nothing is made."""
    with pytest.raises(InputError, match="'ftp://x' is no address of a site"):
        build_report(project / "evidence", DAY, out=project / "out", published="ftp://x")
    assert not (project / "out").exists()


def test_before_the_first_appraisal_a_box_says_so(base):
    """The state is part of the citation: not yet appraised, and the day."""
    early = assess(base, dt.date(2020, 1, 1))
    assert "2020-01-01" in Citer(early).box("neck-pain").styles["Vancouver"]
