"""A scan from beginning to end: killed, repeated, on broken files and full disks, and its store."""

from __future__ import annotations

import errno
import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from builders import ROOT
from evidence_tools import files as files_module
from evidence_tools.cli import main
from evidence_tools.errors import DataError, InputError
from evidence_tools.literature.store import open_store
from evidence_tools.literature.store.pagelog import PageLog
from evidence_tools.scan import scanning, storing
from evidence_tools.scan.standing import Status
from evidence_tools.testing.baseline import baseline_name
from monthly import add_searches
from scans import (
    QUERIES,
    contents,
    marks,
    names,
    other,
    pack,
    put,
    record,
    rows,
    run,
    set_xml,
    some_files,
    with_md5,
)

TESTS = Path(__file__).parent


@pytest.fixture
def small(project, monkeypatch):
    """The small project with two strategies; one stands in its folder."""
    add_searches(project)
    monkeypatch.chdir(project)
    monkeypatch.delenv("EVIDENCE_STORE", raising=False)
    return project


def call(*arguments: str, typed: str | None = None):
    """Run ``evidence`` in the folder one stands in."""
    result = CliRunner().invoke(main, list(arguments), input=typed)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def lines(text: str) -> list[str]:
    """Lines that are there to be read."""
    return [line for line in text.splitlines() if line.strip()]


# Killed, and gone on with


def test_killed_at_any_moment_and_gone_on_with_it_is_as_if_nobody_had(tmp_path):
    """Manifest, selection and every part: the same bytes; nothing half-written is left."""
    some_files(tmp_path / "in", 3)
    smooth = tmp_path / "smooth"
    run(smooth, tmp_path / "in")
    room = tmp_path / "room"
    room.mkdir()
    done = subprocess.run(
        [sys.executable, str(TESTS / "scan_driver.py"), str(tmp_path / "in"), str(room), "4"],
        capture_output=True, text=True, check=False, timeout=120, cwd=TESTS,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 20
    wanted = contents(smooth)
    assert {name.partition("/")[0] for name in wanted} >= {
        "citations", "numbers", "facts", "manifest.parquet", "selected.parquet",
    }  # fmt: skip
    for out in sorted(room.iterdir()):
        assert contents(out) == wanted, out.name


def test_the_same_again_changes_nothing(tmp_path):
    """Not a byte and not the age of a file; nothing is read."""
    some_files(tmp_path / "in", 3)
    first = run(tmp_path / "out", tmp_path / "in")
    before = marks(tmp_path / "out")
    again = run(tmp_path / "out", tmp_path / "in")
    assert (first.read, again.read) == (3, 0)
    assert marks(tmp_path / "out") == before
    assert again.standing.table.equals(first.standing.table)


def test_new_files_are_read_and_the_others_are_not(tmp_path):
    """As every month: the same folder with more updates in it."""
    some_files(tmp_path / "in", 2)
    run(tmp_path / "out", tmp_path / "in")
    before = marks(tmp_path / "out")
    put(tmp_path / "in", 3, record(3_000), other(1_000), deleted=[2_000])
    outcome = run(tmp_path / "out", tmp_path / "in")
    assert outcome.read == 1
    assert outcome.standing.pmids(Status.IN_FORCE) == {1_003, 2_003, 3_000}
    kept = {name: mark for name, mark in marks(tmp_path / "out").items() if "000" in name}
    assert {name: mark for name, mark in kept.items() if "0003" not in name} == {
        name: mark for name, mark in before.items() if "000" in name
    }
    smooth = run(tmp_path / "smooth", tmp_path / "in")
    assert smooth.read == 3
    assert contents(tmp_path / "out") == contents(tmp_path / "smooth")


def test_a_file_that_was_changed_is_read_again(tmp_path):
    """Told by size and age."""
    some_files(tmp_path / "in", 2)
    run(tmp_path / "out", tmp_path / "in")
    put(tmp_path / "in", 2, record(77))
    outcome = run(tmp_path / "out", tmp_path / "in")
    assert outcome.read == 1
    assert 77 in outcome.standing.pmids(Status.IN_FORCE)


def test_fewer_files_bring_what_they_hold(tmp_path):
    """Parts of files that are not named any more count for nothing; named again, they do."""
    some_files(tmp_path / "in", 2)
    run(tmp_path / "out", tmp_path / "in")
    fewer = run(tmp_path / "out", tmp_path / "in" / baseline_name(1))
    assert fewer.standing.pmids(Status.IN_FORCE) == {1_000, 1_003}
    both = run(tmp_path / "out", tmp_path / "in")
    assert (fewer.read, both.read) == (0, 0)
    assert both.standing.pmids(Status.IN_FORCE) == {1_003, 2_000, 2_003}


def test_two_scans_at_once_do_not_share_a_folder(tmp_path):
    """The second is refused, and says so."""
    some_files(tmp_path / "in", 2)

    def meanwhile(job, sources):
        with pytest.raises(InputError, match="another scan writes to this folder"):
            run(tmp_path / "out", tmp_path / "in")
        yield from ()

    with pytest.raises(DataError):  # an engine that reads nothing leaves no facts
        run(tmp_path / "out", tmp_path / "in", engine=meanwhile)
    assert run(tmp_path / "out", tmp_path / "in").read == 2


# Broken files


def test_a_broken_file_is_reported_the_others_go_on_and_mended_it_is_read(small):
    """Exit status 1 and its name; then 0 and its records."""
    folder = some_files(small / "in", 3)
    path = folder / baseline_name(2)
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])
    path.with_name(f"{path.name}.md5").unlink()
    status, out, err = call("scan", str(folder))
    assert status == 1
    assert out.startswith("3 files (3 read now), 12 records, 4 selected\n")
    line = f"evidence: {path.name}: the packed data end too early; fetch the file again"
    assert err.splitlines()[-1] == line
    report = (small / "store" / "scan" / "report.md").read_text()
    assert "## Files that could not be used" in report
    assert f"- {path.name}: the packed data end too early" in report
    told = pq.read_table(small / "store" / "scan" / "manifest.parquet").to_pylist()
    assert [row["status"] for row in told] == ["read", "broken", "read"]
    # Still broken: the same again.
    status, out, err = call("scan", str(folder))
    assert (status, out.splitlines()[0]) == (1, "3 files (1 read now), 12 records, 4 selected")
    path.write_bytes(whole)
    status, out, err = call("scan", str(folder))
    assert (status, out.splitlines()[0]) == (0, "3 files (1 read now), 18 records, 5 selected")
    assert "could not be used" not in (small / "store" / "scan" / "report.md").read_text()


