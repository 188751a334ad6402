"""The loopback E-utilities speak as NCBI does, fail as ordered, and keep to this machine."""

from __future__ import annotations

import io
import json
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import Bio.Entrez
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from evidence_tools.errors import InputError
from evidence_tools.literature.citations import encode_citation
from evidence_tools.testing.eutils import EutilsServer, main
from evidence_tools.testing.faults import Fault, FaultKind, Schedule, parse_fault
from evidence_tools.testing.holdings import Holdings
from evidence_tools.testing.matching import compile_search
from evidence_tools.testing.pubmed import make_citation, make_citations

RECORDS = tuple(make_citations(60, seed=11))
PMIDS = tuple(citation.pmid for citation in RECORDS)
ALL = "1:99999999[uid]"
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Answered:
    """Status, headers and body of an answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def xml(self) -> etree._Element:
        """The body as a tree."""
        return etree.fromstring(self.body)

    @property
    def json(self) -> dict[str, object]:
        """The body as data."""
        return json.loads(self.body)

    @property
    def pmids(self) -> list[str]:
        """What ESearch lists."""
        return [e.text for e in self.xml.iterfind("IdList/Id")]


def ask(server: EutilsServer, utility: str, *, post: bool = True, **parameters: object) -> Answered:
    """One request, by a client that knows nothing of ours."""
    query = urllib.parse.urlencode({"db": "pubmed", **parameters}, doseq=True)
    url = f"{server.url}{utility}.fcgi"
    place, body = (url, query.encode()) if post else (f"{url}?{query}", None)
    try:
        with _OPENER.open(place, body, timeout=20) as answer:
            return Answered(answer.status, dict(answer.headers), answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answered(error.code, dict(error.headers), error.read())


@pytest.fixture(scope="module")
def server() -> Iterator[EutilsServer]:
    """A server whose records nobody changes."""
    with EutilsServer(RECORDS) as running:
        yield running


_REQUESTS: tuple[tuple[str, dict[str, object]], ...] = (
    ("esearch", {"term": "massage[tiab]", "usehistory": "y"}),
    ("esearch", {"term": "quokka[ti]"}),
    ("esearch", {"term": "x[tibs]"}),
    ("esearch", {"term": ALL, "rettype": "count"}),
    ("esearch", {}),
    ("epost", {"id": "1,2,3"}),
    ("esummary", {"id": f"{PMIDS[0]},{PMIDS[1]},5"}),
    ("elink", {"dbfrom": "pubmed", "id": list(PMIDS), "linkname": "pubmed_pubmed"}),
    ("einfo", {}),
    ("espell", {"term": "masage for nek pain"}),
    ("epost", {"id": ""}),
    ("elink", {"dbfrom": "pubmed"}),
    ("efetch", {"id": ",".join(PMIDS), "retmode": "xml"}),
)


@pytest.mark.parametrize(("utility", "parameters"), _REQUESTS)
def test_answers_are_valid_by_ncbi_s_document_types(
    server: EutilsServer, utility: str, parameters: dict[str, object]
) -> None:
    """Each answer keeps to the document type that it names, as Biopython ships it."""
    answer = ask(server, utility, **parameters)
    place = re.search(rb'"https://[^"]*/([^"/]+\.dtd)"', answer.body)[1].decode()
    folder = Path(Bio.Entrez.__file__).parent / "DTDs"
    dtd = etree.DTD(str(folder / place))
    dtd.validate(answer.xml)
    # NCBI's type for ELink is ambiguous, of which libxml2 complains whatever is validated.
    errors = [e for e in dtd.error_log if e.type_name != "DTD_CONTENT_NOT_DETERMINIST"]
    assert errors == []


@pytest.mark.parametrize(
    ("utility", "parameters"),
    [(name, given) for name, given in _REQUESTS if name not in {"epost", "elink", "esearch"}]
    + [_REQUESTS[0], _REQUESTS[5], _REQUESTS[7]],
)
def test_biopython_reads_the_answers(
    server: EutilsServer, utility: str, parameters: dict[str, object]
) -> None:
    """Biopython's own parser, which knows NCBI's answers, takes ours for such."""
    answer = ask(server, utility, **parameters)
    # Biopython takes an ERROR element for an error of the whole, and ESummary has one a record.
    assert Bio.Entrez.read(io.BytesIO(answer.body), ignore_errors=utility in {"esummary", "espell"})


# --- search -------------------------------------------------------------------------------------


@pytest.mark.parametrize("post", [True, False])
def test_search_lists_newest_first_by_pages(server: EutilsServer, post: bool) -> None:
    """GET and POST give the same: 20 by default, from a start, up to a number."""
    newest = sorted(PMIDS, key=int, reverse=True)
    assert ask(server, "esearch", post=post, term=ALL).pmids == newest[:20]
    page = ask(server, "esearch", post=post, term=ALL, retstart=50, retmax=100)
    assert page.pmids == newest[50:]
    assert page.xml.findtext("Count") == "60"
    assert page.xml.findtext("RetStart") == "50"


def test_search_in_json_has_numbers_as_text(server: EutilsServer) -> None:
    """NCBI's JSON writes numbers as text, and members in small letters."""
    found = ask(server, "esearch", term=ALL, retmode="json", retmax=2, usehistory="y").json
    result = found["esearchresult"]
    assert (result["count"], result["retmax"], result["retstart"]) == ("60", "2", "0")
    assert len(result["idlist"]) == 2
    assert result["querykey"] == "1"
    assert result["webenv"].startswith("MCID_")
    unknown = ask(server, "esearch", term="x[tibs]", retmode="json").json["esearchresult"]
    assert unknown["errorlist"]["fieldsnotfound"] == ["[tibs]"]
    count = ask(server, "esearch", term=ALL, retmode="json", rettype="count").json
    assert count == {"esearchresult": {"count": "60"}}
    empty = ask(server, "esearch", term="quokka[ti]", retmode="json").json["esearchresult"]
    assert empty["warninglist"]["outputmessages"] == ["No items found."]


