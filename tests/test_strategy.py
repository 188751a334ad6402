"""Search strategies are files that say what PubMed is asked, line by line."""

from __future__ import annotations

import datetime as dt
import hashlib
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_tools.errors import DataError
from evidence_tools.files import check_comments, dump_model, parse_model
from evidence_tools.literature.query import parse_query, to_string
from evidence_tools.literature.strategy import (
    Filter,
    Filters,
    Strategy,
    StrategyLine,
    compile_line,
    compile_query,
    strategy_digest,
    unused_lines,
)

DAY = dt.date(2026, 11, 21)
MASSAGE = Filter(
    id="massage", title="Massage", query="massage[mh]\n OR massag*[tiab]", source="own"
)
LINES = (
    StrategyLine(name="massage", filter="massage"),
    StrategyLine(name="condition", query='"neck pain"[mh] OR\nneckache*[tiab]'),
    StrategyLine(name="young", query="child[mh]"),
)


def strategy(**changes) -> Strategy:
    """A strategy on neck pain, changed in one place."""
    values = {
        "id": "neck-pain", "title": "Massage for neck pain", "questions": ("neck-pain",),
        "combine": "#massage AND #condition NOT #young", "must_find": ("26863466",),
        "created": DAY, "changed": DAY, "lines": LINES,
    }  # fmt: skip
    return Strategy(**{**values, **changes})


def test_the_query_is_every_line_in_brackets_with_its_filter_put_in():
    """What PubMed receives is one line of text, whatever the file's line ends."""
    assert compile_query(strategy(), {"massage": MASSAGE}) == (
        '(massage[mh] OR massag*[tiab]) AND ("neck pain"[mh] OR neckache*[tiab]) NOT (child[mh])'
    )


def test_lines_can_stand_in_brackets_and_more_than_once():
    """Brackets of combine stay where they are."""
    one = strategy(combine="( #massage OR #young ) AND (#condition OR #young)")
    assert compile_query(one, Filters(filters=(MASSAGE,))) == (
        "( (massage[mh] OR massag*[tiab]) OR (child[mh]) ) AND "
        '(("neck pain"[mh] OR neckache*[tiab]) OR (child[mh]))'
    )


def test_a_name_that_begins_like_another_is_not_taken_for_it():
    """#pain-relief is not #pain."""
    lines = (
        StrategyLine(name="pain", query="a[ti]"),
        StrategyLine(name="pain-relief", query="b[ti]"),
    )
    assert compile_query(strategy(combine="#pain-relief NOT #pain", lines=lines), {}) == (
        "(b[ti]) NOT (a[ti])"
    )


def test_an_unknown_filter_is_named_with_strategy_and_line():
    """What, expected what, where, what to do."""
    with pytest.raises(DataError) as caught:
        compile_query(strategy(), {"trials": MASSAGE})
    assert str(caught.value) == (
        "searches/neck-pain: line massage names the unknown filter 'massage'; expected one of "
        "trials; to mend it: correct the name, or describe the filter in evidence/filters.toml"
    )
    with pytest.raises(DataError, match=r"filters\.toml is empty"):
        compile_line(LINES[0], {})


def test_the_digest_names_the_words_sent_and_nothing_else():
    """A new line end changes nothing; a changed filter does."""
    known = {"massage": MASSAGE}
    digest = strategy_digest(strategy(), known)
    assert digest == hashlib.sha256(compile_query(strategy(), known).encode()).hexdigest()
    same = strategy(note="said otherwise", lines=(
        LINES[0], StrategyLine(name="condition", query=' "neck pain"[mh] OR neckache*[tiab]'),
        LINES[2],
    ))  # fmt: skip
    assert strategy_digest(same, known) == digest
    other = {"massage": MASSAGE.model_copy(update={"query": "massage[mh]"})}
    assert strategy_digest(strategy(), other) != digest


def test_lines_that_combine_leaves_out_are_named():
    """In their order in the file."""
    assert unused_lines(strategy()) == ()
    assert unused_lines(strategy(combine="#condition")) == ("massage", "young")


