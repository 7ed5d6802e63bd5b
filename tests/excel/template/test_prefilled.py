"""`template --places --years --services`: how few cells three places take, and that the workbook then runs."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

import budgetmodel as bm
from budgetmodel.cli import app
from budgetmodel.contract import schema
from budgetmodel.contract.issues import BadCommand

SERVICES = "Hospital\nCommunity\nMental health\nPrimary care\n"
FIGURES = {schema.NEEDS: "Value", schema.FUNDING: "Amount", schema.BASELINE: "Amount"}
MOST_TYPED = 60


def made(folder: Path, *more: str, services: str = SERVICES) -> Path:
    (folder / "services.csv").write_text(services, encoding="utf-8")
    words = ["template", str(folder / "new.xlsx"), "--places", "Bury; Bolton; Wigan", "--years", "2026/27-2028/29"]
    said = CliRunner().invoke(app, [*words, "--services", str(folder / "services.csv"), *more])
    assert said.exit_code == 0, said.output
    return folder / "new.xlsx"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A three-place system typed into the template, and how many cells were typed."""
    path = made(tmp_path_factory.mktemp("prefilled"))
    book = openpyxl.load_workbook(path)
    typed = 0
    for name, heading in FIGURES.items():
        page = book[name]
        column = next(cell.column for cell in page[4] if schema.fold_heading(str(cell.value)) == schema.fold(heading))
        for row in range(5, page.max_row + 1):
            if page.cell(row, 1).value is not None:
                year = str(page.cell(row, 2).value)
                grown = {"2026/27": 41, "2027/28": 42, "2028/29": 43}.get(year, 40)
                page.cell(row, column, grown if name == schema.FUNDING else 10 + row % 3)
                typed += 1
    about = {page.value: page for page in book[schema.ABOUT]["A"]}
    for setting, text in (("Title", "Three places"), ("System", "Test"), ("Status", "DRAFT"), ("Prepared by", "Us")):
        book[schema.ABOUT].cell(about[setting].row, 2, text)
        typed += 1
    book.save(path)
    return path, typed


def test_three_places_take_under_60_cells(filled: tuple[Path, int]) -> None:
    # 3 needs + 3 x 3 of Funding + 3 x 4 of Baseline + 4 settings
    assert filled[1] == 28 < MOST_TYPED


def test_the_workbook_passes_the_check_and_runs(filled: tuple[Path, int]) -> None:
    path = filled[0]
    assert [issue.sentence for issue in bm.check(path) if issue.severity == "error"] == []
    outcome = bm.run(path, folder=path.parent / "out")
    assert list(outcome.results) == ["Separate", "Pooled"]
    assert outcome.exit_code == 0


def test_every_figure_that_is_missing_is_listed(tmp_path: Path) -> None:
    missing = [issue for issue in bm.check(made(tmp_path)) if issue.code == "BLANK_VS_ZERO"]
    assert {issue.sheet for issue in missing} == set(FIGURES)
    assert len(missing) == 24


def test_the_file_of_services_may_have_columns_of_the_sheet(tmp_path: Path) -> None:
    path = made(tmp_path, services="Service,Programme,Provider\nDialysis,Renal,The Trust\nCare,Home,Helpers\n")
    page = openpyxl.load_workbook(path)
    assert [page[schema.SERVICES].cell(5, n).value for n in (1, 2)] == ["Dialysis", "Renal"]
    assert [page[schema.PROVIDERS].cell(row, 1).value for row in (5, 6)] == ["The Trust", "Helpers"]


@pytest.mark.parametrize(
    "words, said",
    [
        (["--places", "3"], "go together"),
        (["--places", "0", "--years", "2026/27", "--services", "S"], "1 to 200 names"),
        (["--places", "A=B", "--years", "2026/27", "--services", "S"], "'A=B' cannot be a name"),
        (["--places", "3", "--years", "soon", "--services", "S"], "--years 'soon'"),
        (["--places", "3", "--years", "2028/29-2026/27", "--services", "S"], "no span"),
    ],
)
def test_what_cannot_be_filled_in_is_a_sentence(tmp_path: Path, words: list[str], said: str) -> None:
    (tmp_path / "services.csv").write_text(SERVICES)
    words = [str(tmp_path / "services.csv") if word == "S" else word for word in words]
    answer = CliRunner().invoke(app, ["template", str(tmp_path / "new.xlsx"), *words])
    assert isinstance(answer.exception, BadCommand)
    assert said in str(answer.exception)
