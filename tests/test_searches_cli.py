"""``evidence searches``: strategies looked at and tested without asking PubMed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from builders import DAY, ROOT, record
from evidence_tools.cli import main
from evidence_tools.files import write_model
from evidence_tools.literature.citations import AbstractSection, MeshHeading
from evidence_tools.literature.known_items import cite_record, find_known_items
from evidence_tools.literature.query import Answer
from evidence_tools.literature.store import Page, RunPlan, open_store
from evidence_tools.literature.strategy import Filter, Filters, Strategy, StrategyLine
from evidence_tools.models import Record
from evidence_tools.testing.pubmed import make_citation

MASSAGE = Filter(
    id="massage", title="Massage", query="massage[mh] OR massag*[tiab]", source="Own words.",
    modified="Shortened.",
)  # fmt: skip


def strategy(**changes) -> Strategy:
    """Massage for the back, tested by one article."""
    values = {
        "id": "back", "title": "Massage for the back", "questions": ("low-back-pain",),
        "combine": "#massage AND #back", "must_find": ("90000001",), "created": DAY,
        "changed": DAY, "lines": (
            StrategyLine(name="massage", filter="massage"),
            StrategyLine(name="back", query='"back pain"[tiab]'),
        ),
    }  # fmt: skip
    return Strategy(**{**values, **changes})


@pytest.fixture
def searches(project: Path) -> Path:
    """The small project with a filter, a strategy, and its article as a record without abstract."""
    evidence = project / "evidence"
    write_model(Filters(filters=(MASSAGE,)), evidence / "filters.toml")
    put(project)
    one = record("kim2021", pmid="90000001", title="Massage of the spine")
    write_model(one, evidence / "records" / "kim2021.json")
    return project


def put(project: Path, **changes) -> None:
    """Write the strategy, changed."""
    one = strategy(**changes)
    write_model(one, project / "evidence" / "searches" / f"{one.id}.toml")


def put_store(path: Path, **changes) -> None:
    """Make a store with the article."""
    values = {"status": "MEDLINE", "title": "Massage", "mesh": (), "keywords": (),
              "abstract": (), "other_abstracts": (), **changes}  # fmt: skip
    with open_store(path) as store:
        one = make_citation("90000001", **values)
        asked = store.runs.start(RunPlan("https://example.org/", "back", "massage[tiab]"))
        store.runs.want(asked.id, (one.pmid,), "new")
        store.pages.add(Page((one.pmid,), (one,), body=b"<set/>"), run=asked.id)


def run(project: Path, *arguments: str) -> tuple[int, str, str]:
    """Run ``evidence searches`` on a project."""
    result = CliRunner().invoke(
        main, ["--evidence", str(project / "evidence"), "searches", *arguments]
    )
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize("name", ["lint", "show", "test"])
def test_every_command_has_a_help_text_with_an_example(name):
    """A newcomer sees how each is used."""
    result = CliRunner().invoke(main, ["searches", name, "--help"])
    assert result.exit_code == 0
    assert "Example:" in result.stdout
    assert f"evidence searches {name}" in result.stdout


def test_sound_strategies_lint_with_status_0(searches):
    """Nothing to stdout, the count to stderr."""
    assert run(searches, "lint") == (0, "", "1 searches, 0 errors, 0 warnings\n")


def test_lint_names_strategy_line_place_and_what_to_do(searches):
    """An unknown field ends with status 1."""
    lines = (StrategyLine(name="back", query='"back pain"[tiab]\nOR spine[tibs]'),)
    put(searches, combine="#back", lines=lines)
    code, out, err = run(searches, "lint", "back")
    assert code == 1
    assert out == (
        "back, line back: error query at character 27: unknown field [tibs]; expected a search "
        "field tag of PubMed, perhaps [tiab]; to mend it: correct the tag\n"
    )
    assert err == "1 searches, 1 errors, 0 warnings\n"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"combine": "#back"}, "back, line massage: error unused at character 1: not used"),
        ({"lines": (StrategyLine(name="massage", filter="rub"),), "combine": "#massage"},
         "back, line massage: error filter at character 1: unknown filter 'rub'"),
        ({"combine": "#massage #back"}, "back, combine: error query at character 30: no operator"),
        ({"combine": "#massage OR #back AND #back"},
         "back, combine: warning implicit-precedence at character 1: AND, OR and NOT"),
    ],
)  # fmt: skip
def test_lint_looks_at_lines_filters_and_how_they_are_joined(searches, changes, message):
    """Each under the name of what it is about."""
    put(searches, **changes)
    code, out, _ = run(searches, "lint")
    assert message in out
    assert code == (1 if "error" in message else 0)


def test_lint_looks_at_a_filter_once(searches):
    """However many strategies use it."""
    wrong = MASSAGE.model_copy(update={"query": "massage[mh] massag*[ti]"})
    write_model(Filters(filters=(wrong,)), searches / "evidence" / "filters.toml")
    put(searches, id="back2")
    code, out, _ = run(searches, "lint")
    assert code == 1
    assert out.startswith("filter massage: error query at character 8: no operator in")
    assert len(out.splitlines()) == 1


def test_show_prints_lines_query_limits_and_the_items_of_prisma_s(searches):
    """All that a methods section needs."""
    code, out, err = run(searches, "show", "back")
    assert (code, err) == (0, "")
    assert '#back  "back pain"[tiab]' in out
    assert '(massage[mh] OR massag*[tiab]) AND ("back pain"[tiab])' in out.splitlines()
    assert "- headings that lie beneath these are not known" in out
    for item in ("1 database", "8 full strategy", "9 limits", "10 filter", "12 updates",
                 "13 dates", "14 peer review", "known items"):  # fmt: skip
        assert f"\n  {item} " in out, item
    assert "Massage (massage). Own words. Changed: Shortened." in out
    assert "1 must be found, 0 must not" in out


def test_show_as_json_has_the_query_and_its_digest(searches):
    """For other programs."""
    code, out, _ = run(searches, "show", "back", "--format", "json")
    shown = json.loads(out)
    assert code == 0
    assert shown["query"] == '(massage[mh] OR massag*[tiab]) AND ("back pain"[tiab])'
    assert len(shown["sha256"]) == 64
    assert shown["must_find"] == ["90000001"]


def test_a_restriction_of_date_or_language_is_said(searches):
    """PRISMA-S, item 9."""
    line = StrategyLine(name="back", query="back[ti] AND english[la] AND 2010:3000[dp]")
    put(searches, combine="#back", lines=(line,))
    assert "9 limits         english[la], 2010:3000[dp]" in run(searches, "show", "back")[1]


def test_what_our_record_cannot_show_is_not_decidable_and_no_failure(searches):
    """Only the title is held, and it does not say back pain."""
    code, out, err = run(searches, "test")
    assert code == 0
    assert out == "back  90000001  not decidable (abstract not held)  Massage of the spine\n"
    assert err == "1 searches; 1 not decidable\n"


def test_a_record_can_show_that_its_article_is_found(searches):
    """By its title and design."""
    one = record("kim2021", pmid="90000001", title="Massage for back pain")
    write_model(one, searches / "evidence" / "records" / "kim2021.json")
    assert run(searches, "test")[:2] == (
        0, "back  90000001  found (by the record)  Massage for back pain\n"
    )  # fmt: skip


def test_an_article_of_the_store_that_is_missed_ends_with_status_1(searches):
    """The store holds it in full, and the words are not in it."""
    path = searches / "mine.sqlite"
    put_store(path)
    code, out, err = run(searches, "test", "back", "--store", str(path))
    assert code == 1
    assert out == "back  90000001  missed (by the store)  Massage\n"
    assert err == "1 searches; 1 missed\n"


def test_the_projects_own_store_is_used_where_there_is_one(searches):
    """Without being named."""
    text = (AbstractSection("For back pain."),)
    put_store(searches / "store" / "literature.sqlite", abstract=text)
    assert run(searches, "test")[:2] == (0, "back  90000001  found (by the store)  Massage\n")


def test_an_article_that_must_not_be_found_and_is_ends_with_status_1(searches):
    """The other side of the test; as JSON too."""
    put(searches, must_find=(), must_not_find=("90000001",))
    put_store(searches / "store" / "literature.sqlite", title="Massage for back pain")
    code, out, _ = run(searches, "test", "--format", "json")
    assert code == 1
    assert json.loads(out)["back"] == [
        {"pmid": "90000001", "wanted": False, "outcome": "found, must not be", "held": "store",
         "title": "Massage for back pain"}
    ]  # fmt: skip


def test_the_tree_decides_what_lies_beneath_a_heading(searches, tmp_path, monkeypatch):
    """With NLM's file, a narrower heading is found."""
    from test_mesh import FILE

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    line = StrategyLine(name="pain", query="pain[mh]")
    put(searches, combine="#pain", lines=(line,))
    put_store(searches / "store" / "literature.sqlite", mesh=(MeshHeading("Low Back Pain"),))
    assert "not decidable (see searches show)" in run(searches, "test")[1]
    path = tmp_path / "desc.xml"
    path.write_bytes(FILE)
    assert "found (by the store)" in run(searches, "test", "--mesh", str(path))[1]
    assert run(searches, "lint", "--mesh", str(path))[0] == 0


