"""Commands that ask PubMed: update, verify. Nothing else of the package asks a server anything.

(``serve`` answers on loopback; ``scan`` talks to Dask's workers where it is told to.)
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evidence_tools.cli.shared import find_base, find_store
from evidence_tools.errors import InputError

if TYPE_CHECKING:
    from evidence_tools.base import EvidenceBase
    from evidence_tools.literature.citations import Citation
    from evidence_tools.literature.entrez import Settings
    from evidence_tools.literature.plans import Task
    from evidence_tools.literature.update import Outcome

__all__ = ["update", "verify"]


@click.command()
@click.option("--search", "searches", multiple=True, metavar="ID", help="Only this search.")
@click.option("--since", default="last", show_default=True, metavar="last|DATE",
              help="From the last run on, or from a day.")  # fmt: skip
@click.option("--until", metavar="DATE", help="Up to this day; default: today.")
@click.option("--email", metavar="ADDRESS", help="Whom NCBI writes to; default: NCBI_EMAIL.")
@click.option("--dry-run", is_flag=True, help="Say what would be asked; ask nothing.")
@click.option("--offline", is_flag=True, help="Run the searches over what the store holds.")
@click.option("--trial", is_flag=True, help="Allow a server that is not NCBI (a trial run).")
@click.option("--report/--no-report", default=True, help="Build the report afterwards.")
@click.pass_context
def update(
    ctx: click.Context,
    searches: tuple[str, ...],
    since: str,
    until: str | None,
    email: str | None,
    dry_run: bool,
    offline: bool,
    trial: bool,
    report: bool,
) -> None:
    r"""Ask PubMed what is new, keep it, and say what a person must look at.

    Once a month. If it is interrupted, run it again: it goes on where it stopped. NCBI wants to
    know who asks (NCBI_EMAIL) and allows 3 requests a second, or 10 with a key (NCBI_API_KEY).

    \b
    Examples:
      NCBI_EMAIL=you@example.org evidence update
      evidence update --dry-run
      evidence update --search neck-pain --since 2026-10-01
    """
    from evidence_tools.assessment import parse_day, today
    from evidence_tools.base import read_base
    from evidence_tools.literature.offline import run_offline
    from evidence_tools.literature.plans import LOCAL, make_plan, parse_since
    from evidence_tools.literature.update import run_update

    root = find_base(ctx)
    base = read_base(root)
    settings = None if offline else _settings(email, trial, needed=not dry_run)
    endpoint = LOCAL if offline else (settings.base if settings else "")
    tasks = make_plan(
        base, endpoint, today(), searches, parse_since(since),
        parse_day(until) if until else None, again=offline,
    )  # fmt: skip
    if dry_run:
        _print_plan(tasks)
        return
    with _open(ctx, create=not offline) as store, _only_one(find_store(ctx)):
        if settings is None:
            outcome = run_offline(base, store, tasks, today(), progress=_Bars().show)
        else:
            bars = _Bars()
            outcome = run_update(
                base, store, settings, tasks, today(), sources=not searches, progress=bars.show,
                on_wait=bars.wait,
            )  # fmt: skip
    _print_outcome(read_base(root), outcome)
    if report and outcome.written:
        from evidence_tools.report import build_report

        site = build_report(root, today(), out=root.parent / "build" / "report")
        click.echo(str(site / "index.html"))
    ctx.exit(0 if outcome.is_complete else 1)


def _settings(email: str | None, trial: bool, *, needed: bool) -> Settings | None:
    """Who asks NCBI; None where nobody is needed, and nobody is named."""
    from evidence_tools.literature.entrez import NCBI, settings_from

    try:
        settings = settings_from(os.environ, email)
    except InputError:
        if needed:
            raise
        return None
    if settings.base != NCBI and not trial:
        raise InputError(
            f"{settings.base} is not NCBI",
            expected="NCBI, so that what is written is true of PubMed",
            fix="unset EVIDENCE_EUTILS_BASE, or say --trial on a copy of the project",
        )
    return settings


def _open(ctx: click.Context, *, create: bool):  # type: ignore[no-untyped-def]
    from evidence_tools.literature.store import open_store

    return open_store(find_store(ctx), create=create)


def _only_one(store: Path):  # type: ignore[no-untyped-def]
    """Hold the store's update lock: two updates at once would write the same run files."""
    from filelock import FileLock, Timeout

    try:
        return FileLock(store.with_suffix(".lock")).acquire(timeout=0)
    except Timeout as error:
        raise InputError(
            "another update is running", where=str(store), fix="wait until it has finished"
        ) from error


