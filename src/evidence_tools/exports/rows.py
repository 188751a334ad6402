"""Shape of the tables that are handed out: one model a table, one described field a column.

The JSON Schema, the read-me sheet, the Parquet types and the columns of every format are made from
these models, so that they cannot part.
"""

from __future__ import annotations

import datetime as dt

from pydantic import ConfigDict, Field

from evidence_tools.models import Model
from evidence_tools.vocab import (
    Advice,
    AuthorityStatus,
    Certainty,
    ClaimKind,
    Design,
    Direction,
    Directness,
    Effect,
    MassageType,
    Retraction,
    ShownDuration,
    ShownMagnitude,
    Strength,
    Support,
    Technique,
)

__all__ = ["ClaimRow", "FindingRow", "MatrixRow", "QuestionRow", "Row", "SourceRow", "Tables"]


class Row(Model):
    """A row of a table: every field is always there, empty where nothing is known."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", json_schema_serialization_defaults_required=True
    )


class MatrixRow(Row):
    """The evidence matrix: one row a question, most-claimed first."""

    id: str = Field(description="Id of the question.")
    question: str = Field(description="The question in words.")
    kind: ClaimKind = Field(description="What the question is about.")
    support: Support | None = Field(description="Level of support; empty: not yet appraised.")
    certainty: Certainty | None = Field(description="Certainty of the evidence (GRADE's words).")
    direction: Direction | None = Field(description="Which way the evidence points.")
    directness: Directness | None = Field(description="How directly it is about our technique.")
    participants: int | None = Field(description="People in the studies under the rating.")
    claims: int = Field(description="Claims of all documents that lean on the question.")
    documents: dict[str, int] = Field(description="The same by document.")
    sources: tuple[str, ...] = Field(description="Keys of the sources under the rating.")
    appraised: dt.date | None = Field(description="Day of the appraisal in force.")
    review_by: dt.date | None = Field(description="Day by which it should be looked at again.")
    stale: bool = Field(description="Whether that day has passed.")
    status: str = Field(description="Whether, and in what way, something may be said.")
    wording: str | None = Field(description="A sentence that a clinic may use.")
    conditions: tuple[str, ...] = Field(description="Conditions within which it may be used.")
    refusal: str | None = Field(description="Why there is no such sentence.")
    bottom_line: str | None = Field(description="What the evidence comes to, in plain words.")
    address: str = Field(description="Page of the question in the site.")


class ClaimRow(Row):
    """The claims of the documents under review, with their verdicts."""

    id: str = Field(description="Id of the claim.")
    document: str = Field(description="Document in which it stands.")
    proposition: str = Field(description="The claim in our words.")
    kind: ClaimKind = Field(description="What it is about.")
    strength: Strength = Field(description="How strongly it is worded.")
    technique: Technique = Field(description="Treatment that it speaks of.")
    questions: tuple[str, ...] = Field(description="Questions that it leans on.")
    support: Support | None = Field(description="Level of support; empty: not yet appraised.")
    advice: Advice | None = Field(description="What a clinic should do with the sentence.")
    condition: str | None = Field(description="Condition of the advice.")
    does_not_fit: tuple[str, ...] = Field(description="Where the wording oversteps, and why.")
    wording: str | None = Field(description="What may be said instead.")
    limiting_question: str | None = Field(description="The question that sets the level.")
    stale: bool = Field(description="Whether an appraisal under it is past its date.")
    address: str = Field(description="Place of the claim in the site.")


class QuestionRow(Row):
    """The questions with what was asked, what was judged, and what would change it."""

    id: str = Field(description="Id of the question.")
    question: str = Field(description="The question in words.")
    kind: ClaimKind = Field(description="What it is about.")
    population: str = Field(description="People asked about.")
    intervention: str = Field(description="Treatment asked about.")
    comparator: str = Field(description="What it is compared with.")
    outcome: str = Field(description="Outcome asked about.")
    topics: tuple[str, ...] = Field(description="Topics under which its findings are filed.")
    synonyms: tuple[str, ...] = Field(description="Other words for what it asks.")
    search: str | None = Field(description="Search strategy that serves it.")
    appraised: dt.date | None = Field(description="Day of the appraisal in force.")
    appraised_by: str | None = Field(description="Who appraised.")
    direction_reason: str | None = Field(description="Why the evidence points that way.")
    directness_reason: str | None = Field(description="Why it is as direct as it is.")
    findings_for: tuple[str, ...] = Field(description="Findings for, as key:number.")
    findings_against: tuple[str, ...] = Field(description="Findings against, as key:number.")
    shown_population: str | None = Field(description="People in whom it was shown.")
    shown_comparator: str | None = Field(description="Against what it was shown.")
    shown_duration: ShownDuration | None = Field(description="Longest time it was shown for.")
    shown_magnitude: ShownMagnitude | None = Field(description="Size that was shown.")
    shown_authority: AuthorityStatus | None = Field(description="What became of a body named.")
    wording: str | None = Field(description="A sentence that a clinic may use.")
    avoid: tuple[str, ...] = Field(description="Sentences to avoid.")
    trials_under_way: str | None = Field(description="Trials under way.")
    would_move: str | None = Field(description="What would move the rating.")


class SourceRow(Row):
    """The sources; fields that nobody saw at the source are empty."""

    key: str = Field(description="Key of the source.")
    title: str | None = Field(description="Title.")
    authors: tuple[str, ...] = Field(description="Authors, as PubMed writes them.")
    journal: str | None = Field(description="Journal, or the body that issued it.")
    year: int | None = Field(description="Year of publication.")
    volume: str | None = Field(description="Volume.")
    issue: str | None = Field(description="Issue.")
    pages: str | None = Field(description="Pages, or article number.")
    doi: str | None = Field(description="DOI.")
    pmid: str | None = Field(description="PubMed number.")
    pmcid: str | None = Field(description="PubMed Central number.")
    link: str | None = Field(description="Where a reader finds it.")
    design: Design | None = Field(description="Design.")
    technique: MassageType = Field(description="Technique studied.")
    population: str | None = Field(description="People studied.")
    intervention: str | None = Field(description="Treatment studied.")
    comparator: str | None = Field(description="What it was compared with.")
    n_studies: int | None = Field(description="Studies in a review.")
    n_participants: int | None = Field(description="People in the whole source.")
    risk_of_bias: str | None = Field(description="Risk of bias, as we read it.")
    findings: int = Field(description="Findings recorded.")
    cited: bool = Field(description="Whether an appraisal in force cites it.")
    verified: bool = Field(description="Whether it was seen at a source.")
    left_out: tuple[str, ...] = Field(description="Why it may feed no rating.")
    retraction: Retraction = Field(description="What is known of a retraction.")
    superseded_by: str | None = Field(description="Key of its newer version.")
    from_memory: tuple[str, ...] = Field(description="Fields that nobody saw, left empty here.")
    address: str = Field(description="Page of the source in the site.")


class FindingRow(Row):
    """The findings of the sources; fields that nobody saw at the source are empty."""

    address: str = Field(description="Key of the source and number of the finding.")
    record: str = Field(description="Key of the source.")
    topic: str = Field(description="Topic under which it is filed.")
    outcome: str | None = Field(description="Outcome measured.")
    timepoint: str | None = Field(description="When it was measured.")
    comparison: str | None = Field(description="What was compared.")
    direction: Effect | None = Field(description="Which side it is on, as the source reports it.")
    measure: str | None = Field(description="Kind of number.")
    estimate: float | None = Field(description="The number, with the sign of the source.")
    ci_low: float | None = Field(description="Lower end of its 95 % interval.")
    ci_high: float | None = Field(description="Upper end of its 95 % interval.")
    p: str | None = Field(description="P value as printed.")
    i2: float | None = Field(description="I² in per cent.")
    n_studies: int | None = Field(description="Studies pooled.")
    n_participants: int | None = Field(description="People in the comparison.")
    certainty: Certainty | None = Field(description="Certainty that the source itself states.")
    note: str | None = Field(description="Note.")
    same_as: str | None = Field(description="Number of the finding that holds the same result.")
    unusable: str | None = Field(description="Why it may feed no rating.")
    from_memory: tuple[str, ...] = Field(description="Fields that nobody saw, left empty here.")


class Tables(Row):
    """The whole register as data."""

    title: str = Field(description="What this is.")
    version: str = Field(description="Version of the evidence and the tools.")
    as_of: dt.date = Field(description="Day as of which the evidence was judged.")
    rules: str = Field(description="Version of the rules.")
    profile: str = Field(description="Yardstick of the advice.")
    evidence: str = Field(description="SHA-256 of all reviewed files.")
    license: str = Field(description="Licence of the data.")
    cite: str = Field(description="How to cite it.")
    matrix: tuple[MatrixRow, ...]
    claims: tuple[ClaimRow, ...]
    questions: tuple[QuestionRow, ...]
    sources: tuple[SourceRow, ...]
    findings: tuple[FindingRow, ...]
