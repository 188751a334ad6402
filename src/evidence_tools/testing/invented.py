"""Invent citations: what a day of PubMed might bring, about works that do not exist.

Every title, name, place and number is made from the lists in ``words`` by a seeded chance, so that
one seed gives the same citations for ever and in any slice. Descriptors are those of MeSH where a
search strategy would look for them. PMIDs lie above 90,000,000, where PubMed has none.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import msgspec

from evidence_tools.literature.citations import (
    AbstractSection,
    Accession,
    Author,
    Citation,
    Grant,
    Journal,
    Link,
    LinkKind,
    MeshHeading,
    Qualifier,
    Substance,
)
from evidence_tools.testing.words import (
    BANKS,
    CITIES,
    CONDITIONS,
    COUNTRIES,
    DESIGNS,
    DRUGS,
    ELSEWHERE,
    FIELDS,
    FOREIGN,
    FORENAMES,
    NAMES,
    PARTS,
    PEOPLE,
    QUALIFIERS,
    SENTENCES,
    STATUSES,
    TECHNIQUES,
    VERBS,
)

__all__ = ["FIRST_PMID", "make_citation", "make_citations"]

FIRST_PMID = 90_000_001

_KINDS = tuple(kind for kind in LinkKind if kind is not LinkKind.OTHER)


def make_citation(pmid: str | int, **changes: Any) -> Citation:
    """Invent one journal article without notices, or a book where ``book_title`` is given.

    Parameters
    ----------
    pmid : str or int
        Decides, with nothing else, what is invented.
    **changes
        Fields of :class:`Citation` that are to be as given.
    """
    rng = Random(f"one {pmid}")  # noqa: S311 -- not for secrets
    make = _make_article if changes.get("book_title") is None else _make_book
    if "title" in changes:
        changes.setdefault("title_markup", None)
    if "published" in changes:
        changes.setdefault("medline_date", None)
    # A notice would change what a test of anything else sees.
    changes.setdefault("links", ())
    return msgspec.structs.replace(make(str(pmid), rng), **changes)


def make_citations(count: int, seed: int = 0, start: int = FIRST_PMID) -> Iterator[Citation]:
    """Invent citations with ascending PMIDs: a realistic mix of subjects, designs and oddities.

    Parameters
    ----------
    count : int
        How many.
    seed : int, optional
        Another seed, other contents; a citation depends on its PMID and the seed alone.
    start : int, optional
        First PMID.
    """
    for pmid in range(start, start + count):
        rng = Random(seed * 100_000_000 + pmid)  # noqa: S311 -- not for secrets
        make = _make_book if rng.random() < 0.015 else _make_article
        yield make(str(pmid), rng)


def _subject(rng: Random) -> tuple[str, str, list[tuple[str, str]]]:
    """What a work is about: how, what, and the descriptors for both."""
    chance = rng.random()
    if chance < 0.5:
        what, name, ui = rng.choice(ELSEWHERE)
        return rng.choice(VERBS), what, [(name, ui)]
    how, technique, technique_ui = rng.choice(TECHNIQUES)
    what, condition, ui = rng.choice(CONDITIONS)
    if chance < 0.7:
        return "Exercise", what, [(condition, ui), ("Exercise", "D015444")]
    return how, what, [(technique, technique_ui), (condition, ui)]


def _title(rng: Random, how: str, what: str, design: str) -> tuple[str, str | None]:
    """Title and, for some, the same with inline markup."""
    join = " " if how in VERBS else " for "
    plain = f"{how}{join}{what}: {design}."
    chance = rng.random()
    if chance < 0.02:
        return plain, f"{how}{join}<i>{what}</i>: {design}."
    if chance < 0.04:
        return f"{plain[:-1]} at CO2 < 5 & more.", (
            f"{plain[:-1]} at CO<sub>2</sub> &lt; 5 &amp; <b>mo<i>re</i></b>."
        )
    return (f"{how}{join}{what} — does dose matter?", None) if chance < 0.08 else (plain, None)


def _text(rng: Random, how: str, what: str, sentences: int) -> str:
    number = rng.randrange(12, 400)
    values = {
        "how": how,
        "what": what,
        "n": number,
        "w": number % 19 + 2,
        "d": f"−{number % 30 / 10}",
        "e": f"{number % 17 / 10}",
    }
    return " ".join(rng.choice(SENTENCES).format(**values) for _ in range(sentences))


def _abstract(rng: Random, how: str, what: str) -> tuple[AbstractSection, ...]:
    chance = rng.random()
    if chance < 0.15:
        return ()
    if chance < 0.5:
        return (AbstractSection(_text(rng, how, what, 9)),)
    parts = [
        AbstractSection(_text(rng, how, what, 3), label, category) for label, category in PARTS
    ]
    if chance < 0.55:
        parts[2] = AbstractSection(
            "The count was 3 × 105 (p < 0.01).",
            *PARTS[2],
            markup="The count was 3 × 10<sup>5</sup> (<i>p</i> &lt; 0.01).",
        )
    return tuple(parts)


def _author(rng: Random) -> Author:
    fore = rng.choice(FORENAMES)
    number = rng.randrange(10_000)
    places = [
        f"Department of {rng.choice(FIELDS)}, University of {rng.choice(CITIES)}, "
        f"{rng.choice(COUNTRIES)}."
        for _ in range(1 + (number % 9 == 0))
    ]
    return Author(
        last=rng.choice(NAMES),
        fore=fore,
        initials="".join(word[0] for word in fore.split()),
        suffix="Jr" if number % 97 == 0 else None,
        orcid=f"0000-0009-{number:04d}-{number % 9973:04d}" if number % 5 == 0 else None,
        affiliations=tuple(places),
    )


def _authors(rng: Random) -> tuple[Author, ...]:
    people = [_author(rng) for _ in range(min(1 + int(rng.expovariate(0.25)), 40))]
    if rng.random() < 0.04:
        people.append(Author(collective=f"{rng.choice(CITIES)} Hands & Backs Study Group"))
    return tuple(people) if rng.random() > 0.01 else ()


def _dates(rng: Random) -> dict[str, Any]:
    """Days of a record's life, in their order; some journals date by months or seasons."""
    year, month, day = rng.randrange(1988, 2027), rng.randrange(1, 11), rng.randrange(1, 28)
    dates: dict[str, Any] = {
        "published": f"{year}-{month:02d}",
        "entrez_date": f"{year}-{month:02d}-{day:02d}",
        "mesh_date": f"{year}-{month + 1:02d}-{day:02d}",
        "revised": f"{year}-{month + 2:02d}-{day:02d}",
    }
    chance = rng.random()
    if chance < 0.04:
        dates |= {"published": str(year), "medline_date": f"{year} Sep-Oct"}
    elif chance < 0.05:
        dates |= {"published": str(year), "medline_date": f"{year} Spring"}
    elif chance < 0.1:
        dates["published"] = str(year)
    elif chance < 0.4:
        dates["published"] = f"{year}-{month:02d}-{day:02d}"
    if rng.random() < 0.5:
        dates["published_electronic"] = f"{year}-{month:02d}-{day:02d}"
    return dates


