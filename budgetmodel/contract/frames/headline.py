"""The tables of the Decision page: the headline of every scenario, and what each place gets under it."""

from __future__ import annotations

from budgetmodel.contract.frames.columns import (
    ASKED,
    component,
    count,
    flag,
    index,
    million,
    money,
    place,
    scenario,
    scenario_named,
    share,
    text,
    year,
)
from budgetmodel.contract.frames.record import Frame

_base = scenario_named(
    "against", "The scenario it is compared with: the first of its comparison set, or the do-minimum.", "Compared with"
)

HEADLINES = Frame(
    "headlines",
    ASKED,
    "A scenario with its headline: the front pages, the console and JSON show these figures.",
    ("scenario",),
    (
        scenario,
        _base,
        text("regime", "Its regime."),
        year,
        share(
            "gap_closed",
            "1 less the year's index over 100, in the last year; missing where today's pattern leaves no gap.",
            "Share of the gap closed by the last year (%)",
        ),
        index("index", "The index over all years.", "Fair-share gap index, all years (points)"),
        million("shortfall", "Weighted shortfall on should rules.", "Weighted shortfall on should rules (£m)"),
        flag("nearest", "Whether it comes nearest, or is level with the one that does.", "Comes nearest"),
        component,
        text("worst_place", "The place furthest under its fair share of it in the last year.", "Worst place"),
        share("worst_distance", "Its distance from fair share.", "Worst place, distance in the last year (%)"),
        money("contract_cost", "What its contracts cost, all years."),
        money("fees", "Its fees, all years."),
        money("one_off", "Its one-off cost; missing where none is stated.", "One-off cost (£m)"),
        money("contracts_saved", "Contract costs of `against` less its own, all years.", "Contract costs saved (£m)"),
        money("fees_saved", "Fees of `against` less its own, all years.", "Fees saved (£m)"),
        money("one_off_more", "Its one-off cost less that of `against`.", "One-off cost taken off (£m)"),
        money("released", "Saved less one-off cost; missing against the do-minimum.", "Money freed, net (£m)"),
        text("break_even", "Up to which contract cost money is freed; blank where none was found.", "Break-even"),
        share("cost_rise", "What costs rise by from today to the last year; missing where a Cost uplift is blank."),
        count("places_more", "Places that get more than `against` gives.", "Places that get more (number)"),
        count("places_less", "Places that get less than `against` gives.", "Places that get less (number)"),
    ),
)

BY_PLACE = Frame(
    "by_place",
    ASKED,
    "A place under a scenario, with its money, its fair share, and the difference to the scenario compared with.",
    ("scenario", "place"),
    (
        scenario,
        _base,
        place,
        year,
        component,
        money("today", "Its Baseline: the year before the first.", "Today, the year before the plan (£m)"),
        money("last_year", "What it gets in the last year.", "Last year of the plan (£m)"),
        money("fair_share", "Its fair share of the component in the last year.", "Fair share, last year (£m)"),
        share("before", "Do-minimum over fair share less 1, last year.", "Distance before (%)"),
        share("after", "What it gets of the component over fair share less 1, last year.", "Distance after (%)"),
        share("growth", "Last year over today less 1, in cash.", "Growth from today, cash (%)"),
        share(
            "growth_real",
            "The same after the Cost uplift of every year; missing where one is blank.",
            "Growth from today, real (%)",
        ),
        money("amount", "What it gets in all years.", "All years (£m)"),
        money("do_minimum", "What the do-minimum gives it in all years.", "Do-minimum, all years (£m)"),
        money("amount_against", "What `against` gives it in all years.", "All years under the other (£m)"),
        money("less_against", "amount - amount_against.", "More or less than the other, all years (£m)"),
    ),
)

HEADLINE_FRAMES = (HEADLINES, BY_PLACE)
