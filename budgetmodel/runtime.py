"""Settings of the process while something is solved, for the command and for Python alike; restored afterwards.

Linear algebra adds up in one thread: the threads of BLAS wait for work by spinning, and take the processor from
scenarios that are solved side by side. Garbage is sought rarely: programs are millions of objects that do not hold each
other. Both belong to the whole process, so they hold for whatever else it does meanwhile.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Lock

from threadpoolctl import threadpool_limits

GARBAGE = (200_000, 20, 20)
"""Objects made before Python looks for some that only hold each other."""


class _Users:
    """Who solves at the moment: the first to come makes the settings, the last to go restores them."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.count = 0
        self.made = ExitStack()

    def come(self) -> None:
        """One more, in this thread or another."""
        with self.lock:
            if self.count == 0:
                self.made.enter_context(threadpool_limits(1, user_api="blas"))
                self.made.callback(gc.set_threshold, *gc.get_threshold())
                gc.set_threshold(*GARBAGE)
            self.count += 1

    def go(self) -> None:
        """One less."""
        with self.lock:
            self.count -= 1
            if self.count == 0:
                self.made.close()


_USERS = _Users()  # the one object that changes: the settings are the process's own


@contextmanager
def tuned() -> Iterator[None]:
    """Hold the settings. Used within itself and by several threads at once it does what one of them would do.

    Only libraries that are loaded are set, so import numpy and scipy before.
    """
    _USERS.come()
    try:
        yield
    finally:
        _USERS.go()
