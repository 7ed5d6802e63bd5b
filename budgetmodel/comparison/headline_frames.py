"""The result tables of the headline: a row per scenario, and a row per scenario and place."""

from __future__ import annotations

from collections.abc import Mapping
from math import nan

import pandas as pd

from budgetmodel.comparison.breakeven import one_off
from budgetmodel.comparison.by_place import uplift
from budgetmodel.comparison.headline import Headline, against_of, headline, main_component, minimum_name, scenario_lines
from budgetmodel.comparison.headline_words import break_even_clause, breakeven_rows
from budgetmodel.comparison.sidebyside import Comparison
from budgetmodel.contract.frames import result_table
from budgetmodel.contract.units import PENNY_DECIMALS
from budgetmodel.results import Result


def headline_frames(results: Mapping[str, Result], comparison: Comparison) -> dict[str, pd.DataFrame]:
    """The tables `headlines` and `by_place`: each scenario against the first of its set, that one against today's."""
    against = against_of(results, minimum_name(results, comparison))
    lines = scenario_lines(results, comparison)
    found = {name: headline(results, comparison, base, name, lines) for name, base in against.items()}
    known = {name: each for name, each in found.items() if each is not None}
    rows = [row for name, each in known.items() for row in _rows(results[name], each)]
    turns = comparison.frames.get("breakeven")
    return {
        "headlines": result_table(
            "headlines",
            [
                _scenario(results[name], each, break_even_clause(breakeven_rows(turns, name, each.base)))
                for name, each in known.items()
            ],
        ),
        "by_place": result_table("by_place", rows),
    }


def _scenario(result: Result, found: Headline, turn: str) -> dict[str, object]:
    line, freed, once = found.line, found.released, one_off(result)
    return {
        "scenario": line.name,
        "against": found.base,
        "regime": line.regime,
        "year": found.year,
        "gap_closed": line.closed,
        "index": line.index,
        "shortfall": line.shortfall,
        "nearest": line.nearest,
        "component": line.worst.component if line.worst else "",
        "worst_place": line.worst.place if line.worst else "",
        "worst_distance": line.worst.distance if line.worst else nan,
        "contract_cost": result.metric("contract_cost"),
        "fees": result.metric("fees"),
        "one_off": nan if once is None else round(once, PENNY_DECIMALS),
        "contracts_saved": freed.contracts if freed else nan,
        "fees_saved": freed.fees if freed else nan,
        "one_off_more": freed.one_off if freed else nan,
        "released": freed.net if freed else nan,
        "break_even": turn,
        "cost_rise": uplift(result) - 1,
        "places_more": len(found.more),
        "places_less": len(found.less),
    }


def _rows(result: Result, found: Headline) -> list[dict[str, object]]:
    component = main_component(result)
    return [
        {
            "scenario": found.compared,
            "against": found.base,
            "place": line.place,
            "year": found.year,
            "component": component,
            "today": round(line.today, PENNY_DECIMALS),
            "last_year": round(line.last, PENNY_DECIMALS),
            "fair_share": line.fair,
            "before": line.before,
            "after": line.after,
            "growth": line.growth,
            "growth_real": line.real,
            "amount": round(line.amount, PENNY_DECIMALS),
            "do_minimum": round(line.minimum, PENNY_DECIMALS),
            "amount_against": round(line.other, PENNY_DECIMALS),
            "less_against": line.difference,
        }
        for line in found.places
    ]
