"""Which version of a record stands once all files are read: the rules of PubMed's updates."""

from __future__ import annotations

import io
from array import array

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from evidence_tools.scan.parts import Fact, Part, Parts, make_part
from evidence_tools.scan.reader import Found, Match, pack_number
from evidence_tools.scan.sources import Source
from evidence_tools.scan.standing import Status, settle
from evidence_tools.testing.baseline import baseline_name
from scans import names, other, pack, put, record, rows, run, set_xml

IN, EARLIER, NO_LONGER, GONE = (status.value for status in Status)
#: One record of one file: its version, and whether a strategy matches it.
YES1, NO1, YES2, NO2 = (1, True), (1, False), (2, True), (2, False)
GO = "deleted"


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        # Of one version, that in the later file.
        ([[YES1]], ["1v1 in force"]),
        ([[YES1], [YES1]], ["1v1 earlier version", "2v1 in force"]),
        ([[YES1], [], [YES1]], ["1v1 earlier version", "3v1 in force"]),
        # Matching in the baseline, not in an update: not selected any more.
        ([[YES1], [NO1]], ["1v1 later version does not match"]),
        ([[NO1], [YES1]], ["2v1 in force"]),
        ([[YES1], [NO1], [YES1]], ["1v1 earlier version", "3v1 in force"]),
        (
            [[YES1], [YES1], [NO1]],
            ["1v1 later version does not match", "2v1 later version does not match"],
        ),
        # A later version wins, wherever it stands.
        ([[YES1, YES2]], ["1v1 earlier version", "1v2 in force"]),
        ([[YES2, YES1]], ["1v1 earlier version", "1v2 in force"]),
        ([[YES1, NO2]], ["1v1 later version does not match"]),
        ([[NO1, YES2]], ["1v2 in force"]),
        ([[YES1], [YES2]], ["1v1 earlier version", "2v2 in force"]),
        ([[YES2], [YES1]], ["1v2 in force", "2v1 earlier version"]),
        ([[NO2], [YES1]], ["2v1 later version does not match"]),
        ([[YES2], [NO1]], ["1v2 in force"]),
        # The same version twice in one file: the later one.
        ([[YES1, NO1]], []),
        ([[NO1, YES1]], ["1v1 in force"]),
        ([[YES1, YES1]], ["1v1 in force"]),
        # Deletions: of what stands in their own file and before.
        ([[YES1], [GO]], ["1v1 deleted"]),
        ([[YES1, GO]], ["1v1 deleted"]),
        ([[GO, YES1]], ["1v1 deleted"]),
        ([[GO], [YES1]], ["2v1 in force"]),
        ([[YES1], [YES2, GO]], ["1v1 deleted", "2v2 deleted"]),
        ([[YES1], [NO1], [GO]], ["1v1 deleted"]),
        ([[YES1], [GO], [GO]], ["1v1 deleted"]),
        # Back after a deletion: it begins anew, whatever stood before.
        ([[YES1], [GO], [YES1]], ["1v1 earlier version", "3v1 in force"]),
        ([[YES2], [GO], [YES1]], ["1v2 earlier version", "3v1 in force"]),
        ([[YES2], [GO], [NO1]], ["1v2 later version does not match"]),
        ([[YES1], [GO], [NO1]], ["1v1 later version does not match"]),
        ([[YES1], [GO], [YES1], [GO]], ["1v1 deleted", "3v1 deleted"]),
        ([[NO1], [GO], [YES1, YES2]], ["3v1 earlier version", "3v2 in force"]),
    ],
    ids=str,
)
def test_the_rules(tmp_path, files, wanted):
    """PMID 7 in files 1, 2, …: which of its versions stands, and what became of the others."""
    for number, held in enumerate(files, start=1):
        parts = [(record if one[1] else other)(7, version=one[0]) for one in held if one != GO]
        gone = [7] if GO in held else []
        # Two files with the same bytes would be one, and its copy.
        put(tmp_path / "in", number, other(100 + number), *parts, deleted=gone)
    outcome = run(tmp_path / "out", tmp_path / "in")
    said = [
        f"{file[11:13].strip('0')}v{version} {status}" for _, version, file, status in rows(outcome)
    ]
    assert said == wanted
    assert outcome.standing.count(Status.IN_FORCE) == sum("in force" in one for one in wanted)
    assert outcome.standing.pmids(Status.IN_FORCE) == ({7} if "in force" in str(wanted) else set())
    counts = {"massage": 1} if "in force" in str(wanted) else {}
    assert outcome.standing.by_strategy() == counts


def test_strategies_are_those_of_the_version_in_force(tmp_path):
    """What an earlier version matched is not counted."""
    put(tmp_path / "in", 1, record(7, "Massage and the back"), record(8, "Massage at work"))
    put(tmp_path / "in", 2, record(7, "Lifting with the back"))
    outcome = run(tmp_path / "out", tmp_path / "in")
    assert outcome.standing.by_strategy() == {"back": 1, "massage": 1}
    told = {
        (r["pmid"], r["file"][11:13]): r["strategies"] for r in outcome.standing.table.to_pylist()
    }
    assert told == {(7, "01"): ["back", "massage"], (7, "02"): ["back"], (8, "01"): ["massage"]}


def test_years_and_numbers_decide_what_is_later(tmp_path):
    """Neither the order in which files are named nor that in which they lie."""
    put(tmp_path / "z", 1300, other(7), year=25)
    put(tmp_path / "a", 1, record(7), year=26)
    outcome = run(tmp_path / "out", tmp_path / "a", tmp_path / "z")
    assert rows(outcome) == [(7, 1, "pubmed26n0001.xml.gz", IN)]


