"""Kills, full disks, locks, damage and strangers' files: nothing is lost, and one line says so."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import store_writers
from evidence_tools.errors import EvidenceError, InputError
from evidence_tools.literature.citations import Citation, content_digest
from evidence_tools.literature.store import Page, Removal, database, open_store
from evidence_tools.literature.store.database import (
    SCHEMA_VERSION,
    DamagedError,
    FullError,
    LockedError,
    StoreError,
)
from evidence_tools.literature.store.recovery import Recovered, recover_store
from evidence_tools.testing.pubmed import make_citation, make_citations
from store_writers import PLAN, SIZE, pmids_of, write


def writer(*arguments: object) -> list[str]:
    """Command that runs one of the writers."""
    return [sys.executable, store_writers.__file__, *map(str, arguments)]


def run_writer(*arguments: object) -> str:
    """Run a writer to its end; return what it printed."""
    done = subprocess.run(writer(*arguments), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def fill(path: Path, citations: int = 100) -> list[Citation]:
    """Make a store with a run and some citations, each in two versions."""
    made = list(make_citations(citations))
    with open_store(path) as store:
        run = store.runs.start(PLAN)
        store.pages.add(Page(citations=[make_citation(c.pmid) for c in made]), run=run.id)
        store.pages.add(Page(citations=made), run=run.id)
    return made


# Kills


def test_a_writer_killed_at_any_moment_loses_no_page_and_halves_none(tmp_path):
    """Thirty kills: after each the store is sound; what was reported as written is there, once."""
    path = tmp_path / "s.sqlite"
    printed = run_writer("kill_again_and_again", path, 30, 1)
    assert "damaged" not in printed
    reported = int(re.fullmatch(r"reported (\d+)\n", printed)[1])
    assert reported > 5, "the writers were killed before they wrote anything"
    with open_store(path) as store:
        assert store.check() == []
        for page in range(1, reported + 1):
            written = pmids_of(page - 1 if page % 3 == 0 else page)
            assert store.known(written) == set(written)
            for pmid in written:
                assert f"title {page}" in {v.citation.title for v in store.versions(pmid)}
        run = store.runs.open()[0]
        # What was wanted and not fetched is still on the list, and the run can be ended.
        for pmid in store.runs.pending([run.id]):
            store.pages.add(Page((pmid,), (make_citation(pmid),)), run=run.id)
        wanted = set(store.runs.wanted(run.id))
        assert set(pmids_of(reported)) <= wanted <= set(store.pmids())
        store.runs.finish(run.id)


def test_a_store_killed_while_it_is_made_is_made_the_next_time(tmp_path, monkeypatch):
    """Tables are made in one transaction: an interrupted one leaves an empty file."""
    path = tmp_path / "s.sqlite"
    whole = database._statements

    def interrupted(script):
        for number, statement in enumerate(whole(script)):
            if number == 5:
                raise KeyboardInterrupt
            yield statement

    monkeypatch.setattr(database, "_statements", interrupted)
    with pytest.raises(KeyboardInterrupt):
        open_store(path)
    monkeypatch.undo()
    with open_store(path) as store:
        assert store.check() == []


# Several at once


def test_two_writers_at_once_lose_nothing(tmp_path):
    """Each waits for the other's transaction; both go on with the one open run."""
    path = tmp_path / "s.sqlite"
    # The store is not there yet: all of them try to make it.
    writers = [subprocess.Popen(writer("write_pages", path, first, 15)) for first in (0, 15, 30)]
    assert [process.wait(timeout=120) for process in writers] == [0, 0, 0]
    with open_store(path) as store:
        assert store.check() == []
        assert len(store.pmids()) == 45 * SIZE
        assert len(store.runs.open()) == 1
        numbers = [n for (n,) in store.database.rows("SELECT number FROM page ORDER BY number")]
        assert numbers == list(range(1, 46))


