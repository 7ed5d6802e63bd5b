"""Result: the tidy frames of one solved scenario. It cannot be built without a certificate."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from budgetmodel import schema
from budgetmodel.budget import LEDGER_COLUMNS, Budget
from budgetmodel.explain.rowprices import row_prices
from budgetmodel.inequality import SMALLEST_REFERENCE, relative_gaps
from budgetmodel.issues import FIELDS, Issue
from budgetmodel.money import MILLIONS_PER_POUND, PENCE_PER_MILLION, from_pence
from budgetmodel.program.answer import Answer
from budgetmodel.program.arithmetic import NO_HEADROOM
from budgetmodel.program.certificate import Certificate, Measures, Proof, missed_money, year_index
from budgetmodel.program.solution import Pennies
from budgetmodel.program.structure import Structure, component_gaps
from budgetmodel.reach import counterparties
from budgetmodel.tables import records

Array = NDArray[np.float64]

FRAMES = ("allocation", "flows", "sources", "places", "rules", "metrics", "contracts", "changes", "issues", "run")
"""The frames of a result, as they are written to CSV."""

DO_MINIMUM = "Do-minimum"
"""The name under which the do-minimum is reported as a scenario of its own."""

REMEMBERED, YES, NO = "remembered", "yes", "no"
"""The key of the `run` frame that says whether a scenario was looked up instead of solved, and what it may say."""

UNDER = (0.05, 0.025)
"""Places further under target than this are counted, as the NHS counts them."""

BINDING = 1e-5
"""£m: a row with less slack than £10 binds."""


@dataclass(frozen=True)
class Result:
    """One solved and proved scenario.

    `frames` holds the tables named in FRAMES, each with `scenario` as its first column; money is £m to the penny.
    `certificate` is the proof, `answer` the solved program, from which explanations are made. Build it with
    `result_of`, which takes a certificate and nothing less.
    """

    scenario: str
    regime: str
    budget: Budget
    certificate: Certificate
    frames: Mapping[str, pd.DataFrame]
    answer: Answer
    status: str = "optimal"

    def __post_init__(self) -> None:
        """Refuse to exist without proof."""
        if not isinstance(self.certificate, Certificate):
            raise TypeError("a Result needs the Certificate of a proved optimum")

    def __getattr__(self, name: str) -> pd.DataFrame:
        """The frames by name: `result.allocation`, `result.metrics`, ..."""
        frames = self.__dict__.get("frames", {})
        if name in frames:
            return frames[name]  # type: ignore[no-any-return]  # frames holds frames
        raise AttributeError(name)

    def metric(self, name: str, group: str = "") -> float:
        """One figure of the `metrics` frame."""
        metrics = self.frames["metrics"]
        rows = metrics[
            (metrics["metric"] == name) & (metrics["group"] == group) & (metrics["scenario"] == self.scenario)
        ]
        return float(rows["value"].iloc[0])

    def note(self, key: str) -> str:
        """One value of the `run` frame; empty when it has no such key."""
        run = self.frames["run"]
        found = run.loc[run["key"] == key, "value"]
        return str(found.iloc[0]) if len(found) else ""

    @property
    def can_converge(self) -> bool:
        """Whether floors leave headroom in every year; where not, nothing converges, and reports say so first."""
        return bool((self.frames["issues"]["code"] != NO_HEADROOM).all())

    def summary(self) -> dict[str, object]:
        """The figures of `run --json`: money in £m."""
        names = ("index", "shortfall", "delivered", "transaction_cost", "contracts")
        return {"scenario": self.scenario, "status": self.status} | {name: self.metric(name) for name in names}


def result_of(
    scenario: str,
    answer: Answer,
    pennies: Pennies,
    proof: Proof,
    notes: Mapping[str, object],
    issues: tuple[Issue, ...],
) -> Result:
    """The frames of a certified solution.

    `notes` are added to the `run` frame; `issues` are the warnings and repairs to report with the answer.
    """
    certificate, measures = proof.certificate, proof.published
    structure = answer.structure
    budget = structure.budget
    frames = {
        "allocation": _allocation(budget, pennies),
        "flows": pennies.flows[
            ["year", "source", "pot", "place", "service", "provider", "amount", "fee", "form", "days_to_pay"]
        ],
        "sources": _sources(structure, pennies),
        "places": _places(budget, measures),
        "rules": _rules(answer, pennies, measures),
        "metrics": _metrics(structure, pennies, proof),
        "contracts": _contracts(structure, pennies),
        "changes": budget.ledger[list(LEDGER_COLUMNS)],
        "issues": pd.DataFrame([issue.as_dict() for issue in issues], columns=list(FIELDS)),
        "run": _run(certificate, notes),
    }
    labelled = {name: _with_scenario(frame, scenario) for name, frame in frames.items()}
    return Result(scenario, structure.regime, budget, certificate, MappingProxyType(labelled), answer)


def do_minimum_metrics(structure: Structure, name: str) -> pd.DataFrame:
    """The do-minimum as a scenario of its own: its index and gaps, with the columns of `metrics`."""
    found = component_gaps(structure.components, structure.lines, structure.minimum)
    gaps = pd.DataFrame(found, index=[c.name for c in structure.components], columns=list(structure.budget.years))
    return _with_scenario(_index_metrics(structure, gaps), name)


def _with_scenario(frame: pd.DataFrame, scenario: str) -> pd.DataFrame:
    result = frame.reset_index(drop=True)
    result.insert(0, "scenario", scenario)
    return result


def _allocation(budget: Budget, pennies: Pennies) -> pd.DataFrame:
    """Per year, place and service: what is allocated, the do-minimum, the Baseline and the change on the do-minimum."""
    keys = ["place", "service"]
    before = budget.frame(schema.BASELINE).rename(columns=str.lower).groupby(keys, as_index=False)[["amount"]].sum()
    before = before.rename(columns={"amount": "baseline"})
    growth = budget.funding.sum(axis=0) / before["baseline"].sum()
    minimum = pd.concat(
        [
            before.assign(year=year, do_minimum=before["baseline"] * g)
            for year, g in zip(budget.years, growth, strict=True)
        ],
        ignore_index=True,
    )
    spent = pennies.flows.groupby(["year", *keys], as_index=False)["pence"].sum()
    spent["amount"] = from_pence(spent["pence"].to_numpy())
    both = minimum.merge(spent.drop(columns="pence"), on=["year", *keys], how="outer", validate="1:1").fillna(0.0)
    both["change"] = both["amount"] - both["do_minimum"]
    both["change_pct"] = (both["change"] / both["do_minimum"]).where(both["do_minimum"] > 0)
    ordered = _in_order(both, budget, ("year", "place", "service"))
    return ordered[["year", *keys, "amount", "do_minimum", "baseline", "change", "change_pct"]]


def _sources(s: Structure, pennies: Pennies) -> pd.DataFrame:
    """Per year and source: its pot, and its money to the penny: funding + carried_in = cost + carried_out + spent.

    With it every purse of the `flows` can be balanced: contract costs and what is carried over leave no flow.
    """
    years, sources = np.array(s.budget.years, dtype=object), np.array(s.budget.sources, dtype=object)
    t, n = np.repeat(np.arange(len(years)), len(sources)), np.tile(np.arange(len(sources)), len(years))
    spent = np.zeros_like(pennies.funding)
    np.add.at(spent, (pennies.flows["s"].to_numpy(), pennies.flows["t"].to_numpy()), pennies.flows["pence"].to_numpy())
    into = np.concatenate([np.zeros((len(sources), 1), dtype=np.int64), pennies.carried[:, :-1]], axis=1)
    money = {
        "funding": pennies.funding,
        "carried_in": into,
        "contract_cost": pennies.cost,
        "carried_out": pennies.carried,
        "spent": spent,
    }
    labels = {"year": years[t], "source": sources[n], "pot": s.pots[n, t]}
    return pd.DataFrame(labels | {name: from_pence(pence[n, t]) for name, pence in money.items()})


def _places(budget: Budget, measures: Measures) -> pd.DataFrame:
    """Per year, place and component: amount, target, distance from target, ratio, and £ per head."""
    frame = measures.components[["year", "place", "component", "amount", "target"]].copy()
    has_target = frame["target"] > 0
    frame["ratio"] = (frame["amount"] / frame["target"]).where(has_target)
    frame["distance"] = frame["ratio"] - 1
    for basis in ("registered", "resident"):
        heads = frame["place"].map(_population(budget, basis))
        frame[f"per_head_{basis}"] = frame["amount"] / MILLIONS_PER_POUND / heads
    columns = ["year", "place", "component", "amount", "target", "distance", "ratio"]
    return frame[[*columns, "per_head_registered", "per_head_resident"]]


def _population(budget: Budget, basis: str) -> dict[str, float]:
    """Heads by place: the first need measure of that basis; nothing when the workbook has none."""
    needs = budget.frame(schema.NEEDS)
    rows = needs[needs["Basis"] == basis]
    if rows.empty:
        return {}
    rows = rows[rows["Need measure"] == rows["Need measure"].iloc[0]]
    return dict(zip(rows["Place"], rows["Value"].astype(float), strict=True))


def _rules(answer: Answer, pennies: Pennies, measures: Measures) -> pd.DataFrame:
    """Every rule, keep row and source balance: activity, limit, slack (£m) and the price of £1m of its limit.

    Of a row that does not bind the price is 0 and `price_low` to `valid_to` are blank; what else a blank means, and
    how far a price holds, is said of `explain.rowprices.row_prices`. Sources of one purse share their prices.
    """
    s, program = answer.structure, answer.program
    frame = pd.concat([measures.rules, _balances(s, pennies)], ignore_index=True)
    prices = program.rows[["constraint", "rule", "year", "source", "place", "service", "provider", "component"]].copy()
    names = np.array(s.budget.years, dtype=object)
    year = prices["year"].to_numpy(dtype=int)
    prices["year"] = np.where(year >= 0, names[np.maximum(year, 0)], "")
    prices["row"] = np.arange(len(prices))
    prices["dual"] = _priced(answer.stage("index").outcome.row_dual, len(prices))
    prices["shortfall_price"] = _priced(answer.stage("shortfall").outcome.row_dual, len(prices))
    keep = prices["constraint"].isin(["keep at least", "keep at most"])
    heading = prices["constraint"].str.capitalize()
    prices["rule"] = prices["rule"].where(~keep, heading + ": " + prices["component"])
    balance = prices["constraint"] == "source balance"
    prices.loc[balance, "rule"] = "source balance"
    keys = ["constraint", "rule", "year", "source", "place", "service", "provider", "component"]
    wanted = prices[(program.rows["strength"] != "definition").to_numpy() & (prices["rule"] != "")]
    joined = wanted.merge(frame, on=keys, how="left", validate="1:m")
    joined = joined.fillna({"activity": 0.0, "limit": 0.0, "slack": 0.0, "flows": 0.0, "weight": 1.0})
    strengths = dict(zip(frame["rule"], frame["strength"], strict=True))
    joined["strength"] = joined["rule"].map(strengths)
    joined["cell"] = joined["cell"].fillna(joined["rule"].map(dict(zip(frame["rule"], frame["cell"], strict=True))))
    tolerance = BINDING + joined["flows"].astype(float) / PENCE_PER_MILLION
    joined["binding"] = joined["slack"].astype(float) <= tolerance
    tight = np.unique(joined["row"].to_numpy(dtype=np.int64)[joined["binding"] | (joined["dual"] != 0)])
    joined = joined.merge(row_prices(answer, tight), left_on="row", right_index=True, how="left", validate="m:1")
    joined["price"] = joined["price"].fillna(0.0)
    joined["valid_from"] = joined["limit"] + joined["from_limit"]
    joined["valid_to"] = joined["limit"] + joined["to_limit"]
    columns = ["rule", "cell", "year", "source", "place", "service", "provider", "component", "strength"]
    figures = ["activity", "limit", "slack", "binding", "price", "price_low", "price_high", "valid_from", "valid_to"]
    return joined[[*columns, *figures, "shortfall_price"]]


def _priced(duals: Array, rows: int) -> Array:
    """Row duals as prices: what £1m more of the limit adds; tiny ones, and rows of later stages, have none."""
    prices = np.zeros(rows)
    prices[: min(rows, len(duals))] = duals[:rows]
    return np.where(np.abs(prices) < 1e-9, 0.0, prices)


def _balances(s: Structure, pennies: Pennies) -> pd.DataFrame:
    """A row per source and year: all money is spent. Sources of one purse share a price."""
    spent = pennies.flows.groupby(["s", "t"])["pence"].agg(["sum", "size"])
    into = np.concatenate([np.zeros((len(pennies.carried), 1), dtype=np.int64), pennies.carried[:, :-1]], axis=1)
    due = pennies.funding - pennies.cost + into - pennies.carried
    purse_names = [
        ", ".join(n for n, u in zip(s.budget.sources, s.purse_of, strict=True) if u == purse)
        for purse in range(s.purses)
    ]
    rows = [
        {
            "constraint": "source balance",
            "rule": "source balance",
            "cell": s.budget.cell(schema.SOURCES, i, "Source"),
            "year": year,
            "source": purse_names[s.purse_of[i]],
            "place": "",
            "service": "",
            "provider": "",
            "component": "",
            "strength": "must",
            "weight": 1.0,
            "kind": "exactly",
            "activity": spent["sum"].get((i, t), 0) / PENCE_PER_MILLION,
            "limit": due[i, t] / PENCE_PER_MILLION,
            "slack": -abs(int(spent["sum"].get((i, t), 0)) - int(due[i, t])) / PENCE_PER_MILLION,
            "flows": float(spent["size"].get((i, t), 0)),
        }
        for i in range(len(s.budget.sources))
        for t, year in enumerate(s.budget.years)
    ]
    return pd.DataFrame(rows)


def _index_metrics(s: Structure, gaps: pd.DataFrame) -> pd.DataFrame:
    """The index in all and by year, and each component's gap as a share of its reference gap."""
    weights = s.component_weights
    years = year_index(gaps, s.reference, weights)
    relative = relative_gaps(gaps.to_numpy(dtype=float), s.reference)
    rows = [_row("index", "", float(years @ s.budget.year_weights), "index", "lower")]
    rows += [_row("index", year, value, "index", "lower") for year, value in zip(s.budget.years, years, strict=True)]
    rows += [
        _row("component_gap", str(name), float(relative[k] @ s.budget.year_weights), "share", "lower")
        for k, name in enumerate(gaps.index)
    ]
    rows += [
        _row("gap", f"{name}, {year}", float(gaps.to_numpy()[k, t]), "ratio", "lower")
        for k, name in enumerate(gaps.index)
        for t, year in enumerate(gaps.columns)
    ]
    return pd.DataFrame(rows)


