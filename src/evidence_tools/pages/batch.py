"""Many pages in one run: each is read, audited and rendered by itself, and one that fails is named.

What comes back is text or bytes, never an audit: between processes only what is printed travels.
"""

from __future__ import annotations

import datetime as dt
import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import msgspec

from evidence_tools.assessment import assess
from evidence_tools.base import read_base
from evidence_tools.errors import BuildError, EvidenceError
from evidence_tools.interrupts import without_interrupts
from evidence_tools.pages.audit import Auditor, audit_source, open_auditor
from evidence_tools.pages.decoding import show_name
from evidence_tools.pages.reading import Source, read_source, source_from_path
from evidence_tools.pages.renditions import audit_as_data, format_csv, format_table

__all__ = ["Done", "Form", "Job", "Yardstick", "audit_jobs", "render_audit"]

#: From so many pages on, starting processes takes less time than it saves.
_WORTH_PROCESSES = 12
_CHUNK = 4


class Form(StrEnum):
    """Forms in which an audit is handed out."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    HTML = "html"
    DOCX = "docx"


@dataclass(frozen=True)
class Yardstick:
    """What pages are held against: evidence folder, day and profile."""

    root: Path
    as_of: dt.date
    profile: str = "strict"


@dataclass(frozen=True)
class Job:
    """A page to audit: a file's path, or its bytes where these are at hand (standard input)."""

    name: str
    path: str = ""
    data: bytes | None = None


@dataclass(frozen=True)
class Done:
    """What became of a page: its rendition, or why there is none.

    ``counts`` are those of the audit. ``judged`` is False for a page in a language that is not
    judged. ``error`` is one line.
    """

    name: str
    body: str | bytes = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    judged: bool = True
    notes: tuple[str, ...] = ()
    error: str | None = None

    @property
    def must_change(self) -> bool:
        """Whether something on the page has to be removed."""
        return self.counts.get("remove", 0) > 0


def audit_jobs(
    jobs: Sequence[Job],
    yardstick: Yardstick,
    form: Form,
    *,
    width: int = 100,
    processes: int | None = None,
    strict: bool = False,
) -> Iterator[Done]:
    """Audit pages, in order, with processes where there are many.

    Parameters
    ----------
    jobs : sequence of Job
        The pages.
    yardstick : Yardstick
        What they are held against.
    form : Form
        How each is rendered. CSV has no header here; JSON is one object a page.
    width : int
        Columns of the terminal, for tables.
    processes : int, optional
        At most so many; by default one a core.
    strict : bool
        Whether an error of the program itself ends the run, with its traceback.

    Raises
    ------
    EvidenceError
        When the evidence cannot be read; what is wrong with one page stands in its :class:`Done`.
    """
    workers = min(processes or os.cpu_count() or 1, -(-len(jobs) // _CHUNK))
    if workers < 2 or len(jobs) < _WORTH_PROCESSES:
        _auditor(yardstick)
        for job in jobs:
            yield _run(job, yardstick, form, width, strict)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        chunks = [jobs[start : start + _CHUNK] for start in range(0, len(jobs), _CHUNK)]
        try:
            with without_interrupts():
                waiting = deque(
                    pool.submit(_run_all, chunk, yardstick, form, width, strict) for chunk in chunks
                )
            while waiting:
                # Taken off, so that what was handed on is not kept.
                yield from waiting.popleft().result()
        except BrokenProcessPool as error:
            raise BuildError(
                "a process that audits pages was ended from outside",
                fix="free memory, or run with --jobs 1",
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


@lru_cache(maxsize=1)
def _auditor(yardstick: Yardstick) -> Auditor:
    base = read_base(yardstick.root)
    return open_auditor(assess(base, yardstick.as_of, yardstick.profile))


def _run_all(
    jobs: Sequence[Job], yardstick: Yardstick, form: Form, width: int, strict: bool
) -> list[Done]:
    _auditor(yardstick)
    return [_run(job, yardstick, form, width, strict) for job in jobs]


def _run(job: Job, yardstick: Yardstick, form: Form, width: int, strict: bool) -> Done:
    try:
        source = read_source(job.data) if job.data is not None else source_from_path(job.path)
        return _render(source, job.name, _auditor(yardstick), form, width)
    except EvidenceError as error:
        return Done(job.name, error=str(error))
    except Exception as error:
        if strict:
            raise
        kind = type(error).__name__
        return Done(job.name, error=f"{show_name(job.name)}: an error of this program ({kind}); "
                    "to mend it: report it with the page")  # fmt: skip


def _render(source: Source, name: str, auditor: Auditor, form: Form, width: int) -> Done:
    audit = audit_source(source, auditor, name)
    body = render_audit(audit_as_data(audit), form, width=width)
    return Done(name, body, dict(audit.counts), audit.judged, audit.notes)


def render_audit(data: dict[str, Any], form: Form, *, width: int = 100) -> str | bytes:
    """Render an audit, given as data, in one of the forms.

    Parameters
    ----------
    data : dict
        As :func:`~evidence_tools.pages.renditions.data.audit_as_data` gives it.
    form : Form
        CSV comes without a header, JSON without a last line end.
    width : int
        Columns of the terminal, for tables.
    """
    return _RENDERERS[form](data, width)


def _json(data: dict[str, Any], _: int) -> str:
    # The encoder of the standard library, when it indents, takes longer than the audit.
    return msgspec.json.format(msgspec.json.encode(data), indent=2).decode("utf-8")


def _html(data: dict[str, Any], _: int) -> str:
    # Imported here, as below: each brings a library that only it needs.
    from evidence_tools.pages.renditions.html import format_html

    return format_html(data)


def _docx(data: dict[str, Any], _: int) -> bytes:
    from evidence_tools.pages.renditions.docx import format_docx

    return format_docx(data)


_RENDERERS: Mapping[Form, Callable[[dict[str, Any], int], str | bytes]] = {
    Form.TABLE: format_table,
    Form.JSON: _json,
    Form.CSV: lambda data, _: format_csv([data], header=False),
    Form.HTML: _html,
    Form.DOCX: _docx,
}
