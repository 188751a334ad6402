"""What of this review can be cited, where it stands in the site, and the sources of a question."""

from __future__ import annotations

import difflib
import re

from evidence_tools.assessment import Assessment
from evidence_tools.errors import InputError
from evidence_tools.identifiers import parse_finding_ref
from evidence_tools.names import Name
from evidence_tools.references import Kind, Reference, reference_of
from evidence_tools.retirement import check_in_use

__all__ = [
    "AUTHORS",
    "PUBLISHER",
    "TITLE",
    "WHOLE",
    "address_in",
    "address_of",
    "find_reference",
    "sources_of",
]

#: As in CITATION.cff, which a test holds them to.
TITLE = "evidence-tools: what massage therapy does and does not do for pain"
AUTHORS = "The evidence-tools authors"
PUBLISHER = "evidence-tools"
#: The id under which the whole is cited, and all sources are exported.
WHOLE = "all"


def address_of(assessment: Assessment, identifier: str) -> str | None:
    """Permanent address of a thing within the site, or None where nothing has the id.

    A cell of the matrix is named by question and document, as in ``neck-pain/001``.
    """
    base = assessment.base
    question, slash, document = identifier.partition("/")
    if identifier == WHOLE:
        return "index.html"
    if slash:
        known = question in base.questions and document in base.documents
        return f"matrix.html#{question}" if known else None
    if identifier in base.questions:
        return f"questions/{identifier}.html"
    if identifier in base.claims:
        return f"documents/{base.document_of[identifier]}.html#{identifier}"
    if identifier in base.records:
        return f"sources/{identifier}.html"
    return None


def address_in(site: str, address: str) -> str:
    """Return an address within the site, or the whole one where the site has an address.

    Raises
    ------
    InputError
        When the site's address is none.
    """
    if site and not re.fullmatch(r"https?://[^\s/]\S*", site):
        raise InputError(
            f"{site!r} is no address of a site", expected="an address such as https://example.org"
        )
    return f"{site.rstrip('/')}/{address}" if site else address


def find_reference(assessment: Assessment, identifier: str, site: str = "") -> Reference:
    """Return how a source, a question, a claim, a cell or the whole is cited.

    Parameters
    ----------
    assessment : Assessment
        The evidence base as judged on a day; the day is part of the citation.
    identifier : str
        Key of a source, id of a question or claim, ``question/document``, or ``all``.
    site : str
        Address under which the site is published; without it, addresses lead from its top.

    Raises
    ------
    InputError
        When nothing has the id, with those that look most like it.
    """
    base = assessment.base
    address = address_of(assessment, identifier)
    if address is None:
        check_in_use(base.retired, identifier.partition("/")[0])
        known = [WHOLE, *base.records, *base.questions, *base.claims]
        near = difflib.get_close_matches(identifier.partition("/")[0], known, n=3, cutoff=0.5)
        raise InputError(
            f"nothing has the id {identifier!r}",
            expected=f"an id such as {', '.join(near)}"
            if near
            else "a source, question, claim, QUESTION/DOCUMENT, or all",
            fix="list them with: evidence matrix, evidence claims, evidence references all",
        )
    if identifier in base.records:
        return reference_of(base.records[identifier])
    day = assessment.as_of
    whole = identifier == WHOLE
    return Reference(
        key="evidence-matrix" if whole else f"evidence-{identifier.replace('/', '-')}",
        kind=Kind.DATASET if whole else Kind.ENTRY,
        title=TITLE if whole else _title(assessment, identifier),
        authors=(Name(AUTHORS, collective=True),),
        container=PUBLISHER if whole else TITLE,
        year=day.year,
        date=day,
        url=address_in(site, address),
        version=assessment.version,
    )


def _title(assessment: Assessment, identifier: str) -> str:
    base = assessment.base
    question, slash, document = identifier.partition("/")
    if slash:
        count = sum(base.document_of[c.id] == document for c in base.claims_by_question[question])
        of = f"{count} claim{'' if count == 1 else 's'} of document {document}"
        return f"{base.questions[question].question} ({of})"
    if question in base.questions:
        return base.questions[question].question
    return f"Verdict on claim {identifier}: {base.claims[identifier].proposition}"


def sources_of(assessment: Assessment, question: str) -> tuple[Reference, ...]:
    """Return the sources that an appraisal in force cites, or all verified ones for ``all``.

    Raises
    ------
    InputError
        When there is no such question, with those that look most like it.
    """
    base = assessment.base
    if question == WHOLE:
        return tuple(reference_of(record) for record in base.verified_records)
    if question not in base.questions:
        check_in_use(base.retired, question)
        near = difflib.get_close_matches(question, [WHOLE, *base.questions], n=3, cutoff=0.4)
        raise InputError(
            f"no question {question!r}",
            expected=f"an id such as {', '.join(near)}" if near else "a question's id, or all",
            fix="list them with: evidence matrix",
        )
    appraisal = assessment.appraisals[question]
    if appraisal is None:
        return ()
    cited = [*appraisal.findings_basis, *appraisal.findings_for, *appraisal.findings_against]
    if appraisal.none_found:
        cited += appraisal.none_found.findings
    keys = {parse_finding_ref(address).record for address in cited} - base.unverified
    return tuple(reference_of(base.records[key]) for key in sorted(keys))
