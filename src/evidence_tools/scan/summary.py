"""What a scan says to people: what was read and selected, and where PubMed may differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from evidence_tools.literature.query import limits, parse_query
from evidence_tools.scan.scanning import Outcome
from evidence_tools.scan.standing import Status

if TYPE_CHECKING:
    from evidence_tools.literature.mesh import MeshTree

__all__ = ["count_of", "summarize"]

#: Beyond what single queries say: where whole files and PubMed's index differ.
_GENERAL = (
    "Only what is sure counts: a record that can be neither found nor ruled out is not selected.",
    "The files hold what NLM had on the day of the last update file; PubMed's site is of today.",
    "Records that NLM has not indexed yet have no MeSH headings, here as there.",
)


def summarize(outcome: Outcome, queries: Mapping[str, str], tree: MeshTree | None = None) -> str:
    """Write the page that lies beside the tables, as Markdown.

    Parameters
    ----------
    outcome : Outcome
        Of the scan.
    queries : mapping of str to str
        Strategies' queries by id.
    tree : MeshTree, optional
        The one that was used.
    """
    return "\n".join(_lines(outcome, queries, tree)) + "\n"


def _lines(outcome: Outcome, queries: Mapping[str, str], tree: MeshTree | None) -> Iterator[str]:
    standing = outcome.standing
    yield "# A scan of PubMed's files"
    yield ""
    used = len(outcome.facts) - len(outcome.broken) - len(outcome.same)
    yield f"{count_of(used, 'file')} with {count_of(outcome.records, 'record')} were read."
    for status, text in (
        (Status.IN_FORCE, "are selected: their latest version matches a strategy"),
        (Status.EARLIER, "are earlier versions of those, kept beside them"),
        (Status.NO_LONGER, "matched once, and their latest version does not"),
        (Status.DELETED, "matched and were deleted by NLM"),
    ):
        count = standing.count(status)
        if count or status is Status.IN_FORCE:
            yield f"- {count_of(count, 'record')} {text}."
    problems = [(fact.name, *one) for fact in outcome.facts for one in fact.problems]
    if outcome.broken:
        yield from ("", "## Files that could not be used", "")
        yield from (f"- {fact.name}: {fact.error}" for fact in outcome.broken)
    if outcome.missing:
        yield from ("", "## Files that are not there", "")
        yield "Later versions and deletions in them were not applied."
        yield from ("", *(f"- {name}" for name in outcome.missing))
    if outcome.same:
        yield from ("", "## Files left out because they are the same as others", "")
        yield from (f"- {name} is the same as {other}" for name, other in outcome.same.items())
    if problems:
        yield from ("", "## Records with problems", "")
        yield "Only records that were parsed are looked at."
        yield ""
        yield from (f"- {name}, PMID {pmid or 'unknown'}: {what}" for name, pmid, what in problems)
    yield from ("", "## Strategies", "", "| strategy | records |", "|---|---|")
    counts = standing.by_strategy()
    yield from (f"| {key} | {counts.get(key, 0):,} |" for key in sorted(queries))
    yield from ("", "## Where PubMed's own answer may differ", "")
    yield from (f"- {text}" for text in _GENERAL)
    said: dict[str, list[str]] = {}
    for key, text in sorted(queries.items()):
        for sentence in limits(parse_query(text), tree):
            kind, _, terms = sentence.partition(": ")
            said.setdefault(kind, []).append(f"{key} ({terms})")
    for kind, where in said.items():
        yield f"- {kind[0].upper()}{kind[1:]}. In {'; '.join(where)}."


def count_of(count: int, noun: str) -> str:
    """Say how many there are of something.

    >>> count_of(1, "file"), count_of(1200, "record")
    ('1 file', '1,200 records')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