def test_dates_restrict_by_the_field_that_is_named() -> None:
    """Mindate and maxdate go together and include both ends; reldate counts days back."""
    records = [
        make_citation("1", entrez_date="2026-11-01", mesh_date="2026-11-20", revised="2026-11-25"),
        make_citation("2", entrez_date="2026-11-10", mesh_date=None, revised="2026-11-10"),
        make_citation("3", entrez_date="2025-03-05", mesh_date="2025-09-01", revised="2025-09-01"),
    ]
    with EutilsServer(records, today=date(2026, 11, 20)) as server:

        def found(**limits: object) -> list[str]:
            return ask(server, "esearch", term=ALL, **limits).pmids

        november = {"mindate": "2026/11/01", "maxdate": "2026/11/10"}
        assert found(datetype="edat", **november) == ["2", "1"]
        assert found(datetype="mhda", mindate="2026/11", maxdate="2026/11") == ["1"]
        assert found(datetype="edat", mindate="2025", maxdate="2025") == ["3"]
        assert found(datetype="edat", reldate=10) == ["2"]
        assert found(datetype="edat", mindate="2026/11/05") == ["3", "2", "1"]


def test_a_term_is_needed(server: EutilsServer) -> None:
    """NCBI's own words, inside an answer with status 200."""
    answer = ask(server, "esearch", term="")
    assert answer.status == 200
    assert answer.xml.findtext("ERROR") == "Empty term and query_key - nothing todo"
    in_json = ask(server, "esearch", term="", retmode="json").json
    assert in_json["esearchresult"] == {"ERROR": "Empty term and query_key - nothing todo"}
    answer = ask(server, "esearch", term="(massage[ti]")
    assert answer.xml.findtext("ERROR").startswith("Unable to parse the query: ")
    answer = ask(server, "esearch", term="a[ti]", db="protein")
    assert answer.xml.findtext("ERROR") == "Invalid db name specified: protein"


