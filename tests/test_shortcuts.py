"""Every shortcut switched off: the answers that must agree agree, and how much processor time each saves.

`pytest tests/test_shortcuts.py -m slow -n0 -s` prints what each saves. A new field of `Shortcuts` needs a row in CASES.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from functools import cache, partial
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import pandas as pd
import pytest

import budgetmodel as bm
from budgetmodel.answers.resolve import resolve, solve_afresh, start_of
from budgetmodel.answers.scenario_structure import scenario_structure
from budgetmodel.comparison.question_frames import answers
from budgetmodel.contract.objectives import SHORTFALL, TURNOVER
from budgetmodel.contract.options import ALL_SHORTCUTS
from budgetmodel.program.build.assemble import assemble
from budgetmodel.program.build.layout import Layout
from budgetmodel.program.prove.certificate import GAP_TOLERANCE
from budgetmodel.program.solve.stages import Solved, solve_stages
from budgetmodel.report.tables import gather
from budgetmodel.report.workbook import material_of, workbook_bytes
from tests.program.infeasible.test_conflict import pressed
from tests.support.random_books import random_book

EXAMPLE = Path(__file__).parents[1] / "inputs" / "greater_manchester.xlsx"

THOUSAND = 1e-3
"""£m: a place's service in a year may differ by so much."""

SAME = 1e-7
"""Absolutely or relatively: what the stages minimise may differ by so much."""

BOOKS = [(seed, size) for size in ("tiny", "small") for seed in range(1, 16)]
"""30 random books."""


@dataclass
class Tally:
    """Seconds with and without a shortcut, how often both were compared, and the greatest difference of a cell, £m."""

    with_it: float = 0.0
    without: float = 0.0
    compared: int = 0
    apart: float = 0.0
    spared: float = 0.0
    """What a reader is spared where it is not time: by how much less Values change, in all, in their own units."""

    def line(self, name: str) -> str:
        """What it saves, in a line."""
        ratio = self.without / self.with_it if self.with_it else float("nan")
        words = f"{name}: {self.with_it:.2f} s with, {self.without:.2f} s without ({ratio:.2f} x), "
        words += f"{self.compared} compared, cells differ by up to £{self.apart * 1e6:,.0f}"
        return words + (f", Values change by {self.spared:g} less" if self.spared else "")


def without(name: str) -> bm.Options:
    """The options with one shortcut off."""
    return bm.Options(shortcuts=replace(ALL_SHORTCUTS, **{name: False}))


def timed(work: Callable[[], Any], clock: Callable[[], float] = process_time) -> tuple[Any, float]:
    """What some work gives, and its seconds."""
    begun = clock()
    return work(), clock() - begun


# ---- solving ---------------------------------------------------------------------------------------------


def structures(budget: bm.Budget, scenarios: Iterable[str] | None = None) -> Iterable[Any]:
    for scenario in scenarios or budget.scenarios[:2]:
        yield scenario_structure(budget, scenario)[0]


def cells(layout: Layout, solved: Solved) -> pd.Series:
    """£m by place, service and year."""
    number, year = (layout.line >= 0).nonzero()
    lines = layout.structure.lines[["place", "service"]].iloc[number].reset_index(drop=True)
    spent = lines.assign(year=year, spent=solved.x[layout.line[number, year]])
    return spent.groupby(["place", "service", "year"])["spent"].sum()


def stages_agree(name: str, budget: bm.Budget, tally: Tally, scenarios: Iterable[str] | None = None) -> None:
    """Shortfall, objective, and turnover, and the cells where both ways end in a spread."""
    for structure in structures(budget, scenarios):
        program, layout = assemble(structure)
        usual, seconds = timed(partial(solve_stages, program, layout))
        plain, longer = timed(partial(solve_stages, program, layout, without(name)))
        tally.with_it, tally.without = tally.with_it + seconds, tally.without + longer
        assert plain.status == usual.status
        if usual.status == "infeasible":
            continue
        tally.compared += 1
        own = structure.objective.stage.name
        for stage in (SHORTFALL.name, own):
            assert plain.stage(stage).value == pytest.approx(usual.stage(stage).value, abs=SAME, rel=SAME), stage
        if name in TURNOVER_AGREES:
            turnover = usual.stage(TURNOVER.name).value
            assert plain.stage(TURNOVER.name).value == pytest.approx(turnover, abs=THOUSAND), structure.inputs.scenario
        apart = float((cells(layout, plain) - cells(layout, usual)).abs().max())
        tally.apart = max(tally.apart, apart)
        if name in CELLS_AGREE:
            assert apart <= THOUSAND, structure.inputs.scenario


