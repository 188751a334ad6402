"""Damage costs the record that it strikes, and nothing else; what is no PubMed XML is refused."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_tools.literature import pubmed_xml
from evidence_tools.literature.citations import Citation
from evidence_tools.literature.pubmed_xml import (
    BodyError,
    CutOffError,
    Deletion,
    Parsed,
    Problem,
    iter_articles,
    parse_articles,
)
from evidence_tools.testing.pubmed import (
    SET_END,
    SET_START,
    article_set,
    article_xml,
    deletions_xml,
    make_citation,
    make_citations,
)

CITATIONS = [make_citation(pmid, title=f"Title {pmid}.") for pmid in (11, 12, 13)]
FIRST, SECOND, THIRD = (article_xml(citation) for citation in CITATIONS)
KEY = "0123456789abcdef0123456789abcdef0123"


def body(*parts: bytes) -> bytes:
    """A set of the given articles."""
    return b"".join([SET_START, *parts, SET_END])


def parse_until_error(data: bytes) -> tuple[list[Parsed], BodyError | None]:
    """Items one by one, so that those before an error are seen."""
    items: list[Parsed] = []
    articles = parse_articles(data)
    while True:
        try:
            items.append(next(articles))
        except StopIteration:
            return items, None
        except BodyError as error:
            return items, error


@pytest.mark.parametrize(
    ("old", "new", "pmid", "what"),
    [
        (b"</ArticleTitle>", b"</Articletitle>", "12", "broken XML: Opening and ending tag"),
        (b"</PubmedArticle>", b"", "12", "broken XML: has no end"),
        (b"<PubmedArticle>", b"", "12", "broken XML: Opening and ending tag"),
        (b"Title 12", b"Title \x0012", "12", "broken XML: holds a NUL byte"),
        (b"Title 12", b"Title \xff12", "12", "broken XML: "),
        (b"Title 12", b"Title & 12", "12", "broken XML: "),
        (b"Title 12", b"Title < 12", "12", "broken XML: "),
        (b"Title 12", b"Title &#11; 12", "12", "broken XML: "),
        (b"Title 12", b"<!-- 12", "12", "broken XML: Comment not terminated"),
        (b"Title 12", b"<![CDATA[ 12", "12", "broken XML: CData section not finished"),
        (b"Title 12", b"<?x 12", "12", "broken XML: "),
        (b'<PMID Version="1">12</PMID>', b"", None, "has no PMID"),
        (b'<PMID Version="1">12</PMID>', b"<PMID/>", None, "PMID is None"),
        (b'<PMID Version="1">12<', b'<PMID Version="1">x12<', "x12", "PMID is 'x12'"),
        (b'<PMID Version="1">12<', b'<PMID Version="1">012<', "012", "PMID is '012'"),
        (b'<PMID Version="1">12<', b'<PMID Version="b">12<', "12", "version of PMID 12 is 'b'"),
    ],
)
def test_one_damaged_article_is_listed_and_the_others_go_on(
    old: bytes, new: bytes, pmid: str | None, what: str
) -> None:
    """The first and the third article come whole; the second is a problem with its PMID."""
    assert old in SECOND
    items, error = parse_until_error(body(FIRST, SECOND.replace(old, new, 1), THIRD))
    assert error is None
    assert [item for item in items if isinstance(item, Citation)] == [CITATIONS[0], CITATIONS[2]]
    problems = [item for item in items if isinstance(item, Problem)]
    assert problems[0].where == "article 2"
    assert problems[0].pmid == pmid
    assert problems[0].what.startswith(what)
    assert not any(problem.kept for problem in problems)


def test_a_record_without_article_is_listed() -> None:
    """A PMID alone is no citation, nor is a book without title."""
    empty = b"<PubmedArticle><MedlineCitation><PMID>4</PMID></MedlineCitation></PubmedArticle>"
    book = b"<PubmedBookArticle><BookDocument><PMID>5</PMID></BookDocument></PubmedBookArticle>"
    assert list(parse_articles(body(empty, book, b"<PubmedArticle/>"))) == [
        Problem("article 1", "4", "has no Article"),
        Problem("article 2", "5", "has no BookTitle"),
        Problem("article 3", None, "has no Article"),
    ]


@given(st.integers(0, len(SECOND) - 1), st.integers(0, 255))
def test_any_byte_may_be_wrong(place: int, value: int) -> None:
    """Whatever one byte of an article becomes, the articles beside it come whole."""
    damaged = SECOND[:place] + bytes([value]) + SECOND[place + 1 :]
    items, error = parse_until_error(body(FIRST, damaged, THIRD))
    assert error is None
    assert items[0] == CITATIONS[0]
    assert CITATIONS[2] in items
    assert len(items) >= 3


@given(st.integers(0, len(SECOND)), st.integers(0, len(SECOND)))
def test_any_stretch_may_be_missing(one: int, two: int) -> None:
    """Whatever stretch of an article is lost, the articles beside it come whole."""
    damaged = SECOND[: min(one, two)] + SECOND[max(one, two) :]
    items, error = parse_until_error(body(FIRST, damaged, THIRD))
    assert error is None
    assert items[0] == CITATIONS[0]
    assert CITATIONS[2] in items


@given(st.integers(0, len(body(FIRST, SECOND, THIRD))))
def test_a_body_cut_anywhere_gives_what_is_whole_and_says_so(place: int) -> None:
    """What is whole before the cut comes out; then an error, unless the set's end was there."""
    whole = body(FIRST, SECOND, THIRD)
    items, error = parse_until_error(whole[:place])
    assert items == CITATIONS[: len(items)]
    ends = [whole.index(part) + len(part.rstrip()) for part in (FIRST, SECOND, THIRD)]
    assert len(items) == sum(end <= place for end in ends)
    if place >= len(whole.rstrip()):
        assert error is None
    else:
        assert isinstance(error, CutOffError)


