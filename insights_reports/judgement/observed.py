"""What is judged: periods of one series and measure, as a count and what it is a count of."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite

import numpy as np

from insights_reports.errors import UsageError
from insights_reports.judgement.levels import Level, fit_counts, fit_shares
from insights_reports.judgement.student import Floats


class MeasureKind(StrEnum):
    """Of a measure. A share: failed of all deployments. A count: deployments on open days. A
    median: values above the baseline's median, of all values."""

    SHARE = "share"
    COUNT = "count"
    MEDIAN = "median"


@dataclass(frozen=True, slots=True)
class Observed:
    """One period: ``count`` of ``exposure``.

    The exposure of a share is its deployments, of a median its values (a value that equals the
    median counts one half), of a count its open days. A ``special`` period (less than half open) is
    shown, never judged, and no part of a baseline.
    """

    count: float
    exposure: float
    name: str = ""
    special: bool = False

    @property
    def usable(self) -> bool:
        return self.exposure > 0 and not self.special


def observed(
    kind: MeasureKind, periods: Sequence[Observed | tuple[float, float]]
) -> tuple[Observed, ...]:
    """Periods from pairs of count and exposure.

    Raises:
        UsageError: a value that no period of that kind can have.
    """
    made = (period if isinstance(period, Observed) else Observed(*period) for period in periods)
    return tuple(_checked(kind, period) for period in made)


def _checked(kind: MeasureKind, period: Observed) -> Observed:
    count, exposure = period.count, period.exposure
    trouble = None
    if not (isfinite(count) and isfinite(exposure)) or count < 0 or exposure < 0:
        trouble = "count and exposure are finite and not negative"
    elif kind is not MeasureKind.COUNT and count > exposure:
        trouble = f"a {kind} has no more counted than there are"
    elif count * (2 if kind is MeasureKind.MEDIAN else 1) % 1:
        trouble = "counts are whole; only of medians a half"
    elif kind is not MeasureKind.COUNT and exposure % 1:
        trouble = f"the exposure of a {kind} is a whole number"
    if trouble:
        name = f" ({period.name})" if period.name else ""
        raise UsageError(
            "A period cannot be judged.",
            f"{count} of {exposure}{name}",
            f"Give {kind}s: {trouble}.",
        )
    return period


def kind_of(name: str) -> MeasureKind:
    """The kind of that name.

    Raises:
        UsageError: there is none.
    """
    try:
        return MeasureKind(name)
    except ValueError:
        kinds = ", ".join(MeasureKind)
        raise UsageError("Unknown kind of measure.", repr(name), f"Use one of: {kinds}.") from None


def fitted(kind: MeasureKind, baselines: Sequence[Sequence[Observed]]) -> Level:
    """The level of each baseline; each has a usable period."""
    fit = fit_counts if kind is MeasureKind.COUNT else fit_shares
    return fit(*table(baselines))


def table(series: Sequence[Sequence[Observed]]) -> tuple[Floats, Floats]:
    """Counts and exposures (series, periods), the shorter filled up by periods of no exposure."""
    longest = max(map(len, series), default=0)
    pairs = np.zeros((len(series), longest, 2))
    for row, periods in enumerate(series):
        if periods:
            pairs[row, : len(periods)] = [(period.count, period.exposure) for period in periods]
    return pairs[:, :, 0], pairs[:, :, 1]
