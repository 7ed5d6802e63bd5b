"""The catalogue of problems: every code with what it looks like and what to do, and the cases that are not checked.

The numbers are those of the catalogue of real mistakes that the checks were written from; a case without a severity
is not checked here, and `status` gives the reason. The codes are stable: other programs rely on them.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

FILE = "catalogue.csv"


@dataclass(frozen=True)
class Case:
    """One problem: its number in the catalogue of real mistakes (0 = our own), code, severities and remedy.

    `severities` is empty for a case that is not checked, for the reason that `status` gives.
    """

    number: int
    code: str
    severities: tuple[str, ...]
    looks_like: str
    what_to_do: str
    status: str


@cache
def cases() -> tuple[Case, ...]:
    """Every case, in the order of the catalogue."""
    text = files("budgetmodel.checks").joinpath(FILE).read_text(encoding="utf-8")
    return tuple(
        Case(
            int(row["number"] or 0),
            row["code"],
            tuple(row["severity"].split()),
            row["looks_like"],
            row["what_to_do"],
            row["status"],
        )
        for row in csv.DictReader(text.splitlines())
    )


def checked() -> dict[str, Case]:
    """The cases that a check reports, by code."""
    return {case.code: case for case in cases() if case.severities}


def as_markdown() -> str:
    """The reference page of problems, `docs/problems.md`."""
    lines = [
        "# Every problem that is looked for",
        "",
        "Made from `budgetmodel/checks/catalogue.csv` by `python docs/make_problems.py`. An *error* stops a run; a",
        "*warning* does not; what was *repaired* was read as said, and logged. Numbers are those of the catalogue of",
        "real mistakes in finance workbooks; those without are of this workbook's own grammar.",
        "",
        "| No. | Code | Severity | What it looks like | What to do |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {case.number or ''} | {case.code} | {' or '.join(case.severities)} "
        f"| {case.looks_like} | {case.what_to_do} |"
        for case in cases()
        if case.severities
    ]
    lines += ["", "## Not looked for, and why", "", "| No. | Code | What it looks like | Why |", "|---|---|---|---|"]
    lines += [
        f"| {case.number or ''} | {case.code} | {case.looks_like} | {case.what_to_do} ({case.status}) |"
        for case in cases()
        if not case.severities
    ]
    return "\n".join(lines) + "\n"
