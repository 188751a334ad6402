"""What readers hand over: stretches of text in reading order, not yet joined into a page."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from evidence_tools.pages.decoding import clean_text
from evidence_tools.pages.page import BlockKind

__all__ = ["Draft", "split_lines"]

_SPACE = re.compile(r"[ \t]+")
_BULLET = re.compile(r"[•◦▪■□‣●○·∙➤►▶✓✔✅☑✦★\uf0b7\uf0a7*-]\s+|[–]\s+(?=[A-Z])")
_END = (".", "!", "?", ":", ";", ",", "…", "”", '"')
#: Longer lines than this are no entries of a list.
_ENTRY_WORDS = 10


@dataclass
class Draft:
    """Stretches of a page, with kind and level, and what is to be said about the reading."""

    parts: list[tuple[BlockKind, str, int]] = field(default_factory=list)
    title: str | None = None
    language: str | None = None
    notes: list[str] = field(default_factory=list)

    def add(self, kind: BlockKind, text: str, level: int = 0) -> None:
        """Add a stretch; lines in it become stretches of their own where they stand alone."""
        if kind in (BlockKind.PARAGRAPH, BlockKind.ITEM):
            self.parts += [(found, line, 0) for found, line in split_lines(kind, text)]
            return
        line = " ".join(clean_text(text).split())
        if line:
            self.parts.append((kind, line, level if kind is BlockKind.HEADING else 0))


def split_lines(kind: BlockKind, text: str) -> list[tuple[BlockKind, str]]:
    r"""Cut a stretch at those of its line breaks that a reader would see as such.

    A line that goes on in the next is joined to it. A line with a bullet is an item, and so are
    short lines without an end mark of which there are two or more, or which follow a colon.

    Examples
    --------
    >>> [(str(kind), line) for kind, line in split_lines(BlockKind.PARAGRAPH, "Good for:\nBacks")]
    [('paragraph', 'Good for:'), ('item', 'Backs')]
    """
    pieces: list[tuple[str, bool]] = []
    for raw in clean_text(text).split("\n"):
        line = _SPACE.sub(" ", raw).strip()
        if not line:
            pieces.append(("", False))
            continue
        bullet = _BULLET.match(line)
        body = line[bullet.end() :].strip() if bullet else line
        if pieces and pieces[-1][0] and not bullet and not _breaks(pieces[-1][0], line):
            pieces[-1] = (f"{pieces[-1][0]} {line}", pieces[-1][1])
        elif body:
            pieces.append((body, bullet is not None))
    lines = [piece for piece in pieces if piece[0]]
    short = sum(_is_entry(line) for line, _ in lines)
    found = []
    for number, (line, marked) in enumerate(lines):
        listed = len(lines) > 1 and _is_entry(line)
        after_colon = number > 0 and lines[number - 1][0].endswith(":")
        item = marked or (listed and (short > 1 or after_colon))
        found.append((BlockKind.ITEM if item else kind, line))
    return found


def _is_entry(line: str) -> bool:
    return not line.endswith(_END) and len(line.split()) <= _ENTRY_WORDS


def _breaks(before: str, line: str) -> bool:
    """Whether a line break is meant: what follows begins anew, or what is before has ended."""
    return before.endswith((".", "!", "?", ":", "…", "”", '"')) or not line[0].islower()
