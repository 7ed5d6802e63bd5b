"""The program at positions of sliders, by what a page holds, is the one built anew from the changed workbook."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

import budgetmodel as bm
from budgetmodel.contract.issues import BadCommand
from budgetmodel.whatif import what_if
from budgetmodel.whatif.candidates import candidates, chosen
from budgetmodel.whatif.flat import flat
from budgetmodel.whatif.slider import Slider
from budgetmodel.whatif.translate import Builder, translate
from tests.support.random_books import random_book

WORDS = "contract cost; Core; Transformation"


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> tuple[bm.Budget, bm.Result]:
    budget = bm.read(random_book(7).save(tmp_path_factory.mktemp("book") / "book.xlsx"))
    return budget, bm.solve(budget, "Pooled")


def test_the_terms_give_the_program_of_the_changed_workbook(solved):
    """Two sources are no straight line there: the second year's growth divides by the first year's money."""
    budget, result = solved
    found = translate(budget, result, chosen(result, WORDS))
    assert len(found.sliders) == 3
    builder = Builder(budget, result)
    draw = Random(5)  # noqa: S311  # positions of sliders, no secret
    together = [each for each, alone in zip(found.sliders, found.alone, strict=True) if not alone]
    settings = [{each: each.at(draw.randint(-each.below, each.above)) for each in together} for _ in range(3)]
    settings += [
        {each: each.at(draw.randint(-each.below, each.above))}
        for each, alone in zip(found.sliders, found.alone, strict=True)
        if alone
    ]
    for values in settings:
        anew = flat(builder.program(values), found.pattern, builder.objective)
        assert np.allclose(found.at(values), anew, rtol=1e-9, atol=1e-9), values


def test_a_name_that_is_none_is_refused_with_the_nearest(solved):
    with pytest.raises(BadCommand, match=r"nothing to move called 'contract costs'. Did you mean 'contract cost'"):
        chosen(solved[1], "contract costs")


def test_every_slider_is_a_change_of_the_workbook_and_its_published_value_changes_nothing(solved):
    """By hand: a rule's Value is the cell's; a source's money and contract costs are multiplied by 1."""
    budget, result = solved
    every = {each.name: each for each in candidates(result)}
    assert every["Core"].published == every["contract cost"].published == 1.0
    rules = budget.frame("Rules").set_index("Rule")["Value"]
    assert every["Moved"].published == pytest.approx(float(rules["Moved"]))
    assert Slider("x", "Rules", "Rule=x", "Value", "set", 0.0125, 0.0, 0.03, 0.002).at(-3) == 0.0065


def test_changes_of_the_command_line_are_said_to_have_no_page(solved):
    budget, result = solved
    changed = budget.changed("Contracts", field="Cost per contract", multiply=1.1)
    found = what_if(changed, {"Pooled": result})
    assert not found.scenarios
    assert "command line" in found.left_out[0]
