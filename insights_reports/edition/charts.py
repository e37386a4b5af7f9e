"""The charts of an edition: the period day by day, each metric over time, slices side by side."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from insights_reports.edition.document import (
    Annotation,
    Change,
    Chart,
    ChartForm,
    Day,
    Figure,
    Metric,
    Name,
    Phrase,
    Prose,
    Role,
    Series,
    Statistic,
    Tile,
    Unit,
    Value,
)
from insights_reports.edition.facts import Facts, Slices
from insights_reports.edition.judging import Comparison, change, judge, limits_of
from insights_reports.edition.tiles import HEADLINE_STATISTICS, SPARK, turn
from insights_reports.metrics import interval_starts, wilson

PANELS = 12
"""How many slices have a panel."""

_FAR = 3  # times as high as the next: on one scale the others would be flat

_FREQUENCY = Metric.DEPLOYMENT_FREQUENCY
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
    series = tuple(
        Series(
            Phrase(f"series.{name}"),
            role,
            tuple(Figure(_FREQUENCY, statistic, n) for n in numbers[column]),
        )
        for name, role, statistic, column in _STACK
    )
    totals = [sum(each) for each in zip(*numbers.values(), strict=True)]
    if not any(totals):
        return None
    top = int(np.argmax(totals))
    most = Figure(_FREQUENCY, Statistic.TOTAL, totals[top])
    annotations = (Annotation(top, Phrase("annotation.most", {"n": most})),)
    return Chart(
        id="overview",
        form=ChartForm.COLUMNS,
        title=Phrase("chart.overview.title", {"granularity": Phrase(f"per.{granularity}")}),
        subtitle=Phrase("chart.overview.subtitle", {"zone": Name(facts.inputs.zone)}),
        alt=_overview_alt(facts, most, starts[top]),
        x=starts,
        granularity=granularity,
        unit=Unit.COUNT,
        series=series,
        annotations=annotations,
    )


def _numbers(table: pd.DataFrame, starts: Sequence[date]) -> dict[str, list[int]]:
    """The three counts of a stack at each start, 0 where the table has no row."""
    filled = table.set_index("start").reindex(np.array(starts, dtype="datetime64[s]"))
    columns = [column for *_, column in _STACK]
    return {column: filled[column].fillna(0).astype(int).tolist() for column in columns}


def _overview_alt(facts: Facts, most: Figure, start: date) -> Phrase:
    whole, now = facts.whole, facts.windows.now
    values: dict[str, Value] = {
        "successful": whole.figure(0, now, _FREQUENCY, Statistic.COUNT),
        "failed": whole.figure(0, now, _FREQUENCY, Statistic.FAILED),
        "top": most,
        "day": Day(start),
    }
    return Phrase(f"chart.overview.alt.{facts.windows.granularity}", values)


def trends(facts: Facts, tiles: Sequence[Tile]) -> tuple[Chart | Prose, ...]:
    """One chart for each metric of the tiles over the last thirteen weeks or months; a sentence
    for one that has no value in any of them."""
    return tuple(_trend(facts, tile) for tile in tiles if tile.figure.metric in HEADLINE_STATISTICS)


def _series(facts: Facts, metric: Metric) -> tuple[Series, ...]:
    if metric is Metric.FAILURE_RATE:
        return _band(facts) + _lines(facts, metric, ())
    return _lines(facts, metric, () if metric is _FREQUENCY else (Statistic.P90,))


def _trend(facts: Facts, tile: Tile) -> Chart | Prose:
    metric = tile.figure.metric
    series = _series(facts, metric)
    main = next(each.figures for each in series if each.role is Role.MAIN)
    title = Phrase(f"metric.{metric}")
    if all(figure.value is None for figure in main):
        return Prose((Phrase("trends.no_values", {"n": len(main)}),), title=title)
    duration = main[-1].unit is Unit.DURATION
    every = [figure.value for each in series for figure in each.figures]
    values = [value for value in every if value is not None]
    return Chart(
        id=f"trend-{metric}",
        form=ChartForm.LINES,
        title=title,
        subtitle=_subtitle(facts, tile),
        alt=_trend_alt(main),
        x=tuple(span.start for span in facts.trend),
        granularity=facts.windows.trend_granularity,
        unit=main[-1].unit,
        series=series + _limits(facts, main) + _target(facts, main),
        # A logarithm needs positive values: negative lead times are real.
        logarithmic=duration and bool(values) and min(values) > 0,
    )


def _subtitle(facts: Facts, tile: Tile) -> Phrase:
    """What is drawn, and what it shows where its last interval is the period of the tile."""
    measure = Phrase(f"chart.trend.subtitle.{tile.figure.metric}")
    if facts.windows.trend[-1] != facts.windows.now or facts.inputs.partial:
        return measure
    finding = Phrase(f"chart.trend.finding.{turn(tile)}")
    return Phrase("chart.trend.measure_and_finding", {"measure": measure, "finding": finding})


def _trend_alt(main: tuple[Figure, ...]) -> Phrase:
    known = [figure for figure in main if figure.value is not None]
    low, high = (pick(known, key=lambda f: f.value or 0) for pick in (min, max))
    return Phrase("chart.trend.alt", {"now": main[-1], "n": len(main), "low": low, "high": high})


def _over_time(facts: Facts, metric: Metric, statistic: Statistic) -> tuple[Figure, ...]:
    return tuple(facts.whole.figure(0, span, metric, statistic) for span in facts.trend)


def _lines(facts: Facts, metric: Metric, second: tuple[Statistic, ...]) -> tuple[Series, ...]:
    main = HEADLINE_STATISTICS[metric]
    return tuple(
        Series(Phrase(f"series.{statistic}"), role, _over_time(facts, metric, statistic))
        for statistic, role in ((main, Role.MAIN), *((each, Role.SECOND) for each in second))
    )


def _band(facts: Facts) -> tuple[Series, ...]:
    """The 95 % interval of the failure rate at each point."""
    whole, metric = facts.whole, Metric.FAILURE_RATE
    ends: list[list[Figure]] = [[], []]
    for span in facts.trend:
        figure = whole.figure(0, span, metric, Statistic.RATE)
        failed = int(whole.column("failed", span)[0])
        interval = wilson(failed, figure.n or 0)
        for end, value in zip(ends, interval, strict=True):
            known = figure.value is not None
            end.append(Figure(metric, Statistic.RATE, value, figure.n) if known else figure)
    low, high = (tuple(end) for end in ends)
    return (
        Series(Phrase("series.low"), Role.LOW, low),
        Series(Phrase("series.high"), Role.HIGH, high),
    )


def _limits(facts: Facts, main: tuple[Figure, ...]) -> tuple[Series, ...]:
    """The process-behaviour limits of the last twelve points, when all of them are whole."""
    last = facts.windows.trend[-1]
    whole = facts.inputs.today >= last.end and facts.inputs.period.end >= last.end
    limits = limits_of(main[-SPARK:]) if whole else None
    if limits is None:
        return ()
    lines = (
        ("centre", Role.CENTRE, limits.centre),
        ("lower_limit", Role.LIMIT, limits.lower),
        ("upper_limit", Role.LIMIT, limits.upper),
    )
    return tuple(_constant(name, role, value, main) for name, role, value in lines)


def _target(facts: Facts, main: tuple[Figure, ...]) -> tuple[Series, ...]:
    target = facts.settings.targets.get(main[-1].metric)
    return () if target is None else (_constant("target", Role.LIMIT, target, main),)


def _constant(name: str, role: Role, value: float, like: tuple[Figure, ...]) -> Series:
    figure = Figure(like[-1].metric, like[-1].statistic, value)
    return Series(Phrase(f"series.{name}"), role, (figure,) * len(like))


def panels(
    facts: Facts,
    slices: Slices,
    labels: Sequence[tuple[int, Phrase | Name]],
    title: Phrase,
    anchor: str,
) -> tuple[Chart, ...]:
    """Small multiples: the deployments of the first slices over time, on one scale.

    Where a few slices are so much larger than the others that these would be flat lines, the few
    come first, in a chart and on a scale of their own, and both charts say so. ``labels`` are the
    series to show, in order, and what each is called.
    """
    shown = [_panel(facts, slices, series, label) for series, label in labels[:PANELS]]
    highest = [max((f.value or 0 for f in each.figures), default=0) for each in shown]
    if all(figure.value is None for each in shown for figure in each.figures):
        return ()
    apart = sorted(np.argsort(highest)[::-1][: _far_larger(highest)].tolist())
    few = [shown[at] for at in apart]
    others = [each for at, each in enumerate(shown) if at not in apart]
    if not few:
        return (_panels(facts, others, "one_scale", title, f"{anchor}-panels"),)
    return (
        _panels(facts, few, "apart", title, f"{anchor}-panels-apart"),
        _panels(facts, others, "others", title, f"{anchor}-panels"),
    )


def _far_larger(highest: Sequence[float]) -> int:
    """How many panels get a scale of their own: the highest ones down to the widest gap, if what
    is above it is `_FAR` times as high as what is below; at most half, and at least two stay."""
    falling = sorted(highest, reverse=True)
    most = min(len(falling) // 2, len(falling) - 2)
    gaps = [falling[n] / max(falling[n + 1], 1) for n in range(most)]
    widest = max(gaps, default=0)
    return gaps.index(widest) + 1 if widest >= _FAR else 0


def _panels(facts: Facts, shown: Sequence[Series], scale: str, title: Phrase, id: str) -> Chart:
    known = [f for each in shown for f in each.figures if f.value is not None]
    low, high = (pick(known, key=lambda f: f.value or 0) for pick in (min, max))
    values: dict[str, Value] = {"n": len(shown), "low": low, "high": high}
    return Chart(
        id=id,
        form=ChartForm.PANELS,
        title=title,
        subtitle=Phrase(f"chart.panels.subtitle.{scale}", values),
        alt=Phrase("chart.panels.alt", values),
        x=tuple(span.start for span in facts.trend),
        granularity=facts.windows.trend_granularity,
        unit=Unit.COUNT,
        series=tuple(shown),
    )


def _panel(facts: Facts, slices: Slices, series: int, label: Phrase | Name) -> Series:
    figures = tuple(
        slices.figure(series, span, _FREQUENCY, Statistic.COUNT) for span in facts.trend
    )
    now = slices.figure(series, facts.windows.now, _FREQUENCY, Statistic.COUNT)
    moved = frequency_change(facts, slices, series)
    key = "series.panel" if moved.difference is not None else "series.panel_alone"
    summary = Phrase(key, {"n": now, "change": moved})
    return Series(label, Role.MAIN, figures, summary)


def frequency_change(facts: Facts, slices: Slices, series: int) -> Change:
    """A slice's deployments per week against the window before."""
    spans = (facts.windows.previous, facts.windows.now)
    before, after = (slices.figure(series, span, _FREQUENCY, Statistic.PER_WEEK) for span in spans)
    compared = Comparison(before, after, spans)
    return change(compared, judge(compared, None, 0).verdict, partial=facts.inputs.partial)


def heat(facts: Facts) -> Chart | Prose:
    """When deployments complete: weekday by hour, local time; a sentence when there are none."""
    completed = facts.inputs.deployments["completed"][facts.within(facts.windows.now)]
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
            Series(
                Phrase(f"weekday.{day}"), Role.MAIN, tuple(figure(n) for n in numbers[day].tolist())
            )
            for day in range(7)
        ),
    )
