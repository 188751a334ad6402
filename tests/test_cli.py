"""The command is a thin shell: data to stdout, words to stderr, one line for a user's mistake."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from builders import ROOT, TEXT
from evidence_tools.cli import main

DAY = "2026-11-21"


def run(*arguments: str, cwd: Path | None = None) -> tuple[int, str, str]:
    """Run ``evidence`` in a folder; return status, stdout and stderr."""
    done = subprocess.run(
        [sys.executable, "-m", "evidence_tools.cli", *arguments],
        cwd=cwd or ROOT, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def invoke(*arguments: str) -> tuple[int, str, str]:
    """Run ``evidence`` on the real base without a new process."""
    result = CliRunner().invoke(main, ["--evidence", str(ROOT / "evidence"), *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_every_command_has_a_help_text_with_an_example():
    """A newcomer sees how each is used."""
    for name, command in main.commands.items():
        status, out, _ = invoke(name, "--help")
        assert status == 0
        assert "Example" in out, name
        assert f"evidence {name}" in out, name
        assert "\\b" not in out, name
        # A line each, so that it can be copied.
        assert re.search(rf"^  +(\S.*\| )?evidence {name}\b", out, re.MULTILINE), name
        assert command.help


def test_claims_as_json_has_the_promised_shape():
    """Every claim with support, fit, advice, wording and trace, spelled as in the rules."""
    status, out, _ = invoke("claims", "--format", "json", "--as-of", DAY)
    claims = json.loads(out)["claims"]
    assert (status, len(claims)) == (0, 372)
    levels = {"supported", "limited", "conflicting", "insufficient", "none-found",
              "not-supported", "contradicted", None}  # fmt: skip
    for claim in claims:
        assert {"id", "document", "proposition", "questions", "support", "fit", "advice",
                "wording", "trace"} <= set(claim)  # fmt: skip
        assert claim["support"] in levels
        assert claim["advice"] in {"keep", "reword", "remove", None}
        if claim["support"]:
            assert [f["check"] for f in claim["fit"]] == [
                "strength", "duration", "magnitude", "population", "intervention", "comparison",
                "authority",
            ]  # fmt: skip
            assert all(isinstance(f["fits"], bool) and f["why"] for f in claim["fit"])
        assert claim["trace"]["steps"]


def test_matrix_as_json_has_the_promised_shape():
    """Every question, most-claimed first."""
    status, out, _ = invoke("matrix", "--format", "json", "--as-of", DAY)
    rows = json.loads(out)["questions"]
    assert status == 0
    assert [row["claims"] for row in rows] == sorted((r["claims"] for r in rows), reverse=True)
    for row in rows:
        assert {"id", "question", "kind", "support", "certainty", "direction", "directness",
                "claims", "documents", "sources", "appraised"} <= set(row)  # fmt: skip


def test_before_the_first_appraisal_nothing_has_a_level():
    """As of a day, what had been judged by then: null, never a level."""
    _, out, _ = invoke("matrix", "--format", "json", "--as-of", "2026-11-20")
    rows = json.loads(out)["questions"]
    assert {(row["support"], row["appraised"]) for row in rows} == {(None, None)}
    _, out, _ = invoke("claims", "--format", "json", "--as-of", "2026-11-20")
    claims = json.loads(out)["claims"]
    assert {(claim["support"], claim["advice"]) for claim in claims} == {(None, None)}


@pytest.mark.parametrize("kind", ["table", "csv", "md"])
def test_the_matrix_prints_in_every_format(kind):
    """One line a question at least."""
    status, out, _ = invoke("matrix", "--format", kind)
    assert status == 0
    assert len(out.splitlines()) >= 114
    assert "low-back-pain" in out


@pytest.mark.parametrize("key", ["low-back-pain", "d001-016", "furlan2015", "001"])
@pytest.mark.parametrize("kind", ["text", "json"])
def test_show_describes_whatever_carries_the_id(key, kind):
    """A question, a claim, a source, a document."""
    status, out, _ = invoke("show", key, "--format", kind)
    assert status == 0
    if kind == "json":
        assert json.loads(out)
    else:
        assert len(out.splitlines()) >= 3


MISTAKES = [
    (("show", "low-bak-pain"), 2, "low-back-pain"),
    (("claims", "--document", "009"), 2, "one of 000, 001"),
    (("claims", "--as-of", "2999-01-01"), 2, "lies in the future"),
    (("matrix", "--as-of", "21.11.2026"), 2, "YYYY-MM-DD"),
    (
        ("matrix", "--profile", "lenient"),
        2,
        "unknown profile 'lenient'; expected one of ahpra, strict",
    ),
    (("notebook", "matrx"), 2, "one of changes"),
    (("notebook", "question", "-p", "qestion=x"), 2, "has no parameter 'qestion'"),
    (("notebook", "question", "-p", "x"), 2, "KEY=VALUE"),
    (("report", "--documents", "/nowhere/at/all"), 2, "no such folder"),
    (("report", "--out", "pyproject.toml"), 2, "is a file"),
    (("import", "/nowhere/at/all"), 1, "no such file"),
]


@pytest.mark.parametrize(("arguments", "status", "message"), MISTAKES, ids=lambda v: str(v)[:40])
def test_a_users_mistake_is_one_line_and_a_status(arguments, status, message, monkeypatch):
    """What, expected what, where: no traceback."""
    monkeypatch.chdir(ROOT)
    code, out, err = invoke(*arguments)
    assert (code, out) == (status, "")
    assert len(err.strip().splitlines()) == 1
    assert err.startswith("evidence: ")
    assert message in err


def test_without_an_evidence_base_the_way_is_told(tmp_path):
    """Run in an empty folder."""
    code, _, err = run("claims", cwd=tmp_path)
    assert code == 2
    assert "--evidence DIR" in err
    assert "Traceback" not in err


def test_debug_shows_the_traceback(tmp_path):
    """For those who mend the tool."""
    code, _, err = run("--debug", "claims", cwd=tmp_path)
    assert code == 1
    assert "Traceback" in err


def test_check_is_clean_and_says_so():
    """Exit 0 and a count on stderr."""
    code, _, err = invoke("check", "--as-of", DAY)
    assert (code, err) == (0, "0 errors, 0 notes\n")


def test_check_finds_problems_and_exits_with_1(project):
    """The problem to stdout, the count to stderr."""
    path = project / "evidence" / "records" / "smith2020.json"
    path.write_text(path.read_text().replace('"year": 2020', '"year": "soon"'))
    code, out, err = run("check", cwd=project)
    assert code == 1
    assert re.search(r"shape records/smith2020\.json:\d+: field year", out)
    assert "errors" in err
    assert "Traceback" not in err


def test_format_mends_the_form_and_keeps_a_comment(project):
    """What would be lost is left alone and named."""
    record = project / "evidence" / "records" / "smith2020.json"
    wanted = record.read_text()
    record.write_text(json.dumps(json.loads(wanted)))
    question = project / "evidence" / "questions" / "low-back-pain.toml"
    question.write_text("# mine\n" + question.read_text())
    code, out, err = run("format", cwd=project)
    assert code == 1
    assert out.strip() == "evidence/records/smith2020.json"
    assert record.read_text() == wanted
    assert "comments are lost" in err
    assert question.read_text().startswith("# mine")


def test_import_writes_a_pack_and_says_what_it_did(project):
    """The command around the import."""
    from test_pack import write_pack

    pack = write_pack(project / "pack", sources=())
    code, _, err = run("import", str(pack), "--received", DAY, cwd=project)
    assert code == 0
    # The small project has a document 900 and claims of its own, which are kept.
    assert err.strip().splitlines()[-1] == "1 written, 0 unchanged, 2 kept"


def test_bib_and_schema_write_what_the_check_wants(project):
    """After both, the check is clean."""
    (project / "references.bib").unlink()
    for path in (project / "evidence" / "schema").iterdir():
        path.unlink()
    assert run("bib", "--write", cwd=project)[0] == 0
    assert run("schema", "--write", cwd=project)[0] == 0
    assert run("check", "--as-of", DAY, cwd=project)[0] == 0


def test_the_report_prints_its_path_last(project):
    """Data to stdout: one path; progress to stderr."""
    folder = project / "evidence" / "documents" / "text"
    (folder / "900_test.txt").write_text(TEXT)
    code, out, err = run("report", "--as-of", DAY, "--jobs", "2", cwd=project)
    assert code == 0, err
    assert out.strip() == str(project / "build" / "report" / "index.html")
    assert "notebook matrix" in err
    code, out, err = run("report", "--as-of", DAY, cwd=project)
    assert (code, err.strip()) == (0, "report is up to date")


def test_a_notebook_runs_from_the_command_line(project):
    """The path of the executed copy comes last."""
    code, out, err = run("notebook", "question", "-p", "question=low-back-pain", cwd=project)
    assert code == 0, err
    assert Path(out.strip()).is_file()


def test_the_readmes_commands_are_commands(project):
    """Every ``evidence …`` line of the README parses, and its options exist."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = re.findall(r"^(?:\$ )?evidence ([^\n#]+)", text, flags=re.MULTILINE)
    assert len(lines) >= 8
    for line in lines:
        name, *arguments = shlex.split(line.split(">")[0])
        command = main.commands[name]
        if isinstance(command, click.Group):
            command = command.commands[arguments.pop(0)]
        known = {option for p in command.params for option in [*p.opts, *p.secondary_opts]}
        used = {a.split("=")[0] for a in arguments if a.startswith("-")}
        assert used <= known, line


def test_help_and_json_need_no_heavy_import():
    """pandas, seaborn, papermill and click's neighbours stay out of the everyday commands."""
    code = (
        "import sys; from click.testing import CliRunner; from evidence_tools.cli import main; "
        "r = CliRunner().invoke(main, ['claims', '--format', 'json']); assert r.exit_code == 0; "
        "heavy = {'pandas', 'matplotlib', 'seaborn', 'papermill', 'jinja2', 'sklearn'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
