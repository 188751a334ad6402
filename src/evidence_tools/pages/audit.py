"""The audit of a page: every sentence, what it claims, and whether it may stay.

Advice comes from the rules and the register that the report uses; nothing is kept that nobody can
vouch for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from evidence_tools.assessment import Assessment
from evidence_tools.pages.advice import PageAdvice, Ruling, rule_on, strictest
from evidence_tools.pages.claims import Found, FoundClaim, Register, find_claims, open_register
from evidence_tools.pages.language import language_name
from evidence_tools.pages.limits import is_limit
from evidence_tools.pages.oversteps import Overstep
from evidence_tools.pages.page import Block, BlockKind, Page
from evidence_tools.pages.reading import Source
from evidence_tools.pages.rewording import (
    Offer,
    Phrasebook,
    Subject,
    neutral_text,
    session_minutes,
    subject_of,
)
from evidence_tools.pages.sentences import cut_page
from evidence_tools.pages.traits import Trait, Trouble
from evidence_tools.support import FitResult
from evidence_tools.vocab import Support, Technique

__all__ = [
    "Audit",
    "AuditedClaim",
    "AuditedSentence",
    "Auditor",
    "audit_page",
    "audit_source",
    "open_auditor",
]

Minutes = tuple[int, ...]


@dataclass(frozen=True)
class AuditedClaim:
    """One claim of a sentence, and what to do with it.

    ``question`` is None where the register does not ask it. ``near`` are further questions that it
    may as well be meant for. ``wording`` is what may be said instead, ``instead`` what may be said
    on the near questions, ``neutral`` a description of the service that promises nothing.
    ``confidence`` (0 to 1) is how surely this is a claim on this question; where it is not
    ``sure``, a person should look whether the question is the right one.
    """

    text: str
    start: int
    end: int
    question: str | None
    support: Support | None
    advice: PageAdvice
    reason: str
    triggers: tuple[str, ...]
    confidence: float
    sure: bool
    fit: tuple[FitResult, ...] = ()
    oversteps: tuple[Overstep, ...] = ()
    condition: str = ""
    refusal: str | None = None
    wording: str | None = None
    instead: tuple[tuple[str, str], ...] = ()
    neutral: str | None = None
    near: tuple[str, ...] = ()


@dataclass(frozen=True)
class AuditedSentence:
    """One sentence, item or heading of a page; ``advice`` is the strictest of its claims'."""

    text: str
    start: int
    end: int
    kind: BlockKind
    is_claim: bool
    confidence: float
    claims: tuple[AuditedClaim, ...]
    advice: PageAdvice | None
    reason: str
    traits: tuple[Trait, ...] = ()
    trouble: tuple[Trouble, ...] = ()

    @property
    def worst(self) -> AuditedClaim | None:
        """The claim that decided, the first of several."""
        return next((claim for claim in self.claims if claim.advice is self.advice), None)


@dataclass(frozen=True)
class Audit:
    """A page, sentence by sentence, with what it was held against.

    ``judged`` is False where the page is in another language than English: nothing in it was.
    """

    page: Page
    sentences: tuple[AuditedSentence, ...]
    assessment: Assessment
    name: str = "-"
    kind: str = "text"
    encoding: str | None = None
    notes: tuple[str, ...] = ()
    judged: bool = True

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """How many sentences there are, how many claim something, and how many get which advice."""
        given = Counter(sentence.advice for sentence in self.sentences)
        return {
            "sentences": len(self.sentences),
            "claims": sum(sentence.is_claim for sentence in self.sentences),
            **{str(advice): given[advice] for advice in reversed(PageAdvice)},
        }

    @property
    def must_change(self) -> bool:
        """Whether something has to be removed."""
        return any(sentence.advice is PageAdvice.REMOVE for sentence in self.sentences)

    @cached_property
    def questions(self) -> tuple[str, ...]:
        """Questions of the register that the page's claims lean on, in order of appearance."""
        named = (claim.question for one in self.sentences for claim in one.claims)
        return tuple(dict.fromkeys(key for key in named if key is not None))


