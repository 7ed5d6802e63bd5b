"""Checks of organisations: one-off costs and who pays, hosts, grades of money in a pool, partners' shares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import pandas as pd

from budgetmodel.checks.cells import Finding, did_you_mean, number, parse, respelt, words
from budgetmodel.checks.dates import speaks_of
from budgetmodel.checks.typed import Typed, setting
from budgetmodel.contract import schema
from budgetmodel.contract.schema import ALIGNED, IN_VIEW, Column, Kind, fold
from budgetmodel.contract.selectors import Selection
from budgetmodel.contract.tables import records
from budgetmodel.inputs.reach import pot_table
from budgetmodel.inputs.regime_terms import in_first_year, several

WHOLE = 5e-4
"""Shares that miss 100% by no more than this are taken to make 100%: they are rounded to a tenth of a per cent."""

RATE = Column("Value", Kind.PERCENT, low=0.0, high=1.0)

REACHES = (("Home places", "Lawful places"), ("Home services", "Lawful services"))


@dataclass(frozen=True)
class _Pot:
    """One pot of one regime, with the years in which it holds these sources by these rows of Sources."""

    regime: str
    name: str
    years: tuple[str, ...]
    sources: frozenset[str]
    rows: frozenset[int]

    @property
    def words(self) -> str:
        return f"'{self.name}' (regime '{self.regime}', {self.years[0]})"


def check_organisations(typed: Typed) -> None:
    """Issues of what no equation uses but reports rest on. Names of holders and phase-ins are put in order."""
    _phase_in(typed)
    _holders(typed, schema.SOURCES, "Host")
    _holders(typed, schema.REGIME_COSTS, "Payer")
    _passed_on(typed)
    pots = list(_pots(typed))
    _grades(typed, pots)
    _partner_shares(typed, pots)
    _hosts(typed, pots)


def check_rates(typed: Typed) -> None:
    """Issues of the percentages that About may state."""
    for name in schema.RATE_SETTINGS:
        found = setting(typed, name)
        if found is not None:
            position, value = found
            _, finding = parse(value, RATE)
            if finding is not None and finding.severity != "repaired":  # About's values are text, numbers too
                typed.report(finding, schema.ABOUT, position, "Value")


def _phase_in(typed: Typed) -> None:
    """The parts of a one-off cost by year, as numbers; a blank is everything in the first year."""
    frame, years = typed.frames[schema.REGIME_COSTS], typed.members[schema.YEARS].names
    result: list[object] = []
    for position, value in enumerate(frame["Phase-in by year"]):
        if value is None:
            result.append(in_first_year(len(years)))
            continue
        shares, finding = _shares(value, len(years))
        result.append(shares)
        if finding is not None and years:  # without years there is nothing to hold the shares against
            typed.report(finding, schema.REGIME_COSTS, position, "Phase-in by year")
    frame["Phase-in by year"] = pd.Series(result, dtype=object, index=frame.index)


def _shares(value: object, years: int) -> tuple[tuple[float, ...] | None, Finding | None]:
    """Shares by year, as `25%; 35%; 40%`, and what is wrong with them."""
    expected = f"a share for each of the {years} years, first year first, that make 100%, such as {_example(years)}"
    pieces = [part.strip() for part in str(value).split(";")] if isinstance(value, str) else [value]
    read = [number(piece)[0] for piece in pieces]
    shares = tuple(share for share in read if isinstance(share, float) and 0.0 <= share <= 1.0)
    shown = words(value)
    if len(shares) < len(read):
        wrong = next(p for p, s in zip(pieces, read, strict=True) if not isinstance(s, float) or not 0.0 <= s <= 1.0)
        return None, Finding(
            "PHASE_IN", f"'{wrong}' is no share from 0% to 100%", expected, "Type shares, 25% or 0.25."
        )
    if len(shares) != years:
        found = f"'{shown}' has {len(shares)} shares"
        return None, Finding("PHASE_IN", found, expected, "Give every year a share; 0% where nothing falls.")
    if abs(sum(shares) - 1.0) > WHOLE:
        fix = "Correct the shares."
        if list(shares) == sorted(shares) and abs(shares[-1] - 1.0) <= WHOLE:
            steps = [later - sooner for sooner, later in zip((0.0, *shares), shares, strict=False)]
            fix = f"If they are running totals, type {'; '.join(f'{step:.10g}' for step in map(_tidy, steps))}."
        return None, Finding("SHARE_SUM", f"the shares '{shown}' make {sum(shares):.1%}", expected, fix)
    return tuple(share / sum(shares) for share in shares), None


def _tidy(share: float) -> float:
    return round(share, 9)


def _example(years: int) -> str:
    known = {1: "100%", 2: "40%; 60%", 3: "25%; 35%; 40%"}
    return known.get(years) or "; ".join(["25%", "35%", "40%", *["0%"] * (years - 3)])


def _holders(typed: Typed, sheet: str, column: str) -> None:
    """A host or payer is the holder of a source, under the name that it has there."""
    frame, holders = typed.frames[sheet], list(typed.frames[schema.SOURCES]["Holder"])
    if not typed.has(schema.SOURCES) or None in holders:  # an error of its own
        return
    known = {fold(str(name)): str(name) for name in holders}
    for position, value in enumerate(frame[column]):
        if value is None:
            continue
        name = known.get(fold(str(value)))
        if name is None:
            fix = did_you_mean(str(value), tuple(known.values()), "Type a holder as Sources has it.")
            found = f"'{value}' holds no source"
            typed.report(
                Finding("HOLDER_UNKNOWN", found, "a Holder of the sheet 'Sources'", fix), sheet, position, column
            )
        else:
            frame.at[frame.index[position], column] = name
            if value != name:
                typed.report(respelt(value, name), sheet, position, column)


def _passed_on(typed: Typed) -> None:
    """A share is passed on to somebody: to the other members of the provider's lead group."""
    frame = typed.frames[schema.PROVIDERS]
    for position, row in records(frame):
        if row["Passed on share"] is not None and row["Lead group"] is None:
            found = f"'{row['Provider']}' passes money on, but is in no lead group"
            fix = "Name its Lead group, or clear the share: it is not used."
            finding = Finding("PASSED_ON_UNUSED", found, "a share of a member of a lead group", fix, "warning")
            typed.report(finding, schema.PROVIDERS, position, "Passed on share")


