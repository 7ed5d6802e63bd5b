"""The budgets that are frozen: the worked example and random books of every kind."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tests.freeze.desk import Desk
from tests.freeze.neutral import ROOT
from tests.support.builder import Book
from tests.support.organisations import with_terms
from tests.support.random_books import random_book

EXAMPLE = ROOT / "inputs" / "greater_manchester.xlsx"
PACKED = (
    *("--pack", "vcse_floor.csv", "--pack", "prevention_shift.csv", "--scenario", "Split", "--scenario", "Pooled"),
    *("--scenario", "VCSE floor (Split)", "--scenario", "Prevention shift (Pooled)"),
)
"""Options of a run with two packs, and the scenarios that are solved of the many they make."""


@dataclass(frozen=True)
class Frozen:
    """A random book and what is asked of it.

    `layout` is one of the builder's: where tables stand, their order and the unit of money. `terms` fills in what
    may be said of organisations. `words` are options of `run`. `explained` runs with --explain too. `asked` is a
    scenario that `explain` is asked about: as a whole, a place and a rule.
    """

    size: str
    seed: int
    layout: str = "template"
    terms: bool = False
    words: tuple[str, ...] = ()
    explained: bool = True
    asked: str = ""

    @property
    def name(self) -> str:
        """The name of its workbook and of its frozen folder."""
        return f"{self.size}_{self.seed}"

    def book(self) -> Book:
        """The book as it is before it is saved."""
        book = random_book(self.seed, self.size)
        return with_terms(book, self.seed) if self.terms else book


BOOKS = (
    Frozen("large", 1, explained=False),
    Frozen("large", 2, "thousands", explained=False),
    Frozen("large", 4, terms=True, explained=False),
    Frozen("small", 2, "thousands"),
    Frozen("small", 3, terms=True, asked="Pooled"),
    Frozen("small", 4, words=PACKED, explained=False),
    Frozen("small", 5, "moved", words=("--publish",)),
    Frozen("small", 7),
    Frozen("small", 10, "pounds", asked="Split"),
    Frozen("small", 12, terms=True),
    Frozen("small", 16, "bare", words=("--set", "Funding.Amount *= 1.01", "--scenario", "Pooled")),
    Frozen("small", 18, "thousands", terms=True, explained=False),
    Frozen("tiny", 1, asked="Pooled"),
    Frozen("tiny", 3, "thousands", terms=True),
    Frozen("tiny", 9, "pounds", terms=True, words=("--publish",)),
    Frozen("tiny", 13, "shuffled", words=("--solver", "highs-ipm")),
    Frozen("tiny", 15, terms=True, asked="Split"),  # three of its four scenarios are infeasible
    Frozen("tiny", 37, asked="Split"),  # one of its six scenarios is infeasible
    Frozen("tiny", 66, "pounds", asked="Pooled"),  # all of its scenarios are infeasible
    Frozen("tiny", 68, "thousands"),  # and all of these
)


def freeze_book(desk: Desk, frozen: Frozen) -> None:
    """Check, run, run for machines (with explanations, where asked for), and explain a random book."""
    book = frozen.book()
    workbook = book.save(f"{frozen.name}.xlsx", layout=frozen.layout).name
    for word in frozen.words:
        if word.endswith(".csv"):
            shutil.copy(ROOT / "scenarios" / word, word)
    _run(desk, workbook, frozen.words, explained=frozen.explained)
    if frozen.asked:
        place, rule = book["Places"][0]["Place"], book["Rules"][0]["Rule"]
        explain(desk, workbook, frozen.asked, "", place, rule)


def freeze_example(desk: Desk) -> None:
    """Check and run the worked example. Its explanations take minutes and are left out, but for one rule's."""
    workbook = shutil.copy(EXAMPLE, EXAMPLE.name)
    _run(desk, workbook, ("--publish",), explained=False)
    explain(desk, workbook, "Pooled", "Place ceiling")


def _run(desk: Desk, workbook: str, words: tuple[str, ...], *, explained: bool) -> None:
    """`check` and `run`, for people and for machines; the second run remembers what the first solved."""
    folder = Path("outputs") / Path(workbook).stem
    pairs = [pair for pair in pairwise(words) if pair[0] in ("--pack", "--set")]
    changes = [word for pair in pairs for word in pair]  # those that `check` takes too
    desk.command("check", "check", workbook, *changes)
    desk.command("check_json", "check", workbook, *changes, "--json")
    desk.command("run", "run", workbook, *words)
    written = desk.files(folder, "run")
    if not explained:
        desk.command("run_json", "run", workbook, *words, "--json")
        return
    desk.command("run_explain_json", "run", workbook, *words, "--json", "--explain")
    grown = {"results.xlsx", "results_published.xlsx", "report.html", "run.csv", "manifest.json"}
    desk.files(folder, "run_explain", leave=set(written) - grown)


def explain(desk: Desk, workbook: str, scenario: str, *subjects: str) -> None:
    """`explain` of a scenario, a place or a rule, for people and for machines; no subject is the whole scenario."""
    for subject in subjects:
        name = f"explain_{subject or scenario}".replace(" ", "_").casefold()
        words = ["explain", workbook, *([subject] if subject else []), "--scenario", scenario]
        desk.command(name, *words)
        desk.command(f"{name}_json", *words, "--json")
