"""The register as an XLSX workbook: plain sheets that open at once and compute nothing.

Every text is written as a text cell, so that nothing in it is ever a formula, a link or markup.
"""

from __future__ import annotations

import datetime as dt
import io
import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

import xlsxwriter

from evidence_tools.errors import BuildError
from evidence_tools.exports.columns import Cell, Column, Kind, Sheet, flatten
from evidence_tools.exports.rows import Tables
from evidence_tools.labels import ADVICE, NOT_APPRAISED, SUPPORT

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

__all__ = ["format_workbook"]

#: More letters than this no cell holds; Excel would cut them without a word.
_MAX_LETTERS = 32_767
_TITLES = {"matrix": "Matrix", "claims": "Claims", "questions": "Questions", "sources": "Sources",
           "findings": "Findings"}  # fmt: skip
_WIDTHS = {Kind.WHOLE: 10, Kind.NUMBER: 10, Kind.YES_NO: 9, Kind.DAY: 12}


def format_workbook(tables: Tables) -> bytes:
    """Return the workbook: the same tables give the same bytes.

    Raises
    ------
    BuildError
        When a text is too long for a cell.
    """
    target = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(target, options) as book:
        moment = dt.datetime.combine(tables.as_of, dt.time())
        book.set_properties(
            {"title": tables.title, "comments": f"as of {tables.as_of}", "created": moment}
        )
        formats = {
            "head": book.add_format(
                {"bold": True, "bottom": 1, "bg_color": "#eeeeee", "valign": "top"}
            ),
            "text": book.add_format({"valign": "top", "text_wrap": True}),
            "day": book.add_format({"valign": "top", "num_format": "yyyy-mm-dd"}),
            "plain": book.add_format({"valign": "top"}),
        }
        sheets = flatten(tables)
        _write_readme(book.add_worksheet("Read me"), tables, sheets, formats)
        for sheet in sheets:
            _write_sheet(book.add_worksheet(_TITLES[sheet.name]), sheet, formats)
    return target.getvalue()


def _write_sheet(page: Worksheet, sheet: Sheet, formats: dict[str, Format]) -> None:
    page.freeze_panes(1, 1)
    widths = [_width(sheet, number, column) for number, column in enumerate(sheet.columns)]
    for number, column in enumerate(sheet.columns):
        page.write_string(0, number, column.name, formats["head"])
        page.set_column(number, number, widths[number])
    if sheet.columns:
        page.autofilter(0, 0, max(1, len(sheet.rows)), len(sheet.columns) - 1)
    for line, row in enumerate(sheet.rows, start=1):
        page.set_row(line, _height(zip(row, widths, strict=True)))
        for number, cell in enumerate(row):
            if cell is None:
                continue
            if isinstance(cell, str):
                where = f"{sheet.name}, column {sheet.columns[number].name}, row {row[0]}"
                _write_text(page, line, number, cell, formats["text"], where)
            elif isinstance(cell, bool):
                page.write_boolean(line, number, cell, formats["plain"])
            elif isinstance(cell, dt.date):
                page.write_datetime(line, number, cell, formats["day"])
            else:
                page.write_number(line, number, cell, formats["plain"])


def _write_text(
    page: Worksheet, line: int, number: int, text: str, style: Format, where: str
) -> None:
    if len(text) > _MAX_LETTERS:
        raise BuildError(
            f"a text of {len(text)} letters does not fit into a cell",
            expected=f"at most {_MAX_LETTERS}",
            where=where,
            fix="shorten it, or export csv, parquet or json",
        )
    page.write_string(line, number, text, style)


def _width(sheet: Sheet, number: int, column: Column) -> float:
    """Width of a column: as wide as its texts, up to a paragraph's measure."""
    if column.kind is not Kind.TEXT:
        return max(_WIDTHS[column.kind], len(column.name) + 3)
    longest = max((len(str(row[number])) for row in sheet.rows if row[number]), default=0)
    return min(60, max(len(column.name) + 3, longest + 1))


def _height(cells: Iterable[tuple[Cell, float]]) -> float:
    """Height of a row that shows its longest text: not every program finds it by itself."""
    lines = max(math.ceil(len(c) / (width - 2)) if isinstance(c, str) else 1 for c, width in cells)
    return 15 * min(lines, 25)


def _write_readme(
    page: Worksheet, tables: Tables, sheets: tuple[Sheet, ...], formats: dict[str, Format]
) -> None:
    lines: list[tuple[str, str]] = [
        ("title", tables.title),
        ("as of", tables.as_of.isoformat()),
        ("version", tables.version),
        ("rules", tables.rules),
        ("yardstick", tables.profile),
        ("evidence", tables.evidence),
        ("licence", tables.license),
        ("cite", tables.cite),
        ("note", "Nothing here is legal or medical advice."),
        ("", ""),
        ("levels of support", ""),
        *((label.word, f"{label.symbol} {label.meaning}") for label in SUPPORT.values()),
        ("empty", f"{NOT_APPRAISED.word}: {NOT_APPRAISED.meaning}"),
        ("", ""),
        ("advice", ""),
        *((label.word, label.meaning) for label in ADVICE.values()),
    ]
    for sheet in sheets:
        lines += [("", ""), (f"sheet {_TITLES[sheet.name]}", sheet.description)]
        lines += [(column.name, column.description) for column in sheet.columns]
    page.set_column(0, 0, 24)
    page.set_column(1, 1, 100)
    page.freeze_panes(1, 0)
    page.write_string(0, 0, "what", formats["head"])
    page.write_string(0, 1, "meaning", formats["head"])
    for number, (name, text) in enumerate(lines, start=1):
        page.set_row(number, _height([(text, 100)]))
        _write_text(page, number, 0, name, formats["plain"], f"read me, row {number}")
        _write_text(page, number, 1, text, formats["text"], f"read me, row {number}")
