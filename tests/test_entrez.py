"""The client of the E-utilities against a loopback server: nothing lost, nothing doubled."""

from __future__ import annotations

import logging
import re
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from evidence_tools.errors import EvidenceError, InputError
from evidence_tools.literature.citations import Citation
from evidence_tools.literature.entrez import (
    AnswerError,
    Entrez,
    EntrezError,
    IncompleteError,
    Missing,
    NetworkError,
    RefusedError,
    Settings,
    settings_from,
)
from evidence_tools.literature.entrez.errors import scrub
from evidence_tools.literature.entrez.limiter import (
    Backoff,
    Limiter,
    parse_retry_after,
    shared_limiter,
)
from evidence_tools.testing.eutils import EutilsServer
from evidence_tools.testing.faults import Fault, FaultKind
from evidence_tools.testing.pubmed import article_xml, make_citation, make_citations

RECORDS = tuple(make_citations(30, seed=4))
PMIDS = tuple(citation.pmid for citation in RECORDS)
ALL = '("1700/01/01"[edat] : "3000/12/31"[edat])'
KEY = "s3cret/KEY+1=%"
EMAIL = "analyst@example.org"


class Clock:
    """Time that passes only in sleep."""

    def __init__(self) -> None:
        self.now = 0.0
        self.sleeps: list[float] = []

    def __call__(self) -> float:
        """Seconds since the beginning."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass, and note how much."""
        self.sleeps.append(round(seconds, 6))
        self.now += seconds


def make_client(server: EutilsServer, clock: Clock | None = None, **settings: object) -> Entrez:
    """A client that waits in no time; jitter is always half of what it may be."""
    clock = clock or Clock()
    return Entrez(
        Settings(EMAIL, base=server.url, **settings),
        clock=clock,
        sleep=clock.sleep,
        random=lambda: 0.5,
        today=lambda: date(2026, 11, 30),
    )


def pmids_in(data: bytes) -> list[str]:
    """PMIDs of the records in an answer."""
    root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    return [
        e.text for e in root.iterfind(".//PMID") if e.getparent().getparent().getparent() is root
    ]


def fetch_all(client: Entrez, pmids: Iterable[str] = PMIDS) -> tuple[Counter[str], list[Missing]]:
    """Every record that came, how often, and what NCBI says is missing."""
    came: Counter[str] = Counter()
    missing: list[Missing] = []
    for page in client.fetch(pmids):
        came.update(pmids_in(page.data))
        assert list(page.found) == pmids_in(page.data)
        missing.extend(page.missing)
    return came, missing


# --- settings and the key -----------------------------------------------------------------------


def test_settings_come_from_three_variables() -> None:
    """E-mail, key and address come from the environment; an option goes before NCBI_EMAIL."""
    found = settings_from({"NCBI_EMAIL": EMAIL, "NCBI_API_KEY": KEY})
    assert (found.email, found.api_key, found.rate) == (EMAIL, KEY, 10.0)
    assert found.base == "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/"
    assert settings_from({"NCBI_EMAIL": EMAIL}, "other@example.org").email == "other@example.org"
    assert settings_from({"NCBI_EMAIL": EMAIL}).rate == 3.0


def test_an_empty_key_is_no_key() -> None:
    """NCBI refuses an empty key, so that a variable left empty must not become one."""
    assert settings_from({"NCBI_EMAIL": EMAIL, "NCBI_API_KEY": " "}).api_key is None


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({}, "no e-mail address"),
        ({"NCBI_EMAIL": "analyst"}, "'analyst' is not an e-mail address"),
        ({"NCBI_EMAIL": EMAIL, "NCBI_API_KEY": "two words"}, "NCBI_API_KEY holds characters"),
        (
            {"NCBI_EMAIL": EMAIL, "EVIDENCE_EUTILS_BASE": "http://example.org/"},
            "is not an address of E-utilities",
        ),
        (
            {"NCBI_EMAIL": EMAIL, "EVIDENCE_EUTILS_BASE": "file:///etc/passwd"},
            "is not an address of E-utilities",
        ),
    ],
)
def test_settings_that_cannot_be_used(environ: dict[str, str], message: str) -> None:
    """A user's mistake is one line that says what to do; a bad key is not repeated in it."""
    with pytest.raises(InputError, match=re.escape(message)) as error:
        settings_from(environ)
    assert "two words" not in str(error.value)
    assert "to mend it" in str(error.value)


def test_repr_of_settings_hides_the_key() -> None:
    """Settings end in logs and tracebacks; the key must not."""
    assert KEY not in repr(Settings(EMAIL, api_key=KEY))


