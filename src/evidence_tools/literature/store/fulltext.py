"""Full-text search: what of a citation is searched, and how a person's words become a query.

What a person types is data: every word becomes a quoted phrase of FTS5, so that no operator, quote
or sign in it can be a syntax error or reach another column.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from evidence_tools.errors import InputError
from evidence_tools.literature.citations import Citation
from evidence_tools.literature.store.database import Database
from evidence_tools.literature.store.payloads import unpack

__all__ = [
    "MARKS",
    "Found",
    "citation_part",
    "count_matches",
    "find_matches",
    "match_expression",
    "text_parts",
]

_PARTS: Final[dict[str, Callable[[Citation], str]]] = {
    "title": lambda c: "\n".join(filter(None, (c.title, c.vernacular_title, c.book_title))),
    "abstract": lambda c: "\n".join(
        [c.abstract_text, *(section.text for section in c.other_abstracts)]
    ),
    "keywords": lambda c: "\n".join(c.keywords),
    "mesh": lambda c: "\n".join(
        " ".join((heading.name, *(q.name for q in heading.qualifiers))) for heading in c.mesh
    ),
    "authors": lambda c: "\n".join(
        a.collective or " ".join(filter(None, (a.last, a.fore or a.initials))) for a in c.authors
    ),
}
#: Before and after a word that was found, in a snippet.
MARKS: Final = ("[", "]")
#: FTS5 refuses deep expressions; nobody types as many words.
_MOST_WORDS = 100


@dataclass(frozen=True)
class Found:
    """A citation that holds every word sought; a lower score is a better match."""

    citation: Citation
    snippet: str
    score: float
    removed: bool


def text_parts(citation: Citation) -> tuple[str, ...]:
    """Texts of a citation in the order of the index's columns."""
    # A NUL parts words as a blank does, and ends the text for some versions of SQLite.
    return tuple(part(citation).replace("\0", " ") for part in _PARTS.values())


def citation_part(path: Path) -> Callable[[Any, Any], str]:
    """Make the function that the schema's view calls: one text of a stored citation."""

    # The view asks for the five parts of one citation in turn.
    @lru_cache(maxsize=2)
    def read(payload: bytes) -> tuple[str, ...]:
        return text_parts(unpack(payload, path))

    order = list(_PARTS)
    return lambda payload, name: read(payload)[order.index(name)]


def match_expression(text: str) -> str:
    """Turn what a person typed into an FTS5 expression: all words, "phrases", endings with *.

    >>> match_expression('massage "neck pain" (cervic*')
    '"massage" "neck pain" "(cervic" *'

    Raises
    ------
    InputError
        When there is no word in it, or too many.
    """
    plain = text.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")
    terms = []
    for phrase, word in re.findall(r'"([^"]*)"?|([^\s"]+)', plain):
        term = phrase or word
        if any(_is_token(sign) for sign in term):
            # The star belongs outside the quotes, where it means any ending.
            ending = " *" if word.endswith("*") and _is_token(word.rstrip("*")[-1]) else ""
            terms.append(f'"{term.rstrip("*") if ending else term}"{ending}')
    if not terms:
        raise InputError(
            f"no word to look for in {text[:60]!r}", expected='words, such as massage "neck pain"'
        )
    if len(terms) > _MOST_WORDS:
        raise InputError(f"{len(terms)} words to look for", expected=f"at most {_MOST_WORDS}")
    return " ".join(terms)


def find_matches(
    database: Database, text: str, limit: int, marks: tuple[str, str]
) -> tuple[Found, ...]:
    """Citations that hold all words, the best match first; see ``Store.find``."""
    # Snippets are made for the best only: each unpacks a citation. Column 1 is the abstract:
    # the title is shown anyway, and headings make no sentence.
    rows = database.rows(
        "WITH best AS MATERIALIZED (SELECT rowid AS pmid, rank AS score FROM fulltext "
        "WHERE fulltext MATCH ?1 ORDER BY rank, rowid LIMIT ?2) "
        "SELECT payload, (SELECT snippet(fulltext, 1, ?3, ?4, '…', 24) FROM fulltext "
        "WHERE fulltext MATCH ?1 AND rowid = best.pmid), score, removal IS NOT NULL "
        "FROM best JOIN citation ON citation.pmid = best.pmid "
        "JOIN content ON content.id = citation.content ORDER BY score, best.pmid",
        (match_expression(text), limit, *marks),
    )
    return tuple(
        Found(unpack(payload, database.path), " ".join(snippet.split()), score, bool(removed))
        for payload, snippet, score, removed in rows
    )


def count_matches(database: Database, text: str) -> int:
    """How many citations hold all words of a text."""
    sql = "SELECT count(*) FROM fulltext WHERE fulltext MATCH ?"
    return int(database.value(sql, (match_expression(text),)))


def _is_token(sign: str) -> bool:
    """Whether FTS5's tokenizer makes words of a character."""
    category = unicodedata.category(sign)
    return category[0] in "LN" or category == "Co"