def test_a_cut_says_where() -> None:
    """Which article was cut, how many were whole, and what to do."""
    _, error = parse_until_error(body(FIRST, SECOND)[: len(SET_START + FIRST) + 500])
    assert str(error) == (
        "the body ends in the middle of PMID 12 after 1 whole articles; "
        "expected </PubmedArticleSet>; to mend it: fetch it again"
    )


def test_what_is_commented_out_is_not_read() -> None:
    """Nor is an end tag in a comment or a CDATA section the end of an article."""
    hidden = SECOND.replace(
        b"Title 12.", b"<![CDATA[Title </PubmedArticle></PubmedArticleSet>]]>12."
    )
    items = list(
        parse_articles(
            body(
                b"<!-- </PubmedArticleSet> ",
                FIRST,
                b"-->",
                hidden,
                b"<?x </PubmedArticleSet>?>",
                THIRD,
            )
        )
    )
    assert [item.pmid for item in items] == ["12", "13"]
    assert items[0].title == "Title </PubmedArticle></PubmedArticleSet>12."


def test_what_stands_between_articles_is_told() -> None:
    """Text and unknown elements are listed with their place; an error of NCBI ends the reading."""
    items, error = parse_until_error(
        body(b"hello", FIRST, b"<Foo/>", SECOND, b"<ERROR>Unable to obtain query</ERROR>", THIRD)
    )
    assert items == [
        Problem("after article 0", None, "text that is in no article: 'hello'"),
        CITATIONS[0],
        Problem("after article 1", None, "unknown element 'Foo'"),
        CITATIONS[1],
    ]
    assert str(error) == "the answer holds an error: Unable to obtain query"


def test_deletions_are_given() -> None:
    """Update files end with the PMIDs that were taken out."""
    data = body(FIRST, deletions_xml(["7", "8"]))
    assert list(parse_articles(data)) == [CITATIONS[0], Deletion("7"), Deletion("8")]


