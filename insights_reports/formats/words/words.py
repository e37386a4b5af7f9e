"""The only place where a value becomes text.

`Words` knows one language: the phrases of its catalogue (``templates/language/<language>.toml``)
and, by Babel, the numbers, dates and plural forms of its locale. All text is plain; the formats
escape it. Between a number and its unit stands a no-break space (U+00A0), and a negative number
has a true minus (U+2212).

How precise: rates have one decimal; a duration has its largest sensible unit and two figures;
counts have separators; a rate changes by points. Halves are rounded away from zero, as
spreadsheets do.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from insights_reports.crosscheck.result import CheckVerdict
from insights_reports.edition.document import Column, ColumnKind, Identity
from insights_reports.edition.values import (
    Change,
    Day,
    Figure,
    Instant,
    Mark,
    Metric,
    Missing,
    Name,
    Part,
    Phrase,
    Span,
    Statistic,
    Strip,
    Unit,
    Value,
    Verdict,
)
from insights_reports.errors import RenderError
from insights_reports.formats.words.catalogue import Catalogue, places_of, read_catalogue
from insights_reports.spelling.terms import TICKS_PER_SECOND

NBSP = "\u00a0"
MINUS = "\u2212"
_MOST_DECIMALS = 18  # any two fractions differ by then
_WIDE = Context(prec=400)  # any float has fewer digits
_SECOND = Decimal(TICKS_PER_SECOND)
_MINUTE, _HOUR, _DAY = 60, 3600, 86400  # seconds

_KIND_UNITS = {
    ColumnKind.COUNT: Unit.COUNT,
    ColumnKind.PER_WEEK: Unit.PER_WEEK,
    ColumnKind.RATE: Unit.RATE,
    ColumnKind.MARK_RATE: Unit.RATE,
    ColumnKind.DURATION: Unit.DURATION,
    ColumnKind.MARK_DURATION: Unit.DURATION,
    ColumnKind.NUMBER: Unit.NUMBER,
}


_SECTIONS: dict[type, str] = {Verdict: "verdict", CheckVerdict: "check", Missing: "missing"}


Word = Verdict | CheckVerdict | Missing


def key_of(word: Word) -> str:
    """Where the language catalogue has the word: ``check.not_comparable``."""
    return f"{_SECTIONS[type(word)]}.{word.name.lower()}"


def _exact(value: float) -> Decimal:
    """The shortest decimal that is this number: 0.1 is 0.1."""
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def _round(value: Decimal, decimals: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, _WIDE)


def _decimals(value: Decimal) -> int:
    """None from a hundred up, one from one up, two below: 116, 20.7, 0.04."""
    size = abs(value)
    if size == 0 or size >= Decimal("99.95"):
        return 0
    return 1 if size >= Decimal("0.995") else 2


def _plain(value: float, unit: Unit) -> Decimal:
    """A number whose unit is a word, as it is shown: days are whole."""
    exact = _exact(value)
    return _round(exact, 0 if unit is Unit.DAYS else _decimals(exact))


def _clean(text: str) -> str:
    """A name without characters that steer text instead of being text (controls, overrides)."""
    return "".join(" " if _steers(char) else char for char in text).strip()


def _steers(char: str) -> bool:
    code = ord(char)
    return (
        code < 0x20
        or 0x7F <= code <= 0x9F
        or 0x2028 <= code <= 0x202E
        or 0x2066 <= code <= 0x2069
        or 0xD800 <= code <= 0xDFFF
        or code in (0xFFFE, 0xFFFF)
    )


@dataclass(frozen=True)
class Words:
    """The words of one language: a BCP 47 primary tag that has a catalogue.

    Raises:
        RenderError: by every method, when the catalogue lacks a phrase or a phrase lacks a value.
    """

    language: str

    @cached_property
    def catalogue(self) -> Catalogue:
        return read_catalogue(self.language)

    @cached_property
    def locale(self) -> Locale:
        return Locale.parse(self.catalogue.text("locale.code"))

    # --- phrases -------------------------------------------------------------------------------

    def phrase(self, phrase: Phrase) -> str:
        """The sentence or label, with its values filled in."""
        message = self.catalogue.message(phrase.key)
        values = phrase.values

        def plural(by: str) -> str:
            value = values.get(by)
            number = value.value if isinstance(value, Figure) else value
            number = number if isinstance(number, int | float) else 0
            return str(self.locale.plural_form(abs(_exact(number))))

        form = message.form(plural)
        texts = {
            place: self._place(values[name], part)
            for place, name, part in places_of(form)
            if name in values
        }
        now, before = values.get("now"), values.get("before")
        same = "now" in texts and texts["now"] == texts.get("before")
        if same and isinstance(now, Figure) and isinstance(before, Figure) and now != before:
            texts["now"], texts["before"] = self._apart(now, before)
        return self.catalogue.fill(phrase.key, form, texts)

    def _apart(self, now: Figure, before: Figure) -> tuple[str, str]:
        """Two figures that look the same, with as many decimals as tell them apart."""
        for decimals in range(1, _MOST_DECIMALS):
            texts = (self._precise(now, decimals), self._precise(before, decimals))
            if texts[0] != texts[1]:
                return texts
        return texts

    def _precise(self, figure: Figure, decimals: int) -> str:
        """A figure in its plainest unit: per cent, seconds, or a number."""
        if figure.value is None:
            return self.figure(figure)
        exact = _exact(figure.value)
        if figure.unit is Unit.RATE:
            return self._fill("unit.percent", n=self._signed(_round(exact * 100, decimals)))
        if figure.unit is Unit.DURATION:
            seconds = _round(exact / _SECOND, decimals)
            return self._plural("duration.seconds", seconds, self._signed(seconds))
        return self._signed(_round(exact, decimals))

    def _place(self, value: Value, part: str) -> str:
        """A value in a sentence, or the part of it that the place asks for."""
        match value, part:
            case _, "":
                return self.value(value)
            case Change(), "size":
                return self._size(value)
            case Span(), "dates":
                return self.dates(value)
            case Figure(), "number":
                return self.figure(value, unit=False)
        raise RenderError(
            "A phrase asks for a part that its value does not have.",
            f"language {self.language}, part {part} of {type(value).__name__}",
            f"Correct the phrase in templates/language/{self.language}.toml.",
        )

    def _size(self, change: Change) -> str:
        """How large a change is, without its sign: the percentage, or the difference."""
        if change.difference is None:
            return self.change(change)
        if change.ratio is None:
            return self.difference(abs(change.difference), change.after.unit).lstrip("+±")
        return self.percent_change(abs(change.ratio)).lstrip("+±")

    def text(self, key: str, **values: Value) -> str:
        """The phrase with this key: for the fixed labels of a format."""
        return self.phrase(Phrase(key, values))

    def value(self, value: Value) -> str:  # noqa: PLR0911, PLR0912 - a line for each kind
        """Any value as text. Pictures have none: see `cell`."""
        match value:
            case None:
                return self.text("missing.nothing")
            case Phrase():
                return self.phrase(value)
            case Figure():
                return self.figure(value)
            case Change():
                return self.change(value)
            case Name():
                return self.name(value)
            case Day():
                return self.day(value.date)
            case Instant():
                return self.instant(value)
            case Span():
                return self.span(value)
            case Verdict() | CheckVerdict() | Missing():
                return self.text(key_of(value))
            case Part():
                return self.difference(value.size, value.unit)
            case Mark() | Strip():
                return ""
            case int():
                return self.count(value)
            case _:
                return self.number(value)

    def cell(self, value: Value, kind: ColumnKind) -> str:
        """A table cell as text: numbers in the unit of their column, a mark in words."""
        unit = _KIND_UNITS.get(kind)
        if unit is not None and isinstance(value, int | float):
            return self.quantity(value, unit)
        if unit is not None and isinstance(value, Mark):
            return self._mark(value, unit)
        return self.value(value)

    def _mark(self, mark: Mark, unit: Unit) -> str:
        if mark.at is None:
            return self.text("missing.nothing")
        parts = [self.quantity(mark.at, unit)]
        if mark.low is not None and mark.high is not None:
            low, high = self.quantity(mark.low, unit), self.quantity(mark.high, unit)
            parts.append(self._fill("mark.range", low=low, high=high))
        if mark.before is not None:
            parts.append(self._fill("mark.before", before=self.quantity(mark.before, unit)))
        return ", ".join(parts)

    # --- figures -------------------------------------------------------------------------------

    def figure(self, figure: Figure, *, unit: bool = True) -> str:
        """``5.1 %``, ``1 h 13 min``, ``49.2 per week``; or why there is no value.

        Without ``unit`` the words after a plain number go ("49.2"); `unit` has them.
        """
        if figure.value is None:
            return self.value(figure.missing)
        if not unit and figure.unit in (Unit.PER_WEEK, Unit.DAYS):
            return self._signed(_plain(figure.value, figure.unit))
        return self.quantity(figure.value, figure.unit)

    def unit(self, unit: Unit, value: float | None = None) -> str:
        """The words after a plain number of this unit ("per week", "days"); "" where none do."""
        if unit not in (Unit.PER_WEEK, Unit.DAYS):
            return ""
        number = _exact(0 if value is None else value)
        return self._plural(f"unit.{unit}", number, "").strip(f" {NBSP}")

    def label(self, figure: Figure) -> str:
        """What the figure is: ``Lead time, median``."""
        own = f"figure.{figure.metric}.{figure.statistic}"
        if own in self.catalogue:
            return self.text(own)
        statistic = self.statistic(figure.statistic)
        return self._fill("figure.label", metric=self.metric(figure.metric), statistic=statistic)

    def metric(self, metric: Metric) -> str:
        return self.text(f"metric.{metric}")

    def statistic(self, statistic: Statistic) -> str:
        return self.text(f"statistic.{statistic}")

    def beside(self, figure: Figure) -> str:
        """A figure that stands beside another of its metric: ``failed 57``, ``active 21 days``."""
        own = f"statistic.{figure.metric}.{figure.statistic}"
        word = self.text(own) if own in self.catalogue else self.statistic(figure.statistic)
        return f"{word} {self.figure(figure)}"

    def sample(self, figure: Figure) -> str:
        """``n = 243``, or nothing where the figure says none."""
        return "" if figure.n is None else self.text("figure.n", n=figure.n)

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
                rounded = _plain(value, unit)
                return self._plural(f"unit.{unit}", rounded, self._signed(rounded))
            case Unit.NUMBER:
                return self.number(value)

    def change(self, change: Change) -> str:
        """``+12 (+6.0 %)``, ``−1.7 points``; or why there is no comparison."""
        if change.difference is None:
            missing = change.before.missing or change.after.missing or Missing.TOO_FEW
            return self.value(missing)
        difference = self.difference(change.difference, change.after.unit)
        if change.ratio is None:
            return difference
        ratio = self.percent_change(change.ratio)
        return self._fill("change.both", difference=difference, percent=ratio)

    def difference(self, value: float, unit: Unit) -> str:
        """A signed difference; a rate's is in points."""
        if unit is Unit.RATE:
            points = _round(_exact(value) * 100, 1)
            return self._plural("unit.points", points, self._sign(points))
        if unit is Unit.DURATION:
            return ("+" if value > 0 else "" if value else "±") + self.duration(round(value))
        number = _exact(value)
        return self._sign(_round(number, 0 if unit is Unit.COUNT else _decimals(number)))

    def percent_change(self, ratio: float) -> str:
        """``+12 %``, ``−3.4 %``: one decimal below ten per cent, none above."""
        percent = _exact(ratio) * 100
        decimals = 0 if abs(percent) >= Decimal("9.95") else 1
        return self._fill("unit.percent", n=self._sign(_round(percent, decimals)))

    # --- numbers -------------------------------------------------------------------------------

    def count(self, n: int) -> str:
        """``12,345``."""
        return self._signed(Decimal(n))

    def number(self, value: float) -> str:
        """A plain number: no decimals from a hundred up, one from one up, two below."""
        exact = _exact(value)
        whole = exact == exact.to_integral_value()
        return self._signed(_round(exact, 0 if whole else _decimals(exact)))

    def rate(self, fraction: float) -> str:
        """``5.1 %``; what is not quite nothing or everything is ``< 0.1 %`` or ``> 99.9 %``."""
        percent = _exact(fraction) * 100
        if 0 < percent < Decimal("0.05"):
            return "<" + NBSP + self._fill("unit.percent", n=self._signed(Decimal("0.1")))
        if Decimal("99.95") <= percent < 100:
            return ">" + NBSP + self._fill("unit.percent", n=self._signed(Decimal("99.9")))
        return self._fill("unit.percent", n=self._signed(_round(percent, 1)))

    def duration(self, ticks: int) -> str:
        """``4.2 s``, ``42 s``, ``4 min 12 s``, ``1 h 13 min``, ``11 h``, ``3.8 days``."""
        sign = MINUS if ticks < 0 else ""
        return sign + self._span_of_time(abs(ticks) / _SECOND)

    def _span_of_time(self, seconds: Decimal) -> str:
        if 0 < seconds < Decimal("0.05"):
            return "<" + NBSP + self._unit_of_time("seconds", Decimal("0.1"))
        if seconds < Decimal("59.5"):
            small = Decimal("9.95") > seconds > 0
            return self._unit_of_time("seconds", _round(seconds, 1 if small else 0))
        if seconds < 3570:  # 59 min 30 s
            return self._two_units(seconds, _MINUTE, "minutes", "seconds")
        if seconds < 84600:  # 23 h 30 min
            return self._two_units(seconds, _HOUR, "hours", "minutes")
        days = seconds / _DAY
        return self._unit_of_time("days", _round(days, 1 if days < Decimal("9.95") else 0))

    def _two_units(self, seconds: Decimal, size: int, large: str, small: str) -> str:
        part = size // 60
        parts = int(_round(seconds / part, 0))  # the smaller unit: seconds or minutes
        if parts >= 600:
            return self._unit_of_time(large, _round(seconds / size, 0))
        whole, rest = divmod(parts, 60)
        text = self._unit_of_time(large, Decimal(whole))
        return text + (NBSP + self._unit_of_time(small, Decimal(rest)) if rest else "")

    def _unit_of_time(self, unit: str, n: Decimal) -> str:
        return self._plural(f"duration.{unit}", n, self._signed(n))

    def _signed(self, value: Decimal) -> str:
        decimals = max(0, -int(value.as_tuple().exponent))
        return (MINUS if value < 0 else "") + _printed(abs(value), decimals, self.locale)

    def _sign(self, value: Decimal) -> str:
        return ("+" if value > 0 else "" if value < 0 else "±") + self._signed(value)

    def _plural(self, key: str, number: Decimal, shown: str) -> str:
        form = self.catalogue.message(key).form(lambda _: str(self.locale.plural_form(abs(number))))
        return self.catalogue.fill(key, form, {"n": shown})

    def _fill(self, key: str, **texts: str) -> str:
        """The phrase with texts that are ready already."""
        return self.catalogue.fill(key, self.catalogue.text(key), texts)

    # --- names and dates -----------------------------------------------------------------------

    def name(self, name: Name) -> str:
        """The name without steering characters; ``Restricted (Projects-7)`` for a hidden one."""
        if name.text is None:
            return self._fill("name.restricted", id=_clean(name.id))
        return _clean(name.text) or self._fill("name.unnamed", id=_clean(name.id))

    def day(self, day: date) -> str:
        """``1 September 2026``."""
        return self._date(day, "date.day")

    def span(self, span: Span) -> str:
        """What it goes by: ``September 2026``, ``3rd quarter 2026``, ``week 40 of 2026``."""
        year, dash, part = span.name.partition("-")
        if year.isdecimal() and not dash:
            return year
        if part[:1] == "Q":
            return self._date(span.start, "date.quarter")
        if part[:1] == "W" and len(part) == 3 and part[1:].isdecimal():
            return self._fill("date.week", week=str(int(part[1:])), year=year)
        if len(part) == 2 and part.isdecimal():
            return self._date(span.start, "date.month")
        return self.dates(span)

    def dates(self, span: Span) -> str:
        """The days of a half-open span, both ends named: ``1 to 30 September 2026``."""
        first, last = span.start, max(span.start, span.end - timedelta(days=1))
        if first == last:
            return self.day(first)
        if first.year != last.year:
            key = "date.day"
        else:
            key = "date.day_month" if first.month != last.month else "date.day_only"
        start, end = self._date(first, key), self.day(last)
        return self._fill("date.range", start=start, end=end)

    def instant(self, instant: Instant) -> str:
        """Local and UTC: ``1 October 2026, 06:00 Europe/Berlin (04:00 UTC)``."""
        zone = ZoneInfo(instant.zone)
        local, utc = instant.at.astimezone(zone), instant.at.astimezone(UTC)
        if local.utcoffset() == timedelta(0):
            return f"{self._time(local)} UTC"
        other = self._time(utc) if utc.date() != local.date() else utc.strftime("%H:%M")
        return f"{self._time(local)} {instant.zone} ({other} UTC)"

    def _time(self, moment: datetime) -> str:
        pattern = self.catalogue.text("date.instant")
        return str(format_datetime(moment, pattern, tzinfo=moment.tzinfo, locale=self.locale))

    def _date(self, day: date, key: str) -> str:
        return str(format_date(day, self.catalogue.text(key), locale=self.locale))

    # --- axes ----------------------------------------------------------------------------------

    def tick(self, at: date | int, granularity: str, *, first: bool = False) -> str:
        """A short label for the start of an interval: ``1 Sep``, ``Sep``, ``06:00``; the ``first``
        month and each January have the year."""
        if isinstance(at, int):
            return f"{at:02d}:00"
        if granularity != "Monthly":
            return self._date(at, "date.tick_day")
        return self._date(at, "date.tick_year" if first or at.month == 1 else "date.tick_month")

    def interval(self, at: date | int, granularity: str) -> str:
        """The interval in full, for data tables: ``1 September 2026``, ``September 2026``."""
        if isinstance(at, int):
            return f"{at:02d}:00"
        return self._date(at, "date.month" if granularity == "Monthly" else "date.day")

    def weekday(self, number: int) -> str:
        """``Mon``: Monday is 0."""
        return str(self.locale.days["stand-alone"]["abbreviated"][number])

    def axis(self, value: float, unit: Unit) -> str:
        """A short label for a value on an axis: ``40``, ``10 %``, ``12 h``."""
        if unit is Unit.DURATION:
            return self.duration_tick(round(value))
        if unit is Unit.RATE:
            percent = _exact(value) * 100
            whole = percent == percent.to_integral_value()
            return self._fill("unit.percent", n=self._signed(_round(percent, 0 if whole else 1)))
        return self.number(value)

    def duration_tick(self, ticks: int) -> str:
        """A short label for a duration on an axis, in one unit: ``15 min``, ``3 d``."""
        seconds = abs(ticks) / _SECOND
        for unit, size in (("days", _DAY), ("hours", _HOUR), ("minutes", _MINUTE), ("seconds", 1)):
            if seconds >= size or size == 1:
                n = seconds / size
                whole = n == n.to_integral_value()
                text = self._signed(_round(n, 0 if whole else _decimals(n)))
                return (MINUS if ticks < 0 else "") + self._fill(f"axis.{unit}", n=text)
        raise AssertionError("seconds always fit")

    # --- labels --------------------------------------------------------------------------------

    def column(self, column: Column) -> str:
        """The title without the soft hyphens that tell a narrow head where it may break."""
        return self.phrase(column.title).replace("\u00ad", "")

    def column_unit(self, kind: ColumnKind) -> str:
        """The unit that a column of numbers states in its head ("%", "h"), "" where none."""
        key = f"column_unit.{kind}"
        return self.text(key) if key in self.catalogue else ""

    def status(self, identity: Identity) -> str:
        """``final``, ``provisional``, ``revised, revision 2``."""
        return self.text(f"status.{identity.status}", revision=identity.revision)

    def trigger(self, identity: Identity) -> str:
        return self.text(f"trigger.{identity.trigger}")


@lru_cache(maxsize=4096)
def _printed(value: Decimal, decimals: int, locale: Locale) -> str:
    """A number from 0 on, as this locale writes it; the same ones come again and again."""
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    with localcontext(_WIDE):
        return str(format_decimal(value, pattern, locale=locale))


@lru_cache
def words(language: str) -> Words:
    """The words of this language; one object for each."""
    return Words(language)
