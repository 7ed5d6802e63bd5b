"""Checks of this machine: the libraries, the solvers and the permission to write."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from budgetmodel import browser_solver
from budgetmodel.answers.provenance import versions_here
from budgetmodel.contract.issues import FileTrouble, SolverFailed
from budgetmodel.files.journal import unfinished
from budgetmodel.program.solve.quadratic import Convex, by_interior_point
from budgetmodel.program.solve.solver import has_hipo, solver_names

DEEP, LOOKED_AT = 2, 2_000
"""How many folders down results are looked for (outputs/NAME is two), and in how many at most."""


@dataclass(frozen=True)
class Finding:
    """The result of one check: whether it passed, and what was found."""

    check: str
    ok: bool
    detail: str
    exit_code: int = 0


def findings(folder: Path) -> list[Finding]:
    """Check the libraries, the solvers, whether `folder` can be written to, and whether its results are whole."""
    versions = ", ".join(f"{name} {number}" for name, number in versions_here().items())
    hipo = has_hipo()
    detail = "HiGHS solves, HiPO included" if hipo else 'HiGHS lacks HiPO: reinstall with pip install "highspy[extras]"'
    return [
        Finding("libraries", True, versions),
        Finding("solver", hipo, detail, SolverFailed.exit_code),
        _last_stage(),
        _browser_solver(),
        Finding("solvers of PuLP", True, ", ".join(solver_names())),
        _writable(folder),
        _finished(folder),
    ]


def _last_stage() -> Finding:
    """Check the solver of the last stage: the minimum of (x - 1)² is at x = 1."""
    one, none = np.ones(1), np.zeros(0)
    rows = np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.int64), none
    found = by_interior_point(Convex(-2 * one, 2 * one, 0 * one, 9 * one, none, none, *rows))
    ok = found is not None and bool(abs(found[0] - 1.0) < 1e-4)
    detail = (
        "Clarabel solves" if ok else "Clarabel finds no optimum: reinstall with pip install --force-reinstall clarabel"
    )
    return Finding("solver of the last stage", ok, detail, SolverFailed.exit_code)


def _browser_solver() -> Finding:
    """Whether whatif.html can be written; it is no fault when it cannot, since everything else is."""
    where = browser_solver.folder()
    if browser_solver.found() is not None:
        return Finding(
            "solver for the browser", True, f"HiGHS {browser_solver.VERSION}, for whatif.html, is in {where}"
        )
    words = "not here, so there is no whatif.html: budgetmodel doctor --fetch-browser-solver fetches it once"
    return Finding("solver for the browser", True, words)


def _writable(folder: Path) -> Finding:
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".budgetmodel-"):
            return Finding("write permission", True, f"{folder} can be written to")
    except OSError as error:
        words = f"{folder} cannot be written to ({error.strerror}): choose another with -o"
        return Finding("write permission", False, words, FileTrouble.exit_code)


def _finished(folder: Path) -> Finding:
    """Whether a run was stopped while it wrote results into `folder` or a folder below."""
    looked_at = list(islice(_folders(folder, DEEP), LOOKED_AT))
    found = [words for each in looked_at if (words := unfinished(each))]
    whole = f"no results half written in {folder} and the folders in it"
    return Finding("results", not found, " ".join(found) or whole, FileTrouble.exit_code)


def _folders(folder: Path, deep: int) -> Iterator[Path]:
    """A folder and those below it; what cannot be listed has none."""
    yield folder
    if deep:
        try:
            inside = sorted(each for each in folder.iterdir() if each.is_dir() and not each.is_symlink())
        except OSError:
            return
        for each in inside:
            yield from _folders(each, deep - 1)
