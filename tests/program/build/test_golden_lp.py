"""Every constraint as the program writes it for two places, kept as text in `golden/`.

A change of a constraint shows as a change of its file. To accept one: UPDATE_GOLDEN=1 and read the difference.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import budgetmodel as bm
from budgetmodel.answers.scenario_structure import scenario_structure
from budgetmodel.contract.measures import MEASURES
from budgetmodel.program.build import constraints, rules, totals
from budgetmodel.program.build.assemble import STANDING, assemble
from budgetmodel.program.build.model import Constraint
from budgetmodel.program.build.objectives import BLOCKS
from docs import make_constraints
from tests.support.builder import Book, two_places, with_years
from tests.support.lp_text import lp_text

GOLDEN = Path(__file__).parent / "golden"
WHOLE = "whole program"


def registered() -> list[Constraint]:
    """All constraints that the program knows."""
    of_objectives = [row for blocks in BLOCKS.values() for row in blocks.rows]
    return list(dict.fromkeys((*STANDING, *of_objectives, *rules.RULE.values())))


def two_services() -> Book:
    book = two_places().add("Services", Service="Cure")
    return book.spend("North", "Cure", "Trust", 6).spend("South", "Cure", "Trust", 4)


def carrying() -> Book:
    """Two sources of different law over two years, one of which may carry 10% forward, and contract costs."""
    book = with_years(two_places(), 2, growth=0.1).set("Sources", Carry_forward=0.1)
    book.add("Sources", Source="Grant", Home_places="South", Lawful_places="South").fund("Grant", [10, 0])
    return book.set("Contracts", Cost_per_contract=50)


def ruled(measure: str, limit: str, value: float, book: Book | None = None, **cells: object) -> Book:
    return (book or two_places()).rule("Rule", measure, limit, value, **{"Each": "place", **cells})


def councils() -> Book:
    """Two places over two years, each with money of its own: £61.2m and £62.424m, £48.8m and £49.776m."""
    book = with_years(two_places(), 2).remove("Sources").remove("Funding")
    for place, first in (("North", 61.2), ("South", 48.8)):
        book.add("Sources", Source=f"{place} council", Home_places=place, Lawful_places=place)
        book.fund(f"{place} council", [first, first * 1.02])
    return book


CASES: dict[str, Book] = {
    WHOLE: two_places(),
    "source balance": carrying(),
    "line": carrying(),
    "place key": two_services().set("Services", row=0, Place_key="baseline"),
    "keep at least": with_years(two_places(), 2, growth=0.1),
    "keep at most": with_years(two_places(), 2, growth=0.1).set("Target", Keep_at_most=1.02),
    "ratio": two_services()
    .need("Young", {"North": 100, "South": 300})
    .add("Target", Component="Cures", Need_measure="Young", Services="Cure", Weight=3),
    "gap": with_years(two_places(), 2).set("Years", row=1, Weight=3).set("Places", row=0, Equity_weight=3),
    "distance": with_years(two_places(), 2)
    .set("Years", row=1, Weight=3)
    .set("Places", row=0, Equity_weight=3)
    .set("Scenarios", Objective="l1"),
    "by the rule": with_years(two_places(), 2).set("Years", row=1, Weight=3).set("Scenarios", Objective="convergence"),
    "turnover": with_years(two_places(), 2, growth=0.1),
    "spend": ruled("amount", "at least", 30, two_services(), Strength="should"),
    "amount": ruled("amount", "exactly", 45, Each=None, Places="South", Strength="should", Weight=2),
    "growth": ruled("growth", "at most", 0.05, with_years(two_places(), 2, growth=0.1)),
    "relative growth": ruled("relative growth", "at least", -0.05, with_years(two_places(), 2, growth=0.1)),
    # North by one source that grows by 2% and 2%, South by one that grows by 22% and 2%.
    "growth of reachable money": ruled("growth of reachable money", "at most", 0.05, councils()),
    "real growth": ruled("real growth", "at least", 0.01, with_years(two_places(), 2, growth=0.1))
    .set("Years", row=0, Cost_uplift=0.02)
    .set("Years", row=1, Cost_uplift=0.05),
    "change": ruled("change", "at least", -0.1, with_years(two_places(), 2), Years="2026/27"),
    "do-minimum": ruled("do-minimum", "at most", 0.05, with_years(two_places(), 2, growth=0.1)),
    "share": ruled("share", "at least", 0.2, two_services(), Services="Cure", Of="services=all"),
    "per head": ruled("per head", "at least", 40_000, Of="Population"),
    "fair share": ruled("fair share", "at least", -0.05, Of="Overall", Strength="should"),
    "moved": ruled("moved", "at most", 0.04, two_services(), Each="service"),
}


def test_every_registered_constraint_has_a_golden_case() -> None:
    names = [constraint.name for constraint in registered()]
    assert len(set(names)) == len(names), f"two constraints have the same name: {sorted(names)}"
    missing, left_over = set(names) - set(CASES), set(CASES) - {WHOLE, *names}
    assert not missing, (
        f"add a book to CASES of tests/program/build/test_golden_lp.py for: {', '.join(sorted(missing))}"
    )
    assert not left_over, f"no constraint has these CASES: {', '.join(sorted(left_over))}"
    assert set(rules.RULE) == {measure.name for measure in MEASURES}
    # None is left out of the tuple that the page of constraints is made from.
    declared = [c for module in (constraints, totals) for c in vars(module).values() if isinstance(c, Constraint)]
    assert {constraint.name for constraint in declared} == {constraint.name for constraint in STANDING}


@pytest.mark.parametrize("name", CASES)
def test_golden(name: str, tmp_path: Path) -> None:
    budget = bm.read(CASES[name].save(tmp_path / "in.xlsx"))
    program, layout = assemble(scenario_structure(budget, "Base")[0])
    text = lp_text(program, layout, None if name == WHOLE else name)
    path = GOLDEN / f"{name.replace(' ', '_')}.txt"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"run this test with UPDATE_GOLDEN=1, then read {path.relative_to(GOLDEN.parents[3])}"
    assert path.read_text(encoding="utf-8") == text


def test_no_golden_file_is_left_over() -> None:
    left_over = {path.stem for path in GOLDEN.glob("*.txt")} - {name.replace(" ", "_") for name in CASES}
    assert not left_over, f"take out what has no case: golden/{', '.join(sorted(left_over))}"


def test_the_page_of_constraints_is_made_from_the_records() -> None:
    assert make_constraints.DOCUMENT.read_text(encoding="utf-8") == make_constraints.document(), (
        "run python -m docs.make_constraints"
    )
