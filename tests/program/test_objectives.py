"""Every objective against every property: hand-worked answers, an independent program, proof, prices and words.

Objectives x properties: a new objective fails here until it has its cases.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

import budgetmodel as bm
from budgetmodel.contract.arrays import Array
from budgetmodel.contract.objectives import (
    BY_NAME,
    CONVERGENCE,
    FAMILIES,
    NAMES,
    OBJECTIVES,
    SHORTFALL,
    TURNOVER,
    USUAL,
    Objective,
)
from budgetmodel.excel.write.styles import NUMBER_FORMATS
from budgetmodel.metrics.catalogue import catalogue
from budgetmodel.program.build.objectives import BLOCKS
from budgetmodel.program.build.structure import Structure
from budgetmodel.program.prove.objectives import VALUES
from budgetmodel.report.console.run import summary
from tests.support import oracle
from tests.support.builder import Book, two_places, with_years
from tests.support.figures import near
from tests.support.random_books import random_book
from tests.support.types import Read, Solve

EVERY = pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda objective: objective.name)
SEEDS = (1, 2, 3, 4, 6, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (8, 9, 11, 13, 15)))


def asked(book: Book, name: str) -> Book:
    """With every scenario solved for one objective."""
    return book.set("Scenarios", Objective=name)


def paid(result: bm.Result) -> dict[str, float]:
    """£m to each place, all years and services."""
    return dict(result.allocation.groupby("place")["amount"].sum())


# ---- books -----------------------------------------------------------------------------------------------


def pace() -> Book:
    """North 60 and South 40 of equal need, 100 to spend; no place may grow by more than 10%.

    South gets 44, six short of its target of 50, and North 56, six above.
    """
    return two_places().rule("Pace", "relative growth", "at most", 0.1, Each="place")


def three_places() -> Book:
    """A, B and C of equal need spent 30, 40 and 20, and have 90: targets 30. A may get 18 at most."""
    book = two_places()
    for sheet in ("Places", "Needs", "Baseline", "Indicators"):
        book[sheet][:] = []
    for place, spent in (("A", 30), ("B", 40), ("C", 20)):
        book.add("Places", Place=place).spend(place, "Care", "Trust", spent)
    book.need("Population", {"A": 1000, "B": 1000, "C": 1000}).fund("Core", [0])
    book["Funding"][:] = []
    book.fund("Core", [90])
    for place in "ABC":
        book.add("Indicators", Indicator="Life expectancy", Place=place, Value=80)
    return book.rule("Cap", "amount", "at most", 18, Places="A")


def equity() -> Book:
    """As `three_places`, with B's equity weight 2: by need the mean is 4/3, so B counts 1.5 and the others 0.75."""
    return three_places().set("Places", where={"Place": "B"}, Equity_weight=2)


def lung() -> Book:
    """Only Lung counts: North 12 and South 8 of targets 10; South may not get more than 8. Heart takes the rest."""
    book = two_places().remove("Services").remove("Baseline")
    book.add("Services", Service="Lung").add("Services", Service="Heart")
    for place, own, other in (("North", 12, 38), ("South", 8, 42)):
        book.spend(place, "Lung", "Trust", own).spend(place, "Heart", "Trust", other)
    book.set("Target", Services="Lung", Keep_at_least=0, Keep_at_most="none")
    return book.rule("Held", "amount", "at most", 8, Places="South", Services="Lung")


def two_years() -> Book:
    """`pace` over two years of weights 1 and 3: South 44 and then 48.4."""
    return with_years(pace(), 2).set("Years", row=1, Weight=3)


def halving() -> Book:
    """`pace` with a ramp that takes and gives half the distance before the year, without a cap."""
    rates = {"Slope over": 0.5, "Slope under": 0.5, "Cap over": 1, "Cap under": 1}
    return pace().add("Convergence", {"Policy": "Half", "Kind": "ramp", "Driver": "opening", **rates})


