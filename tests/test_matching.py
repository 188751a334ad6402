"""A query over a stored citation answers as PubMed would, or says that we cannot know."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence_tools.literature.citations import (
    AbstractSection,
    Accession,
    Author,
    Citation,
    Grant,
    Journal,
    Link,
    LinkKind,
    MeshHeading,
    Qualifier,
    Substance,
)
from evidence_tools.literature.folding import fold
from evidence_tools.literature.mesh import Descriptor, MeshTree
from evidence_tools.literature.query import (
    And,
    Answer,
    Not,
    Or,
    Query,
    Term,
    compile_matcher,
    compile_matchers,
    evaluate,
    limits,
    parse_query,
)
from evidence_tools.literature.query.headings import PUBLICATION_TYPES, SUBHEADINGS
from evidence_tools.literature.strategy import compile_query
from evidence_tools.testing.pubmed import make_citations

NO, UNKNOWN, YES = Answer.NO, Answer.UNKNOWN, Answer.YES


def article(**changes: Any) -> Citation:
    """An indexed trial with something in every field; nobody wrote it."""
    values = {
        "pmid": "90000007",
        "status": "MEDLINE",
        "title": "Low-back pain and β-endorphin after Röntgen-guided massage: a trial.",
        "vernacular_title": "Massage bei Kreuzschmerz.",
        "abstract": (
            AbstractSection("Patients with chronic pain of the neck were treated.", "AIM"),
            AbstractSection("Raynaud's disease was excluded (n=12). Nobody got worse."),
        ),
        "other_abstracts": (AbstractSection("Les patients étaient traités."),),
        "authors": (
            Author(last="O'Brien", fore="Jane Carol", initials="JC", suffix="Jr",
                   affiliations=("Clinic of Massage, Ulm, Germany", "Institute of Pain, Bonn")),
            Author(last="Müller", fore="Karl", initials="K", orcid="0000-0001-2345-6789"),
            Author(collective="Ulm Massage Group"),
        ),
        "journal": Journal(
            title="The journal of invented pain (Ulm, Germany)", iso="J. Inv. Pain",
            medline_ta="J Inv Pain", nlm_id="9912345", issn="1234-5678",
        ),
        "volume": "12", "issue": "3", "pages": "101-9",
        "published": "2020-03", "published_electronic": "2019-12-15",
        "entrez_date": "2019-12-17", "mesh_date": "2020-06-01", "completed": "2020-06-02",
        "revised": "2021-01-05",
        "languages": ("eng", "ger"),
        "publication_types": ("Journal Article", "Randomized Controlled Trial"),
        "mesh": (
            MeshHeading("Humans", ui="D006801"),
            MeshHeading("Low Back Pain", ui="D017116", qualifiers=(
                Qualifier("therapy", major=True), Qualifier("prevention & control"))),
            MeshHeading("Massage", ui="D008405", major=True, qualifiers=(
                Qualifier("adverse effects"),)),
        ),
        "keywords": ("trigger point release", "touch"),
        "substances": (Substance("beta-Endorphin", "60617-12-1", "D001618"),),
        "grants": (Grant("R01 AT000001", "NCCIH NIH HHS", "AT", "United States"),),
        "accessions": (Accession("ClinicalTrials.gov", "NCT09000001"),),
        "conflict_of_interest": "One author owns a table.",
        "links": (Link(LinkKind.COMMENT_IN, "J Inv Pain. 2021;1:1", note="a noted comment"),),
        "doi": "10.9999/inv.2020.7", "pmcid": "PMC9000007", "pii": "S0000-7",
        "country": "Germany",
    }  # fmt: skip
    return Citation(**{**values, **changes})


ASKED = [
    # Words: case, accents, hyphens, signs and Greek letters make no difference; endings do.
    ("low back pain[ti]", YES), ("LOW-BACK-PAIN[ti]", YES), ('"back pain"[ti]', YES),
    ("rontgen[ti]", YES), ("Röntgen guided[ti]", YES), ("beta endorphin[ti]", YES),
    ("β-endorphin[ti]", YES), ("raynaud's[tiab]", YES), ("raynauds[tiab]", NO),
    ("massages[ti]", NO), ("massag[ti]", NO), ("massag*[ti]", YES),
    ("low back pain*[ti]", YES), ("back massag*[ti]", NO), ("essage*[ti]", NO),
    # Where words stand.
    ("neck[ti]", NO), ("neck[ab]", YES), ("neck[tiab]", YES), ("pain of the neck[tiab]", YES),
    ("touch[ti]", NO), ("touch[ot]", YES), ("touch[tiab]", YES), ("aim[tiab]", YES),
    ("etaient traites[tiab]", YES), ("kreuzschmerz[tiab]", NO), ("kreuzschmerz[tt]", YES),
    ("a trial patients[tiab]", NO), ("trial aim[tiab]", NO), ("release touch[tiab]", NO),
    ("humans[tiab]", NO), ("humans[tw]", YES), ("randomized controlled trial[tw]", YES),
    ("prevention control[tw]", YES), ("ulm massage group[tw]", YES), ("noted comment[tw]", YES),
    ("NCT09000001[tw]", YES), ("beta endorphin[nm]", YES), ("bonn[tw]", NO), ("bonn[ad]", YES),
    ('"bonn"[all]', YES), ('"J Inv Pain"[all]', YES), ('"cardiology"[all]', NO),
    ("owns a table[cois]", YES), ("nccih[gr]", YES), ("R01 AT000001[gr]", YES),
    # Terms without a field: found as typed is sure, the rest is PubMed's mapping.
    ("massage", YES), ("low back pain", YES), ("cardiology", UNKNOWN), ("90000007", YES),
    # Near each other, in any order.
    ('"endorphin pain"[ti:~1]', NO), ('"endorphin pain"[ti:~2]', YES),
    ('"pain endorphin"[ti:~2]', YES), ('"back low"[ti:~0]', YES), ('"low pain"[ti:~0]', NO),
    ('"pain low back"[ti:~0]', YES), ('"massage pain low"[ti:~5]', NO),
    ('"massage pain low"[ti:~6]', YES), ('"pain pain"[tiab:~50]', NO),
    ('"massage clinic"[ad:~1]', YES), ('"massage bonn"[ad:~99]', NO),
    # Headings.
    ("low back pain[mh:noexp]", YES), ("pain[mh:noexp]", NO), ("massage[mh]", YES),
    ("pain[mh]", UNKNOWN), ("massage[majr]", YES), ("low back pain[majr:noexp]", YES),
    ("humans[majr:noexp]", NO), ("massag*[mh]", YES), ("neck*[mh]", NO),
    ("massage/adverse effects[mh]", YES), ("massage/ae[mh:noexp]", YES),
    ("massage/therapy[mh:noexp]", NO), ("low back pain/therapy[majr:noexp]", YES),
    ('"low back pain/prevention and control"[majr:noexp]', NO),
    ('"low back pain/prevention & control"[mh]', YES), ("adverse effects[sh]", YES),
    ("ae[sh]", YES), ("therapeutic use[sh]", YES), ("therapeutic use[sh:noexp]", NO),
    ("drug therapy[sh]", NO), ("metabolism[sh]", UNKNOWN), ("metabolism[sh:noexp]", NO),
    # Publication types and what lies above them.
    ("randomized controlled trial[pt]", YES), ("clinical trial[pt]", YES),
    ("controlled clinical trial[pt]", YES), ("clinical trial[pt:noexp]", NO),
    ("review[pt]", NO), ("invented type[pt]", UNKNOWN), ("random*[pt]", YES),
    # Days: print, electronic, entry, indexing.
    ("2020[dp]", YES), ("2020/03[dp]", YES), ("2020/04[dp]", NO), ("2019[dp]", YES),
    ("2019/12/15[dp]", YES), ("2018:2019[dp]", YES), ("2021:3000[dp]", NO),
    ("2019/12/17[edat]", YES), ("2019/12/18:2020[edat]", NO), ("2020/06[mhda]", YES),
    ("2020/06/02[dcom]", YES), ("2021[lr]", YES), ("2019[ppdat]", NO), ("2019/12[epdat]", YES),
    ("2019[crdt]", UNKNOWN),
    # People.
    ("o'brien[au]", YES), ("o'brien j[au]", YES), ("o'brien jc[au]", YES),
    ("o'brien jc jr[au]", YES), ("o'brien k[au]", NO), ('"o\'brien j"[au]', NO),
    ('"o\'brien jc jr"[au]', YES), ("brien[au]", NO), ("muller k[au]", YES), ("mull*[au]", YES),
    ("jane carol o'brien[fau]", YES), ("o'brien jane[au]", YES), ("o'brien[1au]", YES),
    ("muller[1au]", NO), ("muller[lastau]", YES), ("ulm massage group[cn]", YES),
    ("0000-0001-2345-6789[auid]", YES),
    # Journal, place, numbers.
    ("J Inv Pain[ta]", YES), ("j inv pain[journal]", YES), ("1234-5678[ta]", YES),
    ("journal of invented pain[ta]", YES), ("pain[ta]", NO), ("9912345[jid]", YES),
    ("12[vi] AND 3[ip] AND 101[pg]", YES), ("109[pg]", NO), ("germany[pl]", YES),
    ("10.9999/inv.2020.7[aid]", YES), ("S0000-7[lid]", YES), ("60617-12-1[rn]", YES),
    ("NCT09000001[si]", YES), ("90000007[pmid]", YES), ("90000008[pmid]", NO),
    ("english[la]", YES), ("ger[la]", YES), ("french[la]", NO), ("varmus h[ps]", UNKNOWN),
    # Filters.
    ("medline[sb]", YES), ("inprocess[sb]", NO), ("all[sb]", YES), ("hasabstract", YES),
    ("hasabstract[text]", YES), ("humans[filter]", YES), ("english[filter]", YES),
    ("german[filter]", YES), ("french[filter]", NO), ("free full text[sb]", UNKNOWN),
    ("pubmed pmc[sb]", YES), ("systematic[sb]", NO), ("Therapy/Narrow[filter]", YES),
    ("Therapy/Broad[filter]", YES),
    # Together.
    ("massage[ti] NOT neck[ti]", YES), ("massage[ti] NOT low back pain[mh]", NO),
    ("massage[ti] NOT pain[mh]", UNKNOWN), ("cardiology[ti] NOT pain[mh]", NO),
    ("pain[mh] OR massage[ti]", YES), ("pain[mh] AND cardiology[ti]", NO),
    ("massage[ti] NOT (animals[mh] NOT humans[mh])", YES),
]  # fmt: skip


@pytest.mark.parametrize(("text", "answer"), ASKED)
def test_an_indexed_citation_answers_as_pubmed_would(text, answer):
    """Field by field, as the PubMed User Guide describes them."""
    assert evaluate(parse_query(text), article()) is answer


THIN = article(
    status=None, abstract=(), other_abstracts=(), keywords=(), mesh=(), languages=(),
    journal=Journal(title="The journal of invented pain"), published="2020",
    published_electronic=None, entrez_date=None, mesh_date=None, completed=None, revised=None,
    publication_types=("Randomized Controlled Trial",), authors=(Author(last="O'Brien"),),
)  # fmt: skip

ASKED_THIN = [
    ("low back pain[ti]", YES), ("neck[ti]", NO), ("low back pain[tiab]", YES),
    ("neck[tiab]", UNKNOWN), ("neck[tw]", UNKNOWN), ('"neck"[all]', UNKNOWN),
    ("massage[mh]", UNKNOWN), ("cardiology[mh:noexp]", UNKNOWN), ("massag*[mh]", UNKNOWN),
    ("therapy[sh]", UNKNOWN), ("massage/ae[mh]", UNKNOWN), ("massage[majr]", UNKNOWN),
    ("randomized controlled trial[pt]", YES), ("review[pt]", UNKNOWN),
    ("english[la]", UNKNOWN), ("muller k[au]", UNKNOWN), ("o'brien[au]", YES),
    ("J Inv Pain[ta]", UNKNOWN), ("2020[dp]", YES), ("2020/03[dp]", UNKNOWN),
    ("2019[dp]", UNKNOWN), ("2017[dp]", NO), ("2022:3000[dp]", NO), ("2020[edat]", UNKNOWN),
    ("medline[sb]", UNKNOWN), ("hasabstract", UNKNOWN), ("90000007[pmid]", YES),
    ("90000008[pmid]", NO), ("all[sb]", YES), ('"massage neck"[tiab:~3]', UNKNOWN),
]  # fmt: skip


@pytest.mark.parametrize(("text", "answer"), ASKED_THIN)
def test_what_a_record_of_ours_lacks_stays_open(text, answer):
    """A citation without status did not come from PubMed in full: a miss there is no no."""
    assert evaluate(parse_query(text), THIN) is answer


NOT_INDEXED = article(status="Publisher", mesh=(), publication_types=("Journal Article",))


@pytest.mark.parametrize(
    ("text", "answer"),
    [("pain[mh]", NO), ("therapy[sh]", NO), ("massage[ti] NOT (animals[mh] NOT humans[mh])", YES)],
)
def test_a_citation_that_pubmed_has_not_indexed_has_no_heading(text, answer):
    """Then an exploded heading is decided: PubMed does not find it either."""
    assert evaluate(parse_query(text), NOT_INDEXED) is answer


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"publication_types": ("Systematic Review",)}, YES),
        ({"journal": Journal(medline_ta="Cochrane Database Syst Rev"),
          "publication_types": ("Review",)}, YES),
        ({"status": "Publisher", "title": "Massage: a systematic review."}, YES),
        ({"status": "Publisher", "title": "Massage: a systematic review protocol."}, NO),
        ({"status": "Publisher", "title": "Massage: protocol of a systematic review."}, NO),
        ({"status": "MEDLINE", "title": "Massage: a systematic review."}, NO),
        ({"status": "Publisher", "title": "A systematic review.",
          "publication_types": ("Comment",)}, NO),
        ({"publication_types": ("Meta-Analysis",)}, NO),
    ],
)  # fmt: skip
def test_systematic_is_nlms_published_strategy(changes, answer):
    """The type; Cochrane's reviews; titles of what is not indexed, but no protocols or comments."""
    assert evaluate(parse_query("systematic[sb]"), article(**changes)) is answer