MISTAKES = [
    (("show", "bakc"), 2, "no search 'bakc'; expected one of the 1 in evidence/searches, perhaps"),
    (("lint", "nothing-like-it"), 2, "no search 'nothing-like-it'"),
    (("test", "back", "--store", "none.sqlite"), None, "none.sqlite"),
    (("test", "--mesh", "none.xml"), 1, "name NLM's descriptor file"),
]


@pytest.mark.parametrize(("arguments", "status", "message"), MISTAKES, ids=lambda v: str(v)[:30])
def test_a_users_mistake_is_one_line_and_a_status(searches, arguments, status, message):
    """What, expected what, what to do: no traceback."""
    code, out, err = run(searches, *arguments)
    assert code == status if status else code in (1, 2)
    assert out == ""
    assert err.startswith("evidence: ")
    assert message in err
    assert len(err.splitlines()) == 1


def test_a_query_that_cannot_be_read_is_named_by_show_and_test(searches):
    """Strategy and place."""
    put(searches, lines=(StrategyLine(name="a", query="back[ti"),), combine="#a")
    for command in (("show", "back"), ("test",)):
        code, _, err = run(searches, *command)
        assert code == 1
        assert err.startswith("evidence: searches/back, character 6: a square bracket '['")


def test_without_strategies_the_way_is_told(project):
    """Where they would lie."""
    code, _, err = run(project, "lint")
    assert code == 2
    assert "write one, such as searches/neck-pain.toml" in err


def test_a_record_becomes_a_citation_of_what_it_holds(base):
    """Title, journal, year, authors and design; no status, so the rest stays open."""
    made = cite_record(base.records["furlan2015"])
    assert (made.pmid, made.status, made.year) == ("26329399", None, 2015)
    assert made.authors[0].last == "Furlan"
    assert made.authors[0].initials == "AD"
    assert "Systematic Review" in made.publication_types
    assert made.abstract == ()
    without = Record(**{**base.records["furlan2015"].model_dump(), "pmid": None})
    assert cite_record(without) is None


def test_what_we_do_not_hold_at_all_is_not_decidable():
    """Neither record nor citation."""
    (item,) = find_known_items(strategy(), {"massage": MASSAGE}, {})
    assert (item.answer, item.held, item.word) == (Answer.UNKNOWN, None, "not decidable")
    assert not item.wrong


def test_the_strategies_of_this_project_lint_and_miss_nothing_that_we_hold():
    """No error; of the articles that they must find, none is missed by what our records show."""
    code, _, err = run(ROOT, "lint")
    assert code == 0
    assert " 0 errors" in err
    code, out, err = run(ROOT, "test")
    assert code == 0, [line for line in out.splitlines() if "missed" in line or "must not" in line]
    assert "found" in err
