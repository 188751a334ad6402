"""Put the reported effects of different sources onto one side: right is in favour of massage.

Sources disagree on signs. A finding is placed only where its own record says which side its sign
favours; otherwise it is listed and not drawn.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from evidence_tools.models import Finding
from evidence_tools.vocab import Effect

__all__ = ["Placed", "place_effect"]

_RATIOS = frozenset({"RR", "OR"})
_STANDARDISED = frozenset({"SMD", "g", "d", "ES"})
_HANDS_ON = (
    r"(?:massage|the massage|treatment|manual therapy|touch|(?:myofascial )?release|rolling|tuina|"
    r"compression|soft tissue treatment)"
)
_SIDE = re.compile(
    rf"\b(negative|positive|above 1)\b[^.;]{{0,40}}?\b(?:would )?favou?rs? {_HANDS_ON}\b"
    rf"(?! over)", re.IGNORECASE,
)  # fmt: skip


@dataclass(frozen=True)
class Placed:
    """An effect on a common side: positive favours massage.

    ``scale`` is ``standardised`` (in standard deviations), ``ratio`` (natural logarithm) or ``raw``
    (the source's own units).
    """

    scale: str
    estimate: float | None
    low: float | None
    high: float | None


def place_effect(finding: Finding) -> Placed | None:
    """Place a finding's effect; None where it has no number, no measure or no known side."""
    if finding.estimate is None and finding.ci_low is None:
        return None
    if finding.measure is None:
        # A share or a mean of one group is no contrast between two.
        return None
    sign = _favourable_sign(finding)
    if sign is None:
        return None
    ratio = finding.measure in _RATIOS
    scale = "ratio" if ratio else "standardised" if finding.measure in _STANDARDISED else "raw"
    values = [finding.estimate, finding.ci_low, finding.ci_high]
    if ratio and any(value is not None and value <= 0 for value in values):
        return None
    placed = [
        None if value is None else sign * (math.log(value) if ratio else value) for value in values
    ]
    low, high = placed[1], placed[2]
    if low is not None and high is not None and low > high:
        low, high = high, low
    return Placed(scale, placed[0], low, high)


def _favourable_sign(finding: Finding) -> int | None:
    """Sign (+1 or -1) that favours massage in this finding's own numbers."""
    said = _SIDE.search(finding.note or "")
    if said:
        return -1 if said[1].casefold() == "negative" else 1
    value = finding.estimate
    if value is None and finding.ci_low is not None and finding.ci_high is not None:
        value = (finding.ci_low + finding.ci_high) / 2
    neutral = 1.0 if finding.measure in _RATIOS else 0.0
    if value is None or value == neutral:
        return None
    above = 1 if value > neutral else -1
    if finding.direction is Effect.FAVOURS_MASSAGE:
        return above
    if finding.direction in (Effect.FAVOURS_COMPARATOR, Effect.HARM):
        return -above
    return None
