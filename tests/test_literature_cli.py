"""The commands on the store: data to stdout, words to stderr, one line for a mistake."""

from __future__ import annotations

import csv
import gzip
import json
import sqlite3

import pytest
from click.testing import CliRunner

from evidence_tools.cli import main
from evidence_tools.literature.citations import (
    AbstractSection,
    Author,
    Citation,
    Link,
    LinkKind,
    MeshHeading,
    Qualifier,
)
from evidence_tools.literature.store import Answer, Page, Removal, RunPlan, open_store
from evidence_tools.testing.pubmed import article_set, make_citation, make_citations

NBIB = """
PMID- 26329399
STAT- MEDLINE
TI  - Massage for an invented back.
FAU - Doe, Jane
AU  - Doe J
DP  - 2015 Sep
JT  - The journal of examples
"""


@pytest.fixture
def run(project, monkeypatch):
    """Run ``evidence literature`` in a small project; return status, stdout and stderr."""
    monkeypatch.delenv("EVIDENCE_STORE", raising=False)

    def call(*arguments: object) -> tuple[int, str, str]:
        result = CliRunner().invoke(
            main, ["--evidence", str(project / "evidence"), "literature", *map(str, arguments)]
        )
        assert result.exception is None or isinstance(result.exception, SystemExit), result
        return result.exit_code, result.stdout, result.stderr

    return call


@pytest.fixture
def store_file(project):
    """Where the project's store lies."""
    return project / "store" / "literature.sqlite"


@pytest.fixture
def filled(run, store_file):
    """The command, on a store with five citations, one removed and one changed."""
    with open_store(store_file) as store:
        one = store.runs.start(RunPlan("https://example.org/", "neck-pain", "massage[tiab]"))
        store.runs.add_answer(one.id, Answer("new", "massage[tiab]", 2, ("7", "8")), want=("7",))
        made = [make_citation(pmid, title=f"Massage {pmid}") for pmid in range(7, 12)]
        store.pages.add(Page(citations=made), run=one.id)
        again = make_citation(8, title="Massage corrected")
        store.pages.add(Page(citations=[again], removals=[Removal("9", "merged", "8")]), run=one.id)
        store.runs.finish(one.id)
    return run


def test_every_command_has_a_help_text_with_an_example(run):
    """A newcomer sees how each is used."""
    literature = main.commands["literature"]
    assert sorted(literature.commands) == [
        "backup", "check", "export", "find", "import", "recover", "show", "status",
    ]  # fmt: skip
    for name in literature.commands:
        status, out, _ = run(name, "--help")
        assert status == 0
        assert f"evidence literature {name}" in out.split("Example")[1], name


def test_files_are_imported_whatever_their_format_and_once(run, store_file, tmp_path):
    """XML, compressed XML and NBIB; the second time everything is there already."""
    made = list(make_citations(450))
    (tmp_path / "a.xml").write_bytes(article_set(made[:250]))
    (tmp_path / "b.xml.gz").write_bytes(gzip.compress(article_set(made[250:])))
    (tmp_path / "c.txt").write_text(NBIB)
    files = [tmp_path / name for name in ("a.xml", "b.xml.gz", "c.txt")]
    code, out, err = run("import", *files)
    assert (code, out) == (0, ""), err
    assert [line.split(", 0 changed")[0] for line in err.splitlines()] == [
        "a.xml: 250 new", "b.xml.gz: 200 new", "c.txt: 1 new",
    ]  # fmt: skip
    code, _, err = run("import", *files)
    assert code == 0
    assert "a.xml: 0 new, 0 changed, 0 older versions kept, 250 there already" in err
    with open_store(store_file) as store:
        assert store.check() == []
        assert list(store.current())[1:] == made
        assert store.citation("26329399").title == "Massage for an invented back."
        assert store.counts().versions == 451


