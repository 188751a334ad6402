"""The page audit: a page in, every sentence of it with what it claims and what that leans on."""

from __future__ import annotations

__all__: list[str] = []
