"""The sheets of split against pooled: ranking, walls and costs, break-even, reasons for not leading, other tables."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from budgetmodel.comparison.breakeven import CONTRACT, EXACT, FEE, MILLIONS, ONE_OFF, PER_CONTRACT, SHARE, TURNS
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
from budgetmodel.contract.objectives import Units
from budgetmodel.contract.tables import records
from budgetmodel.contract.units import MILLIONS_PER_POUND
from budgetmodel.report.negative_zero import missing
from budgetmodel.report.page import FIRST_ROW, Page, PageColumn
from budgetmodel.report.sheets.table_columns import column, columns_of, heading, of_objectives
from budgetmodel.report.tables import units_of

Frames = Mapping[str, pd.DataFrame]

GAINS = (GAIN_WALLS, GAIN_COSTS, GAIN)


def wall_pages(frames: Frames) -> list[Page]:
    """A sheet for each frame of a ranking that has rows; Ranking needs two scenarios."""
    used = units_of(frames)
    build = {
        "comparison_set": ranking_page,
        "walls": walls_page,
        "breakeven": break_even_page,
        "behind": what_holds_back_page,
        "set_differences": differences_page,
    }
    pages = {name: page(frames[name], used) for name, page in build.items() if len(frames.get(name, ()))}
    if len(frames.get("comparison_set", ())) < 2:
        pages.pop("comparison_set", None)
    return list(pages.values())


def ranking_page(frame: pd.DataFrame, used: Units) -> Page:
    """Every scenario with its rank at equal contract costs, the money it releases, and the effect of its own costs."""
    columns = (
        *columns_of("comparison_set", frame, "scenario", "regime", "set", "rank"),
        column("comparison_set", frame, "nearly_level", "words"),
        column("comparison_set", frame, "shortfall_at_equal_costs", "money"),
        column("comparison_set", frame, "index_at_equal_costs"),
        column("comparison_set", frame, "released", "money"),
        column("comparison_set", frame, "one_off", "money"),
        column("comparison_set", frame, "shortfall", "money"),
        column("comparison_set", frame, "index"),
        column("comparison_set", frame, "costs_change_index", formula='=IF(G{r}="","",K{r}-G{r})'),
        column("comparison_set", frame, "differing_cells"),
        *of_objectives("comparison_set", frame),
    )
    purpose = (
        "Ranked with every regime at the contract costs of the first of its set: the shortfall counts first, then the "
        f"{used.noun}. Only scenarios over the same tables share a set; what own costs do stands apart."
    )
    note = (
        "Released is transaction cost (contracts and fees) and one-off cost of the set's first scenario, less the same "
        "of this one. A contract is a pair of pot and provider (or lead group) that permitted flows need in a year."
    )
    return Page("Ranking", purpose, columns, note=note, table="tblRanking")


def walls_page(frame: pd.DataFrame, _: Units) -> Page:
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
        *columns_of("walls", shown, "scenario", "against"),
        PageColumn(heading("walls", "part"), "text", shown["words"].tolist()),
        column("walls", shown, "status"),
        column("walls", frame, "shortfall", "money3", formula=_gains(frame, "shortfall", "E")),
        column("walls", frame, "index", formula=_gains(frame, "index", "F")),
        *of_objectives("walls", frame),
    )
    purpose = (
        "How much of the gain is due to the walls between pots, and how much to the cost of contracts. Each is the "
        "mean of both orders, walls first and costs first; the two add up. A gain is how much lower the figure gets."
    )
    return Page("Walls and costs", purpose, columns, table="tblWalls", totals=gains, frozen=3)


def _gains(frame: pd.DataFrame, figure: str, letter: str) -> list[str | None]:
    """The gains as formulas: costs by the mean of both orders in whole units, walls as the rest of the whole."""
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


def break_even_page(frame: pd.DataFrame, _: Units) -> Page:
    """The cost, fee and one-off cost at which nothing is released: a sentence each, and a column for every unit."""
    shown = frame.assign(status=frame["status"].replace(IN_PLAIN_WORDS), how=frame["how"].replace(IN_PLAIN_WORDS))
    columns = (
        *columns_of("breakeven", frame, "scenario", "against"),
        PageColumn("In words", "words", [break_even_words(row) for _, row in records(frame)], width=60.0),
        column("breakeven", frame, "measure", "words", width=22.0),
        *(
            PageColumn(f"{head} ({unit})", kind, frame[name].where(frame["unit"] == of).tolist())
            for of, (unit, kind) in UNITS_SHOWN.items()
            for name, head in SIDES.items()
        ),
        column("breakeven", frame, "released_now"),
        column("breakeven", shown, "status", "words", width=24.0),
        _in_pounds(frame, "released_below", "Released just below (£)"),
        _in_pounds(frame, "released_above", "Released just above (£)"),
        column("breakeven", frame, "shortfall_above", "money3"),
        column("breakeven", frame, "index_above"),
        *of_objectives("breakeven", frame),
        column("breakeven", shown, "how", "words", width=32.0),
    )
    purpose = (
        "At what cost a regime stops releasing money against the first of its set, over all years and after its "
        "one-off cost, with the answers on both sides of the turn."
    )
    note = (
        "All contract costs of the regime are raised by one multiple; the figure is what a contract then costs on "
        "average. The fee is the mean fee on all money spent. One cost is raised at a time, the others stay."
    )
    shown_columns = tuple(each for each in columns if each.is_text or not all(missing(value) for value in each.values))
    return Page("Break even", purpose, shown_columns, note=note, table="tblBreakEven", frozen=3)


UNITS_SHOWN = {PER_CONTRACT: ("£k a contract", "money3"), SHARE: ("%", "percent4"), MILLIONS: ("£m", "money3")}
"""The units of costs, each as a heading says it, and the kind of its figures."""

SIDES = {"now": "Now", "value": "Break-even", "below": "Just below", "above": "Just above"}
"""The figures in the unit of the cost, and their headings."""

IN_PLAIN_WORDS = {TURNS: "found: beyond it nothing is released", EXACT: "by arithmetic: it changes no allocation"}
"""The sheet's words for statuses and methods of the frame."""