class Auditor:
    """A register made ready to audit pages; make it once with :func:`open_auditor`."""

    def __init__(self, assessment: Assessment, register: Register) -> None:
        self.assessment = assessment
        self.register = register
        self.phrasebook = Phrasebook(assessment)
        self._alarms: Callable[[str, str | None], frozenset[str | None]]
        self._alarms = lru_cache(maxsize=4096)(self._find_alarms)
        self._offer = lru_cache(maxsize=4096)(self._choose_offer)

    def offer(self, question: str, text: str, technique: Technique) -> Offer | None:
        """What may be said on a question, in the tone of a text; None where nothing may.

        The claim finder reads each offer as it would read a page. It must find nothing to remove
        that it would not also find in the register's own words, which a person has reviewed.
        """
        return self._offer(question, subject_of(text), technique)

    def _choose_offer(self, question: str, subject: Subject, technique: Technique) -> Offer | None:
        offers = [*self.phrasebook.offers(question, subject, technique)]
        if not offers:
            return None
        plain = self._alarms(offers[-1].text, question)
        return next(offer for offer in offers if self._alarms(offer.text, question) <= plain)

    def neutral(self, technique: Technique, minutes: Minutes, kind: BlockKind) -> str | None:
        """Describe the service without an effect; None if the claim finder sees one in it."""
        text = neutral_text(technique, minutes, kind)
        return None if self._alarms(text, None) else text

    def _find_alarms(self, text: str, question: str | None) -> frozenset[str | None]:
        """Questions for which a text would have to be removed, if it is not about a given one."""
        page = Page(text, (Block(BlockKind.PARAGRAPH, text, 0, len(text)),), None, "en")
        return frozenset(
            claim.question
            for found in find_claims(page, self.register)
            for claim in _stated(found)
            if question not in {match.question for match in claim.matches}
            and rule_on(claim, found.traits, self.assessment).advice is PageAdvice.REMOVE
        )


def open_auditor(assessment: Assessment) -> Auditor:
    """Make ready to audit pages.

    Parameters
    ----------
    assessment : Assessment
        Register and ratings of a day, under one yardstick.
    """
    return Auditor(assessment, open_register(assessment.base))


def audit_source(source: Source, auditor: Auditor, name: str = "-") -> Audit:
    """Audit a page that was read from a file, a stream or an upload.

    Parameters
    ----------
    source : Source
        As :func:`~evidence_tools.pages.reading.read_source` gives it.
    auditor : Auditor
        See :func:`open_auditor`.
    name : str
        What to call it in the result: a file's name without its folders.
    """
    return audit_page(
        source.page,
        auditor,
        name=name,
        kind=str(source.kind),
        encoding=source.encoding,
        notes=source.notes,
    )


_NO_LANGUAGE = "the text is too short to tell its language: it was read as English"


def audit_page(
    page: Page,
    auditor: Auditor,
    *,
    name: str = "-",
    kind: str = "text",
    encoding: str | None = None,
    notes: tuple[str, ...] = (),
) -> Audit:
    """Audit a page: one entry for each sentence, item and heading, in order.

    Parameters
    ----------
    page : Page
        A page in another language than English is not judged, and every sentence says so.
    auditor : Auditor
        See :func:`open_auditor`.
    name, kind, encoding, notes
        What to say of its reading.
    """
    judged = page.language in (None, "en")
    if page.language is None:
        notes = (*notes, _NO_LANGUAGE)
    read = _audited(page, auditor) if judged else _unread(page)
    return Audit(page, tuple(read), auditor.assessment, name, kind, encoding, notes, judged)


def _unread(page: Page) -> Iterator[AuditedSentence]:
    language = language_name(page.language or "")
    reason = f"The page is in {language}, and only English is judged."
    for passage in cut_page(page):
        yield AuditedSentence(
            passage.text, passage.start, passage.end, passage.kind, False, 0.0, (),
            PageAdvice.NOT_ASSESSED, reason,
        )  # fmt: skip


def _audited(page: Page, auditor: Auditor) -> Iterator[AuditedSentence]:
    every = find_claims(page, auditor.register)
    passages = [found.passage for found in every]
    minutes = session_minutes(page)
    index = 0
    while index < len(every):
        known = auditor.phrasebook.recognise(passages, index)
        if known is None:
            yield _sentence(every[index], auditor, minutes)
            index += 1
            continue
        offer, count = known
        for found in every[index : index + count]:
            yield _recognised(found, offer, auditor.assessment)
        index += count


