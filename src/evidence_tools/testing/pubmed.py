"""Build PubMed XML of citations, as EFetch would answer.

What is made here is valid against ``pubmed_250101.dtd``, the document type that Biopython ships,
whenever the citation holds what that type demands (those of :func:`make_citation` do). A citation
that lacks such a field is written without it, so that tests can have incomplete records too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from evidence_tools.literature.citations import (
    AbstractSection,
    Author,
    Citation,
    Link,
    LinkKind,
    MeshHeading,
)
from evidence_tools.testing.invented import make_citation, make_citations

__all__ = [
    "SET_END",
    "SET_START",
    "article_set",
    "article_xml",
    "deletions_xml",
    "make_citation",
    "make_citations",
]

SET_START = (
    b'<?xml version="1.0" ?>\n'
    b'<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN" '
    b'"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n'
    b"<PubmedArticleSet>\n"
)
SET_END = b"</PubmedArticleSet>\n"

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SEASON = re.compile(r"(\d{4}) (Spring|Summer|Fall|Autumn|Winter)")
_PAGES = re.compile(r"([\w.]+)-([\w.]+)")
_TYPE_UI = {
    "Case Reports": "D002363",
    "Editorial": "D016421",
    "Journal Article": "D016428",
    "Letter": "D016422",
    "Meta-Analysis": "D017418",
    "Practice Guideline": "D017065",
    "Randomized Controlled Trial": "D016449",
    "Review": "D016454",
    "Systematic Review": "D000078182",
}


def article_set(citations: Iterable[Citation], *, references: int = 0) -> bytes:
    """Make the whole document of an EFetch answer.

    Parameters
    ----------
    citations : iterable of Citation
        In the order in which they are to stand.
    references : int, optional
        Cited references that each article lists, as PubMed does; no field of a citation comes
        from them.
    """
    return b"".join(
        [SET_START, *(article_xml(one, references=references) for one in citations), SET_END]
    )


def article_xml(citation: Citation, *, references: int = 0) -> bytes:
    """Make one PubmedArticle or, for a book, PubmedBookArticle element."""
    parts = _book(citation) if citation.is_book else _article(citation, references)
    return "".join(parts).encode("utf-8")


def deletions_xml(pmids: Iterable[str]) -> bytes:
    """Make a DeleteCitation element, as update files end with."""
    inner = "".join(f'<PMID Version="1">{escape(pmid)}</PMID>' for pmid in pmids)
    return f"<DeleteCitation>{inner}</DeleteCitation>\n".encode()


def _tag(name: str, text: str | None, **attributes: str | None) -> str:
    """One element with text; nothing where there is no text."""
    return "" if text is None else f"<{name}{_attributes(attributes)}>{escape(text)}</{name}>"


def _rich(name: str, text: str, markup: str | None, **attributes: str | None) -> str:
    """One element whose text may have inline markup, which is XML already."""
    inner = escape(text) if markup is None else markup
    return f"<{name}{_attributes(attributes)}>{inner}</{name}>"


def _attributes(attributes: dict[str, str | None]) -> str:
    return "".join(
        f" {name}={quoteattr(value)}" for name, value in attributes.items() if value is not None
    )


def _wrap(name: str, inner: str, attributes: str = "") -> str:
    """An element around others; nothing where there are none."""
    return f"<{name}{attributes}>{inner}</{name}>" if inner else ""


def _yes(value: bool) -> str:
    return "Y" if value else "N"


def _day(name: str, day: str | None, attributes: str = "", more: str = "") -> str:
    """A date in numbers, as DateRevised and the history have it."""
    if day is None:
        return ""
    year, _, rest = day.partition("-")
    month, _, number = rest.partition("-")
    inner = _tag("Year", year) + _tag("Month", month or None) + _tag("Day", number or None)
    return f"<{name}{attributes}>{inner}{more}</{name}>"


def _pub_date(citation: Citation) -> str:
    """Date of the issue, in the words that journals use."""
    season = _SEASON.fullmatch(citation.medline_date or "")
    if season:
        inner = _tag("Year", season[1]) + _tag("Season", season[2])
    elif citation.medline_date is not None:
        inner = _tag("MedlineDate", citation.medline_date)
    elif citation.published is not None:
        year, _, rest = citation.published.partition("-")
        month, _, day = rest.partition("-")
        word = _MONTHS[int(month) - 1] if month else None
        inner = _tag("Year", year) + _tag("Month", word) + _tag("Day", day or None)
    else:
        inner = ""
    return f"<PubDate>{inner}</PubDate>"


def _article(citation: Citation, references: int) -> Iterator[str]:
    status = _attributes({"Status": citation.status, "Owner": "NLM"})
    yield f'<PubmedArticle><MedlineCitation{status}><PMID Version="{citation.version}">'
    yield f"{escape(citation.pmid)}</PMID>"
    yield _day("DateCompleted", citation.completed)
    yield _day("DateRevised", citation.revised)
    yield '<Article PubModel="Print-Electronic">'
    yield _journal(citation)
    yield _rich("ArticleTitle", citation.title, citation.title_markup)
    yield _pagination(citation)
    yield _tag("ELocationID", citation.pii, EIdType="pii", ValidYN="Y")
    yield _tag("ELocationID", citation.doi, EIdType="doi", ValidYN="Y")
    yield _wrap("Abstract", "".join(map(_section, citation.abstract)))
    yield _authors(citation)
    yield "".join(_tag("Language", language) for language in citation.languages)
    yield _data_banks(citation)
    yield _grants(citation)
    types = (
        _tag("PublicationType", name, UI=_TYPE_UI.get(name, ""))
        for name in citation.publication_types
    )
    yield _wrap("PublicationTypeList", "".join(types))
    yield _tag("VernacularTitle", citation.vernacular_title)
    yield _day("ArticleDate", citation.published_electronic, ' DateType="Electronic"')
    yield "</Article><MedlineJournalInfo>"
    yield _tag("Country", citation.country)
    yield _tag("MedlineTA", citation.journal.medline_ta or "")
    yield _tag("NlmUniqueID", citation.journal.nlm_id)
    yield _tag("ISSNLinking", citation.journal.issn_linking)
    yield "</MedlineJournalInfo>"
    yield _substances(citation)
    yield "".join(_tag("CitationSubset", name) for name in citation.subsets)
    yield _wrap("CommentsCorrectionsList", "".join(map(_link, citation.links)))
    yield _wrap("MeshHeadingList", "".join(map(_heading, citation.mesh)))
    yield from _other_abstracts(citation)
    yield _keywords(citation)
    yield _tag("CoiStatement", citation.conflict_of_interest)
    yield "</MedlineCitation><PubmedData>"
    yield _history(citation)
    yield f"<PublicationStatus>ppublish</PublicationStatus><ArticleIdList>{_pmid_id(citation)}"
    yield _tag("ArticleId", citation.pmcid, IdType="pmc")
    yield _tag("ArticleId", citation.doi, IdType="doi")
    yield _tag("ArticleId", citation.pii, IdType="pii")
    yield "</ArticleIdList>"
    yield _references(citation, references)
    yield "</PubmedData></PubmedArticle>\n"


def _book(citation: Citation) -> Iterator[str]:
    yield f'<PubmedBookArticle><BookDocument><PMID Version="{citation.version}">'
    yield f"{escape(citation.pmid)}</PMID><ArticleIdList>"
    if citation.book_accession is None and citation.doi is None:
        yield _pmid_id(citation)
    yield _tag("ArticleId", citation.book_accession, IdType="bookaccession")
    yield _tag("ArticleId", citation.doi, IdType="doi")
    yield "</ArticleIdList><Book><Publisher>"
    yield _tag("PublisherName", citation.publisher or "")
    yield "<PublisherLocation>Bethesda (MD)</PublisherLocation></Publisher>"
    yield _tag("BookTitle", citation.book_title, book=(citation.book_accession or "").lower())
    yield _pub_date(citation)
    whole = citation.title == citation.book_title and citation.title_markup is None
    yield _authors(citation) if whole else ""
    yield _tag("Volume", citation.volume)
    yield "<Medium>Internet</Medium></Book>"
    if not whole:
        yield _rich("ArticleTitle", citation.title, citation.title_markup)
    yield _tag("VernacularTitle", citation.vernacular_title)
    yield _pagination(citation) if citation.pages else ""
    yield "".join(_tag("Language", language) for language in citation.languages)
    yield "" if whole else _authors(citation)
    yield "".join(
        _tag("PublicationType", name, UI=_TYPE_UI.get(name, ""))
        for name in citation.publication_types
    )
    yield _wrap("Abstract", "".join(map(_section, citation.abstract)))
    yield _keywords(citation)
    yield _day("DateRevised", citation.revised)
    yield _grants(citation)
    yield "</BookDocument><PubmedBookData>"
    yield _history(citation)
    yield f"<PublicationStatus>ppublish</PublicationStatus><ArticleIdList>{_pmid_id(citation)}"
    yield "</ArticleIdList></PubmedBookData></PubmedBookArticle>\n"


def _pmid_id(citation: Citation) -> str:
    return _tag("ArticleId", citation.pmid, IdType="pubmed")


def _journal(citation: Citation) -> str:
    journal = citation.journal
    return (
        "<Journal>"
        + _tag("ISSN", journal.issn, IssnType="Electronic")
        + '<JournalIssue CitedMedium="Internet">'
        + _tag("Volume", citation.volume)
        + _tag("Issue", citation.issue)
        + _pub_date(citation)
        + "</JournalIssue>"
        + _tag("Title", journal.title)
        + _tag("ISOAbbreviation", journal.iso)
        + "</Journal>"
    )


def _pagination(citation: Citation) -> str:
    if citation.pages is None:
        # An article must have one of these; PubMed writes it empty where no page is known.
        none = citation.doi is None and citation.pii is None
        return "<Pagination><MedlinePgn/></Pagination>" if none else ""
    both = _PAGES.fullmatch(citation.pages)
    ends = _tag("StartPage", both[1]) + _tag("EndPage", both[2]) if both else ""
    return f"<Pagination>{ends}{_tag('MedlinePgn', citation.pages)}</Pagination>"


def _section(part: AbstractSection) -> str:
    return _rich(
        "AbstractText", part.text, part.markup, Label=part.label, NlmCategory=part.category
    )


def _other_abstracts(citation: Citation) -> Iterator[str]:
    for (kind, language), parts in groupby(
        citation.other_abstracts, key=lambda part: (part.kind, part.language)
    ):
        attributes = _attributes({"Type": kind, "Language": language})
        yield _wrap("OtherAbstract", "".join(map(_section, parts)), attributes)


def _authors(citation: Citation) -> str:
    attributes = f' CompleteYN="{_yes(citation.authors_complete)}"'
    if citation.is_book:
        attributes += ' Type="authors"'
    return _wrap("AuthorList", "".join(map(_author, citation.authors)), attributes)


def _author(author: Author) -> str:
    return (
        '<Author ValidYN="Y">'
        + _tag("LastName", author.last)
        + _tag("ForeName", author.fore)
        + _tag("Initials", author.initials)
        + _tag("Suffix", author.suffix)
        + _tag("CollectiveName", author.collective)
        + _tag("Identifier", author.orcid, Source="ORCID")
        + "".join(
            f"<AffiliationInfo>{_tag('Affiliation', place)}</AffiliationInfo>"
            for place in author.affiliations
        )
        + "</Author>"
    )


def _data_banks(citation: Citation) -> str:
    banks = (
        "<DataBank>"
        + _tag("DataBankName", bank)
        + _wrap("AccessionNumberList", "".join(_tag("AccessionNumber", a.number) for a in group))
        + "</DataBank>"
        for bank, group in groupby(citation.accessions, key=lambda accession: accession.bank)
    )
    return _wrap("DataBankList", "".join(banks), ' CompleteYN="Y"')


def _grants(citation: Citation) -> str:
    grants = (
        "<Grant>"
        + _tag("GrantID", grant.number)
        + _tag("Acronym", grant.acronym)
        + _tag("Agency", grant.agency)
        + _tag("Country", grant.country)
        + "</Grant>"
        for grant in citation.grants
    )
    return _wrap("GrantList", "".join(grants), ' CompleteYN="Y"')


def _substances(citation: Citation) -> str:
    return _wrap(
        "ChemicalList",
        "".join(
            "<Chemical>"
            + _tag("RegistryNumber", one.registry_number or "0")
            + _tag("NameOfSubstance", one.name, UI=one.ui or "")
            + "</Chemical>"
            for one in citation.substances
        ),
    )


def _link(link: Link) -> str:
    kind = link.word if link.kind is LinkKind.OTHER else link.kind.value
    return (
        f"<CommentsCorrections{_attributes({'RefType': kind})}>"
        + _tag("RefSource", link.source or "")
        + _tag("PMID", link.pmid, Version="1")
        + _tag("Note", link.note)
        + "</CommentsCorrections>"
    )


def _heading(heading: MeshHeading) -> str:
    qualifiers = "".join(
        _tag("QualifierName", one.name, UI=one.ui or "", MajorTopicYN=_yes(one.major))
        for one in heading.qualifiers
    )
    name = _tag(
        "DescriptorName", heading.name, UI=heading.ui or "", MajorTopicYN=_yes(heading.major)
    )
    return f"<MeshHeading>{name}{qualifiers}</MeshHeading>"


def _keywords(citation: Citation) -> str:
    words = (_tag("Keyword", word, MajorTopicYN="N") for word in citation.keywords)
    return _wrap("KeywordList", "".join(words), ' Owner="NOTNLM"')


def _history(citation: Citation) -> str:
    time = "<Hour>6</Hour><Minute>0</Minute>"
    days = (("pubmed", citation.entrez_date), ("medline", citation.mesh_date))
    dates = "".join(
        _day("PubMedPubDate", day, f' PubStatus="{status}"', time)
        for status, day in (*days, ("entrez", citation.entrez_date))
    )
    return _wrap("History", dates)


def _references(citation: Citation, count: int) -> str:
    """Cited works; each has an identifier of its own, which is not the article's."""
    number = int(citation.pmid) if citation.pmid.isdecimal() else 0
    return _wrap(
        "ReferenceList",
        "".join(
            f"<Reference><Citation>Tosvig R. Notes on cited work, {i}. Ann Inv Med. "
            f"{1990 + i % 30};{i}:1-9.</Citation><ArticleIdList>"
            f'<ArticleId IdType="doi">10.5555/cited.{number}.{i}</ArticleId>'
            f'<ArticleId IdType="pubmed">{1 + (number * 7 + i) % 89_999_999}</ArticleId>'
            "</ArticleIdList></Reference>"
            for i in range(count)
        ),
    )
