"""What is known of a workbook that is followed: a record that events, outcomes and refusals make another of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from budgetmodel.contract.events import AHEAD, OTHER, READING, SAME, Event
from budgetmodel.contract.issues import BudgetError, InputErrors, Issue, errors, grouped

if TYPE_CHECKING:  # pandas and the solvers are loaded with the first run
    from budgetmodel.job import Outcome

WAITING, CHECKING, PROVING, PUBLISHED, PROBLEMS, TROUBLE, ENDED = (
    "waiting",
    "checking",
    "proving",
    "published",
    "problems",
    "trouble",
    "ended",
)
"""The stages of a page. In PUBLISHED alone the results in the folder are those of the workbook as it was saved last."""

WHATIF = "whatif.html"
"""The page that answers what-ifs by itself, linked where a run has made one."""

BUSY = (CHECKING, PROVING)
"""The stages that pass by themselves."""


@dataclass(frozen=True)
class ScenarioState:
    """A scenario on its way: what is being done, the figures of a first look, and its proved answer in a line."""

    name: str
    number: int = 0
    doing: str = ""
    look: str = ""
    answer: str = ""


@dataclass(frozen=True)
class State:
    """A workbook that is followed.

    `how` it comes, as a word: saved or dropped. `words` says in a sentence what `stage` means for it, `saved` when it
    came last, `good` of which time the results are, `left` the likely seconds until the run ends. `issues` are those of
    the last check, `changes` sentences on what changed since the run before, `notices` what the run said on its way,
    `files` the files of the results by the names that links have.
    """

    workbook: str
    how: str = "saved"
    stage: str = WAITING
    words: str = ""
    saved: str = ""
    good: str = ""
    left: float | None = None
    step: str = ""
    scenarios: tuple[ScenarioState, ...] = ()
    issues: tuple[Issue, ...] = ()
    changes: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    @property
    def is_busy(self) -> bool:
        """Whether something is being done for it."""
        return self.stage in BUSY


def begun(state: State, saved: str) -> State:
    """A save was seen: it is being checked, and what was known of the save before no longer counts."""
    return replace(
        state,
        stage=CHECKING,
        words="",
        saved=saved,
        left=None,
        step=READING,
        scenarios=(),
        issues=(),
        changes=(),
        notices=(),
    )


def after(state: State, event: Event) -> State:
    """The state after an event of a run."""
    state = replace(state, left=event.left)
    if event.kind == "notice":
        return replace(state, notices=(*state.notices, event.words))
    if event.kind == "step":
        counted = f" ({event.number} of {event.of})" if event.of else ""
        stage = CHECKING if event.stage == READING else PROVING
        return replace(state, stage=stage, step=f"{event.stage}{counted}")
    name = event.scenario
    known = {each.name: each for each in state.scenarios}
    own = known.get(name, ScenarioState(name))
    if event.kind == "looked":
        own = replace(own, look=_LOOKS[event.stage].format(words=event.words), doing="waits")
    elif event.kind == "ended":
        own = replace(own, doing=event.stage, answer=event.words)
    elif not own.answer:
        own = replace(own, doing=event.stage)
    joined = {**known, name: replace(own, number=event.number)}
    return replace(state, stage=PROVING, scenarios=tuple(sorted(joined.values(), key=lambda each: each.number)))


_LOOKS: Mapping[str, str] = {
    SAME: "unchanged",
    AHEAD: "{words}",
    OTHER: "another program: its figures follow with the proof",
}


def finished(state: State, outcome: Outcome) -> State:
    """The state when a run has ended: published where files were written."""
    from budgetmodel.comparison.first_answer import first_words

    own = {each.name: each for each in state.scenarios}
    scenarios = []
    for name in outcome.scenarios:
        result, failure = outcome.results.get(name), outcome.failures.get(name)
        answer = first_words(result) if result is not None else ""
        doing = "proved" if failure is None else _failed(failure, answered=result is not None)
        scenarios.append(replace(own.get(name, ScenarioState(name)), doing=doing, answer=answer, look=""))
    state = replace(
        state,
        scenarios=tuple(scenarios),
        issues=tuple(grouped(outcome.issues)),
        left=None,
        step="",
        changes=tuple(outcome.since.brief) if outcome.since is not None else (),
    )
    if not outcome.files:
        return replace(state, stage=PROBLEMS, words="No scenario has an answer, and nothing was written.")
    names = [path.name for path in outcome.files]
    names += [WHATIF] * (WHATIF not in names and outcome.files[0].with_name(WHATIF).is_file())
    return replace(state, stage=PUBLISHED, good=state.saved, words="", files=tuple(names))


def stopped(state: State, trouble: BudgetError) -> State:
    """The state when a run was refused, for problems of the workbook or for a file that stands in the way."""
    if isinstance(trouble, InputErrors):
        return refused(state, trouble, tuple(path.name for path in getattr(trouble, "files", ())))
    return troubled(state, str(trouble))


def _failed(failure: BudgetError, *, answered: bool) -> str:
    """Why a scenario is not met or has no answer, in a sentence."""
    first = str(failure).strip().partition("\n")[0]
    return f"not met: {first}" if answered else first


def refused(state: State, problems: InputErrors, files: tuple[str, ...] = ()) -> State:
    """The state when the workbook has errors: they are listed, and the results stay as they were."""
    found = grouped(problems.issues)
    count = len(errors(problems.issues))
    words = f"{count} error{'' if count == 1 else 's'} must be mended before it can be solved."
    return replace(
        state,
        stage=PROBLEMS,
        words=words,
        issues=tuple(found),
        step="",
        left=None,
        scenarios=(),
        files=tuple(dict.fromkeys((*state.files, *files))),
    )


def troubled(state: State, words: str) -> State:
    """The state when something stands in the way that is no problem of the workbook's content."""
    return replace(state, stage=TROUBLE, words=words, step="", left=None, scenarios=())


def same_again(state: State, earlier: State) -> State:
    """The state when a save changed nothing that counts: what was known before still holds, for this save, too."""
    return replace(
        earlier, saved=state.saved, good=state.saved, words="Nothing that counts differs from the save before."
    )
