"""Read a Word document: python-docx opens it once it is known to be safe to open.

python-docx gives paragraphs and tables, but not text boxes, fields, content controls and the texts
that stand for pictures, all of which flyers are made of; so the tree that it opened is walked.
Comments, tracked deletions, hidden text, tables of contents, headers and footers are left out.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any

from lxml import etree

from evidence_tools.errors import InputError
from evidence_tools.pages.page import BlockKind
from evidence_tools.pages.readers.draft import Draft

__all__ = ["read_docx"]

_MEMBERS = 2000
_UNPACKED = 100_000_000
_UNPACKED_XML = 25_000_000
_RATIO = 200  # of unpacked to packed; text packs about ten times, pictures hardly
_RATIO_FROM = 2_000_000
_CHUNK = 1 << 20
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
_VML = "{urn:schemas-microsoft-com:vml}"
_SKIPPED = frozenset(
    [f"{_MC}Fallback", f"{_W}del", f"{_W}moveFrom", f"{_W}instrText", f"{_W}delText"]
)
_ENDS = (".", "!", "?", ":", ";", ",", "…")
_HEADING_WORDS = 12


def read_docx(data: bytes, where: str) -> Draft:
    """Read a Word document (.docx).

    Raises
    ------
    InputError
        When it is encrypted, an old .doc, no Word document, broken, or made to swell when opened.
    """
    if data.startswith(_OLE):
        raise _old_or_locked(data, where)
    safe = _checked(data, where)
    # Imported here: no other reader needs it.
    import docx

    try:
        document = docx.Document(safe)
        styles = _Styles(document)
        walk = _Walk(styles)
        walk.run(document.element.body)
        for notes in _footnotes(document):
            walk.run(notes)
    except InputError:
        raise
    except Exception as error:
        # python-docx has no error of its own for a broken package: KeyError, ValueError,
        # XMLSyntaxError and others, by where it is broken.
        raise _broken(where, "it is not a Word document, or it is broken") from error
    draft = walk.draft
    draft.title = draft.title or (document.core_properties.title or "").strip() or None
    return draft


def _old_or_locked(data: bytes, where: str) -> InputError:
    if "EncryptedPackage".encode("utf-16-le") in data:
        return InputError(
            "the document is encrypted",
            expected="a document that opens without a password",
            where=where,
            fix="open it in Word, take the password off (File, Info, Protect), save it again",
        )
    return InputError(
        "this is a file of an old Office version (.doc)",
        expected="DOCX, PDF, HTML, Markdown or plain text",
        where=where,
        fix="open it in Word or LibreOffice and save it as .docx",
    )


def _broken(where: str, what: str) -> InputError:
    return InputError(
        what,
        expected="a Word document (.docx)",
        where=where,
        fix="open it in Word or LibreOffice and save it as .docx again",
    )


def _checked(data: bytes, where: str) -> io.BytesIO:
    """Unpack under limits, and pack anew what was measured, so that nothing else is opened."""
    made = io.BytesIO()
    try:
        with (
            zipfile.ZipFile(io.BytesIO(data)) as source,
            zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as target,
        ):
            members = source.infolist()
            _check_declared(members, where)
            total = 0
            for member in members:
                if member.is_dir():
                    continue
                content = _unpack(source, member, _UNPACKED - total, where)
                total += len(content)
                if member.filename.lower().endswith((".xml", ".rels")):
                    _check_xml(content, where)
                target.writestr(zipfile.ZipInfo(member.filename), content)
    except InputError:
        raise
    except Exception as error:
        # zipfile and its codecs raise BadZipFile, zlib.error, EOFError, NotImplementedError, …
        raise _broken(where, "it is not a Word document, or it is broken") from error
    made.seek(0)
    return made


def _check_declared(members: list[zipfile.ZipInfo], where: str) -> None:
    names = {member.filename for member in members}
    if any(member.flag_bits & 1 for member in members):
        raise InputError(
            "the document is encrypted",
            expected="a document that opens without a password",
            where=where,
            fix="save it again without a password",
        )
    if len(members) > _MEMBERS or len(names) < len(members):
        raise _swells(where, f"it holds {len(members):,} parts", f"at most {_MEMBERS:,}, once each")
    if sum(member.file_size for member in members) > _UNPACKED:
        raise _swells(where, "it swells when it is opened", f"at most {_UNPACKED:,} bytes unpacked")
    for member in members:
        ratio = member.file_size / max(member.compress_size, 1)
        if member.file_size > _RATIO_FROM and ratio > _RATIO:
            raise _swells(where, f"a part swells {ratio:,.0f} times", f"at most {_RATIO} times")
    if "[Content_Types].xml" not in names or not any(n.startswith("word/") for n in names):
        raise _broken(where, "it is a ZIP file, but not a Word document")


def _swells(where: str, what: str, expected: str) -> InputError:
    return InputError(
        f"{what} when it is unpacked" if "swells" not in what else what,
        expected=expected,
        where=where,
        fix="copy its text into a new document",
    )


def _unpack(source: zipfile.ZipFile, member: zipfile.ZipInfo, room: int, where: str) -> bytes:
    """Read a member, counting what really comes out, whatever it declares."""
    most = min(room, _UNPACKED_XML if member.filename.lower().endswith(".xml") else room)
    pieces = []
    size = 0
    with source.open(member) as stream:
        while piece := stream.read(_CHUNK):
            size += len(piece)
            if size > most:
                raise _swells(where, "it swells when it is opened", f"at most {most:,} bytes")
            pieces.append(piece)
    return b"".join(pieces)


def _check_xml(content: bytes, where: str) -> None:
    """Refuse declarations of types and entities: Word writes none, bombs are made of them."""
    for encoding in ("ascii", "utf-16-le", "utf-16-be"):
        if any(word.encode(encoding) in content for word in ("<!DOCTYPE", "<!ENTITY")):
            raise _broken(where, "it declares XML entities, which no Word document does")


class _Styles:
    """What the styles of a document make of a paragraph."""

    def __init__(self, document: Any) -> None:
        self.names: dict[str, list[str]] = {}
        self.listed: set[str] = set()
        found: dict[str, tuple[str, str | None, bool]] = {}
        for style in document.styles.element.iter(f"{_W}style"):
            name, based = style.find(f"{_W}name"), style.find(f"{_W}basedOn")
            listed = style.find(f"{_W}pPr/{_W}numPr") is not None
            found[style.get(f"{_W}styleId", "")] = (
                "" if name is None else name.get(f"{_W}val", "").lower(),
                None if based is None else based.get(f"{_W}val"),
                listed,
            )
        for key in found:
            chain: list[str] = []
            at: str | None = key
            while at in found and at is not None and len(chain) < 20:
                name_at, at_next, listed = found[at]
                chain.append(name_at)
                if listed:
                    self.listed.add(key)
                at = at_next
            self.names[key] = chain

    def of(self, key: str) -> list[str]:
        """Names of a style and of those that it is based on."""
        return self.names.get(key, [])


class _Walk:
    """One walk through a body: paragraphs may stand in text boxes within paragraphs."""

    def __init__(self, styles: _Styles) -> None:
        self.styles = styles
        self.draft = Draft()
        self._open: list[list[str]] = []
        self._alts: list[str] = []
        self._plain: list[bool] = []
        self._cells = 0

    def run(self, body: etree._Element) -> None:
        """Read all paragraphs within an element, in order."""
        skipped: etree._Element | None = None
        context = etree.iterwalk(body, events=("start", "end"))
        for event, element in context:
            if event == "start":
                if element.tag in _SKIPPED or _is_hidden_run(element):
                    skipped = element
                    context.skip_subtree()
                else:
                    self._start(element)
            elif element is skipped:
                skipped = None
            elif element.tag == f"{_W}p":
                self._end(element)
            elif element.tag == f"{_W}tc":
                self._cells -= 1

    def _start(self, element: etree._Element) -> None:
        tag = element.tag
        if tag == f"{_W}p":
            self._open.append([])
            self._plain.append(False)
        elif tag == f"{_W}tc":
            self._cells += 1
        elif tag == f"{_WP}docPr":
            self._alts.append(element.get("descr") or element.get("title") or "")
        elif tag == f"{_VML}shape":
            self._alts.append(element.get("alt") or "")
        elif self._open:
            if tag == f"{_W}t":
                self._open[-1].append(element.text or "")
                if (element.text or "").strip() and not _is_bold(element):
                    self._plain[-1] = True
            elif tag in (f"{_W}tab", f"{_W}ptab"):
                self._open[-1].append(" ")
            elif tag in (f"{_W}br", f"{_W}cr"):
                self._open[-1].append("\n")
            elif tag == f"{_W}noBreakHyphen":
                self._open[-1].append("-")

    def _end(self, paragraph: etree._Element) -> None:
        text = "".join(self._open.pop())
        plain = self._plain.pop()
        kind, level = self._kind(paragraph, text, plain)
        if kind is not None:
            self.draft.add(kind, text, level)
            if kind is BlockKind.TITLE and self.draft.title is None:
                self.draft.title = " ".join(text.split()) or None
        if not self._open:
            for alt in self._alts:
                self.draft.add(BlockKind.ALT, alt)
            self._alts.clear()

    def _kind(
        self, paragraph: etree._Element, text: str, plain: bool
    ) -> tuple[BlockKind | None, int]:
        """Tell what a paragraph is; None for an entry of a table of contents."""
        style = paragraph.find(f"{_W}pPr/{_W}pStyle")
        key = "" if style is None else style.get(f"{_W}val", "")
        names = self.styles.of(key)
        for name in names:
            if name == "title":
                return BlockKind.TITLE, 0
            if name == "subtitle":
                return BlockKind.HEADING, 2
            if name.startswith("toc ") and name[4:].isdigit():
                return None, 0
            if name.startswith("heading ") and name[8:].isdigit():
                return BlockKind.HEADING, min(max(int(name[8:]), 1), 6)
        outline = paragraph.find(f"{_W}pPr/{_W}outlineLvl")
        if outline is not None and outline.get(f"{_W}val") in tuple("012345"):
            return BlockKind.HEADING, int(outline.get(f"{_W}val", "0")) + 1
        number = paragraph.find(f"{_W}pPr/{_W}numPr/{_W}numId")
        listed = number is not None and number.get(f"{_W}val") != "0"
        if listed or (number is None and key in self.styles.listed) or self._cells:
            return BlockKind.ITEM, 0
        if any(name.startswith("list ") for name in names):
            return BlockKind.ITEM, 0
        line = text.strip()
        short = len(line.split()) <= _HEADING_WORDS and not line.endswith(_ENDS)
        if line and not plain and (short or line.endswith("?")) and "\n" not in line:
            return BlockKind.HEADING, 0  # all of it bold
        return BlockKind.PARAGRAPH, 0


def _is_hidden_run(element: etree._Element) -> bool:
    if element.tag != f"{_W}r":
        return False
    hidden = element.find(f"{_W}rPr/{_W}vanish")
    return hidden is not None and hidden.get(f"{_W}val", "true") not in ("0", "false", "off")


def _is_bold(text: etree._Element) -> bool:
    run = text.getparent()
    bold = None if run is None else run.find(f"{_W}rPr/{_W}b")
    return bold is not None and bold.get(f"{_W}val", "true") not in ("0", "false", "off")


def _footnotes(document: Any) -> Iterator[etree._Element]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    for relation in document.part.rels.values():
        if not relation.is_external and relation.reltype.endswith(("/footnotes", "/endnotes")):
            yield etree.fromstring(relation.target_part.blob, parser)
