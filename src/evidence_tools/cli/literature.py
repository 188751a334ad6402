"""Commands on the literature store: import, find, show, check, backup, export, recover, status."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evidence_tools.cli.shared import find_store, print_json

if TYPE_CHECKING:
    from evidence_tools.literature.store import Store

__all__ = ["literature"]

# Heavy imports (lxml, pyarrow) stand inside the commands that need them.

#: Signs that could steer a terminal or turn its text round: what is shown is somebody else's text.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@click.group()
def literature() -> None:
    r"""Look into the store of everything that was fetched from PubMed or imported.

    The store is one file, store/literature.sqlite in the project's folder, or what EVIDENCE_STORE
    names. It keeps every version of every citation; nothing in it changes a level of support.

    \b
    Examples:
      evidence literature find massage neck pain
      evidence literature show 26329399
      evidence literature import pubmed-export.nbib
      evidence literature backup /media/disk/literature.sqlite
    """


def _open(ctx: click.Context, *, create: bool = False) -> Store:
    from evidence_tools.literature.store import open_store

    return open_store(find_store(ctx), create=create)


def _plain(text: str) -> str:
    """Text that is safe to show."""
    return _CONTROL.sub("�", text)


@contextmanager
def _progress(what: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A bar on standard error while somebody looks at it; none in a log."""
    from tqdm import tqdm

    with tqdm(total=total, desc=what, disable=None, delay=0.5, leave=False) as bar:
        yield bar.update


@literature.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.pass_context
def import_(ctx: click.Context, files: tuple[Path, ...]) -> None:
    r"""Import files saved from PubMed: XML, NBIB or RIS, also gzip-compressed.

    Each file is read as far as it can be; articles that cannot be read are named and the others
    kept. The same file again adds nothing. What PubMed answered is never replaced by an older or
    poorer file.

    \b
    Example:
      evidence literature import pubmed-massage-set.nbib pubmed24n0001.xml.gz
    """
    from evidence_tools.errors import EvidenceError
    from evidence_tools.literature.store.imports import import_file

    bad = False
    with _open(ctx, create=True) as store:
        for path in files:
            try:
                with _progress(path.name, None) as update:
                    imported = import_file(store, path, update)
            except EvidenceError as error:
                if len(files) == 1:
                    raise
                click.echo(f"evidence: {error}", err=True)
                bad = True
                continue
            for problem in imported.problems:
                about = f" (PMID {problem.pmid})" if problem.pmid else ""
                click.echo(_plain(f"{problem.where}{about}: {problem.what}"), err=True)
            if imported.error is not None:
                click.echo(_plain(f"evidence: {imported.error}"), err=True)
            click.echo(
                f"{_plain(path.name)}: {imported.new} new, {imported.changed} changed, "
                f"{imported.kept} older versions kept, {imported.same} there already, "
                f"{imported.removals} removed, {len(imported.problems)} with problems",
                err=True,
            )
            bad = bad or bool(imported.problems) or imported.error is not None
    ctx.exit(1 if bad else 0)


@literature.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1, 100_000), default=20, show_default=True)
@click.option("--format", "kind", type=click.Choice(["table", "json"]), default="table")
@click.pass_context
def find(ctx: click.Context, words: tuple[str, ...], limit: int, kind: str) -> None:
    r"""Find citations by words of title, abstract, keywords, MeSH headings and authors.

    All words must be there; endings, case and accents do not matter; a star stands for any ending.
    Double quotes make a phrase; the shell takes them away unless they stand within single ones.

    \b
    Examples:
      evidence literature find massage fibromyalgia
      evidence literature find '"neck pain" massag*' --format json
    """
    text = " ".join(words)
    with _open(ctx) as store:
        found = store.find(text, limit)
        count = store.count_matches(text)
    if kind == "json":
        print_json(
            [
                {
                    "pmid": one.citation.pmid,
                    "year": one.citation.year,
                    "title": one.citation.title,
                    "journal": one.citation.journal.medline_ta or one.citation.journal.title,
                    "doi": one.citation.doi,
                    "publication_types": list(one.citation.publication_types),
                    "snippet": one.snippet,
                    "score": round(one.score, 4),
                    "removed": one.removed,
                }
                for one in found
            ]
        )
    else:
        for one in found:
            gone = "  (no longer in PubMed)" if one.removed else ""
            year, title = one.citation.year or "    ", " ".join(one.citation.title.split())
            click.echo(_plain(f"{one.citation.pmid:>8}  {year}  {title}{gone}"))
            if one.snippet:
                click.echo(_plain(f"{'':16}{one.snippet}"))
    click.echo(f"{len(found)} of {count} citations", err=True)


