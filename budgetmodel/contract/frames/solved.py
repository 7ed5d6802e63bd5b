"""Tables of a scenario: its answer, or why it has none."""

from __future__ import annotations

from budgetmodel.contract.frames.columns import (
    BREACHED,
    INFEASIBLE,
    OTHER_OBJECTIVE,
    PER_MILLION,
    SOLVED,
    by_row,
    component,
    count,
    direction,
    flag,
    million,
    money,
    number,
    place,
    pot,
    price,
    provider,
    rule_cell,
    scenario,
    service,
    share,
    source,
    text,
    unit,
    year,
)
from budgetmodel.contract.frames.record import ColumnType, Frame, FrameColumn

ALLOCATION = Frame(
    "allocation",
    SOLVED,
    "A place and service in a year that has money, or a Baseline.",
    ("scenario", "year", "place", "service"),
    (
        scenario,
        year,
        place,
        service,
        money("amount", "What is allocated.", "Allocation (£m)"),
        money("do_minimum", "The Baseline with the average growth of all money.", "Do-minimum (£m)"),
        money("baseline", "The Baseline of the workbook."),
        money("change", "Amount less do-minimum.", "Change on do-minimum (£m)"),
        share("change_pct", "Change over do-minimum; missing without one.", "Change on do-minimum (%)"),
    ),
)

FLOWS = Frame(
    "flows",
    SOLVED,
    "Money of a source that reaches a provider for a place and service in a year.",
    ("scenario", "year", "source", "pot", "place", "service", "provider"),
    (
        scenario,
        year,
        source,
        pot,
        place,
        service,
        provider,
        money("amount", "What flows, its fee included."),
        share("fee", "The fee of its contract."),
        text("form", "The form of its contract."),
        number("days_to_pay", "days", "The days to pay of its contract.", "Days to pay (days)"),
    ),
)

SOURCES = Frame(
    "sources",
    SOLVED,
    "A source in a year: funding + carried_in = contract_cost + carried_out + spent, to the penny.",
    ("scenario", "year", "source"),
    (
        scenario,
        year,
        source,
        pot,
        money("funding", "What the source brings in."),
        money("carried_in", "What is carried forward from the year before."),
        money("contract_cost", "Its part of the contract costs of its pot."),
        money("carried_out", "What is carried forward to the year after."),
        money("spent", "The sum of its flows."),
    ),
)

PLACES = Frame(
    "places",
    SOLVED,
    "A place and component of the target in a year.",
    ("scenario", "year", "place", "component"),
    (
        scenario,
        year,
        place,
        component,
        money("amount", "What the place gets for the component's services."),
        money("target", "Its fair share of that money."),
        share("distance", "Amount over target less 1; missing without a target."),
        share("ratio", "Amount over target; missing without a target."),
        number("per_head_registered", "£ per head", "Amount per registered person; missing where nobody counts them."),
        number("per_head_resident", "£ per head", "Amount per resident; missing where nobody counts them."),
    ),
)

RULES = Frame(
    "rules",
    SOLVED,
    "A constraint row: of a rule, a keep band, or the balance of a source (all money is spent).",
    ("scenario", "rule", "cell", "year", "source", "place", "service", "provider", "component"),
    (
        scenario,
        text("rule", "The rule's name; `source balance` and `Keep at least: ...` for rows of no rule."),
        rule_cell,
        year,
        text("source", "The sources it speaks of; blank = all."),
        text("place", "The place it speaks of; blank = all."),
        text("service", "The service it speaks of; blank = all."),
        text("provider", "The provider it speaks of; blank = all."),
        text("component", "The component of a keep band."),
        text("strength", "`must` or `should`."),
        money("activity", "What is spent, or what the limit is set against."),
        money("limit", "What the rule allows at least or at most."),
        money("slack", "Room up to the limit; negative where a should rule is missed."),
        flag("binding", "Whether the limit is reached."),
        price(
            "price",
            PER_MILLION,
            f"What £1m more of the limit adds to the index{OTHER_OBJECTIVE}.",
            "Price (index points for £1m)",
        ),
        price(
            "price_low",
            PER_MILLION,
            "The price of £1m less; missing where the row does not bind, or no allocation is left.",
            "Price of £1m less (index points)",
        ),
        price(
            "price_high", PER_MILLION, "The price of £1m more; missing likewise.", "Price of £1m more (index points)"
        ),
        million("valid_from", "The lowest limit at which the price still holds.", "Holds from (£m)"),
        million("valid_to", "The highest limit at which the price still holds.", "Holds to (£m)"),
        price(
            "shortfall_price",
            "£m for £1m",
            "What £1m more of the limit adds to the weighted shortfall.",
            "Shortfall price (£m for £1m)",
        ),
    ),
)

