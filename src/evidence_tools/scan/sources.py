"""The files of a scan: found under paths, put in PubMed's order, and what is missing among them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import fsspec  # type: ignore[import-untyped]

from evidence_tools.errors import InputError

__all__ = ["Source", "find_sources", "missing_between", "read_expected_md5"]

_PUBMED = re.compile(r"pubmed(\d\d)n(\d{4,5})\.xml(?:\.gz)?\Z")
_KINDS = (".xml.gz", ".xml")
#: What systems call the time or mark of a change, the surest first.
_AGES = ("mtime", "ETag", "etag", "LastModified", "last_modified", "modify", "created")
_MD5 = re.compile(r"\b[0-9a-fA-F]{32}\b")


@dataclass(frozen=True)
class Source:
    """One file.

    ``url`` is what any worker opens it by, ``name`` its name without folders. ``year`` and
    ``number`` are those of PubMed's own names, 0 for any other. ``stamp`` tells size and age: the
    same stamp, the same file. ``md5`` says whether a file of its checksum lies beside it.
    """

    url: str
    name: str
    year: int
    number: int
    size: int
    stamp: str
    md5: bool = False

    @property
    def stem(self) -> str:
        """Name without its endings: the same file, packed or not."""
        return self.name.removesuffix(".gz").removesuffix(".xml")

    @property
    def order(self) -> tuple[int, int, str]:
        """Place in which its records come into force: year, number, name."""
        return self.year, self.number, self.name


def find_sources(paths: Iterable[str]) -> tuple[Source, ...]:
    """List the files of folders, patterns and single paths, in PubMed's order.

    Parameters
    ----------
    paths : iterable of str
        Files, folders (searched to the bottom), patterns such as ``baseline/*.gz``, local or in
        any place that fsspec reaches (``s3://bucket/pubmed/``).

    Raises
    ------
    InputError
        When a path leads nowhere, holds no such files, or two different files bear one name.
    """
    found: dict[str, Source] = {}
    for path in paths:
        several = _list(path)
        if not several:
            raise InputError(
                "no file of PubMed XML", expected="files named like pubmed26n0001.xml.gz",
                where=path, fix="name the folder or the files",
            )  # fmt: skip
        found |= {source.url: source for source in several}
    by_name: dict[str, Source] = {}
    for source in found.values():
        other = by_name.setdefault(source.stem, source)
        if other is not source:
            raise InputError(
                f"two files are called {source.stem}", expected="one",
                where=f"{other.url} and {source.url}", fix="name one of them only",
            )  # fmt: skip
    return tuple(sorted(by_name.values(), key=lambda one: one.order))


def _list(path: str) -> list[Source]:
    try:
        system, inner = fsspec.core.url_to_fs(path)
        listed = system.isdir(inner)
        if listed:
            infos = system.find(inner, detail=True)
        elif system.exists(inner):
            infos = {inner: system.info(inner)}
        elif "*" in inner or "?" in inner or "[" in inner:
            infos = system.glob(inner, detail=True)
        else:
            raise InputError("no such file or folder", where=path)
    except ImportError as error:
        raise InputError(
            f"a package for this kind of path is missing: {error}", where=path,
            fix="install it, or copy the files here",
        ) from error  # fmt: skip
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be listed: {error}", where=path) from error
    several = [one for one in infos if one.endswith(_KINDS)]
    return [
        _source(
            system, one, infos[one],
            f"{one}.md5" in infos or (not listed and system.exists(f"{one}.md5")),
        )
        for one in several
        if infos[one].get("type") != "directory"
    ]  # fmt: skip


def _source(system: Any, path: str, info: dict[str, Any], md5: bool) -> Source:
    name = path.rstrip("/").rpartition("/")[2]
    own = _PUBMED.match(name)
    year, number = (int(own[1]), int(own[2])) if own else (0, 0)
    age: Any = next((info[key] for key in _AGES if info.get(key)), "")
    # One system may tell it in two ways, by whether a folder or a file was asked for.
    age = age.timestamp() if isinstance(age, dt.datetime) else age
    size = int(info.get("size") or 0)
    url = str(system.unstrip_protocol(path))
    return Source(url, name, year, number, size, f"{size}:{age}", md5)


def missing_between(sources: Iterable[Source]) -> tuple[str, ...]:
    """Names of the files that PubMed's numbering has and we do not, between first and last.

    >>> missing_between([Source("", "", 26, 1, 0, ""), Source("", "", 26, 3, 0, "")])
    ('pubmed26n0002.xml.gz',)
    """
    years: dict[int, set[int]] = {}
    for source in sources:
        if source.number:
            years.setdefault(source.year, set()).add(source.number)
    return tuple(
        f"pubmed{year:02}n{number:04}.xml.gz"
        for year, numbers in sorted(years.items())
        for number in range(min(numbers), max(numbers))
        if number not in numbers
    )


def read_expected_md5(source: Source) -> str | None:
    """MD5 that lies beside a file; None where there is none, empty where it holds none."""
    if not source.md5:
        return None
    with fsspec.open(f"{source.url}.md5", "rb") as file:
        found = _MD5.search(file.read(1_000).decode("ascii", "replace"))
    return found[0].lower() if found else ""
