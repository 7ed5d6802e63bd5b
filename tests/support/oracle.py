"""An independent, slow and plain reading of the design documents, to test the program against.

It reads a contract workbook, applies the changes of a scenario and either solves its linear program with
SciPy (`solve`: stage 1, weighted shortfall; stage 2, what the scenario's objective minimises) or recomputes
every figure of given flows straight from the tables (`evaluate`). There are no purses: a flow belongs to one
source. Money is in £m.

Readings of the documents where they leave room:

* An explicit `all` in the Services of a fair-share rule means all services; a blank means the component's.
* With Each = service or provider a fair-share rule holds each member against the target of the whole
  component.
* A per-head rule with Each = place uses the need of that place, otherwise the sum over its places; Each over
  other dimensions leaves the need as it is.
* `Of` replaces the dimensions it names and keeps the members of the others; `years` is not one of them.
* Equal names make equal contract pairs: a lead group called like a provider is one pair with it in one pot.
* A place key holds in every year for every place, whether or not money can reach the place.
* The year before a year is the one above it in Years, whatever years the rule speaks of.
* Contract costs are charged to all sources of the pot with an amount, also to those no permitted flow uses.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
from scipy.optimize import brentq, linprog
from scipy.sparse import csr_matrix

from .builder import SHEETS

Row = dict[str, Any]
Tables = dict[str, list[Row]]
Flow = tuple[int, str, str, str, str]  # year (by position), source, place, service, provider

HOLD = 1e-7
SMALLEST_G0 = 0.001
DIMENSIONS = ("place", "service", "provider", "source")
SHEET_OF = {
    "year": "Years",
    "place": "Places",
    "service": "Services",
    "provider": "Providers",
    "source": "Sources",
}
UNITS = {"£": 1e-6, "£k": 1e-3, "£m": 1.0}


# ---- reading -------------------------------------------------------------------------------------


def fold(text: Any) -> str:
    """Text as it is compared: trimmed, single spaces, case folded; blank is ''."""
    return "" if text is None else " ".join(str(text).split()).casefold()


def plain(header: Any) -> str:
    """A header as it is compared: folded, without its unit."""
    return fold(re.sub(r"\([^)]*\)\s*$", "", "" if header is None else str(header)))


def read(path: str | Path) -> Tables:
    """All sheets as lists of rows; keys are the column names of the contract, folded and without unit."""
    file = openpyxl.load_workbook(path, data_only=True)
    pages = {fold(name): file[name] for name in file.sheetnames}
    tables: Tables = {}
    for sheet, (_, headers) in SHEETS.items():
        tables[sheet] = []
        if fold(sheet) not in pages:
            continue
        wanted = [plain(header) for header in headers]
        lines = list(pages[fold(sheet)].iter_rows(values_only=True))
        hits = [sum(1 for name in wanted if name in [plain(cell) for cell in line]) for line in lines]
        top = hits.index(max(hits))
        columns = [plain(cell) for cell in lines[top]]
        for line in lines[top + 1 :]:
            cells = [cell.strip() if isinstance(cell, str) else cell for cell in line]
            row = {name: cell for name, cell in zip(columns, cells, strict=True) if name and cell not in (None, "")}
            if row:
                tables[sheet].append(row)
    return tables


def copy_of(tables: Tables) -> Tables:
    """The tables with rows of their own."""
    return {sheet: [dict(row) for row in rows] for sheet, rows in tables.items()}


# ---- scenarios and changes -----------------------------------------------------------------------


def scenario_row(tables: Tables, name: str) -> Row:
    """The row of Scenarios with this name."""
    for row in tables["Scenarios"]:
        if fold(row["scenario"]) == fold(name):
            return row
    raise KeyError(name)


def ancestry(tables: Tables, name: str) -> list[str]:
    """The scenario and those it is based on, eldest first."""
    line = [name]
    while scenario_row(tables, line[0]).get("based on"):
        line.insert(0, scenario_row(tables, line[0])["based on"])
    return line


def aliases(tables: Tables) -> dict[str, str]:
    """Folded alias -> folded name of the place."""
    known: dict[str, str] = {}
    for row in tables["Places"]:
        for alias in str(row.get("also known as") or "").split(";"):
            if alias.strip():
                known[fold(alias)] = fold(row["place"])
    return known


def where_parts(where: Any) -> list[tuple[str, str]]:
    """`Place=Bury | Bolton; Services=A; B` as [('place', 'Bury | Bolton'), ('services', 'A; B')]."""
    parts: list[tuple[str, str]] = []
    for part in str(where or "").split(";"):
        if "=" in part:
            column, value = part.split("=", 1)
            parts.append((plain(column), value.strip()))
        elif part.strip():
            column, value = parts[-1]
            parts[-1] = (column, f"{value}; {part.strip()}")
    return parts


def number(value: Any) -> Any:
    """A number where the text is one (2% is 0.02), else the value itself."""
    text = str(value).strip()
    try:
        return float(text[:-1]) / 100 if text.endswith("%") else float(text)
    except ValueError:
        return value


def same_cell(cell: Any, wanted: str, known: dict[str, str]) -> bool:
    """Whether a cell's text is the wanted one."""

    def text(value: Any) -> str:
        folded = "; ".join(fold(part) for part in str("" if value is None else value).split(";"))
        return known.get(folded, folded)

    left, right = number(cell), number(wanted)
    if isinstance(left, float) and isinstance(right, float):
        return abs(left - right) <= 1e-12 * max(1.0, abs(left))
    return text(cell) == text(wanted)


def append_row(rows: list[Row], change: Row) -> None:
    """A new row: `Where` is its list of column=value, plus Field = Value when given."""
    row: Row = {column: number(text) for column, text in where_parts(change.get("where")) if text}
    if change.get("field") and change.get("value") is not None:
        row[plain(change["field"])] = number(change["value"])
    rows.append(row)


