"""Every measure of rules by every property that a user meets: its row, price, conflict, headroom, slips and warnings.

The figures are by hand. The book has two places of 1,000 people each, North and South, with £60m and £40m in the
Baseline and £110m to spend; costs rise by 4%. So growth is 10%, the targets are 55 each, the do-minimum is 66 and 44,
G0 = 0.25 x 22 / 55 = 0.1, and with South at s below 55 the index is 100 x 0.25 x (110 - 2s) / 55 / 0.1 =
(110 - 2s) / 0.22: £1m more for South lowers it by 2 / 0.22.
"""

from __future__ import annotations

import io
import itertools
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import budgetmodel as bm
from budgetmodel.contract.issues import SolverFailed
from budgetmodel.contract.measures import MEASURE, MEASURES, Measure
from budgetmodel.contract.schema import RULES
from budgetmodel.excel.template.guide import guide_lines
from budgetmodel.excel.template.input_workbook import input_bytes
from budgetmodel.explain.headroom import headroom
from budgetmodel.explain.prices import price_list
from docs.make_constraints import document
from tests.support.builder import Book, two_places, with_years
from tests.support.figures import near

NONE = float("nan")
POINT = "percentage point"


@dataclass(frozen=True)
class Case:
    """What is expected of one measure.

    `ceiling` is a Value at most for South (for the places of `cells`) that leaves South with `south` £m; one `step` of
    it gives South `worth` £m more. A must rule of `asked` cannot be met: the conflict says that it asks for `asks`.
    `floor` is a Value for each place and the growth that it guarantees a place, NONE for nothing; `full` is a Value
    that leaves nothing of the growth where the measure guarantees growth on the past: then `no_headroom` is warned of.
    `unit` is that of the cell; a Value of 200 is `odd` where it is more than can be meant. `zero_base` and `cuts` say
    whether growth from nothing, and growth that can be had by cutting the year before, are warned of. `sources` says
    whether single sources may be selected. `wrong_of` is the code of an Of that makes no sense.
    """

    ceiling: float
    south: float
    step: str
    worth: float
    asked: tuple[str, float]
    asks: str
    cells: dict[str, str] = field(default_factory=dict)
    floor: tuple[float, float] = (0.0, NONE)
    full: float = 0.0
    no_headroom: bool = False
    unit: str = "%"
    odd: bool = True
    zero_base: bool = False
    cuts: bool = False
    sources: bool = False
    limits: tuple[str, ...] = ("at least", "at most", "exactly")
    wrong_of: str = "OF_UNUSED"

    @property
    def south_cells(self) -> dict[str, str]:
        """The cells of a rule on South, or on what the measure needs."""
        return {"Places": "South", **self.cells}

    @property
    def of(self) -> dict[str, str]:
        """The cell Of, where the measure has one."""
        return {key: text for key, text in self.cells.items() if key == "Of"}


