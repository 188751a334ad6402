"""A page is read whole, in order and from bytes alone; what cannot be read is said in one line."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path

import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.shared import Inches
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from evidence_tools.errors import EvidenceError, InputError
from evidence_tools.pages.reading import (
    Limits,
    SourceKind,
    page_from_path,
    read_page,
    read_source,
    source_from_path,
    source_from_stream,
)
from pages_files import SENTENCE, lock_pdf, make_docx, make_ole, make_pdf, make_picture, repack

SMALL = Limits(text_bytes=20_000, file_bytes=200_000, characters=5_000)


def parts(markup: str | bytes, name: str = "page.html") -> list[tuple[str, str]]:
    """Kind and text of each block."""
    data = markup.encode() if isinstance(markup, str) else markup
    return [(str(block.kind), block.text) for block in read_page(data, name).blocks]


def texts(markup: str | bytes, name: str = "page.html") -> list[str]:
    """The text of each block."""
    return [text for _, text in parts(markup, name)]


def refused(data: bytes, name: str = "page.html", limits: Limits | None = None) -> str:
    """The one line with which a file is refused."""
    with pytest.raises(InputError) as caught:
        read_page(data, name, limits=limits or Limits())
    line = str(caught.value)
    assert "\n" not in line
    return line


CLINIC = f"""<!doctype html>
<html lang="en-GB"><head><title>Massage that ends migraine | The Old Mill</title>
<meta name="description" content="Migraine relief without drugs, in Leeds.">
<style>p {{ color: red }}</style><script>var claim = "cures cancer";</script></head><body>
<a href="#main">Skip to content</a>
<header><nav aria-label="Main"><ul><li><a href="/">Home</a></li><li><a href="/t">Treatments</a>
<ul><li><a href="/m">Migraine massage</a></li><li><a href="/s">Sciatica relief</a></li></ul></li>
<li><a href="/c">Contact</a></li></ul></nav><h1>Feel better today</h1></header>
<main id="main"><p>{SENTENCE}</p>
<p>Come <img src="a.jpg" alt="A woman whose back pain is gone"> and see.</p>
<h2>Benefits include</h2><ul><li>Less anxiety</li><li><p>Lower blood pressure</p></li></ul>
<h2>Our treatment menu</h2><ul><li>Detox massage</li></ul>
<h2>Costs</h2><table><tr><th>Session</th><td>Fibromyalgia hour</td></tr></table>
<details><summary>Does it help asthma?</summary><p>Yes, it opens the airways.</p></details>
<blockquote><p>My pain is gone.</p><footer>Ann, Leeds</footer></blockquote>
<figure><img src="b.jpg" alt=""><figcaption>Cups that draw out toxins</figcaption></figure>
<button>Book your pain-free hour</button></main>
<div class="cookie-banner"><p>We use cookies. They are good.</p><button>Accept</button></div>
<footer><p>Made by a web studio</p></footer></body></html>"""


def test_all_that_is_shown_is_read_in_order():
    """Titles, descriptions, alternative texts, menus, lists, cells, questions, quotations stay."""
    assert parts(CLINIC) == [
        ("title", "Massage that ends migraine | The Old Mill"),
        ("paragraph", "Migraine relief without drugs, in Leeds."),
        ("menu", "Migraine massage"),
        ("menu", "Sciatica relief"),
        ("heading", "Feel better today"),
        ("paragraph", SENTENCE),
        ("paragraph", "Come and see."),
        ("alt", "A woman whose back pain is gone"),
        ("heading", "Benefits include"),
        ("item", "Less anxiety"),
        ("item", "Lower blood pressure"),
        ("heading", "Our treatment menu"),
        ("menu", "Detox massage"),
        ("heading", "Costs"),
        ("item", "Session"),
        ("item", "Fibromyalgia hour"),
        ("heading", "Does it help asthma?"),
        ("paragraph", "Yes, it opens the airways."),
        ("paragraph", "My pain is gone."),
        ("paragraph", "Ann, Leeds"),
        ("alt", "Cups that draw out toxins"),
        ("paragraph", "Book your pain-free hour"),
    ]


def test_title_language_and_levels_are_the_pages_own():
    """The page keeps its title, its language as two letters, and the level of each heading."""
    page = read_page(CLINIC.encode(), "page.html")
    levels = {block.text: block.level for block in page.blocks if block.kind == "heading"}
    assert (page.title, page.language) == ("Massage that ends migraine | The Old Mill", "en")
    assert levels["Feel better today"] == 1
    assert levels["Benefits include"] == 2
    assert levels["Does it help asthma?"] == 3


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<div>Deep <b>tissue</b></div><div>Cups</div>", ["Deep tissue", "Cups"]),
        ("<p>mas<b>s</b>age</p>", ["massage"]),
        ("<div><a href=1>Neck pain</a><a href=2>Gout</a></div>", ["Neck pain", "Gout"]),
        ("<p><span>Deep tissue</span><span>£60</span></p>", ["Deep tissue £60"]),
        ("<p>Good for:<br>Backs<br>Necks</p>", ["Good for:", "Backs", "Necks"]),
        ("<p>It eases pain<br>and it calms.</p>", ["It eases pain and it calms."]),
        ("<h1>Calm<br>body</h1>", ["Calm body"]),
        ("<p>• Less stress</p>", ["Less stress"]),
        ("<dl><dt>Reiki</dt><dd>Heals wounds</dd></dl>", ["Reiki", "Heals wounds"]),
        ("<form><input type=submit value='Heal me'></form>", ["Heal me"]),
        ("<map><area alt='Heals knees'></map>", ["Heals knees"]),
        ("<div role=img aria-label='Knees healed'></div>", ["Knees healed"]),
        ("<p>&lt;script&gt;x&lt;/script&gt; heals</p>", ["<script>x</script> heals"]),
        ("<p>a</p><!-- heals --><p>b</p>", ["a", "b"]),
        ("<p>one<!-- x --> two<?php y ?> three</p>", ["one two three"]),
        ("<pre>Line one.\nLine two.</pre>", ["Line one.", "Line two."]),
        ("<p>un<li>closed<td>tags", ["un", "closed", "tags"]),
        ("<meta property='og:title' content='Gout gone'><p>a</p>", ["Gout gone", "a"]),
        ("<select><option>Gout rub</option></select>", ["Gout rub"]),
        ("<template><p>x</p></template><noscript>y</noscript><p>a</p>", ["a"]),
    ],
)
def test_blocks_end_where_a_reader_sees_an_end(markup, expected):
    """Inline elements join, blocks part, and markup shown as text stays text."""
    assert texts(markup) == expected


def test_text_in_a_card_is_a_paragraph_and_not_an_entry():
    """A list item with a heading in it is a card: its text stands under that heading."""
    assert parts("<ul><li><h3>Cups</h3><p>They help.</p></li></ul>") == [
        ("heading", "Cups"),
        ("paragraph", "They help."),
    ]


@pytest.mark.parametrize(
    ("markup", "kept"),
    [
        ("<div hidden>Never seen</div>", False),
        ("<div style='DISPLAY : none'>Never seen</div>", False),
        ("<div role=tabpanel hidden>Seen in a tab</div>", True),
        ("<button aria-controls=a>More</button><div id=a hidden>Seen on a click</div>", True),
        ("<div class='faq-answer' style='display:none'>Seen on a click</div>", True),
        ("<div class='cookie-notice'>This site sets cookies.</div>", False),
        ("<div class='consent-form'>Sign here before your first massage.</div>", True),
        ("<body class='cookies-not-set'><p>We bake cookies.</p>", True),
        ("<div class='breadcrumbs'><a>Home</a> <a>Gout</a></div>", False),
        ("<div class='nav'><h1>Gout</h1><p>Massage cures it.</p></div>", True),
        ("<div id=footer>Small print of the site</div>", False),
        ("<article><p>x</p><footer>By Ann, who cures gout</footer></article>", True),
        ("<div role=contentinfo>Small print</div>", False),
        ("<div class=sr-only>For screen readers</div>", True),
    ],
)
def test_only_what_is_surely_not_the_message_is_dropped(markup, kept):
    """Hidden parts, banners and navigation go; what can be opened or only sounds so stays."""
    found = " ".join(texts(f"<p>First.</p>{markup}"))
    assert (len(found) > len("First. More")) is kept


def test_hidden_text_is_said_to_be_left_out():
    """Nothing is left out without a word."""
    source = read_source(b"<p>Seen</p><p hidden>Not seen</p><p hidden></p>", "a.html")
    assert source.notes == ("1 hidden passage was left out",)


def test_a_page_that_is_all_footer_is_read_all_the_same():
    """Where nothing is left after dropping, nothing is dropped, and this is said."""
    source = read_source(b"<footer><p>Massage cures gout.</p></footer>", "a.html")
    assert source.page.text == "Massage cures gout."
    assert source.notes == ("nothing stands outside navigation and footer, so these were read too",)


def test_a_page_made_by_script_is_refused():
    """A page without text of its own must not look like a page without claims."""
    line = refused(b"<title>Mill</title><div id=root></div><script src=a.js></script>")
    assert "a script makes it in the browser" in line


@pytest.mark.parametrize("depth", [300, 2000])
def test_deep_nesting_is_read(depth):
    """Nesting far beyond any real page is read whole."""
    markup = "<div>" * depth + "deep claim" + "</div>" * depth + "<p>after</p>"
    assert texts(markup) == ["deep claim", "after"]


@pytest.mark.parametrize("opening", ["<div>", "<b>", "<ul><li>", "<table><tr><td>", "<font>"])
def test_nesting_without_end_is_refused_and_nothing_is_lost_in_silence(opening):
    """Ten thousand elements within each other: one line, no recursion error, no missing text."""
    assert "nested too deep" in refused((opening * 10_000 + "deep claim").encode())


def test_deep_nesting_is_seen_behind_thousands_of_other_mistakes():
    """Mistakes in the markup do not hide that text was cut off."""
    markup = "<p></i></zz>" * 5000 + "<div>" * 5000 + "deep claim"
    assert "nested too deep" in refused(markup.encode())


MARKDOWN = f"""---
title: "Back care"
description: Ends back pain
lang: en
---
# Massage

