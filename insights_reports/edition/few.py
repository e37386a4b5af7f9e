"""Page one of a period with few deployments: what a longer time shows that one period cannot."""

import numpy as np

from insights_reports.edition.charts import trend_cut
from insights_reports.edition.document import (
    Chart,
    ChartForm,
    ChartSeries,
    Column,
    ColumnKind,
    Role,
    Table,
)
from insights_reports.edition.facts import LEAST_MEDIAN, Facts
from insights_reports.edition.slices import SplitPart
from insights_reports.edition.values import (
    Day,
    Figure,
    Metric,
    Missing,
    Phrase,
    Span,
    Statistic,
    Unit,
    Value,
)

_FREQUENCY = Metric.DEPLOYMENT_FREQUENCY
_ROWS = 10
_NULL = np.iinfo(np.int64).min


def shown_span(facts: Facts) -> Span:
    """From the first interval of the trends to the end of the period."""
    first, last = facts.trend[0].start, facts.windows.now.end
    return Span(f"{first}..{last}", first, last)


def over_time(facts: Facts) -> Chart | None:
    """Successful and failed deployments of each interval of the trends; None with one interval."""
    if len(facts.trend) < 2:
        return None
    whole, span = facts.whole, shown_span(facts)
    counts = [
        (int(whole.column("total", s)[0]), int(whole.column("failed", s)[0])) for s in facts.trend
    ]
    inside = facts.within(span)
    values: dict[str, Value] = {
        "failed": int((facts.failed & facts.within(facts.windows.now)).sum()),
        "total": int((facts.counted & facts.within(facts.windows.now)).sum()),
        "all_failed": int((facts.failed & inside).sum()),
        "all": int((facts.counted & inside).sum()),
        "day": Day(span.start),
    }
    title = Phrase("few.over_time.title", values)
    series = (
        (Role.MAIN, Statistic.COUNT, "successful", [total - failed for total, failed in counts]),
        (Role.FAILED, Statistic.FAILED, "failed", [failed for _, failed in counts]),
    )
    return Chart(
        id="few-over-time",
        form=ChartForm.COLUMNS,
        title=title,
        subtitle=Phrase(f"few.over_time.subtitle.{facts.windows.trend_granularity}"),
        alt=Phrase("few.over_time.alt", {"title": title}),
        x=tuple(interval.start for interval in facts.trend),
        granularity=facts.windows.trend_granularity,
        unit=Unit.COUNT,
        series=tuple(
            ChartSeries(
                Phrase(f"series.{name}"),
                role,
                tuple(Figure(_FREQUENCY, statistic, n) for n in numbers),
            )
            for role, statistic, name, numbers in series
        ),
        cut=trend_cut(facts),
    )


def since_first(part: SplitPart) -> Table:
    """The slices of a split over all the intervals of the trends."""
    facts = part.facts
    span = shown_span(facts)
    rows = [_row(part, span, series) for series in part.order]
    rows.sort(key=lambda row: -row[0])
    cells = tuple(row[1] for row in rows)
    return Table(
        id="slices-since",
        title=Phrase(f"few.slices.title.{part.name}", {"day": Day(span.start)}),
        subtitle=Phrase("few.slices.subtitle"),
        columns=(
            Column(Phrase(f"column.slice.{part.name}"), ColumnKind.NAME),
            Column(Phrase("column.all_deployments"), ColumnKind.COUNT),
            Column(Phrase("column.failed"), ColumnKind.COUNT),
            Column(Phrase("column.lead_median"), ColumnKind.DURATION),
            Column(Phrase("column.longest_recovery"), ColumnKind.DURATION),
            Column(Phrase("column.this_period"), ColumnKind.COUNT),
        ),
        rows=cells[:_ROWS],
        total_rows=len(cells),
        all_rows=cells if len(cells) > _ROWS else (),
        row_ids=tuple(row[2] for row in rows),
    )


def _row(part: SplitPart, span: Span, series: int) -> tuple[int, tuple[Value, ...], str]:
    """How many deployments a slice had, its cells and its key."""
    facts, members = part.facts, part.facts.members(part.slices)
    rows = members.rows[members.series == series]
    rows = rows[facts.within(span)[rows]]
    counted = rows[facts.counted[rows]]
    now = int(facts.within(facts.windows.now)[counted].sum())
    n, failed = len(counted), int(facts.failed[counted].sum())
    cells: tuple[Value, ...] = (
        part.label(series),
        n,
        failed,
        _median(facts, rows),
        _longest(facts, rows),
        now,
    )
    return n, cells, part.slices.keys[series]


def _median(facts: Facts, rows: np.ndarray) -> Figure:
    metric, ticks = Metric.LEAD_TIME, facts.ticks(Metric.LEAD_TIME)[rows]
    known = ticks[ticks != _NULL]
    if not known.size:
        return Figure(metric, Statistic.MEDIAN, None, None, Missing.NO_VALUES)
    if known.size < LEAST_MEDIAN:
        return Figure(metric, Statistic.MEDIAN, None, len(known), Missing.TOO_FEW)
    return Figure(metric, Statistic.MEDIAN, round(float(np.median(known))), len(known))


def _longest(facts: Facts, rows: np.ndarray) -> Figure | None:
    metric = Metric.TIME_TO_RECOVERY
    ticks = facts.ticks(metric)[rows]
    known = ticks[ticks != _NULL]
    return Figure(metric, Statistic.MAX, int(known.max())) if known.size else None
