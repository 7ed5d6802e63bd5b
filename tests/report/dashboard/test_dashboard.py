"""The Dashboard: every choice is followed by all figures, charts say what they show, and no page cuts a chart."""

from __future__ import annotations

import html
import re
import zipfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from budgetmodel.program.prove.evaluate import Spending, component_frame
from budgetmodel.report import write_results
from budgetmodel.report.dashboard import chart_tables
from budgetmodel.report.dashboard.chart_tables import bars as bars_of
from budgetmodel.report.dashboard.chart_tables import formatted
from tests.report.samples import SOFFICE, cells, recalculated, solved

CHOICES = {"scenario_shown": "B6", "year_shown": "B7", "place_shown": "B8", "component_shown": "B9"}
NEW_OR_VOLATILE = re.compile(
    r"\b(OFFSET|INDIRECT|NOW|TODAY|RAND|RANDBETWEEN|XLOOKUP|XMATCH|FILTER|SORT|UNIQUE|LET|LAMBDA|MINIFS|MAXIFS|TEXTJOIN|"
    r"IFS|SWITCH|CONCAT|_xlfn)\b"
)
C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of five scenarios, one of which changes inputs."""
    folder = tmp_path_factory.mktemp("dashboard")
    results, comparison = solved("several")
    return write_results(results, folder / "several.xlsx", comparison)[0]


@pytest.fixture(scope="module")
def book(path: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(path)


def frame_of(results, name: str, scenario: str, year: str) -> pd.DataFrame:
    frame = results[scenario].frames[name]
    return frame[frame["year"] == year]


def every_choice() -> list[tuple[str, str, str, str]]:
    """Each scenario, years, places and components taking turns; the first scenario with two years."""
    results, _ = solved("several")
    places = results["Split"].frames["places"]
    names = [list(dict.fromkeys(places[name])) for name in ("year", "place", "component")]
    pairs = [(scenario, names[0][n % len(names[0])]) for n, scenario in enumerate([*results, next(iter(results))])]
    return [(s, y, names[1][n % len(names[1])], names[2][n % len(names[2])]) for n, (s, y) in enumerate(pairs)]


@pytest.fixture(scope="module")
def chosen(path: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[tuple[str, str], object]]:
    """The cells of the workbook, recalculated, for each choice, and last for a scenario that there is not."""
    if SOFFICE is None:
        pytest.skip("LibreOffice (soffice) is not installed")
    folder = tmp_path_factory.mktemp("chosen")
    files = []
    for n, choice in enumerate([*every_choice(), ("Nobody's", *every_choice()[0][1:])]):
        copy = openpyxl.load_workbook(path)
        for cell, value in zip(CHOICES.values(), choice, strict=True):
            copy["Dashboard"][cell].value = value
        files.append(folder / f"choice{n}.xlsx")
        copy.save(files[-1])
    return [cells(file) for file in recalculated(files, folder)]


def column(found: dict[tuple[str, str], object], sheet: str, letter: str) -> list[object]:
    """The cells of a column under its heading, to the first that is blank."""
    values = []
    while (sheet, f"{letter}{6 + len(values)}") in found:
        values.append(found[sheet, f"{letter}{6 + len(values)}"])
    return values


def letters(book: openpyxl.Workbook, sheet: str) -> dict[str, str]:
    """The letter of each heading of a sheet."""
    return {str(cell.value): cell.column_letter for cell in book[sheet][5] if cell.value}


def headline(found: dict[tuple[str, str], object], start: str) -> float:
    """The headline figure whose words begin so."""
    row = next(r for r in range(6, 20) if str(found.get(("Dashboard", f"E{r}"), "")).startswith(start))
    return float(found["Dashboard", f"I{row}"])  # type: ignore[arg-type]  # figures stand in this column


def test_headlines_follow_each_scenario_and_year(chosen):
    results, _ = solved("several")
    for (scenario, year, _, _), found in zip(every_choice(), chosen, strict=False):
        result = results[scenario]
        assert headline(found, "Fair-share gap index") == pytest.approx(result.metric("index"), abs=1e-9)
        assert headline(found, "Index of the year") == pytest.approx(result.metric("index", year), abs=1e-4)
        assert headline(found, "Transaction cost") == pytest.approx(result.metric("transaction_cost"), abs=1e-9)
        amounts = frame_of(results, "allocation", scenario, year)
        assert headline(found, "Allocated in the year") == pytest.approx(amounts["amount"].sum(), abs=1e-9)


def test_winners_and_losers_follow_and_are_sorted(chosen, book):
    results, _ = solved("several")
    at = letters(book, "Chart order")
    for (scenario, year, _, _), found in zip(every_choice(), chosen, strict=False):
        change = frame_of(results, "allocation", scenario, year).groupby("place")["change"].sum()
        names = column(found, "Chart order", at["Place, by change"])
        gains, losses = (column(found, "Chart order", at[name]) for name in (chart_tables.GAINS, chart_tables.LOSES))
        assert sorted(names) == sorted(change.index)
        drawn = [gain + loss for gain, loss in zip(gains, losses, strict=True)]
        assert drawn == pytest.approx([change[name] for name in names], abs=1e-9)
        assert all(one >= other - 1e-9 for one, other in pairwise(drawn))
        assert not any(gain and loss for gain, loss in zip(gains, losses, strict=True))


def test_distances_follow_scenario_year_and_component(chosen, book):
    results, _ = solved("several")
    at = letters(book, "Chart order")
    for (scenario, year, _, component), found in zip(every_choice(), chosen, strict=False):
        own = frame_of(results, "places", scenario, year)
        after = own[own["component"] == component].set_index("place")["distance"]
        names = column(found, "Chart order", at["Place, by distance before"])
        shown = column(found, "Chart order", at["After: allocation (%)"])
        assert shown == pytest.approx([after[name] for name in names], abs=1e-9)


def test_the_waterfall_follows_the_place_and_adds_up(chosen):
    results, _ = solved("several")
    for (scenario, year, place, _), found in zip(every_choice(), chosen, strict=False):
        own = frame_of(results, "allocation", scenario, year)
        own = own[own["place"] == place]
        steps = column(found, "Chart steps", "C")
        assert steps[0] == pytest.approx(own["do_minimum"].sum(), abs=1e-9)
        assert steps[-1] == pytest.approx(own["amount"].sum(), abs=1e-9)
        assert sum(steps[:-1]) == pytest.approx(steps[-1], abs=1e-9)
        drawn = [
            [float(found["Chart steps", f"{letter}{row}"]) for letter in "GHIJKL"] for row in range(6, 6 + len(steps))
        ]
        assert (drawn[0][-1], drawn[-1][-1]) == pytest.approx((steps[0], steps[-1]), abs=1e-9)
        for step, (_, more, more_below, less_below, less, _) in zip(steps[1:-1], drawn[1:-1], strict=True):
            assert more - more_below - less + less_below == pytest.approx(step, abs=1e-9)


def test_the_concentration_index_is_the_gap_over_all_pairs(chosen):
    """Independent method: the area under the curve is the mean difference between every two places' ratios."""
    results, _ = solved("several")
    for (scenario, year, _, component), found in zip(every_choice(), chosen, strict=False):
        own = frame_of(results, "places", scenario, year)
        own = own[(own["component"] == component) & (own["target"] > 0)]
        need = (own["target"] / own["target"].sum()).to_numpy()
        ratio = (own["amount"] / own["target"]).to_numpy()
        pairs = sum(
            need[p] * need[q] * abs(ratio[p] - ratio[q]) for p in range(len(need)) for q in range(p + 1, len(need))
        )
        expected = 100 * pairs / float(need @ ratio)
        assert headline(found, "Concentration") == pytest.approx(expected, abs=1e-6)  # ratios within 1e-9 rank as equal