def test_a_copy_under_another_name_is_left_out(tmp_path):
    """The earlier name counts; the later one would bring an old version into force again."""
    first = put(tmp_path / "in", 1, record(7), record(8), deleted=[5])
    put(tmp_path / "in", 2, other(7))
    (tmp_path / "in" / baseline_name(3)).write_bytes(first.read_bytes())
    outcome = run(tmp_path / "out", tmp_path / "in")
    assert outcome.same == {baseline_name(3): baseline_name(1)}
    assert rows(outcome) == [
        (7, 1, baseline_name(1), NO_LONGER),
        (8, 1, baseline_name(1), IN),
    ]
    assert outcome.records == 3


def test_a_broken_file_in_between_counts_for_nothing(tmp_path):
    """Neither its records nor its deletions; it is among the broken, and the others stand."""
    put(tmp_path / "in", 1, record(7), record(8))
    path = put(tmp_path / "in", 2, other(7), deleted=[8])
    put(tmp_path / "in", 3, record(9))
    path.write_bytes(path.read_bytes()[:-30])
    outcome = run(tmp_path / "out", tmp_path / "in")
    assert names(outcome.broken) == [baseline_name(2)]
    assert [(row[0], row[3]) for row in rows(outcome)] == [(7, IN), (8, IN), (9, IN)]


def test_files_without_records_or_matches(tmp_path):
    """Nothing stands, and nothing is wrong."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / baseline_name(1)).write_bytes(pack(set_xml()))
    outcome = run(tmp_path / "out", tmp_path / "in")
    assert (rows(outcome), outcome.records, outcome.broken) == ([], 0, ())
    put(tmp_path / "in", 2, other(7), deleted=[7])
    outcome = run(tmp_path / "out", tmp_path / "in")
    assert (rows(outcome), outcome.records) == ([], 1)


class InMemory(Parts):
    """Parts that lie on no disk."""

    def __init__(self, parts: dict[Source, Part]) -> None:
        self._parts = parts

    def fact(self, source: Source) -> Fact:
        """As they were made."""
        return self._parts[source].fact

    def numbers(self, source: Source):
        """As they would be read."""
        table = pq.read_table(io.BytesIO(self._parts[source].seen))
        return tuple(table[name].to_numpy().astype(np.int64) for name in ("pmid", "version"))

    def matched(self, source: Source):
        """As they would be read."""
        columns = ["pmid", "version", "strategies"]
        return pq.read_table(io.BytesIO(self._parts[source].matches), columns=columns)


def part_of(file) -> Part:
    """What a reader makes of records, in order, and deletions."""
    events, gone = file
    found = Found(
        "a file",
        seen=array("q", [pack_number(pmid, version) for pmid, version, _ in events]),
        matches=[
            Match(record(pmid, version=version), ("massage",))
            for pmid, version, yes in sorted(events)
            if yes
        ],
        deletions=list(gone),
    )
    return make_part(found)


# A model that replays files record by record

EVENT = st.tuples(st.integers(1, 4), st.integers(1, 3), st.booleans())
FILE = st.tuples(
    # NLM gives one version of a record once in a file; the reader sees to those that do not.
    st.lists(EVENT, max_size=7, unique_by=lambda event: event[:2]),
    st.frozensets(st.integers(1, 5), max_size=2),
)


def replay(files) -> dict[int, dict[tuple[int, int], str]]:
    """What became of each version that matched: file by file, record by record."""
    standing: dict[int, tuple[int, int, bool]] = {}
    matched: dict[int, set[tuple[int, int]]] = {}
    for order, (events, gone) in enumerate(files):
        for pmid, version, yes in events:
            if yes:
                matched.setdefault(pmid, set()).add((order, version))
            if pmid not in standing or standing[pmid][1] <= version:
                standing[pmid] = (order, version, yes)
        for pmid in gone:
            standing.pop(pmid, None)
    told: dict[int, dict[tuple[int, int], str]] = {}
    for pmid, several in matched.items():
        held = standing.get(pmid)
        rest = GONE if held is None else EARLIER if held[2] else NO_LONGER
        told[pmid] = dict.fromkeys(several, rest)
        if held and held[2]:
            told[pmid][held[:2]] = IN
    return told


@settings(max_examples=150, deadline=None)
@given(st.lists(FILE, max_size=5))
@example([([(1, 2, True)], {1}), ([(1, 1, True)], set())])
@example([([(1, 2, True)], set()), ([], {1}), ([(1, 1, True)], set())])
@example([([(1, 1, True), (1, 2, False)], set()), ([(1, 1, True)], set())])
def test_it_is_as_if_files_were_replayed_record_by_record(files):
    """Whatever comes in whatever order: the same versions stand, fall and are deleted."""
    sources = [
        Source("", baseline_name(order), 26, order, 0, "") for order in range(1, len(files) + 1)
    ]
    kept = InMemory(dict(zip(sources, map(part_of, files), strict=True)))
    table = settle(kept, sources).table.to_pylist()
    said: dict[int, dict[tuple[int, int], str]] = {}
    for row in table:
        place = (int(row["file"][9:13]) - 1, row["version"])
        said.setdefault(row["pmid"], {})[place] = row["status"]
    assert said == replay(files)
    assert [row["pmid"] for row in table] == sorted(row["pmid"] for row in table)
