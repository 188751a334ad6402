"""Leaving records out unread changes nothing: the law that a scan stands on.

A condition is weaker than its query; the prefilter chooses every record for which a condition
holds, however its words are spelled in the bytes; so a scan with it and one without it match the
same records.
"""

from __future__ import annotations

from unittest.mock import patch

import fsspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from evidence_tools.literature import pubmed_xml
from evidence_tools.literature.citations import AbstractSection, Author, MeshHeading
from evidence_tools.literature.mesh import Descriptor, MeshTree
from evidence_tools.literature.query import (
    And,
    Dates,
    Node,
    Not,
    Or,
    Query,
    Term,
    parse_query,
    to_string,
)
from evidence_tools.literature.strategy import compile_query
from evidence_tools.scan import reader
from evidence_tools.scan.conditions import (
    AllOf,
    AnyOf,
    Word,
    asks_names,
    condition_of,
    cover,
    grant,
    words_of,
)
from evidence_tools.scan.prefilter import Prefilter, make_plan, word_shares
from evidence_tools.scan.reader import Found, Job, Reader
from evidence_tools.scan.sources import Source
from evidence_tools.scan.spellings import find_odd_signs
from evidence_tools.testing.baseline import baseline_records
from evidence_tools.testing.pubmed import (
    SET_END,
    SET_START,
    article_xml,
    deletions_xml,
    make_citation,
)

TREE = MeshTree(
    (
        Descriptor("D1", "Massage", ("Rubbing",), ("E1.1",)),
        Descriptor("D2", "Acupressure", (), ("E1.1.1",)),
        Descriptor("D3", "Therapy, Soft Tissue", (), ("E1",)),
    )
)


def scan(
    data: bytes,
    queries: dict[str, str],
    tree: MeshTree | None = None,
    *,
    filtered: bool,
    share=None,
) -> dict[str, tuple[str, ...]]:
    """Strategies that match, by PMID."""
    found = read_with(data, queries, tree, filtered=filtered, share=share)
    return {one.citation.pmid: one.strategies for one in found.matches}


def read_with(data, queries, tree=None, *, filtered=True, share=None) -> Found:
    """What a file holds for some strategies."""
    with fsspec.open("memory://scan.xml", "wb") as file:
        file.write(data)
    parsed = {key: parse_query(text) for key, text in queries.items()}
    conditions = {key: condition_of(query, tree) for key, query in parsed.items()}
    names = any(map(asks_names, parsed.values()))
    job = Job("test", queries, make_plan(conditions, share or {}, names=names), tree)
    source = Source("memory://scan.xml", "scan.xml", 0, 0, len(data), "")
    found = Reader(job, filtered=filtered).read(source)
    assert not found.error
    return found


def in_a_set(*articles: bytes) -> bytes:
    """A whole file."""
    return SET_START + b"".join(articles) + SET_END


def titled(title: str) -> bytes:
    """An article with this title, as XML, and no other word that anybody seeks."""
    bare = make_citation(
        91_000_001, title="TITLE", abstract=(), other_abstracts=(), keywords=(), mesh=(),
        conflict_of_interest=None, vernacular_title=None, authors=(),
    )  # fmt: skip
    record = article_xml(bare)
    assert b"massage" not in record.lower()
    return record.replace(b"TITLE", title.encode())


# --- Conditions ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("massage[ti]", AllOf((Word("massage"),))),
        ('"manual therapy"[tiab]', AllOf((Word("manual"), Word("therapy")))),
        ("massag*[tw]", AllOf((Word("massag", open=True),))),
        ('"trigger point*"[ti]', AllOf((Word("trigger"), Word("point", open=True)))),
        ('"range of motion"[tiab]', AllOf((Word("range"), Word("motion")))),
        ('"Soft Tissue/methods"[mh]', AllOf((Word("soft"), Word("tissue")))),
        ("2020[dp]", AllOf()),
        ("smith j[au]", AllOf()),
        ("2020[crdt]", AnyOf()),
    ],
)  # fmt: skip
def test_a_term_leaves_its_words(text, condition):
    """Words that tell something remain, fields and order go; what is no text always may hold."""
    assert condition_of(parse_query(text)) == condition


def test_a_heading_leaves_all_names_beneath_it_and_their_numbers():
    """With NLM's tree what lies beneath a heading is found too, by name or identifier."""
    assert words_of(condition_of(parse_query("massage[mh]"), TREE)) == {
        Word("massage"), Word("acupressure"), Word("d1"), Word("d2")
    }  # fmt: skip


