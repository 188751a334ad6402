"""NLM's tree of headings decides what lies beneath a heading."""

from __future__ import annotations

import gzip
import io

import pytest

from evidence_tools.errors import DataError
from evidence_tools.literature import mesh
from evidence_tools.literature.citations import Citation, MeshHeading
from evidence_tools.literature.mesh import Descriptor, MeshTree, parse_descriptors, read_tree
from evidence_tools.literature.query import Answer, evaluate, lint_query, parse_query

HEAD = """<?xml version="1.0"?>
<!DOCTYPE DescriptorRecordSet SYSTEM "https://www.nlm.nih.gov/databases/dtd/nlmdescriptorrecordset_20260101.dtd">
"""


def record(ui: str, name: str, numbers: tuple[str, ...], terms: tuple[str, ...] = ()) -> str:
    """One descriptor as NLM writes it, as far as it is read."""
    tree = "".join(f"<TreeNumber>{one}</TreeNumber>" for one in numbers)
    entry = "".join(f"<Term><String>{one}</String></Term>" for one in (name, *terms))
    return (
        f'<DescriptorRecord DescriptorClass="1"><DescriptorUI>{ui}</DescriptorUI>'
        f"<DescriptorName><String>{name}</String></DescriptorName>"
        f"<TreeNumberList>{tree}</TreeNumberList><ConceptList><Concept><TermList>{entry}"
        "</TermList></Concept></ConceptList></DescriptorRecord>"
    )


RECORDS = (
    record("D010146", "Pain", ("C10.1", "C23.1"), ("Ache",)),
    record("D001416", "Back Pain", ("C10.1.5", "C23.1.5")),
    record("D017116", "Low Back Pain", ("C10.1.5.7",), ("Lumbago", "Pain, Low Back")),
    record("D059350", "Chronic Pain", ("C23.1.9",)),
    record("D000001", "Paindom", ("C10.15",)),
    record("D016449", "Randomized Controlled Trial", ("V03.1.2",)),
    record("D065007", "Pragmatic Clinical Trial", ("V03.1.2.3",)),
)
FILE = f"{HEAD}<DescriptorRecordSet>{''.join(RECORDS)}</DescriptorRecordSet>".encode()


@pytest.fixture
def tree() -> MeshTree:
    """The small tree."""
    return MeshTree(tuple(parse_descriptors(io.BytesIO(FILE))))


def test_a_descriptor_file_is_read():
    """Identifier, name, entry terms, places in the tree."""
    found = list(parse_descriptors(io.BytesIO(FILE)))
    assert found[2] == Descriptor(
        "D017116", "Low Back Pain", ("Lumbago", "Pain, Low Back"), ("C10.1.5.7",)
    )
    assert len(found) == len(RECORDS)


def test_a_heading_is_found_by_any_of_its_names(tree):
    """Case and commas make no difference; a name of its own comes before an entry term."""
    assert tree.find("pain, low-back") == "D017116"
    assert tree.find("LUMBAGO") == "D017116"
    assert tree.find("lumbagos") is None


def test_explosion_takes_everything_beneath_in_every_branch(tree):
    """By tree number, where C10.15 does not lie beneath C10.1."""
    assert tree.explode("D010146") == {
        "D010146", "pain", "D001416", "back pain", "D017116", "low back pain", "D059350",
        "chronic pain",
    }  # fmt: skip
    assert tree.explode("D017116") == {"D017116", "low back pain"}


def test_the_tree_decides_what_was_open(tree):
    """Beneath: yes; beside: no; by the identifier where a heading was renamed since."""

    def article(*headings: MeshHeading, types: tuple[str, ...] = ()) -> Citation:
        return Citation(pmid="1", status="MEDLINE", mesh=headings, publication_types=types)

    pain, trial = parse_query("pain[mh]"), parse_query("randomized controlled trial[pt]")
    low, other = article(MeshHeading("Low Back Pain")), article(MeshHeading("Paindom"))
    assert evaluate(pain, low) is Answer.UNKNOWN
    assert evaluate(pain, low, tree) is Answer.YES
    assert evaluate(pain, other, tree) is Answer.NO
    assert evaluate(pain, article(MeshHeading("Lumbar Pain", ui="D017116")), tree) is Answer.YES
    assert evaluate(parse_query("lumbago[mh:noexp]"), low, tree) is Answer.YES
    assert evaluate(parse_query("lumbagos[mh]"), low, tree) is Answer.UNKNOWN
    pragmatic = article(types=("Pragmatic Clinical Trial",))
    assert evaluate(trial, pragmatic) is Answer.UNKNOWN
    assert evaluate(trial, pragmatic, tree) is Answer.YES


