"""whatif.html in Chromium: what its sliders say is what the command says of the pack that it saves."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

import budgetmodel as bm
from budgetmodel import browser_solver
from budgetmodel.reading import with_changes
from budgetmodel.report.whatif.page import what_if_bytes
from budgetmodel.whatif import what_if
from tests.support.builder import two_places, with_years
from tests.support.chromium import CHROMIUM, DRIVER, driven
from tests.support.random_books import random_book

SOLVER = browser_solver.found()

pytestmark = pytest.mark.skipif(
    CHROMIUM is None or DRIVER is None or SOLVER is None,
    reason="Chromium, chromedriver or the solver (budgetmodel doctor --fetch-browser-solver) is missing",
)

POLICY = "&#x27;wasm-unsafe-eval&#x27;"

SETTINGS = 4
"""Random settings of each small book; three books make over ten."""

SECONDS = 120
"""How long a page is waited for at most: other tests run beside it."""


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with driven(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


HOSTILE = "<b><i>Ceiling</i></b><img src=x onerror=alert(1)></script>"


def books() -> dict[str, Any]:
    floor = with_years(two_places(), 2, 0.02)
    floor.rule("Floor", "growth", "at least", 0.0, Each="place")
    floor.rule(HOSTILE.replace("=", ""), "growth", "at most", 0.2, Each="place")
    ceiling = with_years(two_places(), 3, 0.02)
    ceiling.rule("Ceiling", "relative growth", "at most", 0.03, Each="place")
    return {"two": ceiling, "seven": random_book(7), "three": random_book(3), "floor": floor}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[bm.Budget, Path]]:
    """The page of the first scenario of each book."""
    made = {}
    for name, book in books().items():
        folder = tmp_path_factory.mktemp(name)
        budget = bm.read(book.save(folder / "book.xlsx"))
        scenario = budget.scenarios[0]
        asked = what_if(budget, {scenario: bm.solve(budget, scenario)})
        assert SOLVER is not None
        (folder / "whatif.html").write_bytes(what_if_bytes(asked, SOLVER))
        made[name] = budget, folder
    return made


def waited(driver: Any, script: str, seconds: float = SECONDS) -> Any:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := driver.execute_script(f"return {script}"):
            return found
        time.sleep(0.03)
    raise AssertionError((script, driver.execute_script("return document.getElementById('verdict').textContent")))


def opened(driver: Any, folder: Path) -> None:
    driver.get("about:blank")
    driver.get((folder / "whatif.html").as_uri())
    waited(driver, "document.body.dataset.answered")


def moved(driver: Any, positions: list[int]) -> str:
    driver.execute_script(
        "const now = arguments[0]; state.positions = now.slice();"
        "const first = document.getElementById('slider-0'); first.value = now[0];"
        "changed();",
        positions,
    )
    waited(driver, "document.body.dataset.answered")
    return str(driver.execute_script("return document.body.dataset.outcome"))


def a_setting(driver: Any, draw: Random) -> list[int]:
    sliders = driver.execute_script("return record().sliders.map(s => [s.below, s.above, s.alone])")
    lonely = draw.randrange(len(sliders)) if any(alone for *_, alone in sliders) else None
    return [
        draw.randint(-(below // 2), above // 2) if lonely is None or n == lonely else 0
        for n, (below, above, _) in enumerate(sliders)
    ]


SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in ("seven", "three")]


@pytest.mark.parametrize("name", ["two", *SLOW])
def test_a_random_setting_has_the_index_and_shortfall_that_the_pack_has(name, driver, pages, tmp_path):
    budget, folder = pages[name]
    opened(driver, folder)
    assert driver.execute_script("return document.body.dataset.outcome") == "proved"
    draw = Random(name)  # noqa: S311  # positions of sliders, no secret
    compared = 0
    for turn in range(SETTINGS):
        positions = a_setting(driver, draw)
        if not any(positions):
            continue
        outcome = moved(driver, positions)
        pack = tmp_path / f"{turn}.csv"
        pack.write_text(driver.execute_script("return pack()"), encoding="utf-8")
        joined = with_changes(budget, packs=[pack])
        if outcome == "infeasible":
            with pytest.raises(bm.Infeasible):
                bm.solve(joined, joined.scenarios[-1], breach=False)
            continue
        assert outcome == "proved", driver.execute_script("return document.getElementById('verdict').textContent")
        result = bm.solve(joined, joined.scenarios[-1])
        index, shortfall = driver.execute_script("return [state.last.objective, state.last.shortfall]")
        assert index == pytest.approx(result.certificate.value, rel=1e-6, abs=1e-6)
        assert shortfall == pytest.approx(result.certificate.shortfall, rel=1e-6, abs=1e-6)
        compared += 1
    assert compared
    assert [entry for entry in driver.get_log("browser") if entry["level"] == "SEVERE"] == []


def test_what_no_allocation_can_meet_is_said_with_the_slider_and_a_value_that_works(driver, pages):
    """A floor for every place far above what the money can give."""
    _, folder = pages["floor"]
    opened(driver, folder)
    most = driver.execute_script("return record().sliders.map(s => s.name === 'Floor' ? s.above : 0)")
    assert moved(driver, most) == "infeasible"
    words = driver.execute_script("return document.getElementById('verdict').textContent")
    assert "No allocation keeps every must rule here: Floor at" in words
    assert driver.execute_script("return document.getElementById('figures').hidden")
    driver.execute_script("document.querySelector('#offers button').click()")
    waited(driver, "document.body.dataset.answered")
    assert driver.execute_script("return document.body.dataset.outcome") == "proved"


def test_names_are_text_and_the_link_holds_the_positions(driver, pages):
    _, folder = pages["floor"]
    opened(driver, folder)
    assert driver.execute_script("return document.querySelectorAll('main b i, main img').length") == 0
    assert HOSTILE.replace("=", "") in driver.execute_script("return document.getElementById('controls').textContent")
    moved(driver, driver.execute_script("return record().sliders.map((s, n) => n ? 0 : -1)"))
    link = driver.current_url
    index = driver.execute_script("return state.last.objective")
    driver.get("about:blank")
    driver.get(link)
    waited(driver, "document.body.dataset.answered")
    assert driver.execute_script("return state.last.objective") == pytest.approx(index, abs=1e-9)


def test_without_webassembly_the_published_answer_stands_there_with_the_reason(driver, pages):
    _, folder = pages["two"]
    page = (folder / "whatif.html").read_text(encoding="utf-8")
    assert POLICY in page
    (folder / "barred.html").write_text(page.replace(POLICY, ""), encoding="utf-8")
    driver.get((folder / "barred.html").as_uri())
    waited(driver, "document.body.dataset.solver === 'barred'")
    assert driver.execute_script("return document.getElementById('static').hidden") is False
    assert driver.execute_script("return document.getElementById('barred').hidden") is False
    assert driver.execute_script("return document.getElementById('what-if').hidden")
