"""What an answer with a way out applied misses of the workbook as it stands: measured from its flows, row by row.

Nothing is taken over from the way out: the rules, keys, limits of carry forward and amounts of Funding are those of
the tables before it, evaluated at the published flows by `prove.evaluate`, which shares no code with the program.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from budgetmodel.contract import schema
from budgetmodel.contract.frames import result_table
from budgetmodel.contract.measures import MEASURE
from budgetmodel.contract.units import (
    MILLIONS_PER_POUND,
    MILLIONS_PER_UNIT,
    PENCE_PER_MILLION,
    from_pence,
    in_pounds,
    money_unit,
)
from budgetmodel.inputs.inputs import Inputs
from budgetmodel.program.build.constraints import BALANCE, PLACE_KEY
from budgetmodel.program.infeasible.elastic import CARRY
from budgetmodel.program.prove.certificate import PENNY, RESIDUAL_TOLERANCE
from budgetmodel.program.prove.evaluate import Spending, evaluate, place_key_residuals
from budgetmodel.program.prove.solution import Pennies

STEP = 0.01
"""By how much a Value is raised to see what a unit of it is worth in a row."""

SHARE = "share"
"""The unit of percentages."""

LABELS = ("year", "source", "place", "service", "provider")
KEYS = ["constraint", "rule", "cell", *LABELS]


def breaches(scenario: str, asked: Inputs, pennies: Pennies) -> pd.DataFrame:
    """The must rows that published money does not keep, the cell that misses most first: the table `breaches`.

    `asked` are the inputs of the scenario as the workbook has it. A row counts as missed from what the certificate
    would refuse: more than a pound and the rounding of its flows to whole pence.
    """
    rows = [*_rules(asked, pennies), *_keys(asked, pennies), *_money(asked, pennies), *_carried(asked, pennies)]
    totals: dict[str, float] = {}
    for row in rows:
        totals[row["cell"]] = totals.get(row["cell"], 0.0) + row["short"]
    number = {cell: n for n, cell in enumerate(sorted(totals, key=lambda cell: -totals[cell]), start=1)}
    told = [{**row, "scenario": scenario, "breach": number[row["cell"]], "words": _words(row)} for row in rows]
    return result_table("breaches", sorted(told, key=lambda row: row["breach"]))


def _row(**known: Any) -> dict[str, Any]:
    """A row with blanks for what it does not name."""
    usual: dict[str, Any] = dict.fromkeys(LABELS, "")
    return {**usual, "unit": "", "value": float("nan"), "given": float("nan"), **known}


def _rules(asked: Inputs, pennies: Pennies) -> Iterator[dict[str, Any]]:
    """The rows of must rules."""
    found = evaluate(Spending.of(asked, pennies.flows))
    must = found[found["strength"] == "must"]
    short = -must["slack"].astype(float)
    missed = must[short > RESIDUAL_TOLERANCE + PENNY * (must["flows"].astype(float) + 1)]
    if not len(missed):
        return
    slope = _worth(asked, pennies, missed)
    cells = {asked.cell(schema.RULES, at, "Value"): at for at in asked.frame(schema.RULES).index.tolist()}
    frame = asked.frame(schema.RULES)
    for record, worth in zip(missed.to_dict("records"), slope, strict=True):
        rule = frame.loc[cells[str(record["cell"])]]
        unit, scale = _unit(asked, str(rule["Measure"]))
        value, apart = float(rule["Value"]), float(record["activity"]) - float(record["limit"])
        given = value + apart / worth if worth else float("nan")
        yield _row(
            **{name: record[name] for name in KEYS},
            kind=record["kind"],
            asks=float(record["limit"]),
            gives=float(record["activity"]),
            short=abs(apart),
            unit=unit,
            value=value / scale,
            given=given / scale,
        )


def _worth(asked: Inputs, pennies: Pennies, missed: pd.DataFrame) -> list[float]:
    """What 1 more of a rule's Value adds to the limit of each of these rows, £m: they are evaluated a step higher."""
    frame = asked.frame(schema.RULES)
    higher = asked.with_frames({schema.RULES: frame.assign(Value=frame["Value"].astype(float) + STEP)})
    again = evaluate(Spending.of(higher, pennies.flows))[[*KEYS, "limit"]].rename(columns={"limit": "higher"})
    both = missed.merge(again, on=KEYS, how="left", validate="1:1")
    return ((both["higher"].astype(float) - both["limit"].astype(float)) / STEP).tolist()


def _unit(asked: Inputs, measure: str) -> tuple[str, float]:
    """The unit of a rule's Value as its cell has it, and what 1 of it is in the typed frames."""
    unit = MEASURE[measure].unit
    if unit.is_percent:
        return SHARE, 1.0
    return ("£", MILLIONS_PER_POUND) if unit.scale != 1.0 else _of_workbook(asked)


