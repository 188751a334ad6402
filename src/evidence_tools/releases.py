"""The list of releases: what each held, and the ids that it was the first to hand out."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from evidence_tools.files import read_model
from evidence_tools.models import Model, Sha256, Text

__all__ = ["Release", "Releases", "read_releases"]


class Release(Model):
    """One release: its number, its day, and what it held.

    ``issued`` are the ids of questions, claims and sources that no release before it held: what may
    have been cited since, and must never vanish.
    """

    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    date: dt.date
    rules: Text
    evidence: Sha256
    archive: Text
    sha256: Sha256
    questions: int
    claims: int
    sources: int
    issued: tuple[Text, ...] = ()

    @property
    def number(self) -> tuple[int, ...]:
        """The version as numbers, which sort as they should."""
        return tuple(int(part) for part in self.version.split("."))


class Releases(Model):
    """All releases, oldest first; none is ever taken away."""

    releases: tuple[Release, ...] = ()

    @model_validator(mode="after")
    def _rising(self) -> Self:
        numbers = [release.number for release in self.releases]
        if any(one >= two for one, two in pairwise(numbers)):
            raise ValueError("versions must rise")
        return self

    def before(self, version: str) -> Releases:
        """Releases with a lower number."""
        number = tuple(int(part) for part in version.split("."))
        return Releases(releases=tuple(r for r in self.releases if r.number < number))

    def until(self, day: dt.date) -> Releases:
        """Releases that had been cut by a day."""
        return Releases(releases=tuple(r for r in self.releases if r.date <= day))

    @property
    def issued(self) -> dict[str, str]:
        """Ids that were ever handed out, each with the release that first did."""
        return {name: release.version for release in self.releases for name in release.issued}


def read_releases(root: Path) -> Releases:
    """Read ``evidence/releases.json``; without it there has been no release.

    Raises
    ------
    DataError
        When the file is broken.
    """
    path = root / "releases.json"
    return read_model(Releases, path) if path.is_file() else Releases()