def falling() -> Book:
    """North 60 and South 40 of equal need: nobody loses, but 10% where it is 10% over, and 15% under at the end."""
    floors = {"Least growth": 0, "Least growth far over": -0.1, "Most under": 0.15}
    return two_places().add("Convergence", {"Policy": "Falling", "Kind": "floors", **floors})


@dataclass(frozen=True)
class Case:
    """A book, the objective's least value, and the index and allocation (£m by place) that come with it."""

    book: Callable[[], Book]
    value: float
    index: float
    paid: dict[str, float]
    asked: str = ""


CASES: dict[str, dict[str, Case]] = {
    "gini": {
        # G = 0.25 x (1.12 - 0.88) = 0.06 of G0 = 0.25 x (1.2 - 0.8) = 0.1.
        "pace": Case(pace, 60, 60, {"North": 56, "South": 44}),
        # B and C share 72: ratios 0.6, 1.2, 1.2: (0.6 + 0.6) / 9 of G0 = (1/3 + 1/3 + 2/3) / 9, that is 90.
        "three places": Case(three_places, 90, 90, {"A": 18, "B": 36, "C": 36}),
        # All equal at 8, whatever the target: the index does not see that Lung as a whole is short. The 4 that Lung
        # gave up go to Heart by its size: 4 x 38 / 80 = 1.9 and 2.1. North 8 + 38 + 1.9, South 8 + 42 + 2.1.
        "lung": Case(lung, 0, 0, {"North": 47.9, "South": 52.1}),
    },
    "l1": {
        # 6 above and 6 under.
        "pace": Case(pace, 12, 60, {"North": 56, "South": 44}),
        # 12 under, and 12 above for B and C together, however they share it: 24. Turnover is least with C at 30 up to
        # 32; the spread by relative change would have B at 48 and ends at the edge, 42. Ratios 0.6, 1.4, 1:
        # (0.8 + 0.4 + 0.4) / 9 of (4/3) / 9, that is 120.
        "three places": Case(three_places, 24, 120, {"A": 18, "B": 42, "C": 30}),
        # Under in A and above in C count 0.75, above in B 1.5: 0.75 x 12 + 0.75 x 12, with B at its target.
        # Index weights are 1/4, 1/2, 1/4; ratios 0.6, 1, 1.4: (0.4 + 0.4) / 8 + 0.8 / 16 = 0.15.
        # G0, ratios 1, 4/3, 2/3: (1/3 + 2/3) / 8 + (1/3) / 16 = 7/48. 0.15 / (7/48) = 36/35.
        "equity": Case(equity, 18, 100 * 36 / 35, {"A": 18, "B": 30, "C": 42}),
        # North at its target of 10, South 2 under: G = 0.25 x 0.2 of 0.1. Heart gets 2 by its size: 0.95 and 1.05.
        "lung": Case(lung, 2, 50, {"North": 48.95, "South": 51.05}),
        # 0.25 x 12 and 0.75 x (1.6 + 1.6).
        "two years": Case(two_years, 0.25 * 12 + 0.75 * 3.2, 0.25 * 60 + 0.75 * 16, {"North": 107.6, "South": 92.4}),
    },
    "convergence": {
        # Both caps, of base growth that makes it 100: 60 x 0.995 and 40 x 1.005 of 99.9. Index: the gap, of 20.
        "pace": Case(pace, 0, 100 * 19.5 / 99.9 / 0.2, {"North": 5970 / 99.9, "South": 4020 / 99.9}),
        # 20% over and 20% under: 60 x 0.9 and 40 x 1.1 of 98. South's share is 44.898; the must ceiling lets it have
        # 44, 0.898 less, and North has 0.898 more.
        "half": Case(halving, 2 * (4400 / 98 - 44), 60, {"North": 56, "South": 44}, "convergence: HALF"),
        # North 54; South 42.5 at least, and the 3.5 that are left, as North has more than its target.
        "floors": Case(falling, 0, 40, {"North": 54, "South": 46}, "Convergence:  falling"),
    },
}  # fmt: skip
"""Hand-worked answers by objective; the arithmetic is above each."""


