"""budgetmodel: how a health and care system shares its money so that unequal need is met, with proof.

import budgetmodel as bm
budget  = bm.read("inputs/greater_manchester.xlsx")
results = bm.solve_all(budget)
bm.compare(results).metrics
bm.write_results(results, "outputs/gm.xlsx")

What is public, and what its deprecation means, is said in docs/public.md.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from budgetmodel.api import rule_effect, solve, solve_all, why
    from budgetmodel.comparison import Comparison, compare, comparison_set
    from budgetmodel.comparison.beside_optimum import beside_optimum, years_to_target
    from budgetmodel.comparison.variants import what_if
    from budgetmodel.contract.events import Event
    from budgetmodel.contract.frames import units
    from budgetmodel.contract.infeasibility import Infeasibility
    from budgetmodel.contract.issues import (
        BadCommand,
        BudgetError,
        FileTrouble,
        Infeasible,
        InputErrors,
        Issue,
        SolverFailed,
    )
    from budgetmodel.contract.options import Options, Shortcuts
    from budgetmodel.explain.explanation import Explanation, explanation
    from budgetmodel.explain.waterfall import Waterfall
    from budgetmodel.inputs.convergence import (
        Convergence,
        PolicyUnmet,
        converged,
        converged_path,
        convergence,
        ramp_allocation,
        years_until,
    )
    from budgetmodel.inputs.inputs import Inputs
    from budgetmodel.job import Job, Outcome, run
    from budgetmodel.needs import Need, need, targets, targets_by_geography, targets_by_weight
    from budgetmodel.reading import check, read
    from budgetmodel.report import write_results
    from budgetmodel.results import Result
    from budgetmodel.scenarios.budget import Budget
    from budgetmodel.scenarios.difference import diff

    __version__: str

_HOME = {
    "BadCommand": "contract.issues",
    "Budget": "scenarios.budget",
    "BudgetError": "contract.issues",
    "Comparison": "comparison",
    "Convergence": "inputs.convergence",
    "Event": "contract.events",
    "Explanation": "explain.explanation",
    "FileTrouble": "contract.issues",
    "Infeasibility": "contract.infeasibility",
    "Infeasible": "contract.issues",
    "InputErrors": "contract.issues",
    "Inputs": "inputs.inputs",
    "Issue": "contract.issues",
    "Job": "job",
    "Need": "needs",
    "Options": "contract.options",
    "Outcome": "job",
    "PolicyUnmet": "inputs.convergence",
    "Result": "results",
    "Shortcuts": "contract.options",
    "SolverFailed": "contract.issues",
    "Waterfall": "explain.waterfall",
    "beside_optimum": "comparison.beside_optimum",
    "check": "reading",
    "compare": "comparison",
    "comparison_set": "comparison",
    "converged": "inputs.convergence",
    "converged_path": "inputs.convergence",
    "convergence": "inputs.convergence",
    "diff": "scenarios.difference",
    "explanation": "explain.explanation",
    "need": "needs",
    "ramp_allocation": "inputs.convergence",
    "read": "reading",
    "rule_effect": "api",
    "run": "job",
    "solve": "api",
    "solve_all": "api",
    "targets": "needs",
    "targets_by_geography": "needs",
    "targets_by_weight": "needs",
    "units": "contract.frames",
    "what_if": "comparison.variants",
    "why": "api",
    "write_results": "report",
    "years_to_target": "comparison.beside_optimum",
    "years_until": "inputs.convergence",
}
"""Where each public name is kept."""

__all__ = [
    "BadCommand",
    "Budget",
    "BudgetError",
    "Comparison",
    "Convergence",
    "Event",
    "Explanation",
    "FileTrouble",
    "Infeasibility",
    "Infeasible",
    "InputErrors",
    "Inputs",
    "Issue",
    "Job",
    "Need",
    "Options",
    "Outcome",
    "PolicyUnmet",
    "Result",
    "Shortcuts",
    "SolverFailed",
    "Waterfall",
    "__version__",
    "beside_optimum",
    "check",
    "compare",
    "comparison_set",
    "converged",
    "converged_path",
    "convergence",
    "diff",
    "explanation",
    "need",
    "ramp_allocation",
    "read",
    "rule_effect",
    "run",
    "solve",
    "solve_all",
    "targets",
    "targets_by_geography",
    "targets_by_weight",
    "units",
    "what_if",
    "why",
    "write_results",
    "years_to_target",
    "years_until",
]

if not TYPE_CHECKING:  # a type checker is to refuse a name that is none

    def __getattr__(name: str) -> object:
        """Names are fetched when they are used, so that `--help` need not load pandas and the solver."""
        if name in _HOME:
            return getattr(import_module(f"budgetmodel.{_HOME[name]}"), name)
        if name == "__version__":
            from importlib.metadata import version

            return version("budgetmodel")
        if name.startswith("_"):  # asked for by protocols, which look and go on
            raise AttributeError(f"module 'budgetmodel' has no attribute '{name}'")
        from budgetmodel.contract.nearest_name import near

        # With no object, Python does not add a suggestion of its own to this one.
        raise AttributeError(f"budgetmodel has no '{name}'. {near(name, _HOME)}", name=name, obj=None)


def __dir__() -> list[str]:
    """The public names, and what every module has."""
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
