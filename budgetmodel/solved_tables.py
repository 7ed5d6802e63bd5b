"""The tables of one solved scenario, and of the do-minimum, as they are published: money in £m to the penny."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from budgetmodel.answers.answer import Answer
from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Array
from budgetmodel.contract.frames import FRAME, Rows, result_table
from budgetmodel.contract.issues import Issue
from budgetmodel.contract.objectives import SHORTFALL, Objective
from budgetmodel.contract.objectives import notes as objective_notes
from budgetmodel.contract.tables import records
from budgetmodel.contract.units import MILLIONS_PER_POUND, PENCE_PER_MILLION, from_pence
from budgetmodel.explain.row_prices import row_prices
from budgetmodel.inequality import SMALLEST_REFERENCE
from budgetmodel.inputs.inputs import Inputs
from budgetmodel.inputs.reach import counterparties
from budgetmodel.metrics import FRAMES as MEASURED
from budgetmodel.metrics import fairness_metrics, metrics_of
from budgetmodel.metrics.catalogue import with_units
from budgetmodel.metrics.facts import facts_of
from budgetmodel.metrics.places import population
from budgetmodel.metrics.ringfences import BINDING
from budgetmodel.metrics.shape import codes, ratio
from budgetmodel.program.build.components import component_gaps, component_spend
from budgetmodel.program.build.objectives import blocks_of
from budgetmodel.program.build.structure import Structure
from budgetmodel.program.infeasible.nearly import ROOM
from budgetmodel.program.prove.certificate import Certificate, Measures, Proof
from budgetmodel.program.prove.solution import FLOW_KEYS, Pennies, named


def solved_tables(
    answer: Answer, pennies: Pennies, proof: Proof, notes: Mapping[str, object], issues: tuple[Issue, ...]
) -> dict[str, Rows]:
    """The rows of every table in SOLVED but `breaches`, without the scenario's name.

    `notes` begin the table `run`; `issues` are the warnings and repairs to report with the answer.
    """
    measures, structure = proof.published, answer.structure
    facts = facts_of(structure, pennies, proof.exact)
    return {
        "allocation": _allocation(structure, pennies),
        "flows": _flows(pennies),
        "sources": _sources(structure, pennies),
        "places": _places(structure.inputs, measures),
        "rules": _rules(answer, pennies, measures),
        "metrics": metrics_of(facts),
        "contracts": _contracts(structure, pennies),
        **{name: measured(facts) for name, measured in MEASURED.items()},
        "changes": structure.inputs.ledger,
        "issues": [issue.as_dict() for issue in issues],
        "run": _run(proof.certificate, notes),
    }


def do_minimum_metrics(structure: Structure, name: str, objectives: Iterable[Objective] = ()) -> pd.DataFrame:
    """The do-minimum as a scenario of its own: its fairness, with the columns of `metrics`.

    Of `objectives` those that are not the index, which is there anyway, have their value of it too.
    """
    s, inputs = structure, structure.inputs
    found = component_gaps(s.components, s.lines, s.minimum)
    gaps = pd.DataFrame(found, index=[c.name for c in s.components], columns=list(inputs.years))
    spend = component_spend(s.components, s.lines, s.minimum)
    components = pd.DataFrame(
        [
            (component.name, year, place, spend[k, p, t], component.target[p, t])
            for k, component in enumerate(s.components)
            for t, year in enumerate(inputs.years)
            for p, place in enumerate(inputs.places)
        ],
        columns=["component", "year", "place", "amount", "target"],
    )
    others = [objective for objective in dict.fromkeys(objectives) if not objective.is_index]
    values = [(objective.metric, "", blocks_of(objective).value(s, s.minimum)) for objective in others]
    more = [with_units(pd.DataFrame(values, columns=["metric", "group", "value"]))] if values else []
    fair = fairness_metrics(s, components, gaps)
    return result_table("metrics", pd.concat([fair, *more], ignore_index=True) if more else fair, name)


def _allocation(s: Structure, pennies: Pennies) -> pd.DataFrame:
    """Per year, place and service: what is allocated, the do-minimum, the Baseline and the change on the do-minimum."""
    inputs, line = s.inputs, pennies.flows["line"].to_numpy()
    place, service = (s.lines[name].to_numpy()[line] for name in ("place", "service"))
    pence = np.zeros((s.years, len(inputs.places), len(inputs.services)), dtype=np.int64)
    np.add.at(pence, (pennies.flows["t"].to_numpy(), place, service), pennies.flows["pence"].to_numpy())
    before = inputs.frame(schema.BASELINE).groupby(["Place", "Service"], as_index=False)[["Amount"]].sum()
    at = codes(before["Place"], inputs.places), codes(before["Service"], inputs.services)
    baseline, known = np.zeros(pence.shape[1:]), np.zeros(pence.shape[1:], dtype=bool)
    baseline[at], known[at] = before["Amount"].to_numpy(dtype=float), True
    growth = inputs.funding.sum(axis=0) / before["Amount"].sum()
    t, p, v = np.nonzero(known | (pence > 0))
    names = {d: np.array(inputs.members(d), dtype=object) for d in ("year", "place", "service")}
    minimum = baseline[p, v] * growth[t]
    amount = from_pence(pence[t, p, v])
    return pd.DataFrame(
        {
            "year": names["year"][t],
            "place": names["place"][p],
            "service": names["service"][v],
            "amount": amount,
            "do_minimum": minimum,
            "baseline": baseline[p, v],
            "change": amount - minimum,
            "change_pct": ratio(amount - minimum, minimum),
        }
    )


def _flows(pennies: Pennies) -> pd.DataFrame:
    """The published flows, by name."""
    names = {name: pennies.flows[name].cat.categories.dtype for name in (*FLOW_KEYS, "form")}
    return pennies.flows[list(FRAME["flows"].own)].astype(names)


def _sources(s: Structure, pennies: Pennies) -> pd.DataFrame:
    """Per year and source: its pot, and its money to the penny: funding + carried_in = cost + carried_out + spent.

    With it every purse of the `flows` can be balanced: contract costs and what is carried over leave no flow.
    """
    years, sources = np.array(s.inputs.years, dtype=object), np.array(s.inputs.sources, dtype=object)
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


def _places(inputs: Inputs, measures: Measures) -> pd.DataFrame:
    """Per year, place and component: amount, target, distance from target, ratio, and £ per head."""
    frame = measures.components[["year", "place", "component", "amount", "target"]].copy()
    has_target = frame["target"] > 0
    frame["ratio"] = (frame["amount"] / frame["target"]).where(has_target)
    frame["distance"] = frame["ratio"] - 1
    for basis in ("registered", "resident"):
        heads = frame["place"].map(population(inputs, basis))
        frame[f"per_head_{basis}"] = frame["amount"] / MILLIONS_PER_POUND / heads
    return frame


def _rules(answer: Answer, pennies: Pennies, measures: Measures) -> pd.DataFrame:
    """Every rule, keep row and source balance: activity, limit, slack (£m) and the price of £1m of its limit.

    Of a row that does not bind the price is 0 and `price_low` to `valid_to` are blank; what else a blank means, and
    how far a price holds, is documented in `explain.row_prices.row_prices`. Sources of one purse share their prices.
    """
    s, program = answer.structure, answer.program
    frame = pd.concat([measures.rules, _balances(s, pennies)], ignore_index=True)
    prices = program.rows[["constraint", "rule", "year", "source", "place", "service", "provider", "component"]].copy()
    prices["own_cell"], prices["own_strength"] = program.rows["cell"], program.rows["strength"]
    names = np.array(s.inputs.years, dtype=object)
    year = prices["year"].to_numpy(dtype=int)
    prices["year"] = np.where(year >= 0, names[np.maximum(year, 0)], "")
    prices["row"] = np.arange(len(prices))
    prices["dual"] = _priced(answer.objective_stage.outcome.row_dual, len(prices))
    prices["shortfall_price"] = _priced(answer.stage(SHORTFALL.name).outcome.row_dual, len(prices))
    keep = prices["constraint"].isin(["keep at least", "keep at most"])
    heading = prices["constraint"].str.capitalize()
    prices["rule"] = prices["rule"].where(~keep, heading + ": " + prices["component"])
    balance = prices["constraint"] == "source balance"
    prices.loc[balance, "rule"] = "source balance"
    keys = ["constraint", "rule", "year", "source", "place", "service", "provider", "component"]
    wanted = prices[(program.rows["strength"] != "definition").to_numpy() & (prices["rule"] != "")]
    joined = wanted.merge(frame, on=keys, how="left", validate="1:m")
    joined = joined.fillna({"activity": 0.0, "limit": 0.0, "slack": 0.0, "flows": 0.0, "weight": 1.0})
    of_rule = frame.drop_duplicates("rule", keep="last").set_index("rule")
    # a rule that asks nothing, such as a share of at least 0, has rows in the program and none in the proof
    joined["strength"] = joined["rule"].map(of_rule["strength"]).fillna(joined["own_strength"])
    joined["cell"] = joined["cell"].fillna(joined["rule"].map(of_rule["cell"])).fillna(joined["own_cell"])
    tolerance = BINDING + joined["flows"].astype(float) / PENCE_PER_MILLION
    joined["binding"] = joined["slack"].astype(float) <= tolerance
    tight = np.unique(joined["row"].to_numpy(dtype=np.int64)[joined["binding"] | (joined["dual"] != 0)])
    joined = joined.merge(row_prices(answer, tight), left_on="row", right_index=True, how="left", validate="m:1")
    joined["price"] = joined["price"].fillna(0.0)
    joined["valid_from"] = joined["limit"] + joined["from_limit"]
    joined["valid_to"] = joined["limit"] + joined["to_limit"]
    return joined[list(FRAME["rules"].own)]


def _priced(duals: Array, rows: int) -> Array:
    """Row duals as prices: what £1m more of the limit adds; tiny ones, and rows of later stages, have none."""
    prices = np.zeros(rows)
    prices[: min(rows, len(duals))] = duals[:rows]
    return np.where(np.abs(prices) < 1e-9, 0.0, prices)


def _balances(s: Structure, pennies: Pennies) -> pd.DataFrame:
    """A row per source and year: all money is spent. Sources of one purse share a price."""
    shape = pennies.funding.shape
    cell = np.ravel_multi_index((pennies.flows["s"].to_numpy(), pennies.flows["t"].to_numpy()), shape)
    count = np.bincount(cell, minlength=pennies.funding.size).reshape(shape)
    spent = np.zeros(shape, dtype=np.int64)
    np.add.at(spent.reshape(-1), cell, pennies.flows["pence"].to_numpy())
    into = np.concatenate([np.zeros((len(pennies.carried), 1), dtype=np.int64), pennies.carried[:, :-1]], axis=1)
    due = pennies.funding - pennies.cost + into - pennies.carried
    purse_names = [
        ", ".join(n for n, u in zip(s.inputs.sources, s.purse_of, strict=True) if u == purse)
        for purse in range(s.purses)
    ]
    rows = [
        {
            "constraint": "source balance",
            "rule": "source balance",
            "cell": s.inputs.cell(schema.SOURCES, i, "Source"),
            "year": year,
            "source": purse_names[s.purse_of[i]],
            "place": "",
            "service": "",
            "provider": "",
            "component": "",
            "strength": "must",
            "weight": 1.0,
            "kind": "exactly",
            "activity": int(spent[i, t]) / PENCE_PER_MILLION,
            "limit": due[i, t] / PENCE_PER_MILLION,
            "slack": -abs(int(spent[i, t]) - int(due[i, t])) / PENCE_PER_MILLION,
            "flows": float(count[i, t]),
        }
        for i in range(len(s.inputs.sources))
        for t, year in enumerate(s.inputs.years)
    ]
    return pd.DataFrame(rows)


def _contracts(s: Structure, pennies: Pennies) -> pd.DataFrame:
    """Per pot and counterparty over all years: form, lines behind it, money and contract cost, £m."""
    contracts = s.inputs.frame(schema.CONTRACTS)
    by_provider, by_group = counterparties(s.inputs)
    flows = pennies.flows
    line = flows["line"].to_numpy()
    service, provider = s.lines["service"].to_numpy()[line], s.lines["provider"].to_numpy()[line]
    grouped = (contracts["Counted by"] == "lead group").to_numpy()[s.contract_row[service, provider]]
    whom = named([*by_provider, *by_group], np.where(grouped, len(by_provider), 0) + provider)
    pots = flows["pot"].cat
    pence = np.zeros((len(pots.categories), len(whom.categories)), dtype=np.int64)
    np.add.at(pence, (pots.codes.to_numpy(), whom.codes), flows["pence"].to_numpy())
    pot, other = np.nonzero(pence)
    paid = pd.DataFrame({"pot": pots.categories.to_numpy()[pot], "counterparty": whom.categories.to_numpy()[other]})
    paid["amount"] = from_pence(pence[pot, other])
    listed = s.contract_list.groupby(["pot", "counterparty"], as_index=False).agg(
        form=("form", "first"), flows=("flows", "max"), cost=("cost", "sum")
    )
    both = listed.merge(paid, on=["pot", "counterparty"], how="outer", validate="1:1")
    return both.fillna({"form": "", "flows": 0, "cost": 0.0, "amount": 0.0})


def _run(certificate: Certificate, notes: Mapping[str, object]) -> pd.DataFrame:
    facts = {
        **notes,
        "worst row residual (£m)": f"{certificate.worst_residual:.3e}",
        "worst row": certificate.worst_row,
        "worst row residual in whole pence (£m)": f"{certificate.worst_residual_rounded:.3e}",
        "shortfall (£m)": f"{certificate.shortfall:.9f}",
        "shortfall proved to within (£m)": f"{certificate.shortfall_gap:.3e}",
        "index": f"{certificate.index:.9f}",
        "index in whole pence": f"{certificate.index_rounded:.9f}",
        "money across organisations (£m)": f"{certificate.crossing:.9f}",
        "money across organisations proved to within (£m)": f"{certificate.crossing_gap:.3e}",
        **objective_notes(certificate.objective),
        certificate.objective.value_label: f"{certificate.value:.9f}",
        certificate.objective.proved_label: f"{certificate.gap:.3e}",
        **_tolerance_notes(certificate),
    }
    return pd.DataFrame({"key": list(facts), "value": [str(value) for value in facts.values()]})


def _tolerance_notes(certificate: Certificate) -> dict[str, str]:
    """What a scenario with a tolerance may give up, the least value of its objective, and how low that could be."""
    if not certificate.tolerance:
        return {}
    noun = certificate.objective.noun
    return {
        "tolerance": f"{certificate.tolerance:g}",
        f"lowest {noun}": f"{certificate.best:.9f}",
        f"lowest {noun}, proved bound": f"{certificate.bound:.9f}",
    }


def room_notes(scenario: str, *, loosened: bool) -> tuple[Issue, ...]:
    """That a scenario was solved with must limits looser by pence, where it was."""
    if not loosened:
        return ()
    found = f"scenario '{scenario}' has less than a penny of room between its must rules and its money"
    fix = f"Nothing to do: it was solved with {ROOM:.0f}p of room, and its must rules are met to the penny."
    return (Issue("ROOM_IN_PENCE", "warning", schema.RULES, "", found, "a penny of room or more", fix),)


def reference_notes(structure: Structure) -> tuple[Issue, ...]:
    """Components that were near equality to begin with (G0 under 0.001), named."""
    issues = []
    for k, (position, row) in enumerate(records(structure.inputs.frame(schema.TARGET))):
        years = [y for t, y in enumerate(structure.inputs.years) if structure.reference[k, t] < SMALLEST_REFERENCE]
        if years:
            cell = structure.inputs.cell(schema.TARGET, position, "Component").rpartition("!")[2]
            found = f"'{row['Component']}' is near equality already in {', '.join(years)}"
            expected = f"a reference gap of {SMALLEST_REFERENCE} or more"
            fix = "Nothing to do; its part of the index is measured against that figure."
            issues.append(Issue("ALREADY_EQUAL", "warning", schema.TARGET, cell, found, expected, fix))
    return tuple(issues)
