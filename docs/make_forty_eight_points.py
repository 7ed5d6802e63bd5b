"""Writes docs/forty_eight_points.md, how each of the 48 points is held, from the table of the tests.

Run from the root of the repository: python -m docs.make_forty_eight_points
"""

from pathlib import Path

from tests.report.points import as_markdown

if __name__ == "__main__":
    Path(__file__).with_name("forty_eight_points.md").write_text(as_markdown(), encoding="utf-8", newline="\n")
