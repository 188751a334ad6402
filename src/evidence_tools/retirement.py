"""Ids that are no longer in use: what became of each, so that what was cited can still be followed.

An id is never given to something else and never vanishes. Whoever takes a question, a claim or a
source out of the evidence base writes here what it was, why it went, and what stands in its place.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, model_validator

from evidence_tools.errors import InputError
from evidence_tools.models import Model, Text
from evidence_tools.vocab import RetiredKind

__all__ = ["Retired", "Retirement", "check_in_use", "follow_successors", "say_retired"]


class Retirement(Model):
    """What became of one id.

    ``said`` is the question, the claim in our words or the source's title as it last stood;
    ``document`` is the page under review on which a claim stood.
    """

    # As it stands in addresses of the site, and so in the name of a file there.
    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{1,63}$")]
    kind: RetiredKind
    said: Text
    date: dt.date
    reason: Text
    successors: tuple[Text, ...] = ()
    document: Text | None = None

    @model_validator(mode="after")
    def _says_where_a_claim_stood(self) -> Self:
        if (self.kind is RetiredKind.CLAIM) != (self.document is not None):
            raise ValueError("a claim, and only a claim, needs document")
        if self.id in self.successors:
            raise ValueError("nothing succeeds itself")
        return self


class Retired(Model):
    """All ids that are no longer in use."""

    retired: tuple[Retirement, ...] = ()

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        ids = [one.id for one in self.retired]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise ValueError(f"{twice[0]} stands twice")
        return self


def follow_successors(retired: Mapping[str, Retirement], identifier: str) -> tuple[str, ...]:
    """Ids in use that stand in the place of a retired one, also over several steps.

    >>> day = dt.date(2026, 12, 1)
    >>> def gone(name: str, *to: str) -> Retirement:
    ...     return Retirement(id=name, kind="question", said="?", date=day, reason="merged",
    ...                       successors=to)
    >>> follow_successors({"aa": gone("aa", "bb"), "bb": gone("bb", "cc")}, "aa")
    ('cc',)
    """
    found: dict[str, None] = {}
    seen, ahead = {identifier}, list(retired[identifier].successors)
    while ahead:
        here = ahead.pop(0)
        if here in seen:
            continue
        seen.add(here)
        if here in retired:
            ahead = [*retired[here].successors, *ahead]
        else:
            found[here] = None
    return tuple(found)


def say_retired(retired: Mapping[str, Retirement], identifier: str) -> str:
    """Say in one line what became of a retired id."""
    one = retired[identifier]
    heirs = follow_successors(retired, identifier)
    now = f"now {', '.join(heirs)}" if heirs else "nothing stands in its place"
    return f"{one.kind} {identifier} was retired on {one.date} ({one.reason.rstrip('.')}); {now}"


def check_in_use(retired: Mapping[str, Retirement], identifier: str) -> None:
    """Refuse an id that is retired.

    Raises
    ------
    InputError
        With what became of it, and with the ids that stand in its place.
    """
    if identifier in retired:
        heirs = follow_successors(retired, identifier)
        raise InputError(
            say_retired(retired, identifier).rpartition("; ")[0],
            expected=", ".join(heirs) if heirs else "another id: nothing stands in its place",
        )
