"""Everything under ``evidence/``, loaded and indexed once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from evidence_tools.errors import DataError, InputError
from evidence_tools.files import check_comments, dump_model, parse_model, read_text
from evidence_tools.literature.decisions import (
    Decision,
    format_decisions,
    parse_decisions,
    read_decisions,
)
from evidence_tools.literature.strategy import Filter, Filters, Strategy
from evidence_tools.models import (
    Claim,
    ClaimsFile,
    Document,
    Model,
    Record,
    SearchRun,
    Waiver,
    Waivers,
)
from evidence_tools.phrasings import Phrasings
from evidence_tools.questions import Question
from evidence_tools.releases import Releases
from evidence_tools.retirement import Retired, Retirement
from evidence_tools.rules import Rules

__all__ = [
    "KINDS",
    "SCREENING",
    "EvidenceBase",
    "canonical_text",
    "data_files",
    "find_root",
    "read_base",
]

M = TypeVar("M", bound=Model)

#: Which model the files of each folder (or a single file) hold.
KINDS: Mapping[str, tuple[type[Model], str]] = {
    "documents": (Document, ".toml"),
    "claims": (ClaimsFile, ".json"),
    "questions": (Question, ".toml"),
    "records": (Record, ".json"),
    "unverified": (Record, ".json"),
    "runs": (SearchRun, ".json"),
    "searches": (Strategy, ".toml"),
}
#: Which model the single files at the top hold.
SINGLE: Mapping[str, type[Model]] = {
    "filters.toml": Filters,
    "phrasings.json": Phrasings,
    "retired.toml": Retired,
    "rules.toml": Rules,
    "waivers.toml": Waivers,
}


#: The one file that is a table: a line a decision, edited by hand or by ``evidence screen``.
SCREENING = "screening.tsv"


@dataclass(frozen=True)
class EvidenceBase:
    """The reviewed data: documents, claims, questions, records, searches, runs, rules, waivers.

    ``records`` holds verified and unverified ones; the keys of the latter are in ``unverified``.
    ``filters`` are the blocks that search strategies share, by id; ``phrasings`` serve the matching
    of pages. ``retired`` tells of each id that is no longer in use what became of it;
    ``releases`` are those that were cut so far, which are no part of what is reviewed.
    """

    root: Path
    documents: Mapping[str, Document]
    claims: Mapping[str, Claim]
    document_of: Mapping[str, str]
    questions: Mapping[str, Question]
    records: Mapping[str, Record]
    unverified: frozenset[str]
    runs: Mapping[str, SearchRun]
    rules: Rules
    waivers: tuple[Waiver, ...] = ()
    screening: tuple[Decision, ...] = ()
    searches: Mapping[str, Strategy] = field(default_factory=dict)
    filters: Mapping[str, Filter] = field(default_factory=dict)
    phrasings: Phrasings = field(default_factory=lambda: Phrasings(questions={}))
    retired: Mapping[str, Retirement] = field(default_factory=dict)
    releases: Releases = field(default_factory=Releases)
    sources: Mapping[str, Path] = field(default_factory=dict)

    def claims_of(self, document: str) -> list[Claim]:
        """Claims of one document in the order in which they stand there."""
        return list(self._claims_by_document.get(document, ()))

    @cached_property
    def _claims_by_document(self) -> Mapping[str, list[Claim]]:
        found: dict[str, list[Claim]] = {}
        for claim in self.claims.values():
            found.setdefault(self.document_of[claim.id], []).append(claim)
        for claims in found.values():
            claims.sort(key=lambda claim: (claim.anchor.start, claim.anchor.end, claim.id))
        return found

    @property
    def verified_records(self) -> list[Record]:
        """Records that were seen at a source, by key."""
        return [self.records[key] for key in sorted(self.records) if key not in self.unverified]

    @cached_property
    def claims_by_question(self) -> Mapping[str, tuple[Claim, ...]]:
        """Claims that lean on each question, as main question or another."""
        found: dict[str, list[Claim]] = {key: [] for key in self.questions}
        for claim in self.claims.values():
            for question in claim.questions:
                found.setdefault(question, []).append(claim)
        return {key: tuple(claims) for key, claims in found.items()}

    @cached_property
    def findings_by_topic(self) -> Mapping[str, tuple[str, ...]]:
        """Addresses of all findings on each topic."""
        found: dict[str, list[str]] = {}
        for record in self.records.values():
            for finding in record.findings:
                found.setdefault(finding.topic, []).append(f"{record.key}:{finding.id}")
        return {topic: tuple(sorted(addresses)) for topic, addresses in found.items()}

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all reviewed files, by name and content."""
        total = hashlib.sha256()
        for path in data_files(self.root):
            total.update(path.relative_to(self.root).as_posix().encode() + b"\0")
            total.update(hashlib.sha256(path.read_bytes()).digest())
        return total.hexdigest()


