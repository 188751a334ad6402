"""What the processes that make a report's parts have in common: imported once, before they fork."""

from __future__ import annotations

import seaborn as sns
from ipykernel import kernelapp

from evidence_tools import diagram, displays, notebooks, summaries, tracking
from evidence_tools.report import parts
from evidence_tools.teaching import showing

__all__ = [
    "diagram", "displays", "kernelapp", "parts", "showing", "sns", "summaries", "tracking",
]  # fmt: skip

notebooks.load_libraries()