@given(st.text(), st.text(min_size=4), st.text())
def test_scrub_takes_out_the_key_wherever_it_stands(before: str, key: str, after: str) -> None:
    """Whatever NCBI says around it, the key is not shown."""
    assert key not in scrub(f"{before}{key}{after}", key).replace("***", "")


# --- pace ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rate", "gap"), [(3.0, 0.35), (10.0, 0.105)])
def test_slots_lie_a_little_further_apart_than_the_rate(rate: float, gap: float) -> None:
    """The first slot is free, each next one 1.05/rate later."""
    clock = Clock()
    limiter = Limiter(rate, clock=clock, sleep=clock.sleep)
    slots = [limiter.acquire() for _ in range(4)]
    assert slots == pytest.approx([0.0, gap, 2 * gap, 3 * gap])
    assert clock.sleeps == pytest.approx([gap, gap, gap])


def test_time_that_passed_is_not_waited_for_again() -> None:
    """Who comes late does not wait, and saves up no slots for a burst."""
    clock = Clock()
    limiter = Limiter(3.0, clock=clock, sleep=clock.sleep)
    limiter.acquire()
    clock.now = 10.0
    assert [limiter.acquire(), limiter.acquire()] == pytest.approx([10.0, 10.35])


@given(st.lists(st.floats(0, 5), min_size=2, max_size=40), st.sampled_from([3.0, 10.0]))
def test_no_second_holds_more_requests_than_allowed(pauses: list[float], rate: float) -> None:
    """Whenever they are asked for, no span of a second has more slots than the rate."""
    clock = Clock()
    limiter = Limiter(rate, clock=clock, sleep=clock.sleep)
    slots = []
    for pause in pauses:
        clock.now += pause
        slots.append(limiter.acquire())
    allowed = int(rate)
    spans = zip(slots, slots[allowed:], strict=False)
    assert all(later - first > 1.0 for first, later in spans)


