"""Tables of a solved scenario beside its money: real terms and savings, success measures, the pull of components."""

from __future__ import annotations

from budgetmodel.contract.frames.columns import (
    SOLVED,
    component,
    count,
    index,
    money,
    number,
    place,
    scenario,
    service,
    share,
    text,
    year,
    year_or_all,
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
        share("net_uplift", "Cost uplift less Efficiency, likewise; missing where either is.", "Uplift less efficiency (%)"),
        share("real_growth", "(1 + growth) / (1 + uplift) - 1.", "Growth after uplift (%)"),
        share("net_growth", "(1 + growth) / (1 + net uplift) - 1.", "Growth after uplift less efficiency (%)"),
        money("cost", "What the activity of before costs at the year's prices: before x (1 + uplift).", "Cost of it now (£m)"),
        money("saving", "Cost less amount where it is more: to be found in the year; of the plan, the sum of its years."),
        money("by_efficiency", "The part of it that Efficiency asks of everybody.", "of which by efficiency (£m)"),
        money("beyond_efficiency", "The rest of it.", "of which beyond efficiency (£m)"),
        text("basis", "`uplift and efficiency`, `uplift only`, or `cash only`: what the workbook gives."),
    ),
)  # fmt: skip

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

MEASURED_FRAMES = (REAL_TERMS, SHRINKING)
