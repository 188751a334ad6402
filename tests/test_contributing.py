"""CONTRIBUTING's worked example works, word for word."""

from __future__ import annotations

import hashlib
import re
import shlex
import shutil

from click.testing import CliRunner

from builders import DAY, ROOT
from evidence_tools.base import read_base
from evidence_tools.cli import main
from evidence_tools.files import write_model
from evidence_tools.models import Document

WORDS = "Massage melts neck pain away."
TEXT = f"Welcome! {WORDS} Call now.\n"


def test_the_worked_example_is_run_as_it_stands(tmp_path, monkeypatch):
    """Each block becomes its file, each command succeeds, the check is clean, the level moves."""
    project = tmp_path / "project"
    shutil.copytree(ROOT / "evidence", project / "evidence", ignore=shutil.ignore_patterns("text"))
    shutil.copyfile(ROOT / "references.bib", project / "references.bib")
    folder = project / "evidence" / "documents"
    (folder / "text").mkdir()
    (folder / "text" / "900_example.txt").write_text(TEXT)
    document = Document(
        id="900",
        received=DAY,
        file="900_example.txt",
        sha256=hashlib.sha256(TEXT.encode()).hexdigest(),
        characters=len(TEXT),
    )
    write_model(document, folder / "900.toml")
    monkeypatch.chdir(project)
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```(\w+)(?: (\S+))?\n(.*?)```", guide, flags=re.DOTALL)
    assert [name for _, name, _ in blocks if name] == [
        "evidence/records/doe2026.json", "draft.toml", "evidence/claims/900.json",
        "evidence/retired.toml",
    ]  # fmt: skip
    before = read_base(project / "evidence").questions["neck-pain"]
    printed = ""
    for kind, name, text in blocks:
        if kind == "sh":
            for line in text.strip().splitlines():
                result = CliRunner().invoke(main, shlex.split(line)[1:])
                assert result.exit_code == 0, (line, result.output)
                printed += result.stdout
        else:
            digest = hashlib.sha256(WORDS.encode()).hexdigest()
            (project / name).write_text(text.replace("ANCHOR-SHA256", digest))
    assert '"first": "Massage melts"' in printed
    base = read_base(project / "evidence")
    assert base.retired["sore-backs"].successors == ("low-back-pain",)
    after = base.questions["neck-pain"]
    assert after.appraisal.findings_basis == ("doe2026:f1",)
    assert after.history == (*before.history, before.appraisal)
    assert "@article{doe2026," in (project / "references.bib").read_text()
    result = CliRunner().invoke(main, ["claims", "--document", "900"])
    assert "remove" in result.stdout
