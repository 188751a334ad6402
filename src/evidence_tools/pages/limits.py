"""Parts of a sentence that take a promise back: what studies do not show, and how weak they are.

"The studies are weak" is no claim on muscle weakness, and "faster healing has not been shown" none
on healing. Such a part is what a careful sentence is asked to say.
"""

from __future__ import annotations

import re

__all__ = ["is_limit", "says_limit"]

_STUDIES = (
    r"(?:stud(?:y|ies)|trials?|evidence|research|proof|tests?|experts?|guidelines|reviews?|science)"
)
_POOR = (
    r"(?:weak|small|tiny|few|limited|mixed|unclear|uncertain|thin|early|disagree|split|unsettled"
    r"|low[- ]quality|scarce|lacking|one-sided|patchy|missing)"
)
_NOT = r"(?:not|n['’]t|never|no(?: one| study)?|hardly|nothing|neither)"
_SHOWN = (
    r"(?:shown|tested|proven|proved|settled|known|clear|studied|agreed?|established|confirmed"
    r"|measured|tracked|support(?:ed)?|found|demonstrated|certain)"
)
#: Each must stand in one stretch without an end mark between.
_LIMITS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_STUDIES}\b[^.!?;]{{0,40}}\b{_POOR}\b",
        rf"\b{_POOR}\b[^.!?;,]{{0,20}}\b{_STUDIES}\b",
        rf"\b{_NOT}\b[^.!?;,]{{0,30}}\b{_SHOWN}\b",
        rf"\b{_STUDIES}\b[^.!?;]{{0,20}}\b{_NOT}\b",
        rf"\b(?:{_NOT}|cannot)\b[^.!?;,]{{0,12}}\b(?:replace|substitute)\b",
        r"\bwhether\b.{0,80}\b(?:unclear|uncertain|open|not)\b",
        r"\b(?:gain|effect|relief|benefit)s?\b[^.!?;]{0,30}\b(?:fades?|wears? off|gone)\b",
    )
)


def says_limit(text: str) -> bool:
    """Whether a text says a limit of the evidence.

    >>> says_limit("Massage may ease pain, but the studies are weak."), says_limit("It eases pain.")
    (True, False)
    """
    return any(pattern.search(text) for pattern in _LIMITS)


_ASSERTS = re.compile(
    r"\b(?:eas(?:e|es|ing)|reliev\w+|help\w*|improv\w+|reduc\w+|cur(?:e|es|ing)|heal(?:s|ed)?\b"
    r"|treat\w*|boost\w*|lower\w*|lift\w*|releas\w+|flush\w*|prevent\w*|works?)\b",
    re.IGNORECASE,
)


def is_limit(piece: str) -> bool:
    """Whether a piece of a sentence only takes back; one that also asserts an effect does not.

    >>> is_limit("the studies are weak"), is_limit("studies show that it helps, if not always")
    (True, False)
    """
    return says_limit(piece) and _ASSERTS.search(piece) is None
