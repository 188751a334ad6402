"""One reader a kind of file: each makes the stretches of a page from bytes or text, without I/O."""

from __future__ import annotations

__all__: list[str] = []