def _mesh(rng: Random, descriptors: list[tuple[str, str]]) -> tuple[MeshHeading, ...]:
    own = []
    for name, ui in descriptors:
        subheading = rng.choice(QUALIFIERS)
        major = rng.random() < 0.6
        qualifiers = (Qualifier(subheading[0], major, subheading[1]),) if rng.random() < 0.6 else ()
        own.append(MeshHeading(name, major and not qualifiers, ui, qualifiers))
    people = [MeshHeading(name, False, ui) for name, ui in PEOPLE[: rng.randrange(1, 5)]]
    extra = ("Treatment Outcome", "D016896"), ("Pain Measurement", "D010147")
    return (*own, *people, *(MeshHeading(name, False, ui) for name, ui in extra))


def _links(pmid: str, rng: Random) -> tuple[Link, ...]:
    """Every kind of notice turns up; a comment is the most common."""
    if rng.random() > 0.08:
        return ()
    kind = LinkKind.COMMENT_IN if rng.random() < 0.4 else rng.choice(_KINDS)
    return (
        Link(
            kind,
            f"Ann Inv Med. {rng.randrange(1990, 2027)};{rng.randrange(60)}(2):e{pmid[-3:]}",
            str(rng.randrange(FIRST_PMID, FIRST_PMID + 9_000_000)) if rng.random() < 0.9 else None,
            "Reply by the authors" if rng.random() < 0.1 else None,
        ),
    )


