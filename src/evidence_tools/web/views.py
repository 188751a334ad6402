"""The pages that the server makes: start, form, answer, file to print, and errors."""

from __future__ import annotations

import datetime as dt
import re
from functools import cached_property
from importlib import resources
from typing import Any

from jinja2 import Environment
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from evidence_tools import __version__
from evidence_tools.errors import EvidenceError, InputError
from evidence_tools.templates import open_templates
from evidence_tools.web.forms import Posted, read_form
from evidence_tools.web.guards import is_loopback, log_failure
from evidence_tools.web.orders import Order, Outcome, Rendition, base_name
from evidence_tools.web.policies import DOWNLOAD_POLICY
from evidence_tools.web.settings import Settings
from evidence_tools.web.site import ReportFiles
from evidence_tools.web.wording import ERRORS, Choice, ErrorText, explain_input
from evidence_tools.web.workers import BusyError, CrashError, SlowError, Workers

__all__ = ["ASSETS", "Views"]

_TYPES = {
    Rendition.HTML: "text/html; charset=utf-8",
    Rendition.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    Rendition.CSV: "text/csv; charset=utf-8",
    Rendition.JSON: "application/json",
}


def _read(*names: str) -> bytes:
    root = resources.files("evidence_tools")
    return b"\n".join(root.joinpath(name).read_bytes() for name in names)


#: Own files by name: a closed list, so that no path is ever looked up.
ASSETS: dict[str, tuple[str, tuple[str, ...]]] = {
    "style.css": (
        "text/css",
        (
            "report/static/style.css",
            "pages/renditions/static/audit.css",
            "web/static/web.css",
        ),
    ),
    "web.js": ("text/javascript", ("web/static/web.js",)),
    "icon.svg": ("image/svg+xml", ("web/static/icon.svg",)),
}


