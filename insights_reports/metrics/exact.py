"""Exact statistics of many groups at once: means and percentiles as mixed numbers of integers.

Nothing here is a float until the exact value is known, because durations in ticks of 100 ns need
more than the 53 bits of a float's fraction.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from insights_reports.metrics.conventions import PercentileMethod

Integers = NDArray[np.int64]

MEDIAN = (1, 2)
P90 = (9, 10)
P95 = (19, 20)

_HALF = 32  # bits in the lower half of a split sum
_LOWER = (1 << _HALF) - 1


@dataclass(frozen=True, slots=True)
class Groups:
    """Values sorted by group and, within a group, ascending; no group is empty.

    Attributes:
        values: all the values, int64, each below 2**57 in size (146 years in ticks).
        first: the position of each group's first value.
        count: how many values each group has; below 2**30.
    """

    values: Integers
    first: Integers
    count: Integers

    @property
    def min(self) -> Integers:
        smallest: Integers = self.values[self.first]
        return smallest

    @property
    def max(self) -> Integers:
        largest: Integers = self.values[self.first + self.count - 1]
        return largest


@dataclass(frozen=True, slots=True)
class Mixed:
    """Exact mixed numbers: ``whole + rest / denominator`` with ``0 <= rest < denominator``."""

    whole: Integers
    rest: Integers
    denominator: Integers | int

    def rounded(self) -> Integers:
        """To the nearest integer; halves to the even one."""
        twice = 2 * self.rest
        tie = (twice == self.denominator) & (self.whole % 2 == 1)
        nearest: Integers = self.whole + ((twice > self.denominator) | tie)
        return nearest

    def as_float(self) -> NDArray[np.float64]:
        """To the nearest float, where the numerator has at most 53 bits."""
        quotient: NDArray[np.float64] = (
            self.whole * self.denominator + self.rest
        ) / self.denominator
        return quotient


def mean(groups: Groups) -> Mixed:
    """The sum divided by the count, of each group.

    A sum of ticks can pass 2**63 (a million lead times of ten days do), so that it is kept in two
    halves unless it is known to fit.
    """
    values, first, count = groups.values, groups.first, groups.count
    if not len(values):
        return Mixed(first, first, count)
    size = max(abs(int(groups.min.min())), abs(int(groups.max.max())))
    if size * int(count.max()) < 1 << 62:
        total = np.add.reduceat(values, first)
        return Mixed(total // count, total % count, count)
    upper = np.add.reduceat(values >> _HALF, first)
    lower = np.add.reduceat(values & _LOWER, first)
    carried = ((upper % count) << _HALF) + lower
    return Mixed(((upper // count) << _HALF) + carried // count, carried % count, count)


def percentile(
    groups: Groups, fraction: tuple[int, int], method: PercentileMethod = "linear"
) -> Mixed:
    """The value at a fraction p = a/b of each group of n values.

    The methods, by the position of the value counted from 0; a position between two values is
    interpolated:

    * ``linear``: p (n - 1), the method of Excel's PERCENTILE.INC and numpy's default;
    * ``lower``, ``higher``: the same, taken down or up to a value;
    * ``nearest_rank``: the smallest value that at least the fraction p does not exceed, the
      rank ceil(p n);
    * ``floor_rank``: the rank floor(p n), or the first value;
    * ``exclusive``: the rank p (n + 1), the method of Excel's PERCENTILE.EXC, held inside the data.
    """
    values, first, count = groups.values, groups.first, groups.count
    a, b = fraction
    below, part = _position(count, a, b, method)
    low = first + below
    high = np.minimum(low + 1, first + count - 1)
    step = (values[high] - values[low]) * part
    return Mixed(values[low] + step // b, step % b, b)


def _position(
    count: Integers, a: int, b: int, method: PercentileMethod
) -> tuple[Integers, Integers]:
    """The position from 0 as an integer and a number of b-ths."""
    last = count - 1
    if method == "linear":
        return a * last // b, a * last % b
    if method == "exclusive":
        at = np.clip(a * (count + 1) - b, 0, last * b)
        return at // b, at % b
    position = {
        "lower": a * last // b,
        "higher": -(-a * last // b),
        "nearest_rank": np.maximum(-(-a * count // b) - 1, 0),
        "floor_rank": np.maximum(a * count // b - 1, 0),
    }[method]
    return position, np.zeros_like(position)
