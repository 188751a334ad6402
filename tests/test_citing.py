"""Citations are set as the manuals of the styles say, and every mistake is one line."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as markup

import evidence_tools.cli.exports
from builders import ROOT, record
from evidence_tools.assessment import parse_day
from evidence_tools.bibliography import parse_bibtex
from evidence_tools.cli import main
from evidence_tools.cli.exports import cite, references
from evidence_tools.errors import InputError
from evidence_tools.exports.citable import AUTHORS, TITLE, find_reference, sources_of
from evidence_tools.exports.csl import parse_csl
from evidence_tools.exports.nbib import parse_nbib
from evidence_tools.exports.ris import parse_ris
from evidence_tools.exports.styles import COMMON, Style, load_style, read_style, set_pages
from evidence_tools.references import Reference, reference_of

DAY = "2026-11-21"
for command in (cite, references):
    main.add_command(command)


@pytest.fixture(autouse=True)
def base_read_once(assessment, monkeypatch):
    """The real base, read once for all tests: reading it is tested elsewhere."""

    def assess_base(ctx, as_of, profile):
        parse_day(as_of)
        return assessment

    monkeypatch.setattr(evidence_tools.cli.exports, "assess_base", assess_base)


def run(*arguments: str) -> tuple[int, str, str]:
    """Run ``evidence`` on the real base."""
    result = CliRunner().invoke(main, ["--evidence", str(ROOT / "evidence"), *arguments])
    return result.exit_code, result.stdout, result.stderr


def article(**changes: object) -> Reference:
    """An article whose every field is known."""
    values = {
        "title": "Massage for low-back pain", "journal": "J Test", "year": 2020, "volume": "12",
        "issue": "3", "pages": "1223-1229", "doi": "10.1000/x", "authors": ("Furlan AD", "Xu B"),
    }  # fmt: skip
    return reference_of(record(**{**values, **changes}))


EIGHT = tuple(f"Family{letter} {letter}B" for letter in "ABCDEFGH")
SET = [
    ("vancouver", {}, ("Furlan AD, Xu B. Massage for low-back pain. J Test. 2020;12(3):1223–9. "
     "doi:10.1000/x")),
    ("ama", {}, ("Furlan AD, Xu B. Massage for low-back pain. J Test. 2020;12(3):1223-1229. "
     "doi:10.1000/x")),
    ("apa", {}, ("Furlan, A. D., & Xu, B. (2020). Massage for low-back pain. J Test, 12(3), "
     "1223–1229. https://doi.org/10.1000/x")),
    ("vancouver", {"authors": EIGHT, "pmid": "1", "pmcid": "PMC123"},
     ("FamilyA AB, FamilyB BB, FamilyC CB, FamilyD DB, FamilyE EB, FamilyF FB, et al. Massage for "
     "low-back pain. J Test. 2020;12(3):1223–9. doi:10.1000/x PubMed PMID: 1; PubMed Central "
     "PMCID: PMC123.")),
    ("ama", {"authors": EIGHT}, ("FamilyA AB, FamilyB BB, FamilyC CB, et al. Massage for low-back "
     "pain. J Test. 2020;12(3):1223-1229. doi:10.1000/x")),
    ("apa", {"authors": EIGHT[:3]}, ("FamilyA, A. B., FamilyB, B. B., & FamilyC, C. B. (2020). "
     "Massage for low-back pain. J Test, 12(3), 1223–1229. https://doi.org/10.1000/x")),
    # Cochrane: the article's number, and no page.
    ("vancouver", {"pages": "CD001929", "volume": None, "issue": "9"},
     "Furlan AD, Xu B. Massage for low-back pain. J Test. 2020;(9):CD001929. doi:10.1000/x"),
    ("apa", {"pages": "CD001929"}, ("Furlan, A. D., & Xu, B. (2020). Massage for low-back pain. "
     "J Test, 12(3), Article CD001929. https://doi.org/10.1000/x")),
    # The engine makes 1–2 of these pages.
    ("vancouver", {"pages": "1-12"}, ("Furlan AD, Xu B. Massage for low-back pain. J Test. "
     "2020;12(3):1–12. doi:10.1000/x")),
    # A body, a suffix, authors not named, a particle.
    ("apa", {"authors": ("World Health Organization",)}, ("World Health Organization. (2020). "
     "Massage for low-back pain. J Test, 12(3), 1223–1229. https://doi.org/10.1000/x")),
    ("vancouver", {"authors": ("Koc TA Jr", "van der Berg AB")}, ("Koc TA Jr, van der Berg AB. "
     "Massage for low-back pain. J Test. 2020;12(3):1223–9. doi:10.1000/x")),
    ("vancouver", {"authors": ("Gupta S", "et al.")}, ("Gupta S, et al. Massage for low-back pain. "
     "J Test. 2020;12(3):1223–9. doi:10.1000/x")),
    ("apa", {"authors": ("Gupta S", "et al.")}, ("Gupta, S., et al. (2020). Massage for low-back "
     "pain. J Test, 12(3), 1223–1229. https://doi.org/10.1000/x")),
    # The engine sets a title twice where it stands in for authors, and a stop after a question.
    ("ama", {"authors": (), "title": "Does it help?"}, ("Does it help? J Test. "
     "2020;12(3):1223-1229. doi:10.1000/x")),
    ("apa", {"authors": (), "title": "J Test"}, ("J Test. (2020). J Test, 12(3), 1223–1229. "
     "https://doi.org/10.1000/x")),
    ("vancouver", {"authors": (), "title": "J Test"}, ("J Test. J Test. 2020;12(3):1223–9. "
     "doi:10.1000/x")),
    # What nobody saw is not set.
    ("vancouver", {"from_memory": ("year", "pages: last page", "authors: initials")},
     "Massage for low-back pain. J Test. 12(3). doi:10.1000/x"),
    ("vancouver", {"retraction": "retracted"}, ("Furlan AD, Xu B. Massage for low-back pain. "
     "J Test. 2020;12(3):1223–9. doi:10.1000/x [Retracted publication]")),
    # A guideline of a body is a report of that body.
    ("vancouver", {"design": "guideline", "journal": "NICE guideline NG59", "volume": None,
                   "issue": None, "pages": None, "doi": None,
                   "authors": ("National Institute for Health and Care Excellence",)},
     ("National Institute for Health and Care Excellence. Massage for low-back pain. "
     "NICE guideline NG59; 2020.")),
]  # fmt: skip


@pytest.mark.parametrize(("style", "changes", "wanted"), SET)
def test_references_are_set_as_the_manuals_say(style, changes, wanted):
    """ICMJE/NLM, APA 7 and AMA 11, on what their engines are known to get wrong."""
    assert load_style(style).render([article(**changes)]) == [wanted]


def test_html_marks_up_what_the_style_says_and_nothing_of_a_text():
    """Italics by the style; markup in a title is text; ampersands are written as such."""
    one = article(title='<b>A</b> & <script>alert(1)</script> "x"?', journal="J <i>Test</i>")
    assert load_style("apa").render([one], html=True) == [
        (
            "Furlan, A. D., &amp; Xu, B. (2020). &lt;b&gt;A&lt;/b&gt; &amp; &lt;script&gt;alert(1)"
            '&lt;/script&gt; "x"? <i>J &lt;i&gt;Test&lt;/i&gt;</i>, <i>12</i>(3), 1223–1229. '
            "https://doi.org/10.1000/x"
        )
    ]


odd = st.text(alphabet=st.sampled_from("abC 1<>&\"'{}\\%./?!αé=@\ue000\ue003"), min_size=1,
              max_size=20).filter(str.strip)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(title=odd, journal=odd, style=st.sampled_from(sorted(COMMON)))
def test_no_text_can_become_markup(title, journal, style):
    """Whatever a title holds, only the style's own italics are elements."""
    one = article(title=title, journal=journal)
    text = load_style(style).render([one], html=True)[0]
    tree = markup.fromstring(f"<div>{text}</div>")
    assert {element.tag for element in tree.iter()} <= {"div", "i"}
    letters = "".join(title.split())
    assert letters[:3].rstrip(".?!").casefold() in "".join(tree.text_content().split()).casefold()


