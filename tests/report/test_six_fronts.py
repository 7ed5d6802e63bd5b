"""The six places where a run says its answer say the same: Cover, Dashboard, console, report, page and JSON."""

from __future__ import annotations

import html
import json
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

import budgetmodel as bm
from budgetmodel.cli import app
from budgetmodel.comparison.headline import Headline, headline
from budgetmodel.comparison.headline_words import percent, winner_words
from budgetmodel.report.console.run import summary
from docs.make_split_and_pooled import page, read_frames
from tests.comparison.books import split_and_pooled
from tests.support.figures import near


@pytest.fixture(scope="module")
def fronts(tmp_path_factory: pytest.TempPathFactory) -> tuple[Headline, dict[str, str], Path]:
    """The headline of a run in which two pools are level, and the text of every front but the Dashboard."""
    folder = tmp_path_factory.mktemp("fronts")
    book = split_and_pooled()
    book.add("Regimes", Regime="One board", Sources="all", Pot="Joint", Decided_at="system")
    book.add("Contracts", Regime="One board", Cost_per_contract=500)
    book.add("Scenarios", Scenario="Joint board", Regime="One board")
    workbook = book.save(folder / "book.xlsx")
    run = bm.run(workbook, folder=folder / "out")
    found = headline(run.results, run.comparison)
    assert found is not None
    said = CliRunner().invoke(app, ["run", str(workbook), "-o", str(folder / "out"), "--json"])
    cover = openpyxl.load_workbook(folder / "out" / "results.xlsx", read_only=True)["Cover"]
    texts = {
        "Cover": " ".join(
            str(value) for row in cover.iter_rows(values_only=True) for value in row if value is not None
        ),
        "console": "\n".join(summary(run.results, run.comparison, run.files, {}, 1.0)),
        "report": html.unescape((folder / "out" / "report.html").read_text(encoding="utf-8")),
        "page": page(read_frames(folder / "out")).replace("**", "").replace("\n", " "),
        "JSON": said.stdout,
    }
    return found, texts, folder / "out"


def test_a_tie_is_named_as_a_tie_on_every_front(fronts) -> None:
    found, texts, _ = fronts
    assert found.leaders == ("Pooled", "Joint board")
    for front in ("Cover", "report"):
        assert winner_words(found) in texts[front], front
    assert "Pooled, Joint board level: 100% of the gap closed by 2025/26" in texts["console"]
    assert "Pooled and Joint board come nearest to fair shares, level with one another" in texts["page"]
    assert json.loads(texts["JSON"])["headline"]["leaders"] == ["Pooled", "Joint board"]
    assert winner_words(found) == json.loads(texts["JSON"])["headline"]["words"][0]


def test_share_of_the_gap_and_money_freed_are_one_figure_everywhere(fronts) -> None:
    found, texts, folder = fronts
    record = json.loads(texts["JSON"])["headline"]
    closed = {line["scenario"]: line["gap_closed"] for line in record["scenarios"]}
    assert closed == {name: near(line.closed) for name, line in found.lines.items()}
    assert record["released"] == {"net": near(1.5), "contracts": near(1.5), "fees": 0.0, "one_off": 0.0}
    for front in ("Cover", "console", "report", "page"):
        assert f"{percent(found.line.closed)} of the gap" in texts[front], front
        assert "£1.5m" in texts[front], front
    board = openpyxl.load_workbook(folder / "results.xlsx", data_only=True)["Dashboard"]
    told = {str(row[4].value): row[8].value for row in board.iter_rows(max_row=20, max_col=10)}
    assert told["Share of the gap closed by the last year"] == near(found.line.closed)
    assert told["Place furthest under its fair share, Overall, 2025/26"] == near(found.line.worst.distance)


def test_the_worst_place_has_component_and_year_on_every_front(fronts) -> None:
    found, texts, _ = fronts
    worst = found.line.worst
    assert worst is not None
    assert worst.words == "North, 0.5% under its fair share of 'Overall' in 2025/26"  # 49.75 of 50
    for front in ("Cover", "report"):
        assert worst.words in texts[front], front
    assert "worst place: 'Overall', 2025/26" in texts["console"]
    assert "North -0.5%" in texts["console"]
    assert "North, 0.5% from its share of 'Overall'" in texts["page"]
    [pooled] = [line for line in json.loads(texts["JSON"])["headline"]["scenarios"] if line["scenario"] == "Pooled"]
    assert pooled["worst_place"] == {"place": "North", "distance": -0.005, "component": "Overall", "year": "2025/26"}
