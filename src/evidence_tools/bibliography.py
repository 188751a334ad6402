"""Records ⇄ ``references.bib``, written and read by bibtexparser: sorted, stable, unicode kept.

Field names follow biblatex for identifiers, as Zotero and JabRef do: ``doi``, ``pmid``, ``pmcid``;
an article number stands in ``pages``, which every reader shows, and is read from ``eid`` as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from bibtexparser.entrypoint import parse_string, write_string
from bibtexparser.library import Library
from bibtexparser.middlewares import default_unparse_stack
from bibtexparser.middlewares.names import (
    InvalidNameError,
    parse_single_name_into_parts,
    split_multiple_persons_names,
)
from bibtexparser.model import Entry, Field
from bibtexparser.writer import BibtexFormat
from pylatexenc import latex2text  # type: ignore[import-untyped]

from evidence_tools.errors import DataError
from evidence_tools.models import Record
from evidence_tools.names import OTHERS, Name, parse_given
from evidence_tools.references import Kind, Reference, parse_day_of, reference_of

__all__ = ["format_bibtex", "format_references", "parse_bibtex"]

#: Only what TeX would take for a command is escaped: accents and Greek stay readable Unicode.
_TEX_SPECIALS = {
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
#: BibTeX counts braces even behind a backslash, so a lone one needs a name.
_LONE_BRACES = {"{": r"\textbraceleft{}", "}": r"\textbraceright{}"}
#: Runs that TeX would set as one sign (-- as a dash, '' as a quotation mark) are parted.
_LIGATURE = re.compile(
    r"(?<=-)(?=-)|(?<=')(?=')|(?<=`)(?=`)|(?<=[?!])(?=`)|(?<=<)(?=<)|(?<=>)(?=>)"
)
#: Marks where such a run is parted; no reference holds it.
_PARTED = "\0"
#: What needs a change in a text; most have none.
_MEANT = re.compile(f"[{re.escape(''.join(_TEX_SPECIALS))}{{}}{_PARTED}]|{_LIGATURE.pattern}")
#: Identifiers and addresses are not typeset, so nothing but braces is escaped in them.
_VERBATIM = frozenset({"doi", "url", "pmid", "pmcid", "cochrane", "keywords", "isbn"})
_RETRACTED = "Retracted publication"

_ENTRY_TYPES = {
    Kind.ARTICLE: "article",
    Kind.REPORT: "techreport",
    Kind.DOCUMENT: "misc",
    Kind.DATASET: "dataset",
    Kind.ENTRY: "inreference",
}
#: Field that names the container of each kind.
_CONTAINERS = {
    Kind.ARTICLE: "journal",
    Kind.REPORT: "institution",
    Kind.DOCUMENT: "howpublished",
    Kind.DATASET: "publisher",
    Kind.ENTRY: "booktitle",
}
_KINDS = {
    **{name: kind for kind, name in _ENTRY_TYPES.items()},
    "report": Kind.REPORT,
    "incollection": Kind.ENTRY,
}


def format_bibtex(records: Iterable[Record]) -> str:
    """Return BibTeX of records, sorted by key.

    Fields that are from memory are left out, so that nobody cites what nobody saw.
    """
    return format_references(reference_of(record) for record in records)


def format_references(references: Iterable[Reference]) -> str:
    """Return BibTeX of references, sorted by key."""
    library = Library()
    for reference in sorted(references, key=lambda r: r.key):
        library.add(_entry(reference))
    style = BibtexFormat()
    style.indent = "  "
    style.trailing_comma = True
    style.block_separator = "\n"
    # The library is nobody else's, so that nothing need be copied before it is written.
    stack = default_unparse_stack(allow_inplace_modification=True)
    return write_string(library, stack, bibtex_format=style)


def _entry(reference: Reference) -> Entry:
    pages = reference.pages
    first, last = reference.part_pages()
    values = {
        "author": " and ".join(_format_name(name) for name in reference.authors),
        "title": reference.title,
        _CONTAINERS[reference.kind]: reference.container,
        "year": str(reference.year) if reference.year and not reference.date else None,
        "date": reference.date.isoformat() if reference.date else None,
        "volume": reference.volume,
        "number": reference.issue,
        "pages": f"{first}--{last}" if last else pages,
        "doi": reference.doi,
        "pmid": reference.pmid,
        "pmcid": reference.pmcid,
        "cochrane": reference.cochrane,
        "isbn": reference.isbn,
        "version": reference.version,
        "url": reference.link,
        "note": _RETRACTED if reference.retracted else None,
        "keywords": ", ".join(reference.keywords),
    }
    fields = []
    for name, value in values.items():
        if not value:
            continue
        if name == "title":
            value = _protect(value)
        elif name in _VERBATIM:
            value = _brace(value)
        elif name == "pages" and last:
            value = f"{_escape(first or '')}--{_escape(last)}"
        elif name != "author":
            value = _escape(value)
        fields.append(Field(name, value))
    return Entry(_ENTRY_TYPES[reference.kind], reference.key, fields)


def _balanced(text: str) -> bool:
    depth = 0
    for letter in text:
        depth += (letter == "{") - (letter == "}")
        if depth < 0:
            return False
    return depth == 0


def _brace(text: str) -> str:
    """Escape what would end a field that is not typeset."""
    return re.sub(r"[{}\\]", lambda found: f"\\{found[0]}", text)


def _escape(text: str, *, balanced: bool | None = None) -> str:
    if not _MEANT.search(text):
        return text
    whole = _balanced(text) if balanced is None else balanced
    braces = {"{": r"\{", "}": r"\}"} if whole else _LONE_BRACES
    escapes = {**_TEX_SPECIALS, **braces, _PARTED: "{}"}
    return "".join(escapes.get(letter, letter) for letter in _LIGATURE.sub(_PARTED, text))


def _protect(title: str) -> str:
    """Escape a title, and put braces around words whose capitals a style must not change.

    Styles set titles in small letters but for what stands in braces. In a title that is in small
    letters already, every capital after the first word is meant; in one that has capitals
    throughout, only a word with a capital further in (``DOMS``, ``McKenzie``) is.
    """
    balanced = _balanced(title)
    # Words of a headline: long, and with no capital further in.
    long = re.findall(r"(?<=\W)[^\W\d_][^\W\d_A-Z]{3,}\b", title)
    headline = sum(word[0].isupper() for word in long) * 2 > len(long)
    shown = []
    opening = True
    for part in re.split(r"([^\w{}\\<>'`]+)", _LIGATURE.sub(_PARTED, title)):
        inside = any(letter.isupper() for letter in part[1:])
        meant = inside or (not headline and not opening and part[:1].isupper())
        if meant and not set(part) & set("{}\\<>'`"):
            shown.append(f"{{{_escape(part, balanced=balanced)}}}")
        else:
            shown.append(_escape(part, balanced=balanced))
        if part:
            opening = bool(re.search(r"[:?.!–—]|\B-", part))
    return "".join(shown)


def _format_name(name: Name) -> str:
    """Write a name as ``Furlan, A. D.`` or ``Koc, Jr, T. A.``; a body is braced as one.

    >>> _format_name(Name("van der Berg", "A. B."))
    'van der Berg, A. B.'
    >>> _format_name(Name("American College of Physicians", collective=True))
    '{American College of Physicians}'
    """
    if name == OTHERS:
        return "others"
    family = _escape(name.family)
    if name.collective:
        return f"{{{family}}}"
    parts = [family, _escape(name.suffix), _escape(name.given)]
    return ", ".join(part for part in parts if part)


def parse_bibtex(text: str, where: str = "references.bib") -> tuple[Reference, ...]:
    """Read references from BibTeX or biblatex, ours or another program's.

    Raises
    ------
    DataError
        When a block cannot be parsed: its line.
    """
    library = parse_string(text)
    if library.failed_blocks:
        broken = library.failed_blocks[0]
        raise DataError(
            "an entry cannot be parsed",
            expected="BibTeX, each key once",
            where=f"{where}:{(broken.start_line or 0) + 1}",
            fix="mend the entry, or export it again",
        )
    return tuple(_read_entry(entry) for entry in library.entries)


def _read_entry(entry: Entry) -> Reference:
    raw = {field.key.lower(): str(field.value) for field in entry.fields}
    kind = _KINDS.get(entry.entry_type.lower(), Kind.DOCUMENT)
    plain = {
        name: _unbrace(value) if name in _VERBATIM else _decode(value)
        for name, value in raw.items()
        if name != "author"
    }

    def first_of(*names: str) -> str | None:
        return next((plain[name] for name in names if plain.get(name)), None)

    date = first_of("date")
    year = first_of("year", "date")
    pages = first_of("pages", "eid")
    reference = Reference(
        key=entry.key,
        kind=kind,
        title=first_of("title"),
        authors=_read_names(raw.get("author", "")),
        container=first_of(
            _CONTAINERS[kind], "journaltitle", "institution", "publisher", "organization"
        ),
        year=int(year[:4]) if year and year[:4].isdigit() else None,
        date=parse_day_of(date) if date else None,
        volume=first_of("volume"),
        issue=first_of("number", "issue"),
        pages=re.sub(r"-+|\N{EN DASH}", "-", pages) if pages else None,
        doi=first_of("doi"),
        pmid=first_of("pmid"),
        pmcid=first_of("pmcid"),
        isbn=first_of("isbn"),
        version=first_of("version"),
        keywords=tuple(k for k in re.split(r"\s*[,;]\s*", plain.get("keywords", "")) if k),
        retracted=plain.get("note") == _RETRACTED,
    )
    return reference.with_url(first_of("url"))


def _read_names(text: str) -> tuple[Name, ...]:
    return tuple(_read_name(name) for name in split_multiple_persons_names(text) if name)


def _read_name(text: str) -> Name:
    if text == "others":
        return OTHERS
    if text.startswith("{") and text.endswith("}") and _balanced(text[1:-1]):
        return Name(_decode(text), collective=True)
    try:
        parts = parse_single_name_into_parts(text, strict=False)
    except InvalidNameError:
        return Name(_decode(text), collective=True)
    family = " ".join(_decode(word) for word in [*parts.von, *parts.last])
    given, _ = parse_given(" ".join(_decode(word) for word in parts.first))
    return Name(family, given, " ".join(_decode(word) for word in parts.jr))


def _unbrace(text: str) -> str:
    return re.sub(r"\\([{}\\])", r"\1", text)


def _latex_decoder() -> latex2text.LatexNodes2Text:
    """Decoder of TeX that knows our escapes."""
    known = latex2text.get_default_latex_context_db()
    known.add_context_category(
        "ours",
        prepend=True,
        macros=[
            latex2text.MacroTextSpec("textasciicircum", "^"),
            latex2text.MacroTextSpec("textbraceleft", "{"),
            latex2text.MacroTextSpec("textbraceright", "}"),
        ],
    )
    return latex2text.LatexNodes2Text(latex_context=known, keep_comments=True)


_DECODER = _latex_decoder()


def _decode(text: str) -> str:
    """Turn TeX into text: accents, Greek, escapes; white space becomes one blank."""
    if not re.search(r"[\\{}$~%]|--|``|''|[?!]`|<<|>>", text):
        return " ".join(text.split())
    return " ".join(_DECODER.latex_to_text(text).split())
