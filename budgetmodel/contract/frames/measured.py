"""Tables of a solved scenario beside its money: real terms and savings, success measures, the pull of components."""

from __future__ import annotations

from budgetmodel.contract.frames.columns import (
    SOLVED,
    component,
    count,
    flag,
    index,
    money,
    number,
    place,
    scenario,
    service,
    share,
    text,
    year,
)
from budgetmodel.contract.frames.record import Frame

_PLAN = "blank = the whole plan, its last year against the Baseline"

REAL_TERMS = Frame(
    "real_terms",
    SOLVED,
    "All money, or that of a place, group of places, service, provider or sector, in a year against the year before.",
    ("scenario", "by", "member", "year"),
    (
        scenario,
        text("by", "`all`, `place`, `group`, `service`, `provider` or `sector`.", "By"),
        text("member", "Whose money it is; `All` for all money.", "Whose"),
        text("year", f"The financial year; {_PLAN}."),
        money("before", "The money of the year before; of the first year and the plan, the Baseline.", "Before (£m)"),
        money("amount", "The money of the year; of the plan, of its last year.", "Money (£m)"),
        share("growth", "Amount over before less 1; missing where there was nothing.", "Growth, cash (%)"),
        share("uplift", "Cost uplift; of the plan, of its years compounded; missing where a year has none."),
        share(
            "net_uplift",
            "Cost uplift less Efficiency, likewise; missing where either is.",
            "Uplift less efficiency (%)",
        ),
        share("real_growth", "(1 + growth) / (1 + uplift) - 1.", "Growth after uplift (%)"),
        share("net_growth", "(1 + growth) / (1 + net uplift) - 1.", "Growth after uplift less efficiency (%)"),
        money(
            "cost",
            "What the activity of before costs at the year's prices: before x (1 + uplift).",
            "Cost of it now (£m)",
        ),
        money(
            "saving", "Cost less amount where it is more: to be found in the year; of the plan, the sum of its years."
        ),
        money("by_efficiency", "The part of it that Efficiency asks of everybody.", "of which by efficiency (£m)"),
        money("beyond_efficiency", "The rest of it.", "of which beyond efficiency (£m)"),
        text("basis", "`uplift and efficiency`, `uplift only`, or `cash only`: what the workbook gives."),
    ),
)

SHRINKING = Frame(
    "shrinking",
    SOLVED,
    "A place and service with less money in the last year than its Baseline after cost uplift.",
    ("scenario", "place", "service"),
    (
        scenario,
        place,
        service,
        money("baseline", "The Baseline."),
        money("amount", "The money of the last year.", "Last year (£m)"),
        share("growth", "Amount over Baseline less 1.", "Growth, cash (%)"),
        share("real_growth", "The same after the cost uplift of all years.", "Growth after uplift (%)"),
        money("short", "Baseline with the cost uplift of all years, less amount.", "Short of its cost (£m)"),
        count("years", "Years in which it grows by less than the cost uplift.", "Years below uplift (number)"),
    ),
)

_UNIT = "that of the row"

INDICATORS = Frame(
    "indicators",
    SOLVED,
    "A success measure of a place in a period, as the workbook gives it: reported, not an effect of the allocation.",
    ("scenario", "indicator", "place", "period"),
    (
        scenario,
        text("indicator", "The indicator.", "Indicator"),
        place,
        text("period", "The period, as it is written.", "Period"),
        text("group", "The place's Group; blank where it has none.", "Group"),
        number("deprivation", "score", "The place's Deprivation score.", "Deprivation score"),
        text("unit", "The unit of the figures.", "Unit"),
        text("better", "`higher` or `lower`.", "Better"),
        number("value", _UNIT, "The figure.", "Figure (unit)"),
        number("benchmark", _UNIT, "What it is held against; missing without one.", "Benchmark (unit)"),
        number("gap", _UNIT, "Value less benchmark.", "Gap to benchmark (unit)"),
        text("side", "`better` or `worse` than the benchmark, or `level`; blank without one.", "Against benchmark"),
        number("change", _UNIT, "Value less that of the period before; missing across a break.", "Change (unit)"),
        text("broken", "Why the period is not comparable with the one before; blank where it is.", "Break"),
        flag("latest", "Whether it is the indicator's last period."),
    ),
)

