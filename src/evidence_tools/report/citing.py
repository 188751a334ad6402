"""What the "cite this" boxes of the site hold: one thing in every style and every format.

The same words as ``evidence cite`` prints. Setting a reference takes citeproc-py some milliseconds
a style; the things of this review differ only in title, key and address, so one of them is set with
marks in these places, and the rest is filled in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from html import escape

from markupsafe import Markup

from evidence_tools.assessment import Assessment
from evidence_tools.exports.citable import find_reference
from evidence_tools.exports.formats import WRITERS
from evidence_tools.exports.styles import load_style
from evidence_tools.references import Reference

__all__ = ["CiteBox", "Citer"]

STYLES = {"vancouver": "Vancouver", "apa": "APA", "ama": "AMA"}
FORMATS = {"bibtex": "BibTeX", "csl": "CSL-JSON", "ris": "RIS", "nbib": "NBIB (PubMed)"}
#: Digits: no style changes their case. They stand in no title and no address.
_TITLE, _ADDRESS = "70719203041", "70719203042"


#: A list of whole numbers, or a list of one such, as JSON.
_NUMBERS = re.compile(r"\[\s*\[[\d,\s]+\]\s*\]")


@dataclass(frozen=True)
class CiteBox:
    """How one thing is cited: by the name of each style as HTML, of each format as text."""

    identifier: str
    styles: dict[str, Markup]
    formats: dict[str, str]


class Citer:
    """Makes the boxes of one site.

    Parameters
    ----------
    assessment : Assessment
        The evidence base as judged on a day.
    published : str
        Address under which the site is published; without it, addresses lead from its top.
    """

    def __init__(self, assessment: Assessment, published: str = "") -> None:
        self._assessment = assessment
        self._published = published
        self._patterns: dict[tuple[str, Reference], str] = {}

    def box(self, identifier: str) -> CiteBox:
        """Return the box of a question, a claim, a cell or the whole."""
        reference = find_reference(self._assessment, identifier, self._published)
        return CiteBox(
            identifier,
            {name: Markup(self._set(style, reference)) for style, name in STYLES.items()},  # noqa: S704 -- every text in it is escaped
            _formats(reference),
        )

    def source(self, key: str) -> CiteBox:
        """Return the formats of a source; the site sets its reference itself."""
        reference = find_reference(self._assessment, key, self._published)
        return CiteBox(key, {}, _formats(reference))

    def _set(self, style: str, reference: Reference) -> str:
        marked = replace(reference, key="x", title=_TITLE, url=_ADDRESS)
        pattern = self._patterns.get((style, marked))
        if pattern is None:
            [pattern] = load_style(style).render([marked], html=True)
            self._patterns[style, marked] = pattern
        title, url = reference.title or "", reference.url or ""
        if pattern.count(_TITLE) != 1 or not title:
            [whole] = load_style(style).render([reference], html=True)
            return whole
        # The version follows the title, so that its full stop goes, as in the style.
        filled = pattern.replace(_TITLE, escape(title.rstrip("."), quote=False))
        return filled.replace(_ADDRESS, escape(url, quote=False))


def _formats(reference: Reference) -> dict[str, str]:
    found = {name: WRITERS[kind]([reference]).strip() for kind, name in FORMATS.items()}
    # A date stands on one line: a box is read by people, too.
    found["CSL-JSON"] = _NUMBERS.sub(_on_one_line, found["CSL-JSON"])
    return found


def _on_one_line(found: re.Match[str]) -> str:
    return " ".join(found[0].split()).replace("[ ", "[").replace(" ]", "]")