def picked_rows(rows: list[Row], change: Row, known: dict[str, str]) -> list[Row]:
    """The rows whose cells are all among the values `Where` names."""
    hit = rows
    for column, text in where_parts(change.get("where")):
        hit = [row for row in hit if any(same_cell(row.get(column), option, known) for option in text.split("|"))]
    return list(hit)


def change_cell(row: Row, name: str, action: str, value: Any) -> None:
    """Set, add to or multiply one cell; setting a blank empties it."""
    if action == "set" and value is None:
        row.pop(name, None)
    elif action == "set":
        row[name] = number(value)
    elif action == "add":
        row[name] = float(row[name]) + float(number(value))
    elif action == "multiply":
        row[name] = float(row[name]) * float(number(value))
    else:
        raise ValueError(f"unknown change {action!r}")


def apply_changes(tables: Tables, scenario: str) -> Tables:
    """The tables of a scenario: parents' changes first, then its own, top to bottom."""
    result = copy_of(tables)
    sheets = {fold(sheet): sheet for sheet in result}
    for name in ancestry(tables, scenario):
        for change in tables["Changes"]:
            if fold(change["scenario"]) != fold(name):
                continue
            rows = result[sheets[fold(change["table"])]]
            action = fold(change["change"])
            if action == "append":
                append_row(rows, change)
                continue
            hit = picked_rows(rows, change, aliases(result))
            if action == "remove":
                gone = [id(row) for row in hit]
                rows[:] = [row for row in rows if id(row) not in gone]
                continue
            for row in hit:
                change_cell(row, plain(change["field"]), action, change.get("value"))
    return result


# ---- selectors -----------------------------------------------------------------------------------


def exactly(names: list[str], known: dict[str, str], part: str) -> list[str]:
    """The member with exactly this name or alias, if any."""
    wanted = known.get(fold(part), fold(part))
    return [name for name in names if fold(name) == wanted]


def with_attribute(rows: list[Row], names: list[str], part: str) -> list[str]:
    """The members whose cell under `attribute: value` holds the value."""
    attribute, value = part.split(":", 1)
    picked = []
    for name, row in zip(names, rows, strict=True):
        for column, cell in row.items():
            said = [fold(one) for one in str(cell).split(";")]
            if column.rstrip("s") == fold(attribute).rstrip("s") and fold(value) in said:
                picked.append(name)
    return picked


def span_of_years(names: list[str], part: str) -> list[str]:
    """`2026/27 onwards` and `2025/26 to 2027/28`; nothing for any other text."""
    if fold(part).endswith(" onwards"):
        first, last = fold(part).removesuffix(" onwards"), names[-1]
    elif " to " in fold(part):
        first, last = fold(part).split(" to ", 1)
    else:
        return []
    return names[names.index(first.strip()) : names.index(last.strip()) + 1]


def choose(tables: Tables, dimension: str, selector: Any) -> list[str]:
    """The members (names as written in their own sheet, in its order) that a selector picks."""
    rows = tables[SHEET_OF[dimension]]
    names = [str(row[dimension]) for row in rows]
    known = aliases(tables) if dimension == "place" else {}

    def one(part: str) -> list[str]:
        found = exactly(names, known, part)
        if not found and fold(part) == "all":
            found = names
        if not found and dimension == "year":
            found = span_of_years(names, part)
        if not found and ":" in part:
            found = with_attribute(rows, names, part)
        if not found:
            raise KeyError(f"{part!r} selects no {dimension}")
        return found

    parts = [part.strip() for part in str(selector or "all").split(";") if part.strip()]
    minus_parts = [p for p in parts if fold(p).startswith("not ") and not exactly(names, known, p)]
    plus_parts = [p for p in parts if p not in minus_parts] or ["all"]
    plus = {name for part in plus_parts for name in one(part)}
    minus = {name for part in minus_parts for name in one(part[4:].strip())}
    return [name for name in names if name in plus and name not in minus]


# ---- the tables of one scenario ------------------------------------------------------------------


@dataclass
class Case:
    """The quantities of one scenario; `base` is the case of the workbook as it stands (for G0)."""

    tables: Tables
    regime: str
    years: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    services: list[str] = field(default_factory=list)
    providers: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    money: float = 1.0
    amount: dict[tuple[str, int], float] = field(default_factory=dict)
    funding: list[float] = field(default_factory=list)
    baseline: dict[tuple[str, str, str], float] = field(default_factory=dict)
    needs: dict[str, dict[str, float]] = field(default_factory=dict)
    components: list[dict[str, Any]] = field(default_factory=list)
    g0: dict[tuple[str, int], float] = field(default_factory=dict)

    def name(self, dimension: str, written: Any) -> str:
        """A member's name as its own sheet writes it."""
        return choose(self.tables, dimension, written)[0]

    def do_minimum(self, year: int) -> dict[tuple[str, str, str], float]:
        """Baseline x total funding of the year / total Baseline."""
        total = sum(self.baseline.values())
        return {key: value * self.funding[year] / total for key, value in self.baseline.items()}

    def growth(self, year: int) -> float:
        """Average growth of all funding; the first year is against the Baseline."""
        before = self.funding[year - 1] if year else sum(self.baseline.values())
        return self.funding[year] / before - 1


