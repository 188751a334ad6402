"""Commands for the people who screen: screen, record."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evidence_tools.cli.shared import find_base, find_store
from evidence_tools.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console

    from evidence_tools.base import EvidenceBase
    from evidence_tools.literature.citations import Citation
    from evidence_tools.literature.decisions import Decision
    from evidence_tools.literature.screening import Candidate

__all__ = ["record", "screen"]


@click.command()
@click.option("--by", metavar="NAME", envvar="EVIDENCE_REVIEWER", help="Who decides.")
@click.option("--question", metavar="ID", help="Only what waits for this question.")
@click.option("--reviewers", type=click.IntRange(1, 2), default=1, show_default=True,
              help="How many people must decide on each.")  # fmt: skip
@click.option("--list", "only_list", is_flag=True, help="Print the queue and decide nothing.")
@click.option("--conflicts", "only_conflicts", is_flag=True,
              help="Print what two reviewers disagree on.")  # fmt: skip
@click.option("--flow", is_flag=True, help="Print the numbers of the PRISMA 2020 flow.")
@click.option("--limit", type=click.IntRange(1), help="Stop after so many.")
@click.pass_context
def screen(
    ctx: click.Context,
    by: str | None,
    question: str | None,
    reviewers: int,
    only_list: bool,
    only_conflicts: bool,
    flow: bool,
    limit: int | None,
) -> None:
    r"""Decide on what the searches found, one citation after the other.

    Each decision is written at once, so you can stop at any time. The same decisions can be typed
    into evidence/screening.tsv.

    \b
    Keys: i include · s seek the full text · x exclude (asks why) · n not retrieved
          e ineligible on the full text (asks why) · k skip · b back · q quit

    \b
    Examples:
      evidence screen --by ann
      evidence screen --list --question neck-pain
      evidence screen --conflicts
    """
    from evidence_tools.assessment import today
    from evidence_tools.base import read_base
    from evidence_tools.literature.screening import conflicts, waiting_by_question
    from evidence_tools.retirement import check_in_use

    root = find_base(ctx)
    base = read_base(root)
    if question is not None and question not in base.questions:
        check_in_use(base.retired, question)
        raise InputError(f"no question {question!r}", fix="list them with: evidence matrix")
    if flow:
        _print_flow(base, reviewers)
        return
    if only_conflicts:
        found = conflicts(base.screening, today())
        for item in found:
            told = ", ".join(f"{d.by}: {d.decision}" for d in item.decisions)
            click.echo(f"{item.pmid}  {item.question}  {told}")
        click.echo(
            f"{len(found)} conflicts; settle each with a line by “consensus” in screening.tsv",
            err=True,
        )
        return
    waiting = waiting_by_question(base, today(), reviewers)
    chosen = waiting.get(question, ()) if question else [c for q in waiting.values() for c in q]
    undecided = _undecided(base, list({c.pmid: c for c in chosen}.values()), by, reviewers)
    citations = _citations(ctx, base, [c.pmid for c in undecided])
    queue = _ordered(base, undecided, citations)[:limit]
    if only_list:
        for candidate in queue:
            click.echo(
                f"{candidate.pmid:>8}  {candidate.design:<17} {candidate.year or '':<4} "
                f"{candidate.title}"
            )
        click.echo(f"{len(queue)} to decide", err=True)
        return
    if by is None:
        raise InputError(
            "nobody is named as reviewer",
            expected="a name or initials, which every decision will carry",
            fix="evidence screen --by ann (or set EVIDENCE_REVIEWER)",
        )
    made = _ask(queue, citations, by, root / "screening.tsv")
    click.echo(f"{made} decisions written, {max(0, len(queue) - made)} left", err=True)


def _undecided(
    base: EvidenceBase, waiting: list[Candidate], by: str | None, reviewers: int
) -> list[Candidate]:
    """What this reviewer has not finally decided; what is sought stays in the queue."""
    from evidence_tools.assessment import today
    from evidence_tools.literature.decisions import Verdict
    from evidence_tools.literature.screening import standing

    done: set[str] = set()
    for pmid, per_question in standing(base.screening, today()).items():
        rows = [d for by_name in per_question.values() for d in by_name.values()]
        mine = [d for d in rows if reviewers == 1 or d.by == by]
        if any(d.decision is Verdict.INCLUDE for d in mine) or (
            reviewers == 2 and any(d.decision.is_final for d in mine)
        ):
            done.add(pmid)
    return [candidate for candidate in waiting if candidate.pmid not in done]


def _citations(ctx: click.Context, base: EvidenceBase, pmids: list[str]) -> dict[str, Citation]:
    """Abstracts from the literature store, where there is one."""
    from evidence_tools.literature.store import open_store

    path = find_store(ctx)
    if not path.is_file():
        return {}
    with open_store(path, create=False) as store:
        decided = {decision.pmid for decision in base.screening}
        found = {pmid: store.citation(pmid) for pmid in {*pmids, *decided}}
    return {pmid: citation for pmid, citation in found.items() if citation is not None}


def _ordered(
    base: EvidenceBase, waiting: list[Candidate], citations: dict[str, Citation]
) -> list[Candidate]:
    from evidence_tools.literature.decisions import Verdict
    from evidence_tools.literature.ranking import rank_candidates

    texts = {p: f"{c.title}\n{c.abstract_text}" for p, c in citations.items()}
    asked = {
        name: " ".join((question.question, *question.synonyms))
        for name, question in base.questions.items()
    }
    past = {d.pmid: d.decision in (Verdict.INCLUDE, Verdict.SEEK) for d in base.screening}
    return rank_candidates(waiting, texts, asked, past)


def _print_flow(base: EvidenceBase, reviewers: int) -> None:
    from evidence_tools.assessment import today
    from evidence_tools.literature.screening import count_flow

    flow = count_flow(base, today(), reviewers)
    rows = [
        ("sources held before the searches", flow.previous),
        (f"identified by {flow.runs} runs", flow.identified),
        ("duplicates removed", flow.duplicates),
        ("held already", flow.held),
        ("waiting to be screened", flow.unscreened),
        ("screened", flow.screened),
        ("excluded on title and abstract", flow.excluded),
        ("full text sought", flow.sought),
        ("not retrieved", flow.not_retrieved),
        ("full text awaited", flow.awaiting),
        ("assessed on the full text", flow.assessed),
        *((f"ineligible: {reason}", count) for reason, count in flow.ineligible.items()),
        ("included", flow.included),
        ("sources in all", flow.total),
    ]
    for name, count in rows:
        click.echo(f"{count:>7}  {name}")


_KEYS = {"i": "include", "s": "seek", "x": "exclude", "n": "not-retrieved", "e": "ineligible"}


def _ask(queue: list[Candidate], citations: dict[str, Citation], by: str, path: Path) -> int:
    """Show one citation after the other and write each decision as it is made."""
    from rich.console import Console

    console = Console(stderr=True)
    place = made = 0
    while place < len(queue):
        candidate = queue[place]
        _show(console, candidate, citations.get(candidate.pmid), place, len(queue))
        key = click.prompt(
            "i/s/x/n/e, k skip, b back, q quit", err=True, show_choices=False,
            type=click.Choice([*_KEYS, "k", "b", "q"]),
        )  # fmt: skip
        if key == "q":
            break
        if key == "b":
            place = max(0, place - 1)
            continue
        if key != "k":
            made += _write(candidate, key, by, path)
        place += 1
    return made


def _show(
    console: Console, candidate: Candidate, citation: Citation | None, place: int, count: int
) -> None:
    from rich.console import Group
    from rich.panel import Panel
    from rich.text import Text

    about = f"{candidate.journal or ''} {candidate.year or ''} · PMID {candidate.pmid}".strip()
    abstract = citation.abstract_text if citation else "(the abstract is not at hand)"
    # Text, not markup: a title with square brackets must not be read as a style.
    parts = [
        Text(candidate.title or "(no title)", style="bold"),
        Text(about),
        Text(f"{candidate.design}: {candidate.reason}", style="italic"),
        Text("for: " + ", ".join(candidate.questions)),
        Text(),
        Text(abstract or "(no abstract)"),
    ]
    console.print(Panel(Group(*parts), title=f"{place + 1} of {count}"))


def _write(candidate: Candidate, key: str, by: str, path: Path) -> int:
    from evidence_tools.literature.decisions import ANY, Reason, append_decisions

    reason = None
    if key in "xen":
        reason = click.prompt(
            "why", type=click.Choice([str(r) for r in Reason]), err=True,
            default="no-full-text" if key == "n" else None,
        )  # fmt: skip
    questions = [ANY]
    if key == "i" and len(candidate.questions) > 1:
        told = click.prompt(
            "for which questions (commas between; empty: all)", default="", err=True,
            show_default=False,
        )  # fmt: skip
        questions = [q.strip() for q in told.split(",") if q.strip()] or [ANY]
        unknown = [q for q in questions if q != ANY and q not in candidate.questions]
        if unknown:
            click.echo(
                f"not among its questions: {', '.join(unknown)}; nothing was written", err=True
            )
            return 0
    now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    rows = [_decision(candidate, question, _KEYS[key], reason, by, now) for question in questions]
    return append_decisions(path, rows) and 1


def _decision(
    candidate: Candidate, question: str, verdict: str, reason: str | None, by: str, now: str
) -> Decision:
    from pydantic import ValidationError

    from evidence_tools.files import explain_validation
    from evidence_tools.literature.decisions import Decision

    try:
        return Decision.model_validate(
            {
                "pmid": candidate.pmid,
                "search": candidate.searches[0],
                "question": question,
                "decision": verdict,
                "reason": reason,
                "by": by,
                "date": now,
            }
        )
    except ValidationError as error:
        raise InputError(explain_validation(error), where="--by") from error


@click.group()
def record() -> None:
    r"""Make records of sources.

    \b
    Example:
      evidence record new 26329399
    """


@record.command("new")
@click.argument("pmid")
@click.pass_context
def new(ctx: click.Context, pmid: str) -> None:
    r"""Draft a record from the literature store, for a person to complete.

    The draft lies under evidence/unverified and supports nothing. When it is complete, move it to
    evidence/records.

    \b
    Example:
      evidence record new 26329399
    """
    from evidence_tools.assessment import today
    from evidence_tools.base import read_base
    from evidence_tools.files import write_model
    from evidence_tools.identifiers import parse_pmid
    from evidence_tools.literature.drafts import TO_COMPLETE, draft_record
    from evidence_tools.literature.store import open_store

    root = find_base(ctx)
    wanted = parse_pmid(pmid)
    base = read_base(root)
    held = next((r.key for r in base.records.values() if r.pmid == wanted), None)
    if held is not None:
        raise InputError(f"PMID {wanted} is a record already", where=f"{held}.json")
    with open_store(find_store(ctx), create=False) as store:
        citation = store.citation(wanted)
    if citation is None:
        raise InputError(
            f"PMID {wanted} is not in the literature store",
            fix="fetch it with: evidence update, or import a file: evidence literature import FILE",
        )
    draft = draft_record(citation, base.records, today())
    path = root / "unverified" / f"{draft.key}.json"
    write_model(draft, path)
    click.echo(str(path.relative_to(root.parent)))
    click.echo(
        f"fill in what says “{TO_COMPLETE}” and the findings, then move the file to "
        f"evidence/records and run: evidence check",
        err=True,
    )
