"""The CSV files: figures to the penny, text that no spreadsheet runs, and totals that agree."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from budgetmodel.contract.units import PENCE_PER_MILLION, to_pence
from budgetmodel.report import write_results
from budgetmodel.report.manifest import RESULTS_ID
from budgetmodel.report.tables import INJECTION, csv_tables, gather, harmless, plain_number
from budgetmodel.results import FRAMES
from tests.report.samples import renamed, solved


@pytest.fixture(scope="module")
def read_back(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, pd.DataFrame]:
    results, comparison = solved("several")
    files = write_results(results, tmp_path_factory.mktemp("csv") / "results.xlsx", comparison)
    return {file.stem: pd.read_csv(file, encoding="utf-8") for file in files if file.suffix == ".csv"}


def pence(amounts: pd.Series) -> pd.Series:
    whole = (amounts * PENCE_PER_MILLION).round()
    assert (whole - amounts * PENCE_PER_MILLION).abs().max() < 1e-3
    return whole.astype("int64")


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_reads_back_as_it_was(read_back, name):
    results, _ = solved("several")
    frame = gather(results, {})[name]
    back = read_back[name]
    if name == "run":  # each scenario has one more fact in files: which results these are
        back = back[back["key"] != RESULTS_ID]
    assert list(back.columns) == list(frame.columns)
    assert back.columns[0] == "scenario"
    assert len(back) == len(frame)
    for column in frame.columns:
        if pd.api.types.is_numeric_dtype(frame[column]) and frame[column].dtype != bool:
            found = back[column].astype(float)  # of a table without rows pandas knows no type
            np.testing.assert_allclose(found, frame[column], rtol=0, atol=1e-8)
        elif frame[column].dtype == bool:
            assert back[column].tolist() == frame[column].tolist()


def test_all_money_is_accounted_for_to_the_penny(read_back):
    results, _ = solved("several")
    spent = (
        pence(read_back["flows"]["amount"]).groupby([read_back["flows"]["scenario"], read_back["flows"]["year"]]).sum()
    )
    metrics = read_back["metrics"].set_index(["scenario", "metric", "group"])["value"]
    for name, result in results.items():
        carried = 0
        for year, funding in zip(result.inputs.years, result.inputs.funding.sum(axis=0), strict=True):
            out = to_pence(metrics[name, "carried_forward", year])
            cost = to_pence(metrics[name, "contract_cost", year])
            assert spent[name, year] + cost + out - carried == to_pence(funding)
            carried = out


def test_the_allocation_adds_up_to_the_flows_to_the_penny(read_back):
    keys = ["scenario", "year", "place", "service"]
    flows = read_back["flows"].assign(pence=pence(read_back["flows"]["amount"])).groupby(keys)["pence"].sum()
    allocation = read_back["allocation"].assign(pence=pence(read_back["allocation"]["amount"])).set_index(keys)["pence"]
    pd.testing.assert_series_equal(flows, allocation[allocation > 0].sort_index())


def test_lines_end_in_a_line_feed_and_text_is_utf8():
    results, _ = solved("two")
    for text in csv_tables(gather(results, {})).values():
        assert b"\r" not in text
        assert text.endswith(b"\n")
    assert "£m".encode() in csv_tables(gather(results, {}))["metrics"]


def test_hostile_names_are_harmless_in_csv():
    results, _ = solved("two")
    for sample in ("=1+1", "+x", "-x", "@x", "\tx", "\rx"):
        text = csv_tables(gather(renamed(results, {"North": sample}), {}))["allocation"].decode()
        assert f"'{sample}" in text
        assert f",{sample}" not in text


@pytest.mark.parametrize("number", ["-0.02", "+3", "-1,234.5", "-2%", "12"])
def test_numbers_in_text_stay_numbers(number):
    assert harmless(number) == number


@given(st.text())
def test_no_text_begins_like_a_formula_unless_it_is_a_number(text):
    safe = harmless(text)
    assert safe.lstrip("'") == text.lstrip("'")
    if safe.startswith(INJECTION):
        float(safe.rstrip("%").replace(",", ""))


@given(st.integers(min_value=-(10**14), max_value=10**14))
def test_pence_survive_as_text(number):
    assert to_pence(float(plain_number(number / PENCE_PER_MILLION, 8))) == number
