"""Words whose letters do not stand side by side in the bytes of a record.

A citation's text is compared without accents, markup and invisible signs, so a word may be spelled
``m&#228;ssage``, ``mas<i>sage</i>`` or with a soft hyphen in it. Searching bytes for plain letters
would miss it. Such places are few: they are found here and read as :func:`fold` would.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection
from functools import cache

import numpy as np
from numpy.typing import NDArray

from evidence_tools.literature.folding import fold
from evidence_tools.scan.conditions import Word

__all__ = ["BEFORE", "INLINE", "Spellings", "find_odd_signs"]

#: Inline markup, which may stand within a word: elements of running text by NLM's document type.
INLINE = tuple(
    b"<" + end + name
    for end in (b"", b"/")
    for name in (b"b>", b"i>", b"u>", b"sub>", b"sup>", b"mml:", b"DispFormula")
)
#: What comes before where the markup may part a word.
BEFORE = rb"[0-9A-Za-z;\x80-\xff]"
#: XML's own, which part words as any sign does; others are characters by their name or number.
_PLAIN = (b"&amp;", b"&lt;", b"&gt;", b"&quot;", b"&apos;")

#: Bytes looked back and on for the ends of a word; longer ones are taken for odd without a look.
_BACK, _ON = 100, 1_000
#: The rest of a word with the markup in it, up to a blank or another element.
_REST = re.compile(rb"[^\s<>]*(?:</?(?:[^A-Z/<>]|DispFormula)[^<>]*>[^\s<>]*)*")
_TAG = re.compile(r"<[^<>]*>")
#: Elements whose text no query reads, and those that few read: there most letters with accents are.
_UNREAD = (b"<Citation>",)
_NAMES = (b"<LastName>", b"<ForeName>", b"<Affiliation>")
#: Bytes looked back for the start of the element that a place is in.
_TEXT = 4_000
_KEPT = 50_000


@cache
def _odd_codes() -> NDArray[np.bool_]:
    """Code points beyond ASCII that become plain letters or digits, or vanish, when folded."""
    codes = np.zeros(0x110000, bool)
    # Beyond these: letters of mathematics, tags and the like. All count as odd.
    codes[0x10000:] = True
    for code in range(0x80, 0x10000):
        if not 0x3000 <= code < 0xF900:  # scripts of East Asia and surrogates stay what they are
            folded = fold(f"x{chr(code)}x")
            codes[code] = folded == "xx" or any(sign.isascii() for sign in folded[1:-1].strip())
    codes[0x3000:0x3400] = True  # units and numbers in circles and squares
    return codes


def find_odd_signs(data: bytes) -> list[int]:
    """Places of characters that are plain letters, or nothing, once a text is folded, and entities.

    Parameters
    ----------
    data : bytes
        UTF-8; what is none is odd, too.
    """
    entities = _find_entities(data)
    signs = np.frombuffer(data, np.uint8)
    places = np.flatnonzero(signs >= 0xC2)
    if not len(places):
        return entities
    last = len(signs) - 1
    first = signs[places].astype(np.int32)
    second, third = (signs[np.minimum(places + n, last)].astype(np.int32) & 0x3F for n in (1, 2))
    codes = np.where(
        first < 0xE0,
        (first & 0x1F) << 6 | second,
        np.where(first < 0xF0, (first & 0x0F) << 12 | second << 6 | third, 0x10000),
    )
    odd: list[int] = places[_odd_codes()[codes]].tolist()
    return odd + entities


def _find_entities(data: bytes) -> list[int]:
    # One byte is found many times faster than the pattern of all that it may begin.
    found = []
    place = data.find(b"&")
    while place >= 0:
        if not data.startswith(_PLAIN, place):
            found.append(place)
        place = data.find(b"&", place + 1)
    return found


class Spellings:
    """Tells whether a word that is spelled oddly is one of those sought.

    Parameters
    ----------
    words : collection of Word
        The words sought.
    names : bool
        Whether they are sought in names and addresses of people, too.
    """

    def __init__(self, words: Collection[Word], *, names: bool = True) -> None:
        self._unread = _UNREAD if names else _UNREAD + _NAMES
        self._whole = frozenset(word.text for word in words)
        begun = {word.text for word in words if word.open}
        self._begun = frozenset(begun)
        self._lengths = sorted({len(text) for text in begun})
        self._told: dict[bytes, bool] = {}

    def judge(self, data: bytes, place: int) -> tuple[bool, int]:
        """Whether the word around a place may be one of those sought, and where to look on."""
        start = data.rfind(b"<", max(0, place - _TEXT), place)
        if start >= 0 and data.startswith(self._unread, start):
            end = data.find(b"<", place)
            return False, end if end >= 0 else len(data)
        rest = _REST.match(data, place, place + _ON)
        after = rest[0] if rest else b""
        end = place + len(after)
        # The end of a tag parts words as a blank does, seen from behind it.
        before = data[max(0, place - _BACK) : place].replace(b">", b" ")
        first = b"" if before[-1:].isspace() else before.rsplit(None, 1)[-1] if before else b""
        if len(after) >= _ON or len(first) >= _BACK:
            return True, end
        word = first + after
        told = self._told.get(word)
        if told is None:
            if len(self._told) > _KEPT:
                self._told.clear()
            told = self._told[word] = self._holds(word)
        return told, end

    def _holds(self, word: bytes) -> bool:
        try:
            text = html.unescape(_TAG.sub("", word.decode()))
        except UnicodeDecodeError:
            return True
        return any(
            one in self._whole or any(one[:length] in self._begun for length in self._lengths)
            for one in fold(text).split()
        )