SUCCESS_MEASURES = Frame(
    "success_measures",
    SOLVED,
    "A success measure over all places in its last period, and the money linked to it: neither explains the other.",
    ("scenario", "indicator"),
    (
        scenario,
        text("indicator", "The indicator.", "Indicator"),
        text("period", "Its last period.", "Period"),
        text("unit", "The unit of the figures.", "Unit"),
        text("better", "`higher` or `lower`.", "Better"),
        number(
            "mean",
            _UNIT,
            "The mean of the places by people; missing where nobody counts them.",
            "All places (unit)",
        ),
        number(
            "benchmark",
            _UNIT,
            "What it is held against; missing where places differ in it.",
            "Benchmark (unit)",
        ),
        number(
            "worse",
            "places",
            "Places that are worse than their benchmark; missing without one.",
            "Places worse (number)",
        ),
        count("places", "Places with a figure.", "Places with a figure (number)"),
        text("worst_place", "The place with the worst figure; the first of several.", "Worst place"),
        number("worst", _UNIT, "Its figure.", "Worst (unit)"),
        text("best_place", "The place with the best figure; the first of several.", "Best place"),
        number("best", _UNIT, "Its figure.", "Best (unit)"),
        number(
            "slope_index",
            _UNIT,
            "The least deprived end less the most deprived, by the line.",
            "Slope index (unit)",
        ),
        text("method", "How the slope index is worked out, or why there is none.", "How the slope is had"),
        text("since", "The first period since the last break; blank where the last is the only one.", "Since"),
        number(
            "trend",
            _UNIT,
            "The change of the mean since then, of places with both figures.",
            "Change since (unit)",
        ),
        text("breaks", "The periods at which the definition breaks, and why.", "Breaks of definition"),
        text("component", "The component whose money is linked; blank = none.", "Money of component"),
        money("before", "The Baseline of its services; missing where none is linked.", "Its money before (£m)"),
        money("amount", "Their money in the last year; missing likewise.", "Last year (£m)"),
    ),
)

INDICATOR_GROUPS = Frame(
    "indicator_groups",
    SOLVED,
    "A success measure in its last period, by Group of places.",
    ("scenario", "indicator", "group"),
    (
        scenario,
        text("indicator", "The indicator.", "Indicator"),
        text("group", "The Group of Places.", "Group"),
        text("period", "Its last period.", "Period"),
        text("unit", "The unit of the figures.", "Unit"),
        count("places", "Places of the group with a figure.", "Places with a figure (number)"),
        number("value", _UNIT, "Their mean by people; missing where nobody counts them.", "Mean (unit)"),
        number("gap", _UNIT, "Less the benchmark; missing where places differ in it.", "Gap to benchmark (unit)"),
        number("deprivation", "score", "Their mean Deprivation score by people.", "Deprivation score"),
    ),
)

PULL = Frame(
    "pull",
    SOLVED,
    "A component in a year: what £1m moved from its place most over to its place most under does to the year's index.",
    ("scenario", "year", "component"),
    (
        scenario,
        year,
        component,
        share("weight", "Its stated weight, as a share of all.", "Stated weight (%)"),
        text("from_place", "The place most over its fair share with the do-minimum; blank where all are at it."),
        text("to_place", "The place most under it.", "To place"),
        index(
            "pull",
            "What £1m moved between them adds to the index of the year; negative is fairer.",
            "Year's index for £1m moved (points)",
        ),
        share("pull_share", "Its part of the pull of all components in the year.", "Weight at work (%)"),
        number("times", "times", "Weight at work over stated weight.", "At work over stated (times)"),
        money("amount", "The do-minimum of its services.", "Its do-minimum (£m)"),
        share("amount_share", "That as a part of all money.", "Of all money (%)"),
        text("warning", "What to know where it pulls many times its stated weight; else blank.", "Warning"),
    ),
)

MEASURED_FRAMES = (REAL_TERMS, SHRINKING, PULL, SUCCESS_MEASURES, INDICATORS, INDICATOR_GROUPS)
