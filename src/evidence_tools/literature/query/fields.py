"""PubMed's search fields: every tag that it knows, by its short name.

From the table of search field tags in the PubMed User Guide. ``ab`` is newer than the rest and is
allowed where ``ti`` and ``tiab`` are.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping

__all__ = ["DATES", "FIELDS", "HEADINGS", "NOT_HELD", "NO_EXPLOSION", "PROXIMITY", "find_field"]

#: Longer and older names of each tag.
_ALIASES: Mapping[str, tuple[str, ...]] = {
    "1au": ("first author name", "author - first"),
    "ab": ("abstract",),
    "ad": ("affiliation",),
    "aid": ("article identifier",),
    "all": ("all fields",),
    "au": ("author", "author name"),
    "auid": ("author identifier",),
    "book": (),
    "cn": ("corporate author", "author - corporate"),
    "cois": ("conflict of interest statement", "conflict of interest statements"),
    "crdt": ("create date", "date - create"),
    "dcom": ("completion date", "date - completion"),
    "dp": ("pdat", "publication date", "date - publication"),
    "ed": ("editor",),
    "edat": ("entry date", "entrez date", "date - entry", "date - entrez"),
    "epdat": ("electronic publication date",),
    "fau": ("full author name", "author - full"),
    "fir": ("full investigator name",),
    "gr": ("grants and funding", "grant number"),
    "ip": ("issue",),
    "ir": ("investigator",),
    "isbn": (),
    "jid": ("nlm unique id",),
    "la": ("lang", "language"),
    "lastau": ("last author name", "author - last"),
    "lid": ("location id",),
    "lr": ("modification date", "date - modification"),
    "majr": ("mj", "mesh major topic"),
    "mh": ("mesh", "mesh terms"),
    "mhda": ("mesh date", "date - mesh"),
    "nm": ("supplementary concept", "substance name"),
    "ot": ("other term",),
    "pa": ("pharmacological action",),
    "pg": ("pagination",),
    "pl": ("place of publication",),
    "pmid": ("uid",),
    "ppdat": ("print publication date",),
    "ps": ("personal name as subject", "subject - personal name"),
    "pt": ("ptyp", "publication type"),
    "pubn": ("publisher",),
    "rn": ("ec/rn number",),
    "sb": ("filter", "subset"),
    "sh": ("subheading", "mesh subheading", "mesh subheadings"),
    "si": ("secondary source id",),
    "ta": ("jour", "journal"),
    "ti": ("title",),
    "tiab": ("title/abstract",),
    "tt": ("transliterated title",),
    "tw": ("text", "text word", "text words", "word"),
    "vi": ("volume",),
}

#: Short name of every tag and alias.
FIELDS: Mapping[str, str] = {
    alias: short for short, others in _ALIASES.items() for alias in (short, *others)
}
#: Fields that hold days.
DATES = frozenset({"crdt", "dcom", "dp", "edat", "epdat", "lr", "mhda", "ppdat"})
#: Fields of MeSH headings.
HEADINGS = frozenset({"majr", "mh"})
#: Fields whose terms include what lies beneath them, unless ``:noexp`` is added.
NO_EXPLOSION = frozenset({"majr", "mh", "pt", "sh"})
#: Fields in which words near each other can be asked for.
PROXIMITY = frozenset({"ab", "ad", "ti", "tiab"})
#: Fields that a stored citation does not hold.
NOT_HELD = frozenset({"book", "crdt", "ed", "fir", "ir", "isbn", "pa", "ps"})


def find_field(name: str) -> tuple[str | None, str]:
    """Short name of a tag, and if there is none, the tag that may have been meant.

    >>> find_field("MeSH Terms"), find_field("tibs")
    (('mh', ''), (None, 'tiab'))
    """
    folded = " ".join(name.casefold().split())
    if folded in FIELDS:
        return FIELDS[folded], ""
    near = difflib.get_close_matches(folded, FIELDS, n=1, cutoff=0.5)
    return None, near[0] if near else ""
