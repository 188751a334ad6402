"""What every figure is drawn on: the same letters, and the same bytes as SVG and PNG."""

from __future__ import annotations

import io
import re
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from evidence_tools.errors import BuildError

__all__ = ["STYLE", "new_figure", "rasterise", "to_png", "to_svg"]

#: DejaVu Sans ships with matplotlib and has every symbol of the labels.
STYLE: Any = {
    "font.family": "DejaVu Sans",
    "svg.fonttype": "path",
    "svg.hashsalt": "evidence-tools",
    "axes.spines.top": False,
    "axes.spines.right": False,
}

#: Dots of a side of a PNG at most: more is beyond what common viewers open.
_LARGEST = 32_767
_OUTLINE = re.compile(rb'\bd="[^"]*"')
_BEYOND = re.compile(rb"(?<=\.\d\d)\d+")
_SIDES = re.compile(rb'\b(?:width|height)="([\d.]+)pt"')
_SHEET = b"""#set page(width: auto, height: auto, margin: 0pt, fill: white)
#image(bytes(sys.inputs.svg), format: "svg")
"""


def new_figure(
    width: float, height: float, layout: Literal["constrained"] | None = "constrained"
) -> Figure:
    """Make an empty figure of a size in inches, apart from any window system."""
    figure = Figure(figsize=(width, height), layout=layout)
    FigureCanvasAgg(figure)
    return figure


def to_svg(figure: Figure) -> bytes:
    """SVG of a figure, the same bytes for the same data."""
    with mpl.rc_context(STYLE), io.BytesIO() as out:
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
        # Outlines to a hundredth of a point: millionths double the file, and nobody sees them.
        return _OUTLINE.sub(lambda d: _BEYOND.sub(b"", d[0]), out.getvalue())


def to_png(figure: Figure, dpi: float = 120) -> bytes:
    """PNG of a figure, the same bytes for the same data."""
    return rasterise(to_svg(figure), dpi)


def rasterise(svg: bytes, dpi: float = 120) -> bytes:
    """PNG of a figure that was drawn as SVG; a large one at fewer dots an inch than asked for.

    A figure is laid out and drawn once; drawing it a second time on matplotlib's own canvas takes
    three times as long.
    """
    import typst

    sides = [float(side) for side in _SIDES.findall(svg[:1000])]
    if len(sides) != 2:
        raise BuildError("a figure has no width and height in points", where="SVG of a figure")
    # Sides are in points, of which 72 make an inch.
    dots = min(dpi, *(_LARGEST * 72 / side for side in sides))
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[]
    )  # letters are outlines
    compiler = typst.Compiler(_SHEET, font_paths=fonts, sys_inputs={"svg": svg.decode()})
    try:
        png = compiler.compile(format="png", ppi=dots)
    except typst.TypstError as error:
        raise BuildError(f"a figure cannot be made into PNG: {error.message}") from error
    assert isinstance(png, bytes)  # noqa: S101 -- one page is one string of bytes
    return png
