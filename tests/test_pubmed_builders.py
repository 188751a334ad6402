"""What the builders make is what PubMed would send: valid, reproducible, and of every kind."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest
from Bio import Entrez
from lxml import etree

from evidence_tools.literature.citations import Citation, Link, LinkKind
from evidence_tools.testing.pubmed import (
    SET_END,
    SET_START,
    article_set,
    article_xml,
    deletions_xml,
    make_citation,
    make_citations,
)


@pytest.fixture(scope="module")
def dtd() -> etree.DTD:
    """The document type that Biopython ships."""
    return etree.DTD(str(Path(Entrez.__file__).parent / "DTDs" / "pubmed_250101.dtd"))


@pytest.mark.parametrize("seed", range(3))
def test_built_documents_are_valid(dtd: etree.DTD, seed: int) -> None:
    """A document of invented citations, with cited references, keeps to NLM's document type."""
    document = etree.fromstring(article_set(make_citations(400, seed), references=2))
    assert dtd.validate(document), dtd.error_log.filter_from_errors()[0]


def test_a_document_with_deletions_is_valid(dtd: etree.DTD) -> None:
    """DeleteCitation stands last in a set."""
    data = SET_START + article_xml(make_citation(1)) + deletions_xml(["2", "3"]) + SET_END
    assert dtd.validate(etree.fromstring(data))


@pytest.mark.parametrize("kind", [kind for kind in LinkKind if kind is not LinkKind.OTHER])
def test_every_kind_of_notice_is_of_the_document_type(dtd: etree.DTD, kind: LinkKind) -> None:
    """Our list of kinds and the document type's are the same words."""
    citation = make_citation(1, links=(Link(kind, "Ann Inv Med. 2020;1:1", "2", "a note"),))
    assert dtd.validate(etree.fromstring(article_set([citation])))


def test_the_document_type_has_no_further_kind_of_notice() -> None:
    """A kind that NLM added would be missing here."""
    path = Path(Entrez.__file__).parent / "DTDs" / "pubmed_250101.dtd"
    element = next(e for e in etree.DTD(str(path)).elements() if e.name == "CommentsCorrections")
    words = {word for a in element.attributes() if a.name == "RefType" for word in a.values()}
    assert words == {kind.value for kind in LinkKind} - {"Other"}


def test_a_seed_gives_the_same_citations_in_any_slice() -> None:
    """A citation depends on its PMID and the seed, not on how many are made."""
    long = list(make_citations(50, seed=7, start=90_000_100))
    assert list(make_citations(50, seed=7, start=90_000_100)) == long
    assert list(make_citations(10, seed=7, start=90_000_120)) == long[20:30]
    assert list(make_citations(50, seed=8, start=90_000_100)) != long


def test_citations_are_made_as_they_are_asked_for() -> None:
    """A million citations cost nothing until somebody takes them."""
    first = list(islice(make_citations(9_000_000), 2))
    assert [citation.pmid for citation in first] == ["90000001", "90000002"]


def test_the_mix_holds_every_oddity() -> None:
    """Whoever tests on two thousand invented citations meets every kind of record."""
    citations = list(make_citations(2000))
    present: dict[str, bool] = {
        "no abstract": any(not c.abstract for c in citations),
        "plain abstract": any(len(c.abstract) == 1 for c in citations),
        "labelled abstract": any(len(c.abstract) == 4 for c in citations),
        "abstract with markup": any(p.markup for c in citations for p in c.abstract),
        "title with markup": any(c.title_markup for c in citations),
        "book": any(c.is_book and c.title != c.book_title for c in citations),
        "whole book": any(c.is_book and c.title == c.book_title for c in citations),
        "group of authors": any(a.collective for c in citations for a in c.authors),
        "no author": any(not c.authors for c in citations),
        "second version": any(c.version == 2 for c in citations),
        "season": any((c.medline_date or "").endswith("Spring") for c in citations),
        "months": any((c.medline_date or "").endswith("Sep-Oct") for c in citations),
        "other abstract": any(c.other_abstracts for c in citations),
        "vernacular title": any(c.vernacular_title for c in citations),
        "registered": any(c.accessions for c in citations),
        "retracted": any(c.linked(LinkKind.RETRACTION_IN) for c in citations),
        "no DOI": any(c.doi is None for c in citations),
    }
    assert [name for name, there in present.items() if not there] == []
    massage = sum("massage" in c.title.lower() for c in citations)
    assert 0.1 < massage / len(citations) < 0.35


def test_changes_are_taken_as_given() -> None:
    """What a test asks for is what it gets; a changed title drops the invented markup."""
    citation = make_citation("123", title="Pain & <b>", doi=None)
    assert (citation.pmid, citation.title, citation.title_markup) == ("123", "Pain & <b>", None)
    assert citation.doi is None
    assert citation == make_citation(123, title="Pain & <b>", doi=None)
    assert citation.links == ()


def test_a_book_title_makes_a_book() -> None:
    """A book has no journal and no MeSH."""
    book = make_citation(5, book_title="Handbook", title="A chapter")
    assert book.is_book
    assert b"<PubmedBookArticle>" in article_xml(book)


def test_an_incomplete_citation_is_written_without_what_it_lacks() -> None:
    """Tests need records that NLM would refuse."""
    xml = article_xml(Citation("7"))
    assert b"AuthorList" not in xml
    assert b"MeshHeadingList" not in xml
    assert b"<PubDate></PubDate>" in xml
