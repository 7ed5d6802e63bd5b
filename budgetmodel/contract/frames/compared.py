"""Tables of all scenarios: the ranking at equal contract costs, the questions, the aims and the catalogue."""

from __future__ import annotations

from budgetmodel.contract.frames.columns import (
    ASKED,
    COMPARED,
    OTHER_OBJECTIVE,
    PER_MILLION,
    against,
    by_row,
    caution,
    count,
    direction,
    index,
    million,
    money,
    number,
    of_objectives,
    price,
    rank,
    scenario,
    scenario_named,
    share,
    text,
    unit,
)
from budgetmodel.contract.frames.record import Frame

COMPARISON_SET = Frame(
    "comparison_set",
    COMPARED,
    "A scenario, with its comparison set and its rank there at equal contract costs.",
    ("scenario",),
    (
        scenario,
        text("regime", "Its regime."),
        scenario_named("set", "Its comparison set, named by the first scenario in it.", "Comparison set"),
        count(
            "differing_cells",
            "Cells in which its tables differ from those of the first scenario.",
            "Cells unlike the first scenario's (number)",
        ),
        rank("rank", "Its rank in the set; missing where there is nobody to rank with.", "Rank in its set (number)"),
        text(
            "nearly_level",
            "Scenarios of its set from which less than £0.05m of shortfall and 0.05 points tell it.",
            "As good as level with",
        ),
        million("shortfall_at_equal_costs", "Weighted shortfall.", "Weighted shortfall at equal costs (£m)"),
        index("index_at_equal_costs", "The index.", "Index at equal costs (points)"),
        money(
            "released",
            "Transaction and one-off cost of the first less the same of this one.",
            "Released, net of one-off cost, all years (£m)",
        ),
        money("one_off", "Its one-off cost; missing where none is stated.", "One-off cost taken off (£m)"),
        million("shortfall", "Weighted shortfall at its own costs.", "Weighted shortfall at own costs (£m)"),
        index("index", "The index at its own costs.", "Index at own costs (points)"),
        index("costs_change_index", "Index less index at equal costs.", "Own costs add to the index (points)"),
    ),
    optional=(
        *of_objectives("index_at_equal_costs", "{}_at_equal_costs", "{} at equal costs"),
        *of_objectives("index", "{}", "{} at own costs"),
        *of_objectives("costs_change_index", "costs_change_{}", "Own costs add to the {}"),
    ),
)

SET_DIFFERENCES = Frame(
    "set_differences",
    COMPARED,
    "A cell, or a row of a sheet, in which a scenario of another set differs from the first scenario.",
    (),
    (
        scenario,
        scenario_named("against", "The scenario it is compared with."),
        text("sheet", "The sheet."),
        text("key", "What names the row.", "Row"),
        text("column", "The column; `whole row` for a row that only one of the two has."),
        text("cell", "Its cell, or the change that set it."),
        text("value", "Its value.", "Its value"),
        text("other_cell", "The cell of the other scenario.", "Cell there"),
        text("other_value", "The value there.", "Value there"),
    ),
)

WALLS = Frame(
    "walls",
    COMPARED,
    "A corner of the two-by-two of pots and contract costs, or a gain from the first scenario to this one.",
    ("scenario", "part"),
    (
        scenario,
        against,
        text("part", "`neither`, `walls only`, `costs only`, `both`, or the gain it is.", "Part"),
        scenario_named("pots", "Whose pots; blank for gains."),
        scenario_named("costs", "Whose contract costs; blank for gains."),
        text("status", "`optimal`, `infeasible`, or which of the corners is."),
        million("shortfall", "Weighted shortfall, or how much lower it gets.", "Weighted shortfall (£m)"),
        index("index", "The index, or how much lower it gets.", "Index (points)"),
    ),
    optional=(*of_objectives("index", "{}", "{}"),),
)

