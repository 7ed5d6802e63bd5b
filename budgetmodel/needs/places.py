"""Practices grouped by place: the rows of `Needs`, and relative need indices against the ICB and England."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from budgetmodel.contract.issues import BadCommand, InputErrors, Issue
from budgetmodel.contract.nearest_name import near
from budgetmodel.contract.schema import NEEDS, SHEET, fold
from budgetmodel.inputs.need import relative_need_index
from budgetmodel.needs.columns import PRACTICE, REGISTERED, fields, populations
from budgetmodel.needs.practices import Practices, listed, read_practices, read_rows

GROUPINGS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "council": (("council_code", "council_name"), ("district_code", "district_name")),
    "district": (("district_code", "district_name"),),
    "sub-icb": (("sub_icb_code", "sub_icb_name"),),
    "pcn": (("pcn_code", "pcn_name"),),
    "icb": (("icb_code", "icb_name"),),
    "practice": (("practice_code", "practice_name"),),
}
"""What places may be made of: pairs of code and name, the first that the file has."""

ENGLAND_AT_LEAST = 50e6
"""A file with so many registered people is taken for all of England: 59 to 64 million since 2018."""

ONE_NAME = 0.9
"""A code is shown by its name where so many of its rows bear it: one misplaced row must not hide the name."""

INDEX_DECIMALS = 3
"""Decimals that NHS England's place tool shows."""


@dataclass(frozen=True)
class Need:
    """The needs of places, made from a practice file.

    `needs` has the columns of the sheet Needs. `indices` has a row per place and need measure: place, measure,
    registered and weighted population, share of the weighted population of all places, and the relative need index
    against the ICB and England, exact (blank where either is not known). `columns` says what was taken for what,
    `practices` which practice is in which place, `issues` what is odd.
    """

    needs: pd.DataFrame
    indices: pd.DataFrame
    columns: pd.DataFrame
    practices: pd.DataFrame
    issues: tuple[Issue, ...]

    def shown(self, decimals: int = INDEX_DECIMALS) -> pd.DataFrame:
        """`indices` with both indices rounded as the published tool rounds them."""
        return self.indices.round({"index_icb": decimals, "index_england": decimals})


def need(
    practices: str | Path | pd.DataFrame,
    *,
    by: str | Path = "council",
    icb: str | None = None,
    sheet: str | None = None,
    columns: Mapping[str, str] | None = None,
    period: str | None = None,
    england: str | Path | pd.DataFrame | None = None,
) -> Need:
    """The needs of places from NHS England's practice file (xlsx, csv or frame).

    `by` is council, district, sub-ICB, PCN, ICB or practice, or a file of two columns (practice code, place). `icb`
    leaves only the practices of one ICB, by code or name; `england` is a table whose rows add up to England, where the
    practice file is of a part of it. `columns` names headings by field, `sheet` the sheet, `period` the year.

    Raises InputErrors where no place can be made or a figure is none, BadCommand where something must be chosen.
    """
    read = read_practices(practices, sheet=sheet, columns=columns, period=period)
    issues = list(read.issues)
    nation = _england(read.frame, england)
    frame = _of_icb(read.frame, icb)
    mapped, how = _places(frame, by, read, issues)
    inside = mapped[mapped["place"] != ""]
    if inside.empty:
        fix = "Choose another --by, or a file of practice code and place."
        issues.append(Issue("NEED_NO_PLACE", "error", read.name, "", "no practice has a place", "a place each", fix))
        raise InputErrors(issues)
    measures = [field for field in populations() if field.name in frame]
    sums = inside.groupby("place", sort=True)[[field.name for field in measures]].sum()
    indices = _indices(sums, mapped, nation, issues, read.name, whole=icb is not None)
    source = f"NHS England practice weighted populations ({read.name}), summed over practices by {how}"
    rows = [
        (field.label, place, float(value), field.basis, read.period or None, source, "derived")
        for field in measures
        for place, value in zip(sums.index, sums[field.name].to_numpy(dtype=float), strict=True)
    ]
    taken = pd.DataFrame([(fields()[one.field].label, one.heading, one.how) for one in read.taken])
    taken.columns = pd.Index(["field", "heading", "how"])
    of = mapped[[PRACTICE, "place", *(field.name for field in measures)]].reset_index(drop=True)
    needs = pd.DataFrame(rows, columns=[column.name for column in SHEET[NEEDS].columns])
    return Need(needs, indices, taken, of, tuple(issues))