class _Bars:
    """Progress on standard error: one bar a stage, and a word for each wait."""

    def __init__(self) -> None:
        self._stage = ""
        self._bar: object = None

    def show(self, stage: str, done: int, count: int) -> None:
        from tqdm import tqdm

        if stage != self._stage:
            self._stage = stage
            self._bar = tqdm(total=count, desc=stage, unit="", leave=False, disable=None)
        bar = self._bar
        assert isinstance(bar, tqdm)  # noqa: S101 -- set above
        bar.update(done - bar.n)
        if done >= count:
            bar.close()

    def wait(self, seconds: float, reason: str) -> None:
        if seconds >= 1:
            click.echo(f"waiting {seconds:.0f} s: {reason}", err=True)


def _print_plan(tasks: list[Task]) -> None:
    for task in tasks:
        since = task.since.isoformat() if task.since else "the beginning"
        click.echo(f"{task.strategy.id}: from {since} to {task.until}")
        click.echo(f"    {task.sent}")
    click.echo(f"{len(tasks)} searches would be asked; nothing was", err=True)


def _print_outcome(base: EvidenceBase, outcome: Outcome) -> None:
    """Say what happened: first what somebody must act on."""
    from evidence_tools.assessment import today
    from evidence_tools.literature.notices import WORDS
    from evidence_tools.literature.screening import waiting_by_question, waiting_words

    def say(text: str, *, alarm: bool = False) -> None:
        click.secho(text, err=True, bold=alarm, fg="red" if alarm else None)

    words = {str(kind): word for kind, word in WORDS.items()}
    for affected in outcome.retracted:
        say(
            f"RETRACTED: {affected.record} is taken out of every rating; appraise anew: "
            f"{', '.join(affected.questions) or 'no question'}; claims: "
            f"{', '.join(affected.claims) or 'none'}",
            alarm=True,
        )
    for run in outcome.runs:
        for notice in run.notices:
            where = f" (PMID {notice.other})" if notice.other else ""
            say(f"{notice.record}: {words.get(notice.kind, notice.kind)}{where}")
        if run.missed:
            say(f"{run.search}: misses what it must find: {', '.join(run.missed)}", alarm=True)
        if run.drift:
            say(f"{run.search}: {run.drift}")
        for warning in run.warnings:
            say(f"{run.search}: PubMed says: {warning}")
    for problem in outcome.problems:
        say(f"could not be read: {problem}")
    waiting = waiting_by_question(base, today())
    unique = {candidate.pmid: candidate for found in waiting.values() for candidate in found}
    if unique:
        say(f"{waiting_words(unique.values())}, on {len(waiting)} questions")
    for pmid, why in outcome.incomplete.items():
        say(f"PMID {pmid} is missing: {why}", alarm=True)
    say(
        f"{len(outcome.runs)} runs, {outcome.requests} requests; citations: {outcome.new} new, "
        f"{outcome.changed} changed, {outcome.same} as before"
        + (f"; {outcome.resumed} interrupted searches gone on with" if outcome.resumed else "")
    )
    if waiting:
        say("decide on them with: evidence screen --by YOUR-NAME")
    if not outcome.is_complete:
        say("not complete: run the same command again; what came is kept", alarm=True)