def test_the_limiter_holds_across_threads() -> None:
    """Forty threads at one moment get forty slots, each one interval after the other."""
    waits: list[float] = []
    limiter = Limiter(3.0, clock=lambda: 100.0, sleep=waits.append)
    slots: list[float] = []
    threads = [threading.Thread(target=lambda: slots.append(limiter.acquire())) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(slots) == pytest.approx([100.0 + 0.35 * k for k in range(40)])
    assert sorted(waits) == pytest.approx([0.35 * k for k in range(1, 40)])


def test_one_client_serves_several_threads() -> None:
    """Threads that share a client share its pace, and get each their own answer."""
    waits: list[float] = []
    with EutilsServer(RECORDS) as server:
        client = Entrez(Settings(EMAIL, base=server.url), clock=lambda: 0.0, sleep=waits.append)
        answers: dict[str, tuple[str, ...]] = {}

        def ask(pmid: str) -> None:
            answers[pmid] = client.search(f"{pmid}[uid]").pmids

        threads = [threading.Thread(target=ask, args=(pmid,)) for pmid in PMIDS[:12]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == {pmid: (pmid,) for pmid in PMIDS[:12]}
    assert sorted(waits) == pytest.approx([0.35 * k for k in range(1, 12)])
    assert client.requests == 12


def test_clients_of_one_process_share_a_limiter() -> None:
    """NCBI counts per key and address, so that two clients may not each take the whole rate."""
    base = "http://127.0.0.1:1/entrez/eutils/"
    assert shared_limiter(base, None, 3.0) is shared_limiter(base, None, 3.0)
    assert shared_limiter(base, KEY, 10.0) is not shared_limiter(base, None, 3.0)
    clients = [Entrez(Settings(EMAIL, base=base)), Entrez(Settings("b@example.org", base=base))]
    assert {client._caller._limiter for client in clients} == {shared_limiter(base, None, 3.0)}


def test_the_server_s_own_limit_is_never_reached() -> None:
    """At NCBI's rate, measured by the clock that paces us, not one request is refused."""
    clock = Clock()
    with EutilsServer(RECORDS, rate=3.0, clock=clock) as server:
        client = make_client(server, clock)
        for pmid in PMIDS[:10]:
            client.count(f"{pmid}[uid]")
        assert [request.status for request in server.requests] == [200] * 10
    assert clock.sleeps == [0.35] * 9


def test_waits_double_with_jitter_up_to_a_limit() -> None:
    """Half of each wait is fixed, half is chance; a pause that NCBI asks for is the least."""
    low, high = Backoff(lambda: 0.0), Backoff(lambda: 1.0)
    assert [low.seconds(n) for n in (1, 2, 3, 4, 9)] == [0.5, 1.0, 2.0, 4.0, 30.0]
    assert [high.seconds(n) for n in (1, 2, 3, 4, 9)] == [1.0, 2.0, 4.0, 8.0, 60.0]
    assert low.seconds(1, asked=7.0) == 7.0
    assert high.seconds(1, asked=7.0) == 8.0
    assert high.seconds(5, asked=2.0) == 16.0


NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "day", "seconds"),
    [
        (None, None, None),
        ("7", None, 7.0),
        (" 120 ", None, 120.0),
        ("Sat, 21 Nov 2026 12:01:30 GMT", None, 90.0),
        ("Sat, 21 Nov 2026 12:01:30 GMT", "Sat, 21 Nov 2026 12:01:00 GMT", 30.0),
        ("Sat, 21 Nov 2026 11:00:00 GMT", None, 0.0),
        ("soon", None, None),
        ("-3", None, None),
        ("", None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(
    value: str | None, day: str | None, seconds: float | None
) -> None:
    """A date is measured against the answer's own date, since this machine's clock may be wrong."""
    assert parse_retry_after(value, day, NOW) == seconds


# --- exact waits --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "waits"),
    [
        (Fault(FaultKind.RATE_LIMIT), [0.75]),
        (Fault(FaultKind.RATE_LIMIT, retry_after="7"), [7.5]),
        (Fault(FaultKind.RATE_LIMIT, retry_after="7", times=3), [7.5, 7.5, 7.5]),
        (Fault(FaultKind.RATE_LIMIT, retry_after="0"), [0.75]),
        (Fault(FaultKind.SERVER_ERROR, times=4), [0.75, 1.5, 3.0, 6.0]),
        (Fault(FaultKind.BAD_GATEWAY, times=2), [0.75, 1.5]),
        (Fault(FaultKind.UNAVAILABLE, retry_after="30"), [30.5]),
        (Fault(FaultKind.UNAVAILABLE, retry_after="30", times=2), [30.5, 30.5]),
        (Fault(FaultKind.EMPTY), [0.75]),
        (Fault(FaultKind.HTML), [0.75]),
        (Fault(FaultKind.ERROR_INSIDE, times=2), [0.75, 1.5]),
        (Fault(FaultKind.ERROR_JSON, text="API rate limit exceeded"), [0.75]),
        (Fault(FaultKind.CUT), [0.75]),
        (Fault(FaultKind.CUT_UNANNOUNCED), [0.75]),
        (Fault(FaultKind.RESET, times=5), [0.75, 1.5, 3.0, 6.0, 12.0]),
        (Fault(FaultKind.WRONG_COUNT), [0.75]),
        (Fault(FaultKind.DOUBLED), [0.75]),
    ],
    ids=lambda value: value.kind.value if isinstance(value, Fault) else "",
)
def test_a_passing_fault_is_waited_out(fault: Fault, waits: list[float]) -> None:
    """Each failure is followed by its exact wait, and then by the answer."""
    clock = Clock()
    told: list[float] = []
    with EutilsServer(RECORDS, faults=[fault]) as server:
        client = make_client(server, clock)
        client.on_wait = lambda seconds, reason: told.append(round(seconds, 6))
        assert client.search(ALL).pmids == PMIDS
    assert clock.sleeps == waits
    assert told == waits
    assert client.requests == len(waits) + 1


def test_a_date_in_retry_after_is_measured_by_the_server_s_clock() -> None:
    """The header names a moment; what counts is how far it lies after the answer's own date."""
    clock = Clock()
    fault = Fault(FaultKind.UNAVAILABLE, retry_after="Fri, 01 Jan 1999 00:00:00 GMT")
    with EutilsServer(RECORDS, faults=[fault]) as server:
        assert make_client(server, clock).count(ALL).count == 30
    assert clock.sleeps == [0.75]


def test_a_pause_holds_for_all_threads() -> None:
    """After a 429 nobody asks before the pause is over, not only the one who was refused."""
    clock = Clock()
    limiter = Limiter(3.0, clock=clock, sleep=clock.sleep)
    limiter.acquire()
    limiter.hold(20.0)
    assert [limiter.acquire(), limiter.acquire()] == pytest.approx([20.0, 20.35])


# --- faults that stay ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "kind", "message", "requests"),
    [
        (Fault(FaultKind.RATE_LIMIT, times=99), RefusedError, "429 Too Many Requests (6 times)", 6),
        (Fault(FaultKind.SERVER_ERROR, times=99), AnswerError, "500 Internal Server Error", 6),
        (Fault(FaultKind.BAD_GATEWAY, times=99), AnswerError, "502 Bad Gateway", 6),
        (Fault(FaultKind.UNAVAILABLE, times=99), AnswerError, "503 Service Unavailable", 6),
        (
            Fault(FaultKind.UNAVAILABLE, retry_after="7200"),
            RefusedError,
            "asks for a pause of 7200 s",
            1,
        ),
        (Fault(FaultKind.REDIRECT), AnswerError, "led elsewhere (302 Found)", 1),
        (Fault(FaultKind.EMPTY, times=99), AnswerError, "the answer is empty", 6),
        (
            Fault(FaultKind.HTML, times=99),
            AnswerError,
            "a web page came instead of data: Sign in to the guest network",
            6,
        ),
        (Fault(FaultKind.ERROR_INSIDE, times=99), AnswerError, "Status: Timeout", 6),
        (
            Fault(FaultKind.ERROR_INSIDE, text="Search Backend failed: 'retstart' cannot be larger"
                  " than 9998"),
            RefusedError,
            "cannot be larger than 9998",
            1,
        ),
        (Fault(FaultKind.ERROR_JSON, times=99), AnswerError, "External viewer error", 6),
        (Fault(FaultKind.CUT, times=99), AnswerError, "bytes came", 6),
        (Fault(FaultKind.CUT_UNANNOUNCED, times=99), AnswerError, "not well-formed XML", 6),
        (Fault(FaultKind.RESET, times=99), NetworkError, "the connection broke off", 6),
        (
            Fault(FaultKind.WRONG_COUNT, times=99),
            IncompleteError,
            "ESearch counts 37 records and lists 30 of 37",
            6,
        ),
    ],
    ids=lambda value: value.kind.value if isinstance(value, Fault) else "",
)  # fmt: skip
def test_a_fault_that_stays_is_an_error_of_one_line(
    fault: Fault, kind: type[EntrezError], message: str, requests: int
) -> None:
    """After six tries, or at once where trying is of no use: what, where, and what to do."""
    with EutilsServer(RECORDS, faults=[fault]) as server:
        client = make_client(server)
        with pytest.raises(kind, match=re.escape(message)) as error:
            client.search(ALL)
    assert client.requests == requests
    assert str(error.value).startswith("esearch: ")
    assert "to mend it: " in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("kind", [FaultKind.SLOW, FaultKind.STALL, FaultKind.SILENT])
def test_slow_and_stalled_answers_are_given_up(kind: FaultKind) -> None:
    """No sign of life, or an answer that drips, ends after the limit and is asked for again."""
    with EutilsServer(RECORDS, faults=[Fault(kind, seconds=30.0)]) as server:
        client = make_client(server, timeout=0.5)
        assert client.search(ALL).pmids == PMIDS
        assert client.requests >= 2
        assert server.requests[0].fault is kind


def test_an_answer_that_drips_is_given_up_as_a_whole() -> None:
    """Each piece comes in time, the whole does not: the limit of the whole answer holds."""

    class Ticking(Clock):
        def __call__(self) -> float:
            """Much later each time."""
            self.now += 400.0
            return self.now

    clock = Ticking()
    with EutilsServer(RECORDS, faults=[Fault(FaultKind.SLOW, seconds=0.0, times=99)]) as server:
        client = Entrez(
            Settings(EMAIL, base=server.url), clock=clock, sleep=clock.sleep, random=lambda: 0.5
        )
        with pytest.raises(NetworkError, match=r"was not complete after 300 s \(6 times\)"):
            client.search(ALL)


def test_nobody_listens() -> None:
    """A server that is not there is a network error in one line."""
    with EutilsServer(()) as server:
        client = make_client(server)
    with pytest.raises(NetworkError, match=r"esearch: no connection: .*refused.* \(6 times\)"):
        client.count("massage[ti]")


def test_an_answer_beyond_the_limit_of_size_is_fetched_in_halves() -> None:
    """A batch too large for one answer comes in several; a record too large alone is named."""
    with EutilsServer(RECORDS) as server:
        client = make_client(server, largest_answer=40_000)
        assert fetch_all(client) == (Counter(PMIDS), [])
        tiny = make_client(server, largest_answer=1_000)
        with pytest.raises(IncompleteError, match="larger than 1000 bytes") as error:
            fetch_all(tiny, PMIDS[:2])
    assert error.value.pmids == PMIDS[:2]


def test_an_unknown_key_is_refused_at_once() -> None:
    """NCBI repeats the key in its refusal; we say where it comes from, and do not repeat it."""
    with EutilsServer(RECORDS, keys=["another"]) as server:
        client = make_client(server, api_key=KEY)
        with pytest.raises(RefusedError, match="does not know the API key") as error:
            client.search(ALL)
    assert client.requests == 1
    assert "NCBI_API_KEY" in error.value.fix


def test_an_unknown_field_is_an_error_and_not_an_empty_result() -> None:
    """PubMed passes over a field that it does not know; the search is then not what was meant."""
    with (
        EutilsServer(RECORDS) as server,
        pytest.raises(RefusedError, match="does not know the field"),
    ):
        make_client(server).search("massage[tibs]")


# --- search -------------------------------------------------------------------------------------


def test_a_search_gives_count_pmids_and_translation() -> None:
    """One request brings everything that fits into one answer, in ascending order."""
    with EutilsServer(RECORDS) as server:
        client = make_client(server)
        answer = client.search(ALL)
        sent = server.requests[0]
    assert answer.pmids == PMIDS
    assert (answer.count, answer.requests, answer.slices) == (30, 1, ())
    assert answer.translation == ALL
    assert sent.line == "POST /entrez/eutils/esearch.fcgi HTTP/1.1"
    assert sent.parameters["tool"] == ["evidence-tools"]
    assert sent.parameters["email"] == [EMAIL]
    assert sent.parameters["retmax"] == ["9999"]


def test_a_query_is_sent_as_it_is_and_restricted_in_pubmed_s_words() -> None:
    """Without restriction not a character is added; with one, the answer holds what was sent."""
    with EutilsServer(RECORDS) as server:
        client = make_client(server)
        plain = client.search("  massage[tiab] OR touch[tiab] ")
        limited = client.search(
            "massage[tiab] OR touch[tiab]",
            date_type="mhda",
            since=date(2026, 1, 1),
            until=date(2026, 6, 30),
            extra=("english[la]",),
        )
        sent = [request.parameters["term"] for request in server.requests]
    assert plain.query == "massage[tiab] OR touch[tiab]"
    assert limited.query == (
        '((massage[tiab] OR touch[tiab]) AND ("2026/01/01"[mhda] : "2026/06/30"[mhda]))'
        " AND (english[la])"
    )
    assert sent == [[plain.query], [limited.query]]


def test_dates_are_both_included() -> None:
    """Since and until belong to the range; one alone is open to the other side."""
    records = [
        make_citation(str(n), entrez_date=f"2026-10-{n:02}", mesh_date=None) for n in (1, 2, 3, 4)
    ]
    with EutilsServer(records) as server:
        client = make_client(server)
        between = client.search(ALL, since=date(2026, 10, 2), until=date(2026, 10, 3))
        late = client.search(ALL, since=date(2026, 10, 3))
        early = client.search(ALL, until=date(2026, 10, 2))
    assert (between.pmids, late.pmids, early.pmids) == (("2", "3"), ("3", "4"), ("1", "2"))


def test_nothing_found_is_an_answer() -> None:
    """An empty set is no error; what PubMed says of it is handed on."""
    with EutilsServer(RECORDS) as server:
        answer = make_client(server).search("quokka[ti]")
    assert (answer.count, answer.pmids) == (0, ())
    assert answer.warnings == ("OutputMessage: No items found.",)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda client: client.search("  "), "the query is empty"),
        (lambda client: client.count(""), "the query is empty"),
        (
            lambda client: client.search("a[ti]", since=date(2026, 2, 1), until=date(2026, 1, 1)),
            "since (2026-02-01) lies after until (2026-01-01)",
        ),
        (lambda client: client.search("a[ti]", date_type="when"), "'when' is no date of PubMed"),
        (
            lambda client: client.among(map(str, range(1, 10_001)), "a[ti]"),
            "10000 PMIDs at once; expected at most 9999",
        ),
    ],
)
def test_questions_that_cannot_be_asked(ask: Callable[[Entrez], object], message: str) -> None:
    """A user's mistake costs no request."""
    with EutilsServer(RECORDS) as server:
        client = make_client(server)
        with pytest.raises(InputError, match=re.escape(message)):
            ask(client)
        assert client.requests == 0


