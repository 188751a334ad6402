"""An Atom feed of what changed (RFC 4287), so that a clinic can subscribe to the register.

One entry a day on which something moved. Entry ids are tag URIs (RFC 4151), which stay the same
wherever the site is put; a link is given relative to the feed.
"""

from __future__ import annotations

import datetime as dt

from lxml import etree

from evidence_tools.assessment import Assessment
from evidence_tools.base import EvidenceBase
from evidence_tools.changes import Changes, compare_days

__all__ = ["change_days", "format_feed"]

_ATOM = "http://www.w3.org/2005/Atom"
_TAG = "tag:evidence-tools,2026:changes"
#: Days told of; a reader who was away longer reads the notebook on changes.
_MOST = 24


def change_days(base: EvidenceBase, until: dt.date) -> list[dt.date]:
    """Days up to one on which something may have moved, latest first."""
    days = {
        appraisal.date
        for question in base.questions.values()
        for appraisal in (*question.history, question.appraisal)
        if appraisal is not None
    }
    days |= {c.date for record in base.records.values() for c in record.corrections}
    days |= {run.date for run in base.runs.values() if run.endpoint is not None}
    days |= {record.added for record in base.records.values() if record.added is not None}
    days |= {one.date for one in base.retired.values()}
    return sorted((day for day in days if day <= until), reverse=True)


def _lines(changes: Changes) -> list[str]:
    told = [
        f"{m.id}: {m.field} {m.old or 'none'} → {m.new or 'none'}, because {m.because}"
        for m in changes.moved("question")
        if m.field == "support"
    ]
    advice = [m for m in changes.moved("claim") if m.field == "advice"]
    told += [f"{m.id}: advice {m.old or 'none'} → {m.new or 'none'}" for m in advice]
    told += [f"retracted: {record.title or record.key}" for record in changes.retracted]
    told += [f"new source: {record.title or record.key}" for record in changes.new_sources]
    told += [f"retired: {line}" for _, line in changes.retirements]
    return told


def format_feed(assessment: Assessment) -> bytes:
    """Return the feed of what moved up to the day of an assessment."""
    base, until = assessment.base, assessment.as_of
    entries = []
    for day in change_days(base, until)[:_MOST]:
        changes = compare_days(base, day - dt.timedelta(days=1), day, assessment.profile)
        lines = _lines(changes)
        if lines:
            entries.append((day, lines))
    feed = etree.Element(f"{{{_ATOM}}}feed", nsmap={None: _ATOM})  # type: ignore[dict-item]

    def add(parent: etree._Element, name: str, text: str = "", **attributes: str) -> etree._Element:
        node = etree.SubElement(parent, f"{{{_ATOM}}}{name}", attributes)
        node.text = text or None
        return node

    updated = entries[0][0] if entries else until
    add(feed, "id", _TAG)
    add(feed, "title", "What changed in the evidence on massage and pain")
    add(feed, "updated", f"{updated}T00:00:00Z")
    add(feed, "link", rel="alternate", href="index.html")
    add(feed, "link", rel="self", href="feed.xml")
    add(add(feed, "author"), "name", "The evidence-tools authors")
    for day, lines in entries:
        entry = add(feed, "entry")
        add(entry, "id", f"{_TAG}:{day}")
        add(entry, "title", f"{len(lines)} changes on {day}")
        add(entry, "updated", f"{day}T00:00:00Z")
        add(entry, "link", rel="alternate", href="notebooks/changes.html")
        add(entry, "content", "\n".join(lines), type="text")
    return bytes(etree.tostring(feed, xml_declaration=True, encoding="utf-8", pretty_print=True))
