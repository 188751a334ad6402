"""Files spread over processes: the same bytes whoever read them, and whoever died of it."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import evidence_tools
import killing_files
from evidence_tools.errors import BuildError, InputError
from evidence_tools.scan import engines
from evidence_tools.scan.engines import read_on_dask
from evidence_tools.testing.baseline import baseline_name
from interrupted import hearing, helpers, where_groups_are_seen
from scans import contents, names, put, record, run, some_files

TESTS = Path(__file__).parent
# One after the other: each of them has processes of its own.
pytestmark = pytest.mark.xdist_group("dask")


@pytest.fixture(autouse=True)
def killing(tmp_path_factory, monkeypatch):
    """Processes that are started now know ``killing://``, as of a package that is installed."""
    site = tmp_path_factory.mktemp("site")
    told = site / "killing_files-1.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: killing-files\nVersion: 1\n")
    (told / "entry_points.txt").write_text("[fsspec.specs]\nkilling = killing_files:KillingFiles\n")
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(site), str(TESTS))))
    monkeypatch.setenv(killing_files.MARK, str(os.getpid()))


@pytest.fixture
def smooth(tmp_path):
    """What one process brings of five files."""
    some_files(tmp_path / "in", 5)
    run(tmp_path / "smooth", tmp_path / "in")
    return contents(tmp_path / "smooth")


def stamped(found: dict[str, bytes]) -> dict[str, bytes]:
    """All but the facts, which hold a stamp of the files as they lie."""
    return {name: data for name, data in found.items() if not name.startswith("facts")}


def deadly(folder: Path, *numbers: int, kind: str) -> list[str]:
    """Move some files to where reading them kills; paths of all."""
    (folder / kind).mkdir()
    for number in numbers:
        for ending in ("", ".md5"):
            name = f"{baseline_name(number)}{ending}"
            (folder / name).rename(folder / kind / name)
    return [f"killing://{folder}"]


def deaths(folder: Path) -> dict[str, int]:
    """How many processes each file killed."""
    marks = sorted(folder.rglob("*.killed"))
    return {mark.name[9:13]: len(mark.read_text().splitlines()) for mark in marks}


# Processes of this machine


def test_two_processes_bring_what_one_brings(tmp_path, smooth):
    """Byte by byte, manifest and all."""
    outcome = run(tmp_path / "out", tmp_path / "in", jobs=2)
    assert outcome.read == 5
    assert contents(tmp_path / "out") == smooth


def test_a_process_that_dies_costs_the_file_it_was_at(tmp_path, smooth):
    """Which is read by another; nothing is missing and nothing reported."""
    paths = deadly(tmp_path / "in", 2, kind="once")
    outcome = run(tmp_path / "out", *paths, jobs=2)
    assert outcome.broken == ()
    assert deaths(tmp_path / "in") == {"0002": 1}
    assert stamped(contents(tmp_path / "out")) == stamped(smooth)


def test_a_file_that_kills_whoever_reads_it_is_reported_and_the_others_go_on(tmp_path, smooth):
    """It is tried three times; it is read again when it does so no more."""
    paths = deadly(tmp_path / "in", 3, kind="always")
    outcome = run(tmp_path / "out", *paths, jobs=2)
    assert names(outcome.broken) == [baseline_name(3)]
    assert outcome.broken[0].error == "every worker that read it died; is there memory enough?"
    assert deaths(tmp_path / "in") == {"0003": 3}
    assert outcome.records == 24
    (tmp_path / "in" / "always").rename(tmp_path / "in" / "well")
    outcome = run(tmp_path / "out", *paths, jobs=2)
    assert (outcome.read, outcome.broken) == (1, ())
    assert stamped(contents(tmp_path / "out")) == stamped(smooth)


def test_a_pool_that_breaks_while_work_is_handed_to_it_loses_no_file(tmp_path, smooth, monkeypatch):
    """The file that was to be handed over is still on the list."""
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    real, handed = ProcessPoolExecutor.submit, []

    def submit(self, function, *arguments):
        if not arguments:  # the first task, of no file, starts the processes
            return real(self, function)
        (source,) = arguments
        handed.append(source.number)
        if len(handed) == 3:
            raise BrokenProcessPool("a process died")
        return real(self, function, *arguments)

    monkeypatch.setattr(ProcessPoolExecutor, "submit", submit)
    outcome = run(tmp_path / "out", tmp_path / "in", jobs=2)
    assert handed[2] == 3
    assert outcome.read == 5
    assert contents(tmp_path / "out") == smooth


