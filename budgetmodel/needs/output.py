"""Needs as a file of their own: a csv of the rows, or a workbook of Needs, indices, practices and columns."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from budgetmodel.contract.issues import BadCommand, FileTrouble
from budgetmodel.contract.schema import NEEDS
from budgetmodel.files.sets import write_files
from budgetmodel.needs.places import Need
from budgetmodel.needs.targets import Stream, targets, targets_by_geography, targets_by_weight


def refuse_output(path: str | Path) -> None:
    """Raise FileTrouble unless `path` is a new .csv or .xlsx file."""
    path = Path(path)
    if path.suffix.lower() not in (".csv", ".xlsx"):
        raise FileTrouble(f"'{path}' ends in neither .csv nor .xlsx. Name one of these.")
    if path.exists() or path.is_symlink():
        raise FileTrouble(f"'{path}' exists already. Name a new file.")


def write_output(found: Need, path: str | Path, shared: Mapping[str, pd.DataFrame] | None = None) -> Path:
    """Write the needs at `path`: .csv has the rows of Needs, .xlsx a sheet for each other frame as well."""
    refuse_output(path)
    path = Path(path)
    if path.suffix.lower() == ".csv":
        return write_files({path: found.needs.to_csv(index=False, lineterminator="\n").encode("utf-8-sig")})[0]
    stream = io.BytesIO()
    pages = {NEEDS: found.needs, "Indices": found.indices, "Practices": found.practices, "Columns": found.columns}
    pages |= {name.replace("_", " ").capitalize(): frame for name, frame in (shared or {}).items() if len(frame)}
    with pd.ExcelWriter(stream, engine="xlsxwriter", engine_kwargs={"options": {"strings_to_formulas": False}}) as book:
        for name, frame in pages.items():
            frame.to_excel(book, sheet_name=name, index=False, freeze_panes=(1, 0))
            for n, column in enumerate(frame.columns):
                book.sheets[name].set_column(n, n, max(12, min(60, len(str(column)) + 4)))
    return write_files({path: stream.getvalue()})[0]


def shared_by_need(found: Need, other: Need | None, money: float | None, stream: str) -> dict[str, pd.DataFrame]:
    """The frames that `need --money` adds: targets, by_weight and by_geography; empty where they are not asked for."""
    empty = {name: pd.DataFrame() for name in ("targets", "by_weight", "by_geography")}
    if money is None:
        if other is not None:
            raise BadCommand("--against says what moves of a sum of money: give it with --money, in £m.")
        return empty
    if not 0 < money < float("inf"):
        raise BadCommand(f"--money {money:g} is no sum to share; give £m above 0.")
    of: Stream = "primary medical" if stream == "primary medical" else "core"
    if of != stream:
        raise BadCommand(f"--stream '{stream}' is neither core nor primary medical.")
    table = targets(found, money, stream=of).dropna(axis="columns", how="all")
    moved = targets_by_geography(found, other, money, stream=of) if other is not None else pd.DataFrame()
    return {"targets": table, "by_weight": targets_by_weight(found, money, stream=of), "by_geography": moved}


def shared_lines(shared: Mapping[str, pd.DataFrame]) -> list[str]:
    """Targets, and what each place gains or loses, for the console."""
    if not len(shared["targets"]):
        return []
    lines = ["", "Target by need (£m), and what the weight of health inequalities changes:"]
    changes: dict[str, list[str]] = {}
    before: dict[str, float] = {}
    for row in shared["by_weight"].to_dict("records"):
        place = str(row["place"])
        if place in before:
            words = f"{before[place]:.0%} to {row['health_inequalities']:.0%} {row['change']:+.1f}"
            changes.setdefault(place, []).append(words)
        before[place] = row["health_inequalities"]
    for row in shared["targets"].to_dict("records"):
        told = ", ".join(changes[str(row["place"])])
        lines.append(f"  {row['place']}: {row['target']:.1f}, £{row['per_registered']:,.0f} a head; {told}")
    moved = shared["by_geography"]
    if len(moved):
        lines += ["", "What moves if places are made the other way (£m):"]
        away = moved[~moved["same"].astype(bool)]
        for row in away.to_dict("records"):
            practices = "1 practice" if row["practices"] == 1 else f"{row['practices']} practices"
            lines.append(f"  {row['before']} to {row['after']}: {row['amount']:.1f} ({practices})")
        lines += [] if len(away) else ["  Nothing: both ways give the same places."]
    return lines
