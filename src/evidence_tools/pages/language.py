"""Which language a page is in, so that one in another language than English is not judged."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

__all__ = ["LanguageFinding", "find_language", "language_name"]

#: Frequent in English, and words of no other language that pages are often in.
_ENGLISH = frozenset((
    "the", "and", "with", "your", "you", "our", "this", "that", "these", "those", "from", "has",
    "but", "they", "their", "what", "when", "which", "who", "how", "why", "it's", "you're",
    "about", "after", "than", "out", "get", "make", "help", "helps", "feel", "we'll", "into",
    "should", "would", "any", "each",
))  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_LETTERS = 60  # below this many letters nobody can tell
_SURE_LETTERS = 100
_PASSAGE = 120
_SURE = 0.9
_MOST_PASSAGES = 40
_NAMES = {
    "ar": "Arabic", "bg": "Bulgarian", "ca": "Catalan", "cs": "Czech", "cy": "Welsh",
    "da": "Danish", "de": "German", "el": "Greek", "en": "English", "es": "Spanish",
    "et": "Estonian", "fa": "Persian", "fi": "Finnish", "fr": "French", "ga": "Irish",
    "he": "Hebrew", "hi": "Hindi", "hr": "Croatian", "hu": "Hungarian", "id": "Indonesian",
    "it": "Italian", "ja": "Japanese", "ko": "Korean", "lt": "Lithuanian", "lv": "Latvian",
    "nb": "Norwegian", "nl": "Dutch", "no": "Norwegian", "pl": "Polish", "pt": "Portuguese",
    "ro": "Romanian", "ru": "Russian", "sk": "Slovak", "sl": "Slovenian", "sr": "Serbian",
    "sv": "Swedish", "th": "Thai", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu",
    "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip


@dataclass(frozen=True)
class LanguageFinding:
    """The two-letter code of a page's language, or None, and what is to be said about it."""

    code: str | None
    notes: tuple[str, ...] = ()


def language_name(code: str) -> str:
    """Name a language in English, or give its code back."""
    return _NAMES.get(code, code)


def find_language(passages: Iterable[str], stated: str | None = None) -> LanguageFinding:
    """Tell the language of a page from its words, and failing that from what it states.

    The words win, since templates state English whatever is written into them. A text with the
    small words of English is English; only for others is the model loaded, which takes most of
    a second.

    Parameters
    ----------
    passages : iterable of str
        The blocks of the page.
    stated : str, optional
        What the page says of itself, such as ``en-GB``.
    """
    texts = list(passages)
    whole = " ".join(texts)[:40_000]
    said = _code(stated)
    letters = sum(map(len, _WORD.findall(whole)))
    if letters < _LETTERS:
        return _finding(said, said)
    if _english(whole) >= 0.08:
        return _finding("en", said, _others(texts))
    code, sure = _classify(whole[:4000])
    if code == "en" and letters >= _SURE_LETTERS and sure >= 0.5:
        return _finding("en", said)
    if code != "en" and letters >= _SURE_LETTERS and sure >= _SURE:
        return _finding(code, said)
    return _finding(said, said)


def _finding(code: str | None, said: str | None, others: tuple[str, ...] = ()) -> LanguageFinding:
    notes = []
    if code is not None and code != "en":
        name = language_name(code)
        notes.append(f"the page is in {name}: only English is judged, so nothing in it was")
    if code is not None and said is not None and said != code:
        notes.append(f"the page states {language_name(said)}, but is in {language_name(code)}")
    return LanguageFinding(code, (*notes, *others))


def _code(stated: str | None) -> str | None:
    match = re.match(r"\s*([A-Za-z]{2,3})(?:[-_]|\s*$)", stated or "")
    return match.group(1).lower() if match else None


def _english(text: str) -> float:
    """Share of words that are small words of English."""
    words = _WORD.findall(text.lower().replace("’", "'"))
    return sum(word in _ENGLISH for word in words) / len(words) if words else 0.0


def _others(texts: list[str]) -> tuple[str, ...]:
    """Say which passages of an English page are in another language."""
    found: Counter[str] = Counter()
    doubtful = [text for text in texts if len(text) >= _PASSAGE and _english(text) < 0.03]
    for text in doubtful[:_MOST_PASSAGES]:
        code, sure = _classify(text)
        if code != "en" and sure >= 0.95:
            found[code] += 1
    return tuple(
        f"{count} {'passage is' if count == 1 else 'passages are'} in {language_name(code)}: "
        "only English is judged"
        for code, count in sorted(found.items())
    )


def _classify(text: str) -> tuple[str, float]:
    code, sure = _identifier().classify(text)
    return str(code), float(sure)


@cache
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