def _pots(typed: Typed) -> Iterator[_Pot]:
    """The pots of every regime; the years in which a pot holds the same sources are taken together."""
    if not typed.has(schema.REGIMES, schema.SOURCES, schema.YEARS):
        return
    frame, names = typed.frames[schema.REGIMES].dropna(subset=["Pot"]), typed.frames[schema.SOURCES]["Source"]
    years_known = typed.members[schema.YEARS].names
    rows_in = {year: [at for at in names.index if speaks_of(typed, schema.SOURCES, at, year)] for year in years_known}
    for regime in dict.fromkeys(name for name in frame["Regime"] if name is not None):
        table = pot_table(frame, str(regime))
        inside: dict[tuple[str, str], set[str]] = {}
        for pot, year, source in zip(table["pot"], table["year"], table["source"], strict=True):
            inside.setdefault((str(pot), str(year)), set()).add(str(source))
        found: dict[tuple[str, frozenset[str], frozenset[int]], list[str]] = {}
        for (pot, year), sources_of in inside.items():
            rows = frozenset(at for at in rows_in[year] if names[at] in sources_of)
            found.setdefault((pot, frozenset(sources_of), rows), []).append(year)
        for (pot, sources, rows), years in found.items():
            yield _Pot(str(regime), pot, tuple(years), sources, rows)


