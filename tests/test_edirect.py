"""NCBI's own EDirect, a client that we did not write, talks to the loopback server."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from evidence_tools.literature.entrez import Entrez, Settings
from evidence_tools.testing.eutils import EutilsServer
from evidence_tools.testing.pubmed import make_citations

pytestmark = pytest.mark.skipif(
    not os.environ.get("CI") and shutil.which("esearch") is None,
    reason="EDirect is not installed (Debian: apt install ncbi-entrez-direct)",
)

RECORDS = tuple(make_citations(400, seed=3))
QUERY = "massage[tiab] AND pain[tiab]"


@pytest.fixture(scope="module")
def server() -> Iterator[EutilsServer]:
    """A server with 400 records."""
    with EutilsServer(RECORDS) as running:
        yield running


@pytest.fixture(scope="module")
def ours(server: EutilsServer) -> tuple[str, ...]:
    """What our client finds."""
    client = Entrez(Settings("analyst@example.org", base=server.url), sleep=lambda seconds: None)
    return client.search(QUERY).pmids


def run(command: str, server: EutilsServer, home: Path) -> list[str]:
    """Words that a pipeline of EDirect prints; nothing may go wrong on the way."""
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "EMAIL": "analyst@example.org",
        "BASE": server.url,
        "QUERY": QUERY,
        "LC_ALL": "C",
        # Whatever EDirect asks for besides, it asks nobody beyond this machine.
        "http_proxy": "http://127.0.0.1:9",
        "https_proxy": "http://127.0.0.1:9",
        "no_proxy": "127.0.0.1",
    }
    done = subprocess.run(
        ["sh", "-c", command], env=environ, capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


SEARCH = 'esearch -base "$BASE" -db pubmed -query "$QUERY"'
COMMANDS = {
    "uilist": f'{SEARCH} | efetch -base "$BASE" -format uilist',
    "xml": f'{SEARCH} | efetch -base "$BASE" -format xml'
    ' | xtract -pattern "PubmedArticleSet/*" -element MedlineCitation/PMID BookDocument/PMID',
    # The history server, instead of PMIDs handed from one to the other.
    "history": f'{SEARCH} -quick | efetch -base "$BASE" -format uilist',
    "summaries": f'{SEARCH} | esummary -base "$BASE" | xtract -pattern DocumentSummary -element Id',
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_edirect_gets_what_we_get(
    command: str, server: EutilsServer, ours: tuple[str, ...], tmp_path: Path
) -> None:
    """A search handed on to a fetch finds the PMIDs that our client finds, each once."""
    assert sorted(run(command, server, tmp_path), key=int) == list(ours)
    assert len(ours) > 20


def test_edirect_restricts_by_date(server: EutilsServer, tmp_path: Path) -> None:
    """Dates as parameters, which EDirect sends, find what dates in the query, ours, find."""
    client = Entrez(Settings("analyst@example.org", base=server.url), sleep=lambda seconds: None)
    since, until = date(2015, 1, 1), date(2022, 12, 31)
    found = client.search(QUERY, since=since, until=until).pmids
    dates = "-datetype EDAT -mindate 2015/01/01 -maxdate 2022/12/31"
    command = f'{SEARCH} {dates} | efetch -base "$BASE" -format uilist'
    assert sorted(run(command, server, tmp_path), key=int) == list(found)
    assert found


def test_edirect_finds_nothing_without_complaint(server: EutilsServer, tmp_path: Path) -> None:
    """An empty set is said as NCBI says it: EDirect neither retries nor prints errors."""
    search = 'esearch -base "$BASE" -db pubmed -query "quokka[ti]"'
    assert run(f"{search} | xtract -pattern ENTREZ_DIRECT -element Count", server, tmp_path) == [
        "0"
    ]


def test_edirect_lists_the_fields(server: EutilsServer, tmp_path: Path) -> None:
    """Einfo reads our list of fields."""
    assert "TIAB" in run('einfo -base "$BASE" -db pubmed -fields', server, tmp_path)
