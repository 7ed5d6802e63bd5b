"""Worked examples that are part of the package: text tables, and the functions that make sheets of them."""

from __future__ import annotations

from pathlib import Path

NAME = "greater_manchester.xlsx"
"""The file name of the worked example."""


def write_example(path: str | Path) -> Path:
    """Write the worked example as an input workbook at `path`; raises FileTrouble when it cannot be written."""
    from budgetmodel.examples.greater_manchester import tables
    from budgetmodel.excel.template.input_workbook import write_input

    return write_input(tables(), path)