BREAKEVEN = Frame(
    "breakeven",
    COMPARED,
    "A cost at which a scenario stops to release money, or to lead, against the first of its set.",
    ("scenario", "measure"),
    (
        scenario,
        against,
        text("measure", "What is raised.", "What is raised"),
        unit,
        number("now", "see `unit`", "What it is now.", "Now"),
        money("released_now", "What is released now.", "Released now, net of one-off cost (£m)"),
        by_row("value", "The break-even.", "Break-even"),
        number("below", "see `unit`", "The cost just below it.", "Just below"),
        money("released_below", "What is released there."),
        number("above", "see `unit`", "The cost just above it.", "Just above"),
        money("released_above", "What is released there."),
        million("shortfall_above", "Weighted shortfall there.", "Weighted shortfall just above (£m)"),
        index("index_above", "The index there.", "Index just above (points)"),
        text("status", "Whether it turns, and if not, why."),
        text("how", "How it was found.", "How it was found"),
    ),
    optional=(*of_objectives("index_above", "{}_above", "{} just above"),),
)

BEHIND = Frame(
    "behind",
    COMPARED,
    "Something that keeps a scenario from the lead, or makes its savings raise its index.",
    (),
    (
        scenario,
        against,
        text("finding", "What is explained."),
        text("cell", "The cells of the rule."),
        text("rule", "The rule or source; blank for a sentence about all of them."),
        price(
            "price",
            PER_MILLION,
            f"What £1m more of the limit adds to the index{OTHER_OBJECTIVE}.",
            "Index for £1m more",
        ),
        text("words", "The finding as a sentence.", "In words"),
    ),
)

QUESTIONS = Frame(
    "questions",
    ASKED,
    "A figure of a scenario that answers a question, or (metric blank) what its figures come to.",
    ("scenario", "number", "metric", "group"),
    (
        scenario,
        count("number", "The question's number."),
        text("question", "The question."),
        text("asks", "What it asks of the figures."),
        scenario_named("against", "The first scenario of the question, which it is compared with."),
        text("metric", "The metric."),
        text("group", "The member it is of; blank = all."),
        text("label", "The metric's label."),
        by_row("value", "The figure."),
        number("value_against", "see `unit`", "The figure of the scenario it is compared with."),
        unit,
        direction,
        text("verdict", "`better`, `worse` or `level`; blank where no direction is better."),
        text("says", "The figures as a sentence."),
        caution,
    ),
)

SCORECARD = Frame(
    "scorecard",
    ASKED,
    "A metric of a scenario that speaks to one of the four aims of integrated care.",
    ("scenario", "metric", "group"),
    (
        scenario,
        text("aim", "The aim."),
        text("metric", "The metric."),
        text("group", "The member it is of; blank = all."),
        text("label", "The metric's label."),
        by_row("value", "The figure."),
        unit,
        direction,
        against,
        number("change_on_first", "see `unit`", "Value less that of `against`; missing for the first of a set."),
        text("verdict", "`better`, `worse` or `level`; blank where no direction is better."),
        caution,
    ),
)

REPRESENTATION = Frame(
    "representation",
    ASKED,
    "A sector of a scenario, all years together.",
    ("scenario", "sector"),
    (
        scenario,
        text("sector", "The sector."),
        share("baseline_share", "Its share of the Baseline.", "Share of the Baseline (%)"),
        share("share", "Its share of all money.", "Share of all money (%)"),
        share("change_in_share", "Share less baseline_share.", "Change in share (% points)"),
        money("growth", "Its money less its Baseline.", "Growth on Baseline, all years (£m)"),
        share("growth_pct", "Growth over its Baseline.", "Growth on Baseline (%)"),
        share(
            "share_of_growth",
            "Its share of all growth; missing where all money does not grow.",
            "Share of all growth (%)",
        ),
    ),
)

MEASURES = Frame(
    "measures",
    ASKED,
    "A metric: how it is counted.",
    ("metric",),
    (
        text("metric", "Its name in the table `metrics`.", "Name in metrics.csv"),
        text("label", "Its label in reports.", "Measure"),
        text("section", "Its section in reports."),
        text("unit", "Its unit."),
        direction,
        text("group", "What its groups hold.", "What its groups hold"),
        text("rule", "How it is counted.", "How it is counted"),
        caution,
        text("aim", "The aim of integrated care that it speaks to."),
    ),
)

COMPARED_FRAMES = (
    *(COMPARISON_SET, SET_DIFFERENCES, WALLS, BREAKEVEN, BEHIND, QUESTIONS, SCORECARD, REPRESENTATION, MEASURES),
)
