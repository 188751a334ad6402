"""Tables for people: the same content in every format, texts that stay texts, the same bytes."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import jsonschema
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import DAY, appraisal, claim, finding, question, record, wording
from evidence_tools.assessment import Assessment, assess
from evidence_tools.base import read_base
from evidence_tools.cli import main
from evidence_tools.cli.exports import export
from evidence_tools.errors import BuildError, DataError, InputError
from evidence_tools.exports.columns import SHEETS, flatten
from evidence_tools.exports.rows import Tables
from evidence_tools.exports.tables import make_tables
from evidence_tools.exports.workbook import format_workbook
from evidence_tools.exports.writing import FORMATS, format_schema, make_exports, write_exports
from evidence_tools.files import write_model
from evidence_tools.models import ClaimsFile

main.add_command(export)
# The workbook of the whole base is read once, in one process.
pytestmark = pytest.mark.xdist_group("tables")
TITLES = ["Read me", "Matrix", "Claims", "Questions", "Sources", "Findings"]
HOSTILE = '=HYPERLINK("http://x","y") <script>alert(1)</script> & {{ 7*7 }}'


@pytest.fixture(scope="module")
def tables(assessment) -> Tables:
    """The register of the real base."""
    return make_tables(assessment)


@pytest.fixture(scope="module")
def files(assessment) -> dict[str, str | bytes]:
    """All files of the real base."""
    return make_exports(assessment)


@pytest.fixture
def hostile(project) -> Assessment:
    """A small base whose texts are formulas, script, and other signs that mean something."""
    evidence = project / "evidence"
    old = read_base(evidence).claims["d900-001"]
    write_model(
        ClaimsFile(document="900", claims=(claim(anchor=old.anchor, proposition=HOSTILE),)),
        evidence / "claims" / "900.json",
    )
    write_model(
        record(title="+1+cmd|' /C calc'!A0", journal="@SUM(1+1)", authors=("-2+3 AB",),
               findings=(finding(note="=1+1", p="-0.05", outcome="\t=1"),)),
        evidence / "records" / "smith2020.json",
    )  # fmt: skip
    asked = question(
        question=HOSTILE,
        appraisal=appraisal(bottom_line="@x", wording=wording(text="=cmd|' /C calc'!A0")),
    )
    write_model(asked, evidence / "questions" / "low-back-pain.toml")
    return assess(read_base(evidence), DAY)


@pytest.fixture(scope="module")
def book(files) -> openpyxl.Workbook:
    """The workbook of the real base, read by another program's library."""
    return openpyxl.load_workbook(io.BytesIO(files["evidence.xlsx"]))


def sheet_rows(book: openpyxl.Workbook, title: str) -> list[list[object]]:
    """Cells of a sheet, its heads first."""
    return [[cell.value for cell in row] for row in book[title].iter_rows()]


def test_the_workbook_has_a_sheet_for_each_table_and_a_read_me(book, tables):
    """Frozen heads, filters, every row."""
    assert book.sheetnames == TITLES
    for sheet in flatten(tables):
        page = book[sheet.name.capitalize()]
        assert page.freeze_panes == "B2"
        assert page.auto_filter.ref.startswith("A1:")
        assert page.auto_filter.ref.endswith(str(len(sheet.rows) + 1))
        assert page.max_row == len(sheet.rows) + 1
        assert [cell.value for cell in page[1]] == [column.name for column in sheet.columns]
    assert book["Read me"].freeze_panes == "A2"
    assert book.properties.created == dt.datetime(2026, 11, 21)


def test_the_read_me_says_what_when_and_what_each_column_means(book, tables):
    """Title, day, versions, licence, how to cite, the levels, and every column of every sheet."""
    rows = dict(sheet_rows(book, "Read me")[1:])
    assert rows["as of"] == "2026-11-21"
    assert rows["version"] == "0.1.0"
    assert "CC" in rows["licence"] or "creativecommons" in rows["licence"]
    assert "as of 2026-11-21" in rows["cite"]
    assert rows["none-found"].startswith("∅")
    named = {column.name for sheet in flatten(tables) for column in sheet.columns}
    assert named <= set(rows)
    assert all(rows[name] for name in named)