@pytest.mark.parametrize(
    ("changes", "text", "answer"),
    [
        ({"published": "2015", "medline_date": "2015 Sep-Oct"}, "2015/09:2015/09[ppdat]", YES),
        ({"published": "2015", "medline_date": "2015 Spring"}, "2015/04[ppdat]", YES),
        ({"published": "2015", "medline_date": "Winter 2015"}, "2015/01/01[ppdat]", YES),
        ({"published": "2015"}, "2015/01/01[ppdat]", YES),
        # An electronic date after the printed one counts in ranges only.
        ({"published_electronic": "2020-05-01"}, "2020/05[dp]", NO),
        ({"published_electronic": "2020-05-01"}, "2020/05:2020/06[dp]", YES),
        ({"published": None}, "2019/12[dp]", YES),
        ({"published": None, "published_electronic": None}, "2019[dp]", UNKNOWN),
        ({"mesh_date": None}, "2019/12/17[mhda]", YES),
    ],
)
def test_days_are_pubmeds_days(changes, text, answer):
    """First month of several, the season's month, January where none is named."""
    assert evaluate(parse_query(text), article(**changes)) is answer


def test_a_book_is_found_by_its_own_title_and_that_of_its_collection():
    """Title of the chapter and of the book; a book has no status and is held whole."""
    book = article(status=None, book_title="Handbook of Invented Touch", mesh=())
    assert evaluate(parse_query("invented touch[ti]"), book) is YES
    assert evaluate(parse_query("cardiology[tiab]"), book) is NO
    assert evaluate(parse_query("pubmed books[sb]"), book) is YES


