"""The search strategies serve every question, can be read, and find what they must."""

from __future__ import annotations

import re

import msgspec
import pytest

from builders import ROOT
from evidence_tools.base import EvidenceBase
from evidence_tools.files import dump_model
from evidence_tools.literature.citations import Citation, MeshHeading
from evidence_tools.literature.known_items import cite_record, cite_records, find_known_items
from evidence_tools.literature.mesh import Descriptor, MeshTree
from evidence_tools.literature.query import (
    Answer,
    Term,
    compile_matchers,
    lint_query,
    parse_query,
    walk,
)
from evidence_tools.literature.strategy import Filters, compile_line, compile_query

#: Both versions as the Handbook prints them for PubMed, in one line.
PUBLISHED = {
    "cochrane-hsss-sensitive": (
        "(randomized controlled trial [pt] OR controlled clinical trial [pt] OR randomized [tiab] "
        "OR placebo [tiab] OR drug therapy [sh] OR randomly [tiab] OR trial [tiab] OR groups "
        "[tiab]) NOT (animals [mh] NOT humans [mh])"
    ),
    "cochrane-hsss-precise": (
        "(randomized controlled trial [pt] OR controlled clinical trial [pt] OR randomized [tiab] "
        "OR placebo [tiab] OR clinical trials as topic [mesh: noexp] OR randomly [tiab] OR trial "
        "[ti]) NOT (animals [mh] NOT humans [mh])"
    ),
}

#: Known items of which title and design do not show that they are found; what shows it is named.
NOT_BY_TITLE = {
    ("endorphins", "bruehl2014"),  # the drug that blocks opioids
    ("massage-pain-broad", "qaseem2017"),  # massage, one of the options
    ("massage-pain-broad", "mak2024"),  # an evidence map, to PubMed a systematic review
    ("mood-stress", "moyer2004"),  # anxiety and depression, two of nine outcomes
    ("palpation-reliability", "myburgh2008"),  # reproducibility of the examination
    ("pressure-pain-threshold", "lu2022"),  # the threshold, its first outcome
    ("quality-of-life", "crawford2016"),  # quality of life, its last outcome
    ("referred-pain", "delphi2018"),  # referred pain, one of the criteria
}

#: British and American spellings of one word.
SPELLINGS = [
    ("ization", "isation"),
    ("ischaem", "ischem"),
    ("haemat", "hemat"),
    ("haemost", "hemost"),
    ("aetiolog", "etiolog"),
    ("paraesth", "paresth"),
    ("labour", "labor"),
    ("tumour", "tumor"),
]


@pytest.fixture(scope="module")
def queries(base: EvidenceBase) -> dict[str, str]:
    """The text that PubMed would receive, by strategy."""
    return {key: compile_query(one, base.filters) for key, one in base.searches.items()}


@pytest.fixture(scope="module")
def shown_by_title(base: EvidenceBase, queries: dict[str, str]) -> dict[str, set[str]]:
    """Strategies that find a source by its title and kind of publication alone, by its key.

    Every other field is taken as empty: no abstract, no headings but Humans. The tree knows the
    headings that the strategies name, and nothing beneath them, so that every answer is yes or no.
    """
    parsed = {key: parse_query(text) for key, text in queries.items()}
    names = {
        term.text.split("/")[0]
        for query in parsed.values()
        for term in walk(query.root)
        if isinstance(term, Term) and term.field in ("mh", "pt")
    }
    tree = MeshTree(
        tuple(
            Descriptor(f"D{number}", name, (), (f"A{number:04}",))
            for number, name in enumerate(sorted(names | {"Humans"}))
        )
    )
    ask = compile_matchers(parsed, tree)
    shown = {}
    for key, record in base.records.items():
        citation = cite_record(record)
        if citation is None or not citation.title:
            continue
        answers = ask(
            msgspec.structs.replace(citation, status="MEDLINE", mesh=(MeshHeading("Humans"),))
        )
        assert Answer.UNKNOWN not in answers.values()
        shown[key] = {search for search, answer in answers.items() if answer is Answer.YES}
    return shown


