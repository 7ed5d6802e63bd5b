"""Scenario packs: how they join a workbook, what is refused, and that every pack that is shipped does what it says."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import pandas as pd
import pytest

import budgetmodel as bm
from budgetmodel.answers.provenance import provenance
from budgetmodel.api import check, with_changes
from budgetmodel.contract.issues import Issue, errors
from budgetmodel.scenarios.budget import selected
from budgetmodel.scenarios.packs import with_packs
from tests.scenarios.test_scenarios import amounts, base_book
from tests.support.builder import SHEETS, Book

ROOT = Path(__file__).parents[2]
HEADER = "Scenario,Based on,Regime,Purpose,Owner,Table,Where,Field,Change,Value,Unit,Reason"


@pytest.fixture
def base(tmp_path: Path) -> bm.Budget:
    """Scenarios Base and More (based on Base), both of the regime Split, funding 100 and 100."""
    book = base_book().change("More", "Funding", "set", Where="Year=2026/27", Field="Amount", Value=80)
    return bm.read(book.save(tmp_path / "in.xlsx"))


def pack(folder: Path, *rows: str, header: str = HEADER, name: str = "pack.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return path


def after(budget: bm.Budget, scenario: str) -> bm.Budget:
    changed, issues = budget.inputs_of(scenario)
    assert changed is not None, issues
    return changed


def refused(budget: bm.Budget, *paths: Path) -> list[Issue]:
    with pytest.raises(bm.InputErrors) as caught:
        with_changes(budget, packs=paths)
    return list(errors(caught.value.issues))


# ---- joining -----------------------------------------------------------------------------------------


def test_a_scenario_without_parent_and_regime_is_made_for_each_of_the_workbook(base: bm.Budget, tmp_path: Path) -> None:
    path = pack(
        tmp_path,
        "Cut,,,Why not,Ann,Funding,,Amount,multiply,90%,,savings",
        "Deep,Cut,,,,Funding,Year=2026/27,Amount,add,-5,£m,more savings",
    )
    joined = with_changes(base, packs=[path])
    assert joined.scenarios == ("Base", "More", "Cut (Base)", "Cut (More)", "Deep (Base)", "Deep (More)")
    assert amounts(after(joined, "Cut (Base)")) == [90, 90]  # 0.9 x 100
    assert amounts(after(joined, "Cut (More)")) == [90, 72]  # More makes the second 80; 0.9 x 80
    assert amounts(after(joined, "Deep (More)")) == [90, 67]  # 72 - 5
    assert joined.scenario_row("Cut (More)")["Regime"] == "Split"
    row = after(joined, "Cut (More)").ledger.iloc[-1]
    assert tuple(row) == (row["cell"], "80", "72", "pack.csv!I2", "savings", "Ann")
    assert (base.scenarios, base.packs) == (("Base", "More"), ())


def test_a_run_solves_what_the_pack_brings_for_the_scenarios_asked_for(base: bm.Budget, tmp_path: Path) -> None:
    joined = with_packs(base, [pack(tmp_path, "Cut,,,,,Funding,,Amount,multiply,0.9,,x", "Own,Base,,,,,,,,,,")])
    assert selected(joined, None) == joined.scenarios == ("Base", "More", "Cut (Base)", "Cut (More)", "Own")
    assert selected(joined, ["Base"]) == ("Base", "Cut (Base)", "Own")
    assert selected(joined, ["More"]) == ("More", "Cut (More)")
    assert selected(joined, ["Cut (Base)"]) == ("Cut (Base)",)


def test_a_regime_without_a_parent_means_the_workbook_as_it_stands(base: bm.Budget, tmp_path: Path) -> None:
    joined = with_packs(base, [pack(tmp_path, "New,,Split,,,Funding,Year=2025/26,Amount,add,1,,x")])
    assert joined.scenarios == ("Base", "More", "New")
    assert amounts(after(joined, "New")) == [101, 100]


def test_a_blank_regime_is_that_of_the_parent(tmp_path: Path) -> None:
    book = base_book().add("Regimes", Regime="Pool", Pot="One").add("Contracts", Regime="Pool")
    book.add("Scenarios", Scenario="Pooled", Regime="Pool")
    joined = bm.read(book.save(tmp_path / "in.xlsx"), packs=[pack(tmp_path, "A,Pooled,,,,,,,,,,", "B,A,,,,,,,,,,")])
    assert [joined.scenario_row(name)["Regime"] for name in ("A", "B")] == ["Pool", "Pool"]


def test_a_pack_may_be_a_workbook(base: bm.Budget, tmp_path: Path) -> None:
    book = Book().add("Scenarios", Scenario="Cut", Regime=None, Objective=None)
    book.change("Cut", "Funding", "multiply", Field="Amount", Value=0.5)
    path = book.save(
        tmp_path / "cuts.xlsx", omit=tuple(sheet for sheet in SHEETS if sheet not in ("Scenarios", "Changes"))
    )
    joined = with_packs(base, [path])
    assert amounts(after(joined, "Cut (More)")) == [50, 40]
    assert set(after(joined, "Cut (More)").ledger["change_cell"][1:]) == {"[cuts.xlsx]Changes!E5"}
    book.set("Changes", Where="Source=Cora").save(path, book.layout)
    assert [(issue.code, issue.where) for issue in refused(base, path)] == [("CHANGE_NO_ROW", "[cuts.xlsx]Changes!C5")]


def test_packs_and_sets_go_together_and_enter_the_provenance(base: bm.Budget, tmp_path: Path) -> None:
    paths = [
        pack(tmp_path, "Cut,,,,,Funding,,Amount,multiply,0.9,,x"),
        pack(tmp_path, "Rise,Base,,,,Funding,,Amount,multiply,1.1,,x", name="rise.csv"),
    ]
    joined = with_changes(base, ["Funding.Amount[Year=2025/26] = 50"], paths)
    assert amounts(after(joined, "Cut (More)")) == [50, 72]
    assert amounts(after(joined, "Rise")) == [50, pytest.approx(110)]
    notes = provenance(joined)
    assert [notes["pack 1"], notes["pack 2"]] == ["pack.csv", "rise.csv"]
    assert notes["pack 2 SHA-256"] == hashlib.sha256(paths[1].read_bytes()).hexdigest()


def test_a_workbook_without_changes_takes_a_pack(tmp_path: Path) -> None:
    base = bm.read(base_book().save(tmp_path / "in.xlsx", omit=("Changes", "Provision", "Indicators")))
    joined = with_packs(base, [pack(tmp_path, "Cut,,,,,Funding,,Amount,multiply,0.9,,x")])
    assert amounts(after(joined, "Cut (Base)")) == [90, 90]


# ---- what is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "row, code, where, says",
    [
        ("X,Moore,,,,,,,,,,", "SCENARIO_UNKNOWN", "pack.csv!B2", "'More'"),
        ("X,Base,Splot,,,,,,,,,", "REGIME_UNKNOWN", "pack.csv!C2", "'Split'"),
        ("More,Base,,,,,,,,,,", "DUP_SCENARIO", "pack.csv!A2", "Scenarios!A6"),
        ("X,X,,,,,,,,,,", "SCENARIO_UNKNOWN", "pack.csv!B2", "regime"),
        ("X,Base,,,,Fundign,,Amount,set,5,,x", "CHANGE_TABLE", "pack.csv!F2", "'Funding'"),
        ("X,Base,,,,Funding,Source=Cora,Amount,set,5,,x", "CHANGE_NO_ROW", "pack.csv!G2", "'Core'"),
        ("X,Base,,,,Funding,,Amonut,set,5,,x", "CHANGE_FIELD", "pack.csv!H2", "'Amount'"),
        ("X,Base,,,,Funding,,Amount,sett,5,,x", "CHOICE_UNKNOWN", "pack.csv!I2", "'set'"),
        ("X,Base,,,,Funding,,Amount,add,lots,,x", "NOT_A_NUMBER", "pack.csv!J2", "lots"),
        ("X,Base,,,,Funding,,Amount,set,5,£k,x", "UNIT_SCALE", "pack.csv!K2", "£m"),
        ("X,Base,,,,Funding,,Amount,set,-5,,x", "NEG_BUDGET", "Funding!C5", "(set by pack.csv!I2)"),
        ("X,Base,,,,Places,,Place,append,East,,x", "PLACE_MISSING", "Needs!A6", "(after pack.csv!I2)"),
        ("X,Base,,,,,,,,,,\nX,More,,,,,,,,,,", "PACK_CLASH", "pack.csv!B3", "'Base' in pack.csv!B2"),
        ("X,,,,,,,,,,,\nX,,Split,,,,,,,,,", "PACK_CLASH", "pack.csv!C3", "blank in pack.csv!C2"),
    ],
)
def test_messages_name_the_packs_file_and_cell(
    base: bm.Budget, tmp_path: Path, row: str, code: str, where: str, says: str
) -> None:
    issue = refused(base, pack(tmp_path, row))[0]
    assert (issue.code, issue.where) == (code, where)
    assert says in issue.sentence


def test_every_problem_of_every_pack_is_reported_at_once(base: bm.Budget, tmp_path: Path) -> None:
    one = pack(tmp_path, "X,Base,,,,Funding,,Amonut,set,5,,x", "X,,,,,Rool,,Value,set,5,,x", name="one.csv")
    two = pack(tmp_path, "Y,,,,,Funding,,Amount,add,x,,x", name="two.csv")
    found = refused(base, one, two)
    assert {issue.where for issue in found} == {"one.csv!H2", "one.csv!F3", "two.csv!J2"}
    assert len(found) == 3  # what a pack's row does in two scenarios is told once


def test_a_pack_may_fill_an_optional_sheet_that_the_workbook_lacks(tmp_path: Path) -> None:
    path = base_book().save(tmp_path / "in.xlsx", omit=("Provision",))
    row = "X,Base,,,,Provision,Places=all; Services=Cure; Providers=Trust,,append,,,x"
    assert [i.code for i in check(path, packs=[pack(tmp_path, row)]) if i.severity == "error"] == []


def test_a_misspelt_column_of_a_pack_is_named(base: bm.Budget, tmp_path: Path) -> None:
    [issue] = refused(base, pack(tmp_path, "X", header=HEADER.replace("Regime,", "Regimee,")))
    assert (issue.code, issue.where) == ("COL_RENAMED", "pack.csv!C1")


@pytest.mark.parametrize(
    "content, code",
    [
        (b"", "WRONG_TYPE"),
        (b"PK\x03\x04 nonsense", "WRONG_TYPE"),
        (b"\xd0\xcf\x11\xe0 nonsense", "WRONG_TYPE"),
        (f"{HEADER}\nX,,,\u00a35,,,,,,,,".encode("cp1252"), "WRONG_TYPE"),
        (b"\xff\xfeS\x00c\x00", "WRONG_TYPE"),
        (b"Scenario\x00,Table\n", "WRONG_TYPE"),
        (f'{HEADER}\n"X,,,'.encode(), "DAMAGED"),
        (HEADER.encode() + b"\n" + b"x" * 200_000, "DAMAGED"),
        (b"," * 300, "BIG_FILE"),
        (b"\n" * 100_002, "BIG_FILE"),
        (b"x" * (21 * 1024 * 1024), "BIG_FILE"),
        (b"Purpose;Owner\nx;y\n", "HEADER_SHIFT"),
    ],
)
def test_files_that_are_no_packs_are_refused(base: bm.Budget, tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "pack.csv"
    path.write_bytes(content)
    [issue] = refused(base, path)
    assert issue.code == code
    assert "pack.csv" in issue.where


@pytest.mark.parametrize("name", ["pack.xlsx", "pack.txt"])
def test_a_csv_pack_by_another_name_is_told_what_to_call_it(base: bm.Budget, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(f"{HEADER}\n", encoding="utf-8")
    [issue] = refused(base, path)
    assert (issue.code, issue.expected) == ("WRONG_TYPE", "a scenario pack, .csv in UTF-8 or .xlsx")
    assert "let its name end in .csv" in issue.fix


def test_check_lists_what_is_wrong_with_a_pack_and_the_changes(tmp_path: Path) -> None:
    path = base_book().save(tmp_path / "in.xlsx")
    found = check(path, ["Rules.Vallue = 1"])
    assert [(issue.code, issue.where) for issue in found] == [("CHANGE_FIELD", "--set 1")]
    found = check(path, packs=[pack(tmp_path, "X,Base,,,,Rules,,Vallue,set,1,,x")])
    assert [(issue.code, issue.where) for issue in found] == [("CHANGE_FIELD", "pack.csv!H2")]


def test_warnings_are_of_the_scenarios_as_changed(tmp_path: Path) -> None:
    # The floors ask 110% of today, and the money is what it was: neither scenario can be met, until they are lowered.
    path = base_book().set("Rules", row=0, Value=0.1).save(tmp_path / "in.xlsx")
    assert "FLOOR_SUM_GT_POT" in {issue.code for issue in check(path)}
    assert check(path, ["Rules.Value[Rule=Floor] = -20%"]) == []


# ---- the packs that are shipped ------------------------------------------------------------------------

SHIPPED = sorted((ROOT / "scenarios").glob("*.csv"))
# 20 sources x 5 years, the floor under adult social care, 6 floors on relative growth by place, service or provider, 6
# ceilings and the rule on moves: 114; 2 years of the fund and the same 7 ceilings: 9.
CHANGED = {  # pack -> scenario for Split -> (cells changed, some of them as sheet, old, new)
    "council_money_shrinks": ("Council money shrinks (Split)", 114, ("Funding", "89.577", "86.88969")),  # x 0.97
    "health_inequalities_weight": ("Health inequalities 0% (Split)", 1, ("Target", "Life expectancy", "")),
    "history_2013_14": ("History of 2013/14 (Split)", 461, ("Funding", "406.18", "380.9639")),  # x 0.937919
    "mhis_plus_one": ("MHIS one point higher (Split)", 1, ("Rules", "0.03", "0.04")),
    "pace_of_change": ("Faster pace (Split)", 2, ("Rules", "-0.0125", "-0.025")),
    "places_merge_commissioning": ("Bury and Rochdale merge", 2, ("Regimes", "", "Pot=Bury and Rochdale")),
    "prevention_shift": ("Prevention shift (Split)", 1, ("Rules", "", "Services=tag: prevention")),
    "specialised_handed_back": ("Specialised handed back (Split)", 13, ("Services", "delegated", "retained")),
    "transformation_fund_ends_early": ("Transformation Fund ends early (Split)", 9, ("Funding", "Year=2020/21", "")),
    "vcse_floor": ("VCSE aim (Split)", 1, ("Rules", "", "Value=0.035")),
}


@pytest.fixture(scope="module")
def example() -> bm.Budget:
    """The worked example."""
    return bm.read(ROOT / "inputs" / "greater_manchester.xlsx")


def test_eight_packs_and_more_are_shipped_and_told_of() -> None:
    assert len(SHIPPED) >= 8
    assert {path.stem for path in SHIPPED} == set(CHANGED)
    told = (ROOT / "scenarios" / "README.md").read_text(encoding="utf-8")
    for path in SHIPPED:
        assert f"`{path.name}`" in told
        with path.open(encoding="utf-8", newline="") as text:
            rows = list(csv.DictReader(text))
        assert list(rows[0]) == HEADER.split(",")
        firsts = pd.DataFrame(rows).drop_duplicates("Scenario")
        assert firsts["Purpose"].str.len().min() > 40, "who would ask, and why"
        assert all(row["Reason"] for row in rows)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_pack_applies_to_the_worked_example(example: bm.Budget, path: Path) -> None:
    joined = with_packs(example, [path])
    assert [issue for issue in joined.issues if issue not in example.issues] == []
    for name in (name for name in selected(joined, ["Split"]) if name != "Split"):
        changed, issues = joined.inputs_of(name)
        assert changed is not None, issues
        # Years without money are noted, and indicators beside a component that the pack takes away.
        assert {issue.code for issue in issues} <= {"FUNDING_MISSING", "COMPONENT_UNKNOWN"}
        if name == CHANGED[path.stem][0]:
            _, count, (sheet, old, new) = CHANGED[path.stem]
            assert len(changed.ledger) == count
            assert any(
                row["cell"].startswith(sheet) and old in row["old"] and new in row["new"]
                for _, row in changed.ledger.iterrows()
            )


def test_the_weight_of_health_inequalities_is_what_the_pack_says(example: bm.Budget) -> None:
    joined = with_packs(example, [ROOT / "scenarios" / "health_inequalities_weight.csv"])
    for percent in (0, 10, 15):
        target = after(joined, f"Health inequalities {percent}% (Pooled)").frame("Target")
        weight = target["Weight"].to_numpy(dtype=float)
        share = weight[(target["Need measure"] == "Avoidable mortality").to_numpy()].sum() / weight.sum()
        assert share == pytest.approx(percent / 100, abs=1e-6)
