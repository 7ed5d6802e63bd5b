"""What the console is told, and options refused in a sentence."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from budgetmodel.contract.issues import BadCommand, BudgetError, Issue, grouped

if TYPE_CHECKING:
    from budgetmodel.explain.without import By
    from budgetmodel.scenarios.budget import Budget

USAGE = 2

ISSUES_SHOWN = 20
"""Lines of problems on the console; the rest is counted."""


def check_by(by: str) -> By:
    """How an explanation groups rules; anything else ends with exit code 2."""
    choices: dict[str, By] = {"rule": "rule", "measure": "measure"}
    if by not in choices:
        usage(f"There is no way to explain by '{by}'. Choose from: {', '.join(choices)}.")
    return choices[by]


def check_solver(solver: str) -> None:
    """A solver that is not here ends with exit code 2."""
    from budgetmodel.program.solve.solver import solver_names

    if solver not in solver_names():
        usage(f"There is no solver '{solver}' here. Choose from: {', '.join(solver_names())}.")


def check_scenarios(asked: Sequence[str], budget: Budget) -> None:
    """A scenario that the workbook does not have ends with exit code 2."""
    from budgetmodel.contract.selectors import nearest

    for name in asked:
        if name not in budget.scenarios:
            near = nearest(name, budget.scenarios)
            hint = f"Did you mean '{near[0]}'?" if near else f"Choose from: {', '.join(budget.scenarios)}."
            usage(f"There is no scenario '{name}'. {hint}")


def print_issues(issues: Sequence[Issue], name: str, *, err: bool = False) -> None:
    """The first problems, a line each, and how many there are."""
    from budgetmodel.report.console.run import issue_lines, verdict_lines

    for line in [*issue_lines(issues, ISSUES_SHOWN), *verdict_lines(issues, name)]:
        typer.echo(line, err=err)


def print_json(value: object) -> None:
    """One JSON object on standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False, allow_nan=False))


def answering(command: Callable[..., None], usual: Mapping[str, object]) -> Callable[..., None]:
    """The command; where it fails and --json was given, one JSON object stands on standard output all the same.

    `usual` is what the command prints, with nothing in it; a key that is an argument of the command has its value.
    The problems of an input join it as `issues`, any other failure as the sentence `error`.
    """

    @wraps(command)
    def told(**given: Any) -> None:
        try:
            command(**given)
        except BadCommand:  # a command that cannot be read has no answer in any form
            raise
        except BudgetError as failure:
            if given["as_json"]:
                answer = {key: given.get(key, empty) for key, empty in usual.items()}
                issues = getattr(failure, "issues", ())
                why = {"issues": json_issues(issues)} if issues else {"error": str(failure)}
                print_json({**answer, **why})
            raise

    return told


def json_issues(issues: Sequence[Issue]) -> list[dict[str, str]]:
    """Issues as `check --json` lists them: one per code, sheet and column."""
    return [issue.as_dict() for issue in grouped(issues)]


def usage(sentence: str) -> NoReturn:
    """Say what is wrong with the command, and end with exit code 2."""
    say(sentence)
    raise typer.Exit(USAGE)


def say(sentence: str) -> None:
    """A sentence on standard error."""
    typer.echo(sentence, err=True)


def command_line() -> str:
    """The command as it was typed, for the record."""
    return " ".join(["budgetmodel", *sys.argv[1:]])
