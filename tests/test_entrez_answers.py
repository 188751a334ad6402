"""Bytes that claim to be answers: used only when whole, harmless, and what was asked for."""

from __future__ import annotations

import http.client
import importlib.util
import urllib.request
from collections.abc import Callable
from email.message import Message
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_tools.errors import BuildError
from evidence_tools.literature.entrez.answers import (
    EMPTY_SET,
    UnusableError,
    check_reply,
    parse_json,
    parse_xml,
)
from evidence_tools.literature.entrez.articles import join_articles, split_articles
from evidence_tools.literature.entrez.bio import BioEntrez
from evidence_tools.literature.entrez.errors import RefusedError
from evidence_tools.literature.entrez.reading import (
    read_fields,
    read_links,
    read_posted,
    read_search,
)
from evidence_tools.literature.entrez.settings import Settings
from evidence_tools.literature.entrez.transport import Reply, Transport, make_opener
from evidence_tools.testing.pubmed import (
    SET_END,
    SET_START,
    article_set,
    article_xml,
    make_citations,
)

RECORDS = tuple(make_citations(12, seed=21))
WHOLE = article_set(RECORDS)
BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE PubmedArticleSet [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">'
    b"]><PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1</PMID>&b;</MedlineCitation>"
    b"</PubmedArticle></PubmedArticleSet>"
)
OUTSIDE = (
    b'<!DOCTYPE PubmedArticleSet [<!ENTITY a SYSTEM "file:///etc/passwd">]><PubmedArticleSet>'
    b"<PubmedArticle><MedlineCitation><PMID>&a;</PMID></MedlineCitation></PubmedArticle>"
    b"</PubmedArticleSet>"
)


def reply(body: bytes, status: int = 200, **fields: str) -> Reply:
    """An answer as it would come over HTTP."""
    headers = Message()
    for name, value in fields.items():
        headers[name.replace("_", "-")] = value
    return Reply(status, headers, body)


def test_records_are_cut_apart_and_joined_byte_by_byte() -> None:
    """What comes out is what came in, each record with its number and version."""
    articles = split_articles(WHOLE, None)
    assert [article.pmid for article in articles] == [citation.pmid for citation in RECORDS]
    assert [a.data + b"\n" for a in articles] == [article_xml(citation) for citation in RECORDS]
    assert split_articles(join_articles(articles), None) == articles
    assert split_articles(join_articles([]), None) == []


@given(st.integers(0, len(WHOLE.rstrip()) - 1))
def test_a_body_that_ends_early_gives_no_records_at_all(end: int) -> None:
    """Wherever it is cut, a part of a page never passes for the page."""
    with pytest.raises(UnusableError) as error:
        split_articles(WHOLE[:end], None)
    assert error.value.again
    assert error.value.damaged


@given(st.binary(max_size=300))
def test_any_bytes_are_an_answer_or_unusable(data: bytes) -> None:
    """No bytes make anything but an answer or one kind of error."""
    for read in (
        lambda: check_reply(reply(data), "efetch", None),
        lambda: split_articles(data, None),
        lambda: parse_xml(data, "eSearchResult", None),
        lambda: parse_json(data, "result", None),
    ):
        try:
            read()
        except UnusableError as error:
            assert "\n" not in error.what


@given(st.integers(0, len(WHOLE) - 1), st.binary(min_size=1, max_size=3))
def test_a_page_with_wrong_bytes_is_read_or_refused(place: int, wrong: bytes) -> None:
    """Bytes that change on the way make records of the same form, or an error; never a crash."""
    body = WHOLE[:place] + wrong + WHOLE[place + len(wrong) :]
    try:
        articles = split_articles(body, None)
    except UnusableError:
        return
    assert len(articles) <= len(RECORDS)
    assert all(article.data.startswith(b"<Pubmed") for article in articles)


@pytest.mark.parametrize("body", [BOMB, OUTSIDE])
def test_entities_are_neither_expanded_nor_fetched(body: bytes) -> None:
    """A document that declares entities is refused: NCBI sends none."""
    with pytest.raises(UnusableError, match="declares entities"):
        split_articles(body, None)
    with pytest.raises(UnusableError, match="declares entities"):
        parse_xml(body, "PubmedArticleSet", None)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (SET_START + b"<PubmedArticle><PMID>1</PMID>\x00</PubmedArticle>" + SET_END, "well-formed"),
        (SET_START + b"<PubmedArticle><X/></PubmedArticle>" + SET_END, "have no PMID"),
        (b"<eFetchResult><ERROR>Cannot process</ERROR></eFetchResult>", "Cannot process"),
        (b"<other/>", "the answer is other, expected PubmedArticleSet"),
        (b'<?xml version="1.0" encoding="latin-1"?><PubmedArticleSet/>', "expected UTF-8"),
    ],
)
def test_what_is_no_page_of_records(body: bytes, message: str) -> None:
    """Each is named for what it is."""
    with pytest.raises(UnusableError, match=message):
        split_articles(body, None)


