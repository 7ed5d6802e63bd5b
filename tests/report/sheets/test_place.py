"""The sheets of places: figures by hand arithmetic, safe names, text that stays text, and two printed pages."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest

import budgetmodel as bm
from budgetmodel import api
from budgetmodel.report import write_results
from budgetmodel.report.sheets.narrative_sheet import Narrative, Paragraph, YearRow
from budgetmodel.report.sheets.place_background import leading
from budgetmodel.report.sheets.sheet_names import sheet_names
from tests.report.samples import SOFFICE, formula_cells, renamed, solved
from tests.support.builder import two_places, with_years

SAMPLES = [
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://example.org","x")',
    "{=1+1}",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "http://example.org",
    "internal:Cover!A1",
    "file:///etc/passwd",
    "'=1+1",
    "mailto:a@example.org",
]
"""The eleven samples: what writers of workbooks take for a formula or a link."""


def rows(sheet: openpyxl.worksheet.worksheet.Worksheet) -> dict[tuple[str, str, str], list[object]]:
    """The table: (part, what, figure) -> figures."""
    [table] = sheet.tables.values()
    top = int(table.ref.split(":")[0][1:])
    found = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=top + 1)]
    return {(str(a), str(b), str(c)): figures for a, b, c, *figures in found}


@pytest.fixture(scope="module")
def north(tmp_path_factory: pytest.TempPathFactory) -> openpyxl.worksheet.worksheet.Worksheet:
    """Two places of equal need that spent 60 and 40, and have 100 and then 110: fair shares are 50 and 55 each."""
    folder = tmp_path_factory.mktemp("north")
    book = with_years(two_places(), 2, 0.10)
    results = bm.solve_all(bm.read(book.save(folder / "in.xlsx")))
    path = write_results(results, folder / "results.xlsx")[0]
    return openpyxl.load_workbook(path, data_only=True)["North"]


def test_figures_are_those_of_hand_arithmetic(north):
    found = rows(north)
    part, what = "What it gets", "All services"
    assert found[part, what, "Allocation (£m)"] == pytest.approx([50, 55, 105])
    assert found[part, what, "Baseline, the year before (£m)"][:2] == [60, 60]
    assert found[part, what, "Change on the Baseline (%)"][:2] == pytest.approx([50 / 60 - 1, 55 / 60 - 1])
    assert found[part, what, "Do-minimum (£m)"] == pytest.approx([60, 66, 126])
    assert found[part, what, "More than the do-minimum (£m)"] == pytest.approx([-10, -11, -21])
    assert found[part, what, "More than the do-minimum (%)"] == pytest.approx([-1 / 6] * 3)
    assert found["Against its need", "Overall", "Fair share (£m)"] == pytest.approx([50, 55, 105])
    assert found["Against its need", "Overall", "Distance from its fair share (%)"] == pytest.approx(
        [0, 0, 0], abs=1e-9
    )
    before = found["Against its need", "Overall", "The same with the do-minimum (%)"]
    assert before[:2] == pytest.approx([0.2, 0.2])  # 60 of 50, 66 of 55


def test_the_parts_add_up(north):
    found = rows(north)
    for part in ("By programme", "By level of service", "By who decides"):
        assert found[part, "All", "Allocation (£m)"] == pytest.approx([50, 55, 105]), part


def test_sentences_say_it_in_plain_words(north):
    words = " ".join(str(c.value) for row in north.iter_rows(max_col=1) for c in row if isinstance(c.value, str))
    assert "£50.0m in 2025/26 and £55.0m in 2026/27, £105.0m over the 2 years" in words
    assert "In the year before, £60.0m was spent" in words
    assert "the plan gives £21.0m (16.7%) less" in words
    assert "its fair share of 'Overall' is £55.0m; it gets £55.0m, that is at its fair share" in words
    assert north["A1"].value == "North"
    assert north["A3"].hyperlink.location == "'Cover'!A1"


def test_figures_are_formulas_on_the_sheets_behind_them(tmp_path):
    path = write_results(solved("two")[0], tmp_path / "results.xlsx")[0]
    found = rows(openpyxl.load_workbook(path)["North"])
    assert "Allocation!" in str(found["What it gets", "All services", "Allocation (£m)"][0])
    assert "Places!" in str(found["Against its need", "Overall", "Fair share (£m)"][0])
    assert "Flows!" in str(next(v for k, v in found.items() if k[0] == "By who decides")[0])


def test_reasons_stand_on_the_sheet_when_they_were_asked_for(tmp_path):
    results, comparison = solved("two")
    why = {name: api.why(result) for name, result in results.items()}
    path = write_results(results, tmp_path / "results.xlsx", comparison, waterfalls=why)[0]
    words = [str(row[0].value) for row in openpyxl.load_workbook(path)["North"].iter_rows(max_col=1)]
    assert "Why, and what would change it" in words
    assert "Step by step from the do-minimum" in " ".join(words)  # a sentence runs over lines


def test_the_leading_scenario_is_the_one_with_the_least_shortfall_then_the_lowest_index():
    results, _ = solved("several")
    name = leading(results)
    best = (round(results[name].metric("shortfall"), 8), results[name].metric("index"))
    assert max(r.metric("shortfall") for r in results.values()) < 0.05  # £m: less than decides, so that the index does
    assert best[1] <= min(r.metric("index") for r in results.values()) + 0.05


def test_names_of_sheets_are_safe_and_unique():
    members = ["Bury", "BURY", "a/b:c*d?[e]\\f", "x" * 40, "x" * 41, "History", "Checks", "'quoted'", "???", "=1+1"]
    names = list(sheet_names(members, ["Checks"]).values())
    assert names[:4] == ["Bury", "BURY 2", "a b c d e f", "x" * 31]
    assert names[4] == "x" * 29 + " 2"
    assert names[5:] == ["History 2", "Checks 2", "quoted", "Place", "1 1"]
    assert len({name.casefold() for name in names}) == len(names)
    assert max(map(len, names)) <= 31


def check_text(files: list[Path], sample: str, least: int) -> None:
    """The sample stands in the files as text, in no formula, and no link leads out of the workbook."""
    for file in files:
        found = openpyxl.load_workbook(file)
        cells = [cell for sheet in found for row in sheet.iter_rows() for cell in row]
        planted = [cell for cell in cells if cell.value == sample]
        assert len(planted) >= least
        assert {cell.data_type for cell in planted} == {"s"}
        for cell in cells:
            if cell.hyperlink:
                assert cell.hyperlink.target is None
                assert cell.hyperlink.location.rpartition("!")[0].strip("'") in found.sheetnames
        assert not [at for at in formula_cells(file) if sample in str(found[at[0]][at[1]].value)]


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_name_is_never_a_formula_or_a_link(tmp_path, sample):
    """Planted as place, service, provider, source and rule, in results as if an input had held them."""
    book = two_places().rule("Floor", "growth", "at least", -0.5, Each="place")
    results = bm.solve_all(bm.read(book.save(tmp_path / "in.xlsx")))
    planted = renamed(results, dict.fromkeys(("North", "Care", "Trust", "Core", "Floor"), sample))
    files = write_results(planted, tmp_path / "results.xlsx", publish=True)[:4]
    check_text(files[:2], sample, 10)
    check_text(files[2:], sample, 2)


@pytest.mark.parametrize("sample", [sample for sample in SAMPLES if "=" not in sample])
def test_an_input_may_hold_them_as_names_and_notes(tmp_path, sample):
    """Planted in the input as scenario, purpose, programme and reason; a name with `=` is refused there."""
    book = two_places()
    book["Scenarios"][0] |= {"Scenario": sample, "Purpose": sample}
    book["Services"][0] |= {"Programme": sample}
    book["Target"][0] |= {"Why": sample}
    results = bm.solve_all(bm.read(book.save(tmp_path / "in.xlsx")))
    files = write_results(results, tmp_path / "results.xlsx", publish=True)[:4]
    check_text(files[:2], sample, 10)
    check_text(files[2:], sample, 2)


def test_a_passed_sunset_date_is_said_on_the_cover(tmp_path):
    results, comparison = solved("two")  # to be used until 2030-03-31
    for day, said in ((datetime(2030, 3, 31, tzinfo=UTC), False), (datetime(2030, 4, 1, tzinfo=UTC), True)):
        path = write_results(results, tmp_path / "results.xlsx", comparison, created=day)[0]
        words = [row[0].value for row in openpyxl.load_workbook(path)["Cover"].iter_rows()]
        assert ("DO NOT USE" in words) == said


@pytest.mark.skipif(SOFFICE is None or shutil.which("pdftotext") is None, reason="needs LibreOffice and pdftotext")
def test_a_place_is_printed_on_two_pages_at_most(tmp_path):
    results, comparison = solved("several")
    path = write_results(results, tmp_path / "results.xlsx", comparison)[0]
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [str(SOFFICE), profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=280)
    done = subprocess.run(["pdftotext", "-layout", str(tmp_path / "results.pdf"), "-"], check=True, capture_output=True)
    pages = done.stdout.decode().split("\f")
    place = results[leading(results)].inputs.places[0]
    first = next(n for n, page in enumerate(pages) if f"What {place} gets, against" in page and "Back to Cover" in page)
    second = results[leading(results)].inputs.places[1]
    after = next(
        n for n, page in enumerate(pages) if f"What {second} gets, against" in page and "Back to Cover" in page
    )
    assert 1 <= after - first <= 2
    assert "####" not in "".join(pages)


def test_files_of_a_run_are_named(tmp_path: Path) -> None:
    names = [file.name for file in write_results(solved("two")[0], tmp_path / "a.xlsx", publish=True)[:4]]
    assert names == ["a.xlsx", "a_evidence.xlsx", "a_published.xlsx", "a_evidence_published.xlsx"]


def test_the_second_page_begins_with_a_part() -> None:
    """A heading and a sentence: the table has its headings in the eighth row, so 42 of the 50 rows are left."""

    def story(sizes: dict[str, int]) -> Narrative:
        rows = [YearRow(part, "", "", "money", (1.0,), (None,)) for part, size in sizes.items() for _ in range(size)]
        return Narrative("Bury", "Bury", "", "Split", [Paragraph("What", ("It gets this.",))], ["2025/26"], rows)

    assert story({"A": 20, "B": 25}).header_row == 7
    assert story({"A": 20, "B": 22}).break_row == 0
    assert story({"A": 20, "B": 23}).break_row == 8 + 20  # B would be cut after 22 of its 23 rows
    assert story({"A": 20, "B": 22, "C": 5}).break_row == 8 + 42  # C begins the second page
    assert story({"A": 60}).break_row == 0  # one part: nothing to begin with
    assert story({"A": 20, "B": 60}).break_row == 0  # 60 rows do not fit the second page: both are made smaller
