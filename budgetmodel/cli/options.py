"""The options that commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on standard output, for machines.")]
SolverOption = Annotated[
    str, typer.Option(help="highs (default), highs-simplex, highs-ipm, highs-hipo, or a PuLP solver.")
]
ByOption = Annotated[
    str, typer.Option(help="Explain by rule, or by measure: rules of one measure and limit together, which is quicker.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="CHANGE", help='What if: "Rules.Value[Rule=Pace ceiling] = 6%"; repeatable.'),
]
PackOption = Annotated[
    list[Path] | None, typer.Option("--pack", metavar="FILE", help="A file of scenarios to add; repeatable.")
]
TimeLimitOption = Annotated[
    float | None,
    typer.Option(metavar="SECONDS", help="Give up a scenario that is not proved after so many seconds of solving."),
]
ThreadsOption = Annotated[
    int | None, typer.Option(help="Scenarios solved at once; as many as there are processors, when not given.")
]
BreachOption = Annotated[
    bool,
    typer.Option(
        "--breach/--no-breach",
        help="Answer a scenario that cannot be met with its cheapest way out applied, marked 'not met'.",
    ),
]
WorkbookArgument = Annotated[Path, typer.Argument(help="The input workbook (.xlsx).", show_default=False)]
