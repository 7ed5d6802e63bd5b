"""budgetmodel: how a health and care system shares its money so that unequal need is met, with proof.

import budgetmodel as bm
budget  = bm.read("inputs/greater_manchester.xlsx")
results = bm.solve_all(budget)
bm.compare(results).metrics
bm.write_results(results, "outputs/gm.xlsx")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from budgetmodel.api import solve, solve_all
    from budgetmodel.comparison import Comparison, compare, comparison_set
    from budgetmodel.comparison.variants import what_if
    from budgetmodel.contract.events import Event
    from budgetmodel.contract.frames import units
    from budgetmodel.contract.issues import FileTrouble, Infeasible, InputErrors, Issue, SolverFailed
    from budgetmodel.contract.options import Options
    from budgetmodel.job import Job, Outcome, run
    from budgetmodel.reading import check, read
    from budgetmodel.report import write_results
    from budgetmodel.results import Result
    from budgetmodel.scenarios.budget import Budget
    from budgetmodel.scenarios.difference import diff

_HOME = {
    "read": "reading",
    "check": "reading",
    "solve": "api",
    "solve_all": "api",
    "run": "job",
    "compare": "comparison",
    "comparison_set": "comparison",
    "diff": "scenarios.difference",
    "explanation": "explain.explanation",
    "write_results": "report",
    "units": "contract.frames",
    "what_if": "comparison.variants",
    "Budget": "scenarios.budget",
    "Comparison": "comparison",
    "Explanation": "explain.explanation",
    "Event": "contract.events",
    "Job": "job",
    "Options": "contract.options",
    "Outcome": "job",
    "Result": "results",
    "Issue": "contract.issues",
    "InputErrors": "contract.issues",
    "Infeasible": "contract.issues",
    "SolverFailed": "contract.issues",
    "FileTrouble": "contract.issues",
}

__all__ = [
    "Budget",
    "Comparison",
    "Event",
    "Explanation",
    "FileTrouble",
    "Infeasible",
    "InputErrors",
    "Issue",
    "Job",
    "Options",
    "Outcome",
    "Result",
    "SolverFailed",
    "check",
    "compare",
    "comparison_set",
    "diff",
    "explanation",
    "read",
    "run",
    "solve",
    "solve_all",
    "units",
    "what_if",
    "write_results",
]


def __getattr__(name: str) -> object:
    """Names are fetched when they are used, so that `--help` need not load pandas and the solver."""
    if name in _HOME:
        return getattr(import_module(f"budgetmodel.{_HOME[name]}"), name)
    raise AttributeError(f"module 'budgetmodel' has no attribute {name!r}")
