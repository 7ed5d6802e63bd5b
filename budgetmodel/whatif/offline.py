"""What a page needs to re-solve scenarios: programs, sliders, and the published answer, as data."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from budgetmodel.comparison.headline import main_component
from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Index
from budgetmodel.contract.objectives import SHORTFALL, TURNOVER
from budgetmodel.program.build.gap_index import WHOLE_GAP
from budgetmodel.program.solve.live import LiveModel
from budgetmodel.program.solve.outcome import Basis
from budgetmodel.program.solve.stages import ABSOLUTE_SLACK, RELATIVE_SLACK, SHORTFALL_WEIGHT, SIMPLEX_UP_TO
from budgetmodel.results import Result
from budgetmodel.scenarios.budget import Budget
from budgetmodel.whatif.candidates import chosen
from budgetmodel.whatif.flat import PARTS
from budgetmodel.whatif.slider import Slider, Term
from budgetmodel.whatif.translate import CannotMoveError, Translated, translate


@dataclass(frozen=True)
class WhatIf:
    """The data of a page: a record per scenario that can be asked again, and a sentence for each that cannot.

    `record` is plain data for JSON, with arrays as `packed` makes them.
    """

    title: str
    workbook: str
    scenarios: tuple[Mapping[str, Any], ...]
    left_out: tuple[str, ...]


def what_if(
    budget: Budget,
    results: Mapping[str, Result],
    sliders: str = "",
    progress: Callable[[str, str], None] = lambda _, __: None,
) -> WhatIf:
    """What a page needs to re-solve these results of a budget; `sliders` names what is to be moved, with semicolons.

    Raises BadCommand for a slider that no scenario can have.
    """
    records, left_out = [], []
    for name, result in results.items():
        why = unfit(budget, result)
        if not why:
            try:
                found = translate(budget, result, chosen(result, sliders), partial(progress, name))
            except CannotMoveError as trouble:
                why = f"{trouble}"
            else:
                why = "" if found.sliders else "nothing in it can be moved"
        if why:
            left_out.append(f"{name} cannot be asked again on this page: {why}.")
        else:
            records.append(_record(result, found))
    title = str(budget.settings.get("Title") or "Health and care budget")
    return WhatIf(title, budget.name, tuple(records), tuple(left_out))


def unfit(budget: Budget, result: Result) -> str:
    """Why a scenario cannot be asked again on a page; empty when it can."""
    program = result.answer.program
    if not result.is_met:
        return "no allocation meets it as it is published"
    if result.answer.structure.tolerance:
        return "it has a tolerance, and the plan that changes least within it needs another solver"
    if any(str(kind).startswith(WHOLE_GAP) for kind in program.groups):
        return "with more than 60 places the solver of the page would need rows that are found on the way"
    if budget.what_if:
        return "changes were given on the command line; put them into a scenario or a pack"
    return ""


def _record(result: Result, found: Translated) -> dict[str, Any]:
    answer, inputs = result.answer, result.inputs
    structure, layout = answer.structure, answer.layout
    objective = answer.objective
    places, years = list(inputs.places), list(inputs.years)
    cell, column = _spending(result)
    columns = found.pattern.columns
    x = answer.solved.x
    weight, basis = _approach(result)
    money = np.bincount(cell, weights=x[column], minlength=len(places) * len(years))
    gaps = answer.program.groups.get("gap", np.zeros(0, dtype=np.int64))
    gaps = gaps[len(years) - 1 :: len(years)] if objective.is_index else gaps[:0]
    names = [component.name for component in structure.components]
    main = names.index(main_component(result))
    ratio = layout.ratio[main, :, -1]
    return {
        "name": result.scenario,
        "regime": result.regime,
        "places": places,
        "years": years,
        "moneyUnit": str(inputs.settings.get(schema.MONEY_UNIT) or "£m"),
        "component": names[main],
        "objective": {"label": objective.value_label, "isIndex": objective.is_index, "unit": objective.unit},
        "rows": found.pattern.rows,
        "columns": columns,
        "parts": dict(zip(PARTS, found.pattern.sizes, strict=True)),
        "start": packed(found.pattern.start.astype(np.int32)),
        "index": packed(found.pattern.index.astype(np.int32)),
        "base": packed(found.base),
        "weight": weight,
        "basis": basis and {"columns": packed(basis.columns), "rows": packed(basis.rows)},
        "hold": [RELATIVE_SLACK, ABSOLUTE_SLACK],
        "cell": packed(cell.astype(np.int32)),
        "column": packed(column.astype(np.int32)),
        "totals": [float(total) for total in money.reshape(len(places), -1).sum(axis=1)],
        "published": {
            "money": packed(money),
            "index": answer.objective_stage.value,
            "shortfall": result.answer.values[0],
        },
        "lastYear": {"columns": packed(gaps.astype(np.int32)), "weight": float(inputs.year_weights[-1])},
        "ratio": packed(ratio.astype(np.int32)),
        "sliders": [
            _slider(slider, term, lonely)
            for slider, term, lonely in zip(found.sliders, found.terms, found.alone, strict=True)
        ],
        "leftOut": list(found.left_out),
    }


def _spending(result: Result) -> tuple[Index, Index]:
    """The column of every line and year, and the place and year that it is spent in: place x years + year."""
    line = result.answer.layout.line
    number, year = np.nonzero(line >= 0)
    place = result.answer.structure.lines["place"].to_numpy(dtype=np.int64)[number]
    return place * line.shape[1] + year, line[number, year]


def _approach(result: Result) -> tuple[float, Basis | None]:
    """Where shortfall and objective are least together, the shortfall by far the heavier: its weight, and the basis.

    The page starts there, as `Route.approach` does: with the costs of the shortfall alone nearly every basis is as good
    as any other, and the simplex method goes round among them.
    """
    answer = result.answer
    program = answer.program.before(TURNOVER.name)
    weight = float(SHORTFALL_WEIGHT / answer.structure.source_funding.sum(axis=0).mean())
    cost = program.costs[answer.objective.stage.cost] + weight * program.costs[SHORTFALL.cost]
    small = program.shape[2] <= SIMPLEX_UP_TO
    return weight, LiveModel.of(program, cost).solve("simplex" if small else "ipx").basis


def _slider(slider: Slider, term: Term, alone: bool) -> dict[str, Any]:
    return {
        "name": slider.name,
        "of": slider.of,
        "table": slider.table,
        "where": slider.where,
        "field": slider.field,
        "change": slider.change,
        "published": slider.published,
        "below": slider.below,
        "above": slider.above,
        "step": slider.step,
        "decimals": slider.decimals,
        "percent": slider.percent,
        "sign": slider.sign,
        "alone": alone,
        "index": packed(term.index.astype(np.int32)),
        "slope": packed(term.slope) if term.straight else "",
        "steps": [] if term.straight else [packed(row) for row in term.steps],
    }


def packed(values: NDArray[Any]) -> str:
    """An array as base64 of its gzipped bytes, with its kind before a colon: `f8:...`, `i4:...`, `i1:...`."""
    kind = {"f": "f8", "i": "i4"}[values.dtype.kind] if values.dtype.itemsize > 1 else "i1"
    content = np.ascontiguousarray(values, dtype=f"<{kind}" if kind != "i1" else "i1").tobytes()
    return f"{kind}:{base64.b64encode(gzip.compress(content, 9, mtime=0)).decode()}"


def first_of(results: Mapping[str, Result], asked: Sequence[str]) -> dict[str, Result]:
    """The scenarios of a page: those asked for by name, otherwise the one that comes nearest to its objective."""
    if asked:
        return dict(results)
    met = {name: result for name, result in results.items() if result.is_met}
    if not met:
        return {}
    best = min(met, key=lambda name: (round(met[name].answer.values[0], 6), round(met[name].answer.values[1], 6)))
    return {best: met[best]}