def by_route(seed: int, size: str, folder: Path, tally: Tally) -> None:
    stages_agree("route_by_size", read_book(seed, size, folder), tally)


def by_faces(seed: int, size: str, folder: Path, tally: Tally) -> None:
    stages_agree("optimal_faces", read_book(seed, size, folder), tally)


def by_reduction(seed: int, size: str, folder: Path, tally: Tally) -> None:
    stages_agree("convex_reduction", read_book(seed, size, folder), tally)


CELLS_AGREE = {"route_by_size", "convex_reduction"}
"""Shortcuts whose switch moves no cell. The others may: docs/decisions/shortcuts.md says why."""

TURNOVER_AGREES = {"route_by_size", "convex_reduction"}
"""Shortcuts whose switch leaves the turnover as it is: an objective held with slack lets it fall."""


def by_warm_start(seed: int, size: str, folder: Path, tally: Tally) -> None:
    """Money and costs changed, from the first scenario that has an answer."""
    budget = read_book(seed, size, folder)
    changes = [("Funding", "Amount", 1.01), ("Rules", "Value", 0.95), ("Needs", "Value", 1.03)]
    structure = next(iter(structures(budget)))
    base = solve_afresh(structure)
    if base.status != "optimal":
        return
    for table, field, factor in changes:
        try:
            variant = budget.changed(table, field=field, multiply=factor)
            other, _ = scenario_structure(variant, budget.scenarios[0])
        except bm.InputErrors:
            continue  # the sheet has no rows
        warm_agrees(base.start, other, tally)


def warm_agrees(start: Any, other: Any, tally: Tally) -> None:
    """The same status, shortfall and objective, as closely as both are proved."""
    usual, seconds = timed(lambda: resolve(start, other))
    plain, longer = timed(lambda: resolve(start, other, without("warm_starts")))
    assert not plain.live
    tally.with_it, tally.without = tally.with_it + seconds, tally.without + longer
    tally.compared += 1
    assert plain.status == usual.status
    if usual.status == "optimal":
        assert plain.shortfall == pytest.approx(usual.shortfall, abs=GAP_TOLERANCE / 10, rel=GAP_TOLERANCE / 10)
        assert plain.value == pytest.approx(usual.value, abs=GAP_TOLERANCE, rel=GAP_TOLERANCE)


# ---- without an answer -----------------------------------------------------------------------------------


def by_repair(seed: int, size: str, folder: Path, tally: Tally) -> None:
    """The £m of the cheapest way out; the Values that have to change for it change less when it is spread."""
    budget = bm.read(pressed(seed, size).save(folder / f"pressed {size} {seed}.xlsx"))
    for scenario in budget.scenarios[:2]:
        try:
            bm.solve(budget, scenario)
        except bm.Infeasible:
            usual, seconds = timed(partial(remedies, budget, scenario, bm.Options()))
            plain, longer = timed(partial(remedies, budget, scenario, without("even_repair")))
            tally.with_it, tally.without = tally.with_it + seconds, tally.without + longer
            tally.compared += 1
            assert plain["amount"].sum() == pytest.approx(usual["amount"].sum(), abs=1e-5, rel=1e-5)
            tally.spared += change(plain) - change(usual)


def remedies(budget: bm.Budget, scenario: str, options: bm.Options) -> pd.DataFrame:
    """The steps of the cheapest way out."""
    with pytest.raises(bm.Infeasible) as caught:
        bm.solve(budget, scenario, options=options)
    assert caught.value.explanation is not None
    found = caught.value.explanation.remedies
    return found[found["remedy"] == 1]


def change(steps: pd.DataFrame) -> float:
    """By how much all Values change."""
    rules = steps[steps["cell"].str.startswith("Rules!")]
    old, new = (pd.to_numeric(rules[column], errors="coerce") for column in ("old_value", "new_value"))
    return float((new - old).abs().sum())


# ---- files -----------------------------------------------------------------------------------------------


def by_sheets(seed: int, size: str, folder: Path, tally: Tally) -> None:
    """The bytes of results.xlsx."""
    budget = read_book(seed, size, folder)
    sheets_agree(bm.solve_all(budget, failures={}), budget, tally)


def sheets_agree(results: dict[str, bm.Result], budget: bm.Budget, tally: Tally) -> None:
    if not results:
        return
    comparison = bm.compare(results, budget)
    frames = gather(results, {}) | answers(results, comparison)

    def written(*, fast: bool) -> bytes:
        return workbook_bytes(material_of(results, frames, comparison), fast=fast)

    written(fast=True)  # what is only done once is done
    usual, seconds = timed(lambda: written(fast=True))
    plain, longer = timed(lambda: written(fast=False))
    tally.with_it, tally.without = tally.with_it + seconds, tally.without + longer
    tally.compared += 1
    assert plain == usual