def find_root(start: Path | None = None) -> Path:
    """Find the ``evidence`` folder of the project one stands in.

    Raises
    ------
    InputError
        When neither this folder nor one above it has ``evidence/rules.toml``.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "evidence" / "rules.toml").is_file():
            return folder / "evidence"
        if folder.name == "evidence" and (folder / "rules.toml").is_file():
            return folder
    raise InputError(
        "no evidence base found here or in a folder above",
        expected="a folder evidence/ with rules.toml in it",
        where=str(here),
        fix="go to the project's folder, or name it with --evidence DIR",
    )


def data_files(root: Path) -> Iterator[Path]:
    """Yield all files of reviewed data in a fixed order, without document texts and schemas."""
    for name in sorted((*SINGLE, SCREENING)):
        if (root / name).is_file():
            yield root / name
    for folder, (_, suffix) in sorted(KINDS.items()):
        yield from sorted((root / folder).glob(f"*{suffix}"))


def canonical_text(root: Path, path: Path, parsed: Mapping[Path, Model] | None = None) -> str:
    """Canonical form of a reviewed file: what its content looks like when a tool writes it.

    Parameters
    ----------
    root : Path
        The ``evidence`` folder.
    path : Path
        A file in it.
    parsed : mapping, optional
        What files were found to hold before, as :func:`read_base` gives it.

    Raises
    ------
    DataError
        When the file cannot be read, or holds comments that rewriting would lose.
    """
    text = read_text(path)
    if path.name == SCREENING:
        return format_decisions(parse_decisions(text, str(path)))
    model = (parsed or {}).get(path)
    if model is None:
        folder = path.parent.relative_to(root).as_posix()
        kind = SINGLE[path.name] if folder == "." else KINDS[folder][0]
        model = parse_model(kind, text, str(path))
    if path.suffix == ".toml":
        check_comments(text, str(path))
    return dump_model(model, path.suffix)


def _read_folder(
    root: Path,
    folder: str,
    kind: type[M],
    problems: list[DataError] | None,
    parsed: dict[Path, Model],
) -> Iterator[tuple[Path, M]]:
    suffix = KINDS[folder][1]
    for path in sorted((root / folder).glob(f"*{suffix}")):
        try:
            model = parse_model(kind, read_text(path), str(path))
            parsed[path] = model
            yield path, model
        except DataError as error:
            if problems is None:
                raise
            problems.append(error)


def _read_single(root: Path, name: str, without: M, problems: list[DataError] | None) -> M:
    """Read a single file at the top; ``without`` stands in where it is missing or broken."""
    path = root / name
    if path.is_file():
        try:
            return parse_model(type(without), read_text(path), str(path))
        except DataError as error:
            if problems is None:
                raise
            problems.append(error)
    return without


def read_base(
    root: Path,
    problems: list[DataError] | None = None,
    parsed: dict[Path, Model] | None = None,
) -> EvidenceBase:
    """Read an evidence base.

    Parameters
    ----------
    root : Path
        The ``evidence`` folder.
    problems : list, optional
        Where given, a file that cannot be read is listed here and left out; otherwise the first
        one ends the reading.
    parsed : dict, optional
        Where given, what each file of the folders holds is put here.

    Raises
    ------
    DataError
        When ``rules.toml`` is broken, or any file is and ``problems`` is not given.
    """
    rules = parse_model(Rules, read_text(root / "rules.toml"), str(root / "rules.toml"))
    waivers_path = root / "waivers.toml"
    waivers = (
        parse_model(Waivers, read_text(waivers_path), str(waivers_path)).waivers
        if waivers_path.is_file()
        else ()
    )
    filters = _read_single(root, "filters.toml", Filters(), problems)
    retired = _read_single(root, "retired.toml", Retired(), problems)
    sources: dict[str, Path] = {}
    files = parsed if parsed is not None else {}

    def index(folder: str, kind: type[M], name: str) -> dict[str, M]:
        found: dict[str, M] = {}
        for path, model in _read_folder(root, folder, kind, problems, files):
            key = str(getattr(model, name))
            if key != path.stem:
                error = DataError(
                    f"{name} is {key!r}",
                    expected=f"{path.stem!r}, as the file is named",
                    where=str(path),
                    fix="rename the file or mend the field",
                )
                if problems is None:
                    raise error
                problems.append(error)
                continue
            found[key] = model
            sources[f"{folder}/{key}"] = path
        return found

    claims: dict[str, Claim] = {}
    document_of: dict[str, str] = {}
    for document, file in index("claims", ClaimsFile, "document").items():
        for claim in file.claims:
            if claim.id in claims:
                error = DataError(
                    f"claim id {claim.id} stands twice", where=f"{root}/claims/{document}.json"
                )
                if problems is None:
                    raise error
                problems.append(error)
            claims[claim.id] = claim
            document_of[claim.id] = document
    try:
        screening = read_decisions(root / SCREENING)
    except DataError as broken:
        if problems is None:
            raise
        problems.append(broken)
        screening = ()
    records = index("records", Record, "key")
    unverified = index("unverified", Record, "key")
    for key in records.keys() & unverified.keys():
        error = DataError(
            f"record {key} lies both under records/ and unverified/",
            where=str(root / "unverified" / f"{key}.json"),
            fix="delete the one that is out of date",
        )
        if problems is None:
            raise error
        problems.append(error)
    return EvidenceBase(
        root=root,
        documents=index("documents", Document, "id"),
        claims=claims,
        document_of=document_of,
        questions=index("questions", Question, "id"),
        records={**unverified, **records},
        unverified=frozenset(unverified),
        runs=index("runs", SearchRun, "id"),
        rules=rules,
        waivers=waivers,
        screening=screening,
        searches=index("searches", Strategy, "id"),
        filters=filters.by_id(),
        phrasings=_read_single(root, "phrasings.json", Phrasings(questions={}), problems),
        retired={one.id: one for one in retired.retired},
        releases=_read_single(root, "releases.json", Releases(), problems),
        sources=sources,
    )
