"""A results workbook recalculated by LibreOffice: as it stands, with other choices, and with one penny changed.

    python -m tests.report.recalculate FOLDER/results.xlsx [--scenario NAME] [--year YEAR]

1. Every formula is computed anew and compared with the value stored beside it: figures within 1e-9 (£m) or one part
   in 1e9, texts equal.
2. The yellow cells of the Dashboard are set to another scenario, year and place: what does not follow them must stay,
   and what follows is compared with allocation.csv and metrics.csv beside the workbook, which no formula has touched.
3. One allocation is raised by a penny: the master check must turn.

Ends with 1 if anything is out. Takes some minutes for the worked example.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl
import pandas as pd

from tests.report.samples import SOFFICE, cells, formula_cells, recalculated

Place = tuple[str, str]
"""A sheet and a cell of it."""

TOLERANCE = 1e-9
PENNY = 1e-8
"""£m."""

CHOICES = {"Scenario": "B6", "Year": "B7", "Place": "B8"}
"""The yellow cells of the Dashboard that are changed here."""

FOLLOWING = ("Dashboard", "Chart ")
"""How the names of the sheets begin that follow the yellow cells; so do the sheets of places (`places_of`)."""

FOLLOWED = "=scenario_shown"
"""The formula in B4 of the sheet of a place."""

PENNY_CELL = ("Allocation", "E6")
MASTER = ("Cover", "B4")
SECONDS = 1200


@dataclass
class Agreement:
    """How many cells were compared, how far the worst figure was out, and the cells that do not agree."""

    compared: int = 0
    worst: float = 0.0
    worst_at: Place = ("", "")
    out: list[tuple[Place, object, object]] = field(default_factory=list)

    def look(self, place: Place, stored: object, found: object, rounded: float = 0.0) -> None:
        """Compare one cell; `rounded` is by how much the stored figure may be out since CSV files hold whole pence."""
        self.compared += 1
        if isinstance(stored, int | float) and isinstance(found, int | float):
            apart = abs(float(stored) - float(found))
            if apart > self.worst:
                self.worst, self.worst_at = apart, place
            agrees = apart <= TOLERANCE * max(1.0, abs(float(stored))) + rounded
        else:
            agrees = (stored if stored is not None else "") == (found if found is not None else "")
        if not agrees:
            self.out.append((place, stored, found))

    def told(self, what: str) -> list[str]:
        """What was found, in lines."""
        lines = [
            f"{what}: {self.compared:,} cells, {len(self.out)} out; worst difference {self.worst:.2e}"
            + (f" at {'!'.join(self.worst_at)}" if self.worst else "")
        ]
        lines += [f"  {'!'.join(place)}: stored {stored!r}, found {found!r}" for place, stored, found in self.out[:20]]
        return lines


def agreement(
    places: list[Place], stored: Mapping[Place, object], found: Mapping[Place, object], skip: tuple[str, ...] = ()
) -> Agreement:
    """The stored values of formulas beside what they come to; sheets whose names begin with `skip` are left out."""
    own = Agreement()
    for place in places:
        if not (skip and place[0].startswith(skip)):
            own.look(place, stored.get(place), found.get(place))
    return own


def altered(path: Path, into: Path, change: Callable[[openpyxl.Workbook], None]) -> Path:
    """A copy of a workbook with something changed."""
    book = openpyxl.load_workbook(path)
    change(book)
    book.save(into)
    return into


def choose(choice: Mapping[str, str]) -> Callable[[openpyxl.Workbook], None]:
    """Set the yellow cells."""

    def change(book: openpyxl.Workbook) -> None:
        for name, value in choice.items():
            book["Dashboard"][CHOICES[name]].value = value

    return change


def add_a_penny(book: openpyxl.Workbook) -> None:
    """Raise the first allocation by a penny."""
    sheet, cell = PENNY_CELL
    book[sheet][cell].value += PENNY


def places_of(path: Path) -> dict[str, str]:
    """The sheets of places: the name of each, and the place."""
    book = openpyxl.load_workbook(path)
    return {sheet.title: str(sheet["A1"].value) for sheet in book if sheet["B4"].value == FOLLOWED}


def followed_by_places(
    found: Mapping[Place, object], places: Mapping[str, str], scenario: str, allocation: pd.DataFrame
) -> Agreement:
    """The money by year on the sheets of places, of the scenario chosen, against allocation.csv."""
    own = Agreement()
    rows = allocation[allocation["scenario"] == scenario]
    sums = rows.groupby(["place", "year"])["amount"].agg(["sum", "size"])
    for sheet, place in places.items():
        own.look((sheet, "B4"), scenario, found.get((sheet, "B4")))
        [top] = [at for at, value in _column(found, sheet, "A") if value == "Part"]
        for letter in "DEFGHIJKLMNOPQRSTUVWXYZ":
            year = found.get((sheet, f"{letter}{top}"))
            if year is None or (place, year) not in sums.index:
                break
            amount, size = sums.loc[(place, year)]
            own.look((sheet, f"{letter}{top + 1}"), amount, found[sheet, f"{letter}{top + 1}"], size * PENNY / 2)
    return own


def followed(
    found: Mapping[Place, object], choice: Mapping[str, str], allocation: pd.DataFrame, metrics: pd.DataFrame
) -> Agreement:
    """What follows the yellow cells, against the tables written beside the workbook."""
    own = Agreement()
    scenario, year, place = (choice[name] for name in CHOICES)
    rows = allocation[(allocation["scenario"] == scenario) & (allocation["year"] == year)]
    measured = metrics[(metrics["scenario"] == scenario) & (metrics["group"] == "")].set_index("metric")["value"]
    headlines: dict[str, float] = {
        "Fair-share gap index, all years": measured["index"],
        "Weighted shortfall on should rules, all years": measured["shortfall"],
        "Transaction cost, all years": measured["transaction_cost"],
        "Allocated in the year": rows["amount"].sum(),
        "Change on the do-minimum": rows["amount"].sum() - rows["do_minimum"].sum(),
    }
    pence = len(rows) * PENNY / 2
    for at, label in _column(found, "Dashboard", "E"):
        if label in headlines:
            own.look(("Dashboard", f"I{at}"), headlines.pop(str(label)), found.get(("Dashboard", f"I{at}")), pence)
    for label in headlines:
        own.out.append((("Dashboard", label), "a headline figure", "none"))
    sums = rows.groupby("place")[["do_minimum", "amount"]].sum()
    for at, name in _column(found, "Chart places", "A", 6):
        for letter, column in (("B", "do_minimum"), ("C", "amount")):
            cell = ("Chart places", f"{letter}{at}")
            own.look(cell, float(sums.loc[str(name), column]), found[cell], pence)
    steps = [found["Chart steps", f"C{at}"] for at, _ in _column(found, "Chart steps", "B", 6)]
    before, after = (float(sums.loc[place, column]) for column in ("do_minimum", "amount"))
    own.look(("Chart steps", "C6"), before, steps[0], pence)
    own.look(("Chart steps", f"C{5 + len(steps)}"), after, steps[-1], pence)
    own.look(("Chart steps", "sum of the steps"), after, sum(float(str(step)) for step in steps[:-1]), pence)
    return own


def _column(found: Mapping[Place, object], sheet: str, letter: str, first: int = 1) -> Iterator[tuple[int, object]]:
    """The filled cells of a column: row and value."""
    last = max(int("".join(c for c in cell if c.isdigit())) for name, cell in found if name == sheet)
    for at in range(first, last + 1):
        if found.get((sheet, f"{letter}{at}")) is not None:
            yield at, found[sheet, f"{letter}{at}"]


def another(
    allocation: pd.DataFrame, stored: Mapping[Place, object], wanted: Mapping[str, str | None]
) -> dict[str, str]:
    """A scenario, a year and a place other than those shown, unless they are asked for."""
    choice = {}
    for name, cell in CHOICES.items():
        others = [value for value in allocation[name.lower()].unique() if value != stored["Dashboard", cell]]
        choice[name] = wanted.get(name) or str((others or [stored["Dashboard", cell]])[0])
    return choice


def report(path: Path, wanted: Mapping[str, str | None]) -> tuple[bool, list[str]]:
    """Whether all three hold, and what was found in lines."""
    keep = {"keep_default_na": False, "dtype": {"year": str, "place": str, "group": str, "scenario": str}}
    allocation = pd.read_csv(path.with_name("allocation.csv"), **keep)
    metrics = pd.read_csv(path.with_name("metrics.csv"), **keep)
    stored, places = cells(path), formula_cells(path)
    choice = another(allocation, stored, wanted)
    of_places = places_of(path)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = [
            path,
            altered(path, folder / "chosen.xlsx", choose(choice)),
            altered(path, folder / "penny.xlsx", add_a_penny),
        ]
        whole, chosen, penny = (cells(file) for file in recalculated(files, folder, SECONDS))
    as_it_stands = agreement(places, stored, whole)
    unmoved = agreement(places, stored, chosen, (*FOLLOWING, *of_places))
    moved = followed(chosen, choice, allocation, metrics)
    papers = followed_by_places(chosen, of_places, choice["Scenario"], allocation)
    verdict = str(penny[MASTER])
    errors = [place for place, value in whole.items() if str(value).startswith("#")]
    lines = as_it_stands.told(f"As it stands, {len(places):,} formulas")
    lines += unmoved.told(f"Choice {', '.join(choice.values())}: what does not follow it")
    lines += moved.told("  what follows it, against the CSV files")
    lines += papers.told("  sheets of places, against allocation.csv")
    lines += [f"Cells with an error value: {len(errors)}"]
    lines += [f"A penny on {'!'.join(PENNY_CELL)}: {verdict} (before: {whole[MASTER]})"]
    turned = verdict.endswith("FAIL") and whole[MASTER] == "ALL CHECKS PASS"
    return not (as_it_stands.out or unmoved.out or moved.out or papers.out or errors) and turned, lines


def main() -> int:
    """Print what was found; 1 if anything is out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path)
    parser.add_argument("--scenario")
    parser.add_argument("--year")
    options = parser.parse_args()
    if SOFFICE is None:
        sys.exit("LibreOffice (soffice) is not installed")
    sound, lines = report(options.results, {"Scenario": options.scenario, "Year": options.year})
    print("\n".join(lines))
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
