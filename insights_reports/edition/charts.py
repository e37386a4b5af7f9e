"""The charts of an edition: the period day by day, each metric over time, the hours of a week."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from insights_reports.edition import dated
from insights_reports.edition.comparing import change
from insights_reports.edition.document import (
    Annotation,
    Chart,
    ChartForm,
    ChartSeries,
    Prose,
    Role,
    Tile,
)
from insights_reports.edition.facts import Facts, Slices
from insights_reports.edition.judging import Judging
from insights_reports.edition.range_ends import STATISTICS
from insights_reports.edition.values import (
    Change,
    ChangeVerdict,
    Day,
    Figure,
    Metric,
    Missing,
    Name,
    Phrase,
    Span,
    Statistic,
    Unit,
    Value,
)
from insights_reports.metrics import Period, interval_starts
from insights_reports.metrics.periods import PeriodKind

_LOWER, _UPPER = Phrase("series.usual_low"), Phrase("series.usual_high")
_FREQUENCY = Metric.DEPLOYMENT_FREQUENCY
_UNKNOWN = Missing.NO_HISTORY
_STACK = (
    ("successful", Role.MAIN, Statistic.COUNT, "successful"),
    ("guided", Role.GUIDED, Statistic.GUIDED, "guided"),
    ("failed", Role.FAILED, Statistic.FAILED, "deployment_failure"),
)


def overview(facts: Facts) -> Chart | None:
    """The deployments of the period by day, week or month; None when there is nothing to draw."""
    now, granularity = facts.windows.now, facts.windows.granularity
    if now.start == now.end:
        return None
    starts = interval_starts(now.start, now.end, granularity, facts.settings.conventions.week_start)
    table = facts.tabulator.figures("None", now.start, now.end, granularity)
    numbers = _numbers(table, starts)
    known = [start >= facts.inputs.first_day for start in starts]
    totals = [
        sum(each) if seen else 0 for seen, *each in zip(known, *numbers.values(), strict=True)
    ]
    if not any(totals):
        return None
    series = tuple(
        ChartSeries(
            Phrase(f"series.{name}"),
            role,
            tuple(
                Figure(_FREQUENCY, statistic, n if seen else None, None, None if seen else _UNKNOWN)
                for n, seen in zip(numbers[column], known, strict=True)
            ),
        )
        for name, role, statistic, column in _STACK
    )
    top, cut = int(np.argmax(totals)), _cut(facts, starts)
    most = Figure(_FREQUENCY, Statistic.TOTAL, totals[top])
    most_said = Annotation(top, Phrase("annotation.most", {"n": most}))
    annotations = (most_said, *dated.annotations(facts.settings, starts, facts.windows.now.end))
    return Chart(
        id="overview",
        form=ChartForm.COLUMNS,
        title=Phrase("chart.overview.title", {"granularity": Phrase(f"per.{granularity}")}),
        subtitle=_overview_subtitle(facts, cut),
        alt=_overview_alt(facts, series, most, starts[top]),
        x=starts,
        granularity=granularity,
        unit=Unit.COUNT,
        series=series,
        annotations=annotations,
        cut=cut,
    )


def _numbers(table: pd.DataFrame, starts: Sequence[date]) -> dict[str, list[int]]:
    """The three counts of a stack at each start, 0 where the table has no row."""
    filled = table.set_index("start").reindex(np.array(starts, dtype="datetime64[s]"))
    columns = [column for *_, column in _STACK]
    return {column: filled[column].fillna(0).astype(int).tolist() for column in columns}


def _cut(facts: Facts, starts: Sequence[date]) -> tuple[int, ...]:
    """The weeks or months of which only some days lie in the period: the first, the last."""
    now, granularity = facts.windows.now, facts.windows.granularity
    if granularity == "Daily":
        return ()
    kind: PeriodKind = "week" if granularity == "Weekly" else "month"
    end = Period.containing(kind, starts[-1], facts.settings.conventions.week_start).end
    first, last = starts[0] < now.start, end > now.end
    return tuple({at: None for at, cut in ((0, first), (len(starts) - 1, last)) if cut})


def _overview_subtitle(facts: Facts, cut: tuple[int, ...]) -> Phrase:
    subtitle = Phrase("chart.overview.subtitle", {"zone": Name(facts.inputs.zone)})
    return Phrase("chart.overview.cut", {"subtitle": subtitle}) if cut else subtitle


def _overview_alt(facts: Facts, stack: Sequence[ChartSeries], most: Figure, start: date) -> Phrase:
    successful, *unsuccessful = (sum(f.value or 0 for f in each.figures) for each in stack)
    values: dict[str, Value] = {
        "successful": Figure(_FREQUENCY, Statistic.COUNT, successful),
        "failed": Figure(_FREQUENCY, Statistic.FAILED, sum(unsuccessful)),
        "top": most,
        "day": Day(start),
    }
    return Phrase(f"chart.overview.alt.{facts.windows.granularity}", values)


def trends(facts: Facts, tiles: Sequence[Tile]) -> tuple[Chart | Prose, ...]:
    """One chart for each metric of the tiles over the last thirteen weeks or months; a sentence
    for one that has no value in any of them."""
    return tuple(_trend(facts, tile) for tile in tiles)


def _series(facts: Facts, metric: Metric) -> tuple[ChartSeries, ...]:
    if metric is Metric.REWORK_RATE:
        figures = tuple(facts.rework_rate(span) for span in facts.trend)
        return (ChartSeries(Phrase("series.rework"), Role.MAIN, figures),)
    alone = metric in (_FREQUENCY, Metric.FAILURE_RATE)
    return _lines(facts, metric, () if alone else (Statistic.P90,))


def _trend(facts: Facts, tile: Tile) -> Chart | Prose:
    metric = tile.figure.metric
    series = _series(facts, metric)
    main = next(each.figures for each in series if each.role is Role.MAIN)
    title = _title(facts, tile)
    if all(figure.value is None for figure in main):
        few = any(figure.missing is Missing.TOO_FEW for figure in main)
        key = "trends.too_few" if few else "trends.no_values"
        return Prose((Phrase(key, {"n": len(main)}),), title=title)
    duration = main[-1].unit is Unit.DURATION
    every = [figure.value for each in series for figure in each.figures]
    values = [value for value in every if value is not None]
    limits = _usual(facts, tile, main)
    # A logarithm needs positive values: negative lead times are real.
    logarithmic = duration and bool(values) and min(values) > 0
    level = facts.trend.index(tile.level) if limits and tile.level in facts.trend else None
    return Chart(
        id=f"trend-{metric}",
        form=ChartForm.LINES,
        title=title,
        subtitle=_subtitle(facts, tile, limited=bool(limits), logarithmic=logarithmic),
        alt=_trend_alt(facts, tile, main),
        x=tuple(span.start for span in facts.trend),
        granularity=facts.windows.trend_granularity,
        unit=main[-1].unit,
        series=series + limits + target_series(facts, main, facts.trend),
        annotations=(*_new_level(level), *_dated(facts)),
        logarithmic=logarithmic,
        level=level,
        cut=trend_cut(facts),
    )


def _title(facts: Facts, tile: Tile) -> Phrase:
    """The measure, and where its last point lies, if that can be said."""
    measure = Phrase(f"metric.{tile.figure.metric}")
    if _finding(facts, tile) is None:
        return measure
    judged = tile.judged
    if judged.counted is not None and tile.verdict is ChangeVerdict.USUAL:
        return Phrase("chart.trend.counted", {"metric": measure, "counted": judged.counted})
    if judged.counted is not None or judged.side is None:
        return Phrase("chart.trend.judged", {"metric": measure, "word": judged.verdict})
    return Phrase(f"chart.trend.{judged.side}", {"metric": measure})


def _dated(facts: Facts) -> tuple[Annotation, ...]:
    starts = [span.start for span in facts.trend]
    return dated.annotations(facts.settings, starts, facts.trend[-1].end)


def _new_level(level: int | None) -> tuple[Annotation, ...]:
    return () if level is None else (Annotation(level, Phrase("annotation.level")),)


def _subtitle(facts: Facts, tile: Tile, *, limited: bool, logarithmic: bool) -> Phrase:
    """What is drawn, and what it shows where that can be said."""
    key = "chart.trend.subtitle" if limited else "chart.trend.without_limits"
    measure = Phrase(f"{key}.{tile.figure.metric}")
    if logarithmic:
        measure = Phrase("chart.trend.logarithmic", {"measure": measure})
    measure = as_far(facts, measure)
    finding = _finding(facts, tile)
    if finding is None:
        return measure
    return Phrase("chart.trend.measure_and_finding", {"measure": measure, "finding": finding})


def trend_cut(facts: Facts) -> tuple[int, ...]:
    """The last interval of the trends, where it is not whole."""
    last = facts.windows.trend[-1]
    if not facts.windows.trend_cut or last.start == last.end:
        return ()
    return (len(facts.trend) - 1,)


def as_far(facts: Facts, measure: Phrase) -> Phrase:
    """The same, and on which day the last interval ends where it is not whole."""
    if not trend_cut(facts):
        return measure
    day = Day(facts.windows.trend[-1].end - timedelta(days=1))
    return Phrase("chart.trend.cut", {"measure": measure, "day": day})


def _finding(facts: Facts, tile: Tile) -> Phrase | None:
    """The verdict in words, where the last interval of a trend is the period of the tile."""
    spoken = tile.verdict.outside or tile.verdict is ChangeVerdict.USUAL
    if facts.windows.trend[-1] != facts.windows.now or facts.inputs.partial or not spoken:
        return None
    return tile.reason


def _trend_alt(facts: Facts, tile: Tile, main: tuple[Figure, ...]) -> Phrase:
    known = [figure for figure in main if figure.value is not None]
    low, high = (pick(known, key=lambda f: f.value or 0) for pick in (min, max))
    values: dict[str, Value] = {
        "metric": Phrase(f"metric.{tile.figure.metric}"),
        "now": main[-1],
        "n": len(main),
        "low": low,
        "high": high,
    }
    finding = _finding(facts, tile)
    if finding is None:
        return Phrase("chart.trend.alt_alone", values)
    return Phrase("chart.trend.alt", values | {"finding": finding})


def _over_time(facts: Facts, metric: Metric, statistic: Statistic) -> tuple[Figure, ...]:
    return tuple(facts.whole.figure(0, span, metric, statistic) for span in facts.trend)


def _lines(facts: Facts, metric: Metric, second: tuple[Statistic, ...]) -> tuple[ChartSeries, ...]:
    main = STATISTICS[metric]
    return tuple(
        ChartSeries(Phrase(f"series.{statistic}"), role, _over_time(facts, metric, statistic))
        for statistic, role in ((main, Role.MAIN), *((each, Role.SECOND) for each in second))
    )


def _usual(facts: Facts, tile: Tile, main: tuple[Figure, ...]) -> tuple[ChartSeries, ...]:
    """The usual range of each point that is a period of the tile; none where no point has one."""
    ranges = dict(zip(tile.spark_periods, tile.spark_usual, strict=False))
    whole = facts.trend[:-1] if facts.windows.trend_cut else facts.trend
    found = [ranges.get(span) if span in whole else None for span in facts.trend]
    return range_series(main[-1], found)


def range_series(
    like: Figure, found: Sequence[tuple[float, float] | None]
) -> tuple[ChartSeries, ...]:
    """The two ends of a usual range at each point, in the unit of ``like``; () where there are
    none."""
    if not any(found):
        return ()

    def end(at: int) -> tuple[Figure, ...]:
        nothing = Figure(like.metric, like.statistic, None, None, Missing.NO_VALUES)
        return tuple(
            nothing if pair is None else Figure(like.metric, like.statistic, pair[at])
            for pair in found
        )

    return (ChartSeries(_LOWER, Role.LIMIT, end(0)), ChartSeries(_UPPER, Role.LIMIT, end(1)))


def target_series(
    facts: Facts, main: tuple[Figure, ...], spans: Sequence[Span]
) -> tuple[ChartSeries, ...]:
    """The target at each point; deployments a week by the length of the interval."""
    metric = main[-1].metric
    target = facts.settings.targets.get(metric)
    if target is None:
        return ()
    weeks = [(span.end - span.start).days / 7 for span in spans]
    values = [target * each if metric is _FREQUENCY else target for each in weeks]
    figures = tuple(Figure(metric, main[-1].statistic, value) for value in values)
    return (ChartSeries(Phrase("series.target"), Role.TARGET, figures),)


def slice_change(
    facts: Facts, slices: Slices, series: int, metric: Metric, judging: Judging
) -> Change:
    """A measure of a slice against the window before."""
    statistic = STATISTICS[metric]
    spans = (facts.windows.previous, facts.windows.now)
    before, after = (slices.figure(series, span, metric, statistic) for span in spans)
    word = judging.of(facts, slices, series, metric).verdict
    return change(before, after, word, partial=facts.inputs.partial)


def heat(facts: Facts) -> Chart | Prose:
    """When deployments complete: weekday by hour, local time; a sentence when there are none."""
    chosen = facts.within(facts.windows.now) & facts.counted
    completed = facts.inputs.deployments["completed"][chosen]
    local = completed.dt.tz_convert(facts.inputs.tz)
    numbers = np.zeros((7, 24), dtype=np.int64)
    np.add.at(numbers, (local.dt.day_of_week.to_numpy(), local.dt.hour.to_numpy()), 1)
    title = Phrase("chart.heat.title")
    if not numbers.any():
        return Prose((Phrase("trends.no_deployments"),), title=title)
    weekday, hour = (int(at) for at in np.unravel_index(int(numbers.argmax()), numbers.shape))

    def figure(n: int) -> Figure:
        return Figure(_FREQUENCY, Statistic.TOTAL, n)

    values: dict[str, Value] = {
        "top": figure(int(numbers.max())),
        "weekday": Phrase(f"weekday.{weekday}"),
        "hour": Phrase("time.hour", {"hour": Name(f"{hour:02d}")}),
    }
    return Chart(
        id="when",
        form=ChartForm.HEAT,
        title=title,
        subtitle=Phrase("chart.heat.subtitle", {"zone": Name(facts.inputs.zone)}),
        alt=Phrase("chart.heat.alt", values),
        x=tuple(range(24)),
        granularity="Hourly",
        unit=Unit.COUNT,
        series=tuple(
            ChartSeries(
                Phrase(f"weekday.{day}"), Role.MAIN, tuple(figure(n) for n in numbers[day].tolist())
            )
            for day in range(7)
        ),
    )
