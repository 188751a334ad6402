"""Slides from the executed notebook: nbconvert's exporter, reveal.js from this package, no network.

reveal.js 6.0.2 lies in ``reveal/`` with its licence (MIT): no package on PyPI carries it without a
whole documentation system around it, and a class room may have no internet.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from evidence_tools.errors import InputError
from evidence_tools.files import write_atomic

__all__ = ["check_slides_folder", "write_slides"]

_VENDORED = ("LICENSE", "notes.js", "reset.css", "reveal.css", "reveal.js")


def write_slides(executed: Path, folder: Path) -> Path:
    """Write an executed notebook as slides, with everything that they need.

    Parameters
    ----------
    executed : Path
        The executed notebook ``teaching``.
    folder : Path
        Where the slides go; ``index.html`` opens without a server.

    Returns
    -------
    Path
        The page to open.
    """
    from nbconvert import SlidesExporter

    package = resources.files("evidence_tools.teaching")
    with resources.as_file(package / "templates") as templates:
        exporter = SlidesExporter(
            extra_template_basedirs=[str(templates)],
            template_name="slides",
            exclude_input=True,
            exclude_input_prompt=True,
            exclude_output_prompt=True,
        )
        body, _ = exporter.from_filename(str(executed))
        for name in ("no-script.css", "print.css", "slides.css", "slides.js"):
            write_atomic(folder / name, (templates / name).read_bytes())
    for name in _VENDORED:
        write_atomic(folder / "reveal" / name, (package / "reveal" / name).read_bytes())
    page = folder / "index.html"
    write_atomic(page, str(body))
    return page


def check_slides_folder(folder: Path) -> None:
    """Refuse a folder that holds something other than slides.

    Raises
    ------
    InputError
        When something in it could be lost.
    """
    if folder.is_file():
        raise InputError("the output folder is a file", where=str(folder), fix="name a folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / "slides.js").is_file():
        raise InputError(
            "the output folder holds something other than slides",
            where=str(folder),
            fix="name an empty or a new folder",
        )
