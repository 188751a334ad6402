"""Read the elements of a PubMed record into the fields of a citation.

A reader takes one element, the fields read so far, and the notes on what is wrong; which reader
serves which element stands in ``pubmed_records``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from evidence_tools.errors import DataError
from evidence_tools.identifiers import parse_doi
from evidence_tools.literature.citations import (
    AbstractSection,
    Accession,
    Author,
    Grant,
    Link,
    LinkKind,
    MeshHeading,
    Qualifier,
    Substance,
)
from evidence_tools.literature.pubmed_elements import (
    DamagedRecord,
    Element,
    Notes,
    read_date,
    read_markup,
    read_text,
)

__all__ = [
    "Fields",
    "Reader",
    "children_by",
    "date_into",
    "journal_part",
    "read_abstract",
    "read_article_ids",
    "read_authors",
    "read_data_banks",
    "read_grants",
    "read_history",
    "read_links",
    "read_location",
    "read_mesh",
    "read_other_abstract",
    "read_other_id",
    "read_pagination",
    "read_pmid",
    "read_pub_date",
    "read_publisher",
    "read_substances",
    "read_title",
    "text_added",
    "text_into",
    "texts_into",
]

Fields: TypeAlias = dict[str, Any]
Reader: TypeAlias = Callable[[Element, Fields, Notes], None]

_PMID = re.compile(r"[1-9]\d{0,7}", re.ASCII)
_YEAR = re.compile(r"\d{4}", re.ASCII)
_ORCID = re.compile(r"(\d{4})-?(\d{4})-?(\d{4})-?(\d{3}[\dX])/?$", re.ASCII)
_KINDS = {kind.value: kind for kind in LinkKind if kind is not LinkKind.OTHER}


def read_pub_date(element: Element, fields: Fields, notes: Notes) -> None:
    """Date of the issue; free text and seasons are kept beside their year."""
    year = None
    for child in element:
        tag = child.tag
        if tag == "Year":
            year = read_text(child)
        elif tag == "MedlineDate":
            text = read_text(child)
            fields["medline_date"] = text
            found = _YEAR.search(text or "")
            fields["published"] = found[0] if found else None
            return
        elif tag == "Season":
            fields["medline_date"] = f"{year or ''} {read_text(child) or ''}".strip() or None
    fields["published"] = read_date(element, notes)


def date_into(field: str) -> Reader:
    """Reader of a date."""

    def read(element: Element, fields: Fields, notes: Notes) -> None:
        fields[field] = read_date(element, notes)

    return read


def text_into(field: str) -> Reader:
    """Reader of a text."""

    def read(element: Element, fields: Fields, notes: Notes) -> None:
        fields[field] = read_text(element)

    return read


def text_added(field: str) -> Reader:
    """Reader of a text that may come several times."""

    def read(element: Element, fields: Fields, notes: Notes) -> None:
        text = read_text(element)
        if text is not None:
            fields.setdefault(field, []).append(text)

    return read


def texts_into(field: str) -> Reader:
    """Read a list whose every child is one text."""

    def read(element: Element, fields: Fields, notes: Notes) -> None:
        texts = [text for child in element if (text := read_text(child)) is not None]
        fields.setdefault(field, []).extend(texts)

    return read


def children_by(table: Mapping[str, Reader]) -> Reader:
    """Read an element whose children are fields of the citation itself."""

    def read(element: Element, fields: Fields, notes: Notes) -> None:
        for child in element:
            reader = table.get(child.tag)
            if reader is not None:
                reader(child, fields, notes)

    return read


def read_pmid(element: Element, fields: Fields, notes: Notes) -> None:
    """PMID and version, without which there is no record.

    Raises
    ------
    DamagedRecord
        When either is no number.
    """
    text = read_text(element)
    if text is None or not _PMID.fullmatch(text):
        raise DamagedRecord(f"PMID is {text!r}, expected one to eight digits")
    version = element.get("Version", "1")
    if not version.isdecimal():
        raise DamagedRecord(f"version of PMID {text} is {version!r}, expected a number")
    fields["pmid"] = text
    fields["version"] = int(version)


def read_title(element: Element, fields: Fields, notes: Notes) -> None:
    """Title, plain and with its markup."""
    fields["title"] = read_text(element) or ""
    fields["title_markup"] = read_markup(element)


def journal_part(name: str) -> Reader:
    """Reader of a text that belongs to the journal."""

    def read(element: Element, fields: Fields, notes: Notes) -> None:
        fields.setdefault("journal", {})[name] = read_text(element)

    return read


def read_pagination(element: Element, fields: Fields, notes: Notes) -> None:
    """Pages as MEDLINE writes them, otherwise first and last."""
    start = end = None
    for child in element:
        tag = child.tag
        if tag == "MedlinePgn":
            fields["pages"] = read_text(child)
            return
        if tag == "StartPage":
            start = read_text(child)
        elif tag == "EndPage":
            end = read_text(child)
    fields["pages"] = f"{start}-{end}" if start and end else start


def _identifier(kind: str | None, element: Element, fields: Fields, notes: Notes) -> None:
    """Take an identifier, unless one came earlier: those beside the title come first."""
    text = read_text(element)
    if text is None:
        return
    if kind == "doi":
        if not text.startswith("10."):
            try:
                text = parse_doi(text)
            except DataError:
                notes.append(f"DOI {text!r} is none and was left out")
                return
        fields.setdefault("doi", text)
    elif kind == "pii":
        fields.setdefault("pii", text)
    elif kind == "pmc":
        fields.setdefault("pmcid", text)
    elif kind == "bookaccession":
        fields.setdefault("book_accession", text)


def read_location(element: Element, fields: Fields, notes: Notes) -> None:
    """DOI or publisher's number beside the title."""
    # ValidYN="N" marks a DOI that NLM found to be wrong.
    if element.get("ValidYN") != "N":
        _identifier(element.get("EIdType"), element, fields, notes)


