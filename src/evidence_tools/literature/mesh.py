"""NLM's tree of headings, read from its descriptor file (``desc2026.xml`` or ``.xml.gz``).

The file is some 300 MB of XML and changes once a year; what a search needs of it (names, entry
terms, tree numbers) is a few megabytes, kept in a cache that is named by the file's content.
"""

from __future__ import annotations

import gzip
import hashlib
import os
from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

import msgspec
from lxml import etree

from evidence_tools.errors import DataError
from evidence_tools.files import write_atomic
from evidence_tools.literature.folding import fold

__all__ = ["Descriptor", "MeshTree", "parse_descriptors", "read_tree"]

#: Raised when what the cache holds, or how text is folded, is no longer the same.
_FORM = "1"


class Descriptor(msgspec.Struct, frozen=True):
    """One heading: NLM's identifier, its name, entry terms, and places in the tree."""

    ui: str
    name: str
    terms: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()


class MeshTree:
    """Headings by any of their names, and what lies beneath each.

    Parameters
    ----------
    descriptors : tuple of Descriptor
        All headings and publication types.
    """

    def __init__(self, descriptors: tuple[Descriptor, ...]) -> None:
        self.descriptors = {one.ui: one for one in descriptors}

    @cached_property
    def _names(self) -> dict[str, str]:
        found = {fold(one.name): ui for ui, one in self.descriptors.items()}
        for ui, one in self.descriptors.items():
            for term in one.terms:
                found.setdefault(fold(term), ui)
        return found

    @cached_property
    def _numbers(self) -> list[tuple[str, str]]:
        return sorted((n, ui) for ui, one in self.descriptors.items() for n in one.numbers)

    def find(self, name: str) -> str | None:
        """Identifier of the heading that bears a name, as its own or as an entry term."""
        return self._names.get(fold(name))

    def exact(self, ui: str) -> frozenset[str]:
        """Identifier and folded name of one heading."""
        return frozenset((ui, fold(self.descriptors[ui].name)))

    def explode(self, ui: str) -> frozenset[str]:
        """Identifiers and folded names of a heading and of all that lie beneath it."""
        found = {ui}
        for number in self.descriptors[ui].numbers:
            place = bisect_left(self._numbers, (number + ".", ""))
            while place < len(self._numbers) and self._numbers[place][0].startswith(number + "."):
                found.add(self._numbers[place][1])
                place += 1
        return frozenset(key for one in found for key in self.exact(one))


def parse_descriptors(stream: BinaryIO | gzip.GzipFile, where: str = "") -> Iterator[Descriptor]:
    """Yield the headings of a descriptor file.

    Raises
    ------
    DataError
        When it is no descriptor file, or broken.
    """
    try:
        # Entities and the network stay off: the file comes from outside.
        context = etree.iterparse(
            stream, events=("end",), tag=("DescriptorRecord", "DescriptorRecordSet"),
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True,
        )  # fmt: skip
        whole = False
        for _, element in context:
            whole = element.tag == "DescriptorRecordSet"
            if whole:
                continue
            yield _descriptor(element, where)
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    except (etree.XMLSyntaxError, OSError, EOFError) as error:
        raise DataError(
            f"broken XML: {error}", where=where, fix="fetch the file from NLM again"
        ) from error
    if not whole:
        raise DataError(
            "no descriptor file", expected="NLM's desc20NN.xml or desc20NN.xml.gz", where=where,
            fix="name that file",
        )  # fmt: skip


def _descriptor(element: etree._Element, where: str) -> Descriptor:
    ui, name = element.findtext("DescriptorUI"), element.findtext("DescriptorName/String")
    if not ui or not name:
        raise DataError(
            "a descriptor without identifier or name", where=f"{where}:{element.sourceline}",
            fix="fetch the file from NLM again",
        )  # fmt: skip
    terms = {term.text for term in element.iterfind("ConceptList/Concept/TermList/Term/String")}
    numbers = [number.text for number in element.iterfind("TreeNumberList/TreeNumber")]
    return Descriptor(
        ui, name, tuple(sorted(t for t in terms if t and t != name)), tuple(filter(None, numbers))
    )


def read_tree(path: Path, cache: Path | None = None) -> MeshTree:
    """Read the tree, from the cache where this very file was read before.

    Parameters
    ----------
    path : Path
        NLM's descriptor file.
    cache : Path, optional
        Folder of the cache; by default ``evidence-tools`` in the user's cache folder.

    Raises
    ------
    DataError
        When the file is not there, or is no descriptor file.
    """
    folder = cache or _cache_folder()
    decoder = msgspec.msgpack.Decoder(tuple[Descriptor, ...])
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            kept = folder / f"mesh-{_FORM}-{digest[:32]}.msgpack"
            if kept.is_file():
                try:
                    return MeshTree(decoder.decode(kept.read_bytes()))
                except msgspec.DecodeError:
                    pass  # a damaged cache is made anew
            stream.seek(0)
            packed = stream.read(2) == b"\x1f\x8b"
            stream.seek(0)
            source = gzip.GzipFile(fileobj=stream) if packed else stream
            descriptors = tuple(parse_descriptors(source, str(path)))
    except OSError as error:
        raise DataError(
            f"cannot be read: {error.strerror}", where=str(path),
            fix="name NLM's descriptor file",
        ) from error  # fmt: skip
    write_atomic(kept, msgspec.msgpack.encode(descriptors))
    return MeshTree(descriptors)


def _cache_folder() -> Path:
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "evidence-tools"
