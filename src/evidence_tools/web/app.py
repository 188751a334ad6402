"""The server put together: routes, guards, and the processes that audit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.routing import Mount, Route

from evidence_tools.files import read_model
from evidence_tools.rules import Rules
from evidence_tools.web.guards import (
    BodyGuard,
    Calm,
    Finisher,
    HostGuard,
    OriginGuard,
    SafeHeaders,
)
from evidence_tools.web.settings import Settings
from evidence_tools.web.site import ReportFiles
from evidence_tools.web.views import Views
from evidence_tools.web.wording import list_choices
from evidence_tools.web.workers import Workers

__all__ = ["make_app"]


def make_app(settings: Settings) -> Starlette:
    """Make the application that serves a report and audits pages.

    Raises
    ------
    DataError
        When the rules of the evidence folder cannot be read.
    """
    choices = list_choices(read_model(Rules, settings.evidence / "rules.toml").profiles)
    site = ReportFiles(settings.report)
    views = Views(settings, choices, site)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with Workers.open(settings, choices[0].key) as workers:
            views.workers = workers
            yield

    handlers = {HTTPException: views.on_http_error, Exception: views.on_failure}
    return Starlette(
        routes=[
            Route("/", views.start),
            Route("/favicon.ico", views.icon),
            Route("/audit", views.form),
            Route("/audit", views.audit, methods=["POST"]),
            Route("/audit/again", views.back),
            Route("/audit/again", views.again, methods=["POST"]),
            Route("/audit/static/{name}", views.asset),
            Mount("/", site),
        ],
        middleware=[
            Middleware(Calm),
            Middleware(SafeHeaders),
            Middleware(Finisher, settings=settings),
            Middleware(ExceptionMiddleware, handlers=handlers),
            Middleware(HostGuard, settings=settings),
            Middleware(OriginGuard),
            Middleware(BodyGuard, settings=settings),
        ],
        exception_handlers={HTTPException: views.on_http_error},
        lifespan=lifespan,
    )