NEEDED: dict[str, Collection[str]] = {
    "BLOCKS of program/build/objectives.py": BLOCKS,
    "VALUES of program/prove/objectives.py": VALUES,
    "CASES of tests/program/test_objectives.py, three books at least": [name for name in CASES if len(CASES[name]) > 2],
    "OBJECTIVES of tests/support/oracle.py": oracle.OBJECTIVES,
    "VALUES of tests/support/oracle.py": oracle.VALUES,
}
"""What has an entry for every built objective, and for no other."""


@pytest.mark.parametrize("where", NEEDED)
def test_every_built_objective_has_its_entry(where: str) -> None:
    missing, left_over = set(BY_NAME) - set(NEEDED[where]), set(NEEDED[where]) - set(BY_NAME)
    assert not missing, f"add {', '.join(sorted(missing))} to {where}"
    assert not left_over, f"no objective of contract/objectives.py, but in {where}: {', '.join(sorted(left_over))}"


def test_every_built_objective_is_of_the_contract() -> None:
    new = set(BY_NAME) - set(NAMES)
    assert not new, f"add {', '.join(sorted(new))} to NAMES of contract/objectives.py"


def test_no_two_objectives_have_a_name_a_word_or_a_stage_in_common() -> None:
    for field in ("name", "title", "noun", "a_noun", "metric", "words", "formula"):
        own = [getattr(objective, field) for objective in OBJECTIVES]
        assert len(set(own)) == len(own), f"two objectives of contract/objectives.py have the same {field}: {own}"
    stages = (SHORTFALL, *(objective.stage for objective in OBJECTIVES), TURNOVER)
    for own in ([stage.name for stage in stages], [stage.cost for stage in stages]):
        assert len(set(own)) == len(own), f"two stages of contract/objectives.py have the same name or cost: {own}"


@EVERY
def test_the_kind_of_an_objective_is_a_format_of_workbooks(objective: Objective) -> None:
    known = ", ".join(NUMBER_FORMATS)
    assert objective.kind in NUMBER_FORMATS, f"kind of {objective.name}: '{objective.kind}' is none of {known}"


def test_the_catalogue_of_metrics_makes_the_records_of_objectives_itself() -> None:
    own = {objective.metric for objective in OBJECTIVES if not objective.is_index} & set(catalogue())
    assert not own, f"take {', '.join(sorted(own))} out of metrics/catalogue.csv: its record is made from the objective"


@pytest.mark.parametrize("name, case", [(name, case) for name, cases in CASES.items() for case in cases])
def test_by_hand(name: str, case: str, solve: Solve) -> None:
    own, objective = CASES[name][case], BY_NAME[name]
    result = solve(asked(own.book(), own.asked or name))
    assert result.certificate.value == near(own.value)
    assert result.metric(objective.metric) == near(own.value)
    assert result.metric("index") == near(own.index, 2e-5)
    assert paid(result) == near(own.paid, 2e-5)


def test_the_two_objectives_differ_where_it_matters(solve: Solve) -> None:
    # Lung: the index is 0 with 8 and 8; the distance then is 4. With 10 and 8 it is 2, and the index 50.
    lung_of = {
        name: dict(solve(asked(lung(), name)).allocation.query("service == 'Lung'").set_index("place")["amount"])
        for name in ("gini", "l1")
    }
    assert lung_of == {"gini": near({"North": 8, "South": 8}), "l1": near({"North": 10, "South": 8})}


# ---- objectives that are not built --------------------------------------------------------------------


@pytest.mark.parametrize("name", [*(name for name in NAMES if name not in BY_NAME), *(f"{f}:Deaths" for f in FAMILIES)])
def test_an_objective_that_is_not_built_is_refused_by_name(name: str, read: Read) -> None:
    with pytest.raises(bm.InputErrors) as refused:
        read(asked(two_places(), name))
    (issue,) = [issue for issue in refused.value.issues if issue.severity == "error"]
    assert (issue.code, issue.sheet) == ("OBJECTIVE_NOT_BUILT", "Scenarios")
    assert issue.found == f"the objective '{name}' is not built yet in this version"
    assert issue.expected == f"one of: {', '.join(BY_NAME)}"


