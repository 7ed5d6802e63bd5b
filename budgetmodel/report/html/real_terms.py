"""The section of the report on real terms: growth after prices by place, and the savings that providers must find."""

from __future__ import annotations

import pandas as pd

from budgetmodel.contract.units import pounds
from budgetmodel.metrics.real_terms import CASH_ONLY
from budgetmodel.report.html.material import ReportMaterial
from budgetmodel.report.html.tables import Heading, folded, table
from budgetmodel.report.markup import Markup, element, join

PROVIDERS_SHOWN = 15
"""Most providers that are listed of a scenario: those that must find most."""

PLACES_SHOWN = 60
"""Most places that are listed; with more the workbook has them."""

WORDS = (
    "Growth from the year before the plan to its last year: in cash, after the cost uplift of those years, and after "
    "uplift less the efficiency asked of everybody. A saving is what last year's activity costs at this year's prices, "
    "less the money given; the savings of all years are added. Money that moves with patients looks like a saving "
    "where it leaves."
)
CASH = "The workbook has no cost uplift for every year (sheet Years), so growth is in cash only and no saving is shown."


def real_terms(material: ReportMaterial) -> Markup | None:
    """Per scenario: what shrinks, growth by place, and the providers that must find most."""
    if not material.results:
        return None
    parts = [element("p", WORDS)]
    for name in material.results:
        frame = material.of("real_terms", name)
        plan = frame[frame["year"] == ""]
        parts += [element("p", element("strong", f"{name}: "), sentence(material, name))]
        shown = [_places(name, plan[plan["by"] == "place"])]
        if (plan["basis"] != CASH_ONLY).all():
            shown.append(_providers(name, plan[plan["by"] == "provider"]))
        parts.append(folded(f"{name}: places and providers", *shown))
    return join(parts)


def sentence(material: ReportMaterial, scenario: str) -> str:
    """How many places' services shrink, and what providers must find; or that growth is in cash only."""
    frame = material.of("real_terms", scenario)
    all_money = frame[(frame["by"] == "all") & (frame["year"] == "")].iloc[0]
    if all_money["basis"] == CASH_ONLY:
        return f"all money {_moves(all_money['growth'])} in cash. {CASH}"
    cells = material.results[scenario].metric("cells_shrinking")
    listed = int((material.of("allocation", scenario).groupby(["place", "service"])["baseline"].first() > 0).sum())
    saving = material.results[scenario].metric("provider_saving")
    return (
        f"all money {_moves(all_money['growth'])} in cash and {_moves(all_money['real_growth'])} after cost uplift; "
        f"{cells:.0f} of {listed:,} places' services buy less in the last year than before the plan; providers "
        f"must find {pounds(saving)} over the plan."
    )


def _moves(growth: float) -> str:
    return f"{'shrinks' if growth < 0 else 'grows'} by {abs(growth):.1%}"


def _places(name: str, plan: pd.DataFrame) -> Markup:
    headings = (
        Heading("Place"),
        Heading("Cash (%)", "percent"),
        Heading("After uplift (%)", "percent"),
        Heading("After uplift less efficiency (%)", "percent"),
        Heading("Saving to find, all years (\u00a3m)", "money"),
        Heading("of which beyond efficiency (\u00a3m)", "money"),
    )
    names = ["member", "growth", "real_growth", "net_growth", "saving", "beyond_efficiency"]
    rows = [list(row) for row in plan[names].head(PLACES_SHOWN).itertuples(index=False)]
    return table(f"Growth over the plan and savings by place: {name}", headings, rows)


def _providers(name: str, plan: pd.DataFrame) -> Markup:
    most = plan.sort_values("saving", ascending=False, kind="stable").head(PROVIDERS_SHOWN)
    headings = (
        Heading("Provider"),
        Heading("Before (\u00a3m)", "money"),
        Heading("Last year (\u00a3m)", "money"),
        Heading("After uplift (%)", "percent"),
        Heading("Saving to find, all years (\u00a3m)", "money"),
        Heading("of which beyond efficiency (\u00a3m)", "money"),
    )
    names = ["member", "before", "amount", "real_growth", "saving", "beyond_efficiency"]
    rows = [list(row) for row in most[names].itertuples(index=False)]
    return table(f"Savings by provider, the largest first: {name}", headings, rows)