METRICS = Frame(
    "metrics",
    SOLVED,
    "A metric of all years, a year, a member (a place, provider, holder, ...), or a member in a year.",
    ("scenario", "metric", "group"),
    (
        scenario,
        text("metric", "The metric's name: see the table `measures`."),
        text("group", "Blank = all years together, a year, a member, or `member, year`."),
        by_row("value", "The figure."),
        unit,
        direction,
    ),
)

CONTRACTS = Frame(
    "contracts",
    SOLVED,
    "A pot and a provider or lead group with a contract, all years together.",
    ("scenario", "pot", "counterparty"),
    (
        scenario,
        pot,
        text("counterparty", "The provider or lead group.", "Provider or lead group"),
        text("form", "The form of the contract."),
        count("flows", "Lines of spending behind it, in the year with most.", "Lines of spending (number)"),
        money("amount", "What is paid through it.", "Paid, all years (£m)"),
        money("cost", "What the contract itself costs.", "Contract cost, all years (£m)"),
    ),
)

LEADS = Frame(
    "leads",
    SOLVED,
    "A provider in a lead group that gets money of a pot in a year; what comes in is fee, kept and passed on.",
    ("scenario", "year", "pot", "lead_group", "provider"),
    (
        scenario,
        year,
        pot,
        text("lead_group", "The lead group."),
        provider,
        money("in", "What comes in.", "Comes in (£m)"),
        money("fee", "The fee of the contract."),
        money("kept", "What the lead keeps.", "Kept by the lead (£m)"),
        money("passed_on", "What is passed on to members of the group."),
    ),
)

INCOMES = Frame(
    "incomes",
    SOLVED,
    "A provider in a year.",
    ("scenario", "year", "provider"),
    (
        scenario,
        year,
        provider,
        text("sector", "The provider's sector."),
        money("income", "What flows to the provider."),
        money("do_minimum", "Its do-minimum.", "Do-minimum (£m)"),
        money("baseline", "Its Baseline."),
        money("change", "Income less do-minimum.", "Change on do-minimum (£m)"),
        money("change_on_baseline", "Income less Baseline.", "Change on Baseline (£m)"),
        share("variable_cost_share", "The share of its costs that goes with its income; missing where none is stated."),
        money("stranded", "Cost without income; missing where no variable cost share is stated.", "Stranded cost (£m)"),
        money("covered", "The part that non-recurrent money can pay.", "Transition money can pay (£m)"),
        money("unfunded", "The part that it cannot."),
    ),
)

POOLS = Frame(
    "pools",
    SOLVED,
    "A source in a pool of several holders in a year, or aligned with one, or in view of one.",
    ("scenario", "year", "pot", "source"),
    (
        scenario,
        year,
        text("pot", "The pool.", "Pool"),
        text("holder", "The holder of the source.", "Partner"),
        source,
        text("grade", "`pooled`, `aligned` or `in view`."),
        money("contribution", "What the source brings in."),
        share("share", "The part of the pool's overspend that it bears.", "Share of an overspend (%)"),
        money("overspend_borne", "What it bears of the overspend that is tested; missing where none is."),
        text("host", "The host of the pool."),
    ),
)

TAILS = Frame(
    "tails",
    SOLVED,
    "What a source that ends before the plan does pays for in its last year, by place and service.",
    ("scenario", "year", "source", "place", "service"),
    (
        scenario,
        text("year", "The last year in which the source spends money.", "Last year"),
        source,
        place,
        service,
        money("paid", "What the source pays there in that year.", "Paid in its last year (£m)"),
        money("taken_over", "The part that others pay in the next year.", "Others pay next year (£m)"),
        money("unpaid", "The tail: the part of the service that nobody pays in the next year.",
              "Nobody pays next year (£m)"),
    ),
)  # fmt: skip

CHANGES = Frame(
    "changes",
    SOLVED,
    "A cell that the scenario changes, once per change.",
    (),
    (
        scenario,
        text("cell", "The cell that is changed, or the sheet that gets a row."),
        text("old", "What it holds in the workbook."),
        text("new", "What it holds in the scenario."),
        text("change_cell", "The cell of the change itself, or its name."),
        text("reason", "The reason that is stated."),
        text("owner", "Who stands behind it."),
    ),
)

