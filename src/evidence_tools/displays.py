"""What a notebook cell shows: a table, a figure or a sentence, as HTML made from data."""

from __future__ import annotations

import base64
import datetime as dt
import html
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

import pandas as pd
from IPython.display import HTML
from matplotlib.figure import Figure

from evidence_tools import __version__
from evidence_tools.assessment import Assessment, assess, parse_day
from evidence_tools.base import find_root, read_base
from evidence_tools.canvas import to_svg
from evidence_tools.changes import Changes, compare_days

__all__ = ["load", "load_changes", "say", "show_figure", "show_table", "stamp"]


def load(as_of: str | None = None, profile: str = "strict") -> Assessment:
    """Load the evidence base of the project one stands in, as judged by a day."""
    return assess(read_base(find_root()), parse_day(as_of or None), profile)


def load_changes(
    since: str | None = None, until: str | None = None, profile: str = "strict"
) -> Changes:
    """Compare two days of the evidence base; the first is by default a month before the second."""
    end = parse_day(until or None)
    begin = parse_day(since) if since else end - dt.timedelta(days=31)
    return compare_days(read_base(find_root()), begin, end, profile)


def show_table(frame: pd.DataFrame, caption: str) -> Any:
    """Show a frame as a table; texts are escaped, missing values left empty."""
    if frame.empty:
        return _html(f"<p>{html.escape(caption)}: none.</p>")
    body = frame.to_html(index=False, escape=True, na_rep="", border=0, classes="plain")
    head = f"<caption>{html.escape(caption)}</caption>"
    opened = body.index(">") + 1
    return _html(f'<div class="scroll">{body[:opened]}{head}{body[opened:]}</div>')


def show_figure(figure: Figure, description: str) -> Any:
    """Show a figure as an embedded SVG with its alternative text."""
    data = base64.b64encode(to_svg(figure)).decode("ascii")
    text = html.escape(description, quote=True)
    return _html(f'<img alt="{text}" src="data:image/svg+xml;base64,{data}">')


def say(text: str) -> Any:
    """Show a sentence."""
    return _html(f"<p>{html.escape(text)}</p>")


def stamp(assessment: Assessment) -> Any:
    """Show versions, rules and dates: what a reader needs to make the same page again."""
    base = assessment.base
    names = ("pandas", "matplotlib", "seaborn", "pydantic")
    libraries = ", ".join(f"{name} {metadata.version(name)}" for name in names)
    rows = {
        "evidence_tools": __version__,
        "rules": f"{base.rules.version} of {base.rules.date}",
        "commit of the evidence": commit_of(base.root),
        "content of the evidence": base.digest[:16],
        "as of": assessment.as_of.isoformat(),
        "profile of advice": assessment.profile,
        "libraries": libraries,
    }
    frame = pd.DataFrame({"what": list(rows), "value": list(rows.values())})
    return show_table(frame, "Made with")


def commit_of(root: Path) -> str:
    """Last commit that changed the evidence, or "not in a git checkout"."""
    try:
        done = subprocess.run(
            ["git", "log", "-1", "--format=%h", "--", "."],  # noqa: S607 -- git is on the PATH
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return "not in a git checkout"
    return done.stdout.strip() or "not committed yet"


def _html(markup: str) -> Any:
    return HTML(markup)
