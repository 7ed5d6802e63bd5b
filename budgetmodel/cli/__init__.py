"""The commands and their options; no logic. Heavy imports wait inside the commands, so that --help is quick."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from budgetmodel.cli.comparing import compare
from budgetmodel.cli.explaining import explain
from budgetmodel.cli.inputs import check, demo, diff, template
from budgetmodel.cli.machine import doctor, print_version, version
from budgetmodel.cli.needing import NEEDING, need
from budgetmodel.cli.say import INTERRUPTED, STOPPED, answering, say
from budgetmodel.cli.solving import run
from budgetmodel.contract.issues import BudgetError

__all__ = ["app", "main"]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Share a health and care system's money so that unequal need is met, with proof.",
)
COMMANDS: tuple[tuple[Callable[..., None], Mapping[str, object]], ...] = (
    (run, {"scenarios": [], "files": [], "issues": []}),
    (check, {"issues": []}),
    (explain, {"scenario": "", "status": "failed", "issues": []}),
    (template, {"files": []}),
    (diff, {"changes": []}),
    (compare, {"differences": [], "runs": [], "sets": [], "metrics": []}),
    (need, NEEDING),
    (demo, {"files": []}),
    (doctor, {"checks": []}),
    (version, {}),
)
"""The commands, and the JSON object that each prints with --json when it fails, before its values are filled in."""

for command, usual in COMMANDS:
    app.command()(answering(command, usual))

BUG = 1


@app.callback()
def _first(
    _: Annotated[
        bool,
        typer.Option("--version", callback=print_version, is_eager=True, help="Print the version, and no more."),
    ] = False,
) -> None:
    """Share a health and care system's money so that unequal need is met, with proof."""


def main() -> None:
    """Run the command line; every failure becomes a sentence and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console that lacks a sign shows '?', not a traceback
    try:
        app()
    except KeyboardInterrupt:
        say(STOPPED)
        sys.exit(INTERRUPTED)
    except BudgetError as failure:
        say(str(failure))
        sys.exit(failure.exit_code)
    except Exception as error:  # whatever the bug, the console shows no traceback
        say(f"A bug in budgetmodel: {type(error).__name__}. The trace is in {_log_trace()}.")
        sys.exit(BUG)


def _log_trace() -> Path:
    """Write the trace to a new file that only this user can read: a machine may have several users."""
    descriptor, name = tempfile.mkstemp(prefix="budgetmodel-", suffix=".log", text=True)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(traceback.format_exc())
    return Path(name)