@click.command()
@click.argument("keys", nargs=-1)
@click.option("--online", is_flag=True, help="Ask PubMed; otherwise the literature store.")
@click.option("--email", metavar="ADDRESS", help="Whom NCBI writes to; default: NCBI_EMAIL.")
@click.option("--trial", is_flag=True, help="Allow a server that is not NCBI.")
@click.option("--patch", type=click.Path(path_type=Path), help="Write the corrections as a patch.")
@click.option("--format", "kind", type=click.Choice(["text", "json"]), default="text")
@click.pass_context
def verify(
    ctx: click.Context,
    keys: tuple[str, ...],
    online: bool,
    email: str | None,
    trial: bool,
    patch: Path | None,
    kind: str,
) -> None:
    r"""Compare records and references.bib with PubMed.

    Identifiers, title, year, journal, retraction. Changes nothing. With --patch the
    corrections are written for you to read and apply.

    \b
    Examples:
      NCBI_EMAIL=you@example.org evidence verify --online
      evidence verify --online furlan2015
      evidence verify --online --patch corrections.patch && git apply corrections.patch
    """
    from dataclasses import asdict

    from evidence_tools.assessment import today
    from evidence_tools.base import read_base
    from evidence_tools.cli.shared import print_json
    from evidence_tools.files import read_text, write_atomic
    from evidence_tools.literature import verification

    root = find_base(ctx)
    base = read_base(root)
    unknown = [key for key in keys if key not in base.records]
    if unknown:
        raise InputError(f"no record {unknown[0]!r}", fix="list them in the report's sources")
    chosen = [base.records[key] for key in (keys or sorted(base.records))]
    cited = [verification.cited_record(record) for record in chosen]
    bibliography = root.parent / "references.bib"
    if bibliography.is_file():
        entries = verification.cited_in_bibtex(read_text(bibliography))
        cited += [entry for entry in entries if not keys or entry.key in keys]
    pmids = sorted({item.pmid for item in cited if item.pmid}, key=int)
    dois = sorted({item.doi for item in cited if item.doi and not item.pmid})
    if online:
        settings = _settings(email, trial, needed=True)
        assert settings is not None  # noqa: S101 -- needed
        citations, absent = _from_pubmed(settings, pmids, dois)
    else:
        citations, absent = _from_store(find_store(ctx), pmids, dois)
    found = verification.compare_all(cited, citations, absent)
    if kind == "json":
        print_json({"differences": [asdict(d) for d in found], "compared": len(citations)})
    else:
        for difference in found:
            click.echo(str(difference))
    asked = len([p for p in pmids if p in citations or p in absent])
    place = "PubMed" if online else "the store"
    click.echo(
        f"{asked} of {len(pmids)} PMIDs compared with {place}, {len(found)} differences", err=True
    )
    if patch is not None:
        write_atomic(patch, verification.format_patch(chosen, found, today()))
        click.echo(str(patch), err=True)
    ctx.exit(1 if found or asked < len(pmids) else 0)


def _from_pubmed(
    settings: Settings, pmids: list[str], dois: list[str]
) -> tuple[dict[str, Citation], dict[str, str]]:
    from evidence_tools.literature.update import fetch_citations

    return fetch_citations(settings, pmids, dois)


def _from_store(
    path: Path, pmids: list[str], dois: list[str]
) -> tuple[dict[str, Citation], dict[str, str]]:
    from evidence_tools.literature.store import open_store

    if not path.is_file():
        raise InputError(
            "there is no literature store yet",
            where=str(path),
            fix="ask PubMed with --online, or run: evidence update",
        )
    with open_store(path, create=False) as store:
        found = {pmid: store.citation(pmid) for pmid in pmids}
        gone = {pmid: store.removal(pmid) for pmid in pmids}
        if dois:
            wanted = {doi.casefold() for doi in dois}
            found |= {c.pmid: c for c in store.current() if (c.doi or "").casefold() in wanted}
    return (
        {pmid: citation for pmid, citation in found.items() if citation is not None},
        {pmid: removal.reason for pmid, removal in gone.items() if removal is not None},
    )
