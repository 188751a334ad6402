"""Ask until there is an answer, politely, or say what stands in the way."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from evidence_tools.literature.entrez.answers import UnusableError, check_reply
from evidence_tools.literature.entrez.bio import BioEntrez
from evidence_tools.literature.entrez.errors import EntrezError, NetworkError
from evidence_tools.literature.entrez.limiter import Backoff, Limiter, shared_limiter
from evidence_tools.literature.entrez.settings import Settings
from evidence_tools.literature.entrez.transport import Opener, Transport

__all__ = ["TRIES", "Caller", "OnWait"]

#: How often one request is made at most; the waits between add up to about half a minute.
TRIES = 6

OnWait = Callable[[float, str], None]
T = TypeVar("T")


class Caller:
    """Makes requests one by one: limiter, Bio.Entrez, check, and again where that may help.

    Parameters
    ----------
    settings : Settings
        Who asks, and where.
    clock, sleep : callable
        Monotonic seconds, and the pause.
    random : callable
        Numbers from 0 to 1, for jitter.
    opener : Opener, optional
        In place of urllib's.
    limiter : Limiter, optional
        In place of the one that all clients in this process share.
    on_wait : callable, optional
        Told the seconds and the reason before a wait that is not the limiter's.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] = random.random,
        opener: Opener | None = None,
        limiter: Limiter | None = None,
        on_wait: OnWait | None = None,
    ) -> None:
        self.settings = settings
        self.on_wait = on_wait
        self.requests = 0
        self._lock = threading.Lock()
        self._backoff = Backoff(random)
        if limiter is None and clock is time.monotonic and sleep is time.sleep:
            limiter = shared_limiter(settings.base, settings.api_key, settings.rate)
        self._limiter = limiter or Limiter(settings.rate, clock=clock, sleep=sleep)
        transport = Transport(settings, clock=clock, opener=opener)
        self._bio = BioEntrez(email=settings.email, tool=settings.tool, transport=transport)

    def ask(
        self,
        utility: str,
        parameters: Mapping[str, Any],
        read: Callable[[bytes], T],
        *,
        tries: int = TRIES,
    ) -> T:
        """Make a request until ``read`` makes something of the answer.

        Parameters
        ----------
        utility : str
            E-utility, by the name of its function in Bio.Entrez.
        parameters : mapping
            For the E-utility.
        read : callable
            Makes a value of the body, or raises :class:`UnusableError`.
        tries : int
            How often to ask at most.

        Raises
        ------
        EntrezError
            When no try brought an answer that can be used.
        """
        for failures in range(1, tries + 1):
            self._limiter.acquire()
            with self._lock:
                self.requests += 1
            trouble: UnusableError | NetworkError
            try:
                reply = self._bio.call(utility, **parameters)
                return read(check_reply(reply, utility, self.settings.api_key))
            except (NetworkError, UnusableError) as error:
                trouble = error
            again = trouble.again if isinstance(trouble, UnusableError) else True
            if not again or failures == tries:
                break
            asked = trouble.asked if isinstance(trouble, UnusableError) else None
            seconds = self._backoff.seconds(failures, asked)
            if self.on_wait is not None:
                self.on_wait(seconds, trouble.what)
            self._limiter.hold(seconds)
        raise _final(trouble, utility, failures)


def _final(trouble: UnusableError | NetworkError, utility: str, failures: int) -> EntrezError:
    times = f" ({failures} times)" if failures > 1 else ""
    if isinstance(trouble, NetworkError):
        return NetworkError(trouble.what + times, where=utility, fix=trouble.fix)
    error = trouble.error(trouble.what + times, where=utility, fix=trouble.fix)
    error.damaged = trouble.damaged
    return error