{SENTENCE} ![Knees healed](k.png) <script>x()</script>

Benefits:

- Less stress
- Better sleep

| Hour | Good for |
|------|----------|
| Cups | Gout     |

> My pain is gone.

<div>In HTML</div>

`<b>` stays
"""


def test_markdown_is_read_with_front_matter_lists_tables_and_html():
    """Markdown gives the same kinds of blocks as HTML; a list is a list."""
    assert parts(MARKDOWN, "page.md") == [
        ("title", "Back care"),
        ("paragraph", "Ends back pain"),
        ("heading", "Massage"),
        ("paragraph", SENTENCE),
        ("alt", "Knees healed"),
        ("paragraph", "Benefits:"),
        ("item", "Less stress"),
        ("item", "Better sleep"),
        ("item", "Hour"),
        ("item", "Good for"),
        ("item", "Cups"),
        ("item", "Gout"),
        ("paragraph", "My pain is gone."),
        ("paragraph", "In HTML"),
        ("paragraph", "<b> stays"),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (">" * 500 + " deep", "nested too deep"),
        ("- " * 500 + "deep", "nested too deep"),
        ("[" * 10_000, "10,000 opening brackets"),
    ],
)
def test_markdown_that_would_lose_text_or_take_long_is_refused(text, words):
    """markdown-it leaves out what is nested deeper than its limit; we say so."""
    assert words in refused(text.encode(), "page.md")


def test_text_is_unwrapped_and_lists_are_kept():
    """Lines cut at a width are whole sentences again, lists and headings stay lines."""
    text = (
        "Back Pain\n\nOur slow sessions at the mill can ease neck pain, and they\n"
        "leave you calm for days.\n\nGood for:\n- backs\n- necks\n"
    )
    assert parts(text, "page.txt") == [
        ("heading", "Back Pain"),
        (
            "paragraph",
            "Our slow sessions at the mill can ease neck pain, and they leave you calm for days.",
        ),
        ("paragraph", "Good for:"),
        ("item", "backs"),
        ("item", "necks"),
    ]


def test_markup_in_a_text_file_stays_text():
    """What is named .txt is text, whatever stands in it."""
    assert texts("<p>Massage cures gout.</p>", "page.txt") == ["<p>Massage cures gout.</p>"]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"<!DOCTYPE html><p>a</p>", SourceKind.HTML),
        (b"\xef\xbb\xbf\n<!-- x --><html><p>a</p></html>", SourceKind.HTML),
        (b"<p>a</p>", SourceKind.HTML),
        (b"# Heading\n\ntext", SourceKind.MARKDOWN),
        (b"see [this](that)", SourceKind.MARKDOWN),
        (b"Pain < 3 of 10", SourceKind.TEXT),
        (b"<3 massage", SourceKind.TEXT),
    ],
)
def test_pasted_text_tells_its_kind_by_itself(data, kind):
    """Without a name the first bytes decide; with a name that says nothing, too."""
    assert read_source(data, "-").kind is kind
    assert read_source(data, "page.php").kind is kind


RUNS = """<w:del w:id="1" w:author="a"><w:r><w:delText>gone </w:delText></w:r></w:del>
<w:ins w:id="2" w:author="a"><w:r><w:t xml:space="preserve">new </w:t></w:r></w:ins>
<w:r><w:rPr><w:vanish/></w:rPr><w:t>unseen</w:t></w:r>
<w:r><w:instrText>PAGE</w:instrText></w:r>
<w:r><w:pict><v:shape><v:textbox><w:txbxContent>
<w:p><w:r><w:t>In a box</w:t></w:r></w:p>
</w:txbxContent></v:textbox></v:shape></w:pict></w:r>"""


def fill(document) -> None:
    """Fill a Word document with all that a leaflet may hold."""
    document.add_heading("Massage that helps", 0)
    document.add_heading("Benefits", 1)
    document.add_paragraph(SENTENCE)
    document.add_paragraph("Less stress", style="List Bullet")
    document.add_paragraph().add_run("All bold").bold = True
    table = document.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = "Cups", "Gout"
    run = document.add_paragraph("Look: ").add_run()
    run.add_picture(make_picture(), width=Inches(1))
    run._r.xpath(".//wp:docPr")[0].set("descr", "Knees healed")
    last = document.add_paragraph("kept ")
    space = nsdecls("w") + ' xmlns:v="urn:schemas-microsoft-com:vml"'
    for child in parse_xml(f"<w:p {space}>{RUNS}</w:p>"):
        last._p.append(child)
    document.add_comment(last.runs[0], text="Is this true?")
    document.core_properties.title = "Stored title"


def test_docx_is_read_with_boxes_tables_and_pictures():
    """Headings, lists, cells, boxes and alternative texts stay; comments and deletions go."""
    data = make_docx(fill)
    assert parts(data, "leaflet.docx") == [
        ("title", "Massage that helps"),
        ("heading", "Benefits"),
        ("paragraph", SENTENCE),
        ("item", "Less stress"),
        ("heading", "All bold"),
        ("item", "Cups"),
        ("item", "Gout"),
        ("paragraph", "Look:"),
        ("alt", "Knees healed"),
        ("paragraph", "In a box"),
        ("paragraph", "kept new"),
    ]
    assert read_source(data, "-").kind is SourceKind.DOCX


def plain_docx() -> bytes:
    """A Word document with one sentence."""
    return make_docx(lambda document: document.add_paragraph(SENTENCE))


def zipped(**members: bytes) -> bytes:
    """A ZIP file, no Word document."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return stream.getvalue()