def keys_by_pmid(base: EvidenceBase) -> dict[str, str]:
    """Records whose PMID was read from a source and is not from memory."""
    return {
        record.pmid: key
        for key, record in base.records.items()
        if record.pmid and not {"pmid", "*"} & set(record.from_memory)
    }


def test_every_question_names_a_strategy_that_serves_it(base: EvidenceBase) -> None:
    """A question's own search exists and lists the question; none is without one."""
    wrong = [
        key
        for key, question in base.questions.items()
        if question.search not in base.searches
        or key not in base.searches[question.search].questions
    ]
    assert wrong == []


def test_there_are_as_many_strategies_as_a_monthly_run_can_bear(base: EvidenceBase) -> None:
    """Between 36 and 45 strategies: a month may take some 120 requests."""
    assert 36 <= len(base.searches) <= 45


def test_no_strategy_and_no_filter_draws_a_remark(
    base: EvidenceBase, queries: dict[str, str]
) -> None:
    """Every query reads without error and without warning; so no term is without a field."""
    remarks = {
        key: [str(message) for message in lint_query(text)]
        for key, text in [*queries.items(), *((k, f.query) for k, f in base.filters.items())]
    }
    assert {key: found for key, found in remarks.items() if found} == {}


def test_known_items_are_sources_whose_pmid_was_seen(base: EvidenceBase) -> None:
    """Records, and none from memory but where the strategy itself says so, for whoever runs it."""
    sure = keys_by_pmid(base)
    doubtful = {r.pmid for r in base.records.values() if "pmid" in r.from_memory}
    for key, strategy in base.searches.items():
        assert 1 <= len(strategy.must_find) <= 14, key
        unsure = {*strategy.must_find, *strategy.must_not_find} - set(sure)
        assert unsure <= doubtful, key
        assert all(f"PMID {pmid}" in (strategy.note or "") for pmid in unsure), key
    assert sum(len(set(s.must_find) - set(sure)) for s in base.searches.values()) == 1


def test_the_sources_that_the_first_document_cites_must_be_found(base: EvidenceBase) -> None:
    """All four; the identifier of one is from memory, which its strategy says."""
    cited = {one.record for one in base.documents["001"].citations}
    assert cited == {"bervoets2015", "field2016", "furlan2015", "qaseem2017"}
    tested = {pmid for one in base.searches.values() for pmid in one.must_find}
    assert {base.records[key].pmid for key in cited} <= tested


def test_the_published_filters_stand_as_published(base: EvidenceBase) -> None:
    """Not a letter of the Cochrane strategies is changed, and they claim no change."""
    for key, text in PUBLISHED.items():
        assert base.filters[key].query == text
        assert base.filters[key].modified is None


def test_the_joint_filter_is_its_parts_and_the_british_spelling(base: EvidenceBase) -> None:
    """Trials or reviews: the terms of both blocks, randomised, no other; and it says so."""

    def terms(key: str) -> set[tuple[str, str]]:
        query = parse_query(base.filters[key].query)
        return {(one.text, one.field) for one in walk(query.root) if isinstance(one, Term)}

    parts = terms("cochrane-hsss-sensitive") | terms("systematic-reviews")
    assert terms("trials-or-reviews") - parts == {("randomised", "tiab")}
    assert parts - terms("trials-or-reviews") == set()
    assert "randomised" in str(base.filters["trials-or-reviews"].modified)


def test_a_filter_that_adds_to_a_published_one_says_so(base: EvidenceBase) -> None:
    """Whatever bears terms of the Cochrane filter is that filter to the letter, or is modified."""
    for key, one in base.filters.items():
        if "randomly" in one.query:
            assert (one.query == PUBLISHED.get(key)) == (one.modified is None), key


