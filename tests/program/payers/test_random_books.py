"""Who pays in random pooled books, against a transport program of scipy's made from the published frames alone."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import linprog

import budgetmodel as bm
from budgetmodel.program.payers.decide import who_pays
from tests.support import oracle
from tests.support.builder import Book
from tests.support.random_books import random_book

PENNY = 1e-8
Published = dict[oracle.Flow, float]


def published(result: bm.Result, case: oracle.Case) -> Published:
    """The published flows, £m."""
    columns = ["year", "source", "place", "service", "provider", "amount"]
    rows = result.frames["flows"][columns].astype(object).itertuples(index=False, name=None)
    return {(case.years.index(year), s, p, v, j): float(amount) for year, s, p, v, j, amount in rows}


def homes(case: oracle.Case) -> dict[str, set[tuple[str, str]]]:
    """For each source the places and services where its holder is at home."""
    by_holder: dict[str, set[tuple[str, str]]] = defaultdict(set)
    holder = {str(row["source"]): str(row.get("holder") or row["source"]) for row in case.tables["Sources"]}
    for row in case.tables["Sources"]:
        places = oracle.choose(case.tables, "place", row["home places"])
        services = oracle.choose(case.tables, "service", row["home services"])
        by_holder[holder[str(row["source"])]] |= {(p, v) for p in places for v in services}
    return {source: by_holder[holder[source]] for source in case.sources}


def tells_sources_apart(line: oracle.Line, flows: list[oracle.Flow]) -> bool:
    """Whether a row changes when one source pays instead of another."""
    factors: dict[tuple[object, ...], set[float]] = defaultdict(set)
    for flow in flows:
        factors[flow[0], *flow[2:]].add(line.terms.get(flow, 0.0))
    return any(len(each) > 1 for each in factors.values())


def least_crossing(case: oracle.Case, paid: Published) -> float:
    """The least money across organisations in all years, £m: same lines, same sources, no rule missed by more."""
    permitted = oracle.permitted_flows(case)
    home, total = homes(case), 0.0
    lines = oracle.rule_lines(case, permitted)
    for year in range(len(case.years)):
        own = [flow for flow in permitted if flow[0] == year]
        seen = [line for line in lines if any(f[0] == year for f in line.terms) and tells_sources_apart(line, own)]
        total += of_year(own, seen, {f: a for f, a in paid.items() if f[0] == year}, home)
    return total


def of_year(
    own: list[oracle.Flow], rules: list[oracle.Line], paid: Published, home: dict[str, set[tuple[str, str]]]
) -> float:
    """The least crossing of one year; `rules` are the rows that tell sources apart."""
    due: dict[tuple[str, ...], float] = defaultdict(float)
    spends: dict[str, float] = defaultdict(float)
    for (_, source, *line), amount in paid.items():
        due[tuple(line)] += amount
        spends[source] += amount
    own = [f for f in own if f[2:] in due and f[1] in spends]
    at = {flow: n for n, flow in enumerate(own)}
    count, rows, right = len(own) + 2 * len(rules), [], []
    for keys, part in ((due, lambda f: f[2:]), (spends, lambda f: f[1])):
        for key, amount in keys.items():
            rows.append({n: 1.0 for flow, n in at.items() if part(flow) == key})
            right.append(amount)
    above, limits, missed = [], [], 0.0
    weights: dict[int, float] = {}
    for number, line in enumerate(rules):
        terms = {at[f]: c for f, c in line.terms.items() if f in at}
        off = line.distance(paid)
        missed += 0.0 if line.must else line.weight * off
        slack = len(own) + 2 * number
        for sign, sense, column in ((-1.0, ">=", slack), (1.0, "<=", slack + 1)):
            if line.sense in (sense, "="):
                more = {} if line.must else {column: -1.0}
                above.append({n: sign * c for n, c in terms.items()} | more)
                limits.append(sign * line.limit + (off if line.must else 0.0))
                weights |= {} if line.must else {column: line.weight}
    above.append(weights)
    limits.append(missed)
    cost = np.array([float(f[2:4] not in home[f[1]]) for f in own] + [0.0] * (2 * len(rules)))
    found = linprog(
        cost, A_eq=matrix(rows, count), b_eq=right, A_ub=matrix(above, count), b_ub=np.array(limits) + PENNY / 10
    )
    assert found.status == 0, found.message
    return float(found.fun)


def matrix(rows: list[dict[int, float]], columns: int) -> sparse.csr_array:
    """Rows given by their non-zeros."""
    at = [(i, j, c) for i, row in enumerate(rows) for j, c in row.items()]
    i, j, c = (np.array([each[n] for each in at]) for n in range(3))
    return sparse.csr_array((c.astype(float), (i.astype(int), j.astype(int))), shape=(len(rows), columns))


def pooled(seed: int) -> Book:
    """A random book in which half the sources have a holder of their own; in every other one rules look at sources.

    The two should rules ask for what can hardly be had together: the first source is to pay much of every place, and
    the last source little of the first service.
    """
    book = random_book(seed=seed, size="small")
    for number, row in enumerate(book["Sources"]):
        if number % 2:
            row["Holder"] = f"Body {number}"
    if seed % 2:
        first, last = (book["Sources"][at]["Source"] for at in (0, -1))
        service = book["Services"][0]["Service"]
        hope = {"Of": "sources=all", "Strength": "should"}
        book.rule("Much of each place", "share", "at least", 0.6, Each="place", Sources=first, Weight=0.5, **hope)
        book.rule("Little of a service", "share", "at most", 0.05, Sources=last, Services=service, **hope)
        book.rule("A bit", "amount", "at least", 0.5, Each="source", Services=service, Strength="should", Weight=2)
    return book


def solved(book: Book, path: Path) -> bm.Result | None:
    """The scenario Pooled; None where it has no answer."""
    try:
        return bm.solve(bm.read(book.save(path)), "Pooled")
    except bm.Infeasible:
        return None


@pytest.mark.parametrize("seed", range(12))
def test_no_other_payers_would_cross_less(seed: int, tmp_path: Path) -> None:
    book, path = pooled(seed), tmp_path / "book.xlsx"
    result = solved(book, path)
    if result is None:
        return
    case = oracle.load(path, "Pooled")
    paid = published(result, case)
    least = least_crossing(case, paid)
    pennies = PENNY * (len(paid) + 1)
    assert result.metric("crossing_organisations") == pytest.approx(least, abs=pennies)
    assert result.certificate.crossing == pytest.approx(least, abs=pennies)
    assert result.certificate.crossing_bound == pytest.approx(least, abs=pennies)


@pytest.mark.parametrize("seed", range(12))
def test_lines_that_are_alike_are_decided_as_if_one_by_one(seed: int, tmp_path: Path) -> None:
    result = solved(pooled(seed), tmp_path / "book.xlsx")
    if result is None:
        return
    layout, x = result.answer.layout, result.answer.solved.x
    shape = (result.answer.structure.years, len(result.inputs.sources), len(result.answer.structure.lines))
    amounts = []
    for alike in (True, False):
        paid = who_pays(layout, x, alike=alike)
        amounts.append(np.zeros(shape))
        amounts[-1][paid.year, paid.source, paid.line] = paid.amount
    assert np.abs(amounts[0] - amounts[1]).max() < PENNY


@pytest.mark.parametrize("seed", range(0, 12, 2))
def test_no_two_sources_could_change_places_and_cross_less(seed: int, tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    result = solved(pooled(seed), path)
    if result is None:
        return
    case = oracle.load(path, "Pooled")
    rules = oracle.rule_lines(case, oracle.permitted_flows(case))
    home, may = homes(case), set(oracle.permitted_flows(case))
    paid = [flow for flow, amount in published(result, case).items() if amount > len(may) * PENNY]
    if any(tells_sources_apart(line, list(may)) for line in rules):
        return  # a swap may break a rule
    swaps = [
        (one, two)
        for one in paid
        for two in paid
        if one[0] == two[0]
        and {(one[0], one[1], *two[2:]), (two[0], two[1], *one[2:])} <= may
        and sum(f[2:4] not in home[f[1]] for f in (one, two))
        > (two[2:4] not in home[one[1]]) + (one[2:4] not in home[two[1]])
    ]
    assert swaps == []


def least_change(own: list[oracle.Flow], paid: Published, before: Published, away: set[oracle.Flow]) -> float:
    """The least that changes hands in a year, £m, if no more crosses than does; `before` is who would pay as before."""
    keys = [*dict.fromkeys(("line", *f[2:]) for f in own), *dict.fromkeys(("source", f[1]) for f in own)]
    row = {key: n for n, key in enumerate(keys)}
    count = len(own)
    sums = np.zeros((len(keys), 2 * count))
    for n, f in enumerate(own):
        sums[row["line", *f[2:]], n] = sums[row["source", f[1]], n] = 1.0
    right = sums[:, :count] @ np.array([paid.get(f, 0.0) for f in own])
    # What is paid beyond what it would be: y - more <= before, and no more crosses.
    beyond = np.hstack([np.eye(count), -np.eye(count)])
    crossing = np.array([[*(float(f in away) for f in own), *np.zeros(count)]])
    limits = np.array([*(before.get(f, 0.0) for f in own), sum(paid.get(f, 0.0) for f in away) + PENNY])
    cost = np.concatenate([np.zeros(count), np.ones(count)])
    found = linprog(cost, A_eq=sums, b_eq=right, A_ub=np.vstack([beyond, crossing]), b_ub=limits)
    assert found.status == 0, found.message
    return float(found.fun)


def as_before(own: list[oracle.Flow], paid: Published, earlier: Published, case: oracle.Case) -> Published:
    """What each flow of a year would be if lines kept the payers of the year before, or began with those at home."""
    source_home = {
        str(row["source"]): {
            (place, service)
            for place in oracle.choose(case.tables, "place", row["home places"])
            for service in oracle.choose(case.tables, "service", row["home services"])
        }
        for row in case.tables["Sources"]
    }
    result: Published = {}
    for line in dict.fromkeys(f[2:] for f in own):
        due = sum(amount for f, amount in paid.items() if f[2:] == line)
        payers = {f[1]: amount for f, amount in earlier.items() if f[2:] == line}
        if sum(payers.values()) < 1e-6:
            may = [f[1] for f in own if f[2:] == line]
            spends = {source: sum(a for f, a in paid.items() if f[1] == source) for source in may}
            home = {source: spends[source] for source in may if line[:2] in source_home[source]}
            payers = home if sum(home.values()) > 0 else spends
        whole = sum(payers.values())
        result |= {(own[0][0], source, *line): due * amount / whole for source, amount in payers.items() if amount}
    return result


@pytest.mark.parametrize("seed", range(0, 12, 2))
def test_no_payer_changes_without_need(seed: int, tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    result = solved(pooled(seed), path)
    if result is None:
        return
    case = oracle.load(path, "Pooled")
    permitted = oracle.permitted_flows(case)
    if any(tells_sources_apart(line, permitted) for line in oracle.rule_lines(case, permitted)):
        return  # rules narrow the choice: test_no_other_payers_would_cross_less has them
    home, paid = homes(case), exact(result)
    earlier: Published = {}
    for year in range(len(case.years)):
        now = {f: a for f, a in paid.items() if f[0] == year}
        lines, sources = {f[2:] for f in now}, {f[1] for f in now}
        own = [f for f in permitted if f[0] == year and f[2:] in lines and f[1] in sources]
        before = as_before(own, now, earlier, case)
        changed = sum(max(amount - before.get(f, 0.0), 0.0) for f, amount in now.items())
        away = {f for f in own if f[2:4] not in home[f[1]]}
        assert changed == pytest.approx(least_change(own, now, before, away), abs=1e-6)
        earlier = {f: a for f, a in paid.items() if f[0] == year}


def exact(result: bm.Result) -> Published:
    """The flows before they were rounded to pence, £m."""
    structure = result.answer.structure
    paid = who_pays(result.answer.layout, result.answer.solved.x)
    lines, inputs = structure.lines, structure.inputs
    names = [
        np.array(inputs.members(d), dtype=object)[lines[d].to_numpy()[paid.line]]
        for d in ("place", "service", "provider")
    ]
    sources = np.array(inputs.sources, dtype=object)[paid.source]
    keys = zip(paid.year.tolist(), sources, *names, strict=True)
    return dict(zip(keys, paid.amount.tolist(), strict=True))
