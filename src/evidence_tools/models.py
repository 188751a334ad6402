"""Frozen models of everything under ``evidence/``; they know nothing of files.

Ring 1 of the checks: a value of the wrong type or name never gets further than here. Unknown fields
are refused, so that a misspelt ``pimd`` is an error and not a missing identifier.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from evidence_tools import identifiers
from evidence_tools.errors import DataError
from evidence_tools.vocab import (
    Certainty,
    ClaimKind,
    Design,
    Duration,
    Effect,
    Magnitude,
    MassageType,
    Retraction,
    Strength,
    Technique,
)

__all__ = [
    "Absent",
    "Anchor",
    "Claim",
    "ClaimsFile",
    "Correction",
    "Document",
    "DocumentCitation",
    "Finding",
    "Model",
    "Notice",
    "Queued",
    "Record",
    "SearchRun",
    "Seen",
    "Waiver",
    "Waivers",
]


def _by(parse: Any) -> AfterValidator:
    """Turn a parser of identifiers into a pydantic validator."""

    def check(value: str) -> str:
        try:
            return str(parse(value))
        except DataError as error:
            raise ValueError(str(error)) from error

    return AfterValidator(check)


Text = Annotated[str, Field(min_length=1)]
Key = Annotated[str, _by(identifiers.parse_key)]
Pmid = Annotated[str, _by(identifiers.parse_pmid)]
Pmcid = Annotated[str, _by(identifiers.parse_pmcid)]
Doi = Annotated[str, _by(identifiers.parse_doi)]
FindingAddress = Annotated[str, _by(identifiers.parse_finding_ref)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$", max_length=64)]
DocumentId = Annotated[str, Field(pattern=r"^[0-9a-z][0-9a-z-]{0,31}$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

#: Fields of a record whose content a finding stands on. Where one of them is from memory, no
#: finding of that record may feed a rating.
SUBSTANCE = frozenset({"design", "population", "intervention", "comparator", "findings", "*"})


class Model(BaseModel):
    """Base of all models: frozen, strict about names."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Finding(Model):
    """One result of one source, as the source reports it.

    ``estimate`` and its interval carry the sign of the source; ``direction`` says which side it is.
    ``certainty`` is only what the source itself states. ``same_as`` names a finding of the same
    record that holds this result under another topic. ``from_memory`` names the fields that
    nobody saw at a source (``*``: all of them).
    """

    id: Annotated[str, Field(pattern=r"^f[1-9]\d{0,2}$")]
    topic: Slug
    outcome: Text
    timepoint: Text | None = None
    comparison: Text
    direction: Effect
    measure: Text | None = None
    estimate: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    p: float | Text | None = None
    i2: Annotated[float, Field(ge=0, le=100)] | None = None
    n_studies: Annotated[int, Field(ge=0)] | None = None
    n_participants: Annotated[int, Field(ge=0)] | None = None
    certainty: Certainty | None = None
    note: Text | None = None
    same_as: Annotated[str, Field(pattern=r"^f[1-9]\d{0,2}$")] | None = None
    from_memory: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _interval_holds_estimate(self) -> Self:
        if (self.ci_low is None) != (self.ci_high is None):
            raise ValueError("an interval needs both ci_low and ci_high, or neither")
        if self.ci_low is not None and self.ci_high is not None:
            if self.ci_low > self.ci_high:
                raise ValueError(f"ci_low {self.ci_low} lies above ci_high {self.ci_high}")
            if self.estimate is not None and not self.ci_low <= self.estimate <= self.ci_high:
                raise ValueError(
                    f"estimate {self.estimate} lies outside its interval "
                    f"{self.ci_low} to {self.ci_high}"
                )
        return self


class Seen(Model):
    """A page at which facts of a record were seen."""

    url: Text
    shows: tuple[Text, ...]
    note: Text | None = None


class Correction(Model):
    """A change that a person made to a record after it was imported."""

    field: Text
    old: str
    new: Text
    reason: Text
    date: dt.date


class Record(Model):
    """One source: bibliographic facts, design, findings, and where each was seen."""

    key: Key
    pmid: Pmid | None = None
    doi: Doi | None = None
    pmcid: Pmcid | None = None
    title: Text | None = None
    authors: tuple[Text, ...] = ()
    journal: Text | None = None
    year: Annotated[int, Field(ge=1850, le=2100)] | None = None
    volume: Text | None = None
    issue: Text | None = None
    pages: Text | None = None
    design: Design
    population: Text
    intervention: Text | None = None
    massage_type: MassageType
    comparator: Text | None = None
    n_studies: Annotated[int, Field(ge=0)] | None = None
    n_participants: Annotated[int, Field(ge=0)] | None = None
    risk_of_bias: Text | None = None
    findings: tuple[Finding, ...] = ()
    topics: tuple[Slug, ...] = ()
    summary: Text
    superseded_by: Key | None = None
    same_study_as: Key | None = None
    retraction: Retraction = Retraction.NOT_CHECKED
    status_note: Text | None = None
    #: Day on which the record came into the evidence base; None: with the first import.
    added: dt.date | None = None
    from_memory: tuple[Text, ...] = ()
    seen: tuple[Seen, ...] = ()
    disagreements: tuple[dict[str, Any], ...] = ()
    corrections: tuple[Correction, ...] = ()

    @model_validator(mode="after")
    def _findings_numbered(self) -> Self:
        ids = [finding.id for finding in self.findings]
        if len(set(ids)) != len(ids):
            raise ValueError(f"two findings share a number: {', '.join(ids)}")
        for finding in self.findings:
            if finding.same_as is not None and (
                finding.same_as not in ids or finding.same_as == finding.id
            ):
                raise ValueError(f"{finding.id}: same_as {finding.same_as} is no other finding")
        if self.superseded_by == self.key:
            raise ValueError("a record cannot supersede itself")
        return self

    @cached_property
    def memory_fields(self) -> frozenset[str]:
        """Names of the record's fields that nobody saw at a source (``*``: all)."""
        return frozenset(_memory_field(text) for text in self.from_memory)

    @property
    def is_verified(self) -> bool:
        """Whether the record as a whole was seen at a source."""
        return bool(self.seen) and "*" not in self.memory_fields

    def finding(self, number: str) -> Finding | None:
        """Return the finding of that number, or None."""
        return next((finding for finding in self.findings if finding.id == number), None)