def test_among_few_and_many() -> None:
    """Which of given records a query finds: one request for a few, two for any number."""
    records = tuple(make_citations(150, seed=9))
    pmids = tuple(citation.pmid for citation in records)
    with EutilsServer(records) as server:
        client = make_client(server)
        found = client.search("massage[tiab]").pmids
        client_requests = client.requests
        assert client.among(pmids[:40], "massage[tiab]") == tuple(
            p for p in pmids[:40] if p in found
        )
        assert client.requests == client_requests + 1
        assert client.among(pmids, "massage[tiab]") == found
        assert [request.utility for request in server.requests[-2:]] == ["epost", "esearch"]
        assert client.among((), "massage[tiab]") == ()
    assert 0 < len(found) < 150


def test_count_lists_no_pmids() -> None:
    """A count costs one request and hardly any bytes."""
    with EutilsServer(RECORDS) as server:
        client = make_client(server)
        assert client.count(ALL).count == 30
        assert server.requests[0].parameters["retmax"] == ["0"]


# --- fetch --------------------------------------------------------------------------------------


def test_records_come_in_batches_of_two_hundred() -> None:
    """Each record once, in pages, each asked for once, the bytes as the server sent them."""
    records = tuple(make_citations(450, seed=2))
    pmids = [citation.pmid for citation in records]
    with EutilsServer(records) as server:
        client = make_client(server)
        pages = list(client.fetch([*pmids, *pmids[:5]]))
        assert [len(page.asked) for page in pages] == [200, 200, 50]
        assert {request.line for request in server.requests} == {
            "POST /entrez/eutils/efetch.fcgi HTTP/1.1"
        }
    assert [pmid for page in pages for pmid in pmids_in(page.data)] == pmids
    assert client.requests == 3


