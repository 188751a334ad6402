"""A pack comes in whole or not at all, twice changes nothing, and people's work is kept."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from builders import DAY, ROOT, appraisal
from evidence_tools.errors import DataError
from evidence_tools.files import read_model, write_model
from evidence_tools.models import ClaimsFile, Record
from evidence_tools.pack import anchor_words, import_pack, read_pack
from evidence_tools.questions import Question

QUOTE = "kneads the kinks right out of every muscle"
CLAIM = {
    "id": "d900-001", "doc": "900", "start": 3, "end": 3 + len(QUOTE), "quote": QUOTE,
    "kind": "mechanism", "proposition": "It removes knots.", "strength": "absolute",
    "questions": ["knots"], "intervention": "neuromuscular massage", "duration": None,
    "magnitude": "complete", "scope_note": None, "extracted_by": "both", "note": None,
}  # fmt: skip
QUESTION = {
    "id": "knots", "kind": "mechanism", "question": "Does it remove knots?", "population": "adults",
    "intervention": "massage", "comparator": "none", "outcome": "knots", "synonyms": ["knots"],
    "mesh": ["Massage"], "tiab": ["massage"], "evidence_topics": ["trigger_points"],
}  # fmt: skip
FINDING = {
    "topic": "trigger_points", "outcome": "knots", "timepoint": None, "comparison": "vs rest",
    "direction": "favours_massage", "measure": "SMD", "estimate": -0.5, "ci_low": -0.9,
    "ci_high": -0.1, "p": "<0.05", "i2": None, "n_studies": 2, "n_participants": 80,
    "certainty": "very_low", "note": "",
}  # fmt: skip
SOURCE = {
    "key": "smith2020", "pmid": "123", "doi": None, "pmcid": None, "title": "Knots",
    "authors": ["Smith A"], "journal": "J", "year": 2020, "volume": "1", "issue": None,
    "pages": None, "design": "meta_analysis", "population": "adults", "intervention": "massage",
    "massage_type": "massage_general", "comparator": None, "n_studies": 2, "n_participants": 80,
    "risk_of_bias": None, "findings": [FINDING, FINDING], "bears_on": ["trigger_points"],
    "summary": "s", "superseded_by": None, "retracted": False,
    "from_memory": ["findings[1].ci_low", "year"],
    "verified": [{"url": "https://example.org", "shows": "findings"}],
}  # fmt: skip


def write_pack(folder: Path, *, claims=(CLAIM,), questions=(QUESTION,), sources=(SOURCE,)) -> Path:
    """Write a pack of those lines."""
    for name, lines in (
        ("claims/claims.jsonl", claims),
        ("claims/questions.jsonl", questions),
        ("literature/sources.jsonl", sources),
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            "".join((li if isinstance(li, str) else json.dumps(li)) + "\n" for li in lines)
        )
    documents = folder / "documents"
    documents.mkdir(exist_ok=True)
    (documents / "900_abc.txt").write_text(f"It {QUOTE}.")
    return folder


def test_a_pack_becomes_files_and_a_second_import_changes_nothing(tmp_path):
    """The first import writes each record once; the second finds all unchanged."""
    pack = read_pack(write_pack(tmp_path / "pack"), DAY)
    evidence = tmp_path / "evidence"
    assert sorted(import_pack(pack, evidence).written) == [
        "claims/900.json", "documents/900.toml", "questions/knots.toml", "records/smith2020.json",
    ]  # fmt: skip
    stamps = {p: p.stat().st_mtime_ns for p in evidence.rglob("*") if p.is_file()}
    again = import_pack(pack, evidence)
    assert (again.written, again.kept, len(again.unchanged)) == ([], [], 4)
    assert stamps == {p: p.stat().st_mtime_ns for p in evidence.rglob("*") if p.is_file()}


def test_findings_are_numbered_and_memory_is_marked_on_the_finding(tmp_path):
    """f1, f2 in the pack's order; only the finding named is marked; no empty notes."""
    pack = read_pack(write_pack(tmp_path), DAY)
    one, two = pack.records[0].findings
    assert (one.id, one.from_memory, one.note) == ("f1", (), None)
    assert (two.id, two.from_memory) == ("f2", ("ci_low",))
    assert pack.records[0].retraction == "not checked"


def test_a_claim_keeps_no_quotation(tmp_path):
    """The anchor holds position, hash, and words that do not make up the stretch."""
    claim = read_pack(write_pack(tmp_path), DAY).claims[0].claims[0]
    assert (claim.anchor.first, claim.anchor.last) == ("kneads the kinks", "of every muscle")
    assert QUOTE not in claim.model_dump_json()


