"""Makes docs/split_and_pooled.md: split against pooled on one page for a board, from the tables of a run.

    python -m docs.make_split_and_pooled [RESULTS] [--check]

Run it in the root of the repository. RESULTS is the folder of a run of the worked example, by default
`outputs/greater_manchester`, which `budgetmodel run inputs/greater_manchester.xlsx` writes. Every figure comes from the
tables there. `--check` writes nothing and exits with 1 when the document is no longer what the tables say.
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from budgetmodel.comparison.breakeven import CONTRACT, FEE, LASTS, LEAD, NO_ANSWER, ONE_OFF, TURNS
from budgetmodel.comparison.headline_words import closes, joined
from budgetmodel.comparison.walls import BOTH, GAIN, GAIN_COSTS, GAIN_WALLS, NEITHER, OPTIMAL
from budgetmodel.contract.objectives import GINI
from budgetmodel.contract.units import pounds

ROOT = Path(__file__).parent.parent
DOCUMENT = ROOT / "docs" / "split_and_pooled.md"
RESULTS = ROOT / "outputs" / "greater_manchester"

TABLES = ("comparison_set", "walls", "breakeven", "behind", "metrics", "allocation", "run", "headlines", "by_place")
"""The tables that the page is made from; a run writes those that have something to tell."""

FINDINGS, PLACES, WIDTH = 6, 40, 118
"""Sentences on what holds back, places, and characters of a line, that the page has room for."""

LIMITS = """## What these figures do not show

- **Health.** The index is about money against need; it says nothing of anybody's health.
- **The size of transaction costs.** Contract costs and fees are what the workbook assumes; nobody has measured them.
  The famous "5% to 14%" is the cost of all management, not of transactions, and is not used. The break-even above
  says how wrong the assumptions may be before the answer changes.
- **Days.** Quicker payment frees working capital once. It is no recurring saving and is in no sum above.
- **Stranded cost.** A provider that loses income does not lose all of its cost with it. What it would be left with is
  in the results (sheets of provider income) where the workbook gives variable-cost shares, and is not taken off here.
- **Everything else that a change of regime does**: accountability, staff, law, relations between people, and whether a
  pool behaves as the model does. The model moves money as far as its rules allow, on the first day, without friction.
