"""The page for a board: every figure on it is one of the run's, and the committed page is that of the example."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import budgetmodel as bm
from budgetmodel.cli import app
from budgetmodel.comparison.walls import BOTH, GAIN, GAIN_COSTS, GAIN_WALLS, NEITHER, OPTIMAL
from docs.make_split_and_pooled import DOCUMENT, LIMITS, ROOT, main, page, read_frames, walls_table
from tests.comparison.books import split_and_pooled, with_a_ceiling
from tests.support.builder import Book, two_places


def made(book: Book, folder: Path) -> str:
    """The page of a book's run."""
    budget = bm.read(book.save(folder / "in.xlsx"))
    results = bm.solve_all(budget)
    bm.write_results(results, folder / "results.xlsx", bm.compare(results, budget))
    return page(read_frames(folder))


def cells_of_row(text: str, section: str, first: str) -> list[str]:
    """The cells of a row of a section's table."""
    part = text.split(f"## {section}\n")[1].split("\n## ")[0]
    line = next(line for line in part.splitlines() if line.startswith(f"| {first} |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_page_tells_the_story_of_the_run(tmp_path: Path) -> None:
    # The figures are worked out in tests/comparison/test_walls.py and test_breakeven.py.
    text = made(with_a_ceiling(split_and_pooled()), tmp_path)
    told = " ".join(text.split())
    assert "At equal contract costs **Pooled** leads with an index of 50.00, against 100.00 for Split." in told
    assert (
        "of the gain of 42.50 points, 46.00 are due to walls that fall; contracts that cost less take back 3.50" in told
    )
    assert cells_of_row(text, "The regimes", "Pooled")[1:5] == ["1", "50.00", "57.50", "£0.0m"]
    assert cells_of_row(text, "Walls and costs", "Pooled")[1:] == ["100.00", "57.50", "42.50", "46.00", "-3.50"]
    assert cells_of_row(text, "When it stops releasing money", "Pooled")[1:] == [
        *("£500k", "£2,000k"),
        *("0.00%", "1.51%"),  # 1.5 of 99.5
        *("not reported", "£1.5m"),
    ]
    assert cells_of_row(text, "Who gains and who pays", "South") == ["South", "(£1.0m)", "£4.0m"]
    assert cells_of_row(text, "Who gains and who pays", "All places") == ["All places", "(£2.0m)", "(£0.5m)"]
    assert "Rules!K5: 'Pace ceiling' holds money back for South in 2025/26" in told
    assert text.endswith(f"{LIMITS}\n")


def test_parts_of_a_gain_are_rounded_as_the_sheets_show_them() -> None:
    """11.4618 is 11.46 on the sheet Walls, whatever makes the rounded parts add up to 12.72."""
    figures = {NEITHER: 46.85, BOTH: 34.1348, GAIN: 12.7152, GAIN_WALLS: 11.4618, GAIN_COSTS: 1.2534}
    rows = [("Option", part, OPTIMAL, figure) for part, figure in figures.items()]
    text = walls_table(pd.DataFrame(rows, columns=["scenario", "part", "status", "index"]))
    assert "| Option | 46.85 | 34.13 | 12.72 | 11.46 | 1.25 |" in text
    assert "parts may miss their sum by 0.01" in " ".join(text.split())


def test_money_that_is_weighted_or_net_says_so(tmp_path: Path) -> None:
    text = made(with_a_ceiling(split_and_pooled()), tmp_path)
    assert "| Rules missed, weighted |" in text
    assert "| Released, net |" in text


def test_it_speaks_of_no_outcome_and_fits_its_lines(tmp_path: Path) -> None:
    text = made(with_a_ceiling(split_and_pooled()), tmp_path)
    assert not {word for word in ("outcome", "health gain") if word in text.lower()}
    assert max(len(line) for line in text.splitlines() if not line.startswith("|")) <= 120


def test_one_scenario_is_no_comparison(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nothing to compare"):
        made(two_places(), tmp_path)


def test_level_regimes_share_the_lead(tmp_path: Path) -> None:
    # Without walls that matter: both places in one pot under both regimes.
    book = split_and_pooled().set("Regimes", where={"Regime": "Split"}, Pot="Another pot")
    assert "**Split, Pooled** are level, and lead with an index of 0.00" in " ".join(made(book, tmp_path).split())


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_committed_page_is_that_of_the_worked_example(tmp_path: Path) -> None:
    example = ROOT / "inputs" / "greater_manchester.xlsx"
    done = CliRunner().invoke(app, ["run", str(example), "-o", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert main([str(tmp_path), "--check"]) == 0, f"make {DOCUMENT.name} anew"
