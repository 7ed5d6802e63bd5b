"""A book of two places whose every measure can be worked out by hand, and the facts of what was solved.

In the year before: Hospital at Trust 40 in North and 20 in South, Support at Charity 20 in each: 100. Funding is 100
in the first year and 110 in the second, so the do-minimum of the second is 1.1 times as much.

                       first year   second year
    NHS (ICB)               60          66        at home: Hospital, anywhere;        lawful everywhere
    Council (North Council) 20          22        at home and lawful: Support in North
    Fund (South Council)    20          22        at home and lawful: Support in South; non-recurrent

All three share one pot. It contracts Trust (fee 1%, 45 days) and Charity (no fee, 10 days), £0.5m each, so that 99 and
109 are left to spend. Must rules fix each place's services:

                       North Hospital   South Hospital   North Support   South Support
    first year               30               20               25              24
    second year              32               22               28              27

Charity has more than 40% of each year's money; North more than 10, and Support more than the 10 of a should rule.

Contract costs are shared as the amounts are: NHS 0.6, Council 0.2, Fund 0.2. Councils pay Support first (19.8 and
21.8 each), and the NHS pays Hospital and the rest of Support: 5.2 and 4.2, then 6.2 and 5.2.
"""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from budgetmodel import api
from budgetmodel.answers.answer import proved
from budgetmodel.metrics.facts import Facts, facts_of
from budgetmodel.results import Result
from tests.support.builder import Book

FIRST, SECOND = "2025/26", "2026/27"

AMOUNTS = {
    ("North", "Hospital"): (30, 32),
    ("South", "Hospital"): (20, 22),
    ("North", "Support"): (25, 28),
    ("South", "Support"): (24, 27),
}


def two_sides() -> Book:
    """The book of the module's text, with one scenario."""
    book = Book()
    for year in (FIRST, SECOND):
        book.add("Years", Year=year, Weight=1)
    for place in ("North", "South"):
        book.add("Places", Place=place)
    book.need("Registered", {"North": 1000, "South": 1000})
    book.need("Residents", {"North": 800, "South": 1250}, Basis="resident")
    book.add("Services", Service="Hospital", Programme="Acute", Level="system")
    book.add("Services", Service="Support", Programme="Social care", Level="place")
    book.add("Providers", Provider="Trust", Sector="acute")
    book.add("Providers", Provider="Charity", Sector="VCSE")
    book.add("Sources", Source="NHS", Home_services="Hospital")
    for source, holder, place, kind in (
        ("Council", "North Council", "North", "recurrent"),
        ("Fund", "South Council", "South", "non-recurrent"),
    ):
        book.add(
            "Sources",
            Source=source,
            Holder=holder,
            Kind=kind,
            Home_places=place,
            Lawful_places=place,
            Home_services="Support",
            Lawful_services="Support",
        )
    for source, amount in (("NHS", 60), ("Council", 20), ("Fund", 20)):
        book.fund(source, [amount, amount * 1.1])
    book.spend("North", "Hospital", "Trust", 40).spend("South", "Hospital", "Trust", 20)
    book.spend("North", "Support", "Charity", 20).spend("South", "Support", "Charity", 20)
    book.add("Target", Component="Overall", Need_measure="Registered", Keep_at_least=0.9)
    for (place, service), amounts in AMOUNTS.items():
        for year, amount in zip((FIRST, SECOND), amounts, strict=True):
            name = f"{service} in {place}, {year}"
            book.rule(name, "amount", "exactly", amount, Years=year, Places=place, Services=service)
    book.rule("VCSE share", "share", "at least", 0.4, Providers="sector: VCSE", Of="providers=all")
    book.rule("North floor", "amount", "at least", 10, Places="North")
    book.rule("Hope for Support", "amount", "at least", 10, Services="Support", Strength="should")
    for source, level in (("NHS", "system"), ("Council", "service level"), ("Fund", "place")):
        book.add("Regimes", Regime="Pooled", Sources=source, Pot="One pot", Decided_at=level)
    terms = {"Cost per contract": 500, "Days to pay": 45, "Form": "activity", "Fee": 0.01}
    book.add("Contracts", {"Regime": "Pooled", "Services": "Hospital", **terms})
    book.add("Contracts", {"Regime": "Pooled", **terms, "Days to pay": 10, "Form": "grant", "Fee": 0})
    book.add("Scenarios", Scenario="Pooled", Regime="Pooled")
    return book


def with_terms() -> Book:
    """The same with everything stated that no equation knows: hosts, rates, variable costs, and a one-off cost."""
    book = two_sides().about("Delay cost rate", 0.035).about("Overspend tested", 0.05)
    book.set("Providers", where={"Provider": "Trust"}, **{"Variable cost share": 0.4})
    for source in ("Council", "Fund"):
        book.set("Sources", where={"Source": source}, Host="North Council")
    return book.add("Regime costs", {"Regime": "Pooled", "One-off cost": 3, "Payer": "ICB"})


def results_of(book: Book) -> dict[str, Result]:
    """Every scenario of a book, solved."""
    with tempfile.TemporaryDirectory() as folder:
        return api.solve_all(api.read(book.save(Path(folder) / "book.xlsx")))


def facts_of_result(result: Result) -> Facts:
    """The facts of a solved scenario."""
    pennies, proof = proved(result.answer)
    return facts_of(result.answer.structure, pennies, proof.exact)


@cache
def by_hand_with_terms() -> Result:
    """The pooled scenario of `with_terms`."""
    return results_of(with_terms())["Pooled"]


@cache
def by_hand() -> Result:
    """The pooled scenario of `two_sides`."""
    return results_of(two_sides())["Pooled"]
