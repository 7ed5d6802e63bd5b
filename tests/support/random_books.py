"""Random small workbooks that exercise the whole contract and mostly have an answer.

    book = random_book(seed=7)                 # 2-6 places, 2-8 services, 2-5 providers, 1-4 years
    book = random_book(seed=7, size="tiny")    # 2-3 places, 2-3 services, 1-2 years

The funding of every source is what the baseline spends on its home places and services, grown by a few per
cent, so that carrying the baseline forward nearly keeps every rule; values of must rules stay mild.
"""

from __future__ import annotations

import random
from typing import Any

from .builder import Book

#: size -> (places, services, providers, years), each (fewest, most).
SIZES: dict[str, tuple[tuple[int, int], ...]] = {
    "tiny": ((2, 3), (2, 3), (2, 3), (1, 2)),
    "small": ((2, 6), (2, 8), (2, 5), (1, 4)),
    "large": ((6, 10), (6, 12), (4, 8), (3, 5)),
}
PLACES = ["Ashby", "Bury", "Corby", "St Elm, west", "Dale", "Eden", "Fenton", "Grange", "Hill Top", "Iver"]
SERVICES = [
    ("Hospital care", "Acute", "MHIS-free"),
    ("Talking therapies", "Mental health", "MHIS; prevention"),
    ("Community nursing", "Community", "frailty"),
    ("Crisis team", "Mental health", "MHIS"),
    ("Screening", "Prevention", "prevention"),
    ("Dentistry, general", "Primary care", ""),
    ("Thrombectomy", "Specialised", ""),
    ("CAR-T", "Specialised", ""),
    ("Maternity", "Acute", ""),
    ("Falls service", "Community", "frailty; prevention"),
    ("Running costs", "Running", ""),
    ("Pharmacy", "Primary care", ""),
]
PROVIDERS = [
    ("Royal Trust", "acute", "Alliance"),
    ("Minds Trust", "mental health", "Alliance"),
    ("Helping Hands", "VCSE", None),
    ("Community Co", "community", "Together"),
    ("Good Neighbours", "VCSE", "Together"),
    ("Council services", "council", None),
    ("Family doctors", "primary care", None),
    ("City Clinic", "independent", "Alliance"),
]


