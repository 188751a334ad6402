"""The literature store keeps every version of every citation, each run and each page, once."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import json
import sqlite3
from pathlib import Path

import msgspec
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence_tools.errors import DataError, InputError
from evidence_tools.literature.citations import (
    AbstractSection,
    Author,
    Citation,
    MeshHeading,
    content_digest,
)
from evidence_tools.literature.store import (
    Answer,
    Page,
    Receipt,
    Removal,
    RunPlan,
    RunState,
    Store,
    open_store,
    store_path,
)
from evidence_tools.literature.store.database import StoreError
from evidence_tools.literature.store.tables import export_store
from evidence_tools.testing.pubmed import make_citation, make_citations

PLAN = RunPlan("https://example.org/", "neck-pain", "massage[tiab]", dt.date(2026, 10, 1))


class Clock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.now = dt.datetime(2026, 11, 21, 9, 30, tzinfo=dt.UTC)

    def __call__(self) -> dt.datetime:
        """The moment that was set."""
        return self.now

    def pass_days(self, days: int) -> None:
        """Let days go by."""
        self.now += dt.timedelta(days=days)


@pytest.fixture
def clock() -> Clock:
    """A clock at 21 November 2026, 9:30 UTC."""
    return Clock()


@pytest.fixture
def store(tmp_path, clock):
    """A new store with nothing in it."""
    with open_store(tmp_path / "store" / "literature.sqlite", clock=clock) as made:
        yield made


def put(store: Store, *citations: Citation, **more) -> Receipt:
    """Write a page of citations in the one run that is open."""
    run = store.runs.start(PLAN)
    return store.pages.add(Page(citations=citations, **more), run=run.id)


def put_file(store: Store, kind: str, *citations: Citation, name: str = "export") -> Receipt:
    """Write a page of citations as of an imported file."""
    digest = "".join(content_digest(c) for c in citations)
    file = store.pages.start_file(name, f"{kind} {digest}", 1, kind)
    return store.pages.add(Page(citations=citations), file=file)


def titles(store: Store, pmid: str) -> list[str]:
    """Titles of every version of a citation."""
    return [version.citation.title for version in store.versions(pmid)]


# Versions


def test_a_citation_comes_back_as_it_was_put_in(store):
    """Every field of every kind of citation, articles and books."""
    made = list(make_citations(300, seed=4))
    put(store, *made)
    assert [store.citation(c.pmid) for c in made] == made
    assert list(store.current()) == made
    assert store.citations([made[7].pmid, "1"]) == {made[7].pmid: made[7]}
    assert store.pmids() == tuple(c.pmid for c in made)
    assert store.citation("1") is None


def test_every_version_is_kept_and_the_last_answer_is_in_force(store, clock):
    """Old contents stay readable, with the times at which they were first and last seen."""
    put(store, make_citation(7, title="First"))
    clock.pass_days(1)
    assert put(store, make_citation(7, title="First"), asked=("7",)).same == 1
    clock.pass_days(9)
    assert put(store, make_citation(7, title="Second")).changed == 1
    assert store.citation("7").title == "Second"
    first, second = store.versions("7")
    assert (first.citation.title, first.in_force) == ("First", False)
    assert (second.citation.title, second.in_force) == ("Second", True)
    assert (first.first_seen.day, first.last_seen.day, second.first_seen.day) == (21, 22, 1)
    assert first.digest == content_digest(make_citation(7, title="First"))
    assert first.sources == ("run 1",)


def test_a_content_that_comes_back_is_in_force_again_without_a_copy(store, clock):
    """First, second, first: two contents, three changes of what is in force."""
    for number, title in enumerate(["First", "Second", "First"]):
        put(store, make_citation(7, title=title), asked=(str(number + 1),))
        clock.pass_days(1)
    assert store.citation("7").title == "First"
    assert titles(store, "7") == ["First", "Second"]
    days = [dt.date(2026, 11, day) for day in (20, 21, 22, 23)]
    found = [store.citation("7", as_of=day) for day in days]
    assert [c and c.title for c in found] == [None, "First", "Second", "First"]


def test_a_day_ends_at_midnight_utc(store, clock):
    """What came in the last second of a day counts on that day, whatever the zone of the clock."""
    zone = dt.timezone(dt.timedelta(hours=2))
    clock.now = dt.datetime(2026, 11, 22, 1, 59, 59, tzinfo=zone)
    put(store, make_citation(7))
    assert store.citation("7", as_of=dt.date(2026, 11, 20)) is None
    assert store.citation("7", as_of=dt.date(2026, 11, 21)) is not None


def test_changes_are_told_by_field(store, clock):
    """Only the fields that differ, old value before new, and when."""
    old = make_citation(7, title="First", keywords=("a",))
    put(store, old)
    clock.pass_days(3)
    put(store, msgspec.structs.replace(old, title="Second", keywords=("a", "b")))
    changes = store.changes("7")
    assert [(c.field, c.before, c.after) for c in changes] == [
        ("title", "First", "Second"),
        ("keywords", ("a",), ("a", "b")),
    ]
    assert {c.at for c in changes} == {dt.datetime(2026, 11, 24, 9, 30, tzinfo=dt.UTC)}


def test_two_contents_of_one_pmid_in_one_page_are_both_kept(store):
    """The later edition is in force wherever in the page it stands; of one edition the last."""
    new = make_citation(7, title="New", revised="2026-02-01")
    old = make_citation(7, title="Old", revised="2026-01-01")
    receipt = put(store, new, old)
    assert (receipt.new, receipt.changed, receipt.same) == (1, 0, 0)
    assert sorted(titles(store, "7")) == ["New", "Old"]
    assert store.citation("7").title == "New"
    put(store, make_citation(8, title="One"), make_citation(8, title="Two"))
    assert store.citation("8").title == "Two"
    assert store.check() == []


IN_FORCE = [
    ("xml", "2026-01-01", "2026-01-02", "Live"),  # a file with an older revision
    ("xml", "2026-01-02", "2026-01-02", "Live"),
    ("xml", "2026-01-03", "2026-01-02", "File"),  # a file saved after the last answer
    ("nbib", "2026-01-03", "2026-01-02", "Live"),  # drops fields
    ("ris", "2026-01-03", "2026-01-02", "Live"),
]


@pytest.mark.parametrize(("kind", "of_file", "of_answer", "in_force"), IN_FORCE)
def test_a_file_takes_the_place_of_an_answer_only_when_it_is_newer_and_whole(
    store, kind, of_file, of_answer, in_force
):
    """Importing an old or a poorer export never hides what PubMed said; both are kept."""
    put(store, make_citation(7, title="Live", revised=of_answer))
    receipt = put_file(store, kind, make_citation(7, title="File", revised=of_file))
    assert store.citation("7").title == in_force
    assert (receipt.changed, receipt.kept) == ((1, 0) if in_force == "File" else (0, 1))
    assert titles(store, "7") == ["Live", "File"]
    # Found by the words of what is in force, and by no others.
    assert [len(store.find(word)) for word in ("live", "file")] == (
        [0, 1] if in_force == "File" else [1, 0]
    )


@pytest.mark.parametrize("kind", ["xml", "nbib", "ris"])
def test_what_pubmed_answers_takes_the_place_of_any_file(store, kind):
    """Even of a file with a later revision date: PubMed is asked now."""
    put_file(store, kind, make_citation(7, title="File", revised="2026-09-01"))
    assert store.citation("7").title == "File"
    put(store, make_citation(7, title="Live", revised="2026-01-01"))
    assert store.citation("7").title == "Live"


def test_a_better_format_takes_the_place_of_a_poorer_one(store):
    """RIS gives way to NBIB, NBIB to XML, and not the other way round."""
    for kind, shown in [("ris", "ris"), ("nbib", "nbib"), ("ris", "nbib"), ("xml", "xml")]:
        put_file(store, kind, make_citation(7, title=kind), name=kind)
        assert store.citation("7").title == shown


def test_an_answer_that_equals_a_file_makes_it_an_answer(store):
    """Seen at PubMed, a content that came by file is not replaced by the next file of its date."""
    one = make_citation(7, title="One", revised="2026-01-01")
    put_file(store, "xml", one)
    put(store, one)
    put_file(store, "xml", make_citation(7, title="Two", revised="2026-01-01"))
    assert store.citation("7").title == "One"


# Removals


def test_a_removed_citation_stays_readable_and_leaves_the_lists(store):
    """Deleted or merged: not among the current ones, and still here with its reason."""
    put(store, make_citation(7), make_citation(8))
    put(store, removals=(Removal("7", "merged", into="8"), Removal("9", "deleted")))
    assert store.removal("7") == Removal("7", "merged", into="8")
    assert store.removal("9") == Removal("9", "deleted")
    assert store.removal("8") is None
    assert sorted(store.removals()) == ["7", "9"]
    assert store.citation("7") == make_citation(7)
    assert store.pmids() == ("8",)
    assert store.pmids(removed=True) == ("7", "8")
    assert [c.pmid for c in store.current()] == ["8"]
    assert [c.pmid for c in store.current(removed=True)] == ["7", "8"]


def test_a_removal_said_again_is_one_removal(store):
    """Each month PubMed says the same; another reason is another removal."""
    for asked in ("1", "2"):
        put(store, asked=(asked,), removals=(Removal("7", "deleted"),))
    assert len(store.database.rows("SELECT * FROM removal")) == 1
    put(store, removals=(Removal("7", "merged", "8"),))
    assert store.removal("7").into == "8"
    assert len(store.database.rows("SELECT * FROM removal")) == 2


def test_a_citation_that_comes_back_is_no_longer_removed(store):
    """PubMed gives it again: the removal stays in the log, and no longer stands."""
    put(store, make_citation(7))
    put(store, removals=(Removal("7", "deleted"),))
    put_file(store, "xml", make_citation(7))
    assert store.removal("7") is not None, "an old file does not undo what PubMed said"
    put(store, make_citation(7), asked=("7",))
    assert store.removal("7") is None
    assert store.pmids() == ("7",)


def test_an_old_file_does_not_remove_what_pubmed_gives(store):
    """A list of deletions in a file is noted, and does not hide a live answer."""
    put(store, make_citation(7))
    file = store.pages.start_file("updates.xml", "0", 1, "xml")
    store.pages.add(Page(removals=(Removal("7", "deleted"), Removal("8", "deleted"))), file=file)
    assert store.removal("7") is None
    assert store.removal("8") is not None


# Pages


def test_the_same_page_again_adds_nothing(store):
    """The receipt is that of the first time, and no table grows."""
    page = Page(("7", "8", "9"), (make_citation(7), make_citation(8)), (), (Removal("9", "gone"),))
    run = store.runs.start(PLAN)
    first = store.pages.add(page, run=run.id)
    before = list(store.database.connection.iterdump())
    again = store.pages.add(page, run=run.id)
    assert again == dataclasses.replace(first, repeated=True)
    assert list(store.database.connection.iterdump()) == before


def test_a_page_that_is_there_settles_what_another_run_wants_since(store):
    """Otherwise a run could wait for ever for what was already fetched."""
    one = store.runs.start(PLAN)
    page = Page(("7",), (make_citation(7),))
    store.pages.add(page, run=one.id)
    two = store.runs.start(RunPlan(PLAN.endpoint, "low-back-pain", "massage[ti]"))
    store.runs.want(two.id, ["7"], "new")
    store.pages.add(page, run=one.id)
    assert store.runs.pending([two.id]) == ()


class Problem:
    """As the parser tells of a damaged article."""

    def __init__(self, where: str, pmid: str | None, what: str) -> None:
        self.where, self.pmid, self.what = where, pmid, what


def test_problems_and_the_answer_as_received_are_kept(store):
    """A damaged article is listed, and its bytes are here to be read again."""
    body = b"<PubmedArticleSet>\x00 broken"
    receipt = put(store, problems=(Problem("article 3", "7", "no title"),), body=body)
    assert receipt.problems == 1
    assert store.body(receipt.page) == body
    assert store.body(99) == b""
    assert store.counts().problems == 1


def test_a_citation_without_a_pmid_is_a_problem_and_the_others_are_kept(store):
    """One that cannot be stored does not take its page down."""
    half = msgspec.structs.replace(make_citation(9), title="half a \ud800 pair")
    receipt = put(store, make_citation(7), Citation(pmid=""), Citation(pmid="x7"), half)
    assert (receipt.new, receipt.problems) == (1, 3)
    rows = store.database.rows("SELECT place, pmid FROM problem ORDER BY id")
    assert rows == [("citation 2", ""), ("citation 3", "x7"), ("citation 4", "9")]


def test_nul_bytes_and_signs_of_every_kind_are_data(store):
    """NUL, quotes, SQL and mark-up come back as they went in, and the rest stays found."""
    title = 'Nul \0 byte\'); DROP TABLE citation; -- <b>"massage"</b> \u202e \U0001f486'
    one = make_citation(7, title=title, abstract=(AbstractSection("before\0after"),))
    put(store, one)
    assert store.citation("7") == one
    for word in ("massage", "before", "after"):
        assert [found.citation for found in store.find(word)] == [one]
    assert store.check() == []


def test_a_failure_within_a_page_leaves_nothing_of_it(store, monkeypatch):
    """All of a page or nothing: citations, problems, removals, what the run waits for."""
    run = store.runs.start(PLAN)
    store.runs.want(run.id, ["7", "8"], "new")
    before = list(store.database.connection.iterdump())

    def fail(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr(store.pages, "_settle", fail)
    with pytest.raises(KeyboardInterrupt):
        put(store, make_citation(7), removals=(Removal("8", "gone"),))
    monkeypatch.undo()
    assert list(store.database.connection.iterdump()) == before
    assert put(store, make_citation(7)).new == 1


def test_a_page_belongs_to_a_run_or_to_a_file(store):
    """Neither or both is a mistake of the caller."""
    with pytest.raises(ValueError, match="to a run or to a file"):
        store.pages.add(Page())


# Runs


def test_a_run_that_was_interrupted_is_gone_on_with(store):
    """The same plan is the same run while it is open; what is fetched is not asked for again."""
    run = store.runs.start(PLAN)
    answer = Answer("new", "massage[tiab] AND window", 3, ("7", "8", "9"), "massage[All]", ("w",))
    store.runs.add_answer(run.id, answer, want=answer.pmids)
    put(store, make_citation(8))
    again = store.runs.start(PLAN)
    assert again == run
    assert [r.id for r in store.runs.open()] == [run.id]
    assert store.runs.pending([run.id]) == ("7", "9")
    put(store, make_citation(7), removals=(Removal("9", "deleted"),))
    assert store.runs.pending() == ()
    assert store.runs.outcomes(run.id) == {"new": 2, "missing": 1}
    done = store.runs.finish(run.id, {"new": 2})
    assert (done.state, done.summary) == (RunState.FINISHED, {"new": 2})
    assert store.runs.finish(run.id) == done
    assert store.runs.latest("neck-pain") == done
    assert store.runs.start(PLAN).id != run.id


def test_a_run_with_pending_citations_cannot_be_finished(store):
    """It stays open; it can be given up with a reason, and then nothing more is added to it."""
    run = store.runs.start(PLAN)
    store.runs.want(run.id, ["7"], "known item")
    with pytest.raises(StoreError, match="still waits for 1 citation"):
        store.runs.finish(run.id)
    assert store.runs.abandon(run.id, "no longer needed").state is RunState.ABANDONED
    assert store.runs.pending() == ()
    with pytest.raises(StoreError, match="abandoned; expected an open run"):
        store.pages.add(Page(citations=(make_citation(7),)), run=run.id)
    with pytest.raises(StoreError, match="no run 99"):
        store.runs.get(99)
    assert store.runs.latest("neck-pain") is None


def test_a_fetched_page_settles_its_citations_for_every_open_run(store):
    """Forty strategies find the same article, and it is fetched once."""
    runs = [store.runs.start(RunPlan("x", f"s{number}", "q")) for number in range(3)]
    for run in runs:
        store.runs.want(run.id, ["7", str(run.id + 10)], "new")
    assert store.runs.pending() == ("7", "11", "12", "13")
    store.pages.add(Page(("7",), (make_citation(7),)), run=runs[0].id)
    assert store.runs.pending() == ("11", "12", "13")
    assert store.runs.wanted(runs[2].id) == {"7": ("new", "new"), "13": ("new", None)}


def test_a_damaged_article_is_not_waited_for(store):
    """It was answered; the run ends and the problem is listed."""
    run = store.runs.start(PLAN)
    store.runs.want(run.id, ["7"], "new")
    put(store, problems=(Problem("article 1", "7", "broken"), Problem("article 2", None, "?")))
    assert store.runs.outcomes(run.id) == {"damaged": 1}


def test_an_answer_is_kept_with_its_query_count_translation_and_pmids(store, clock):
    """The same again adds nothing; another one of its kind is kept too, and counts."""
    run = store.runs.start(PLAN)
    one = Answer("new", "q", 2, ("10", "9"), None, ("Quoted phrase not found",), 3)
    for _ in range(2):
        store.runs.add_answer(run.id, one)
    kept = store.runs.answers(run.id)["new"]
    assert kept == Answer("new", "q", 2, ("9", "10"), None, one.warnings, 3, clock())
    assert len(store.database.rows("SELECT * FROM answer")) == 1
    store.runs.add_answer(run.id, Answer("new", "q", 1, ("9",)))
    store.runs.add_answer(run.id, Answer("total", "all", 5000))
    assert store.runs.answers(run.id)["new"].pmids == ("9",)
    assert store.runs.answers(run.id)["total"].total == 5000
    assert [s.kind for s in store.runs.found_by("9")] == ["new", "new"]
    assert store.runs.found_by("10")[0].strategy == "neck-pain"


def test_a_bad_pmid_in_an_answer_adds_nothing(store):
    """An answer is taken whole or not at all."""
    run = store.runs.start(PLAN)
    with pytest.raises(DataError, match="is not a PMID"):
        store.runs.add_answer(run.id, Answer("new", "q", 2, ("7", "seven")))
    assert store.runs.answers(run.id) == {}


# Laws


VARIANTS = st.builds(
    lambda pmid, title, revised: make_citation(pmid, title=f"title{title}", revised=revised),
    st.integers(1, 6),
    st.integers(1, 3),
    st.sampled_from([None, "2026-01-01", "2026-02-01"]),
)


@settings(max_examples=25, deadline=None)
@given(
    pages=st.lists(st.lists(VARIANTS, max_size=4), min_size=1, max_size=5),
    data=st.data(),
)
def test_order_repeats_and_reopening_do_not_matter(tmp_path_factory, pages, data):
    """Pages that share no PMID give the same content in any order, written once or many times."""
    # A PMID is fetched once in a run: each belongs to the first page that has it.
    owner: dict[str, int] = {}
    for number, page in enumerate(pages):
        for citation in page:
            owner.setdefault(citation.pmid, number)
    cut = [[c for c in page if owner[c.pmid] == n] for n, page in enumerate(pages)]
    order = data.draw(st.permutations(range(len(cut))))
    repeats = data.draw(st.lists(st.sampled_from(order), max_size=4))
    folder = tmp_path_factory.mktemp("order")

    def fill(name: str, numbers: list[int], *, reopen: bool) -> dict[str, object]:
        path = folder / name
        wanted = {c.pmid for page in cut for c in page}
        with open_store(path) as store:
            store.runs.want(store.runs.start(PLAN).id, wanted, "new")
        for number in numbers:
            with open_store(path) as store:
                put(store, *cut[number], asked=tuple({c.pmid for c in cut[number]}))
                if not reopen:
                    put(store, *cut[number], asked=tuple({c.pmid for c in cut[number]}))
        with open_store(path) as store:
            assert store.check() == []
            run = store.runs.open()[0]
            return {
                "current": list(store.current()),
                "versions": {p: {v.digest for v in store.versions(p)} for p in store.pmids()},
                "outcomes": store.runs.outcomes(run.id),
                "found": [[f.citation.pmid for f in store.find(f"title{n}")] for n in (1, 2, 3)],
                "contents": store.counts().versions,
            }

    straight = fill("a.sqlite", list(range(len(cut))), reopen=False)
    assert fill("b.sqlite", [*order, *repeats], reopen=True) == straight
    assert straight["contents"] == len({content_digest(c) for page in cut for c in page})


# Search


@pytest.fixture
def three(store):
    """A store with three citations to find."""
    put(
        store,
        Citation("1", title="Massage for neck pain", abstract=(AbstractSection("A trial."),)),
        Citation("2", title="Sleep", abstract=(AbstractSection("massaging the neck of people"),)),
        Citation(
            "3",
            title="Ein Überblick",
            vernacular_title="Rückenschmerz",
            authors=(Author(last="García", fore="José"), Author(collective="The Backs Group")),
            mesh=(MeshHeading("Low Back Pain"),),
            keywords=("myofascial",),
        ),
    )
    return store


FINDS = [
    ("massage", ["1", "2"]),  # the word in the title comes first; endings do not matter
    ("MASSAGE neck", ["1", "2"]),
    ('"neck pain"', ["1"]),
    ('"pain neck"', []),
    ('"neck pain', ["1"]),  # a quote that is not closed
    ("mass*", ["1", "2"]),
    ("rückenschmerz", ["3"]),
    ("ruckenschmerz", ["3"]),  # without the accent
    ("garcia", ["3"]),
    ("backs group", ["3"]),
    ("low-back", ["3"]),
    ("myofascial AND", []),  # an operator is a word
    ("title:massage", []),  # a column too
    ("massage ( ) - *", ["1", "2"]),  # signs are nothing
]


@pytest.mark.parametrize(("text", "pmids"), FINDS)
def test_find_takes_words_phrases_and_beginnings(three, text, pmids):
    """All words must be there; the best match comes first."""
    assert [found.citation.pmid for found in three.find(text)] == pmids
    assert three.count_matches(text) == len(pmids)


def test_a_find_shows_the_words_in_their_place(three):
    """The snippet is of the abstract, with the words marked."""
    found = three.find("massage", 5)
    assert [f.snippet for f in found] == ["A trial.", "[massaging] the neck of people"]
    assert three.find("massage", 1, marks=("<b>", "</b>"))[0].citation.pmid == "1"
    assert not found[0].removed


@pytest.mark.parametrize("text", ["", "  ", "* ( )", '""', "\0"])
def test_a_search_without_a_word_says_so(three, text):
    """Nothing to look for is the user's mistake."""
    with pytest.raises(InputError, match="no word to look for"):
        three.find(text)


