"""Files spread over processes: a pool on this machine, or Dask's workers wherever they are.

An engine takes a job and files and yields parts as they are done, in any order. A worker that dies
costs the file that it was at, which is given to another; a file that kills every worker that reads
it alone is reported, and the others go on.
"""

from __future__ import annotations

import importlib
import logging
import multiprocessing
import os
import threading
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from typing import Any, TypeAlias

from evidence_tools.errors import BuildError, InputError
from evidence_tools.interrupts import without_interrupts
from evidence_tools.scan.parts import Part, make_part
from evidence_tools.scan.reader import Found, Job, reader_of
from evidence_tools.scan.sources import Source

__all__ = ["Result", "read_on_dask", "read_on_this_machine", "read_part"]

Result: TypeAlias = tuple[Source, Part]

#: How often a file may take a worker with it before it is given up.
_DEATHS = 3
_TIMEOUT = 10


def read_part(job: Job, source: Source) -> Part:
    """Read one file: the unit of work of every engine."""
    return make_part(reader_of(job).read(source))


def _given_up(source: Source) -> Part:
    why = "every worker that read it died; is there memory enough?"
    return make_part(Found(source.name, error=why))


_job: Job | None = None


def _prepare(job: Job) -> None:
    global _job  # each process of the pool has one
    _job = job
    reader_of(job)
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    """End this process when the one that started it was killed: nobody else would."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _read_here(source: Source) -> Part:
    assert _job is not None  # noqa: S101 -- set when the process began
    return read_part(_job, source)


def read_on_this_machine(
    job: Job, sources: Sequence[Source], jobs: int
) -> Generator[Result, None, None]:
    """Read files with a pool of processes; with one job, in this process.

    Parameters
    ----------
    job : Job
        What to look for.
    sources : sequence of Source
        The files.
    jobs : int
        How many processes.
    """
    if jobs == 1 or len(sources) < 2:
        yield from ((source, read_part(job, source)) for source in sources)
        return
    waiting = list(reversed(sources))
    while waiting:
        running: dict[Future[Part], Source] = {}
        try:
            with _pool(job, min(jobs, len(waiting))) as pool:
                while waiting or running:
                    # Few ahead, so that results never pile up here.
                    while waiting and len(running) < 2 * jobs:
                        # Taken off the list only when it is under way: a pool may break here.
                        running[_submit(pool, waiting[-1])] = waiting[-1]
                        waiting.pop()
                    for future in wait(running, return_when=FIRST_COMPLETED).done:
                        part = future.result()
                        yield running.pop(future), part
        except BrokenProcessPool:
            # Nobody says which file it was: those that were under way are read apart from the rest.
            yield from _read_alone(job, running.values())


@contextmanager
def _pool(job: Job, size: int) -> Iterator[ProcessPoolExecutor]:
    # Processes that share nothing with this one: what it has open is none of their business.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(size, context, _prepare, (job,))
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _submit(pool: ProcessPoolExecutor, source: Source) -> Future[Part]:
    # Any task may start a process: the first ones do, and one after a worker's death.
    with without_interrupts():
        return pool.submit(_read_here, source)


def _read_alone(job: Job, sources: Iterable[Source]) -> Generator[Result, None, None]:
    """One file after the other: where the process dies now, the file that it was at is to blame."""
    waiting = list(sources)
    died = dict.fromkeys(waiting, 1)
    while waiting:
        try:
            with _pool(job, 1) as pool:
                while waiting:
                    part = _submit(pool, waiting[0]).result()
                    yield waiting.pop(0), part
        except BrokenProcessPool:
            died[waiting[0]] += 1
            if died[waiting[0]] == _DEATHS:
                source = waiting.pop(0)
                yield source, _given_up(source)


def read_on_dask(
    job: Job, sources: Sequence[Source], jobs: int, scheduler: str | None
) -> Generator[Result, None, None]:
    """Read files with Dask's workers: those of a scheduler, or some started here.

    Parameters
    ----------
    job : Job
        What to look for.
    sources : sequence of Source
        The files; every worker can open them by their addresses.
    jobs : int
        How many workers to start where no scheduler is named.
    scheduler : str or None
        Address such as ``tcp://10.0.0.5:8786``.

    Raises
    ------
    InputError
        When Dask is not installed, nobody answers at the address, or workers have other versions.
    BuildError
        When the scheduler is lost on the way.
    """
    if not sources:
        return
    try:
        # Without types of its own.
        distributed: Any = importlib.import_module("distributed")
    except ImportError as error:
        raise InputError(
            "Dask is not installed", fix="pip install 'evidence-tools[cluster]'"
        ) from error
    with ExitStack() as stack:
        if scheduler is None:
            with without_interrupts():
                cluster = distributed.LocalCluster(
                    n_workers=jobs,
                    threads_per_worker=1,
                    host="127.0.0.1",
                    # Its page on any free port of this machine: the usual one may be taken.
                    dashboard_address="127.0.0.1:0",
                    # What became of a file is said by us, once.
                    silence_logs=logging.CRITICAL,
                )
            stack.enter_context(cluster)
            address: Any = cluster
        else:
            address = scheduler
        try:
            client = stack.enter_context(distributed.Client(address, timeout=_TIMEOUT))
        except (OSError, ValueError) as error:
            raise InputError(
                "no Dask scheduler answers", expected="an address such as tcp://10.0.0.5:8786",
                where=str(scheduler), fix="start one with: dask scheduler",
            ) from error  # fmt: skip
        _check_workers(client, str(scheduler or "the workers started here"))
        try:
            yield from _read_with(distributed, client, job, sources)
        except (OSError, distributed.client.FutureCancelledError) as error:
            raise BuildError(
                f"Dask's scheduler is gone: {' '.join(str(error).split())[:200]}",
                where=str(scheduler or "the one started here"),
                fix="start it again and scan with --resume: what was done is kept",
            ) from error


def _read_with(
    distributed: Any, client: Any, job: Job, sources: Sequence[Source]
) -> Generator[Result, None, None]:
    # A task that every other needs: each worker has the job sent once, not along with every file,
    # and a worker that starts later can have it, too, when those that held it are dead.
    with importlib.import_module("dask").config.set(
        {"distributed.admin.large-graph-warning-threshold": "1GiB"}
    ):
        sent = client.submit(_same, job, key=f"scan-{job.key}-job", pure=False)

    def read(source: Source, name: str) -> Any:
        # Dask groups tasks by the first word of their keys, and hands out those of a large group
        # few at a time.
        key = f"{name}-{job.key}-{source.stem}"
        return client.submit(read_part, sent, source, key=key, pure=False)

    named = {read(source, "read"): source for source in sources}
    suspects = []
    for future in distributed.as_completed(list(named)):
        source = named.pop(future)
        try:
            part = future.result()
        except distributed.KilledWorker:
            suspects.append(source)
        else:
            yield source, part
        # Its bytes leave the worker's memory now.
        future.release()
    # Dask blames every file that a dead worker had before it. Alone, each is to blame for itself.
    for source in suspects:
        future = read(source, "alone")
        try:
            part = future.result()
        except distributed.KilledWorker:
            part = _given_up(source)
        yield source, part
        future.release()


def _same(job: Job) -> Job:
    return job


def _version() -> str:
    from evidence_tools import __version__

    return __version__


def _check_workers(client: Any, where: str) -> None:
    """All workers must read files as we would."""
    ours = _version()
    try:
        theirs = client.run(_version)
    except Exception as error:
        raise InputError(
            f"workers cannot load this package: {error}", expected=f"evidence-tools {ours}",
            where=where, fix="install the same version on every worker",
        ) from error  # fmt: skip
    if not theirs:
        raise InputError(
            "the scheduler has no workers", where=where, fix="start some with: dask worker ADDRESS"
        )
    others = {worker: version for worker, version in theirs.items() if version != ours}
    if others:
        worker, version = min(others.items())
        raise InputError(
            f"worker {worker} has version {version}", expected=f"version {ours}, as here",
            where=where, fix="install the same version on every worker",
        )  # fmt: skip
    versions = client.get_versions()
    packages = {
        name: version
        for name, version in versions["client"]["packages"].items()
        if name in ("python", "numpy", "msgpack", "cloudpickle")
    }
    for worker, told in versions["workers"].items():
        for name, version in packages.items():
            if told["packages"].get(name) != version:
                raise InputError(
                    f"worker {worker} has {name} {told['packages'].get(name)}",
                    expected=f"{name} {version}, as here", where=where,
                    fix="install the same versions on every worker",
                )  # fmt: skip