def test_a_type_that_may_lie_beneath_another_leaves_the_answer_open():
    """Where MeSH is needed to tell."""
    one = article(publication_types=("Pragmatic Clinical Trial",))
    assert evaluate(parse_query("randomized controlled trial[pt]"), one) is UNKNOWN
    assert evaluate(parse_query("clinical trial[pt]"), one) is YES


def test_the_closed_lists_are_whole():
    """76 subheadings, 81 publication types, and beneath each only what is in the list."""
    assert len(SUBHEADINGS) == 76
    assert all(one.surely <= SUBHEADINGS.keys() for one in SUBHEADINGS.values())
    assert len(PUBLICATION_TYPES) == 81
    beneath = [one.surely | one.perhaps for one in PUBLICATION_TYPES.values()]
    assert frozenset().union(*beneath) <= PUBLICATION_TYPES.keys()


# Laws.

_WORDS = ["massage", "pain", "back", "neck", "touch", "trial"]
_NAMES = {"Pain": "D1", "Back Pain": "D2", "Low Back Pain": "D3", "Massage": "D4", "Humans": "D5"}
TREE = MeshTree(
    (
        Descriptor("D1", "Pain", ("Ache",), ("C1",)),
        Descriptor("D2", "Back Pain", (), ("C1.1",)),
        Descriptor("D3", "Low Back Pain", ("Lumbago",), ("C1.1.5", "C7.2")),
        Descriptor("D4", "Massage", (), ("E2",)),
        Descriptor("D5", "Humans", (), ("B1",)),
    )
)
_text = st.lists(st.sampled_from(_WORDS), max_size=6).map(" ".join)
_headings = st.builds(
    lambda name, major, below: MeshHeading(
        name, major, _NAMES[name], tuple(Qualifier(one) for one in below)
    ),
    st.sampled_from(sorted(_NAMES)), st.booleans(),
    st.lists(st.sampled_from(["therapy", "drug therapy", "adverse effects"]), max_size=2),
)  # fmt: skip
_dates = st.sampled_from(["2019-06-01", "2020", "2020-03", "2020-03-15", "2021-01"])
citations = st.builds(
    Citation,
    pmid=st.sampled_from(["1", "2"]),
    status=st.sampled_from(["MEDLINE", "Publisher", "In-Process"]),
    title=_text.filter(bool),
    abstract=_text.map(lambda text: (AbstractSection(text),) if text else ()),
    keywords=st.lists(st.sampled_from(_WORDS), max_size=2).map(tuple),
    mesh=st.lists(_headings, max_size=3).map(tuple),
    publication_types=st.lists(
        st.sampled_from(["Review", "Systematic Review", "Clinical Trial", "Letter"]), max_size=2
    ).map(tuple),
    languages=st.lists(st.sampled_from(["eng", "ger"]), max_size=1).map(tuple),
    authors=st.lists(
        st.builds(Author, last=st.sampled_from(["Smith", "Jones"]), initials=st.just("JA")),
        max_size=2,
    ).map(tuple),
    journal=st.sampled_from([Journal(title="Pain", iso="Pain"), Journal(medline_ta="J Touch")]),
    published=_dates,
    published_electronic=st.sampled_from([None, "2020-02-02"]),
    entrez_date=st.sampled_from([None, "2020-04-01"]),
)
_TEXTS = [
    "massage[ti]", "back pain[tiab]", "pain[tw]", "neck", '"neck pain"[all]', "mass*[tiab]",
    '"pain massage"[tiab:~1]', "pain[mh]", "pain[mh:noexp]", "back pain[majr]", "lumbago[mh]",
    "pain/therapy[mh]", "therapy[sh]", "drug therapy[sh]", "review[pt]", "review[pt:noexp]",
    "clinical study[pt]", "2020[dp]", "2020/03:2021[dp]", "2020/04[edat]", "2020[crdt]",
    "english[la]", "smith j[au]", "pain[ta]", "1[pmid]", "medline[sb]", "systematic[sb]",
    "hasabstract", "all[sb]", "touch[ot]", "massage[ab]",
]  # fmt: skip
_leaves = st.sampled_from([parse_query(text.replace("mass*", "massa*")).root for text in _TEXTS])
trees = st.recursive(
    _leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: And(tuple(parts))),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: Or(tuple(parts))),
        st.builds(Not, inner, inner),
    ),
    max_leaves=6,
)
EVERYTHING = Term("all", "sb")


