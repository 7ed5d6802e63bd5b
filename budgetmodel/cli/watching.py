"""`watch` and `app`: solve a workbook whenever it is saved, or whenever it is dropped onto a page."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Annotated

import typer

from budgetmodel.cli.options import JsonOption, ThreadsOption, TimeLimitOption
from budgetmodel.cli.say import Stopped, command_line, print_json, say
from budgetmodel.contract.issues import FileTrouble
from budgetmodel.contract.options import Options
from budgetmodel.job import OUTPUTS

if TYPE_CHECKING:
    from budgetmodel.local_page import Desk


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


def local_page(
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; a free one, if not given.")] = 0,
    time_limit: TimeLimitOption = None,
    threads: ThreadsOption = None,
    browse: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = True,
    as_json: JsonOption = False,
) -> None:
    """A page on this computer onto which workbooks are dropped: problems, progress, results; nothing is kept."""
    from budgetmodel.local_page.desk import Desk, passing_folder

    options = Options(time_limit=time_limit, threads=threads, command="budgetmodel app")
    try:
        with passing_folder() as folder:
            desk = Desk(folder, options)
            _serve(desk, port, browse)
    except KeyboardInterrupt:
        raise Stopped("Stopped. Nothing was kept.") from None
    if as_json:
        print_json({"solved": desk.solved})


def _serve(desk: Desk, port: int, browse: bool) -> None:
    """Serve a desk, and do its work, until it is closed."""
    from budgetmodel.local_page import Server

    try:
        server = Server(desk, port)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise FileTrouble(f"Port {port} of this computer cannot be used ({why}): leave --port out.") from error
    with server:
        serving = Thread(target=server.serve_forever, name="page", daemon=True)
        serving.start()
        try:
            say(f"The page is {server.address}. Ctrl-C, or 'Close' on the page, ends it; nothing is kept.")
            if browse:
                webbrowser.open(server.once)
            desk.work()
        finally:
            server.shutdown()
