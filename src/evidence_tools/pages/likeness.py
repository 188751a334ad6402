"""How much a stretch of text resembles the examples of each label: a linear model, read from file.

Its features are words, pairs of neighbours, and runs of letters within words, which forgive
misspellings; each of the two groups is weighed by rarity and brought to length one. The weights are
learned by :mod:`evidence_tools.pages.training` and stored in whole numbers.
"""

from __future__ import annotations

import hashlib
import io
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib import resources
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evidence_tools.pages.words import stems

__all__ = [
    "NO_CLAIM",
    "Likeness",
    "Shares",
    "digest_of",
    "features",
    "load_likeness",
    "pairs_too",
    "read_likeness",
    "weigh",
]

#: Label of an example that claims nothing.
NO_CLAIM = "no claim"
#: Lengths of the runs of letters.
_RUNS = (3, 4, 5)
#: Divides the distances from the model's planes before they become shares: chosen so that shares
#: of texts held back come near to how often they are right.
_TEMPERATURE = 0.14


def pairs_too(words: Sequence[str]) -> list[str]:
    """Words and pairs of neighbours.

    >>> pairs_too(["low", "back", "pain"])
    ['low', 'back', 'pain', 'low back', 'back pain']
    """
    return [*words, *(f"{a} {b}" for a, b in pairwise(words))]


def features(text: str, empty: frozenset[str]) -> tuple[Counter[str], Counter[str]]:
    """Count the features of a text by group: words and pairs; runs of letters.

    Parameters
    ----------
    text : str
        Any text.
    empty : frozenset of str
        Stems whose letters say nothing.
    """
    words = stems(text)
    framed = (f"<{word}>" for word in words if word not in empty)
    runs = (
        f"#{word[first : first + length]}"
        for word in framed
        for length in _RUNS
        for first in range(len(word) - length + 1)
    )
    return Counter(pairs_too(words)), Counter(runs)


def digest_of(examples: Iterable[tuple[str, str]]) -> str:
    """SHA-256 of examples in any order: tells whether weights were learned from them."""
    lines = sorted(f"{label}\t{text}\n" for label, text in examples)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


#: A number for each label, in their order.
Shares = NDArray[np.float32]


@dataclass(frozen=True)
class Likeness:
    """Shares of labels for a text.

    ``weights`` has a row a feature and a column a label, in steps of ``scale``; ``rarity`` belongs
    to the rows, ``bias`` and ``scale`` to the columns. ``claims`` and ``claims_bias`` tell examples
    that claim something, whatever it is, from those that claim nothing. ``empty`` and ``digest``
    say which words' letters were left out in learning, and from which examples it was.
    """

    labels: tuple[str, ...]
    places: Mapping[str, int]
    rarity: NDArray[np.float32]
    weights: NDArray[np.int8]
    scale: NDArray[np.float32]
    bias: NDArray[np.float32]
    claims: NDArray[np.float32]
    claims_bias: float
    empty: frozenset[str]
    digest: str

    def vector(self, text: str) -> tuple[list[int], list[float]]:
        """Rows and values of the features that the model knows."""
        return weigh(features(text, self.empty), self.places, self.rarity)

    def shares(self, text: str, handicap: Shares | None = None) -> Shares | None:
        """Give the share of each label, together 1; None when no feature is known.

        Parameters
        ----------
        text : str
            Any text.
        handicap : array of float, optional
            What to take from each label's evidence, 1 making it about a third as likely.
        """
        logs = self._known_logs(text)
        if logs is None:
            return None
        odds = np.exp(logs if handicap is None else logs - handicap)
        return np.asarray(odds / odds.sum(), np.float32)

    def claiming(self, text: str) -> float:
        """Say on which side of what claims and what does not a text lies: above 0 it claims."""
        rows, values = self._known_vector(text)
        return float(np.asarray(values, np.float32) @ self.claims[rows] + self.claims_bias)

    @cached_property
    def _known_vector(self) -> Callable[[str], tuple[list[int], list[float]]]:
        return lru_cache(maxsize=4096)(self.vector)

    @cached_property
    def _known_logs(self) -> Callable[[str], Shares | None]:
        # A page's sentences come again: as context of their parts, and in the search for signs.
        return lru_cache(maxsize=4096)(self._logs)

    def _logs(self, text: str) -> Shares | None:
        rows, values = self._known_vector(text)
        if not rows:
            return None
        sums = np.asarray(values, np.float32) @ self.weights[rows].astype(np.float32)
        logs = (sums * self.scale + self.bias) / _TEMPERATURE
        return np.asarray(logs - logs.max(), np.float32)

    def dump(self) -> bytes:
        """Bytes of the stored form, the same for the same model."""
        names = sorted(self.places, key=lambda name: self.places[name])
        held: dict[str, Any] = {
            "labels": _packed(self.labels),
            "features": _packed(names),
            "empty": _packed(sorted(self.empty)),
            "digest": _packed([self.digest]),
            "rarity": self.rarity,
            "weights": self.weights,
            "scale": self.scale,
            "bias": self.bias,
            "claims": self.claims,
            "claims_bias": np.array(self.claims_bias),
        }
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **held)
        return buffer.getvalue()


def weigh(
    groups: Iterable[Counter[str]], places: Mapping[str, int], rarity: NDArray[np.float32]
) -> tuple[list[int], list[float]]:
    """Weigh counts by rarity, each group to length one; features without a place are left out."""
    rows: list[int] = []
    values: list[float] = []
    for group in groups:
        known = [(places[name], count) for name, count in group.items() if name in places]
        raw = [(1 + math.log(count)) * float(rarity[row]) for row, count in known]
        norm = math.sqrt(math.fsum(value * value for value in raw)) or 1.0
        rows += [row for row, _ in known]
        values += [value / norm for value in raw]
    return rows, values


def _packed(texts: Iterable[str]) -> NDArray[np.uint8]:
    return np.frombuffer("\n".join(texts).encode(), np.uint8)


def _unpacked(held: NDArray[np.uint8]) -> list[str]:
    return held.tobytes().decode().split("\n")


def load_likeness(stored: bytes) -> Likeness:
    """Take a model from its stored form."""
    with np.load(io.BytesIO(stored), allow_pickle=False) as held:
        names = _unpacked(held["features"])
        return Likeness(
            tuple(_unpacked(held["labels"])),
            {name: row for row, name in enumerate(names)},
            held["rarity"],
            held["weights"],
            held["scale"],
            held["bias"],
            held["claims"],
            float(held["claims_bias"]),
            frozenset(_unpacked(held["empty"])),
            _unpacked(held["digest"])[0],
        )


@cache
def read_likeness() -> Likeness:
    """Read the model that the package brings."""
    place = resources.files("evidence_tools.pages").joinpath("likeness.npz")
    return load_likeness(place.read_bytes())
