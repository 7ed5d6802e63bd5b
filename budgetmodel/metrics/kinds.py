"""Recurrent and non-recurrent money, and the non-recurrent share of each place's money."""

from __future__ import annotations

from budgetmodel.contract import schema
from budgetmodel.metrics.facts import Facts
from budgetmodel.metrics.shape import Rows, joined, money_by_member, ratio_by_member, wide

KINDS = schema.SHEET[schema.SOURCES].column("Kind").choices
ENDS = "non-recurrent"
"""The kind of money that ends."""


def kinds(facts: Facts) -> Rows:
    """Money spent by kind of source, its share, and the share of each place's money that is non-recurrent."""
    years, places = facts.years, facts.inputs.places
    spent = wide(facts.flows, "kind", "pence", KINDS, years)
    ending = facts.flows[facts.flows["kind"] == ENDS]
    of_place = wide(facts.flows, "place", "pence", places, years)
    return joined(
        [
            money_by_member("kind_spent", spent),
            ratio_by_member("kind_share", spent, spent.whole),
            ratio_by_member("place_non_recurrent_share", wide(ending, "place", "pence", places, years), of_place),
        ]
    )
