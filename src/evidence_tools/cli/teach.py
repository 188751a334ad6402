"""Commands for a class: slides, handout, glossary, worked example, exercise and its scoring."""

from __future__ import annotations

from pathlib import Path

import click

from evidence_tools.cli.shared import (
    as_of_option,
    assess_base,
    find_base,
    print_json,
    profile_option,
)
from evidence_tools.errors import InputError

__all__ = ["teach"]

_claim_option = click.option(
    "--claim", metavar="ID", help="Claim of the worked example; default: the one that shows most."
)


@click.group()
def teach() -> None:
    r"""Take the matrix to a class room.

    \b
    Example:
      evidence teach handout --out handout.pdf
    """


@teach.command()
@click.option("--out", type=click.Path(path_type=Path), help="Default: build/teaching/slides.")
@_claim_option
@as_of_option
@profile_option
@click.pass_context
def slides(
    ctx: click.Context, out: Path | None, claim: str | None, as_of: str | None, profile: str
) -> None:
    r"""Write the slides and print which page to open; they need no internet.

    \b
    Example:
      evidence teach slides --out slides
    """
    import tempfile

    from evidence_tools.teaching.slides import check_slides_folder, write_slides
    from evidence_tools.teaching.worked import work
    from evidence_tools.teaching.writing import run_teaching

    folder = out or find_base(ctx).parent / "build" / "teaching" / "slides"
    check_slides_folder(folder)
    assessment = assess_base(ctx, as_of, profile)
    given = {"claim": work(assessment, claim).claim} if claim else {}
    click.echo("running notebook teaching …", err=True)
    with tempfile.TemporaryDirectory(prefix="evidence-") as aside:
        made = run_teaching(assessment, Path(aside) / "teaching.ipynb", **given)
        click.echo(str(write_slides(made, folder)))


@teach.command()
@click.option("--out", type=click.Path(path_type=Path), help="Default: build/teaching/handout.pdf.")
@_claim_option
@as_of_option
@profile_option
@click.pass_context
def handout(
    ctx: click.Context, out: Path | None, claim: str | None, as_of: str | None, profile: str
) -> None:
    r"""Write the two-page handout as PDF and print where it is.

    \b
    Example:
      evidence teach handout --claim d001-025
    """
    from evidence_tools.files import write_atomic
    from evidence_tools.teaching.handout import make_handout

    target = out or find_base(ctx).parent / "build" / "teaching" / "handout.pdf"
    if target.is_dir() or target.suffix != ".pdf":
        raise InputError(
            "not the name of a PDF", expected="a name that ends in .pdf", where=str(target)
        )
    write_atomic(target, make_handout(assess_base(ctx, as_of, profile), claim))
    click.echo(str(target))


@teach.command()
@click.option("--format", "kind", type=click.Choice(["md", "json"]), default="md")
def glossary(kind: str) -> None:
    r"""Print every word that we use, with what it means.

    \b
    Example:
      evidence teach glossary
    """
    from dataclasses import asdict

    from evidence_tools.teaching.glossary import format_glossary
    from evidence_tools.teaching.glossary import glossary as terms

    if kind == "json":
        print_json({"terms": [asdict(term) for term in terms()]})
    else:
        click.echo(format_glossary(), nl=False)


@teach.command()
@click.argument("claim", required=False)
@click.option("--format", "kind", type=click.Choice(["md", "json"]), default="md")
@as_of_option
@profile_option
@click.pass_context
def example(
    ctx: click.Context, claim: str | None, kind: str, as_of: str | None, profile: str
) -> None:
    r"""Work a claim through, from its sentence to its verdict, step by step.

    \b
    Example:
      evidence teach example d001-025
    """
    from dataclasses import asdict

    from evidence_tools.teaching.worked import format_example, work

    found = work(assess_base(ctx, as_of, profile), claim)
    if kind == "json":
        stages = [{**asdict(stage), "title": stage.title} for stage in found.stages]
        print_json({"claim": found.claim, "sentence": found.sentence, "stages": stages})
    else:
        click.echo(format_example(found), nl=False)


@teach.command()
@click.option("--count", type=click.IntRange(1, 999), default=12, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True, help="Another draws others.")
@click.option(
    "--ask",
    type=click.Choice(["advice", "support"]),
    default="advice",
    show_default=True,
    help="Answer with the advice or with the level of support.",
)
@click.option("--bare", is_flag=True, help="Leave out what was found: answer by feeling.")
@click.option("--out", type=click.Path(path_type=Path), help="Default: build/teaching/exercise.")
@as_of_option
@profile_option
@click.pass_context
def exercise(
    ctx: click.Context,
    count: int,
    seed: int,
    ask: str,
    bare: bool,
    out: Path | None,
    as_of: str | None,
    profile: str,
) -> None:
    r"""Draw sentences with the verdict hidden, and write them with their key.

    Writes exercise.csv, exercise.md, exercise.html, key.json and key.html. A file that somebody has
    filled in is never overwritten.

    \b
    Example:
      evidence teach exercise --count 12 --seed 3 --out class-3
    """
    from evidence_tools.files import write_atomic
    from evidence_tools.teaching.exercise import draw_exercise
    from evidence_tools.teaching.worked import choose_claim
    from evidence_tools.teaching.writing import exercise_files

    folder = out or find_base(ctx).parent / "build" / "teaching" / "exercise"
    if folder.is_file():
        raise InputError("the output folder is a file", where=str(folder), fix="name a folder")
    # Drawing says itself that there is no verdict yet.
    assessment = assess_base(ctx, as_of, profile, note=False)
    without = frozenset({choose_claim(assessment)})
    drawn = draw_exercise(
        assessment,
        count,
        seed,
        ask="support" if ask == "support" else "advice",
        bare=bare,
        without=without,
    )
    files = exercise_files(assessment, drawn)
    for name, content in files.items():
        path = folder / name
        if path.exists() and path.read_bytes() != content.encode():
            raise InputError(
                "the file is there and holds something else, which would be lost",
                where=str(path),
                fix="name another folder with --out",
            )
    for name, content in files.items():
        write_atomic(folder / name, content)
        click.echo(str(folder / name))


@teach.command()
@click.argument("answers", type=click.Path(path_type=Path))
@click.option(
    "--key",
    "key_file",
    required=True,
    type=click.Path(path_type=Path),
    help="key.json of the exercise.",
)
@click.option("--format", "kind", type=click.Choice(["md", "json"]), default="md")
@click.pass_context
def score(ctx: click.Context, answers: Path, key_file: Path, kind: str) -> None:
    r"""Hold students' answers (CSV: student, item, answer) against the register.

    Prints agreement and kappa by student and in all, and the items most often missed. A row that
    cannot be used is named, and the others are scored; the exit status is then 1.

    \b
    Example:
      evidence teach score answers.csv --key class-3/key.json
    """
    from evidence_tools.teaching.answers import read_answers
    from evidence_tools.teaching.exercise import read_key
    from evidence_tools.teaching.scoring import format_scores, scores_as_data
    from evidence_tools.teaching.scoring import score as score_answers

    key = read_key(key_file)
    given = read_answers(answers, key)
    for note in given.notes:
        click.echo(f"{answers}: {note}", err=True)
    for trouble in given.troubles:
        click.echo(f"{answers}: {trouble}", err=True)
    found = score_answers(given, key)
    if kind == "json":
        print_json(scores_as_data(found, key))
    else:
        click.echo(format_scores(found, key), nl=False)
    ctx.exit(1 if given.troubles else 0)
