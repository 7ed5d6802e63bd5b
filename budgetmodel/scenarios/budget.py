"""Budget: a workbook that passed every check, with its scenarios. `bm.read` returns it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from os import PathLike
from typing import Any

import pandas as pd

from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Array
from budgetmodel.contract.content import SHORT, Content, counted
from budgetmodel.contract.frozen import Frames, Frozen, read_only
from budgetmodel.contract.infeasibility import CellChange, WayOut
from budgetmodel.contract.issues import BadCommand, InputErrors, Issue, distinct
from budgetmodel.contract.selectors import nearest
from budgetmodel.contract.tables import Tables
from budgetmodel.inputs.inputs import DIMENSIONS, Inputs
from budgetmodel.scenarios import set_grammar
from budgetmodel.scenarios.apply import lineage, refusals, scenario_inputs
from budgetmodel.scenarios.change_row import KEEP, WHAT_IF, ChangeRow

WAY_OUT = "way out"
"""How the steps of a way out are named in the ledger, with a number."""


@dataclass(frozen=True)
class PackFile:
    """A scenario pack that was joined to a workbook: its file, the file's SHA-256, and the scenarios it brought."""

    name: str
    sha256: str
    scenarios: tuple[str, ...]


@read_only
@dataclass(frozen=True, eq=False, repr=False)
class Budget(Content):
    """A workbook that passed every check, and its scenarios.

    `inputs` are the tables of the unchanged workbook; the tables of a scenario are made from them by
    `inputs_of`. `issues` holds what was found in the workbook and in all its scenarios; `of_scenarios` has those of
    them that are about scenarios only, by scenario.

    `what_if` are changes on top of every scenario, each inner tuple like one more child: it may overrule what came
    before, but two of its own rows may not hit one cell. They leave `inputs` as they are, and so the reference of
    the index. `packs` are the scenario packs whose scenarios were joined to the workbook's.

    Nothing in it can be changed: every frame that is asked for is a copy, `changed` makes another budget. Budgets are
    equal when everything in them is, their file included; `content_hash` covers tables and changes, not the file.
    """

    inputs: Inputs
    issues: tuple[Issue, ...] = ()
    of_scenarios: Mapping[str, tuple[Issue, ...]] = field(default_factory=Frozen)
    what_if: tuple[tuple[ChangeRow, ...], ...] = ()
    packs: tuple[PackFile, ...] = ()

    def changed(
        self,
        table: str,
        *,
        field: str = "",
        where: Mapping[str, object] | str | None = None,
        to: object = KEEP,
        add: object = None,
        multiply: object = None,
        remove: bool = False,
        append: Mapping[str, object] | None = None,
        unit: str = "",
        reason: str = WHAT_IF,
        owner: str = "",
    ) -> Budget:
        """A budget in which every scenario has one more change; this one stays as it is.

        Exactly one of the five operations of the Changes sheet: `to` sets the column `field` to a value (None blanks
        it), `add` adds an amount, `multiply` takes a factor, `remove=True` removes the rows, `append` gives a new row
        as column -> value. `where` picks rows: column -> value or list of values, or text in the sheet's own grammar,
        `"Place=Bury | Bolton; Year=2026/27"`; without it, every row. Values are those of a cell: £ in the
        workbook's money unit, 6% as 0.06 or "6%". Calls may be chained; a later one may overrule an earlier one.

            budget.changed("Rules", field="Value", where={"Rule": "Pace ceiling"}, to=0.06)
            budget.changed("Funding", field="Amount", where={"Source": "Core"}, multiply=0.97)
            budget.changed("Rules", remove=True, where={"Measure": "moved"})
            budget.changed("Funding", append={"Source": "Core", "Year": "2026/27", "Amount": 5})

        Raises InputErrors, with the change and the base cell named, when no scenario can take the change; what is
        wrong in one scenario only is raised when that is solved. Raises TypeError for none or several operations.
        """
        made = sum(row.label.startswith(set_grammar.CHANGED) for level in self.what_if for row in level)
        row = set_grammar.row_of(
            f"{set_grammar.CHANGED} {made + 1}",
            table,
            field=field,
            where=where,
            to=to,
            add=add,
            multiply=multiply,
            remove=remove,
            append=append,
            unit=unit,
            reason=reason,
            owner=owner,
        )
        return with_what_if(self, (row,))

    def with_way_out(self, way: WayOut) -> Budget:
        """A budget with a way out of an infeasible scenario on top, one change for each of its steps.

        Like `changed`, it changes every scenario; the way is one of the scenario whose conflict it ends. Its changes
        are in the result's `changes`, with the advice as their reason.

            budget.with_way_out(failure.explanation.way_to_apply)

        Raises InputErrors when no scenario can take the changes.
        """
        return with_what_if(self, [_as_row(step, number) for number, step in enumerate(way.steps, start=1)])

    @property
    def name(self) -> str:
        """The name of the workbook's file."""
        return self.inputs.name

    @property
    def sha256(self) -> str:
        """The SHA-256 of the workbook's file."""
        return self.inputs.sha256

    @property
    def tables(self) -> Tables:
        """The cells of the unchanged workbook, a table per sheet."""
        return self.inputs.tables

    @property
    def frames(self) -> Frames:
        """The typed frames of the unchanged workbook, by sheet, as copies; money is £m, percentages are shares."""
        return self.inputs.frames

    @property
    def settings(self) -> Mapping[str, str]:
        """The settings of the sheet About."""
        return self.inputs.settings

    @property
    def years(self) -> tuple[str, ...]:
        """The years, in the order of their sheet."""
        return self.inputs.years

    @property
    def places(self) -> tuple[str, ...]:
        """The places, in the order of their sheet."""
        return self.inputs.places

    @property
    def services(self) -> tuple[str, ...]:
        """The services, in the order of their sheet."""
        return self.inputs.services

    @property
    def providers(self) -> tuple[str, ...]:
        """The providers, in the order of their sheet."""
        return self.inputs.providers

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources, in the order of their sheet."""
        return self.inputs.sources

    @property
    def funding(self) -> Array:
        """What each source brings in each year: shape (sources, years), £m."""
        return self.inputs.funding

    @property
    def growth(self) -> Array:
        """Average growth of all funding, by year, as a share; the first year against the total Baseline."""
        return self.inputs.growth

    def frame(self, sheet: str) -> pd.DataFrame:
        """The typed frame of a sheet of the unchanged workbook, a copy; KeyError with the nearest name."""
        return self.inputs.frame(sheet)

    def cell(self, sheet: str, position: int, column: str) -> str:
        """The address behind a value, as `Rules!K14`."""
        return self.inputs.cell(sheet, position, column)

    def members(self, dimension: str) -> tuple[str, ...]:
        """The members of `year`, `place`, `service`, `provider` or `source`, in sheet order; KeyError for others."""
        return self.inputs.members(dimension)

    @property
    def regimes(self) -> tuple[str, ...]:
        """The names of the regimes, in the order of their sheet."""
        return self.inputs.regimes

    @property
    def scenarios(self) -> tuple[str, ...]:
        """The names of the scenarios, in the order of their sheet."""
        return self.inputs.scenarios

    @property
    def to_run(self) -> tuple[str, ...]:
        """The scenarios that are solved where none is asked for by name: those whose Run is not `no`."""
        return self.inputs.to_run

    def scenario_row(self, scenario: str) -> Mapping[str, Any]:
        """A scenario's row of the Scenarios sheet; KeyError with the nearest name when there is none of that name."""
        return self.inputs.scenario_row(scenario)

    def issues_of(self, scenario: str) -> tuple[Issue, ...]:
        """The issues that matter to a scenario: those of the unchanged workbook and its own, not those of others."""
        others = {issue for issues in self.of_scenarios.values() for issue in issues}
        others.difference_update(self.of_scenarios.get(scenario, ()))
        return tuple(issue for issue in self.issues if issue not in others)

    def inputs_of(self, scenario: str) -> tuple[Inputs | None, tuple[Issue, ...]]:
        """The tables of a scenario with what was found in its changes and in them; None when there are errors."""
        return scenario_inputs(self.inputs, scenario, self.what_if, self.issues)

    def _content(self) -> tuple[object, ...]:
        return self.inputs.content_hash, self.issues, self.of_scenarios, self.what_if, self.packs

    def _origin(self) -> tuple[object, ...]:
        return self.name, self.sha256

    def _card(self) -> tuple[str, Mapping[str, object]]:
        return f"Budget of {self.name!r}", {
            "content": self.content_hash[:SHORT],
            "file SHA-256": self.sha256[:SHORT],
            **{name: counted(getattr(self, name)) for name in DIMENSIONS},
            "scenarios": counted(self.scenarios),
            "regimes": counted(self.regimes),
            "changes on top": sum(map(len, self.what_if)),
            "issues": len(self.issues),
        }


