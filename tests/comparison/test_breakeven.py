"""Break-even by hand and against the workbook itself: type the cost in, run, and the sign has turned."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import budgetmodel as bm
from budgetmodel.comparison.breakeven import break_even
from budgetmodel.comparison.highest_contract_cost import highest_contract_cost
from tests.comparison.books import split_and_pooled, with_a_ceiling, with_a_floor
from tests.support.builder import Book
from tests.support.figures import near
from tests.support.random_books import random_book

LEAD = "contract cost at which the lead in index goes"


def found(book: Book, folder: Path) -> pd.DataFrame:
    """The break-evens of Pooled against Split, by measure."""
    budget = bm.read(book.save(folder / "in.xlsx"))
    frame = bm.compare(bm.solve_all(budget), budget).frames["breakeven"]
    assert set(frame["scenario"]) == {"Pooled"}
    return frame.set_index("measure")


def test_contract_cost_fee_and_one_off_by_hand(tmp_path: Path) -> None:
    # Split's two contracts cost £2m. Pooled's one at £0.5m releases 1.5; at £2m, four times as much, nothing.
    frame = found(with_a_ceiling(split_and_pooled()), tmp_path)
    contract = frame.loc["contract cost"]
    assert (contract["now"], contract["value"], contract["unit"]) == (near(500), near(2000), "£k per contract")
    assert (contract["below"], contract["released_below"]) == (near(2000), near(0))
    assert (contract["above"], contract["released_above"]) == (near(2000.001), near(-1e-6, 1e-9))  # a pound more
    assert contract["index_above"] == near(100 * (12 - 2.000001) / 20, 1e-9)
    assert (contract["status"], contract["how"]) == ("turns", "solved in full on both sides")
    # £99.5m is spent: fees of 1.5 / 99.5 of it would use up what is released.
    fee = frame.loc["fee"]
    assert (fee["now"], fee["value"]) == (near(0), near(1.5 / 99.5, 1e-12))
    assert fee["released_below"] > 0 > fee["released_above"]
    one_off = frame.loc["one-off cost"]
    assert (one_off["value"], one_off["released_below"], one_off["released_above"]) == (near(1.5), 1e-8, -1e-8)
    assert np.isnan(one_off["now"])  # the workbook does not say what pooling costs once


def test_fees_move_the_break_even_and_change_no_allocation(tmp_path: Path) -> None:
    # With 1% fees on Pooled's money: C + 1% x (100 - C) = 2 at C = 1 / 0.99.
    book = with_a_ceiling(split_and_pooled()).set("Contracts", where={"Regime": "Pooled"}, Fee=0.01)
    frame = found(book, tmp_path)
    assert frame.loc["contract cost", "value"] == near(1000 / 0.99, 2e-3)
    assert frame.loc["contract cost", "released_now"] == near(2 - 0.5 - 0.995)
    assert frame.loc["fee", "value"] == near(1.5 / 99.5, 1e-9)
    money = [
        bm.solve(bm.read(each.save(tmp_path / "fee.xlsx")), "Pooled").allocation["amount"]
        for each in (book, book.copy().set("Contracts", where={"Regime": "Pooled"}, Fee=0.3))
    ]
    assert list(money[0]) == list(money[1])


def test_the_lead_in_index_goes_where_it_says(tmp_path: Path) -> None:
    # North gets 56: South has 44 - C, index 100 x (12 + C) / 20, which is Split's 100 at C = 8. Indices closer than
    # 0.0001 are level, which is £20 of contract cost.
    lead = found(with_a_floor(split_and_pooled()), tmp_path).loc[LEAD]
    assert (lead["status"], lead["value"]) == ("turns", near(8000, 0.05))
    assert lead["above"] - lead["below"] <= 0.001 + 1e-9


def test_a_lead_that_lasts_until_nothing_is_possible(tmp_path: Path) -> None:
    # A pool of 100 pays for a contract of 100 and no more; South never gets more than North.
    lead = found(with_a_ceiling(split_and_pooled()), tmp_path).loc[LEAD]
    assert lead["status"] == "no allocation keeps every must rule above"
    assert lead["below"] <= 100_000 <= lead["above"]


def test_money_released_until_no_allocation_is_left(tmp_path: Path) -> None:
    # North must get 98.6, so a pool of 100 can pay 1.4 for its contract and no more; at 2 nothing would be released.
    book = split_and_pooled().rule("Floor", "amount", "at least", 98.6, Places="North")
    budget = bm.read(book.save(tmp_path / "in.xlsx"))
    failures: dict[str, bm.Infeasible] = {}
    results = bm.solve_all(budget, failures=failures)  # type: ignore[arg-type]  # Split has no answer: 59 for North
    assert list(failures) == ["Split"]
    assert highest_contract_cost(results["Pooled"].answer) == near(1.4 / 0.5)
    split = bm.solve(bm.read(split_and_pooled().save(tmp_path / "free.xlsx")), "Split")
    frame = break_even(results["Pooled"], split).set_index("measure")
    contract = frame.loc["contract cost"]
    assert contract["status"] == "releases money as long as any allocation keeps every must rule"
    assert (contract["below"], contract["above"]) == (near(1400, 0.01), near(1400.001, 0.01))
    assert contract["released_below"] == near(2 - 1.4, 1e-5)
    assert np.isnan(contract["value"])


def test_a_regime_that_releases_nothing_at_any_cost(tmp_path: Path) -> None:
    # Pooled's fee of 5% is £4.975m, more than the £2m of Split, whatever its contract costs.
    book = split_and_pooled().set("Contracts", where={"Regime": "Pooled"}, Fee=0.05)
    frame = found(book, tmp_path)
    assert frame.loc["contract cost", "status"] == "releases nothing at any cost"
    assert frame.loc["one-off cost", "status"] == "releases nothing at any cost"
    assert frame.loc["fee", "value"] == near(1.5 / 99.5, 1e-9)  # below the fee there is


def test_free_contracts_have_no_cost_to_raise(tmp_path: Path) -> None:
    frame = found(split_and_pooled(pooled=0), tmp_path)
    assert frame.loc["contract cost", "status"] == "no contract costs to raise"
    assert frame.loc["one-off cost", "value"] == near(2)


def released(budget: bm.Budget, own: str, first: str) -> float:
    costs = [bm.solve(budget, name).metric("transaction_cost") for name in (first, own)]
    return costs[0] - costs[1]


@pytest.mark.parametrize("seed", [7, pytest.param(3, marks=pytest.mark.slow), pytest.param(11, marks=pytest.mark.slow)])
def test_typing_the_cost_into_the_workbook_turns_the_sign(seed: int, tmp_path: Path) -> None:
    budget = bm.read(random_book(seed).remove("Changes").save(tmp_path / "in.xlsx"))
    frame = bm.compare(bm.solve_all(budget), budget).frames["breakeven"]
    turns = frame[(frame["measure"] == "contract cost") & (frame["status"] == "turns")]
    assert len(turns)
    for _, row in turns.iterrows():
        regime = str(budget.scenario_row(row["scenario"])["Regime"])
        for side in ("below", "above"):
            typed = budget.changed(
                "Contracts", field="Cost per contract", where={"Regime": regime}, multiply=row[side] / row["now"]
            )
            seen = released(typed, row["scenario"], row["against"])
            assert seen == near(row[f"released_{side}"], 1e-5), (row["scenario"], side)
            assert seen >= -1e-6 if side == "below" else seen <= 1e-6


def test_at_the_published_mix_nothing_is_solved_in_full_and_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As if the program were a large one. Fees are 1% of all money whatever the mix, so the figure is the same.
    book = with_a_ceiling(split_and_pooled()).set("Contracts", where={"Regime": "Pooled"}, Fee=0.01)
    budget = bm.read(book.save(tmp_path / "in.xlsx"))
    results = bm.solve_all(budget)
    monkeypatch.setattr("budgetmodel.comparison.breakeven.SIMPLEX_UP_TO", 0)
    monkeypatch.setattr("budgetmodel.comparison.breakeven.finish", None)
    frame = break_even(results["Pooled"], results["Split"]).set_index("measure")
    contract = frame.loc["contract cost"]
    assert contract["how"] == "at the published mix of money; shortfall and index re-solved above"
    assert contract["value"] == near(1000 / 0.99, 1e-3)
    assert contract["index_above"] == near(60 - 5 / 0.99, 1e-4)
    assert frame.loc[LEAD, "status"] == "still leads there"
    assert frame.loc[LEAD, "below"] == contract["below"]
