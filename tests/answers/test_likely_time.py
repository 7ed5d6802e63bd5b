"""How long a run will likely go on, by hand: earlier runs, this one's scenarios, and what nobody has seen."""

from __future__ import annotations

import pytest

from budgetmodel.answers.durations import Durations, Known, Pace
from budgetmodel.contract.events import SOLVING


def pace(known: Durations) -> tuple[Pace, list[float]]:
    """A run of two steps whose clock stands where the test puts it."""
    now = [0.0]
    return Pace(known, (SOLVING, "writing"), lambda: now[0]), now


def test_likely_seconds_by_hand() -> None:
    # A takes 1 + 10 + 4, B 1 + 20 + 4 seconds, writing 5, with two threads.
    stages = {"building": 1.0, "index": 10.0, "proof": 4.0}
    known = Durations(
        {"A": Known(stages, {}, 100, "old"), "B": Known({**stages, "index": 20.0}, {}, 200, "old")}, {"writing": 5.0}
    )
    way, now = pace(known)
    way.solving({"A": "new", "B": "new"}, {}, threads=2, fresh=False)
    assert way.left() == (25 + 5, False)  # the longest of them: 25; half of their sum is 20
    way.stage("A", "building")
    way.stage("B", "building")
    now[0] = 3.0  # building took longer than known: 0 of it is left, not -2
    assert way.left() == (24 + 5, False)
    way.stage("A", "index")
    way.stage("B", "index")
    now[0] = 9.0  # 6 s into the index: A has 4 + 4 left, B 14 + 4
    assert way.left() == (18 + 5, False)
    way.end("B")
    assert way.left() == (8 + 5, False)
    way.end("A")
    way.begin("writing")
    now[0] = 11.0
    assert way.left() == (3, False)


def test_inputs_of_the_last_run_are_taken_to_be_remembered() -> None:
    stages = {"building": 1.0, "index": 10.0, "proof": 4.0}
    way, _ = pace(Durations({"A": Known(stages, {}, 100, "same")}, {}))
    way.solving({"A": "same"}, {}, threads=1, fresh=False)
    assert way.left() == (1 + 4, True)  # and writing was never seen
    way.stage("A", "building")
    way.stage("A", "index")  # it is solved after all
    assert way.left() == (10 + 4, True)


def test_a_scenario_never_seen_takes_as_long_by_size() -> None:
    way, now = pace(Durations())
    sizes: dict[str, int] = {"A": 100}
    way.solving({"A": "", "B": "", "C": ""}, sizes, threads=2, fresh=False)
    assert way.left() == (None, True)
    way.stage("A", "building")
    way.stage("A", "index")
    way.stage("B", "building")
    now[0] = 10.0
    way.end("A")  # 10 s for 100 non-zeros
    sizes["B"] = 300
    # B: 30 s less the 10 that it has had; C, of a size not known yet, as long as A. Their sum by 2 threads is less.
    assert way.left() == (20, True)


def test_a_step_never_seen_goes_on_as_it_began() -> None:
    way, now = pace(Durations())
    way.solving({}, {}, threads=1, fresh=False)
    way.begin("writing")
    assert way.left() == (None, True)
    now[0] = 6.0
    way.begin("writing", 0.25)
    assert way.left() == (pytest.approx(18), False)
