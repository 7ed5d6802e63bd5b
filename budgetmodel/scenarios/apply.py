"""A workbook plus a scenario's changes: the changed tables and the ledger of what was changed, why and by whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from types import MappingProxyType

import pandas as pd

from budgetmodel.checks import check_tables
from budgetmodel.checks.cells import words
from budgetmodel.checks.frames import type_tables
from budgetmodel.checks.rules import read_rules
from budgetmodel.contract import schema
from budgetmodel.contract.issues import InputErrors, Issue, distinct, errors
from budgetmodel.contract.tables import Tables, records
from budgetmodel.inputs.budget import LEDGER_COLUMNS, Budget, ChangeRow
from budgetmodel.scenarios import set_grammar
from budgetmodel.scenarios.changes import Run

NAMED = 3
"""Changes that a message names; the rest is counted."""


def scenario_budget(base: Budget, scenario: str) -> tuple[Budget | None, tuple[Issue, ...]]:
    """The budget of a scenario: parents' changes first, then its own rows from top to bottom, then `base.what_if`.

    `base` is the workbook as it stands, with the issues that it had when it was checked. Returns None instead of a
    budget when a change is wrong, or when the changed tables do not pass the checks; the issues name the base cell
    and the change.
    """
    run = _applied(base, scenario)
    if errors(run.issues):
        return None, tuple(run.issues)
    if not run.ledger:
        return replace(base, scenario=scenario), tuple(run.issues)
    ledger = pd.DataFrame(run.ledger, columns=list(LEDGER_COLUMNS))
    budget, issues = check_tables(MappingProxyType(run.tables), base.name, base.sha256, ledger, scenario)
    known = set(base.issues)
    told = [issue if issue in known else _with_changes_named(issue, run) for issue in issues]
    return budget, (*run.issues, *told)


def lineage(base: Budget, scenario: str) -> tuple[str, ...]:
    """A scenario and those it is based on, the oldest first."""
    chain = [scenario]
    while (parent := base.scenario_row(chain[-1])["Based on"]) is not None:
        chain.append(parent)
    return tuple(reversed(chain))


def selected(base: Budget, asked: Sequence[str] | None) -> tuple[str, ...]:
    """The scenarios that a run solves: all, or those asked for with what packs bring for them, in their order.

    A pack's scenario belongs to the scenario of the workbook that it is made for or based on.
    """
    if not asked:
        return base.scenarios
    brought = {name for pack in base.packs for name in pack.scenarios}
    more = {
        name for name in brought if next((n for n in reversed(lineage(base, name)) if n not in brought), "") in asked
    }
    return tuple(name for name in base.scenarios if name in {*asked, *more})


def changed(base: Budget, table: str, **words_of_change: object) -> Budget:
    """`base` with one more change on top of every scenario; the keywords are those of `Budget.changed`.

    Raises InputErrors when neither the workbook as it stands nor any scenario can take the change.
    """
    made = sum(row.label.startswith(set_grammar.CHANGED) for level in base.what_if for row in level)
    row = set_grammar.row_of(f"{set_grammar.CHANGED} {made + 1}", table, **words_of_change)  # type: ignore[arg-type]  # its own
    return with_what_if(base, (row,))


def with_what_if(base: Budget, rows: Sequence[ChangeRow]) -> Budget:
    """`base` with one more level of changes on top of every scenario.

    Raises InputErrors when neither the workbook as it stands nor any scenario can take them; only what is wrong with
    the changes and the values that they set is looked at here, the checks of whole tables run with each scenario.
    """
    budget = replace(base, what_if=(*base.what_if, tuple(rows)))
    found = _refusals(budget, None)
    if found and all(_refusals(budget, scenario) for scenario in budget.scenarios):
        raise InputErrors(distinct(found))
    return budget


def _refusals(base: Budget, scenario: str | None) -> tuple[Issue, ...]:
    """The errors of what-if changes, and of the values that they set, in a scenario or the workbook as it stands."""
    labels = [row.label for level in base.what_if for row in level]
    run = _applied(base, scenario)
    found = [issue for issue in errors(run.issues) if issue.cell in labels and not issue.sheet]
    if found:
        return tuple(found)
    typed = type_tables(MappingProxyType(run.tables))
    read_rules(typed)
    return tuple(issue for issue in errors(typed.issues) if _names_any(issue, labels))


def _applied(base: Budget, scenario: str | None) -> Run:
    """The tables after a scenario's changes (None: the workbook as it stands) and those on top of it."""
    run = Run(dict(base.tables), base.settings)
    own = [] if scenario is None else [_change_rows(base, ancestor) for ancestor in lineage(base, scenario)]
    for level in (*own, *base.what_if):
        run.own = {}
        for row in level:
            run.apply(row)
    return run


def _change_rows(base: Budget, scenario: str) -> list[ChangeRow]:
    """A scenario's rows of the Changes sheet."""
    frame, table = base.frame(schema.CHANGES), base.tables.get(schema.CHANGES)
    if table is None:
        return []
    rows = []
    for at, row in records(frame[frame["Scenario"] == scenario]):
        text = {name: "" if row[name] is None else words(row[name]) for name in ("Where", "Field", "Unit", "Owner")}
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
                label=table.address(at, "Change").text,
                cells=MappingProxyType({name: table.address(at, name) for name in row}),
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
    """The changes to the rows in which an issue's cells stand."""
    numbers = {int(digits) for cell in issue.cell.split(",") if (digits := "".join(c for c in cell if c.isdigit()))}
    table = tables.get(issue.sheet)
    if table is not None:
        for (position, _), label in table.changed.items():
            if table.rows[position] in numbers:
                yield label


def _names_any(issue: Issue, labels: Iterable[str]) -> bool:
    """Whether an issue stands at one of these changes, or says that it was set by one."""
    where = issue.where.split(",")
    return any(label in where or f"set by {label})" in issue.found for label in labels)
