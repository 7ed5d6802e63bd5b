"""Break-even: the contract cost, the fee and the one-off cost at which a regime stops releasing money."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from math import inf, isfinite, nan

import pandas as pd

from budgetmodel.answers.answer import Answer, proved
from budgetmodel.answers.by_metric import by_metric
from budgetmodel.answers.memory import Memory, key_of
from budgetmodel.answers.resolve import resolve, start_of
from budgetmodel.answers.values import values_from
from budgetmodel.comparison.highest_contract_cost import highest_contract_cost
from budgetmodel.comparison.sets import better
from budgetmodel.contract.frames import FRAME, result_table
from budgetmodel.contract.objectives import Objective
from budgetmodel.contract.options import DEFAULT_OPTIONS, Options, without_memory
from budgetmodel.contract.units import MILLIONS_PER_THOUSAND, PENCE_PER_MILLION, PENNY_DECIMALS
from budgetmodel.inputs.regime_terms import one_off_by_payer
from budgetmodel.program.build.assemble import assemble
from budgetmodel.program.build.structure import at_costs_times
from budgetmodel.program.solve.stages import SIMPLEX_UP_TO, finish
from budgetmodel.results import Result

CONTRACT, FEE, ONE_OFF, LEAD = "contract cost", "fee", "one-off cost", "contract cost at which the lead in {} goes"
"""The measures: the cost that is raised until a regime releases no money, or no longer leads in the objective."""

PER_CONTRACT, SHARE, MILLIONS = "£k per contract", "share of the money spent", "£m"

TURNS, NEVER, ALWAYS, NO_ANSWER, KEEPS, LASTS, GONE = (
    "turns",
    "releases nothing at any cost",
    "no contract costs to raise",
    "no allocation keeps every must rule above",
    "still leads there",
    "releases money as long as any allocation keeps every must rule",
    "no longer leads there",
)
"""The statuses of a break-even."""

IN_FULL = "solved in full on both sides"
AT_ITS_MIX = "at the published mix of money; shortfall and {} re-solved above"
BY_ONE_PROGRAM = "the last cost with an allocation by one linear program"
EXACT = "exact: no equation of the program holds it"
BY_VALUE = "shortfall and {} re-solved on both sides"
NOT_SEARCHED = "looked at just below the contract cost above; run --explain looks further"

STEP = 0.001
"""£k per contract: the two sides of a break-even differ by £1 per contract."""

TRIES, HALVINGS, MOST = 8, 60, 4096.0
"""Most steps of the search for a break-even, and the highest multiple of the contract costs that is tried."""

TWICE = 2.0
"""A multiple of the contract costs above this is a large change for a re-solve."""

NEAR_ENOUGH = 0.01
"""Width, as a share, to which the bracket of the index's break-even is narrowed in large programs."""


def one_off(result: Result) -> float | None:
    """The one-off cost of the change to a scenario's regime, £m; None where the workbook does not state it."""
    stated = one_off_by_payer(result.inputs, result.regime)
    return float(sum(amounts.sum() for amounts in stated.values())) if stated else None


@dataclass(frozen=True)
class TransactionCost:
    """A scenario's transaction costs over all years, £m, and its contracts summed over years."""

    contract_cost: float
    fees: float
    spent: float
    contract_years: float

    @property
    def total(self) -> float:
        """Contract costs and fees, £m."""
        return self.contract_cost + self.fees

    @property
    def per_contract(self) -> float:
        """The cost of a contract a year, £k; NaN without contracts."""
        return self.contract_cost / MILLIONS_PER_THOUSAND / self.contract_years if self.contract_years else nan

    @property
    def fee(self) -> float:
        """Fees as a share of the money spent; NaN when nothing is spent."""
        return self.fees / self.spent if self.spent else nan


def transaction_cost_of(result: Result) -> TransactionCost:
    """The transaction cost of a published result."""
    years = len(result.inputs.years)
    contract_cost, fees, spent = (result.metric(name) for name in ("contract_cost", "fees", "spent"))
    return TransactionCost(contract_cost, fees, spent, result.metric("contracts") * years)


