"""The web page as programs speak to it: what it answers, what it refuses, and what it keeps."""

from __future__ import annotations

import csv
import io
import json
import re
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from pathlib import Path

import anyio
import httpx
import pytest
import textstat
from hypothesis import given
from hypothesis import strategies as st

from evidence_tools.assessment import Assessment
from evidence_tools.errors import InputError
from evidence_tools.pages.audit import audit_source, open_auditor
from evidence_tools.pages.page import BlockKind, page_from_blocks
from evidence_tools.pages.reading import Limits, Source, SourceKind, read_source
from evidence_tools.pages.renditions.data import audit_as_data
from evidence_tools.web import workers
from evidence_tools.web.app import make_app
from evidence_tools.web.carried import carry_page, parse_carried
from evidence_tools.web.orders import Order, base_name
from evidence_tools.web.policies import page_policy
from evidence_tools.web.server import address_of, bind_port
from evidence_tools.web.settings import Settings
from evidence_tools.web.wording import ERRORS, explain_input
from pages_files import make_docx, make_pdf
from web_server import ROOT, Running, fall_over, serving

TEXT = (
    "We offer massage in sessions of 60 minutes. It flushes toxins from your muscles. "
    "<script>alert('x')</script> Massage may ease low back pain for a few weeks; "
    "the studies are weak."
)
SECRET = "quixotic-marmalade"  # noqa: S105 -- a word to look for


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a report of two pages, with what must not be served beside and in it."""
    folder = tmp_path_factory.mktemp("served") / "report"
    (folder / "questions").mkdir(parents=True)
    (folder.parent / "secret.txt").write_text(SECRET)
    (folder.parent / "report-2").mkdir()
    (folder.parent / "report-2" / "secret.txt").write_text(SECRET)
    (folder / ".hidden").write_text(SECRET)
    (folder / "leak.txt").symlink_to(folder.parent / "secret.txt")
    page = '<!DOCTYPE html><html lang="en"><nav>\n</nav><main id="main"><p>{}</p>{}</main></html>'
    (folder / "index.html").write_text(page.format("Start", '<div class="cards"></div>'))
    (folder / "claims.html").write_text(page.format("Claims", ""))
    (folder / "questions" / "index.html").write_text(page.format("Questions", ""))
    (folder / "drawing.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    return folder


@pytest.fixture(scope="module")
def server(report: Path) -> Iterator[Running]:
    """Return a server with that report, as it is in use."""
    with serving(report) as running:
        yield running


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Return a server without a report, that waits for nobody."""
    with serving(
        tmp_path_factory.mktemp("empty"),
        head_seconds=1,
        stall_seconds=1,
        upload_seconds=3,
        audit_seconds=4,
        request_bytes=500_000,
    ) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: Running) -> Iterator[httpx.Client]:
    """Return a client of the server; it follows nothing by itself."""
    with httpx.Client(base_url=server.base, timeout=60) as made:
        yield made


def ask(client: httpx.Client, text: str = TEXT, **fields: str) -> httpx.Response:
    """Post a text as the form does."""
    parts = {"text": (None, text), **{key: (None, value) for key, value in fields.items()}}
    return client.post("/audit", files=parts)


def carried_in(page: str) -> str:
    """Return the page that an answer carries for its buttons."""
    found = re.search(r'name="page" value="([^"]*)"', page)
    assert found
    return unescape(found[1])


def again(client: httpx.Client, page: str, do: str) -> httpx.Response:
    """Press a button of an answer."""
    return client.post("/audit/again", files={"page": (None, carried_in(page)), "do": (None, do)})


def talk(place: tuple[str, int], *pieces: bytes, pause: float = 0) -> bytes:
    """Send bytes as they are; return all that comes back until the other side closes."""
    with socket.create_connection(place, timeout=30) as connection:
        for piece in pieces:
            try:
                connection.sendall(piece)
            except (BrokenPipeError, ConnectionResetError):
                break
            time.sleep(pause)
        found = b""
        while True:
            try:
                data = connection.recv(65536)
            except ConnectionResetError:
                return found
            if not data:
                return found
            found += data


def head_of(place: tuple[str, int], *lines: str, path: str = "/audit") -> bytes:
    """Write the head of a post of a form."""
    host = f"{place[0]}:{place[1]}"
    kind = "Content-Type: multipart/form-data; boundary=b"
    rest = "\r\n".join([f"POST {path} HTTP/1.1", f"Host: {host}", kind, *lines])
    return f"{rest}\r\n\r\n".encode()


