"""What a scan selected, written to the literature store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from evidence_tools.literature.store.pages import Page, Removal
from evidence_tools.scan.parts import Parts
from evidence_tools.scan.scanning import Outcome
from evidence_tools.scan.sources import Source
from evidence_tools.scan.standing import Status

if TYPE_CHECKING:
    from evidence_tools.literature.store import Store

__all__ = ["Stored", "store_selected"]

#: Citations written in one transaction.
_PAGE = 500


@dataclass
class Stored:
    """What the store gained."""

    new: int = 0
    changed: int = 0
    removed: int = 0


def store_selected(
    store: Store,
    parts: Parts,
    sources: Sequence[Source],
    outcome: Outcome,
    on_progress: Callable[[int], None] = lambda count: None,
) -> Stored:
    """Write every matched version of the records in force, file by file, and what was deleted.

    The same again adds nothing. Deletions of what the store does not hold are left out.

    Parameters
    ----------
    store : Store
        An open store.
    parts : Parts
        Of the scan.
    sources : sequence of Source
        Its files, in order.
    outcome : Outcome
        What stands.
    on_progress : callable
        Is told how many citations were written since it was told last.

    Raises
    ------
    StoreError
        When the store cannot be written.
    """
    stored = Stored()
    standing = outcome.standing.pmids(Status.IN_FORCE)
    facts = {fact.name: fact for fact in outcome.facts}
    for source in sources:
        fact = facts[source.name]
        if fact.error or fact.name in outcome.same:
            continue
        wanted = (one for one in parts.citations(source) if int(one.pmid) in standing)
        gone = store.known(str(pmid) for pmid in fact.deletions if pmid not in standing)
        removals = [Removal(pmid, "deleted from PubMed") for pmid in sorted(gone, key=int)]
        file = None
        while (some := list(islice(wanted, _PAGE))) or removals:
            if file is None:
                file = store.pages.start_file(fact.name, fact.sha256, fact.size, "xml")
            receipt = store.pages.add(Page((), some, (), removals), file=file)
            if not receipt.repeated:
                stored.new += receipt.new
                stored.changed += receipt.changed
                stored.removed += receipt.removals
            on_progress(len(some))
            removals = []
        if file is not None:
            store.pages.finish_file(file)
    return stored
