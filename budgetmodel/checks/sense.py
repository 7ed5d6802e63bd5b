"""Do the sheets make sense together? Years, needs, sources, regimes, contracts, target and scenarios."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

import numpy as np
import pandas as pd

from budgetmodel.checks.cells import Finding, did_you_mean, respelt
from budgetmodel.checks.typed import Typed
from budgetmodel.contract import objectives, schema
from budgetmodel.contract.measures import MEASURES, Of
from budgetmodel.contract.schema import BASELINE_KEY, EACH_POT, NONE, fold
from budgetmodel.contract.selectors import Selection, nearest
from budgetmodel.contract.tables import records
from budgetmodel.contract.units import consecutive, pounds
from budgetmodel.inputs.inputs import Inputs
from budgetmodel.inputs.reach import contract_rows, lines, pot_rows, pots, reach

NEXT_TO_NOTHING = 1e-6
"""Of the mean need of all places: a smaller need is a slip of units, and coefficients of its size trouble solvers."""


def check_sheets(typed: Typed) -> None:
    """Every check that needs more than one cell but no allocation; issues are added to `typed`."""
    for check in (
        _years,
        _money,
        _sources,
        _regimes,
        _place_keys,
        _target,
        _needs_in_use,
        _scenarios,
        _reasons,
    ):
        check(typed)


def check_flows(inputs: Inputs, typed: Typed) -> None:
    """Every flow that a regime permits needs a contract row, and every Baseline line somebody who may pay it."""
    line = lines(inputs)
    for regime in inputs.regimes:
        table = pots(inputs, regime)
        may = reach(inputs, table)
        place, service, provider = (line[c].to_numpy() for c in ("place", "service", "provider"))
        reached = (may.places[:, :, place] & may.services[:, :, service]).any(axis=(0, 1))
        rows = contract_rows(inputs, regime)
        missing = reached & (rows[service, provider] < 0)
        if missing.any():
            _report_no_contract(typed, regime, line[missing], inputs)
        unpaid = ~reached & (line["baseline"].to_numpy() > 0)
        if unpaid.any():
            _warn_unpaid(typed, regime, line[unpaid], inputs)


def _report_no_contract(typed: Typed, regime: str, line: pd.DataFrame, inputs: Inputs) -> None:
    first = line.iloc[0]
    service, provider = inputs.services[int(first["service"])], inputs.providers[int(first["provider"])]
    count = len(line[["service", "provider"]].drop_duplicates())
    more = f" and {count - 1} more pairs" if count > 1 else ""
    found = f"under regime '{regime}' no row matches '{service}' from '{provider}'{more}"
    finding = Finding(
        "NO_CONTRACT", found, "a row for every permitted flow", "Add a row, or widen the last one to all."
    )
    contracts = typed.frames[schema.CONTRACTS]
    rows = list(contracts.index[contracts["Regime"] == regime])
    if rows:
        for position in rows:
            typed.report(finding, schema.CONTRACTS, position, "Services")
    else:
        typed.issues.append(finding.at(typed.tables[schema.CONTRACTS].header_address("Regime")))


def _warn_unpaid(typed: Typed, regime: str, line: pd.DataFrame, inputs: Inputs) -> None:
    first = line.sort_values("baseline", ascending=False).iloc[0]
    place, service = inputs.places[int(first["place"])], inputs.services[int(first["service"])]
    found = f"under regime '{regime}' no source may pay for '{service}' in '{place}'"
    if len(line) > 1:
        found += f" and {len(line) - 1} more Baseline rows ({pounds(float(line['baseline'].sum()))} in all)"
    finding = Finding(
        "ORPHAN_SERVICE", found, "a source at home there", "Widen a source's home or lawful services.", "warning"
    )
    baseline = typed.frames[schema.BASELINE]
    match = (baseline["Place"] == place) & (baseline["Service"] == service)
    typed.report(finding, schema.BASELINE, int(baseline.index[match][0]), "Service")


def _years(typed: Typed) -> None:
    years = [(i, y) for i, y in enumerate(typed.frames[schema.YEARS]["Year"]) if y is not None]
    for (_, before), (position, after) in pairwise(years):
        if not consecutive([before, after]):
            finding = Finding(
                "YEAR_MISSING", f"{after} follows {before}", "years in order, without gaps", "Add or reorder the years."
            )
            typed.report(finding, schema.YEARS, position, "Year")


def _money(typed: Typed) -> None:
    """There must be money in every year and in the Baseline; a source without a row in a year is noted."""
    if not typed.has(schema.FUNDING, schema.YEARS, schema.SOURCES, schema.BASELINE):
        return
    funding, baseline = typed.frames[schema.FUNDING], typed.frames[schema.BASELINE]
    unread = any(funding[column].isna().any() for column in ("Amount", "Year", "Source"))
    totals = funding.dropna(subset=["Year"]).groupby("Year")["Amount"].sum()
    for position, year in enumerate(typed.frames[schema.YEARS]["Year"]):
        if year is not None and not unread and totals.get(year, 0.0) <= 0:
            finding = Finding("YEAR_NO_MONEY", f"{year} has no funding", "money in every year", "Add rows to Funding.")
            typed.report(finding, schema.YEARS, position, "Year")
    if len(baseline) and not baseline["Amount"].isna().any() and baseline["Amount"].sum() <= 0:
        finding = Finding("BASELINE_ZERO", "every amount is 0", "last year's spending", "Fill the Baseline.")
        typed.report(finding, schema.BASELINE, 0, "Amount")
    present = {(s, y) for s, y in zip(funding["Source"], funding["Year"], strict=True)}
    names = typed.frames[schema.SOURCES]["Source"].drop_duplicates()
    for position, source in zip(names.index, names, strict=True):
        years = [y for y in typed.members[schema.YEARS].names if (source, y) not in present]
        if source is not None and years and not unread:
            found = f"'{source}' has no Funding row for {', '.join(years)}: no money then"
            fix = "Nothing to do, if so meant; else add the rows."
            finding = Finding("FUNDING_MISSING", found, "a row per source and year", fix, "warning")
            typed.report(finding, schema.SOURCES, position, "Source")


def _sources(typed: Typed) -> None:
    """Home lies inside lawful."""
    frame = typed.frames[schema.SOURCES]
    for home, lawful in (("Home places", "Lawful places"), ("Home services", "Lawful services")):
        for position, (inner, outer) in enumerate(zip(frame[home], frame[lawful], strict=True)):
            if not isinstance(inner, Selection) or not isinstance(outer, Selection):
                continue
            allowed = set(outer.members)
            outside = [name for name in inner.members if name not in allowed]
            if outside:
                more = f" and {len(outside) - 1} more" if len(outside) > 1 else ""
                found = f"home includes '{outside[0]}'{more}, which is not lawful"
                fix = f"Widen '{lawful}' or narrow '{home}'."
                typed.report(
                    Finding("HOME_NOT_LAWFUL", found, f"{home} inside {lawful}", fix), schema.SOURCES, position, home
                )


def _regimes(typed: Typed) -> None:
    """Every source is in exactly one pot in every year, and no named pot bears a source's name."""
    frame = typed.frames[schema.REGIMES]
    if not typed.has(schema.REGIMES, schema.SOURCES, schema.YEARS):
        return
    sources = {fold(name): name for name in typed.members[schema.SOURCES].names}
    for position, pot in enumerate(frame["Pot"]):
        if pot is not None and fold(pot) != EACH_POT and fold(pot) in sources:
            found = f"the pot '{pot}' bears a source's name"
            finding = Finding("POT_NAME", found, "a name of its own, or 'each'", "Choose another name.")
            typed.report(finding, schema.REGIMES, position, "Pot")
    for regime in dict.fromkeys(name for name in frame["Regime"] if name is not None):
        rows = frame.index[frame["Regime"] == regime]
        if all(
            isinstance(frame.at[row, "Sources"], Selection) and isinstance(frame.at[row, "Years"], Selection)
            for row in rows
        ):
            # A blank Pot was reported: its sources are in a pot all the same, one without a name.
            named = frame.assign(Pot=frame["Pot"].where(frame["Pot"].notna(), ""))
            table = pot_rows(named, str(regime))
            _said_twice(typed, str(regime), table)
            _one_pot_each(typed, str(regime), table, [int(r) for r in rows])


