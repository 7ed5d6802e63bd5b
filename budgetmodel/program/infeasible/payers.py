"""Who may pay for what, before any program: the sets of sources whose money is compared with floors and ceilings.

Lines that the same sources may pay for in every year are of one kind; there are few kinds, however many the lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from budgetmodel.contract.arrays import Mask
from budgetmodel.program.build.structure import Setting


@dataclass(frozen=True)
class Reached:
    """Which source may pay for which kind of line: `years` holds one array a year, of shape (sources, kinds).

    `kind` is the kind of each line; `places`, of shape (places, kinds), is true where there are lines of a kind.
    """

    years: tuple[Mask, ...]
    kind: NDArray[np.intp]
    places: Mask

    def within(self, mask: Mask) -> Reached:
        """The same for the money of some sources alone."""
        return replace(self, years=tuple(np.asarray(year & mask[:, None]) for year in self.years))

    def by_none_but(self, sources: Mask) -> list[Mask]:
        """For each year the lines that no other source may pay for: shape (lines,)."""
        return [~self._some(year, ~sources) for year in self.years]

    def by_some_of(self, sources: Mask) -> list[Mask]:
        """For each year the lines that at least one of the sources may pay for: shape (lines,)."""
        return [self._some(year, sources) for year in self.years]

    def _some(self, year: Mask, sources: Mask) -> Mask:
        kinds: Mask = np.asarray(year[sources].any(axis=0))
        lines: Mask = kinds[self.kind]
        return lines

    def different_years(self) -> list[int]:
        """The years that differ in what may be paid for, each once."""
        return list({year.tobytes(): t for t, year in enumerate(self.years)}.values())


def reached_lines(setting: Setting) -> Reached:
    """Which source may pay for which line, by year.

    Whether a source has money that year does not matter: one without adds nothing to the sums. So sources that the
    program takes together as one purse stay together here too.
    """
    may, services = setting.reach, len(setting.inputs.services)
    of_line = setting.lines["place"].to_numpy() * services + setting.lines["service"].to_numpy()
    pairs, pair = np.unique(of_line, return_inverse=True)
    place, service = np.divmod(pairs, services)
    open_to = [may.places[:, t][:, place] & may.services[:, t][:, service] for t in range(setting.years)]
    _, first, kind = np.unique(
        np.packbits(np.concatenate(open_to), axis=0), axis=1, return_index=True, return_inverse=True
    )
    kind = kind.reshape(-1)  # numpy 2.0 gave it two dimensions
    where = np.zeros((len(setting.inputs.places), len(first)), dtype=bool)
    where[place, kind] = True
    return Reached(tuple(np.asarray(year[:, first]) for year in open_to), kind[pair], where)


def payers(setting: Setting, reached: Reached, mask: Mask) -> list[Mask]:
    """Sets of sources whose money is compared with floors that only they can pay: by line, place, pot, and all."""
    found: list[Mask] = []
    for t in reached.different_years():
        year = reached.years[t]
        _, first = np.unique(np.packbits(year, axis=0), axis=1, return_index=True)
        found += [np.asarray(year[:, n]) for n in first]
        found += [np.asarray(year[:, kinds].any(axis=1)) for kinds in reached.places]
        found += [*_pots(setting, t, mask), mask]
    return distinct(found)


def holders(setting: Setting, reached: Reached, mask: Mask) -> list[Mask]:
    """Sets of sources whose money is compared with ceilings: those that reach nothing beyond a source, pot, or all."""
    found: list[Mask] = []
    for t in reached.different_years():
        year = reached.years[t]
        reaches = year.any(axis=1)
        areas = [year[s] for s in np.flatnonzero(reaches)]
        areas += [year[pot].any(axis=0) for pot in (*_pots(setting, t, mask), mask)]
        found += [np.asarray(reaches & ~(year & ~area).any(axis=1)) for area in distinct(areas)]
    return [sources for sources in distinct(found) if sources.any()]


def distinct(masks: Sequence[Mask]) -> list[Mask]:
    """Each mask once, in order."""
    return list({mask.tobytes(): mask for mask in masks}.values())


def _pots(setting: Setting, year: int, mask: Mask) -> list[Mask]:
    return [np.asarray((setting.pots[:, year] == pot) & mask) for pot in dict.fromkeys(setting.pots[:, year])]
