"""`init` and `menu`: a folder with files to double-click, and what they open."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from budgetmodel.cli.options import JsonOption
from budgetmodel.cli.say import INTERRUPTED, print_json, say
from budgetmodel.contract.issues import FileTrouble
from budgetmodel.job import OUTPUTS

MENU = """
{name}
  1  solve it now
  2  watch it: save in Excel, look at the page
  3  the page on this computer, onto which a workbook can be dropped
  4  another workbook of this folder
  Enter alone ends
"""

ENDS_IN = 30
"""Seconds in which a command that was interrupted puts its files in order."""


def init(
    folder: Annotated[Path, typer.Argument(help="A folder; it is made if it is not there.", show_default=False)],
    example: Annotated[bool, typer.Option("--example", help="The worked example instead of a blank workbook.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Put a workbook, start files to double-click and a how-to into a folder; what is there stays as it is."""
    from budgetmodel.excel.template.input_workbook import blank_tables, write_new
    from budgetmodel.start_files import make_folder

    def workbook(path: Path) -> None:
        if example:
            from budgetmodel.examples.greater_manchester import tables

            write_new(tables(), path)
        else:
            write_new(blank_tables(), path)

    made = make_folder(folder, workbook)
    if as_json:
        print_json({"files": [str(path) for path in made.written], "kept": [str(path) for path in made.kept]})
        return
    for path in made.written:
        typer.echo(f"Wrote {path}")
    for path in made.kept:
        typer.echo(f"Kept  {path}: it was there already")
    typer.echo(f"Next: open the folder {folder} and read 'How to.txt', or double-click the start file there.")


def menu(
    folder: Annotated[Path, typer.Argument(help="The folder with the workbook.", show_default=False)] = Path(),
    as_json: JsonOption = False,
) -> None:
    """Ask what to do with the workbook of a folder: solve, watch, page; what the start files open."""
    chosen = _chosen(_found(folder))
    while True:
        say(MENU.format(name=chosen.name))
        answer = _answer("Number: ")
        if not answer:
            break
        if answer == "4":
            chosen = _chosen(_found(folder))
        elif answer in ("1", "2", "3"):
            _start(_words(answer, chosen))
        else:
            say("Type 1, 2, 3 or 4, or press Enter alone.")
    if as_json:
        print_json({"workbook": str(chosen)})


def _words(answer: str, workbook: Path) -> Sequence[str]:
    """The command behind a number."""
    if answer == "1":
        return ["run", str(workbook), "-o", str(workbook.parent / OUTPUTS / workbook.stem)]
    return ["watch", str(workbook), "--open"] if answer == "2" else ["app"]


def _found(folder: Path) -> list[Path]:
    """The workbooks of a folder; FileTrouble where there is none."""
    from budgetmodel.excel.is_results import is_results
    from budgetmodel.watch.saves import workbooks

    found = [path for path in workbooks(folder) if folder.is_dir() and not is_results(path)]
    if not found:
        raise FileTrouble(f"There is no workbook in '{folder}'. Put one there, or make one: budgetmodel init FOLDER.")
    return found


def _chosen(found: Sequence[Path]) -> Path:
    """The only workbook, or the one whose number is typed; the first where nothing is."""
    if len(found) == 1:
        return found[0]
    say("\n".join(f"  {number}  {path.name}" for number, path in enumerate(found, 1)))
    answer = _answer("Which workbook? ")
    return found[int(answer) - 1] if answer.isdecimal() and 0 < int(answer) <= len(found) else found[0]


def _answer(question: str) -> str:
    """What is typed; nothing where nobody can type any more."""
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline().strip() if sys.stdin is not None else ""


def _start(words: Sequence[str]) -> None:
    """Run a command and wait for its end; Ctrl-C ends it and comes back to the menu."""
    process = subprocess.Popen([sys.executable, "-P", "-m", "budgetmodel", *words])  # noqa: S603  # our own, no shell
    try:
        code = process.wait()
    except KeyboardInterrupt:  # the command has been told as well
        try:
            code = process.wait(ENDS_IN)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            process.kill()
            code = process.wait()
    if code not in (0, INTERRUPTED):
        say(f"That ended with code {code}: what is wrong is said above.")