def _as_row(step: CellChange, number: int) -> ChangeRow:
    label = f"{WAY_OUT} {number}"
    value = None if step.change == "append" else step.new
    return ChangeRow(step.table, step.change, step.where, step.field, value, reason=step.words, label=label)


def check_budget(budget: object) -> None:
    """Raise TypeError unless `budget` is one: a path, and results, are what is handed over by mistake."""
    if not isinstance(budget, Budget):
        fix = f"bm.read({str(budget)!r}) makes one." if isinstance(budget, str | PathLike) else "bm.read makes one."
        what = repr(str(budget)) if isinstance(budget, str | PathLike) else f"a {type(budget).__name__}"
        raise TypeError(f"A Budget is wanted here, not {what}. {fix}")


def selected(base: Budget, asked: Sequence[str] | None) -> tuple[str, ...]:
    """The scenarios that a run solves: all to run, or those asked for with what packs bring for them, in their order.

    A pack's scenario belongs to the scenario of the workbook that it is made for or based on. One that its pack says
    not to run is left out; one that is not run because its scenario is not comes with it when that is asked for.
    """
    if not asked:
        return base.to_run
    brought = {name for pack in base.packs for name in pack.scenarios}
    ancestors = {name: reversed(lineage(base.inputs, name)) for name in brought}
    owners = {name: next((n for n in ancestors[name] if n not in brought), "") for name in brought}
    more = {n for n, own in owners.items() if own in asked and (n in base.to_run or own not in base.to_run)}
    return tuple(name for name in base.scenarios if name in {*asked, *more})