_OWN_WORDS = "These are the register's own words on the question."
_OWN_WORDS_MORE = "These are the register's own words, but this yardstick asks for more."


def _recognised(found: Found, offer: Offer, assessment: Assessment) -> AuditedSentence:
    """Entry for a sentence that the register itself offers, word for word."""
    passage = found.passage
    advice = PageAdvice(offer.advice)
    reason = _OWN_WORDS if advice is PageAdvice.KEEP else _OWN_WORDS_MORE
    claim = AuditedClaim(
        text=passage.text,
        start=passage.start,
        end=passage.end,
        question=offer.question,
        support=assessment.ratings[offer.question].support,
        advice=advice,
        reason=reason,
        triggers=found.triggers,
        confidence=1.0,
        sure=True,
    )
    return _entry(found, True, (claim,))


def _stated(found: Found) -> tuple[FoundClaim, ...]:
    """Claims of a sentence without the parts that only say how little is known."""
    return tuple(claim for claim in found.claims if not is_limit(claim.text))


def _sentence(found: Found, auditor: Auditor, minutes: Minutes) -> AuditedSentence:
    stated = _stated(found)
    is_claim = found.is_claim and (bool(stated) or not found.claims)
    return _entry(found, is_claim, tuple(_claim(c, found, auditor, minutes) for c in stated))


def _entry(found: Found, is_claim: bool, claims: tuple[AuditedClaim, ...]) -> AuditedSentence:
    passage = found.passage
    advice = strictest(claim.advice for claim in claims)
    if is_claim and advice is None:
        advice = PageAdvice.NOT_ASSESSED
    worst = next((claim for claim in claims if claim.advice is advice), None)
    return AuditedSentence(
        passage.text,
        passage.start,
        passage.end,
        passage.kind,
        is_claim,
        found.confidence,
        claims,
        advice,
        worst.reason if worst else "",
        found.traits,
        found.trouble,
    )


def _claim(claim: FoundClaim, found: Found, auditor: Auditor, minutes: Minutes) -> AuditedClaim:
    ruling = rule_on(claim, found.traits, auditor.assessment)
    verdict = ruling.verdict
    score = claim.matches[0].chance if claim.matches else 1.0
    said = _offers(claim, ruling, found, auditor)
    wording = said.pop(claim.question, None) if claim.question else None
    foreign = Trait.OTHER_TREATMENT in found.traits and Trait.TESTIMONIAL not in found.traits
    technique, kind = claim.sentence.technique, found.passage.kind
    # A wording with its limits is too long for a heading.
    bare = wording is None or kind in (BlockKind.HEADING, BlockKind.TITLE)
    plain = bare and not foreign and ruling.advice in (PageAdvice.REMOVE, PageAdvice.REWORD)
    return AuditedClaim(
        text=claim.text,
        start=claim.start,
        end=claim.end,
        question=claim.question,
        support=verdict.support if verdict else None,
        fit=verdict.fit if verdict else (),
        oversteps=ruling.oversteps,
        advice=ruling.advice,
        reason=ruling.reason,
        condition=ruling.condition,
        refusal=ruling.refusal,
        wording=wording,
        instead=tuple(said.items()),
        neutral=auditor.neutral(technique, minutes, kind) if plain else None,
        triggers=tuple(word for word in found.triggers if word in claim.text.casefold())
        or found.triggers,
        confidence=round(min(found.confidence, score), 3),
        sure=claim.is_sure,
        near=claim.contenders[1:],
    )


def _offers(claim: FoundClaim, ruling: Ruling, found: Found, auditor: Auditor) -> dict[str, str]:
    """What may be said on the claim's question and on those that are near, by question."""
    if ruling.advice is PageAdvice.KEEP and not ruling.condition:
        return {}
    text, technique = found.passage.text, claim.sentence.technique
    offers = {key: auditor.offer(key, text, technique) for key in claim.contenders}
    return {key: offer.text for key, offer in offers.items() if offer is not None}
