"""The ranges of dates that an edition speaks of: this period, those before it, their intervals."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from insights_reports.edition.settings import Inputs, Settings
from insights_reports.edition.values import Name, Span
from insights_reports.metrics import Conventions, Granularity, Period
from insights_reports.metrics.periods import PeriodKind

PERIODS = 13
"""How many periods are shown: this one and twelve before it."""

PAST = 41
"""How many are known to judge by: this one and forty before it."""

_OVERVIEW: dict[PeriodKind, Granularity] = {
    "day": "Daily",
    "week": "Daily",
    "month": "Daily",
    "quarter": "Weekly",
    "year": "Monthly",
}
_LONGEST_BY_DAY = 62  # days that a range may have and still be drawn day by day


@dataclass(frozen=True)
class Windows:
    """Half-open ranges of local dates.

    Attributes:
        past: forty-one periods, oldest first; the last is this one, as far as it is complete.
        previous: what this period is compared with: the one before it, cut to as many days when
            this one is not complete, so that like stands against like.
        last_year: the same for the period a year before.
        year: from the first of January to the end of this period.
        trend: the thirteen intervals of the trend charts, oldest first.
        trend_granularity: their granularity.
        trend_cut: whether the last of them is not whole.
        granularity: that of the chart on page one.
    """

    past: tuple[Span, ...]
    previous: Span
    last_year: Span
    year: Span
    trend: tuple[Span, ...]
    trend_granularity: Granularity
    trend_cut: bool
    granularity: Granularity

    @property
    def periods(self) -> tuple[Span, ...]:
        """The thirteen that are shown."""
        return self.past[-PERIODS:]

    @property
    def now(self) -> Span:
        return self.past[-1]

    def named(self, period: str) -> Span | Name:
        """The period of this name; the name alone where it is older than these."""
        return next((span for span in self.past if span.name == period), Name(period))

    @property
    def compared(self) -> tuple[Span, ...]:
        """The periods and the two windows that this one is compared with."""
        return (*self.periods, self.previous, self.last_year)

    @property
    def all(self) -> tuple[Span, ...]:
        """Every window, each range of dates once."""
        spans = (*self.periods, self.previous, self.last_year, self.year, *self.trend)
        return tuple({(span.start, span.end): span for span in reversed(spans)}.values())


def windows(inputs: Inputs, settings: Settings) -> Windows:
    """The windows of an edition of this period."""
    period, days = inputs.period, inputs.complete_days
    spans = [_span(each) for each in period.trailing(PAST)]
    previous, last_year = _span(period.previous()), _span(period.year_before())
    if inputs.partial:
        spans[-1], previous, last_year = (_cut(s, days) for s in (spans[-1], previous, last_year))
    kind: PeriodKind = "week" if period.kind in ("day", "week") else "month"
    trend, whole = _trend(kind, spans[-1], settings.conventions)
    return Windows(
        past=tuple(spans),
        previous=previous,
        last_year=last_year,
        year=_year_to_date(spans[-1]),
        trend=trend,
        trend_granularity="Weekly" if kind == "week" else "Monthly",
        trend_cut=not whole,
        granularity=settings.granularity or _granularity(period),
    )


def _year_to_date(now: Span) -> Span:
    first = date(now.start.year, 1, 1)
    end = max(now.end, first)
    return Span(f"{first}..{end - timedelta(days=1)}", first, end)


def _span(period: Period) -> Span:
    return Span(period.name, period.start, period.end)


def _cut(span: Span, days: int) -> Span:
    """The first days of a span, named by their dates, or the span if it has no more."""
    end = min(span.end, span.start + timedelta(days=days))
    if end == span.end:
        return span
    return replace(span, name=f"{span.start}..{end - timedelta(days=1)}", end=end)


def _trend(kind: PeriodKind, now: Span, conventions: Conventions) -> tuple[tuple[Span, ...], bool]:
    """The last thirteen weeks or months up to the last day of ``now``; and whether it is whole."""
    last_day = max(now.start, now.end - timedelta(days=1))
    last = Period.containing(kind, last_day, conventions.week_start)
    spans = [_span(each) for each in last.trailing(PERIODS)]
    if now.end < last.end:
        spans[-1] = _cut(spans[-1], max(0, (now.end - last.start).days))
    return tuple(spans), now.end >= last.end


def _granularity(period: Period) -> Granularity:
    if period.kind == "range":
        return "Daily" if period.days <= _LONGEST_BY_DAY else "Weekly"
    return _OVERVIEW[period.kind]