def with_what_if(base: Budget, rows: Sequence[ChangeRow]) -> Budget:
    """`base` with one more level of changes on top of every scenario.

    Raises InputErrors when neither the unchanged workbook nor any scenario can take them; only what is wrong with
    the changes and the values that they set is looked at here, the checks of whole tables run with each scenario.
    """
    levels = (*base.what_if, tuple(rows))
    found = refusals(base.inputs, levels, None)
    if found and all(refusals(base.inputs, levels, scenario) for scenario in base.scenarios):
        raise InputErrors(distinct(found))
    return replace(base, what_if=levels)


def none_to_run(budget: Budget) -> tuple[Issue, ...]:
    """The error of a workbook whose every scenario has Run = no, at those cells; nothing where one is to be solved."""
    if budget.to_run or not budget.scenarios:
        return ()
    table = budget.tables[schema.SCENARIOS]
    cells = ", ".join(table.address(at, schema.RUN).cell for at in range(len(table)))
    found = f"every scenario has {schema.RUN} = {schema.NO}, so there is nothing to solve"
    fix = f"Type {schema.YES} for one of them, or name the scenario: --scenario NAME."
    return (Issue("NONE_TO_RUN", "error", schema.SCENARIOS, cells, found, "a scenario to run", fix),)


def refuse_none(asked: Sequence[str] | None, budget: Budget) -> None:
    """Raise InputErrors where nothing is asked for by name and every scenario has Run = no."""
    issues = () if asked else none_to_run(budget)
    if issues:
        raise InputErrors((*budget.issues, *issues))


def refuse_scenarios(asked: Sequence[str], budget: Budget) -> None:
    """Raise BadCommand for a scenario that the workbook does not have."""
    for name in asked:
        if name not in budget.scenarios:
            near = nearest(name, budget.scenarios)
            hint = f"Did you mean '{near[0]}'?" if near else f"Choose from: {', '.join(budget.scenarios)}."
            raise BadCommand(f"There is no scenario '{name}'. {hint}")