def _memory_field(text: str) -> str:
    """Field that an entry of ``from_memory`` speaks of.

    >>> _memory_field("all fields"), _memory_field("pages: last page"), _memory_field("last page")
    ('*', 'pages', 'pages')
    """
    lowered = text.casefold()
    if lowered.startswith("all "):
        return "*"
    if lowered.startswith("findings["):
        # One finding only, which carries its own mark.
        return "one finding"
    if "page" in lowered and "address" not in lowered and "prints" not in lowered:
        return "pages"
    if "author" in lowered:
        return "authors"
    return re.split(r"[\s:\[(]", lowered, maxsplit=1)[0]


class Anchor(Model):
    """Where a claim stands in its document, without the document's text.

    ``start`` and ``end`` count characters (Unicode code points) of the UTF-8 text; ``sha256`` is of
    the stretch between them; ``first`` and ``last`` are at most its first and last four words.
    """

    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=1)]
    sha256: Sha256
    first: Text
    last: str = ""

    @model_validator(mode="after")
    def _short(self) -> Self:
        if self.end <= self.start:
            raise ValueError(f"end {self.end} is not after start {self.start}")
        for name, words in (("first", self.first), ("last", self.last)):
            if len(words.split()) > 4:
                raise ValueError(f"{name} has more than four words")
        return self


class Claim(Model):
    """One atomic claim of one document, in our words."""

    id: Annotated[str, Field(pattern=r"^d[0-9a-z-]+-\d{3,4}$")]
    anchor: Anchor
    proposition: Text
    kind: ClaimKind
    strength: Strength
    technique: Technique
    duration: Duration | None = None
    magnitude: Magnitude | None = None
    scope_note: Text | None = None
    #: False where the sentence names people whom no finding of its questions studied.
    population_shown: bool = True
    questions: Annotated[tuple[Slug, ...], Field(min_length=1)]
    repeats: Text | None = None
    extracted_by: Text
    note: Text | None = None


class ClaimsFile(Model):
    """All claims of one document."""

    document: DocumentId
    claims: tuple[Claim, ...]


class DocumentCitation(Model):
    """A source that a document cites, and what that source does and does not support."""

    record: Key
    supports: Text
    does_not_support: Text
    findings: tuple[FindingAddress, ...] = ()


class Document(Model):
    """A page under review: facts about it, never its text."""

    id: DocumentId
    title: Text | None = None
    publisher: Text | None = None
    author: Text | None = None
    published: dt.date | None = None
    received: dt.date
    file: Text
    sha256: Sha256
    characters: Annotated[int, Field(ge=0)]
    note: Text | None = None
    citations: tuple[DocumentCitation, ...] = ()


class Queued(Model):
    """A citation that a run put into the screening queue, with what orders it there."""

    pmid: Pmid
    title: str
    year: int | None = None
    journal: str | None = None
    design: Slug
    reason: Text
    #: PMID of the citation that reports the same publication, by identifier or careful title match.
    duplicate_of: Pmid | None = None


class Notice(Model):
    """What PubMed says of an included source: retracted, corrected, updated … and where."""

    record: Key
    pmid: Pmid
    kind: Text
    other: Pmid | None = None
    source: str | None = None


class Absent(Model):
    """A PMID that was asked for and not given, with NCBI's reason."""

    pmid: Pmid
    reason: Text


class SearchRun(Model):
    """One dated search: where, for what, exactly how, and what it found (PRISMA-S items 1 to 16).

    Searches of the literature pack have only the first fields. Runs of ``evidence update`` have a
    ``search`` (the strategy) and the ``endpoint`` that was asked; ``live`` is true only where that
    was NCBI. ``total`` counts the matches of the whole strategy, ``found`` those of the window.
    """

    id: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}-[a-z0-9-]+$")]
    date: dt.date
    place: Text
    sought: Text
    query: Text | None = None
    found: Annotated[int, Field(ge=0)]
    live: bool = False
    note: Text | None = None
    search: Slug | None = None
    strategy: Sha256 | None = None
    endpoint: Text | None = None
    since: dt.date | None = None
    until: dt.date | None = None
    translation: Text | None = None
    warnings: tuple[Text, ...] = ()
    total: Annotated[int, Field(ge=0)] | None = None
    drift: Text | None = None
    pmids: tuple[Pmid, ...] = ()
    queued: tuple[Queued, ...] = ()
    missed: tuple[Pmid, ...] = ()
    absent: tuple[Absent, ...] = ()
    notices: tuple[Notice, ...] = ()


class Waiver(Model):
    """A named exception to one check on one record."""

    check: Text
    record: Text
    reason: Text
    date: dt.date


class Waivers(Model):
    """All named exceptions."""

    waivers: tuple[Waiver, ...] = ()
