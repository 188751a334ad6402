"""Files that people export by hand are read as far as they go, and the rest is listed."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from evidence_tools.errors import DataError
from evidence_tools.literature.citations import (
    Author,
    Citation,
    Grant,
    Link,
    LinkKind,
    MeshHeading,
    Qualifier,
    Substance,
)
from evidence_tools.literature.exports import ExportFormat, read_export, tell_format
from evidence_tools.literature.medline import LINK_TAGS, parse_nbib
from evidence_tools.literature.pubmed_xml import CutOffError, Problem
from evidence_tools.literature.ris import parse_ris
from evidence_tools.testing.exported import nbib_text, ris_text
from evidence_tools.testing.pubmed import article_set, make_citation, make_citations

#: Fields that an NBIB file holds whole; the others lose something, as the tests below say.
WHOLE_IN_NBIB = set(Citation.__struct_fields__) - {
    "abstract",  # one text, labels inside
    "authors_complete",
    "journal",  # no ISO abbreviation
    "links",  # some kinds have no tag
    "mesh",  # no identifiers
    "other_abstracts",  # no kind
    "substances",  # no identifiers
    "title_markup",
    "version",
}
WHOLE_IN_RIS = {
    "pmid", "title", "volume", "issue", "pages", "published", "languages", "keywords", "doi",
    "pmcid", "book_title", "publisher",
}  # fmt: skip


def one(items: object) -> Citation:
    """The one citation among items without problems."""
    (citation,) = items  # type: ignore[misc]
    assert isinstance(citation, Citation)
    return citation


def same(left: Citation, right: Citation, fields: set[str]) -> list[str]:
    """Fields in which two citations differ."""
    return sorted(f for f in fields if getattr(left, f) != getattr(right, f))


@pytest.mark.parametrize("seed", range(2))
def test_nbib_gives_back_what_it_can_hold(seed: int) -> None:
    """Every field that the format holds comes back, wrapped lines and all."""
    citations = list(make_citations(400, seed))
    parsed = list(parse_nbib(nbib_text(citations)))
    assert len(parsed) == len(citations)
    for was, now in zip(citations, parsed, strict=True):
        assert same(was, now, WHOLE_IN_NBIB) == [], was.pmid
        assert [h.name for h in now.mesh] == [h.name for h in was.mesh]
        known = [link for link in was.links if link.kind in LINK_TAGS.values()]
        # Without a PMID between them nothing tells where the source ends and the note begins.
        assert [(one.kind, one.pmid) for one in now.links] == [
            (one.kind, one.pmid) for one in known
        ]
        assert now.links == tuple(known) or any(link.note and not link.pmid for link in known)
        assert now.abstract_text == was.abstract_text.replace("\n", " ")


@pytest.mark.parametrize("seed", range(2))
def test_ris_gives_back_what_it_can_hold(seed: int) -> None:
    """RIS holds the bibliographic facts."""
    citations = list(make_citations(400, seed))
    parsed = list(parse_ris(ris_text(citations)))
    for was, now in zip(citations, parsed, strict=True):
        assert same(was, now, WHOLE_IN_RIS) == [], was.pmid
        names = [(a.last, a.fore, a.suffix, a.collective) for a in was.authors]
        assert [(a.last, a.fore, a.suffix, a.collective) for a in now.authors] == names


NBIB = """
PMID- 90000001
STAT- MEDLINE
IS  - 9999-0001 (Print)
IS  - 9999-0002 (Electronic)
IS  - 9999-0003 (Linking)
DP  - 2015 Sep-Oct
TI  - A title that is so long that it goes on
      in a second line.
LID - 10.5555/right [doi]
AB  - First line
      second line.
FAU - van der Tosvig, Jun Li Jr
AU  - van der Tosvig JL Jr
FAU - Maredorn, Ada
AU  - Maredorn A
AUID- ORCID: 0000-0001-2345-678X
AD  - Department of Hands, a very long
      place.
AD  - Second place.
CN  - Backs Group
AD  - Place of the group.
FAU - Nybek, Bo, 3rd
AU  - Nybek B 3rd
GR  - MR/K1/1/MRC_/Council/United Kingdom
GR  - 77/Fund/Norway
GR  - Charity/Chile
GR  - Friends
RN  - EC 3.4.21.- (Peptide (long) Hydrolases)
RN  - 0 (Oils, Volatile)
CIN - Ann Inv Med. 2016;3(2):e12.
      PMID: 90000077
