"""The figures of a report, each with the digest of the data it is drawn from."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from evidence_tools import canvas, figures
from evidence_tools.assessment import Assessment
from evidence_tools.effects import Placed
from evidence_tools.matrix import claim_frame, map_frame, placed_effects, question_frame
from evidence_tools.report.cache import code_digest, digest

__all__ = ["FigurePart", "draw_part", "figure_parts"]


@dataclass(frozen=True)
class FigurePart:
    """One figure to draw: its name in the site, what kind it is, and its data."""

    name: str
    kind: str
    data: Any
    key: str


def figure_parts(assessment: Assessment) -> list[FigurePart]:
    """All figures of a report: matrix, map, advice, and the effects of each question."""
    code = code_digest()
    questions, claims = question_frame(assessment), claim_frame(assessment)
    counts = [name for name in questions.columns if name.startswith("claims_")]
    # Only the columns that are drawn: a new bottom line is no new figure.
    drawn = ["id", "support", "certainty", "direction", "directness", "claims", *counts]
    parts = [
        FigurePart(name, name, frame, digest(code, name, frame.to_json()))
        for name, frame in (
            ("matrix", questions[drawn]),
            ("map", map_frame(assessment)),
            ("advice", claims[["document", "advice"]]),
        )
    ]
    for key, question in sorted(assessment.base.questions.items()):
        effects = placed_effects(assessment, question)
        if effects:
            plain = [(text, asdict(placed)) for text, placed in effects]
            parts.append(
                FigurePart(f"effects-{key}", "effects", plain, digest(code, "effects", plain))
            )
    return parts


def draw_part(part: FigurePart) -> dict[str, str | bytes]:
    """Draw a figure; return SVG, PNG and alternative text by file ending."""
    if part.kind == "effects":
        effects = [(text, Placed(**values)) for text, values in part.data]
        figure, text = figures.draw_effects(effects), figures.describe_effects(effects)
    elif part.kind == "matrix":
        figure, text = figures.draw_matrix(part.data), figures.describe_matrix(part.data)
    elif part.kind == "map":
        figure, text = figures.draw_map(part.data), figures.describe_map(part.data)
    else:
        figure, text = figures.draw_advice(part.data), figures.describe_advice(part.data)
    svg = canvas.to_svg(figure)
    return {".svg": svg, ".png": canvas.rasterise(svg), ".txt": text}
