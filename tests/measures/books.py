"""Small books whose measures can be worked out by hand, and the facts of what was solved."""

from __future__ import annotations

import tempfile
from pathlib import Path

from budgetmodel import api
from budgetmodel.measures.facts import Facts, facts_of
from budgetmodel.program.answer import proved
from budgetmodel.results import Result
from tests.support.builder import Book


def results_of(book: Book) -> dict[str, Result]:
    """Every scenario of a book, solved."""
    with tempfile.TemporaryDirectory() as folder:
        return api.solve_all(api.read(book.save(Path(folder) / "book.xlsx")))


def facts_of_result(result: Result) -> Facts:
    """The facts of a solved scenario."""
    pennies, proof = proved(result.answer)
    return facts_of(result.answer.structure, pennies, proof.exact)
