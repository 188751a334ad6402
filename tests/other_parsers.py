"""What pubmed_parser and Biopython give of a record, each field in the shape that ours has.

So what differs is what was read, and not how it is dressed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

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
from evidence_tools.literature.medline import LINK_TAGS

Field = tuple[Callable[[Any], object], Callable[[Citation], object]]


def blank(text: str) -> str:
    """Text with one blank wherever there is white space."""
    return " ".join(text.split())


#: What pubmed_parser gives, in our shape.
PUBMED_PARSER: dict[str, Field] = {
    "pmid": (lambda r: r["pmid"], lambda c: c.pmid),
    "title": (lambda r: blank(r["title"]), lambda c: blank(c.title)),
    "vernacular_title": (lambda r: r["vernacular_title"] or None, lambda c: c.vernacular_title),
    "abstract": (
        lambda r: blank(r["abstract"]),
        lambda c: blank(" ".join(f"{p.label or ''} {p.text}" for p in c.abstract)),
    ),
    "authors (names)": (
        lambda r: [(a["lastname"], a["forename"], a["initials"]) for a in r["authors"]],
        lambda c: [
            (a.last or a.collective or "", a.fore or "", a.initials or "") for a in c.authors
        ],
    ),
    "authors (ORCID)": (
        lambda r: [a["identifier"] for a in r["authors"]],
        lambda c: [a.orcid or "" for a in c.authors],
    ),
    "authors (affiliations)": (
        lambda r: [a["affiliation"] for a in r["authors"]],
        lambda c: ["; ".join(a.affiliations) for a in c.authors],
    ),
    "journal.title": (lambda r: r["journal"], lambda c: c.journal.title),
    "journal.medline_ta": (lambda r: r["medline_ta"], lambda c: c.journal.medline_ta),
    "journal.nlm_id": (lambda r: r["nlm_unique_id"], lambda c: c.journal.nlm_id),
    "journal.issn_linking": (lambda r: r["issn_linking"], lambda c: c.journal.issn_linking),
    "country": (lambda r: r["country"], lambda c: c.country),
    "volume, issue": (lambda r: r["issue"], lambda c: f"{c.volume}({c.issue or ''})"),
    "pages": (lambda r: r["pages"] or None, lambda c: c.pages),
    "published": (lambda r: r["pubdate"], lambda c: c.published),
    "languages": (lambda r: r["languages"].split(";"), lambda c: list(c.languages)),
    "publication_types": (
        lambda r: [part.split(":", 1)[1] for part in r["publication_types"].split("; ")],
        lambda c: list(c.publication_types),
    ),
    "mesh": (lambda r: r["mesh_terms"], lambda c: "; ".join(map(_pp_heading, c.mesh))),
    "keywords": (lambda r: r["keywords"], lambda c: "; ".join(c.keywords)),
    "substances (names)": (
        lambda r: r["chemical_list"],
        lambda c: "; ".join(f"{s.ui}:{s.name}" for s in c.substances),
    ),
    "grants": (
        lambda r: [
            Grant(g["grant_id"], g["agency"], g["grant_acronym"], g["country"])
            for g in r["grant_ids"]
        ],
        lambda c: list(c.grants),
    ),
    "doi": (lambda r: r["doi"] or None, lambda c: c.doi),
    "pmcid": (lambda r: r["pmc"] or None, lambda c: c.pmcid),
}


def _pp_heading(heading: MeshHeading) -> str:
    """A heading as pubmed_parser says that it writes one."""
    parts = [f"{heading.ui}:{heading.name}" + "*" * heading.major]
    parts += [f"{q.ui}:{q.name}" + "*" * q.major for q in heading.qualifiers]
    return " / ".join(parts)


def _article(record: Any) -> Any:
    return record["MedlineCitation"]["Article"]


def _medline(name: str) -> Callable[[Any], Any]:
    return lambda record: record["MedlineCitation"].get(name, [])


def _text(value: Any) -> str | None:
    return str(value) if value else None


def _date(parts: Any) -> str | None:
    """A date of Entrez.read in ISO form, by the calendar's own names."""
    if not parts:
        return None
    names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    month = parts.get("Month", "")
    number = names.index(month) + 1 if month in names else int(month or 0)
    days = [parts["Year"], f"{number:02d}" if number else "", parts.get("Day", "").zfill(2)]
    return "-".join(part for part in days if part.strip("0"))


def _pub_date(record: Any) -> str | None:
    parts = _article(record)["Journal"]["JournalIssue"]["PubDate"]
    return parts["MedlineDate"][:4] if "MedlineDate" in parts else _date(parts)


def _history(status: str) -> Callable[[Any], str | None]:
    def read(record: Any) -> str | None:
        history = record["PubmedData"].get("History", [])
        return next((_date(d) for d in history if d.attributes["PubStatus"] == status), None)

    return read


