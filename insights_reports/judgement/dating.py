"""Since when: months decide that a change lasts, weeks tell when it began.

The weekly counts are split once, with the level of the baseline left as it is: the first week of
the change is where the likelihood of another level since then is greatest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from insights_reports.judgement.observed import MeasureKind, Observed, fitted
from insights_reports.judgement.student import Floats
from insights_reports.judgement.verdicts import Side

BEFORE = timedelta(weeks=17)  # looked at before the first of the eight periods
CUT = 2.5  # of the log likelihood: weeks within it may be the first as well
_ONE_WEEK = 3  # weeks of a window that may be said as one


@dataclass(frozen=True, slots=True)
class LikelyStart:
    """The first day of the week in which a change most likely began, and of the first and the last
    week in which it may have; ``weeks`` is the number of weeks from the first to the last."""

    week: date
    earliest: date
    latest: date
    weeks: int

    @property
    def exact(self) -> bool:
        """Whether one week may be said; otherwise only the window."""
        return self.weeks <= _ONE_WEEK


def since(
    kind: MeasureKind,
    baseline: Sequence[Observed],
    weeks: Sequence[tuple[date, float, float]],
    *,
    side: Side,
    first_of_eight: date,
    cut: float = CUT,
) -> LikelyStart | None:
    """When a lasting change to that side began.

    Args:
        baseline: the periods that the verdict was made against.
        weeks: first day, count and exposure of complete weeks, oldest first. Those from 17 weeks
            before the first of the eight periods are looked at; a change in the very last is not.
        cut: how much less likely a week may be and still count as possible.

    Returns:
        None where no week sees a change to that side.
    """
    seen = [week for week in weeks if week[0] >= first_of_eight - BEFORE]
    level = fitted(kind, [baseline])
    counts, exposures = (np.array([week[at] for week in seen], dtype=np.float64) for at in (1, 2))
    later = _later_sums(counts)[:-1], _later_sums(exposures)[:-1]
    gains = _gains(kind, float(level.centre[0]), *later, side) / float(level.spread[0])
    if not gains.size or not gains.max() > 0:
        return None
    possible = np.flatnonzero(gains >= gains.max() - cut)
    best, first, last = int(gains.argmax()), int(possible[0]), int(possible[-1])
    return LikelyStart(seen[best][0], seen[first][0], seen[last][0], last - first + 1)


def _later_sums(values: Floats) -> Floats:
    return np.cumsum(values[::-1])[::-1]


def _gains(
    kind: MeasureKind, centre: float, counts: Floats, exposures: Floats, side: Side
) -> Floats:
    """The gain in log likelihood of another level from each week on; nothing towards the other
    side, or without exposure."""
    expected = centre * exposures
    gains = _times_log(counts, expected)
    if kind is MeasureKind.COUNT:
        gains = gains - (counts - expected)
    else:
        gains = gains + _times_log(exposures - counts, exposures - expected)
    towards = counts > expected if side is Side.HIGH else counts < expected
    return np.where(towards & (exposures > 0), gains, 0.0)


def _times_log(counts: Floats, expected: Floats) -> Floats:
    """count log(count / expected), and 0 for no count."""
    ratio = np.divide(counts, expected, out=np.ones_like(counts), where=(counts > 0))
    return counts * np.log(ratio)