def test_numbers_of_other_records_are_not_taken_for_the_record_s_own() -> None:
    """A record names the numbers of corrections and references too; its own stands first."""
    body = SET_START + (
        b"<PubmedArticle><MedlineCitation><PMID Version='3'> 7 </PMID><CommentsCorrectionsList>"
        b"<CommentsCorrections><PMID>8</PMID></CommentsCorrections></CommentsCorrectionsList>"
        b"</MedlineCitation></PubmedArticle><DeleteCitation><PMID>9</PMID></DeleteCitation>"
    )
    (article,) = split_articles(body + SET_END, None)
    assert (article.pmid, article.version) == ("7", "3")


@pytest.mark.parametrize(
    ("status", "body", "again", "message"),
    [
        (400, b'{"error":"API key invalid","api-key":"k"}', False, "does not know the API key"),
        (400, b"<ERROR>External viewer error: Empty Response. Status: Timeout</ERROR>",
         True, "400 Bad Request"),
        (400, b"<eFetchResult><ERROR>'retstart' cannot be larger than 9998</ERROR></eFetchResult>",
         False, "cannot be larger"),
        (403, b"<html>blocked</html>", False, "403 Forbidden): blocked"),
        (404, b"", False, "404 Not Found"),
        (408, b"", True, "408 Request Timeout"),
        (414, b"", False, "414"),
        (500, b"", True, "500"),
        (504, b"", True, "504 Gateway Timeout"),
        (599, b"", True, "599"),
        (301, b"", False, "led elsewhere"),
    ],
)  # fmt: skip
def test_a_status_says_whether_asking_again_may_help(
    status: int, body: bytes, again: bool, message: str
) -> None:
    """NCBI tells passing troubles by 400 too; the words decide."""
    with pytest.raises(UnusableError) as error:
        check_reply(reply(body, status), "efetch", None)
    assert message in error.value.what
    assert error.value.again is again


def test_a_list_without_any_record_is_an_empty_page() -> None:
    """EFetch refuses a list of numbers of which none is right; that is an answer."""
    body = b"<eFetchResult><ERROR>ID list is empty! Possibly it has no correct IDs.</ERROR>"
    assert check_reply(reply(body, 400), "efetch", None) == EMPTY_SET
    with pytest.raises(UnusableError):
        check_reply(reply(body, 400), "esearch", None)


@pytest.mark.parametrize(
    "page",
    [
        b"<html>",
        b"<!DOCTYPE HTML PUBLIC '-//W3C//DTD HTML 4.01//EN'>",
        b"\n <!-- proxy --> <HTML>",
        b'<?xml version="1.0"?><!DOCTYPE html><html><head><title>Log in</title></head></html>',
    ],
)
def test_web_pages_are_told_from_answers(page: bytes) -> None:
    """Whatever its first line, a web page is called one."""
    with pytest.raises(UnusableError, match="a web page came instead of data"):
        check_reply(reply(page), "esearch", None)


_HEAD = b"<eSearchResult><Count>2</Count><RetMax>2</RetMax><RetStart>0</RetStart>"


@pytest.mark.parametrize(
    "ids",
    ["1", "1 1", "1 2 3", "1 x"],
)
def test_a_list_must_be_as_long_as_its_count(ids: str) -> None:
    """Too few, too many, twice the same, or no number: asked for again."""
    listed = "".join(f"<Id>{one}</Id>" for one in ids.split()).encode()
    with pytest.raises(UnusableError, match="ESearch counts 2 records and lists") as error:
        read_search(_HEAD + b"<IdList>" + listed + b"</IdList></eSearchResult>", 9999, None)
    assert error.value.again


def test_what_pubmed_says_of_a_query_is_kept() -> None:
    """Phrases not found and words ignored are handed on; its note on cutting the list is not."""
    body = _HEAD + (
        b"<IdList><Id>1</Id><Id>2</Id></IdList><QueryTranslation>a AND b</QueryTranslation>"
        b"<ErrorList><PhraseNotFound>neckk</PhraseNotFound></ErrorList>"
        b"<WarningList><PhraseIgnored>of</PhraseIgnored><OutputMessage>Restrictions achieved. start"
        b" and count adjusted to 0, 2</OutputMessage></WarningList></eSearchResult>"
    )
    found = read_search(body, 9999, None)
    assert found.translation == "a AND b"
    assert found.warnings == ("PhraseNotFound: neckk", "PhraseIgnored: of")


