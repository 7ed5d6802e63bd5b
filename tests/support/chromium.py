"""Chromium for tests of pages: where it is, how it is driven, and what is asked of a page in it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")

FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"),
)
PHONE, DESK = 360, 1280

CONTRAST = """
const parse = c => c.match(/[\\d.]+/g).map(Number);
const luminance = c => { const [r, g, b] = c.slice(0, 3).map(v => { v /= 255;
    return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const ground = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor);
    if (c.length === 3 || c[3] === 1) return c; } return [255, 255, 255]; };
const bad = []; let seen = 0;
for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || ['title', 'desc', 'SCRIPT', 'STYLE'].includes(e.tagName)) continue;
    const inside = e.closest('svg');
    const ink = parse(inside ? getComputedStyle(e).fill : getComputedStyle(e).color);
    const [a, b] = [luminance(ink), luminance(ground(inside ? inside.parentElement : e))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    seen += 1;
    const name = e.className.baseVal ?? e.className;
    if (ratio < 4.5) bad.push([e.tagName, name, ratio.toFixed(2), e.textContent.slice(0, 30)]);
}
return [seen, bad];
"""

OVERFLOW = """
const wide = [];
for (const e of document.querySelectorAll('body *')) {
    if (e.closest('.wide') && !e.matches('.wide') || e.closest('svg') || e.matches('.skip')) continue;
    const box = e.getBoundingClientRect();
    if (box.right > innerWidth + 0.5 || box.left < -0.5) wide.push([e.tagName, e.className, box.left, box.right]);
}
return wide;
"""

needs_chromium = pytest.mark.skipif(
    CHROMIUM is None or DRIVER is None, reason="Chromium and chromedriver are not installed"
)


@contextmanager
def driven(profile: Path, *logs: str) -> Iterator[Any]:
    """A browser with a profile of its own, which keeps these logs in full besides its own."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", dict.fromkeys(("browser", *logs), "ALL"))
    driver = webdriver.Chrome(options=options, service=Service(executable_path=str(DRIVER)))
    try:
        driver.set_page_load_timeout(60)
        yield driver
    finally:
        driver.quit()


def seen_at(browser: Any, width: int, *, dark: bool = False) -> None:
    """Everything opened, at a width, in light or dark."""
    metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width == PHONE}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    feature = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    browser.execute_script("document.querySelectorAll('details').forEach(e => { e.open = true; })")
