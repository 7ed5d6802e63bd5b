"""Money and where it may go: sources and providers without a line, ring-fences out of reach, retained services."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from budgetmodel.checks.cells import Finding
from budgetmodel.checks.typed import Typed
from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Mask
from budgetmodel.contract.measures import MEASURE, Of
from budgetmodel.contract.schema import fold
from budgetmodel.contract.selectors import Selection
from budgetmodel.contract.tables import records
from budgetmodel.contract.units import pounds
from budgetmodel.inputs.inputs import Inputs
from budgetmodel.inputs.need import need_by_place
from budgetmodel.inputs.reach import Reach, lines, masks, pots, reach

RETAINED, NON_RECURRENT = "retained", "non-recurrent"
LINE_DIMENSIONS = ("place", "service", "provider")


@dataclass(frozen=True)
class Ways:
    """What money may do under a regime: `flows` has shape (sources, years, lines)."""

    regime: str
    may: Reach
    flows: Mask


def check_reachable(inputs: Inputs, typed: Typed) -> None:
    """Warnings about money and places, services and providers that do not meet, under the regimes in use."""
    line = lines(inputs)
    _money_that_ends(inputs, typed)
    for regime in regimes_in_use(inputs):
        ways = _ways(inputs, line, regime)
        _sources(inputs, typed, ways)
        _retained(inputs, typed, ways)
        _ring_fences(inputs, typed, line, ways)


def reached_lines(inputs: Inputs, line: pd.DataFrame) -> Mask:
    """Whether any money may reach each line, in any year and under any regime in use: shape (lines,)."""
    reached = np.zeros(len(line), dtype=bool)
    for regime in regimes_in_use(inputs):
        reached |= _ways(inputs, line, regime).flows.any(axis=(0, 1))
    return reached


def _ways(inputs: Inputs, line: pd.DataFrame, regime: str) -> Ways:
    may = reach(inputs, pots(inputs, regime))
    place, service = line["place"].to_numpy(), line["service"].to_numpy()
    return Ways(regime, may, may.places[:, :, place] & may.services[:, :, service])


def regimes_in_use(inputs: Inputs) -> tuple[str, ...]:
    """The regimes of the budget's scenario, or of all scenarios for the unchanged workbook."""
    scenarios = inputs.frame(schema.SCENARIOS)
    mine = scenarios if not inputs.scenario else scenarios[scenarios["Scenario"] == inputs.scenario]
    return tuple(dict.fromkeys(name for name in mine["Regime"] if name is not None))


def _sources(inputs: Inputs, typed: Typed, ways: Ways) -> None:
    """Money in a year in which nothing is within its reach; a carry forward may still save some of it."""
    stuck = (inputs.funding > 0) & ~ways.flows.any(axis=2)
    for position in np.flatnonzero(stuck.any(axis=1)):
        years = [year for year, bad in zip(inputs.years, stuck[position], strict=True) if bad]
        amount = float(inputs.funding[position][stuck[position]].sum())
        found = (
            f"under regime '{ways.regime}' nobody may spend '{inputs.sources[position]}' "
            f"in {', '.join(years)} ({pounds(amount)}): no Baseline or Provision row is within its reach"
        )
        fix = "Widen its home and lawful places or services, or add the rows that it is to pay for."
        finding = Finding("ORPHAN_SOURCE", found, "something to spend it on", fix, "warning")
        at = inputs.row_of(schema.SOURCES, int(position), int(np.flatnonzero(stuck[position])[0]))
        typed.report(finding, schema.SOURCES, at, "Home services")


def _retained(inputs: Inputs, typed: Typed, ways: Ways) -> None:
    """Nationally retained services are for their national holder's money alone, and that money is for them alone."""
    told: set[tuple[int, str]] = set()
    for year in range(len(inputs.years)):
        for source, found, expected, fix in _retained_in(inputs, ways, year):
            at = inputs.row_of(schema.SOURCES, source, year)
            if (at, expected) not in told:
                told.add((at, expected))
                _report_moved(typed, ways, at, found, expected, fix)


