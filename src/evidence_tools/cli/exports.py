"""Commands that hand things out: cite, references, export."""

from __future__ import annotations

import html as markup
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from evidence_tools.cli.shared import as_of_option, assess_base, profile_option, site_option

if TYPE_CHECKING:
    from evidence_tools.exports.styles import Style

__all__ = ["cite", "export", "references"]

# Heavy imports (citeproc, pandas, pyarrow) stand inside the commands that need them.

_Command = TypeVar("_Command", bound=Callable[..., None])


def _style_options(command: _Command) -> _Command:
    """Add the two options that name a citation style."""
    named = click.option(
        "--style", default="vancouver", show_default=True, metavar="NAME",
        help="vancouver, apa, ama, or a name of the CSL style repository.",
    )  # fmt: skip
    own = click.option(
        "--style-file", type=click.Path(path_type=Path),
        help="A CSL style of your own (.csl), instead of --style.",
    )  # fmt: skip
    return named(own(command))


def _find_style(name: str, path: Path | None) -> Style:
    from evidence_tools.exports.styles import load_style, read_style

    return load_style(name) if path is None else read_style(path)


@click.command()
@click.argument("identifier")
@click.option("--format", "kind", default="text", show_default=True,
              type=click.Choice(["text", "html", "bibtex", "csl", "ris", "nbib"]))  # fmt: skip
@_style_options
@site_option
@as_of_option
@profile_option
@click.pass_context
def cite(
    ctx: click.Context,
    identifier: str,
    kind: str,
    style: str,
    style_file: Path | None,
    site: str,
    as_of: str | None,
    profile: str,
) -> None:
    r"""Say how to cite a source, a question, a claim, a cell of the matrix, or all of it.

    A cell is QUESTION/DOCUMENT; the whole is "all".

    \b
    Examples:
      evidence cite furlan2015 --style apa
      evidence cite low-back-pain --format bibtex
      evidence cite all --style ama --format html
    """
    from evidence_tools.exports.citable import find_reference
    from evidence_tools.exports.formats import WRITERS

    chosen = _find_style(style, style_file) if kind in ("text", "html") else None
    reference = find_reference(assess_base(ctx, as_of, profile), identifier, site)
    if chosen is None:
        click.echo(WRITERS[kind]([reference]), nl=False)
        return
    click.echo(chosen.render([reference], html=kind == "html")[0])


@click.command()
@click.argument("question")
@click.option("--format", "kind", default="bib", show_default=True,
              type=click.Choice(["bib", "ris", "nbib", "csl", "text", "html"]))  # fmt: skip
@_style_options
@as_of_option
@profile_option
@click.pass_context
def references(
    ctx: click.Context,
    question: str,
    kind: str,
    style: str,
    style_file: Path | None,
    as_of: str | None,
    profile: str,
) -> None:
    r"""Print the sources of a question, or of all, for a reference manager or as a list.

    \b
    Examples:
      evidence references low-back-pain --format ris > low-back-pain.ris
      evidence references all --format nbib > all.nbib
      evidence references neck-pain --format text --style apa
    """
    from evidence_tools.exports.citable import sources_of
    from evidence_tools.exports.formats import WRITERS

    chosen = _find_style(style, style_file) if kind in ("text", "html") else None
    sources = sources_of(assess_base(ctx, as_of, profile), question)
    if chosen is None:
        click.echo(WRITERS[kind](sources), nl=False)
    elif kind == "text":
        for number, line in enumerate(chosen.render(sources), start=1):
            click.echo(f"{number}. {line}" if chosen.numbered else line)
    else:
        name = "ol" if chosen.numbered else "ul"
        click.echo(f'<{name} class="references" title="{markup.escape(question)}">')
        for line in chosen.render(sources, html=True):
            click.echo(f"<li>{line}</li>")
        click.echo(f"</{name}>")
    click.echo(f"{len(sources)} references", err=True)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--format", "kind", default="all", show_default=True,
              type=click.Choice(["xlsx", "csv", "parquet", "json", "jsonld", "all"]))  # fmt: skip
@site_option
@as_of_option
@profile_option
@click.pass_context
def export(
    ctx: click.Context, folder: Path, kind: str, site: str, as_of: str | None, profile: str
) -> None:
    r"""Write the whole register as tables into a folder, and print the files.

    A workbook, CSV, Parquet, JSON with its JSON Schema, and claim reviews in JSON-LD (schema.org).

    \b
    Example:
      evidence export tables --format xlsx
    """
    from evidence_tools.exports.writing import FORMATS, write_exports

    formats = FORMATS if kind == "all" else (kind,)
    for path in write_exports(assess_base(ctx, as_of, profile), folder, formats, site):
        click.echo(str(path))
