"""The built report as the server shows it: only files of its folder, with a way to the audit."""

from __future__ import annotations

import os
from pathlib import Path

import anyio
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from evidence_tools.web.policies import DRAWING_POLICY

__all__ = ["ReportFiles", "add_way_to_audit"]

_LINK = '<a href="/audit">Check my page</a>\n</nav>'
_CARDS = '<div class="cards">'
_INVITATION = (
    '<div class="card"><p><strong>Do you have a page of your own?</strong> '
    "Paste it, and see sentence by sentence what may stay.</p>\n"
    '<p><a class="button" href="/audit">Check my page</a></p></div>\n'
)


def add_way_to_audit(page: str, *, is_start: bool) -> str:
    """Put a link to the audit into the menu of a page of the report.

    The report is also read without a server, where such a link would lead nowhere; so it is put in
    here. The start page also gets an invitation.
    """
    page = page.replace("</nav>", _LINK, 1)
    return page.replace(_CARDS, _INVITATION + _CARDS, 1) if is_start else page


class ReportFiles(StaticFiles):
    """Files of a report that may be built, built anew or removed while the server runs."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, check_dir=False, html=True)
        self._folder = folder

    @property
    def is_built(self) -> bool:
        """Whether there is a report now."""
        return (self._folder / "index.html").is_file()

    async def check_config(self) -> None:
        """Nothing to check: without a report every file is missing."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer with a file; pages get their link to the audit, drawings a policy of their own."""
        if any(part.startswith(".") and part != "." for part in Path(path).parts):
            raise HTTPException(404)
        try:
            response = await super().get_response(path, scope)
        except OSError as error:
            raise HTTPException(404) from error
        response.headers["cache-control"] = "no-cache"
        if path.endswith(".svg"):
            # Also with "not modified", for a browser puts its headers in the place of the old.
            response.headers["content-security-policy"] = DRAWING_POLICY
        if not isinstance(response, FileResponse):
            return response
        if response.media_type != "text/html":
            return response
        found = os.fspath(response.path)
        try:
            page = await anyio.Path(found).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise HTTPException(404) from error
        is_start = Path(found) == (self._folder / "index.html").resolve()
        made = HTMLResponse(add_way_to_audit(page, is_start=is_start))
        made.headers["cache-control"] = "no-cache"
        return made
