"""Signals that end a program, and a block in which they wait: between the first file of a set and the last."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

Handler = Callable[[int, FrameType | None], object]

STOPPING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name))
"""Ctrl-C, a polite kill, a terminal that goes (not on Windows), and Ctrl-Break (only there)."""


@contextmanager
def held_off() -> Iterator[None]:
    """Within the block, signals that a Python function handles wait; the first that came is handled at its end.

    A signal that ends the process without asking Python does so here as well. Where the block fails, what it raises is
    told and the signal is dropped: the program ends anyway. Python handles signals in its main thread only, so in
    any other thread nothing has to be done.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before: dict[int, Handler] = {}
    came: list[tuple[int, FrameType | None]] = []
    over: list[bool] = []

    def later(number: int, frame: FrameType | None) -> None:
        if over:  # between the end of the block and the return of the handlers
            before[number](number, frame)
        else:
            came.append((number, frame))

    try:
        for number in STOPPING:
            handler = signal.getsignal(number)
            if callable(handler):
                before[number] = handler
                signal.signal(number, later)
        yield
    except BaseException:
        came.clear()
        raise
    finally:
        over.append(True)
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            before[came[0][0]](*came[0])
