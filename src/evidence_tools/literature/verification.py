"""Records and ``references.bib`` held against PubMed's citations; differences and their patch.

Ring 4 of the checks, the outside world. Nothing is changed here: the outcome is a list, and on
request a patch that a person reads and applies.
"""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rapidfuzz import fuzz

from evidence_tools.bibliography import parse_bibtex
from evidence_tools.files import dump_model
from evidence_tools.identifiers import parse_doi
from evidence_tools.literature.citations import Citation
from evidence_tools.literature.duplicates import fold_title
from evidence_tools.literature.notices import read_retraction
from evidence_tools.models import Correction, Record
from evidence_tools.vocab import Retraction

__all__ = [
    "OTHER_ARTICLE",
    "Cited",
    "Difference",
    "cited_in_bibtex",
    "cited_record",
    "compare",
    "compare_all",
    "format_patch",
    "patched",
    "title_likeness",
]

#: From this similarity on (0 to 100), two titles are one title written in two ways.
SAME_TITLE = 97.0
#: Below this, a PMID very likely names another article.
OTHER_ARTICLE = 75.0


@dataclass(frozen=True)
class Cited:
    """What a record or an entry of ``references.bib`` says of its source."""

    where: str
    key: str
    pmid: str | None = None
    doi: str | None = None
    pmcid: str | None = None
    title: str | None = None
    year: int | None = None
    journal: str | None = None
    retraction: Retraction | None = None


@dataclass(frozen=True)
class Difference:
    """One field on which a file and PubMed do not agree."""

    where: str
    key: str
    field: str
    ours: str
    pubmed: str
    note: str

    def __str__(self) -> str:
        return (
            f"{self.where}: {self.key}: {self.field}: ours {self.ours!r}, "
            f"PubMed {self.pubmed!r}; {self.note}"
        )


def cited_record(record: Record) -> Cited:
    """What a record says of its source."""
    return Cited(
        where=f"evidence/records/{record.key}.json",
        key=record.key,
        pmid=record.pmid,
        doi=record.doi,
        pmcid=record.pmcid,
        title=record.title,
        year=record.year,
        journal=record.journal,
        retraction=record.retraction,
    )


def cited_in_bibtex(text: str, where: str = "references.bib") -> list[Cited]:
    """Read what each entry of a BibTeX file says of its source.

    Raises
    ------
    DataError
        When a block cannot be parsed: its line.
    """
    return [
        Cited(
            where=where,
            key=entry.key,
            pmid=entry.pmid,
            doi=entry.doi,
            pmcid=entry.pmcid,
            title=entry.title,
            year=entry.year,
            journal=entry.container,
        )
        for entry in parse_bibtex(text, where)
    ]


def title_likeness(ours: str, citation: Citation) -> float:
    """How alike a title is to that of a citation, 0 to 100, whichever of its titles fits best."""
    titles = (citation.title, citation.vernacular_title or "", citation.book_title or "")
    return max(fuzz.ratio(fold_title(ours), fold_title(other)) for other in titles)


def _title(ours: str, citation: Citation) -> str | None:
    """Why two titles differ, or None where they are one."""
    likeness = title_likeness(ours, citation)
    if likeness >= SAME_TITLE:
        return None
    if likeness < OTHER_ARTICLE:
        return "very likely another article: look the PMID up"
    return f"{likeness:.0f} % alike: a subtitle, or a misprint"


