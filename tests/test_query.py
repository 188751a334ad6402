"""A PubMed query is read as PubMed reads it, or refused with the place of the mistake."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_tools.literature.query import (
    And,
    Dates,
    Node,
    Not,
    Or,
    Query,
    QueryError,
    Term,
    lint_query,
    parse_query,
    to_string,
    walk,
)
from evidence_tools.literature.query.fields import FIELDS, NO_EXPLOSION

MASSAGE, PAIN, ANIMALS = Term("massage", "ti"), Term("pain", "ti"), Term("animals", "mh")

READ = [
    ("massage[ti]", MASSAGE),
    ("massage [ Title ]", MASSAGE),
    ("massage", Term("massage", "all")),
    ('"back pain"', Term("back pain", "all", quoted=True)),
    ("back   pain\n[TIAB]", Term("back pain", "tiab")),
    ("trigger point*[Title/Abstract]", Term("trigger point*", "tiab")),
    ('"myofascial release*"[tiab]', Term("myofascial release*", "tiab", quoted=True)),
    ('"neck pain"[tiab:~3]', Term("neck pain", "tiab", quoted=True, distance=3)),
    ('"neck pain"[ti:~0]', Term("neck pain", "ti", quoted=True, distance=0)),
    ('"hip clinic"[ad:~45]', Term("hip clinic", "ad", quoted=True, distance=45)),
    ("massage[mesh]", Term("massage", "mh")),
    ("massage[MeSH Terms:noexp]", Term("massage", "mh", exact=True)),
    ('"Trials as Topic"[mesh: noexp]', Term("Trials as Topic", "mh", quoted=True, exact=True)),
    ("massage[majr:noexp]", Term("massage", "majr", exact=True)),
    ("therapy[sh:noexp]", Term("therapy", "sh", exact=True)),
    ("review[pt:noexp]", Term("review", "pt", exact=True)),
    ('"massage/adverse effects"[mh]', Term("massage/adverse effects", "mh", quoted=True)),
    ("26329399[uid]", Term("26329399", "pmid")),
    ("smith j[1au]", Term("smith j", "1au")),
    ("english[lang]", Term("english", "la")),
    ("systematic[filter]", Term("systematic", "sb")),
    ("pain[ab]", Term("pain", "ab")),
    ('"J Pain"[jour]', Term("J Pain", "ta", quoted=True)),
    ('"benzo(a)pyrene AND ash"[tw]', Term("benzo(a)pyrene AND ash", "tw", quoted=True)),
    ("“back pain”[ti]", Term("back pain", "ti", quoted=True)),
    ("2020[dp]", Dates("dp", "2020")),
    ("2020/3/5[edat]", Dates("edat", "2020/03/05")),
    ("2020:2021/06[dp]", Dates("dp", "2020", "2021/06")),
    ('"2020/01/01"[PDAT] : "3000"[PDAT]', Dates("dp", "2020/01/01", "3000")),
    ("2020[dp]:2021[dp]", Dates("dp", "2020", "2021")),
    ("massage[ti] AND pain[ti]", And((MASSAGE, PAIN))),
    ("massage[ti] & pain[ti] | pain[ti]", Or((And((MASSAGE, PAIN)), PAIN))),
    ("massage[ti] OR pain[ti] AND animals[mh]", And((Or((MASSAGE, PAIN)), ANIMALS))),
    ("massage[ti] NOT pain[ti] NOT animals[mh]", Not(Not(MASSAGE, PAIN), ANIMALS)),
    ("massage[ti] NOT (pain[ti] NOT animals[mh])", Not(MASSAGE, Not(PAIN, ANIMALS))),
    ("(massage[ti] OR pain[ti]) OR animals[mh]", Or((Or((MASSAGE, PAIN)), ANIMALS))),
    ("((massage[ti]))", MASSAGE),
    # Two groups that each mix operators: here the library's own tree breaks.
    (
        "(massage[ti] OR pain[ti] AND pain[ti]) AND (pain[ti] OR massage[ti] AND pain[ti])",
        And((And((Or((MASSAGE, PAIN)), PAIN)), And((Or((PAIN, MASSAGE)), PAIN)))),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "tree"), READ, ids=lambda value: str(value)[:40])
def test_a_query_is_read_as_pubmed_reads_it(text, tree):
    """Field tags long and short, phrases, distances, dates; operators from left to right."""
    assert parse_query(text) == Query(tree)


def test_every_tag_of_pubmeds_table_is_read():
    """By its short name and by each of its longer ones."""
    for alias, short in FIELDS.items():
        value = "2020" if short in ("dp", "edat", "crdt", "lr", "mhda", "dcom") else "12345678"
        if short in ("epdat", "ppdat"):
            value = "2020"
        (root,) = walk(parse_query(f"{value}[{alias.upper()}]").root)
        assert root.field == short


REFUSED = [
    ("", 1, "the query is empty"),
    (" \n ", 1, "the query is empty"),
    ("()", 1, "empty parenthesis"),
    ("(massage[ti] OR pain[ti]", 1, "a bracket is opened and never closed"),
    ("massage[ti] OR pain[ti])", 24, "a bracket is closed that was never opened"),
    ('massage[ti] OR "back pain[ti]', 16, "a quotation mark without its partner"),
    ("massage[ti", 8, "a square bracket '[' without its partner"),
    ("massage ti]", 11, "a square bracket ']' without its partner"),
    ("pain[ti] OR massage[tibs]", 20, "unknown field [tibs]; expected a search field tag"),
    # The library would not come to an end on this one.
    ("massage[ti] AND pain[ti] OR (", 29, "a bracket is opened and never closed"),
    ('"back [ti] pain"', 7, "a field tag [ti] within quotation marks"),
    ("2020[dp] :", 10, "a range without its end"),
    ('"back pain":~3[ti]', 12, "a distance outside a field tag"),
    ("massage[tibs]", 8, "perhaps [tiab]"),
    ("massage[ti] pain[ti]", 8, "no operator in '[ti] pain'"),
    ("(massage[ti]) (pain[ti])", 13, "no operator in ') ('"),
    ("(massage[ti])[ti]", 13, "nested queries cannot have search fields"),
    ("massage[ti][ti]", 8, "invalid search field position"),
    ("NOT massage[ti]", 1, "cannot start with an operator"),
    ("massage[ti] AND", 13, "cannot end with an operator"),
    ("massage[ti] OR NOT pain[ti]", 13, "invalid operator position"),
    ("massage[ti] and pain[ti]", 13, "the operator 'and' in small letters"),
    ("ran*[ti]", 1, "'ran*' is cut off too early; expected at least four characters"),
    ('"low bac*"[ti]', 1, "'low bac*' is cut off too early"),
    ("rand*ised[ti]", 1, "an asterisk within 'rand*ised'"),
    ("massag* therap*[ti]", 1, "an asterisk within"),
    ('"back pain*"[tiab:~2]', 1, "an asterisk with [tiab:~2]"),
    ("back pain[tiab:~2]", 1, "[tiab:~2] after back pain"),
    ('"massage"[tiab:~2]', 1, "quote at least two words"),
    ('"back pain"[tw:~2]', 12, "tw takes no :~2"),
    ('"back pain"[tiab:~x]', 12, "tiab takes no :~x"),
    ("massage[ti:noexp]", 8, "ti takes no :noexp"),
    ('"last 5 years"[dp]', 1, "'last 5 years' is no day"),
    ("2020/13[dp]", 1, "'2020/13' is no day"),
    ("2021:2020[dp]", 1, "ends before it begins"),
    ("a[ti] : b[ti]", 1, "is no day"),
    ("2020[ti] : 2021[ti]", 1, "a range in [ti]"),
    ("2020[dp] : 2021[edat]", 12, "a range from [dp] to [edat]"),
    ("massage[pmid]", 1, "'massage' is not a PMID"),
    ("0123[pmid]", 1, "'0123' is not a PMID"),
    ("nurse:patient[ti]", 1, "a colon in 'nurse:patient'"),
    ('"back pain" massage[ti]', 1, "quotation marks within"),
    ("?[ti]", 1, "'?' holds no word"),
    ("pa\x00in[ti]", 3, "the invisible character U+0000"),
    ("pain\u200b[ti]", 5, "the invisible character U+200B"),
    ("(" * 70 + "pain[ti]" + ")" * 70, 61, "more than 60 brackets within each other"),
    ("(" * 5000, 61, "more than 60 brackets within each other"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "place", "message"), REFUSED, ids=lambda value: str(value)[:40])
def test_a_query_that_cannot_be_read_is_refused_in_one_line_with_its_place(text, place, message):
    """Strategy, character, what is wrong, what to do."""
    with pytest.raises(QueryError) as caught:
        parse_query(text, "searches/back")
    said = str(caught.value)
    assert said.startswith(f"searches/back, character {place}: ")
    assert message in said
    assert "to mend it: " in said
    assert "\n" not in said
    assert caught.value.exit_status == 1


_PIECES = [
    "massage", '"back pain"', "pain*", "[ti]", "[tiab:~2]", "[mh:noexp]", "[dp]", "2020", ":", "(",
    ")", "AND", "OR", "NOT", "and", "[xx]", '"', "&", "|", "  ", "\n", "[", "]", "*", "-", "“",
    "massage[ti]", "2020[dp]",
]  # fmt: skip
typed = st.one_of(
    st.text(alphabet='ab12 "()[]:~*|&ANDORNOTtidpmh/\n', max_size=40),
    st.lists(st.sampled_from(_PIECES), max_size=12).map(" ".join),
    st.lists(st.sampled_from(_PIECES), max_size=12).map("".join),
)


@given(typed)
def test_whatever_is_typed_is_read_or_refused_and_nothing_else(text):
    """No other error, and what is read can be written."""
    try:
        query = parse_query(text)
    except QueryError as error:
        assert 0 <= error.position[0] <= len(text)
        assert [one.level for one in lint_query(text)] == ["error"]
        return
    assert all(one.level == "warning" for one in lint_query(text))
    assert parse_query(to_string(query)) == query


words = st.sampled_from(["massage", "back pain", "neck-pain", "Röntgen", "x2", "NOT me", "a/b"])


@st.composite
def terms(draw) -> Node:
    """Any term that PubMed takes."""
    kind = draw(st.sampled_from(["plain", "quoted", "truncated", "near", "exact", "date", "pmid"]))
    text = draw(words)
    if kind == "near":
        return Term("back pain", draw(st.sampled_from(["ti", "tiab", "ad"])), True, False,
                    draw(st.integers(0, 99)))  # fmt: skip
    if kind == "exact":
        return Term(text, draw(st.sampled_from(sorted(NO_EXPLOSION))), True, exact=True)
    if kind == "date":
        low = draw(st.sampled_from(["2020", "2020/01", "2020/02/03"]))
        high = draw(st.sampled_from([None, "2021", "2021/12/31", "3000"]))
        return Dates(draw(st.sampled_from(["dp", "edat", "mhda"])), low, high)
    if kind == "pmid":
        return Term(str(draw(st.integers(1, 99_999_999))), "pmid")
    field = draw(st.sampled_from(["ti", "tiab", "tw", "mh", "majr", "pt", "sb", "all", "au", "ta"]))
    if kind == "truncated":
        return Term("trigger point*", field, draw(st.booleans()))
    quoted = kind == "quoted" or text in ("NOT me",)
    return Term(text, field, quoted)


nodes = st.recursive(
    terms(),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=4).map(lambda parts: And(tuple(parts))),
        st.lists(inner, min_size=2, max_size=4).map(lambda parts: Or(tuple(parts))),
        st.builds(Not, inner, inner),
    ),
    max_leaves=12,
)


@given(nodes)
def test_a_tree_written_out_is_read_back_the_same(tree):
    """parse(to_string(q)) = q."""
    assert parse_query(to_string(tree)).root == tree


@given(
    st.lists(st.tuples(st.sampled_from(["AND", "OR", "NOT"]), st.sampled_from("abc")), max_size=6)
)
def test_operators_are_taken_from_left_to_right(rest):
    """Whatever their mix: as if each step were bracketed."""
    flat = "a[ti]" + "".join(f" {operator} {word}[ti]" for operator, word in rest)
    bracketed = "a[ti]"
    for operator, word in rest:
        bracketed = f"({bracketed}) {operator} {word}[ti]"
    for word in "abc":
        for others in ("", "a", "b", "c", "ab"):
            held = set(word + others)
            assert _holds(parse_query(flat).root, held) == _holds(parse_query(bracketed).root, held)


def _holds(node: Node, held: set[str]) -> bool:
    if isinstance(node, Term):
        return node.text in held
    if isinstance(node, Not):
        return _holds(node.keep, held) and not _holds(node.drop, held)
    decide = all if isinstance(node, And) else any
    return decide(_holds(part, held) for part in node.parts)


def test_a_term_knows_where_it_stands_in_the_text_as_given():
    """Blanks and line ends included."""
    text = "massage[ti]\n  OR  ( back   pain [tiab]\n AND 2020:2021[dp])"
    places = {text[slice(*node.position)] for node in walk(parse_query(text).root)
              if isinstance(node, Term | Dates)}  # fmt: skip
    assert places == {"massage[ti]", "back   pain [tiab]", "2020:2021[dp]"}


LINTED = [
    ("massage[ti] OR pain[ti]", []),
    ("massage[xx]", [("error", "query", 8)]),
    ("massage", [("warning", "untagged", 1)]),
    ("a[ti] OR b[ti] AND c[ti]", [("warning", "implicit-precedence", 7)]),
    ("massage[ti] & pain[ti]", [("warning", "boolean-operator-readability", 13)]),
    ("“back pain”[ti]", [("warning", "non-standard-quotes", 1)]),
    ("pain[ti] OR massage[ti] OR pain[ti]", [("warning", "redundant-term", 1)]),
    ("pain[tiab] OR neck pain[tiab]", [("warning", "redundant-term", 1)]),
    # One heading is not part of another, and brackets after NOT are no ornament.
    ("pain[mh] OR neck pain[mh]", []),
    ("massage[ti] NOT (animals[mh] NOT humans[mh])", []),
    ("randomized[ti] OR randomly[ti]", []),
    ("randomized controlled trial[pt]", []),
    ("randomised controlled trial[pt]", [("warning", "publication-type", 1)]),
    ("systematic[sb] OR free full text[sb] OR english[sb]", []),
    ("sistematic[sb]", [("warning", "subset", 1)]),
]


@pytest.mark.parametrize(("text", "wanted"), LINTED, ids=lambda value: str(value)[:40])
def test_the_linter_says_what_matters_and_where(text, wanted):
    """Level, code and character; advice that does not hold for PubMed is left out."""
    found = lint_query(text)
    assert [(one.level, one.code, one.position[0] + 1) for one in found] == wanted
    assert all(re.fullmatch(r"[^\n\x1b]+", one.text) for one in found)


def test_the_library_prints_nothing(capsys):
    """Standard output is for data."""
    lint_query("a[ti] OR b[ti] AND c[ti] OR pain OR “x”[ti]")
    lint_query("(massage[ti]")
    assert capsys.readouterr() == ("", "")
