"""The one module that knows PuLP and HiGHS: handing programs over, settings, and reading what was found.

A solver's word is not believed here: only HiGHS's own model status `kOptimal` counts as solved, and everything is
certified afterwards from the tables (`certificate.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf, isfinite
from typing import Any

import highspy
import numpy as np
import pulp

from budgetmodel.contract.arrays import Array, Index
from budgetmodel.contract.issues import BadCommand, SolverFailed
from budgetmodel.contract.nearest_name import near
from budgetmodel.contract.options import DEFAULT as DEFAULT
from budgetmodel.program.build.model import Cut, Program
from budgetmodel.program.solve.outcome import Basis, Outcome, Status
from budgetmodel.program.solve.quadratic import Convex

PULP_UP_TO = 200_000
"""Programs with more non-zeros go straight to HiGHS: PuLP's own hand-over would take longer than the solve."""

FEASIBILITY, CONVEX_FEASIBILITY = 1e-9, 1e-7
"""How closely HiGHS keeps rows and duals: of the linear stages, whose values are compared, and of the convex one."""

SMALLEST_COEFFICIENT = 1e-12
"""HiGHS takes smaller coefficients for 0, by default those under 1e-9: the target of a place with next to no need would
be one, and spending there then looks infeasible. It takes no smaller figure."""

ITERATIONS_PER_SIDE = 10
"""Steps of the active set method per column and row: it needs fewer than 2 where it ends (measured on random
workbooks), and on some degenerate programs of 20 columns it goes round for ever."""

ACTIVE_SET_SECONDS = 60.0

HIGHS_ALGORITHMS = {"highs": "", "highs-simplex": "simplex", "highs-ipm": "ipx", "highs-hipo": "hipo"}
"""The names of `--solver` that stay in process; the empty algorithm lets the stage choose. Others are PuLP's."""


FIXED_ALGORITHMS = frozenset(name for name, algorithm in HIGHS_ALGORITHMS.items() if algorithm)
"""Names that ask for one algorithm in every stage."""


def solver_names() -> tuple[str, ...]:
    """What `--solver` takes: our HiGHS routes, and every solver that PuLP finds on this machine."""
    return (*HIGHS_ALGORITHMS, *pulp.listSolvers(onlyAvailable=True))


def refuse_solver(name: str) -> None:
    """Raise BadCommand when no solver has that name, or when it is not installed."""
    if name in HIGHS_ALGORITHMS:
        return
    if name not in pulp.listSolvers():
        raise BadCommand(f"There is no solver '{name}'. {near(name, solver_names())}")
    if name not in solver_names():
        raise BadCommand(f"The solver '{name}' is not installed. Choose from: {', '.join(solver_names())}.")


def versions() -> dict[str, str]:
    """The versions of PuLP and HiGHS."""
    return {"pulp": str(pulp.__version__), "highspy": highspy.Highs().version()}


def has_hipo() -> bool:
    """Whether HiGHS has its HiPO solver, which `--solver highs-hipo` asks for."""
    model = quiet()
    model.addVar(0.0, 1.0)
    model.setOptionValue("solver", "hipo")
    model.run()
    return read_outcome(model, basis=False).status == "optimal"


def by_active_set(convex: Convex, seconds: float = inf) -> Array | None:
    """The optimum of a convex program by HiGHS's active set method; None when none was proved in time.

    It may take `seconds`, and never more than ACTIVE_SET_SECONDS.
    """
    model = quiet()
    options = {
        "solver": "qpasm",
        "primal_feasibility_tolerance": CONVEX_FEASIBILITY,
        "dual_feasibility_tolerance": CONVEX_FEASIBILITY,
        "time_limit": min(ACTIVE_SET_SECONDS, seconds),
        "qp_iteration_limit": ITERATIONS_PER_SIDE * (len(convex.linear) + len(convex.lower)) + 100,
        "qp_regularization_value": 1e-12,  # its default moves money by tens of pounds
    }
    for name, value in options.items():
        model.setOptionValue(name, value)
    bounds, limits = (convex.low, convex.high), (convex.lower, convex.upper)
    _pass_arrays(model, convex.linear, bounds, limits, (convex.start, convex.index, convex.value))
    _pass_diagonal(model, convex.diagonal)
    model.run()
    found = read_outcome(model, basis=False)
    return found.x if found.status == "optimal" else None


def solve_with_pulp(program: Program, cost: Array, algorithm: str, seconds: float = inf) -> tuple[Outcome, Any]:
    """Build the PuLP problem and solve it with HiGHS; with the outcome, HiGHS's model, for the stages that follow."""
    problem, _ = pulp_problem(program, cost)
    problem.solve(_ArrayHiGHS(program, cost, algorithm, seconds))
    return read_outcome(problem.solverModel), problem.solverModel