class Views:
    """Answers requests; the text of a page lives only in the request that brings it."""

    def __init__(self, settings: Settings, choices: list[Choice], site: ReportFiles) -> None:
        self.settings = settings
        self.choices = choices
        self.site = site
        self.workers: Workers | None = None
        self._under_way = 0

    @cached_property
    def _templates(self) -> Environment:
        environment = open_templates("evidence_tools.web")
        environment.globals |= {
            "version": __version__,
            "choices": self.choices,
            "limits": self.settings.limits,
            "private": is_loopback(self.settings.host),
        }
        return environment

    def _page(self, template: str, code: int = 200, **values: Any) -> HTMLResponse:
        found = self._templates.get_template(template)
        text = found.render(has_report=self.site.is_built, **values)
        return HTMLResponse(text, code)

    def show_error(self, status: int, text: ErrorText | None = None) -> HTMLResponse:
        """Make the page of an error: one sentence on what happened, one on what to do."""
        shown = text or ERRORS.get(status) or ERRORS[500 if status >= 500 else 400]
        return self._page("error.html.j2", status, error=shown, status=status)

    async def on_http_error(self, _request: Request, error: Exception) -> Response:
        """Answer to what a guard or a route refused."""
        assert isinstance(error, HTTPException)  # noqa: S101 -- registered for nothing else
        response = self.show_error(error.status_code)
        response.headers.update(error.headers or {})
        return response

    async def on_failure(self, _request: Request, error: Exception) -> Response:
        """Answer when something of ours broke."""
        log_failure(error)
        return self.show_error(500)

    async def start(self, request: Request) -> Response:
        """Show the report, or how to build it."""
        if self.site.is_built:
            return await self.site.get_response("index.html", request.scope)
        return self._page("start.html.j2")

    async def form(self, _request: Request) -> Response:
        """Show the form."""
        response = self._form()
        # It holds nothing of anybody's, and a browser that goes back to it keeps what was typed.
        response.headers["cache-control"] = "no-cache"
        return response

    def _form(
        self,
        status: int = 200,
        problem: tuple[str, str] | None = None,
        posted: Posted | None = None,
    ) -> HTMLResponse:
        profile = posted.get("profile") if posted else ""
        known = [choice.key for choice in self.choices]
        return self._page(
            "form.html.j2",
            status,
            problem=problem,
            text=posted.get("text") if posted else "",
            chosen=profile if profile in known else known[0],
            bad="file" if posted and posted.data is not None else "text",
        )

    async def asset(self, request: Request) -> Response:
        """Send one of our own files."""
        kind, names = ASSETS.get(request.path_params["name"], ("", ()))
        if not names:
            raise HTTPException(404)
        return Response(_read(*names), media_type=kind, headers={"cache-control": "no-cache"})

    async def icon(self, _request: Request) -> Response:
        """Send the sign of the tab."""
        kind, names = ASSETS["icon.svg"]
        return Response(_read(*names), media_type=kind, headers={"cache-control": "no-cache"})

    async def audit(self, request: Request) -> Response:
        """Audit what was pasted or uploaded."""
        if not self._has_room():
            return self._busy()
        self._under_way += 1
        try:
            posted = await read_form(request, self.settings.request_bytes)
            return await self._audit_posted(posted)
        finally:
            self._under_way -= 1

    async def again(self, request: Request) -> Response:
        """Audit a page that an answer carried, to print it, save it or hold it against more."""
        if not self._has_room():
            return self._busy()
        self._under_way += 1
        try:
            posted = await read_form(request, self.settings.request_bytes)
            wish, _, profile = posted.get("do").partition(":")
            if wish not in list(Rendition) or not posted.get("page"):
                raise HTTPException(400)
            posted.fields["profile"] = profile
            return await self._answer(posted, Rendition(wish), carried=posted.get("page"))
        finally:
            self._under_way -= 1

    async def back(self, _request: Request) -> Response:
        """Lead whoever loads the address of an answer anew, which is kept nowhere, to the form."""
        return RedirectResponse("/audit", 303)

    def _has_room(self) -> bool:
        return self._under_way < self.settings.pending

    def _busy(self) -> Response:
        text = ErrorText(
            "Others are being served",
            "Too many pages are being checked right now.",
            "Go back, and try again in a minute.",
        )
        response = self.show_error(503, text)
        response.headers["retry-after"] = "30"
        return response

    async def _audit_posted(self, posted: Posted) -> Response:
        has_text = bool(posted.get("text").strip())
        if posted.data is not None and has_text:
            problem = (
                "You pasted a text and also chose a file, and only one can be checked.",
                "Clear the text, or send it without the file.",
            )
            return self._form(400, problem, posted)
        if posted.data is None and not has_text:
            problem = ("There is no page to check yet.", "Paste its text, or choose a file.")
            return self._form(400, problem, posted)
        return await self._answer(posted, Rendition.PAGE)

    async def _answer(
        self, posted: Posted, rendition: Rendition, carried: str | None = None
    ) -> Response:
        profile = posted.get("profile") or self.choices[0].key
        if profile not in {choice.key for choice in self.choices}:
            raise HTTPException(400)
        data = posted.data
        if data is None and carried is None:
            data = posted.get("text").encode("utf-8", "replace")
        order = Order(
            evidence=self.settings.evidence,
            profile=profile,
            rendition=rendition,
            data=data,
            name=posted.name or "-",
            carried=carried,
            questions_at="/questions/" if self.site.is_built else None,
            limits=self.settings.limits,
            most_shown=self.settings.answer_characters,
        )
        if self.workers is None:
            raise RuntimeError("the workers have not started")
        try:
            outcome = await self.workers.do(order)
        except InputError as error:
            return self._form(400, explain_input(error, base_name(order.name)), posted)
        except EvidenceError as error:
            log_failure(error)
            return self.show_error(500)
        except BusyError:
            return self._busy()
        except SlowError:
            seconds = f"{self.settings.audit_seconds:g}"
            text = ErrorText(
                "This took too long",
                f"The check ran for {seconds} seconds without an end, so it was stopped.",
                "Check the page in parts.",
            )
            return self.show_error(503, text)
        except CrashError:
            text = ErrorText(
                "This page could not be checked",
                "The check broke off, most likely because the page needs too much memory.",
                "Check the page in parts, or paste its text.",
            )
            return self.show_error(500, text)
        if rendition.is_download:
            return _download(rendition, outcome)
        return self._result(rendition, outcome)

    def _result(self, rendition: Rendition, outcome: Outcome) -> Response:
        name = "print.html.j2" if rendition is Rendition.PRINT else "result.html.j2"
        parts = {key: Markup(text) for key, text in outcome.parts.items()}  # noqa: S704 -- escaped
        return self._page(
            name,
            facts=outcome.facts,
            page=outcome.facts["page"],
            parts=parts,
            short=outcome.parts["short"],
            carried=outcome.carried,
            choice=next(c for c in self.choices if c.key == outcome.facts["profile"]),
        )


def _download(rendition: Rendition, outcome: Outcome) -> Response:
    stem = re.sub(r"[^a-z0-9]+", "-", outcome.facts["page"]["name"].rsplit(".", 1)[0].lower())
    day = dt.date.fromisoformat(outcome.facts["as_of"])
    name = "-".join(part for part in ("audit", stem[:40].strip("-"), f"{day}") if part)
    return Response(
        outcome.download,
        media_type=_TYPES[rendition],
        headers={
            "content-disposition": f'attachment; filename="{name}.{rendition}"',
            "content-security-policy": DOWNLOAD_POLICY,
        },
    )
