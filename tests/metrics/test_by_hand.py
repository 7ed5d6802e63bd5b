"""Every family of measures on the book of `books.py`, against figures worked out by hand from its tables."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.metrics.books import FIRST, SECOND, by_hand, by_hand_with_terms, results_of, two_sides, with_terms

WHOLE = ("", FIRST, SECOND)


def figures(metric: str) -> dict[str, float]:
    metrics = by_hand().frames["metrics"]
    rows = metrics[metrics["metric"] == metric]
    return dict(zip(rows["group"], rows["value"], strict=True))


def told(member: str, values: tuple[float, float, float]) -> dict[str, float]:
    """A member's figure of all years, of the first and of the second, as the frame names them."""
    names = (member, f"{member}, {FIRST}", f"{member}, {SECOND}") if member else WHOLE
    return dict(zip(names, values, strict=True))


def both(metric: str, **members: tuple[float, float, float]) -> None:
    expected: dict[str, float] = {}
    for member, values in members.items():
        expected |= told(member.replace("_", " "), values)
    assert figures(metric) == pytest.approx(expected, abs=1e-9), metric


def of_all(metric: str, values: tuple[float, float, float]) -> None:
    assert figures(metric) == pytest.approx(told("", values), abs=1e-9), metric


def test_winners_and_losers() -> None:
    # North has 30 + 25 of a do-minimum of 60, then 32 + 28 of 66; South 20 + 24 of 40, then 22 + 27 of 44.
    both("place_spent", North=(115, 55, 60), South=(93, 44, 49))
    # The fee is 1% of Hospital: 0.30 and 0.32 in North, 0.20 and 0.22 in South.
    both("place_delivered", North=(114.38, 54.70, 59.68), South=(92.58, 43.80, 48.78))
    both("place_change", North=(-11, -5, -6), South=(9, 4, 5))
    both("place_change_pct", North=(-11 / 126, -5 / 60, -6 / 66), South=(9 / 84, 4 / 40, 5 / 44))
    # £5m over 1,000 registered people is £5,000 each; over 800 residents of North £6,250.
    both("place_change_per_registered", North=(-11000, -5000, -6000), South=(9000, 4000, 5000))
    both("place_change_per_resident", North=(-13750, -6250, -7500), South=(7200, 3200, 4000))
    of_all("winners", (1, 1, 1))
    of_all("losers", (1, 1, 1))
    of_all("gained", (9, 4, 5))
    of_all("lost", (11, 5, 6))


def test_distance_from_target() -> None:
    # Equal needs: each place's target is half the do-minimum, 50 and 55. South has 44 and 49.
    both(
        "distance", **{"Overall,_North": (115 / 105 - 1, 0.1, 1 / 11), "Overall,_South": (93 / 105 - 1, -0.12, -6 / 55)}
    )
    of_all("worst_distance", (-0.12, -0.12, -6 / 55))
    worst = {"Overall, South": -0.12, f"Overall, South, {FIRST}": -0.12, f"Overall, South, {SECOND}": -6 / 55}
    assert figures("worst_place") == pytest.approx(worst)
    assert figures("places_under_5pct") == {"Overall": 1}
    assert figures("places_under_5pct_by_year") == {f"Overall, {FIRST}": 1, f"Overall, {SECOND}": 1}
    assert figures("places_under_2.5pct_by_year") == {f"Overall, {FIRST}": 1, f"Overall, {SECOND}": 1}