class TestAnswers:
    def test_every_answer_tells_browsers_to_trust_it_little(self, client: httpx.Client) -> None:
        """Start, form, answer, error and file carry the strict headers; no inline code may run."""
        answers = [client.get(path) for path in ("/", "/audit", "/nowhere", "/claims.html")]
        for answer in [*answers, ask(client)]:
            headers = answer.headers
            policy = headers["content-security-policy"]
            assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
            assert "frame-ancestors 'none'" in policy
            assert "form-action 'self'" in policy
            assert "base-uri 'none'" in policy
            assert "unsafe-inline" not in policy
            assert "http" not in policy
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "same-origin"
            assert headers["x-frame-options"] == "DENY"
            assert "server" not in headers

    def test_what_holds_a_text_is_not_kept_by_a_browser(self, client: httpx.Client) -> None:
        """Answers to posts say no-store; the empty form does not, so that going back keeps it."""
        page = ask(client)
        assert page.headers["cache-control"] == "no-store"
        assert again(client, page.text, "json:strict").headers["cache-control"] == "no-store"
        assert ask(client, "").headers["cache-control"] == "no-store"
        assert client.get("/audit").headers["cache-control"] == "no-cache"

    def test_every_style_attribute_is_on_the_list(self, client: httpx.Client) -> None:
        """The policy names the hash of each style that an answer with all kinds of advice has."""
        import base64
        import hashlib

        page = ask(client, TEXT + " It cures tinnitus. Massage cures back pain for good.").text
        styles = set(re.findall(r'style="([^"]*)"', page))
        assert len(styles) > 4
        for style in styles:
            digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
            assert f"'sha256-{digest}'" in page_policy()

    def test_the_report_is_served_with_a_way_to_the_check(self, client: httpx.Client) -> None:
        """Its start page invites, its other pages link, and its folders show their index."""
        start = client.get("/").text
        assert "Start" in start
        assert start.count('href="/audit"') == 2
        assert client.get("/index.html").text == start
        assert client.get("/claims.html").text.count('href="/audit"') == 1
        assert "Questions" in client.get("/questions/").text
        assert client.get("/questions").headers["location"].endswith("/questions/")

    def test_a_drawing_has_a_policy_of_its_own(self, client: httpx.Client) -> None:
        """Its styles stand within it; also when the browser has it already."""
        answer = client.get("/drawing.svg")
        known = client.get("/drawing.svg", headers={"if-none-match": answer.headers["etag"]})
        assert [answer.status_code, known.status_code] == [200, 304]
        for one in (answer, known):
            assert "sandbox" in one.headers["content-security-policy"]
            assert "style-src 'unsafe-inline'" in one.headers["content-security-policy"]

    def test_without_a_report_the_start_page_tells_the_command(self, hasty: Running) -> None:
        """It says that none is built, how to build it, and offers the check."""
        answer = httpx.get(hasty.base)
        assert answer.status_code == 200
        assert "evidence report" in answer.text
        assert 'href="/audit"' in answer.text
        assert httpx.get(f"{hasty.base}claims.html").status_code == 404

    def test_a_pasted_text_comes_back_marked_up(self, client: httpx.Client) -> None:
        """Every sentence is there with its advice; counts, reasons and rewordings stand by it."""
        page = ask(client).text
        assert "to remove" in page
        assert "flushes toxins" in page
        assert "Take this off the page." in page
        assert "Substantiation file" in page
        assert 'class="words"' in page
        assert 'href="/questions/toxin-release.html"' in page

    def test_pasted_markup_is_shown_as_text(self, client: httpx.Client) -> None:
        """No tag of a pasted text becomes one of ours, in the answer, the form or a download."""
        evil = f'{TEXT} "><img src=x onerror=alert(1)></textarea><b>Massage cures cancer.</b>'
        page = ask(client, evil)
        made = [page.text, again(client, page.text, "html:strict").text]
        made.append(again(client, page.text, "print:strict").text)
        upload = {"text": (None, evil), "file": ("a.txt", b"x")}
        made.append(client.post("/audit", files=upload).text)
        for text in made:
            assert "<img src=x" not in text
            assert "<script>alert" not in text
            assert "</textarea><b>" not in text

    @pytest.mark.parametrize(
        ("name", "data"),
        [
            (
                "page.html",
                b"<html><body><p>Massage cures back pain.</p></body></html>",
            ),
            ("page.md", b"# Us\n\nMassage cures back pain.\n"),
            ("page.txt", b"Massage cures back pain."),
            ("page.docx", make_docx(lambda d: d.add_paragraph("Massage cures back pain."))),
            ("page.pdf", make_pdf(lambda pdf: pdf.multi_cell(0, text="Massage cures back pain."))),
        ],
    )
    def test_each_kind_of_file_can_be_uploaded(
        self, client: httpx.Client, name: str, data: bytes
    ) -> None:
        """The claim in it is found, and the answer names the file."""
        page = client.post("/audit", files={"file": (name, data)})
        assert page.status_code == 200
        assert name in page.text
        assert "Massage cures back pain" in page.text
        assert "1 health claim" in page.text

    def test_downloads_hold_the_same_audit(
        self, client: httpx.Client, assessment: Assessment
    ) -> None:
        """JSON is that of the library, CSV has its rows, DOCX opens, HTML stands alone."""
        page = client.post("/audit", files={"file": ("Our Page!.txt", TEXT.encode())}).text
        got = {kind: again(client, page, f"{kind}:strict") for kind in ("json", "csv", "docx")}
        source = read_source(TEXT.encode(), "Our Page!.txt")
        told = audit_as_data(audit_source(source, open_auditor(assessment), "Our Page!.txt"))
        found = got["json"].json()
        told["as_of"] = found["as_of"]
        assert found == json.loads(json.dumps(told))
        rows = list(csv.DictReader(io.StringIO(got["csv"].content.decode("utf-8-sig"))))
        assert {row["sentence"] for row in rows} == {row["text"] for row in found["sentences"]}
        with zipfile.ZipFile(io.BytesIO(got["docx"].content)) as archive:
            assert b"flushes toxins" in archive.read("word/document.xml")
        alone = again(client, page, "html:strict")
        assert "<style>" in alone.text
        assert not re.search(r'(?:src|href)="(?!https?://|#)', alone.text)
        for kind, answer in {**got, "html": alone}.items():
            name = f"audit-our-page-{found['as_of']}.{kind}"
            assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'

    def test_another_yardstick_judges_the_same_page_anew(self, client: httpx.Client) -> None:
        """A client's words stay under the strict yardstick's rules, and go under Australia's."""
        page = ask(client, "Massage may ease back pain. “My back pain is gone!” says Anna.").text
        assert "How strict: <strong>Strict</strong>" in page
        other = again(client, page, "page:ahpra").text
        assert "How strict: <strong>Australia</strong>" in other
        assert "bars the words of clients" in other
        assert "bars the words of clients" not in page

    def test_the_file_to_print_has_what_a_signature_needs(self, client: httpx.Client) -> None:
        """Sentence, verdict, words, sources, day, versions, and a line to sign."""
        page = again(client, ask(client).text, "print:uk-cap").text
        for part in ("flushes toxins", "Words to use", "Sources", "uk-cap", "rules", "Signature"):
            assert part in page
        assert 'class="audited"' not in page


