"""Frame in, Figure out: seaborn and matplotlib figures, deterministic, colour never alone."""

from __future__ import annotations

import textwrap
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from evidence_tools import lettering
from evidence_tools.canvas import STYLE, new_figure
from evidence_tools.effects import Placed
from evidence_tools.labels import ADVICE, CERTAINTY, NOT_APPRAISED, SUPPORT, support_label
from evidence_tools.vocab import Advice, Certainty, Direction, Support

# seaborn stands inside the functions that need it: it brings scipy.stats along, most of a second.

__all__ = [
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
]

#: Size of small letters in points.
_SMALL = 7.0
#: A ground of this luminance or less takes white letters.
_DARK = 0.408


def draw_matrix(frame: pd.DataFrame, width: float = 11, height: float | None = None) -> Figure:
    """Draw the evidence matrix: questions × support, certainty, direction, directness and claims.

    Parameters
    ----------
    frame : DataFrame
        As :func:`evidence_tools.matrix.question_frame` gives it.
    width, height : float
        Of the figure in inches; by default as high as the questions need.
    """
    import seaborn as sns

    height = height or max(3.0, 1.6 + 0.235 * len(frame))
    documents = [name for name in frame.columns if name.startswith("claims_")]
    order: list[Support | None] = [None, *Support]
    codes = [order.index(Support(v)) if isinstance(v, str) else 0 for v in frame["support"]]
    colours = [NOT_APPRAISED.colour, *(SUPPORT[level].colour for level in Support)]
    inks = [NOT_APPRAISED.ink, *(SUPPORT[level].ink for level in Support)]
    columns = ["support", "certainty", "direction", "directness"]
    texts = {
        "support": [f"{support_label(_text(v)).symbol} {support_label(_text(v)).word}"
                    for v in frame["support"]],
        "certainty": [CERTAINTY[Certainty(v)] if isinstance(v, str) else "–"
                      for v in frame["certainty"]],
        "direction": [v if isinstance(v, str) else "–" for v in frame["direction"]],
        "directness": [v if isinstance(v, str) else "–" for v in frame["directness"]],
    }  # fmt: skip
    counts = frame[["claims", *documents]].to_numpy()
    names = ["all", *(name.removeprefix("claims_") for name in documents)]
    labels = [str(key) for key in frame["id"]]
    # Where things stand is known beforehand, so that no text is laid out to find a place.
    side = max(lettering.measure(label, _SMALL) for label in labels) / 72 + 0.2
    room = width - side - 0.25
    bottom, top = 0.1 / height, 1 - 0.45 / height
    with mpl.rc_context(STYLE):
        figure = new_figure(width, height, layout=None)
        left, right = (
            figure.add_axes((start / width, bottom, share * room / width, top - bottom))
            for start, share in ((side, 0.64), (side + 0.65 * room, 0.35))
        )
        mesh: Any = {
            "linecolor": "white",
            "linewidths": 0.6,
            "cbar": False,
            "xticklabels": False,
            "yticklabels": False,
        }
        grid = [[code] * len(columns) for code in codes]
        sns.heatmap(
            grid, ax=left, cmap=ListedColormap(colours), vmin=-0.5, vmax=len(order) - 0.5, **mesh
        )
        shades = sns.light_palette("#5a4b81", as_cmap=True)
        sns.heatmap(counts, ax=right, cmap=shades, **mesh)
        drawn = right.collections[0]
        for axes, title, heads in (
            (left, "What the evidence says", [name.capitalize() for name in columns]),
            (right, "Claims, by document", names),
        ):
            axes.set_ylim(len(frame), 0)
            axes.set_title(title, fontsize=9, loc="left", fontweight="bold", y=1, pad=18)
            axes.xaxis.tick_top()
            axes.set_xticks([number + 0.5 for number in range(len(heads))], heads)
            axes.set_yticks([])
            axes.tick_params(length=0, labelsize=_SMALL)
            for spine in axes.spines.values():
                spine.set_visible(False)
        rows = [number + 0.5 for number in range(len(frame))]
        for number, name in enumerate(columns):
            lettering.write_lines(
                left,
                [(number + 0.5, row) for row in rows],
                texts[name],
                size=_SMALL,
                colours=[inks[code] for code in codes],
            )
        lettering.write_lines(
            left, [(0, row) for row in rows], labels, size=_SMALL, align="right",
            shifts=[(-5.0, 0.0)] * len(rows),
        )  # fmt: skip
        dark = {
            count: sns.utils.relative_luminance(shades(drawn.norm(count))) <= _DARK
            for count in set(counts.ravel().tolist())
        }
        lettering.write_lines(
            right,
            [(column + 0.5, row) for row in rows for column in range(len(names))],
            [str(count) for line in counts.tolist() for count in line],
            size=_SMALL,
            colours=["#ffffff" if dark[count] else "#262626"
                     for line in counts.tolist() for count in line],
        )  # fmt: skip
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
    import seaborn as sns

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
    import seaborn as sns

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
    width, row, foot, head = 9.0, 0.38, 0.5, 0.15
    height = sum(row * (len(group) + 0.5) + foot + head for group in groups)
    labels = {text: textwrap.fill(textwrap.shorten(text, 116, placeholder="…"), 60).split("\n")
              for text, _ in effects}  # fmt: skip
    # Where things stand is known beforehand, so that no text is laid out to find a place.
    longest = max(lettering.measure(line, _SMALL) for lines in labels.values() for line in lines)
    side, above = longest / 72 + 0.2, height
    with mpl.rc_context(STYLE):
        figure = new_figure(width, height, layout=None)
        for name, group in zip(scales, groups, strict=True):
            tall = row * (len(group) + 0.5)
            above -= head + tall
            axes = figure.add_axes(
                (side / width, above / height, (width - side - 0.15) / width, tall / height)
            )
            above -= foot
            _draw_panel(axes, group)
            _label_panel(axes, [labels[text] for text, _ in group])
            lettering.write_scale(
                axes, f"← favours the comparison   ({_unit(name)})   favours massage →", size=8
            )
    return figure


