"""Commands that read: claims, show, matrix, report, notebook."""

from __future__ import annotations

from pathlib import Path

import click

from evidence_tools.cli.shared import (
    as_of_option,
    assess_base,
    find_base,
    note_early,
    note_retired,
    print_json,
    profile_option,
    site_option,
)
from evidence_tools.errors import InputError
from evidence_tools.vocab import RetiredKind

__all__ = ["changes", "claims", "matrix", "notebook", "report", "show"]

# Heavy imports (pandas, papermill, seaborn) stand inside the commands that need them, so that
# --help and the everyday JSON answers start at once.


@click.command()
@click.option("--document", metavar="ID", help="Only this document's claims, such as 001.")
@click.option("--format", "kind", type=click.Choice(["table", "json"]), default="table")
@as_of_option
@profile_option
@click.pass_context
def claims(
    ctx: click.Context, document: str | None, kind: str, as_of: str | None, profile: str
) -> None:
    r"""List the claims with support, fit and advice.

    \b
    Example:
      evidence claims --document 001 --format json
    """
    from evidence_tools.labels import advice_label, support_label
    from evidence_tools.register import claim_rows

    assessment = assess_base(ctx, as_of, profile)
    note_retired(assessment.base, RetiredKind.CLAIM)
    known = sorted(assessment.base.documents)
    if document is not None and document not in known:
        raise InputError(f"no document {document!r}", expected=f"one of {', '.join(known)}")
    rows = claim_rows(assessment, document)
    if kind == "json":
        print_json({"claims": rows})
        return
    for row in rows:
        advice, support = advice_label(row["advice"]), support_label(row["support"])
        click.echo(f"{row['id']}  {advice.symbol} {advice.word:<17} {support.word:<17} "
                   f"{row['proposition']}")  # fmt: skip


@click.command()
@click.argument("identifier")
@click.option("--format", "kind", type=click.Choice(["text", "json"]), default="text")
@as_of_option
@profile_option
@click.pass_context
def show(ctx: click.Context, identifier: str, kind: str, as_of: str | None, profile: str) -> None:
    r"""Show a question, a claim, a source or a document by its id.

    \b
    Examples:
      evidence show low-back-pain
      evidence show d001-014
      evidence show furlan2015
    """
    from evidence_tools.dossier import describe

    assessment = assess_base(ctx, as_of, profile)
    found = describe(assessment, identifier)
    if kind == "json":
        print_json(found.data)
    else:
        click.echo(found.text)


@click.command()
@click.option(
    "--format", "kind", type=click.Choice(["table", "csv", "json", "md"]), default="table"
)
@as_of_option
@profile_option
@click.pass_context
def matrix(ctx: click.Context, kind: str, as_of: str | None, profile: str) -> None:
    r"""Print the evidence matrix: one row a question, most-claimed first.

    \b
    Example:
      evidence matrix --format csv > matrix.csv
    """
    from evidence_tools.labels import CERTAINTY, support_label
    from evidence_tools.register import question_rows
    from evidence_tools.vocab import Certainty

    assessment = assess_base(ctx, as_of, profile)
    note_retired(assessment.base, RetiredKind.QUESTION)
    if kind == "json":
        print_json({"questions": question_rows(assessment)})
    elif kind == "table":
        for row in question_rows(assessment):
            label = support_label(row["support"])
            dots = CERTAINTY[Certainty(row["certainty"])] if row["certainty"] else "    "
            click.echo(f"{row['claims']:>3} claims  {label.symbol} {label.word:<17} {dots}  "
                       f"{row['direction'] or '':<8} {row['id']}")  # fmt: skip
    else:
        from evidence_tools.matrix import format_frame, question_frame

        click.echo(format_frame(question_frame(assessment), kind), nl=False)


@click.command()
@as_of_option
@profile_option
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder of the site; default: build/report."
)
@click.option("--documents", type=click.Path(path_type=Path), help="Folder with the pages' texts.")
@click.option("--jobs", type=click.IntRange(1, 64), help="Processes; default: one a core.")
@site_option
@click.pass_context
def report(
    ctx: click.Context,
    as_of: str | None,
    profile: str,
    out: Path | None,
    documents: Path | None,
    jobs: int | None,
    site: str,
) -> None:
    r"""Build the evidence matrix report and print where it is.

    Runs the notebooks, draws the figures and writes a static site. Only what changed is made again;
    an interrupted build leaves the previous report whole.

    \b
    Example:
      evidence report --as-of 2026-11-21 --out ~/report
    """
    from evidence_tools.assessment import parse_day
    from evidence_tools.base import read_base
    from evidence_tools.report import build_report

    root = find_base(ctx)
    day = parse_day(as_of)
    if as_of is not None:
        note_early(read_base(root), day)
    made = build_report(
        root,
        day,
        out=out or root.parent / "build" / "report",
        documents=documents,
        jobs=jobs,
        profile=profile,
        published=site,
    )
    click.echo(str(made / "index.html"))


@click.command()
@click.option("--from", "since", required=True, metavar="DATE", help="What stood on this day.")
@click.option("--to", "until", metavar="DATE", help="What stands on this day; default: today.")
@click.option("--format", "kind", type=click.Choice(["md", "json"]), default="md")
@profile_option
@click.pass_context
def changes(ctx: click.Context, since: str, until: str | None, kind: str, profile: str) -> None:
    r"""Say what changed between two days: levels, wording, advice, sources, and because of what.

    \b
    Example:
      evidence changes --from 2026-10-31 --to 2026-11-30
    """
    from evidence_tools.assessment import parse_day
    from evidence_tools.base import read_base
    from evidence_tools.changes import changes_as_data, compare_days, format_changes

    base = read_base(find_base(ctx))
    begin, end = parse_day(since), parse_day(until)
    found = compare_days(base, begin, end, profile)
    note_early(base, end)
    if kind == "json":
        print_json(changes_as_data(found))
    else:
        click.echo(format_changes(found), nl=False)


@click.command()
@click.argument("name")
@click.option("-p", "--parameter", "given", multiple=True, metavar="KEY=VALUE")
@click.option("--out", type=click.Path(path_type=Path), help="Default: build/notebooks/NAME.ipynb.")
@click.pass_context
def notebook(ctx: click.Context, name: str, given: tuple[str, ...], out: Path | None) -> None:
    r"""Run one notebook with parameters and print where its executed copy is.

    \b
    Example:
      evidence notebook question -p question=neck-pain
    """
    from evidence_tools.notebooks import list_notebooks, parse_parameters, run_notebook

    folder = find_base(ctx).parent / "notebooks"
    known = list_notebooks(folder)
    if name not in known:
        raise InputError(f"no notebook {name!r}", expected=f"one of {', '.join(known)}")
    pairs = {}
    for item in given:
        key, equals, value = item.partition("=")
        if not equals:
            raise InputError(f"parameter {item!r}", expected="KEY=VALUE")
        pairs[key] = value
    path = folder / f"{name}.ipynb"
    parameters = parse_parameters(path, pairs)
    target = out or folder.parent / "build" / "notebooks" / f"{name}.ipynb"
    click.echo(f"running notebook {name} …", err=True)
    click.echo(str(run_notebook(path, parameters, target)))
