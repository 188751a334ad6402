"""What is wrong, or looks wrong, with a query before anybody sends it.

Errors are what PubMed would not read as meant. Warnings come from the linter of ``search-query``
where its advice holds for PubMed, and from PubMed's own lists. Left out is advice that does not:

- *unnecessary parentheses* also names ``a NOT (b NOT c)``, where they change the result, and every
  line of a strategy is bracketed on purpose;
- *redundant term* takes one MeSH heading for part of another that shares a word with it;
- *potential wildcard use* would make ``randomized OR randomly`` into ``random*``;
- *date* and *journal filter in subquery* name published filters as they are.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evidence_tools.literature.folding import fold
from evidence_tools.literature.query.fields import HEADINGS
from evidence_tools.literature.query.headings import PUBLICATION_TYPES
from evidence_tools.literature.query.parse import parse_query
from evidence_tools.literature.query.subsets import is_subset
from evidence_tools.literature.query.tokens import Tokens, read_tokens
from evidence_tools.literature.query.tree import Query, QueryError, Span, Term, walk

if TYPE_CHECKING:
    from evidence_tools.literature.mesh import MeshTree

__all__ = ["LintMessage", "find_error", "lint_query"]

#: The library's codes whose advice is passed on, in our words.
_ADVICE = {
    "STRUCT_0001": "AND, OR and NOT without brackets: PubMed takes them from left to right",
    "STRUCT_0003": "write AND for & and OR for |",
    "TERM_0001": "typographic quotation marks; write plain ones",
    "QUALITY_0005": "one of the two terms adds nothing to the other",
}
#: Fields whose terms are words, so that a longer phrase holds a shorter one.
_WORDS = frozenset({"ab", "ti", "tiab", "tw"})


@dataclass(frozen=True, order=True)
class LintMessage:
    """One remark: where in the query, ``error`` or ``warning``, and what to do."""

    position: Span
    level: str
    code: str
    text: str

    def __str__(self) -> str:
        return f"{self.level} {self.code} at character {self.position[0] + 1}: {self.text}"


def lint_query(text: str, tree: MeshTree | None = None) -> list[LintMessage]:
    """Check a query.

    Parameters
    ----------
    text : str
        The query.
    tree : MeshTree, optional
        NLM's tree; with it, headings that it does not have are named.

    Returns
    -------
    list of LintMessage
        By their place in the query. A query that cannot be read has its first error, and no more.
    """
    broken = find_error(text)
    if broken is not None:
        return [broken]
    query, tokens = parse_query(text), read_tokens(text)
    found = [*_advice(text, tokens), *_lists(query, tree)]
    return sorted(set(found))


def find_error(text: str) -> LintMessage | None:
    """Say why a query cannot be read, if it cannot; faster than all of the linter."""
    try:
        parse_query(text)
    except QueryError as error:
        parts = [error.what]
        parts += [f"expected {error.expected}"] if error.expected else []
        parts += [f"to mend it: {error.fix}"] if error.fix else []
        return LintMessage(error.position, "error", "query", "; ".join(parts))
    return None


def _advice(text: str, tokens: Tokens) -> Iterator[LintMessage]:
    linter = tokens.parser.linter
    # The library's own tree is needed for its advice alone. It cannot build one where two bracketed
    # groups each mix operators, see tokens.py; the advice on the tree is then missing.
    with contextlib.suppress(ValueError, IndexError, AttributeError, RecursionError):
        linter.validate_query_tree(tokens.parser.parse_query_tree(tokens.parser.tokens))
    for message in linter.messages:
        code, spans = message["code"], message["position"]
        if code not in _ADVICE or not spans:
            continue
        if code == "QUALITY_0005" and not _redundant(tokens, spans):
            continue
        places = [tokens.place(span) for span in spans if span[0] >= 0]
        shown = ", ".join(dict.fromkeys(" ".join(text[a:b].split()) for a, b in places))
        yield LintMessage(places[0], "warning", message["label"], f"{_ADVICE[code]}: {shown}")
    if text.translate({ord(char): None for char in "“”„‟«»"}) != text:
        at = min(text.find(char) for char in "“”„‟«»" if char in text)
        yield LintMessage((at, at + 1), "warning", "non-standard-quotes", _ADVICE["TERM_0001"])


def _redundant(tokens: Tokens, spans: list[Span]) -> bool:
    """Whether both terms are the same, or words in a field of words."""
    terms = {fold(tokens.masked[a:b]) for a, b in spans}
    ends = [end for _, end in spans]
    used = [
        tag.field
        for start, tag in tokens.tags.items()
        if any(0 <= start - end <= 1 for end in ends)
    ]
    return len(terms) == 1 or (len(used) == len(spans) and set(used) <= _WORDS)


def _lists(query: Query, tree: MeshTree | None) -> Iterator[LintMessage]:
    """Terms that are in none of PubMed's closed lists, or have no tag."""
    for node in walk(query.root):
        if not isinstance(node, Term):
            continue
        if node.field == "all":
            yield LintMessage(
                node.position, "warning", "untagged",
                f"{node.text!r} has no field: PubMed maps it to headings and words of its choice",
            )  # fmt: skip
        if node.field == "pt" and not node.truncated and fold(node.text) not in PUBLICATION_TYPES:
            yield LintMessage(
                node.position, "warning", "publication-type",
                f"{node.text!r} is not among PubMed's publication types",
            )  # fmt: skip
        if node.field == "sb" and not is_subset(node.text):
            yield LintMessage(
                node.position, "warning", "subset", f"{node.text!r} is no filter known here"
            )
        if node.field in HEADINGS and tree is not None and not node.truncated:
            name = node.text.rpartition("/")[0] or node.text
            if tree.find(name) is None:
                yield LintMessage(
                    node.position, "warning", "heading",
                    f"{name!r} is no heading and no entry term in the descriptor file",
                )  # fmt: skip
