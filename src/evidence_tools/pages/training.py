"""Weights that the package brings: of signs, of likeness. Imports scikit-learn only when called.

``python -m evidence_tools.pages.training evidence`` learns the weights of likeness anew; that is
needed when phrasings, questions or their synonyms change. With the folder of the documents' texts
behind it, it learns the weights of signs as well, from the documents and the ``dev`` pages.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from evidence_tools.assessment import assess
from evidence_tools.base import read_base
from evidence_tools.files import format_json, write_atomic
from evidence_tools.pages.detection import Detector
from evidence_tools.pages.gold import Text, gold_pages, gold_texts
from evidence_tools.pages.labelled import Split
from evidence_tools.pages.likeness import NO_CLAIM, Likeness, digest_of, features, weigh
from evidence_tools.pages.matching import EMPTY, examples_of
from evidence_tools.pages.signs import read_passage, signs_of
from evidence_tools.texts import read_texts

__all__ = ["learned_signs", "train_detector", "train_likeness", "write_detector"]


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


def write_detector(detector: Detector, path: Path, trained_on: Sequence[str]) -> bool:
    """Write weights, rounded to four places, with the names of what they were learned from."""
    held = {
        "trained_on": sorted(trained_on),
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
        Label and text of each example.
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

    examples = sorted(examples)
    groups = [features(text, empty) for _, text in examples]
    spread = Counter(name for pair in groups for group in pair for name in group)
    # A run of letters that one example holds is that example's misspelling.
    names = sorted(name for name, count in spread.items() if count > 1 or name[0] != "#")
    places = {name: row for row, name in enumerate(names)}
    rarity = np.array(
        [np.log((1 + len(examples)) / (1 + spread[name])) + 1 for name in names], np.float32
    )
    vectors = [weigh(pair, places, rarity) for pair in groups]
    ends = np.cumsum([0, *(len(rows) for rows, _ in vectors)])
    table = csr_matrix(
        (
            np.concatenate([values for _, values in vectors]),
            np.concatenate([np.array(rows, int) for rows, _ in vectors]),
            ends,
        ),
        shape=(len(examples), len(names)),
    )
    labels = np.array([label for label, _ in examples])
    claims = labels != NO_CLAIM
    model = LinearSVC(C=strictness, random_state=0).fit(table[claims], labels[claims])
    claiming, claiming_bias = np.zeros(len(names)), 1.0
    if not claims.all():
        # There are thirty times as many examples that claim: both kinds count the same.
        teller = LogisticRegression(C=telling, class_weight="balanced", max_iter=2000)
        teller.fit(table, claims)
        claiming, claiming_bias = teller.coef_[0], float(teller.intercept_[0])
    scale = np.abs(model.coef_).max(axis=1) / 127
    return Likeness(
        tuple(str(label) for label in model.classes_),
        places,
        rarity,
        np.ascontiguousarray(np.round(model.coef_.T / scale).astype(np.int8)),
        scale.astype(np.float32),
        model.intercept_.astype(np.float32),
        claiming.round(3).astype(np.float32),
        round(claiming_bias, 3),
        empty,
        digest_of(examples),
    )


def learned_signs(gold: Iterable[Text]) -> list[tuple[str, frozenset[str], bool]]:
    """Give for each sentence that may be learned from its text's id, its signs, its verdict."""
    return [
        (text.id, signs_of(read_passage(passage)), one.is_claim)
        for text in gold
        if text.split != Split.TEST
        for passage, one in zip(text.passages, text.gold, strict=True)
    ]


def _learn(root: Path, folder: Path | None) -> None:
    base = read_base(root)
    likeness = train_likeness(examples_of(base.questions, base.phrasings), EMPTY)
    Path(__file__).with_name("likeness.npz").write_bytes(likeness.dump())
    if folder is not None:
        assessment = assess(base, dt.datetime.now(tz=dt.UTC).date())
        texts = gold_texts(assessment, read_texts(base, folder))
        rows = learned_signs((*texts, *gold_pages(assessment)))
        detector = train_detector([row[1] for row in rows], [row[2] for row in rows])
        names = sorted({row[0] for row in rows})
        write_detector(detector, Path(__file__).with_name("weights.json"), names)


if __name__ == "__main__":
    _learn(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
