"""Read the same built records with pubmed_parser, Biopython and our parser, field by field."""

from __future__ import annotations

import gzip
import io
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pubmed_parser
from Bio import Entrez, Medline

from evidence_tools.literature.citations import (
    AbstractSection,
    Author,
    Citation,
    Link,
    LinkKind,
)
from evidence_tools.literature.medline import parse_nbib
from evidence_tools.literature.pubmed_xml import parse_articles
from evidence_tools.testing.exported import nbib_text
from evidence_tools.testing.pubmed import (
    SET_END,
    SET_START,
    article_xml,
    make_citation,
    make_citations,
)
from other_parsers import ENTREZ, MEDLINE, PUBMED_PARSER, Field

PAGE = Path(__file__).resolve().parents[1] / "docs" / "parsing-compared.md"
COUNT = 800


@dataclass(frozen=True)
class Difference:
    """A difference that we know: what it is, and who is right."""

    what: str
    right: str = "ours"


def corpus() -> list[bytes]:
    """Invented articles, and some with what publishers and NLM do now and then."""
    plain = [article_xml(one, references=2) for one in make_citations(COUNT) if not one.is_book]
    people = (Author("Tosvigg"), Author("Tosvig", "Ada", "A", orcid="0000-0001-2345-6789"))
    base = make_citation(
        89_000_001, doi="10.5555/right", pii="S1", pages="12-19", authors=people, keywords=("one",)
    )
    xml = article_xml(base).decode()
    pii = '<ELocationID EIdType="pii" ValidYN="Y">S1</ELocationID>'
    doi = '<ELocationID EIdType="doi" ValidYN="Y">10.5555/right</ELocationID>'
    section = AbstractSection("Only one part.", "PURPOSE")
    source = "Annals of the Society for the Very Careful Study of Hands and Backs. 2020;1(1):1-9"
    long = make_citation(
        89_000_003,
        keywords=(
            "a keyword that some publisher made of a whole sentence on " + "backs " * 8 + "x",
        ),
        links=(Link(LinkKind.RETRACTION_IN, source, "89000004"),),
        conflict_of_interest="Every author teaches massage for a fee. " * 3 + "None owns a clinic.",
        authors=(Author("Tosvig", "Ada", "A", affiliations=("One place.", "Another place.")),),
    )
    hard = [
        xml.replace(doi, doi.replace('"Y">10.5555/right', '"N">10.5555/wrong')),
        xml.replace(pii + doi, doi + pii),
        xml.replace('<Author ValidYN="Y">', '<Author ValidYN="N">', 1),
        xml.replace("<MedlinePgn>12-19</MedlinePgn>", ""),
        xml.replace(
            "</KeywordList>", "</KeywordList><KeywordList><Keyword>two</Keyword></KeywordList>"
        ),
        xml.replace(">one<", "><i>one</i><"),
        xml.replace("0000-0001-2345-6789", "https://orcid.org/0000-0001-2345-6789"),
        article_xml(make_citation(89_000_002, abstract=(section,))).decode(),
        article_xml(long).decode(),
    ]
    for i, one in enumerate(hard):
        assert one != xml, i
    return plain + [one.encode() for one in hard]


def _citations(items: Iterator[object]) -> list[Citation]:
    citations = list(items)
    assert all(isinstance(one, Citation) for one in citations)
    return citations  # type: ignore[return-value]


def compare(folder: Path) -> dict[str, tuple[int, Counter[str], list[str]]]:
    """Count, per library and field, the records in which it differs from ours.

    Returns
    -------
    dict
        By library: number of records, differing records by field, and all fields compared.
    """
    data = SET_START + b"".join(corpus()) + SET_END
    path = folder / "corpus.xml.gz"
    path.write_bytes(gzip.compress(data))
    ours = _citations(parse_articles(data))
    parsed = list(
        pubmed_parser.parse_medline_xml(
            str(path), year_info_only=False, author_list=True, parse_downto_mesh_subterms=True
        )
    )
    with io.BytesIO(data) as stream:
        records = Entrez.read(stream)["PubmedArticle"]
    text = nbib_text(ours)
    rows: dict[str, tuple[list[Any], list[Citation], dict[str, Field]]] = {
        "pubmed_parser": (parsed, ours, PUBMED_PARSER),
        "Bio.Entrez.read": (records, ours, ENTREZ),
        "Bio.Medline": (
            list(Medline.parse(io.StringIO(text))),
            _citations(parse_nbib(text)),
            MEDLINE,
        ),
    }
    result = {}
    for library, (theirs, mine, fields) in rows.items():
        differing: Counter[str] = Counter()
        for record, citation in zip(theirs, mine, strict=True):
            for name, (read, want) in fields.items():
                differing[name] += read(record) != want(citation)
        result[library] = (len(mine), +differing, list(fields))
    return result


