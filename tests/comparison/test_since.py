"""What changed since the last run into the same folder: cells, figures, places, reasons, what cannot be compared."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import load_workbook

import budgetmodel as bm
from budgetmodel.comparison.since import FIRST, OTHER, SAME, since_last_run
from budgetmodel.report.console.since import since_lines
from tests.comparison.books import split_and_pooled, with_a_ceiling
from tests.support.builder import Book


def book(ceiling: float = 0.1) -> Book:
    """Split and Pooled; South may get 44 at most, or what another ceiling allows.

    Pooled has 100 - 0.5 for its one contract, so North gets 55.5 of it. The index is 100 x (North - South) / 20.
    """
    made = with_a_ceiling(split_and_pooled())
    return made.set("Rules", where={"Rule": "Pace ceiling"}, Value=ceiling)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@dataclass(frozen=True)
class Ran:
    """A run into a folder that may have had others before it, the folder as a copy, and its files."""

    outcome: bm.Outcome
    folder: Path
    files: dict[str, bytes]

    def rows(self, what: str, scenario: str = "") -> pd.DataFrame:
        rows = self.since.rows
        return rows[(rows["what"] == what) & ((rows["scenario"] == scenario) if scenario else True)]

    @property
    def since(self):
        assert self.outcome.since is not None
        return self.outcome.since


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ran]:
    """A first run, the same again, one with the ceiling at 5% and a code, and that again."""
    home = tmp_path_factory.mktemp("since")
    lower = book(0.05).set("Places", where={"Place": "North"}, Code="E1")
    found = {}
    for name, made in {"first": book(), "again": book(), "lower": lower, "lower again": lower}.items():
        outcome = bm.run(made.save(home / "in.xlsx"), folder=home / "out")
        shutil.copytree(home / "out", home / name)
        found[name] = Ran(outcome, home / name, files(home / name))
    return found


# ---- what differs ------------------------------------------------------------------------------------


def test_the_first_run_has_no_earlier_one_and_says_nothing(runs: dict[str, Ran]) -> None:
    first = runs["first"]
    assert first.since.relation == FIRST
    assert since_lines(first.since) == []
    assert "since_last_run.csv" not in first.files
    assert b"What changed since the last run" not in first.files["report.html"]
    assert "Since last run" not in load_workbook(first.folder / "results.xlsx", read_only=True).sheetnames


def test_cells_that_differ_are_named_with_old_and_new(runs: dict[str, Ran]) -> None:
    cells = runs["lower"].rows("cell").set_index("cell")
    assert cells.loc["K5", ["sheet", "key", "column", "old", "new"]].tolist() == [
        "Rules", "Pace ceiling", "Value", "10%", "5%",
    ]  # fmt: skip
    assert cells.loc["B5", ["sheet", "key", "old", "new"]].tolist() == ["Places", "North", "E08000001", "E1"]
    assert len(cells) == 2


def test_what_it_did_to_the_index_and_to_every_place(runs: dict[str, Ran]) -> None:
    # South 44 -> 42, North 55.5 -> 57.5: the index goes from 100 x 11.5 / 20 to 100 x 15.5 / 20.
    lower = runs["lower"]
    heads = lower.rows("headline", "Pooled").set_index("key")
    assert heads.loc["index", ["before", "after", "change"]].tolist() == pytest.approx([57.5, 77.5, 20])
    assert heads.loc["gap_closed", ["before", "after"]].tolist() == pytest.approx([0.425, 0.225])
    # Split pays two contracts of £1m, Pooled one of £0.5m, in both runs.
    assert heads.loc["released", ["before", "after", "change"]].tolist() == pytest.approx([1.5, 1.5, 0])
    places = lower.rows("place", "Pooled").set_index("key")
    assert places.loc["North", ["before", "after", "change"]].tolist() == pytest.approx([55.5, 57.5, 2])
    assert places.loc["South", ["before", "after", "change"]].tolist() == pytest.approx([44, 42, -2])
    assert (lower.rows("place", "Split")["change"] == 0).all()


def test_the_last_runs_prices_say_why(runs: dict[str, Ran]) -> None:
    # £1m less ceiling is £1m from South to North: 100 x 2 / 20 = 10 points; of £2.0m less, 20.
    why = runs["lower"].rows("why", "Pooled")["words"].tolist()
    assert (
        "move the index by +20.00 points: 'Pace ceiling' (Rules!K5, 1 row) +20.00 points; it moved by +20.00" in why[0]
    )
    assert "places above their fair share of 'Overall' in 2025/26 get +£2.0m, places at or below it -£2.0m" in why[1]
    assert "held nothing back" in runs["lower"].rows("why", "Split")["words"].iloc[0]


def test_console_cover_sheet_and_report_say_it(runs: dict[str, Ran]) -> None:
    lower = runs["lower"]
    said = " ".join(" ".join(since_lines(lower.since)).split())
    results = load_workbook(lower.folder / "results.xlsx")
    cover = " ".join(str(cell.value) for row in results["Cover"].iter_rows() for cell in row if cell.value)
    for words in ("2 cells differ", "Rules!K5 Pace ceiling, Value: 10% -> 5%", "57.50 -> 77.50"):
        assert words in said
        assert words in cover
        assert words.replace(">", "&gt;") in lower.files["report.html"].decode()
    assert results["Since last run"].max_row >= 5 + len(lower.since.rows)
    assert max(map(len, since_lines(lower.since))) <= 80


# ---- running again -----------------------------------------------------------------------------------


def test_a_run_that_differs_in_nothing_says_so_and_keeps_the_comparison(runs: dict[str, Ran]) -> None:
    assert runs["again"].since.relation == runs["lower again"].since.relation == SAME
    assert since_lines(runs["again"].since) == ["Since    No cell differs from the last run into this folder."]
    assert "still say what changed before" in " ".join(" ".join(since_lines(runs["lower again"].since)).split())
    pd.testing.assert_frame_equal(runs["lower again"].since.rows, runs["lower"].since.rows)
    assert "since_last_run.csv" not in runs["again"].files


def test_running_again_gives_the_same_tables(runs: dict[str, Ran]) -> None:
    for one, other in (("first", "again"), ("lower", "lower again")):
        tables = {name: text for name, text in runs[one].files.items() if name.endswith(".csv") and name != "run.csv"}
        assert tables == {name: text for name, text in runs[other].files.items() if name in tables}


def test_the_folder_does_not_change_the_id_of_the_results(runs: dict[str, Ran], tmp_path: Path) -> None:
    alone = bm.run(runs["lower"].folder.parent / "in.xlsx", folder=tmp_path / "alone")
    noted = pd.read_csv(tmp_path / "alone" / "run.csv").set_index(["scenario", "key"])["value"]
    before = pd.read_csv(runs["lower"].folder / "run.csv").set_index(["scenario", "key"])["value"]
    assert noted["Pooled", "results id"] == before["Pooled", "results id"]
    assert alone.since is not None
    assert alone.since.relation == FIRST


# ---- against the folder of a first run, without solving again -------------------------------------------


@pytest.fixture(scope="module")
def unchanged(runs: dict[str, Ran]) -> tuple[bm.Budget, dict[str, bm.Result]]:
    """The results of the last book, to be compared with folders."""
    budget = bm.read(runs["lower"].folder.parent / "in.xlsx")
    return budget, dict(runs["lower"].outcome.results)


def test_scenarios_that_are_new_or_gone_are_said(runs: dict[str, Ran], unchanged) -> None:
    budget, results = unchanged
    only = {"Pooled": results["Pooled"]}
    gone = since_last_run(runs["lower"].folder, budget, only, {})
    assert (gone.relation, gone.words("scenario")) == (OTHER, ["'Split' was not solved this time."])
    assert gone.brief[0].startswith("Against the last run into this folder (of in.xlsx")
    assert gone.brief[0].endswith("): no cell differs, but 1 other thing does.")


def test_a_scenario_without_an_answer_is_named_with_its_way_out(runs: dict[str, Ran], tmp_path: Path) -> None:
    # South may get 2 of its own 40 at most: Split cannot spend the rest anywhere. Pooled can.
    shutil.copytree(runs["first"].folder, tmp_path / "out")
    outcome = bm.run(book(-0.95).save(tmp_path / "in.xlsx"), folder=tmp_path / "out", breach=False)
    assert outcome.since is not None
    (said,) = outcome.since.words("scenario")
    assert said.startswith("'Split' cannot be met and has no answer; in the last run it had an answer that met it. Way")
    assert 'raise Rules!K5 "Pace ceiling" from -95% to' in said
    assert said in outcome.since.brief


def test_a_run_without_any_result_still_says_which_cells_differ(runs: dict[str, Ran], unchanged) -> None:
    budget, _ = unchanged
    failed = {name: bm.SolverFailed("gave up") for name in budget.scenarios}
    since = since_last_run(runs["first"].folder, budget, {}, failed)
    assert [words.partition(" ")[0] for words in since.words("cell")] == ["Places!B5", "Rules!K5"]
    assert len(since.words("scenario")) == 2


@pytest.mark.parametrize("file", ["run.csv", "allocation.csv", "input_cells.csv"])
def test_a_table_that_was_edited_is_not_compared_with(
    runs: dict[str, Ran], unchanged, tmp_path: Path, file: str
) -> None:
    shutil.copytree(runs["first"].folder, tmp_path / "out")
    (tmp_path / "out" / file).write_text("edited")
    since = since_last_run(tmp_path / "out", *unchanged, {})
    assert since.trouble == f"What changed since the last run is not said: {file} is not as that run wrote it."
    assert len(since.rows) == 0


def test_results_of_a_version_that_kept_no_cells_are_compared_in_figures(unchanged, runs, tmp_path: Path) -> None:
    budget, results = unchanged
    first = runs["first"].outcome.results
    bm.write_results(first, tmp_path / "results.xlsx")  # keeps no cells: it is given results alone
    since = since_last_run(tmp_path, budget, results, {})
    assert since.trouble == "The last run into this folder kept no input cells, so which cells differ is not said."
    assert [row["key"] for row in since.records() if row["what"] == "setting"] == ["input SHA-256"]
    assert 57.5 in since.rows.loc[since.rows["key"] == "index", "before"].round(6).tolist()


def test_another_name_of_the_workbook_and_another_version_are_said(
    runs: dict[str, Ran], unchanged, tmp_path: Path
) -> None:
    budget, results = unchanged
    shutil.copytree(runs["lower"].folder, tmp_path / "out")
    for name in ("run.csv", "manifest.json"):
        path = tmp_path / "out" / name
        text = path.read_text().replace("input,in.xlsx", "input,march.xlsx").replace("pulp version,", "pulp version,0")
        path.write_text(text)
    reseal(tmp_path / "out")
    since = since_last_run(tmp_path / "out", budget, results, {})
    assert since.words("cell") == []
    name, libraries = since.words("setting")
    assert name == "The workbook's name: march.xlsx -> in.xlsx"
    assert libraries.startswith("Libraries: pulp 0")


def reseal(folder: Path) -> None:
    """The manifest as a run of that kind would have written it."""
    import hashlib
    import json

    record = json.loads((folder / "manifest.json").read_text())
    record["sha256"] = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in record["sha256"]}
    (folder / "manifest.json").write_text(json.dumps(record))


# ---- more money, and other needs ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def richer(runs: dict[str, Ran], tmp_path_factory: pytest.TempPathFactory) -> bm.Outcome:
    """After the first run: North's money 60 -> 70, South's need 1,000 -> 1,500 of North's 1,000."""
    home = tmp_path_factory.mktemp("richer")
    shutil.copytree(runs["first"].folder, home / "out")
    more = book().set("Funding", where={"Source": "North money"}, Amount=70)
    needs = {row["Place"]: float(row["Value"]) for row in more["Needs"]}
    more.set("Needs", where={"Place": "South"}, Value=1.5 * needs["North"])
    return bm.run(more.save(home / "in.xlsx"), folder=home / "out", frontier=False)


def test_more_money_above_fair_shares_is_said_to_widen_the_gap(richer: bm.Outcome) -> None:
    # South stays at its ceiling of 44, so Pooled's £10.0m more goes to North, far above its 40%.
    why = " ".join(richer.since.words("why"))  # type: ignore[union-attr]  # a run has it
    assert "Pooled: £10.0m more money in all; places above their fair share of 'Overall' in 2025/26 get +£10.0m" in why
    assert "Funding!C5 North money, 2025/26, Amount: £60m -> £70m" in richer.since.words("cell")  # type: ignore[union-attr]


def test_fair_shares_that_changed_are_said(richer: bm.Outcome) -> None:
    # 1 to 1 becomes 1 to 1.5: South's share goes from 50% to 60%.
    why = " ".join(richer.since.words("why"))  # type: ignore[union-attr]  # a run has it
    assert "Pooled: fair shares themselves changed" in why
    assert "50.0% -> 40.0%" in why or "50.0% -> 60.0%" in why
