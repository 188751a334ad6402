"""Turn a PubmedArticle or PubmedBookArticle element into a citation.

One plain loop over the children at each level, and a table of what reads which element: every
element is visited once, and lists that no field comes from (cited references above all) are not
entered. That is several times faster than to look fields up by path one after the other.
"""

from __future__ import annotations

from evidence_tools.literature.citations import Citation, Journal
from evidence_tools.literature.pubmed_elements import DamagedRecord, Element, Notes
from evidence_tools.literature.pubmed_fields import (
    Fields,
    children_by,
    date_into,
    journal_part,
    read_abstract,
    read_article_ids,
    read_authors,
    read_data_banks,
    read_grants,
    read_history,
    read_links,
    read_location,
    read_mesh,
    read_other_abstract,
    read_other_id,
    read_pagination,
    read_pmid,
    read_pub_date,
    read_publisher,
    read_substances,
    read_title,
    text_added,
    text_into,
    texts_into,
)

__all__ = ["read_article", "read_book"]

_JOURNAL_INFO = {
    "Country": text_into("country"),
    "MedlineTA": journal_part("medline_ta"),
    "NlmUniqueID": journal_part("nlm_id"),
    "ISSNLinking": journal_part("issn_linking"),
}
_ISSUE = {
    "Volume": text_into("volume"),
    "Issue": text_into("issue"),
    "PubDate": read_pub_date,
}
_JOURNAL = {
    "ISSN": journal_part("issn"),
    "JournalIssue": children_by(_ISSUE),
    "Title": journal_part("title"),
    "ISOAbbreviation": journal_part("iso"),
}
_ARTICLE = {
    "Journal": children_by(_JOURNAL),
    "ArticleTitle": read_title,
    "Pagination": read_pagination,
    "ELocationID": read_location,
    "Abstract": read_abstract,
    "AuthorList": read_authors,
    "Language": text_added("languages"),
    "DataBankList": read_data_banks,
    "GrantList": read_grants,
    "PublicationTypeList": texts_into("publication_types"),
    "VernacularTitle": text_into("vernacular_title"),
    "ArticleDate": date_into("published_electronic"),
}
_MEDLINE = {
    "PMID": read_pmid,
    "DateCompleted": date_into("completed"),
    "DateRevised": date_into("revised"),
    "Article": children_by(_ARTICLE),
    "MedlineJournalInfo": children_by(_JOURNAL_INFO),
    "ChemicalList": read_substances,
    "CitationSubset": text_added("subsets"),
    "CommentsCorrectionsList": read_links,
    "MeshHeadingList": read_mesh,
    "OtherID": read_other_id,
    "OtherAbstract": read_other_abstract,
    "KeywordList": texts_into("keywords"),
    "CoiStatement": text_into("conflict_of_interest"),
}
_PUBMED_DATA = {"History": read_history, "ArticleIdList": read_article_ids}
_BOOK = {
    "Publisher": read_publisher,
    "BookTitle": text_into("book_title"),
    "PubDate": read_pub_date,
    "AuthorList": read_authors,
    "Volume": text_into("volume"),
}
_BOOK_DOCUMENT = {
    "PMID": read_pmid,
    "ArticleIdList": read_article_ids,
    "Book": children_by(_BOOK),
    "ArticleTitle": read_title,
    "VernacularTitle": text_into("vernacular_title"),
    "Pagination": read_pagination,
    "Language": text_added("languages"),
    "AuthorList": read_authors,
    "PublicationType": text_added("publication_types"),
    "Abstract": read_abstract,
    "KeywordList": texts_into("keywords"),
    "DateRevised": date_into("revised"),
    "GrantList": read_grants,
}

_read_medline = children_by(_MEDLINE)
_read_document = children_by(_BOOK_DOCUMENT)
_read_data = children_by(_PUBMED_DATA)


def read_article(element: Element, notes: Notes) -> Citation:
    """Read a PubmedArticle.

    Parameters
    ----------
    element : Element
        The PubmedArticle.
    notes : list of str
        Receives what is wrong with a record that can be used nevertheless.

    Raises
    ------
    DamagedRecord
        When the record has no PMID or no article.
    """
    fields: Fields = {}
    for child in element:
        if child.tag == "MedlineCitation":
            fields["status"] = child.get("Status")
            _read_medline(child, fields, notes)
        elif child.tag == "PubmedData":
            _read_data(child, fields, notes)
    if "title" not in fields and "journal" not in fields:
        raise DamagedRecord("has no Article")
    return _finish(fields)


def read_book(element: Element, notes: Notes) -> Citation:
    """Read a PubmedBookArticle; see :func:`read_article`."""
    fields: Fields = {}
    for child in element:
        if child.tag == "BookDocument":
            _read_document(child, fields, notes)
        elif child.tag == "PubmedBookData":
            _read_data(child, fields, notes)
    if fields.get("book_title") is None:
        raise DamagedRecord("has no BookTitle")
    fields.setdefault("title", fields["book_title"])
    return _finish(fields)


def _finish(fields: Fields) -> Citation:
    if "pmid" not in fields:
        raise DamagedRecord("has no PMID")
    for name, value in fields.items():
        if type(value) is list:
            fields[name] = tuple(value)
    journal = fields.get("journal")
    if journal is not None:
        fields["journal"] = Journal(**journal)
    return Citation(**fields)