def test_a_store_that_another_process_writes_to_can_be_read_and_says_why_it_waits(tmp_path):
    """Writing ends after the wait with one line; reading goes on; afterwards all is well."""
    path = tmp_path / "s.sqlite"
    made = fill(path)
    process = subprocess.Popen(
        writer("hold", path), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout.readline() == "locked\n"
        with open_store(path, wait=0.05) as store:
            assert list(store.current()) == made
            with pytest.raises(LockedError, match="another program is writing") as caught:
                store.runs.start(PLAN)
            assert "nothing was lost" in str(caught.value)
            assert "\n" not in str(caught.value)
    finally:
        process.communicate(timeout=30)
    with open_store(path, wait=0.05) as store:
        assert store.runs.start(PLAN).id == 1


# A full disk


@pytest.mark.parametrize("size", [200_000, 1_000_000, 3_000_000])
def test_a_disk_that_is_full_leaves_whole_pages(tmp_path, size):
    """Pages written before are whole, the one that failed is not there, and then it goes on."""
    path = tmp_path / "s.sqlite"
    written, kind, message = run_writer("write_into_little_space", path, size).split(" ", 2)
    assert kind == "FullError"
    assert "free space" in message
    assert "Traceback" not in message
    with open_store(path) as store:
        assert store.check() == []
        expected = {pmid for page in range(int(written)) for pmid in pmids_of(page)}
        assert set(store.pmids()) == expected
        write(store, store.runs.start(PLAN).id, int(written))
        assert len(store.pmids()) == (int(written) + 1) * SIZE


def test_a_store_that_may_grow_no_more_is_as_it_was(tmp_path):
    """SQLite's own limit: nothing of the page, not even of what the run waits for."""
    path = tmp_path / "s.sqlite"
    with open_store(path) as store:
        run = store.runs.start(PLAN)
        write(store, run.id, 0)
        before = list(store.database.connection.iterdump())
        pages = store.database.value("PRAGMA page_count")
        store.database.rows(f"PRAGMA max_page_count = {pages + 1}")
        with pytest.raises(FullError, match="full"):
            store.pages.add(Page(citations=list(make_citations(300))), run=run.id)
        assert list(store.database.connection.iterdump()) == before
        store.database.rows("PRAGMA max_page_count = 1000000")
        write(store, run.id, 1)
        assert store.check() == []


def test_a_backup_onto_a_full_disk_leaves_the_older_one(tmp_path, monkeypatch):
    """The old backup is whole, and nothing half-written lies beside it."""
    path, target = tmp_path / "s.sqlite", tmp_path / "b" / "backup.sqlite"
    fill(path)

    def fail(_handle):
        raise OSError(28, "No space left on device")

    with open_store(path) as store:
        store.backup(target)
        before = target.read_bytes()
        write(store, 1, 500)
        monkeypatch.setattr("evidence_tools.literature.store.inspection.os.fsync", fail)
        with pytest.raises(FullError, match="No space left"):
            store.backup(target)
    assert target.read_bytes() == before
    assert [p.name for p in target.parent.iterdir()] == ["backup.sqlite"]


# Files that are not as they should be


def overwrite(path: Path, place: int, data: bytes) -> None:
    """Put bytes into a file."""
    with path.open("r+b") as file:
        file.seek(place)
        file.write(data)


def test_a_file_with_a_broken_head_says_how_to_go_back(tmp_path):
    """The backup first, then what can be read."""
    path = tmp_path / "s.sqlite"
    fill(path)
    overwrite(path, 0, b"\0" * 100)
    with pytest.raises(DamagedError, match=r"last backup.*literature recover") as caught:
        open_store(path)
    assert "\n" not in str(caught.value)


def test_a_file_that_was_cut_is_told(tmp_path):
    """Half a store is never taken for a whole one."""
    path = tmp_path / "s.sqlite"
    fill(path)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    with pytest.raises(DamagedError), open_store(path) as store:
        assert store.check() != []
        list(store.current())


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A store's file; what is in it is read from it, so that a failure stays short."""
    path = tmp_path_factory.mktemp("sound") / "s.sqlite"
    fill(path)
    return path


def in_force(path: Path) -> list[str]:
    """Digests of what a store holds in force."""
    with open_store(path, create=False) as store:
        return [content_digest(citation) for citation in store.current()]


@settings(max_examples=80, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), length=st.sampled_from([1, 2, 64, 5000]))
@example(place=0.5, length=1)
def test_damage_anywhere_is_found_before_a_wrong_citation_is_believed(sound, place, length):
    """Wherever bytes are overwritten: every citation is as it was, or the check says otherwise."""
    path = sound
    broken = path.with_name("broken.sqlite")
    for leftover in path.parent.glob("broken.sqlite*"):
        leftover.unlink()
    shutil.copyfile(path, broken)
    start = int(place * path.stat().st_size)
    old = path.read_bytes()[start : start + length]
    overwrite(broken, start, bytes(byte ^ 0x5A for byte in old))
    try:
        with open_store(broken) as store:
            problems = store.check()
            if not problems:
                found = [content_digest(citation) for citation in store.current()]
                assert found == in_force(path)
    except EvidenceError as error:
        assert "\n" not in str(error)


