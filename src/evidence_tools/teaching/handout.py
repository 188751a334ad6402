"""The handout: two pages as PDF, black on white, tagged, the same bytes for the same evidence.

Typeset by typst: its wheel needs nothing else, it writes tagged PDF (PDF/UA-1), and takes the date
from us. The letters are DejaVu Sans, which ships with matplotlib and has the symbols of the levels.
"""

from __future__ import annotations

import datetime as dt
import io
import json
from importlib import resources
from pathlib import Path
from typing import Any

from evidence_tools import __version__
from evidence_tools.assessment import Assessment
from evidence_tools.errors import BuildError
from evidence_tools.labels import ADVICE, CERTAINTY, support_label
from evidence_tools.teaching.glossary import STRENGTHS, Term, glossary
from evidence_tools.teaching.worked import Example, work
from evidence_tools.vocab import Advice, Certainty, Direction

__all__ = ["handout_data", "make_handout"]

#: Sizes of letters in points, tried in turn until everything stands on two pages.
_SIZES = (9.5, 9.0, 8.5, 8.0, 7.5, 7.0, 6.5)
_PAGES = 2
#: Words of the glossary that the two pages use.
_WORDS = ("claim", "head-to-head", "question", "review", "sham", "trial")


def make_handout(assessment: Assessment, claim: str | None = None) -> bytes:
    """Make the handout.

    Parameters
    ----------
    assessment : Assessment
        The evidence base as judged on a day; the day is the date of the file.
    claim : str, optional
        Claim of the worked example; by default the one that shows most.

    Returns
    -------
    bytes
        A tagged PDF of two A4 pages with its letters embedded.

    Raises
    ------
    BuildError
        When the example is too long for two pages.
    """
    import matplotlib as mpl
    import typst
    from pypdf import PdfReader

    example = work(assessment, claim)
    data = handout_data(assessment, example)
    letters = Path(mpl.get_data_path()) / "fonts" / "ttf"
    # The letters of the machine would make the pages differ from one to the next.
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(letters)]
    )
    source = (resources.files("evidence_tools.teaching") / "templates" / "handout.typ").read_bytes()
    made = dt.datetime.combine(assessment.as_of, dt.time(), tzinfo=dt.UTC)
    for size in _SIZES:
        compiler = typst.Compiler(
            source, font_paths=fonts, sys_inputs={"data": json.dumps({**data, "size": size})}
        )
        try:
            pdf = compiler.compile(format="pdf", pdf_standards=["ua-1"], timestamp=made)
        except typst.TypstError as error:
            raise BuildError(
                f"the handout cannot be typeset: {error.message}", where="handout.typ"
            ) from error
        assert isinstance(pdf, bytes)  # noqa: S101 -- one PDF is one string of bytes
        if len(PdfReader(io.BytesIO(pdf)).pages) == _PAGES:
            return pdf
    raise BuildError(
        f"the handout with the example {example.claim} does not fit on two pages",
        fix="choose another claim for the example",
    )