CASES = {
    "amount": Case(
        ceiling=45,
        south=45,
        step="£1m",
        worth=1,
        asked=("at least", 111),
        asks="at least £111.0m",
        floor=(30, NONE),
        full=50,
        unit="£m",
        odd=False,
        sources=True,
    ),
    "growth": Case(
        ceiling=0.05,
        south=42,  # 40 x 1.05
        step=POINT,
        worth=0.4,
        asked=("at least", 0.2),
        asks="at least £120.0m",
        floor=(0.02, 0.02),
        full=0.1,
        no_headroom=True,
        zero_base=True,
        cuts=True,
    ),
    "relative growth": Case(
        ceiling=0.05,
        south=46,  # 40 x (1 + 0.1 + 0.05)
        step=POINT,
        worth=0.4,
        asked=("at least", 0.1),
        asks="at least £120.0m",  # 100 x (1 + 0.1 + 0.1)
        floor=(-0.01, 0.09),
        full=0,
        no_headroom=True,
        zero_base=True,
        cuts=True,
    ),
    "growth of reachable money": Case(  # of one source that may reach everything: as relative growth
        ceiling=0.05,
        south=46,
        step=POINT,
        worth=0.4,
        asked=("at least", 0.1),
        asks="at least £120.0m",
        floor=(-0.01, 0.09),
        full=0,
        no_headroom=True,
        zero_base=True,
        cuts=True,
    ),
    "real growth": Case(
        ceiling=0.05,
        south=43.68,  # 40 x 1.05 x 1.04
        step=POINT,
        worth=0.416,  # 1% of 40 x 1.04
        asked=("at least", 0.1),
        asks="at least £114.4m",  # 100 x 1.1 x 1.04
        floor=(0.02, 0.0608),  # 1.02 x 1.04 - 1
        no_headroom=True,
        full=0.06,  # 1.06 x 1.04 = 1.1024
        zero_base=True,
        cuts=True,
    ),
    "change": Case(
        ceiling=0.08,
        south=43.2,  # 40 x 1.08
        step=POINT,
        worth=0.4,
        asked=("at least", 0.2),
        asks="at least £120.0m",
        floor=(0.03, 0.03),
        full=0.1,
        no_headroom=True,
        zero_base=True,
    ),
    "do-minimum": Case(
        ceiling=0.05,
        south=46.2,  # 44 x 1.05
        step=POINT,
        worth=0.44,
        asked=("at least", 0.1),
        asks="at least £121.0m",  # 110 x 1.1
        floor=(-0.1, -0.01),  # 0.9 x 1.1 - 1
        full=0,
        zero_base=True,
    ),
    "share": Case(
        ceiling=0.42,
        south=46.2,  # 110 x 0.42
        step=POINT,
        worth=1.1,
        asked=("at most", 0.5),
        asks="at most £55.0m",  # of its own 110
        cells={"Of": "places=all"},
        floor=(0.2, NONE),
        full=0.45,
        sources=True,
        wrong_of="OF_FORMAT",
    ),
    "per head": Case(
        ceiling=45_500,
        south=45.5,
        step="£1 per unit of need",
        worth=0.001,
        asked=("at least", 60_000),
        asks="at least £120.0m",  # for 2,000 people
        cells={"Of": "Population"},
        floor=(30_000, NONE),
        full=50_000,
        unit="£",
        odd=False,
        sources=True,
        wrong_of="NEED_UNKNOWN",
    ),
    "fair share": Case(
        ceiling=-0.1,
        south=49.5,  # 55 x 0.9
        step=POINT,
        worth=0.55,
        asked=("at least", 0.1),
        asks="at least £121.0m",
        cells={"Of": "Overall"},
        floor=(-0.4, NONE),
        full=-0.1,
        wrong_of="COMPONENT_UNKNOWN",
    ),
    "moved": Case(
        ceiling=0.04,
        south=48.4,  # 44 + 4% of 110
        step=POINT,
        worth=1.1,
        asked=("at most", 0.02),
        asks="at most £2.2m",  # 2% of 110, where South must get 6 more than its 44
        cells={"Each": "place", "Places": "all"},
        floor=(1, NONE),
        full=1,
        limits=("at most",),
    ),
}


def test_every_measure_has_a_case() -> None:
    assert list(CASES) == [measure.name for measure in MEASURES]
    assert list(MEASURE) == list(CASES)


def book() -> Book:
    return two_places().set("Funding", Amount=110).set("Years", Cost_uplift=0.04)


def solved(made: Book, path: Path) -> bm.Result:
    return bm.solve(bm.read(made.save(path / "in.xlsx")), "Base")


def codes(made: Book, path: Path) -> list[str]:
    """The codes of what is said of a workbook and its scenarios before anything is solved."""
    return [issue.code for issue in bm.check(made.save(path / "in.xlsx"))]


def of_south(result: bm.Result) -> float:
    flows = result.frames["flows"]
    return float(flows.loc[flows["place"] == "South", "amount"].sum())


