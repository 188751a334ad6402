"""Students' answers: read from any spreadsheet, scored by hand-checked figures, nothing lost."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import DAY
from evidence_tools.errors import InputError
from evidence_tools.teaching.answers import Answer, Answers, read_answers
from evidence_tools.teaching.exercise import Key, KeyItem
from evidence_tools.teaching.scoring import format_scores, score, scores_as_data

RIGHT = ("keep", "reword", "remove", "remove")
LEVELS = {"keep": "limited", "reword": "conflicting", "remove": "insufficient"}


def make_key(ask: str = "advice") -> Key:
    """A key of four items: keep, reword, remove, remove."""
    items = tuple(
        KeyItem(
            item=f"ab12-{number:02}",
            claim=f"d900-{number:03}",
            sentence=f"Sentence {number} | <b>bold</b>.",
            support=LEVELS[advice],
            does_not_fit=() if advice == "keep" else ("strength",),
            advice=advice,
        )
        for number, advice in enumerate(RIGHT, start=1)
    )
    return Key(
        format="evidence exercise key 1",
        exercise="ab12",
        made_with="0",
        as_of=DAY,
        rules="1.0",
        rules_date=DAY,
        evidence="0" * 64,
        profile="strict",
        ask=ask,
        seed=1,
        items=items,
    )


KEY = make_key()


def read(tmp_path, data: str | bytes, key: Key = KEY) -> Answers:
    """Read answers from a file with these bytes."""
    path = tmp_path / "answers.csv"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_answers(path, key)


def given_by(answers: Answers, student: str = "Zoë") -> list[str]:
    """Answers of one student in the order of the items."""
    return [a.answer for a in sorted(answers.answers, key=lambda a: a.item) if a.student == student]


ROWS = [("Zoë", "ab12-01", "keep"), ("Zoë", "ab12-02", "reword"), ("Zoë", "ab12-03", "reword")]


def table(separator: str = ",", end: str = "\n") -> str:
    """The rows above as text."""
    lines = [separator.join(row) for row in [("student", "item", "answer"), *ROWS]]
    return end.join(lines) + end


@pytest.mark.parametrize(
    "data",
    [
        table().encode(),
        table().encode("utf-8-sig"),
        table(";").encode("utf-8-sig"),
        table(";", "\r\n").encode("cp1252"),
        table("\t").encode("utf-16"),
        table("|", "\r").encode(),
        ("sep=;\n" + table(";")).encode(),
        (
            "Answer , STUDENT,note, Item\n" + "".join(f"{a},{s},n,{i}\n" for s, i, a in ROWS)
        ).encode(),
        (
            '"student","item","answer"\n' + "".join(f'"{s}","{i}","{a}"\n' for s, i, a in ROWS)
        ).encode(),
    ],
    ids=["plain", "mark", "semicolon", "windows", "utf16", "bar", "sep", "order", "quoted"],
)
def test_every_spreadsheets_way_of_writing_gives_the_same_answers(tmp_path, data):
    """Separators, encodings, marks, line ends, order and further columns do not matter."""
    answers = read(tmp_path, data)
    assert given_by(answers) == ["keep", "reword", "reword"]
    assert answers.troubles == ()


def test_an_encoding_that_had_to_be_guessed_is_told(tmp_path):
    """A name may have come out wrong: somebody has to look."""
    assert read(tmp_path, table().encode("cp1252")).notes == (
        "line 2 is not UTF-8: the file is read as Windows-1252; check the names",
    )
    odd = table().encode("latin-1").replace(b"keep", b"keep ") + b"\x81,ab12-04,keep\n"
    assert "Latin-1" in read(tmp_path, odd).notes[0]


def test_small_slips_of_the_pen_are_forgiven(tmp_path):
    """Case, blanks, a full stop, hyphens, and the bare number of an item."""
    answers = read(
        tmp_path, "student,item,answer\nZoë, 1 , KEEP.\nZoë,AB12-02,Reword \nZoë,3,remove\n"
    )
    assert given_by(answers) == ["keep", "reword", "remove"]
    levels = read(tmp_path, "student,item,answer\nZoë,1,Not supported\n", make_key("support"))
    assert given_by(levels) == ["not-supported"]


@pytest.mark.parametrize(
    ("row", "line"),
    [
        (
            "Ann,ab12-01,maybe",
            "line 2: unknown answer 'maybe'; expected one of keep, reword, remove",
        ),
        ("Ann,ab12-09,keep", "line 2: unknown item 'ab12-09'"),
        ("Ann,9,keep", "line 2: unknown item '9'"),
        ("Ann,ffff-01,keep", "line 2: unknown item 'ffff-01' (of another exercise?)"),
        (",ab12-01,keep", "line 2: no student is named"),
        ("Ann", "line 2: unknown item ''"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_and_the_others_count(tmp_path, row, line):
    """One clear line each; the rest is still scored."""
    answers = read(tmp_path, f"student,item,answer\n{row}\nZoë,ab12-01,keep\n")
    assert [str(trouble) for trouble in answers.troubles] == [f"{line}; not counted"]
    assert given_by(answers) == ["keep"]


def test_of_two_answers_that_differ_none_counts(tmp_path):
    """Nobody knows which is meant; the same answer twice counts once; both are told."""
    answers = read(
        tmp_path,
        "student,item,answer\nAnn,1,keep\nAnn,1,remove\nAnn,1,keep\nAnn,2,keep\nAnn,2,keep\n",
    )
    assert [(a.item, a.answer) for a in answers.answers] == [("ab12-02", "keep")]
    torn = "line 3: Ann answers ab12-01 twice: keep in line 2, remove here; neither counts"
    assert [str(trouble) for trouble in answers.troubles] == [
        f"{torn}; not counted",
        "line 4: Ann answers ab12-01 once more: keep; not counted",
        "line 6: Ann answers ab12-02 twice, the same as in line 5; not counted",
    ]


def test_what_is_left_blank_is_no_answer(tmp_path):
    """It counts neither for nor against, and is named."""
    answers = read(tmp_path, "student,item,answer\nAnn,1,\nAnn,2,reword\n\n,,\nBob,1,\n")
    assert answers.blank == (("Ann", "ab12-01"), ("Bob", "ab12-01"))
    found = score(answers, KEY)
    assert [(s.student, s.answered, s.equal) for s in found.students] == [
        ("Ann", 1, 1),
        ("Bob", 0, 0),
    ]
    assert "Left blank, not counted: Ann: ab12-01; Bob: ab12-01." in format_scores(found, KEY)


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"", "the file is empty; expected CSV with the columns student, item, answer"),
        (b"student;item\nA;1\n", "no column answer; expected CSV .* it holds 'student, item'"),
        (b"name,nr\n", "no column student and no column item and no column answer"),
        (b"student,item,answer,item\n", "the column 'item' stands twice"),
        (b"PK\x03\x04rest", "workbook or archive; .*save the sheet as CSV"),
        (b'student,item,answer\nA,1,"keep\nB,1,keep\n', "broken table"),
        (b"\xff\xfes\x00t\x00", "no column student"),
        (b"\xff\xfe\x00\xd8\x00", "broken UTF-16"),
    ],
    ids=["empty", "missing", "none", "twice", "xlsx", "quote", "short", "utf16"],
)
def test_a_file_that_is_no_table_of_answers_is_one_clear_line(tmp_path, data, line):
    """Never a traceback."""
    with pytest.raises(InputError, match=line) as caught:
        read(tmp_path, data)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_status == 2


def test_a_missing_file_is_one_clear_line(tmp_path):
    """And names it."""
    with pytest.raises(InputError, match=r"none\.csv: cannot be read: No such file"):
        read_answers(tmp_path / "none.csv", KEY)


@given(st.binary(max_size=400))
def test_no_bytes_bring_it_down(data):
    """Whatever is in the file: answers, or one clear line."""
    from pathlib import Path
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_bytes(b"student,item,answer\n" + data)
        try:
            answers = read_answers(path, KEY)
        except InputError as error:
            assert "\n" not in str(error)
        else:
            assert all(answer.answer in ("keep", "reword", "remove") for answer in answers.answers)


def test_agreement_and_kappa_are_those_worked_out_by_hand():
    """Given keep, reword, reword, remove; right keep, reword, remove, remove.

    Agreement 3/4. By chance 5/16, so kappa (3/4 - 5/16) / (11/16) = 7/11. Linear weights: one step
    off in one of four is 1/4, by chance 7/8, so 1 - (1/4) / (7/8) = 5/7.
    """
    answers = ("keep", "reword", "reword", "remove")
    rows = tuple(
        Answer(n, "Ann", f"ab12-{n:02}", answer) for n, answer in enumerate(answers, start=1)
    )
    found = score(Answers(rows, (), (), ()), KEY)
    assert found.overall.share == 75
    assert found.students[0].kappa == pytest.approx(7 / 11)
    assert found.students[0].weighted == pytest.approx(5 / 7)
    assert [(m.item, m.wrong, m.given) for m in found.missed if m.wrong] == [
        ("ab12-03", 1, (("reword", 1),))
    ]


def test_a_near_miss_costs_less_than_a_bad_one():
    """Reword for remove against keep for remove: the weighted kappa tells them apart."""
    values = []
    for wrong in ("reword", "keep"):
        answers = ("keep", "reword", wrong, "remove")
        rows = tuple(Answer(n, "A", f"ab12-{n:02}", a) for n, a in enumerate(answers, start=1))
        values.append(score(Answers(rows, (), (), ()), KEY).overall.weighted)
    assert values[0] > values[1]


def test_all_students_together_and_the_items_most_often_missed():
    """Two students: one all right, one all keep; items in the order of misses."""
    rows = []
    for number, right in enumerate(RIGHT, start=1):
        rows.append(Answer(number, "Ann", f"ab12-{number:02}", right))
        rows.append(Answer(number, "Bob", f"ab12-{number:02}", "keep"))
    found = score(Answers(tuple(rows), (), (), ()), KEY)
    assert [(s.student, s.equal, s.kappa) for s in found.students] == [
        ("Ann", 4, 1.0),
        ("Bob", 1, 0.0),
    ]
    assert (found.overall.answered, found.overall.asked, found.overall.equal) == (8, 8, 5)
    assert [m.item for m in found.missed] == ["ab12-02", "ab12-03", "ab12-04", "ab12-01"]


def test_kappa_without_any_spread_is_not_defined():
    """One and the same answer throughout, and right: there is no chance to correct for."""
    rows = (Answer(1, "Ann", "ab12-03", "remove"), Answer(2, "Ann", "ab12-04", "remove"))
    found = score(Answers(rows, (), (), ()), KEY)
    assert (found.overall.share, found.overall.kappa, found.overall.weighted) == (100, None, None)
    assert "not defined" in format_scores(found, KEY)


def test_scores_say_from_when_the_key_is_and_hold_no_markup(tmp_path):
    """Date, rules and evidence in both forms; a name with markup stays a name."""
    data = "student,item,answer\n<b>Ann</b>|x,1,keep\nBob,2,perhaps\n"
    answers = read(tmp_path, data)
    found = score(answers, KEY)
    text = format_scores(found, KEY)
    assert "as judged by 2026-11-21, rules 1.0 of 2026-11-21, evidence 0000000000000000" in text
    assert "&lt;b>Ann&lt;/b>\\|x" in text
    plain = json.loads(json.dumps(scores_as_data(found, KEY)))
    assert (plain["as_of"], plain["rules"], plain["evidence"]) == ("2026-11-21", "1.0", "0" * 64)
    assert plain["answers"][0]["student"] == "<b>Ann</b>|x"
    assert plain["not_counted"][0]["line"] == 3


@given(st.lists(st.sampled_from(["keep", "reword", "remove", ""]), min_size=4, max_size=4))
def test_every_row_is_an_answer_a_blank_or_a_trouble(given_answers):
    """Nothing that came in is lost."""
    from pathlib import Path
    from tempfile import TemporaryDirectory

    rows = "".join(f"Ann,{n},{a}\n" for n, a in enumerate(given_answers, start=1))
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        path.write_text("student,item,answer\n" + rows + "Ann,7,keep\n", encoding="utf-8")
        found = read_answers(path, KEY)
    assert len(found.answers) + len(found.blank) == 4
    assert len(found.troubles) == 1
