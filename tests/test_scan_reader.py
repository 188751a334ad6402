"""One file read: right, or refused in one line, whatever its bytes; memory stays flat."""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
import zlib

import fsspec
import pytest

from evidence_tools.scan.reader import Reader, read_sample
from evidence_tools.scan.sources import find_sources
from evidence_tools.testing.baseline import baseline_records
from evidence_tools.testing.invented import make_citation
from evidence_tools.testing.pubmed import SET_END, SET_START, article_xml
from scans import (
    make_reader,
    matched,
    other,
    pack,
    put,
    read,
    record,
    seen,
    set_xml,
    with_md5,
)

ONE = record(11)


def plain(tmp_path, data: bytes, name: str = "pubmed26n0001.xml.gz"):
    """A file of these bytes."""
    path = tmp_path / name
    path.write_bytes(data)
    return path


def refused(found, *words: str) -> None:
    """Nothing of a file counts, and one line says why."""
    assert found.error
    assert "\n" not in found.error
    for word in words:
        assert word in found.error
    assert (found.matches, found.deletions, list(found.seen)) == ([], [], [])


# Checksums beside files


def test_a_right_md5_is_said_to_be_right(tmp_path):
    """The file counts, and its checksum was seen."""
    found = read(put(tmp_path, 1, ONE, other(12), deleted=[5]))
    assert (found.md5, found.error) == ("right", "")
    assert matched(found) == [(11, 1)]
    assert found.deletions == [5]


def test_a_wrong_md5_refuses_the_file(tmp_path):
    """Even if all of it can be read."""
    path = put(tmp_path, 1, ONE)
    path.with_name(f"{path.name}.md5").write_text(f"MD5({path.name})= {'0' * 32}\n")
    found = read(path)
    refused(found, "its MD5 is not the one beside it; fetch the file again")
    assert found.md5 == "wrong"


def test_a_wrong_md5_is_named_before_what_it_led_to(tmp_path):
    """A file cut off in transit does not have its MD5: to fetch it again is the cure."""
    path = put(tmp_path, 1, *map(record, range(11, 40)))
    path.write_bytes(path.read_bytes()[:-400])
    refused(read(path), "its MD5 is not the one beside it; fetch the file again")


def test_a_garbled_md5_is_not_a_wrong_file(tmp_path):
    """The line says what is beside it."""
    path = put(tmp_path, 1, ONE)
    path.with_name(f"{path.name}.md5").write_text("<html>404 Not Found</html>")
    refused(read(path), "the .md5 beside it holds no MD5; fetch both again")


def test_without_an_md5_none_is_checked(tmp_path):
    """And this is said."""
    found = read(plain(tmp_path, pack(set_xml(ONE))))
    assert (found.md5, found.error) == ("none", "")
    assert matched(found) == [(11, 1)]


def test_an_md5_that_vanished_is_one_line(tmp_path):
    """It was there when files were listed."""
    path = put(tmp_path, 1, ONE)
    (source,) = find_sources([str(path)])
    path.with_name(f"{path.name}.md5").unlink()
    refused(make_reader().read(source), "cannot be read: ", "pubmed26n0001.xml.gz.md5")


def test_a_file_that_vanished_is_one_line(tmp_path):
    """It was there when files were listed."""
    path = put(tmp_path, 1, ONE)
    (source,) = find_sources([str(path)])
    path.unlink()
    refused(make_reader().read(source), "cannot be read: ", "pubmed26n0001.xml.gz")


# Damage


@pytest.fixture(scope="module")
def long_xml() -> bytes:
    """A file of a few thousand bytes when packed, of which many records match."""
    return set_xml(*(record(pmid) if pmid % 4 else other(pmid) for pmid in range(1_000, 1_040)))


def test_cut_off_anywhere_a_file_is_refused(tmp_path, long_xml):
    """From no byte to all but one: half a file would bring half of what supersedes."""
    whole = pack(long_xml)
    reader = make_reader()
    path = plain(tmp_path, whole)
    (source,) = find_sources([str(path)])
    good = reader.read(source)
    assert (good.error, len(good.seen), len(good.matches)) == ("", 40, 30)
    lengths = {*range(30), *range(30, len(whole), 97), *range(len(whole) - 12, len(whole))}
    for length in sorted(lengths):
        path.write_bytes(whole[:length])
        refused(reader.read(source))


