"""No faster than NCBI allows, and slower when it asks for it.

One limiter serves all threads, and all clients of one process that ask the same address, because
NCBI counts per key or per address of the network and not per object. Slots lie a little further
apart than the rate says: requests sent evenly arrive unevenly, and a fourth within a second is
refused.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

__all__ = ["MARGIN", "Backoff", "Limiter", "parse_retry_after", "shared_limiter"]

#: How much longer than 1/rate two requests lie apart.
MARGIN = 1.05


class Limiter:
    """Hands out slots, at most ``rate`` a second, in the order in which they are asked for.

    Parameters
    ----------
    rate : float
        Requests a second.
    clock, sleep : callable
        Monotonic seconds, and the pause.
    """

    def __init__(
        self,
        rate: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.interval = MARGIN / rate
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next = float("-inf")

    def acquire(self) -> float:
        """Wait for the next slot; return its time by the clock."""
        with self._lock:
            now = self._clock()
            slot = max(now, self._next)
            self._next = slot + self.interval
        # Outside of the lock: others may take the slots after this one meanwhile.
        if slot > now:
            self._sleep(slot - now)
        return slot

    def hold(self, seconds: float) -> None:
        """Give no slot to anybody for so long: NCBI asked for a pause."""
        with self._lock:
            self._next = max(self._next, self._clock() + seconds)


_SHARED: dict[tuple[str, int], Limiter] = {}
_SHARED_LOCK = threading.Lock()


def shared_limiter(base: str, key: str | None, rate: float) -> Limiter:
    """The one limiter of this process for an address and a key."""
    with _SHARED_LOCK:
        # A hash and not the key: nothing that lives as long as the process holds it a second time.
        return _SHARED.setdefault((base, hash(key)), Limiter(rate))


class Backoff:
    """How long to wait before asking again: doubling, with jitter, never less than asked for.

    Parameters
    ----------
    random : callable
        Numbers from 0 to 1, so that many who were refused together do not return together.
    first, longest : float
        Seconds of the first wait, and the most that doubling reaches.
    """

    def __init__(
        self, random: Callable[[], float], *, first: float = 1.0, longest: float = 60.0
    ) -> None:
        self._random = random
        self.first = first
        self.longest = longest

    def seconds(self, failures: int, asked: float | None = None) -> float:
        """Seconds to wait after so many failures (1, 2 …).

        Half of the doubled wait is fixed and half is chance. Where NCBI said how long to wait, that
        is the least, and chance adds up to a second.
        """
        grown = min(self.longest, self.first * 2.0 ** (failures - 1))
        jittered = grown / 2 + grown / 2 * self._random()
        return jittered if asked is None else max(jittered, asked + self._random())


def parse_retry_after(value: str | None, date: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for.

    Parameters
    ----------
    value : str or None
        The header: seconds, or an HTTP date.
    date : str or None
        The Date header of the same answer. A date is measured against it where there is one, since
        the clock of this machine may be wrong.
    now : datetime
        Time of this machine, with its zone.

    Returns
    -------
    float or None
        None when there is no header, or none that can be read.
    """
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    until = _http_date(text)
    if until is None:
        return None
    start = (_http_date(date) if date else None) or now
    return max(0.0, (until - start).total_seconds())


def _http_date(text: str) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(text)
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
