"""Make files like those of PubMed's baseline and daily updates, of any size, from invented records.

Each record is built by :mod:`~evidence_tools.testing.pubmed` and so valid against NLM's document
type. What makes the files like the real ones is their mix: most records are about anything at all,
a third lists what it cites, half are indexed, titles have markup, names have accents. How often
a record holds a word that strategies look for is set in :data:`SHARES`: rounded estimates of
the share of PubMed's records, so that a prefilter meets them as often as it would there. They
are estimates, not counts, and benchmarks say so.
"""

from __future__ import annotations

import gzip
import hashlib
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from random import Random

import msgspec

from evidence_tools.literature.citations import (
    AbstractSection,
    Author,
    Citation,
    Journal,
    MeshHeading,
)
from evidence_tools.testing.invented import make_citations
from evidence_tools.testing.pubmed import SET_END, SET_START, article_xml, deletions_xml

__all__ = ["SHARES", "baseline_name", "baseline_records", "write_baseline", "write_set"]

#: Percent of records, and the words and phrases (a hyphen is a blank) that as many hold.
SHARES: Mapping[float, str] = {
    20: ("treatment effect use analysis type response level"),
    12: ("patients control function time related activity case disease clinical"),
    9: (
        "risk factor health mechanism condition research evaluation development diagnosis "
        "population treatment-related system acute report therapeutic quantitative"
    ),
    7: (
        "cause product blood evidence active comparison identification cancer care "
        "measurement range drug central age-related relation performance experimental chronic "
        "reaction"
    ),
    5: (
        "surgery induced review structural syndrome receptor head physiology management rate "
        "quality pressure tissue variation tumor energy strategy criteria event pattern "
        "disorder component length dose adverse long-term property complication inhibition "
        "hypothesis placebo-controlled"
    ),
    3: (
        "stress combined trial skin presence survey prevalence flow back oxygen muscle "
        "stimulation individual local single prospective injury multiple position heart "
        "cohort imaging force comparative short-term impact specific regional mental "
        "peripheral practice peptide guidelines life repair detection sensitivity end "
        "determinant accuracy band hormone usage"
    ),
    2: (
        "pain inflammation physical trauma intervention placebo randomized randomised "
        "depression immune wound deep nerve mixed vascular toxicity limb strength exercise "
        "release antagonist ischemia bone recovery prevention deformation conservative "
        "characteristic training phase literature recommendation agreement disability "
        "diabetic reliability impairment mechanical reproducibility delayed weakness network "
        "transverse immediate regeneration cardiovascular surgical mobility location "
        "perception fatigue validity statement questionnaire hypoxia"
    ),
    1: (
        "systematic-review anxiety sleep adhesion joint motion cytokines laser amylase "
        "prostate knee quality-of-life opioid movement neural usual-care threshold critical "
        "elimination emergency ultrasound balance elbow emotional attitudes gate restricted "
        "lateral limitation follow-up rehabilitation neoplasm thoracic chemotherapy fibrosis "
        "alpha capacity meta-analysis cervical psychological passive satisfaction affect "
        "blockade friction disc superior waste duration history sensitization utilization "
        "device visceral skeletal-muscle postoperative growth arm contraction underlying "
        "medicine autonomic monotherapy biased theory historical sympathetic"
    ),
    0.5: (
        "shoulder neck spine hip compression manual sports headache leg lumbar arthritis scar "
        "limbs walking visual sensory trigger circulation elasticity vagus sensation "
        "stiffness velocity vasodilation hardness rupture perfusion analgesia hemodynamics "
        "consensus nurses repetitive hospice palliative overview qualitative umbrella "
        "rheumatoid cutaneous jaw wellbeing spasm neuropathy carotid horse reflex night "
        "neuroendocrine observer session thickness dissection integration supportive "
        "multimodal multimodality modality maintenance conference hospital mood running jump "
        "sprint grip edema tunnel entrapment agenda widespread persistent tennis cortisol "
        "lactate oxytocin acid parasympathetic pituitary hypothalamic phenomenon phantom "
        "spectroscopy doppler microcirculation vasoconstriction tactile tension tendon "
        "flexibility"
    ),
    0.2: (
        "relaxation gait posture stretching soft-tissue mobilization mobilisation "
        "osteoarthritis migraine hands touch foam neuralgia myalgia sciatica radiculopathy "
        "herniation shear nih electromyography isokinetic athletes hamstring sprain cuff "
        "overuse whiplash operative hematoma contusion bruise rhabdomyolysis myoglobin lactic "
        "fascia fasciitis glycolysis detoxification toxins metabolites complementary "
        "acupuncture manipulation hyperalgesia paresthesia numbness palsy cramp nocturnal "
        "soreness exhaustion vitality tiredness extensibility alignment microdialysis "
        "imbalance forward-head enkephalin endorphin naloxone temporomandibular dislocation "
        "labor labour perioperative insomnia discomfort horizontal guarding tone origins "
        "cicatrix keloid low-back-pain ischaemic tourniquet nonspecific"
    ),
    0.05: (
        "physiotherapy physical-therapy palpation rotator plantar achilles trapezius masseter "
        "bruxism orofacial piriformis carpal-tunnel cubital tarsal coccyx neck-pain "
        "cervicogenic range-of-motion alternative-medicine integrative algometry pliability "
        "dorsiflexion heel epicondylitis iliotibial patellofemoral trochanteric lumbopelvic "
        "sacroiliac foam-rolling elastography viscoelastic gliding percussion tender taut "
        "referred-pain nociceptor musculoskeletal-pain pinched outlet rubbing stroking "
        "lumbago myofibroblast aching"
    ),
    0.015: (
        "massage manual-therapy myofascial trigger-points chiropractic osteopathic "
        "fibromyalgia spinal-manipulation lymphatic-drainage acupressure reflexology "
        "myofascial-release doms coxarthrosis craniomandibular therapeutic-touch tui-na"
    ),
    0.002: (
        "bodywork shiatsu effleurage petrissage graston rolfing fibrositis neurodynamic "
        "neuromobilisation massage-therapy ischemic-compression monochord percussive "
        "scapulocostal charley-horse cervicodynia"
    ),
}
_COMMON = (
    "patients study results methods data analysis clinical cells effects levels group "
    "significant associated compared increased high model expression protein response human "
    "time years during observed different population early severe rate changes activity age "
    "outcomes factor groups treated control samples growth specific evidence measured "
    "development system acute reported children women mice rats water acid surface gene "
    "sequence signal binding exposure structure concentration method based including potential "
    "lower higher reduced among total within further"
)
_SYLLABLES = (
    "ra",
    "mo",
    "thi",
    "ve",
    "kul",
    "do",
    "pna",
    "sor",
    "ile",
    "tro",
    "bex",
    "gly",
    "ana",
    "pho",
    "cor",
    "tis",
    "ume",
    "lin",
    "kra",
    "dex",
)
#: Elements that stand alone: a line break between two of them is what NLM's files have.
_SEAM = re.compile(rb"(</?[A-Z]\w*(?: [^<>]*)?>)(?=</?[A-Z])")
_PIECE = 500
#: Publication types beside Journal Article, and percent of records that bear them.
_TYPES = {
    "": 76.0, "Review": 9.0, "Case Reports": 6.0, "Comparative Study": 4.0, "Letter": 2.0,
    "Randomized Controlled Trial": 1.7, "Systematic Review": 0.7, "Meta-Analysis": 0.5,
    "Practice Guideline": 0.1,
}  # fmt: skip