def test_the_line_on_a_cut_off_file_tells_packing_from_text(tmp_path, long_xml):
    """Packed data that end too early are said to; of a text, which record it broke off in."""
    whole = pack(long_xml)
    for length in (2, 12, len(whole) * 3 // 4, len(whole) - 1):
        found = read(plain(tmp_path, whole[:length]))
        refused(found, "the packed data end too early; fetch the file again")
    found = read(plain(tmp_path, long_xml[: len(long_xml) * 3 // 4]))
    refused(found, "the body ends in the middle of PMID 1029 after 29 whole articles")


def test_a_damaged_byte_anywhere_is_found(tmp_path, long_xml):
    """Packed data carry a checksum of their own, which is looked at to the last byte."""
    whole = pack(long_xml)
    reader = make_reader()
    path = plain(tmp_path, whole)
    (source,) = find_sources([str(path)])
    # Bytes 4 to 9 of gzip's head are time, level and system: no matter.
    for place in [0, 1, 2, *range(10, len(whole) - 8, 211), *range(len(whole) - 8, len(whole))]:
        damaged = bytearray(whole)
        damaged[place] ^= 0x55
        path.write_bytes(damaged)
        refused(reader.read(source))


def test_garbage_behind_packed_data_is_found(tmp_path):
    """It is no part of the file that NLM made; zeros that fill a block are let be."""
    whole = pack(set_xml(ONE))
    refused(read(plain(tmp_path, whole + b"GARBAGE AT THE END")))
    assert matched(read(plain(tmp_path, whole + b"\0" * 512))) == [(11, 1)]


def test_several_packed_members_are_one_file(tmp_path):
    """As gzip has it: what was joined by cat."""
    data = set_xml(ONE, record(12))
    found = read(plain(tmp_path, pack(data[:500]) + pack(data[500:])))
    assert (found.error, matched(found)) == ("", [(11, 1), (12, 1)])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the body is empty"),
        (pack(b""), "the body is empty"),
        (b"\n\n", "the body is empty"),
        (b"PK\x03\x04 not gzip", "it is no XML"),
        (b"\x1f\x8b", "the packed data end too early"),
        (zlib.compress(set_xml(ONE)), "it is no XML"),
        (pack(pack(set_xml(ONE))), "the body is not read: it begins with NUL bytes"),
        (
            b"<!DOCTYPE html><html><title>Login required</title></html>",
            "it is an HTML page called 'Login required'",
        ),
        (
            pack(b"<html><title>404 Not Found</title></html>"),
            "it is an HTML page called '404 Not Found'",
        ),
        (pack(set_xml(ONE).decode().encode("utf-16")), "it is UTF-16 or UTF-32"),
        (pack(set_xml(ONE).decode().encode("utf-16-le")), "it is UTF-16 or UTF-32"),
        (
            pack(set_xml(ONE).replace(b'version="1.0"', b'version="1.0" encoding="latin-1"')),
            "it is in latin-1",
        ),
        (
            pack(b'<!DOCTYPE s [<!ENTITY a "aaaa">]>' + set_xml(ONE)[SET_START.find(b"<Pub") :]),
            "its document type declares things of its own, which could be entities",
        ),
        (pack(b"<rss><channel/></rss>"), "its first element is <rss>"),
        (pack(SET_START), "the body ends after 0 whole articles"),
        (pack(SET_START + article_xml(ONE)), "the body ends after 1 whole articles"),
        (
            pack(SET_START + article_xml(ONE) + article_xml(record(12))[:200]),
            "the body ends in the middle of PMID 12 after 1 whole articles",
        ),
        (
            pack(set_xml(other(1), b"<ERROR>out of memory</ERROR>", other(2))),
            "the answer holds an error: out of memory",
        ),
        (pack(set_xml(ONE) + b"and more"), "it is no XML, and begins with 'and more'"),
    ],
    ids=range(19),
)  # fmt: skip
def test_what_is_no_file_of_records_is_one_line(tmp_path, data, words):
    """Read as it is named, packed or not."""
    refused(read(plain(tmp_path, data)), words)


def test_an_empty_set_is_a_file_without_records(tmp_path):
    """Nothing is wrong with it."""
    for data in (b"<PubmedArticleSet></PubmedArticleSet>", b"<PubmedArticleSet/>", set_xml()):
        found = read(plain(tmp_path, pack(data)))
        assert (found.error, seen(found), found.problems) == ("", [], [])


def test_whatever_goes_wrong_within_one_file_costs_that_file(tmp_path, monkeypatch):
    """Errors that nobody thought of, too: the others go on."""
    path = put(tmp_path, 1, ONE)
    (source,) = find_sources([str(path)])
    reader = make_reader()

    def fail(self: Reader, stream: object, found: object) -> None:
        raise ZeroDivisionError("not thought of")

    monkeypatch.setattr(Reader, "_read", fail)
    refused(reader.read(source), "cannot be read: ZeroDivisionError: not thought of")


# What stands in files


def test_a_file_that_is_not_packed(tmp_path):
    """A plain .xml, with an MD5 or without, and a plain one that is called .gz."""
    data = set_xml(ONE, other(12), deleted=[5])
    for name in ("pubmed26n0001.xml", "pubmed26n0001.xml.gz"):
        found = read(with_md5(plain(tmp_path, data, name)))
        assert (found.error, found.md5) == ("", "right")
        assert (matched(found), seen(found)) == ([(11, 1)], [(11, 1), (12, 1)])
        assert (found.deletions, found.size) == ([5], len(data))


def test_size_and_checksum_are_those_of_the_file(tmp_path):
    """Of all its bytes, packed as it is, and of a broken one, too."""
    import hashlib

    whole = pack(set_xml(*map(record, range(11, 60))))
    for data in (whole, whole[:-20], whole + b"x" * 100, b"<html>" + whole):
        found = read(plain(tmp_path, data))
        assert found.size == len(data)
        assert found.sha256 == hashlib.sha256(data).hexdigest()


def test_deletions_wherever_they_stand(tmp_path):
    """At the end, as NLM has them; before and between records that are left out unread, too."""
    gone = b"<DeleteCitation><PMID Version='1'>%d</PMID></DeleteCitation>"
    data = set_xml(gone % 5, other(1), gone % 6, other(2), ONE, gone % 7, other(3), deleted=[8, 9])
    for filtered in (True, False):
        found = read(plain(tmp_path, pack(data)), filtered=filtered)
        assert found.deletions == [5, 6, 7, 8, 9]
        assert seen(found) == [(1, 1), (2, 1), (3, 1), (11, 1)]
        assert matched(found) == [(11, 1)]


def test_a_deletion_of_what_is_no_pmid_is_a_problem(tmp_path):
    """It is told, and what else stands in the file counts."""
    gone = b"<DeleteCitation><PMID>7</PMID><PMID>seven</PMID><PMID>99999999999999999999</PMID>"
    found = read(plain(tmp_path, pack(set_xml(ONE, gone + b"<PMID/></DeleteCitation>"))))
    assert (found.error, found.deletions, matched(found)) == ("", [7], [(11, 1)])
    assert found.problems == [
        ("", "deletes 'seven', which is no PMID"),
        ("", "deletes '99999999999999999999', which is no PMID"),
    ]


def test_books_are_records(tmp_path):
    """They match and are numbered like articles."""
    books = [
        make_citation(91_000_000 + n, title=title, book_title="A book")
        for n, title in enumerate(("Massage at work", "Growth of barley"))
    ]
    found = read(plain(tmp_path, pack(set_xml(*books, ONE))))
    assert found.error == ""
    assert matched(found) == [(11, 1), (91_000_000, 1)]
    assert seen(found) == [(11, 1), (91_000_000, 1), (91_000_001, 1)]


def test_versions_of_one_pmid_in_one_file(tmp_path):
    """Each is a record of its own, whether it matches or not."""
    data = set_xml(
        record(11), other(11, 2), record(11, version=3), other(12), record(12, version=2)
    )
    for filtered in (True, False):
        found = read(plain(tmp_path, pack(data)), filtered=filtered)
        assert matched(found) == [(11, 1), (11, 3), (12, 2)]
        assert seen(found) == [(11, 1), (11, 2), (11, 3), (12, 1), (12, 2)]


@pytest.mark.parametrize("between", [0, 400], ids=["in one piece", "pieces apart"])
def test_the_same_version_twice_in_one_file(tmp_path, between):
    """The later one counts, though the earlier matched and it was left out unread."""
    filling = [article_xml(record(n, "Barley " * 1_500)) for n in range(1_000, 1_000 + between)]
    data = set_xml(record(11), record(12), *filling, other(11), record(12, "Back and massage"))
    for filtered in (True, False):
        found = read(plain(tmp_path, pack(data)), filtered=filtered)
        assert matched(found) == [(12, 1)]
        assert found.matches[0].strategies == ("back", "massage")


def test_comments_and_the_like_around_records(tmp_path):
    """What is hidden in them is no record; what stands between them is."""
    hidden = b"<!-- " + article_xml(record(13)).replace(b"--", b"") + b" -->"
    cdata = b"<!-- <![CDATA[ -->" + article_xml(record(14)) + b"<!-- ]]> -->"
    data = set_xml(ONE, hidden, b"<?note here?>", other(12), cdata, deleted=[5])
    for filtered in (True, False):
        found = read(plain(tmp_path, pack(data)), filtered=filtered)
        assert (found.error, found.problems) == ("", [])
        assert matched(found) == [(11, 1), (14, 1)]
        assert seen(found) == [(11, 1), (12, 1), (14, 1)]
        assert found.deletions == [5]


def test_records_that_are_spelled_as_nlm_never_does(tmp_path):
    """Blanks in tags, attributes, single quotes: they are numbered all the same."""
    odd = article_xml(record(12)).replace(b"<PubmedArticle>", b"<PubmedArticle >")
    quoted = article_xml(record(13, version=2)).replace(
        b'<PMID Version="2">', b"<PMID Version='2'>"
    )
    more = article_xml(record(14)).replace(b'Status="', b'Owner2="x" Status="')
    late = article_xml(record(15)).replace(b"<PMID ", b"<DateNote/><PMID ", 1)
    data = set_xml(ONE, odd, quoted, more, late, other(16))
    for filtered in (True, False):
        found = read(plain(tmp_path, pack(data)), filtered=filtered)
        assert found.error == ""
        assert matched(found) == [(11, 1), (12, 1), (13, 2), (14, 1), (15, 1)]
        assert seen(found) == [(11, 1), (12, 1), (13, 2), (14, 1), (15, 1), (16, 1)]


def test_records_with_problems_are_listed_and_the_others_count(tmp_path):
    """A broken one matches nothing, and takes the place of its earlier version all the same."""
    broken = article_xml(record(12)).replace(b"</ArticleTitle>", b"</ArticleTitel>")
    nul = article_xml(record(13)).replace(b"Massage at", b"Massage \0 at")
    nobody = article_xml(record(14)).replace(b">14</PMID>", b">fourteen</PMID>", 1)
    found = read(plain(tmp_path, pack(set_xml(ONE, broken, nul, nobody, record(15)))))
    assert found.error == ""
    assert matched(found) == [(11, 1), (15, 1)]
    assert seen(found) == [(11, 1), (12, 1), (13, 1), (15, 1)]
    told = dict(found.problems)
    assert told["12"].startswith("broken XML: Opening and ending tag mismatch")
    assert told["13"] == "broken XML: holds a NUL byte"
    assert len(found.problems) == 3


def test_several_sets_in_one_file(tmp_path):
    """As EDirect writes them, one behind the other."""
    found = read(plain(tmp_path, pack(set_xml(ONE, deleted=[5]) + set_xml(record(12), other(13)))))
    assert (found.error, found.deletions) == ("", [5])
    assert matched(found) == [(11, 1), (12, 1)]
    assert seen(found) == [(11, 1), (12, 1), (13, 1)]


def test_a_set_without_line_ends_and_one_with_many(tmp_path):
    """Where lines end is no matter."""
    data = set_xml(ONE, other(12), record(13))
    for text in (data.replace(b"\n", b""), re.sub(rb"(</?[A-Z]\w*>)(?=<)", rb"\1\r\n\r\n", data)):
        found = read(plain(tmp_path, pack(text)))
        assert (found.error, matched(found)) == ("", [(11, 1), (13, 1)])
        assert seen(found) == [(11, 1), (12, 1), (13, 1)]


def test_a_stream_that_gives_a_byte_at_a_time(monkeypatch, tmp_path):
    """A place far away may answer in small pieces."""
    path = put(tmp_path, 1, ONE, other(12), deleted=[5])
    (source,) = find_sources([str(path)])

    class Slow:
        def __init__(self, path, mode):
            self._file = fsspec.filesystem("file").open(path, mode)
            self._most = 1 if path.endswith(".gz") else 1_000

        def __enter__(self):
            return self

        def __exit__(self, *_):
            self._file.close()

        def read(self, size=-1):
            return self._file.read(min(size, self._most) if size > 0 else size)

    monkeypatch.setattr("evidence_tools.scan.reader.fsspec.open", Slow)
    found = make_reader().read(source)
    assert (found.error, found.md5, found.deletions) == ("", "right", [5])
    assert matched(found) == [(11, 1)]


def test_a_sample_is_the_first_records_as_they_stand(tmp_path):
    """No more than asked for, nothing that stands between them, and a short file is all given."""
    data = set_xml(ONE, b"<ERROR>no record</ERROR>", other(12), record(13), deleted=[5])
    (source,) = find_sources([str(plain(tmp_path, pack(data)))])
    every = read_sample(source, 10)
    assert every == [article_xml(one).strip() for one in (ONE, other(12), record(13))]
    assert read_sample(source, 2) == every[:2]


# Memory

_MEASURE = """
import sys
from scans import make_reader
from evidence_tools.scan.sources import find_sources
(source,) = find_sources([sys.argv[1]])
found = make_reader().read(source)
with open("/proc/self/status") as file:
    peak = next(line for line in file if line.startswith("VmHWM"))
print(found.error, len(found.seen), len(found.matches), int(peak.split()[1]) // 1024)
"""


@pytest.fixture(scope="module")
def sizes(tmp_path_factory):
    """Two files of records like those of the baseline, the one eight times as long."""
    folder = tmp_path_factory.mktemp("sizes")
    several = list(baseline_records(1_000, 50_000_001, on_topic=0.02))
    body = b"".join(article_xml(one, references=10) for one in several)
    paths = []
    for times in (5, 40):
        path = folder / f"pubmed26n{times:04}.xml.gz"
        with gzip.open(path, "wb", 1) as file:
            file.write(SET_START)
            for n in range(times):
                start = b"%d" % (50_001 + n)
                file.write(re.sub(rb">50(?:000|001)(?=\d{3}</PMID>)", b">" + start[:5], body))
            file.write(SET_END)
        paths.append(path)
    return paths


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_memory_does_not_grow_with_the_file(sizes):
    """Eight times the records take less than 60 MB more, and never 400 MB."""
    peaks = []
    for path, count in zip(sizes, (5_000, 40_000), strict=True):
        done = subprocess.run(
            [sys.executable, "-c", _MEASURE, str(path)],
            capture_output=True, text=True, check=True, timeout=120, cwd=str(sys.path[0] or "."),
            env={"PYTHONPATH": str(__file__).rpartition("/")[0]},
        )  # fmt: skip
        *_, records, matches, peak = done.stdout.split()
        assert int(records) == count
        assert int(matches) > count / 200
        peaks.append(int(peak))
    assert peaks[1] - peaks[0] < 60, peaks
    assert max(peaks) < 400, peaks