_KILLED = """
import sys, time
from pathlib import Path
from scans import run
from evidence_tools.scan.engines import read_on_this_machine

def slowly(job, sources):
    for one in read_on_this_machine(job, sources, 2):
        yield one
        print("read", flush=True)
        time.sleep(60)

if __name__ == "__main__":
    root = Path(sys.argv[1])
    run(root / "out", root / "in", engine=slowly)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")
def test_a_scan_that_is_killed_leaves_no_process_behind(tmp_path, smooth):
    """Its workers end by themselves, and what they held is free again."""
    script = tmp_path / "killed.py"
    script.write_text(_KILLED)
    scan = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=TESTS,
    )  # fmt: skip
    with scan:
        assert scan.stdout.readline() == "read\n"
        children = Path(f"/proc/{scan.pid}/task/{scan.pid}/children").read_text().split()
        assert len(children) >= 2
        scan.send_signal(signal.SIGKILL)
    ends = time.monotonic() + 10
    while any(Path(f"/proc/{child}").exists() for child in children):
        assert time.monotonic() < ends, "workers live on"
        time.sleep(0.05)
    # And the folder can be gone on with.
    assert run(tmp_path / "out", tmp_path / "in").read in (3, 4)
    assert contents(tmp_path / "out") == smooth


# Dask


@pytest.fixture(scope="module")
def distributed():
    """Dask's scheduler and workers, which CI has."""
    return importlib.import_module("distributed")