class TestForms:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("", "There is no page to check yet."),
            (" \n ", "There is no page to check yet."),
            ("https://example.org/massage", "this is the address of a page"),
        ],
    )
    def test_a_text_that_is_none_brings_the_form_back(
        self, client: httpx.Client, text: str, said: str
    ) -> None:
        """With status 400, one clear sentence, what was typed, and the yardstick as chosen."""
        answer = ask(client, text, profile="ahpra")
        assert answer.status_code == 400
        assert said in unescape(answer.text)
        assert text.strip() in answer.text
        assert re.search(r'value="ahpra"[^>]* checked', answer.text)
        assert 'role="alert"' in answer.text

    def test_a_text_and_a_file_at_once_are_refused(self, client: httpx.Client) -> None:
        """Neither is dropped in silence, and the text is kept."""
        parts = {"text": (None, "Massage helps."), "file": ("a.txt", b"Massage cures.")}
        answer = client.post("/audit", files=parts)
        assert answer.status_code == 400
        assert "only one can be checked" in answer.text
        assert "Massage helps." in answer.text

    @pytest.mark.parametrize(
        ("name", "data", "said"),
        [
            ("a.txt", b"", "the file is empty"),
            ("a.png", b"\x89PNG\r\n\x1a\n" + bytes(50), "this is a picture"),
            ("a.docx", b"PK\x03\x04" + bytes(60), "a.docx"),
            ("a.pdf", b"%PDF-1.7\n" + bytes(60), "a.pdf"),
            ("a.txt", bytes(range(256)) * 40, "a.txt"),
            ("a.md", b"> " * 5000 + b"x", "nested too deep"),
            ("a.txt", b"Massage. " * 230_000, "too large"),
            ("../../etc/pass<b>wd.txt", b"", "“pass<b>wd.txt” cannot be checked"),
            ("..\\..\\x\u202etxt.exe", b"", "“x?txt.exe” cannot be checked"),
            ("n" * 300 + ".txt", b"", "nnn…nnn"),
        ],
    )
    def test_a_file_that_cannot_be_read_is_named_with_the_reason(
        self, client: httpx.Client, name: str, data: bytes, said: str
    ) -> None:
        """The form comes back with status 400, and the name is harmless."""
        answer = client.post("/audit", files={"file": (name, data)})
        assert answer.status_code == 400
        assert said in unescape(answer.text)
        assert "<b>wd" not in answer.text

    def test_another_language_is_said_and_not_judged(self, client: httpx.Client) -> None:
        """A German page gets no verdict, and is no pass."""
        text = "Unsere Massage heilt Rückenschmerzen für immer und befreit den Körper von Giften. "
        page = ask(client, text * 3).text
        assert "Nothing on this page was judged" in page
        assert "This is no pass." in page

    @pytest.mark.parametrize(
        "fields",
        [
            {"page": "{}", "do": "print:strict"},
            {"page": "[" * 100_000, "do": "print:strict"},
            {"page": "nonsense", "do": "json:strict"},
        ],
    )
    def test_a_page_that_was_tampered_with_is_refused(
        self, client: httpx.Client, fields: dict[str, str]
    ) -> None:
        """It is no page as an answer carries it: 400, and a sentence."""
        parts = {key: (None, value) for key, value in fields.items()}
        answer = client.post("/audit/again", files=parts)
        assert answer.status_code == 400
        assert "did not come back as it was given" in answer.text

    @pytest.mark.parametrize("do", ["", "print", "exe:strict", "print:../..", "print:nobody"])
    def test_a_button_that_there_is_not_is_refused(self, client: httpx.Client, do: str) -> None:
        """400, whatever it asks for; "print" alone takes the first yardstick."""
        answer = again(client, ask(client).text, do)
        assert answer.status_code == (200 if do == "print" else 400)

    @pytest.mark.parametrize(
        ("sent", "status"),
        [
            ({"content": b"text=x"}, 415),
            ({"json": {"text": "x"}}, 415),
            ({"content": b"x", "headers": {"content-type": "multipart/form-data"}}, 400),
            (
                {
                    "content": b"--b\r\nContent-Disposition: odd\r\n\r\nx\r\n--b--\r\n",
                    "headers": {"content-type": "multipart/form-data; boundary=b"},
                },
                400,
            ),
            ({"files": [("file", ("a.txt", b"x")), ("file", ("b.txt", b"x"))]}, 400),
            ({"files": {f"f{n}": (None, "x") for n in range(11)}}, 400),
        ],
    )
    def test_what_is_no_form_of_ours_is_refused(
        self, client: httpx.Client, sent: dict[str, object], status: int
    ) -> None:
        """Other kinds of content, broken forms, two files, many fields: a plain error page."""
        answer = client.post("/audit", **sent)  # type: ignore[arg-type]
        assert answer.status_code == status
        assert ERRORS[status].what in answer.text

    def test_an_unknown_yardstick_is_refused(self, client: httpx.Client) -> None:
        """400; nothing falls back to another in silence."""
        assert ask(client, profile="lenient").status_code == 400

    def test_an_answer_too_long_to_show_is_refused(self, tmp_path: Path) -> None:
        """The form comes back and says so."""
        with serving(tmp_path, answer_characters=2000) as running:
            answer = httpx.post(f"{running.base}audit", files={"text": (None, TEXT)}, timeout=60)
        assert answer.status_code == 400
        assert "too long to show" in answer.text


