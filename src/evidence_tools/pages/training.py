"""Weights of the signs, learned from labelled sentences. Imports scikit-learn only when called."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from evidence_tools.files import format_json, write_atomic
from evidence_tools.pages.detection import Detector

__all__ = ["train_detector", "write_detector"]


def train_detector(
    signs: Sequence[frozenset[str]], labels: Sequence[bool], strictness: float = 1.0
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
