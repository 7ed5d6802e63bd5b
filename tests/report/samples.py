"""Small solved books for the tests of the report, each solved once, and LibreOffice to recalculate what was written."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import openpyxl

from budgetmodel import api
from budgetmodel.comparison import Comparison, compare
from budgetmodel.results import Result, seal_of
from tests.support.builder import two_places, with_years
from tests.support.organisations import with_terms
from tests.support.random_books import random_book

SOFFICE = shutil.which("soffice")
PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse">
<value>0</value></prop></item></oor:items>
"""

Solved = tuple[dict[str, Result], Comparison]


@cache
def solved(name: str) -> Solved:
    """`two`: two places over three years. `several`: a random book with five scenarios, one of which changes inputs.

    The second says everything there is to say of organisations, and asks for the sheets of the 2020 exercise.
    """
    if name == "two":
        book = with_years(two_places(), 3, 0.02)
    else:
        book = with_terms(random_book(7), 7).about("Engagement questions", "yes")
    with tempfile.TemporaryDirectory() as folder:
        budget = api.read(book.save(Path(folder) / f"{name}.xlsx"))
    results = api.solve_all(budget)
    return results, compare(results, budget)


def renamed(results: Mapping[str, Result], names: Mapping[str, str]) -> dict[str, Result]:
    """The results with other names in their frames, as if the workbook had used them."""
    frames = {
        scenario: {name: frame.replace(dict(names)) for name, frame in result.frames.items()}
        for scenario, result in results.items()
    }
    return {n: replace(result, frames=frames[n], seal=seal_of(frames[n])) for n, result in results.items()}


def recalculated(files: list[Path], folder: Path, seconds: float = 280) -> list[Path]:
    """The workbooks with every formula computed anew by LibreOffice, in another folder."""
    settings = folder / "profile" / "user" / "registrymodifications.xcu"
    settings.parent.mkdir(parents=True)
    settings.write_text(PROFILE, encoding="utf-8")
    out = folder / "recalculated"
    command = [
        str(SOFFICE),
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        "--headless",
        *("--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(out)),
        *(str(file) for file in files),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=seconds)
    return [out / file.name for file in files]


def cells(path: Path, *, formulas: bool = False) -> dict[tuple[str, str], object]:
    """Every filled cell by sheet and address: its stored value, or its formula."""
    book = openpyxl.load_workbook(path, data_only=not formulas)
    return {
        (sheet.title, cell.coordinate): cell.value
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    }


def formula_cells(path: Path) -> list[tuple[str, str]]:
    """Where the formulas are."""
    book = openpyxl.load_workbook(path)
    return [
        (sheet.title, cell.coordinate)
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    ]
