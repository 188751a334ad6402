"""Bring a literature and claims pack into ``evidence/``, whole or not at all.

A pack is a folder with ``claims/claims.jsonl``, ``claims/questions.jsonl``,
``literature/sources.jsonl`` and, if at hand, ``documents/*.txt``. Every line is checked before the
first file is written. What people have written since (appraisals, corrected records) is never
overwritten: a file that differs is left and named.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from evidence_tools.errors import DataError
from evidence_tools.files import explain_validation, parse_model, read_text, write_model
from evidence_tools.models import Claim, ClaimsFile, Document, Model, Record
from evidence_tools.questions import Question

__all__ = ["ImportReport", "Pack", "anchor_words", "import_pack", "read_pack"]

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Pack:
    """Everything that a pack holds, checked."""

    documents: tuple[Document, ...]
    claims: tuple[ClaimsFile, ...]
    questions: tuple[Question, ...]
    records: tuple[Record, ...]


@dataclass
class ImportReport:
    """What an import wrote, found unchanged, and left alone because a person had changed it."""

    written: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


def anchor_words(quote: str) -> tuple[str, str]:
    """First and last words that anchor a stretch of text without quoting it whole.

    At most four words at each end, and never so many that they make up the whole stretch.

    >>> anchor_words("kneads the kinks right out")
    ('kneads the', 'right out')
    >>> anchor_words("Tendonitis")
    ('Tendonitis', '')
    """
    words = quote.split()
    count = min(4, max(1, (len(words) - 1) // 2))
    return " ".join(words[:count]), " ".join(words[-count:]) if len(words) > 2 else ""


def read_pack(folder: Path, received: dt.date) -> Pack:
    """Read and check a pack.

    Raises
    ------
    DataError
        On the first bad line: file, line, field, what was expected.
    """
    sources = folder / "literature" / "sources.jsonl"
    records = tuple(_read_lines(sources, lambda raw: Record(**_record(raw))))
    path = folder / "claims" / "questions.jsonl"
    questions = tuple(_read_lines(path, lambda raw: Question(**_question(raw))))
    path = folder / "claims" / "claims.jsonl"
    claims = list(_read_lines(path, lambda raw: (raw["doc"], Claim(**_claim(raw)))))
    known = {question.id for question in questions}
    for number, (_, claim) in enumerate(claims, start=1):
        for question in claim.questions:
            if question not in known:
                raise DataError(
                    f"claim {claim.id} names the unknown question {question!r}",
                    expected="an id from claims/questions.jsonl",
                    where=f"{path}:{number}: questions",
                )
    _check_unique(sources, [record.key for record in records], "key")
    _check_unique(sources, [record.pmid for record in records], "pmid")
    _check_unique(path.with_name("questions.jsonl"), [question.id for question in questions], "id")
    _check_unique(path, [claim.id for _, claim in claims], "id")
    documents = tuple(_documents(folder / "documents", received))
    by_document = sorted({document for document, _ in claims})
    return Pack(
        documents,
        tuple(
            ClaimsFile(document=name, claims=tuple(c for d, c in claims if d == name))
            for name in by_document
        ),
        questions,
        records,
    )


def _read_lines(path: Path, build: Callable[[dict[str, Any]], Any]) -> Iterator[Any]:
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            raw = json.loads(line)
        except json.JSONDecodeError as error:
            raise DataError(f"broken JSON: {error.msg}", where=where) from error
        if not isinstance(raw, dict):
            raise DataError("not a JSON object", expected="one object a line", where=where)
        try:
            yield build(raw)
        except ValidationError as error:
            raise DataError(explain_validation(error), where=where) from error
        except KeyError as error:
            raise DataError(f"field {error.args[0]} is missing", where=where) from error
        except (TypeError, AttributeError) as error:
            raise DataError(
                f"a field has the wrong type: {error}",
                expected="the types of the pack's README",
                where=where,
            ) from error


def _check_unique(path: Path, values: list[str | None], name: str) -> None:
    seen: dict[str, int] = {}
    for number, value in enumerate(values, start=1):
        if value is None:
            continue
        if value in seen:
            raise DataError(
                f"duplicate {name} {value!r}, first on line {seen[value]}",
                expected=f"each {name} once",
                where=f"{path}:{number}: {name}",
            )
        seen[value] = number


def _hyphens(value: Any) -> Any:
    return value.replace("_", "-") if isinstance(value, str) else value


def _claim(raw: dict[str, Any]) -> dict[str, Any]:
    quote = raw["quote"]
    first, last = anchor_words(quote)
    kept = {
        name: raw.get(name)
        for name in (
            "id",
            "proposition",
            "kind",
            "strength",
            "duration",
            "magnitude",
            "scope_note",
            "questions",
            "repeats",
            "extracted_by",
            "note",
        )
    }
    digest = hashlib.sha256(quote.encode("utf-8")).hexdigest()
    anchor = {"start": raw["start"], "end": raw["end"], "sha256": digest}
    unknown = {k: v for k, v in raw.items() if k not in {*kept, *anchor, *_CLAIM_OTHER}}
    return {
        **kept,
        **unknown,
        "technique": raw["intervention"],
        "anchor": {**anchor, "first": first, "last": last},
    }


_CLAIM_OTHER = frozenset({"doc", "quote", "intervention"})


def _question(raw: dict[str, Any]) -> dict[str, Any]:
    topics = [_hyphens(topic) for topic in raw["evidence_topics"]]
    return {**{k: v for k, v in raw.items() if k != "evidence_topics"}, "topics": topics}


def _record(raw: dict[str, Any]) -> dict[str, Any]:
    memory = [str(entry) for entry in raw["from_memory"]]
    findings = [
        _finding(number, finding, memory) for number, finding in enumerate(raw["findings"], start=1)
    ]
    seen = [
        {**page, "shows": [page["shows"]] if isinstance(page["shows"], str) else page["shows"]}
        for page in raw["verified"]
    ]
    unique = list({json.dumps(page, sort_keys=True): page for page in seen}.values())
    renamed = {
        "design": _hyphens(raw["design"]),
        "massage_type": _hyphens(raw["massage_type"]),
        "topics": [_hyphens(topic) for topic in raw["bears_on"]],
        "findings": findings,
        "from_memory": memory,
        "seen": unique,
        # The pack's false is a default: nobody looked. Only true carries knowledge.
        "retraction": "retracted" if raw["retracted"] else "not checked",
    }
    taken = {"bears_on", "verified", "retracted", "alternative_findings"}
    return {**{k: v for k, v in raw.items() if k not in taken}, **renamed}


def _finding(number: int, raw: dict[str, Any], memory: list[str]) -> dict[str, Any]:
    certainty = raw.get("certainty")
    return {
        # An empty note is the pack's way of saying that there is none.
        **{name: None if value == "" else value for name, value in raw.items()},
        "id": f"f{number}",
        "topic": _hyphens(raw["topic"]),
        "direction": _hyphens(raw["direction"]),
        "certainty": certainty.replace("_", " ") if isinstance(certainty, str) else certainty,
        "from_memory": _from_memory(number, memory),
    }


def _from_memory(number: int, memory: list[str]) -> list[str]:
    """Fields of one finding that the record lists as from memory.

    >>> _from_memory(1, ["findings[0].ci_low", "year"]), _from_memory(2, ["findings"])
    (['ci_low'], ['*'])
    """
    fields = []
    for entry in memory:
        indexed = re.match(r"findings\[(\d+)\](?:\.(\w+))?", entry)
        if indexed:
            if int(indexed[1]) == number - 1:
                fields.append(indexed[2] or "*")
        elif entry.startswith(("findings", "all ")):
            fields.append("*")
        elif entry.startswith(("measure", "timepoint")):
            fields.append(re.split(r"\W", entry)[0])
    return list(dict.fromkeys(fields))


def _documents(folder: Path, received: dt.date) -> Iterator[Document]:
    for path in sorted(folder.glob("*.txt")):
        text = read_text(path)
        yield Document(
            id=path.stem.partition("_")[0],
            received=received,
            file=path.name,
            sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
            characters=len(text),
        )


def import_pack(pack: Pack, evidence: Path) -> ImportReport:
    """Write a checked pack into an evidence folder.

    A file that is not there yet is written. One that a person has changed since is kept as it is
    and named in the report; a question keeps its appraisal and history in any case.
    """
    report = ImportReport()
    for document in pack.documents:
        _put(document, evidence / "documents" / f"{document.id}.toml", report, _same_text)
    for claims in pack.claims:
        _put(claims, evidence / "claims" / f"{claims.document}.json", report, _equal)
    for question in pack.questions:
        _put(question, evidence / "questions" / f"{question.id}.toml", report, _same_question)
    for record in pack.records:
        verified, other = evidence / "records", evidence / "unverified"
        folder = verified if record.is_verified else other
        # A record that was seen since lies in the other folder, and stays there.
        twin = (other if record.is_verified else verified) / f"{record.key}.json"
        path = twin if twin.exists() else folder / f"{record.key}.json"
        _put(record, path, report, _equal)
    return report


def _put(model: M, path: Path, report: ImportReport, same: Callable[[M, M], bool]) -> None:
    name = f"{path.parent.name}/{path.name}"
    if not path.exists():
        write_model(model, path)
        report.written.append(name)
        return
    old = parse_model(type(model), read_text(path), str(path))
    (report.unchanged if same(old, model) else report.kept).append(name)


def _equal(old: Model, new: Model) -> bool:
    return old == new


def _same_text(old: Document, new: Document) -> bool:
    return old.sha256 == new.sha256


def _same_question(old: Question, new: Question) -> bool:
    people = {"appraisal", "history", "search", "note"}
    return old.model_dump(exclude=people) == new.model_dump(exclude=people)
