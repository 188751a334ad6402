"""What is printed from the site is on the paper: a slide a sheet, nothing blank, nothing cut."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from pypdf import PdfReader

from chromium import launched
from evidence_tools.exports.citable import find_reference
from evidence_tools.exports.styles import load_style
from evidence_tools.report.pages import write_pages
from evidence_tools.report.source_pages import write_source_pages
from evidence_tools.teaching.worked import choose_claim
from evidence_tools.teaching.writing import write_teaching

# Beside the other tests with a browser: one at a time.
pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="module")
def slides(tmp_path_factory, assessment) -> Path:
    """The slides, written once."""
    folder = tmp_path_factory.mktemp("class")
    write_teaching(assessment, folder)
    return folder / "slides"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return the browser."""
    with launched() as made:
        yield made


def print_page(browser: Browser, address: str, out: Path, *, wait: str = "", script: bool = True):
    """Print a page as the menu does, once ``wait`` holds; return the words of each sheet."""
    context = browser.new_context(java_script_enabled=script)
    page = context.new_page()
    page.goto(address)
    if wait:
        page.wait_for_function(wait)
    page.pdf(path=out, prefer_css_page_size=True, print_background=True)
    context.close()
    # Letters that were joined for print (ﬁ) are taken apart again.
    texts = [unicodedata.normalize("NFKC", page.extract_text()) for page in PdfReader(out).pages]
    return [" ".join(text.split()) for text in texts]


def headings(slides: Path) -> list[str]:
    """First heading of each slide, in order; a slide that holds only a figure or table has none."""
    text = (slides / "index.html").read_text(encoding="utf-8")
    cut = [part for part in re.split(r"<section>", text)[1:] if part.strip()]
    found = [re.search(r"<h[12][^>]*>(.*?)(?:<a |</h)", part) for part in cut]
    return [re.sub(r"<[^>]+>", "", hit[1]) if hit else "" for hit in found]


@pytest.mark.skipif(
    shutil.which("pdftotext") is None and not os.environ.get("CI"),
    reason="poppler is not installed here (apt-get install poppler-utils)",
)
def test_a_viewers_program_takes_the_text_out_of_the_handout(slides, assessment):
    """Poppler reads both pages: the levels with their signs, the sentence, date and rules."""
    done = subprocess.run(
        ["pdftotext", "-layout", str(slides.parent / "handout.pdf"), "-"],
        check=True, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    text = " ".join(done.stdout.split())
    assert done.stdout.count("\f") == 2
    claim = assessment.base.claims[choose_claim(assessment)]
    for wanted in ("✓ supported", "⊗ contradicted", "1 of 2", "2 of 2",
                   "As judged by 2026-11-21", claim.proposition.split()[-1]):  # fmt: skip
        assert wanted in text, wanted


def test_a_question_prints_with_its_citation_and_the_head_of_its_table(
    browser, assessment, tmp_path
):
    """The reference in the first style stands on paper; each sheet of the table has its head."""
    alt = defaultdict(lambda: "a figure")
    write_pages(assessment, {}, alt, {}, tmp_path)
    write_source_pages(assessment, tmp_path)
    page = tmp_path / "questions" / "low-back-pain.html"
    sheets = print_page(browser, page.as_uri(), tmp_path / "question.pdf")
    cited = find_reference(assessment, "low-back-pain")
    [line] = load_style("vancouver").render([cited])
    flat = [sheet.replace(" ", "") for sheet in sheets]
    assert any("Citethis" + line.replace(" ", "") in sheet for sheet in flat)
    begin = next(n for n, sheet in enumerate(flat) if "Allfindingsonthequestion" in sheet)
    end = next(n for n, sheet in enumerate(flat) if "Trace:fromthesources" in sheet)
    assert end - begin >= 2
    assert all("FindingUseOutcomeComparison" in sheet for sheet in flat[begin:end])


@pytest.mark.parametrize("way", ["with script", "without script", "?print-pdf"])
def test_each_slide_is_one_sheet_and_none_is_blank(browser, slides, tmp_path, way):
    """Across, with its heading and the notice; no note of the speaker; the same without script."""
    address = (slides / "index.html").as_uri()
    out = tmp_path / "slides.pdf"
    if way == "without script":
        sheets = print_page(browser, address, out, script=False)
    elif way == "with script":
        sheets = print_page(browser, address, out, wait="Reveal.isReady()")
    else:
        # In reveal's own way the slides are laid out anew, some time after the page is there.
        laid = "document.querySelectorAll('.pdf-page').length === Reveal.getTotalSlides()"
        sheets = print_page(browser, f"{address}?print-pdf", out, wait=laid)
    wanted = headings(slides)
    assert len(sheets) == len(wanted) == 24
    for heading, sheet in zip(wanted, sheets, strict=True):
        assert heading in sheet
        assert "This is not legal advice and not medical advice." in sheet
        assert "Hand it out now" not in sheet
    box = PdfReader(out).pages[0].mediabox
    assert box.width > box.height
