"""An audit as a Word document, to print, sign and keep; the same bytes for the same audit."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from typing import TYPE_CHECKING, Any

from evidence_tools.pages.renditions.marks import (
    list_sources,
    neutral_texts,
    page_advice_label,
    sum_up,
    wordings_of,
)

if TYPE_CHECKING:
    from docx.document import Document as DocumentObject
    from docx.table import Table, _Cell
    from docx.text.paragraph import Paragraph

__all__ = ["format_docx"]

#: What XML cannot hold.
_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NO_ADVICE = (
    "This is not legal advice and not medical advice. A program found the claims and can miss some "
    "or misread them."
)
_EPOCH = (1980, 1, 1, 0, 0, 0)
_WIDTHS = (5.2, 3.2, 5.6, 4.4)  # centimetres


def format_docx(data: dict[str, Any]) -> bytes:
    """Make a DOCX: the page with its verdicts, then the file to sign.

    Parameters
    ----------
    data : dict
        As :func:`~evidence_tools.pages.renditions.data.audit_as_data` gives it.
    """
    from docx import Document
    from docx.enum.text import WD_BREAK
    from docx.shared import Cm, Pt

    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(1.3)
    section.top_margin = section.bottom_margin = Cm(1.6)
    document.styles["Normal"].font.name = "Arial"
    document.styles["Normal"].font.size = Pt(9.5)
    document.styles["Normal"].paragraph_format.space_after = Pt(4)
    name = "a pasted page" if data["page"]["name"] == "-" else data["page"]["name"]
    _stamp(document, data, name)
    document.add_heading("May this page say that?", level=1)
    document.add_paragraph(_clean(f"Audit of {data['page']['title'] or name}. {sum_up(data)}"))
    for note in data["page"]["notes"]:
        document.add_paragraph(_clean(f"About the reading: {note}."))
    document.add_heading("The page, sentence by sentence", level=2)
    for sentence in data["sentences"]:
        _add_sentence(document, sentence)
    document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
    _add_file(document, data, name)
    return _settle(document)


def _clean(text: str) -> str:
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def _stamp(document: DocumentObject, data: dict[str, Any], name: str) -> None:
    """Set the properties that would otherwise tell the clock or python-docx's template."""
    day = dt.datetime.fromisoformat(data["as_of"])
    properties = document.core_properties
    properties.author = properties.last_modified_by = f"evidence-tools {data['version']}"
    properties.title = _clean(f"Audit of {name}")[:255]
    properties.comments = ""
    properties.created = properties.modified = properties.last_printed = day
    properties.revision = 1


def _add_sentence(document: DocumentObject, sentence: dict[str, Any]) -> None:
    style = "List Bullet" if sentence["block"] in ("item", "menu") else None
    paragraph = document.add_paragraph(style=style)
    if sentence["advice"]:
        _mark(paragraph, sentence["advice"], f"{sentence['number']} ")
        paragraph.add_run(" ")
    run = paragraph.add_run(_clean(sentence["text"]))
    run.bold = sentence["block"] in ("heading", "title") or None
    if not sentence["advice"]:
        return
    for claim in sentence["claims"]:
        lines = [_because(claim, several=len(sentence["claims"]) > 1)]
        lines += [f"{o['slot'].capitalize()}: {o['text']}" for o in claim["oversteps"]]
        below = document.add_paragraph(_clean(" ".join(lines)))
        _indent(below)
    offers = [("You may say: ", text) for text in wordings_of(sentence)]
    offers += [("Just say what you do: ", text) for text in neutral_texts(sentence)]
    for lead, text in offers:
        below = document.add_paragraph()
        _indent(below)
        below.add_run(lead).bold = True
        below.add_run(_clean(text)).italic = True


def _because(claim: dict[str, Any], *, several: bool) -> str:
    piece = f"“{claim['text']}” ({claim['advice']}): " if several else ""
    level = f" Support: {claim['support']}." if claim["support"] else ""
    unsure = "" if claim["sure"] or not claim["question"] else " We may have misread which claim."
    refusal = f" No wording of this is defensible. {claim['refusal']}" if claim["refusal"] else ""
    return f"{piece}{claim['reason']}{level}{refusal}{unsure}"


def _indent(paragraph: Paragraph) -> None:
    from docx.shared import Cm, Pt

    paragraph.paragraph_format.left_indent = Cm(1)
    paragraph.paragraph_format.space_after = Pt(3)