def lying_docx() -> bytes:
    """A Word document whose folder declares less than comes out."""
    data = repack(plain_docx(), document=b"<a>" + b" " * 30_000_000 + b"</a>")
    declared = (30_000_007).to_bytes(4, "little")
    assert declared in data
    return data.replace(declared, (900).to_bytes(4, "little"))


ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "heals"><!ENTITY c "&b;&b;&b;&b;&b;">'
    b'<!ENTITY d SYSTEM "file:///etc/passwd">]><a>&c;&d;</a>'
)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: make_ole("EncryptedPackage"), "the document is encrypted"),
        (lambda: make_ole("WordDocument"), "old Office version (.doc)"),
        (lambda: repack(plain_docx(), document=b"<a>" + b" " * 30_000_000 + b"</a>"), "swells"),
        (lambda: repack(plain_docx(), media=b"\0" * 90_000_000), "swells"),
        (lambda: lying_docx(), "broken"),
        (lambda: repack(plain_docx(), **{f"m{n}": b"" for n in range(2100)}), "holds 2,1"),
        (lambda: repack(plain_docx(), document=ENTITIES), "declares XML entities"),
        (
            lambda: repack(plain_docx(), document=ENTITIES.decode().encode("utf-16-le")),
            "XML entities",
        ),
        (lambda: repack(plain_docx(), document=b"<a>" * 5000), "it is broken"),
        (lambda: repack(plain_docx(), document=b"not XML"), "it is broken"),
        (lambda: zipped(page=b"<p>a</p>"), "a ZIP file, but not a Word document"),
        (lambda: plain_docx()[:2000], "it is broken"),
    ],
)
def test_a_docx_that_is_no_document_or_a_trap_is_refused(build, words):
    """Locked, old, swelling, lying and broken files are told apart, in one line each."""
    data = build()
    assert len(data) < 2_000_000
    assert words in refused(data, "leaflet.docx")


