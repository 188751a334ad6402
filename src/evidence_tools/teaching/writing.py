"""Write what a class needs into a folder: pages, exercise, key, handout, slides."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from evidence_tools import __version__
from evidence_tools.assessment import Assessment
from evidence_tools.errors import InputError
from evidence_tools.files import format_json, write_atomic
from evidence_tools.matrix import format_frame
from evidence_tools.notebooks import parse_parameters, run_notebook
from evidence_tools.teaching.exercise import (
    Exercise,
    choices,
    draw_exercise,
    drawable,
    explain,
    source_of,
)
from evidence_tools.teaching.glossary import GROUPS, glossary
from evidence_tools.teaching.handout import make_handout
from evidence_tools.teaching.slides import write_slides
from evidence_tools.teaching.worked import work
from evidence_tools.templates import open_templates

__all__ = ["exercise_files", "run_teaching", "write_teaching"]

#: What the exercise of the site holds; others are drawn with the command.
COUNT, SEED = 12, 1


def write_teaching(
    assessment: Assessment, folder: Path, executed: Path | None = None, home: str = ""
) -> None:
    """Write everything for a class into a folder.

    Parameters
    ----------
    assessment : Assessment
        The evidence base as judged on a day.
    folder : Path
        Where it goes: ``index.html``, ``glossary.html``, ``example.html``, ``handout.pdf``, the
        files of an exercise with its key, and ``slides/``.
    executed : Path, optional
        The executed notebook ``teaching``; without it the notebook is run here.
    home : str
        Link to the report that the pages belong to.
    """
    pages = _Pages(assessment, home)
    example = work(assessment)
    try:
        without = frozenset({example.claim})
        count = max(1, min(COUNT, len(drawable(assessment, without))))
        drawn = draw_exercise(assessment, count, SEED, without=without)
        values: dict[str, Any] = {"key": drawn.key, "why": ""}
        for name, content in exercise_files(assessment, drawn, home).items():
            write_atomic(folder / name, content)
    except InputError as error:
        values = {"key": None, "why": error.what}
    write_atomic(folder / "index.html", pages.render("index", slides=True, **values))
    write_atomic(
        folder / "glossary.html", pages.render("glossary", groups=GROUPS, terms=glossary())
    )
    write_atomic(folder / "example.html", pages.render("example", example=example))
    write_atomic(folder / "handout.pdf", make_handout(assessment))
    if executed is not None:
        write_slides(executed, folder / "slides")
        return
    with tempfile.TemporaryDirectory(prefix="evidence-") as aside:
        made = run_teaching(assessment, Path(aside) / "teaching.ipynb")
        write_slides(made, folder / "slides")


def run_teaching(assessment: Assessment, out: Path, **given: str) -> Path:
    """Run the notebook ``teaching`` of the project to which the evidence belongs."""
    path = assessment.base.root.parent / "notebooks" / "teaching.ipynb"
    if not path.is_file():
        raise InputError("no such notebook", where=str(path), fix="take it back from git")
    day, profile = assessment.as_of.isoformat(), assessment.profile
    return run_notebook(
        path, parse_parameters(path, {"as_of": day, "profile": profile, **given}), out
    )


def exercise_files(
    assessment: Assessment, exercise: Exercise, home: str | None = None
) -> dict[str, str]:
    """Contents of the files of an exercise, by name: to print, to fill in, and the key.

    ``exercise.csv`` begins with a byte order mark: without one, spreadsheets take it for another
    encoding.
    """
    key = exercise.key
    pages = _Pages(assessment, home)
    blank = pd.DataFrame(
        {
            "student": "",
            "item": [item.item for item in exercise.items],
            "answer": "",
            "sentence": [item.sentence for item in exercise.items],
        }
    )
    shared = {"key": key, "explain": explain}
    return {
        "exercise.csv": "\ufeff" + format_frame(blank, "csv"),
        "exercise.html": pages.render(
            "exercise",
            items=exercise.items,
            choices=choices(key.ask),
            steps=_steps(exercise),
            **shared,
        ),
        "exercise.md": _exercise_text(exercise),
        "key.html": pages.render("key", answers=key.items, source=source_of(key), **shared),
        "key.json": format_json(key.model_dump(mode="json", exclude_none=True)),
    }


def _steps(exercise: Exercise) -> list[str]:
    """Say what to do, in plain words."""
    listed = ", ".join(choices(exercise.key.ask))
    asked = "advice" if exercise.key.ask == "advice" else "level"
    bare = not any(item.facts for item in exercise.items)
    return [
        f"Give each sentence its {asked}. Your choices are: {listed}.",
        "Answer by feeling. Then learn the rules and do it once more."
        if bare
        else "Below each sentence you see how it is worded and what studies found. Use the tables "
        "of the handout. If there are two questions, the weakest one counts.",
        "To hand in a table, fill in the columns student and answer of exercise.csv.",
    ]


def _exercise_text(exercise: Exercise) -> str:
    key = exercise.key
    lines = [f"# Exercise {key.exercise}: can a clinic say that?", "", *_steps(exercise), ""]
    for item in exercise.items:
        lines += [f"## {item.item}", "", f"> {item.sentence}", "", "Answer: ____________", ""]
        lines += ["The sentence: " + "; ".join(f"{n}: {v}" for n, v in item.traits) + ".", ""]
        for question, facts in item.facts:
            lines += [f"What was found: {question}", ""]
            lines += [*(f"- {name}: {value}" for name, value in facts), ""]
    lines.append(f"As judged by {key.as_of}, rules {key.rules}, evidence {key.evidence[:16]}.")
    return "\n".join(lines).replace("<", "&lt;") + "\n"


class _Pages:
    """Renders the templates of this package; every text is escaped."""

    def __init__(self, assessment: Assessment, home: str | None) -> None:
        self._environment = open_templates("evidence_tools.teaching")
        base = assessment.base
        self._shared = {
            "home": home,
            "stamp": f"As judged by {assessment.as_of}, rules {base.rules.version} of "
            f"{base.rules.date}, evidence {base.digest[:16]}, yardstick {assessment.profile}, "
            f"evidence-tools {__version__}",
        }

    def render(self, template: str, **values: Any) -> str:
        return self._environment.get_template(f"{template}.html.j2").render(
            **self._shared, **values
        )
