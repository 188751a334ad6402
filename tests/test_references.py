"""Reference files lose nothing: written, read back by another's reader, the same fields again."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import bibtexparser
import pytest
import rispy
from Bio import Medline
from hypothesis import given
from hypothesis import strategies as st

from builders import record
from evidence_tools.bibliography import format_references, parse_bibtex
from evidence_tools.errors import DataError
from evidence_tools.exports.csl import format_csl, parse_csl, to_csl
from evidence_tools.exports.nbib import format_nbib, parse_nbib
from evidence_tools.exports.ris import format_ris, parse_ris
from evidence_tools.names import OTHERS, Name, parse_name
from evidence_tools.references import Kind, Reference, reference_of

FORMATS = {
    "bib": (format_references, parse_bibtex),
    "ris": (format_ris, parse_ris),
    "nbib": (format_nbib, parse_nbib),
    "csl": (format_csl, parse_csl),
}

#: Signs that mean something to one format or another, and letters that none may lose.
ODD = st.sampled_from(
    [*"abcXYZ019 .,:;?!-'\"`{}%&$#_~^\\<>/=@+*|()[]", "é", "ü", "ñ", "ß", "α", "β", "Ω", "µ", "–",
     "—", "’", "“", "²", "中", "é", "<i>", "</i>", "<sub>", "--", "''", "``", "{", "}", "\\",
     "$x$", "\\n", "\\textbf{", "@article{", "ER  - ", "TY  - ", "PMID- ", " and ", "&amp;", "%s",
     "\N{NO-BREAK SPACE}", "https://x.org/?a=1&b=2"]
)  # fmt: skip
texts = st.lists(ODD, min_size=1, max_size=24).map("".join).filter(lambda text: text.strip())
names = st.one_of(
    st.sampled_from(["Furlan AD", "van der Berg AB", "Koc TA Jr", "Folpp", "et al.", "de Bie RA",
                     "Fernández-de-las-Peñas C", "World Health Organization", "O'Brien J-P",
                     "Back Review Group UK", "Body, of two parts, and one more", "Ößterreich Ä"]),
    texts,
)  # fmt: skip


def same(kind: str, references: list[Reference]) -> None:
    """Written and read back, the references are the same."""
    write, read = FORMATS[kind]
    back = {one.key: one for one in read(write(references))}
    assert back == {one.key: one for one in references}


@pytest.mark.parametrize("kind", FORMATS)
def test_every_source_of_the_evidence_base_comes_back(base, kind):
    """Nothing is lost in any format, and no source is left out."""
    references = [reference_of(one) for one in base.records.values()]
    assert len(references) >= 380
    same(kind, references)


@pytest.mark.parametrize("kind", FORMATS)
@given(title=texts, journal=texts, authors=st.lists(names, max_size=4))
def test_odd_texts_come_back(kind, title, journal, authors):
    """Braces, accents, Greek, markup, quotes, percent signs and backslashes are only letters."""
    same(kind, [reference_of(record(title=title, journal=journal, authors=tuple(authors)))])


@pytest.mark.parametrize("kind", FORMATS)
@given(
    pages=st.sampled_from([None, "CD001929", "e1022", "106-116", "CPG1-CPG60", "1-12", "a-b-c"]),
    volume=st.sampled_from([None, "12", "Suppl 1", "12 & 13", "5_A"]),
    issue=st.sampled_from([None, "3", "15-16", "Pt 2"]),
    doi=st.sampled_from([None, "10.1002/14651858.CD001929.pub3", "10.1016/S0004(06)70061-7",
                         "10.1002/x<1::AID-y>3.0.CO;2-#", "10.1000/a_b%x{c}", "10.1000/a{\\b"]),
    pmid=st.sampled_from([None, "1", "26329399"]),
    pmcid=st.sampled_from([None, "PMC4687950"]),
    year=st.sampled_from([None, 1896, 2026]),
    retraction=st.sampled_from(["not checked", "retracted"]),
    design=st.sampled_from(["rct", "report", "guideline"]),
)  # fmt: skip
def test_every_field_comes_back(kind, **values):
    """Ranges, article numbers, Cochrane numbers, parts of issues, identifiers with odd signs."""
    same(kind, [reference_of(record(**values))])


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("what", [Kind.DATASET, Kind.ENTRY])
def test_a_part_of_the_matrix_comes_back(kind, what):
    """With its whole date, version, address and the body that answers for it."""
    import datetime as dt

    one = Reference(
        key="low_back", kind=what, title="Does it help? 50% & more", container="The matrix",
        authors=(Name("The authors, and others", collective=True),), year=2026,
        date=dt.date(2026, 11, 21), version="0.1.0", url="questions/low-back-pain.html#a_b",
    )  # fmt: skip
    same(kind, [one])


@pytest.mark.parametrize("sign", ["\n", "\r", "\t\n", "\u2028", "\x85", "\x00", "\x1f"])
def test_a_line_end_in_a_title_is_refused(sign):
    """It would break every line-based format: one line says which record and what to do."""
    with pytest.raises(DataError) as caught:
        reference_of(record(title=f"Massage{sign}for pain"))
    assert str(caught.value).startswith("smith2020.title: holds a character that cannot stand")


def test_what_is_from_memory_leaves_in_no_format():
    """Nobody cites what nobody saw."""
    one = record(
        title="Secret title", authors=("Hidden H",), pmid="7654321", year=1999, volume="77",
        from_memory=("authors: first author only", "pmid", "year", "title", "volume"),
    )  # fmt: skip
    for write, _ in FORMATS.values():
        text = write([reference_of(one)])
        for secret in ("Secret", "Hidden", "7654321", "1999", "77"):
            assert secret not in text
    assert reference_of(record(from_memory=("all fields",))) == Reference("smith2020")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("van der Berg AB", Name("van der Berg", "A. B.")),
        ("Koc TA Jr", Name("Koc", "T. A.", "Jr")),
        ("O'Brien J-P", Name("O'Brien", "J.-P.")),
        ("Folpp", Name("Folpp")),
        ("World Health Organization", Name("World Health Organization", collective=True)),
        ("Back Review Group UK", Name("Back Review Group UK", collective=True)),
        ("et al.", OTHERS),
    ],
)
def test_persons_and_bodies_are_told_apart(text, wanted):
    """A name as PubMed writes it, in parts; and back."""
    assert parse_name(text) == wanted
    assert str(wanted).replace("-", "") == text.replace("-", "")


def test_bibtex_keeps_the_conventions_of_zotero_and_jabref():
    """Bodies in double braces, suffixes in the middle, capitals that are meant protected."""
    text = format_references([
        reference_of(record(
            title="Effect of Swedish massage on DOMS in the McKenzie trial",
            authors=("World Health Organization",),
        )),
        reference_of(record("koc2023", title="The Effect of Manual Therapy on Back Pain and DOMS",
                            authors=("Koc TA Jr", "et al."), pages="CPG1-CPG60")),
        reference_of(record("furlan2015", doi="10.1002/14651858.CD001929.pub3",
                            pages="CD001929")),
    ])  # fmt: skip
    for line in (
        "author = {{World Health Organization}}",
        "title = {Effect of {Swedish} massage on {DOMS} in the {McKenzie} trial}",
        "author = {Koc, Jr, T. A. and others}",
        "title = {The Effect of Manual Therapy on Back Pain and {DOMS}}",
        "pages = {CPG1--CPG60}",
        "pages = {CD001929}",
        "cochrane = {CD001929.pub3}",
    ):
        assert f"  {line},\n" in text


def test_a_file_of_another_program_is_read():
    """Zotero's and JabRef's habits: accents in TeX, eid, journaltitle, given names first."""
    found = parse_bibtex(
        r"""@Article{mueller2020,
  author       = {J\"urgen M{\"u}ller and {De Groef}, An and {{The Group}}},
  title        = {{$\alpha$}-blockers \& {DOMS}: ``quoted'' --- a trial},
  journaltitle = {J. Test},
  date         = {2020-05},
  eid          = {e1022},
  issue        = {3},
}"""
    )
    assert found == (
        Reference(
            "mueller2020", title="α-blockers & DOMS: “quoted” — a trial", container="J. Test",
            authors=(Name("Müller", "Jürgen"), Name("De Groef", "An"),
                     Name("The Group", collective=True)),
            year=2020, issue="3", pages="e1022",
        ),
    )  # fmt: skip


def test_ris_is_read_by_rispy_with_the_tags_that_others_use():
    """Key in ID, journal in T2, PMID in AN, article number in SP alone."""
    one = record("furlan2015", pmid="26329399", pages="CD001929", issue="9",
                 authors=("Furlan AD", "World Health Organization"))  # fmt: skip
    entry = rispy.loads(format_ris([reference_of(one)]))[0]
    assert entry == {
        "type_of_reference": "JOUR", "id": "furlan2015",
        "authors": ["Furlan, A. D.", "World Health Organization"],
        "title": "Massage for back pain (furlan2015)", "secondary_title": "J Test",
        "year": "2020", "number": "9", "start_page": "CD001929", "doi": "10.1000/furlan2015",
        "accession_number": "26329399", "name_of_database": "PubMed",
        "urls": ["https://doi.org/10.1000/furlan2015"], "keywords": ["meta-analysis"],
    }  # fmt: skip


def test_medline_is_read_by_biopython_and_begins_with_a_pmid():
    """Long titles are wrapped, bodies stand in CN, full names in FAU."""
    long = "Massage therapy for acute and chronic low back pain in adults " * 3
    text = format_nbib([
        reference_of(record("alpha2000")),
        reference_of(record("zeta2020", pmid="26329399", title=long,
                            authors=("Furlan AD", "World Health Organization", "Koc TA Jr"))),
    ])  # fmt: skip
    assert text.startswith("PMID- 26329399\n")
    assert max(len(line) for line in text.splitlines()) <= 88
    first, second = Medline.parse(text.splitlines(keepends=True))
    assert (first["TI"], first["AU"], first["FAU"], first["CN"], first["TA"], first["DP"]) == (
        long.strip(), ["Furlan AD", "Koc TA Jr"], ["Furlan, A D", "Koc, T A Jr"],
        ["World Health Organization"], "J Test", "2020",
    )  # fmt: skip
    assert "PMID" not in second


def test_csl_json_holds_what_processors_ask_for():
    """Types, date parts, names in parts, identifiers by their CSL names."""
    one = record(pmid="1", pages="106-116", volume="5", issue="2", authors=("de Bie RA",))
    assert to_csl(reference_of(one)) == {
        "id": "smith2020", "type": "article-journal", "title": "Massage for back pain (smith2020)",
        "author": [{"family": "de Bie", "given": "R. A."}], "container-title": "J Test",
        "issued": {"date-parts": [[2020]]}, "volume": "5", "issue": "2", "page": "106-116",
        "DOI": "10.1000/smith2020", "PMID": "1", "URL": "https://doi.org/10.1000/smith2020",
        "keyword": "meta-analysis",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        (parse_bibtex, "@article{a, title = {x}", "references.bib:1: an entry cannot be parsed"),
        (parse_bibtex, "@misc{a, title={x}}\n@misc{a, title={y}}", "references.bib:2: an entry"),
        (parse_ris, "TY  - JOUR\nTI  - x\n", "RIS: 1 references begin and 0 end"),
        (parse_ris, "hello\n", "RIS: 0 references begin and 0 end"),
        (parse_nbib, "hello\n", "nbib: no reference stands in it"),
        (parse_csl, "[{]", "CSL-JSON:1: broken JSON"),
        (parse_csl, "{}", "CSL-JSON: is no list of items"),
        (parse_csl, '[{"title": "x"}]', "CSL-JSON[0]: an item has no id"),
        (parse_csl, '[{"id": "a", "author": ["x"]}]', "CSL-JSON[0]: item 'a': a date or a name"),
        (parse_csl, '[{"id": "a", "issued": {"date-parts": [["soon"]]}}]', "CSL-JSON[0]: item 'a'"),
    ],
)
def test_a_broken_file_is_one_line(read, text, message):
    """Where, what, and what was expected."""
    with pytest.raises(DataError) as caught:
        read(text)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("kind", FORMATS)
def test_an_empty_list_is_an_empty_file(kind):
    """Nothing in, nothing out, no error."""
    write, read = FORMATS[kind]
    assert read(write([])) == ()


def folded(text: str | None) -> str:
    """Text without what programs set in their own way: quotes, dashes, capitals, blanks."""
    plain = (text or "").casefold()
    for marks, one in (("“”\"'’‘", '"'), ("–—", "-")):
        for mark in marks:
            plain = plain.replace(mark, one)
    while "--" in plain:
        plain = plain.replace("--", "-")
    return " ".join(plain.split())


#: CI installs pandoc: there its absence is a failure.
needs_pandoc = pytest.mark.skipif(
    shutil.which("pandoc") is None and not os.environ.get("CI"),
    reason="pandoc is not installed here (apt-get install pandoc)",
)


@needs_pandoc
def test_pandoc_reads_every_reference(base, tmp_path):
    """The same titles, authors, pages, years and identifiers, by another program's reader."""
    references = [reference_of(one) for one in base.records.values()]
    (tmp_path / "all.bib").write_text(format_references(references), encoding="utf-8")
    done = subprocess.run(
        ["pandoc", "-f", "biblatex", "-t", "csljson", "all.bib"],
        cwd=tmp_path, capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    found = {item["id"]: item for item in json.loads(done.stdout)}
    assert set(found) == {one.key for one in references}
    for one in references:
        theirs, ours = found[one.key], to_csl(one)
        assert folded(theirs.get("title")) == folded(one.title), one.key
        assert len(theirs.get("author", [])) == len(one.authors), one.key
        for name, written in zip(one.authors, theirs.get("author", []), strict=True):
            particle = written.get("dropping-particle", written.get("non-dropping-particle", ""))
            last = written.get("literal") or f"{particle} {written['family']}".strip()
            assert folded(last) == folded("others" if name == OTHERS else name.family), one.key
            assert written.get("given", "") == name.given, one.key
        for field in ("issue", "volume", "DOI", "PMID", "PMCID", "issued"):
            assert theirs.get(field) == ours.get(field), (one.key, field)
        assert folded(theirs.get("page")) == folded(one.pages), one.key


@needs_pandoc
def test_pandoc_reads_csl_json_and_gives_it_back(base, tmp_path):
    """Ids, types, authors, pages and identifiers stand as we wrote them."""
    references = [reference_of(one) for one in base.records.values()]
    (tmp_path / "all.json").write_text(format_csl(references), encoding="utf-8")
    done = subprocess.run(
        ["pandoc", "-f", "csljson", "-t", "csljson", "all.json"],
        cwd=tmp_path, capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    found = {item["id"]: item for item in json.loads(done.stdout)}
    for one in references:
        theirs, ours = found[one.key], to_csl(one)
        for name in theirs.get("author", []):
            particle = name.pop("non-dropping-particle", name.pop("dropping-particle", ""))
            if particle:
                name["family"] = f"{particle} {name['family']}"
            name["family"] = name.get("family", "").replace("’", "'")
            if "literal" in name:
                del name["family"]
        for field in ("type", "author", "issued", "volume", "issue", "page", "DOI", "PMID"):
            assert theirs.get(field, []) == ours.get(field, []), (one.key, field)


@pytest.mark.skipif(
    shutil.which("ris2xml") is None and not os.environ.get("CI"),
    reason="bibutils is not installed here (apt-get install bibutils)",
)
def test_bibutils_reads_every_reference(base):
    """RIS → MODS → BibTeX by bibutils keeps keys, years, DOIs and the number of authors."""
    references = [reference_of(one) for one in base.records.values()]
    mods = subprocess.run(
        ["ris2xml", "-i", "utf8", "-u"], input=format_ris(references).encode(),
        capture_output=True, check=True, timeout=120,
    ).stdout  # fmt: skip
    bib = subprocess.run(
        ["xml2bib", "-i", "utf8", "-o", "utf8", "-nl", "-nb"], input=mods, capture_output=True,
        check=True, timeout=120,
    ).stdout.decode("utf-8-sig")  # fmt: skip
    found = {}
    for entry in bibtexparser.parse_string(bib).entries:
        found[entry.key] = {field.key.lower(): str(field.value) for field in entry.fields}
    assert set(found) == {one.key for one in references}
    for one in references:
        theirs = found[one.key]
        assert theirs.get("doi") == one.doi, one.key
        assert theirs.get("year") == (str(one.year) if one.year else None), one.key
        # Bibutils takes a body for a person, and two authors who are written alike for one.
        if any(name.collective for name in one.authors):
            continue
        authors = [author for author in theirs.get("author", "").split("\nand ") if author]
        assert len(authors) == len(set(one.authors)), one.key
