"""Rules on real growth for random books. Those of `random_books` have none, so that each seed's book stays as it is."""

from __future__ import annotations

import random

from .builder import Book


def with_real_growth(book: Book, seed: int) -> Book:
    """The book with Cost uplifts, some of them blank, and mild rules on real growth beside its own."""
    rng = random.Random(f"real growth {seed}")  # noqa: S311
    for row in book["Years"]:
        row["Cost uplift"] = rng.choice([None, 0.01, 0.021, 0.031])
    limits = rng.choice([("at least", -0.15), ("at most", 0.2)])
    book.rule("Real pace", "real growth", *limits, Each=rng.choice(["place", "service"]))
    wish = rng.choice(["at least", "exactly", "at most"])
    each = rng.choice([None, "place", "place, service"])
    book.rule("Real wish", "real growth", wish, rng.uniform(-0.02, 0.02), Each=each, Strength="should", Weight=0.5)
    return book
