"""The evidence base as it stood on a day: what we knew and had judged by then.

Appraisals and decisions carry their own dates and are chosen where they are used; here go the
records that had not come yet, the runs and decisions that had not been made, and retractions that
nobody had noticed. This is not what had been *published* by then: that is another reading, and the
two are never mixed.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from evidence_tools.base import EvidenceBase
from evidence_tools.models import Record
from evidence_tools.vocab import Retraction

__all__ = ["base_on", "first_appraisal"]


def first_appraisal(base: EvidenceBase) -> dt.date | None:
    """Day of the first appraisal of any question; before it, nothing had been judged."""
    days = [
        appraisal.date
        for question in base.questions.values()
        for appraisal in (*question.history, question.appraisal)
        if appraisal is not None
    ]
    return min(days, default=None)


def base_on(base: EvidenceBase, day: dt.date) -> EvidenceBase:
    """The evidence base as it stood at the end of a day.

    Numbers of a record that a person corrected later are the corrected ones: a correction says what
    the source has always said.
    """
    return replace(
        base,
        records={
            key: _record_on(record, day)
            for key, record in base.records.items()
            if record.added is None or record.added <= day
        },
        runs={key: run for key, run in base.runs.items() if run.date <= day},
        screening=tuple(decision for decision in base.screening if decision.day <= day),
    )


def _record_on(record: Record, day: dt.date) -> Record:
    """Take back what was learnt of a retraction after the day."""
    later = [c for c in record.corrections if c.field == "retraction" and c.date > day]
    if not later:
        return record
    first = min(later, key=lambda correction: correction.date)
    return record.model_copy(update={"retraction": Retraction(first.old)})