def _one_pot_each(typed: Typed, regime: str, table: pd.DataFrame, rows: list[int]) -> None:
    named = table.drop_duplicates(["source", "year", "pot"])
    for position, group in named[named.duplicated(["source", "year"])].groupby("position"):
        source, when = group["source"].iloc[0], ", ".join(dict.fromkeys(group["year"]))
        more = f" and {group['source'].nunique() - 1} more" if group["source"].nunique() > 1 else ""
        found = f"regime '{regime}' has '{source}'{more} in a second pot in {when}"
        finding = Finding(
            "SOURCE_TWICE", found, "every source in exactly one pot in every year", "Take it out of one of the rows."
        )
        typed.report(finding, schema.REGIMES, int(str(position)), "Sources")
    present = set(zip(table["source"], table["year"], strict=True))
    absent: dict[str, list[str]] = {}
    for source in typed.members[schema.SOURCES].names:
        years = [year for year in typed.members[schema.YEARS].names if (source, year) not in present]
        if years:
            absent[source] = years
    for source, years in absent.items():
        found = f"regime '{regime}' has no pot for '{source}' in {', '.join(years)}"
        finding = Finding(
            "SOURCE_NO_POT", found, "every source in exactly one pot in every year", f"Add '{source}' to a row."
        )
        for position in rows:
            typed.report(finding, schema.REGIMES, position, "Sources")


