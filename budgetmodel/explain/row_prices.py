"""The price of every binding row: what £1m more of its limit does to the objective, the shortfall held."""

from __future__ import annotations

import numpy as np
import pandas as pd

from budgetmodel.answers.answer import Answer
from budgetmodel.contract.arrays import Index
from budgetmodel.explain.sensitivity import NOTHING, Face
from budgetmodel.program.solve.stages import SIMPLEX_UP_TO

WALK = 30
"""In programs of at most SIMPLEX_UP_TO non-zeros, so many further bases are tried at either end of a price's range."""

COLUMNS = ("price", "price_low", "price_high", "from_limit", "to_limit")


def row_prices(answer: Answer, binding: Index) -> pd.DataFrame:
    """The prices of the program's rows: objective per £1m more of the limit, with the shortfall held.

    `binding` are the numbers of the rows that bind and are published. The frame is indexed by row number and holds
    COLUMNS: `price_low` is the price of £1m less, `price_high` of £1m more, `price` the latter, or the former where no
    more is possible; `from_limit` <= 0 and `to_limit` >= 0 are how far the limit may move until another price holds,
    £m. A row that does not bind is not listed.

    What is NaN: `price_low` (`price_high`) where no allocation keeps all must rows and the shortfall with a lower
    (higher) limit. In programs of more than SIMPLEX_UP_TO non-zeros a binding row whose dual is 0 keeps the price 0
    without the other figures (a re-solve each), and prices hold at least as far as given, perhaps further.
    """
    small = answer.program.shape[2] <= SIMPLEX_UP_TO
    duals = answer.objective_stage.outcome.row_dual
    wanted = binding if small else binding[np.abs(duals[binding]) > NOTHING]
    frame = pd.DataFrame(np.nan, index=pd.Index(binding, name="row"), columns=list(COLUMNS))
    frame["price"] = 0.0
    if len(wanted):
        face = Face(answer)
        money = float(answer.structure.funding.sum())
        found = face.slopes([face.of_row(int(row)) for row in wanted], WALK if small else 0, money)
        frame.loc[wanted, list(COLUMNS)] = [(s.price, s.low, s.high, s.start, s.end) for s in found]
    return frame
