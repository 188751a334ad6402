"""Which files a scan reads: found anywhere, in PubMed's order, gaps named, one line a mistake."""

from __future__ import annotations

import fsspec
import pytest

from evidence_tools.errors import InputError
from evidence_tools.scan.sources import Source, find_sources, missing_between, read_expected_md5
from scans import names, pack, put, record, set_xml


@pytest.fixture
def files(tmp_path):
    """A baseline and its updates, in folders, and what else lies there."""
    for number in (2, 1):
        put(tmp_path / "pubmed" / "baseline", number, record(number))
    put(tmp_path / "pubmed" / "update" / "late", 10, record(10))
    put(tmp_path / "pubmed" / "update", 3, record(3))
    (tmp_path / "pubmed" / "README.txt").write_text("no file of records")
    (tmp_path / "pubmed" / "baseline" / "stats.html").write_text("<html></html>")
    return tmp_path / "pubmed"


def test_a_folder_is_searched_to_the_bottom(files):
    """Files of records only, by number, whatever their folder."""
    found = find_sources([str(files)])
    assert names(found) == [f"pubmed26n{number:04}.xml.gz" for number in (1, 2, 3, 10)]
    assert all(one.md5 for one in found)
    assert [one.size for one in found] == [
        (next(files.rglob(one.name))).stat().st_size for one in found
    ]


@pytest.mark.parametrize(
    ("pattern", "numbers"),
    [
        ("baseline/*.xml.gz", (1, 2)),
        ("baseline/*", (1, 2)),
        ("*/pubmed26n000?.xml.gz", (1, 2, 3)),
        ("**/pubmed26n00[01][03].xml.gz", (3, 10)),
        ("baseline/pubmed26n0002.xml.gz", (2,)),
    ],
)
def test_patterns_and_single_files(files, pattern, numbers):
    """Each brings what it names, with the MD5 beside it."""
    found = find_sources([str(files / pattern)])
    assert [one.number for one in found] == list(numbers)
    assert all(one.md5 for one in found)


def test_a_path_relative_to_where_one_stands(files, monkeypatch):
    """A relative path is the same file as the whole one."""
    monkeypatch.chdir(files.parent)
    assert find_sources(["pubmed"]) == find_sources([str(files)])


def test_year_before_number_and_other_names_first(tmp_path):
    """Last year's files come before this year's; files of no PubMed name before all, by name."""
    for number, year in ((2, 26), (1300, 25), (1, 26), (10_000, 26)):
        put(tmp_path, number, record(number), year=year)
    for name in ("own.xml.gz", "more.xml.gz"):
        (tmp_path / name).write_bytes(pack(set_xml(record(9))))
    assert names(find_sources([str(tmp_path)])) == [
        "more.xml.gz",
        "own.xml.gz",
        "pubmed25n1300.xml.gz",
        "pubmed26n0001.xml.gz",
        "pubmed26n0002.xml.gz",
        "pubmed26n10000.xml.gz",
    ]


def test_the_order_of_paths_does_not_matter_and_twice_is_once(files):
    """A file that several paths name is one file."""
    several = [str(files / "update"), str(files / "baseline"), str(files), str(files / "**/*.gz")]
    assert find_sources(several) == find_sources(reversed(several)) == find_sources([str(files)])


def test_paths_of_fsspec():
    """Folders, patterns and files in any place that fsspec reaches, with their MD5."""
    system = fsspec.filesystem("memory")
    for number in (1, 2):
        with system.open(f"/scan-sources/deep/pubmed26n{number:04}.xml.gz", "wb") as file:
            file.write(pack(set_xml(record(number))))
    with system.open("/scan-sources/deep/pubmed26n0002.xml.gz.md5", "wb") as file:
        file.write(b"MD5(pubmed26n0002.xml.gz)= " + b"0" * 32)
    whole = find_sources(["memory://scan-sources"])
    assert [(one.url, one.number, one.md5) for one in whole] == [
        ("memory:///scan-sources/deep/pubmed26n0001.xml.gz", 1, False),
        ("memory:///scan-sources/deep/pubmed26n0002.xml.gz", 2, True),
    ]
    assert find_sources(["memory://scan-sources/deep/*.gz"]) == whole
    assert find_sources(["memory://scan-sources/deep/pubmed26n0002.xml.gz"]) == whole[1:]
    assert read_expected_md5(whole[1]) == "0" * 32
    before = whole[0].stamp
    with system.open("/scan-sources/deep/pubmed26n0001.xml.gz", "wb") as file:
        file.write(pack(set_xml(record(1))))
    (after, _) = find_sources(["memory://scan-sources"])
    assert after.size == whole[0].size
    assert after.stamp != before, "a file of the same size that was written anew is another"


