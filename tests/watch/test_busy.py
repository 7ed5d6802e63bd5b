"""Saves in the middle of a run, and files that stand in its way; runs are made up, so that moments can be chosen."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from budgetmodel.contract.events import SOLVING, Event
from budgetmodel.contract.issues import FileTrouble
from budgetmodel.watch import PAGE, Watcher, watcher
from tests.support.builder import two_places
from tests.watch.test_watcher import LONG, plain

Run = Callable[[Callable[[Event], object]], Any]


class Desk:
    """A watcher on a workbook whose runs do what the test says, one after the other, and then nothing more."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, *runs: Run) -> None:
        self.workbook, self.out, self.money = folder / "in.xlsx", folder / "out", 100
        self.lines: list[str] = []
        self.begun: list[Path] = []
        self.runs = list(runs)
        monkeypatch.setattr(watcher, "Job", self.job)
        self.save()
        self.watcher = Watcher(self.workbook, self.out, say=self.lines.append)
        self.thread = Thread(target=self.watcher.run)
        self.thread.start()

    def job(self, workbook: Path, *_: object, **__: object) -> Any:
        self.begun.append(workbook)
        desk = self

        class Made:
            def run(self, hear: Callable[[Event], object]) -> Any:
                return desk.runs.pop(0)(hear)

        return Made()

    def save(self, wrong: str = "") -> None:
        self.money += 1
        two_places().set("Funding", Amount=wrong or self.money).save(self.workbook)

    def until(self, is_so: Callable[[], bool]) -> None:
        end = time.monotonic() + LONG
        while not is_so():
            assert time.monotonic() < end, self.lines
            time.sleep(0.05)

    def end(self) -> None:
        self.watcher.stop.set()
        self.thread.join(LONG)


@pytest.fixture
def desks() -> Iterator[list[Desk]]:
    made: list[Desk] = []
    yield made
    for desk in made:
        desk.end()


def long_run(hear: Callable[[Event], object]) -> None:
    """A run that only ends because it is told to."""
    for _ in range(int(LONG / 0.1)):
        hear(Event("step", SOLVING, of=2))
        time.sleep(0.1)


def in_the_way(_: Callable[[Event], object]) -> None:
    raise FileTrouble("'results.xlsx' cannot be written. Close it.")


def test_a_save_with_an_error_in_the_middle_of_a_run_is_told_and_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, desks: list[Desk]
) -> None:
    deaf: list[bool] = [True]

    def stage(hear: Callable[[Event], object]) -> None:
        """A stage of solving that takes long: no event until the test says so."""
        while deaf:
            time.sleep(0.05)
        long_run(hear)

    desk = Desk(tmp_path, monkeypatch, stage, long_run)
    desks.append(desk)
    desk.until(lambda: len(desk.begun) == 1)
    desk.save("lots")
    began = time.monotonic()
    desk.until(lambda: "Not solved: the workbook has problems" in plain(desk.out / PAGE))
    assert "Funding!" in plain(desk.out / PAGE)
    assert time.monotonic() - began < 10  # under 2 s where nothing else is done
    assert len(desk.begun) == 1  # it is still being solved
    deaf.clear()
    desk.until(lambda: len(desk.begun) == 2)
    assert any("saved again, begun anew" in line for line in desk.lines)


def test_saves_without_end_leave_a_run_to_its_end_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, desks: list[Desk]
) -> None:
    ended: list[int] = []

    def run(hear: Callable[[Event], object]) -> None:
        """A run in the middle of which the workbook is saved."""
        desk.save()
        for _ in range(30):
            hear(Event("step", SOLVING, of=2))
            time.sleep(0.1)
        ended.append(len(desk.begun))
        in_the_way(hear)  # any end does

    monkeypatch.setattr(watcher, "RETRY", LONG)
    monkeypatch.setattr(watcher, "LEFT_AT_MOST", 1)
    desk = Desk(tmp_path, monkeypatch, run, run, long_run)
    desks.append(desk)
    desk.until(lambda: len(desk.begun) == 3)
    assert ended == [2]


def test_a_run_that_a_file_stood_in_the_way_of_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, desks: list[Desk]
) -> None:
    monkeypatch.setattr(watcher, "RETRY", 0.5)
    desk = Desk(tmp_path, monkeypatch, in_the_way, long_run)
    desks.append(desk)
    desk.until(lambda: any("cannot be written. Close it." in line for line in desk.lines))
    assert "Not solved: a file stands in the way" in plain(desk.out / PAGE)
    desk.until(lambda: len(desk.begun) == 2)
    desk.until(lambda: "Being proved" in plain(desk.out / PAGE))
