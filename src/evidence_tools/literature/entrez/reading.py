"""What each E-utility says, read from the bytes of its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree

from evidence_tools.literature.entrez.answers import UnusableError, parse_json, parse_xml
from evidence_tools.literature.entrez.caller import Caller
from evidence_tools.literature.entrez.errors import IncompleteError, RefusedError, scrub
from evidence_tools.literature.entrez.slices import Found

__all__ = [
    "Field",
    "Posted",
    "ask_summaries",
    "read_fields",
    "read_links",
    "read_posted",
    "read_search",
    "read_spelling",
]


@dataclass(frozen=True)
class Posted:
    """Where NCBI keeps a posted list."""

    web_env: str
    query_key: str


@dataclass(frozen=True)
class Field:
    """A field that PubMed can be searched by."""

    name: str
    full_name: str
    description: str
    is_date: bool


def read_search(body: bytes, retmax: int, key: str | None) -> Found:
    """Read ESearch: count, PMIDs, translation, warnings.

    Raises
    ------
    UnusableError
        When the list is not as long as the count says, or PubMed does not know a field.
    """
    root = parse_xml(body, "eSearchResult", key)
    unknown = [scrub(e.text or "", key) for e in root.iterfind("ErrorList/FieldNotFound")]
    if unknown:
        raise UnusableError(
            f"PubMed does not know the field {unknown[0]}",
            again=False,
            error=RefusedError,
            fix="correct the search; `evidence searches lint` names unknown fields",
        )
    count = _number(root, "Count")
    pmids = tuple((e.text or "").strip() for e in root.iterfind("IdList/Id"))
    expected = min(count, retmax)
    if len(pmids) != expected or len(set(pmids)) != len(pmids) or not all(map(str.isdigit, pmids)):
        raise UnusableError(
            f"ESearch counts {count} records and lists {len(set(pmids))} of {expected}",
            error=IncompleteError,
        )
    notes = [*root.iterfind("ErrorList/*"), *root.iterfind("WarningList/*")]
    warnings = tuple(
        f"{etree.QName(e).localname}: {scrub(e.text or '', key)}"
        for e in notes
        # Not about the query: NCBI says that it cut the list, which the count says too.
        if not (e.text or "").startswith("Restrictions achieved")
    )
    return Found(count, pmids, root.findtext("QueryTranslation") or None, warnings)


def read_posted(body: bytes, key: str | None) -> Posted:
    """Read EPost: where the list is kept."""
    root = parse_xml(body, "ePostResult", key)
    web_env, query_key = root.findtext("WebEnv"), root.findtext("QueryKey")
    if not web_env or not query_key:
        raise UnusableError("EPost names no place of the list", damaged=True)
    return Posted(web_env, query_key)


def read_links(
    body: bytes, asked: Sequence[str], linkname: str, key: str | None
) -> dict[str, tuple[str, ...]]:
    """Read ELink: for each PMID asked for, those it is linked to."""
    root = parse_xml(body, "eLinkResult", key)
    found: dict[str, tuple[str, ...]] = {}
    for group in root.iterfind("LinkSet"):
        links = tuple(
            link.text or ""
            for database in group.iterfind("LinkSetDb")
            if database.findtext("LinkName") == linkname
            for link in database.iterfind("Link/Id")
        )
        for source in group.iterfind("IdList/Id"):
            found[source.text or ""] = links
    if set(found) != set(asked):
        raise UnusableError(
            f"ELink answers for {len(found)} of {len(asked)} records", error=IncompleteError
        )
    return {pmid: found[pmid] for pmid in asked}


def read_fields(body: bytes, key: str | None) -> tuple[Field, ...]:
    """Read EInfo: the fields of PubMed."""
    root = parse_xml(body, "eInfoResult", key)
    fields = tuple(
        Field(
            name=e.findtext("Name") or "",
            full_name=e.findtext("FullName") or "",
            description=e.findtext("Description") or "",
            is_date=e.findtext("IsDate") == "Y",
        )
        for e in root.iterfind("DbInfo/FieldList/Field")
    )
    if not fields:
        raise UnusableError("EInfo lists no field", damaged=True)
    return fields


def read_spelling(body: bytes, key: str | None) -> str | None:
    """Read ESpell: the better spelling, if there is one."""
    return parse_xml(body, "eSpellResult", key).findtext("CorrectedQuery") or None


def ask_summaries(caller: Caller, pmids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """Ask ESummary; an entry for each PMID, one that NCBI lacks with its ``error``."""
    key = caller.settings.api_key

    def read(body: bytes) -> dict[str, Mapping[str, Any]]:
        result = parse_json(body, "result", key)
        entries = {pmid: result.get(pmid) for pmid in pmids}
        found: dict[str, Mapping[str, Any]] = {
            pmid: one for pmid, one in entries.items() if isinstance(one, dict)
        }
        if len(found) != len(pmids):
            raise UnusableError(
                f"ESummary answers for {len(found)} of {len(pmids)} records", error=IncompleteError
            )
        return found

    parameters = {"db": "pubmed", "retmode": "json", "id": ",".join(pmids)}
    return caller.ask("esummary", parameters, read)


def _number(root: etree._Element, name: str) -> int:
    text = (root.findtext(name) or "").strip()
    if not text.isdigit():
        raise UnusableError(f"the answer has no {name}", damaged=True)
    return int(text)
