"""Students' answers as they come out of spreadsheets: any separator, any usual encoding.

A row that cannot be used is named with its line and kept apart; the others are still scored.
"""

from __future__ import annotations

import codecs
import csv
import io
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from evidence_tools.errors import InputError
from evidence_tools.teaching.exercise import Key, choices

__all__ = ["Answer", "Answers", "Trouble", "read_answers"]

_COLUMNS = ("student", "item", "answer")
_SEPARATORS = (",", ";", "\t", "|")
#: A class's answers are some kilobytes; what is far larger is another file.
_LIMIT = 20_000_000


@dataclass(frozen=True)
class Answer:
    """One student's answer to one item."""

    line: int
    student: str
    item: str
    answer: str


@dataclass(frozen=True)
class Trouble:
    """A row that is not counted, with what it holds and why."""

    line: int
    what: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.what}; not counted"


@dataclass(frozen=True)
class Answers:
    """What a file of answers holds: answers, rows left blank, and rows that cannot be used."""

    answers: tuple[Answer, ...]
    blank: tuple[tuple[str, str], ...]
    troubles: tuple[Trouble, ...]
    notes: tuple[str, ...]


def read_answers(path: Path, key: Key) -> Answers:
    """Read students' answers.

    Parameters
    ----------
    path : Path
        CSV with the columns student, item and answer, in any order; others are passed over.
        Comma, semicolon, tab or bar between them; UTF-8 with or without a mark, UTF-16, or
        Windows' western encoding.
    key : Key
        The exercise's key, which says what items and answers there are.

    Raises
    ------
    InputError
        When the file is missing, is no table, or lacks a column.
    """
    text, notes = _decode(path)
    lines = text.split("\n", 1)
    first = 1
    # What a spreadsheet may write above the header to name its separator.
    if lines[0].strip().casefold().startswith("sep=") and len(lines) > 1:
        text, first = lines[1], 2
    separator = _separator(text, path)
    # Without strict, a lone quotation mark would silently swallow the lines after it.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        header = [_clean(cell).casefold() for cell in next(reader)]
        rows = [(reader.line_num + first - 1, row) for row in reader]
    except csv.Error as error:
        raise InputError(
            f"broken table: {error}",
            expected="a closing quotation mark for every opening one",
            where=f"{path}:{reader.line_num + first - 1}",
        ) from error
    places = [header.index(name) for name in _COLUMNS]
    return _sort_out(rows, places, key, notes)


def _decode(path: Path) -> tuple[str, tuple[str, ...]]:
    try:
        with path.open("rb") as file:
            data = file.read(_LIMIT + 1)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from error
    if len(data) > _LIMIT:
        raise InputError("too large", expected="a table of at most 20 MB", where=str(path))
    if not data.strip():
        raise InputError("the file is empty", expected=_expected(), where=str(path))
    if data[:2] == b"PK" or data[:4] == b"\xd0\xcf\x11\xe0":
        raise InputError(
            "this is a workbook or archive",
            expected=_expected(),
            where=str(path),
            fix="save the sheet as CSV",
        )
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return _lines(data.decode("utf-16")), ("read as UTF-16",)
        except UnicodeDecodeError as error:
            raise InputError("broken UTF-16", where=str(path), fix="save it as UTF-8") from error
    try:
        return _lines(data.decode("utf-8-sig")), ()
    except UnicodeDecodeError as error:
        place = data.count(b"\n", 0, error.start) + 1
    # Five bytes mean nothing to Windows; Latin-1, its forerunner, takes every byte.
    for encoding, name in (("cp1252", "Windows-1252"), ("latin-1", "Latin-1")):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        note = f"line {place} is not UTF-8: the file is read as {name}; check the names"
        return _lines(text), (note,)
    raise AssertionError("latin-1 takes every byte")


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _expected() -> str:
    return f"CSV with the columns {', '.join(_COLUMNS)}"


def _separator(text: str, path: Path) -> str:
    """Separator with which the header has all columns; an error names what is missing."""
    header = text.split("\n", 1)[0]
    best: list[str] = []
    for separator in _SEPARATORS:
        cells = [
            _clean(cell).casefold() for cell in next(csv.reader([header], delimiter=separator))
        ]
        if all(name in cells for name in _COLUMNS):
            twice = [name for name in _COLUMNS if cells.count(name) > 1]
            if twice:
                raise InputError(f"the column {twice[0]!r} stands twice", where=f"{path}:1")
            return separator
        best = max(best, cells, key=lambda row: (len(set(row) & set(_COLUMNS)), len(row)))
    missing = [name for name in _COLUMNS if name not in best]
    raise InputError(
        f"no column {' and no column '.join(missing)}",
        expected=f"{_expected()} in the first line; it holds {', '.join(best)[:120]!r}",
        where=str(path),
    )


def _clean(cell: str) -> str:
    """Text of a cell: no outer blanks, no invisible marks, composed letters."""
    shown = "".join(sign for sign in cell if unicodedata.category(sign) not in ("Cc", "Cf"))
    return " ".join(unicodedata.normalize("NFC", shown).split())


def _item(text: str, key: Key) -> str | None:
    """Name of an item, also where only its number was written; None where there is none."""
    known = [item.item for item in key.items]
    name = text.casefold()
    if name in known:
        return name
    if name.isascii() and name.isdigit() and 1 <= int(name[:9]) <= len(known):
        return known[int(name[:9]) - 1]
    return None


def _sort_out(
    rows: list[tuple[int, list[str]]], places: list[int], key: Key, notes: tuple[str, ...]
) -> Answers:
    allowed = {answer.replace("-", " "): answer for answer in choices(key.ask)}
    kept: dict[tuple[str, str], Answer] = {}
    blank: dict[tuple[str, str], int] = {}
    troubles: list[Trouble] = []
    # Two answers of which nobody knows which is meant count neither.
    torn: set[tuple[str, str]] = set()
    for line, row in rows:
        if not any(cell.strip() for cell in row):
            continue
        student, item, answer = (_clean(row[p]) if p < len(row) else "" for p in places)
        name = _item(item, key)
        given = allowed.get(answer.casefold().replace("-", " ").rstrip(".!"))
        if name is None:
            foreign = item[:4] != key.exercise and len(item) > 4
            hint = " (of another exercise?)" if foreign else ""
            troubles.append(Trouble(line, f"unknown item {item[:60]!r}{hint}"))
        elif not student:
            troubles.append(Trouble(line, "no student is named"))
        elif not answer:
            blank.setdefault((student, name), line)
        elif given is None:
            said = ", ".join(choices(key.ask))
            troubles.append(
                Trouble(line, f"unknown answer {answer[:60]!r}; expected one of {said}")
            )
        elif (student, name) in torn:
            troubles.append(Trouble(line, f"{student} answers {name} once more: {given}"))
        elif (before := kept.get((student, name))) is None:
            kept[student, name] = Answer(line, student, name, given)
        elif before.answer == given:
            troubles.append(
                Trouble(line, f"{student} answers {name} twice, the same as in line {before.line}")
            )
        else:
            del kept[student, name]
            torn.add((student, name))
            what = f"{student} answers {name} twice: {before.answer} in line {before.line}, {given}"
            troubles.append(Trouble(line, f"{what} here; neither counts"))
    left = tuple(sorted(set(blank) - set(kept) - torn))
    return Answers(tuple(kept.values()), left, tuple(troubles), notes)
