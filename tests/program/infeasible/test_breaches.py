"""What an answer with a way out applied misses of the workbook as it stands: in £ and in the unit of the cell."""

from __future__ import annotations

from pathlib import Path

import pytest

import budgetmodel as bm
from tests.program.infeasible.test_conflict import late, pressed, walled
from tests.support.builder import Book, two_places, with_years
from tests.support.figures import near

COLUMNS = ["rule", "cell", "year", "place", "asks", "gives", "short", "unit", "value", "given"]


def not_met(book: Book, path: Path, scenario: str = "Base", **layout: str) -> bm.Result:
    """The answer of a scenario that cannot be met."""
    budget = bm.read(book.save(path / "in.xlsx", **layout))
    with pytest.raises(bm.Infeasible) as caught:
        bm.solve(budget, scenario)
    assert isinstance(caught.value.answer, bm.Result), caught.value.unanswered
    assert (caught.value.answer.status, caught.value.answer.scenario) == ("not met", scenario)
    return caught.value.answer


def rows(result: bm.Result) -> list[tuple[object, ...]]:
    return list(result.breaches[COLUMNS].itertuples(index=False, name=None))


def test_a_floor_above_the_money_is_missed_place_by_place(tmp_path: Path) -> None:
    # 20% on 60 and 40 is 72 and 48: 120 of 100. At 0% each place keeps what it has, so 12 and 8 are missing.
    book = two_places().rule("Floor", "change", "at least", 0.2, Each="place")
    found, cell = rows(not_met(book, tmp_path)), f"Rules!{book.cell('Rules', 0, 'Value')}"
    assert [row[:4] for row in found] == [("Floor", cell, "2025/26", place) for place in ("North", "South")]
    assert [row[4:7] for row in found] == [near((72, 60, 12)), near((48, 40, 8))]
    assert [row[7:] for row in found] == [("share", near(0.2), near(0)), ("share", near(0.2), near(0))]


def test_the_certificate_is_of_the_changed_tables_and_the_breach_of_the_workbook(tmp_path: Path) -> None:
    book = two_places().rule("Floor", "amount", "at least", 105)
    result = not_met(book, tmp_path)
    assert result.certificate.worst_residual <= 1e-6  # the Floor of 100, which the way out types, holds
    assert result.inputs.frame("Rules")["Value"].tolist() == near([100])
    assert rows(result)[0][4:] == (near(105), near(100), near(5), "£m", near(105), near(100))
    assert "asks for at least £105.0m in 2025/26 and gets £100.0m: £5.0m short" in result.breaches["words"][0]
    assert result.note("status") == "not met"
    assert result.changes["change_cell"].tolist() == ["way out 1"]


def test_money_is_in_the_unit_of_the_workbook(tmp_path: Path) -> None:
    result = not_met(two_places().rule("Floor", "amount", "at least", 105), tmp_path, layout="pounds")
    assert rows(result)[0][4:] == (near(105), near(100), near(5), "£", near(105e6, 1), near(100e6, 1))


def test_pounds_per_head_are_in_pounds(tmp_path: Path) -> None:
    # £110,000 for each of 1,000 heads is £110m of £100m.
    book = two_places().rule("Floor", "per head", "at least", 110_000, Of="Population")
    with_all = rows(not_met(book, tmp_path))
    assert sum(float(str(row[6])) for row in with_all) == near(120)  # 2,000 heads: 220 of 100
    assert {row[7] for row in with_all} == {"£"}
    assert with_all[0][8:] == (near(110_000), near(50_000))


def test_a_ceiling_is_missed_by_what_is_over(tmp_path: Path) -> None:
    # 5% less for each place leaves £5m with nowhere to go: 57 + 38.
    result = not_met(two_places().rule("Cap", "change", "at most", -0.05, Each="place"), tmp_path)
    assert result.breaches["short"].sum() == near(5)
    assert result.breaches["words"].str.endswith("over").all()