def second_opinion(
    program: Program, cost: Array, solver: str, cuts: Sequence[Cut] = (), seconds: float = inf
) -> Outcome:
    """The same program by another of PuLP's solvers, through PuLP alone, which sets its time limit in seconds.

    Raises BadCommand when PuLP does not know the solver or it is not installed, SolverFailed when it fails.
    """
    problem, columns = pulp_problem(program, cost, cuts)
    return _foreign(problem, columns, solver, seconds)


def pulp_problem(program: Program, cost: Array, cuts: Sequence[Cut] = ()) -> tuple[Any, list[Any]]:
    """The program as a PuLP problem: what is exported, and the door to every PuLP solver.

    Columns are named x0, x1, ... and rows r0, r1, ...; labels stay in the program's own tables.
    """
    problem = pulp.LpProblem("budgetmodel", pulp.LpMinimize)
    bounds = zip(program.low.tolist(), program.high.tolist(), strict=True)
    columns = [
        problem.add_variable(f"x{j}", None if low == -np.inf else low, None if high == np.inf else high)
        for j, (low, high) in enumerate(bounds)
    ]
    objective = np.flatnonzero(cost)
    problem += _expression((columns[j], float(cost[j])) for j in objective), "objective"
    start, index, value = program.start.tolist(), program.index.tolist(), program.value.tolist()
    lower, upper = program.lower.tolist(), program.upper.tolist()
    for i in range(len(lower)):
        span = range(start[i], start[i + 1])
        if start[i] == start[i + 1] and lower[i] <= 0.0 <= upper[i]:
            continue  # an empty row that holds; PuLP has no way to write it
        terms = _expression((columns[index[n]], value[n]) for n in span)
        _add_row(problem, terms, lower[i], upper[i], f"r{i}")
    for number, cut in enumerate(cuts):
        pairs = zip(cut.index.tolist(), cut.value.tolist(), strict=True)
        terms = _expression((columns[j], v) for j, v in pairs)
        _add_row(problem, terms, cut.lower, cut.upper, f"cut{number}")
    return problem, columns


def _expression(terms: Iterable[tuple[Any, float]]) -> Any:
    """A linear expression of (variable, coefficient) pairs; PuLP 3 and 4 spell it differently."""
    kind = pulp.LpAffineExpression
    return kind.from_list(list(terms)) if hasattr(kind, "from_list") else kind(list(terms))


def _add_row(problem: Any, terms: Any, lower: float, upper: float, name: str) -> None:
    if lower == upper:
        problem += terms == lower, name
    elif upper == np.inf:
        problem += terms >= lower, name
    else:
        problem += terms <= upper, name


class _ArrayHiGHS(pulp.HiGHS):  # type: ignore[misc]  # pulp is untyped
    """PuLP's HiGHS, given in one call the arrays that the PuLP problem was built from."""

    def __init__(self, program: Program, cost: Array, algorithm: str, seconds: float) -> None:
        super().__init__(mip=False, msg=False, threads=1, solver=algorithm)
        self.seconds = seconds
        self.program = program
        self.cost = cost

    def buildSolverModel(self, lp: Any) -> None:  # noqa: N802  # PuLP's name
        """Hand over the arrays."""
        _settle(lp.solverModel)
        allow(lp.solverModel, self.seconds)
        pass_program(lp.solverModel, self.program, self.cost)

    def findSolutionValues(self, lp: Any) -> Any:  # noqa: N802  # PuLP's name
        """Return the status to PuLP; values are read from the live model."""
        optimal = lp.solverModel.getModelStatus() == highspy.HighsModelStatus.kOptimal
        constants = pulp.constants
        if hasattr(constants, "LpSolveStatus"):  # PuLP 4
            states = constants.LpSolveStatus
            return (states.Optimal if optimal else states.Undefined), optimal
        if optimal:
            return constants.LpStatusOptimal, constants.LpSolutionOptimal
        return constants.LpStatusNotSolved, constants.LpSolutionNoSolutionFound


def _foreign(problem: Any, columns: list[Any], name: str, seconds: float) -> Outcome:
    """Solve with another of PuLP's solvers."""
    refuse_solver(name)
    limit = {"timeLimit": seconds} if isfinite(seconds) else {}
    solver = pulp.getSolver(name, msg=False, **limit)
    try:
        solved = problem.solve(solver)
    except pulp.PulpSolverError as error:
        raise SolverFailed(f"The solver '{name}' failed: {error}") from None
    status = _pulp_status(solved, problem)
    nothing = np.zeros(0)
    if status != "optimal":
        return Outcome(status, nothing, nothing, nothing, float("nan"), name)
    x = np.array([0.0 if column.varValue is None else column.varValue for column in columns])
    return Outcome("optimal", x, nothing, nothing, float(pulp.value(problem.objective)), name)


