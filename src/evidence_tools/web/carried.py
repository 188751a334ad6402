"""A page that was read, as text that a form can carry to and fro.

The buttons of an answer (print, download, another yardstick) need the page again, and the server
keeps none. What comes back is judged anew, so whoever changes it changes only their own page.
"""

from __future__ import annotations

import json
import re

import msgspec

from evidence_tools.errors import InputError
from evidence_tools.pages.page import Block, BlockKind, Page
from evidence_tools.pages.reading import Limits, Source, SourceKind

__all__ = ["carry_page", "parse_carried"]

_MOST_BLOCKS = 300_000
_MOST_NOTES = 50
_MOST_NOTE = 2_000
_LANGUAGE = re.compile(r"[a-z]{2,3}")


class _Carried(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    kind: SourceKind
    encoding: str | None
    notes: list[str]
    title: str | None
    language: str | None
    text: str
    blocks: list[tuple[BlockKind, int, int, int]]


def carry_page(source: Source, name: str) -> str:
    """Write a page that was read, and its name, as one line of ASCII."""
    page = source.page
    return json.dumps(
        {
            "name": name,
            "kind": source.kind,
            "encoding": source.encoding,
            "notes": source.notes,
            "title": page.title,
            "language": page.language,
            "text": page.text,
            "blocks": [(b.kind, b.start, b.end, b.level) for b in page.blocks],
        },
        separators=(",", ":"),
    )


def parse_carried(text: str, limits: Limits) -> tuple[Source, str]:
    """Read what :func:`carry_page` wrote: the page, and its name.

    Raises
    ------
    InputError
        When it is anything else.
    """
    try:
        found = msgspec.convert(json.loads(text), _Carried)
    except (ValueError, RecursionError, msgspec.ValidationError) as error:
        raise _broken() from error
    fits = (
        len(found.text) <= limits.characters
        and 0 < len(found.blocks) <= _MOST_BLOCKS
        and len(found.notes) <= _MOST_NOTES
        and all(len(note) <= _MOST_NOTE for note in found.notes)
        and (found.language is None or _LANGUAGE.fullmatch(found.language))
    )
    if not fits:
        raise _broken()
    blocks = []
    position = 0
    for kind, start, end, level in found.blocks:
        if not position <= start < end <= len(found.text) or not 0 <= level <= 9:
            raise _broken()
        blocks.append(Block(kind, found.text[start:end], start, end, level))
        position = end
    page = Page(found.text, tuple(blocks), found.title, found.language)
    return Source(page, found.kind, found.encoding, tuple(found.notes)), found.name


def _broken() -> InputError:
    return InputError(
        "the page did not come back as it was given",
        expected="a page as the answer carries it",
        fix="check the page again from the start",
    )
