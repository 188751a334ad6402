"""Render the pages of the sources: one each, and their list."""

from __future__ import annotations

from pathlib import Path

from evidence_tools.assessment import Assessment
from evidence_tools.identifiers import cochrane_number
from evidence_tools.matrix import confirm_frame, source_frame
from evidence_tools.models import Record
from evidence_tools.register import question_rows, source_links
from evidence_tools.report.site import Site, citing_questions, frame_rows

__all__ = ["write_source_pages"]


def write_source_pages(assessment: Assessment, folder: Path, published: str = "") -> None:
    """Write the pages of the sources into a folder; see ``pages.write_pages`` for the others.

    Parameters
    ----------
    assessment : Assessment
        The evidence base as judged on a day.
    folder : Path
        Where the site goes.
    published : str
        Address under which it is published; without it, citations lead from its top.
    """
    site = Site(assessment, folder, published)
    base = assessment.base
    by_id = {row["id"]: row for row in question_rows(assessment)}
    cited = citing_questions(assessment)
    rows = frame_rows(source_frame(assessment))
    left_out = {row["key"]: row["left_out"] for row in rows}
    site.write("sources.html.j2", "sources/index.html", rows=rows,
               confirm=frame_rows(confirm_frame(assessment)))  # fmt: skip
    for key, record in sorted(base.records.items()):
        site.write(
            "source.html.j2",
            f"sources/{key}.html",
            record=record,
            verified=key not in base.unverified,
            left_out=left_out[key],
            cited=cited.get(key, {"for": [], "against": []}),
            by_id=by_id,
            links=source_links(record),
            citation=_citation(record),
            box=site.citer.source(key),
            cochrane=cochrane_number(record.doi),
        )


def _citation(record: Record) -> str:
    """Reference in the manner of the Vancouver style, from what is known."""
    authors = ", ".join(record.authors[:6]) + (", et al" if len(record.authors) > 6 else "")
    place = record.volume or ""
    if record.issue:
        place += f"({record.issue})"
    if record.pages:
        place += f":{record.pages}"
    parts = [authors, record.title or "Title not known", record.journal or ""]
    dated = f"{record.year or 'year not known'}" + (f";{place}" if place else "")
    return ". ".join(part.rstrip(".") for part in [*parts, dated] if part) + "."
