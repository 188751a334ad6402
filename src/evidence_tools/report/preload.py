"""What the processes that make a report's parts have in common: imported once, before they fork."""

from __future__ import annotations

import gc

import seaborn as sns
from ipykernel import kernelapp

from evidence_tools import diagram, displays, notebooks, summaries, tracking
from evidence_tools.report import parts
from evidence_tools.teaching import showing

__all__ = [
    "diagram", "displays", "kernelapp", "parts", "showing", "sns", "summaries", "tracking",
]  # fmt: skip

notebooks.load_libraries()
gc.set_threshold(20_000, 20, 100)  # as in the command
gc.freeze()  # what is imported here stays shared between the processes
