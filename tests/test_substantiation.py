"""What a clinic holds on file is whole, dated and checkable; and it hears what changed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from builders import DAY, ROOT
from evidence_tools.cli import main
from evidence_tools.errors import InputError
from evidence_tools.pages.watch import compare_audits, format_watch, parse_saved
from evidence_tools.substantiation import substantiate

PAGE = "Massage may ease low back pain.\n\nMassage cures migraine.\n\nOur massage removes toxins.\n"


def call(*arguments: str) -> tuple[int, str, str]:
    """Run ``evidence`` on the real base."""
    result = CliRunner().invoke(main, ["--evidence", str(ROOT / "evidence"), *arguments])
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize("identifier", ["low-back-pain", "d001-016", "toxin-release"])
def test_the_folder_holds_what_it_lists(assessment, tmp_path, identifier):
    """Every file has its checksum; wording, both sides, sources and searches are there."""
    paths = substantiate(assessment, identifier, tmp_path)
    folder = tmp_path / f"{identifier}-{DAY}"
    assert paths[0] == folder / "README.md"
    listed = dict(reversed(line.split("  ")) for line in
                  (folder / "SHA256SUMS").read_text().splitlines())  # fmt: skip
    there = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    assert there.keys() == {*listed, "SHA256SUMS"}
    for name, digest in listed.items():
        assert hashlib.sha256(there[name].read_bytes()).hexdigest() == digest
    told = (folder / "README.md").read_text()
    assert f"As judged by {DAY}" in told
    assert "- for: " in told and "- against: " in told
    assert "PRISMA-S" in (folder / "searches.md").read_text()


def test_two_files_of_one_day_are_the_same_bytes(assessment, tmp_path):
    """In another folder, too."""
    one = substantiate(assessment, "low-back-pain", tmp_path / "a")
    two = substantiate(assessment, "low-back-pain", tmp_path / "b b")
    assert [p.read_bytes() for p in one] == [p.read_bytes() for p in two]


def test_an_unknown_id_is_one_line(assessment, tmp_path):
    """With what is like it."""
    with pytest.raises(InputError, match="low-back-pain"):
        substantiate(assessment, "low-bak-pain", tmp_path)


def audit(page: Path) -> dict:
    """Audit a page as JSON."""
    _, out, _ = call("audit", str(page), "--format", "json", "--as-of", str(DAY))
    data = json.loads(out)
    return data[0] if isinstance(data, list) else data


def test_a_page_whose_judgement_stands_hears_that_nothing_changed(tmp_path):
    """Exit status 0."""
    page, saved = tmp_path / "page.txt", tmp_path / "saved.json"
    page.write_text(PAGE)
    saved.write_text(json.dumps(audit(page)))
    status, out, _ = call("watch", str(page), str(saved), "--as-of", str(DAY))
    assert status == 0
    assert out.startswith("0 of your 3 claims changed since 2026-11-21.")


def test_an_audit_can_watch_and_says_what_the_command_watch_says(tmp_path):
    """The same words and exit status; one page only."""
    page, saved = tmp_path / "page.txt", tmp_path / "saved.json"
    page.write_text(PAGE)
    data = audit(page)
    claim = next(c for s in data["sentences"] for c in s["claims"] if c["question"] == "migraine")
    claim["advice"] = "keep"
    saved.write_text(json.dumps(data))
    told = call("watch", str(page), str(saved), "--as-of", str(DAY))
    assert call("audit", str(page), "--watch", str(saved), "--as-of", str(DAY)) == told
    assert told[0] == 1
    status, _, err = call("audit", str(page), str(page), "--watch", str(saved))
    assert (status, err) == (2, "evidence: --watch compares one page; expected one PAGE\n")


def test_a_claim_that_is_judged_anew_is_named_with_old_new_and_cause(tmp_path):
    """The saved advice was another; the sentence, the move and the reason are said."""
    page, saved = tmp_path / "page.txt", tmp_path / "saved.json"
    page.write_text(PAGE)
    data = audit(page)
    old = json.loads(json.dumps(data))
    claim = next(c for s in old["sentences"] for c in s["claims"] if c["question"] == "migraine")
    claim["advice"], old["rules"] = "keep", "1.0"
    saved.write_text(json.dumps(old))
    status, out, _ = call("watch", str(page), str(saved), "--as-of", str(DAY))
    assert status == 1
    assert "1 of your 3 claims changed" in out
    assert "advice keep → remove, because rules 1.0 → 1.1" in out


def test_sentences_that_are_new_on_the_page_are_counted_and_not_compared(tmp_path):
    """They were never audited."""
    page = tmp_path / "page.txt"
    page.write_text(PAGE)
    data = audit(page)
    less = {**data, "sentences": data["sentences"][:1]}
    assert compare_audits(less, data) == []
    assert "2 claims are new on the page" in format_watch(less, data, [])


@pytest.mark.parametrize("text", ["{", "[]", '{"a": 1}'])
def test_what_is_no_saved_audit_is_said(text):
    """One line with what was expected."""
    with pytest.raises(InputError, match=r"broken JSON|is no saved audit"):
        parse_saved(text, "saved.json")
