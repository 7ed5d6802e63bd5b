"""Solved scenarios remembered by content, in a folder beside the results: the same program is not solved twice.

The key is a hash of the finished program and of everything else that decides the answer, so that whatever does not
enter the program (notes, sources of figures, other scenarios, other regimes' pots and contracts) cannot make a
scenario be solved again, and whatever does enter cannot be overlooked. What comes back is arrays only. They are
judged like a solver's word: the structure is built from the tables again, and the proof made in full.
"""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version as installed
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from budgetmodel.answers.durations import FOLDER as FOLDER
from budgetmodel.contract.arrays import Array
from budgetmodel.contract.issues import FileTrouble
from budgetmodel.contract.objectives import STAGES
from budgetmodel.contract.options import ALL_SHORTCUTS, Options
from budgetmodel.files.disk import read_regular
from budgetmodel.files.sets import write_files
from budgetmodel.program.build.constraints import Layout
from budgetmodel.program.build.model import Cut, Program
from budgetmodel.program.prove.certificate import GAP_TOLERANCE
from budgetmodel.program.solve.last_stage import spread_costs
from budgetmodel.program.solve.outcome import BASIC, NONBASIC, Basis, Outcome
from budgetmodel.program.solve.solver import versions
from budgetmodel.program.solve.stages import Solved, SolvedStage

Arrays = Mapping[str, NDArray[np.generic]]

SUFFIX = ".solved"

AT_MOST = 256_000_000
"""Bytes of remembered scenarios in a folder; beyond it, those unused for longest are forgotten."""

FORMAT = "1"
"""Changes when the arrays are stored in another way."""

MISSED = 1e-6
"""£m: columns that miss a row of their program by more are not what was stored."""

ALL_STAGES = "all stages"
"""What is remembered of a scenario's own answer."""

SEAL = 64
"""Bytes at the beginning of a file that hold the SHA-256 of the rest."""


@dataclass(frozen=True)
class Memory:
    """Where solved programs are remembered; without a folder nothing is. `fresh` looks nothing up, but remembers."""

    folder: Path | None = None
    fresh: bool = False

    @classmethod
    def of(cls, options: Options) -> Memory:
        """The memory that options ask for; none where a shortcut is switched off, whose answer is to be its own."""
        return cls.beside(options.memory if options.shortcuts == ALL_SHORTCUTS else None, fresh=options.fresh)

    @classmethod
    def beside(cls, results: str | Path | None, *, fresh: bool = False) -> Memory:
        """The memory of a folder of results."""
        return cls(None if results is None else Path(results) / FOLDER, fresh)

    def recall(self, key: str, program: Program) -> Solved | None:
        """What was remembered under a key, if it fits the program; its proof is the caller's to make."""
        if self.folder is None or self.fresh:
            return None
        path = self.folder / f"{key}{SUFFIX}"
        try:
            arrays = opened(read_regular(path, AT_MOST))
        except OSError:  # there is none, or it cannot be read
            return None
        if arrays is None:
            return None
        try:
            solved = _unpacked(arrays)
        except (KeyError, ValueError, IndexError, TypeError, AttributeError, OverflowError):
            return None
        if not _fits(solved, program):
            return None
        _touch(path)
        return solved

    def keep(self, key: str, solved: Solved) -> str:
        """Remember; returns what went wrong, in a sentence, or nothing. A run goes on without memory."""
        if self.folder is None:
            return ""
        try:
            write_files({self.folder / f"{key}{SUFFIX}": sealed(_packed(solved))})
        except FileTrouble as trouble:
            return str(trouble)
        return ""

    def tidy(self, at_most: int = AT_MOST) -> None:
        """Forget what was unused for longest, until what is left takes no more than so many bytes."""
        if self.folder is None:
            return
        found = []
        for path in self.folder.glob(f"*{SUFFIX}"):
            try:
                facts = path.stat()
            except OSError:
                continue  # another run forgot it
            found.append((facts.st_mtime, facts.st_size, path))
        total = 0
        for _, size, path in sorted(found, key=lambda entry: entry[0], reverse=True):
            total += size
            if total > at_most:
                try:
                    path.unlink(missing_ok=True)
                except OSError:
                    continue  # another run reads it, or the folder is read-only


