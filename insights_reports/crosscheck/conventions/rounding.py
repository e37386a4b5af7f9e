"""How a server prints exact values: to which unit or digit, and what becomes of halves.

One way of rounding is inferred for all the figures of a kind; under it a stated value agrees with
ours exactly or not at all, so that an error as small as the last digit stated is found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from insights_reports.spelling.figures import (
    FAILURE_RATE,
    POSITION,
    Column,
    Floats,
    Integers,
    Mask,
    StatedFigure,
    is_null,
)
from insights_reports.spelling.terms import TICKS_PER_SECOND

Rule = Literal[
    "half to even", "half away from zero", "half up", "towards zero", "down", "up", "nearest"
]
"""``nearest`` takes either neighbour of a half."""

RULES: tuple[Rule, ...] = (
    "half to even",
    "half away from zero",
    "half up",
    "towards zero",
    "down",
    "up",
    "nearest",
)
_UNITS = {TICKS_PER_SECOND: "second", 10_000: "millisecond", 10: "microsecond", 1: "tick of 100 ns"}
_COMPUTED = frozenset({"Mean", "Median", "NinetyFifth"})
_FLOAT_NOISE = 1e-7
_FULL_PRECISION = 1e-12


@dataclass(frozen=True, slots=True)
class DurationRounding:
    """To a ``unit`` in ticks by a ``rule``."""

    unit: int = TICKS_PER_SECOND
    rule: Rule = "half to even"

    def __str__(self) -> str:
        return f"{_UNITS[self.unit]}, {self.rule}"

    @property
    def tolerance(self) -> float:
        """Half a unit of the last place stated; a whole one where the rule cuts off, in ticks."""
        return self.unit / 2 if self.rule.startswith(("half", "nearest")) else float(self.unit)

    @property
    def places(self) -> int:
        """What of it decides which values it can state."""
        return self.unit

    def can_state(self, stated: Integers) -> Mask:
        """Whether values that are no null are whole units."""
        can: Mask = stated % self.unit == 0
        return can

    def agrees(self, stated: Integers, ours: Integers, computed: bool) -> Mask:
        """Whether each stated value is ours as printed. Nulls must be left out.

        A computed value (a mean, a percentile) one tick off the border between two units may fall
        on either side of it: a server may compute with floats. One on the border may not.
        """
        same: Mask = stated == self._printed(ours)
        if self.rule == "nearest":
            same |= (np.abs(stated - ours) * 2 <= self.unit) & self.can_state(stated)
        if computed and self.unit > 1:
            others = np.flatnonzero(~same)
            stated, ours = stated[others], ours[others]
            near = (stated == self._printed(ours - 1)) | (stated == self._printed(ours + 1))
            same[others] = near & ~self._on_border(ours)
        return same

    def _on_border(self, ours: Integers) -> Mask:
        border = self.unit // 2 if self.rule.startswith(("half", "nearest")) else 0
        on_border: Mask = ours % self.unit == border
        return on_border

    def _printed(self, ours: Integers) -> Integers:
        whole, rest = np.divmod(ours, self.unit)
        printed: Integers = (whole + self._goes_up(ours, whole, 2 * rest)) * self.unit
        return printed

    def _goes_up(self, ours: Integers, whole: Integers, twice: Integers) -> Mask:
        """Which values become one more than their ``whole`` units; ``twice`` is twice the rest."""
        up: Mask
        match self.rule:
            case "half to even":
                up = (twice > self.unit) | ((twice == self.unit) & (whole % 2 == 1))
            case "half away from zero":
                up = (twice > self.unit) | ((twice == self.unit) & (ours > 0))
            case "half up" | "nearest":
                up = twice >= self.unit
            case "towards zero":
                up = (twice > 0) & (ours < 0)
            case "down":
                up = np.zeros(len(ours), dtype=bool)
            case "up":
                up = twice > 0
        return up


@dataclass(frozen=True, slots=True)
class DecimalRounding:
    """To a number of decimals by a rule; None: all the digits of a float."""

    digits: int | None = None
    rule: Rule = "half to even"

    def __str__(self) -> str:
        return "all digits" if self.digits is None else f"{self.digits} decimals, {self.rule}"

    @property
    def tolerance(self) -> float:
        if self.digits is None:
            return 0.0
        unit = round(0.1**self.digits, self.digits)
        return unit / 2 if self.rule.startswith(("half", "nearest")) else unit

    @property
    def places(self) -> int | None:
        """What of it decides which values it can state."""
        return self.digits

    def can_state(self, stated: Floats) -> Mask:
        """Whether values that are no null have no more than these decimals."""
        if self.digits is None:
            return np.ones(len(stated), dtype=bool)
        scaled = stated * 10.0**self.digits
        noise = _FLOAT_NOISE * np.maximum(1.0, np.abs(scaled) * 1e-6)
        can: Mask = np.abs(scaled - np.rint(scaled)) <= noise
        return can

    def agrees(self, stated: Floats, ours: Floats) -> Mask:
        """Whether each stated value is what ours is printed as. Nulls must be left out."""
        if self.digits is None:
            return np.abs(stated - ours) <= _FULL_PRECISION * np.maximum(1.0, np.abs(ours))
        last = np.rint(stated * 10.0**self.digits)
        exact = ours * 10.0**self.digits
        same = last == self._printed(exact)
        if self.rule == "nearest":
            same |= np.abs(last - exact) <= 0.5 + _FLOAT_NOISE
        agrees: Mask = self.can_state(stated) & same
        return agrees

    def _printed(self, exact: Floats) -> Floats:
        whole = np.floor(exact + _FLOAT_NOISE)
        printed: Floats = whole + self._goes_up(exact, whole, exact - whole)
        return printed

    def _goes_up(self, exact: Floats, whole: Floats, rest: Floats) -> Mask:
        """Which numbers become one more than ``whole``."""
        tie = np.abs(rest - 0.5) <= _FLOAT_NOISE
        above = rest > 0.5 + _FLOAT_NOISE
        up: Mask
        match self.rule:
            case "half to even":
                up = above | (tie & (whole % 2 == 1))
            case "half away from zero":
                up = above | (tie & (exact > 0))
            case "half up" | "nearest":
                up = above | tie
            case "towards zero":
                up = (rest > _FLOAT_NOISE) & (exact < 0)
            case "down":
                up = np.zeros(len(exact), dtype=bool)
            case "up":
                up = rest > _FLOAT_NOISE
        return up


@dataclass(frozen=True, slots=True)
class RateBase:
    """What Rate is: failed deployments of all, or to the successful ones; a fraction or percent.

    The documentation has both wordings (docs/octopus-rest-api/insights: "the percentage of failed
    deployments to successful deployments"); its sample is the first (8 of 255 is 0.03137).
    """

    of: Literal["total", "successful"] = "total"
    percent: bool = False

    def __str__(self) -> str:
        return f"failed / {self.of}{', in percent' if self.percent else ''}"

    def of_columns(self, columns: tuple[Column, ...]) -> Floats:
        """The exact rates of cells; NaN where nothing can be divided by."""
        failed = columns[POSITION[FAILURE_RATE, "Failed"]]
        base = columns[POSITION[FAILURE_RATE, self.of.capitalize()]]
        rate = np.full(len(failed), np.nan)
        np.divide(failed * (100 if self.percent else 1), base, out=rate, where=base > 0)
        return rate


@dataclass(frozen=True, slots=True)
class Rounding:
    """How each kind of figure is printed, and what an interval without values states instead.

    Attributes:
        zero_rate: Rate is 0 where there are no deployments, not null.
        zero_statistics: the statistics of no values are zero, not null.
    """

    durations: DurationRounding = DurationRounding()
    rates: DecimalRounding = DecimalRounding(5)
    rate_base: RateBase = RateBase()
    numbers: DecimalRounding = DecimalRounding()
    zero_rate: bool = False
    zero_statistics: bool = False

    def tolerance(self, figure: StatedFigure) -> float:
        """Half a unit of the last place stated, in the figure's own unit; 0 for counts."""
        if figure.kind == "duration":
            return self.durations.tolerance
        if figure.kind == "rate":
            return self.rates.tolerance
        return self.numbers.tolerance if figure.kind == "number" else 0.0

    def slack(self, figure: StatedFigure, stated: Column) -> float:
        """The tolerance for these values; 0 where most of them have more digits than this
        rounding leaves: then it is no measure of theirs."""
        known = stated[~is_null(stated)]
        if figure.kind in ("rate", "number") and known.size:
            decimals = self.rates if figure.kind == "rate" else self.numbers
            if decimals.can_state(known.astype(np.float64)).mean() < 0.5:
                return 0.0
        return self.tolerance(figure)

    def agrees(self, figure: StatedFigure, stated: Column, ours: Column) -> Mask:
        """Whether each stated value agrees with ours. Null agrees with null alone."""
        no_value = is_null(ours)
        none_stated = is_null(stated)
        if no_value.any() or none_stated.any():
            both = ~no_value & ~none_stated
            agrees = no_value & none_stated
            agrees[both] = self._agrees(figure, stated[both], ours[both])
            if self.zero_rate if figure.kind == "rate" else self.zero_statistics:
                agrees |= no_value & (stated == 0)
            return agrees
        return self._agrees(figure, stated, ours)

    def _agrees(self, figure: StatedFigure, stated: Column, ours: Column) -> Mask:
        if figure.kind == "count":
            return np.equal(stated, ours)
        if figure.kind == "duration":
            computed = figure.statistic in _COMPUTED
            return self.durations.agrees(stated, ours, computed)  # type: ignore[arg-type]
        decimals = self.rates if figure.kind == "rate" else self.numbers
        return decimals.agrees(stated, ours)  # type: ignore[arg-type]


def duration_candidates() -> tuple[DurationRounding, ...]:
    """Every unit and rule, the likeliest first."""
    coarse = [DurationRounding(unit, rule) for unit in _UNITS if unit > 1 for rule in RULES]
    return (*coarse, DurationRounding(1))


def decimal_candidates(first: DecimalRounding) -> tuple[DecimalRounding, ...]:
    """All digits, or up to eight decimals by any rule; ``first`` is tried first."""
    digits = (5, 4, 3, 2, 1, 6, 7, 8)
    others = [DecimalRounding(places, rule) for places in digits for rule in RULES]
    return tuple(dict.fromkeys((first, DecimalRounding(), *others)))


RATE_BASES = tuple(
    RateBase(of, percent) for percent in (False, True) for of in ("total", "successful")
)
