"""The pictures: every node balances to the penny, small flows are added together, scales are shared, words are safe."""

from __future__ import annotations

import re
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from budgetmodel import api
from budgetmodel.report.pictures import flow as flow_module
from budgetmodel.report.pictures.bars import Change, bars, changes, folded, reach_of
from budgetmodel.report.pictures.bars import finding as change_finding
from budgetmodel.report.pictures.colours import DARK, LIGHT, SHAPES, TEXT_PAIRS
from budgetmodel.report.pictures.distance import Distance, common_ends, drawn, overlaid
from budgetmodel.report.pictures.distance import finding as distance_finding
from budgetmodel.report.pictures.flow import (
    CONTRACTS,
    FEES,
    HOLDER,
    LEVEL,
    MOST,
    PLACE,
    POT,
    SECTOR,
    Link,
    MoneyFlow,
    Node,
    money_flows,
)
from budgetmodel.report.pictures.sankey import finding, folding_note, sankey, scale
from budgetmodel.report.tables import gather
from budgetmodel.results import Result
from tests.report.samples import solved
from tests.support.builder import two_places

NS = "{http://www.w3.org/2000/svg}"
HOSTILE = ["<script>alert(1)</script>", "\"'><img src=x>", "]]>", "&lt;", "a\x00b\ud800"]


@cache
def with_costs() -> dict[str, Result]:
    """Two places, 100 of funding; one contract costs £500k and takes a fee of 2%."""
    book = two_places()
    book["Contracts"][0] |= {"Fee": 0.02, "Cost per contract": 500}
    with tempfile.TemporaryDirectory() as folder:
        return api.solve_all(api.read(book.save(Path(folder) / "costs.xlsx")))


def test_the_money_of_two_places_by_hand():
    # 100 comes in. One contract: 0.5, so 99.5 is spent; 2% of that, 1.99, is fees; 97.51 reaches the provider.
    results = with_costs()
    (flow,) = money_flows(results, gather(results, {}))
    budget = next(iter(results.values())).inputs
    holder = Node(HOLDER, False, budget.frame("Sources")["Holder"].iloc[0])
    pot = Node(POT, False, "Core")
    level = next(node for node in flow.nodes if node.column == LEVEL and not node.leaves)
    sector = Node(SECTOR, False, budget.frame("Providers")["Sector"].iloc[0])
    found = {(link.start, link.end): link.pence for link in flow.links}
    delivered = next(iter(results.values())).allocation.groupby("place")["amount"].sum() * 0.98
    ends = {place: round(amount * 1e8) for place, amount in delivered.items()}
    assert found == {
        (holder, pot): 10_000_000_000,
        (pot, Node(LEVEL, True, CONTRACTS)): 50_000_000,
        (pot, level): 9_950_000_000,
        (level, Node(SECTOR, True, FEES)): 199_000_000,
        (level, sector): 9_751_000_000,
        (sector, Node(PLACE, False, "North")): ends["North"],
        (sector, Node(PLACE, False, "South")): ends["South"],
    }
    assert sum(ends.values()) == 9_751_000_000
    assert flow.total == 10_000_000_000
    words = finding(flow)
    assert "£100.0m from 1 holder stands in 1 pot" in words
    assert "Contract costs £0.5m; Fees £2.0m" in words


@pytest.mark.parametrize("name", ["two", "several"])
@pytest.mark.parametrize("small, most", [(0.005, MOST), (0.9, MOST), (0.0, 1), (0.2, 2)])
def test_every_node_balances_to_the_penny(monkeypatch, name, small, most):
    monkeypatch.setattr(flow_module, "SMALL", small)
    monkeypatch.setattr(flow_module, "MOST", most)
    results, _ = solved(name)
    frames = gather(results, {})
    for scenario, flow in zip(results, money_flows(results, frames), strict=True):
        ends = [node for node in flow.nodes if node.column == PLACE or node.leaves]
        for node in flow.nodes:
            if node.column != HOLDER and node not in ends:
                assert flow.into(node) == flow.out_of(node), node
        assert sum(flow.into(node) for node in ends) == flow.total
        # The same totals straight from the budget and the frames, without the picture's code.
        funding = round(float(results[scenario].inputs.funding.sum()) * 1e8)
        assert flow.total == funding
        flows = frames["flows"][frames["flows"]["scenario"] == scenario]
        spent = sum(round(amount * 1e8) for amount in flows["amount"])
        assert sum(flow.into(n) for n in ends if n.column in (PLACE, SECTOR)) == spent
        fees = float((flows["fee"] * flows["amount"]).sum())
        assert sum(flow.into(n) for n in ends if n.name == FEES and n.leaves) == round(fees * 1e8)


