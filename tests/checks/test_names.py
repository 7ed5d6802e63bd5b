"""Free names, by which rows belong together, are one name whatever their case and spaces: also after changes."""

from __future__ import annotations

from pathlib import Path

import pytest

import budgetmodel as bm
from budgetmodel.contract import schema
from budgetmodel.contract.issues import Issue, grouped
from tests.support import oracle
from tests.support.builder import Book, two_places

CHOICES = (("Sources", "Kind"), ("Regimes", "Decided at"))


def halves() -> Book:
    """Core is at home in North, Grant in South; both are lawful everywhere, so a pool of both can level."""
    book = two_places().remove("Sources").remove("Funding").remove("Regimes")
    book.add("Sources", Source="Core", Home_places="North").fund("Core", [70])
    book.add("Sources", Source="Grant", Home_places="South").fund("Grant", [30])
    book.add("Regimes", Regime="Split", Sources="Core", Pot="Pool")
    return book.add("Regimes", Regime="Split", Sources="Grant", Pot="Pool")


def repairs(issues: list[Issue] | tuple[Issue, ...]) -> list[tuple[str, str, str]]:
    return [(issue.severity, issue.sheet, issue.cell) for issue in issues if issue.code == "WHITESPACE_CASE"]


def index(result: bm.Result) -> float:
    metrics = result.metrics
    return float(metrics[(metrics["metric"] == "index") & (metrics["group"] == "")]["value"].iloc[0])


@pytest.mark.parametrize("spelt", ["pool", "POOL", "Pool ", " Pool", "Pool\u00a0"])
def test_a_pot_in_another_spelling_is_the_same_pot(tmp_path: Path, spelt: str) -> None:
    book = halves().set("Regimes", row=1, Pot=spelt)
    path = book.save(tmp_path / "in.xlsx")
    result = bm.solve(bm.read(path), "Base")
    assert index(result) == pytest.approx(0, abs=1e-6)
    assert set(result.flows["pot"]) == {"Pool"}
    assert repairs(bm.check(path)) == [("repaired", "Regimes", book.cell("Regimes", 1, "Pot"))]
    assert oracle.solve(path, "Base").index == pytest.approx(0, abs=1e-5)


def test_two_spaces_in_a_name_are_one(tmp_path: Path) -> None:
    book = halves().set("Regimes", row=0, Pot="The pool").set("Regimes", row=1, Pot="The  pool")
    path = book.save(tmp_path / "in.xlsx")
    assert set(bm.solve(bm.read(path), "Base").flows["pot"]) == {"The pool"}
    assert repairs(bm.check(path)) == [("repaired", "Regimes", book.cell("Regimes", 1, "Pot"))]


def test_each_stays_a_keyword_in_any_case(tmp_path: Path) -> None:
    book = halves().set("Regimes", row=0, Pot="each").set("Regimes", row=1, Pot="Each")
    path = book.save(tmp_path / "in.xlsx")
    assert bm.check(path) == []
    assert set(bm.solve(bm.read(path), "Base").flows["pot"]) == {"Core", "Grant"}


def test_a_pot_that_a_change_spells_otherwise_is_the_same_pot(tmp_path: Path) -> None:
    book = halves().set("Regimes", row=1, Pot="Other")
    book.add("Scenarios", Scenario="Joined", Regime="Split")
    book.change("Joined", "Regimes", "set", Where="Sources=Grant", Field="Pot", Value="pool")
    budget = bm.read(book.save(tmp_path / "in.xlsx"))
    assert index(bm.solve(budget, "Joined")) == pytest.approx(0, abs=1e-6)
    [told] = [issue for issue in budget.of_scenarios["Joined"] if issue.code == "WHITESPACE_CASE"]
    assert (told.cell, "(set by Changes!" in told.found) == (book.cell("Regimes", 1, "Pot"), True)


def test_a_regime_in_another_spelling_is_the_same_regime(tmp_path: Path) -> None:
    book = halves().set("Regimes", row=1, Regime="split")
    path = book.save(tmp_path / "in.xlsx")
    assert bm.read(path).regimes == ("Split",)
    assert index(bm.solve(bm.read(path), "Base")) == pytest.approx(0, abs=1e-6)
    assert oracle.solve(path, "Base").index == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("groups", [("Alliance", "alliance"), ("second", None), ("FIRST ", "First")])
def test_a_lead_group_in_another_spelling_is_one_party(tmp_path: Path, groups: tuple[str, str | None]) -> None:
    # 'second' is the group of First that is called like the provider Second: one contract with both.
    book = two_places().remove("Providers").remove("Baseline")
    for provider, group in zip(("First", "Second"), groups, strict=True):
        book.add("Providers", Provider=provider, Lead_group=group)
    book.spend("North", "Care", "First", 60).spend("South", "Care", "Second", 40)
    book.set("Contracts", Counted_by="lead group", Cost_per_contract=1000)
    path = book.save(tmp_path / "in.xlsx")
    result = bm.solve(bm.read(path), "Base")
    assert result.contracts["cost"].sum() == pytest.approx(1)
    assert sum(oracle.solve(path, "Base").contracts.values()) == 1
    assert len(repairs(bm.check(path))) == 1


def test_a_holder_in_another_spelling_is_the_same_organisation(tmp_path: Path) -> None:
    book = halves().set("Sources", row=1, Holder="icb")
    result = bm.solve(bm.read(book.save(tmp_path / "in.xlsx")), "Base")
    crossing = result.metrics[result.metrics["metric"] == "crossing_organisations"]
    assert crossing["value"].tolist() == pytest.approx([0] * len(crossing))


def test_choices_in_another_case_are_told_once_a_column(tmp_path: Path) -> None:
    book = halves().set("Sources", Kind="Recurrent").set("Regimes", Decided_at="SYSTEM")
    issues = grouped(bm.check(book.save(tmp_path / "in.xlsx")))
    cells = {column: ",".join(book.cell(sheet, row, column) for row in (0, 1)) for sheet, column in CHOICES}
    assert repairs(issues) == [("repaired", sheet, cells[column]) for sheet, column in CHOICES]


def test_every_name_that_rows_share_is_one_name() -> None:
    # What is grouped by in results but declared by no sheet.
    found = {(sheet.name, column.name) for sheet in schema.SHEETS for column in sheet.columns if column.one_name_in}
    assert found == {
        ("Places", "Group"),
        ("Needs", "Need measure"),
        ("Services", "Programme"),
        ("Providers", "Lead group"),
        ("Sources", "Holder"),
        ("Regimes", "Regime"),
        ("Regimes", "Pot"),
        ("Indicators", "Indicator"),
    }
