"""The web page as a person meets it, in a real browser, at the width of a desk and of a phone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from chromium import launched
from web_server import Running, serving

# One browser and one server for all of these, whatever the number of processes.
pytestmark = pytest.mark.xdist_group("browser")

SIZES = {"desk": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
#: A page with each kind of advice, markup, a list, and words of a client.
TEXT = """Riverside Bodywork

We have offered deep tissue massage in the old mill since 2009. Sessions last 60 minutes.

Massage cures chronic back pain for good. It flushes toxins from your muscles.
Massage may ease low back pain for a few weeks; the studies are weak.
Our crystals realign your aura and relieve tinnitus. <b>Book</b> today.
"My migraine is gone since I came here!" (Anna)

Benefits include:
- better sleep
- less anxiety
"""
#: Nothing but what massage may say of itself word for word.
HARMLESS = "We offer massage in sessions of 60 minutes. Call us to book."


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Return a server without a report."""
    with serving(tmp_path_factory.mktemp("none")) as running:
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return the browser."""
    with launched() as made:
        yield made


Opener = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser, server: Running) -> Iterator[Opener]:
    """Return a function that opens a page; at the end nothing may have been blocked or lost."""
    contexts: list[BrowserContext] = []
    said: list[str] = []
    foreign: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        # Chromium reports every answer of 400 and above, which are what some tests ask for.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            said.append(message.text)

    def make(path: str = "audit", size: str = "desk", **options: Any) -> Page:
        context = browser.new_context(viewport=SIZES[size], accept_downloads=True, **options)
        contexts.append(context)
        context.on("console", listen)
        context.on(
            "request",
            lambda request: (
                None if request.url.startswith(server.base) else foreign.append(request.url)
            ),
        )
        context.set_default_timeout(30_000)
        page = context.new_page()
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(f"{server.base}{path}")
        return page

    yield make
    for context in contexts:
        context.close()
    assert said == []
    assert foreign == []


def check(page: Page, text: str = TEXT) -> None:
    """Paste a text, press the button, and wait for the answer."""
    page.get_by_label("Text of your page").fill(text)
    page.get_by_role("button", name="Check my page").click()
    page.wait_for_selector(".audited")


@contextmanager
def print_view(page: Page) -> Iterator[Page]:
    """Press "Print and sign", and give the tab that opens."""
    with page.context.expect_page() as opening:
        page.get_by_role("button", name="Print and sign").click()
    tab = opening.value
    tab.wait_for_load_state()
    yield tab
    tab.close()


def find_faults(page: Page) -> list[str]:
    """Run axe-core on a page, with everything that can be unfolded unfolded."""
    page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}})
    passed = {rule["id"] for rule in found.response["passes"]}
    # A run that checked nothing would find nothing.
    assert {"html-has-lang", "document-title", "color-contrast"} <= passed
    return [
        f"{fault['id']}: {node['html'][:200]}"
        for fault in found.response["violations"]
        for node in fault["nodes"]
    ]


def is_too_wide(page: Page) -> bool:
    """Whether a page must be moved sideways to be read."""
    wide: bool = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    return wide


@pytest.mark.parametrize("size", SIZES)
class TestAxe:
    """axe-core finds no violation of WCAG 2.0 to 2.2, levels A and AA."""

    def test_start(self, opened: Opener, size: str) -> None:
        """Start page without a report."""
        page = opened("", size)
        assert find_faults(page) == []
        assert not is_too_wide(page)

    def test_form(self, opened: Opener, size: str) -> None:
        """Form, empty and with a problem."""
        page = opened("audit", size)
        assert find_faults(page) == []
        page.get_by_label("Text of your page").fill("https://example.org/")
        page.get_by_role("button", name="Check my page").click()
        page.get_by_role("alert").wait_for()
        assert find_faults(page) == []
        assert not is_too_wide(page)

    @pytest.mark.parametrize("text", [TEXT, HARMLESS, "Massage cures pain. " + "x" * 400])
    def test_answer(self, opened: Opener, size: str, text: str) -> None:
        """Answer with every kind of advice, with none, and with a word without end."""
        page = opened("audit", size)
        check(page, text)
        if text == TEXT:
            for advice in ("remove", "reword", "not assessed"):
                assert page.locator(".verdict .badge", has_text=advice).count()
        assert find_faults(page) == []
        assert not is_too_wide(page)

    def test_file_to_print(self, opened: Opener, size: str) -> None:
        """File to print and sign."""
        page = opened("audit", size)
        check(page)
        with print_view(page) as tab:
            assert find_faults(tab) == []
            assert not is_too_wide(tab)

    def test_error(self, opened: Opener, size: str) -> None:
        """Page of an error."""
        page = opened("nowhere", size)
        assert find_faults(page) == []
        assert not is_too_wide(page)


class TestWay:
    """From the address to a printed file."""

    @pytest.mark.parametrize("size", SIZES)
    @pytest.mark.parametrize("script", [True, False])
    def test_three_clicks_and_one_paste(self, opened: Opener, size: str, script: bool) -> None:
        """Start page, paste, "Check my page", "Print and sign", with and without script."""
        page = opened("", size, java_script_enabled=script)
        page.locator("main").get_by_role("link", name="Check my page").click()
        page.get_by_label("Text of your page").fill(TEXT)
        page.get_by_role("button", name="Check my page").click()
        page.wait_for_selector(".audited")
        assert "to remove" in page.title()
        marked = page.locator(".line.is-claim")
        assert marked.count() >= 6
        toxins = marked.filter(has_text="flushes toxins")
        assert toxins.locator(".badge").first.inner_text().split()[-1] == "remove"
        assert page.locator("b", has_text="Book").count() == 0
        with print_view(page) as tab:
            assert tab.get_by_role("heading", level=1).inner_text() == "File to print and sign"
            assert tab.locator(".file tbody tr").count() == marked.count()
            assert tab.get_by_text("Signature").is_visible()

    def test_verdict_stands_beside_the_sentence_at_a_desk_and_below_on_a_phone(
        self, opened: Opener
    ) -> None:
        """Side by side where there is room."""
        for size, beside in (("desk", True), ("phone", False)):
            page = opened("audit", size)
            check(page)
            line = page.locator(".line.is-claim").first
            said, verdict = (
                line.locator(part).first.bounding_box() for part in (".said", ".verdict")
            )
            assert said is not None
            assert verdict is not None
            assert (verdict["x"] > said["x"] + said["width"] / 2) is beside
            assert (verdict["y"] >= said["y"] + said["height"]) is not beside

    def test_colours_of_the_badges_are_let_through(self, opened: Opener) -> None:
        """The policy allows the style of every badge: none is left without its fill."""
        page = opened("audit")
        check(page)
        fills = page.eval_on_selector_all(
            ".badge", "all => all.map(one => getComputedStyle(one).backgroundColor)"
        )
        assert len(set(fills)) >= 4
        assert "rgba(0, 0, 0, 0)" not in fills

    def test_printed_pages_leave_out_what_only_a_screen_needs(self, opened: Opener) -> None:
        """Menu, buttons and forms are not on paper; verdicts and signature are."""
        page = opened("audit")
        check(page)
        page.emulate_media(media="print")
        for gone in ("header", ".take", ".copy >> nth=0", ".only"):
            assert not page.locator(gone).is_visible()
        assert page.locator(".verdict").first.is_visible()
        page.emulate_media(media="screen")
        with print_view(page) as tab:
            tab.emulate_media(media="print")
            assert not tab.locator("header").is_visible()
            assert not tab.get_by_role("button").first.is_visible()
            assert tab.get_by_text("Signature").is_visible()
            assert tab.pdf(format="A4").startswith(b"%PDF")

    @pytest.mark.parametrize(
        ("button", "ending"),
        [
            ("Word file", "docx"),
            ("Web page", "html"),
            ("Table (CSV)", "csv"),
            ("Data (JSON)", "json"),
        ],
    )
    def test_downloads_leave_the_answer_where_it_is(
        self, opened: Opener, button: str, ending: str
    ) -> None:
        """A file with a good name arrives, and the page stays."""
        page = opened("audit")
        check(page)
        with page.expect_download() as coming:
            page.get_by_role("button", name=button, exact=True).click()
        assert coming.value.suggested_filename.startswith("audit-")
        assert coming.value.suggested_filename.endswith(f".{ending}")
        content = Path(coming.value.path()).read_bytes()
        assert content
        if ending == "json":
            assert json.loads(content)["counts"]["remove"] >= 2
        assert page.locator(".audited").is_visible()

    def test_the_downloaded_page_stands_alone(self, opened: Opener, tmp_path: Path) -> None:
        """Opened from the disk it has its colours, asks for nothing, and has no fault."""
        page = opened("audit")
        check(page)
        with page.expect_download() as coming:
            page.get_by_role("button", name="Web page", exact=True).click()
        place = tmp_path / "audit.html"
        coming.value.save_as(place)
        alone = page.context.browser.new_page()  # type: ignore[union-attr]
        asked: list[str] = []
        alone.on("request", lambda request: asked.append(request.url))
        alone.goto(place.as_uri())
        assert alone.locator(".badge").first.is_visible()
        assert find_faults(alone) == []
        assert asked == [place.as_uri()]
        alone.close()

    def test_another_yardstick_is_one_click(self, opened: Opener) -> None:
        """The same page comes back, held against it."""
        page = opened("audit")
        check(page)
        page.get_by_role("button", name="Australia").click()
        page.get_by_text("How strict: Australia").wait_for()
        assert page.get_by_text("flushes toxins").first.is_visible()

    def test_going_back_keeps_what_was_typed(self, opened: Opener) -> None:
        """A person who forgot a sentence does not paste again."""
        page = opened("audit")
        check(page)
        page.go_back()
        assert page.get_by_label("Text of your page").input_value() == TEXT

    def test_only_claims_can_be_shown_without_script(self, opened: Opener) -> None:
        """A box hides what makes no claim."""
        page = opened("audit", java_script_enabled=False)
        check(page)
        plain = page.locator(".line:not(.is-claim)").first
        assert plain.is_visible()
        page.get_by_label("Show only what makes a health claim").check()
        assert not plain.is_visible()
        assert page.locator(".line.is-claim").first.is_visible()


class TestScript:
    """What script adds."""

    DROP = """([name, text, count, times = 1]) => {
      const files = new DataTransfer();
      for (let n = 0; n < count; n += 1) files.items.add(new File([text.repeat(times)], name));
      for (const kind of ["dragenter", "dragover", "drop"]) {
        document.body.dispatchEvent(
          new DragEvent(kind, { dataTransfer: files, bubbles: true, cancelable: true }));
      }
    }"""

    def test_a_file_dropped_anywhere_is_chosen_and_said(self, opened: Opener) -> None:
        """The field holds it, a status message names it, and the check reads it."""
        page = opened("audit")
        page.evaluate(self.DROP, ["My page.md", "# Us\n\nMassage cures back pain.\n", 1])
        status = page.get_by_role("status")
        assert status.inner_text() == "“My page.md” is chosen. Now press “Check my page”."
        page.get_by_role("button", name="Check my page").click()
        page.wait_for_selector(".audited")
        assert page.get_by_text("My page.md").first.is_visible()
        assert page.locator(".line.is-claim").count() == 1

    def test_two_files_dropped_are_too_many(self, opened: Opener) -> None:
        """None is chosen, and the status message says why."""
        page = opened("audit")
        page.evaluate(self.DROP, ["a.md", "x", 2])
        assert page.get_by_role("status").inner_text() == "Drop one file at a time."
        assert page.evaluate("document.getElementById('file').files.length") == 0

    def test_a_file_that_is_too_large_is_not_sent(self, opened: Opener) -> None:
        """The status message gives the limit, and the field is empty."""
        page = opened("audit")
        page.evaluate(self.DROP, ["big.pdf", "x", 1, 20_000_001])
        assert "at most 20 MB" in page.get_by_role("status").inner_text()
        assert page.evaluate("document.getElementById('file').files.length") == 0

    def test_an_empty_form_is_not_sent(self, opened: Opener) -> None:
        """The status message says what is missing, and the text field has the focus."""
        page = opened("audit")
        page.get_by_role("button", name="Check my page").click()
        assert page.get_by_role("status").inner_text() == "Paste a text, or choose a file."
        assert page.evaluate("document.activeElement.id") == "text"

    @pytest.mark.parametrize("allowed", [True, False])
    def test_each_wording_can_be_copied(self, opened: Opener, allowed: bool) -> None:
        """The button copies the words beside it and says so, also where the newer way is barred."""
        page = opened("audit", permissions=["clipboard-read", "clipboard-write"])
        if not allowed:
            page.add_init_script(
                "Object.defineProperty(navigator, 'clipboard', { value: undefined });"
            )
        check(page)
        words = page.locator(".verdict .words")
        buttons = page.locator(".verdict .copy")
        assert buttons.count() == words.count() > 2
        assert page.locator(".file .copy").count() == 0
        wanted = words.nth(1).inner_text()
        buttons.nth(1).click()
        status = page.get_by_role("status")
        status.filter(has_text="Copied.").wait_for()
        page.get_by_role("link", name="or check another page").click()
        field = page.get_by_label("Text of your page")
        field.focus()
        page.keyboard.press("Control+v")
        assert field.input_value() == wanted

    def test_names_of_copy_buttons_differ(self, opened: Opener) -> None:
        """Each is told apart by the words that it copies."""
        page = opened("audit")
        check(page)
        wordings = set(page.locator(".verdict .words").all_inner_texts())
        names = {name.strip() for name in page.locator(".copy").all_text_contents()}
        assert names == {f"Copy: {text}" for text in wordings}

    def test_the_print_button_prints(self, opened: Opener) -> None:
        """It calls the browser's own print."""
        page = opened("audit")
        page.context.add_init_script("window.print = () => { window.printed = true; };")
        check(page)
        with print_view(page) as tab:
            tab.get_by_role("button", name="Print this file").click()
            assert tab.evaluate("window.printed") is True