def test_a_page_holds_the_records_in_the_bytes_in_which_they_came() -> None:
    """Markup, white space and entities are not touched on the way."""
    with EutilsServer(RECORDS) as server:
        (page,) = make_client(server).fetch(PMIDS)
    assert all(article_xml(citation).strip() in page.data for citation in RECORDS)


def test_a_record_left_out_once_is_asked_for_again() -> None:
    """EFetch forgets records at times: fewer than asked for is not the end."""
    with EutilsServer(RECORDS, faults=[Fault(FaultKind.LEFT_OUT, "efetch", pmids=PMIDS[3:6])]) as s:
        client = make_client(s)
        assert fetch_all(client) == (Counter(PMIDS), [])
        assert client.requests == 2


def test_removed_and_merged_records_are_explained() -> None:
    """NCBI's own reason stands with each PMID that is not there; every other record comes."""
    with EutilsServer(RECORDS) as server:
        server.holdings.remove(PMIDS[0])
        server.holdings.merge(PMIDS[1], PMIDS[7])
        server.holdings.merge(PMIDS[2], "90009999")
        server.holdings.put(make_citation("90009999"))
        came, missing = fetch_all(make_client(server), [*PMIDS, "77"])
    reason = "removed from PubMed (cannot get document summary)"
    assert came == Counter(PMIDS[3:])
    assert missing == [
        Missing(PMIDS[0], reason),
        Missing(PMIDS[1], f"merged into {PMIDS[7]}", into=PMIDS[7]),
        Missing(PMIDS[2], "merged into 90009999", into="90009999"),
        Missing("77", reason),
    ]