def ask(node: Any, citation: Citation, tree: MeshTree | None = None) -> Answer:
    """Answer of a tree."""
    return evaluate(Query(node), citation, tree)


@given(trees, trees, citations)
def test_de_morgan_holds_over_three_values(a, b, citation):
    """Not (a and b) is not a, or not b; and the other way round."""

    def neither(node):
        return Not(EVERYTHING, node)

    assert ask(neither(And((a, b))), citation) is ask(Or((neither(a), neither(b))), citation)
    assert ask(neither(Or((a, b))), citation) is ask(And((neither(a), neither(b))), citation)
    assert ask(neither(neither(a)), citation) is ask(a, citation)


@given(st.lists(trees, min_size=2, max_size=4), st.randoms(), citations)
def test_order_and_grouping_of_and_and_or_do_not_matter(parts, chance, citation):
    """Commutative, associative, idempotent."""
    mixed = [*parts, chance.choice(parts)]
    chance.shuffle(mixed)
    for join in (And, Or):
        whole = ask(join(tuple(parts)), citation)
        assert ask(join(tuple(mixed)), citation) is whole
        assert ask(join((parts[0], join((*parts[1:], parts[0])))), citation) is whole


@given(trees, trees, citations)
def test_an_or_never_loses_and_an_and_or_not_never_gains(a, b, citation):
    """A wider query finds no less."""
    alone = ask(a, citation).value
    assert ask(Or((a, b)), citation).value >= alone
    assert ask(And((a, b)), citation).value <= alone
    assert ask(Not(a, b), citation).value <= alone