def case_of(tables: Tables, regime: str) -> Case:
    """Read the quantities that need no regime, and those of the target."""
    case = Case(tables=tables, regime=regime)
    case.years = [str(row["year"]) for row in tables["Years"]]
    case.places = [str(row["place"]) for row in tables["Places"]]
    case.services = [str(row["service"]) for row in tables["Services"]]
    case.providers = [str(row["provider"]) for row in tables["Providers"]]
    case.sources = [str(row["source"]) for row in tables["Sources"]]
    for row in tables["About"]:
        if fold(row["setting"]) == "money unit":
            case.money = UNITS[fold(row["value"])]
    for row in tables["Funding"]:
        key = (case.name("source", row["source"]), case.years.index(case.name("year", row["year"])))
        case.amount[key] = case.amount.get(key, 0.0) + float(row["amount"]) * case.money
    for year in range(len(case.years)):
        case.funding.append(sum(v for (_, t), v in case.amount.items() if t == year))
    for row in tables["Baseline"]:
        line = (
            case.name("place", row["place"]),
            case.name("service", row["service"]),
            case.name("provider", row["provider"]),
        )
        case.baseline[line] = case.baseline.get(line, 0.0) + float(row["amount"]) * case.money
    for row in tables["Needs"]:
        measure = case.needs.setdefault(fold(row["need measure"]), {})
        measure[case.name("place", row["place"])] = float(row["value"])
    equity = {str(row["place"]): float(row.get("equity weight", 1)) for row in tables["Places"]}
    total_weight = sum(float(row["weight"]) for row in tables["Target"])
    for row in tables["Target"]:
        need = case.needs[fold(row["need measure"])]
        share = {p: need[p] / sum(need.values()) for p in case.places}
        weight = {p: share[p] * equity[p] for p in case.places}
        most = row.get("keep at most", 1.05)
        component = {
            "name": str(row["component"]),
            "services": choose(tables, "service", row["services"]),
            "weight": float(row["weight"]) / total_weight,
            "share": share,
            "place weight": {p: weight[p] / sum(weight.values()) for p in case.places},
            "keep": float(row.get("keep at least", 0.99)),
            "most": None if fold(most) == "none" else float(most),
        }
        case.components.append(component)
    return case


def component_total(case: Case, component: dict[str, Any], year: int) -> float:
    """Do-minimum spending on the component's services."""
    return sum(v for (_, service, _), v in case.do_minimum(year).items() if service in component["services"])


def gap(case: Case, component: dict[str, Any], spending: dict[str, float], year: int) -> float:
    """G of one component and year for place -> linked spending."""
    total = component_total(case, component, year)
    who = [p for p in case.places if component["share"][p] > 0]
    ratio = {p: spending.get(p, 0.0) / (component["share"][p] * total) for p in who}
    weight = component["place weight"]
    return sum(weight[p] * weight[q] * abs(ratio[p] - ratio[q]) for p, q in itertools.combinations(who, 2))


def do_minimum_gap(case: Case, component: dict[str, Any], year: int) -> float:
    """G of the case's own do-minimum."""
    spending: dict[str, float] = {}
    for (place, service, _), value in case.do_minimum(year).items():
        if service in component["services"]:
            spending[place] = spending.get(place, 0.0) + value
    return gap(case, component, spending, year)


def load(path: str | Path, scenario: str) -> Case:
    """The case of a scenario with G0 frozen from the workbook as it stands."""
    tables = read(path)
    regime = str(scenario_row(tables, scenario)["regime"])
    base = case_of(tables, regime)
    case = case_of(apply_changes(tables, scenario), regime)
    frozen = {
        (fold(component["name"]), fold(base.years[year])): do_minimum_gap(base, component, year)
        for component in base.components
        for year in range(len(base.years))
    }
    for component in case.components:
        for year, label in enumerate(case.years):
            key = (fold(component["name"]), fold(label))
            own = frozen[key] if key in frozen else do_minimum_gap(case, component, year)
            case.g0[component["name"], year] = own
    return case


# ---- what may flow, and what it costs ------------------------------------------------------------


def pots(case: Case, year: int) -> dict[str, str]:
    """Source -> pot of the year."""
    result: dict[str, str] = {}
    for row in case.tables["Regimes"]:
        if fold(row["regime"]) != fold(case.regime):
            continue
        if case.years[year] not in choose(case.tables, "year", row.get("years")):
            continue
        for source in choose(case.tables, "source", row["sources"]):
            pot = source if fold(row["pot"]) == "each" else fold(row["pot"])
            if result.setdefault(source, pot) != pot:
                raise ValueError(f"{source} is in two pots in {case.years[year]}")
    missing = [source for source in case.sources if source not in result]
    if missing:
        raise ValueError(f"{missing} are in no pot in {case.years[year]}")
    return result


def allowed_lines(case: Case) -> list[tuple[str, str, str]]:
    """The (place, service, provider) of Baseline and Provision."""
    lines = dict.fromkeys(case.baseline)
    for row in case.tables["Provision"]:
        for line in itertools.product(
            choose(case.tables, "place", row["places"]),
            choose(case.tables, "service", row["services"]),
            choose(case.tables, "provider", row["providers"]),
        ):
            lines[line] = None
    return list(lines)


def permitted_flows(case: Case) -> list[Flow]:
    """Every flow the law, the pots and the supply permit."""
    rows = {str(row["source"]): row for row in case.tables["Sources"]}

    def reach(dimension: str, column: str, of: str, members: list[str]) -> set[str]:
        home: set[str] = set()
        for other in members:
            home.update(choose(case.tables, dimension, rows[other][f"home {column}"]))
        return home & set(choose(case.tables, dimension, rows[of][f"lawful {column}"]))

    flows: list[Flow] = []
    lines = allowed_lines(case)
    for year in range(len(case.years)):
        pot = pots(case, year)
        for source in case.sources:
            members = [other for other in case.sources if pot[other] == pot[source]]
            places = reach("place", "places", source, members)
            services = reach("service", "services", source, members)
            for place, service, provider in lines:
                if place in places and service in services:
                    flows.append((year, source, place, service, provider))
    return flows


def contract_rows(case: Case) -> dict[tuple[str, str], Row]:
    """(service, provider) -> the first matching row of Contracts."""
    result: dict[tuple[str, str], Row] = {}
    for row in case.tables["Contracts"]:
        if fold(row["regime"]) == fold(case.regime):
            for pair in itertools.product(
                choose(case.tables, "service", row.get("services")),
                choose(case.tables, "provider", row.get("providers")),
            ):
                result.setdefault(pair, row)
    return result