def _said_twice(typed: Typed, regime: str, table: pd.DataFrame) -> None:
    """A second row that puts a source in the same pot adds nothing; it must not give another level."""
    keys = ["source", "year", "pot"]
    pairs = table[table.duplicated(keys)].merge(table.drop_duplicates(keys), on=keys, suffixes=("", "_first"))
    levels = typed.frames[schema.REGIMES]["Decided at"]
    for _, group in pairs.groupby(["position", "position_first"]):
        position, first = int(group["position"].iloc[0]), int(group["position_first"].iloc[0])
        source, pot = group["source"].iloc[0], group["pot"].iloc[0]
        more = f" and {group['source'].nunique() - 1} more" if group["source"].nunique() > 1 else ""
        before = typed.tables[schema.REGIMES].address(first, "Decided at")
        found = f"regime '{regime}' puts '{source}'{more} in the pot '{pot}' a second time"
        if None in (levels[position], levels[first]) or levels[position] == levels[first]:
            fix = "Nothing to do, or delete the second row."
            finding = Finding("POT_TWICE", f"{found}, after {before.text}", "one row that says so", fix, "warning")
            typed.report(finding, schema.REGIMES, position, "Sources")
        else:
            found = f"{found}, decided at {levels[position]}, but {before.text} says {levels[first]}"
            fix = "Type the same level in both rows, or take it out of one of them."
            finding = Finding("POT_LEVELS", found, "one level at which a source's money is decided", fix)
            typed.report(finding, schema.REGIMES, position, "Decided at")


def _place_keys(typed: Typed) -> None:
    """A place key is `baseline`, or a need measure; the Baseline must have spending to take the shares from."""
    frame = typed.frames[schema.SERVICES]
    measures = _measures(typed)
    baseline = typed.frames[schema.BASELINE]
    for position, (service, key) in enumerate(zip(frame["Service"], frame["Place key"], strict=True)):
        if key is None:
            continue
        if fold(key) == BASELINE_KEY:
            frame.at[position, "Place key"] = BASELINE_KEY
            amounts = baseline.loc[baseline["Service"] == service, "Amount"]
            if typed.has(schema.BASELINE) and not amounts.isna().any() and amounts.sum() <= 0:
                found = f"the Baseline has no spending on '{service}' to take shares from"
                finding = Finding(
                    "PLACE_KEY_ZERO", found, "Baseline spending, or a need measure", "Choose another place key."
                )
                typed.report(finding, schema.SERVICES, position, "Place key")
        else:
            _resolve_measure(typed, schema.SERVICES, position, "Place key", measures)


def _measures(typed: Typed) -> dict[str, str]:
    return {fold(name): name for name in typed.frames[schema.NEEDS]["Need measure"] if name is not None}


def _resolve_measure(typed: Typed, sheet: str, position: int, column: str, measures: dict[str, str]) -> None:
    text = str(typed.frames[sheet].at[position, column])
    if fold(text) in measures:
        name = measures[fold(text)]
        typed.frames[sheet].at[position, column] = name
        if text != name:
            typed.report(respelt(text, name), sheet, position, column)
    elif typed.has(schema.NEEDS):
        fix = did_you_mean(text, tuple(measures.values()), "Add its rows to Needs, or choose another.")
        finding = Finding("NEED_UNKNOWN", f"'{text}' is no need measure", "a need measure of the sheet 'Needs'", fix)
        typed.report(finding, sheet, position, column)


