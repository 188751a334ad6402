"""What changed for a page since its audit was saved: which claims, and because of what."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from evidence_tools.changes import Changes
from evidence_tools.errors import InputError

__all__ = ["Watched", "compare_audits", "format_watch", "parse_saved"]

#: Parts of a saved audit without which it cannot be compared.
_NEEDED = ("page", "as_of", "rules", "evidence", "sentences")


@dataclass(frozen=True)
class Watched:
    """One claim of a page whose advice or level is another now."""

    text: str
    question: str | None
    field: str
    old: str
    new: str
    because: str


def parse_saved(text: str, where: str) -> dict[str, Any]:
    """Read an audit that was saved as JSON.

    Raises
    ------
    InputError
        When it is no saved audit.
    """
    try:
        data = json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        raise InputError(
            f"broken JSON: {error.msg}",
            where=f"{where}:{error.lineno}",
            fix="save the audit anew: evidence audit PAGE --format json",
        ) from error
    if not isinstance(data, dict) or any(name not in data for name in _NEEDED):
        raise InputError(
            "is no saved audit",
            where=where,
            expected="what evidence audit PAGE --format json prints",
        )
    return data


def _claims(data: Mapping[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """Claims of an audit by what they say and ask; a claim that stands twice is judged alike."""
    return {
        (" ".join(claim["text"].split()).casefold(), claim["question"] or ""): claim
        for sentence in data["sentences"]
        for claim in sentence["claims"]
    }


def compare_audits(
    old: Mapping[str, Any], new: Mapping[str, Any], changes: Changes | None = None
) -> list[Watched]:
    """List the claims that both audits hold and judge differently.

    Parameters
    ----------
    old, new : mapping
        Audits as plain data.
    changes : Changes, optional
        What changed in the register between the days of the two; gives the causes.
    """
    moves = {m.id: m.because for m in changes.moved("question")} if changes else {}
    before, after = _claims(old), _claims(new)
    found = []
    for key in [key for key in after if key in before]:
        was, now = before[key], after[key]
        for field in ("advice", "support"):
            if was.get(field) != now.get(field):
                question = now["question"]
                found.append(
                    Watched(
                        text=now["text"],
                        question=question,
                        field=field,
                        old=str(was.get(field) or "none"),
                        new=str(now.get(field) or "none"),
                        because=moves.get(question or "") or _other_cause(old, new),
                    )
                )
                break
    return found


def _other_cause(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    parts = [
        f"{name} {old.get(key)} → {new.get(key)}"
        for key, name in (("rules", "rules"), ("profile", "yardstick"), ("version", "program"))
        if old.get(key) != new.get(key)
    ]
    return "; ".join(parts) or "the register changed"


def format_watch(old: Mapping[str, Any], new: Mapping[str, Any], watched: Iterable[Watched]) -> str:
    """Say in words what changed for a page.

    >>> empty = {"as_of": "2026-11-21", "sentences": []}
    >>> format_watch(empty, empty, []).splitlines()[0]
    '0 of your 0 claims changed since 2026-11-21.'
    """
    listed = list(watched)
    count = len(_claims(new))
    day = dt.date.fromisoformat(str(old["as_of"]))
    lines = [f"{len(listed)} of your {count} claims changed since {day}."]
    lines += [
        f"- “{item.text}”: {item.field} {item.old} → {item.new}, because {item.because}"
        for item in listed
    ]
    fresh = len(_claims(new).keys() - _claims(old).keys())
    if fresh:
        lines.append(f"{fresh} claims are new on the page, or worded anew: see the audit.")
    return "\n".join(lines) + "\n"