def contracts(case: Case, flows: list[Flow]) -> dict[int, dict[tuple[str, str], float]]:
    """Year -> (pot, provider or lead group) -> cost in £m of the contracts the permitted flows need."""
    rows = contract_rows(case)
    group = {str(r["provider"]): r.get("lead group") for r in case.tables["Providers"]}
    result: dict[int, dict[tuple[str, str], float]] = {year: {} for year in range(len(case.years))}
    all_pots = [pots(case, year) for year in range(len(case.years))]
    for year, source, _, service, provider in flows:
        if case.amount.get((source, year), 0.0) <= 0:
            continue
        row = rows[service, provider]
        who = provider
        if fold(row["counted by"]) == "lead group" and group[provider]:
            who = str(group[provider])
        pair = (all_pots[year][source], fold(who))
        cost = float(row["cost per contract"]) / 1000
        result[year][pair] = max(cost, result[year].get(pair, 0.0))
    return result


def contract_charges(case: Case, flows: list[Flow]) -> dict[tuple[str, int], float]:
    """(source, year) -> the share of its pot's contract costs, £m."""
    charge: dict[tuple[str, int], float] = {}
    for year, pairs in contracts(case, flows).items():
        pot = pots(case, year)
        for name in set(pot.values()):
            cost = sum(value for (of, _), value in pairs.items() if of == name)
            members = [source for source in case.sources if pot[source] == name]
            total = sum(case.amount.get((source, year), 0.0) for source in members)
            for source in members:
                if total > 0:
                    charge[source, year] = cost * case.amount.get((source, year), 0.0) / total
    return charge


def carry_limit(case: Case, source: str, year: int) -> float:
    """The most a source may carry out of a year; nothing out of the last."""
    if year == len(case.years) - 1:
        return 0.0
    row = next(row for row in case.tables["Sources"] if str(row["source"]) == source)
    return float(row.get("carry forward", 0)) * case.amount.get((source, year), 0.0)


# ---- rows ----------------------------------------------------------------------------------------

Terms = dict[Flow, float]


@dataclass
class Line:
    """terms . x + Σ max(0, each of plus) (sense) limit; `plus` holds (terms, constant)."""

    label: str
    terms: Terms
    sense: str
    limit: float
    must: bool = True
    weight: float = 1.0
    plus: list[tuple[Terms, float]] = field(default_factory=list)
    kind: str = "rule"

    def distance(self, x: dict[Flow, float]) -> float:
        """How far the flows are on the wrong side, £m."""
        value = sum(c * x.get(f, 0.0) for f, c in self.terms.items())
        for terms, constant in self.plus:
            value += max(0.0, constant + sum(c * x.get(f, 0.0) for f, c in terms.items()))
        if self.sense == ">=":
            return max(0.0, self.limit - value)
        if self.sense == "<=":
            return max(0.0, value - self.limit)
        return abs(value - self.limit)


def add_terms(terms: Terms, flows: list[Flow], factor: float) -> Terms:
    """The terms plus factor x Σ flows."""
    result = dict(terms)
    for flow in flows:
        result[flow] = result.get(flow, 0.0) + factor
    return result


SENSE = {"at least": ">=", "at most": "<=", "exactly": "="}


Who = dict[str, list[str]]  # dimension -> selected members


@dataclass
class Flows:
    """The permitted flows of a case by year, and the do-minimum beside them."""

    case: Case
    by_year: list[list[Flow]]
    minimum: list[dict[tuple[str, str, str], float]]

    def spend(self, year: int, who: Who) -> list[Flow]:
        """The flows of a selection."""
        sets = {dimension: set(members) for dimension, members in who.items()}
        return [
            f
            for f in self.by_year[year]
            if f[1] in sets["source"] and f[2] in sets["place"] and f[3] in sets["service"] and f[4] in sets["provider"]
        ]

    @staticmethod
    def fixed(amounts: dict[tuple[str, str, str], float], who: Who) -> float:
        """The same selection of the Baseline or a do-minimum."""
        return sum(
            value
            for (p, v, j), value in amounts.items()
            if p in who["place"] and v in who["service"] and j in who["provider"]
        )


def paid_in_the_baseline(case: Case) -> dict[str, float]:
    """Source -> what it pays at home, where each spreads its first year's amount over its home by the Baseline."""
    homes: dict[str, list[tuple[str, str, str]]] = {}
    for row in case.tables["Sources"]:
        places, services = (choose(case.tables, d, row[f"home {d}s"]) for d in ("place", "service"))
        homes[str(row["source"])] = [line for line in case.baseline if line[0] in places and line[1] in services]
    weight: dict[tuple[str, str, str], dict[str, float]] = {line: {} for line in case.baseline}
    for source, home in homes.items():
        whole = sum(case.baseline[line] for line in home)
        for line in home:
            amount = case.amount.get((source, 0), 0.0)
            weight[line][source] = amount * case.baseline[line] / whole if whole else 0.0
    paid = dict.fromkeys(homes, 0.0)
    for line, by_source in weight.items():
        for source, own in by_source.items():
            paid[source] += case.baseline[line] * own / sum(by_source.values()) if own else 0.0
    return paid


def reachable_growth(year: int, who: Who, flows: Flows) -> float:
    """Growth of the money that may reach a selection, were each source spread by the Baseline over all it may reach."""
    case = flows.case
    reach: dict[str, set[tuple[str, ...]]] = {}
    for _, source, *line in flows.by_year[year]:
        reach.setdefault(source, set()).add(tuple(line))
    paid = paid_in_the_baseline(case) if year == 0 else {}
    before = now = 0.0
    for source, lines in reach.items():
        amounts = {line: case.baseline.get(line, 0.0) for line in lines}
        whole = sum(amounts.values())
        part = flows.fixed(amounts, who) / whole if whole else 0.0
        before += part * (case.amount.get((source, year - 1), 0.0) if year else paid[source])
        now += part * case.amount.get((source, year), 0.0)
    return now / before - 1 if before > 0 else case.growth(year)


