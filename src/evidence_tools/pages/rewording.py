"""What a clinic can say instead: the register's wording in the clinic's own tone, or no effect.

A wording belongs to a level and falls with it. Its subject may be the clinic's own ("our massage",
the technique's name) as far as the rules carry that; its promise may not be touched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from evidence_tools.assessment import Assessment
from evidence_tools.pages.page import BlockKind, Page
from evidence_tools.pages.sentences import Passage, cut_sentences
from evidence_tools.questions import Wording
from evidence_tools.support import judge_wording
from evidence_tools.vocab import Advice, FitCheck, Technique, WordingKind

__all__ = ["Offer", "Phrasebook", "Subject", "neutral_text", "session_minutes", "subject_of"]


class Subject(StrEnum):
    """Who or what a sentence of a page speaks of."""

    MASSAGE = "massage"
    OUR_MASSAGE = "our massage"
    WE = "we"


@dataclass(frozen=True)
class Offer:
    """A sentence that a clinic can use instead, and the wording of the register behind it."""

    question: str
    text: str
    wording: Wording
    advice: Advice
    failed: frozenset[FitCheck] = frozenset()


_OURS = re.compile(
    r"\W*(?:our|my)\b.{0,40}?\b(?:massages?|therap\w+|treatments?|sessions?|bodywork|techniques?"
    r"|work|approach)\b",
    re.IGNORECASE,
)
_WE = re.compile(r"\W*(?:we|i)\b", re.IGNORECASE)
#: The place in a wording that names the treatment: "Massage may ease …".
_MAY = re.compile(r"\b([Mm])assage may\b")
#: What speaks of studies cannot speak of one clinic.
_OF_STUDIES = re.compile(
    r"\b(?:stud(?:y|ies)|suggest\w*|evidence|trials?|reviews?)\b", re.IGNORECASE
)
_NAMED = (
    Technique.NEUROMUSCULAR,
    Technique.TRIGGER_POINT,
    Technique.MYOFASCIAL_RELEASE,
    Technique.DEEP_TISSUE,
)
_SPACE = re.compile(r"\s+")


def subject_of(text: str) -> Subject:
    """Tell who a sentence speaks of.

    >>> subject_of("Our massage heals."), subject_of("We ease pain."), subject_of("Pain relief")
    (<Subject.OUR_MASSAGE: 'our massage'>, <Subject.WE: 'we'>, <Subject.MASSAGE: 'massage'>)
    """
    if _OURS.match(text):
        return Subject.OUR_MASSAGE
    return Subject.WE if _WE.match(text) else Subject.MASSAGE


def _retell(wording: Wording, subject: Subject, technique: Technique) -> Wording | None:
    """Put a clinic's subject into a wording of an effect; None where there is no place for it."""
    found = _MAY.search(wording.text)
    if wording.kind is not WordingKind.EFFECT or found is None:
        return None
    if _OF_STUDIES.search(wording.text[: found.start()]):
        return None
    named = str(technique) if technique in _NAMED else "massage"
    opens = found.start() == 0
    if subject is Subject.WE:
        if not opens:
            return None
        put = f"We offer {named}, which may"
    else:
        put = f"our {named} may" if subject is Subject.OUR_MASSAGE else f"{named} may"
        put = put[0].upper() + put[1:] if opens else put
    text = wording.text[: found.start()] + put + wording.text[found.end() :]
    new = technique if technique in _NAMED else wording.technique
    return wording.model_copy(update={"text": text, "technique": new})


def _plain(text: str) -> str:
    """Text as it is compared: one blank, one kind of quotes, no end mark, no capitals."""
    text = text.replace("’", "'").replace("‘", "'").casefold()
    return _SPACE.sub(" ", text).strip(" .!\"'“”")


