"""What can go wrong between us and NCBI.

EvidenceError
├── InputError         no e-mail, a PMID that is none, since after until (status 2)
└── EntrezError        NCBI could not be asked, or did not answer so that one can rely on it
    ├── NetworkError      no connection, a time limit, a connection that broke off
    ├── RefusedError      NCBI said no, and will say no again: bad key, blocked, bad request
    ├── AnswerError       an answer that cannot be used: HTML, cut, an error inside, not XML
    ├── OverflowedError   more matches than can be fetched, however they are cut
    └── IncompleteError   fewer records than asked for, without a reason given by NCBI

None of them shows the API key: texts of NCBI go through :func:`scrub`, and errors are raised
outside of ``except`` blocks, so that no chained exception carries what was left out.
"""

from __future__ import annotations

import re
from urllib.parse import quote, quote_plus

from evidence_tools.errors import EvidenceError

__all__ = [
    "AnswerError",
    "EntrezError",
    "IncompleteError",
    "NetworkError",
    "OverflowedError",
    "RefusedError",
    "scrub",
]

_LONGEST = 200


class EntrezError(EvidenceError):
    """NCBI could not be asked, or its answer cannot be relied on.

    Attributes
    ----------
    damaged : bool
        Whether the body of an answer was bad, so that asking for less may bring it.
    """

    damaged: bool = False


class NetworkError(EntrezError):
    """No answer: no connection, a time limit passed, or the connection broke off."""


class RefusedError(EntrezError):
    """NCBI refuses, and will refuse again: asking once more is of no use."""


class AnswerError(EntrezError):
    """An answer came that cannot be used."""


class OverflowedError(EntrezError):
    """A search finds more than can be fetched, however its matches are cut."""


class IncompleteError(EntrezError):
    """Records asked for are missing, and NCBI gave no reason.

    Parameters
    ----------
    what, expected, where, fix : str
        As in :class:`~evidence_tools.errors.EvidenceError`.
    pmids : tuple of str
        What is missing; empty where it is not known.
    """

    def __init__(
        self,
        what: str,
        *,
        expected: str = "",
        where: str = "",
        fix: str = "",
        pmids: tuple[str, ...] = (),
    ) -> None:
        super().__init__(what, expected=expected, where=where, fix=fix)
        self.pmids = pmids


def scrub(text: str, key: str | None = None) -> str:
    r"""Text of NCBI, fit to be shown: without the key, without markup, one short line.

    NCBI repeats a key that it refuses in the body of its refusal.

    >>> scrub('<ERROR>API key s3cret\n is invalid</ERROR>', "s3cret")
    'API key *** is invalid'
    """
    if key:
        for form in {key, quote(key), quote_plus(key)}:
            text = text.replace(form, "***")
    text = re.sub(r"<[^<>]*>", " ", text)
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
