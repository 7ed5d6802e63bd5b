"""The tail of a source that ends: spending that it paid for and that nobody pays in the year after.

Services recur, whoever paid for them. A source ends with the last year in which it spends money, where it has no
funding in any year after that. The tail at a place and service is what is spent there less in the next year, as far as
sources that end paid for it; where several end together they share it in proportion to what each paid.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from budgetmodel.contract.frames import FRAME
from budgetmodel.contract.units import from_pence, largest_remainder
from budgetmodel.metrics.facts import Facts

Pence = NDArray[np.int64]


def tails(facts: Facts) -> pd.DataFrame:
    """The frame `tails`: a row per source that ends, place and service that it pays for in its last year, £m."""
    paid, last = _paid(facts), _last_years(facts)
    spent = paid.sum(axis=1)
    inputs, found = facts.inputs, []
    for t in sorted(set(last[last >= 0])):
        ending = np.flatnonzero(last == t)
        own = paid[t, ending]
        for place, service in zip(*np.nonzero(own.sum(axis=0)), strict=True):
            now, after = spent[t, place, service], spent[t + 1, place, service]
            amounts = own[:, place, service]
            lost = min(max(int(now - after), 0), int(amounts.sum()))
            unpaid = largest_remainder(amounts.astype(float), lost)
            at = inputs.places[place], inputs.services[service]
            found += [
                (inputs.years[t], inputs.sources[ending[n]], *at, amounts[n], amounts[n] - unpaid[n], unpaid[n])
                for n in np.flatnonzero(amounts)
            ]
    frame = pd.DataFrame(found, columns=list(FRAME["tails"].own))
    money = ["paid", "taken_over", "unpaid"]
    return frame.assign(**{name: from_pence(frame[name].to_numpy(dtype=np.int64)) for name in money})


def _paid(facts: Facts) -> Pence:
    """What each source pays, in pence: shape (years, sources, places, services)."""
    inputs, flows = facts.inputs, facts.flows
    paid = np.zeros((len(facts.years), len(inputs.sources), len(inputs.places), len(inputs.services)), dtype=np.int64)
    place, service = (flows[name].cat.codes.to_numpy() for name in ("place", "service"))
    np.add.at(paid, (flows["t"].to_numpy(), flows["s"].to_numpy(), place, service), flows["pence"].to_numpy())
    return paid


def _last_years(facts: Facts) -> NDArray[np.int64]:
    """The number of the last year of each source that ends before the plan does; -1 for any other: shape (sources,)."""
    years, names = len(facts.years), len(facts.inputs.sources)
    last = np.full(names, -1, dtype=np.int64)
    np.maximum.at(last, facts.flows["s"].to_numpy(), facts.flows["t"].to_numpy())
    funded = facts.inputs.funding > 0
    later = np.array([funded[s, last[s] + 1 :].any() for s in range(names)], dtype=bool)
    return np.where(later | (last == years - 1), -1, last)
