"""The catalogue and the metrics agree: every metric has a record, every record is reported by some book."""

from __future__ import annotations

import pandas as pd
import pytest

from budgetmodel.metrics import FAMILIES
from budgetmodel.metrics.catalogue import DIRECTIONS, catalogue, with_units
from budgetmodel.metrics.shape import COLUMNS
from tests.metrics.books import by_hand_with_terms, facts_of_result
from tests.metrics.test_real_terms import solved as with_real_terms
from tests.report.samples import solved

BOOKS = ("two", "several")


@pytest.fixture(scope="module")
def reported() -> pd.DataFrame:
    frames = [solved(name)[1].metrics.assign(book=name) for name in BOOKS]
    frames += [by_hand_with_terms().frames["metrics"].assign(book="by hand")]
    frames += [with_real_terms().frames["metrics"].assign(book="real terms")]
    return pd.concat(frames, ignore_index=True)


def test_every_metric_has_a_record_and_every_record_is_reported(reported: pd.DataFrame) -> None:
    assert set(reported["metric"]) == set(catalogue())


def test_units_and_directions_are_those_of_the_catalogue(reported: pd.DataFrame) -> None:
    for metric, unit, better in reported[["metric", "unit", "better"]].drop_duplicates().itertuples(index=False):
        assert (unit, better) == (catalogue()[metric].unit, catalogue()[metric].better), metric


def test_every_record_is_whole() -> None:
    for record in catalogue().values():
        assert record.better in DIRECTIONS, record.metric
        for text in (record.label, record.section, record.unit, record.group, record.rule):
            assert text == text.strip() != "", record.metric
        assert record.rule.endswith("."), record.metric


def test_labels_tell_metrics_apart() -> None:
    labels = [(record.section, record.label) for record in catalogue().values()]
    assert len(set(labels)) == len(labels)


def test_a_metric_without_a_record_is_refused_by_name() -> None:
    rows = pd.DataFrame({"metric": ["index", "of_my_own"], "group": "", "value": 1.0})
    with pytest.raises(KeyError, match="of_my_own"):
        with_units(rows)


def test_no_metric_is_without_a_value_and_none_is_told_twice(reported: pd.DataFrame) -> None:
    assert reported["value"].notna().all()
    assert not reported.duplicated(["book", "scenario", "metric", "group"]).any()


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_a_family_gives_metric_group_and_value(family) -> None:  # type: ignore[no-untyped-def]  # any family
    results, _ = solved("several")
    rows = family(facts_of_result(next(iter(results.values()))))
    assert tuple(rows.frame().columns) == COLUMNS
    assert len(rows.metric) == len(rows.group) == len(rows.value)