@given(st.lists(trees, min_size=1, max_size=4), citations, st.booleans())
def test_many_queries_at_once_answer_as_each_alone(nodes, citation, with_tree):
    """What they share is asked once, and answers the same."""
    queries = {number: Query(node) for number, node in enumerate(nodes)}
    tree = TREE if with_tree else None
    answers = compile_matchers(queries, tree)(citation)
    assert answers == {key: compile_matcher(q, tree)(citation) for key, q in queries.items()}


@given(trees, citations)
def test_the_tree_settles_answers_and_never_turns_one_round(node, citation):
    """Yes stays yes, no stays no."""
    without, settled = ask(node, citation), ask(node, citation, TREE)
    assert without in (UNKNOWN, settled)


@given(trees, citations, st.booleans(), st.booleans())
def test_what_is_decided_on_part_of_a_citation_holds_for_the_whole(node, citation, text, mesh):
    """A record of ours may leave answers open; it never gives a wrong one."""
    part = msgspec.structs.replace(
        citation,
        status=None,
        abstract=citation.abstract if text else (),
        keywords=citation.keywords if text else (),
        mesh=citation.mesh[:1] if mesh else (),
        publication_types=citation.publication_types[:1],
        authors=citation.authors[:1],
        journal=Journal(title=citation.journal.title),
        published=citation.published[:4],
        published_electronic=None,
        entrez_date=None,
    )
    assert ask(node, part) in (UNKNOWN, ask(node, citation))


