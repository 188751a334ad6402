"""The commands of the tracker: one line for each mistake, and nothing lost."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from evidence_tools.assessment import today
from evidence_tools.base import read_base
from evidence_tools.cli import main
from evidence_tools.literature.entrez import limiter
from evidence_tools.testing.eutils import EutilsServer
from evidence_tools.testing.faults import Fault, FaultKind
from monthly import SOURCE, add_searches, article, source_article

KEY = "s3cretKEY0123456789abcdef"


@pytest.fixture
def pubmed(monkeypatch):
    """A loopback PubMed that knows the key; nobody waits for the pace of the real one."""
    monkeypatch.setattr(limiter, "MARGIN", 1e-6)
    articles = [
        source_article(),
        article("101", "A randomised trial of massage"),
        article("102", "Massage for back pain: a systematic review"),
    ]
    with EutilsServer(articles, keys=[KEY]) as server:
        yield server


@pytest.fixture
def small(project: Path, monkeypatch) -> Path:
    """The small project with two strategies; one stands in its folder."""
    add_searches(project)
    monkeypatch.chdir(project)
    for name in ("NCBI_EMAIL", "NCBI_API_KEY", "EVIDENCE_EUTILS_BASE", "EVIDENCE_STORE",
                 "EVIDENCE_REVIEWER"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)
    return project


def call(*arguments: str, pubmed=None, typed: str | None = None, **environment: str):
    """Run ``evidence`` in the folder one stands in."""
    if pubmed is not None:
        environment |= {"NCBI_EMAIL": "a@example.org", "EVIDENCE_EUTILS_BASE": pubmed.url}
    result = CliRunner().invoke(main, list(arguments), env=environment, input=typed)
    return result.exit_code, result.stdout, result.stderr


UPDATE = ("update", "--trial", "--no-report")


def test_a_month_from_the_command_line(small, pubmed):
    """Runs are written; what waits, what to do next, and how many requests it took are said."""
    status, out, err = call(*UPDATE, pubmed=pubmed)
    assert (status, out) == (0, "")
    assert "new evidence waiting: 1 review, 1 trial, on 1 questions" in err
    assert "evidence screen --by" in err
    runs = sorted(p.stem for p in (small / "evidence" / "runs").glob("*.json"))
    assert runs == [f"{today()}-{name}" for name in ("back", "massage", "sources")]


def test_the_key_is_nowhere(small, pubmed):
    """Not in what is said, not in any file, not in a request's line; it does reach NCBI."""
    status, out, err = call(*UPDATE, pubmed=pubmed, NCBI_API_KEY=KEY)
    assert status == 0
    assert KEY not in out + err
    assert all(KEY not in request.line for request in pubmed.requests)
    files = [p for p in small.rglob("*") if p.is_file()]
    assert files
    assert all(KEY.encode() not in path.read_bytes() for path in files)


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        (("update",), {}, "set NCBI_EMAIL"),
        (("update", "--email", "nobody"), {}, "not an e-mail address"),
        (("update", "--email", "a@example.org"), {"EVIDENCE_EUTILS_BASE": "http://127.0.0.1:1/"},
         "is not NCBI"),
        (("update", "--search", "nek", "--dry-run"), {}, "no search 'nek'"),
        (("update", "--since", "last week", "--dry-run"), {}, "--since 'last week' is no day"),
        (("update", "--until", "2999-01-01", "--dry-run"), {}, "lies in the future"),
        (("update", "--since", "2026-10-02", "--until", "2026-10-01", "--dry-run"), {},
         "is after --until"),
        (("update", "--offline"), {}, "store"),
        (("verify",), {}, "there is no literature store yet"),
        (("verify", "nobody2020"), {}, "no record 'nobody2020'"),
        (("screen",), {}, "nobody is named as reviewer"),
        (("screen", "--question", "nek-pain"), {}, "no question 'nek-pain'"),
        (("record", "new", "abc"), {}, "is not a PMID"),
        (("record", "new", SOURCE), {}, "is a record already"),
        (("changes", "--from", "2026-11-02", "--to", "2026-11-01"), {}, "is after --to"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_before_anything_is_asked(small, arguments, environment, words):
    """What, expected what, what to do; no traceback and no file."""
    before = sorted(small.rglob("*"))
    status, out, err = call(*arguments, **environment)
    assert status in (1, 2)
    assert out == ""
    assert words in err
    assert len(err.strip().splitlines()) == 1
    assert sorted(small.rglob("*")) == before


def test_a_bad_key_is_one_line_without_the_key(small, pubmed):
    """NCBI repeats the key in its refusal; we do not."""
    status, _, err = call(*UPDATE, pubmed=pubmed, NCBI_API_KEY="wr0ngKEY")
    assert status == 1
    assert "wr0ngKEY" not in err
    assert "key" in err.casefold()


def test_a_strategy_with_an_unbalanced_bracket_is_named_before_anything_is_asked(small, pubmed):
    """The check of the evidence base and the lint say which, and where."""
    path = small / "evidence" / "searches" / "back.toml"
    path.write_text(path.read_text().replace("back[tiab]", "(back[tiab]"))
    status, out, err = call("searches", "lint", "back")
    assert status == 1
    assert "back" in out + err
    assert "Traceback" not in out + err


def test_missing_records_are_exit_status_one_and_said(small, pubmed):
    """Only when something is truly missing."""
    pubmed.faults.add(Fault(FaultKind.LEFT_OUT, "efetch", pmids=("101",), times=1000))
    status, _, err = call(*UPDATE, pubmed=pubmed)
    assert status == 1
    assert "PMID 101 is missing" in err
    assert "run the same command again" in err


def test_two_updates_at_once_are_one(small, pubmed):
    """The second says so and does nothing."""
    from filelock import FileLock

    (small / "store").mkdir()
    with FileLock(small / "store" / "literature.lock"):
        status, _, err = call(*UPDATE, pubmed=pubmed)
    assert status == 2
    assert "another update is running" in err


def test_decisions_are_written_as_they_are_made(small, pubmed):
    """Exclude with a reason, back, include, quit: what was typed is in the file."""
    call(*UPDATE, pubmed=pubmed)
    status, _, err = call("screen", "--by", "ann", typed="x\nwrong-design\ni\n")
    assert status == 0, err
    found = {d.pmid: (d.decision, d.reason) for d in read_base(small / "evidence").screening}
    assert found == {"102": ("exclude", "wrong-design"), "101": ("include", None)}
    assert "2 decisions written, 0 left" in err
    status, out, _ = call("screen", "--flow")
    assert "      2  screened" in out
    assert "      1  excluded on title and abstract" in out


def test_an_unknown_reason_is_asked_again_and_quitting_keeps_what_was_decided(small, pubmed):
    """Nothing a user typed is lost."""
    call(*UPDATE, pubmed=pubmed)
    status, _, _ = call("screen", "--by", "ann", typed="x\ndull\nwrong-outcome\nq\n")
    assert status == 0
    (decision,) = read_base(small / "evidence").screening
    assert decision.reason == "wrong-outcome"


def test_two_reviewers_get_a_conflict_list(small, pubmed):
    """Each screens alone; where they differ, it is listed and stays open."""
    call(*UPDATE, pubmed=pubmed)
    call("screen", "--by", "ann", "--reviewers", "2", typed="i\nx\nother\n")
    call("screen", "--by", "ben", "--reviewers", "2", typed="x\nother\nx\nother\n")
    status, out, err = call("screen", "--conflicts")
    assert status == 0
    assert out.split() == ["102", "*", "ann:", "include,", "ben:", "exclude"]
    assert "1 conflicts" in err


def test_a_draft_is_made_from_the_store_and_supports_nothing(small, pubmed):
    """Under unverified, to be completed by a person; the checks stay clean."""
    call(*UPDATE, pubmed=pubmed)
    status, out, err = call("record", "new", "102")
    assert (status, out.strip()) == (0, "evidence/unverified/lee2026.json")
    assert "to be completed" in err
    base = read_base(small / "evidence")
    assert base.unverified == {"lee2026"}
    assert call("record", "new", "999")[0] == 2


def test_verify_lists_differences_and_writes_a_patch_that_applies(small, pubmed):
    """Year and retraction differ; git takes the patch; then only the bibliography is behind."""
    status, out, err = call(
        "verify", "--online", "--trial", "--patch", "fix.patch", "--format", "json", pubmed=pubmed
    )
    assert status == 1
    found = json.loads(out)["differences"]
    assert {(d["key"], d["field"]) for d in found} >= {("smith2020", "retraction")}
    subprocess.run(["git", "apply", "fix.patch"], cwd=small, check=True)
    record = read_base(small / "evidence").records["smith2020"]
    assert record.retraction == "not retracted"
    assert "1 of 1 PMIDs compared with PubMed" in err


def test_a_dry_run_shows_each_query_and_asks_nothing(small):
    """Without e-mail and without network."""
    status, out, err = call("update", "--dry-run")
    assert status == 0
    assert "(back[tiab])" in out
    assert "2 searches would be asked; nothing was" in err


def test_trial_runs_are_an_error_in_the_evidence_base(small, pubmed):
    """What was asked of another server must never pass for PubMed."""
    call(*UPDATE, pubmed=pubmed)
    status, out, _ = call("check")
    assert status == 1
    assert out.count("error trial-run") == 3


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("102\tback\tnek-pain\tseek\t\tann\t2026-11-21", "no question 'nek-pain'"),
        ("102\tbak\t*\tseek\t\tann\t2026-11-21", "no search 'bak'"),
        ("102\tback\t*\tinclude\t\tann\t2026-11-21", "evidence record new 102"),
        ("102\tback\t*\texclude\tdull\tann\t2026-11-21", "screening.tsv:2"),
    ],
)
def test_a_decision_typed_by_hand_is_checked(small, line, words):
    """Unknown ids and reasons are named; what was taken in asks for its record."""
    head = "pmid\tsearch\tquestion\tdecision\treason\tby\tdate\n"
    (small / "evidence" / "screening.tsv").write_text(head + line + "\n")
    _, out, err = call("check")
    assert words in out + err