#: Every difference that is known, by library and field.
KNOWN: dict[str, dict[str, Difference]] = {
    "pubmed_parser": {
        "abstract": Difference("the label of an abstract with one labelled part is dropped"),
        "authors (ORCID)": Difference(
            "left as sent (as an address, say), and given for a name marked as misspelt too"
        ),
        "authors (affiliations)": Difference("only the first of an author's affiliations is read"),
        "authors (names)": Difference(
            "groups (CollectiveName) come out as authors without a name; names that NLM marked as "
            "misspelt (ValidYN=N) are given beside the right ones"
        ),
        "doi": Difference(
            "taken from the last ELocationID, so none where the publisher's number stands last; "
            "a DOI that NLM marked as wrong (ValidYN=N) is taken"
        ),
        "keywords": Difference("only the first KeywordList; a keyword in italics is lost"),
        "mesh": Difference(
            "a descriptor's major topic is looked for at its parent, and never found"
        ),
        "pages": Difference("none where only StartPage and EndPage are given"),
        "pmcid": Difference("looked for in OtherID, where PubMed no longer writes it"),
        "title": Difference("text of nested inline elements is lost"),
    },
    "Bio.Entrez.read": {
        "abstract": Difference(
            "inline elements stay in the text as tags, beside '<' and '&' that are text; ours has "
            "plain text, and escaped markup in a field of its own",
            "both; the tags cannot be told from text",
        ),
        "authors": Difference(
            "everything as sent: misspelt names (ValidYN=N) too, an ORCID in any form",
            "both; Entrez.read mirrors the XML",
        ),
        "keywords": Difference("inline elements stay in the text as tags", "both"),
        "pages": Difference(
            "StartPage and EndPage are fields of their own", "both; Entrez.read mirrors the XML"
        ),
        "title": Difference(
            "inline elements stay in the text as tags, as in abstracts",
            "both; the tags cannot be told from text",
        ),
    },
    "Bio.Medline": {
        "conflict_of_interest": Difference("each wrapped line is a value of its own"),
        "keywords": Difference("a keyword that is wrapped becomes two"),
        "links": Difference("a wrapped notice becomes two, one of them without its PMID"),
    },
}
_INTRODUCTION = """\
# How our reading of PubMed differs from that of other parsers

Made by `python tests/parsing_compared.py` and held current by a test. Each library reads the same
built records; a field counts as different where it does not give what our parser gives. The records
are invented articles, whose true content is known, and some with what publishers and NLM do now and
then. NBIB files are made of the same records. Where ours is named right, the built record itself is
the judge: our parser gives back every field as it was put in (`tests/test_pubmed_xml.py`)."""
_NOT_READ = {
    "pubmed_parser": "versions, status, inline markup, kinds of abstract sections beside labels, "
    "other abstracts, group authors, suffixes, ISO abbreviation, ISSN, all dates but the issue's, "
    "major descriptors, numbers of substances, trial numbers, conflict of interest, **every notice "
    "(retraction, correction, concern …)**, publisher's number, citation subsets, books, deletions",
    "Bio.Entrez.read": "nothing: it gives all that stands in the XML, in dictionaries after its "
    "own. It refuses a document of an unknown type and ends at the first damaged article",
    "Bio.Medline": "which affiliation and ORCID belong to which author (each tag is a list of its "
    "own). Our reading of NBIB is built on it, and mends both points beforehand",
}


def page(result: dict[str, tuple[int, Counter[str], list[str]]]) -> str:
    """The page that lists what was compared and what differs."""
    lines = [_INTRODUCTION]
    for library, (count, differing, fields) in result.items():
        agreeing = [name for name in fields if not differing[name]]
        lines += [
            "",
            f"## {library}",
            "",
            f"{count:,} records, {len(fields)} fields. Always the same: {', '.join(agreeing)}.",
            "",
            f"Not read: {_NOT_READ[library]}.",
            "",
            "| field | records that differ | what it does | right |",
            "|---|---|---|---|",
        ]
        for name in sorted(differing):
            known = KNOWN[library].get(name, Difference("not explained yet", "?"))
            lines.append(f"| {name} | {differing[name]:,} | {known.what} | {known.right} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        PAGE.write_text(page(compare(Path(name))), encoding="utf-8")
