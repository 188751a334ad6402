"""Commands around the search strategies: lint, show, test; none asks PubMed anything."""

from __future__ import annotations

from collections import Counter
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

if TYPE_CHECKING:
    from evidence_tools.base import EvidenceBase
    from evidence_tools.literature.citations import Citation
    from evidence_tools.literature.known_items import KnownItem
    from evidence_tools.literature.strategy import Strategy

__all__ = ["searches"]

_format_option = click.option(
    "--format", "kind", type=click.Choice(["text", "json"]), default="text"
)


@click.group()
def searches() -> None:
    r"""Look at the search strategies: lint, show, test. PubMed is not asked.

    \b
    Example:
      evidence searches lint
    """


@searches.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@mesh_option
@click.pass_context
def lint(ctx: click.Context, ids: tuple[str, ...], mesh: Path | None) -> None:
    r"""Check strategies and the filters that they use; errors end with status 1.

    \b
    Example:
      evidence searches lint neck-shoulder-pain
    """
    from evidence_tools.literature.strategies import lint_filter, lint_strategy

    base, tree = _read(ctx), read_mesh(mesh)
    chosen = choose_searches(base, ids)
    used = {line.filter for strategy in chosen for line in strategy.lines}
    remarks = [
        remark
        for key, one in sorted(base.filters.items())
        if key in used
        for remark in lint_filter(one, tree)
    ]
    for strategy in chosen:
        remarks += lint_strategy(strategy, base.filters, tree)
    for remark in remarks:
        click.echo(str(remark))
    errors = sum(remark.is_error for remark in remarks)
    click.echo(
        f"{len(chosen)} searches, {errors} errors, {len(remarks) - errors} warnings", err=True
    )
    ctx.exit(1 if errors else 0)


@searches.command()
@click.argument("identifier", metavar="ID")
@_format_option
@mesh_option
@click.pass_context
def show(ctx: click.Context, identifier: str, kind: str, mesh: Path | None) -> None:
    r"""Show a strategy: lines, the query as PubMed gets it, what stays open here, PRISMA-S.

    \b
    Example:
      evidence searches show neck-shoulder-pain
    """
    from evidence_tools.literature.strategies import describe_strategy

    base = _read(ctx)
    found = describe_strategy(
        choose_searches(base, (identifier,))[0], base.filters, read_mesh(mesh)
    )
    if kind == "text":
        click.echo(str(found))
        return
    print_json(
        {
            **found.strategy.model_dump(mode="json", exclude={"lines"}),
            "lines": dict(found.lines),
            "query": found.query,
            "sha256": found.digest,
            "undecided": found.undecided,
            "prisma_s": found.prisma_s,
        }
    )


@searches.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option(
    "--store",
    type=click.Path(path_type=Path),
    help="The literature store; default: the project's, where there is one.",
)
@_format_option
@mesh_option
@click.pass_context
def test(
    ctx: click.Context, ids: tuple[str, ...], store: Path | None, kind: str, mesh: Path | None
) -> None:
    r"""Test whether strategies find the articles that they must find, over what we hold.

    Citations come from the store; of what it lacks, our record's title, journal, year and design
    stand in, which can show that an article is found, but not that it is missed. Status 1 when one
    is missed for certain, or found that must not be.

    \b
    Example:
      evidence searches test neck-shoulder-pain
    """
    from evidence_tools.literature.known_items import find_known_items

    base, tree = _read(ctx), read_mesh(mesh)
    chosen = choose_searches(base, ids)
    held = _held(ctx, base, chosen, store)
    found = {one.id: find_known_items(one, base.filters, held, tree) for one in chosen}
    if kind == "json":
        print_json({key: [_row(item) for item in items] for key, items in found.items()})
    else:
        for key, items in found.items():
            for item in items:
                click.echo(f"{key}  {item.pmid}  {_outcome(item)}  {item.title or ''}".rstrip())
    counts = Counter(item.word for items in found.values() for item in items)
    click.echo(
        f"{len(chosen)} searches; "
        + (", ".join(f"{count} {word}" for word, count in sorted(counts.items())) or "no items"),
        err=True,
    )
    ctx.exit(1 if any(item.wrong for items in found.values() for item in items) else 0)


def _outcome(item: KnownItem) -> str:
    if item.answer.name != "UNKNOWN":
        return f"{item.word} (by the {item.held})"
    why = {None: "not held", "record": "abstract not held"}.get(item.held, "see searches show")
    return f"{item.word} ({why})"


def _row(item: KnownItem) -> dict[str, str | bool | None]:
    return {
        "pmid": item.pmid,
        "wanted": item.wanted,
        "outcome": item.word,
        "held": item.held,
        "title": item.title,
    }


def _read(ctx: click.Context) -> EvidenceBase:
    from evidence_tools.base import read_base

    return read_base(find_base(ctx))


def _held(
    ctx: click.Context, base: EvidenceBase, chosen: list[Strategy], named: Path | None
) -> dict[str, Citation]:
    """Citations that we hold of what the strategies are tested by."""
    from evidence_tools.literature.known_items import cite_records
    from evidence_tools.literature.store import open_store

    held = cite_records(base.records.values())
    path = named or find_store(ctx)
    if named is not None or path.is_file():
        wanted = {pmid for one in chosen for pmid in (*one.must_find, *one.must_not_find)}
        with open_store(path, create=False) as store:
            held |= store.citations(sorted(wanted))
    return held