@pytest.mark.parametrize(
    "data",
    [
        FIRST + SECOND,
        b"\xef\xbb\xbf" + body(FIRST, SECOND),
        body(FIRST) + body(SECOND),
        body(FIRST) + SET_START.split(b"\n")[2] + SECOND + SET_END,
        b"<PubmedArticleSet/>" + body(FIRST, SECOND),
        b"<PubmedArticleSet></PubmedArticleSet>\n" + body(FIRST, SECOND) + b"\n\n",
        b"<PubmedBookArticleSet>" + FIRST + SECOND + b"</PubmedBookArticleSet>",
        body(FIRST, SECOND).replace(b"</PubmedArticle>", b"</PubmedArticle >"),
        b"<PubmedArticleSet a='b' >" + FIRST + SECOND + b"</PubmedArticleSet\n>",
        b'<?xml version="1.0" encoding="UTF-8"?><!-- c --><?p?>' + FIRST + b"<!-- c -->" + SECOND,
    ],
)
def test_sets_come_in_several_shapes(data: bytes) -> None:
    """Bare articles, several documents in one stream, empty sets, a byte order mark."""
    assert list(parse_articles(data)) == CITATIONS[:2]


def test_an_empty_set_gives_nothing() -> None:
    """EFetch answers so when none of the PMIDs exists."""
    assert list(parse_articles(body())) == []


_BOMB = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 10))


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "the body is empty"),
        (b" \n", "the body is empty"),
        (b"nothing here", "it is no XML, and begins with 'nothing here'"),
        (f"Error: key {KEY}".encode(), "it is no XML, and begins with 'Error: key …'"),
        (b"\0\0\0\0\0\0", "UTF-16"),
        (b"ab\0cd", "it begins with NUL bytes"),
        (b"<!DOCTYPE html><html><head><title>502\nBad</title>", "an HTML page called '502 Bad'"),
        (b"<HTML><body>", "it is an HTML page"),
        (
            f'{{"error":"API key invalid","api-key":"{KEY}"}}'.encode(),
            "it is an error of NCBI: API key invalid",
        ),
        (
            f"<?xml version='1.0'?><eFetchResult><ERROR>bad key {KEY}</ERROR>".encode(),
            "it is an error of NCBI: bad key …",
        ),
        (
            b"<eSearchResult><Count>0</Count></eSearchResult>",
            "its first element is <eSearchResult>",
        ),
        (body(FIRST).decode().encode("utf-16"), "it is UTF-16 or UTF-32"),
        (b'<?xml version="1.0" encoding="latin-1"?>' + FIRST, "it is in latin-1"),
        (b"<?xml version", "the body ends before its first element"),
        (
            b"<!DOCTYPE PubmedArticleSet [" + _BOMB.encode() + b"]>" + FIRST,
            "declares things of its own",
        ),
        (
            b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
            + FIRST.replace(b"Title 11", b"&x;"),
            "declares things of its own",
        ),
    ],
)
def test_what_is_no_pubmed_xml_is_refused_in_one_line(data: bytes, what: str) -> None:
    """One line that says what it is instead, and never an API key."""
    items, error = parse_until_error(data)
    assert items == []
    assert isinstance(error, BodyError)
    assert what in str(error)
    assert KEY not in str(error)
    assert "\n" not in str(error)


def test_an_external_document_type_is_not_read(tmp_path) -> None:
    """The file that a DOCTYPE names could declare an entity that reads another file."""
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET")
    dtd = tmp_path / "evil.dtd"
    dtd.write_text(f'<!ENTITY x SYSTEM "{secret.as_uri()}"><!ENTITY y "SECRET">')
    doctype = f'<!DOCTYPE PubmedArticleSet SYSTEM "{dtd.as_uri()}">'.encode()
    article = FIRST.replace(b"Title 11", b"&x;&y;")
    citation, *problems = parse_articles(
        doctype + b"<PubmedArticleSet>" + article + b"</PubmedArticleSet>"
    )
    assert citation.title == "&x;&y;."
    assert len(problems) == 2


def test_a_document_type_inside_the_set_breaks_one_article() -> None:
    """A bomb behind the first article does not go off either."""
    bomb = b"<!DOCTYPE a [" + _BOMB.encode() + b"]>"
    items, _ = parse_until_error(body(FIRST, SECOND.replace(b"Title 12", bomb + b"&e9;"), THIRD))
    assert [item.pmid for item in items] == ["11", "12", "13"]
    assert isinstance(items[1], Problem)