def test_what_is_granted_vanishes_from_an_and_and_settles_an_or():
    """A common word is as good as there."""
    a, b, c = Word("a"), Word("b"), Word("c")
    assert grant(AllOf((a, AnyOf((b, c)))), {a}) == AnyOf((b, c))
    assert grant(AllOf((a, AnyOf((b, c)))), {b}) == a
    assert grant(AnyOf((AllOf((a, b)), c)), {a}) == AnyOf((b, c))
    assert grant(a, {a}) == AllOf()


def test_the_cover_is_the_choice_that_fewest_records_hold():
    """Of an AND one part is enough; of an OR every part is needed; nothing covers nothing."""
    rare, common, other = Word("massage"), Word("pain"), Word("touch")
    share = {rare: 0.001, common: 0.02, other: 0.005}
    assert cover(AllOf((common, AnyOf((rare, other)))), share) == {rare, other}
    assert cover(AllOf((common, rare)), share) == {rare}
    assert cover(AllOf((common, rare)), share, frozenset((common,))) == {common}
    assert cover(AnyOf((rare, AllOf())), share) is None
    assert cover(AnyOf(), share) == frozenset()


def test_a_longer_word_is_sought_first_where_both_are_rare():
    """Two letters stand everywhere: to look at each place costs more than a record now and then."""
    text = '"tui na"[tiab]'
    plan = make_plan({"one": condition_of(parse_query(text))}, {Word("tui"): 0.01, Word("na"): 0})
    assert plan.covers == {"one": {Word("tui")}}


# --- Spellings ----------------------------------------------------------------------------------

_SPELLINGS = [
    "massage", "MASSAGE", "Mass\u00e4ge", "mas\u00adsage", "m\u0430ssage massage", "ｍａｓｓａｇｅ",
    "mas<i>sage</i>", "<b>mas</b>sage", "m<sub>a</sub>ssage", "m&#97;ssage", "mas&#xAD;sage",
    "massa\u0301ge", "𝐦assage", "mas\u200bsage", "massage\u2019s", "(massage)", "pre-massage/post",
    "massage&amp;more", "mas<i>s</i>a<b>ge</b>", "é<i>massage</i>", "massage<sup>2</sup>",
    '<mml:math xmlns:mml="http://www.w3.org/1998/Math/MathML"><mml:mi>massage</mml:mi></mml:math>',
    "mas<i>\u00e4</i>sage", "mas<!-- x -->sage", "mas<![CDATA[sage]]>", "xmassage", "massaged",
    "ma\u017f\u017fage", "massage_x", "5massage", "mas\u00a0sage", "Maßage", "mas\tsage",
]  # fmt: skip


@pytest.mark.parametrize("spelling", _SPELLINGS)
@pytest.mark.parametrize("text", ["massage[tiab]", "massag*[tiab]", '"massage helps"[tiab]'])
def test_a_word_is_found_however_it_is_spelled(spelling, text):
    """With and without the prefilter the same, whatever stands between a word's letters."""
    data = in_a_set(titled(f"On {spelling} helps all."))
    queries = {"one": text}
    assert scan(data, queries, filtered=True) == scan(data, queries, filtered=False)


def test_the_spellings_are_no_idle_list():
    """All but eight mean the word, so that leaving them out would be seen."""
    others = {
        "massage<sup>2</sup>", "mas<i>\u00e4</i>sage", "xmassage", "massaged", "5massage",
        "mas\tsage", "mas\u00a0sage", "é<i>massage</i>",
    }  # fmt: skip
    for spelling in _SPELLINGS:
        data = in_a_set(titled(f"On {spelling} helps all."))
        found = scan(data, {"one": "massage[tiab]"}, filtered=True)
        assert bool(found) is (spelling not in others), spelling


def test_odd_signs_are_letters_in_disguise_and_what_vanishes():
    """Letters with accents, invisible signs and entities; not dashes, degrees, other scripts."""
    text = "aä–b“c”°é\u00adжß日ﬁＡ𝐀\u0301 &amp;&lt;&gt;&quot;&apos; [&#97; &ampere; &"
    odd = {"ä", "é", "\u00ad", "ß", "ﬁ", "Ａ", "𝐀", "\u0301", "&"}
    data = text.encode()
    places = {data[place:].decode()[0] for place in find_odd_signs(data)}
    assert places == odd
    assert [place for place in find_odd_signs(data) if data[place] == 0x26] == [
        data.index(b"&#97;"), data.index(b"&ampere;"), len(data) - 1
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("massage[ti] OR (pain[tiab] AND massage[mh])", False),
        ("massage[tw] AND smith j[au] AND systematic[sb]", False),
        ("massage[ti] OR (pain[tiab] NOT massage[ad])", True),
        ("massage", True),
    ],
)
def test_only_what_asks_all_fields_or_addresses_reads_names(text, asks):
    """Authors are compared as names, not word by word; a word without a field may be a name."""
    assert asks_names(parse_query(text)) is asks


