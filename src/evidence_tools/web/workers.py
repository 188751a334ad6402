"""Processes that audit pages: a few at a time, each ended when it takes too long.

A page that somebody made to be slow, or to fill the memory, costs its own process and nothing else.
"""

from __future__ import annotations

import logging
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
from anyio import BrokenWorkerProcess, CapacityLimiter, to_process
from anyio.abc import TaskGroup

from evidence_tools.errors import EvidenceError
from evidence_tools.web.orders import Order, Outcome, do_order, warm_up
from evidence_tools.web.settings import Settings

__all__ = ["BusyError", "CrashError", "SlowError", "Workers"]

_log = logging.getLogger(__name__)
#: A worker that does not even load the register in this time never will.
_WARM_SECONDS = 60


class BusyError(Exception):
    """All workers have been at work for as long as one may wait."""


class SlowError(Exception):
    """An audit took too long; its process was ended."""


class CrashError(Exception):
    """The process of an audit died."""


class Workers:
    """Runs orders in processes of their own; made by :meth:`open`."""

    def __init__(self, settings: Settings, profile: str, tasks: TaskGroup) -> None:
        self._settings = settings
        self._profile = profile
        self._tasks = tasks
        self._turns = CapacityLimiter(settings.workers)
        # Turns are given out here, so that waiting for one does not count as auditing.
        self._free = CapacityLimiter(math.inf)

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: Settings, profile: str) -> AsyncIterator[Workers]:
        """Start the processes in the background; they end with the event loop."""
        async with anyio.create_task_group() as tasks:
            workers = cls(settings, profile, tasks)
            for _ in range(settings.workers):
                tasks.start_soon(workers._warm)
            yield workers
            tasks.cancel_scope.cancel()

    async def do(self, order: Order) -> Outcome:
        """Carry out an order.

        Raises
        ------
        EvidenceError
            What reading or auditing the page says.
        BusyError, SlowError, CrashError
            When there is no answer.
        """
        turn = object()
        with anyio.move_on_after(self._settings.wait_seconds) as wait:
            await self._turns.acquire_on_behalf_of(turn)
        if wait.cancelled_caught:
            raise BusyError
        try:
            with anyio.fail_after(self._settings.audit_seconds):
                return await to_process.run_sync(
                    do_order, order, cancellable=True, limiter=self._free
                )
        except TimeoutError:
            self._tasks.start_soon(self._warm)
            raise SlowError from None
        except (BrokenWorkerProcess, MemoryError):
            self._tasks.start_soon(self._warm)
            raise CrashError from None
        finally:
            self._turns.release_on_behalf_of(turn)

    async def _warm(self) -> None:
        evidence: Path = self._settings.evidence
        try:
            with anyio.fail_after(_WARM_SECONDS):
                async with self._turns:
                    await to_process.run_sync(
                        warm_up, evidence, self._profile, cancellable=True, limiter=self._free
                    )
        except EvidenceError as error:
            _log.error("the register cannot be read: %s", error)
        except (TimeoutError, BrokenWorkerProcess):
            _log.error("a process for audits did not start")