@literature.command()
@click.argument("pmid")
@click.option("--format", "kind", type=click.Choice(["text", "json"]), default="text")
@click.option("--as-of", metavar="DATE", help="As it was known by this day (YYYY-MM-DD).")
@click.pass_context
def show(ctx: click.Context, pmid: str, kind: str, as_of: str | None) -> None:
    r"""Show a citation: every field, its versions, and the searches that found it.

    \b
    Example:
      evidence literature show 26329399 --as-of 2026-11-21
    """
    from evidence_tools.assessment import parse_day
    from evidence_tools.literature.store.sheets import describe_citation

    day = None if as_of is None else parse_day(as_of)
    with _open(ctx) as store:
        sheet = describe_citation(store, pmid, day)
    if kind == "json":
        print_json(sheet.data)
    else:
        click.echo(_plain(sheet.text))


@literature.command()
@click.option("--rebuild", is_flag=True, help="Make the full-text index anew first.")
@click.pass_context
def check(ctx: click.Context, rebuild: bool) -> None:
    r"""Check the store: the file, each content against its digest, the full-text index.

    \b
    Example:
      evidence literature check
    """
    with _open(ctx) as store:
        if rebuild:
            store.rebuild_index()
        with _progress("checking", store.counts().versions) as update:
            problems = store.check(update)
    for problem in problems:
        click.echo(_plain(problem))
    click.echo(f"{len(problems)} problems", err=True)
    ctx.exit(1 if problems else 0)


@literature.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_context
def backup(ctx: click.Context, file: Path) -> None:
    r"""Copy the store into one file, also while it is in use; an older backup is replaced.

    \b
    Example:
      evidence literature backup /media/disk/literature.sqlite
    """
    with _open(ctx) as store:
        store.backup(file)
    click.echo(str(file))
    click.echo(f"{_size(file.stat().st_size)}", err=True)


@literature.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--format", "kinds", type=click.Choice(["parquet", "csv"]), multiple=True,
              help="Default: both.")  # fmt: skip
@click.pass_context
def export(ctx: click.Context, folder: Path, kinds: tuple[str, ...]) -> None:
    r"""Write the store as tables: citations, versions, runs, answers, hits, removals, problems.

    Parquet keeps nested parts (authors, MeSH …) as they are; CSV holds them as JSON, and no cell of
    it is a formula.

    \b
    Example:
      evidence literature export build/literature --format parquet
    """
    from evidence_tools.literature.store.tables import KINDS, export_store

    chosen = kinds or KINDS
    with _open(ctx) as store:
        total = store.counts().citations * len(chosen)
        with _progress("writing", total) as update:
            rows = export_store(store, folder, chosen, update)
    for name, count in rows.items():
        click.echo(str(folder / name))
        click.echo(f"{count} rows", err=True)


@literature.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_context
def recover(ctx: click.Context, file: Path) -> None:
    r"""Save what can be read of a damaged store into a new file.

    The damaged store is left as it is. Check the new one, then put it in its place; the next update
    fetches what was lost.

    \b
    Example:
      evidence literature recover saved.sqlite
    """
    from evidence_tools.literature.store.recovery import recover_store

    with _progress("saving", None) as update:
        saved = recover_store(find_store(ctx), file, update)
    click.echo(str(file))
    click.echo(
        f"{saved.contents} versions of citations and {saved.removals} removals saved, "
        + (f"at least {saved.lost} lost" if saved.lost else "none seen to be lost"),
        err=True,
    )
    ctx.exit(1 if saved.lost else 0)


@literature.command()
@click.option("--format", "kind", type=click.Choice(["text", "json"]), default="text")
@click.pass_context
def status(ctx: click.Context, kind: str) -> None:
    r"""Say how much the store holds, and how the last runs went.

    \b
    Example:
      evidence literature status
    """
    with _open(ctx) as store:
        counts, path = store.counts(), store.path
        runs = [(run, store.runs.outcomes(run.id)) for run in store.runs.recent(10)]
    if kind == "json":
        print_json(
            {
                **vars(counts),
                "recent_runs": [
                    {
                        "run": run.id,
                        "strategy": run.plan.strategy,
                        "since": run.plan.since and run.plan.since.isoformat(),
                        "until": run.plan.until and run.plan.until.isoformat(),
                        "started": run.started.isoformat(),
                        "state": run.state,
                        "outcomes": dict(outcomes),
                    }
                    for run, outcomes in runs
                ],
            }
        )
        return
    click.echo(f"{path}, {_size(counts.size)}")
    click.echo(f"{counts.citations} citations in {counts.versions} versions, "
               f"{counts.removed} of them no longer in PubMed")  # fmt: skip
    click.echo(f"{counts.runs} runs ({counts.open_runs} open), {counts.files} files imported, "
               f"{counts.pages} pages, {counts.problems} problems")  # fmt: skip
    for run, outcomes in runs:
        said = ", ".join(f"{number} {outcome}" for outcome, number in sorted(outcomes.items()))
        name = run.plan.strategy or "(no strategy)"
        click.echo(_plain(f"{run.started:%Y-%m-%d %H:%M}  {run.state:<9}  {name:<30}  {said}"))


def _size(count: int) -> str:
    """Bytes as a person reads them."""
    size = float(count)
    for unit in ("B", "KB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