def test_nothing_but_records_that_do_not_exist() -> None:
    """A batch without a single record is a page without records, not an error."""
    with EutilsServer(RECORDS) as server:
        came, missing = fetch_all(make_client(server), ["5", "6"])
    assert came == Counter()
    assert [one.pmid for one in missing] == ["5", "6"]


def test_a_record_without_reason_is_an_error_at_the_end() -> None:
    """What ESummary knows and EFetch never gives is named, after all other records have come."""
    fault = Fault(FaultKind.LEFT_OUT, "efetch", times=99, pmids=(PMIDS[4],))
    came: Counter[str] = Counter()
    with EutilsServer(RECORDS, faults=[fault]) as server:
        client = make_client(server)
        with pytest.raises(
            IncompleteError, match=f"1 of 30 records did not come: {PMIDS[4]} "
        ) as e:
            for page in client.fetch(PMIDS):
                came.update(pmids_in(page.data))
    assert e.value.pmids == (PMIDS[4],)
    assert came == Counter(p for p in PMIDS if p != PMIDS[4])


def test_a_damaged_record_does_not_take_the_others_along() -> None:
    """A record that is never well-formed is named in the end; halving finds it."""
    fault = Fault(FaultKind.DAMAGED, "efetch", times=999, pmids=(PMIDS[10],))
    came: Counter[str] = Counter()
    with EutilsServer(RECORDS, faults=[fault]) as server:
        client = make_client(server)
        with pytest.raises(IncompleteError, match="not well-formed XML") as error:
            for page in client.fetch(PMIDS):
                came.update(pmids_in(page.data))
    assert error.value.pmids == (PMIDS[10],)
    assert came == Counter(p for p in PMIDS if p != PMIDS[10])
    assert client.requests < 30


def test_a_record_that_changes_between_two_calls_comes_once() -> None:
    """Which of the two forms comes is PubMed's affair; it comes once."""
    changed = replace_title(RECORDS[3], "Massage, revised")
    faults = [
        Fault(FaultKind.CUT, "efetch"),
        Fault(FaultKind.CHANGED, "efetch", call=2, citation=changed),
    ]
    with EutilsServer(RECORDS, faults=faults) as server:
        (page,) = make_client(server).fetch(PMIDS)
    assert pmids_in(page.data) == list(PMIDS)
    assert b"<ArticleTitle>Massage, revised</ArticleTitle>" in page.data


