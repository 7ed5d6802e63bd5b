"""The workbook compared with what is published about the money of the NHS and of councils."""

from __future__ import annotations

from budgetmodel.checks.cells import Finding
from budgetmodel.checks.dates import speaks_of
from budgetmodel.checks.typed import Typed, setting_text
from budgetmodel.contract import schema
from budgetmodel.contract.schema import fold
from budgetmodel.contract.selectors import Selection
from budgetmodel.contract.tables import records
from budgetmodel.knowledge.facts import Fact, facts, places_of, says

DELEGATED = "delegated"


def check_policy(typed: Typed) -> None:
    """Warnings about delegation, grants and better care; each names the rule it is based on."""
    _delegation(typed)
    _grants(typed)
    _better_care(typed)


def _delegation(typed: Typed) -> None:
    """More delegated specialised services than there were in a year of the plan."""
    years = [year for year in typed.frames[schema.YEARS]["Year"] if year is not None]
    frame = typed.frames[schema.SERVICES]
    for fact in facts("delegation"):
        if fact["year"] not in years:
            continue
        rows = [
            at
            for at, row in records(frame)
            if row["Delegation"] == DELEGATED
            and speaks_of(typed, schema.SERVICES, at, str(fact["year"]))
            and any(says(row[c], fact["words"]) for c in ("Programme", "Tags"))
        ]
        most = int(fact["services"])
        if len(rows) > most:
            found = f"{len(rows)} specialised services are delegated, but in {fact['year']} there were {most}"
            fix = f"Mark as retained those that were not delegated in {fact['year']}."
            expected = f"at most {most} delegated specialised services"
            typed.report(
                Finding("DELEGATION_DATE", found, expected, fix, "warning"), schema.SERVICES, rows[most], "Delegation"
            )


def _grants(typed: Typed) -> None:
    """A source named as a grant that councils of this system did not receive as one."""
    code = setting_text(typed, "System code")
    funding = typed.frames[schema.FUNDING]
    for fact in facts("notional_grants") if places_of(code, typed.members[schema.PLACES].names) else ():
        for at, row in records(typed.frames[schema.SOURCES]):
            if (
                fold(fact["system_code"]) != fold(code)
                or row["Source"] is None
                or not says(row["Source"], fact["words"])
            ):
                continue
            if any(says(row[name], fact["unless"]) for name in ("Source", "Authority")):
                continue
            paid = funding.loc[(funding["Source"] == row["Source"]) & (funding["Amount"] > 0), "Year"]
            years = sorted({year for year in paid if year is not None and _inside(year, fact)})
            if years:
                found = f"'{row['Source']}' is funded in {years[0]}, when councils here received no such grant"
                fix = "Keep the amount if so meant, and say in Authority that it is notional."
                finding = Finding("RING_WRONG_BODY", found, fact["rule"], fix, "warning")
                typed.report(finding, schema.SOURCES, at, "Source")


def _inside(year: str, fact: Fact) -> bool:
    return fact["first_year"] <= year <= fact["last_year"]


def _better_care(typed: Typed) -> None:
    """A floor for better care under the published one."""
    for fact in facts("better_care"):
        for at, row in records(typed.frames[schema.RULES]):
            speaks = any(says(row[name], fact["words"]) for name in ("Rule", "Authority"))
            now = isinstance(row["Years"], Selection) and fact["year"] in row["Years"].members
            floor = row["Limit"] == "at least" and row["Measure"] == fact["measure"]
            if speaks and now and floor and isinstance(row["Value"], float) and row["Value"] < float(fact["minimum"]):
                published = f"{float(fact['minimum']):.1%}"
                found = f"{row['Value']:.1%} is under the {published} published for {fact['year']} for {fact['what']}"
                fix = f"Type {published}, or say in Authority why less will do."
                finding = Finding("BCF_BELOW_MIN", found, f"{published} or more", fix, "warning")
                typed.report(finding, schema.RULES, at, "Value")
