"""Small valid pieces of evidence that tests change in one place."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from evidence_tools.files import read_model
from evidence_tools.models import Anchor, Claim, Finding, Record, Seen
from evidence_tools.questions import Appraisal, DomainJudgement, Question, Shown, Wording
from evidence_tools.rules import Rules
from evidence_tools.vocab import Domain

ROOT = Path(__file__).resolve().parents[1]
#: Text of the small project's only document.
TEXT = "Neuromuscular massage relieves low back pain for good. Book now & <script>save</script>.\n"
DAY = dt.date(2026, 11, 21)
RULES = read_model(Rules, ROOT / "evidence" / "rules.toml")


def finding(**changes: Any) -> Finding:
    """A finding in favour of massage: SMD -0.5 (-0.8 to -0.2) in 600 people."""
    values = {
        "id": "f1",
        "topic": "low-back-pain",
        "outcome": "pain",
        "timepoint": "short term",
        "comparison": "massage vs no treatment",
        "direction": "favours-massage",
        "measure": "SMD",
        "estimate": -0.5,
        "ci_low": -0.8,
        "ci_high": -0.2,
        "n_participants": 600,
        "note": "negative favours massage",
    }
    return Finding(**{**values, **changes})


def record(key: str = "smith2020", **changes: Any) -> Record:
    """A verified meta-analysis of neuromuscular massage with one finding for it."""
    values = {
        "key": key,
        "title": f"Massage for back pain ({key})",
        "journal": "J Test",
        "year": 2020,
        "doi": f"10.1000/{key}",
        "authors": ("Smith A",),
        "design": "meta-analysis",
        "population": "adults with back pain",
        "massage_type": "neuromuscular-or-trigger-point",
        "findings": (finding(),),
        "topics": ("low-back-pain",),
        "summary": "Massage was a little better than nothing.",
        "seen": (Seen(url="https://example.org/a", shows=("findings",)),),
    }
    return Record(**{**values, **changes})


def domains(**changes: int) -> dict[Domain, DomainJudgement]:
    """Five judgements of 0, changed by name (``risk_of_bias=-1``)."""
    return {
        domain: DomainJudgement(
            judgement=changes.get(domain.value.replace("-", "_"), 0), reason="as seen"
        )
        for domain in Domain
    }


def wording(**changes: Any) -> Wording:
    """A hedged, honest wording."""
    values = {"text": "Massage may ease back pain for a few weeks.", "strength": "hedged"}
    return Wording(**{**values, **changes})


def appraisal(**changes: Any) -> Appraisal:
    """An appraisal: benefit, nothing rated down, direct, short-term, small."""
    values = {
        "by": "first pass",
        "date": DAY,
        "direction": "benefit",
        "direction_reason": "the pooled trials agree",
        "directness": "direct",
        "directness_reason": "the trials used trigger-point massage",
        "findings_basis": ("smith2020:f1",),
        "findings_for": ("smith2020:f1",),
        "bottom_line": "It helped a little.",
        "would_move": "A large trial against sham.",
        "domains": domains(),
        "shown": Shown(
            population="adults with back pain",
            covers_population=True,
            comparator="no treatment",
            duration="short",
            magnitude="small",
        ),
        "wording": wording(),
        "avoid": (wording(text="It cures back pain.", strength="absolute", magnitude="complete"),),
    }
    return Appraisal(**{**values, **changes})


def question(**changes: Any) -> Question:
    """An efficacy question on low back pain."""
    values = {
        "id": "low-back-pain",
        "kind": "efficacy",
        "question": "Does massage ease low back pain?",
        "population": "adults with low back pain",
        "intervention": "neuromuscular massage, else massage in general",
        "comparator": "any",
        "outcome": "pain",
        "synonyms": ("back pain",),
        "mesh": ("Massage",),
        "tiab": ("massage",),
        "topics": ("low-back-pain",),
    }
    return Question(**{**values, **changes})


def claim(**changes: Any) -> Claim:
    """A strong claim that neuromuscular massage relieves back pain."""
    values = {
        "id": "d900-001",
        "anchor": Anchor(start=0, end=5, sha256="0" * 64, first="It"),
        "proposition": "Neuromuscular massage relieves back pain.",
        "kind": "efficacy",
        "strength": "strong",
        "technique": "neuromuscular massage",
        "questions": ("low-back-pain",),
        "extracted_by": "both",
    }
    return Claim(**{**values, **changes})