def test_who_holds_and_who_pays_for_contracts() -> None:
    # Two contracts at £0.5m; the ICB brings 60 of 100, so 0.6 of 1. Its fees are 1% of Hospital, 50 and 54.
    both("holder_funding", ICB=(126, 60, 66), North_Council=(42, 20, 22), South_Council=(42, 20, 22))
    both("holder_contract_cost", ICB=(1.2, 0.6, 0.6), North_Council=(0.4, 0.2, 0.2), South_Council=(0.4, 0.2, 0.2))
    both("holder_fees", ICB=(1.04, 0.50, 0.54), North_Council=(0, 0, 0), South_Council=(0, 0, 0))
    both(
        "holder_transaction_cost",
        ICB=(2.24, 1.10, 1.14),
        North_Council=(0.4, 0.2, 0.2),
        South_Council=(0.4, 0.2, 0.2),
    )
    both("holder_spent", ICB=(124.8, 59.4, 65.4), North_Council=(41.6, 19.8, 21.8), South_Council=(41.6, 19.8, 21.8))
    both(
        "holder_delivered",
        ICB=(123.76, 58.90, 64.86),
        North_Council=(41.6, 19.8, 21.8),
        South_Council=(41.6, 19.8, 21.8),
    )
    of_all("transaction_cost", (3.04, 1.50, 1.54))
    of_all("delivered", (206.96, 98.50, 108.46))


def test_income_of_providers() -> None:
    both("provider_income", Trust=(104, 50, 54), Charity=(104, 49, 55))
    both("provider_change", Trust=(-22, -10, -12), Charity=(20, 9, 11))
    both("provider_change_pct", Trust=(-22 / 126, -10 / 60, -12 / 66), Charity=(20 / 84, 9 / 40, 11 / 44))
    both("provider_change_on_baseline", Trust=(-16, -10, -6), Charity=(24, 9, 15))
    both("provider_change_on_baseline_pct", Trust=(-16 / 120, -10 / 60, -6 / 60), Charity=(24 / 80, 9 / 40, 15 / 40))


def test_sectors() -> None:
    both("sector_spent", acute=(104, 50, 54), VCSE=(104, 49, 55))
    both("sector_share", acute=(0.5, 50 / 99, 54 / 109), VCSE=(0.5, 49 / 99, 55 / 109))
    both("sector_baseline_share", acute=(0.6, 0.6, 0.6), VCSE=(0.4, 0.4, 0.4))
    both("sector_change", acute=(-22, -10, -12), VCSE=(20, 9, 11))
    both("sector_change_pct", acute=(-22 / 126, -10 / 60, -12 / 66), VCSE=(20 / 84, 9 / 40, 11 / 44))
    both("sector_growth", acute=(-16, -10, -6), VCSE=(24, 9, 15))
    both("sector_growth_pct", acute=(-16 / 120, -10 / 60, -6 / 60), VCSE=(24 / 80, 9 / 40, 15 / 40))
    # All money falls by 1 in the first year, so nobody has a share of its growth; then it is 9 up, and 8 in all.
    expected = {"acute": -2, f"acute, {SECOND}": -6 / 9, "VCSE": 3, f"VCSE, {SECOND}": 15 / 9}
    assert figures("sector_share_of_growth") == pytest.approx(expected)
    both(
        "sector_share_by_place",
        **{
            "acute,_North": (62 / 115, 30 / 55, 32 / 60),
            "acute,_South": (42 / 93, 20 / 44, 22 / 49),
            "VCSE,_North": (53 / 115, 25 / 55, 28 / 60),
            "VCSE,_South": (51 / 93, 24 / 44, 27 / 49),
        },
    )


def test_money_that_crosses_organisations() -> None:
    # The ICB is at home in Hospital; what it pays of Support serves the councils, each in its own place.
    of_all("crossing_organisations", (20.8, 9.4, 11.4))
    of_all("crossing", (20.8, 9.4, 11.4))
    of_all("boundaries", (2, 2, 2))
    both("holder_crossing", ICB=(20.8, 9.4, 11.4), North_Council=(0, 0, 0), South_Council=(0, 0, 0))
    both("place_crossing", North=(11.4, 5.2, 6.2), South=(9.4, 4.2, 5.2))


def test_money_inside_one_organisation_crosses_no_organisation() -> None:
    # With one holder for all three, the same money leaves its source's home and stays in the organisation.
    result = results_of(two_sides().set("Sources", Holder="ICB"))["Pooled"]
    assert result.metric("crossing", FIRST) == pytest.approx(9.4)
    assert result.metric("crossing_organisations", FIRST) == 0
    assert result.metric("boundaries", FIRST) == 0


