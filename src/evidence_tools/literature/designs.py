"""What kind of study a citation reports, read from its own fields, with the reason.

A tag orders the screening queue; it never excludes anything and never enters a rating. Publication
types are NLM's and come first; words of the title only where no type decides, because indexing
lags behind by weeks. The order of the rules is that of :data:`RULES`: a protocol of a review is a
protocol, a Cochrane review is one before it is any systematic review.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from evidence_tools.identifiers import cochrane_number
from evidence_tools.literature.citations import Citation

__all__ = ["RULES", "StudyTag", "Tagged", "tag_design"]


class StudyTag(StrEnum):
    """Kind of study as tagged for screening, the first to look at first."""

    GUIDELINE = "guideline"
    COCHRANE_REVIEW = "cochrane-review"
    SYSTEMATIC_REVIEW = "systematic-review"
    TRIAL = "trial"
    PROTOCOL = "protocol"
    OTHER = "other"

    @property
    def rank(self) -> int:
        """Position in the queue, 0 first."""
        return list(StudyTag).index(self)


@dataclass(frozen=True)
class Tagged:
    """A tag and why it was given."""

    tag: StudyTag
    reason: str


_PROTOCOL = re.compile(
    r"\b(?:study|trial|review) protocol\b"
    r"|\bprotocol (?:for|of) an? (?:[\w-]+ ){0,6}(?:trial|review|study|meta-analysis)\b"
    r"|:\s*(?:an? )?protocol\b",
    re.IGNORECASE,
)
_GUIDELINE = re.compile(
    r"\b(?:practice|clinical) guidelines?\b|\bguidelines? (?:from|of|by)\b|\bconsensus statement\b",
    re.IGNORECASE,
)
_REVIEW = re.compile(
    r"\bsystematic (?:literature )?review|\bmeta-?\s?analy|\bumbrella review|\boverview of reviews"
    r"|\bscoping review|\bevidence map|\brapid review",
    re.IGNORECASE,
)
_TRIAL = re.compile(
    r"\brandomi[sz]ed\b|\brandomly\b|\bcontrolled (?:clinical )?trial\b|\bclinical trial\b"
    r"|\bsham[- ]controlled\b|\bcross-?over (?:trial|study)\b",
    re.IGNORECASE,
)
_ALLOCATED = re.compile(
    r"\bwere randomly (?:assigned|allocated|divided)\b|\brandomi[sz]ed to\b", re.IGNORECASE
)


def _type(*names: str) -> Callable[[Citation], str | None]:
    wanted = {name.casefold() for name in names}

    def find(citation: Citation) -> str | None:
        found = next((t for t in citation.publication_types if t.casefold() in wanted), None)
        return f"publication type {found}" if found else None

    return find


def _title(pattern: re.Pattern[str]) -> Callable[[Citation], str | None]:
    def find(citation: Citation) -> str | None:
        found = pattern.search(citation.title)
        return f"the title says “{found[0]}”" if found else None

    return find


def _cochrane(citation: Citation) -> str | None:
    number = cochrane_number(citation.doi)
    if number is not None:
        return f"Cochrane number {number}"
    if (citation.journal.medline_ta or "").casefold() == "cochrane database syst rev":
        return "published in the Cochrane Database of Systematic Reviews"
    return None


def _abstract_says_random(citation: Citation) -> str | None:
    found = _ALLOCATED.search(citation.abstract_text)
    return f"the abstract says “{found[0]}”" if found else None


#: Rules in the order in which they are tried; the first that gives a reason decides.
RULES: tuple[tuple[StudyTag, Callable[[Citation], str | None]], ...] = (
    (StudyTag.PROTOCOL, _type("Clinical Trial Protocol")),
    (StudyTag.PROTOCOL, _title(_PROTOCOL)),
    (StudyTag.COCHRANE_REVIEW, _cochrane),
    (
        StudyTag.GUIDELINE,
        _type("Practice Guideline", "Guideline", "Consensus Development Conference"),
    ),
    (
        StudyTag.SYSTEMATIC_REVIEW,
        _type("Systematic Review", "Meta-Analysis", "Network Meta-Analysis", "Scoping Review"),
    ),
    (
        StudyTag.TRIAL,
        _type(
            "Randomized Controlled Trial",
            "Controlled Clinical Trial",
            "Clinical Trial",
            "Pragmatic Clinical Trial",
            "Equivalence Trial",
        ),
    ),
    (StudyTag.GUIDELINE, _title(_GUIDELINE)),
    (StudyTag.SYSTEMATIC_REVIEW, _title(_REVIEW)),
    (StudyTag.TRIAL, _title(_TRIAL)),
    (StudyTag.TRIAL, _abstract_says_random),
)


def tag_design(citation: Citation) -> Tagged:
    """Tag a citation with its kind of study.

    >>> from evidence_tools.literature.citations import Citation
    >>> tag_design(Citation("1", title="Massage for neck pain: a randomised trial"))
    Tagged(tag=<StudyTag.TRIAL: 'trial'>, reason='the title says “randomised”')
    """
    for tag, find in RULES:
        reason = find(citation)
        if reason is not None:
            return Tagged(tag, reason)
    return Tagged(StudyTag.OTHER, "no publication type or word of the title names a design")
