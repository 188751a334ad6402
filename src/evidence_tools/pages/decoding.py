"""From bytes to clean text: which encoding, and what no reader of a page would see."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from evidence_tools.errors import InputError

__all__ = ["Decoded", "clean_text", "decode_text", "show_name"]

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_DECLARED = re.compile(
    rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{2,40})|<\?xml[^>]{0,100}encoding=["']([\w.:-]{2,40})""",
    re.IGNORECASE,
)
#: Browsers read these two as windows-1252 too (WHATWG Encoding Standard).
_AS_WINDOWS = {"iso-8859-1", "iso8859-1", "latin-1", "latin1", "us-ascii", "ascii"}
#: What English pages in windows-1252 hold beside ASCII.
_WESTERN = frozenset(
    "‘’“”–—…•€£©®™°½¼¾²³×·«»¿¡ªº†‡§±µ\xa0\xadàáâäåæçèéêëíîïñóôöøúûüßÀÁÂÄÅÆÇÈÉÊËÍÎÏÑÓÔÖØÚÛÜœŒ"
)
_SAMPLE = 65_536
#: Text that was UTF-8, was read as windows-1252, and was saved again.
_MOJIBAKE = re.compile("â€[™œ\x9d“”˜¦¢]|Ã[©¨¢ª®´¼¶¤§±]|Â[£°®·»]")