class Endless(io.RawIOBase):
    """A stream that is made while it is read, and counts how much was taken."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self.parts, self.rest, self.taken = parts, b"", 0

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes; few at a time, as a network gives them."""
        if not self.rest:
            self.rest = next(self.parts, b"")
        given, self.rest = self.rest[:size], self.rest[size:]
        self.taken += len(given)
        return given


def test_an_article_of_200_megabytes_is_left_out() -> None:
    """It is told with its size and PMID; the articles behind it are read."""

    def parts() -> Iterator[bytes]:
        head, tail = SECOND.split(b"Title 12.")
        yield SET_START + FIRST + head
        yield from (b"x" * (1 << 20) for _ in range(200))
        yield tail + THIRD + SET_END

    first, problem, third = iter_articles(Endless(parts()), "big.xml")
    assert (first, third) == (CITATIONS[0], CITATIONS[2])
    assert problem == Problem(
        "big.xml: article 2",
        "12",
        "the article has 200 MB and was left out; at most 32 MB are read",
    )


def test_an_article_at_the_limit_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large articles exist: those with thousands of authors."""
    monkeypatch.setattr(pubmed_xml, "LARGEST_ARTICLE", 1 << 20)
    large = make_citation(14, keywords=("word " * 1000 + "end",) * 200)
    items = list(parse_articles(body(FIRST, article_xml(large), THIRD)))
    assert items == [CITATIONS[0], large, CITATIONS[2]]


def test_a_large_article_that_is_cut_off_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading on to its end must not hide that there is none."""
    monkeypatch.setattr(pubmed_xml, "LARGEST_ARTICLE", 1 << 16)
    data = body(FIRST, SECOND.replace(b"Title 12", b"x" * (1 << 18)))[: 1 << 18]
    items, error = parse_until_error(data)
    assert items == [CITATIONS[0]]
    assert isinstance(error, CutOffError)


def test_a_stream_is_read_as_it_is_needed() -> None:
    """However long the stream, no more is held than the piece in hand."""
    parts = (article_xml(citation) for citation in make_citations(9_000_000))
    stream = Endless(part for chunk in ([SET_START], parts) for part in chunk)
    articles = iter_articles(stream)
    taken = []
    for _ in range(600):
        next(articles)
        taken.append(stream.taken)
    assert taken[0] < 200_000
    assert taken[-1] > 2_000_000
    assert max(b - a for a, b in pairwise(taken)) < 200_000


@given(st.integers(1, 4000), st.integers(0, 5))
def test_pieces_may_end_anywhere(size: int, seed: int) -> None:
    """However the stream is cut by the network, the same comes out."""
    citations = list(make_citations(4, seed))
    data = article_set(citations)
    pieces = (data[i : i + size] for i in range(0, len(data), size))
    assert list(iter_articles(Endless(pieces))) == citations


def test_a_small_piece_size_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Articles longer than a piece, and pieces that end inside tags and comments."""
    citations = list(make_citations(40))
    data = article_set(citations).replace(b"<Journal>", b"<!-- <PubmedArticle> --><Journal>")
    for size in (1, 7, 100, 5000):
        monkeypatch.setattr(pubmed_xml, "_PIECE", size)
        assert list(parse_articles(data)) == citations


def test_a_compressed_file_that_is_cut_off_says_so() -> None:
    """Update files come compressed; a download that broke off is no set that ended."""
    packed = gzip.compress(article_set(make_citations(200)))
    with gzip.open(io.BytesIO(packed[:-5000])) as stream:
        articles = iter_articles(stream, "pubmed26n0001.xml.gz")
        with pytest.raises(CutOffError, match=r"^pubmed26n0001\.xml\.gz: the body ends in the"):
            list(articles)
    damaged = packed[:50] + b"\0" * 50 + packed[100:]
    with (
        gzip.open(io.BytesIO(damaged)) as stream,
        pytest.raises(BodyError, match="cannot be read further"),
    ):
        list(iter_articles(stream, "a.gz"))
