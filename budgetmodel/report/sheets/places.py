"""The sheets Components and Places: the services of each component, and each place's distance from target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Array
from budgetmodel.contract.tables import records
from budgetmodel.metrics.places import population
from budgetmodel.report.page import FIRST_ROW, POUNDS_PER_MILLION, Page, PageColumn, literal
from budgetmodel.report.sheets.pages import AFTER, ALLOCATED, BEFORE, MINIMUM
from budgetmodel.report.sheets.table_columns import column, columns_of
from budgetmodel.report.tables import Frames, coded
from budgetmodel.results import Result

GAP_PART = "Gap over places below it (ratio)"
BASES = {"registered": "Registered heads (number)", "resident": "Residents (number)"}
PER_HEAD = {"registered": "Per registered head (£)", "resident": "Per resident (£)"}
SERVICE, CRITERION = "Service", "Service as formulas look for it"


def components_page(results: Mapping[str, Result]) -> Page:
    """The services of each component, by scenario."""
    rows = [
        (name, str(row["Component"]), str(service))
        for name, result in results.items()
        for _, row in records(result.inputs.frame(schema.TARGET))
        for service in row["Services"].members
    ]
    columns = [
        PageColumn("Scenario", "text", [row[0] for row in rows]),
        PageColumn("Component", "text", [row[1] for row in rows]),
        PageColumn(SERVICE, "text", [row[2] for row in rows]),
    ]
    found = [literal(row[2]) for row in rows]
    if any(service != row[2] for service, row in zip(found, rows, strict=True)):
        columns.append(PageColumn(CRITERION, "text", found))
    purpose = "Which services count towards which component of the target. The amounts of Places are sums over these."
    return Page("Components", purpose, tuple(columns), table="tblComponents", frozen=2)


def places_page(results: Mapping[str, Result], frames: Frames, allocation: Page, components: Page) -> Page:
    """Distance from target before (the do-minimum) and after, by component, and each place's part of the gap."""
    frame = frames["places"].merge(component_minimum(results), how="left", validate="1:1")
    target = frame["target"].to_numpy(dtype=float)
    amount = frame["amount"].to_numpy(dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        before = np.where(target > 0, frame["do_minimum"] / target - 1, np.nan)
        after = np.where(target > 0, amount / target - 1, np.nan)
        ratio = np.where(target > 0, amount / target, 0.0)
    weight = np.concatenate([_weights(result) for result in results.values()]) if results else np.zeros(0)
    blocks = _blocks(frame)
    part = _parts(ratio, weight, blocks)
    sums = _sums(frame, allocation, components) if allocation.rows else {}
    heads = {basis: _heads(results, basis) for basis in BASES}
    columns = (
        *columns_of("places", frame, "scenario", "year", "place", "component"),
        column("places", frame, "target", "money"),
        PageColumn(MINIMUM, "money", frame["do_minimum"].tolist(), sums.get(MINIMUM)),
        PageColumn(ALLOCATED, "money", amount.tolist(), sums.get(ALLOCATED)),
        PageColumn("Change (£m)", "money", (frame["amount"] - frame["do_minimum"]).tolist(), "=G{r}-F{r}"),
        PageColumn(BEFORE, "percent", before.tolist(), '=IF(E{r}=0,"",F{r}/E{r}-1)'),
        PageColumn(AFTER, "percent", after.tolist(), '=IF(E{r}=0,"",G{r}/E{r}-1)'),
        *(
            PageColumn(PER_HEAD[b], "pounds", frame[f"per_head_{b}"].tolist(), _per_head(letter, heads[b]))
            for b, letter in zip(BASES, "MN", strict=True)
        ),
        *(PageColumn(BASES[b], "count", heads[b].tolist()) for b in BASES),
        PageColumn("Weight in the gap (%)", "percent2", weight.tolist()),
        PageColumn("Funding to target (ratio)", "price", ratio.tolist(), "=IF(E{r}=0,0,G{r}/E{r})"),
        PageColumn(GAP_PART, "gap", part.tolist(), [_pairs(row, *block) for row, block in enumerate(blocks)]),
    )
    purpose = "How far each place is from its fair-share target, before (do-minimum) and after. Minus is under target."
    return Page("Places", purpose, columns, table="tblPlaces", frozen=4)


def _per_head(letter: str, heads: Array) -> list[str | None]:
    rows = range(FIRST_ROW + 1, FIRST_ROW + 1 + len(heads))
    known = ~np.isnan(heads)
    return [f"=G{r}*{POUNDS_PER_MILLION}/{letter}{r}" if k else None for r, k in zip(rows, known, strict=True)]


def _pairs(row: int, first: int, last: int) -> str:
    """The formula of weight x the sum over places with a lower ratio of weight x difference: each pair counts once."""
    r, start, end = (FIRST_ROW + 1 + n for n in (row, first, last))
    return f"=O{r}*SUMPRODUCT((P${start}:P${end}<P{r})*O${start}:O${end}*(P{r}-P${start}:P${end}))"


def _weights(result: Result) -> Array:
    """The weight in the gap of each row of a scenario's `places`: by component, year and place."""
    structure = result.answer.structure
    return np.concatenate([np.tile(component.weights, structure.years) for component in structure.components])


def _heads(results: Mapping[str, Result], basis: str) -> Array:
    pieces = []
    for result in results.values():
        known = population(result.inputs, basis)
        heads = np.array([known.get(place, np.nan) for place in result.inputs.places], dtype=float)
        pieces.append(np.tile(heads, len(result.frames["places"]) // max(len(heads), 1)))
    return np.concatenate(pieces) if pieces else np.zeros(0)


def _blocks(frame: pd.DataFrame) -> list[tuple[int, int]]:
    """The first and last position of the rows that share scenario, component and year with each row."""
    positions = pd.Series(np.arange(len(frame)), index=frame.index)
    groups = positions.groupby([frame["scenario"], frame["component"], frame["year"]], sort=False)
    first, last = groups.transform("min"), groups.transform("max")
    return list(zip(first.tolist(), last.tolist(), strict=True))


def _parts(ratio: Array, weight: Array, blocks: Sequence[tuple[int, int]]) -> Array:
    """Each place's part of the gap of its component and year, over the places with a lower ratio."""
    part = np.zeros(len(ratio))
    for first, last in dict.fromkeys(blocks):
        r, w = ratio[first : last + 1], weight[first : last + 1]
        part[first : last + 1] = w * (np.clip(r[:, None] - r[None, :], 0.0, None) @ w)
    return part


def _sums(frame: pd.DataFrame, allocation: Page, components: Page) -> dict[str, list[str | None]]:
    """Formulas that sum a component's services over the rows of Allocation of one scenario, year and place."""
    inside = _spans(allocation, ("Scenario", "Year", "Place"))
    members = _spans(components, ("Scenario", "Component"))
    names = [column.heading for column in components.columns]
    sought = components.letter(CRITERION if CRITERION in names else SERVICE)
    service = allocation.letter("Service")
    formulas: dict[str, list[str | None]] = {MINIMUM: [], ALLOCATED: []}
    keys = zip(*(frame[name] for name in ("scenario", "year", "place", "component")), strict=True)
    for scenario, year, place, component in keys:
        rows, of = inside.get((scenario, year, place)), members.get((scenario, component))
        for heading, found in formulas.items():
            if rows is None or of is None:
                found.append(None)
                continue
            where, what = (allocation.span(letter, *rows) for letter in (service, allocation.letter(heading)))
            found.append(f"=SUMPRODUCT(SUMIF({where},{components.span(sought, *of)},{what}))")
    return formulas


def _spans(page: Page, headings: tuple[str, ...]) -> dict[tuple[str, ...], tuple[int, int]]:
    """The first and last row of each combination of labels; raises ValueError when its rows are not adjacent."""
    spans: dict[tuple[str, ...], tuple[int, int]] = {}
    for row, key in enumerate(zip(*(page.values(heading) for heading in headings), strict=True), start=FIRST_ROW + 1):
        first, last = spans.get(key, (row, row - 1))
        if last != row - 1:
            raise ValueError(f"{page.name}: the rows of {key} do not stand together")
        spans[key] = (first, row)
    return spans


def component_minimum(results: Mapping[str, Result]) -> pd.DataFrame:
    """The do-minimum of each component: scenario, year, place, component, do_minimum (£m)."""
    keys = ["year", "place"]
    pieces: list[pd.DataFrame] = []
    for result in results.values():
        allocation = coded(result.frames["allocation"][[*keys, "service", "do_minimum"]])
        for _, row in records(result.inputs.frame(schema.TARGET)):
            inside = allocation[allocation["service"].isin(row["Services"].members)]
            sums = inside.groupby(keys, observed=True)["do_minimum"].sum().reset_index()
            pieces.append(sums.assign(scenario=result.scenario, component=row["Component"]))
    return pd.concat(pieces, ignore_index=True).astype(dict.fromkeys(keys, str))