ISSUES = Frame(
    "issues",
    SOLVED,
    "A problem or note; also why a scenario has no answer.",
    (),
    (
        scenario,
        text("code", "The problem's code: see docs/problems.md."),
        text("severity", "`error`, `warning` or `repaired`."),
        text("sheet", "The sheet."),
        text("cell", "The cells, comma-separated; blank = the whole sheet or file."),
        text("found", "What was found."),
        text("expected", "What was expected."),
        text("fix", "What to do."),
    ),
)

RUN = Frame(
    "run",
    SOLVED,
    "A fact of the run: versions, SHA-256 of inputs, solver, proof, command.",
    ("scenario", "key"),
    (
        scenario,
        text("key", "What the fact is.", "Fact"),
        text("value", "The fact."),
    ),
)

CONFLICTS = Frame(
    "conflicts",
    INFEASIBLE,
    "A must row of a conflict set: without any one row of a set, the others can all hold.",
    (),
    (
        scenario,
        count("conflict", "The set, from 1."),
        text("headline", "The set in one sentence.", "In one sentence"),
        money("gap", "By how much the set misses."),
        text("constraint", "What kind of row it is."),
        text("rule", "The rule."),
        text("cell", "Its cells, comma-separated."),
        year,
        place,
        service,
        provider,
        source,
        text("strength", "`must`."),
        money("activity", "What is spent at the cheapest way out."),
        money("limit", "What the row allows there."),
        text("words", "What the row asks.", "What it asks"),
        million(
            "proved_gap",
            "By how much the must rows of the scenario together ask for more than there is; recomputed from the "
            "tables, it proves that no allocation meets them.",
            "Proved gap (£m)",
        ),
    ),
)

REMEDIES = Frame(
    "remedies",
    INFEASIBLE,
    "A cell to change; the rows of one way out are needed together.",
    ("scenario", "remedy", "cell", "change_cell"),
    (
        scenario,
        count("remedy", "The way out, from 1.", "Way out"),
        text(
            "alternative",
            "`cheapest change of rules`, of `money` or of `place keys`, or of several of them; `as cheap` is another "
            "change of rules that gives way by as much; `one for all` does for every scenario that cannot be met.",
            "Kind",
        ),
        text("rule", "The rule that gives way."),
        text("cell", "The cell to change."),
        text("change_cell", "The change that set it, if one did."),
        money("amount", "By how much it gives way.", "Gives way by (£m)"),
        FrameColumn("old_value", ColumnType.TYPED, "What the cell holds now.", "that of the cell", "Value now"),
        FrameColumn("new_value", ColumnType.TYPED, "What to type.", "that of the cell", "New value"),
        flag("proved", "Whether the scenario was solved with it."),
        text("words", "What to do.", "What to do"),
        text("table", "The sheet to change; this and the next three are columns of the sheet Changes."),
        text("change", "`set`, or `append` where there is no row yet."),
        text("where", "Which row of it; of a new one, its values."),
        text("field", "Which column of it."),
        text("unit", "`%` where the values are shares: 0.02 is 2%."),
    ),
)

BREACHES = Frame(
    "breaches",
    BREACHED,
    "A must row of the workbook as it stands that the answer does not keep, measured from its flows.",
    ("scenario", "constraint", "rule", "cell", "year", "place", "service", "provider", "source"),
    (
        scenario,
        count("breach", "The rule or cell, from 1; 1 misses most.", "Breach"),
        text("constraint", "What kind of row it is."),
        text("rule", "The rule; of money, a place key or carry forward, what kind of row it is."),
        text("cell", "The cell that asks for it."),
        year,
        place,
        service,
        provider,
        source,
        text("kind", "`at least`, `at most` or `exactly`."),
        money("asks", "What the workbook asks for.", "Asks for (£m)"),
        money("gives", "What the answer gives.", "Gives (£m)"),
        money("short", "How far the answer is from it.", "Short by (£m)"),
        text("unit", "The unit of the cell: `share`, `£`, or the workbook's money unit."),
        number("value", "see `unit`", "What the cell says.", "The cell says (its unit)"),
        number("given", "see `unit`", "What the cell would say for this row to hold; missing where no figure would.",
               "It would hold at (its unit)"),
        text("words", "The row as a sentence.", "In words"),
    ),
)  # fmt: skip

SOLVED_FRAMES = (
    *(
        ALLOCATION,
        FLOWS,
        SOURCES,
        PLACES,
        RULES,
        METRICS,
        CONTRACTS,
        LEADS,
        INCOMES,
        POOLS,
        TAILS,
        CHANGES,
        ISSUES,
        RUN,
        CONFLICTS,
        REMEDIES,
        BREACHES,
    ),
)