def test_only_the_first_9999_are_handed_out() -> None:
    """Longer lists are cut with a note; a start beyond them is an error inside a 200 answer."""
    records = [make_citation("1")]
    with EutilsServer(records) as server:
        server.holdings._searched[ALL] = type(server.holdings.search(ALL))(
            tuple(str(n) for n in range(12_000, 0, -1))
        )
        first = ask(server, "esearch", term=ALL, retmax=20_000)
        last = ask(server, "esearch", term=ALL, retstart=9_990, retmax=100)
        beyond = ask(server, "esearch", term=ALL, retstart=9_999)
        kept = ask(server, "esearch", term=ALL, usehistory="y", retmax=0).xml
        fetched = ask(
            server,
            "efetch",
            WebEnv=kept.findtext("WebEnv"),
            query_key=kept.findtext("QueryKey"),
            retstart=9_999,
        )
    assert (len(first.pmids), first.xml.findtext("Count")) == (9_999, "12000")
    note = "WarningList/OutputMessage"
    assert first.xml.findtext(note) == "Restrictions achieved. start and count adjusted to 0, 9999"
    assert last.pmids == [str(n) for n in range(2_010, 2_001, -1)]
    assert last.xml.findtext(note) == "Restrictions achieved. start and count adjusted to 9990, 9"
    assert beyond.status == 200
    assert "'retstart' cannot be larger than 9998" in beyond.xml.findtext("ERROR")
    assert fetched.status == 400
    assert "'retstart' cannot be larger than 9998" in fetched.xml.findtext("ERROR")


# --- history ------------------------------------------------------------------------------------


def test_history_keeps_searches_and_posted_lists(server: EutilsServer) -> None:
    """A set can be fetched by its place, in pages, and searched within."""
    kept = ask(server, "esearch", term=ALL, usehistory="y", retmax=0).xml
    place = {"WebEnv": kept.findtext("WebEnv"), "query_key": kept.findtext("QueryKey")}
    newest = sorted(PMIDS, key=int, reverse=True)
    page = ask(server, "efetch", rettype="uilist", retmode="text", retstart=5, retmax=3, **place)
    assert page.body.decode().split() == newest[5:8]
    posted = ask(server, "epost", id="5 6," + ",".join(PMIDS[:10])).xml
    place = {"WebEnv": posted.findtext("WebEnv"), "query_key": posted.findtext("QueryKey")}
    among = ask(server, "esearch", term="massage[tiab]", retmax=99, **place)
    massage = ask(server, "esearch", term="massage[tiab]", retmax=99)
    assert among.pmids == [pmid for pmid in massage.pmids if pmid in PMIDS[:10]]
    assert among.pmids
    again = ask(server, "esearch", term=ALL, usehistory="y", WebEnv=place["WebEnv"]).xml
    assert again.findtext("WebEnv") == place["WebEnv"]
    assert again.findtext("QueryKey") == "2"
    assert ask(server, "efetch", WebEnv="MCID_none", query_key="1").status == 400


# --- records ------------------------------------------------------------------------------------


def test_records_come_in_each_format(server: EutilsServer) -> None:
    """XML by default, tagged text, abstract or numbers on request."""
    two = ",".join(PMIDS[:2])
    assert ask(server, "efetch", id=two).xml.tag == "PubmedArticleSet"
    medline = ask(server, "efetch", id=two, retmode="text", rettype="medline").body.decode()
    assert [line for line in medline.splitlines() if line.startswith("PMID")] == [
        f"PMID- {pmid}" for pmid in PMIDS[:2]
    ]
    abstract = ask(server, "efetch", id=PMIDS[0], retmode="text", rettype="abstract")
    assert RECORDS[0].title in abstract.body.decode()
    numbers = ask(server, "efetch", id=two, retmode="xml", rettype="uilist").xml
    assert [e.text for e in numbers.iterfind("Id")] == list(PMIDS[:2])


def test_what_is_not_there_is_left_out_or_refused(server: EutilsServer) -> None:
    """An unknown number is passed over; a list without any number is refused with status 400."""
    assert len(ask(server, "efetch", id=f"5,{PMIDS[0]}").xml) == 1
    assert len(ask(server, "efetch", id="5").xml) == 0
    refused = ask(server, "efetch", id="0,x")
    assert refused.status == 400
    assert "ID list is empty" in refused.xml.findtext("ERROR")
    summary = ask(server, "esummary", id="5", retmode="json").json
    assert summary["result"]["5"]["error"] == "cannot get document summary"
    assert ask(server, "nothing").status == 404


