"""The literature store: every version of every citation ever seen, in one SQLite file.

:mod:`holdings` opens and reads it; :mod:`runs` keeps what was asked and answered, :mod:`pages` and
:mod:`pagelog` write batches of citations, :mod:`database` and :mod:`payloads` know how all that
lies on the disk, :mod:`inspection`, :mod:`recovery` and :mod:`salvage` mend it, :mod:`imports`
reads files into it, and :mod:`tables` and :mod:`sheets` write it out.
"""

from evidence_tools.literature.store.holdings import (
    Answer,
    Change,
    Counts,
    Page,
    Receipt,
    Removal,
    Run,
    RunPlan,
    RunState,
    Store,
    Version,
    open_store,
    store_path,
)

__all__ = [
    "Answer",
    "Change",
    "Counts",
    "Page",
    "Receipt",
    "Removal",
    "Run",
    "RunPlan",
    "RunState",
    "Store",
    "Version",
    "open_store",
    "store_path",
]
