"""Commands for the record: releases of the evidence."""

from __future__ import annotations

from pathlib import Path

import click

from evidence_tools.cli.shared import as_of_option, assess_base, find_base, profile_option

__all__ = ["release"]


@click.group()
def release() -> None:
    r"""Cut releases of the evidence, and check archives of them.

    \b
    Examples:
      evidence release cut 1.0.0
      evidence release verify dist/evidence-1.0.0.tar.gz
    """


@release.command("cut")
@click.argument("version")
@click.option("--out", type=click.Path(path_type=Path), help="Folder; default: dist.")
@click.option("--tag", is_flag=True, help="Tag the commit, too (git tag evidence-VERSION).")
@as_of_option
@profile_option
@click.pass_context
def cut(
    ctx: click.Context, version: str, out: Path | None, tag: bool, as_of: str | None, profile: str
) -> None:
    r"""Cut a dated, numbered release: archive, checksums, and how to cite it.

    The same version of the same evidence is the same bytes, on any day. CITATION.cff is set to it.

    \b
    Example:
      evidence release cut 1.0.0 --as-of 2026-11-21 --tag
    """
    import subprocess

    from evidence_tools.assessment import parse_day
    from evidence_tools.checks import check_base
    from evidence_tools.errors import DataError, InputError
    from evidence_tools.release import check_release, citation_text, cut_release

    root = find_base(ctx)
    assessment = assess_base(ctx, as_of, profile, note=False)
    check_release(assessment, version)
    errors = [p for p in check_base(root, parse_day(as_of)) if p.level == "error"]
    if errors:
        raise DataError(
            f"the evidence base has {len(errors)} errors, first: {errors[0]}",
            fix="mend them: evidence check",
        )
    made = cut_release(assessment, version, out or root.parent / "dist")
    if tag:
        done = subprocess.run(  # noqa: S603 -- fixed words and a checked version
            ["git", "tag", "-a", f"evidence-{version}", "-m", f"Evidence {version}"],  # noqa: S607
            cwd=root.parent, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise InputError(f"git tag failed: {done.stderr.strip()}")
    click.echo(str((out or root.parent / "dist") / made.archive))
    click.echo(citation_text(version, made.date, made.rules), err=True)


@release.command("verify")
@click.argument("archive", type=click.Path(path_type=Path))
@click.pass_context
def verify(ctx: click.Context, archive: Path) -> None:
    r"""Say whether an archive is whole, and the one that was released.

    \b
    Example:
      evidence release verify dist/evidence-1.0.0.tar.gz
    """
    from evidence_tools.release import verify_archive
    from evidence_tools.releases import read_releases

    found = verify_archive(archive, read_releases(find_base(ctx)))
    click.echo(f"release {found.version} of {found.date}, rules {found.rules}: as it was cut")
