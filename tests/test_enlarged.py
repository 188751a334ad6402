"""An enlarged base is valid, as many times as large, and the same each time."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders import DAY, ROOT
from evidence_tools.assessment import assess
from evidence_tools.base import EvidenceBase, read_base
from evidence_tools.checks import check_base
from evidence_tools.errors import InputError
from evidence_tools.testing.enlarged import enlarge


def sizes(base: EvidenceBase) -> dict[str, int]:
    """How much a base holds of each kind that grows."""
    return {
        "claims": len(base.claims),
        "questions": len(base.questions),
        "records": len(base.records),
        "findings": sum(len(record.findings) for record in base.records.values()),
        "appraisals": sum(len(question.history) for question in base.questions.values()),
        "phrasings": len(base.phrasings.questions),
    }


def test_three_times_the_base_is_valid_and_judged_alike(base, tmp_path):
    """Three times of each kind, no problem in any check, and each level three times as often."""
    root = enlarge(ROOT / "evidence", tmp_path / "three", 3)
    large = read_base(root)
    assert sizes(large) == {kind: 3 * number for kind, number in sizes(base).items()}
    assert check_base(root, DAY) == []
    once = [str(rating.support) for rating in assess(base, DAY).ratings.values()]
    thrice = [str(rating.support) for rating in assess(large, DAY).ratings.values()]
    assert {level: thrice.count(level) for level in thrice} == {
        level: 3 * once.count(level) for level in once
    }


def contents(folder: Path) -> dict[str, bytes]:
    """Bytes of all files by their names."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_same_number_gives_the_same_bytes_and_one_gives_the_base_itself(project, tmp_path):
    """Twice written, twice the same; once is every reviewed file as it stands."""
    one, two, same = (tmp_path / name for name in ("one", "two", "same"))
    enlarge(project / "evidence", one, 12)
    enlarge(project / "evidence", two, 12)
    assert contents(one) == contents(two)
    held = contents(enlarge(project / "evidence", same, 1))
    real = contents(project / "evidence")
    assert held == {name: real[name] for name in held}


@pytest.mark.parametrize("times", [0, -1, 1001])
def test_a_number_out_of_reach_is_refused(tmp_path, times):
    """One line that says what would do."""
    with pytest.raises(InputError, match="expected a number from 1 to 1000"):
        enlarge(ROOT / "evidence", tmp_path / "out", times)


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    """Nothing is written over."""
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        enlarge(ROOT / "evidence", tmp_path, 2)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
