"""Who asks NCBI, and where.

The API key comes from the variable ``NCBI_API_KEY`` and from nowhere else: not from a file, which
would be committed one day, nor from an option, which a shell's history and ``ps`` would show.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from evidence_tools.errors import InputError
from evidence_tools.identifiers import NCBI

__all__ = ["NCBI", "Settings", "settings_from"]

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Settings:
    """Who asks, where, and how long to wait.

    Parameters
    ----------
    email : str
        NCBI writes there before it blocks anybody; it asks for one with every request.
    tool : str
        Name of the program, without spaces.
    api_key : str, optional
        Ten requests a second instead of three. Never shown by ``repr``.
    base : str
        Address of the E-utilities; ``https``, or ``http`` on this machine.
    timeout : float
        Seconds without a sign of life: to connect, and between two pieces of an answer.
    answer_limit : float
        Seconds that a whole answer may take, lest one drip for ever.
    largest_answer : int
        Bytes that one answer may hold; a batch that is larger is asked for in halves.
    """

    email: str
    tool: str = "evidence-tools"
    api_key: str | None = field(default=None, repr=False)
    base: str = NCBI
    timeout: float = 30.0
    answer_limit: float = 300.0
    largest_answer: int = 64 * 1024 * 1024

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", self.email):
            raise InputError(
                f"{self.email!r} is not an e-mail address" if self.email else "no e-mail address",
                expected="an address such as name@example.org, which NCBI asks for",
                fix="set NCBI_EMAIL",
            )
        if not re.fullmatch(r"[\w.-]+", self.tool):
            raise InputError(f"{self.tool!r} is not a tool's name", expected="no spaces")
        parts = urlsplit(self.base)
        if parts.scheme != "https" and not (parts.scheme == "http" and self.is_loopback):
            raise InputError(
                f"{self.base!r} is not an address of E-utilities",
                expected="https://…, or http://127.0.0.1:PORT/… for a trial server",
                fix="set or unset EVIDENCE_EUTILS_BASE",
            )
        if self.api_key is not None and not re.fullmatch(r"[!-~]+", self.api_key):
            raise InputError(
                "NCBI_API_KEY holds characters that no key has",
                expected="letters and digits",
                fix="copy the key again from your NCBI account settings",
            )

    @property
    def is_loopback(self) -> bool:
        """Whether the address is on this machine."""
        return (urlsplit(self.base).hostname or "") in _LOOPBACK

    @property
    def rate(self) -> float:
        """Requests a second that NCBI allows."""
        return 10.0 if self.api_key else 3.0


def settings_from(environ: Mapping[str, str], email: str | None = None) -> Settings:
    """Read settings from environment variables.

    Parameters
    ----------
    environ : mapping
        ``NCBI_EMAIL``, ``NCBI_API_KEY`` and ``EVIDENCE_EUTILS_BASE`` are looked at.
    email : str, optional
        Goes before ``NCBI_EMAIL``.

    Raises
    ------
    InputError
        When there is no e-mail address, or a value cannot be one.
    """
    return Settings(
        email=(email or environ.get("NCBI_EMAIL", "")).strip(),
        # An empty variable is no key: NCBI refuses whatever comes with an empty one.
        api_key=environ.get("NCBI_API_KEY", "").strip() or None,
        base=environ.get("EVIDENCE_EUTILS_BASE", "").strip() or NCBI,
    )
