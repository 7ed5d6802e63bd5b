"""The command that recalculates a results file: it passes what is sound, and says what is out."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from budgetmodel.report import write_results
from tests.report.recalculate import Agreement, report
from tests.report.samples import SOFFICE, solved

NOTHING_ASKED = {"Scenario": None, "Year": None}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    results, comparison = solved("several")
    return write_results(results, tmp_path_factory.mktemp("results") / "results.xlsx", comparison)[0].parent


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed")
def test_a_sound_file_passes_and_a_table_beside_it_that_differs_is_told(folder: Path, tmp_path: Path) -> None:
    sound, lines = report(folder / "results.xlsx", NOTHING_ASKED)
    assert sound, lines
    assert re.search(r"As it stands, ([\d,]+) formulas: \1 cells, 0 out", lines[0])
    assert re.fullmatch(r"A penny on Allocation!E6: \d+ CHECKS FAIL \(before: ALL CHECKS PASS\)", lines[-1])

    for name in ("results.xlsx", "allocation.csv", "metrics.csv"):
        shutil.copy(folder / name, tmp_path / name)
    table = tmp_path / "metrics.csv"
    rows = table.read_text(encoding="utf-8").splitlines()
    changed = [re.sub(r"^([^,]+,transaction_cost,,)([^,]+)", r"\g<1>999", row) for row in rows]
    table.write_text("\n".join(changed), encoding="utf-8")
    sound, lines = report(tmp_path / "results.xlsx", NOTHING_ASKED)
    assert not sound
    assert any("stored" in line and "999" in line for line in lines), lines


def test_what_agrees() -> None:
    own = Agreement()
    own.look(("Money", "H6"), 6000.0, 6000.0 + 5e-7)  # a part in 1e9 of 6000 is 6e-6
    own.look(("Money", "H7"), 0.5, 0.5 + 5e-10)
    own.look(("Money", "H8"), "", None)  # a formula that comes to no words
    assert own.out == []
    own.look(("Money", "H9"), 0.5, 0.5 + 5e-9)
    own.look(("Checks", "J6"), "PASS", "FAIL")
    own.look(("Money", "H10"), 1.0, "#N/A")
    assert [place for place, _, _ in own.out] == [("Money", "H9"), ("Checks", "J6"), ("Money", "H10")]
    assert own.compared == 6
    assert own.worst == pytest.approx(5e-7, rel=1e-3)
