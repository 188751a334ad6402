"""PubMed's closed lists as far as they decide a search: publication types, subheadings, languages.

Lists and abbreviations are those of the PubMed User Guide. Which type or subheading lies beneath
which is from MeSH; where that is not certain, the narrower one is in the list of those that may,
and an answer that hangs on it stays open. NLM's descriptor file settles the types
(:mod:`evidence_tools.literature.mesh`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from evidence_tools.literature.folding import fold

__all__ = [
    "LANGUAGES",
    "PUBLICATION_TYPES",
    "SUBHEADINGS",
    "Narrower",
    "find_subheading",
    "fold_subheading",
    "language_code",
]


class Narrower(NamedTuple):
    """What a search for a broader word also finds, and what it may find."""

    surely: frozenset[str]
    perhaps: frozenset[str]
    #: Whether nothing else lies beneath it.
    complete: bool = True


_TYPES = """
Adaptive Clinical Trial|Address|Autobiography|Bibliography|Biography|Case Reports|Classical Article|
Clinical Conference|Clinical Study|Clinical Trial|Clinical Trial, Phase I|Clinical Trial, Phase II|
Clinical Trial, Phase III|Clinical Trial, Phase IV|Clinical Trial Protocol|
Clinical Trial, Veterinary|Collected Work|Comment|Comparative Study|Congress|
Consensus Development Conference|Consensus Development Conference, NIH|Controlled Clinical Trial|
Corrected and Republished Article|Dataset|Dictionary|Directory|Duplicate Publication|Editorial|
Electronic Supplementary Materials|English Abstract|Equivalence Trial|Evaluation Study|
Expression of Concern|Festschrift|Government Publication|Guideline|Historical Article|
Interactive Tutorial|Interview|Introductory Journal Article|Journal Article|Lecture|Legal Case|
Legislation|Letter|Meta-Analysis|Multicenter Study|Network Meta-Analysis|News|Newspaper Article|
Observational Study|Observational Study, Veterinary|Overall|Patient Education Handout|
Periodical Index|Personal Narrative|Portrait|Practice Guideline|Preprint|Pragmatic Clinical Trial|
Published Erratum|Randomized Controlled Trial|Randomized Controlled Trial, Veterinary|
Research Support, American Recovery and Reinvestment Act|Research Support, N.I.H., Extramural|
Research Support, N.I.H., Intramural|Research Support, Non-U.S. Gov't|
Research Support, U.S. Gov't, Non-P.H.S.|Research Support, U.S. Gov't, P.H.S.|
Retracted Publication|Retraction of Publication|Review|Scientific Integrity Review|Scoping Review|
Systematic Review|Technical Report|Twin Study|Validation Study|Video-Audio Media|Webcast
"""
_TRIALS = (
    "adaptive clinical trial", "clinical trial phase i", "clinical trial phase ii",
    "clinical trial phase iii", "clinical trial phase iv", "controlled clinical trial",
    "equivalence trial", "pragmatic clinical trial", "randomized controlled trial",
)  # fmt: skip
_PERHAPS_TRIALS = (
    "clinical trial protocol", "clinical trial veterinary", "randomized controlled trial veterinary"
)  # fmt: skip
_VARIANTS = ("equivalence trial", "pragmatic clinical trial")
_BENEATH: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "clinical study": (
        ("clinical trial", "observational study", *_TRIALS),
        (*_PERHAPS_TRIALS, "observational study veterinary"),
    ),
    "clinical trial": (_TRIALS, _PERHAPS_TRIALS),
    "congress": ((), ("consensus development conference", "consensus development conference nih")),
    "consensus development conference": (("consensus development conference nih",), ()),
    "controlled clinical trial": (("randomized controlled trial",), (*_VARIANTS, *_PERHAPS_TRIALS)),
    "guideline": (("practice guideline",), ()),
    "meta analysis": ((), ("network meta analysis",)),
    "news": (("newspaper article",), ()),
    "observational study": ((), ("observational study veterinary",)),
    "randomized controlled trial": ((), (*_VARIANTS, "randomized controlled trial veterinary")),
    "review": (("systematic review",), ("scoping review", "scientific integrity review")),
    "systematic review": ((), ("scoping review",)),
}

#: Every publication type, folded, with what lies beneath it.
PUBLICATION_TYPES: Mapping[str, Narrower] = {
    name: Narrower(frozenset(surely), frozenset(perhaps))
    for name in (fold(one) for one in _TYPES.split("|"))
    for surely, perhaps in [_BENEATH.get(name, ((), ()))]
}

_ABBREVIATIONS = """
ab abnormalities|ad administration dosage|ae adverse effects|ag agonists|aa analogs derivatives|
an analysis|ah anatomy histology|ai antagonists inhibitors|bi biosynthesis|bs blood supply|bl blood|
cf cerebrospinal fluid|cs chemical synthesis|ci chemically induced|ch chemistry|cl classification|
co complications|cn congenital|cy cytology|df deficiency|di diagnosis|dh diet therapy|
dg diagnostic imaging|de drug effects|dt drug therapy|ec economics|ed education|em embryology|
en enzymology|ep epidemiology|es ethics|eh ethnology|et etiology|ge genetics|
gd growth development|hi history|im immunology|in injuries|ir innervation|is instrumentation|
ip isolation purification|lj legislation jurisprudence|me metabolism|mt methods|mi microbiology|
mo mortality|nu nursing|og organization administration|ps parasitology|py pathogenicity|
pa pathology|pk pharmacokinetics|pd pharmacology|ph physiology|pp physiopathology|po poisoning|
pc prevention control|px psychology|re radiation effects|rt radiotherapy|rh rehabilitation|
sc secondary|st standards|sn statistics numerical data|sd supply distribution|su surgery|
tu therapeutic use|th therapy|to toxicity|tm transmission|tr transplantation|td trends|
ul ultrastructure|ur urine|ve veterinary|vi virology
"""
_SHORT = {
    pair[:2]: pair[3:] for pair in (" ".join(one.split()) for one in _ABBREVIATIONS.split("|"))
}
_SUBHEADINGS_BENEATH: Mapping[str, tuple[str, ...]] = {
    "adverse effects": ("poisoning",),
    "complications": ("secondary",),
    "diagnosis": ("diagnostic imaging",),
    "epidemiology": ("ethnology", "mortality"),
    "surgery": ("transplantation",),
    "therapeutic use": ("administration dosage", "adverse effects", "poisoning"),
    "therapy": (
        "diet therapy", "drug therapy", "nursing", "prevention control", "radiotherapy",
        "rehabilitation", "surgery", "transplantation",
    ),
}  # fmt: skip
_LOWEST = """
administration dosage|chemically induced|diagnostic imaging|diet therapy|drug therapy|economics|
education|ethics|ethnology|history|injuries|innervation|instrumentation|legislation jurisprudence|
methods|mortality|nursing|physiopathology|prevention control|psychology|radiotherapy|
rehabilitation|secondary|standards|transplantation|trends|veterinary
""".replace("\n", "").split("|")

#: Every subheading, folded, with what lies beneath it.
SUBHEADINGS: Mapping[str, Narrower] = {
    name: Narrower(
        frozenset(_SUBHEADINGS_BENEATH.get(name, ())), frozenset(), complete=name in _LOWEST
    )
    for name in _SHORT.values()
}

#: Languages whose MARC code is not the first three letters of their name, and the commonest others.
LANGUAGES: Mapping[str, str] = {
    "chinese": "chi", "croatian": "hrv", "czech": "cze", "danish": "dan", "dutch": "dut",
    "english": "eng", "french": "fre", "german": "ger", "hungarian": "hun", "italian": "ita",
    "japanese": "jpn", "korean": "kor", "latvian": "lav", "multilingual": "mul",
    "norwegian": "nor", "persian": "per", "polish": "pol", "portuguese": "por", "romanian": "rum",
    "russian": "rus", "serbian": "srp", "slovak": "slo", "slovenian": "slv", "spanish": "spa",
    "swedish": "swe", "turkish": "tur",
}  # fmt: skip


def fold_subheading(name: str) -> str:
    """Fold a subheading; ``&`` and ``and`` are the same to PubMed.

    >>> fold_subheading("prevention & control") == fold_subheading("Prevention and Control")
    True
    """
    return " ".join(word for word in fold(name).split() if word != "and")


def find_subheading(text: str) -> str:
    """Full name of a subheading given by its name or two letters, folded."""
    folded = fold_subheading(text)
    return _SHORT.get(folded, folded)


def language_code(text: str) -> str:
    """MARC code of a language given by its name or code."""
    folded = fold(text)
    return LANGUAGES.get(folded, folded[:3])
