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

_PARTS = 20
_MEDIAN, _P90, _P95 = 10, 18, 19  # of these parts
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


def split(values: Integers) -> tuple[Integers, Integers]:
    """Both halves of the values: ``values == upper * 2**26 + lower``, ``0 <= lower < 2**26``.

    A sum of ticks can pass 2**63 (a million lead times of eleven days do), the sums of the halves
    cannot.
    """
    return values >> _HALF, values & ((1 << _HALF) - 1)


@dataclass(frozen=True, slots=True)
class Mixed:
    """Tables of exact mixed numbers, ``whole + rest / denominator`` and ``rest < denominator``."""

    whole: Integers
    rest: Integers
    denominator: Integers

    def among(self, columns: slice) -> "Mixed":
        """Some of the columns."""
        return Mixed(self.whole[:, columns], self.rest[:, columns], self.denominator[:, columns])

    def rounded(self) -> Integers:
        """To the nearest integer; halves to the even one."""
        twice = 2 * self.rest
        tie = (twice == self.denominator) & (self.whole & 1 == 1)
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


STATISTICS = ("mean", "median", "min", "max", "p90", "p95")


def summary(
    groups: Groups, median: PercentileMethod = "linear", percentile: PercentileMethod = "linear"
) -> Mixed:
    """The statistics of each group: one row for each of `STATISTICS`, one column for each group.

    A percentile at the fraction p of n values lies, by its method, at this position counted
    from 0; a position between two values is interpolated:

    * ``linear``: p (n - 1), the method of Excel's PERCENTILE.INC and numpy's default;
    * ``lower``, ``higher``: the same, taken down or up to a value;
    * ``nearest_rank``: the smallest value that at least the fraction p does not exceed, the
      rank ceil(p n);
    * ``floor_rank``: the rank floor(p n), or the first value;
    * ``exclusive``: the rank p (n + 1), the method of Excel's PERCENTILE.EXC, held inside the data.
    """
    methods = ((_MEDIAN, median), (_P90, percentile), (_P95, percentile))
    last = groups.count - 1
    positions = [_position(groups.count, fraction, method) for fraction, method in methods]
    below = np.stack([at for at, _ in positions])
    part = np.stack([rest for _, rest in positions])
    ends = np.stack([np.zeros_like(last), last])
    asked = np.concatenate([below, np.minimum(below + 1, last), ends]) + groups.first
    found = groups.value_at(asked)
    low, high, (smallest, largest) = found[:3], found[3:6], found[6:]
    step = (high - low) * part
    whole = step // _PARTS
    (median_, p90, p95), rests = low + whole, step - whole * _PARTS
    mean, mean_rest = _mean(groups)
    none, one = np.zeros_like(mean), np.ones_like(mean)
    parts = one * _PARTS
    return Mixed(
        np.stack([mean, median_, smallest, largest, p90, p95]),
        np.stack([mean_rest, rests[0], none, none, rests[1], rests[2]]),
        np.stack([groups.count, parts, one, one, parts, parts]),
    )


def _mean(groups: Groups) -> tuple[Integers, Integers]:
    """The sum divided by the count: the whole part, and the rest in parts of the count."""
    upper, carried = np.divmod(groups.upper, groups.count)
    lower, rest = np.divmod((carried << _HALF) + groups.lower, groups.count)
    return (upper << _HALF) + lower, rest


def _position(
    count: Integers, fraction: int, method: PercentileMethod
) -> tuple[Integers, Integers]:
    """The position from 0 as an integer and a number of 20ths."""
    last = count - 1
    if method in ("linear", "exclusive"):
        at = fraction * last
        if method == "exclusive":
            at = np.clip(fraction * (count + 1) - _PARTS, 0, last * _PARTS)
        whole = at // _PARTS
        return whole, at - whole * _PARTS
    position = {
        "lower": fraction * last // _PARTS,
        "higher": -(-fraction * last // _PARTS),
        "nearest_rank": np.maximum(-(-fraction * count // _PARTS) - 1, 0),
        "floor_rank": np.maximum(fraction * count // _PARTS - 1, 0),
    }[method]
    return position, np.zeros_like(position)