def _of_workbook(asked: Inputs) -> tuple[str, float]:
    """The workbook's money unit, and what 1 of it is in £m."""
    unit = money_unit(str(asked.settings.get(schema.MONEY_UNIT, ""))) or "£m"
    return unit, MILLIONS_PER_UNIT[unit]


def _keys(asked: Inputs, pennies: Pennies) -> Iterator[dict[str, Any]]:
    """Services whose money is not shared out as their place key says; all places and years of one together."""
    found = place_key_residuals(Spending.of(asked, pennies.flows))
    allowed = RESIDUAL_TOLERANCE + PENNY * (len(pennies.flows) + 1)
    for (service, cell), rows in found.groupby(["service", "cell"], sort=False):
        residual = rows["residual"].to_numpy(dtype=float)
        if residual.max() > allowed:
            moved = float(residual.sum()) / 2  # what one place has too much another has too little
            yield _row(
                constraint=PLACE_KEY.name,
                rule=PLACE_KEY.name,
                cell=cell,
                service=service,
                kind="exactly",
                asks=0.0,
                gives=moved,
                short=moved,
            )


def _money(asked: Inputs, pennies: Pennies) -> Iterator[dict[str, Any]]:
    """Sources that spend more, or less, than Funding gives them, with contract costs and what is carried."""
    carried_in = np.concatenate([np.zeros((len(pennies.carried), 1), dtype=np.int64), pennies.carried[:, :-1]], axis=1)
    spent = np.zeros_like(pennies.funding)
    np.add.at(spent, (pennies.flows["s"].to_numpy(), pennies.flows["t"].to_numpy()), pennies.flows["pence"].to_numpy())
    gives = from_pence(spent + pennies.cost + pennies.carried - carried_in)
    unit, scale = _of_workbook(asked)
    for source, year in np.argwhere(np.abs(gives - asked.funding) > RESIDUAL_TOLERANCE + PENNY):
        asks, got = float(asked.funding[source, year]), float(gives[source, year])
        yield _row(
            constraint=BALANCE.name,
            rule=BALANCE.name,
            cell=_funding_cell(asked, int(source), int(year)),
            year=asked.years[year],
            source=asked.sources[source],
            kind="exactly",
            asks=asks,
            gives=got,
            short=abs(got - asks),
            unit=unit,
            value=asks / scale,
            given=got / scale,
        )


def _funding_cell(asked: Inputs, source: int, year: int) -> str:
    """The cell of Funding that gives a source its money of a year, or that of the source where none does."""
    frame = asked.frame(schema.FUNDING)
    own = frame[(frame["Source"] == asked.sources[source]) & (frame["Year"] == asked.years[year])]
    if len(own):
        return asked.cell(schema.FUNDING, int(own.index[0]), "Amount")
    return asked.cell(schema.SOURCES, source, "Source")


def _carried(asked: Inputs, pennies: Pennies) -> Iterator[dict[str, Any]]:
    """Sources that carry more into the next year than they may."""
    share = asked.frame(schema.SOURCES)["Carry forward"].to_numpy(dtype=float)
    limit = np.nan_to_num(share)[:, None] * asked.funding
    limit[:, -1] = 0.0
    carried = pennies.carried / PENCE_PER_MILLION
    for source, year in np.argwhere(carried - limit > RESIDUAL_TOLERANCE + PENNY):
        asks, got, funding = (float(each[source, year]) for each in (limit, carried, asked.funding))
        yield _row(
            constraint=CARRY.name,
            rule=CARRY.name,
            cell=asked.cell(schema.SOURCES, int(source), "Carry forward"),
            year=asked.years[year],
            source=asked.sources[source],
            kind="at most",
            asks=asks,
            gives=got,
            short=got - asks,
            unit=SHARE,
            value=float(share[source]),
            given=got / funding if funding > 0 else float("nan"),
        )


def _words(row: Mapping[str, Any]) -> str:
    """A row as a sentence: what is asked, what is given, and how far apart they are."""
    asks, gives, short = (in_pounds(float(row[name])) for name in ("asks", "gives", "short"))
    when = f" in {row['year']}" if row["year"] else ""
    whom = ", ".join(str(row[name]) for name in ("place", "service", "provider", "source") if row[name])
    if row["constraint"] == PLACE_KEY.name:
        return f"{short} of '{row['service']}' is not shared out as its place key says"
    if row["constraint"] == BALANCE.name:
        more = "more" if row["gives"] > row["asks"] else "less"
        return f"'{row['source']}' has {asks}{when} and spends {gives}: {short} {more}"
    if row["constraint"] == CARRY.name:
        return f"'{row['source']}' may carry {asks} out of {row['year']} and carries {gives}: {short} more"
    under = row["gives"] < row["asks"]
    named = f" ({whom})" if whom else ""
    apart = f"{short} {'short' if under else 'over'}"
    return f"'{row['rule']}'{named} asks for {row['kind']} {asks}{when} and gets {gives}: {apart}"
