"""Reviewed files are canonical, and writing them loses nothing."""

from __future__ import annotations

import datetime as dt
import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import appraisal, question, record
from evidence_tools.errors import DataError
from evidence_tools.files import check_comments, dump_model, parse_model, read_text, write_atomic
from evidence_tools.models import Record, SearchRun
from evidence_tools.questions import Question

texts = st.text(
    alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\r"), min_size=1
)


@given(texts, texts)
def test_what_is_written_as_toml_is_read_back_the_same(asked, note):
    """load(dump(x)) = x for any text, quotes, backslashes and control characters included."""
    one = question(question=asked, note=note, appraisal=appraisal(bottom_line=note))
    assert parse_model(Question, dump_model(one, ".toml"), "q.toml") == one


@given(texts)
def test_what_is_written_as_json_is_read_back_the_same(title):
    """load(dump(x)) = x for any title."""
    one = record(title=title)
    assert parse_model(Record, dump_model(one, ".json"), "r.json") == one


def test_dates_and_page_numbers_keep_their_kind():
    """What looks like a number or a date in another format stays what it is."""
    one = record(pages="012", issue="1e3", volume="no")
    again = parse_model(Record, dump_model(one, ".json"), "r.json")
    assert (again.pages, again.issue, again.volume) == ("012", "1e3", "no")


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        ('{"key": "a",\n "b" 1}', "r.json", r"r\.json:2: broken JSON"),
        ('id = "a"\nkind = = 1\n', "q.toml", r"q\.toml:2: broken TOML"),
        ('{"key": "smith2020", "pimd": "1"}', "r.json", "unknown field pimd|is missing"),
        ("[]", "r.json", "valid dictionary"),
    ],
)
def test_a_broken_file_is_named_with_its_line(text, where, message):
    """File, line and what is wrong; one line."""
    with pytest.raises(DataError, match=message) as caught:
        parse_model(Record, text, where)
    assert "\n" not in str(caught.value)


def test_the_line_of_a_wrong_field_is_told():
    """A wrong value is found by its field's name."""
    text = dump_model(record(), ".json").replace('"year": 2020', '"year": 20200')
    with pytest.raises(DataError, match=r"r\.json:\d+: field year"):
        parse_model(Record, text, "r.json")


def test_a_file_that_is_not_utf8_is_refused(tmp_path):
    """Another encoding is an error, not guessed."""
    path = tmp_path / "r.json"
    path.write_bytes(b'{"key": "\xe9"}')
    with pytest.raises(DataError, match="byte 9 is not UTF-8"):
        read_text(path)


def test_a_comment_in_toml_is_an_error_before_it_is_lost():
    """Nothing that a person typed is dropped by formatting."""
    with pytest.raises(DataError, match=r"q\.toml:2: comments are lost"):
        check_comments('id = "a"\n# mine\n', "q.toml")


def test_writing_the_same_again_changes_nothing(tmp_path):
    """The second write reports no change."""
    path = tmp_path / "a" / "b.json"
    assert write_atomic(path, "x\n")
    assert not write_atomic(path, "x\n")
    assert path.read_text() == "x\n"


@pytest.mark.parametrize("step", ["write", "replace"])
def test_a_full_disk_leaves_the_old_file_whole(tmp_path, monkeypatch, step):
    """Whatever fails while writing, the old content stays and nothing half-written remains."""
    path = tmp_path / "b.json"
    path.write_text("old")

    def fail(*_args, **_kwargs):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if step == "write":
        monkeypatch.setattr(os, "fsync", fail)
    else:
        monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(DataError, match="No space left"):
        write_atomic(path, "new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["b.json"]  # noqa: PTH208


def test_a_run_keeps_its_date():
    """Dates in JSON are ISO dates."""
    run = SearchRun(id="2026-11-20-x", date=dt.date(2026, 11, 20), place="p", sought="s", found=0)
    assert '"date": "2026-11-20"' in dump_model(run, ".json")
