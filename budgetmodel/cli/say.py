"""Sentences, problems and JSON on the console, and commands refused in a sentence."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from budgetmodel.answers.durations import FOLDER as MEMORY
from budgetmodel.contract.issues import BadCommand, BudgetError, Issue, grouped
from budgetmodel.files.sets import recording
from budgetmodel.files.words import refuse_name

if TYPE_CHECKING:
    from budgetmodel.comparison.one_for_all import OneForAll
    from budgetmodel.program.infeasible.feasible import Verdict

USAGE, INTERRUPTED = 2, 130


class Stopped(BudgetError):
    """A command was interrupted; the message says what it had written."""

    exit_code = INTERRUPTED


NOTHING_CHANGED = "Interrupted. Nothing was changed."

NOTHING: Mapping[str, Verdict] = MappingProxyType({})

ISSUES_SHOWN = 20
"""Most lines of problems on the console; the rest is counted."""


def print_issues(
    issues: Sequence[Issue], name: str, *, verdicts: Mapping[str, Verdict] = NOTHING, err: bool = False
) -> None:
    """Print the first problems, a line each, how many there are, and which scenarios cannot be met.

    `verdicts` has what is known of each scenario.
    """
    from budgetmodel.report.console.run import issue_lines, verdict_lines

    for line in [*issue_lines(issues, ISSUES_SHOWN), *verdict_lines(issues, name, verdicts)]:
        typer.echo(line, err=err)


def print_json(value: object) -> None:
    """Print one JSON object on standard output."""
    typer.echo(json.dumps(value, ensure_ascii=False, allow_nan=False))


def answering(command: Callable[..., None], usual: Mapping[str, object]) -> Callable[..., None]:
    """The command; where it fails and --json was given, it prints one JSON object on standard output all the same.

    `usual` has the keys that the command prints, with empty values; a key that is an argument of the command gets
    that argument's value. The problems of an input are added as `issues`, any other failure as the sentence `error`.
    An interrupt becomes Stopped, whose sentence says what had been written: typer would end without a sentence.
    """

    @wraps(command)
    def wrapped(**given: Any) -> None:
        with recording() as written:
            try:
                answered(given)
            except KeyboardInterrupt:
                raise Stopped(stopped_words(written)) from None

    def answered(given: dict[str, Any]) -> None:
        try:
            for path in _paths(given):
                refuse_name(path)
            command(**given)
        except BadCommand:  # a command that cannot be understood has no JSON object either
            raise
        except BudgetError as failure:
            if given["as_json"]:
                answer = {key: given.get(key, empty) for key, empty in usual.items()}
                issues = getattr(failure, "issues", ())
                why = {"issues": json_issues(issues)} if issues else {"error": str(failure)}
                print_json({**answer, **why})
            raise

    return wrapped


def _paths(given: Mapping[str, Any]) -> list[Path]:
    """The paths among the arguments of a command."""
    lists = [value if isinstance(value, (list, tuple)) else [value] for value in given.values()]
    return [value for values in lists for value in values if isinstance(value, Path)]


def stopped_words(written: Sequence[Path]) -> str:
    """What an interrupted command says, which wrote these files before; remembered answers are no files of a user's."""
    files = [path for path in written if path.parent.name != MEMORY]
    if not files:
        return NOTHING_CHANGED
    if len(files) == 1:
        return f"Interrupted. '{files[0]}' was written before."
    return f"Interrupted. Results were written before: '{files[0]}' and {len(files) - 1} more files."


def json_issues(issues: Sequence[Issue]) -> list[dict[str, str]]:
    """Issues as `check --json` lists them: one per code, sheet and column."""
    return [issue.as_dict() for issue in grouped(issues)]


def one_for_all_record(one: OneForAll | None) -> dict[str, object]:
    """The change with which every scenario can be met that cannot, as JSON has it; nothing where there is none."""
    if one is None:
        return {}
    own = {"scenarios": list(one.scenarios), "words": one.words, "sets": list(one.sets), "changes": list(one.changes)}
    return {"one_for_all": own}


def usage(sentence: str) -> NoReturn:
    """Print what is wrong with the command, and end with exit code 2."""
    say(sentence)
    raise typer.Exit(USAGE)


def say(sentence: str) -> None:
    """Print a sentence on standard error."""
    typer.echo(sentence, err=True)


def command_line() -> str:
    """The command as it was typed, for the `run` frame."""
    return " ".join(["budgetmodel", *sys.argv[1:]])