def test_the_heat_map_follows(chosen, book):
    results, _ = solved("several")
    sheet = book["Dashboard"]
    top = next(row for row in range(40, 200) if sheet.cell(row, 2).value == "All programmes (%)")
    for (scenario, year, _, _), found in zip(every_choice(), chosen, strict=False):
        own = frame_of(results, "allocation", scenario, year)
        services = results[scenario].inputs.frame("Services").set_index("Service")["Programme"]
        sums = own.groupby(["place", own["service"].map(services)])[["change", "do_minimum"]].sum()
        for row in range(top + 1, top + 1 + own["place"].nunique()):
            place = found["Dashboard", f"A{row}"]
            for at in range(3, sheet.max_column + 1):
                programme = str(sheet.cell(top, at).value or "").removesuffix(" (%)")
                if (place, programme) not in sums.index:
                    continue
                change, before = sums.loc[(place, programme)]
                shown = found.get(("Dashboard", sheet.cell(row, at).coordinate))
                assert (shown or 0.0) == pytest.approx(change / before if before else 0.0, abs=1e-9)


def test_prices_follow_the_scenario(chosen, book):
    results, _ = solved("several")
    sheet = book["Dashboard"]
    top = next(row for row in range(40, 200) if sheet.cell(row, 1).value == "Rule and where it is dearest")
    priced = 0
    for (scenario, _, _, _), found in zip(every_choice(), chosen, strict=False):
        rules = results[scenario].frames["rules"]
        sizes = rules.loc[rules["rule"] != "source balance", "price"].abs()
        shown = found.get(("Dashboard", f"F{top + 1}"))
        largest = float(sizes.max()) if sizes.max() > 0 else 0.0
        assert abs(float(shown or 0.0)) == pytest.approx(largest, abs=1e-9)
        priced += largest > 0
    assert priced


