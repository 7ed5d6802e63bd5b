"""The commands and their options; no logic. Heavy imports wait inside the commands, so that --help is quick."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated

import typer

from budgetmodel.cli.comparing import compare
from budgetmodel.cli.door import through
from budgetmodel.cli.explaining import explain
from budgetmodel.cli.inputs import check, demo, diff, template
from budgetmodel.cli.machine import doctor, print_version, version
from budgetmodel.cli.needing import NEEDING, need
from budgetmodel.cli.say import answering
from budgetmodel.cli.solving import run
from budgetmodel.cli.starting import init, menu
from budgetmodel.cli.watching import local_page, watch

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
    (watch, {"files": []}),
    (local_page, {"solved": 0}),
    (init, {"files": [], "kept": []}),
    (menu, {"workbook": ""}),
    (demo, {"files": []}),
    (doctor, {"checks": []}),
    (version, {}),
)
"""The commands, and the JSON object that each prints with --json when it fails, before its values are filled in."""

NAMES = {local_page: "app"}
"""The names of commands that are not those of their functions: `app` is the whole command line here."""

for command, usual in COMMANDS:
    app.command(NAMES.get(command))(answering(command, usual))


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
    through(app)
