"""The command ``evidence``: parse, call one function, print.

Data go to standard output, words to standard error. Exit status 0: fine, 1: problems found,
2: the command was not used right.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import click

from evidence_tools import __version__
from evidence_tools.errors import EvidenceError, InputError

__all__ = ["main"]

# Heavy imports (pandas, papermill, seaborn) stand inside the commands that need them, so that
# --help and the everyday JSON answers start at once.


class _Group(click.Group):
    """Turns our errors into one line and an exit status; ``--debug`` shows the traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except EvidenceError as error:
            if ctx.params.get("debug"):
                raise
            click.echo(f"evidence: {error}", err=True)
            ctx.exit(error.exit_status)
        except BrokenPipeError:
            # The reader (head, less) went away: not an error of ours.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(0)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--evidence",
    "folder",
    type=click.Path(path_type=Path),
    envvar="EVIDENCE_DIR",
    help="The evidence folder; by default found in this folder or one above.",
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.version_option(__version__, prog_name="evidence")
@click.pass_context
def main(ctx: click.Context, folder: Path | None, debug: bool) -> None:
    r"""What massage does and does not do for pain, tied to the claims that clinics make.

    \b
    First steps:
      evidence report                     build the report, print where it is
      evidence claims --document 001      one page's claims and what to do with them
      evidence show low-back-pain         one question: bottom line, level, sources
      evidence matrix --format csv        the evidence matrix for a spreadsheet
      evidence check                      is everything in order?

    Nothing here is legal or medical advice.
    """
    ctx.obj = folder


def _root(ctx: click.Context) -> Path:
    from evidence_tools.base import find_root

    folder: Path | None = ctx.find_root().obj
    if folder is None:
        return find_root()
    if not (folder / "rules.toml").is_file():
        raise InputError(
            "not an evidence folder", expected="a folder with rules.toml in it", where=str(folder)
        )
    return folder.resolve()


def _assessment(ctx: click.Context, as_of: str | None, profile: str) -> Any:
    from evidence_tools.assessment import assess, parse_day
    from evidence_tools.base import read_base

    day = parse_day(as_of)
    return assess(read_base(_root(ctx)), day, profile)


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))


as_of_option = click.option(
    "--as-of", metavar="DATE", help="What we had judged by this day (YYYY-MM-DD); default: today."
)
profile_option = click.option(
    "--profile", default="strict", show_default=True, help="Yardstick of the advice."
)


@main.command()
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

    problems = check_base(_root(ctx), parse_day(as_of), lambda base: read_texts(base, documents))
    for problem in problems:
        click.echo(str(problem))
    errors = sum(problem.level == "error" for problem in problems)
    notes = len(problems) - errors
    click.echo(f"{errors} errors, {notes} notes", err=True)
    ctx.exit(1 if errors else 0)


@main.command("format")
@click.option("--dry-run", is_flag=True, help="Only name the files that would change.")
@click.pass_context
def format_(ctx: click.Context, dry_run: bool) -> None:
    r"""Put every reviewed file into its canonical form.

    A file that holds comments or cannot be read is named and left alone.

    \b
    Example:
      evidence format --dry-run
    """
    from evidence_tools.base import data_files
    from evidence_tools.checks import model_of
    from evidence_tools.errors import DataError
    from evidence_tools.files import (
        check_comments,
        dump_model,
        parse_model,
        read_text,
        write_atomic,
    )

    root = _root(ctx)
    bad = 0
    for path in data_files(root):
        try:
            text = read_text(path)
            model = parse_model(model_of(root, path), text, str(path))
            if path.suffix == ".toml":
                check_comments(text, str(path))
        except DataError as error:
            click.echo(f"evidence: {error}", err=True)
            bad += 1
            continue
        wanted = dump_model(model, path.suffix)
        if wanted != text:
            click.echo(path.relative_to(root.parent).as_posix())
            if not dry_run:
                write_atomic(path, wanted)
    ctx.exit(1 if bad else 0)


@main.command("import")
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

    report = import_pack(read_pack(pack, parse_day(received)), _root(ctx))
    for name in report.kept:
        click.echo(f"kept as it is, differs from the pack: {name}", err=True)
    click.echo(
        f"{len(report.written)} written, {len(report.unchanged)} unchanged, "
        f"{len(report.kept)} kept",
        err=True,
    )


