"""An audit as HTML: a page of its own, or the body of one; templates escape every text."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from evidence_tools.labels import support_label
from evidence_tools.pages.renditions.marks import (
    PAGE_ADVICE,
    list_sources,
    neutral_texts,
    page_advice_label,
    sum_up,
    wordings_of,
)
from evidence_tools.templates import open_templates

__all__ = ["audit_style", "format_body", "format_html", "format_part"]


def format_html(data: dict[str, Any]) -> str:
    """Make a page that stands alone: style within, no script, nothing from elsewhere.

    Parameters
    ----------
    data : dict
        As :func:`~evidence_tools.pages.renditions.data.audit_as_data` gives it.
    """
    style = Markup(_report_style() + audit_style())  # noqa: S704 -- our own files
    return _environment().get_template("page.html.j2").render(data=data, style=style)


def format_body(data: dict[str, Any], questions_at: str | None = None) -> Markup:
    """Make the part of a page that another template frames.

    Parameters
    ----------
    data : dict
        As :func:`~evidence_tools.pages.renditions.data.audit_as_data` gives it.
    questions_at : str, optional
        Where the pages of the questions are, such as ``../questions/``; without it nothing is
        linked to them.
    """
    template = _environment().get_template("body.html.j2")
    return Markup(template.render(data=data, questions_at=questions_at))  # noqa: S704 -- escaped


def format_part(data: dict[str, Any], part: str, questions_at: str | None = None) -> Markup:
    """Make one part of :func:`format_body`: "summary", "sentences" or "substantiation"."""
    template = _environment().get_template("part.html.j2")
    made = template.render(data=data, part=part, questions_at=questions_at)
    return Markup(made)  # noqa: S704 -- escaped


def audit_style() -> str:
    """Style of the parts that an audit adds to those of the report."""
    return _read("pages/renditions/static/audit.css")


def _report_style() -> str:
    return _read("report/static/style.css")


def _read(path: str) -> str:
    return resources.files("evidence_tools").joinpath(path).read_text("utf-8")


@cache
def _environment() -> Environment:
    environment = open_templates("evidence_tools.pages.renditions")
    environment.globals["page_advice"] = PAGE_ADVICE
    environment.filters["support_label"] = support_label
    environment.filters["page_advice_label"] = page_advice_label
    environment.filters["sum_up"] = sum_up
    environment.filters["wordings"] = wordings_of
    environment.filters["neutral"] = neutral_texts
    environment.filters["pieces"] = _pieces
    environment.filters["sources"] = list_sources
    environment.filters["source_numbers"] = _source_numbers
    return environment


def _pieces(sentence: dict[str, Any]) -> list[tuple[str, bool]]:
    """Cut a sentence where its claims begin and end; a claim that is all of it is not marked."""
    text, first = sentence["text"], sentence["start"]
    spans = sorted(
        (max(0, claim["start"] - first), min(len(text), claim["end"] - first))
        for claim in sentence["claims"]
    )
    found: list[tuple[str, bool]] = []
    position = 0
    for start, end in spans:
        if end <= position:
            continue
        start = max(start, position)
        found += [(text[position:start], False), (text[start:end], True)]
        position = end
    found.append((text[position:], False))
    kept = [(piece, marked) for piece, marked in found if piece]
    plain = "".join(piece for piece, marked in kept if not marked).strip(" .,!?:;\"'“”")
    return kept if plain else [(text, False)]


def _source_numbers(data: dict[str, Any], question: str) -> list[int]:
    """Numbers of a question's sources in the list of all."""
    order = [source["key"] for source in list_sources(data)]
    return [order.index(source["key"]) + 1 for source in data["questions"][question]["sources"]]