def leaflet(pdf) -> None:
    """Fill a PDF as a leaflet of three pages."""
    pdf.set_title("Leaflet of the mill")
    for number in range(3):
        if number:
            pdf.add_page()
        line = {"new_x": "LMARGIN", "new_y": "NEXT", "align": "L"}
        pdf.set_font("Helvetica", size=8)
        pdf.cell(0, 5, "The Old Mill, where pain ends", new_x="LMARGIN", new_y="NEXT")
        pdf.set_font("Helvetica", "B", 20)
        pdf.multi_cell(0, 10, f"Chapter {['one', 'two', 'three'][number]}", **line)
        pdf.set_font("Helvetica", size=11)
        pdf.multi_cell(0, 6, f"{SENTENCE} It is a gen-\ntle way, and a pain-\nfree one.", **line)
        pdf.ln(4)
        pdf.multi_cell(0, 6, f"Number {number} speaks of backs.", **line)
        pdf.multi_cell(0, 6, "\x95 Less stress", **line)
        pdf.multi_cell(0, 6, f"\x95 Better {['sleep', 'rest', 'mood'][number]}", **line)
        pdf.set_y(-30)
        pdf.cell(0, 5, f"Page {number + 1} of 3")


def test_pdf_lines_become_headings_paragraphs_and_items():
    """Lines are joined, parted words mended, page numbers dropped, running heads read once."""
    data = make_pdf(leaflet)
    page = [
        ("heading", "Chapter one"),
        ("paragraph", f"{SENTENCE} It is a gentle way, and a pain-free one."),
        ("paragraph", "Number 0 speaks of backs."),
        ("item", "Less stress"),
        ("item", "Better sleep"),
    ]
    found = parts(data, "leaflet.pdf")
    assert found[:7] == [
        ("title", "Leaflet of the mill"),
        ("paragraph", "The Old Mill, where pain ends"),
        *page,
    ]
    assert [kind for kind, _ in found[7:12]] == [kind for kind, _ in page]
    assert not any("Page" in text for _, text in found)
    assert read_source(data, "-").kind is SourceKind.PDF


