"""Given one allocation, who pays is one answer: other names and orders of rows move no flow by more than a penny."""

from __future__ import annotations

import random

import pytest

import budgetmodel as bm
from tests.support.builder import Book
from tests.support.types import Solve

PENNY = 1.0001e-8
YEARS = ("2025/26", "2026/27", "2027/28")
Flow = tuple[str, ...]


def fixed_book(seed: int, rename: dict[str, str]) -> Book:
    """Three places and five services whose money rules fix; councils and commissioners of each place in one pot."""
    rng = random.Random(f"payers {seed}")  # noqa: S311  # not for secrets
    book = Book()
    for year in YEARS:
        book.add("Years", Year=year)
    places, services = ("Ash", "Birch", "Cedar"), ("Hospital", "Clinic", "Care", "Support", "Advice")
    book.add("Providers", Provider="Trust", Sector="acute").need("Population", dict.fromkeys(places, 1000))
    for place in places:
        book.add("Places", Place=place)
    for service in services:
        book.add("Services", Service=service)
    health, social = "Hospital; Clinic; Advice", "Care; Support"
    sources = []
    for place in places:
        sources += [(f"{place} health", f"{place} NHS", place, health), (f"{place} council", place, place, social)]
    sources += [("Grant", "ICB", "all", "Clinic; Care"), ("Reserve", "ICB", "all", "all")]
    for name, holder, home, at in sources:
        called = rename.get(name, name)
        book.add("Sources", Source=called, Holder=holder, Home_places=home, Home_services=at)
        book.fund(called, {year: 40 + rng.randint(0, 2000) / 100 for year in YEARS})
    money = {year: sum(row["Amount"] for row in book["Funding"] if row["Year"] == year) for year in YEARS}
    for year in YEARS:
        cells = [(place, service) for place in places for service in services]
        weights = [rng.randint(1, 9) for _ in cells]
        amounts = [round(money[year] * weight / sum(weights), 3) for weight in weights[:-1]]
        amounts.append(round(money[year] - sum(amounts), 3))
        for (place, service), amount in zip(cells, amounts, strict=True):
            name = f"{service} in {place}, {year}"
            book.rule(name, "amount", "exactly", amount, Places=place, Services=service, Years=year)
            if year == YEARS[0]:
                book.spend(place, service, "Trust", amount)
    grant = rename.get("Grant", "Grant")
    book.rule("Grant in each place", "amount", "at least", 5, Each="place", Sources=grant)
    book.add("Target", Component="Overall", Need_measure="Population", Keep_at_least=0)
    book.add("Regimes", Regime="Pool", Sources="all", Pot="The pool").add("Contracts", Regime="Pool")
    return book.add("Scenarios", Scenario="Base", Regime="Pool")


def flows(result: bm.Result, rename: dict[str, str]) -> dict[Flow, float]:
    """£m by year, source, place and service; sources by their first names."""
    known = {new: old for old, new in rename.items()}
    return {
        (row.year, known.get(row.source, row.source), row.place, row.service): row.amount
        for row in result.flows.itertuples()
    }


@pytest.mark.parametrize("seed", range(4))
def test_neither_names_nor_orders_move_money(seed: int, solve: Solve) -> None:
    plain = flows(solve(fixed_book(seed, {})), {})
    rename = {"Grant": "A grant", "Ash health": "Zebra", "Cedar council": "Borough"}
    for names, layout in (({}, {"shuffle": seed + 1}), (rename, {"shuffle": seed + 9}), (rename, {"money_unit": "£"})):
        other = flows(solve(fixed_book(seed, names), **layout), names)
        assert max(abs(plain.get(key, 0.0) - other.get(key, 0.0)) for key in {*plain, *other}) < PENNY
