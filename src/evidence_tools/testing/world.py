"""A PubMed to try things out on: our sources as citations, and invented new articles beside them.

The abstract of a source's citation is put together from our own words on it (population, technique,
outcomes), never from the article's; it serves to be found by the strategies, and nothing else.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

import msgspec

from evidence_tools.base import EvidenceBase
from evidence_tools.errors import DataError
from evidence_tools.literature.citations import AbstractSection, Citation, MeshHeading
from evidence_tools.literature.known_items import cite_record
from evidence_tools.models import Record
from evidence_tools.testing.pubmed import make_citations

__all__ = ["new_citations", "source_citation", "source_citations"]

_FIRST_NEW = 60_000_001


def source_citation(record: Record) -> Citation:
    """A citation that stands for a source of the evidence base.

    Raises
    ------
    DataError
        When the record has no PMID.
    """
    plain = cite_record(record)
    if plain is None:
        raise DataError(f"record {record.key} has no PMID")
    words = [record.summary, record.population, record.intervention, record.comparator]
    words += [finding.outcome for finding in record.findings]
    words += [topic.replace("-", " ") for topic in record.topics]
    return msgspec.structs.replace(
        plain,
        abstract=(AbstractSection(". ".join(word for word in words if word)),),
        entrez_date=f"{record.year or 2015}-06-01",
        mesh=(MeshHeading("Humans"), MeshHeading("Massage"), MeshHeading("Pain")),
    )


def source_citations(base: EvidenceBase) -> Iterator[Citation]:
    """Citations of all sources that have a PMID."""
    for _, record in sorted(base.records.items()):
        if record.pmid:
            yield source_citation(record)


def new_citations(count: int, days: Iterable[dt.date], seed: int = 0) -> Iterator[Citation]:
    """Invented articles that entered PubMed on the given days, in turn."""
    entered = [day.isoformat() for day in days]
    for number, citation in enumerate(make_citations(count, seed=seed, start=_FIRST_NEW)):
        day = entered[number % len(entered)]
        yield msgspec.structs.replace(citation, entrez_date=day, mesh_date=None, published=day[:7])
