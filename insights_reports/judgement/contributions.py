"""Where a change came from: what each slice contributes, so that the parts add up to the change.

All arithmetic is in exact fractions. Slices partition the deployments: what overlaps (tags) is
split by the exact set of tags, or said of one tag alone as with against without.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor

import numpy as np
from numpy.typing import ArrayLike

from insights_reports.errors import UsageError
from insights_reports.judgement.baseline import above

Name = str | tuple[str, ...]
Halves = int | Fraction  # counts; of values that equal a median, halves
OTHERS = ""  # the name of the slices that are not shown one by one
_SHOWN = 8
_FEW = 5  # deployments on a side, below which a slice is not shown alone


@dataclass(frozen=True, slots=True)
class Slice:
    """Deployments and failures (or values, and those above the old median) before and after."""

    name: Name
    before: tuple[int, Halves]
    after: tuple[int, Halves]


@dataclass(frozen=True, slots=True)
class Contribution:
    """What a slice adds to the change: by its own rate, and by its weight among all. ``before`` and
    ``after`` are its numbers of deployments or values; 0 is a slice that appeared or is gone, which
    has no rate there."""

    name: Name
    before: int
    after: int
    rate: Fraction
    mix: Fraction

    @property
    def part(self) -> Fraction:
        return self.rate + self.mix


def rate_contributions(slices: Sequence[Slice]) -> tuple[Contribution, ...]:
    """The parts of the change of a rate; their sum is the rate after minus the rate before.

    The rate effect of a slice is its mean weight by the change of its rate; the mix effect is the
    change of its weight by how far its mean rate lies from the mean rate of all.

    Raises:
        UsageError: one side has no deployments.
    """
    totals = [sum(side[0] for side in sides) for sides in _sides(slices)]
    if not all(totals):
        raise UsageError("A rate has no change.", f"of {totals[0]} and {totals[1]} deployments")
    rates = [
        Fraction(sum(side[1] for side in sides)) / total
        for sides, total in zip(_sides(slices), totals, strict=True)
    ]
    middle = sum(rates) / 2
    return tuple(_effects(one, totals, Fraction(middle)) for one in slices)


def _sides(slices: Sequence[Slice]) -> tuple[list[tuple[int, Halves]], list[tuple[int, Halves]]]:
    return [one.before for one in slices], [one.after for one in slices]


def _effects(one: Slice, totals: Sequence[int], middle: Fraction) -> Contribution:
    n0, n1 = one.before[0], one.after[0]
    w0, w1 = Fraction(n0, totals[0]), Fraction(n1, totals[1])
    rates = [Fraction(f) / n for n, f in (one.before, one.after) if n]
    rate = (w0 + w1) / 2 * (rates[1] - rates[0]) if len(rates) == 2 else Fraction(0)
    mix = (w1 - w0) * (sum(rates) / len(rates) - middle) if rates else Fraction(0)
    return Contribution(one.name, n0, n1, rate, Fraction(mix))


def frequency_contributions(
    deployments: Mapping[Name, tuple[int, int]], weeks: tuple[Fraction, Fraction]
) -> tuple[Contribution, ...]:
    """The parts of the change of deployments a week: of each slice its own change.

    Args:
        deployments: before and after, by slice.
        weeks: the lengths of both periods.
    """
    return tuple(
        Contribution(name, before, after, after / weeks[1] - before / weeks[0], Fraction(0))
        for name, (before, after) in deployments.items()
    )


def median_contributions(
    values: Mapping[Name, tuple[ArrayLike, ArrayLike]],
) -> tuple[Contribution, ...]:
    """The parts of the change of the share of values above the old median, which is what the
    verdict on a median tests.

    A median itself has no parts: what is left when a slice is taken out does not add up.

    Args:
        values: before and after, by slice.
    """
    before = [np.asarray(old, dtype=np.float64) for old, _ in values.values()]
    known = np.concatenate(before or [np.zeros(0)])
    if not known.size:
        raise UsageError("A median has no change.", "of no values before")
    median = float(np.median(known))
    return rate_contributions(
        [
            Slice(name, _counted(median, old), _counted(median, new))
            for name, (old, new) in values.items()
        ]
    )


def _counted(median: float, values: ArrayLike) -> tuple[int, Fraction]:
    found = above(median, values)
    return int(found.exposure), Fraction(found.count)


def with_and_without(
    tag: str, by_set: Mapping[tuple[str, ...], tuple[tuple[int, int], tuple[int, int]]]
) -> tuple[Slice, Slice]:
    """One tag against all that do not have it. Several tags' figures of this kind do not add up.

    Args:
        by_set: deployments and failures before and after, by exact set of tags (a partition, which
            ``rate_contributions`` takes as slices too).
    """
    sides = [(tag in tags, counts) for tags, counts in by_set.items()]
    return _summed((tag,), (c for has, c in sides if has)), _summed(
        (), (c for has, c in sides if not has)
    )


def _summed(
    name: tuple[str, ...], counts: Iterable[tuple[tuple[int, int], tuple[int, int]]]
) -> Slice:
    known = list(counts)
    before, after = ((sum(c[at][0] for c in known), sum(c[at][1] for c in known)) for at in (0, 1))
    return Slice(name, before, after)


def shown(contributions: Sequence[Contribution]) -> tuple[Contribution, ...]:
    """At most eight, the largest parts first, the rest as one (``OTHERS``) at the end. Slices of
    one to four deployments on a side are among the rest."""
    large = [one for one in contributions if _enough(one)]
    large.sort(key=lambda one: (-abs(one.part), one.name))
    kept = large[:_SHOWN]
    rest = [one for one in contributions if one not in kept]
    if not rest:
        return tuple(kept)
    before, after = sum(one.before for one in rest), sum(one.after for one in rest)
    rate, mix = sum(one.rate for one in rest), sum(one.mix for one in rest)
    return (*kept, Contribution(OTHERS, before, after, Fraction(rate), Fraction(mix)))


def _enough(one: Contribution) -> bool:
    """A side without any is a slice that appeared or is gone, not one that is too small."""
    sizes = [size for size in (one.before, one.after) if size]
    return bool(sizes) and min(sizes) >= _FEW


def rounded(
    parts: Sequence[Fraction], unit: Fraction, names: Sequence[Name]
) -> tuple[int, list[int]]:
    """The sum of the parts and each part, in whole units, such that the parts add up to the sum.

    The sum is rounded half to even. Parts are rounded down, and those with the largest remainders
    up until they add up (ties: the larger part, then the name); each is less than a unit off.
    """
    exact = [Fraction(part) / unit for part in parts]
    total = round(sum(exact, Fraction(0)))
    units = [floor(part) for part in exact]
    order = sorted(
        range(len(exact)), key=lambda at: (units[at] - exact[at], -abs(exact[at]), names[at])
    )
    for at in order[: total - sum(units)]:
        units[at] += 1
    return total, units