def _sections(parts: Any, kind: str | None = None, language: str | None = None) -> list[Any]:
    return [
        AbstractSection(
            str(part),
            getattr(part, "attributes", {}).get("Label"),
            getattr(part, "attributes", {}).get("NlmCategory"),
            None,
            kind,
            language,
        )
        for part in parts
    ]


def _plain(parts: Any) -> list[AbstractSection]:
    """Our sections without their markup, which Entrez.read leaves in the text."""
    return [AbstractSection(p.text, p.label, p.category, None, p.kind, p.language) for p in parts]


def _author(author: Any) -> Author:
    orcids = [str(i) for i in author["Identifier"] if i.attributes["Source"] == "ORCID"]
    return Author(
        _text(author.get("LastName")),
        _text(author.get("ForeName")),
        _text(author.get("Initials")),
        _text(author.get("Suffix")),
        _text(author.get("CollectiveName")),
        orcids[0] if orcids else None,
        tuple(str(place["Affiliation"]) for place in author["AffiliationInfo"]),
    )


def _journal(record: Any) -> Journal:
    journal, info = _article(record)["Journal"], record["MedlineCitation"]["MedlineJournalInfo"]
    return Journal(
        _text(journal.get("Title")),
        _text(journal.get("ISOAbbreviation")),
        _text(info.get("MedlineTA")),
        _text(info.get("NlmUniqueID")),
        _text(journal.get("ISSN")),
        _text(info.get("ISSNLinking")),
    )


def _mesh_heading(heading: Any) -> MeshHeading:
    def parts(one: Any) -> tuple[str, bool, str]:
        return str(one), one.attributes["MajorTopicYN"] == "Y", one.attributes["UI"]

    return MeshHeading(
        *parts(heading["DescriptorName"]),
        tuple(Qualifier(*parts(one)) for one in heading["QualifierName"]),
    )


def _identifier(kind: str) -> Callable[[Any], str | None]:
    def read(record: Any) -> str | None:
        ids = record["PubmedData"]["ArticleIdList"]
        return next((str(one) for one in ids if one.attributes["IdType"] == kind), None)

    return read


def _link(entry: Any) -> Link:
    pmid = _text(entry.get("PMID"))
    kind = LinkKind(entry.attributes["RefType"])
    return Link(kind, _text(entry["RefSource"]), pmid, _text(entry.get("Note")))