def test_sources_account_for_all_their_money():
    results, _ = solved("several")
    sources = gather(results, {})["sources"]
    pence = (sources[["funding", "carried_in", "contract_cost", "carried_out", "spent"]] * 1e8).round().astype("int64")
    left = pence["funding"] + pence["carried_in"] - pence["contract_cost"] - pence["carried_out"] - pence["spent"]
    assert (left == 0).all()
    spent = gather(results, {})["flows"].groupby(["scenario", "year", "source"])["amount"].sum()
    own = sources.set_index(["scenario", "year", "source"])["spent"]
    pd.testing.assert_series_equal(
        own[own > 0].sort_index(), spent, check_names=False, check_exact=False, rtol=0, atol=5e-9
    )


def test_small_flows_are_added_together_and_named(monkeypatch):
    monkeypatch.setattr(flow_module, "MOST", 1)
    results, _ = solved("several")
    frames = gather(results, {})
    whole = {flow.scenario: flow.total for flow in money_flows(results, frames)}
    flow = next(f for f in money_flows(results, frames) if any(n.column == POT for n in f.folded))
    other = next(node for node in flow.folded if node.column == POT)
    assert other.label == f"other ({len(flow.folded[other])} together)"
    assert len([node for node in flow.nodes if node.column == POT]) == 2
    assert flow.total == whole[flow.scenario]
    assert other.label in folding_note(flow)
    assert "0.5% of the money" in folding_note(flow)
    # Every pot of the scenario is either drawn or named in the title of the bar that stands for it.
    picture = sankey(flow, scale([flow]), [], "k")
    pots = set(frames["flows"].loc[frames["flows"]["scenario"] == flow.scenario, "pot"])
    assert {pot for pot in pots if pot not in picture} == set()


def parsed(picture: str) -> ElementTree.Element:
    return ElementTree.fromstring(picture)  # noqa: S314  # our own


def test_all_scenarios_share_one_scale():
    results, _ = solved("several")
    flows = money_flows(results, gather(results, {}))
    pixels = scale(flows)
    for flow in flows:
        root = parsed(sankey(flow, pixels, ["place", "system"], "k"))
        bars_ = [each for each in root.iter(f"{NS}rect") if "node" in each.get("class", "").split()]
        assert len(bars_) == len(flow.nodes)
        holders = [float(each.get("height", 0)) for each in bars_[: sum(n.column == HOLDER for n in flow.nodes)]]
        assert sum(holders) == pytest.approx(flow.total * pixels, abs=0.1)
        assert len(list(root.iter(f"{NS}path"))) == len(flow.links)
        assert root.get("width") == "1220"


def test_bands_fill_their_nodes_on_both_sides():
    results, _ = solved("several")
    flow = money_flows(results, gather(results, {}))[0]
    pixels = scale([flow])
    root = parsed(sankey(flow, pixels, [], "k"))
    heights = sorted(float(re.findall(r"v(-?[\d.]+)C", p.get("d", ""))[0]) for p in root.iter(f"{NS}path"))
    assert heights == pytest.approx(sorted(link.pence * pixels for link in flow.links), abs=0.006)


@given(st.lists(st.integers(min_value=-(10**13), max_value=10**13), min_size=1, max_size=200))
def test_places_added_together_keep_the_sum(amounts):
    listed = sorted((Change(f"p{n}", pence) for n, pence in enumerate(amounts)), key=lambda c: -c.pence)
    shown = folded(listed, 7)
    assert sum(each.pence for each in shown) == sum(amounts)
    assert len(shown) <= 7 or len(listed) <= 7
    assert sum(each.added or 1 for each in shown) == len(amounts)


def test_winners_and_losers_by_hand():
    # The do-minimum gives 60 and 40, the optimum 50 and 50.
    results, _ = solved("two")
    first = results["Base"].frames["allocation"].query("year == '2025/26'")
    found = changes(first)
    assert [(each.place, each.pence) for each in found] == [("South", 1_000_000_000), ("North", -1_000_000_000)]
    assert found[1].figure == "−£10.0m"
    words = change_finding(found)
    assert words == (
        "1 place gets more than keeping today's share (the do-minimum), 1 less. Most is South, +£10.0m. "
        "Least is North, −£10.0m."
    )
    root = parsed(bars("Base", found, reach_of([found]), "k"))
    more, less = (next(r for r in root.iter(f"{NS}rect") if kind in r.get("class", "")) for kind in ("more", "less"))
    assert more.get("width") == less.get("width")
    zero = float(next(root.iter(f"{NS}line")).get("x1", 0))
    assert float(more.get("x", 0)) == zero
    assert float(less.get("x", 0)) + float(less.get("width", 0)) == pytest.approx(zero, abs=0.02)


