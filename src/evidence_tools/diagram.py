"""The PRISMA 2020 flow diagram, drawn from the counted flow.

Layout after the template for updated reviews (Page and others, BMJ 2021;372:n71): previous studies
on the left, identification, screening and inclusion from top to bottom, what leaves on the right.
"""

from __future__ import annotations

import textwrap
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from evidence_tools.canvas import STYLE, new_figure
from evidence_tools.literature.screening import Flow

__all__ = ["describe_flow", "draw_flow"]

_INK, _FILL, _SIDE = "#333333", "#f2f5f7", "#ffffff"


def _boxes(flow: Flow) -> dict[str, tuple[float, float, str]]:
    """Centre and text of each box; columns at 0, 1 and 2, rows from the top down."""
    reasons = "".join(f"\n{reason}: {n}" for reason, n in flow.ineligible.items())
    removed = f"duplicates (n = {flow.duplicates})\nheld already (n = {flow.held})"
    excluded = f"(n = {flow.excluded})\nnot yet screened (n = {flow.unscreened})"
    lost = f"Not retrieved (n = {flow.not_retrieved})\nawaited (n = {flow.awaiting})"
    found = f"Records identified in PubMed\n(n = {flow.identified}, {flow.runs} runs)"
    return {
        "previous": (0, 0, f"Sources held before the searches\n(n = {flow.previous})"),
        "identified": (1, 0, found),
        "removed": (2, 0, f"Removed before screening:\n{removed}"),
        "screened": (1, 1, f"Records screened\n(n = {flow.screened})"),
        "excluded": (2, 1, f"Excluded on title and abstract\n{excluded}"),
        "sought": (1, 2, f"Reports sought\n(n = {flow.sought})"),
        "lost": (2, 2, lost),
        "assessed": (1, 3, f"Reports assessed\n(n = {flow.assessed})"),
        "ineligible": (2, 3, f"Excluded (n = {sum(flow.ineligible.values())}){reasons}"),
        "included": (1, 4, f"New sources included\n(n = {flow.included})"),
        "total": (0, 4, f"Sources in all\n(n = {flow.total})"),
    }


_ARROWS = (
    ("identified", "removed"), ("identified", "screened"), ("screened", "excluded"),
    ("screened", "sought"), ("sought", "lost"), ("sought", "assessed"), ("assessed", "ineligible"),
    ("assessed", "included"), ("included", "total"), ("previous", "total"),
)  # fmt: skip


def draw_flow(flow: Flow) -> Figure:
    """Draw the flow diagram."""
    width, height = 0.9, 0.62
    extra = max(0, len(flow.ineligible) - 2) * 0.14
    with mpl.rc_context(STYLE):
        figure = new_figure(9.0, 6.6 + extra)
        axes = figure.add_subplot()
        axes.set_xlim(-0.5, 2.5)
        axes.set_ylim(4.45 + extra, -0.45)
        axes.set_axis_off()
        boxes = _boxes(flow)
        for name, (x, y, text) in boxes.items():
            tall = height + (extra if name == "ineligible" else 0)
            side = x == 2
            axes.add_patch(
                FancyBboxPatch(
                    (x - width / 2, y - height / 2), width, tall, boxstyle="round,pad=0.01",
                    facecolor=_SIDE if side else _FILL, edgecolor=_INK, linewidth=1,
                )
            )  # fmt: skip
            wrapped = "\n".join(textwrap.fill(line, 34) for line in text.split("\n"))
            axes.text(x, y - height / 2 + tall / 2, wrapped, ha="center", va="center", fontsize=8.5)
        arrow: dict[str, Any] = {"arrowstyle": "-|>", "color": _INK, "linewidth": 1}
        for start, end in _ARROWS:
            x0, y0, _ = boxes[start]
            x1, y1, _ = boxes[end]
            if y0 == y1:
                sign = 1 if x1 > x0 else -1
                tail, head = (x0 + sign * width / 2, y0), (x1 - sign * width / 2, y1)
            else:
                tail, head = (x0, y0 + height / 2), (x1, y1 - height / 2)
            axes.annotate("", xy=head, xytext=tail, arrowprops=arrow)
    return figure


def describe_flow(flow: Flow) -> str:
    """Say in words what the diagram shows."""
    return (
        f"PRISMA 2020 flow: {flow.previous} sources held before; {flow.identified} records "
        f"identified in {flow.runs} runs, {flow.duplicates} of them duplicates and {flow.held} "
        f"held already; {flow.screened} screened and {flow.unscreened} not yet; "
        f"{flow.excluded} excluded on title and abstract; {flow.sought} reports sought, "
        f"{flow.not_retrieved} not retrieved, "
        f"{flow.awaiting} awaited; {flow.assessed} assessed, "
        f"{sum(flow.ineligible.values())} excluded, {flow.included} included; "
        f"{flow.total} sources in all."
    )
