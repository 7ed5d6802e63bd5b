"""A workbook plus a scenario's changes: the changed tables and the ledger of what was changed, why and by whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pandas as pd

from budgetmodel.checks import check_tables
from budgetmodel.checks.cells import parse, words
from budgetmodel.checks.frames import type_tables
from budgetmodel.checks.rules import read_rules
from budgetmodel.contract import schema
from budgetmodel.contract.frames import FRAME
from budgetmodel.contract.frozen import Frozen
from budgetmodel.contract.issues import Issue, errors
from budgetmodel.contract.schema import fold
from budgetmodel.contract.tables import Tables, records
from budgetmodel.inputs.inputs import Inputs
from budgetmodel.scenarios.change_row import ChangeRow
from budgetmodel.scenarios.changes import Run, empty_table

CHANGE = schema.SHEET[schema.CHANGES].column("Change")

NAMED = 3
"""Changes that a message names; the rest is counted."""


TEXTS = (schema.ROW, "Year", "Where", "Field", "Unit", "Owner")
"""The columns of a change that hold text, blank or not."""

AS_TYPED = ("Table", "Change", schema.ROW, "Year", "Where", "Field", "Value")
"""The columns of a change that can be wrong by themselves."""

Levels = Sequence[Sequence[ChangeRow]]
"""Changes on top of a scenario, each level like one more child of it."""


def scenario_inputs(
    base: Inputs, scenario: str, what_if: Levels = (), known: Sequence[Issue] = ()
) -> tuple[Inputs | None, tuple[Issue, ...]]:
    """The inputs of a scenario: parents' changes first, then its own rows from top to bottom, then `what_if`.

    `base` are the inputs of the unchanged workbook, `known` the issues that it had when it was checked. Returns
    None instead of inputs when a change is wrong, or when the changed tables do not pass the checks; the issues name
    the base cell and the change.
    """
    run = _applied(base, scenario, what_if)
    if errors(run.issues):
        return None, run.issues.told()
    if not run.ledger:
        return replace(base, scenario=scenario), run.issues.told()
    ledger = pd.DataFrame(run.ledger, columns=list(FRAME["changes"].own))
    inputs, issues = check_tables(Frozen(run.tables), base.name, base.sha256, ledger, scenario)
    found_before = set(known)
    found = [issue if issue in found_before else _with_changes_named(issue, run) for issue in issues]
    return inputs, (*run.issues.told(), *found)


def faults_as_typed(tables: Tables) -> tuple[Issue, ...]:
    """The errors that the rows of Changes hold by themselves, of a workbook whose other sheets hold errors, too.

    Which rows a change picks, and what comes of it, is asked once those are mended.
    """
    table = tables.get(schema.CHANGES)
    if table is None or not {"Table", "Change", "Field", "Value"} <= set(table.values):
        return ()
    missing = {name: empty_table(schema.SHEET[name]) for name in schema.CHANGEABLE}  # told as a missing sheet
    run = Run({**missing, **tables}, Frozen({}))
    parked = _parked(tables)
    for at in range(len(table)):
        if fold(words(table.column("Scenario")[at] or "")) in parked:
            continue
        cells = {name: table.column(name)[at] for name in AS_TYPED}
        if cells["Table"] is None:
            continue
        text = {name: "" if value is None else words(value) for name, value in cells.items()}
        change = str(parse(cells["Change"], CHANGE)[0]) if cells["Change"] is not None else ""
        addresses = Frozen({name: table.address(at, name) for name in cells})
        made = (text["Table"], change, text["Where"], text["Field"], cells["Value"])
        run.look(ChangeRow(*made, row=text[schema.ROW], year=text["Year"], cells=addresses))
    return errors(run.issues.told())


def _parked(tables: Tables) -> set[str]:
    """The names, folded, of scenarios that are not run and on which none is based: nothing is said of their changes."""
    table = tables.get(schema.SCENARIOS)
    if table is None:
        return set()
    columns = (table.column(name) for name in ("Scenario", schema.RUN))
    rows = [tuple(fold(words(cell or "")) for cell in row) for row in zip(*columns, strict=True)]
    off = {name for name, run in rows if run == schema.NO}
    return off - {fold(words(base)) for base in table.column("Based on") if base is not None}


def lineage(base: Inputs, scenario: str) -> tuple[str, ...]:
    """A scenario and those it is based on, the oldest first."""
    chain = [scenario]
    while (parent := base.scenario_row(chain[-1])["Based on"]) is not None:
        chain.append(parent)
    return tuple(reversed(chain))


def refusals(base: Inputs, what_if: Levels, scenario: str | None) -> tuple[Issue, ...]:
    """The errors of what-if changes, and of the values that they set, in a scenario or the unchanged workbook."""
    labels = [row.label for level in what_if for row in level]
    run = _applied(base, scenario, what_if)
    found = [issue for issue in errors(run.issues) if issue.cell in labels and not issue.sheet]
    if found:
        return tuple(found)
    typed = type_tables(Frozen(run.tables))
    read_rules(typed)
    return tuple(issue for issue in errors(typed.issues) if _names_any(issue, labels))


def _applied(base: Inputs, scenario: str | None, what_if: Levels) -> Run:
    """The tables after a scenario's changes (None: the unchanged workbook) and those on top of it."""
    run = Run(dict(base.tables), base.settings)
    own = [] if scenario is None else [_change_rows(base, ancestor) for ancestor in lineage(base, scenario)]
    for level in (*own, *what_if):
        run.own = {}
        for row in level:
            run.apply(row)
    return run


def _change_rows(base: Inputs, scenario: str) -> list[ChangeRow]:
    """A scenario's rows of the Changes sheet."""
    frame, table = base.frame(schema.CHANGES), base.tables.get(schema.CHANGES)
    if table is None:
        return []
    rows = []
    for at, row in records(frame[frame["Scenario"] == scenario]):
        text = {name: "" if row[name] is None else words(row[name]) for name in TEXTS}
        rows.append(
            ChangeRow(
                table=str(row["Table"]),
                change=str(row["Change"]),
                where=text["Where"],
                field=text["Field"],
                value=row["Value"],
                unit=text["Unit"],
                reason=str(row["Reason"]),
                owner=text["Owner"],
                row=text[schema.ROW],
                year=text["Year"],
                label=table.address(at, "Change").text,
                cells=Frozen({name: table.address(at, name) for name in row}),
            )
        )
    return rows


def _with_changes_named(issue: Issue, run: Run) -> Issue:
    """An issue that only the changes brought about names them: those of its own row, or else all of the scenario."""
    made = dict.fromkeys(entry[3] for entry in run.ledger)
    if _names_any(issue, made):
        return issue
    labels = list(dict.fromkeys(_changes_of_rows(issue, run.tables))) or list(made)
    more = f" and {len(labels) - NAMED} more" if len(labels) > NAMED else ""
    return replace(issue, found=f"{issue.found} (after {', '.join(labels[:NAMED])}{more})")


def _changes_of_rows(issue: Issue, tables: Tables) -> Iterable[str]:
    """The changes to the rows in which an issue's cells are."""
    numbers = {int(digits) for cell in issue.cell.split(",") if (digits := "".join(c for c in cell if c.isdigit()))}
    table = tables.get(issue.sheet)
    if table is not None:
        for (position, _), label in table.changed.items():
            if table.rows[position] in numbers:
                yield label


def _names_any(issue: Issue, labels: Iterable[str]) -> bool:
    """Whether an issue's place is one of these changes, or its words name one that set it."""
    where = issue.where.split(",")
    return any(label in where or f"set by {label})" in issue.found for label in labels)
