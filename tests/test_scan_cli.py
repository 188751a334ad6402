"""The command ``evidence scan``: what it prints, where, and with which exit status."""

from __future__ import annotations

import gzip
import json
import sys

import pytest
from click.testing import CliRunner

from evidence_tools.cli import main
from evidence_tools.files import write_model
from evidence_tools.literature.citations import MeshHeading
from evidence_tools.literature.strategy import StrategyLine
from evidence_tools.testing.baseline import baseline_name
from monthly import add_searches
from scans import contents, other, put, record, some_files
from test_mesh import FILE


@pytest.fixture
def small(project, monkeypatch, tmp_path):
    """The small project with two strategies; one stands in its folder."""
    add_searches(project)
    monkeypatch.chdir(project)
    monkeypatch.delenv("EVIDENCE_STORE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return project


def call(*arguments: str):
    """Run ``evidence`` in the folder one stands in."""
    result = CliRunner().invoke(main, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def test_help_tells_what_it_does_and_shows_how():
    """Examples for one machine, for one search with headings, for going on, and for a cluster."""
    status, out, _ = call("scan", "--help")
    assert status == 0
    for example in (
        "evidence scan /data/pubmed/baseline /data/pubmed/updatefiles",
        "evidence scan '/data/pubmed/*.xml.gz' --search fibromyalgia --mesh desc2026.xml.gz",
        "evidence scan --resume",
        "evidence scan s3://bucket/pubmed --engine dask --scheduler tcp://10.0.0.5:8786",
    ):
        assert f"    {example}\n" in out
    assert "Exit status 1: a file could not be used." in " ".join(out.split())


def test_help_loads_nothing_heavy():
    """Who asks for help does not wait for Arrow, Hyperscan or Dask."""
    import subprocess

    code = (
        "import sys\n"
        "from evidence_tools.cli import main\n"
        "try:\n    main(['scan', '--help'])\n"
        "except SystemExit:\n    pass\n"
        "heavy = {'pyarrow', 'hyperscan', 'distributed', 'numpy', 'lxml'} & {*sys.modules}\n"
        "print(sorted(heavy), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "[]\n")


def test_text(small):
    """Data on standard output, words on standard error, no bar where nobody looks."""
    put(small / "in", 1, record(11), record(12, "Massage of the back"), other(13))
    put(small / "in", 2, record(14, "Lifting with the back"), deleted=[11])
    status, out, err = call("scan", "in")
    assert status == 0
    assert out == ("2 files (2 read now), 4 records, 2 selected\n  back  2\n  massage  1\n")
    assert err == (
        "store: 2 new, 0 changed, 0 removed; queue them for screening with: "
        "evidence update --offline\n"
        f"tables and report.md: {small / 'store' / 'scan'}\n"
    )


def test_json(small):
    """Every number of the text, and every file that something is wrong with."""
    put(small / "in", 1, record(11), record(12, "Massage of the back"), other(13))
    copy = put(small / "in", 3, record(14), deleted=[11])
    copy.with_name(baseline_name(4)).write_bytes(copy.read_bytes())
    copy.with_name(baseline_name(5)).write_bytes(b"")
    status, out, err = call("scan", "in", "--format", "json", "--out", "tables")
    assert status == 1
    told = json.loads(out)
    parsed = told.pop("parsed")
    assert 3 <= parsed <= 5
    assert told == {
        "folder": "tables",
        "files": 4,
        "files_read": 4,
        "records": 4,
        "status": {
            "in force": 2,
            "earlier version": 0,
            "later version does not match": 0,
            "deleted": 1,
        },
        "strategies": {"back": 1, "massage": 2},
        "broken": {baseline_name(5): "the body is empty"},
        "same": {baseline_name(4): baseline_name(3)},
        "missing": [baseline_name(2)],
    }
    assert f"evidence: {baseline_name(5)}: the body is empty" in err


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        ((), 2, "no files named; expected a folder, files or a pattern, or --resume"),
        (("nowhere",), 2, "nowhere: no such file or folder"),
        (("evidence",), 2, "evidence: no file of PubMed XML; expected files named like pubmed26"),
        (("in", "--search", "bakc"), 2, "no search 'bakc'; expected one of the 2"),
        (("in", "--scheduler", "tcp://h:1"), 2, "--scheduler is of no use here; to mend it: add "),
        (("in", "--mesh", "none.xml"), 1, "none.xml"),
        (("--resume",), 2, "there is no scan to go on with"),
        (("crow://in",), 2, "crow://in: cannot be listed: Protocol not known: crow"),
    ],
)
def test_a_mistake_is_one_line(small, arguments, status, words):
    """On standard error, with the status of its kind, and nothing is left behind."""
    some_files(small / "in", 1)
    told, out, err = call("scan", *arguments)
    assert (told, out) == (status, "")
    assert words in err
    assert len(err.splitlines()) == 1
    assert not (small / "store" / "scan" / "facts").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("in", "--jobs", "0"), "0 is not in the range 1<=x<=1024"),
        (("in", "--engine", "spark"), "'spark' is not one of 'local', 'dask'"),
        (("in", "--format", "yaml"), "'yaml' is not one of 'text', 'json'"),
    ],
)
def test_a_value_that_no_option_takes(small, arguments, words):
    """Click says which there are."""
    status, out, err = call("scan", *arguments)
    assert (status, out) == (2, "")
    assert words in err


