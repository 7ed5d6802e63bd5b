"""What must hold of every budget: agreement with an independent model, totals to the penny, and invariances."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pulp
import pytest

import budgetmodel as bm
from tests.support import oracle
from tests.support.builder import Book, two_places
from tests.support.figures import near
from tests.support.random_books import random_book
from tests.support.types import Solve

PENNIES = 100_000_000  # in £1m
THOUSAND = 0.001  # £1k in £m


def seeds(quick: list[tuple[int, str]], slow: list[tuple[int, str]]) -> list[Any]:
    """Cases of (seed, size); the slow ones only when asked for."""
    cases = [pytest.param(case, id=f"{case[1]} {case[0]}") for case in quick]
    return cases + [pytest.param(case, id=f"{case[1]} {case[0]}", marks=pytest.mark.slow) for case in slow]


@dataclass(frozen=True)
class Solved:
    """A random book and every scenario of it, solved by us."""

    path: Path
    budget: bm.Budget
    results: dict[str, bm.Result]
    failures: dict[str, Exception]


@pytest.fixture(
    scope="module",
    params=seeds(
        [(1, "tiny"), (2, "tiny"), (5, "tiny"), (3, "small")],
        [
            *((seed, "tiny") for seed in (3, 4, *range(6, 34))),
            *((seed, "small") for seed in range(4, 24)),
            (1, "large"),
        ],
    ),
)
def solved(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Solved:
    seed, size = request.param
    path = random_book(seed, size).save(tmp_path_factory.mktemp("random") / "book.xlsx")
    budget = bm.read(path)
    failures: dict[str, Exception] = {}
    results = bm.solve_all(budget, failures=failures)  # type: ignore[arg-type]  # any failure will do here
    return Solved(path, budget, results, failures)


def amounts(result: bm.Result) -> pd.Series:
    """£m by year, place and service."""
    return result.allocation.set_index(["year", "place", "service"])["amount"].sort_index()


def same_money(one: bm.Result, other: bm.Result) -> bool:
    both = pd.concat([amounts(one), amounts(other)], axis=1).fillna(0.0)
    return bool((both.iloc[:, 0] - both.iloc[:, 1]).abs().max() <= THOUSAND)


def not_worse(new: bm.Result, old: bm.Result, tolerance: float = 2e-6) -> bool:
    """(shortfall, then index): a better shortfall may cost index."""
    short, was = new.certificate.shortfall, old.certificate.shortfall
    if short < was - tolerance * max(1.0, was):
        return True
    if short > was + tolerance * max(1.0, was):
        return False
    return new.certificate.index <= old.certificate.index + 1e-4


# ---- against the independent model --------------------------------------------------------------------


def test_shortfall_and_index_are_those_of_the_independent_model(solved: Solved) -> None:
    for name in solved.budget.scenarios:
        answer = oracle.solve(solved.path, name)
        if answer.status == "infeasible":
            assert isinstance(solved.failures[name], bm.Infeasible)
            continue
        assert name not in solved.failures, (name, solved.failures[name])
        certificate = solved.results[name].certificate
        assert certificate.shortfall == near(answer.shortfall, rel=1e-6), name
        # On a scale of 100; the solver's tolerance on a ratio (1e-7) is worth up to this much index on a thin face.
        assert certificate.index == pytest.approx(answer.index, abs=1e-6, rel=1e-6), name


def test_published_flows_are_worth_what_is_published(solved: Solved) -> None:
    for name, result in solved.results.items():
        seen = oracle.evaluate(solved.path, name, result.flows)
        years = result.inputs.years
        assert seen.violation < 1e-6, (name, seen.worst)
        # flows are whole pence, so what they are worth is known to about as much
        assert seen.index == pytest.approx(result.metric("index"), abs=1e-5, rel=1e-6)
        assert seen.year_index == pytest.approx(
            {year: result.metric("index", year) for year in years}, abs=1e-5, rel=1e-6
        )
        assert seen.shortfall == pytest.approx(result.metric("shortfall"), abs=1e-5)
        gaps = {component: result.metric("component_gap", component) for component in seen.components}
        assert seen.components == pytest.approx(gaps, abs=1e-6)
        assert seen.delivered == pytest.approx(result.metric("delivered"), abs=1e-6)
        assert seen.transaction_cost == pytest.approx(result.metric("transaction_cost"), abs=1e-6)
        assert seen.contracts == {year: result.metric("contracts", year) for year in years}
        assert seen.mean_contracts == pytest.approx(result.metric("contracts"))


def test_every_source_and_year_adds_up_to_the_penny(solved: Solved) -> None:
    for result in solved.results.values():
        flows = result.flows.assign(pence=pence_of(result.flows["amount"]))
        spent = flows.groupby(["source", "year"])["pence"].sum()
        balance = result.rules[result.rules["rule"] == "source balance"]
        budget = result.inputs
        source_at = {budget.cell("Sources", i, "Source"): source for i, source in enumerate(budget.sources)}
        keys = list(zip(balance["cell"].map(source_at), balance["year"], strict=True))
        due = pd.Series(pence_of(balance["limit"]).to_numpy(), index=pd.MultiIndex.from_tuples(keys))
        assert due.index.is_unique
        assert (spent.reindex(due.index, fill_value=0) == due).all()
        assert set(spent.index) <= set(due.index)

        before = 0
        by_year = zip(budget.years, budget.funding.T, strict=True)
        funding = {year: sum(round(money * PENNIES) for money in by_source) for year, by_source in by_year}
        for year in budget.years:
            cost, carried = (round(result.metric(m, year) * PENNIES) for m in ("contract_cost", "carried_forward"))
            in_year = due[due.index.get_level_values(1) == year].sum()
            assert in_year + cost + carried == funding[year] + before
            assert pence_of(pd.Series([result.metric("spent", year)])).iloc[0] == in_year
            before = carried
        assert before == 0  # nothing is carried out of the last year
        assert pence_of(result.allocation["amount"]).sum() == flows["pence"].sum()


def pence_of(money: pd.Series) -> pd.Series:
    """£m as whole pence; anything finer is a failure."""
    pence = (money.astype(float) * PENNIES).round()
    assert (money.astype(float) - pence / PENNIES).abs().max() < 1e-9
    return pence.astype("int64")


def test_the_proof_is_tight(solved: Solved) -> None:
    for result in solved.results.values():
        proof = result.certificate
        assert proof.worst_residual < 1e-6
        assert proof.shortfall_gap <= 1e-6 * max(1.0, proof.shortfall)
        assert proof.gap <= 1e-5 * max(1.0, proof.index / 10)


# ---- the same budget, written another way ---------------------------------------------------------------

WRITTEN = seeds([(2, "tiny"), (5, "tiny")], [*((seed, "small") for seed in range(30, 40))])


@pytest.mark.parametrize("case", WRITTEN)
def test_shuffled_rows_and_other_money_units_give_the_same_money(case: tuple[int, str], solve: Solve) -> None:
    book = random_book(*case)
    plain = solve(book, "Changed")
    for layout in ({"shuffle": 1}, {"shuffle": 2, "money_unit": "£k"}, {"money_unit": "£"}):
        other = solve(book, "Changed", **layout)
        assert other.certificate.index == near(plain.certificate.index, rel=1e-6), layout
        assert same_money(plain, other), layout


@pytest.mark.parametrize("case", WRITTEN)
def test_renamed_places_get_the_same_money(case: tuple[int, str], solve: Solve) -> None:
    book = random_book(*case)
    plain = solve(book, "Changed")
    old = [row["Place"] for row in book["Places"]]
    new = {place: f"{letter} town" for place, letter in zip(old, "ZYXWVUTSRQ", strict=False)}  # the order turns round
    names = re.compile("|".join(map(re.escape, old)))
    for rows in book.values():
        for row in rows:
            row.update({k: names.sub(lambda m: new[m[0]], v) for k, v in row.items() if isinstance(v, str)})
    renamed = solve(book, "Changed")
    assert renamed.certificate.index == near(plain.certificate.index, rel=1e-6)
    back = {town: place for place, town in new.items()}
    moved = renamed.allocation.assign(place=renamed.allocation["place"].map(back))
    both = pd.concat([amounts(plain), moved.set_index(["year", "place", "service"])["amount"]], axis=1).fillna(0.0)
    assert (both.iloc[:, 0] - both.iloc[:, 1]).abs().max() <= THOUSAND


@pytest.mark.parametrize("case", WRITTEN)
def test_ten_times_the_money_leaves_the_index(case: tuple[int, str], solve: Solve) -> None:
    book = random_book(*case)
    plain = solve(book, "Pooled")
    for sheet, column in (("Funding", "Amount"), ("Baseline", "Amount"), ("Contracts", "Cost per contract")):
        for row in book[sheet]:
            row[column] *= 10
    for row in book["Rules"]:
        if row["Measure"] in ("amount", "per head"):
            row["Value"] *= 10
    book.remove("Changes")
    rich = solve(book, "Pooled")
    assert rich.certificate.index == pytest.approx(plain.certificate.index, abs=1e-5, rel=1e-5)
    assert rich.certificate.shortfall == pytest.approx(10 * plain.certificate.shortfall, abs=1e-5, rel=1e-6)


@pytest.mark.parametrize("case", WRITTEN)
def test_solver_algorithms_agree(case: tuple[int, str], solve: Solve) -> None:
    book = random_book(*case)
    plain = solve(book, "Pooled")
    for solver in ("highs-simplex", "highs-ipm"):
        other = solve(book, "Pooled", solver)
        assert other.certificate.index == near(plain.certificate.index, rel=1e-6), solver
        assert same_money(plain, other), solver


@pytest.mark.filterwarnings("ignore:PULP_CBC_CMD is deprecated:DeprecationWarning")
@pytest.mark.parametrize("case", WRITTEN)
def test_another_solver_of_pulp_agrees(case: tuple[int, str], solve: Solve) -> None:
    found = [name for name in ("PULP_CBC_CMD", "COIN_CMD") if name in pulp.listSolvers(onlyAvailable=True)]
    if not found:
        pytest.skip(f"PuLP {pulp.__version__} finds neither PULP_CBC_CMD nor COIN_CMD here")
    book = random_book(*case)
    plain = solve(book, "Pooled")
    other = solve(book, "Pooled", found[0])  # raises SolverFailed if the two disagree
    assert other.certificate.index == near(plain.certificate.index, rel=1e-6)
    assert same_money(plain, other)


def test_what_is_free_does_not_depend_on_the_algorithm(solve: Solve) -> None:
    # North's 45 may be shared over two services in many ways at the same turnover.
    book = two_places().add("Services", Service="Cure").set("Funding", Amount=150)
    book.spend("North", "Cure", "Trust", 20).spend("South", "Cure", "Trust", 10)
    book.rule("North", "amount", "exactly", 60, Places="North")
    plain = solve(book, "Base")
    for solver in ("highs-simplex", "highs-ipm", "highs-hipo"):
        assert same_money(plain, solve(book, "Base", solver)), solver


def test_an_unknown_solver_is_refused(solve: Solve) -> None:
    with pytest.raises(ValueError, match=r"There is no solver 'HIGH'\. Did you mean 'highs'\?"):
        solve(two_places(), "Base", "HIGH")


# ---- never worse -------------------------------------------------------------------------------------


def free_of_charge(book: Book) -> Book:
    return book.set("Contracts", Fee=0, Cost_per_contract=0)


@pytest.mark.parametrize("case", seeds([(2, "tiny")], [(seed, "small") for seed in range(40, 52)]))
def test_merging_pots_never_worsens(case: tuple[int, str], tmp_path: Path) -> None:
    budget = bm.read(free_of_charge(random_book(*case)).save(tmp_path / "in.xlsx"))
    chain = [name for name in ("Split", "Partial", "Pooled") if name in budget.scenarios]
    failures: dict[str, Any] = {}
    results = bm.solve_all(budget, chain, failures=failures)
    for narrow, wide in pairwise(chain):
        if narrow in results:
            assert wide in results, f"{wide} has no answer where {narrow} has one"
            assert not_worse(results[wide], results[narrow]), (narrow, wide)


def nested() -> Book:
    """Five regimes, each joining what the one before kept apart, on a book where every step frees money."""
    book = Book()
    book.add("Years", Year="2025/26", Weight=1)
    for place in ("Ash", "Bay", "Cob"):
        book.add("Places", Place=place)
    book.need("Population", {"Ash": 1000, "Bay": 1000, "Cob": 1000})
    for service, delegation in (("Core", "own"), ("Dental", "delegated"), ("Care", "own"), ("Rare", "retained")):
        book.add("Services", Service=service, Delegation=delegation)
    book.add("Providers", Provider="Trust")
    spend = {"Ash": (60, 12, 20, 6), "Bay": (40, 9, 16, 5), "Cob": (30, 6, 12, 4)}
    for place, amounts_ in spend.items():
        for service, amount in zip(("Core", "Dental", "Care", "Rare"), amounts_, strict=True):
            book.spend(place, service, "Trust", amount)
    for place, (core, _, care, _) in spend.items():
        book.add(
            "Sources", Source=f"NHS {place}", Home_places=place, Home_services="Core", Lawful_services="all; not Rare"
        )
        book.fund(f"NHS {place}", [core])
        book.add("Sources", Source=f"Council {place}", Home_places=place, Lawful_places=place, Home_services="Care")
        book.set("Sources", row=-1, Lawful_services="all; not Rare").fund(f"Council {place}", [care])
    book.add("Sources", Source="Delegated", Home_services="Dental", Lawful_services="all; not Rare").fund(
        "Delegated", [27]
    )
    book.add("Sources", Source="National", Home_services="Rare", Lawful_services="Rare").fund("National", [15])
    book.add("Target", Component="Overall", Need_measure="Population")
    book.rule("Floor", "change", "at least", -0.1, Each="place, service")
    nhs, councils = "NHS Ash; NHS Bay; NHS Cob", "Council Ash; Council Bay; Council Cob"
    regimes = {
        "Split": [],
        "Two": ["NHS Ash; NHS Bay"],
        "Option 1": [nhs],
        "Option 2": [f"{nhs}; Delegated"],
        "Pooled": [f"{nhs}; Delegated; {councils}"],
    }
    for regime, groups in regimes.items():
        for group in groups:
            book.add("Regimes", Regime=regime, Sources=group, Pot="Joint")
        rest = "; ".join(f"not {name}" for group in groups for name in group.split("; ")) or "all"
        book.add("Regimes", Regime=regime, Sources=rest, Pot="each")
        book.add("Contracts", Regime=regime).add("Scenarios", Scenario=regime, Regime=regime)
    return book


def test_five_nested_regimes_are_never_worse_as_pots_merge(tmp_path: Path) -> None:
    results = bm.solve_all(bm.read(nested().save(tmp_path / "in.xlsx")))
    chain = [results[name] for name in ("Split", "Two", "Option 1", "Option 2", "Pooled")]
    for narrow, wide in pairwise(chain):
        assert not_worse(wide, narrow), (narrow.scenario, wide.scenario)
    values = [result.metric("index") for result in chain]
    assert values[0] > values[1] > values[2] > values[-1]  # and the example is not one where nothing happens


@pytest.mark.parametrize("case", seeds([(6, "tiny")], [(seed, "small") for seed in range(60, 66)]))
def test_relaxing_or_removing_a_rule_never_worsens(case: tuple[int, str], solve: Solve) -> None:
    book = free_of_charge(random_book(*case)).remove("Changes")
    plain = solve(book, "Pooled")
    for number, row in enumerate(book["Rules"][:4]):
        without = book.copy()
        del without["Rules"][number]
        assert not_worse(solve(without, "Pooled"), plain), row
        if row["Limit"] != "exactly":
            slack = 0.05 * abs(row["Value"]) + 0.001
            relaxed = book.copy().set(
                "Rules", row=number, Value=row["Value"] + (slack if row["Limit"] == "at most" else -slack)
            )
            assert not_worse(solve(relaxed, "Pooled"), plain), row


def test_a_rule_that_does_not_bind_changes_nothing(solve: Solve) -> None:
    book = free_of_charge(random_book(6, "tiny")).remove("Changes")
    plain = solve(book, "Pooled")
    other = solve(book.rule("Slack", "amount", "at least", 0.001), "Pooled")
    assert other.certificate.index == near(plain.certificate.index, rel=1e-6)
    assert same_money(plain, other)


# ---- like cases alike --------------------------------------------------------------------------------


def test_identical_places_are_treated_alike(solve: Solve) -> None:
    book = two_places().add("Services", Service="Cure", Tags="new").add("Providers", Provider="Clinic", Sector="VCSE")
    book.add("Places", Place="Twin").add("Needs", Need_measure="Population", Place="Twin", Value=1000)
    book.spend("Twin", "Care", "Trust", 40)
    for place, amount in (("North", 9), ("South", 7), ("Twin", 7)):
        book.spend(place, "Cure", "Clinic", amount)
    book.set("Funding", Amount=171).rule("Pace", "growth", "at most", 0.12, Each="place", Places="not North")
    book.rule("VCSE", "share", "at least", 0.15, Providers="sector: VCSE", Of="providers=all")
    for solver in ("highs", "highs-ipm"):
        money = amounts(solve(book, "Base", solver)).unstack("place")
        assert (money["South"] - money["Twin"]).abs().max() <= THOUSAND
