"""What each E-utility of the loopback server answers; no sockets here."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence

from evidence_tools.literature.citations import Citation
from evidence_tools.testing import formats
from evidence_tools.testing.formats import Response
from evidence_tools.testing.holdings import Holdings
from evidence_tools.testing.pubmed import SET_END, SET_START, article_xml

__all__ = ["FAR", "LIMIT", "Parameters", "Services"]

#: Most matches of a search that PubMed hands out, and the last place that one may start from.
LIMIT = 9_999
FAR = LIMIT - 1
_DEFAULT = 20

Parameters = Mapping[str, Sequence[str]]


def _one(parameters: Parameters, name: str, default: str = "") -> str:
    return next(iter(parameters.get(name, ())), default)


def _number(parameters: Parameters, name: str, default: int) -> int:
    text = _one(parameters, name).strip()
    return int(text) if text.isdigit() else default


def _listed(parameters: Parameters) -> list[str]:
    """PMIDs of ``id``, which may be repeated, and separated by commas or blanks."""
    words = re.split(r"[,\s]+", ",".join(parameters.get("id", ())))
    return [word.lstrip("0") for word in words if word.isdigit() and int(word)]


class Services:
    """Answers of each E-utility over what is held.

    Parameters
    ----------
    holdings : Holdings
        The records and the history.
    """

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings
        self._utilities: Mapping[str, Callable[[Parameters], Response]] = {
            "efetch": self._efetch,
            "einfo": self._einfo,
            "elink": self._elink,
            "epost": self._epost,
            "esearch": self._esearch,
            "espell": self._espell,
            "esummary": self._esummary,
        }

    @property
    def names(self) -> frozenset[str]:
        """The utilities."""
        return frozenset(self._utilities)

    def answer(self, utility: str, parameters: Parameters) -> Response:
        """Answer a request."""
        database = _one(parameters, "dbfrom") or _one(parameters, "db", "pubmed")
        if database != "pubmed":
            return formats.error_xml(utility, f"Invalid db name specified: {database}")
        return self._utilities[utility](parameters)

    def _esearch(self, parameters: Parameters) -> Response:
        term = _one(parameters, "term").strip()
        start, size = _number(parameters, "retstart", 0), _number(parameters, "retmax", _DEFAULT)
        is_json = _one(parameters, "retmode") == "json"
        kept = self._kept(parameters)
        if not term and kept is None:
            return self._search_error("Empty term and query_key - nothing todo", is_json)
        found = self._holdings.search(term) if term else None
        if found is not None and found.error:
            return self._search_error(found.error, is_json)
        pmids = kept if found is None else found.pmids
        if kept is not None and found is not None:
            among = frozenset(kept)
            pmids = tuple(pmid for pmid in found.pmids if pmid in among)
        pmids = self._dated(pmids or (), parameters)
        if start > FAR and start < len(pmids):
            return self._search_error(formats.TOO_FAR, is_json)
        place = None
        if _one(parameters, "usehistory") == "y":
            place = self._holdings.remember(pmids, _one(parameters, "WebEnv") or None)
        if _one(parameters, "rettype") == "count":
            if is_json:
                return formats.json_response({"esearchresult": {"count": str(len(pmids))}})
            return formats.xml_response("eSearchResult", f"<Count>{len(pmids)}</Count>")
        listed = pmids[start : min(start + size, LIMIT)]
        message = "" if pmids else "No items found."
        if start + size > LIMIT and len(pmids) > LIMIT:
            message = f"Restrictions achieved. start and count adjusted to {start}, {len(listed)}"
        page = formats.SearchPage(
            count=len(pmids),
            start=start,
            pmids=_ordered(listed, _one(parameters, "sort")),
            translation=term,
            place=place,
            message=message,
            unknown_field=found.unknown_field if found else "",
        )
        return formats.search_json(page) if is_json else formats.search_xml(page)

    def _search_error(self, text: str, is_json: bool) -> Response:
        if is_json:
            head = {"type": "esearch", "version": "0.3"}
            return formats.json_response({"header": head, "esearchresult": {"ERROR": text}})
        return formats.error_xml("esearch", text)

    def _dated(self, pmids: Sequence[str], parameters: Parameters) -> tuple[str, ...]:
        low, high = _one(parameters, "mindate"), _one(parameters, "maxdate")
        if _one(parameters, "reldate").isdigit():
            low, high = self._holdings.days_back(_number(parameters, "reldate", 0))
        if not low or not high:  # NCBI wants both, and passes over one alone
            return tuple(pmids)
        return self._holdings.within(pmids, _one(parameters, "datetype", "edat"), low, high)

    def _kept(self, parameters: Parameters) -> tuple[str, ...] | None:
        """The set of the history that is asked for; an unknown one is empty."""
        key = _one(parameters, "query_key")
        return (self._holdings.recall(_one(parameters, "WebEnv"), key) or ()) if key else None

    def _epost(self, parameters: Parameters) -> Response:
        pmids = _listed(parameters)
        if not pmids:
            return formats.error_xml("epost", "Empty ID list; Nothing to store")
        web_env, key = self._holdings.remember(pmids, _one(parameters, "WebEnv") or None)
        return formats.xml_response(
            "ePostResult", f"<QueryKey>{key}</QueryKey><WebEnv>{web_env}</WebEnv>"
        )

    def _asked(self, utility: str, parameters: Parameters) -> list[str] | Response:
        """PMIDs that are asked for by number or through the history, or why there are none."""
        kept = self._kept(parameters)
        if kept is None:
            pmids = _listed(parameters)
            if pmids:
                return pmids
            return formats.error_xml(
                utility, "ID list is empty! Possibly it has no correct IDs.", status=400
            )
        start, size = _number(parameters, "retstart", 0), _number(parameters, "retmax", LIMIT)
        if not kept:
            return formats.error_xml(
                utility, "Unable to obtain query #" + _one(parameters, "query_key"), status=400
            )
        if start > FAR:
            return formats.error_xml(utility, formats.TOO_FAR, status=400)
        return list(kept[start : min(start + size, LIMIT)])

    def _efetch(self, parameters: Parameters) -> Response:
        pmids = self._asked("efetch", parameters)
        if isinstance(pmids, Response):
            return pmids
        kind, mode = _one(parameters, "rettype"), _one(parameters, "retmode")
        if kind == "uilist" or kind == "uid":
            if mode == "xml":
                listed = "".join(f"<Id>{pmid}</Id>\n" for pmid in pmids)
                return formats.xml_response("IdList", "\n" + listed)
            return formats.text_response("".join(f"{pmid}\n" for pmid in pmids))
        found = [one for one in map(self._holdings.follow, pmids) if one is not None]
        if mode == "text" and kind == "medline":
            return formats.medline_text(found)
        if mode == "text":
            return formats.text_response("\n\n".join(map(_abstract, found)) + "\n")
        body = b"".join([SET_START, *map(article_xml, found), SET_END])
        return Response(200, "text/xml; charset=UTF-8", body)

    def _esummary(self, parameters: Parameters) -> Response:
        pmids = self._asked("esummary", parameters)
        if isinstance(pmids, Response):
            return pmids
        found = [(pmid, self._holdings.get(pmid)) for pmid in pmids]
        if _one(parameters, "retmode") == "json":
            return formats.summaries_json(found)
        if _one(parameters, "version") == "2.0":
            return formats.summaries_v2_xml(found)
        return formats.summaries_xml(found)

    def _elink(self, parameters: Parameters) -> Response:
        if not _listed(parameters):
            return formats.error_xml("elink", "Empty ID list; Nothing to link")
        linkname = _one(parameters, "linkname", "pubmed_pubmed")
        # Each "id" of the request has an answer of its own; several in one are answered together.
        groups = [_listed({"id": [text]}) for text in parameters.get("id", ())]
        linked = [(group, self._linked(group)) for group in groups]
        return formats.links_xml(linked, linkname)

    def _linked(self, pmids: Sequence[str]) -> list[str]:
        found = [one for one in map(self._holdings.get, pmids) if one is not None]
        links = (link.pmid for one in found for link in one.links)
        return list(dict.fromkeys(pmid for pmid in links if pmid))

    def _einfo(self, parameters: Parameters) -> Response:
        return formats.fields_xml(_one(parameters, "db") or None)

    def _espell(self, parameters: Parameters) -> Response:
        query = _one(parameters, "term")
        known = self._holdings.words()

        def better(found: re.Match[str]) -> str:
            word = found[0]
            near = difflib.get_close_matches(word.lower(), known, n=1, cutoff=0.8)
            return word if word.lower() in known or not near else near[0]

        corrected = re.sub(r"[A-Za-z]{4,}", better, query)
        return formats.spelling_xml(query, corrected if corrected != query else "")


def _ordered(pmids: Sequence[str], sort: str) -> Sequence[str]:
    """Newest first, as PubMed lists them, unless their numbers are wanted upwards."""
    return sorted(pmids, key=int) if sort == "uid" else pmids


def _abstract(citation: Citation) -> str:
    return f"{citation.title}\n\n{citation.abstract_text}\n\nPMID: {citation.pmid}"
