"""Writes docs/problems.md, the page of every problem that is looked for, from the catalogue."""

from pathlib import Path

from budgetmodel.checks.catalogue import as_markdown

if __name__ == "__main__":
    Path(__file__).with_name("problems.md").write_text(as_markdown(), encoding="utf-8", newline="\n")