def test_all_files_broken_is_still_a_report(small):
    """Nothing stands; each is named."""
    (small / "in").mkdir()
    for number in (1, 2):
        (small / "in" / baseline_name(number)).write_bytes(b"<html></html>")
    status, out, err = call("scan", "in")
    assert status == 1
    assert out.startswith("2 files (2 read now), 0 records, 0 selected\n")
    assert [line for line in err.splitlines() if "HTML" in line] == [
        f"evidence: {baseline_name(n)}: the body is not read: it is an HTML page" for n in (1, 2)
    ]


def test_missing_files_are_named_each_time(small):
    """Up to ten one by one; the page names them all."""
    for number in (1, 3, 5, 20):
        put(small / "in", number, record(number))
    status, _, err = call("scan", "in")
    assert status == 0
    said = [line for line in err.splitlines() if "not there" in line]
    assert said[0] == ("evidence: not there: pubmed26n0002.xml.gz; what it changes is not applied")
    assert said[1].startswith("evidence: not there: pubmed26n0004.xml.gz")
    assert said[10:] == [
        "evidence: not there: 6 more, up to pubmed26n0019.xml.gz; report.md names them"
    ]
    report = (small / "store" / "scan" / "report.md").read_text()
    assert report.count("- pubmed26n00") == 16
    status, out, _ = call("scan", "in", "--format", "json")
    assert len(json.loads(out)["missing"]) == 16


def test_a_file_twice_under_two_names_is_said(small):
    """And left out."""
    path = put(small / "in", 1, record(1), deleted=[9])
    shutil.copyfile(path, path.with_name(baseline_name(2)))
    status, out, err = call("scan", "in")
    assert status == 0
    assert out.startswith("2 files (2 read now), 1 record, 1 selected\n")
    assert "evidence: pubmed26n0002.xml.gz is the same as pubmed26n0001.xml.gz; left out" in err
    assert "is the same as" in (small / "store" / "scan" / "report.md").read_text()


# Parts damaged by hand