def key_of(program: Program, layout: Layout, solver: str, kind: str) -> str:
    """The name under which a program's solution is remembered: SHA-256 of all that decides it, in hexadecimal.

    `kind` is what is solved for: all stages, or the values of those up to the objective's own.
    """
    total = hashlib.sha256()
    facts = {"format": FORMAT, "kind": kind, "solver": solver, "code": code(), **_versions()}
    total.update("\n".join(f"{name}={value}" for name, value in facts.items()).encode())
    linear, diagonal = spread_costs(layout, program)
    arrays = {
        **{name: getattr(program, name) for name in ("low", "high", "lower", "upper", "start", "index", "value")},
        **{f"cost of {name}": cost for name, cost in program.costs.items()},
        **{f"columns of {name}": numbers for name, numbers in program.groups.items()},
        **{name: getattr(layout, name) for name in ("flow", "carry", "line", "ratio")},
        **{f"weights {k}": component.weights for k, component in enumerate(layout.structure.components)},
        "spread, linear": linear,
        "spread, diagonal": diagonal,
        "tolerance": np.array(layout.structure.tolerance),
    }
    for name, array in arrays.items():
        solid = np.ascontiguousarray(array)
        total.update(f"\n{name} {solid.dtype.str} {solid.shape}\n".encode())
        total.update(solid.tobytes())
    return total.hexdigest()


@cache
def code() -> str:
    """SHA-256 of the code that solves: a remembered answer is one of this very code."""
    total = hashlib.sha256()
    package = Path(__file__).parents[1]
    folders = (package / "answers", package / "program", package / "inequality")
    for path in (path for folder in folders for path in sorted(folder.rglob("*.py"))):
        total.update(path.relative_to(package).as_posix().encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def _versions() -> dict[str, str]:
    return {**{name: installed(name) for name in ("budgetmodel", "numpy", "scipy", "clarabel")}, **versions()}


def _packed(solved: Solved) -> dict[str, NDArray[np.generic]]:
    """A solution as plain arrays."""
    arrays: dict[str, NDArray[np.generic]] = {
        "status": np.array(solved.status),
        "ending": np.array(solved.ending),
        "x": solved.x,
        "names": np.array([stage.name for stage in solved.stages]),
        "values": np.array([stage.value for stage in solved.stages]),
    }
    for number, stage in enumerate(solved.stages):
        outcome, cuts = stage.outcome, stage.cuts
        own: dict[str, NDArray[np.generic]] = {
            "x": outcome.x,
            "row_dual": outcome.row_dual,
            "reduced": outcome.reduced,
            "objective": np.array(outcome.objective),
            "detail": np.array(outcome.detail),
            "cut_length": np.array([len(cut.index) for cut in cuts], dtype=np.int64),
            "cut_index": np.concatenate([np.zeros(0, dtype=np.int64), *(cut.index for cut in cuts)]),
            "cut_value": np.concatenate([np.zeros(0), *(cut.value for cut in cuts)]),
            "cut_lower": np.array([cut.lower for cut in cuts], dtype=np.float64),
            "cut_upper": np.array([cut.upper for cut in cuts], dtype=np.float64),
        }
        if outcome.basis is not None:
            own |= {"basis_columns": outcome.basis.columns, "basis_rows": outcome.basis.rows}
        arrays |= {f"{number}.{name}": array for name, array in own.items()}
    return arrays


def _unpacked(arrays: Arrays) -> Solved:
    """The solution behind the arrays; raises KeyError, ValueError or IndexError when they are not those of one."""
    stages = []
    for number, name in enumerate(arrays["names"].tolist()):
        own = {key.partition(".")[2]: array for key, array in arrays.items() if key.startswith(f"{number}.")}
        ends = np.cumsum(own["cut_length"])[:-1]
        cuts = tuple(
            Cut(index.astype(np.int64), value.astype(np.float64), float(lower), float(upper))
            for index, value, lower, upper in zip(
                np.split(own["cut_index"], ends),
                np.split(own["cut_value"], ends),
                own["cut_lower"],
                own["cut_upper"],
                strict=True,
            )
        ) if len(own["cut_length"]) else ()  # fmt: skip
        basis = None
        if "basis_rows" in own:
            basis = Basis(*(np.asarray(own[f"basis_{part}"], dtype=np.int8) for part in ("columns", "rows")))
        outcome = Outcome(
            "optimal",
            _numbers(own["x"]),
            _numbers(own["row_dual"]),
            _numbers(own["reduced"]),
            float(own["objective"]),
            str(own["detail"]),
            basis,
        )
        stages.append(SolvedStage(str(name), float(arrays["values"][number]), outcome, cuts))
    return Solved(str(arrays["status"]), tuple(stages), _numbers(arrays["x"]), str(arrays["ending"]))


def _numbers(array: NDArray[np.generic]) -> Array:
    return np.asarray(array, dtype=np.float64)


def sealed(arrays: Arrays) -> bytes:
    """Arrays as a file holds them: the SHA-256 of an archive, and the archive."""
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]  # by name; none holds objects
    content = stream.getvalue()
    return hashlib.sha256(content).hexdigest().encode() + content