def test_the_formats_agree(files, book, tables):
    """XLSX, CSV, Parquet and JSON hold the same cells."""
    data = json.loads(files["evidence.json"])
    for sheet in flatten(tables):
        names = [column.name for column in sheet.columns]
        first = [str(row[0]) for row in sheet.rows]
        parquet = pq.read_table(io.BytesIO(files[f"{sheet.name}.parquet"]))
        assert parquet.column_names == names
        assert [tuple(row.values()) for row in parquet.to_pylist()] == list(sheet.rows)
        text = io.StringIO(files[f"{sheet.name}.csv"])
        comma = pd.read_csv(text, dtype=str, keep_default_na=False)
        assert list(comma.columns) == names
        assert list(comma[names[0]]) == first
        assert [next(iter(row.values())) for row in data[sheet.name]] == first
        shown = sheet_rows(book, sheet.name.capitalize())[1:]
        plain = [tuple(c.date() if isinstance(c, dt.datetime) else c for c in row) for row in shown]
        assert plain == list(sheet.rows), sheet.name


def test_json_keeps_to_its_published_schema(files):
    """Draft 2020-12, by another program's validator; a row out of shape is refused."""
    schema = json.loads(files["evidence.schema.json"])
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    data = json.loads(files["evidence.json"])
    assert list(validator.iter_errors(data)) == []
    assert data["$schema"] == "evidence.schema.json"
    for change in (
        {"support": "true"}, {"claims": "many"}, {"surprise": 1}, {"documents": {"001": "x"}},
        {"appraised": 2026},
    ):  # fmt: skip
        wrong = {**data, "matrix": [{**data["matrix"][0], **change}]}
        assert not validator.is_valid(wrong), change
    missing = {k: v for k, v in data["claims"][0].items() if k != "advice"}
    assert not validator.is_valid({**data, "claims": [missing]})


def test_the_schema_describes_every_field():
    """So that nobody has to guess."""
    schema = json.loads(format_schema())
    rows = [kind for name, kind in schema["$defs"].items() if name.endswith("Row")]
    assert len(rows) == 5
    for kind in rows:
        assert sorted(kind["required"]) == sorted(kind["properties"])
        for name, field in kind["properties"].items():
            assert field.get("description"), name


def test_formulas_and_markup_stay_text_in_every_format(hostile, tmp_path):
    """String cells in the workbook, an apostrophe in CSV, strings elsewhere."""
    files = make_exports(hostile)
    book = openpyxl.load_workbook(io.BytesIO(files["evidence.xlsx"]))
    for page in book:
        for row in page.iter_rows():
            for cell in row:
                assert cell.data_type != "f", cell.coordinate
                assert cell.hyperlink is None
    assert book["Claims"]["C2"].value == HOSTILE
    for name in zipfile.ZipFile(io.BytesIO(files["evidence.xlsx"])).namelist():
        text = zipfile.ZipFile(io.BytesIO(files["evidence.xlsx"])).read(name).decode()
        assert "<f>" not in text
        assert "<script>" not in text
    for sheet in SHEETS:
        comma = pd.read_csv(io.StringIO(files[f"{sheet}.csv"]), dtype=str, keep_default_na=False)
        for value in comma.to_numpy().ravel():
            assert not value.startswith(("=", "+", "@", "\t")), (sheet, value)
    claims = pq.read_table(io.BytesIO(files["claims.parquet"])).to_pylist()
    assert claims[0]["proposition"] == HOSTILE
    assert json.loads(files["evidence.json"])["claims"][0]["proposition"] == HOSTILE


odd = st.text(
    alphabet=st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"),
    min_size=1, max_size=40,
)  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(text=st.one_of(odd, odd.map(lambda t: "=" + t), odd.map(lambda t: "_x0041_" + t)))
def test_any_text_comes_back_from_the_workbook(text):
    """Read by another library: the same letters, in a text cell."""
    empty = dict.fromkeys(SHEETS, ())
    one = Tables(title=text, version=text, as_of=DAY, rules="1", profile="strict", evidence="x",
                 license="x", cite=text, **empty)  # fmt: skip
    page = openpyxl.load_workbook(io.BytesIO(format_workbook(one)))["Read me"]
    cell = page["B2"]
    assert cell.data_type in {"s", "n"}
    assert str(cell.value or "") == text


def test_a_text_too_long_for_a_cell_is_named_not_cut(tables):
    """Excel cuts at 32,767 letters without a word."""
    long = tables.claims[0].model_copy(update={"proposition": "x" * 32_768})
    with pytest.raises(BuildError) as caught:
        format_workbook(tables.model_copy(update={"claims": (long,)}))
    assert "claims, column proposition, row d000-001" in str(caught.value)


def test_the_same_base_gives_the_same_bytes(assessment, files, monkeypatch):
    """On another day, in another place."""
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    assert make_exports(assessment) == files
    with zipfile.ZipFile(io.BytesIO(files["evidence.xlsx"])) as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}