def test_records_change_merge_and_leave_while_serving() -> None:
    """What is held may be changed at any time; searches and fetches follow at once."""
    with EutilsServer(make_citation(str(n), title="Massage") for n in (1, 2, 3)) as server:
        assert ask(server, "esearch", term="massage[ti]").pmids == ["3", "2", "1"]
        server.holdings.remove("1")
        server.holdings.merge("2", into="3")
        server.holdings.put(make_citation("4", title="Massage", title_markup=None))
        assert ask(server, "esearch", term="massage[ti]").pmids == ["4", "3"]
        followed = ask(server, "efetch", id="2").xml
        assert followed.findtext("PubmedArticle/MedlineCitation/PMID") == "3"
        assert len(ask(server, "efetch", id="1").xml) == 0


def test_the_day_that_is_played_hides_later_records() -> None:
    """A month can be played day by day: what enters PubMed later is not there yet."""
    records = [make_citation(str(n), entrez_date=f"2026-{n:02}-01") for n in (9, 10, 11)]
    with EutilsServer(records, today=date(2026, 10, 15)) as server:
        assert ask(server, "esearch", term=ALL).pmids == ["10", "9"]
        assert len(ask(server, "efetch", id="9,10,11").xml) == 2


def test_each_number_of_a_link_request_has_its_own_answer(server: EutilsServer) -> None:
    """Repeated ids are answered one by one; ids with commas together."""
    linked = [citation for citation in RECORDS if any(link.pmid for link in citation.links)][:2]
    ids = [citation.pmid for citation in linked]
    apart = ask(server, "elink", dbfrom="pubmed", id=ids).xml
    together = ask(server, "elink", dbfrom="pubmed", id=",".join(ids)).xml
    assert [e.text for e in apart.iterfind("LinkSet/IdList/Id")] == ids
    assert len(apart.findall("LinkSet")) == 2
    assert len(together.findall("LinkSet")) == 1


@given(st.integers(0, 50), st.sampled_from(["[mh]", "[edat]", "[tiab]", "[pt]"]))
def test_a_restriction_and_its_opposite_make_the_whole(seed: int, field: str) -> None:
    """``A AND x`` and ``A NOT x`` part the records, also those of which x cannot be told."""
    records = [make_citation("1", mesh=(), status="Publisher"), *make_citations(20, seed=seed)]
    words = {"[edat]": "2024", "[mh]": "massage", "[tiab]": "pain", "[pt]": "review"}
    restriction = words[field] + field
    one = compile_search(f"({ALL}) AND {restriction}")
    other = compile_search(f"({ALL}) NOT {restriction}")
    assert all(one(record) != other(record) for record in records)


# --- limits -------------------------------------------------------------------------------------


def test_requests_beyond_the_rate_are_refused_in_ncbi_s_words() -> None:
    """The fourth within a second gets 429; a second later it is served; a key allows ten."""
    now = [50.0]
    with EutilsServer(RECORDS, rate=3.0, clock=lambda: now[0]) as server:
        answers = [ask(server, "einfo") for _ in range(4)]
        assert [answer.status for answer in answers] == [200, 200, 200, 429]
        assert answers[3].json == {
            "error": "API rate limit exceeded",
            "api-key": "127.0.0.1",
            "count": "4",
            "limit": "3",
        }
        keyed = [ask(server, "einfo", api_key="mine").status for _ in range(11)]
        assert keyed == [200] * 10 + [429]
        now[0] += 1.0
        assert ask(server, "einfo").status == 200


def test_unknown_keys_are_refused_in_ncbi_s_words() -> None:
    """NCBI answers 400 and repeats the key; an empty one is unknown too."""
    with EutilsServer(RECORDS, keys=["known"]) as server:
        assert ask(server, "einfo", api_key="known").status == 200
        refused = ask(server, "einfo", api_key="wrong")
        assert ask(server, "einfo", api_key="").status == 400
    assert refused.status == 400
    assert refused.json == {
        "error": "API key invalid",
        "api-key": "wrong",
        "type": "invalid",
        "status": "unknown",
    }


def test_only_this_machine_is_served_and_only_while_it_runs() -> None:
    """The address is the loopback one, and nothing listens after the end."""
    with EutilsServer(RECORDS) as server:
        assert server.url.startswith("http://127.0.0.1:")
        assert server._server.server_address[0] == "127.0.0.1"
    with pytest.raises(urllib.error.URLError, match="refused"):
        ask(server, "einfo")


# --- faults -------------------------------------------------------------------------------------


