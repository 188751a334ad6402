"""Ready plain text for :func:`~evidence_tools.pages.page.page_from_text`, which reads it."""

from __future__ import annotations

import re
from itertools import pairwise

__all__ = ["unwrap_lines"]

_BEGINS = re.compile(r"\s*(?:[•◦▪‣●○·*–—-]|\d{1,2}[.)])\s|\s*#|\s*$")


def unwrap_lines(text: str) -> str:
    r"""Join lines that were cut at a width, as in e-mails, so that sentences are whole.

    A line goes on in the next when it is about as long as the longest, or the next begins with a
    small letter; lines of which none is longer than a heading are left as they are.

    Examples
    --------
    >>> unwrap_lines("Our sessions are long and slow, and for many people\nthey are a rest.")
    'Our sessions are long and slow, and for many people they are a rest.'
    """
    made = []
    for part in re.split(r"(\n[ \t]*\n\s*)", text):
        lines = part.split("\n")
        widest = max(map(len, lines))
        if len(lines) < 2 or widest < 50 or widest > 130:
            made.append(part)
            continue
        joined = lines[0]
        for before, line in pairwise(lines):
            goes_on = before.strip() and not _BEGINS.match(line) and _goes_on(before, line, widest)
            joined += f" {line.strip()}" if goes_on else f"\n{line}"
        made.append(joined)
    return "".join(made)


def _goes_on(before: str, line: str, widest: int) -> bool:
    if line.lstrip()[:1].islower():
        return True
    entry = len(line) < 0.5 * widest and not line.rstrip().endswith((".", "!", "?"))
    if before.rstrip().endswith((".", "!", "?")) and entry:
        return False
    return len(before) >= 0.75 * widest and not before.rstrip().endswith(":")
