"""An audit as plain text for a terminal, and as rows for a spreadsheet."""

from __future__ import annotations

import csv
import io
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from evidence_tools.pages.renditions.marks import (
    neutral_texts,
    page_advice_label,
    sum_up,
    wordings_of,
)

__all__ = ["CSV_COLUMNS", "format_csv", "format_index", "format_table"]

CSV_COLUMNS = (
    "page",
    "number",
    "start",
    "end",
    "block",
    "sentence",
    "advice",
    "claim",
    "claim_advice",
    "reason",
    "question",
    "support",
    "oversteps",
    "wording",
    "nearby_wording",
    "neutral",
    "sources",
    "confidence",
    "sure",
    "profile",
    "rules",
    "as_of",
    "evidence",
)
#: What spreadsheets take for the start of a formula, in plain and full width.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")


def format_table(data: dict[str, Any], width: int = 100) -> str:
    """Lay out what claims something for a terminal; sentences without a claim are only counted.

    Parameters
    ----------
    data : dict
        As :func:`~evidence_tools.pages.renditions.data.audit_as_data` gives it.
    width : int
        Columns of the terminal.
    """
    name = "pasted text" if data["page"]["name"] == "-" else data["page"]["name"]
    lines = [f"{_printable(name)}: {sum_up(data)}"]
    lines += [f"  note: {_printable(note)}" for note in data["page"]["notes"]]
    wide = max(40, width) - 4
    if data["page"]["judged"]:
        for sentence in data["sentences"]:
            if sentence["advice"]:
                lines += ["", *_sentence(sentence, wide)]
    held = f"yardstick {data['profile']}, rules {data['rules']}, as judged by {data['as_of']}"
    lines += ["", f"({held}, evidence {data['evidence']}; no legal or medical advice)"]
    return "\n".join(lines) + "\n"


def _sentence(sentence: dict[str, Any], width: int) -> Iterator[str]:
    label = page_advice_label(sentence["advice"])
    yield from _wrap(
        f"{sentence['number']:>3} {label.symbol} {label.word}: ", sentence["text"], width + 4
    )
    several = len(sentence["claims"]) > 1
    for claim in sentence["claims"]:
        if several:
            yield from _wrap("    - ", f"“{claim['text']}”: {claim['advice']}", width)
        level = f" (support: {claim['support']}, {claim['question']})" if claim["support"] else ""
        unsure = "" if claim["sure"] or not claim["question"] else " We may have misread it."
        yield from _wrap("    why: ", f"{claim['reason']}{level}{unsure}", width)
        for over in claim["oversteps"]:
            yield from _wrap(f"    {over['slot']}: ", f"{over['text']} {over['shown']}", width)
    if sentence["trouble"]:
        listed = ", ".join(sentence["trouble"])
        yield from _wrap("    regulators look at such words first: ", listed, width)
    for text in wordings_of(sentence):
        yield from _wrap("    you may say: ", text, width)
    for text in neutral_texts(sentence):
        yield from _wrap("    or just say what you do: ", text, width)


def _wrap(lead: str, text: str, width: int) -> list[str]:
    plain = _printable(text)
    return textwrap.wrap(plain, width, initial_indent=lead, subsequent_indent=" " * 6) or [lead]


def _printable(text: str) -> str:
    """Text on one line, without signs that steer a terminal."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def format_csv(audits: Iterable[dict[str, Any]], *, header: bool = True) -> str:
    """Write one row for each claim, and one for each sentence without; no cell is a formula.

    Parameters
    ----------
    audits : iterable of dict
        As :func:`~evidence_tools.pages.renditions.data.audit_as_data` gives them.
    header : bool
        Whether to begin with the names of the columns.
    """
    out = io.StringIO()
    writer = csv.DictWriter(out, CSV_COLUMNS, lineterminator="\r\n")
    if header:
        writer.writeheader()
    for data in audits:
        for row in _rows(data):
            writer.writerow({key: _safe(value) for key, value in row.items()})
    return out.getvalue()


def _rows(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    about = {key: data[key] for key in ("profile", "rules", "as_of", "evidence")}
    for sentence in data["sentences"]:
        row = {
            "page": data["page"]["name"],
            "number": sentence["number"],
            "start": sentence["start"],
            "end": sentence["end"],
            "block": sentence["block"],
            "sentence": sentence["text"],
            "advice": sentence["advice"],
            "reason": sentence["reason"],
            **about,
        }
        for claim in sentence["claims"]:
            yield {
                **row,
                "claim": claim["text"],
                "claim_advice": claim["advice"],
                "reason": claim["reason"],
                "question": claim["question"],
                "support": claim["support"],
                "oversteps": " ".join(f"{o['slot']}: {o['text']}" for o in claim["oversteps"]),
                "wording": claim["wording"],
                "nearby_wording": " | ".join(other["wording"] for other in claim["instead"]),
                "neutral": claim["neutral"],
                "sources": _sources(data, claim["question"]),
                "confidence": claim["confidence"],
                "sure": "yes" if claim["sure"] else "no",
            }
        if not sentence["claims"]:
            yield row


def _sources(data: dict[str, Any], question: str | None) -> str:
    if question is None:
        return ""
    listed = data["questions"][question]["sources"]
    return "; ".join(source["links"][0]["name"] for source in listed if source["links"])


def _safe(value: Any) -> Any:
    """Keep a text from being run as a formula, by the sign that spreadsheets take for "text"."""
    if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA):
        return f"'{value}"
    return value


def format_index(
    pages: Iterable[tuple[str, Mapping[str, int], bool, str | None]],
) -> str:
    """List audited pages for a spreadsheet: name, counts, whether it was judged, error."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    counted = ("sentences", "claims", "remove", "reword", "not assessed", "keep")
    writer.writerow(["page", *counted, "judged", "error"])
    for name, counts, judged, error in pages:
        row = [name, *(counts.get(key, "") for key in counted)]
        row += ["yes" if judged and error is None else "no", error or ""]
        writer.writerow([_safe(value) for value in row])
    return out.getvalue()
