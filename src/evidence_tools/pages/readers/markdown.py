"""Read Markdown: made into HTML by markdown-it, since HTML may stand in it, then read as that."""

from __future__ import annotations

import re
import tomllib

from evidence_tools.errors import InputError
from evidence_tools.pages.page import BlockKind
from evidence_tools.pages.readers.draft import Draft
from evidence_tools.pages.readers.html import read_html

__all__ = ["read_markdown"]

#: Deeper than this, markdown-it would leave text out without a word.
_DEEPEST = 60
#: Brackets that are never closed cost markdown-it most: some 45 microseconds each.
_MOST_BRACKETS = 5000
_FRONT = re.compile(r"\A(---|\+\+\+)[ \t]*\r?\n(.{0,20000}?)\r?\n\1[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_FIELD = re.compile(r"^(title|description|summary|lang|language)[ \t]*[:=][ \t]*(.+?)[ \t]*$", re.M)


def read_markdown(text: str, where: str) -> Draft:
    """Read Markdown with tables; of its front matter, title, description and language are read.

    Raises
    ------
    InputError
        When lists or quotations are nested more than about sixty deep, or it holds more links than
        any page does.
    """
    # Imported here: no other reader needs it.
    from markdown_it import MarkdownIt

    text = text.replace("\0", "").removeprefix("\ufeff")
    fields: dict[str, str] = {}
    front = _FRONT.match(text)
    if front is not None:
        fields = _fields(front.group(2), toml=front.group(1) == "+++")
        text = text[front.end() :]
    if text.count("[") > _MOST_BRACKETS:
        raise InputError(
            f"it holds {text.count('['):,} opening brackets",
            expected=f"at most {_MOST_BRACKETS:,}, links and pictures counted",
            where=where,
            fix="audit the page in parts",
        )
    reader = MarkdownIt("commonmark", {"maxNesting": _DEEPEST}).enable(["table", "strikethrough"])
    tokens = reader.parse(text)
    deepest = max((token.level for token in tokens), default=0)
    if deepest >= _DEEPEST - 1:
        raise InputError(
            "its lists or quotations are nested too deep",
            expected=f"fewer than {_DEEPEST} within each other",
            where=where,
            fix="write them less deep",
        )
    draft = read_html(reader.renderer.render(tokens, reader.options, {}), where)
    return _with_fields(draft, fields)


def _with_fields(draft: Draft, fields: dict[str, str]) -> Draft:
    opening = Draft()
    title = fields.get("title", "")
    opening.add(BlockKind.TITLE, title)
    opening.add(BlockKind.PARAGRAPH, fields.get("description", fields.get("summary", "")))
    draft.parts[:0] = opening.parts
    if opening.parts and title:
        draft.title = opening.parts[0][1]
    draft.language = draft.language or fields.get("lang", fields.get("language"))
    return draft


def _fields(text: str, *, toml: bool) -> dict[str, str]:
    if toml:
        try:
            found = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError):
            found = {}
        return {name: value for name, value in found.items() if isinstance(value, str)}
    # Of YAML only flat fields are of use here, and those need no reader of YAML.
    return {match[1]: match[2].strip("\"'") for match in _FIELD.finditer(text)}