def test_distances_stand_where_their_figures_say():
    listed = [Distance("North", 0.2, 0.0), Distance("South", -0.2, -0.1)]
    ends = common_ends([listed])
    assert ends == pytest.approx((-0.2, 0.2))
    other = [Distance("North", 0.2, 0.1)]
    root = parsed(
        overlaid("Overall, 2025/26", {"Base": listed, "Other": other}, [d.place for d in drawn(listed)], ends, "k")
    )
    rings = [float(c.get("cx", 0)) for c in root.iter(f"{NS}circle") if c.get("class") == "before"]
    points = [[float(pair.split(",")[0]) for pair in p.get("points", "").split()] for p in root.iter(f"{NS}polygon")]
    dots = [(min(xs) + max(xs)) / 2 for xs in points]
    shapes = [(p.get("class"), len(p.get("points", "").split())) for p in root.iter(f"{NS}polygon")]
    assert len(rings) == 2  # the do-minimum once, though two scenarios have a mark at North
    assert shapes[0] == shapes[1] != shapes[2]
    assert (dots[1] + rings[1]) / 2 == pytest.approx(dots[2], abs=0.02)  # 0.1 is halfway from 0 to 0.2
    # South, the furthest under, comes first; the scale is straight: -0.1 is halfway from -0.2 to 0.
    assert (rings[0] + dots[1]) / 2 == pytest.approx(dots[0], abs=0.02)
    assert rings[1] - dots[1] == pytest.approx(dots[1] - rings[0], abs=0.02)
    assert distance_finding(listed) == (
        "Before, places are between −20.0% and +20.0% from target; after, between −10.0% and 0.0%. 2 of 2 come "
        "nearer to it. Furthest under afterwards: South, −20.0% → −10.0%."
    )


def hostile_flow(names: Sequence[str]) -> MoneyFlow:
    nodes = [Node(column, False, names[column % len(names)]) for column in range(5)]
    links = tuple(Link(a, b, 100, names[0] if a.column else "") for a, b in pairwise(nodes))
    return MoneyFlow(names[0], links, {nodes[1]: tuple(names)})


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_becomes_markup(name):
    flow = hostile_flow([name])
    pictures = [
        sankey(flow, scale([flow]), [name], "k"),
        bars(name, [Change(name, 5), Change(name, -5)], (-5, 5), "k"),
        overlaid(name, {name: [Distance(name, 0.1, 0.0)]}, [name], (-0.1, 0.1), "k"),
    ]
    plain = hostile_flow(["plain"])
    expected = [
        sankey(plain, scale([plain]), ["plain"], "k"),
        bars("plain", [Change("plain", 5), Change("plain", -5)], (-5, 5), "k"),
        overlaid("plain", {"plain": [Distance("plain", 0.1, 0.0)]}, ["plain"], (-0.1, 0.1), "k"),
    ]
    for found, ordinary in zip(pictures, expected, strict=True):
        found.encode("utf-8")
        assert [each.tag for each in parsed(found).iter()] == [each.tag for each in parsed(ordinary).iter()]
        attributes = [sorted(each.attrib) for each in parsed(found).iter()]
        assert attributes == [sorted(each.attrib) for each in parsed(ordinary).iter()]


def test_every_picture_says_what_it_shows():
    flow = replace(hostile_flow(["A"]), folded={})
    root = parsed(sankey(flow, scale([flow]), [], "flow-1"))
    assert root.get("role") == "img"
    labelled = root.get("aria-labelledby", "").split()
    texts = {each.get("id"): each.text for each in root}
    assert [texts[key] for key in labelled] == ["Where the money goes: A", finding(flow)]


def luminance(colour: str) -> float:
    """Relative luminance by the formula of WCAG 2."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_contrast_is_enough_in_light_and_dark(colours):
    assert contrast("#FFFFFF", "#000000") == pytest.approx(21)
    for text, ground in TEXT_PAIRS:
        assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for shape in SHAPES:
        assert contrast(colours[shape], colours["paper"]) >= 3, shape
    assert set(LIGHT) == set(DARK)
