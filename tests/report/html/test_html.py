"""The HTML report: one file that holds everything, says it in the right order, and lets no text become markup."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

import pandas as pd
import pytest

from budgetmodel import api
from budgetmodel.comparison import Comparison, compare
from budgetmodel.contract.frames import FRAME, result_table
from budgetmodel.contract.issues import Infeasible, Issue
from budgetmodel.report import write_results
from budgetmodel.report.html import document, evidence, places
from budgetmodel.report.html.document import FILE, PARTS, report_bytes
from budgetmodel.report.html.material import ReportMaterial
from budgetmodel.report.html.opening import headline, ranked
from budgetmodel.report.html.tables import figure
from budgetmodel.report.manifest import MANIFEST, RESULTS_ID, changed_files, notices
from budgetmodel.report.tables import gather
from budgetmodel.report.workbook import material_of
from budgetmodel.results import Result
from tests.report.samples import renamed, solved

HOSTILE = ["<script>alert(1)</script>", "\"'><img src=x onerror=alert(1)>", "]]></style></svg>", "javascript:alert(1)"]
VOID = {"meta", "link", "br", "col", "input"}


class Outline(HTMLParser):
    """The elements of a document in order, with their attributes, and their text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    def all(self, *tags: str) -> list[dict[str, str]]:
        return [attributes for tag, attributes in self.elements if tag in tags]


def report(results: Mapping[str, Result], comparison: Comparison | None = None, **frames: pd.DataFrame) -> str:
    made = gather(results, {}) | frames
    return report_bytes(material_of(results, made, comparison or compare(results))).decode()


@pytest.fixture(scope="module")
def several() -> str:
    return report(*solved("several"))


@pytest.fixture(scope="module")
def outline(several: str) -> Outline:
    return Outline(several)


