"""From values to typed cells: what is a number stays one, in the unit that a spreadsheet expects.

Durations are decimal hours, everywhere: they sum and average, can be negative, and an axis shows
them. Differences of rates are points: 9.7, not 0.097. Where there is no value stands the word for
it.
"""

import math
from zoneinfo import ZoneInfo

from insights_reports.edition.values import Change, Day, Figure, Instant, Part, Strip, Unit, Value
from insights_reports.formats.excel.book import Cell
from insights_reports.formats.words.words import Words
from insights_reports.spelling.terms import TICKS_PER_SECOND

TICKS_PER_HOUR = 3600 * TICKS_PER_SECOND
_POINTS = 100  # of a whole

_STYLES = {
    Unit.COUNT: "Count",
    Unit.PER_WEEK: "Per week",
    Unit.DAYS: "Count",
    Unit.RATE: "Rate",
    Unit.DURATION: "Hours",
    Unit.NUMBER: "Number",
}
_CHANGE_STYLES = {
    Unit.COUNT: "Count change",
    Unit.PER_WEEK: "Number change",
    Unit.DAYS: "Count change",
    Unit.RATE: "Points change",
    Unit.DURATION: "Hours change",
    Unit.NUMBER: "Number change",
}


def quantity(value: float, unit: Unit) -> Cell:
    """A number of this unit (durations: ticks)."""
    if not math.isfinite(value):
        raise ValueError(f"{value} is no {unit}")
    return Cell(value / TICKS_PER_HOUR if unit is Unit.DURATION else value, _STYLES[unit])


def figure(value: Figure, words: Words) -> Cell:
    """A figure as a typed cell; why there is none, as text."""
    if value.value is None:
        return Cell(words.figure(value), "Missing")
    return quantity(value.value, value.unit)


def difference(change: Change, words: Words) -> Cell:
    """The difference alone; where there is none, why."""
    if change.difference is None:
        return Cell(words.change(change), "Missing")
    return part(change.difference, change.after.unit)


def part(size: float, unit: Unit) -> Cell:
    """A signed difference of figures of this unit."""
    if unit is Unit.DURATION:
        size /= TICKS_PER_HOUR
    if unit is Unit.RATE:
        size *= _POINTS
    return Cell(size, _CHANGE_STYLES[unit])


def distance(value: Figure, words: Words) -> Cell:
    """A difference without a sign, of figures of this one's unit; of rates in points."""
    if value.value is None or value.unit is not Unit.RATE:
        return figure(value, words)
    return Cell(value.value * _POINTS, "Points")


def ratio(change: Change, words: Words) -> Cell:
    """The relative change; the word for "nothing" where the base allows none."""
    if change.ratio is None:
        return Cell(words.value(None), "Missing")
    return Cell(change.ratio, "Percent change")


def any_value(  # noqa: PLR0911 - a line for each kind
    value: Value, words: Words, unit: Unit | None
) -> Cell:
    """Any value of a table as one cell; ``unit`` is that of a bare number."""
    match value:
        case Figure():
            return figure(value, words)
        case Change():
            return difference(value, words)
        case Part():
            return part(value.size, value.unit)
        case Strip():
            return Cell(words.value(value.verdict))
        case Day():
            return Cell(value.date, "Date")
        case Instant():
            return Cell(value.at.astimezone(ZoneInfo(value.zone)).replace(tzinfo=None), "Instant")
        case int() | float():
            return quantity(value, unit or _plain(value))
        case _:
            return Cell(words.value(value), "Missing" if unit else "Text")


def _plain(value: float) -> Unit:
    return Unit.COUNT if isinstance(value, int) else Unit.NUMBER


def unit_name(unit: Unit, words: Words) -> str:
    """What the numbers of such cells are: ``hours``, ``per week``."""
    return words.text(f"excel.unit.{unit}")