def test_a_pdf_that_only_limits_printing_is_read():
    """An empty password opens the file in every viewer, so it does here."""
    data = lock_pdf(make_pdf(one_line), "")
    assert texts(data, "a.pdf") == [SENTENCE]


def test_pages_of_a_pdf_without_text_are_counted():
    """A picture between pages of text is said not to have been read."""
    data = make_pdf(lambda pdf: (pdf.cell(text=SENTENCE), pdf.add_page()))
    assert read_source(data, "a.pdf").notes == ("1 of 2 page holds no text and could not be read",)


def one_line(pdf) -> None:
    """Fill a PDF with one sentence."""
    pdf.cell(text=SENTENCE)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: make_pdf(lambda pdf: pdf.image(make_picture(), w=50)), "only pictures"),
        (lambda: lock_pdf(make_pdf(one_line), "secret"), "is encrypted"),
        (lambda: lock_pdf(make_pdf(one_line), "secret", "AES-256"), "is encrypted"),
        (lambda: b"%PDF-1.7\n", "a broken one"),
        (lambda: make_pdf(one_line)[:400], "a broken one"),
        (lambda: make_pdf(lambda pdf: [pdf.add_page() for _ in range(300)]), "has 301 pages"),
    ],
)
def test_a_pdf_that_cannot_be_read_is_refused(build, words):
    """Pictures, passwords, too many pages and broken files are told apart."""
    assert words in refused(build(), "a.pdf")