def _draw_panel(axes: Axes, group: list[tuple[str, Placed]]) -> None:
    """Draw effects of one scale: an interval and a square a row, the first on top."""
    placed = [effect for _, effect in group]
    ranges = [
        (row, effect.low, effect.high)
        for row, effect in enumerate(placed)
        if effect.low is not None and effect.high is not None
    ]
    points = [(e.estimate, row) for row, e in enumerate(placed) if e.estimate is not None]
    axes.hlines(
        [row for row, _, _ in ranges],
        [low for _, low, _ in ranges],
        [high for _, _, high in ranges],
        colors="#0b4f8a",
        linewidth=2,
    )
    axes.plot([x for x, _ in points], [y for _, y in points], "s", color="#10202e", ms=5)
    axes.axvline(0, color="#555555", lw=1, ls="--")
    edge = max(abs(v) for e in placed for v in (e.estimate, e.low, e.high) if v is not None)
    axes.set_xlim(-(1.1 * edge or 1), 1.1 * edge or 1)
    axes.set_ylim(len(group) - 0.25, -0.75)


def _label_panel(axes: Axes, labels: list[list[str]]) -> None:
    """Write the label of each row beside it, one line above the other."""
    axes.yaxis.set_visible(False)
    lines = [
        (row, line, ((len(label) - 1) / 2 - number) * 1.2 * _SMALL)
        for row, label in enumerate(labels)
        for number, line in enumerate(label)
    ]
    lettering.write_lines(
        axes,
        [(0, row) for row, _, _ in lines],
        [line for _, line, _ in lines],
        size=_SMALL,
        align="right",
        shifts=[(-6.0, up) for _, _, up in lines],
        transform=axes.get_yaxis_transform(),
    )


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
