"""The formats of references by name: how each is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from evidence_tools.bibliography import format_references
from evidence_tools.exports.csl import format_csl
from evidence_tools.exports.nbib import format_nbib
from evidence_tools.exports.ris import format_ris
from evidence_tools.references import Reference

__all__ = ["WRITERS"]

#: Name on the command line → writer; ``bib`` and ``bibtex`` are one.
WRITERS: Mapping[str, Callable[[Iterable[Reference]], str]] = {
    "bib": format_references,
    "bibtex": format_references,
    "ris": format_ris,
    "nbib": format_nbib,
    "csl": format_csl,
}