def test_a_file_that_is_cut_keeps_what_was_whole(run, tmp_path):
    """Exit status 1, what is wrong in one line, and the whole articles in the store."""
    data = article_set(make_citations(300))
    (tmp_path / "cut.xml").write_bytes(data[: len(data) // 2])
    code, _, err = run("import", tmp_path / "cut.xml")
    assert code == 1
    assert "the body ends in the middle of PMID" in err
    number = int(err.splitlines()[-1].split("cut.xml: ")[1].split()[0])
    assert 100 < number < 200
    assert f"{number} citations in {number} versions" in run("status")[1]


def test_damaged_articles_are_named_and_the_others_kept(run, tmp_path):
    """One damaged article is a listed problem, and not the end."""
    data = article_set(make_citations(3)).replace(b"90000002</PMID>", b"</PMID>", 1)
    (tmp_path / "a.xml").write_bytes(data)
    code, _, err = run("import", tmp_path / "a.xml")
    assert code == 1
    assert "a.xml: 2 new" in err
    assert "1 with problems" in err
    assert len(err.splitlines()) == 2


def test_a_file_that_is_none_of_ours_is_told_and_the_next_is_read(run, tmp_path):
    """A mistake with one of several files does not stop the others."""
    (tmp_path / "page.xml").write_text("<html>Please log in</html>")
    (tmp_path / "good.xml").write_bytes(article_set(make_citations(2)))
    code, _, err = run("import", tmp_path / "page.xml", tmp_path / "none", tmp_path / "good.xml")
    assert code == 1
    assert "it is an HTML page" in err
    assert "none: no such file" in err
    assert "good.xml: 2 new" in err
    assert "1 files imported" in run("status")[1]


def test_find_prints_the_best_matches_and_how_many_there_are(filled):
    """PMID, year, title; what is gone from PubMed is marked."""
    code, out, err = filled("find", "massage", "--limit", 3)
    assert code == 0
    assert err == "3 of 5 citations\n"
    assert len([line for line in out.splitlines() if not line.startswith(" " * 16)]) == 3
    code, out, _ = filled("find", "massage 9")
    assert "Massage 9  (no longer in PubMed)" in out
    found = json.loads(filled("find", "corrected", "--format", "json")[1])
    assert [(one["pmid"], one["title"], one["removed"]) for one in found] == [
        ("8", "Massage corrected", False)
    ]


def test_find_without_a_word_or_a_match(filled):
    """No word is a mistake; no match is an answer."""
    assert filled("find", "()")[0] == 2
    assert filled("find", "zebra")[::2] == (0, "0 of 0 citations\n")


def test_what_is_shown_cannot_steer_the_terminal(filled, store_file):
    """Escape sequences and signs that turn text round are replaced."""
    title = "Massage \x1b[2Jred\x1b]0;x\x07 \u202eflip \x9b1m"
    with open_store(store_file) as store:
        file = store.pages.start_file("a", "0", 1, "nbib")
        store.pages.add(Page(citations=[make_citation(20, title=title)]), file=file)
    for out in (filled("find", "flip")[1], filled("show", "20")[1]):
        assert "flip" in out
        assert not {"\x1b", "\x07", "\u202e", "\x9b"} & set(out)
    assert json.loads(filled("show", "20", "--format", "json")[1])["citation"]["title"] == title


def test_show_prints_every_field_and_the_versions(run, store_file):
    """Each kind of field in its own words; then when it was seen, what changed, who found it."""
    citation = Citation(
        "7",
        title="Massage",
        abstract=(AbstractSection("It was done.", "METHODS"), AbstractSection("It helped.")),
        authors=(Author(last="Doe", fore="Jane", affiliations=("Here", "There")),),
        authors_complete=False,
        mesh=(MeshHeading("Massage", qualifiers=(Qualifier("methods", major=True),)),),
        keywords=("a", "b"),
        links=(Link(LinkKind.RETRACTION_IN, "J Ex. 2026", "99"),),
    )
    with open_store(store_file) as store:
        run_id = store.runs.start(RunPlan("x", "neck-pain", "q")).id
        store.runs.add_answer(run_id, Answer("new", "q", 1, ("7",)))
        store.pages.add(Page(("7",), [Citation("7", title="Masage")]), run=run_id)
        store.pages.add(Page(("7",), [citation]), run=run_id)
        day = f"{store.runs.get(run_id).started:%Y-%m-%d}"
    code, out, _ = run("show", "PMID: 7")
    assert code == 0
    assert out.splitlines() == [
        "PMID 7",
        "version: 1",
        "title: Massage",
        "abstract:",
        "  METHODS: It was done.",
        "  It helped.",
        "authors:",
        "  Doe · Jane · Here; There",
        "authors complete: no",
        "mesh:",
        "  Massage · methods · major",
        "keywords: a; b",
        "links:",
        "  RetractionIn · J Ex. 2026 · 99",
        "",
        f"earlier   seen {day} to {day}, run 1",
        f"in force  seen {day} to {day}, run 1",
        f"changed   {day}, title, abstract, authors, authors_complete, mesh, keywords, links",
        "found by  neck-pain",
    ]


def test_show_tells_what_is_gone_and_what_is_not_there(filled):
    """A merged PMID with its heir; an unknown one with what to do; a bad one as such."""
    out = filled("show", "9")[1]
    assert "! no longer in PubMed: merged, into PMID 8" in out
    data = json.loads(filled("show", "8", "--format", "json")[1])
    assert [version["in_force"] for version in data["versions"]] == [False, True]
    assert data["changes"][0]["before"] == "Massage 8"
    code, out, err = filled("show", "77")
    assert (code, out) == (2, "")
    assert "evidence literature find" in err
    code, _, err = filled("show", "8", "--as-of", "2020-01-01")
    assert code == 2
    assert "as of 2020-01-01" in err
    code, _, err = filled("show", "eight")
    assert code == 1
    assert "is not a PMID" in err


def test_check_lists_problems_and_mends_the_index(filled, store_file):
    """Status 0 and nothing on stdout when sound, 1 and a line each when not."""
    assert filled("check") == (0, "", "0 problems\n")
    connection = sqlite3.connect(store_file)
    connection.execute("DELETE FROM fulltext_docsize")
    connection.commit()
    connection.close()
    code, out, err = filled("check")
    assert code == 1
    assert "not in the full-text index" in out
    assert err == f"{len(out.splitlines())} problems\n"
    assert filled("check", "--rebuild") == (0, "", "0 problems\n")


def test_backup_and_recover_make_a_store_of_their_own(filled, store_file, tmp_path):
    """A backup is the store again; of a damaged one, what can be read is saved."""
    code, out, _ = filled("backup", tmp_path / "b.sqlite")
    assert (code, out) == (0, f"{tmp_path / 'b.sqlite'}\n")
    with open_store(store_file) as store:
        store.database.execute("UPDATE content SET payload = x'00' WHERE pmid = 10")
    assert "of PMID 10 is not what was stored" in filled("check")[1]
    code, _, err = filled("recover", tmp_path / "r.sqlite")
    assert code == 1
    assert err == "5 versions of citations and 1 removals saved, at least 1 lost\n"
    with open_store(tmp_path / "r.sqlite", create=False) as saved:
        assert saved.check() == []
        assert saved.pmids(removed=True) == ("7", "8", "9", "11")
        assert saved.citation("8").title == "Massage corrected"
        assert saved.removal("9") == Removal("9", "merged", "8")
    code, _, err = filled("recover", tmp_path / "r.sqlite")
    assert code == 2
    assert "is there already" in err


def test_export_names_its_files_and_rows(filled, tmp_path):
    """One line a file on stdout; Parquet and CSV unless one is chosen."""
    code, out, _ = filled("export", tmp_path / "out", "--format", "csv")
    assert code == 0
    names = [line.rsplit("/", 1)[1] for line in out.splitlines()]
    assert names == [f"{name}.csv" for name in (
        "citations", "versions", "runs", "answers", "hits", "removals", "problems"
    )]  # fmt: skip
    with (tmp_path / "out" / "hits.csv").open() as file:
        assert list(csv.DictReader(file)) == [
            {"answer": "1", "pmid": "7"}, {"answer": "1", "pmid": "8"},
        ]  # fmt: skip
    assert len(filled("export", tmp_path / "out")[1].splitlines()) == 14


def test_status_says_how_much_there_is_and_how_runs_went(filled):
    """Counts, size and the last runs, for people and for programs."""
    code, out, _ = filled("status")
    assert code == 0
    assert "5 citations in 6 versions, 1 of them no longer in PubMed" in out
    assert out.splitlines()[-1].endswith("finished   neck-pain                       1 new")
    data = json.loads(filled("status", "--format", "json")[1])
    assert data["citations"] == 5
    assert data["recent_runs"][0]["outcomes"] == {"new": 1}


COMMANDS = [
    ("find", "x"), ("show", "7"), ("check",), ("backup", "b"), ("export", "e"), ("status",),
]  # fmt: skip


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda a: a[0])
def test_without_a_store_and_with_a_damaged_one_there_is_one_line(run, store_file, arguments):
    """What is wrong, where, and what to do; nothing is made by looking."""
    code, out, err = run(*arguments)
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert "there is no literature store yet" in err
    assert not store_file.exists()
    store_file.parent.mkdir()
    store_file.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    code, out, err = run(*arguments)
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert "evidence literature recover" in err


def test_the_environment_names_another_store(filled, tmp_path, monkeypatch):
    """EVIDENCE_STORE wins over the project's folder."""
    monkeypatch.setenv("EVIDENCE_STORE", str(tmp_path / "other.sqlite"))
    assert "other.sqlite: there is no literature store yet" in filled("status")[2]
