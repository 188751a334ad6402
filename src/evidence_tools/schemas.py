"""JSON Schemas of the reviewed files, generated from the models."""

from __future__ import annotations

from evidence_tools.files import format_json
from evidence_tools.literature.strategy import Filters, Strategy
from evidence_tools.models import ClaimsFile, Document, Model, Record, SearchRun, Waivers
from evidence_tools.phrasings import Phrasings
from evidence_tools.questions import Question
from evidence_tools.retirement import Retired
from evidence_tools.rules import Rules

__all__ = ["make_schemas"]


def make_schemas() -> dict[str, str]:
    """Return the text of each schema (JSON Schema 2020-12) by the name of what it describes."""
    kinds: dict[str, type[Model]] = {
        "claims": ClaimsFile,
        "document": Document,
        "filters": Filters,
        "phrasings": Phrasings,
        "question": Question,
        "record": Record,
        "retired": Retired,
        "rules": Rules,
        "run": SearchRun,
        "search": Strategy,
        "waivers": Waivers,
    }
    return {
        name: format_json(
            {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                **kind.model_json_schema(mode="validation"),
            }
        )
        for name, kind in kinds.items()
    }
