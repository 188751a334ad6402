"""What the commands share: the folder, the assessment, searches, how answers are printed."""

from __future__ import annotations

import datetime as dt
import difflib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evidence_tools.errors import InputError

if TYPE_CHECKING:
    from evidence_tools.assessment import Assessment
    from evidence_tools.base import EvidenceBase
    from evidence_tools.literature.mesh import MeshTree
    from evidence_tools.literature.strategy import Strategy
    from evidence_tools.vocab import RetiredKind

__all__ = [
    "as_of_option",
    "assess_base",
    "find_base",
    "find_store",
    "note_early",
    "note_retired",
    "print_json",
    "print_or_write",
    "profile_option",
    "site_option",
]


def find_base(ctx: click.Context) -> Path:
    """Folder of the evidence base: as named with --evidence, or found from here.

    Raises
    ------
    InputError
        When there is none.
    """
    from evidence_tools.base import find_root

    folder: Path | None = ctx.find_root().obj
    if folder is None:
        return find_root()
    if not (folder / "rules.toml").is_file():
        raise InputError(
            "not an evidence folder", expected="a folder with rules.toml in it", where=str(folder)
        )
    return folder.resolve()


def find_store(ctx: click.Context) -> Path:
    """File of the literature store: as EVIDENCE_STORE names it, or in the project's folder."""
    from evidence_tools.literature.store import store_path

    return store_path(find_base(ctx).parent)


def assess_base(
    ctx: click.Context, as_of: str | None, profile: str, *, note: bool = True
) -> Assessment:
    """Read the base and rate it as of a day; with ``note``, say if nothing was judged by then."""
    from evidence_tools.assessment import assess, parse_day
    from evidence_tools.base import read_base

    day = parse_day(as_of)
    base = read_base(find_base(ctx))
    if note:
        note_early(base, day)
    return assess(base, day, profile)


def note_early(base: EvidenceBase, day: dt.date) -> None:
    """Say on standard error that a day lies before the first appraisal."""
    from evidence_tools.history import first_appraisal

    first = first_appraisal(base)
    if first is not None and day < first:
        click.echo(
            f"evidence: nothing had been judged by {day}: the first appraisal is of {first}; all "
            f"is shown as not yet appraised; for a level, name a day from {first} on",
            err=True,
        )


def note_retired(base: EvidenceBase, kind: RetiredKind) -> None:
    """Say on standard error which ids of a kind are no longer in use, a line each."""
    from evidence_tools.retirement import say_retired

    for key, one in sorted(base.retired.items()):
        if one.kind is kind:
            click.echo(f"evidence: {say_retired(base.retired, key)}", err=True)


def read_mesh(path: Path | None) -> MeshTree | None:
    """Read NLM's tree of headings, where its file is named."""
    if path is None:
        return None
    from evidence_tools.literature.mesh import read_tree

    return read_tree(path)


def choose_searches(base: EvidenceBase, ids: tuple[str, ...]) -> list[Strategy]:
    """Strategies of the ids given, in that order, or all."""
    if not base.searches:
        raise InputError(
            "there are no search strategies", where=str(base.root / "searches"),
            fix="write one, such as searches/neck-pain.toml",
        )  # fmt: skip
    for key in ids:
        if key not in base.searches:
            near = difflib.get_close_matches(key, base.searches, n=3, cutoff=0.4)
            raise InputError(
                f"no search {key!r}",
                expected=f"one of the {len(base.searches)} in evidence/searches"
                + (f", perhaps {' or '.join(near)}" if near else ""),
            )
    return [base.searches[key] for key in dict.fromkeys(ids)] or list(base.searches.values())


def print_json(value: Any) -> None:
    """Print data as JSON on standard output."""
    from evidence_tools.files import format_json

    click.echo(format_json(value), nl=False)


def print_or_write(text: str, path: Path, *, write: bool) -> None:
    """Print a generated text, or write it to its file and say whether it changed."""
    from evidence_tools.files import write_atomic

    if not write:
        click.echo(text, nl=False)
        return
    changed = write_atomic(path, text)
    click.echo(f"{path.name} " + ("written" if changed else "unchanged"), err=True)


as_of_option = click.option(
    "--as-of", metavar="DATE", help="What we had judged by this day (YYYY-MM-DD); default: today."
)
profile_option = click.option(
    "--profile", default="strict", show_default=True, help="Yardstick of the advice."
)
site_option = click.option(
    "--site", default="", envvar="EVIDENCE_SITE", metavar="ADDRESS",
    help="Where the site is published; without it, addresses lead from its top.",
)  # fmt: skip
mesh_option = click.option(
    "--mesh",
    type=click.Path(path_type=Path),
    help="NLM's descriptor file (desc20NN.xml or .xml.gz), for headings beneath others.",
)
