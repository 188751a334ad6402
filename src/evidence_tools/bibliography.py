"""Records → ``references.bib``, written by bibtexparser: sorted, stable, unicode kept."""

from __future__ import annotations

from collections.abc import Iterable

from bibtexparser.entrypoint import write_string
from bibtexparser.library import Library
from bibtexparser.model import Entry, Field
from bibtexparser.writer import BibtexFormat

from evidence_tools.identifiers import cochrane_number, doi_url, pubmed_url
from evidence_tools.models import Record
from evidence_tools.vocab import Design

__all__ = ["format_bibtex"]

#: Only what TeX would take for a command is escaped: accents and Greek stay readable Unicode.
_TEX_SPECIALS = {
    ord("&"): r"\&",
    ord("%"): r"\%",
    ord("$"): r"\$",
    ord("#"): r"\#",
    ord("_"): r"\_",
    ord("{"): r"\{",
    ord("}"): r"\}",
    ord("\\"): r"\textbackslash{}",
    ord("~"): r"\textasciitilde{}",
    ord("^"): r"\textasciicircum{}",
}
#: Identifiers and addresses are not typeset, so nothing in them is escaped.
_VERBATIM = frozenset({"doi", "url", "pmid", "pmcid", "cochrane", "keywords"})


def format_bibtex(records: Iterable[Record]) -> str:
    """Return BibTeX (biblatex field names for identifiers) of records, sorted by key.

    Fields that are from memory are left out, so that nobody cites what nobody saw.
    """
    library = Library()
    for record in sorted(records, key=lambda r: r.key):
        library.add(_entry(record))
    style = BibtexFormat()
    style.indent = "  "
    style.trailing_comma = True
    style.block_separator = "\n"
    return write_string(library, bibtex_format=style)


def _entry(record: Record) -> Entry:
    memory = record.memory_fields
    number = cochrane_number(record.doi)
    pages = (record.pages or "").replace("\N{EN DASH}", "-").replace("-", "--")
    values = {
        "author": " and ".join(_author(name) for name in record.authors),
        "title": record.title,
        "journal": record.journal,
        "year": str(record.year) if record.year else None,
        "volume": record.volume,
        "number": record.issue,
        "pages": pages,
        "doi": record.doi,
        "pmid": record.pmid,
        "pmcid": record.pmcid,
        "cochrane": number,
        "url": (doi_url(record.doi) if record.doi else None)
        or (pubmed_url(record.pmid) if record.pmid else None),
        "keywords": str(record.design),
    }
    hidden = {"author": "authors", "number": "issue", "url": "doi", "cochrane": "doi"}
    fields = [
        Field(name, value if name in _VERBATIM | {"author"} else value.translate(_TEX_SPECIALS))
        for name, value in values.items()
        if value and hidden.get(name, name) not in memory and "*" not in memory
    ]
    kind = "misc" if record.design is Design.REPORT or not record.journal else "article"
    return Entry(kind, record.key, fields)


def _author(name: str) -> str:
    """Turn ``Furlan AD`` into ``Furlan, A. D.``; a collective name is braced as one.

    >>> _author("van der Berg AB")
    'van der Berg, A. B.'
    >>> _author("American College of Physicians")
    '{American College of Physicians}'
    """
    family, _, initials = name.rpartition(" ")
    escaped = name.translate(_TEX_SPECIALS)
    if not family or not initials.isalpha() or not initials.isupper() or len(initials) > 4:
        return f"{{{escaped}}}" if " " in name else escaped
    return f"{family.translate(_TEX_SPECIALS)}, {' '.join(letter + '.' for letter in initials)}"