def test_a_home_is_a_place_and_a_service_together() -> None:
    # The council of the North holds Hospital money for the South too. Support in the South is still not its home: a
    # source's place and another source's service make no home, so the same money crosses.
    book = two_sides().set("Sources", where={"Source": "NHS"}, Holder="North Council")
    result = results_of(book)["Pooled"]
    assert result.metric("crossing_organisations", FIRST) == pytest.approx(4.2)  # Support in the South, not the North
    assert result.metric("boundaries", FIRST) == 1


def test_walls_are_counted() -> None:
    # One pot, two providers; six flows by source are four payments: two places x two services.
    for metric, count in {"pots": 1, "contracts": 2, "payments": 4, "relations": 2}.items():
        of_all(metric, (count, count, count))


def test_where_money_is_decided() -> None:
    # The NHS decides at system; the Council at the level of its service, place; the Fund at place.
    both("decided", neighbourhood=(0, 0, 0), place=(83.2, 39.6, 43.6), system=(124.8, 59.4, 65.4), national=(0, 0, 0))
    both("decided_share", neighbourhood=(0, 0, 0), place=(0.4, 0.4, 0.4), system=(0.6, 0.6, 0.6), national=(0, 0, 0))
    of_all("decision_distance", (1.6, 1.6, 1.6))  # 0.4 x 1 + 0.6 x 2


def test_whether_places_are_treated_alike() -> None:
    # North decides 19.8 of 55 and 21.8 of 60 itself, South 19.8 of 44 and 21.8 of 49.
    north, south = (41.6 / 115, 0.36, 21.8 / 60), (41.6 / 93, 0.45, 21.8 / 49)
    both("delegated_share", North=north, South=south)
    of_all("delegated_spread", tuple(s - n for n, s in zip(north, south, strict=True)))  # type: ignore[arg-type]
    both("delegated_most", South=south)
    both("delegated_least", North=north)
    # Of Support alone, the one service planned at place: 19.8 of 25 and 24, then 21.8 of 28 and 27.
    north, south = (41.6 / 53, 19.8 / 25, 21.8 / 28), (41.6 / 51, 19.8 / 24, 21.8 / 27)
    both("delegated_of_local_share", North=north, South=south)
    of_all("delegated_of_local_spread", tuple(s - n for n, s in zip(north, south, strict=True)))  # type: ignore[arg-type]
    both("delegated_of_local_most", South=south)
    both("delegated_of_local_least", North=north)


def test_days_and_working_capital() -> None:
    # 50 x 45 + 49 x 10 = 2,740 and 54 x 45 + 55 x 10 = 2,980 £m-days; working capital is the mean of both years.
    of_all("days_to_pay", (5720 / 208, 2740 / 99, 2980 / 109))
    penny = 1e-8
    expected = told("", (2860 / 365, 2740 / 365, 2980 / 365))
    assert figures("working_capital") == pytest.approx(expected, abs=penny)
    of_trust = told("Trust", (52 * 45 / 365, 50 * 45 / 365, 54 * 45 / 365))
    of_charity = told("Charity", (52 * 10 / 365, 49 * 10 / 365, 55 * 10 / 365))
    assert figures("provider_waiting") == pytest.approx(of_trust | of_charity, abs=penny)


def test_delay_costs_nothing_unless_a_rate_is_stated() -> None:
    assert figures("delay_cost") == {}
    rows = by_hand_with_terms().frames["metrics"]
    cost = rows[rows["metric"] == "delay_cost"].set_index("group")["value"].to_dict()
    expected = told("", (5720 / 365 * 0.035, 2740 / 365 * 0.035, 2980 / 365 * 0.035))
    assert cost == pytest.approx(expected, abs=1e-8)


def test_terms_that_no_equation_knows_change_no_other_figure() -> None:
    # Delay, stranded and one-off cost are told beside what is delivered, and never taken from it or added to it.
    without, beside = by_hand().frames["metrics"], by_hand_with_terms().frames["metrics"]
    shared = beside[beside["metric"].isin(set(without["metric"]) - {"overspend_borne"})]
    pd.testing.assert_frame_equal(shared.reset_index(drop=True), without)


