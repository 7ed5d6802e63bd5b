"""Measures of inequality as plain functions on arrays: any values, with weights, ranks or groups.

`values` are per head or per unit of need (£ per head, spend over need, years of life); `weights` are the people or the
need behind each value, of any scale, and every member counts the same without them; `ranks` is what orders the members
(a deprivation score or rank). Members of weight 0 are left out, whatever their value. A value, weight or rank that is
no number, a weight below 0 and an empty list raise ValueError.

>>> from budgetmodel.inequality import gini, slope_index_of_inequality
>>> gini([100.0, 300.0])
0.25
>>> slope_index_of_inequality([70.0, 80.0], ranks=[1, 2])
20.0
"""

from budgetmodel.inequality.fair_share import (
    SMALLEST_REFERENCE,
    gap,
    gap_slopes,
    gap_weights,
    index,
    relative_gaps,
)
from budgetmodel.inequality.groups import Decomposition, entropy_by_group, theil_l_by_group, theil_t_by_group
from budgetmodel.inequality.ranked import (
    absolute_concentration_index,
    concentration_curve,
    concentration_index,
    erreygers_index,
    mid_ranks,
    relative_index_of_inequality,
    slope_index_of_inequality,
)
from budgetmodel.inequality.spread import (
    absolute_gini,
    atkinson,
    atkinson_equivalent,
    coefficient_of_variation,
    gap_to_benchmark,
    gap_to_best,
    generalised_entropy,
    gini,
    hoover,
    kolm,
    kolm_equivalent,
    lorenz_curve,
    theil_l,
    theil_t,
)

__all__ = [
    "SMALLEST_REFERENCE",
    "Decomposition",
    "absolute_concentration_index",
    "absolute_gini",
    "atkinson",
    "atkinson_equivalent",
    "coefficient_of_variation",
    "concentration_curve",
    "concentration_index",
    "entropy_by_group",
    "erreygers_index",
    "gap",
    "gap_slopes",
    "gap_to_benchmark",
    "gap_to_best",
    "gap_weights",
    "generalised_entropy",
    "gini",
    "hoover",
    "index",
    "kolm",
    "kolm_equivalent",
    "lorenz_curve",
    "mid_ranks",
    "relative_gaps",
    "relative_index_of_inequality",
    "slope_index_of_inequality",
    "theil_l",
    "theil_l_by_group",
    "theil_t",
    "theil_t_by_group",
]
