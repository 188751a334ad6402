"""Write citations as files that people export by hand: NBIB as PubMed does, RIS as others do."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from evidence_tools.literature.citations import Author, Citation, MeshHeading
from evidence_tools.literature.medline import LINK_TAGS

__all__ = ["nbib_text", "ris_text"]

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TAG_OF = {kind: tag for tag, kind in LINK_TAGS.items()}
Line = tuple[str, str | None]


def nbib_text(citations: Iterable[Citation]) -> str:
    """Make the text of an NBIB file, lines wrapped as PubMed wraps them."""
    return "\n".join("".join(_wrap(tag, text) for tag, text in _nbib(one)) for one in citations)


def _wrap(tag: str, text: str | None) -> str:
    if text is None:
        return ""
    lines = textwrap.wrap(text, 80, break_long_words=False, break_on_hyphens=False) or [""]
    return f"{tag:<4}- " + "\n      ".join(lines) + "\n"


def _compact(day: str | None) -> str | None:
    return day.replace("-", "") if day else None


def _slashed(day: str | None) -> str | None:
    return f"{day.replace('-', '/')} 06:00" if day else None


def _dp(citation: Citation) -> str | None:
    if citation.medline_date or not citation.published:
        return citation.medline_date
    year, *rest = citation.published.split("-")
    month = [_MONTHS[int(rest[0]) - 1]] if rest else []
    return " ".join([year, *month, *(str(int(day)) for day in rest[1:])])


def _nbib(citation: Citation) -> Iterator[Line]:
    journal = citation.journal
    yield "PMID", citation.pmid
    yield "OWN", "NLM"
    yield "STAT", citation.status
    yield "DCOM", _compact(citation.completed)
    yield "LR", _compact(citation.revised)
    yield "IS", f"{journal.issn} (Electronic)" if journal.issn else None
    yield "IS", f"{journal.issn_linking} (Linking)" if journal.issn_linking else None
    yield "VI", citation.volume
    yield "IP", citation.issue
    yield "DP", _dp(citation)
    yield "TI", citation.title
    yield "BTI", citation.book_title
    yield "PB", citation.publisher
    yield "PG", citation.pages
    yield "LID", f"{citation.doi} [doi]" if citation.doi else None
    sections = (f"{p.label}: {p.text}" if p.label else p.text for p in citation.abstract)
    yield "AB", " ".join(sections) or None
    for part in citation.other_abstracts:
        yield "OAB", part.text
        yield "OABL", part.language
    for author in citation.authors:
        yield from _nbib_author(author)
    yield from (("LA", language) for language in citation.languages)
    yield from (("SI", f"{one.bank}/{one.number}") for one in citation.accessions)
    for grant in citation.grants:
        parts = (grant.number, grant.acronym, grant.agency, grant.country)
        yield "GR", "/".join(part for part in parts if part)
    yield from (("PT", name) for name in citation.publication_types)
    yield "TT", citation.vernacular_title
    yield "DEP", _compact(citation.published_electronic)
    yield "PL", citation.country
    yield "TA", journal.medline_ta
    yield "JT", journal.title
    yield "JID", journal.nlm_id
    yield from (("RN", f"{one.registry_number or 0} ({one.name})") for one in citation.substances)
    yield from (("SB", name) for name in citation.subsets)
    for link in citation.links:
        pmid = f". PMID: {link.pmid}" if link.pmid else ""
        if link.kind in _TAG_OF:
            yield _TAG_OF[link.kind], f"{link.source}{pmid}{' ' + link.note if link.note else ''}"
    yield from (("MH", _heading(heading)) for heading in citation.mesh)
    yield from (("OT", word) for word in citation.keywords)
    yield "COIS", citation.conflict_of_interest
    yield "EDAT", _slashed(citation.entrez_date)
    yield "MHDA", _slashed(citation.mesh_date)
    yield "AID", f"{citation.pii} [pii]" if citation.pii else None
    yield "AID", f"{citation.book_accession} [bookaccession]" if citation.book_accession else None
    yield "AID", f"{citation.doi} [doi]" if citation.doi else None
    yield "PMC", citation.pmcid
    yield "PST", "ppublish"


def _nbib_author(author: Author) -> Iterator[Line]:
    if author.collective:
        yield "CN", author.collective
    else:
        full = (author.fore, author.suffix) if author.suffix else (author.fore,)
        yield "FAU", ", ".join(part or "" for part in (author.last, *full))
        yield "AU", " ".join(filter(None, (author.last, author.initials, author.suffix)))
        yield "AUID", f"ORCID: {author.orcid}" if author.orcid else None
    yield from (("AD", place) for place in author.affiliations)


def _heading(heading: MeshHeading) -> str:
    parts = [("*" if heading.major else "") + heading.name]
    parts += [("*" if one.major else "") + one.name for one in heading.qualifiers]
    return "/".join(parts)


def ris_text(citations: Iterable[Citation]) -> str:
    """Make the text of a RIS file, with the PMID as accession number of PubMed."""
    return "\n".join(
        "".join(f"{tag}  - {text}\n" for tag, text in _ris(one) if text is not None)
        for one in citations
    )


def _ris(citation: Citation) -> Iterator[Line]:
    start, _, end = (citation.pages or "").partition("-")
    yield "TY", "CHAP" if citation.is_book else "JOUR"
    yield "DB", "PubMed"
    yield "AN", citation.pmid
    yield "TI", citation.title
    for author in citation.authors:
        parts = (author.last, author.fore, author.suffix)
        yield "AU", author.collective or ", ".join(part for part in parts if part)
    yield "AB", " ".join(part.text for part in citation.abstract) or None
    yield "T2", citation.book_title or citation.journal.title
    yield "J2", citation.journal.iso
    yield "SN", citation.journal.issn
    yield "VL", citation.volume
    yield "IS", citation.issue
    yield "SP", start or None
    yield "EP", end or None
    yield "PY", citation.published[:4] if citation.published else None
    yield "DA", f"{citation.published.replace('-', '/')}/" if citation.published else None
    yield from (("KW", word) for word in citation.keywords)
    yield from (("LA", language) for language in citation.languages)
    yield "C2", citation.pmcid
    yield "DO", citation.doi
    yield "PB", citation.publisher
    yield "ER", ""
