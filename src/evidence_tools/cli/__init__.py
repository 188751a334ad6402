"""The command ``evidence``: parse, call one function, print.

Data go to standard output, words to standard error. Exit status 0: fine, 1: problems found,
2: the command was not used right.
"""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import Any

import click

from evidence_tools import __version__
from evidence_tools.cli import (
    audit,
    exports,
    literature,
    release,
    review,
    scan,
    screening,
    searches,
    serve,
    teach,
    update,
    upkeep,
    watch,
)
from evidence_tools.errors import EvidenceError

__all__ = ["main"]


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
    # What is read from files holds no cycles: Python's search for them, which by default walks
    # through all that is held every 70,000 objects, took a third of a large base's time.
    gc.set_threshold(20_000, 20, 100)


_ROOMS = (
    review,
    upkeep,
    searches,
    update,
    scan,
    screening,
    literature,
    audit,
    exports,
    release,
    watch,
    serve,
    teach,
)
for _room in _ROOMS:
    for _name in _room.__all__:
        main.add_command(getattr(_room, _name))


def _keep_lines(command: click.Command) -> None:
    """Let examples stand a line each: click wants a backspace, a raw docstring has two signs."""
    if command.help:
        command.help = command.help.replace("\\b\n", "\b\n")
    for part in getattr(command, "commands", {}).values():
        _keep_lines(part)


_keep_lines(main)
