"""Write the register into a folder, in the formats that were asked for."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from evidence_tools.assessment import Assessment
from evidence_tools.errors import InputError
from evidence_tools.exports.columns import Kind, Sheet, flatten
from evidence_tools.exports.jsonld import format_reviews
from evidence_tools.exports.rows import Tables
from evidence_tools.exports.tables import make_tables
from evidence_tools.exports.workbook import format_workbook
from evidence_tools.files import format_json, write_atomic
from evidence_tools.matrix import format_frame

__all__ = ["FORMATS", "format_parquet", "format_schema", "make_exports", "write_exports"]

FORMATS = ("xlsx", "csv", "parquet", "json", "jsonld")
_SCHEMA = "evidence.schema.json"


def format_schema() -> str:
    """Return the JSON Schema (2020-12) of ``evidence.json``."""
    schema = Tables.model_json_schema(mode="serialization")
    schema["properties"]["$schema"] = {"const": _SCHEMA}
    return format_json({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})


def format_parquet(sheet: Sheet, tables: Tables) -> bytes:
    """Return a sheet as Parquet, with what it is and of what day in its metadata."""
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    types: dict[Kind, Any] = {
        Kind.TEXT: pa.string(),
        Kind.WHOLE: pa.int64(),
        Kind.NUMBER: pa.float64(),
        Kind.YES_NO: pa.bool_(),
        Kind.DAY: pa.date32(),
    }
    schema = pa.schema(
        [
            pa.field(c.name, types[c.kind], metadata={"description": c.description})
            for c in sheet.columns
        ],
        metadata={
            "title": f"{tables.title}: {sheet.name}",
            "version": tables.version,
            "as_of": tables.as_of.isoformat(),
            "evidence": tables.evidence,
            "license": tables.license,
        },
    )
    columns = [
        pa.array([row[number] for row in sheet.rows], types[column.kind])
        for number, column in enumerate(sheet.columns)
    ]
    target = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(columns, schema=schema), target)
    return target.getvalue()


def _format_csv(sheet: Sheet) -> str:
    names = [column.name for column in sheet.columns]
    frame = pd.DataFrame(list(sheet.rows), columns=names, dtype=object)
    days = frame.map(lambda v: v.isoformat() if hasattr(v, "isoformat") else v)
    return format_frame(days, "csv")


def make_exports(
    assessment: Assessment, formats: Iterable[str] = FORMATS, site: str = ""
) -> dict[str, str | bytes]:
    """Return the files of some formats by their names."""
    wanted = set(formats)
    tables = make_tables(assessment, site)
    files: dict[str, str | bytes] = {}
    if "xlsx" in wanted:
        files["evidence.xlsx"] = format_workbook(tables)
    if "json" in wanted:
        data = {"$schema": _SCHEMA, **tables.model_dump(mode="json")}
        files["evidence.json"] = format_json(data)
        files[_SCHEMA] = format_schema()
    if "jsonld" in wanted:
        files["claim-reviews.jsonld"] = format_reviews(assessment, site)
    for sheet in flatten(tables) if wanted & {"csv", "parquet"} else ():
        if "csv" in wanted:
            files[f"{sheet.name}.csv"] = _format_csv(sheet)
        if "parquet" in wanted:
            files[f"{sheet.name}.parquet"] = format_parquet(sheet, tables)
    return files


def write_exports(
    assessment: Assessment, folder: Path, formats: Iterable[str] = FORMATS, site: str = ""
) -> list[Path]:
    """Write the files of some formats into a folder; return where they are.

    Raises
    ------
    InputError
        When the folder is a file.
    DataError
        When it cannot be written.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError("is no folder", where=str(folder), fix="name a folder")
    files = make_exports(assessment, formats, site)
    for name, content in files.items():
        write_atomic(folder / name, content)
    return [folder / name for name in files]