@pytest.mark.parametrize(
    ("pages", "form", "wanted"),
    [
        ("1-12", "minimal", "1–12"),
        ("106-116", "minimal", "106–16"),
        ("92-102", "minimal", "92–102"),
        ("e490-e496", "minimal", "e490–6"),
        ("1223-9", "expanded", "1223–1229"),
        ("101-108", "chicago", "101–8"),
        ("100-104", "chicago", "100–104"),
        ("321-328", "minimal-two", "321–28"),
        ("CPG1-CPG60", "expanded", "CPG1–CPG60"),
        ("CD001929", "minimal", "CD001929"),
        ("978-92-4", "minimal", "978-92-4"),
        ("1223-1229", None, "1223–1229"),
    ],
)
def test_pages_are_shortened_as_each_style_wants(pages, form, wanted):
    """A last page never loses a digit that tells it."""
    assert set_pages(pages, form) == wanted


def test_a_list_stands_in_the_order_of_the_style():
    """APA by author; Vancouver as cited."""
    two = [article(authors=("Zeta A",)), reference_of(record("b2020", authors=("Alpha B",)))]
    assert [line[:4] for line in load_style("apa").render(two)] == ["Alph", "Zeta"]
    assert [line[:4] for line in load_style("vancouver").render(two)] == ["Zeta", "Alph"]
    assert (load_style("vancouver").numbered, load_style("apa").numbered) == (True, False)


