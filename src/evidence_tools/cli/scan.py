"""The command that runs the strategies over PubMed's own files: scan."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evidence_tools.cli.shared import (
    choose_searches,
    find_base,
    find_store,
    mesh_option,
    print_json,
    read_mesh,
)
from evidence_tools.errors import InputError

if TYPE_CHECKING:
    from evidence_tools.scan.engines import Result
    from evidence_tools.scan.parts import Parts
    from evidence_tools.scan.reader import Job
    from evidence_tools.scan.scanning import Outcome, Sample
    from evidence_tools.scan.sources import Source
    from evidence_tools.scan.storing import Stored

__all__ = ["scan"]

# Heavy imports (pyarrow, hyperscan, Dask) stand inside what needs them.


#: Names of missing files that are said one by one.
_LISTED = 10


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option("--search", "searches", multiple=True, metavar="ID", help="Only this search.")
@click.option("--engine", type=click.Choice(["local", "dask"]), default="local", show_default=True)
@click.option("--scheduler", metavar="ADDRESS", help="Dask's scheduler; default: workers here.")
@click.option("--jobs", type=click.IntRange(1, 1024), metavar="N",
              help="How many processes; default: one a core.")  # fmt: skip
@click.option("--resume", is_flag=True, help="Go on with the scan that the folder holds.")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR",
              help="Folder of the tables; default: scan beside the store.")  # fmt: skip
@click.option("--store/--no-store", default=True, help="Write what is selected to the store.")
@click.option("--yes", is_flag=True, help="Do not ask, however much would match.")
@click.option("--format", "kind", type=click.Choice(["text", "json"]), default="text")
@mesh_option
@click.pass_context
def scan(
    ctx: click.Context,
    paths: tuple[str, ...],
    searches: tuple[str, ...],
    engine: str,
    scheduler: str | None,
    jobs: int | None,
    resume: bool,
    out: Path | None,
    store: bool,
    yes: bool,
    kind: str,
    mesh: Path | None,
) -> None:
    r"""Run the searches over PubMed's yearly and daily files, without asking PubMed.

    PATH is a folder, a file or a pattern, here or anywhere that fsspec reaches. Files are read one
    by one and put in PubMed's order: later versions of a record win, deletions remove. What is
    selected goes to the literature store, and as Parquet tables to DIR, with a manifest and a page
    that says where PubMed itself might answer otherwise. An interrupted scan goes on where it
    stopped; the same again changes nothing. Exit status 1: a file could not be used.

    \b
    Examples:
      evidence scan /data/pubmed/baseline /data/pubmed/updatefiles
      evidence scan '/data/pubmed/*.xml.gz' --search fibromyalgia --mesh desc2026.xml.gz
      evidence scan --resume
      evidence scan s3://bucket/pubmed --engine dask --scheduler tcp://10.0.0.5:8786
    """
    from evidence_tools.base import read_base
    from evidence_tools.files import write_atomic
    from evidence_tools.literature.strategy import compile_query
    from evidence_tools.scan.parts import Parts
    from evidence_tools.scan.scanning import (
        make_job,
        open_order,
        read_order,
        run_scan,
        take_sample,
    )
    from evidence_tools.scan.sources import find_sources, missing_between
    from evidence_tools.scan.summary import summarize

    if not paths and not resume:
        raise InputError(
            "no files named", expected="a folder, files or a pattern, or --resume",
            fix="for example: evidence scan /data/pubmed/baseline",
        )  # fmt: skip
    if scheduler and engine != "dask":
        raise InputError("--scheduler is of no use here", fix="add --engine dask")
    base = read_base(find_base(ctx))
    folder = out or find_store(ctx).parent / "scan"
    held = read_order(folder) if resume and not searches else None
    chosen = choose_searches(base, tuple(held.queries) if held else searches)
    queries = {one.id: compile_query(one, base.filters) for one in chosen}
    tree = read_mesh(mesh)
    order = open_order(folder, queries, paths, tree, mesh.name if mesh else "")
    sources = find_sources(order.paths)
    missing = missing_between(sources)
    for name in missing[:_LISTED]:
        click.echo(f"evidence: not there: {name}; what it changes is not applied", err=True)
    if len(missing) > _LISTED:
        click.echo(f"evidence: not there: {len(missing) - _LISTED} more, up to {missing[-1]}; "
                   "report.md names them", err=True)  # fmt: skip
    parts = Parts(folder)
    todo = [source for source in sources if not parts.has(source)]
    taken, sample = take_sample(todo, queries, tree)
    _ask(sample, yes=yes)
    with _progress(todo) as update:
        outcome = run_scan(
            folder, make_job(order, tree, taken), sources,
            _engine(engine, jobs or os.cpu_count() or 1, scheduler),
            on_file=lambda source, part: update(source, part.fact.matched),
        )  # fmt: skip
    write_atomic(folder / "report.md", summarize(outcome, queries, tree))
    stored = _store(ctx, parts, sources, outcome) if store else None
    if kind == "json":
        print_json(_told(outcome, folder))
    else:
        _print(outcome, stored, folder)
    for fact in outcome.broken:
        click.echo(f"evidence: {fact.name}: {fact.error}", err=True)
    ctx.exit(1 if outcome.broken else 0)


def _ask(sample: Sample, *, yes: bool) -> None:
    """A strategy that matches everything is seldom meant."""
    if yes or not sample.is_large:
        return
    size = f"{sample.size / 1e9:.1f} GB"
    what = f"some {sample.citations:,} records match ({sample.share:.0%} of a sample), about {size}"
    if not _is_terminal():
        raise InputError(
            what, expected="a strategy that selects", fix="narrow it, or add --yes to go on"
        )
    click.confirm(f"{what[0].upper()}{what[1:]}. Go on?", abort=True, err=True)


def _is_terminal() -> bool:
    return sys.stdin.isatty()


def _engine(
    name: str, jobs: int, scheduler: str | None
) -> Callable[[Job, Sequence[Source]], Generator[Result, None, None]]:
    from evidence_tools.scan.engines import read_on_dask, read_on_this_machine

    if name == "dask":
        return lambda job, sources: read_on_dask(job, sources, jobs, scheduler)
    return lambda job, sources: read_on_this_machine(job, sources, jobs)


class _progress:  # noqa: N801 -- used like a function
    """A bar on standard error while somebody looks at it: bytes read, records found."""

    def __init__(self, sources: Sequence[Source]) -> None:
        from tqdm import tqdm

        self._found = 0
        self._bar = tqdm(
            total=sum(source.size for source in sources), desc="reading", unit="B",
            unit_scale=True, disable=None, leave=False,
        )  # fmt: skip

    def __enter__(self) -> Callable[[Source, int], None]:
        return self._update

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def _update(self, source: Source, matched: int) -> None:
        self._found += matched
        self._bar.update(source.size)
        self._bar.set_postfix_str(f"{self._found:,} found, last {source.name}")


def _store(ctx: click.Context, parts: Parts, sources: Sequence[Source], outcome: Outcome) -> Stored:
    from tqdm import tqdm

    from evidence_tools.literature.store import open_store
    from evidence_tools.scan.standing import Status
    from evidence_tools.scan.storing import store_selected

    total = len(outcome.standing.pmids(Status.IN_FORCE))
    with (
        open_store(find_store(ctx)) as store,
        tqdm(total=total, desc="storing", disable=None, delay=0.5, leave=False) as bar,
    ):
        return store_selected(store, parts, sources, outcome, bar.update)


def _told(outcome: Outcome, folder: Path) -> dict[str, object]:
    from evidence_tools.scan.standing import Status

    return {
        "folder": str(folder),
        "files": len(outcome.facts),
        "files_read": outcome.read,
        "records": outcome.records,
        "parsed": outcome.parsed,
        "status": {status.value: outcome.standing.count(status) for status in Status},
        "strategies": outcome.standing.by_strategy(),
        "broken": {fact.name: fact.error for fact in outcome.broken},
        "same": dict(outcome.same),
        "missing": list(outcome.missing),
    }


def _print(outcome: Outcome, stored: Stored | None, folder: Path) -> None:
    from evidence_tools.scan.standing import Status
    from evidence_tools.scan.summary import count_of

    selected = len(outcome.standing.pmids(Status.IN_FORCE))
    click.echo(
        f"{count_of(len(outcome.facts), 'file')} ({outcome.read} read now), "
        f"{count_of(outcome.records, 'record')}, {selected:,} selected"
    )
    for key, count in outcome.standing.by_strategy().items():
        click.echo(f"  {key}  {count:,}")
    for name, other in outcome.same.items():
        click.echo(f"evidence: {name} is the same as {other}; left out", err=True)
    if stored is not None:
        click.echo(
            f"store: {stored.new:,} new, {stored.changed:,} changed, {stored.removed:,} removed; "
            "queue them for screening with: evidence update --offline",
            err=True,
        )
    click.echo(f"tables and report.md: {folder}", err=True)
