"""The documents' texts are read, checked by hash, and quoted in place."""

from __future__ import annotations

import pytest

from builders import ROOT
from evidence_tools.base import read_base
from evidence_tools.errors import DataError, InputError
from evidence_tools.texts import check_anchor, quote, read_texts


def test_every_claim_is_found_in_its_text(base, documents):
    """All anchors of the real claims hold: position, hash, first words."""
    texts = read_texts(base, documents)
    assert sorted(texts) == ["000", "001", "002", "003", "004"]
    wrong = [
        check_anchor(claim, texts[base.document_of[claim.id]]) for claim in base.claims.values()
    ]
    assert [text for text in wrong if text] == []


def test_no_more_than_anchors_of_the_documents_is_in_the_repository(base, documents):
    """No run of nine words of a document stands in the reviewed data, titles apart."""
    titles = {title.casefold() for d in base.documents.values() if (title := d.title)}
    titles |= {r.title.casefold() for r in base.records.values() if r.title}
    runs = {}
    for name, text in read_texts(base, documents).items():
        words = text.casefold().split()
        for start in range(len(words) - 8):
            run = " ".join(words[start : start + 9])
            if not any(run in title for title in titles):
                runs[run] = name
    copied = []
    for path in sorted((ROOT / "evidence").rglob("*.*")):
        if path.suffix not in {".json", ".toml"} or "schema" in path.parts or "text" in path.parts:
            continue
        words = path.read_text().casefold().split()
        for start in range(len(words) - 8):
            run = " ".join(words[start : start + 9])
            if run in runs:
                copied.append((path.name, run))
    assert copied == []


def test_a_changed_text_is_refused(project):
    """A text that is not the one reviewed gives an error, not wrong quotations."""
    (project / "evidence/documents/text/900_test.txt").write_text("Something else")
    with pytest.raises(DataError, match="has changed"):
        read_texts(read_base(project / "evidence"))


def test_texts_are_optional_but_a_named_folder_must_have_them(project, tmp_path):
    """Without texts everything else works; a wrong --documents is an error."""
    base = read_base(project / "evidence")
    assert read_texts(base) == {}
    with pytest.raises(InputError, match="no such folder"):
        read_texts(base, tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"900_test\.txt"):
        read_texts(base, tmp_path)


def test_an_anchor_that_does_not_match_is_named(project):
    """The claim, and where it should stand, are told."""
    base = read_base(project / "evidence")
    claim = next(iter(base.claims.values()))
    with pytest.raises(DataError, match="d900-001 is not found"):
        quote(claim, "x" * 200)