def test_a_search_with_very_many_words_says_so(three):
    """A hundred words are fine, more are refused before SQLite chokes on them."""
    assert three.find("massage " * 100) != ()
    with pytest.raises(InputError, match="101 words"):
        three.find("massage " * 101)


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A store with two hundred citations, only read."""
    with open_store(tmp_path_factory.mktemp("filled") / "s.sqlite") as store:
        put(store, *make_citations(200))
        yield store


@given(st.text(max_size=60) | st.text(alphabet='ab"*^:()-+{}<>\0 NEARORD', max_size=40))
def test_whatever_a_person_types_is_data(filled, text):
    """No text is a syntax error: there are answers, or there is no word in it."""
    try:
        filled.find(text)
    except InputError as error:
        assert "no word" in str(error)


@given(st.integers(0, 199), st.data())
def test_every_word_of_a_title_finds_it(filled, number, data):
    """Whatever word of the title is typed, the citation is among the matches."""
    citation = list(filled.current())[number]
    word = data.draw(st.sampled_from(citation.title.split()))
    if any(sign.isalnum() for sign in word):
        assert citation in [found.citation for found in filled.find(word, 1000)]


# Reading while others write


def test_an_iteration_goes_on_while_pages_are_written(store):
    """Nothing is read twice and no lock is held between."""
    put(store, *make_citations(600, start=1000))
    seen = []
    for citation in store.current():
        if not seen:
            put(store, make_citation(5000))
        seen.append(citation.pmid)
    assert len(seen) == len(set(seen)) == 601


def test_a_reader_sees_one_moment(store):
    """Within a snapshot another connection's pages do not show."""
    put(store, make_citation(7))
    with open_store(store.path) as other, store.database.snapshot():
        assert store.pmids() == ("7",)
        put(other, make_citation(8))
        assert store.pmids() == ("7",)
    assert store.pmids() == ("7", "8")


