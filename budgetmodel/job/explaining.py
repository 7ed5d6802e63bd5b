"""What a run works out of its answers besides: all when it is asked to explain, the frontier otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from budgetmodel.contract.events import EXPLAINING
from budgetmodel.contract.issues import SolverFailed
from budgetmodel.contract.options import Options
from budgetmodel.job.telling import Telling

if TYPE_CHECKING:  # pandas and the solvers are loaded after the first event
    from budgetmodel.explain.explanation import Explanation
    from budgetmodel.explain.waterfall import Waterfall
    from budgetmodel.results import Result

FRONTIER_LEFT_OUT = (
    "What a few points of index given up would spare is not worked out of very large scenarios; --frontier adds it."
)

IN_EVERY_RUN = ("frontier", "exchange")
"""The parts of an explanation that a run has without being asked to explain, where `options.frontier` says so."""


def explains(options: Options) -> bool:
    """Whether a run with these options has anything to work out of its answers."""
    return options.explain or options.frontier is not False


def explain(
    results: Mapping[str, Result], options: Options, told: Telling, found: Mapping[str, Explanation]
) -> tuple[dict[str, Waterfall], dict[str, Explanation]]:
    """The frontier of every scenario; with `options.explain` waterfalls, headroom, prices and freedom too.

    `found` has what was worked out while other scenarios were still being solved: see `early`. What weights do to all
    scenarios is with the last. In large programs assumptions are halved and doubled for the first scenario and the
    leading one only: each costs two solves.
    """
    from budgetmodel.api import why
    from budgetmodel.explain.explanation import PARTS, explanation
    from budgetmodel.report.sheets.place_background import leading
    from budgetmodel.side_by_side import side_by_side

    names = list(results)
    if not names or not explains(options):
        return {}, {}
    told.step(EXPLAINING)
    if not options.explain:
        names = [name for name in names if has_frontier(results[name], options)]
    if len(names) < len(results):
        told.notice(EXPLAINING, FRONTIER_LEFT_OUT)
    spoken_of = (next(iter(results)), leading(results)) if options.explain else ()
    waterfalls = {}
    for name in names if options.explain else ():
        progress = partial(_without, told, name)
        waterfalls[name] = why(results[name], options=options, progress=progress)

    def one(name: str) -> Explanation:
        if name in found:
            return found[name]
        left_out = {"weights"} if name != names[-1] else set()
        left_out |= set() if has_frontier(results[name], options) else set(IN_EVERY_RUN)
        left_out |= set() if options.explain else set(PARTS) - set(IN_EVERY_RUN)
        left_out |= set() if _is_quick(results[name]) or name in spoken_of else {"assumptions_effect"}
        wanted = [part for part in PARTS if part not in left_out]
        working = partial(told.working, name)
        return explanation(results[name], results, parts=wanted, options=options, progress=working)

    explained = side_by_side(one, names, threads=options.threads)
    return waterfalls, dict(zip(names, explained, strict=True))


def early(
    done: Mapping[str, Result | None], begun: set[str], options: Options, told: Telling, found: dict[str, Explanation]
) -> list[Callable[[], None]]:
    """What can begin of scenarios that are done, but for those `begun` before: their frontiers go into `found`.

    They fill the processors that would wait for the last scenario.
    """
    from budgetmodel.explain.explanation import explanation

    if options.explain or not options.shortcuts.early_resolves:
        return []

    def work(name: str, result: Result) -> None:
        working = partial(told.working, name)
        with suppress(SolverFailed):  # `explain` tries again, and reports what is wrong
            found[name] = explanation(result, parts=IN_EVERY_RUN, options=options, progress=working)

    late = {name: result for name, result in done.items() if result is not None and name not in begun}
    wanted = {name: result for name, result in late.items() if has_frontier(result, options)}
    begun.update(late)
    return [partial(work, name, result) for name, result in wanted.items()]


def _without(told: Telling, name: str, cause: str) -> None:
    told.working(name, f"without {cause}")


def has_frontier(result: Result, options: Options) -> bool:
    """Whether the frontier of a scenario is asked for, or does not take minutes where nothing was said."""
    from budgetmodel.explain.frontier import QUICK_UP_TO

    quick = result.answer.program.shape[2] <= QUICK_UP_TO
    return quick or options.explain if options.frontier is None else options.frontier


def _is_quick(result: Result) -> bool:
    """Whether a scenario's program is so small that further solves take no time."""
    from budgetmodel.program.solve.stages import SIMPLEX_UP_TO

    return result.answer.program.shape[2] <= SIMPLEX_UP_TO
