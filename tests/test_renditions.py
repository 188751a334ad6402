"""An audit in all its forms: the same facts, the same bytes, and text only as text."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from html.parser import HTMLParser
from typing import Any

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import DAY, ROOT
from evidence_tools.assessment import assess
from evidence_tools.base import read_base
from evidence_tools.pages.advice import PageAdvice
from evidence_tools.pages.audit import Audit, audit_page, open_auditor
from evidence_tools.pages.batch import Form, render_audit
from evidence_tools.pages.page import BlockKind, Page, page_from_blocks, page_from_text
from evidence_tools.pages.renditions import audit_as_data, format_csv, format_table
from evidence_tools.pages.renditions.docx import format_docx
from evidence_tools.pages.renditions.html import format_body, format_html
from evidence_tools.pages.renditions.marks import (
    PAGE_ADVICE,
    list_sources,
    list_words,
    page_advice_label,
    sum_up,
    wordings_of,
)
from evidence_tools.pages.renditions.plain import CSV_COLUMNS, format_index

AUDITOR = open_auditor(assess(read_base(ROOT / "evidence"), DAY))
EVIL = "<script>alert('x')</script>"
TEXT = f"""Our massage

Our massage cures back pain for good. We relieve neck pain. It boosts your immune system. {EVIL}

