"""Sliders: each is one change of the workbook, in the grammar of the sheet Changes, over a range of values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import floor, log10

from budgetmodel.contract.arrays import Array, Index

MOST_SLIDERS = 10
"""Sliders of a page: more cannot be taken in at a glance."""


@dataclass(frozen=True)
class Slider:
    """One change with a value to choose: `least`, `least + step`, ... up to `most`; `published` is one of them.

    `table`, `where`, `field` and `change` are those of the sheet Changes. `percent` says that the value is shown as a
    percentage, `sign` is the unit shown behind it, `of` what it is about.
    """

    name: str
    table: str
    where: str
    field: str
    change: str
    published: float
    least: float
    most: float
    step: float
    percent: bool = False
    sign: str = ""
    of: str = ""

    @property
    def decimals(self) -> int:
        """Decimals that tell every value of the slider apart."""
        return max(0, *(_decimals(each) for each in (self.published, self.step)))

    def at(self, steps: int) -> float:
        """The value so many steps above the published one, as the page writes it."""
        return round(self.published + steps * self.step, self.decimals)

    @property
    def below(self) -> int:
        """Steps between the least and the published value."""
        return floor((self.published - self.least) / self.step + 1e-9)

    @property
    def above(self) -> int:
        """Steps between the published and the most value."""
        return floor((self.most - self.published) / self.step + 1e-9)

    def within(self, below: int, above: int) -> Slider:
        """The same over fewer steps."""
        return replace(self, least=self.at(-below), most=self.at(above))

    def coarser(self, steps: int) -> Slider:
        """The same with at most so many steps on either side."""
        width = max(self.below, self.above)
        if width <= steps:
            return self
        times = -(-width // steps)
        wide = replace(self, step=round(self.step * times, 15))
        return wide.within(wide.below, wide.above)


def around(
    published: float, *, positive: bool, least: float | None = None, most: float | None = None
) -> tuple[float, float, float]:
    """Least, most and step of a slider that nobody described: as far again as the value is from 0, or 2 points."""
    span = abs(published) or 0.02
    step = 10.0 ** floor(log10(span / 4.0))
    step = next(step * times for times in (5.0, 2.0, 1.0) if span / (step * times) >= 4.0)
    low, high = published - span, published + span
    if positive:
        low = max(low, 0.0)
    low = low if least is None else max(low, least)
    high = high if most is None else min(high, most)
    return low, high, step


def _decimals(value: float) -> int:
    text = f"{value:.12f}".rstrip("0")
    return len(text.partition(".")[2])


@dataclass(frozen=True)
class Term:
    """What a slider does to the row of figures: `index` are the entries that it touches.

    `slope` has what one unit of the value adds to each; where the effect is no straight line, `steps` has what each
    step adds, a row per step from `-below` to `above`, and `slope` is empty.
    """

    index: Index
    slope: Array
    steps: Array

    @property
    def straight(self) -> bool:
        """Whether the effect is a straight line in the value."""
        return len(self.steps) == 0