def opened(content: bytes) -> dict[str, NDArray[np.generic]] | None:
    """The arrays of a file, if it is whole; None for one that was cut short or changed, or is none of ours."""
    seal, archive = content[:SEAL], content[SEAL:]
    if hashlib.sha256(archive).hexdigest().encode() != seal:
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as parts:
            if sum(part.file_size for part in parts.infolist()) > AT_MOST:
                return None
        with np.load(io.BytesIO(archive), allow_pickle=False) as file:
            return {name: np.asarray(file[name]) for name in file.files}
    except Exception:  # sealed by somebody else: the readers may raise anything; it is solved again
        return None


def _fits(solved: Solved, program: Program) -> bool:
    """Whether arrays can be the solution of a program: their shapes, and the columns at the end against its rows."""
    rows, columns, _ = program.shape
    outcomes = [stage.outcome for stage in solved.stages]
    shaped = all(
        0 < len(o.x) <= columns
        and len(o.reduced) == len(o.x)
        and len(o.row_dual) <= rows + len(stage.cuts)
        and all(cut.index.max(initial=0) < len(o.x) for cut in stage.cuts)
        and np.isfinite(o.x).all()
        and np.isfinite(o.row_dual).all()
        and np.isfinite(o.reduced).all()
        and _is_basis(o)
        and stage.name in STAGES
        and stage.cost in program.costs
        for stage, o in zip(solved.stages, outcomes, strict=True)
    )
    x = solved.x
    if not shaped or not outcomes or len(x) != columns or not np.isfinite(x).all():
        return False
    kept = all(
        float(program.costs[stage.cost] @ x) <= stage.value + GAP_TOLERANCE * max(1.0, abs(stage.value))
        for stage in solved.stages
    )
    return program.missed(x) <= MISSED and kept


def _is_basis(outcome: Outcome) -> bool:
    """Whether there is no basis, or one that can be: a status for every column and row, and as many basic as rows."""
    basis = outcome.basis
    if basis is None:
        return True
    status = np.concatenate([basis.columns, basis.rows])
    shaped = (len(basis.columns), len(basis.rows)) == (len(outcome.x), len(outcome.row_dual))
    return bool(shaped and ((status >= 0) & (status <= NONBASIC)).all() and (status == BASIC).sum() == len(basis.rows))


def _touch(path: Path) -> None:
    """Note that a file was used: what is unused for longest is forgotten first."""
    try:
        os.utime(path)
    except OSError:
        return  # a read-only folder keeps its order
