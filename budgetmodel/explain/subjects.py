"""What can be asked about: the places and rules of a scenario, by every name they go by."""

from __future__ import annotations

from budgetmodel.contract import schema
from budgetmodel.contract.schema import fold
from budgetmodel.contract.selectors import parts
from budgetmodel.inputs.inputs import Inputs
from budgetmodel.program.build.constraints import KEEP_LEAST, KEEP_MOST

PLACE, RULE = "place", "rule"


def subjects(inputs: Inputs) -> dict[str, tuple[str, str]]:
    """Folded name -> (`place` or `rule`, name as the workbook writes it); a place goes before a rule of its name.

    Places also go by what they are also known as; keep rows go by the names that the results give them.
    """
    places = inputs.frame(schema.PLACES)
    keeps = [
        f"{constraint.name.capitalize()}: {component}"
        for constraint in (KEEP_LEAST, KEEP_MOST)
        for component in inputs.frame(schema.TARGET)["Component"]
    ]
    found: dict[str, tuple[str, str]] = {}
    for name in (*inputs.frame(schema.RULES)["Rule"], *keeps):
        found.setdefault(fold(str(name)), (RULE, str(name)))
    for place, known_as in zip(places["Place"], places["Also known as"], strict=True):
        for other in parts(str(known_as or "")):
            found.setdefault(fold(other), (PLACE, str(place)))
    return found | {fold(str(place)): (PLACE, str(place)) for place in places["Place"]}
