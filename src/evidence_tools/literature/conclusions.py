"""What a finished run means, worked out from the store: run files, queue entries, drift, notices.

Pure functions of the evidence base, the run and its citations: a run that was killed while its
files were written is concluded again to the same bytes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from evidence_tools.base import EvidenceBase
from evidence_tools.judgement import cited_findings
from evidence_tools.literature.citations import Citation
from evidence_tools.literature.designs import tag_design
from evidence_tools.literature.duplicates import Match, find_duplicates
from evidence_tools.literature.notices import read_notices, read_retraction
from evidence_tools.literature.plans import SOURCES, last_run
from evidence_tools.literature.strategy import Strategy
from evidence_tools.literature.verification import OTHER_ARTICLE, title_likeness
from evidence_tools.models import Absent, Correction, Notice, Queued, Record, SearchRun
from evidence_tools.vocab import Retraction

__all__ = [
    "Affected",
    "Answered",
    "affected_by",
    "conclude_search",
    "conclude_sources",
    "explain_drift",
    "name_run",
    "with_retraction",
]

PLACE = "PubMed, through the Entrez E-utilities"


@dataclass(frozen=True)
class Answered:
    """What a strategy was answered, as the store holds it.

    ``pmids`` are the matches of the window, ``total`` counts those of the whole strategy.
    """

    strategy: Strategy
    digest: str
    endpoint: str
    live: bool
    sent: str
    since: dt.date | None
    until: dt.date
    total: int
    pmids: tuple[str, ...]
    translation: str | None = None
    warnings: tuple[str, ...] = ()
    place: str = PLACE
    note: str | None = None


@dataclass(frozen=True)
class Affected:
    """Questions whose appraisal cites a source, and the claims that lean on them."""

    record: str
    questions: tuple[str, ...]
    claims: tuple[str, ...]


def name_run(base: EvidenceBase, day: dt.date, search: str, answered: Answered) -> str:
    """Id of a run's file: date and search, with a number where that day has another window."""
    stem = f"{day.isoformat()}-{search}"
    for number in range(1, 1000):
        name = stem if number == 1 else f"{stem}-{number}"
        held = base.runs.get(name)
        if held is None:
            return name
        if (held.since, held.until, held.strategy) == (
            answered.since, answered.until, answered.digest,
        ):  # fmt: skip
            return name
    return f"{stem}-{len(base.runs)}"


def explain_drift(
    earlier: Iterable[SearchRun], answered: Answered, citations: Mapping[str, Citation]
) -> str | None:
    """Say why the number of matches moved since the last run.

    Parameters
    ----------
    earlier : iterable of SearchRun
        All earlier runs, of whatever search.
    answered : Answered
        What the strategy is answered now.
    citations : mapping
        PMID → citation, of what was found.

    Returns
    -------
    str or None
        None for the first run, and where nothing moved.

    Notes
    -----
    What entered PubMed within the window is new; what entered before it and was not found by any
    earlier run matches because of its indexing. What remains of the difference left the strategy:
    deleted, merged, or indexed anew.
    """
    runs = list(earlier)
    before = last_run(runs, answered.strategy.id, answered.endpoint)
    if before is None or before.total is None:
        return None
    moved = answered.total - before.total
    if before.strategy != answered.digest:
        return (
            f"{before.total} → {answered.total} since {before.date}: the strategy's words changed"
        )
    seen = {pmid for run in runs if run.search == answered.strategy.id for pmid in run.pmids}
    fresh = [citations[p] for p in answered.pmids if p not in seen and p in citations]
    begin = answered.since.isoformat() if answered.since else ""
    new = sum((citation.entrez_date or "")[:10] >= begin for citation in fresh)
    indexed = len(fresh) - new
    gone = len(fresh) - moved
    parts = []
    if new:
        parts.append(f"{new} new")
    if indexed:
        parts.append(f"{indexed} match only now, newly indexed")
    if gone > 0:
        parts.append(f"{gone} no longer match (removed, merged or indexed anew)")
    if gone < 0:
        parts.append(f"{-gone} more than the window shows (loaded late)")
    if not parts:
        return None
    return f"{before.total} → {answered.total} since {before.date}: {', '.join(parts)}"


def _queue(
    base: EvidenceBase,
    answered: Answered,
    run: str,
    citations: Mapping[str, Citation],
    others: Mapping[str, Citation],
) -> tuple[Queued, ...]:
    """Citations to be screened: not held, and not queued by an earlier run of this strategy."""
    held = {record.pmid for record in base.records.values() if record.pmid}
    earlier = {
        item.pmid
        for other in base.runs.values()
        if other.search == answered.strategy.id and other.id != run
        for item in other.queued
    }
    fresh = [p for p in answered.pmids if p in citations and p not in held and p not in earlier]
    first: dict[str, str] = {}
    for pair in find_duplicates({**others, **citations}.values()):
        if pair.match is not Match.ALIKE:
            first.setdefault(pair.other, first.get(pair.pmid, pair.pmid))
    found = []
    for pmid in sorted(fresh, key=int):
        citation = citations[pmid]
        tagged = tag_design(citation)
        found.append(
            Queued(
                pmid=pmid,
                title=citation.title or citation.vernacular_title or "",
                year=citation.year,
                journal=citation.journal.medline_ta or citation.journal.title,
                design=tagged.tag,
                reason=tagged.reason,
                duplicate_of=first.get(pmid),
            )
        )
    return tuple(found)