class Phrasebook:
    """All that may be said on the questions of a register, on a day and under a yardstick."""

    def __init__(self, assessment: Assessment) -> None:
        self._assessment = assessment

    def offers(self, question: str, subject: Subject, technique: Technique) -> Iterator[Offer]:
        """Yield what may be said on a question, nearest to the clinic's own tone first.

        None is offered that the rules would have removed, and none that they judge more strictly
        than the register's own words.
        """
        appraisal = self._assessment.appraisals[question]
        if appraisal is None or appraisal.wording is None:
            return
        plain = self._offer(question, appraisal.wording)
        if plain is None:
            return
        seen = {plain.text}
        # The technique's name weighs more for the tone than "our" does.
        for named in dict.fromkeys((technique, Technique.MASSAGE)):
            for who in dict.fromkeys((subject, Subject.MASSAGE)):
                told = _retell(appraisal.wording, who, named)
                if told is None or told.text in seen:
                    continue
                seen.add(told.text)
                offer = self._offer(question, told)
                if offer is not None and (offer.advice, offer.failed) == (
                    plain.advice,
                    plain.failed,
                ):
                    yield offer
        yield plain

    def _offer(self, question: str, wording: Wording) -> Offer | None:
        assessment = self._assessment
        verdict = judge_wording(
            wording, assessment.answers[question], assessment.base.rules, assessment.profile
        )
        if verdict.advice is None or verdict.advice is Advice.REMOVE:
            return None
        failed = frozenset(result.check for result in verdict.fit if not result.fits)
        return Offer(question, wording.text, wording, verdict.advice, failed)

    @cached_property
    def _by_opening(self) -> dict[str, list[tuple[tuple[str, ...], Offer]]]:
        """Everything that is ever offered, by its first sentence."""
        found: dict[str, list[tuple[tuple[str, ...], Offer]]] = {}
        for question in self._assessment.base.questions:
            known: set[str] = set()
            for subject in Subject:
                for technique in (*_NAMED, Technique.MASSAGE):
                    for offer in self.offers(question, subject, technique):
                        if offer.text in known:
                            continue
                        known.add(offer.text)
                        sentences = tuple(
                            _plain(offer.text[start:end])
                            for start, end in cut_sentences(offer.text)
                        )
                        found.setdefault(sentences[0], []).append((sentences, offer))
        return found

    def recognise(self, passages: Sequence[Passage], index: int) -> tuple[Offer, int] | None:
        """Find what is offered word for word where a passage begins, and how many it takes."""
        for sentences, offer in self._by_opening.get(_plain(passages[index].text), ()):
            run = passages[index : index + len(sentences)]
            if tuple(_plain(passage.text) for passage in run) == sentences:
                return offer, len(sentences)
        return None


_MINUTES = re.compile(r"\b(\d{2,3})\s?-?\s?(?:min(?:ute)?s?\b|['’])", re.IGNORECASE)
_MOST_LENGTHS = 3


def session_minutes(page: Page) -> tuple[int, ...]:
    """Lengths of a session that a page names, in minutes, shortest first.

    Examples
    --------
    >>> from evidence_tools.pages.page import page_from_text
    >>> session_minutes(page_from_text("Massage 60 min £50, 30-minute massage £30"))
    (30, 60)
    """
    found = {int(match[1]) for match in _MINUTES.finditer(page.text)}
    kept = sorted(length for length in found if 10 <= length <= 180)
    return tuple(kept[:_MOST_LENGTHS])


def neutral_text(technique: Technique, minutes: Sequence[int], kind: BlockKind) -> str:
    """Describe the service without an effect: what it is and how long a session takes.

    >>> neutral_text(Technique.DEEP_TISSUE, (30, 60), BlockKind.PARAGRAPH)
    'We offer deep tissue massage in sessions of 30 or 60 minutes.'
    >>> neutral_text(Technique.NONE, (), BlockKind.HEADING)
    'Massage therapy'
    """
    named = str(Technique.MASSAGE if technique is Technique.NONE else technique)
    lengths = [str(length) for length in minutes]
    listed = " or ".join(filter(None, (", ".join(lengths[:-1]), *lengths[-1:])))
    if kind is BlockKind.PARAGRAPH:
        return (
            f"We offer {named} in sessions of {listed} minutes." if listed else f"We offer {named}."
        )
    opened = named[0].upper() + named[1:]
    return f"{opened}, {listed} minutes" if listed and kind is not BlockKind.HEADING else opened
