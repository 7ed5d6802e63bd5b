"""Options: how things are solved and written, in one object; what is solved is given apart from it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from budgetmodel.contract.issues import BadCommand

DEFAULT = "highs"
"""The solver, when none is named."""

By = Literal["rule", "measure"]
"""An explanation takes one rule away after the other, or all rules of one measure and limit together."""


@dataclass(frozen=True)
class Shortcuts:
    """Which of the ways that only save time or spare a reader something are taken; each can be switched off.

    `route_by_size`: small programs by simplex, large ones by interior point, both first stages approached together and
    no vertex before the spread; off, every stage of every program is solved for itself by interior point, to a vertex.
    `optimal_faces`: what the duals price stays at its bound; off, a stage is kept by a row that holds its value.
    `convex_reduction`: the spread of a large program is made smaller before it is solved; off, solved as it is.
    `warm_starts`: changed scenarios are solved from the basis of one that is solved; off, from nothing.
    `even_repair`: a way out of a conflict is spread over the rows of a rule, so that Values change least; off, as the
    solver left it.
    `fast_sheets`: cells of results.xlsx are written a column at a time; off, by xlsxwriter's public calls.
    `early_resolves`: re-solves of the comparison begin while other scenarios are solved; off, after the last one.

    `docs/decisions/shortcuts.md` lists what each keeps as it is and what it saves.
    """

    route_by_size: bool = True
    optimal_faces: bool = True
    convex_reduction: bool = True
    warm_starts: bool = True
    even_repair: bool = True
    fast_sheets: bool = True
    early_resolves: bool = True


ALL_SHORTCUTS = Shortcuts()
"""Every one is taken."""


@dataclass(frozen=True)
class Options:
    """How a run, a comparison or a solve is made.

    `solver` is one of `program.solve.solver.solver_names`. `memory` is a folder of results: answers are remembered in
    its folder `.budgetmodel`; without it nothing is looked up and nothing is kept. `fresh` looks nothing up, and keeps.
    `time_limit` is in seconds of the clock: what the stages of one scenario may take together, and each re-solve of a
    comparison or explanation; what is not proved by then raises SolverFailed. Reading, building a program and finding
    out why it is infeasible are not counted. `threads` is how many scenarios are solved at once, by default as many as
    there are processors; no figure depends on it.

    `frontier` adds to every scenario what giving up points of index would spare, and what shortfall and index cost each
    other; both are remembered. None: but in programs of more than 200,000 non-zeros; True: everywhere; False: nowhere.
    `breach`: a scenario that no allocation can meet is answered all the same, with its cheapest way out applied, and
    reported as `not met`; off, it has no answer.

    `explain` adds why each place got what it got, and solves break-evens in full; `by` is how rules are taken away for
    that. `publish` writes the edition for publication too, `board` a board pack of two pages. `whatif` names the
    sliders of whatif.html, with semicolons, "" for those with the highest prices; None: those, where building the
    changed programs is quick (at most 15,000 non-zeros); False: no such page.
    `command` is put on record with the results. `shortcuts` are those that are taken; with one
    switched off nothing is remembered or looked up.

    Raises BadCommand for a time limit of no time, for less than one thread, and for a `by` that is none.
    """

    solver: str = DEFAULT
    memory: Path | None = None
    fresh: bool = False
    time_limit: float | None = None
    threads: int | None = None
    frontier: bool | None = None
    breach: bool = True
    explain: bool = False
    by: By = "rule"
    publish: bool = False
    board: bool = False
    whatif: str | Literal[False] | None = None
    command: str = ""
    shortcuts: Shortcuts = ALL_SHORTCUTS

    def __post_init__(self) -> None:
        """Look at what was given; a folder named by text becomes a path."""
        if self.memory is not None:
            object.__setattr__(self, "memory", Path(self.memory))
        if self.time_limit is not None and not self.time_limit > 0:
            raise BadCommand(f"A time limit of {self.time_limit:g} seconds leaves no time. Give a number above 0.")
        if self.threads is not None and self.threads < 1:
            raise BadCommand(f"{self.threads} threads solve nothing. Give 1 or more.")
        by_of(self.by)


def by_of(word: str) -> By:
    """How an explanation takes rules away; raises BadCommand for any other word."""
    for known in get_args(By):
        if word == known:
            return known  # type: ignore[no-any-return]  # one of the words of By
    raise BadCommand(f"There is no way to explain by '{word}'. Choose from: {', '.join(get_args(By))}.")


DEFAULT_OPTIONS = Options()
"""The options that hold by default."""


def chosen(options: Options | None, **given: Any) -> Options:
    """The options of a public function: those it was given as one object, or else made of its keywords.

    Raises TypeError when both say something: which of them is meant cannot be known.
    """
    if options is None:
        return Options(**given)
    usual = {field.name: field.default for field in fields(Options)}
    doubled = [name for name, value in given.items() if value != usual[name]]
    if doubled:
        raise TypeError(f"{' and '.join(doubled)} cannot be given beside options. Say it in one of them.")
    return options


def without_memory(options: Options) -> Options:
    """The same, remembering nothing."""
    return replace(options, memory=None)