- **One answer among many.** The split is optimised within its own walls, not left as it is today, and so is the pool:
  both are better than what committees are likely to agree. Other weights and rules give other figures."""


Frames = Mapping[str, pd.DataFrame]


def read_frames(folder: Path) -> dict[str, pd.DataFrame]:
    """The tables of a run."""
    there = [name for name in TABLES if (folder / f"{name}.csv").exists()]
    return {name: pd.read_csv(folder / f"{name}.csv", keep_default_na=False, na_values={}) for name in there}


def page(frames: Frames) -> str:
    """The whole document; raises ValueError when no scenario is compared with another."""
    ranking = _numbers(frames["comparison_set"])
    first = str(ranking["set"].iloc[0])
    mates = ranking[ranking["set"] == first]
    if len(mates) < 2:
        raise ValueError("nothing to compare: the run has one scenario in its comparison set")
    parts = [
        _title(frames),
        _answer(mates, frames),
        _regimes(mates, frames),
        walls_table(_numbers(frames["walls"])),
        _break_even(_numbers(frames["breakeven"]), first),
        _places(mates, frames),
        _behind(frames),
        LIMITS,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """With figures as numbers: a blank cell is one that is not there."""
    found = frame.copy()
    for name in found:
        numbers = pd.to_numeric(found[name].replace("", None), errors="coerce")
        if (numbers.notna() | (found[name].astype(str) == "")).all():
            found[name] = numbers.astype(float)
    return found


def _title(frames: Frames) -> str:
    run = frames["run"]
    facts = dict(zip(run["key"], run["value"], strict=True))
    return (
        "# Split against pooled, on one page\n\n"
        "Written by `python -m docs.make_split_and_pooled` from the tables of a run of "
        f"`{facts['input']}`\n(SHA-256 {facts['input SHA-256'][:12]}..., "
        f"budgetmodel {facts['budgetmodel version']}).\n\n"
    ) + _wrapped(
        "All regimes have the same money, needs, rules, target and reference; only pots and contracts differ. Money is "
        "for all years together. The index is 100 for today's pattern carried forward and 0 for every place at its "
        "fair share: lower is fairer."
    )


def _wrapped(text: str, first: str = "") -> str:
    """A paragraph in lines of a page; with `first` it is an item of a list."""
    return textwrap.fill(
        text, WIDTH, initial_indent=first, subsequent_indent=" " * len(first), break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip


def _metric(frames: Frames, metric: str) -> dict[str, float]:
    rows = frames["metrics"]
    rows = rows[(rows["metric"] == metric) & (rows["group"].astype(str) == "")]
    return {str(s): float(v) for s, v in zip(rows["scenario"], rows["value"], strict=True)}


def _answer(mates: pd.DataFrame, frames: Frames) -> str:
    """The answer in three sentences."""
    first = mates.iloc[0]
    ranked = mates[mates["rank"].notna()].sort_values(["rank"], kind="stable")
    best = ranked.iloc[0]
    level = [str(name) for name in ranked.loc[ranked["rank"] == best["rank"], "scenario"]]
    who = f"**{level[0]}**" if len(level) == 1 else f"**{', '.join(level)}** are level, and"
    lines = [
        f"At equal contract costs {who} {'leads' if len(level) == 1 else 'lead'} with an index of "
        f"{best['index_at_equal_costs']:.2f}, against {first['index_at_equal_costs']:.2f} for {first['scenario']}."
    ]
    if str(best["scenario"]) != str(first["scenario"]):
        gain = first["index"] - best["index"]
        walls = _numbers(frames["walls"])
        walls = walls[walls["scenario"] == best["scenario"]].set_index("part")
        if walls.loc[GAIN_WALLS, "status"] == OPTIMAL:
            by_walls, by_costs = (_figure(walls.loc[part, "index"]) for part in (GAIN_WALLS, GAIN_COSTS))
            back = by_costs.startswith("-")
            costs = (
                f"contracts that cost less take back {by_costs[1:]}" if back else f"{by_costs} to what contracts cost"
            )
            lines.append(
                f"With its own costs {best['scenario']} ends at {best['index']:.2f}: of the gain of {gain:.2f} points, "
                f"{by_walls} are due to walls that fall; {costs}."
            )
        lines.append(
            f"It releases {pounds(best['released'])} of transaction cost over all years"
            + ("." if pd.isna(best["one_off"]) else f", after a one-off cost of {pounds(best['one_off'])}.")
        )
    return "## The answer\n\n" + _wrapped(" ".join([*_nearest(frames), *lines]))


def _nearest(frames: Frames) -> list[str]:
    """Who comes nearest at own costs, ties named as ties, from the headline of the run."""
    table = frames["headlines"]
    nearest = table[table["nearest"].astype(str).str.upper() == "TRUE"]
    names = [f"**{name}**" for name in nearest["scenario"]]
    if not names:
        return []
    best = nearest.iloc[0]
    level = " come nearest to fair shares, level with one another: each" if len(names) > 1 else " comes nearest: it"
    worst = f"{best['worst_place']}, {abs(float(best['worst_distance'])):.1%} from its share of '{best['component']}'"
    does = closes(float(best["gap_closed"]), str(best["year"]))
    return [f"{joined(names)}{level} {does}. Furthest behind in that year is {worst}."]


def _table(heads: list[str], rows: list[list[str]]) -> str:
    """A table in Markdown, figures to the right; what Markdown would read as its own is written plainly."""
    lines = [f"| {' | '.join(heads)} |", f"|---|{'---:|' * (len(heads) - 1)}"]
    return "\n".join([*lines, *(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows)])


def _regimes(mates: pd.DataFrame, frames: Frames) -> str:
    contracts, cost, days, capital = (
        _metric(frames, name) for name in ("contracts", "transaction_cost", "days_to_pay", "working_capital")
    )
    heads = [
        *("Regime", "Rank", "Index at equal costs", "Index at own costs", "Rules missed, weighted"),
        *("Contracts a year", "Transaction cost", "Released, net", "Days to pay", "Working capital"),
    ]
    rows = []
    for row in mates.sort_values("rank", kind="stable").to_dict("records"):
        name = str(row["scenario"])
        rows.append(
            [
                name,
                "-" if pd.isna(row["rank"]) else f"{row['rank']:.0f}",
                _figure(row["index_at_equal_costs"]),
                _figure(row["index"]),
                pounds(row["shortfall"]),
                f"{contracts[name]:,.0f}",
                pounds(cost[name]),
                pounds(row["released"]),
                f"{days[name]:.0f}" if name in days else "-",
                pounds(capital[name]) if name in capital else "-",
            ]
        )
    note = (
        "Ranked at the contract costs of the first regime. Rules missed is the shortfall on rules that should be kept, "
        "in £ times the weights of the rules, at own costs. Released is net of one-off cost. A contract is a pair of "
        "pot and provider (or lead group) that permitted flows need in a year."
    )
    return f"## The regimes\n\n{_table(heads, rows)}\n\n{_wrapped(note)}"


def walls_table(walls: pd.DataFrame) -> str:
    """The part of the gain that is due to walls and to costs, a row per regime."""
    heads = ["Regime", "Index of the first", "Its own index", "Gain", "of which walls", "of which costs"]
    rows = []
    for name, own in walls.groupby("scenario", sort=False):
        at = own.set_index("part")
        if at.loc[GAIN_WALLS, "status"] != OPTIMAL:
            rows.append([str(name), *(_figure(at.loc[p, "index"]) for p in (NEITHER, BOTH, GAIN)), "no answer", "-"])
            continue
        rows.append([str(name), *(_figure(at.loc[p, "index"]) for p in (NEITHER, BOTH, GAIN, GAIN_WALLS, GAIN_COSTS))])
    note = (
        "Each part is the mean of both orders: walls first, then costs, and costs first, then walls. Below 0, a part "
        "makes the index worse. Every figure is rounded by itself, so parts may miss their sum by 0.01."
    )
    return f"## Walls and costs\n\n{_table(heads, rows)}\n\n{_wrapped(note)}"


def _break_even(found: pd.DataFrame, first: str) -> str:
    heads = ["Regime", "A contract costs", "pays up to", "Mean fee", "pays up to", "One-off cost", "pays up to"]
    rows, notes = [], []
    for name, own in found.groupby("scenario", sort=False):
        at = own.set_index("measure")
        cells = [str(name)]
        for measure, shown in ((CONTRACT, _thousands), (FEE, _percent), (ONE_OFF, pounds)):
            row = at.loc[measure]
            cells += [_or(row["now"], shown), _turn(row, shown)]
        rows.append(cells)
        notes += _notes(str(name), at.loc[CONTRACT], at.loc[LEAD.format(GINI.noun)])
    how = sorted(set(found.loc[found["measure"] == CONTRACT, "how"]))
    note = (
        f"Against {first}, one cost raised at a time, all contracts of the regime by one multiple, net of one-off "
        f"costs. Found: {'; '.join(how)}."
    )
    return "\n\n".join(
        part
        for part in ("## When it stops releasing money", _table(heads, rows), _wrapped(note), "\n".join(notes))
        if part
    )


def _turn(row: pd.Series, shown: Callable[[float], str]) -> str:
    """Where money is no longer released, or how far the costs can be raised at all."""
    if row["status"] == LASTS:
        return f"as far as any: {shown(row['below'])}"
    return shown(row["value"]) if row["status"] == TURNS else str(row["status"])


def _notes(name: str, contract: pd.Series, lead: pd.Series) -> list[str]:
    """What is to be said of a regime's contract cost: where allocations end, and the lead in the index."""
    notes = []
    if contract["status"] == LASTS:
        notes.append(
            f"{name} still releases {pounds(contract['released_below'])} at {_thousands(contract['below'])} a "
            "contract; above that no allocation keeps every must rule."
        )
    if pd.notna(lead["below"]):
        words = {TURNS: "its lead in the index ends there", NO_ANSWER: "its lead lasts as long as any allocation"}
        notes.append(f"{name} at {_thousands(lead['below'])} a contract: {words.get(lead['status'], lead['status'])}.")
    return [_wrapped(note, "- ") for note in notes]