def against_before(rule: Row, year: int, who: Who, flows: Flows) -> tuple[Terms, float]:
    """(terms, limit) of growth, relative growth, growth of reachable money and real growth."""
    factor = 1 + float(rule["value"])
    if fold(rule["measure"]) == "growth of reachable money":
        factor += reachable_growth(year, who, flows)
    if fold(rule["measure"]) == "relative growth":
        factor += flows.case.growth(year)
    elif fold(rule["measure"]) == "real growth":
        factor *= 1 + float(flows.case.tables["Years"][year].get("cost uplift", 0))
    terms = add_terms({}, flows.spend(year, who), 1.0)
    if year == 0:
        return terms, factor * flows.fixed(flows.case.baseline, who)
    return add_terms(terms, flows.spend(year - 1, who), -factor), 0.0


def share_of(rule: Row, year: int, who: Who, flows: Flows) -> tuple[Terms, float]:
    """(terms, limit) of a share."""
    against = dict(who)
    for part in str(rule["of"]).split("//"):
        dimension, selector = part.split("=", 1)
        dimension = fold(dimension).rstrip("s")
        against[dimension] = choose(flows.case.tables, dimension, selector.strip())
    terms = add_terms({}, flows.spend(year, who), 1.0)
    return add_terms(terms, flows.spend(year, against), -float(rule["value"])), 0.0


def rule_parts(rule: Row, year: int, who: Who, flows: Flows) -> tuple[Terms, float]:
    """(terms, limit) of one constraint of any measure but moved."""
    case, measure, value = flows.case, fold(rule["measure"]), float(rule["value"])
    terms = add_terms({}, flows.spend(year, who), 1.0)
    if measure in ("growth", "relative growth", "growth of reachable money", "real growth"):
        return against_before(rule, year, who, flows)
    if measure == "share":
        return share_of(rule, year, who, flows)
    if measure == "amount":
        return terms, value * case.money
    if measure == "change":
        return terms, (1 + value) * flows.fixed(case.baseline, who)
    if measure == "do-minimum":
        return terms, (1 + value) * flows.fixed(flows.minimum[year], who)
    if measure == "per head":
        need = case.needs[fold(rule["of"])]
        return terms, value * sum(need[p] for p in who["place"]) * 1e-6
    if measure == "fair share":
        component = component_named(case, rule["of"])
        share = sum(component["share"][p] for p in who["place"])
        return terms, (1 + value) * share * component_total(case, component, year)
    raise ValueError(f"unknown measure {measure!r}")


def component_named(case: Case, name: Any) -> dict[str, Any]:
    """The component of this name."""
    return next(component for component in case.components if fold(component["name"]) == fold(name))


def rule_selection(case: Case, rule: Row) -> tuple[Who, list[str], list[Who]]:
    """What a rule selects, its Each dimensions, and the selection of every combination of members."""
    column = {"place": "places", "service": "services", "provider": "providers", "source": "sources"}
    selected = {d: choose(case.tables, d, rule.get(column[d])) for d in DIMENSIONS}
    if fold(rule["measure"]) == "fair share" and not rule.get("services"):
        selected["service"] = component_named(case, rule["of"])["services"]
    each = [fold(part) for part in str(rule.get("each") or "").split(",") if part.strip()]
    members = [
        {**selected, **{d: [name] for d, name in zip(each, names, strict=True)}}
        for names in itertools.product(*[selected[d] for d in each])
    ]
    return selected, each, members


def rule_lines(case: Case, permitted: list[Flow]) -> list[Line]:
    """One line for every rule, year and combination of the Each members."""
    span = range(len(case.years))
    flows = Flows(case, [[f for f in permitted if f[0] == year] for year in span], [case.do_minimum(y) for y in span])
    lines: list[Line] = []
    for rule in case.tables["Rules"]:
        years = choose(case.tables, "year", rule.get("years"))
        selected, each, members = rule_selection(case, rule)
        sense, must, weight = (
            SENSE[fold(rule["limit"])],
            fold(rule["strength"]) == "must",
            float(rule.get("weight", 1)),
        )
        for year, label in enumerate(case.years):
            if label not in years:
                continue
            if fold(rule["measure"]) == "moved":
                plus = [
                    (add_terms({}, flows.spend(year, who), 1.0), -flows.fixed(flows.minimum[year], who))
                    for who in members
                ]
                terms = add_terms({}, flows.spend(year, selected), -float(rule["value"]))
                lines.append(Line(f"{rule['rule']} {label}", terms, sense, 0.0, must, weight, plus))
                continue
            for who in members:
                terms, limit = rule_parts(rule, year, who, flows)
                label_of = " ".join([str(rule["rule"]), *(who[d][0] for d in each), label])
                lines.append(Line(label_of, terms, sense, limit, must, weight))
    return lines


def keep_lines(case: Case, flows: list[Flow]) -> list[Line]:
    """The built-in should rows: a component's linked spending near its do-minimum total."""
    lines: list[Line] = []
    for component in case.components:
        for year, label in enumerate(case.years):
            linked = [f for f in flows if f[0] == year and f[3] in component["services"]]
            total = component_total(case, component, year)
            terms = add_terms({}, linked, 1.0)
            if component["keep"] > 0:
                name = f"Keep at least {component['name']} {label}"
                lines.append(Line(name, terms, ">=", component["keep"] * total, False, kind="keep"))
            if component["most"] is not None:
                name = f"Keep at most {component['name']} {label}"
                lines.append(Line(name, terms, "<=", component["most"] * total, False, kind="keep"))
    return lines


