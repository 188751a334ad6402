"""Screening decisions: ``evidence/screening.tsv``, one judgement of one person a line.

The file is a history. A changed mind is a further line with a later date; nothing is taken away, so
that the queue can be shown as it stood on any day. People may edit it by hand: columns are named in
the first line, and a wrong line is named with its number and refused as a whole, never dropped.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
import re
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, ValidationError, model_validator

from evidence_tools.errors import DataError
from evidence_tools.files import explain_validation, read_text, write_atomic
from evidence_tools.models import Model, Pmid

__all__ = [
    "ANY",
    "COLUMNS",
    "CONSENSUS",
    "Decision",
    "Reason",
    "Verdict",
    "append_decisions",
    "format_decisions",
    "parse_decisions",
    "read_decisions",
]

COLUMNS = ("pmid", "search", "question", "decision", "reason", "by", "date")
#: In the column ``question``: the judgement holds for every question.
ANY = "*"
#: In the column ``by``: two reviewers talked, and this is what they settled on.
CONSENSUS = "consensus"


class Verdict(StrEnum):
    """What was decided, in the order of the PRISMA 2020 flow."""

    EXCLUDE = "exclude"  # on title and abstract
    SEEK = "seek"  # the full text is wanted
    NOT_RETRIEVED = "not-retrieved"  # the full text could not be had
    INELIGIBLE = "ineligible"  # on the full text
    INCLUDE = "include"

    @property
    def is_final(self) -> bool:
        """Whether nothing is left to decide."""
        return self is not Verdict.SEEK


class Reason(StrEnum):
    """Why a citation is out; PRISMA 2020 asks for the reasons of the full-text stage."""

    POPULATION = "wrong-population"
    INTERVENTION = "wrong-intervention"
    COMPARATOR = "wrong-comparator"
    OUTCOME = "wrong-outcome"
    DESIGN = "wrong-design"
    NOT_IN_PEOPLE = "not-in-people"
    NO_RESULTS = "no-results"  # protocol, or registered only
    DUPLICATE = "duplicate"
    SAME_STUDY = "same-study"  # a further report of a study that is held
    SUPERSEDED = "superseded"
    RETRACTED = "retracted"
    LANGUAGE = "language-not-read"
    NO_FULL_TEXT = "no-full-text"
    OTHER = "other"


def _moment(text: str) -> str:
    """Check a day, or a moment in UTC to the second."""
    form = "%Y-%m-%dT%H:%M:%SZ" if "T" in text else "%Y-%m-%d"
    if not re.fullmatch(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\dZ)?", text):
        raise ValueError("expected YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ")
    dt.datetime.strptime(text, form)
    return text


_Word = Annotated[str, StringConstraints(pattern=r"^[^\s\x00-\x1f=+@-][^\x00-\x1f]{0,79}$")]


class Decision(Model):
    """One judgement on one citation for one question (or for all: ``*``)."""

    pmid: Pmid
    search: Annotated[str, Field(pattern=r"^(?:[a-z0-9]+(?:-[a-z0-9]+)*|\*)$")]
    question: Annotated[str, Field(pattern=r"^(?:[a-z0-9]+(?:-[a-z0-9]+)*|\*)$")]
    decision: Verdict
    reason: Reason | None = None
    by: _Word
    date: Annotated[str, AfterValidator(_moment)]

    @model_validator(mode="after")
    def _out_with_a_reason(self) -> Self:
        out = self.decision in (Verdict.EXCLUDE, Verdict.INELIGIBLE, Verdict.NOT_RETRIEVED)
        if out and self.reason is None:
            raise ValueError(f"{self.decision} needs a reason, one of {', '.join(Reason)}")
        if not out and self.reason is not None:
            raise ValueError(f"{self.decision} takes no reason, but {self.reason} is given")
        return self

    @property
    def day(self) -> dt.date:
        """Day of the judgement."""
        return dt.date.fromisoformat(self.date[:10])

    @property
    def key(self) -> tuple[int, str, str, str, str, str, str]:
        """Sort key of the file; a line stands once."""
        return (
            int(self.pmid),
            self.question,
            self.date,
            self.by,
            self.search,
            self.decision,
            self.reason or "",
        )


def parse_decisions(text: str, where: str = "screening.tsv") -> tuple[Decision, ...]:
    """Read decisions from tab-separated text with a line of column names.

    Raises
    ------
    DataError
        For the first wrong line: its number, what was found, and the words that may stand there.
    """
    rows = csv.reader(
        io.StringIO(text.removeprefix("\ufeff")), delimiter="\t", quoting=csv.QUOTE_NONE
    )
    lines = list(rows)
    if not lines:
        return ()
    if tuple(lines[0]) != COLUMNS:
        raise DataError(
            f"columns are {', '.join(lines[0])[:80]!r}",
            expected=f"{', '.join(COLUMNS)}, with tabs between",
            where=f"{where}:1",
            fix="give the columns these names, and save as tab-separated text",
        )
    found: list[Decision] = []
    for number, cells in enumerate(lines[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        place = f"{where}:{number}"
        if len(cells) != len(COLUMNS):
            raise DataError(f"{len(cells)} cells", expected=str(len(COLUMNS)), where=place)
        row = {name: cell.strip() or None for name, cell in zip(COLUMNS, cells, strict=True)}
        try:
            found.append(Decision.model_validate(row))
        except ValidationError as error:
            raise DataError(
                explain_validation(error), where=place, fix="mend the line; nothing was changed"
            ) from error
    return tuple(found)


def format_decisions(decisions: Iterable[Decision]) -> str:
    """Canonical text: sorted by PMID, question and date; each line once."""
    ordered = sorted({decision.key: decision for decision in decisions}.items())
    lines = ["\t".join(COLUMNS)]
    for _, item in ordered:
        values = item.model_dump(mode="json")
        lines.append("\t".join(values[name] or "" for name in COLUMNS))
    return "\n".join(lines) + "\n"


def read_decisions(path: Path) -> tuple[Decision, ...]:
    """Read ``screening.tsv``; without the file there are no decisions."""
    return parse_decisions(read_text(path), str(path)) if path.is_file() else ()


def append_decisions(path: Path, new: Iterable[Decision]) -> int:
    """Add decisions to the file: first as lines at its end, then put in order.

    A kill between the two leaves all lines, the last ones unsorted; the next call sorts them.

    Returns
    -------
    int
        How many lines are new.
    """
    held = read_decisions(path)
    seen = {decision.key for decision in held}
    fresh = [decision for decision in new if decision.key not in seen]
    if not fresh:
        return 0
    if not path.is_file():
        write_atomic(path, format_decisions(()))
    lines = format_decisions(fresh).partition("\n")[2]
    size = path.stat().st_size
    try:
        whole = path.read_bytes()
        with path.open("ab") as file:
            gap = b"" if whole.endswith(b"\n") else b"\n"
            file.write(gap + lines.encode())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        # Half a line would make the whole file unreadable.
        os.truncate(path, size)
        raise DataError(
            f"cannot be written: {error.strerror}",
            where=str(path),
            fix="make room or mend the rights, then decide again",
        ) from error
    write_atomic(path, format_decisions((*held, *fresh)))
    return len(fresh)
