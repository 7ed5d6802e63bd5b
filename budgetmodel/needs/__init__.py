"""From the nation's practice file to the needs, targets and distances of places."""

from budgetmodel.needs.columns import Taken
from budgetmodel.needs.into import write_into
from budgetmodel.needs.places import Need, need

__all__ = ["Need", "Taken", "need", "write_into"]
