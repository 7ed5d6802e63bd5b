"""Tables of cells -> Inputs, or every problem in them at once."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from budgetmodel.checks.about import check_about
from budgetmodel.checks.dates import check_dates, rows_by_year
from budgetmodel.checks.engagement import check_engagement
from budgetmodel.checks.evidence import check_evidence
from budgetmodel.checks.frames import type_tables
from budgetmodel.checks.growth import warn_of_growth
from budgetmodel.checks.labels import check_labels
from budgetmodel.checks.newcomers import check_newcomers
from budgetmodel.checks.notdata import leave_out
from budgetmodel.checks.organisations import check_organisations, check_rates
from budgetmodel.checks.parked import check_parked
from budgetmodel.checks.percents import check_percents
from budgetmodel.checks.places import check_places
from budgetmodel.checks.policy import check_policy
from budgetmodel.checks.reachable import check_reachable
from budgetmodel.checks.rules import read_rules
from budgetmodel.checks.sense import check_flows, check_sheets
from budgetmodel.checks.settings import settings
from budgetmodel.checks.slips import check_slips
from budgetmodel.contract import schema
from budgetmodel.contract.frames import FRAME
from budgetmodel.contract.frozen import Frames, Frozen
from budgetmodel.contract.issues import Issue, distinct, errors
from budgetmodel.contract.tables import Tables
from budgetmodel.inputs.inputs import Inputs


def check_tables(
    tables: Tables,
    name: str = "",
    sha256: str = "",
    ledger: pd.DataFrame | None = None,
    scenario: str = "",
    today: dt.date | None = None,
) -> tuple[Inputs | None, tuple[Issue, ...]]:
    """Check tables and build Inputs of them.

    Returns the Inputs, or None when there are errors, and every issue, in the order of the sheets. `today` decides
    whether the workbook's `Use until` has passed; without it, it is the day of the computer's clock.
    """
    tables, left_out = leave_out(tables)
    typed = type_tables(tables)
    typed.issues.extend(left_out)
    typed.leave_out_most_wrong_rows()
    read_rules(typed)
    typed.leave_out_most_wrong_rows()
    check_dates(typed)
    check_sheets(typed)
    check_organisations(typed)
    check_labels(typed)
    check_percents(typed)
    check_slips(typed, scenario=bool(scenario))
    about = settings(typed)
    if not scenario:  # no change reaches About and Scenarios
        check_rates(typed)
        check_engagement(typed)
        check_parked(typed)
        check_about(typed, today or dt.datetime.now().astimezone().date())
    check_places(typed)
    check_newcomers(typed)
    check_evidence(typed)
    check_policy(typed)
    inputs = None
    complete = all(
        {column.name for column in sheet.required_columns} <= set(tables[sheet.name].headings)
        if sheet.name in tables
        else sheet.optional
        for sheet in schema.SHEETS
    )
    if complete and not errors(typed.issues):
        dated = rows_by_year(typed)
        inputs = Inputs(
            name=name,
            sha256=sha256,
            tables=tables,
            frames=Frames({**typed.frames, **{sheet: rows.of_members() for sheet, rows in dated.items()}}, "sheet"),
            dated=dated,
            settings=Frozen(about),
            years=typed.members[schema.YEARS].names,
            places=typed.members[schema.PLACES].names,
            services=typed.members[schema.SERVICES].names,
            providers=typed.members[schema.PROVIDERS].names,
            sources=typed.members[schema.SOURCES].names,
            scenario=scenario,
            ledger=pd.DataFrame(columns=list(FRAME["changes"].own)) if ledger is None else ledger,
        )
        warn_of_growth(inputs, typed)
        check_flows(inputs, typed)
        check_reachable(inputs, typed)
        if errors(typed.issues):
            inputs = None
    return inputs, in_sheet_order(typed.issues.told())


def in_sheet_order(issues: list[Issue] | tuple[Issue, ...]) -> tuple[Issue, ...]:
    """Each issue once: the file first, then by sheet of the contract, by row and column."""
    order = {sheet.name: position for position, sheet in enumerate(schema.SHEETS)}

    def key(issue: Issue) -> tuple[int, int, int, str]:
        first = issue.cell.split(",")[0]
        letters = "".join(c for c in first if c.isalpha())
        digits = "".join(c for c in first if c.isdigit())
        place = -1 if not issue.sheet else order.get(issue.sheet, len(order))
        return place, int(digits or 0), len(letters), letters

    return tuple(sorted(distinct(issues), key=key))