def _journal(rng: Random) -> Journal:
    number = rng.randrange(40)
    field = FIELDS[number % len(FIELDS)]
    short = f"Ann {field[:5].strip()} {CITIES[number % 5].split()[0]}"
    return Journal(
        title=f"Annals of {field} of {CITIES[number % 5]}",
        iso=short.replace(" ", ". ", 1),
        medline_ta=short,
        nlm_id=f"9{number:06d}",
        issn=f"9{number:03d}-0{number:03d}",
        issn_linking=f"9{number:03d}-0{number:03d}",
    )


def _make_article(pmid: str, rng: Random) -> Citation:
    how, what, descriptors = _subject(rng)
    design, types = rng.choice(DESIGNS)
    title, markup = _title(rng, how, what, design)
    status = rng.choice(STATUSES)
    indexed = status == "MEDLINE"
    dates = _dates(rng)
    number = rng.randrange(9_999_999)
    links = _links(pmid, rng)
    if any(link.kind is LinkKind.RETRACTION_IN for link in links):
        types = (*types, "Retracted Publication")
    foreign = rng.choice(FOREIGN) if rng.random() < 0.07 else None
    page = number % 900 + 1
    bank = rng.choice(BANKS)
    registered = "Randomized Controlled Trial" in types and rng.random() < 0.6
    drug = rng.choice(DRUGS)
    authors = _authors(rng)
    return Citation(
        pmid=pmid,
        version=2 if rng.random() < 0.01 else 1,
        status=status,
        title=f"[{title}]" if foreign and not markup else title,
        title_markup=markup,
        vernacular_title=foreign[1].format(what) + "." if foreign else None,
        abstract=_abstract(rng, how, what),
        other_abstracts=_other_abstracts(rng, how, what),
        authors=authors,
        authors_complete=rng.random() > 0.01 or not authors,
        journal=_journal(rng),
        volume=str(number % 80 + 1),
        issue=str(number % 12 + 1) if rng.random() < 0.9 else None,
        pages=f"{page}-{page + number % 15 + 1}" if rng.random() < 0.8 else None,
        completed=dates["mesh_date"] if indexed else None,
        languages=(foreign[0],) if foreign else ("eng",),
        publication_types=types,
        subsets=("IM",) if indexed else (),
        mesh=_mesh(rng, descriptors) if indexed else (),
        keywords=(what, how.lower(), "manual therapy", "dose")[: rng.randrange(5)],
        substances=(Substance(*drug),) if indexed and rng.random() < 0.2 else (),
        grants=(
            (Grant(f"R01-{number}", "Fund for Invented Care", "FIC", rng.choice(COUNTRIES)),)
            if rng.random() < 0.15
            else ()
        ),
        accessions=(Accession(bank[0], bank[1].format(number)),) if registered else (),
        conflict_of_interest=(
            f"{rng.choice(NAMES)} teaches massage for a fee; the others declare none."
            if rng.random() < 0.3
            else None
        ),
        links=links,
        doi=f"10.5555/inv.{pmid}" if rng.random() < 0.93 else None,
        pmcid=f"PMC9{number:07d}" if rng.random() < 0.35 else None,
        pii=f"S0000-{number:07d}" if rng.random() < 0.5 else None,
        country=rng.choice(COUNTRIES),
        **({**dates, "mesh_date": dates["mesh_date"] if indexed else dates["entrez_date"]}),
    )


def _other_abstracts(rng: Random, how: str, what: str) -> tuple[AbstractSection, ...]:
    chance = rng.random()
    if chance > 0.03:
        return ()
    kind, language = ("plain-language-summary", "eng") if chance > 0.015 else ("Publisher", "spa")
    return (AbstractSection(_text(rng, how, what, 3), kind=kind, language=language),)


def _make_book(pmid: str, rng: Random) -> Citation:
    how, what, _ = _subject(rng)
    dates = _dates(rng)
    book = f"Handbook of {what.title()}"
    number = rng.randrange(99_999)
    return Citation(
        pmid=pmid,
        title=book if rng.random() < 0.2 else f"{how}: what is known of {what}",
        abstract=(AbstractSection(_text(rng, how, what, 6)),),
        authors=_authors(rng),
        published=dates["published"],
        medline_date=dates.get("medline_date"),
        entrez_date=dates["entrez_date"],
        mesh_date=dates["mesh_date"],
        revised=dates["revised"],
        languages=("eng",),
        publication_types=("Study Guide",) if rng.random() < 0.6 else ("Review",),
        keywords=(what,),
        doi=f"10.5555/book.{pmid}" if rng.random() < 0.2 else None,
        book_title=book,
        publisher="Invented Shelf Press",
        book_accession=f"NBK9{number:06d}",
    )