def break_even(own: Result, first: Result, options: Options = DEFAULT_OPTIONS) -> pd.DataFrame:
    """When a scenario stops releasing money against the first of its set: a row per measure.

    Released is the first scenario's transaction cost and one-off cost less this one's, over all years. Contract costs
    are raised or lowered by one multiple for all contracts; the frame has the mean cost of a contract at that multiple
    (£k). Contract costs change what sources have left to spend, and so the allocation: with `explain` in `options` all
    stages are solved again at each cost tried, and on both sides of the break-even, which differ by £1 per contract.
    Otherwise fees are taken at the published mix of money, and only shortfall and index are re-solved. Small programs
    are always solved in full. Fees and one-off costs are in no equation of the program: they change no allocation.
    """
    small = own.answer.program.shape[2] <= SIMPLEX_UP_TO
    case = _Case(own, first, without_memory(options) if small else options, small or options.explain, small)
    rows = [*_contract_rows(case), _fee_row(case), _one_off_row(case)]
    frame = result_table("breakeven", rows)
    money = [name for name in frame if str(name).startswith("released")]
    rounded = frame.assign(**{str(name): frame[name].round(PENNY_DECIMALS) + 0.0 for name in money})
    return by_metric("breakeven", rounded, [case.objective] * len(rounded))


@dataclass(frozen=True)
class _Case:
    """A scenario, and the first of its set, with which it is compared.

    `deep`: all stages are solved at each cost; `small`: the program is small enough for the simplex method. `seen` has
    the money released (£m), `figures` shortfall and objective, by multiple of the contract costs.
    """

    own: Result
    first: Result
    options: Options
    deep: bool
    small: bool
    seen: dict[float, float] = field(default_factory=dict)
    figures: dict[float, tuple[float, float]] = field(default_factory=dict)

    @cached_property
    def limit(self) -> float:
        """The highest multiple of the contract costs at which there is an allocation."""
        return highest_contract_cost(self.own.answer)

    @property
    def objective(self) -> Objective:
        """The objective of both scenarios."""
        return self.own.answer.objective

    @property
    def lead(self) -> str:
        """The name of the measure: the contract cost at which the lead ends."""
        return LEAD.format(self.objective.noun)

    @property
    def money(self) -> TransactionCost:
        return transaction_cost_of(self.own)

    @property
    def allowed(self) -> float:
        """The transaction cost up to which this scenario releases money, £m."""
        return transaction_cost_of(self.first).total + (one_off(self.first) or 0.0) - (one_off(self.own) or 0.0)

    @property
    def released(self) -> float:
        """The money released at the published costs, £m."""
        return self.allowed - self.money.total

    def released_at(self, multiple: float) -> float:
        """The money released when every contract costs a multiple, £m; NaN where there is no answer."""
        if multiple not in self.seen:
            self.seen[multiple] = self.allowed - self._cost_at(multiple)
        return self.seen[multiple]

    def _cost_at(self, multiple: float) -> float:
        money = self.money
        if multiple == 1.0:
            return money.total
        if self.deep:
            return self._published(multiple)
        spent = money.spent - (multiple - 1.0) * money.contract_cost
        return multiple * money.contract_cost + money.fee * spent

    def _published(self, multiple: float) -> float:
        """The transaction cost (£m) that would be published: all stages, from the answer at the published costs."""
        structure = at_costs_times(self.own.answer.structure, multiple)
        program, layout = assemble(structure)
        key, memory = key_of(program, layout, self.options.solver, "all stages"), Memory.of(self.options)
        solved = memory.recall(key, program)
        if solved is None:
            found = resolve(start_of(self.own.answer), structure, self.options)
            if found.route is None:
                return nan
            solved = finish(found.route, found.stages, program)
            memory.keep(key, solved)
        pennies, _ = proved(Answer(structure, program, layout, solved))
        fees = float((pennies.flows["fee"] * pennies.flows["amount"]).sum())
        return fees + float(pennies.cost.sum()) / PENCE_PER_MILLION

    def figures_at(self, multiple: float) -> tuple[float, float]:
        """Shortfall (£m) and objective at a multiple of the contract costs; NaN where there is no answer."""
        if multiple == 1.0:
            return self.own.metric("shortfall"), self.own.metric(self.objective.metric)
        if multiple not in self.figures:
            structure = at_costs_times(self.own.answer.structure, multiple)
            found = values_from(self.own.answer, structure, self.options, far=multiple > TWICE)
            self.figures[multiple] = found or (nan, nan)
        return self.figures[multiple]

    def row(self, measure: str, unit: str, **found: object) -> dict[str, object]:
        blank: dict[str, object] = dict.fromkeys(FRAME["breakeven"].names, nan)
        named = {"scenario": self.own.scenario, "against": self.first.scenario, "measure": measure, "unit": unit}
        return blank | named | {"released_now": self.released, "status": TURNS, "how": EXACT} | found