def test_a_citation_that_was_changed_by_hand_is_found(tmp_path):
    """Each content is held against its digest; others can still be read."""
    path = tmp_path / "s.sqlite"
    made = fill(path)
    with open_store(path) as store:
        store.database.execute("UPDATE content SET payload = x'00' WHERE id = 150")
        pmid = store.database.value("SELECT pmid FROM content WHERE id = 150")
        assert f"content 150 of PMID {pmid} is not what was stored" in store.check()
        with pytest.raises(DamagedError, match="cannot be read"):
            store.citation(str(pmid))
        assert store.citation(made[0].pmid) == made[0]


BREAKS = [
    ("UPDATE citation SET content = content - 100 WHERE rowid % 7 = 0", "is not the last of its"),
    ("DELETE FROM seen WHERE content = 5", "came with no page"),
    ("UPDATE page SET new = new + 1 WHERE id = 1", "page 1 does not hold as many"),
    ("DELETE FROM citation WHERE pmid % 9 = 0", "has a content but is not listed"),
    ("DELETE FROM fulltext_docsize WHERE id % 9 = 0", "is not in the full-text index"),
    ("INSERT INTO fulltext_docsize VALUES (1, x'00')", "is in the full-text index only"),
    ("UPDATE page SET at = 'soon' WHERE id = 1", "page 1 has no time"),
    ("UPDATE history SET pmid = 1 WHERE id = 3", "has a content of another"),
    ("UPDATE page SET run = 9 WHERE id = 1", "points to a row of run that is not there"),
]


@pytest.mark.parametrize(("sql", "message"), BREAKS)
def test_the_check_finds_what_sqlite_does_not_know(tmp_path, sql, message):
    """Each rule of the store, broken once."""
    path = tmp_path / "s.sqlite"
    fill(path)
    with open_store(path) as store:
        assert store.check() == []
        store.database.execute("PRAGMA foreign_keys = OFF")
        store.database.execute(sql)
        problems = store.check()
        assert any(message in problem for problem in problems), problems
        assert all("\n" not in problem for problem in problems)


def test_an_index_out_of_step_is_found_and_mended(tmp_path):
    """A text changed behind the index's back; building it anew finds the new words."""
    path = tmp_path / "s.sqlite"
    made = fill(path)
    with open_store(path) as store:
        store.database.execute(
            "INSERT INTO fulltext (fulltext, rowid, title, abstract, keywords, mesh, authors) "
            "VALUES ('delete', ?, 'wrong', '', '', '', '')",
            (int(made[0].pmid),),
        )
        assert any("out of step" in problem for problem in store.check())
        store.rebuild_index()
        assert store.check() == []
        assert store.count_matches(f'"{made[0].title}"') >= 1


def test_a_store_of_a_newer_package_is_refused(tmp_path):
    """Its version and ours are told; nothing is written to it."""
    path = tmp_path / "s.sqlite"
    fill(path)
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match=rf"version {SCHEMA_VERSION + 1}, .*update evidence-tools"):
        open_store(path)


def test_an_older_store_is_brought_up_to_date_in_one_step(tmp_path, monkeypatch):
    """A new version's script runs once, and nothing is lost by it."""
    path = tmp_path / "s.sqlite"
    made = fill(path)
    whole = database._statements
    monkeypatch.setattr(database, "_STEPS", ("schema.sql", "next.sql"))
    monkeypatch.setattr(database, "SCHEMA_VERSION", 2)
    monkeypatch.setattr(
        database,
        "_statements",
        lambda script: (
            ["CREATE TABLE extra (x) STRICT" if False else "CREATE TABLE extra (x)"]
            if script == "next.sql"
            else whole(script)
        ),
    )
    for _ in range(2):
        with open_store(path) as store:
            assert store.database.value("PRAGMA user_version") == 2
            assert store.database.rows("SELECT * FROM extra") == []
            assert list(store.current()) == made