@pytest.fixture(scope="module")
def cluster(distributed):
    """Two workers, each a process, and their scheduler on loopback."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0"
    ) as made:
        yield made


def on_dask(scheduler: str | None = None, jobs: int = 2):
    """The engine of ``--engine dask``."""
    return lambda job, sources: read_on_dask(job, sources, jobs, scheduler)


def test_workers_of_dask_bring_what_one_process_brings(tmp_path, smooth):
    """Byte by byte, with two processes that are started for it."""
    outcome = run(tmp_path / "out", tmp_path / "in", engine=on_dask())
    assert (outcome.read, outcome.broken) == (5, ())
    assert contents(tmp_path / "out") == smooth
    # With nothing to read, none are started.
    start = time.monotonic()
    assert run(tmp_path / "out", tmp_path / "in", engine=on_dask("tcp://127.0.0.1:1")).read == 0
    assert time.monotonic() - start < 2


def test_files_that_kill_workers_of_dask(tmp_path, smooth, distributed):
    """What kills one is read by another; what kills all is reported, and nothing else."""
    # Loaded before settings are changed: with what it lacked it would lose all of its own later.
    assert distributed
    dask = importlib.import_module("dask")
    deadly(tmp_path / "in", 2, kind="once")
    paths = deadly(tmp_path / "in", 4, kind="always")
    # So that few workers have to die; with Dask's own number it is the same at greater length.
    with dask.config.set({"distributed.scheduler.allowed-failures": 1}):
        outcome = run(tmp_path / "out", *paths, engine=on_dask())
    assert names(outcome.broken) == [baseline_name(4)]
    assert outcome.broken[0].error == "every worker that read it died; is there memory enough?"
    assert deaths(tmp_path / "in")["0002"] == 1
    (tmp_path / "in" / "always").rename(tmp_path / "in" / "well")
    outcome = run(tmp_path / "out", *paths)
    assert (outcome.read, outcome.broken) == (1, ())
    assert stamped(contents(tmp_path / "out")) == stamped(smooth)


def test_no_scheduler_at_the_address_is_one_line(tmp_path, monkeypatch):
    """Within the time that is given it; no address at all at once."""
    assert engines._TIMEOUT <= 10
    monkeypatch.setattr(engines, "_TIMEOUT", 1)
    some_files(tmp_path / "in", 1)
    start = time.monotonic()
    for address in ("tcp://127.0.0.1:1", "pigeon://loft", "tcp://127.0.0.1:nine"):
        with pytest.raises(InputError) as error:
            run(tmp_path / "out", tmp_path / "in", engine=on_dask(address))
        assert str(error.value) == (
            f"{address}: no Dask scheduler answers; expected an address such as "
            "tcp://10.0.0.5:8786; to mend it: start one with: dask scheduler"
        )
    assert time.monotonic() - start < 8


def test_a_scheduler_without_workers_is_one_line(tmp_path, distributed):
    """Files would wait for ever."""
    some_files(tmp_path / "in", 1)
    with distributed.LocalCluster(
        n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0"
    ) as empty:
        with pytest.raises(InputError) as error:
            run(tmp_path / "out", tmp_path / "in", engine=on_dask(empty.scheduler_address))
        assert str(error.value) == (
            f"{empty.scheduler_address}: the scheduler has no workers; to mend it: start some "
            "with: dask worker ADDRESS"
        )


def test_workers_of_another_version_are_one_line(tmp_path, monkeypatch, distributed, cluster):
    """Of this package, or of one that they talk with; or without this package at all."""
    some_files(tmp_path / "in", 1)
    where = cluster.scheduler_address

    def refused() -> str:
        with pytest.raises(InputError) as error:
            run(tmp_path / "out", tmp_path / "in", engine=on_dask(where))
        assert not (tmp_path / "out" / "facts").exists()
        return str(error.value)

    ours = evidence_tools.__version__
    with monkeypatch.context() as patch:
        patch.setattr(evidence_tools, "__version__", "0.0.1")
        assert f" has version {ours}; expected version 0.0.1, as here" in refused()
    real = distributed.Client.get_versions

    def others(self, *_: object, **__: object):
        told = real(self)
        told["client"]["packages"]["numpy"] = "0.1"
        return told

    with monkeypatch.context() as patch:
        patch.setattr(distributed.Client, "get_versions", others)
        line = refused()
        assert " has numpy " in line
        assert "expected numpy 0.1, as here" in line

    def lacks(self, *_: object, **__: object):
        raise ModuleNotFoundError("No module named 'evidence_tools'")

    with monkeypatch.context() as patch:
        patch.setattr(distributed.Client, "run", lacks)
        assert (
            "workers cannot load this package: No module named 'evidence_tools'; expected "
            f"evidence-tools {ours}"
        ) in refused()


def test_a_worker_of_dask_that_is_killed_on_the_way_costs_nothing(
    tmp_path, smooth, distributed, cluster
):
    """Killed from without, while files are read by it: the same bytes."""
    pids: list[int] = []

    def engine(job, sources):
        with distributed.Client(cluster.scheduler_address) as client:
            for one in read_on_dask(job, sources, 2, cluster.scheduler_address):
                if not pids:
                    pids.extend(client.run(os.getpid).values())
                    os.kill(pids[0], signal.SIGKILL)
                yield one

    outcome = run(tmp_path / "out", tmp_path / "in", engine=engine)
    assert len(pids) == 2
    assert pids[0] != os.getpid()
    assert (outcome.read, outcome.broken) == (5, ())
    assert contents(tmp_path / "out") == smooth


def test_a_scheduler_that_is_lost_on_the_way_is_one_line(tmp_path, smooth, distributed):
    """What was done is kept, and gone on with."""
    made = distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0"
    )

    def engine(job, sources):
        for one in read_on_dask(job, sources, 1, made.scheduler_address):
            yield one
            made.close()

    with pytest.raises(BuildError) as error:
        run(tmp_path / "out", tmp_path / "in", engine=engine)
    assert "Dask's scheduler is gone" in str(error.value)
    assert "start it again and scan with --resume: what was done is kept" in str(error.value)
    assert run(tmp_path / "out", tmp_path / "in").read <= 4
    assert contents(tmp_path / "out") == smooth


def test_without_dask_it_is_said_how_to_get_it(tmp_path, monkeypatch):
    """One line, before anything is started."""
    put(tmp_path / "in", 1, record(1))
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"Dask is not installed; .*evidence-tools\[cluster\]"):
        run(tmp_path / "out", tmp_path / "in", engine=on_dask())


_INTERRUPTED = """
import sys, time
from pathlib import Path
from scans import run
from evidence_tools.scan.engines import read_on_dask, read_on_this_machine

def slowly(job, sources):
    if sys.argv[2] == "local":
        results = read_on_this_machine(job, sources, 2)
    else:
        results = read_on_dask(job, sources, 2, None)
    for one in results:
        yield one
        print("read", flush=True)
        time.sleep(60)

if __name__ == "__main__":
    root = Path(sys.argv[1])
    try:
        run(root / "out", root / "in", engine=slowly)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


@where_groups_are_seen
@pytest.mark.parametrize("engine", ["local", "dask"])
def test_ctrl_c_is_no_matter_of_the_workers(tmp_path, smooth, engine):
    """A terminal tells all its processes: the workers end without a word, and soon."""
    script = tmp_path / "slow_scan.py"
    script.write_text(_INTERRUPTED)
    scan = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path), engine], cwd=TESTS, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with scan:
        assert scan.stdout.readline() == "read\n"
        assert len(helpers(scan.pid)) >= 2  # the workers, and what is started beside them
        assert hearing(scan.pid) == []
        os.killpg(scan.pid, signal.SIGINT)
        said, told = scan.communicate(timeout=60)
    assert (said, told) == ("interrupted\n", "")
    assert run(tmp_path / "out", tmp_path / "in").read <= 4
    assert contents(tmp_path / "out") == smooth