@pytest.mark.parametrize(
    ("quote", "words"),
    [
        ("Tendonitis", ("Tendonitis", "")),
        ("Jaw pain", ("Jaw", "")),
        ("one two three", ("one", "three")),
        ("a b c d e f g h i j k", ("a b c d", "h i j k")),
    ],
)
def test_anchor_words_never_make_up_the_whole_of_a_longer_stretch(quote, words):
    """At most four at each end, at least one left out between."""
    assert anchor_words(quote) == words


BAD = {
    "broken JSON": ({"sources": (SOURCE, "{nope")}, r"sources\.jsonl:2: broken JSON"),
    "no object": ({"sources": ("[1]",)}, r"sources\.jsonl:1: not a JSON object"),
    "unknown field": ({"sources": ({**SOURCE, "pimd": "1"},)}, r":1: unknown field pimd"),
    "unknown finding field": (
        {"sources": ({**SOURCE, "findings": [{**FINDING, "x": 1}]},)}, r"unknown field findings"),
    "missing field": ({"claims": ({k: v for k, v in CLAIM.items() if k != "quote"},)},
                      r"claims\.jsonl:1: field quote is missing"),
    "unknown word": ({"claims": ({**CLAIM, "strength": "huge"},)}, r":1: field strength"),
    "unknown question": ({"claims": ({**CLAIM, "questions": ["nope"]},)},
                         r"claims\.jsonl:1: questions: .*unknown question 'nope'"),
    "duplicate PMID": ({"sources": (SOURCE, {**SOURCE, "key": "smith2021"})},
                       r"sources\.jsonl:2: pmid: duplicate pmid '123', first on line 1"),
    "duplicate key": ({"sources": (SOURCE, {**SOURCE, "pmid": None})}, r"duplicate key"),
    "interval without its estimate": (
        {"sources": ({**SOURCE, "findings": [{**FINDING, "estimate": 0.4}]},)},
        r"outside its interval"),
    "wrong type": ({"sources": ({**SOURCE, "findings": "none"},)}, r"wrong type|valid"),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "message"), BAD.values(), ids=BAD.keys())
def test_one_bad_line_and_nothing_is_written(tmp_path, changes, message):
    """The whole pack is refused with file, line and field; the evidence folder stays as it was."""
    write_pack(tmp_path / "pack", **changes)
    with pytest.raises(DataError, match=message) as caught:
        import_pack(read_pack(tmp_path / "pack", DAY), tmp_path / "evidence")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "evidence").exists()


def test_what_people_wrote_since_is_kept_and_named(tmp_path):
    """An appraisal stays unnoticed; a corrected record and claim stay and are named."""
    pack = read_pack(write_pack(tmp_path / "pack"), DAY)
    evidence = tmp_path / "evidence"
    import_pack(pack, evidence)
    path = evidence / "questions" / "knots.toml"
    judged = read_model(Question, path).model_copy(update={"appraisal": appraisal()})
    write_model(judged, path)
    path = evidence / "records" / "smith2020.json"
    write_model(read_model(Record, path).model_copy(update={"title": "Corrected"}), path)
    report = import_pack(pack, evidence)
    assert report.kept == ["records/smith2020.json"]
    assert read_model(Record, path).title == "Corrected"
    assert read_model(Question, evidence / "questions" / "knots.toml") == judged


def test_a_source_that_nobody_saw_goes_to_unverified(tmp_path):
    """No page, or all from memory: listed as to find."""
    unseen = {**SOURCE, "key": "lost2000", "pmid": None, "verified": []}
    recalled = {**SOURCE, "key": "hazy2001", "pmid": None, "from_memory": ["all fields"]}
    pack = read_pack(write_pack(tmp_path, sources=(SOURCE, unseen, recalled)), DAY)
    written = import_pack(pack, tmp_path / "evidence").written
    assert {"unverified/lost2000.json", "unverified/hazy2001.json"} <= set(written)


def test_the_real_pack_is_here_whole(base):
    """372 claims, 114 questions and 380 sources of the pack are in the evidence base."""
    folder = ROOT.parent / "shared"
    if not (folder / "claims" / "claims.jsonl").is_file():
        if os.environ.get("CI"):
            pytest.fail("the pack is not beside the project")
        pytest.skip("the pack is not beside the project")
    pack = read_pack(folder, DAY)
    assert sum(len(file.claims) for file in pack.claims) == 372
    assert (len(pack.questions), len(pack.records)) == (114, 380)
    for file in pack.claims:
        for claim in file.claims:
            assert base.claims[claim.id].anchor == claim.anchor
    assert {q.id for q in pack.questions} <= set(base.questions)
    assert {r.key for r in pack.records} <= set(base.records)
    assert isinstance(pack.claims[0], ClaimsFile)
