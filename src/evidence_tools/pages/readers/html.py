"""Read a web page: every stretch that a visitor, a screen reader or a search engine is shown.

The page is parsed by lxml, whose parser is linear in time whatever it is given (parsers that follow
the HTML standard to the letter are not), and walked from its start without recursion. All text is
kept but for what :mod:`~evidence_tools.pages.readers.boilerplate` knows not to be the clinic's
message. Style sheets are not read, so what only they hide is read as shown.
"""

from __future__ import annotations

import re

from lxml import etree

from evidence_tools.errors import InputError
from evidence_tools.pages.decoding import clean_text
from evidence_tools.pages.page import BlockKind
from evidence_tools.pages.readers.boilerplate import (
    Outline,
    is_hidden,
    is_menu_name,
    service_entries,
    words_of,
)
from evidence_tools.pages.readers.draft import Draft

__all__ = ["read_html"]

_DROPPED = frozenset((
    "script", "style", "template", "noscript", "iframe", "object", "embed", "applet", "canvas",
    "audio", "video", "math", "head", "datalist", "frameset",
))  # fmt: skip
_INLINE = frozenset((
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em",
    "font", "i", "img", "ins", "kbd", "mark", "nobr", "output", "q", "rp", "rt", "ruby", "s",
    "samp", "slot", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var",
    "wbr", "picture", "source", "svg", "input",
))  # fmt: skip
_LEVELS = {f"h{level}": level for level in range(1, 7)}
#: Headings in all but name: the question of an FAQ, the term of a list, the name of a table.
_MINOR = frozenset({"summary", "dt", "legend", "caption"})
_ENTRY = frozenset({"li", "dd", "td", "th", "option", "label"})
_ALT = frozenset({"figcaption"})
#: Dropped by what they are, without a name.
_CHECKED = frozenset({"nav", "footer", "select"})
#: A longer choice than this is of countries or of times, not of services.
_MOST_OPTIONS = 40
_SPACE = re.compile(r"[ \t\n\r\f]+")
_GLUED = re.compile(r"[a-z.!?)]$")
_STARTS_ANEW = re.compile(r"[A-Z0-9£$€]")


def read_html(text: str, where: str, *, keep_all: bool = False) -> Draft:
    """Read a web page from its markup.

    Parameters
    ----------
    text : str
        Decoded markup; what it says of its encoding is not heeded.
    where : str
        Name of the file, for messages.
    keep_all : bool
        Keep navigation, footer and banners too.

    Raises
    ------
    InputError
        When its elements are nested more than two thousand deep, or script alone makes its text.
    """
    root = _parse(text, where)
    if root is None:
        return Draft()
    outline = Outline(root)
    walk = _Walk(root, outline, keep_all)
    walk.run()
    draft = walk.draft
    if walk.hidden:
        passages = "passage was" if walk.hidden == 1 else "passages were"
        draft.notes.append(f"{walk.hidden} hidden {passages} left out")
    if walk.shown == 0 and walk.dropped and not keep_all:
        whole = read_html(text, where, keep_all=True)
        whole.notes.append("nothing stands outside navigation and footer, so these were read too")
        return whole
    if walk.shown == 0 and outline.scripted:
        raise InputError(
            "the page holds no text of its own: a script makes it in the browser",
            expected="a page with its text",
            where=where,
            fix="open it in a browser, then save it from there, or copy its text",
        )
    return draft


def _parse(text: str, where: str) -> etree._Element | None:
    text = text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    if not text.strip():
        return None
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, no_network=True)
    try:
        root: etree._Element | None = etree.fromstring(text.encode(), parser)
    except (etree.LxmlError, ValueError):
        return None  # nothing but comments or declarations
    if any(entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for entry in parser.error_log):
        # Beyond this depth the parser leaves text out without a word.
        raise InputError(
            "its elements are nested too deep",
            expected="at most 2,000 within each other",
            where=where,
            fix="copy the text of the page from a browser",
        )
    return root


