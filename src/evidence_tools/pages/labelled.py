"""The labelled pages of ``evidence/benchmark``: our own words, with what each sentence claims."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from evidence_tools.errors import DataError, InputError
from evidence_tools.files import read_model
from evidence_tools.models import Model, Slug, Text
from evidence_tools.pages.page import Block, BlockKind, Page
from evidence_tools.pages.traits import Trouble
from evidence_tools.vocab import Duration, Magnitude, Strength

__all__ = ["Label", "LabelledPage", "PlacedLabel", "Split", "place_labels", "read_labelled_pages"]


class Split(StrEnum):
    """Whether a page is learned from, may be looked at while rules are written, or neither."""

    TRAIN = "train"
    DEV = "dev"
    TEST = "test"


class Label(Model):
    """One sentence of a labelled page.

    ``questions`` are what the sentence leans on, main one first; ``unregistered`` says that it
    also (or only) claims something the register does not ask. ``words`` are those of the text that
    make each claim: one stretch a question, and one for what is unregistered. ``topic`` is the
    topic outside the register, if it is a known one, that the latter is about. ``second`` is the
    verdict of the second pass on whether it is a claim, given without sight of the first.
    ``settled`` says that the label and a reading by the tool, which had not learned from it, did
    not agree, and that a third reader, not told whose was whose, decided.
    """

    text: Text
    block: BlockKind
    opens: bool = False
    is_claim: bool
    questions: tuple[Slug, ...] = ()
    unregistered: bool = False
    words: tuple[Text, ...] = ()
    topic: Slug | None = None
    strength: Strength | None = None
    duration: Duration | None = None
    magnitude: Magnitude | None = None
    trouble: tuple[Trouble, ...] = ()
    testimonial: bool = False
    reason: Text | None = None
    second: bool | None = None
    settled: bool = False

    @model_validator(mode="after")
    def _claim_or_reason(self) -> Self:
        if self.is_claim:
            if not self.questions and not self.unregistered:
                raise ValueError("a claim names a question, or is marked unregistered")
            if self.strength is None:
                raise ValueError("a claim has a strength")
            if self.reason is not None:
                raise ValueError("a reason is given only for what is no claim")
        elif self.reason is None:
            raise ValueError("say why this is no claim")
        elif self.questions or self.unregistered or self.strength or self.trouble:
            raise ValueError("what is no claim has no question, strength or trouble")
        return self

    @model_validator(mode="after")
    def _words_of_claims(self) -> Self:
        if self.words and len(self.words) != len(self.questions) + self.unregistered:
            raise ValueError("give words for each question, and for what is unregistered")
        if self.topic and not self.unregistered:
            raise ValueError("a topic outside the register belongs to what is unregistered")
        foreign = [words for words in self.words if words not in self.text]
        if foreign:
            raise ValueError(f"not in the text: {foreign[0]}")
        return self


class LabelledPage(Model):
    """A page written for the benchmark; every sentence of it is labelled."""

    id: Slug
    kind: Text
    split: Split
    title: Text
    sentences: Annotated[tuple[Label, ...], Field(min_length=1)]


@dataclass(frozen=True)
class PlacedLabel:
    """A label with the place of its sentence in the page."""

    start: int
    end: int
    label: Label


def place_labels(labelled: LabelledPage) -> tuple[Page, tuple[PlacedLabel, ...]]:
    """Make the page that the tool sees, without labels, and the places of the labels in it."""
    pieces: list[str] = []
    blocks: list[tuple[BlockKind, int]] = []
    placed = []
    position = 0
    for number, label in enumerate(labelled.sentences):
        opens = number == 0 or label.opens
        gap = "" if number == 0 else "\n\n" if opens else " "
        pieces += [gap, label.text]
        start = position + len(gap)
        position = start + len(label.text)
        if opens:
            blocks.append((label.block, start))
        placed.append(PlacedLabel(start, position, label))
    text = "".join(pieces)
    ends = [start for _, start in blocks[1:]] + [len(text)]
    made = tuple(
        Block(kind, text[start:end].rstrip(), start, start + len(text[start:end].rstrip()))
        for (kind, start), end in zip(blocks, ends, strict=True)
    )
    return Page(text, made, labelled.title, "en"), tuple(placed)


def read_labelled_pages(root: Path) -> tuple[LabelledPage, ...]:
    """Read all labelled pages under ``evidence/benchmark``, by folder and id.

    Raises
    ------
    InputError
        When there are none.
    DataError
        When a page breaks its model, or its id is not its file's name.
    """
    pages = tuple(_read(root / "benchmark"))
    if not pages:
        raise InputError(
            "no labelled pages",
            expected="files *.toml",
            where=str(root / "benchmark"),
            fix="take the folder back from git",
        )
    return pages


def _read(folder: Path) -> Iterator[LabelledPage]:
    for path in (*sorted(folder.glob("*.toml")), *sorted(folder.glob("train/*.toml"))):
        page = read_model(LabelledPage, path)
        if page.id != path.stem:
            raise DataError(f"the page calls itself {page.id}", expected=path.stem, where=str(path))
        if (page.split is Split.TRAIN) != (path.parent.name == "train"):
            raise DataError(
                f"the page is of the split {page.split}",
                expected="pages of the split train in the folder train, and no others",
                where=str(path),
            )
        yield page
