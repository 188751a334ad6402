"""Commands on pages: audit, benchmark."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evidence_tools.cli.shared import (
    as_of_option,
    find_base,
    note_early,
    print_json,
    profile_option,
)
from evidence_tools.cli.watch import watch
from evidence_tools.errors import InputError

if TYPE_CHECKING:
    from evidence_tools.pages.batch import Done, Form, Job

__all__ = ["audit", "benchmark"]

_FORMS = ("table", "json", "csv", "html", "docx")


@click.command()
@click.argument("pages", nargs=-1, required=True, metavar="PAGE...")
@click.option("--format", "kind", type=click.Choice(_FORMS), default="table", show_default=True)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="File to write; a folder for several pages as html or docx. Default: standard output.",
)
@click.option(
    "--watch",
    "saved",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Say only what changed since this audit was saved (--format json), and why.",
)
@profile_option
@as_of_option
@click.option("--jobs", type=click.IntRange(1, 64), help="Processes; default: one a core.")
@click.pass_context
def audit(
    ctx: click.Context,
    pages: tuple[str, ...],
    kind: str,
    out: Path | None,
    saved: Path | None,
    profile: str,
    as_of: str | None,
    jobs: int | None,
) -> None:
    r"""Say of each sentence of a page whether it may stay.

    PAGE is a file (HTML, Markdown, plain text, DOCX, PDF), or - for standard input. Nothing is
    fetched from the web: save the page first.

    \b
    Examples:
      evidence audit home.html
      evidence audit --format html --out audit.html home.docx
      evidence audit --format docx --out audits/ site/*.html
      pandoc page.rst -t plain | evidence audit --format json -
      evidence audit home.html --watch saved.json

    \b
    Exit status, for use in CI:
      0  nothing has to be removed
      1  something has to be removed
      2  a page could not be read, or is in a language that is not judged;
         the other pages are audited all the same
    """
    from evidence_tools.assessment import parse_day
    from evidence_tools.base import read_base
    from evidence_tools.pages.batch import Form, Yardstick, audit_jobs

    if saved is not None:
        if len(pages) != 1:
            raise InputError("--watch compares one page", expected="one PAGE")
        ctx.invoke(watch, page=pages[0], saved=saved, as_of=as_of, profile=profile)
        return
    if as_of is not None:
        note_early(read_base(find_base(ctx)), parse_day(as_of))
    form = Form(kind)
    folder = _folder(out, form, len(pages))
    todo = _jobs(pages)
    width = min(shutil.get_terminal_size((100, 24)).columns, 120)
    found = audit_jobs(
        todo,
        Yardstick(find_base(ctx), parse_day(as_of), profile),
        form,
        width=width,
        processes=jobs,
        strict=bool(ctx.find_root().params.get("debug")),
    )
    done = []
    with _output(form, out, folder, several=len(todo) > 1) as hand_out:
        for one in _with_progress(found, len(todo)):
            _tell(one, form)
            hand_out(one)
            # What was handed out need not be kept: a site can have a thousand pages.
            done.append(replace(one, body=""))
    if folder is not None:
        _write(folder / "index.csv", _index(done))
    if len(done) > 1:
        click.echo(_sum_up(done), err=True)
    if any(one.error is not None or not one.judged for one in done):
        ctx.exit(2)
    ctx.exit(1 if any(one.must_change for one in done) else 0)


def _folder(out: Path | None, form: Form, count: int) -> Path | None:
    """Folder for one file a page, where the form cannot hold several; None where it is not so."""
    from evidence_tools.pages.batch import Form

    many = form in (Form.HTML, Form.DOCX) and (count > 1 or (out is not None and out.is_dir()))
    if many and (out is None or out.is_file()):
        raise InputError(
            f"several pages do not fit into one {form} file",
            expected="a folder",
            fix="name a folder with --out",
        )
    if out is not None and out.is_dir() and not many:
        raise InputError("the output is a folder", where=str(out), fix="name a file with --out")
    if form is Form.DOCX and out is None and sys.stdout.isatty():
        raise InputError("a DOCX is no text for a terminal", fix="name a file with --out")
    return out if many else None


def _jobs(pages: Iterable[str]) -> list[Job]:
    """Name each page: by its file's name, or by its path where two names are the same."""
    from evidence_tools.pages.batch import Job
    from evidence_tools.pages.decoding import show_name
    from evidence_tools.pages.reading import Limits

    listed = list(pages)
    short = [Path(page).name or page for page in listed]
    jobs = []
    for page, name in zip(listed, short, strict=True):
        if page == "-":
            # A process of its own has no standard input.
            data = sys.stdin.buffer.read(Limits().file_bytes + 1)
            jobs.append(Job("-", data=data))
        else:
            shown = name if short.count(name) == 1 else page
            jobs.append(Job(show_name(shown), path=page))
    return jobs


def _with_progress(found: Iterator[Done], total: int) -> Iterable[Done]:
    if total == 1:
        return found
    from tqdm import tqdm

    progress: Iterable[Done] = tqdm(found, total=total, desc="audit", unit="page", disable=None)
    return progress


def _tell(done: Done, form: Form) -> None:
    """Say on standard error what the rendition does not: errors, and notes of the reader."""
    if done.error is not None:
        click.echo(f"evidence: {done.error}", err=True)
    elif form != "table":
        for note in done.notes:
            click.echo(f"{done.name}: {note}", err=True)


@contextmanager
def _output(
    form: Form, out: Path | None, folder: Path | None, *, several: bool
) -> Iterator[Callable[[Done], None]]:
    """Give a function that takes each page in its turn to where the renditions go."""
    if folder is not None:
        yield _into_folder(folder, form)
        return
    if out is None:
        yield from _joined(form, lambda piece: click.echo(piece, nl=False), several=several)
        return
    with tempfile.TemporaryFile() as aside:
        yield from _joined(form, lambda piece: aside.write(_bytes(piece)), several=several)
        aside.seek(0)
        body = aside.read()
    if body:
        _write(out, body)


def _bytes(piece: str | bytes) -> bytes:
    return piece.encode("utf-8") if isinstance(piece, str) else piece


def _into_folder(folder: Path, form: Form) -> Callable[[Done], None]:
    numbers = itertools.count(1)

    def hand_out(one: Done) -> None:
        number = next(numbers)
        if one.error is None:
            _write(folder / _file_name(one.name, form, number), one.body)

    return hand_out


def _joined(
    form: Form, put: Callable[[str | bytes], object], *, several: bool
) -> Iterator[Callable[[Done], None]]:
    """Join the renditions of several pages: one header, one object around them all."""
    from evidence_tools.pages.renditions import format_csv

    wraps = form == "json" and several
    lead, gap = {"csv": (format_csv([]), ""), "table": ("", "\n")}.get(form, ("", ""))
    if wraps:
        lead, gap = '{"pages": [\n', ",\n"
    failed: list[dict[str, str | None]] = []
    good = 0

    def hand_out(one: Done) -> None:
        nonlocal good
        if one.error is not None:
            failed.append({"name": one.name, "error": one.error})
            return
        put(gap if good else lead)
        put(one.body)
        good += 1

    yield hand_out
    if wraps:
        put("" if good else lead)
        put(f'\n],\n"failed": {json.dumps(failed, ensure_ascii=False)}}}\n')
    elif form == "json" and good:
        put("\n")


def _write(path: Path, body: str | bytes) -> None:
    from evidence_tools.files import write_atomic

    write_atomic(path, body)


def _file_name(name: str, form: Form, number: int) -> str:
    """Name a page's file in the folder of all, safe on every system, never twice the same."""
    plain = re.sub(r"[^\w.-]+", "_", "pasted" if name == "-" else name).strip("._")[:80]
    return f"{number:03d}-{plain or 'page'}.{form}"


def _index(done: list[Done]) -> str:
    """List pages and what came out, for a spreadsheet."""
    from evidence_tools.pages.renditions.plain import format_index

    return format_index([(one.name, one.counts, one.judged, one.error) for one in done])


def _sum_up(done: list[Done]) -> str:
    removing = sum(one.must_change for one in done)
    failed = sum(one.error is not None for one in done)
    unjudged = sum(not one.judged for one in done)
    parts = [f"{len(done)} pages", f"{removing} with something to remove"]
    parts += [f"{unjudged} not judged"] if unjudged else []
    parts += [f"{failed} could not be read"] if failed else []
    return ", ".join(parts)


@click.command()
@click.option("--texts", type=click.Path(path_type=Path), help="Folder with the documents' texts.")
@click.option(
    "--held-out",
    is_flag=True,
    help="Score the pages to learn from instead, each by a tool that did not learn from it. "
    "Takes some minutes.",
)
@click.option("--format", "kind", type=click.Choice(["table", "json"]), default="table")
@as_of_option
@click.pass_context
def benchmark(
    ctx: click.Context, texts: Path | None, held_out: bool, kind: str, as_of: str | None
) -> None:
    r"""Measure how well claims are found, matched and advised on.

    Neither the documents under review (read where their texts are at hand) nor the labelled pages
    that are scored taught the tool anything; those of the test split fed no rule either.

    \b
    Example:
      evidence benchmark --texts ~/texts --format json
      evidence benchmark --held-out
    """
    from evidence_tools.assessment import assess, parse_day
    from evidence_tools.base import read_base
    from evidence_tools.pages.benchmark import benchmark_rows, run_benchmark, run_held_out
    from evidence_tools.pages.labelled import Split, read_labelled_pages
    from evidence_tools.texts import read_texts

    base = read_base(find_base(ctx))
    if held_out:
        if texts is not None:
            raise click.UsageError("--held-out reads no documents: leave --texts out")
        pages = [page for page in read_labelled_pages(base.root) if page.split is Split.TRAIN]
        run = run_held_out(assess(base, parse_day(as_of)), pages, partial(click.echo, err=True))
    else:
        run = run_benchmark(base, read_texts(base, texts), as_of=parse_day(as_of))
    rows = benchmark_rows(run)
    if kind == "json":
        print_json({"notes": list(run.notes), "rows": rows})
        return
    for note in run.notes:
        click.echo(note, err=True)
    for row in rows:
        if row["count"]:
            click.echo(_score_line(row))


def _score_line(row: dict[str, Any]) -> str:
    share = f"{row['value']:.3f} ({row['low']:.3f} to {row['high']:.3f})"
    return f"{row['by']:<14}{row['name']:<20}{row['measure']:<37}{share}  of {row['count']}"
