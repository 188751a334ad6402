"""Answers in NCBI's words: XML, JSON and text of each E-utility."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from xml.sax.saxutils import escape

from evidence_tools.literature.citations import Citation

__all__ = [
    "TOO_FAR",
    "Response",
    "SearchPage",
    "error_xml",
    "fields_xml",
    "json_response",
    "links_xml",
    "medline_text",
    "search_json",
    "search_xml",
    "spelling_xml",
    "summaries_json",
    "summaries_v2_xml",
    "summaries_xml",
    "text_response",
    "xml_response",
]

TOO_FAR = (
    "Search Backend failed: Exception:\n'retstart' cannot be larger than 9998. For PubMed, ESearch "
    "can only retrieve the first 9,999 records matching the query. To obtain more than 9,999 "
    "PubMed records, consider using EDirect that contains additional logic to batch PubMed search "
    "results automatically so that an arbitrary number can be retrieved. For details see "
    "https://www.ncbi.nlm.nih.gov/books/NBK25499/"
)
_DTD = "https://eutils.ncbi.nlm.nih.gov/eutils/dtd"
_DOCTYPES = {
    "eSearchResult": ("esearch 20060628", "20060628/esearch.dtd"),
    "ePostResult": ("epost 20090526", "20090526/epost.dtd"),
    "eSummaryResult": ("esummary v1 20041029", "20041029/esummary-v1.dtd"),
    "eLinkResult": ("elink 20101123", "20101123/elink.dtd"),
    "eInfoResult": ("einfo 20190110", "20190110/einfo.dtd"),
    "eSpellResult": ("eSpell 20091019", "20091019/eSpell.dtd"),
}
_ROOTS = {
    "efetch": "eFetchResult",
    "einfo": "eInfoResult",
    "elink": "eLinkResult",
    "epost": "ePostResult",
    "esearch": "eSearchResult",
    "espell": "eSpellResult",
    "esummary": "eSummaryResult",
}
#: Names that NCBI gives the fields; only those that the server knows.
_FIELDS = (
    ("ALL", "All Fields", "All terms from all searchable fields", "N"),
    ("UID", "UID", "Unique number assigned to publication", "N"),
    ("TITL", "Title", "Words in title of publication", "N"),
    ("TIAB", "Title/Abstract", "Free text associated with Abstract/Title", "N"),
    ("WORD", "Text Word", "Free text associated with publication", "N"),
    ("MESH", "MeSH Terms", "Medical Subject Headings assigned to publication", "N"),
    ("PTYP", "Publication Type", "Type of publication (e.g., review)", "N"),
    ("LANG", "Language", "Language of publication", "N"),
    ("JOUR", "Journal", "Journal abbreviation of publication", "N"),
    ("AUTH", "Author", "Author(s) of publication", "N"),
    ("PDAT", "Date - Publication", "Date of publication", "Y"),
    ("EDAT", "Date - Entry", "Date publication first accessible through Entrez", "Y"),
    ("MDAT", "Date - Modification", "Date of last modification", "Y"),
    ("MHDA", "Date - MeSH", "Date publication was indexed with MeSH terms", "Y"),
)


@dataclass(frozen=True)
class Response:
    """An answer before it goes out."""

    status: int
    kind: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def with_body(self, body: bytes) -> Response:
        """The same with another body."""
        return replace(self, body=body)


def xml_response(root: str, inner: str, status: int = 200) -> Response:
    """A document with NCBI's head."""
    name, place = _DOCTYPES.get(root, ("", ""))
    doctype = (
        f'<!DOCTYPE {root} PUBLIC "-//NLM//DTD {name}//EN" "{_DTD}/{place}">\n' if name else ""
    )
    text = f'<?xml version="1.0" encoding="UTF-8" ?>\n{doctype}<{root}>{inner}</{root}>\n'
    return Response(status, "text/xml; charset=UTF-8", text.encode())


def error_xml(utility: str, text: str, status: int = 200) -> Response:
    """An error in the words and the document of a utility."""
    return xml_response(_ROOTS[utility], f"<ERROR>{escape(text)}</ERROR>", status)