# ---- the row and its proof -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_the_row_holds_the_spending_that_it_says(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    assert of_south(solved(book(), tmp_path)) == near(55)
    result = solved(book().rule("Rule", name, "at most", case.ceiling, **case.south_cells), tmp_path)
    assert (of_south(result), result.metric("index")) == (near(case.south), near((110 - 2 * case.south) / 0.22))
    rules = result.frames["rules"]
    [row] = [row for _, row in rules.iterrows() if row["rule"] == "Rule"]
    # Its own figures: South against its limit; of what is moved, South's gain beyond its 44.
    assert row["limit"] == near(case.south - 44 if name == "moved" else case.south)
    assert row["slack"] == near(0)
    assert row["binding"]


@pytest.mark.parametrize("name", CASES)
def test_a_wrong_factor_is_found_by_the_proof(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The program is built with a ceiling that is a thousandth too high; the proof works the limit out on its own.
    case, right = CASES[name], Measure.factor
    monkeypatch.setattr(Measure, "factor", lambda measure, value, rates: 1.001 * right(measure, value, rates))
    with pytest.raises(SolverFailed, match="misses Rule"):
        solved(book().rule("Rule", name, "at most", case.ceiling, **case.south_cells), tmp_path)


# ---- its price -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_the_price_is_of_one_step_in_the_unit_of_the_cell(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    result = solved(book().rule("Rule", name, "at most", case.ceiling, **case.south_cells), tmp_path)
    prices = price_list(result.answer, result.frames["rules"])
    price = prices[prices["name"] == "Rule"].iloc[0]
    assert (price.unit, price.value) == (case.step, near(case.ceiling))
    assert price.price == near(-case.worth * 2 / 0.22)


# ---- conflicts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_a_conflict_says_what_it_asks_for(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    limit, value = case.asked
    made = book().rule("Rule", name, limit, value, **{**case.cells, "Places": None})
    if name == "moved":
        made.rule("South", "amount", "at least", 50, Places="South")
    with pytest.raises(bm.Infeasible) as caught:
        solved(made, tmp_path)
    found = caught.value.explanation
    assert found is not None
    words = " ".join(found.conflicts.loc[found.conflicts["rule"] == "Rule", "words"])
    assert f"'Rule' asks for {case.asks} in 2025/26" in words
    assert found.remedies["proved"].all()
    # The advice is the record's, and what it says to type is in the unit of the cell: a Value between that and the
    # old one is still too much.
    assert any("Change its Value, narrow it, or make it a should rule." in issue.fix for issue in caught.value.issues)
    [new] = found.remedies.loc[found.remedies["rule"] == "Rule", "new_value"].unique()[:1]
    assert float(new) < value if limit == "at least" else float(new) > value
    assert bm.solve(bm.read(made.set("Rules", row=0, Value=float(new)).save(tmp_path / "in.xlsx")), "Base")


# ---- headroom ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_what_it_guarantees_every_place(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    value, growth = case.floor
    result = solved(book().rule("Rule", name, case.limits[0], value, Each="place", **case.of), tmp_path)
    floors = headroom(result.answer.structure)["floor"]
    assert list(floors) == near([growth, growth])


@pytest.mark.parametrize("name", CASES)
def test_a_floor_that_takes_all_growth_is_warned_of(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    made = book().rule("Rule", name, case.limits[0], case.full, Each="place", **case.of)
    assert ("NO_HEADROOM" in codes(made, tmp_path)) == case.no_headroom
    if case.no_headroom:
        assert "NO_HEADROOM" not in codes(made.set("Rules", Value=case.full - 0.01), tmp_path)


# ---- slips and warnings --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_a_percentage_a_hundred_times_too_large_is_questioned(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    made = book().rule("Rule", name, "at most", 200, **case.south_cells)
    assert ("PCT_SCALE" in codes(made, tmp_path)) == case.odd
    assert "PCT_SCALE" not in codes(made.set("Rules", Value=0.9), tmp_path)


@pytest.mark.parametrize("name", CASES)
def test_growth_from_nothing_is_warned_of(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    made = book().add("Services", Service="New").add("Provision", Places="all", Services="New", Providers="Trust")
    made.rule("Rule", name, "at most", 0.05, Services="New", Strength="should", Each="service", **case.of)
    assert ("ZERO_BASE" in codes(made, tmp_path)) == case.zero_base


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if "at least" in case.limits])
def test_growth_that_cutting_the_year_before_would_grant_is_warned_of(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    made = with_years(two_places(), 3, growth=0.1).set("Years", Cost_uplift=0.04)
    made.rule("Wish", name, "at least", 0.05, Strength="should", **case.south_cells)
    assert ("GROWTH_NO_FLOOR" in codes(made, tmp_path)) == case.cuts
    if case.cuts:  # a floor of the same measure holds the year before up only where it is above nothing
        floors = made.copy().rule("Floor", name, "at least", 0.0, **case.south_cells)
        assert "GROWTH_NO_FLOOR" not in codes(floors, tmp_path)
        floors.set("Rules", row=1, Value=-1.2)
        assert "GROWTH_NO_FLOOR" in codes(floors, tmp_path)


@pytest.mark.parametrize("name", CASES)
def test_single_sources_are_selected_where_they_can_be(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    made = book().add("Sources", Source="Grant").fund("Grant", [1])
    made.rule("Rule", name, "at most", case.ceiling, **{**case.south_cells, "Sources": "Core"})
    assert ("RULE_SOURCES" in codes(made, tmp_path)) != case.sources


@pytest.mark.parametrize("name, limit", list(itertools.product(CASES, ("at least", "at most", "exactly"))))
def test_a_limit_is_refused_where_it_means_nothing(name: str, limit: str, tmp_path: Path) -> None:
    case = CASES[name]
    made = book().rule("Rule", name, limit, case.ceiling, **case.south_cells)
    assert ("MOVED_LIMIT" in codes(made, tmp_path)) != (limit in case.limits)


@pytest.mark.parametrize("name", CASES)
def test_what_of_may_name(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    made = book().rule("Rule", name, "at most", case.ceiling, **case.south_cells)
    assert codes(made, tmp_path) == []
    assert ("BLANK_VS_ZERO" in codes(made.set("Rules", Of=None), tmp_path)) == bool(case.of)
    assert case.wrong_of in codes(made.set("Rules", Of="nonsense"), tmp_path)


@pytest.mark.parametrize("name", CASES)
def test_a_change_in_another_unit_is_refused(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    made = book().rule("Rule", name, "at most", case.ceiling, **case.south_cells)
    made.change("Base", "Rules", "set", Where="Rule=Rule", Field="Value", Value=case.ceiling / 2)
    for unit in ("%", "£m", "£"):
        assert ("UNIT_SCALE" in codes(made.set("Changes", Unit=unit), tmp_path)) == (unit != case.unit)


# ---- guide, template, reference ------------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_the_guide_and_the_page_of_constraints_explain_it(name: str) -> None:
    [line] = [line for line in guide_lines() if line.entry == f"Measure: {name}"]
    assert line.meaning.endswith(".")
    assert f"{name}, " in line.example
    [row] = [row for row in document().splitlines() if row.startswith(f"| `{name}` |")]
    assert "Value" in row


@pytest.mark.parametrize("name", CASES)
def test_the_template_offers_it_and_shows_its_value_in_its_unit(name: str) -> None:
    rules = pd.DataFrame({"Rule": ["Rule"], "Measure": [name], "Value": [0.05]}, dtype=object)
    page = openpyxl.load_workbook(io.BytesIO(input_bytes({RULES: rules})))[RULES]
    headings = {cell.value: cell for row in page.iter_rows(max_row=8) for cell in row if cell.value}
    measure, value = (headings[heading].offset(row=1) for heading in ("Measure", "Value"))
    assert measure.value == name
    assert ("%" in value.number_format) == (CASES[name].unit == "%")
    lists = [rule for rule in page.data_validations.dataValidation if measure.coordinate in rule.sqref]
    assert name in lists[0].formula1.strip('"').split(",")
