"""What users hold: nothing they do to it reaches an answer, and it can be copied, compared, sent and looked at."""

from __future__ import annotations

import copy
import dataclasses
import functools
import multiprocessing
import pickle
import pydoc
import re
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import budgetmodel as bm
from budgetmodel.results import FRAMES
from tests.support.builder import Book, two_places
from tests.support.random_books import random_book


def saved(book: Book, folder: Path, name: str = "two.xlsx") -> bm.Budget:
    return bm.read(book.save(folder / name))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("objects")


@pytest.fixture(scope="module")
def budget(folder: Path) -> bm.Budget:
    return saved(two_places().rule("Floor", "change", "at least", -0.5, Each="place"), folder)


@pytest.fixture(scope="module")
def result(budget: bm.Budget) -> bm.Result:
    return bm.solve(budget, "Base")


@pytest.fixture(scope="module")
def comparison(result: bm.Result, budget: bm.Budget) -> bm.Comparison:
    return bm.compare({"Base": result}, budget)


@pytest.fixture(scope="module")
def explained(result: bm.Result) -> bm.Explanation:
    return bm.explanation(result)


@pytest.fixture(scope="module")
def infeasible(folder: Path) -> bm.Infeasible:
    # Floors of 70 + 60 against £100m.
    book = two_places().rule("North floor", "amount", "at least", 70, Places="North")
    book.rule("South floor", "amount", "at least", 60, Places="South")
    with pytest.raises(bm.Infeasible) as raised:
        bm.solve(saved(book, folder, "tight.xlsx"), "Base")
    return raised.value


# ---- nothing that a user does reaches an answer --------------------------------------------------------------


def in_place(frame: pd.DataFrame, column: str) -> None:
    frame[column] *= 2


def by_label(frame: pd.DataFrame, column: str) -> None:
    frame.loc[0, column] = 1e6


def by_position(frame: pd.DataFrame, column: str) -> None:
    frame.iloc[0, list(frame.columns).index(column)] = 1e6


def at_a_cell(frame: pd.DataFrame, column: str) -> None:
    frame.at[0, column] = 1e6