class TestGuards:
    @pytest.mark.parametrize(
        ("host", "status"),
        [
            ("localhost:1", 200),
            ("127.0.0.1", 200),
            ("[::1]:80", 200),
            ("LOCALHOST", 200),
            ("evil.example", 421),
            ("localhost.evil.example", 421),
            ("127.0.0.1.evil.example", 421),
            ("192.168.0.7", 421),
            ("a@localhost", 400),
            ("localhost:x", 400),
        ],
    )
    def test_only_own_names_are_answered(
        self, client: httpx.Client, host: str, status: int
    ) -> None:
        """A foreign name that points here (DNS rebinding) gets 421, on every path."""
        for path in ("/", "/audit", "/audit/static/web.js"):
            assert client.get(path, headers={"host": host}).status_code == status

    def test_two_hosts_or_none_are_refused(self, server: Running) -> None:
        """Which one counts would be a guess: 400."""
        two = b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n"
        assert talk(server.place, two).startswith(b"HTTP/1.1 400")
        assert talk(server.place, b"GET / HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 400")
        none = talk(server.place, b"GET / HTTP/1.0\r\n\r\n")
        assert none.split(b" ")[1] == b"400"

    def test_on_an_open_address_figures_are_let_in_and_names_are_not(self, tmp_path: Path) -> None:
        """A server for the network answers to its addresses, which nobody can rebind."""
        with serving(tmp_path, host="0.0.0.0") as running:  # noqa: S104 -- what is tested
            status = {
                host: httpx.get(running.base, headers={"host": host}).status_code
                for host in ("192.168.0.7:80", "[fd00::1]", socket.gethostname(), "evil.example")
            }
        assert list(status.values()) == [200, 200, 200, 421]

    @pytest.mark.parametrize(
        "headers",
        [
            {"origin": "http://evil.example"},
            {"origin": "null"},
            {"origin": "http://localhost:1"},
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "same-site"},
            {"sec-fetch-site": "same-origin", "origin": "https://evil.example"},
        ],
    )
    def test_a_form_of_another_site_is_refused(
        self, client: httpx.Client, headers: dict[str, str]
    ) -> None:
        """403, before anything of it is read."""
        for path in ("/audit", "/audit/again"):
            answer = client.post(path, files={"text": (None, TEXT)}, headers=headers)
            assert answer.status_code == 403
            assert "another website" in answer.text

    def test_our_own_form_is_let_in(self, client: httpx.Client) -> None:
        """With the headers that a browser sends with it."""
        origin = str(client.base_url).rstrip("/")
        headers = {"origin": origin, "sec-fetch-site": "same-origin"}
        answer = client.post("/audit", files={"text": (None, TEXT)}, headers=headers)
        assert answer.status_code == 200

    @pytest.mark.parametrize(
        "path",
        [
            "/../secret.txt",
            "/%2e%2e/secret.txt",
            "/..%2fsecret.txt",
            "/questions/../../secret.txt",
            "/..%5csecret.txt",
            "//secret.txt",
            "/../report-2/secret.txt",
            "/leak.txt",
            "/.hidden",
            "/%00",
            "/index.html%00.txt",
            "/" + "a" * 5000,
            "/audit/static/../../../server.py",
            "/audit/static/%2e%2e%2fserver.py",
            "/audit/static/nothing.css",
            "/etc/passwd",
            "/index.html/x",
        ],
    )
    def test_no_file_outside_the_folder_is_served(self, server: Running, path: str) -> None:
        """404 and our own page, for tricks with dots, links, hidden files and odd names."""
        got = talk(
            server.place,
            f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode(),
        )
        assert got.split(b" ")[1] == b"404"
        assert SECRET.encode() not in got
        assert b"There is no such page" in got

    @pytest.mark.parametrize(
        ("method", "path"),
        [("PUT", "/audit/again"), ("PUT", "/audit"), ("DELETE", "/claims.html"), ("POST", "/")],
    )
    def test_other_methods_are_refused(self, client: httpx.Client, method: str, path: str) -> None:
        """405 and a plain page."""
        answer = client.request(method, path)
        assert answer.status_code == 405
        assert ERRORS[405].what in answer.text

    def test_the_address_of_an_answer_leads_to_the_form(self, client: httpx.Client) -> None:
        """Nothing is kept there, and a person who loads it anew is not left alone."""
        answer = client.get("/audit/again")
        assert (answer.status_code, answer.headers["location"]) == (303, "/audit")

    def test_what_is_too_large_is_refused_while_it_comes(self, hasty: Running) -> None:
        """413, with its length announced or not, and before a file of any size is in memory."""
        chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        field = b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\n'
        start = head_of(hasty.place, "Transfer-Encoding: chunked")
        start += b"%x\r\n%s\r\n" % (len(field), field)
        got = talk(hasty.place, start, *[chunk] * 12, b"0\r\n\r\n")
        assert got.split(b" ")[1] == b"413"
        announced = head_of(hasty.place, "Content-Length: 999999999999")
        assert talk(hasty.place, announced).split(b" ")[1] == b"413"
        waiting = head_of(hasty.place, "Content-Length: 600000", "Expect: 100-continue")
        assert talk(hasty.place, waiting).split(b" ")[1] == b"413"
        big = httpx.post(f"{hasty.base}audit", files={"file": ("a.txt", b"x" * 700_000)})
        assert big.status_code == 413
        assert ERRORS[413].what in big.text

    def test_a_stalled_upload_is_given_up(self, hasty: Running) -> None:
        """408 after a pause, and after too long a trickle; a stalled head is hung up on."""
        start = head_of(hasty.place, "Content-Length: 1000")
        got = talk(hasty.place, start, b"--b\r\n")
        assert got.split(b" ")[1] == b"408"
        assert b"The upload stopped" in got
        field = b'--b\r\nContent-Disposition: form-data; name="text"\r\n\r\n'
        trickle = talk(hasty.place, start, field, *[b"x"] * 20, pause=0.4)
        assert trickle.split(b" ")[1] == b"408"
        assert talk(hasty.place, b"POST /audit HTTP/1.1\r\nHost: loc") == b""
        assert talk(hasty.place) == b""

    def test_others_are_served_while_an_upload_stalls(self, server: Running) -> None:
        """Twenty half-sent forms and heads hold nobody up."""
        stalled = []
        try:
            for number in range(20):
                connection = socket.create_connection(server.place, timeout=30)
                stalled.append(connection)
                whole = head_of(server.place, "Content-Length: 5000") + b"--b\r\n"
                # At most as many posts as may be under way; the other half only heads.
                connection.sendall(whole if number < 5 else b"GET / HT")
            answer = httpx.post(f"{server.base}audit", files={"text": (None, TEXT)}, timeout=60)
            assert answer.status_code == 200
        finally:
            for connection in stalled:
                connection.close()

    @pytest.mark.parametrize(
        "data",
        [
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
            b"GET / HTTP/9.9\r\n\r\n",
            b"GET\r\n\r\n",
            b"\r\n" * 50 + b"BREW /coffee HTCPCP/1.0\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n",
            b"POST /audit HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
            b"POST /audit HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3, 4\r\n\r\nabcd",
        ],
    )
    def test_bytes_that_are_no_request_do_no_harm(self, hasty: Running, data: bytes) -> None:
        """The connection ends, with an error if anything, and the next request is answered."""
        talk(hasty.place, data)
        assert httpx.get(f"{hasty.base}audit").status_code == 200

    def test_a_client_that_goes_away_does_no_harm(self, hasty: Running) -> None:
        """Half a form, then nothing: the next request is answered."""
        for _ in range(5):
            with socket.create_connection(hasty.place, timeout=30) as connection:
                connection.sendall(head_of(hasty.place, "Content-Length: 5000") + b"--b\r\n")
        assert httpx.get(f"{hasty.base}audit").status_code == 200


