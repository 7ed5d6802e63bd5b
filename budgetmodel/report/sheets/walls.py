"""The sheets of split against pooled: ranking, walls and costs, break-even, what keeps a regime back, and the sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from budgetmodel.comparison.breakeven import EXACT, SHARE, TURNS
from budgetmodel.comparison.walls import (
    BOTH,
    COSTS_ONLY,
    DECIMALS,
    GAIN,
    GAIN_COSTS,
    GAIN_WALLS,
    NEITHER,
    WALLS_ONLY,
)
from budgetmodel.contract.units import MILLIONS_PER_POUND
from budgetmodel.report.negative_zero import missing
from budgetmodel.report.page import FIRST_ROW, Column, Page
from budgetmodel.report.sheets.pages import column

Frames = Mapping[str, pd.DataFrame]

GAINS = (GAIN_WALLS, GAIN_COSTS, GAIN)


def wall_pages(frames: Frames) -> list[Page]:
    """A sheet for each frame of a ranking that has something to tell."""
    build = {
        "comparison_set": ranking_page,
        "walls": walls_page,
        "breakeven": break_even_page,
        "behind": behind_page,
        "set_differences": differences_page,
    }
    told = {name: page(frames[name]) for name, page in build.items() if len(frames.get(name, ()))}
    if len(frames.get("comparison_set", ())) < 2:
        told.pop("comparison_set", None)
    return list(told.values())


def ranking_page(frame: pd.DataFrame) -> Page:
    """Every scenario with its rank at equal contract costs, what it releases, and what its own costs do."""
    columns = (
        column(frame, "scenario", "Scenario", "text"),
        column(frame, "regime", "Regime", "text"),
        column(frame, "set", "Comparison set", "text"),
        column(frame, "rank", "Rank in its set (number)", "count"),
        column(frame, "shortfall_at_equal_costs", "Weighted shortfall at equal costs (£m)", "money"),
        column(frame, "index_at_equal_costs", "Index at equal costs (points)", "index"),
        column(frame, "released", "Released, net of one-off cost, all years (£m)", "money"),
        column(frame, "one_off", "One-off cost taken off (£m)", "money"),
        column(frame, "shortfall", "Weighted shortfall at own costs (£m)", "money"),
        column(frame, "index", "Index at own costs (points)", "index"),
        column(
            frame, "costs_change_index", "Own costs add to the index (points)", "index", '=IF(F{r}="","",J{r}-F{r})'
        ),
        column(frame, "differing_cells", "Cells unlike the first scenario's (number)", "count"),
    )
    purpose = (
        "Ranked with every regime at the contract costs of the first of its set: the shortfall counts first, then the "
        "index. Only scenarios over the same tables share a set; what own costs do stands apart."
    )
    note = (
        "Released is transaction cost (contracts and fees) and one-off cost of the set's first scenario, less the same "
        "of this one. A contract is a pair of pot and provider (or lead group) that permitted flows need in a year."
    )
    return Page("Ranking", purpose, columns, note=note, table="tblRanking")


def walls_page(frame: pd.DataFrame) -> Page:
    """The four corners of pots and costs, and the gain split into walls and costs."""
    words = {
        NEITHER: "Pots and costs of the first",
        WALLS_ONLY: "Its own pots, costs of the first",
        COSTS_ONLY: "Pots of the first, its own costs",
        BOTH: "Its own pots and its own costs",
        GAIN_WALLS: "Gain: walls",
        GAIN_COSTS: "Gain: costs",
        GAIN: "Gain: in all",
    }
    shown = frame.assign(words=frame["part"].map(words))
    gains = frozenset(np.flatnonzero(frame["part"].isin(GAINS)).tolist())
    columns = (
        column(shown, "scenario", "Scenario", "text"),
        column(shown, "against", "Against", "text"),
        column(shown, "words", "Part", "text"),
        column(shown, "status", "Status", "text"),
        Column("Weighted shortfall (£m)", "money3", frame["shortfall"].tolist(), _gains(frame, "shortfall", "E")),
        Column("Index (points)", "index", frame["index"].tolist(), _gains(frame, "index", "F")),
    )
    purpose = (
        "How much of the gain is due to the walls between pots, and how much to the cost of contracts. Each is the "
        "mean of both orders, walls first and costs first; the two add up. A gain is how much lower the figure gets."
    )
    return Page("Walls and costs", purpose, columns, table="tblWalls", totals=gains, frozen=3)


def _gains(frame: pd.DataFrame, figure: str, letter: str) -> list[str | None]:
    """The gains as formulas: costs by the mean of both orders in whole units, walls as what is left of the whole."""
    formulas: list[str | None] = []
    for offset, part in enumerate(frame["part"]):
        if part not in GAINS or not np.isfinite(frame[figure].iloc[offset]):
            formulas.append(None)
            continue
        top = FIRST_ROW + offset - list(GAINS).index(part) - 4 + 1
        neither, walls, costs, both = (f"{letter}{top + n}" for n in range(4))
        orders = f"INT(ROUND(({neither}-{costs}+{walls}-{both})*10^{DECIMALS},0)/2)/10^{DECIMALS}"
        whole = f"ROUND({neither}-{both},{DECIMALS})"
        formulas.append({GAIN_WALLS: f"={whole}-{orders}", GAIN_COSTS: f"={orders}", GAIN: f"={whole}"}[part])
    return formulas


def break_even_page(frame: pd.DataFrame) -> Page:
    """The contract cost, fee and one-off cost at which nothing is released, with both sides of the turn."""
    shares = frame["unit"] == SHARE
    kinds = np.where(shares, "percent4", "money3").tolist()
    shown = frame.assign(
        unit=frame["unit"].where(~shares, "% of the money spent"),
        status=frame["status"].replace(IN_PLAIN_WORDS),
        how=frame["how"].replace(IN_PLAIN_WORDS),
    )
    columns = (
        column(frame, "scenario", "Scenario", "text"),
        column(frame, "against", "Against", "text"),
        Column("What is raised", "words", frame["measure"].tolist(), width=22.0),
        column(shown, "unit", "Unit", "text"),
        _figures(frame, "now", "Now", kinds),
        column(frame, "released_now", "Released now, net of one-off cost (£m)", "money3"),
        _figures(frame, "value", "Break-even", kinds),
        Column("Status", "words", shown["status"].tolist(), width=24.0),
        _figures(frame, "below", "Just below", kinds),
        _in_pounds(frame, "released_below", "Released just below (£)"),
        _figures(frame, "above", "Just above", kinds),
        _in_pounds(frame, "released_above", "Released just above (£)"),
        column(frame, "shortfall_above", "Weighted shortfall just above (£m)", "money3"),
        column(frame, "index_above", "Index just above (points)", "index"),
        Column("How it was found", "words", shown["how"].tolist(), width=32.0),
    )
    purpose = (
        "At what cost a regime stops releasing money against the first of its set, over all years and after its "
        "one-off cost, with the answers on both sides of the turn."
    )
    note = (
        "All contract costs of the regime are raised by one multiple; the figure is what a contract then costs on "
        "average. The fee is the mean fee on all money spent. One cost is raised at a time, the others stay."
    )
    told = tuple(each for each in columns if each.is_text or not all(missing(value) for value in each.values))
    return Page("Break even", purpose, told, note=note, table="tblBreakEven", frozen=3)


IN_PLAIN_WORDS = {TURNS: "found: beyond it nothing is released", EXACT: "by arithmetic: it changes no allocation"}
"""What the frame says in a word, for readers who have only the sheet."""


def _figures(frame: pd.DataFrame, name: str, heading: str, kinds: Sequence[str]) -> Column:
    return Column(heading, "money3", frame[name].tolist(), kinds=kinds)


def _in_pounds(frame: pd.DataFrame, name: str, heading: str) -> Column:
    """A column of £m in £ to the penny: at a break-even what is left is a few pence."""
    pounds = frame[name].astype(float).to_numpy() / MILLIONS_PER_POUND
    return Column(heading, "money2", np.round(pounds, 2).tolist())


def behind_page(frame: pd.DataFrame) -> Page:
    """Why a regime does not lead, or ends less fair for being cheaper."""
    columns = (
        column(frame, "scenario", "Scenario", "text"),
        column(frame, "against", "Against", "text"),
        column(frame, "finding", "Finding", "words"),
        column(frame, "cell", "Cell", "text"),
        column(frame, "words", "In words", "words"),
        column(frame, "price", "Index for £1m more", "index"),
    )
    purpose = "What keeps a regime from the lead, or sends what it saves to places above their share."
    return Page("What holds back", purpose, columns, table="tblBehind", frozen=2)


def differences_page(frame: pd.DataFrame) -> Page:
    """The cells in which scenarios differ from the first, so that they are not ranked against it."""
    columns = (
        column(frame, "scenario", "Scenario", "text"),
        column(frame, "against", "Against", "text"),
        column(frame, "sheet", "Sheet", "text"),
        column(frame, "key", "Row", "words"),
        column(frame, "column", "Column", "text"),
        column(frame, "cell", "Cell", "text"),
        column(frame, "value", "Its value", "words"),
        column(frame, "other_cell", "Cell there", "text"),
        column(frame, "other_value", "Value there", "words"),
    )
    purpose = "Scenarios over other tables are what-ifs, not rivals: the cells in which they differ from the first."
    return Page("Other tables", purpose, columns, table="tblOtherTables", frozen=2)