Massage may ease stress. Massage flushes out toxins. 60 minutes £55.
"""


def audited(page: Page | None = None, **about: Any) -> Audit:
    """Audit a page under a name."""
    page = page or page_from_text(TEXT, f"Clinic {EVIL}", "en")
    return audit_page(page, AUDITOR, **{"name": f"a{EVIL}.html", "notes": (EVIL,), **about})


@pytest.fixture(scope="module")
def data() -> dict[str, Any]:
    """An audit of a page with markup in its text, title, name and notes."""
    return audit_as_data(audited())


class Seen(HTMLParser):
    """Tags, addresses and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.handlers: list[str] = []
        self.ids: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag brings."""
        self.tags.append(tag)
        for name, value in attrs:
            if name in ("href", "src", "srcset", "action", "data"):
                self.links.append(f"{tag}:{value}")
            if name.startswith("on"):
                self.handlers.append(name)
            if name == "id":
                self.ids.append(value or "")

    def handle_data(self, data: str) -> None:
        """Note the text."""
        self.words.append(data)


def test_data_have_the_promised_shape(data: dict[str, Any]) -> None:
    """Each sentence with place, verdict and claims; JSON gives the data back."""
    assert json.loads(json.dumps(data)) == data
    assert json.loads(str(render_audit(data, Form.JSON))) == data
    for sentence in data["sentences"]:
        assert {"start", "end", "text", "is_claim", "claims"} <= set(sentence)
        for claim in sentence["claims"]:
            assert {
                "question",
                "support",
                "fit",
                "advice",
                "wording",
                "triggers",
                "confidence",
            } <= (set(claim))
            assert claim["advice"] in {str(advice) for advice in PageAdvice}
            assert 0 <= claim["confidence"] <= 1
            assert all({"check", "fits", "why"} <= set(result) for result in claim["fit"])
            assert claim["question"] is None or claim["question"] in data["questions"]
    assert {"profile", "rules", "as_of", "evidence", "version", "counts"} <= set(data)
    assert {"name", "kind", "encoding", "notes", "language", "sha256"} <= set(data["page"])
    assert data["as_of"] == DAY.isoformat()


def test_claims_that_rest_on_studies_name_them(data: dict[str, Any]) -> None:
    """Each question with a level has sources with an address, or a dated search."""
    for key, known in data["questions"].items():
        assert known["support"], key
        assert known["sources"] or known["searches"], key
        assert all(link["url"].startswith("http") for s in known["sources"] for link in s["links"])
    assert len({source["key"] for source in list_sources(data)}) == len(list_sources(data))


@pytest.mark.parametrize("form", Form)
def test_the_same_page_gives_the_same_bytes(form: Form) -> None:
    """No clock, no order of a set, no temporary name goes into any form."""
    first, second = (render_audit(audit_as_data(audited()), form) for _ in range(2))
    assert first == second
    assert len(first) > 500


def test_markup_in_a_page_stays_text_in_html(data: dict[str, Any]) -> None:
    """Whatever stands in text, title, name or notes: no tag, no handler, no address from it."""
    seen = Seen(format_html(data))
    assert "script" not in seen.tags
    assert seen.handlers == []
    assert EVIL in "".join(seen.words)
    assert {link.partition(":")[0] for link in seen.links} == {"a"}


def test_html_stands_alone(data: dict[str, Any]) -> None:
    """Nothing is loaded from elsewhere; addresses are those of sources and of the page itself."""
    text = format_html(data)
    seen = Seen(text)
    assert not {"img", "link", "iframe", "object", "script"} & set(seen.tags)
    assert "url(" not in text and "@import" not in text
    inner = [link[3:] for link in seen.links if link.startswith("a:#")]
    assert inner and set(inner) <= set(seen.ids)
    outer = [link for link in seen.links if not link.startswith("a:#")]
    assert all(link.startswith(("a:https://", "a:http://")) for link in outer)
    assert len(seen.ids) == len(set(seen.ids))


def test_every_form_tells_the_same_verdicts(data: dict[str, Any]) -> None:
    """Text, advice and words to use of each claim stand in each form, with day and versions."""
    document = docx.Document(io.BytesIO(format_docx(data)))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    word = "\n".join([p.text for p in document.paragraphs] + cells)
    forms = {
        "html": "".join(Seen(format_html(data)).words),
        "docx": word,
        "table": " ".join(format_table(data, 10_000).split()),
        "csv": format_csv([data]),
    }
    for name, text in forms.items():
        for sentence in data["sentences"]:
            if sentence["advice"]:
                assert sentence["text"].strip("<>")[:40] in text, name
                assert sentence["advice"] in text, name
                assert all(words in text for words in wordings_of(sentence)), name
        for known in (data["as_of"], data["evidence"], data["rules"]):
            assert known in text, name


def test_the_file_to_sign_holds_what_a_regulator_asks_for(data: dict[str, Any]) -> None:
    """Sources with identifiers, yardstick, digest of the text, versions, and lines to sign."""
    document = docx.Document(io.BytesIO(format_docx(data)))
    word = "\n".join(paragraph.text for paragraph in document.paragraphs)
    page = "".join(Seen(format_html(data)).words)
    for text in (word, page):
        for source in list_sources(data):
            assert source["citation"] in text
            assert source["links"][0]["name"] in text
        assert data["page"]["sha256"] in text
        assert data["yardstick"] in text
        assert "Signature" in text
        assert "not legal advice" in text


@given(st.text(alphabet="=+-@\t\r\n|%＝ ab'\"", max_size=12))
@settings(deadline=None, max_examples=60)
def test_no_cell_of_the_csv_is_a_formula(text: str) -> None:
    """Whatever a page or its name begins with, a spreadsheet takes it for text."""
    page = page_from_blocks([(BlockKind.PARAGRAPH, f"{text}cures cancer")], None, "en")
    rows = csv.reader(io.StringIO(format_csv([audit_as_data(audited(page, name=text))])))
    listed = list(rows)
    assert listed[0] == list(CSV_COLUMNS)
    for row in listed[1:]:
        assert len(row) == len(CSV_COLUMNS)
        assert not any(cell.lstrip().startswith(("=", "+", "-", "@", "＝")) for cell in row)


def test_the_csv_has_a_row_for_each_claim_and_each_sentence_without(data: dict[str, Any]) -> None:
    """Numbers lead back to the sentence; a header stands only where it is asked for."""
    rows = list(csv.DictReader(io.StringIO(format_csv([data, data]))))
    expected = sum(max(1, len(sentence["claims"])) for sentence in data["sentences"])
    assert len(rows) == 2 * expected
    for row in rows:
        assert data["sentences"][int(row["number"]) - 1]["advice"] == (row["advice"] or None)
    assert not format_csv([data], header=False).startswith("page,")


def test_a_docx_takes_any_text_and_tells_no_clock() -> None:
    """Signs that XML cannot hold are shown as such; times are those of the evidence."""
    page = page_from_blocks([(BlockKind.ITEM, "Cures \x00cancer\x0b\ud800 \ufffe&<b>")], None, "en")
    made = format_docx(audit_as_data(audited(page, name="\x01.html")))
    document = docx.Document(io.BytesIO(made))
    assert any("cancer" in paragraph.text for paragraph in document.paragraphs)
    assert document.core_properties.created.date() == DAY
    assert document.core_properties.author.startswith("evidence-tools")
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_table_never_sends_signs_that_steer_a_terminal() -> None:
    """Escapes of a page are shown as blanks."""
    page = page_from_blocks([(BlockKind.PARAGRAPH, "Cures \x1b[2J cancer \x07now.")], None, "en")
    table = format_table(audit_as_data(audited(page, name="a\x1b[1m", notes=("\x07",))))
    assert "cancer" in table
    assert not {"\x1b", "\x07"} & set(table)


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (page_from_text("We open at nine. Parking is free of charge.", None, "en"), "No health"),
        (page_from_text("Massage heilt alles. Rufen Sie an.", None, "de"), "Nothing on this page"),
        (Page("", (), None, "en"), "No health claim was found in 0 sentences"),
    ],
)
@pytest.mark.parametrize("form", [Form.TABLE, Form.HTML])
def test_a_page_without_verdicts_says_why(page: Page, said: str, form: Form) -> None:
    """No claim found, nothing judged, nothing there: three different sentences."""
    assert said in str(render_audit(audit_as_data(audited(page)), form))


def test_what_was_not_judged_never_looks_like_a_pass() -> None:
    """The page in another language says so where a pass would stand."""
    data = audit_as_data(audited(page_from_text("Massage heilt. Rufen Sie an.", None, "de")))
    text = "".join(Seen(format_html(data)).words)
    assert "This is no pass." in text
    assert "No health claim was found" not in text


def test_the_body_for_another_frame_links_to_its_questions(data: dict[str, Any]) -> None:
    """With an address of the questions each is linked; without, none."""
    linked = Seen(str(format_body(data, "../questions/"))).links
    assert "a:../questions/neck-pain.html" in linked
    assert not any("questions/" in link for link in Seen(str(format_body(data))).links)


def test_every_advice_has_a_sign_of_its_own() -> None:
    """Symbol and word tell them apart, not colour alone."""
    labels = [page_advice_label(str(advice)) for advice in PageAdvice]
    assert labels == [PAGE_ADVICE[advice] for advice in PageAdvice]
    for part in ("word", "symbol", "colour", "meaning"):
        assert len({getattr(label, part) for label in labels}) == len(labels)


def test_a_list_of_pages_is_no_formula_either() -> None:
    """Names and errors of pages are text; one that failed is not judged."""
    listed = format_index([("=cmd()", {"claims": 2}, True, None), ("b", {}, True, "-broken")])
    rows = list(csv.DictReader(io.StringIO(listed)))
    assert [row["page"] for row in rows] == ["'=cmd()", "b"]
    assert [(row["judged"], row["error"]) for row in rows] == [("yes", ""), ("no", "'-broken")]


def test_the_summary_counts_what_there_is(data: dict[str, Any]) -> None:
    """Advice that nobody got is not named."""
    assert sum_up(data).startswith(f"{data['counts']['sentences']} sentences, ")
    assert "0 " not in sum_up(data).replace("10 ", "")
    assert list_words([]) == ""
