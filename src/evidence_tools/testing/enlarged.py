"""An evidence base many times as large as another, for measuring what grows with its size.

Everything that is judged is copied under new ids: claims, questions with their appraisals and
history, sources with their findings, recorded searches, example phrasings. Strategies stay as many
and serve the copies, too; rules and filters are the same. Ten copies share the documents of the
first, because claims grow faster than the pages that make them. The copies say nothing new, and no
copy leans on another: sizes are real, contents are not.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from evidence_tools.base import EvidenceBase, read_base
from evidence_tools.bibliography import format_bibtex
from evidence_tools.errors import InputError
from evidence_tools.files import dump_model
from evidence_tools.literature.strategy import Strategy
from evidence_tools.models import Claim, ClaimsFile, Document, Model, Record, SearchRun
from evidence_tools.phrasings import Phrasings
from evidence_tools.questions import Question

__all__ = ["enlarge"]

M = TypeVar("M", bound=Model)

#: Copies of the claims that stand in the same documents.
_SHARED = 10
#: PMIDs of copies begin here, far above those given out.
_FIRST_PMID = 60_000_000
_WHOLE = ("filters.toml", "rules.toml", "waivers.toml")


def enlarge(root: Path, out: Path, times: int) -> Path:
    """Write an evidence base that holds another a number of times.

    Parameters
    ----------
    root : Path
        The ``evidence`` folder that is copied.
    out : Path
        A new project's folder: gets ``evidence``, ``notebooks`` and ``references.bib``.
    times : int
        How many times as large; 1 is the same base. The same numbers give the same bytes.

    Returns
    -------
    Path
        The ``evidence`` folder written.

    Raises
    ------
    InputError
        When the folder holds something, or the number is not from 1 to 1000.
    """
    if not 1 <= times <= 1000:
        raise InputError(f"{times} times", expected="a number from 1 to 1000")
    if out.exists() and any(out.iterdir()):
        raise InputError("the folder is not empty", where=str(out), fix="name a new folder")
    base = read_base(root)
    target = out / "evidence"
    copies = [_Copy(base, number) for number in range(times)]
    for name in _WHOLE:
        if (root / name).is_file():
            target.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / name, target / name)
    if (root / "schema").is_dir():
        shutil.copytree(root / "schema", target / "schema")
    if (root.parent / "notebooks").is_dir():
        shutil.copytree(root.parent / "notebooks", out / "notebooks")
    records = []
    for copy in copies:
        for key in sorted(base.records):
            record = copy.make(Record, base.records[key])
            folder = "unverified" if key in base.unverified else "records"
            _write(target / folder, record.key, ".json", record)
            if key not in base.unverified:
                records.append(record)
        for question in base.questions.values():
            made = copy.make(Question, question).model_copy(update={"search": question.search})
            _write(target / "questions", made.id, ".toml", made)
        for run in base.runs.values():
            again = copy.make(SearchRun, run)
            _write(target / "runs", again.id, ".json", again)
    for search in base.searches.values():
        served = [copy.names.get(key, key) for copy in copies for key in search.questions]
        values = search.model_dump(mode="json") | {"questions": served}
        _write(target / "searches", search.id, ".toml", Strategy.model_validate(values))
    _write_claims(base, copies, target)
    said = {
        copy.names.get(key, key): list(texts)
        for copy in copies
        for key, texts in base.phrasings.questions.items()
    }
    phrasings = base.phrasings.model_dump(mode="json", exclude_none=True) | {"questions": said}
    if (root / "phrasings.json").is_file():
        _write(target, "phrasings", ".json", Phrasings.model_validate(phrasings))
    records.sort(key=lambda record: record.key)
    (out / "references.bib").write_text(format_bibtex(records), encoding="utf-8")
    return target


class _Copy:
    """One copy of a base: by which name each id of the base goes in it; copy 0 is the base."""

    def __init__(self, base: EvidenceBase, number: int) -> None:
        self.number = number
        self.names: dict[str, str] = {}
        if not number:
            return
        slugs: set[str] = {*base.questions, *base.runs}
        for record in base.records.values():
            slugs.update(record.topics)
            slugs.update(finding.topic for finding in record.findings)
        for question in base.questions.values():
            slugs.update(question.topics)
        self.names |= {slug: f"{slug}-x{number}" for slug in slugs}
        for place, (key, record) in enumerate(sorted(base.records.items())):
            self.names[key] = f"{key}_x{number}"
            for finding in record.findings:
                self.names[f"{key}:{finding.id}"] = f"{key}_x{number}:{finding.id}"
            if record.title:
                self.names[record.title] = f"{record.title} (copy {number})"
            if record.doi:
                self.names[record.doi] = f"{record.doi}.x{number}"
            pmid = _FIRST_PMID + number * len(base.records) + place
            if record.pmid:
                self.names[record.pmid] = str(pmid)
            if record.pmcid:
                self.names[record.pmcid] = f"PMC{pmid}"

    def make(self, kind: type[M], model: M) -> M:
        """Copy a model with every id in it under its new name."""
        return kind.model_validate(self._renamed(model.model_dump(mode="json")))

    def _renamed(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.names.get(value, value)
        if isinstance(value, list):
            return [self._renamed(item) for item in value]
        if isinstance(value, dict):
            return {key: self._renamed(item) for key, item in value.items()}
        return value


def _write_claims(base: EvidenceBase, copies: Iterable[_Copy], target: Path) -> None:
    """Write documents and claims: claims of ten copies stand in the same documents."""
    claims: dict[str, list[Claim]] = {}
    owned = {document: base.claims_of(document) for document in base.documents}
    for copy in copies:
        group, within = divmod(copy.number, _SHARED)
        for document in base.documents.values():
            name = f"{document.id}x{group}" if group else document.id
            if name not in claims:
                values = copy.make(Document, document).model_dump() | {"id": name}
                _write(target / "documents", name, ".toml", Document.model_validate(values))
            held = claims.setdefault(name, [])
            highest = max((_number(claim) for claim in owned[document.id]), default=0)
            for claim in owned[document.id]:
                number = within * highest + _number(claim)
                values = copy.make(Claim, claim).model_dump() | {"id": f"d{name}-{number:03d}"}
                held.append(Claim.model_validate(values))
    for name, listed in claims.items():
        _write(target / "claims", name, ".json", ClaimsFile(document=name, claims=tuple(listed)))


def _number(claim: Claim) -> int:
    """Return the number of a claim in its document."""
    return int(claim.id.rsplit("-", 1)[1])


def _write(folder: Path, name: str, suffix: str, model: Model) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}{suffix}").write_text(dump_model(model, suffix), encoding="utf-8")