def key_lines(case: Case, flows: list[Flow]) -> list[Line]:
    """A service with a place key: each place gets its fixed share of the service's money."""
    lines: list[Line] = []
    for row in case.tables["Services"]:
        if not row.get("place key"):
            continue
        service = str(row["service"])
        if fold(row["place key"]) == "baseline":
            base = {p: sum(b for k, b in case.baseline.items() if k[0] == p and k[1] == service) for p in case.places}
        else:
            base = case.needs[fold(row["place key"])]
        for year, label in enumerate(case.years):
            everywhere = [f for f in flows if f[0] == year and f[3] == service]
            for place in case.places:
                here = [f for f in everywhere if f[2] == place]
                terms = add_terms({}, here, 1.0)
                terms = add_terms(terms, everywhere, -base[place] / sum(base.values()))
                lines.append(Line(f"Place key {service} {place} {label}", terms, "=", 0.0, kind="key"))
    return lines


# ---- answers -------------------------------------------------------------------------------------


@dataclass
class Answer:
    """What the oracle says of a scenario. Money in £m; `contracts` is year -> number."""

    status: str
    shortfall: float = float("nan")
    keep_shortfall: float = float("nan")
    value: float = float("nan")
    index: float = float("nan")
    contracts: dict[str, int] = field(default_factory=dict)
    mean_contracts: float = float("nan")
    contract_cost: float = float("nan")
    flows: pd.DataFrame | None = None
    components: dict[str, float] = field(default_factory=dict)


@dataclass
class Evaluation:
    """What given flows amount to; `violation` is the largest breach of anything hard, `worst` names it."""

    index: float
    shortfall: float
    keep_shortfall: float
    delivered: float
    transaction_cost: float
    contracts: dict[str, int]
    mean_contracts: float
    contract_cost: float
    violation: float
    worst: str
    must_violation: float
    components: dict[str, float]
    year_index: dict[str, float]


def year_weights(case: Case) -> list[float]:
    """δ, scaled to sum 1."""
    weights = [float(row.get("weight", 1)) for row in case.tables["Years"]]
    return [weight / sum(weights) for weight in weights]


def counts(case: Case, flows: list[Flow]) -> tuple[dict[str, int], float, float]:
    """Contracts by year, their mean, and their cost over all years."""
    found = contracts(case, flows)
    number_of = {case.years[year]: len(pairs) for year, pairs in found.items()}
    cost = sum(sum(pairs.values()) for pairs in found.values())
    return number_of, sum(number_of.values()) / len(number_of), cost


class Program:
    """Columns and rows of a linear program, grown one at a time."""

    def __init__(self) -> None:
        self.size = 0
        self.upper: list[float] = []
        self.rows: dict[str, list[tuple[dict[int, float], float]]] = {"=": [], "<=": []}

    def column(self, upper: float = np.inf) -> int:
        """A new variable from 0 to `upper`."""
        self.upper.append(upper)
        self.size += 1
        return self.size - 1

    def row(self, terms: dict[int, float], sense: str, limit: float) -> None:
        """Add the row terms . x (sense) limit."""
        if sense == ">=":
            self.rows["<="].append(({c: -v for c, v in terms.items()}, -limit))
        else:
            self.rows[sense].append((dict(terms), limit))

    def _matrix(self, sense: str) -> tuple[csr_matrix | None, np.ndarray | None]:
        if not self.rows[sense]:
            return None, None
        data, down, across = [], [], []
        for number_, (terms, _) in enumerate(self.rows[sense]):
            for column, value in terms.items():
                data.append(value)
                down.append(number_)
                across.append(column)
        shape = (len(self.rows[sense]), self.size)
        return csr_matrix((data, (down, across)), shape), np.array([limit for _, limit in self.rows[sense]])

    def minimise(self, cost: dict[int, float], method: str) -> tuple[str, float, np.ndarray]:
        """Solve; status is 'optimal' or 'infeasible', anything else raises."""
        c = np.zeros(self.size)
        for column, value in cost.items():
            c[column] = value
        a_ub, b_ub = self._matrix("<=")
        a_eq, b_eq = self._matrix("=")
        tight = {"primal_feasibility_tolerance": 1e-9, "dual_feasibility_tolerance": 1e-9}
        bounds = [(0.0, upper if np.isfinite(upper) else None) for upper in self.upper]
        answer = linprog(c, a_ub, b_ub, a_eq, b_eq, bounds=bounds, method=method, options=tight)
        if answer.status == 2:
            return "infeasible", float("nan"), c
        if answer.status != 0:
            raise RuntimeError(f"linprog: {answer.message}")
        return "optimal", float(answer.fun), answer.x


def solve(path: str | Path, scenario: str, method: str = "highs") -> Answer:
    """Stages 1 and 2 of a scenario."""
    return solve_case(load(path, scenario), method, objective_of(path, scenario))


def objective_of(path: str | Path, scenario: str) -> str:
    """The objective that a scenario asks for."""
    return fold(scenario_row(read(path), scenario).get("objective") or "gini")


def add_balances(program: Program, case: Case, flows: list[Flow], column: dict[Flow, int]) -> None:
    """Every source spends, pays for contracts or carries out what it gets and carries in."""
    charge = contract_charges(case, flows)
    last = len(case.years) - 1
    for source in case.sources:
        carried: int | None = None
        for year in range(len(case.years)):
            terms = {column[f]: 1.0 for f in flows if f[0] == year and f[1] == source}
            if carried is not None:
                terms[carried] = -1.0
            if year < last:
                carried = program.column(carry_limit(case, source, year))
                terms[carried] = 1.0
            money = case.amount.get((source, year), 0.0) - charge.get((source, year), 0.0)
            program.row(terms, "=", money)