def compare(cited: Cited, citation: Citation) -> Iterator[Difference]:
    """Yield each field on which a file differs from PubMed's citation of the same PMID.

    A field that only one side has is a difference only where a person would act on it: an
    identifier that we lack, never one that PubMed lacks.
    """

    def differs(field: str, ours: object, theirs: object, note: str) -> Difference:
        return Difference(cited.where, cited.key, field, str(ours), str(theirs), note)

    if citation.pmid != cited.pmid:
        yield differs("pmid", cited.pmid or "none", citation.pmid, "found by its DOI")
    for field in ("doi", "pmcid"):
        ours, theirs = getattr(cited, field), getattr(citation, field)
        if theirs and not ours:
            yield differs(field, "none", theirs, "PubMed knows it")
        elif theirs and ours.casefold() != theirs.casefold():
            yield differs(field, ours, theirs, "one of the two names another article")
    if cited.title and (why := _title(cited.title, citation)):
        yield differs("title", cited.title, citation.title, why)
    years = {int(day[:4]) for day in (citation.published, citation.published_electronic) if day}
    if cited.year and years and cited.year not in years:
        yield differs("year", cited.year, min(years), "neither in print nor online that year")
    names = [citation.journal.title, citation.journal.iso, citation.journal.medline_ta]
    known = {fold_title(name) for name in (*names, citation.book_title) if name}
    if cited.journal and known and not _same_journal(fold_title(cited.journal), known):
        yield differs("journal", cited.journal, next(n for n in names if n), "another journal")
    status = read_retraction(citation)
    if cited.retraction is not None and cited.retraction is not status:
        note = {
            Retraction.RETRACTED: "leave it out of every rating",
            Retraction.CONCERN: "judge again whether it may stay",
        }.get(status, "checked")
        yield differs("retraction", cited.retraction, status, note)


def _same_journal(ours: str, known: set[str]) -> bool:
    """Whether a name is one of the known, or an abbreviation of one, word by word in order."""
    if ours in known:
        return True
    for name in known:
        words = [w for w in name.split() if w not in {"of", "the", "and", "in", "for", "amp"}]
        parts = [w for w in ours.split() if w not in {"of", "the", "and", "in", "for", "amp"}]
        if len(words) == len(parts) and all(
            w.startswith(p) or p.startswith(w) for w, p in zip(words, parts, strict=True)
        ):
            return True
    return False


def compare_all(
    cited: Iterable[Cited],
    citations: Mapping[str, Citation],
    absent: Mapping[str, str],
) -> list[Difference]:
    """Compare everything that has an identifier which PubMed was asked for.

    Parameters
    ----------
    cited : iterable of Cited
        From records and from ``references.bib``.
    citations : mapping
        PMID → citation as PubMed has it.
    absent : mapping
        PMID → reason, where PubMed did not give it.
    """
    by_doi = {c.doi.casefold(): c for c in citations.values() if c.doi}
    found: list[Difference] = []
    for item in cited:
        if item.pmid in absent:
            found.append(
                Difference(item.where, item.key, "pmid", item.pmid or "", "not in PubMed",
                           absent[item.pmid or ""])
            )  # fmt: skip
            continue
        citation = citations.get(item.pmid or "")
        if citation is None and item.pmid is None and item.doi:
            citation = by_doi.get(parse_doi(item.doi).casefold())
        if citation is not None:
            found.extend(compare(item, citation))
    return found


#: Fields that a patch may change. A title is for a person: which of two is right needs a look.
PATCHABLE = ("pmid", "doi", "pmcid", "year", "retraction")


def patched(record: Record, differences: Iterable[Difference], day: dt.date) -> Record:
    """A record with PubMed's values in place of its own, each change noted as a correction.

    A record whose title says that its PMID names another article is left as it is.
    """
    mine = [d for d in differences if d.key == record.key and d.where.startswith("evidence/")]
    if any(d.field == "title" and d.note.startswith("very likely") for d in mine):
        return record
    changes = {d.field: d for d in mine if d.field in PATCHABLE and d.pubmed != "not in PubMed"}
    if not changes:
        return record
    corrections = tuple(
        Correction(field=field, old=d.ours, new=d.pubmed, reason=f"PubMed: {d.note}", date=day)
        for field, d in changes.items()
    )
    values = record.model_dump(mode="json")
    values.update({field: d.pubmed for field, d in changes.items()})
    if "year" in changes:
        values["year"] = int(changes["year"].pubmed)
    values["corrections"] += [c.model_dump(mode="json") for c in corrections]
    return Record.model_validate(values)


def format_patch(old: Iterable[Record], differences: list[Difference], day: dt.date) -> str:
    """A unified diff of the records' files, for ``git apply``."""
    parts: list[str] = []
    for record in old:
        changed = patched(record, differences, day)
        if changed is record:
            continue
        name = f"evidence/records/{record.key}.json"
        before, after = dump_model(record, ".json"), dump_model(changed, ".json")
        parts.extend(
            difflib.unified_diff(
                before.splitlines(keepends=True),
                after.splitlines(keepends=True),
                f"a/{name}",
                f"b/{name}",
            )
        )
    return "".join(parts)
