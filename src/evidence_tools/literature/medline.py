"""Read NBIB files, PubMed's tagged format, through Biopython.

Biopython splits a record into its fields. Two things are done before: wrapped lines are joined
(``Bio.Medline`` makes two values of a wrapped link or keyword), and what belongs to one author is
marked with that author's number, because ``Bio.Medline`` collects each tag apart.

The format holds less than the XML: an abstract is one text, names of tags stand for the kinds of
notices, and the version of a PMID is not told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from Bio import Medline

from evidence_tools.errors import DataError
from evidence_tools.identifiers import parse_pmid
from evidence_tools.literature.citations import (
    AbstractSection,
    Accession,
    Author,
    Citation,
    Grant,
    Journal,
    Link,
    LinkKind,
    MeshHeading,
    Qualifier,
    Substance,
)
from evidence_tools.literature.pubmed_elements import iso_day
from evidence_tools.literature.pubmed_xml import Problem

__all__ = ["LINK_TAGS", "parse_nbib"]

#: Tags of the notices, as PubMed's help names them.
LINK_TAGS = {
    "CIN": LinkKind.COMMENT_IN,
    "CON": LinkKind.COMMENT_ON,
    "CRF": LinkKind.CORRECTED_AND_REPUBLISHED_FROM,
    "CRI": LinkKind.CORRECTED_AND_REPUBLISHED_IN,
    "ECF": LinkKind.CONCERN_FOR,
    "ECI": LinkKind.CONCERN_IN,
    "EFR": LinkKind.ERRATUM_FOR,
    "EIN": LinkKind.ERRATUM_IN,
    "ORI": LinkKind.ORIGINAL_REPORT_IN,
    "ROF": LinkKind.RETRACTION_OF,
    "RIN": LinkKind.RETRACTION_IN,
    "RPF": LinkKind.REPUBLISHED_FROM,
    "RPI": LinkKind.REPUBLISHED_IN,
    "RRF": LinkKind.RETRACTED_AND_REPUBLISHED_FROM,
    "RRI": LinkKind.RETRACTED_AND_REPUBLISHED_IN,
    "SPIN": LinkKind.SUMMARY_FOR_PATIENTS_IN,
    "UIN": LinkKind.UPDATE_IN,
    "UOF": LinkKind.UPDATE_OF,
}
#: Kinds that PubMed no longer gives, but that older exports hold.
_OLD_LINK_TAGS = {"PRIN": "PartialRetractionIn", "PROF": "PartialRetractionOf"}
_OF_AUTHOR = frozenset({"AD", "AU", "AUID", "CN", "FAU"})
_TAG = re.compile(r"[A-Z][A-Z0-9 ]{3}-")
# Not str.splitlines: that cuts at signs which abstracts hold.
_LINE_END = re.compile(r"\r\n|\r|\n")
_LINK = re.compile(r"(?P<source>.*?)\.? *PMID: *(?P<pmid>\d{1,8})(?P<rest>.*)", re.DOTALL)
_DATE = re.compile(r"(\d{4})(?: ([A-Z][a-z]{2}))?(?: (\d{1,2}))?")
_NUMBERS = re.compile(r"(\S+) \[(\w+)\]")
_SUBSTANCE = re.compile(r"(\S.*?) \((.*)\)")
_ISSN = re.compile(r"(\S+) \((\w+)\)")
_ORCID = re.compile(r"(\d{4}-\d{4}-\d{4}-\d{3}[\dX])")


def parse_nbib(text: str, name: str = "") -> Iterator[Citation | Problem]:
    """Parse the text of an NBIB file.

    Parameters
    ----------
    text : str
        Records in MEDLINE format.
    name : str, optional
        What to call the file where a problem is told.

    Yields
    ------
    Citation or Problem
        A record without a usable PMID is a problem that says its title and DOI.
    """
    for line, lines in _records(text):
        where = f"{name}:{line}" if name else f"line {line}"
        if not any(_TAG.match(one) for one in lines):
            found = lines[0].strip()[:60]
            yield Problem(where, None, f"no record in MEDLINE format: {found!r}")
            continue
        fields: dict[str, Any] = Medline.read(lines)  # type: ignore[no-untyped-call]
        try:
            pmid = parse_pmid(fields.get("PMID", ""))
        except DataError:
            title = fields.get("TI") or " ".join(fields.get("BTI", [])) or "no title"
            doi = _numbered(fields).get("doi") or "no DOI"
            found = f"PMID is {fields.get('PMID', '')!r}"
            yield Problem(where, None, f"{found}; look it up by hand: {title[:200]} ({doi})")
            continue
        yield _citation(pmid, fields)


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Records with the number of their first line; wrapped lines joined, authors numbered."""
    lines: list[str] = []
    start, author, full = 0, -1, False
    for number, line in enumerate(_LINE_END.split(text), start=1):
        if line.startswith("      ") and lines:
            lines[-1] += f" {line.strip()}"
            continue
        tag = line[:4].rstrip() if _TAG.match(line) else ""
        if lines and (not line.strip() or tag == "PMID"):
            yield start, lines
            lines = []
        if not line.strip():
            continue
        if not lines:
            start, author, full = number, -1, False
            line = line.lstrip()
        # Old records have AU without FAU: each is then an author of its own.
        if tag in ("FAU", "CN") or (tag == "AU" and not full):
            author += 1
        if tag in _OF_AUTHOR:
            lines.append(f"{line[:6]}{author}\t{line[6:]}")
            full = tag == "FAU" or (full and tag != "AU")
        else:
            lines.append(line)
    if lines:
        yield start, lines


