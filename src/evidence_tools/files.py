"""Read and write files of reviewed data: one record a file, canonical, atomic.

TOML for what people write, JSON for what tools write. A file's canonical form is its own
re-serialisation, so a diff shows only what somebody changed. Writing goes to a file aside, which is
then moved: a full disk or a power cut leaves the old file.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import tomli  # the tomllib of Python, compiled: three times as fast
import tomli_w
from pydantic import ValidationError

from evidence_tools.errors import DataError
from evidence_tools.models import Model

__all__ = [
    "check_comments",
    "dump_model",
    "explain_validation",
    "format_json",
    "parse_model",
    "read_model",
    "read_text",
    "write_atomic",
    "write_model",
]

M = TypeVar("M", bound=Model)

#: A string as tomli-w writes it: always on one line, always between double quotes. What follows
#: tells a key or a table's name from a value.
_BASIC = re.compile(r'"(?:[^"\\\n]|\\.)*"(?P<key> =|[\].])?')


def format_json(value: Any) -> str:
    """Canonical JSON: two blanks of indent, unescaped Unicode, a last line end."""
    # Python has only a slow way to write indented JSON: written tight, it is indented after.
    tight = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return msgspec.json.format(tight, indent=2) + "\n"


def dump_model(model: Model, suffix: str) -> str:
    """Canonical text of a model as ``.json`` or ``.toml``; unknown values are left out."""
    if suffix == ".json":
        return format_json(model.model_dump(mode="json", exclude_none=True, exclude_defaults=False))
    text = tomli_w.dumps(_plain(model.model_dump(exclude_none=True)), indent=2)
    return _BASIC.sub(_literal, text)


def _literal(found: re.Match[str]) -> str:
    """Write a string as TOML literal where that spares escapes: queries are full of quotes."""
    if found["key"] or "\\" not in found[0]:
        return found[0]
    text: str = tomli.loads(f"a = {found[0]}")["a"]
    lines = text.split("\n")
    if (
        re.search(r"[\x00-\x08\x0b-\x1f\x7f]|^'|'$|'''", text)
        # A line of text that begins with # would be taken for a comment.
        or any(line.lstrip().startswith("#") for line in lines[1:])
    ):
        return found[0]
    if len(lines) > 1:
        return f"'''\n{text}'''"
    return f"'''{text}'''" if "'" in text else f"'{text}'"


def _plain(value: Any) -> Any:
    """Turn enum keys and tuples into what TOML knows; dates stay dates."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, str) else value


def read_text(path: Path) -> str:
    """Text of a UTF-8 file, line ends as they stand."""
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError as error:
        raise DataError("no such file", where=str(path)) from error
    except UnicodeDecodeError as error:
        raise DataError(
            f"byte {error.start} is not UTF-8",
            expected="UTF-8 text",
            where=str(path),
            fix="save the file as UTF-8",
        ) from error
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", where=str(path)) from error


def parse_model(kind: type[M], text: str, where: str) -> M:
    """Parse JSON or TOML (by the ending of ``where``) into a model.

    Raises
    ------
    DataError
        With file, line or field, what was found and what was expected.
    """
    try:
        raw = json.loads(text) if where.endswith(".json") else tomli.loads(text)
    except json.JSONDecodeError as error:
        raise DataError(
            f"broken JSON: {error.msg}",
            where=f"{where}:{error.lineno}",
            fix="mend the line, or take the file back from git",
        ) from error
    except tomli.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = f":{found[1]}" if found else ""
        raise DataError(
            f"broken TOML: {error}",
            where=f"{where}{line}",
            fix="mend the line, or take the file back from git",
        ) from error
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        raise DataError(
            explain_validation(error), where=f"{where}{_line_of(text, error)}", fix="mend the field"
        ) from error


def explain_validation(error: ValidationError) -> str:
    """Say the first problem of a failed validation in one line: field, found, expected."""
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"]) or "the whole"
    if first["type"] == "extra_forbidden":
        return f"unknown field {field}"
    if first["type"] == "missing":
        return f"field {field} is missing"
    found = first["input"]
    shown = "" if isinstance(found, dict | list) else f", found {str(found)[:60]!r}"
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"field {field}: {first['msg'].removeprefix('Value error, ')}{shown}{more}"


def _line_of(text: str, error: ValidationError) -> str:
    """Line on which the field of the first problem stands, where that can be told."""
    names = [part for part in error.errors()[0]["loc"] if isinstance(part, str)]
    for name in reversed(names):
        hits = [
            number
            for number, line in enumerate(text.splitlines(), start=1)
            if re.match(rf'\s*"?{re.escape(name)}"?\s*[=:]', line)
        ]
        if len(hits) == 1:
            return f":{hits[0]}"
    return ""


def check_comments(text: str, where: str) -> None:
    """Refuse a comment in TOML, which rewriting would lose.

    Raises
    ------
    DataError
        With the line of the first comment.
    """
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("#"):
            raise DataError(
                "comments are lost when the file is put into canonical form",
                where=f"{where}:{number}",
                fix="move the comment into a note or reason field",
            )


def read_model(kind: type[M], path: Path) -> M:
    """Read one model from a ``.json`` or ``.toml`` file."""
    return parse_model(kind, read_text(path), str(path))


def write_model(model: Model, path: Path) -> bool:
    """Write a model in canonical form; return whether anything changed."""
    return write_atomic(path, dump_model(model, path.suffix))


def write_atomic(path: Path, content: str | bytes) -> bool:
    """Write a file aside, then move it into place; return whether anything changed.

    Raises
    ------
    DataError
        When the folder cannot be written or the disk is full; the old file is untouched.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    try:
        if path.is_file() and path.read_bytes() == data:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        aside = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            # mkstemp makes files private; reviewed data are as readable as their neighbours.
            aside.chmod(0o644)
            aside.replace(path)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise DataError(
            f"cannot be written: {error.strerror}",
            where=str(path),
            fix="free space or mend the permissions, then run the command again",
        ) from error
    return True