def _mark(paragraph: Paragraph, advice: str, lead: str = "") -> None:
    """Write an advice with its sign in its colour."""
    from docx.shared import RGBColor

    label = page_advice_label(advice)
    run = paragraph.add_run(f"{lead}{label.symbol} {label.word}")
    run.bold = True
    # Of the two colours of a sign the darker can be read on paper.
    dark = min(label.colour, label.ink, key=lambda colour: sum(bytes.fromhex(colour[1:])))
    run.font.color.rgb = RGBColor.from_string(dark[1:].upper())


def _add_file(document: DocumentObject, data: dict[str, Any], name: str) -> None:
    from docx.shared import Cm

    document.add_heading("Substantiation file", level=2)
    document.add_paragraph(
        "Each health claim of the page, the verdict, the words to use, and the studies behind "
        "them. Check it, sign it, and keep it with the page."
    )
    order = [source["key"] for source in list_sources(data)]
    table = document.add_table(rows=1, cols=4)
    table.style = "Table Grid"
    table.autofit = False
    heads = ("Sentence on the page", "Verdict", "Words to use", "Evidence")
    for cell, head in zip(table.rows[0].cells, heads, strict=True):
        cell.paragraphs[0].add_run(head).bold = True
    for sentence in data["sentences"]:
        if sentence["advice"]:
            cells = table.add_row().cells
            cells[0].text = _clean(f"{sentence['number']} {sentence['text']}")
            _mark(cells[1].paragraphs[0], sentence["advice"])
            cells[1].add_paragraph(_clean(sentence["reason"]))
            cells[2].text = _clean(_words_to_use(sentence))
            _add_evidence(cells[3], sentence, data, order)
    for column, width in zip(table.columns, _WIDTHS, strict=True):
        # Word goes by the cells, other programs by the column.
        column.width = Cm(width)
        for cell in column.cells:
            cell.width = Cm(width)
    _repeat_head(table)
    document.add_heading("Sources", level=3)
    for number, source in enumerate(list_sources(data), start=1):
        links = ", ".join(link["name"] for link in source["links"])
        document.add_paragraph(_clean(f"[{number}] {source['citation']} {links}"))
    document.add_heading("What this was checked with", level=3)
    page = data["page"]
    held = f"As judged by {data['as_of']}, evidence {data['evidence']}, rules {data['rules']}"
    for text in (
        f"Page: {name}, read as {page['kind']}. SHA-256 of its text: {page['sha256']}",
        f"Yardstick: {data['profile']}: {data['yardstick']}",
        f"{held}, evidence-tools {data['version']}",
        _NO_ADVICE,
        "I have compared this file with the page as it is published.",
    ):
        document.add_paragraph(_clean(text))
    line = "_" * 24
    document.add_paragraph(f"\nName and role {line}   Date {line[:12]}   Signature {line}")


def _repeat_head(table: Table) -> None:
    """Let the first row stand on every page."""
    from docx.oxml import OxmlElement

    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _words_to_use(sentence: dict[str, Any]) -> str:
    words = wordings_of(sentence)
    if sentence["advice"] == "keep":
        return "As it stands." + (f" Say the limits, for example: {words[0]}" if words else "")
    if words:
        return "\n".join(words)
    if sentence["advice"] == "not assessed":
        return "None known. Hold evidence of your own, or take it out."
    plain = neutral_texts(sentence)
    return f"None. Just say what you do: {plain[0]}" if plain else "None: take it out."


def _add_evidence(
    cell: _Cell, sentence: dict[str, Any], data: dict[str, Any], order: list[str]
) -> None:
    keys = dict.fromkeys(claim["question"] for claim in sentence["claims"] if claim["question"])
    lines = []
    for key in keys:
        known = data["questions"][key]
        numbers = ", ".join(str(order.index(source["key"]) + 1) for source in known["sources"])
        days = ", ".join(dict.fromkeys(search["date"] for search in known["searches"]))
        rests = f" [{numbers}]" if numbers else f" (searched {days})" if days else ""
        lines.append(f"{known['question']} {known['support'] or 'not yet appraised'}{rests}")
    cell.text = _clean("\n".join(lines) or "Not in the register.")


def _settle(document: DocumentObject) -> bytes:
    """Write the document with fixed times in the archive."""
    made = io.BytesIO()
    document.save(made)
    out = io.BytesIO()
    with (
        zipfile.ZipFile(made) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, source.read(name))
    return out.getvalue()