def _metrics(s: Structure, pennies: Pennies, proof: Proof) -> pd.DataFrame:
    """Every figure by which scenarios are compared, in all (group blank) and by year.

    Money is as published; the index, its gaps and the shortfall are those of the proved solution before rounding.
    """
    measures = proof.exact
    budget = s.budget
    flows = pennies.flows
    fees = _by_year(budget, flows.assign(value=flows["fee"] * flows["amount"]))
    spent = _by_year(budget, flows.assign(value=flows["amount"]))
    cost = pennies.cost.sum(axis=0) / PENCE_PER_MILLION
    crossing = _by_year(budget, flows.assign(value=flows["amount"].where(_crosses(s, flows), 0.0)))
    missed = missed_money(measures.rules)
    should = measures.rules.loc[missed.index]
    shortfall = missed.groupby(should["year"]).sum().reindex(list(budget.years), fill_value=0.0).to_numpy()
    keep = missed[should["component"] != ""].groupby(should["year"]).sum().reindex(list(budget.years), fill_value=0.0)
    distance = (measures.components["amount"] / measures.components["target"] - 1).where(
        measures.components["target"] > 0
    )
    worst = distance.groupby(measures.components["year"]).min().reindex(list(budget.years)).to_numpy()
    by_year: list[tuple[str, Any, str, str]] = [
        ("shortfall", shortfall, "£m", "lower"),
        ("keep_shortfall", keep.to_numpy(), "£m", "lower"),
        ("spent", spent, "£m", "higher"),
        ("delivered", spent - fees, "£m", "higher"),
        ("transaction_cost", fees + cost, "£m", "lower"),
        ("fees", fees, "£m", "lower"),
        ("contract_cost", cost, "£m", "lower"),
        ("carried_forward", pennies.carried.sum(axis=0) / PENCE_PER_MILLION, "£m", ""),
        ("crossing", crossing, "£m", ""),
    ]
    rows: list[dict[Hashable, Any]] = _index_metrics(s, measures.gaps).to_dict("records")
    for name, values, unit, better in by_year:
        rows.append(_row(name, "", float(np.sum(values)), unit, better))
        rows += [_row(name, year, float(v), unit, better) for year, v in zip(budget.years, values, strict=True)]
    rows.append(_row("contracts", "", float(np.mean(s.contracts)), "contracts", "lower"))
    rows += [
        _row("contracts", y, float(n), "contracts", "lower") for y, n in zip(budget.years, s.contracts, strict=True)
    ]
    pots = [len(set(s.pots[:, t])) for t in range(s.years)]
    rows.append(_row("pots", "", float(np.mean(pots)), "pots", ""))
    rows += [_row("pots", year, float(n), "pots", "") for year, n in zip(budget.years, pots, strict=True)]
    rows.append(_row("worst_distance", "", float(np.nanmin(worst)), "share", "higher"))
    rows += [
        _row("worst_distance", year, float(v), "share", "higher") for year, v in zip(budget.years, worst, strict=True)
    ]
    rows += _places_under(measures, distance)
    return pd.DataFrame(rows)


