"""How the advice on a sentence is shown: a sign, a word and a meaning, never colour alone."""

from __future__ import annotations

from typing import Any

from evidence_tools.labels import ADVICE, Label
from evidence_tools.pages.advice import PageAdvice
from evidence_tools.vocab import Advice

__all__ = [
    "PAGE_ADVICE",
    "list_sources",
    "list_words",
    "neutral_texts",
    "page_advice_label",
    "sum_up",
    "wordings_of",
]

PAGE_ADVICE: dict[PageAdvice, Label] = {
    PageAdvice.REMOVE: ADVICE[Advice.REMOVE],
    PageAdvice.REWORD: ADVICE[Advice.REWORD],
    PageAdvice.NOT_ASSESSED: Label(
        "not assessed",
        "…",
        "Nobody here has checked it: hold evidence of your own, or take it out.",
        "#ffe9a8",
        "#2b2710",
    ),
    PageAdvice.KEEP: ADVICE[Advice.KEEP],
}


def page_advice_label(value: str) -> Label:
    """Label of an advice on a sentence of a page."""
    return PAGE_ADVICE[PageAdvice(value)]


def list_words(words: list[str]) -> str:
    """Join words for reading.

    >>> list_words(["one"]), list_words(["one", "two", "three"])
    ('one', 'one, two and three')
    """
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def sum_up(data: dict[str, Any]) -> str:
    """Say in one sentence what came out.

    Parameters
    ----------
    data : dict
        As :func:`~evidence_tools.pages.renditions.data.audit_as_data` gives it.
    """
    if not data["page"]["judged"]:
        return "Nothing on this page was judged: only English is."
    counts = data["counts"]
    if not counts["claims"]:
        return f"No health claim was found in {_number(counts['sentences'], 'sentence')}."
    parts = [f"{counts[advice]} to {advice}" for advice in ("remove", "reword", "keep")]
    if counts["not assessed"]:
        parts.insert(2, f"{counts['not assessed']} not assessed")
    parts = [part for part in parts if not part.startswith("0 ")]
    claims = _number(counts["claims"], "health claim")
    return f"{_number(counts['sentences'], 'sentence')}, {claims}: {list_words(parts)}."


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def wordings_of(sentence: dict[str, Any]) -> list[str]:
    """All that may be said in the place of a sentence, each once; else what may be said nearby."""
    found = [claim["wording"] for claim in sentence["claims"] if claim["wording"]]
    if not found:
        found = [one["wording"] for claim in sentence["claims"] for one in claim["instead"]]
    return list(dict.fromkeys(found))


def list_sources(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Sources behind all questions of an audit, each once, in the order in which they come up."""
    found = {
        source["key"]: source
        for question in data["questions"].values()
        for source in question["sources"]
    }
    return list(found.values())


def neutral_texts(sentence: dict[str, Any]) -> list[str]:
    """Descriptions of the service that promise nothing, each once."""
    return list(dict.fromkeys(claim["neutral"] for claim in sentence["claims"] if claim["neutral"]))
