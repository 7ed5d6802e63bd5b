"""Writes docs/result_tables.md, the page of every result table, from the records of the tables."""

from pathlib import Path

from budgetmodel.contract.frames import as_markdown

if __name__ == "__main__":
    Path(__file__).with_name("result_tables.md").write_text(as_markdown(), encoding="utf-8", newline="\n")