def _places_under(measures: Measures, distance: pd.Series[float]) -> list[dict[Hashable, Any]]:
    """How many places are further under target than 5% and 2.5%, by component, in the last year."""
    last = measures.components["year"] == measures.components["year"].iloc[-1]
    rows = []
    for limit in UNDER:
        for name, group in distance[last].groupby(measures.components["component"][last], sort=False):
            count = float((group < -limit - 1e-9).sum())
            rows.append(_row(f"places_under_{limit * 100:g}pct", str(name), count, "places", "lower"))
    return rows


def _row(metric: str, group: str, value: float, unit: str, better: str) -> dict[Hashable, Any]:
    return {"metric": metric, "group": group, "value": value, "unit": unit, "better": better}


def _by_year(budget: Budget, flows: pd.DataFrame) -> Array:
    return flows.groupby("year")["value"].sum().reindex(list(budget.years), fill_value=0.0).to_numpy(dtype=float)


def _crosses(s: Structure, flows: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether a source's money is spent outside its home places or services."""
    source, line = flows["s"].to_numpy(), flows["line"].to_numpy()
    place, service = s.lines["place"].to_numpy()[line], s.lines["service"].to_numpy()[line]
    crosses: NDArray[np.bool_] = ~(s.reach.home_places[source, place] & s.reach.home_services[source, service])
    return crosses


def _contracts(s: Structure, pennies: Pennies) -> pd.DataFrame:
    """Per pot and counterparty over all years: form, lines behind it, money and contract cost, £m."""
    contracts = s.budget.frame(schema.CONTRACTS)
    by_provider, by_group = counterparties(s.budget)
    flows = pennies.flows
    line = flows["line"].to_numpy()
    service, provider = s.lines["service"].to_numpy()[line], s.lines["provider"].to_numpy()[line]
    grouped = (contracts["Counted by"] == "lead group").to_numpy()[s.contract_row[service, provider]]
    names = np.where(grouped, np.array(by_group, dtype=object)[provider], np.array(by_provider, dtype=object)[provider])
    paid = flows.assign(counterparty=names).groupby(["pot", "counterparty"], as_index=False)["amount"].sum()
    listed = s.contract_list.groupby(["pot", "counterparty"], as_index=False).agg(
        form=("form", "first"), flows=("flows", "max"), cost=("cost", "sum")
    )
    both = listed.merge(paid, on=["pot", "counterparty"], how="outer", validate="1:1")
    both = both.fillna({"form": "", "flows": 0, "cost": 0.0, "amount": 0.0})
    return both[["pot", "counterparty", "form", "flows", "amount", "cost"]]


def _run(certificate: Certificate, notes: Mapping[str, object]) -> pd.DataFrame:
    facts = {
        **notes,
        "status": "optimal",
        "worst row residual (£m)": f"{certificate.worst_residual:.3e}",
        "worst row": certificate.worst_row,
        "worst row residual in whole pence (£m)": f"{certificate.worst_residual_rounded:.3e}",
        "shortfall (£m)": f"{certificate.shortfall:.9f}",
        "shortfall proved to within (£m)": f"{certificate.shortfall_gap:.3e}",
        "index": f"{certificate.index:.9f}",
        "index proved to within": f"{certificate.index_gap:.3e}",
    }
    return pd.DataFrame({"key": list(facts), "value": [str(value) for value in facts.values()]})


def _in_order(frame: pd.DataFrame, budget: Budget, dimensions: tuple[str, ...]) -> pd.DataFrame:
    """Rows in the order of the sheets."""
    ranks = {d: {name: i for i, name in enumerate(budget.members(d))} for d in dimensions}
    keys = pd.DataFrame({d: frame[d].map(ranks[d]) for d in dimensions})
    return frame.loc[keys.sort_values(list(dimensions), kind="stable").index].reset_index(drop=True)


def reference_notes(structure: Structure) -> tuple[Issue, ...]:
    """Components that were near equality to begin with (G0 under 0.001), named."""
    issues = []
    for k, (position, row) in enumerate(records(structure.budget.frame(schema.TARGET))):
        years = [y for t, y in enumerate(structure.budget.years) if structure.reference[k, t] < SMALLEST_REFERENCE]
        if years:
            cell = structure.budget.cell(schema.TARGET, position, "Component").rpartition("!")[2]
            found = f"'{row['Component']}' is near equality already in {', '.join(years)}"
            expected = f"a reference gap of {SMALLEST_REFERENCE} or more"
            fix = "Nothing to do; its part of the index is measured against that figure."
            issues.append(Issue("ALREADY_EQUAL", "warning", schema.TARGET, cell, found, expected, fix))
    return tuple(issues)
