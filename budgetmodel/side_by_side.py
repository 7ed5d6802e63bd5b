"""Jobs side by side: as many at once as there are processors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from os import cpu_count
from typing import TypeVar

T = TypeVar("T")

Then = Callable[[Mapping[str, T]], Iterable[Callable[[], object]]]
"""Asked, when a job is done, for more jobs: what is done so far is given, by name."""


def processors() -> int:
    """How many jobs run at once by default."""
    return max(1, cpu_count() or 1)


def side_by_side(
    job: Callable[[str], T], names: Sequence[str], then: Then[T] | None = None, *, threads: int | None = None
) -> list[T]:
    """Run a job for each name, as many at once as there are processors; HiGHS leaves Python free while it solves.

    The jobs that `then` asks for come after those of the names. All have ended when this returns; when it is
    interrupted, those that have not begun never do.
    """
    with ThreadPoolExecutor(max_workers=threads or processors()) as pool:
        running = {pool.submit(job, name): name for name in names}
        done: dict[str, T] = {}
        more: list[Future[object]] = []
        try:
            for future in as_completed(running):
                if future.exception() is None and then:
                    done[running[future]] = future.result()
                    more += [pool.submit(each) for each in then(done)]
            for late in more:
                late.result()
            return [future.result() for future in running]
        finally:
            for future in running:
                future.cancel()
            for late in more:
                late.cancel()
