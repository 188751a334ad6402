"""The screening queue, conflicts between reviewers, and the numbers of the PRISMA 2020 flow.

All of it is computed from the committed files alone: runs, decisions, records. So a fresh clone
shows what waits without the literature store, and any past day can be shown as it stood.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from evidence_tools.base import EvidenceBase
from evidence_tools.literature.decisions import ANY, CONSENSUS, Decision, Verdict
from evidence_tools.literature.designs import StudyTag
from evidence_tools.models import SearchRun

__all__ = [
    "Candidate",
    "Conflict",
    "Flow",
    "candidates",
    "conflicts",
    "count_flow",
    "decided",
    "standing",
    "waiting_by_question",
    "waiting_words",
]


@dataclass(frozen=True)
class Candidate:
    """A citation that runs brought and that is not yet a record of the evidence base."""

    pmid: str
    title: str
    year: int | None
    journal: str | None
    design: StudyTag
    reason: str
    duplicate_of: str | None
    found: dt.date
    searches: tuple[str, ...]
    questions: tuple[str, ...]


@dataclass(frozen=True)
class Conflict:
    """Two reviewers who decided differently, and have not settled it."""

    pmid: str
    question: str
    decisions: tuple[Decision, ...]


def _runs(base: EvidenceBase, day: dt.date) -> list[SearchRun]:
    found = [run for run in base.runs.values() if run.search is not None and run.date <= day]
    return sorted(found, key=lambda run: (run.date, run.id))


def candidates(base: EvidenceBase, day: dt.date) -> dict[str, Candidate]:
    """Everything that runs have queued up to a day, by PMID, whether decided or not."""
    latest: dict[str, tuple[SearchRun, int]] = {}
    searches: dict[str, set[str]] = defaultdict(set)
    first: dict[str, dt.date] = {}
    for run in _runs(base, day):
        for index, item in enumerate(run.queued):
            latest[item.pmid] = (run, index)
            searches[item.pmid].add(run.search or "")
            first.setdefault(item.pmid, run.date)
    found = {}
    for pmid in sorted(latest, key=int):
        run, index = latest[pmid]
        item = run.queued[index]
        served = {
            question
            for search in searches[pmid]
            if search in base.searches
            for question in base.searches[search].questions
        }
        found[pmid] = Candidate(
            pmid=pmid,
            title=item.title,
            year=item.year,
            journal=item.journal,
            design=StudyTag(item.design),
            reason=item.reason,
            duplicate_of=item.duplicate_of,
            found=first[pmid],
            searches=tuple(sorted(searches[pmid])),
            questions=tuple(sorted(served)),
        )
    return found


def standing(
    decisions: Iterable[Decision], day: dt.date
) -> dict[str, dict[str, dict[str, Decision]]]:
    """Latest decision of each reviewer up to a day: PMID → question (or ``*``) → reviewer."""
    found: dict[str, dict[str, dict[str, Decision]]] = defaultdict(lambda: defaultdict(dict))
    for decision in sorted(decisions, key=lambda d: d.key):
        if decision.day <= day:
            held = found[decision.pmid][decision.question].get(decision.by)
            if held is None or held.date <= decision.date:
                found[decision.pmid][decision.question][decision.by] = decision
    return {pmid: {q: dict(by) for q, by in per.items()} for pmid, per in found.items()}


def _side(decision: Decision) -> str:
    """In, out, or still open: what two reviewers must agree on."""
    if decision.decision is Verdict.INCLUDE:
        return "in"
    return "open" if decision.decision is Verdict.SEEK else "out"


def conflicts(decisions: Iterable[Decision], day: dt.date) -> list[Conflict]:
    """Pairs of citation and question on which reviewers stand against each other.

    A decision on ``*`` holds for each question that has no decision of the same reviewer. A row by
    ``consensus`` that is as late as the decisions settles them.
    """
    found = []
    for pmid, per_question in sorted(standing(decisions, day).items(), key=lambda p: int(p[0])):
        general = per_question.get(ANY, {})
        for question in sorted(per_question):
            by = {**general, **per_question[question]}
            settled = by.pop(CONSENSUS, None)
            if settled is not None and all(d.date <= settled.date for d in by.values()):
                continue
            if len({_side(decision) for decision in by.values()}) > 1:
                rows = tuple(by[name] for name in sorted(by))
                found.append(Conflict(pmid, question, rows))
    return found


def _in_force(by: Mapping[str, Decision], reviewers: int) -> Decision | None:
    """The decision that counts, or None while reviewers are missing or disagree."""
    if CONSENSUS in by and all(d.date <= by[CONSENSUS].date for d in by.values()):
        return by[CONSENSUS]
    people = {name: decision for name, decision in by.items() if name != CONSENSUS}
    if len(people) < reviewers or len({_side(decision) for decision in people.values()}) > 1:
        return None
    return max(people.values(), key=lambda decision: (decision.date, decision.by))


def decided(base: EvidenceBase, day: dt.date, reviewers: int = 1) -> dict[str, dict[str, Decision]]:
    """Decisions in force: PMID → question (or ``*``) → decision.

    A question on which reviewers are missing or disagree has none.
    """
    found: dict[str, dict[str, Decision]] = {}
    for pmid, per_question in standing(base.screening, day).items():
        general = per_question.get(ANY, {})
        for question, by in per_question.items():
            force = _in_force({**general, **by}, reviewers)
            if force is not None:
                found.setdefault(pmid, {})[question] = force
    return found


def waiting_by_question(
    base: EvidenceBase, day: dt.date, reviewers: int = 1
) -> dict[str, tuple[Candidate, ...]]:
    """What waits for a person, by question: not decided, or included and not yet a record.

    Returns
    -------
    dict
        Question id → candidates, guidelines and reviews first, then the newest.
    """
    held = {record.pmid for record in base.records.values() if record.pmid}
    force = decided(base, day, reviewers)
    waiting: dict[str, list[Candidate]] = defaultdict(list)
    for pmid, candidate in candidates(base, day).items():
        if pmid in held or candidate.duplicate_of is not None:
            continue
        verdicts = force.get(pmid, {})
        for question in candidate.questions:
            decision = verdicts.get(question, verdicts.get(ANY))
            if decision is not None and _side(decision) == "out":
                continue
            waiting[question].append(candidate)
    return {
        question: tuple(sorted(found, key=lambda c: (c.design.rank, -(c.year or 0), -int(c.pmid))))
        for question, found in sorted(waiting.items())
    }


_PLURAL = {
    StudyTag.GUIDELINE: ("guideline", "guidelines"),
    StudyTag.COCHRANE_REVIEW: ("Cochrane review", "Cochrane reviews"),
    StudyTag.SYSTEMATIC_REVIEW: ("review", "reviews"),
    StudyTag.TRIAL: ("trial", "trials"),
    StudyTag.PROTOCOL: ("protocol", "protocols"),
    StudyTag.OTHER: ("other article", "other articles"),
}


def waiting_words(found: Iterable[Candidate]) -> str:
    """Say in words what waits.

    >>> waiting_words([])
    'nothing waits'
    """
    counts = Counter(candidate.design for candidate in found)
    if not counts:
        return "nothing waits"
    parts = [f"{counts[tag]} {_PLURAL[tag][counts[tag] > 1]}" for tag in StudyTag if counts[tag]]
    return "new evidence waiting: " + ", ".join(parts)


@dataclass(frozen=True)
class Flow:
    """Numbers of the PRISMA 2020 flow diagram for updated reviews (Page, BMJ 2021;372:n71).

    ``identified`` counts hits of all runs, ``duplicates`` what of them was seen before (by PMID,
    DOI or title), ``held`` what was in the evidence base already. The arm of previous studies
    counts the sources that came with the literature pack and from earlier searches by hand.
    """

    previous: int
    identified: int
    runs: int
    duplicates: int
    held: int
    screened: int
    unscreened: int
    excluded: int
    sought: int
    not_retrieved: int
    assessed: int
    awaiting: int
    ineligible: Mapping[str, int] = field(default_factory=dict)
    included: int = 0
    total: int = 0


def count_flow(base: EvidenceBase, day: dt.date, reviewers: int = 1) -> Flow:
    """Count the flow from the runs and decisions up to a day.

    Notes
    -----
    A citation is counted once, whatever number of questions it was screened for: as far as it got
    for any of them.
    """
    runs = _runs(base, day)
    hits = [pmid for run in runs for pmid in run.pmids]
    unique = set(hits)
    queued = candidates(base, day)
    doubles = {pmid for pmid, candidate in queued.items() if candidate.duplicate_of is not None}
    in_queue = set(queued) - doubles
    decided_now = decided(base, day, reviewers)
    order = list(Verdict)
    furthest: dict[str, Decision] = {}
    for pmid in in_queue & decided_now.keys():
        furthest[pmid] = max(decided_now[pmid].values(), key=lambda d: order.index(d.decision))
    by_verdict = Counter(decision.decision for decision in furthest.values())
    sought = sum(by_verdict[verdict] for verdict in order if verdict is not Verdict.EXCLUDE)
    reasons = Counter(
        str(decision.reason)
        for decision in furthest.values()
        if decision.decision is Verdict.INELIGIBLE
    )
    included = by_verdict[Verdict.INCLUDE]
    held = {record.pmid for record in base.verified_records if record.pmid}
    new = {pmid for pmid, d in furthest.items() if d.decision is Verdict.INCLUDE and pmid in held}
    previous = len(base.verified_records) - len(new)
    return Flow(
        previous=previous,
        identified=len(hits),
        runs=len(runs),
        duplicates=len(hits) - len(unique) + len(doubles),
        held=len(unique) - len(set(queued) & unique),
        screened=len(furthest),
        unscreened=len(in_queue) - len(furthest),
        excluded=by_verdict[Verdict.EXCLUDE],
        sought=sought,
        not_retrieved=by_verdict[Verdict.NOT_RETRIEVED],
        assessed=by_verdict[Verdict.INELIGIBLE] + included,
        awaiting=by_verdict[Verdict.SEEK],
        ineligible=dict(sorted(reasons.items())),
        included=included,
        total=previous + included,
    )