class TestAudits:
    def test_two_at_once_get_each_their_own_answer(self, client: httpx.Client) -> None:
        """Eight posts by four people at once: no text turns up in another's answer."""
        words = [f"Massage cures pain in the {place}." for place in ["neck", "back", "knee", "hip"]]
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda text: ask(client, text).text, words * 2))
        for text, page in zip(words * 2, answers, strict=True):
            assert [word for word in words if word.rstrip(".") in page] == [text]

    def test_a_page_that_takes_too_long_is_stopped(self, hasty: Running) -> None:
        """503 with a clear sentence; what comes next is answered."""
        slow = "Massage cures chronic back pain for good and flushes toxins from the liver. " * 5500
        answer = httpx.post(f"{hasty.base}audit", files={"text": (None, slow)}, timeout=60)
        assert answer.status_code == 503
        assert "ran for 4 seconds without an end, so it was stopped" in answer.text
        for _ in range(10):
            after = httpx.post(f"{hasty.base}audit", files={"text": (None, TEXT)}, timeout=60)
            if after.status_code == 200:
                break
        assert after.status_code == 200

    def test_more_than_may_wait_are_sent_away(self, tmp_path: Path) -> None:
        """503 at once, with a time to come back."""
        with serving(tmp_path, pending=0) as running:
            answer = httpx.post(f"{running.base}audit", files={"text": (None, TEXT)})
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "30"
        assert "Too many pages" in answer.text

    def test_a_process_that_dies_costs_one_answer(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """The order fails with an error that says so, and the next one is carried out."""
        settings = Settings(evidence=ROOT / "evidence", report=tmp_path)
        order = Order(settings.evidence, "strict", data=TEXT.encode())

        async def run() -> str:
            async with workers.Workers.open(settings, "strict") as pool:
                with monkeypatch.context() as patch:
                    patch.setattr(workers, "do_order", fall_over)
                    with pytest.raises(workers.CrashError):
                        await pool.do(order)
                return (await pool.do(order)).parts["short"]

        assert "health claim" in anyio.run(run)

    def test_whoever_waits_too_long_is_told(self, tmp_path: Path) -> None:
        """With no turn to be had in time, the answer is that we are busy."""
        settings = Settings(evidence=ROOT / "evidence", report=tmp_path, workers=1, wait_seconds=0)
        order = Order(settings.evidence, "strict", data=TEXT.encode())

        async def run() -> None:
            async with workers.Workers.open(settings, "strict") as pool:
                # The process that starts has the only turn.
                await anyio.sleep(0)
                with pytest.raises(workers.BusyError):
                    await pool.do(order)

        anyio.run(run)


class TestPrivacy:
    def test_nothing_that_is_pasted_touches_disk_or_log(self, tmp_path: Path) -> None:
        """A server that cannot write a single byte to a file serves all the same.

        Its log, with errors of every kind provoked, names neither text, file nor path asked for.
        """
        with serving(
            tmp_path,
            no_files=True,
            environ={"TMPDIR": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
        ) as running:
            base = running.base
            text = f"Massage cures {SECRET}. It flushes toxins."
            large = (f"<p>{text}</p>" + "<!-- filler -->" * 100_000).encode()
            with httpx.Client(base_url=base, timeout=60) as client:
                page = ask(client, text)
                assert SECRET in page.text
                for kind in ("print", "docx", "csv", "json", "html"):
                    assert again(client, page.text, f"{kind}:strict").status_code == 200
                upload = client.post("/audit", files={"file": (f"{SECRET}.html", large)})
                assert upload.status_code == 200
                assert client.post("/audit", files={"file": (SECRET, b"")}).status_code == 400
                assert client.get(f"/{SECRET}?{SECRET}").status_code == 404
                assert client.post("/audit", content=SECRET).status_code == 415
            talk(running.place, SECRET.encode() + b"\r\n\r\n")
            said = running.stop()
        assert SECRET not in said
        assert list(tmp_path.iterdir()) == []

    def test_an_error_of_ours_is_logged_without_its_message(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
    ) -> None:
        """500 and a plain page; the log has kind and place, for a message can hold the text."""

        def fail(**given: object) -> None:
            raise ValueError(repr(given))

        monkeypatch.setattr("evidence_tools.web.views.Order", fail)
        app = make_app(Settings(evidence=ROOT / "evidence", report=tmp_path))

        async def run() -> httpx.Response:
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://localhost"
            ) as client:
                return await client.post("/audit", files={"text": (None, SECRET)})

        answer = anyio.run(run)
        assert answer.status_code == 500
        assert ERRORS[500].what in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "ValueError at " in caplog.text
        assert SECRET not in caplog.text
        assert SECRET not in answer.text


#: Blocks of a page with any text, and what may stand about it.
blocks = st.lists(
    st.tuples(st.sampled_from(BlockKind), st.text(min_size=1), st.integers(0, 6)), min_size=1
)


class TestCarried:
    @given(blocks, st.none() | st.text(), st.text(max_size=50))
    def test_a_page_comes_back_as_it_was(
        self, parts: list[tuple[BlockKind, str, int]], title: str | None, name: str
    ) -> None:
        """parse(carry(page)) = page, for every text, half code units and zero bytes included."""
        page = page_from_blocks(parts, title, "en")
        if not page.blocks:
            return
        source = Source(page, SourceKind.HTML, "utf-8", ("a note",))
        assert parse_carried(carry_page(source, name), Limits()) == (source, name)

    @pytest.mark.parametrize(
        "change",
        [
            {"blocks": []},
            {"blocks": [["paragraph", 0, 99, 0]]},
            {"blocks": [["paragraph", 3, 2, 0]]},
            {"blocks": [["paragraph", -1, 2, 0]]},
            {"blocks": [["paragraph", 0, 3, 0], ["paragraph", 1, 4, 0]]},
            {"blocks": [["nonsense", 0, 3, 0]]},
            {"language": "<script>"},
            {"kind": "exe"},
            {"extra": 1},
            {"notes": ["x" * 3000]},
            {"text": 5},
        ],
    )
    def test_what_no_answer_carries_is_refused(self, change: dict[str, object]) -> None:
        """Blocks that overlap or lie outside the text, and fields that are none."""
        source = read_source(b"Massage helps.", "a.txt")
        data = json.loads(carry_page(source, "a.txt")) | change
        with pytest.raises(InputError, match="did not come back"):
            parse_carried(json.dumps(data), Limits())

    def test_a_page_over_the_limit_is_refused(self) -> None:
        """The limit of reading holds for what comes back, too."""
        carried = carry_page(read_source(b"Massage helps.", "a.txt"), "a.txt")
        with pytest.raises(InputError, match="did not come back"):
            parse_carried(carried, Limits(characters=5))


class TestWords:
    def test_pages_can_be_read_by_anybody(self, client: httpx.Client, hasty: Running) -> None:
        """Flesch-Kincaid grade of at most 9 for what start, form and errors say."""
        pages = [httpx.get(hasty.base).text, client.get("/audit").text]
        for page in pages:
            main = re.sub(r"(?s)<details>.*?</details>|<pre.*?</pre>", " ", page)
            main = main.partition('<main id="main"')[2].partition("</footer>")[0]
            main = re.sub(r"</(?:p|h1|h2|label|legend|button|a)>", ". ", main)
            text = " ".join(unescape(re.sub(r"<[^>]+>|[.\s]+\.", " . ", main)).split())
            assert textstat.flesch_kincaid_grade(text.replace(" .", ".")) <= 9
        for error in ERRORS.values():
            assert textstat.flesch_kincaid_grade(f"{error.what} {error.advice}") <= 9

    def test_an_error_is_one_sentence_and_a_way_out(self) -> None:
        """Each status that we give has a heading, one sentence, and what to do."""
        assert sorted(ERRORS) == [400, 403, 404, 405, 408, 413, 415, 421, 500, 503]
        for error in ERRORS.values():
            assert error.what.count(".") == 1
            assert error.advice.endswith(".")
            assert not error.title.endswith(".")

    def test_what_is_wrong_with_a_page_is_said_with_its_name(self) -> None:
        """What and fix become two sentences; what was expected stands in if no fix is known."""
        error = InputError("it is odd", expected="a page", where="/elsewhere/me/a.txt")
        said = "“a.txt” cannot be checked: it is odd; expected a page."
        assert explain_input(error, "a.txt") == (said, "")

    @given(st.text())
    def test_a_base_name_names_no_folder(self, name: str) -> None:
        """No slash of either kind is left, nothing unseen, and never nothing."""
        found = base_name(name)
        assert found
        assert not set(found) & set("/\\")
        assert found.isprintable()


class TestCommand:
    """``evidence serve``, run as a person runs it."""

    SERVE = "from evidence_tools.cli.serve import serve; serve(prog_name='serve')"

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start it in the project's folder."""
        return subprocess.Popen(
            [sys.executable, "-c", self.SERVE, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )

    def test_it_prints_where_it_is_and_stops_on_ctrl_c(self, tmp_path: Path) -> None:
        """Two addresses on standard output, no process left behind, exit status 0."""
        running = self.start("--port", "0", "--report", str(tmp_path))
        assert running.stdout is not None
        check, start = running.stdout.readline(), running.stdout.readline()
        base = re.search(r"http://127\.0\.0\.1:\d+/", start)
        assert base
        assert check.split()[-1] == f"{base[0]}audit"
        assert httpx.get(base[0]).status_code == 200
        with httpx.Client(base_url=base[0], timeout=60) as client:
            assert ask(client).status_code == 200
        children = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
        assert len(children) == 2
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=30)
        assert running.returncode == 0
        assert out == ""
        assert "No report is built yet: run 'evidence report'." in err
        assert "Traceback" not in err
        assert not [child for child in children if Path(f"/proc/{child}/cmdline").exists()]

    def test_a_port_in_use_is_said(self) -> None:
        """An InputError with address and way out, before anything is loaded."""
        with bind_port("127.0.0.1", 0) as taken:
            port = taken.getsockname()[1]
            with pytest.raises(InputError, match=rf"127\.0\.0\.1:{port}.*--port 0"):
                bind_port("127.0.0.1", port)

    @pytest.mark.parametrize("host", ["no.such.host.invalid", "203.0.113.9", "x" * 300, "a..b"])
    def test_an_address_that_is_not_ours_is_said(self, host: str) -> None:
        """An InputError, whatever the system calls it."""
        with pytest.raises(InputError, match="cannot listen there"):
            bind_port(host, 0)

    def test_the_printed_address_is_one_that_a_browser_opens(self) -> None:
        """Listening on all addresses is shown as this machine's own; IPv6 stands in brackets."""
        with bind_port("127.0.0.1", 0) as listener:
            port = listener.getsockname()[1]
            shown = [address_of(listener, host) for host in ("localhost", "0.0.0.0", "::1")]  # noqa: S104
        assert shown == [f"http://{host}:{port}/" for host in ("localhost", "127.0.0.1", "[::1]")]

    def test_another_host_is_warned_of(self, tmp_path: Path) -> None:
        """One line on standard error says who can now read along."""
        running = self.start("--host", "0.0.0.0", "--port", "0", "--report", str(tmp_path))  # noqa: S104
        assert running.stdout is not None
        running.stdout.readline()
        running.send_signal(signal.SIGINT)
        assert "warning: everybody" in running.communicate(timeout=30)[1]

    def test_help_has_an_example(self) -> None:
        """And the limits."""
        told = self.start("--help").communicate(timeout=30)[0]
        assert "evidence serve --open" in told
        assert "20 MB" in told