def _target(typed: Typed) -> None:
    """Each component has a need measure and do-minimum spending; its keep band is a band."""
    frame, baseline = typed.frames[schema.TARGET], typed.frames[schema.BASELINE]
    measures = _measures(typed)
    for at, row in records(frame):
        if row["Need measure"] is not None:
            _resolve_measure(typed, schema.TARGET, at, "Need measure", measures)
        least, most = row["Keep at least"], row["Keep at most"]
        if isinstance(least, float) and isinstance(most, float) and most < least:
            found = f"at most {most:.1%} is under at least {least:.1%}"
            finding = Finding(
                "FLOOR_GT_CEIL", found, "a band", "Raise 'Keep at most' or lower 'Keep at least'.", "warning"
            )
            typed.report(finding, schema.TARGET, at, "Keep at most")
        if isinstance(row["Services"], Selection) and typed.has(schema.BASELINE):
            amounts = baseline.loc[baseline["Service"].isin(row["Services"].members), "Amount"]
            if not baseline["Amount"].isna().any() and baseline["Amount"].sum() > 0 and amounts.sum() <= 0:
                found = f"the Baseline has no spending on the services of '{row['Component']}'"
                finding = Finding("COMPONENT_ZERO", found, "services with Baseline spending", "Choose other services.")
                typed.report(finding, schema.TARGET, at, "Services")
    frame["Keep at most"] = frame["Keep at most"].where(frame["Keep at most"] != NONE, np.inf)


def _needs_in_use(typed: Typed) -> None:
    """A need measure in use has exactly one row per place, and is not zero everywhere."""
    if not typed.has(schema.NEEDS, schema.PLACES):
        return
    frame = typed.frames[schema.NEEDS]
    for measure in used_measures(typed):
        rows = frame[frame["Need measure"] == measure]
        first: dict[object, int] = {}
        usual = float(rows["Value"].mean())
        for position, place, value in zip(rows.index, rows["Place"], rows["Value"], strict=True):
            if place in first:
                other = typed.tables[schema.NEEDS].address(first[place], "Place")
                found = f"'{measure}' has a second row for '{place}'; the first is {other.text}"
                finding = Finding("DUPLICATE_ROW", found, "one row per place", "Delete one of them.")
                typed.report(finding, schema.NEEDS, int(position), "Place")
            elif place is not None:
                first[place] = int(position)
            if value == 0.0:
                found = f"the need of '{place}' for '{measure}' is 0: it gets no weight there"
                finding = Finding("ZERO_TARGET", found, "a need above 0", "Check that 0 is meant.", "warning")
                typed.report(finding, schema.NEEDS, int(position), "Value")
            elif value is not None and 0.0 < value < NEXT_TO_NOTHING * usual:
                found = f"the need of '{place}' for '{measure}' is {value:g}, the mean of all places {usual:,.6g}"
                fix = "Check the unit; a solver may take it for 0."
                finding = Finding("NEED_TINY", found, "needs of one unit", fix, "warning")
                typed.report(finding, schema.NEEDS, int(position), "Value")
        _needs_complete(typed, measure, rows, [p for p in typed.members[schema.PLACES].names if p not in first])


def _needs_complete(typed: Typed, measure: str, rows: pd.DataFrame, missing: list[str]) -> None:
    unread = typed.frames[schema.NEEDS]["Need measure"].isna().any()
    if missing and not unread and not rows["Place"].isna().any() and len(rows):
        found = f"'{measure}' has no row for {', '.join(missing)}"
        finding = Finding("PLACE_MISSING", found, "one row per place", "Add the rows; a need of 0 is written as 0.")
        typed.report(finding, schema.NEEDS, int(rows.index[-1]), "Need measure")
    values = rows["Value"]
    if len(rows) and not values.isna().any() and values.sum() <= 0:
        finding = Finding(
            "ZERO_TARGET", f"every need of '{measure}' is 0", "a need above 0 somewhere", "Fill in the needs."
        )
        typed.report(finding, schema.NEEDS, int(rows.index[0]), "Value")


def used_measures(typed: Typed) -> Iterator[str]:
    """The need measures that the target, a place key or a rule uses, each once."""
    measures = _measures(typed)
    rules = typed.frames[schema.RULES]
    used = [
        *typed.frames[schema.TARGET]["Need measure"],
        *typed.frames[schema.SERVICES]["Place key"],
        *rules.loc[rules["Measure"].isin([measure.name for measure in MEASURES if measure.of is Of.NEED]), "Of"],
    ]
    names = (measures.get(fold(str(name))) for name in used if name is not None)
    yield from dict.fromkeys(name for name in names if name is not None)


