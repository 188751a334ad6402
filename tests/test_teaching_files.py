"""Slides, handout and pages: whole without a network, tagged, the same bytes, nothing lost."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil

import pytest
from click.testing import CliRunner
from pypdf import PdfReader

from builders import DAY, ROOT
from evidence_tools.assessment import assess
from evidence_tools.base import read_base
from evidence_tools.cli import main
from evidence_tools.cli.teach import teach
from evidence_tools.errors import BuildError, InputError
from evidence_tools.teaching.handout import make_handout
from evidence_tools.teaching.slides import check_slides_folder
from evidence_tools.teaching.worked import choose_claim
from evidence_tools.teaching.writing import write_teaching

DATE = DAY.isoformat()


@pytest.fixture(scope="module")
def site(tmp_path_factory, assessment):
    """Everything for a class, written once."""
    folder = tmp_path_factory.mktemp("teaching")
    write_teaching(assessment, folder, home="../index.html")
    return folder


def run(*arguments: str, status: int = 0):
    """Run the command; it must end with this status and never with a traceback."""
    if "teach" not in main.commands:
        main.add_command(teach)
    result = CliRunner().invoke(main, ["--evidence", str(ROOT / "evidence"), "teach", *arguments])
    assert result.exit_code == status, result.output
    assert "Traceback" not in result.output
    return result


def test_the_slides_take_nothing_from_elsewhere(site):
    """Every file that a page names lies in the folder; no address in what the browser loads."""
    page = (site / "slides" / "index.html").read_text(encoding="utf-8")
    loaded = re.findall(r'<(?:script|link|img)\b[^>]*?(?:src|href)="([^"]+)"', page)
    assert {"reveal/reveal.js", "reveal/notes.js", "reveal/reveal.css", "slides.js"} <= set(loaded)
    for name in loaded:
        assert name.startswith("data:image/svg+xml;base64,") or (site / "slides" / name).is_file()
    assert "http" not in re.sub(r"data:image/[^\"]+", "", page)
    for sheet in (site / "slides").rglob("*.css"):
        assert not re.search(r"url\((?![\"']?data:)|@import", sheet.read_text(encoding="utf-8")), (
            sheet.name
        )
    licence = (site / "slides" / "reveal" / "LICENSE").read_text(encoding="utf-8")
    assert "Hakim El Hattab" in licence
    assert "Permission is hereby granted, free of charge" in licence


def test_the_slides_hold_every_step_of_the_example_and_notes_for_the_speaker(site, assessment):
    """Ten steps, the sentence, sentences to judge, where it comes from; no code."""
    page = (site / "slides" / "index.html").read_text(encoding="utf-8")
    claim = assessment.base.claims[choose_claim(assessment)]
    assert page.count(claim.proposition) == 11
    assert [f"Step {n} of 10" in page for n in range(1, 11)] == [True] * 10
    assert page.count('<aside class="notes">') >= 5
    assert assessment.base.digest[:16] in page
    assert "import displays" not in page


def test_the_handout_is_two_tagged_pages_with_its_own_letters(site):
    """A4, tagged, in English, titled; letters embedded; no colour; the text can be read out."""
    reader = PdfReader(site / "handout.pdf")
    assert len(reader.pages) == 2
    assert [round(float(side)) for side in reader.pages[0].mediabox[2:]] == [595, 842]
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"].startswith("en")
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b"pdfuaid:part" in root["/Metadata"].get_data()
    assert reader.metadata.title == "Can a clinic say that?"
    for page in reader.pages:
        for font in page["/Resources"]["/Font"].values():
            descriptor = font["/DescendantFonts"][0]["/FontDescriptor"]
            assert "DejaVuSans" in descriptor["/FontName"]
            assert "/FontFile2" in descriptor or "/FontFile3" in descriptor
        content = page.get_contents().get_data().decode("latin-1")
        triples = re.findall(r"([\d.]+) ([\d.]+) ([\d.]+) (?:rg|RG|sc|SC|scn|SCN)\b", content)
        assert all(len(set(triple)) == 1 for triple in triples)


def test_the_text_of_the_handout_can_be_taken_out(site, assessment):
    """Levels with their signs, the sentence, date, rules and evidence."""
    pages = PdfReader(site / "handout.pdf").pages
    text = " ".join(" ".join(page.extract_text() for page in pages).split())
    claim = assessment.base.claims[choose_claim(assessment)]
    for wanted in (
        "✓ supported", "◐ limited", "⇄ conflicting", "∅ none-found", "⊗ contradicted",
        claim.proposition, f"As judged by {DATE}", f"rules {assessment.base.rules.version}",
        assessment.base.digest[:16], "1 of 2", "2 of 2",
    ):  # fmt: skip
        assert wanted in text, wanted


def test_the_handout_is_the_same_bytes_from_another_folder(tmp_path, site):
    """The evidence copied elsewhere gives the same file."""
    shutil.copytree(ROOT / "evidence", tmp_path / "elsewhere" / "evidence")
    moved = assess(read_base(tmp_path / "elsewhere" / "evidence"), DAY)
    assert make_handout(moved) == (site / "handout.pdf").read_bytes()


def test_any_claim_can_stand_in_the_handout(assessment):
    """Claims of every advice fit on the two pages, or one line says that they do not."""
    for key in list(assessment.base.claims)[::60]:
        try:
            assert make_handout(assessment, key).startswith(b"%PDF-")
        except BuildError as error:
            assert "does not fit on two pages" in str(error)


def test_every_link_of_the_pages_leads_somewhere(site):
    """Within the folder; the way back to the report is given by the caller."""
    for page in site.glob("*.html"):
        for target in re.findall(r'href="([^"#]+)"', page.read_text(encoding="utf-8")):
            assert target == "../index.html" or (site / target).is_file(), (page.name, target)


def test_the_table_to_fill_in_opens_in_a_spreadsheet(site):
    """A byte order mark, the four columns, student and answer empty."""
    data = (site / "exercise.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert list(rows[0]) == ["student", "item", "answer", "sentence"]
    assert len(rows) == 12
    assert {(row["student"], row["answer"]) for row in rows} == {("", "")}


def test_a_small_project_with_markup_in_its_texts_is_written_whole(project):
    """One claim, no sentence left to ask: a page says so; markup stays text."""
    path = project / "evidence" / "claims" / "900.json"
    path.write_text(path.read_text().replace("relieves back", "<script>alert(1)</script>"))
    small = assess(read_base(project / "evidence"), DAY)
    write_teaching(small, project / "out")
    index = (project / "out" / "index.html").read_text(encoding="utf-8")
    assert "There is no exercise: there is no sentence to draw" in index
    for page in project.glob("out/**/*.html"):
        assert "<script>alert" not in page.read_text(encoding="utf-8"), page.name
    text = " ".join(p.extract_text() for p in PdfReader(project / "out" / "handout.pdf").pages)
    assert "<script>alert(1)</script>" in text


def test_a_class_from_the_sheet_to_the_score(tmp_path):
    """Draw, fill in, score; the troubled row is named on standard error and the status is 1."""
    folder = tmp_path / "class"
    run("exercise", "--count", "6", "--as-of", DATE, "--out", str(folder))
    key = json.loads((folder / "key.json").read_text(encoding="utf-8"))
    assert (key["as_of"], key["seed"], len(key["items"])) == (DATE, 1, 6)
    answers = tmp_path / "answers.csv"
    rows = [f"Zoë;{item['item']};{item['advice']}" for item in key["items"]]
    answers.write_text("student;item;answer\n" + "\n".join(rows), encoding="cp1252")
    result = run("score", str(answers), "--key", str(folder / "key.json"))
    assert "| Zoë | 6 of 6 | 6 | 100 | 1.00 | 1.00 |" in result.stdout
    assert "read as Windows-1252" in result.stderr
    answers.write_text("student,item,answer\nAnn,1,sure\nAnn,2,keep\n", encoding="utf-8")
    result = run(
        "score", str(answers), "--key", str(folder / "key.json"), "--format", "json", status=1
    )
    assert "answers.csv: line 2: unknown answer 'sure'" in result.stderr
    assert json.loads(result.stdout)["overall"]["answered"] == 1


def test_a_sheet_that_was_filled_in_is_never_overwritten(tmp_path):
    """The same exercise may be written again; another one into the same folder may not."""
    folder = tmp_path / "class"
    run("exercise", "--count", "6", "--as-of", DATE, "--out", str(folder))
    run("exercise", "--count", "6", "--as-of", DATE, "--out", str(folder))
    sheet = folder / "exercise.csv"
    filled = sheet.read_bytes().replace(b'"","', b'"Ann","', 1)
    sheet.write_bytes(filled)
    result = run("exercise", "--count", "6", "--as-of", DATE, "--out", str(folder), status=2)
    assert "exercise.csv: the file is there and holds something else" in result.stderr
    assert sheet.read_bytes() == filled


def test_a_folder_with_other_things_is_not_taken_for_slides(tmp_path):
    """Nothing of anybody's is lost."""
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="holds something other than slides"):
        check_slides_folder(tmp_path)
    with pytest.raises(InputError, match="is a file"):
        check_slides_folder(tmp_path / "thesis.txt")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("handout", "--out", "handout.txt"), "expected a name that ends in .pdf"),
        (("example", "d001-9999"), "no claim 'd001-9999'"),
        (("slides", "--claim", "nope", "--out", "s"), "no claim 'nope'"),
        (("exercise", "--count", "900"), "900 sentences cannot be drawn; expected at most"),
        (("score", "none.csv", "--key", "none.json"), "no such file"),
        (("exercise", "--as-of", "2020-01-01"), "no sentence to draw"),
    ],
)
def test_what_is_used_wrongly_is_one_clear_line(tmp_path, monkeypatch, arguments, line):
    """Exit status 2, and nothing written."""
    monkeypatch.chdir(tmp_path)
    result = run(*arguments, status=2)
    assert line in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_words_and_example_are_printed(assessment):
    """Glossary and example from the command line, as text and as data."""
    assert "**✓ supported**: Good evidence says yes." in run("glossary").stdout
    assert len(json.loads(run("glossary", "--format", "json").stdout)["terms"]) > 40
    key = choose_claim(assessment)
    assert f"verdict: {key}" in run("example", "--as-of", DATE).stdout
    told = json.loads(run("example", key, "--as-of", DATE, "--format", "json").stdout)
    assert len(told["stages"]) == 10


@pytest.mark.parametrize("name", sorted(teach.commands))
def test_every_help_has_an_example(name):
    """It begins with the command as one types it."""
    text = " ".join((teach.commands[name].help or "").split())
    assert "Example: evidence teach " + name in text