@pytest.mark.parametrize("damage", [b"", b"garbage", None], ids=["empty", "garbage", "gone"])
@pytest.mark.parametrize("kind", ["citations", "numbers", "facts"])
def test_a_part_that_is_cut_or_gone_is_read_again(tmp_path, kind, damage):
    """From the file that it came from; the result is what it was."""
    some_files(tmp_path / "in", 2)
    run(tmp_path / "out", tmp_path / "in")
    before = contents(tmp_path / "out")
    (path,) = (tmp_path / "out" / kind).glob("*0002.*")
    path.unlink() if damage is None else path.write_bytes(damage)
    assert run(tmp_path / "out", tmp_path / "in").read == 1
    assert contents(tmp_path / "out") == before


@pytest.mark.parametrize("kind", ["citations", "numbers"])
def test_a_part_damaged_within_is_one_line(small, kind):
    """What it says to do mends it."""
    some_files(small / "in", 2)
    call("scan", "in")
    before = contents(small / "store" / "scan")
    (path,) = (small / "store" / "scan" / kind).glob("*0002.parquet")
    path.write_bytes(b"\0" * path.stat().st_size)
    status, out, err = call("scan", "in")
    assert (status, out, len(lines(err))) == (1, "", 1)
    assert f"{kind}/pubmed26n0002.parquet: cannot be read: " in err
    assert "delete this file and run the scan again" in err
    path.unlink()
    assert call("scan", "in")[0] == 0
    assert contents(small / "store" / "scan") == before


# Full disks


def full(*_: object, **__: object) -> None:
    """The disk has no room."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("moment", range(1, 9))
def test_a_full_disk_is_one_line_and_what_was_done_stays(tmp_path, monkeypatch, moment):
    """Wherever it fills up; with room again, the scan goes on from there."""
    some_files(tmp_path / "in", 2)
    run(tmp_path / "smooth", tmp_path / "in")
    real, count = os.fsync, 0

    def fsync(handle: int) -> None:
        nonlocal count
        count += 1
        if count > moment:
            full()
        real(handle)

    monkeypatch.setattr(files_module.os, "fsync", fsync)
    with pytest.raises(DataError) as error:
        run(tmp_path / "out", tmp_path / "in")
    assert "cannot be written: No space left on device" in str(error.value)
    assert "free space" in str(error.value)
    assert not list((tmp_path / "out").rglob(".*.*"))
    monkeypatch.setattr(files_module.os, "fsync", real)
    # scan.json, then three files a part, then the selection and the manifest.
    assert run(tmp_path / "out", tmp_path / "in").read == 2 - min(2, (moment - 1) // 3)
    assert contents(tmp_path / "out") == contents(tmp_path / "smooth")


def test_a_disk_that_is_full_for_the_times_only_is_one_line(tmp_path, monkeypatch):
    """They are no part of the result, and the part before them stays."""
    some_files(tmp_path / "in", 2)
    real = Path.open

    def opened(self: Path, *arguments: str, **more: str):
        if self.name == "times.csv":
            full()
        return real(self, *arguments, **more)

    monkeypatch.setattr(Path, "open", opened)
    with pytest.raises(DataError, match=r"times\.csv: cannot be written: No space left"):
        run(tmp_path / "out", tmp_path / "in")
    monkeypatch.undo()
    assert run(tmp_path / "out", tmp_path / "in").read == 1


def test_a_real_limit_on_what_may_be_written(small):
    """The system itself refuses: one line, no traceback, exit status 1; then it goes on."""
    put(small / "in", 1, record(1))
    put(small / "in", 2, *(record(n, f"Massage {n} {n * 7919}") for n in range(100, 1_500)))

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (25_000, 25_000))

    done = subprocess.run(
        [sys.executable, "-c", "from evidence_tools.cli import main; main()", "scan", "in",
         "--jobs", "1", "--no-store"],
        capture_output=True, text=True, check=False, preexec_fn=limit,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert lines(done.stderr) == [done.stderr.strip()]
    assert "cannot be written: File too large" in done.stderr
    status, out, _ = call("scan", "in")
    assert (status, out.splitlines()[0]) == (
        0,
        "2 files (1 read now), 1,401 records, 1,401 selected",
    )


def test_a_folder_that_may_not_be_written_is_one_line(small, monkeypatch):
    """Said before anything is read."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    put(small / "in", 1, record(1))
    monkeypatch.setattr(files_module.tempfile, "mkstemp", refuse)
    status, out, err = call("scan", "in")
    assert (status, out, len(lines(err))) == (1, "", 1)
    assert "cannot be written: Permission denied" in err


