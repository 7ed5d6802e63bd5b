"""Makes docs/pictures/decision.png: what a reader of the worked example's report sees first.

    python -m docs.make_decision_picture [FOLDER]

FOLDER has the results of the worked example, by default outputs/greater_manchester. Chromium must be installed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / "docs" / "pictures" / "decision.png"
RESULTS = ROOT / "outputs" / "greater_manchester"

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
SIZE = (1280, 1120)
"""Pixels of the window: the width of a laptop, and what is seen there without scrolling."""


def picture(report: Path, target: Path) -> None:
    """A picture of the top of a report; RuntimeError without a browser, CalledProcessError when it fails."""
    browser = next((path for path in map(shutil.which, BROWSERS) if path), None)
    if browser is None:
        raise RuntimeError(f"No browser was found. Install one of: {', '.join(BROWSERS)}.")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as profile:
        options = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={profile}")
        window = f"--window-size={SIZE[0]},{SIZE[1]}"
        command = [browser, *options, window, f"--screenshot={target}", report.resolve().as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=120)  # noqa: S603  # the browser found above


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else RESULTS
    picture(folder / "report.html", PICTURE)
