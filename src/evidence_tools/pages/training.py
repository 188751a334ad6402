"""Weights that the package brings: of signs, likeness and ranking. Needs scikit-learn when called.

``python -m evidence_tools.pages.training evidence`` learns them anew; that is needed when
phrasings, questions, their synonyms or the ``train`` pages change. Nothing else teaches them:
neither the documents under review nor the pages that the tool is measured on.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import math
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evidence_tools.assessment import Assessment, assess
from evidence_tools.base import read_base
from evidence_tools.files import format_json, write_atomic
from evidence_tools.pages.agents import is_of_other_treatment
from evidence_tools.pages.candidates import FEATURES, Ranker, measure, stretches_of
from evidence_tools.pages.claims import is_background
from evidence_tools.pages.detection import Detector
from evidence_tools.pages.gold import Text, gold_pages
from evidence_tools.pages.labelled import LabelledPage, Split, read_labelled_pages
from evidence_tools.pages.likeness import NO_CLAIM, Likeness, digest_of, features, weigh
from evidence_tools.pages.matching import EMPTY, Matcher, examples_of
from evidence_tools.pages.signs import read_passage, signs_of

__all__ = [
    "Learned",
    "Measured",
    "fold_of",
    "learn",
    "measure_texts",
    "priors_of",
    "train_detector",
    "train_likeness",
    "train_ranker",
    "write_detector",
    "write_ranker",
]

#: Parts that labelled pages are cut into, so that each is measured by what the others taught.
FOLDS = 4


def train_detector(
    signs: Sequence[frozenset[str]], labels: Sequence[bool], strictness: float = 0.5
) -> Detector:
    """Fit a logistic model with L2 penalty.

    Parameters
    ----------
    signs : sequence of frozenset of str
        Signs of each sentence.
    labels : sequence of bool
        Whether it is a claim; as long as ``signs``.
    strictness : float
        scikit-learn's ``C``; smaller pulls the weights harder towards zero.
    """
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    table = DictVectorizer(sort=True)
    rows = table.fit_transform([dict.fromkeys(sorted(one), 1.0) for one in signs])
    model = LogisticRegression(C=strictness, max_iter=5000).fit(rows, list(labels))
    names = table.get_feature_names_out()
    weights = {str(n): float(w) for n, w in zip(names, model.coef_[0], strict=True)}
    return Detector(float(model.intercept_[0]), weights)


def write_detector(detector: Detector, path: Path, digest: str) -> bool:
    """Write weights, rounded to four places, and the digest of the examples of likeness."""
    held = {
        "learned_with": digest,
        "intercept": round(detector.intercept, 4),
        "weights": {key: round(value, 4) for key, value in sorted(detector.weights.items())},
    }
    return write_atomic(path, format_json(held))


def train_likeness(
    examples: Iterable[tuple[str, str]],
    empty: frozenset[str] = frozenset(),
    strictness: float = 1.0,
    telling: float = 0.3,
) -> Likeness:
    """Fit one linear support vector machine a label, and one model of what claims at all.

    Examples that claim nothing feed only the latter; where there are none, everything claims.

    Parameters
    ----------
    examples : iterable of (str, str)
        Label and text of each example; a text may come with several labels.
    empty : frozenset of str
        Stems whose letters say nothing.
    strictness : float
        scikit-learn's ``C``; smaller pulls the weights harder towards zero.
    telling : float
        The same for the model of what claims at all.
    """
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped]
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import LinearSVC

    examples = sorted({*examples})
    labels_of: dict[str, set[str]] = {}
    for label, text in examples:
        labels_of.setdefault(text, set()).add(label)
    texts = sorted(labels_of)
    groups = [features(text, empty) for text in texts]
    spread = Counter(name for pair in groups for group in pair for name in group)
    # A run of letters that one example holds is that example's misspelling.
    names = sorted(name for name, count in spread.items() if count > 1 or name[0] != "#")
    places = {name: row for row, name in enumerate(names)}
    rarity = np.array(
        [np.log((1 + len(texts)) / (1 + spread[name])) + 1 for name in names], np.float32
    )
    vectors = [weigh(pair, places, rarity) for pair in groups]
    ends = np.cumsum([0, *(len(rows) for rows, _ in vectors)])
    table = csr_matrix(
        (
            np.concatenate([values for _, values in vectors]),
            np.concatenate([np.array(rows, int) for rows, _ in vectors]),
            ends,
        ),
        shape=(len(texts), len(names)),
    )
    claims = np.array([labels_of[text] != {NO_CLAIM} for text in texts])
    labels = sorted({label for label, _ in examples} - {NO_CLAIM})
    claiming_texts = [text for text, claim in zip(texts, claims, strict=True) if claim]
    planes, biases = np.zeros((len(labels), len(names))), np.zeros(len(labels))
    for row, label in enumerate(labels):
        model = LinearSVC(C=strictness, random_state=0)
        model.fit(table[claims], [label in labels_of[text] for text in claiming_texts])
        planes[row], biases[row] = model.coef_[0], model.intercept_[0]
    claiming, claiming_bias = np.zeros(len(names)), 1.0
    if not claims.all():
        # There are many times as many examples that claim: both kinds count the same.
        teller = LogisticRegression(C=telling, class_weight="balanced", max_iter=2000)
        teller.fit(table, claims)
        claiming, claiming_bias = teller.coef_[0], float(teller.intercept_[0])
    scale = np.abs(planes).max(axis=1) / 127
    return Likeness(
        tuple(labels),
        places,
        rarity,
        np.ascontiguousarray(np.round(planes.T / scale).astype(np.int8)),
        scale.astype(np.float32),
        biases.astype(np.float32),
        claiming.round(3).astype(np.float32),
        round(claiming_bias, 3),
        empty,
        digest_of(examples),
    )


def priors_of(pages: Iterable[LabelledPage]) -> dict[str, float]:
    """Logarithm of how often pages claim each question, among all that they claim."""
    counts = Counter(
        question for page in pages for label in page.sentences for question in label.questions
    )
    return {key: round(math.log(count / counts.total()), 3) for key, count in counts.items()}


def train_ranker(
    measured: Sequence[Measured], priors: Mapping[str, float], strictness: float = 0.3
) -> Ranker:
    """Fit a logistic model of which questions a sentence claims.

    Parameters
    ----------
    measured : sequence of Measured
        Of sentences that claim something.
    priors : mapping of str to float
        See :func:`priors_of`.
    strictness : float
        scikit-learn's ``C``, over features that are brought to one spread.
    """
    from sklearn.linear_model import LogisticRegression

    rows = np.concatenate([one.rows for one in measured])
    claimed = np.concatenate([one.claimed for one in measured])
    middle, spread = rows.mean(axis=0), rows.std(axis=0)
    spread[spread == 0] = 1.0
    model = LogisticRegression(C=strictness, max_iter=3000).fit((rows - middle) / spread, claimed)
    weights = model.coef_[0] / spread
    return Ranker(
        round(float(model.intercept_[0] - weights @ middle), 4),
        tuple(round(float(weight), 4) for weight in weights),
        priors,
    )


@dataclass(frozen=True)
class Measured:
    """What is measured of a sentence: a row a question, and which of them it claims."""

    rows: NDArray[np.floating[Any]]
    claimed: NDArray[np.bool_]


def measure_texts(
    texts: Iterable[Text], matcher: Matcher, priors: Mapping[str, float]
) -> list[Measured]:
    """Measure the sentences that claim something, in texts that the matcher did not learn from.

    Claims for another treatment are left out, as in use: they are never held against questions.
    """
    found = []
    for text in texts:
        for passage, gold in zip(text.passages, text.gold, strict=True):
            reading = read_passage(passage)
            if not gold.is_claim or is_of_other_treatment(reading):
                continue
            numbers, _, _, rows = measure(
                reading,
                stretches_of(reading),
                matcher,
                priors,
                background=is_background(reading),
            )
            wanted = {question for claim in gold.claims for question in claim.questions}
            claimed = np.array([matcher.questions[number] in wanted for number in numbers], bool)
            found.append(Measured(rows, claimed))
    return found


def write_ranker(ranker: Ranker, path: Path, digest: str) -> bool:
    """Write weights by the names of their features, and the digest of the examples of likeness."""
    held = {
        "learned_with": digest,
        "intercept": ranker.intercept,
        "weights": dict(zip(FEATURES, ranker.weights, strict=True)),
        "priors": dict(sorted(ranker.priors.items())),
    }
    return write_atomic(path, format_json(held))


def fold_of(name: str) -> int:
    """Which of the folds a page belongs to: by its name, so that it stays there."""
    return int(hashlib.sha256(name.encode()).hexdigest(), 16) % FOLDS


@dataclass(frozen=True)
class Learned:
    """All that is learned: how much a text resembles, which sentences claim, and what."""

    likeness: Likeness
    detector: Detector
    ranker: Ranker


def learn(assessment: Assessment, pages: Sequence[LabelledPage]) -> Learned:
    """Learn from phrasings and labelled pages.

    Detector and ranker rest on likeness, which knows the pages by heart; so they learn from each
    page as likeness sees it that did not learn from that page.

    Parameters
    ----------
    assessment : Assessment
        Its register and phrasings.
    pages : sequence of LabelledPage
        Those to learn from.
    """
    base = assessment.base
    texts = {text.id: text for text in gold_pages(assessment, pages)}
    priors = priors_of(pages)
    measured: list[Measured] = []
    signs: list[frozenset[str]] = []
    verdicts: list[bool] = []
    for fold in range(FOLDS):
        others = [page for page in pages if fold_of(page.id) != fold]
        likeness = train_likeness(examples_of(base.questions, base.phrasings, others), EMPTY)
        held = [texts[page.id] for page in pages if fold_of(page.id) == fold]
        measured += measure_texts(held, Matcher(base.questions, base.phrasings, likeness), priors)
        for text in held:
            signs += [signs_of(read_passage(passage), likeness) for passage in text.passages]
            verdicts += [one.is_claim for one in text.gold]
    likeness = train_likeness(examples_of(base.questions, base.phrasings, pages), EMPTY)
    detector = dataclasses.replace(train_detector(signs, verdicts), likeness=likeness)
    return Learned(likeness, detector, train_ranker(measured, priors))


def _learn(root: Path) -> None:
    here = Path(__file__).parent
    assessment = assess(read_base(root), dt.datetime.now(tz=dt.UTC).date())
    pages = [page for page in read_labelled_pages(root) if page.split is Split.TRAIN]
    learned = learn(assessment, pages)
    (here / "likeness.npz").write_bytes(learned.likeness.dump())
    digest = learned.likeness.digest
    write_detector(learned.detector, here / "weights.json", digest)
    write_ranker(learned.ranker, here / "ranking.json", digest)


if __name__ == "__main__":
    _learn(Path(sys.argv[1]))