def by_early(seed: int, size: str, folder: Path, tally: Tally) -> None:
    """The bytes of all files of a run; what is saved is seconds of the clock, and no processor's."""
    book = random_book(seed, size).save(folder / f"early {size} {seed}.xlsx")
    if runs_agree(book, folder / f"out {size} {seed}", tally):
        tally.compared += 1


def runs_agree(workbook: Path, folder: Path, tally: Tally) -> bool:
    """Whether there was anything to write, which was the same both ways."""

    def ran(to: str, options: bm.Options) -> dict[str, bytes]:
        outcome = bm.run(workbook, folder=folder / to, options=replace(options, threads=2, fresh=True))
        return {path.name: path.read_bytes() for path in outcome.files}

    # Afresh: where two scenarios have one program, the second would look the first one's answer up, and say so.
    usual, seconds = timed(lambda: ran("with", bm.Options()), perf_counter)
    plain, longer = timed(lambda: ran("without", without("early_resolves")), perf_counter)
    tally.with_it, tally.without = tally.with_it + seconds, tally.without + longer
    assert plain == usual
    return bool(plain)


# ---- all of them -----------------------------------------------------------------------------------------

Case = Callable[[int, str, Path, Tally], None]

CASES: dict[str, Case] = {
    "route_by_size": by_route,
    "optimal_faces": by_faces,
    "convex_reduction": by_reduction,
    "warm_starts": by_warm_start,
    "even_repair": by_repair,
    "fast_sheets": by_sheets,
    "early_resolves": by_early,
}
"""By shortcut: a random book's figures with and without it; what must agree is asserted there."""


def read_book(seed: int, size: str, folder: Path) -> bm.Budget:
    return bm.read(random_book(seed, size).save(folder / f"{size} {seed}.xlsx"))


def test_every_shortcut_is_compared() -> None:
    assert list(CASES) == [field.name for field in fields(bm.Shortcuts)]
    assert all(getattr(ALL_SHORTCUTS, name) for name in CASES)


def test_with_one_switched_off_nothing_is_remembered(tmp_path: Path) -> None:
    budget = read_book(2, "tiny", tmp_path)
    options = bm.Options(memory=tmp_path / "out")
    assert bm.solve(budget, budget.scenarios[0], options=options).note("remembered") == "no"
    assert bm.solve(budget, budget.scenarios[0], options=options).note("remembered") == "yes"
    other = replace(options, shortcuts=bm.Shortcuts(fast_sheets=False))
    assert bm.solve(budget, budget.scenarios[0], options=other).note("remembered") == "no"


@pytest.mark.parametrize("name", CASES)
def test_a_tiny_book_both_ways(name: str, tmp_path: Path) -> None:
    tally = Tally()
    CASES[name](2, "tiny", tmp_path, tally)
    assert tally.compared


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", CASES)
def test_random_books_both_ways(name: str, tmp_path: Path) -> None:
    tally = Tally()
    for seed, size in BOOKS:
        CASES[name](seed, size, tmp_path, tally)
    print(tally.line(name))
    assert tally.compared >= len(BOOKS) // 3


# ---- the worked example ----------------------------------------------------------------------------------


@cache
def example() -> bm.Budget:
    return bm.read(EXAMPLE)


def example_stages(name: str) -> Callable[[Path, Tally], None]:
    return lambda _, tally: stages_agree(name, example(), tally, ["Split"])


def example_warm(_: Path, tally: Tally) -> None:
    budget = example()
    base = bm.solve(budget, "Split")
    for factor in (1.001, 1.01):
        variant = budget.changed("Funding", field="Amount", multiply=factor)
        warm_agrees(start_of(base.answer), scenario_structure(variant, "Split")[0], tally)


def example_sheets(_: Path, tally: Tally) -> None:
    sheets_agree({"Split": bm.solve(example(), "Split")}, example(), tally)


def example_early(folder: Path, tally: Tally) -> None:
    tally.compared += runs_agree(EXAMPLE, folder, tally)


EXAMPLES: dict[str, Callable[[Path, Tally], None]] = {
    **{name: example_stages(name) for name in ("route_by_size", "convex_reduction")},
    "warm_starts": example_warm,
    "fast_sheets": example_sheets,
    "early_resolves": example_early,
}
"""Of the worked example, which is met as it is: no way out is to be spread. Without faces it has not been measured."""


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", EXAMPLES)
def test_the_worked_example_both_ways(name: str, tmp_path: Path) -> None:
    tally = Tally()
    EXAMPLES[name](tmp_path, tally)
    print(tally.line(name))
    assert tally.compared
