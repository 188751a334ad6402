"""Commands that keep the evidence base in order, and put judgements into it."""

from __future__ import annotations

from pathlib import Path

import click

from evidence_tools.cli.shared import (
    as_of_option,
    find_base,
    print_json,
    print_or_write,
)
from evidence_tools.errors import InputError

__all__ = [
    "agreement",
    "anchor",
    "appraise",
    "bib",
    "check",
    "format_",
    "import_",
    "schema",
    "validate",
]

# Heavy imports (pandas, papermill, seaborn) stand inside the commands that need them, so that
# --help and the everyday JSON answers start at once.


@click.command()
@as_of_option
@click.option("--documents", type=click.Path(path_type=Path), help="Folder with the pages' texts.")
@click.pass_context
def check(ctx: click.Context, as_of: str | None, documents: Path | None) -> None:
    r"""Check the evidence base: shape, form, references, wordings, anchors.

    \b
    Example:
      evidence check --documents ~/pages
    """
    from evidence_tools.assessment import parse_day
    from evidence_tools.checks import check_base
    from evidence_tools.texts import read_texts

    problems = check_base(
        find_base(ctx), parse_day(as_of), lambda base: read_texts(base, documents)
    )
    for problem in problems:
        click.echo(str(problem))
    errors = sum(problem.level == "error" for problem in problems)
    notes = len(problems) - errors
    click.echo(f"{errors} errors, {notes} notes", err=True)
    ctx.exit(1 if errors else 0)


@click.command("format")
@click.option("--dry-run", is_flag=True, help="Only name the files that would change.")
@click.pass_context
def format_(ctx: click.Context, dry_run: bool) -> None:
    r"""Put every reviewed file into its canonical form.

    A file that holds comments or cannot be read is named and left alone.

    \b
    Example:
      evidence format --dry-run
    """
    from evidence_tools.base import canonical_text, data_files
    from evidence_tools.errors import DataError
    from evidence_tools.files import read_text, write_atomic

    root = find_base(ctx)
    bad = 0
    for path in data_files(root):
        try:
            wanted = canonical_text(root, path)
        except DataError as error:
            click.echo(f"evidence: {error}", err=True)
            bad += 1
            continue
        if wanted != read_text(path):
            click.echo(path.relative_to(root.parent).as_posix())
            if not dry_run:
                write_atomic(path, wanted)
    ctx.exit(1 if bad else 0)


@click.command("import")
@click.argument("pack", type=click.Path(path_type=Path))
@click.option("--received", metavar="DATE", help="Day on which the pack came; default: today.")
@click.pass_context
def import_(ctx: click.Context, pack: Path, received: str | None) -> None:
    r"""Bring a pack of claims, questions and sources into the evidence base.

    The whole pack is checked first; one bad line, and nothing is written. What people have changed
    since is never overwritten, only named.

    \b
    Example:
      evidence import ../pack
    """
    from evidence_tools.assessment import parse_day
    from evidence_tools.pack import import_pack, read_pack

    report = import_pack(read_pack(pack, parse_day(received)), find_base(ctx))
    for name in report.kept:
        click.echo(f"kept as it is, differs from the pack: {name}", err=True)
    click.echo(
        f"{len(report.written)} written, {len(report.unchanged)} unchanged, "
        f"{len(report.kept)} kept",
        err=True,
    )


@click.command()
@click.option("--write", is_flag=True, help="Write references.bib instead of printing it.")
@click.pass_context
def bib(ctx: click.Context, write: bool) -> None:
    r"""Print the references as BibTeX, or write references.bib.

    \b
    Example:
      evidence bib --write
    """
    from evidence_tools.base import read_base
    from evidence_tools.bibliography import format_bibtex

    root = find_base(ctx)
    text = format_bibtex(read_base(root).verified_records)
    print_or_write(text, root.parent / "references.bib", write=write)