def add_line(program: Program, line: Line, column: dict[Flow, int]) -> dict[int, float]:
    """One rule, keep or key row; returns the weighted shortfall columns of a should row."""
    terms = {column[f]: c for f, c in line.terms.items()}
    shortfall: dict[int, float] = {}
    for inner, constant in line.plus:
        above = program.column()
        program.row({above: 1.0, **{column[f]: -c for f, c in inner.items()}}, ">=", constant)
        terms[above] = 1.0
    if not line.must:
        if line.sense in (">=", "="):
            under = program.column()
            terms[under] = 1.0
            shortfall[under] = line.weight
        if line.sense in ("<=", "="):
            over = program.column()
            terms[over] = -1.0
            shortfall[over] = line.weight
    program.row(terms, line.sense, line.limit)
    return shortfall


def add_index(program: Program, case: Case, flows: list[Flow], column: dict[Flow, int]) -> dict[int, float]:
    """Ratios and their distances; returns the columns and costs whose sum is the index."""
    index: dict[int, float] = {}
    delta = year_weights(case)
    for component in case.components:
        who = [p for p in case.places if component["share"][p] > 0]
        weight = component["place weight"]
        for year in range(len(case.years)):
            reference = max(case.g0[component["name"], year], SMALLEST_G0)
            factor = 100 * delta[year] * component["weight"] / reference
            total = component_total(case, component, year)
            linked = [f for f in flows if f[0] == year and f[3] in component["services"]]
            ratio = {p: program.column() for p in who}
            for p in who:
                terms = {column[f]: -1.0 for f in linked if f[2] == p}
                terms[ratio[p]] = component["share"][p] * total
                program.row(terms, "=", 0.0)
            for p, q in itertools.combinations(who, 2):
                apart = program.column()
                program.row({apart: 1.0, ratio[p]: -1.0, ratio[q]: 1.0}, ">=", 0.0)
                program.row({apart: 1.0, ratio[p]: 1.0, ratio[q]: -1.0}, ">=", 0.0)
                index[apart] = factor * weight[p] * weight[q]
    return index


def equity(case: Case, component: dict[str, Any]) -> dict[str, float]:
    """Each place's equity weight; their mean by need is 1."""
    own = {row["place"]: float(row.get("equity weight", 1)) for row in case.tables["Places"]}
    mean = sum(component["share"][p] * own[p] for p in case.places)
    return {p: own[p] / mean for p in case.places}


def add_distance(program: Program, case: Case, flows: list[Flow], column: dict[Flow, int]) -> dict[int, float]:
    """Distances from target; returns the columns and costs whose sum is the weighted distance, £m."""
    distance: dict[int, float] = {}
    delta = year_weights(case)
    for component in case.components:
        weight = equity(case, component)
        for year in range(len(case.years)):
            total = component_total(case, component, year)
            for p in case.places:
                if component["share"][p] <= 0:
                    continue
                here = [f for f in flows if f[0] == year and f[2] == p and f[3] in component["services"]]
                target = component["share"][p] * total
                apart = program.column()
                for sign in (1.0, -1.0):  # apart >= spent - target, and >= target - spent
                    program.row({apart: 1.0, **{column[f]: -sign for f in here}}, ">=", -sign * target)
                distance[apart] = delta[year] * component["weight"] * weight[p]
    return distance


def ramp_shares(case: Case) -> tuple[dict[str, Any], list[dict[str, float]]]:
    """The component that weighs most, and places' shares by the ramp of 2025/26 in every year.

    A fifth of the distance after base growth, at most 0.5%; base growth is the root at which all money is shared.
    """
    component = max(case.components, key=lambda each: each["weight"])
    who = [p for p in case.places if component["share"][p] > 0]
    money = {p: sum(b for k, b in case.baseline.items() if k[0] == p and k[1] in component["services"]) for p in who}
    shares = []
    for year in range(len(case.years)):
        total = component_total(case, component, year)

        def given(growth: float, before: dict[str, float] = money, total: float = total) -> dict[str, float]:
            grown = {p: before[p] * (1 + growth) for p in before}
            gap = {p: grown[p] / (component["share"][p] * total) - 1 for p in before}
            return {p: grown[p] * (1 - max(-0.005, min(0.005, gap[p] / 5))) for p in before}

        growth = brentq(lambda g, f=given, t=total: sum(f(g).values()) - t, -0.999, 9.0, xtol=1e-15)
        money = given(growth)
        shares.append({p: money[p] / sum(money.values()) for p in who})
    return component, shares


def add_off_the_rule(program: Program, case: Case, flows: list[Flow], column: dict[Flow, int]) -> dict[int, float]:
    """Distances from the ramp; returns the columns and costs whose sum is the distance, £m."""
    distance: dict[int, float] = {}
    component, shares = ramp_shares(case)
    for year, of_year in enumerate(shares):
        linked = [f for f in flows if f[0] == year and f[3] in component["services"] and f[2] in of_year]
        for p, share in of_year.items():
            apart = program.column()
            for sign in (1.0, -1.0):
                terms = {column[f]: -sign * ((f[2] == p) - share) for f in linked}
                program.row({apart: 1.0, **terms}, ">=", 0.0)
            distance[apart] = year_weights(case)[year]
    return distance


OBJECTIVES = {"gini": add_index, "l1": add_distance, "convergence": add_off_the_rule}
"""What stage 2 minimises, by the name of the objective."""


def distance_of(case: Case, allocation_flows: pd.DataFrame) -> float:
    """The weighted distance from target of given flows, £m."""
    result, delta = 0.0, year_weights(case)
    for component in case.components:
        weight = equity(case, component)
        linked = allocation_flows[allocation_flows["service"].isin(component["services"])]
        spent = linked.groupby(["year", "place"], observed=True)["amount"].sum().to_dict()
        for year, label in enumerate(case.years):
            total = component_total(case, component, year)
            for p in case.places:
                if component["share"][p] > 0:
                    apart = abs(spent.get((label, p), 0.0) - component["share"][p] * total)
                    result += delta[year] * component["weight"] * weight[p] * apart
    return result