@main.command()
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

    assessment = _assessment(ctx, as_of, profile)
    known = sorted(assessment.base.documents)
    if document is not None and document not in known:
        raise InputError(f"no document {document!r}", expected=f"one of {', '.join(known)}")
    rows = claim_rows(assessment, document)
    if kind == "json":
        _print_json({"claims": rows})
        return
    for row in rows:
        advice, support = advice_label(row["advice"]), support_label(row["support"])
        click.echo(f"{row['id']}  {advice.symbol} {advice.word:<17} {support.word:<17} "
                   f"{row['proposition']}")  # fmt: skip


@main.command()
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

    assessment = _assessment(ctx, as_of, profile)
    found = describe(assessment, identifier)
    if kind == "json":
        _print_json(found.data)
    else:
        click.echo(found.text)


@main.command()
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

    assessment = _assessment(ctx, as_of, profile)
    if kind == "json":
        _print_json({"questions": question_rows(assessment)})
    elif kind == "table":
        for row in question_rows(assessment):
            label = support_label(row["support"])
            dots = CERTAINTY[Certainty(row["certainty"])] if row["certainty"] else "    "
            click.echo(f"{row['claims']:>3} claims  {label.symbol} {label.word:<17} {dots}  "
                       f"{row['direction'] or '':<8} {row['id']}")  # fmt: skip
    else:
        from evidence_tools.matrix import format_frame, question_frame

        click.echo(format_frame(question_frame(assessment), kind), nl=False)


@main.command()
@as_of_option
@profile_option
@click.option(
    "--out", type=click.Path(path_type=Path), help="Folder of the site; default: build/report."
)
@click.option("--documents", type=click.Path(path_type=Path), help="Folder with the pages' texts.")
@click.option("--jobs", type=click.IntRange(1, 64), help="Processes; default: one a core.")
@click.pass_context
def report(
    ctx: click.Context,
    as_of: str | None,
    profile: str,
    out: Path | None,
    documents: Path | None,
    jobs: int | None,
) -> None:
    r"""Build the evidence matrix report and print where it is.

    Runs the notebooks, draws the figures and writes a static site. Only what changed is made again;
    an interrupted build leaves the previous report whole.

    \b
    Example:
      evidence report --as-of 2026-11-21 --out ~/report
    """
    from evidence_tools.assessment import parse_day
    from evidence_tools.report import build_report

    root = _root(ctx)
    site = build_report(
        root,
        parse_day(as_of),
        out=out or root.parent / "build" / "report",
        documents=documents,
        jobs=jobs,
        profile=profile,
    )
    click.echo(str(site / "index.html"))


@main.command()
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

    folder = _root(ctx).parent / "notebooks"
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


@main.command()
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

    root = _root(ctx)
    text = format_bibtex(read_base(root).verified_records)
    _print_or_write(text, root.parent / "references.bib", write=write)


@main.command()
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

    base = read_base(_root(ctx))
    changed, rating = put_in_force(base, question, read_model(Appraisal, draft), today())
    path = base.root / "questions" / f"{question}.toml"
    if write_model(changed, path):
        click.echo(f"{path.relative_to(base.root.parent)}: {rating.support}", err=True)
    else:
        click.echo(f"{question}: already in force", err=True)


@main.command()
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

    base = read_base(_root(ctx))
    text = read_texts(base, documents).get(document)
    if text is None:
        raise InputError(
            f"the text of document {document!r} is not at hand",
            expected=f"one of {', '.join(sorted(base.documents))}, with its text",
            fix="put the text into evidence/documents/text or name its folder with --documents",
        )
    _print_json(find_anchor(text, words).model_dump(mode="json"))


@main.command()
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

    root = _root(ctx)
    text = format_agreement(compare_passes(read_base(root), parse_day(as_of)))
    _print_or_write(text, root / "AGREEMENT.md", write=write)


@main.command()
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

    root = _root(ctx)
    folder = root.parent / "validation" / "stated_certainty"
    grid = compare_stated(read_base(root), read_judgements(folder / "judgements.toml"))
    _print_or_write(format_stated(grid), folder / "README.md", write=write)


def _print_or_write(text: str, path: Path, *, write: bool) -> None:
    from evidence_tools.files import write_atomic

    if not write:
        click.echo(text, nl=False)
        return
    changed = write_atomic(path, text)
    click.echo(f"{path.name} " + ("written" if changed else "unchanged"), err=True)


@main.command()
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

    root = _root(ctx) if write else None
    for name, text in make_schemas().items():
        if root is None:
            click.echo(text, nl=False)
        elif write_atomic(root / "schema" / f"{name}.schema.json", text):
            click.echo(f"evidence/schema/{name}.schema.json written", err=True)


if __name__ == "__main__":
    main()
