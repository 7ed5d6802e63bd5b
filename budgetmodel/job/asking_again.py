"""The data of whatif.html, as far as a run makes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from budgetmodel.contract.events import WRITING
from budgetmodel.contract.options import Options
from budgetmodel.job.telling import Telling

if TYPE_CHECKING:  # pandas and the solvers are loaded after the first event
    from budgetmodel.results import Result
    from budgetmodel.scenarios.budget import Budget
    from budgetmodel.whatif import WhatIf


def asked_again(
    budget: Budget, results: Mapping[str, Result], options: Options, asked: Sequence[str], told: Telling
) -> WhatIf | None:
    """The data of the scenarios asked for by name, otherwise of the best one; None where there is to be no page.

    Raises BadCommand for a slider that is none.
    """
    from budgetmodel import browser_solver
    from budgetmodel.program.solve.stages import SIMPLEX_UP_TO
    from budgetmodel.whatif import what_if
    from budgetmodel.whatif.offline import first_of

    if options.whatif is False or not results:
        return None
    if browser_solver.found() is None:
        if options.whatif is not None:
            told.notice(WRITING, browser_solver.MISSING)
        return None
    chosen = first_of(results, asked)
    if options.whatif is None:
        chosen = {name: r for name, r in chosen.items() if r.answer.program.shape[2] <= SIMPLEX_UP_TO}
    found = what_if(budget, chosen, options.whatif or "", lambda name, what: told.working(name, f"slider {what}"))
    if options.whatif is not None and not found.scenarios:
        for sentence in found.left_out or ("There is no whatif.html: no scenario has an answer.",):
            told.notice(WRITING, sentence)
    return found
