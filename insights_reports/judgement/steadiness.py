"""Whether a baseline moved within itself, and where a new one is proposed to begin."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt

import numpy as np

from insights_reports.judgement.baseline import Baseline
from insights_reports.judgement.observed import fitted, table
from insights_reports.judgement.ranges import FEWEST
from insights_reports.judgement.verdicts import Judgement, Rule, Side

_EDGE = 3  # periods at least on either side of a split
_SHORT, _LONG = (11, 3.23), (24, 3.10)  # periods, and the ratio that one baseline of twenty exceeds


@dataclass(frozen=True, slots=True)
class Split:
    """The best split of a baseline in two: its later part starts at number ``at``. ``ratio`` is the
    difference of the means by its standard error, which ``limit`` holds in 19 of 20 baselines
    that did not move."""

    at: int
    ratio: float
    limit: float

    @property
    def moved(self) -> bool:
        return self.ratio > self.limit


def best_split(baseline: Baseline) -> Split | None:
    """Where a baseline moved most; None where it has no spread or is too short to tell."""
    counts, exposures = table([baseline.periods])
    length = counts.shape[1]
    if length < FEWEST:
        return None
    level = fitted(baseline.kind, [baseline.periods])
    values = level.deviations(counts, exposures)[0]
    ratios = [_ratio(values, at) for at in range(_EDGE, length - _EDGE + 1)]
    best = int(np.argmax(ratios))
    limit = float(np.interp([length], *np.transpose([_SHORT, _LONG]))[0])
    return Split(best + _EDGE, ratios[best], limit)


def _ratio(values: np.ndarray[tuple[int], np.dtype[np.float64]], at: int) -> float:
    before, after = values[:at], values[at:]
    within = ((before - before.mean()) ** 2).sum() + ((after - after.mean()) ** 2).sum()
    error = sqrt(within / (len(values) - 2) * (1 / len(before) + 1 / len(after)))
    gap = abs(float(before.mean() - after.mean()))
    return gap / error if error > 0 else (float("inf") if gap > 0 else 0.0)


def later_part(baseline: Baseline) -> str | None:
    """Of a baseline that moved, the name of the first period of its later part, if that is long
    enough to be a baseline."""
    split = best_split(baseline)
    if split is None or not split.moved or len(baseline.periods) - split.at < FEWEST:
        return None
    return baseline.periods[split.at].name


def moved(baseline: Baseline) -> str | None:
    """The name of the period around which a baseline moved within itself, if it did."""
    split = best_split(baseline)
    return baseline.periods[split.at].name if split is not None and split.moved else None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A new level that somebody may accept: from which period on, and what a unit of exposure held
    before and holds since."""

    start: str
    side: Side
    old_level: float
    new_level: float


def proposal(
    baseline: Baseline,
    judgement: Judgement,
    periods: Sequence[tuple[date, str, float, float]],
    since: date,
) -> Proposal | None:
    """A restart of the baseline, proposed while a lasting change stands.

    Args:
        periods: start, name, count and exposure of the usable periods up to the judged one.
        since: when the change began: the first whole period from then on is the first of the new.
    """
    new = [period for period in periods if period[0] >= since]
    if Rule.LASTING not in judgement.rules or judgement.side is None or not new:
        return None
    old = float(fitted(baseline.kind, [baseline.periods]).centre[0])
    level = sum(period[2] for period in new) / sum(period[3] for period in new)
    return Proposal(new[0][1], judgement.side, old, level)


def proposal_within(baseline: Baseline) -> Proposal | None:
    """The later part of a baseline that moved within itself, if it is long enough to be one."""
    start = later_part(baseline)
    if start is None:
        return None
    at = [period.name for period in baseline.periods].index(start)
    parts = [baseline.periods[:at], baseline.periods[at:]]
    old, new = (float(fitted(baseline.kind, [part]).centre[0]) for part in parts)
    return Proposal(start, Side.HIGH if new > old else Side.LOW, old, new)
