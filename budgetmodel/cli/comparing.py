"""`compare`: runs of different days side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from budgetmodel.cli.options import JsonOption
from budgetmodel.cli.say import print_issues, print_json, say, usage
from budgetmodel.contract.issues import InputErrors


def compare(
    results: Annotated[
        list[Path], typer.Argument(metavar="RESULT RESULT...", help="Folders of runs, or their results.xlsx.")
    ],
    same: Annotated[
        bool, typer.Option("--same-tables", help="Refuse runs that do not stand on the same tables.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Put runs of different days side by side; what differs in their inputs comes first."""
    from budgetmodel.comparison.runs import compare_runs, run_lines, run_records

    if len(results) < 2:
        usage("Name two results or more: budgetmodel compare outputs/march outputs/april")
    try:
        found = compare_runs(results)
    except InputErrors as refused:
        if as_json:
            raise
        print_issues(refused.issues, "these results", err=True)
        raise typer.Exit(refused.exit_code) from None
    if as_json:
        print_json(run_records(found))
    else:
        for line in run_lines(found):
            typer.echo(line)
    if same and len(set(found.sets["set"])) > 1:
        say("These runs do not stand on the same tables: they are no comparison set.")
        raise typer.Exit(InputErrors.exit_code)
