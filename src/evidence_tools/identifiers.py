"""Normalise, check and format the identifiers of sources and findings.

Forms and check sums come from the issuing bodies: PMID and PMCID (NLM), DOI (ISO 26324), ORCID and
ISSN (ISO 7064 / ISO 3297). A PMID has no check digit: only its form can be checked offline.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from evidence_tools.errors import DataError

__all__ = [
    "NCBI",
    "FindingRef",
    "cochrane_number",
    "doi_url",
    "parse_doi",
    "parse_finding_ref",
    "parse_key",
    "parse_pmcid",
    "parse_pmid",
    "pmcid_url",
    "pubmed_url",
]

#: Address of NCBI's E-utilities; a run is one of PubMed only if this was asked.
NCBI = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/"

_DOI = re.compile(r"10\.\d{4,9}/\S+")
_KEY = re.compile(r"[a-z][a-z0-9_]{2,47}")
_COCHRANE = re.compile(r"10\.1002/14651858\.(CD\d{6}|MR\d{6})(?:\.pub\d+)?", re.IGNORECASE)


class FindingRef(NamedTuple):
    """A finding's address: the key of its record and its number there, as in ``furlan2015:f2``."""

    record: str
    finding: str

    def __str__(self) -> str:
        return f"{self.record}:{self.finding}"


def parse_pmid(text: str) -> str:
    """Return a PMID as digits without leading zeros.

    >>> parse_pmid("PMID: 26329399")
    '26329399'
    """
    digits = re.sub(r"^\s*(?:pmid:?\s*)?", "", text, flags=re.IGNORECASE).strip()
    if not re.fullmatch(r"[1-9]\d{0,7}", digits):
        raise DataError(f"{text!r} is not a PMID", expected="one to eight digits, such as 26329399")
    return digits


def parse_pmcid(text: str) -> str:
    """Return a PMCID in the form ``PMC1234567``.

    >>> parse_pmcid("pmc4687950")
    'PMC4687950'
    """
    found = re.fullmatch(r"\s*(?:pmc)?(\d{3,9})\s*", text, flags=re.IGNORECASE)
    if not found:
        raise DataError(f"{text!r} is not a PMCID", expected="PMC and digits, such as PMC4687950")
    return f"PMC{found[1]}"


def parse_doi(text: str) -> str:
    """Return a DOI without resolver address; DOIs compare without regard to case.

    >>> parse_doi("https://doi.org/10.7326/M16-2367")
    '10.7326/M16-2367'
    """
    bare = re.sub(r"^\s*(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", "", text, flags=re.IGNORECASE)
    bare = bare.strip()
    if not _DOI.fullmatch(bare):
        raise DataError(f"{text!r} is not a DOI", expected="10.<registrant>/<name>")
    return bare


def parse_key(text: str) -> str:
    """Return the key of a record, which is also its citation key and file name."""
    if not _KEY.fullmatch(text):
        raise DataError(
            f"{text!r} is not a record key",
            expected="3 to 48 small letters, digits or '_', first a letter, such as furlan2015",
        )
    return text


# The same few thousand are named again and again.
@lru_cache(maxsize=1 << 16)
def parse_finding_ref(text: str) -> FindingRef:
    """Parse ``key:fN``.

    >>> parse_finding_ref("furlan2015:f2").record
    'furlan2015'
    """
    key, colon, finding = text.partition(":")
    if not colon or not re.fullmatch(r"f[1-9]\d{0,2}", finding) or not _KEY.fullmatch(key):
        raise DataError(
            f"{text!r} does not name a finding",
            expected="<record key>:f<number>, such as furlan2015:f2",
        )
    return FindingRef(key, finding)


def cochrane_number(doi: str | None) -> str | None:
    """Cochrane review number with its version, read from the DOI.

    >>> cochrane_number("10.1002/14651858.CD001929.pub3")
    'CD001929.pub3'
    """
    if doi is None or not _COCHRANE.fullmatch(doi):
        return None
    return doi.partition("14651858.")[2]


def pubmed_url(pmid: str) -> str:
    """Address of a record's page on PubMed."""
    return f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/"


def pmcid_url(pmcid: str) -> str:
    """Address of an article's page on PubMed Central."""
    return f"https://pmc.ncbi.nlm.nih.gov/articles/{pmcid}/"


def doi_url(doi: str) -> str:
    """Address at which a DOI resolves, with the characters that break a URL encoded."""
    quoted = doi.replace("%", "%25").replace("<", "%3C").replace(">", "%3E").replace("#", "%23")
    return f"https://doi.org/{quoted.replace(' ', '%20').replace('?', '%3F')}"
