"""Read a PDF by pypdf: a PDF knows places of letters, not paragraphs, so these are guessed.

Lines are joined by their distance and length, words that were parted at a line's end are mended,
and lines in a larger or bold type are headings. What stands on every page is read once.
"""

from __future__ import annotations

import io
import logging
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import hypot
from statistics import median
from typing import TYPE_CHECKING, Any

from evidence_tools.errors import EvidenceError, InputError
from evidence_tools.pages.decoding import clean_text
from evidence_tools.pages.page import BlockKind
from evidence_tools.pages.readers.draft import Draft

if TYPE_CHECKING:
    from pypdf import PdfReader

__all__ = ["read_pdf"]

_PAGES = 300
_STREAM = 20_000_000
_PARSED = 300_000
_TAGS = 20_000
_HEADING_WORDS = 16
_BOLD = re.compile(r"bold|black|heavy", re.IGNORECASE)
_BULLET = re.compile(r"[•◦▪■□‣●○·∙➤►▶✓✔✅☑✦★\uf0b7\uf0a7*-]\s+|[–]\s+(?=[A-Z])")
_LONE_BULLET = re.compile(r"[•◦▪■□‣●○·∙➤►▶✓✔✅☑✦★\uf0b7\uf0a7]")
_PAGE_NUMBER = re.compile(r"(?:page\s*)?\d{1,4}(?:\s*(?:/|of)\s*\d{1,4})?", re.IGNORECASE)
_PLACE_OF_NUMBER = re.compile(r"\d+")
_LONGEST_WORD = 40
_PARTED = re.compile(r"([A-Za-z]+)-$")
#: Before these a hyphen at the end of a line is more often part of the word.
_KEEPS_HYPHEN = frozenset((
    "anti", "co", "cross", "deep", "drug", "evidence", "full", "hand", "high", "long", "low",
    "mid", "multi", "non", "over", "pain", "post", "pre", "self", "short", "soft", "stress",
    "well", "year",
))  # fmt: skip
_JUNK_TITLE = re.compile(r"untitled|^microsoft |\.(?:docx?|indd|pub|pages|odt|pptx?)$", re.I)


@dataclass
class _Line:
    text: str
    y: float
    size: float
    bold: bool
    page: int


def read_pdf(data: bytes, where: str, *, characters: int) -> Draft:
    """Read a PDF.

    Parameters
    ----------
    data : bytes
        The file.
    where : str
        Its name, for messages.
    characters : int
        Most characters of text; reading stops at more.

    Raises
    ------
    InputError
        When it needs a password, holds only pictures, is too large or broken.
    """
    # Imported here: no other reader needs it.
    import pypdf

    # Broken files make pypdf log what stands in them; nothing of a page is to be logged.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL + 1)
    limits = {
        "zlib_maximum_output_length": _STREAM,
        "lzw_maximum_output_length": _STREAM,
        "run_length_maximum_output_length": _STREAM,
        "array_based_stream_maximum_output_length": _STREAM,
        "stream_parsing_work_maximum_count": _PARSED,
    }
    try:
        with pypdf.apply_configuration(None, **limits):
            reader = pypdf.PdfReader(io.BytesIO(data))
            _unlock(reader, where)
            return _read(reader, where, characters)
    except EvidenceError:
        raise
    except (Exception, RecursionError) as error:
        # A broken PDF breaks pypdf in any of the ways that Python knows.
        large = type(error).__name__ == "LimitReachedError"
        raise InputError(
            "it is too large to be read" if large else "it is no PDF, or a broken one",
            expected="a PDF with text",
            where=where,
            fix="open it in a viewer and print it to PDF again, or copy its text",
        ) from error


