"""What need not be made again: results kept by the hash of everything they are made from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

from evidence_tools.files import write_atomic

__all__ = ["Cache", "code_digest", "digest"]

_LIBRARIES = (
    "jinja2",
    "matplotlib",
    "nbconvert",
    "pandas",
    "papermill",
    "pydantic",
    "seaborn",
    "typst",
    "xlsxwriter",
)


def digest(*parts: Any) -> str:
    """SHA-256 of values (as JSON), so that equal inputs give equal names."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def code_digest(folder: Path | None = None) -> str:
    """SHA-256 of this package's files and the versions of the libraries that make outputs."""
    root = folder or Path(__file__).parents[1]
    files = sorted(
        p
        for p in root.rglob("*")
        if p.suffix in {".py", ".j2", ".css", ".js", ".json", ".toml", ".typ"}
    )
    hashes = [(p.relative_to(root).as_posix(), _file_digest(p)) for p in files]
    return digest(hashes, [(name, metadata.version(name)) for name in _LIBRARIES])


def _file_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Cache:
    """A folder of results by digest; what is not asked for in a build is dropped at its end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._asked: set[str] = set()

    def path(self, key: str, suffix: str) -> Path:
        """Where the result of a digest lies or is to be written."""
        name = f"{key[:32]}{suffix}"
        self._asked.add(name)
        return self.folder / name

    def put(self, key: str, suffix: str, content: str | bytes) -> None:
        """Keep a result."""
        write_atomic(self.path(key, suffix), content)

    def missing(self, key: str, suffixes: Iterable[str]) -> bool:
        """Whether any of a digest's results has to be made."""
        paths = [self.path(key, suffix) for suffix in suffixes]
        return not all(path.is_file() for path in paths)

    def sweep(self) -> None:
        """Drop results that the last build did not ask for."""
        if self.folder.is_dir():
            for path in self.folder.iterdir():
                if path.name not in self._asked:
                    path.unlink(missing_ok=True)