def _retained_in(inputs: Inputs, ways: Ways, year: int) -> Iterator[tuple[int, str, str, str]]:
    """What is wrong with retained services in a year: the source, what was found, what is expected, what to do."""
    holders = [fold(str(holder)) for holder in inputs.by_year(schema.SOURCES, "Holder")[:, year]]
    retained = inputs.by_year(schema.SERVICES, "Delegation")[:, year] == RETAINED
    reaches = ways.may.services[:, year] & ways.may.places[:, year].any(axis=1, keepdims=True)
    at_home = ways.may.home_services[:, year]
    owners = (at_home & retained).any(axis=1) & ~(at_home & ~retained).any(axis=1)
    theirs: dict[int, list[int]] = {}  # source that is not the national holder's -> retained services in its reach
    for service in np.flatnonzero(retained):
        payers = [int(source) for source in np.flatnonzero(reaches[:, service])]
        national = [p for p in payers if owners[p]] or [p for p in payers if at_home[p, service]]
        for source in payers:
            if national and holders[source] != holders[national[0]]:
                theirs.setdefault(source, []).append(int(service))
    for source, services in theirs.items():
        found = f"'{inputs.sources[source]}' may pay for {_some(inputs, services)}, retained nationally"
        fix = "Take retained services out of its lawful services: type all; not delegation: retained."
        yield source, found, "money of the national holder only", fix
    for position in np.flatnonzero(owners):
        others = [int(service) for service in np.flatnonzero(reaches[position] & ~retained)]
        if others:
            found = f"'{inputs.sources[position]}', money for retained services, may go to {_some(inputs, others)}"
            fix = "Give it a pot of its own, or make only retained services lawful: type delegation: retained."
            yield int(position), found, "retained services only", fix


def _some(inputs: Inputs, services: list[int]) -> str:
    more = f" and {len(services) - 1} more" if len(services) > 1 else ""
    return f"'{inputs.services[services[0]]}'{more}"


def _report_moved(typed: Typed, ways: Ways, source: int, found: str, expected: str, fix: str) -> None:
    words = f"under regime '{ways.regime}' {found}"
    typed.report(Finding("RETAINED_MOVED", words, expected, fix, "warning"), schema.SOURCES, source, "Lawful services")


def _money_that_ends(inputs: Inputs, typed: Typed) -> None:
    """Baseline spending whose only money at home is non-recurrent and ends before the plan does."""
    baseline = inputs.frame(schema.BASELINE)
    funding = inputs.funding
    passing = inputs.by_year(schema.SOURCES, "Kind")[:, -1] == NON_RECURRENT
    ends = passing & (funding[:, -1] <= 0) & (funding.sum(axis=1) > 0)
    if not ends.any():
        return
    home_places = masks(list(inputs.by_year(schema.SOURCES, "Home places")[:, -1]), inputs.places)
    home_services = masks(list(inputs.by_year(schema.SOURCES, "Home services")[:, -1]), inputs.services)
    covered = np.einsum("sp,sv->pv", home_places[~ends].astype(int), home_services[~ends].astype(int)) > 0
    place = baseline["Place"].map({name: i for i, name in enumerate(inputs.places)}).to_numpy(dtype=int)
    service = baseline["Service"].map({name: i for i, name in enumerate(inputs.services)}).to_numpy(dtype=int)
    amount = baseline["Amount"].to_numpy(dtype=float)
    for position in np.flatnonzero(ends):
        alone = home_places[position, place] & home_services[position, service] & ~covered[place, service]
        alone &= amount > 0
        if alone.any():
            last = inputs.years[int(np.flatnonzero(funding[position] > 0)[-1])]
            names = list(dict.fromkeys(baseline["Service"][alone]))
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            found = (
                f"'{inputs.sources[position]}' ends in {last} and alone pays at home for '{names[0]}'{more}: "
                f"{pounds(float(amount[alone].sum()))} of last year's spending has no money after it"
            )
            fix = "Say who pays afterwards: add a recurrent source, or its rows of Funding."
            finding = Finding("RECURRENT_NR", found, "recurrent money for spending that recurs", fix, "warning")
            at = inputs.row_of(schema.SOURCES, int(position), len(inputs.years) - 1)
            typed.report(finding, schema.SOURCES, at, "Kind")