#: What Bio.Entrez.read gives, in our shape.
ENTREZ: dict[str, Field] = {
    "pmid": (_medline("PMID"), lambda c: c.pmid),
    "version": (
        lambda r: int(r["MedlineCitation"]["PMID"].attributes["Version"]),
        lambda c: c.version,
    ),
    "status": (lambda r: r["MedlineCitation"].attributes["Status"], lambda c: c.status),
    "title": (lambda r: str(_article(r)["ArticleTitle"]), lambda c: c.title),
    "vernacular_title": (
        lambda r: _text(_article(r).get("VernacularTitle")),
        lambda c: c.vernacular_title,
    ),
    "abstract": (
        lambda r: _sections(_article(r).get("Abstract", {}).get("AbstractText", [])),
        lambda c: _plain(c.abstract),
    ),
    "other_abstracts": (
        lambda r: [
            section
            for other in r["MedlineCitation"]["OtherAbstract"]
            for section in _sections(
                other["AbstractText"], other.attributes["Type"], other.attributes["Language"]
            )
        ],
        lambda c: _plain(c.other_abstracts),
    ),
    "authors": (
        lambda r: [_author(a) for a in _article(r).get("AuthorList", [])],
        lambda c: list(c.authors),
    ),
    "authors_complete": (
        lambda r: getattr(_article(r).get("AuthorList"), "attributes", {}).get("CompleteYN") != "N",
        lambda c: c.authors_complete,
    ),
    "journal": (_journal, lambda c: c.journal),
    "country": (
        lambda r: r["MedlineCitation"]["MedlineJournalInfo"].get("Country"),
        lambda c: c.country,
    ),
    "volume": (
        lambda r: _text(_article(r)["Journal"]["JournalIssue"].get("Volume")),
        lambda c: c.volume,
    ),
    "issue": (
        lambda r: _text(_article(r)["Journal"]["JournalIssue"].get("Issue")),
        lambda c: c.issue,
    ),
    "pages": (
        lambda r: _text(_article(r).get("Pagination", {}).get("MedlinePgn")),
        lambda c: c.pages,
    ),
    "published": (_pub_date, lambda c: c.published),
    "published_electronic": (
        lambda r: next((_date(d) for d in _article(r)["ArticleDate"]), None),
        lambda c: c.published_electronic,
    ),
    "entrez_date": (_history("entrez"), lambda c: c.entrez_date),
    "mesh_date": (_history("medline"), lambda c: c.mesh_date),
    "completed": (lambda r: _date(_medline("DateCompleted")(r)), lambda c: c.completed),
    "revised": (lambda r: _date(_medline("DateRevised")(r)), lambda c: c.revised),
    "languages": (lambda r: list(map(str, _article(r)["Language"])), lambda c: list(c.languages)),
    "publication_types": (
        lambda r: list(map(str, _article(r)["PublicationTypeList"])),
        lambda c: list(c.publication_types),
    ),
    "subsets": (lambda r: list(map(str, _medline("CitationSubset")(r))), lambda c: list(c.subsets)),
    "mesh": (
        lambda r: [_mesh_heading(h) for h in _medline("MeshHeadingList")(r)],
        lambda c: list(c.mesh),
    ),
    "keywords": (
        lambda r: [str(word) for words in _medline("KeywordList")(r) for word in words],
        lambda c: list(c.keywords),
    ),
    "substances": (
        lambda r: [
            Substance(
                str(s["NameOfSubstance"]),
                None if s["RegistryNumber"] == "0" else str(s["RegistryNumber"]),
                s["NameOfSubstance"].attributes["UI"],
            )
            for s in _medline("ChemicalList")(r)
        ],
        lambda c: list(c.substances),
    ),
    "grants": (
        lambda r: [
            Grant(*(_text(g.get(n)) for n in ("GrantID", "Agency", "Acronym", "Country")))
            for g in _article(r).get("GrantList", [])
        ],
        lambda c: list(c.grants),
    ),
    "accessions": (
        lambda r: [
            Accession(str(bank["DataBankName"]), str(number))
            for bank in _article(r).get("DataBankList", [])
            for number in bank.get("AccessionNumberList", [])
        ],
        lambda c: list(c.accessions),
    ),
    "conflict_of_interest": (
        lambda r: _text(_medline("CoiStatement")(r)),
        lambda c: c.conflict_of_interest,
    ),
    "links": (
        lambda r: [_link(entry) for entry in _medline("CommentsCorrectionsList")(r)],
        lambda c: list(c.links),
    ),
    "doi": (_identifier("doi"), lambda c: c.doi),
    "pmcid": (_identifier("pmc"), lambda c: c.pmcid),
    "pii": (_identifier("pii"), lambda c: c.pii),
}


def _nbib_link(link: Link) -> str:
    source = f"{link.source}. PMID: {link.pmid}" if link.pmid else str(link.source)
    return f"{source} {link.note}" if link.note else source


#: What Bio.Medline gives of NBIB files of the same citations, in our shape.
MEDLINE: dict[str, Field] = {
    "pmid": (lambda r: r["PMID"], lambda c: c.pmid),
    "title": (lambda r: r["TI"], lambda c: c.title),
    "abstract": (lambda r: r.get("AB", ""), lambda c: c.abstract_text),
    "authors (names)": (
        lambda r: r.get("FAU", []),
        lambda c: [
            ", ".join(part for part in (a.last, a.fore, a.suffix) if part)
            for a in c.authors
            if not a.collective
        ],
    ),
    "authors (affiliations)": (
        lambda r: r.get("AD", []),
        lambda c: [place for a in c.authors for place in a.affiliations],
    ),
    "journal.title": (lambda r: r.get("JT"), lambda c: c.journal.title),
    "pages": (lambda r: r.get("PG"), lambda c: c.pages),
    "published": (
        lambda r: r.get("DP", "")[:4] or None,
        lambda c: c.published[:4] if c.published else None,
    ),
    "publication_types": (lambda r: r.get("PT", []), lambda c: list(c.publication_types)),
    "mesh (names)": (
        lambda r: [re.sub(r"/.*|^\*", "", text) for text in r.get("MH", [])],
        lambda c: [heading.name for heading in c.mesh],
    ),
    "keywords": (lambda r: r.get("OT", []), lambda c: list(c.keywords)),
    "grants (lines)": (lambda r: len(r.get("GR", [])), lambda c: len(c.grants)),
    "conflict_of_interest": (lambda r: r.get("COIS", [None]), lambda c: [c.conflict_of_interest]),
    "links": (
        lambda r: [text for tag in LINK_TAGS for text in r.get(tag, [])],
        lambda c: [_nbib_link(link) for link in c.links if link.kind in LINK_TAGS.values()],
    ),
    "doi": (
        lambda r: next((t[:-6] for t in r.get("AID", []) if t.endswith(" [doi]")), None),
        lambda c: c.doi,
    ),
    "pmcid": (lambda r: r.get("PMC"), lambda c: c.pmcid),
}
