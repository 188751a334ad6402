"""PubMed queries: read, checked, and run over citations without a network."""

from evidence_tools.literature.query.limits import limits
from evidence_tools.literature.query.lint import LintMessage, find_error, lint_query
from evidence_tools.literature.query.match import (
    Answer,
    Matchers,
    compile_matcher,
    compile_matchers,
    evaluate,
)
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
    "Answer",
    "Dates",
    "LintMessage",
    "Matchers",
    "Node",
    "Not",
    "Or",
    "Query",
    "QueryError",
    "Term",
    "compile_matcher",
    "compile_matchers",
    "evaluate",
    "find_error",
    "limits",
    "lint_query",
    "parse_query",
    "to_string",
    "walk",
]