# ---- objectives x properties ----------------------------------------------------------------------------


def random_result(objective: Objective, seed: int, folder: Path) -> tuple[Path, bm.Budget, bm.Result]:
    """The first scenario of a random book that has an answer, solved for an objective."""
    path = asked(random_book(seed, "tiny"), objective.name).save(folder / "in.xlsx")
    budget = bm.read(path)
    for scenario in budget.scenarios:
        try:
            return path, budget, bm.solve(budget, scenario)
        except bm.Infeasible:
            continue
    pytest.fail(f"seed {seed} has no scenario with an answer")


@EVERY
@pytest.mark.parametrize("seed", SEEDS)
def test_an_independent_program_agrees(objective: Objective, seed: int, tmp_path: Path) -> None:
    path, _, result = random_result(objective, seed, tmp_path)
    other = oracle.solve(path, result.scenario)
    # The shortfall is held at its least x (1 + 1e-7) + 1e-7: a published one of £17m may be £1.80 above.
    assert result.certificate.shortfall == near(other.shortfall, 1e-6 * max(1.0, other.shortfall))
    assert result.certificate.value == near(other.value, 1e-6 * max(1.0, other.value))


def by_line(s: Structure, flows: pd.DataFrame) -> Array:
    """£m of flows by line of a structure and year."""
    named = zip(s.lines["place"], s.lines["service"], s.lines["provider"], strict=True)
    line = {(s.inputs.places[p], s.inputs.services[v], s.inputs.providers[j]): n for n, (p, v, j) in enumerate(named)}
    amounts = np.zeros((len(s.lines), s.years))
    for flow in flows.to_dict("records"):
        at = line[flow["place"], flow["service"], flow["provider"]], s.inputs.years.index(flow["year"])
        amounts[at] += flow["amount"]
    return amounts


@EVERY
def test_value_index_and_bound_are_those_of_the_published_flows(objective: Objective, tmp_path: Path) -> None:
    path, _, result = random_result(objective, 3, tmp_path)
    case, proof = oracle.load(path, result.scenario), result.certificate
    flows = result.frames["flows"]
    pennies = 1e-8 * len(flows) * (1 if objective.unit else 1000)  # published flows are whole pence
    assert oracle.VALUES[objective.name](case, flows) == near(proof.value, pennies)
    of_blocks = BLOCKS[objective.name].value(result.answer.structure, by_line(result.answer.structure, flows))
    assert of_blocks == near(proof.value, pennies), f"value of the Blocks of {objective.name}"
    assert oracle.evaluate_case(case, flows).index == near(proof.index, 1e-5 * len(flows))
    assert proof.objective == objective
    assert -1e-9 <= proof.value - proof.bound <= 1e-6 * max(1.0, proof.value)
    assert float(result.note(objective.value_label)) == near(proof.value)
    assert float(result.note("index")) == near(proof.index)
    assert result.note("objective") == objective.name


@pytest.mark.parametrize("objective", [o for o in OBJECTIVES if o != CONVERGENCE], ids=lambda o: o.name)
@pytest.mark.parametrize("seed", [6, 9])
def test_prices_are_what_a_change_does(objective: Objective, seed: int, tmp_path: Path) -> None:
    """A tenth of each price's range, or 0.01 of a step, solved again.

    A rule whose shortfall follows it is left out: its price holds the shortfall, the second solve does not. Where a
    convergence rule is met, as in these books, nothing has a price: see `tests/explain/test_prices.py`.
    """
    _, budget, result = random_result(objective, seed, tmp_path)
    prices = bm.explanation(result, parts=["prices"]).prices
    worth = prices[(prices["rank"] <= 4) & prices["kind"].isin(("rule", "source")) & prices["price_high"].notna()]
    worth = worth[(worth["kind"] == "source") | (worth["shortfall_price"].abs() < 1e-9)]
    assert len(worth), f"no price of {objective.name} in random book {seed}: name another seed"
    for row in worth.to_dict("records"):
        step = min((row["valid_to"] - row["value"]) / 10, 0.01 * row["one_step"])
        sheet, field = ("Rules", "Value") if row["kind"] == "rule" else ("Funding", "Amount")
        where = {"Rule": row["name"]} if row["kind"] == "rule" else {"Source": row["name"], "Year": row["year"]}
        variant = budget.changed(sheet, field=field, where=where, add=step)
        found = bm.what_if(budget, result.scenario, {"changed": variant})
        moved = float(found[f"{objective.metric}_change"].iloc[1]) / step * row["one_step"]
        assert moved == near(row["price_high"], 2e-3 * max(1.0, abs(row["price_high"]))), row["name"]
        assert objective.noun in row["words"]


