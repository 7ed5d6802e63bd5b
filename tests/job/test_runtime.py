"""Settings of the process hold while something is solved, whoever else solves, and are restored."""

from __future__ import annotations

import gc
import threading

import pytest
from threadpoolctl import threadpool_info

from budgetmodel.runtime import GARBAGE, tuned


def blas() -> set[int]:
    """The threads of every BLAS that is loaded."""
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def test_settings_are_made_once_and_restored() -> None:
    before = gc.get_threshold(), blas()
    with tuned():
        assert (gc.get_threshold(), blas()) == (GARBAGE, {1})
        with tuned():
            assert gc.get_threshold() == GARBAGE
        assert (gc.get_threshold(), blas()) == (GARBAGE, {1})
    assert (gc.get_threshold(), blas()) == before
    with pytest.raises(ValueError, match="inside"), tuned():
        raise ValueError("inside")
    assert (gc.get_threshold(), blas()) == before


def test_the_last_thread_restores_the_settings() -> None:
    before = gc.get_threshold()
    inside, go, seen = threading.Barrier(9), threading.Event(), []

    def hold() -> None:
        with tuned():
            inside.wait()
            seen.append(gc.get_threshold())
            go.wait()

    threads = [threading.Thread(target=hold) for _ in range(8)]
    for thread in threads:
        thread.start()
    inside.wait()
    with tuned():
        pass
    assert gc.get_threshold() == GARBAGE  # others are at it still
    go.set()
    for thread in threads:
        thread.join()
    assert seen == [GARBAGE] * 8
    assert gc.get_threshold() == before