def test_a_scenario_that_there_is_not_is_told(chosen):
    assert chosen[-1]["Dashboard", "C6"] == "Choose from the list."
    assert not any(found.get(("Dashboard", "C6")) for found in chosen[:-1])


def test_titles_and_findings_follow(chosen):
    results, _ = solved("several")
    for (scenario, year, place, component), found in zip(every_choice(), chosen, strict=False):
        words = [str(value) for (sheet, _), value in found.items() if sheet == "Dashboard"]
        assert f"Change on the do-minimum (£m): {scenario}, {year}" in words
        assert f"Distance from target (%): {component}, {scenario}, {year}" in words
        assert any(word.startswith(f"{place} goes from ") for word in words)
        assert not [word for word in words if word.startswith("#")]
        first = [str(found.get((name, "A6"), "")) for name in results[scenario].inputs.places]
        assert all(words.startswith(f"'{scenario}' ") for words in first), first
        told = [word for word in words if word.startswith("£1m more for '") and " changes the index by " in word]
        priced = (results[scenario].frames["rules"].query("rule != 'source balance'")["price"].abs() > 0).any()
        assert ("No rule has a price." in words) or priced
        assert any(word.endswith("points.") for word in told) == priced


def test_yellow_cells_are_named_unlocked_inputs_with_a_list(book):
    sheet = book["Dashboard"]
    lists = {str(rule.sqref): rule for rule in sheet.data_validations.dataValidation}
    for name, cell in CHOICES.items():
        assert book.defined_names[name].attr_text.replace("$", "") == f"Dashboard!{cell}"
        assert sheet[cell].style == "Input"
        assert not sheet[cell].protection.locked
        rule = lists[cell]
        assert (rule.type, rule.errorStyle or "stop") == ("list", "stop")
        assert "$" in rule.formula1  # a range, not words
    first, last = re.findall(r"\$A\$(\d+)", lists["B6"].formula1)
    assert [sheet[f"A{row}"].value for row in range(int(first), int(last) + 1)] == list(solved("several")[0])


def test_no_formula_is_volatile_or_newer_than_excel_2016(book):
    formulas = [str(c.value) for sheet in book for row in sheet.iter_rows() for c in row if c.data_type == "f"]
    assert len(formulas) > 1000
    assert not [formula for formula in formulas if NEW_OR_VOLATILE.search(formula)]


def parts(path: Path, pattern: str) -> dict[str, str]:
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name).decode() for name in file.namelist() if re.fullmatch(pattern, name)}