@EVERY
def test_rows_in_another_order_give_the_same_answer(objective: Objective, tmp_path: Path) -> None:
    _, _, result = random_result(objective, 2, tmp_path)
    book = asked(random_book(2, "tiny"), objective.name)
    for sheet in ("Places", "Services", "Providers", "Sources", "Baseline", "Needs", "Funding", "Rules", "Target"):
        book[sheet].reverse()
    other = bm.solve(bm.read(book.save(tmp_path / "other.xlsx")), result.scenario)
    assert other.certificate.value == near(result.certificate.value, 1e-5)
    both = [each.allocation.set_index(["year", "place", "service"])["amount"].sort_index() for each in (result, other)]
    pd.testing.assert_series_equal(*both, check_exact=False, atol=1e-3, rtol=0)


@EVERY
def test_cover_checks_report_and_console_name_what_was_minimised(objective: Objective, tmp_path: Path) -> None:
    budget = bm.read(asked(pace(), objective.name).save(tmp_path / "in.xlsx"))
    results = bm.solve_all(budget)
    files = bm.write_results(results, tmp_path / "out" / "results.xlsx")
    book = openpyxl.load_workbook(files[0])
    words = {
        sheet.title: "\n".join(str(c) for r in sheet.iter_rows(values_only=True) for c in r if c) for sheet in book
    }
    value = results["Base"].certificate.value
    assert objective.words in words["Cover"]
    assert f"{objective.title} {objective.told(value, 1)}" in words["Cover"]
    assert f"The {objective.noun} is proved the lowest possible" in words["Checks"]
    assert f"Price ({objective.price} for £1m)" in words["Rules and prices"]
    report = next(path for path in files if path.suffix == ".html").read_text(encoding="utf-8")
    assert objective.words in report
    assert f"{objective.title} {objective.told(value, 1)}" in report
    lines = summary(results, bm.compare(results, budget), files, {}, 1.0)
    assert any(objective.told(value, 2) in line for line in lines)
    assert len(lines) <= 15
    assert all(len(line) <= 80 for line in lines)


def test_an_objective_that_is_not_the_usual_one_says_what_it_is(tmp_path: Path) -> None:
    for objective in OBJECTIVES:
        if objective == USUAL:
            continue
        budget = bm.read(asked(pace(), objective.name).save(tmp_path / "in.xlsx"))
        result = bm.solve(budget, "Base")
        assert objective.honest in "\n".join(result.run["value"])
        assert objective.ignores in objective.honest
        assert result.summary()[objective.metric] == near(result.certificate.value)
        (path, *_) = bm.write_results({"Base": result}, tmp_path / objective.name / "results.xlsx")
        cover = openpyxl.load_workbook(path)["Cover"]
        assert objective.honest in [c for row in cover.iter_rows(values_only=True) for c in row]


# ---- convergence rules ------------------------------------------------------------------------------------