class TestKeyboard:
    def focused(self, page: Page) -> str:
        """Return what has the focus: its words, or its id."""
        found: str = page.evaluate("(e => e.id || e.innerText || e.value)(document.activeElement)")
        return found.strip()

    @pytest.mark.parametrize("script", [True, False])
    def test_the_whole_way_without_a_mouse(self, opened: Opener, script: bool) -> None:
        """Skip link, text, file, yardstick, button, "Print and sign": in this order."""
        page = opened("audit", java_script_enabled=script)
        page.keyboard.press("Tab")
        assert page.locator(".skip:focus").count() == 1
        box = page.locator(".skip").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.locator("#text:focus").count() == 1
        page.keyboard.insert_text(TEXT)
        page.keyboard.press("Tab")
        assert page.locator("#file:focus").count() == 1
        page.keyboard.press("Tab")
        assert page.locator("#profile-strict:focus").count() == 1
        page.keyboard.press("ArrowDown")
        assert page.locator("#profile-uk-cap").is_checked()
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        assert page.locator("button[type=submit]:focus").count() == 1
        page.keyboard.press("Enter")
        page.wait_for_selector(".audited")
        assert page.get_by_text("How strict: United Kingdom").is_visible()
        for _ in range(30):
            page.keyboard.press("Tab")
            if page.locator("button.button:focus").count():
                break
        with page.context.expect_page() as opening:
            page.keyboard.press("Enter")
        tab = opening.value
        tab.wait_for_load_state()
        assert tab.get_by_role("heading", level=1).inner_text() == "File to print and sign"

    def test_what_has_the_focus_is_seen_and_never_a_trap(self, opened: Opener) -> None:
        """Every stop of the answer has an outline, and the tour comes to an end."""
        page = opened("audit")
        check(page)
        stops = page.locator("a[href], button, summary, input:not([type=hidden])").count()
        seen = []
        for _ in range(stops + 5):
            page.keyboard.press("Tab")
            where = page.evaluate(
                """() => {
                  const e = document.activeElement;
                  if (e === document.body) return null;
                  const style = getComputedStyle(e);
                  return [e.tagName, style.outlineStyle !== "none" &&
                          parseFloat(style.outlineWidth) >= 2];
                }"""
            )
            if where is None:
                break
            seen.append(where)
        assert len(seen) >= 15
        assert [where for where in seen if not where[1]] == []

    @pytest.mark.parametrize("size", SIZES)
    def test_targets_are_large_enough(self, opened: Opener, size: str) -> None:
        """Buttons and fields are at least 24 by 24 pixels (WCAG 2.2, 2.5.8)."""
        page = opened("audit", size)
        small = """() => [...document.querySelectorAll(
            'button, summary, nav a, .button, input:not([type=hidden]), textarea')]
          .map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
          .filter(([, box]) => box.width && (box.width < 24 || box.height < 24))
          .map(([html]) => html)"""
        assert page.evaluate(small) == []
        check(page)
        assert page.evaluate(small) == []

    @pytest.mark.parametrize("path", ["", "audit", "nowhere"])
    def test_headings_go_down_step_by_step(self, opened: Opener, path: str) -> None:
        """One of the first level, and no level is left out."""
        page = opened(path)
        levels = [int(name[1]) for name in page.eval_on_selector_all(
            "h1, h2, h3, h4", "all => all.map(one => one.tagName)")]  # fmt: skip
        if path == "audit":
            check(page)
            levels = [int(name[1]) for name in page.eval_on_selector_all(
                "h1, h2, h3, h4", "all => all.map(one => one.tagName)")]  # fmt: skip
        assert levels.count(1) == 1
        assert levels[0] == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))

    def test_text_can_be_made_twice_as_large(self, opened: Opener) -> None:
        """At a width of 320 pixels (400 % at a desk) nothing is cut off (WCAG 1.4.10)."""
        page = opened("audit", "phone")
        page.set_viewport_size({"width": 320, "height": 700})
        assert not is_too_wide(page)
        check(page)
        assert not is_too_wide(page)