def test_both_spellings_are_searched(queries: dict[str, str]) -> None:
    """A word that British and American authors spell differently is there in both forms."""
    missing = []
    for key, text in queries.items():
        words = {
            (term.text.casefold(), term.field, term.distance)
            for term in walk(parse_query(text).root)
            if isinstance(term, Term) and term.field in ("ti", "tiab")
        }
        for word, field, distance in words:
            for one, other in SPELLINGS:
                for old, new in ((one, other), (other, one)):
                    if not re.search(rf"(?<!a){old}", word):
                        continue
                    twin = re.sub(rf"(?<!a){old}", new, word)
                    if (twin, field, distance) not in words:
                        missing.append((key, word, twin))
    assert missing == []


def test_no_known_item_is_decided_against(base: EvidenceBase) -> None:
    """With what the records hold, no article that must be found is missed, nor the reverse."""
    citations = cite_records(base.records.values())
    items = [
        (key, item)
        for key, strategy in base.searches.items()
        for item in find_known_items(strategy, base.filters, citations)
    ]
    assert [(key, item.pmid, item.word) for key, item in items if item.wrong] == []
    assert {item.held for _, item in items} == {"record"}


def test_known_items_are_found_by_their_title(
    base: EvidenceBase, shown_by_title: dict[str, set[str]]
) -> None:
    """All but those listed above are found by title and publication type, without abstract."""
    sure = keys_by_pmid(base)
    missed = {
        (key, sure[pmid])
        for key, strategy in base.searches.items()
        for pmid in strategy.must_find
        if pmid in sure and key not in shown_by_title[sure[pmid]]
    }
    assert missed == NOT_BY_TITLE


def test_what_must_not_be_found_is_not_found_by_its_title(
    base: EvidenceBase, shown_by_title: dict[str, set[str]]
) -> None:
    """The title of an article that shows a strategy to be too wide does not match it."""
    sure = keys_by_pmid(base)
    found = {
        (key, sure[pmid])
        for key, strategy in base.searches.items()
        for pmid in strategy.must_not_find
        if key in shown_by_title[sure[pmid]]
    }
    assert found == set()
    assert sum(len(one.must_not_find) for one in base.searches.values()) >= 20


def test_the_strategies_together_reach_the_sources(shown_by_title: dict[str, set[str]]) -> None:
    """Nineteen sources of twenty are found by some strategy, by their title alone."""
    reached = sum(bool(searches) for searches in shown_by_title.values())
    assert reached / len(shown_by_title) >= 0.95


def test_taking_a_line_away_loses_a_known_item(base: EvidenceBase) -> None:
    """The known items test the lines: without its massage, the neck search misses its reviews."""
    strategy = base.searches["neck-shoulder-pain"]
    emptied = tuple(
        line.model_copy(update={"filter": None, "query": '"no such technique"[ti]'})
        if line.name == "massage"
        else line
        for line in strategy.lines
    )
    citation = Citation(
        "38415786",
        status="MEDLINE",
        title="Massage for neck pain",
        publication_types=("Systematic Review",),
    )
    tree = MeshTree(())
    whole, less = (
        find_known_items(one, base.filters, {"38415786": citation}, tree)[0]
        for one in (strategy, strategy.model_copy(update={"lines": emptied}))
    )
    assert whole.pmid == "38415786"
    assert whole.answer is Answer.YES
    assert less.answer is not Answer.YES


def test_each_line_is_a_query_of_its_own(base: EvidenceBase) -> None:
    """Every line of every strategy can be sent by itself, to count what it alone finds."""
    for key, strategy in base.searches.items():
        for line in strategy.lines:
            assert parse_query(compile_line(line, base.filters)), f"{key}, {line.name}"


def test_the_files_are_in_canonical_form(base: EvidenceBase) -> None:
    """What stands in a file of a strategy is what writing it again would give."""
    folder = ROOT / "evidence"
    for key, strategy in base.searches.items():
        text = (folder / "searches" / f"{key}.toml").read_text(encoding="utf-8")
        assert text == dump_model(strategy, ".toml"), key
    filters = (folder / "filters.toml").read_text(encoding="utf-8")
    assert filters == dump_model(Filters(filters=tuple(base.filters.values())), ".toml")
