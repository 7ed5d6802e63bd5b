"""The sheets of lead providers, pools and provider income, made of frames that were written by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from budgetmodel.contract.frames import FRAME
from budgetmodel.report.sheets import organisations
from budgetmodel.report.sheets.organisations import incomes_page, leads_page, pools_page

NAN = float("nan")
ROWS = {
    "leads": [
        ("Base", "2025/26", "Pot A", "Alliance", "Mercy", 50.0, 0.5, 29.7, 19.8),
        ("Base", "2025/26", "Pot B", "Alliance", "Charity", 20.0, 0.2, 0.0, 19.8),
    ],
    "incomes": [
        ("Base", "2025/26", "Mercy", "acute", 48.0, 60.0, 55.0, -12.0, -7.0, 0.4, 7.2, 5.0, 2.2),
        ("Base", "2025/26", "New", "VCSE", 1.0, 0.0, 0.0, 1.0, 1.0, NAN, NAN, NAN, NAN),
    ],
    "pools": [
        ("Base", "2025/26", "Joint", "ICB", "Core", "pooled", 60.0, 0.7, 3.15, "Council"),
        ("Base", "2025/26", "Joint", "Council", "Care", "aligned", 30.0, NAN, 1.5, "Council"),
        ("Base", "2025/26", "Health", "Council", "Health", "in view", 10.0, NAN, NAN, ""),
    ],
}


@pytest.fixture
def frames() -> dict[str, pd.DataFrame]:
    return {name: pd.DataFrame(rows, columns=list(FRAME[name].names)) for name, rows in ROWS.items()}


def test_what_comes_in_and_goes_out_of_a_lead_stand_side_by_side(frames: dict[str, pd.DataFrame]) -> None:
    page = leads_page(frames)
    # 0.5 + 29.7 + 19.8 = 50 and 0.2 + 0 + 19.8 = 20
    assert page.values("Comes in (£m)") == [50, 20]
    assert list(page.values("Comes out (£m)")) == pytest.approx([50, 20])
    out = page.columns[-1]
    assert [out.formula_of(0), out.formula_of(1)] == ["=SUM(G6:I6)", "=SUM(G7:I7)"]
    assert [page.letter(heading) for heading in ("Fee (£m)", "Passed on (£m)")] == ["G", "I"]


def test_too_many_leads_are_added_up_by_group(frames: dict[str, pd.DataFrame], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(organisations, "FLOW_LIMIT", 1)
    page = leads_page(frames)
    assert [column.heading for column in page.columns][:4] == ["Scenario", "Year", "Lead group", "Comes in (£m)"]
    assert page.values("Comes in (£m)") == [70]
    assert "leads.csv" in page.note
    assert (pools_page(frames).rows, incomes_page(frames).rows) == (0, 0)
    assert "pools.csv" in pools_page(frames).note
    assert "incomes.csv" in incomes_page(frames).note


def test_grades_have_a_column_each(frames: dict[str, pd.DataFrame]) -> None:
    page = pools_page(frames)
    found = [list(page.values(heading)) for heading in ("Pooled (£m)", "Aligned (£m)", "In view (£m)")]
    assert [[value for value in column if value == value] for column in found] == [[60], [30], [10]]
    assert page.values("Host") == ["Council", "Council", ""]


def test_a_provider_without_do_minimum_has_no_change_in_per_cent(frames: dict[str, pd.DataFrame]) -> None:
    page = incomes_page(frames)
    shares = page.values("Change on do-minimum (%)")
    assert shares[0] == pytest.approx(-12 / 60)
    assert shares[1] != shares[1]
    assert page.values("Unfunded (£m)")[0] == 2.2
