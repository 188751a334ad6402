"""Put a new appraisal into force without losing the one before."""

from __future__ import annotations

import datetime as dt
import difflib

from evidence_tools.base import EvidenceBase
from evidence_tools.errors import DataError, InputError
from evidence_tools.identifiers import parse_finding_ref
from evidence_tools.questions import Appraisal, Question
from evidence_tools.rating import Rating, rate, why_unusable
from evidence_tools.retirement import check_in_use

__all__ = ["cited_findings", "put_in_force"]


def cited_findings(appraisal: Appraisal) -> set[str]:
    """Addresses of all findings that an appraisal cites anywhere."""
    cited = {*appraisal.findings_for, *appraisal.findings_against, *appraisal.findings_basis}
    cited |= {a for judgement in appraisal.domains.values() for a in judgement.findings}
    return cited | set(appraisal.none_found.findings if appraisal.none_found else ())


def put_in_force(
    base: EvidenceBase, question_id: str, appraisal: Appraisal, day: dt.date
) -> tuple[Question, Rating]:
    """Return the question with a new appraisal in force and the old one in its history.

    Parameters
    ----------
    base : EvidenceBase
        Holds the question and the records.
    question_id : str
        Which question.
    appraisal : Appraisal
        The new one.
    day : datetime.date
        Today; the appraisal may not be dated later.

    Raises
    ------
    InputError
        When there is no such question.
    DataError
        When the appraisal cites a finding that may not be used, or is dated in the future or
        before the one in force.
    """
    question = base.questions.get(question_id)
    if question is None:
        check_in_use(base.retired, question_id)
        near = difflib.get_close_matches(question_id, base.questions, n=3, cutoff=0.4)
        raise InputError(
            f"no question {question_id!r}", expected=f"an id such as {', '.join(near) or '–'}"
        )
    for address in sorted(cited_findings(appraisal)):
        ref = parse_finding_ref(address)
        verified = ref.record not in base.unverified
        reason = why_unusable(base.records.get(ref.record), ref.finding, verified=verified)
        if reason is not None:
            raise DataError(f"cites {address}: {reason}", fix="take it out of the draft")
    before = question.appraisal
    if appraisal.date > day or (before is not None and appraisal.date < before.date):
        raise DataError(
            f"is dated {appraisal.date}",
            expected=f"a day from {before.date if before else 'any'} to {day}",
        )
    if appraisal == before:
        changed = question
    else:
        history = (*question.history, before) if before else question.history
        changed = question.model_copy(update={"appraisal": appraisal, "history": history})
    rating = rate(
        changed, appraisal, base.records, base.rules, as_of=day, unverified=base.unverified
    )
    return changed, rating
