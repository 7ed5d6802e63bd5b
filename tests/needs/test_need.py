"""From a practice file to the needs of places: what is read, what is said, what is never invented."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import Workbook, load_workbook
from typer.testing import CliRunner

import budgetmodel as bm
from budgetmodel.cli import app
from budgetmodel.needs import write_into
from tests.support.builder import two_places
from tests.support.figures import near, row

DATA = Path(__file__).with_name("data")
PUBLISHED = DATA / "greater_manchester_2024_2025.csv"
ENGLAND = DATA / "icb_weighted_populations_2025_26.csv"

# Overall core need index within Greater Manchester on the former CCGs, to three decimals as the published tool has it.
OVERALL = {
    "NHS Bolton CCG": 1.011,
    "NHS Bury CCG": 0.966,
    "NHS Manchester CCG": 0.973,
    "NHS Oldham CCG": 0.998,
    "NHS Heywood, Middleton and Rochdale CCG": 1.040,
    "NHS Salford CCG": 1.035,
    "NHS Stockport CCG": 0.982,
    "NHS Tameside and Glossop CCG": 1.067,
    "NHS Trafford CCG": 0.918,
    "NHS Wigan Borough CCG": 1.038,
}

# Four practices: two in North, one in South, one without a council. Sums by hand below.
SMALL = pd.DataFrame(
    {
        "Practice_Code": ["P00001", "P00002", "P00003", "P00004"],
        "UTLA21": ["North", "North", "South", ""],
        "pop 2030/31": [100.0, 200.0, 300.0, 400.0],
        "G&A WP": [110.0, 220.0, 270.0, 400.0],
        "Final WP": [120.0, 240.0, 240.0, 400.0],
    }
)


def codes(found: bm.Need) -> set[str]:
    return {issue.code for issue in found.issues}


def saved(tmp_path: Path, frame: pd.DataFrame, name: str = "practices.csv") -> Path:
    path = tmp_path / name
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_excel(path, index=False)
    return path


def test_indices_are_those_of_the_published_tool():
    found = bm.need(PUBLISHED, by="sub-ICB")
    own = found.shown()
    own = own[own["measure"] == "Core weighted population"]
    assert dict(zip(own["place"], own["index_icb"], strict=True)) == near(OVERALL, 1e-9)
    exact = row(found.indices, place="NHS Tameside and Glossop CCG", measure="Core weighted population")
    table = pd.read_csv(PUBLISHED)
    inside = table[table["CCG21"] == "01Y"]
    whole = table["Final WP"].sum() / table["pop 2022/23"].sum()
    assert exact["index_icb"] == near(inside["Final WP"].sum() / inside["pop 2022/23"].sum() / whole, 1e-12)


def test_councils_and_former_areas_differ_by_the_practices_that_lie_across():
    by_council = bm.need(PUBLISHED, by="council")
    shares = by_council.indices[by_council.indices["measure"] == "Core weighted population"]
    assert row(shares, place="Oldham")["share"] == near(0.07974, 5e-6)
    assert row(shares, place="Wigan")["share"] == near(0.10918, 5e-6)


def test_sums_and_indices_by_hand():
    found = bm.need(SMALL)
    needs = found.needs
    assert list(needs.columns) == ["Need measure", "Place", "Value", "Basis", "Period", "Source", "Status"]
    core = needs[needs["Need measure"] == "Core weighted population"]
    assert dict(zip(core["Place"], core["Value"], strict=True)) == {"North": 360.0, "South": 240.0}
    assert set(needs["Period"]) == {"2030/31"}
    assert set(core["Basis"]) == {"weighted"}
    # (360 / 300) / (1000 / 1000): the practice without a place counts in the whole
    north = row(found.indices, place="North", measure="Core weighted population")
    assert north["index_icb"] == near(1.2, 1e-12)
    assert pd.isna(north["index_england"]), "the file is of a part of England"
    told = next(issue for issue in found.issues if issue.code == "NEED_NO_PLACE")
    assert "1 practices with 400 registered people have no place: P00004" in told.found


def test_england_is_known_from_a_table_or_from_the_file():
    found = bm.need(PUBLISHED, england=ENGLAND)
    north = row(found.indices, place="Bolton", measure="Core weighted population")
    assert north["index_england"] == near(north["population"] / north["registered"], 1e-9)  # every component sums alike
    large = SMALL.assign(**{"pop 2030/31": [1e7, 2e7, 3e7, 4e7]})
    assert bm.need(large).indices["index_england"].notna().all()
    with pytest.raises(bm.BadCommand, match="not a nation's"):
        bm.need(PUBLISHED, england=SMALL)


@pytest.mark.parametrize(
    "headings",
    [
        ("Practice_Code", "UTLA21", "pop 2022/23", "G&A WP", "Final WP"),
        ("GP Practice code", "LA District name", "GP_pop", "WP_G&A", "WP_Overall"),
        ("Practice", "LTLA24", "Projected population 2022/23", "G&A WP", "FINAL WP "),
        ("practice_code", "lad_name", "registered_pop_projected", "wp_general_acute", "wp_core_overall"),
        (
            "Practice Code (ODS)",
            "Local authority",
            "GP registered population, November 2026",
            "Weighted population - General & Acute",
            "Overall weighted population",
        ),
    ],
)
def test_spellings_of_other_years_are_recognised(headings, tmp_path):
    frame = SMALL.set_axis(list(headings), axis="columns")
    found = bm.need(saved(tmp_path, frame))
    assert found.needs["Value"].tolist() == bm.need(SMALL).needs["Value"].tolist()
    assert found.columns["heading"].tolist() == [heading.strip() for heading in headings]


def test_excel_with_a_title_above_and_two_years(tmp_path):
    book = Workbook()
    for n, year in enumerate(("2023/24", "2024/25")):
        page = book.active if n == 0 else book.create_sheet()
        page.title = f"wp {year.replace('/', '-')}"
        page.append(["Weighted populations", None, None])
        page.append([])
        page.append([name.replace("2030/31", year) for name in SMALL.columns])
        for record in SMALL.itertuples(index=False):
            page.append([cell if not isinstance(cell, float) else cell * (n + 1) for cell in record])
        page.append(["England", None, 1000.0 * (n + 1), 1000.0 * (n + 1), 1000.0 * (n + 1)])
    path = tmp_path / "two.xlsx"
    book.save(path)
    with pytest.raises(bm.BadCommand, match=r"2 sheets of practices: wp 2023-24, wp 2024-25.*--sheet"):
        bm.need(path)
    later = bm.need(path, period="2024/25")
    assert later.needs["Value"].tolist() == [2 * value for value in bm.need(SMALL).needs["Value"]]
    assert "NEED_TOTAL_ROW" in codes(later), "the row of England is no practice"
    assert bm.need(path, sheet="wp 2023-24").needs["Period"].unique().tolist() == ["2023/24"]


def test_blanks_and_zeros_are_said_and_count_nothing():
    odd = SMALL.astype(object)
    odd.loc[0, "G&A WP"], odd.loc[2, "Final WP"], odd.loc[1, "G&A WP"] = "", 0, "1,220.0"
    found = bm.need(odd)
    told = {issue.code: issue for issue in found.issues}
    assert told["NEED_BLANK"].cell == "D2"
    assert told["NEED_ZERO"].cell == "E4"
    north = row(found.needs, Place="North", **{"Need measure": "General and acute weighted population"})
    assert north["Value"] == 1220.0
    south = row(found.needs, Place="South", **{"Need measure": "Core weighted population"})
    assert south["Value"] == 0.0, "never 1"


@pytest.mark.parametrize("cell", ["many", -5, float("inf")])
def test_what_is_no_population_stops_with_its_cell(cell):
    odd = SMALL.astype(object)
    odd.loc[1, "Final WP"] = cell
    with pytest.raises(bm.InputErrors, match="E3") as refused:
        bm.need(odd)
    assert refused.value.issues[0].code == "NEED_NUMBER"


def test_a_practice_that_stands_twice():
    twice = pd.concat([SMALL, SMALL.iloc[[0]]], ignore_index=True)
    found = bm.need(twice)
    assert "NEED_DUPLICATE" in codes(found)
    assert found.needs["Value"].tolist() == bm.need(SMALL).needs["Value"].tolist(), "counted once"
    twice.loc[4, "Final WP"] = 7.0
    with pytest.raises(bm.InputErrors, match=r"P00001 stands twice with unequal figures"):
        bm.need(twice)


def test_places_of_a_mapping_file(tmp_path):
    mapping = tmp_path / "pcns.csv"
    mapping.write_text("Practice;PCN\np00001;Red\nP00003;Blue\nP00002;red\nX99999;Red\n", encoding="utf-8")
    found = bm.need(SMALL, by=mapping)
    core = found.needs[found.needs["Need measure"] == "Core weighted population"]
    assert dict(zip(core["Place"], core["Value"], strict=True)) == {"Red": 360.0, "Blue": 240.0}
    assert {"NEED_UNKNOWN_PRACTICE", "NEED_NO_PLACE"} <= codes(found)
    mapping.write_text("P00001,Red\nP00001,Blue\n", encoding="utf-8")
    with pytest.raises(bm.InputErrors, match="'Red' and in 'Blue'"):
        bm.need(SMALL, by=mapping)


def test_what_has_to_be_chosen_is_asked_for():
    with pytest.raises(bm.BadCommand, match="has no column for pcn"):
        bm.need(SMALL, by="pcn")
    with pytest.raises(bm.BadCommand, match=r"Did you mean 'NHS Greater Manchester ICB'\?"):
        bm.need(PUBLISHED, icb="Greater Manchester ICB")
    two = SMALL.assign(**{"pop 2031/32": SMALL["pop 2030/31"] * 2})
    with pytest.raises(bm.BadCommand, match="2 columns may be 'Registered population'"):
        bm.need(two)
    assert bm.need(two, period="2031/32").needs["Value"].iloc[0] == 600.0
    named = SMALL.rename(columns={"Final WP": "Everything"})
    assert bm.need(named, columns={"Core weighted population": "Everything"}).needs["Value"].tolist()[-1] == 240.0
    with pytest.raises(bm.InputErrors, match="headings of a practice file were not found") as refused:
        bm.need(SMALL.rename(columns={"Practice_Code": "?"}))
    assert refused.value.issues[0].code == "NEED_FILE"


def test_a_row_without_code_is_left_out_and_a_place_in_two_icbs_has_no_index():
    odd = SMALL.assign(ICB23=["Q1", "Q2", "Q2", "Q2"], Practice_Code=["P00001", "P00002", "P00003", ""])
    found = bm.need(odd)
    assert {"NEED_NO_CODE", "NEED_TWO_ICBS"} <= codes(found)
    core = found.indices[found.indices["measure"] == "Core weighted population"].set_index("place")["index_icb"]
    assert pd.isna(core["North"])
    assert core["South"] == near(240 / 300 / (480 / 500), 1e-12)
    assert bm.need(odd, icb="q2").indices["index_icb"].notna().all()


def test_year_of_heading_and_name_that_disagree_is_left_blank(tmp_path):
    found = bm.need(saved(tmp_path, SMALL, "2031_2032.csv"))
    assert "NEED_PERIOD" in codes(found)
    assert found.needs["Period"].isna().all()


def of_book(tmp_path: Path) -> tuple[Path, pd.DataFrame]:
    path = two_places().save(tmp_path / "in.xlsx")
    places = [cell.value for cell in load_workbook(path)["Places"]["A"]][-2:]
    return path, SMALL.assign(UTLA21=[places[0], places[0], places[1], ""])


def test_a_copy_of_a_workbook_gets_the_needs_and_passes_check(tmp_path):
    path, practices = of_book(tmp_path)
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    copy, issues = write_into(bm.need(practices), path, tmp_path / "copy.xlsx")
    assert not issues
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before
    rows = bm.read(copy).frame("Needs")  # which refuses a workbook with errors
    core = rows[rows["Need measure"] == "Core weighted population"]
    assert sorted(core["Value"]) == [240.0, 360.0]
    assert set(bm.read(path).frame("Needs")["Need measure"]) <= set(rows["Need measure"]), "its own needs stay"
    again, _ = write_into(bm.need(practices.assign(**{"Final WP": 1.0})), copy, tmp_path / "again.xlsx")
    later = bm.read(again).frame("Needs")
    assert len(later) == len(rows), "the same measure and place is the same row"
    with pytest.raises(bm.FileTrouble, match="exists already"):
        write_into(bm.need(practices), path, copy)
    with pytest.raises(bm.InputErrors, match="no practice is in"):
        write_into(bm.need(SMALL.replace("South", "East")), path, tmp_path / "none.xlsx")


def test_the_command(tmp_path):
    path, practices = of_book(tmp_path)
    file = saved(tmp_path, practices)
    done = CliRunner().invoke(app, ["need", str(file), "--into", str(path), "--json"])
    assert done.exit_code == 0, done.output
    answer = json.loads(done.output)
    assert answer["files"] == [str(tmp_path / "in_with_need.xlsx")]
    assert answer["columns"][0] == {"field": "Practice code", "heading": "Practice_Code", "how": "spelling"}
    assert [issue["code"] for issue in answer["issues"]] == ["NEED_COLUMN", "NEED_NO_PLACE"]
    out = tmp_path / "out.csv"
    done = CliRunner().invoke(app, ["need", str(file), "-o", str(out)])
    assert "'Final WP' was taken for Core weighted population." in done.output
    assert pd.read_csv(out, encoding="utf-8-sig")["Value"].sum() == sum(one["Value"] for one in answer["needs"])


def test_the_command_shares_money_by_need(tmp_path):
    command = ["need", str(PUBLISHED), "--money", "6000"]
    done = CliRunner().invoke(app, [*command, "--by", "sub-ICB", "--against", "council"])
    assert "NHS Oldham CCG to Tameside: 19.5 (1 practice)" in done.output
    done = CliRunner().invoke(app, [*command, "-o", str(tmp_path / "o.xlsx"), "--json"])
    assert sum(one["target"] for one in json.loads(done.output)["targets"]) == near(6000, 1e-9)
    assert load_workbook(tmp_path / "o.xlsx").sheetnames[:2] == ["Needs", "Indices"]


@pytest.mark.parametrize(
    "words, said",
    [
        (["--against", "council"], "--money"),
        (["--money", "-3"], "£m above 0"),
        (["--column", "Final WP"], "is not FIELD=HEADING"),
        (["-o", "needs.doc"], "neither .csv nor .xlsx"),
        (["--by", "borough"], "Choose from: council"),
        (["--money", "1", "--stream", "dental"], "neither core nor primary medical"),
    ],
)
def test_a_command_that_cannot_be_done_says_so_in_a_sentence(words, said):
    done = CliRunner().invoke(app, ["need", str(PUBLISHED), *words])
    assert isinstance(done.exception, bm.BudgetError)
    assert said in str(done.exception)


def test_a_csv_file_that_no_reader_takes_is_a_sentence(tmp_path: Path) -> None:
    long = tmp_path / "practices.csv"
    long.write_text(f'"{"x" * 200_000}",1\n', encoding="utf-8")  # no closing quotation mark for a long time
    with pytest.raises(bm.InputErrors, match="cannot be read as CSV"):
        bm.need(long)
    with pytest.raises(bm.FileTrouble, match="There is no file"):
        bm.need(tmp_path / "none.csv")