def test_one_search_of_several(small):
    """Only that is run, and only its records are written."""
    put(small / "in", 1, record(11), record(12, "Lifting with the back"))
    status, out, _ = call("scan", "in", "--search", "back", "--format", "json")
    assert status == 0
    assert json.loads(out)["strategies"] == {"back": 1}


def test_with_the_tree_of_headings_those_beneath_count(small):
    """A heading that is beneath the one sought is found with --mesh, and not without."""
    searches = small / "evidence" / "searches"
    from evidence_tools.base import read_base

    search = read_base(small / "evidence").searches["back"]
    lines = (StrategyLine(name="word", query='"Back Pain"[mh]'),)
    write_model(search.model_copy(update={"lines": lines}), searches / "back.toml")
    put(
        small / "in", 1,
        record(11, "Lifting", mesh=(MeshHeading("Low Back Pain"),)),
        record(12, "Lifting", mesh=(MeshHeading("Back Pain"),)),
        record(13, "Lifting", mesh=(MeshHeading("Pain"),)),
    )  # fmt: skip
    (small / "desc2026.xml").write_bytes(FILE)
    (small / "desc2026.xml.gz").write_bytes(gzip.compress(FILE))
    only = ("scan", "in", "--search", "back", "--format", "json", "--no-store")
    status, out, _ = call(*only, "--out", "without")
    assert (status, json.loads(out)["strategies"]) == (0, {"back": 1})
    status, out, _ = call(*only, "--out", "with", "--mesh", "desc2026.xml")
    assert (status, json.loads(out)["strategies"]) == (0, {"back": 2})
    # The same tree, packed: the same scan, gone on with.
    status, out, _ = call(*only, "--out", "with", "--mesh", "desc2026.xml.gz")
    assert (status, json.loads(out)["files_read"]) == (0, 0)
    # Without it, another.
    status, out, err = call(*only, "--out", "with")
    assert (status, out) == (2, "")
    assert "or with the headings of desc2026.xml.gz; to mend it: ask as then" in err
    # What cannot be told without the tree is said.
    assert "Back Pain" in (small / "without" / "report.md").read_text()


def test_a_tree_that_is_none_is_one_line(small):
    """Before anything is read."""
    some_files(small / "in", 1)
    (small / "desc2026.xml").write_bytes(b"<PubmedArticleSet></PubmedArticleSet>")
    status, out, err = call("scan", "in", "--mesh", "desc2026.xml")
    assert (status, out, len(err.splitlines())) == (1, "", 1)
    assert "desc2026.xml" in err


def test_several_paths_and_jobs_bring_the_same(small):
    """Folders, patterns and files together; with two processes; the same tables."""
    some_files(small / "in", 4)
    for name in (baseline_name(4), f"{baseline_name(4)}.md5"):
        (small / "late").mkdir(exist_ok=True)
        (small / "in" / name).rename(small / "late" / name)
    paths = ("in/*1.xml.gz", f"in/{baseline_name(2)}", "late", "in/pubmed26n000[23].xml.gz")
    status, one, _ = call("scan", *paths, "--jobs", "1", "--out", "one")
    assert status == 0
    status, two, _ = call("scan", "late", "in", "--jobs", "2", "--out", "two")
    assert (status, two) == (0, one)
    assert one.startswith("4 files (4 read now), 24 records, ")
    assert contents(small / "one") == contents(small / "two")


def test_dask_from_the_command_line_with_nobody_there(small, monkeypatch):
    """One line, exit status 2, and what is to be started."""
    from evidence_tools.scan import engines

    monkeypatch.setattr(engines, "_TIMEOUT", 1)
    some_files(small / "in", 1)
    status, out, err = call("scan", "in", "--engine", "dask", "--scheduler", "tcp://127.0.0.1:1")
    assert (status, out) == (2, "")
    (line,) = (line for line in err.splitlines() if line.startswith("evidence:"))
    assert line == (
        "evidence: tcp://127.0.0.1:1: no Dask scheduler answers; expected an address such as "
        "tcp://10.0.0.5:8786; to mend it: start one with: dask scheduler"
    )


def test_the_report_says_what_was_read_and_where_pubmed_may_differ(small):
    """In words that need no table."""
    put(small / "in", 1, record(11), record(12, "Massage of the back"), record(15))
    put(small / "in", 2, record(12, version=2, title="Growth"), record(14), deleted=[11])
    call("scan", "in")
    report = (small / "store" / "scan" / "report.md").read_text()
    assert "2 files with 5 records were read." in report
    assert "- 2 records are selected: their latest version matches a strategy." in report
    assert "- 1 record matched once, and their latest version does not." in report
    assert "| massage | 2 |" in report
    assert "| back | 0 |" in report
    assert "## Where PubMed's own answer may differ" in report


def test_ctrl_c_ends_it_without_a_word_too_many(small, monkeypatch):
    """What was done is kept: the status of an interruption, and no traceback."""
    from evidence_tools.cli import scan as command

    some_files(small / "in", 2)

    def interrupted(job, sources):
        from evidence_tools.scan.engines import read_on_this_machine

        for one in read_on_this_machine(job, sources, 1):
            yield one
            raise KeyboardInterrupt

    monkeypatch.setattr(command, "_engine", lambda *_: interrupted)
    status, out, err = call("scan", "in")
    assert (status, out) == (1, "")
    assert "Traceback" not in err
    monkeypatch.undo()
    monkeypatch.chdir(small)
    monkeypatch.delenv("EVIDENCE_STORE", raising=False)
    _, out, _ = call("scan", "--resume")
    assert out.startswith("2 files (1 read now), 12 records")
