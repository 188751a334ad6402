"""A citation: what PubMed knows of one article or book, in every field that a reviewer needs.

The name is NLM's own (a PubMed record holds a citation). A citation is fetched, never judged; what
people judge is a :class:`evidence_tools.models.Record`. Structs instead of pydantic models, because
millions of them are made by a scan and each is checked at its one source, the parser.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum

import msgspec

__all__ = [
    "AbstractSection",
    "Accession",
    "Author",
    "Citation",
    "Grant",
    "Journal",
    "Link",
    "LinkKind",
    "MeshHeading",
    "Qualifier",
    "Substance",
    "content_digest",
    "decode_citation",
    "encode_citation",
]


class LinkKind(StrEnum):
    """Kinds of CommentsCorrections, in the words of the PubMed DTD.

    ``OTHER`` is the one word that is not PubMed's: a kind newer than this list, whose own word is
    kept in :attr:`Link.word`.
    """

    ASSOCIATED_DATASET = "AssociatedDataset"
    ASSOCIATED_PUBLICATION = "AssociatedPublication"
    CITES = "Cites"
    COMMENT_IN = "CommentIn"
    COMMENT_ON = "CommentOn"
    CORRECTED_AND_REPUBLISHED_IN = "CorrectedandRepublishedIn"
    CORRECTED_AND_REPUBLISHED_FROM = "CorrectedandRepublishedFrom"
    ERRATUM_FOR = "ErratumFor"
    ERRATUM_IN = "ErratumIn"
    CONCERN_FOR = "ExpressionOfConcernFor"
    CONCERN_IN = "ExpressionOfConcernIn"
    ORIGINAL_REPORT_IN = "OriginalReportIn"
    REPRINT_IN = "ReprintIn"
    REPRINT_OF = "ReprintOf"
    REPUBLISHED_FROM = "RepublishedFrom"
    REPUBLISHED_IN = "RepublishedIn"
    RETRACTED_AND_REPUBLISHED_FROM = "RetractedandRepublishedFrom"
    RETRACTED_AND_REPUBLISHED_IN = "RetractedandRepublishedIn"
    RETRACTION_IN = "RetractionIn"
    RETRACTION_OF = "RetractionOf"
    SUMMARY_FOR_PATIENTS_IN = "SummaryForPatientsIn"
    UPDATE_IN = "UpdateIn"
    UPDATE_OF = "UpdateOf"
    OTHER = "Other"


class _Struct(
    msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True
):
    """Frozen, small, and without reference cycles (hence no garbage collection)."""


class AbstractSection(_Struct, frozen=True):
    """One labelled part of an abstract; ``label`` is as printed, ``category`` NLM's own.

    ``markup`` keeps the inline elements where there were any (see :class:`Citation`): without it
    10 to the power of 5 and 105 look the same. Parts of other abstracts say their ``kind``
    (``Publisher``, ``plain-language-summary`` …) and ``language``.
    """

    text: str
    label: str | None = None
    category: str | None = None
    markup: str | None = None
    kind: str | None = None
    language: str | None = None


class Author(_Struct, frozen=True):
    """A person or, where ``collective`` is set, a group."""

    last: str | None = None
    fore: str | None = None
    initials: str | None = None
    suffix: str | None = None
    collective: str | None = None
    orcid: str | None = None
    affiliations: tuple[str, ...] = ()


class Journal(_Struct, frozen=True):
    """Journal as cited: ISO abbreviation, MEDLINE's abbreviation, NLM's number."""

    title: str | None = None
    iso: str | None = None
    medline_ta: str | None = None
    nlm_id: str | None = None
    issn: str | None = None
    issn_linking: str | None = None


class Qualifier(_Struct, frozen=True):
    """MeSH subheading."""

    name: str
    major: bool = False
    ui: str | None = None


class MeshHeading(_Struct, frozen=True):
    """MeSH descriptor with its subheadings."""

    name: str
    major: bool = False
    ui: str | None = None
    qualifiers: tuple[Qualifier, ...] = ()


class Substance(_Struct, frozen=True):
    """Chemical: name of substance, registry number, MeSH identifier."""

    name: str
    registry_number: str | None = None
    ui: str | None = None


class Grant(_Struct, frozen=True):
    """Funding as NLM lists it."""

    number: str | None = None
    agency: str | None = None
    acronym: str | None = None
    country: str | None = None


class Accession(_Struct, frozen=True):
    """Number in a data bank or trial register, such as ClinicalTrials.gov NCT01234567."""

    bank: str
    number: str


class Link(_Struct, frozen=True):
    """A CommentsCorrections entry: this citation's tie to another notice or article."""

    kind: LinkKind
    source: str | None = None
    pmid: str | None = None
    note: str | None = None
    word: str | None = None


