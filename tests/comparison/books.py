"""Hand-worked books of a split and a pooled regime over the same two places."""

from __future__ import annotations

from tests.support.builder import Book, two_places


def split_and_pooled(split: float = 1000, pooled: float = 500) -> Book:
    """North and South need the same; £60m is North's, £40m South's, and lawful anywhere.

    Split gives each its pot and so two contracts at `split` £k each, Pooled one contract at `pooled` £k. G0 is that of
    60 and 40, so the index of any answer is 100 x (North - South) / 20.
    """
    book = two_places()
    for sheet in ("Sources", "Funding", "Regimes", "Contracts", "Scenarios"):
        book[sheet][:] = []
    for source, place, amount in (("North money", "North", 60), ("South money", "South", 40)):
        book.add("Sources", Source=source, Home_places=place, Lawful_places="all").fund(source, [amount])
    book.set("Target", Keep_at_least=0, Keep_at_most="none")
    book.add("Regimes", Regime="Split", Sources="all", Pot="each")
    book.add("Regimes", Regime="Pooled", Sources="all", Pot="One pot")
    for regime, cost in (("Split", split), ("Pooled", pooled)):
        book.add("Contracts", Regime=regime, Cost_per_contract=cost)
        book.add("Scenarios", Scenario=regime, Regime=regime)
    return book


def with_a_ceiling(book: Book) -> Book:
    """South may get £44m at most: what a pool has beyond that goes to North, which is above its share."""
    return book.rule("Pace ceiling", "change", "at most", 0.1, Places="South", Each="place")


def with_a_floor(book: Book) -> Book:
    """North gets £56m at least: what contracts cost a pool is taken from South, which is below its share."""
    return book.rule("Floor", "amount", "at least", 56, Places="North")