def json_response(data: Mapping[str, Any], status: int = 200) -> Response:
    """Data as JSON."""
    return Response(status, "application/json; charset=UTF-8", json.dumps(data).encode() + b"\n")


def text_response(text: str) -> Response:
    """Plain text."""
    return Response(200, "text/plain; charset=UTF-8", text.encode())


@dataclass(frozen=True)
class SearchPage:
    """What ESearch says."""

    count: int
    start: int
    pmids: Sequence[str]
    translation: str
    place: tuple[str, int] | None = None
    message: str = ""
    unknown_field: str = ""


def search_xml(page: SearchPage) -> Response:
    """ESearch in XML."""
    history = ""
    if page.place is not None:
        history = f"<QueryKey>{page.place[1]}</QueryKey><WebEnv>{page.place[0]}</WebEnv>"
    listed = "".join(f"<Id>{pmid}</Id>\n" for pmid in page.pmids)
    inner = (
        f"<Count>{page.count}</Count><RetMax>{len(page.pmids)}</RetMax>"
        f"<RetStart>{page.start}</RetStart>{history}<IdList>\n{listed}</IdList><TranslationSet/>"
        f"<QueryTranslation>{escape(page.translation)}</QueryTranslation>"
    )
    if page.unknown_field:
        name = escape(page.unknown_field)
        inner += f"<ErrorList><FieldNotFound>{name}</FieldNotFound></ErrorList>"
    if page.message:
        note = escape(page.message)
        inner += f"<WarningList><OutputMessage>{note}</OutputMessage></WarningList>"
    return xml_response("eSearchResult", inner)


def search_json(page: SearchPage) -> Response:
    """ESearch in JSON, where numbers are text."""
    result: dict[str, Any] = {
        "count": str(page.count),
        "retmax": str(len(page.pmids)),
        "retstart": str(page.start),
    }
    if page.place is not None:
        result |= {"querykey": str(page.place[1]), "webenv": page.place[0]}
    result |= {
        "idlist": list(page.pmids),
        "translationset": [],
        "querytranslation": page.translation,
    }
    if page.unknown_field:
        result["errorlist"] = {"phrasesnotfound": [], "fieldsnotfound": [page.unknown_field]}
    if page.message:
        notes: dict[str, list[str]] = {"phrasesignored": [], "quotedphrasesnotfound": []}
        result["warninglist"] = {**notes, "outputmessages": [page.message]}
    head = {"type": "esearch", "version": "0.3"}
    return json_response({"header": head, "esearchresult": result})


def summaries_xml(found: Iterable[tuple[str, Citation | None]]) -> Response:
    """ESummary, version 1."""
    parts = []
    for pmid, one in found:
        if one is None:
            parts.append(f"<ERROR>UID={pmid}: cannot get document summary</ERROR>\n")
            continue
        items = "".join(
            f'<Item Name="{name}" Type="{kind}">{escape(value)}</Item>'
            for name, kind, value in (
                ("PubDate", "Date", one.medline_date or one.published or ""),
                ("Source", "String", one.journal.iso or ""),
                ("Title", "String", one.title),
                ("DOI", "String", one.doi or ""),
            )
        )
        parts.append(f"<DocSum><Id>{one.pmid}</Id>{items}</DocSum>\n")
    return xml_response("eSummaryResult", "".join(parts))


def summaries_v2_xml(found: Iterable[tuple[str, Citation | None]]) -> Response:
    """ESummary, version 2.0, which EDirect asks for."""
    parts = []
    for pmid, one in found:
        inner = "<error>cannot get document summary</error>"
        if one is not None:
            values = {
                "PubDate": one.medline_date or one.published or "",
                "Source": one.journal.iso or "",
                "Title": one.title,
                "FullJournalName": one.journal.title or "",
            }
            inner = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in values.items())
        parts.append(f'<DocumentSummary uid="{pmid}">{inner}</DocumentSummary>\n')
    listed = f'<DocumentSummarySet status="OK">\n{"".join(parts)}</DocumentSummarySet>'
    text = f'<?xml version="1.0" encoding="UTF-8" ?>\n<eSummaryResult>{listed}</eSummaryResult>\n'
    return Response(200, "text/xml; charset=UTF-8", text.encode())


