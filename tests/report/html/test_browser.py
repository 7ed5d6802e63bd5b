"""The report as Chromium shows it: on a phone, on a desk, in the dark, on paper, and by keyboard."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from budgetmodel.report import write_results
from tests.report.samples import solved
from tests.support.chromium import (
    CONTRAST,
    DESK,
    OVERFLOW,
    PHONE,
    driven,
    needs_chromium,
    seen_at,
)

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    results, comparison = solved("several")
    folder = tmp_path_factory.mktemp("the report")
    write_results(results, folder / "results.xlsx", comparison)
    return folder / "report.html"


@pytest.fixture(scope="module")
def browser(page: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A browser that has opened the report, with a log of what it asked the network for."""
    with driven(tmp_path_factory.mktemp("profile"), "performance") as driver:
        driver.get(page.as_uri())
        yield driver


def test_it_opens_without_a_complaint_and_without_the_network(browser, page):
    complaints = [entry for entry in browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
    assert complaints == []
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    assert page.as_uri() in asked
    own = ("data:", "chrome:", "chrome-")  # no address, and pages of the browser's own
    assert {address for address in asked if not address.startswith(own)} == {page.as_uri()}


def test_its_policy_lets_nothing_in(browser):
    blocked = browser.execute_async_script(
        """
        const done = arguments[0], told = [];
        document.addEventListener('securitypolicyviolation', e => told.push(e.effectiveDirective));
        const image = new Image(); image.src = 'http://127.0.0.1:9/x.png'; document.body.append(image);
        const style = document.createElement('style'); style.textContent = 'h1{color:red}'; document.body.append(style);
        fetch('http://127.0.0.1:9/').catch(() => 0);
        setTimeout(() => { image.remove(); style.remove(); done(told); }, 300);
        """
    )
    assert {"img-src", "style-src-elem", "connect-src"} <= set(blocked)


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_the_page_never_scrolls_sideways(browser, width):
    seen_at(browser, width)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    assert browser.execute_script(OVERFLOW) == []
    if width == PHONE:  # what is wide scrolls inside its own region
        inside = "return [...document.querySelectorAll('.wide')].filter(e => e.scrollWidth > e.clientWidth).length"
        assert browser.execute_script(inside) > 5


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_word_can_be_read_on_its_ground(browser, dark):
    seen_at(browser, DESK, dark=dark)
    seen, bad = browser.execute_script(CONTRAST)
    assert seen > 300
    assert bad == []
    ground = browser.execute_script("return getComputedStyle(document.documentElement).backgroundColor")
    assert ground == ("rgb(18, 24, 29)" if dark else "rgb(255, 255, 255)")


def test_everything_can_be_reached_by_keyboard_in_the_order_of_the_page(browser):
    from selenium.webdriver.common.keys import Keys

    seen_at(browser, DESK)
    browser.execute_script("document.querySelectorAll('details').forEach(e => { e.open = false; }); scrollTo(0, 0)")
    browser.execute_script("document.activeElement.blur()")
    expected = browser.execute_script(
        "return [...document.querySelectorAll('a, summary, input:checked, [tabindex=\"0\"]')]"
        ".filter(e => e.checkVisibility() && !(e.closest('details') && e.tagName !== 'SUMMARY'))"
        ".map(e => e.tagName + ':' + e.textContent.slice(0, 20))"
    )
    assert len(expected) > 30
    reached = []
    body = browser.find_element("tag name", "body")
    for _ in expected:
        (browser.switch_to.active_element if reached else body).send_keys(Keys.TAB)
        reached.append(
            browser.execute_script(
                "const e = document.activeElement; return e.tagName + ':' + e.textContent.slice(0, 20)"
            )
        )
    assert reached == expected
    assert reached[0] == "A:Skip to the answer"
    outline = browser.execute_script("return getComputedStyle(document.activeElement).outlineWidth")
    assert outline == "3px"
    browser.execute_script("document.querySelector('summary').focus()")
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    assert browser.execute_script("return document.querySelector('details').open") is True


def test_the_browser_finds_landmarks_tables_and_pictures(browser):
    seen_at(browser, DESK)
    nodes = browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    told = [(n["role"]["value"], n.get("name", {}).get("value", "")) for n in nodes if not n.get("ignored")]
    roles = [role for role, _ in told]
    for landmark in ("banner", "navigation", "main", "contentinfo"):
        assert roles.count(landmark) == 1, landmark
    pictures = [name for role, name in told if role in ("image", "img", "SvgRoot")]
    results, _ = solved("several")
    [money] = [name for name in pictures if name.startswith("Where the money goes: ")]
    assert money.startswith(f"Where the money goes: {next(iter(results))}")
    assert roles.count("radio") == len(results)  # the others are chosen by buttons, without a script


def test_a_reader_chooses_the_scenario_whose_money_is_shown(browser):
    seen_at(browser, DESK)
    shown = (
        "return [...document.querySelectorAll('.flow svg')].filter(e => e.checkVisibility())"
        ".map(e => e.querySelector('title').textContent)"
    )
    for number, name in enumerate(solved("several")[0], start=1):
        browser.find_element("css selector", f"label[for='flow-choice-{number}']").click()
        assert browser.execute_script(shown) == [f"Where the money goes: {name}"]
    browser.find_element("css selector", "label[for='flow-choice-1']").click()


def test_tables_have_headings_for_those_who_hear_them(browser):
    seen_at(browser, DESK)
    nodes = browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    told = [(n["role"]["value"], n.get("name", {}).get("value", "")) for n in nodes if not n.get("ignored")]
    roles = [role for role, _ in told]
    assert all(name for role, name in told if role in ("table", "link", "heading", "region"))
    assert roles.count("columnheader") > 50
    assert roles.count("rowheader") > 50


def test_pictures_are_on_one_scale_on_the_screen(browser):
    for width in (PHONE, DESK):
        seen_at(browser, width)
        widths = browser.execute_script(
            "return [...document.querySelectorAll('.flow svg')].filter(e => e.checkVisibility())"
            ".map(e => e.getBoundingClientRect().width)"
        )
        assert len(widths) == 1
        assert widths[0] >= 900  # so that its labels can be read; it scrolls in its region


def test_it_prints(browser, tmp_path):
    seen_at(browser, DESK, dark=True)
    browser.execute_script("document.querySelectorAll('details').forEach(e => { e.open = false; })")
    printed = base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})["data"])
    assert printed.startswith(b"%PDF")
    path = tmp_path / "report.pdf"
    path.write_bytes(printed)
    if shutil.which("pdftotext"):
        text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True).stdout
        assert "The answer" in text
        assert "More or less than keeping today's share" in text
        assert "Skip to the answer" not in text
    if shutil.which("pdfinfo"):
        facts = subprocess.run(["pdfinfo", path], capture_output=True, text=True, check=True).stdout
        assert "A4" in facts
