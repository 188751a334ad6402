"""Ways in which pages put what a question asks, claims that no question asks, and no claims."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from evidence_tools.models import Model, Slug, Text

__all__ = ["OutsideTopic", "Phrasings"]

_Several = Annotated[tuple[Text, ...], Field(min_length=1)]


class OutsideTopic(Model):
    """A topic that pages speak of and the register does not ask about.

    ``name`` stands in a sentence: "about ..., which the register does not ask".
    """

    name: Text
    phrasings: _Several


class Phrasings(Model):
    """Example phrasings by question, by topic outside the register, and of what claims nothing.

    They serve matching alone: no verdict rests on them.
    """

    questions: dict[Slug, _Several]
    outside: dict[Slug, OutsideTopic] = Field(default_factory=dict)
    no_claims: dict[Slug, _Several] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        outside = {key: topic.phrasings for key, topic in self.outside.items()}
        both = sorted(self.questions.keys() & outside.keys())
        if both:
            raise ValueError(f"{', '.join(both)} is a question and a topic outside")
        for key, phrasings in (
            *self.questions.items(),
            *outside.items(),
            *self.no_claims.items(),
        ):
            twice = sorted({one for one in phrasings if phrasings.count(one) > 1})
            if twice:
                raise ValueError(f"{key} holds twice: {twice[0]}")
        return self
