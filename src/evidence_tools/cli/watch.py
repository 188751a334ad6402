"""Commands for what a clinic holds on file: substantiate, watch."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from evidence_tools.cli.shared import as_of_option, assess_base, find_base, profile_option

__all__ = ["substantiate", "watch"]


@click.command()
@click.argument("identifiers", nargs=-1, required=True)
@click.option("--out", type=click.Path(path_type=Path), help="Folder; default: substantiation.")
@as_of_option
@profile_option
@click.pass_context
def substantiate(
    ctx: click.Context,
    identifiers: tuple[str, ...],
    out: Path | None,
    as_of: str | None,
    profile: str,
) -> None:
    r"""Put everything that stands behind a claim or question into one dated folder.

    Wording, verdict, conditions, sources, the searches behind it, the trace, checksums. For a page
    of your own: evidence audit PAGE --format html --out FILE, which ends with a sheet to sign.

    \b
    Example:
      evidence substantiate low-back-pain d001-016 --out substantiation
    """
    from evidence_tools.substantiation import substantiate as write

    assessment = assess_base(ctx, as_of, profile)
    for identifier in identifiers:
        paths = write(assessment, identifier, out or Path("substantiation"))
        click.echo(str(paths[0]))


@click.command()
@click.argument("page")
@click.argument("saved", type=click.Path(path_type=Path))
@as_of_option
@profile_option
@click.pass_context
def watch(ctx: click.Context, page: str, saved: Path, as_of: str | None, profile: str) -> None:
    r"""Say which claims of your page are judged differently than in a saved audit, and why.

    Exit status 1 when something changed.

    \b
    Examples:
      evidence audit page.html --format json --out saved.json
      evidence watch page.html saved.json
    """
    from evidence_tools.changes import compare_days
    from evidence_tools.files import read_text
    from evidence_tools.pages.audit import audit_source, open_auditor
    from evidence_tools.pages.reading import source_from_path
    from evidence_tools.pages.renditions import audit_as_data
    from evidence_tools.pages.watch import compare_audits, format_watch, parse_saved

    old = parse_saved(read_text(saved), str(saved))
    assessment = assess_base(ctx, as_of, profile)
    new = audit_as_data(audit_source(source_from_path(Path(page)), open_auditor(assessment), page))
    begin = dt.date.fromisoformat(old["as_of"])
    changes = None
    if begin <= assessment.as_of:
        from evidence_tools.base import read_base

        changes = compare_days(read_base(find_base(ctx)), begin, assessment.as_of, profile)
    found = compare_audits(old, new, changes)
    click.echo(format_watch(old, new, found), nl=False)
    ctx.exit(1 if found else 0)
