"""`explain` and `run --explain` as people and machines meet them."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest

from tests.cli.test_cli import answer, command
from tests.support.builder import Book, two_places


def book() -> Book:
    """South gets 44 under Pace, 50 without; Impossible asks more of both places than there is."""
    made = two_places().set("Places", row=1, Also_known_as="Southern; The South")
    made.rule("Pace", "change", "at most", 0.1, Places="South")
    made.add("Scenarios", Scenario="Impossible", Based_on="Base", Regime="Split")
    where = "Rule=Too much; Each=place; Measure=change; Limit=at least; Strength=must"
    return made.change("Impossible", "Rules", "append", Where=where, Field="Value", Value=0.09)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return book().save(tmp_path_factory.mktemp("explain") / "in.xlsx")


def test_a_place_by_another_of_its_names(path: Path) -> None:
    done = command("explain", path, "the south", "--scenario", "Base", folder=path.parent)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    figures = {line[:36].strip(): line[36:].split() for line in lines[1 : lines.index("")]}
    assert figures[""] == ["2025/26"]
    assert figures["Do-minimum (average growth)"] == ["40.000"]
    assert figures["Fair shares: one pot, no rules"] == ["10.000"]
    assert figures["Rule: Pace"] == ["-6.000"]
    assert figures["Rules only together"] == ["0.000"]
    assert figures["Allocation"] == ["44.000"]
    assert "'Pace' takes £6.0m" in " ".join(lines)
    assert sorted(p.name for p in path.parent.iterdir()) == ["in.xlsx"]  # nothing is written


def test_a_place_for_machines(path: Path) -> None:
    said = answer(command("explain", path, "South", "--scenario", "Base", "--json", folder=path.parent))
    assert (said["scenario"], said["status"], said["place"]) == ("Base", "optimal", "South")
    total = [row for row in said["waterfall"] if row["year"] == ""]
    assert [(row["kind"], row["rule"]) for row in total][2] == ("rule", "Pace")
    assert sum(row["amount"] for row in total) == pytest.approx(44)
    assert said["helps"][0]["rule"] == "Pace"
    assert said["standing"][0]["target"] == 50
    assert said["paragraph"].startswith("South has 50.0% of the need")


def test_a_rule(path: Path) -> None:
    done = command("explain", path, "pace", "--scenario", "Base", folder=path.parent)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0] == "'Pace' (Rules!K5) in scenario Base"
    assert lines[1] == "1 row; it binds. It is a 'must' rule."
    # £1m more for South lowers the index by 100 x 0.25 x 2/50 / 0.1 = 10.
    assert lines[3].split() == ["2025/26", "44.000", "44.000", "0.000", "-10"]
    assert [line.split() for line in lines[-2:]] == [["North", "6.000"], ["South", "-6.000"]]
    said = answer(command("explain", path, "Pace", "--scenario", "Base", "--json", folder=path.parent))
    assert said["rows"][0]["price"] == pytest.approx(-10)
    assert {row["place"]: row["amount"] for row in said["effect"] if row["year"] == ""} == {
        "North": pytest.approx(6),
        "South": pytest.approx(-6),
    }


def test_a_whole_scenario(path: Path) -> None:
    done = command("explain", path, "--scenario", "Base", folder=path.parent)
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr
    assert lines[0].startswith("Headroom: ")
    assert max(map(len, lines)) <= 80
    # £1m more for South lowers the index by 10 (see test_a_rule); a point of its £40m is £0.4m.
    assert "Rules!K5 Pace: 1 percentage point more here lowers the index by 4.000" in done.stdout
    said = answer(command("explain", path, "--scenario", "Base", "--json", folder=path.parent))
    assert [row["headroom"] for row in said["headroom"]] == [None, None]
    price = next(row for row in said["prices"] if row["name"] == "Pace")
    assert (price["cell"], price["price"]) == ("Rules!K5", pytest.approx(-4))
    assert {row["place"] for row in said["freedom"]} == {"North", "South"}


def test_an_unknown_name_ends_with_the_nearest(path: Path) -> None:
    done = command("explain", path, "Sout", "--scenario", "Base", folder=path.parent)
    assert (done.returncode, done.stdout) == (2, "")
    assert "There is no place and no rule 'Sout'. Did you mean 'South'?" in done.stderr
    done = command("explain", path, "South", "--scenario", "Bas", folder=path.parent)
    assert done.returncode == 2
    assert "Did you mean 'Base'?" in done.stderr
    assert command("explain", path, "South", folder=path.parent).returncode == 2  # which scenario?
    done = command("explain", path, "South", "--scenario", "Base", "--by", "colour", folder=path.parent)
    assert (done.returncode, done.stdout) == (2, "")


def test_an_infeasible_scenario_ends_with_what_conflicts(path: Path) -> None:
    done = command("explain", path, "South", "--scenario", "Impossible", folder=path.parent)
    assert done.returncode == 4
    assert "Too much" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    done = command("explain", path, "--scenario", "Impossible", "--json", folder=path.parent)
    said = answer(done)
    assert (done.returncode, said["status"]) == (4, "infeasible")
    assert any("Too much" in issue["found"] for issue in said["issues"])


def test_run_explain_writes_the_steps_and_a_later_run_takes_them_away(path: Path, tmp_path: Path) -> None:
    done = command("run", path, "--scenario", "Base", "--explain", "-o", tmp_path / "out", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert str(tmp_path / "out" / "waterfall.csv") in answer(done)["files"]
    with (tmp_path / "out" / "waterfall.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    pace = [row for row in rows if row["rule"] == "Pace" and row["place"] == "South"]
    assert [(row["year"], row["amount"], row["after"]) for row in pace] == [
        ("", "-6", "44"),
        ("2025/26", "-6", "44"),
    ]
    sheets = openpyxl.load_workbook(tmp_path / "out" / "results_evidence.xlsx").sheetnames
    assert sheets[sheets.index("Why") :][:2] == ["Why", "Why steps"]
    done = command("run", path, "--scenario", "Base", "-o", tmp_path / "out", folder=tmp_path)
    assert not (tmp_path / "out" / "waterfall.csv").exists()
    assert "Why" not in openpyxl.load_workbook(tmp_path / "out" / "results_evidence.xlsx").sheetnames
