"""Every field of PubMed's XML comes out as it went in."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    decode_citation,
    encode_citation,
)
from evidence_tools.literature.pubmed_xml import Problem, parse_articles
from evidence_tools.testing.pubmed import article_set, article_xml, make_citation, make_citations


def parse_one(xml: bytes) -> Citation:
    """The one citation that a body holds, without problems."""
    (citation,) = parse_articles(xml)
    assert isinstance(citation, Citation)
    return citation


def changed(old: str, new: str, **changes: object) -> Citation:
    """A made citation's XML with one piece of it replaced, as parsed."""
    xml = article_xml(make_citation(1, **changes)).decode()
    assert old in xml
    return parse_one(xml.replace(old, new, 1).encode())


# Texts as PubMed has them: anything XML allows, one blank between words, none at the ends.
_words = st.text(
    st.characters(
        codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters=" \ufffe\uffff"
    ),
    min_size=1,
    max_size=12,
)
_text = st.lists(_words, min_size=1, max_size=4).map(" ".join)
_maybe = st.none() | _text
_some = st.lists(_text, max_size=3).map(tuple)
_day = st.dates().map(lambda day: day.isoformat())
_flag = st.booleans()
_sections = st.builds(AbstractSection, _text, _maybe, _maybe)
_translated = st.builds(AbstractSection, _text, _maybe, kind=_text, language=_text)
_person = st.builds(Author, last=_text, fore=_maybe, initials=_maybe, affiliations=_some)
_group = st.builds(Author, collective=_text)
_qualifier = st.builds(Qualifier, _text, _flag, _maybe)
_heading = st.builds(MeshHeading, _text, _flag, _maybe, st.lists(_qualifier, max_size=2).map(tuple))
_link = st.builds(Link, st.sampled_from(LinkKind), _maybe, _maybe, _maybe).map(
    lambda link: (
        msgspec.structs.replace(link, word="NewKindIn") if link.kind is LinkKind.OTHER else link
    )
)


