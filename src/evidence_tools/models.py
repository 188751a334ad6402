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
    AuthorityStatus,
    Certainty,
    ClaimKind,
    Design,
    Direction,
    Directness,
    Domain,
    Duration,
    Effect,
    Magnitude,
    MassageType,
    Retraction,
    ShownDuration,
    ShownMagnitude,
    Strength,
    Support,
    Technique,
    WordingKind,
)

__all__ = [
    "Anchor",
    "Appraisal",
    "Claim",
    "ClaimsFile",
    "Correction",
    "Difference",
    "Document",
    "DocumentCitation",
    "DomainJudgement",
    "Finding",
    "Model",
    "NoneFound",
    "Question",
    "Record",
    "SearchRun",
    "Seen",
    "Shown",
    "Waiver",
    "Waivers",
    "Wording",
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


class DomainJudgement(Model):
    """How far one domain rates the body of evidence down, and why."""

    judgement: Annotated[int, Field(ge=-2, le=0)]
    reason: Text
    findings: tuple[FindingAddress, ...] = ()


class NoneFound(Model):
    """What an answer "none found" rests on: recorded searches, or sources that searched."""

    runs: tuple[Text, ...] = ()
    findings: tuple[FindingAddress, ...] = ()

    @model_validator(mode="after")
    def _rests_on_something(self) -> Self:
        if not self.runs and not self.findings:
            raise ValueError("none-found needs a recorded search run or a source that searched")
        return self


class Shown(Model):
    """What the evidence showed, slot by slot: the conditions within which a wording must stay."""

    population: Text
    covers_population: bool
    comparator: Text
    duration: ShownDuration
    magnitude: ShownMagnitude
    head_to_head: bool = False
    authority: AuthorityStatus = AuthorityStatus.NOT_APPLICABLE


class Wording(Model):
    """A sentence that a clinic could write, with the slots in which the rules read it."""

    text: Text
    kind: WordingKind = WordingKind.EFFECT
    strength: Strength = Strength.HEDGED
    duration: Duration | None = None
    magnitude: Magnitude | None = None
    technique: Technique = Technique.MASSAGE
    states: Support | None = None

    @model_validator(mode="after")
    def _evidence_wording_states_a_level(self) -> Self:
        if (self.kind is WordingKind.EVIDENCE) != (self.states is not None):
            raise ValueError("a wording on the state of the evidence, and only such, needs states")
        return self


class Difference(Model):
    """How a difference between two independent appraisals was settled."""

    field: Text
    first: Text
    second: Text
    settled: Text
    reason: Text


class Appraisal(Model):
    """What a reviewer made of the evidence on one question on one day.

    ``findings_basis`` is the best relevant body: the findings on which direction and certainty
    rest. ``findings_for`` and ``findings_against`` list both sides whatever the direction.
    """

    by: Text
    date: dt.date
    direction: Direction | None = None
    direction_reason: Text
    none_found: NoneFound | None = None
    start: Certainty | None = None
    start_reason: Text | None = None
    rate_up: Annotated[int, Field(ge=0, le=2)] = 0
    rate_up_reason: Text | None = None
    directness: Directness
    directness_reason: Text
    findings_basis: tuple[FindingAddress, ...] = ()
    findings_for: tuple[FindingAddress, ...] = ()
    findings_against: tuple[FindingAddress, ...] = ()
    trials_under_way: Text | None = None
    bottom_line: Text
    no_wording_reason: Text | None = None
    would_move: Text
    domains: dict[Domain, DomainJudgement] = Field(default_factory=dict)
    shown: Shown
    wording: Wording | None = None
    avoid: tuple[Wording, ...]
    differences: tuple[Difference, ...] = ()

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.direction is None) == (self.none_found is None):
            raise ValueError("give either direction or none_found")
        if self.none_found is None:
            missing = [domain.value for domain in Domain if domain not in self.domains]
            if missing:
                raise ValueError(f"no judgement for {', '.join(missing)}")
            if not self.findings_basis:
                raise ValueError("findings_basis is empty: name the findings the rating rests on")
            loose = set(self.findings_basis) - set(self.findings_for) - set(self.findings_against)
            if self.direction is not Direction.UNCLEAR and loose:
                raise ValueError(
                    f"{', '.join(sorted(loose))}: in findings_basis but neither for nor against"
                )
        both = set(self.findings_for) & set(self.findings_against)
        if both:
            raise ValueError(f"{', '.join(sorted(both))}: listed both for and against")
        if (self.start is None) != (self.start_reason is None):
            raise ValueError("start and start_reason go together")
        if (self.rate_up > 0) != (self.rate_up_reason is not None):
            raise ValueError("rate_up and rate_up_reason go together")
        if (self.wording is None) != (self.no_wording_reason is not None):
            raise ValueError("give either wording or no_wording_reason")
        if not self.avoid:
            raise ValueError("name at least one wording to avoid")
        return self


class Question(Model):
    """An evidence question (PICO) with its appraisals; ``history`` holds the earlier ones."""

    id: Slug
    kind: ClaimKind
    question: Text
    population: Text
    intervention: Text
    comparator: Text
    outcome: Text
    synonyms: tuple[Text, ...]
    mesh: tuple[Text, ...]
    tiab: tuple[Text, ...]
    topics: tuple[Slug, ...]
    search: Slug | None = None
    note: Text | None = None
    appraisal: Appraisal | None = None
    history: tuple[Appraisal, ...] = ()

    def as_of(self, day: dt.date) -> Appraisal | None:
        """Return the appraisal in force on a day; of one day's, the current one, then the last."""
        known = [*self.history, *([self.appraisal] if self.appraisal else [])]
        dated = [appraisal for appraisal in known if appraisal.date <= day]
        return max(enumerate(dated), key=lambda pair: (pair[1].date, pair[0]))[1] if dated else None


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


class SearchRun(Model):
    """One dated search: where, for what, and what it found."""

    id: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}-[a-z0-9-]+$")]
    date: dt.date
    place: Text
    sought: Text
    query: Text | None = None
    found: Annotated[int, Field(ge=0)]
    live: bool = False
    note: Text | None = None


class Waiver(Model):
    """A named exception to one check on one record."""

    check: Text
    record: Text
    reason: Text
    date: dt.date


class Waivers(Model):
    """All named exceptions."""

    waivers: tuple[Waiver, ...] = ()
