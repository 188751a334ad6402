"""How likely a stretch of text is to ask what some examples ask: naive Bayes over words and pairs.

Counts are weights (TF-IDF, each text of length one), so that a long example says no more than a
short one. Nothing is stored: the counts are taken from the examples in a moment.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

__all__ = ["Likeness", "pairs_too"]

#: Smoothing: the weight with which each label is taken to hold every word. Small, since labels have
#: about forty short examples.
_SMOOTHING = 0.05
#: Divides the evidence before it becomes shares: words of a sentence are not independent, and
#: shares would be near 0 or 1 without it.
_TEMPERATURE = 0.6


def pairs_too(words: Sequence[str]) -> list[str]:
    """Words and pairs of neighbours.

    >>> pairs_too(["low", "back", "pain"])
    ['low', 'back', 'pain', 'low back', 'back pain']
    """
    return [*words, *(f"{a} {b}" for a, b in pairwise(words))]


class Likeness:
    """Shares of labels for a text.

    Parameters
    ----------
    examples : iterable of (str, sequence of str)
        Label and words of each example.
    emphasis : callable
        Factor by which a word or pair counts more than its rarity says.
    """

    def __init__(
        self,
        examples: Iterable[tuple[str, Sequence[str]]],
        emphasis: Callable[[str], float] = lambda _: 1.0,
    ) -> None:
        bags = [(label, Counter(pairs_too(words))) for label, words in examples if words]
        spread = Counter(word for _, bag in bags for word in bag)
        self._rarity = {
            word: (math.log((1 + len(bags)) / (1 + count)) + 1) * emphasis(word)
            for word, count in spread.items()
        }
        sums: dict[str, dict[str, float]] = {}
        for label, bag in bags:
            held = sums.setdefault(label, {})
            for word, value in self._vector(bag).items():
                held[word] = held.get(word, 0.0) + value
        size = _SMOOTHING * len(self._rarity)
        #: Evidence of a word that a label does not hold; what it holds is added to this.
        self._floor = {
            label: math.log(_SMOOTHING / (math.fsum(held.values()) + size))
            for label, held in sums.items()
        }
        self._gains: dict[str, list[tuple[str, float]]] = {}
        for label, held in sums.items():
            for word, value in held.items():
                gain = math.log1p(value / _SMOOTHING)
                self._gains.setdefault(word, []).append((label, gain))

    def _vector(self, bag: Counter[str]) -> dict[str, float]:
        raw = {
            word: (1 + math.log(count)) * self._rarity[word]
            for word, count in bag.items()
            if word in self._rarity
        }
        norm = math.sqrt(sum(value * value for value in raw.values())) or 1.0
        return {word: value / norm for word, value in raw.items()}

    def shares(
        self, words: Sequence[str], handicap: Callable[[str], float] = lambda _: 0.0
    ) -> dict[str, float]:
        """Give the share of each label, together 1; empty when no word is known.

        Parameters
        ----------
        words : sequence of str
            Of the text.
        handicap : callable
            What to take from a label's evidence, 1 making it about a third as likely.
        """
        vector = self._vector(Counter(pairs_too(words)))
        if not vector:
            return {}
        mass = sum(vector.values())
        evidence = {label: mass * floor for label, floor in self._floor.items()}
        for word, value in vector.items():
            for label, gain in self._gains[word]:
                evidence[label] += value * gain
        logs = {label: x / _TEMPERATURE - handicap(label) for label, x in evidence.items()}
        top = max(logs.values())
        odds = {label: math.exp(x - top) for label, x in logs.items()}
        total = math.fsum(odds.values())
        return {label: x / total for label, x in odds.items()}
