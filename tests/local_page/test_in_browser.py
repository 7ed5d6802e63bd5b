"""The page on this computer and the page of `watch` as Chromium shows them, on a phone and on a desk."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from budgetmodel.contract.issues import InputErrors
from budgetmodel.live_page.state import State, begun, refused
from budgetmodel.reading import check
from budgetmodel.watch.watcher import page as watch_page
from tests.cli.test_cli import book, faulty
from tests.local_page.test_local_page import LONG, Page
from tests.support.chromium import CONTRAST, DESK, OVERFLOW, PHONE, driven, needs_chromium, seen_at

pytestmark = needs_chromium

PICTURES = os.environ.get("PICTURES_OF_PAGES")
"""A folder for pictures to look at, where somebody wants them."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    made = Page(tmp_path_factory.mktemp("kept"))
    yield made
    made.end()


@pytest.fixture(scope="module")
def browser(served: Page, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A browser that has opened the page by the address that works once."""
    with driven(tmp_path_factory.mktemp("profile"), "performance") as driver:
        driver.get(served.server.once)
        yield driver


def until(browser: Any, words: str) -> str:
    """The text of the page once it has these words."""
    end = time.monotonic() + LONG
    while time.monotonic() < end:
        text = str(browser.execute_script("return document.body.innerText"))
        if words in text:
            return text
        time.sleep(0.1)
    raise AssertionError(text)


def fits(browser: Any, name: str) -> None:
    """At both widths nothing scrolls sideways, and every word can be read on its ground."""
    for width in (PHONE, DESK):
        seen_at(browser, width)
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
        assert browser.execute_script(OVERFLOW) == []
        assert browser.execute_script(CONTRAST)[1] == []
        if PICTURES:
            height = browser.execute_script("return document.documentElement.scrollHeight")
            metrics = {"width": width, "height": min(height, 3000), "deviceScaleFactor": 1, "mobile": width == PHONE}
            browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
            browser.save_screenshot(str(Path(PICTURES) / f"{name}_{width}.png"))


def test_a_dropped_workbook_has_its_problems_shown(browser: Any, served: Page, tmp_path: Path) -> None:
    assert browser.current_url == served.server.address
    browser.find_element("id", "file").send_keys(str(faulty(tmp_path)))
    text = until(browser, "Not solved: the workbook has problems")
    assert "Funding!" in text
    fits(browser, "app_problems")
    complained_of_nothing(browser, served)


def complained_of_nothing(browser: Any, served: Page) -> None:
    """No complaint since the last time, and nothing asked for but of this server."""
    complaints = [each["message"] for each in browser.get_log("browser") if each["level"] == "SEVERE"]
    assert complaints == []
    messages = [json.loads(each["message"])["message"] for each in browser.get_log("performance")]
    asked = [each["params"]["request"]["url"] for each in messages if each["method"] == "Network.requestWillBeSent"]
    own = (f"http://{served.host}/", "data:", "chrome:", "chrome-")
    assert [address for address in asked if not address.startswith(own)] == []


@pytest.mark.slow
def test_a_dropped_workbook_is_solved_and_dropped_again_from_there(browser: Any, served: Page, tmp_path: Path) -> None:
    chosen = browser.find_element("id", "file")
    mended = tmp_path / "Ann's & Bob's £.xlsx"
    chosen.send_keys(str(book().save(mended)))
    text = until(browser, "every figure is proved")
    assert "Ann's & Bob's £.xlsx" in text
    assert "share of the gap left 60.00 of 100" in text  # index of 60: see book()
    fits(browser, "app_published")
    chosen.send_keys(str(book().set("Funding", Amount=101).save(mended)))
    until(browser, "(before: 60.00)")
    until(browser, "64.36 of 100")  # see tests/watch
    report = browser.find_element("link text", "report.html").get_attribute("href")
    complained_of_nothing(browser, served)
    browser.get(report)
    assert browser.execute_script("return self.origin") == "null"  # apart from the page, whatever it holds
    browser.back()


def test_closing_the_page_ends_it(browser: Any, served: Page) -> None:
    until(browser, "Close: forget everything")
    browser.find_element("id", "close").click()
    until(browser, "Closed. Nothing was kept")
    assert served.desk.closed


def test_the_page_of_watch_reloads_itself_from_the_disk(browser: Any, tmp_path: Path) -> None:
    workbook, page = faulty(tmp_path), tmp_path / "watch.html"

    def show(state: State) -> None:
        page.write_text(watch_page(workbook, {workbook: state}, lambda _, name: name), encoding="utf-8")

    state = begun(State(workbook.name), "14:32:07")
    show(state)
    browser.get(page.as_uri())
    until(browser, "Being checked")
    show(refused(state, InputErrors(check(workbook))))
    text = until(browser, "Not solved: the workbook has problems")
    assert "Funding!" in text
    fits(browser, "watch_problems")