def test_reading_a_pdf_stops_at_the_limit_of_text():
    """A PDF is not read to its end when it holds more text than is allowed."""
    data = make_pdf(lambda pdf: pdf.multi_cell(0, 5, f"{SENTENCE} " * 100))
    assert "too much text" in refused(data, "a.pdf", SMALL)


@pytest.mark.parametrize(
    ("data", "encoding", "notes"),
    [
        ("café – £5".encode(), "utf-8", 0),
        (b"\xef\xbb\xbfcaf\xc3\xa9 \xe2\x80\x93 \xc2\xa35", "utf-8", 0),
        ("café – £5".encode("utf-16"), "utf-16-le", 0),
        (b"\xfe\xff" + "café – £5".encode("utf-16-be"), "utf-16-be", 0),
        ("café – £5".encode("utf-16-le"), "utf-16-le", 0),
        ("café – £5".encode("utf-32"), "utf-32-le", 0),
        ("café – £5".encode("cp1252"), "windows-1252", 0),
        ("<meta charset=iso-8859-1>café – £5".encode("cp1252"), "iso-8859-1", 0),
        ("<meta charset=mac-roman>café – £5".encode("mac-roman"), "mac-roman", 0),
        ("<meta charset=utf-8>café – £5".encode("cp1252"), "windows-1252", 1),
        ("<meta charset=cp1252>café – £5".encode(), "utf-8", 1),
        ("<meta charset=no-such>café – £5".encode("cp1252"), "windows-1252", 1),
        ("<meta charset=base64>café – £5".encode("cp1252"), "windows-1252", 1),
    ],
)
def test_the_encoding_is_found_and_a_wrong_declaration_said(data, encoding, notes):
    """Mark, UTF-8, declaration, windows-1252, in this order; a page that lies is told so."""
    source = read_source(data, "page.html")
    assert (source.page.text, source.encoding) == ("café – £5", encoding)
    assert len(source.notes) == notes


def test_a_guessed_encoding_and_garbled_letters_are_said():
    """A guess is called a guess; text that was garbled before it was saved is named."""
    russian = "Массаж снимает боль в спине и помогает вам лучше спать по ночам. " * 3
    source = read_source(russian.encode("cp1251"), "a.txt")
    assert source.page.text.startswith("Массаж снимает боль")
    assert any("guess" in note for note in source.notes)
    assert any("Russian" in note for note in source.notes)
    garbled = "It’s “good”".encode().decode("cp1252", "replace").encode()
    assert any("garbled" in note for note in read_source(garbled, "a.txt").notes)


def test_what_is_not_drawn_is_taken_out_and_writing_from_right_to_left_keeps_its_order():
    """Marks of direction, zero-width spaces, NUL bytes and soft hyphens go; letters stay."""
    assert texts("<p>c\u200bu\u00adr\u202ee\u202cs \u2067pain\u2069 &#8238;x&#0;y</p>") == [
        "cures pain x\ufffdy"
    ]
    assert texts(b"cu\0res", "a.txt") == ["cures"]
    hebrew = "עיסוי מקל על כאבי גב"
    assert texts(f"<p dir=rtl>\u202b{hebrew}\u202c</p>") == [hebrew]


GERMAN = "Unsere Massage lindert Rückenschmerzen und hilft Ihnen, nachts wieder gut zu schlafen. "