def test_every_source_can_be_set_in_every_style(base):
    """No source is lost, and none is set as nothing or with the seams of its parts showing."""
    found = [reference_of(one) for one in base.records.values()]
    sources = [one for one in found if one.title]
    for name in ("vancouver", "ama"):
        lines = load_style(name).render(sources)
        assert len(lines) == len(sources)
        for line in lines:
            assert len(line) > 20
            assert not any(seam in line for seam in ("..", " ,", " .", "?.", "None", ",,")), line


def test_the_matrix_its_questions_claims_and_cells_can_be_cited(assessment):
    """Authors, version and day of the register, and the place in the site."""
    whole = find_reference(assessment, "all")
    assert load_style("vancouver").render([whole]) == [
        (
            f"{AUTHORS}. {TITLE} (version 0.1.0, as of 2026-11-21) [Internet]. evidence-tools; "
            "2026 [cited 2026 Nov 21]. Available from: index.html"
        )
    ]
    question = find_reference(assessment, "low-back-pain", "https://example.org/matrix/")
    asked = assessment.base.questions["low-back-pain"].question
    assert load_style("apa").render([question]) == [
        (
            f"{AUTHORS}. (2026). {asked} (version 0.1.0, as of 2026-11-21). In {TITLE}. "
            "https://example.org/matrix/questions/low-back-pain.html"
        )
    ]
    claim = find_reference(assessment, "d001-016")
    assert (claim.key, claim.url) == ("evidence-d001-016", "documents/001.html#d001-016")
    assert claim.title == (
        f"Verdict on claim d001-016: {assessment.base.claims['d001-016'].proposition}"
    )
    cell = find_reference(assessment, "low-back-pain/001")
    assert (cell.key, cell.url) == ("evidence-low-back-pain-001", "matrix.html#low-back-pain")
    assert "of document 001)" in cell.title
    assert {one.date for one in (whole, question, claim, cell)} == {dt.date(2026, 11, 21)}


def test_title_and_authors_are_those_of_the_citation_file():
    """CITATION.cff and the register name the same work."""
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f'title: "{TITLE}"' in text
    assert f'name: "{AUTHORS}"' in text


def test_a_questions_sources_are_those_that_its_appraisal_cites(assessment):
    """For, against and basis, each once, by key; all: every verified source."""
    appraisal = assessment.appraisals["low-back-pain"]
    cited = {a.partition(":")[0] for a in (*appraisal.findings_for, *appraisal.findings_against)}
    keys = [one.key for one in sources_of(assessment, "low-back-pain")]
    assert keys == sorted(set(keys))
    assert cited <= set(keys)
    assert len(sources_of(assessment, "all")) == len(assessment.base.verified_records)


@pytest.mark.parametrize("kind", ["text", "html", "bibtex", "csl", "ris", "nbib"])
@pytest.mark.parametrize("identifier", ["furlan2015", "low-back-pain", "d001-016", "all",
                                        "low-back-pain/001"])  # fmt: skip
def test_cite_answers_in_every_format(identifier, kind):
    """What it prints is read back as the same reference."""
    status, out, err = run("cite", identifier, "--format", kind, "--as-of", DAY)
    assert (status, err) == (0, "")
    reader = {"bibtex": parse_bibtex, "csl": parse_csl, "ris": parse_ris, "nbib": parse_nbib}
    if kind in reader:
        assert [one.key for one in reader[kind](out)] == [
            identifier if identifier == "furlan2015"
            else "evidence-matrix" if identifier == "all"
            else f"evidence-{identifier.replace('/', '-')}"
        ]  # fmt: skip
    else:
        assert len(out.splitlines()) == 1
        assert "2015" in out or "2026" in out


@pytest.mark.parametrize("kind", ["bib", "csl", "ris", "nbib", "text", "html"])
def test_references_answers_in_every_format(kind):
    """Data to stdout, the count to stderr."""
    status, out, err = run("references", "low-back-pain", "--format", kind, "--as-of", DAY)
    count = int(err.split()[0])
    assert status == 0
    assert count >= 3
    found = {
        "bib": lambda: len(parse_bibtex(out)),
        "csl": lambda: len(json.loads(out)),
        "ris": lambda: len(parse_ris(out)),
        "nbib": lambda: len(parse_nbib(out)),
        "text": lambda: len(out.splitlines()),
        "html": lambda: out.count("<li>"),
    }
    assert found[kind]() == count


