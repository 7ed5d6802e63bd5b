"""`watch`: solve a workbook whenever it is saved."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from budgetmodel.cli.options import JsonOption, ThreadsOption, TimeLimitOption
from budgetmodel.cli.say import Stopped, command_line, say
from budgetmodel.contract.issues import FileTrouble
from budgetmodel.contract.options import Options
from budgetmodel.job import OUTPUTS


def watch(
    path: Annotated[Path, typer.Argument(help="A workbook, or a folder of workbooks.", show_default=False)],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Folder for the results; 'outputs' beside the workbooks, if not given."),
    ] = None,
    time_limit: TimeLimitOption = None,
    threads: ThreadsOption = None,
    browse: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Check and solve a workbook at every save, and keep a page of what it comes to; Ctrl-C ends it."""
    from budgetmodel.watch import PAGE, Watcher

    if not path.exists():
        raise FileTrouble(f"There is no file or folder '{path}'. Check the name.")
    folder = output or (path if path.is_dir() else path.parent) / OUTPUTS
    options = Options(time_limit=time_limit, threads=threads, command=command_line())
    page = folder / PAGE

    def ready() -> None:
        say(f"Watching {path}. Open {page} in a browser; Ctrl-C ends it.")
        if browse:
            webbrowser.open(page.resolve().as_uri())

    watcher = Watcher(path, folder, options, say, ready)
    try:
        watcher.run()
    except KeyboardInterrupt:
        raise Stopped(f"Stopped watching. The last good results are in '{folder}'; nothing is half written.") from None