def _pulp_status(solved: Any, problem: Any) -> Status:
    """PuLP 3 returns a number, PuLP 4 a record; both name their states alike."""
    word = getattr(getattr(solved, "status", None), "name", None)
    if word is None:
        word = pulp.LpStatus[problem.status]
    return {"Optimal": "optimal", "Infeasible": "infeasible", "Unbounded": "unbounded"}.get(word, "failed")  # type: ignore[return-value]  # literal values


def pass_program(model: Any, program: Program, cost: Array) -> None:
    """Hand a program over, with what it minimises."""
    bounds, limits = (program.low, program.high), (program.lower, program.upper)
    _pass_arrays(model, cost, bounds, limits, (program.start, program.index, program.value))


def read_outcome(model: Any, *, basis: bool = True) -> Outcome:
    """What a model's last solve gave; without its basis where nobody needs it: reading one takes tens of ms."""
    found = model.getModelStatus()
    states = highspy.HighsModelStatus
    status: Status = "failed"
    if found == states.kOptimal:
        status = "optimal"
    elif found in (states.kInfeasible, states.kUnboundedOrInfeasible):
        status = "infeasible"
    elif found == states.kUnbounded:
        status = "unbounded"
    detail = model.modelStatusToString(found)
    if status != "optimal":
        nothing = np.zeros(0)
        return Outcome(status, nothing, nothing, nothing, float("nan"), detail)
    solution = model.getSolution()
    return Outcome(
        status,
        np.array(solution.col_value),
        np.array(solution.row_dual),
        np.array(solution.col_dual),
        float(model.getInfo().objective_function_value),
        detail,
        read_basis(model) if basis else None,
    )


def read_basis(model: Any) -> Basis | None:
    """The basis with which the last solve ended; None where it did not end at a vertex."""
    found = model.getBasis()
    if not found.valid:
        return None
    return Basis(*(np.frombuffer(bytes(part), dtype=np.int8) for part in (found.col_status, found.row_status)))


def written_basis(basis: Basis) -> Any:
    """A basis as HiGHS takes it."""
    states = [highspy.HighsBasisStatus(number) for number in range(5)]
    result = highspy.HighsBasis()
    result.col_status = [states[number] for number in basis.columns.tolist()]
    result.row_status = [states[number] for number in basis.rows.tolist()]
    result.valid = True
    return result


def allow(model: Any, seconds: float) -> None:
    """Let a model's next solve take so many seconds: HiGHS counts from the first of all its solves."""
    model.setOptionValue("time_limit", model.getRunTime() + seconds)


def stopped_in_time(model: Any) -> bool:
    """Whether a model reports that its last solve ended because its time was up."""
    return bool(model.getModelStatus() == highspy.HighsModelStatus.kTimeLimit)


def quiet() -> Any:
    """A HiGHS model that prints nothing."""
    model = highspy.Highs()
    _settle(model)
    return model


def _settle(model: Any) -> None:
    """One thread a model, so that scenarios run side by side and give the same digits on any machine."""
    model.setOptionValue("output_flag", False)
    model.setOptionValue("threads", 1)
    model.setOptionValue("random_seed", 0)
    model.setOptionValue("primal_feasibility_tolerance", FEASIBILITY)
    model.setOptionValue("dual_feasibility_tolerance", FEASIBILITY)
    model.setOptionValue("small_matrix_value", SMALLEST_COEFFICIENT)


def _pass_arrays(
    model: Any,
    cost: Array,
    bounds: tuple[Array, Array],
    limits: tuple[Array, Array],
    matrix: tuple[Index, Index, Array],
) -> None:
    """Hand a program over; `matrix` holds start, index and value of the rows."""
    start, index, value = matrix
    by_row, minimise = 2, 1
    model.passModel(
        len(cost),
        len(limits[0]),
        len(value),
        by_row,
        minimise,
        0.0,
        cost,
        *bounds,
        *limits,
        start.astype(np.int32),
        index.astype(np.int32),
        value,
        np.zeros(len(cost), dtype=np.int32),
    )


def _pass_diagonal(model: Any, diagonal: Array) -> None:
    columns = np.flatnonzero(diagonal)
    hessian = highspy.HighsHessian()
    hessian.dim_ = len(diagonal)
    hessian.format_ = highspy.HessianFormat.kTriangular
    hessian.start_ = np.searchsorted(columns, np.arange(len(diagonal) + 1)).astype(np.int32)
    hessian.index_ = columns.astype(np.int32)
    hessian.value_ = diagonal[columns]
    model.passHessian(hessian)
