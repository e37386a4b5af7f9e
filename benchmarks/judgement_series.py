"""Series whose truth is known: rates, counts and medians, with a step where one is wanted.

Noise of one period: of shares beta-binomial with correlation ``rho``, of counts negative binomial
with squared coefficient of variation ``g``, of medians lognormal within a period (1.2) and between
periods (``tau``). A step is measured in standard deviations of one period's value. With ``phi``
what moves whole periods has that autocorrelation, and the same distribution in each.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from insights_reports.judgement import MeasureKind

Array = NDArray[np.float64]
WITHIN = 1.2  # standard deviation of the logarithm of durations


@dataclass(frozen=True)
class Process:
    """``size`` is deployments a period, for counts their mean; ``p`` the share of a rate."""

    kind: MeasureKind
    size: float
    p: float = 0.0
    between: float = 0.0  # rho, g or tau
    phi: float = 0.0

    @property
    def sigma(self) -> float:
        if self.kind is MeasureKind.SHARE:
            return float(np.sqrt(self.p * (1 - self.p) * (1 / self.size + self.between)))
        if self.kind is MeasureKind.COUNT:
            return float(np.sqrt(1 / self.size + self.between))
        return float(np.sqrt(self.between**2 + WITHIN**2 * np.pi / 2 / self.size))


@dataclass(frozen=True)
class Series:
    """(series, periods): what was counted of what, and the value that a chart would draw; of
    medians the ends of their 95 % intervals by order statistics, too."""

    counts: Array
    exposures: Array
    values: Array
    ends: tuple[Array, Array] | None = None


def draw(
    process: Process,
    series: int,
    before: int,
    after: int,
    step: float,
    formed: int,
    rng: np.random.Generator,
) -> Series:
    """``before`` periods without a change, ``after`` periods ``step`` sigma higher. The median of a
    median's baseline is that of its first ``formed`` periods."""
    shape = (series, before + after)
    shifts = np.zeros(shape)
    shifts[:, before:] = step * process.sigma
    if process.kind is MeasureKind.COUNT:
        return _counts(process, shifts, rng)
    sizes = np.rint(process.size * rng.uniform(0.6, 1.4, shape))
    sizes = np.maximum(1, sizes).astype(np.int64)
    if process.kind is MeasureKind.SHARE:
        return _shares(process, sizes, shifts, rng)
    return _medians(process, sizes, shifts, formed, rng)


def _counts(process: Process, shifts: Array, rng: np.random.Generator) -> Series:
    days = rng.integers(19, 24, shifts.shape).astype(float)
    means = process.size * days / 21 * (1 + shifts)
    if process.between:
        means = means * rng.gamma(1 / process.between, process.between, shifts.shape)
    counts = rng.poisson(means).astype(float)
    return Series(counts, days, counts / days)


def _shares(
    process: Process, sizes: NDArray[np.int64], shifts: Array, rng: np.random.Generator
) -> Series:
    chance = np.minimum(process.p + shifts, 0.95)
    if process.between:
        weight = 1 / process.between - 1
        ranks = stats.norm.cdf(autoregressive(chance.shape, process.phi, rng))
        chance = stats.beta.ppf(ranks, chance * weight, (1 - chance) * weight)
    counts = rng.binomial(sizes, chance).astype(float)
    return Series(counts, sizes.astype(float), counts / sizes)


def autoregressive(shape: tuple[int, int], phi: float, rng: np.random.Generator) -> Array:
    """Standard normals with that autocorrelation along the second axis."""
    noise = rng.standard_normal(shape)
    for at in range(1, shape[1]):
        noise[:, at] = phi * noise[:, at - 1] + np.sqrt(1 - phi**2) * noise[:, at]
    return noise


def _medians(
    process: Process,
    sizes: NDArray[np.int64],
    shifts: Array,
    formed: int,
    rng: np.random.Generator,
) -> Series:
    centres = shifts + process.between * rng.standard_normal(shifts.shape)
    logs = centres[:, :, None] + WITHIN * rng.standard_normal((*shifts.shape, int(sizes.max())))
    logs[np.arange(logs.shape[2]) >= sizes[:, :, None]] = np.nan
    middle = np.nanmedian(logs[:, :formed].reshape(len(logs), -1), axis=1)
    counts = (logs > middle[:, None, None]).sum(axis=2) + 0.5 * (logs == middle[:, None, None]).sum(
        axis=2
    )
    values = np.exp(np.nanmedian(logs, axis=2))
    return Series(counts, sizes.astype(float), values, _ends(np.sort(logs, axis=2), sizes))


def _ends(ordered: Array, sizes: NDArray[np.int64]) -> tuple[Array, Array]:
    """The k-th lowest and highest values, which enclose a median in 95 of 100 cases; all numbers
    where there are too few values."""
    rank = stats.binom.ppf(0.025, sizes, 0.5).astype(np.int64)
    low, high = (
        np.take_along_axis(ordered, np.clip(at, 0, None)[:, :, None], axis=2)[:, :, 0]
        for at in (rank - 1, sizes - rank)
    )
    return np.where(rank, low, -np.inf), np.where(rank, high, np.inf)