def test_a_field_that_pubmed_does_not_know_is_refused() -> None:
    """PubMed then searches something else: there is nothing to ask again."""
    body = _HEAD + (
        b"<IdList><Id>1</Id><Id>2</Id></IdList><ErrorList><FieldNotFound>tibs</FieldNotFound>"
        b"</ErrorList></eSearchResult>"
    )
    with pytest.raises(UnusableError, match="does not know the field tibs") as error:
        read_search(body, 9999, None)
    assert (error.value.again, error.value.error) == (False, RefusedError)


def test_links_must_answer_for_each_number() -> None:
    """A number without an answer is not the same as one without links."""
    body = b"<eLinkResult><LinkSet><IdList><Id>1</Id></IdList></LinkSet></eLinkResult>"
    assert read_links(body, ["1"], "pubmed_pubmed", None) == {"1": ()}
    with pytest.raises(UnusableError, match="ELink answers for 1 of 2 records"):
        read_links(body, ["1", "2"], "pubmed_pubmed", None)


def test_each_client_has_a_bio_entrez_of_its_own() -> None:
    """E-mail and tool of one client are never those of another."""
    settings = Settings("a@example.org", base="http://127.0.0.1:1/")
    transport = Transport(settings, clock=lambda: 0.0)
    one = BioEntrez(email="a@example.org", tool="one", transport=transport)
    two = BioEntrez(email="b@example.org", tool="two", transport=transport)
    assert (one._module.email, one._module.tool) == ("a@example.org", "one")
    assert (two._module.email, two._module.tool) == ("b@example.org", "two")


def test_a_proxy_is_used_for_ncbi_and_never_for_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A hospital's proxy serves NCBI; a trial server here is asked directly."""
    monkeypatch.setenv("https_proxy", "http://proxy.example.org:3128")
    monkeypatch.setenv("http_proxy", "http://proxy.example.org:3128")

    def proxies(settings: Settings) -> list[object]:
        handlers = make_opener(settings).handlers
        return [h.proxies for h in handlers if type(h).__name__ == "ProxyHandler"]

    assert proxies(Settings("a@example.org"))[0]["https"] == "http://proxy.example.org:3128"
    assert proxies(Settings("a@example.org", base="http://127.0.0.1:8/")) in ([], [{}])


class Broken:
    """An answer in pieces whose last piece never comes."""

    status = 200
    headers = Message()

    def __enter__(self) -> Broken:
        return self

    def __exit__(self, *args: object) -> None:
        return None

    def read1(self, size: int) -> bytes:
        """Break off as http.client does."""
        raise http.client.IncompleteRead(b"<eSearch")

    def open(self, request: object, data: None, timeout: float) -> Broken:
        """Be the opener too."""
        return self


def test_an_answer_in_pieces_that_breaks_off_is_cut() -> None:
    """Servers that announce no length send pieces; a missing one is told from the end."""
    transport = Transport(Settings("a@example.org"), clock=lambda: 0.0, opener=Broken())
    came = transport.open(urllib.request.Request("https://example.org/esearch.fcgi?db=pubmed"))
    assert (came.body, came.cut) == (
        b"<eSearch",
        "the connection ended in the middle of the answer",
    )
    with pytest.raises(UnusableError, match="in the middle of the answer"):
        check_reply(came, "esearch", None)


@pytest.mark.parametrize("name", ["urlopen", "time", "espell"])
def test_another_bio_entrez_is_refused_and_not_used_half(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were Biopython built otherwise one day, our limits would not hold: no client then."""
    spec = importlib.util.find_spec("Bio.Entrez")
    load = spec.loader.exec_module

    def without(module: ModuleType) -> None:
        load(module)
        delattr(module, name)

    monkeypatch.setattr(spec.loader, "exec_module", without)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: spec)
    settings = Settings("a@example.org")
    transport = Transport(settings, clock=lambda: 0.0)
    with pytest.raises(BuildError, match=f"Bio.Entrez has no {name}; expected Biopython 1.85"):
        BioEntrez(email=settings.email, tool=settings.tool, transport=transport)


@pytest.mark.parametrize(
    ("read", "body", "message"),
    [
        (read_posted, b"<ePostResult><QueryKey>1</QueryKey></ePostResult>", "no place of the list"),
        (read_posted, b"<ePostResult><ERROR>Invalid db name</ERROR></ePostResult>", "Invalid db"),
        (read_fields, b"<eInfoResult><DbInfo/></eInfoResult>", "lists no field"),
        (
            lambda body, key: read_search(body, 20, key),
            b"<eSearchResult><IdList/></eSearchResult>",
            "has no Count",
        ),
    ],
)
def test_answers_that_lack_what_they_are_for(
    read: Callable[[bytes, None], object], body: bytes, message: str
) -> None:
    """A document of the right name is not yet an answer."""
    with pytest.raises(UnusableError, match=message):
        read(body, None)
