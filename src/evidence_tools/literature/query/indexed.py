"""A citation as PubMed indexes it: which words, headings and days each field holds.

What a field holds is from the field descriptions in the PubMed User Guide. Everything is folded
when first asked for, and once only, however many queries are put to the citation.

A citation whose ``status`` is None did not come from PubMed in full (a record of ours, an export
from elsewhere): what it lacks PubMed may have, so a miss there is an open answer and not a no.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from evidence_tools.literature.citations import Citation
from evidence_tools.literature.folding import fold
from evidence_tools.literature.query.headings import fold_subheading

__all__ = ["NO", "TEXTS", "UNKNOWN", "VALUES", "YES", "Headings", "Indexed"]

#: The three answers as numbers: AND is the least, OR the greatest, NOT the distance from YES.
NO = 0
UNKNOWN = 1
YES = 2

#: Stands between two parts of a field, so that no phrase runs from one into the next.
_BREAK = " \x1f "
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
#: PubMed's months for seasons.
_SEASONS = {"winter": 1, "spring": 4, "summer": 7, "fall": 10, "autumn": 10}

_Texts = Callable[[Citation], Iterable[str | None]]

#: Fields of words and where they stand in a citation.
_OWN: Mapping[str, _Texts] = {
    "ti": lambda c: (c.title, c.book_title if c.book_title != c.title else None),
    "ab": lambda c: (c.abstract_text, *(part.text for part in c.other_abstracts)),
    "ot": lambda c: c.keywords,
    "tt": lambda c: (c.vernacular_title,),
    "ad": lambda c: (place for author in c.authors for place in author.affiliations),
    "cn": lambda c: (author.collective for author in c.authors),
    "cois": lambda c: (c.conflict_of_interest,),
    "gr": lambda c: (
        part for grant in c.grants
        for part in (grant.number, grant.agency, grant.acronym, grant.country)
    ),
    "nm": lambda c: (substance.name for substance in c.substances),
    "pubn": lambda c: (c.publisher,),
    "headings": lambda c: (
        part for heading in c.mesh
        for part in (heading.name, *(one.name for one in heading.qualifiers))
    ),
    "types": lambda c: c.publication_types,
    "notes": lambda c: (link.note for link in c.links),
    "sources": lambda c: (part for one in c.accessions for part in (one.bank, one.number)),
    "rest": lambda c: (
        *(name for author in c.authors for name in (author.last, author.fore, author.initials)),
        c.journal.title, c.journal.iso, c.journal.medline_ta, c.doi, c.pmcid, c.pmid,
        c.volume, c.issue, c.published,
    ),
}  # fmt: skip
_TIAB = ("ti", "ab", "ot")
_TW = (*_TIAB, "headings", "types", "nm", "cn", "sources", "notes")

#: Fields of words, and the parts that each is made of.
TEXTS: Mapping[str, tuple[str, ...]] = {
    **{name: (name,) for name in ("ti", "ab", "ot", "tt", "ad", "cn", "cois", "gr", "nm", "pubn")},
    "tiab": _TIAB,
    "tw": _TW,
    "all": (*_TW, "tt", "ad", "cois", "gr", "pubn", "rest"),
}

#: Fields that are compared as a whole.
VALUES: Mapping[str, _Texts] = {
    "aid": lambda c: (c.doi, c.pii, c.pmcid),
    "auid": lambda c: (author.orcid for author in c.authors),
    "ip": lambda c: (c.issue,),
    "jid": lambda c: (c.journal.nlm_id,),
    "lid": lambda c: (c.doi, c.pii),
    "pg": lambda c: ((c.pages or "").partition("-")[0],),
    "pl": lambda c: (c.country,),
    "rn": lambda c: (substance.registry_number for substance in c.substances),
    "si": lambda c: (
        part for one in c.accessions for part in (one.bank, one.number, f"{one.bank}/{one.number}")
    ),
    "ta": lambda c: _journal_names(c),
    "vi": lambda c: (c.volume,),
}


def _journal_names(citation: Citation) -> Iterable[str | None]:
    journal = citation.journal
    bare = re.sub(r"\s*\(.*?\)|^the\s+", "", journal.title or "", flags=re.IGNORECASE)
    return (journal.title, bare, journal.iso, journal.medline_ta, journal.issn,
            journal.issn_linking)  # fmt: skip


class Headings:
    """MeSH headings of a citation by name and by identifier, with their subheadings."""

    __slots__ = ("all", "major", "major_pairs", "pairs", "subheadings")

    def __init__(self, citation: Citation) -> None:
        self.all: set[str] = set()
        self.major: set[str] = set()
        self.pairs: set[tuple[str, str]] = set()
        self.major_pairs: set[tuple[str, str]] = set()
        self.subheadings: set[str] = set()
        for heading in citation.mesh:
            keys = (fold(heading.name), *((heading.ui,) if heading.ui else ()))
            self.all.update(keys)
            if heading.major or any(one.major for one in heading.qualifiers):
                self.major.update(keys)
            for one in heading.qualifiers:
                name = fold_subheading(one.name)
                self.subheadings.add(name)
                self.pairs.update((key, name) for key in keys)
                if one.major:
                    self.major_pairs.update((key, name) for key in keys)


class Indexed:
    """One citation, folded field by field as queries ask for it."""

    __slots__ = ("_cache", "_headings", "_texts", "_words", "citation", "memo", "thin")

    def __init__(self, citation: Citation) -> None:
        self.citation = citation
        self.thin = citation.status is None and not citation.is_book
        #: Answers of parts that several queries share.
        self.memo: dict[int, int] = {}
        self._texts: dict[str, str] = {}
        self._words: dict[str, frozenset[str]] = {}
        self._headings: Headings | None = None
        self._cache: dict[tuple[str, str], Any] = {}

    def text(self, name: str) -> str:
        """Folded text of a field, a blank at either end, its parts kept from each other."""
        whole = self._texts.get(name)
        if whole is None:
            parts = TEXTS.get(name, (name,))
            if parts == (name,):
                folded = [fold(one) for one in _OWN[name](self.citation) if one]
                whole = f" {_BREAK.join(folded)} " if folded else ""
            else:
                whole = _BREAK.join(filter(None, map(self.text, parts)))
            self._texts[name] = whole
        return whole

    def words(self, name: str) -> frozenset[str]:
        """All words of a field."""
        words = self._words.get(name)
        if words is None:
            words = self._words[name] = frozenset(self.text(name).split())
        return words

    def values(self, name: str) -> frozenset[str]:
        """Folded values of a field that is compared as a whole."""
        key = ("values", name)
        if key not in self._cache:
            self._cache[key] = frozenset(fold(one) for one in VALUES[name](self.citation) if one)
        return self._cache[key]  # type: ignore[no-any-return]

    def headings(self) -> Headings:
        """MeSH headings."""
        if self._headings is None:
            self._headings = Headings(self.citation)
        return self._headings

    def types(self) -> frozenset[str]:
        """Folded publication types."""
        key = ("types", "")
        if key not in self._cache:
            self._cache[key] = frozenset(map(fold, self.citation.publication_types))
        return self._cache[key]  # type: ignore[no-any-return]

    def authors(self, name: str) -> tuple[str, ...]:
        """Folded names as PubMed lists them (``smith ja``), or in full, in either order."""
        key = ("authors", name)
        if key not in self._cache:
            people = [one for one in self.citation.authors if one.collective is None]
            if name in ("1au", "lastau"):
                people = people[:1] if name == "1au" else people[-1:]
            short = [f"{one.last or ''} {one.initials or ''} {one.suffix or ''}" for one in people]
            full = [f"{one.last or ''} {one.fore}" for one in people if one.fore]
            full += [f"{one.fore} {one.last or ''}" for one in people if one.fore]
            given = full if name == "fau" else short if name in ("1au", "lastau") else short + full
            self._cache[key] = tuple(map(fold, given))
        return self._cache[key]  # type: ignore[no-any-return]

    def spans(self, name: str, *, ranged: bool) -> list[tuple[str, str]]:
        """First and last day that each date of a field may mean, as ISO days.

        A date without month is January's first to PubMed; where the citation did not come from
        there it may be any day of what is known. An electronic date after the printed one counts
        for ranges only.
        """
        one = self.citation
        printed, electronic = _month(one), one.published_electronic
        if name == "dp":
            found = [printed]
            if electronic and (ranged or not printed or electronic <= printed):
                found.append(electronic)
        else:
            known = {
                "dcom": one.completed,
                "edat": one.entrez_date,
                "epdat": electronic,
                "lr": one.revised,
                "mhda": one.mesh_date or one.entrez_date,
                "ppdat": printed,
            }
            found = [known.get(name)]
        return [
            (first_day(day), last_day(day) if self.thin else first_day(day)) for day in found if day
        ]

    def miss(self, name: str) -> int:
        """What it means that a word is not in a field: no, or that we may not hold it."""
        if not self.thin:
            return NO
        one = self.citation
        held = {
            "ab": bool(one.abstract),
            "la": bool(one.languages),
            "ti": bool(one.title),
            "tiab": bool(one.title and one.abstract and one.keywords),
        }
        return NO if held.get(name, False) else UNKNOWN


def _month(citation: Citation) -> str | None:
    """Date of publication, with the first month or season that a free date names."""
    day, free = citation.published, citation.medline_date
    if day and free and len(day) == 4:
        for word in re.findall(r"[a-z]+", free.casefold()):
            month = _SEASONS.get(word) or (
                _MONTHS.index(word[:3]) + 1 if word[:3] in _MONTHS else 0
            )
            if month:
                return f"{day}-{month:02}"
    return day


def first_day(day: str) -> str:
    """First day of a year, month or day, in ISO form."""
    return day if len(day) == 10 else f"{day}-01" if len(day) == 7 else f"{day}-01-01"


def last_day(day: str) -> str:
    """Last day of a year, month or day; every month has 31, for days are only compared."""
    return day if len(day) == 10 else f"{day}-31" if len(day) == 7 else f"{day}-12-31"
