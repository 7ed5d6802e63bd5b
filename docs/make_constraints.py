"""Writes docs/constraints.md, the page of every constraint and every rule measure, from their records.

python -m docs.make_constraints
"""

from __future__ import annotations

from pathlib import Path
from textwrap import wrap

from budgetmodel.contract.measures import LIMITS, MEASURES
from budgetmodel.program.build.assemble import STANDING
from budgetmodel.program.build.objectives import BLOCKS
from budgetmodel.program.build.rules import REMEDY
from budgetmodel.program.infeasible.elastic import CARRY

DOCUMENT = Path(__file__).with_name("constraints.md")
WIDTH = 118


def document() -> str:
    """The page as text."""
    lines = [
        "# Every constraint",
        "",
        "Made from the records in `budgetmodel/program/build` and `budgetmodel/contract/measures.py` by",
        "`python -m docs.make_constraints`.",
        "",
        "## Constraints of every workbook",
        "",
        "The names are those in the column `constraint` of conflicts. A definition makes a quantity that others use;",
        "it is never in conflict. What makes room is what an infeasible run advises.",
        "",
        "| Constraint | What it says | Rows in | Why | What makes room |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {each.name} | {each.label} | {each.unit} | {each.reason or 'a definition'} | {each.remedy or '-'} |"
        for each in (*STANDING, *(row for blocks in BLOCKS.values() for row in blocks.rows), CARRY)
    ]
    lines += [
        "",
        "## Rules, by Measure",
        "",
        "The constraint is that of *at least*; it is <= for *at most* and = for *exactly*. Every rule makes a row for",
        "each of its years and members of Each, in £m. A *should* row may be missed, at its weight for each £1m. What",
        f"makes room in a *must* rule: {REMEDY[0].lower()}{REMEDY[1:]}.",
        "",
        "| Measure | Constraint | Value in | Of | Limits | Single sources |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| `{each.name}` | {each.constraint} | {each.unit.words} | {each.of.value} "
        f"| {'all' if each.limits == LIMITS else ', '.join(each.limits)}{'; Each required' * each.each_required} "
        f"| {'yes' if each.sees_sources else 'no'} |"
        for each in MEASURES
    ]
    for each in MEASURES:
        if each.defined:
            lines += ["", *wrap(f"`{each.name}`: {each.defined}", WIDTH)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8", newline="\n")
