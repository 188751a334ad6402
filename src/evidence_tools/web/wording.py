"""What the pages of the server say: yardsticks, errors and limits in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evidence_tools.errors import InputError
from evidence_tools.rules import Profile

__all__ = ["ERRORS", "Choice", "ErrorText", "explain_input", "list_choices"]


@dataclass(frozen=True)
class Choice:
    """A yardstick as a person chooses it: its name, when to take it, and what it is modelled on."""

    key: str
    title: str
    meaning: str
    source: str


_CHOICES = {
    "strict": (
        "Strict",
        "Say only what good studies in people show. Take this one if you are not sure.",
    ),
    "uk-cap": (
        "United Kingdom",
        "As the UK’s rules for adverts see massage. You may speak of everyday stress and sleep.",
    ),
    "ahpra": (
        "Australia",
        "As Australia’s health boards ask of adverts. Words of clients may not be used at all.",
    ),
}


def list_choices(profiles: Mapping[str, Profile]) -> list[Choice]:
    """Yardsticks of the rules, the strict one first; one that is new is told in its own words."""
    order = [key for key in _CHOICES if key in profiles]
    order += [key for key in profiles if key not in _CHOICES]
    return [
        Choice(key, *_CHOICES.get(key, (key, profiles[key].title)), profiles[key].source)
        for key in order
    ]


@dataclass(frozen=True)
class ErrorText:
    """An error: a heading, what happened in one sentence, and what to do now."""

    title: str
    what: str
    advice: str


ERRORS: dict[int, ErrorText] = {
    400: ErrorText(
        "This did not arrive whole",
        "What was sent could not be read as a form.",
        "Go back and send the page again.",
    ),
    403: ErrorText(
        "This was refused",
        "The form was sent from another website, so it was not read.",
        "Open the check on this address, and paste your page there.",
    ),
    404: ErrorText(
        "There is no such page",
        "Nothing is kept at this address.",
        "Check the address, or go to the start.",
    ),
    405: ErrorText(
        "This address is for something else",
        "It does not take this kind of request.",
        "Go to the check, and paste your page there.",
    ),
    408: ErrorText(
        "The upload stopped",
        "Nothing more of your file came in for too long, so we gave up waiting.",
        "Check your connection, and send it again.",
    ),
    413: ErrorText(
        "The file is too large",
        "It is larger than what can be sent in one go, so it was not read.",
        "Check the page in parts, or save it without its pictures.",
    ),
    415: ErrorText(
        "This is not a form",
        "What was sent is not the kind of form that the check reads.",
        "Go to the check, and paste your page there.",
    ),
    421: ErrorText(
        "Wrong address",
        "This server does not answer to the name in your address bar.",
        "Open the address that “evidence serve” printed.",
    ),
    500: ErrorText(
        "Something broke here",
        "The fault is ours, and your page was not checked.",
        "Try again. If it fails again, run “evidence check” and read what it says.",
    ),
    503: ErrorText(
        "We could not check this in time",
        "The check was stopped, so that others need not wait.",
        "Try again in a minute, or check the page in parts.",
    ),
}


def explain_input(error: InputError, name: str) -> tuple[str, str]:
    """Say in a sentence what is wrong with a page, and in another what to do.

    >>> explain_input(InputError("the file is empty", fix="save it anew"), "-")
    ('The pasted text cannot be checked: the file is empty.', 'Save it anew.')
    """
    subject = "The pasted text" if name == "-" else f"“{name}”"
    what = f"{subject} cannot be checked: {error.what}"
    if error.expected and not error.fix:
        what += f"; expected {error.expected}"
    fix = error.fix and error.fix[0].upper() + error.fix[1:]
    return _end(what), _end(fix)


def _end(text: str) -> str:
    return text if not text or text[-1] in ".!?" else f"{text}."
