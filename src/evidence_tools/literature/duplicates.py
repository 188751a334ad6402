"""Which citations report the same publication.

Identifiers decide first (PMID, then DOI); a title only where both carry the same year (or lie one
year apart, as print and online versions do), the same first author's family name, and no
identifier that says otherwise. A title on its own never joins two citations: trials and their
protocols, yearly guidelines and "Reply" letters share titles. What is only alike is named, for a
person to look at, and never dropped.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz import fuzz

from evidence_tools.literature.citations import Citation
from evidence_tools.literature.designs import StudyTag, tag_design

__all__ = ["Duplicate", "Match", "find_duplicates", "fold_title"]

#: Least similarity (0 to 100, normalised edit distance) of two titles that are called alike.
ALIKE = 92.0
_GENERIC = frozenset(
    {
        "author reply",
        "commentary",
        "correction",
        "editorial",
        "erratum",
        "in response",
        "letter to the editor",
        "reply",
        "response",
        "retraction",
    }
)


class Match(StrEnum):
    """On what two citations agree."""

    DOI = "doi"
    TITLE = "title"
    ALIKE = "alike"  # to look at; not the same by any rule


@dataclass(frozen=True)
class Duplicate:
    """Two citations that agree; ``other`` came later (higher PMID)."""

    pmid: str
    other: str
    match: Match
    reason: str


def fold_title(title: str) -> str:
    """Title without case, accents, punctuation and markup.

    >>> fold_title("Massage for Neck Pain: A Randomised trial.")
    'massage for neck pain a randomised trial'
    """
    plain = unicodedata.normalize("NFKD", title)
    plain = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    return " ".join(re.findall(r"[^\W_]+", plain))


def _family(citation: Citation) -> str:
    first = citation.authors[0] if citation.authors else None
    return fold_title((first.last or first.collective or "") if first else "")


def _agree(one: Citation, two: Citation, similarity: float) -> Duplicate | None:
    """Whether two citations with like titles report one publication."""
    if one.doi and two.doi and one.doi.casefold() != two.doi.casefold():
        return None
    years_near = one.year is None or two.year is None or abs(one.year - two.year) <= 1
    if not years_near or _family(one) != _family(two):
        return None
    # A trial's protocol often has the trial's title, and is another publication.
    tags = {tag_design(one).tag, tag_design(two).tag}
    exact = similarity == 100.0 and len(tags) == 1 and one.year == two.year and _family(one) != ""
    match = Match.TITLE if exact and tags != {StudyTag.PROTOCOL} else Match.ALIKE
    reason = (
        "same title, first author and year"
        if match is Match.TITLE
        else f"titles {similarity:.0f} % alike, same first author, years at most one apart"
    )
    return Duplicate(one.pmid, two.pmid, match, reason)


def find_duplicates(citations: Iterable[Citation]) -> list[Duplicate]:
    """Find pairs that report the same publication, or look as if they did.

    Parameters
    ----------
    citations : iterable of Citation
        One per PMID; order does not matter.

    Returns
    -------
    list of Duplicate
        By PMID; the lower PMID of a pair first.

    Notes
    -----
    Titles are compared only among citations of the same first author, so the work grows with the
    number of citations and not with its square.
    """
    ordered = sorted({c.pmid: c for c in citations}.values(), key=lambda c: int(c.pmid))
    found: dict[tuple[str, str], Duplicate] = {}
    by_doi: dict[str, list[Citation]] = defaultdict(list)
    by_family: dict[str, list[tuple[str, Citation]]] = defaultdict(list)
    for citation in ordered:
        if citation.doi:
            by_doi[citation.doi.casefold()].append(citation)
        title = fold_title(citation.title)
        if title and title not in _GENERIC:
            by_family[_family(citation)].append((title, citation))
    for doi, group in by_doi.items():
        for other in group[1:]:
            found[group[0].pmid, other.pmid] = Duplicate(
                group[0].pmid, other.pmid, Match.DOI, f"same DOI {doi}"
            )
    for family, named in by_family.items():
        pairs = _pairs(named) if family else ()
        for (title, one), (other_title, two) in pairs:
            if (one.pmid, two.pmid) in found:
                continue
            similarity = fuzz.ratio(title, other_title, score_cutoff=ALIKE)
            duplicate = _agree(one, two, similarity) if similarity else None
            if duplicate is not None:
                found[one.pmid, two.pmid] = duplicate
    return sorted(found.values(), key=lambda d: (int(d.pmid), int(d.other)))


def _pairs(
    named: list[tuple[str, Citation]],
) -> Iterator[tuple[tuple[str, Citation], tuple[str, Citation]]]:
    """Pairs within a group whose years can agree; common family names make large groups."""
    # Without a year a citation sorts first and meets every other.
    dated = sorted(named, key=lambda item: (item[1].year or 0, int(item[1].pmid)))
    for i, first in enumerate(dated):
        year = first[1].year
        for second in dated[i + 1 :]:
            if year is not None and second[1].year is not None and second[1].year > year + 1:
                break
            yield (first, second) if int(first[1].pmid) < int(second[1].pmid) else (second, first)
