"""Numbers, rates and durations as text, with their units.

Rates have one decimal; a duration has one unit and about two figures; counts have
separators; a rate changes by points. Halves are rounded away from zero, as spreadsheets do. Between
a number and its unit stands a no-break space (U+00A0), and a negative number has a true minus
(U+2212).
"""

from decimal import Decimal

from insights_reports.edition.values import Unit
from insights_reports.formats.words.lexicon import MINUS, NBSP, Lexicon, exact, rounded
from insights_reports.spelling.terms import TICKS_PER_SECOND

SECOND = Decimal(TICKS_PER_SECOND)
_MINUTE, _HOUR, _DAY = 60, 3600, 86400  # seconds


def _decimals(value: Decimal) -> int:
    """None from a hundred up, one from one up, two below: 116, 20.7, 0.04."""
    size = abs(value)
    if size == 0 or size >= Decimal("99.95"):
        return 0
    return 1 if size >= Decimal("0.995") else 2


def _unit_of_time(seconds: Decimal) -> tuple[str, int]:
    """Minutes below an hour, hours below a day and a half, else days; and its seconds."""
    if seconds < Decimal("59.5"):
        return "seconds", 1
    if seconds < 3570:  # 59 min 30 s
        return "minutes", _MINUTE
    return ("hours", _HOUR) if seconds < 36 * _HOUR else ("days", _DAY)


def plain(value: float, unit: Unit) -> Decimal:
    """A number whose unit is a word, as it is shown: days are whole."""
    number = exact(value)
    return rounded(number, 0 if unit is Unit.DAYS else _decimals(number))


class Quantities(Lexicon):
    """Bare numbers and changes of them in the words of one language."""

    def quantity(self, value: float, unit: Unit) -> str:
        """A bare number of this unit, with the unit."""
        match unit:
            case Unit.RATE:
                return self.rate(value)
            case Unit.DURATION:
                return self.duration(round(value))
            case Unit.COUNT:
                return self.count(round(value))
            case Unit.PER_WEEK | Unit.DAYS:
                number = plain(value, unit)
                return self._plural(f"unit.{unit}", number, self._signed(number))
            case Unit.NUMBER:
                return self.number(value)

    def difference(self, value: float, unit: Unit) -> str:
        """A signed difference; a rate's is in points."""
        if unit is Unit.RATE:
            points = rounded(exact(value) * 100, 1)
            return self._plural("unit.points", points, self._sign(points))
        if unit is Unit.DURATION:
            return ("+" if value > 0 else "" if value else "±") + self.duration(round(value))
        number = exact(value)
        return self._sign(rounded(number, 0 if unit is Unit.COUNT else _decimals(number)))

    def percent_change(self, ratio: float) -> str:
        """``+12 %``, ``−3.4 %``: one decimal below ten per cent, none above."""
        percent = exact(ratio) * 100
        decimals = 0 if abs(percent) >= Decimal("9.95") else 1
        return self._fill("unit.percent", n=self._sign(rounded(percent, decimals)))

    def unit(self, unit: Unit, value: float | None = None) -> str:
        """The words after a plain number of this unit ("per week", "days"); "" where none do."""
        if unit not in (Unit.PER_WEEK, Unit.DAYS):
            return ""
        number = exact(0 if value is None else value)
        return self._plural(f"unit.{unit}", number, "").strip(f" {NBSP}")

    def count(self, n: int) -> str:
        """``12,345``."""
        return self._signed(Decimal(n))

    def number(self, value: float) -> str:
        """A plain number: no decimals from a hundred up, one from one up, two below."""
        number = exact(value)
        whole = number == number.to_integral_value()
        return self._signed(rounded(number, 0 if whole else _decimals(number)))

    def rate(self, fraction: float) -> str:
        """``5.1 %``; what is not quite nothing or everything is ``< 0.1 %`` or ``> 99.9 %``."""
        percent = exact(fraction) * 100
        if 0 < percent < Decimal("0.05"):
            return "<" + NBSP + self._fill("unit.percent", n=self._signed(Decimal("0.1")))
        if Decimal("99.95") <= percent < 100:
            return ">" + NBSP + self._fill("unit.percent", n=self._signed(Decimal("99.9")))
        return self._fill("unit.percent", n=self._signed(rounded(percent, 1)))

    def duration(self, ticks: int) -> str:
        """``4.2 s``, ``43 min``, ``4.1 h``, ``22 h``, ``2.0 days``: in one unit, with one decimal
        where the number is small, but of minutes."""
        sign, seconds = (MINUS if ticks < 0 else ""), abs(ticks) / SECOND
        if 0 < seconds < Decimal("0.05"):
            return f"{sign}<{NBSP}{self.unit_of_time('seconds', Decimal('0.1'))}"
        name, size = _unit_of_time(seconds)
        small = 0 < seconds / size < Decimal("9.95") and name != "minutes"
        return sign + self.unit_of_time(name, rounded(seconds / size, 1 if small else 0))

    def unit_of_time(self, unit: str, n: Decimal) -> str:
        """``2.0 days``: a number of this unit of time."""
        return self._plural(f"duration.{unit}", n, self._signed(n))

    def axis(self, value: float, unit: Unit) -> str:
        """A short label for a value on an axis: ``40``, ``10 %``, ``12 h``."""
        if unit is Unit.DURATION:
            return self.duration_tick(round(value))
        if unit is Unit.RATE:
            percent = exact(value) * 100
            whole = percent == percent.to_integral_value()
            return self._fill("unit.percent", n=self._signed(rounded(percent, 0 if whole else 1)))
        return self.number(value)

    def duration_tick(self, ticks: int) -> str:
        """A short label for a duration on an axis, in one unit: ``15 min``, ``3 d``."""
        seconds = abs(ticks) / SECOND
        for unit, size in (("days", _DAY), ("hours", _HOUR), ("minutes", _MINUTE), ("seconds", 1)):
            if seconds >= size or size == 1:
                n = seconds / size
                whole = n == n.to_integral_value()
                text = self._signed(rounded(n, 0 if whole else _decimals(n)))
                return (MINUS if ticks < 0 else "") + self._fill(f"axis.{unit}", n=text)
        raise AssertionError("seconds always fit")
