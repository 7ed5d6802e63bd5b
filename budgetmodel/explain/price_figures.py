"""What a user can change and what that does to the program: a figure of the workbook as a move of its arrays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Array, Index
from budgetmodel.contract.measures import MEASURE
from budgetmodel.contract.schema import fold
from budgetmodel.contract.tables import records
from budgetmodel.explain.sensitivity import Face, Move
from budgetmodel.inputs.inputs import Inputs
from budgetmodel.program.build.model import LABELS, Program
from budgetmodel.program.build.structure import Structure, build_structure
from budgetmodel.program.solve.stages import RELATIVE_SLACK

POINT = 0.01
"""A step of a percentage: one point."""

ROUNDING = 1e-9
"""Smaller differences between two programs are rounding, as a share of the largest."""

SMALL, SMALL_SHARE = 0.01, 1e-4
"""£m, and share of the amount: how far funding is moved to see what follows it (average growth is not linear)."""


@dataclass(frozen=True)
class Figure:
    """One figure of the workbook with a price.

    `kind` is rule, source, keep or carry. `step` is one step in the units of the typed frame, `shown` what one of
    those units is in the units of the cell (£ per unit of need for per head), `unit` is the name of one step. With
    `follows` the shortfall follows to its new least, as it does when the whole scenario is solved again.
    """

    kind: str
    name: str
    cell: str
    year: str
    unit: str
    sheet: str
    position: int
    column: str
    value: float
    step: float
    shown: float = 1.0
    follows: bool = False


def figures(inputs: Inputs) -> Iterator[Figure]:
    """Every figure that has a price: funding, Values of rules, keep bands, carry forward where there is some."""
    for at, row in records(inputs.frame(schema.FUNDING)):
        cell = inputs.cell(schema.FUNDING, at, "Amount")
        year = str(row["Year"])
        if float(row["Amount"]) > 0:
            amount = float(row["Amount"])
            yield Figure(
                "source", str(row["Source"]), cell, year, "£1m", schema.FUNDING, at, "Amount", amount, 1.0, follows=True
            )
    for at, row in records(inputs.frame(schema.RULES)):
        unit = MEASURE[row["Measure"]].unit
        yield Figure(
            kind="rule",
            name=str(row["Rule"]),
            cell=inputs.cell(schema.RULES, at, "Value"),
            year="",
            unit=unit.step,
            sheet=schema.RULES,
            position=at,
            column="Value",
            value=float(row["Value"]),
            step=unit.step_size,
            shown=1.0 / unit.scale,
        )
    for at, row in records(inputs.frame(schema.TARGET)):
        for column in ("Keep at least", "Keep at most"):
            value = float(row[column])
            if np.isfinite(value) and value > 0:
                cell = inputs.cell(schema.TARGET, at, column)
                name = f"{column}: {row['Component']}"
                yield Figure("keep", name, cell, "", "percentage point", schema.TARGET, at, column, value, POINT)
    for at, row in records(inputs.frame(schema.SOURCES)):
        value = float(row["Carry forward"])
        if value > 0:
            cell = inputs.cell(schema.SOURCES, at, "Carry forward")
            name = f"Carry forward: {row['Source']}"
            yield Figure("carry", name, cell, "", "percentage point", schema.SOURCES, at, "Carry forward", value, POINT)


def move_of(face: Face, figure: Figure) -> Move | None:
    """What one step of a figure changes in the program; None when it makes other rows or columns of it.

    A rule's Value moves its own rows; funding moves everything that is made of it: the money, the do-minimum, the
    targets, average growth, keep bands, carry limits and the sharing of contract costs.
    """
    structure = face.answer.structure
    if figure.kind == "carry":
        return _carry(face, figure)
    by = figure.step
    if figure.follows:
        by = min(SMALL, SMALL_SHARE * figure.value)
    program, _ = face.assembled(changed(structure, figure, figure.value + by))
    if not _alike(face.program, program):
        return None
    was, scale = face.program, figure.step / by
    row, column, value = _coefficients(was, program)
    cuts = np.zeros(face.rows - len(was.lower))
    move = Move(
        lower=np.append(_difference(program.lower, was.lower, scale), cuts),
        upper=np.append(_difference(program.upper, was.upper, scale), cuts),
        low=_difference(program.low, was.low, scale),
        high=_difference(program.high, was.high, scale),
        row=row,
        column=column,
        value=scale * value,
    )
    if figure.follows and face.held is not None:
        upper = move.upper.copy()
        upper[face.held] = (1 + RELATIVE_SLACK) * face.shortfall_slope(move)
        move = replace(move, upper=upper)
    return move


def _carry(face: Face, figure: Figure) -> Move:
    """More carry forward of one source: its purse may carry so much more, whoever else belongs to the purse."""
    structure = face.answer.structure
    still, rows, nothing = np.zeros(len(face.program.low)), np.zeros(face.rows), np.zeros(0, dtype=np.int64)
    high = still.copy()
    columns = face.layout.carry[structure.purse_of[figure.position]]
    open_to = columns >= 0
    high[columns[open_to]] = figure.step * structure.source_funding[figure.position][open_to]
    return Move(rows, rows, still, high, nothing, nothing, np.zeros(0))


def changed(structure: Structure, figure: Figure, value: float) -> Structure:
    """The structure with another value in one cell; the reference gap stays frozen, as it does for every scenario."""
    inputs = structure.inputs
    frame = inputs.frame(figure.sheet)
    frame.loc[frame.index[figure.position], figure.column] = value
    inputs = inputs.with_frames({figure.sheet: frame})
    if figure.kind == "rule":
        return replace(structure, inputs=inputs)
    frozen = {
        (fold(component.name), year): float(structure.reference[k, t])
        for k, component in enumerate(structure.components)
        for t, year in enumerate(inputs.years)
    }
    return build_structure(inputs, structure.regime, frozen)


def _alike(one: Program, other: Program) -> bool:
    """Whether two programs have the same rows and columns."""
    if one.shape[:2] != other.shape[:2] or not np.array_equal(one.kinds, other.kinds):
        return False
    names = ["constraint", "rule", *LABELS]
    return bool((one.rows[names].to_numpy() == other.rows[names].to_numpy()).all())


def _difference(new: Array, old: Array, scale: float) -> Array:
    """By how much limits differ; what is infinite in both, or differs by rounding, does not."""
    both = np.isfinite(new) & np.isfinite(old)
    difference = np.where(both, new, 0.0) - np.where(both, old, 0.0)
    tiny = ROUNDING * np.abs(difference).max(initial=0.0)
    return np.where(np.abs(difference) > tiny, scale * difference, 0.0)


def _coefficients(one: Program, other: Program) -> tuple[Index, Index, Array]:
    """Row, column and difference of every coefficient in which two programs of the same rows and columns differ."""
    columns = len(one.low)
    places = []
    for program in (one, other):
        owner = np.repeat(np.arange(len(program.lower)), np.diff(program.start))
        places.append(owner * columns + program.index)
    every = np.union1d(*places)
    values = []
    for place, program in zip(places, (one, other), strict=True):
        value = np.zeros(len(every))
        value[np.searchsorted(every, place)] = program.value
        values.append(value)
    difference = values[1] - values[0]
    kept = np.abs(difference) > ROUNDING * max(1e-6, np.abs(difference).max(initial=0.0))
    return every[kept] // columns, every[kept] % columns, difference[kept]
