"""The state of a workbook as HTML: a banner that says which stage is shown, scenarios, problems with cells, files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import MappingProxyType

from budgetmodel.contract.issues import Issue
from budgetmodel.live_page.state import (
    CHECKING,
    ENDED,
    PROBLEMS,
    PROVING,
    PUBLISHED,
    TROUBLE,
    WAITING,
    ScenarioState,
    State,
)
from budgetmodel.report.html.tables import Heading, folded, table
from budgetmodel.report.markup import Markup, element, join

TITLES = MappingProxyType(
    {
        WAITING: "Waiting for the workbook",
        CHECKING: "Being checked",
        PROVING: "Being proved, not yet published",
        PUBLISHED: "Published",
        PROBLEMS: "Not solved: the workbook has problems",
        TROUBLE: "Not solved: a file stands in the way",
        ENDED: "Not followed any more",
    }
)
"""What the banner of a stage says."""

GOOD, BAD, UNDER_WAY = "good", "bad", "under-way"

LOOKS = MappingProxyType({PUBLISHED: GOOD, PROBLEMS: BAD, TROUBLE: BAD, ENDED: BAD})
"""How the banner of a stage looks; the words say it, too."""

SHOWN = 100
"""Problems that a page lists; the workbook of problems has all of them."""

OPENED = MappingProxyType(
    {
        "report.html": "the report, for any browser",
        "results.xlsx": "the results workbook",
        "whatif.html": "the page that answers what-ifs by itself",
        "results_evidence.xlsx": "the long tables",
        "problems.xlsx": "all problems, cell by cell",
        "board.html": "the board pack",
    }
)
"""The files that a page names first, and what each is."""

STYLE = """
.banner{border-left:6px solid var(--link);background:var(--panel);padding:.8rem 1rem;margin:1rem 0}
.banner.good{border-color:var(--good);font-weight:inherit;color:inherit}
.banner.bad{border-color:var(--bad);font-weight:inherit;color:inherit}
.banner h3{margin:0 0 .2rem;font-size:1.2rem}.banner p{margin:.15rem 0}
.files{padding-left:1.1rem}.files li{margin:.2rem 0}
"""
"""What these parts need beside the style sheet of the report."""


def shown(state: State, link: Callable[[str], str]) -> Markup:
    """A workbook's section; `link` gives the address of a file of its results."""
    parts = (
        _banner(state),
        _scenarios(state.scenarios) if state.scenarios else "",
        _sentences("What the last change did", state.changes),
        _issues(state.issues),
        _sentences("Said on the way", state.notices),
        _files(state, link),
    )
    return join([part for part in parts if part])


def _banner(state: State) -> Markup:
    """Which stage is shown, in words, and of which save the results in the folder are."""
    lines = [element("p", line) for line in _lines(state)]
    looks = LOOKS.get(state.stage, UNDER_WAY)
    return element("div", element("h3", TITLES[state.stage]), *lines, class_=f"banner {looks}", role="status")


def _lines(state: State) -> list[str]:
    lines = [state.words] if state.words else []
    if state.stage == PUBLISHED:
        lines.append(f"The results are those of the workbook as {state.how} at {state.good}: every figure is proved.")
        return lines
    if state.stage == PROVING:
        looked = any(each.look and not each.answer for each in state.scenarios)
        first = "First figures are below, each proved by itself. " if looked else ""
        lines.append(f"{first}Places' money, the proof and the results follow{_left(state.left)}.")
    if state.step:
        lines.append(f"Now: {state.step}.")
    if state.saved:
        lines.append(f"{state.how.capitalize()} at {state.saved}.")
    if state.good:
        lines.append(f"The results are still those of the workbook as {state.how} at {state.good}.")
    return lines


def _left(seconds: float | None) -> str:
    """The likely seconds, rounded up to tens, in words."""
    return "" if seconds is None or seconds < 1 else f" in about {10 * (int(seconds) // 10 + 1)} seconds"


def _scenarios(scenarios: Sequence[ScenarioState]) -> Markup:
    rows = [(each.name, each.answer or each.look or "", each.doing) for each in scenarios]
    return table("Scenarios", [Heading("Scenario"), Heading("Figures"), Heading("State")], rows)


def _issues(issues: Sequence[Issue]) -> Markup | str:
    """The problems with their cells, errors first, as sentences that fit a phone; mere notes are folded."""
    if not issues:
        return ""
    lines = [
        element(
            "li", element("b", f"{each.where or each.code}: "), f"{each.found}; expected {each.expected}. {each.fix}"
        )
        for each in sorted(issues, key=lambda each: each.severity != "error")[:SHOWN]
    ]
    if len(issues) > SHOWN:
        lines.append(element("li", f"and {len(issues) - SHOWN} more."))
    listed = element("ul", *lines, class_="files")
    heading = f"Problems and notes of the check ({len(issues)})"
    if any(each.severity == "error" for each in issues):
        return join([element("h3", heading), listed])
    return folded(heading, listed)


def _sentences(heading: str, sentences: Sequence[str]) -> Markup | str:
    if not sentences:
        return ""
    return join([element("h3", heading), element("ul", *(element("li", words) for words in sentences))])


def _files(state: State, link: Callable[[str], str]) -> Markup | str:
    """Links: what is opened first, then the tables, folded."""
    first = [name for name in OPENED if name in state.files]
    others = [name for name in state.files if name not in OPENED]
    if not first and not others:
        return ""
    earlier = f"Results of the workbook as {state.how} at {state.good}" if state.good else "Files"
    heading = "Results" if state.stage == PUBLISHED else earlier
    lines = [element("li", element("a", name, href=link(name)), f": {OPENED[name]}") for name in first]
    more = element("ul", *(element("li", element("a", name, href=link(name))) for name in others), class_="files")
    parts = [element("h3", heading), element("ul", *lines, class_="files")]
    return join([*parts, folded(f"{len(others)} more files", more)] if others else parts)
