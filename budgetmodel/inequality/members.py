"""What every measure needs first: values and weights as arrays, checked, without the members that do not count."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from budgetmodel.contract.arrays import Array


def members(values: ArrayLike, weights: ArrayLike | None = None) -> tuple[Array, Array]:
    """The values of the members that count, and their shares of all weight, which sum to 1.

    Raises ValueError, in a sentence, for lists that are empty or of unequal length, weights below 0 or all 0, and
    anything that is no finite number (the value of a member of weight 0 may be).

    >>> values, shares = members([1.0, 2.0, float("nan")], [1.0, 3.0, 0.0])
    >>> values.tolist(), shares.tolist()
    ([1.0, 2.0], [0.25, 0.75])
    """
    (found,), shares = ranked_members([values], weights)
    return found, shares


def ranked_members(columns: list[ArrayLike], weights: ArrayLike | None = None) -> tuple[list[Array], Array]:
    """As `members`, for several columns of the same members: values, and what ranks them."""
    arrays = [_numbers(column, "values" if n == 0 else "ranks") for n, column in enumerate(columns)]
    weight = np.ones(len(arrays[0])) if weights is None else _numbers(weights, "weights")
    lengths = {len(array) for array in (*arrays, weight)}
    if len(lengths) > 1:
        raise ValueError(f"Values, weights and ranks are of unequal length: {sorted(lengths)}.")
    if not np.isfinite(weight).all() or (weight < 0).any():
        raise ValueError("A weight is below 0 or no number; give the people or the need behind each value.")
    counted = weight > 0
    if len(weight) == 0:
        raise ValueError("No member is given, so there is nothing to measure.")
    if not counted.any():
        raise ValueError("No member has a weight above 0, so there is nothing to measure.")
    arrays = [array[counted] for array in arrays]
    for n, array in enumerate(arrays):
        if not np.isfinite(array).all():
            what = "value" if n == 0 else "rank"
            raise ValueError(f"A {what} is blank or no finite number; leave the member out or give it weight 0.")
    weight = weight[counted] / weight[counted].max()  # so that the sum of very large weights is a number
    return arrays, np.asarray(weight / weight.sum())


def mean_of(values: Array, shares: Array) -> float:
    """The weighted mean; of equal values exactly that value, so that equality is exactly 0 inequality."""
    if (values == values[0]).all():
        return float(values[0])
    return float(shares @ values)


def positive_mean(values: Array, shares: Array, measure: str) -> float:
    """The weighted mean of values of which none is below 0; raises ValueError otherwise, naming the measure."""
    if (values < 0).any():
        raise ValueError(f"{measure} is for values of 0 and above; an absolute measure such as Kolm's takes any.")
    return mean_of(values, shares)


def _numbers(column: ArrayLike, what: str) -> Array:
    try:
        array = np.asarray(column, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"The {what} are not all numbers.") from None
    if array.ndim != 1:
        raise ValueError(f"The {what} are a list of numbers, one for each member; these have {array.ndim} dimensions.")
    return array
