"""PubMed queries: read, checked, and run over citations without a network."""

from evidence_tools.literature.query.parse import parse_query
from evidence_tools.literature.query.tree import (
    And,
    Dates,
    Node,
    Not,
    Or,
    Query,
    QueryError,
    Term,
    to_string,
    walk,
)

__all__ = [
    "And",
    "Dates",
    "Node",
    "Not",
    "Or",
    "Query",
    "QueryError",
    "Term",
    "parse_query",
    "to_string",
    "walk",
]