def _or(value: float, shown: Callable[[float], str]) -> str:
    return "not reported" if pd.isna(value) else shown(value)


def _thousands(value: float) -> str:
    return f"£{value:,.0f}k"


def _percent(value: float) -> str:
    return f"{value:.2%}"


def _figure(value: object) -> str:
    return "-" if pd.isna(value) else f"{float(str(value)) + 0.0:.2f}"


def _places(mates: pd.DataFrame, frames: Frames) -> str:
    """What each place gets against the do-minimum, all years together, under the first regime and the best."""
    best = str(mates.sort_values("rank", kind="stable")["scenario"].iloc[0])
    names = list(dict.fromkeys([str(mates["scenario"].iloc[0]), best]))
    allocation = _numbers(frames["allocation"])
    change = allocation.groupby(["scenario", "place"], sort=False)["change"].sum().unstack("scenario")[names]
    rows = [
        [str(place), *(pounds(float(row[name])) for name in names)] for place, row in change.iloc[:PLACES].iterrows()
    ]
    rows.append(["All places", *(pounds(float(change[name].sum())) for name in names)])
    return (
        "## Who gains and who pays\n\n"
        + _table(["Place", *names], rows)
        + "\n\nMoney of the place against its share of "
        "today's pattern carried forward, all years; negatives in brackets. All places\ntogether get less than that "
        "pattern by what contracts cost."
    )


def _behind(frames: Frames) -> str:
    """What keeps regimes back, in the words of the run."""
    found = frames.get("behind")
    if found is None or not len(found):
        return ""
    words = list(dict.fromkeys(found["words"]))
    more = len(words) - FINDINGS
    rest = [f"{more} more: see the sheet What holds back of the results."] if more > 0 else []
    return "## What holds back\n\n" + "\n".join(_wrapped(each, "- ") for each in [*words[:FINDINGS], *rest])


def main(arguments: list[str] | None = None) -> int:
    """Write or check the document."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("results", nargs="?", type=Path, default=RESULTS)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args(arguments)
    text = page(read_frames(given.results))
    if not given.check:
        DOCUMENT.write_text(text, encoding="utf-8")
        return 0
    same = DOCUMENT.exists() and DOCUMENT.read_text(encoding="utf-8") == text
    print("as the tables say" if same else f"{DOCUMENT.name} is not what the tables say: run it without --check")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