@pytest.mark.parametrize(
    ("markup", "language", "words"),
    [
        (f"<p>{SENTENCE}</p>", "en", ""),
        (f"<html lang=de><p>{SENTENCE}</p>", "en", "states German, but is in English"),
        (f"<html lang=en><p>{GERMAN * 2}</p>", "de", "the page is in German"),
        ("<p>Neck rub</p>", None, ""),
        ("<html lang=en-AU><p>Neck rub</p>", "en", ""),
        ("<html lang=cy><p>Tylino</p>", "cy", "the page is in Welsh"),
        (f"<p>{SENTENCE * 3}</p><p>{GERMAN * 2}</p>", "en", "1 passage is in German"),
    ],
)
def test_another_language_is_said_and_a_short_text_is_not_guessed(markup, language, words):
    """The words of a page win over what it states; too few words tell nothing."""
    source = read_source(markup.encode(), "page.html")
    assert source.page.language == language
    assert words in " ".join(source.notes)
    assert bool(source.notes) is bool(words)


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"", "a.html", "the file is empty"),
        (b"", "-", "standard input: the file is empty"),
        (b" \n\t\0", "a.txt", "holds no text"),
        (b"\xef\xbb\xbf", "a.txt", "holds no text"),
        (b"<html><body></body></html>", "a.html", "holds no text"),
        (b"<!-- nothing -->", "a.html", "holds no text"),
        (b"\x89PNG\r\n\x1a\n....", "a.html", "a picture or a film"),
        (b"\xff\xd8\xff\xe0....", "-", "a picture or a film"),
        (b"RIFF....WEBPVP8 ", "a.pdf", "a picture or a film"),
        (b"{\\rtf1 massage}", "a.doc", "Rich Text"),
        (b"\x1f\x8b\x08....", "a.html", "a packed file"),
        (b"From: <Saved by Blink>\r\n", "a.mhtml", "a web archive"),
        (b"plain words", "a.docx", "named .docx, but is not one inside"),
        (b"plain words", "a.pdf", "named .pdf, but is not one inside"),
        (bytes(range(32)) * 40, "a.txt", "not text in any encoding"),
        (b"\xff\xfe\x00\xd8\x00\xd8", "a.txt", "its first bytes say utf-16-le"),
        (b"https://example.org/massage", "-", "nothing is fetched from the web"),
        (b" www.example.org \n", "a.txt", "nothing is fetched from the web"),
    ],
)
def test_what_is_no_page_is_refused_with_a_way_out(data, name, words):
    """Each kind of wrong file has its own line, with what was expected."""
    line = refused(data, name)
    assert words in line
    assert "expected" in line


@pytest.mark.parametrize("name", ["a.html", "a.md", "a.txt", "a.docx", "a.pdf", "-"])
def test_fifty_megabytes_are_refused_before_they_are_looked_at(name):
    """The size alone refuses a page, whatever its kind."""
    assert "too large (50,000,000 bytes)" in refused(b"pain " * 10_000_000, name)


def test_limits_hold_for_bytes_and_for_text():
    """Texts have a lower limit than files with pictures; the text itself is limited as well."""
    assert "at most 20,000 bytes" in refused(b"a " * 15_000, "a.txt", SMALL)
    assert "at most 200,000 bytes" in refused(b"%PDF" + b" " * 200_000, "a.pdf", SMALL)
    assert "at most 5,000" in refused(b"word " * 2_000, "a.txt", SMALL)
    long = make_docx(lambda document: document.add_paragraph("word " * 2_000))
    assert "at most 5,000" in refused(long, "a.docx", SMALL)


@pytest.mark.parametrize(
    "name", ["https://example.org/a.html", "HTTP://example.org", "www.example.org/a", "file:///a"]
)
def test_an_address_is_refused_and_nothing_is_fetched(name):
    """An address is named as such, also when a Path has folded its slashes."""
    for given_name in (name, Path(name)):
        with pytest.raises(InputError, match="nothing is fetched from the web"):
            page_from_path(given_name)


def test_missing_files_folders_and_odd_names_are_one_line_each(tmp_path):
    """What the system says of a file becomes one line, without signs that break a terminal."""
    cases = {
        tmp_path / "no\n\x1b[31m\u202e.html": "there is no such file",
        tmp_path: "this is a folder",
        "a\0b.html": "no file can have this name",
        tmp_path / ("x" * 300): "cannot be read",
    }
    for path, words in cases.items():
        with pytest.raises(InputError) as caught:
            page_from_path(path)
        assert words in str(caught.value)
        assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "name",
    ["naïve – ü.html", "a b'c\"d;$(x)&.html", "-.html", "..html.html", "\u202elmth.html",
     os.fsdecode(b"bad\xff.html")],
)  # fmt: skip
def test_files_with_strange_names_are_read(tmp_path, name):
    """A name is only a name: blanks, quotes, other scripts and bytes that are no text."""
    path = tmp_path / name
    path.write_bytes(b"<p>Massage helps.</p>")
    assert page_from_path(path).text == "Massage helps."
    path.write_bytes(b"")
    with pytest.raises(InputError) as caught:
        page_from_path(path)
    assert str(caught.value).encode()


