"""What a server serves, and how much it lets anybody ask of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from evidence_tools.pages.reading import Limits

__all__ = ["Settings"]


@dataclass(frozen=True)
class Settings:
    """Folders, address and limits of a server.

    ``request_bytes`` bounds all of a request's body: the largest file that is read, or the page
    that an answer's buttons post again, which JSON may make up to twelve times as long as its
    text. ``answer_characters`` bounds what an answer shows. ``head_seconds`` is how long the head
    of a request may take and a connection may rest, ``stall_seconds`` how long an upload may pause,
    ``upload_seconds`` how long it may take, ``audit_seconds`` how long one audit may run before its
    process is ended, and ``wait_seconds`` how long it may wait for its turn. ``workers`` audits run
    at a time; ``pending`` may be under way in all.
    """

    evidence: Path
    report: Path
    host: str = "127.0.0.1"
    limits: Limits = field(default_factory=Limits)
    request_bytes: int = 24_000_000
    answer_characters: int = 20_000_000
    head_seconds: float = 15.0
    stall_seconds: float = 10.0
    upload_seconds: float = 120.0
    audit_seconds: float = 20.0
    wait_seconds: float = 30.0
    workers: int = 2
    pending: int = 8