def replace_title(citation: Citation, title: str) -> Citation:
    """The same record with another title."""
    return make_citation(citation.pmid, title=title, title_markup=None)


@pytest.mark.parametrize("bad", ["", "x", "0", "123456789", "PMC123"])
def test_what_is_no_pmid_is_not_asked_for(bad: str) -> None:
    """A wrong number is the caller's mistake and costs no request."""
    with EutilsServer(RECORDS) as server:
        client = make_client(server)
        with pytest.raises(EvidenceError, match="is not a PMID"):
            list(client.fetch(["1", bad]))
        assert client.requests == 0


# --- pairs of faults ----------------------------------------------------------------------------

_MERGED = (PMIDS[20], PMIDS[21])
_KINDS: tuple[Fault, ...] = (
    Fault(FaultKind.RATE_LIMIT),
    Fault(FaultKind.RATE_LIMIT, retry_after="3"),
    Fault(FaultKind.SERVER_ERROR),
    Fault(FaultKind.BAD_GATEWAY),
    Fault(FaultKind.UNAVAILABLE, retry_after="2"),
    Fault(FaultKind.STALL, seconds=30.0),
    Fault(FaultKind.CUT),
    Fault(FaultKind.CUT_UNANNOUNCED),
    Fault(FaultKind.EMPTY),
    Fault(FaultKind.HTML),
    Fault(FaultKind.ERROR_INSIDE),
    Fault(FaultKind.ERROR_JSON),
    Fault(FaultKind.DAMAGED, pmids=PMIDS[5:7]),
    Fault(FaultKind.LEFT_OUT, pmids=PMIDS[8:12]),
    Fault(FaultKind.LEFT_OUT, pmids=PMIDS),
    Fault(FaultKind.DOUBLED),
    Fault(FaultKind.REMOVED, pmids=PMIDS[15:17]),
    Fault(FaultKind.MERGED, pmids=_MERGED),
    Fault(FaultKind.CHANGED, citation=replace_title(RECORDS[25], "Changed")),
    Fault(FaultKind.RESET),
)


def _accounted(kinds: set[FaultKind]) -> tuple[set[str], set[str]]:
    """PMIDs that must be missing with a reason, and those that may be either."""
    may: set[str] = set()
    if FaultKind.REMOVED in kinds:
        may |= set(PMIDS[15:17])
    if FaultKind.MERGED in kinds:
        may.add(_MERGED[0])
    return set(PMIDS) - may, may


@pytest.mark.parametrize("first", _KINDS, ids=lambda fault: fault.kind.value)
def test_pairs_of_faults_lose_nothing_and_double_nothing(first: Fault) -> None:
    """Whatever two things go wrong in a row, each record comes once or is explained."""
    for second in _KINDS:
        faults = [replace(first, where="efetch"), replace(second, where="efetch", call=2)]
        with EutilsServer(RECORDS, faults=faults) as server:
            came, missing = fetch_all(make_client(server, timeout=0.3))
        must, may = _accounted({first.kind, second.kind})
        explained = Counter(one.pmid for one in missing)
        both = (first.kind, second.kind)
        assert came + explained == Counter(PMIDS), both
        assert must <= set(came), both
        assert set(explained) <= may, both


_SEARCH_FAULTS = [
    fault
    for fault in _KINDS
    if fault.kind
    not in {FaultKind.LEFT_OUT, FaultKind.DAMAGED, FaultKind.REMOVED, FaultKind.MERGED,
            FaultKind.STALL}
]  # fmt: skip


@pytest.mark.parametrize("first", [*_SEARCH_FAULTS, Fault(FaultKind.WRONG_COUNT)])
def test_pairs_of_faults_in_a_search(first: Fault) -> None:
    """A search that fails twice in different ways still gives every PMID once."""
    for second in [*_SEARCH_FAULTS, Fault(FaultKind.WRONG_COUNT)]:
        faults = [first, replace(second, call=2)]
        with EutilsServer(RECORDS, faults=faults) as server:
            assert make_client(server).search(ALL).pmids == PMIDS, (first.kind, second.kind)


@pytest.mark.parametrize("kind", [FaultKind.HTML, FaultKind.CUT, FaultKind.ERROR_JSON])
def test_faults_while_a_missing_record_is_looked_up(kind: FaultKind) -> None:
    """The look-up of a reason is asked again like everything else."""
    with EutilsServer(RECORDS, faults=[Fault(kind, "esummary")]) as server:
        server.holdings.remove(PMIDS[0])
        came, missing = fetch_all(make_client(server))
    assert came == Counter(PMIDS[1:])
    assert [one.pmid for one in missing] == [PMIDS[0]]