def handout_data(assessment: Assessment, example: Example) -> dict[str, Any]:
    """Words and tables of the handout, all of them from the rules and the register."""
    rules = assessment.base.rules
    terms = glossary()
    table = rules.profiles[assessment.profile].advice
    ways = [str(way) for way in Direction]
    levels_by = [
        [f"{CERTAINTY[certainty]} {certainty}",
         *(_shown(rules.support[certainty][way]) for way in Direction)]
        for certainty in Certainty
    ]  # fmt: skip
    needs = {strength: rules.strength_needs.get(strength) for strength in STRENGTHS}
    advice = [
        [name, *(_marked(str(getattr(row, field))) for row in reversed(table.values()))]
        for name, field in (("wording fits", "fits"), ("does not fit", "does_not_fit"))
    ]
    conditions = [
        f"{support_label(level).word}: {row.condition}"
        for level, row in table.items()
        if row.condition
    ]
    return {
        "title": "Can a clinic say that?",
        "author": "evidence-tools",
        "description": "How a sentence on a clinic's page gets its verdict, on two pages",
        "day": assessment.as_of.isoformat(),
        "intro": "Pages of clinics say many things about massage. "
        f"{_counted(assessment)}This sheet shows how to tell, in three steps, by rules that you "
        "can check by hand.",
        "true_text": "How sure can we be, and which way do the studies point?",
        "ways": ["certainty", *ways],
        "levels_by": levels_by,
        "certainty_head": ["certainty", "how sure we are"],
        "certainties": _table(terms, "certainty"),
        "way_head": ["direction", "which way the studies point"],
        "meanings": _table(terms, "direction"),
        "level_head": ["level", "what it means"],
        "levels": _table(terms, "level"),
        "reason_text": "Trials, and reviews of trials, start at “high”. Most other studies start "
        "lower. Each reason takes off one step, or two if it is grave. What is left is the "
        "certainty.",
        "reason_head": ["reason", "what is wrong"],
        "reasons": _table(terms, "reason"),
        "words": [
            [term.word, term.meaning]
            for term in terms
            if term.group == "word" and term.word in _WORDS
        ],
        "fit_text": "A claim takes the weakest level of all questions that it leans on. Then its "
        "wording is checked in seven ways. One that fails is enough.",
        "check_head": ["check", "when it fails"],
        "checks": _table(terms, "check"),
        "strength_head": ["wording", "what it sounds like", "needs at least"],
        "strengths": [
            [str(strength), STRENGTHS[strength], _shown(level) if level else "never fits"]
            for strength, level in needs.items()
        ],
        "advice_head": ["level", *(_shown(level) for level in reversed(table))],
        "advice": advice,
        "advice_text": " ".join(
            f"{label.symbol} {label.word}: {label.meaning}" for label in ADVICE.values()
        )
        + (f" Conditions: {'; '.join(conditions)}." if conditions else ""),
        "sentence": example.sentence,
        "example": [[stage.title, _condensed(example, stage.name)] for stage in example.stages],
        "close": "Sentences are claims of real pages in our own words. The verdicts are those of "
        f"the register on {assessment.as_of}: they change when new studies come. Look up claim "
        f"{example.claim} to see every step with its sources. This is not legal advice and not "
        "medical advice. Text and data: CC BY 4.0.",
        "stamp": f"As judged by {assessment.as_of} · rules {rules.version} of {rules.date} · "
        f"yardstick {assessment.profile} · evidence {assessment.base.digest[:16]} · "
        f"evidence-tools {__version__}",
    }


def _counted(assessment: Assessment) -> str:
    """Say how many claims may stay as they are; nothing where none is judged."""
    advice = [v.advice for v in assessment.verdicts.values() if v.advice is not None]
    if not advice:
        return ""
    kept = advice.count(Advice.KEEP)
    return f"We checked {len(advice)} claims, and {kept or 'none'} of them may stay as they are. "


def _shown(level: Any) -> str:
    label = support_label(str(level))
    return f"{label.symbol} {label.word}"


def _marked(advice: str) -> str:
    label = next(label for label in ADVICE.values() if label.word == advice)
    return f"{label.symbol} {label.word}"


def _table(terms: tuple[Term, ...], group: str) -> list[list[str]]:
    return [
        [f"{term.symbol} {term.word}".strip(), term.meaning]
        for term in terms
        if term.group == group
    ]


def _condensed(example: Example, name: str) -> str:
    """Text of a stage with the part of its table that matters on paper."""
    stage = example.stage(name)
    if name == "sentence":
        traits = "; ".join(f"{row[0].lower()}: {row[1].split(':')[0]}" for row in stage.rows[1:5])
        return f"{traits.capitalize()}."
    if name == "questions":
        return f"{stage.text} {' '.join(row[1] for row in stage.rows)}"
    if name == "reasons" and stage.rows:
        counted = [f"{row[0]} {row[1]}" for row in stage.rows if row[1] != "0"]
        return f"{stage.text} ({', '.join(counted) or 'nothing taken off'}.)"
    if name == "weakest" and len(stage.rows) > 1:
        return f"{stage.text} ({'; '.join(f'{row[0]} {row[1]}' for row in stage.rows)}.)"
    if name == "instead" and stage.rows:
        return stage.rows[0][1]
    return stage.text