def test_a_folder_that_may_not_be_held_is_one_line(tmp_path, monkeypatch):
    """Of a scan that somebody else made, say."""
    some_files(tmp_path / "in", 1)
    run(tmp_path / "out", tmp_path / "in")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(scanning.FileLock, "acquire", refuse)
    with pytest.raises(DataError, match="cannot be written: Permission denied; to mend it: mend"):
        run(tmp_path / "out", tmp_path / "in")


def test_a_file_in_the_place_of_the_folder_is_one_line(small):
    """Nothing is read, and the file stays."""
    some_files(small / "in", 1)
    (small / "tables").write_text("mine")
    status, out, err = call("scan", "in", "--out", "tables")
    assert (status, out, len(lines(err))) == (1, "", 1)
    assert "cannot be written: " in err
    assert (small / "tables").read_text() == "mine"


# One folder, one order


def test_other_strategies_in_the_same_folder_are_refused(small):
    """Which differ is said; another folder takes them."""
    some_files(small / "in", 2)
    assert call("scan", "in", "--search", "back")[0] == 0
    status, out, err = call("scan", "in")
    assert (status, out, len(lines(err))) == (2, "", 1)
    assert "the folder holds a scan of other strategies (massage)" in err
    assert "name another folder with --out, or delete this one" in err
    assert call("scan", "in", "--out", "all")[0] == 0


def test_another_version_or_tree_is_refused(tmp_path, monkeypatch):
    """Parts of two versions do not belong together."""
    some_files(tmp_path / "in", 1)
    run(tmp_path / "out", tmp_path / "in")
    monkeypatch.setattr(scanning, "__version__", "0.0.1")
    with pytest.raises(InputError) as error:
        run(tmp_path / "out", tmp_path / "in")
    assert "holds a scan of another version of this program, or without --mesh" in str(error.value)


def test_a_folder_in_which_nothing_was_read_takes_other_strategies(tmp_path):
    """Who was asked and said no narrows the strategy, and need not delete anything."""
    some_files(tmp_path / "in", 1)
    scanning.open_order(tmp_path / "out", {"all": "all[sb]"}, ["in"], None, "")
    assert run(tmp_path / "out", tmp_path / "in").read == 1


def test_resume_goes_on_with_the_searches_and_paths_of_the_scan(small, monkeypatch, tmp_path):
    """From wherever one stands."""
    some_files(small / "in", 2)
    assert call("scan", "in", "--search", "massage", "--out", "one")[0] == 0
    put(small / "in", 3, record(3_000), record(3_001, "Lifting with the back"))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    status, out, _ = call(
        "--evidence", str(small / "evidence"), "scan", "--resume", "--out", str(small / "one")
    )
    assert status == 0
    assert lines(out)[0] == "3 files (1 read now), 14 records, 4 selected"
    assert lines(out)[1:] == ["  massage  4"]


def test_resume_where_nothing_was_begun_is_one_line(small):
    """And what to do instead."""
    status, out, err = call("scan", "--resume")
    assert (status, out, len(lines(err))) == (2, "", 1)
    assert "there is no scan to go on with" in err
    assert "name the files or folders to scan" in err
    assert not (small / "store").exists()


def test_an_order_damaged_by_hand_is_one_line(small):
    """Another folder, or its own deleted."""
    some_files(small / "in", 1)
    call("scan", "in")
    (small / "store" / "scan" / "scan.json").write_text("{")
    status, out, err = call("scan", "in")
    assert (status, out, len(lines(err))) == (1, "", 1)
    assert "scan.json: cannot be read: " in err


# A strategy that matches everything


@pytest.fixture
def everything(small, monkeypatch):
    """More records than anybody wants, of which all match; a tenth of them would be too many."""
    monkeypatch.setattr(scanning.Sample, "is_large", property(lambda self: self.share > 0.1))
    put(small / "in", 1, *map(record, range(1, 50)))
    return small


def test_a_strategy_that_matches_everything_is_refused_where_nobody_can_be_asked(everything):
    """How much it would be is said, and nothing is read."""
    status, out, err = call("scan", "in")
    assert (status, out, len(lines(err))) == (2, "", 1)
    assert "records match (100% of a sample), about " in err
    assert "narrow it, or add --yes to go on" in err
    assert not (everything / "store" / "scan" / "facts").exists()
    status, out, _ = call("scan", "in", "--search", "back")
    assert (status, out.splitlines()[0]) == (0, "1 file (1 read now), 49 records, 0 selected")


def test_with_yes_nobody_is_asked(everything):
    """It goes on."""
    status, out, _ = call("scan", "in", "--yes")
    assert (status, out.splitlines()[0]) == (0, "1 file (1 read now), 49 records, 49 selected")


