"""What the shared fixtures of tests/conftest.py are, for annotations."""

from __future__ import annotations

from collections.abc import Callable

import budgetmodel as bm

Read = Callable[..., bm.Budget]
Solve = Callable[..., bm.Result]
SolveAll = Callable[..., dict[str, bm.Result]]