def test_a_rule_that_asks_for_more_than_there_is_says_so_with_the_sum(tmp_path: Path) -> None:
    # 60 + 10%, and South at 95% of its target of 50, which is more than 40 + 10%: 66 + 47.5.
    book = two_places().add("Convergence", {"Policy": "Ten", "Kind": "floors", "Least growth": 0.1})
    book.set("Convergence", Least_growth_far_over=0.1).set("Scenarios", Objective="convergence: Ten")
    path = book.save(tmp_path / "in.xlsx")
    said = next(issue for issue in bm.check(path) if issue.code == "CONVERGENCE_UNMET")
    assert (said.sheet, said.cell, said.severity) == (
        "Convergence",
        book.cell("Convergence", 0, "Least growth"),
        "warning",
    )
    assert "the convergence rule 'Ten' asks for £113.5m in 2025/26, and there is £100.0m: £13.5m too much" in said.found
    with pytest.raises(bm.Infeasible) as unmet:
        bm.solve(bm.read(path), "Base")
    assert "£13.5m too much" in str(unmet.value)


def test_what_a_rule_leaves_on_the_table_and_how_long_it_takes(solve: Solve) -> None:
    # The ramp gives North 5970 / 99.9; the optimum 56, as South may grow by 10%. Targets 50.
    result = solve(asked(pace(), "convergence"))
    found = bm.beside_optimum(result).set_index("place")
    assert dict(found["by_rule"]) == near({"North": 5970 / 99.9, "South": 4020 / 99.9}, 1e-6)
    assert dict(found["optimum"]) == near({"North": 56, "South": 44}, 1e-6)
    assert dict(found["left"]) == near({"North": 56 - 5970 / 99.9, "South": 44 - 4020 / 99.9}, 1e-6)
    assert dict(found["distance"]) == near({"North": 59.7 / 49.95 - 1, "South": 40.2 / 49.95 - 1}, 1e-6)
    # No growth: the ratio of the two falls from 1.5 by 0.995 / 1.005 a year, to 1.05 / 0.95 after 30.6 years, to
    # 1.025 / 0.975 after 35.5. From there on the ramp is a fifth of 2.5% at most: it takes longer than at the caps.
    years = bm.years_to_target(result)
    assert (years[0.05], years[0.025]) == (31, 36)
    assert years[0.01] > years[0.025]
    with pytest.raises(bm.BadCommand):
        bm.beside_optimum(solve(asked(pace(), "gini")))


def test_a_rule_that_is_not_on_the_sheet_is_refused_with_the_near_name(read: Read) -> None:
    with pytest.raises(bm.InputErrors) as refused:
        read(asked(halving(), "convergence: Hlaf"))
    (issue,) = [issue for issue in refused.value.issues if issue.severity == "error"]
    assert (issue.code, issue.fix) == ("CONVERGENCE_UNKNOWN", "Did you mean 'convergence: Half'?")


# ---- explanations and comparisons of l1, by hand --------------------------------------------------------


@pytest.mark.parametrize(
    "tolerance, paid_to", [(None, (18, 42, 30)), (4, (18, 44, 28)), (12, (18, 48, 24)), (99, (18, 48, 24))]
)
def test_a_tolerance_is_in_pounds_of_the_weighted_distance(
    tolerance: float | None, paid_to: tuple[int, ...], solve: Solve
) -> None:
    # A may have 18 of its 30, B and C share 72 after 60. With C under its target of 30 the distance is
    # 12 + (72 - C - 30) + (30 - C) = 84 - 2C: least 24 at C = 30; £4m more lets C be 28. Least change gives both a
    # fifth more, 48 and 24, which is 36, so that £12m are enough for it.
    result = solve(asked(three_places(), "l1").set("Scenarios", Tolerance=tolerance))
    assert paid(result) == near(dict(zip("ABC", paid_to, strict=True)), 1e-4)  # plans are settled to £500
    assert result.metric("weighted_distance") == near(12 + abs(paid_to[1] - 30) + abs(paid_to[2] - 30), 2e-4)
    assert result.certificate.best == near(24)


def test_prices_of_the_weighted_distance_by_hand(solve: Solve) -> None:
    # £1m more for South comes out of North: 2 nearer. A point of the ceiling is £0.4m: 0.8. £1m more funding: targets
    # grow by 0.5 each, South's ceiling by 40 x 1% = 0.4: South is 0.1 further under and North 0.1 further above.
    result = solve(asked(pace(), "l1"))
    south = result.rules.query("rule == 'Pace' and place == 'South'").iloc[0]
    assert (south["price"], south["valid_from"], south["valid_to"]) == near((-2, 34, 50))
    prices = bm.explanation(result, parts=["prices"]).prices.set_index("name")
    assert prices.loc["Pace", "price_high"] == near(-0.8)
    assert prices.loc["Core", "price_high"] == near(0.2)
    assert "lowers the weighted distance by £0.800m" in prices.loc["Pace", "words"]


