"""What a browser is told it may do with an answer.

Styles come from our own files only. The few ``style`` attributes of badges, which carry the colours
of a closed list, are allowed by the hash of their text, so that no other one works.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from functools import cache

from evidence_tools.labels import ADVICE, NOT_APPRAISED, SUPPORT, Label

__all__ = ["COMMON_HEADERS", "DOWNLOAD_POLICY", "DRAWING_POLICY", "page_policy"]

#: ``same-origin``, not ``no-referrer``: with the latter browsers send "Origin: null" with our own
#: forms, and these could not be told from foreign ones.
COMMON_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), clipboard-read=()",
}
#: matplotlib writes its styles into the drawing; nothing in it may run.
DRAWING_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
DOWNLOAD_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"


def _styles() -> Iterator[str]:
    """All values of ``style`` that the templates of the report and of the audit can write."""
    from evidence_tools.pages.renditions.marks import PAGE_ADVICE

    labels: set[Label] = {*SUPPORT.values(), NOT_APPRAISED, *ADVICE.values(), *PAGE_ADVICE.values()}
    for label in sorted(labels, key=lambda label: label.word):
        yield f"--fill:{label.colour};--ink:{label.ink}"
        yield f"--edge:{label.colour}"
    yield "text-align: right;"  # of tables in converted notebooks


@cache
def page_policy() -> str:
    """Content security policy of every page."""
    digests = dict.fromkeys(
        base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() for style in _styles()
    )
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; "
        f"style-src-attr 'unsafe-hashes' {allowed}; img-src 'self' data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