def _of_icb(frame: pd.DataFrame, icb: str | None) -> pd.DataFrame:
    """The practices of one ICB."""
    if icb is None:
        return frame
    names = [name for name in ("icb_code", "icb_name") if name in frame]
    if not names:
        raise BadCommand("The file has no column for the ICB, so --icb cannot choose one.")
    own = pd.Series(False, index=frame.index)
    for name in names:
        own |= frame[name].map(fold) == fold(icb)
    if not own.any():
        known = sorted({text for name in names for text in frame[name] if text})
        raise BadCommand(f"No practice is in the ICB '{icb}'. {near(icb, known)}")
    return frame[own].reset_index(drop=True)


def _places(frame: pd.DataFrame, by: str | Path, read: Practices, issues: list[Issue]) -> tuple[pd.DataFrame, str]:
    """The frame with a column `place` ('' where a practice has none), and what the places are."""
    pairs = GROUPINGS.get(fold(str(by)).replace(" ", "-").replace("subicb", "sub-icb"))
    if pairs is None:
        return _by_file(frame, Path(by), read, issues), f"the places of {Path(by).name}"
    pair = next((pair for pair in pairs if any(name in frame for name in pair)), None)
    if pair is None:
        have = [word for word, known in GROUPINGS.items() if any(name in frame for one in known for name in one)]
        raise BadCommand(f"'{read.name}' has no column for {by}. It has: {', '.join(have)}; or give a mapping file.")
    code, name = (frame[name] if name in frame else pd.Series("", index=frame.index) for name in pair)
    frame = frame.assign(place=_labels(code, name))
    _without_place(frame, read.name, issues)
    return frame, fields()[pair[1]].label.lower()


def _labels(code: pd.Series[str], name: pd.Series[str]) -> pd.Series[str]:
    """The name of each code, where nearly all of its rows bear it and no other code does; the code elsewhere."""
    key = code.where(code != "", name)
    known = pd.DataFrame({"key": key, "name": name})[(key != "") & (name != "")]
    counts = known.value_counts().reset_index(name="rows")
    counts["of"] = counts.groupby("key")["rows"].transform("sum")
    counts = counts[counts["rows"] >= ONE_NAME * counts["of"]]
    counts = counts[~counts["name"].map(fold).duplicated(keep=False)]
    label = dict(zip(counts["key"], counts["name"], strict=True))
    return key.map(lambda k: label.get(k, k))


def _by_file(frame: pd.DataFrame, path: Path, read: Practices, issues: list[Issue]) -> pd.DataFrame:
    """Places from a file of two columns, practice code and place, with or without headings."""
    if not path.suffix:
        raise BadCommand(
            f"--by is '{path}'. Choose from: {', '.join(GROUPINGS)}, or name a mapping file (csv or xlsx)."
        )
    rows = [(*row, "") for row in read_rows(path)]
    codes = set(frame[PRACTICE])
    known = [(row[0].replace(" ", "").upper(), row[1]) for row in rows]
    if known and known[0][0] not in codes and not any(letter.isdigit() for letter in known[0][0]):
        known = known[1:]  # its headings
    given: dict[str, str] = {}
    for code, place in known:
        if code in given and fold(given[code]) != fold(place):
            found = f"practice {code} is in '{given[code]}' and in '{place}'"
            fix = "Leave one of the two rows."
            issues.append(Issue("NEED_DUPLICATE", "error", path.name, "", found, "each practice in one place", fix))
        given.setdefault(code, place)
    unknown = [code for code in given if code and code not in codes]
    if unknown:
        found = f"{len(unknown)} practices of the mapping are not in '{read.name}': {listed(unknown)}"
        fix = "Correct the codes, or see where the lists of closed and merged practices have them now."
        issues.append(Issue("NEED_UNKNOWN_PRACTICE", "warning", path.name, "", found, "practices of the file", fix))
    if any(issue.severity == "error" for issue in issues):
        raise InputErrors(issues)
    first = {fold(place): place for place in reversed(list(given.values()))}  # one spelling of each place
    places = {code: first[fold(place)] for code, place in given.items()}
    frame = frame.assign(place=[places.get(code, "") for code in frame[PRACTICE]])
    key = "icb_code" if "icb_code" in frame else "icb_name"
    if key in frame:  # a file of England, a mapping of one system: the others are not meant
        frame = frame[frame[key].isin(frame[key][frame["place"] != ""])].reset_index(drop=True)
    _without_place(frame, path.name, issues)
    return frame


