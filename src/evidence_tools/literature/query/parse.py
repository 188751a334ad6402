"""Tokens into a tree."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NoReturn

from evidence_tools.literature.query.fields import DATES
from evidence_tools.literature.query.tokens import Tag, Token, Tokens, TokenTypes, read_tokens
from evidence_tools.literature.query.tree import (
    And,
    Dates,
    Node,
    Not,
    Or,
    Query,
    QueryError,
    Span,
    Term,
)

__all__ = ["parse_query"]

_DAY = re.compile(r"(\d{4})(?:/(0?[1-9]|1[0-2])(?:/(0?[1-9]|[12]\d|3[01]))?)?")


@lru_cache(maxsize=1024)
def parse_query(text: str, where: str = "") -> Query:
    """Read a PubMed query; the same text again costs nothing.

    Parameters
    ----------
    text : str
        The query, over as many lines as one likes.
    where : str, optional
        What to name in errors: the file, the strategy, the line of it.

    Raises
    ------
    QueryError
        With the place of the first mistake.
    """
    tokens = read_tokens(text, where)
    return Query(_Builder(tokens, where).build(), text)


class _Builder:
    """Builds the tree from tokens: AND, OR and NOT one after the other, from left to right."""

    def __init__(self, found: Tokens, where: str) -> None:
        self.found = found
        self.where = where
        self.next = 0

    def build(self) -> Node:
        return self._expression()

    def _peek(self) -> Token | None:
        return self.found.tokens[self.next] if self.next < len(self.found.tokens) else None

    def _take(self) -> Token:
        token = self.found.tokens[self.next]
        self.next += 1
        return token

    def _fail(self, what: str, span: Span, fix: str, expected: str = "") -> NoReturn:
        raise QueryError(
            what, position=self.found.place(span), where=self.where, fix=fix, expected=expected
        )

    def _expression(self) -> Node:
        tree = self._operand()
        # Whether the tree's outermost operator may still be added to, or was closed by a bracket.
        open_ = False
        while (token := self._peek()) is not None and token.type == TokenTypes.LOGIC_OPERATOR:
            operator = {"&": "AND", "|": "OR"}.get(token.value, token.value)
            self._take()
            right = self._operand()
            if operator == "NOT":
                tree = Not(tree, right)
            elif operator == "AND":
                tree = And((*tree.parts, right) if open_ and isinstance(tree, And)
                           else (tree, right))  # fmt: skip
            else:
                tree = Or((*tree.parts, right) if open_ and isinstance(tree, Or)
                          else (tree, right))  # fmt: skip
            open_ = True
        return tree

    def _operand(self) -> Node:
        token = self._take()
        if token.type == TokenTypes.PARENTHESIS_OPEN:
            tree = self._expression()
            self._take()
            return tree
        tag, span = self._tag(token)
        follows = self._peek()
        if follows is not None and follows.type == TokenTypes.RANGE_OPERATOR:
            self._take()
            high = self._peek()
            if high is None:
                self._fail("a range without its end", follows.position, "write the last day")
            self._take()
            other, end = self._tag(high)
            if other.field != tag.field:
                self._fail(f"a range from [{tag.field}] to [{other.field}]", end,
                           "use one field")  # fmt: skip
            return self._dates(f"{_bare(token.value)}:{_bare(high.value)}", tag, (span[0], end[1]))
        if tag.field in DATES:
            return self._dates(_bare(token.value), tag, span)
        return self._term(token, tag, span)

    def _tag(self, token: Token) -> tuple[Tag, Span]:
        """Tag of a term, and the stretch of both."""
        follows = self._peek()
        if follows is None or follows.type != TokenTypes.FIELD:
            return Tag("all", False, None, ""), token.position
        self._take()
        return self.found.tags[follows.position[0]], (token.position[0], follows.position[1])

    def _dates(self, text: str, tag: Tag, span: Span) -> Dates:
        days = [_DAY.fullmatch(part.strip()) for part in text.split(":")]
        if not 1 <= len(days) <= 2 or any(day is None for day in days):
            self._fail(
                f"{text!r} is no day", span, "write a year, month or day; a strategy must mean the "
                "same next month, so no days relative to today",
                "2020, 2020/03 or 2020/03/15, or two of them with a colon between",
            )  # fmt: skip
        parts = ["/".join(p if len(p) == 4 else f"{int(p):02}" for p in day.groups() if p)
                 for day in days if day]  # fmt: skip
        low, high = parts[0], parts[1] if len(parts) == 2 else None
        if tag.field not in DATES:
            self._fail(f"a range in [{tag.field}]", span, "use a range for dates only")
        if high is not None and high < low[: len(high)]:
            self._fail(f"the range {text} ends before it begins", span, "turn it round")
        return Dates(tag.field, low, high, self.found.place(span))

    def _term(self, token: Token, tag: Tag, span: Span) -> Term:
        text, quoted = token.value, token.value[0] == token.value[-1] == '"'
        inner = _bare(text) if quoted else text
        if '"' in inner:
            self._fail(f"quotation marks within {text!r}", span,
                       "put an operator between the parts, or quote the whole")  # fmt: skip
        if not any(char.isalnum() for char in inner):
            self._fail(f"{text!r} holds no word", span, "write a word")
        self._check_truncation(inner, tag, span)
        if tag.distance is not None and (not quoted or len(inner.split()) < 2):
            self._fail(f"{tag.text} after {text}", span, "quote at least two words",
                       '"back massage"[tiab:~3]')  # fmt: skip
        if tag.field == "pmid" and not re.fullmatch(r"[1-9]\d{0,7}", inner):
            self._fail(f"{inner!r} is not a PMID", span, "correct the number")
        if ":" in inner:
            self._fail(f"a colon in {text!r}, which PubMed takes for a range", span,
                       "leave the colon out")  # fmt: skip
        return Term(inner, tag.field, quoted, tag.exact, tag.distance, self.found.place(span))

    def _check_truncation(self, text: str, tag: Tag, span: Span) -> None:
        if "*" not in text:
            return
        if text.index("*") < len(text) - 1:
            self._fail(
                f"an asterisk within {text!r}", span, "truncate only the end of the last word"
            )
        if len(re.split(r"[\W_]+", text[:-1])[-1]) < 4:
            self._fail(f"{text!r} is cut off too early", span, "write the word out further",
                       "at least four characters before the asterisk")  # fmt: skip
        if tag.distance is not None:
            self._fail(f"an asterisk with {tag.text}, for which PubMed ignores the distance", span,
                       "write the endings out, each with its own distance")  # fmt: skip


def _bare(text: str) -> str:
    return text.strip('"').strip()
