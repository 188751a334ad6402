"""One tree of errors.

EvidenceError
├── InputError      what the user gave cannot be used (exit status 2)
├── DataError       a file under ``evidence/`` or a pack is wrong (exit status 1)
└── BuildError      a report or notebook could not be made (exit status 1)

Each says what is wrong, what was expected, where, and what to do now, in one line.
"""

from __future__ import annotations

from typing import ClassVar

__all__ = ["BuildError", "DataError", "EvidenceError", "InputError"]


class EvidenceError(Exception):
    """Base of every error that a user can cause or mend.

    Parameters
    ----------
    what : str
        What is wrong.
    expected : str, optional
        What would have been right.
    where : str, optional
        File, line or field.
    fix : str, optional
        What to do now.
    """

    exit_status: ClassVar[int] = 1

    def __init__(self, what: str, *, expected: str = "", where: str = "", fix: str = "") -> None:
        self.what = what
        self.expected = expected
        self.where = where
        self.fix = fix
        super().__init__(str(self))

    def __str__(self) -> str:
        parts = [f"{self.where}: {self.what}" if self.where else self.what]
        if self.expected:
            parts.append(f"expected {self.expected}")
        if self.fix:
            parts.append(f"to mend it: {self.fix}")
        # One line always: a terminal, a log and a CI annotation show the first line only.
        return " ".join("; ".join(parts).split())


class InputError(EvidenceError):
    """What the user gave on the command line cannot be used."""

    exit_status = 2


class DataError(EvidenceError):
    """A reviewed file or an imported pack does not hold what it must."""


class BuildError(EvidenceError):
    """A notebook, a figure or the site could not be made."""