def break_even_words(row: Mapping[str, object]) -> str:
    """What a row of the frame says, as a sentence with today's cost."""
    unit, measure = str(row["unit"]), str(row["measure"])
    cost = measure if measure in (CONTRACT, FEE, ONE_OFF) else CONTRACT
    does = f"releases money against '{row['against']}'" if cost == measure else f"leads '{row['against']}'"
    now, value, below = (_cost(row[name], unit) for name in ("now", "value", "below"))
    today = f"; today it is {now}" if now else ""
    if row["status"] == TURNS and value:
        return f"'{row['scenario']}' {does} up to a {cost} of {value}{today}."
    return f"'{row['scenario']}' {row['status']}{f': a {cost} of {below}' if below else ''}{today}."


def _cost(value: object, unit: str) -> str:
    """A cost with its unit; blank where there is none."""
    number = float(str(value))
    if not np.isfinite(number):
        return ""
    return {SHARE: f"{number:.2%} of the money", MILLIONS: f"£{number:,.1f}m"}.get(unit, f"£{number:,.1f}k a contract")


def _in_pounds(frame: pd.DataFrame, name: str, head: str) -> PageColumn:
    """A column of £m in £ to the penny, as amounts released at a break-even are a few pence."""
    pounds = frame[name].astype(float).to_numpy() / MILLIONS_PER_POUND
    return PageColumn(head, "money2", np.round(pounds, 2).tolist())


def what_holds_back_page(frame: pd.DataFrame, used: Units) -> Page:
    """Why a regime does not lead, or why its savings raise its objective."""
    columns = (
        *columns_of("behind", frame, "scenario", "against"),
        column("behind", frame, "finding", "words"),
        column("behind", frame, "cell"),
        column("behind", frame, "words", "words"),
        column("behind", frame, "price", "index", used=used),
    )
    purpose = "What keeps a regime from the lead, or sends what it saves to places above their share."
    return Page("What holds back", purpose, columns, table="tblBehind", frozen=2)


def differences_page(frame: pd.DataFrame, _: Units) -> Page:
    """The cells in which scenarios differ from the first, for which they are not ranked against it."""
    columns = (
        *columns_of("set_differences", frame, "scenario", "against", "sheet"),
        column("set_differences", frame, "key", "words"),
        *columns_of("set_differences", frame, "column", "cell"),
        column("set_differences", frame, "value", "words"),
        column("set_differences", frame, "other_cell"),
        column("set_differences", frame, "other_value", "words"),
    )
    purpose = "Scenarios over other tables are what-ifs, not rivals: the cells in which they differ from the first."
    return Page("Other tables", purpose, columns, table="tblOtherTables", frozen=2)
