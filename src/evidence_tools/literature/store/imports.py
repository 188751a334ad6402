"""Import files that somebody saved: PubMed XML, NBIB and RIS, into the store.

A file is read to its end or as far as it can be; what was whole is kept. The same file again adds
nothing.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from evidence_tools.errors import DataError, EvidenceError, InputError
from evidence_tools.literature.citations import Citation
from evidence_tools.literature.exports import read_export, tell_format
from evidence_tools.literature.pubmed_xml import Deletion, Problem
from evidence_tools.literature.store.pages import Page, Receipt, Removal

if TYPE_CHECKING:
    from evidence_tools.literature.store.holdings import Store

__all__ = ["Imported", "import_file"]

#: Citations written in one transaction.
_PAGE = 200
#: Bytes by which the format of a file is told.
_HEAD = 1 << 16


@dataclass
class Imported:
    """What a file brought; ``error`` is why it could not be read to its end."""

    name: str
    new: int = 0
    changed: int = 0
    kept: int = 0
    same: int = 0
    removals: int = 0
    problems: list[Problem] = field(default_factory=list)
    error: EvidenceError | None = None

    def add(self, receipt: Receipt) -> None:
        """Count what a page brought."""
        if receipt.repeated:
            self.same += receipt.new + receipt.changed + receipt.kept + receipt.same
        else:
            self.new += receipt.new
            self.changed += receipt.changed
            self.kept += receipt.kept
            self.same += receipt.same
        self.removals += receipt.removals


def import_file(
    store: Store, path: Path, on_progress: Callable[[int], None] = lambda count: None
) -> Imported:
    """Read a file into the store.

    Parameters
    ----------
    store : Store
        An open store.
    path : Path
        PubMed XML, NBIB or RIS, gzip-compressed or not, whatever it is called.
    on_progress : callable
        Is told how many citations were read since it was told last.

    Raises
    ------
    InputError
        When there is no such file.
    DataError
        When it cannot be read at all.
    StoreError
        When the store cannot be written; pages before that are kept.
    """
    if not path.is_file():
        raise InputError("no such file", expected="PubMed XML, NBIB or RIS", where=str(path))
    imported = Imported(path.name)
    file = None
    for page in _pages(path, imported):
        # Not before: what is no file of citations is not listed as one.
        if file is None:
            file = store.pages.start_file(path.name, *_describe(path))
        imported.add(store.pages.add(page, file=file))
        on_progress(len(page.citations))
    if file is None and imported.error is not None:
        raise imported.error
    if file is not None and imported.error is None:
        store.pages.finish_file(file)
    return imported


def _describe(path: Path) -> tuple[str, int, str]:
    """SHA-256, size and kind of a file."""
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
            file.seek(0)
            packed = file.read(2) == b"\x1f\x8b"
        with gzip.open(path) if packed else path.open("rb") as stream:
            kind = tell_format(stream.read(_HEAD))
    except OSError as error:
        raise DataError(f"cannot be read: {error}", where=str(path)) from error
    if kind is None:
        raise DataError("its format cannot be told any more", where=str(path), fix="try again")
    return digest, size, kind.value


def _pages(path: Path, imported: Imported) -> Iterator[Page]:
    """Pages of what a file holds, as far as it can be read."""
    citations: list[Citation] = []
    problems: list[Problem] = []
    removals: list[Removal] = []
    try:
        for item in read_export(path):
            if isinstance(item, Citation):
                citations.append(item)
            elif isinstance(item, Deletion):
                removals.append(Removal(item.pmid, "deleted from PubMed"))
            else:
                problems.append(item)
                imported.problems.append(item)
            if len(citations) + len(problems) + len(removals) >= _PAGE:
                yield Page((), citations, problems, removals)
                citations, problems, removals = [], [], []
    except DataError as error:
        # What came before is kept.
        imported.error = error
    if citations or problems or removals:
        yield Page((), citations, problems, removals)