def _citation(pmid: str, fields: dict[str, Any]) -> Citation:
    numbers = _numbered(fields)
    published, medline_date = _published(fields.get("DP"))
    book = " ".join(fields.get("BTI", [])) or None
    abstract = fields.get("AB")
    types = tuple(fields.get("PT", ()))
    issns = {kind: issn for issn, kind in _ISSN.findall(fields.get("IS", ""))}
    return Citation(
        pmid=pmid,
        status=fields.get("STAT"),
        title=fields.get("TI") or book or "",
        vernacular_title=fields.get("TT"),
        abstract=(AbstractSection(abstract),) if abstract else (),
        other_abstracts=_other_abstracts(fields),
        authors=_authors(fields),
        journal=Journal(
            title=fields.get("JT"),
            medline_ta=fields.get("TA"),
            nlm_id=fields.get("JID"),
            issn=issns.get("Electronic") or issns.get("Print"),
            issn_linking=issns.get("Linking"),
        ),
        volume=fields.get("VI"),
        issue=fields.get("IP"),
        pages=fields.get("PG"),
        published=published,
        medline_date=medline_date,
        published_electronic=_day(fields.get("DEP")),
        entrez_date=_day(fields.get("EDAT")),
        mesh_date=_day(fields.get("MHDA")),
        completed=_day(fields.get("DCOM")),
        revised=_day(fields.get("LR")),
        languages=tuple(fields.get("LA", ())),
        publication_types=types,
        subsets=tuple(fields.get("SB", "").split()),
        mesh=tuple(_heading(text) for text in fields.get("MH", ())),
        keywords=tuple(text.removeprefix("*") for text in fields.get("OT", ())),
        substances=tuple(_substance(text) for text in fields.get("RN", ())),
        grants=tuple(_grant(text) for text in fields.get("GR", ())),
        accessions=tuple(
            Accession(*text.split("/", 1)) for text in fields.get("SI", ()) if "/" in text
        ),
        conflict_of_interest=" ".join(fields.get("COIS", ())) or None,
        links=_links(fields),
        doi=numbers.get("doi"),
        pmcid=fields.get("PMC"),
        pii=numbers.get("pii"),
        country=fields.get("PL") if book is None else None,
        book_title=book,
        publisher=" ".join(fields.get("PB", [])) or None,
        book_accession=numbers.get("bookaccession"),
    )


def _numbered(fields: dict[str, Any]) -> dict[str, str]:
    """Identifiers by their kind; those of the location (LID) before those of the record (AID)."""
    texts = [fields.get("LID", ""), *fields.get("AID", ())]
    found = [pair for text in texts for pair in _NUMBERS.findall(text)]
    return {kind: number for number, kind in reversed(found)}


