"""Integrity of searches, runs and decisions: what they name exists, and PubMed could read them."""

from __future__ import annotations

from collections.abc import Iterator

from evidence_tools.assessment import Assessment
from evidence_tools.errors import EvidenceError
from evidence_tools.identifiers import NCBI
from evidence_tools.literature.decisions import ANY, Verdict
from evidence_tools.literature.plans import LOCAL, last_run
from evidence_tools.literature.query import parse_query
from evidence_tools.literature.screening import decided
from evidence_tools.literature.strategy import compile_query, unused_lines
from evidence_tools.problems import Problem, check

__all__ = ["check_query"]


@check("search-filter")
def _search_filter(assessment: Assessment) -> Iterator[Problem]:
    """Every filter that a strategy names is there."""
    base = assessment.base
    for key, strategy in sorted(base.searches.items()):
        for line in strategy.lines:
            if line.filter is not None and line.filter not in base.filters:
                yield Problem(
                    "search-filter", "error", key,
                    f"line {line.name} names the unknown filter {line.filter!r}",
                    "correct the name, or describe the filter in evidence/filters.toml",
                )  # fmt: skip


@check("search-line")
def _search_line(assessment: Assessment) -> Iterator[Problem]:
    """Every line of a strategy is part of what it asks."""
    for key, strategy in sorted(assessment.base.searches.items()):
        for name in unused_lines(strategy):
            yield Problem(
                "search-line", "error", key, f"line {name} is not used in combine",
                "put it into combine, or delete it",
            )  # fmt: skip


@check("search-lint")
def _search_lint(assessment: Assessment) -> Iterator[Problem]:
    """Every filter, every line and every whole query can be read."""
    base = assessment.base
    for key, one in sorted(base.filters.items()):
        yield from check_query(f"filters.toml:{key}", "", one.query)
    for key, strategy in sorted(base.searches.items()):
        known = True
        for line in strategy.lines:
            if line.query is not None:
                wrong = list(check_query(key, f"line {line.name}, ", line.query))
                yield from wrong
                known = known and not wrong
            else:
                known = known and line.filter in base.filters
        # What is wrong with a line is said there; here, with how they are joined.
        if known:
            yield from check_query(key, "combine, ", compile_query(strategy, base.filters))


def check_query(record: str, where: str, query: str) -> Iterator[Problem]:
    """Yield a problem where a query cannot be read; ``where`` is the part of the record."""
    try:
        parse_query(query)
    except EvidenceError as error:
        yield Problem("search-lint", "error", record, f"{where}{error.where}: {error.what}",
                      error.fix)  # fmt: skip


@check("search-question")
def _search_question(assessment: Assessment) -> Iterator[Problem]:
    """Every question that a strategy serves is there, and every question is served by one."""
    base = assessment.base
    for key, strategy in sorted(base.searches.items()):
        for question in strategy.questions:
            if question not in base.questions:
                yield Problem(
                    "search-question", "error", key, f"serves the unknown question {question!r}",
                    "correct the id",
                )  # fmt: skip
    served = {key: frozenset(strategy.questions) for key, strategy in base.searches.items()}
    anywhere = frozenset().union(*served.values())
    for key, asked in sorted(base.questions.items()):
        if asked.search is not None and key not in served.get(asked.search, ()):
            yield Problem(
                "search-question", "error", key,
                f"names the search {asked.search!r}, which does not serve it",
                "correct search, or add the question to that strategy",
            )  # fmt: skip
        # A base without any strategy is not tracked; one with some is tracked whole.
        if base.searches and key not in anywhere:
            yield Problem(
                "search-question", "error", key, "is served by no search",
                "add it to a strategy in evidence/searches",
            )  # fmt: skip


@check("search-must-find")
def _search_must_find(assessment: Assessment) -> Iterator[Problem]:
    """Every article by which a strategy is tested is one of our sources."""
    base = assessment.base
    known = {record.pmid for record in base.records.values()}
    for key, strategy in sorted(base.searches.items()):
        for pmid in strategy.must_find:
            if pmid not in known:
                yield Problem(
                    "search-must-find", "error", key, f"must find {pmid}, which no record has",
                    "correct the PMID, or add the record",
                )  # fmt: skip


@check("trial-run")
def _trial_run(assessment: Assessment) -> Iterator[Problem]:
    """A run against a server that is not NCBI says nothing about PubMed."""
    for key, run in sorted(assessment.base.runs.items()):
        if run.endpoint is not None and run.endpoint not in (NCBI, LOCAL):
            yield Problem(
                "trial-run", "error", key, f"is a trial against {run.endpoint}",
                "delete the file: trials belong into a copy of the project",
            )  # fmt: skip


@check("missed-item")
def _missed_item(assessment: Assessment) -> Iterator[Problem]:
    """The last run of each strategy found what it must."""
    base = assessment.base
    for key in sorted(base.searches):
        last = last_run(base.runs.values(), key, NCBI)
        if last is not None and last.missed:
            yield Problem(
                "missed-item", "error", key,
                f"its run {last.id} misses what it must find: {', '.join(last.missed)}",
                "widen the strategy, or say in its note why the item is no longer wanted",
            )  # fmt: skip


@check("screening")
def _screening(assessment: Assessment) -> Iterator[Problem]:
    """Decisions name questions and searches that are there; what was taken in is a record."""
    base = assessment.base
    held = {record.pmid for record in base.records.values()}
    for decision in base.screening:
        where = f"screening.tsv:{decision.pmid}"
        # A decision stays as it was made, also on a question that was retired since.
        if decision.question not in {*base.questions, *base.retired, ANY}:
            yield Problem("screening", "error", where, f"no question {decision.question!r}",
                          "correct the id")  # fmt: skip
        if decision.search not in base.searches and decision.search != ANY:
            yield Problem("screening", "error", where, f"no search {decision.search!r}",
                          "correct the id")  # fmt: skip
    force = decided(base, assessment.as_of)
    for pmid, verdicts in sorted(force.items(), key=lambda item: int(item[0])):
        included = any(d.decision is Verdict.INCLUDE for d in verdicts.values())
        if included and pmid not in held:
            yield Problem(
                "screening", "note", f"screening.tsv:{pmid}", "was taken in, no record yet",
                f"draft it with: evidence record new {pmid}",
            )  # fmt: skip