#: What is not drawn: controls, soft hyphens, zero-width spaces, marks that turn the direction of
#: writing (a page stays in logical order), and tag characters.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
#: Joiners mean something in Persian, Indic scripts and emoji, and nothing between Latin letters.
_JOINERS = re.compile("(?<=[A-Za-z])[\u200c\u200d]+(?=[A-Za-z])")
_BREAKS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_ASCII_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_BLANKS = re.compile("[\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_SURROGATES = re.compile("[\ud800-\udfff]")
_LIGATURE = re.compile("[\ufb00-\ufb06]")


@dataclass(frozen=True)
class Decoded:
    """Text, the encoding that gave it, and what is to be said about that."""

    text: str
    encoding: str
    notes: tuple[str, ...] = ()


def clean_text(text: str) -> str:
    r"""Take out what is not drawn, and write what is drawn in one way; lines are kept.

    Examples
    --------
    >>> clean_text("pain\u200b\u202efree\u00a0\ufb01t\r\n")
    'painfree fit\n'
    """
    if text.isascii() and _ASCII_CONTROL.search(text) is None:
        return text
    text = _BREAKS.sub("\n", text)
    text = _JOINERS.sub("", _UNSEEN.sub("", text))
    text = _SURROGATES.sub("\ufffd", _BLANKS.sub(" ", text))
    text = _LIGATURE.sub(lambda match: unicodedata.normalize("NFKC", match.group()), text)
    return unicodedata.normalize("NFC", text)


def show_name(name: str) -> str:
    """Make a file name safe to print: one line, no unseen signs, not endless."""
    shown = "".join(c if c.isprintable() else "?" for c in name)
    return shown if len(shown) <= 120 else f"{shown[:60]}…{shown[-50:]}"


def decode_text(data: bytes, where: str, *, markup: bool = False) -> Decoded:
    """Decode the bytes of a text.

    A byte order mark decides; then whether the bytes are valid UTF-8, since text in another
    encoding hardly ever is; then what the page declares; then windows-1252, if that gives only
    letters and signs that Western pages use; then a guess by charset-normalizer.

    Parameters
    ----------
    data : bytes
        All of the file.
    where : str
        Its name, for messages.
    markup : bool
        Whether it may declare its encoding as HTML and XML do.

    Raises
    ------
    InputError
        When this is no text in any encoding.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _with_notes(_strict(data[len(mark) :], encoding, where), encoding, [])
    wide = _wide(data)
    if wide is not None:
        return _with_notes(_strict(data, wide, where), wide, [])
    if data[:_SAMPLE].count(0) > 0 and _is_binary(data[:_SAMPLE]):
        raise _no_text(where)
    declared = _declared(data[:4096]) if markup else None
    text = _try(data, "utf-8")
    if text is not None:
        return _with_notes(text, "utf-8", _disagree(declared, "utf-8", data))
    notes = []
    if declared is not None and declared not in ("utf-8", "utf8"):
        text = _try(data, "windows-1252" if declared in _AS_WINDOWS else declared)
        if text is not None:
            return _with_notes(text, declared, [])
    if declared is not None:
        notes = _disagree(declared, "", data)
    text = _try(data, "windows-1252")
    if text is not None and all(c in _WESTERN for c in set(text) if c > "\x7f"):
        return _with_notes(text, "windows-1252", notes)
    if _is_binary(data[:_SAMPLE]):
        raise _no_text(where)
    return _guess(data, where, notes)


def _guess(data: bytes, where: str, notes: list[str]) -> Decoded:
    # Imported here: no page in UTF-8 or windows-1252 needs it.
    from charset_normalizer import from_bytes

    best = from_bytes(data[:_SAMPLE], steps=5, chunk_size=1024).best()
    text = None if best is None else _try(data, best.encoding, errors="replace")
    if best is None or text is None:
        raise _no_text(where)
    name = best.encoding.replace("_", "-")
    note = f"the encoding is a guess ({name}): if letters look wrong, save the page as UTF-8"
    return _with_notes(text, name, [*notes, note])


def _with_notes(text: str, encoding: str, notes: list[str]) -> Decoded:
    if len(_MOJIBAKE.findall(text)) >= 2:
        notes = [*notes, "some letters were garbled before the page was saved, such as â€™ for ’"]
    lost = text.count("\ufffd")
    if lost >= 2:
        notes = [*notes, f"{lost:,} letters could not be read and show as \ufffd"]
    return Decoded(text, encoding, tuple(notes))


def _no_text(where: str) -> InputError:
    return InputError(
        "this is not text in any encoding that we know",
        expected="HTML, Markdown, plain text, DOCX or PDF",
        where=where,
        fix="save the page as HTML or as text in UTF-8",
    )


def _strict(data: bytes, encoding: str, where: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(
            f"its first bytes say {encoding}, but byte {error.start} is not {encoding}",
            expected="one encoding throughout",
            where=where,
            fix="save the page anew as UTF-8",
        ) from error


def _try(data: bytes, encoding: str, errors: str = "strict") -> str | None:
    try:
        return data.decode(encoding, errors)
    except (UnicodeError, LookupError, ValueError):
        # LookupError: a page may declare any name, also of codecs that make no text.
        return None


def _wide(data: bytes) -> str | None:
    """Tell UTF-16 without a byte order mark by where its zero bytes stand."""
    sample = data[:4096]
    if len(sample) < 4 or len(data) % 2:
        return None
    even, odd, half = sample[::2].count(0), sample[1::2].count(0), len(sample) // 2
    if odd > 0.7 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.7 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


def _is_binary(sample: bytes) -> bool:
    """Whether controls that no text holds are more than a hundredth of the bytes, and a few."""
    odd = sum(sample.count(code) for code in (*range(9), *range(14, 27), 28, 29, 30, 31, 127))
    return odd > 3 + len(sample) / 100


def _declared(head: bytes) -> str | None:
    match = _DECLARED.search(head)
    if match is None:
        return None
    return (match.group(1) or match.group(2)).decode("ascii", "replace").lower()


def _disagree(declared: str | None, found: str, data: bytes) -> list[str]:
    """Say that a page declares what it is not; ASCII is all encodings at once."""
    if declared is None or (declared in (found, "utf8") and found == "utf-8") or data.isascii():
        return []
    truth = f"is {found}" if found else "is not"
    return [f"the page declares {declared}, but {truth}: browsers may show wrong letters"]
