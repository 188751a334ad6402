"""``evidence audit`` and ``evidence benchmark``: thin, honest about what it could not read."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import subprocess
import sys
from pathlib import Path

import docx
import pytest
from click.testing import CliRunner

from builders import ROOT
from evidence_tools.cli import audit as room
from evidence_tools.cli import main
from evidence_tools.errors import BuildError
from evidence_tools.pages import batch
from evidence_tools.pages.batch import Done, Form, Job, Yardstick, audit_jobs
from interrupted import interrupt, where_groups_are_seen

for _name in room.__all__:
    if _name not in main.commands:
        main.add_command(getattr(room, _name))

DAY = "2026-11-21"
CLEAN = "We open at nine. The room is warm and quiet, and there is parking in front of the house."
BAD = "Our massage flushes out toxins and cures migraine for good. The room is warm and quiet."
GERMAN = (
    "Unsere Massage heilt Rückenschmerzen für immer. Wir lösen die Verspannungen im Nacken und "
    "bitten Sie, uns anzurufen, wenn Sie einen Termin möchten, und pünktlich zu kommen."
)


def invoke(*arguments: str | Path, stdin: str | bytes | None = None) -> tuple[int, str, str]:
    """Run ``evidence audit`` without a new process; return status, stdout and stderr."""
    given = ["--evidence", str(ROOT / "evidence"), "audit", *map(str, arguments), "--as-of", DAY]
    result = CliRunner().invoke(main, given, input=stdin)
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def pages(tmp_path: Path) -> dict[str, Path]:
    """One page of each outcome."""
    texts = {"clean.txt": CLEAN, "bad.html": f"<h1>Us</h1><p>{BAD}</p>", "german.txt": GERMAN,
             "empty.txt": ""}  # fmt: skip
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return {name.partition(".")[0]: tmp_path / name for name in texts}


@pytest.mark.parametrize(
    ("names", "status"),
    [
        (["clean"], 0),
        (["bad"], 1),
        (["clean", "bad"], 1),
        (["german"], 2),
        (["empty"], 2),
        (["empty", "bad", "clean"], 2),
    ],
)
def test_the_exit_status_tells_a_team_what_to_do(
    pages: dict[str, Path], names: list[str], status: int
) -> None:
    """0: nothing to remove, 1: something, 2: not all could be read or judged."""
    assert invoke(*(pages[name] for name in names))[0] == status


def test_one_bad_file_is_named_and_the_others_go_on(pages: dict[str, Path]) -> None:
    """Errors are one line each on standard error; the rest is audited in the order given."""
    status, out, err = invoke("--format", "json", pages["clean"], pages["empty"], "no.html",
                              pages["bad"])  # fmt: skip
    data = json.loads(out)
    assert status == 2
    assert [one["page"]["name"] for one in data["pages"]] == ["clean.txt", "bad.html"]
    assert [one["name"] for one in data["failed"]] == ["empty.txt", "no.html"]
    assert "empty.txt: the file is empty" in err
    assert "no.html: there is no such file" in err
    assert "4 pages, 1 with something to remove, 2 could not be read" in err
    assert "Traceback" not in err


def test_one_page_as_json_is_that_page(pages: dict[str, Path]) -> None:
    """The shape that others rely on, with nothing around it."""
    status, out, _ = invoke("--format", "json", pages["bad"])
    data = json.loads(out)
    assert status == 1
    assert data["page"]["name"] == "bad.html"
    assert data["counts"]["remove"] == sum(s["advice"] == "remove" for s in data["sentences"]) > 0


def test_a_page_that_cannot_be_read_gives_no_output(pages: dict[str, Path]) -> None:
    """Standard output stays empty, so that no program takes it for a page."""
    for form in Form:
        if form is not Form.DOCX:
            assert invoke("--format", str(form), pages["empty"])[1] == ""


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("https://example.org/page", "nothing is fetched from the web"),
        ("no\nsuch\tfile.html", "no?such?file.html"),
        (".", "this is a folder"),
    ],
)
def test_what_is_no_file_is_told_in_one_line(page: str, said: str) -> None:
    """An address, a name with strange signs, a folder."""
    status, out, err = invoke(page)
    assert (status, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_standard_input_is_a_page(pages: dict[str, Path]) -> None:
    """It can be pasted or piped, alone or among files."""
    status, out, _ = invoke("-", stdin=BAD)
    assert status == 1
    assert out.startswith("pasted text: ")
    _, out, _ = invoke("--format", "json", pages["clean"], "-", stdin=BAD)
    assert [one["page"]["name"] for one in json.loads(out)["pages"]] == ["clean.txt", "-"]
    assert invoke("-", stdin=b"\xff\xfe\x00")[0] == 2


def test_notes_of_the_reader_are_shown(pages: dict[str, Path]) -> None:
    """In the table itself, and beside every other form on standard error."""
    assert "note: the page is in German" in invoke(pages["german"])[1]
    status, out, err = invoke("--format", "csv", pages["german"])
    assert (status, "the page is in German" in err) == (2, True)
    assert all(row["advice"] == "not assessed" for row in csv.DictReader(io.StringIO(out)))


def test_a_profile_changes_the_advice_and_an_unknown_one_is_named(tmp_path: Path) -> None:
    """A sentence that one yardstick keeps falls under another; none falls unseen."""
    page = tmp_path / "page.txt"
    page.write_text(
        "Massage can relieve neck pain. We open at nine from Monday to Friday.", "utf-8"
    )
    assert invoke("--profile", "strict", page)[0] == 0
    assert invoke("--profile", "ahpra", page)[0] == 1
    for form in ("table", "json", "csv"):
        status, out, err = invoke("--format", form, "--profile", "nobody", page, page)
        assert (status, out) == (2, "")
    assert "unknown profile 'nobody'" in err


def test_files_are_written_where_they_are_asked_for(pages: dict[str, Path], tmp_path: Path) -> None:
    """One file for one page and for what can be joined; else a folder with a list."""
    target = tmp_path / "out" / "audit.docx"
    assert invoke("--format", "docx", "--out", target, pages["bad"]) == (1, "", "")
    assert docx.Document(str(target)).tables
    assert invoke("--format", "csv", "--out", tmp_path / "all.csv", *pages.values())[0] == 2
    rows = csv.DictReader((tmp_path / "all.csv").read_text("utf-8").splitlines())
    assert {row["page"] for row in rows} == {"clean.txt", "bad.html", "german.txt"}
    folder = tmp_path / "audits"
    assert invoke("--format", "html", "--out", folder, *pages.values())[0] == 2
    assert sorted(path.name for path in folder.iterdir()) == [
        "001-clean.txt.html", "002-bad.html.html", "003-german.txt.html", "index.csv",
    ]  # fmt: skip
    listed = list(csv.DictReader((folder / "index.csv").read_text("utf-8").splitlines()))
    assert [row["judged"] for row in listed] == ["yes", "yes", "no", "no"]


def test_several_pages_do_not_fit_into_one_html_file(
    pages: dict[str, Path], tmp_path: Path
) -> None:
    """It is told before anything is read, and nothing is overwritten."""
    taken = tmp_path / "taken.html"
    taken.write_text("mine", "utf-8")
    for out in ([], ["--out", taken]):
        status, text, err = invoke("--format", "html", *out, pages["clean"], pages["bad"])
        assert (status, text) == (2, "")
        assert "name a folder with --out" in err
    assert taken.read_text("utf-8") == "mine"
    status, _, err = invoke("--format", "json", "--out", tmp_path, pages["clean"])
    assert (status, "the output is a folder" in err) == (2, True)


def test_pages_of_the_same_name_are_told_apart(tmp_path: Path) -> None:
    """Their paths stand for them."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "index.txt").write_text(CLEAN, "utf-8")
    paths = [tmp_path / name / "index.txt" for name in ("a", "b")]
    _, out, _ = invoke("--format", "json", *paths)
    assert [one["page"]["name"] for one in json.loads(out)["pages"]] == list(map(str, paths))