def off_the_rule(case: Case, allocation_flows: pd.DataFrame) -> float:
    """The distance of given flows from the ramp of 2025/26, £m."""
    component, shares = ramp_shares(case)
    linked = allocation_flows[allocation_flows["service"].isin(component["services"])]
    spent = linked.groupby(["year", "place"], observed=True)["amount"].sum().to_dict()
    result = 0.0
    for year, of_year in enumerate(shares):
        own = {p: spent.get((case.years[year], p), 0.0) for p in of_year}
        whole = sum(own.values())
        result += year_weights(case)[year] * sum(abs(own[p] - share * whole) for p, share in of_year.items())
    return result


VALUES = {
    "gini": lambda case, flows: evaluate_case(case, flows).index,
    "l1": distance_of,
    "convergence": off_the_rule,
}
"""The value of given flows, by the name of the objective."""


def solve_case(case: Case, method: str = "highs", objective: str = "gini") -> Answer:
    """Stages 1 and 2 of a case."""
    flows = permitted_flows(case)
    number_of, mean, cost = counts(case, flows)
    program = Program()
    column = {flow: program.column() for flow in flows}
    add_balances(program, case, flows, column)
    shortfall: dict[int, float] = {}
    for line in key_lines(case, flows) + rule_lines(case, flows) + keep_lines(case, flows):
        shortfall.update(add_line(program, line, column))
    value = OBJECTIVES[objective](program, case, flows, column)

    status, least, _ = program.minimise(shortfall, method)
    if status != "optimal":
        return Answer(status, contracts=number_of, mean_contracts=mean, contract_cost=cost)
    least = max(least, 0.0)
    if shortfall:
        program.row(shortfall, "<=", least * (1 + HOLD) + HOLD)
    status, lowest, x = program.minimise(value, method)
    if status != "optimal":
        raise RuntimeError("stage 2 is infeasible although stage 1 is not")
    frame = pd.DataFrame(
        [(case.years[f[0]], *f[1:], x[c]) for f, c in column.items() if x[c] > 0],
        columns=["year", "source", "place", "service", "provider", "amount"],
    )
    seen = evaluate_case(case, frame)
    held = lowest if objective == "gini" else seen.index
    return Answer(
        status, least, seen.keep_shortfall, lowest, held, number_of, mean, cost, frame, components=seen.components
    )


def evaluate(path: str | Path, scenario: str, allocation_flows: pd.DataFrame) -> Evaluation:
    """Figures of the given flows (year, source, place, service, provider, amount in £m), by the tables alone.

    Carry forward is read from what each source spends in total.
    """
    return evaluate_case(load(path, scenario), allocation_flows)


def evaluate_case(case: Case, allocation_flows: pd.DataFrame) -> Evaluation:
    """`evaluate` for a case already loaded."""
    flows = permitted_flows(case)
    permitted = set(flows)
    number_of, mean, cost = counts(case, flows)
    charge = contract_charges(case, flows)
    x: dict[Flow, float] = {}
    for row in allocation_flows.itertuples(index=False):
        flow = (
            case.years.index(str(row.year)),
            str(row.source),
            str(row.place),
            str(row.service),
            str(row.provider),
        )
        x[flow] = x.get(flow, 0.0) + float(row.amount)

    breaches: list[tuple[float, str]] = [(0.0, "")]
    for flow, value in x.items():
        if value < 0:
            breaches.append((-value, f"negative flow {flow}"))
        if flow not in permitted:
            breaches.append((abs(value), f"flow not permitted {flow}"))
    for source in case.sources:
        carried = 0.0
        for year, label in enumerate(case.years):
            spent = sum(value for f, value in x.items() if f[0] == year and f[1] == source)
            carried += case.amount.get((source, year), 0.0) - charge.get((source, year), 0.0) - spent
            limit = carry_limit(case, source, year)
            breaches.append((max(-carried, carried - limit), f"balance and carry of {source} in {label}"))
    for line in key_lines(case, flows):
        breaches.append((line.distance(x), line.label))

    rules = rule_lines(case, flows)
    must = [(line.distance(x), line.label) for line in rules if line.must]
    keep = sum(line.weight * line.distance(x) for line in keep_lines(case, flows))
    shortfall = keep + sum(line.weight * line.distance(x) for line in rules if not line.must)

    rows = contract_rows(case)
    fees = sum(value * float(rows.get((f[3], f[4]), {}).get("fee", 0)) for f, value in x.items())
    delta = year_weights(case)
    year_index = dict.fromkeys(case.years, 0.0)
    component_gap: dict[str, float] = {}
    index = 0.0
    for component in case.components:
        name = component["name"]
        component_gap[name] = 0.0
        for year, label in enumerate(case.years):
            linked: dict[str, float] = {}
            for f, value in x.items():
                if f[0] == year and f[3] in component["services"]:
                    linked[f[2]] = linked.get(f[2], 0.0) + value
            part = gap(case, component, linked, year) / max(case.g0[name, year], SMALLEST_G0)
            component_gap[name] += delta[year] * part
            year_index[label] += 100 * component["weight"] * part
            index += 100 * delta[year] * component["weight"] * part
    violation, worst = max(breaches + must)
    return Evaluation(
        index=index,
        shortfall=shortfall,
        keep_shortfall=keep,
        delivered=sum(x.values()) - fees,
        transaction_cost=fees + cost,
        contracts=number_of,
        mean_contracts=mean,
        contract_cost=cost,
        violation=violation,
        worst=worst,
        must_violation=max((value for value, _ in must), default=0.0),
        components=component_gap,
        year_index=year_index,
    )


def scenarios(path: str | Path) -> list[str]:
    """The scenarios of a workbook, in its order."""
    return [str(row["scenario"]) for row in read(path)["Scenarios"]]
