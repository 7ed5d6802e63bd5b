"""Answer: a scenario's program with its solved stages, and the way from arrays to a proved, published solution."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from budgetmodel.contract.issues import Infeasible, SolverFailed
from budgetmodel.contract.nearest_name import near
from budgetmodel.contract.objectives import SHORTFALL, TURNOVER, Objective
from budgetmodel.contract.options import DEFAULT_OPTIONS, Options
from budgetmodel.program.build.assemble import assemble
from budgetmodel.program.build.layout import Layout
from budgetmodel.program.build.model import Program
from budgetmodel.program.build.structure import Structure
from budgetmodel.program.infeasible.conflict import explain
from budgetmodel.program.infeasible.nearly import met_to_the_penny, with_room, without_room
from budgetmodel.program.payers.decide import who_pays
from budgetmodel.program.prove.certificate import Proof, certify
from budgetmodel.program.prove.solution import Pennies, exact_flows, in_pence
from budgetmodel.program.solve.deadline import OutOfTime
from budgetmodel.program.solve.solver import pulp_problem
from budgetmodel.program.solve.stages import Solved, SolvedStage, solve_stages


@dataclass(frozen=True)
class Answer:
    """A solved program: what it is about, its rows and columns, and what every stage ended with.

    Explanations are made from this: prices from the duals of the stages, everything else by solving again.
    """

    structure: Structure
    program: Program
    layout: Layout
    solved: Solved

    def stage(self, name: str) -> SolvedStage:
        """A stage by name."""
        return self.solved.stage(name)

    @property
    def objective(self) -> Objective:
        """What the scenario minimises after the shortfall."""
        return self.structure.objective

    @property
    def objective_stage(self) -> SolvedStage:
        """The stage that minimised the objective: its value, and the prices of the scenario's limits."""
        return self.stage(self.objective.stage.name)

    @property
    def values(self) -> tuple[float, float]:
        """The least shortfall, £m, and the least value of the objective at it."""
        return self.stage(SHORTFALL.name).value, self.objective_stage.value

    def to_pulp(self, stage: str = "") -> Any:
        """The problem of a leading stage as a PuLP problem, by default the objective's: see `Result.to_pulp`."""
        leading = [each.name for each in self.objective.leading]
        name = stage or leading[-1]
        if name not in leading:
            raise ValueError(f"There is no stage {name!r} to hand out. {near(name, leading)}")
        solved = self.stage(name)
        program = self.program.before(TURNOVER.name)
        return pulp_problem(program, program.costs[solved.cost], solved.cuts)[0]


def answer(
    structure: Structure, options: Options = DEFAULT_OPTIONS, progress: Callable[[str], None] = lambda _: None
) -> Answer:
    """Solve a scenario's program through all its stages.

    Raises Infeasible with its explanation, and SolverFailed when a stage ends without an optimum.
    """
    return solve_assembled(structure, *assemble(structure), options, progress)


def solve_assembled(
    structure: Structure,
    program: Program,
    layout: Layout,
    options: Options = DEFAULT_OPTIONS,
    progress: Callable[[str], None] = lambda _: None,
) -> Answer:
    """As `answer`, of a program that is put together already.

    Must limits of rules that are missed by no more than a penny count as met: where a program has no room to speak of,
    it is solved with two pennies of it.
    """
    failure: SolverFailed | None = None
    try:
        solved = solve_stages(program, layout, options, progress)
    except OutOfTime:
        raise
    except SolverFailed as failed:
        if not without_room(structure, program):
            raise
        failure = failed
    else:
        if solved.status != "infeasible":
            return Answer(structure, program, layout, solved)
        if not met_to_the_penny(structure, program):
            raise Infeasible(structure.inputs.scenario, *explain(structure, program, options.shortcuts))
    program = with_room(program)
    solved = solve_stages(program, layout, options, progress)
    if solved.status == "infeasible":
        raise failure or SolverFailed(
            f"Scenario '{structure.inputs.scenario}' can be met, but the solver finds no answer: figures are too far "
            "apart in size, such as the needs of two places; budgetmodel check names some."
        )
    return Answer(structure, program, layout, solved)


def proved(found: Answer) -> tuple[Pennies, Proof]:
    """The answer in whole pence, with its proof; raises SolverFailed when something does not hold."""
    paid = who_pays(found.layout, found.solved.x)
    exact = exact_flows(found.structure, paid)
    pennies = in_pence(found.structure, exact)
    stages = {stage.name: stage for stage in found.solved.stages}
    return pennies, certify(found.structure, found.program, stages, paid, exact, pennies)
