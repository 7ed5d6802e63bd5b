"""Refusals to write results over a user's input files, whatever their names and the folder of the results."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from budgetmodel.contract.frames import FILES
from budgetmodel.contract.issues import FileTrouble
from budgetmodel.report.html.document import FILE as REPORT
from budgetmodel.report.manifest import MANIFEST
from budgetmodel.report.sheets.problems import FILE as PROBLEMS
from budgetmodel.results import Result


def refuse_folder(folder: Path, inputs: Iterable[Path], workbooks: Collection[str]) -> None:
    """Raise FileTrouble when an input has a path that a run would write to: before anything is read or solved.

    `workbooks` are the names that the results workbook and its edition may have in `folder`.
    """
    own = {name.casefold() for name in _names(workbooks)}
    for path in inputs:
        real = path.resolve()
        if real.name.casefold() in own and real.exists() and real.parent == folder.resolve():
            raise FileTrouble(
                f"'{path}' is an input, which is never written to, and results of that name would go there. Choose "
                "another folder with -o, or give the input another name."
            )


def _names(workbooks: Collection[str]) -> list[str]:
    """The names of all files that a run may write."""
    return [*workbooks, PROBLEMS, REPORT, MANIFEST, *(f"{name}.csv" for name in FILES)]


def refuse_file(folder: Path, workbooks: Collection[str]) -> None:
    """Raise FileTrouble when the folder of the results is a file, or a folder in it has the name of one of them.

    `workbooks` are the names that the results workbook and its edition may have.
    """
    if folder.exists() and not folder.is_dir():
        raise FileTrouble(f"'{folder}' is a file. Name a folder for the results, one that is there or a new one.")
    for name in _names(workbooks):
        if (folder / name).is_dir():
            raise FileTrouble(f"'{folder / name}' is a folder, and results of that name would go there: name another.")


def refuse_inputs(paths: Sequence[Path], results: Mapping[str, Result]) -> None:
    """Raise FileTrouble when a file to be replaced or removed has the SHA-256 of an input of these results."""
    known = {digest for result in results.values() for digest in (result.inputs.sha256, *_packs(result))}
    for path in paths:
        if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() in known:
            raise FileTrouble(f"'{path}' is an input of these results, which is never written to. Name another file.")


def _packs(result: Result) -> list[str]:
    """The SHA-256 of every scenario pack that was joined to the workbook, from the result's `run` frame."""
    run = result.frames["run"]
    return list(run.loc[run["key"].str.fullmatch(r"pack \d+ SHA-256"), "value"])
