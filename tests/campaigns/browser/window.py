"""A window of the browser: where it is, what its console says, and whether its page fits."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.urls import reverse
from playwright.sync_api import ConsoleMessage, Locator, Page, expect

# A laptop, and a tablet held upright.
WIDTHS = (1280, 820)
# Whatever makes the page scroll sideways, unless it is within something that does so by itself.
TOO_WIDE = """
() => {
    const page = document.documentElement;
    const scrolls = (element) => element && element !== document.body
        && (["auto", "scroll"].includes(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
    const isWide = (element) => element.getBoundingClientRect().right > page.clientWidth + 1 && !scrolls(element);
    const wide = [...document.querySelectorAll("body *")].filter(isWide).map((e) => `${e.tagName}.${e.className}`);
    return page.scrollWidth > page.clientWidth ? ["the page", ...wide] : [];
}
"""


class Window:
    """`errors`: what the console complained of, and requests that failed."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _heard(self, message: ConsoleMessage) -> None:
        refused_form = "status of 422" in message.text  # said by the browser itself of a form with something wrong
        if message.type in ("error", "warning") and not refused_form:
            self.errors.append(f"{message.text} ({message.location.get('url')})")

    def visit(self, name: str, *args: int) -> None:
        self.page.goto(reverse(name, args=args))

    @property
    def path(self) -> str:
        return self.page.evaluate("location.pathname + location.search")

    def part(self, selector: str, **which: Any) -> Locator:
        return self.page.locator(selector, **which)

    def card(self, title: str) -> Locator:
        """The card with this heading."""
        return self.page.locator("section.card", has=self.page.get_by_role("heading", name=title, exact=True)).first

    def shows(self, *sentences: str, within: str = "main") -> None:
        for sentence in sentences:
            expect(self.page.locator(within)).to_contain_text(sentence)

    def toast(self, sentence: str) -> None:
        expect(self.page.locator("#toasts")).to_contain_text(sentence)

    def fits(self, name: str, part: str = "body") -> None:
        """No sideways scrolling, on a laptop nor on a tablet. FAIRDIAL_SCREENSHOTS: a folder for pictures of `part`."""
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 720})
            if folder := os.environ.get("FAIRDIAL_SCREENSHOTS"):
                self.part(part).screenshot(path=Path(folder) / f"{name}-{width}.png")
            assert self.page.evaluate(TOO_WIDE) == [], f"at {width} px"
        self.page.set_viewport_size({"width": WIDTHS[0], "height": 720})