@pytest.mark.parametrize("place", ["LastName", "ForeName", "Affiliation"])
def test_letters_with_accents_in_names_have_a_record_parsed_only_where_names_are_asked(place):
    """They stand in every third record; titles cannot match by them, words of all fields can."""
    author = f"<Author><{place}>M\u00e4ssage \u00c9cole</{place}></Author>"
    if place == "Affiliation":
        author = author.replace("<Aff", "<LastName>X</LastName><AffiliationInfo><Aff").replace(
            "</Affiliation>", "</Affiliation></AffiliationInfo>"
        )
    listed = f'<AuthorList CompleteYN="Y">{author}</AuthorList></Article>'.encode()
    data = in_a_set(titled("On nothing.").replace(b"</Article>", listed))
    assert read_with(data, {"one": "massage[ti]"}).parsed == 0
    everywhere = read_with(data, {"one": "massage[all]"})
    assert (everywhere.parsed, len(everywhere.matches)) == (1, 1)


def test_references_are_read_by_no_query():
    """An oddly spelled word in a cited title has no record parsed."""
    cited = (
        "<ReferenceList><Reference><Citation>M\u00e4ssage</Citation></Reference></ReferenceList>"
    )
    data = in_a_set(
        titled("On nothing.").replace(b"</PubmedData>", f"{cited}</PubmedData>".encode())
    )
    found = read_with(data, {"one": "massage[all]"})
    assert (found.seen[0] >> 16, found.parsed) == (91_000_001, 0)


# --- The law ------------------------------------------------------------------------------------

_VOCABULARY = ["massage", "massag*", "pain", "back pain", "neck", "x2", "röntgen", "co2", "fibre"]
_TYPES = ["Review", "Letter", "Randomized Controlled Trial"]
_FIELDS = ["ti", "tiab", "tw", "all", "ab", "ad", "ot"]


@st.composite
def terms(draw) -> Node:
    """Terms of every kind that a scan can decide, and some that it cannot."""
    kind = draw(st.sampled_from(["text", "text", "text", "near", "mh", "pt", "date", "other"]))
    if kind == "text":
        text = draw(st.sampled_from(_VOCABULARY))
        return Term(text, draw(st.sampled_from(_FIELDS)), quoted=draw(st.booleans()))
    if kind == "near":
        return Term("back pain", "tiab", True, distance=draw(st.integers(0, 3)))
    if kind == "mh":
        name = draw(
            st.sampled_from(["Massage", "Acupressure", "Rubbing", "Massage/methods", "Massa*"])
        )
        return Term(
            name,
            draw(st.sampled_from(["mh", "majr"])),
            exact=draw(st.booleans()) and name[-1] != "*",
        )
    if kind == "pt":
        return Term(draw(st.sampled_from(_TYPES)), "pt", exact=draw(st.booleans()))
    if kind == "date":
        return Dates("dp", "2000", draw(st.sampled_from([None, "2010"])))
    return draw(st.sampled_from([Term("eng", "la"), Term("systematic", "sb"), Term("smith j", "au"),
                                 Term("hasabstract", "all"), Term("medline", "sb")]))  # fmt: skip


queries = st.recursive(
    terms(),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: And(tuple(parts))),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: Or(tuple(parts))),
        st.builds(Not, inner, inner),
    ),
    max_leaves=8,
)
_word = st.sampled_from(
    ["massage", "Massages", "pain", "back", "neck", "x2", "Röntgen", "rontgen", "CO<sub>2</sub>",
     "mas<i>sage</i>", "ba\u00adck", "pa\u0301in", "ﬁbre", "n&#101;ck", "the", "and",
     "m\u00e4ssage"]
)  # fmt: skip
_sentence = st.lists(_word, min_size=1, max_size=6).map(" ".join)


_PEOPLE = (b"LASTNAME", b"FORENAME", b"AFFILIATION", b"COLLECTIVE")


