"""Authors' names: persons in parts, bodies as one, written the way PubMed writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["OTHERS", "Name", "parse_given", "parse_name", "start_initials"]

#: Letters of initials, with the hyphen of a double given name.
_INITIALS = re.compile(r"(?:-?[^\W\d_]){1,5}")
#: Signs of a person's name; anything else is a body, or something that is best left whole.
_PERSON = re.compile(r"[^\W\d_](?:[ .'’-]?[^\W\d_])*")
_SUFFIXES = frozenset({"Jr", "Sr", "II", "III", "IV", "2nd", "3rd"})
#: Words that only a body has in its name, so that "Back Review Group UK" is no person.
_BODIES = re.compile(
    r"\b(?:academy|agency|alliance|association|authors|board|centre|center|collaboration|college|"
    r"committee|consortium|council|department|federation|foundation|group|institute|"
    r"investigators|ministry|network|organi[sz]ation|panel|society|team|university)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Name:
    """An author: a person in parts, or a body whose whole name stands in ``family``.

    ``given`` is written as initials with points where only initials are known (``A. D.``).
    """

    family: str
    given: str = ""
    suffix: str = ""
    collective: bool = False

    def __str__(self) -> str:
        """Write the name as PubMed does: ``Furlan AD``, ``Koc TA Jr``."""
        return " ".join(part for part in (self.family, self.initials, self.suffix) if part)

    @property
    def initials(self) -> str:
        """First letters of the given names, without points."""
        return "".join(f"{part[0]}{part[1]}" if part[0] == "-" else part[0]
                       for part in re.findall(r"-?[^\s.\-]+", self.given))  # fmt: skip


#: Stands for authors that the source does not name one by one.
OTHERS = Name("et al.", collective=True)


def start_initials(letters: str) -> str:
    """Write initials with points and blanks, as BibTeX, RIS and CSL expect them.

    >>> start_initials("AD"), start_initials("J-P")
    ('A. D.', 'J.-P.')
    """
    return " ".join(f"{letter}." for letter in letters).replace("-. ", "-").replace(" -", "-")


def parse_given(text: str) -> tuple[str, str]:
    """Part the given names of a person from a suffix at their end.

    >>> parse_given("T A Jr")
    ('T. A.', 'Jr')
    >>> parse_given("Andrea D.")
    ('Andrea D.', '')
    """
    words = text.split()
    suffix = words.pop() if len(words) > 1 and words[-1] in _SUFFIXES else ""
    if all(re.fullmatch(r"[^\W\d_](?:-[^\W\d_])*", word) for word in words):
        return start_initials("".join(words)), suffix
    return " ".join(words), suffix


def parse_name(text: str) -> Name:
    """Read a name as PubMed writes it.

    >>> parse_name("van der Berg AB")
    Name(family='van der Berg', given='A. B.', suffix='', collective=False)
    >>> parse_name("World Health Organization").collective
    True
    """
    text = " ".join(text.split())
    if re.fullmatch(r"et al\.?|others", text):
        return OTHERS
    words = text.split(" ")
    suffix = words.pop() if len(words) > 2 and words[-1] in _SUFFIXES else ""
    if len(words) == 1 and _PERSON.fullmatch(text) and text.casefold() != "and":
        return Name(text)
    family, _, letters = " ".join(words).rpartition(" ")
    person = (
        _PERSON.fullmatch(family)
        and _INITIALS.fullmatch(letters)
        and letters.replace("-", "").isupper()
        and not re.search(r"\band\b", family, re.IGNORECASE)
        and not _BODIES.search(text)
    )
    return Name(family, start_initials(letters), suffix) if person else Name(text, collective=True)