def test_a_stream_is_read_no_further_than_the_limit():
    """Of an endless stream only one byte more than the limit is taken."""

    class Endless(io.RawIOBase):
        asked = 0

        def read(self, size: int = -1) -> bytes:
            assert size >= 0
            Endless.asked += size
            return b"a" * size

    with pytest.raises(InputError, match="too large"):
        source_from_stream(Endless(), limits=SMALL)
    assert Endless.asked == SMALL.file_bytes + 1


def test_standard_input_is_read_for_a_dash(monkeypatch):
    """A dash is standard input, as bytes."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"<p>Massage helps.</p>")))
    assert source_from_path("-").page.text == "Massage helps."


def test_reading_html_loads_no_reader_of_other_kinds():
    """A start stays quick: each library is loaded by the reader that needs it, none before."""
    code = (
        "import sys\n"
        "from evidence_tools.pages.reading import read_page\n"
        f"read_page({CLINIC.encode()!r}, 'a.html')\n"
        "heavy = {'docx', 'pypdf', 'markdown_it', 'py3langid', 'charset_normalizer', 'numpy',"
        " 'pandas'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


NAMES = st.sampled_from(["-", "a.html", "a.md", "a.txt", "a.docx", "a.pdf", "a.php", "a"])
TOKENS = st.sampled_from(
    ["<p>", "</p>", "<li>", "<ul>", "<nav>", "</nav>", "<a href='#x'>", "<table>", "<td>", "<br>",
     "<h2>", "</h2>", "<svg>", "<title>", "<script>", "</script>", "<div hidden>", "<select>",
     "<option>", "<footer>", "<pre>", "<!--", "-->", "<img alt='x'>", "&#x202e;", "&#xd800;",
     "\x00", "• ", "\n", "\n\n", "# ", "> ", "- ", "[a](b)", "|", "pain ", "é", "\u05d0", "\ud83d",
     "<details>", "<summary>", "<button aria-expanded>", "<?x", "<![CDATA[", "<math>", "\u2028"]
)  # fmt: skip


@cache
def seed_of(kind: str) -> bytes:
    """A whole file of a kind."""
    made = {"docx": lambda: make_docx(fill), "pdf": lambda: make_pdf(leaflet)}
    texts_of = {"html": CLINIC, "md": MARKDOWN}
    return made[kind]() if kind in made else texts_of[kind].encode()


def holds(data: bytes, name: str) -> None:
    """Check the law of all readers for one input."""
    try:
        page = read_page(data, name, limits=SMALL)
    except EvidenceError as error:
        assert "\n" not in str(error)
        return
    assert page.blocks
    end = 0
    for block in page.blocks:
        assert block.text
        assert block.start >= end
        assert page.text[block.start : block.end] == block.text
        assert "\0" not in block.text
        end = block.end
    assert page.text.encode()
    assert read_page(data, name, limits=SMALL) == page


QUICK = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@QUICK
@given(st.binary(max_size=400), NAMES)
@example(b"%PDF-1.4 trailer<</Root 1 0 R>>", "-")
@example(b"PK\x03\x04", "-")
def test_any_bytes_give_a_page_or_an_error_of_ours(data, name):
    """Whatever the bytes, there is a page whose blocks stand where they say, or one clear line."""
    holds(data, name)


@QUICK
@given(st.lists(TOKENS, max_size=60), NAMES)
def test_any_markup_gives_a_page_or_an_error_of_ours(tokens, name):
    """Broken markup is read like any other; blocks stand where they say."""
    holds("".join(tokens).encode("utf-8", "surrogatepass"), name)


@QUICK
@given(
    st.sampled_from(["docx", "pdf", "html", "md"]),
    st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=6)), min_size=1, max_size=6),
)
def test_damaged_files_give_a_page_or_an_error_of_ours(kind, damage):
    """A file with some bytes written over is read or refused, and nothing else."""
    data = bytearray(seed_of(kind))
    for place, new in damage:
        at = int(place * (len(data) - 1))
        data[at : at + len(new)] = new
    holds(bytes(data), "-")