def test_what_is_from_memory_is_handed_out_empty(project):
    """A number that nobody saw leaves in no table, but that it is missing does."""
    known = finding(id="f2", timepoint="unseen week", estimate=-0.7, from_memory=("timepoint",))
    lost = finding(id="f3", outcome="unseen outcome", estimate=-0.6, from_memory=("*",))
    one = record(
        pmid="7654321", n_participants=4242, population="unseen people",
        findings=(finding(), known, lost),
        from_memory=("pmid", "n_participants", "population"),
    )  # fmt: skip
    write_model(one, project / "evidence" / "records" / "smith2020.json")
    files = make_exports(assess(read_base(project / "evidence"), DAY), ("json", "csv"))
    text = "".join(str(content) for content in files.values())
    for secret in ("7654321", "4242", "unseen", "-0.6"):
        assert secret not in text
    data = json.loads(files["evidence.json"])
    assert data["sources"][0]["from_memory"] == ["pmid", "n_participants", "population"]
    assert [row["from_memory"] for row in data["findings"]] == [
        [], ["timepoint"], ["*"]]  # fmt: skip
    assert data["findings"][1]["estimate"] == -0.7


def test_before_the_first_appraisal_nothing_has_a_level(base):
    """The tables are of a day like everything else."""
    early = make_tables(assess(base, dt.date(2026, 11, 20)))
    assert {row.support for row in early.matrix} == {None}
    assert {row.advice for row in early.claims} == {None}
    assert {row.appraised for row in early.questions} == {None}


def test_export_writes_and_names_the_files(assessment, monkeypatch, tmp_path):
    """One path a line; the same again changes nothing."""
    monkeypatch.setattr("evidence_tools.cli.exports.assess_base", lambda *_: assessment)
    folder = tmp_path / "new" / "tables"
    result = CliRunner().invoke(main, ["export", str(folder)])
    assert result.exit_code == 0
    written = [Path(line) for line in result.stdout.splitlines()]
    assert sorted(path.name for path in written) == sorted(make_exports(assessment))
    assert all(path.is_file() for path in written)
    result = CliRunner().invoke(main, ["export", str(folder), "--format", "xlsx"])
    assert result.stdout.splitlines() == [str(folder / "evidence.xlsx")]


def test_a_folder_that_cannot_be_written_is_one_line(assessment, tmp_path):
    """A file in its place, or under it."""
    path = tmp_path / "file"
    path.write_text("x")
    with pytest.raises(InputError, match="is no folder"):
        write_exports(assessment, path, ("csv",))
    with pytest.raises(DataError, match="cannot be written"):
        write_exports(assessment, path / "below", ("csv",))


def test_addresses_lead_to_the_published_site(assessment):
    """With --site they are whole; without it they lead from the top of the site."""
    data = make_tables(assessment, "https://example.org/m/")
    assert data.matrix[0].address.startswith("https://example.org/m/questions/")
    assert make_tables(assessment).claims[0].address == "documents/000.html#d000-001"


def test_formats_are_those_of_the_command():
    """The command's choices and the writer's formats are one list."""
    choices = next(p for p in export.params if p.name == "kind").type.choices
    assert list(choices) == [*FORMATS, "all"]


@pytest.mark.skipif(
    shutil.which("soffice") is None and not os.environ.get("CI"),
    reason="LibreOffice is not installed here; docs/exports.md records a check with it",
)
def test_libreoffice_opens_the_workbook(hostile, tmp_path):
    """Every sheet, texts as they stand, nothing computed."""
    (tmp_path / "evidence.xlsx").write_bytes(make_exports(hostile, ("xlsx",))["evidence.xlsx"])
    subprocess.run(
        ["soffice", "--headless", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
         "--convert-to", ("csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,"
         "false,-1"), "--outdir", str(tmp_path), str(tmp_path / "evidence.xlsx")],
        capture_output=True, check=True, timeout=300,
    )  # fmt: skip
    for title in TITLES:
        assert (tmp_path / f"evidence-{title}.csv").is_file(), title
    claims = pd.read_csv(tmp_path / "evidence-Claims.csv", dtype=str, keep_default_na=False)
    assert claims["proposition"][0] == HOSTILE
    matrix = pd.read_csv(tmp_path / "evidence-Matrix.csv", dtype=str, keep_default_na=False)
    assert matrix["appraised"][0] == "2026-11-21"
    sources = pd.read_csv(tmp_path / "evidence-Sources.csv", dtype=str, keep_default_na=False)
    assert (sources["title"][0], sources["journal"][0]) == ("+1+cmd|' /C calc'!A0", "@SUM(1+1)")
