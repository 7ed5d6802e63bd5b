"""The frames of all scenarios as one set of tables, and as CSV text."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from budgetmodel.comparison.one_for_all import OneForAll
from budgetmodel.contract import status as status_words
from budgetmodel.contract.frames import (
    BREACHED,
    FILES,
    FRAME,
    INFEASIBLE,
    SOLVED,
    ColumnType,
    below,
    names_of,
    result_table,
)
from budgetmodel.contract.infeasibility import Infeasibility
from budgetmodel.contract.issues import BudgetError, Infeasible, Issue
from budgetmodel.contract.objectives import BY_NAME, Units, units
from budgetmodel.explain.explanation import PARTS, Explanation
from budgetmodel.results import FRAMES, Result

MONEY_DECIMALS, OTHER_DECIMALS = 8, 12
"""Decimals in CSV: eight of £1m are a penny; twelve for other figures leave out rounding errors."""

INJECTION = ("=", "+", "-", "@", "\t", "\r", "\n")
"""Characters that a spreadsheet may read as the start of a formula (CWE-1236)."""

_ENDS = re.compile(r'[",\r\n]')
"""Characters for which a field of a CSV file needs quotes."""

_NUMBER = re.compile(r"[+-]?\d[\d,]*(\.\d+)?(e[+-]?\d+)?%?", re.IGNORECASE)

Frames = Mapping[str, pd.DataFrame]


def units_of(frames: Frames) -> Units:
    """The units of the objectives of the scenarios in these frames."""
    run = frames["run"]
    return units(BY_NAME[name] for name in run.loc[run["key"] == "objective", "value"])


def gather(results: Mapping[str, Result], failures: Mapping[str, BudgetError]) -> dict[str, pd.DataFrame]:
    """Every frame of FRAMES with the rows of all scenarios in order; `issues` includes the reasons of failures."""
    frames = {name: below(name, [result.frames[name] for result in results.values()]) for name in FRAMES}
    return frames | {"issues": below("issues", [frames["issues"], result_table("issues", _failure_issues(failures))])}


def infeasibility_tables(
    failures: Mapping[str, BudgetError], one_for_all: OneForAll | None = None
) -> dict[str, pd.DataFrame]:
    """The conflicts and remedies of all scenarios that are infeasible; no frames when none is.

    `one_for_all` is one more way out of each of them.
    """
    explanations = explanations_of(failures)
    if not explanations:
        return {}
    pieces = {name: [getattr(each, name) for each in explanations.values()] for name in names_of(INFEASIBLE)}
    if one_for_all is not None:
        last = {scenario: int(each.remedies["remedy"].max()) for scenario, each in explanations.items() if each.ways}
        pieces["remedies"].append(one_for_all.remedies(last))
    return {name: below(name, frames) for name, frames in pieces.items()}


def breach_tables(results: Mapping[str, Result]) -> dict[str, pd.DataFrame]:
    """What the answers of scenarios that are not met miss; no frame when all are met."""
    pieces = [result.breaches for result in results.values() if not result.is_met]
    return {name: below(name, pieces) for name in names_of(BREACHED)} if pieces else {}


def explanation_tables(explanations: Mapping[str, Explanation]) -> dict[str, pd.DataFrame]:
    """The frames of explanations, of all scenarios. `weights` covers all scenarios and may be in each: once here."""
    found = {}
    for name in PARTS:
        pieces = [each.frames[name] for each in explanations.values() if name in each.frames]
        if pieces:
            found[name] = below(name, pieces).drop_duplicates(ignore_index=True)
    return found


def explanations_of(failures: Mapping[str, BudgetError]) -> dict[str, Infeasibility]:
    """The explanation of each infeasible scenario, by scenario."""
    found = {scenario: getattr(failure, "explanation", None) for scenario, failure in failures.items()}
    return {scenario: each for scenario, each in found.items() if each is not None}


def explanation_records(explanation: Infeasibility) -> dict[str, object]:
    """An explanation as plain values, for JSON: figures rounded to OTHER_DECIMALS, NaN and infinity as None."""
    record: dict[str, object] = {"scenario": explanation.scenario}
    for name in names_of(INFEASIBLE):
        rows = getattr(explanation, name).drop(columns="scenario").to_dict("records")
        record[name] = [{str(key): _plain(value) for key, value in row.items()} for row in rows]
    return record


def breach_records(result: Result) -> dict[str, object]:
    """What the answer of a scenario that is not met misses, as plain values for JSON."""
    rows = result.breaches.drop(columns="scenario").to_dict("records")
    return {
        "scenario": result.scenario,
        "breaches": [{str(key): _plain(value) for key, value in row.items()} for row in rows],
    }


def summary_records(
    scenarios: Sequence[str], results: Mapping[str, Result], failures: Mapping[str, BudgetError]
) -> list[dict[str, object]]:
    """The figures of `run --json`, a record for each scenario that was asked for; empty where it has no result."""
    figures = ("index", "shortfall", "delivered", "transaction_cost", "contracts")
    records = []
    for name in scenarios:
        if name in results:
            records.append(results[name].summary())
        else:
            status = status_words.INFEASIBLE if isinstance(failures[name], Infeasible) else status_words.FAILED
            records.append({"scenario": name, "status": status, **dict.fromkeys(figures)})
    return records


def _plain(value: object) -> object:
    """A value as one of JSON's types."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return round(float(value), OTHER_DECIMALS) if np.isfinite(value) else None
    return str(value)


