"""Exact statistics of many groups at once: means and percentiles as mixed numbers of integers.

Nothing here is a float until the exact value is known, because durations in ticks of 100 ns need
more than the 53 bits of a float's fraction.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from insights_reports.metrics.conventions import PercentileMethod

Integers = NDArray[np.int64]

MEDIAN = (1, 2)
P90 = (9, 10)
P95 = (19, 20)

_HALF = 26  # bits in the lower half of a value that is added up


@dataclass(frozen=True, slots=True)
class Groups:
    """Values sorted by group and, within a group, ascending; no group is empty.

    Attributes:
        value_at: the values at positions in that order, each below 2**57 in size (456 years in
            ticks; a timedelta64[ns] holds 292).
        first: the position of each group's first value.
        count: how many values each group has; below 2**31.
        upper, lower: the sum of each group, as the sums of both halves of its values.
    """

    value_at: Callable[[Integers], Integers]
    first: Integers
    count: Integers
    upper: Integers
    lower: Integers

    @property
    def min(self) -> Integers:
        return self.value_at(self.first)

    @property
    def max(self) -> Integers:
        return self.value_at(self.first + self.count - 1)


def split(values: Integers) -> tuple[Integers, Integers]:
    """Both halves of the values: ``values == upper * 2**26 + lower``, ``0 <= lower < 2**26``.

    A sum of ticks can pass 2**63 (a million lead times of eleven days do), the sums of the halves
    cannot.
    """
    return values >> _HALF, values & ((1 << _HALF) - 1)


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


def joined(upper: Integers, lower: Integers) -> Integers:
    """The values whose halves these are."""
    return (upper << _HALF) + lower


def whole(values: Integers) -> Mixed:
    """Integers as mixed numbers."""
    return Mixed(values, np.zeros_like(values), 1)


def mean(groups: Groups) -> Mixed:
    """The sum divided by the count, of each group."""
    count = groups.count
    carried = ((groups.upper % count) << _HALF) + groups.lower
    integer = ((groups.upper // count) << _HALF) + carried // count
    return Mixed(integer, carried % count, count)


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
    a, b = fraction
    below, part = _position(groups.count, a, b, method)
    above = np.minimum(below + 1, groups.count - 1)
    low = groups.value_at(groups.first + below)
    step = (groups.value_at(groups.first + above) - low) * part
    return Mixed(low + step // b, step % b, b)


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
