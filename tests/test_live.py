"""What we take NCBI to do: held against the loopback server always, against NCBI when asked to.

``EVIDENCE_LIVE=1 NCBI_EMAIL=you@example.org pytest tests/test_live.py`` asks NCBI, some sixty
requests at its pace. Where the two differ, the loopback server is wrong, and with it what other
tests rest on.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from lxml import etree

from evidence_tools.literature.citations import Citation
from evidence_tools.literature.entrez import Entrez, RefusedError, Settings, settings_from
from evidence_tools.literature.entrez.caller import Caller
from evidence_tools.testing.eutils import EutilsServer

LIVE = os.environ.get("EVIDENCE_LIVE") == "1"
#: Finds more than PubMed hands out, in either place; old and finished, so that it does not grow.
LARGE = 'pain[ti] AND ("2001/01/01"[edat] : "2012/12/31"[edat])'
NEVER_GIVEN = "99999999"


@pytest.fixture(scope="module", params=["loopback", *(["ncbi"] if LIVE else [])])
def settings(request: pytest.FixtureRequest) -> Iterator[Settings]:
    """Where to ask: a server with 10,300 records, or NCBI."""
    if request.param == "ncbi":
        yield settings_from({**os.environ, "EVIDENCE_EUTILS_BASE": ""})
        return
    first = date(2001, 1, 1)
    records = [
        Citation(
            str(n),
            title="Pain",
            languages=("eng",) if n % 3 else ("fre",),
            entrez_date=(first + timedelta(days=n % 4000)).isoformat(),
        )
        for n in range(1, 10_301)
    ]
    with EutilsServer(records, keys=()) as server:
        yield Settings("analyst@example.org", base=server.url)


@pytest.fixture
def client(settings: Settings) -> Entrez:
    """Our client; only NCBI's pace is kept in real time."""
    return Entrez(settings, **_fast(settings))


@pytest.fixture
def raw(settings: Settings) -> Caller:
    """Single requests, of which the bare answer is looked at."""
    return Caller(settings, **_fast(settings))


def _fast(settings: Settings) -> dict[str, object]:
    return {"sleep": lambda seconds: None} if settings.is_loopback else {}


def _search(raw: Caller, **parameters: object) -> etree._Element:
    return etree.fromstring(raw.ask("esearch", {"db": "pubmed", **parameters}, lambda body: body))


def test_a_list_is_cut_after_9999_with_a_note(raw: Caller) -> None:
    """More than 9,999 are counted, 9,999 listed, and a note says so."""
    root = _search(raw, term=LARGE, retmax=20_000)
    assert int(root.findtext("Count")) > 9_999
    assert len(root.findall("IdList/Id")) == 9_999
    note = root.findtext("WarningList/OutputMessage")
    assert note == "Restrictions achieved. start and count adjusted to 0, 9999"


def test_a_start_beyond_9998_is_an_error_inside_the_answer(raw: Caller) -> None:
    """The error's words are those by which we know that asking again is of no use."""
    root = _search(raw, term=LARGE, retstart=9_999)
    assert "'retstart' cannot be larger than 9998" in root.findtext("ERROR")


@pytest.mark.parametrize(
    "restriction", ["1:15000000[uid]", "1:5000[uid]", '("2003/01/01"[edat] : "2006/12/31"[edat])']
)
def test_a_restriction_and_its_opposite_make_the_whole(client: Entrez, restriction: str) -> None:
    """Cuts by number and by day are exact: on that rests that no match is lost."""
    whole = client.count(LARGE).count
    inside = client.count(f"({LARGE}) AND {restriction}").count
    outside = client.count(f"({LARGE}) NOT {restriction}").count
    assert inside + outside == whole


def test_a_large_search_comes_whole(client: Entrez) -> None:
    """More than 9,999 records come in parts that add up."""
    answer = client.search(LARGE)
    assert len(answer.pmids) == answer.count == client.count(LARGE).count > 9_999
    assert answer.slices


def test_records_come_and_missing_ones_have_a_reason(client: Entrez) -> None:
    """A page has what was asked for; a number never given has NCBI's word that there is none."""
    pmids = client.search(LARGE).pmids[:30]
    (page,) = client.fetch([*pmids, NEVER_GIVEN])
    assert page.found == pmids
    assert [one.pmid for one in page.missing] == [NEVER_GIVEN]


def test_an_unknown_number_has_an_error_of_its_own_in_json(raw: Caller) -> None:
    """ESummary answers 200, and the error stands with the number."""
    body = raw.ask(
        "esummary", {"db": "pubmed", "retmode": "json", "id": NEVER_GIVEN}, lambda body: body
    )
    assert json.loads(body)["result"][NEVER_GIVEN]["error"] == "cannot get document summary"


def test_an_unknown_key_is_refused(settings: Settings) -> None:
    """A key that nobody has is refused, whatever is asked."""
    wrong = Settings(settings.email, base=settings.base, api_key="0" * 36)
    with pytest.raises(RefusedError, match="does not know the API key"):
        Entrez(wrong, **_fast(settings)).count("massage[ti]")


def test_history_intersects_with_a_search(client: Entrez) -> None:
    """A posted list and a query together find those of the list that match."""
    pmids = client.search(LARGE).pmids[:150]
    assert client.among([*pmids, NEVER_GIVEN], "pain[ti]") == pmids


def test_fields_and_spelling(client: Entrez) -> None:
    """EInfo knows the dates that we restrict by; ESpell says nothing of what is spelt right."""
    fields = {field.name: field.is_date for field in client.fields()}
    assert fields["EDAT"]
    assert fields["MHDA"]
    assert client.spelling("pain") is None
