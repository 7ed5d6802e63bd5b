"""The jobs of a freeze, two at a time, each in a process of its own."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter, process_time

from tests.freeze import beside, books, planted
from tests.freeze.desk import Desk
from tests.freeze.neutral import one_at_a_time

PROCESSES = 2

JOBS: dict[str, Callable[[Desk], None]] = {
    "greater_manchester": books.freeze_example,
    **{each.name: partial(books.freeze_book, frozen=each) for each in books.BOOKS},
    "interface_small_6": partial(beside.freeze_interface, size="small", seed=6),
    "interface_tiny_12": partial(beside.freeze_interface, size="tiny", seed=12),
    "two": beside.freeze_two,
    "templates": beside.freeze_templates,
    **{f"faults_{name}": partial(planted.freeze_faults, name=name) for name in planted.LISTS},
    "refused": planted.freeze_refused,
}
"""Name of a job and of its frozen folder -> the job; those that take long come first."""


def write(folder: Path, only: Sequence[str] = ()) -> None:
    """Write the frozen files of all jobs, or of some, below a folder that has none yet."""
    folder = folder.resolve()
    for name in only or JOBS:
        if (folder / name).exists():
            raise SystemExit(f"{folder / name} is there already. Name a new folder.")
    # A process a job, begun anew: what one job leaves in memory changes no other.
    anew = get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, anew, initializer=one_at_a_time, max_tasks_per_child=1) as pool:
        for done in as_completed([pool.submit(_job, name, folder) for name in only or JOBS]):
            done.result()


def _job(name: str, folder: Path) -> None:
    """Do one job in a temporary folder, and say how long it took."""
    started = perf_counter()
    with tempfile.TemporaryDirectory(prefix="freeze ", ignore_cleanup_errors=True) as work:
        JOBS[name](Desk(Path(work) / "desk", folder / name))
    took = perf_counter() - started
    print(f"{name}: {took:.0f} s, {process_time():.0f} s of processors", file=sys.stderr, flush=True)
