"""How likely a window is where nothing has changed, and which values would be usual."""

from dataclasses import dataclass

import numpy as np

from insights_reports.judgement.levels import Level
from insights_reports.judgement.student import (
    Floats,
    normal_point,
    normal_tail,
    student_point,
    student_tail,
)
from insights_reports.judgement.tails import Ints, sweep

_NEVER = 1e-15  # no tail is said to be smaller: a float's rounding of 1


@dataclass(frozen=True, slots=True)
class Chances:
    """Per row: the chance of so much or more, of so little or less, and the usual values.

    ``low`` and ``high`` are the smallest and largest whole number that has both chances at
    ``least`` or more; without ``least`` they are 0 and the most there can be.
    """

    up: Floats
    down: Floats
    low: Ints
    high: Ints


def chances(
    level: Level,
    counts: Floats,
    exposure: Floats,
    concentration: Floats,
    least: float | None = None,
) -> Chances:
    """The chances of ``counts`` in windows of ``exposure``. Halves (of values that equal a median)
    are rounded against a call: down for "so much or more", up for "so little or less"."""
    law, freedom = level.law(exposure, concentration)
    at_up, at_down = np.floor(counts).astype(np.int64), np.ceil(counts).astype(np.int64)
    allowed = None if least is None else _normal_like(least, freedom)
    swept = sweep(law, at_up, at_down, allowed)
    up, down = (_student_like(tail, freedom) for tail in (swept.up, swept.down))
    return Chances(up, down, swept.low, swept.high)


def _student_like(tails: Floats, freedom: Floats) -> Floats:
    """Tails as they are where the spread is itself an estimate."""
    return student_tail(normal_point(np.clip(tails, _NEVER, 1 - _NEVER)), freedom)


def _normal_like(tail: float, freedom: Floats) -> Floats:
    """The way back: the tails that become ``tail``."""
    degrees, rows = np.unique(freedom, return_inverse=True)
    return normal_tail(student_point(tail, degrees))[rows]
