"""What the processes that make a report's parts have in common: imported once, before they fork."""

from __future__ import annotations

import gc
import importlib

from evidence_tools import notebooks

__all__: list[str] = []

for _name in (
    "evidence_tools.diagram",
    "evidence_tools.displays",
    "evidence_tools.report.parts",
    "evidence_tools.summaries",
    "evidence_tools.teaching.showing",
    "evidence_tools.tracking",
    "ipykernel.kernelapp",
    "seaborn",
):
    importlib.import_module(_name)
notebooks.load_libraries()
gc.set_threshold(20_000, 20, 100)  # as in the command
gc.freeze()  # what is imported here stays shared between the processes