def read_article_ids(element: Element, fields: Fields, notes: Notes) -> None:
    """Identifiers from the list that follows a record."""
    for child in element:
        kind = child.get("IdType")
        if kind != "pubmed":
            _identifier(kind, child, fields, notes)


def _sections(element: Element, kind: str | None, language: str | None) -> list[AbstractSection]:
    sections = []
    for child in element:
        if child.tag == "AbstractText":
            text, label = read_text(child), child.get("Label")
            if text or label:
                markup = read_markup(child)
                category = child.get("NlmCategory")
                sections.append(
                    AbstractSection(text or "", label, category, markup, kind, language)
                )
    return sections


def read_abstract(element: Element, fields: Fields, notes: Notes) -> None:
    """The abstract's parts."""
    fields["abstract"] = _sections(element, None, None)


def read_other_abstract(element: Element, fields: Fields, notes: Notes) -> None:
    """Parts of a translated or plain-language abstract."""
    sections = _sections(element, element.get("Type"), element.get("Language", "eng"))
    fields.setdefault("other_abstracts", []).extend(sections)


def _orcid(text: str | None, notes: Notes) -> str | None:
    """ORCID in its one form; publishers send it as address, with and without hyphens."""
    found = _ORCID.search(text.upper()) if text else None
    if found:
        return "-".join(found.groups())
    notes.append(f"ORCID {text!r} is none and was left out")
    return None


def read_authors(element: Element, fields: Fields, notes: Notes) -> None:
    """People and groups, but no editors."""
    if element.get("Type") == "editors":
        return
    if element.get("CompleteYN") == "N":
        fields["authors_complete"] = False
    authors = fields.setdefault("authors", [])
    for author in element:
        # ValidYN="N" marks a misspelt name, which the right one follows.
        if author.get("ValidYN") == "N":
            continue
        last = fore = initials = suffix = collective = orcid = None
        places: list[str] = []
        for child in author:
            tag = child.tag
            if tag == "LastName":
                last = read_text(child)
            elif tag == "ForeName":
                fore = read_text(child)
            elif tag == "Initials":
                initials = read_text(child)
            elif tag == "AffiliationInfo":
                texts = (read_text(part) for part in child if part.tag == "Affiliation")
                places.extend(text for text in texts if text)
            elif tag == "Identifier":
                if child.get("Source") == "ORCID":
                    orcid = _orcid(read_text(child), notes)
            elif tag == "CollectiveName":
                collective = read_text(child)
            elif tag == "Suffix":
                suffix = read_text(child)
        if last or collective or fore:
            authors.append(Author(last, fore, initials, suffix, collective, orcid, tuple(places)))


