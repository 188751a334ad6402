"""Text as PubMed compares it: without regard to case, accents and signs."""

from __future__ import annotations

import unicodedata

__all__ = ["fold"]

#: Letters that Unicode does not take apart, and Greek ones, which MEDLINE spells out.
_LETTERS = {
    "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ı": "i", "þ": "th",
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta",
    "η": "eta", "θ": "theta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu",
    "ξ": "xi", "ο": "omicron", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "υ": "upsilon",
    "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega",
}  # fmt: skip


class _Table(dict[int, str]):
    """What each character becomes, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        kept = []
        # Taken apart, some small signs are capitals (a raised A is an A): hence twice.
        for part in unicodedata.normalize("NFKD", chr(code).casefold()).casefold():
            category = unicodedata.category(part)
            if part in _LETTERS:
                kept.append(_LETTERS[part])
            elif part.isalnum():
                kept.append(part)
            elif category[0] != "M" and category != "Cf":
                # Marks are accents, Cf soft hyphens and the like: neither parts a word.
                kept.append(" ")
        self[code] = folded = "".join(kept)
        return folded


_TABLE = _Table()


def fold(text: str) -> str:
    """Words of a text in small plain letters, one blank between them.

    Whatever is no letter or digit parts words: PubMed turns signs into blanks, and a hyphen in a
    phrase meets a blank in the text and the other way round.

    >>> fold("Low-back pain: the β-endorphins’ rôle")
    'low back pain the beta endorphins role'
    """
    return " ".join(text.translate(_TABLE).split())