@click.command()
@click.argument("question")
@click.argument("draft", type=click.Path(path_type=Path))
@click.pass_context
def appraise(ctx: click.Context, question: str, draft: Path) -> None:
    r"""Put a drafted appraisal (TOML) into force for a question.

    The draft is checked first; the appraisal that was in force moves into the question's history.

    \b
    Example:
      evidence appraise neck-pain my-draft.toml
    """
    from evidence_tools.assessment import today
    from evidence_tools.base import read_base
    from evidence_tools.files import read_model, write_model
    from evidence_tools.judgement import put_in_force
    from evidence_tools.questions import Appraisal

    base = read_base(find_base(ctx))
    changed, rating = put_in_force(base, question, read_model(Appraisal, draft), today())
    path = base.root / "questions" / f"{question}.toml"
    if write_model(changed, path):
        click.echo(f"{path.relative_to(base.root.parent)}: {rating.support}", err=True)
    else:
        click.echo(f"{question}: already in force", err=True)


@click.command()
@click.argument("document")
@click.argument("words")
@click.option("--documents", type=click.Path(path_type=Path), help="Folder with the pages' texts.")
@click.pass_context
def anchor(ctx: click.Context, document: str, words: str, documents: Path | None) -> None:
    r"""Print the anchor of a stretch of a document's text, ready for evidence/claims.

    \b
    Example:
      evidence anchor 001 "Body toxin release." --documents ~/pages
    """
    from evidence_tools.base import read_base
    from evidence_tools.texts import find_anchor, read_texts

    base = read_base(find_base(ctx))
    text = read_texts(base, documents).get(document)
    if text is None:
        raise InputError(
            f"the text of document {document!r} is not at hand",
            expected=f"one of {', '.join(sorted(base.documents))}, with its text",
            fix="put the text into evidence/documents/text or name its folder with --documents",
        )
    print_json(find_anchor(text, words).model_dump(mode="json"))


@click.command()
@click.option("--write", is_flag=True, help="Write evidence/AGREEMENT.md instead of printing.")
@as_of_option
@click.pass_context
def agreement(ctx: click.Context, write: bool, as_of: str | None) -> None:
    r"""Say how far the two independent appraisals of each question agree.

    \b
    Example:
      evidence agreement --write
    """
    from evidence_tools.agreement import compare_passes, format_agreement
    from evidence_tools.assessment import parse_day
    from evidence_tools.base import read_base

    root = find_base(ctx)
    text = format_agreement(compare_passes(read_base(root), parse_day(as_of)))
    print_or_write(text, root / "AGREEMENT.md", write=write)


@click.command()
@click.option("--write", is_flag=True, help="Write validation/stated_certainty/README.md instead.")
@click.pass_context
def validate(ctx: click.Context, write: bool) -> None:
    r"""Hold our certainty against the certainty that sources state.

    \b
    Example:
      evidence validate --write
    """
    from evidence_tools.base import read_base
    from evidence_tools.stated import compare_stated, format_stated, read_judgements

    root = find_base(ctx)
    folder = root.parent / "validation" / "stated_certainty"
    grid = compare_stated(read_base(root), read_judgements(folder / "judgements.toml"))
    print_or_write(format_stated(grid), folder / "README.md", write=write)


@click.command()
@click.option("--write", is_flag=True, help="Write evidence/schema instead of printing.")
@click.pass_context
def schema(ctx: click.Context, write: bool) -> None:
    r"""Print the JSON Schemas of the reviewed files, or write evidence/schema.

    \b
    Example:
      evidence schema --write
    """
    from evidence_tools.files import write_atomic
    from evidence_tools.schemas import make_schemas

    root = find_base(ctx) if write else None
    for name, text in make_schemas().items():
        if root is None:
            click.echo(text, nl=False)
        elif write_atomic(root / "schema" / f"{name}.schema.json", text):
            click.echo(f"evidence/schema/{name}.schema.json written", err=True)