def test_records_do_not_wait_for_the_look_up_of_others() -> None:
    """When reasons cannot be had, what came is given all the same, and the rest is named."""
    came: Counter[str] = Counter()
    with EutilsServer(RECORDS, faults=[Fault(FaultKind.HTML, "esummary", times=99)]) as server:
        server.holdings.remove(PMIDS[0])
        client = make_client(server)
        with pytest.raises(IncompleteError, match="a web page came instead of data") as error:
            for page in client.fetch(PMIDS):
                came.update(pmids_in(page.data))
    assert came == Counter(PMIDS[1:])
    assert error.value.pmids == (PMIDS[0],)


# --- the other utilities ------------------------------------------------------------------------


def test_summaries_links_fields_and_spelling() -> None:
    """Each utility has a function that gives values, not documents."""
    with EutilsServer(RECORDS) as server:
        client = make_client(server)
        summaries = client.summaries([PMIDS[0], "5"])
        links = client.links(PMIDS, "pubmed_pubmed")
        fields = client.fields()
        assert client.spelling("masage") == "massage"
        assert client.spelling("massage") is None
    assert summaries[PMIDS[0]]["title"] == RECORDS[0].title
    assert summaries["5"]["error"] == "cannot get document summary"
    assert links == {
        c.pmid: tuple(dict.fromkeys(link.pmid for link in c.links if link.pmid)) for c in RECORDS
    }
    assert ("EDAT", True) in {(field.name, field.is_date) for field in fields}


# --- the key ------------------------------------------------------------------------------------


def _everything_said(error: BaseException) -> Iterator[str]:
    """Every text that a log or a report could show of an exception and those that hang on it."""
    yield "".join(traceback.format_exception(error))
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield from (str(one), repr(one), repr(one.args), repr(vars(one)))
        waiting += [one.__cause__, one.__context__]


@pytest.mark.parametrize(
    "fault",
    [
        *(replace(fault, where="*", times=999) for fault in _KINDS if fault.kind != "stall"),
        Fault(FaultKind.WRONG_COUNT, times=999),
        Fault(FaultKind.REDIRECT, times=999),
        Fault(FaultKind.ERROR_INSIDE, times=999, text=f"API key {KEY} is not valid"),
        Fault(FaultKind.ERROR_INSIDE, times=999, text=f"cannot be larger than {KEY}"),
        Fault(FaultKind.ERROR_JSON, times=999, text=f"Something about {KEY} went wrong"),
        None,
    ],
    ids=lambda fault: fault.kind.value if fault else "unknown key",
)
def test_the_key_is_shown_nowhere(fault: Fault | None, caplog: pytest.LogCaptureFixture) -> None:
    """Not in a request line, an exception or what hangs on it, a log, a repr, a wait."""
    caplog.set_level(logging.DEBUG)
    said: list[str] = []
    keys = ["another"] if fault is None else None
    with EutilsServer(RECORDS, faults=[fault] if fault else [], keys=keys) as server:
        client = make_client(server, api_key=KEY)
        client.on_wait = lambda seconds, reason: said.append(reason)
        asks: list[Callable[[], object]] = [
            lambda: client.search(ALL),
            lambda: list(client.fetch(PMIDS[:3])),
            lambda: client.summaries(PMIDS[:2]),
            lambda: client.links(PMIDS[:2], "pubmed_pubmed"),
            client.fields,
        ]
        for ask in asks:
            try:
                said.append(repr(ask()))
            except EvidenceError as error:
                said.extend(_everything_said(error))
                assert error.__cause__ is None
                assert error.__context__ is None
        said += [request.line for request in server.requests]
        assert all(request.parameters["api_key"] == [KEY] for request in server.requests)
    said += [repr(client), repr(client.settings), repr(vars(client)), caplog.text]
    forms = (KEY, "s3cret")
    assert not [text for text in said if any(form in text for form in forms)]


def test_the_key_is_given_to_ncbi_and_to_nobody_s_globals() -> None:
    """Bio.Entrez as others import it knows neither our key nor our address."""
    import Bio.Entrez

    with EutilsServer(RECORDS) as server:
        client = make_client(server, api_key=KEY)
        client.count(ALL)
    assert Bio.Entrez.api_key is None
    assert Bio.Entrez.email is None
    assert Bio.Entrez.tool == "biopython"
    assert Bio.Entrez.urlopen.__module__ == "urllib.request"
