"""A workbook whose names and combinations are filled in: what is left to type are figures.

Wherever the contract needs a row for each combination there is one, its amount blank: blank is not zero, so `check`
lists every figure that is still missing, and a row of what nobody spends is deleted or set to 0.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from budgetmodel.contract import schema
from budgetmodel.contract.issues import BadCommand
from budgetmodel.contract.schema import SHEET, fold, fold_heading
from budgetmodel.contract.selectors import ALL, FORBIDDEN
from budgetmodel.contract.units import start_year, tidy_year
from budgetmodel.excel.read import guard
from budgetmodel.excel.template.input_workbook import blank_tables

MOST = 200
"""Places, services or years that a workbook is begun with."""

NEED, PROVIDER = "Weighted population", "All providers"
SEPARATE, POOLED = "Separate", "Pooled"

OF_SERVICE: Mapping[str, str] = {"Level": "place", "Delegation": "own"}
"""What a service is where the file does not say: both are reported and change no equation."""

_BETWEEN = re.compile(r"\s*(?:-|\u2013|\bto\b)\s*(?=\d{2,4}[/\d])")


@dataclass(frozen=True)
class Start:
    """The names with which a workbook begins: `services` has, for each, the filled columns of its row by name."""

    places: tuple[str, ...]
    years: tuple[str, ...]
    services: tuple[Mapping[str, str], ...]

    @property
    def providers(self) -> tuple[str, ...]:
        """The providers that the services name, in their order."""
        return tuple(dict.fromkeys(service["Provider"] for service in self.services))


def places_of(text: str) -> tuple[str, ...]:
    """The places of `--places`: so many to be renamed, or their names; raises BadCommand for none.

    >>> places_of("2"), places_of("Bury; Wigan, west")
    (('Place 1', 'Place 2'), ('Bury', 'Wigan, west'))
    """
    if text.strip().isdecimal():
        number = int(text) if len(text.strip()) < 5 else MOST + 1
        names = tuple(f"Place {n}" for n in range(1, min(number, MOST + 1) + 1))
    else:
        names = tuple(name for part in text.split(";") if (name := " ".join(part.split())))
    return _names(names, "--places", 'Write --places 3, or --places "Bury; Bolton; Wigan".')


def years_of(text: str) -> tuple[str, ...]:
    """The years of `--years`: one, or from the first to the last; raises BadCommand for what is none.

    >>> years_of("2026/27-2028/29"), years_of("2026-27 to 2027-28"), years_of("2026/27")
    (('2026/27', '2027/28', '2028/29'), ('2026/27', '2027/28'), ('2026/27',))
    """
    for cut in ((text, text), *((text[: m.start()], text[m.end() :]) for m in _BETWEEN.finditer(text))):
        ends = [tidy_year(part.strip()) for part in cut]
        if ends[0] is not None and ends[1] is not None:
            first, last = start_year(ends[0]), start_year(ends[1])
            if first <= last < first + MOST:
                return tuple(f"{year}/{(year + 1) % 100:02d}" for year in range(first, last + 1))
    raise BadCommand(f"--years '{text}' is no financial year and no span of them. Write --years 2026/27-2028/29.")


def services_of(path: Path) -> tuple[Mapping[str, str], ...]:
    """The services of a CSV file: a name a line, or columns of the sheet Services, and Provider, under a heading.

    Raises FileTrouble and InputErrors for a file that cannot be read, BadCommand for one without services.
    """
    try:
        text = guard.read_bytes(path).decode("utf-8-sig")
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise BadCommand(f"'{path}' is no CSV file in UTF-8: save it as 'CSV UTF-8 (Comma delimited)'.") from None
    rows = [[" ".join(cell.split()) for cell in line] for line in lines if any(cell.strip() for cell in line)]
    known = {fold_heading(c.name): c.name for c in SHEET[schema.SERVICES].columns} | {"provider": "Provider"}
    headings = ["Service"]
    if rows and "service" in map(fold_heading, rows[0]):
        headings = [known.get(fold_heading(cell), "") for cell in rows.pop(0)]
    found = [{head: cell for head, cell in zip(headings, row, strict=False) if head and cell} for row in rows]
    unnamed = [number for number, row in enumerate(found, start=1) if "Service" not in row]
    if unnamed:
        raise BadCommand(f"'{path}': service {unnamed[0]} has no name.")
    _names(tuple(row["Service"] for row in found), f"'{path}'", "Write a service a line.")
    return tuple({**OF_SERVICE, "Programme": row["Service"], "Provider": PROVIDER, **row} for row in found)


def _names(names: tuple[str, ...], where: str, fix: str) -> tuple[str, ...]:
    """Names that a naming sheet may hold; raises BadCommand for others."""
    bad = [name for name in names if fold(name) == ALL or any(sign in name for sign in FORBIDDEN)]
    twice = len(set(map(fold, names))) < len(names)
    if not names or len(names) > MOST or bad or twice:
        what = (
            f"'{bad[0]}' cannot be a name" if bad else "a name stands twice" if twice else f"1 to {MOST} names are due"
        )
        raise BadCommand(f"{where}: {what}. {fix}")
    return names


def prefilled_tables(start: Start) -> dict[str, pd.DataFrame]:
    """The tables of a workbook with these names and a row for every combination; figures are blank.

    Each place has a source of its own that may lawfully reach every place; a regime keeps them apart and another
    pools them, with a scenario each. The need of each place is one measure, and the target follows it.
    """
    own = [column.name for column in SHEET[schema.SERVICES].columns]
    contract = {"Form": "block", "Fee": 0, "Cost per contract": 0, "Days to pay": 30, "Counted by": "provider"}
    rows: dict[str, Sequence[Mapping[str, object]]] = {
        schema.YEARS: [{"Year": year} for year in start.years],
        schema.PLACES: [{"Place": place} for place in start.places],
        schema.NEEDS: [{"Need measure": NEED, "Place": place, "Basis": "weighted"} for place in start.places],
        schema.SERVICES: [{name: row[name] for name in own if name in row} for row in start.services],
        schema.PROVIDERS: [{"Provider": provider, "Sector": "acute"} for provider in start.providers],
        schema.SOURCES: [_source(place) for place in start.places],
        schema.FUNDING: [{"Source": _core(place), "Year": year} for place in start.places for year in start.years],
        schema.BASELINE: [
            {"Place": place, "Service": service["Service"], "Provider": service["Provider"]}
            for place in start.places
            for service in start.services
        ],
        schema.TARGET: [{"Component": "Fair share", "Need measure": NEED, "Services": ALL, "Weight": 1}],
        schema.REGIMES: [
            {"Regime": SEPARATE, "Sources": ALL, "Pot": schema.EACH_POT, "Decided at": "place"},
            {"Regime": POOLED, "Sources": ALL, "Pot": "The pool", "Decided at": "system"},
        ],
        schema.CONTRACTS: [{"Regime": regime, **contract} for regime in (SEPARATE, POOLED)],
        schema.SCENARIOS: [{"Scenario": regime, "Regime": regime} for regime in (SEPARATE, POOLED)],
    }
    return {**blank_tables(), **{name: _frame(name, own_rows) for name, own_rows in rows.items()}}


def _core(place: str) -> str:
    return f"Core, {place}"


def _source(place: str) -> dict[str, object]:
    everywhere = {"Home services": ALL, "Lawful places": ALL, "Lawful services": ALL}
    named = {"Source": _core(place), "Holder": f"Commissioner of {place}", "Kind": "recurrent", "Home places": place}
    return {**named, **everywhere}


def _frame(sheet: str, rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    """The rows of a sheet with every column that must be there."""
    columns = [column.name for column in SHEET[sheet].columns]
    return pd.DataFrame([[row.get(name) for name in columns] for row in rows], columns=columns, dtype=object)
