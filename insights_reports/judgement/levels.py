"""What a baseline knows: its level, and how much single periods may differ from it.

Baselines are rows of equal length: ``counts`` and ``exposures`` have the shape (series, periods);
a period of no exposure is no period. Shares (failures of deployments, values above a median of all
values) are beta-binomial, counts (deployments on open days) negative binomial; both are widened by
the spread that the periods of the baseline show among themselves, beyond chance, and by how little
a short baseline knows of its own level.
"""

from dataclasses import dataclass, fields, replace

import numpy as np

from insights_reports.judgement.student import Floats
from insights_reports.judgement.tails import BetaBinomial, Ints, Law, NegativeBinomial

_LEAST_PRECISION = 0.5  # of a beta distribution
_MOST_WANDER = 0.5  # correlation of deployments of one period


@dataclass(frozen=True, slots=True)
class ShareLevels:
    """The level of shares, one a row.

    ``law(exposure, concentration)`` is what a window of that exposure may hold, and the degrees of
    freedom behind its spread; concentration is the sum of squared exposures of the window's periods
    by the square of their sum, 1 for one period. ``deviations`` are periods in standard deviations
    from the level, NaN without exposure.
    """

    centre: Floats
    spread: Floats  # s2: variance between periods by that of chance, at least 1
    wander: Floats  # rho: what single periods have of their own
    size: Floats  # M: trials by spread
    periods: Ints

    def law(self, exposure: Floats, concentration: Floats) -> tuple[Law, Floats]:
        own, level = self.wander * concentration, 1 / (self.size + 1)
        both = own + level
        precision = np.maximum(_LEAST_PRECISION, 1 / both - 1)
        trials = np.rint(exposure).astype(np.int64)
        law = BetaBinomial(trials, self.centre * precision, (1 - self.centre) * precision)
        total = 1 / exposure + (1 - 1 / exposure) * both
        return law, _freedom(self.periods, total, own + np.where(self.spread > 1, level, 0))

    def deviations(self, counts: Floats, exposures: Floats) -> Floats:
        centre, wander = self.centre[:, None], self.wander[:, None]
        chance = exposures * centre * (1 - centre) * (1 + (exposures - 1) * wander)
        with np.errstate(invalid="ignore"):
            deviations: Floats = (counts - exposures * centre) / np.sqrt(chance)
        return deviations


@dataclass(frozen=True, slots=True)
class Counts:
    """The level of counts, one a row; functions as of ``ShareLevels``."""

    centre: Floats  # L: for each unit of exposure
    spread: Floats  # s2
    wander: Floats  # g
    known: Floats  # y + 1/2
    periods: Ints

    def law(self, exposure: Floats, concentration: Floats) -> tuple[Law, Floats]:
        mean, own = self.centre * exposure, self.wander * concentration
        level = self.spread / self.known
        total = 1 / mean + own + level
        freedom = _freedom(self.periods, total, own + np.where(self.spread > 1, level, 0))
        return NegativeBinomial(mean, own + level), freedom

    def deviations(self, counts: Floats, exposures: Floats) -> Floats:
        mean = self.centre[:, None] * exposures
        with np.errstate(invalid="ignore"):
            deviations: Floats = (counts - mean) / np.sqrt(mean + self.wander[:, None] * mean**2)
        return deviations


Level = ShareLevels | Counts


def fit_shares(counts: Floats, exposures: Floats) -> ShareLevels:
    """The level of shares: ``counts`` of ``exposures`` trials, which may be halves."""
    count, trials = counts.sum(axis=1), exposures.sum(axis=1)
    centre = (count + 0.5) / (trials + 1)
    periods = (exposures > 0).sum(axis=1)
    chance = exposures * (centre * (1 - centre))[:, None]
    spread = _spread(counts - exposures * centre[:, None], chance, periods)
    usual = _usual_exposure(exposures, trials, periods)
    wander = np.clip((spread - 1) / np.maximum(usual - 1, 1), 0, _MOST_WANDER)
    return ShareLevels(centre, spread, wander, trials / spread, periods)


def fit_counts(counts: Floats, exposures: Floats) -> Counts:
    """The level of counts, for each unit of exposure (an open day)."""
    count, days = counts.sum(axis=1), exposures.sum(axis=1)
    centre = (count + 0.5) / days
    periods = (exposures > 0).sum(axis=1)
    mean = centre[:, None] * exposures
    spread = _spread(counts - mean, mean, periods)
    usual = _usual_exposure(exposures, days, periods)
    with np.errstate(divide="ignore", invalid="ignore"):
        wander = np.where(spread > 1, (spread - 1) / (centre * usual), 0.0)
    return Counts(centre, spread, wander, count + 0.5, periods)


def _spread(offsets: Floats, chance: Floats, periods: Ints) -> Floats:
    """The mean square in units of chance, at least 1; one period has no spread."""
    squares = np.divide(offsets**2, chance, out=np.zeros_like(chance), where=chance > 0)
    spread: Floats = np.maximum(1.0, squares.sum(axis=1) / np.maximum(periods - 1, 1))
    return spread


def _usual_exposure(exposures: Floats, total: Floats, periods: Ints) -> Floats:
    """The exposure of one period that the spread between periods belongs to."""
    usual: Floats = (total - (exposures**2).sum(axis=1) / total) / np.maximum(periods - 1, 1)
    return usual


def _freedom(periods: Ints, total: Floats, uncertain: Floats) -> Floats:
    """Degrees of freedom of a variance of which only a part rests on the spread of the baseline;
    infinitely many where none does (Satterthwaite 1946)."""
    with np.errstate(divide="ignore", over="ignore"):
        return np.where(uncertain > 0, (periods - 1) * (total / uncertain) ** 2, np.inf)


def taken(level: Level, rows: Ints) -> Level:
    """The levels of some rows."""
    columns = {column.name: getattr(level, column.name)[rows] for column in fields(level)}
    return replace(level, **columns)
