"""A release of the evidence: numbered, dated, checkable, the same bytes on any day and machine.

A release is one archive with everything that a cited cell rests on: the reviewed data (never the
documents' texts), the tables, the references, the handout, how to cite it, and checksums. What a
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
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from evidence_tools.assessment import Assessment
from evidence_tools.base import EvidenceBase, data_files
from evidence_tools.errors import DataError, InputError
from evidence_tools.exports.citable import WHOLE, find_reference
from evidence_tools.exports.formats import WRITERS
from evidence_tools.exports.writing import make_exports
from evidence_tools.files import write_atomic, write_model
from evidence_tools.history import first_appraisal
from evidence_tools.releases import Release, Releases, read_releases
from evidence_tools.teaching.handout import make_handout

__all__ = ["check_release", "citation_text", "cut_release", "stamp_citation", "verify_archive"]

MANIFEST = "SHA256SUMS"
_CITATION = "CITATION.cff"
_FILES = ("references.bib", _CITATION, "LICENSE-DATA", "CHANGELOG.md")


def citation_text(version: str, day: dt.date, rules: str) -> str:
    """How to cite a release, in one sentence.

    >>> citation_text("1.0.0", dt.date(2026, 11, 21), "1.1")[:34]
    'The evidence-tools authors. Eviden'
    """
    return (
        "The evidence-tools authors. Evidence on massage therapy for pain, tied to the claims of "
        f"clinics: a living review. Release {version}, as judged by {day}, rules {rules}."
    )


def check_release(assessment: Assessment, version: str) -> None:
    """Refuse what cannot be released, before anything is made.

    Raises
    ------
    InputError
        When the version is none or not higher than the last; or when nothing had been judged by
        the day.
    DataError
        When an id of an earlier release is gone.
    """
    base, day = assessment.base, assessment.as_of
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise InputError(f"{version!r} is no version", expected="three numbers, such as 1.2.0")
    if not any(assessment.appraisals.values()):
        first = first_appraisal(base)
        raise InputError(
            f"nothing had been judged by {day}, so there is nothing to release",
            expected=f"a day from {first} on" if first else "at least one appraisal",
        )
    earlier = read_releases(base.root)
    taken = any(release.version == version for release in earlier.releases)
    if not taken and earlier.before(version) != earlier:
        raise InputError(
            f"version {version} is not after {earlier.releases[-1].version}",
            expected="a higher number: releases are never taken back",
        )
    handed_out = earlier.before(version).issued
    vanished = sorted(handed_out.keys() - _ids(base))
    if vanished:
        raise DataError(
            f"{vanished[0]} was in release {handed_out[vanished[0]]} and is gone",
            fix="say in evidence/retired.toml what became of it: ids never vanish",
        )


def _ids(base: EvidenceBase) -> set[str]:
    """Return all ids that a release hands out, those that are retired among them."""
    return {*base.questions, *base.claims, *base.records, *base.retired}


def cut_release(assessment: Assessment, version: str, out: Path) -> Release:
    """Write the archive of a release, its line in ``evidence/releases.json``, and CITATION.cff.

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
        When the version is none, not higher than the last, or taken by other content; or when
        nothing had been judged by the day.
    DataError
        When an id of an earlier release is gone.

    Notes
    -----
    Nothing is written before everything is known to fit.
    """
    check_release(assessment, version)
    base, day = assessment.base, assessment.as_of
    earlier = read_releases(base.root)
    same = next((r for r in earlier.releases if r.version == version), None)
    ids, handed_out = _ids(base), earlier.before(version).issued
    name = f"evidence-{version}"
    files = _contents(_as_release(assessment, version), version)
    archive = _archive(name, files, day)
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
        issued=tuple(sorted(ids - handed_out.keys())),
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
        if _CITATION in files:
            write_atomic(base.root.parent / _CITATION, files[_CITATION])
    return release


def stamp_citation(text: str, version: str, day: dt.date) -> str:
    """Set version and date in the text of CITATION.cff to those of a release.

    Raises
    ------
    DataError
        When the text has no line for one of the two.
    """
    for field, value in (("version", version), ("date-released", day.isoformat())):
        text, found = re.subn(rf"^{field}: .*$", f'{field}: "{value}"', text, flags=re.MULTILINE)
        if not found:
            raise DataError(f"no line {field}:", where=_CITATION, fix="add the line")
    return text


def _as_release(assessment: Assessment, version: str) -> Assessment:
    """Return the assessment under the number of the release that it is about to become."""
    base, nothing = assessment.base, "0" * 64
    coming = Release(
        version=version, date=assessment.as_of, rules=base.rules.version, evidence=base.digest,
        archive="coming", sha256=nothing, questions=0, claims=0, sources=0,
    )  # fmt: skip
    listed = Releases(releases=(*base.releases.before(version).releases, coming))
    return replace(assessment, base=replace(base, releases=listed))


def _citations(assessment: Assessment) -> dict[str, str]:
    """How to cite the whole, each question, each claim and each cell, for reference managers."""
    base = assessment.base
    cells = sorted(
        {f"{q}/{base.document_of[c.id]}" for c in base.claims.values() for q in c.questions}
    )
    groups = {
        "whole": [WHOLE], "questions": sorted(base.questions), "claims": sorted(base.claims),
        "cells": cells,
    }  # fmt: skip
    found = {}
    for name, ids in groups.items():
        references = [find_reference(assessment, key) for key in ids]
        found[f"citations/{name}.bib"] = WRITERS["bibtex"](references)
        found[f"citations/{name}.json"] = WRITERS["csl"](references)
    return found


def _contents(assessment: Assessment, version: str) -> dict[str, bytes]:
    """Files of a release by their names in it."""
    base = assessment.base
    project = base.root.parent
    found = {
        path.relative_to(project).as_posix(): path.read_bytes() for path in data_files(base.root)
    }
    found |= {name: (project / name).read_bytes() for name in _FILES if (project / name).is_file()}
    if _CITATION in found:
        stamped = stamp_citation(found[_CITATION].decode(), version, assessment.as_of)
        found[_CITATION] = stamped.encode()
    for name, content in make_exports(assessment).items():
        found[f"tables/{name}"] = content.encode() if isinstance(content, str) else content
    found |= {name: text.encode() for name, text in _citations(assessment).items()}
    found["handout.pdf"] = make_handout(assessment)
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
        # Whole first: gzip's own checksum stands at its end, which tarfile does not read.
        with tarfile.open(fileobj=io.BytesIO(gzip.decompress(data)), mode="r:") as tar:
            members = {m.name.partition("/")[2]: tar.extractfile(m) for m in tar if m.isfile()}
            files = {name: file.read() for name, file in members.items() if file is not None}
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
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