def test_the_host_of_a_pool() -> None:
    # North Council hosts for both councils, whose contract costs are 0.2 each a year; their money bears no fees.
    metrics = by_hand_with_terms().frames["metrics"]
    rows = metrics[metrics["metric"] == "host_transaction_cost"]
    found = dict(zip(rows["group"], rows["value"], strict=True))
    assert found == pytest.approx(told("North Council", (0.8, 0.4, 0.4)))
    assert figures("host_transaction_cost") == {}


def test_money_of_one_holder_is_in_no_pool_and_has_no_host() -> None:
    book = with_terms().set("Sources", Holder="North Council").set("Regime costs", Payer="North Council")
    result = results_of(book)["Pooled"]
    assert result.metric("host_transaction_cost", "North Council") == 0
    assert result.metric("holder_transaction_cost", "North Council") == pytest.approx(3.04)


def test_ring_fences() -> None:
    # Council and Fund may pay for Support only. The NHS, which may pay for anything, adds 5.2 and 4.2 to what they pay.
    of_all("ring_fences", (2, 2, 2))
    of_all("ring_fences_met", (2, 2, 2))
    of_all("ring_fences_binding", (0, 0, 0))
    both("ring_fence_headroom", Council=(11.4, 5.2, 6.2), Fund=(9.4, 4.2, 5.2))


def test_a_ring_fence_without_other_money_binds() -> None:
    # Charity's contract costs nothing: the pot pays £0.5m, the councils 0.1 each. Support is what councils have, 19.9
    # each in the first year and 21.9 in the second; Hospital has the NHS's 59.7 and 65.7.
    book = two_sides().set("Contracts", row=1, **{"Cost per contract": 0})
    amounts = {
        ("Support", FIRST): 19.9,
        ("Support", SECOND): 21.9,
        ("Hospital", FIRST): 29.85,
        ("Hospital", SECOND): 32.85,
    }
    for row in book.rows("Rules"):
        key = (row.get("Services"), row.get("Years"))
        row["Value"] = amounts.get(key, row["Value"])  # type: ignore[arg-type]  # other rules have other keys
    book.set("Rules", where={"Rule": "VCSE share"}, Value=0.1)
    result = results_of(book)["Pooled"]
    assert result.metric("ring_fences_binding", FIRST) == 2
    assert result.metric("ring_fence_headroom", f"Council, {SECOND}") == pytest.approx(0, abs=1e-7)


def test_must_rules_that_keep_money_for_something() -> None:
    # Four exact rules a year, and the VCSE share: 49 less 40% of 99, 55 less 40% of 109. A floor of a place keeps money
    # for no service, and a should rule keeps none.
    of_all("protections", (5, 5, 5))
    of_all("protections_met", (5, 5, 5))
    of_all("protections_binding", (4, 4, 4))
    headroom = figures("protection_headroom")
    assert "North floor" not in headroom
    assert "Hope for Support" not in headroom
    assert headroom["VCSE share"] == pytest.approx(9.4, abs=1e-6)
    assert headroom[f"VCSE share, {SECOND}"] == pytest.approx(11.4, abs=1e-6)
    assert headroom[f"Hospital in North, {FIRST}"] == pytest.approx(0, abs=1e-6)
    assert f"Hospital in North, {FIRST}, {SECOND}" not in headroom


def test_recurrent_and_non_recurrent_money() -> None:
    both("kind_spent", recurrent=(166.4, 79.2, 87.2), **{"non-recurrent": (41.6, 19.8, 21.8)})
    both("kind_share", recurrent=(0.8, 0.8, 0.8), **{"non-recurrent": (0.2, 0.2, 0.2)})
    both("place_non_recurrent_share", North=(0, 0, 0), South=(41.6 / 93, 0.45, 21.8 / 49))


def test_without_heads_nothing_is_told_per_head() -> None:
    book = two_sides()
    book.set("Needs", Basis="weighted")
    metrics = set(results_of(book)["Pooled"].frames["metrics"]["metric"])
    assert "place_change" in metrics
    assert not {"place_change_per_registered", "place_change_per_resident"} & metrics