def read_mesh(element: Element, fields: Fields, notes: Notes) -> None:
    """Descriptors with their subheadings."""
    headings = fields.setdefault("mesh", [])
    for heading in element:
        name = ui = None
        major = False
        qualifiers: list[Qualifier] = []
        for child in heading:
            text = read_text(child)
            yes = child.get("MajorTopicYN") == "Y"
            if child.tag == "DescriptorName":
                name, major, ui = text, yes, child.get("UI") or None
            elif child.tag == "QualifierName" and text:
                qualifiers.append(Qualifier(text, yes, child.get("UI") or None))
        if name:
            headings.append(MeshHeading(name, major, ui, tuple(qualifiers)))
        else:
            notes.append("a MeSH heading has no descriptor")


def read_substances(element: Element, fields: Fields, notes: Notes) -> None:
    """Substances with their numbers."""
    substances = fields.setdefault("substances", [])
    for chemical in element:
        name = number = ui = None
        for child in chemical:
            if child.tag == "RegistryNumber":
                number = read_text(child)
            elif child.tag == "NameOfSubstance":
                name, ui = read_text(child), child.get("UI") or None
        if name:
            # NLM writes 0 for a substance without a number.
            substances.append(Substance(name, None if number == "0" else number, ui))


def read_grants(element: Element, fields: Fields, notes: Notes) -> None:
    """Funding."""
    grants = fields.setdefault("grants", [])
    for grant in element:
        parts = {child.tag: read_text(child) for child in grant}
        grants.append(
            Grant(
                parts.get("GrantID"),
                parts.get("Agency"),
                parts.get("Acronym"),
                parts.get("Country"),
            )
        )


def read_data_banks(element: Element, fields: Fields, notes: Notes) -> None:
    """Numbers in trial registers and data banks."""
    accessions = fields.setdefault("accessions", [])
    for bank in element:
        name = ""
        for child in bank:
            if child.tag == "DataBankName":
                name = read_text(child) or ""
            elif child.tag == "AccessionNumberList":
                numbers = (read_text(number) for number in child)
                accessions.extend(Accession(name, number) for number in numbers if number)


def read_links(element: Element, fields: Fields, notes: Notes) -> None:
    """Notices and ties to other articles, each with its kind."""
    links = fields.setdefault("links", [])
    for entry in element:
        source = pmid = note = None
        for child in entry:
            if child.tag == "RefSource":
                source = read_text(child)
            elif child.tag == "PMID":
                pmid = read_text(child)
            elif child.tag == "Note":
                note = read_text(child)
        word = entry.get("RefType")
        kind = _KINDS.get(word or "")
        if kind is not None:
            links.append(Link(kind, source, pmid, note))
        else:
            # A kind that NLM adds one day may be as weighty as a retraction: kept, and said.
            links.append(Link(LinkKind.OTHER, source, pmid, note, word))
            notes.append(f"a notice is of a kind not known here: {word!r}; look at it on PubMed")


def read_history(element: Element, fields: Fields, notes: Notes) -> None:
    """Days of entry into PubMed and of indexing."""
    for entry in element:
        status = entry.get("PubStatus")
        if status == "entrez":
            fields["entrez_date"] = read_date(entry, notes)
        elif status == "medline":
            fields["mesh_date"] = read_date(entry, notes)


def read_other_id(element: Element, fields: Fields, notes: Notes) -> None:
    """PMCID of an old record, which has it here and here only."""
    text = read_text(element)
    if text and text.startswith("PMC") and text[3:].isdecimal():
        fields.setdefault("pmcid", text)


def read_publisher(element: Element, fields: Fields, notes: Notes) -> None:
    """Publisher's name."""
    for child in element:
        if child.tag == "PublisherName":
            fields["publisher"] = read_text(child)
