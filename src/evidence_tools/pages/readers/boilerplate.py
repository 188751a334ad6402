"""What of a web page is no message of the clinic: navigation, footer, cookie banner, hidden parts.

Only what is certain is dropped. Libraries that look for the main text (trafilatura, readability)
keep the longest run of prose; measured on pages of our own they lost titles, descriptions,
alternative texts, treatment menus, captions and buttons, which are where claims are implied.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from lxml import etree

__all__ = ["Outline", "is_hidden", "is_menu_name", "service_entries", "words_of"]

_NAVIGATION = frozenset((
    "nav", "navbar", "navigation", "sitenav", "site-nav", "site-navigation", "main-nav",
    "main-navigation", "mainnav", "main-menu", "mainmenu", "mobile-menu", "mobile-nav",
    "primary-menu", "menu-primary", "top-menu", "topnav", "nav-menu", "breadcrumb",
    "breadcrumbs", "pagination", "offcanvas", "sitemap",
))  # fmt: skip
_FOOTER = frozenset((
    "footer", "site-footer", "page-footer", "sitefooter", "pagefooter", "main-footer", "colophon",
    "footer-wrapper", "footer-widgets", "footer-bottom",
))  # fmt: skip
_COOKIE = re.compile(r"cookie|consent|gdpr|onetrust|(?:^|[\s_-])c[cm]p?-(?:window|banner)", re.I)
_COOKIE_TEXT = re.compile(r"\bcookies?\b", re.I)
_COOKIE_MOST = 2500
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
#: Shown when a visitor opens a tab or an answer, so it is part of the page.
_OPENS = re.compile(
    r"accordion|tab|collaps|panel|slide|carousel|swiper|faq|toggle|answer|expand|more|content", re.I
)
_SERVICE = re.compile(
    r"\b(?:services?|treatments?|therap(?:y|ies)|massages?|conditions?|what we (?:do|treat|offer)|"
    r"we (?:treat|offer)|speciali[sz]\w+|packages|rituals|facials|bodywork|price ?list|"
    r"(?:treatment|spa|massage) menu)\b",
    re.I,
)
_MENU = re.compile(
    r"\b(?:services|treatments|therapies|menu|price ?list|prices|packages|rituals)\b", re.I
)
_SERVICE_NAVIGATION = re.compile(r"\b(?:services|treatments|therapies|conditions)\b", re.I)
_MOST_ENTRIES = 5000
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


def words_of(element: etree._Element) -> frozenset[str]:
    """The id, classes and role of an element, in small letters."""
    named = f"{element.get('id', '')} {element.get('class', '')} {element.get('role', '')}"
    return frozenset(named.lower().split())


def _is_service_name(text: str) -> bool:
    """Whether an entry of the navigation leads to services: treatments, therapies, conditions."""
    return len(text) <= 60 and _SERVICE.search(text) is not None


def is_menu_name(text: str) -> bool:
    """Whether a heading announces a menu of services, and not what they are good for."""
    return len(text) <= 60 and _MENU.search(text) is not None and "benefit" not in text.lower()


def is_hidden(element: etree._Element, outline: Outline) -> bool:
    """Whether nobody can see an element, nor open it."""
    style = element.get("style", "")
    hidden = element.get("hidden")
    if hidden is None and not (style and _HIDDEN_STYLE.search(style)):
        return False
    if hidden == "until-found" or element.get("id", "") in outline.opened:
        return False
    named = " ".join(words_of(element))
    return _OPENS.search(named) is None


class Outline:
    """What has to be known of a whole page before it is read from its start.

    Attributes
    ----------
    opened : set of str
        Ids of parts that a button or link on the page shows.
    holds_heading : dict
        List items and cells that hold headings, lists or tables: cards, not entries.
    holds_main : dict
        Elements around the main part or the main heading; none of them is dropped by its name.
    """

    def __init__(self, root: etree._Element) -> None:
        self.opened: set[str] = set()
        self.scripted = False
        # Proxies of lxml are kept alive as keys, so that they are the same objects in the walk.
        self.holds_heading: dict[etree._Element, None] = {}
        self.holds_main: dict[etree._Element, None] = {}
        self._cookie_checks = 500
        for element in root.iter(etree.Element):
            tag = element.tag
            if tag == "script":
                self.scripted = True
            elif tag in _HEADINGS or tag == "table":
                _mark(element, self.holds_heading)
                if tag == "h1":
                    _mark(element, self.holds_main)
            elif tag == "main":
                _mark(element, self.holds_main, itself=True)
            target = element.get("href", "") if tag == "a" else ""
            for name in ("aria-controls", "data-target", "data-bs-target"):
                target = f"{target} {element.get(name, '')}"
            self.opened.update(word.removeprefix("#") for word in target.split())

    def is_navigation(self, element: etree._Element) -> bool:
        """Whether this is the navigation of the site or a skip link."""
        tag = element.tag
        if tag == "nav":
            return True
        if tag == "a":
            href = element.get("href", "")
            return href.startswith("#") and _text(element, 40).lower().startswith("skip to")
        words = words_of(element)
        if words & {"navigation", "menubar"} and element.get("role") in ("navigation", "menubar"):
            return True
        if not words & _NAVIGATION or words & {"nav-tabs", "nav-pills"}:
            return False
        return element not in self.holds_main and _is_links(element)

    def is_footer(self, element: etree._Element) -> bool:
        """Whether this is the footer of the site, if it stands outside its main part."""
        if element.get("role") == "contentinfo" or element.tag == "footer":
            return True
        if element.tag not in ("div", "section", "aside", "td", "table"):
            return False
        return bool(words_of(element) & _FOOTER) and element not in self.holds_main

    def is_cookie_banner(self, element: etree._Element) -> bool:
        """Whether this asks for consent to cookies: named so, short, and it speaks of them."""
        named = (
            f"{element.get('id', '')} {element.get('class', '')} {element.get('aria-label', '')}"
        )
        if _COOKIE.search(named) is None or element in self.holds_main:
            return False
        if element.tag in ("html", "body") or self._cookie_checks == 0:
            return False
        self._cookie_checks -= 1
        text = _text(element, _COOKIE_MOST + 1)
        return len(text) <= _COOKIE_MOST and _COOKIE_TEXT.search(text) is not None


def service_entries(navigation: etree._Element) -> Iterator[str]:
    """Entries of a menu of services inside the navigation: what it lists is claimed to be treated.

    A navigation that is named for services gives all its entries; in others, the lists under an
    entry that names services do.
    """
    named = f"{navigation.get('aria-label', '')} {' '.join(words_of(navigation))}"
    if _SERVICE_NAVIGATION.search(named.replace("-", " ")):
        lists: Iterator[etree._Element] = iter([navigation])
    else:
        items = (item for item in navigation.iter("li") if _names_services(item))
        lists = (inner for item in items for inner in item.iter("ul", "ol"))
    links = (link for part in lists for link in part.iter("a", "button"))
    # A list within a list comes twice; the bound keeps lists nested a thousand deep from costing
    # the square of that.
    seen: dict[etree._Element, None] = {}
    for link in islice(links, _MOST_ENTRIES):
        if link not in seen:
            seen[link] = None
            yield _text(link, 200)


def _names_services(item: etree._Element) -> bool:
    """Whether a navigation entry names services and has a list under it."""
    if next(item.iter("ul", "ol"), None) is None:
        return False
    label = next(islice(item.iter("a", "button", "span"), 1), None)
    text = item.text or "" if label is None else _text(label, 80)
    return _is_service_name(text) or _is_service_name(item.text or "")


def _mark(
    element: etree._Element, found: dict[etree._Element, None], *, itself: bool = False
) -> None:
    """Mark all that stands around an element; what is marked already has its own marked."""
    around = element if itself else element.getparent()
    while around is not None and around not in found:
        found[around] = None
        around = around.getparent()


def _text(element: etree._Element, most: int) -> str:
    """Text of an element, up to about ``most`` characters."""
    pieces: list[str] = []
    size = 0
    for piece in islice(element.itertext(etree.Element), 2000):
        if piece.strip():
            pieces.append(str(piece))
            size += len(piece)
        if size > most:
            break
    return " ".join(pieces)


def _is_links(element: etree._Element) -> bool:
    """Whether most of the text of an element is links."""
    whole = len(_text(element, 4000))
    linked = sum(len(_text(link, 200)) for link in islice(element.iter("a"), 100))
    return whole == 0 or linked >= 0.6 * whole