def _failure_issues(failures: Mapping[str, BudgetError]) -> list[dict[str, str]]:
    """The issues of the scenarios without a result; a failure without issues becomes one."""
    rows = []
    for scenario, failure in failures.items():
        issues = getattr(failure, "issues", ()) or (unexplained(failure),)
        rows += [{"scenario": scenario, **issue.as_dict()} for issue in issues]
    return rows


def unexplained(failure: BudgetError) -> Issue:
    """A failure without issues, as an issue."""
    return Issue("NOT_SOLVED", "error", "Scenarios", "", str(failure), "a proved optimum", "See the message.")


def coded(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame with its texts as categories, which are compared and grouped as whole numbers.

    `groupby` over such columns needs `observed=True`.
    """
    others = frame.select_dtypes(exclude=["number", "bool", "category"]).columns
    texts = [name for name in others if pd.api.types.infer_dtype(frame[name], skipna=True) in ("string", "empty")]
    return frame.astype(dict.fromkeys(texts, "category"))


def texts(column: pd.Series[str]) -> list[str]:
    """A column of texts as a list: quicker than `Series.tolist`, which converts text by text."""
    return column.to_numpy(dtype=object).tolist()


def left_over(workbook: Path, frames: Frames) -> list[Path]:
    """Result tables of an earlier run in the workbook's folder that do not belong to these results."""
    some = {name: frame for name, frame in FILES.items() if frame.part != SOLVED and name not in frames}
    others = {workbook.with_name(f"{name}.csv"): frame.names for name, frame in some.items()}
    return [path for path, columns in sorted(others.items()) if _is_result_table(path, columns)]


def _is_result_table(path: Path, columns: Sequence[str]) -> bool:
    try:
        with path.open(encoding="utf-8") as stream:
            return stream.readline().rstrip("\n") == ",".join(columns)
    except (OSError, UnicodeDecodeError):
        return False  # there is no such file, or it is not a result table


def csv_tables(frames: Frames) -> dict[str, bytes]:
    """Every frame as CSV: UTF-8, lines ending in a line feed, money to the penny, no text that acts as a formula."""
    return {name: _csv(name, frame) for name, frame in frames.items()}


def _csv(table: str, frame: pd.DataFrame) -> bytes:
    columns = [[_field(column.name), *_texts(frame, column.name, column.type)] for column in FRAME[table].inside(frame)]
    lines = [*map(",".join, zip(*columns, strict=True)), ""]
    return "\n".join(lines).encode("utf-8", "replace")


def _texts(frame: pd.DataFrame, name: str, holds: ColumnType) -> list[str]:
    """A column as fields; each distinct value is formatted once."""
    column = frame[name]
    if column.dtype == bool:
        return np.where(column, "TRUE", "FALSE").tolist()  # type: ignore[no-any-return]  # a list of str
    codes, values = pd.factorize(column, use_na_sentinel=True)
    if not pd.api.types.is_numeric_dtype(column):
        return _spread(codes, [_field(_cell(value)) for value in values])
    numbers = np.asarray(values, dtype=float).tolist()
    decimals = MONEY_DECIMALS if holds is ColumnType.MONEY else OTHER_DECIMALS
    texts = _spread(codes, _plain_numbers(numbers, decimals))
    if holds is ColumnType.BY_ROW:
        money = _spread(codes, _plain_numbers(numbers, MONEY_DECIMALS))
        return [m if unit == "£m" else t for m, t, unit in zip(money, texts, frame["unit"], strict=True)]
    return texts


def _spread(codes: np.ndarray[tuple[int], np.dtype[np.intp]], texts: list[str]) -> list[str]:
    """The text of every row; a missing value has the code -1 and becomes blank."""
    lookup = [*texts, ""]
    return [lookup[code] for code in codes.tolist()]


def _cell(value: object) -> str:
    return plain_number(value, OTHER_DECIMALS) if isinstance(value, float) else harmless(str(value))


def _field(text: str) -> str:
    r"""Text as a field of a row: in quotes where it contains a character that would end the field.

    >>> _field("Bury"), _field('a "b", c'), _field("two\nlines")
    ('Bury', '"a ""b"", c"', '"two\nlines"')
    """
    if not _ENDS.search(text):
        return text
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\n").writerow([text, "."])
    return stream.getvalue().removesuffix(",.\n")


def plain_number(value: float, decimals: int) -> str:
    """A number without exponent and without trailing zeros; blank for NaN.

    >>> plain_number(12.50000000, 8), plain_number(-1e-12, 8), plain_number(3.0, 8), plain_number(float("nan"), 8)
    ('12.5', '0', '3', '')
    """
    return "" if value != value else _plain_numbers([value], decimals)[0]


def _plain_numbers(values: Iterable[float], decimals: int) -> list[str]:
    """Numbers without exponent and without trailing zeros; none may be NaN."""
    pattern = f".{decimals}f"
    texts = [format(value, pattern).rstrip("0").rstrip(".") for value in values]
    return ["0" if text == "-0" else text for text in texts]


def harmless(text: str) -> str:
    """Text that no spreadsheet reads as a formula; numbers stay unchanged.

    >>> harmless("=1+1"), harmless("-0.02"), harmless("Bury")
    ("'=1+1", '-0.02', 'Bury')
    """
    return f"'{text}" if text.startswith(INJECTION) and not _NUMBER.fullmatch(text) else text
