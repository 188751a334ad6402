"""Builders of files that hold pages: Word documents, PDFs, ZIP files, all in our own words."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

import docx
import pypdf
from docx.document import Document
from fpdf import FPDF

__all__ = [
    "SENTENCE",
    "lock_pdf",
    "make_docx",
    "make_ole",
    "make_pdf",
    "make_picture",
    "repack",
]

SENTENCE = "Our slow sessions at the old mill can ease neck pain, and they leave you calm."


def make_docx(build: Callable[[Document], object]) -> bytes:
    """Build a Word document; ``build`` fills it."""
    document = docx.Document()
    build(document)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def repack(data: bytes, **parts: bytes) -> bytes:
    """Put other parts into a Word document; ``document`` stands for ``word/document.xml``."""
    names = {f"word/{name}.xml": content for name, content in parts.items()}
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for member in source.infolist():
            content = names.pop(member.filename, None)
            target.writestr(member.filename, source.read(member) if content is None else content)
        for name, content in names.items():
            target.writestr(name, content)
    return made.getvalue()


def make_ole(stream: str) -> bytes:
    """Build what an old Office file begins with, and the name of a stream in its folder."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + stream.encode("utf-16-le")


def make_pdf(build: Callable[[FPDF], object]) -> bytes:
    """Build a PDF; ``build`` fills it, from a first page in Helvetica of 11 points."""
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("Helvetica", size=11)
    build(pdf)
    return bytes(pdf.output())


def lock_pdf(data: bytes, password: str, algorithm: str = "RC4-128") -> bytes:
    """Encrypt a PDF; an empty password leaves it open to read."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(data))
    writer.encrypt(password, owner_password="owner", algorithm=algorithm)  # noqa: S106
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def make_picture() -> io.BytesIO:
    """Build a PNG of one grey pixel."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(b"\0\x80")), (b"IEND", b"")]
    return io.BytesIO(b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts))
