"""The command that brings up the report and the audit in a browser."""

from __future__ import annotations

from pathlib import Path

import click

from evidence_tools.cli.shared import find_base

__all__ = ["serve"]


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8765,
    show_default=True,
    help="Port to listen on; 0 for any that is free.",
)
@click.option(
    "--report",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the built report; by default where the report is built.",
)
@click.option("--open", "open_", is_flag=True, help="Open the check in your browser.")
@click.pass_context
def serve(ctx: click.Context, host: str, port: int, folder: Path | None, open_: bool) -> None:
    r"""Show the report and check pages in a browser.

    Prints two addresses: that of the report, and that of the page where you paste your own text.
    By default only this computer can open them. Nothing that is pasted is stored or logged. Stop
    with Ctrl+C.

    \b
    Limits: 2 MB of text, 20 MB for DOCX and PDF, 20 seconds for a check, two checks at a time.

    \b
    Example:
      evidence serve --open
    """
    # uvicorn and Starlette are loaded only here.
    from evidence_tools.web.guards import is_loopback
    from evidence_tools.web.server import address_of, bind_port, run_server
    from evidence_tools.web.settings import Settings

    root = find_base(ctx)
    report = (folder or root.parent / "build" / "report").resolve()
    settings = Settings(evidence=root, report=report, host=host)
    listener = bind_port(host, port)
    address = address_of(listener, host)
    if not is_loopback(host):
        click.echo(
            "evidence: warning: everybody who reaches this computer over the network can open "
            "this page, and what they paste travels without encryption",
            err=True,
        )

    def started() -> None:
        click.echo(f"Check a page:  {address}audit")
        click.echo(f"Report:        {address}")
        if not (report / "index.html").is_file():
            click.echo("No report is built yet: run 'evidence report'.", err=True)
        click.echo("Stop with Ctrl+C.", err=True)
        if open_:
            click.launch(f"{address}audit")

    try:
        run_server(settings, listener, started)
    except KeyboardInterrupt:
        click.echo("Stopped.", err=True)
