"""From the nation's practice file to the needs, targets and distances of places."""

from budgetmodel.needs.columns import Taken
from budgetmodel.needs.into import write_into
from budgetmodel.needs.places import Need, need
from budgetmodel.needs.targets import (
    Block,
    allocation,
    convergence,
    distance,
    national_target,
    targets,
    targets_by_geography,
    targets_by_weight,
)

__all__ = [
    "Block",
    "Need",
    "Taken",
    "allocation",
    "convergence",
    "distance",
    "national_target",
    "need",
    "targets",
    "targets_by_geography",
    "targets_by_weight",
    "write_into",
]
