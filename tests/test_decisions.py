"""Screening decisions are a history that people may edit; a wrong line is named, none is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_tools.errors import DataError
from evidence_tools.literature import decisions as module
from evidence_tools.literature.decisions import (
    Decision,
    Reason,
    Verdict,
    append_decisions,
    format_decisions,
    parse_decisions,
    read_decisions,
)

HEAD = "pmid\tsearch\tquestion\tdecision\treason\tby\tdate\n"
LINE = "123\tneck-pain\tneck-pain\texclude\twrong-design\tann\t2026-11-21\n"


def decision(**changes) -> Decision:
    """An exclusion by ann, but for what is given."""
    values = {"pmid": "123", "search": "neck-pain", "question": "neck-pain", "decision": "exclude",
              "reason": "wrong-design", "by": "ann", "date": "2026-11-21"}  # fmt: skip
    return Decision.model_validate({**values, **changes})


made = st.builds(
    lambda pmid, verdict, by, day: decision(
        pmid=str(pmid),
        decision=verdict,
        reason=None if verdict in ("seek", "include") else "other",
        by=by,
        date=f"2026-01-{day:02d}",
    ),
    st.integers(1, 99999999),
    st.sampled_from([str(v) for v in Verdict]),
    st.sampled_from(["ann", "Ben Ö.", "consensus"]),
    st.integers(1, 28),
)


@given(st.lists(made))
def test_what_is_written_is_read_and_sorted_once(items):
    """parse(format(x)) holds each decision once, whatever the order; formatting is idempotent."""
    text = format_decisions(items)
    assert set(parse_decisions(text)) == set(items)
    assert format_decisions(parse_decisions(text)) == text
    assert format_decisions(reversed(items)) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEAD + LINE.replace("wrong-design", "dull"), "reason"),
        (HEAD + LINE.replace("exclude", "drop"), "decision"),
        (HEAD + LINE.replace("wrong-design", ""), "needs a reason"),
        (HEAD + LINE.replace("exclude", "include"), "takes no reason"),
        (HEAD + LINE.replace("2026-11-21", "21.11.2026"), "YYYY-MM-DD"),
        (HEAD + LINE.replace("2026-11-21", "2026-02-30"), "day"),
        (HEAD + LINE.replace("123", "0"), "PMID"),
        (HEAD + LINE.replace("ann", "=cmd()"), "by"),
        (HEAD + LINE.replace("\tann", ""), "6 cells"),
        ("pmid;search\n" + LINE, "columns"),
    ],
)
def test_a_wrong_line_is_named_with_its_number(text, words):
    """File, line, what was found and what may stand there; the whole file is refused."""
    with pytest.raises(DataError) as caught:
        parse_decisions(text, "screening.tsv")
    assert words in str(caught.value)
    assert f"screening.tsv:{1 if words == 'columns' else 2}" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_reason_names_the_known_ones():
    """Whoever mistypes a code sees which there are."""
    with pytest.raises(DataError, match="wrong-population"):
        parse_decisions(HEAD + LINE.replace("wrong-design", "dull"))


def test_a_spreadsheets_byte_mark_and_empty_lines_do_no_harm():
    """Excel writes a BOM; people leave empty lines."""
    assert parse_decisions("\ufeff" + HEAD + "\n" + LINE + "\n") == (decision(),)


def test_adding_keeps_every_line_and_says_how_many_are_new(tmp_path: Path):
    """A changed mind is a further line; the same line again is none."""
    path = tmp_path / "screening.tsv"
    assert append_decisions(path, [decision()]) == 1
    assert append_decisions(path, [decision()]) == 0
    changed = decision(decision="include", reason=None, date="2026-11-22")
    assert append_decisions(path, [changed]) == 1
    assert read_decisions(path) == (decision(), changed)


def test_a_file_without_last_line_end_is_added_to_on_a_line_of_its_own(tmp_path: Path):
    """Editors leave the last line open."""
    path = tmp_path / "screening.tsv"
    path.write_text((HEAD + LINE).rstrip("\n"))
    append_decisions(path, [decision(pmid="9")])
    assert [d.pmid for d in read_decisions(path)] == ["9", "123"]


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch):
    """Half a line would make every decision unreadable."""
    path = tmp_path / "screening.tsv"
    append_decisions(path, [decision()])
    before = path.read_bytes()

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "fsync", full)
    with pytest.raises(DataError, match="No space left"):
        append_decisions(path, [decision(pmid="9")])
    monkeypatch.undo()
    assert path.read_bytes() == before


def test_a_kill_between_adding_and_sorting_loses_nothing(tmp_path: Path, monkeypatch):
    """Lines are at the end of the file before it is put in order."""
    path = tmp_path / "screening.tsv"
    append_decisions(path, [decision()])

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "write_atomic", killed)
    with pytest.raises(KeyboardInterrupt):
        append_decisions(path, [decision(pmid="9")])
    monkeypatch.undo()
    assert {d.pmid for d in read_decisions(path)} == {"9", "123"}
    assert path.stat().st_size == len(HEAD + LINE) + len(LINE) - 2


def test_reasons_are_only_asked_where_something_is_out():
    """Seek and include take none; the three ways out take one each."""
    out = {v for v in Verdict if v not in (Verdict.SEEK, Verdict.INCLUDE)}
    assert {str(v) for v in out} == {"exclude", "not-retrieved", "ineligible"}
    for verdict in out:
        assert decision(decision=str(verdict)).reason is Reason.DESIGN
