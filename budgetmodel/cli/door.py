"""The first and the last door: what a command prints on, what ends it from outside, and what becomes of a failure."""

from __future__ import annotations

import atexit
import errno
import os
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, TextIO, cast

from budgetmodel.cli.say import INTERRUPTED, say, stopped_words
from budgetmodel.contract.issues import BudgetError, FileTrouble
from budgetmodel.files.interrupts import STOPPING
from budgetmodel.files.sets import recording

BUG = 1

PIPE_CLOSED = 141
"""What shells say of a program whose reader went, such as `head`: 128 and the number of SIGPIPE."""

GONE = "The folder in which this was started is not there any more: change to one that is, and try again."


class OutputGone(BudgetError):
    """Whoever read standard output has stopped reading; there is nobody to tell, and nothing is wrong."""

    exit_code = PIPE_CLOSED


class OutputTrouble(BudgetError):
    """Standard output cannot be written. Not an OSError: nothing on the way may take it for one of its own."""

    exit_code = FileTrouble.exit_code


class Output:
    """Standard output, whose failures say what they are."""

    def __init__(self, stream: TextIO) -> None:
        """Stand before a stream, and have all else that it has."""
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write, or raise OutputGone or OutputTrouble."""
        try:
            return self._stream.write(text)
        except OSError as error:
            raise _trouble(error) from error

    def flush(self) -> None:
        """Hand on what was written, or raise OutputGone or OutputTrouble."""
        try:
            self._stream.flush()
        except OSError as error:
            raise _trouble(error) from error


class Errors(Output):
    """Standard error: where it takes nothing, nobody can be told, and the command goes on."""

    def write(self, text: str) -> int:
        """Write, if that can be."""
        with suppress(OSError):
            return self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Hand on what was written, if that can be."""
        with suppress(OSError):
            self._stream.flush()


def _trouble(error: OSError) -> BudgetError:
    if isinstance(error, BrokenPipeError) or (os.name == "nt" and error.errno == errno.EINVAL):
        return OutputGone("Nobody reads what this command prints.")
    why = "the disk is full" if error.errno == errno.ENOSPC else error.strerror or type(error).__name__
    return OutputTrouble(f"Not all that this command prints could be written ({why}): send it elsewhere.")


def through(app: Callable[[], object]) -> NoReturn:
    """Run a command line to its end: every failure becomes a sentence and an exit code, and so does a signal.

    Signals that were ignored when the program was started stay so: whoever starts it with `nohup` or in the background
    of a script wants that.
    """
    for name, kind in (("stdout", Output), ("stderr", Errors)):
        stream = getattr(sys, name)
        if stream is not None:
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")  # a console that lacks a sign shows '?', not a traceback
            setattr(sys, name, cast(TextIO, kind(stream)))
    before = {number: signal.getsignal(number) for number in STOPPING}
    heard = [number for number, handler in before.items() if handler not in (signal.SIG_IGN, None)]
    for number in heard:
        signal.signal(number, _stop)
    atexit.register(_deaf, heard)
    with recording() as written:
        try:
            code = _ended(app, written)
        except KeyboardInterrupt:  # a second one, while the first was being told
            say(stopped_words(written))
            code = INTERRUPTED
    for number in heard:
        signal.signal(number, before[number])
    if code == INTERRUPTED and threading.active_count() > 1:  # what they solve is of no use any more
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _deaf(heard: Sequence[int]) -> None:
    """While Python takes itself down, all is done and said: a signal would only add a traceback."""
    for number in heard:
        signal.signal(number, signal.SIG_IGN)


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    """Ctrl-C, SIGTERM and a terminal that goes end a command in one way."""
    raise KeyboardInterrupt


def _ended(app: Callable[[], object], written: Sequence[Path]) -> int:
    """The exit code of a command line; what has to be said is said."""
    try:
        code = _code(app)
        if sys.stdout is not None:
            sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        say(stopped_words(written))
        return INTERRUPTED
    except BudgetError as failure:
        if isinstance(failure, (OutputGone, OutputTrouble)):
            _leave_output()
        if not isinstance(failure, OutputGone):
            say(f"{failure}{_and_yet(failure, written)}")
        return failure.exit_code
    except FileNotFoundError as error:
        if _is_anywhere():
            return _bug(error)
        say(GONE)
        return FileTrouble.exit_code
    except Exception as error:  # whatever the bug, the console shows no traceback
        return _bug(error)


def _code(app: Callable[[], object]) -> int:
    """The exit code with which a command line ends by itself."""
    try:
        app()
    except SystemExit as ended:
        if ended.code == INTERRUPTED:  # by typer, which says nothing
            raise KeyboardInterrupt from None
        return ended.code if isinstance(ended.code, int) else BUG if ended.code else 0
    return 0


def _and_yet(failure: BudgetError, written: Sequence[Path]) -> str:
    """What was written although a command could not print."""
    return f" {stopped_words(written).partition('. ')[2]}" if isinstance(failure, OutputTrouble) and written else ""


def _leave_output() -> None:
    """Have what standard output still holds go nowhere: Python tries once more at the end, and would complain."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _is_anywhere() -> bool:
    """Whether the working folder is still there."""
    try:
        Path.cwd()
    except FileNotFoundError:
        return False
    return True


def _bug(error: Exception) -> int:
    """Say that this is our mistake, and where its trace is."""
    say(f"A bug in budgetmodel: {type(error).__name__}. {_log_trace(error)}")
    return BUG


def _log_trace(error: Exception) -> str:
    """Write the trace to a new file that only this user can read; returns the sentence that says where it is.

    A machine may have several users, so the file has a name of its own. Where none can be written, the sentence says
    in which line of the code the bug is.
    """
    try:
        descriptor, name = tempfile.mkstemp(prefix="budgetmodel-", suffix=".log", text=True)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write("".join(traceback.format_exception(error)))
        return f"The trace is in {Path(name)}."
    except OSError as trouble:
        last = traceback.extract_tb(error.__traceback__)[-1:]
        where = "".join(f" It is in line {frame.lineno} of {frame.filename}." for frame in last)
        return f"The trace could not be written ({trouble.strerror or type(trouble).__name__}).{where}"
