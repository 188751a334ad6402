"""Fixtures: the real evidence base, the documents' texts, and a small project to break."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import pytest

from builders import DAY, ROOT, TEXT, appraisal, claim, question, record
from evidence_tools.assessment import Assessment, assess
from evidence_tools.base import EvidenceBase, read_base
from evidence_tools.bibliography import format_bibtex
from evidence_tools.files import write_model
from evidence_tools.models import Anchor, ClaimsFile, Document
from evidence_tools.schemas import make_schemas


@pytest.fixture(scope="session")
def base() -> EvidenceBase:
    """The evidence base of this repository."""
    return read_base(ROOT / "evidence")


@pytest.fixture(scope="session")
def assessment(base: EvidenceBase) -> Assessment:
    """The evidence base as judged on the day of its last appraisals."""
    return assess(base, DAY)


@pytest.fixture(scope="session")
def documents() -> Path:
    """Folder with the texts of the documents under review; in CI it must be there."""
    places = [ROOT / "evidence" / "documents" / "text", ROOT.parent / "shared" / "documents"]
    for place in places:
        if any(place.glob("*.txt")):
            return place
    reason = "the texts of the documents are neither in evidence/documents/text nor beside us"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small whole project: one document, one claim, one question, one record."""
    root = tmp_path / "project"
    evidence = root / "evidence"
    (evidence / "documents" / "text").mkdir(parents=True)
    shutil.copyfile(ROOT / "evidence" / "rules.toml", evidence / "rules.toml")
    shutil.copytree(ROOT / "notebooks", root / "notebooks")
    text = TEXT.encode()
    document = Document(
        id="900",
        title="Back <b>pain</b> & us",
        received=DAY,
        file="900_test.txt",
        sha256=hashlib.sha256(text).hexdigest(),
        characters=len(TEXT),
    )
    write_model(document, evidence / "documents" / "900.toml")
    quote = TEXT[:54]
    anchor = Anchor(
        start=0,
        end=54,
        sha256=hashlib.sha256(quote.encode()).hexdigest(),
        first="Neuromuscular massage",
        last="for good.",
    )
    write_model(
        ClaimsFile(document="900", claims=(claim(anchor=anchor),)), evidence / "claims" / "900.json"
    )
    write_model(question(appraisal=appraisal()), evidence / "questions" / "low-back-pain.toml")
    one = record(title="Massage <script>alert(1)</script> & {{ 7*7 }}")
    write_model(one, evidence / "records" / "smith2020.json")
    (root / "references.bib").write_text(format_bibtex([one]), encoding="utf-8")
    for name, schema in make_schemas().items():
        path = evidence / "schema" / f"{name}.schema.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(schema, encoding="utf-8")
    return root
