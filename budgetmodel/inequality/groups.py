"""Inequality within groups and between them: generalised entropy, which alone splits into the two without a rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from budgetmodel.inequality.members import members
from budgetmodel.inequality.spread import generalised_entropy


class Decomposition(NamedTuple):
    """An inequality measure split by group; `between` and the parts of `within` add up to `total`."""

    total: float
    between: float
    """What would be left if every member had the mean of its group."""
    within: float
    """The sum of `of_group`."""
    of_group: dict[str, float]
    """What the differences inside each group add, in the order in which the groups first appear."""


def entropy_by_group(
    values: ArrayLike, groups: Sequence[object], weights: ArrayLike | None = None, *, alpha: float
) -> Decomposition:
    """GE(alpha) between and within groups: GE = GE of group means + sum over g of n_g (mu_g / mu)^alpha GE_g.

    n_g is the group's share of weight, mu_g its mean. Range, unit and sources are those of `generalised_entropy`; where
    that is infinite, so are total and the part of the group. Source: Shorrocks, Econometrica 48 (1980), theorem 5.

    >>> split = theil_t_by_group([1.0, 1.0, 3.0, 3.0], ["a", "a", "b", "b"])
    >>> split.total == split.between, split.within
    (True, 0.0)
    """
    names = [str(group) for group in groups]
    everyone = np.asarray(values, dtype=float)
    weight = np.ones(len(everyone)) if weights is None else np.asarray(weights, dtype=float)
    if len(names) != len(everyone):
        raise ValueError(f"There are {len(everyone)} values and {len(names)} groups; give every value its group.")
    total = generalised_entropy(everyone, weight, alpha=alpha)
    y, n = members(everyone, weight)
    label = np.array([name for name, counts in zip(names, weight > 0, strict=True) if counts], dtype=object)
    mean = float(n @ y)
    means: list[float] = []
    sizes: list[float] = []
    of_group: dict[str, float] = {}
    for name in dict.fromkeys(label):
        own = label == name
        size = float(n[own].sum())
        own_mean = float(n[own] @ y[own]) / size
        inside = generalised_entropy(y[own], n[own], alpha=alpha)
        of_group[name] = size * (own_mean / mean) ** alpha * inside if inside else 0.0
        means.append(own_mean)
        sizes.append(size)
    between = generalised_entropy(means, sizes, alpha=alpha)
    return Decomposition(total, between, float(sum(of_group.values())), of_group)


def theil_t_by_group(values: ArrayLike, groups: Sequence[object], weights: ArrayLike | None = None) -> Decomposition:
    """Theil T between and within groups; a group counts by its share of all n y. Source: Theil (1967)."""
    return entropy_by_group(values, groups, weights, alpha=1.0)


def theil_l_by_group(values: ArrayLike, groups: Sequence[object], weights: ArrayLike | None = None) -> Decomposition:
    """Theil L between and within groups; a group counts by its share of weight. Source: Theil (1967)."""
    return entropy_by_group(values, groups, weights, alpha=0.0)
