"""Tables of explanations: headroom, prices, freedom, weights, and why a place got what it got."""

from __future__ import annotations

from budgetmodel.contract.frames.columns import (
    EXPLAINED,
    OTHER_OBJECTIVE,
    PER_STEP,
    WATERFALL,
    WHY,
    component,
    count,
    index,
    million,
    money,
    number,
    of_objectives,
    place,
    price,
    rank,
    rule_cell,
    scenario,
    share,
    text,
    year,
    year_or_all,
)
from budgetmodel.contract.frames.record import Frame

HEADROOM = Frame(
    "headroom",
    EXPLAINED,
    "A place in a year: how much faster the money grows than what is guaranteed.",
    ("scenario", "year", "place"),
    (
        scenario,
        year,
        place,
        share("average_growth", "The growth of all money."),
        share("floor", "The growth that must floors guarantee; missing where none does.", "Guaranteed by floors (%)"),
        share("headroom", "Average growth less floor.", "Headroom (% points)"),
        share(
            "distance",
            "The do-minimum against the place's share of the weightiest component.",
            "Do-minimum against its share (%)",
        ),
        number(
            "years_to_target",
            "years",
            "Distance over headroom; infinite without headroom.",
            "Years to its share at this pace",
        ),
        text("rule", "The floor's rule.", "Floor"),
        text("cell", "Its cell."),
    ),
)

PRICES = Frame(
    "prices",
    EXPLAINED,
    "A figure of the workbook that can be changed: what one step of it does to the index.",
    ("scenario", "kind", "name", "cell", "year"),
    (
        scenario,
        text("kind", "`rule`, `keep`, `carry` or `source`."),
        text("name", "The rule or source.", "What"),
        text("cell", "The cell of the figure."),
        text("year", "The financial year; blank = all it holds for."),
        text("unit", "What one step is.", "One step"),
        number("one_step", "that of the cell", "One step."),
        number("value", "that of the cell", "The figure now.", "Its value now (unit of its cell)"),
        price(
            "price",
            PER_STEP,
            f"Of a step more, or of a step less where no more is possible{OTHER_OBJECTIVE}.",
            "Index for one step more",
        ),
        price(
            "price_low", PER_STEP, "Of a step less; missing where none is possible.", "Index for the last step (left)"
        ),
        price(
            "price_high", PER_STEP, "Of a step more; missing where none is possible.", "Index for the next step (right)"
        ),
        number("valid_from", "that of the cell", "The lowest figure at which the price holds.", "True from"),
        number("valid_to", "that of the cell", "The highest figure at which the price holds.", "True to"),
        price("shortfall_price", "£m for one step", "What one step adds to the least shortfall."),
        rank("rank", "By what a step is worth; missing without a price."),
        rank("ends", "By which price ends first; missing without a price.", "Ends as number"),
        text("words", "The price as a sentence.", "In words"),
        text("why", "Why more money raises the index, where it does.", "Why more money raises the index"),
    ),
)

FREEDOM = Frame(
    "freedom",
    EXPLAINED,
    "A place in a year, or in all: the least and the most it could get at the same shortfall and index.",
    ("scenario", "year", "place"),
    (
        scenario,
        year_or_all,
        place,
        money("amount", "What it gets.", "Gets (£m)"),
        million("least", "The least that it could get.", "Least (£m)"),
        million("most", "The most that it could get.", "Most (£m)"),
    ),
)

EXCHANGE = Frame(
    "exchange",
    EXPLAINED,
    "A scenario: what the shortfall and what is minimised after it cost each other.",
    ("scenario",),
    (
        scenario,
        million("shortfall", "The least weighted shortfall.", "Weighted shortfall (£m)"),
        number("best", "what is minimised", "The least objective at it.", "Lowest at it"),
        number(
            "price",
            "what is minimised, per £m",
            "What more weighted shortfall adds to the objective; missing where no more can be.",
            "First £1m more adds, per £m",
        ),
        million("holds_for", "How much more it is true for, at least.", "True for the next (£m)"),
        number("for_a_million", "what is minimised", "What £1m more adds in all, solved.", "£1m more adds"),
        million(
            "for_a_point",
            "Weighted shortfall that one point less costs, solved; missing where it cannot be had.",
            "One point less costs (£m)",
        ),
        text("raised_by", "Rules whose relaxing lowers the shortfall and raises the objective.", "Raised by relaxing"),
    ),
)

FRONTIER = Frame(
    "frontier",
    EXPLAINED,
    "A plan that gives up so many points of index to change less: what that spares.",
    ("scenario", "tolerance"),
    (
        scenario,
        number("tolerance", "points", "What is given up of the best index; 0 is the best.", "Given up (points)"),
        index("index", "The index of the plan.", "Index (points)"),
        count("always_at_floor", "Places' services at a must floor in every year.", "At a floor every year (number)"),
        count(
            "always_at_ceiling",
            "Places' services at a must ceiling in every year.",
            "At a ceiling every year (number)",
        ),
        count("at_floor", "Places' services and years at a must floor.", "At a floor, cells x years (number)"),
        count("at_ceiling", "The same at a must ceiling.", "At a ceiling, cells x years (number)"),
        million("moved", "What is spent beyond the do-minimum on some place and service.", "Moved, all years (£m)"),
        share(
            "largest_fall",
            "The least growth of a place's service over the plan, after cost uplift; services over £1m.",
            "Largest real fall (%)",
        ),
        text("fall_of", "Whose it is.", "Fall of"),
        share("largest_rise", "The greatest such growth.", "Largest real rise (%)"),
        text("rise_of", "Whose it is.", "Rise of"),
    ),
)