@pytest.mark.parametrize(("typed", "wanted"), [("y\n", 0), ("n\n", 1), ("", 1)])
def test_at_a_terminal_one_is_asked(everything, monkeypatch, typed, wanted):
    """Yes goes on; no, and no answer, read nothing."""
    monkeypatch.setattr("evidence_tools.cli.scan._is_terminal", lambda: True)
    status, _, err = call("scan", "in", typed=typed)
    assert status == wanted
    assert "records match (100% of a sample)" in err
    assert "Go on? [y/N]" in err
    assert (everything / "store" / "scan" / "facts").exists() == (wanted == 0)


def test_the_estimate_is_of_the_right_size(tmp_path):
    """Share, records and what they would take, from the first records of a few files."""
    for number in range(1, 8):
        several = [(record if n % 4 == 0 else other)(number * 1_000 + n) for n in range(400)]
        put(tmp_path / "in", number, *several)
    from evidence_tools.scan.sources import find_sources

    sources = find_sources([str(tmp_path / "in")])
    taken, sample = scanning.take_sample(sources, QUERIES, None)
    assert len(taken) == 1_200
    assert sample.share == 0.25
    assert sample.citations == int(sample.records * 0.25)
    assert not sample.is_large


def test_a_broken_file_in_the_sample_is_told_when_it_is_read(tmp_path):
    """Not before, whatever it is."""
    some_files(tmp_path / "in", 2)
    bad = tmp_path / "in" / baseline_name(1)
    for data in (
        b"",
        b"<html/>",
        pack(set_xml(record(1), b"<ERROR>no</ERROR>"))[:-3],
        b"\x1f\x8bx",
    ):
        bad.write_bytes(data)
        with_md5(bad)
        outcome = run(tmp_path / f"out{len(data)}", tmp_path / "in")
        assert names(outcome.broken) == [bad.name]


# What the store holds


def stored(root: Path) -> dict[str, str]:
    """Titles by PMID of what a sound store holds."""
    with open_store(root / "store" / "literature.sqlite") as store:
        assert store.check() == []
        return {pmid: store.citations([pmid])[pmid].title for pmid in store.pmids()}


def test_the_store_holds_what_stands_and_the_same_again_adds_nothing(small):
    """New; then neither new, changed nor removed, page by page."""
    some_files(small / "in", 3)
    _, _, err = call("scan", "in")
    assert "store: 5 new, 0 changed, 0 removed; queue them for screening with: " in err
    assert set(stored(small)) == {"1003", "2000", "2003", "3000", "3003"}
    with open_store(small / "store" / "literature.sqlite") as store:
        before = store.counts()
    _, _, err = call("scan", "in")
    assert "store: 0 new, 0 changed, 0 removed" in err
    with open_store(small / "store" / "literature.sqlite") as store:
        assert store.counts() == before


def test_the_store_keeps_versions_and_knows_what_was_deleted(small):
    """Later versions change; of deletions only those of what it holds are written."""
    put(small / "in", 1, record(1), record(2), record(3, "Massage, first"))
    call("scan", "in")
    put(small / "in", 2, record(3, "Massage, second", version=2), deleted=[1, 777])
    _, _, err = call("scan", "in")
    assert "store: 0 new, 1 changed, 1 removed" in err
    with open_store(small / "store" / "literature.sqlite") as store:
        assert store.check() == []
        assert store.citation("3").title == "Massage, second"
        assert [one.citation.title for one in store.versions("3")] == [
            "Massage, first",
            "Massage, second",
        ]
        assert set(store.removals()) == {"1"}
    # Back again.
    put(small / "in", 3, record(1, "Massage, back again"))
    _, _, err = call("scan", "in")
    assert "1 changed, 0 removed" in err
    with open_store(small / "store" / "literature.sqlite") as store:
        assert set(store.removals()) == set()
        assert store.citation("1").title == "Massage, back again"


