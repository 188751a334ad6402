"""One site in the making: its templates, and what all its pages share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment

from evidence_tools import __version__
from evidence_tools.assessment import Assessment
from evidence_tools.displays import commit_of
from evidence_tools.identifiers import parse_finding_ref, pubmed_url
from evidence_tools.labels import (
    ADVICE,
    CERTAINTY,
    OVERSTEPS,
    SUPPORT,
    advice_label,
    support_label,
)
from evidence_tools.report.citing import Citer
from evidence_tools.templates import open_templates
from evidence_tools.vocab import Certainty, FitCheck

__all__ = ["Site", "citing_questions", "frame_rows", "show_number"]


def _environment() -> Environment:
    environment = open_templates("evidence_tools.report")
    environment.filters["support_label"] = support_label
    environment.filters["advice_label"] = advice_label
    environment.filters["dots"] = lambda value: CERTAINTY[Certainty(value)] if value else ""
    environment.filters["number"] = show_number
    environment.filters["oversteps"] = lambda check: OVERSTEPS[FitCheck(check)]
    environment.filters["finding"] = parse_finding_ref
    environment.filters["pubmed"] = pubmed_url
    return environment


def show_number(value: Any) -> str:
    """Show a number without a tail of zeros; nothing for a missing one."""
    if value is None or value != value:
        return ""
    if isinstance(value, str):
        return value
    return f"{value:g}".replace("-", "\N{MINUS SIGN}")


class Site:
    """One build of the site: its environment, what all pages share, and where they go."""

    def __init__(self, assessment: Assessment, folder: Path, published: str) -> None:
        base = assessment.base
        self.citer = Citer(assessment, published)
        self.assessment = assessment
        self.folder = folder
        self.environment = _environment()
        self.shared = {
            "version": __version__,
            "as_of": assessment.as_of,
            "rules": base.rules,
            "profile": assessment.profile,
            "commit": commit_of(base.root),
            "digest": base.digest[:12],
            "documents": base.documents,
            "published": published,
            "support_levels": SUPPORT,
            "advice_levels": ADVICE,
        }

    def write(self, template: str, target: str, **values: Any) -> None:
        """Render one page; ``top`` leads from it to the site's root."""
        path = self.folder / target
        path.parent.mkdir(parents=True, exist_ok=True)
        top = "../" * target.count("/")
        page = self.environment.get_template(template).render(
            **self.shared, top=top, here=target, **values
        )
        path.write_text(page, encoding="utf-8")


def citing_questions(assessment: Assessment) -> dict[str, dict[str, list[str]]]:
    """For each record: the questions whose appraisal lists it for, and against."""
    found: dict[str, dict[str, list[str]]] = {}
    for question, appraisal in sorted(assessment.appraisals.items()):
        if appraisal is None:
            continue
        sides = {"for": appraisal.findings_for, "against": appraisal.findings_against}
        for side, addresses in sides.items():
            for key in dict.fromkeys(parse_finding_ref(a).record for a in addresses):
                entry = found.setdefault(key, {"for": [], "against": []})
                entry[side].append(question)
    return found


def frame_rows(frame: pd.DataFrame) -> list[dict[Any, Any]]:
    """Rows of a frame with None for every missing value: NaN would be shown, and counts as true."""
    plain = frame.astype(object)
    return plain.where(plain.notna(), None).to_dict("records")