@st.composite
def records(draw) -> bytes:
    """One article; its words may be spelled in any way and stand in any field."""
    pmid = draw(st.integers(92_000_001, 92_000_004))
    citation = make_citation(
        pmid,
        version=draw(st.integers(1, 2)),
        title="TITLE",
        abstract=(AbstractSection("ABSTRACT", draw(st.sampled_from([None, "BACK", "METHODS"]))),),
        keywords=("KEYWORD",),
        authors=(
            Author(last="LASTNAME", fore="FORENAME", initials="F", affiliations=("AFFILIATION",)),
            Author(collective="COLLECTIVE"),
        ),
        conflict_of_interest=None,
        mesh=draw(
            st.lists(
                st.sampled_from(
                    [MeshHeading("Massage", True, "D1"), MeshHeading("Acupressure", False, "D2")]
                ),
                max_size=2,
            ).map(tuple)
        ),
        publication_types=(draw(st.sampled_from(_TYPES)),),
        published=draw(st.sampled_from(["1999", "2005-03", "2010-01-05"])),
    )
    xml = article_xml(citation)
    for name in (b"TITLE", b"ABSTRACT", b"KEYWORD", *_PEOPLE):
        assert name in xml
        xml = xml.replace(name, draw(_sentence).encode())
    return xml


def _same(
    nodes: list[Node], articles: list[bytes], with_tree: bool, share: float, junk: bytes,
    piece: int = 1 << 19, enough: int = 1 << 18,
):  # fmt: skip
    tree = TREE if with_tree else None
    asked = {str(number): to_string(Query(node)) for number, node in enumerate(nodes)}
    conditions = [condition_of(parse_query(text), tree) for text in asked.values()]
    words = frozenset().union(*map(words_of, conditions))
    shares = {word: share for word in words if len(word.text) % 2}
    data = in_a_set(*articles, junk)
    with (
        patch.object(pubmed_xml, "PROLOG_SIZE", min(piece, pubmed_xml.PROLOG_SIZE)),
        patch.object(pubmed_xml, "_LONG_PIECE", piece),
        patch.object(reader, "_ENOUGH", enough),
    ):
        with_ = scan(data, asked, tree, filtered=True, share=shares)
    assert with_ == scan(data, asked, tree, filtered=False)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(queries, min_size=1, max_size=3), st.lists(records(), max_size=4), st.booleans(),
    st.sampled_from([0.0, 0.01, 0.5]), st.sampled_from([b"", b"<!-- x -->", deletions_xml(["7"])]),
    st.sampled_from([1 << 10, 1 << 12, 1 << 19]), st.sampled_from([1, 1 << 12, 1 << 18]),
)  # fmt: skip
@example([parse_query("massage[ti] NOT pain[ti]").root], [], False, 0.0, b"", 1 << 19, 1 << 18)
def test_with_and_without_the_prefilter_the_same_records_match(
    nodes, articles, with_tree, share, junk, piece, enough
):
    """For any strategies and records, whatever words are common, however the file is cut."""
    _same(nodes, articles, with_tree, share, junk, piece, enough)


def test_the_project_s_own_strategies_match_the_same_in_a_file_like_pubmeds(base):
    """All of them over 1,500 records about anything, a share about hands-on treatment."""
    asked = {one.id: compile_query(one, base.filters) for one in base.searches.values()}
    articles = [article_xml(one) for one in baseline_records(1_500, 95_000_001, on_topic=0.15)]
    conditions = [condition_of(parse_query(text)) for text in asked.values()]
    shares = word_shares(articles[:300], frozenset().union(*map(words_of, conditions)))
    data = in_a_set(*articles)
    found = scan(data, asked, filtered=True, share=shares)
    assert found == scan(data, asked, filtered=False)
    assert len(found) > 20


def test_most_records_are_left_out_unread(base):
    """Of records about anything at all, fewer than one in twelve is parsed."""
    asked = {one.id: compile_query(one, base.filters) for one in base.searches.values()}
    articles = [article_xml(one) for one in baseline_records(1_000, 96_000_001, on_topic=0.0)]
    conditions = {key: condition_of(parse_query(text)) for key, text in asked.items()}
    shares = word_shares(articles, frozenset().union(*map(words_of, conditions.values())))
    choice = Prefilter(make_plan(conditions, shares)).choose(b"".join(articles))
    assert choice.keys is not None
    assert len(choice.numbers) == len(articles)
    assert len(choice.keys) < len(articles) / 12


def test_a_strategy_that_asks_for_no_word_reads_everything():
    """All records of a year: nothing can be left out, and nothing is."""
    plan = make_plan({"year": condition_of(parse_query("2010[dp]"))}, {})
    assert plan.unbound == ("year",)
    piece = article_xml(make_citation(1))
    assert Prefilter(plan).choose(piece).chosen == piece