INDEPENDENT = """<style xmlns="http://purl.org/net/xbiblio/csl" class="in-text" version="1.0">
<info><title>Own</title><id>own</id><updated>2026-01-01T00:00:00+00:00</updated></info>
{macro}<citation><layout><text variable="title"/></layout></citation>
<bibliography><layout suffix="."><text {text}/></layout></bibliography></style>"""
OWN = INDEPENDENT.format(macro="", text='variable="title"')


def test_a_style_of_ones_own_is_used(tmp_path):
    """With --style-file, whatever --style says."""
    path = tmp_path / "own.csl"
    path.write_text(OWN, encoding="utf-8")
    assert run("cite", "furlan2015", "--style-file", str(path))[1] == "Massage for low-back pain.\n"


BROKEN = [
    ("<style", "is no XML"),
    ("", "is no XML"),
    ("<html/>", "is no CSL style"),
    (OWN.replace("<bibliography>", "<!--").replace("</bibliography>", "-->"), "bibliography"),
    (OWN.replace('variable="title"/></layout></citation>', 'colour="red"/></layout></citation>'),
     "breaks the rules of CSL in line 3"),
    ('<!DOCTYPE style [<!ENTITY a "b">]>' + OWN, "holds a document type"),
    (OWN.replace("<updated>", '<link href="http://x/styles/apa" rel="independent-parent"/>'
                 "<updated>"), "only points to another style, 'apa'"),
    (INDEPENDENT.format(macro="", text='macro="nowhere"'), "cannot be carried out"),
    (INDEPENDENT.format(macro='<macro name="a"><text macro="a"/></macro>', text='macro="a"'),
     "cannot be carried out (RecursionError"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), BROKEN, ids=lambda v: v[-40:])
def test_a_broken_style_file_is_one_line(text, message, tmp_path):
    """What is wrong with it, and what to do: no traceback, no half of a citation."""
    path = tmp_path / "broken.csl"
    path.write_text(text, encoding="utf-8")
    status, out, err = run("cite", "furlan2015", "--style-file", str(path))
    assert (status, out, len(err.splitlines())) == (2, "", 1)
    assert message in err
    assert "broken.csl" in err


def test_entities_of_a_style_are_never_opened(tmp_path):
    """A style cannot read a file of the machine's, nor grow without end."""
    secret = tmp_path / "secret.txt"
    secret.write_text("SECRET", encoding="utf-8")
    text = f'<!DOCTYPE style [<!ENTITY a SYSTEM "{secret.as_uri()}">]>' + OWN.replace("Own", "&a;")
    with pytest.raises(InputError) as caught:
        Style(text.encode(), "own")
    assert "SECRET" not in str(caught.value)


MISTAKES = [
    (("cite", "furlan2051"), "expected an id such as furlan2015"),
    (("cite", "low-bak-pain"), "low-back-pain"),
    (("cite", "low-back-pain/009"), "nothing has the id 'low-back-pain/009'"),
    (("cite", "zzzzzzzzz"), "a source, question, claim, QUESTION/DOCUMENT, or all"),
    (("cite", "furlan2015", "--style", "vancuver"), "expected vancouver, ama, apa"),
    (
        ("cite", "furlan2015", "--style", "britsh-journal-of-sports-medicine"),
        "british-journal-of-sports-medicine",
    ),
    (("cite", "furlan2015", "--style", "../../secret"), "no style '../../secret'"),
    (("cite", "furlan2015", "--style-file", "/nowhere/at/all.csl"), "cannot be read"),
    (("cite", "furlan2015", "--as-of", "soon"), "YYYY-MM-DD"),
    (("cite", "all", "--site", "javascript:alert(1)"), "expected an address such as https://"),
    (("references", "low-bak-pain"), "low-back-pain"),
    (("references", "low-back-pain", "--format", "text", "--style", "appa"), "no style 'appa'"),
]


@pytest.mark.parametrize(("arguments", "message"), MISTAKES, ids=lambda v: str(v)[:50])
def test_a_mistake_is_one_line_with_what_was_meant(arguments, message):
    """Unknown ids and styles are met with those that look most like them."""
    status, out, err = run(*arguments)
    assert (status, out, len(err.splitlines())) == (2, "", 1)
    assert err.startswith("evidence: ")
    assert message in err


def test_styles_are_found_by_old_names_and_through_those_that_point_elsewhere():
    """The repository renames styles, and thousands of journals share one."""
    one = article()
    assert load_style("nlm").render([one]) == load_style("vancouver").render([one])
    assert load_style("academic-medicine").render([one]) == load_style("ama").render([one])


def test_a_missing_style_file_or_one_too_large_is_refused(tmp_path):
    """Before anything is parsed."""
    large = tmp_path / "large.csl"
    large.write_bytes(b" " * 2_000_001)
    with pytest.raises(InputError, match="too large"):
        read_style(large)
    with pytest.raises(InputError, match="cannot be read"):
        read_style(Path(tmp_path))
