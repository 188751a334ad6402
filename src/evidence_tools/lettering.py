"""Many short texts in a figure at once: outlines of each text, drawn as one collection.

Matplotlib lays each text out anew, several times a drawing. A matrix has a thousand texts of which
few differ, and a plot of effects is mostly its labels: here the outline of a text is made once and
placed as often as it stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgba_array
from matplotlib.font_manager import FontProperties
from matplotlib.markers import TICKDOWN
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Affine2D, Transform

__all__ = ["mark_scale", "measure", "write_lines", "write_scale"]

#: Share of a letter's size by which its baseline stands below its middle.
_MIDDLE = 0.36
_LETTERS = "DejaVu Sans"
_SHARE = {"left": 0.0, "center": 0.5, "right": 1.0}


@lru_cache(maxsize=8192)
def _outline(text: str) -> tuple[Path, float]:
    """Outline of a text at a size of one point, from the left end of its baseline; its width."""
    path = TextPath((0, 0), text, size=100, prop=FontProperties(family=_LETTERS))
    vertices = np.asarray(path.vertices) / 100
    width = float(vertices[:, 0].max()) if len(vertices) else 0.0
    return Path(vertices, path.codes), width


def measure(text: str, size: float) -> float:
    """Width of a line of text in points."""
    return _outline(text)[1] * size


def write_lines(
    axes: Axes,
    places: Sequence[tuple[float, float]],
    lines: Sequence[str],
    *,
    size: float,
    align: Literal["left", "center", "right"] = "center",
    shifts: Sequence[tuple[float, float]] | None = None,
    colours: Any = "#000000",
    transform: Transform | None = None,
) -> None:
    """Write lines of text into a plot, each with its middle at the height of its place.

    Parameters
    ----------
    axes : Axes
        The plot.
    places : sequence of (x, y)
        Where each line stands, in the plot's data or as ``transform`` says.
    lines : sequence of str
        The texts, one line each.
    size : float
        Size of the letters in points.
    align : {"left", "center", "right"}
        Which end of a line stands at its place.
    shifts : sequence of (x, y), optional
        By how many points each line is moved from its place.
    colours : colour or sequence of colours
        Of all lines, or of each.
    transform : Transform, optional
        From places to the page.
    """
    ways = list(shifts) if shifts is not None else [(0.0, 0.0)] * len(lines)
    inks = to_rgba_array(colours)
    at = np.asarray(places, dtype=float).reshape(-1, 2)
    groups: dict[tuple[str, tuple[float, float]], list[int]] = {}
    for number, (line, way) in enumerate(zip(lines, ways, strict=True)):
        groups.setdefault((line, way), []).append(number)
    # A text that stands often is a collection of its own: its outline is then written once.
    single = [numbers[0] for numbers in groups.values() if len(numbers) == 1]
    figure = axes.get_figure(root=True)
    assert figure is not None  # noqa: S101 -- axes are made by a figure
    points = Affine2D().scale(1 / 72) + figure.dpi_scale_trans
    for numbers in [single, *(n for n in groups.values() if len(n) > 1)]:
        if not numbers:
            continue
        drawn = PathCollection(
            [
                _moved(lines[n], size, align, ways[n])
                for n in (numbers if numbers is single else numbers[:1])
            ],
            offsets=at[numbers],
            offset_transform=transform or axes.transData,
            facecolors=inks if len(inks) == 1 else inks[numbers],
            edgecolors="none",
            linewidths=0,
            clip_on=False,
        )
        drawn.set_transform(points)
        axes.add_artist(drawn)


def write_scale(axes: Axes, title: str, *, size: float) -> None:
    """Write ticks, their numbers and a title below a plot, in place of matplotlib's own axis.

    Parameters
    ----------
    axes : Axes
        The plot; its limits are set already.
    title : str
        What the numbers are.
    size : float
        Size of the title's letters in points; the numbers are a point smaller.
    """
    marks = mark_scale(*axes.get_xlim())
    ticks = [tick for tick, _ in marks]
    axes.xaxis.set_visible(False)
    below = axes.get_xaxis_transform()
    axes.plot(
        ticks, [0] * len(ticks), ls="", marker=TICKDOWN, color="#000000", ms=3.5, mew=0.8,
        transform=below, clip_on=False, scalex=False, scaley=False,
    )  # fmt: skip
    write_lines(
        axes, [(tick, 0) for tick in ticks], [number for _, number in marks], size=size - 1,
        transform=below, shifts=[(0.0, -6.5 - size / 2)] * len(ticks),
    )  # fmt: skip
    write_lines(
        axes, [(0.5, 0)], [title], size=size, transform=axes.transAxes,
        shifts=[(0.0, -9.0 - 1.9 * size)],
    )  # fmt: skip


def mark_scale(low: float, high: float) -> list[tuple[float, str]]:
    """Choose round numbers between two limits, up to ten, and write each of them.

    >>> mark_scale(-2.2, 2.2)[::4]
    [(-2.0, '−2.0'), (0.0, '0.0'), (2.0, '2.0')]
    """
    locator = MaxNLocator(9, steps=[1, 2, 2.5, 5, 10])
    ticks = [float(tick) for tick in locator.tick_values(low, high) if low <= tick <= high]
    # As many decimals as tell each from the next; none is written as minus nought.
    digits = max(map(_decimals, ticks), default=0)
    return [(tick, f"{tick:z.{digits}f}".replace("-", "−")) for tick in ticks]


def _decimals(number: float) -> int:
    return len(f"{number:.9f}".rstrip("0").partition(".")[2])


def _moved(line: str, size: float, align: str, way: tuple[float, float]) -> Path:
    """Outline of a line in points, as it lies around its place."""
    outline, width = _outline(line)
    offset = (way[0] - _SHARE[align] * width * size, way[1] - _MIDDLE * size)
    return Path(np.asarray(outline.vertices) * size + offset, outline.codes)
