"""Each check finds exactly what breaks its rule, and says how to mend it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from builders import DAY, TEXT, appraisal, finding, question, record, wording
from evidence_tools.checks import CHECKS, check_base
from evidence_tools.files import read_model, write_model
from evidence_tools.literature.strategy import Filter, Filters, Strategy, StrategyLine
from evidence_tools.models import ClaimsFile, Document, DocumentCitation, SearchRun, Waiver, Waivers
from evidence_tools.phrasings import Phrasings
from evidence_tools.questions import NoneFound
from evidence_tools.releases import Release, Releases
from evidence_tools.retirement import Retired, Retirement
from evidence_tools.texts import read_texts


def problems_of(project: Path, **options) -> dict[str, str]:
    """Run all checks; return texts by code."""
    found = check_base(project / "evidence", options.pop("as_of", DAY), read_texts)
    return {problem.code: str(problem) for problem in found}


def put_question(project: Path, **changes) -> None:
    """Write the question, changed."""
    write_model(
        question(**{"appraisal": appraisal(), **changes}),
        project / "evidence" / "questions" / "low-back-pain.toml",
    )


def put_record(project: Path, key: str, **changes) -> None:
    """Write a record, changed."""
    write_model(record(key, **changes), project / "evidence" / "records" / f"{key}.json")


def change_claim(project: Path, **changes) -> None:
    """Change the only claim."""
    path = project / "evidence" / "claims" / "900.json"
    file = read_model(ClaimsFile, path)
    claim = file.claims[0].model_copy(update=changes)
    write_model(ClaimsFile(document="900", claims=(claim,)), path)


def loop(project: Path) -> None:
    """Let two records supersede each other."""
    put_record(project, "smith2020", superseded_by="jones2021")
    put_record(project, "jones2021", superseded_by="smith2020")


def none_found(project: Path, run: str) -> None:
    """Let the question rest on a search run."""
    judged = appraisal(
        direction=None, domains={}, findings_basis=(), findings_for=(), wording=None,
        no_wording_reason="none", none_found=NoneFound(runs=(run,)),
    )  # fmt: skip
    put_question(project, appraisal=judged)


def wrong_run(project: Path) -> None:
    """Rest on a run that found something."""
    write_model(
        SearchRun(id="2026-11-21-x", date=DAY, place="p", sought="s", found=3),
        project / "evidence" / "runs" / "2026-11-21-x.json",
    )
    none_found(project, "2026-11-21-x")


def cite(project: Path) -> None:
    """Let the document cite a source that is not there."""
    path = project / "evidence" / "documents" / "900.toml"
    citation = DocumentCitation(record="nobody1999", supports="a", does_not_support="b")
    write_model(read_model(Document, path).model_copy(update={"citations": (citation,)}), path)


def move_anchor(project: Path) -> None:
    """Put the text at hand, and the anchor one character off."""
    (project / "evidence" / "documents" / "text" / "900_test.txt").write_text(TEXT)
    path = project / "evidence" / "claims" / "900.json"
    anchor = read_model(ClaimsFile, path).claims[0].anchor
    change_claim(project, anchor=anchor.model_copy(update={"start": 1}))


def put_retired(project: Path, **changes) -> None:
    """Retire a question that the small project never had."""
    values = {"id": "old-back", "kind": "question", "said": "Does it help old backs?",
              "date": DAY, "reason": "Merged."}  # fmt: skip
    one = Retirement(**{**values, "successors": (), **changes})
    write_model(Retired(retired=(one,)), project / "evidence" / "retired.toml")


def hand_out(project: Path) -> None:
    """Let a release have held a question that is gone."""
    release = Release(
        version="1.0.0", date=DAY, rules="1.0", evidence="0" * 64, archive="x", sha256="0" * 64,
        questions=2, claims=1, sources=1, issued=("low-back-pain", "old-back"),
    )  # fmt: skip
    write_model(Releases(releases=(release,)), project / "evidence" / "releases.json")


def put_phrasings(project: Path, *questions: str) -> None:
    """Write an example phrasing of each question."""
    write_model(
        Phrasings(questions=dict.fromkeys(questions, ("eases the back",))),
        project / "evidence" / "phrasings.json",
    )


def put_search(project: Path, **changes) -> None:
    """Write a strategy, changed, and its only filter."""
    filters = Filters(
        filters=(Filter(id="massage", title="Massage", query="massage[mh]", source="x"),)
    )
    write_model(filters, project / "evidence" / "filters.toml")
    put_record(project, "kim2021", pmid="90000001")
    values = {
        "id": "back", "title": "Back", "questions": ("low-back-pain",), "created": DAY,
        "changed": DAY, "combine": "#massage AND #back", "must_find": ("90000001",),
        "lines": (StrategyLine(name="massage", filter="massage"),
                  StrategyLine(name="back", query='"back pain"[tiab]')),
    }  # fmt: skip
    write_model(Strategy(**{**values, **changes}), project / "evidence" / "searches" / "back.toml")


def search_lines(*lines: dict[str, str]) -> tuple[StrategyLine, ...]:
    """Lines of a strategy."""
    return tuple(StrategyLine(**line) for line in lines)


def put_run(root: Path, **changes: object) -> None:
    """Write a run of the search "back" against NCBI, but for what is given."""
    ncbi = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/"
    values = {"id": "2026-11-21-back", "date": DAY, "place": "PubMed", "sought": "back",
              "found": 0, "search": "back", "endpoint": ncbi, "until": DAY}  # fmt: skip
    run = SearchRun.model_validate({**values, **changes})
    write_model(run, root / "evidence" / "runs" / f"{run.id}.json")


BREAKS: dict[str, tuple[Callable[[Path], None], str]] = {
    "claim-question": (lambda p: change_claim(p, questions=("nope",)), "unknown question 'nope'"),
    "claim-document": (lambda p: change_claim(p, repeats="d900-009"), "unknown claim 'd900-009'"),
    "duplicate-source": (
        lambda p: put_record(p, "jones2021", doi="10.1000/SMITH2020"), "also stands in jones2021"),
    "duplicate-title": (
        lambda p: (put_record(p, "jones2021", title="A b"), put_record(p, "kim2021", title="a-B")),
        "same title as jones2021"),
    "superseded": (loop, "superseded in a loop: "),
    "trace": (
        lambda p: put_record(p, "smith2020", from_memory=("doi",), seen=(
            {"url": "a shelf", "shows": ("x",)},)), "leads to no page"),
    "unusable-finding": (
        lambda p: put_record(p, "smith2020", findings=(finding(from_memory=("p",)),)),
        "cites smith2020:f1: from memory: p"),
    "counted-twice": (
        lambda p: (
            put_record(p, "smith2020", findings=(finding(), finding(id="f2", same_as="f1"))),
            put_question(p, appraisal=appraisal(
                findings_basis=("smith2020:f1", "smith2020:f2"),
                findings_for=("smith2020:f1", "smith2020:f2")))),
        "rests on smith2020:f2 and on f1"),
    "run": (wrong_run, "search run 2026-11-21-x found 3"),
    "wording": (
        lambda p: put_question(p, appraisal=appraisal(wording=wording(strength="absolute"))),
        "comes out as reword"),
    "future-date": (
        lambda p: put_question(p, appraisal=appraisal(date=dt.date(2030, 1, 1))),
        "2030-01-01 lies after 2026-11-21"),
    "citation": (cite, "cites nobody1999: no such record"),
    "references": (
        lambda p: (p / "references.bib").write_text("@article{x,}\n"), "evidence bib --write"),
    "schema": (
        lambda p: (p / "evidence/schema/record.schema.json").unlink(), "evidence schema --write"),
    "search-filter": (
        lambda p: put_search(p, combine="#a", lines=search_lines({"name": "a", "filter": "b"})),
        "line a names the unknown filter 'b'"),
    "search-line": (
        lambda p: put_search(p, combine="#back"), "line massage is not used in combine"),
    "search-lint": (
        lambda p: put_search(p, combine="#a", lines=search_lines({"name": "a", "query": "a[xx]"})),
        "line a, character 2: unknown field [xx]"),
    "search-question": (
        lambda p: put_search(p, questions=("low-back-pain", "nope")),
        "serves the unknown question 'nope'"),
    "search-must-find": (
        lambda p: put_search(p, must_find=("90000002",)),
        "must find 90000002, which no record has"),
    "trial-run": (
        lambda p: put_run(p, endpoint="http://127.0.0.1:1/"), "is a trial against"),
    "missed-item": (
        lambda p: (put_search(p), put_run(p, missed=("90000001",))), "misses what it must find"),
    "screening": (
        lambda p: (p / "evidence/screening.tsv").write_text(
            "pmid\tsearch\tquestion\tdecision\treason\tby\tdate\n"
            "9\t*\tnope\tseek\t\tann\t2026-11-21\n"),
        "no question 'nope'"),
    "phrasing-question": (
        lambda p: put_phrasings(p, "low-back-pain", "nope"), "names the unknown question 'nope'"),
    "phrasing-missing": (
        lambda p: put_phrasings(p, "nope"), "has no example phrasings"),
    "retired": (
        lambda p: put_retired(p, id="low-back-pain"), "is in use, as the id of a question"),
    "vanished": (hand_out, "was in release 1.0.0 and is gone"),
    "not-appraised": (lambda p: put_question(p, appraisal=None), "not yet appraised"),
    "stale": (
        lambda p: put_question(p, appraisal=appraisal(date=dt.date(2020, 1, 1))),
        "reviewed by 2021-01-01"),
    "anchor": (move_anchor, "is not found in its text"),
    "form": (
        lambda p: _reformat(p / "evidence/records/smith2020.json"), "run: evidence format"),
    "shape": (
        lambda p: (p / "evidence/records/bad2020.json").write_text("{"), "broken JSON"),
    "file": (
        lambda p: (p / "evidence/records/smith2020.json").rename(
            p / "evidence/records/other2020.json"), "expected|is 'smith2020'"),
}  # fmt: skip


def _reformat(path: Path) -> None:
    path.write_text(json.dumps(json.loads(path.read_text())))


def test_a_sound_project_has_no_problem(project):
    """Nothing is found where nothing is wrong."""
    assert check_base(project / "evidence", DAY, read_texts) == []


@pytest.mark.parametrize("code", BREAKS)
def test_what_breaks_a_rule_is_found_by_its_check(project, code):
    """Code, record, what is wrong, and what to do."""
    breaks, message = BREAKS[code]
    breaks(project)
    found = problems_of(project)
    assert code in found
    assert any(part in found[code] for part in message.split("|"))
    assert "to mend it: " in found[code]


def test_every_check_has_a_test_that_breaks_it():
    """No check is there that nothing was seen to fail."""
    assert set(CHECKS) <= set(BREAKS)


def test_a_limited_question_without_a_wording_and_a_kept_wording_to_avoid_are_found(project):
    """Both halves of the wording rule."""
    put_question(project, appraisal=appraisal(wording=None, no_wording_reason="none"))
    assert "offers no wording" in problems_of(project)["wording"]
    put_question(project, appraisal=appraisal(avoid=(wording(),)))
    assert "to avoid, yet is kept" in problems_of(project)["wording"]


def test_a_comment_in_a_reviewed_file_is_found(project):
    """A comment would be lost by formatting, so it is a problem first."""
    path = project / "evidence" / "questions" / "low-back-pain.toml"
    path.write_text("# mine\n" + path.read_text())
    assert "comments are lost" in problems_of(project)["shape"]


def test_a_waiver_silences_one_problem_and_is_itself_a_problem_when_idle(project):
    """The only way to silence a check names check, record, reason and date."""
    put_question(project, appraisal=None)
    waiver = Waiver(check="not-appraised", record="low-back-pain", reason="new", date=DAY)
    write_model(Waivers(waivers=(waiver,)), project / "evidence" / "waivers.toml")
    assert problems_of(project) == {}
    put_question(project)
    assert "finds nothing" in problems_of(project)["waiver"]


def test_a_run_that_is_not_recorded_carries_nothing(project):
    """None-found needs the run's file."""
    none_found(project, "2026-01-01-imagined")
    assert "is not recorded" in problems_of(project)["run"]


