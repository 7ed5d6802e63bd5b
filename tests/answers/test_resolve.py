"""Re-solves from a base: the figures are those of a solve from nothing, and the result says how it was made."""

from __future__ import annotations

import random

import pandas as pd
import pytest

import budgetmodel as bm
from budgetmodel.answers import resolve as module
from budgetmodel.answers.answer import answer
from budgetmodel.answers.resolve import Resolved, resolve, solve_afresh, start_of
from budgetmodel.answers.scenario_structure import scenario_structure
from budgetmodel.program.build.components import reference_gaps
from tests.support.builder import Book, two_places, with_years
from tests.support.figures import row
from tests.support.random_books import random_book
from tests.support.types import Read

LIVE = "re-solved from the base's basis"
SCENARIO = "Base"


def floor_book(amount: float = 55.0, strength: str = "must") -> Book:
    """North and South need the same, have 100, and North gets at least `amount`: 60 and 40 is index 100.

    The index is 100 x (gap of the two amounts) / 20: the reference gap is 60 - 40.
    """
    book = two_places()
    book.add(
        "Rules",
        Rule="Floor",
        Places="North",
        Measure="amount",
        Limit="at least",
        Value=amount,
        Strength=strength,
    )
    return book


def limit(budget: bm.Budget, value: float) -> bm.Budget:
    return budget.changed("Rules", where={"Rule": "Floor"}, field="Value", to=value)


def test_a_changed_limit_gives_the_hand_computed_index(read: Read) -> None:
    budget = read(floor_book(55))
    found = bm.what_if(budget, SCENARIO, {"56": limit(budget, 56), "52": limit(budget, 52)}, places=True)
    assert list(found["variant"]) == ["as it stands", "56", "52"]
    # 55 and 45: 100 x 10 / 20; 56 and 44: 100 x 12 / 20; 52 and 48: 100 x 4 / 20
    assert found["index"].tolist() == pytest.approx([50, 60, 20], abs=1e-6)
    assert found["index_change"].tolist() == pytest.approx([0, 10, -30], abs=1e-6)
    assert found["shortfall"].tolist() == pytest.approx([0, 0, 0], abs=1e-6)
    assert found["place: North"].tolist() == pytest.approx([55, 56, 52], abs=1e-6)
    assert found["delivered"].tolist() == pytest.approx([100, 100, 100], abs=1e-6)
    # one component: its gap as a share of the reference is the index over 100
    assert found["component_gap: Overall"].tolist() == pytest.approx([0.5, 0.6, 0.2], abs=1e-8)
    assert found["how"].tolist()[1:] == [LIVE, LIVE]
    assert (found["proved_to"] < 1e-5).all()


def test_a_changed_amount_is_measured_against_the_reference_of_the_workbook(read: Read) -> None:
    budget = read(floor_book(55))
    more = budget.changed("Funding", field="Amount", to=104)
    found = row(bm.what_if(budget, SCENARIO, {"104": more}), variant="104")
    # 55 and 49 against targets of 52: 0.25 x 6/52 over the reference 0.25 x 20/50
    assert found["index"] == pytest.approx(100 * (6 / 52) / (20 / 50), abs=1e-6)
    assert found["how"] == LIVE


def test_changed_weights_of_years_only_change_costs(read: Read) -> None:
    book = with_years(floor_book(55), 2)
    book["Rules"][0]["Years"] = "2025/26"
    book.add("Rules", Rule="Later", Years="2026/27", Places="North", Measure="amount", Limit="at least", Value=52)
    budget = read(book)
    heavier = budget.changed("Years", where={"Year": "2025/26"}, field="Weight", to=3)
    found = bm.what_if(budget, SCENARIO, {"3 to 1": heavier})
    # years of index 50 and 20: (50 + 20) / 2 and (3 x 50 + 20) / 4
    assert found["index"].tolist() == pytest.approx([35, 42.5], abs=1e-6)
    assert found["how"].iloc[1] == LIVE


def test_a_shortfall_that_changes(read: Read) -> None:
    budget = read(floor_book(120, "should"))
    variants = {"110": limit(budget, 110), "90": limit(budget, 90)}
    found = bm.what_if(budget, SCENARIO, variants)
    # 100 in all: 20 short of 120, 10 short of 110; at 90 nothing is short, and 90 and 10 is 100 x 80 / 20
    assert found["shortfall"].tolist() == pytest.approx([20, 10, 0], abs=1e-5)
    assert found["index"].iloc[2] == pytest.approx(400, abs=1e-3)
    assert found["how"].tolist()[1:] == [LIVE, LIVE]


def test_a_shortfall_where_the_base_has_none(read: Read) -> None:
    budget = read(floor_book(90, "should"))
    found = row(bm.what_if(budget, SCENARIO, {"130": limit(budget, 130)}), variant="130")
    assert found["shortfall"] == pytest.approx(30, abs=1e-5)  # 130 asked, 100 there
    assert found["index"] == pytest.approx(500, abs=1e-3)  # 100 and 0: 100 x 100 / 20


def test_an_infeasible_variant_is_a_row_and_stops_no_other(read: Read) -> None:
    budget = read(floor_book(55))
    found = bm.what_if(budget, SCENARIO, {"101": limit(budget, 101), "56": limit(budget, 56)})
    assert found["status"].tolist() == ["optimal", "infeasible", "optimal"]
    assert pd.isna(row(found, variant="101")["index"])
    assert row(found, variant="56")["index"] == pytest.approx(60, abs=1e-6)