class _Walk:
    """One walk through a page: text is gathered until a block begins or ends."""

    def __init__(self, root: etree._Element, outline: Outline, keep_all: bool) -> None:
        self.root = root
        self.outline = outline
        self.keep_all = keep_all
        self.draft = Draft()
        self.shown = self.dropped = self.hidden = 0
        self._pieces: list[str] = []
        self._alts: list[str] = []
        self._kinds: list[tuple[BlockKind, int]] = [(BlockKind.PARAGRAPH, 0)]
        self._level = 0
        self._services = False
        self._within = 0  # depth in parts whose footers are their own
        self._pre = 0

    def run(self) -> None:
        """Read head and body."""
        self._head()
        skipped: etree._Element | None = None
        context = etree.iterwalk(self.root, events=("start", "end", "comment", "pi"))
        for event, element in context:
            if event == "start":
                if self._is_dropped(element):
                    skipped = element
                    context.skip_subtree()
                else:
                    self._start(element)
                    self._add(element.text)
            elif event == "end":
                if element is skipped:
                    skipped = None
                else:
                    self._end(element)
                self._add(element.tail)
            else:
                self._add(element.tail)
        self._flush()

    def _head(self) -> None:
        """What search engines and shared links show of the page: titles and descriptions."""
        root = self.root
        self.draft.language = root.get("lang") or root.get("{xml}lang") or root.get("xml:lang")
        told: dict[str, list[str]] = {"title": [], "description": []}
        for element in root.iter("title"):
            parent = element.getparent()
            if parent is not None and parent.tag in ("head", "html", "body"):
                told["title"].append("".join(map(str, element.itertext())))
        for meta in root.iter("meta"):
            name = (meta.get("name") or meta.get("property") or "").lower()
            if name.removeprefix("og:").removeprefix("twitter:") in told:
                told[name.rpartition(":")[2]].append(meta.get("content", ""))
            elif (meta.get("http-equiv") or "").lower() == "content-language":
                self.draft.language = self.draft.language or meta.get("content")
        seen: set[str] = set()
        for kind, texts in (
            (BlockKind.TITLE, told["title"]),
            (BlockKind.PARAGRAPH, told["description"]),
        ):
            for text in texts:
                line = " ".join(clean_text(text).split())
                if line and line.casefold() not in seen:
                    seen.add(line.casefold())
                    self.draft.add(kind, line)
                    if kind is BlockKind.TITLE and self.draft.title is None:
                        self.draft.title = line

    def _is_dropped(self, element: etree._Element) -> bool:
        tag = element.tag
        if tag in _DROPPED or tag == "title":
            return True
        if not element.attrib and tag not in _CHECKED:
            return False  # most elements: nothing names or hides them
        if tag == "select" and len(element) > _MOST_OPTIONS:
            return True
        if is_hidden(element, self.outline):
            self.hidden += any(text.strip() for text in element.itertext(etree.Element))
            return True
        if self.keep_all or tag in ("html", "body", "main"):
            return False
        outline = self.outline
        if outline.is_navigation(element):
            self._flush()
            for entry in service_entries(element):
                self.draft.add(BlockKind.MENU, entry)
        elif not (
            (self._within == 0 and outline.is_footer(element)) or outline.is_cookie_banner(element)
        ):
            return False
        self.dropped += 1
        return True

    def _start(self, element: etree._Element) -> None:
        tag = element.tag
        if tag == "br":
            self._pieces.append("\n")
            return
        if tag in ("img", "area", "svg", "input", "g", "image") or element.get("role") == "img":
            self._picture(element)
        if self._is_inline(element):
            self._space_out(element)
            return
        self._flush()
        kind = self._kind(element)
        self._kinds.append(kind)
        if tag == "pre":
            self._pre += 1
        if tag in ("article", "main", "section", "blockquote", "figure"):
            self._within += 1

    def _end(self, element: etree._Element) -> None:
        tag = element.tag
        if tag == "br" or self._is_inline(element):
            return
        self._flush()
        self._kinds.pop()
        if tag == "pre":
            self._pre -= 1
        if tag in ("article", "main", "section", "blockquote", "figure"):
            self._within -= 1

    def _is_inline(self, element: etree._Element) -> bool:
        return element.tag in _INLINE and element.get("role") != "heading"

    def _kind(self, element: etree._Element) -> tuple[BlockKind, int]:
        tag, around = str(element.tag), self._kinds[-1]
        level = _LEVELS.get(tag)
        if level is None and element.get("role") == "heading":
            stated = element.get("aria-level", "")
            level = int(stated) if stated in tuple("123456") else 2
        if level is not None:
            self._level = level
            return BlockKind.HEADING, level
        if tag in _MINOR or (tag == "button" and element.get("aria-expanded") is not None):
            if around[0] is BlockKind.HEADING:
                return around
            return BlockKind.HEADING, min(self._level + 1, 6)
        if tag in _ALT:
            return BlockKind.ALT, 0
        if tag in _ENTRY or element.get("role") in ("listitem", "cell", "menuitem"):
            if element in self.outline.holds_heading:
                return BlockKind.PARAGRAPH, 0
            return BlockKind.MENU if self._is_menu(element) else BlockKind.ITEM, 0
        if tag == "blockquote":
            return BlockKind.PARAGRAPH, 0
        return around

    def _is_menu(self, element: etree._Element) -> bool:
        """Whether an item is one of a list of services: so named, or under such a heading."""
        if element.tag in ("option", "dd", "label"):
            return element.tag == "option"
        parent = element.getparent()
        named = "" if parent is None else " ".join(words_of(parent)).replace("-", " ")
        return self._services or is_menu_name(named)

    def _picture(self, element: etree._Element) -> None:
        tag = element.tag
        if tag == "input":
            kind = element.get("type", "").lower()
            if kind in ("submit", "button", "reset"):
                self._flush()
                self._pieces.append(element.get("value", ""))
                self._flush()
            if kind != "image":
                return
        self._alts += [element.get("alt", ""), element.get("aria-label", "")]

    def _space_out(self, element: etree._Element) -> None:
        """Part links and spans that style sheets draw apart though no blank is between them."""
        before = element.getprevious()
        if before is None or (before.tail or "").strip():
            return
        if element.tag == "a" and before.tag == "a":
            parent = element.getparent()
            inline = parent is not None and parent.tag in ("p", "li", "td", "span", "dd", *_LEVELS)
            if inline:
                self._pieces.append(" ")
            else:
                self._flush()
        elif element.tag == before.tag == "span" and not before.tail and self._pieces:
            first = next((str(t) for t in element.itertext(etree.Element) if t.strip()), "")
            if _GLUED.search(self._pieces[-1]) and _STARTS_ANEW.match(first):
                self._pieces.append(" ")

    def _add(self, text: str | None) -> None:
        if text:
            self._pieces.append(text if self._pre else _SPACE.sub(" ", text))

    def _flush(self) -> None:
        """End the stretch: give it to the draft, and the pictures in it after it."""
        if self._pieces:
            kind, level = self._kinds[-1]
            text = "".join(self._pieces)
            self._pieces.clear()
            if not text.isspace():
                before = len(self.draft.parts)
                self.draft.add(kind, text, level)
                self.shown += len(self.draft.parts) - before
                if kind is BlockKind.HEADING:
                    self._services = is_menu_name(text)
        if self._alts:
            for alt in self._alts:
                self.draft.add(BlockKind.ALT, alt)
            self._alts.clear()
