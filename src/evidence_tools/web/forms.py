"""What somebody posted, read in memory: no part of it touches the disk."""

from __future__ import annotations

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

__all__ = ["Posted", "read_form"]

_MOST_FIELDS = 10


class _InMemory(MultiPartParser):
    """Starlette's parser, without its habit of writing larger uploads into temporary files."""

    spool_max_size = 2**40


class Posted:
    """Fields of a form, and the file if one was chosen."""

    def __init__(self, fields: dict[str, str], data: bytes | None, name: str) -> None:
        self.fields = fields
        self.data = data
        self.name = name

    def get(self, field: str) -> str:
        """Text of a field; empty where it was not sent."""
        return self.fields.get(field, "")


async def read_form(request: Request, most: int) -> Posted:
    """Read a form of fields and at most one file.

    Parameters
    ----------
    request : Request
        Its size has been bounded before.
    most : int
        Bytes that a field may have.

    Raises
    ------
    HTTPException
        415 when it is no form, 400 when it is broken.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise HTTPException(415)
    parser = _InMemory(
        request.headers,
        request.stream(),
        max_files=1,
        max_fields=_MOST_FIELDS,
        max_part_size=most,
    )
    try:
        form = await parser.parse()
    except (MultiPartException, ClientDisconnect):
        raise HTTPException(400) from None
    fields: dict[str, str] = {}
    data: bytes | None = None
    name = ""
    for key, value in form.multi_items():
        if isinstance(value, UploadFile):
            content = await value.read()
            await value.close()
            # A browser sends an empty file without a name where none was chosen.
            if content or value.filename:
                data, name = content, value.filename or ""
        else:
            fields.setdefault(key, value)
    return Posted(fields, data, name)
