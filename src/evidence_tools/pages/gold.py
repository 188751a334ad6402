"""What people said of each sentence: in documents by anchors, in labelled pages by labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from evidence_tools.assessment import Assessment
from evidence_tools.pages.labelled import (
    Label,
    LabelledPage,
    PlacedLabel,
    place_labels,
)
from evidence_tools.pages.page import Page, page_from_text
from evidence_tools.pages.sentences import Passage, cut_page
from evidence_tools.pages.slots import population_shown, technique_of
from evidence_tools.pages.traits import Trouble
from evidence_tools.support import Sentence, judge
from evidence_tools.vocab import Advice, ClaimKind, Magnitude, Strength

__all__ = ["Gold", "GoldClaim", "Text", "advice_of", "gold_pages", "gold_texts"]


@dataclass(frozen=True)
class GoldClaim:
    """One claim that people filed: its questions (empty: not in the register) and its place."""

    questions: tuple[str, ...]
    start: int
    end: int
    kind: ClaimKind | None = None
    advice: Advice | None = None


@dataclass(frozen=True)
class Gold:
    """What people said of one passage."""

    is_claim: bool
    claims: tuple[GoldClaim, ...] = ()
    trouble: tuple[Trouble, ...] = ()


@dataclass(frozen=True)
class Text:
    """A page with its gold: one entry for each passage, in order."""

    id: str
    kind: str
    split: str
    page: Page
    passages: tuple[Passage, ...]
    gold: tuple[Gold, ...]


def _overlaps(text: str, first: tuple[int, int], second: tuple[int, int]) -> bool:
    """Whether two stretches share more than blanks."""
    start, end = max(first[0], second[0]), min(first[1], second[1])
    return start < end and bool(text[start:end].strip())


def gold_texts(assessment: Assessment, texts: Mapping[str, str]) -> tuple[Text, ...]:
    """Make gold of the documents whose texts are at hand, from the anchors of their claims."""
    base = assessment.base
    made = []
    for name, text in sorted(texts.items()):
        page = page_from_text(text, base.documents[name].title, "en")
        passages = cut_page(page)
        claims = base.claims_of(name)
        gold = []
        for passage in passages:
            here = [
                claim
                for claim in claims
                if _overlaps(
                    text, (passage.start, passage.end), (claim.anchor.start, claim.anchor.end)
                )
            ]
            trouble = {kind for claim in here for kind in _trouble_of(claim.questions)}
            if any(claim.magnitude is Magnitude.COMPLETE for claim in here):
                trouble.add(Trouble.CURE)
            gold.append(
                Gold(
                    bool(here),
                    tuple(
                        GoldClaim(
                            claim.questions,
                            claim.anchor.start,
                            claim.anchor.end,
                            claim.kind,
                            assessment.verdicts[claim.id].advice,
                        )
                        for claim in here
                    ),
                    tuple(kind for kind in Trouble if kind in trouble),
                )
            )
        made.append(Text(name, "document", "document", page, passages, tuple(gold)))
    return tuple(made)


def _trouble_of(questions: Iterable[str]) -> set[Trouble]:
    """Trouble that a question as such brings, by the words of its id."""
    words = {word for question in questions for word in question.split("-")}
    found = set()
    if "toxin" in words:
        found.add(Trouble.TOXINS)
    if "palliative" in words:
        found.add(Trouble.CANCER)
    if words & {"fibromyalgia", "rheumatoid", "osteoarthritis", "neuropathic", "depression"}:
        found.add(Trouble.DISEASE)
    return found


def gold_pages(assessment: Assessment, pages: Iterable[LabelledPage]) -> tuple[Text, ...]:
    """Make gold of labelled pages."""
    made = []
    for labelled in pages:
        page, placed = place_labels(labelled)
        passages = cut_page(page)
        gold = tuple(_gold_of(passage, placed, assessment) for passage in passages)
        made.append(Text(labelled.id, labelled.kind, labelled.split, page, passages, gold))
    return tuple(made)


def _gold_of(passage: Passage, placed: Sequence[PlacedLabel], assessment: Assessment) -> Gold:
    labels: list[Label] = [
        one.label for one in placed if one.start < passage.end and passage.start < one.end
    ]
    claims: list[GoldClaim] = []
    for label in labels:
        for question in label.questions:
            kind = assessment.base.questions[question].kind
            advice = advice_of(_sentence_of(label, kind, passage), question, assessment)
            claims.append(GoldClaim((question,), passage.start, passage.end, kind, advice))
        if label.unregistered:
            claims.append(GoldClaim((), passage.start, passage.end))
    trouble = {kind for label in labels for kind in label.trouble}
    return Gold(
        any(label.is_claim for label in labels),
        tuple(claims),
        tuple(kind for kind in Trouble if kind in trouble),
    )


def _sentence_of(label: Label, kind: ClaimKind, passage: Passage) -> Sentence:
    """What the rules of fit read in a label; technique and people are not labelled."""
    return Sentence(
        kind,
        label.strength or Strength.STRONG,
        technique_of(passage.text, passage.title, background=kind is ClaimKind.BACKGROUND),
        label.duration,
        label.magnitude,
        population_shown(passage.text),
    )


def advice_of(sentence: Sentence, question: str, assessment: Assessment) -> Advice | None:
    """Advice on a sentence that leans on one question."""
    answers = [assessment.answers[question]]
    return judge(sentence, answers, assessment.base.rules, assessment.profile).advice