def test_processes_change_nothing_but_the_time(tmp_path: Path) -> None:
    """Many pages give the same text in the same order, with one process and with two."""
    texts = [CLEAN, BAD, "", GERMAN] * 4
    paths = [tmp_path / f"p{number:02}.txt" for number in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, "utf-8")
    one = invoke("--format", "csv", "--jobs", "1", *paths)
    two = invoke("--format", "csv", "--jobs", "2", *paths)
    assert one == two
    assert one[0] == 2


@where_groups_are_seen
def test_ctrl_c_is_no_matter_of_the_processes_that_audit(tmp_path: Path) -> None:
    """A terminal tells all its processes: only the command answers, in a word."""
    paths = [tmp_path / f"{number}.txt" for number in range(200)]
    for path in paths:
        path.write_text(BAD, "utf-8")
    command = [sys.executable, "-m", "evidence_tools.cli", "audit", "--jobs", "2", *map(str, paths)]
    said, heard = interrupt(command, ROOT)
    assert heard == []
    assert said.split() == ["Aborted!"]


def test_an_error_of_the_program_costs_one_page(
    pages: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is named with its kind; the other pages are audited; --debug lets it through."""
    real = batch.audit_source

    def broken(source: object, auditor: object, name: str = "-") -> object:
        if name == "bad.html":
            raise ZeroDivisionError
        return real(source, auditor, name)  # type: ignore[arg-type]

    monkeypatch.setattr(batch, "audit_source", broken)
    status, out, err = invoke("--format", "csv", pages["bad"], pages["clean"])
    assert (status, "clean.txt" in out) == (2, True)
    assert "bad.html: an error of this program (ZeroDivisionError)" in err
    yardstick = Yardstick(ROOT / "evidence", dt.date.fromisoformat(DAY))
    with pytest.raises(ZeroDivisionError):
        list(audit_jobs([Job("bad.html", data=BAD.encode())], yardstick, Form.CSV, strict=True))


def test_a_process_that_is_killed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run ends with one line that says what to do, and not with a hang."""

    class Pool:
        """Stands for a pool whose process was ended."""

        def __init__(self, *_: object, **__: object) -> None: ...
        def __enter__(self) -> Pool:
            return self

        def __exit__(self, *_: object) -> None: ...
        def shutdown(self, *, cancel_futures: bool) -> None:
            """Do nothing."""

        def submit(self, *_: object) -> Pool:
            """Take a task."""
            return self

        def result(self) -> list[Done]:
            """Tell that the process is gone."""
            raise batch.BrokenProcessPool

    monkeypatch.setattr(batch, "ProcessPoolExecutor", Pool)
    jobs = [Job(str(number), data=b"text") for number in range(20)]
    yardstick = Yardstick(ROOT / "evidence", dt.date.fromisoformat(DAY))
    with pytest.raises(BuildError, match="ended from outside"):
        list(audit_jobs(jobs, yardstick, Form.CSV, processes=2))


def test_the_audit_starts_without_what_it_does_not_need() -> None:
    """Neither pandas nor scikit-learn nor a reader of other files is loaded for a page of text."""
    code = (
        "import sys, datetime as dt, pathlib\n"
        "from evidence_tools.pages.batch import *\n"
        f"y = Yardstick(pathlib.Path({str(ROOT / 'evidence')!r}), dt.date(2026, 11, 21))\n"
        f"done, = audit_jobs([Job('-', data={BAD.encode()!r})], y, Form.JSON)\n"
        "assert done.must_change\n"
        "heavy = {'pandas', 'sklearn', 'scipy', 'matplotlib', 'Bio', 'docx', 'pypdf', 'jinja2',"
        " 'trafilatura'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_help_says_what_the_exit_status_means() -> None:
    """And shows examples."""
    result = CliRunner().invoke(main, ["audit", "--help"])
    for part in ("Exit status", "could not be read", "evidence audit home.html", "--profile"):
        assert part in result.stdout


def test_what_is_held_out_has_no_documents(tmp_path: Path) -> None:
    """Two different measurements are not asked for at once: nothing is begun, and it is said."""
    given = ["--evidence", str(ROOT / "evidence"), "benchmark", "--held-out"]
    result = CliRunner().invoke(main, [*given, "--texts", str(tmp_path)])
    assert result.exit_code == 2
    assert "leave --texts out" in result.stderr


def test_the_benchmark_prints_measures_with_intervals() -> None:
    """As JSON all rows; what was not scored is said."""
    given = ["--evidence", str(ROOT / "evidence"), "benchmark", "--format", "json", "--as-of", DAY]
    result = CliRunner().invoke(main, given)
    assert result.exit_code == 0
    data = json.loads(result.stdout)
    rows = {(row["by"], row["name"], row["measure"]): row for row in data["rows"]}
    for measure in ("precision", "recall", "F1", "question at 1", "advice agrees"):
        row = rows["all", "all", measure]
        assert 0 < row["low"] <= row["value"] <= row["high"] <= 1
    assert rows["all", "all", "remove shown as keep"]["value"] <= 0.02
    assert rows["all", "all", "not in the register shown as keep"]["value"] <= 0.02