def test_a_variant_that_the_checks_refuse_says_so(read: Read) -> None:
    budget = read(floor_book(55))
    wrong = budget.changed("Baseline", field="Amount", to=0)  # nothing was spent: nothing to compare with
    found = row(bm.what_if(budget, SCENARIO, {"wrong": wrong}), variant="wrong")
    assert found["status"] == "refused"
    assert "Baseline" in found["how"]


def test_another_pattern_is_solved_from_nothing_and_says_why(read: Read) -> None:
    budget = read(floor_book(55))
    gone = budget.changed("Rules", where={"Rule": "Floor"}, remove=True)
    found = row(bm.what_if(budget, SCENARIO, {"no floor": gone}), variant="no floor")
    assert found["how"].startswith("solved from nothing: ")
    assert "rules" in found["how"]
    assert found["index"] == pytest.approx(0, abs=1e-6)  # 50 and 50


def test_a_scenario_that_cannot_be_met_has_no_variants(read: Read) -> None:
    budget = read(floor_book(101))
    with pytest.raises(bm.Infeasible):
        bm.what_if(budget, SCENARIO, {"55": limit(budget, 55)})


def test_too_many_pivots_and_it_is_solved_from_nothing(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEAST_PIVOTS", 0)
    monkeypatch.setattr(module, "PIVOTS_PER_ROW", 0.0)
    budget = read(floor_book(55))
    # at 45 the floor no longer binds: a pivot
    found = row(bm.what_if(budget, SCENARIO, {"45": limit(budget, 45)}), variant="45")
    assert "solved from nothing" in found["how"]
    assert found["index"] == pytest.approx(0, abs=1e-6)


def test_a_solved_answer_is_a_start(read: Read) -> None:
    budget = read(floor_book(55))
    structure, _ = scenario_structure(budget, SCENARIO)
    start = start_of(answer(structure))
    other, _ = scenario_structure(limit(budget, 56), SCENARIO, reference_gaps(budget))
    found = resolve(start, other)
    assert found.live
    assert found.value == pytest.approx(60, abs=1e-6)


def test_more_than_sixty_places_keep_their_orderings(read: Read) -> None:
    book = two_places()
    rng = random.Random(3)  # noqa: S311  # no secrets
    names = [f"P{n:02d}" for n in range(62)]
    book["Places"][:] = []
    for name in names:
        book.add("Places", Place=name, Equity_weight=1)
    book["Needs"][:], book["Baseline"][:], book["Indicators"][:] = [], [], []
    book.need("Population", {name: 1000 + 10 * n for n, name in enumerate(names)})
    for name in names:
        book.spend(name, "Care", "Trust", round(rng.uniform(1, 2.5), 3))
    book.add("Rules", Rule="Floor", Each="place", Measure="do-minimum", Limit="at least", Value=-0.05)
    budget = read(book)
    structure, _ = scenario_structure(budget, SCENARIO)
    base = solve_afresh(structure)
    assert any(cut.lower == 0 for stage in base.stages for cut in stage.cuts)
    for variant in (
        budget.changed("Places", where={"Place": ["P03", "P40"]}, field="Equity weight", to=2),
        budget.changed("Rules", where={"Rule": "Floor"}, field="Value", to=-0.03),
        budget.changed("Needs", where={"Place": "P10"}, field="Value", multiply=1.2),
    ):
        other, _ = scenario_structure(variant, SCENARIO, reference_gaps(budget))
        same(resolve(base.start, other), solve_afresh(other))


def same(live: Resolved, fresh: Resolved) -> None:
    """The figures of two ways to solve the same program, and the first of them without giving up."""
    assert live.live, live.how
    assert live.status == fresh.status
    if live.status == "optimal":
        assert live.shortfall == pytest.approx(fresh.shortfall, abs=1e-6, rel=1e-6)
        assert live.value == pytest.approx(fresh.value, abs=1e-4)
        assert live.bound <= fresh.value + 1e-6


EDITS = (
    ("Funding", "Amount", 0.01),
    ("Rules", "Value", 0.1),
    ("Target", "Weight", 0.5),
    ("Years", "Weight", 0.5),
    ("Needs", "Value", 0.05),
)


@pytest.mark.parametrize("seed", [1, 4, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(5, 25))])
def test_random_books_and_random_changes(seed: int, read: Read) -> None:
    budget = read(random_book(seed, "tiny"))
    reference = reference_gaps(budget)
    rng = random.Random(seed)  # noqa: S311  # no secrets
    compared = 0
    for scenario in budget.scenarios[:3]:
        structure, _ = scenario_structure(budget, scenario)
        base = solve_afresh(structure)
        if base.status != "optimal":
            continue
        for table, field, by in EDITS:
            factor = rng.uniform(1 - by, 1 + by)
            try:
                variant = budget.changed(table, field=field, multiply=factor)
                other, _ = scenario_structure(variant, scenario, reference)
            except bm.InputErrors:
                continue  # a text in the column, or a sheet without rows
            same(resolve(base.start, other), solve_afresh(other))
            compared += 1
    assert compared >= 3
