"""One batch of records, each of them accounted for.

What does not come the first time is asked for again, then looked up with ESummary, then asked for
alone. NCBI gives two reasons for not having a record: it was removed, or the paper had two records
and one was merged into the other, which is then what comes. Anything else is not a reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from evidence_tools.literature.entrez.articles import Article, join_articles, split_articles
from evidence_tools.literature.entrez.caller import TRIES, Caller
from evidence_tools.literature.entrez.errors import (
    AnswerError,
    EntrezError,
    IncompleteError,
    scrub,
)
from evidence_tools.literature.entrez.reading import ask_summaries

__all__ = ["Missing", "Page", "fetch_pages"]

# A half of a batch that came damaged six times is not asked for as often: it may hold the record
# that damages it, and each level of halving would wait half a minute for nothing.
_TRIES_OF_HALVES = 2


@dataclass(frozen=True)
class Missing:
    """A record that PubMed does not have, and why."""

    pmid: str
    reason: str
    into: str | None = None


@dataclass(frozen=True)
class Page:
    """Records that came together.

    Parameters
    ----------
    asked : tuple of str
        PMIDs asked for.
    data : bytes
        A PubmedArticleSet with the records that came, each once, in the bytes in which they came.
    missing : tuple of Missing
        What PubMed does not have.
    found : tuple of str
        PMIDs of the records in ``data``.
    """

    asked: tuple[str, ...]
    data: bytes = field(repr=False)
    missing: tuple[Missing, ...] = ()
    found: tuple[str, ...] = ()


def fetch_pages(caller: Caller, pmids: Sequence[str]) -> tuple[Page, dict[str, str]]:
    """Get a batch of records.

    Parameters
    ----------
    caller : Caller
        Makes the requests.
    pmids : sequence of str
        Different PMIDs.

    Returns
    -------
    Page
        What came, and what NCBI says is not there.
    dict
        What neither came nor was explained: PMID, and what happened.
    """
    articles, lost = _articles(caller, pmids)
    absent = [p for p in pmids if p not in articles and p not in lost]
    missing: tuple[Missing, ...] = ()
    if absent:
        more, missing, unexplained = _look_up(caller, absent)
        articles |= more
        lost |= unexplained
    found = tuple(p for p in pmids if p in articles)
    data = join_articles([article for pmid in found for article in articles[pmid]])
    return Page(tuple(pmids), data, missing, found), lost


def _look_up(
    caller: Caller, absent: Sequence[str]
) -> tuple[dict[str, list[Article]], tuple[Missing, ...], dict[str, str]]:
    """What came the second time, what NCBI says is not there, and what neither came nor is said."""
    articles: dict[str, list[Article]] = {}
    lost: dict[str, str] = {}
    missing: list[Missing] = []

    def left() -> list[str]:
        explained = {one.pmid for one in missing}
        return [p for p in absent if p not in articles and p not in lost and p not in explained]

    try:
        articles, lost = _articles(caller, absent)
        summaries = ask_summaries(caller, left()) if left() else {}
        for pmid in left():
            alone = _alone(caller, pmid)
            if isinstance(alone, dict):
                articles |= alone
            elif alone is not None:
                missing.append(Missing(pmid, f"merged into {alone}", into=alone))
            elif said := summaries[pmid].get("error"):
                shown = scrub(str(said), caller.settings.api_key)
                missing.append(Missing(pmid, f"removed from PubMed ({shown})"))
            else:
                lost[pmid] = "ESummary has it, EFetch does not give it"
    except (AnswerError, IncompleteError) as error:
        # The records that did come must not wait until the look-up of the others works again.
        lost |= dict.fromkeys(left(), error.what)
    return articles, tuple(missing), lost


def _articles(
    caller: Caller, pmids: Sequence[str], tries: int = TRIES
) -> tuple[dict[str, list[Article]], dict[str, str]]:
    """Records by PMID, and those whose answer stays damaged even when asked for alone."""
    try:
        came = _efetch(caller, pmids, tries)
    except EntrezError as error:
        if not error.damaged:
            raise
        what = error.what
    else:
        wanted = set(pmids)
        found: dict[str, list[Article]] = {}
        for article in came:
            versions = found.setdefault(article.pmid, []) if article.pmid in wanted else None
            if versions is not None and article.version not in {one.version for one in versions}:
                versions.append(article)
        return found, {}
    if len(pmids) == 1:
        return {}, {pmids[0]: what}
    middle = len(pmids) // 2
    articles, damaged = _articles(caller, pmids[:middle], _TRIES_OF_HALVES)
    more, worse = _articles(caller, pmids[middle:], _TRIES_OF_HALVES)
    return articles | more, damaged | worse


def _alone(caller: Caller, pmid: str) -> dict[str, list[Article]] | str | None:
    """One record asked for by itself: the record, the PMID it was merged into, or nothing."""
    came = _efetch(caller, [pmid], TRIES)
    own = [article for article in came if article.pmid == pmid]
    if own:
        return {pmid: own[:1]}
    others = {article.pmid for article in came}
    return others.pop() if len(others) == 1 else None


def _efetch(caller: Caller, pmids: Sequence[str], tries: int) -> list[Article]:
    key = caller.settings.api_key
    return caller.ask(
        "efetch",
        {"db": "pubmed", "id": ",".join(pmids), "retmode": "xml"},
        lambda body: split_articles(body, key),
        tries=tries,
    )
