"""A PubMed query cut into tokens, its brackets and fields checked.

The words are read, and the brackets checked, by the PubMed parser of ``search-query`` (CoLRev).
What that library (0.15) does not do is done here, at the edge:

- It does not know ``[pmid]``, ``[uid]``, ``[ab]``, ``[lang]``, ``[majr:noexp]``, ``[sh:noexp]``,
  ``[pt:noexp]``, ``[epdat]`` and other tags, nor a blank in ``[mesh: noexp]``, all of which PubMed
  takes. So every tag is read here, against PubMed's own table, and the library sees a tag of equal
  length that it knows; positions stay true.
- It breaks (``ValueError``) where two bracketed groups each mix AND and OR. So the tree is built
  here from the library's tokens, left to right as PubMed does it.
- It never ends on ``a AND b OR (``. So brackets are paired here before it looks at them.
- It checks dates for ``[dp]`` only, and takes ``and`` in small letters for an operator, which
  PubMed does not.
- It prints; it is kept silent.

Stricter than PubMed on purpose: two terms side by side need their operator said, an asterisk
stands at the end of a term after at least four characters (elsewhere PubMed drops it without a
word), and days relative to today are refused, for a strategy must mean the same next month.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NoReturn

from search_query.constants import Token, TokenTypes  # type: ignore[import-untyped]
from search_query.pubmed.parser import PubmedParser  # type: ignore[import-untyped]

from evidence_tools.literature.query.fields import (
    NO_EXPLOSION,
    PROXIMITY,
    find_field,
)
from evidence_tools.literature.query.tree import QueryError, Span

__all__ = ["Tag", "Token", "TokenTypes", "Tokens", "read_tokens"]

#: Deepest nesting of brackets; deeper ones would only exhaust the stack.
_DEPTH = 60
_TAG = re.compile(r"\[([^\[\]]*)\]")
#: Quotation marks that word processors put in place of the plain one.
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»", '"'))


@dataclass(frozen=True, slots=True)
class Tag:
    """A field tag as it stood in the text."""

    field: str
    exact: bool
    distance: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """A query cut into tokens by the library.

    ``masked`` is the text that the library saw, ``origin`` the place of each of its characters in
    the text as given, ``tags`` the field tags by their start in ``masked``, ``parser`` the
    library's parser, whose linter holds its messages.
    """

    masked: str
    origin: tuple[int, ...]
    tags: dict[int, Tag]
    tokens: tuple[Token, ...]
    parser: Any

    def place(self, span: Span) -> Span:
        """Where a stretch of ``masked`` stands in the text as given."""
        start, end = span
        last = len(self.origin) - 1
        return self.origin[min(start, last)], self.origin[min(max(end - 1, start), last)] + 1


def read_tokens(text: str, where: str = "") -> Tokens:
    """Cut a query into tokens, its brackets and the order of its parts checked.

    Raises
    ------
    QueryError
        With the place of the first mistake.
    """
    squeezed, origin = _squeeze(text, where)
    if squeezed.count('"') % 2:
        at = origin[squeezed.rindex('"')]
        raise QueryError(
            "a quotation mark without its partner", position=(at, at + 1), where=where,
            fix="close the phrase",
        )  # fmt: skip
    masked, tags = _mask(squeezed, origin, where)
    if ":~" in masked:
        at = origin[masked.index(":~")]
        raise QueryError(
            "a distance outside a field tag", position=(at, at + 2), where=where,
            fix='write it into the tag, as in "back massage"[tiab:~3]',
        )  # fmt: skip
    parser = PubmedParser(masked, silent=True)
    parser.tokenize()
    found = Tokens(masked, origin, tags, tuple(parser.tokens), parser)
    _check_operators(found, where)
    _check_brackets(found, where)
    # The linter mends as it checks: the tokens above are those of before.
    parser.tokens = parser.linter.validate_tokens(tokens=list(found.tokens), query_str=masked)
    for message in sorted(parser.linter.messages, key=lambda m: m["position"] or [(0, 0)]):
        if message["is_fatal"]:
            _refuse(message["details"], found.place(message["position"][0]), text, where)
    return found


def _refuse(details: str, span: Span, text: str, where: str) -> NoReturn:
    """Raise the library's message in our words."""
    excerpt = " ".join(text[span[0] : span[1]].split())[:60]
    if details.startswith("Missing operator"):
        raise QueryError(
            f"no operator in {excerpt!r}", position=span, where=where,
            fix="put AND, OR or NOT between the terms",
        )  # fmt: skip
    what = details.split("\n", maxsplit=1)[0].replace("LOGIC_OPERATOR", "an operator")
    raise QueryError(
        f"{what[:1].lower()}{what[1:]} at {excerpt!r}" if what else f"{excerpt!r} cannot be read",
        position=span, where=where, fix="mend the query there",
    )  # fmt: skip


