"""Pages: batches of citations as they arrive, and which content of a citation is in force.

Every content that a citation is seen with is kept. Which one is in force follows from where it
comes from: what PubMed answers now always is; a file of PubMed XML only when its own revision date
is later than that of the content in force (the day on which a file was saved is not known); what
was exported by hand as NBIB or RIS only while there is nothing better: these formats drop fields.
"""

from __future__ import annotations

import hashlib
import json
import lzma
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from evidence_tools.errors import DataError
from evidence_tools.identifiers import parse_pmid
from evidence_tools.literature.citations import Citation
from evidence_tools.literature.store.payloads import Payload, pack

if TYPE_CHECKING:
    from evidence_tools.literature.pubmed_xml import Problem

__all__ = [
    "FILE_ORIGINS",
    "Origin",
    "Page",
    "Prepared",
    "Receipt",
    "Removal",
    "Stored",
    "prepare",
    "supersedes",
]


class Origin(IntEnum):
    """Where a content comes from; a higher one shows more of the citation, or is fresher."""

    RIS = 0
    NBIB = 1
    XML = 2
    PUBMED = 3


#: Origin by the kind of an imported file.
FILE_ORIGINS: Final[Mapping[str, Origin]] = {
    "ris": Origin.RIS,
    "nbib": Origin.NBIB,
    "xml": Origin.XML,
}


@dataclass(frozen=True)
class Removal:
    """A PMID that PubMed deleted, or merged into another."""

    pmid: str
    reason: str
    into: str | None = None


@dataclass(frozen=True)
class Page:
    """A batch as answered.

    ``asked`` are the PMIDs that were asked for; ``body`` is the answer as received, kept so that a
    citation can be read again should the parser prove wrong, and so that a damaged one is not lost.
    """

    asked: tuple[str, ...] = ()
    citations: Sequence[Citation] = ()
    problems: Sequence[Problem] = ()
    removals: Sequence[Removal] = ()
    body: bytes = b""


@dataclass(frozen=True)
class Receipt:
    """What a page changed; ``repeated`` when it was there already and nothing was written.

    ``new`` PMIDs were never seen before; of ``changed`` ones another content is in force now; of
    ``kept`` ones another content was added that is not; ``same`` ones were seen again.
    """

    page: int
    number: int
    new: int = 0
    changed: int = 0
    kept: int = 0
    same: int = 0
    problems: int = 0
    removals: int = 0
    repeated: bool = False


def supersedes(new: Citation, origin: Origin, old: Citation, standing: Origin) -> bool:
    """Whether a content that arrives comes into force in place of another.

    >>> early, late = Citation("1", revised="2020-01-01"), Citation("1", revised="2021-01-01")
    >>> supersedes(early, Origin.PUBMED, late, Origin.PUBMED)
    True
    >>> supersedes(early, Origin.XML, late, Origin.PUBMED)
    False
    >>> supersedes(late, Origin.NBIB, early, Origin.XML)
    False
    """
    if origin is Origin.PUBMED:
        return True
    if origin is Origin.XML and standing is Origin.PUBMED:
        return _edition(new) > _edition(old)
    if origin is not standing:
        return origin > standing
    return _edition(new) >= _edition(old)


def _edition(citation: Citation) -> tuple[int, str]:
    return citation.version, citation.revised or ""


@dataclass(frozen=True)
class Stored:
    """A citation as it will be stored."""

    citation: Citation
    pmid: int
    payload: Payload


@dataclass(frozen=True)
class Prepared:
    """A page made ready, so that its transaction is short.

    ``stored`` ends with the edition that is to be in force; ``problems`` are place, PMID as given
    and what; ``removals`` are PMID, the one it was merged into, and reason.
    """

    asked: tuple[str, ...]
    stored: tuple[Stored, ...]
    problems: tuple[tuple[str, str | None, str], ...]
    removals: tuple[tuple[int, int | None, str], ...]
    body: bytes

    @property
    def digest(self) -> str:
        """SHA-256 of what the page says: the same page again has the same."""
        told = [
            sorted(self.asked),
            [f"{item.pmid}:{item.payload.digest.hex()}" for item in self.stored],
            self.problems,
            self.removals,
        ]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def prepare(page: Page) -> Prepared:
    """Make a page ready; a citation that cannot be stored becomes a problem, not an error.

    Raises
    ------
    DataError
        When a PMID asked for or removed is none.
    """
    stored = []
    problems: list[tuple[str, str | None, str]] = [(p.where, p.pmid, p.what) for p in page.problems]
    for place, citation in enumerate(page.citations, start=1):
        try:
            stored.append(Stored(citation, int(parse_pmid(citation.pmid)), pack(citation)))
        except DataError as error:
            problems.append((f"citation {place}", citation.pmid, str(error)))
        except UnicodeEncodeError as error:
            problems.append((f"citation {place}", citation.pmid, f"text is not Unicode: {error}"))
    # Stable: of one edition the later in the page comes into force.
    stored.sort(key=lambda item: _edition(item.citation))
    removals = {
        (int(parse_pmid(r.pmid)), int(parse_pmid(r.into)) if r.into else None, _printable(r.reason))
        for r in page.removals
    }
    return Prepared(
        asked=tuple(parse_pmid(pmid) for pmid in page.asked),
        stored=tuple(stored),
        problems=tuple(
            (_printable(where), pmid if pmid is None else _printable(pmid), _printable(what))
            for where, pmid, what in problems
        ),
        removals=tuple(sorted(removals, key=str)),
        # The quickest level: half of what zlib leaves, at three times its cost.
        body=lzma.compress(page.body, preset=1) if page.body else b"",
    )


def _printable(text: str) -> str:
    """Text that SQLite takes: half a surrogate pair is no Unicode."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
