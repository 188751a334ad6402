"""A release is the same bytes on any day, and an archive that was changed is found out."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import json
import shutil
import tarfile
from pathlib import Path

import pytest

from builders import DAY, ROOT, record
from evidence_tools import __version__
from evidence_tools.assessment import assess
from evidence_tools.base import read_base
from evidence_tools.errors import DataError, InputError
from evidence_tools.exports.citable import find_reference
from evidence_tools.files import read_model, write_model
from evidence_tools.release import (
    citation_text,
    cut_release,
    stamp_citation,
    verify_archive,
)
from evidence_tools.releases import read_releases
from evidence_tools.rules import Rules


@pytest.fixture
def small(project: Path) -> Path:
    """The small project with the files that a release takes along."""
    for name in ("CITATION.cff", "LICENSE-DATA", "CHANGELOG.md"):
        shutil.copyfile(ROOT / name, project / name)
    return project


def cut(root: Path, version: str = "1.0.0"):
    """Cut a release of the small project."""
    return cut_release(assess(read_base(root / "evidence"), DAY), version, root / "dist")


def test_two_cuts_are_the_same_bytes_on_another_day_in_another_folder(small, tmp_path, monkeypatch):
    """No time, owner or path of the machine gets in, not into the PDF either."""
    other = Path(shutil.copytree(small, tmp_path / "another folder"))
    first = cut(small)
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    monkeypatch.chdir(other)
    second = cut(other)
    assert first == second
    one, two = (root / "dist" / first.archive for root in (small, other))
    assert one.read_bytes() == two.read_bytes()
    assert cut(small) == first


def test_a_release_is_whole_and_holds_no_text_of_a_document(small):
    """Data, tables, references, citation, checksums; each as listed."""
    made = cut(small)
    assert verify_archive(small / "dist" / made.archive, read_releases(small / "evidence")) == made
    text = gzip.decompress((small / "dist" / made.archive).read_bytes())
    assert b"evidence-1.0.0/evidence/questions/low-back-pain.toml" in text
    assert b"evidence-1.0.0/tables/evidence.xlsx" in text
    assert b"evidence-1.0.0/handout.pdf" in text
    assert b"%PDF-" in text
    assert b"relieves low back pain for good" not in text
    stated = (small / "dist" / f"{made.archive}.sha256").read_text().split()
    digest = hashlib.sha256((small / "dist" / made.archive).read_bytes()).hexdigest()
    assert stated == [digest, made.archive]


def test_a_changed_archive_is_found_out(small):
    """A flipped byte, a sound archive of other content, another name."""
    made = cut(small)
    path = small / "dist" / made.archive
    releases = read_releases(small / "evidence")
    good = path.read_bytes()
    path.write_bytes(good[:2000] + bytes([good[2000] ^ 1]) + good[2001:])
    with pytest.raises(DataError, match=r"cannot be unpacked|does not match|not the archive"):
        verify_archive(path, releases)
    path.write_bytes(good)
    renamed = path.with_name("evidence-9.9.9.tar.gz")
    renamed.write_bytes(good)
    with pytest.raises(DataError, match="no release of this register"):
        verify_archive(renamed, releases)
    with pytest.raises(InputError, match="no such file"):
        verify_archive(path.with_name("nothing.tar.gz"), releases)


def test_a_release_is_cited_under_its_own_number(small):
    """In its tables and citations, and by every command afterwards; other days are not it."""
    made = cut(small, "3.1.4")
    path = small / "dist" / made.archive
    with tarfile.open(path) as tar:
        read = {m.name.partition("/")[2]: tar.extractfile(m).read().decode("utf-8", "replace")
                for m in tar if m.isfile()}  # fmt: skip
    assert json.loads(read["tables/evidence.json"])["version"] == "3.1.4"
    assert "version = {3.1.4}" in read["citations/whole.bib"]
    cells = json.loads(read["citations/cells.json"])
    assert [(c["id"], c["version"]) for c in cells] == [("evidence-low-back-pain-900", "3.1.4")]
    assert json.loads(read["citations/claims.json"])[0]["id"] == "evidence-d900-001"
    base = read_base(small / "evidence")
    assert find_reference(assess(base, DAY), "all").version == "3.1.4"
    other = assess(base, DAY - dt.timedelta(days=1))
    assert find_reference(other, "all").version == __version__


@pytest.mark.parametrize(
    ("version", "words"),
    [("1.0", "is no version"), ("v1.0.1", "is no version"), ("0.9.9", "is not after 1.0.0")],
)
def test_versions_are_three_numbers_and_only_rise(small, version, words):
    """Releases are never taken back."""
    cut(small)
    with pytest.raises(InputError, match=words):
        cut(small, version)


def test_a_version_is_never_used_for_other_content(small):
    """What was cited stays what it was."""
    cut(small)
    path = small / "evidence" / "rules.toml"
    rules = read_model(Rules, path)
    write_model(rules.model_copy(update={"version": "9.9"}), path)
    with pytest.raises(InputError, match="with other content"):
        cut(small)
    assert cut(small, "1.0.1").rules == "9.9"
    assert [r.version for r in read_releases(small / "evidence").releases] == ["1.0.0", "1.0.1"]


def test_the_citation_file_follows_the_release(small):
    """Version and date; the rest stays."""
    path = small / "CITATION.cff"
    before = path.read_text().splitlines()
    cut(small, "1.2.3")
    after = path.read_text().splitlines()
    changed = [line for line in after if line not in before]
    assert changed == ['version: "1.2.3"']
    assert "1.2.3" in citation_text("1.2.3", DAY, "1.1")
    with pytest.raises(DataError, match="no line version:"):
        stamp_citation("title: x\n", "1.2.3", DAY)


def test_a_release_that_is_refused_changes_nothing(small):
    """Not the citation file, not the list, not the folder."""
    cut(small)
    kept = {p: p.read_bytes() for p in small.rglob("*") if p.is_file()}
    early = assess(read_base(small / "evidence"), dt.date(2020, 1, 1))
    with pytest.raises(InputError, match=r"nothing had been judged by 2020-01-01.*2026-11-21 on"):
        cut_release(early, "2.0.0", small / "dist")
    with pytest.raises(InputError, match="is no version"):
        cut(small, "2.0")
    (small / "CITATION.cff").write_text("title: x\n")
    with pytest.raises(DataError, match="no line version:"):
        cut(small, "2.0.0")
    (small / "CITATION.cff").write_bytes(kept[small / "CITATION.cff"])
    assert {p: p.read_bytes() for p in small.rglob("*") if p.is_file()} == kept


def test_a_release_lists_the_ids_that_it_is_the_first_to_hand_out(small):
    """The first all of them, the next only what is new; an id that is gone stops the next."""
    assert cut(small).issued == ("d900-001", "low-back-pain", "smith2020")
    write_model(record("jones2021"), small / "evidence" / "records" / "jones2021.json")
    assert cut(small, "1.1.0").issued == ("jones2021",)
    assert cut(small, "1.1.0").issued == ("jones2021",)
    (small / "evidence" / "records" / "jones2021.json").unlink()
    with pytest.raises(DataError, match=r"jones2021 was in release 1\.1\.0 and is gone"):
        cut(small, "1.2.0")


def test_a_broken_list_of_releases_is_one_clear_line(small):
    """Where it lies and what is wrong."""
    path = small / "evidence" / "releases.json"
    path.write_text('{"releases": [{"version": "one"}]}')
    with pytest.raises(DataError, match=r"releases\.json.*field releases\.0\.version"):
        read_releases(small / "evidence")