# Counts, backup, export


def test_counts_and_known(store):
    """What there is, and which of some PMIDs are here."""
    put(store, make_citation(7), make_citation(8))
    put(store, make_citation(7, title="Other"))
    put_file(store, "ris", make_citation(9))
    counts = store.counts()
    assert (counts.citations, counts.versions, counts.pages, counts.files) == (3, 4, 3, 1)
    assert (counts.runs, counts.open_runs, counts.removed) == (1, 1, 0)
    assert store.known(["7", "9", "10"]) == {"7", "9"}
    assert store.page_pmids(1) == {"7", "8"}


def test_a_backup_is_a_whole_store_in_one_file(store, tmp_path):
    """Taken while the store is in use, replaced in one step, nothing left beside it."""
    target = tmp_path / "backups" / "b.sqlite"
    for pmid in (7, 8):
        put(store, make_citation(pmid))
        store.backup(target)
        assert [p.name for p in target.parent.iterdir()] == ["b.sqlite"]
    with open_store(target, create=False) as copy:
        assert list(copy.current()) == list(store.current())
        assert copy.check() == []
        assert [f.citation.pmid for f in copy.find("*massage* pain", 5)] == [
            f.citation.pmid for f in store.find("*massage* pain", 5)
        ]


def test_a_backup_never_overwrites_another_file(store, tmp_path):
    """Neither a text, nor a folder, nor the store itself, nor another program's database."""
    text = tmp_path / "notes.txt"
    text.write_text("mine")
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE t (x)")
    connection.close()
    for target, message in [
        (text, "no backup of a store"),
        (other, "no backup of a store"),
        (tmp_path, "is a folder"),
        (store.path, "the store itself"),
    ]:
        with pytest.raises(InputError, match=message):
            store.backup(target)
    assert text.read_text() == "mine"