def test_it_is_one_file_that_needs_nothing_else(several, outline):
    assert not outline.all("script", "iframe", "object", "embed", "img", "form", "base")
    addresses = [v for _, a in outline.elements for k, v in a.items() if k in ("href", "src", "srcset", "xlink:href")]
    assert addresses
    assert all(address.startswith("#") or address == "data:," for address in addresses)
    style = re.search(r"<style>(.*?)</style>", several, re.DOTALL)
    assert style is not None
    assert "url(" not in style[1]
    assert "@import" not in style[1]
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = next(a["content"] for a in outline.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; ")
    assert f"style-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert not [a for _, a in outline.elements if "style" in a or any(k.startswith("on") for k in a)]


def test_everything_that_is_opened_is_closed_and_every_id_is_unique(outline):
    assert outline.open == []
    ids = [a["id"] for _, a in outline.elements if "id" in a]
    assert len(ids) == len(set(ids))
    targets = {a["href"][1:] for a in outline.all("a")}
    assert targets <= set(ids)
    labels = {key for _, a in outline.elements for key in a.get("aria-labelledby", "").split()}
    assert labels <= set(ids)


def test_landmarks_headings_and_language(outline):
    assert outline.all("html")[0]["lang"] == "en-GB"
    for landmark in ("header", "nav", "main", "footer", "h1"):
        assert len(outline.all(landmark)) == 1, landmark
    levels = [int(tag[1]) for tag, _ in outline.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    first = next(a for tag, a in outline.elements if tag == "a")
    assert first == {"class": "skip", "href": "#main"}


def test_every_table_names_its_columns_rows_and_itself(several, outline):
    tables = re.findall(r"<table>.*?</table>", several, re.DOTALL)
    assert len(tables) > 20
    for table in tables:
        own = Outline(table)
        assert len(own.all("caption")) == 1
        assert all(a.get("scope") in ("col", "row") for a in own.all("th"))
        rows = re.findall(r"<tr.*?</tr>", table, re.DOTALL)
        width = rows[0].count("<th ")
        assert all(row.count("<th ") + len(re.findall(r"<td[ >]", row)) == width for row in rows)
        assert "<td></td>" not in table
    regions = [a for a in outline.all("div") if a.get("class") == "wide"]
    assert all(a["tabindex"] == "0" and a["aria-label"] and a["role"] == "group" for a in regions)
    assert len(regions) == len(tables) + len(outline.all("figure"))


def test_every_picture_has_words_and_a_table_beside_it(several):
    figures = re.findall(r"<figure>.*?</figure>", several, re.DOTALL)
    results, _ = solved("several")
    assert len(figures) == 2 * len(results) + 1  # distances of all scenarios are one picture
    for each in figures:
        assert each.count("<svg ") == each.count("<desc ") == each.count("<table>") == each.count("<figcaption>") == 1


def test_equal_results_give_equal_bytes(several):
    assert report(*solved("several")) == several


def test_sections_come_in_order_and_the_contents_name_them(outline):
    sections = [a["id"] for a in outline.all("section")]
    order = [key for key, _, _ in PARTS if key not in ("indicators", "since")]  # it has none
    assert sections == order
    assert [a["href"][1:] for a in outline.all("a")[1:]] == sections


def test_a_table_of_no_section_is_shown_by_its_record():
    results, comparison = solved("two")
    frame = result_table("freedom", [("Base", "", "<b>Trust</b>", -1.5, float("nan"), 2.0)])
    text = report(results, comparison, freedom=frame)
    section = re.search(r'<section id="more".*?</section>', text, re.DOTALL)
    assert section is not None
    assert "Freedom (1 row)" in section[0]
    assert "&lt;b&gt;Trust&lt;/b&gt;" in section[0]
    assert "(1.500)" in section[0]
    assert "Amount (£m)" in section[0]
    assert "n/a" in section[0]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_of_the_workbook_becomes_markup(name):
    results, _ = solved("two")
    plain = Outline(report(renamed(results, {"North": "Northern"})))
    found = report(renamed(results, {"North": name}))
    outline = Outline(found)
    assert [tag for tag, _ in outline.elements] == [tag for tag, _ in plain.elements]
    assert [sorted(a) for _, a in outline.elements] == [sorted(a) for _, a in plain.elements]
    assert any(name in text for _, text in outline.texts)


@pytest.mark.parametrize("name", [*HOSTILE, "a\x00b", "half \ud800"])
def test_no_setting_becomes_markup(name):
    results, comparison = solved("two")
    settings = dict.fromkeys(("Title", "System", "Status", "Prepared by", "Price basis", "Use until"), name)
    named = {
        scenario: replace(result, inputs=replace(result.inputs, settings=MappingProxyType(settings), name=name))
        for scenario, result in results.items()
    }
    assert Outline(report(named, comparison)).elements.count(("script", {})) == 0
    assert [t for t, _ in Outline(report(named, comparison)).elements] == [
        t for t, _ in Outline(report(_plain(named), comparison)).elements
    ]


def _plain(results: Mapping[str, Result]) -> dict[str, Result]:
    settings = dict.fromkeys(next(iter(results.values())).inputs.settings, "plain")
    return {n: replace(r, inputs=replace(r.inputs, settings=MappingProxyType(settings))) for n, r in results.items()}


def material(metrics: list[tuple[str, str, float]], results: Mapping[str, Result]) -> ReportMaterial:
    frame = pd.DataFrame(metrics, columns=["scenario", "metric", "value"]).assign(group="")
    return ReportMaterial(results, gather(results, {}), Comparison(frame, pd.DataFrame()), {}, "ALL CHECKS PASS")


def test_ranking_is_by_shortfall_and_then_by_index():
    results, _ = solved("several")
    names = list(results)[:3]
    some = {name: results[name] for name in names}
    told = material(
        [(n, "shortfall_at_equal_costs", s) for n, s in zip(names, (0.0, 2.0, 0.0), strict=True)]
        + [(n, "index_at_equal_costs", i) for n, i in zip(names, (40.0, 10.0, 30.0), strict=True)]
        + [(n, "index", 1.0) for n in names],
        some,
    )
    assert [name for name, _, _ in ranked(told)] == [names[2], names[0], names[1]]


def test_scenarios_that_read_alike_are_both_named():
    results, _ = solved("several")
    names = list(results)[:2]
    told = material(
        [(n, "shortfall_at_equal_costs", 0.0) for n in names] + [(n, "index_at_equal_costs", 34.391) for n in names],
        {name: results[name] for name in names},
    )
    assert headline(told)[0].startswith(f"'{names[0]}' and '{names[1]}' come nearest to fair shares, level with one")


def test_a_failing_check_stands_first():
    results, comparison = solved("two")
    base = results["Base"]
    wrong = base.frames["allocation"].assign(amount=base.frames["allocation"]["amount"] + 1e-8)
    broken = replace(base, frames=MappingProxyType({**base.frames, "allocation": wrong}))
    text = report({"Base": broken}, comparison)
    assert "CHECKS FAIL" in text.partition("<h2")[2].partition("</p>")[0]


def test_a_scenario_without_an_answer_is_told_first():
    results, comparison = solved("two")
    issue = Issue("INFEASIBLE", "error", "Rules", "K5", "too much", "less", "Lower it.")
    failures = {"Bold": Infeasible("Bold", [issue])}
    frames = gather(results, failures)
    text = report_bytes(material_of(results, frames, comparison, failures)).decode()
    first = text.partition('id="answer"')[2].partition('class="lead"')[0]
    assert "Bold: no allocation meets every must rule" in first
    nothing = report_bytes(material_of({}, gather({}, failures), compare({}), failures)).decode()
    assert "Nothing was solved" in nothing
    assert Outline(nothing).open == []


def test_words_say_why_when_they_were_asked_for():
    results, comparison = solved("two")
    waterfalls = {name: api.why(result) for name, result in results.items()}
    text = report_bytes(material_of(results, gather(results, {}), comparison, {}, waterfalls)).decode()
    without = report(results, comparison)
    assert text.count("<p>Base: North") == 1
    assert "<p>Base: North" not in without


def test_a_section_with_nothing_to_say_is_left_out():
    results, comparison = solved("two")  # one scenario ranks with nobody
    assert [a["id"] for a in Outline(report(results, comparison)).all("section")] == [
        key for key, _, _ in PARTS if key not in ("ranking", "since")
    ]


def test_many_places_are_left_to_the_workbook(monkeypatch):
    monkeypatch.setattr(places, "PLACES_SHOWN", 1)
    text = report(*solved("two"))
    assert "There are 2 places: the sheet By place" in text


def test_a_place_table_adds_up(monkeypatch):
    monkeypatch.setattr(places, "MOVES", 2)
    text = report(*solved("several"))
    results, _ = solved("several")
    allocation = gather(results, {})["allocation"]
    place = allocation["place"].iloc[0]
    table = re.search(rf"<caption>{place}: services that change most.*?</table>", text, re.DOTALL)
    assert table is not None
    rows = [re.findall(r">([^<>]+)</t[hd]>", row) for row in re.findall(r"<tr.*?</tr>", table[0], re.DOTALL)][1:]
    sums = allocation[allocation["place"] == place].groupby("scenario", sort=False)["change"].sum()
    assert rows[-1] == ["All services", *(figure(float(sums[name]), "money2") for name in results)]
    services = allocation["service"].nunique()
    assert rows[-2][0] == f"All other services ({services - 2})"
    assert len(rows) == 4


@pytest.mark.parametrize(
    "value, kind, words",
    [
        (-0.04, "money", "0.0"),
        (-0.06, "money", "(0.1)"),
        (1e6, "money", "1,000,000.0"),
        (float("nan"), "index", "n/a"),
        (-0.00004, "percent", "0.0%"),
        (0.5, "percent2", "50.00%"),
        ("", "text", "n/a"),
        (3, "count", "3"),
    ],
)
def test_figures_read_as_in_the_workbook(value, kind, words):
    assert figure(value, kind) == words


# ---- the files of a run ------------------------------------------------------------------------------


def test_all_files_bear_the_id_of_their_run(tmp_path):
    folder = tmp_path / "Ergebnisse für Bury – 2026 é"
    results, comparison = solved("two")
    files = write_results(results, folder / "results.xlsx", comparison)
    told = json.loads((folder / MANIFEST).read_bytes())
    assert sorted(told["sha256"]) == sorted(file.name for file in files if file.name != MANIFEST)
    number = told["results id"]
    assert re.fullmatch("[0-9a-f]{12}", number)
    run = pd.read_csv(folder / "run.csv", dtype=str)
    assert set(run.loc[run["key"] == RESULTS_ID, "value"]) == {number}
    assert number in (folder / FILE).read_text(encoding="utf-8")
    assert changed_files(folder) == []
    assert notices(folder / "results.xlsx") == []


def test_a_file_of_another_run_is_found(tmp_path):
    for name in ("two", "several"):
        results, comparison = solved(name)
        write_results(results, tmp_path / name / "results.xlsx", comparison)
    mixed, other = tmp_path / "two", tmp_path / "several"
    (mixed / "flows.csv").write_bytes((other / "flows.csv").read_bytes())
    (mixed / "rules.csv").unlink()
    assert sorted(changed_files(mixed)) == ["flows.csv", "rules.csv"]
    assert "flows.csv is not as the earlier run wrote it" in " ".join(notices(mixed / "results.xlsx"))
    ids = {json.loads((folder / MANIFEST).read_bytes())["results id"] for folder in (mixed, other)}
    assert len(ids) == 2


def test_tables_of_an_earlier_run_go_with_the_set(tmp_path):
    results, comparison = solved("two")
    waterfalls = {name: api.why(result) for name, result in results.items()}
    write_results(results, tmp_path / "results.xlsx", comparison, waterfalls=waterfalls)
    (tmp_path / "remedies.csv").write_text("mine\n1\n")
    assert (tmp_path / "waterfall.csv").exists()
    write_results(results, tmp_path / "results.xlsx", comparison)
    assert not (tmp_path / "waterfall.csv").exists()
    assert (tmp_path / "remedies.csv").read_text() == "mine\n1\n"


def test_a_file_where_a_folder_should_be_holds_no_manifest(tmp_path):
    (tmp_path / "in.xlsx").write_text("a file")
    assert notices(tmp_path / "in.xlsx" / "results.xlsx") == []


@pytest.mark.parametrize("content", ["", "[]", '{"sha256": 3}', '{"sha256": {"../x": "0"}}'])
def test_a_manifest_that_is_none_is_told(tmp_path, content):
    (tmp_path / MANIFEST).write_text(content)
    assert changed_files(tmp_path) != []
    assert not Path(tmp_path.parent / "x").exists()


def test_the_report_is_made_of_known_parts():
    assert document.FILE == "report.html"
    assert set(FRAME) >= evidence.SHOWN_ELSEWHERE