def test_freedom_and_what_a_rule_does_follow_the_weighted_distance(solve: Solve) -> None:
    # A has 18; B and C share 72 with 30 each at least: 30 to 42.
    result = solve(asked(three_places(), "l1"))
    free = bm.explanation(result, parts=["freedom"]).freedom.set_index("place")
    own = free[free["year"] == ""].loc[["B", "C"], ["least", "most"]]
    assert list(own.to_numpy().ravel()) == near([30, 42, 30, 42], 1e-4)
    # Without the cap every place gets 30.
    effect = bm.rule_effect(result, "Cap").query("year == ''").set_index("place")["amount"]
    assert dict(effect) == near({"A": -12, "B": 12, "C": 0}, 1e-5)


def test_what_if_and_weights_give_the_weighted_distance(read: Read) -> None:
    # The ceiling at 20%: South 48, North 52: 4, eight less.
    budget = read(asked(pace(), "l1"))
    wider = budget.changed("Rules", field="Value", where={"Rule": "Pace"}, to=0.2)
    found = bm.what_if(budget, "Base", {"wider": wider})
    assert list(found["weighted_distance"]) == near([12, 4])
    assert found["weighted_distance_change"].iloc[1] == near(-8)
    assert "index" not in found
    weights = bm.explanation(bm.solve(budget, "Base"), parts=["weights"]).weights
    assert weights["index"].isna().all()
    assert list(weights["weighted_distance"]) == near([12, 12, 12])  # one component: its weight is 1 in any case


def test_scenarios_of_several_objectives_are_ranked_apart(tmp_path: Path) -> None:
    """Two regimes and two objectives: two sets of two."""
    book = pace().add("Regimes", Regime="Pooled", Sources="all", Pot="pool").add("Contracts", Regime="Pooled")
    book.add("Scenarios", Scenario="Pooled", Regime="Pooled")
    for name, regime in (("Near", "Split"), ("Near, pooled", "Pooled")):
        book.add("Scenarios", Scenario=name, Regime=regime, Objective="l1")
    budget = bm.read(book.save(tmp_path / "in.xlsx"))
    results = bm.solve_all(budget)
    comparison = bm.compare(results, budget)
    table = comparison.frames["comparison_set"].set_index("scenario")
    assert dict(table["set"]) == {"Base": "Base", "Pooled": "Base", "Near": "Near", "Near, pooled": "Near"}
    assert list(table["rank"]) == [1, 1, 1, 1]
    assert list(table["index"]) == near([60] * 4)
    assert table.loc[["Near", "Near, pooled"], "index_at_equal_costs"].isna().all()
    assert list(table["weighted_distance_at_equal_costs"].dropna()) == near([12, 12])
    walls = comparison.frames["walls"].query("part == 'both'").set_index("scenario")
    assert walls.loc["Pooled", "index"] == near(60)
    assert walls.loc["Near, pooled", "weighted_distance"] == near(12)
    # The do-minimum leaves North 10 above and South 10 under.
    before = comparison.metrics.query("scenario == 'Do-minimum'").set_index("metric")["value"]
    assert before["weighted_distance"] == near(20)
    best = comparison.metrics.query("metric == 'best_index'")
    assert list(best["value"]) == near([0, 0])
    path = bm.write_results(results, tmp_path / "out" / "results.xlsx")[0]
    cover = "\n".join(str(c) for row in openpyxl.load_workbook(path)["Cover"].iter_rows(values_only=True) for c in row)
    assert "Not ranked with them, as they minimise something else: 'Near' (weighted distance from target)" in cover
    assert "Scenarios are ranked among those with the same objective only." in cover
