"""Known items: whether a strategy still finds the articles by which it is tested, offline.

Where the citation is held in full, the answer is PubMed's as far as the query allows. Where only a
record of ours is held, its title, journal, year and design stand in: they can show that an article
is found, and never that it is missed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evidence_tools.literature.citations import Author, Citation, Journal, MeshHeading
from evidence_tools.literature.query import Answer, compile_matcher, parse_query
from evidence_tools.literature.strategy import Filter, Strategy, compile_query
from evidence_tools.models import Record
from evidence_tools.vocab import Design

if TYPE_CHECKING:
    from evidence_tools.literature.mesh import MeshTree

__all__ = ["KnownItem", "cite_record", "cite_records", "find_known_items"]

#: Publication types that PubMed gives to an indexed article of each design.
_TYPES: Mapping[Design, tuple[str, ...]] = {
    Design.COCHRANE_REVIEW: ("Systematic Review", "Review"),
    Design.META_ANALYSIS: ("Meta-Analysis",),
    Design.SYSTEMATIC_REVIEW: ("Systematic Review",),
    Design.UMBRELLA_REVIEW: ("Systematic Review",),
    Design.GUIDELINE: ("Practice Guideline",),
    Design.RCT: ("Randomized Controlled Trial",),
    Design.CROSSOVER_RCT: ("Randomized Controlled Trial",),
    Design.NARRATIVE_REVIEW: ("Review",),
}
#: Designs that study people. A filter that leaves out animals keeps such an article whether it is
#: indexed (with the heading Humans) or not yet (with neither heading).
_PEOPLE = frozenset(_TYPES) - {Design.NARRATIVE_REVIEW}


@dataclass(frozen=True)
class KnownItem:
    """One article by which a strategy is tested.

    ``wanted`` is whether it must be found (else it must not be); ``held`` is ``store``, ``record``
    or, where we hold nothing, None.
    """

    pmid: str
    wanted: bool
    answer: Answer
    held: str | None
    title: str | None = None

    @property
    def wrong(self) -> bool:
        """Whether it is decided, and not as wanted."""
        return self.answer is (Answer.NO if self.wanted else Answer.YES)

    @property
    def word(self) -> str:
        """Outcome in words."""
        if self.answer is Answer.UNKNOWN:
            return "not decidable"
        if self.wanted:
            return "found" if self.answer is Answer.YES else "missed"
        return "found, must not be" if self.answer is Answer.YES else "not found, as it must be"


def cite_record(record: Record) -> Citation | None:
    """Make what a record holds into a citation; it has no status, so what it lacks stays open."""
    if record.pmid is None:
        return None
    people = []
    for name in record.authors:
        last, _, initials = name.rpartition(" ")
        people.append(Author(last=last or initials, initials=initials if last else None))
    return Citation(
        pmid=record.pmid,
        title=record.title or "",
        authors=tuple(people),
        authors_complete=False,
        journal=Journal(title=record.journal),
        volume=record.volume,
        issue=record.issue,
        pages=record.pages,
        published=str(record.year) if record.year else None,
        publication_types=_TYPES.get(record.design, ()),
        mesh=(MeshHeading("Humans"),) if record.design in _PEOPLE else (),
        doi=record.doi,
        pmcid=record.pmcid,
    )


def cite_records(records: Iterable[Record]) -> dict[str, Citation]:
    """Citations of all records that have a PMID, by PMID."""
    made = (cite_record(record) for record in records)
    return {citation.pmid: citation for citation in made if citation is not None}


def find_known_items(
    strategy: Strategy,
    filters: Mapping[str, Filter],
    citations: Mapping[str, Citation],
    tree: MeshTree | None = None,
) -> list[KnownItem]:
    """Run a strategy over the articles by which it is tested.

    Parameters
    ----------
    strategy : Strategy
        The strategy.
    filters : mapping of str to Filter
        Filters by id.
    citations : mapping of str to Citation
        What is held, by PMID; what is not in it is not decidable.
    tree : MeshTree, optional
        NLM's tree of headings.

    Raises
    ------
    EvidenceError
        When the strategy names an unknown filter, or its query cannot be read.
    """
    where = f"searches/{strategy.id}"
    ask = compile_matcher(parse_query(compile_query(strategy, filters), where), tree)
    found = []
    for pmids, wanted in ((strategy.must_find, True), (strategy.must_not_find, False)):
        for pmid in pmids:
            one = citations.get(pmid)
            if one is None:
                found.append(KnownItem(pmid, wanted, Answer.UNKNOWN, None))
                continue
            held = "record" if one.status is None and not one.is_book else "store"
            found.append(KnownItem(pmid, wanted, ask(one), held, one.title or None))
    return found
