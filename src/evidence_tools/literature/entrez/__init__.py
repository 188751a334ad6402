"""Talk to PubMed through NCBI's E-utilities, on top of Bio.Entrez; only this opens a socket.

``transport`` sends one request within limits, ``bio`` holds Bio.Entrez, ``answers`` decides whether
an answer is one, ``limiter`` sets the pace, ``caller`` asks until there is an answer, ``reading``
and ``fetching`` make values of it, ``slices`` cuts what is too large, and :class:`Entrez` is what
the rest of the package sees.
"""

from __future__ import annotations

from evidence_tools.literature.entrez.client import DATE_TYPES, CountAnswer, Entrez, SearchAnswer
from evidence_tools.literature.entrez.errors import (
    AnswerError,
    EntrezError,
    IncompleteError,
    NetworkError,
    OverflowedError,
    RefusedError,
)
from evidence_tools.literature.entrez.fetching import Missing, Page
from evidence_tools.literature.entrez.limiter import Limiter
from evidence_tools.literature.entrez.reading import Field
from evidence_tools.literature.entrez.settings import NCBI, Settings, settings_from
from evidence_tools.literature.entrez.slices import Slice

__all__ = [
    "DATE_TYPES",
    "NCBI",
    "AnswerError",
    "CountAnswer",
    "Entrez",
    "EntrezError",
    "Field",
    "IncompleteError",
    "Limiter",
    "Missing",
    "NetworkError",
    "OverflowedError",
    "Page",
    "RefusedError",
    "SearchAnswer",
    "Settings",
    "Slice",
    "settings_from",
]