def test_faults_come_where_when_and_as_often_as_ordered() -> None:
    """Counted by utility or over all; the first that is due comes first, and none is lost."""
    one = Fault(FaultKind.EMPTY, "efetch", call=2, times=2)
    two = Fault(FaultKind.HTML, "*", call=3)
    schedule = Schedule([one, two])
    calls = ["efetch", "esearch", "efetch", "esearch", "efetch", "efetch"]
    assert [schedule.next(call) for call in calls] == [None, None, one, two, one, None]


def test_a_fault_ordered_later_counts_from_then() -> None:
    """A test may order a fault after some calls were made."""
    schedule = Schedule(())
    schedule.next("efetch")
    schedule.add(Fault(FaultKind.EMPTY, "efetch", call=2))
    assert [schedule.next("efetch") is not None for _ in range(3)] == [False, True, False]


def test_each_kind_of_fault_is_what_it_says() -> None:
    """Status, headers and bodies as a client sees them."""
    expected = {
        FaultKind.RATE_LIMIT: (429, b'{"error": "API rate limit exceeded"'),
        FaultKind.SERVER_ERROR: (500, b"<html><head><title>NCBI/eutils"),
        FaultKind.BAD_GATEWAY: (502, b"<html>"),
        FaultKind.UNAVAILABLE: (503, b"<html>"),
        FaultKind.EMPTY: (200, b""),
        FaultKind.HTML: (200, b"<!DOCTYPE html>"),
        FaultKind.ERROR_JSON: (200, b'{"error": "'),
        FaultKind.ERROR_INSIDE: (200, b"<?xml"),
    }
    for kind, (status, start) in expected.items():
        with EutilsServer(RECORDS, faults=[Fault(kind, retry_after="9")]) as server:
            answer = ask(server, "esearch", term=ALL)
            assert (answer.status, answer.body[: len(start)]) == (status, start)
            if kind in {FaultKind.RATE_LIMIT, FaultKind.UNAVAILABLE}:
                assert answer.headers["Retry-After"] == "9"
            assert server.requests[0].fault is kind
            assert ask(server, "esearch", term=ALL).status == 200


@pytest.mark.parametrize("text", ["efetch", "efetch:nothing", "efetch:cut@", "EFETCH:cut", ":cut"])
def test_a_fault_that_is_none(text: str) -> None:
    """A mistake on the command line lists the kinds there are."""
    with pytest.raises(InputError, match="is not a fault; expected UTILITY:KIND"):
        parse_fault(text)


def test_a_fault_may_be_for_all_utilities() -> None:
    """A star stands for every utility."""
    assert parse_fault("*:reset@3x2") == Fault(FaultKind.RESET, "*", call=3, times=2)


# --- command line -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_it_serves_from_the_command_line_until_it_is_told_to_stop(
    name: str, tmp_path: Path
) -> None:
    """It prints its address, serves the records of a file, and ends in order."""
    path = tmp_path / "records.jsonl"
    path.write_bytes(b"\n".join(map(encode_citation, RECORDS[:7])) + b"\n")
    command = [sys.executable, "-m", "evidence_tools.testing.eutils", "--file", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        url = process.stdout.readline().decode().strip()
        request = f"{url}esearch.fcgi?db=pubmed&retmax=0&term={urllib.parse.quote(ALL)}"
        with _OPENER.open(request, timeout=20) as answer:
            count = etree.fromstring(answer.read()).findtext("Count")
        process.send_signal(getattr(signal, name))
        left, errors = process.communicate(timeout=20)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/entrez/eutils/", url)
    assert (count, process.returncode, left, errors) == ("7", 0, b"", b"")


def test_a_wrong_command_line_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A mistake is told in one line with status 2."""
    assert main(["--fault", "efetch:nothing"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert re.fullmatch(r"eutils: 'efetch:nothing' is not a fault; .*\n", shown.err)


def test_dates_without_zeros_are_understood() -> None:
    """EDirect hands on what a user typed, such as 2026/1/5."""
    holdings = Holdings([make_citation("1", entrez_date="2026-01-05")])
    assert holdings.within(["1"], "EDAT", "2026/1/5", "2026/1/5") == ("1",)
    assert holdings.within(["1"], "edat", "2026/1/6", "2027") == ()
