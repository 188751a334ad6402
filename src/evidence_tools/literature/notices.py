"""What PubMed says has happened to an included source since it was judged.

Read from the CommentsCorrections links and publication types of its citation. Only a retraction
acts by itself (the rating leaves the source out); everything else is for a person to look at.
"""

from __future__ import annotations

from evidence_tools.literature.citations import Citation, LinkKind
from evidence_tools.models import Notice
from evidence_tools.vocab import Retraction

__all__ = ["WORDS", "read_notices", "read_retraction"]

#: Links that matter for a source that we hold, in plain words, gravest first.
WORDS: dict[LinkKind, str] = {
    LinkKind.RETRACTION_IN: "retracted",
    LinkKind.RETRACTED_AND_REPUBLISHED_IN: "retracted and republished",
    LinkKind.CONCERN_IN: "expression of concern",
    LinkKind.CORRECTED_AND_REPUBLISHED_IN: "corrected and republished",
    LinkKind.REPUBLISHED_IN: "republished",
    LinkKind.UPDATE_IN: "a newer version is out",
    LinkKind.ERRATUM_IN: "corrected by an erratum",
}
_RETRACTED = frozenset({LinkKind.RETRACTION_IN, LinkKind.RETRACTED_AND_REPUBLISHED_IN})


def read_notices(key: str, citation: Citation) -> tuple[Notice, ...]:
    """List what happened to the source with that record key, gravest first.

    A retraction that only the publication type tells of is listed too: NLM adds the type and the
    link in two steps.
    """
    order = list(WORDS)
    links = sorted(
        (link for link in citation.links if link.kind in WORDS),
        key=lambda link: (order.index(link.kind), link.pmid or "", link.source or ""),
    )
    found = [
        Notice(record=key, pmid=citation.pmid, kind=link.kind, other=link.pmid, source=link.source)
        for link in links
    ]
    if _by_type(citation) and not any(link.kind in _RETRACTED for link in links):
        kind = LinkKind.RETRACTION_IN
        found.insert(0, Notice(record=key, pmid=citation.pmid, kind=kind))
    return tuple(found)


def read_retraction(citation: Citation) -> Retraction:
    """Say whether a citation is retracted, under concern, or neither."""
    kinds = {link.kind for link in citation.links}
    if kinds & _RETRACTED or _by_type(citation):
        return Retraction.RETRACTED
    if LinkKind.CONCERN_IN in kinds:
        return Retraction.CONCERN
    return Retraction.NOT_RETRACTED


def _by_type(citation: Citation) -> bool:
    return any(t.casefold() == "retracted publication" for t in citation.publication_types)
