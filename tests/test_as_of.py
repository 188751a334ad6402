"""A day before the first appraisal is answered, and one line says that nothing had been judged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import evidence_tools.report
from builders import DAY, appraisal, question
from evidence_tools.base import read_base
from evidence_tools.cli import main
from evidence_tools.files import write_model
from evidence_tools.history import first_appraisal

EARLY = "2020-01-01"
LINE = "evidence: nothing had been judged by 2020-01-01: the first appraisal is of 2026-11-21; "


def call(project, *arguments: str):
    """Run the command on the small project."""
    return CliRunner().invoke(main, ["--evidence", str(project / "evidence"), *arguments])


@pytest.mark.parametrize(
    "arguments",
    [
        ("matrix",), ("matrix", "--format", "json"), ("claims",), ("show", "low-back-pain"),
        ("cite", "low-back-pain"), ("references", "all"), ("export", "OUT"),
        ("substantiate", "low-back-pain", "--out", "OUT"), ("teach", "example"),
        ("audit", "PAGE"),
    ],
)  # fmt: skip
def test_a_day_before_the_first_appraisal_is_said_in_one_line(project, tmp_path, arguments):
    """On standard error; the answer is given all the same, with nothing judged."""
    page = tmp_path / "page.txt"
    page.write_text("Massage relieves low back pain for good.\n")
    places = {"OUT": str(tmp_path / "out"), "PAGE": str(page)}
    result = call(project, *(places.get(a, a) for a in arguments), "--as-of", EARLY)
    assert result.exit_code == 0, result.output
    assert [line for line in result.stderr.splitlines() if line.startswith(LINE)] != []
    assert result.stderr.count("nothing had been judged") == 1
    assert result.stdout
    assert call(project, *(places.get(a, a) for a in arguments), "--as-of", str(DAY)).stderr.count(
        "nothing had been judged") == 0  # fmt: skip


def test_the_report_of_such_a_day_says_so_before_it_is_built(project, monkeypatch):
    """The line comes first; the report is built as asked."""
    asked = []
    monkeypatch.setattr(
        evidence_tools.report, "build_report",
        lambda root, day, **rest: asked.append(str(day)) or rest["out"],
    )  # fmt: skip
    result = call(project, "report", "--as-of", EARLY)
    assert (result.exit_code, asked) == (0, [EARLY])
    assert result.stderr.startswith(LINE)


def test_changes_to_such_a_day_say_so_and_from_such_a_day_do_not(project):
    """From nothing to something is what the first appraisal is."""
    assert LINE in call(project, "changes", "--from", "2019-01-01", "--to", EARLY).stderr
    told = call(project, "changes", "--from", EARLY)
    assert told.stderr == ""
    assert "`low-back-pain` support: nothing → " in told.stdout


def test_no_release_is_cut_of_a_day_on_which_nothing_was_judged(project):
    """One line with the first day that would do; nothing is written."""
    before = {p for p in project.rglob("*") if p.is_file()}
    result = call(project, "release", "cut", "1.0.0", "--as-of", EARLY)
    assert result.exit_code == 2
    assert result.stderr == (
        "evidence: nothing had been judged by 2020-01-01, so there is nothing to release; "
        "expected a day from 2026-11-21 on\n"
    )
    assert {p for p in project.rglob("*") if p.is_file()} == before


def test_what_is_not_judged_is_not_called_indefensible(project):
    """Neither by show nor in a substantiation file: nobody has said so."""
    shown = call(project, "show", "low-back-pain", "--as-of", EARLY).stdout
    assert "not yet appraised" in shown
    assert "no wording is defensible" not in shown
    out = str(project / "held")
    path = call(project, "substantiate", "low-back-pain", "--as-of", EARLY, "--out", out).stdout
    held = Path(path.strip()).read_text(encoding="utf-8")
    assert "- may be said: nothing has been judged yet" in held


def test_the_first_day_is_that_of_the_earliest_appraisal_and_may_be_missing(project):
    """History counts; a base without any appraisal has no first day, and no line."""
    earlier = appraisal(date=DAY.replace(year=2025))
    path = project / "evidence" / "questions" / "low-back-pain.toml"
    write_model(question(appraisal=appraisal(), history=(earlier,)), path)
    assert first_appraisal(read_base(project / "evidence")) == DAY.replace(year=2025)
    write_model(question(appraisal=None), path)
    assert first_appraisal(read_base(project / "evidence")) is None
    result = call(project, "matrix", "--format", "json", "--as-of", EARLY)
    assert result.stderr == ""
    assert json.loads(result.stdout)["questions"][0]["support"] is None
