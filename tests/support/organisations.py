"""Terms of organisations for any book: shares, grades, hosts, one-off costs, drawn at random from a seed."""

from __future__ import annotations

import random

from tests.support.builder import Book


def with_terms(book: Book, seed: int) -> Book:
    """The book with the optional columns and sheets about organisations filled; it has two holders at the least."""
    rng = random.Random(seed)  # noqa: S311
    if len({row["Holder"] for row in book["Sources"]}) == 1:
        book["Sources"][-1]["Holder"] = "Partner"
    holders = list(dict.fromkeys(row["Holder"] for row in book["Sources"]))
    for row in book["Providers"]:
        row["Lead group"] = row.get("Lead group") or rng.choice([None, "Alliance", row["Provider"]])
        row["Variable cost share"] = rng.choice([None, 0, 0.25, 1 / 3, 0.7, 1])
        row["Passed on share"] = rng.choice([None, None, 0, 0.37, 1]) if row["Lead group"] else None
    book["Providers"][0]["Variable cost share"] = 0.4
    for row in book["Sources"]:
        row["Host"] = holders[0]
    rng.choice(book["Sources"])["Partner share"] = rng.choice([0, 0.2, 0.35, 1])  # the others take the rest
    for regime in dict.fromkeys(row["Regime"] for row in book["Regimes"]):
        parts = [1 + rng.randint(0, 5) for _ in book["Years"]]
        shares = "; ".join(f"{part / sum(parts):.12f}" for part in parts)
        cost = {"One-off cost": rng.choice([0, 1.5, 8.123456]), "Phase-in by year": rng.choice([None, shares])}
        book.add("Regime costs", cost, Regime=regime, Payer=rng.choice([None, *holders]))
    book.about("Delay cost rate", 0.035)
    return book.about("Overspend tested", rng.choice([0, 0.02, 0.0517]))