def test_each_chart_has_title_axes_alternative_text_and_visible_figures(path, book):
    drawn = parts(path, r"xl/charts/chart\d+\.xml")
    places = solved("several")[0]["Split"].inputs.places
    assert len(drawn) == 6 + len(places)  # five on the Dashboard, the Lorenz curve beside its table, one for each place
    values = openpyxl.load_workbook(path, data_only=True)
    for text in drawn.values():
        title = text[text.index("<c:title>") : text.index("</c:title>")]
        at = re.search(r"<c:f>'?([^'!<]+)'?!\$(\w+)\$(\d+)</c:f>", title)
        assert at or "Lorenz" in title, "the title follows a cell"
        said = str(values[at[1]][f"{at[2]}{at[3]}"].value) if at else ".\n(% points)"
        finding, unit = said.split("\n")
        assert finding.endswith("."), "the title is what the chart shows, as a sentence"
        assert re.search(r"\((£m|%|% points|points)", unit)
        assert text.count("<c:title>") == 3  # its own and those of two axes
        if not at or at[1] == "Dashboard":
            assert '<c:plotVisOnly val="1"/>' not in text, "what it draws is on hidden sheets"
        for sheet, first, last in re.findall(r"<c:f>'?([^'!<]+)'?!\$\w+\$(\d+):\$\w+\$(\d+)</c:f>", text):
            assert int(first) <= int(last) <= book[sheet].max_row
    drawing = parts(path, r"xl/drawings/drawing\d+\.xml")["xl/drawings/drawing1.xml"]
    told = re.findall(r'descr="([^"]+)"', drawing)
    assert len(told) == 5
    assert sum("<c:legend>" in text for text in drawn.values()) == 2  # where two series are two things
    shown = [str(c.value) for row in values["Dashboard"] for c in row if c.value]
    findings = [words for words in shown if words.endswith(".")]
    assert all(any(html.unescape(words).endswith(finding) for finding in findings) for words in told)


def test_no_page_break_cuts_a_chart(path):
    drawing = parts(path, r"xl/drawings/drawing\d+\.xml")["xl/drawings/drawing1.xml"]
    rows = [int(row) for row in re.findall(r"<xdr:row>(\d+)</xdr:row>", drawing)]
    number = openpyxl.load_workbook(path).sheetnames.index("Dashboard") + 1
    sheet = parts(path, rf"xl/worksheets/sheet{number}\.xml")[f"xl/worksheets/sheet{number}.xml"]
    breaks = [int(row) for row in re.findall(r'<brk id="(\d+)"', sheet)]
    assert breaks
    for first, last in zip(rows[::2], rows[1::2], strict=True):
        assert not [row for row in breaks if first < row <= last]


def test_points_of_the_inequality_measures_add_up_to_the_index(path):
    results, _ = solved("several")
    found = openpyxl.load_workbook(path, data_only=True)["Inequality measures"]
    rows = pd.DataFrame(list(found.iter_rows(min_row=6, values_only=True)))
    for scenario, own in rows.groupby(0):
        assert own[9].sum() == pytest.approx(results[scenario].metric("index"), abs=1e-4)


def test_weights_in_the_gap_are_those_of_the_evaluation(path):
    """Independent method: `component_frame` makes the weights from the tables, not from the program's structure."""
    results, _ = solved("several")
    found = openpyxl.load_workbook(path, data_only=True)["Places"]
    heading = [cell.value for cell in found[5]].index("Weight in the gap (%)")
    shown = [row[heading] for row in found.iter_rows(min_row=6, values_only=True)]
    expected = [
        component_frame(Spending.of(result.inputs, result.frames["flows"]))["weight"] for result in results.values()
    ]
    assert shown == pytest.approx(np.concatenate(expected).tolist(), abs=1e-12)


@pytest.mark.parametrize(
    "start, end, bars",
    [
        (2.0, 5.0, (2.0, 3.0, 0.0, 0.0, 0.0)),  # rises above 0: stands on 2
        (5.0, 2.0, (2.0, 0.0, 0.0, 0.0, 3.0)),
        (-2.0, -5.0, (-2.0, 0.0, 0.0, -3.0, 0.0)),  # falls below 0: hangs from -2
        (-1.0, 3.0, (0.0, 3.0, -1.0, 0.0, 0.0)),  # crosses 0: 3 above, 1 below
        (1.0, -3.0, (0.0, 0.0, 0.0, -3.0, 1.0)),
    ],
)
def test_a_step_is_drawn_from_where_it_starts_to_where_it_ends(start, end, bars):
    assert bars_of(start, end, step=True) == (*bars, 0.0)


def test_figures_in_words_are_rounded_as_spreadsheets_do():
    assert formatted(0.25, "0.0") == "0.3"  # Python's own rounding gives 0.2
    assert formatted(-1234.56, "#,##0.0") == "-1,234.6"
    assert formatted(0.0, "+0.0;(0.0);0.0") == "0.0"