def _scenarios(typed: Typed) -> None:
    """Objectives that exist and are built; inheritance without circles."""
    frame = typed.frames[schema.SCENARIOS]
    parent = {
        name: base
        for name, base in zip(frame["Scenario"], frame["Based on"], strict=True)
        if name is not None and base is not None
    }
    _inherit_regimes(typed, parent)
    for at, row in records(frame):
        finding = _objective_finding(str(row["Objective"]), typed)
        if finding is not None:
            typed.report(finding, schema.SCENARIOS, at, "Objective")
        else:
            frame.at[at, "Objective"] = objectives.tidy(str(row["Objective"]))
        seen = [row["Scenario"]]
        while seen[-1] in parent and parent[seen[-1]] not in seen:
            seen.append(parent[seen[-1]])
        if seen[-1] in parent:
            found = f"'{row['Scenario']}' is based on itself: {' <- '.join(map(str, [*seen, parent[seen[-1]]]))}"
            typed.report(
                Finding("SCENARIO_CIRCLE", found, "a chain that ends", "Leave 'Based on' blank in one of them."),
                schema.SCENARIOS,
                at,
                "Based on",
            )


def _inherit_regimes(typed: Typed, parent: Mapping[str, str]) -> None:
    """A blank regime is that of the scenario that this one is based on; without such a scenario it is missed."""
    frame, table = typed.frames[schema.SCENARIOS], typed.tables.get(schema.SCENARIOS)
    if table is None or "Regime" not in table.values:  # reported as a missing column
        return
    of = dict(zip(frame["Scenario"], frame["Regime"], strict=True))
    typed_as = table.column("Regime")
    for position, name in enumerate(frame["Scenario"]):
        if typed_as[position] is not None:
            continue
        seen = [name]
        while of.get(seen[-1]) is None and seen[-1] in parent and parent[seen[-1]] not in seen:
            seen.append(parent[seen[-1]])
        regime = of.get(seen[-1])
        if regime is not None:
            frame.at[position, "Regime"] = regime
        elif len(seen) == 1:  # else the regime of the one it is based on is missing, which is told there
            fix = "Type a regime, or name in 'Based on' the scenario that has it."
            finding = Finding("BLANK_VS_ZERO", "the cell is blank", "a regime", fix)
            typed.report(finding, schema.SCENARIOS, position, "Regime")


def _reasons(typed: Typed) -> None:
    """A change without a reason is made, and noted."""
    table = typed.tables.get(schema.CHANGES)
    if table is None or "Reason" not in table.values:
        return
    for position, reason in enumerate(table.column("Reason")):
        if reason is None:
            found = f"the change has no reason; the results say '{schema.NO_REASON}'"
            finding = Finding("CHANGE_NO_REASON", found, "why it is made", "Type the reason, or leave it.", "warning")
            typed.report(finding, schema.CHANGES, position, "Reason")


def _rule_finding(text: str, typed: Typed) -> Finding | None:
    """A convergence rule that the sheet Convergence does not have."""
    wanted = objectives.split(text)[1]
    known = {fold(str(name)): str(name) for name in typed.frames[schema.CONVERGENCE]["Policy"] if name is not None}
    if not wanted or fold(wanted) in known:
        return None
    near = nearest(wanted, list(known.values()))
    fix = f"Did you mean 'convergence: {near[0]}'?" if near else "Add a row of that name to the sheet Convergence."
    expected = f"one of: {', '.join(known.values())}" if known else "a row of the sheet Convergence"
    return Finding("CONVERGENCE_UNKNOWN", f"there is no convergence rule '{wanted}'", expected, fix)


def _objective_finding(text: str, typed: Typed) -> Finding | None:
    name = fold(text)
    if objectives.split(text)[0] == objectives.CONVERGENCE.name:
        return _rule_finding(text, typed)
    if name in objectives.BY_NAME:
        return None
    built = ", ".join(objectives.BY_NAME)
    usual = f"Type {objectives.USUAL.name}, the {objectives.USUAL.title}."
    if objectives.is_known(name):
        found = f"the objective '{text}' is not built yet in this version"
        return Finding("OBJECTIVE_NOT_BUILT", found, f"one of: {built}", usual)
    near = nearest(text, objectives.NAMES)
    fix = f"Did you mean '{near[0]}'?" if near else usual
    return Finding("OBJECTIVE_UNKNOWN", f"'{text}' is no objective", f"one of: {built}", fix)
