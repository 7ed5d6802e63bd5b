"""What weights do to the objective and the ranking of scenarios: each component's halved, and half as much again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from budgetmodel.answers.answer import Answer
from budgetmodel.answers.by_metric import by_metric
from budgetmodel.contract.frames import FRAME, result_table
from budgetmodel.contract.issues import SolverFailed
from budgetmodel.explain.sensitivity import Face
from budgetmodel.program.build.structure import Structure

FACTORS = (0.5, 1.5)
"""What a component's weight is multiplied with."""


def weights(
    answers: Mapping[str, Answer],
    factors: Sequence[float] = FACTORS,
    progress: Callable[[str, str], None] = lambda _, __: None,
) -> pd.DataFrame:
    """Per scenario, component and factor: the objective with that component's weight multiplied and all solved again.

    Weights change what is minimised and nothing else, so the shortfall stays what it is. `same_allocation` is the
    index that the present optimum would have under the changed weights; `index` is never above it by more than
    rounding. `rank` is the scenario's place among those with that component and factor, 1 for the lowest index; the
    rows with factor 1 (component blank) are the scenarios as they are. Of scenarios with another objective these two
    columns are blank, and further ones named for their metric have its values (`answers.by_metric`); they are ranked
    among themselves. Raises SolverFailed without an optimum.
    """
    rows = []
    for scenario, answer in answers.items():
        face = Face(answer)
        x = face.vertex.x
        rows.append((scenario, "", 1.0, face.vertex.objective, face.vertex.objective))
        for k, component in enumerate(answer.structure.components):
            for factor in factors:
                progress(scenario, f"weight of {component.name} x {factor:g}")
                program, _ = face.assembled(reweighted(answer.structure, k, factor))
                cost = program.costs[answer.objective.stage.cost]
                face.live.set_cost(cost)
                outcome = face.solve(simplex="primal")
                if outcome.status != "optimal":
                    what = f"{answer.objective.noun} with the weight of {component.name} x {factor:g}"
                    raise SolverFailed(f"No {what}: {outcome.detail}.")
                rows.append((scenario, component.name, factor, outcome.objective, float((cost * x).sum())))
    frame = pd.DataFrame(rows, columns=[name for name in FRAME["weights"].names if name != "rank"])
    of = [answers[name].objective for name in frame["scenario"]]
    metric = pd.Series([objective.metric for objective in of], index=frame.index)
    ranked = frame["index"].round(6).groupby([metric, frame["component"], frame["factor"]]).rank(method="min")
    return by_metric("weights", result_table("weights", frame.assign(rank=ranked.astype(int))), of)


def reweighted(structure: Structure, component: int, factor: float) -> Structure:
    """The structure with one component's weight multiplied; weights are scaled to sum 1 again."""
    own = structure.component_weights
    own[component] *= factor
    changed = tuple(
        replace(part, weight=float(weight))
        for part, weight in zip(structure.components, own / np.sum(own), strict=True)
    )
    return replace(structure, components=changed)
