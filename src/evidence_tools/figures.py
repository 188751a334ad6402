"""Frame in, Figure out: seaborn and matplotlib figures, deterministic, colour never alone."""

from __future__ import annotations

import io
import textwrap
from typing import Any

import matplotlib as mpl
import pandas as pd
import seaborn as sns
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from evidence_tools.effects import Placed
from evidence_tools.labels import ADVICE, CERTAINTY, NOT_APPRAISED, SUPPORT, support_label
from evidence_tools.vocab import Advice, Certainty, Direction, Support

__all__ = [
    "STYLE",
    "describe_advice",
    "describe_designs",
    "describe_effects",
    "describe_map",
    "describe_matrix",
    "draw_advice",
    "draw_designs",
    "draw_effects",
    "draw_map",
    "draw_matrix",
    "new_figure",
    "to_png",
    "to_svg",
]

#: DejaVu Sans ships with matplotlib and has every symbol of the labels.
STYLE: Any = {
    "font.family": "DejaVu Sans",
    "svg.fonttype": "path",
    "svg.hashsalt": "evidence-tools",
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def new_figure(width: float, height: float) -> Figure:
    """Make an empty figure of a size in inches, apart from any window system."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def to_svg(figure: Figure) -> bytes:
    """SVG of a figure, the same bytes for the same data."""
    with mpl.rc_context(STYLE), io.BytesIO() as out:
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
        return out.getvalue()


def to_png(figure: Figure, dpi: int = 120) -> bytes:
    """PNG of a figure, the same bytes for the same data."""
    with mpl.rc_context(STYLE), io.BytesIO() as out:
        figure.savefig(out, format="png", dpi=dpi, metadata={"Software": None})
        return out.getvalue()


def draw_matrix(frame: pd.DataFrame) -> Figure:
    """Draw the evidence matrix: questions × support, certainty, direction, directness and claims.

    Parameters
    ----------
    frame : DataFrame
        As :func:`evidence_tools.matrix.question_frame` gives it.
    """
    documents = [name for name in frame.columns if name.startswith("claims_")]
    order: list[Support | None] = [None, *Support]
    codes = frame["support"].map(lambda v: order.index(Support(v)) if isinstance(v, str) else 0)
    colours = [NOT_APPRAISED.colour, *(SUPPORT[level].colour for level in Support)]
    with mpl.rc_context(STYLE):
        figure = new_figure(11, max(3.0, 1.6 + 0.235 * len(frame)))
        left, right = figure.subplots(1, 2, width_ratios=[5.4, 3], sharey=False)
        columns = ["support", "certainty", "direction", "directness"]
        texts = pd.DataFrame(
            {
                "support": [f"{support_label(_text(v)).symbol} {support_label(_text(v)).word}"
                            for v in frame["support"]],
                "certainty": [CERTAINTY[Certainty(v)] if isinstance(v, str) else "–"
                              for v in frame["certainty"]],
                "direction": [v if isinstance(v, str) else "–" for v in frame["direction"]],
                "directness": [v if isinstance(v, str) else "–" for v in frame["directness"]],
            }
        )  # fmt: skip
        values = pd.DataFrame(dict.fromkeys(columns, codes))
        sns.heatmap(
            values,
            ax=left,
            cmap=ListedColormap(colours),
            vmin=-0.5,
            vmax=len(order) - 0.5,
            cbar=False,
            annot=texts.to_numpy(),
            fmt="",
            annot_kws={"fontsize": 7},
            linewidths=0.6,
            linecolor="white",
            yticklabels=list(frame["id"]),
            xticklabels=[name.capitalize() for name in columns],
        )
        inks = [NOT_APPRAISED.ink, *(SUPPORT[level].ink for level in Support)]
        for text, code in zip(left.texts, codes.repeat(len(columns)), strict=True):
            text.set_color(inks[code])
        counts = frame[documents].rename(columns=lambda name: name.removeprefix("claims_"))
        counts.insert(0, "all", frame["claims"])
        sns.heatmap(
            counts,
            ax=right,
            cmap=sns.light_palette("#5a4b81", as_cmap=True),
            cbar=False,
            annot=True,
            fmt="d",
            annot_kws={"fontsize": 7},
            linewidths=0.6,
            linecolor="white",
            yticklabels=False,
        )
        for axes, title in ((left, "What the evidence says"), (right, "Claims, by document")):
            axes.set_title(title, fontsize=9, loc="left", fontweight="bold")
            axes.xaxis.tick_top()
            axes.tick_params(length=0, labelsize=7)
            axes.set_xlabel("")
            axes.set_ylabel("")
    return figure


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def describe_matrix(frame: pd.DataFrame) -> str:
    """Alternative text of the matrix figure, made from its data."""
    counts = frame["support"].fillna("not yet appraised").value_counts()
    words = [*reversed([level.value for level in Support]), "not yet appraised"]
    listed = ", ".join(f"{counts[word]} {word}" for word in words if word in counts.index)
    return (
        f"Evidence matrix of {len(frame)} questions, most-claimed first, with support, certainty, "
        f"direction, directness and number of claims: {listed}. The table below holds every cell."
    )


_WAYS = [Direction.HARM, Direction.NONE, Direction.UNCLEAR, Direction.MIXED, Direction.BENEFIT]


def draw_map(cells: pd.DataFrame) -> Figure:
    """Draw the evidence map: certainty × direction, bubbles by participants, claims on top.

    Parameters
    ----------
    cells : DataFrame
        As :func:`evidence_tools.matrix.map_frame` gives it. The figure in a bubble counts the
        claims that lean on the questions there; those without any study stand in a row of their
        own, so that loud claims over empty ground are seen at once.
    """
    placed = _place_cells(cells)
    with mpl.rc_context(STYLE):
        figure = new_figure(9, 7.6)
        axes = figure.subplots()
        sns.scatterplot(
            placed,
            x="x",
            y="y",
            size="people",
            sizes=(500, 4200),
            color="#8fbfe6",
            edgecolor="#0b4f8a",
            linewidth=1.2,
            legend=False,
            ax=axes,
        )
        for row in placed.to_dict("records"):
            at = (row["x"], row["y"])
            axes.annotate(
                f"{row['claims']}", at, ha="center", va="center", fontsize=11, fontweight="bold"
            )
            people = (
                f"sources of {row['people']:,} people" if row["people"] else "people not counted"
            )
            # Below the bubble, whose radius in points is the root of its area over pi.
            share = row["people"] / max(1, int(placed["people"].max()))
            radius = ((500 + 3700 * share) / 3.1416) ** 0.5
            axes.annotate(
                f"{row['questions']} question{'s' if row['questions'] > 1 else ''}\n{people}",
                at,
                xytext=(0, -radius - 3),
                textcoords="offset points",
                ha="center",
                va="top",
                fontsize=7.5,
            )
        axes.set_xlim(-0.6, len(_WAYS) - 0.4)
        axes.set_ylim(-1.8, 3.5)
        axes.set_xticks(range(len(_WAYS)), [str(way) for way in _WAYS])
        levels = [str(Certainty.from_steps(step)) for step in range(4)]
        axes.set_yticks([-1, 0, 1, 2, 3], ["no study found or\nnot yet appraised", *levels])
        axes.set_xlabel("Direction of the evidence (number in a bubble: claims that lean on it)")
        axes.set_ylabel("Certainty")
        axes.grid(alpha=0.25)
        axes.set_axisbelow(True)
    return figure


def _place_cells(cells: pd.DataFrame) -> pd.DataFrame:
    def column(row: dict[Any, Any]) -> int:
        return _WAYS.index(Direction(_text(row["direction"]) or Direction.UNCLEAR))

    def level(row: dict[Any, Any]) -> int:
        certainty = _text(row["certainty"])
        return Certainty(certainty).steps if certainty else -1

    rows = cells.to_dict("records")
    placed = cells.assign(x=[column(row) for row in rows], y=[level(row) for row in rows])
    return placed.groupby(["x", "y"], as_index=False)[["questions", "claims", "people"]].sum()


def describe_map(cells: pd.DataFrame) -> str:
    """Alternative text of the evidence map, made from its data."""
    parts = []
    rows = _place_cells(cells).sort_values(["y", "x"], ascending=False).to_dict("records")
    for row in rows:
        level = "no certainty" if row["y"] < 0 else f"{Certainty.from_steps(row['y'])} certainty"
        way = "no study" if row["y"] < 0 else str(_WAYS[row["x"]])
        parts.append(f"{level}, {way}: {row['questions']} questions, {row['claims']} claims")
    return "Evidence map by certainty and direction. " + "; ".join(parts) + "."


def draw_advice(frame: pd.DataFrame) -> Figure:
    """Draw how many claims of each document to keep, reword or remove.

    Parameters
    ----------
    frame : DataFrame
        As :func:`evidence_tools.matrix.claim_frame` gives it.
    """
    counts = _advice_counts(frame)
    with mpl.rc_context(STYLE):
        figure = new_figure(8, 1.2 + 0.5 * len(counts))
        axes = figure.subplots()
        left = pd.Series(0, index=counts.index)
        for name in counts.columns:
            label = NOT_APPRAISED if name == NOT_APPRAISED.word else ADVICE[Advice(name)]
            bars = axes.barh(
                list(counts.index),
                counts[name],
                left=left,
                color=label.colour,
                edgecolor="#333333",
                linewidth=0.6,
                label=f"{label.symbol} {label.word}",
            )
            axes.bar_label(
                bars,
                labels=[f"{label.symbol} {n}" if n else "" for n in counts[name]],
                label_type="center",
                color=label.ink,
                fontsize=8,
            )
            left = left + counts[name]
        axes.invert_yaxis()
        axes.set_xlabel("Claims")
        axes.set_ylabel("Document")
        axes.legend(ncols=4, loc="lower left", bbox_to_anchor=(0, 1), frameon=False, fontsize=8)
    return figure


def _advice_counts(frame: pd.DataFrame) -> pd.DataFrame:
    advice = frame["advice"].fillna(NOT_APPRAISED.word)
    counts = pd.crosstab(frame["document"], advice)
    names = [a.value for a in Advice] + [NOT_APPRAISED.word]
    return counts.reindex(columns=[name for name in names if name in counts.columns])


def describe_advice(frame: pd.DataFrame) -> str:
    """Alternative text of the advice figure, made from its data."""
    parts = [
        f"document {document}: " + ", ".join(f"{n} {name}" for name, n in row.items() if n)
        for document, row in _advice_counts(frame).iterrows()
    ]
    return "Claims by advice. " + "; ".join(parts) + "."


def draw_designs(frame: pd.DataFrame) -> Figure:
    """Draw how many sources there are of each design and technique.

    Parameters
    ----------
    frame : DataFrame
        As :func:`evidence_tools.matrix.source_frame` gives it.
    """
    counts = pd.crosstab(frame["design"], frame["technique"])
    with mpl.rc_context(STYLE):
        figure = new_figure(9, 5.2)
        axes = figure.subplots()
        sns.heatmap(
            counts,
            ax=axes,
            cmap=sns.light_palette("#0b4f8a", as_cmap=True),
            cbar=False,
            annot=True,
            fmt="d",
            linewidths=0.6,
            linecolor="white",
        )
        axes.set_xlabel("Technique")
        axes.set_ylabel("Design")
        axes.tick_params(axis="x", rotation=20, labelsize=8)
        axes.tick_params(axis="y", rotation=0, labelsize=8)
    return figure


def describe_designs(frame: pd.DataFrame) -> str:
    """Alternative text of the figure of designs, made from its data."""
    listed = ", ".join(f"{n} {name}" for name, n in frame["design"].value_counts().items())
    return f"Number of sources by design and technique; by design: {listed}."


_SCALES = {"standardised": "standard deviations", "ratio": "logarithm of the ratio"}


def _panel_order(scale: str) -> tuple[int, str]:
    known = list(_SCALES)
    return (known.index(scale) if scale in known else len(known), scale)


def _unit(scale: str) -> str:
    return _SCALES.get(scale) or f"units of {scale.removeprefix('raw ')}"


def draw_effects(effects: list[tuple[str, Placed]]) -> Figure:
    """Draw reported effects, in favour of massage always to the right.

    Parameters
    ----------
    effects : list of (label, Placed)
        Effects by scale are drawn in panels of their own; within a panel one scale.
    """
    scales = sorted({placed.scale for _, placed in effects}, key=_panel_order)
    groups = [[(text, p) for text, p in effects if p.scale == name] for name in scales]
    with mpl.rc_context(STYLE):
        height = sum(0.38 * len(group) + 0.9 for group in groups)
        figure = new_figure(9, height)
        panels = figure.subplots(
            len(groups), 1, squeeze=False, height_ratios=[len(g) + 2 for g in groups]
        )
        for axes, name, group in zip(panels[:, 0], scales, groups, strict=True):
            for row, (_, placed) in enumerate(group):
                if placed.low is not None and placed.high is not None:
                    axes.plot([placed.low, placed.high], [row, row], color="#0b4f8a", lw=2)
                if placed.estimate is not None:
                    axes.plot([placed.estimate], [row], "s", color="#10202e", ms=5)
            axes.axvline(0, color="#555555", lw=1, ls="--")
            edge = max(
                abs(v) for _, p in group for v in (p.estimate, p.low, p.high) if v is not None
            )
            axes.set_xlim(-(1.1 * edge or 1), 1.1 * edge or 1)
            axes.set_ylim(len(group) - 0.4, -0.6)
            labels = [textwrap.fill(textwrap.shorten(text, 116, placeholder="…"), 60)
                      for text, _ in group]  # fmt: skip
            axes.set_yticks(range(len(group)), labels, fontsize=7)
            axes.set_xlabel(
                f"← favours the comparison   ({_unit(name)})   favours massage →", fontsize=8
            )
            axes.tick_params(axis="x", labelsize=7)
    return figure


def describe_effects(effects: list[tuple[str, Placed]]) -> str:
    """Alternative text of the plot of effects, made from its data."""
    sides = {"favours massage": 0, "crosses no effect": 0, "favours the comparison": 0}
    for _, placed in effects:
        low, high = placed.low, placed.high
        if low is None or high is None:
            low = high = placed.estimate or 0.0
        side = (
            "favours massage" if low > 0
            else "favours the comparison" if high < 0
            else "crosses no effect"
        )  # fmt: skip
        sides[side] += 1
    listed = ", ".join(f"{count} {side}" for side, count in sides.items() if count)
    return f"Plot of {len(effects)} reported effects, in favour of massage to the right: {listed}."
