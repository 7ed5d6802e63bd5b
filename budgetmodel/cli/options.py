"""The options that commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

OUTPUTS = Path("outputs")
"""Where results go, a folder per workbook, when no other folder is named."""

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
WorkbookArgument = Annotated[Path, typer.Argument(help="The input workbook (.xlsx).", show_default=False)]
