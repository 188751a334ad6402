"""An id that was handed out never vanishes: it is in use, or it says what became of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from builders import DAY
from evidence_tools.assessment import assess
from evidence_tools.base import read_base
from evidence_tools.changes import changes_as_data, compare_days, format_changes
from evidence_tools.checks import check_base
from evidence_tools.cli import main
from evidence_tools.files import write_model
from evidence_tools.report.feed import format_feed
from evidence_tools.report.pages import write_pages
from evidence_tools.report.source_pages import write_source_pages
from evidence_tools.retirement import Retired, Retirement, follow_successors, say_retired
from evidence_tools.tracking import source_changes_frame

QUESTION = Retirement(
    id="old-back", kind="question", said="Does <b>massage</b> ease old backs?", date=DAY,
    reason="Asked the same as another question.", successors=("older-back",),
)  # fmt: skip
STEP = Retirement(
    id="older-back", kind="question", said="Does massage ease backs?", date=DAY,
    reason="Merged.", successors=("low-back-pain",),
)  # fmt: skip
CLAIM = Retirement(
    id="d900-007", kind="claim", said="Massage mends discs.", date=DAY, document="900",
    reason="Was no claim, but a menu entry",
)  # fmt: skip
SOURCE = Retirement(
    id="twin2020", kind="source", said="Massage for back pain", date=DAY,
    reason="The same study twice.", successors=("smith2020",),
)  # fmt: skip
ALL = (QUESTION, STEP, CLAIM, SOURCE)


@pytest.fixture
def retired(project):
    """The small project after two questions, a claim and a source were taken out."""
    write_model(Retired(retired=ALL), project / "evidence" / "retired.toml")
    return project


def call(project, *arguments: str):
    """Run the command on the small project."""
    return CliRunner().invoke(main, ["--evidence", str(project / "evidence"), *arguments])


def test_what_became_of_an_id_is_said_in_one_line():
    """Day, reason and what is in use now, also over two steps; or that nothing is."""
    table = {one.id: one for one in ALL}
    assert follow_successors(table, "old-back") == ("low-back-pain",)
    assert say_retired(table, "old-back") == (
        "question old-back was retired on 2026-11-21 (Asked the same as another question); "
        "now low-back-pain"
    )
    assert say_retired(table, "d900-007").endswith("; nothing stands in its place")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"document": "900"}, "only a claim, needs document"),
        ({"kind": "claim"}, "only a claim, needs document"),
        ({"successors": ("old-back",)}, "nothing succeeds itself"),
        ({"id": "../x"}, "String should match"),
    ],
)
def test_an_entry_is_whole(changes, words):
    """Each rule of an entry fails on what breaks it."""
    with pytest.raises(ValidationError, match=words):
        Retirement(**{**QUESTION.model_dump(), **changes})
    with pytest.raises(ValidationError, match="old-back stands twice"):
        Retired(retired=(QUESTION, QUESTION))


def test_a_sound_list_of_retired_ids_passes_every_check(retired):
    """Also the canonical form and the schema."""
    assert check_base(retired / "evidence", DAY) == []


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ((SOURCE.model_copy(update={"id": "low-back-pain"}),), "is in use, as the id of a quest"),
        ((STEP.model_copy(update={"successors": ("neck",)}),), "its successor 'neck' is no quest"),
        ((SOURCE.model_copy(update={"successors": ("low-back-pain",)}),), "is no source"),
        ((QUESTION, STEP.model_copy(update={"successors": ("old-back",)})), "lead back to it"),
        ((CLAIM.model_copy(update={"document": "901"}),), "stood in the unknown document '901'"),
        ((STEP.model_copy(update={"date": dt.date(2030, 1, 1)}),), "2030-01-01 lies after"),
    ],
)
def test_a_list_that_leads_nowhere_is_found(project, entries, words):
    """In use after all, to nothing, to another kind, round in a circle, in the future."""
    write_model(Retired(retired=entries), project / "evidence" / "retired.toml")
    assert any(words in str(p) for p in check_base(project / "evidence", DAY))


@pytest.mark.parametrize(
    "arguments",
    [
        ("show",), ("cite",), ("cite", "--format", "bibtex"), ("references",), ("substantiate",),
        ("teach", "example"), ("screen", "--list", "--question"),
    ],
)  # fmt: skip
def test_a_command_on_a_retired_id_says_what_became_of_it(retired, tmp_path, arguments):
    """One line with day, reason and successor; exit status 2; nothing written."""
    before = {p for p in tmp_path.rglob("*") if p.is_file()}
    result = call(retired, *arguments, "old-back")
    assert result.exit_code == 2
    line = "question old-back was retired on 2026-11-21 (Asked the same as another question); "
    assert result.stderr.strip() == f"evidence: {line}expected low-back-pain"
    assert {p for p in tmp_path.rglob("*") if p.is_file()} == before


def test_a_cell_a_claim_and_a_source_that_are_retired_say_so(retired):
    """A cell goes by its question; what has no successor says that."""
    assert "expected low-back-pain" in call(retired, "cite", "old-back/900").stderr
    assert "expected smith2020" in call(retired, "cite", "twin2020").stderr
    told = call(retired, "cite", "d900-007").stderr
    assert "claim d900-007 was retired" in told
    assert "nothing stands in its place" in told


def test_the_lists_name_what_is_gone(retired):
    """On standard error, a line each: the data stay as they are."""
    told = call(retired, "matrix", "--format", "json")
    assert "question old-back was retired on 2026-11-21" in told.stderr
    assert "d900-007" not in told.stderr
    assert "old-back" not in told.stdout
    assert "claim d900-007 was retired" in call(retired, "claims").stderr


def test_changes_tell_of_a_retirement_on_its_day(retired):
    """As Markdown, as data and in the feed; not on other days."""
    base = read_base(retired / "evidence")
    changes = compare_days(base, DAY - dt.timedelta(days=1), DAY)
    assert "### Retired ids\n- claim d900-007 was retired" in format_changes(changes)
    assert list(changes_as_data(changes)["retired"]) == [
        "d900-007",
        "old-back",
        "older-back",
        "twin2020",
    ]
    shown = source_changes_frame(changes)
    assert list(shown.loc[shown["what"] == "retired", "source"])[:2] == ["d900-007", "old-back"]
    later = replace(base, retired={"old-back": QUESTION, "older-back": STEP.model_copy(
        update={"date": DAY + dt.timedelta(days=2)})})  # fmt: skip
    assert compare_days(later, DAY, DAY + dt.timedelta(days=1)).retirements == ()
    feed = format_feed(assess(base, DAY)).decode()
    assert "retired: question old-back was retired" in feed


def test_every_retired_id_keeps_its_place_in_the_site(retired):
    """Question and source a page, rows and claim their anchor; each says what is used now."""
    folder = retired / "site"
    (folder / "data").mkdir(parents=True)
    assessment = assess(read_base(retired / "evidence"), DAY)
    alt = {"matrix": "m", "map": "m", "flow": "f", "support": "s", "advice": "a"}
    write_pages(assessment, {}, alt, {}, folder)
    write_source_pages(assessment, folder)
    page = (folder / "questions" / "old-back.html").read_text(encoding="utf-8")
    assert "Does &lt;b&gt;massage&lt;/b&gt; ease old backs?" in page
    assert "Asked the same as another question." in page
    assert 'href="../questions/low-back-pain.html"' in page
    source = (folder / "sources" / "twin2020.html").read_text(encoding="utf-8")
    assert 'href="../sources/smith2020.html"' in source
    document = (folder / "documents" / "900.html").read_text(encoding="utf-8")
    assert 'id="d900-007"' in document
    assert "Massage mends discs." in document
    for name in ("matrix.html", "register.html"):
        assert 'id="old-back"' in (folder / name).read_text(encoding="utf-8"), name