def dropped(frame: pd.DataFrame, _: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas would have it done otherwise from 4 on
        frame.drop(index=0, inplace=True)


def without_column(frame: pd.DataFrame, column: str) -> None:
    del frame[column]


def array_behind(frame: pd.DataFrame, column: str) -> None:
    frame[column].array[0] = 1e6


def values_behind(frame: pd.DataFrame, column: str) -> None:
    values = frame[column].to_numpy()
    values.flags.writeable = True
    values[0] = 1e6


def renamed_columns(frame: pd.DataFrame, _: str) -> None:
    frame.columns = range(len(frame.columns))


WAYS = (
    in_place,
    by_label,
    by_position,
    at_a_cell,
    dropped,
    without_column,
    array_behind,
    values_behind,
    renamed_columns,
)


def test_a_changed_frame_of_a_budget_does_not_reach_a_solve(budget: bm.Budget, result: bm.Result) -> None:
    for get in (
        lambda: budget.frames["Funding"],
        lambda: budget.inputs.frames["Funding"],
        lambda: budget.frame("Funding"),
        lambda: dict(budget.frames)["Funding"],
    ):
        for way in WAYS:
            way(get(), "Amount")
            assert list(get()["Amount"]) == [100.0], way.__name__
    assert budget.funding.tolist() == [[100.0]]
    again = bm.solve(budget, "Base")
    assert again.metric("delivered") == pytest.approx(100.0, abs=1e-9)
    assert again == result


def test_a_changed_frame_of_a_result_is_not_written(result: bm.Result, tmp_path: Path) -> None:
    for way in WAYS:
        way(result.allocation, "amount")
        way(result.frames["allocation"], "amount")
    bm.write_results({"Base": result}, tmp_path / "out.xlsx")
    written = pd.read_csv(tmp_path / "allocation.csv")
    assert list(written["amount"]) == [50.0, 50.0]  # equal needs share £100m


@pytest.mark.parametrize("way", WAYS)
def test_changed_frames_of_the_other_objects_stay_with_the_user(
    way: Callable[[pd.DataFrame, str], None],
    comparison: bm.Comparison,
    explained: bm.Explanation,
    infeasible: bm.Infeasible,
) -> None:
    explanation = infeasible.explanation
    assert explanation is not None
    for get, column in (
        (lambda: comparison.metrics, "value"),
        (lambda: explained.headroom, "headroom"),
        (lambda: explanation.conflicts, "limit"),
        (lambda: explanation.remedies, "amount"),
    ):
        before = get()
        way(get(), column)
        pd.testing.assert_frame_equal(get(), before)


def test_frames_put_into_a_result_with_a_certificate_are_refused(result: bm.Result, tmp_path: Path) -> None:
    wrong = {**result.frames, "allocation": result.allocation.assign(amount=[1e6, 50.0])}
    forged = dataclasses.replace(result, frames=wrong)
    forced = pickle.loads(pickle.dumps(result))  # noqa: S301  # our own
    object.__setattr__(forced, "frames", wrong)
    for bad in (forged, forced, pickle.loads(pickle.dumps(forged))):  # noqa: S301  # our own
        assert not bad.unchanged
        assert bad != result
        with pytest.raises(ValueError, match=r"result 'Base' are not those that its certificate proves.*Solve the"):
            bm.write_results({"Base": bad}, tmp_path / "out.xlsx")
    assert list(tmp_path.iterdir()) == []
    assert result.unchanged


def test_mappings_and_arrays_cannot_be_changed(budget: bm.Budget, result: bm.Result) -> None:
    for mapping in (
        budget.settings,
        budget.tables,
        budget.tables["Funding"].values,
        budget.of_scenarios,
        budget.scenario_row("Base"),
    ):
        with pytest.raises(TypeError, match="cannot be changed"):
            mapping["Title"] = "x"  # type: ignore[index]  # what is tried
        with pytest.raises(TypeError, match="cannot be changed"):
            mapping.clear()  # type: ignore[attr-defined]  # what is tried
    with pytest.raises(TypeError):
        budget.frames["Funding"] = pd.DataFrame()  # type: ignore[index]  # what is tried
    for array in (budget.funding, budget.growth, result.answer.program.upper, result.answer.solved.x):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0
    for thing, name in ((budget, "inputs"), (result, "status"), (result.certificate, "index")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(thing, name, None)
    with pytest.raises(AttributeError):
        result.allocation = pd.DataFrame()  # type: ignore[misc]  # what is tried


# ---- equal by content, pickled, copied, sent to other processes ------------------------------------------------


def test_objects_survive_pickling_and_copying(
    budget: bm.Budget,
    result: bm.Result,
    comparison: bm.Comparison,
    explained: bm.Explanation,
    infeasible: bm.Infeasible,
) -> None:
    for thing in (budget, budget.inputs, result, comparison, explained, infeasible.explanation, bm.why(result)):
        again = pickle.loads(pickle.dumps(thing))  # noqa: S301  # our own
        assert again == thing
        assert hash(again) == hash(thing)
        assert copy.deepcopy(thing) == thing
        assert copy.copy(thing) == thing
        assert {thing: "found"}[again] == "found"
        assert re.fullmatch(r"[0-9a-f]{64}", thing.content_hash)
    arrays = pickle.loads(pickle.dumps(result)).answer.program  # noqa: S301  # our own
    assert not arrays.upper.flags.writeable
    assert bm.why(pickle.loads(pickle.dumps(result))).steps.equals(bm.why(result).steps)  # noqa: S301  # our own


def test_equal_means_the_same_content(folder: Path, budget: bm.Budget, result: bm.Result) -> None:
    again = bm.read(folder / "two.xlsx")
    dearer = budget.changed("Funding", field="Amount", multiply=1.01)
    assert again == budget
    assert again is not budget
    assert dearer != budget
    assert dearer.inputs == budget.inputs  # the workbook as it stands is the same
    assert bm.solve(again, "Base") == result
    assert bm.solve(dearer, "Base") != result
    assert budget != "two.xlsx"
    assert len({budget, again, dearer}) == 2


def test_a_file_under_another_name_has_the_same_content_and_is_another_budget(
    folder: Path, tmp_path: Path, budget: bm.Budget
) -> None:
    (tmp_path / "other.xlsx").write_bytes((folder / "two.xlsx").read_bytes())
    other = bm.read(tmp_path / "other.xlsx")
    assert other.content_hash == budget.content_hash
    assert other != budget  # its results would name another file


@pytest.mark.parametrize(
    "sheet,cells",
    [
        ("Funding", {"Amount": 100.01}),
        ("About", {"Value": "x"}),
        ("Scenarios", {"Note": "x"}),
        ("Target", {"Weight": 2}),
    ],
)
def test_every_cell_counts_in_the_content_hash(
    sheet: str, cells: dict[str, object], tmp_path: Path, budget: bm.Budget
) -> None:
    book = two_places().rule("Floor", "change", "at least", -0.5, Each="place")
    assert saved(book.set(sheet, row=0, **cells), tmp_path).content_hash != budget.content_hash


def test_other_processes_solve(budget: bm.Budget, result: bm.Result) -> None:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        there = pool.submit(bm.solve, budget, "Base").result(timeout=240)
    assert there == result
    assert there.unchanged


def test_a_cache_knows_a_budget_again(folder: Path, budget: bm.Budget) -> None:
    @functools.lru_cache
    def delivered(of: bm.Budget) -> float:
        return bm.solve(of, "Base").metric("delivered")

    assert delivered(budget) == delivered(bm.read(folder / "two.xlsx"))
    assert delivered.cache_info().hits == 1


def test_errors_survive_pickling(infeasible: bm.Infeasible, tmp_path: Path) -> None:
    issue = bm.Issue("X", "error", "Funding", "C5", "'abc'", "a number", "Type a number.")
    for error in (
        bm.InputErrors([issue]),
        infeasible,
        bm.SolverFailed("No optimum."),
        bm.FileTrouble("The disk is full."),
        bm.BadCommand("There is no solver 'x'."),
    ):
        again = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own
        assert type(again) is type(error)
        assert str(again) == str(error) != ""
        assert getattr(again, "issues", None) == getattr(error, "issues", None)
        assert getattr(again, "explanation", None) == getattr(error, "explanation", None)
    with pytest.raises(KeyError) as missing:
        bm.read(two_places().save(tmp_path / "b.xlsx")).frame("needs")
    assert str(pickle.loads(pickle.dumps(missing.value))) == str(missing.value)  # noqa: S301  # our own


def test_ordinary_except_clauses_catch_our_errors(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="There is no file") as missing:
        bm.read(tmp_path / "none.xlsx")
    assert type(missing.value) is bm.FileTrouble
    (tmp_path / "text.xlsx").write_text("no workbook")
    with pytest.raises(ValueError, match=r"text\.xlsx") as wrong:
        bm.read(tmp_path / "text.xlsx")
    assert type(wrong.value) is bm.InputErrors
    assert wrong.value.issues[0].code == "WRONG_TYPE"


# ---- looked at in prompts and notebooks ------------------------------------------------------------------------


class Cells(HTMLParser):
    """The tags and the texts of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_a_prompt_shows_a_few_lines(
    budget: bm.Budget,
    result: bm.Result,
    comparison: bm.Comparison,
    explained: bm.Explanation,
    infeasible: bm.Infeasible,
) -> None:
    for thing in (budget, budget.inputs, result, comparison, explained, infeasible.explanation, bm.why(result)):
        assert len(repr(thing)) < 2000
        assert thing.content_hash[:12] in repr(thing)
        assert thing._repr_html_().startswith("<table>")
    assert "scenarios       1: Base" in repr(budget)
    assert "places          2: North, South" in repr(budget)
    assert "index          0.0000, proved to within" in repr(result)
    assert "allocation (2)" in repr(result)
    assert "Infeasibility of scenario 'Base'" in repr(infeasible.explanation)


def test_a_large_workbook_with_long_names_stays_short(tmp_path: Path) -> None:
    book = random_book(7)
    long = "x" * 5000
    budget = saved(book, tmp_path)
    many = dataclasses.replace(budget.inputs, places=tuple(f"{long}{n}" for n in range(500)), name=long[:200])
    for thing in (budget, budget.inputs, many):
        assert len(repr(thing)) < 2000
        assert len(thing._repr_html_()) < 6000


def test_no_name_of_a_workbook_becomes_markup(tmp_path: Path) -> None:
    name = '<script>alert("North & South")</script>'
    book = two_places()
    for sheet in book:
        book[sheet] = [{k: name if v == "North" else v for k, v in row.items()} for row in book[sheet]]
    budget = saved(book, tmp_path)
    page = Cells(budget._repr_html_())
    assert set(page.tags) == {"table", "caption", "tbody", "tr", "th", "td"}
    assert any(name in text for text in page.texts)


# ---- found, and told what was meant ----------------------------------------------------------------------------


def test_the_package_lists_its_names() -> None:
    assert set(bm.__all__) <= set(dir(bm))
    assert not {"TYPE_CHECKING", "annotations", "import_module"} & set(dir(bm))
    page = pydoc.plain(pydoc.render_doc(bm))
    for name in {*bm.__all__} - {"__version__"}:
        assert re.search(rf"\b{name}\b", page), name
    assert f"VERSION\n    {bm.__version__}" in page
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", bm.__version__)


def test_a_result_lists_its_frames(result: bm.Result, explained: bm.Explanation) -> None:
    assert set(FRAMES) <= set(dir(result))
    for name in FRAMES:
        pd.testing.assert_frame_equal(getattr(result, name), result.frames[name])
        assert "A row per " in str(getattr(type(result), name).__doc__), name
    assert {"headroom", "prices", "freedom", "weights"} <= set(dir(explained))


def test_a_wrong_name_is_answered_with_the_near_one(budget: bm.Budget, result: bm.Result) -> None:
    for attempt, error, sentence in (
        (lambda: bm.slove, AttributeError, "budgetmodel has no 'slove'. Did you mean 'solve'?"),
        (lambda: result.alocation, AttributeError, "A Result has no 'alocation'. Did you mean 'allocation'?"),
        (lambda: budget.frame("needs"), KeyError, "There is no sheet 'needs'. Did you mean 'Needs'?"),
        (lambda: budget.frames["Funds"], KeyError, "There is no sheet 'Funds'. Did you mean 'Funding'?"),
        (lambda: budget.members("places"), KeyError, "There is no dimension 'places'. Did you mean 'place'?"),
        (lambda: budget.scenario_row("base"), KeyError, "There is no scenario 'base'. Did you mean 'Base'?"),
        (lambda: result.metric("Index"), KeyError, "There is no metric 'Index'. Did you mean 'index'?"),
        (lambda: result.frames["alloc"], KeyError, "There is no frame 'alloc'. Did you mean 'allocation'?"),
        (lambda: bm.rule_effect(result, "Flor"), KeyError, "There is no rule 'Flor'. Did you mean 'Floor'?"),
        (lambda: result.spend("plaice"), ValueError, "no dimension 'plaice' to sum by. Did you mean 'place'?"),
        (lambda: result.spend(["place", "place"]), ValueError, "A dimension comes twice in place, place."),
        (lambda: bm.explanation(result, parts=["price"]), ValueError, "There is no part 'price' of an explanation."),
        (lambda: bm.solve(budget, "Base", solver="higs"), ValueError, "no solver 'higs'. Did you mean 'highs'?"),
        (lambda: bm.solve("x.xlsx", "Base"), TypeError, "not 'x.xlsx'. bm.read('x.xlsx') makes one."),
        (lambda: bm.solve_all(Path("x.xlsx")), TypeError, "A Budget is wanted here, not 'x.xlsx'."),
        (lambda: bm.what_if(budget, "Base", {"a": result}), TypeError, "A Budget is wanted here, not a Result."),
        (lambda: bm.compare({"Base": result}, {}), TypeError, "A Budget is wanted here, not a dict."),
        (lambda: bm.compare([result]), TypeError, "{result.scenario: result for result in results}"),
        (lambda: bm.compare({"Base": budget}), TypeError, "'Base' is a Budget, not a Result"),
    ):
        with pytest.raises(error) as told:
            attempt()  # type: ignore[no-untyped-call]  # wrong on purpose
        assert sentence in str(told.value)
    assert not hasattr(result, "alocation")


def test_a_solver_that_is_none_is_a_usage_error(budget: bm.Budget) -> None:
    with pytest.raises(bm.BadCommand, match="no solver 'gurobi'") as told:
        bm.solve_all(budget, solver="gurobi")
    assert told.value.exit_code == 2


def test_a_part_that_was_not_asked_for_is_said(result: bm.Result) -> None:
    some = bm.explanation(result, parts=["headroom"])
    assert len(some.headroom) == 2  # a row per place in the one year
    with pytest.raises(AttributeError, match=r"made without 'prices'\. Ask for it with parts=\['prices'\]"):
        some.prices  # noqa: B018  # asking is what is tried


# ---- what is spent ---------------------------------------------------------------------------------------------


def test_spend_adds_up_by_any_dimension(tmp_path: Path) -> None:
    # £100m of Core and £20m of Extra for two places of equal need: £60m each, in two services. Cure is a component of
    # its own, so that `places` has two rows for each place, and neither their sum nor their mean is £60m.
    book = two_places().add("Services", Service="Cure").add("Sources", Source="Extra").fund("Extra", [20])
    book["Baseline"] = []
    for place, care, cure in (("North", 40, 20), ("South", 30, 10)):
        book.spend(place, "Care", "Trust", care).spend(place, "Cure", "Trust", cure)
    book.add("Target", Component="Cure", Need_measure="Population", Services="Cure", Weight=1)
    result = bm.solve(saved(book, tmp_path), "Base")
    naive = result.places.pivot_table(index="place", values="amount")["amount"]
    assert len(result.places) == 4
    assert not np.isclose(naive["North"], 60)
    spend = result.spend("place")
    assert list(spend.columns) == ["scenario", "place", "amount"]
    assert list(spend["place"]) == ["North", "South"]
    assert spend["amount"].tolist() == pytest.approx([60.0, 60.0], abs=1e-7)
    assert result.spend()[["place", "year"]].to_numpy().tolist() == [["North", "2025/26"], ["South", "2025/26"]]
    assert result.spend("source")[["source", "amount"]].to_numpy().tolist() == [["Core", 100.0], ["Extra", 20.0]]
    assert result.spend("pot")["amount"].tolist() == [100.0, 20.0]  # each source is a pot of its own
    assert result.spend(())["amount"].tolist() == [120.0]
    for by in (["service"], ["place", "service"], ["provider", "source"], ["form", "year"]):
        assert result.spend(by)["amount"].sum() == pytest.approx(120.0, abs=1e-7)
    cure = result.spend(["service", "place"]).set_index(["service", "place"])["amount"]
    assert cure["Cure", "North"] == pytest.approx(cure["Cure", "South"], abs=1e-7)  # equal need of it, too


# ---- what is public is said ------------------------------------------------------------------------------------

PUBLIC = (Path(__file__).resolve().parents[1] / "docs" / "public.md").read_text(encoding="utf-8")


def test_the_page_of_public_names_lists_exactly_those() -> None:
    listed = re.findall(r"^\| `bm\.(\w+)` \|", PUBLIC, re.M)
    assert sorted(listed) == sorted(bm.__all__)


def test_the_page_lists_members_that_there_are() -> None:
    for name, cells in re.findall(r"^\| `bm\.(\w+)` \| (`.*) \|$", PUBLIC, re.M):
        kind = getattr(bm, name)
        if not dataclasses.is_dataclass(kind):
            continue
        members = re.findall(r"`(\w+)`", cells)
        known = {each for each in dir(kind) if not each.startswith("_")} | {f.name for f in dataclasses.fields(kind)}
        assert set(members) <= known, name
        assert len(members) == len(set(members)), name