def test_other_files_are_refused_and_left_alone(tmp_path):
    """Another program's database, a text, a folder, a place that cannot be."""
    other = tmp_path / "other.sqlite"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE t (x)")
    connection.commit()
    connection.close()
    text = tmp_path / "notes.txt"
    text.write_text("my notes, which are longer than the head of a database file is " * 9)
    before = other.read_bytes(), text.read_bytes()
    for path, message in [
        (other, "is not a literature store"),
        (text, "not a database"),
        (tmp_path, "cannot be opened"),
        (text / "store.sqlite", "cannot be made"),
    ]:
        with pytest.raises(StoreError, match=message) as caught:
            open_store(path)
        assert str(path) in str(caught.value)
    assert (other.read_bytes(), text.read_bytes()) == before


def test_no_store_is_made_when_none_is_wanted(tmp_path):
    """A command that only reads says how to fill one."""
    path = tmp_path / "store" / "s.sqlite"
    with pytest.raises(StoreError, match="evidence literature import"):
        open_store(path, create=False)
    assert not path.parent.exists()


def test_an_sqlite_that_is_too_old_is_named(tmp_path, monkeypatch):
    """Instead of a syntax error at the first table."""
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 31, 1))
    with pytest.raises(StoreError, match=r"expected SQLite 3\.38 or newer"):
        open_store(tmp_path / "s.sqlite")


# Recovery


def every_version(path: Path) -> set[tuple[str, str]]:
    """PMID and digest of each content of a store."""
    with open_store(path, create=False) as store:
        assert store.check() == []
        pmids = store.pmids(removed=True)
        return {(pmid, version.digest) for pmid in pmids for version in store.versions(pmid)}


@settings(max_examples=15, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), length=st.sampled_from([1, 500, 40_000]))
@example(place=0.3, length=40_000)
def test_what_can_be_read_of_a_damaged_store_is_saved(sound, place, length):
    """A sound store of true contents only, and of all whose pages are whole."""
    path = sound
    broken, saved = path.with_name("broken.sqlite"), path.with_name("saved.sqlite")
    for leftover in (*path.parent.glob("broken.sqlite*"), *path.parent.glob("saved.sqlite*")):
        leftover.unlink()
    data = bytearray(path.read_bytes())
    start = int(place * len(data))
    for at in range(start, min(start + length, len(data))):
        data[at] ^= 0x5A
    broken.write_bytes(data)
    recovered = recover_store(broken, saved)
    assert broken.read_bytes() == bytes(data)
    whole, found = every_version(path), every_version(saved)
    assert found <= whole
    assert recovered.contents == len(found)
    assert recovered.lost <= len(whole) - len(found)
    # A page holds some 25 contents; a cut of this length touches as many pages and one more.
    pages = -(-length // 16_384) + 1
    assert len(found) >= len(whole) - 40 * pages


def test_a_recovered_store_keeps_the_days_and_the_removals(tmp_path):
    """When a content came is carried over where it can be read."""
    path, saved = tmp_path / "s.sqlite", tmp_path / "saved.sqlite"
    day = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    with open_store(path, clock=lambda: day) as store:
        run = store.runs.start(PLAN)
        store.pages.add(Page(citations=[make_citation(7), make_citation(8)]), run=run.id)
        store.pages.add(Page(removals=[Removal("8", "deleted")]), run=run.id)
    assert recover_store(path, saved) == Recovered(contents=2, removals=1, lost=0)
    with open_store(saved) as store:
        assert store.versions("7")[0].first_seen == day
        assert store.pmids() == ("7",)
    with pytest.raises(InputError, match="is there already"):
        recover_store(path, saved)
    with pytest.raises(InputError, match="no such file"):
        recover_store(tmp_path / "none", tmp_path / "new")
