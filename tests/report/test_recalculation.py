"""LibreOffice computes every formula anew: it finds what we stored, and one changed penny turns the master check."""

from __future__ import annotations

import re
from pathlib import Path

import openpyxl
import pytest

from budgetmodel import api
from budgetmodel.report import write_results
from tests.report.samples import SOFFICE, cells, formula_cells, recalculated, renamed, solved

pytestmark = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed")

PENNY = 1e-8
PATTERNS = {"North": "*th", "South": ">South?"}
"""Names that SUMIFS would take for a pattern or a comparison."""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Path]]:
    """Workbooks as written and as recalculated: whole ones, and copies with one penny changed."""
    folder = tmp_path_factory.mktemp("recalculation")
    files = []
    for name in ("two", "several"):
        results, comparison = solved(name)
        waterfalls = {scenario: api.why(result) for scenario, result in results.items()} if name == "two" else {}
        files.append(write_results(results, folder / name / f"{name}.xlsx", comparison, waterfalls=waterfalls)[0])
    patterned = renamed(solved("two")[0], PATTERNS)
    files.append(write_results(patterned, folder / "patterned" / "patterned.xlsx")[0])
    for sheet, column in (("Allocation", "E"), ("Flows", "H"), ("Money", "C")):
        book = openpyxl.load_workbook(files[1])
        book[sheet][f"{column}6"].value += PENNY
        files.append(folder / f"penny_{sheet}.xlsx")
        book.save(files[-1])
    return {
        file.stem: pair for file, pair in zip(files, zip(files, recalculated(files, folder), strict=True), strict=True)
    }


@pytest.mark.parametrize("name", ["two", "several", "patterned"])
def test_every_formula_comes_to_its_stored_value(written, name):
    before, after = (cells(path) for path in written[name])
    places = formula_cells(written[name][0])
    assert len(places) > 50
    for place in places:
        stored, found = before.get(place), after.get(place)
        if isinstance(stored, int | float) and isinstance(found, int | float):
            assert found == pytest.approx(stored, rel=1e-9, abs=1e-9), place
        else:
            assert (stored or "") == (found or ""), place


@pytest.mark.parametrize("name", ["two", "several"])
def test_a_sound_workbook_passes(written, name):
    assert cells(written[name][1])["Cover", "B4"] == "ALL CHECKS PASS"


def test_names_like_patterns_fail_no_check_but_that_of_lawful_places(written):
    """Only the frames bear the other names: by the law of the tables, money goes to places that there are not."""
    found = cells(written["patterned"][1])
    failing = [row for (sheet, row), value in found.items() if sheet == "Checks" and value == "FAIL"]
    whats = [str(found["Checks", f"A{re.sub('[A-Z]', '', row)}"]) for row in failing]
    assert [what.partition(":")[0] for what in whats] == ["Ring-fences of law"]


@pytest.mark.parametrize("sheet", ["Allocation", "Flows", "Money"])
def test_one_penny_turns_the_master_check(written, sheet):
    said = str(cells(written[f"penny_{sheet}"][1])["Cover", "B4"])
    assert said.endswith("CHECKS FAIL"), said


def test_no_cell_shows_an_error(written):
    for _, after in written.values():
        assert not [place for place, value in cells(after).items() if str(value).startswith("#")]
