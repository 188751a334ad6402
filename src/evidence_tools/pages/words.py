"""Words, stems and the tags of the lexicon that they carry."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

import snowballstemmer

__all__ = ["Lexicon", "Token", "read_lexicon", "split_words", "stem", "stems", "tokens"]

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d+(?:[.,]\d+)*%?|[£$€%]")
#: One spelling for what is written in two ways, before stems are taken.
_SPELLINGS = (
    ("ischaem", "ischem"),
    ("oedema", "edema"),
    ("tumour", "tumor"),
    ("labour", "labor"),
    ("fibre", "fiber"),
    ("isation", "ization"),
    ("ising", "izing"),
    ("ised", "ized"),
    ("ise", "ize"),
    ("anaesth", "anesth"),
    ("centred", "centered"),
    ("programme", "program"),
    ("leukaem", "leukem"),
)
_KEPT = re.compile(r"(?:exercis|promis|rais|ris|wis|diseas|eas)|.*wise$")
_stemmer = snowballstemmer.stemmer("english")


@dataclass(frozen=True, slots=True)
class Token:
    """A word, its stem, and where it stands."""

    word: str
    stem: str
    start: int
    end: int


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """Stem of one word, after British and American spellings are made one.

    >>> stem("relieving"), stem("oedema") == stem("edema"), stem("pain-free")
    ('reliev', True, 'pain-fre')
    """
    word = word.casefold().replace("’", "'")
    word = word.removesuffix("'s")
    if not _KEPT.match(word):
        for british, american in _SPELLINGS:
            if british in word:
                word = word.replace(british, american)
                break
    return str(_stemmer.stemWord(word))


def tokens(text: str) -> tuple[Token, ...]:
    """Words of a text, with places."""
    return tuple(
        Token(found[0].casefold().replace("’", "'"), stem(found[0]), found.start(), found.end())
        for found in _WORD.finditer(text)
    )


@lru_cache(maxsize=8192)
def stems(text: str) -> tuple[str, ...]:
    """Stems of a text, in order; words with hyphens also give their parts.

    >>> stems("Pain-free mornings")
    ('pain', 'free', 'morn')
    """
    return tuple(stem(word) for word in split_words(text))


def split_words(text: str) -> tuple[str, ...]:
    """Words of a text, in order, one for each of its stems."""
    return tuple(part for found in _WORD.finditer(text) for part in found[0].split("-"))


@dataclass(frozen=True)
class Lexicon:
    """Phrases by their first stem, each with its tags, longest phrases first."""

    phrases: Mapping[str, Sequence[tuple[tuple[str, ...], frozenset[str]]]]

    def tag(self, words: Sequence[str]) -> dict[str, list[tuple[int, int]]]:
        """Say for each tag where its phrases stand: first and one past last index of stems."""
        found: dict[str, list[tuple[int, int]]] = {}
        for index, word in enumerate(words):
            for phrase, tags in self.phrases.get(word, ()):
                end = index + len(phrase)
                if len(phrase) == 1 or tuple(words[index:end]) == phrase:
                    for tag in tags:
                        places = found.setdefault(tag, [])
                        # The longest phrase at a place is enough.
                        if not places or places[-1][0] != index:
                            places.append((index, end))
        names = [place for place in found.get("treatment", ()) if place[1] - place[0] > 1]
        for tag in ("condition", "outcome", "physiology") if names else ():
            # "Deep tissue" names a treatment, not a tissue.
            kept = [p for p in found.get(tag, ()) if not any(_lies_in(p, n) for n in names)]
            found[tag] = kept
        return found


def _lies_in(inner: tuple[int, int], outer: tuple[int, int]) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1] and inner != outer


@cache
def read_lexicon() -> Lexicon:
    """Read the lexicon that the package brings."""
    text = resources.files("evidence_tools.pages").joinpath("lexicon.toml").read_text("utf-8")
    tags_of: dict[tuple[str, ...], set[str]] = {}
    for tag, listed in tomllib.loads(text).items():
        for phrase in str(listed).replace("\n", " ").split(","):
            key = stems(phrase)
            if key:
                tags_of.setdefault(key, set()).add(tag)
    grouped: dict[str, list[tuple[tuple[str, ...], frozenset[str]]]] = {}
    for key, tags in tags_of.items():
        grouped.setdefault(key[0], []).append((key, frozenset(tags)))
    return Lexicon(
        {first: sorted(many, key=lambda one: -len(one[0])) for first, many in grouped.items()}
    )
