"""Ctrl-C, which a terminal tells all its processes: one of them answers it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker

__all__ = ["without_interrupts"]


@contextmanager
def without_interrupts() -> Iterator[None]:
    """Start processes that leave Ctrl-C to this one.

    Processes, and threads that will start some, inherit what is blocked here. What is told
    meanwhile is answered afterwards, so that no process is started by half. On Windows, which
    blocks no signals, nothing is done; nor is an answer put off outside the main thread.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # Would lift the block when it is started.
    resource_tracker.ensure_running()
    told: list[int] = []
    in_main_thread = threading.current_thread() is threading.main_thread()
    # Any other thread may be told in place of this one, and has the main thread answer.
    handler = in_main_thread and signal.signal(signal.SIGINT, lambda number, _: told.append(number))
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT,))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if in_main_thread:
            signal.signal(signal.SIGINT, handler)
        if told:
            signal.raise_signal(signal.SIGINT)
