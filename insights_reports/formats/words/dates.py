"""Days, spans of days and instants as text, and their labels on axes."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime

from insights_reports.edition.values import Instant, Span
from insights_reports.formats.words.lexicon import Lexicon


class Dates(Lexicon):
    """Dates in the words of one language, by the patterns of its catalogue."""

    def day(self, day: date) -> str:
        """``1 September 2026``."""
        return self.day_as(day, "date.day")

    def span(self, span: Span, *, year: bool = True) -> str:
        """What it goes by: ``September 2026``, ``Q3 2026``, ``week 40 of 2026``; a week from a
        Sunday, which is no ISO week, by its date: ``the week of 27 September 2026``. Months and
        such weeks also without the ``year``."""
        if span.name.startswith("FY"):  # a fiscal year or quarter, which has no other name
            return span.name
        number, dash, part = span.name.partition("-")
        if number.isdecimal() and not dash:
            return number
        if part[:1] == "Q":
            return self.day_as(span.start, "date.quarter")
        if part[:1] == "W" and len(part) == 3 and part[1:].isdecimal():
            return self._week(span, year=year)
        if len(part) == 2 and part.isdecimal():
            return self.day_as(span.start, "date.month" if year else "date.month_only")
        return self.dates(span)

    def _week(self, span: Span, *, year: bool) -> str:
        if span.start.isoweekday() == 1:
            iso = span.start.isocalendar()
            return self._fill("date.week", week=str(iso.week), year=str(iso.year))
        key = "date.day" if year else "date.day_month"
        return self._fill("date.week_of", day=self.day_as(span.start, key))

    def dates(self, span: Span) -> str:
        """The days of a half-open span, both ends named: ``1 to 30 September 2026``."""
        first, last = span.start, max(span.start, span.end - timedelta(days=1))
        if first == last:
            return self.day(first)
        if first.year != last.year:
            key = "date.day"
        else:
            key = "date.day_month" if first.month != last.month else "date.day_only"
        start, end = self.day_as(first, key), self.day(last)
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
        return self.time_as(moment, "date.instant")

    def time_as(self, moment: datetime, key: str) -> str:
        """An instant by the pattern ``key`` of the catalogue, in its own zone."""
        pattern = self.catalogue.text(key)
        return str(format_datetime(moment, pattern, tzinfo=moment.tzinfo, locale=self.locale))

    def day_as(self, day: date, key: str) -> str:
        """A day by the pattern ``key`` of the catalogue."""
        return str(format_date(day, self.catalogue.text(key), locale=self.locale))

    def tick(self, at: date | int, granularity: str, *, first: bool = False) -> str:
        """A short label for the start of an interval: ``1 Sep``, ``Sep``, ``06:00``; the ``first``
        month and each January have the year."""
        if isinstance(at, int):
            return f"{at:02d}:00"
        if granularity != "Monthly":
            return self.day_as(at, "date.tick_day")
        return self.day_as(at, "date.tick_year" if first or at.month == 1 else "date.tick_month")

    def interval(self, at: date | int, granularity: str) -> str:
        """The interval in full, for data tables: ``1 September 2026``, ``September 2026``."""
        if isinstance(at, int):
            return f"{at:02d}:00"
        return self.day_as(at, "date.month" if granularity == "Monthly" else "date.day")

    def weekday(self, number: int) -> str:
        """``Mon``: Monday is 0."""
        return str(self.locale.days["stand-alone"]["abbreviated"][number])