def baseline_name(number: int, year: int = 26) -> str:
    """Name of a file, as NLM gives it: ``pubmed26n0001.xml.gz``."""
    return f"pubmed{year:02}n{number:04}.xml.gz"


def baseline_records(
    count: int, start: int, *, seed: int = 0, on_topic: float = 0.0005
) -> Iterator[Citation]:
    """Invent the records of a file: about anything, and a few about hands-on treatment.

    Parameters
    ----------
    count : int
        How many.
    start : int
        First PMID; they ascend by one.
    seed : int
        Another seed, other contents.
    on_topic : float
        Share of records made for the tracker's own topics, beside those that hold a word of
        :data:`SHARES` by chance.
    """
    rng = Random(f"baseline {seed} {start}")  # noqa: S311 -- not for secrets
    words = [*_COMMON.split(), *("".join(rng.choices(_SYLLABLES, k=3)) for _ in range(900))]
    weights = [1 / (place + 3) for place in range(len(words))]
    sentences = [
        " ".join(rng.choices(words, weights, k=rng.randrange(9, 26))) for _ in range(1_200)
    ]
    places = [
        f"Department of {word.title()}, {other.title()} Institute, "
        f"{'Université de' if number % 4 == 0 else 'University of'} {third.title()}."
        for number, (word, other, third) in enumerate(rng.sample(words, 3) for _ in range(400))
    ]
    pairs = [(one, share / 100) for share, some in SHARES.items() for one in some.split()]
    phrases = [one.replace("-", " ") for one, _ in pairs]
    shares = list(itertools.accumulate(share for _, share in pairs))
    mean = shares[-1]
    for citation in make_citations(count, seed, start):
        if citation.is_book or rng.random() < on_topic:
            yield citation
            continue
        held = rng.choices(phrases, cum_weights=shares, k=_poisson(rng, mean))
        text = [f"{one[0].upper()}{one[1:]}." for one in rng.choices(sentences, k=9)]
        for phrase in held:
            place = rng.randrange(9)
            text[place] = f"{text[place][:-1]} with {phrase}."
        yield msgspec.structs.replace(
            citation,
            title=f"{rng.choice(sentences)[:90].capitalize()} and {rng.choice(words)}.",
            title_markup=None,
            vernacular_title=None,
            abstract=_abstract(citation.abstract, text),
            other_abstracts=(),
            authors=tuple(
                _elsewhere(one, rng.choice(places))
                for one in citation.authors
                if one.collective is None
            ),
            journal=_journal(citation.journal, *rng.sample(words[:200], 2)),
            publication_types=_types(rng),
            mesh=tuple(
                MeshHeading(rng.choice(words).title(), False, f"D{rng.randrange(10**6):06}")
                for _ in range(9 if citation.mesh else 0)
            ),
            keywords=tuple(rng.sample(words, len(citation.keywords))),
            conflict_of_interest=citation.conflict_of_interest and "None declared.",
        )


