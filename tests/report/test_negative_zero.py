"""A figure below 0 that rounds to 0 is shown as 0, without brackets, and kept in full."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from budgetmodel.excel.write.styles import Formats
from budgetmodel.report.edition import Edition
from budgetmodel.report.page import Page, PageColumn
from budgetmodel.report.published import PUBLISHED
from budgetmodel.report.workbook import WORKING
from tests.report.samples import SOFFICE

VALUES = [-0.04, -0.05, -1e-12, 0.0, 0.04, -1.25]
SHOWN = ["0.0", "(0.1)", "0.0", "0.0", "0.0", "(1.3)"]
"""What one decimal shows of them: half a digit is rounded away from 0."""

PDFTOTEXT = shutil.which("pdftotext")

PAGE = Page(
    "Figures",
    "Small ones.",
    (
        PageColumn("Change (£m)", "money", VALUES),
        PageColumn("Live (£m)", "money", VALUES, "=A{r}"),
        PageColumn("Mixed", "money", VALUES, kinds=["money", "percent", "money", "money", "money", "money"]),
    ),
    table="tblFigures",
)


def written(path: Path, edition: Edition) -> Path:
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    for name in ("Figures", "Cover"):
        book.add_worksheet(name, edition.worksheet)
    PAGE.write(book, Formats(book))
    book.close()
    path.write_bytes(stream.getvalue())
    return path


@pytest.mark.skipif(SOFFICE is None or PDFTOTEXT is None, reason="LibreOffice or pdftotext is not installed")
@pytest.mark.parametrize("edition", [WORKING, PUBLISHED], ids=["working", "published"])
def test_what_is_printed(tmp_path: Path, edition: Edition) -> None:
    file = written(tmp_path / "figures.xlsx", edition)
    command = [str(SOFFICE), f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless"]
    subprocess.run([*command, "--convert-to", "pdf", "--outdir", str(tmp_path), str(file)], check=True, timeout=120)
    pages = subprocess.run([str(PDFTOTEXT), "-layout", str(file.with_suffix(".pdf")), "-"], check=True, stdout=-1)
    lines = [line.split() for line in pages.stdout.decode("utf-8").splitlines()]
    rows = [line for line in lines if line and re.fullmatch(r"\(?\d+\.\d\)?", line[0])]
    assert [row[:2] for row in rows] == [[shown, shown] for shown in SHOWN]
    assert [row[2] for row in rows] == ["0.0", "(5.0%)", *SHOWN[2:]]


@pytest.mark.parametrize("edition", [WORKING, PUBLISHED], ids=["working", "published"])
def test_what_is_kept(tmp_path: Path, edition: Edition) -> None:
    sheet = openpyxl.load_workbook(written(tmp_path / "figures.xlsx", edition), data_only=True)["Figures"]
    for column in "ABC":
        assert [sheet[f"{column}{row}"].value for row in range(6, 12)] == VALUES


def test_a_table_without_rows_is_written(tmp_path: Path) -> None:
    """A sheet whose rows went to a table beside the workbook, because they are too many, keeps its headings."""
    page = Page(
        "Sheet", "Nothing here.", (PageColumn("Figure", "money", [], kinds=[]), PageColumn("Other", "money", []))
    )
    with xlsxwriter.Workbook(str(tmp_path / "empty.xlsx")) as book:
        book.add_worksheet("Sheet")
        page.write(book, Formats(book))
    sheet = openpyxl.load_workbook(tmp_path / "empty.xlsx")["Sheet"]
    assert "Figure" in {cell.value for row in sheet.iter_rows() for cell in row}