class _Maker:
    """Builds one book; every method adds one kind of sheet."""

    def __init__(self, seed: int, size: str) -> None:
        self.rng = random.Random(f"book {seed} {size}")  # noqa: S311
        places, services, providers, years = (self.rng.randint(*span) for span in SIZES[size])
        self.book = Book()
        self.book.about("Title", f"Random budget {seed}")
        self.years = [f"{2025 + i}/{26 + i}" for i in range(years)]
        self.places = self.rng.sample(PLACES, places)
        self.services = self.rng.sample(SERVICES, services)
        self.providers = self.rng.sample(PROVIDERS, providers)
        self.north = self.places[: max(1, places // 2)]
        self.base: dict[tuple[str, str, str], float] = {}
        self.kind: dict[str, str] = {}
        self.keyed: str | None = None
        self.components: list[str] = []
        self.regimes: list[str] = []
        self.nicknamed: list[str] = []
        self.people: dict[str, int] = {}
        self.growth: list[float] = []

    def maybe(self, chance: float) -> bool:
        return self.rng.random() < chance

    def between(self, low: float, high: float, digits: int = 3) -> float:
        return round(self.rng.uniform(low, high), digits)

    def rule(self, *named: Any, **cells: Any) -> None:
        """Add a rule to the book."""
        self.book.rule(*named, **cells)

    def spent(self, place: str | None = None, service: str | None = None, provider: str | None = None) -> float:
        """Baseline of the given members, £m."""
        return sum(
            amount
            for (p, v, j), amount in self.base.items()
            if place in (None, p) and service in (None, v) and provider in (None, j)
        )

    # ---- the world -------------------------------------------------------------------------------

    def dimensions(self) -> None:
        for i, year in enumerate(self.years):
            self.book.add("Years", Year=year, Weight=self.rng.choice([1, 1, 1 - 0.1 * i]), Efficiency=0.011)
        self.nicknamed = [place for place in self.places if self.maybe(0.4)]
        for place in self.places:
            self.book.add(
                "Places",
                Place=place,
                Also_known_as=f"{place} locality; {place} borough" if place in self.nicknamed else None,
                Group="North" if place in self.north else "South",
                Equity_weight=self.rng.choice([None, None, 1, 1.25, 1.5]),
            )
        names = [name for name, _, _ in self.services]
        self.kind = dict.fromkeys(names, "own")
        if len(names) > 2:
            self.kind[names[-1]] = self.rng.choice(["own", "delegated", "retained"])
        if len(names) > 4:
            self.kind[names[-2]] = "delegated"
        if self.maybe(0.4):
            self.keyed = names[0]
        for name, programme, tags in self.services:
            key = self.rng.choice(["baseline", "Population"]) if name == self.keyed else None
            self.book.add(
                "Services",
                Service=name,
                Programme=programme,
                Level="system" if key else "place",
                Delegation=self.kind[name],
                Place_key=key,
                Tags=tags or None,
            )
        for name, sector, group in self.providers:
            self.book.add("Providers", Provider=name, Sector=sector, Lead_group=group)

    def needs(self) -> None:
        people = {p: self.rng.randint(40, 300) * 1000 for p in self.places}
        self.book.need("Population", people, Basis="registered")
        weighted = {p: round(n * self.rng.uniform(0.8, 1.25)) for p, n in people.items()}
        self.book.need("Weighted population", weighted, Basis="weighted")
        children = {p: round(n * self.rng.uniform(0.15, 0.3)) for p, n in people.items()}
        if len(self.places) > 2 and self.maybe(0.3):
            children[self.rng.choice(self.places)] = 0
        self.book.need("Children", children, Basis="count")
        self.people = people

    def baseline(self) -> None:
        for name, _, _ in self.services:
            size = self.rng.choice([20, 60, 150, 400]) * 1e-6
            usual = self.rng.sample(self.providers, self.rng.randint(1, min(3, len(self.providers))))
            for place in self.places:
                total = size * self.people[place] * self.rng.uniform(0.75, 1.25)
                some = usual if self.maybe(0.7) else usual[:1]
                for provider, _, _ in some:
                    amount = round(total / len(some) * self.rng.uniform(0.8, 1.2), 3)
                    self.base[place, name, provider] = amount
                    written = f"{place} locality" if place in self.nicknamed and self.maybe(0.2) else place
                    self.book.spend(written, name, provider, amount)
        if self.maybe(0.6):
            for _ in range(self.rng.randint(1, 2)):
                self.book.add(
                    "Provision",
                    Places=self.rng.choice(["all", self.places[0], "group: North", f"all; not {self.places[-1]}"]),
                    Services=self.rng.choice([name for name, _, _ in self.services]),
                    Providers=self.rng.choice([name for name, _, _ in self.providers]),
                )

    # ---- money -----------------------------------------------------------------------------------

    def fund(self, source: str, base: float, only: list[str] | None = None) -> None:
        amount = base
        for year, growth in zip(self.years, self.growth, strict=True):
            amount *= 1 + growth + self.rng.uniform(-0.004, 0.004)
            if only is None or year in only:
                self.book.fund(source, {year: round(amount, 3)})

    def sources(self) -> None:
        self.growth = [self.rng.uniform(0.005, 0.05) for _ in self.years]
        delegated = [name for name, kind in self.kind.items() if kind == "delegated"]
        retained = [name for name, kind in self.kind.items() if kind == "retained"]
        own = [name for name, kind in self.kind.items() if kind == "own"]
        not_retained = "; ".join(["all", *(f"not {name}" for name in retained)])
        free = [name for name in own if name != self.keyed]
        by_place = self.maybe(0.5) and self.keyed is None and len(self.places) <= 5
        home = {"all": self.places}
        if by_place:
            home = {place: [place] for place in self.places}
        elif self.maybe(0.4) and self.keyed is None:
            home = {
                "group: North": self.north,
                "group: South": [p for p in self.places if p not in self.north],
            }
        grant = self.maybe(0.7) and bool(free)
        aimed = self.rng.choice(free) if grant else None
        grant_place = self.rng.choice(self.places)
        taken = 0.4 * self.spent(grant_place, aimed) if grant else 0.0
        for selector, members in home.items():
            name = "Core" if selector == "all" else f"Core {selector.removeprefix('group: ')}"
            self.book.add(
                "Sources",
                Source=name,
                Holder="ICB",
                Home_places=selector,
                Home_services=self.rng.choice(["delegation: own", "; ".join(own)]),
                Lawful_places="all" if self.maybe(0.8) else selector,
                Lawful_services=not_retained,
                Carry_forward=self.rng.choice([None, 0, 0.005, 0.02]),
            )
            held = sum(self.spent(p, v) for p in members for v in own)
            self.fund(name, held - (taken if grant_place in members else 0.0))
        if delegated:
            self.book.add(
                "Sources",
                Source="Delegated",
                Holder="ICB" if self.maybe(0.5) else "NHS England",
                Home_services="delegation: delegated",
                Lawful_services=not_retained if self.maybe(0.5) else "delegation: delegated",
                Carry_forward=self.rng.choice([None, 0.01]),
            )
            self.fund("Delegated", sum(self.spent(service=v) for v in delegated))
        if retained:
            self.book.add(
                "Sources",
                Source="National",
                Holder="NHS England",
                Home_services="; ".join(retained),
                Lawful_services="; ".join(retained),
            )
            self.fund("National", sum(self.spent(service=v) for v in retained))
        if grant:
            self.book.add(
                "Sources",
                Source="Public health grant",
                Holder="Council",
                Kind="recurrent",
                Home_places=grant_place,
                Home_services=aimed,
                Lawful_places=self.rng.choice(["all", grant_place]),
                Lawful_services=aimed,
                Carry_forward=0.05 if self.maybe(0.3) else None,
            )
            self.fund("Public health grant", taken)
        if self.maybe(0.4):
            self.book.add(
                "Sources",
                Source="Transformation",
                Holder="ICB",
                Kind="non-recurrent",
                Home_services="; ".join(own),
                Lawful_services=not_retained,
                Carry_forward=self.rng.choice([0, 0.1]),
            )
            years = self.years if self.maybe(0.4) else self.rng.sample(self.years, max(1, len(self.years) - 1))
            self.fund("Transformation", 0.006 * sum(self.base.values()), years)

    # ---- regimes and contracts -------------------------------------------------------------------

    def regime_tables(self) -> None:
        holders = sorted({row["Holder"] for row in self.book["Sources"]})
        names = [row["Source"] for row in self.book["Sources"]]
        self.book.add("Regimes", Regime="Split", Sources="all", Pot="each", Decided_at="place")
        self.book.add("Regimes", Regime="Pooled", Sources="all", Pot="The pool")
        self.regimes = ["Split", "Pooled"]
        if len(names) > 1 and self.maybe(0.7):
            self.regimes.append("Partial")
            if len(holders) > 1 and self.maybe(0.5):
                self.book.add("Regimes", Regime="Partial", Sources="holder: ICB", Pot="Joint")
                self.book.add("Regimes", Regime="Partial", Sources="all; not holder: ICB", Pot="each")
            else:
                some = self.rng.sample(names, self.rng.randint(1, len(names) - 1))
                self.book.add("Regimes", Regime="Partial", Sources="; ".join(some), Pot="Joint")
                rest = "; ".join(f"not {name}" for name in some)
                self.book.add("Regimes", Regime="Partial", Sources=rest, Pot=self.rng.choice(["each", "Others"]))
        if len(self.years) > 1 and self.maybe(0.6):
            self.regimes.append("Phased")
            first = self.rng.randint(1, len(self.years) - 1)
            early = self.years[0] if first == 1 else f"{self.years[0]} to {self.years[first - 1]}"
            self.book.add("Regimes", Regime="Phased", Sources="all", Pot="each", Years=early)
            later = f"{self.years[first]} onwards"
            self.book.add("Regimes", Regime="Phased", Sources="all", Pot="The pool", Years=later)
        for regime in self.regimes:
            self.contract_rows(regime)

    def contract_rows(self, regime: str) -> None:
        for _ in range(self.rng.randint(0, 2)):
            service = self.rng.choice(self.services)
            provider = self.rng.choice(self.providers)
            self.book.add(
                "Contracts",
                Regime=regime,
                Services=self.rng.choice([service[0], f"programme: {service[1]}", "all"]),
                Providers=self.rng.choice([provider[0], f"sector: {provider[1]}"]),
                Form=self.rng.choice(["activity", "lead provider", "section 75", "grant"]),
                Fee=self.rng.choice([0, 0.005, 0.02]),
                Cost_per_contract=self.rng.choice([0, 5, 15]),
                Counted_by=self.rng.choice(["provider", "lead group"]),
            )
        self.book.add(
            "Contracts",
            Regime=regime,
            Fee=self.rng.choice([0, 0, 0.01]),
            Cost_per_contract=self.rng.choice([0, 2, 10]),
            Counted_by=self.rng.choice(["provider", "provider", "lead group"]),
        )

    # ---- target and rules ------------------------------------------------------------------------

    def target(self) -> None:
        service = self.rng.choice(self.services)
        options: list[tuple[str, str, str]] = [
            ("Overall", "Weighted population", "all"),
            ("Children's share", "Children", self.rng.choice([service[0], f"programme: {service[1]}"])),
            ("First service", "Population", self.services[0][0]),
            ("All but one", "Weighted population", f"all; not {self.services[-1][0]}"),
        ]
        chosen = options[:1] if self.maybe(0.3) else self.rng.sample(options, self.rng.randint(1, 4))
        for name, need, services in chosen:
            self.components.append(name)
            self.book.add(
                "Target",
                Component=name,
                Need_measure=need,
                Services=services,
                Weight=self.rng.choice([1, 1, 0.5, 3]),
                Keep_at_least=self.rng.choice([None, None, 0, 0.97, 0.995]),
                Keep_at_most=self.rng.choice([None, None, "none", 1.1, 1.02]),
            )

    def rules(self) -> None:
        makers: list[Any] = [
            self.floor,
            self.place_growth,
            self.provider_stability,
            self.pace,
            self.service_floor,
            self.moved,
            self.vcse,
            self.pathway,
            self.per_head,
            self.minimum,
            self.fair_share,
            self.amount,
            self.standard,
            self.source_share,
        ]
        for maker in self.rng.sample(makers, self.rng.randint(3, 10)):
            maker()

        if self.maybe(0.08):
            self.harsh()

    def harsh(self) -> None:
        """A must rule that often only a wide pot can keep, and sometimes nothing can."""
        place = self.rng.choice(self.places)
        value = self.rng.choice([0.1, 0.2, 0.4])
        self.rule("Harsh", "do-minimum", "at least", value, Places=place, Years=self.years[-1])

    def strength(self, chance_must: float) -> dict[str, Any]:
        if self.maybe(chance_must):
            return {"Strength": "must"}
        return {"Strength": "should", "Weight": self.rng.choice([None, 1, 2, 0.5])}

    def some_years(self) -> str | None:
        options = [None, None, "all", f"{self.years[-1]} onwards", self.years[0]]
        return self.rng.choice([*options, f"{self.years[0]} to {self.years[-1]}"])

    def floor(self) -> None:
        how = self.strength(0.7)
        value = self.between(-0.3, -0.1) if how["Strength"] == "must" else self.between(-0.05, 0.01)
        self.rule("Floor", "change", "at least", value, Each="place, service", **how)

    def place_growth(self) -> None:
        how = self.strength(0.5)
        value = self.between(-0.04, -0.01) if how["Strength"] == "must" else self.between(0, 0.04)
        places = self.rng.choice([None, "group: North", "; ".join(self.places[:2])])
        self.rule("Place growth", "growth", "at least", value, Each="place", Places=places, **how)

    def provider_stability(self) -> None:
        how = self.strength(0.5)
        value = self.between(-0.08, -0.03) if how["Strength"] == "must" else self.between(-0.03, 0)
        self.rule("Provider stability", "relative growth", "at least", value, Each="provider", **how)

    def pace(self) -> None:
        how = self.strength(0.6)
        value = self.between(0.015, 0.05) if how["Strength"] == "must" else self.between(0.005, 0.02)
        years = self.some_years()
        self.rule("Pace", "relative growth", "at most", value, Each="place", Years=years, **how)

    def service_floor(self) -> None:
        options = [("at least", self.between(-0.15, -0.05)), ("at most", self.between(0.08, 0.3))]
        sense, value = self.rng.choice(options)
        how = self.strength(0.7)
        value = value if how["Strength"] == "must" else round(value / 5, 4)
        years = self.some_years()
        self.rule("Service range", "do-minimum", sense, value, Each="service", Years=years, **how)

    def moved(self) -> None:
        how = self.strength(0.5)
        value = self.between(0.02, 0.06) if how["Strength"] == "must" else self.between(0.003, 0.02)
        each = self.rng.choice(["service", "provider", "place, service"])
        if self.keyed and each == "place, service":
            how = {"Strength": "should"}
        self.rule("Moved", "moved", "at most", value, Each=each, Years=self.some_years(), **how)

    def vcse(self) -> None:
        sectors = {sector for _, sector, _ in self.providers}
        sector = "VCSE" if "VCSE" in sectors else sorted(sectors)[0]
        some = [name for name, of, _ in self.providers if of == sector]
        shares = [sum(self.spent(p, provider=j) for j in some) / self.spent(p) for p in self.places]
        how = self.strength(0.4)
        value = 0.6 * min(shares) if how["Strength"] == "must" else min(0.5, 1.1 * max(shares))
        of = "providers = all"
        selector = f"sector: {sector}"
        value = round(value, 4)
        self.rule("Sector", "share", "at least", value, Each="place", Providers=selector, Of=of, **how)

    def pathway(self) -> None:
        first, second = self.services[0][0], self.services[1][0]
        now = self.spent(service=first) / self.spent(service=second)
        how = self.strength(0.5)
        sense = self.rng.choice(["at least", "at most"])
        factor = (0.7 if sense == "at least" else 1.5) if how["Strength"] == "must" else 1.1
        value = round(now * factor, 4)
        if self.maybe(0.5):
            value = round(value * self.spent(service=second) / sum(self.base.values()), 5)
            of = "services=all//places=all"
        else:
            of = f"services={second}"
        self.rule("Pathway", "share", sense, value, Services=first, Of=of, **how)

    def per_head(self) -> None:
        name = self.rng.choice(self.services)[0]
        rates = [1e6 * self.spent(p, name) / self.people[p] for p in self.places]
        how = self.strength(0.4)
        sense = self.rng.choice(["at least", "at most"])
        if how["Strength"] == "must":
            value = 0.6 * min(rates) if sense == "at least" else 1.5 * max(rates)
        else:
            value = sum(rates) / len(rates)
        each = self.rng.choice(["place", "place", None]) if sense == "at least" else "place"
        value = round(value, 2)
        self.rule("Rate", "per head", sense, value, Each=each, Services=name, Of="Population", **how)

    def minimum(self) -> None:
        name = self.rng.choice(self.services)[0]
        pounds = {p: round(1e6 * 0.55 * self.spent(p, name)) for p in self.places}
        self.book.need("Local minimum", pounds, Basis="count")
        self.rule("Local minimum", "per head", "at least", 1, Each="place", Services=name, Of="Local minimum")

    def fair_share(self) -> None:
        how = self.strength(0.2)
        value = self.between(-0.5, -0.4) if how["Strength"] == "must" else self.between(-0.05, 0.0)
        of = self.rng.choice(self.components)
        sense = "at least" if how["Strength"] == "must" else self.rng.choice(["at least", "at least", "exactly"])
        self.rule("Fair share floor", "fair share", sense, value, Each="place", Of=of, **how)

    def amount(self) -> None:
        place, service = self.rng.choice(self.places), self.rng.choice(self.services)[0]
        how = self.strength(0.5)
        base = self.spent(place)
        if how["Strength"] == "must":
            self.rule("Place sum", "amount", "at least", round(0.93 * base, 3), Places=place, **how)
        else:
            sense = self.rng.choice(["at least", "at most", "exactly"])
            value = round(self.rng.uniform(0.95, 1.1) * self.spent(service=service), 3)
            self.rule("Service sum", "amount", sense, value, Services=service, **how)

    def standard(self) -> None:
        tags = {tag.strip() for _, _, text in self.services for tag in text.split(";") if tag.strip()}
        if not tags:
            return
        tag = self.rng.choice(sorted(tags))
        how = self.strength(0.4)
        value = self.between(-0.05, 0.0) if how["Strength"] == "must" else self.between(0.03, 0.06)
        self.rule("Standard", "growth", "at least", value, Services=f"tag: {tag}", **how)

    def source_share(self) -> None:
        names = [row["Source"] for row in self.book["Sources"]]
        name = self.rng.choice(names)
        how = {"Strength": "should", "Weight": 0.3}
        each = self.rng.choice(["place", None])
        value = self.between(0.2, 0.7)
        self.rule("Mix", "share", "at most", value, Each=each, Sources=name, Of="sources=all", **how)

    # ---- scenarios -------------------------------------------------------------------------------

    def scenarios(self) -> None:
        for regime in self.regimes:
            self.book.add("Scenarios", Scenario=regime, Regime=regime)
        parent = self.rng.choice(self.regimes)
        self.book.add("Scenarios", Scenario="Changed", Based_on=parent, Regime=parent)
        self.changes("Changed")
        if self.maybe(0.6):
            regime = self.rng.choice(self.regimes)
            self.book.add("Scenarios", Scenario="Changed again", Based_on="Changed", Regime=regime)
            self.changes("Changed again")

    def changes(self, scenario: str) -> None:
        again = scenario.endswith("again")
        place, other = self.places[0], self.places[-1]
        funded = self.book["Funding"][0]
        line = self.rng.choice(list(self.base))
        where = f"Need measure=Weighted population; Place={place}"
        options: list[dict[str, Any]] = [
            {
                "Table": "Funding",
                "Change": "multiply",
                "Field": "Amount",
                "Value": self.between(1.0, 1.01, 4),
            },
            {
                "Table": "Funding",
                "Change": "add",
                "Where": f"Source={funded['Source']}; Year={funded['Year']}",
                "Field": "Amount",
                "Value": 0.125,
            },
            {"Table": "Needs", "Change": "multiply", "Where": where, "Field": "Value", "Value": 1.1},
            {
                "Table": "Places",
                "Change": "set",
                "Where": f"Place={other}",
                "Field": "Equity weight",
                "Value": 1.4,
            },
            {"Table": "Target", "Change": "set", "Field": "Weight", "Value": 2 + again},
            {
                "Table": "Target",
                "Change": "set",
                "Field": "Keep at least",
                "Value": 0.9 + again / 50,
                "Unit": "%",
            },
            {"Table": "Contracts", "Change": "set", "Field": "Fee", "Value": 0.015},
            {"Table": "Contracts", "Change": "multiply", "Field": "Cost per contract", "Value": 0.5},
            {"Table": "Sources", "Change": "set", "Field": "Carry forward", "Value": 0.01 + again / 100},
            {
                "Table": "Baseline",
                "Change": "multiply",
                "Where": f"Place={line[0]}; Service={line[1]}; Provider={line[2]}",
                "Field": "Amount",
                "Value": 1.02,
            },
            {
                "Table": "Provision",
                "Change": "append",
                "Where": f"Places={place}; {other}; Services={self.services[0][0]}",
                "Field": "Providers",
                "Value": self.providers[0][0],
            },
            {
                "Table": "Rules",
                "Change": "append",
                "Where": f"Rule=Extra{' again' * again}; Each=place; Measure=do-minimum; Limit=at least; "
                "Strength=should; Authority=test",
                "Field": "Value",
                "Value": -0.01,
            },
        ]
        if not again:
            rule = self.rng.choice(self.book["Rules"])["Rule"]
            options.append({"Table": "Rules", "Change": "remove", "Where": f"Rule={rule}"})
            options.append(
                {
                    "Table": "Target",
                    "Change": "append",
                    "Where": f"Component=New; Need measure=Population; Services={self.services[1][0]}",
                    "Field": "Weight",
                    "Value": 1,
                }
            )
        picked: list[dict[str, Any]] = []
        for option in self.rng.sample(options, self.rng.randint(1, 4)):
            cell = (option["Table"], option.get("Field"), option["Change"] in ("append", "remove"))
            if all(cell != (p["Table"], p.get("Field"), p["Change"] in ("append", "remove")) for p in picked):
                picked.append(option)
        # Sets over a whole column come before appended rows, or they would hit the appended row as well.
        picked.sort(key=lambda option: option["Change"] in ("append", "remove"))
        for option in picked:
            self.book.add("Changes", option, Scenario=scenario)

    def make(self) -> Book:
        self.dimensions()
        self.needs()
        self.baseline()
        self.sources()
        self.regime_tables()
        self.target()
        self.rules()
        self.scenarios()
        return self.book


def random_book(seed: int, size: str = "small") -> Book:
    """A random book, the same for the same seed and size ("tiny", "small" or "large")."""
    return _Maker(seed, size).make()
