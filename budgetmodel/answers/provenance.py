"""What made a result: the input, its digests and every version that matters."""

from __future__ import annotations

import platform
from importlib.metadata import version as installed

from budgetmodel.inputs.content_hash import git_commit, sheet_hashes
from budgetmodel.program.solve.solver import versions
from budgetmodel.scenarios.budget import Budget


def provenance(budget: Budget) -> dict[str, str]:
    """What made a result: the input and its SHA-256, and every version that matters."""
    return {
        "input": budget.name,
        "input SHA-256": budget.sha256,
        **{f"sheet {name} SHA-256": digest for name, digest in sheet_hashes(budget.tables).items()},
        **{f"pack {n}": pack.name for n, pack in enumerate(budget.packs, start=1)},
        **{f"pack {n} SHA-256": pack.sha256 for n, pack in enumerate(budget.packs, start=1)},
        **{f"{name} version": number for name, number in versions_here().items()},
        "git commit": git_commit(),
    }


def versions_here() -> dict[str, str]:
    """The versions of budgetmodel, of the packages it uses, and of Python."""
    names = ("budgetmodel", "pandas", "numpy", "scipy", "clarabel", "openpyxl", "xlsxwriter")
    return {**{name: installed(name) for name in names}, **versions(), "python": platform.python_version()}
