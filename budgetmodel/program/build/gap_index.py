"""The objective `gini`: the gaps between every two places' ratios, whose weighted sum is the fair-share gap index.

|.| is exact by paired inequalities. With many places, pairs grow as their square: the gap of a component is then one
column, bounded from below by orderings of places, each added when it is found to be violated (model.md, section 4).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from budgetmodel.contract.arrays import Array, Index
from budgetmodel.contract.objectives import GINI
from budgetmodel.inequality import SMALLEST_REFERENCE, gap_slopes
from budgetmodel.inequality import index as index_of_gaps
from budgetmodel.program.build.components import component_gaps
from budgetmodel.program.build.constraints import block_of
from budgetmodel.program.build.layout import Layout, labels
from budgetmodel.program.build.model import Block, Constraint, Cut, Program
from budgetmodel.program.build.structure import Structure

PAIRS_UP_TO = 60
"""With more places, the gaps of pairs are replaced by cuts (model.md, section 4)."""

WHOLE_GAP = "whole gap"
"""The columns of such gaps: a group for every component, by its number."""

CUT_TOLERANCE = 1e-9
"""A gap column that is short of its gap by less needs no further cut."""

GAP = Constraint("gap", "Gap between two places' ratios", "ratio")


def gap_blocks(layout: Layout) -> None:
    """Add the gaps to the program, as pairs of places or as whole gaps."""
    layout.assembly.add(pair_gaps(layout))
    cut_gaps(layout)


def pair_gaps(layout: Layout) -> Block:
    """Rows z >= r_p - r_q and z >= r_q - r_p for every two places with a need; their weighted sum is the index."""
    s = layout.structure
    pieces: list[tuple[Index, Index, Array]] = []
    count = 0
    for k, c in enumerate(s.components):
        counted = np.flatnonzero(c.need_shares > 0)
        if len(counted) > PAIRS_UP_TO:
            continue
        first, second = np.triu_indices(len(counted), 1)
        pairs = len(first)
        z = layout.assembly.columns("gap", pairs * s.years)
        weight = np.repeat(c.weights[counted[first]] * c.weights[counted[second]], s.years)
        layout.assembly.cost(GINI.stage.cost, z, weight * np.tile(index_scale(s)[k], pairs))
        above = layout.ratio[k, counted[first]].ravel()
        below = layout.ratio[k, counted[second]].ravel()
        for one, other in ((above, below), (below, above)):
            rows = count + np.arange(len(z))
            pieces += [(rows, z, np.ones(len(z))), (rows, one, -np.ones(len(z))), (rows, other, np.ones(len(z)))]
            count += len(z)
    return block_of(GAP, [labels(count)], pieces, np.zeros(count), np.full(count, np.inf))


def cut_gaps(layout: Layout) -> None:
    """For components of many places: one column per year for G itself, bounded from below by cuts as they are found."""
    s = layout.structure
    for k, c in enumerate(s.components):
        if (c.need_shares > 0).sum() > PAIRS_UP_TO:
            columns = layout.assembly.columns(f"{WHOLE_GAP} {k}", s.years)
            layout.assembly.cost(GINI.stage.cost, columns, index_scale(s)[k])


def index_scale(s: Structure) -> Array:
    """What one unit of G adds to the index: 100 δ_t ω_k / max(G0, 0.001); shape (components, years)."""
    weights = np.outer(s.component_weights, s.inputs.year_weights)
    return np.asarray(100.0 * weights / np.maximum(s.reference, SMALLEST_REFERENCE))


def index_value(s: Structure, amounts: Array) -> float:
    """The index of an allocation; `amounts` has shape (lines, years), £m."""
    gaps = component_gaps(s.components, s.lines, amounts)
    return index_of_gaps(gaps, s.reference, s.inputs.year_weights, s.component_weights)


def missing_cuts(program: Program, layout: Layout, x: Array) -> list[Cut]:
    """The orderings that the whole-gap columns do not yet respect: G >= slopes @ ratios."""
    cuts: list[Cut] = []
    for k, component in enumerate(layout.structure.components):
        counted = np.flatnonzero(component.need_shares > 0)
        if len(counted) <= PAIRS_UP_TO:
            continue
        for t, column in enumerate(program.groups[f"{WHOLE_GAP} {k}"]):
            ratio = layout.ratio[k, counted, t]
            slopes = gap_slopes(x[ratio], component.weights[counted])
            if slopes @ x[ratio] > x[column] + CUT_TOLERANCE:
                cuts.append(Cut(np.append(ratio, column), np.append(-slopes, 1.0), 0.0, np.inf))
    return cuts


def remade_cut(cut: Cut, program: Program, was: Structure, now: Structure) -> Cut:
    """An ordering of places that was found for one structure, at the weights that places have in another."""
    component = next(
        k for k in range(len(now.components)) if cut.index[-1] in program.groups.get(f"{WHOLE_GAP} {k}", ())
    )
    before, after = (c.weights[c.need_shares > 0] for c in (was.components[component], now.components[component]))
    slopes = gap_slopes(-cut.value[:-1] / before, after)
    return replace(cut, value=np.append(-slopes, 1.0))