def summaries_json(found: Iterable[tuple[str, Citation | None]]) -> Response:
    """ESummary in JSON."""
    result: dict[str, Any] = {"uids": []}
    for pmid, one in found:
        result["uids"].append(pmid)
        result[pmid] = {"uid": pmid, "error": "cannot get document summary"}
        if one is not None:
            names = [f"{a.last} {a.initials}" for a in one.authors if a.last]
            result[pmid] = {
                "uid": pmid,
                "pubdate": one.medline_date or one.published or "",
                "epubdate": one.published_electronic or "",
                "source": one.journal.iso or "",
                "authors": [{"name": name, "authtype": "Author"} for name in names],
                "title": one.title,
                "lang": list(one.languages),
                "pubtype": list(one.publication_types),
                "fulljournalname": one.journal.title or "",
                "elocationid": f"doi: {one.doi}" if one.doi else "",
            }
    head = {"type": "esummary", "version": "0.3"}
    return json_response({"header": head, "result": result})


def links_xml(groups: Iterable[tuple[Sequence[str], Sequence[str]]], linkname: str) -> Response:
    """ELink: for each group of PMIDs, what they are linked to."""
    sets = []
    for sources, targets in groups:
        listed = "".join(f"<Id>{pmid}</Id>" for pmid in sources)
        linked = "".join(f"<Link><Id>{pmid}</Id></Link>" for pmid in targets)
        database = f"<DbTo>pubmed</DbTo><LinkName>{escape(linkname)}</LinkName>"
        links = f"<LinkSetDb>{database}{linked}</LinkSetDb>" if targets else ""
        sets.append(f"<LinkSet><DbFrom>pubmed</DbFrom><IdList>{listed}</IdList>{links}</LinkSet>")
    return xml_response("eLinkResult", "\n".join(sets))


def fields_xml(database: str | None) -> Response:
    """EInfo: the databases, or the fields of PubMed."""
    if database is None:
        return xml_response("eInfoResult", "<DbList><DbName>pubmed</DbName></DbList>")
    fields = "".join(
        f"<Field><Name>{name}</Name><FullName>{full}</FullName><Description>{escape(what)}"
        f"</Description><TermCount>0</TermCount><IsDate>{is_date}</IsDate><IsNumerical>N"
        "</IsNumerical><SingleToken>N</SingleToken><Hierarchy>N</Hierarchy><IsHidden>N</IsHidden>"
        "</Field>"
        for name, full, what, is_date in _FIELDS
    )
    return xml_response(
        "eInfoResult",
        "<DbInfo><DbName>pubmed</DbName><MenuName>PubMed</MenuName><Description>PubMed "
        f"bibliographic record</Description><FieldList>{fields}</FieldList></DbInfo>",
    )


def spelling_xml(query: str, corrected: str) -> Response:
    """ESpell."""
    return xml_response(
        "eSpellResult",
        f"<Database>pubmed</Database><Query>{escape(query)}</Query><CorrectedQuery>"
        f"{escape(corrected)}</CorrectedQuery><SpelledQuery/><ERROR/>",
    )


def medline_text(citations: Iterable[Citation]) -> Response:
    """The tagged format, its main fields."""
    records = []
    for one in citations:
        lines = [("PMID", one.pmid), ("TI", one.title), ("DP", one.medline_date or one.published)]
        lines += [("LA", language) for language in one.languages]
        lines += [("PT", kind) for kind in one.publication_types]
        lines += [("TA", one.journal.medline_ta), ("LID", f"{one.doi} [doi]" if one.doi else None)]
        records.append("".join(f"{tag:<4}- {value}\n" for tag, value in lines if value))
    return text_response("\n" + "\n".join(records))
