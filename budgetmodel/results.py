"""Result: the tidy frames of one solved scenario. It cannot be built without a certificate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import pandas as pd

from budgetmodel.answers.answer import Answer
from budgetmodel.contract import schema
from budgetmodel.contract.arrays import Array
from budgetmodel.contract.content import SHORT, Content, content_hash
from budgetmodel.contract.frames import FRAME, SOLVED, Rows, names_of, result_table
from budgetmodel.contract.frozen import Frames, read_only, rows_of
from budgetmodel.contract.issues import Issue
from budgetmodel.contract.nearest_name import UnknownName, no_attribute
from budgetmodel.contract.objectives import SHORTFALL, Objective
from budgetmodel.contract.objectives import notes as objective_notes
from budgetmodel.contract.result_frames import ResultFrames
from budgetmodel.contract.status import NOT_MET, OPTIMAL, shown_name
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
from budgetmodel.program.build.objectives import blocks_of
from budgetmodel.program.build.structure import Structure, component_gaps, component_spend
from budgetmodel.program.infeasible.before_solving import NO_HEADROOM
from budgetmodel.program.prove.certificate import Certificate, Measures, Proof
from budgetmodel.program.prove.solution import FLOW_KEYS, Pennies, named

FRAMES = names_of(SOLVED)
"""The frames of a result, as they are written to CSV."""

DIGITS = 12
"""Decimals of the figures of a summary; what is beyond is rounding."""

DO_MINIMUM = "Do-minimum"
"""The name under which the do-minimum is reported as a scenario of its own."""

REMEMBERED, YES, NO = "remembered", "yes", "no"
"""The key of the `run` frame that records whether a scenario was looked up instead of solved, and two of its values."""


@read_only
@dataclass(frozen=True, eq=False, repr=False)
class Result(ResultFrames, Content):
    """One solved and proved scenario.

    `frames` holds the tables named in FRAMES, each with `scenario` as its first column; money is £m to the penny.
    `certificate` is the proof, `answer` the solved program, from which explanations are made. Build it with
    `result_of`, which takes a certificate and nothing less.

    Nothing in it can be changed: every frame that is asked for is a copy. `seal` is the hash of the frames that the
    certificate is about; `write_results` refuses others. Results are equal when their scenario, frames and inputs are.

    `status` is `optimal`, or `not met`: no allocation keeps the must rows of the scenario, `inputs` are its tables with
    the cheapest way out applied, which the certificate is about, and `breaches` says what that misses.
    """

    scenario: str
    regime: str
    inputs: Inputs
    certificate: Certificate
    frames: Frames
    answer: Answer
    status: str = OPTIMAL
    seal: str = ""

    def __post_init__(self) -> None:
        """Refuse to exist without proof."""
        if not isinstance(self.certificate, Certificate):
            raise TypeError("a Result needs the Certificate of a proved optimum")

    if not TYPE_CHECKING:  # a type checker is to refuse a name that is none

        def __getattr__(self, name: str) -> NoReturn:
            """Say which name was likely meant."""
            raise no_attribute(self, name)

    @property
    def is_met(self) -> bool:
        """Whether the scenario is answered as it is asked, without a way out."""
        return self.status != NOT_MET

    @property
    def shown_name(self) -> str:
        """The name by which pages and the console speak of this answer: `not met: NAME` where it is that."""
        return shown_name(self.scenario, self.status)

    @property
    def unchanged(self) -> bool:
        """Whether the frames are those that the certificate was made with."""
        return self.seal == seal_of(self.frames)

    def metric(self, name: str, group: str = "") -> float:
        """One figure of the `metrics` frame; KeyError with the nearest name for a metric or a group that is none."""
        if (name, group) not in self._figures:
            groups = [known for metric, known in self._figures if metric == name]
            if groups:
                raise UnknownName(f"group of the metric '{name}'", group, groups)
            raise UnknownName("metric", name, dict.fromkeys(known for known, _ in self._figures))
        return self._figures[name, group]

    @cached_property
    def _figures(self) -> Mapping[tuple[str, str], float]:
        """The figures of the `metrics` frame by metric and group; of several the first."""
        metrics = self.frames["metrics"]
        own = metrics.loc[metrics["scenario"] == self.scenario, ["metric", "group", "value"]].iloc[::-1]
        names, groups, values = (own[column].to_numpy(dtype=object).tolist() for column in own.columns)
        return dict(zip(zip(names, groups, strict=True), map(float, values), strict=True))

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
        """The figures of `run --json`, the value of the scenario's objective among them: money in £m."""
        names = ("index", self.answer.objective.metric, "shortfall", "delivered", "transaction_cost", "contracts")
        figures = {name: round(self.metric(name), DIGITS) + 0.0 for name in names}  # no -1e-13, and no -0.0
        return {"scenario": self.scenario, "status": self.status, **figures}

    def to_pulp(self, stage: str = "") -> Any:
        """The linear program of a stage as a `pulp.LpProblem`: to look at, to write as LP or MPS, to solve elsewhere.

        By default it is the stage of the scenario's objective, whose optimum is the published value; the row that holds
        the shortfall at its least is in it (`cut...`). `stage="shortfall"` gives the stage before. Money is in £m.
        Columns are named x0, x1, ... and rows r0, r1, ...; a problem is built at each call and is the caller's own.

        Raises ValueError for a stage that is none of these.
        """
        return self.answer.to_pulp(stage)

    def _content(self) -> tuple[object, ...]:
        return self.scenario, self.regime, self.status, self.certificate, seal_of(self.frames), self.inputs.content_hash

    def _card(self) -> tuple[str, Mapping[str, object]]:
        proof, half = self.certificate, len(FRAMES) // 2 + 1
        return f"Result of scenario {self.scenario!r} of {self.inputs.name!r}", {
            "content": self.content_hash[:SHORT],
            "regime": self.regime,
            "status": self.status,
            proof.objective.value_label: f"{proof.value:.4f}, proved to within {proof.gap:.1e}",
            **({} if proof.objective.is_index else {"index": f"{proof.index:.4f}"}),
            "shortfall": f"£{proof.shortfall:,.4f}m, proved to within £{proof.shortfall_gap:.1e}m",
            "worst row": f"{proof.worst_row or 'none'}, £{proof.worst_residual:.1e}m",
            "frames (rows)": rows_of(self.frames, FRAMES[:half]),
            "": rows_of(self.frames, FRAMES[half:]),
        }