def _unlock(reader: PdfReader, where: str) -> None:
    """Open what only limits printing; refuse what asks for a password."""
    if not reader.is_encrypted:
        return
    try:
        opened = bool(reader.decrypt(""))
    except Exception:
        # Without the library for AES pypdf cannot try.
        opened = False
    if not opened:
        raise InputError(
            "the PDF is encrypted",
            expected="a PDF that opens without a password",
            where=where,
            fix="open it with its password and print it to PDF, or copy its text",
        )


def _read(reader: PdfReader, where: str, characters: int) -> Draft:
    count = len(reader.pages)
    if count > _PAGES:
        raise InputError(
            f"the PDF has {count:,} pages",
            expected=f"at most {_PAGES}",
            where=where,
            fix="print the pages to be audited to a PDF of their own",
        )
    draft = Draft()
    root: Any = reader.trailer["/Root"].get_object()
    facts: Any = reader.metadata or {}
    draft.language = str(root.get("/Lang", "")) or None
    title = clean_text(str(facts.get("/Title") or "")).strip()
    if title and not _JUNK_TITLE.search(title):
        draft.add(BlockKind.TITLE, title)
        draft.title = title
    lines: list[_Line] = []
    empty = left = 0
    for number, page in enumerate(reader.pages):
        found = _lines_of(page, number, characters - left, where)
        left += sum(len(line.text) for line in found)
        empty += not found
        lines += found
    alts = list(_alternatives(root))
    if not lines and not alts:
        raise InputError(
            "the PDF holds no text, only pictures",
            expected="a PDF with text that can be marked and copied",
            where=where,
            fix="run text recognition (OCR) on it, or take the file it was made from",
        )
    _build(_once(lines, count), draft)
    for alt in alts:
        draft.add(BlockKind.ALT, alt)
    if empty:
        pages = "page holds" if empty == 1 else "pages hold"
        draft.notes.append(f"{empty} of {count} {pages} no text and could not be read")
    return draft


def _lines_of(page: Any, number: int, room: int, where: str) -> list[_Line]:
    """Gather the lines of a page with their height, size and weight."""
    lines: list[_Line] = []
    pieces: list[tuple[str, float, float, bool]] = []
    size = 0

    def close() -> None:
        text = " ".join(clean_text("".join(piece[0] for piece in pieces)).split())
        if text:
            drawn = [piece for piece in pieces if piece[0].strip()]
            bold = all(piece[3] for piece in drawn)
            lines.append(_Line(text, drawn[0][1], max(p[2] for p in drawn), bold, number))
        pieces.clear()

    def visit(text: str, cm: list[float], tm: list[float], font: Any, points: float) -> None:
        nonlocal size
        size += len(text)
        if size > room:
            raise InputError(
                "the PDF holds too much text",
                expected="no more than a page of a website or a leaflet does",
                where=where,
                fix="print the pages to be audited to a PDF of their own",
            )
        name = str(font.get("/BaseFont", "")) if font else ""
        height = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
        scale = abs(points) * hypot(tm[2], tm[3]) * hypot(cm[2], cm[3])
        for part in re.split(r"(\n)", text):
            if part == "\n":
                close()
            elif part:
                pieces.append((part, height, scale, _BOLD.search(name) is not None))

    page.extract_text(visitor_text=visit)
    close()
    return lines


def _once(lines: list[_Line], pages: int) -> list[_Line]:
    """Leave out page numbers, and the second and later sight of what stands on most pages."""
    lines = [line for line in lines if not _PAGE_NUMBER.fullmatch(line.text)]
    by_page: dict[int, list[_Line]] = {}
    for line in lines:
        by_page.setdefault(line.page, []).append(line)
    edges = [edge for found in by_page.values() for edge in (found[0], found[-1])]
    counts = Counter(_PLACE_OF_NUMBER.sub("#", line.text) for line in edges)
    at_edge = set(map(id, edges))
    kept, seen = [], set()
    for line in lines:
        key = _PLACE_OF_NUMBER.sub("#", line.text)
        if id(line) in at_edge and counts[key] >= max(3, pages / 2):
            if key in seen:
                continue
            seen.add(key)
        kept.append(line)
    return kept


