"""Whatever the book: money through leads, incomes and pools add up to the penny; unsaid terms change no program."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from budgetmodel import api
from budgetmodel.answers.memory import key_of
from budgetmodel.answers.scenario_structure import scenario_structure
from budgetmodel.contract import schema
from budgetmodel.contract.units import PENCE_PER_MILLION
from budgetmodel.examples.greater_manchester import tables
from budgetmodel.excel.template.input_workbook import write_input
from budgetmodel.inputs.regime_terms import one_off_by_payer, overspend_tested
from budgetmodel.program.build.assemble import assemble
from budgetmodel.results import Result
from tests.checks.test_faults import good_book
from tests.checks.test_organisations import with_terms as with_good_terms
from tests.metrics.books import results_of
from tests.support.organisations import with_terms
from tests.support.random_books import random_book

COMMITTED = Path(__file__).parents[2] / "inputs" / "greater_manchester.xlsx"
SEEDS = (0, 3, 5)


@pytest.fixture(scope="module", params=SEEDS)
def results(request: pytest.FixtureRequest) -> dict[str, Result]:
    return results_of(with_terms(random_book(request.param), request.param))


def pence(amounts: pd.Series) -> pd.Series:
    """£m as whole pence; what is no whole number of pence fails."""
    whole = (amounts * PENCE_PER_MILLION).round()
    assert (whole - amounts * PENCE_PER_MILLION).abs().max() < 1e-3 or amounts.empty
    return whole.astype("int64")


def test_what_goes_into_a_lead_comes_out(results: dict[str, Result]) -> None:
    for result in results.values():
        frame = result.leads
        parts = {part: pence(frame[part].astype(float)) for part in ("in", "fee", "kept", "passed_on")}
        assert (parts["in"] == parts["fee"] + parts["kept"] + parts["passed_on"]).all()
        assert all((part >= 0).all() for part in parts.values())
        # What goes in is flows, each at most once: no more than flows to the provider out of the pot.
        keys = ["year", "pot", "provider"]
        flows = result.flows.assign(pence=pence(result.flows["amount"])).groupby(keys)["pence"].sum()
        into = frame.assign(pence=parts["in"]).groupby(keys)["pence"].sum()
        assert (into <= flows.reindex(into.index)).all()


def test_all_that_a_lead_form_carries_goes_into_leads(results: dict[str, Result]) -> None:
    for result in results.values():
        frame = result.leads
        led = result.flows[result.flows["form"] == "lead provider"]
        carried = pence(led["amount"]).groupby([led["year"], led["pot"], led["provider"]]).sum()
        into = pence(frame["in"].astype(float)).groupby([frame["year"], frame["pot"], frame["provider"]]).sum()
        assert (carried <= into.reindex(carried.index, fill_value=0)).all()


def test_incomes_add_up_to_all_flows_and_stranded_cost_to_its_parts(results: dict[str, Result]) -> None:
    for result in results.values():
        frame = result.incomes
        income = pence(frame["income"]).groupby(frame["year"]).sum()
        flows = pence(result.flows["amount"]).groupby(result.flows["year"]).sum()
        assert income.to_dict() == flows.to_dict()
        known = frame.dropna(subset=["stranded"])
        assert (pence(known["stranded"]) == pence(known["covered"]) + pence(known["unfunded"])).all()
        assert (known["unfunded"] >= 0).all()
        kinds = result.inputs.frame(schema.SOURCES).set_index("Source")["Kind"]
        ending = result.flows[result.flows["source"].map(kinds) == "non-recurrent"]
        paid = pence(known["covered"]).groupby(known["year"]).sum()
        most = pence(ending["amount"]).groupby(ending["year"]).sum()
        assert (paid <= most.reindex(paid.index, fill_value=0)).all()


def test_pools_hold_the_funding_of_their_sources_and_partners_bear_all_of_an_overspend(
    results: dict[str, Result],
) -> None:
    for result in results.values():
        frame = result.pools
        if frame.empty:
            continue
        funding = pd.DataFrame(
            result.inputs.funding, index=list(result.inputs.sources), columns=list(result.inputs.years)
        )
        assert [funding.at[s, y] for s, y in zip(frame["source"], frame["year"], strict=True)] == pytest.approx(
            frame["contribution"].tolist()
        )
        rate = overspend_tested(result.inputs)
        assert rate is not None
        for _, pool in frame[frame["grade"] == "pooled"].groupby(["year", "pot"]):
            over = int(np.floor(int(pence(pool["contribution"]).sum()) * rate + 0.5))
            assert int(pence(pool["overspend_borne"]).sum()) == over
            assert pool["share"].sum() == pytest.approx(1)


def test_one_off_costs_are_as_stated(results: dict[str, Result]) -> None:
    for result in results.values():
        by_payer = one_off_by_payer(result.inputs, result.regime)
        total = sum(float(years.sum()) for years in by_payer.values())
        assert result.metric("one_off_cost") == pytest.approx(total, abs=2e-8)
        assert sum(result.metric("one_off_cost", year) for year in result.inputs.years) == pytest.approx(
            total, abs=2e-8
        )
        for payer, years in by_payer.items():
            assert result.metric("one_off_cost", payer or "payer not named") == pytest.approx(years.sum(), abs=1e-8)


# ---- what is optional changes nothing ------------------------------------------------------------------------


def keys(path: Path, *scenarios: str) -> dict[str, str]:
    """The hash of each scenario's finished program and of all that decides its answer."""
    budget = api.read(path)
    found = {}
    for name in scenarios or budget.scenarios:
        program, layout = assemble(scenario_structure(budget, name)[0])
        found[name] = key_of(program, layout, "highs", "all stages")
    return found


def test_a_file_without_them_is_the_same_program(tmp_path: Path) -> None:
    plain = good_book().save(tmp_path / "plain.xlsx", omit=("Regime costs",))
    told = with_good_terms(good_book()).save(tmp_path / "told.xlsx")
    assert keys(plain) == keys(told)
    assert bool(keys(plain))


def test_the_worked_example_is_the_program_that_it_was_without_them(tmp_path: Path) -> None:
    whole = tables()
    optional = {
        "Providers": ["Variable cost share (%)", "Passed on share (%)"],
        "Sources": ["Grade", "Host", "Partner share (%)"],
    }
    bare = {name: frame.drop(columns=optional.get(name, [])) for name, frame in whole.items() if name != "Regime costs"}
    bare["About"] = bare["About"][~bare["About"]["Setting"].isin(schema.RATE_SETTINGS)]
    assert keys(write_input(bare, tmp_path / "bare.xlsx"), "Split") == keys(COMMITTED, "Split")


def test_a_file_without_them_reports_what_it_reported(tmp_path: Path) -> None:
    plain = api.solve_all(api.read(good_book().save(tmp_path / "plain.xlsx", omit=("Regime costs",))))
    told = api.solve_all(api.read(with_good_terms(good_book()).save(tmp_path / "told.xlsx")))
    for name, result in plain.items():
        for frame in ("allocation", "flows", "places", "rules", "contracts"):
            pd.testing.assert_frame_equal(result.frames[frame], told[name].frames[frame])
        mine, theirs = (r.metrics.set_index(["metric", "group"])["value"] for r in (result, told[name]))
        mine = mine[~mine.index.get_level_values("metric").str.startswith("pool_")]  # holders make a pool, grades tell
        pd.testing.assert_series_equal(mine, theirs.reindex(mine.index))
        assert set(mine.index) < set(theirs.index)