def test_gaps_are_named_between_first_and_last_of_a_year(tmp_path):
    """By PubMed's names; a year's first number may be any, since updates go on counting."""
    for number, year in ((1299, 25), (1301, 25), (4, 26), (5, 26), (8, 26)):
        put(tmp_path, number, record(number), year=year)
    (tmp_path / "own.xml.gz").write_bytes(pack(set_xml(record(9))))
    assert missing_between(find_sources([str(tmp_path)])) == (
        "pubmed25n1300.xml.gz",
        "pubmed26n0006.xml.gz",
        "pubmed26n0007.xml.gz",
    )
    assert missing_between(()) == ()


def test_a_number_of_many_digits_is_no_number_of_pubmed(tmp_path):
    """A name made by hand does not bring a billion missing files with it."""
    put(tmp_path, 1, record(1))
    put(tmp_path, 999_999_999, record(2))
    sources = find_sources([str(tmp_path)])
    assert [one.number for one in sources] == [0, 1]
    assert missing_between(sources) == ()


def test_two_files_of_one_name_are_refused(files):
    """Nobody could say which of them comes later: both places are named."""
    put(files / "copy", 3, record(3), record(4))
    with pytest.raises(InputError) as error:
        find_sources([str(files)])
    assert "two files are called pubmed26n0003" in str(error.value)
    assert "copy/pubmed26n0003.xml.gz and" in str(error.value)
    assert "update/pubmed26n0003.xml.gz" in str(error.value)


def test_the_same_file_packed_and_unpacked_is_refused(files):
    """They are one file of PubMed, and would share one part."""
    (files / "update" / "pubmed26n0003.xml").write_bytes(set_xml(record(3)))
    with pytest.raises(InputError, match="two files are called pubmed26n0003; expected one"):
        find_sources([str(files)])


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("{}/nothing", "{}/nothing: no such file or folder"),
        ("{}/nothing-*.xml.gz", "no file of PubMed XML; expected files named like pubmed26n0001"),
        ("{}/empty", "{}/empty: no file of PubMed XML; expected files named like pubmed26n0001"),
        ("{}/README.txt", "{}/README.txt: no file of PubMed XML"),
        ("carrier-pigeon://loft", "carrier-pigeon://loft: cannot be listed: Protocol not known"),
        ("memory://nowhere-at-all", "memory://nowhere-at-all: no such file or folder"),
    ],
)
def test_one_line_for_what_leads_nowhere(files, path, words):
    """Which path, what was expected, and what to do."""
    (files / "empty").mkdir()
    with pytest.raises(InputError) as error:
        find_sources([str(files / "baseline"), path.format(files)])
    assert words.format(files) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_protocol_without_its_package_is_one_line(monkeypatch):
    """What is to be installed is said."""

    def lacks(*_: object, **__: object) -> None:
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr(fsspec.core, "url_to_fs", lacks)
    with pytest.raises(InputError) as error:
        find_sources(["s3://bucket/pubmed"])
    assert str(error.value) == (
        "s3://bucket/pubmed: a package for this kind of path is missing: Install s3fs to access "
        "S3; to mend it: install it, or copy the files here"
    )


def test_a_folder_that_cannot_be_listed_is_one_line(monkeypatch, tmp_path):
    """Whoever refuses is quoted."""

    def refuse(*_: object, **__: object) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(fsspec.implementations.local.LocalFileSystem, "isdir", refuse)
    with pytest.raises(InputError, match=r"cannot be listed: .*Permission denied"):
        find_sources([str(tmp_path)])


def test_names_with_signs_of_patterns_are_files_where_they_are_there(tmp_path):
    """A bracket in a folder's name makes no pattern of what is there."""
    path = put(tmp_path / "set [a]", 1, record(1))
    (found,) = find_sources([str(path)])
    assert found.md5
    assert found.number == 1
    (again,) = find_sources([str(path.parent)])
    assert again == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"MD5(pubmed26n0001.xml.gz)= 0123456789abcdef0123456789ABCDEF\n", "0123456789abcdef" * 2),
        (b"0123456789abcdef0123456789abcdef  pubmed26n0001.xml.gz\n", "0123456789abcdef" * 2),
        (b"0123456789abcdef0123456789abcdef01234567 a SHA-1", ""),
        (b"<html>404</html>", ""),
        (b"\xff\x00", ""),
        (b"", ""),
    ],
)
def test_what_lies_beside_a_file(tmp_path, text, found):
    """NLM's form and that of md5sum; anything else is none, which is not the same as no file."""
    path = put(tmp_path, 1, record(1))
    path.with_name(f"{path.name}.md5").write_bytes(text)
    (source,) = find_sources([str(path)])
    assert read_expected_md5(source) == found
    assert read_expected_md5(Source(source.url, source.name, 26, 1, 0, "")) is None
