"""Scales and their ticks: from a value or an interval to a place on the picture."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from insights_reports.edition.values import Unit
from insights_reports.spelling.terms import TICKS_PER_SECOND

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
# Steps between the ticks of a linear axis of durations, in seconds.
_STEPS = tuple(
    step * size
    for size, steps in (
        (1, (1, 2, 5, 10, 15, 30)),
        (_MINUTE, (1, 2, 5, 10, 15, 30)),
        (_HOUR, (1, 2, 3, 6, 12)),
        (_DAY, (1, 2, 5, 10, 20, 50, 100, 200)),
    )
    for step in steps
)
# Ticks of a logarithmic axis of durations, in seconds: each has a short name that people use.
_MARKS = (
    *(1, 5, 15),
    *(_MINUTE, 5 * _MINUTE, 15 * _MINUTE),
    *(_HOUR, 4 * _HOUR, 12 * _HOUR),
    *(_DAY, 3 * _DAY, 7 * _DAY, 30 * _DAY, 90 * _DAY, 365 * _DAY),
)


@dataclass(frozen=True)
class Scale:
    """Maps ``low``..``high`` onto ``start``..``end``; ``ticks`` are values worth a label."""

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...]
    logarithmic: bool = False

    def __call__(self, value: float) -> float:
        if self.logarithmic:
            value = max(value, self.low)
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


def value_scale(
    values: Sequence[float],
    unit: Unit,
    start: float,
    end: float,
    *,
    logarithmic: bool = False,
    ticks: int = 4,
) -> Scale:
    """A scale that holds all values: logarithmic only where all are above zero, linear scales from
    zero (or from a round number below it)."""
    if logarithmic and unit is Unit.DURATION and values and min(values) > 0:
        return _logarithmic(min(values), max(values), start, end)
    low, high = min((0.0, *values)), max((0.0, *values))
    if low == high:
        high = 1.0 if unit is not Unit.DURATION else float(_HOUR * TICKS_PER_SECOND)
        high = 0.1 if unit is Unit.RATE else high
    step = _step((high - low) / ticks, unit)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    marks = tuple(round(number * step, 12) for number in range(first, last + 1))
    return Scale(marks[0], marks[-1], start, end, marks)


def _step(rough: float, unit: Unit) -> float:
    if unit is Unit.DURATION:
        seconds = rough / TICKS_PER_SECOND
        whole = next((step for step in _STEPS if step >= seconds), None)
        if whole is not None and rough >= TICKS_PER_SECOND:
            return float(whole * TICKS_PER_SECOND)
    magnitude = 10.0 ** math.floor(math.log10(rough))
    step = next(
        magnitude * nice for nice in (1, 2, 2.5, 5, 10) if magnitude * nice >= rough * 0.999
    )
    if unit in (Unit.COUNT, Unit.DAYS):
        return float(max(1, math.ceil(step)))
    return step


def _logarithmic(low: float, high: float, start: float, end: float) -> Scale:
    """From the mark below ``low`` to the mark above ``high``, at least three marks, at most six."""
    marks = [mark * TICKS_PER_SECOND for mark in _MARKS]
    first = max((i for i, mark in enumerate(marks) if mark <= low), default=0)
    last = min((i for i, mark in enumerate(marks) if mark >= high), default=len(marks) - 1)
    while last - first < 2:
        first, last = max(0, first - 1), min(len(marks) - 1, last + 1)
    stride = math.ceil((last - first) / 5)
    ticks = tuple(float(mark) for mark in marks[first : last + 1][::stride])
    bottom, top = min(low, marks[first]), max(high, marks[last])
    return Scale(bottom, top, start, end, ticks, logarithmic=True)


def label_indices(count: int, room: float, label_width: float) -> list[int]:
    """Which of ``count`` intervals in ``room`` get a label so that none touches another; the last
    one always does."""
    if count == 0:
        return []
    stride = max(1, math.ceil((label_width + 10) * count / max(room, 1)))
    return sorted(range(count - 1, -1, -stride))
