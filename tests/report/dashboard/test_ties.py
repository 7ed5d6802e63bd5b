"""Equal shares are equal for every spreadsheet, so the place that the Dashboard names is the first of them."""

from __future__ import annotations

from budgetmodel.report.dashboard.chart_tables import Selected, places_page, programmes_page
from budgetmodel.report.page import Page, PageColumn
from budgetmodel.report.sheets.pages import AFTER, ALLOCATED, BEFORE, CHANGE_SHARE, MINIMUM, PROGRAMME, TARGET

SHOWN = Selected("Base", "2025/26", "Bury", "Core")
PLACES = ["Bury", "Wigan", "Trafford"]
DO_MINIMUM = [1.1, 3.3, 0.7]
GROWN = [amount * 1.07 for amount in DO_MINIMUM]
"""Each place grows by 7%; in binary arithmetic the shares are 0.07 and up to 2e-16 more."""


def amounts() -> Page:
    """What each place has for one programme and one component of its target."""
    columns = [PageColumn(name, "text", [value] * 3) for name, value in (("Scenario", "Base"), ("Year", "2025/26"))]
    columns += [PageColumn("Place", "text", PLACES), PageColumn(PROGRAMME, "text", ["Care"] * 3)]
    columns += [PageColumn("Component", "text", ["Core"] * 3)]
    figures = ((MINIMUM, DO_MINIMUM), (ALLOCATED, GROWN), (TARGET, [2 * amount for amount in DO_MINIMUM]))
    columns += [PageColumn(name, "money", values) for name, values in figures]
    return Page("Amounts", "For the test.", tuple(columns), table="tblAmounts")


def test_ties_are_ties_in_stored_values_and_in_formulas() -> None:
    raw = {(after - before) / before for after, before in zip(GROWN, DO_MINIMUM, strict=True)}
    assert len(raw) > 1  # else the figures would test nothing
    programmes = programmes_page(amounts(), SHOWN)
    places = places_page(programmes, amounts(), SHOWN)
    for page, heading, share in (
        (programmes, CHANGE_SHARE, 0.07),
        (places, CHANGE_SHARE, 0.07),
        (places, BEFORE, -0.5),
        (places, AFTER, -0.465),  # 1.07 / 2 - 1
    ):
        assert list(page.values(heading)) == [share] * 3
        formula = next(column.formula for column in page.columns if column.heading == heading)
        assert "ROUND(" in str(formula)