def _grades(typed: Typed, pots: Sequence[_Pot]) -> None:
    """Money in view moves nowhere; aligned money stays in a ledger of its own, though it may share a pot."""
    for position, row in records(typed.frames[schema.SOURCES]):
        if row["Grade"] not in (ALIGNED, IN_VIEW):
            continue
        shared = [pot for pot in pots if position in pot.rows and len(pot.sources) > 1]
        wide = [home for home, lawful in REACHES if _wider(row[lawful], row[home])]
        if row["Grade"] == IN_VIEW and shared:
            found = f"'{row['Source']}' is in view, but shares the pot {shared[0].words}"
            fix = "Give it a pot of its own ('each') in every regime, or another Grade."
            finding = Finding("IN_VIEW_MOVES", found, "a pot of its own", fix)
        elif row["Grade"] == IN_VIEW and wide:
            found = f"'{row['Source']}' is in view, but may lawfully go beyond its {wide[0].lower()}"
            fix = "Make Lawful what Home is, or choose another Grade."
            finding = Finding("IN_VIEW_MOVES", found, "money that is lawful only at home", fix)
        elif row["Grade"] == ALIGNED and shared and wide:
            found = (
                f"'{row['Source']}' is aligned, but in the pot {shared[0].words} may go beyond its {wide[0].lower()}"
            )
            fix = "Make Lawful what Home is, give it a pot of its own, or choose the Grade pooled."
            finding = Finding("ALIGNED_MOVES", found, "money that stays in its own ledger", fix)
        else:
            continue
        typed.report(finding, schema.SOURCES, position, "Grade")


def _wider(lawful: object, home: object) -> bool:
    if not isinstance(lawful, Selection) or not isinstance(home, Selection):
        return False
    return not set(lawful.members) <= set(home.members)


def _pools(typed: Typed, pots: Sequence[_Pot]) -> list[tuple[_Pot, pd.DataFrame]]:
    """The pots of several holders with the rows of their pooled sources: money that is only aligned is left out."""
    frame = typed.frames[schema.SOURCES]
    held = frame[frame["Holder"].notna() & ~frame["Grade"].isin([ALIGNED, IN_VIEW])]
    inside = [(pot, held[held.index.isin(pot.rows)]) for pot in pots if len(pot.sources) > 1]
    return [(pot, rows) for pot, rows in inside if several([str(name) for name in rows["Holder"]])]


def _partner_shares(typed: Typed, pots: Sequence[_Pot]) -> None:
    """Shares make 100% in every pool that is not part of a larger one; where a source has none, not above 100%."""
    pools = _pools(typed, pots)
    members = [frozenset(rows["Source"]) for _, rows in pools]
    for (pot, rows), inside in zip(pools, members, strict=True):
        stated = rows["Partner share"].dropna()
        if stated.empty or any(inside < other for other in members):
            continue
        total = float(stated.astype(float).sum())
        whole = len(stated) == len(rows)
        if abs(total - 1.0) > WHOLE if whole else total > 1.0 + WHOLE:
            found = f"the partner shares of the pot {pot.words} make {total:.1%}"
            expected = "100% in all" if whole else "at most 100%, the rest for sources without a share"
            finding = Finding("RISK_SHARE_SUM", found, expected, "Correct the shares.")
            typed.report(finding, schema.SOURCES, int(stated.index[0]), "Partner share")


def _hosts(typed: Typed, pots: Sequence[_Pot]) -> None:
    """Where the workbook names hosts, every pool has one, and only one."""
    if typed.frames[schema.SOURCES]["Host"].dropna().empty:
        return
    for _, group in groupby(_pools(typed, pots), key=lambda pool: (pool[0].regime, pool[0].name)):
        pot, rows = next(group)
        hosts = list(dict.fromkeys(str(host) for host in rows["Host"].dropna()))
        if not hosts:
            found, fix = f"no source of the pot {pot.words} names a host", "Type its Host in one of its sources."
            finding = Finding("POOL_NO_HOST", found, "a host for every pool", fix, "warning")
        elif len(hosts) > 1:
            found, fix = f"the pot {pot.words} has the hosts {' and '.join(hosts)}", "Keep one, unless both are meant."
            finding = Finding("POOL_HOSTS", found, "one host for a pool", fix, "warning")
        else:
            continue
        typed.report(finding, schema.SOURCES, int(rows.index[0]), "Host")