WEIGHTS = Frame(
    "weights",
    EXPLAINED,
    "A scenario with the weight of one component multiplied and all solved again.",
    ("scenario", "component", "factor"),
    (
        scenario,
        text("component", "The component; blank = weights as they are."),
        number("factor", "times", "What its weight is multiplied with.", "Its weight times"),
        index("index", "The index, solved again.", "Index, solved again"),
        index(
            "same_allocation", "The index of the published allocation under these weights.",
            "Index of the published allocation",
        ),
        count("rank", "The scenario's rank with these weights, 1 for the lowest index."),
    ),
    optional=(
        *of_objectives("index", "{}", "{}, solved again"),
        *of_objectives("same_allocation", "{}_same_allocation", "{} of the published allocation"),
    ),
)  # fmt: skip

ASSUMPTIONS = Frame(
    "assumptions_effect",
    EXPLAINED,
    "An assumption halved or doubled and all solved again: what that does to the gap closed, the index and costs.",
    ("scenario", "kind", "name", "factor"),
    (
        scenario,
        text("kind", "`contract cost`, `fee`, `one-off cost`, `weight`, `ceiling` or `history`.", "Kind"),
        text("name", "What is assumed.", "Assumption"),
        text("cell", "Its cell, or the first of several."),
        text("value", "Its value, in words."),
        text("source", "Its source, as the workbook has it; of several rows the most frequent."),
        text("status", "`published`, `derived` or `illustrative`; of several rows the number of each."),
        number("factor", "times", "What it is multiplied with.", "Times"),
        share(
            "closed_least",
            "The share of the gap closed by the last year then, the least of all allocations with that index.",
            "Gap closed by the last year then, at least (%)",
        ),
        share(
            "closed_most",
            "The same, the most of all allocations with that index.",
            "Gap closed by the last year then, at most (%)",
        ),
        index("index", "The index then, exact; missing where there is no answer.", "Index then (points)"),
        index("index_change", "That less the index as it is.", "Change of the index (points)"),
        money(
            "money_change", "What it adds to contract costs, fees and one-off cost of all years.", "Costs change (£m)"
        ),
        text("outcome", "`solved again`, `in no equation`, `no answer` or `not proved`."),
    ),
)

STEPS = Frame(
    "waterfall",
    WATERFALL,
    "A step of a place from its do-minimum to its allocation, in a year or in all; steps add up to the penny.",
    ("scenario", "year", "place", "step"),
    (
        scenario,
        year_or_all,
        place,
        count("step", "The number of the step, from 0.", "Number"),
        text("kind", "What kind of cause it is."),
        text("rule", "The rule, where it is one."),
        rule_cell,
        money("amount", "What the step adds.", "Step (£m)"),
        money("after", "The sum of the steps so far.", "After it (£m)"),
    ),
)

STANDING = Frame(
    "standing",
    WHY,
    "A place and component in a year, or in all: its fair share and how far it is from it.",
    ("scenario", "year", "place", "component"),
    (
        scenario,
        year_or_all,
        place,
        component,
        share("weight", "The component's weight."),
        share("need_share", "The place's share of the need."),
        money("target", "Its fair share of the money."),
        money("do_minimum", "Its do-minimum."),
        money("amount", "What it gets."),
        share("distance_before", "Do-minimum over target less 1; missing without a target."),
        share("distance", "Amount over target less 1; missing without a target."),
    ),
    file=False,
)

DISTANCES = Frame(
    "distances",
    WHY,
    "A place: how far it is from its fair share over all components and years.",
    ("scenario", "place"),
    (scenario, place, share("far", "The weighted mean of its distances; missing without a need.")),
    file=False,
)

HELPS = Frame(
    "helps",
    WHY,
    "A change that brings a place nearer to its fair share; the three that do most.",
    ("scenario", "place", "rank"),
    (
        scenario,
        place,
        count("rank", "1 for the change that brings it nearest."),
        text("kind", "What kind of cause is taken away."),
        text("rule", "The rule, where it is one."),
        rule_cell,
        money("amount", "What the place would get more, all years together."),
        share("far", "How far it is from its fair share."),
        share("far_without", "How far it would be."),
        share("nearer", "Far less far_without."),
    ),
    file=False,
)

EFFECT = Frame(
    "effect",
    WHY,
    "What one cause gives a place in a year, or in all; no rows where there is no answer without it.",
    ("year", "place"),
    (year_or_all, place, money("amount", "What it gives.")),
    file=False,
)

EXPLAINED_FRAMES = (
    *(HEADROOM, FRONTIER, EXCHANGE, PRICES, FREEDOM, WEIGHTS, ASSUMPTIONS, STEPS, STANDING, DISTANCES, HELPS, EFFECT),
)
