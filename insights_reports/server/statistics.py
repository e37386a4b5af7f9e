"""The statistics of one measure in every cell at once, in whole numbers.

Median and 95th percentile interpolate linearly between the two neighbouring values.
"""

from dataclasses import dataclass

import numpy as np

from insights_reports.server.columns import Integers, Measure, Positions


@dataclass(frozen=True)
class Unit:
    """What is printed: a value times `times` by `divisor`, as a whole number, half to even."""

    times: int
    divisor: int

    def of(self, numerators: Integers, denominator: int) -> Integers:
        """Fractions in this unit."""
        return rounded(numerators * self.times, np.int64(denominator * self.divisor))


@dataclass(frozen=True)
class Statistics:
    """One entry for each cell that has any values, by cell.

    `figures` have the names and the order of the reply, and are in a unit.
    """

    cells: Integers
    counts: Integers
    figures: dict[str, Integers]


def rounded(
    numerators: Integers, denominators: Integers | np.int64, whole: Integers | int = 0
) -> Integers:
    """`whole` and a quotient, as whole numbers, half to even. Denominators are positive."""
    below: Integers
    below, rest = np.divmod(numerators, denominators)
    below += whole
    twice = 2 * rest
    up = (twice > denominators) | ((twice == denominators) & (below % 2 == 1))
    below += up
    return below


def summarise(measure: Measure, rows: Positions, cells: Integers, unit: Unit) -> Statistics:
    """The statistics of the values of `rows`, each of which belongs to the cell beside it."""
    ranks = measure.ranks[rows]
    has = ranks >= 0
    # Cell and rank in one integer: numpy sorts those several times faster than two columns.
    bits = np.int64(len(measure.values).bit_length())
    keys = cells[has] << bits | ranks[has]
    keys.sort()
    values = measure.values[keys & ((1 << bits) - 1)]
    present, first, n = np.unique(keys >> bits, return_index=True, return_counts=True)
    last = n - 1

    def at(positions: Integers) -> Integers:
        found: Integers = values[first + positions]
        return found

    # The position of percentile p among n values is p * (n - 1), counted from 0.
    position, weight = np.divmod(19 * last, 20)
    above = np.minimum(position + 1, last)
    figures = {
        "Mean": _means(values, first, n, unit),
        "Median": unit.of(at(last // 2) + at(n // 2), 2),
        "Min": unit.of(at(np.zeros_like(n)), 1),
        "Max": unit.of(at(last), 1),
        "NinetyFifth": unit.of(at(position) * (20 - weight) + at(above) * weight, 20),
    }
    return Statistics(present, n, figures)


def _means(values: Integers, first: Integers, n: Integers, unit: Unit) -> Integers:
    """Summed in two parts, because a sum of ticks can exceed 64 bits."""
    wholes, rests = np.divmod(values, unit.divisor)
    whole, left = np.divmod(_sums(wholes, first), n)
    numerators = (left * unit.divisor + _sums(rests, first)) * unit.times
    return rounded(numerators, n * unit.divisor, whole * unit.times)


def _sums(values: Integers, first: Integers) -> Integers:
    """The sum from each of these positions to the next."""
    sums: Integers = np.add.reduceat(values, first) if len(first) else first
    return sums
