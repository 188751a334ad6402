"""What a check finds, and the register of checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from evidence_tools.assessment import Assessment

__all__ = ["CHECKS", "Check", "Problem", "check"]


@dataclass(frozen=True)
class Problem:
    """What a check found: ``level`` is ``error`` or ``note``."""

    code: str
    level: str
    record: str
    text: str
    fix: str

    def __str__(self) -> str:
        return f"{self.level} {self.code} {self.record}: {self.text}; to mend it: {self.fix}"


Check = Callable[[Assessment], Iterator[Problem]]
#: Every check by its code, in the order in which they run.
CHECKS: dict[str, Check] = {}


def check(code: str) -> Callable[[Check], Check]:
    """Register a function as the check of that code."""

    def register(function: Check) -> Check:
        CHECKS[code] = function
        return function

    return register