def test_a_sound_strategy_has_no_problem(project):
    """Filter there, lines used, query read, question known, article a source of ours."""
    put_search(project)
    found = problems_of(project)
    found.pop("references")  # the record added here is not in references.bib
    assert found == {}


def test_a_question_that_no_search_serves_is_found(project):
    """Once there is a strategy, each question needs one, and the one that it names."""
    put_search(project)
    write_model(
        question(id="neck-pain", search="back", appraisal=None),
        project / "evidence" / "questions" / "neck-pain.toml",
    )
    found = [p for p in check_base(project / "evidence", DAY) if p.code == "search-question"]
    assert {(p.record, p.text) for p in found} == {
        ("neck-pain", "is served by no search"),
        ("neck-pain", "names the search 'back', which does not serve it"),
    }


@pytest.mark.parametrize(
    ("combine", "query", "message"),
    [
        ("#massage #back", "back[tiab]", "combine, character 13: no operator in ') ('"),
        ("#massage AND #back", "back[tiab]) OR (neck[tiab]", "line back, character 11: a bracket"),
    ],
)
def test_a_line_that_only_its_neighbours_make_whole_is_found(project, combine, query, message):
    """Each line is read alone, and the whole as well."""
    lines = search_lines({"name": "massage", "filter": "massage"}, {"name": "back", "query": query})
    put_search(project, combine=combine, lines=lines)
    assert message in problems_of(project)["search-lint"]