def _published(text: str | None) -> tuple[str | None, str | None]:
    """Date of the issue, or the year and the free text that stands in for a date."""
    if text is None:
        return None, None
    exact = _DATE.fullmatch(text)
    if exact:
        iso, whole = iso_day(*exact.groups())
        if whole:
            return iso, None
    year = re.search(r"\d{4}", text, re.ASCII)
    return (year[0] if year else None), text


def _day(text: str | None) -> str | None:
    """Day written as 20150903 or 2015/09/03 06:00."""
    parts = re.match(r"(\d{4})/?(\d{2})/?(\d{2})", text or "", re.ASCII)
    return iso_day(*parts.groups())[0] if parts else None


def _marked(fields: dict[str, Any], tag: str) -> dict[int, list[str]]:
    """Values of a tag by the number of the author whom they belong to."""
    values: dict[int, list[str]] = {}
    for value in fields.get(tag, ()):
        number, _, text = value.partition("\t")
        values.setdefault(int(number), []).append(text.strip())
    return values


def _authors(fields: dict[str, Any]) -> tuple[Author, ...]:
    full, short, groups = (_marked(fields, tag) for tag in ("FAU", "AU", "CN"))
    places, numbers = _marked(fields, "AD"), _marked(fields, "AUID")
    authors = []
    for number in sorted({*full, *short, *groups} - {-1}):
        orcid = _ORCID.search(" ".join(numbers.get(number, ())))
        affiliations = tuple(places.get(number, ()))
        if number in groups:
            authors.append(Author(collective=groups[number][0], affiliations=affiliations))
            continue
        last, _, fore = full.get(number, [""])[0].partition(", ")
        fore, _, suffix = fore.partition(", ")
        brief = short.get(number, [""])[0].split()
        # Initials are the last word in capitals; what follows is a suffix such as Jr.
        at = max((i for i, word in enumerate(brief) if i and word.isupper()), default=len(brief))
        authors.append(
            Author(
                last=last or " ".join(brief[:at]) or None,
                fore=fore or None,
                initials=brief[at] if at < len(brief) else None,
                suffix=suffix or (" ".join(brief[at + 1 :]) if not last else "") or None,
                orcid=orcid[1] if orcid else None,
                affiliations=affiliations,
            )
        )
    return tuple(authors)


def _other_abstracts(fields: dict[str, Any]) -> tuple[AbstractSection, ...]:
    languages = fields.get("OABL", [])
    return tuple(
        AbstractSection(text, language=languages[i] if i < len(languages) else None)
        for i, text in enumerate(fields.get("OAB", ()))
    )


def _heading(text: str) -> MeshHeading:
    """Descriptor and subheadings, a star before what is a major topic."""
    name, *subheadings = text.split("/")
    return MeshHeading(
        name=name.removeprefix("*"),
        major=name.startswith("*"),
        qualifiers=tuple(
            Qualifier(one.removeprefix("*"), one.startswith("*")) for one in subheadings
        ),
    )


def _substance(text: str) -> Substance:
    found = _SUBSTANCE.fullmatch(text)
    if not found:
        return Substance(text)
    return Substance(found[2], None if found[1] == "0" else found[1])


def _grant(text: str) -> Grant:
    """Number, acronym, agency, country; a part that a grant lacks is left out of the line."""
    parts = text.rsplit("/", 3)
    if len(parts) == 4:
        return Grant(parts[0] or None, parts[2] or None, parts[1] or None, parts[3] or None)
    if len(parts) == 3:
        return Grant(number=parts[0], agency=parts[1], country=parts[2])
    return Grant(agency=parts[0], country=parts[1] if len(parts) == 2 else None)


def _links(fields: dict[str, Any]) -> tuple[Link, ...]:
    links = []
    for tag, values in fields.items():
        kind = LINK_TAGS.get(tag)
        word = _OLD_LINK_TAGS.get(tag)
        if kind is None and word is None:
            continue
        for value in values:
            found = _LINK.fullmatch(value)
            links.append(
                Link(
                    kind or LinkKind.OTHER,
                    (found["source"] if found else value) or None,
                    found["pmid"] if found else None,
                    (found["rest"].strip(" .") or None) if found else None,
                    word,
                )
            )
    return tuple(links)