def test_the_linter_names_a_heading_that_is_not_there(tree):
    """With the tree, a misspelt heading is a warning."""
    (found,) = lint_query("pain[mh] OR bakc pain/therapy[mh]", tree)
    assert (found.code, found.position[0] + 1) == ("heading", 13)
    assert "'bakc pain' is no heading" in found.text


def test_a_file_is_parsed_once_packed_or_not(tmp_path, monkeypatch):
    """The second reading takes the cache; the same content under another name too."""
    plain, packed, cache = tmp_path / "desc.xml", tmp_path / "desc.xml.gz", tmp_path / "cache"
    plain.write_bytes(FILE)
    packed.write_bytes(gzip.compress(FILE, mtime=0))
    first = read_tree(plain, cache)
    assert read_tree(packed, cache).descriptors == first.descriptors
    monkeypatch.setattr(mesh, "parse_descriptors", lambda *_: pytest.fail("parsed again"))
    again = plain.rename(tmp_path / "other.xml")
    assert read_tree(again, cache).descriptors == first.descriptors


def test_a_damaged_cache_is_made_anew(tmp_path):
    """What is in it is never trusted blindly."""
    plain, cache = tmp_path / "desc.xml", tmp_path / "cache"
    plain.write_bytes(FILE)
    wanted = read_tree(plain, cache).descriptors
    (kept,) = cache.iterdir()
    kept.write_bytes(kept.read_bytes()[:-9])
    assert read_tree(plain, cache).descriptors == wanted


BROKEN = [
    (b"", "broken XML"),
    (FILE[:-60], "broken XML"),
    (b"<PubmedArticleSet></PubmedArticleSet>", "no descriptor file"),
    (FILE.replace(b"<DescriptorUI>D059350</DescriptorUI>", b""), "without identifier or name"),
    (gzip.compress(FILE, mtime=0)[:-40], "broken XML"),
    (b"\x00\x01\x02", "broken XML"),
]


@pytest.mark.parametrize(("content", "message"), BROKEN, ids=lambda value: str(value)[:20])
def test_what_is_no_descriptor_file_is_refused_in_one_line(tmp_path, content, message):
    """File, what is wrong, what to do; nothing is kept in the cache."""
    path = tmp_path / "desc2026.xml"
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_tree(path, tmp_path / "cache")
    assert message in str(caught.value)
    assert "desc2026.xml" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "cache").exists()


def test_a_file_that_is_not_there_is_named(tmp_path):
    """With what to do."""
    with pytest.raises(DataError, match="name NLM's descriptor file"):
        read_tree(tmp_path / "none.xml", tmp_path)


def test_entities_of_the_file_are_not_expanded(tmp_path):
    """Neither from the disk nor by the million."""
    secret = tmp_path / "secret.txt"
    secret.write_text("stolen")
    text = FILE.decode().replace(
        HEAD,
        f'<!DOCTYPE r [<!ENTITY x SYSTEM "{secret.as_uri()}"><!ENTITY a "aaaaaaaaaa">'
        '<!ENTITY b "&a;&a;&a;&a;&a;">]>',
    )
    text = text.replace("<String>Chronic Pain</String>", "<String>Pain &x;&b;</String>")
    found = list(parse_descriptors(io.BytesIO(text.encode())))
    assert [one.name for one in found if one.ui == "D059350"] == ["Pain "]


def test_the_cache_lies_in_the_users_cache_folder(tmp_path, monkeypatch):
    """Where XDG_CACHE_HOME says."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    path = tmp_path / "desc.xml"
    path.write_bytes(FILE)
    read_tree(path)
    assert [one.name[:7] for one in (tmp_path / "home" / "evidence-tools").iterdir()] == ["mesh-1-"]
