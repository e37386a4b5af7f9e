"""From values to typed cells: what is a number stays one, in the unit that a spreadsheet expects.

Durations are days formatted ``[h]:mm:ss``, which Excel sums and averages. It shows no negative
ones: where a column has one, the whole column is in decimal hours and its head says so, because
two units in one column would make every sum wrong. Differences are in decimal hours too; those of
rates are fractions that show as points. Where there is no value stands the word for it.
"""

import math
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from insights_reports.edition.values import Change, Day, Figure, Instant, Unit, Value
from insights_reports.formats.excel.book import Cell
from insights_reports.formats.words.words import Words
from insights_reports.spelling.terms import TICKS_PER_SECOND

TICKS_PER_HOUR = 3600 * TICKS_PER_SECOND
TICKS_PER_DAY = 24 * TICKS_PER_HOUR

_STYLES = {
    Unit.COUNT: "Count",
    Unit.PER_WEEK: "Per week",
    Unit.DAYS: "Count",
    Unit.RATE: "Rate",
    Unit.DURATION: "Duration",
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


def quantity(value: float, unit: Unit, *, in_hours: bool = False) -> Cell:
    """A number of this unit (durations: ticks). ``in_hours``: a duration as decimal hours, as a
    negative one always is."""
    if not math.isfinite(value):
        raise ValueError(f"{value} is no {unit}")
    if unit is not Unit.DURATION:
        return Cell(value, _STYLES[unit])
    if in_hours or value < 0:
        return Cell(value / TICKS_PER_HOUR, "Hours")
    return Cell(value / TICKS_PER_DAY, "Duration")


def figure(value: Figure, words: Words, *, in_hours: bool = False) -> Cell:
    if value.value is None:
        return Cell(words.figure(value), "Missing")
    return quantity(value.value, value.unit, in_hours=in_hours)


def difference(change: Change, words: Words) -> Cell:
    """The difference alone; where there is none, why."""
    if change.difference is None:
        return Cell(words.change(change), "Missing")
    value, unit = change.difference, change.after.unit
    if unit is Unit.DURATION:
        value /= TICKS_PER_HOUR
    return Cell(value, _CHANGE_STYLES[unit])


def ratio(change: Change, words: Words) -> Cell:
    """The relative change; the word for "nothing" where the base allows none."""
    if change.ratio is None:
        return Cell(words.value(None), "Missing")
    return Cell(change.ratio, "Percent change")


def any_value(value: Value, words: Words, unit: Unit | None, *, in_hours: bool = False) -> Cell:
    """Any value of a table as one cell; ``unit`` is that of a bare number."""
    match value:
        case Figure():
            return figure(value, words, in_hours=in_hours)
        case Change():
            return difference(value, words)
        case Day():
            return Cell(value.date, "Date")
        case Instant():
            return Cell(value.at.astimezone(ZoneInfo(value.zone)).replace(tzinfo=None), "Instant")
        case int() | float():
            return quantity(value, unit or _plain(value), in_hours=in_hours)
        case _:
            return Cell(words.value(value), "Missing" if unit else "Text")


def _plain(value: float) -> Unit:
    return Unit.COUNT if isinstance(value, int) else Unit.NUMBER


def unit_name(unit: Unit, words: Words, *, in_hours: bool = False) -> str:
    """What the numbers of such cells are: ``h:mm:ss``, ``hours``, ``per week``."""
    name = "hours" if in_hours and unit is Unit.DURATION else str(unit)
    return words.text(f"excel.unit.{name}")


def negative(values: Sequence[Value]) -> bool:
    """Whether one of these durations is negative."""
    return any(isinstance(ticks, int | float) and ticks < 0 for ticks in map(_bare, values))


def _bare(value: Value) -> Value:
    return value.value if isinstance(value, Figure) else value
