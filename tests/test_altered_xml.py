"""Well-formed XML that is not as the document type has it: a citation or a problem, no crash."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import pytest
from lxml import etree

from evidence_tools.literature.citations import Citation, Link, LinkKind, encode_citation
from evidence_tools.literature.pubmed_xml import Problem, parse_articles
from evidence_tools.testing.pubmed import article_xml, make_citation, make_citations

Element = etree._Element


def drop(element: Element) -> None:
    """Take the element out."""
    element.getparent().remove(element)


def empty(element: Element) -> None:
    """Leave the element without content and attributes."""
    element.clear()


def double(element: Element) -> None:
    """Have it twice."""
    element.addnext(deepcopy(element))


def rename(element: Element) -> None:
    """Call it what nobody knows."""
    element.tag = "Unknown"


def scribble(element: Element) -> None:
    """Put a word where children, numbers or nothing belong."""
    element.text = "not this"
    for name in element.attrib:
        element.set(name, "nor this")


def nest(element: Element) -> None:
    """Put it into a copy of itself."""
    inner = deepcopy(element)
    inner.tail = None
    element.insert(0, inner)


@pytest.fixture(scope="module")
def rich() -> list[bytes]:
    """Articles and a book that together have every element."""
    citations = [one for one in make_citations(400, seed=3) if one.accessions and one.grants][:1]
    notice = make_citation(7, links=(Link(LinkKind.RETRACTION_IN, "Ann. 1:1", "8", "note"),))
    book = make_citation(9, book_title="Handbook", title="A chapter")
    return [article_xml(one, references=1) for one in (*citations, notice, book)]


@pytest.mark.parametrize("alter", [drop, empty, double, rename, scribble, nest])
def test_any_element_may_be_other_than_it_should(
    rich: list[bytes], alter: Callable[[Element], None]
) -> None:
    """Whatever happens to one element, a citation that can be stored or a problem comes out."""
    altered = 0
    for xml in rich:
        for number in range(1, sum(1 for _ in etree.fromstring(xml).iter())):
            root = etree.fromstring(xml)
            alter(list(root.iter())[number])
            items = list(parse_articles(etree.tostring(root)))
            assert items
            for item in items:
                if isinstance(item, Citation):
                    assert item.pmid.isdecimal()
                    assert encode_citation(item)
                    assert item.year is None or 0 < item.year <= 9999
                else:
                    assert isinstance(item, Problem)
            altered += 1
    assert altered > 300


def test_one_wrong_element_costs_no_other_field() -> None:
    """Without its MeSH list a citation is the same but for MeSH, and so on."""
    citation = next(
        c for c in make_citations(400, seed=3) if c.accessions and c.mesh and c.abstract
    )
    for tag, field in (
        ("MeshHeadingList", "mesh"),
        ("DataBankList", "accessions"),
        ("Abstract", "abstract"),
        ("AuthorList", "authors"),
        ("PublicationTypeList", "publication_types"),
        ("DateRevised", "revised"),
    ):
        root = etree.fromstring(article_xml(citation))
        drop(next(root.iter(tag)))
        (parsed,) = parse_articles(etree.tostring(root))
        differing = {
            name
            for name in Citation.__struct_fields__
            if getattr(parsed, name) != getattr(citation, name)
        }
        assert differing == {field}