def test_an_export_holds_every_citation_in_every_field(store, tmp_path):
    """Parquet gives back the same citations, CSV the same fields with nested ones as JSON."""
    made = list(make_citations(250, seed=2))
    put(store, *made)
    put(store, removals=(Removal(made[3].pmid, "merged", made[4].pmid),))
    rows = export_store(store, tmp_path / "out")
    assert rows["citations.parquet"] == rows["citations.csv"] == 250
    assert rows["versions.csv"] == 250
    assert rows["removals.parquet"] == 1
    table = pq.read_table(tmp_path / "out" / "citations.parquet").to_pylist()
    assert [row.pop("removed") for row in table] == [c is made[3] for c in made]
    assert [msgspec.convert(row, Citation) for row in table] == made
    with (tmp_path / "out" / "citations.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["pmid"] for line in lines] == [c.pmid for c in made]
    assert [line["title"] for line in lines] == [c.title for c in made]
    authors = [json.loads(line["authors"] or "[]") for line in lines]
    assert [msgspec.convert(a, tuple[Author, ...]) for a in authors] == [c.authors for c in made]
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == sorted(rows)


@pytest.mark.parametrize("title", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "=HYPERLINK(0)"])
def test_no_cell_of_an_export_is_a_formula(store, tmp_path, title):
    """A spreadsheet shows the text; Parquet keeps it as it is."""
    put(store, make_citation(7, title=title))
    export_store(store, tmp_path)
    with (tmp_path / "citations.csv").open(encoding="utf-8", newline="") as file:
        assert next(csv.DictReader(file))["title"] == f"'{title}"
    assert pq.read_table(tmp_path / "citations.parquet")["title"].to_pylist() == [title]


def test_an_export_that_fails_leaves_the_older_files(store, tmp_path, monkeypatch):
    """Whatever happens while writing, the files there are whole and none is half."""
    put(store, make_citation(7))
    folder = tmp_path / "out"
    export_store(store, folder)
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    put(store, make_citation(8))

    def fail(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("evidence_tools.literature.store.tables._cell", fail)
    with pytest.raises(StoreError, match="No space left"):
        export_store(store, folder, ["csv"])
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before
    with pytest.raises(InputError, match="unknown kind 'xlsx'"):
        export_store(store, folder, ["xlsx"])


def test_the_store_lies_in_the_project_or_where_the_environment_says(monkeypatch):
    """Never in build/, which make clean removes."""
    monkeypatch.delenv("EVIDENCE_STORE", raising=False)
    assert store_path(Path("p")) == Path("p/store/literature.sqlite")
    monkeypatch.setenv("EVIDENCE_STORE", "elsewhere.sqlite")
    assert store_path(Path("p")) == Path("elsewhere.sqlite")
