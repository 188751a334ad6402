"""Wherever a clinic owner looks, a reading grade of at most 9, and each term explained where it is.

The grade is Flesch-Kincaid's, of what stands in the open on a page: tables, and what opens at a
click, hold the words of the register and of its sources.
"""

from __future__ import annotations

import re
from collections import defaultdict

import pytest
import textstat
from lxml import html as markup

from evidence_tools.labels import ADVICE, OVERSTEPS, SAFETY, SUPPORT
from evidence_tools.pages.audit import audit_page, open_auditor
from evidence_tools.pages.reading import page_from_text
from evidence_tools.pages.renditions import audit_as_data
from evidence_tools.pages.renditions.html import format_body
from evidence_tools.report.pages import write_pages
from evidence_tools.report.source_pages import write_source_pages
from evidence_tools.teaching.writing import write_teaching

MOST = 9
#: A page of a clinic with each kind of advice.
PAGE = """Massage cures chronic back pain for good. It flushes toxins from your muscles.
Massage may ease low back pain for a few weeks; the studies are weak.
Neuromuscular massage helps with headaches and stress, and improves your posture.
Our crystals relieve tinnitus. We offer sessions of 60 minutes.
"""


def grade(text: str) -> float:
    """Flesch-Kincaid grade of a text."""
    return float(textstat.flesch_kincaid_grade(text))


def in_the_open(part) -> str:
    """Sentences of a part of a page without tables and what is folded away."""
    for hidden in part.xpath(".//table|.//details|.//script|.//pre|.//figure"):
        hidden.drop_tree()
    blocks = part.xpath(
        "self::p|self::li|.//p|.//li[not(.//p)]|.//h1|.//h2|.//h3|.//dd|.//dt|.//legend"
    )
    texts = [" ".join(block.text_content().split()) for block in blocks]
    return " ".join(t if t[-1] in ".?!:" else f"{t}." for t in texts if t)


@pytest.fixture(scope="module")
def site(tmp_path_factory, assessment):
    """The pages of the site and those for a class."""
    folder = tmp_path_factory.mktemp("site")
    write_pages(assessment, {}, defaultdict(lambda: "a figure"), {}, folder)
    write_source_pages(assessment, folder)
    write_teaching(assessment, folder / "teaching", home="../index.html")
    return folder


def tree_of(path):
    """The main part of a page."""
    return markup.fromstring(path.read_bytes()).xpath("//main")[0]


def test_summary_claims_and_method_can_be_read_by_anybody(site):
    """The pages that everybody opens first."""
    names = ["index", "claims", "matrix", "register", "method", "trust", "sources/index",
             "teaching/index", "teaching/example", "teaching/glossary",
             "teaching/exercise"]  # fmt: skip
    grades = {name: grade(in_the_open(tree_of(site / f"{name}.html"))) for name in names}
    assert {name: found for name, found in grades.items() if found > MOST} == {}


def test_the_verdict_on_every_claim_can_be_read_by_anybody(site):
    """What may be said instead, and because of what: each of them by itself."""
    verdicts = {}
    for path in site.glob("documents/*.html"):
        for claim in tree_of(path).xpath("//article[@class='claim']"):
            verdicts[claim.get("id")] = " ".join(
                " ".join(p.text_content().split()) for p in claim.xpath("./p")[-2:]
            )
    assert len(verdicts) == 372
    too_hard = {key: text for key, text in verdicts.items() if grade(text) > MOST}
    assert too_hard == {}


def test_the_head_of_every_question_can_be_read_by_anybody(site):
    """Level, bottom line, and what may be said or why nothing may: before the details."""
    too_hard = {}
    for path in site.glob("questions/*.html"):
        tree = tree_of(path)
        parts = tree.xpath("p[@class='verdict']|p[@class='lead']|p[@class='say']")
        refused = tree.xpath("p[strong[text()='No wording is defensible.']]")
        text = " ".join(" ".join(p.text_content().split()) for p in [*parts, *refused])
        if grade(text) > MOST:
            too_hard[path.stem] = text
    assert too_hard == {}


def test_every_reason_for_offering_no_wording_can_be_read_by_anybody(assessment):
    """Each by itself: it stands alone in the register and beside a claim."""
    reasons = {
        key: appraisal.no_wording_reason
        for key, appraisal in assessment.appraisals.items()
        if appraisal is not None and appraisal.no_wording_reason is not None
    }
    assert len(reasons) > 50
    assert {key: text for key, text in reasons.items() if grade(text) > MOST} == {}


def test_an_audit_of_a_page_can_be_read_by_anybody(assessment):
    """Summary, each sentence with its reason, and the sheet to sign."""
    audit = audit_page(page_from_text(PAGE), open_auditor(assessment))
    body = markup.fromstring(f"<main>{format_body(audit_as_data(audit))}</main>")
    for quoted in body.xpath(".//blockquote|.//*[contains(@class, 'quote')]"):
        quoted.drop_tree()
    assert grade(in_the_open(body)) <= MOST


def test_every_level_advice_and_overstep_is_explained_where_it_first_stands(site):
    """The summary gives each level and each advice its meaning; a claim says how it oversteps."""
    index = " ".join(tree_of(site / "index.html").text_content().split())
    for label in (*SUPPORT.values(), *ADVICE.values()):
        assert re.search(rf"{label.word}.{{0,20}}\d.{{0,10}}{re.escape(label.meaning)}", index), (
            label.word
        )
    for meaning in (*OVERSTEPS.values(), *SAFETY.values()):
        # Three words make a grade of their own: a sentence around them is what is read.
        assert grade(f"This is what we found. {meaning}") <= MOST, meaning
    matrix = " ".join(tree_of(site / "matrix.html").xpath("p")[0].text_content().split())
    for term in ("Directness", "Certainty", "Direction"):
        assert f"“{term}” says" in matrix, term


def test_a_word_of_studies_is_explained_on_the_page_that_uses_it(site, assessment):
    """Beside the bottom line and above the claims; no word is explained that is not used."""
    for key, appraisal in assessment.appraisals.items():
        tree = tree_of(site / "questions" / f"{key}.html")
        offered = appraisal.wording.text if appraisal.wording else appraisal.no_wording_reason
        told = f"{appraisal.bottom_line} {offered}".lower()
        words = tree.xpath("string(p[contains(@class, 'words')])")
        assert ("sham: Care that looks real" in words) == bool(re.search(r"\bshams?\b", told)), key
        assert ("review: A study of studies" in words) == bool(re.search(r"\breviews?\b", told))
    for path in site.glob("documents/*.html"):
        words = tree_of(path).xpath("//details[@class='words']")[0]
        assert "usual care" in words.xpath("string(summary)")
        assert words.xpath("string(.//dt[text()='usual care']/../dd)").startswith("The care that")
