"""A page as PDF, by a browser or LibreOffice where one is at hand: nothing is installed and nothing loaded for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "brave-browser",
)
OFFICES = ("soffice", "libreoffice")
"""Programs that can print, by the names of their commands; a browser first, as it keeps the page's own look."""

ROOT = ("--no-sandbox",) if getattr(os, "geteuid", lambda: 1)() == 0 else ()
"""Chromium starts for the user root only without its sandbox; the page that it prints has no script."""

NO_PRINTER = "board.pdf was not written: neither a browser (Chromium, Chrome, Edge) nor LibreOffice is at hand."
FAILED = "board.pdf was not written: {} could not print the page. Open board.html in a browser and print it."

SECONDS = 120.0
"""How long printing may take."""


def as_pdf(page: bytes) -> tuple[bytes | None, str]:
    """The page as PDF and no words, or None and the reason in a sentence.

    The page is handed over as a file of a folder of its own, which is deleted afterwards.
    """
    browser, office = (_found(names) for names in (BROWSERS, OFFICES))
    for program in (browser, office):
        if not program:
            continue
        with tempfile.TemporaryDirectory(prefix="budgetmodel-print-") as folder:
            printed = _print(program, Path(folder), page, by_browser=program == browser)
        if printed is not None:
            return printed, ""
    return None, FAILED.format(Path(browser or office).stem) if browser or office else NO_PRINTER


def _found(names: Sequence[str]) -> str:
    return next((path for name in names if (path := shutil.which(name))), "")


def _print(program: str, folder: Path, page: bytes, *, by_browser: bool) -> bytes | None:
    """What the program prints; None where it fails or takes too long."""
    source, target = folder / "board.html", folder / "board.pdf"
    source.write_bytes(page)
    profile = folder / "profile"
    if by_browser:
        command = [program, "--headless", "--disable-gpu", *ROOT, f"--user-data-dir={profile}",
                   "--no-pdf-header-footer", f"--print-to-pdf={target}", source.as_uri()]  # fmt: skip
    else:
        command = [program, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--convert-to",
                   "pdf:writer_web_pdf_Export", "--outdir", str(folder), str(source)]  # fmt: skip
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=SECONDS)  # noqa: S603  # a fixed list of words
    except (OSError, subprocess.SubprocessError):
        return None
    return target.read_bytes() if target.exists() else None