def _tuple_of(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(strategy, max_size=3).map(tuple)


_citations = st.builds(
    Citation,
    pmid=st.integers(1, 99_999_999).map(str),
    version=st.integers(1, 9),
    status=_maybe,
    title=_text,
    vernacular_title=_maybe,
    abstract=_tuple_of(_sections),
    other_abstracts=_tuple_of(_translated),
    authors=_tuple_of(_person | _group),
    journal=st.builds(Journal, _maybe, _maybe, _maybe, _maybe, _maybe, _maybe),
    volume=_maybe,
    issue=_maybe,
    pages=_maybe,
    published=st.none() | _day | _day.map(lambda day: day[:7]) | _day.map(lambda day: day[:4]),
    published_electronic=st.none() | _day,
    entrez_date=st.none() | _day,
    mesh_date=st.none() | _day,
    completed=st.none() | _day,
    revised=st.none() | _day,
    languages=_some,
    publication_types=_some,
    subsets=_some,
    mesh=_tuple_of(_heading),
    keywords=_some,
    substances=_tuple_of(st.builds(Substance, _text, _text.filter(lambda t: t != "0"), _maybe)),
    grants=_tuple_of(st.builds(Grant, _maybe, _text, _maybe, _maybe)),
    accessions=_tuple_of(st.builds(Accession, _text, _text)),
    conflict_of_interest=_maybe,
    links=_tuple_of(_link),
    doi=st.none() | _words.map(lambda text: f"10.1/{text}"),
    pmcid=_maybe,
    pii=_maybe,
    country=_maybe,
)


@pytest.mark.parametrize("seed", range(3))
def test_parsing_gives_back_what_was_built(seed: int) -> None:
    """parse(article_xml(c)) == c, for the whole mix of invented citations."""
    citations = list(make_citations(500, seed))
    assert list(parse_articles(article_set(citations, references=3))) == citations
    assert parse_one(article_xml(citations[0])) == citations[0]


@given(_citations)
def test_any_text_in_any_field_comes_back(citation: Citation) -> None:
    """The law holds whatever stands in the fields: signs of XML, other scripts, odd spaces."""
    parsed, *problems = parse_articles(article_set([citation]))
    assert parsed == citation
    unknown = sum(link.kind is LinkKind.OTHER for link in citation.links)
    assert len(problems) == unknown
    assert decode_citation(encode_citation(parsed)) == citation


@given(
    title=_text,
    abstract=_tuple_of(_sections),
    authors=_tuple_of(_person | _group),
    book_title=_text,
    publisher=_text,
    published=_day,
    volume=_maybe,
    pages=_maybe,
)
def test_any_text_in_a_book_comes_back(**fields: object) -> None:
    """Books and their chapters keep the law too."""
    book = Citation("77", book_accession="NBK1", **fields)
    assert parse_one(article_set([book])) == book


def test_a_whole_book_bears_its_own_title() -> None:
    """A record without ArticleTitle is the book itself."""
    book = parse_one(article_xml(make_citation(5, book_title="Handbook", title="Handbook")))
    assert (book.title, book.book_title, book.is_book) == ("Handbook", "Handbook", True)


def test_editors_are_not_authors() -> None:
    """A book's editors stand in a list of the same name."""
    chapter = article_xml(make_citation(5, book_title="Handbook", title="A chapter"))
    editors = b'<AuthorList Type="editors"><Author><LastName>Ed</LastName></Author></AuthorList>'
    chapter = chapter.replace(b"</PubDate>", b"</PubDate>" + editors, 1)
    assert "Ed" not in [author.last for author in parse_one(chapter).authors]


@pytest.mark.parametrize("kind", [kind for kind in LinkKind if kind is not LinkKind.OTHER])
def test_every_kind_of_notice_is_kept_apart(kind: LinkKind) -> None:
    """A retraction is no erratum, and "in" is not "of"."""
    link = Link(kind, "Ann Inv Med. 2020;1:1", "123", "corrected table")
    citation = parse_one(article_xml(make_citation(9, links=(link,))))
    assert citation.linked(kind) == (link,)
    assert all(citation.linked(other) == () for other in LinkKind if other is not kind)


def test_a_kind_of_notice_that_comes_later_is_kept_and_told() -> None:
    """NLM adds kinds: the record stays, the notice with NLM's word too, and a person is told."""
    link = Link(LinkKind.OTHER, "Ann Inv Med. 2030;1:1", "123", None, "WithdrawalIn")
    citation, problem = parse_articles(article_xml(make_citation(9, links=(link,))))
    assert citation.links == (link,)
    assert (problem.pmid, problem.kept) == ("9", True)
    assert "'WithdrawalIn'" in problem.what


@pytest.mark.parametrize(
    ("inner", "plain", "markup"),
    [
        ("Neck &amp; back", "Neck & back", None),
        ("10<sup>5</sup> cells", "105 cells", "10<sup>5</sup> cells"),
        ("a <i>b <b>c</b> d</i> &lt; e", "a b c d < e", "a <i>b <b>c</b> d</i> &lt; e"),
        ("&#945;-blocker &#x2265; 2", "α-blocker ≥ 2", None),
        ("two\n   lines", "two lines", None),
        ("thin\u2009space stays", "thin\u2009space stays", None),
        ("a<!-- no -->b", "ab", None),
        ("<![CDATA[x < y]]>", "x < y", None),
        (
            'x <mml:math xmlns:mml="m"><mml:mi>y</mml:mi>\n <mml:mn>2</mml:mn></mml:math>',
            "x y 2",
            'x <mml:math xmlns:mml="m"><mml:mi>y</mml:mi> <mml:mn>2</mml:mn></mml:math>',
        ),
        (
            "x <mml:math><mml:mi>y</mml:mi></mml:math>",
            "x y",
            'x <mml:math xmlns:mml="http://www.w3.org/1998/Math/MathML"><mml:mi>y</mml:mi></mml:math>',
        ),
    ],
)
def test_titles_are_plain_and_keep_their_markup(inner: str, plain: str, markup: str | None) -> None:
    """Plain text to search and show; the markup beside it where there is any."""
    citation = changed(
        "<ArticleTitle>T</ArticleTitle>", f"<ArticleTitle>{inner}</ArticleTitle>", title="T"
    )
    assert citation.title == plain
    assert citation.title_markup == markup


def test_an_abstract_keeps_labels_and_markup() -> None:
    """Without its markup 10 to the power of 5 would read 105 and nobody could tell."""
    section = AbstractSection("p < 105", "RESULTS & MORE", "RESULTS", "p &lt; 10<sup>5</sup>")
    citation = parse_one(article_xml(make_citation(3, abstract=(section,))))
    assert citation.abstract == (section,)
    assert citation.abstract_text == "RESULTS & MORE: p < 105"


def test_names_of_characters_are_written_out() -> None:
    """Names that the document type declares need no document type; others are left and told."""
    xml = article_xml(make_citation(4, title="T")).replace(
        b">T</ArticleTitle>", b">A&nbsp;&beta;<i>&alpha;x</i>&foo; end</ArticleTitle>"
    )
    citation, problem = parse_articles(xml)
    assert citation.title == "A\xa0βαx&foo; end"
    assert problem == Problem(
        "article 1", "4", "unknown character &foo; is left as it stands", kept=True
    )


@pytest.mark.parametrize(
    ("inner", "published", "medline_date"),
    [
        ("<Year>2015</Year><Month>Sep</Month><Day>3</Day>", "2015-09-03", None),
        ("<Year>2015</Year><Month>09</Month>", "2015-09", None),
        ("<Year>2015</Year><Month>september</Month>", "2015-09", None),
        ("<Year>2015</Year>", "2015", None),
        ("<Year>2015</Year><Season>Spring</Season>", "2015", "2015 Spring"),
        ("<MedlineDate>2015 Sep-Oct</MedlineDate>", "2015", "2015 Sep-Oct"),
        ("<MedlineDate>1998 Dec-1999 Jan</MedlineDate>", "1998", "1998 Dec-1999 Jan"),
        ("<MedlineDate>Winter</MedlineDate>", None, "Winter"),
        ("", None, None),
    ],
)
def test_dates_of_issues(inner: str, published: str | None, medline_date: str | None) -> None:
    """As much of a date as is given, and free text kept beside its first year."""
    citation = changed(
        "<PubDate><Year>2015</Year></PubDate>", f"<PubDate>{inner}</PubDate>", published="2015"
    )
    assert (citation.published, citation.medline_date) == (published, medline_date)


@pytest.mark.parametrize(
    ("inner", "published"),
    [
        ("<Year>2015</Year><Month>Sep</Month><Day>31</Day>", "2015-09"),
        ("<Year>2015</Year><Month>13</Month>", "2015"),
        ("<Year>2015</Year><Day>3</Day>", "2015"),
        ("<Year>20155</Year>", None),
        ("<Year>next year</Year><Month>Sep</Month>", None),
        ("<Month>Sep</Month>", None),
    ],
)
def test_a_wrong_date_is_told_and_its_right_part_kept(inner: str, published: str | None) -> None:
    """A wrong day does not cost the record, and is not taken for a right one."""
    xml = article_xml(make_citation(6, published="2015")).replace(
        b"<PubDate><Year>2015</Year></PubDate>", f"<PubDate>{inner}</PubDate>".encode()
    )
    citation, problem = parse_articles(xml)
    assert citation.published == published
    assert problem.kept
    assert problem.what.startswith("PubDate is no date: ")


def test_each_day_of_a_records_life_has_its_field() -> None:
    """Entry, indexing, completion, revision and electronic publication are five things."""
    days = {
        "published": "2015-01",
        "published_electronic": "2015-02-01",
        "entrez_date": "2015-03-01",
        "mesh_date": "2015-04-01",
        "completed": "2015-05-01",
        "revised": "2015-06-01",
    }
    citation = parse_one(article_xml(make_citation(8, **days)))
    assert {name: getattr(citation, name) for name in days} == days


def test_a_doi_that_nlm_marked_wrong_is_not_taken() -> None:
    """ValidYN="N" means that the publisher's DOI is wrong; the list behind has the right one."""
    old = '<ELocationID EIdType="doi" ValidYN="Y">10.1/right'
    new = '<ELocationID EIdType="doi" ValidYN="N">10.1/wrong'
    assert changed(old, new, doi="10.1/right").doi == "10.1/right"


def test_the_doi_of_a_cited_work_is_not_the_articles() -> None:
    """An article without DOI that cites works with DOI and PMID has none."""
    citation = make_citation(8, doi=None, pii=None, pmcid=None)
    assert parse_one(article_xml(citation, references=4)).doi is None


@pytest.mark.parametrize("dress", ["https://doi.org/10.1000/x", "doi:10.1000/x", " 10.1000/x "])
def test_a_doi_comes_out_bare(dress: str) -> None:
    """Some publishers send the address of a DOI."""
    assert changed(">10.1000/x<", f">{dress}<", doi="10.1000/x").doi == "10.1000/x"


def test_what_is_no_doi_is_left_out_and_told() -> None:
    """A word in the place of a DOI links nowhere."""
    xml = article_xml(make_citation(8, doi="10.1000/x")).replace(b"10.1000/x", b"in press")
    citation, *problems = parse_articles(xml)
    assert citation.doi is None
    assert {problem.what for problem in problems} == {"DOI 'in press' is none and was left out"}


@pytest.mark.parametrize(
    "dress",
    ["0000-0001-2345-678X", "https://orcid.org/0000-0001-2345-678X", "000000012345678x"],
)
def test_an_orcid_comes_out_in_its_one_form(dress: str) -> None:
    """Publishers send it bare, as address and without hyphens."""
    author = Author(last="Tosvig", orcid="0000-0001-2345-678X")
    citation = changed(">0000-0001-2345-678X<", f">{dress}<", authors=(author,))
    assert citation.authors == (author,)


def test_a_misspelt_name_that_was_corrected_is_not_an_author() -> None:
    """ValidYN="N" marks the wrong spelling, and the right one follows."""
    authors = (Author(last="Tosvigg"), Author(last="Tosvig"))
    citation = changed('<Author ValidYN="Y">', '<Author ValidYN="N">', authors=authors)
    assert citation.authors == (Author(last="Tosvig"),)


def test_pages_from_first_and_last_where_medline_has_none() -> None:
    """PubMed's own editor writes StartPage and EndPage alone."""
    old = "<MedlinePgn>12-19</MedlinePgn>"
    assert changed(old, "", pages="12-19").pages == "12-19"


def test_the_pmcid_of_an_old_record() -> None:
    """Old records have it as OtherID; the list of identifiers comes first where both are."""
    old, new = "</MedlineCitation>", '<OtherID Source="NLM">PMC77</OtherID></MedlineCitation>'
    assert changed(old, new, pmcid=None).pmcid == "PMC77"


def test_the_version_of_a_pmid_is_kept() -> None:
    """Two versions of one PMID are two records."""
    citations = [make_citation(3, version=version) for version in (1, 2)]
    assert list(parse_articles(article_set(citations))) == citations


def test_one_pmid_twice_comes_out_twice() -> None:
    """Which of two contents stands is the store's to say, not the parser's."""
    citations = [make_citation(3, title=title) for title in ("One", "Two")]
    assert list(parse_articles(article_set(citations))) == citations


def test_elements_of_tomorrow_do_no_harm() -> None:
    """A new element in a record is passed over; everything else is read."""
    new = "<Altitude Unit='m'><High>8</High></Altitude>"
    for close in ("Article", "MedlineCitation", "PubmedData", "Author", "PubDate", "AuthorList"):
        citation = make_citation(1)
        xml = article_xml(citation).decode().replace(f"</{close}>", f"{new}</{close}>", 1)
        assert parse_one(xml.encode()) == citation, close


def test_blanks_between_elements_do_no_harm() -> None:
    """NCBI indents its answers; EDirect re-indents them."""
    citations = list(make_citations(30))
    xml = article_set(citations).decode()
    for name in (
        "Author",
        "Year",
        "LastName",
        "DescriptorName",
        "ArticleId",
        "Journal",
        "DataBank",
    ):
        xml = xml.replace(f"<{name}", f"\n\t  <{name}")
    assert list(parse_articles(xml.encode())) == citations


def test_every_field_is_set_by_some_citation() -> None:
    """A field that no test record fills would be tested by nothing."""
    blank = Citation("1")
    filled = set()
    for citation in make_citations(500):
        filled |= {
            f for f in Citation.__struct_fields__ if getattr(citation, f) != getattr(blank, f)
        }
    assert set(Citation.__struct_fields__) - filled == set()
