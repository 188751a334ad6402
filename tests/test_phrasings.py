from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from evidence_tools.assessment import assess
from evidence_tools.base import EvidenceBase, canonical_text, data_files, read_base
from evidence_tools.checks import CHECKS
from evidence_tools.pages.labelled import Split, read_labelled_pages
from evidence_tools.phrasings import OutsideTopic, Phrasings

ROOT = Path(__file__).parents[1] / "evidence"
DAY = dt.date(2026, 11, 21)


@pytest.fixture(scope="module")
def base() -> EvidenceBase:
    """Return the register of the repository."""
    return read_base(ROOT)


def found(code: str, base: EvidenceBase, phrasings: Phrasings) -> list[str]:
    """Give what a check says of a base with other phrasings."""
    changed = replace(base, phrasings=phrasings)
    return [f"{one.record}: {one.text}" for one in CHECKS[code](assess(changed, DAY))]


def test_every_question_has_at_least_thirty_phrasings(base: EvidenceBase) -> None:
    """Each question of the register has thirty, each outside topic ten, and none is unknown."""
    assert base.phrasings.questions.keys() == base.questions.keys()
    assert min(len(some) for some in base.phrasings.questions.values()) >= 30
    assert min(len(topic.phrasings) for topic in base.phrasings.outside.values()) >= 10


def test_phrasings_are_reviewed_data(base: EvidenceBase) -> None:
    """The file is part of the digest and stands in its canonical form."""
    path = ROOT / "phrasings.json"
    assert path in list(data_files(ROOT))
    assert canonical_text(ROOT, path) == path.read_text("utf-8")


def test_no_phrasing_is_a_sentence_that_is_scored(base: EvidenceBase) -> None:
    """Examples of five words or more stand on no page that is scored: they were written blind."""
    pages = [page for page in read_labelled_pages(ROOT) if page.split is not Split.TRAIN]
    scored = {one.text.casefold() for page in pages for one in page.sentences}
    phrasings = [one for some in base.phrasings.questions.values() for one in some]
    phrasings += [one for topic in base.phrasings.outside.values() for one in topic.phrasings]
    long = {one.casefold() for one in phrasings if len(one.split()) >= 5}
    assert len(long) > 2000
    assert not long & scored


def test_a_phrasing_of_an_unknown_question_is_an_error(base: EvidenceBase) -> None:
    """A name that the register does not hold is named; so is a question under outside."""
    wrong = base.phrasings.model_copy(
        update={
            "questions": {**base.phrasings.questions, "neck-pane": ("sore neck",)},
            "outside": {"neck-pain": OutsideTopic(name="necks", phrasings=("sore neck",))},
        }
    )
    assert found("phrasing-question", base, wrong) == [
        "phrasings.json: names the unknown question 'neck-pane'",
        "phrasings.json: has the question 'neck-pain' under outside",
    ]
    assert found("phrasing-question", base, base.phrasings) == []


def test_a_question_without_phrasings_is_an_error(base: EvidenceBase) -> None:
    """A question that nobody wrote examples for is named; a base without any is left alone."""
    some = {key: value for key, value in base.phrasings.questions.items() if key != "migraine"}
    assert found("phrasing-missing", base, Phrasings(questions=some)) == [
        "migraine: has no example phrasings"
    ]
    assert found("phrasing-missing", base, Phrasings(questions={})) == []


@pytest.mark.parametrize(
    ("questions", "outside", "message"),
    [
        ({"a": ("x", "x")}, {}, "a holds twice: x"),
        ({"a": ()}, {}, "at least 1"),
        ({"a": ("x",)}, {"a": {"name": "a", "phrasings": ("y",)}}, "a question and a topic"),
        ({"A b": ("x",)}, {}, "pattern"),
    ],
)
def test_broken_phrasings_are_refused(
    questions: dict[str, object], outside: dict[str, object], message: str
) -> None:
    """No doubles, no empty list, no name that is both, no name that is no slug."""
    with pytest.raises(ValidationError, match=message):
        Phrasings.model_validate({"questions": questions, "outside": outside})


def test_a_base_without_the_file_has_no_phrasings(tmp_path: Path) -> None:
    """The file may be missing; a broken one is said, with its place."""
    (tmp_path / "rules.toml").write_text((ROOT / "rules.toml").read_text("utf-8"), "utf-8")
    assert read_base(tmp_path).phrasings == Phrasings(questions={})
    (tmp_path / "phrasings.json").write_text('{"questions": {"a": []}}', "utf-8")
    problems: list[object] = []
    assert read_base(tmp_path, problems).phrasings == Phrasings(questions={})  # type: ignore[arg-type]
    assert len(problems) == 1
    assert "phrasings.json" in str(problems[0])