def conclude_search(
    base: EvidenceBase,
    answered: Answered,
    day: dt.date,
    citations: Mapping[str, Citation],
    others: Mapping[str, Citation],
    absent: Mapping[str, str],
) -> SearchRun:
    """Make the file of a run.

    Parameters
    ----------
    base : EvidenceBase
        As it stood before.
    answered : Answered
        Question and answer.
    day : datetime.date
        Day on which the run was begun.
    citations : mapping
        PMID → citation, of what the run found.
    others : mapping
        PMID → citation, among which duplicates are looked for besides: sources and the queue.
    absent : mapping
        PMID → reason, of what was found and could not be had.
    """
    name = name_run(base, day, answered.strategy.id, answered)
    found = set(answered.pmids)
    known = answered.strategy.must_find
    # A run that was concluded before it was killed is not earlier than itself.
    earlier = [run for run in base.runs.values() if run.id != name]
    return SearchRun(
        id=name,
        date=day,
        place=answered.place,
        sought=answered.strategy.title,
        query=answered.sent,
        found=len(found),
        live=answered.live,
        note=answered.note,
        search=answered.strategy.id,
        strategy=answered.digest,
        endpoint=answered.endpoint,
        since=answered.since,
        until=answered.until,
        translation=answered.translation,
        warnings=answered.warnings,
        total=answered.total,
        drift=explain_drift(earlier, answered, citations),
        pmids=tuple(sorted(found, key=int)),
        queued=_queue(base, answered, name, citations, others),
        missed=tuple(pmid for pmid in known if pmid not in found and pmid not in absent),
        absent=tuple(
            Absent(pmid=pmid, reason=absent[pmid])
            for pmid in sorted(absent.keys() & (found | set(known)), key=int)
        ),
    )


def conclude_sources(
    base: EvidenceBase,
    endpoint: str,
    live: bool,
    day: dt.date,
    citations: Mapping[str, Citation],
    absent: Mapping[str, str],
) -> SearchRun:
    """Make the file of a re-fetch of the included sources: what happened to each."""
    held = {key: r.pmid for key, r in sorted(base.records.items()) if r.pmid}
    notices = [
        notice
        for key, pmid in held.items()
        if pmid in citations and _is_that_article(base.records[key], citations[pmid])
        for notice in read_notices(key, citations[pmid])
    ]
    asked = set(held.values())
    return SearchRun(
        id=f"{day.isoformat()}-{SOURCES}",
        date=day,
        place=PLACE,
        sought="Retraction, concern, correction or a newer version of the sources held",
        found=len(asked & citations.keys()),
        live=live,
        search=None,
        endpoint=endpoint,
        until=day,
        absent=tuple(
            Absent(pmid=pmid, reason=absent[pmid])
            for pmid in sorted(asked & absent.keys(), key=int)
        ),
        notices=tuple(notices),
    )


def _is_that_article(record: Record, citation: Citation) -> bool:
    """Whether a PMID names the article that the record means: a notice must not hit another."""
    return bool(record.title) and title_likeness(record.title or "", citation) >= OTHER_ARTICLE


def with_retraction(record: Record, citation: Citation, day: dt.date) -> Record:
    """The record with PubMed's word on its retraction; a bad one is noted as a correction.

    A record whose PMID names an article with another title is left as it is: whose retraction it
    would be is not known.
    """
    status = read_retraction(citation)
    if status is record.retraction or not _is_that_article(record, citation):
        return record
    values = record.model_dump(mode="json")
    values["retraction"] = str(status)
    if status is not Retraction.NOT_RETRACTED:
        notice = next(iter(read_notices(record.key, citation)), None)
        where = f"PMID {notice.other}" if notice and notice.other else "the publication type"
        values["corrections"].append(
            Correction(
                field="retraction",
                old=str(record.retraction),
                new=str(status),
                reason=f"PubMed: {status}, see {where}",
                date=day,
            ).model_dump(mode="json")
        )
    return Record.model_validate(values)


def affected_by(base: EvidenceBase, notices: Iterable[Notice]) -> list[Affected]:
    """Questions and claims that lean on the sources of these notices."""
    found = []
    for key in sorted({notice.record for notice in notices}):
        questions = sorted(
            name
            for name, question in base.questions.items()
            if question.appraisal is not None
            and any(address.startswith(f"{key}:") for address in cited_findings(question.appraisal))
        )
        claims = sorted(
            {claim.id for name in questions for claim in base.claims_by_question.get(name, ())}
        )
        found.append(Affected(key, tuple(questions), tuple(claims)))
    return found