def _ring_fences(inputs: Inputs, typed: Typed, line: pd.DataFrame, ways: Ways) -> None:
    """Must rules that require spending from named sources on what those sources cannot reach."""
    for at, rule in records(inputs.frame(schema.RULES)):
        least = rule["Strength"] == "must" and rule["Limit"] in ("at least", "exactly")
        named = rule["Sources"].members != inputs.sources or "source" in rule["Each"]
        measure = MEASURE[rule["Measure"]]
        if least and named and rule["Value"] > 0 and measure.sees_sources and measure.base.is_data:
            missing = next(_out_of_reach(inputs, line, ways, rule), None)
            if missing is not None:
                found = f"under regime '{ways.regime}' no money of this rule may reach {missing}"
                fix = "Widen the reach of its sources, add the supply to Provision, or change the rule."
                expected = "sources that can pay for what the rule asks of them"
                typed.report(Finding("RING_NO_SERVICE", found, expected, fix, "warning"), schema.RULES, at, "Sources")


def _out_of_reach(inputs: Inputs, line: pd.DataFrame, ways: Ways, rule: Mapping[str, Any]) -> Iterator[str]:
    """What the rule asks for and no flow reaches: a year, and a member of every dimension of Each."""
    chosen = {d: _indices(rule[f"{d.capitalize()}s"], inputs.members(d)) for d in (*LINE_DIMENSIONS, "source", "year")}
    inside = np.ones(len(line), dtype=bool)
    for dimension in LINE_DIMENSIONS:
        inside &= np.isin(line[dimension].to_numpy(), chosen[dimension])
    flows = ways.flows[np.ix_(chosen["source"], chosen["year"], np.flatnonzero(inside))]
    if "source" not in rule["Each"]:
        flows = np.asarray(flows.any(axis=0, keepdims=True))
    each = [dimension for dimension in LINE_DIMENSIONS if dimension in rule["Each"]]
    needed = _needed(inputs, rule)
    cells = [np.arange(len(chosen[dimension])) for dimension in each]
    grid = np.stack([axis.ravel() for axis in np.meshgrid(*cells, indexing="ij")], axis=1) if each else np.zeros((1, 0))
    code = np.zeros(int(inside.sum()), dtype=int)
    for dimension in each:
        code = code * len(chosen[dimension]) + np.searchsorted(chosen[dimension], line.loc[inside, dimension])
    for source, year in np.ndindex(flows.shape[:2]):
        reached = np.zeros(len(grid), dtype=bool)
        reached[code[flows[source, year]]] = True
        for cell in np.flatnonzero(~reached):
            members = {d: inputs.members(d)[chosen[d][int(grid[cell][i])]] for i, d in enumerate(each)}
            if "place" in members and not needed.get(members["place"], True):
                continue
            names = [f"'{name}'" for name in members.values()]
            if "source" in rule["Each"]:
                names.append(f"from '{inputs.sources[chosen['source'][source]]}'")
            yield f"{' '.join(names) or 'what it selects'} in {inputs.years[chosen['year'][year]]}"


def _indices(selection: Selection, members: tuple[str, ...]) -> NDArray[np.int64]:
    index = {name: position for position, name in enumerate(members)}
    return np.array([index[name] for name in selection.members], dtype=np.int64)


def _needed(inputs: Inputs, rule: Mapping[str, Any]) -> dict[str, bool]:
    """Whether a rule per head asks for anything in a place: where nobody needs it, nothing is asked."""
    if MEASURE[rule["Measure"]].of is not Of.NEED:
        return {}
    need = need_by_place(inputs.frame(schema.NEEDS), rule["Of"].name, inputs.places)
    return dict(zip(inputs.places, (need > 0).tolist(), strict=True))
