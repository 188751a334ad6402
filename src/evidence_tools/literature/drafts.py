"""A draft record from a citation, for a person to complete.

A draft lies under ``evidence/unverified/`` and supports nothing: what it says of population,
technique and results is empty, and nobody's guess.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Container

from evidence_tools.identifiers import pubmed_url
from evidence_tools.literature.citations import Author, Citation
from evidence_tools.literature.designs import StudyTag, tag_design
from evidence_tools.literature.notices import read_retraction
from evidence_tools.models import Record, Seen
from evidence_tools.vocab import Design, MassageType

__all__ = ["TO_COMPLETE", "draft_key", "draft_record"]

TO_COMPLETE = "to be completed from the source"

_DESIGNS = {
    StudyTag.GUIDELINE: Design.GUIDELINE,
    StudyTag.COCHRANE_REVIEW: Design.COCHRANE_REVIEW,
    StudyTag.SYSTEMATIC_REVIEW: Design.SYSTEMATIC_REVIEW,
    StudyTag.TRIAL: Design.RCT,
    StudyTag.PROTOCOL: Design.REPORT,
    StudyTag.OTHER: Design.REPORT,
}


def _author(author: Author) -> str:
    if author.collective:
        return author.collective
    return " ".join(part for part in (author.last, author.initials, author.suffix) if part)


def draft_key(citation: Citation, taken: Container[str]) -> str:
    """Family name of the first author and year, with a letter where that is taken.

    >>> draft_key(Citation("1", authors=(Author(last="Müller-Lee"),), published="2026"), {})
    'mullerlee2026'
    """
    first = citation.authors[0] if citation.authors else None
    name = (first.last or first.collective or "") if first else ""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    family = re.sub(r"[^a-z]", "", plain)[:32] or "anonymous"
    stem = f"{family}{citation.year or 'nd'}"
    keys = (stem, *(f"{stem}{letter}" for letter in "bcdefghijklmnopqrstuvwxyz"))
    free = next((key for key in keys if key not in taken), None)
    return free or f"{stem}_{citation.pmid}"


def draft_record(citation: Citation, taken: Container[str], day: dt.date) -> Record:
    """Draft of a record: bibliographic facts as PubMed has them, the rest to be completed.

    Parameters
    ----------
    citation : Citation
        From the literature store.
    taken : container of str
        Keys that are in use.
    day : datetime.date
        Day on which the draft is made.
    """
    tagged = tag_design(citation)
    design = _DESIGNS[tagged.tag]
    types = {t.casefold() for t in citation.publication_types}
    if design is Design.SYSTEMATIC_REVIEW and types & {"meta-analysis", "network meta-analysis"}:
        design = Design.META_ANALYSIS
    return Record(
        key=draft_key(citation, taken),
        pmid=citation.pmid,
        doi=citation.doi,
        pmcid=citation.pmcid,
        title=citation.title.removesuffix(".") or None,
        authors=tuple(name for name in map(_author, citation.authors) if name),
        journal=citation.journal.medline_ta or citation.journal.iso or citation.journal.title,
        year=citation.year,
        volume=citation.volume,
        issue=citation.issue,
        pages=citation.pages,
        design=design,
        population=TO_COMPLETE,
        massage_type=MassageType.OTHER,
        summary=TO_COMPLETE,
        retraction=read_retraction(citation),
        added=day,
        status_note=f"draft; tagged {tagged.tag}: {tagged.reason}",
        seen=(
            Seen(
                url=pubmed_url(citation.pmid),
                shows=("pmid", "title", "authors", "journal", "year"),
                note="as fetched into the literature store",
            ),
        ),
    )
