"""The expected range: what a period may hold while nothing has changed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from insights_reports.judgement.chances import chances
from insights_reports.judgement.observed import Observed, fitted, kind_of, observed

FEWEST = 8  # periods of a baseline that a verdict rests on
STEADY = 20  # periods from which a baseline is no longer provisional


@dataclass(frozen=True, slots=True)
class Thresholds:
    """One-sided chances below which a window is called. ``this``: one period. ``lasting``: the
    last eight together, the last of them on that side. ``all_eight``: each of them on it."""

    this: float = 0.0015
    lasting: float = 0.004
    all_eight: float = 0.05


USUAL_THRESHOLDS = Thresholds()


@dataclass(frozen=True, slots=True)
class ExpectedRange:
    """From ``low`` to ``high`` (both usual) of ``exposure``; ``centre`` for each unit of it.

    ``high`` of a share or a median equals the exposure where even all of them would be usual.
    """

    low: int
    high: int
    exposure: float
    centre: float

    @property
    def low_rate(self) -> float:
        return self.low / self.exposure

    @property
    def high_rate(self) -> float:
        return self.high / self.exposure

    def __contains__(self, count: float) -> bool:
        """Halves are rounded against a call."""
        return self.low - 0.5 <= count <= self.high + 0.5


def expected_range(
    measure_kind: str,
    baseline: Sequence[Observed | tuple[float, float]],
    exposure: float,
    *,
    thresholds: Thresholds = USUAL_THRESHOLDS,
) -> ExpectedRange | None:
    """The range that one period of ``exposure`` stays in while nothing changes.

    Args:
        measure_kind: ``share`` (failures of deployments), ``count`` (deployments on open days) or
            ``median`` (values above the baseline's median, of values; one equal to it is a half).
        baseline: pairs of count and exposure, one a period. Without exposure it is no period.
        exposure: deployments, open days or values of the period in question.

    Returns:
        The smallest and largest count whose one-sided chances are both at least .0015: by a
        beta-binomial or negative binomial distribution, widened by the spread that the baseline
        shows and by how short it is. None with fewer than eight usable periods.

    Raises:
        UsageError: an unknown kind, or counts that no period can have.
    """
    kind = kind_of(measure_kind)
    usable = [period for period in observed(kind, baseline) if period.usable]
    observed(kind, [(0, exposure)])
    if len(usable) < FEWEST or exposure <= 0:
        return None
    level, one = fitted(kind, [usable]), np.ones(1)
    found = chances(level, 0 * one, exposure * one, one, thresholds.this)
    return ExpectedRange(int(found.low[0]), int(found.high[0]), exposure, float(level.centre[0]))
