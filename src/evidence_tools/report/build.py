"""Decide what has to be made, make it in parallel, write the site aside, then move it."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evidence_tools.assessment import Assessment, assess
from evidence_tools.base import EvidenceBase, read_base
from evidence_tools.errors import BuildError, InputError
from evidence_tools.exports.citable import address_in
from evidence_tools.files import format_json
from evidence_tools.interrupts import without_interrupts
from evidence_tools.report.cache import Cache, code_digest, digest
from evidence_tools.stated import read_grid
from evidence_tools.texts import quote, read_texts

if TYPE_CHECKING:
    from evidence_tools.report.parts import FigurePart

__all__ = ["NOTEBOOKS", "build_report", "swap_folders"]

#: Notebooks of every report, slowest first; ``question`` runs on demand, one at a time.
NOTEBOOKS = ("matrix", "claims", "teaching", "literature", "changes")
_MANIFEST = "manifest.json"
_ABANDONED_SECONDS = 3600


def build_report(
    root: Path,
    as_of: dt.date,
    *,
    out: Path,
    documents: Path | None = None,
    jobs: int | None = None,
    profile: str = "strict",
    published: str = "",
) -> Path:
    """Build the report site.

    Parameters
    ----------
    root : Path
        The ``evidence`` folder.
    as_of : datetime.date
        Day for which the evidence is judged.
    out : Path
        Folder of the site. It is replaced as a whole, and only if it is empty or a report.
    documents : Path, optional
        Folder with the documents' texts; quotations then stand in place.
    jobs : int, optional
        Processes; by default one a core.
    profile : str
        Yardstick of the advice.
    published : str
        Address under which the site is published, for citations and data; without it, addresses
        lead from the top of the site.

    Returns
    -------
    Path
        ``out``.

    Raises
    ------
    InputError
        When ``out`` cannot be a report folder.
    BuildError
        When a notebook or figure fails; the previous report stays whole.
    """
    address_in(published, "")  # says if it is none, before anything is made
    out = Path(os.path.abspath(out))  # noqa: PTH100 -- resolve() would follow a link we replace
    _check_out(out)
    base = read_base(root)
    texts = read_texts(base, documents)
    for claim in base.claims.values():
        document = base.document_of[claim.id]
        if document in texts:
            quote(claim, texts[document])
    assessment = assess(base, as_of, profile)
    notebooks = root.parent / "notebooks"
    key = digest(
        code_digest(),
        base.digest,
        as_of,
        profile,
        published,
        {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()},
        {name: _content(notebooks / f"{name}.ipynb") for name in NOTEBOOKS},
        [(cell.finding, cell.ours, cell.stated, cell.cause) for cell in read_grid(base)],
    )
    if _is_current(out, key):
        print("report is up to date", file=sys.stderr)
        return out
    from evidence_tools.kernels import warm_context

    # While this process goes on, another imports what all others need.
    with without_interrupts():
        context = warm_context(["evidence_tools.report.preload"])
    from evidence_tools.report.parts import figure_parts

    cache = Cache(root.parent / "build" / "cache")
    with _disk_errors(out):
        parts = figure_parts(assessment)
        # Once, and before anything is made: the keys hold whatever is edited meanwhile.
        keys = {name: notebook_key(assessment, notebooks / f"{name}.ipynb") for name in NOTEBOOKS}
        _make_parts(assessment, notebooks, keys, parts, cache, context, jobs or os.cpu_count() or 1)
        _write_site(assessment, texts, keys, parts, cache, out, key, published, context)
        cache.sweep()
    return out


def _content(path: Path) -> str:
    if not path.is_file():
        raise BuildError("no such notebook", where=str(path), fix="take it back from git")
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _check_out(out: Path) -> None:
    if out.is_file():
        raise InputError("the output folder is a file", where=str(out), fix="name a folder")
    if out.is_dir() and any(out.iterdir()) and not (out / _MANIFEST).is_file():
        raise InputError(
            "the output folder holds something other than a report, which would be lost",
            where=str(out),
            fix="name an empty or a new folder",
        )
    parent = next(folder for folder in out.parents if folder.exists())
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        raise InputError(
            "the output folder cannot be written", where=str(parent), fix="name another with --out"
        )


@contextlib.contextmanager
def _disk_errors(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BuildError(
            f"cannot be written: {error.strerror or error}",
            where=str(error.filename or out),
            fix="free space or mend the permissions; the previous report is whole",
        ) from error


def _is_current(out: Path, key: str) -> bool:
    try:
        manifest = json.loads((out / _MANIFEST).read_text(encoding="utf-8"))
        return manifest["inputs"] == key and all(
            (out / name).stat().st_size == size for name, (size, _) in manifest["files"].items()
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


def notebook_key(assessment: Assessment, path: Path) -> str:
    """Digest of everything an executed notebook is made from."""
    base = assessment.base
    return digest(
        "notebook", code_digest(), base.digest, assessment.as_of, assessment.profile, _content(path)
    )


def _make_parts(
    assessment: Assessment,
    notebooks: Path,
    keys: Mapping[str, str],
    parts: list[FigurePart],
    cache: Cache,
    context: BaseContext,
    jobs: int,
) -> None:
    """Run the notebooks and draw the figures that are not in the cache yet."""
    tasks: list[tuple[str, Callable[..., None], tuple[Any, ...]]] = []
    for name, key in keys.items():
        path = notebooks / f"{name}.ipynb"
        if cache.missing(key, (".ipynb", ".html")):
            given = {"as_of": assessment.as_of.isoformat(), "profile": assessment.profile}
            tasks.append((f"notebook {name}", run_part, (path, given, cache.folder, key)))
    drawings = [part for part in parts if cache.missing(part.key, SUFFIXES)]
    # Drawing one figure takes a fraction of a second, and the first of a process longer: a task is
    # a handful of them, or so many that each processor gets three tasks.
    handful = max(12, -(-len(drawings) // (3 * jobs)))
    for start in range(0, len(drawings), handful):
        group = drawings[start : start + handful]
        tasks.append((f"figures {group[0].name} …", draw_parts, (group, cache.folder)))
    if tasks:
        _run_tasks(tasks, context, jobs)


SUFFIXES = (".svg", ".png", ".txt")


def run_part(path: Path, given: Mapping[str, str], folder: Path, key: str) -> None:
    """Run one notebook into the cache, and convert it."""
    from evidence_tools.kernels import FORKS, fork_kernel
    from evidence_tools.notebooks import convert_notebook, parse_parameters, run_notebook

    forked = fork_kernel() if FORKS else None
    cache = Cache(folder)
    target = run_notebook(path, parse_parameters(path, given), cache.path(key, ".ipynb"), forked)
    cache.put(key, ".html", convert_notebook(target))


def draw_parts(parts: list[Any], folder: Path) -> None:
    """Draw some figures into the cache: SVG, PNG and alternative text."""
    from evidence_tools.report.parts import draw_part

    cache = Cache(folder)
    for part in parts:
        for suffix, content in draw_part(part).items():
            cache.put(part.key, suffix, content)


def _run_tasks(
    tasks: list[tuple[str, Callable[..., None], tuple[Any, ...]]], context: BaseContext, jobs: int
) -> None:
    from tqdm import tqdm

    with (
        tqdm(total=len(tasks), desc="report", unit="part", disable=None) as bar,
        # A process a task: a kernel is forked before its process has done anything else.
        ProcessPoolExecutor(min(jobs, len(tasks)), context, max_tasks_per_child=1) as pool,
    ):
        try:
            with without_interrupts():
                waiting: dict[Future[None], str] = {
                    pool.submit(function, *arguments): name for name, function, arguments in tasks
                }
            for done in as_completed(waiting):
                done.result()
                bar.set_description(waiting[done])
                bar.update()
                if bar.disable:
                    print(f"made {waiting[done]}", file=sys.stderr)
        except BaseException:  # Ctrl-C, too: what was begun is finished and kept, and no more
            pool.shutdown(cancel_futures=True)
            raise


def _write_site(
    assessment: Assessment,
    texts: Mapping[str, str],
    keys: Mapping[str, str],
    parts: list[FigurePart],
    cache: Cache,
    out: Path,
    key: str,
    published: str,
    context: BaseContext,
) -> None:
    from evidence_tools.report.pages import write_pages
    from evidence_tools.teaching.writing import write_teaching

    out.parent.mkdir(parents=True, exist_ok=True)
    _sweep_aside(out)
    aside = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}-"))
    try:
        descriptions = {}
        for part in parts:
            for suffix in (".svg", ".png"):
                target = aside / "figures" / f"{part.name}{suffix}"
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(cache.path(part.key, suffix), target)
            text = cache.path(part.key, ".txt").read_text(encoding="utf-8")
            descriptions[part.name] = text
        bodies = {}
        (aside / "notebooks").mkdir()
        for name, made in keys.items():
            bodies[name] = cache.path(made, ".html").read_text(encoding="utf-8")
            shutil.copyfile(cache.path(made, ".ipynb"), aside / "notebooks" / f"{name}.ipynb")
        with ProcessPoolExecutor(1, context) as pool:
            with without_interrupts():
                base = assessment.base
                data = pool.submit(
                    write_data, base.root, base.digest, assessment.as_of, assessment.profile,
                    published, aside,
                )  # fmt: skip
            write_pages(assessment, texts, descriptions, bodies, aside, published)
            lesson = cache.path(keys["teaching"], ".ipynb")
            write_teaching(assessment, aside / "teaching", lesson, home="../index.html")
            data.result()
        _write_manifest(assessment.base, assessment.as_of, aside, key)
        aside.chmod(0o755)
        swap_folders(aside, out)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def write_data(
    root: Path, expected: str, as_of: dt.date, profile: str, published: str, folder: Path
) -> None:
    """Write what a report offers for download, and the pages of its sources.

    This is done beside the other pages, by a process that reads the evidence anew: it must be the
    same still.
    """
    from evidence_tools.bibliography import format_bibtex
    from evidence_tools.exports.writing import write_exports
    from evidence_tools.matrix import write_tables
    from evidence_tools.report.source_pages import write_source_pages

    base = read_base(root)
    if base.digest != expected:
        raise BuildError(
            "the evidence was changed while its report was made", where=str(root),
            fix="make the report again",
        )  # fmt: skip
    assessment = assess(base, as_of, profile)
    (folder / "data").mkdir()
    write_tables(assessment, folder / "data")
    write_exports(assessment, folder / "data", ("xlsx", "json", "jsonld", "parquet"), published)
    (folder / "data" / "references.bib").write_text(
        format_bibtex(base.verified_records), encoding="utf-8"
    )
    write_source_pages(assessment, folder, published)


def _sweep_aside(out: Path) -> None:
    """Remove what builds that were killed left aside; a build that runs now is younger."""
    for left in out.parent.glob(f".{out.name}-????????"):
        if time.time() - left.stat().st_mtime > _ABANDONED_SECONDS:
            shutil.rmtree(left, ignore_errors=True)


def _write_manifest(base: EvidenceBase, as_of: dt.date, folder: Path, key: str) -> None:
    files = {
        path.relative_to(folder).as_posix(): (
            path.stat().st_size,
            hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    manifest = {
        "as_of": as_of.isoformat(),
        "rules": base.rules.version,
        "evidence": base.digest,
        "inputs": key,
        "files": files,
    }
    (folder / _MANIFEST).write_text(format_json(manifest), encoding="utf-8")


def swap_folders(new: Path, old: Path) -> None:
    """Put a new folder in the place of an old one, so that no moment shows half of either.

    Where the system can exchange two names at once (Linux, ``renameat2``), it does; elsewhere the
    old folder is moved aside first and moved back if the second step fails.
    """
    if not old.exists():
        new.replace(old)
        return
    if _exchange(new, old):
        shutil.rmtree(new, ignore_errors=True)
        return
    kept = old.with_name(f".{old.name}-previous")
    shutil.rmtree(kept, ignore_errors=True)
    old.replace(kept)
    try:
        new.replace(old)
    except BaseException:
        kept.replace(old)
        raise
    shutil.rmtree(kept, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two names atomically; False where the system cannot."""
    import ctypes

    at_cwd, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE of linux/fs.h
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    return bool(rename(at_cwd, os.fsencode(one), at_cwd, os.fsencode(other), exchange) == 0)
