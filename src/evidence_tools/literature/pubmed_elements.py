"""What every element of PubMed XML has: a text, perhaps with inline markup, or a date."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from html.entities import html5
from typing import TypeAlias
from xml.sax.saxutils import escape

from lxml import etree

__all__ = [
    "DamagedRecord",
    "Element",
    "Notes",
    "iso_day",
    "read_date",
    "read_markup",
    "read_text",
    "write_out_entities",
]

Element: TypeAlias = etree._Element
#: What is wrong with a record that is kept nevertheless.
Notes: TypeAlias = list[str]

_YEAR = re.compile(r"\d{4}", re.ASCII)
_BLANKS = re.compile(r"[ \t\r\n]+")
_XML_BLANK = " \t\r\n"
_INLINE = frozenset({"b", "i", "sub", "sup", "u"})
_MONTH_NAMES = (
    "january february march april may june july august september october november december"
)
_MONTHS = {name[:3]: number for number, name in enumerate(_MONTH_NAMES.split(), start=1)}


class DamagedRecord(Exception):  # noqa: N818 -- caught by the parser, never seen by a user
    """A record that cannot become a citation; the text says why."""


def read_text(element: Element) -> str | None:
    """Text of an element without its inline markup; None where there is none.

    Runs of blanks and line ends are one blank, as in any XML that people may have re-indented;
    other kinds of space (no-break, thin) are the author's and stay.
    """
    text = "".join(map(str, element.itertext())) if len(element) else element.text
    if not text:
        return None
    if "\n" in text or "  " in text or "\t" in text:
        text = _BLANKS.sub(" ", text)
    return text.strip(_XML_BLANK) or None


def read_markup(element: Element) -> str | None:
    """Content of an element as escaped XML, where it has inline elements."""
    if not len(element):
        return None
    return _BLANKS.sub(" ", _inner(element)).strip(_XML_BLANK)


def _inner(element: Element) -> str:
    parts = [escape(element.text or "")]
    for child in element:
        if child.tag in _INLINE:
            parts.append(f"<{child.tag}>{_inner(child)}</{child.tag}>")
        else:
            parts.append(etree.tostring(child, encoding="unicode", with_tail=False))
        parts.append(escape(child.tail or ""))
    return "".join(parts)


@lru_cache(maxsize=8192)
def iso_day(year: str | None, month: str | None, day: str | None) -> tuple[str | None, bool]:
    """As much of a date as is right, and whether that is all that was given.

    >>> iso_day("2015", "Sep", "31")
    ('2015-09', False)
    """
    year, month, day = (part.strip() if part else None for part in (year, month, day))
    if not year or not _YEAR.fullmatch(year):
        return None, not year and not month and not day
    if not month:
        return year, not day
    number = int(month) if month.isdecimal() else _MONTHS.get(month[:3].lower(), 0)
    if not 1 <= number <= 12:
        return year, False
    if not day:
        return f"{year}-{number:02d}", True
    try:
        return dt.date(int(year), number, int(day)).isoformat(), True
    except ValueError:
        return f"{year}-{number:02d}", False


def read_date(element: Element, notes: Notes) -> str | None:
    """ISO day, or as much of one as is given and right; what is wrong is noted."""
    year = month = day = None
    for child in element:
        tag = child.tag
        if tag == "Year":
            year = child.text
        elif tag == "Month":
            month = child.text
        elif tag == "Day":
            day = child.text
    iso, whole = iso_day(year, month, day)
    if not whole:
        given = " ".join(part or "?" for part in (year, month, day))
        notes.append(f"{element.tag} is no date: {given!r}")
    return iso


def write_out_entities(article: Element, notes: Notes) -> None:
    """Put characters for their names (``&beta;``), which the document type would have declared."""
    for node in list(article.iter(etree.Entity)):
        named = node.text or ""
        character = html5.get(named[1:])
        if character is None:
            notes.append(f"unknown character {named} is left as it stands")
        text = (character or named) + (node.tail or "")
        parent, previous = node.getparent(), node.getprevious()
        if parent is None:
            continue
        if previous is not None:
            previous.tail = (previous.tail or "") + text
        else:
            parent.text = (parent.text or "") + text
        parent.remove(node)
