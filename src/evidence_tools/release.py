"""A release of the evidence: numbered, dated, checkable, the same bytes on any day and machine.

A release is one archive with everything that a cited cell rests on: the reviewed data (never the
documents' texts), the tables, the references, how to cite it, and a list of checksums. What a
release held is written to ``evidence/releases.json``, so that a later reader can tell whether an
archive is the one that was cited.
"""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import io
import re
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field

from evidence_tools.assessment import Assessment
from evidence_tools.base import data_files
from evidence_tools.errors import DataError, InputError
from evidence_tools.exports.writing import make_exports
from evidence_tools.files import read_text, write_atomic, write_model
from evidence_tools.models import Model, Sha256, Text

__all__ = [
    "Release",
    "Releases",
    "citation_text",
    "cut_release",
    "read_releases",
    "stamp_citation",
    "verify_archive",
]

MANIFEST = "SHA256SUMS"
_FILES = ("references.bib", "CITATION.cff", "LICENSE-DATA", "CHANGELOG.md")


class Release(Model):
    """One release: its number, its day, and what it held."""

    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    date: dt.date
    rules: Text
    evidence: Sha256
    archive: Text
    sha256: Sha256
    questions: int
    claims: int
    sources: int


class Releases(Model):
    """All releases, oldest first; none is ever taken away."""

    releases: tuple[Release, ...] = ()


def read_releases(root: Path) -> Releases:
    """Read ``evidence/releases.json``; without it there has been no release."""
    path = root / "releases.json"
    if not path.is_file():
        return Releases()
    return Releases.model_validate_json(read_text(path))


def citation_text(version: str, day: dt.date, rules: str) -> str:
    """How to cite a release, in one sentence.

    >>> citation_text("1.0.0", dt.date(2026, 11, 21), "1.1")[:34]
    'The evidence-tools authors. Eviden'
    """
    return (
        "The evidence-tools authors. Evidence on massage therapy for pain, tied to the claims of "
        f"clinics: a living review. Release {version}, as judged by {day}, rules {rules}."
    )


def cut_release(assessment: Assessment, version: str, out: Path) -> Release:
    """Write the archive of a release and its line in ``evidence/releases.json``.

    Parameters
    ----------
    assessment : Assessment
        The base as judged by the day of the release.
    version : str
        Three numbers, higher than any release before.
    out : Path
        Folder of the archive.

    Raises
    ------
    InputError
        When the version is none, not higher than the last, or taken by other content.
    """
    base, day = assessment.base, assessment.as_of
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise InputError(f"{version!r} is no version", expected="three numbers, such as 1.2.0")
    earlier = read_releases(base.root)
    same = next((r for r in earlier.releases if r.version == version), None)
    last = max((_numbers(r.version) for r in earlier.releases), default=(0, 0, 0))
    if same is None and _numbers(version) <= last:
        raise InputError(
            f"version {version} is not after {'.'.join(map(str, last))}",
            expected="a higher number: releases are never taken back",
        )
    name = f"evidence-{version}"
    archive = _archive(name, _contents(assessment, version), day)
    digest = hashlib.sha256(archive).hexdigest()
    release = Release(
        version=version,
        date=day,
        rules=base.rules.version,
        evidence=base.digest,
        archive=f"{name}.tar.gz",
        sha256=digest,
        questions=len(base.questions),
        claims=len(base.claims),
        sources=len(base.verified_records),
    )
    if same is not None and same != release:
        raise InputError(
            f"release {version} was cut on {same.date} with other content",
            fix="give the new one a higher number",
        )
    write_atomic(out / release.archive, archive)
    write_atomic(out / f"{release.archive}.sha256", f"{digest}  {release.archive}\n")
    if same is None:
        write_model(Releases(releases=(*earlier.releases, release)), base.root / "releases.json")
    return release


def stamp_citation(path: Path, version: str, day: dt.date) -> bool:
    """Set version and date of CITATION.cff to those of a release; return whether it changed.

    Raises
    ------
    DataError
        When the file has no line for one of the two.
    """
    text = read_text(path)
    for field, value in (("version", version), ("date-released", day.isoformat())):
        text, found = re.subn(rf"^{field}: .*$", f'{field}: "{value}"', text, flags=re.MULTILINE)
        if not found:
            raise DataError(f"no line {field}:", where=str(path), fix="add the line")
    return write_atomic(path, text)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _contents(assessment: Assessment, version: str) -> dict[str, bytes]:
    """Files of a release by their names in it."""
    base = assessment.base
    project = base.root.parent
    found = {
        path.relative_to(project).as_posix(): path.read_bytes() for path in data_files(base.root)
    }
    found |= {name: (project / name).read_bytes() for name in _FILES if (project / name).is_file()}
    for name, content in make_exports(assessment).items():
        found[f"tables/{name}"] = content.encode() if isinstance(content, str) else content
    text = citation_text(version, assessment.as_of, base.rules.version)
    found["CITATION.txt"] = f"{text}\n".encode()
    sums = [f"{hashlib.sha256(data).hexdigest()}  {name}" for name, data in sorted(found.items())]
    found[MANIFEST] = ("\n".join(sums) + "\n").encode()
    return found


def _archive(name: str, files: Mapping[str, bytes], day: dt.date) -> bytes:
    """Tar and gzip with fixed order, owner, mode and time."""
    moment = int(dt.datetime.combine(day, dt.time(), dt.UTC).timestamp())
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path, data in sorted(files.items()):
            entry = tarfile.TarInfo(f"{name}/{path}")
            entry.size, entry.mtime, entry.mode = len(data), moment, 0o644
            tar.addfile(entry, io.BytesIO(data))
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=packed, mode="wb", mtime=moment) as zipped:
        zipped.write(plain.getvalue())
    return packed.getvalue()


def verify_archive(path: Path, releases: Releases) -> Release:
    """Check an archive against its own checksums and against the register's list of releases.

    Raises
    ------
    InputError
        When there is no such file, or it is no release.
    DataError
        When a checksum does not match: which file.
    """
    if not path.is_file():
        raise InputError("no such file", where=str(path))
    data = path.read_bytes()
    whole = hashlib.sha256(data).hexdigest()
    known = next((r for r in releases.releases if r.archive == path.name), None)
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as tar:
            members = {m.name.partition("/")[2]: tar.extractfile(m) for m in tar if m.isfile()}
            files = {name: file.read() for name, file in members.items() if file is not None}
    except (tarfile.TarError, OSError, EOFError) as error:
        raise DataError(
            "cannot be unpacked", where=str(path), fix="fetch the archive again"
        ) from error
    if MANIFEST not in files:
        raise InputError("is no release of the evidence", expected=MANIFEST, where=str(path))
    lines = [line.partition("  ") for line in files.pop(MANIFEST).decode().splitlines()]
    listed = {name: digest for digest, _, name in lines}
    if listed.keys() != files.keys():
        odd = sorted(listed.keys() ^ files.keys())[0]
        raise DataError(f"{odd} is missing or not listed", where=str(path))
    for name, content in sorted(files.items()):
        if hashlib.sha256(content).hexdigest() != listed[name]:
            raise DataError(f"checksum of {name} does not match", where=str(path))
    if known is None:
        raise DataError(
            f"{path.name} is sound, but no release of this register",
            expected=f"one of {', '.join(r.archive for r in releases.releases) or 'none so far'}",
        )
    if known.sha256 != whole:
        raise DataError(
            f"is sound, but not the archive that was released as {known.version}",
            expected=f"sha256 {known.sha256}",
            where=str(path),
        )
    return known
