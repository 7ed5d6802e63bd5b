"""A run from Python and from the command: the same files, what is told on the way, limits and refusals."""

from __future__ import annotations

import dataclasses
import logging
import pickle
from pathlib import Path
from typing import Any

import pytest

import budgetmodel as bm
from budgetmodel.answers.durations import FILE, FOLDER, Durations
from budgetmodel.contract.issues import BadCommand
from budgetmodel.job import Refused
from tests.cli.test_cli import answer, book, command, faulty

STAGES = ["building", "shortfall", "index", "turnover", "spread", "proof"]


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    return book().save(tmp_path / "in.xlsx")


def files(folder: Path) -> dict[str, bytes]:
    """The files that a user sees in a folder of results."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def heard(workbook: Path, folder: Path, **how: Any) -> list[bm.Event]:
    """The events of a run."""
    events: list[bm.Event] = []
    bm.run(workbook, folder=folder, on_event=events.append, **how)
    return events


# ---- the same run ----------------------------------------------------------------------------------------


def test_python_writes_the_files_of_the_command(workbook: Path, tmp_path: Path) -> None:
    # The command is on record in the results, so Python is told the one that was typed.
    words = ["--set", "Funding.Amount *= 1.1", "--scenario", "Slow", "--explain", "--publish", "-o", "out"]
    done = command("run", workbook, *words, "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    typed = " ".join(["budgetmodel", "run", str(workbook), *words, "--json"])
    outcome = bm.run(
        workbook,
        scenarios=["Slow"],
        sets=["Funding.Amount *= 1.1"],
        folder=tmp_path / "mine",
        explain=True,
        publish=True,
        command=typed,
    )
    assert files(tmp_path / "mine") == files(tmp_path / "out")
    assert [path.name for path in outcome.files] == [Path(name).name for name in answer(done)["files"]]
    assert (outcome.scenarios, outcome.exit_code, outcome.failures) == (("Slow",), 0, {})
    assert outcome.results["Slow"].summary() == answer(done)["scenarios"][0]
    assert outcome.results["Slow"].metric("delivered") == pytest.approx(110)  # 1.1 x 100
    assert len(outcome.comparison.metrics)
    again = pickle.loads(pickle.dumps(outcome))  # noqa: S301  # our own
    assert again == outcome
    assert hash(again) == hash(outcome)


def test_results_go_where_the_command_puts_them(
    workbook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = bm.run("in.xlsx", ["Base"])
    assert outcome.files[0] == Path("outputs", "in", "results.xlsx")


def test_a_scenario_without_an_answer_does_not_stop_the_others(tmp_path: Path) -> None:
    # North 60 and South 41 of 100: in Slow only.
    made = book().change("Slow", "Rules", "append", Where="Rule=Much; Each=place; Measure=change; Limit=at least;"
                         " Strength=must", Field="Value", Value=0.2)  # fmt: skip
    outcome = bm.run(made.save(tmp_path / "in.xlsx"), folder=tmp_path / "out", breach=False)
    assert list(outcome.results) == ["Base"]
    assert isinstance(outcome.failures["Slow"], bm.Infeasible)
    assert outcome.exit_code == 4
    assert repr(outcome).startswith(
        f"Outcome(1 results, 1 failures, {len(outcome.files)} files in {tmp_path / 'out'}, "
    )
    with pytest.raises(TypeError):
        outcome.results["Slow"] = outcome.results["Base"]  # type: ignore[index]  # that is what is tried
    assert (tmp_path / "out" / "results.xlsx").is_file()


def test_inputs_that_are_refused_are_raised_with_their_list(tmp_path: Path) -> None:
    with pytest.raises(bm.InputErrors) as refused:
        bm.run(faulty(tmp_path), folder=tmp_path / "out")
    assert isinstance(refused.value, Refused)
    assert refused.value.files == (tmp_path / "out" / "problems.xlsx",)
    assert list(files(tmp_path / "out")) == ["problems.xlsx"]
    again = pickle.loads(pickle.dumps(refused.value))  # noqa: S301  # our own
    assert (again.issues, again.files) == (refused.value.issues, refused.value.files)


def test_what_cannot_be_run_is_refused_by_kind(workbook: Path, tmp_path: Path) -> None:
    with pytest.raises(bm.FileTrouble, match=r"^There is no file"):
        bm.run(tmp_path / "nowhere.xlsx")
    with pytest.raises(BadCommand, match=r"no scenario 'Slwo'\. Did you mean 'Slow'\?"):
        bm.run(workbook, ["Slwo"], folder=tmp_path / "out")
    with pytest.raises(BadCommand, match=r"no solver 'high'\. Did you mean 'highs'\?"):
        bm.run(workbook, folder=tmp_path / "out", solver="high")
    assert not (tmp_path / "out").exists()


# ---- options ---------------------------------------------------------------------------------------------


def test_options_cannot_be_changed_and_mean_something() -> None:
    options = bm.Options(memory="out")  # type: ignore[arg-type]  # text becomes a path
    assert options.memory == Path("out")
    with pytest.raises(dataclasses.FrozenInstanceError):
        options.fresh = True  # type: ignore[misc]  # that is what is tried
    assert options == bm.Options(memory=Path("out"))
    assert hash(options) == hash(bm.Options(memory=Path("out")))
    for wrong, words in (({"time_limit": 0}, "no time"), ({"threads": 0}, "solve nothing"), ({"by": "x"}, "by 'x'")):
        with pytest.raises(BadCommand, match=words):
            bm.Options(**wrong)  # type: ignore[arg-type]  # wrong on purpose


def test_an_option_is_given_once(workbook: Path, tmp_path: Path) -> None:
    budget = bm.read(workbook)
    one = bm.solve(budget, "Slow", options=bm.Options(memory=tmp_path / "out"))
    assert bm.solve(budget, "Slow", memory=tmp_path / "out").note("remembered") == "yes"
    assert one.note("remembered") == "no"
    with pytest.raises(TypeError, match=r"^memory and fresh cannot be given beside options\."):
        bm.solve_all(budget, options=bm.Options(), memory=tmp_path, fresh=True)


def test_threads_change_no_file(workbook: Path, tmp_path: Path) -> None:
    for threads in (1, 3):
        bm.run(workbook, folder=tmp_path / str(threads), threads=threads)
    assert files(tmp_path / "1") == files(tmp_path / "3")


# ---- events ----------------------------------------------------------------------------------------------


def test_events_come_in_order_and_count(workbook: Path, tmp_path: Path) -> None:
    events = heard(workbook, tmp_path / "out")
    steps = [event.stage for event in events if event.kind == "step"]
    assert list(dict.fromkeys(steps)) == ["reading", "solving", "comparing", "explaining", "writing"]
    for number, name in enumerate(("Base", "Slow"), start=1):
        own = [event for event in events if event.scenario == name]
        until = [event.kind for event in own].index("ended") + 1  # then it is explained
        assert [event.stage for event in own[:until]] == [*STAGES, "solved"]
        assert [event.kind for event in own] == ["stage"] * len(STAGES) + ["ended"] + ["stage"] * (len(own) - until)
        assert {(event.number, event.of) for event in own} == {(number, 2)}
    solving = [event for event in events if event.stage == "solving"]
    assert [(event.number, event.of) for event in solving] == [(0, 2), (1, 2), (2, 2)]
    comparing = [(event.number, event.of) for event in events if event.stage == "comparing"]
    assert comparing[-1][0] == comparing[-1][1] > 0
    seconds = [event.seconds for event in events]
    assert seconds == sorted(seconds)
    with pytest.raises(dataclasses.FrozenInstanceError):
        events[0].stage = "another"  # type: ignore[misc]  # that is what is tried


def test_the_time_left_is_told_from_the_second_run_on(workbook: Path, tmp_path: Path) -> None:
    first = heard(workbook, tmp_path / "out")
    assert first[0].left is None  # nothing was ever seen
    assert all(event.at_least for event in first if event.left is not None and event.stage != "comparing")
    before = files(tmp_path / "out")
    again = heard(workbook, tmp_path / "out", fresh=True)
    assert all(event.left is not None and not event.at_least for event in again)
    known = Durations.beside(tmp_path / "out")
    assert again[0].left == pytest.approx(sum(known.steps.values()), rel=1.0)
    assert {*known.steps} == {"reading", "solving", "comparing", "explaining", "writing"}
    assert {*known.scenarios} == {"Base", "Slow"}
    assert files(tmp_path / "out") == before  # no file holds a time


def test_a_remembered_scenario_ends_so(workbook: Path, tmp_path: Path) -> None:
    bm.run(workbook, folder=tmp_path)
    events = heard(workbook, tmp_path)
    own = [event.stage for event in events if event.scenario == "Slow"]
    assert own[:3] == ["building", "proof", "remembered"]


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"format": 1}', b'{"format": 2, "steps": {}, "scenarios": {}}', b"\xff"]
)
def test_times_that_cannot_be_read_are_forgotten(workbook: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / FILE).write_bytes(content)
    assert Durations.beside(tmp_path) == Durations()
    bm.run(workbook, ["Base"], folder=tmp_path)
    assert {*Durations.beside(tmp_path).scenarios} == {"Base"}


def test_what_a_listener_raises_ends_the_run_and_writes_nothing(workbook: Path, tmp_path: Path) -> None:
    def stop(event: bm.Event) -> None:
        if event.stage == "index":
            raise ValueError("enough")

    with pytest.raises(ValueError, match="enough"):
        bm.run(workbook, folder=tmp_path / "out", on_event=stop)
    assert not (tmp_path / "out").exists() or files(tmp_path / "out") == {}


def test_events_are_logged_for_whoever_asks(workbook: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert logging.getLogger("budgetmodel").handlers == []
    with caplog.at_level("INFO", logger="budgetmodel"):
        events = heard(workbook, tmp_path, scenarios=["Base"])
    assert [record.getMessage() for record in caplog.records if record.name == "budgetmodel"] == [*map(str, events)]
