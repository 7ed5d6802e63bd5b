"""From the nation's practice file to the needs, targets and distances of places."""

from budgetmodel.inputs.convergence import (
    Convergence,
    PolicyUnmet,
    allocation,
    converged,
    converged_path,
    convergence,
    distance,
    floor_growth,
    ramp_allocation,
    years_until,
)
from budgetmodel.needs.columns import Taken
from budgetmodel.needs.into import write_into
from budgetmodel.needs.places import Need, need
from budgetmodel.needs.targets import (
    Block,
    national_target,
    targets,
    targets_by_geography,
    targets_by_weight,
)

__all__ = [
    "Block",
    "Convergence",
    "Need",
    "PolicyUnmet",
    "Taken",
    "allocation",
    "converged",
    "converged_path",
    "convergence",
    "distance",
    "floor_growth",
    "national_target",
    "need",
    "ramp_allocation",
    "targets",
    "targets_by_geography",
    "targets_by_weight",
    "write_into",
    "years_until",
]
