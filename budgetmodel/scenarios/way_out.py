"""A scenario with its way out applied: the steps of an explanation as changes on top of the scenario's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from budgetmodel.contract import schema
from budgetmodel.contract.infeasibility import Infeasibility
from budgetmodel.contract.tables import Table, Tables
from budgetmodel.scenarios.budget import Budget
from budgetmodel.scenarios.change_row import ChangeRow

WAY_OUT = "way out"
"""How the label of such a change begins: `way out 1`."""

REASON = "cheapest way out of what cannot be met"
"""Its reason."""

STEPS = (
    (schema.RULES, "Strength"),
    (schema.RULES, "Value"),
    (schema.FUNDING, "Amount"),
    (schema.SOURCES, "Carry forward"),
    (schema.SERVICES, "Place key"),
)
"""What a way out may change: sheet and column."""


def with_way_out(budget: Budget, scenario: str, explanation: Infeasibility) -> Budget:
    """The budget in which the scenario has its cheapest way out applied, on top of all its changes.

    It is meant for this one scenario: the changes name rows of its own tables. Raises LookupError when there is no way
    out, or a step of it is no change of a cell.
    """
    remedies = explanation.remedies
    first = remedies[remedies["remedy"] == remedies["remedy"].min()]
    inputs, _ = budget.inputs_of(scenario)
    if inputs is None or not len(first):
        raise LookupError(f"There is no way out of scenario '{scenario}' to apply.")
    rows = []
    for number, step in enumerate(first.to_dict("records"), start=1):
        sheet, position, column = _place(inputs.tables, step)
        rows.append(
            ChangeRow(
                sheet,
                "set",
                field=column,
                value=None if step["new_value"] == "" else step["new_value"],
                reason=REASON,
                label=f"{WAY_OUT} {number}",
                position=position,
            )
        )
    return replace(budget, what_if=(*budget.what_if, tuple(rows)))


def _place(tables: Tables, step: Mapping[str, object]) -> tuple[str, int, str]:
    """Sheet, row and column of the cell that a step changes; raises LookupError when there is none."""
    typed_word = isinstance(step["new_value"], str)
    for sheet, column in STEPS:
        is_word = column in ("Strength", "Place key")
        if is_word != typed_word:
            continue
        for position, text in _addresses(tables[sheet], column):
            if text == step["cell"]:
                return sheet, position, column
    raise LookupError(f"{step['cell']} is no cell that a change can set.")


def _addresses(table: Table, column: str) -> Iterator[tuple[int, str]]:
    for position in range(len(table)):
        yield position, table.address(position, column).text
