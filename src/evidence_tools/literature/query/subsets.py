"""PubMed's named filters, ``[sb]`` and ``[filter]``, as far as a citation shows them.

Some are published as a query and are run as one here; some are a citation's own status; the rest
(free full text, LinkOut and the like) PubMed alone knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from evidence_tools.literature.citations import Citation
from evidence_tools.literature.folding import fold
from evidence_tools.literature.query.headings import LANGUAGES

__all__ = ["STATUS", "SUBSET_QUERIES", "is_subset", "subset_query"]

_SYSTEMATIC = " OR ".join(
    f'"systematic {kind}"[ti]'
    for kind in (
        "review", "literature review", "scoping review", "narrative review", "qualitative review",
        "evidence review", "quantitative review", "meta-review", "critical review",
        "mixed studies review", "mapping review", "cochrane review", "search and review",
        "integrative review",
    )
)  # fmt: skip

#: Filters that are queries themselves. *systematic* is NLM's strategy since December 2018, which
#: took the place of the broader one of February 2017; *Therapy* are the Clinical Queries.
SUBSET_QUERIES: Mapping[str, str] = {
    "animals": '"animals"[mh]',
    "humans": '"humans"[mh]',
    "systematic": (
        f"(((({_SYSTEMATIC}) NOT comment[pt]) NOT (protocol[ti] OR protocols[ti])) "
        'NOT medline[sb]) OR ("cochrane database syst rev"[ta] AND review[pt]) '
        "OR systematic review[pt]"
    ),
    "therapy broad": (
        "(clinical[tiab] AND trial[tiab]) OR clinical trials as topic[mh] OR clinical trial[pt] OR "
        "random*[tiab] OR random allocation[mh] OR therapeutic use[sh]"
    ),
    "therapy narrow": (
        "randomized controlled trial[pt] OR (randomized[tiab] AND controlled[tiab] AND trial[tiab])"
    ),
}

#: Filters that a citation's own fields decide.
STATUS: Mapping[str, Callable[[Citation], bool]] = {
    "all": lambda citation: True,
    "hasabstract": lambda citation: bool(citation.abstract),
    "inprocess": lambda citation: citation.status in ("In-Process", "In-Data-Review"),
    "medline": lambda citation: citation.status == "MEDLINE",
    "publisher": lambda citation: citation.status == "Publisher",
    "pubmed books": lambda citation: citation.is_book,
    "pubmed pmc": lambda citation: citation.pmcid is not None,
    "pubmednotmedline": lambda citation: citation.status == "PubMed-not-MEDLINE",
}

#: Filters that exist but cannot be told from a citation.
_ELSEWHERE = frozenset({"data", "free full text", "full text", "loall", "pubmed pmc open access"})


def subset_query(name: str) -> str | None:
    """Query that a filter stands for, where it is one."""
    folded = fold(name)
    if folded in LANGUAGES:
        return f"{folded}[la]"
    return SUBSET_QUERIES.get(folded)


def is_subset(name: str) -> bool:
    """Whether PubMed has a filter of this name, as far as is known here."""
    folded = fold(name)
    return subset_query(name) is not None or folded in STATUS or folded in _ELSEWHERE
