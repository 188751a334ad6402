"""The texts of the documents under review, which stay outside the repository."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from evidence_tools.base import EvidenceBase
from evidence_tools.errors import DataError, InputError
from evidence_tools.files import read_text
from evidence_tools.models import Anchor, Claim, Document
from evidence_tools.pack import anchor_words

__all__ = ["check_anchor", "find_anchor", "quote", "read_texts"]


def read_texts(base: EvidenceBase, folder: Path | None = None) -> Mapping[str, str]:
    """Read the documents' texts that are at hand.

    Parameters
    ----------
    base : EvidenceBase
        Says which documents there are.
    folder : Path, optional
        Where to look; by default ``evidence/documents/text``. A folder that was named must exist
        and hold at least one of the texts.

    Returns
    -------
    mapping of str to str
        Text by document id; documents without a text are left out.

    Raises
    ------
    InputError
        When the named folder is missing or holds none of the texts.
    DataError
        When a text is not the one that was reviewed (its hash differs).
    """
    place = folder if folder is not None else base.root / "documents" / "text"
    if folder is not None and not folder.is_dir():
        raise InputError("no such folder", where=str(folder), fix="name the folder with the texts")
    texts = {
        document.id: _read(document, place / document.file)
        for document in base.documents.values()
        if (place / document.file).is_file()
    }
    if folder is not None and not texts:
        first = next(iter(base.documents.values()), None)
        raise InputError(
            "none of the documents' texts is here",
            expected=f"files such as {first.file}" if first else "a document in evidence/documents",
            where=str(folder),
        )
    return texts


def _read(document: Document, path: Path) -> str:
    text = read_text(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != document.sha256:
        raise DataError(
            f"the text of document {document.id} has changed: its SHA-256 is {digest[:12]}…",
            expected=f"{document.sha256[:12]}…, the text that was reviewed",
            where=str(path),
            fix="put the reviewed text back, or review the new one under a new document id",
        )
    return text


def quote(claim: Claim, text: str) -> str:
    """Return the stretch of text that a claim is anchored to.

    Raises
    ------
    DataError
        When the stretch is not the one that was reviewed.
    """
    stretch = text[claim.anchor.start : claim.anchor.end]
    if hashlib.sha256(stretch.encode("utf-8")).hexdigest() != claim.anchor.sha256:
        raise DataError(
            f"the anchor of claim {claim.id} is not found in its text",
            expected=f"{claim.anchor.first!r} … {claim.anchor.last!r} "
            f"at characters {claim.anchor.start} to {claim.anchor.end}",
            fix="correct start, end and sha256 of the anchor",
        )
    return stretch


def check_anchor(claim: Claim, text: str) -> str | None:
    """Say what is wrong with a claim's anchor, or None."""
    try:
        stretch = quote(claim, text)
    except DataError as error:
        return str(error)
    if stretch.split()[: len(claim.anchor.first.split())] != claim.anchor.first.split():
        return f"claim {claim.id}: the stretch does not begin with {claim.anchor.first!r}"
    return None


def find_anchor(text: str, words: str) -> Anchor:
    """Make the anchor of a stretch that stands once in a text.

    Raises
    ------
    InputError
        When the stretch is not there, or more than once.
    """
    count = text.count(words) if words else 0
    if count != 1:
        raise InputError(
            f"the words stand {count} times in the text",
            expected="a stretch that stands there once",
            fix="copy it letter by letter, with its no-break spaces, or take more words",
        )
    start = text.index(words)
    first, last = anchor_words(words)
    return Anchor(
        start=start,
        end=start + len(words),
        sha256=hashlib.sha256(words.encode("utf-8")).hexdigest(),
        first=first,
        last=last,
    )
