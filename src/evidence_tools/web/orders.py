"""One audit as a worker process does it: what was posted goes in, what is shown comes out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evidence_tools.errors import InputError
from evidence_tools.pages.decoding import show_name
from evidence_tools.pages.reading import Limits, read_source
from evidence_tools.web.carried import carry_page, parse_carried

if TYPE_CHECKING:
    from evidence_tools.base import EvidenceBase
    from evidence_tools.pages.audit import Auditor

__all__ = ["Order", "Outcome", "Rendition", "base_name", "do_order", "warm_up"]


class Rendition(StrEnum):
    """What an answer can be."""

    PAGE = "page"
    PRINT = "print"
    HTML = "html"
    DOCX = "docx"
    CSV = "csv"
    JSON = "json"

    @property
    def is_download(self) -> bool:
        """Whether a browser saves it, not shows it."""
        return self not in (Rendition.PAGE, Rendition.PRINT)


@dataclass(frozen=True)
class Order:
    """A page to audit: the bytes of a file or of pasted text, or a page carried by an answer.

    ``questions_at`` is where the pages of the questions are served, if they are; ``most_shown`` is
    how many characters of HTML may come out.
    """

    evidence: Path
    profile: str
    rendition: Rendition = Rendition.PAGE
    data: bytes | None = None
    name: str = "-"
    carried: str | None = None
    questions_at: str | None = None
    limits: Limits = field(default_factory=Limits)
    most_shown: int = 20_000_000


@dataclass(frozen=True)
class Outcome:
    """What is shown of an audit (parts of HTML, and facts), or the bytes of a download."""

    facts: dict[str, Any]
    parts: dict[str, str] = field(default_factory=dict)
    carried: str = ""
    download: bytes = b""


def base_name(name: str) -> str:
    r"""Take the folders off a file name, and what cannot be printed.

    >>> base_name("C:\\fakepath\\My page.html"), base_name("../../etc/passwd"), base_name("")
    ('My page.html', 'passwd', '-')
    """
    return show_name(re.split(r"[\\/]", name)[-1].strip()) or "-"


def do_order(order: Order) -> Outcome:
    """Read a page, audit it and make what is asked for.

    Raises
    ------
    InputError
        When the page cannot be read, or the answer is too long to show.
    """
    # Heavy, and needed only where an audit runs.
    from evidence_tools.assessment import today
    from evidence_tools.pages.audit import audit_source
    from evidence_tools.pages.renditions.data import audit_as_data

    if order.carried is not None:
        source, name = parse_carried(order.carried, order.limits)
    elif order.data is not None:
        name = base_name(order.name)
        source = read_source(order.data, name, limits=order.limits)
    else:
        raise InputError("there is no page", expected="pasted text or a file")
    auditor = _auditor(order.evidence, order.profile, today().isoformat())
    data = audit_as_data(audit_source(source, auditor, name))
    facts = {key: data[key] for key in ("profile", "yardstick", "as_of", "rules", "evidence")}
    facts |= {"page": data["page"], "counts": data["counts"], "version": data["version"]}
    if order.rendition.is_download:
        return Outcome(facts, download=_download(order.rendition, data))
    return Outcome(facts, _parts(order, data), carry_page(source, name))


def _parts(order: Order, data: dict[str, Any]) -> dict[str, str]:
    from evidence_tools.pages.renditions.html import format_part
    from evidence_tools.pages.renditions.marks import sum_up

    wanted = {
        Rendition.PAGE: ("summary", "sentences", "substantiation"),
        Rendition.PRINT: ("summary", "substantiation"),
    }[order.rendition]
    made = {part: str(format_part(data, part, order.questions_at)) for part in wanted}
    if sum(map(len, made.values())) > order.most_shown:
        raise InputError("its answer is too long to show", fix="check the page in parts")
    made["short"] = sum_up(data)
    # A PDF can hold half a pair of code units, which no answer can.
    return {key: text.encode("utf-8", "replace").decode() for key, text in made.items()}


def _download(rendition: Rendition, data: dict[str, Any]) -> bytes:
    if rendition is Rendition.DOCX:
        from evidence_tools.pages.renditions.docx import format_docx

        return format_docx(data)
    if rendition is Rendition.HTML:
        from evidence_tools.pages.renditions.html import format_html

        return format_html(data).encode("utf-8", "replace")
    if rendition is Rendition.CSV:
        from evidence_tools.pages.renditions.plain import format_csv

        # Without the mark, Excel reads UTF-8 as the machine's old code page.
        return b"\xef\xbb\xbf" + format_csv([data]).encode("utf-8", "replace")
    from evidence_tools.files import format_json

    return format_json(data).encode("utf-8", "replace")


@lru_cache(maxsize=8)
def _auditor(evidence: Path, profile: str, day: str) -> Auditor:
    """Register of a day under one yardstick; a server that runs overnight takes the new day."""
    from evidence_tools.assessment import assess, parse_day
    from evidence_tools.pages.audit import open_auditor

    return open_auditor(assess(_base(evidence), parse_day(day), profile))


@lru_cache(maxsize=1)
def _base(evidence: Path) -> EvidenceBase:
    from evidence_tools.base import read_base

    return read_base(evidence)


def warm_up(evidence: Path, profile: str) -> None:
    """Load in a new process what every audit needs, so that the first one need not wait."""
    text = b"Massage may ease low back pain."
    do_order(Order(evidence, profile, data=text))