@pytest.mark.parametrize("moment", [1, 3])
def test_stopped_while_it_writes_to_the_store_it_goes_on_there(small, monkeypatch, moment):
    """Each page is written whole or not at all; in the end it is the store of a smooth scan."""
    some_files(small / "in", 3)
    put(small / "in", 4, record(2_000, "Massage, later", version=2), deleted=[3_000])
    with monkeypatch.context() as patch:
        patch.setenv("EVIDENCE_STORE", str(small / "smooth.sqlite"))
        assert call("scan", "in", "--out", "smooth")[0] == 0
    monkeypatch.setattr(storing, "_PAGE", 1)
    real, count = PageLog.add, 0

    def add(self, *arguments, **more):
        nonlocal count
        count += 1
        if count > moment:
            raise KeyboardInterrupt
        return real(self, *arguments, **more)

    with monkeypatch.context() as patch:
        patch.setattr(PageLog, "add", add)
        assert call("scan", "in")[0] == 1
    status, out, err = call("scan", "in")
    assert (status, out.splitlines()[0]) == (0, "4 files (0 read now), 19 records, 4 selected")
    assert f"store: {4 - min(4, moment)} new, " in err

    def held(path: Path):
        with open_store(path) as store:
            assert store.check() == []
            versions = {pmid: store.versions(pmid) for pmid in store.pmids()}
            return {
                pmid: [(one.citation, one.in_force) for one in several]
                for pmid, several in versions.items()
            }, store.removals()

    assert held(small / "store" / "literature.sqlite") == held(small / "smooth.sqlite")


def test_without_a_store_none_is_made(small):
    """The tables are all."""
    some_files(small / "in", 1)
    status, _, err = call("scan", "in", "--no-store", "--out", "tables")
    assert status == 0
    assert "store:" not in err
    assert not (small / "store").exists()
    assert (small / "tables" / "selected.parquet").is_file()


def test_update_offline_queues_what_was_scanned(small):
    """The way of a record from a file to the queue of those who screen."""
    put(small / "in", 1, record(11), record(12, "Lifting with the back"), other(13))
    call("scan", "in")
    status, _, err = call("update", "--offline", "--no-report")
    assert status == 0, err
    runs = {
        name: json.loads(path.read_text())
        for name in ("back", "massage")
        for path in (small / "evidence" / "runs").glob(f"*-{name}.json")
    }
    queued = {name: [item["pmid"] for item in one["queued"]] for name, one in runs.items()}
    assert queued == {"back": ["12"], "massage": ["11"]}


def test_scanned_on_another_day_the_tables_are_the_same(tmp_path, small):
    """Neither where files lie nor when they were read is in what is compared."""
    some_files(tmp_path / "here", 2)
    shutil.copytree(tmp_path / "here", tmp_path / "there" / "deep")
    run(tmp_path / "one", tmp_path / "here")
    run(tmp_path / "two", tmp_path / "there")
    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    facts = [name for name in one if name.startswith("facts/")]
    for name in facts:
        # The stamp tells when the file itself was changed.
        first, second = (json.loads(some.pop(name)) for some in (one, two))
        assert first["fact"] == second["fact"]
    assert one == two


def test_the_tables_are_what_the_manual_says(tmp_path):
    """Citations by PMID with the strategies that match; one manifest row a file."""
    put(
        tmp_path / "in", 1, record(12), other(5), record(11, "The back and massage"), deleted=[4, 4]
    )
    outcome = run(tmp_path / "out", tmp_path / "in")
    table = pq.read_table(tmp_path / "out" / "citations" / "pubmed26n0001.parquet").to_pylist()
    assert [(row["pmid"], row["strategies"]) for row in table] == [
        ("11", ["back", "massage"]),
        ("12", ["massage"]),
    ]
    (told,) = pq.read_table(tmp_path / "out" / "manifest.parquet").to_pylist()
    path = tmp_path / "in" / baseline_name(1)
    assert {key: told[key] for key in told if key not in ("sha256",)} == {
        "file": path.name, "size": path.stat().st_size, "md5": "right", "records": 3, "matched": 2,
        "deletions": 1, "problems": 0, "status": "read", "error": None,
    }  # fmt: skip
    assert rows(outcome) == [(11, 1, path.name, "in force"), (12, 1, path.name, "in force")]
    assert (tmp_path / "out" / "times.csv").read_text().startswith("file,records,parsed,seconds\n")


def test_the_searches_of_the_repository_compile_and_scan(tmp_path, monkeypatch):
    """All strategies at once over a file of a few records."""
    monkeypatch.chdir(tmp_path)
    put(tmp_path / "in", 1, record(11, "Massage for low back pain: a randomized trial"), other(12))
    status, out, _ = call(
        "--evidence", str(ROOT / "evidence"), "scan", "in", "--no-store", "--out", "out", "--yes",
        "--format", "json",
    )  # fmt: skip
    assert status == 0
    told = json.loads(out)
    assert told["records"] == 2
    assert told["status"]["in force"] == 1
    assert "low-back-pain" in told["strategies"]
