"""`doctor` and `version`: this machine and what is installed on it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from budgetmodel.cli.options import JsonOption
from budgetmodel.cli.say import print_json, say


def doctor(
    as_json: JsonOption = False,
    fetch_browser_solver: Annotated[
        bool,
        typer.Option(
            "--fetch-browser-solver", help="Fetch HiGHS for whatif.html first (1.3 MB, from the npm registry)."
        ),
    ] = False,
) -> None:
    """Check that solver, libraries and write permission are in order on this machine."""
    from budgetmodel.doctor import findings

    if fetch_browser_solver:
        from budgetmodel.browser_solver import fetch

        say(fetch())

    found = findings(Path.cwd())
    if as_json:
        print_json({"checks": [{"check": f.check, "ok": f.ok, "detail": f.detail} for f in found]})
    else:
        for finding in found:
            typer.echo(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.check}: {finding.detail}")
    bad = [finding for finding in found if not finding.ok]
    if bad:
        raise typer.Exit(max(finding.exit_code for finding in bad))


def print_version(asked: bool) -> None:
    """Print the version of budgetmodel and end, when it is `asked` for."""
    if asked:
        from importlib.metadata import version as installed

        typer.echo(f"budgetmodel {installed('budgetmodel')}")
        raise typer.Exit


def version(as_json: JsonOption = False) -> None:
    """The version of budgetmodel and of what it stands on."""
    from budgetmodel.answers.provenance import versions_here

    facts = versions_here()
    if as_json:
        print_json(facts)
    else:
        for name, number in facts.items():
            typer.echo(f"{name} {number}")