def _contract_rows(case: _Case) -> list[dict[str, object]]:
    money = case.money
    now = {"now": money.per_contract}
    if money.contract_cost <= 0:
        return [case.row(what, PER_CONTRACT, **now, status=ALWAYS) for what in (CONTRACT, case.lead)]
    turn = _by_secants(case)
    how = IN_FULL if case.deep else AT_ITS_MIX.format(case.objective.noun)
    each = money.per_contract
    sides: dict[str, object] = {}
    if turn.status == TURNS and turn.above > max(case.limit, 1.0):
        turn = _BreakEven(NO_ANSWER)  # one linear program takes half the time of a solve that ends without an answer
    if turn.status == TURNS:
        shortfall, index = case.figures_at(turn.above)
        sides = {
            "value": turn.value * each,
            "below": turn.below * each,
            "released_below": case.released_at(turn.below),
            "above": turn.above * each,
            "released_above": case.released_at(turn.above),
            "shortfall_above": shortfall,
            "index_above": index,
        }
        turn = turn if isfinite(index) else _BreakEven(NO_ANSWER)
    if turn.status == NO_ANSWER:
        turn = _last(case)
        sides = {
            "below": turn.below * each,
            "released_below": case.released_at(turn.below),
            "above": turn.above * each,
        }
        how = BY_ONE_PROGRAM if case.deep else f"{AT_ITS_MIX.partition(';')[0]}; {BY_ONE_PROGRAM}"
    found = case.row(CONTRACT, PER_CONTRACT, **now, how=how, **({"status": turn.status} | sides))
    return [found, _lead_row(case, turn)]


@dataclass(frozen=True)
class _BreakEven:
    """A break-even, as multiples of the contract costs: the point, and its two sides."""

    status: str
    value: float = nan
    below: float = nan
    above: float = nan


def _by_secants(case: _Case) -> _BreakEven:
    """The multiple at which the money released is zero, by the secant method: it falls almost linearly."""
    money = case.money
    step = STEP / money.per_contract
    at, slope = 1.0, -money.contract_cost * (1.0 - money.fee)
    for _ in range(TRIES):
        left = case.released_at(at)
        if not isfinite(left):
            return _BreakEven(NO_ANSWER)
        if abs(left) <= money.contract_cost * step / 2:
            break
        after = at - left / slope
        if after <= 0.0:
            if at == 0.0 or case.released_at(0.0) <= 0.0:
                return _BreakEven(NEVER)
            after = at / 2
        there = case.released_at(after)
        if isfinite(there) and there != left:
            slope = min((there - left) / (after - at), -money.contract_cost * step)
        at = after
    low = _whole_pounds(at, money.per_contract)
    width = step
    for _ in range(TRIES):
        low, high = max(low, 0.0), low + width
        under, over = case.released_at(low), case.released_at(high)
        if under >= 0.0 >= over:
            return _BreakEven(TURNS, min(max(at, low), high), low, high)
        if not isfinite(over):
            return _BreakEven(NO_ANSWER)
        low, width = low - width, 3 * width
    return _BreakEven(NO_ANSWER)