def _squeeze(text: str, where: str) -> tuple[str, tuple[int, ...]]:
    """One blank for any run of them, plain quotes, room around a range's colon; with origins."""
    kept: list[str] = []
    origin: list[int] = []
    for place, char in enumerate(text.translate(_QUOTES)):
        if char.isspace():
            if not kept or kept[-1] == " ":
                continue
            char = " "
        elif not char.isprintable():
            raise QueryError(
                f"the invisible character U+{ord(char):04X}", position=(place, place + 1),
                where=where, fix="take it out",
            )  # fmt: skip
        if char == ":" and kept and "".join(kept[-2:]).rstrip()[-1:] == "]":
            room = [" "] if kept[-1] != " " else []
            kept += [*room, ":", " "]
            origin += [place] * (len(room) + 2)
            continue
        kept.append(char)
        origin.append(place)
    while kept and kept[-1] == " ":
        kept.pop()
        origin.pop()
    if not kept:
        raise QueryError("the query is empty", where=where, fix="write at least one term")
    return "".join(kept), tuple(origin)


def _mask(text: str, origin: tuple[int, ...], where: str) -> tuple[str, dict[int, Tag]]:
    """Read every tag, and put one in its place that the library knows and is as long."""
    tags: dict[int, Tag] = {}
    loose = re.search(r"[\[\]]", _TAG.sub(lambda found: " " * len(found[0]), text))
    if loose:
        at = origin[loose.start()]
        raise QueryError(
            f"a square bracket {loose[0]!r} without its partner", position=(at, at + 1),
            where=where, fix="close the field tag, as in massage[tiab]",
        )  # fmt: skip

    def mask(found: re.Match[str]) -> str:
        span = (origin[found.start()], origin[found.end() - 1] + 1)
        if text.count('"', 0, found.start()) % 2:
            raise QueryError(
                f"a field tag {found[0]} within quotation marks", position=span, where=where,
                fix="close the phrase before the tag; leave square brackets out of a phrase",
            )  # fmt: skip
        name, _, modifier = found[1].partition(":")
        modifier = modifier.strip().casefold()
        short, near = find_field(name)
        if short is None:
            raise QueryError(
                f"unknown field {found[0]}", position=span, where=where,
                expected="a search field tag of PubMed" + (f", perhaps [{near}]" if near else ""),
                fix="correct the tag",
            )  # fmt: skip
        exact = modifier == "noexp" and short in NO_EXPLOSION
        near_by = re.fullmatch(r"~\s*(\d{1,4})", modifier) if short in PROXIMITY else None
        if modifier and not exact and near_by is None:
            raise QueryError(
                f"[{found[1]}]: {short} takes no :{modifier}", position=span, where=where,
                expected="[mh:noexp], [majr:noexp], [sh:noexp] or [pt:noexp], or a distance as in "
                "[tiab:~3]", fix="correct the tag",
            )  # fmt: skip
        tags[found.start()] = Tag(short, exact, int(near_by[1]) if near_by else None, found[0])
        known = "mh:noexp" if exact and short == "mh" else short if short in _LIBRARY else "ti"
        return f"[{known if len(known) <= len(found[0]) - 2 else 'ti':<{len(found[0]) - 2}}]"

    return _TAG.sub(mask, text), tags


#: Tags that the library's linter reads as PubMed does.
_LIBRARY = frozenset(
    {"ad", "all", "au", "dp", "la", "majr", "mh", "pt", "sb", "sh", "ta", "ti", "tiab", "tw"}
)


def _check_operators(found: Tokens, where: str) -> None:
    for token in found.tokens:
        if token.type == TokenTypes.LOGIC_OPERATOR and token.value != token.value.upper():
            raise QueryError(
                f"the operator {token.value!r} in small letters, which PubMed reads as a word",
                position=found.place(token.position), where=where,
                fix=f"write {token.value.upper()}, or put the phrase into quotes",
            )  # fmt: skip


def _check_brackets(found: Tokens, where: str) -> None:
    """Refuse brackets that are not in pairs: the library never ends on ``a AND b OR (``."""
    open_: list[Token] = []
    for token in found.tokens:
        if token.type == TokenTypes.PARENTHESIS_OPEN:
            open_.append(token)
        elif token.type == TokenTypes.PARENTHESIS_CLOSED:
            if not open_:
                raise QueryError(
                    "a bracket is closed that was never opened",
                    position=found.place(token.position), where=where,
                    fix="take it out, or open it",
                )  # fmt: skip
            open_.pop()
        if len(open_) > _DEPTH:
            raise QueryError(
                f"more than {_DEPTH} brackets within each other",
                position=found.place(token.position), where=where, fix="take out idle ones",
            )  # fmt: skip
    if open_:
        raise QueryError(
            "a bracket is opened and never closed", position=found.place(open_[-1].position),
            where=where, fix="close it",
        )  # fmt: skip
