"""In which order a person screens: design, then the match to the question, then what was learnt.

The match is the cosine between TF-IDF vectors of the citation and of the questions that its
searches serve. Once people have decided on enough citations, a logistic regression on the same
vectors joins in: priority screening as in O'Mara-Eves and others (Systematic Reviews 2015;4:5).
The order never hides anything: the last of the queue is still in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from evidence_tools.literature.screening import Candidate

__all__ = ["LEAST_OF_EACH", "rank_candidates"]

#: So many citations in, and so many out, must have been decided before decisions are learnt from.
LEAST_OF_EACH = 10


def rank_candidates(
    candidates: Sequence[Candidate],
    texts: Mapping[str, str],
    questions: Mapping[str, str],
    decided: Mapping[str, bool] | None = None,
) -> list[Candidate]:
    """Order candidates for screening.

    Parameters
    ----------
    candidates : sequence of Candidate
        What waits.
    texts : mapping
        PMID → title and abstract, of candidates and of decided citations; titles will do.
    questions : mapping
        Question id → its text with synonyms.
    decided : mapping, optional
        PMID → whether a person took it in.

    Returns
    -------
    list of Candidate
        By design (guidelines first), then score; equal scores by PMID, the newest first.
    """
    if not candidates:
        return []
    learnt = [pmid for pmid in sorted(decided or {}) if texts.get(pmid)]
    asked = sorted(questions)
    corpus = [
        *(texts.get(c.pmid) or c.title for c in candidates),
        *(texts[pmid] for pmid in learnt),
        *(questions[name] for name in asked),
    ]
    try:
        vectors = TfidfVectorizer(sublinear_tf=True, stop_words="english").fit_transform(corpus)
    except ValueError:
        # No word at all in any text: nothing to order by.
        vectors = None
    scores: NDArray[np.float64] = np.zeros(len(candidates))
    if vectors is not None:
        ours = vectors[: len(candidates)]
        past = vectors[len(candidates) : len(candidates) + len(learnt)]
        matches = (ours @ vectors[len(candidates) + len(learnt) :].T).toarray()
        place = {name: index for index, name in enumerate(asked)}
        for row, candidate in enumerate(candidates):
            served = [place[name] for name in candidate.questions if name in place]
            scores[row] = matches[row, served].max() if served else 0.0
        taken = np.array([bool((decided or {})[pmid]) for pmid in learnt])
        if taken.sum() >= LEAST_OF_EACH and (~taken).sum() >= LEAST_OF_EACH:
            model = LogisticRegression(class_weight="balanced", max_iter=1000)
            scores += model.fit(past, taken).predict_proba(ours)[:, 1]
    order = sorted(
        range(len(candidates)),
        key=lambda i: (
            candidates[i].design.rank,
            -round(float(scores[i]), 9),
            -int(candidates[i].pmid),
        ),
    )
    return [candidates[i] for i in order]