RIN - Ann Inv Med. 2017;1:1. PMID: 90000078 Reply of the authors
EIN - Ann Inv Med. 2018;1:1
PRIN- Ann Inv Med. 2001;1:1. PMID: 5
MH  - *Neck Pain/therapy/*rehabilitation
MH  - Massage
OT  - *trigger point
OT  - a long
      keyword
AID - 10.5555/other [doi]
AID - S0001 [pii]
"""


def test_a_record_by_hand() -> None:
    """Continued lines belong to their field, places and ORCIDs to their author."""
    citation = one(parse_nbib(NBIB))
    assert citation.title == "A title that is so long that it goes on in a second line."
    assert citation.abstract_text == "First line second line."
    assert citation.authors == (
        Author("van der Tosvig", "Jun Li Jr", "JL"),
        Author(
            "Maredorn",
            "Ada",
            "A",
            orcid="0000-0001-2345-678X",
            affiliations=("Department of Hands, a very long place.", "Second place."),
        ),
        Author(collective="Backs Group", affiliations=("Place of the group.",)),
        Author("Nybek", "Bo", "B", "3rd"),
    )
    assert citation.grants == (
        Grant("MR/K1/1", "Council", "MRC_", "United Kingdom"),
        Grant("77", "Fund", None, "Norway"),
        Grant(None, "Charity", None, "Chile"),
        Grant(None, "Friends"),
    )
    assert citation.substances == (
        Substance("Peptide (long) Hydrolases", "EC 3.4.21.-"),
        Substance("Oils, Volatile"),
    )
    assert citation.links == (
        Link(LinkKind.COMMENT_IN, "Ann Inv Med. 2016;3(2):e12", "90000077"),
        Link(LinkKind.RETRACTION_IN, "Ann Inv Med. 2017;1:1", "90000078", "Reply of the authors"),
        Link(LinkKind.ERRATUM_IN, "Ann Inv Med. 2018;1:1"),
        Link(LinkKind.OTHER, "Ann Inv Med. 2001;1:1", "5", None, "PartialRetractionIn"),
    )
    assert citation.mesh == (
        MeshHeading(
            "Neck Pain", True, None, (Qualifier("therapy"), Qualifier("rehabilitation", True))
        ),
        MeshHeading("Massage"),
    )
    assert citation.keywords == ("trigger point", "a long keyword")
    assert (citation.published, citation.medline_date) == ("2015", "2015 Sep-Oct")
    assert (citation.doi, citation.pii) == ("10.5555/right", "S0001")
    assert (citation.journal.issn, citation.journal.issn_linking) == ("9999-0002", "9999-0003")


@pytest.mark.parametrize("kind", sorted(LINK_TAGS.values()))
def test_every_notice_that_nbib_names_is_kept_apart(kind: LinkKind) -> None:
    """Each tag of a notice stands for one kind."""
    link = Link(kind, "Ann Inv Med. 2020;1:1", "123")
    assert one(parse_nbib(nbib_text([make_citation(1, links=(link,))]))).links == (link,)


@pytest.mark.parametrize(
    ("dp", "published", "medline_date"),
    [
        ("2015", "2015", None),
        ("2015 Sep", "2015-09", None),
        ("2015 Sep 3", "2015-09-03", None),
        ("2015 Sep 31", "2015", "2015 Sep 31"),
        ("2015 Spring", "2015", "2015 Spring"),
        ("2015 Sep-Oct", "2015", "2015 Sep-Oct"),
        ("in press", None, "in press"),
    ],
)
def test_dates_in_nbib(dp: str, published: str | None, medline_date: str | None) -> None:
    """Free text stays beside its year."""
    citation = one(parse_nbib(f"PMID- 1\nDP  - {dp}\n"))
    assert (citation.published, citation.medline_date) == (published, medline_date)


def test_old_records_have_short_names_only() -> None:
    """AU without FAU is an author of its own."""
    citation = one(parse_nbib("PMID- 1\nAU  - de Tosvig JL\nAU  - Maredorn\nAU  - Nybek B Jr\n"))
    assert citation.authors == (
        Author("de Tosvig", None, "JL"),
        Author("Maredorn"),
        Author("Nybek", None, "B", "Jr"),
    )


def test_records_without_a_blank_line_between_them_are_two() -> None:
    """PMID begins a record, whatever an editor did to the blank lines."""
    parsed = list(parse_nbib("PMID- 1\nTI  - One\nPMID- 2\nTI  - Two\n\n\n\nPMID- 3\nTI  - Three"))
    assert [(c.pmid, c.title) for c in parsed] == [("1", "One"), ("2", "Two"), ("3", "Three")]


def test_nbib_lists_what_it_cannot_read() -> None:
    """Line, title and DOI, so that a person can look it up; the other records go on."""
    lost = "\n      lost\nTI  - No number\nLID - 10.5555/x [doi]\n"
    text = f"{lost}\nPMID- x\n\nhello\n\nPMID- 4\nTI  - T\n"
    *problems, citation = parse_nbib(text, "mine.nbib")
    assert citation.pmid == "4"
    assert problems == [
        Problem("mine.nbib:2", None, "PMID is ''; look it up by hand: No number (10.5555/x)"),
        Problem("mine.nbib:6", None, "PMID is 'x'; look it up by hand: no title (no DOI)"),
        Problem("mine.nbib:8", None, "no record in MEDLINE format: 'hello'"),
    ]


@pytest.mark.parametrize(
    "lines",
    [
        "UR  - https://pubmed.ncbi.nlm.nih.gov/90000001/",
        "UR  - http://www.ncbi.nlm.nih.gov/pubmed/90000001",
        "UR  - https://example.org/1;https://pubmed.ncbi.nlm.nih.gov/90000001",
        "LK  - https://pubmed.ncbi.nlm.nih.gov/90000001/",
        "AN  - 90000001\nDB  - PubMed",
        "AN  - 90000001\nDP  - National Library of Medicine",
        "AN  - PUBMED 90000001,EMBASE 2012345678",
        "N1  - PMID: 90000001",
        "N1  - DOI: 10.5555/x\nPMID: 90000001",
        "N1  - Cited By :12; PMID: 90000001",
        "C3  - PMID 90000001",
        "PM  - 90000001",
        "AN  - 90000001\nDB  - MEDLINE\nN1  - PMID: 90000001",
    ],
)
def test_a_pmid_is_found_where_programs_put_it(lines: str) -> None:
    """RIS has no field for it, so each program has its own place."""
    assert one(parse_ris(f"TY  - JOUR\nTI  - T\n{lines}\nER  - \n")).pmid == "90000001"


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ("AN  - 2012345678\nDB  - Embase", "has no PMID"),
        ("AN  - 90000001\nDB  - CINAHL", "has no PMID"),
        ("N1  - Comment on PMID: 90000001", "has no PMID"),
        ("UR  - https://doi.org/10.5555/90000001", "has no PMID"),
        (
            "UR  - https://pubmed.ncbi.nlm.nih.gov/7/\nN1  - PMID: 8",
            "names the PMIDs 7, 8",
        ),
    ],
)
def test_a_number_that_may_be_another_is_not_taken(lines: str, what: str) -> None:
    """A wrong PMID would bring in a wrong article; the entry is told with title and DOI."""
    entry = f"TY  - JOUR\nTI  - Massage again\nDO  - 10.5555/x\n{lines}\nER  - \n"
    (problem,) = parse_ris(entry, "mine.ris")
    assert problem == Problem(
        "mine.ris:1", None, f"{what}; look it up by hand: Massage again (10.5555/x)"
    )


def test_an_entry_by_hand() -> None:
    """Names of groups, dates with empty parts, pages, chapters."""
    citation = one(
        parse_ris(
            "TY  - CHAP\nA1  - Tosvig, Ada B., Jr\nAU  - Backs Group\nT1  - A chapter\n"
            "T2  - Handbook\nPB  - Shelf\nN2  - Abstract text,\ncontinued.\nY1  - 2015/9//\n"
            "SP  - e12\nLA  - English\nC2  - PMC1234567\nAN  - 7\nDB  - PubMed\nER  -\n"
        )
    )
    assert citation.authors[0] == Author(collective="Backs Group")
    assert citation.authors[1] == Author("Tosvig", "Ada B.", "AB", "Jr")
    assert (citation.title, citation.book_title, citation.publisher) == (
        "A chapter",
        "Handbook",
        "Shelf",
    )
    assert citation.abstract_text == "Abstract text, continued."
    assert (citation.published, citation.pages) == ("2015-09", "e12")
    assert (citation.languages, citation.pmcid) == ((), "PMC1234567")


def test_ris_that_is_not_closed_is_read_and_told() -> None:
    """Rispy drops such an entry without a word, and the last one with it."""
    items = list(parse_ris("junk\nTY  - JOUR\nAN  - PUBMED 7\nTY  - JOUR\nAN  - PUBMED 8\n\n", "m"))
    assert [item.pmid for item in items if isinstance(item, Citation)] == ["7", "8"]
    assert [item for item in items if isinstance(item, Problem)] == [
        Problem("m:1", None, "lines outside an entry were left out: 'junk'"),
        Problem("m:2", "7", "the entry has no ER line; is the file whole?", kept=True),
        Problem("m:4", "8", "the entry has no ER line; is the file whole?", kept=True),
    ]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"<?xml version='1.0'?>", ExportFormat.XML),
        (b"\xef\xbb\xbf\n <PubmedArticleSet>", ExportFormat.XML),
        (b"\r\nTY  - JOUR\r\n", ExportFormat.RIS),
        ("\ufeffTY  - JOUR".encode(), ExportFormat.RIS),
        ("TY  - JOUR".encode("utf-16"), ExportFormat.RIS),
        (b"\nPMID- 7\n", ExportFormat.NBIB),
        (b"@article{x}", None),
        (b"", None),
    ],
)
def test_the_format_is_told_by_the_content(data: bytes, kind: ExportFormat | None) -> None:
    """Browsers name files as they like."""
    assert tell_format(data) is kind


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("write", [article_set, nbib_text, ris_text])
def test_a_file_is_read_whatever_its_name(tmp_path: Path, write, packed: bool) -> None:
    """All three formats, compressed or not, under a name that says nothing."""
    text = write(list(make_citations(20)))
    data = text if isinstance(text, bytes) else text.encode()
    path = tmp_path / "download (3)"
    path.write_bytes(gzip.compress(data) if packed else data)
    assert [item.pmid for item in read_export(path)] == [str(90_000_001 + i) for i in range(20)]


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", []),
        ("utf-8-sig", []),
        ("utf-16", []),
        ("cp1252", ["not UTF-8: read as Windows-1252; look at the accents"]),
    ],
)
def test_accents_survive_and_a_guess_is_told(
    tmp_path: Path, encoding: str, said: list[str]
) -> None:
    """Old programs write what their system speaks; the file does not say which."""
    path = tmp_path / "a.nbib"
    text = "PMID- 7\r\nTI  - Café “à” Zürich: massage é\r\n"
    path.write_bytes(text.encode(encoding))
    items = list(read_export(path))
    assert [item.what for item in items if isinstance(item, Problem)] == said
    assert one(i for i in items if isinstance(i, Citation)).title == "Café “à” Zürich: massage é"


def test_bytes_that_are_no_letters_are_told(tmp_path: Path) -> None:
    """Latin-1 reads anything; NUL characters go, and the record stays."""
    path = tmp_path / "a.nbib"
    path.write_bytes(b"PMID- 7\nTI  - A\x00\x81b\n")
    items = list(read_export(path))
    assert [item.what for item in items[:-1]] == [
        "not UTF-8: read as Latin-1; look at the accents",
        "NUL characters were left out",
    ]
    assert items[-1].title == "A\x81b"


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "the file is empty"),
        (b" \n", "the file is empty"),
        (b"@article{x}", "the file is neither PubMed XML nor NBIB nor RIS"),
        (b"%PDF-1.7 \x00\x01", "the file is neither PubMed XML nor NBIB nor RIS"),
        (b"<html><body>", "it is an HTML page"),
        (gzip.compress(b"TY  - JOUR\n" * 20_000, mtime=0)[:-30], "cannot be read: "),
        (b"\x1f\x8bjunk", "cannot be read: "),
    ],
)
def test_a_file_that_is_none_of_these_is_refused(tmp_path: Path, data: bytes, what: str) -> None:
    """One line with the file's name."""
    path = tmp_path / "x.txt"
    path.write_bytes(data)
    with pytest.raises(DataError) as caught:
        list(read_export(path))
    assert what in str(caught.value)
    assert "x.txt" in str(caught.value)


def test_a_missing_file_or_a_folder_is_refused(tmp_path: Path) -> None:
    """A name that was mistyped is one line, no traceback."""
    for path in (tmp_path / "none.nbib", tmp_path):
        with pytest.raises(DataError, match="cannot be read: "):
            list(read_export(path))


def test_an_xml_file_that_is_cut_gives_what_is_whole(tmp_path: Path) -> None:
    """As with an answer of NCBI."""
    citations = list(make_citations(10))
    path = tmp_path / "a.xml"
    path.write_bytes(article_set(citations)[:-200])
    items = read_export(path)
    assert [next(items) for _ in range(9)] == citations[:9]
    with pytest.raises(CutOffError, match=r"a\.xml: the body ends in the middle"):
        next(items)


def test_the_wholes_are_not_empty() -> None:
    """The round trips above compare fields that invented citations fill."""
    blank = Citation("1")
    citations = list(make_citations(400))
    for name in (WHOLE_IN_NBIB | WHOLE_IN_RIS) - {"pmid"}:
        assert any(getattr(c, name) != getattr(blank, name) for c in citations), name