def test_years_in_which_a_rule_is_missed_by_different_amounts_have_rows_of_their_own(tmp_path: Path) -> None:
    # 100 and 102 of money, all of which is spent, against 105 in both years.
    book = with_years(two_places(), 2, 0.02).rule("Floor", "amount", "at least", 105)
    found = not_met(book, tmp_path).breaches
    assert found[["year", "short"]].to_numpy().tolist() == [["2025/26", near(5)], ["2026/27", near(3)]]
    book.rule("Second", "amount", "at least", 103, Years="2026/27")
    found = not_met(book, tmp_path).breaches.set_index(["rule", "year"])["short"]
    assert found["Floor", "2025/26"] == near(5)
    assert found["Second", "2026/27"] == near(1)


def test_money_that_is_added_is_told_at_its_cell(tmp_path: Path) -> None:
    # The 5 of a grant have nowhere to go, and no rule helps: Funding is lowered to 0.
    book = two_places().add("Services", Service="Cure")
    book.add("Sources", Source="Grant", Home_services="Cure", Lawful_services="Cure").fund("Grant", [5])
    found = not_met(book, tmp_path).breaches
    assert found["constraint"].tolist() == ["source balance"]
    assert found["cell"].tolist() == [f"Funding!{book.cell('Funding', 1, 'Amount')}"]
    assert found[["asks", "gives", "short"]].to_numpy().tolist() == [near([5, 0, 5])]
    assert found["words"].tolist() == ["'Grant' has £5.0m in 2025/26 and spends £0.0m: £5.0m less"]


def test_where_the_way_out_leaves_nothing_to_spend_there_is_no_answer_and_the_error_says_so(tmp_path: Path) -> None:
    # One contract costs £101m of £100m: £1m more pays for the contract, and for nothing else.
    budget = bm.read(two_places().set("Contracts", Cost_per_contract=101_000).save(tmp_path / "in.xlsx"))
    with pytest.raises(bm.Infeasible) as caught:
        bm.solve(budget, "Base")
    assert caught.value.answer is None
    assert "leave nothing to spend in 2025/26" in caught.value.unanswered


def test_a_place_key_that_is_cleared_is_told_as_the_money_in_the_wrong_place(tmp_path: Path) -> None:
    # The key says half and half of 110; each place has its own money: 60 and 50.
    result = not_met(walled(), tmp_path)
    spent = result.spend("place").set_index("place")["amount"]
    assert result.breaches["constraint"].tolist() == ["place key"]
    assert result.breaches["short"][0] == near(abs(spent["North"] - spent["South"]) / 2)


def test_carry_forward_beyond_its_share_is_told(tmp_path: Path) -> None:
    # 99 and 1: a floor of 15 in the second year needs 14 carried, and 10% of 99 are 9.9. Rules give way first.
    result = not_met(late(), tmp_path)
    assert set(result.breaches["constraint"]) <= {"amount", "carry forward"}
    assert result.breaches["short"].sum() == near(4.1)


@pytest.mark.parametrize("seed", range(6))
def test_only_cells_of_the_way_out_are_missed_on_random_books(tmp_path: Path, seed: int) -> None:
    budget = bm.read(pressed(seed, "tiny").save(tmp_path / "in.xlsx"))
    failures: dict[str, bm.BudgetError] = {}
    bm.solve_all(budget, failures=failures)
    for failure in failures.values():
        assert isinstance(failure, bm.Infeasible)
        if not isinstance(failure.answer, bm.Result):
            assert failure.unanswered
            continue
        way = failure.explanation.way_to_apply if failure.explanation else None
        assert way is not None
        missed = failure.answer.breaches
        if way.of_rules:  # with other money, average growth is another, and with it what rules on it ask
            assert set(missed["cell"]) <= {step.cell for step in way.steps}
        assert (missed["short"] > 0).all()
