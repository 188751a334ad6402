"""What a cell of the teaching notebook shows: a stage of the example, the sentences to judge."""

from __future__ import annotations

import html
from typing import Any

import pandas as pd
from IPython.display import HTML

from evidence_tools import displays
from evidence_tools.assessment import Assessment
from evidence_tools.errors import InputError
from evidence_tools.figures import describe_matrix, draw_matrix
from evidence_tools.labels import ADVICE, CERTAINTY, SUPPORT, Label, support_label
from evidence_tools.matrix import map_frame, question_frame
from evidence_tools.register import question_rows
from evidence_tools.teaching.exercise import draw_exercise
from evidence_tools.teaching.glossary import glossary_frame
from evidence_tools.teaching.worked import STAGES, Example, choose_claim, stage_frame
from evidence_tools.vocab import Certainty, Direction

__all__ = [
    "show_advice",
    "show_glossary",
    "show_map",
    "show_matrix",
    "show_matrix_figure",
    "show_sentence",
    "show_sentences",
    "show_stage",
]

#: Letters and rows in a table above which a slide sets it smaller.
_SOME, _LONG, _ROWS = 380, 1150, 7
#: Texts up to this length stay on one line.
_SHORT = 18


def show_sentence(example: Example) -> Any:
    """Show the sentence of an example."""
    return HTML(f"<blockquote>{html.escape(example.sentence)}</blockquote>")


def show_stage(example: Example, name: str) -> Any:
    """Show one stage of an example: heading, what is done, and its table."""
    stage = example.stage(name)
    number = list(STAGES).index(name) + 1
    parts = [
        f"<p class='step'>Step {number} of {len(STAGES)}: {html.escape(example.sentence)}</p>",
        f"<h2>{html.escape(stage.title)}</h2>",
        f"<p>{html.escape(stage.text)}</p>",
        # Its caption says the same as the heading: only for those who hear the table.
        f"<div class='same'>{_sized(stage_frame(stage), stage.title)}</div>" if stage.rows else "",
    ]
    return HTML("".join(parts))


def show_glossary(group: str, caption: str) -> Any:
    """Show the words of one group of the glossary."""
    return HTML(_sized(glossary_frame(group), caption))


def show_map(assessment: Assessment) -> Any:
    """Show how many claims lean on what certainty and direction, in figures that can be read."""
    cells = map_frame(assessment).to_dict("records")
    counts = {(row["certainty"], row["direction"]): int(row["claims"]) for row in cells}
    rows = [
        {
            "certainty": f"{CERTAINTY[level]} {level}",
            **{str(way): counts.pop((str(level), str(way)), 0) for way in Direction},
        }
        for level in Certainty
    ]
    caption = "Claims that lean on questions of each kind; a claim can lean on several"
    rest = f"<p>On questions without a study or an appraisal: {sum(counts.values())}.</p>"
    return HTML(_sized(pd.DataFrame(rows), caption) + rest)


def show_matrix(assessment: Assessment, count: int) -> Any:
    """Show the questions that most claims lean on, with their levels."""
    rows = [
        {
            "question": row["question"],
            "level": _word(support_label(row["support"])),
            "certainty": CERTAINTY[Certainty(row["certainty"])] if row["certainty"] else "",
            "direction": row["direction"] or "",
            "claims": row["claims"],
        }
        for row in question_rows(assessment)[:count]
    ]
    return HTML(_sized(pd.DataFrame(rows), f"The {len(rows)} questions behind most claims"))


def show_matrix_figure(assessment: Assessment, count: int) -> Any:
    """Draw the same part of the matrix, in letters that a class can read."""
    frame = question_frame(assessment).head(count)
    figure = draw_matrix(frame, 8, 3.7)
    return displays.show_figure(figure, describe_matrix(frame))


def show_advice(assessment: Assessment) -> Any:
    """Show how many claims of each level are kept, reworded or removed."""
    given = [(verdict.support, verdict.advice) for verdict in assessment.verdicts.values()]
    rows = [
        {
            "level": _word(label),
            **{_word(shown): given.count((level, advice)) for advice, shown in ADVICE.items()},
        }
        for level, label in SUPPORT.items()
    ]
    return HTML(_sized(pd.DataFrame(rows), "Claims by level and advice"))


def _word(label: Label) -> str:
    return f"{label.symbol} {label.word}"


def _sized(frame: pd.DataFrame, caption: str) -> str:
    """Table of a frame in letters that leave it on one slide."""
    letters = int(frame.astype(str).map(len).to_numpy().sum()) if not frame.empty else 0
    size = "long" if letters > _LONG else "some" if letters > _SOME or len(frame) > _ROWS else ""
    whole = frame.map(
        lambda cell: (
            cell.replace(" ", "\N{NO-BREAK SPACE}")
            if isinstance(cell, str) and len(cell) <= _SHORT
            else cell
        )
    )
    return f"<div class='{size}'>{displays.show_table(whole, caption).data}</div>"


def show_sentences(assessment: Assessment, count: int, seed: int) -> Any:
    """Show sentences to judge, the verdict hidden; a sentence says where none can be drawn."""
    try:
        without = frozenset({choose_claim(assessment)})
        drawn = draw_exercise(assessment, count, seed, without=without)
    except InputError as error:
        return displays.say(f"No exercise: {error}.")
    rows = [{"item": item.item, "sentence": item.sentence} for item in drawn.items]
    return HTML(_sized(pd.DataFrame(rows), "Keep, reword or remove?"))
