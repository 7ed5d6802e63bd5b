"""Which inputs differ from those of the last run: cells of the workbook, changes on top of it, files and versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from budgetmodel.comparison.earlier import Earlier
from budgetmodel.comparison.sidebyside import net_changes
from budgetmodel.comparison.written_run import SHA
from budgetmodel.contract import schema
from budgetmodel.contract.frames.since import CELL, SETTING
from budgetmodel.contract.infeasibility import PERCENT
from budgetmodel.contract.measures import MEASURES
from budgetmodel.contract.schema import fold
from budgetmodel.contract.tables import Tables
from budgetmodel.scenarios.budget import WAY_OUT, Budget
from budgetmodel.scenarios.difference import CHANGED, change_line, column_of, table_changes, value_words
from budgetmodel.scenarios.kept_cells import tables_of

NONE = "none"

VERSION = " version"
"""How the keys of the `run` table end that record a version."""

OWN = "budgetmodel version"
"""The key of this program's version; the others are those of its libraries."""

PLAIN = {"input": "The workbook's name", "solver": "The solver", OWN: "The program's version"}
"""Keys of the `run` table in words."""

Row = dict[str, Any]


def input_rows(
    earlier: Earlier, budget: Budget, kept: pd.DataFrame, now: Mapping[str, pd.DataFrame]
) -> tuple[list[Row], str]:
    """Rows of `since_last_run` on what went in, and a sentence on what could not be compared."""
    settings = list(_settings(_notes(earlier.run.frames["run"]), _notes(now["run"]), cells=earlier.cells is not None))
    on_top = list(_on_top(earlier, now))
    if earlier.cells is None:
        trouble = "The last run into this folder kept no input cells, so which cells differ is not said."
        return [*settings, *on_top], trouble
    tables = tables_of(kept)
    changes = [{str(k): v for k, v in each.items()} for each in table_changes(earlier.cells, tables).to_dict("records")]
    return [*_cells([_as_share(change, tables) for change in changes]), *on_top, *settings], ""


def _as_share(change: Row, tables: Tables) -> Row:
    """A change of a rule's Value with percentages as such, where that is the unit of the rule's measure now."""
    if (change["sheet"], change["column"]) != (schema.RULES, "Value") or not change["new_cell"]:
        return change
    table = tables[schema.RULES]
    at = table.rows.index(int("".join(sign for sign in change["new_cell"] if sign.isdigit())))
    measure = next((each for each in MEASURES if fold(each.name) == fold(str(table.column("Measure")[at]))), None)
    if measure is None or measure.unit.sign != PERCENT:
        return change
    shares = {side: change[side] for side in ("old", "new") if isinstance(change[side], float)}
    return {**change, **{side: f"{value * 100:.10g}%" for side, value in shares.items()}}


def _cells(changes: Sequence[Row]) -> Iterator[Row]:
    """A row per cell that differs, or row of a sheet that one of the two workbooks lacks."""
    for row in changes:
        sides = {"old": row["old"], "new": row["new"]}
        if row["kind"] == CHANGED:
            column = column_of(row["sheet"], row["column"])
            sides = {side: value_words(value, column) for side, value in sides.items()}
        words = change_line(row).removeprefix("+ ").removeprefix("- ")
        kind = {CHANGED: ""}.get(row["kind"], f"row {row['kind']}: ")
        yield {
            "what": CELL,
            "sheet": row["sheet"],
            "cell": row["new_cell"],
            "old_cell": row["old_cell"],
            "key": row["key"],
            "column": row["column"],
            **{side: "" if value is None else str(value) for side, value in sides.items()},
            "words": f"{kind}{words}",
        }


def _on_top(earlier: Earlier, now: Mapping[str, pd.DataFrame]) -> Iterator[Row]:
    """A row per cell that --set or a pack changes in one of the runs only, or to another value, in which scenarios."""
    before = earlier.run.frames["changes"]
    solved = [name for name in dict.fromkeys(now["run"]["scenario"]) if name in earlier.run.scenarios]
    found: dict[tuple[str, str, str], list[str]] = {}
    for scenario in solved:
        old, new = (_made_outside(changes, scenario) for changes in (before, now["changes"]))
        for cell in dict.fromkeys([*old, *new]):
            workbook = (old.get(cell) or new[cell])[0]
            sides = (old[cell][1] if cell in old else workbook, new[cell][1] if cell in new else workbook)
            if sides[0] != sides[1]:
                found.setdefault((cell, *sides), []).append(scenario)
    for (address, old_value, new_value), names in found.items():
        sheet, _, cell = address.rpartition("!")
        who = "" if len(names) == len(solved) else f" ({', '.join(names)})"
        yield {
            "what": CELL,
            "scenario": names[0] if len(names) == 1 and who else "",
            "sheet": sheet,
            "cell": cell,
            "old_cell": cell,
            "old": old_value,
            "new": new_value,
            "words": f"{address} by --set or a pack{who}: {old_value} -> {new_value}",
        }


def _made_outside(changes: pd.DataFrame, scenario: str) -> dict[str, tuple[str, str]]:
    """The net changes of a scenario that no row of the workbook makes: cell -> value in the workbook, value."""
    own = changes["change_cell"].astype(str)
    outside = ~own.str.startswith((f"{schema.CHANGES}!", WAY_OUT))
    return {cell: (old, new) for cell, old, new in net_changes(changes[outside], scenario)}


def _notes(run: pd.DataFrame) -> dict[str, str]:
    """What a run says of all its scenarios alike: of each key the value of the first."""
    rows = run.drop_duplicates("key")
    return dict(zip(rows["key"], rows["value"], strict=True))


def _settings(old: Mapping[str, str], new: Mapping[str, str], *, cells: bool) -> Iterator[Row]:
    """A row per file, version and option that differs; of the libraries one for all of them."""
    if not new:
        return
    packs = [key for key in dict.fromkeys([*old, *new]) if key.startswith("pack ")]
    for key in (*PLAIN, *packs, *(() if cells else (SHA,))):
        was, now = old.get(key, NONE), new.get(key, NONE)
        if was != now:
            words = (
                f"{PLAIN.get(key, key.capitalize() if key in packs else 'The workbook')}: {_cut(was)} -> {_cut(now)}"
            )
            yield {"what": SETTING, "key": key, "old": was, "new": now, "words": words}
    libraries = [key for key in dict.fromkeys([*old, *new]) if key.endswith(VERSION) and key != OWN]
    others = [key for key in libraries if old.get(key, NONE) != new.get(key, NONE)]
    if others:
        was, now = (", ".join(f"{key.removesuffix(VERSION)} {v.get(key, NONE)}" for key in others) for v in (old, new))
        yield {"what": SETTING, "key": "libraries", "old": was, "new": now, "words": f"Libraries: {was} -> {now}"}


def _cut(text: str) -> str:
    """A hash by its first digits."""
    return f"{text[:12]}..." if len(text) == 64 and " " not in text else text