def _without_place(frame: pd.DataFrame, sheet: str, issues: list[Issue]) -> None:
    out = frame[frame["place"] == ""]
    if len(out) and len(out) < len(frame):
        people = f"{out[REGISTERED].sum():,.0f}"
        found = f"{len(out)} practices with {people} registered people have no place: {listed(list(out[PRACTICE]))}"
        fix = "They count in the ICB and England, in no place: give them one in a mapping file."
        issues.append(Issue("NEED_NO_PLACE", "warning", sheet, "", found, "a place for each practice", fix))


def _england(frame: pd.DataFrame, england: str | Path | pd.DataFrame | None) -> pd.Series[float] | None:
    """England's populations by field; None where they are not known."""
    names = [field.name for field in populations()]
    if england is not None:
        table = read_practices(england, coded=False).frame
        total = _without_totals(table)[[name for name in names if name in table]].sum()
        if total[REGISTERED] < ENGLAND_AT_LEAST:
            raise BadCommand(
                f"The table given for England has {total[REGISTERED]:,.0f} registered people, not a nation's."
            )
        return total
    total = frame[[name for name in names if name in frame]].sum()
    return total if total[REGISTERED] >= ENGLAND_AT_LEAST else None


def _without_totals(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of areas: one with as many people as all the others together is their total."""
    people = table[REGISTERED]
    return table[(people - (people.sum() - people)).abs() > 1e-6 * people.sum()] if len(table) > 1 else table


def _indices(
    sums: pd.DataFrame,
    mapped: pd.DataFrame,
    nation: pd.Series[float] | None,
    issues: list[Issue],
    name: str,
    *,
    whole: bool,
) -> pd.DataFrame:
    key = next((column for column in ("icb_code", "icb_name") if column in mapped), None)
    icb = pd.Series("", index=mapped.index) if whole or key is None else mapped[key]
    totals = mapped.groupby(icb)[list(sums.columns)].sum()
    of = {str(place): sorted(set(own)) for place, own in icb.groupby(mapped["place"])}
    split = [str(place) for place in sums.index if len(of[str(place)]) > 1]
    if split:
        found = f"{len(split)} places lie in several ICBs: {listed(split)}"
        fix = "They have no index against their ICB; choose one with --icb."
        issues.append(Issue("NEED_TWO_ICBS", "warning", name, "", found, "a place in one ICB", fix))
    blank = float("nan")
    rows = []
    for place, figures in zip(map(str, sums.index), sums.to_dict("records"), strict=True):
        registered = figures[REGISTERED]
        system = totals.loc[of[place][0]] if place not in split else None
        for field in populations():
            if field.name not in sums:
                continue
            own = figures[field.name]
            against = [
                blank
                if total is None or field.name not in total
                else relative_need_index(own, registered, float(total[field.name]), float(total[REGISTERED]))
                for total in (system, nation)
            ]
            all_places = float(sums[field.name].sum())
            rows.append((place, field.label, registered, own, own / all_places if all_places else blank, *against))
    columns = ["place", "measure", "registered", "population", "share", "index_icb", "index_england"]
    return pd.DataFrame(rows, columns=columns)