class Citation(_Struct, frozen=True):
    """One PubmedArticle or PubmedBookArticle.

    ``title`` and abstracts are plain text; ``title_markup`` keeps the inline elements (``<i>``,
    ``<sub>`` …) where there were any, as escaped XML. Dates are ISO days, or as much of one as is
    known (``2015``, ``2015-09``); ``medline_date`` is the free text that stands in for a date
    (``2015 Sep-Oct``, ``2015 Spring``), and ``published`` is then its first year. A whole book
    bears its book title as title too. Bits that PubMed does not give are None or empty, never
    guessed.
    """

    pmid: str
    version: int = 1
    status: str | None = None
    title: str = ""
    title_markup: str | None = None
    vernacular_title: str | None = None
    abstract: tuple[AbstractSection, ...] = ()
    other_abstracts: tuple[AbstractSection, ...] = ()
    authors: tuple[Author, ...] = ()
    authors_complete: bool = True
    journal: Journal = Journal()
    volume: str | None = None
    issue: str | None = None
    pages: str | None = None
    published: str | None = None
    medline_date: str | None = None
    published_electronic: str | None = None
    entrez_date: str | None = None
    mesh_date: str | None = None
    completed: str | None = None
    revised: str | None = None
    languages: tuple[str, ...] = ()
    publication_types: tuple[str, ...] = ()
    subsets: tuple[str, ...] = ()
    mesh: tuple[MeshHeading, ...] = ()
    keywords: tuple[str, ...] = ()
    substances: tuple[Substance, ...] = ()
    grants: tuple[Grant, ...] = ()
    accessions: tuple[Accession, ...] = ()
    conflict_of_interest: str | None = None
    links: tuple[Link, ...] = ()
    doi: str | None = None
    pmcid: str | None = None
    pii: str | None = None
    country: str | None = None
    book_title: str | None = None
    publisher: str | None = None
    book_accession: str | None = None

    @property
    def is_book(self) -> bool:
        """Whether this is a book or a chapter of one."""
        return self.book_title is not None

    @property
    def year(self) -> int | None:
        """Year of publication, where one is given."""
        day = self.published or self.published_electronic
        return int(day[:4]) if day else None

    @property
    def abstract_text(self) -> str:
        """The abstract as one text, with its labels."""
        return "\n".join(
            f"{part.label}: {part.text}" if part.label else part.text for part in self.abstract
        )

    def linked(self, kind: LinkKind) -> tuple[Link, ...]:
        """Links of one kind."""
        return tuple(link for link in self.links if link.kind is kind)


_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(Citation)


def encode_citation(citation: Citation) -> bytes:
    """Write a citation as JSON, the same bytes for the same content."""
    return _ENCODER.encode(citation)


def decode_citation(data: bytes) -> Citation:
    """Read a citation from :func:`encode_citation`.

    Raises
    ------
    msgspec.ValidationError
        When the JSON does not hold a citation.
    """
    return _DECODER.decode(data)


def content_digest(citation: Citation) -> str:
    """SHA-256 of a citation's content: two fetches with one digest are one version."""
    return hashlib.sha256(encode_citation(citation)).hexdigest()