def _last(case: _Case) -> _BreakEven:
    """The highest cost at which there is an allocation, when money is still released there."""
    each = case.money.per_contract
    below = _whole_pounds(case.limit, each)
    for _ in range(TRIES):  # at the limit itself a solver may report that there is no allocation
        if isfinite(case.figures_at(below)[1]) and isfinite(case.released_at(below)):
            break
        below -= STEP / each
    return _BreakEven(LASTS if case.released_at(below) > 0 else NO_ANSWER, below=below, above=below + STEP / each)


def _whole_pounds(multiple: float, per_contract: float) -> float:
    """The multiple at which a contract costs whole pounds, rounded down."""
    return float(int(multiple * per_contract / STEP + 1e-6)) * STEP / per_contract


def _lead_row(case: _Case, money_turn: _BreakEven) -> dict[str, object]:
    """The contract cost at which a scenario that leads at its own costs no longer leads."""
    each = case.money.per_contract
    theirs = case.first.metric("shortfall"), case.first.metric(case.objective.metric)
    row = partial(case.row, case.lead, PER_CONTRACT, now=each, how=BY_VALUE.format(case.objective.noun))

    def leads(multiple: float) -> bool:
        mine = case.figures_at(multiple)
        return isfinite(mine[1]) and better(mine, theirs) > 0

    if not leads(1.0):
        return row(status="does not lead", how=EXACT)
    if not case.deep:
        at = money_turn.below
        if not isfinite(at):
            return row(status=money_turn.status, how=NOT_SEARCHED)
        return row(status=KEEPS if leads(at) else GONE, how=NOT_SEARCHED, below=at * each)
    low, high = _bracket(leads, each, small=case.small)
    if high == inf:
        return row(status=KEEPS, below=low * each)
    shortfall, index = case.figures_at(high)
    status = TURNS if isfinite(index) else NO_ANSWER
    sides = {"below": low * each, "above": high * each, "shortfall_above": shortfall, "index_above": index}
    return row(status=status, value=high * each, **sides)


def _bracket(holds: Callable[[float], bool], per_contract: float, *, small: bool) -> tuple[float, float]:
    """Two close multiples: `holds` is true at the first and false at the second; infinity where it is never false."""
    low, high = 1.0, 2.0
    while holds(high):
        low, high = high, high * 2
        if high > MOST:
            return low, inf
    for _ in range(HALVINGS):
        if (high - low) * per_contract <= STEP or (not small and high - low <= NEAR_ENOUGH * low):
            break
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low, high


def _fee_row(case: _Case) -> dict[str, object]:
    """The mean fee (a share of all money spent) at which nothing is released: fees are in no equation."""
    money = case.money
    if not money.spent:
        return case.row(FEE, SHARE, status=ALWAYS)
    value = (case.allowed - money.contract_cost) / money.spent
    step = 1e-6  # a ten-thousandth of a per cent
    below = int(max(value, 0.0) / step) * step
    sides = {"below": below, "released_below": (value - below) * money.spent}
    sides |= {"above": below + step, "released_above": (value - below - step) * money.spent}
    if value < 0:
        return case.row(FEE, SHARE, now=money.fee, status=NEVER)
    return case.row(FEE, SHARE, now=money.fee, value=value, **sides)


def _one_off_row(case: _Case) -> dict[str, object]:
    """The one-off cost (£m) that equals the money released over all years."""
    own = one_off(case.own)
    value = case.released + (own or 0.0)
    found: dict[str, object] = {"now": nan if own is None else own}
    if value <= 0:
        return case.row(ONE_OFF, MILLIONS, **found, status=NEVER)
    penny = 1 / PENCE_PER_MILLION
    sides = {"below": value - penny, "released_below": penny, "above": value + penny, "released_above": -penny}
    return case.row(ONE_OFF, MILLIONS, **found, value=value, **sides)
