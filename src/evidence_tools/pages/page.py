"""A page as the audit reads it: its main text, cut into blocks.

Readers of HTML, DOCX, PDF and Markdown make a :class:`Page`; the reader of plain text, which has to
guess headings and lists from the look of the lines, is here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Block", "BlockKind", "Page", "page_from_blocks", "page_from_text"]


class BlockKind(StrEnum):
    """What a stretch of a page is."""

    TITLE = "title"
    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"  # of a list, or a cell of a table
    ALT = "alt"  # text that stands for a picture
    MENU = "menu"  # an entry of a menu of services, not of the site's navigation


@dataclass(frozen=True)
class Block:
    """One stretch of a page.

    ``start`` and ``end`` count characters of the page's ``text``, and
    ``page.text[start:end] == text``. ``level`` is that of a heading (1 is the highest); 0 where
    none is known.
    """

    kind: BlockKind
    text: str
    start: int
    end: int
    level: int = 0


@dataclass(frozen=True)
class Page:
    """The main text of a page: ``text`` holds every block, in reading order.

    ``language`` is a two-letter code, or None where nobody could tell.
    """

    text: str
    blocks: tuple[Block, ...]
    title: str | None = None
    language: str | None = None


def page_from_blocks(
    parts: list[tuple[BlockKind, str]] | list[tuple[BlockKind, str, int]],
    title: str | None = None,
    language: str | None = None,
) -> Page:
    """Join stretches of text, in reading order, into a page; empty ones are left out.

    Parameters
    ----------
    parts : list of tuple
        Kind and text of each block, and the level of a heading where it is known.
    title, language : str, optional
        As the page states them.
    """
    blocks: list[Block] = []
    pieces: list[str] = []
    position = 0
    for part in parts:
        text = part[1].strip()
        if not text:
            continue
        if pieces:
            pieces.append("\n\n")
            position += 2
        level = part[2] if len(part) == 3 else 0
        blocks.append(Block(part[0], text, position, position + len(text), level))
        pieces.append(text)
        position += len(text)
    return Page("".join(pieces), tuple(blocks), title, language)


_BULLET = re.compile(r"[•◦▪‣●○·*–—-]\s+|\d{1,2}[.)]\s+(?=\S)|[ivxIVX]{1,4}\.\s+(?=\S)")
_MARK = "•◦▪‣●○·*–—-"
#: A line longer than this is no heading, whatever its end.
_HEADING_WORDS = 14
_MONEY_OR_DATE = re.compile(r"[£$€]\s?\d|\b\d{4}\b|\b\d{1,2}:\d{2}\b|@|www\.")


def page_from_text(text: str, title: str | None = None, language: str | None = None) -> Page:
    r"""Make a page of plain text.

    A line is a block. A line with a bullet is an item; a short line without an end mark that is
    set in capitals, or stands before a longer one, is a heading; several such lines in a row,
    without blank lines between them, are a list.

    Examples
    --------
    >>> page = page_from_text("Back Pain\n\nWe can help:\n\n• Neck pain\n")
    >>> [str(block.kind) for block in page.blocks]
    ['heading', 'paragraph', 'item']
    """
    lines = _lines(text)
    blocks = []
    for number, (start, line) in enumerate(lines):
        bullet = _BULLET.match(line)
        if bullet is not None and line[0] in _MARK:
            body = line[bullet.end() :]
            if body:
                begin = start + bullet.end()
                blocks.append(Block(BlockKind.ITEM, body, begin, begin + len(body)))
            continue
        kind = _kind_of(lines, number, text)
        blocks.append(Block(kind, line, start, start + len(line)))
    return Page(text, tuple(blocks), title, language)


def _lines(text: str) -> list[tuple[int, str]]:
    """Lines that hold something, without the blanks around them, with their places."""
    found = []
    position = 0
    for raw in text.splitlines(keepends=True):
        line = raw.strip()
        if line:
            found.append((position + raw.index(line[0]), line))
        position += len(raw)
    return found


def _is_short(line: str) -> bool:
    return line[-1] not in ".!?:;,…" and len(line.split()) <= _HEADING_WORDS


def _kind_of(lines: list[tuple[int, str]], number: int, text: str) -> BlockKind:
    """Tell a heading or an item without a mark from running text."""
    line = lines[number][1]
    if line[-1] == "?" and len(line.split()) <= _HEADING_WORDS and line.count(".") == 0:
        return BlockKind.HEADING
    if not _is_short(line):
        return BlockKind.PARAGRAPH

    def touches(first: int, second: int) -> bool:
        a, b = lines[first], lines[second]
        return text.count("\n", a[0], b[0]) == 1

    after = number + 1 < len(lines) and touches(number, number + 1)
    before = number > 0 and touches(number - 1, number)
    if (after and _is_short(lines[number + 1][1])) or (before and _is_short(lines[number - 1][1])):
        return BlockKind.ITEM
    if before and lines[number - 1][1].endswith(":"):
        return BlockKind.ITEM
    if _MONEY_OR_DATE.search(line):
        return BlockKind.PARAGRAPH
    return BlockKind.HEADING
