"""Processes that write to a store, to be killed, raced or starved by the tests."""

from __future__ import annotations

import os
import random
import resource
import signal
import sys
import time
from itertools import count
from pathlib import Path

from evidence_tools.errors import EvidenceError
from evidence_tools.literature.store import Page, RunPlan, Store, open_store
from evidence_tools.testing.pubmed import make_citation

PLAN = RunPlan("https://example.org/", "neck-pain", "massage[tiab]")
#: Citations of a page.
SIZE = 20


def pmids_of(page: int) -> tuple[str, ...]:
    """PMIDs that belong to a page."""
    return tuple(str(1 + page * SIZE + place) for place in range(SIZE))


def write(store: Store, run: int, page: int, title: str = "") -> int:
    """Write a page; return its id."""
    changes = {"title": title} if title else {}
    made = tuple(make_citation(pmid, **changes) for pmid in pmids_of(page))
    return store.pages.add(Page(pmids_of(page), made, body=b"<set/>"), run=run).page


def write_until_killed(path: Path, first: int, reports: int) -> None:
    """Write pages and report each after it is written; never ends by itself."""
    with open_store(path) as store:
        for page in count(first):
            run = store.runs.start(PLAN)
            store.runs.want(run.id, pmids_of(page), "new")
            # Every third page is one that is there already with another title.
            write(store, run.id, page - 1 if page % 3 == 0 else page, f"title {page}")
            os.write(reports, f"{page}\n".encode())


def kill_again_and_again(path: Path, times: int, seed: int) -> None:
    """Start writers one after the other, kill each at a random moment; print what they reported."""
    rng = random.Random(seed)  # noqa: S311 -- not for secrets
    reported = 0
    for _ in range(times):
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            write_until_killed(path, reported + 1, writing)
        os.close(writing)
        time.sleep(rng.uniform(0, 0.08))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(reading) as lines:
            reported = max([reported, *map(int, lines.read().split())])
        with open_store(path) as store:
            problems = store.check()
            if problems:
                print("damaged", problems, flush=True)
    print("reported", reported)


def write_pages(path: Path, first: int, pages: int) -> None:
    """Write some pages into the one run."""
    with open_store(path) as store:
        run = store.runs.start(PLAN)
        for page in range(first, first + pages):
            write(store, run.id, page)


def hold(path: Path) -> None:
    """Lock the store for writing until standard input ends."""
    with open_store(path) as store, store.database.transaction():
        print("locked", flush=True)
        sys.stdin.read()


def write_into_little_space(path: Path, size: int) -> None:
    """Write pages until the files may grow no more; print how many were written and the error."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    written = 0
    try:
        with open_store(path) as store:
            run = store.runs.start(PLAN)
            for page in count():
                write(store, run.id, page)
                written += 1
    except EvidenceError as error:
        print(written, type(error).__name__, error)


if __name__ == "__main__":
    command, file, *numbers = sys.argv[1:]
    globals()[command](Path(file), *map(int, numbers))