def _poisson(rng: Random, mean: float) -> int:
    """How many of many rare things happen to one record."""
    count, left = 0, rng.expovariate(1)
    while left < mean:
        count, left = count + 1, left + rng.expovariate(1)
    return count


def _abstract(parts: tuple[AbstractSection, ...], text: list[str]) -> tuple[AbstractSection, ...]:
    """As many parts as the invented record has, with the same labels."""
    size = -(-len(text) // max(1, len(parts)))
    return tuple(
        AbstractSection(" ".join(text[n * size : (n + 1) * size]) or "None.", p.label, p.category)
        for n, p in enumerate(parts)
    )


def _elsewhere(author: Author, place: str) -> Author:
    return msgspec.structs.replace(author, affiliations=(place,) if author.affiliations else ())


def _journal(journal: Journal, field: str, other: str) -> Journal:
    title = f"Annals of {field.title()} and {other.title()}"
    short = f"Ann {field[:4].title()} {other[:4].title()}"
    return msgspec.structs.replace(journal, title=title, iso=short, medline_ta=short)


def _types(rng: Random) -> tuple[str, ...]:
    (extra,) = rng.choices(list(_TYPES), list(_TYPES.values()))
    return ("Journal Article", *filter(None, (extra,)))


def write_set(
    path: Path, citations: Iterable[Citation], *, deleted: Iterable[str] = (), level: int = 6
) -> Path:
    """Write a file of records and, as updates have it, of deletions; with its ``.md5`` beside it.

    Parameters
    ----------
    path : Path
        The file; its folder is there.
    citations : iterable of Citation
        In order.
    deleted : iterable of str
        PMIDs that are taken out.
    level : int
        How hard to compress.
    """
    with path.open("wb") as raw, gzip.GzipFile("", "wb", level, raw, mtime=0) as file:
        file.write(SET_START)
        several = iter(citations)
        while some := list(itertools.islice(several, _PIECE)):
            body = b"".join(
                article_xml(one, references=25 if int(one.pmid) % 3 == 0 else 0) for one in some
            )
            file.write(_SEAM.sub(rb"\1\n        ", body))
        gone = list(deleted)
        if gone:
            file.write(deletions_xml(gone))
        file.write(SET_END)
    digest = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    path.with_name(f"{path.name}.md5").write_text(f"MD5({path.name})= {digest}\n")
    return path


def write_baseline(
    folder: Path, files: int, records: int = 30_000, *, seed: int = 0, on_topic: float = 0.0005
) -> list[Path]:
    """Write the files of a baseline, each with its ``.md5``.

    Parameters
    ----------
    folder : Path
        Made when it is not there.
    files, records : int
        How many files, and how many records each.
    seed, on_topic
        See :func:`baseline_records`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for number in range(1, files + 1):
        start = 50_000_001 + (number - 1) * records
        several = baseline_records(records, start, seed=seed, on_topic=on_topic)
        made.append(write_set(folder / baseline_name(number), several))
    return made
