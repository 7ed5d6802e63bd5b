"""Terms of organisations for any book: shares, grades, hosts, one-off costs, drawn at random from a seed."""

from __future__ import annotations

import random

from tests.support.builder import Book


def with_terms(book: Book, seed: int) -> Book:
    """The book with every optional column and sheet about organisations filled as far as its sources allow."""
    rng = random.Random(seed)  # noqa: S311
    holders = list(dict.fromkeys(row["Holder"] for row in book["Sources"]))
    for row in book["Providers"]:
        row["Lead group"] = row.get("Lead group") or rng.choice([None, "Alliance", row["Provider"]])
        row["Variable cost share"] = rng.choice([None, 0, 0.25, 1 / 3, 0.7, 1])
        row["Passed on share"] = rng.choice([None, None, 0, 0.37, 1]) if row["Lead group"] else None
    book["Providers"][0]["Variable cost share"] = 0.4
    if len(holders) == 1:
        book["Sources"][-1]["Holder"] = "Partner"
        holders.append("Partner")
    left = 1.0
    for row in book["Sources"]:
        row["Host"] = holders[0]
        if rng.random() < 0.4:
            row["Partner share"] = round(left * rng.choice([0.2, 0.35]), 3)
            left -= row["Partner share"]
    for regime in dict.fromkeys(row["Regime"] for row in book["Regimes"]):
        parts = [rng.randint(0, 5) for _ in book["Years"]]
        parts[0] += 1
        shares = "; ".join(f"{part / sum(parts):.12f}" for part in parts)
        cost = {"One-off cost": rng.choice([0, 1.5, 8.123456]), "Phase-in by year": rng.choice([None, shares])}
        book.add("Regime costs", cost, Regime=regime, Payer=rng.choice([None, *holders]))
    book.about("Delay cost rate", 0.035)
    return book.about("Overspend tested", rng.choice([0, 0.02, 0.0517]))