def test_every_sign_is_folded_for_good():
    """No sign of Unicode becomes something that would be folded again (a raised A, say)."""
    signs = (chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000)
    assert [sign for sign in signs if fold(fold(sign)) != fold(sign)] == []


@given(st.text(max_size=40))
def test_folding_twice_is_folding_once(text):
    """Only letters and digits are left, one blank between words."""
    once = fold(text)
    assert fold(once) == once
    assert once == once.strip()
    assert all(char.isalnum() or char == " " for char in once)


def test_the_strategies_of_this_project_run_over_a_mix_of_citations(base):
    """None finds all of 1,500 invented citations, and the broad one finds some."""
    queries = {
        key: parse_query(compile_query(one, base.filters)) for key, one in base.searches.items()
    }
    run = compile_matchers(queries)
    answers = [run(citation) for citation in make_citations(1500)]
    for key in queries:
        assert any(one[key] is NO for one in answers), key
    assert sum(one["massage-pain-broad"] is YES for one in answers) >= 10


LIMITS = [
    ("massage[ti]", []),
    ("back pain", ["terms without a field"]),
    ('"back pain"', ["phrases are matched word by word"]),
    ("pain[mh] OR pain[mh:noexp]", ["headings that lie beneath"]),
    ("pain/metabolism[mh:noexp]", []),
    ("metabolism[sh]", ["which subheadings lie beneath"]),
    ("clinical trial[pt]", ["narrower publication types"]),
    ("letter[pt]", []),
    ("free full text[sb]", ["filters that a citation does not show"]),
    ("2020[crdt] OR varmus h[ps]", ["fields that stored citations do not hold"]),
]


@pytest.mark.parametrize(("text", "starts"), LIMITS)
def test_what_cannot_be_decided_is_said(text, starts):
    """One sentence a kind, with the terms that it is about."""
    found = limits(parse_query(text))
    assert [sentence[: len(start)] for sentence, start in zip(found, starts, strict=True)] == starts


def test_limits_name_the_first_terms_and_count_the_rest():
    """A strategy has hundreds of phrases."""
    text = " OR ".join(f'"word {number}"[ti]' for number in range(9))
    (sentence,) = limits(parse_query(text))
    assert sentence.endswith('"word 0"[ti], "word 1"[ti], "word 2"[ti], "word 3"[ti] and 5 more')


def test_with_the_tree_headings_are_no_limit_unless_unknown():
    """An entry term is known; a name that is in no descriptor is said."""
    assert limits(parse_query("lumbago[mh] OR pain[mh]"), TREE) == ()
    (sentence,) = limits(parse_query("neckache[mh]"), TREE)
    assert sentence.startswith("no heading of this name is in the descriptor file")
