"""The section of the money: a Sankey picture for every scenario on one scale, with the same figures as a table."""

from __future__ import annotations

from budgetmodel.contract import schema
from budgetmodel.contract.units import PENCE_PER_MILLION
from budgetmodel.report.html.material import ReportMaterial
from budgetmodel.report.html.tables import Heading, chosen, figure_with_table, table
from budgetmodel.report.markup import Markup, element, join
from budgetmodel.report.pictures.flow import MoneyFlow, money_flows
from budgetmodel.report.pictures.sankey import finding, folding_note, sankey, scale, tone


def money(material: ReportMaterial) -> Markup | None:
    """A picture of each scenario, of which a reader chooses the one that is shown."""
    if not material.results:
        return None
    flows = money_flows(material.results, material.frames)
    pixels, levels = scale(flows), levels_of(flows)
    words = (
        "Money comes from those who hold it, stands in pots, is decided on at a level, is paid to providers and ends "
        "in places. The height of a band is its money, all years together, on one scale for all scenarios: a picture "
        "can be held against another. What contracts cost and what is carried past the last year leaves the pots; fees "
        "leave on the way to providers. What comes in at every node goes out again, to the penny. On a narrow screen, "
        "pictures and wide tables scroll sideways."
    )
    choices = []
    for n, flow in enumerate(flows):
        title = f"Where the money goes: {flow.scenario}"
        picture = element("div", sankey(flow, pixels, levels, f"flow-{n + 1}"), class_="flow")
        figure = figure_with_table(title, picture, finding(flow), _table(flow), folding_note(flow))
        choices.append((flow.scenario, join([element("h3", flow.scenario, id=f"money-{n + 1}"), figure])))
    return join([element("p", words), _legend(levels), chosen("Scenario shown", "flow", choices)])


def levels_of(flows: list[MoneyFlow]) -> list[str]:
    """The levels at which anything is decided, in the order of the contract: most local first."""
    met = {link.level for flow in flows for link in flow.links if link.level}
    order = [str(choice) for choice in schema.SHEET[schema.SERVICES].column("Level").choices]
    return [level for level in order if level in met] + sorted(met - set(order))


def _legend(levels: list[str]) -> Markup:
    entries = [(f"decided at {level} level", tone(level, levels)) for level in levels]
    entries += [("from holder to pot", "money"), ("costs, or carried on", "cost")]
    keys = [
        element(
            "li",
            element(
                "svg",
                element("rect", class_=kind, x=0, y=0, width=14, height=14),
                width=14,
                height=14,
                aria_hidden="true",
            ),
            words,
        )
        for words, kind in entries
    ]
    return element("ul", *keys, class_="key")


def _table(flow: MoneyFlow) -> Markup:
    """The links as rows, the largest first within each step: £m and share of all money."""
    total = max(flow.total, 1)
    order = sorted(flow.links, key=lambda link: (link.start.column, -link.pence, link.start, link.end, link.level))
    rows: list[list[object]] = [
        [link.start.label, link.end.label, link.level or "", link.pence / PENCE_PER_MILLION, link.pence / total]
        for link in order
    ]
    headings = (
        Heading("From"),
        Heading("To"),
        Heading("Decided at"),
        Heading("All years (\u00a3m)", "money3"),
        Heading("Of all money", "percent2"),
    )
    return table(f"The money of {flow.scenario} from step to step", headings, rows)
