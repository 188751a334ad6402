"""A page cut into sentences and list items, each with the context that a reader has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from evidence_tools.pages.page import Block, BlockKind, Page

__all__ = ["Passage", "cut_page", "cut_sentences"]

_END = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s+[\"'“‘(\[]?[^\W_a-z]|\s*$)")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:dr|mr|mrs|ms|prof|st|vs|e\.g|i\.e|etc|approx|no|vol|fig|al|inc|ltd|jr|sr|ph\.d"
    r"|m\.d|u\.s|u\.k|a\.m|p\.m|min|hr|hrs|tel|dept|[a-z])\.$",
    re.IGNORECASE,
)
#: No sentence is longer than this many characters.
_LONGEST = 1500
#: A whole sentence that opens a list all the same.
_ANNOUNCES = re.compile(r"\b(?:following|below|these|include|includes)\b", re.IGNORECASE)
_REFERENCE = re.compile(
    r"\bdoi[:.]|\bet al\b|\b\d{4};\d+|\(\d{4}\)[.:,]|\bvol\. ?\d", re.IGNORECASE
)


@dataclass(frozen=True)
class Passage:
    """One sentence, item or heading, with its context.

    ``start`` and ``end`` count characters of the page's text. ``lead`` is the line that opens the
    list in which an item stands, else the heading above it; ``before`` is the sentence before in
    the same block, else the last one of the block before.
    """

    text: str
    start: int
    end: int
    kind: BlockKind
    heading: str = ""
    lead: str = ""
    before: str = ""
    title: str = ""


def cut_sentences(text: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each sentence of a stretch of text.

    A sentence ends with a full stop, question or exclamation mark before a capital, a digit or the
    end; abbreviations and initials end none, and a reference to a source stays whole.

    Examples
    --------
    >>> [text[a:b] for text in ["Dr. Lee treats pain. It works!"] for a, b in cut_sentences(text)]
    ['Dr. Lee treats pain.', 'It works!']
    """
    if len(text) < 600 and len(_REFERENCE.findall(text)) >= 2:
        yield from _trimmed(text, 0, len(text))
        return
    start = 0
    for found in _END.finditer(text):
        end = found.end()
        if end < len(text) and found[0][0] == "." and len(found[0]) == 1:
            # Twelve letters hold the longest abbreviation, and keep this linear.
            if _ABBREVIATION.search(text[max(start, end - 12) : end]):
                continue
            if text[start:end].strip().rstrip(".").isdigit():
                continue
        yield from _trimmed(text, start, end)
        start = end
    yield from _trimmed(text, start, len(text))


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > _LONGEST:
        # Text without end marks must not make one sentence of a whole book.
        blank = text.rfind(" ", start, start + _LONGEST)
        cut = blank if blank > start else start + _LONGEST
        yield from _trimmed(text, start, cut)
        start = cut
    stretch = text[start:end]
    body = stretch.strip()
    if body:
        first = start + len(stretch) - len(stretch.lstrip())
        yield first, first + len(body)


def cut_page(page: Page) -> tuple[Passage, ...]:
    """Cut a page into sentences, items and headings, in order, with context."""
    found: list[Passage] = []
    heading = lead = before = ""
    title = page.title or ""
    last: Block | None = None
    for block in page.blocks:
        if block.kind in (BlockKind.TITLE, BlockKind.HEADING):
            heading, lead = block.text, block.text
        elif block.kind not in (BlockKind.ITEM, BlockKind.MENU):
            lead = heading
        elif last is not None and last.kind is BlockKind.PARAGRAPH and found:
            ending = found[-1].text
            if ending[-1] not in ".!?…" or _ANNOUNCES.search(ending):
                lead = ending
        for start, end in cut_sentences(block.text):
            text = block.text[start:end]
            found.append(
                Passage(
                    text,
                    block.start + start,
                    block.start + end,
                    block.kind,
                    heading,
                    lead if block.kind in (BlockKind.ITEM, BlockKind.MENU) else "",
                    before,
                    title,
                )
            )
            before = text
        last = block
    return tuple(found)