WRONG = [
    ({"combine": "#massage AND #neck"}, "no line 'neck'; there are massage, condition, young"),
    ({"combine": "#massage and #condition"}, "'and' at character 10"),
    ({"combine": "#massage AND pain[ti]"}, "'pain[ti]' at character 14"),
    ({"combine": "(#massage AND #condition"}, "a bracket is not closed"),
    ({"combine": "#massage) AND (#condition"}, "closed at character 9, never opened"),
    ({"changed": dt.date(2026, 1, 1)}, "changed 2026-01-01 lies before created 2026-11-21"),
    ({"must_find": ("1", "2", "1")}, "must_find 1 stands twice"),
    ({"must_not_find": ("26863466",)}, "26863466: both in must_find and in must_not_find"),
    ({"must_find": ("PMC123",)}, "is not a PMID"),
    ({"questions": ()}, "at least 1 item"),
    ({"questions": ("neck-pain", "neck-pain")}, "question neck-pain stands twice"),
    ({"lines": (LINES[1], LINES[1], *LINES)}, "line condition stands twice"),
    ({"lines": ()}, "at least 1 item"),
    ({"id": "Neck pain"}, "should match pattern"),
]


@pytest.mark.parametrize(("changes", "message"), WRONG, ids=lambda value: str(value)[:30])
def test_a_strategy_that_contradicts_itself_is_refused(changes, message):
    """By its model, before anybody sends it."""
    with pytest.raises(ValueError, match=r".*") as caught:
        strategy(**changes)
    assert message in str(caught.value)


@pytest.mark.parametrize("fields", [{}, {"query": "a[ti]", "filter": "massage"}])
def test_a_line_is_a_query_or_a_filter(fields):
    """Exactly one of the two."""
    with pytest.raises(ValueError, match="give either query or filter"):
        StrategyLine(name="a", **fields)


def test_a_filter_stands_once():
    """Two filters of one name would be two meanings of one line."""
    with pytest.raises(ValueError, match="filter massage stands twice"):
        Filters(filters=(MASSAGE, MASSAGE))


def test_a_query_stands_in_its_file_as_it_is_typed():
    """No escapes, one row a row: a change shows as the words that changed."""
    words = ("cervicalgi*[tiab]", '"neck pain"[mh]', "neckache*[tiab]", '"pain in the neck"[tiab]')
    line = StrategyLine(name="condition", query=" OR\n".join(words * 2))
    text = dump_model(strategy(lines=(LINES[0], line, LINES[2])), ".toml")
    assert text.endswith(
        "[[lines]]\n"
        'name = "condition"\n'
        "query = '''\n"
        "cervicalgi*[tiab] OR\n"
        '"neck pain"[mh] OR\n'
        "neckache*[tiab] OR\n"
        '"pain in the neck"[tiab] OR\n'
        "cervicalgi*[tiab] OR\n"
        '"neck pain"[mh] OR\n'
        "neckache*[tiab] OR\n"
        '"pain in the neck"[tiab]'
        "'''\n"
        "\n"
        "[[lines]]\n"
        'name = "young"\n'
        'query = "child[mh]"\n'
    )
    check_comments(text, "neck-pain.toml")


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), min_size=1)


@given(texts, texts)
def test_what_is_written_is_read_back_the_same(query, note):
    """load(dump(x)) = x for any text: quotes, apostrophes, line ends, signs of comments."""
    one = strategy(note=note, lines=(*LINES, StrategyLine(name="any", query=query)))
    text = dump_model(one, ".toml")
    assert parse_model(Strategy, text, "neck-pain.toml") == one
    assert tomllib.loads(text)["note"] == note
    check_comments(text, "neck-pain.toml")


def test_the_strategies_of_this_project_are_whole(base):
    """Between 30 and 45, each read as PubMed would, together serving every question."""
    assert 30 <= len(base.searches) <= 45
    for one in base.searches.values():
        query = parse_query(compile_query(one, base.filters), one.id)
        assert parse_query(to_string(query)) == query
        assert one.must_find, one.id
    served = {question for one in base.searches.values() for question in one.questions}
    assert served == set(base.questions)


def test_the_sources_that_document_001_cites_are_known_items(base):
    """All four."""
    cited = {base.records[one.record].pmid for one in base.documents["001"].citations}
    wanted = {pmid for one in base.searches.values() for pmid in one.must_find}
    assert len(cited) == 4
    assert cited <= wanted


def test_the_published_trial_filter_stands_word_for_word(base):
    """Cochrane's, sensitivity-maximising, PubMed format; who changes a word must rename it."""
    assert compile_line(StrategyLine(name="a", filter="cochrane-hsss-sensitive"), base.filters) == (
        "(randomized controlled trial [pt] OR controlled clinical trial [pt] OR "
        "randomized [tiab] OR placebo [tiab] OR drug therapy [sh] OR randomly [tiab] OR "
        "trial [tiab] OR groups [tiab]) NOT (animals [mh] NOT humans [mh])"
    )