def _build(lines: list[_Line], draft: Draft) -> None:
    """Join lines into headings, paragraphs and items."""
    lines = list(_with_bullets(lines))
    if not lines:
        return
    weight: Counter[float] = Counter()
    for line in lines:
        weight[round(line.size * 2) / 2] += len(line.text)
    body = weight.most_common(1)[0][0]
    widest = max(len(line.text) for line in lines if abs(line.size - body) <= 1)
    steps = [a.y - b.y for a, b in pairwise(lines) if 0 < a.y - b.y < 4 * body]
    step = median(steps) if steps else body
    levels = _levels(lines, body)
    words = Counter(re.findall(r"[a-z]+(?:-[a-z]+)?", " ".join(x.text for x in lines).lower()))
    open_level: int | None = None
    text, before = "", None

    def close() -> None:
        if open_level is None:
            draft.add(BlockKind.PARAGRAPH, text)
        else:
            draft.add(BlockKind.HEADING, text.replace("\n", " "), open_level)

    for line in lines:
        level = _level(line, levels, body)
        if before is not None:
            ended = text.endswith((".", "!", "?", ":"))
            gap = before.y - line.y
            far = gap > 1.35 * step or gap < 0
            if line.page != before.page or gap < 0:
                far = ended or not line.text[0].islower()
            if level != open_level or far or (level is not None and gap > 2.2 * line.size):
                close()
                text = ""
        full = before is not None and len(before.text) >= 0.7 * widest
        text = _join(text, line.text, full or level is not None, words)
        open_level, before = level, line
    close()


def _with_bullets(lines: list[_Line]) -> Iterator[_Line]:
    """Give a bullet that stands in a line of its own to the line after it."""
    lone = False
    for line in lines:
        if _LONE_BULLET.fullmatch(line.text):
            lone = True
            continue
        if lone:
            line.text = f"• {line.text}"
            lone = False
        yield line


def _levels(lines: list[_Line], body: float) -> list[float]:
    """Sizes of type that are clearly larger than the body's, largest first."""
    large = {round(line.size, 0) for line in lines if line.size >= 1.15 * body}
    return sorted(large, reverse=True)


def _level(line: _Line, levels: list[float], body: float) -> int | None:
    if len(line.text.split()) > _HEADING_WORDS or _BULLET.match(line.text):
        return None
    if line.size >= 1.15 * body:
        return min(levels.index(round(line.size, 0)) + 1, 6)
    if line.bold and line.size >= 0.9 * body and not line.text.endswith((".", ",", ";", ":")):
        return min(len(levels) + 1, 6)
    return None


def _join(text: str, line: str, full: bool, words: Counter[str]) -> str:
    """Add a line to a stretch: a break stays where the line before it was cut short."""
    if not text:
        return line
    parted = _PARTED.search(text[-_LONGEST_WORD:])
    if parted is not None and line[0].islower():
        first = parted.group(1).lower()
        rest = re.match(r"[a-z]+", line)
        rest_text = rest.group() if rest else ""
        keeps = first in _KEEPS_HYPHEN or words[f"{first}-{rest_text}"] > 0
        if keeps and words[first + rest_text] == 0:
            return text + line
        return text[:-1] + line
    return f"{text}{' ' if full and not _BULLET.match(line) else chr(10)}{line}"


def _alternatives(root: Any) -> Iterator[str]:
    """Give the texts that stand for pictures, from the tags of the PDF."""
    waiting = [root.get("/StructTreeRoot")]
    seen: set[int] = set()
    for _ in range(_TAGS):
        if not waiting:
            return
        node = waiting.pop()
        node = node.get_object() if hasattr(node, "get_object") else node
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, list):
            waiting.extend(reversed(node))
        elif isinstance(node, dict):
            if isinstance(node.get("/Alt"), str):
                yield str(node["/Alt"])
            waiting.append(node.get("/K"))