def seal_of(frames: Mapping[str, pd.DataFrame]) -> str:
    """The hash of a result's frames, as they are published."""
    return content_hash(frames)


def result_of(
    scenario: str,
    answer: Answer,
    pennies: Pennies,
    proof: Proof,
    notes: Mapping[str, object],
    issues: tuple[Issue, ...],
    missed: pd.DataFrame | None = None,
) -> Result:
    """The frames of a certified solution.

    `notes` are added to the `run` frame; `issues` are the warnings and repairs to report with the answer. `missed` is
    the table `breaches` of an answer with a way out applied, whose status is `not met`.
    """
    status = OPTIMAL if missed is None else NOT_MET
    certificate, measures = proof.certificate, proof.published
    structure = answer.structure
    inputs = structure.inputs
    facts = facts_of(structure, pennies, proof.exact)
    rows: dict[str, Rows] = {
        "allocation": _allocation(structure, pennies),
        "flows": _flows(pennies),
        "sources": _sources(structure, pennies),
        "places": _places(inputs, measures),
        "rules": _rules(answer, pennies, measures),
        "metrics": metrics_of(facts),
        "contracts": _contracts(structure, pennies),
        **{name: measured(facts) for name, measured in MEASURED.items()},
        "changes": inputs.ledger,
        "issues": [issue.as_dict() for issue in issues],
        "run": _run(certificate, notes, status),
    }
    labelled = {name: result_table(name, own, scenario) for name, own in rows.items()}
    if missed is not None:
        labelled["breaches"] = missed
    made = Frames(labelled, "frame")
    return Result(scenario, structure.regime, inputs, certificate, made, answer, status, seal_of(made))


def check_mapping(results: object) -> None:
    """Raise TypeError unless results come as `solve_all` returns them."""
    if not isinstance(results, Mapping):
        how = ""
        if isinstance(results, Result):
            how = " One Result goes in as {result.scenario: result}."
        elif isinstance(results, list | tuple) and results and all(isinstance(each, Result) for each in results):
            how = " Several go in as {result.scenario: result for result in results}."
        raise TypeError(f"Results are a mapping, scenario -> Result, as solve_all returns.{how}")
    for name, each in results.items():
        if not isinstance(each, Result):
            raise TypeError(f"'{name}' is a {type(each).__name__}, not a Result: what solve and solve_all return.")


def check_unchanged(results: Mapping[str, Result]) -> None:
    """Raise ValueError when the frames of a result are not those that its certificate was made with."""
    for name, result in results.items():
        if not result.unchanged:
            raise ValueError(
                f"The frames of the result '{name}' are not those that its certificate proves, so they are not "
                "written. Solve the scenario again, and change copies of its frames only."
            )


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


def _run(certificate: Certificate, notes: Mapping[str, object], status: str) -> pd.DataFrame:
    facts = {
        **notes,
        "status": status,
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
