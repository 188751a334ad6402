"""What is printed from the site is on the paper: a slide a sheet, nothing blank, nothing cut."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import unicodedata
from collections import defaultdict
from pathlib import Path

import pytest
from pypdf import PdfReader

from builders import ROOT
from evidence_tools.exports.citable import find_reference
from evidence_tools.exports.styles import load_style
from evidence_tools.report.pages import write_pages
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


def print_page(page: str, out: Path) -> list[str]:
    """Print a page with Chromium, as its menu does; return the words of each sheet."""
    browser = shutil.which("chromium")
    if browser is None:
        reason = "Chromium is not installed (apt-get install chromium)"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    command = [
        browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer",
        "--virtual-time-budget=8000", f"--user-data-dir={out.parent / 'profile'}",
        f"--print-to-pdf={out}", page,
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=120, cwd=ROOT)
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


def test_a_question_prints_with_its_citation_and_the_head_of_its_table(assessment, tmp_path):
    """The reference in the first style stands on paper; each sheet of the table has its head."""
    alt = defaultdict(lambda: "a figure")
    (tmp_path / "data").mkdir()
    write_pages(assessment, {}, alt, {}, tmp_path)
    page = tmp_path / "questions" / "low-back-pain.html"
    sheets = print_page(page.as_uri(), tmp_path / "question.pdf")
    cited = find_reference(assessment, "low-back-pain")
    [line] = load_style("vancouver").render([cited])
    flat = [sheet.replace(" ", "") for sheet in sheets]
    assert any("Citethis" + line.replace(" ", "") in sheet for sheet in flat)
    begin = next(n for n, sheet in enumerate(flat) if "Allfindingsonthequestion" in sheet)
    end = next(n for n, sheet in enumerate(flat) if "Trace:fromthesources" in sheet)
    assert end - begin >= 2
    assert all("FindingUseOutcomeComparison" in sheet for sheet in flat[begin:end])


@pytest.mark.parametrize("way", ["with script", "without script", "?print-pdf"])
def test_each_slide_is_one_sheet_and_none_is_blank(slides, tmp_path, way):
    """Across, with its heading and the notice; no note of the speaker; the same without script."""
    name = "index.html"
    if way == "without script":
        text = (slides / name).read_text(encoding="utf-8")
        name = "still.html"
        (slides / name).write_text(re.sub(r"<script\b.*?</script>|</?noscript>", "", text))
    query = way if way.startswith("?") else ""
    sheets = print_page(f"{(slides / name).as_uri()}{query}", tmp_path / "slides.pdf")
    wanted = headings(slides)
    assert len(sheets) == len(wanted) == 24
    for heading, sheet in zip(wanted, sheets, strict=True):
        assert heading in sheet
        assert "This is not legal advice and not medical advice." in sheet
        assert "Hand it out now" not in sheet
    box = PdfReader(tmp_path / "slides.pdf").pages[0].mediabox
    assert box.width > box.height
